"""Broken input: a clear error, or quarantine with a reason. Nothing is lost, and nothing is silently repaired.

What is done to a good shop and what must happen stands in the table in `bad_input`, a row a case. A file that stops the
landing comes on the night after a good one, and leaves everything as that night left it. Files that land are judged by
the models' own SQL; then every row of the files has exactly one fate, and money wherever it parses.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Context, Decimal, localcontext
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from bad_input import CASES
from bad_input.case import Case
from bad_input.good_shop import LOADED_AT, ROWS, SETTINGS, write_good_shop
from conftest import ONE_THREAD

from orchestration import compiled, contract
from orchestration.landing import LandingError, LandingReport, land, read, store
from orchestration.paths import PROJECT, Home

WIDE = Context(prec=60)
"""The largest amounts are multiplied exactly."""

LONGEST_SENTENCE = 2000
"""Characters that a person is asked to read, whatever the file holds."""

MONEY = {
    "order_lines": ("quantity", "unit_price"), "refunds": ("refund_amount",), "payments": ("amount",),
    "shipments": ("shipping_cost",), "marketing_spend": ("amount",), "loyalty_events": ("cost_amount",),
    "cost_pools": ("amount",),
}  # fmt: skip
"""What the contract counts as the money of a row: the product of these columns."""


@pytest.fixture(scope="session")
def good_night(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which the good shop was landed and something was published."""
    folder = tmp_path_factory.mktemp("good")
    write_good_shop(folder / "inbox")
    home = Home((folder / "home").resolve())
    land_quietly(folder / "inbox", home)
    (home.published / "last-night").mkdir(parents=True)
    (home.published / "last-night" / "customer_profitability.duckdb").write_bytes(b"last night's tables")
    home.current.symlink_to("last-night")
    return home


@pytest.fixture(autouse=True)
def _no_power_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is about power cuts, and waiting for the disk would be most of the time."""
    monkeypatch.setattr(store.os, "fsync", lambda descriptor: None)


@dataclass(frozen=True)
class Judge:
    """The good shop, judged, in memory. What a case lands is judged instead, and taken back afterwards."""

    connection: duckdb.DuckDBPyConnection
    project: compiled.Project
    good: Home

    @contextmanager
    def of(self, home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
        """Judges what was landed otherwise than in the good shop, and all that looks at it."""
        changed = [
            table
            for table in (*contract.tables(), "loads")
            if landed_bytes(home, table) != landed_bytes(self.good, table)
        ]
        more_loads = len(list((home.landed / "loads").glob("load-*"))) > 1
        again = list(contract.tables()) if more_loads else [table for table in changed if table != "loads"]
        self.connection.begin()
        try:
            compiled.read_landed(self.connection, home, changed)
            below = set(self.project.readers_of(again))
            compiled.build(self.connection, self.project, [name for name in judging(self.project) if name in below])
            yield self.connection
        finally:
            self.connection.rollback()


def landed_bytes(home: Home, table: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((home.landed / table).glob("*.parquet"))]


def judging(project: compiled.Project) -> list[str]:
    return project.upstream_of(*(f"judged_{table}" for table in contract.tables()))


@pytest.fixture(scope="session")
def judge(good_night: Home) -> Iterator[Judge]:
    """The project is compiled once, with the good shop's settings."""
    project = compiled.compile_project(SETTINGS)
    with duckdb.connect(config=ONE_THREAD) as connection:
        compiled.open_warehouse(connection, project)
        compiled.read_landed(connection, good_night)
        compiled.build(connection, project, judging(project))
        connection.execute(f"use {compiled.CATALOG}.staging")
        yield Judge(connection, project, good_night)


def land_quietly(inbox: Path, home: Home, night: int = 0) -> LandingReport:
    return land(inbox, home, progress=lambda line: None, clock=lambda: LOADED_AT + timedelta(days=night))


