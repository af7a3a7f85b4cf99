"""Files into typed, stamped rows, a bounded piece at a time.

Each row of a file comes out exactly once, in the file's order, with its number (1 = first data row; a line with
nothing on it is no row). A row that cannot be read comes out too: `unreadable` says why, `payload` holds it as it
came, what could be read of it is typed and the rest is null.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from orchestration.contract import STAMPS, Column
from orchestration.landing.errors import LandingError, one_line
from orchestration.landing.typed import WrongType, arrow_type, decoded, expected, from_arrow, from_text

PIECE_ROWS = 122_880
"""Rows of a Parquet batch, and the least of a row group written: DuckDB's own row group."""

_BLOCK = 4 * 1024 * 1024
"""Bytes of CSV parsed at a time, and so the longest row: memory stays at a few blocks whatever the file's size."""

_SHOWN = 60
"""Characters of a value that a reason quotes."""

_NAMES_SHOWN = 20
"""Columns of a header that a sentence names: what is no table at all may have any number of them."""


@dataclass(frozen=True)
class Shape:
    """What the files of one table must look like.

    A contract table's files have separators and no patterns; a connector's may be separated by `whitespace` and
    write dates in a `pattern` of their own. `must_have_value` names the columns that make a row unreadable when
    empty (connectors; for the contract's tables that is staging's judgement).
    """

    name: str
    columns: tuple[Column, ...]
    separator: str = ","
    patterns: dict[str, str] = field(default_factory=dict)
    must_have_value: frozenset[str] = frozenset()

    def schema(self) -> pa.Schema:
        """Arrow schema of what is landed: the columns, then the stamps."""
        columns = [(column.name, arrow_type(column.data_type)) for column in self.columns]
        return pa.schema(columns + [(name, arrow_type(data_type)) for name, data_type in STAMPS])


@dataclass
class _Piece:
    """Some rows of a file before typing: row numbers, raw columns by header name, and rows that no columns came of."""

    rows: pa.Array
    raw: dict[str, pa.Array]
    broken: list[tuple[int, str, str]]


def typed_pieces(
    path: Path, source_file: str, shape: Shape, load_id: int, ignored: dict[str, str]
) -> Iterator[pa.Table]:
    """The rows of one file, typed and stamped, as tables with `shape.schema()`.

    Columns of the file that the shape does not know are added to `ignored`: name -> what a person should know.
    LandingError where the file as a whole cannot be read.
    """
    pieces = _parquet_pieces if path.suffix.lower() == ".parquet" else _csv_pieces
    try:
        if path.stat().st_size == 0:
            raise LandingError(f"{source_file} is empty (0 bytes); a header was expected: was it cut off on its way?")
        for piece in pieces(path, source_file, shape, ignored):
            yield _typed(piece, source_file, shape, load_id)
    except (pa.ArrowException, OSError) as error:
        raise LandingError(f"{source_file} cannot be read, it is damaged or cut off: {one_line(error)}") from error


def _typed(piece: _Piece, source_file: str, shape: Shape, load_id: int) -> pa.Table:
    count = len(piece.rows)
    reasons: dict[int, list[str]] = {}
    columns: list[pa.Array] = []
    for column in shape.columns:
        wanted = arrow_type(column.data_type)
        if column.name not in piece.raw:
            columns.append(pa.nulls(count, wanted))
            continue
        raw = piece.raw[column.name]
        pattern = shape.patterns.get(column.name)
        values, bad = _typed_column(raw, column, pattern, source_file)
        columns.append(values)
        for position in _positions(bad):
            reasons.setdefault(position, []).append(_reason(column, pattern, raw[position]))
        if column.name in shape.must_have_value and values.null_count:
            for position in _positions(pc.and_not(pc.is_null(values), bad)):
                reasons.setdefault(position, []).append(f"{column.name}: no value, and the row needs one")
    unreadable: list[str | None] = [None] * count
    payload: list[str | None] = [None] * count
    for position, why in reasons.items():
        unreadable[position] = "; ".join(why)
        row = {name: _shown(values[position]) for name, values in piece.raw.items()}
        payload[position] = json.dumps(row, ensure_ascii=False)
    stamps = [
        pa.repeat(pa.scalar(load_id, pa.int64()), count),
        pa.repeat(pa.scalar(source_file, pa.string()), count),
        piece.rows,
        pa.array(unreadable, pa.string()),
        pa.array(payload, pa.string()),
    ]
    table = pa.Table.from_arrays(columns + stamps, schema=shape.schema())
    if not piece.broken:
        return table
    broken = pa.Table.from_pylist(
        [
            {
                "load_id": load_id,
                "source_file": source_file,
                "source_row": row,
                "unreadable": why,
                "payload": payload_text,
            }
            for row, why, payload_text in piece.broken
        ],
        schema=shape.schema(),
    )
    return pa.concat_tables([table, broken]).sort_by("source_row")


