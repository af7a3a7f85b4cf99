"""ruff finds nothing: style is settled by programs and not by people. `make lint` has sqlfluff look at SQL as well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lint_sql
import pytest
from sqlfluff.core import FluffConfig, Linter
from sqlfluff.utils.reflow.sequence import ReflowSequence

from orchestration.paths import PROJECT

RUFF = str(Path(sys.executable).with_name("ruff"))


def run(*arguments: str) -> None:
    done = subprocess.run([RUFF, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_python_is_clean() -> None:
    run("check", ".")


def test_python_is_formatted() -> None:
    run("format", "--check", ".")


ILL_LAID_OUT = """select  a,b from t where a=1 and
b in (select b from s
         where c = 2) group by {}
  order by a
"""


def found_in(text: str) -> list[tuple[str, int, int, str]]:
    config = FluffConfig.from_path(str(PROJECT), overrides={"templater": "raw"})
    violations = Linter(config=config).lint_string(text).get_violations()
    return [(one.rule_code(), one.line_no, one.line_pos, one.description) for one in violations]


def test_sqlfluff_finds_the_same_where_it_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two files that differ in one long line, each is told what is wrong with it and not with the other."""
    texts = [ILL_LAID_OUT.format(columns) for columns in ("a", ", ".join(["a_column_of_a_long_name"] * 8))]
    by_itself = [found_in(text) for text in texts]
    assert {"LT01", "LT02", "LT14"} < {rule for rule, *_ in by_itself[0]}
    assert "LT05" not in {rule for rule, *_ in by_itself[0]} and "LT05" in {rule for rule, *_ in by_itself[1]}
    # Put back as it is found: the other tests of this process lint nothing, and should not have to know.
    monkeypatch.setattr(ReflowSequence, "from_root", classmethod(lint_sql._from_root))
    lint_sql.ask_once()
    assert [found_in(text) for text in texts] == by_itself
