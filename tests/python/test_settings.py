"""Settings files, and the as-of day: what they do to the marts; and what is said of a file that cannot be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from conftest import ONE_THREAD

from orchestration import compiled, contract
from orchestration.demo_shop import generate
from orchestration.landing import land
from orchestration.paths import PROJECT, Home

NAMED_BY = ("orders", "marketing_touches", "service_contacts", "loyalty_events", "web_events", "surveys")
"""Inputs whose rows name a customer."""

OF_AN_ORDER = ("order_lines", "refunds", "payments", "shipments")
"""Inputs whose rows name an order."""

SETTINGS = PROJECT / "seeds" / "settings"


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("left_out")
    generate(folder / "input", customers=150, years=2, seed=11, progress=lambda line: None)
    home = Home((folder / "home").resolve())
    land(folder / "input", home, progress=lambda line: None)
    return home


@pytest.fixture(scope="module")
def project(landed: Home) -> compiled.Project:
    shop = json.loads((landed.landed / "shop.json").read_text(encoding="utf-8"))
    # A day of its own, so that whose orders are the last does not matter.
    return compiled.compile_project({**shop, "as_of_date": "2025-06-30"})


@pytest.fixture
def warehouse(landed: Home, project: compiled.Project) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with what is landed, and nothing built."""
    with duckdb.connect(config=ONE_THREAD) as connection:
        compiled.open_warehouse(connection, project)
        for table in [*contract.tables(), "loads"]:
            connection.execute(
                f"create table landed.{table} as "
                f"select * from read_parquet('{landed.landed}/{table}/*.parquet', union_by_name = true)"
            )
        yield connection


def built(connection: duckdb.DuckDBPyConnection, project: compiled.Project, left_out: Path) -> dict[str, int]:
    """A fingerprint of each mart, whatever the order of its rows."""
    compiled.build(connection, project, list(project.nodes), {"customers_left_out": left_out})
    marts = [node.relation for node in project.nodes.values() if node.schema == "marts"]
    assert len(marts) >= 20
    return {
        mart: connection.execute(f"select sum(hash(mart)::hugeint) from {mart} as mart").fetchone()[0] for mart in marts
    }


def write(file: Path, *customers: str) -> Path:
    rows = [
        f"demo,{customer},{reason}\n" for customer, reason in zip(customers, ["staff", "test", "test"], strict=False)
    ]
    file.write_text("shop,customer_id,reason\n" + "".join(rows), encoding="utf-8")
    return file


def accounts_to_leave_out(connection: duckdb.DuckDBPyConnection) -> tuple[str, str, str]:
    """A merged account, a referrer who has ordered, a customer with a refund: three persons."""
    found = connection.execute(
        """
        with merged as (
            select customer_id, merged_into_customer_id as other from landed.customers
            where merged_into_customer_id is not null and customer_id in (select customer_id from landed.orders)
        ),
        whole as (
            select customer_id from landed.customers
            where merged_into_customer_id is null
            and customer_id not in (select other from merged) and customer_id in (select customer_id from landed.orders)
        ),
        referrers as (
            select customer_id from whole
            where customer_id in (select referred_by_customer_id from landed.customers)
        ),
        refunded as (
            select orders.customer_id from landed.orders as orders inner join landed.refunds using (order_id)
            where orders.customer_id in (select customer_id from whole)
            and orders.customer_id not in (select customer_id from referrers)
        )
        select (select min(customer_id) from merged), (select min(customer_id) from referrers),
            (select min(customer_id) from refunded)
        """
    ).fetchone()
    assert None not in found
    return found


def remove(connection: duckdb.DuckDBPyConnection, customers: tuple[str, ...]) -> None:
    """As if none of these persons had ever come: their accounts, what they did, whom they sent."""
    connection.execute(
        """
        create temp table gone as
        with recursive persons(customer_id) as (
            select unnest(?) union
            select case when links.customer_id = persons.customer_id then links.other else links.customer_id end
            from persons inner join (
                select customer_id, merged_into_customer_id as other from landed.customers
                where merged_into_customer_id is not null
            ) as links on persons.customer_id in (links.customer_id, links.other)
        )
        select * from persons
        """,
        [list(customers)],
    )
    assert connection.execute("select count(*) from gone").fetchone()[0] > len(customers)
    for table in OF_AN_ORDER:
        connection.execute(
            f"delete from landed.{table} where order_id in "
            "(select order_id from landed.orders where customer_id in (select customer_id from gone))"
        )
    for table in ("customers", "refunds", *NAMED_BY):
        connection.execute(f"delete from landed.{table} where customer_id in (select customer_id from gone)")
    connection.execute(
        "update landed.customers set referred_by_customer_id = null "
        "where referred_by_customer_id in (select customer_id from gone)"
    )


