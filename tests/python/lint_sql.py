"""sqlfluff, on the project that is parsed already, asking once what lies how deep in a file.

It would parse the dbt project itself, 22 CPU-seconds that the tests then spend again, and four of its layout rules
would each look anew at what lies how deep, two fifths of its time.

    python lint_sql.py --processes 2 models tests/sql

Arguments are those of `sqlfluff lint`. Nothing of a file is changed while it is linted, so what was found for one rule
holds for the next. Processes that do not begin as copies of this one (macOS) lint as sqlfluff does by itself.
"""

from __future__ import annotations

import os
import sys
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlfluff.cli.commands import lint
from sqlfluff.core import FluffConfig
from sqlfluff.core.parser import BaseSegment
from sqlfluff.utils.reflow.sequence import ReflowSequence
from sqlfluff_templater_dbt.templater import DbtTemplater

from orchestration import parsed

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_from_root = ReflowSequence.from_root.__func__
_latest: dict[object, ReflowSequence] = {}


def _from_root_once(cls: type[ReflowSequence], root_segment: BaseSegment, config: FluffConfig) -> ReflowSequence:
    if root_segment.uuid not in _latest:
        # One file after the other: of those that are done nobody asks again.
        _latest.clear()
        _latest[root_segment.uuid] = _from_root(cls, root_segment, config)
    return _latest[root_segment.uuid]


def ask_once() -> None:
    """From now on this process asks once for each file."""
    ReflowSequence.from_root = classmethod(_from_root_once)


def _manifest(_: DbtTemplater) -> Manifest:
    with TemporaryDirectory() as folder:
        parsed.prepare(Path(folder), os.environ, "duckdb")
        return parsed.read(Path(folder))


def parse_once() -> None:
    """From now on dbt's project is taken as it was parsed, for whoever asked first."""
    DbtTemplater.dbt_manifest = cached_property(_manifest)
    DbtTemplater.dbt_manifest.__set_name__(DbtTemplater, "dbt_manifest")


if __name__ == "__main__":
    ask_once()
    parse_once()
    lint(sys.argv[1:])
