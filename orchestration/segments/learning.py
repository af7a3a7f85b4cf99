"""scikit-learn, imported by one thread at a time.

It takes seconds, so only who fits something imports it; dbt runs two models at once, in threads, and where both begin
with different parts of it, one may see a part that the other has not finished: an ImportError, now and then.
"""

from __future__ import annotations

from importlib import import_module
from threading import Lock
from types import ModuleType

_ONE_AT_A_TIME = Lock()


def part(name: str) -> ModuleType:
    """A module of scikit-learn, such as `tree`."""
    with _ONE_AT_A_TIME:
        return import_module(f"sklearn.{name}")