def test_the_marts_are_those_of_a_shop_to_which_they_never_came(
    warehouse: duckdb.DuckDBPyConnection, project: compiled.Project, tmp_path: Path
) -> None:
    customers = accounts_to_leave_out(warehouse)
    everybody = built(warehouse, project, write(tmp_path / "nobody.csv"))
    fates = warehouse.execute("from metadata.input_fates order by all").fetchall()

    left_out = built(warehouse, project, write(tmp_path / "three.csv", *customers))

    # Nothing is lost: their rows keep their fate, and what they are worth is said.
    assert warehouse.execute("from metadata.input_fates order by all").fetchall() == fates
    said = warehouse.execute(
        "select reason, customer_count, customers_with_orders, order_count > 0, money > 0 "
        "from metadata.customers_left_out_summary order by reason"
    ).fetchall()
    assert said == [("staff", 1, 1, True, True), ("test", 2, 2, True, True)]

    remove(warehouse, customers)
    never_came = built(warehouse, project, write(tmp_path / "nobody.csv"))
    assert [mart for mart, content in left_out.items() if content != never_came[mart]] == []
    # The marts that have customers or money in them have changed: else the comparison would prove nothing.
    assert sum(left_out[mart] != content for mart, content in everybody.items()) >= 20


# A file that cannot be: the test that says which row


@pytest.mark.parametrize(
    ("file", "test", "lines", "sentences"),
    [
        pytest.param(
            "fiscal_calendars",
            "every_shop_has_one_fiscal_calendar",
            "shop,first_month\n*,0\nbakery,13\nbutcher,\nbaker,12\nbaker,1\n,4\n",
            [
                "row (empty): the shop must be given, or * for every shop",
                "row *: first_month must be a number from 1 to 12",
                "row baker: it stands more than once",
                "row bakery: first_month must be a number from 1 to 12",
                "row butcher: first_month must be a number from 1 to 12",
            ],
            id="months that are none",
        ),
        pytest.param(
            "fiscal_calendars",
            "every_shop_has_one_fiscal_calendar",
            "shop,first_month\nbakery,4\n",
            ["row *: it is missing: shops without a row of their own need one"],
            id="no calendar for other shops",
        ),
        pytest.param(
            "fiscal_calendars", "every_shop_has_one_fiscal_calendar", "shop,first_month\n*,1\nx,12\n", [], id="sound"
        ),
        pytest.param(
            "segment_rules",
            "the_lesser_of_two_rules_is_not_the_greater",
            "rule,rule_value,reason\nfewest_clusters,9,x\nmost_clusters,8,x\n",
            ["row most_clusters: 8.0 is below fewest_clusters, 9.0"],
            id="no number of clusters is left",
        ),
        pytest.param(
            "segment_rules",
            "the_lesser_of_two_rules_is_not_the_greater",
            "rule,rule_value,reason\nfewest_clusters,8,x\nmost_clusters,8,x\n",
            [],
            id="one number of clusters is left",
        ),
        pytest.param(
            "retention_rules",
            "retention_rules_has_each_of_its_numbers",
            (SETTINGS / "retention_rules.csv").read_text(encoding="utf-8").replace("list_length", "length_of_list"),
            [
                "rule length_of_list: nothing asks for it",
                "rule list_length: it has no row, and nothing stands in for it",
            ],
            id="a rule of another name",
        ),
        pytest.param(
            "hot_product_tests",
            "every_hot_product_test_has_a_number",
            "shop,test,smallest,reason\n*,units,50,x\n*,first_visit_share,1,x\n*,views,3,x\nbakery,favourites,5,x\n",
            ["row *, favourites: it is missing; 0 lets every product pass"],
            id="a test that only one shop has",
        ),
        pytest.param(
            "charge_codes",
            "charge_codes_go_to_a_line_that_orders_enter",
            "shop,product_id,statement_line,description\nx,POST,fulfilment,x\nx,FEE,payment_fee,x\nx,NET,net_sales,x\n"
            "*,POINTS,loyalty,x\n",
            [
                "row *, POINTS: loyalty is of customers and not of orders: name a line of orders",
                "row x, FEE: payment_fee is no line of statement_lines.csv",
                "row x, NET: net_sales is a subtotal: name a line that it is added up from",
            ],
            id="charges of which orders would know nothing",
        ),
        pytest.param(
            "margin_assumptions",
            "every_shop_has_an_assumed_margin",
            "shop,margin_share,reason\nbakery,0.4,\n",
            ["row *: it is missing: shops without a row of their own need one"],
            id="no margin for other shops",
        ),
        pytest.param(
            "margin_assumptions",
            "every_shop_has_an_assumed_margin",
            "shop,margin_share,reason\n*,0.4,\nbakery,0.5,\n",
            [],
            id="a margin for all",
        ),
    ],
)
def test_a_settings_file_that_cannot_be_is_told_by_its_row(
    file: str,
    test: str,
    lines: str,
    sentences: list[str],
    warehouse: duckdb.DuckDBPyConnection,
    project: compiled.Project,
    tmp_path: Path,
) -> None:
    (tmp_path / "settings.csv").write_text(lines, encoding="utf-8")
    for seed in project.tests[test].parents:
        compiled.load_seed(warehouse, project.nodes[seed], tmp_path / "settings.csv" if seed == file else None)
    told = warehouse.execute(f"select problem from ({project.tests[test].sql}) order by problem").fetchall()
    assert [problem for (problem,) in told] == [f"{file}.csv, {sentence}" for sentence in sentences]


