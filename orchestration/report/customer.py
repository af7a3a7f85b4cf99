"""The sheet of one customer: what they brought, order by order, where they stand, why, and what to do.

The same sections are a page (`page`) and, for a terminal, lines of text (`as_text`).
"""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path

from markupsafe import Markup

from orchestration.report import charts, lists, queries
from orchestration.report.customer_queries import SPANS, customer_queries, similar_query
from orchestration.report.formats import NO_VALUE, Formats
from orchestration.report.parts import Figure, Section, Table, Tile
from orchestration.report.queries import LINES, Answers, ReportError, Row
from orchestration.report.sections import Report, waterfall_steps
from orchestration.report.sentences import Sentences
from orchestration.report.texts import Texts

NOTHING = Decimal(0)
ORDERS_DRAWN = 36
SCORE_PARTS = ("current", "future", "credit", "loyalty", "growth")


class NobodyError(ReportError):
    """There is no customer of that id; the message says which are like it."""


def sheet(marts: Path, customer_id: str, language: str = "en", locale: str | None = None) -> Report:
    """The sheet of a customer of a published file. Raises NobodyError where there is none of that id."""
    asked = customer_queries(customer_id)
    answers = queries.read(marts, asked)
    if not answers["customer"]:
        raise NobodyError(_nobody(marts, customer_id))
    texts = Texts(language)
    as_of = answers["as_of"][0]
    formats = Formats(texts, as_of["reporting_currency"], locale)
    maker = _Maker(answers, asked, texts, formats)
    made = (maker.what_to_do(), maker.statement(), maker.orders(), maker.value(), maker.segments())
    return Report(
        shop=as_of["shop"],
        title=texts.say("customer.page_title", customer=customer_id, shop=as_of["shop"]),
        facts=texts.say(
            "customer.facts",
            customer=customer_id,
            shop=as_of["shop"],
            day=formats.day(as_of["as_of_date"]),
            currency=formats.currency,
        ),
        headline=maker.headline(),
        tiles=maker.tiles(),
        sections=[section for section in made if section],
        standing_queries=[asked["customer"] + ";"],
        run="",
        has_editions=False,
    )


def as_text(report: Report) -> str:
    """The report as lines for a terminal: sentences, and tables in columns."""
    lines = [report.facts, "", *(Markup(sentence).striptags() for sentence in report.headline), ""]
    lines += [f"{tile.name}: {tile.value}{f' ({tile.note})' if tile.note else ''}" for tile in report.tiles]
    for section in report.sections:
        lines += ["", f"{section.topic}: {section.title}", *section.notes]
        for table in (*section.open_tables, *section.tables):
            lines += ["", *_in_columns(table)]
    return "\n".join(str(line) for line in lines)


def why_unprofitable(row: Row, texts: Texts, formats: Formats) -> str:
    """Why somebody loses money, as `customer_profit_reasons` says it in English: {loss_reason, loss_line, …}."""
    own, segment = row["loss_line_share"], row["segment_line_share"]
    return texts.say(
        f"customer.losses.{row['loss_reason']}",
        line=formats.called("lines", row["loss_line"]),
        amount=formats.money(row["loss_line_amount"]),
        share=formats.share(own),
        of_segment=formats.share(segment),
        times=formats.number(Decimal(own / segment) if own and segment else None, 1),
    )


