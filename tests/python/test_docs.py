"""What the docs tell people to type is there to be typed; the tutorial is typed whole, on a fresh clone."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.landing import land
from orchestration.paths import PROJECT, Home
from orchestration.publish import MARTS_FILE

PAGES = [PROJECT / "README.md", PROJECT / "DECISIONS.md", *sorted((PROJECT / "docs").rglob("*.md"))]
TUTORIAL = PROJECT / "docs" / "tutorial.md"


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in a language ("" is none)."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[str]:
    """Each command that a page names: in shell blocks, and in backticks where it begins with make or python."""
    text = page.read_text(encoding="utf-8")
    typed = [line for block in [*blocks(page, "sh"), *blocks(page, "")] for line in block.splitlines()]
    quoted = [" ".join(found.split()) for found in re.findall(r"`((?:make|python) [^`]+)`", text)]
    return [line for line in [*typed, *quoted] if re.match(r"(make|(\.venv/bin/)?python -m) ", line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_command_is_one_that_there_is(page: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE))
    variables = set(re.findall(r"^([A-Z_]+) \?=", makefile, flags=re.MULTILINE))
    for command in commands(page):
        if command.startswith("make "):
            words = re.sub(r'"[^"]*"', "", re.split(r"#|\|\|", command)[0]).split()[1:]
            assert {word for word in words if "=" not in word} <= targets, command
            assert {word.split("=")[0] for word in words if "=" in word} <= variables, command
        else:
            module = re.search(r"-m ([\w.]+)", command)[1].replace(".", "/")
            assert (PROJECT / f"{module}.py").exists() or (PROJECT / module / "__main__.py").exists(), command


def test_every_target_is_explained_by_make_help() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE)) - {"help"}
    told = set(re.findall(r'@echo "make ([\w-]+)', makefile))
    assert told == targets


@pytest.mark.parametrize(
    ("target", "variable", "option"),
    [("sql", "QUERY", "--query"), ("customer", "ID", "--id"), ("erase", "CUSTOMER", "--customer")],
)
def test_what_is_typed_arrives_as_it_was_typed(target: str, variable: str, option: str, tmp_path: Path) -> None:
    """Quotes had been the shell's: a query was cut at its first quoted name, and what stood in backticks was run."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    shutil.copytree(PROJECT / "requirements", tmp_path / "requirements")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
    python.chmod(0o755)
    (tmp_path / ".venv-sql").mkdir()
    for stamp in (".venv/python.stamp", ".venv/run.stamp", ".venv-sql/sql.stamp"):
        (tmp_path / stamp).touch()
    typed = """select 1 as "number of 'customers'", `touch ran`, "$HOME" """
    environment = {name: value for name, value in os.environ.items() if name != variable and "MAKE" not in name}
    for asked in ([], [f"{variable}={typed.replace('$', '$$')}"]):
        done = subprocess.run(
            ["make", "--silent", target, *asked],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        words = done.stdout.splitlines()
        assert words[words.index(option) + 1] == (typed if asked else "")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_and_path_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        assert (page.parent / link).exists(), link
    for path in re.findall(
        r"`((?:docs|models|seeds|macros|expectations|orchestration|requirements|tests)/[\w./-]+)`", text
    ):
        assert (PROJECT / path).exists(), path


def test_the_contributors_chart_is_one(tmp_path: Path) -> None:
    """Every box that an arrow names is drawn, and can be reached from the start."""
    (chart,) = blocks(PROJECT / "docs" / "contributing.md", "mermaid")
    arrows = re.findall(
        r"^\s+(\w+)\S*?(?:\(\[.*?\]\)|\{.*?\}|\[.*?\])? --(?: \w+ --)?> (\w+)", chart, flags=re.MULTILINE
    )
    drawn = set(re.findall(r"(\w+)(?:\(\[|\{|\[)", chart))
    reached = {"start"}
    while more := {to for start, to in arrows if start in reached} - reached:
        reached |= more
    assert len(arrows) == len(re.findall("-->|-- (?:yes|no) -->", chart))
    assert reached == drawn


def tutorial_commands() -> list[str]:
    """The commands of the tutorial, a block each."""
    return blocks(TUTORIAL, "sh")


def test_the_tutorials_files_are_landed_as_it_says(tmp_path: Path) -> None:
    """The light version: what its commands write is read, without building anything."""
    written = "\n".join(block for block in tutorial_commands() if "<<'END'" in block)
    written = re.sub(r"^(make|rm -r|\.venv/bin/python) .*$", "", written, flags=re.MULTILINE)
    subprocess.run(["sh", "-ec", written], cwd=tmp_path, check=True)
    report = land(tmp_path / "my_shop", Home(tmp_path / "home"), progress=lambda line: None)
    assert report is not None
    with duckdb.connect() as connection:
        landed = {
            table: connection.execute(
                "select count(*), count(*) filter (unreadable is not null) "
                f"from '{tmp_path}/home/landed/{table}/*.parquet'"
            ).fetchone()
            for table in ("orders", "order_lines", "product_costs")
        }
    assert landed == {"orders": (4, 0), "order_lines": (5, 0), "product_costs": (3, 0)}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_tutorial_ends_with_own_files_in_the_marts(tmp_path: Path) -> None:
    """Every command of the page, in its order, on a fresh clone; only the environment is the one that is here."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
    (clone / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    for lock in (clone / "requirements").glob("*.txt"):
        # Older than the stamps of the environment: it was made from these.
        os.utime(lock, (0, 0))
    for name in ("python", "run"):
        assert (clone / ".venv" / f"{name}.stamp").exists(), "this environment was not made by make"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("WAREHOUSE_", "DBT_"))}
    said = []
    for block in tutorial_commands():
        done = subprocess.run(
            ["sh", "-ec", block], cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=1800
        )
        assert done.returncode == 0, block + done.stdout[-3000:] + done.stderr[-3000:]
        said.append(done.stdout + done.stderr)
    (refusal,) = [text for text in said if "refused\n" in text and "unit_price" in text]
    assert "order_lines.csv" in refusal and "Nothing has been published" in refusal
    prices, who = {}, {}
    with (clone / "my_shop" / "orders.csv").open(encoding="utf-8") as file:
        who = {row["order_id"]: row["customer_id"] for row in csv.DictReader(file)}
    with (clone / "my_shop" / "order_lines.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            customer = who[row["order_id"]]
            prices[customer] = prices.get(customer, 0) + int(row["quantity"]) * Decimal(row["unit_price"])
    guests = prices.pop("")
    published = clone / "warehouses" / "bakery" / "published" / "current" / MARTS_FILE
    with duckdb.connect(str(published), read_only=True) as connection:
        ours = dict(connection.execute("select customer_id, net_sales from marts.customers").fetchall())
        contributions = dict(connection.execute("select customer_id, contribution_1 from marts.customers").fetchall())
        (others,) = connection.execute(
            "select sum(net_sales) from marts.customer_profit_monthly where profit_owner = 'guests'"
        ).fetchone()
        refused = connection.execute("select count(*) from metadata.quarantine_summary").fetchone()
    assert ours == prices
    assert others == guests
    assert refused == (0,)
    documented = subprocess.run(
        ["make", "docs", "SHOP=bakery"],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    page = Path(documented.stdout.splitlines()[-1]).read_text(encoding="utf-8")
    assert "Which customers earn the shop money" in page and "superset_dashboard" in page
    # What the page says in words.
    text = " ".join(TUTORIAL.read_text(encoding="utf-8").split())
    assert f"Anna bought for {ours['anna']} and brought {contributions['anna']} after the goods" in text
    assert f"Bert for {ours['bert']}; the guest's {guests} stand beside" in text
