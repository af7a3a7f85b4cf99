"""Who was erased: a list of keyed hashes, applied to every row as it lands, and to all that has landed.

`erasures.csv` in the shop's home holds hashes and nothing else, and is never deleted: from the same files, a shop that
is landed anew is the same without these persons. What a row of theirs loses stands in the contract:

    when_erased: row       everything but its place; `unreadable` says (erased), and that is its fate
    when_erased: [columns] who it was, what is personal and these columns; money and work stay, as nobody's

Of a connector's files each row stays, under a mark that tells one erased person from another: what its SQL matches by
customer matches as before.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration import contract, keyed
from orchestration.landing import merges, store
from orchestration.landing.errors import LandingError
from orchestration.landing.read import Shape
from orchestration.landing.store import PARTIAL, put_in_place

MARK = "(erased)"
"""What stands where a customer stood; macros/erased.sql says the same to the models."""

FILE = "erasures.csv"
COLUMNS = ("what", "keyed_hash")
KEY_ITSELF = "the key itself"
"""The first row is a hash of this: with another key than before, nobody on the list would be found again."""

LONGEST_SEARCHED = 100_000
"""Characters of a row that could not be read. What may be a field of millions takes seconds and hundreds of megabytes;
and what is longer than this is no row, but a quote that was never closed, or another kind of file."""

TOO_LONG = f"row: longer than {LONGEST_SEARCHED:,} characters, and not kept: it may name somebody who was erased"

REMEMBERED, REMEMBERED_LENGTH = 50_000, 100
"""So many texts of at most that length are remembered as naming somebody or nobody: statuses, days and channels come
in every row. They are some 10 MB; then it begins anew."""

_HASH = re.compile("[0-9a-f]{64}")
_WORDS = re.compile(r"[^\s,;|:\"'{}\[\]]+")
_SEPARATORS = (",", ";", "\t", "|")
_QUOTES = "\"'"


@dataclass(frozen=True)
class Erasures:
    """The list of who was erased, with the key to read it by. Empty where nobody was."""

    secret: bytes = b""
    hashes: frozenset[str] = frozenset()
    _known: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def name(self, customer_id: str) -> bool:
        """Whether this customer was erased."""
        known = self._known.get(customer_id)
        if known is None:
            known = self._hashed(customer_id) in self.hashes
            if len(customer_id) <= REMEMBERED_LENGTH:
                if len(self._known) >= REMEMBERED:
                    self._known.clear()
                self._known[customer_id] = known
        return known

    def mark_of_source(self, customer_id: str) -> str:
        """What stands for them in a connector's source rows: one mark a person."""
        return f"{MARK} {self._hashed(customer_id)[:16]}"

    @cached_property
    def _hashed(self) -> Callable[[str], str]:
        return keyed.erased_hasher(self.secret)


def read(root: Path) -> Erasures:
    """The list of the home at `root`. LandingError where there is one, and the key is missing or another."""
    file = root / FILE
    if not file.exists():
        return Erasures()
    try:
        secret = keyed.key(f"{file} lists who was erased from this shop. To land and build it without them")
    except keyed.KeyMissing as error:
        raise LandingError(str(error)) from None
    rows = _rows(file)
    if rows[0] != ("key", hash_of_key(secret)):
        raise LandingError(f"{file} was written with another key than {keyed.VARIABLE} holds now: set the one of then.")
    return Erasures(secret, frozenset(keyed_hash for what, keyed_hash in rows if what == "customer"))


def hash_of_key(secret: bytes) -> str:
    """By what the list knows the key that it was written with."""
    return keyed.keyed_hash(secret, "key", KEY_ITSELF)


def add(root: Path, key_hash: str, hashes: Iterable[str]) -> None:
    """Put customers on the list, in one step, by their hashes and that of the key. Those that are on it are not added.

    The caller has read the list with this key.
    """
    file = root / FILE
    known = {keyed_hash for what, keyed_hash in _rows(file) if what == "customer"} if file.exists() else set()
    partial = root / (FILE + PARTIAL)
    with partial.open("w", encoding="utf-8", newline="") as unfinished:
        writer = csv.writer(unfinished, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerow(("key", key_hash))
        writer.writerows(("customer", one) for one in sorted(known.union(hashes)))
    put_in_place(partial, file)


def _rows(file: Path) -> list[tuple[str, str]]:
    """What each row is, and its hash. LandingError where the list is not as `add` writes it."""
    try:
        lines = csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline=""))
        header, *rows = [(what, keyed_hash) for what, keyed_hash in filter(None, lines)]
        kinds = [what for what, keyed_hash in rows if _HASH.fullmatch(keyed_hash)]
        if header == COLUMNS and rows and kinds == ["key", *["customer"] * (len(rows) - 1)]:
            return rows
    except (ValueError, csv.Error):
        pass
    raise LandingError(
        f"{file} lists who was erased, and is damaged: expected {','.join(COLUMNS)} and a hash in each row, the key's "
        "first, as a program that saves it anew may not leave them. Put back a copy of it; without the list, who was "
        "erased would come back."
    )


