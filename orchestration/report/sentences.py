"""Which text is true of these numbers: the headline, the title of each section and its notes.

Every function takes plain facts, looks at them case by case (nobody loses, everybody loses, one customer, no sales)
and returns a finished sentence without its full stop (titles) or with it (headline, notes). No text is written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from markupsafe import Markup

from orchestration.report.formats import Formats
from orchestration.report.queries import LINES, Row
from orchestration.report.texts import Texts

SUBTOTALS = ("gross_sales", "net_sales", "contribution_1", "contribution_2", "contribution_3", "net_profit")
REDUCTIONS = ("discounts", "refunds")
COSTS = tuple(line for line in LINES if line not in SUBTOTALS and line not in REDUCTIONS)
HUNDRED = Decimal(100)
UNATTRIBUTED = "unattributed"


@dataclass(frozen=True)
class Customers:
    """How customers divide by the sign of their net profit; amounts are positive."""

    count: int
    earning: int
    losing: int
    earned: Decimal
    lost: Decimal

    @property
    def total(self) -> Decimal:
        """Net profit of all customers."""
        return self.earned - self.lost

    @property
    def even(self) -> int:
        """Customers who have neither earned nor lost anything."""
        return self.count - self.earning - self.losing


class Sentences:
    """The sentences of one report, in one language and currency."""

    def __init__(self, texts: Texts, formats: Formats) -> None:
        self.texts = texts
        self.formats = formats

    # How the company stands

    def customers(self, facts: Customers) -> Markup:
        """Who earns and who loses, amounts marked as gain and loss."""
        earned = self._marked(facts.earned, "gain")
        lost = self._marked(facts.lost, "loss")
        if facts.count == 1:
            case = "earning" if facts.earning else "losing" if facts.losing else "nothing"
            return self.texts.mark(f"standing.single_{case}", earned=earned, lost=lost)
        everybody = self.formats.number(facts.count)
        if not facts.earning and not facts.losing:
            return self.texts.mark("standing.nothing")
        if facts.earning == facts.count:
            return self.texts.mark("standing.all_earning", customers=everybody, earned=earned)
        if facts.losing == facts.count:
            return self.texts.mark("standing.all_losing", customers=everybody, lost=lost)
        counts = {
            "customers": everybody,
            "earning": self.formats.number(facts.earning),
            "losing": self.formats.number(facts.losing),
        }
        if not facts.losing:
            return self.texts.mark("standing.none_losing", count=facts.earning, earned=earned, **counts)
        if not facts.earning:
            return self.texts.mark("standing.none_earning", count=facts.losing, lost=lost, **counts)
        share = Markup('<b class="gain">{}</b>').format(self._share(facts.earning, facts.count))
        case = "again" if facts.total > 0 else "more" if facts.total < 0 else "all"
        best = self.texts.mark("standing.best_earn", share=share, earned=earned)
        return (
            best
            + self.texts.raw("list.sentences")
            + self.texts.mark(f"standing.lose_{case}", count=facts.losing, lost=lost, **counts)
        )

    def loss_channel(self, channels: Sequence[Row], losing: int) -> Markup | None:
        """The channel whose customers stand out among the losses, where one has more of them than of the customers.

        Said only of ten losing customers or more: below that it speaks of people, not of a channel.
        """
        customers = sum(row["with_order"] for row in channels)
        lost = sum((row["lost"] for row in channels), Decimal(0))
        named = [row for row in channels if row["acquisition_channel"] not in (None, UNATTRIBUTED)]
        if losing < 10 or not lost or not customers or not named:
            return None
        worst = max(named, key=lambda row: (row["lost"], row["acquisition_channel"]))
        if worst["lost"] / lost <= Decimal(worst["with_order"]) / customers:
            return None
        return self.texts.mark(
            "standing.loss_channel",
            channel=self.formats.name(worst["acquisition_channel"]),
            share=self._share(worst["with_order"], customers),
            loss_share=self._share(worst["lost"], lost),
        )

    def company(
        self,
        net_profit: Decimal,
        net_sales: Decimal,
        guests: Decimal,
        erased: Decimal,
        unassigned: Decimal,
        idle: Decimal,
    ) -> Markup:
        """Net profit of the company, and what of it is no customer's own."""
        parts = [
            self.texts.say(f"standing.{owner}", amount=self.formats.money(amount))
            for owner, amount in (("guests", guests), ("erased", erased), ("unassigned", unassigned), ("idle", idle))
            if amount
        ]
        beside = self.texts.say("standing.beside", parts=self.texts.join(parts)) if parts else ""
        if net_profit == 0:
            return self.texts.mark("standing.even", beside=beside)
        if net_profit < 0:
            return self.texts.mark("standing.loss", profit=self._marked(-net_profit, "loss"), beside=beside)
        of_sales = (
            self.texts.say("standing.of_sales", share=self._share(net_profit, net_sales)) if net_sales > 0 else ""
        )
        amount = self._marked(net_profit, "gain")
        return self.texts.mark("standing.profit", profit=amount, of_sales=of_sales, beside=beside)

    def nobody(self, orders: int) -> Markup:
        """The headline of a shop without customers."""
        if orders:
            return self.texts.mark("standing.guests_only", count=orders, orders=self.formats.number(orders))
        return self.texts.mark("standing.no_orders")

    # Whale curve

    def whale_title(self, facts: Customers, curve: Sequence[Row]) -> str:
        """What the curve of at least two customers shows; some of them earn or lose."""
        money = self.formats.money
        share = self._share(facts.earning, facts.count)
        if not facts.earning:
            return self.texts.say("whale.only_falls", total=money(facts.total))
        if not facts.losing:
            top = next((row for row in curve if row["customer_percentile"] == 20), None)
            if top is None or not top["customer_count"]:
                return self.texts.say("whale.nobody_loses", total=money(facts.total))
            made = self._share(top["cumulative_profit"], facts.total)
            return self.texts.say(
                "whale.top", top=self.formats.share(Decimal("0.2")), share=made, total=money(facts.total)
            )
        if facts.total < 0:
            return self.texts.say("whale.below_zero", share=share, earned=money(facts.earned), lost=money(facts.lost))
        if facts.total == 0:
            return self.texts.say("whale.zero", share=share, earned=money(facts.earned))
        peak = self._share(facts.earned, facts.total)
        return self.texts.say("whale.normal", earned=money(facts.earned), share=peak, total=money(facts.total))

    def whale_notes(self, facts: Customers) -> list[str]:
        """What lies past the peak, and who stands at zero."""
        notes = []
        if facts.losing and facts.earning:
            notes.append(
                self.texts.say(
                    "whale.past_peak",
                    count=facts.losing,
                    losing=self.formats.number(facts.losing),
                    lost=self.formats.money(facts.lost),
                    share=self._share(facts.lost, facts.earned),
                )
            )
        if facts.even:
            notes.append(self.texts.say("whale.even", count=facts.even, even=self.formats.number(facts.even)))
        return notes

    # Where the money goes

    def money_title(self, amounts: dict[str, Decimal], when: str) -> str:
        """What remains of the net sales of a period (`when`, in words), and which cost takes the most of them."""
        money = self.formats.money
        net_sales, net_profit = amounts["net_sales"], amounts["net_profit"]
        if net_sales <= 0:
            return self.texts.say(
                "money.no_sales_profit", when=when, net_sales=money(net_sales), net_profit=money(net_profit)
            )
        largest = ""
        cost = self.largest_cost(amounts)
        if cost:
            taken = money(_cents(cost[1] / net_sales * HUNDRED))
            largest = self.texts.say("money.largest", line=cost[0], amount=taken)
        left = _cents(abs(net_profit) / net_sales * HUNDRED)
        key = "nothing_remains" if not left else "remains" if net_profit > 0 else "loses"
        return self.texts.say(f"money.{key}", when=when, hundred=money(HUNDRED), left=money(left), largest=largest)

    def largest_cost(self, amounts: Mapping[str, Decimal]) -> tuple[str, Decimal] | None:
        """The line that costs most, in small letters, and how much; None where nothing costs anything."""
        cost = max(COSTS, key=lambda line: amounts[line])
        return (self.line(cost).lower(), amounts[cost]) if amounts[cost] > 0 else None

    def not_recorded(self, lines: Sequence[str]) -> str | None:
        """Which costs stand at zero because nothing of them was ever recorded."""
        if not lines:
            return None
        names = self.texts.join([self.line(line).lower() for line in lines])
        return self.texts.say("money.not_recorded", count=len(lines), lines=names)

    def line(self, statement_line: str) -> str:
        """Name of a line of the profit statement."""
        return str(self.texts.raw(f"lines.{statement_line}"))

    # Recency and frequency

    def rfm_title(self, cells: Sequence[Row]) -> str:
        """Who carries the profit among the scored customers; where they lose in all, the best and the worst cell."""
        customers = sum(cell["customers"] for cell in cells)
        profit = sum((cell["net_profit"] for cell in cells), Decimal(0))
        if len(cells) == 1:
            return self.texts.say(
                "rfm.single" if customers == 1 else "rfm.one_cell",
                recency=cells[0]["recency_score"],
                frequency=cells[0]["frequency_score"],
                average=self.formats.money(cells[0]["average_net_profit"]),
            )
        score = max(cell["frequency_score"] for cell in cells)
        top = [cell for cell in cells if cell["frequency_score"] == score]
        top_customers = sum(cell["customers"] for cell in top)
        top_profit = sum((cell["net_profit"] for cell in top), Decimal(0))
        if profit > 0 and top_customers < customers and top_profit > 0:
            share = self._share(top_customers, customers)
            if top_profit <= profit:
                made = self._share(top_profit, profit)
                return self.texts.say("rfm.top_share", score=score, share=share, profit_share=made)
            return self.texts.say(
                "rfm.top_more",
                score=score,
                share=share,
                profit=self.formats.money(top_profit),
                loss=self.formats.money(top_profit - profit),
            )
        by_average = sorted(
            cells, key=lambda cell: (cell["average_net_profit"], cell["recency_score"], cell["frequency_score"])
        )
        worst, best = by_average[0], by_average[-1]
        return self.texts.say(
            "rfm.extremes",
            worst=self.formats.money(worst["average_net_profit"]),
            worst_recency=worst["recency_score"],
            worst_frequency=worst["frequency_score"],
            best=self.formats.money(best["average_net_profit"]),
            best_recency=best["recency_score"],
            best_frequency=best["frequency_score"],
        )

    # ABC tiers

    def abc_title(self, tiers: Sequence[Row]) -> str:
        """How few make most of what is earned, and what the loss tier costs."""
        customers = sum(tier["customers"] for tier in tiers)
        earned = sum((tier["contribution"] for tier in tiers if tier["contribution"] > 0), Decimal(0))
        losing = [tier for tier in tiers if tier["contribution"] < 0]
        count = sum(tier["customers"] for tier in losing)
        lost = -sum((tier["contribution"] for tier in losing), Decimal(0))
        first = next((tier for tier in tiers if tier["contribution"] > 0), None)
        if first is None:
            title = self.texts.say("abc.nobody")
        else:
            made = self._share(first["contribution"], earned)
            key = "first_single" if first["customers"] == 1 else "first"
            share = self._share(first["customers"], customers)
            title = self.texts.say(f"abc.{key}", share=share, contribution_share=made)
        if count:
            number = self.formats.number(count)
            title += self.texts.say("abc.and_loss", count=count, losing=number, lost=self.formats.money(lost))
        return title

    # Retention

    def retention_title(self, averages: dict[int, Decimal]) -> str:
        """Retention in the first month and in the farthest of a year, half a year, a quarter that has been observed."""
        if not any(averages.values()):
            return self.texts.say("retention.nobody")
        observed = sorted(averages)
        far = next((month for month in (12, 6, 3) if month in averages), observed[-1])
        first = observed[0]
        if far == first or first != 1:
            return self.texts.say("retention.title_one", first=self.formats.share(averages[far]), month=far)
        return self.texts.say(
            "retention.title", first=self.formats.share(averages[1]), last=self.formats.share(averages[far]), month=far
        )

    # Acquisition

    def acquisition_title(self, channels: Sequence[Row]) -> str:
        """The cheapest and the dearest of the channels that were paid for and won somebody; some spend is there."""
        paid = sorted(
            (row for row in channels if row["spend"] > 0 and row["new_customers"] > 0),
            key=lambda row: (row["spend"] / row["new_customers"], row["channel"]),
        )
        if not paid:
            spend = sum((row["spend"] for row in channels), Decimal(0))
            return self.texts.say("acquisition.nobody", spend=self.formats.money(spend))
        lowest, highest = paid[0], paid[-1]
        return self.texts.say(
            "acquisition.one" if len(paid) == 1 else "acquisition.several",
            lowest=self.cost_of_one(lowest),
            lowest_channel=self.channel(lowest["channel"]),
            highest=self.cost_of_one(highest),
            highest_channel=self.channel(highest["channel"]),
        )

    def acquisition_notes(self, channels: Sequence[Row]) -> list[str]:
        """Cost over all channels, spend that won nobody, and customers that cost no spend."""
        money, number = self.formats.money, self.formats.number
        spend = sum((row["spend"] for row in channels), Decimal(0))
        customers = sum(row["new_customers"] for row in channels)
        notes = []
        if customers:
            cost = money(_cents(spend / customers))
            notes.append(
                self.texts.say("acquisition.blended", spend=money(spend), customers=number(customers), cost=cost)
            )
        wasted = [row for row in channels if row["spend"] > 0 and not row["new_customers"]]
        if wasted and len(wasted) < sum(row["spend"] > 0 for row in channels):
            names = self.texts.join([self.channel(row["channel"]) for row in wasted])
            amount = sum((row["spend"] for row in wasted), Decimal(0))
            notes.append(self.texts.say("acquisition.wasted", spend=money(amount), channels=names))
        unpaid = [row for row in channels if not row["spend"] and row["new_customers"] > 0]
        if unpaid:
            names = self.texts.join([self.channel(row["channel"]) for row in unpaid])
            count = sum(row["new_customers"] for row in unpaid)
            notes.append(self.texts.say("acquisition.unpaid", count=count, customers=number(count), channels=names))
        return notes

    def channel(self, name: str) -> str:
        """A channel as words."""
        return str(self.texts.raw("channels.unattributed")) if name == UNATTRIBUTED else self.formats.name(name)

    def cost_of_one(self, channel: Row) -> str:
        """Spend per new customer of a channel; a dash where it is not defined."""
        if not channel["spend"] or not channel["new_customers"]:
            return self.formats.money(None)
        return self.formats.money(_cents(channel["spend"] / channel["new_customers"]))

    # Quality

    def quality_title(self, fates: dict[str, int]) -> str:
        """How many of the rows handed in were accepted, and what became of the others."""
        number = self.formats.number
        rows = sum(fates.values())
        accepted = fates.get("accepted", 0)
        if not rows:
            return self.texts.say("quality.none").rstrip(".。")
        if accepted == rows:
            return self.texts.say("quality.all_accepted", count=rows, rows=number(rows))
        order = ("quarantined", "duplicate", "superseded", "erased")
        parts = []
        for fate in (*order, *sorted(set(fates) - set(order) - {"accepted"})):
            if fates.get(fate):
                key = f"quality.became.{fate if fate in order else 'other'}"
                parts.append(self.texts.say(key, count=fates[fate], rows=number(fates[fate]), fate=fate))
        rest = self.texts.say("quality.rest", parts=self.texts.join(parts))
        return self.texts.say("quality.some", rows=number(rows), share=self._share(accepted, rows), rest=rest)

    def checks(self, stages: Sequence[Row]) -> str:
        """Whether the checks of the run passed."""
        checks = sum(stage["checks"] for stage in stages)
        failed = checks - sum(stage["passed"] for stage in stages)
        critical = sum(stage["failed_critical"] for stage in stages)
        if not failed:
            return self.texts.say("quality.checks_passed", count=checks, checks=self.formats.number(checks))
        return self.texts.say(
            "quality.checks_failed",
            count=failed,
            failed=self.formats.number(failed),
            checks=self.formats.number(checks),
            critical=self.texts.say(
                "quality.critical_some" if critical else "quality.critical_none",
                count=failed,
                critical=self.formats.number(critical),
            ),
        )

    def span(self, begin: date, end: date) -> str:
        """Months from `begin` to `end`, in words."""
        return self.formats.months(begin, end)

    def _share(self, part: Decimal | int, whole: Decimal | int) -> str:
        return self.formats.share(Decimal(part) / Decimal(whole) if whole else None)

    def _marked(self, amount: Decimal, tone: str) -> Markup:
        return Markup('<b class="{}">{}</b>').format(tone, self.formats.money(amount))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