def _typed_column(raw: pa.Array, column: Column, pattern: str | None, source_file: str) -> tuple[pa.Array, pa.Array]:
    """Typed values, and a mask of those that are there and cannot be read."""
    if pa.types.is_string(raw.type) or pa.types.is_binary(raw.type):
        values = from_text(decoded(raw), column.data_type, pattern)
        given = pc.fill_null(pc.greater(pc.binary_length(raw), 0), False)
    else:
        try:
            values = from_arrow(raw, column.data_type)
        except WrongType:
            raise LandingError(
                f"{source_file}: column {column.name} is {raw.type}; expected {expected(column.data_type, pattern)}."
            ) from None
        given = pc.is_valid(raw)
    return values, pc.and_(given, pc.is_null(values))


def _positions(mask: pa.Array) -> list[int]:
    return pc.indices_nonzero(mask).to_pylist()


def _reason(column: Column, pattern: str | None, value: pa.Scalar) -> str:
    """Why a value could not be read. A personal column's value is never quoted: reasons reach the marts."""
    wanted = expected(column.data_type, pattern)
    plain = _as_python(value)
    if isinstance(plain, bytes) and b"\0" in plain:
        return f"{column.name}: holds a NUL, which no text does"
    if isinstance(plain, bytes) and not decoded(pa.array([plain])).is_valid()[0].as_py():
        return f"{column.name}: no valid UTF-8 text"
    if column.personal:
        return f"{column.name}: the value is no {wanted}"
    text = " ".join((_shown(value) or "").split())
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return f"{column.name}: '{shown}' is no {wanted}"


def _shown(value: pa.Scalar) -> str | None:
    plain = _as_python(value)
    if plain is None:
        return None
    return plain.decode("utf-8", "backslashreplace") if isinstance(plain, bytes) else str(plain)


def _as_python(value: pa.Scalar) -> object:
    """The value as Python has it; a date or time that Python does not have, as text."""
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        # In its own zone, a time without end wraps round to another one.
        plain = value.cast(pa.timestamp(value.type.unit)) if pa.types.is_timestamp(value.type) else value
        return plain.cast(pa.string()).as_py()


def check_header(
    names: Sequence[str], source_file: str, shape: Shape, ignored: dict[str, str], separated: bool
) -> None:
    """Stops for a required column that is missing or any that comes twice; notes the columns that are not known.

    Where there is no header, its place is a row's. So of a file that tells of people no name is quoted that is none of
    the shape's, or nearly: sentences go to logs and to whoever is told of a failed night.
    """
    known = [column.name for column in shape.columns]
    of_people = any(column.personal or column.customer for column in shape.columns)
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        quoted = [name for name in twice if not of_people or _is_known(name, known)]
        named = f"column {quoted[0]}" if quoted else "a column that is not in the contract"
        raise LandingError(f"{source_file}: {named} comes twice in the header; each was expected once.")
    unknown = [name for name in names if name not in known]
    for column in shape.columns:
        if column.required and column.name not in names:
            # What is like the name of a customer's number may be one.
            is_quoted = not column.personal and (not column.customer or len(unknown) < len(names))
            near = _nearest(column.name, unknown[:1000]) if is_quoted else None
            hint = f"; did you mean {near}?" if near else ""
            if separated and len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
                hint = f"; the header has no '{shape.separator}': is the file separated by another character?"
            raise LandingError(
                f"{source_file}: required column {column.name} ({expected(column.data_type)}) is missing from the "
                f"header, which has {_listed(names, known if of_people else None)}{hint}"
            )
    for name in unknown:
        near = _nearest(name, [other for other in known if other not in names])
        ignored[name] = f"did you mean {near}?" if near else "it is not in the contract"


def _nearest(name: str, others: Sequence[str]) -> str | None:
    """The one that is most like the name, in capitals or not; None where none is."""
    as_given = {other.casefold(): other for other in others}
    near = get_close_matches(name.casefold(), as_given, n=1)
    return as_given[near[0]] if near else None