def orders_asked_for(landed: Path, shape: Shape, erasures: Erasures) -> tuple[str, ...]:
    """The orders of who was erased, where a row of the table may be theirs by its order alone; else none.

    Of orders that have landed, those of tonight included: the contract's first table.
    """
    found: set[str] = set()
    if erasures and _is_whose_order_is(shape):
        for group in store.row_groups(landed / "orders", ["order_id", "customer_id"]):
            theirs = group.filter(pc.equal(group.column("customer_id"), MARK))
            found.update(pc.unique(theirs.column("order_id")).to_pylist())
    return tuple(sorted(found - {None}))


def _is_whose_order_is(shape: Shape) -> bool:
    """Whether a row may leave out whose it is, since its order says so, and holds what goes with the person."""
    table = contract.tables().get(shape.name)
    return (
        table is not None
        and bool(table.cleared_when_erased)
        and table.key != ("order_id",)
        and any(column.name == "order_id" for column in table.columns)
        and any(column.customer == "own" and not column.required for column in table.columns)
    )


def _by_order(piece: pa.Table, own: str, orders: Sequence[str]) -> pa.Array:
    """The rows that do not say whose they are, of these orders."""
    is_theirs = _is_one_of(_flat(piece.column("order_id")), orders)
    return pc.and_(is_theirs, pc.is_null(_flat(piece.column(own))))


def _is_one_of(values: pa.ChunkedArray | pa.Array, orders: Sequence[str]) -> pa.ChunkedArray | pa.Array:
    return pc.is_in(values, value_set=pa.array(orders, pa.string()))


def without(piece: pa.Table, shape: Shape, erasures: Erasures, orders: Sequence[str] = ()) -> pa.Table:
    """The rows of a table, or of a connector's source, without who was erased; the same object where nobody was.

    `orders` are those of who was erased (`orders_asked_for`). A row that could not be read, and is too long to be
    searched, stays unreadable and loses everything else.
    """
    if not erasures:
        return piece
    table = contract.tables().get(shape.name)
    # A file of an older contract lacks the columns that came later.
    columns = [column for column in shape.columns if column.name in piece.column_names]
    own = next((column.name for column in columns if column.customer == "own"), None)
    is_theirs = _named(piece.column(own), erasures) if own else pa.array([False] * piece.num_rows)
    if own and orders and "order_id" in piece.column_names:
        is_theirs = pc.or_(is_theirs, _by_order(piece, own, orders))
    is_unreadable = pc.is_valid(piece.column("unreadable"))
    loses_all = pc.or_(_mentioned(piece, erasures), pc.and_(is_theirs, is_unreadable))
    if table is not None and table.cleared_when_erased is None:
        loses_all = pc.or_(loses_all, is_theirs)
    emptied = _emptied(piece, _too_long(piece), TOO_LONG)
    emptied = _emptied(emptied, loses_all, MARK)
    cleared = () if table is None or table.cleared_when_erased is None else table.cleared_when_erased
    for column in columns:
        values = emptied.column(column.name)
        if column.name == own and (table is None or table.cleared_when_erased is not None):
            values = _marked(values, erasures, is_source=table is None)
        elif column.customer == "other":
            values = _set(values, _named(values, erasures), None)
        elif column.personal or column.name in cleared:
            values = _set(values, is_theirs, None)
        emptied = _replaced(emptied, column.name, values)
    for name in _dropped_since(piece, shape):
        emptied = _replaced(emptied, name, _set(emptied.column(name), is_theirs, None))
    return piece if emptied.equals(piece) else emptied


def rewrite(
    folder: Path, shape: Shape, erasures: Erasures, note: Callable[[Path, int], None] = lambda file, rows: None
) -> int:
    """Apply the list to every landed file of a table, each in one step. Returns how many rows changed.

    No more than a row group is in memory. First only what can name somebody is read, and nothing at all of a table
    without customers that could be read: most files stay as they are. `note` is told of a file, and how many of its
    rows change, before it is put in place.
    """
    total = 0
    orders = orders_asked_for(folder.parent, shape, erasures)
    for file in sorted(folder.glob("load-*.parquet")):
        partial = file.with_name(file.name + PARTIAL)
        with pq.ParquetFile(file) as landed:
            numbers = range(landed.num_row_groups)
            groups = {number for number in numbers if _names(landed, number, shape, erasures, orders)}
            if not groups:
                continue
            changed = 0
            with pq.ParquetWriter(partial, landed.schema_arrow, compression="zstd") as writer:
                for number in range(landed.num_row_groups):
                    changed += _write_without(
                        writer, landed, number, shape, erasures if number in groups else Erasures(), orders
                    )
        note(file, changed)
        put_in_place(partial, file)
        total += changed
    return total


