"""The section on lifetime value: what customers will still bring, and how such predictions turned out in the past.

Each picture stands under a sentence of its own, and is drawn only where there is something to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import altair

from orchestration.report import charts
from orchestration.report.formats import Formats
from orchestration.report.lifetime_value_queries import QUERIES
from orchestration.report.palette import SEQUENTIAL_LEVELS
from orchestration.report.parts import Figure, Section, Table
from orchestration.report.queries import Answers, Row, shown
from orchestration.report.texts import Texts

CENT = Decimal("0.01")
NOTHING = Decimal(0)
TENTHS = 10
HALF_WIDTH = Decimal("1.2816")
"""Standard deviations to each side of an 80% interval."""


def section(answers: Answers, texts: Texts, formats: Formats) -> Section | None:
    """The card, or None where nobody has bought; a sentence alone where nothing could be predicted."""
    if not answers["customers"][0]["with_order"]:
        return None
    return _Maker(answers, texts, formats).section()


class _Maker:
    def __init__(self, answers: Answers, texts: Texts, formats: Formats) -> None:
        self.answers = answers
        self.texts = texts
        self.formats = formats
        self.columns = texts.raw("lifetime.columns")

    def section(self) -> Section:
        """All of it."""
        found = self.answers["lifetime"][0]
        topic, queries = self.texts.raw("lifetime.topic"), [shown(name) for name in QUERIES]
        if not found["customers"]:
            return Section("lifetime", topic, self.texts.raw("lifetime.none"), queries=queries)
        makers = (self.calibration, self.tracking, self.alive, self.values, self.equity)
        made = [part for part in (make() for make in makers) if part]
        value = self.formats.money(found["value"])
        key = "lifetime.title_one" if found["customers"] == 1 else "lifetime.title"
        return Section(
            name="lifetime",
            topic=topic,
            title=self.texts.say(key, customers=self.formats.number(found["customers"]), value=value),
            subtitle=self.texts.say(
                "lifetime.subtitle", model=self.model(found["prediction_model"]), currency=self.formats.currency
            ),
            figures=[figure for figure, _ in made],
            notes=self.notes(found),
            tables=[table for _, table in made],
            queries=queries,
        )

    def model(self, candidate: str) -> str:
        """The candidate in words; one of the shop's own settings by its name there."""
        key = f"lifetime.models.{candidate}"
        return str(self.texts.raw(key)) if self.texts.has(key) else self.formats.name(candidate)

    def notes(self, found: Row) -> list[str]:
        """How sure the total is, and why this model."""
        spread = HALF_WIDTH * Decimal(str(found["deviation"] or 0))
        low, high = max(found["value"] - spread, NOTHING), found["value"] + spread
        cuts = found["cuts"]
        times = self.texts.say("lifetime.cuts", count=cuts, cuts=self.formats.number(cuts))
        found_by = self.texts.say("lifetime.won", cuts=times) if cuts else self.texts.raw("lifetime.preferred")
        of_model = [self.texts.raw("lifetime.alive_note")] if found["prediction_model"].startswith("bg_nbd") else []
        return [
            self.texts.say(
                "lifetime.interval",
                low=self.formats.money(low.quantize(CENT)),
                high=self.formats.money(high.quantize(CENT)),
            ),
            found_by,
            *of_model,
        ]

    def calibration(self) -> tuple[Figure, Table] | None:
        """Predicted and actual value a customer, by tenths of what was predicted, all past cuts together."""
        tenths = self.answers["lifetime_calibration"]
        if len(tenths) < 2:
            return None
        texts, formats = self.texts, self.formats
        predicted = sum((row["predicted"] for row in tenths), NOTHING)
        actual = sum((row["actual"] for row in tenths), NOTHING)
        said = {"predicted": formats.money(predicted), "actual": formats.money(actual)}
        top = tenths[-1]
        # A share can be spoken of where the tenth is one, and no other one's loss makes it more than all.
        if top["decile"] == TENTHS and all(row["actual"] >= 0 for row in tenths) and actual > 0:
            title = texts.say("lifetime.calibration_top", share=formats.share(top["actual"] / actual), **said)
        else:
            title = texts.say("lifetime.calibration", **said)
        rows = [
            {
                "tenth": int(row["decile"]),
                "kind": texts.raw(f"lifetime.{kind}"),
                "value": float(row[kind] / row["customers"]),
                "text": formats.money((row[kind] / row["customers"]).quantize(CENT)),
            }
            for row in tenths
            for kind in ("predicted", "actual")
        ]
        table = [
            [
                formats.number(row["decile"]),
                formats.number(row["customers"]),
                formats.exact(row["predicted"]),
                formats.exact(row["actual"]),
            ]
            for row in tenths
        ]
        alt = texts.say("lifetime.calibration_alt", groups=len(tenths), title=title)
        return self.part("calibration", calibration(rows, texts, formats), title, alt, table)

    def tracking(self) -> tuple[Figure, Table] | None:
        """Repeat orders added up by the week: those that came, and those that the fit to the latest cut expects."""
        weeks = self.answers["lifetime_tracking"]
        if len(weeks) < 2:
            return None
        texts, formats = self.texts, self.formats
        last = weeks[-1]
        title = texts.say(
            "lifetime.tracking",
            day=formats.day(last["week_end_on"]),
            cut=formats.day(last["cut_on"]),
            actual=formats.number(last["actual_orders"]),
            predicted=formats.number(last["predicted_orders"]),
        )
        rows = [
            {
                "week": week["week_end_on"].isoformat(),
                "kind": texts.raw(f"lifetime.{kind}"),
                "orders": float(week[f"{kind}_orders"]),
                "day": formats.day(week["week_end_on"]),
                "text": formats.number(week[f"{kind}_orders"]),
            }
            for week in weeks
            for kind in ("predicted", "actual")
        ]
        is_cut_shown = weeks[0]["week_end_on"] <= last["cut_on"]
        table = [
            [
                formats.day(week["week_end_on"]),
                formats.number(week["predicted_orders"]),
                formats.number(week["actual_orders"]),
            ]
            for week in weeks
        ]
        chart = tracking(rows, last["cut_on"] if is_cut_shown else None, texts)
        return self.part("tracking", chart, title, texts.say("lifetime.tracking_alt", title=title), table)

    def alive(self) -> tuple[Figure, Table] | None:
        """The mean probability of being alive by recency and frequency score."""
        cells = self.answers["lifetime_alive"]
        texts, formats = self.texts, self.formats
        if len(cells) < 2:
            return None
        customers = sum(cell["customers"] for cell in cells)
        alive = sum((cell["alive"] for cell in cells), NOTHING)
        title = texts.say("lifetime.alive", customers=formats.number(customers), alive=formats.number(alive))
        rows = [
            {
                "recency": cell["recency_score"],
                "frequency": cell["frequency_score"],
                "level": int(cell["alive"] / cell["customers"] * (SEQUENTIAL_LEVELS - 1) + Decimal("0.5")),
                "alive": formats.share(cell["alive"] / cell["customers"]),
                "customers": formats.number(cell["customers"]),
            }
            for cell in cells
        ]
        table = [[str(row["recency"]), str(row["frequency"]), row["customers"], row["alive"]] for row in rows]
        alt = texts.say("lifetime.alive_alt", title=title)
        return self.part("alive", alive_grid(rows, texts), title, alt, table)

    def values(self) -> tuple[Figure, Table] | None:
        """How many customers are expected to bring how much in the next 365 days."""
        bands = self.answers["lifetime_values"]
        if len(bands) < 2:
            return None
        texts, formats = self.texts, self.formats
        title = texts.say("lifetime.values", median=formats.money(_cents(bands[0]["median"])))
        rows = [
            {
                "label": self.band(band["edge"], band["next_edge"]),
                "customers": float(band["customers"]),
                "text": formats.number(band["customers"]),
            }
            for band in bands
        ]
        table = [[row["label"], row["text"]] for row in rows]
        alt = texts.say("lifetime.values_alt", title=title)
        return self.part("values", values(rows, texts), title, alt, table, text_columns=1)

    def band(self, low: Decimal, high: Decimal | None) -> str:
        """A band of value in words."""
        if not low and high is not None:
            return self.texts.say("lifetime.values_none", edge=self.formats.money(high))
        return self.texts.say("lifetime.values_band", low=self.formats.money(low), high=self.formats.money(high))

    def equity(self) -> tuple[Figure, Table] | None:
        """What customers had brought and were expected to bring at the end of each month."""
        months = self.answers["lifetime_equity"]
        if len(months) < 2:
            return None
        texts, formats = self.texts, self.formats
        first, last = months[0], months[-1]
        change = last["customer_equity"] - first["customer_equity"]
        case = "risen" if change > 0 else "fallen" if change < 0 else "same"
        title = texts.say(
            f"lifetime.equity_{case}",
            before=formats.money(first["customer_equity"]),
            after=formats.money(last["customer_equity"]),
            month=formats.month(first["month"]),
        )
        rows = [
            {
                "month": f"{month['month']:%Y-%m}",
                "kind": texts.raw(f"lifetime.{kind}"),
                "value": float(month[column]),
                "text": formats.money(month[column]),
                "place": place,
            }
            for month in months
            for place, (kind, column) in enumerate((("past", "past_value"), ("future", "predicted_value")))
        ]
        columns = (
            "past_value", "predicted_value", "customer_equity", "won_value", "grown_value", "lost_value",
        )  # fmt: skip
        table = [[f"{month['month']:%Y-%m}", *(formats.exact(month[column]) for column in columns)] for month in months]
        alt = texts.say("lifetime.equity_alt", months=len(months), title=title)
        return self.part("equity", equity(rows, texts, formats), title, alt, table)

    def part(
        self,
        name: str,
        chart: altair.LayerChart,
        title: str,
        alt: str,
        rows: list[list[str]],
        text_columns: int = 0,
    ) -> tuple[Figure, Table]:
        """A picture under its sentence, and the table behind it."""
        figure = Figure(f"lifetime-{name}", chart, charts.picture(f"lifetime-{name}", chart, self.formats), alt, title)
        head = [self.columns[column] for column in HEADS[name]]
        return figure, Table(self.texts.raw(f"lifetime.tables.{name}"), head, rows, text_columns)


