"""sqlfluff, asking once what lies how deep in a file: four of its layout rules do so anew, two fifths of its time.

    python lint_sql.py --processes 2 models tests/sql

Arguments are those of `sqlfluff lint`. Nothing of a file is changed while it is linted, so what was found for one rule
holds for the next. Processes that do not begin as copies of this one (macOS) lint as sqlfluff does by itself.
"""

from __future__ import annotations

import sys

from sqlfluff.cli.commands import lint
from sqlfluff.core import FluffConfig
from sqlfluff.core.parser import BaseSegment
from sqlfluff.utils.reflow.sequence import ReflowSequence

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


if __name__ == "__main__":
    ask_once()
    lint(sys.argv[1:])
