"""Landing: the shop's files, checked against the contract, typed, stamped, kept as Parquet. Nothing is judged here.

    from orchestration.landing import land
    report = land(Path("inbox"), home_of("demo"))

A file that is as it last landed is not landed again, nor is known content under a new name, or under a name that is
handed on each night. One that goes back to what it held earlier is: what it says now counts. Each row of each file
lands exactly once, also one that cannot be read. A load counts as a whole or not at all (see `store.py`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration import contract, keyed
from orchestration.landing import connect, erased, files, store
from orchestration.landing.connect import names as connectors
from orchestration.landing.errors import LandingError
from orchestration.landing.read import Shape, typed_pieces
from orchestration.landing.settings import landed_connector, settle
from orchestration.paths import Home

__all__ = [
    "LandingError",
    "LandingReport",
    "TableReport",
    "accounts_of",
    "clear_up",
    "connectors",
    "erase",
    "land",
    "landed_connector",
]


@dataclass
class TableReport:
    """What was landed of one table, or of a connector's source (then by the connector's name)."""

    files: int = 0
    rows: int = 0
    unreadable: int = 0
    files_seen_before: int = 0


@dataclass
class LandingReport:
    """What one landing did. `load_id` is None where nothing was new.

    `tables` by name; `ignored` are sentences on columns and files that were passed over; `fates` are rows and money
    of a connector's source rows by fate, over all loads.
    """

    load_id: int | None = None
    tables: dict[str, TableReport] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    fates: dict[str, tuple[int, Decimal]] = field(default_factory=dict)


@dataclass
class _Load:
    """A load under way: what is needed to land a table, and what is collected on the way.

    Of all loads: `seen` says in which load each table last landed a content, `places` the content that each file was
    found with, `latest` the content that each file landed last, and in which load.
    """

    landed: Path
    load_id: int
    seen: dict[tuple[str, str], int]
    places: set[tuple[str, str, str]]
    latest: dict[tuple[str, str], tuple[str, int]]
    fingerprints: files.Fingerprints
    erasures: erased.Erasures
    report: LandingReport
    progress: Callable[[str], None]
    manifest: list[dict] = field(default_factory=list)
    is_new: bool = False

    def has_landed(self, table: str, source_file: str, tonight: Mapping[str, str]) -> bool:
        """Whether what a file of a table holds counts already; `tonight` is what each file holds.

        It does where the file landed so last, where its name is new and the content is not, and where the content came
        from another name, which holds another now, and landed there no earlier than what this name landed last: names
        that are handed on each night. A copy of what another file holds is a later version, and lands.
        """
        fingerprint = tonight[source_file]
        content, when = self.latest.get((table, source_file), (None, 0))
        if fingerprint == content or (table, fingerprint) not in self.seen:
            return fingerprint == content
        was_moved = self.seen[table, fingerprint] >= when and list(tonight.values()).count(fingerprint) == 1
        return content is None or was_moved

    def has_landed_by_name(self, table: str, source_file: str, tonight: Mapping[str, str]) -> bool:
        """The same of a connector's file, of which each name counts as it is now.

        Known content is passed over under a new name as long as a name under which it landed still holds it.
        """
        fingerprint = tonight[source_file]
        if (table, source_file) in self.latest:
            return self.latest[table, source_file][0] == fingerprint
        return (table, fingerprint) in self.seen and any(
            of == table and content == fingerprint == tonight.get(name, content)
            for (of, name), (content, _) in self.latest.items()
        )

    def note_landed(self, table: str, source_file: str, fingerprint: str) -> None:
        """What a file holds has landed in this load."""
        self.seen[table, fingerprint] = self.load_id
        self.latest[table, source_file] = (fingerprint, self.load_id)
        self.is_new = True


def land(
    source: Path | None,
    home: Home,
    connector: str | None = None,
    progress: Callable[[str], None] = print,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> LandingReport:
    """Lands what is new in the input folder `source` into `home.landed`.

    `connector` names the connector for files that do not follow the contract; without a `source`, what it makes of the
    files landed before is made anew where it is not there. `progress` takes a line per table.
    `clock` is read once: it stamps the load in the manifest, and nothing else depends on it.

    LandingError, with one sentence for a person, for anything that the shop must put right; then nothing was landed.
    """
    landed, loaded_at = home.landed, clock().astimezone(UTC).replace(tzinfo=None)
    landed.mkdir(parents=True, exist_ok=True)
    clear_up(home, progress)
    tables = contract.tables()
    chosen = connect.read(connector, tables) if connector else None
    finished = store.finished_loads(landed)
    erasures = erased.read(home.root)
    before = landed_connector(landed)
    if finished and before != connector:
        raise LandingError(
            f"This shop was landed with {_called(before)}, and not with {_called(connector)}; name the same one, or "
            "another shop."
        )
    settings = settle(landed, source, connector, chosen.settings if chosen else {}, home.root.name)
    if json.loads(settings)["customer_ids"] == "keyed":
        try:
            keyed.key("The setting customer_ids: keyed")
        except keyed.KeyMissing as error:
            raise LandingError(str(error)) from None
    manifest = store.read_manifest(landed).to_pylist()
    came = sorted((row for row in manifest if row["outcome"] == "landed"), key=lambda row: row["load_id"])
    load = _Load(
        landed=landed,
        load_id=max(finished, default=0) + 1,
        seen={(row["table_name"], row["content_sha256"]): row["load_id"] for row in came},
        places={(row["table_name"], row["content_sha256"], row["source_file"]) for row in manifest},
        latest={(row["table_name"], row["source_file"]): (row["content_sha256"], row["load_id"]) for row in came},
        fingerprints=files.Fingerprints(landed),
        erasures=erasures,
        report=LandingReport(),
        progress=progress,
    )
    for table in tables.values():
        store.write_schema(landed / table.name, _shape(table).schema())
    store.write_schema(landed / "loads", store.manifest_schema())
    try:
        if chosen:
            fates = _land_connector(load, chosen, source, finished, home.private / "spill")
        else:
            if source is not None:
                _land_contract(load, source)
            fates = None if _source_rows(landed).exists() else connect.FATES_SCHEMA.empty_table()
        store.write_text(landed / "shop.json", settings)
        if load.is_new:
            store.write_manifest(landed, load.load_id, loaded_at, load.manifest)
            load.report.load_id = load.load_id
            _compact(landed, chosen)
    finally:
        store.remove_unfinished(landed)
    if fates is not None:
        last = str(load.load_id if load.is_new else max(finished, default=0))
        store.write_whole(_source_rows(landed), fates.replace_schema_metadata({"load_id": last}))
    load.report.fates = connect.summary(pq.read_table(_source_rows(landed)))
    load.fingerprints.keep()
    progress(f"load {load.load_id} is landed" if load.is_new else "nothing new to land")
    return load.report


def clear_up(home: Home, progress: Callable[[str], None] = print) -> None:
    """Removes what a landing that was killed left behind. For who reads what has landed, and lands nothing first."""
    for name in store.remove_unfinished(home.landed):
        progress(f"removed {name}, which an unfinished landing had left behind")


def accounts_of(home: Home, customer_id: str) -> list[str]:
    """All accounts of the person whose one account this is; empty where no landed row names it."""
    connector = landed_connector(home.landed)
    if connector is None:
        return erased.accounts_of(home.landed, customer_id)
    chosen = connect.read(connector, contract.tables())
    return erased.accounts_of(home.landed, customer_id, (chosen.source_folder(home.landed), chosen.shape))


def erase(
    home: Home,
    erasures: erased.Erasures,
    progress: Callable[[str], None] = print,
    note: Callable[[Path, int], None] = lambda file, rows: None,
) -> None:
    """Takes who is on the list out of all that has landed.

    What a connector made of its files is made anew by the next landing. Interrupted, it may be begun again. `note` is
    told of each landed file that changes, and of how many rows, before it does.
    """
    landed, connector = home.landed, landed_connector(home.landed)
    clear_up(home, progress)
    tables = contract.tables()
    for table in tables.values():
        erased.rewrite(landed / table.name, _shape(table), erasures, note)
    if connector is not None:
        chosen = connect.read(connector, tables)
        erased.rewrite(chosen.source_folder(landed), chosen.shape, erasures, note)
        # The numbers of its orders may be made of its customers' numbers, so that no row of a table can be kept.
        store.forget_handed_on(landed, list(tables), connector)


def _compact(landed: Path, connector: connect.Connector | None) -> None:
    """Put small loads of many nights together, of each table and of the manifest."""
    for table in contract.tables().values():
        store.compact(landed / table.name, _shape(table).schema())
    if connector:
        store.compact(connector.source_folder(landed), connector.shape.schema())
    store.compact(landed / "loads", store.manifest_schema())


def _called(connector: str | None) -> str:
    return f"the connector {connector}" if connector else "contract-shaped files"


def _source_rows(landed: Path) -> Path:
    return landed / "source_rows" / "current.parquet"


def _shape(table: contract.Table) -> Shape:
    return Shape(table.name, table.columns)


def _land_contract(load: _Load, source: Path) -> None:
    tables = contract.tables()
    files.refuse_home_within(source, load.landed.parent)
    found = files.by_table(source, tables, connectors())
    for table in tables.values():
        if table.required and table.name not in found:
            raise LandingError(
                f"The required table {table.name} is missing from {source}: expected {table.name}.csv or .parquet, "
                f"{table.name}-<anything>.csv, or files below a folder {table.name}/; "
                f"found {', '.join(found) or 'no table at all'}."
            )
    for name, table in tables.items():
        if name in found:
            _land_files(load, _shape(table), found[name], load.landed / name)


def _land_connector(
    load: _Load, connector: connect.Connector, source: Path | None, finished: list[int], spill: Path
) -> pa.Table | None:
    """Source rows, then the contract's tables. The fates, or None where those of the last load still hold."""
    found, others = files.matching(source, connector.files) if source else ([], [])
    if source and any(file.path.resolve().is_relative_to(load.landed.parent.resolve()) for file in found):
        files.refuse_home_within(source, load.landed.parent)
    if source and not found:
        raise LandingError(f"The connector {connector.name} reads files named {connector.files}; {source} has none.")
    if others:
        load.report.ignored.append(
            f"{len(others)} {'file is' if len(others) == 1 else 'files are'} not named {connector.files} and passed "
            f"over, {others[0]} first"
        )
    folder = connector.source_folder(load.landed)
    store.write_schema(folder, connector.shape.schema())
    _land_files(load, connector.shape, found, folder, by_name=True)
    if not load.has_landed(connector.name, "connector.yml", {"connector.yml": connector.fingerprint}):
        load.is_new = True
        load.manifest.append(
            {
                "table_name": connector.name,
                "source_file": "connector.yml",
                "content_sha256": connector.fingerprint,
                "file_bytes": connector.bytes,
                "rows_read": 0,
                "rows_unreadable": 0,
                "outcome": "landed",
            }
        )
    current = _source_rows(load.landed)
    counted_up_to = (pq.read_schema(current).metadata or {}).get(b"load_id") if current.exists() else None
    if not load.is_new and counted_up_to == str(max(finished, default=0)).encode():
        return None
    contract_tables = contract.tables()
    loads = [*finished, load.load_id]
    latest = {name: load_id for (of, name), (_, load_id) in load.latest.items() if of == connector.name}
    with connect.opened(connector, load.landed, loads, latest, spill) as connection:
        for name in connector.tables:
            started = time.perf_counter()
            table = contract_tables[name]
            file = store.DataFile(load.landed / name, store.load_name(load.load_id), _shape(table).schema())
            connect.add_all(
                file, connect.changed_rows(connection, connector, table, load.landed, finished, load.load_id)
            )
            unreadable = 0
            if name == connector.unreadable_rows_go_to:
                readable = file.rows
                connect.add_all(file, connect.unreadable_rows(connection, table, load.landed, finished, load.load_id))
                unreadable = file.rows - readable
            file.close()
            if file.rows:
                load.manifest.append(
                    {
                        "table_name": name,
                        "source_file": "connector.yml",
                        "content_sha256": connector.fingerprint,
                        "file_bytes": connector.bytes,
                        "rows_read": file.rows,
                        "rows_unreadable": unreadable,
                        "outcome": "handed_on",
                    }
                )
            load.report.tables[name] = TableReport(rows=file.rows, unreadable=unreadable)
            load.progress(f"{name}: {file.rows:,} new or changed rows, {time.perf_counter() - started:.1f} s")
        return connect.fates(connection, connector)


