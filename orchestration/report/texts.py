"""Every text on the page, one YAML file a language, so that a translator needs no code and no text is in two places.

A text is a template with named places, `{customers} customers earn {earned}`, or, where a count changes the grammar,
a mapping `{one: …, other: …}`, chosen by the value given as `count`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup

FOLDER = Path(__file__).parent / "texts"

LANGUAGES = ("en", "zh")
"""The languages of the page, the plain one first. A new one is a file of texts and its name here."""


class Texts:
    """The texts of one language; keys are dotted paths into its YAML file."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self._texts: dict[str, Any] = yaml.safe_load((FOLDER / f"{language}.yml").read_text(encoding="utf-8"))

    def raw(self, key: str) -> Any:
        """What the file holds under `key`; KeyError names the whole key when it holds nothing."""
        found: Any = self._texts
        for part in key.split("."):
            if not isinstance(found, dict) or part not in found:
                raise KeyError(f"texts/{self.language}.yml has no '{key}'")
            found = found[part]
        return found

    def has(self, key: str) -> bool:
        """Whether the language has a text under `key`."""
        try:
            self.raw(key)
        except KeyError:
            return False
        return True

    def say(self, key: str, *, count: int | None = None, **values: object) -> str:
        """The text under `key` with its places filled; `count` chooses between one and other."""
        return self._template(key, count).format(**values)

    def mark(self, key: str, *, count: int | None = None, **values: object) -> Markup:
        """As `say`, as HTML: values that are Markup keep their tags, all else is escaped."""
        return Markup(self._template(key, count)).format(**values)

    def join(self, names: list[str]) -> str:
        """`a`, `a and b`, `a, b and c`."""
        if len(names) < 2:
            return "".join(names)
        return self.say("list.last", head=self.raw("list.between").join(names[:-1]), tail=names[-1])

    def _template(self, key: str, count: int | None) -> str:
        found = self.raw(key)
        if isinstance(found, dict):
            found = found["one" if count == 1 else "other"]
        return found
