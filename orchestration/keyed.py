"""Keyed hashes: what stands for a person where nobody may read who it is.

HMAC-SHA256 with a key from the environment (`WAREHOUSE_KEY`). Who has a customer's number and not the key cannot tell
whether a hash is theirs; a plain hash of a short number is undone by trying all numbers.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Callable

VARIABLE = "WAREHOUSE_KEY"
SHORTEST = 16
"""Characters; a shorter key could be tried out."""

_FLOAT = re.compile(r"\.0$")


class KeyMissing(Exception):
    """There is no key, or none that can be used; the message says what needs it and what to do."""


def key(needed_for: str) -> bytes:
    """The key. KeyMissing, naming what it is needed for, where the environment has none, or one that is too short."""
    found = os.environ.get(VARIABLE, "")
    if len(found) < SHORTEST:
        state = f"is shorter than {SHORTEST} characters" if found else "is not set"
        raise KeyMissing(
            f"{needed_for} needs a key, and {VARIABLE} {state}: set it to the one that was used before, or at first to "
            "a long random text that is kept where passwords are."
        )
    return found.encode()


def keyed_hash(secret: bytes, purpose: str, text: str) -> str:
    """64 hex digits. Hashes for one purpose say nothing about those for another."""
    return hmac.new(secret, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def customer_key(secret: bytes, customer_id: str) -> str:
    """What stands for a customer in the tables of a shop that says `customer_ids: keyed`: 32 hex digits."""
    return keyed_hash(secret, "customer", customer_id)[:32]


def erased_hash(secret: bytes, customer_id: str) -> str:
    """How the list of erasures names a customer. A number that went through a float, 17850.0, is 17850."""
    return erased_hasher(secret)(customer_id)


def erased_hasher(secret: bytes) -> Callable[[str], str]:
    """`erased_hash` with this key, for many: the key is worked in once, which is most of what a hash takes."""
    begun = hmac.new(secret, b"erased\0", hashlib.sha256)

    def hashed(customer_id: str) -> str:
        one = begun.copy()
        one.update((_FLOAT.sub("", customer_id) if ".0" in customer_id else customer_id).encode())
        return one.hexdigest()

    return hashed


def spellings(customer_id: str) -> set[str]:
    """The numbers that the list of erasures takes for this one."""
    bare = _FLOAT.sub("", customer_id)
    return {number for number in (bare, f"{bare}.0") if _FLOAT.sub("", number) == bare}
