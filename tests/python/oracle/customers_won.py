"""Who was won and what that cost, who came back and when: acquisition and retention, by the definitions."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from oracle.arithmetic import rounded, shared
from oracle.contract import accepted
from oracle.facts import ZERO, Facts, Order, month_of, settings_of_shop
from oracle.shops import Shop
from oracle.statement import Answer
from oracle.warehouse import Ask

WINDOWS = (30, 60, 90, 180, 365)

Table = dict[tuple, dict[str, object]]
"""Rows of a mart by their key."""


def next_month(month: date) -> date:
    """The first day of the month after."""
    return month_of(month + timedelta(days=31))


def marts(shop: Shop, statement: Answer) -> dict[str, Table]:
    """What the marts on acquisition and retention must say of a shop; `statement` is its profit statement."""
    facts = Facts(shop, accepted(shop))
    returned = _returned(facts)
    contributions: dict[str, dict[date, Fraction]] = defaultdict(dict)
    for (owner, customer, month), lines in statement.monthly.items():
        if owner == "customer":
            contributions[customer][month] = lines["contribution_2"]
    acquisition = _customer_acquisition(facts, statement, contributions)
    return {
        "customer_acquisition": acquisition,
        "acquisition_payback": _acquisition_payback(facts, acquisition, contributions),
        "second_orders": _second_orders(facts, returned),
        "repeat_windows": _repeat_windows(facts, returned),
        "retention_monthly": _retention_monthly(facts, returned),
        "customer_retention": _customer_retention(facts, returned),
        "acquisition_months": _acquisition_months(facts, statement),
    }


def spend(facts: Facts, *purposes: str) -> dict[tuple[date, str], Fraction]:
    """What was spent on these purposes, by month and channel."""
    found: dict[tuple[date, str], Fraction] = defaultdict(Fraction)
    for row in facts.rows.tables["marketing_spend"]:
        if row["spend_date"] <= facts.rows.as_of and row["purpose"] in purposes:
            amount = facts.in_reporting_currency(row["amount"], row["currency"], row["spend_date"])
            found[month_of(row["spend_date"]), row["channel"]] += amount
    return {place: amount for place, amount in found.items() if amount > 0}


def _returned(facts: Facts) -> dict[str, date]:
    """Orders of which all that was paid for goods has been given back, and the day on which the last of it was.

    In the currency of the order, to the cent: what is converted and rounded in between says nothing of that.
    """
    given_back = {row["refund_id"]: facts.given_back(row) for row in facts.rows.tables["refunds"]}
    found = {}
    for order in facts.orders.values():
        paid = sum((facts.rows.line_amounts[order.order_id, line.number].net for line in order.goods), ZERO)
        refunds = sorted(
            (facts.rows.day(refund.refunded_at), rounded(given_back[refund.refund_id]))
            for refund in facts.refunds
            if refund.order_id == order.order_id and refund.charge_line is None
        )
        given = ZERO
        for day, amount in refunds:
            given += amount
            if paid > 0 and given >= paid and order.order_id not in found:
                found[order.order_id] = day
    return found


def _customer_acquisition(facts: Facts, statement: Answer, contributions: dict[str, dict[date, Fraction]]) -> Table:
    costs: dict[str, dict[str, Fraction]] = {}
    for rule, parts in facts.credits.items():
        costs[rule] = defaultdict(Fraction)
        for (month, channel), amount in spend(facts, "acquisition").items():
            sharers = {
                customer: parts[customer][channel]
                for customer in sorted(parts)
                if channel in parts[customer] and facts.orders_of[customer][0].month == month
            }
            for customer, share in shared(amount, sharers).items():
                costs[rule][customer] += share
    (rule,) = (row["attribution"] for row in facts.shop.settings["attribution_rules"] if row["is_statement"] == "true")
    found = {}
    for customer, orders in facts.orders_of.items():
        cost, so_far, payback = costs[rule].get(customer), ZERO, None
        for month in sorted({max(month, orders[0].month) for month in contributions[customer]}):
            so_far = sum((amount for when, amount in contributions[customer].items() if when <= month), ZERO)
            if payback is None and cost is not None and so_far >= cost:
                payback = month
        first = statement.orders[orders[0].order_id]["contribution_2"]
        found[(customer,)] = {
            "acquired_month": orders[0].month,
            "acquisition_channel": facts.won[customer][1],
            "first_touch_channel": next(iter(facts.credits["first_touch"][customer])),
            "last_touch_channel": next(iter(facts.credits["last_touch"][customer])),
            "linear_touch_channels": len(facts.credits["linear_touch"][customer]),
            "touch_count": len(facts.touches_before[customer]),
            "acquisition_cost": cost,
            "first_touch_cost": costs["first_touch"].get(customer),
            "last_touch_cost": costs["last_touch"].get(customer),
            "linear_touch_cost": costs["linear_touch"].get(customer),
            "first_order_contribution": first,
            "is_paid_back_by_first_order": None if cost is None else first >= cost,
            "contribution_so_far": so_far,
            "payback_month": payback,
            "is_payback_censored": None if cost is None else payback is None,
        }
    return found


def _acquisition_payback(facts: Facts, acquisition: Table, contributions: dict[str, dict[date, Fraction]]) -> Table:
    settling = timedelta(days=facts.marketing_rule("settling_days"))
    found = {}
    for cohort in {(row["acquired_month"], row["acquisition_channel"]) for row in acquisition.values()}:
        members = {
            customer: row
            for (customer,), row in acquisition.items()
            if (row["acquired_month"], row["acquisition_channel"]) == cohort
        }
        costs = [row["acquisition_cost"] for row in members.values() if row["acquisition_cost"] is not None]
        month, since = cohort[0], 0
        while month <= facts.rows.as_of:
            brought = sum(
                (amount for one in members for when, amount in contributions[one].items() if when <= month), ZERO
            )
            over = next_month(month) - timedelta(days=1)
            paid_back = [row for row in members.values() if row["payback_month"] and row["payback_month"] <= month]
            found[(*cohort, since)] = {
                "cohort_customers": len(members),
                "acquisition_cost": sum(costs, ZERO) if costs else None,
                "cumulative_contribution": brought,
                "paid_back_customers": len(paid_back) if costs else None,
                "is_over": over <= facts.rows.as_of,
                "is_complete": over + settling <= facts.rows.as_of,
            }
            month, since = next_month(month), since + 1
    return found


def _kept(orders: list[Order], returned: dict[str, date], until: date) -> list[Order]:
    """The orders that had not been given back wholly by a day."""
    return [order for order in orders if order.order_id not in returned or returned[order.order_id] > until]


def _second_orders(facts: Facts, returned: dict[str, date]) -> Table:
    found: Table = {}
    for customer, orders in facts.orders_of.items():
        first = orders[0].day
        row: dict[str, object] = {
            "order_count": len(orders),
            "second_order_on": orders[1].day if len(orders) > 1 else None,
        }
        for days in WINDOWS:
            end = first + timedelta(days=days)
            within = [order for order in orders if order.day <= end]
            is_over = end <= facts.rows.as_of
            row[f"has_second_order_in_{days}_days"] = True if len(within) > 1 else False if is_over else None
            row[f"has_kept_second_order_in_{days}_days"] = len(_kept(within, returned, end)) > 1 if is_over else None
        gaps = sorted((after.day - before.day).days for before, after in pairwise(orders))
        if gaps:
            row["mean_days_between_orders"] = Fraction(sum(gaps), len(gaps))
            row["median_days_between_orders"] = Fraction(gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2], 2)
        found[(customer,)] = row
    return found


def _repeat_windows(facts: Facts, returned: dict[str, date]) -> Table:
    flags = _second_orders(facts, returned)
    found: Table = {}
    for cohort in {orders[0].month for orders in facts.orders_of.values()}:
        members = {one: orders for one, orders in facts.orders_of.items() if orders[0].month == cohort}
        for days in WINDOWS:
            length = timedelta(days=days)
            seen = {one: orders[0].day + length for one, orders in members.items()}
            seen = {one: end for one, end in seen.items() if end <= facts.rows.as_of}
            sales = sum(
                (line.net for one, end in seen.items() for order in members[one] if order.day <= end
                 for line in order.goods), ZERO
            )  # fmt: skip
            refunds = sum(
                (one.amount for one in facts.refunds if one.charge_line is None and one.customer_id in seen
                 and facts.rows.day(one.refunded_at) <= seen[one.customer_id]), ZERO
            )  # fmt: skip
            found[cohort, days] = {
                "cohort_customers": len(members),
                "observed_customers": len(seen),
                "repeat_customers": sum(bool(flags[(one,)][f"has_second_order_in_{days}_days"]) for one in seen),
                "kept_repeat_customers": sum(
                    bool(flags[(one,)][f"has_kept_second_order_in_{days}_days"]) for one in seen
                ),
                "sales_per_customer": Fraction(sales, len(seen)) if seen else None,
                "net_sales_per_customer": Fraction(sales - refunds, len(seen)) if seen else None,
                "is_complete": next_month(cohort) - timedelta(days=1) + length <= facts.rows.as_of,
            }
    return found


def _months_of(facts: Facts) -> dict[str, set[date]]:
    """The months in which each customer ordered."""
    return {customer: {order.month for order in orders} for customer, orders in facts.orders_of.items()}


def _kept_in(facts: Facts, customer: str, month: date, returned: dict[str, date]) -> bool:
    orders = [order for order in facts.orders_of[customer] if order.month == month]
    return bool(_kept(orders, returned, next_month(month) - timedelta(days=1)))


def _retention_monthly(facts: Facts, returned: dict[str, date]) -> Table:
    months = _months_of(facts)
    found: Table = {}
    month = min((min(seen) for seen in months.values()), default=facts.rows.as_of)
    while month <= facts.rows.as_of:
        before = month_of(month - timedelta(days=1))
        active = {one for one, seen in months.items() if month in seen}
        last = {one for one, seen in months.items() if before in seen}
        new = {one for one in active if min(months[one]) == month}
        orders = [order for one in active for order in facts.orders_of[one] if order.month == month]
        found[(month,)] = {
            "active_before": len(last),
            "active_customers": len(active),
            "new_customers": len(new),
            "retained_customers": len(active & last),
            "returned_customers": len(active - last - new),
            "lapsed_customers": len(last - active),
            "kept_active_customers": sum(_kept_in(facts, one, month, returned) for one in active),
            "repeat_customers": sum(one not in new or len([o for o in orders if o.customer_id == one]) > 1
                                    for one in active),
            "order_count": len(orders),
            "repeat_orders": len(orders) - len(new),
        }  # fmt: skip
        month = next_month(month)
    return found


def _customer_retention(facts: Facts, returned: dict[str, date]) -> Table:
    months = _months_of(facts)
    found: Table = {}
    for cohort in {min(seen) for seen in months.values()}:
        members = [one for one, seen in months.items() if min(seen) == cohort]
        month, since = cohort, 0
        while month <= facts.rows.as_of:
            active = [one for one in members if month in months[one]]
            found[cohort, since] = {
                "cohort_customers": len(members),
                "active_customers": len(active),
                "kept_active_customers": sum(_kept_in(facts, one, month, returned) for one in active),
                "retained_customers": sum(month_of(month - timedelta(days=1)) in months[one] for one in active),
                "repeat_share": Fraction(sum(any(o.month <= month for o in facts.orders_of[one][1:2])
                                             for one in members), len(members)),
            }  # fmt: skip
            month, since = next_month(month), since + 1
    return found


def _acquisition_months(facts: Facts, statement: Answer) -> Table:
    """Each month in whole: what was spent, what is counted in besides, and who was won."""
    found: dict[tuple, dict[str, object]] = defaultdict(lambda: {"spend": ZERO, "common_costs": ZERO, "new": 0})
    for (month, _), amount in spend(facts, "acquisition").items():
        found[(month,)]["spend"] += amount
    for (month, _), amount in spend(facts, "brand").items():
        found[(month,)]["common_costs"] += amount
    counted = settings_of_shop(facts.shop.settings["loaded_pools"], facts.shop.plan.shop, "pool")
    for (month, name), pool in statement.pools.items():
        for row in counted:
            if row["pool"] == name and pool.ledger is not None:
                found[(month,)]["common_costs"] += rounded(pool.ledger * Fraction(row["counted_share"]))
    for month, _ in facts.won.values():
        found[(month,)]["new"] += 1
    return {place: row for place, row in found.items() if any(row.values())}


SOURCES = {
    "acquisition_months": (
        "(select month, sum(spend) as spend, sum(common_costs) as common_costs, sum(new_customers) as new "
        "from core.fct_acquisition_months group by month having spend + common_costs + new > 0)",
        ("month",),
    ),
    "customer_acquisition": (
        "(select * from marts.customer_acquisition where acquired_on is not null)",
        ("customer_id",),
    ),
    "acquisition_payback": ("marts.acquisition_payback", ("cohort_month", "channel", "months_since")),
    "second_orders": ("(select * from marts.second_orders where first_order_on is not null)", ("customer_id",)),
    "repeat_windows": ("marts.repeat_windows", ("cohort_month", "window_days")),
    "retention_monthly": (
        "(select * from marts.retention_monthly where month >= (select min(month) from core.fct_customer_months) "
        "or (month = (select as_of_month from core.dim_as_of) and not exists (from core.fct_customer_months)))",
        ("month",),
    ),
    "customer_retention": ("marts.customer_retention", ("cohort_month", "months_since")),
}
"""What to read of the warehouse for each, and what names a row."""


def differences(expected: dict[str, Table], ask: Ask) -> list[str]:
    """Where the warehouse says something else, a sentence each; a number per head may be rounded."""
    found = []
    for mart, rows in expected.items():
        relation, key = SOURCES[mart]
        columns = sorted({column for row in rows.values() for column in row})
        answers = {
            tuple(answer[: len(key)]): dict(zip(columns, answer[len(key) :], strict=True))
            for answer in ask(f"select {', '.join((*key, *columns))} from {relation} as mart")
        }
        found += [f"{mart}: {place} is there and should not be" for place in answers.keys() - rows.keys()]
        found += [f"{mart}: {place} is missing" for place in rows.keys() - answers.keys()]
        for place in rows.keys() & answers.keys():
            for column in columns:
                said, true = answers[place][column], rows[place].get(column)
                if not _same(said, true):
                    found.append(f"{mart}: {column} of {place} is {said} and should be {true}")
    return sorted(found)


def _same(said: object, true: object) -> bool:
    if isinstance(said, int | float | Decimal) and isinstance(true, int | Fraction) and not isinstance(true, bool):
        exact = isinstance(said, int) or (isinstance(true, Fraction) and 100 % true.denominator == 0)
        return abs(Fraction(said) - true) <= (Fraction(1, 10**9) if exact else Fraction(5001, 10**6))
    return said == true