def _land_files(
    load: _Load, shape: Shape, found: list[files.InputFile], folder: Path, *, by_name: bool = False
) -> None:
    """Lands the files of one table that are new, in the order of their names; `by_name` as of a connector's."""
    started = time.perf_counter()
    report = load.report.tables.setdefault(shape.name, TableReport())
    ignored: dict[str, str] = {}
    data = store.DataFile(folder, store.load_name(load.load_id), shape.schema())
    tonight = {file.source_file: load.fingerprints.of(file) for file in found}
    contents = {name: fingerprint for name, (fingerprint, _) in tonight.items()}
    has_landed = load.has_landed_by_name if by_name else load.has_landed
    orders_of_erased: tuple[str, ...] | None = None
    for file in found:
        fingerprint, size = tonight[file.source_file]
        row = {
            "table_name": shape.name,
            "source_file": file.source_file,
            "content_sha256": fingerprint,
            "file_bytes": size,
            "rows_read": 0,
            "rows_unreadable": 0,
        }
        if has_landed(shape.name, file.source_file, contents):
            report.files_seen_before += 1
            if (shape.name, fingerprint, file.source_file) not in load.places:
                load.manifest.append({**row, "outcome": "seen_before"})
            continue
        for piece in typed_pieces(file.path, file.source_file, shape, load.load_id, ignored):
            if orders_of_erased is None:
                orders_of_erased = erased.orders_asked_for(load.landed, shape, load.erasures)
            piece = erased.without(piece, shape, load.erasures, orders_of_erased)
            data.add(piece)
            row["rows_read"] += piece.num_rows
            row["rows_unreadable"] += piece.num_rows - piece.column("unreadable").null_count
        if not load.fingerprints.still_hold(file):
            raise LandingError(f"{file.source_file} changed while it was read: land again when it is complete.")
        load.manifest.append({**row, "outcome": "landed"})
        load.note_landed(shape.name, file.source_file, fingerprint)
        report.files += 1
        report.rows += row["rows_read"]
        report.unreadable += row["rows_unreadable"]
    data.close()
    for name, hint in ignored.items():
        sentence = f"{shape.name}: column {name} is ignored: {hint}"
        load.report.ignored.append(sentence)
        load.progress(sentence)
    load.progress(
        f"{shape.name}: {report.files:,} {'file' if report.files == 1 else 'files'}, {report.rows:,} rows, "
        f"{report.unreadable:,} unreadable, {report.files_seen_before:,} files seen before, "
        f"{time.perf_counter() - started:.1f} s"
    )
