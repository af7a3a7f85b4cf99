"""Where landed rows lie, and when they count.

`landed/<table>/load-000001.parquet` holds the rows of one load; `landed/loads/load-000001.parquet`, the manifest, is
put in place last and in one step. A data file without its manifest is of a load that never finished, and is removed
when the next one starts: so whoever dies at whatever moment, a load is there as a whole or not at all.

Small files of loads that follow one another are put together, as `load-000001-000032.parquet`: to open a thousand files
takes longer than to read them. Files that are in one of these already are removed when the next load starts, if they
are still there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from orchestration.contract import CONTRACT_FILE
from orchestration.landing.read import PIECE_ROWS
from orchestration.landing.typed import arrow_type

PARTIAL = ".partial"
COMPACTED_AT_ONCE = 32
"""So many small files become one: after a thousand nights a table has some sixty."""

SMALL_FILE_BYTES = 64 * 1024 * 1024
"""A larger file is not written anew: it takes long to read, and not to open."""

_GROUP_BYTES = 256 * 1024 * 1024
"""A row group is closed early at this size, so that rows of long texts cannot fill the memory."""


@cache
def manifest_schema() -> pa.Schema:
    """Arrow schema of the load manifest, as the contract writes it."""
    document = yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))
    tables = {table["name"]: table for table in document["sources"][0]["tables"]}
    return pa.schema([(column["name"], arrow_type(column["data_type"])) for column in tables["loads"]["columns"]])


def load_name(load_id: int) -> str:
    """File name of a load: load-000001.parquet."""
    return f"load-{load_id:06d}.parquet"


def finished_loads(landed: Path) -> list[int]:
    """Ids of the loads whose manifest is in place, in order."""
    return sorted({load_id for loads, _ in _files_in(landed / "loads") for load_id in loads})


def data_files(folder: Path, finished: Iterable[int]) -> list[Path]:
    """The data files of one table that belong to finished loads, in order."""
    counted = set(finished)
    return [file for loads, file in _files_in(folder) if loads[-1] in counted]


def read_manifest(landed: Path) -> pa.Table:
    """Every row of the manifest, all loads; zero rows before the first."""
    files = [file for _, file in _files_in(landed / "loads")]
    return pa.concat_tables([manifest_schema().empty_table(), *(pq.read_table(file) for file in files)])


def row_groups(
    folder: Path, names: list[str], is_asked: Callable[[pq.RowGroupMetaData], bool] = lambda group: True
) -> Iterator[pa.Table]:
    """These columns of the landed rows of a table, a row group at a time; without those that a file does not have."""
    for file in sorted(folder.glob("load-*.parquet")):
        with pq.ParquetFile(file) as landed:
            held = [name for name in names if name in landed.schema_arrow.names]
            for number in range(landed.num_row_groups):
                if is_asked(landed.metadata.row_group(number)):
                    yield landed.read_row_group(number, columns=held)


def remove_unfinished(landed: Path) -> list[str]:
    """Removes what an unfinished load left behind, and what lies in a compacted file as well.

    Returns the names of what was removed.
    """
    finished = set(finished_loads(landed))
    left_over = []
    # Followed: a table may have been moved to a larger disk, with a link in its place.
    for name, _, names in os.walk(landed, followlinks=True):
        folder = Path(name)
        left_over += [folder / one for one in names if one.endswith(PARTIAL)]
        files = _files_in(folder)
        compacted = {load_id for loads, _ in files if len(loads) > 1 for load_id in loads}
        left_over += [file for loads, file in files if loads[-1] not in finished]
        left_over += [file for loads, file in files if len(loads) == 1 and loads[0] in compacted]
    for file in left_over:
        file.unlink()
    return sorted(file.relative_to(landed).as_posix() for file in left_over)


def compact(folder: Path, schema: pa.Schema) -> list[str]:
    """Puts small files of one load each together, COMPACTED_AT_ONCE at a time. Returns the names of the new files.

    Only neighbours: a large file, one that is compacted already and one of other columns stay, and no new file is laid
    across them.
    """
    made: list[str] = []
    waiting: list[tuple[range, Path]] = []
    for loads, file in _files_in(folder):
        if len(loads) > 1 or file.stat().st_size > SMALL_FILE_BYTES:
            waiting = []
            continue
        waiting.append((loads, file))
        if len(waiting) < COMPACTED_AT_ONCE:
            continue
        strange = [place for place, (_, one) in enumerate(waiting) if not pq.read_schema(one).equals(schema)]
        if strange:
            waiting = waiting[strange[-1] + 1 :]
            continue
        made += _put_together(folder, schema, waiting)
        waiting = []
    return made


def _put_together(folder: Path, schema: pa.Schema, files: list[tuple[range, Path]]) -> list[str]:
    together = DataFile(folder, f"load-{files[0][0][0]:06d}-{files[-1][0][-1]:06d}.parquet", schema)
    for _, file in files:
        with pq.ParquetFile(file) as landed:
            for batch in landed.iter_batches(batch_size=PIECE_ROWS):
                together.add(pa.Table.from_batches([batch]))
    together.close()
    # Without a row there is no new file; that a load is finished is known by the name of its manifest alone.
    if not together.rows:
        return []
    for _, file in files:
        file.unlink()
    return [together.name]


def write_schema(folder: Path, schema: pa.Schema) -> None:
    """`schema.parquet`, zero rows: makes an absent table empty and typed. Left alone where it is right already."""
    file = folder / "schema.parquet"
    if file.exists() and pq.read_schema(file).equals(schema):
        return
    write_whole(file, schema.empty_table())


def write_whole(file: Path, table: pa.Table) -> None:
    """Writes a small Parquet file in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + PARTIAL)
    pq.write_table(table, partial, compression="zstd")
    put_in_place(partial, file)


