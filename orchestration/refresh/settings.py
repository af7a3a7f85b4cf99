"""Whose refresh it is: the shop, its home, its input, the day. Decided once, and handed on as environment variables.

Dagster loads the same definitions in several processes (the headless run, the UI, its daemon, its runs). What they all
must agree on is in the environment, and this module is the only one that reads or writes it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import yaml

from orchestration.landing import LandingError
from orchestration.landing import settings as landing_settings
from orchestration.paths import PROJECT, Home, home_of

DEMO = "demo"

QUIET = {
    # Each of these programs reports its use to its makers unless told not to. dbt and Dagster are told in their project
    # settings too; the variables reach what is started without them.
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
}

SHOP_VARS = ("reporting_currency", "reporting_time_zone", "shop_opened_on", "prices_include_tax", "customer_ids")
"""What of a shop's own settings the models take, as dbt vars of the same names."""


class SettingsError(Exception):
    """What was asked for cannot be a refresh; the message says what to change."""


@dataclass(frozen=True)
class Settings:
    """One shop's refresh. `source` is None where nothing new is handed in, and the demo shop makes its own."""

    shop: str
    home: Home
    source: Path | None = None
    connector: str | None = None

    @property
    def is_demo(self) -> bool:
        """Whether the input is the demo shop, generated where it is not there yet."""
        return self.shop == DEMO and self.source == demo_input(self.home)

    def environment(self) -> dict[str, str]:
        """These settings as environment variables: what `from_environment` reads back, and what dbt needs."""
        return {
            **QUIET,
            **self.home.environment(),
            "WAREHOUSE_SHOP": self.shop,
            "WAREHOUSE_INPUT": str(self.source) if self.source else "",
            "WAREHOUSE_CONNECTOR": self.connector or "",
            "WAREHOUSE_AS_OF": self.home.as_of or "",
        }


def resolve(
    shop: str | None = None,
    source: str | None = None,
    as_of: str | None = None,
    connectors: frozenset[str] = frozenset(),
) -> Settings:
    """What a person asked for, made definite. `connectors` are the names of those there are.

    Without shop and input it is the demo shop. A shop of a connector's name is read through that connector. An input
    folder without a shop is a shop of its own, named by its `shop.yml`, else by the folder. A shop without an input is
    built again from what it has landed.

    Raises SettingsError: no such folder, no real date, a name that cannot be a folder, a home whose path is a pattern,
    two names for one shop, nothing landed to build from.
    """
    folder = Path(source).expanduser().resolve() if source else None
    if folder is not None and not folder.is_dir():
        raise SettingsError(f"There is no input folder {source}: give the folder that holds the shop's files as INPUT.")
    name = _folder_name(shop) if shop else _name_of(folder) if folder else DEMO
    _refuse_two_names(name, folder)
    home = home_of(name, _day(as_of) if as_of else None)
    _refuse_pattern(home)
    _refuse_other_shop(home, name)
    if folder is None and name == DEMO:
        folder = demo_input(home)
        if shop_file(home).exists() and not folder.exists():
            if shop_settings(home).get("shop") != DEMO:
                raise SettingsError(
                    f"{home.root} holds another shop than the demo: name it with SHOP, or its files with INPUT."
                )
            # One that `make generate` has made, and whose files lie where it was told to.
            folder = None
    if folder is None and not shop_file(home).exists():
        raise SettingsError(
            f"The shop '{name}' has nothing landed in {home.root} yet: give the folder of its files as INPUT."
        )
    return Settings(name, home, folder, name if name in connectors and folder else None)


def named_home(shop: str | None = None, as_of: str | None = None) -> Home:
    """The home that a person named, for who reads or lands there and refreshes nothing; without a shop the demo's.

    Raises SettingsError: no real date, a name that cannot be a folder, a home that is a pattern or another shop's.
    """
    home = home_of(_folder_name(shop) if shop else DEMO, _day(as_of) if as_of else None)
    _refuse_pattern(home)
    if shop:
        _refuse_other_shop(home, shop)
    return home


