"""The kinds of dirty rows: what is wrong with each, in which table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

QUARANTINED, DUPLICATE = "quarantined", "duplicate"
NOT_UTF8 = "Reklamation: Qualit\udce4t"
"""As an office program saves it in Latin-1: the byte E4 stands alone, and that is no UTF-8."""
AFTER_ANY_LOAD = datetime(2199, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None)
NO_SUCH_ORDER = "99999999999"
CURRENCY_WITHOUT_RATE = "SEK"
UNTIED: dict[str, Any] = {"order_id": None, "line_number": None}
"""A dirty refund names no order, lest it use up what the order's good refunds may give back."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """What a change may look at."""

    before_opening: datetime
    unrefunded: list[tuple[str, Decimal]]
    """Orders without a refund, with what their lines came to."""


Change = Callable[[Row, int, Look], list[Row]]


@dataclass(frozen=True)
class Kind:
    """One kind of dirt in one table; `change` makes the dirty rows of one case from a good row under a new key."""

    number: int
    table: str
    name: str
    change: Change
    rows_per_case: int = 1


def same_again(row: Row, number: int, look: Look) -> list[Row]:
    """The same row a second time."""
    return [row]


def _put(**values: Any) -> Change:
    return lambda row, number, look: [row | values]


def _before_opening(column: str) -> Change:
    return lambda row, number, look: [row | {column: look.before_opening}]


def _conflict(**values: Any) -> Change:
    """Two rows of one key and version that say different things: nobody can know which is right."""
    return lambda row, number, look: [row, row | values]


def _too_large_a_refund(row: Row, number: int, look: Look) -> list[Row]:
    """Twice what the order's lines came to, and a bit."""
    order, gross = look.unrefunded[number * 7 % len(look.unrefunded)]
    amount = (gross * 2 + 50).quantize(Decimal("0.01"))
    return [
        row
        | {
            "order_id": order,
            "line_number": None,
            "customer_id": None,
            "product_id": None,
            "quantity": None,
            "refund_amount": amount,
            "tax_amount": Decimal("0.00"),
            "shipping_refunded": None,
            "currency": "EUR",
        }
    ]


def _cycle(row: Row, number: int, look: Look) -> list[Row]:
    """Two accounts, each merged into the other."""
    other = "97" + str(row["customer_id"])[2:]
    merged = row["created_at"]
    return [
        row | {"merged_into_customer_id": other, "merged_at": merged},
        row | {"customer_id": other, "merged_into_customer_id": row["customer_id"], "merged_at": merged},
    ]


def _kinds() -> tuple[Kind, ...]:
    """The kinds that a table needs most stand first: a small table has room for only some."""
    listed: list[tuple[str, str, Change, int]] = [
        ("orders", "missing_required_value", _put(ordered_at=None), 1),
        ("orders", "currency_without_rate", _put(currency=CURRENCY_WITHOUT_RATE), 1),
        ("orders", "date_before_opening", _before_opening("ordered_at"), 1),
        ("orders", "exact_duplicate", same_again, 1),
        ("orders", "conflicting_duplicate", _conflict(shipping_charged=Decimal("99.0000")), 2),
        ("orders", "date_after_the_load", _put(ordered_at=AFTER_ANY_LOAD), 1),
        ("orders", "value_not_allowed", _put(status="parked"), 1),
        ("order_lines", "line_without_order", _put(order_id=NO_SUCH_ORDER), 1),
        ("order_lines", "negative_quantity", _put(quantity=Decimal("-1.000")), 1),
        ("order_lines", "exact_duplicate", same_again, 1),
        ("order_lines", "conflicting_duplicate", _conflict(unit_price=Decimal("777.0000")), 2),
        ("order_lines", "missing_required_value", _put(product_id=None), 1),
        ("order_lines", "negative_price", _put(unit_price=Decimal("-9.9000")), 1),
        ("customers", "merge_cycle", _cycle, 2),
        ("customers", "exact_duplicate", same_again, 1),
        ("customers", "missing_required_value", _put(customer_id=None), 1),
        ("customers", "date_before_opening", _before_opening("created_at"), 1),
        ("product_costs", "missing_required_value", _put(unit_cost=None), 1),
        ("refunds", "refund_exceeds_order", _too_large_a_refund, 1),
        ("refunds", "unparseable_value", _put(**UNTIED, refund_amount="12,50"), 1),
        ("refunds", "refund_without_order", _put(order_id=NO_SUCH_ORDER, line_number=None), 1),
        ("refunds", "missing_required_value", _put(**UNTIED, refunded_at=None), 1),
        ("refunds", "currency_without_rate", _put(**UNTIED, currency=CURRENCY_WITHOUT_RATE), 1),
        ("refunds", "unparseable_date", _put(**UNTIED, refunded_at="31.02.2024"), 1),
        ("payments", "payment_without_order", _put(order_id=NO_SUCH_ORDER), 1),
        ("payments", "exact_duplicate", same_again, 1),
        ("payments", "negative_amount", _put(amount=Decimal("-5.0000")), 1),
        ("shipments", "shipment_without_order", _put(order_id=NO_SUCH_ORDER), 1),
        ("shipments", "missing_required_value", _put(shipped_at=None), 1),
        ("marketing_spend", "value_not_allowed", _put(purpose="fun"), 1),
        ("marketing_spend", "negative_amount", _put(amount=Decimal("-12.0000")), 1),
        ("marketing_touches", "missing_required_value", _put(channel=None), 1),
        ("marketing_touches", "date_before_opening", _before_opening("touched_at"), 1),
        ("service_contacts", "invalid_utf8", _put(reason=NOT_UTF8), 1),
        ("service_contacts", "unparseable_value", _put(handle_minutes="7,5"), 1),
        ("service_contacts", "exact_duplicate", same_again, 1),
        ("service_contacts", "conflicting_duplicate", _conflict(handle_minutes="480.000"), 2),
        ("service_contacts", "missing_required_value", _put(customer_id=None), 1),
        ("service_contacts", "date_before_opening", _before_opening("opened_at"), 1),
        ("loyalty_events", "value_not_allowed", _put(event_type="borrow"), 1),
        ("loyalty_events", "exact_duplicate", same_again, 1),
        ("web_events", "missing_required_value", _put(event_type=None), 1),
        ("web_events", "exact_duplicate", same_again, 1),
        ("surveys", "value_below_minimum", _put(nps=-1), 1),
        ("fx_rates", "value_below_minimum", _put(currency=CURRENCY_WITHOUT_RATE, rate_to_reporting="0.00000000"), 1),
        ("fx_rates", "unparseable_value", _put(currency="NOK", rate_to_reporting="n/a"), 1),
        ("cost_pools", "unparseable_value", _put(pool="storage", amount="1.250,00"), 1),
    ]
    return tuple(Kind(number, table, name, change, rows) for number, (table, name, change, rows) in enumerate(listed))


KINDS = _kinds()
