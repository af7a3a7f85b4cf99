"""What a person typed, for argparse: the value, or a sentence that says what to give instead."""

from __future__ import annotations

from argparse import ArgumentTypeError

import duckdb

from orchestration.paths import in_gigabytes


def a_count(text: str) -> int:
    """A whole number from 1 up."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentTypeError(f"'{text}' cannot be: give a whole number, 1 or more")
    return int(text)


def an_amount_of_memory(text: str) -> str:
    """How much memory, as the engine takes it."""
    try:
        in_gigabytes(text)
    except duckdb.Error:
        raise ArgumentTypeError(f"'{text}' is no amount of memory: give one such as 6GB") from None
    return text


def a_port(text: str) -> int:
    """A port of this machine."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**16):
        raise ArgumentTypeError(f"'{text}' is no port: give a number from 1 to 65535")
    return int(text)