def from_landed(settings: Settings) -> Settings:
    """The same refresh, which takes in nothing and builds from what has landed. SettingsError where nothing has."""
    if not shop_file(settings.home).exists():
        raise SettingsError(
            f"The shop '{settings.shop}' has nothing landed in {settings.home.root} yet: `make run` lands its files."
        )
    return replace(settings, source=None, connector=None)


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that `Settings.environment` put there; without them, those of the demo shop."""
    found = os.environ if environment is None else environment
    shop = found.get("WAREHOUSE_SHOP") or DEMO
    root = found.get("WAREHOUSE_HOME")
    as_of = found.get("WAREHOUSE_AS_OF") or None
    home = Home(Path(root), as_of) if root else home_of(shop, as_of)
    source = found.get("WAREHOUSE_INPUT")
    return Settings(shop, home, Path(source) if source else None, found.get("WAREHOUSE_CONNECTOR") or None)


def demo_input(home: Home) -> Path:
    """Where the demo shop's generated files lie."""
    return home.root / "input"


def shop_file(home: Home) -> Path:
    """The shop's own settings, as the landing left them."""
    return home.landed / "shop.json"


def shop_settings(home: Home) -> dict[str, object]:
    """The shop's own settings as landed; empty before the first landing."""
    file = shop_file(home)
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def model_vars(settings: Settings) -> dict[str, object]:
    """The dbt vars of a refresh: the shop, its own settings as landed, and the day where one was asked for."""
    landed = shop_settings(settings.home)
    found = {name: landed[name] for name in SHOP_VARS if landed.get(name) is not None}
    day = {"as_of_date": settings.home.as_of} if settings.home.as_of else {}
    return {"shop": settings.shop, **found, **day}


def time_zone(home: Home) -> str:
    """The shop's time zone: as landed, else the project's default."""
    return _shop_var(home, "reporting_time_zone")


def opened_on(home: Home) -> date:
    """The day the shop opened: as landed, else the project's default."""
    return date.fromisoformat(_shop_var(home, "shop_opened_on"))


def _shop_var(home: Home, name: str) -> str:
    landed = shop_settings(home).get(name)
    if landed:
        return str(landed)
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return str(project["vars"][name])


def locale(home: Home) -> str | None:
    """How the shop writes numbers, such as de_DE; None where it does not say."""
    found = shop_settings(home).get("locale")
    return str(found) if found else None


def _name_of(folder: Path) -> str:
    if shop := _said_in(folder):
        return _folder_name(shop)
    return _folder_name(re.sub(r"[^a-z0-9_-]+", "_", folder.name.lower()).strip("_-"))


def _said_in(folder: Path) -> str | None:
    """What the folder's settings call the shop; None where they do not say."""
    file = folder / landing_settings.FILE
    if not file.is_file():
        return None
    try:
        shop = landing_settings.read_yaml(file).get("shop")
    except LandingError as error:
        raise SettingsError(f"{file}: {error}") from None
    return str(shop) if shop else None


def _refuse_two_names(shop: str, folder: Path | None) -> None:
    # It would land under one name, and the next night find the home of another shop. What cannot be read is told by
    # the landing, and so to whoever is alerted.
    said = None
    with suppress(SettingsError):
        said = _said_in(folder) if folder else None
    if said not in (None, shop):
        raise SettingsError(
            f"SHOP is {shop}, and {folder / landing_settings.FILE} calls the shop {said}: give it one name, or leave "
            "SHOP out."
        )


def _folder_name(shop: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", shop):
        raise SettingsError(
            f"'{shop}' cannot be the name of a shop: it becomes a folder, so give SHOP in lower case letters, digits, "
            "'_' and '-'."
        )
    return shop


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise SettingsError(f"'{text}' is no day: give AS_OF as year-month-day, for example 2025-06-30.") from None


def _refuse_pattern(home: Home) -> None:
    # The engine takes these letters of a path for patterns, and has no way to say that they are none.
    if re.search(r"[\[*?]", str(home.root)):
        raise SettingsError(
            f"{home.root} cannot be a home: its path holds '[', '*' or '?', which stand for other letters where tables "
            "are read. Set WAREHOUSE_HOME to a folder without them."
        )


def _refuse_other_shop(home: Home, shop: str) -> None:
    # A shop that was landed without a name of its own goes by that of its home, and may be any.
    landed = shop_settings(home).get("shop")
    if landed not in (None, shop, home.root.name):
        raise SettingsError(
            f"{home.root} is the home of the shop '{landed}', not of '{shop}': two shops never share one. "
            "Set WAREHOUSE_HOME to another folder, or leave it out."
        )