HEADS = {
    "calibration": ("decile", "customers", "predicted", "actual"),
    "tracking": ("week", "predicted", "actual"),
    "alive": ("recency", "frequency", "customers", "alive"),
    "values": ("band", "customers"),
    "equity": ("month", "past", "future", "equity", "won", "grown", "lost"),
}
"""The columns of each table."""


def calibration(rows: Sequence[Row], texts: Texts, formats: Formats) -> altair.LayerChart:
    """Bars of what came, and a line of what was predicted, for each customer of a tenth."""
    base = altair.Chart(altair.InlineData(values=list(rows)))
    x = altair.X(
        "tenth:O",
        axis=altair.Axis(title=texts.raw("lifetime.calibration_x"), labelAngle=0, ticks=False, domain=False),
    )
    largest = max(abs(row["value"]) for row in rows)
    y = altair.Y("value:Q", axis=charts.money_axis(largest, formats))
    is_actual = altair.FieldEqualPredicate(field="kind", equal=texts.raw("lifetime.actual"))
    is_predicted = altair.FieldEqualPredicate(field="kind", equal=texts.raw("lifetime.predicted"))
    colour = _colours([texts.raw("lifetime.actual"), texts.raw("lifetime.predicted")], ["var(--bar)", "var(--gain)"])
    tooltip = [
        altair.Tooltip("tenth:O", title=texts.raw("lifetime.columns.decile")),
        altair.Tooltip("kind:N", title=" "),
        altair.Tooltip("text:N", title="  "),
    ]
    bars = base.transform_filter(is_actual).mark_bar(cornerRadius=1.5).encode(x=x, y=y, color=colour, tooltip=tooltip)
    line = base.transform_filter(is_predicted).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour)
    points = (
        base.transform_filter(is_predicted)
        .mark_point(filled=True, size=60, opacity=1)
        .encode(x=x, y=y, color=colour, tooltip=tooltip)
    )
    return altair.layer(bars, line, points).properties(height=260)