def _is_known(name: str, known: Sequence[str]) -> bool:
    return name.casefold() in known


def _listed(names: Sequence[str], only: Sequence[str] | None = None) -> str:
    """What a header has. With `only`, of other names than these it is said how many there are."""
    quoted = [name for name in names if only is None or _is_known(name, only)][:_NAMES_SHOWN]
    shown = ", ".join(name if len(name) <= _SHOWN else name[:_SHOWN] + "…" for name in quoted)
    left = len(names) - len(quoted)
    if not left:
        return shown or "nothing"
    if shown:
        return f"{shown} and {left} more"
    return (
        f"{left} {'name' if left == 1 else 'names'} that it does not know: is it the first row, and the header missing?"
    )


def _csv_pieces(path: Path, source_file: str, shape: Shape, ignored: dict[str, str]) -> Iterator[_Piece]:
    by_line = shape.separator == "whitespace"
    names, start = _csv_header(path, source_file, by_line, shape.separator)
    check_header(names, source_file, shape, ignored, separated=not by_line)
    if start >= path.stat().st_size:
        return
    if not by_line:
        _check_quotes(path, start, source_file, shape.separator)
    is_utf8 = _is_utf8(path)
    broken: list[tuple[int, str, str]] = []

    def note(row: pcsv.InvalidRow) -> str:
        text = row.text if is_utf8 else row.text.encode("latin-1").decode("utf-8", "backslashreplace")
        why = _field_count(row.actual_columns, row.expected_columns)
        broken.append((row.number, why, text.replace("\0", "\\x00")))
        return "skip"

    fields = ["line"] if by_line else names
    done, noted = 0, 0
    file = pa.OSFile(str(path))
    file.seek(start)
    try:
        reader = pcsv.open_csv(
            file,
            # One thread, or Arrow does not know the number of a row that it refuses. Latin-1 reads any byte: a
            # refused row that is no valid UTF-8 would otherwise end the reading.
            read_options=pcsv.ReadOptions(
                use_threads=False, column_names=fields, block_size=_BLOCK, encoding="utf8" if is_utf8 else "latin-1"
            ),
            parse_options=pcsv.ParseOptions(
                delimiter="\x01" if by_line else shape.separator,
                quote_char=False if by_line else '"',
                newlines_in_values=not by_line,
                invalid_row_handler=note,
            ),
            convert_options=pcsv.ConvertOptions(
                column_types={name: pa.binary() for name in fields},
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
        for batch in reader:
            rows, passed = _row_numbers(done, batch.num_rows, [number for number, _, _ in broken[noted:]])
            gone_by, noted = broken[noted : noted + passed], noted + passed
            done += batch.num_rows + passed
            raw = {name: batch.column(name) if is_utf8 else _as_came(batch.column(name)) for name in fields}
            piece = _Piece(rows, raw, gone_by)
            yield _by_whitespace(piece, names) if by_line else piece
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        if "straddling" in str(error):
            raise LandingError(
                f"{source_file}: after about {done} rows comes one of more than "
                f"{_BLOCK // 2**20} MiB: is a quoted value opened and never closed?"
            ) from error
        raise
    if broken[noted:]:
        yield _Piece(pa.array([], pa.int64()), {name: pa.array([], pa.binary()) for name in names}, broken[noted:])


def _csv_header(path: Path, source_file: str, by_line: bool, separator: str) -> tuple[list[str], int]:
    """The names in the header, and the position of the byte after it."""
    with path.open("rb") as file:
        start = file.read(3)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise LandingError(f"{source_file} is UTF-16; UTF-8 was expected: save it again as CSV UTF-8.")
        if start != codecs.BOM_UTF8:
            file.seek(0)
        position = file.tell()

        def lines() -> Iterator[str]:
            nonlocal position
            while line := file.readline(_BLOCK):
                position += len(line)
                if b"\0" in line:
                    raise LandingError(f"{source_file}: the header holds NUL bytes; UTF-8 was expected: what is it?")
                yield line.decode("utf-8")

        try:
            if by_line:
                names = next((line.split() for line in lines() if line.strip()), [])
            else:
                names = next(
                    (row for row in csv.reader(lines(), delimiter=separator, skipinitialspace=True) if row), []
                )
        except UnicodeDecodeError:
            raise LandingError(f"{source_file}: the header is no valid UTF-8: save the file again as UTF-8.") from None
        except csv.Error as error:
            if "new-line character" in str(error):
                raise LandingError(
                    f"{source_file}: its lines end in a carriage return alone; a line feed was expected at the end of "
                    "each line: save it again as CSV."
                ) from error
            raise LandingError(f"{source_file}: the header cannot be read: {one_line(error)}") from error
    names = [name.strip() or f"column {place}" for place, name in enumerate(names, start=1)]
    if not names:
        raise LandingError(f"{source_file}: there is no header; a first line with the columns' names was expected.")
    return names, position


def _check_quotes(path: Path, start: int, source_file: str, separator: str) -> None:
    """Stops where quotes do not pair up as CSV has it: rows would be swallowed by a value, and nobody would know.

    Arrow reads on past such a place. Python's own reader is strict, and slower; most files hold no quote at all.
    """
    with path.open("rb") as file:
        if not any(b'"' in block for block in iter(lambda: file.read(2**20), b"")):
            return
    csv.field_size_limit(_BLOCK)
    row = 1
    # Any byte is a letter of Latin-1, and those that matter here are the same in UTF-8.
    with path.open(encoding="latin-1", newline="") as text:
        text.seek(start)
        try:
            lines = iter(lambda: text.readline(_BLOCK), "")
            for fields in csv.reader(lines, delimiter=separator, strict=True):
                row += bool(fields)
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise LandingError(
                    f"{source_file}: row {row}, the last row, opens a quoted value and never closes it; is the file "
                    "cut off?"
                ) from error
            if "expected after" in str(error):
                raise LandingError(
                    f"{source_file}: row {row}: a quoted value is closed and not followed by '{separator}' or the end "
                    "of the line: is there a quote too many before it, or one that was not doubled?"
                ) from error
            # A row too long for a block: said where the rows are read.


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(2**20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _as_came(values: pa.Array) -> pa.Array:
    """The file's own bytes, of a column that was read as Latin-1."""
    if pc.all(pc.string_is_ascii(values.cast(pa.string()))).as_py() is not False:
        return values
    return pa.array([value.decode("utf-8").encode("latin-1") for value in values.to_pylist()], pa.binary())


def _row_numbers(done: int, count: int, refused: list[int]) -> tuple[pa.Array, int]:
    """Numbers of `count` good rows after `done` rows, refused ones left out, and how many of those were passed."""
    if not refused or refused[0] > done + count:
        return pa.arange(done + 1, done + count + 1), 0
    numbers, passed, next_row = [], 0, done + 1
    for _ in range(count):
        while passed < len(refused) and refused[passed] == next_row:
            passed, next_row = passed + 1, next_row + 1
        numbers.append(next_row)
        next_row += 1
    return pa.array(numbers, pa.int64()), passed


def _field_count(actual: int, wanted: int) -> str:
    return f"row: {actual} {'field' if actual == 1 else 'fields'} where the header has {wanted}"


def _by_whitespace(piece: _Piece, names: list[str]) -> _Piece:
    """Lines split at runs of blanks, as fixed-width listings are written."""
    lines = piece.raw["line"].to_pylist()
    rows = piece.rows.to_pylist()
    split = [line.split() for line in lines]
    good = [index for index, fields in enumerate(split) if len(fields) == len(names)]
    broken = [
        (rows[index], _field_count(len(fields), len(names)), lines[index].decode("utf-8", "backslashreplace"))
        for index, fields in enumerate(split)
        if len(fields) != len(names)
    ]
    raw = {name: pa.array([split[index][place] for index in good], pa.binary()) for place, name in enumerate(names)}
    return _Piece(pa.array([rows[index] for index in good], pa.int64()), raw, sorted(broken + piece.broken))


def _parquet_pieces(path: Path, source_file: str, shape: Shape, ignored: dict[str, str]) -> Iterator[_Piece]:
    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        check_header(names, source_file, shape, ignored, separated=False)
        wanted = [column.name for column in shape.columns if column.name in names]
        done = 0
        for batch in file.iter_batches(batch_size=PIECE_ROWS, columns=wanted):
            rows = pa.arange(done + 1, done + batch.num_rows + 1)
            done += batch.num_rows
            yield _Piece(rows, {name: _plain(batch.column(name)) for name in wanted}, [])


def _plain(values: pa.Array) -> pa.Array:
    """Without dictionary, and text of any kind as bytes, whose validity nobody has checked yet."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_large_binary)
    if any(is_kind(values.type) for is_kind in kinds):
        return values.cast(pa.binary())
    return values