def everything_in(home: Home) -> dict[str, bytes]:
    """Every file of a home by name, but for the cache of fingerprints."""
    return {
        file.relative_to(home.root).as_posix(): file.read_bytes()
        for file in sorted(home.root.rglob("*"))
        if file.is_file() and file.name != "fingerprints.json"
    }


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES if case.stops_with])
def test_it_stops_with_a_sentence_and_leaves_everything_as_it_was(
    case: Case, good_night: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_good_shop(tmp_path / "inbox")
    case.spoil(tmp_path / "inbox")
    if case.while_read:
        home, before = Home(tmp_path / "home"), None
        interrupt(monkeypatch, lambda: case.while_read(tmp_path / "inbox"))
    else:
        shutil.copytree(good_night.root, tmp_path / "home", symlinks=True)
        home = Home(tmp_path / "home")
        before = everything_in(home)
    with pytest.raises(LandingError) as stopped:
        land_quietly(tmp_path / "inbox", home, night=1)
    sentence = str(stopped.value)
    for words in case.stops_with:
        assert words in sentence
    assert "\n" not in sentence and len(sentence) <= LONGEST_SENTENCE
    if before is not None:
        assert everything_in(home) == before
    assert not [file for file in home.landed.rglob("load-*") if before is None]


def interrupt(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], None]) -> None:
    """Lets something happen after the first piece of the first CSV file is read."""
    pieces, happened = read._csv_pieces, []

    def interrupted(*arguments: object) -> object:
        for piece in pieces(*arguments):
            if not happened:
                happened.append(True)
                happen()
            yield piece

    monkeypatch.setattr(read, "_csv_pieces", interrupted)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES if not case.stops_with])
def test_it_lands_and_every_row_has_its_fate(case: Case, judge: Judge, tmp_path: Path) -> None:
    write_good_shop(tmp_path / "inbox")
    home = Home(tmp_path / "home")
    case.spoil(tmp_path / "inbox")
    arrived = rows_of_files(tmp_path / "inbox")
    reports = [land_quietly(tmp_path / "inbox", home)]
    if case.then:
        case.then(tmp_path / "inbox")
        arrived |= rows_of_files(tmp_path / "inbox")
        reports.append(land_quietly(tmp_path / "inbox", home, night=1))
    said = [line for report in reports for line in report.ignored]
    for words in case.says:
        assert any(words in line for line in said), said
    assert bool(said) == bool(case.says), said
    with judge.of(home) as connection:
        fates = {table: fates_in(connection, table) for table in contract.tables()}
        assert fates == {table: case.fates.get(table, {"accepted": ROWS[table]}) for table in contract.tables()}
        for table in contract.tables():
            check_reasons(connection, table, case.reasons.get(table, ()))
        assert_nothing_is_lost(connection, arrived)
        for query, wanted in case.kept.items():
            assert connection.execute(query).fetchall() == wanted


def fates_in(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, int]:
    return dict(connection.execute(f"select fate, count(*) from judged_{table} group by fate").fetchall())


def check_reasons(connection: duckdb.DuckDBPyConnection, table: str, wanted: tuple[str, ...]) -> None:
    """Each quarantined row says one of the wanted things, and each of them is said."""
    reasons = [
        f"{reasons}: {unreadable}"
        for reasons, unreadable in connection.execute(
            f"select reasons, unreadable from judged_{table} where fate = 'quarantined'"
        ).fetchall()
    ]
    assert all(any(words in reason for words in wanted) for reason in reasons), reasons
    assert all(any(words in reason for reason in reasons) for words in wanted), reasons
    assert connection.execute(
        f"select count(*) from judged_{table} where (fate = 'quarantined') <> (reasons is not null)"
    ).fetchone() == (0,)


def assert_nothing_is_lost(connection: duckdb.DuckDBPyConnection, arrived: dict[tuple[str, bytes], list]) -> None:
    """Rows and money of the files, read here without the landing, are the rows and money with a fate."""
    rows, money = Counter(), Counter()
    with localcontext(WIDE):
        for (table, _), found in arrived.items():
            rows[table] += len(found)
            money[table] += sum(found)
    for table in contract.tables():
        product = " * ".join(MONEY.get(table, ["0"]))
        judged = connection.execute(
            f"select count(*), coalesce(sum(cast({product} as decimal(38, 7))), 0) from judged_{table}"
        ).fetchone()
        assert judged == (rows[table], money[table])


