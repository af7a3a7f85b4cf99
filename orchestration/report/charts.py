"""Altair specifications of the charts: small, aggregated rows inside, every label written by `formats`.

Colours are CSS variables (see `palette`). A chart takes the width of its box on the page (`"container"`) and a fixed
one in the static edition; `specification` gives the first and `picture` the second, from the same chart.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import altair
import vl_convert

from orchestration.report.formats import Formats
from orchestration.report.palette import DIVERGING_LEVELS
from orchestration.report.queries import Row
from orchestration.report.texts import Texts

Specification = dict[str, Any]

FONT = "Inter, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, 'Noto Sans', sans-serif"
PICTURE_WIDTH = 500
# Room to the right of the longest bar for what it says, as a share of the bars: enough on a telephone.
MARGIN_OF_LABELS = 0.32


def whale_curve(curve: Sequence[Row], texts: Texts, formats: Formats) -> altair.LayerChart:
    """Cumulative profit over customer percentiles, with the peak and the end marked."""
    columns = texts.raw("whale.columns")
    rows = [
        {
            "percentile": row["customer_percentile"],
            "profit": float(row["cumulative_profit"]),
            columns["percentile"]: formats.number(row["customer_percentile"]),
            columns["count"]: formats.number(row["customer_count"]),
            columns["cumulative"]: formats.money(row["cumulative_profit"]),
        }
        for row in curve
    ]
    peak = next((row for row, source in zip(rows, curve, strict=True) if source["is_peak"]), None)
    end = rows[-1]
    profits = [row["profit"] for row in rows]
    low, high = min(0.0, *profits), max(0.0, *profits)
    # Room for the words above the peak, and below the end where the curve falls below zero.
    padding = (high - low) * 0.12
    scale = altair.Scale(domain=[low - (padding if low < 0 else 0), high + (padding if high > 0 else 0)], nice=False)
    tooltip = [altair.Tooltip(f"{columns[name]}:N") for name in ("percentile", "count", "cumulative")]
    base = altair.Chart(_data(rows)).encode(
        x=altair.X(
            "percentile:Q",
            scale=altair.Scale(domain=[0, 100], nice=False),
            axis=altair.Axis(title=texts.raw("whale.x"), grid=False, tickCount=5),
        ),
    )
    profit = altair.Y("profit:Q", scale=scale, axis=money_axis(max(abs(low), abs(high)), formats))
    # Of fewer customers than percentiles each is a step, and a slope between two steps would be nobody.
    shape = "step-before" if curve[-1]["customer_count"] < 100 else "linear"
    area = base.mark_area(color="var(--gain-soft)", interpolate=shape).encode(y=profit, y2=altair.datum(0))
    line = base.mark_line(color="var(--gain)", strokeWidth=2.5, interpolate=shape).encode(y=profit)
    zero = _rule(0.0, scale, "var(--strong-line)")
    # Wide invisible bars are what a pointer or a finger meets; the line alone is too thin.
    targets = base.mark_bar(opacity=0, size=8).encode(y=altair.value(0), y2=altair.value("height"), tooltip=tooltip)
    layers = [area, zero, line]
    if end["profit"] != 0:
        layers.append(_rule(end["profit"], scale, "var(--muted)", dashes=[3, 3]))
        # Under its line, where the curve has come down from above; over it where the curve ends at its highest.
        is_highest = end["profit"] > 0 and end["profit"] >= high
        label = texts.say("whale.end", total=formats.money(curve[-1]["cumulative_profit"]))
        layers.append(
            altair.Chart(_data([{**end, "label": label}]))
            .mark_text(
                align="right",
                baseline="bottom" if is_highest else "top",
                dx=-6,
                dy=-6 if is_highest else 7,
                color="var(--ink)",
            )
            .encode(x="percentile:Q", y=profit, text="label:N")
        )
    if peak and peak["profit"] > 0 and peak["percentile"] < 100:
        marked = altair.Chart(_data([{**peak, "label": texts.raw("whale.peak")}])).encode(x="percentile:Q", y=profit)
        layers.append(marked.mark_point(filled=True, size=70, color="var(--gain)", opacity=1))
        align = "left" if peak["percentile"] < 15 else "right" if peak["percentile"] > 85 else "center"
        layers.append(
            marked.mark_text(dy=-12, align=align, fontWeight="bold", color="var(--ink)").encode(text="label:N")
        )
    layers.append(targets)
    return altair.layer(*layers).properties(height=330)


def waterfall(steps: Sequence[Row], formats: Formats) -> altair.LayerChart:
    """Steps from gross sales to net profit.

    A step is {label, kind: "subtotal" | "cost" | "gain", begin, end, amount}: `begin` and `end` place the bar,
    `amount` is what it says.
    """
    rows = [
        {
            "label": step["label"],
            "kind": "negative" if step["kind"] == "subtotal" and step["end"] < 0 else step["kind"],
            "begin": float(step["begin"]),
            "end": float(step["end"]),
            "right": float(max(step["begin"], step["end"])),
            "text": formats.money(step["amount"]),
        }
        for step in steps
    ]
    low = min(0.0, *(min(row["begin"], row["end"]) for row in rows))
    high = max(0.0, *(row["right"] for row in rows))
    scale = altair.Scale(domain=[low, high + (high - low) * MARGIN_OF_LABELS], nice=False)
    subtotals = json.dumps([step["label"] for step in steps if step["kind"] == "subtotal"])
    is_subtotal = f"indexof({subtotals}, datum.value) >= 0"
    weight = {"condition": {"test": is_subtotal, "value": "bold"}, "value": "normal"}
    colour = {"condition": {"test": is_subtotal, "value": "var(--ink)"}, "value": "var(--muted)"}
    base = altair.Chart(_data(rows)).encode(
        y=altair.Y(
            "label:N",
            sort=None,
            scale=altair.Scale(paddingInner=0.28, paddingOuter=0.1),
            axis=altair.Axis(
                title=None,
                ticks=False,
                domain=False,
                labelPadding=8,
                labelLimit=150,
                labelFontWeight=weight,
                labelColor=colour,
            ),
        ),
    )
    bars = base.mark_bar(cornerRadius=1.5).encode(
        x=altair.X("begin:Q", scale=scale, axis=None),
        x2="end:Q",
        color=altair.Color(
            "kind:N",
            scale=altair.Scale(
                domain=["subtotal", "negative", "cost", "gain"],
                range=["var(--gain)", "var(--loss)", "var(--cost)", "var(--bar)"],
            ),
            legend=None,
        ),
        tooltip=[altair.Tooltip("label:N", title=" "), altair.Tooltip("text:N", title="  ")],
    )
    words = base.mark_text(align="left", dx=6, color="var(--ink)").encode(
        x=altair.X("right:Q", scale=scale, axis=None), text="text:N"
    )
    zero = (
        altair.Chart(_data([{"zero": 0}]))
        .mark_rule(color="var(--strong-line)")
        .encode(x=altair.X("zero:Q", scale=scale, axis=None))
    )
    return altair.layer(zero, bars, words).properties(height=27 * len(rows))


def rfm_grid(cells: Sequence[Row], texts: Texts, formats: Formats) -> altair.LayerChart:
    """Recency score by frequency score; colour and first line are the average net profit, second line the customers."""
    columns = texts.raw("rfm.columns")
    largest = max(abs(cell["average_net_profit"]) for cell in cells)
    rows = [
        {
            "recency": cell["recency_score"],
            "frequency": cell["frequency_score"],
            "level": diverging_level(cell["average_net_profit"], largest),
            "average": formats.money(cell["average_net_profit"]),
            "customers": formats.number(cell["customers"]),
            "profit": formats.money(cell["net_profit"]),
        }
        for cell in cells
    ]
    levels = list(range(DIVERGING_LEVELS))
    frequencies = sorted({row["frequency"] for row in rows})
    recencies = sorted({row["recency"] for row in rows}, reverse=True)
    axis = {"labelAngle": 0, "ticks": False, "domain": False, "labelPadding": 6}
    base = altair.Chart(_data(rows)).encode(
        x=altair.X(
            "frequency:O",
            scale=altair.Scale(domain=frequencies, padding=0.03),
            axis=altair.Axis(title=texts.raw("rfm.x"), **axis),
        ),
        y=altair.Y(
            "recency:O",
            scale=altair.Scale(domain=recencies, padding=0.03),
            axis=altair.Axis(title=texts.raw("rfm.y"), **axis),
        ),
    )
    fields = ("recency", "frequency", "average", "customers", "profit")
    boxes = base.mark_rect(cornerRadius=3).encode(
        color=altair.Color(
            "level:O", scale=altair.Scale(domain=levels, range=[f"var(--d{level})" for level in levels]), legend=None
        ),
        tooltip=[altair.Tooltip(f"{field}:N", title=columns[field]) for field in fields],
    )
    ink = altair.Color(
        "level:O", scale=altair.Scale(domain=levels, range=[f"var(--on-d{level})" for level in levels]), legend=None
    )
    averages = base.mark_text(dy=-7, fontSize=13, fontWeight=600).encode(text="average:N", color=ink)
    counts = base.mark_text(dy=10, fontSize=11).encode(text="customers:N", color=ink)
    layers = altair.layer(boxes, averages, counts).resolve_scale(color="independent")
    return layers.properties(height=300)


def diverging_level(value: Decimal, largest: Decimal) -> int:
    """Step 0–10 of the diverging colours for a value between −largest and largest; 5 is zero and only zero.

    By square root: one excellent cell would otherwise leave all others pale.
    """
    middle = DIVERGING_LEVELS // 2
    if not value or not largest:
        return middle
    size = math.ceil(math.sqrt(abs(value) / largest) * middle)
    return middle + min(max(size, 1), middle) * (1 if value > 0 else -1)


def acquisition_costs(channels: Sequence[Row], average: Decimal, texts: Texts, formats: Formats) -> altair.LayerChart:
    """Spend per new customer by channel, dearest first: rows {label, cost, text}; a rule at the average of all."""
    rows = [{**row, "cost": float(row["cost"])} for row in channels]
    high = max(*(row["cost"] for row in rows), float(average), 0.0)
    scale = altair.Scale(domain=[0, high * (1 + MARGIN_OF_LABELS)], nice=False)
    base = altair.Chart(_data(rows)).encode(
        y=altair.Y(
            "label:N",
            sort=None,
            scale=altair.Scale(paddingInner=0.3, paddingOuter=0.15),
            axis=altair.Axis(title=None, ticks=False, domain=False, labelPadding=8, labelLimit=150),
        )
    )
    bars = base.mark_bar(cornerRadius=1.5, color="var(--gain)").encode(
        x=altair.X("cost:Q", scale=scale, axis=None),
        tooltip=[
            altair.Tooltip("label:N", title=texts.raw("acquisition.columns.channel")),
            altair.Tooltip("text:N", title=texts.raw("acquisition.columns.cost")),
        ],
    )
    words = base.mark_text(align="left", dx=6, color="var(--ink)").encode(
        x=altair.X("cost:Q", scale=scale, axis=None), text="text:N"
    )
    label = texts.say("acquisition.average", cost=formats.money(average))
    rule = altair.Chart(_data([{"average": float(average), "label": label}])).encode(
        x=altair.X("average:Q", scale=scale, axis=None)
    )
    right = float(average) > high * 0.6
    layers = [
        bars,
        rule.mark_rule(color="var(--ink)", strokeDash=[3, 3]),
        rule.mark_text(
            align="right" if right else "left", dx=-5 if right else 5, baseline="bottom", color="var(--muted)"
        ).encode(y=altair.value(-4), text="label:N"),
        words,
    ]
    return altair.layer(*layers).properties(height=34 * len(rows))


def specification(chart: altair.LayerChart) -> Specification:
    """The chart for the page, as wide as its box, compiled to Vega: that halves the time the page takes to draw."""
    compiled: Specification = vl_convert.vegalite_to_vega(_finished(chart, "container"))
    return compiled


def picture(name: str, chart: altair.LayerChart, formats: Formats) -> str:
    """The chart as SVG, for the static edition and for readers without scripts; colours stay CSS variables.

    Ids inside it start with `name`, so that several pictures can stand in one page.
    """
    svg = vl_convert.vegalite_to_svg(_finished(chart, PICTURE_WIDTH), format_locale=formats.axis_locale())
    # Vega counts its clip paths over the life of the process: the same chart would come out with another number.
    found = {number: place for place, number in enumerate(dict.fromkeys(re.findall(r'id="clip(\d+)"', svg)))}
    return re.sub(r'(id="|url\(#)clip(\d+)', lambda match: f"{match[1]}{name}-clip{found[match[2]]}", svg)


def _finished(chart: altair.LayerChart, width: int | str) -> Specification:
    whole = chart.properties(width=width, autosize=altair.AutoSizeParams(type="fit-x", contains="padding"))
    specification: Specification = whole.configure(
        background="transparent",
        font=FONT,
        aria=False,
        view=altair.ViewConfig(stroke=None),
        axis=altair.AxisConfig(
            labelColor="var(--muted)",
            titleColor="var(--muted)",
            gridColor="var(--line)",
            domainColor="var(--strong-line)",
            tickColor="var(--strong-line)",
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            titlePadding=10,
        ),
        text=altair.MarkConfig(fontSize=12),
    ).to_dict()
    return specification


def _data(rows: list[dict[str, Any]]) -> altair.InlineData:
    return altair.InlineData(values=rows)


def money_axis(largest: float, formats: Formats) -> altair.Axis:
    """d3's short numbers say "m" for a thousandth, "G" for a billion and "0k" for nothing: small amounts are written in
    full, G becomes B and zero stands alone."""
    pattern = "$,.2f" if largest < 10 else "$,.0f" if largest < 10_000 else "$~s"
    zero = json.dumps(formats.money(Decimal(0)), ensure_ascii=False)
    return altair.Axis(
        title=None,
        format=pattern,
        labelExpr=f"datum.value === 0 ? {zero} : replace(datum.label, 'G', 'B')",
        domain=False,
        ticks=False,
        tickCount=6,
        labelPadding=8,
    )


def _rule(position: float, scale: altair.Scale, colour: str, dashes: list[int] | None = None) -> altair.Chart:
    dashed = {"strokeDash": dashes} if dashes else {}
    rows = [{"profit": position}]
    return altair.Chart(_data(rows)).mark_rule(color=colour, **dashed).encode(y=altair.Y("profit:Q", scale=scale))
