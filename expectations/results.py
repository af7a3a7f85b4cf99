"""What an audit hands back: a file of results, there whole or not at all. Imports no Great Expectations."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from orchestration.refresh import results as check_results
from orchestration.refresh.results import CheckResult


def write_at_once(file: Path, results: Iterable[CheckResult]) -> None:
    """Write the results as a JSON list in their one order; a reader finds the old file or the new one."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
    try:
        check_results.write(unfinished, check_results.in_order(results))
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
