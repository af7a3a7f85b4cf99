"""The one error of the landing."""

from __future__ import annotations


class LandingError(Exception):
    """What stopped the landing: one sentence for a person, naming the file and what was expected."""


def one_line(error: Exception) -> str:
    """What another library says went wrong, as part of a sentence."""
    return " ".join(str(error).split())
