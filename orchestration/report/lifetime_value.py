"""The section on lifetime value: what customers will still bring, and how such predictions turned out in the past.

Each picture stands under a sentence of its own, and is drawn only where there is something to compare.
"""

from __future__ import annotations

from decimal import Decimal

from orchestration.report import charts
from orchestration.report.drawing import Picture
from orchestration.report.formats import Formats
from orchestration.report.lifetime_value_queries import QUERIES
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
        legend = [(texts.raw("lifetime.actual"), "var(--bar)"), (texts.raw("lifetime.predicted"), "var(--gain)")]
        places, dots = [], []
        for number, row in enumerate(tenths):
            each = {kind: _cents(row[kind] / row["customers"]) for kind in ("predicted", "actual")}
            tenth = f"{self.columns['decile']} {row['decile']}"
            tip = "\n".join(
                [tenth, *(f"{texts.raw(f'lifetime.{kind}')}: {formats.money(each[kind])}" for kind in each)]
            )
            places.append(charts.Column(str(row["decile"]), [(float(each["actual"]), "var(--bar)", tip)]))
            dots.append((number, float(each["predicted"]), tip))
        line = charts.Series("", dots, "var(--gain)")
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
        picture = charts.columns(places, legend, formats.tick, line, texts.raw("lifetime.calibration_x"))
        return self.part("calibration", picture, title, alt, table)

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
        series = []
        for kind, colour, dash in (("actual", "var(--ink)", ""), ("predicted", "var(--gain)", "6 4")):
            points = [
                (
                    float(week["week_end_on"].toordinal()),
                    float(week[f"{kind}_orders"]),
                    f"{formats.day(week['week_end_on'])}\n{texts.raw(f'lifetime.{kind}')}: "
                    f"{formats.number(week[f'{kind}_orders'])}",
                )
                for week in weeks
            ]
            series.append(charts.Series(texts.raw(f"lifetime.{kind}"), points, colour, dash))
        labels = [(float(week["week_end_on"].toordinal()), f"{week['week_end_on']:%Y-%m}") for week in weeks]
        is_cut_shown = weeks[0]["week_end_on"] <= last["cut_on"]
        table = [
            [
                formats.day(week["week_end_on"]),
                formats.number(week["predicted_orders"]),
                formats.number(week["actual_orders"]),
            ]
            for week in weeks
        ]
        marker = (float(last["cut_on"].toordinal()), texts.raw("lifetime.tracking_cut")) if is_cut_shown else None
        picture = charts.lines(series, labels, formats.count_tick, marker=marker)
        return self.part("tracking", picture, title, texts.say("lifetime.tracking_alt", title=title), table)

    def alive(self) -> tuple[Figure, Table] | None:
        """The mean probability of being alive by recency and frequency score."""
        cells = self.answers["lifetime_alive"]
        texts, formats = self.texts, self.formats
        if len(cells) < 2:
            return None
        customers = sum(cell["customers"] for cell in cells)
        alive = sum((cell["alive"] for cell in cells), NOTHING)
        title = texts.say("lifetime.alive", customers=formats.number(customers), alive=formats.number(alive))
        drawn, table = [], []
        for cell in cells:
            share = cell["alive"] / cell["customers"]
            level = charts.sequential_level(share)
            said = [str(cell["recency_score"]), str(cell["frequency_score"])]
            said += [formats.number(cell["customers"]), formats.share(share)]
            tip = "\n".join(f"{self.columns[name]}: {words}" for name, words in zip(HEADS["alive"], said, strict=True))
            recency, frequency, count, alive_share = said
            colours = (f"var(--s{level})", f"var(--on-s{level})")
            drawn.append(charts.Cell(frequency, recency, *colours, alive_share, count, tip))
            table.append(said)
        alt = texts.say("lifetime.alive_alt", title=title)
        return self.part("alive", charts.grid(drawn, texts.raw("rfm.x"), texts.raw("rfm.y")), title, alt, table)

    def values(self) -> tuple[Figure, Table] | None:
        """How many customers are expected to bring how much in the next 365 days."""
        bands = self.answers["lifetime_values"]
        if len(bands) < 2:
            return None
        texts, formats = self.texts, self.formats
        title = texts.say("lifetime.values", median=formats.money(_cents(bands[0]["median"])))
        rows = []
        for band in bands:
            name, count = self.band(band["edge"], band["next_edge"]), formats.number(band["customers"])
            rows.append(charts.Bar(name, float(band["customers"]), count, f"{name}: {count}"))
        table = [[row.label, row.text] for row in rows]
        alt = texts.say("lifetime.values_alt", title=title)
        return self.part("values", charts.bars(rows), title, alt, table, text_columns=1)

    def band(self, low: Decimal, high: Decimal | None) -> str:
        """A band of value in words."""
        if not low and high is not None:
            return self.texts.say("lifetime.values_none", edge=self.formats.tick(float(high)))
        end = self.formats.tick(float(high)) if high is not None else self.formats.money(None)
        return self.texts.say("lifetime.values_band", low=self.formats.tick(float(low)), high=end)

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
        kinds = (("past", "past_value", "var(--bar)"), ("future", "predicted_value", "var(--gain)"))
        places = []
        for month in months:
            tip = "\n".join(
                [
                    formats.month(month["month"]),
                    *(f"{texts.raw(f'lifetime.{kind}')}: {formats.money(month[column])}" for kind, column, _ in kinds),
                ]
            )
            boxes = [(float(month[column]), colour, tip) for _, column, colour in kinds]
            places.append(charts.Column(f"{month['month']:%Y-%m}", boxes))
        legend = [(texts.raw(f"lifetime.{kind}"), colour) for kind, _, colour in kinds]
        columns = (
            "past_value", "predicted_value", "customer_equity", "won_value", "grown_value", "lost_value",
        )  # fmt: skip
        table = [[f"{month['month']:%Y-%m}", *(formats.exact(month[column]) for column in columns)] for month in months]
        alt = texts.say("lifetime.equity_alt", months=len(months), title=title)
        return self.part("equity", charts.columns(places, legend, formats.tick), title, alt, table)

    def part(
        self,
        name: str,
        picture: Picture,
        title: str,
        alt: str,
        rows: list[list[str]],
        text_columns: int = 0,
    ) -> tuple[Figure, Table]:
        """A picture under its sentence, and the table behind it."""
        figure = Figure(f"lifetime-{name}", picture, alt, title)
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


def _cents(value: object) -> Decimal:
    return Decimal(str(value or 0)).quantize(CENT)
