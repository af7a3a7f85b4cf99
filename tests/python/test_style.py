"""ruff finds nothing: style is settled by programs and not by people. `make lint` has sqlfluff look at SQL as well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from orchestration.paths import PROJECT

RUFF = str(Path(sys.executable).with_name("ruff"))


def run(*arguments: str) -> None:
    done = subprocess.run([RUFF, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_python_is_clean() -> None:
    run("check", ".")


def test_python_is_formatted() -> None:
    run("format", "--check", ".")
