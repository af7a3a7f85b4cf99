"""Which rows of a shop count: the rules of the input contract, row by row and between the tables.

Follows `design/inputs.md` and the columns of `models/staging/contract.yml`, which is data and not a model.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from oracle.arithmetic import CENT, rounded, shared
from oracle.shops import Plan, Row, Shop
from orchestration import contract

Values = dict[str, Any]
"""A row with its values: fractions, whole numbers, dates, instants in UTC without a zone, text; None where absent."""

UTC = ZoneInfo("UTC")
LONGEST_CHAIN = 64
RATE_HOLDS = timedelta(days=7)


@dataclass(frozen=True)
class LineAmounts:
    """An accepted line in the currency of its order: gross not rounded, the rest to the cent."""

    exact_gross: Fraction
    discount: Fraction
    net: Fraction
    tax: Fraction
    most_paid: Fraction
    """Net and tax, or what they come to where nothing is rounded, if that is more."""


@dataclass(frozen=True)
class Accepted:
    """The rows that count, by table, and what follows from them for the others."""

    plan: Plan
    tables: dict[str, list[Values]]
    rates: Rates
    line_amounts: dict[tuple[str, int], LineAmounts]
    survivors: dict[str, str]
    as_of: date

    def survivor(self, customer: str | None) -> str | None:
        """Who an account has become; itself where it was merged into none."""
        return self.survivors.get(customer, customer) if customer else customer

    def day(self, instant: datetime | None) -> date | None:
        """The day on the shop's calendar."""
        return local_day(instant, self.plan)

    def known(self, instant: datetime | None) -> bool | None:
        """Whether it was on or before the as-of day; None where there is no instant."""
        return None if instant is None else self.day(instant) <= self.as_of


class Rates:
    """Rates of the day, or of the last one of the seven days before."""

    def __init__(self, rows: Iterable[Values], reporting_currency: str) -> None:
        self.reporting_currency = reporting_currency
        found: dict[str, dict[date, Fraction]] = defaultdict(dict)
        for row in rows:
            found[row["currency"]][row["rate_date"]] = row["rate_to_reporting"]
        self.by_day = {currency: sorted(rates.items()) for currency, rates in found.items()}

    def on(self, currency: str | None, day: date) -> Fraction | None:
        """Units of the reporting currency for one unit; None where no rate holds. No currency is the reporting one."""
        if (currency or self.reporting_currency) == self.reporting_currency:
            return Fraction(1)
        rates = self.by_day.get(currency, [])
        place = bisect_right([rated for rated, _ in rates], day)
        if place == 0 or day - rates[place - 1][0] > RATE_HOLDS:
            return None
        return rates[place - 1][1]

    def first_day(self, currency: str) -> date | None:
        """The first day of which a rate is known."""
        rates = self.by_day.get(currency)
        return rates[0][0] if rates else None

    def last_until(self, currency: str, day: date) -> Fraction | None:
        """The last rate known on a day, however old; before the first one, that."""
        rates = self.by_day.get(currency, [])
        return next((rate for rated, rate in reversed(rates) if rated <= day), rates[0][1] if rates else None)

    def of_month(self, currency: str | None, month: date, until: date = date.max) -> Fraction | None:
        """The average of the rates that hold on the days of a month up to a day, to 8 places, as a rate has them."""
        days = [day for number in range(31) if (day := month + timedelta(days=number)) <= until]
        found = [rate for day in days if day.month == month.month and (rate := self.on(currency, day)) is not None]
        return rounded(sum(found, Fraction(0)) / len(found), 8) if found else None


def local_day(instant: datetime | None, plan: Plan) -> date | None:
    """The day on the shop's calendar of an instant in UTC."""
    return None if instant is None else instant.replace(tzinfo=UTC).astimezone(ZoneInfo(plan.time_zone)).date()


def accepted(shop: Shop) -> Accepted:
    """The rows of a shop that count."""
    plan = shop.plan
    sound = {table: _sound(table, shop) for table in contract.tables()}
    rates = Rates(sound["fx_rates"], plan.reporting_currency)
    rated = {
        "orders": "ordered_at",
        "marketing_spend": "spend_date",
        "loyalty_events": "occurred_at",
        "product_costs": "valid_from",
    }
    for table, column in rated.items():
        sound[table] = [row for row in sound[table] if rates.on(row["currency"], _day(row[column], plan)) is not None]
    sound["products"] = [
        row for row in sound["products"] if rates.on(row["currency"], date.min) or rates.first_day(row["currency"])
    ]
    sound["cost_pools"] = [
        row
        for row in sound["cost_pools"]
        if row["month"].day == 1
        and row["month"] >= plan.opened_on.replace(day=1)
        and rates.of_month(row["currency"], row["month"]) is not None
    ]
    orders = {row["order_id"]: row for row in sound["orders"]}
    for table in ("order_lines", "shipments"):
        sound[table] = [row for row in sound[table] if row["order_id"] in orders]
    # What carries an order and names no currency is billed in the order's.
    billed = [row | {"currency": row["currency"] or orders[row["order_id"]]["currency"]} for row in sound["shipments"]]
    sound["shipments"] = [row for row in billed if rates.on(row["currency"], _day(row["shipped_at"], plan)) is not None]
    sound["payments"] = [
        row
        for row in sound["payments"]
        if row["order_id"] in orders and _in_currency_of(row, orders[row["order_id"]], plan)
    ]
    amounts = _line_amounts(orders, sound["order_lines"], plan)
    sound["refunds"] = _refunds(sound["refunds"], orders, sound["order_lines"], amounts, rates, plan)
    sound["customers"], survivors = _customers(sound["customers"])
    return Accepted(plan, sound, rates, amounts, survivors, _as_of(sound, shop))