class _Maker:
    def __init__(self, answers: Answers, asked: dict[str, str], texts: Texts, formats: Formats) -> None:
        self.answers = answers
        self.asked = asked
        self.texts = texts
        self.formats = formats
        self.customer = answers["customer"][0]

    def headline(self) -> list[Markup]:
        """What they brought so far, why they lose money where they do, and what is expected."""
        found, texts, formats = self.customer, self.texts, self.formats
        profit, orders = found["net_profit"], found["order_count"]
        if not orders:
            said = [texts.mark("customer.prospect")]
        else:
            case = "earned" if profit > 0 else "cost" if profit < 0 else "even"
            amount = Markup('<b class="{}">{}</b>').format("gain" if profit > 0 else "loss", formats.money(abs(profit)))
            day = formats.day(found["first_order_on"])
            number = formats.number(orders)
            said = [texts.mark(f"customer.{case}", count=orders, profit=amount, orders=number, day=day)]
        if found["loss_reason"]:
            said.append(texts.mark("customer.why", why=why_unprofitable(found, texts, formats)))
        if found["predicted_value_365d"] is not None:
            value, low, high = (formats.money(found[f"predicted_value_365d{side}"]) for side in ("", "_low", "_high"))
            said.append(texts.mark("customer.expected", value=value, low=low, high=high))
        return said

    def tiles(self) -> list[Tile]:
        """Net sales, net profit, orders, stage, value score."""
        found, texts, formats = self.customer, self.texts, self.formats
        profit, sales, last = found["net_profit"], found["net_sales"], found["last_order_on"]
        margin = texts.say("tiles.of_sales", share=formats.share(profit / sales)) if sales > 0 else ""
        tone = "loss" if profit < 0 else "gain" if profit > 0 else ""
        ordered = texts.say("customer.last_order", day=formats.day(last)) if last else ""
        return [
            Tile(texts.raw("tiles.net_sales"), formats.money(sales), texts.raw("tiles.in_total")),
            Tile(texts.raw("tiles.net_profit"), formats.money(profit), margin, tone),
            Tile(texts.raw("customer.orders_tile"), formats.number(found["order_count"]), ordered),
            Tile(texts.raw("lifecycle.topic"), formats.called("lifecycle.tier", found["lifecycle_stage"])),
            Tile(texts.raw("customer.score"), formats.number(found["value_score"]), texts.raw("customer.score_note")),
        ]

    def what_to_do(self) -> Section:
        """What the retention list says of them, or why they are not on it."""
        found, texts, formats = self.customer, self.texts, self.formats
        notes = []
        if found["list_rank"] is None:
            title = texts.raw("customer.not_listed" if found["marketing_consent"] else "customer.no_consent")
        else:
            most = formats.money(found["most_worth_spending"])
            action = formats.called("keep.actions", found["action"])
            title = texts.say("customer.action", action=action, most=most)
            if found["is_held_out"]:
                title = texts.raw("customer.held_out")
            reason = lists.reason(found, texts, formats)
            risk, chance = formats.money(found["value_at_risk"]), formats.share(found["chance_gone"])
            notes = [
                texts.say("customer.reason", reason=reason),
                texts.say("customer.risk", value=risk, chance=chance),
                texts.say("customer.listed", rank=formats.number(found["list_rank"])),
            ]
        return Section("todo", texts.raw("customer.todo"), title, notes=notes)

    def statement(self) -> Section | None:
        """The statement of their life, the last 12 months and the 12 before; None where it is all zeros."""
        found, texts, formats = self.customer, self.texts, self.formats
        sentences = Sentences(texts, formats)
        names = dict(
            zip(SPANS, map(texts.raw, ("customer.life", "customer.last_12", "customer.before_12")), strict=True)
        )
        amounts = {span: {line: found[f"{line}{span}"] or NOTHING for line in LINES} for span in SPANS}
        recorded = {line for line in LINES if any(amounts[span][line] for span in SPANS)}
        if not recorded:
            return None
        life, recent, _ = SPANS
        drawn = [life]
        if any(amounts[recent].values()) and amounts[recent] != amounts[life]:
            drawn.append(recent)
        figures = []
        for span in drawn:
            gross, net = (formats.money(amounts[span][line]) for line in ("gross_sales", "net_profit"))
            alt = texts.say("money.alt", gross=gross, net=net, span=names[span])
            moved = {line for line in recorded if amounts[span][line]}
            picture = charts.waterfall(waterfall_steps(amounts[span], moved, sentences), formats)
            figures.append(Figure(f"statement{span}", picture, alt, names[span]))
        rows = [
            [sentences.line(line), *(formats.exact(amounts[span][line]) for span in SPANS)]
            for line in LINES
            if line in recorded or line == "net_profit"
        ]
        topic = texts.raw("customer.statement")
        return Section(
            name="statement",
            topic=topic,
            title=self._remains(amounts[life], sentences),
            subtitle=texts.say("money.subtitle", currency=formats.currency),
            figures=figures,
            tables=[Table(topic, [texts.raw("money.columns.line"), *names.values()], rows)],
            queries=[self.asked["customer"] + ";"],
        )

    def _remains(self, life: dict[str, Decimal], sentences: Sentences) -> str:
        money, sales, profit = self.formats.money, life["net_sales"], life["net_profit"]
        values = {"net_sales": money(sales), "profit": money(profit)}
        largest = sentences.largest_cost(life)
        if largest is None:
            return self.texts.say("customer.statement_plain", **values)
        return self.texts.say("customer.statement_cost", line=largest[0], cost=money(largest[1]), **values)

    def orders(self) -> Section | None:
        """What each order brought, the newest last in the picture and first in the table."""
        orders, texts, formats = self.answers["orders"], self.texts, self.formats
        if not orders:
            return None
        brought = sum((order["contribution_2"] for order in orders), NOTHING)
        losing = [order["contribution_2"] for order in orders if order["contribution_2"] < 0]
        title = texts.say(
            "customer.orders_losing" if losing else "customer.orders",
            count=len(orders),
            orders=formats.number(len(orders)),
            brought=formats.money(brought),
            losing=formats.number(len(losing)),
            lost=formats.money(-sum(losing, NOTHING)),
        )
        figures = []
        if len(orders) > 1:
            places = []
            for order in orders[-ORDERS_DRAWN:]:
                amount, day = order["contribution_2"], formats.day(order["ordered_on"])
                colour = "var(--loss)" if amount < 0 else "var(--gain)"
                tip = f"{order['order_id']}, {day}\n{formats.money(amount)}"
                places.append(charts.Column(f"{order['ordered_on']:%Y-%m}", [(float(amount), colour, tip)]))
            alt = texts.say("customer.orders_alt", orders=len(places), title=title)
            figures = [Figure("orders-contribution", charts.columns(places, [], formats.tick), alt)]
        amounts = ("gross_sales", "refunds", "net_sales", "contribution_2")
        rows = [
            [
                order["order_id"],
                formats.day(order["ordered_on"]),
                formats.number(order["days_since_previous_order"]),
                *(formats.exact(order[amount]) for amount in amounts),
            ]
            for order in reversed(orders)
        ]
        topic, head = texts.raw("customer.orders_tile"), list(texts.raw("customer.order_columns").values())
        return Section(
            name="orders",
            topic=topic,
            title=title,
            subtitle=texts.say("customer.orders_subtitle", currency=formats.currency),
            figures=figures,
            tables=[Table(topic, head, rows, text_columns=2)],
            queries=[self.asked["orders"] + ";"],
        )

    def value(self) -> Section:
        """Where they are in their life here, what is expected, how they were won, whom they are like."""
        found, texts, formats = self.customer, self.texts, self.formats
        parts = [
            f"{texts.raw(f'customer.score_parts.{part}')} {formats.number(found[f'{part}_score'])}"
            for part in SCORE_PARTS
            if found[f"{part}_score"] is not None
        ]
        channel = found["acquisition_channel"]
        said = {
            "stage": formats.called("lifecycle.tier", found["lifecycle_stage"]),
            "rhythm": formats.number(found["rhythm_days"], 1),
            "quiet": formats.number(found["quiet_gaps"], 1),
            "alive": formats.share(found["probability_alive"]),
            "next": formats.day(found["expected_next_order_on"]),
            "orders": formats.number(found["expected_orders_365d"], 1),
            "historic": formats.money(found["historic_value"]),
            "equity": formats.money(found["customer_equity"]),
            "rfm": formats.called("customer.rfm", found["rfm_segment"]),
            "cell": found["rfm_cell"] or NO_VALUE,
            "abc": formats.called("abc.short", found["abc_tier"]),
            "pyramid": formats.called("customer.pyramid", found["pyramid_tier"]),
            "score_parts": texts.raw("list.between").join(parts) or NO_VALUE,
            "channel": Sentences(texts, formats).channel(channel) if channel else NO_VALUE,
            "cost": formats.money(found["acquisition_cost"]),
            "payback": formats.month(found["payback_month"]) if found["payback_month"] else NO_VALUE,
            "driver": formats.called("customer.drivers", found["largest_cost_driver"]),
            "adjusted": formats.money(found["adjusted_profit"]),
        }
        rows = [[texts.raw(f"customer.values.{name}"), words] for name, words in said.items()]
        if found["quiet_gaps"] is None:
            title = texts.raw("customer.value_none")
        else:
            title = texts.say(
                "customer.value_late" if found["quiet_gaps"] > 1 else "customer.value_in_time",
                stage=said["stage"],
                quiet=said["quiet"],
                rhythm=formats.number(found["rhythm_days"]),
            )
        head = list(texts.raw("customer.value_columns").values())
        topic = texts.raw("customer.value")
        table = Table(topic, head, rows, text_columns=2)
        return Section("value", topic, title, open_tables=[table], queries=[self.asked["customer"] + ";"])

    def segments(self) -> Section | None:
        """The segments of past month ends, newest first."""
        months, texts, formats = self.answers["months"], self.texts, self.formats
        if not months:
            return None
        changes = sum(
            later["lifecycle_stage"] != earlier["lifecycle_stage"] for later, earlier in itertools.pairwise(months)
        )
        rows = [
            [
                formats.month(month["month_end"]),
                formats.called("lifecycle.tier", month["lifecycle_stage"]),
                formats.called("customer.rfm", month["rfm_segment"]),
                formats.called("abc.short", month["abc_tier"]),
                formats.called("customer.pyramid", month["pyramid_tier"]),
                formats.number(month["order_count"]),
                formats.money(month["contribution_2_last_12_months"]),
            ]
            for month in months
        ]
        numbers = {"changes": formats.number(changes), "months": formats.number(len(months))}
        head = list(texts.raw("customer.segment_columns").values())
        topic = texts.raw("customer.segments")
        return Section(
            name="segments",
            topic=topic,
            title=texts.say("customer.changes", count=changes, **numbers),
            open_tables=[Table(topic, head, rows, text_columns=5)],
            queries=[self.asked["months"] + ";"],
        )


def _nobody(marts: Path, customer_id: str) -> str:
    """That there is no such customer, and which numbers are like it."""
    found = queries.read(marts, {"similar": similar_query(customer_id)})["similar"]
    names = ", ".join(row["customer_id"] for row in found)
    hint = f" Did you mean {names}?" if names else ""
    return f"There is no customer '{customer_id}': numbers are text and keep their zeros.{hint}"


def _in_columns(table: Table) -> list[str]:
    """A table as lines, columns under each other also where letters take two places."""
    cells = [table.head, *table.rows]
    widths = [max(_places(row[column]) for row in cells) for column in range(len(table.head))]
    lines = []
    for row in cells:
        padded = [
            value + gap if column < table.text_columns else gap + value
            for column, value in enumerate(row)
            for gap in [" " * (widths[column] - _places(value))]
        ]
        lines.append("  " + "  ".join(padded).rstrip())
    return lines


def _places(words: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in words)
