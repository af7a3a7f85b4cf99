"""Strict typing of what files carry: a value is read exactly, or it is null and the row says why.

Nothing is guessed. A decimal with a comma, a number in exponent form, `nan`, a time that is not ISO 8601, a fifth
decimal place: each is refused. All of it works on whole Arrow arrays; only values that a whole-array cast stumbles
over are looked at one by one.

Text and numbers are cast by Arrow and not by DuckDB: DuckDB 1.5 takes 9 s for a million casts of text to
decimal(20,4), Arrow 0.2 s with the pattern, and DuckDB's cast of a text with an offset to timestamp drops the offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
_CLOCK = r"[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LOCAL = rf"^{_DAY}({_CLOCK})?$"
_ZONED = rf"^{_DAY}{_CLOCK}(Z|[+-](0[0-9]|1[0-8])(:?[0-5][0-9])?)$"
_FIRST, _LAST = datetime.fromisoformat("0001-01-01"), datetime.fromisoformat("9999-12-31T23:59:59.999999")
"""The years 1 to 9999, which every engine can hold; UTC, kept without a zone as the contract keeps all times."""

_MICROSECONDS = pa.timestamp("us")
_TICKS = {"s": 1, "ms": 10**3, "us": 10**6}
"""How many of a unit a second has."""


class WrongType(Exception):
    """A Parquet column has a type from which the contract's type is never read."""


