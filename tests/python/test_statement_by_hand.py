"""Shops of a few rows that the oracle does not make, and what must come out of them, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from oracle import shops, warehouse

from orchestration import compiled, contract

Values = dict[str, str]
Answer = Callable[..., list[tuple]]
"""Of these rows, by table: what a query on the shop's warehouse says."""

SETTINGS: dict[str, list[shops.Row]] = {
    **{name: [] for name in ("pool_rules", "cost_rates", "payment_fee_rates", "charge_codes", "customers_left_out")},
    "margin_assumptions": [{"shop": "*", "margin_share": "0.4", "reason": "a test"}],
}


@pytest.fixture(scope="module")
def project() -> compiled.Project:
    return compiled.compile_project(shops.PLANS[0].variables())


@pytest.fixture
def answer(project: compiled.Project, tmp_path: Path) -> Answer:
    """Asks a shop in euros, loaded in June 2024."""

    def ask(query: str, names: Sequence[str] = ("order_profit", "product_profit"), **rows: list[Values]) -> list[tuple]:
        whole = {table: [dict.fromkeys(columns_of(table)) | row for row in some] for table, some in rows.items()}
        shop = shops.Shop("by hand", shops.PLANS[0], datetime(2024, 6, 1, 3), whole, SETTINGS)
        with closing(warehouse.build(shop, project, tmp_path, names)) as connection:
            return connection.execute(query).fetchall()

    return ask


def columns_of(table: str) -> list[str]:
    return [column.name for column in contract.tables()[table].columns]


def order(order_id: str, ordered_at: str = "2024-03-05 10:00:00", **values: str) -> Values:
    return {"order_id": order_id, "customer_id": "a", "ordered_at": ordered_at, **values}


def line(order_id: str, unit_price: str, number: str = "1", product: str = "p", **values: str) -> Values:
    named = {"order_id": order_id, "line_number": number, "product_id": product}
    return {**named, "quantity": "1", "unit_price": unit_price, **values}


def refund(refund_id: str, order_id: str, amount: str, **values: str) -> Values:
    named = {"refund_id": refund_id, "order_id": order_id, "refunded_at": "2024-03-08 10:00:00"}
    return {**named, "refund_amount": amount, **values}


class TestRefundsOfPricesOfFourPlaces:
    """Prices before tax seldom end at a cent: 3.3333 is sold for 3.33, and given back as either."""

    FATES = "select refund_id, fate from staging.judged_refunds order by refund_id"

    def test_all_that_was_paid_may_be_given_back(self, answer: Answer) -> None:
        lines = [line("o", "3.3333"), line("o", "10", "2", discount_amount="2.345"), line("p", "16.7927")]
        # Ten lines of 3.3333 come to 33.33 together, and to 33.30 line by line.
        lines += [line("q", "3.3333", str(number)) for number in range(1, 11)]
        found = answer(
            self.FATES,
            orders=[order("o"), order("p"), order("q")],
            order_lines=lines,
            refunds=[
                refund("exact", "o", "3.3333", line_number="1"),
                refund("exact discount", "o", "7.655", line_number="2"),
                refund("rounded up", "p", "16.80", line_number="1"),
                refund("whole", "q", "33.33"),
            ],
        )
        assert {fate for _, fate in found} == {"accepted"}, found

    def test_a_cent_more_may_not(self, answer: Answer) -> None:
        found = answer(
            self.FATES,
            orders=[order("o"), order("p"), order("q")],
            order_lines=[line("o", "3.3333"), line("p", "3.3333"), line("q", "5"), line("q", "5", "2")],
            refunds=[
                refund("line", "o", "3.3433", line_number="1"),
                refund("parts 1", "p", "1.6667", line_number="1"),
                refund("parts 2", "p", "1.6766", line_number="1"),
                refund("whole", "q", "10.01"),
            ],
        )
        assert dict(found) == {
            "line": "quarantined",
            "parts 1": "accepted",
            "parts 2": "quarantined",
            "whole": "quarantined",
        }


