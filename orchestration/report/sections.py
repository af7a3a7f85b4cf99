"""Puts rows, sentences and charts of each section together; a section without data says so or is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from markupsafe import Markup

from orchestration.report import acquisition, charts, lifetime_value, lists, tiers
from orchestration.report.drawing import Picture
from orchestration.report.formats import NO_VALUE, Formats
from orchestration.report.parts import Figure, Section, Table, Tile
from orchestration.report.queries import COHORTS_SHOWN, LINES, Answers, Row, shown
from orchestration.report.sentences import COSTS, SUBTOTALS, Customers, Sentences
from orchestration.report.texts import Texts

REASONS_SHOWN = 12
FAILED_CHECKS_SHOWN = 20
DETAIL_SHOWN = 200
COMPARED = ("net_sales", "contribution_1", "contribution_2", "contribution_3", "net_profit")
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Report:
    """All that the page says."""

    shop: str
    title: str
    facts: str
    headline: list[Markup]
    tiles: list[Tile]
    sections: list[Section]
    standing_queries: list[str]
    run: str
    has_editions: bool = True


def compose(answers: Answers, texts: Texts, formats: Formats) -> Report:
    """The report of one published file."""
    sentences = Sentences(texts, formats)
    maker = _Maker(answers, texts, formats, sentences)
    as_of = answers["as_of"][0] if answers["as_of"] else None
    company = answers["company"][0]
    if company["first_order_month"]:
        span = formats.months(company["first_order_month"], company["last_order_month"])
        orders = texts.say("page.orders", span=span)
    else:
        orders = texts.raw("page.no_orders")
    shop = as_of["shop"] if as_of else ""
    facts = (
        texts.say(
            "page.facts", shop=shop, orders=orders, day=formats.day(as_of["as_of_date"]), currency=formats.currency
        )
        if as_of and as_of["as_of_date"]
        else orders
    )
    makers = (
        *(maker.whale, maker.rfm, maker.money, maker.acquisition, maker.retention),
        *(
            partial(section, answers, texts, formats)
            for section in (lifetime_value.section, tiers.abc, tiers.pyramid, tiers.lifecycle, lists.keep)
        ),
        partial(lists.products, answers, texts, formats),
        maker.quality,
    )
    return Report(
        shop=shop,
        title=texts.say("page.title", shop=shop),
        facts=facts,
        headline=maker.headline(),
        tiles=maker.tiles(),
        sections=[section for section in (make() for make in makers) if section],
        standing_queries=_queries("company", "customers", "owners", "loss_channels"),
        run=texts.say("page.run", run=answers["run"][-1]["run_id"]) if answers["run"] else "",
    )


class _Maker:
    """The sections of one report; each method gives a section, or None where there is nothing to say."""

    def __init__(self, answers: Answers, texts: Texts, formats: Formats, sentences: Sentences) -> None:
        self.answers = answers
        self.texts = texts
        self.formats = formats
        self.sentences = sentences
        self.period = answers["period"][0] if answers["period"] else None
        self.company = answers["company"][0]
        found = answers["customers"][0]
        # Shares are of the customers the curve is drawn over, so that a sentence and the curve say the same.
        curve_count = max((row["customer_count"] for row in answers["whale_curve"]), default=0)
        taking_part = found["with_order"] + found["without_order_but_with_result"]
        self.with_order: int = found["with_order"]
        self.customers = Customers(
            max(curve_count, taking_part), found["earning"], found["losing"], found["earned"], found["lost"]
        )

    def headline(self) -> list[Markup]:
        """Two to four sentences: who earns, who loses, where that comes from, what the company makes."""
        company = self.company
        owners = {row["profit_owner"]: row["net_profit"] for row in self.answers["owners"]}
        whole = self.sentences.company(
            company["net_profit"],
            company["net_sales"],
            owners.get("guests", NOTHING),
            owners.get("erased", NOTHING),
            owners.get("unassigned", NOTHING),
            owners.get("idle", NOTHING),
        )
        if not self.customers.count:
            said = [self.sentences.nobody(company["order_count"])]
            return [*said, whole] if company["net_profit"] else said
        channel = self.sentences.loss_channel(self.answers["loss_channels"], self.customers.losing)
        return [
            sentence for sentence in (self.sentences.customers(self.customers), channel, whole) if sentence is not None
        ]

    def tiles(self) -> list[Tile]:
        """Net sales, net profit, customers, customers at a loss, and the cost of a new one where spend is known."""
        company, customers, formats, texts = self.company, self.customers, self.formats, self.texts
        if not company["order_count"] and not company["net_profit"]:
            return []
        prefix = "recent_" if self.period else ""
        net_sales, net_profit = company[f"{prefix}net_sales"], company[f"{prefix}net_profit"]
        before_sales, before_profit = company["before_net_sales"], company["before_net_profit"]
        is_comparable = self._is_year() and before_sales is not None and before_sales > 0
        sales_notes, profit_notes = [self._when()], [self._when()]
        if is_comparable:
            sales_notes.append(texts.say("tiles.against", change=formats.change(net_sales / before_sales - 1)))
        if net_sales > 0:
            key = "tiles.of_sales_before" if is_comparable else "tiles.of_sales"
            before = formats.share(before_profit / before_sales) if is_comparable else ""
            profit_notes.append(texts.say(key, share=formats.share(net_profit / net_sales), before=before))
        between = texts.raw("list.between")
        tiles = [
            Tile(texts.raw("tiles.net_sales"), formats.money(net_sales), between.join(sales_notes)),
            Tile(
                texts.raw("tiles.net_profit"),
                formats.money(net_profit),
                between.join(profit_notes),
                "loss" if net_profit < 0 else "gain" if net_profit > 0 else "",
            ),
        ]
        if customers.count:
            tiles.append(
                Tile(texts.raw("tiles.customers"), formats.number(self.with_order), texts.raw("tiles.with_order"))
            )
            lost = formats.money(customers.lost)
            note = (
                texts.say("tiles.losing", count=customers.losing, losing=formats.number(customers.losing), lost=lost)
                if customers.losing
                else texts.raw("tiles.nobody")
            )
            share = formats.share(Decimal(customers.losing) / customers.count)
            tiles.append(Tile(texts.raw("tiles.at_a_loss"), share, note, "loss" if customers.losing else ""))
        channels = self._recent_channels()
        spend = sum((row["spend"] for row in channels), NOTHING)
        won = sum(row["new_customers"] for row in channels)
        if spend > 0 and won:
            note = texts.say("tiles.spend", spend=formats.money(spend), customers=formats.number(won))
            cost = formats.money((spend / won).quantize(Decimal("0.01")))
            tiles.append(Tile(texts.raw("tiles.acquisition_cost"), cost, between.join([self._when(), note])))
        return tiles

    def whale(self) -> Section | None:
        """The whale curve, from two customers on of whom one earns or loses."""
        facts, curve, texts = self.customers, self.answers["whale_curve"], self.texts
        if facts.count < 2 or len(curve) < 2 or not facts.earning + facts.losing:
            return None
        title = self.sentences.whale_title(facts, curve)
        columns = texts.raw("whale.columns")
        rows = [
            [
                self.formats.number(row["customer_percentile"]),
                self.formats.number(row["customer_count"]),
                self.formats.exact(row["cumulative_profit"]),
                self.formats.share(row["share_of_total"]),
                self.formats.share(row["share_of_peak"]),
            ]
            for row in curve
        ]
        alt = texts.say("whale.alt", customers=self.formats.number(facts.count), title=title)
        return Section(
            name="whale",
            topic=texts.raw("whale.topic"),
            title=title,
            subtitle=texts.say("whale.subtitle", currency=self.formats.currency),
            figures=[Figure("whale-curve", charts.whale_curve(curve, texts, self.formats), alt)],
            notes=self.sentences.whale_notes(facts),
            tables=[Table(texts.raw("whale.topic"), list(columns.values()), rows, text_columns=0)],
            queries=_queries("whale_curve"),
            is_half=True,
        )

    def money(self) -> Section | None:
        """The statement as waterfalls: in total, and the recent period where that is not the same."""
        lines = {row["statement_line"]: row for row in self.answers["statement"]}
        if not lines or not any(row["is_recorded"] for row in lines.values()):
            return None
        texts, company = self.texts, self.company
        recorded = {line for line, row in lines.items() if row["is_recorded"]}
        total = {line: row["total"] or NOTHING for line, row in lines.items()}
        recent = {line: row["recent"] or NOTHING for line, row in lines.items()}
        first = company["first_order_month"] or (self.period["first_month"] if self.period else None)
        last = company["last_order_month"] or (self.period["last_month"] if self.period else None)
        total_span = self.formats.months(first, last) if first else ""
        months = self.answers["statement_months"]
        total_heading = texts.say("money.total", span=total_span) if total_span else texts.raw("tiles.in_total")
        spans = [(self.formats.month(row["month"]), row) for row in months]
        has_recent = bool(self.period) and recent != total and any(recent.values())
        if has_recent:
            spans.append((self.sentences.span(self.period["recent_from"], self.period["recent_to"]), recent))
        spans.append((total_heading, total))
        drawn = [("recent" if has_recent else "total", spans[-2] if has_recent else spans[-1])]
        is_month_drawn = bool(months) and months[0]["month"] == months[0]["recent_to"] and len(months) > 1
        if is_month_drawn and any(months[0][line] for line in LINES):
            drawn.insert(0, ("month", (self._month_sentence(months), months[0])))
        figures = [
            Figure(
                f"money-{name}",
                charts.waterfall(waterfall_steps(amounts, recorded, self.sentences), self.formats),
                texts.say(
                    "money.alt",
                    gross=self.formats.money(amounts["gross_sales"]),
                    net=self.formats.money(amounts["net_profit"]),
                    span=self.formats.month(months[0]["month"]) if name == "month" else heading,
                ),
                heading,
            )
            for name, (heading, amounts) in drawn
        ]
        head = [texts.raw("money.columns.line")]
        for heading, _ in spans:
            head += [heading, texts.raw("money.columns.share")]
        rows = []
        for line in [line for line in LINES if line in lines]:
            row = [self.sentences.line(line)]
            for _, amounts in spans:
                share = amounts[line] / amounts["net_sales"] if amounts["net_sales"] > 0 else None
                row += [self.formats.exact(amounts[line]), self.formats.share(share)]
            rows.append(row)
        missing = self.sentences.not_recorded([line for line in COSTS if line not in recorded])
        return Section(
            name="money",
            topic=texts.raw("money.topic"),
            title=self.sentences.money_title(
                recent if has_recent else total, self._when_of_title() if has_recent else ""
            ),
            subtitle=texts.say("money.subtitle", currency=self.formats.currency),
            figures=figures,
            notes=[missing] if missing else [],
            open_tables=[self._compared(months)] if is_month_drawn else [],
            tables=[Table(texts.raw("money.topic"), head, rows)],
            queries=_queries("statement", "statement_months"),
        )

    def _month_sentence(self, months: Sequence[Row]) -> str:
        """Net profit of the last complete month, and before it and a year ago, where those months are there."""
        money, month = self.formats.money, self.formats.month
        first, *others = months
        parts = [
            self.texts.say("money.month_other", profit=money(row["net_profit"]), month=month(row["month"]))
            for row in others
        ]
        return self.texts.say(
            "money.month",
            month=month(first["month"]),
            profit=money(first["net_profit"]),
            others=self.texts.join(parts),
        )

    def _compared(self, months: Sequence[Row]) -> Table:
        """Net sales and profits of the last month beside the one before and the one a year ago, with the changes."""
        first, *others = months
        head = [self.texts.raw("money.columns.line"), self.formats.month(first["month"])]
        for other in others:
            head += [self.formats.month(other["month"]), self.texts.raw("money.columns.change")]
        rows = []
        for line in COMPARED:
            row = [self.sentences.line(line), self.formats.exact(first[line])]
            for other in others:
                change = self.formats.change(first[line] / other[line] - 1) if other[line] > 0 else NO_VALUE
                row += [self.formats.exact(other[line]), change]
            rows.append(row)
        return Table(self.texts.say("money.compared", count=len(others)), head, rows)

    def rfm(self) -> Section | None:
        """The grid of recency by frequency, drawn where scores differ."""
        cells, texts = self.answers["rfm"], self.texts
        if not cells:
            return None
        title = self.sentences.rfm_title(cells)
        columns = texts.raw("rfm.columns")
        rows = [
            [
                str(cell["recency_score"]),
                str(cell["frequency_score"]),
                self.formats.number(cell["customers"]),
                self.formats.exact(cell["net_profit"]),
                self.formats.exact(cell["average_net_profit"]),
            ]
            for cell in cells
        ]
        is_drawn = len(cells) > 1
        figures = []
        if is_drawn:
            figures.append(Figure("rfm-grid", self._grid(cells), texts.say("rfm.alt", title=title)))
        return Section(
            name="rfm",
            topic=texts.raw("rfm.topic"),
            title=title,
            subtitle=texts.say("rfm.subtitle", currency=self.formats.currency) if is_drawn else "",
            figures=figures,
            tables=[Table(texts.raw("rfm.topic"), list(columns.values()), rows, text_columns=0)],
            queries=_queries("rfm"),
            is_half=is_drawn,
        )

    def _grid(self, cells: Sequence[Row]) -> Picture:
        """Colour and first line are the average net profit, second line the customers."""
        columns = self.texts.raw("rfm.columns")
        largest = max(abs(cell["average_net_profit"]) for cell in cells)
        drawn = []
        for cell in cells:
            level = charts.diverging_level(cell["average_net_profit"], largest)
            said = {
                "recency": str(cell["recency_score"]),
                "frequency": str(cell["frequency_score"]),
                "average": self.formats.money(cell["average_net_profit"]),
                "customers": self.formats.number(cell["customers"]),
                "profit": self.formats.money(cell["net_profit"]),
            }
            drawn.append(
                charts.Cell(
                    said["frequency"],
                    said["recency"],
                    f"var(--d{level})",
                    f"var(--on-d{level})",
                    said["average"],
                    said["customers"],
                    "\n".join(f"{columns[name]}: {words}" for name, words in said.items()),
                )
            )
        return charts.grid(drawn, self.texts.raw("rfm.x"), self.texts.raw("rfm.y"))

    def retention(self) -> Section | None:
        """The cohort grid: a table that is its own picture, months in part observed left out."""
        cells, texts, formats = self.answers["retention"], self.texts, self.formats
        if not self.with_order:
            return None
        if not cells:
            return Section("retention", texts.raw("retention.topic"), texts.raw("retention.none").rstrip(".。"))
        cohorts = sorted({cell["cohort_month"] for cell in cells})
        months = sorted({cell["months_since"] for cell in cells})
        found = {(cell["cohort_month"], cell["months_since"]): cell for cell in cells}
        averages = {}
        for month in months:
            column = [cell for cell in cells if cell["months_since"] == month]
            averages[month] = Decimal(sum(cell["active_customers"] for cell in column)) / sum(
                cell["cohort_customers"] for cell in column
            )
        highest = max([*averages.values(), *(_rate(cell) for cell in cells)])

        def drawn(rate: Decimal | None) -> Row | None:
            if rate is None:
                return None
            level = charts.sequential_level(rate / highest) if highest else 0
            return {"text": formats.number(rate * 100), "level": level}

        rows = [
            {
                "name": f"{cohort:%Y-%m}",
                "customers": formats.number(
                    next(found[cohort, month]["cohort_customers"] for month in months if (cohort, month) in found)
                ),
                "cells": [drawn(_rate(found[cohort, month]) if (cohort, month) in found else None) for month in months],
            }
            for cohort in cohorts
        ]
        everybody = {
            "name": texts.raw("retention.columns.all"),
            "customers": formats.number(
                sum({cell["cohort_month"]: cell["cohort_customers"] for cell in cells}.values())
            ),
            "cells": [drawn(averages[month]) for month in months],
        }
        is_clipped = len(cohorts) >= COHORTS_SHOWN or months[-1] >= COHORTS_SHOWN
        drawn_parts = [part for part in (self._balance(), self._windows()) if part]
        return Section(
            name="retention",
            topic=texts.raw("retention.topic"),
            title=self.sentences.retention_title(averages),
            subtitle=texts.raw("retention.subtitle"),
            figures=[figure for figure, _ in drawn_parts],
            notes=[texts.say("retention.clipped", cohorts=COHORTS_SHOWN)] if is_clipped else [],
            tables=[table for _, table in drawn_parts],
            queries=_queries("retention", "balance", "windows"),
            kind="retention",
            extra={
                "months": months,
                "rows": rows,
                "all": everybody if len(cohorts) > 1 else None,
                "columns": texts.raw("retention.columns"),
                "caption": texts.raw("retention.caption"),
            },
        )

    def _balance(self) -> tuple[Figure, Table] | None:
        """Who bought in each month: again, after a pause, for the first time; and who of the month before did not."""
        months, texts, formats = self.answers["balance"], self.texts, self.formats
        if len(months) < 2 or sum(month["new_customers"] for month in months) < 2:
            return None
        last = months[-1]
        names = ("retained", "returned", "new", "lapsed")
        said = {name: formats.number(last[f"{name}_customers"]) for name in (*names, "active")}
        count = last["active_customers"]
        key = "retention.balance" if count else "retention.balance_nobody"
        title = texts.say(key, count=count, month=formats.month(last["month"]), **said)
        colours = {"retained": "var(--bar)", "returned": "var(--s4)", "new": "var(--gain)", "lapsed": "var(--cost)"}
        places = []
        for month in months:
            tip = "\n".join(
                [
                    formats.month(month["month"]),
                    *(
                        f"{texts.raw(f'retention.kinds.{name}')}: {formats.number(month[f'{name}_customers'])}"
                        for name in names
                    ),
                ]
            )
            boxes = [
                (float(month[f"{name}_customers"]) * (-1 if name == "lapsed" else 1), colours[name], tip)
                for name in names
            ]
            places.append(charts.Column(f"{month['month']:%Y-%m}", boxes))
        legend = [(texts.raw(f"retention.kinds.{name}"), colours[name]) for name in names]
        picture = charts.columns(places, legend, formats.count_tick, is_count=True)
        columns = ("active_before", "retained_customers", "returned_customers", "new_customers", "active_customers")
        table = [
            [
                f"{month['month']:%Y-%m}",
                *(formats.number(month[column]) for column in (*columns, "lapsed_customers")),
            ]
            for month in months
        ]
        head = list(texts.raw("retention.balance_columns").values())
        alt = texts.say("retention.balance_alt", months=len(months), title=title)
        figure = Figure("retention-balance", picture, alt, title)
        return figure, Table(texts.raw("retention.balance_caption"), head, table)

    def _windows(self) -> tuple[Figure, Table] | None:
        """Who of those whose window is over came back within it: 30, 60, 90, 180 and 365 days."""
        windows, texts, formats = self.answers["windows"], self.texts, self.formats
        if len(windows) < 2 or not any(row["repeated"] for row in windows):
            return None
        rows, table = [], []
        for row in windows:
            days, share = formats.number(row["window_days"]), Decimal(row["repeated"]) / row["observed"]
            name = texts.say("retention.windows_label", days=days)
            rows.append(charts.Bar(name, float(share), formats.share(share), f"{name}: {formats.share(share)}"))
            counts = [formats.number(row["observed"]), formats.number(row["repeated"])]
            table.append([name, *counts, formats.share(share)])
        last = windows[-1]
        title = texts.say("retention.windows", share=table[-1][-1], days=formats.number(last["window_days"]))
        alt = texts.say("retention.windows_alt", windows=len(windows), title=title)
        head = list(texts.raw("retention.windows_columns").values())
        figure = Figure("retention-windows", charts.bars(rows), alt, title)
        return figure, Table(texts.raw("retention.windows_caption"), head, table)

    def acquisition(self) -> Section | None:
        """Cost of a new customer by channel, over time, and until it has come back."""
        return acquisition.section(self.answers, self._recent_channels(), self._span(), self.texts, self.formats)

    def quality(self) -> Section:
        """What became of the rows handed in, why some were refused, and whether the checks passed."""
        texts, formats = self.texts, self.formats
        by_table: dict[str, dict[str, int]] = {}
        for row in self.answers["input_fates"]:
            by_table.setdefault(row["table_name"], {})[row["fate"]] = int(row["row_count"])
        fates: dict[str, int] = {}
        for counts in by_table.values():
            for fate, count in counts.items():
                fates[fate] = fates.get(fate, 0) + count
        known = [fate for fate in texts.raw("quality.fates") if fate in fates]
        columns_shown = known + sorted(set(fates) - set(known))
        latest = {row["table_name"]: row["latest_event_on"] for row in self.answers["freshness"]}
        columns = texts.raw("quality.columns")
        names = [
            texts.raw(f"quality.fates.{fate}") if texts.has(f"quality.fates.{fate}") else formats.name(fate)
            for fate in columns_shown
        ]
        rows = []
        for table in sorted(by_table):
            counts = by_table[table]
            rows.append(
                [
                    formats.name(table),
                    formats.number(sum(counts.values())),
                    *(formats.number(counts.get(fate, 0)) for fate in columns_shown),
                    formats.day(latest.get(table)),
                ]
            )
        tables = []
        if rows:
            tables.append(
                Table(
                    texts.raw("quality.caption"), [columns["table"], columns["rows"], *names, columns["latest"]], rows
                )
            )
        absent = sorted(formats.name(table) for table in latest if table not in by_table)
        notes = [texts.say("quality.absent", tables=texts.join(absent))] if absent and rows else []
        reasons = self.answers["quarantine"]
        if reasons:
            tables.append(self._reasons(reasons))
        queries = ["input_fates", "freshness", "quarantine"]
        if self.answers["checks"]:
            notes.append(self.sentences.checks(self.answers["checks"]))
            tables += self._checks()
            queries += ["checks", "failed_checks"]
        return Section(
            name="quality",
            topic=texts.raw("quality.topic"),
            title=self.sentences.quality_title(fates),
            subtitle=texts.raw("quality.subtitle") if rows else "",
            notes=notes,
            queries=_queries(*queries),
            kind="tables",
            extra=tables,
        )

    def _reasons(self, reasons: Sequence[Row]) -> Table:
        columns = self.texts.raw("quality.reason_columns")
        rows = [
            [
                self.formats.name(row["table_name"]),
                row["reason"],
                self.texts.say("quality.example", file=row["example_file"], row=row["example_row"])
                if row["example_file"]
                else self.formats.money(None),
                self.formats.number(row["row_count"]),
                self.formats.exact(row["money"]),
            ]
            for row in reasons[:REASONS_SHOWN]
        ]
        head = [columns[name] for name in ("table", "reason", "example", "rows", "money")]
        return Table(self._caption("reasons", len(reasons), REASONS_SHOWN), head, rows, text_columns=3)

    def _checks(self) -> list[Table]:
        columns = self.texts.raw("quality.check_columns")
        rows = [
            [
                self._stage(row["stage"]),
                self.formats.number(row["checks"]),
                self.formats.number(row["passed"]),
                self.formats.number(row["checks"] - row["passed"]),
            ]
            for row in self.answers["checks"]
        ]
        head = [columns[name] for name in ("stage", "checks", "passed", "failed")]
        tables = [Table(self.texts.raw("quality.checks"), head, rows)]
        first = self.answers["failed_checks"][:FAILED_CHECKS_SHOWN]
        if first:
            has_detail = any(row["detail"] for row in first)
            names = ["expectation", "suite", "stage", *(["detail"] if has_detail else []), "critical", "unexpected"]
            failed = []
            for row in first:
                texts = {
                    "expectation": row["expectation"],
                    "suite": self.formats.name(row["suite"]),
                    "stage": self._stage(row["stage"]),
                    "detail": _shortened(row["detail"] or ""),
                    "critical": self.texts.raw(f"quality.is_critical.{str(bool(row['is_critical'])).lower()}"),
                    "unexpected": self.formats.number(row["unexpected_count"]),
                }
                failed.append([texts[name] for name in names])
            head = [columns[name] for name in names]
            caption = self._caption("failed", len(self.answers["failed_checks"]), FAILED_CHECKS_SHOWN)
            tables.append(Table(caption, head, failed, text_columns=len(names) - 1))
        return tables

    def _caption(self, name: str, count: int, shown_count: int) -> str:
        if count <= shown_count:
            return str(self.texts.raw(f"quality.{name}"))
        return self.texts.say(f"quality.{name}_more", shown=shown_count, all=self.formats.number(count))

    def _stage(self, stage: str) -> str:
        key = f"quality.stages.{stage}"
        return str(self.texts.raw(key)) if self.texts.has(key) else self.formats.name(stage)

    def _recent_channels(self) -> list[Row]:
        part = "recent" if self.period else "total"
        return [
            {
                "channel": row["channel"],
                "spend": row[f"{part}_spend"],
                "new_customers": int(row[f"{part}_new_customers"]),
            }
            for row in self.answers["acquisition"]
        ]

    def _is_year(self) -> bool:
        period = self.period
        return bool(period) and (
            (period["recent_to"].year - period["recent_from"].year) * 12
            + period["recent_to"].month
            - period["recent_from"].month
            == 11
        )

    def _when(self) -> str:
        if not self.period:
            return str(self.texts.raw("tiles.in_total"))
        if self._is_year():
            return str(self.texts.raw("tiles.last_12_months"))
        return self.texts.say("tiles.since", month=self.formats.month(self.period["recent_from"]))

    def _when_of_title(self) -> str:
        if self._is_year():
            return str(self.texts.raw("money.when_year"))
        return self.texts.say("money.when_since", month=self.formats.month(self.period["recent_from"]))

    def _span(self) -> str:
        if not self.period:
            return str(self.texts.raw("tiles.in_total"))
        return self.sentences.span(self.period["recent_from"], self.period["recent_to"])


def waterfall_steps(amounts: Mapping[str, Decimal], recorded: set[str], sentences: Sentences) -> list[Row]:
    """Bars of a waterfall: lines never recorded are left out, and subtotals that repeat the one before them."""
    steps: list[Row] = []
    running = NOTHING
    has_moved = True
    for line in LINES:
        amount = amounts[line]
        if line in SUBTOTALS:
            if has_moved or line == "net_profit":
                label = sentences.line(line)
                step = {"label": label, "kind": "subtotal", "begin": NOTHING, "end": amount, "amount": amount}
                if not has_moved and len(steps) > 1:
                    # Net profit is the bar a reader looks for: it takes the place of the equal subtotal above it.
                    steps.pop()
                steps.append(step)
            running, has_moved = amount, False
        elif line in recorded:
            kind = "cost" if amount >= 0 else "gain"
            end = running - amount
            label = sentences.line(line)
            steps.append({"label": label, "kind": kind, "begin": running, "end": end, "amount": -amount})
            running, has_moved = end, True
    return steps


def _queries(*names: str) -> list[str]:
    return [shown(name) for name in names]


def _shortened(text: str) -> str:
    return text if len(text) <= DETAIL_SHOWN else text[: DETAIL_SHOWN - 1].rstrip() + "…"


def _rate(cell: Row) -> Decimal:
    return Decimal(cell["active_customers"]) / cell["cohort_customers"]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
