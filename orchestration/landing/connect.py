"""Connectors: a shop whose files have another shape. A connector is SQL and a folder (see docs/add_a_connector.md).

    connectors/<name>/connector.yml     settings of the shop; which files; their columns and types
    connectors/<name>/steps/*.sql       tables that the others share, made in the order of their names
    connectors/<name>/<table>.sql       one contract table as it is known today: its columns, source_file, source_row
    connectors/<name>/source_fates.sql  what became of each source row: source_file, source_row, fate

Source rows are landed typed and stamped below `landed/_source/<name>/`. The SQL is DuckDB's and reads the view
`source`: all readable source rows landed so far, of the latest version of each file. What it yields is the whole
table; landed is only what changed since: new and changed rows, and rows that vanished, as deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contract import Column, Table
from orchestration.landing import erased
from orchestration.landing.errors import LandingError, one_line
from orchestration.landing.read import PIECE_ROWS, Shape
from orchestration.landing.settings import DEFAULTS, checked, read_yaml
from orchestration.landing.store import DataFile, data_files
from orchestration.landing.typed import arrow_type
from orchestration.paths import memory_limit
from orchestration.sql_text import identifier, literal

CONNECTORS = Path(__file__).resolve().parent / "connectors"

FATES_SCHEMA = pa.schema([("fate", pa.string()), ("row_count", pa.int64()), ("money", pa.decimal128(20, 4))])
"""`landed/source_rows/current.parquet`: one row per fate of source rows."""

_OWN_FATES = ("duplicate", "left_out")
"""Fates that a connector gives besides the names of its tables. `unreadable` and `superseded` the landing gives."""

_ENTRIES = {*DEFAULTS, "files", "separator", "money", "unreadable_rows_go_to", "columns"}


@dataclass(frozen=True)
class Connector:
    """One connector, read from its folder.

    `money` is SQL over the source columns: what of a source row is counted. `fingerprint` is of all its files: when
    its SQL changes, what it yields is looked at again without new input.
    """

    name: str
    settings: dict
    files: str
    shape: Shape
    money: str
    unreadable_rows_go_to: str
    steps: dict[str, str]
    tables: dict[str, str]
    fates: str
    fingerprint: str
    bytes: int

    def source_folder(self, landed: Path) -> Path:
        """Where its source rows are landed."""
        return landed / "_source" / self.name


def names() -> list[str]:
    """Names of the connectors there are."""
    return sorted(folder.name for folder in CONNECTORS.iterdir() if (folder / "connector.yml").exists())


def read(name: str, contract: dict[str, Table]) -> Connector:
    """The connector of that name. LandingError for one that is not there, or is not complete."""
    folder = CONNECTORS / name
    if not (folder / "connector.yml").exists():
        raise LandingError(f"There is no connector {name}; there are {', '.join(names())}.")
    document = read_yaml(folder / "connector.yml")
    where = f"connectors/{name}/connector.yml"
    unknown = sorted(set(document) - _ENTRIES)
    if unknown:
        raise LandingError(f"{where}: there is no entry {unknown[0]}; it knows {', '.join(sorted(_ENTRIES))}.")
    missing = [entry for entry in ("files", "money", "unreadable_rows_go_to", "columns") if entry not in document]
    if missing:
        raise LandingError(f"{where}: the entry {missing[0]} is missing.")
    tables = {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.sql"))}
    if "source_fates" not in tables:
        raise LandingError(f"connectors/{name}/source_fates.sql is missing: every source row needs a fate.")
    fates = tables.pop("source_fates")
    for table in [*tables, document["unreadable_rows_go_to"]]:
        if table not in contract:
            near = get_close_matches(table, list(contract), n=1)
            raise LandingError(
                f"connectors/{name}: {table} is no table of the contract{f'; did you mean {near[0]}?' if near else '.'}"
            )
    absent = [table.name for table in contract.values() if table.required and table.name not in tables]
    if absent:
        raise LandingError(f"connectors/{name}/{absent[0]}.sql is missing: the contract requires {absent[0]}.")
    texts = [file.read_bytes() for file in sorted(folder.rglob("*")) if file.suffix in (".yml", ".sql")]
    return Connector(
        name=name,
        settings=checked({key: value for key, value in document.items() if key in DEFAULTS}, where),
        files=document["files"],
        shape=_shape(name, document, where),
        money=document["money"],
        unreadable_rows_go_to=document["unreadable_rows_go_to"],
        steps={
            file.stem.split("_", 1)[1]: file.read_text(encoding="utf-8") for file in sorted(folder.glob("steps/*.sql"))
        },
        tables={table: tables[table] for table in contract if table in tables},
        fates=fates,
        fingerprint=hashlib.sha256(b"\0".join(texts)).hexdigest(),
        bytes=sum(len(text) for text in texts),
    )


def _shape(name: str, document: dict, where: str) -> Shape:
    columns, patterns, must_have_value = [], {}, set()
    for entry in document["columns"]:
        try:
            arrow_type(entry["type"])
            marks = {mark: entry[mark] for mark in ("personal", "customer") if mark in entry}
            columns.append(Column(entry["name"], entry["type"], "", required=True, **marks))
        except (KeyError, ValueError) as error:
            raise LandingError(f"{where}: column {entry}: expected name and type; {error}.") from error
        if "pattern" in entry:
            patterns[entry["name"]] = entry["pattern"]
        if entry.get("required", False):
            must_have_value.add(entry["name"])
    return Shape(name, tuple(columns), document.get("separator", ","), patterns, frozenset(must_have_value))


@contextmanager
def opened(
    connector: Connector, landed: Path, loads: list[int], latest: Mapping[str, int], spill: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB with the views `source_rows` (all), `source` (what the SQL reads), and the steps as tables.

    `loads` are the loads that count, the one under way included; `latest` says in which each file landed last.
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set autoinstall_known_extensions = false")
        connection.execute(f"set temp_directory = {literal(spill)}")
        connection.execute(f"set memory_limit = {literal(memory_limit())}")
        files = data_files(connector.source_folder(landed), loads)
        listed = ", ".join(literal(file) for file in [*files, connector.source_folder(landed) / "schema.parquet"])
        # By the manifest and not by its rows: a file that has none left is a version, too.
        names, last = pa.array(list(latest), pa.string()), pa.array(list(latest.values()), pa.int64())
        versions = pa.table({"source_file": names, "load_id": last})
        connection.register("versions", versions)
        connection.execute("create temp table latest as from versions")
        connection.execute(
            f"""
            create temp view source_rows as
            select rows.*, rows.load_id is not distinct from latest.load_id as is_latest
            from read_parquet([{listed}], union_by_name = true) as rows
            left join latest on rows.source_file = latest.source_file
            """
        )
        columns = ", ".join(f'"{column.name}"' for column in connector.shape.columns)
        connection.execute(
            f"""
            create temp table source as
            select {columns}, load_id, source_file, source_row
            from source_rows where is_latest and unreadable is null
            """
        )
        for step, sql in connector.steps.items():
            _run(connection, connector, f"steps/…{step}.sql", f'create temp table "{step}" as {_bare(sql)}')
        yield connection


def changed_rows(
    connection: duckdb.DuckDBPyConnection,
    connector: Connector,
    table: Table,
    landed: Path,
    finished: list[int],
    load_id: int,
) -> Iterator[pa.Table]:
    """Rows of one contract table that differ from what was landed, stamped, in the order of the key.

    A row counts as changed where its key is new or any column differs; a key that the SQL no longer yields comes as
    deleted. LandingError where the SQL fails, yields a column that the contract does not know, or a key twice.
    """
    snapshot = f'"{table.name} today"'
    file_name = f"{table.name}.sql"
    _run(connection, connector, file_name, f"create temp table {snapshot} as {_bare(connector.tables[table.name])}")
    _check_columns(connection, connector, table, snapshot)
    typed = f'"{table.name} typed"'
    given = set(_columns(connection, snapshot))
    selected = ", ".join(
        f"cast({_without_erased(table, column, given)} as {_sql_type(column)}) as {identifier(column.name)}"
        for column in table.columns
    )
    kept = f"not coalesce({_is_erased(table, given)}, false)" if table.cleared_when_erased is None else "true"
    _run(
        connection,
        connector,
        file_name,
        f"create temp table {typed} as select {selected}, source_file, source_row from {snapshot} where {kept}",
    )
    _check_key(connection, connector, table, typed)
    names = [identifier(column.name) for column in table.columns]
    key = [identifier(name) for name in table.key]
    same_key = " and ".join(f"today.{name} is not distinct from landed.{name}" for name in key)
    content = [name for name in names if name not in key]
    differs = " or ".join(f"today.{name} is distinct from landed.{name}" for name in content)
    deleted = ", ".join("true" if name == '"is_deleted"' else f"landed.{name}" for name in names)
    files = data_files(landed / table.name, finished)
    listed = ", ".join(literal(file) for file in [*files, landed / table.name / "schema.parquet"])
    stamps = f"cast({load_id} as bigint) as load_id, source_file, source_row"
    unreadable = "cast(null as varchar) as unreadable, cast(null as varchar) as payload"
    query = f"""
        with versions as (
            select *, row_number() over (partition by {", ".join(key)} order by load_id desc) as age
            from read_parquet([{listed}], union_by_name = true)
            where unreadable is null
        ),
        landed as (select * from versions where age = 1),
        changed as (
            select {", ".join(f"today.{name}" for name in names)}, today.source_file, today.source_row
            from {typed} as today left join landed on {same_key}
            where landed.load_id is null or {differs}
        ),
        vanished as (
            select {deleted}, landed.source_file, landed.source_row
            from landed anti join {typed} as today on {same_key}
            where landed.is_deleted is distinct from true
        )
        select {", ".join(names)}, {stamps}, {unreadable}
        from (select * from changed union all select * from vanished)
        order by {", ".join(key)}
    """
    yield from _stream(connection, query)


def _without_erased(table: Table, column: Column, given: set[str]) -> str:
    """SQL of a column of today's rows: what it holds, but of who was erased only what the contract lets stay."""
    name = identifier(column.name)
    if column.name not in given:
        return "null"
    if column.customer:
        left = literal(erased.MARK) if column.customer == "own" else "null"
        return f"case when {name} like {literal(erased.MARK + '%')} then {left} else {name} end"
    if column.personal or column.name in (table.cleared_when_erased or ()):
        return f"case when {_is_erased(table, given)} then null else {name} end"
    return name


