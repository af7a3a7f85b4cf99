"""Small random shops, each from a seed: the rows that it hands in and the cost settings that hold for it.

The rows are what a shop could hand in, bent towards where statements go wrong: instants at the turn of a month on the
shop's calendar, prices whose products end in half a cent, rates with gaps, accounts merged in chains, pools that nobody
uses. A few rows break the contract. All values are text, as a file has them, and None where there is none.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

Row = dict[str, str | None]


@dataclass(frozen=True)
class Plan:
    """What is compiled into the models: a shop's scalars, as `shop.yml` would set them."""

    shop: str
    reporting_currency: str
    time_zone: str
    opened_on: date
    prices_include_tax: bool

    def variables(self) -> dict[str, object]:
        """The same as vars of dbt."""
        return {
            "shop": self.shop,
            "reporting_currency": self.reporting_currency,
            "reporting_time_zone": self.time_zone,
            "shop_opened_on": self.opened_on.isoformat(),
            "prices_include_tax": self.prices_include_tax,
        }


PLANS = (
    Plan("corner", "EUR", "Europe/Berlin", date(2022, 1, 1), prices_include_tax=False),
    Plan("corner", "USD", "America/New_York", date(2022, 1, 1), prices_include_tax=True),
)
"""East and west of Greenwich, before tax and with it. Each is a run of dbt's compiler, so there are only two."""


@dataclass(frozen=True)
class Shop:
    """A shop: its plan, the rows of each input, the stamp of the load, and its rows of the settings tables."""

    name: str
    plan: Plan
    loaded_at: datetime
    rows: dict[str, list[Row]]
    settings: dict[str, list[Row]] = field(default_factory=dict)


CUSTOMERS = ("007", "7", "B", "a", "aa", "b", "m", "z", "ä")
"""Ids whose order differs between languages, numbers and bytes; they are ordered by code point."""

PRODUCTS = ("apple", "bowl", "cup", "dish", "egg")
CHARGES = ("POST", "GIFT", "FEE", "D")
CHANNELS = ("search", "mail", "fair")
PRICES = ("0", "0.01", "0.05", "1.005", "3.3333", "9.99", "12.345", "19.995", "33.335", "100")
QUANTITIES = ("1", "1", "1", "2", "3", "7", "0.5", "1.333", "0")
SMALL = (None, None, "0", "0.01", "0.005", "0.33", "1", "2.555")
RATES = ("0.5", "0.91234567", "1.005", "1.25", "0.00612345")
MINUTES = (None, "0", "1", "2.5", "7.333", "12")


class _Maker:
    """Draws the rows of one shop. One random stream, so that a seed is a shop."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.plan = PLANS[seed % len(PLANS)]
        self.first_day = date(2023, self.random.randint(9, 12), 1)
        self.days = self.random.choice((40, 75, 140))
        self.customers = self.random.sample(CUSTOMERS, self.random.randint(2, 7))
        others = [code for code in ("EUR", "USD", "GBP", "JPY") if code != self.plan.reporting_currency]
        self.currencies = self.random.sample(others, self.random.choice((0, 0, 1, 2)))
        self.rows: dict[str, list[Row]] = {}
        self.order_days: dict[str, datetime] = {}

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, choices: Sequence[str | None]) -> str | None:
        return self.random.choice(choices)

    def maybe(self, value: str | None, share: float) -> str | None:
        return value if self.chance(share) else None

    def instant(self, after: datetime | None = None, days: int | None = None) -> datetime:
        """Some second of the shop's time; every third one around the turn of a month in UTC."""
        start = after or datetime.combine(self.first_day, datetime.min.time())
        found = start + timedelta(seconds=self.random.randrange((days or self.days) * 86400))
        if self.chance(0.33):
            turn = datetime(found.year, found.month, 1) + timedelta(seconds=self.random.randint(-6 * 3600, 6 * 3600))
            found = max(turn, start)
        return found

    def day(self) -> date:
        return self.first_day + timedelta(days=self.random.randrange(self.days))

    def currency(self, foreign: float = 0.4) -> str | None:
        if self.currencies and self.chance(foreign):
            return self.random.choice(self.currencies)
        return self.pick((None, self.plan.reporting_currency))

    def customer(self) -> str | None:
        """A customer of the shop, now and then one that its own table does not list."""
        return self.random.choice(self.customers) if self.chance(0.93) else "unlisted"

    def add(self, table: str, **values: object) -> Row:
        row = {name: _text(value) for name, value in values.items()}
        self.rows.setdefault(table, []).append(row)
        return row


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat(" ") if isinstance(value, datetime) else str(value).lower()


