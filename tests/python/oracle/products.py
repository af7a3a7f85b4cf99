"""What was sold of each product in a month, and what came back of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from oracle.arithmetic import shared
from oracle.facts import ZERO, Facts, Line, Refund

Place = tuple[str | None, date]
"""Product (None: a refund that says none), month."""


@dataclass
class ProductMonth:
    """Sales stand in the month of the order, refunds in their own."""

    orders: set[str] = field(default_factory=set)
    units_sold: Fraction = ZERO
    units_returned: Fraction = ZERO
    gross_sales: Fraction = ZERO
    discounts: Fraction = ZERO
    refunds: Fraction = ZERO
    sold_cogs: Fraction = ZERO
    cogs_without_sign: Fraction = ZERO
    assumed_cogs: Fraction = ZERO
    returned_cogs: Fraction = ZERO

    @property
    def amounts(self) -> tuple[Fraction, ...]:
        """In the order of AMOUNTS."""
        net_sales = self.gross_sales - self.discounts - self.refunds
        cogs = self.sold_cogs - self.returned_cogs
        return (
            *(Fraction(len(self.orders)), self.units_sold, self.units_returned, self.gross_sales, self.discounts),
            *(self.refunds, net_sales, cogs, net_sales - cogs),
        )


AMOUNTS = (
    *("order_count", "units_sold", "units_returned", "gross_sales", "discounts", "refunds", "net_sales", "cogs"),
    "contribution_1",
)


def product_months(facts: Facts) -> dict[Place, ProductMonth]:
    """Of every product in every month in which it was sold, or came back."""
    found: dict[Place, ProductMonth] = defaultdict(ProductMonth)
    for order in facts.orders.values():
        for line in order.goods:
            sold = found[line.product_id, order.month]
            sold.orders.add(order.order_id)
            sold.units_sold += line.quantity
            sold.gross_sales += line.gross
            sold.discounts += line.discounts
            sold.sold_cogs += line.cogs
            sold.cogs_without_sign += abs(line.cogs)
            sold.assumed_cogs += abs(line.cogs) if line.cost_basis == "assumed" else ZERO
    for refund in facts.refunds:
        if refund.charge_line is None:
            for product, quantity, amount, cogs in _returned(facts, refund):
                back = found[product, refund.month]
                back.units_returned += quantity
                back.refunds += amount
                back.returned_cogs += cogs
    return dict(found)


def _returned(facts: Facts, refund: Refund) -> Iterator[tuple[str | None, Fraction, Fraction, Fraction]]:
    """Product, pieces, money and cost of the goods of a refund; a whole order's are shared among its lines of goods."""
    cogs, _ = facts.returned_cogs.get(refund.refund_id, (ZERO, ""))
    order = facts.orders.get(refund.order_id) if refund.order_id else None
    if order is None or not order.goods or refund.line_number is not None or refund.product_id is not None:
        yield refund.product_id, refund.quantity or ZERO, refund.amount, cogs
        return
    money_back, cost_back = _come_back_before(facts, refund)
    net = [max(line.net, ZERO) for line in order.goods]
    net_left = [max(line.net - money_back[line.number], ZERO) for line in order.goods]
    cost_left = [line.cogs - cost_back[line.number] for line in order.goods]
    money = _among(order.goods, refund.amount, net_left, net)
    cost = _among(order.goods, cogs, cost_left, [line.cogs for line in order.goods])
    for line in order.goods:
        yield line.product_id, ZERO, money[line.number], cost[line.number]


def _come_back_before(facts: Facts, whole: Refund) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    """What refunds of single lines of the order had brought back before, in money and in cost."""
    money: dict[int, Fraction] = defaultdict(Fraction)
    cost: dict[int, Fraction] = defaultdict(Fraction)
    for refund in facts.refunds:
        is_before = (refund.refunded_at, refund.refund_id) < (whole.refunded_at, whole.refund_id)
        if refund.order_id == whole.order_id and refund.line_number is not None and is_before:
            money[refund.line_number] += refund.amount
            cost[refund.line_number] += facts.returned_cogs.get(refund.refund_id, (ZERO, ""))[0]
    return money, cost


def _among(lines: list[Line], amount: Fraction, *weights: list[Fraction]) -> dict[int, Fraction]:
    """By the first weights that come to something, or alike; the cents that are left over go to the first lines."""
    by = next((some for some in weights if sum(some) > 0), [Fraction(1)] * len(lines))
    return shared(amount, dict(zip([line.number for line in lines], by, strict=True)))