def tracking(rows: Sequence[Row], cut_on: date | None, texts: Texts) -> altair.LayerChart:
    """Two lines by the week, and a rule at the last day that the fit knew."""
    base = altair.Chart(altair.InlineData(values=list(rows)))
    x = altair.X("week:T", axis=altair.Axis(title=None, grid=False, tickCount=6, format="%Y-%m", labelOverlap=True))
    y = altair.Y("orders:Q", axis=altair.Axis(title=None, domain=False, ticks=False, tickCount=5, format="~s"))
    names = [texts.raw("lifetime.actual"), texts.raw("lifetime.predicted")]
    colour = _colours(names, ["var(--ink)", "var(--gain)"])
    dashes = altair.StrokeDash("kind:N", scale=altair.Scale(domain=names, range=[[1, 0], [6, 4]]), legend=None)
    lines = base.mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour, strokeDash=dashes)
    targets = base.mark_point(filled=True, size=120, opacity=0).encode(
        x=x,
        y=y,
        tooltip=[
            altair.Tooltip("day:N", title=texts.raw("lifetime.columns.week")),
            altair.Tooltip("kind:N", title=" "),
            altair.Tooltip("text:N", title="  "),
        ],
    )
    layers = [lines, targets]
    if cut_on:
        row = {"cut": cut_on.isoformat(), "label": texts.raw("lifetime.tracking_cut")}
        cut = altair.Chart(altair.InlineData(values=[row])).encode(x="cut:T")
        layers += [
            cut.mark_rule(color="var(--muted)", strokeDash=[3, 3]),
            cut.mark_text(align="right", dx=-6, baseline="top", color="var(--muted)").encode(
                y=altair.value(2), text="label:N"
            ),
        ]
    return altair.layer(*layers).properties(height=260)


