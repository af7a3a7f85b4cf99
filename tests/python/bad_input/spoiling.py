"""Ways to spoil the files of a folder. Each fails where it would change nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bad_input.case import Spoil
from bad_input.good_shop import FILES


def nothing(folder: Path) -> None:
    """Leaves the good shop as it is."""


def both(*spoils: Spoil) -> Spoil:
    """One after the other."""

    def spoil(folder: Path) -> None:
        for one in spoils:
            one(folder)

    return spoil


def write(name: str, content: bytes | str | pa.Table) -> Spoil:
    """A file with this content, in place of the one of that name."""

    def spoil(folder: Path) -> None:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pa.Table):
            pq.write_table(content, file)
        else:
            file.write_bytes(_bytes(content))

    return spoil


def remove(*names: str) -> Spoil:
    """Without these files."""

    def spoil(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return spoil


def append(name: str, content: bytes | str) -> Spoil:
    """More at the end of a file."""

    def spoil(folder: Path) -> None:
        assert (folder / name).exists(), f"there is no {name} to add to"
        with (folder / name).open("ab") as file:
            file.write(_bytes(content))

    return spoil


def replace(name: str, old: bytes | str, new: bytes | str) -> Spoil:
    """What stands exactly once in a file, by something else."""

    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        assert content.count(_bytes(old)) == 1, f"{old!r} stands {content.count(_bytes(old))} times in {name}"
        (folder / name).write_bytes(content.replace(_bytes(old), _bytes(new)))

    return spoil


def throughout(name: str, old: bytes | str, new: bytes | str) -> Spoil:
    """What stands anywhere in a file, by something else."""

    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        assert _bytes(old) in content, f"{old!r} does not stand in {name}"
        (folder / name).write_bytes(content.replace(_bytes(old), _bytes(new)))

    return spoil


def encode(name: str, encoding: str) -> Spoil:
    """A file in another encoding."""

    def spoil(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_text(encoding="utf-8").encode(encoding))

    return spoil


def cut(name: str, bytes_left: int) -> Spoil:
    """A file of which only the first bytes arrived; negative: all but the last ones."""

    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        assert len(content[:bytes_left]) not in (0, len(content)), f"{name} has {len(content)} bytes"
        (folder / name).write_bytes(content[:bytes_left])

    return spoil


def rename(name: str, new_name: str) -> Spoil:
    """A file under another name."""

    def spoil(folder: Path) -> None:
        (folder / new_name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).rename(folder / new_name)

    return spoil


def copy(name: str, new_name: str) -> Spoil:
    """A file under a second name too."""

    def spoil(folder: Path) -> None:
        (folder / new_name).parent.mkdir(parents=True, exist_ok=True)
        (folder / new_name).write_bytes((folder / name).read_bytes())

    return spoil


def link(name: str, target: str) -> Spoil:
    """A symbolic link; the target as seen from the link."""

    def spoil(folder: Path) -> None:
        (folder / name).symlink_to(target)

    return spoil


def outside(name: str, content: bytes | str) -> Spoil:
    """A file in a folder beside the input folder."""

    def spoil(folder: Path) -> None:
        (folder.parent / "elsewhere").mkdir(exist_ok=True)
        (folder.parent / "elsewhere" / name).write_bytes(_bytes(content))

    return spoil


def pipe(name: str) -> Spoil:
    """A named pipe, from which nothing ever comes."""
    return lambda folder: os.mkfifo(folder / name)


def columns_in_order(name: str, *order: str) -> Spoil:
    """The columns of a CSV file in another order."""

    def spoil(folder: Path) -> None:
        rows = [line.split(",") for line in (folder / name).read_text(encoding="utf-8").splitlines()]
        assert sorted(rows[0]) == sorted(order) and rows[0] != list(order)
        places = [rows[0].index(column) for column in order]
        (folder / name).write_text("".join(",".join(row[place] for place in places) + "\n" for row in rows))

    return spoil


def as_parquet(table: str, **changed: pa.Array) -> Spoil:
    """A table of the good shop as Parquet, all text, with some columns changed or added."""

    def spoil(folder: Path) -> None:
        header, *rows = [line.split(",") for line in FILES[table].splitlines()]
        columns = {
            name: pa.array([row[place] or None for row in rows], pa.string()) for place, name in enumerate(header)
        }
        (folder / f"{table}.csv").unlink()
        pq.write_table(pa.table({**columns, **changed}), folder / f"{table}.parquet")

    return spoil


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content
