"""Tables of fits kept by what they were fitted on: nothing is fitted again until its input, or this code, changes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray]
Row = dict[str, object]


def rows(folder: Path | None, inputs: Sequence[Columns], make: Callable[[], list[Row]]) -> list[Row]:
    """The rows that `make` makes of these inputs: as kept in the folder, else made and kept. None keeps nothing.

    Inputs are sorted as they are read: they count in their order. A row holds text, numbers, dates and None.
    """
    if folder is None:
        return make()
    digest = hashlib.sha256(_code().encode())
    for columns in inputs:
        for name in sorted(columns):
            filled = np.ma.filled(np.ma.asarray(columns[name], dtype=object), None)
            digest.update(f"{name}\0".encode() + json.dumps(filled.tolist(), default=str).encode() + b"\0")
    file = folder / f"{digest.hexdigest()}.json"
    if (kept := _kept(file)) is not None:
        return kept
    made = make()
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(made, default=_written), encoding="utf-8")
    os.replace(unfinished, file)
    return made


def forget(folder: Path | None, kept: int = 40) -> None:
    """Delete the oldest fits of a folder beyond a number: inputs that are no more."""
    if folder is not None and folder.is_dir():
        files = sorted(folder.glob("*.json"), key=lambda file: (file.stat().st_mtime_ns, file.name))
        for file in files[:-kept]:
            file.unlink()


def _kept(file: Path) -> list[Row] | None:
    """The rows that were kept; None where none were, or where the machine stopped before the file was on its disk."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return [_read(row) for row in kept] if isinstance(kept, list) else None


def _written(value: object) -> object:
    if isinstance(value, date):
        return {"date": value.isoformat()}
    raise TypeError(f"A fit holds {value!r}, which cannot be kept.")


def _read(row: Row) -> Row:
    return {
        name: date.fromisoformat(value["date"]) if isinstance(value, dict) else value for name, value in row.items()
    }


@cache
def _code() -> str:
    """What a fit depends on beside its inputs: this package, and the libraries that compute."""
    digest = hashlib.sha256(" ".join(version(name) for name in ("numpy", "scipy", "scikit-learn")).encode())
    for file in sorted(Path(__file__).resolve().parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