class TestWhereOnlyADateTells:
    """A shop may say when an order was cancelled, or a payment charged back, and nothing of how they stand."""

    def test_an_order_that_says_when_it_was_cancelled_counts_for_nothing(self, answer: Answer) -> None:
        found = answer(
            "select order_id from marts.order_profit order by order_id",
            orders=[
                order("cancelled", cancelled_at="2024-03-07 10:00:00"),
                # The as-of day is before it: the order stands.
                order("not yet", cancelled_at="2024-03-20 10:00:00"),
                order("stands", cancelled_at="2024-03-07 10:00:00", status="paid"),
                order("last", "2024-03-10 10:00:00"),
            ],
            order_lines=[line(name, "100") for name in ("cancelled", "not yet", "stands", "last")],
        )
        assert found == [("last",), ("not yet",), ("stands",)]

    def test_a_payment_that_says_when_it_was_charged_back_is_lost(self, answer: Answer) -> None:
        found = answer(
            "select payment_id, status, bad_debt from core.fct_payments order by payment_id",
            ("fct_payments",),
            orders=[order(name) for name in ("back", "not yet", "won")] + [order("last", "2024-03-10 10:00:00")],
            order_lines=[line(name, "100") for name in ("back", "not yet", "won", "last")],
            payments=[
                {"payment_id": "1", "order_id": "back", "amount": "119", "chargeback_at": "2024-03-09 10:00:00"},
                {"payment_id": "2", "order_id": "not yet", "amount": "119", "chargeback_at": "2024-03-20 10:00:00"},
                {
                    **{"payment_id": "3", "order_id": "won", "amount": "119", "status": "paid"},
                    "chargeback_at": "2024-03-09 10:00:00",
                },
            ],
        )
        assert found == [("1", "chargeback", 119), ("2", None, 0), ("3", "paid", 0)]


@pytest.mark.parametrize("since_ever", ["1900-01-01", "1899-12-30", "0001-01-01"])
def test_a_cost_that_holds_since_ever_goes_before_that_of_the_list(since_ever: str, answer: Answer) -> None:
    found = answer(
        "select valid_from, valid_until, unit_cost from intermediate.int_product_costs where product_id = 'p' "
        "union all select null, null, cogs from marts.order_profit",
        orders=[order("o")],
        order_lines=[line("o", "100")],
        products=[{"product_id": "p", "unit_cost": "50"}],
        product_costs=[{"product_id": "p", "valid_from": since_ever, "unit_cost": "20"}],
    )
    assert [cost for _, _, cost in found] == [20, 20]


def test_a_price_list_is_taken_at_the_last_rate_before_a_launch_of_which_there_is_none(answer: Answer) -> None:
    """Launched in a gap of rates, or only next month: what is sold already is not costed by the assumed margin."""
    launches = {"before": "2024-01-01", "gap": "2024-02-20", "later": "2024-05-20", "rated": "2024-03-02"}
    found = answer(
        "select product_id, unit_cost, list_price from staging.stg_products order by product_id",
        ("order_profit",),
        orders=[order("o", "2024-03-06 10:00:00")],
        order_lines=[line("o", "100", product="later")],
        products=[
            {
                **{"product_id": name, "unit_cost": "40", "list_price": "80"},
                "currency": "USD",
                "launched_at": f"{day} 12:00:00",
            }
            for name, day in launches.items()
        ],
        fx_rates=[
            {"rate_date": day, "currency": "USD", "rate_to_reporting": rate}
            for day, rate in (("2024-02-01", "0.5"), ("2024-03-01", "0.75"))
        ],
    )
    assert found == [
        ("before", 20, 40),
        ("gap", 20, 40),
        ("later", 30, 60),
        ("rated", 30, 60),
    ]


def test_what_came_back_of_a_line_does_not_come_back_with_the_rest_of_the_order(answer: Answer) -> None:
    """One of two products is returned, and then what is left of the order: each has come back once."""
    found = answer(
        "select product_id, net_sales, cogs from marts.product_profit order by product_id",
        orders=[order("o")],
        order_lines=[line("o", "10", product="small"), line("o", "90", "2", product="large")],
        products=[{"product_id": "small", "unit_cost": "9"}, {"product_id": "large", "unit_cost": "11"}],
        refunds=[
            refund("1", "o", "10", line_number="1", quantity="1", is_restocked="true"),
            refund("2", "o", "90", refunded_at="2024-03-09 10:00:00", is_restocked="true"),
        ],
    )
    # By value, 90 of 100 came back with the second one: 18 of the cost, of which 11 were left.
    assert found == [("large", 0, 0), ("small", 0, 0)]


def test_a_loss_on_sales_below_nothing_is_no_margin(answer: Answer) -> None:
    """More came back than was sold: a loss of 36 on sales of -30 would be a margin of 120%."""
    found = answer(
        "select net_sales, net_profit, margin from marts.customer_profit",
        ("customer_profit",),
        orders=[order("o")],
        order_lines=[line("o", "10")],
        refunds=[refund("r", "o", "40") | {"order_id": None, "customer_id": "a"}],
    )
    assert found == [(-30, -36, None)]