def write_text(file: Path, text: str) -> None:
    """Writes a text file in one step; a file that says the same already is left alone."""
    if file.exists() and file.read_bytes() == text.encode():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + PARTIAL)
    partial.write_text(text, encoding="utf-8")
    put_in_place(partial, file)


def write_manifest(landed: Path, load_id: int, loaded_at: datetime, rows: list[dict]) -> None:
    """Makes a load count. `rows` are dicts of the manifest's columns but load_id and loaded_at (UTC, no zone)."""
    stamped = [{"load_id": load_id, "loaded_at": loaded_at, **row} for row in rows]
    write_whole(landed / "loads" / load_name(load_id), pa.Table.from_pylist(stamped, schema=manifest_schema()))


def forget_handed_on(landed: Path, tables: Iterable[str], connector: str) -> None:
    """Removes what a connector made of its files, and that it was made: from the manifests first, each in one step."""
    for _, file in _files_in(landed / "loads"):
        rows = pq.read_table(file).to_pylist()
        kept = [row for row in rows if row["outcome"] != "handed_on" and not _is_of(row, connector)]
        if len(kept) < len(rows):
            write_whole(file, pa.Table.from_pylist(kept, schema=manifest_schema()))
    for table in tables:
        for file in data_files(landed / table, finished_loads(landed)):
            file.unlink()


def _is_of(row: dict, connector: str) -> bool:
    """Whether a row of the manifest says that the connector itself has been read."""
    return (row["table_name"], row["source_file"]) == (connector, "connector.yml")


@dataclass
class DataFile:
    """A file of one table, written a row group at a time; without rows, as of a load that has none, there is no file.

    Row groups hold at least PIECE_ROWS rows, but the last. Nothing appears under the real name before `close`.
    """

    folder: Path
    name: str
    schema: pa.Schema
    rows: int = 0
    _writer: pq.ParquetWriter | None = None
    _waiting: list[pa.Table] = field(default_factory=list)

    def add(self, table: pa.Table) -> None:
        """Takes rows of `schema` in the order in which they are to be read."""
        self.rows += table.num_rows
        self._waiting.append(table)
        if (
            sum(waiting.num_rows for waiting in self._waiting) >= PIECE_ROWS
            or sum(waiting.nbytes for waiting in self._waiting) >= _GROUP_BYTES
        ):
            self._flush()

    def close(self) -> None:
        """Writes what waits, and puts the file in place."""
        if self._waiting:
            self._flush()
        if self._writer:
            self._writer.close()
            put_in_place(self._partial, self.folder / self.name)

    @property
    def _partial(self) -> Path:
        return self.folder / (self.name + PARTIAL)

    def _flush(self) -> None:
        group = pa.concat_tables(self._waiting).combine_chunks()
        self._waiting = []
        if not group.num_rows:
            return
        if self._writer is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._partial, self.schema, compression="zstd")
        self._writer.write_table(group, row_group_size=max(group.num_rows, 1))


def _files_in(folder: Path) -> list[tuple[range, Path]]:
    """The files of a folder that hold loads, in order, each with the loads that it is of."""
    found = ((_loads_of(file), file) for file in folder.glob("load-*.parquet"))
    return sorted(((loads, file) for loads, file in found if loads), key=lambda one: (one[0][0], one[0][-1]))


def _loads_of(file: Path) -> range:
    """The loads that a file holds rows of, by its name; none where it is no such name."""
    matched = re.fullmatch(r"load-(\d+)(?:-(\d+))?\.parquet", file.name)
    return range(int(matched[1]), int(matched[2] or matched[1]) + 1) if matched else range(0)


def put_in_place(partial: Path, file: Path) -> None:
    """Renames once the bytes are on the disk, so that a power cut cannot leave a name without its content."""
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(partial, file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
