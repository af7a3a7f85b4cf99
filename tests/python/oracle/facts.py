"""What the accepted rows mean on the as-of day: orders that count with their lines, refunds, payments, who was won.

All money is in the reporting currency, rounded once where an amount is born. Costs of an order stand in its month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property

from oracle.arithmetic import rounded
from oracle.contract import Accepted, Values
from oracle.shops import Row, Shop

ZERO = Fraction(0)


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def settings_of_shop(rows: Iterable[Row], shop: str, *key: str) -> list[Row]:
    """The rows of this shop, and those of every shop for what it has no row of its own."""
    rows = list(rows)
    own = {tuple(row[name] for name in key) for row in rows if row["shop"] == shop}
    return [
        row
        for row in rows
        if row["shop"] == shop or (row["shop"] == "*" and tuple(row[name] for name in key) not in own)
    ]


def holds(row: Row, day: date) -> bool:
    """Whether a settings row holds on a day."""
    until = row["valid_until"]
    return date.fromisoformat(row["valid_from"]) <= day and (until is None or day < date.fromisoformat(until))


@dataclass(frozen=True)
class Line:
    """A line of an order that counts. Of a charge only what it was sold for counts, on the line of the settings."""

    number: int
    product_id: str
    quantity: Fraction
    gross: Fraction
    discounts: Fraction
    charge_line: str | None
    cogs: Fraction
    cost_basis: str

    @property
    def net(self) -> Fraction:
        return self.gross - self.discounts


@dataclass(frozen=True)
class Order:
    """An order that counts."""

    order_id: str
    customer_id: str | None
    ordered_at: datetime
    day: date
    rate: Fraction
    lines: tuple[Line, ...]
    shipping_charged: Fraction
    commission: Fraction
    payment_method: str | None

    @property
    def month(self) -> date:
        return month_of(self.day)

    @property
    def goods(self) -> list[Line]:
        return [line for line in self.lines if line.charge_line is None]

    @property
    def goods_sales(self) -> Fraction:
        """Goods after discounts; a line below zero counts as zero."""
        return sum((max(line.net, ZERO) for line in self.goods), ZERO)


@dataclass(frozen=True)
class Refund:
    """A refund of an order that counts, or of none."""

    refund_id: str
    order_id: str | None
    line_number: int | None
    customer_id: str | None
    month: date
    refunded_at: datetime
    quantity: Fraction | None
    amount: Fraction
    currency_difference: Fraction
    shipping: Fraction
    charge_line: str | None
    is_restocked: bool
    product_id: str | None


@dataclass(frozen=True)
class Payment:
    """A payment of an order that counts."""

    order: Order
    fee: Fraction
    fee_basis: str | None
    lost: Fraction
    lost_month: date


class Facts:
    """A shop on its as-of day."""

    def __init__(self, shop: Shop, rows: Accepted) -> None:
        self.shop = shop
        self.rows = rows
        charges = self.settings("charge_codes", "product_id")
        self.charges = {row["product_id"]: row["statement_line"] for row in charges}
        (margin,) = self.settings("margin_assumptions")
        self.cost_share = 1 - Fraction(margin["margin_share"])

    def settings(self, table: str, *key: str) -> list[Row]:
        """The rows of a settings table that hold for the shop."""
        return settings_of_shop(self.shop.settings[table], self.shop.plan.shop, *key)

    def known(self, table: str, column: str) -> list[Values]:
        """The accepted rows of a table that happened on or before the as-of day, or say no day.

        Without those of customers left out; what hangs on an order goes with its order, whoever is written on it.
        """
        return [
            row
            for row in self.rows.tables[table]
            if self.rows.known(row[column]) is not False
            and (
                (row.get("order_id") is not None and table == "refunds") or not self.is_left_out(row.get("customer_id"))
            )
        ]

    @cached_property
    def left_out(self) -> frozenset[str]:
        """Customers whom settings leave out, by any account of theirs."""
        rows = self.settings("customers_left_out", "customer_id")
        return frozenset(self.rows.survivor(row["customer_id"]) for row in rows)

    def is_left_out(self, account: str | None) -> bool:
        """Whether an account belongs to a customer left out."""
        return self.rows.survivor(account) in self.left_out

    def in_reporting_currency(self, amount: Fraction, currency: str | None, when: date | datetime) -> Fraction:
        """An amount at the rate of its day, to the cent."""
        day = self.rows.day(when) if isinstance(when, datetime) else when
        return rounded(amount * self.rows.rates.on(currency, day))

    @cached_property
    def referrers(self) -> dict[str, str]:
        """Who referred whom, merged accounts as one, by the survivor's own row; nobody is referred by themselves."""
        found = {}
        for row in self.known("customers", "created_at"):
            customer, referrer = row["customer_id"], self.rows.survivor(row["referred_by_customer_id"])
            if self.rows.survivor(customer) == customer and referrer not in (None, customer, *self.left_out):
                found[customer] = referrer
        return found

    @cached_property
    def orders(self) -> dict[str, Order]:
        """The orders that count, by id: not cancelled yet, and with a line that was accepted."""
        lines: dict[str, list[Values]] = defaultdict(list)
        for line in self.rows.tables["order_lines"]:
            lines[line["order_id"]].append(line)
        found = {}
        for row in self.known("orders", "ordered_at"):
            # Who says nothing of how the order stands, but when it was cancelled, says that.
            status = row["status"] or (row["cancelled_at"] and "cancelled")
            is_cancelled = status == "cancelled" and self.rows.known(row["cancelled_at"]) is not False
            if not is_cancelled and row["order_id"] in lines:
                found[row["order_id"]] = self._order(row, lines[row["order_id"]])
        return found

    def _order(self, row: Values, lines: list[Values]) -> Order:
        day = self.rows.day(row["ordered_at"])
        rate = self.rows.rates.on(row["currency"], day)
        return Order(
            row["order_id"],
            self.rows.survivor(row["customer_id"]),
            row["ordered_at"],
            day,
            rate,
            tuple(self._line(line, day, rate) for line in sorted(lines, key=lambda one: one["line_number"])),
            rounded((row["shipping_charged"] or ZERO) * rate),
            rounded((row["commission"] or ZERO) * rate),
            row["payment_method"],
        )

    def _line(self, row: Values, day: date, rate: Fraction) -> Line:
        amounts = self.rows.line_amounts[row["order_id"], row["line_number"]]
        gross, discounts = rounded(amounts.exact_gross * rate), rounded(amounts.discount * rate)
        charge_line = self.charges.get(row["product_id"])
        unit_cost = self.unit_cost(row["product_id"], day)
        if charge_line is not None:
            cogs, basis = ZERO, "none"
        elif unit_cost is not None:
            cogs, basis = rounded(row["quantity"] * unit_cost), "actual"
        else:
            cogs, basis = rounded((gross - discounts) * self.cost_share), "assumed"
        return Line(row["line_number"], row["product_id"], row["quantity"], gross, discounts, charge_line, cogs, basis)

    def unit_cost(self, product: str, day: date) -> Fraction | None:
        """Cost of a piece on a day: the dated one that holds, else the product list's; None where neither is known.

        In the reporting currency it has four places, as the contract gives a unit cost.
        """
        dated = [
            row
            for row in self.rows.tables["product_costs"]
            if row["product_id"] == product and row["valid_from"] <= day
        ]
        if dated:
            row = max(dated, key=lambda one: one["valid_from"])
            return rounded(row["unit_cost"] * self.rows.rates.on(row["currency"], row["valid_from"]), 4)
        for row in self.rows.tables["products"]:
            if row["product_id"] == product and row["unit_cost"] is not None:
                rate = self._rate_of_list(row)
                return None if rate is None else rounded(row["unit_cost"] * rate, 4)
        return None

    def _rate_of_list(self, row: Values) -> Fraction | None:
        """A price list in another currency is taken at the last rate until the launch, else at the first one known."""
        if row["currency"] in (None, self.shop.plan.reporting_currency):
            return Fraction(1)
        return self.rows.rates.last_until(row["currency"], self.rows.day(row["launched_at"]) or date.min)

    @cached_property
    def refunds(self) -> list[Refund]:
        """Refunds at the rate of their order, in their own month; of an order that counts for nothing, nothing."""
        found = []
        for row in self.known("refunds", "refunded_at"):
            order = self.orders.get(row["order_id"])
            if row["order_id"] is not None and order is None:
                continue
            day = self.rows.day(row["refunded_at"])
            currency = row["currency"] or (self._currency_of(row["order_id"]) if order else None)
            own_rate = self.rows.rates.on(currency, day)
            rate = order.rate if order else own_rate
            line = next((one for one in order.lines if one.number == row["line_number"]), None) if order else None
            amount = self.given_back(row)
            found.append(
                Refund(
                    row["refund_id"],
                    row["order_id"],
                    row["line_number"],
                    (order.customer_id if order else None) or self.rows.survivor(row["customer_id"]),
                    month_of(day),
                    row["refunded_at"],
                    row["quantity"],
                    rounded(amount * rate),
                    rounded(amount * own_rate) - rounded(amount * rate),
                    rounded((row["shipping_refunded"] or ZERO) * rate),
                    self.charges.get(line.product_id if line else row["product_id"]),
                    bool(row["is_restocked"]),
                    line.product_id if line else row["product_id"],
                )
            )
        return found

    def given_back(self, row: Values) -> Fraction:
        """What a refund gives back before tax, in its own currency."""
        return row["refund_amount"] - ((row["tax_amount"] or ZERO) if self.shop.plan.prices_include_tax else ZERO)

    def _currency_of(self, order_id: str) -> str | None:
        return next(row["currency"] for row in self.rows.tables["orders"] if row["order_id"] == order_id)

    @cached_property
    def returned_cogs(self) -> dict[str, tuple[Fraction, str]]:
        """Cost of the goods that each restocked refund brought back, and how well it is known.

        The part of a line that came back is counted in pieces where the refund counts them, else in value, and is at
        most all; each refund gets the cost of all that came back until then, rounded, less what was given back before.
        Lines that came back and refunds of the whole order together bring back no more than the order's goods cost.
        """
        so_far: dict[tuple[str, int | None], tuple[Fraction, Fraction]] = defaultdict(lambda: (ZERO, ZERO))
        of_order: dict[str, Fraction] = defaultdict(Fraction)
        found = {}
        for refund in sorted(self.refunds, key=lambda one: (one.refunded_at, one.refund_id)):
            if not refund.is_restocked or refund.charge_line is not None or refund.order_id is None:
                continue
            goods = self.orders[refund.order_id].goods
            if refund.line_number is not None:
                goods = [line for line in goods if line.number == refund.line_number]
            if not goods:
                continue
            place = (refund.order_id, refund.line_number)
            part, given = so_far[place]
            pieces = goods[0].quantity if refund.line_number is not None else ZERO
            if refund.quantity is not None and pieces > 0:
                part += refund.quantity / pieces
            else:
                net = sum((line.net for line in goods), ZERO)
                part += refund.amount / net if net else ZERO
            until = rounded(sum((line.cogs for line in goods), ZERO) * min(part, Fraction(1)))
            so_far[place] = (part, until)
            most = sum((max(line.cogs, ZERO) for line in self.orders[refund.order_id].goods), ZERO)
            before = of_order[refund.order_id]
            of_order[refund.order_id] += until - given
            back = min(of_order[refund.order_id], most) - min(before, most)
            # Where any of the goods is assumed, so is what comes back of them: the less certain of the two words.
            found[refund.refund_id] = (back, max(line.cost_basis for line in goods))
        return found

    @cached_property
    def payments(self) -> list[Payment]:
        """Payments of orders that count, with their fees and what was lost with them for good."""
        rows = [row for row in self.known("payments", "paid_at") if row["order_id"] in self.orders]
        return [self._payment(row, [one for one in rows if one["order_id"] == row["order_id"]]) for row in rows]

    def _payment(self, row: Values, of_order: list[Values]) -> Payment:
        order = self.orders[row["order_id"]]
        amount = rounded(row["amount"] * order.rate)
        fee, basis = ZERO, None
        if row["fee_amount"] is not None:
            fee, basis = rounded(row["fee_amount"] * order.rate), "actual"
        elif row["status"] != "failed":
            paid = self.standard_fee(row["method"], amount, self.rows.day(row["paid_at"]) or order.day)
            fee, basis = (ZERO, None) if paid is None else (paid, "standard")
        lost, lost_on = ZERO, self.rows.day(row["due_at"]) if self.rows.known(row["due_at"]) else None
        if row["status"] == "chargeback" and self.rows.known(row["chargeback_at"]) is not False:
            lost, lost_on = amount, self.rows.day(row["chargeback_at"]) or lost_on
        # Lost once, with the last attempt, and only where every attempt failed.
        last = max(one["payment_id"] for one in of_order)
        if row["payment_id"] == last and all(one["status"] == "failed" for one in of_order):
            lost = amount
        # Nothing is lost before it was ordered.
        return Payment(order, fee, basis, lost, month_of(max(lost_on or order.day, order.day)))

    def standard_fee(self, method: str | None, amount: Fraction, day: date) -> Fraction | None:
        """What a payment costs by the settings of a day; None where they say nothing."""
        rates = [row for row in self.settings("payment_fee_rates", "method") if holds(row, day)]
        for wanted in (method, "*"):
            for row in rates:
                if row["method"] == wanted:
                    return rounded(amount * Fraction(row["share_of_amount"]) + Fraction(row["fixed_fee"]))
        return None

    def marketing_rule(self, rule: str) -> int:
        """A whole number of the settings on acquisition and retention."""
        return next(int(row["rule_value"]) for row in self.shop.settings["marketing_rules"] if row["rule"] == rule)

    @cached_property
    def orders_of(self) -> dict[str, list[Order]]:
        """The orders of each customer, first to last."""
        found: dict[str, list[Order]] = defaultdict(list)
        for order in sorted(self.orders.values(), key=lambda one: (one.ordered_at, one.order_id)):
            if order.customer_id is not None:
                found[order.customer_id].append(order)
        return dict(found)

    @cached_property
    def touches_before(self) -> dict[str, list[str]]:
        """Of each customer with an order: the channels that touched them in the window before it, first to last."""
        window = timedelta(days=self.marketing_rule("attribution_window_days"))
        found = {}
        for customer, (order, *_) in self.orders_of.items():
            touches = sorted(
                (row["touched_at"], row["touch_id"], row["channel"])
                for row in self.known("marketing_touches", "touched_at")
                if self.rows.survivor(row["customer_id"]) == customer
                and row["purpose"] not in ("retention", "reactivation")
                and row["touched_at"] <= order.ordered_at
                and order.day - self.rows.day(row["touched_at"]) <= window
            )
            found[customer] = [channel for _, _, channel in touches]
        return found

    @cached_property
    def channels_written_down(self) -> dict[str, str]:
        """The channel that a customer's own account names; else the first opened of the others that name one."""
        found = {}
        for row in self.known("customers", "created_at"):
            if row["acquisition_channel"]:
                found.setdefault(self.rows.survivor(row["customer_id"]), []).append(row)
        return {
            customer: min(
                accounts,
                key=lambda row, own=customer: (
                    row["customer_id"] != own,
                    row["created_at"] is None,
                    *([row["created_at"]] if row["created_at"] else []),
                    row["customer_id"],
                ),
            )["acquisition_channel"]
            for customer, accounts in found.items()
        }

    @cached_property
    def credits(self) -> dict[str, dict[str, dict[str, Fraction]]]:
        """By rule and customer: what part each channel is given of having won them, to six decimals."""
        listed = self.channels_written_down
        found: dict[str, dict[str, dict[str, Fraction]]] = {"first_touch": {}, "last_touch": {}, "linear_touch": {}}
        for customer, channels in self.touches_before.items():
            touched = channels or [listed.get(customer) or "unattributed"]
            found["first_touch"][customer] = {touched[0]: Fraction(1)}
            found["last_touch"][customer] = {touched[-1]: Fraction(1)}
            found["linear_touch"][customer] = {
                channel: Fraction(round(Fraction(touched.count(channel) * 10**6, len(touched))), 10**6)
                for channel in touched
            }
        return found

    @cached_property
    def won(self) -> dict[str, tuple[date, str]]:
        """Of each customer with an order: its month, and the channel by the rule of the statement."""
        (rule,) = (
            row["attribution"] for row in self.shop.settings["attribution_rules"] if row["is_statement"] == "true"
        )
        return {
            customer: (self.orders_of[customer][0].month, channel)
            for customer, parts in self.credits[rule].items()
            for channel in parts
        }