@cache
def arrow_type(data_type: str) -> pa.DataType:
    """The Arrow type in which a contract type is stored. ValueError for a type that the contract does not know."""
    simple = {
        "string": pa.string(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "date": pa.date32(),
        "timestamp": _MICROSECONDS,
        "boolean": pa.bool_(),
    }
    if data_type in simple:
        return simple[data_type]
    matched = _DECIMAL.fullmatch(data_type)
    if not matched:
        raise ValueError(f"'{data_type}' is no type of the contract; it knows {', '.join(simple)} and decimal(p,s)")
    return pa.decimal128(int(matched[1]), int(matched[2]))


def expected(data_type: str, pattern: str | None = None) -> str:
    """What a value of that type must be, in words that complete 'is no …'."""
    if pattern:
        return f"{data_type} written as {pattern}"
    wanted = arrow_type(data_type)
    if pa.types.is_decimal(wanted):
        return (
            f"decimal with at most {wanted.scale} places and {wanted.precision - wanted.scale} digits before the point"
        )
    return {
        "string": "valid UTF-8 text",
        "int": "whole number within 32 bits",
        "bigint": "whole number within 64 bits",
        "date": "date like 2026-11-30",
        "timestamp": "ISO 8601 time like 2026-11-30T18:05:00Z",
        "boolean": "true, false, yes, no, 1 or 0",
    }[data_type]


def decoded(raw: pa.Array) -> pa.Array:
    """Bytes or text as valid text; empty is null, and so is what is no valid UTF-8 or holds a NUL.

    A NUL ends a text for much of what reads the marts: two ids that differ after it would be one.
    """
    data = raw.cast(pa.binary())
    try:
        texts = data.cast(pa.string())
    except pa.ArrowInvalid:
        texts = pa.array([_decoded_one(value) for value in data.to_pylist()], pa.string())
    no_text = pc.or_(pc.equal(pc.binary_length(texts), 0), pc.match_substring(texts, "\0"))
    return pc.if_else(no_text, pa.scalar(None, pa.string()), texts)


def from_text(texts: pa.Array, data_type: str, pattern: str | None = None) -> pa.Array:
    """Text as the contract type; null where it cannot be read.

    `pattern` is a strptime pattern for dates and times that are not ISO 8601; what it reads must be written exactly
    so, leading zeros included.
    """
    wanted = arrow_type(data_type)
    if texts.null_count == len(texts):
        return pa.nulls(len(texts), wanted)
    if pattern:
        moments = pc.strptime(texts, format=pattern, unit="s", error_is_null=True)
        return _only(pc.equal(pc.strftime(moments, format=pattern), texts), moments).cast(wanted)
    if pa.types.is_string(wanted):
        return texts
    if pa.types.is_integer(wanted):
        return _integers(texts, wanted)
    if pa.types.is_decimal(wanted):
        whole, places = wanted.precision - wanted.scale, wanted.scale
        readable = rf"^[+-]?(0*[0-9]{{1,{whole}}}|0*[0-9]{{0,{whole}}}\.[0-9]{{1,{places}}}0*)$"
        return _trimmed(_matching(texts, readable)).cast(wanted)
    if pa.types.is_boolean(wanted):
        lower = pc.utf8_lower(texts)
        true = pc.is_in(lower, value_set=pa.array(["true", "t", "yes", "1"]))
        false = pc.is_in(lower, value_set=pa.array(["false", "f", "no", "0"]))
        return _only(pc.or_(true, false), true)
    if pa.types.is_date(wanted):
        return _bounded(_cast(_matching(texts, rf"^{_DAY}$"), wanted, date.fromisoformat), _FIRST.date(), _LAST.date())
    return _moments(texts)


def from_arrow(values: pa.Array, data_type: str) -> pa.Array:
    """A Parquet column as the contract type; null where a value cannot be kept exactly.

    WrongType where the column's type can never be meant: a number for a date, a double for an id.
    """
    wanted, given = arrow_type(data_type), values.type
    if pa.types.is_null(given):
        return pa.nulls(len(values), wanted)
    if _is_moment(given):
        values = _bounded_moment(values)
    if given == wanted:
        return values
    is_number = pa.types.is_integer(given) or pa.types.is_decimal(given) or pa.types.is_floating(given)
    if pa.types.is_string(wanted):
        if pa.types.is_integer(given):
            return values.cast(wanted)
    elif pa.types.is_integer(wanted) or pa.types.is_decimal(wanted):
        if is_number:
            return _exact_number(values, data_type)
    elif pa.types.is_boolean(wanted):
        if pa.types.is_integer(given):
            return from_text(values.cast(pa.string()), data_type)
    elif pa.types.is_date(wanted):
        if pa.types.is_date(given):
            return values.cast(wanted)
        if pa.types.is_timestamp(given) and given.tz is None:
            days = values.cast(wanted, safe=False)
            return _only(pc.equal(days.cast(_MICROSECONDS), _in_microseconds(values)), days)
    elif pa.types.is_date(given):
        return values.cast(pa.date32()).cast(wanted)
    elif pa.types.is_timestamp(given):
        return _in_microseconds(values)
    raise WrongType


def _decoded_one(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _only(keep: pa.Array, values: pa.Array) -> pa.Array:
    return pc.if_else(keep, values, pa.scalar(None, values.type))


def _matching(texts: pa.Array, pattern: str) -> pa.Array:
    return _only(pc.match_substring_regex(texts, pattern), texts)


def _trimmed(texts: pa.Array) -> pa.Array:
    """Number texts without needless zeros where some are too long for Arrow's 38 digits."""
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest < 30:
        return texts
    without_leading = pc.replace_substring_regex(texts, r"^([+-]?)0+([0-9])", r"\1\2")
    return pc.replace_substring_regex(without_leading, r"(\.[0-9]+?)0+$", r"\1")


def _integers(texts: pa.Array, wanted: pa.DataType) -> pa.Array:
    numbers = _trimmed(_matching(texts, r"^[+-]?0*[0-9]{1,19}$")).cast(pa.decimal128(38, 0))
    bits = wanted.bit_width - 1
    low, high = (pa.scalar(Decimal(bound), pa.decimal128(38, 0)) for bound in (-(2**bits), 2**bits - 1))
    in_range = pc.and_(pc.greater_equal(numbers, low), pc.less_equal(numbers, high))
    return _only(in_range, numbers).cast(wanted)


def _cast(texts: pa.Array, wanted: pa.DataType, one: Callable[[str], object]) -> pa.Array:
    """The whole array at once, or, where one value such as 2026-02-30 spoils that, value by value."""
    try:
        return texts.cast(wanted)
    except pa.ArrowInvalid:
        return pa.array([_attempt(one, text) for text in texts.to_pylist()], wanted)


def _attempt(one: Callable[[str], object], text: str | None) -> object:
    try:
        return None if text is None else one(text)
    except (ValueError, OverflowError):
        return None


def _moments(texts: pa.Array) -> pa.Array:
    """ISO 8601 times as UTC without a zone; what is finer than a microsecond is cut off."""
    local, zoned = _matching(texts, _LOCAL), _matching(texts, _ZONED)
    moments = _cast(_cut(local), _MICROSECONDS, datetime.fromisoformat)
    if zoned.null_count < len(zoned):
        in_utc = _cast(_cut(zoned), pa.timestamp("us", "UTC"), _in_utc).cast(_MICROSECONDS)
        moments = pc.coalesce(moments, in_utc)
    return _bounded_moment(moments)


def _in_utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    offset = moment.utcoffset() or timedelta()
    return (moment.replace(tzinfo=None) - offset).replace(tzinfo=UTC)


def _cut(texts: pa.Array) -> pa.Array:
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest <= len("2026-11-30T18:05:00.123456"):
        return texts
    return pc.replace_substring_regex(texts, r"(\.[0-9]{6})[0-9]+", r"\1")


def _in_microseconds(values: pa.Array) -> pa.Array:
    """Arrow timestamps of any unit and zone as UTC microseconds without a zone."""
    finer = values.type.unit == "ns"
    return values.cast(pa.timestamp("us", values.type.tz), safe=not finer).view(pa.int64()).view(_MICROSECONDS)


def _is_moment(data_type: pa.DataType) -> bool:
    return pa.types.is_timestamp(data_type) or pa.types.is_date(data_type)


def _bounded_moment(values: pa.Array) -> pa.Array:
    """Dates and times of the years 1 to 9999; others are null. In their own unit: some fit into no other one."""
    if pa.types.is_date(values.type):
        return _bounded(values, _FIRST.date(), _LAST.date())
    ticks = _TICKS.get(values.type.unit)
    if ticks is None:  # nanoseconds reach from 1677 to 2262
        return values
    first, last = (pa.scalar(bound, _MICROSECONDS).value for bound in (_FIRST, _LAST))
    low, high = (pa.scalar(bound * ticks // 10**6, pa.int64()) for bound in (first, last))
    numbers = values.view(pa.int64())
    return _only(pc.and_(pc.greater_equal(numbers, low), pc.less_equal(numbers, high)), values)


def _bounded(values: pa.Array, first: date, last: date) -> pa.Array:
    low, high = pa.scalar(first, values.type), pa.scalar(last, values.type)
    return _only(pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high)), values)


def _exact_number(values: pa.Array, data_type: str) -> pa.Array:
    """Numbers through their shortest text, so that 19.99 held as a double is 19.99 and nothing else."""
    wanted = arrow_type(data_type)
    if not pa.types.is_floating(values.type):
        try:
            return values.cast(wanted)
        except pa.ArrowInvalid:
            pass  # one value that does not fit, or a precision that Arrow will not narrow: the way of text decides
    if pa.types.is_decimal(values.type):
        texts = pa.array([None if value is None else format(value, "f") for value in values.to_pylist()], pa.string())
    else:
        texts = _written_out(values.cast(pa.string()))
    if pa.types.is_integer(wanted):
        texts = pc.replace_substring_regex(texts, r"\.0+$", "")
    return from_text(texts, data_type)


def _written_out(texts: pa.Array) -> pa.Array:
    """Number texts without exponents: Arrow writes doubles from 1e10 up with one."""
    has_exponent = pc.match_substring(texts, "e")
    if not pc.any(has_exponent).as_py():
        return texts
    written = [format(Decimal(text), "f") for text in texts.filter(has_exponent).to_pylist()]
    return pc.replace_with_mask(texts, has_exponent, pa.array(written, pa.string()))