def _is_erased(table: Table, given: set[str]) -> str:
    own = [column.name for column in table.columns if column.customer == "own" and column.name in given]
    return f"{identifier(own[0])} like {literal(erased.MARK + '%')}" if own else "false"


def unreadable_rows(
    connection: duckdb.DuckDBPyConnection, table: Table, landed: Path, finished: list[int], load_id: int
) -> Iterator[pa.Table]:
    """Source rows that could not be read, as rows of the table that takes them: only stamps, no values.

    Those of this load, and those of other loads that the table has no longer: an erasure forgets what was handed on.
    """
    files = data_files(landed / table.name, finished)
    listed = ", ".join(literal(file) for file in [*files, landed / table.name / "schema.parquet"])
    nulls = ", ".join(f"cast(null as {_sql_type(column)}) as {identifier(column.name)}" for column in table.columns)
    query = f"""
        select {nulls}, cast({load_id} as bigint) as load_id, source_file, source_row, unreadable, payload
        from source_rows
        where unreadable is not null and (load_id = {load_id} or is_latest and (source_file, source_row) not in (
            select (source_file, source_row) from read_parquet([{listed}], union_by_name = true)
            where unreadable is not null
        ))
        order by source_file, source_row
    """
    yield from _stream(connection, query)


def fates(connection: duckdb.DuckDBPyConnection, connector: Connector) -> pa.Table:
    """How many source rows, and how much money, met each fate; with `FATES_SCHEMA`, by fate.

    A fate is the name of the table that the row was handed on to, `duplicate` or `left_out`, which the connector says,
    or `unreadable` or `superseded` (by a later version of its file), which the landing knows. Money is signed as in
    the source and counted wherever it parses.

    LandingError unless each source row has exactly one fate, and the rows with a table's name are the ones that it has.
    Asks for the snapshots that `changed_rows` made.
    """
    _run(connection, connector, "source_fates.sql", f"create temp table fates as {_bare(connector.fates)}")
    complaint = connection.execute(
        """
        select coalesce(source.source_file, fates.source_file), coalesce(source.source_row, fates.source_row),
            count(fates.fate), count(source.source_file)
        from source full join fates using (source_file, source_row)
        group by 1, 2 having count(fates.fate) <> 1 or count(source.source_file) = 0
        order by 1, 2 limit 1
        """
    ).fetchone()
    if complaint:
        file, row, count, _ = complaint
        raise LandingError(
            f"Connector {connector.name}, source_fates.sql: row {row} of {file} has {count} fates; expected exactly "
            "one for each source row."
        )
    allowed = [*connector.tables, *_OWN_FATES]
    for (fate,) in connection.execute("select distinct fate from fates order by fate").fetchall():
        if fate not in allowed:
            raise LandingError(
                f"Connector {connector.name}, source_fates.sql: '{fate}' is no fate; expected {', '.join(allowed)}."
            )
        if fate in connector.tables:
            _check_handed_on(connection, connector, fate)
    query = f"""
        with judged as (
            select
                case
                    when not source_rows.is_latest then 'superseded'
                    when source_rows.unreadable is not null then 'unreadable'
                    else fates.fate
                end as fate,
                {connector.money} as money
            from source_rows left join fates using (source_file, source_row)
        )
        select fate, count(*) as row_count, cast(coalesce(sum(money), 0) as decimal(20, 4)) as money
        from judged group by fate order by fate
    """
    try:
        return connection.sql(query).to_arrow_table().cast(FATES_SCHEMA)
    except duckdb.Error as error:
        raise LandingError(f"Connector {connector.name}, money: {one_line(error)}") from error