def _names(landed: pq.ParquetFile, number: int, shape: Shape, erasures: Erasures, orders: Sequence[str]) -> bool:
    """Whether a row group names somebody who was erased, or one of their orders."""
    customers = [
        column.name for column in shape.columns if column.customer and column.name in landed.schema_arrow.names
    ]
    payload = ["payload"] if _holds_payloads(landed.metadata.row_group(number)) else []
    if not customers and not payload:
        return False
    of_orders = ["order_id"] if orders and "order_id" in landed.schema_arrow.names else []
    group = landed.read_row_group(number, columns=[*customers, *payload, *of_orders])
    if any(pc.any(_is_one_of(group.column(name), orders)).as_py() for name in of_orders):
        return True
    return any(pc.any(_named(group.column(name), erasures)).as_py() for name in customers) or any(
        pc.any(pc.or_(_mentioned(group, erasures), _too_long(group))).as_py() for _ in payload
    )


def _holds_payloads(group: pq.RowGroupMetaData) -> bool:
    """Whether a row of the group could not be read, by what the file says of its columns."""
    columns = (group.column(place) for place in range(group.num_columns))
    said = next(column.statistics for column in columns if column.path_in_schema == "payload")
    return said is None or not said.has_null_count or said.null_count < group.num_rows


def _write_without(
    writer: pq.ParquetWriter,
    landed: pq.ParquetFile,
    number: int,
    shape: Shape,
    erasures: Erasures,
    orders: Sequence[str],
) -> int:
    """Write a row group of a landed file without who was erased. Returns how many of its rows changed."""
    group = landed.read_row_group(number)
    new = without(group, shape, erasures, orders)
    writer.write_table(new, row_group_size=max(new.num_rows, 1))
    return 0 if new is group else _differing_rows(new, group)


def _named(values: pa.ChunkedArray | pa.Array, erasures: Erasures) -> pa.Array:
    """Which of these customers were erased. Each name is hashed once, however often it comes."""
    names = pc.unique(values).to_pylist()
    theirs = pa.array([name for name in names if name is not None and erasures.name(name)], pa.string())
    return _flat(pc.fill_null(pc.is_in(values, value_set=theirs), False))


def _mentioned(piece: pa.Table, erasures: Erasures) -> pa.Array:
    """Which rows could not be read and hold, somewhere in the row as it came, who was erased. Too long ones are not."""
    payloads = _set(piece.column("payload"), _too_long(piece), None)
    if payloads.null_count == piece.num_rows:
        return pa.array([False] * piece.num_rows, pa.bool_())
    found = [text is not None and is_mentioned(text, erasures.name) for text in payloads.to_pylist()]
    return pa.array(found, pa.bool_())


def _too_long(piece: pa.Table) -> pa.Array:
    return _flat(pc.fill_null(pc.greater(pc.utf8_length(piece.column("payload")), LONGEST_SEARCHED), False))


def is_mentioned(payload: str, is_meant: Callable[[str], bool]) -> bool:
    """Whether a row as it came holds a customer, in a word or a field, of whatever letters their number is."""
    row = _row(payload)
    fields = _fields(payload) if row is None else {text for value in row.values() for text in _as_meant(value)}
    return any(is_meant(text) for text in {*_WORDS.findall(payload), *fields})


def _row(payload: str) -> dict[str, str] | None:
    """The values of a row that could not be read, by column; None for one that was not even told apart by columns."""
    if not payload.startswith("{"):
        return None
    try:
        row = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return {name: str(value) for name, value in row.items() if value is not None}


def _fields(line: str) -> set[str]:
    """All that a line may hold as a field, whatever it is separated by."""
    found = []
    for separator in [one for one in _SEPARATORS if one in line] or _SEPARATORS[:1]:
        pieces = line.split(separator)
        found += pieces
        # A number with the separator in it, which nobody put into quotes, is why a row has a field too many.
        found += [separator.join(pieces[at : at + many]) for many in (2, 3) for at in range(len(pieces) - many + 1)]
        if '"' in line:
            with suppress(csv.Error):
                for row in csv.reader(io.StringIO(line, newline=""), delimiter=separator, skipinitialspace=True):
                    found += row
    return {text for one in set(found) for text in _as_meant(one)}