def rows_of_files(inbox: Path) -> dict[tuple[str, bytes], list[Decimal]]:
    """The money of each row, by table and content of the file: a content that comes twice is there once."""
    found = {}
    for file in sorted(inbox.rglob("*")):
        name = file.relative_to(inbox).as_posix()
        if not file.is_file() or re.search(r"(^|/)[._]", name) or file.suffix.lower() not in (".csv", ".parquet"):
            continue
        if file.suffix == ".parquet":
            rows = parquet_rows(file)
        else:
            with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
                header, *lines = [line for line in csv.reader(text) if line]
            names = [column.strip() for column in header]
            rows = [dict(zip(names, line, strict=True)) if len(line) == len(names) else {} for line in lines]
        table = re.split(r"[-./]", name, maxsplit=1)[0]
        found[table, file.read_bytes()] = [money_of(table, row) for row in rows]
    return found


def parquet_rows(file: Path) -> list[dict[str, str]]:
    columns = [name for name in pq.read_schema(file).names if any(name in names for names in MONEY.values())]
    count = pq.read_metadata(file).num_rows
    rows = pq.read_table(file, columns=columns).to_pylist() or [{}] * count
    return [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]


def money_of(table: str, row: dict[str, str]) -> Decimal:
    """The money of one row as it is written; zero where it does not parse as the contract has it."""
    product = Decimal(1)
    for column in MONEY.get(table, ()):
        places = 3 if column == "quantity" else 4
        whole = 9 if column == "quantity" else 16
        if not re.fullmatch(rf"[+-]?0*\d{{0,{whole}}}(\.\d{{1,{places}}}0*)?", row.get(column, "") or "none"):
            return Decimal(0)
        with localcontext(WIDE):
            product *= Decimal(row[column])
    return product if table in MONEY else Decimal(0)


@pytest.mark.long
def test_two_million_distinct_categories(judge: Judge, tmp_path: Path) -> None:
    write_good_shop(tmp_path / "inbox")
    with (tmp_path / "inbox" / "products-2.csv").open("w", encoding="utf-8") as file:
        file.write("product_id,category\n")
        file.writelines(f"q{number:07d},category {number}\n" for number in range(2_000_000))
    land_quietly(tmp_path / "inbox", Home(tmp_path / "home"))
    with judge.of(Home(tmp_path / "home")) as connection:
        assert fates_in(connection, "products") == {"accepted": 2_000_000 + ROWS["products"]}
        (categories,) = connection.execute("select count(distinct category) from judged_products").fetchone()
        assert categories == 2_000_000 + 2


ONE_LINE_LANDED = """
import resource, sys
from pathlib import Path
from orchestration.landing import LandingError, land
from orchestration.paths import PROJECT, Home

limit = int(sys.argv[3]) * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
try:
    land(Path(sys.argv[1]), Home(Path(sys.argv[2])), progress=lambda line: None)
except LandingError as error:
    print(error)
"""


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("", marks=pytest.mark.long, id="a header"),
        pytest.param("0009,007,", marks=pytest.mark.long, id="a row"),
        pytest.param('0009,"', id="a quoted value"),
    ],
)
def test_hundreds_of_megabytes_in_one_line(start: str, tmp_path: Path) -> None:
    """A sentence, and no more memory than a few blocks: the process may have less than the file."""
    write_good_shop(tmp_path / "inbox")
    with (tmp_path / "inbox" / "orders.csv").open("wb") as file:
        file.write(f"order_id,customer_id,ordered_at\n{start}".encode() if start else b"order_id,")
        for _ in range(400):
            file.write(b"x" * 2**20)
    done = subprocess.run(
        [sys.executable, "-c", ONE_LINE_LANDED, str(tmp_path / "inbox"), str(tmp_path / "home"), "350"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("orders.csv: ")
    assert ("more than 4 MiB" if start else "the header cannot be read") in done.stdout


def test_the_table_is_whole() -> None:
    names = [case.id for case in CASES]
    assert len(names) == len(set(names)) >= 60
    assert {
        table: tuple(re.findall(r"\w+", rule.money)) for table, rule in contract.tables().items() if rule.money
    } == MONEY