def alive_grid(rows: Sequence[Row], texts: Texts) -> altair.LayerChart:
    """Recency score by frequency score; colour and first line are the probability, second line the customers."""
    levels = list(range(SEQUENTIAL_LEVELS))
    axis = {"labelAngle": 0, "ticks": False, "domain": False, "labelPadding": 6}
    frequencies = sorted({row["frequency"] for row in rows})
    recencies = sorted({row["recency"] for row in rows}, reverse=True)
    base = altair.Chart(altair.InlineData(values=list(rows))).encode(
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

    def by_level(variable: str) -> altair.Color:
        colours = [f"var(--{variable}{level})" for level in levels]
        return altair.Color("level:O", scale=altair.Scale(domain=levels, range=colours), legend=None)

    fields = ("recency", "frequency", "customers", "alive")
    boxes = base.mark_rect(cornerRadius=3).encode(
        color=by_level("s"),
        tooltip=[altair.Tooltip(f"{field}:N", title=texts.raw(f"lifetime.columns.{field}")) for field in fields],
    )
    shares = base.mark_text(dy=-7, fontSize=13, fontWeight=600).encode(text="alive:N", color=by_level("on-s"))
    counts = base.mark_text(dy=10, fontSize=11).encode(text="customers:N", color=by_level("on-s"))
    return altair.layer(boxes, shares, counts).resolve_scale(color="independent").properties(height=260)


def values(rows: Sequence[Row], texts: Texts) -> altair.LayerChart:
    """A bar of customers for each band of value, the least first."""
    high = max(row["customers"] for row in rows)
    scale = altair.Scale(domain=[0, high * (1 + charts.MARGIN_OF_LABELS)], nice=False)
    base = altair.Chart(altair.InlineData(values=list(rows))).encode(
        y=altair.Y(
            "label:N",
            sort=None,
            scale=altair.Scale(paddingInner=0.3, paddingOuter=0.15),
            axis=altair.Axis(title=None, ticks=False, domain=False, labelPadding=8, labelLimit=150),
        ),
        x=altair.X("customers:Q", scale=scale, axis=None),
    )
    bars = base.mark_bar(cornerRadius=1.5, color="var(--gain)").encode(
        tooltip=[
            altair.Tooltip("label:N", title=texts.raw("lifetime.columns.band")),
            altair.Tooltip("text:N", title=texts.raw("lifetime.columns.customers")),
        ]
    )
    words = base.mark_text(align="left", dx=6, color="var(--ink)").encode(text="text:N")
    return altair.layer(bars, words).properties(height=24 * len(rows))


def equity(rows: Sequence[Row], texts: Texts, formats: Formats) -> altair.LayerChart:
    """Bars by month: what had been brought, and upon it what was expected."""
    largest = max(abs(row["value"]) for row in rows)
    bars = (
        altair.Chart(altair.InlineData(values=list(rows)))
        .mark_bar()
        .encode(
            x=altair.X("month:O", axis=altair.Axis(title=None, labelAngle=0, labelOverlap=True, ticks=False)),
            y=altair.Y("value:Q", axis=charts.money_axis(largest, formats)),
            color=_colours([texts.raw("lifetime.past"), texts.raw("lifetime.future")], ["var(--bar)", "var(--gain)"]),
            order="place:Q",
            tooltip=[
                altair.Tooltip("month:O", title=texts.raw("lifetime.columns.month")),
                altair.Tooltip("kind:N", title=" "),
                altair.Tooltip("text:N", title="  "),
            ],
        )
    )
    return altair.layer(bars).properties(height=260)


def _colours(names: list[str], colours: list[str]) -> altair.Color:
    """The colours of two kinds, told in a line above the picture."""
    legend = altair.Legend(title=None, orient="top", labelColor="var(--muted)", labelFontSize=12, symbolStrokeWidth=2)
    return altair.Color("kind:N", scale=altair.Scale(domain=names, range=colours), legend=legend)


def _cents(value: object) -> Decimal:
    return Decimal(str(value or 0)).quantize(CENT)
