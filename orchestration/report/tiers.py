"""Sections that divide customers, or products, into tiers: each a table with bars, its own picture."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from orchestration.report import charts
from orchestration.report.formats import Formats
from orchestration.report.parts import Figure, Section, Table
from orchestration.report.queries import Answers, Row, shown
from orchestration.report.sentences import Sentences
from orchestration.report.texts import Texts

NOTHING = Decimal(0)
WORSE = {"declining": 1, "dormant": 2, "lost": 3, "loss": 3, "zero": 2, "C": 1.5, "B": 1, "A": 0}
"""How far from good a stage or tier is; what is not named is as good as it can be."""

STAGES = ("new here", "prospect", "new", "growing", "mature", "returned", "declining", "dormant", "lost")
TIERS = ("new here", "A", "B", "C", "zero", "loss")
ARRIVED = "new here"


def abc(answers: Answers, texts: Texts, formats: Formats) -> Section | None:
    """ABC of customers: how few make most of what is earned."""
    rows = answers["abc"]
    if not rows:
        return None
    return Section(
        name="abc",
        topic=texts.raw("abc.topic"),
        title=Sentences(texts, formats).abc_title(rows),
        subtitle=texts.say("abc.subtitle", currency=formats.currency),
        queries=[shown("abc")],
        kind="tiers",
        extra=bars(rows, "abc", texts, formats),
    )


def pyramid(answers: Answers, texts: Texts, formats: Formats) -> Section | None:
    """The profit pyramid, where it has more than one tier."""
    rows = answers["pyramid"]
    if len(rows) < 2:
        return None
    earned = sum((row["contribution"] for row in rows if row["contribution"] > 0), NOTHING)
    customers = sum(row["customers"] for row in rows)
    top = next((row for row in rows if row["code"] == "platinum"), None)
    if top and earned > 0:
        title = texts.say(
            "pyramid.title",
            count=top["customers"],
            customers=formats.number(top["customers"]),
            share=formats.share(Decimal(top["customers"]) / customers),
            contribution_share=formats.share(top["contribution"] / earned),
        )
    else:
        title = texts.raw("pyramid.nobody")
    return Section(
        name="pyramid",
        topic=texts.raw("pyramid.topic"),
        title=title,
        subtitle=texts.say("pyramid.subtitle", currency=formats.currency),
        queries=[shown("pyramid")],
        kind="tiers",
        extra=bars(rows, "pyramid", texts, formats),
    )


def lifecycle(answers: Answers, texts: Texts, formats: Formats) -> Section | None:
    """Where customers are in their life with the shop, and who moved where in the last month."""
    rows = answers["lifecycle"]
    buyers = sum(row["customers"] for row in rows if row["code"] != "prospect")
    if not buyers:
        return None
    gone = sum(row["customers"] for row in rows if row["code"] in ("dormant", "lost"))
    late = sum(row["customers"] for row in rows if row["code"] == "declining")
    here = buyers - gone - late
    title = texts.say(
        "lifecycle.title_one" if buyers == 1 else "lifecycle.title",
        customers=formats.number(buyers),
        here=formats.share(Decimal(here) / buyers),
        late=formats.share(Decimal(late) / buyers),
        gone=formats.share(Decimal(gone) / buyers),
        stage=formats.called("lifecycle.tier", rows[0 if rows[0]["code"] != "prospect" else -1]["code"]),
    )
    moves = [migration(answers, dimension, texts, formats) for dimension in ("lifecycle", "abc")]
    made = [move for move in moves if move]
    return Section(
        name="lifecycle",
        topic=texts.raw("lifecycle.topic"),
        title=title,
        subtitle=texts.say("lifecycle.subtitle", currency=formats.currency),
        figures=[figure for figure, _ in made],
        tables=[table for _, table in made],
        queries=[shown("lifecycle"), *([shown("migration")] if made else [])],
        kind="tiers",
        extra=bars(rows, "lifecycle", texts, formats),
    )


def migration(answers: Answers, dimension: str, texts: Texts, formats: Formats) -> tuple[Figure, Table] | None:
    """Who went from one stage, or tier, to another in the last complete month; None where nobody did."""
    name = {"lifecycle": "lifecycle stage", "abc": "ABC tier"}[dimension]
    found = [row for row in answers["migration"] if row["dimension"] == name]
    moved = [row for row in found if not row["is_new_customer"] and row["from_segment"] and row["to_segment"]]
    if not moved:
        return None
    largest = max(moved, key=lambda row: (row["customer_count"], row["from_segment"], row["to_segment"]))
    count = sum(row["customer_count"] for row in moved)

    def said(code: str | None) -> str:
        if code == ARRIVED:
            return str(texts.raw("migration.arrived"))
        return formats.called("lifecycle.tier" if dimension == "lifecycle" else "abc.short", code)

    title = texts.say(
        f"migration.{dimension}",
        count=count,
        moved=formats.number(count),
        month=formats.month(largest["month"]),
        source=said(largest["from_segment"]),
        target=said(largest["to_segment"]),
        most=formats.number(largest["customer_count"]),
    )
    rows = [
        (ARRIVED if row["is_new_customer"] else row["from_segment"], row["to_segment"], row["customer_count"])
        for row in found
        if row["to_segment"] and (row["is_new_customer"] or row["from_segment"])
    ]
    known = STAGES if dimension == "lifecycle" else TIERS
    codes = {code for source, target, _ in rows for code in (source, target)}
    order = [code for code in known if code in codes] + sorted(codes - set(known))
    rows.sort(key=lambda row: (-row[2], order.index(row[0]), order.index(row[1])))
    flows = []
    for source, target, customers in rows:
        change = WORSE.get(target, 0) - WORSE.get(source, 0)
        colour = "var(--even-flow)" if not change or source == ARRIVED else ""
        colour = colour or ("var(--loss-flow)" if change > 0 else "var(--gain-flow)")
        tip = f"{said(source)} → {said(target)}\n{formats.number(customers)}"
        flows.append(charts.Flow(source, target, customers, colour, tip))
    picture = charts.flows(flows, {code: said(code) for code in order}, formats.number)
    alt = texts.say("migration.alt", ways=formats.number(len(rows)), title=title)
    table = [[said(source), said(target), formats.number(customers)] for source, target, customers in rows]
    head = list(texts.raw("migration.columns").values())
    return (
        Figure(f"migration-{dimension}", picture, alt, title),
        Table(texts.say("migration.caption", name=texts.raw(f"{dimension}.topic")), head, table, text_columns=2),
    )


def bars(rows: Sequence[Row], key: str, texts: Texts, formats: Formats) -> dict[str, Any]:
    """What the template draws a table with bars from: share of the count, and of what is earned, losses to the left.

    Rows are {code, customers, contribution, net_profit}; the texts under `key` name columns, tiers and badges.
    """
    count = sum(row["customers"] for row in rows)
    earned = sum((row["contribution"] for row in rows if row["contribution"] > 0), NOTHING)
    # Both bars of the contribution share one scale: from the loss, left of zero, to the largest gain.
    lowest = min(NOTHING, *(row["contribution"] for row in rows))
    reach = max(NOTHING, *(row["contribution"] for row in rows)) - lowest
    drawn = []
    for row in rows:
        code, contribution = row["code"], row["contribution"]
        share = Decimal(row["customers"]) / count
        begin = (min(contribution, NOTHING) - lowest) / reach if reach else NOTHING
        drawn.append(
            {
                "code": code,
                "badge": texts.raw(f"{key}.badge.{code}") if texts.has(f"{key}.badge.{code}") else "",
                "name": formats.called(f"{key}.tier", code),
                "customers": formats.number(row["customers"]),
                "customer_share": formats.share(share),
                "customer_bar": _percent(share),
                "contribution": formats.money(contribution),
                "contribution_share": formats.share(contribution / earned if earned else None),
                "bar_begin": _percent(begin),
                "bar_width": _percent(abs(contribution) / reach if reach else NOTHING),
                "zero": _percent(-lowest / reach if reach else NOTHING),
                "tone": "loss" if contribution < 0 else "gain" if contribution > 0 else "",
                "per_customer": formats.money((contribution / row["customers"]).quantize(Decimal("0.01"))),
                "net_profit": formats.money(row["net_profit"]),
            }
        )
    return {"rows": drawn, "columns": texts.raw(f"{key}.columns"), "caption": texts.raw(f"{key}.caption")}


def _percent(share: Decimal) -> str:
    return f"{share * 100:.2f}%"
