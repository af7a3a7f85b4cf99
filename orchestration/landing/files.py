"""Which files of an input folder belong to which table, and which of them have been seen before.

A table is `<table>.csv` or `.parquet`, `<table>-<anything>.csv` or `.parquet`, or the files below a folder
`<table>/`. Names that start with `_` or `.` are passed over, and so are other extensions. Any other CSV or Parquet
file stops the landing, and so does a table packed or in another format: it would be data that silently never arrives.

The input folder is often a place where others put files. A link that leads out of it stops the landing, and so does a
pipe, which would never end, and a name that no log could show.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from orchestration.landing.errors import LandingError
from orchestration.landing.store import write_text

_EXTENSIONS = (".csv", ".parquet")
_OTHER_FORMATS = (
    *(".7z", ".bz2", ".gz", ".lz4", ".rar", ".tar", ".tgz", ".xz", ".zip", ".zst"),
    *(".arrow", ".avro", ".db", ".feather", ".orc", ".sqlite"),
    *(".json", ".jsonl", ".ndjson", ".ods", ".tab", ".tsv", ".xls", ".xlsb", ".xlsm", ".xlsx", ".xml"),
)
"""What a table may come in by mistake. A note beside the files is no table, whatever its name."""
_SETTLED = 2_000_000_000
"""Nanoseconds that a file must have been left alone before its stat is trusted instead of its bytes: a file system's
clock may tick so coarsely that a second write leaves no trace."""


@dataclass(frozen=True)
class InputFile:
    """One file of the input: where it is, and its path below the input folder, with forward slashes."""

    path: Path
    source_file: str


def all_files(source: Path) -> list[InputFile]:
    """Every file below the input folder (or the one file named), by path; hidden and `_` names are passed over.

    LandingError where the folder does not exist, or holds a folder that may not be read, a link that leads out of it or
    a name that cannot be shown.
    """
    if source.is_file():
        return [InputFile(source, source.name)]
    if not source.is_dir():
        raise LandingError(f"The input folder {source} does not exist.")
    found: list[InputFile] = []
    walked: set[str] = set()
    for folder, folders, names in os.walk(source, onerror=_refuse_closed_folder, followlinks=True):
        real = _real_place_within(source, Path(folder))
        if real in walked:  # a link that leads back up
            folders.clear()
            continue
        walked.add(real)
        folders[:] = [name for name in folders if not name.startswith(("_", "."))]
        for name in names:
            if not name.startswith(("_", ".")):
                path = Path(folder) / name
                _real_place_within(source, path)
                found.append(InputFile(path, path.relative_to(source).as_posix()))
    return sorted(found, key=lambda file: file.source_file)


def refuse_home_within(source: Path, home: Path) -> None:
    """LandingError where the shop's home lies in its input folder: what is made there would be taken for its files."""
    folder, within = source.resolve(), home.resolve()
    if within.is_relative_to(folder) and not any(
        part.startswith(("_", ".")) for part in within.relative_to(folder).parts
    ):
        raise LandingError(
            f"The shop's home {home} lies within its input folder {source}, and its own tables would be taken for the "
            "shop's files: give one of them another place (INPUT, WAREHOUSE_HOME), or begin the home's name with _."
        )


def _refuse_closed_folder(error: OSError) -> None:
    raise LandingError(
        f"The folder {error.filename} cannot be read: {error.strerror}. What lies in it would silently never "
        "arrive: let this user read and enter it, or begin its name with _ to have it passed over."
    ) from error


def _real_place_within(source: Path, path: Path) -> str:
    """Where a file or folder really is. LandingError where that is not in the input folder, or its name unfit."""
    name = path.relative_to(source).as_posix()
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise LandingError(
            f"The name {name!a} holds a character that cannot be shown; rename it, or begin its name with _."
        )
    real, root = os.path.realpath(path), os.path.realpath(source)
    if os.path.commonpath([real, root]) != root:
        raise LandingError(
            f"{name} is a link out of the input folder, to {real}; expected the file itself, or a link to one within."
        )
    return real