def make(seed: int) -> Shop:
    """The shop of a seed: the same one each time."""
    maker = _Maker(seed)
    for step in (_rates, _products, _customers, _orders, _refunds, _payments, _shipments, _around, _ledger, _spoil):
        step(maker)
    last = datetime.combine(maker.first_day, datetime.min.time()) + timedelta(days=maker.days)
    # Some loads come in the middle of the trade: what happened on their day is not over yet.
    loaded_at = last + timedelta(days=60) if maker.chance(0.7) else last - timedelta(days=maker.random.randint(1, 15))
    for rows in maker.rows.values():
        maker.random.shuffle(rows)
    settings = _settings(maker)
    _campaigns(maker)
    _refunds_in_two_currencies(maker)
    return Shop(f"seed {seed}", maker.plan, loaded_at, maker.rows, settings)


def _campaigns(maker: _Maker) -> None:
    """Spend and touches enough that most customers cost something, and that the rules of attribution differ."""
    for month in sorted(_months(maker)):
        for channel in (*CHANNELS, "unattributed"):
            if maker.chance(0.6):
                maker.add(
                    "marketing_spend",
                    spend_date=month + timedelta(days=maker.random.randrange(28)),
                    channel=channel,
                    campaign="all year",
                    purpose="acquisition",
                    amount=maker.pick(("0", "0.01", "1", "2.5", "10", "33.335")),
                    currency=None,
                )
    for number in range(maker.random.choice((0, 10, 30))):
        maker.add(
            "marketing_touches",
            touch_id=f"v{number}",
            customer_id=maker.customer(),
            touched_at=maker.instant(days=maker.days // 2),
            channel=maker.pick(CHANNELS),
            purpose=maker.pick((None, "acquisition", "acquisition", "brand", "retention", "reactivation")),
        )


def _refunds_in_two_currencies(maker: _Maker) -> None:
    """One that is refused for its currency; the day after, one as large in the order's: there is room for one only."""
    orders = {row["order_id"]: row for row in maker.rows["orders"]}
    lines = [row for row in maker.rows["order_lines"] if row["order_id"] in maker.order_days]
    for number in range(maker.random.choice((0, 0, 1, 3))):
        line = maker.random.choice(lines)
        own = orders[line["order_id"]]["currency"] or maker.plan.reporting_currency
        other = maker.pick([code for code in ("EUR", "USD", "GBP", "JPY") if code != own])
        at = maker.instant(maker.order_days[line["order_id"]], 10)
        for place, currency in enumerate((other, own)):
            maker.add(
                "refunds",
                refund_id=f"c{number}-{place}",
                order_id=line["order_id"],
                line_number=line["line_number"],
                refunded_at=at + timedelta(days=place),
                refund_amount=f"{float(line['unit_price']) * float(line['quantity']) * 0.6:.2f}",
                currency=currency,
            )


def _rates(maker: _Maker) -> None:
    """A rate each trading day; at weekends none, and now and then none for longer than a rate holds."""
    for currency in maker.currencies:
        gap_from = maker.day() if maker.chance(0.4) else None
        for number in range(-10, maker.days + 20):
            day = maker.first_day + timedelta(days=number)
            in_gap = gap_from is not None and gap_from <= day < gap_from + timedelta(days=12)
            if day.weekday() < 5 and not in_gap:
                maker.add("fx_rates", rate_date=day, currency=currency, rate_to_reporting=maker.pick(RATES))


def _products(maker: _Maker) -> None:
    for product in PRODUCTS:
        if maker.chance(0.6):
            maker.add(
                "products",
                product_id=product,
                unit_cost=maker.maybe(maker.pick(PRICES), 0.7),
                currency=maker.currency(0.2),
                launched_at=maker.maybe(maker.instant(), 0.3) if maker.chance(0.3) else None,
            )
        for day in {maker.day() for _ in range(maker.random.choice((0, 0, 1, 2)))}:
            maker.add(
                "product_costs",
                product_id=product,
                valid_from=day.replace(day=1) if maker.chance(0.4) else day,
                unit_cost=maker.pick(PRICES),
                currency=maker.currency(0.2),
            )
    seen: set[tuple[str | None, str | None]] = set()
    costs = maker.rows.pop("product_costs", [])
    for row in costs:
        if (key := (row["product_id"], row["valid_from"])) not in seen:
            seen.add(key)
            maker.rows.setdefault("product_costs", []).append(row)


def _customers(maker: _Maker) -> None:
    """Accounts, some merged into others, some referred; both in chains, and now and then in a circle."""
    for place, customer in enumerate(maker.customers):
        earlier = maker.customers[:place]
        anyone = maker.customers if maker.chance(0.1) else earlier
        merges = bool(anyone) and maker.chance(0.3)
        maker.add(
            "customers",
            customer_id=customer,
            created_at=maker.maybe(maker.instant(), 0.3) if maker.chance(0.5) else None,
            acquisition_channel=maker.maybe(maker.pick(CHANNELS), 0.6),
            referred_by_customer_id=maker.pick([*anyone, "unlisted friend"]) if maker.chance(0.55) else None,
            merged_into_customer_id=maker.pick(anyone) if merges else None,
            merged_at=maker.instant() if merges and maker.chance(0.8) else None,
        )


def _orders(maker: _Maker) -> None:
    for number in range(maker.random.randint(5, 30)):
        order = f"o{number:02}"
        at = maker.order_days[order] = maker.instant()
        cancelled = maker.chance(0.08)
        line_taxed = maker.chance(0.4)
        maker.add(
            "orders",
            order_id=order,
            customer_id=maker.maybe(maker.customer(), 0.85),
            ordered_at=at,
            status="cancelled" if cancelled else maker.pick((None, "paid", "shipped", "completed")),
            cancelled_at=maker.maybe(maker.instant(at, 40), 0.7) if cancelled else None,
            currency=maker.currency(),
            shipping_charged=maker.pick(SMALL),
            discount_amount=maker.pick(("0.01", "0.05", "1.005", "5", "10", "500")) if maker.chance(0.3) else None,
            discount_purpose=maker.maybe("retention", 0.1),
            tax_amount=maker.maybe(maker.pick(("0", "1.9", "0.333")), 0.2),
            commission=maker.maybe(maker.pick(SMALL), 0.2),
            payment_method=maker.pick((None, "card", "invoice", "cash")),
        )
        for line in range(1, maker.random.choice((2, 2, 3, 4, 6))):
            maker.add(
                "order_lines",
                order_id=order,
                line_number=line,
                product_id=maker.pick(CHARGES if maker.chance(0.12) else PRODUCTS),
                quantity=maker.pick(QUANTITIES),
                unit_price=maker.pick(PRICES),
                discount_amount=maker.maybe(maker.pick(("0.005", "0.01", "1", "2.345", "20")), 0.25),
                tax_amount=maker.pick(("0", "0.01", "0.19", "1.333")) if line_taxed and maker.chance(0.7) else None,
            )


def _refunds(maker: _Maker) -> None:
    lines = {(row["order_id"], row["line_number"]): row for row in maker.rows["order_lines"]}
    for number in range(maker.random.choice((0, 2, 5, 9))):
        (order, line_number), line = maker.random.choice(list(lines.items()))
        kind = maker.pick(("line", "line", "line", "order", "none"))
        price = float(line["unit_price"]) * float(line["quantity"])
        amount = price * maker.random.choice((0, 0.1, 0.3333, 0.5, 1)) if kind != "none" else maker.random.random() * 20
        fitting = [one for one in ("0", "0.5", "1", "2", "3") if float(one) <= float(line["quantity"])]
        maker.add(
            "refunds",
            refund_id=f"r{number}",
            order_id=None if kind == "none" else order,
            line_number=line_number if kind == "line" else None,
            customer_id=maker.maybe(maker.customer(), 0.7 if kind == "none" else 0.1),
            product_id=maker.maybe(maker.pick(PRODUCTS + CHARGES), 0.5 if kind == "none" else 0.05),
            refunded_at=maker.instant(maker.order_days[order], 45),
            quantity=maker.maybe(maker.pick(fitting), 0.6),
            refund_amount=f"{amount:.{maker.random.choice((2, 2, 4))}f}",
            tax_amount=maker.maybe("0.01", 0.1),
            shipping_refunded=maker.maybe(maker.pick(SMALL), 0.2),
            currency=maker.currency() if kind == "none" else None,
            is_restocked=maker.pick((None, "true", "true", "true", "false")),
        )


def _payments(maker: _Maker) -> None:
    if maker.chance(0.25):
        return
    for order, at in maker.order_days.items():
        for attempt in range(maker.random.choice((0, 1, 1, 1, 2))):
            status = maker.pick((None, "paid", "paid", "paid", "open", "failed", "failed", "chargeback"))
            paid = status in ("paid", "chargeback") and maker.chance(0.8)
            maker.add(
                "payments",
                payment_id=f"p{order}-{attempt}",
                order_id=order,
                method=maker.pick((None, "card", "invoice", "cash")),
                amount=maker.pick(PRICES),
                fee_amount=maker.maybe(maker.pick(("0", "0.005", "0.35", "1.2345")), 0.5),
                due_at=maker.maybe(maker.instant(at, 60), 0.5),
                paid_at=maker.instant(at, 30) if paid else None,
                chargeback_at=maker.instant(at, 60) if status == "chargeback" else None,
                status=status,
            )


def _shipments(maker: _Maker) -> None:
    if maker.chance(0.3):
        return
    for order, at in maker.order_days.items():
        for number in range(maker.random.choice((0, 1, 1, 1, 2))):
            maker.add(
                "shipments",
                shipment_id=f"s{order}-{number}",
                order_id=order,
                shipped_at=maker.instant(at, 20),
                parcels=maker.pick((None, "0", "1", "1", "3")),
                shipping_cost=maker.pick((None, "0", "4.9", "3.335")),
                currency=maker.currency(0.3),
            )


def _around(maker: _Maker) -> None:
    """Service, rewards and marketing: what no order causes. Some of it comes before the first order."""
    before = datetime.combine(maker.first_day, datetime.min.time()) - timedelta(days=35)
    days = maker.days + 35
    for number in range(maker.random.choice((0, 3, 8))):
        maker.add(
            "service_contacts",
            contact_id=f"k{number}",
            customer_id=maker.customer(),
            opened_at=maker.instant(before, days),
            order_id=maker.maybe(maker.pick([*maker.order_days, "elsewhere"]), 0.5),
            channel=maker.pick((None, "phone", "chat")),
            handle_minutes=maker.pick(MINUTES),
        )
    for number in range(maker.random.choice((0, 2, 5))):
        maker.add(
            "loyalty_events",
            event_id=f"l{number}",
            customer_id=maker.customer(),
            occurred_at=maker.instant(before, days),
            event_type=maker.pick((None, "earn", "redeem", "expire")),
            cost_amount=maker.pick((None, "0", "0.005", "1.115", "3")),
            currency=maker.currency(0.3),
        )
    for number in range(maker.random.choice((0, 5, 15))):
        maker.add(
            "marketing_touches",
            touch_id=f"t{number}",
            customer_id=maker.customer(),
            touched_at=maker.instant(before, days),
            channel=maker.pick(CHANNELS),
            purpose=maker.pick((None, "acquisition", "acquisition", "retention", "retention", "reactivation", "brand")),
        )
    days_spent: set[tuple[object, ...]] = set()
    for _ in range(maker.random.choice((0, 4, 12))):
        key = (maker.day(), maker.pick(CHANNELS), maker.pick(("acquisition", "retention", "reactivation", "brand")))
        if key not in days_spent:
            days_spent.add(key)
            maker.add(
                "marketing_spend",
                spend_date=key[0],
                channel=key[1],
                campaign=maker.maybe("spring", 0.5),
                purpose=key[2],
                amount=maker.pick(("0", "0.01", "0.02", "10", "33.335", "100")),
                currency=maker.currency(0.2),
            )


POOLS = ("warehouse", "desk", "rent", "returns", "cellar")
DRIVERS = (
    *("order", "line", "unit", "sales", "parcel", "unshipped_order", "payment", "return", "contact", "service_minute"),
    *("contact:chat", "service_minute:phone"),
)


def _months(maker: _Maker) -> list[date]:
    """First days of the months that the shop's time touches."""
    days = {maker.first_day + timedelta(days=number) for number in range(maker.days)}
    return sorted({day.replace(day=1) for day in days})


def _ledger(maker: _Maker) -> None:
    """Amounts of some pools in some months; the last pool has no rule in any settings."""
    if maker.chance(0.3):
        return
    for month in _months(maker):
        for pool in (*POOLS, "unheard of"):
            if maker.chance(0.6):
                maker.add(
                    "cost_pools",
                    month=month,
                    pool=pool,
                    amount=maker.pick(("0", "0.01", "10", "99.995", "1000", "1234.56")),
                    practical_capacity=maker.pick(("0.5", "10", "33.333", "500")) if maker.chance(0.3) else None,
                    currency=maker.currency(0.15),
                )


def _settings(maker: _Maker) -> dict[str, list[Row]]:
    """Rules and rates that hold for this shop, for every shop and for another; some change in between."""
    rules, rates, fees = [], [], []
    for pool in POOLS:
        follows_activities = maker.chance(0.5)
        has_activities = follows_activities or maker.chance(0.4)
        line = maker.pick(("fulfilment", "service", "overhead", "payment_fees"))
        if maker.chance(0.85):
            rules += _in_turn(
                maker,
                {"pool": pool},
                lambda line=line, activities=follows_activities: {
                    "statement_line": line if maker.chance(0.8) else "overhead",
                    "driver": "activities" if activities else maker.pick(DRIVERS),
                    "practical_capacity": maker.pick(("0.5", "10", "33.333", "500")) if maker.chance(0.4) else None,
                },
            )
            for number in range(maker.random.randint(1, 2) if has_activities else 0):
                driver, timed = maker.pick(DRIVERS), maker.chance(0.6)
                rates += _in_turn(
                    maker,
                    {"activity": f"{pool} {number}", "pool": pool, "driver": driver},
                    lambda timed=timed: {
                        "minutes_per_unit": maker.pick(("0.7", "1", "8.5", "0.3333")) if timed else None,
                        "rate": maker.pick(("0.4", "1", "0.9555", "2.005")),
                    },
                )
    for method in ("card", "invoice", "*"):
        if maker.chance(0.6):
            fees += _in_turn(
                maker,
                {"method": method},
                lambda: {
                    "share_of_amount": maker.pick(("0", "0.014", "0.025", "0.0249")),
                    "fixed_fee": maker.pick(("0", "0.25", "0.105", "0.0050")),
                },
                whole_months=False,
            )
    charges = [
        {"shop": "*", "product_id": "POST", "statement_line": "fulfilment", "description": "Postage"},
        {"shop": "corner", "product_id": "GIFT", "statement_line": "gross_sales", "description": "Wrapping"},
        {"shop": "corner", "product_id": "FEE", "statement_line": "payment_fees", "description": "Fee"},
        {"shop": "corner", "product_id": "D", "statement_line": "discounts", "description": "Discount"},
        {"shop": "other", "product_id": "apple", "statement_line": "overhead", "description": "Not here"},
    ]
    margins = [{"shop": "*", "margin_share": "0.4", "reason": "a test"}]
    if maker.chance(0.5):
        margins.append({"shop": "corner", "margin_share": "0.333", "reason": "a test"})
    left_out = [
        {"shop": maker.pick(("corner", "*", "other")), "customer_id": maker.pick(maker.customers), "reason": "test"}
        for _ in range(maker.random.choice((0, 0, 0, 1)))
    ]
    statement = maker.pick(("first_touch", "last_touch"))
    attributions = [
        {"attribution": name, "is_statement": str(name == statement).lower(), "reason": "a test"}
        for name in ("first_touch", "last_touch", "linear_touch")
    ]
    numbers = {
        "attribution_window_days": maker.pick(("0", "3", "20", "90")),
        "settling_days": maker.pick(("0", "10", "62")),
        "value_months": maker.pick(("1", "2")),
        **{"least_spend_change": "0.1", "efficiency_months": "24", "least_efficiency_months": "2"},
    }
    loaded = [
        {"shop": maker.pick(("corner", "*", "other")), "pool": pool, "counted_share": share, "reason": "a test"}
        for pool, share in (("rent", "0.333"), ("desk", "1"))
        if maker.chance(0.5)
    ]
    return {
        "attribution_rules": attributions,
        "marketing_rules": [
            {"rule": rule, "rule_value": number, "reason": "a test"} for rule, number in numbers.items()
        ],
        "loaded_pools": loaded,
        "pool_rules": rules,
        "cost_rates": rates,
        "payment_fee_rates": fees,
        "charge_codes": charges,
        "margin_assumptions": margins,
        "customers_left_out": left_out,
    }


def _in_turn(maker: _Maker, key: Row, values: Callable[[], Row], *, whole_months: bool = True) -> list[Row]:
    """Rows of one thing, each holding until the next, without gap or overlap; often of every shop, or another, too."""
    found = []
    for shop in maker.random.choice((["corner"], ["*"], ["corner", "*"], ["*", "other"], ["corner", "other"])):
        starts = {date(2020, 1, 1)} if maker.chance(0.8) else set()
        while not starts or maker.chance(0.35):
            day = maker.day()
            starts.add(day.replace(day=1) if whole_months else day)
        turns = [start.isoformat() for start in sorted(starts)]
        until = [*turns[1:], (maker.first_day + timedelta(days=maker.days + 90)).replace(day=1).isoformat()]
        until[-1] = max(until[-1], "2025-01-01") if maker.chance(0.2) else None
        found += [
            {"shop": shop, **key, **values(), "valid_from": since, "valid_until": end, "reason": "a test"}
            for since, end in zip(turns, until, strict=True)
        ]
    return found


def _spoil(maker: _Maker) -> None:
    """A few rows that the contract refuses, and a few corrections, copies and withdrawals."""
    for _ in range(maker.random.choice((0, 1, 2, 4))):
        table = maker.pick([name for name, rows in maker.rows.items() if rows])
        row = maker.random.choice(maker.rows[table])
        maker.random.choice(SPOILERS)(maker, table, row)


def _missing(maker: _Maker, table: str, row: Row) -> None:
    column = {"orders": "ordered_at", "order_lines": "unit_price", "refunds": "refund_amount", "payments": "amount"}
    if table in column:
        row[column[table]] = None


def _negative(maker: _Maker, table: str, row: Row) -> None:
    column = {"orders": "shipping_charged", "order_lines": "quantity", "cost_pools": "amount", "payments": "fee_amount"}
    if table in column:
        row[column[table]] = "-1"


def _not_allowed(maker: _Maker, table: str, row: Row) -> None:
    column = {"orders": "status", "payments": "status", "loyalty_events": "event_type", "marketing_spend": "purpose"}
    if table in column:
        row[column[table]] = "whatever"


def _before_the_shop(maker: _Maker, table: str, row: Row) -> None:
    column = {"orders": "ordered_at", "refunds": "refunded_at", "service_contacts": "opened_at"}
    if table in column:
        row[column[table]] = "2021-12-31 23:59:59"


def _after_the_load(maker: _Maker, table: str, row: Row) -> None:
    column = {"orders": "ordered_at", "shipments": "shipped_at", "loyalty_events": "occurred_at"}
    if table in column:
        row[column[table]] = "2030-01-01 00:00:00"


def _unknown_currency(maker: _Maker, table: str, row: Row) -> None:
    if table in ("orders", "shipments", "marketing_spend", "loyalty_events", "cost_pools", "product_costs", "products"):
        row["currency"] = "ZZZ"


def _orphan(maker: _Maker, table: str, row: Row) -> None:
    if table in ("order_lines", "refunds", "payments", "shipments"):
        row["order_id"] = "nowhere"


def _too_much(maker: _Maker, table: str, row: Row) -> None:
    if table == "refunds":
        row["refund_amount"] = "9999"


def _copy(maker: _Maker, table: str, row: Row) -> None:
    maker.rows[table].append(dict(row))


def _contradiction(maker: _Maker, table: str, row: Row) -> None:
    column = {"order_lines": "unit_price", "payments": "amount", "customers": "acquisition_channel"}
    if table in column:
        maker.rows[table].append({**row, column[table]: "77.01"})


def _correction(maker: _Maker, table: str, row: Row) -> None:
    column = {"order_lines": "quantity", "payments": "amount", "orders": "shipping_charged", "shipments": "parcels"}
    if table in column:
        maker.rows[table].append({**row, column[table]: "2", "updated_at": "2024-01-01 00:00:00"})


def _withdrawal(maker: _Maker, table: str, row: Row) -> None:
    row["is_deleted"] = "true"


SPOILERS: tuple[Callable[[_Maker, str, Row], None], ...] = (
    *(_missing, _negative, _not_allowed, _before_the_shop, _after_the_load, _unknown_currency, _orphan, _too_much),
    *(_copy, _contradiction, _correction, _withdrawal),
)
