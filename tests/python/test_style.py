"""ruff and sqlfluff find nothing: style is settled by programs and not by people."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.landing import land
from orchestration.paths import PROJECT, Home

BIN = Path(sys.executable).parent


def run(*command: str, **environment: str) -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=PROJECT,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=1150,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_python_is_clean() -> None:
    run("ruff", "check", ".")


def test_python_is_formatted() -> None:
    run("ruff", "format", "--check", ".")


@pytest.mark.timeout(1200)
def test_sql_is_clean(tmp_path: Path) -> None:
    """The dbt templater compiles each model, so it needs a home, if an empty one."""
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "orders.csv").write_text("order_id,ordered_at\n", encoding="utf-8")
    (tmp_path / "input" / "order_lines.csv").write_text(
        "order_id,line_number,product_id,quantity,unit_price\n", encoding="utf-8"
    )
    home = Home(tmp_path / "home")
    land(tmp_path / "input", home, progress=lambda line: None)
    home.private.mkdir(parents=True, exist_ok=True)
    run("sqlfluff", "lint", "--nocolor", "models", "tests/sql", **home.environment())
