"""The section on what a new customer costs: by channel, over time, and until the money has come back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from orchestration.report import charts
from orchestration.report.formats import Formats
from orchestration.report.parts import Figure, Section, Table
from orchestration.report.queries import Answers, Row, shown
from orchestration.report.sentences import Sentences
from orchestration.report.texts import Texts

NOTHING = Decimal(0)
CENT = Decimal("0.01")
MOST_LINES = 8
"""As many lines as there are colours that can be told apart."""


def section(answers: Answers, channels: Sequence[Row], span: str, texts: Texts, formats: Formats) -> Section | None:
    """The card; `channels` is spend and new customers of the period that `span` names. None where nobody has bought."""
    if not answers["customers"][0]["with_order"]:
        return None
    sentences = Sentences(texts, formats)
    topic, queries = texts.raw("acquisition.topic"), [shown("acquisition")]
    if not sum((row["total_spend"] for row in answers["acquisition"]), NOTHING):
        return Section("acquisition", topic, texts.raw("acquisition.no_spend").rstrip(".。"), queries=queries)
    parts = [_costs(channels, span, sentences, texts, formats), _quarters(answers, sentences, texts, formats)]
    parts.append(payback(answers, sentences, texts, formats))
    made = [part for part in parts if part]
    if sum((row["spend"] for row in channels), NOTHING):
        title = sentences.acquisition_title(channels)
        notes = sentences.acquisition_notes(channels)
    else:
        title, notes = texts.say("acquisition.no_recent_spend", span=span).rstrip(".。"), []
    return Section(
        name="acquisition",
        topic=topic,
        title=title,
        subtitle=texts.say("acquisition.subtitle", currency=formats.currency) if made else "",
        figures=[figure for figure, _ in made if figure],
        notes=notes,
        tables=[table for _, table in made],
        queries=[*queries, shown("acquisition_quarters"), shown("payback")],
    )


def _costs(
    channels: Sequence[Row], span: str, sentences: Sentences, texts: Texts, formats: Formats
) -> tuple[Figure | None, Table] | None:
    """A bar for each channel that was paid for and won somebody, the dearest first, and the table of all channels."""
    listed = [row for row in channels if row["spend"] or row["new_customers"]]
    spend = sum((row["spend"] for row in channels), NOTHING)
    if not spend:
        return None
    costs = [
        (sentences.channel(row["channel"]), (row["spend"] / row["new_customers"]).quantize(CENT))
        for row in listed
        if row["spend"] > 0 and row["new_customers"] > 0
    ]
    costs.sort(key=lambda pair: (-pair[1], pair[0]))
    bars = [
        charts.Bar(name, float(cost), formats.money(cost), f"{name}: {formats.money(cost)}") for name, cost in costs
    ]
    heading = texts.say("acquisition.costs", span=span)
    figure = None
    if bars:
        average = (spend / sum(row["new_customers"] for row in channels)).quantize(CENT)
        mark = (float(average), texts.say("acquisition.average", cost=formats.money(average)))
        alt = texts.say("acquisition.alt", channels=len(bars), title=sentences.acquisition_title(channels))
        figure = Figure("acquisition-costs", charts.bars(bars, mark), alt, heading)
    rows = [
        [
            sentences.channel(row["channel"]),
            formats.exact(row["spend"]),
            formats.number(row["new_customers"]),
            formats.exact(row["spend"] / row["new_customers"] if row["spend"] and row["new_customers"] else None),
        ]
        for row in listed
    ]
    return figure, Table(heading, list(texts.raw("acquisition.columns").values()), rows)


def _quarters(answers: Answers, sentences: Sentences, texts: Texts, formats: Formats) -> tuple[Figure, Table] | None:
    """Cost of a new customer by channel, quarter by quarter; None before there are two quarters to compare."""
    rows = answers["acquisition_quarters"]
    found = {(row["quarter"], row["channel"]): row for row in rows}
    quarters = sorted({row["quarter"] for row in rows})
    blended = {}
    for quarter in quarters:
        spend = sum((row["spend"] for row in rows if row["quarter"] == quarter), NOTHING)
        won = sum(int(row["new_customers"]) for row in rows if row["quarter"] == quarter)
        if spend > 0 and won:
            blended[quarter] = (spend / won).quantize(CENT)
    if len(blended) < 2:
        return None
    last = max(blended)
    year_before = date(last.year - 1, last.month, 1)
    before = year_before if year_before in blended else min(blended)
    title = texts.say(
        "acquisition.quarters",
        last=formats.money(blended[last]),
        quarter=_quarter(last, texts),
        before=formats.money(blended[before]),
        then=_quarter(before, texts),
    )
    paid = {row["channel"]: NOTHING for row in rows if row["spend"] > 0 and row["new_customers"] > 0}
    for row in rows:
        if row["channel"] in paid:
            paid[row["channel"]] += row["spend"]
    names = sorted(paid, key=lambda channel: (-paid[channel], channel))[: MOST_LINES - 1]
    place = {quarter: float(number) for number, quarter in enumerate(quarters)}

    def cost(quarter: date, channel: str) -> Decimal | None:
        row = found.get((quarter, channel))
        if row is None or row["spend"] <= 0 or not row["new_customers"]:
            return None
        return (row["spend"] / int(row["new_customers"])).quantize(CENT)

    series = []
    for number, channel in enumerate(names):
        name = sentences.channel(channel)
        points = [
            (place[quarter], float(value), f"{name}, {_quarter(quarter, texts)}\n{formats.money(value)}")
            for quarter in quarters
            if (value := cost(quarter, channel)) is not None
        ]
        series.append(charts.Series(name, points, f"var(--line{number})"))
    everybody = texts.raw("acquisition.everybody")
    points = [
        (place[quarter], float(value), f"{everybody}, {_quarter(quarter, texts)}\n{formats.money(value)}")
        for quarter, value in blended.items()
    ]
    series.append(charts.Series(everybody, points, "var(--ink)", "5 4"))
    labels = [(place[quarter], _quarter(quarter, texts)) for quarter in quarters]
    table = [
        [
            _quarter(quarter, texts),
            *(formats.exact(cost(quarter, channel)) for channel in names),
            formats.exact(blended.get(quarter)),
        ]
        for quarter in quarters
    ]
    head = [texts.raw("acquisition.quarter_name"), *(sentences.channel(channel) for channel in names), everybody]
    alt = texts.say("acquisition.quarters_alt", quarters=len(quarters), title=title)
    figure = Figure("acquisition-quarters", charts.lines(series, labels, formats.tick), alt, title)
    return figure, Table(texts.raw("acquisition.quarters_caption"), head, table)


def payback(answers: Answers, sentences: Sentences, texts: Texts, formats: Formats) -> tuple[Figure, Table] | None:
    """Contribution less acquisition cost of a customer, by month since the first order, a line a channel."""
    rows = answers["payback"]
    months = sorted({row["months_since"] for row in rows})
    if len(months) < 2:
        return None
    totals = {row["channel"]: row["customers"] for row in rows}
    names = sorted(totals, key=lambda channel: (-totals[channel], channel))[:MOST_LINES]
    net = {
        (row["channel"], row["months_since"]): ((row["contribution"] - row["cost"]) / row["customers"]).quantize(CENT)
        for row in rows
        if row["channel"] in names
    }
    reached = {channel: _for_good(months, [net[channel, month] for month in months]) for channel in names}
    late = [sentences.channel(channel) for channel in names if reached[channel] is None]
    horizon = months[-1]
    slowest = max((month for month in reached.values() if month is not None), default=0)
    if late and len(late) == len(names):
        title = texts.say("acquisition.payback_none", months=horizon)
    elif late:
        title = texts.say("acquisition.payback_late", count=len(late), channels=texts.join(late), months=horizon)
    elif slowest == 0:
        title = texts.raw("acquisition.payback_at_once")
    else:
        slow = [sentences.channel(channel) for channel in names if reached[channel] == slowest]
        title = texts.say("acquisition.payback_slow", count=slowest, channels=texts.join(slow), months=slowest)
    order = sorted(names, key=lambda channel: (-net[channel, horizon], channel))
    series = [
        charts.Series(
            sentences.channel(channel),
            [
                (
                    float(month),
                    float(net[channel, month]),
                    f"{sentences.channel(channel)}, {texts.raw('acquisition.payback_x')} {month}\n"
                    f"{formats.money(net[channel, month])}",
                )
                for month in months
            ],
            f"var(--line{names.index(channel)})",
        )
        for channel in order
    ]
    labels = [(float(month), formats.number(month)) for month in months]
    picture = charts.lines(series, labels, formats.tick, texts.raw("acquisition.payback_x"))
    alt = texts.say("acquisition.payback_alt", channels=len(names), title=title)
    head = [texts.raw("acquisition.payback_x"), *(sentences.channel(channel) for channel in order)]
    table = [[formats.number(month), *(formats.exact(net[channel, month]) for channel in order)] for month in months]
    return (
        Figure("acquisition-payback", picture, alt, title),
        Table(texts.raw("acquisition.payback_caption"), head, table, text_columns=0),
    )


def _for_good(months: Sequence[int], net: Sequence[Decimal]) -> int | None:
    """The first month from which on nothing is missing; None where something is at the end.

    What was back once can be gone again: goods are returned, parcels and losses follow.
    """
    below = [place for place, amount in enumerate(net) if amount < 0]
    first = below[-1] + 1 if below else 0
    return months[first] if first < len(months) else None


def _quarter(first_month: date, texts: Texts) -> str:
    return texts.say("dates.quarter", quarter=(first_month.month + 2) // 3, year=first_month.year)
