"""Arrow columns of the contract's types, from numpy arrays. A `null` argument is True where there is no value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration import contract

_TYPES = {
    "string": pa.string(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
}
CUSTOMER_DIGITS = 8
PRODUCT_DIGITS = 5
NUMBER_DIGITS = 11

Nulls = np.ndarray | None


def arrow_type(data_type: str) -> pa.DataType:
    """The Arrow type of a type of the contract. KeyError where there is none."""
    if data_type.startswith("decimal("):
        precision, scale = data_type.removeprefix("decimal(").removesuffix(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    return _TYPES[data_type]


@cache
def schema_of(table: str) -> pa.Schema:
    """The columns of an input table, in the contract's order."""
    return pa.schema([(column.name, arrow_type(column.data_type)) for column in contract.tables()[table].columns])


def input_table(name: str, columns: Mapping[str, pa.Array]) -> pa.Table:
    """A table of the contract from the columns that are known; the others are null. ValueError for an unknown one."""
    schema = schema_of(name)
    unknown = set(columns) - set(schema.names)
    if unknown:
        raise ValueError(f"{name}: the contract has no column {', '.join(sorted(unknown))}")
    rows = len(next(iter(columns.values())))
    return pa.Table.from_arrays(
        [columns[field.name] if field.name in columns else pa.nulls(rows, field.type) for field in schema],
        schema=schema,
    )


def scaled(values: np.ndarray, data_type: pa.DataType, null: Nulls = None) -> pa.Array:
    """Whole numbers, in units of the last decimal place, as decimals."""
    words = np.empty((len(values), 2), dtype="<i8")
    words[:, 0] = values
    words[:, 1] = words[:, 0] >> 63
    array = pa.Array.from_buffers(data_type, len(values), [None, pa.py_buffer(words)])
    return array if null is None else pc.if_else(pa.array(null), pa.scalar(None, data_type), array)


def money(units: np.ndarray, null: Nulls = None) -> pa.Array:
    """Ten-thousandths as decimal(20,4)."""
    return scaled(units, pa.decimal128(20, 4), null)


def thousandths(units: np.ndarray, null: Nulls = None) -> pa.Array:
    """Thousandths as decimal(12,3)."""
    return scaled(units, pa.decimal128(12, 3), null)


def identifier(numbers: np.ndarray, digits: int = NUMBER_DIGITS, null: Nulls = None) -> pa.Array:
    """Numbers as text with leading zeros."""
    return pc.utf8_lpad(pa.array(numbers, type=pa.int64(), mask=null).cast(pa.string()), digits, "0")


def customer(numbers: np.ndarray, null: Nulls = None) -> pa.Array:
    """Customer numbers as their ids."""
    return identifier(numbers, CUSTOMER_DIGITS, null)


def product(index: np.ndarray, null: Nulls = None) -> pa.Array:
    """Products, by their place in the catalogue from 0, as their ids from 00001."""
    return identifier(np.asarray(index) + 1, PRODUCT_DIGITS, null)


def labels(choices: Sequence[str | None], index: np.ndarray, null: Nulls = None) -> pa.Array:
    """The text that each index names."""
    return pa.array(choices, type=pa.string()).take(pa.array(index, type=pa.int64(), mask=null))


def constant(text: str, count: int) -> pa.Array:
    """The same text in every row."""
    return pa.repeat(pa.scalar(text, pa.string()), count)


def moment(seconds: np.ndarray, null: Nulls = None) -> pa.Array:
    """Seconds since 1970 in UTC as timestamps."""
    return pa.array(np.asarray(seconds, dtype=np.int64) * 1_000_000, type=pa.int64(), mask=null).cast(
        pa.timestamp("us")
    )


def day(dates: np.ndarray, null: Nulls = None) -> pa.Array:
    """datetime64[D] as dates."""
    return pa.array(np.asarray(dates).astype("datetime64[D]"), type=pa.date32(), mask=null)


def whole(values: np.ndarray, null: Nulls = None) -> pa.Array:
    """Whole numbers as int."""
    return pa.array(np.asarray(values), mask=null).cast(pa.int32())


def flag(values: np.ndarray, null: Nulls = None) -> pa.Array:
    """Booleans."""
    return pa.array(np.asarray(values, dtype=bool), mask=null)