def by_table(source: Path, table_names: Iterable[str], connectors: Iterable[str]) -> dict[str, list[InputFile]]:
    """Files of each table that has any. LandingError for a CSV or Parquet file that belongs to none."""
    known = list(table_names)
    tables: dict[str, list[InputFile]] = {}
    for file in all_files(source):
        if not file.source_file.lower().endswith(_EXTENSIONS):
            _refuse_other_format(file, known)
            continue
        first, *rest = file.source_file.split("/")
        claimed = first if rest else Path(first).stem.split("-", 1)[0]
        if claimed not in known:
            near = get_close_matches(claimed.lower(), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the tables are {', '.join(known)}."
            raise LandingError(
                f"{file.source_file} belongs to no table; expected <table>.csv, <table>-<anything>.csv or "
                f"<table>/<anything>.csv (or .parquet): {hint} Folders that start with _ are passed over; files of "
                f"another shape need a connector ({', '.join(connectors)})."
            )
        tables.setdefault(claimed, []).append(file)
    return tables


def _refuse_other_format(file: InputFile, known: list[str]) -> None:
    name, suffix = file.source_file.lower(), file.path.suffix.lower()
    # Whatever stands behind it: surveys-2.xlsx, surveys/2.xlsx, surveys_2025.xlsx, "surveys (1).xlsx".
    is_table = any(re.sub("[^a-z]+$", "", re.split(end, name)[0]) in known for end in ("[-./]", "[./]"))
    is_packed = name.removesuffix(suffix).endswith(_EXTENSIONS)
    if (suffix in _OTHER_FORMATS and (is_table or is_packed)) or (suffix == ".txt" and is_packed):
        raise LandingError(
            f"{file.source_file} is named as a table and cannot be read; expected .csv or .parquet: unpack it or save "
            "it so, or begin its name with _ to have it passed over."
        )


def matching(source: Path, pattern: str) -> tuple[list[InputFile], list[str]]:
    """Files whose name matches a connector's pattern, and the names of the others."""
    chosen: list[InputFile] = []
    others: list[str] = []
    for file in all_files(source):
        if fnmatchcase(file.path.name, pattern):
            chosen.append(file)
        else:
            others.append(file.source_file)
    return chosen, others


class Fingerprints:
    """SHA-256 of files, remembered by place, size and times so that big files are not read again every night.

    What is remembered is a cache (`landed/fingerprints.json`): it may be deleted, and then files are read again.
    """

    def __init__(self, landed: Path) -> None:
        self._file = landed / "fingerprints.json"
        self._known = self._remembered()

    def of(self, file: InputFile) -> tuple[str, int]:
        """Fingerprint and bytes of a file. LandingError where it cannot be read."""
        place = os.path.realpath(file.path)
        try:
            found = file.path.stat()
            if not stat.S_ISREG(found.st_mode):
                raise LandingError(f"{file.source_file} is no file but a pipe or a device; expected a file.")
            state = _state(found)
            known = self._known.get(place)
            if known and known[1:] == state and self._is_settled(found):
                return known[0], found.st_size
            with file.path.open("rb") as opened:
                fingerprint = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            raise LandingError(f"{file.source_file} cannot be read: {error.strerror}.") from error
        self._known[place] = [fingerprint, *state]
        return fingerprint, found.st_size

    def still_hold(self, file: InputFile) -> bool:
        """Whether the file is as it was when its fingerprint was taken."""
        try:
            return self._known[os.path.realpath(file.path)][1:] == _state(file.path.stat())
        except FileNotFoundError:
            return False

    def keep(self) -> None:
        """Writes down what is remembered."""
        write_text(self._file, json.dumps(self._known, indent=1, sort_keys=True) + "\n")

    def _remembered(self) -> dict[str, list]:
        """What was written down, by place; what is damaged of it is not there."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return {place: one for place, one in found.items() if _is_entry(one)} if isinstance(found, dict) else {}

    def _is_settled(self, found: os.stat_result) -> bool:
        written = self._file.stat().st_mtime_ns if self._file.exists() else 0
        return written - max(found.st_mtime_ns, found.st_ctime_ns) > _SETTLED


def _is_entry(one: object) -> bool:
    """Whether it is what `Fingerprints.of` remembers of a file."""
    return isinstance(one, list) and len(one) > 1 and isinstance(one[0], str)


def _state(found: os.stat_result) -> list[int]:
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
