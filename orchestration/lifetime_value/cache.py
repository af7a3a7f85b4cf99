"""Fits kept by what they were fitted on: a past cut is fitted again only when its histories, or this code, change."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import scipy

from orchestration.lifetime_value.fitting import Fit
from orchestration.lifetime_value.histories import Numbers


class Cache:
    """A folder with a file per fit, named by the hash of its inputs; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._used: set[str] = set()

    def fit(self, model: str, arrays: Sequence[Numbers], make: Callable[[], Fit]) -> Fit:
        """The fit of this model to these arrays: as kept, else made and kept."""
        if self.folder is None:
            return make()
        digest = hashlib.sha256(f"{model}\0{_code()}\0".encode())
        for array in arrays:
            digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes() + b"\0")
        file = self.folder / f"{digest.hexdigest()}.json"
        self._used.add(file.name)
        if (kept := _kept(file)) is not None:
            return kept
        fit = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(asdict(fit)), encoding="utf-8")
        os.replace(unfinished, file)
        return fit

    def forget_the_rest(self) -> None:
        """Delete what was not asked for since this was made: histories that are no more."""
        if self.folder is not None and self.folder.is_dir():
            for file in self.folder.iterdir():
                if file.name not in self._used:
                    file.unlink()


def _kept(file: Path) -> Fit | None:
    """The fit that was kept; none where it was not, or where the machine stopped before the file was on its disk."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        covariance = tuple(tuple(row) for row in kept["covariance"])
        return Fit(**{**kept, "at_bound": tuple(kept["at_bound"]), "covariance": covariance})
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None


@cache
def _code() -> str:
    """What a fit depends on beside its inputs: this package, and the libraries that compute."""
    digest = hashlib.sha256(f"{np.__version__} {scipy.__version__}".encode())
    for file in sorted(Path(__file__).resolve().parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