def summary(table: pa.Table) -> dict[str, tuple[int, Decimal]]:
    """Rows and money by fate, from a table with `FATES_SCHEMA`."""
    return {row["fate"]: (row["row_count"], row["money"]) for row in table.to_pylist()}


def add_all(file: DataFile, pieces: Iterator[pa.Table]) -> None:
    """Adds every piece to a data file, as its schema names the types."""
    for piece in pieces:
        file.add(piece.cast(file.schema))


def _check_columns(connection: duckdb.DuckDBPyConnection, connector: Connector, table: Table, snapshot: str) -> None:
    given = _columns(connection, snapshot)
    known = [column.name for column in table.columns]
    for name in ("source_file", "source_row"):
        if name not in given:
            raise LandingError(f"Connector {connector.name}, {table.name}.sql: the column {name} is missing.")
    for column in table.columns:
        if column.required and column.name not in given:
            raise LandingError(
                f"Connector {connector.name}, {table.name}.sql: the required column {column.name} is missing."
            )
    for name in given:
        if name not in [*known, "source_file", "source_row"]:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}."
            raise LandingError(
                f"Connector {connector.name}, {table.name}.sql: {table.name} has no column {name}; {hint}"
            )


def _check_key(connection: duckdb.DuckDBPyConnection, connector: Connector, table: Table, typed: str) -> None:
    key = ", ".join(identifier(name) for name in table.key)
    twice = connection.execute(
        f"select {key} from {typed} group by {key} having count(*) > 1 order by {key} limit 1"
    ).fetchone()
    if twice:
        raise LandingError(
            f"Connector {connector.name}, {table.name}.sql: the key {', '.join(table.key)} = "
            f"{', '.join(str(value) for value in twice)} comes more than once; expected once."
        )
    must = [name for name in table.key if table.column(name).required]
    for name in must:
        row = connection.execute(
            f"select source_file, source_row from {typed} where {identifier(name)} is null order by all limit 1"
        ).fetchone()
        if row:
            raise LandingError(
                f"Connector {connector.name}, {table.name}.sql: {name} is null for row {row[1]} of {row[0]}; a key "
                "was expected."
            )