CELLS = {
    "customer_retention": ("cohort_month, months_since", {
        "is_complete": ("cohort_customers", "active_customers", "kept_active_customers", "retained_customers",
                        "retention_rate", "kept_retention_rate", "repeat_share", "cumulative_sales_per_customer",
                        "cumulative_net_sales_per_customer"),
        "is_profit_complete": ("cumulative_profit_per_customer",),
    }),
    "acquisition_payback": ("cohort_month, channel, months_since", {
        "is_complete": ("cohort_customers", "acquisition_cost", "cumulative_contribution", "recovered_share",
                        "paid_back_customers"),
    }),
    "repeat_windows": ("cohort_month, window_days", {
        "is_complete": ("cohort_customers", "observed_customers", "repeat_customers", "kept_repeat_customers",
                        "repeat_share", "sales_per_customer", "net_sales_per_customer"),
    }),
    "retention_monthly": ("month", {
        "is_complete": ("active_customers", "new_customers", "returned_customers", "lapsed_customers",
                        "kept_active_customers", "retention_rate"),
    }),
}  # fmt: skip
"""Of each mart with cells: what names one, and the columns that no later day changes once a flag says so."""


def test_a_month_more_on_time_changes_only_cells_that_were_open(
    warehouse: duckdb.DuckDBPyConnection, project: compiled.Project
) -> None:
    """All that happened until 1 November, and until the end of the year: what was closed stays as it was.

    Merges change the past whenever they come, so there are none here.
    """
    warehouse.execute("update landed.customers set merged_into_customer_id = null, merged_at = null")
    names = project.upstream_of(*CELLS)
    for day, suffix in (("2024-11-01", "_before"), ("2024-12-31", "")):
        nodes = {
            name: replace(node, sql=node.sql.replace("'2025-06-30'", f"'{day}'"))
            for name, node in project.nodes.items()
        }
        assert nodes["stg_as_of"].sql != project.nodes["stg_as_of"].sql
        compiled.build(warehouse, replace(project, nodes=nodes), names)
        for mart in CELLS if suffix else ():
            warehouse.execute(f"create table {mart}{suffix} as from marts.{mart}")
    for mart, (key, columns_by_flag) in CELLS.items():
        for flag, columns in columns_by_flag.items():
            listed = ", ".join((key, *columns))
            closed = f"select {listed} from {mart}_before where {flag}"
            ((count,),) = warehouse.execute(f"select count(*) from ({closed})").fetchall()
            assert count > (20 if key != "month" else 10), mart
            changed = warehouse.execute(f"{closed} except select {listed} from marts.{mart}").fetchall()
            assert changed == [], (mart, flag, len(changed), changed[:3])
    # Open cells did change: else the flags would say nothing.
    for mart, (key, columns_by_flag) in CELLS.items():
        listed = ", ".join((key, *(column for columns in columns_by_flag.values() for column in columns)))
        assert warehouse.execute(
            f"from (select {listed} from {mart}_before) except select {listed} from marts.{mart}"
        ).fetchall(), mart