def _sound(table: str, shop: Shop) -> list[Values]:
    """Of each key the version that counts: the latest of those that break no rule by themselves, unless withdrawn."""
    columns = contract.tables()[table].columns
    versions: dict[tuple[Any, ...], dict[Any, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in shop.rows.get(table, []):
        full = {column.name: row.get(column.name) for column in columns}
        key = tuple(full[name] or "" for name in contract.tables()[table].key)
        same = versions[key][full["updated_at"]]
        if full not in same:
            same.append(full)
    found = []
    for by_version in versions.values():
        # Two that differ, and nothing says which came later, contradict each other: neither counts.
        told_apart = [_values(rows[0], columns) for rows in by_version.values() if len(rows) == 1]
        whole = [row for row in told_apart if not _breaks_a_rule(row, columns, shop)]
        if whole:
            latest = max(whole, key=lambda row: (row["updated_at"] is not None, row["updated_at"]))
            if not latest["is_deleted"]:
                found.append(latest)
    return found


def _values(row: Row, columns: Iterable[contract.Column]) -> Values:
    read = {
        "string": str,
        "timestamp": datetime.fromisoformat,
        "date": date.fromisoformat,
        "boolean": lambda text: text == "true",
        "int": int,
        "bigint": int,
    }
    return {
        column.name: None if (text := row[column.name]) is None else read.get(column.data_type, Fraction)(text)
        for column in columns
    }


def _breaks_a_rule(row: Values, columns: Iterable[contract.Column], shop: Shop) -> bool:
    for column in columns:
        value = row[column.name]
        if value is None:
            if column.required:
                return True
            continue
        if column.allowed and value not in column.allowed:
            return True
        if column.minimum is not None and value < Fraction(str(column.minimum)):
            return True
        if column.maximum is not None and value > Fraction(str(column.maximum)):
            return True
        if column.event:
            instant = value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())
            if instant > shop.loaded_at or instant < _opened_at(shop.plan):
                return True
    return False


@cache
def _opened_at(plan: Plan) -> datetime:
    """When the opening day begins, in the shop's time zone or in UTC, whichever is earlier."""
    midnight = datetime.combine(plan.opened_on, datetime.min.time())
    return min(midnight, midnight.replace(tzinfo=ZoneInfo(plan.time_zone)).astimezone(UTC).replace(tzinfo=None))


def _day(value: date | datetime, plan: Plan) -> date:
    return local_day(value, plan) if isinstance(value, datetime) else value


def _in_currency_of(row: Values, order: Values, plan: Plan) -> bool:
    return row["currency"] in (None, order["currency"] or plan.reporting_currency)


def _line_amounts(orders: dict[str, Values], lines: list[Values], plan: Plan) -> dict[tuple[str, int], LineAmounts]:
    """What each line was sold for; the order's own discount is spread over its lines by value, to the cent."""
    found = {}
    of_order: dict[str, list[Values]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line["line_number"]):
        of_order[line["order_id"]].append(line)
    for order_id, its_lines in of_order.items():
        order = orders[order_id]
        gross, discounts = {}, {}
        for line in its_lines:
            tax_within = (line["tax_amount"] or 0) if plan.prices_include_tax else 0
            gross[line["line_number"]] = line["quantity"] * line["unit_price"] - tax_within
            discounts[line["line_number"]] = rounded(line["discount_amount"] or Fraction(0))
        values = {number: max(rounded(gross[number]) - discounts[number], Fraction(0)) for number in gross}
        if not any(values.values()):
            values = dict.fromkeys(values, Fraction(1))
        spread = shared(rounded(order["discount_amount"] or Fraction(0)), values)
        for line in its_lines:
            number = line["line_number"]
            discount = discounts[number] + spread[number]
            tax = next((tax for tax in (line["tax_amount"], _order_tax(order, plan)) if tax is not None), Fraction(0))
            net = rounded(gross[number]) - discount
            exact_net = gross[number] - (line["discount_amount"] or 0) - spread[number]
            found[order_id, number] = LineAmounts(gross[number], discount, net, tax, max(net, exact_net) + tax)
    return found


def _order_tax(order: Values, plan: Plan) -> Fraction | None:
    """Tax that was paid beside the prices, by the order; in prices that include it, only lines say what it is."""
    return None if plan.prices_include_tax else order["tax_amount"]


def _refunds(
    refunds: list[Values],
    orders: dict[str, Values],
    lines: list[Values],
    amounts: dict[tuple[str, int], LineAmounts],
    rates: Rates,
    plan: Plan,
) -> list[Values]:
    """Those whose order and line were seen, and that with the earlier ones give back no more than was paid or bought.

    One that is too large by itself does not count against those after it.
    """
    bought = {(line["order_id"], line["line_number"]): line for line in lines}
    paid = {place: line.most_paid for place, line in amounts.items()}
    order_paid = {}
    for order_id, order in orders.items():
        its_lines = [place for place in amounts if place[0] == order_id]
        taxes = [bought[place]["tax_amount"] or Fraction(0) for place in its_lines]
        of_order = _order_tax(order, plan)
        tax = sum(taxes, Fraction(0)) if of_order is None else of_order
        order_paid[order_id] = sum((amounts[one].most_paid - amounts[one].tax for one in its_lines), Fraction(0)) + tax
    found = []
    given: dict[Any, Fraction] = defaultdict(Fraction)
    pieces: dict[Any, Fraction] = defaultdict(Fraction)
    for refund in sorted(refunds, key=lambda one: (one["refunded_at"], one["refund_id"])):
        order, place = orders.get(refund["order_id"]), (refund["order_id"], refund["line_number"])
        on_line = refund["line_number"] is not None
        if (refund["order_id"] is not None and order is None) or (on_line and place not in bought):
            continue
        currency = refund["currency"] or (order or {}).get("currency")
        if rates.on(currency, local_day(refund["refunded_at"], plan)) is None:
            continue
        if order is None:
            found.append(refund)
            continue
        if not _in_currency_of(refund, order, plan):
            continue
        # Where prices include tax, so does the amount given back.
        back = refund["refund_amount"] + (0 if plan.prices_include_tax else refund["tax_amount"] or 0)
        back_pieces = refund["quantity"] or Fraction(0)
        limits = [(given, refund["order_id"], back, order_paid[refund["order_id"]])]
        if on_line:
            limits += [(given, place, back, paid[place]), (pieces, place, back_pieces, bought[place]["quantity"])]
        named = limits[1:] if on_line else limits
        if any(_exceeds(part, whole, so_far is given) for so_far, _, part, whole in named):
            continue
        for so_far, key, part, _ in limits:
            so_far[key] += part
        if not any(_exceeds(so_far[key], whole, so_far is given) for so_far, key, _, whole in limits):
            found.append(refund)
    return found


def _exceeds(part: Fraction, whole: Fraction, is_money: bool) -> bool:
    """Whether it is more than the whole; money by a cent at least, since the shop may have rounded it."""
    return part >= whole + CENT if is_money else part > whole


def _customers(rows: list[Values]) -> tuple[list[Values], dict[str, str]]:
    """The accounts whose merges and referrals end somewhere, and who each merged account has become."""
    merges = {row["customer_id"]: row["merged_into_customer_id"] for row in rows if row["merged_into_customer_id"]}
    survivors = {account: _end(account, merges) for account in merges}
    referrals = {}
    for row in rows:
        referrer = row["referred_by_customer_id"]
        referrer = survivors.get(referrer) or referrer
        if row["customer_id"] not in merges and referrer not in (None, row["customer_id"]):
            referrals[row["customer_id"]] = referrer
    refused = {account for account, survivor in survivors.items() if survivor is None}
    refused |= {customer for customer in referrals if _end(customer, referrals) is None}
    return (
        [row for row in rows if row["customer_id"] not in refused],
        {account: survivor for account, survivor in survivors.items() if survivor is not None},
    )


def _end(start: str, parents: dict[str, str]) -> str | None:
    """The last of a chain; None where it has none."""
    place = start
    for _ in range(LONGEST_CHAIN):
        if place not in parents:
            return place
        place = parents[place]
    return None if place in parents else place


def _as_of(tables: dict[str, list[Values]], shop: Shop) -> date:
    """The day of the last accepted order or refund, if it was over before the load; else the day before the load."""
    trade = [row["ordered_at"] for row in tables["orders"]] + [row["refunded_at"] for row in tables["refunds"]]
    day_before = local_day(shop.loaded_at, shop.plan) - timedelta(days=1)
    return min([local_day(max(trade), shop.plan), day_before]) if trade else day_before