def _check_handed_on(connection: duckdb.DuckDBPyConnection, connector: Connector, table: str) -> None:
    """The source rows with the fate of a table are the ones that its rows come from."""
    said = f"select source_file, source_row from fates where fate = {literal(table)}"
    done = f'select source_file, source_row from "{table} today"'
    for first, second, what in (
        (said, done, "has that fate, and the table has no row of it"),
        (done, said, "has another fate, and the table has a row of it"),
    ):
        row = connection.execute(f"({first}) except ({second}) order by all limit 1").fetchone()
        if row:
            raise LandingError(f"Connector {connector.name}, fate {table}: row {row[1]} of {row[0]} {what}.")


def _run(connection: duckdb.DuckDBPyConnection, connector: Connector, file_name: str, sql: str) -> None:
    try:
        connection.execute(sql)
    except duckdb.Error as error:
        raise LandingError(f"Connector {connector.name}, {file_name}: {one_line(error)}") from error


def _stream(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.Table]:
    for batch in connection.sql(query).to_arrow_reader(PIECE_ROWS):
        yield pa.Table.from_batches([batch])


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Names in lower case: to SQL, Quantity and quantity are one."""
    return [row[0].lower() for row in connection.execute(f"describe {table}").fetchall()]


def _sql_type(column: Column) -> str:
    return {"string": "varchar"}.get(column.data_type, column.data_type)


def _bare(sql: str) -> str:
    return sql.strip().rstrip(";")