def _as_meant(text: str) -> set[str]:
    """A field as it is, and without the blanks and quotes around it."""
    bare = text.strip()
    if bare[:1] not in _QUOTES and bare[-1:] not in _QUOTES:
        return {text, bare}
    unquoted = bare[1:-1] if bare[:1] in _QUOTES and bare[:1] == bare[-1:] else bare
    return {text, bare, unquoted.strip(), bare.strip(f"{_QUOTES} ")}


def _dropped_since(piece: pa.Table, shape: Shape) -> list[str]:
    """Columns that the contract has no more, and had when the rows landed: nothing says what they hold."""
    known = {name for name, _ in contract.STAMPS} | {column.name for column in shape.columns}
    return [name for name in piece.column_names if name not in known]


def _emptied(piece: pa.Table, mask: pa.Array, why: str) -> pa.Table:
    kept = {name for name, _ in contract.STAMPS} - {"payload"}
    for name in piece.column_names:
        if name not in kept:
            piece = _replaced(piece, name, _set(piece.column(name), mask, None))
    return _replaced(piece, "unreadable", _set(piece.column("unreadable"), mask, why))


def _marked(values: pa.ChunkedArray, erasures: Erasures, is_source: bool) -> pa.Array:
    plain = _flat(values)
    theirs = _named(plain, erasures)
    if not is_source:
        return _set(plain, theirs, MARK)
    names, hits = plain.to_pylist(), theirs.to_pylist()
    marks = [erasures.mark_of_source(name) if hit else name for name, hit in zip(names, hits, strict=True)]
    return pa.array(marks, plain.type)


def _set(values: pa.ChunkedArray | pa.Array, mask: pa.Array, value: str | None) -> pa.Array:
    plain = _flat(values)
    return pc.if_else(mask, pa.scalar(value, plain.type), plain)


def _flat(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        return values.combine_chunks() if values.num_chunks != 1 else values.chunk(0)
    return values


def _replaced(piece: pa.Table, name: str, values: pa.Array) -> pa.Table:
    place = piece.schema.get_field_index(name)
    return piece.set_column(place, piece.schema.field(place), values)


def _differing_rows(new: pa.Table, old: pa.Table) -> int:
    differs = pa.array([False] * new.num_rows)
    for name in new.column_names:
        here, there = _flat(new.column(name)), _flat(old.column(name))
        same = pc.or_(pc.fill_null(pc.equal(here, there), False), pc.and_(pc.is_null(here), pc.is_null(there)))
        differs = pc.or_(differs, pc.invert(same))
    return pc.sum(differs).as_py() or 0


def accounts_of(landed: Path, customer_id: str, source: tuple[Path, Shape] | None = None) -> list[str]:
    """All accounts of the person whose one account this is: merged ones are one (merges.py).

    `source` are the source rows of a connector, which may hold who is in no table. Empty where no landed row names the
    account, be it one that could not be read.
    """
    if not _has_landed(landed, customer_id, source):
        return []
    pairs = merges.pairs(landed)
    found, waiting = set(), [customer_id]
    while waiting:
        account = waiting.pop()
        if account not in found:
            found.add(account)
            waiting += [other for pair in pairs if account in pair for other in pair]
    return sorted(found)


def _has_landed(landed: Path, customer_id: str, source: tuple[Path, Shape] | None) -> bool:
    places = [(landed / table.name, table.columns, {customer_id}) for table in contract.tables().values()]
    if source is not None:
        # There a number is as it came, and not yet as the connector's SQL writes it.
        places.append((source[0], source[1].columns, keyed.spellings(customer_id)))
    naming = [
        (folder, [column.name for column in columns if column.customer], numbers)
        for folder, columns, numbers in places
        if any(column.customer for column in columns)
    ]
    return any(_is_named(*place) for place in naming) or any(_is_in_a_payload(*place) for place in naming)


def _is_named(folder: Path, names: list[str], numbers: set[str]) -> bool:
    wanted = pa.array(sorted(numbers), pa.string())
    return any(
        pc.any(pc.is_in(column, value_set=wanted)).as_py()
        for group in store.row_groups(folder, names)
        for column in group.columns
    )


def _is_in_a_payload(folder: Path, names: list[str], numbers: set[str]) -> bool:
    return any(
        _is_about(payload, names, numbers)
        for group in store.row_groups(folder, ["payload"], _holds_payloads)
        for payload in pc.drop_null(group.column(0)).to_pylist()
    )


def _is_about(payload: str, names: list[str], numbers: set[str]) -> bool:
    """Whether a row as it came has one of these in one of these columns; in any, where its columns are not known.

    No word will do: a number that was mistyped must not be found in what somebody wrote.
    """
    row = _row(payload)
    if row is None:
        return not numbers.isdisjoint(_fields(payload))
    return any(not numbers.isdisjoint(_as_meant(row.get(name, ""))) for name in names)
