"""The input contract as Python sees it: `models/staging/contract.yml`, read once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import yaml

from orchestration.paths import PROJECT

CONTRACT_FILE = PROJECT / "models" / "staging" / "contract.yml"

STAMPS = (
    ("load_id", "bigint"),
    ("source_file", "string"),
    ("source_row", "bigint"),
    ("unreadable", "string"),
    ("payload", "string"),
)
"""What the landing adds to each row, after the contract's own columns, in this order."""


@dataclass(frozen=True)
class Column:
    """One column of an input table; types are the portable names of `models/overview.md`."""

    name: str
    data_type: str
    description: str
    required: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    event: bool = False
    personal: bool = False
    customer: str | None = None
    """Whom the value names: the row's `own` customer, `other` for another one, None for nobody."""


@dataclass(frozen=True)
class Table:
    """One input table of the contract."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool
    without_it: str
    money: str | None
    cleared_when_erased: tuple[str, ...] | None = None
    """What a row of an erased customer loses beside the customer and what is personal; None: all of it."""

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where the contract has none."""
        return {column.name: column for column in self.columns}[name]


@cache
def tables() -> dict[str, Table]:
    """Every input table by name, in the order of the contract. The load manifest is not one of them."""
    document = yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))
    found: dict[str, Table] = {}
    for entry in document["sources"][0]["tables"]:
        if entry["name"] == "loads":
            continue
        meta = entry["config"]["meta"]
        found[entry["name"]] = Table(
            name=entry["name"],
            description=entry["description"],
            columns=tuple(_column(column) for column in entry["columns"]),
            key=tuple(meta["key"]),
            required=meta.get("required", False),
            without_it=meta["without_it"],
            money=meta.get("money"),
            cleared_when_erased=_cleared(meta.get("when_erased", ())),
        )
    return found


def _cleared(when_erased: str | Sequence[str]) -> tuple[str, ...] | None:
    return None if when_erased == "row" else tuple(when_erased)


def _column(entry: dict) -> Column:
    meta = entry.get("config", {}).get("meta", {})
    return Column(
        name=entry["name"],
        data_type=entry["data_type"],
        description=entry["description"],
        required=meta.get("required", False),
        allowed=tuple(meta.get("allowed", ())),
        minimum=meta.get("minimum"),
        maximum=meta.get("maximum"),
        event=meta.get("event", False),
        personal=meta.get("personal", False),
        customer=meta.get("customer"),
    )


MACRO_FILE = PROJECT / "macros" / "contract_rules.sql"


def macro_text() -> str:
    """The contract as a dbt macro, made from the YAML: a unit test of dbt sees no sources, but it sees macros."""
    rules = {
        table.name: {
            "key": list(table.key),
            "money": table.money,
            "columns": {column.name: _rules(column) for column in table.columns},
        }
        for table in tables().values()
    }
    lines = [
        "{#- Made from models/staging/contract.yml by `make contract`; a test holds both equal. Do not edit. -#}",
        "{% macro contract_rules() -%}",
        "{{ return({",
    ]
    for name, rule in rules.items():
        lines.append(f"    {name!r}: {{'key': {rule['key']!r}, 'money': {rule['money']!r}, 'columns': {{")
        lines += [f"        {column!r}: {terms!r}," for column, terms in rule["columns"].items()]
        lines.append("    }},")
    lines += ["}) }}", "{%- endmacro %}", ""]
    return "\n".join(lines).replace(": None", ": none").replace(": True", ": true")


def below(data_type: str) -> str | None:
    """What an amount of that type must be below: the models hold 12 digits before the point, a file may hold more."""
    matched = re.fullmatch(r"decimal\((\d+),(\d+)\)", data_type)
    return "1000000000000" if matched and int(matched[1]) - int(matched[2]) > 12 else None


def _rules(column: Column) -> dict:
    terms: dict = {}
    if column.required:
        terms["required"] = True
    if column.allowed:
        terms["allowed"] = list(column.allowed)
    for name, bound in (("minimum", column.minimum), ("maximum", column.maximum)):
        if bound is not None:
            # Written out: 1e-08 is no number that a person reads in a reason.
            terms[name] = format(Decimal(str(bound)), "f")
    if below(column.data_type):
        terms["below"] = below(column.data_type)
    if column.event:
        terms["event"] = True
    if column.customer:
        terms["customer"] = True
    return terms


if __name__ == "__main__":
    MACRO_FILE.write_text(macro_text(), encoding="utf-8")
    print(f"wrote {MACRO_FILE.relative_to(PROJECT)}")
