"""Broken input as one table: what is done to the files of a good shop, and what must happen.

`good_shop` writes the shop, `spoiling` has the ways to spoil it, and the other modules hold the rows of the table, each
about one part of what arrives.
"""

from __future__ import annotations

from bad_input import columns, files, keys, names, values
from bad_input.case import Case

CASES: tuple[Case, ...] = (*files.CASES, *names.CASES, *columns.CASES, *values.CASES, *keys.CASES)
