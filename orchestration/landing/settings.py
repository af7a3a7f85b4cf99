"""The shop's own settings: `shop.yml` in the input folder, or a connector's, checked and landed as `shop.json`."""

from __future__ import annotations

import json
import os
import re
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import duckdb
import yaml
from babel import Locale, UnknownLocaleError

from orchestration.landing.errors import LandingError, one_line

DEFAULTS = {
    "shop": "demo",
    "reporting_currency": "EUR",
    "reporting_time_zone": "Europe/Berlin",
    "shop_opened_on": "2000-01-01",
    "prices_include_tax": False,
    "customer_ids": "own",
    "locale": None,
}
"""What holds where nobody says otherwise."""

FILE = "shop.yml"
_MEANT = (FILE, "shop.yaml", f"{FILE}.txt", "shop.yaml.txt")
"""How a person, or an editor, calls it, in capitals or not."""


def read_yaml(file: Path) -> dict:
    """A YAML file that holds a mapping. LandingError for anything else."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise LandingError(f"{file.name} cannot be read: {error.strerror}.") from error
    # A ValueError also where it says a date that there is not, as 2024-02-30.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise LandingError(f"{file.name} is no valid YAML: {one_line(error)}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise LandingError(f"{file.name} must hold lines like 'reporting_currency: EUR'.")
    return document


def checked(given: dict, file_name: str) -> dict:
    """Settings as given, dates as ISO text. LandingError names the file, the setting and what is expected."""
    settings = {}
    for name, value in given.items():
        if name not in DEFAULTS:
            near = get_close_matches(str(name), list(DEFAULTS), n=1)
            hint = f"did you mean {near[0]}?" if near else f"it knows {', '.join(DEFAULTS)}."
            raise LandingError(f"{file_name}: there is no setting {name}; {hint}")
        settings[name] = value.isoformat() if isinstance(value, date) else value
        wanted = _wrong(name, settings[name])
        if wanted:
            raise LandingError(f"{file_name}: {name} is {value!r}; expected {wanted}.")
    return settings


def settle(landed: Path, source: Path | None, connector: str | None, connector_settings: dict, shop: str) -> str:
    """The text of `shop.json`: defaults, then the connector's, then what was landed before, then `shop.yml`.

    A night that brings files without `shop.yml` does not reset the shop's currency or time zone.
    """
    settings = {**DEFAULTS, "shop": shop, **connector_settings}
    file = landed / "shop.json"
    if source is None and file.exists():
        return file.read_text(encoding="utf-8")
    if file.exists() and connector is None:
        before = json.loads(file.read_text(encoding="utf-8"))
        settings |= {name: value for name, value in before.items() if name in settings}
    folder = source if source is None or source.is_dir() else source.parent
    if folder is not None:
        _refuse_other_names(folder)
        if (folder / FILE).exists():
            settings |= checked(read_yaml(folder / FILE), FILE)
    said = {name: value for name, value in settings.items() if value is not None}
    ordered = {"shop": said.pop("shop"), "connector": connector, **said}
    return json.dumps(ordered, indent=2) + "\n"


def _refuse_other_names(folder: Path) -> None:
    """LandingError for settings that would silently not count: the shop would be one in euros and in Berlin."""
    file = folder / FILE
    # One that may not be listed is told of where its files are.
    for other in sorted(folder.iterdir()) if os.access(folder, os.R_OK | os.X_OK) else ():
        # Where capitals make no difference, Shop.yml is the file that is read.
        if other.name != FILE and other.name.lower() in _MEANT and not (file.exists() and other.samefile(file)):
            todo = f"take it out from beside {FILE}" if file.exists() else f"rename it to {FILE}"
            raise LandingError(f"{other.name} is not read: the shop's settings are in {FILE}; {todo}.")


def landed_connector(landed: Path) -> str | None:
    """The connector with which this home was landed; None for contract-shaped files."""
    file = landed / "shop.json"
    return json.loads(file.read_text(encoding="utf-8"))["connector"] if file.exists() else None


def landed_settings(landed: Path) -> dict:
    """The settings with which this home was landed, with the defaults of those that it does not say."""
    file = landed / "shop.json"
    return DEFAULTS | (json.loads(file.read_text(encoding="utf-8")) if file.exists() else {})


def opened_at(landed: Path) -> datetime:
    """Before this UTC timestamp nothing can have happened in the shop: what staging asks (macros/contract.sql)."""
    settings = landed_settings(landed)
    with duckdb.connect() as connection:
        return connection.execute(
            "select least(day, timezone('UTC', timezone(?, day))) from (select ?::timestamp as day)",
            [settings["reporting_time_zone"], settings["shop_opened_on"]],
        ).fetchone()[0]


def _wrong(name: str, value: object) -> str | None:
    """What was expected, where the value is not that; else None."""
    if name == "customer_ids":
        return None if value in ("own", "keyed") else "own or keyed"
    if name == "prices_include_tax":
        return None if isinstance(value, bool) else "true or false"
    if name == "locale" and value is None:
        return None
    if name == "shop_opened_on":
        return None if _is_date(value) else "a date like 2000-01-01"
    if not isinstance(value, str):
        return "text"
    if name == "locale" and not _is_locale(value):
        return "a language and a country like en_GB or de_DE"
    if name == "reporting_currency" and not re.fullmatch(r"[A-Z]{3}", value):
        return "an ISO code like EUR"
    if name == "reporting_time_zone" and not _is_time_zone(value):
        return "the name of a time zone like Europe/Berlin"
    return None


def _is_date(value: object) -> bool:
    # Python also reads 20000101 and 2000-W01-1, which no engine does.
    try:
        return date.fromisoformat(str(value)).isoformat() == value
    except ValueError:
        return False


def _is_locale(name: str) -> bool:
    try:
        Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return False
    return True


@cache
def _is_time_zone(name: str) -> bool:
    # DuckDB carries the zones that the models will use; the machine's own list may be older or absent. To open it takes
    # a seventh of the landing of a small shop: a name is looked up once a process.
    with duckdb.connect() as connection:
        return bool(connection.execute("select 1 from pg_timezone_names() where name = ?", [name]).fetchone())
