"""What changes months that were published before, and why: the good shop of the bad inputs, and a second night of it.

What each line should change by is worked out by hand.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from bad_input import good_shop
from conftest import ONE_THREAD

from orchestration import compiled, landing, publish, run
from orchestration.paths import Home

MARTS = (
    "company_profit_monthly",
    "customer_retention",
    "retention_monthly",
    "acquisition_payback",
    "input_fates",
    "as_of",
    "closed_periods",
)

SECOND_NIGHT = {
    # late: of a day in March that had been published; and on time: of a month that was not over
    "orders": "order_id,customer_id,ordered_at,status\n0100,007,2025-03-15,paid\n0101,007,2025-06-20,paid\n",
    # the second line of the first order is corrected from one piece to two
    "order_lines": "order_id,line_number,product_id,quantity,unit_price,discount_amount\n"
    "0100,1,p1,1,10.00,\n0101,1,p1,1,7.00,\n0001,2,p2,2,5.00,0.50\n",
    "refunds": "refund_id,order_id,line_number,refunded_at,quantity,refund_amount\nr9,0002,1,2025-04-20,1,3.00\n",
    # a parcel of May's order that left in June, after the day of the first publication
    "shipments": "shipment_id,order_id,shipped_at,shipping_cost,currency\ns9,0003,2025-06-10,4.00,EUR\n",
    "fx_rates": "rate_date,currency,rate_to_reporting\n2025-05-02,USD,0.93\n",
}


@pytest.fixture(scope="module")
def project() -> compiled.Project:
    return compiled.compile_project(good_shop.SETTINGS)


@pytest.fixture
def shop(tmp_path: Path) -> Home:
    good_shop.write_good_shop(tmp_path / "files")
    return Home((tmp_path / "home").resolve())


def land(home: Home, night: int, files: dict[str, str] | None = None) -> None:
    for table, text in (files or {}).items():
        (home.root.parent / "files" / f"{table}-{night}.csv").write_text(text, encoding="utf-8")
    landing.land(
        home.root.parent / "files",
        home,
        progress=lambda line: None,
        clock=lambda: good_shop.LOADED_AT + timedelta(days=night),
    )


def started_at(night: int) -> datetime:
    return datetime(2026, 1, 1 + night, tzinfo=UTC)


def run_id_of(night: int) -> str:
    return publish.new_run_id(started_at(night), f"night-{night}")


def build_and_publish(
    home: Home, project: compiled.Project, night: int, locked: str = "", versions: dict[str, str] | None = None
) -> None:
    home.private.mkdir(exist_ok=True)
    home.warehouse.unlink(missing_ok=True)
    periods = home.root / "closed_periods.csv"
    periods.write_text(f"shop,locked_through\n{locked}")
    with duckdb.connect(config=ONE_THREAD) as connection:
        compiled.open_warehouse(connection, project, home.warehouse)
        compiled.read_landed(connection, home)
        compiled.build(connection, project, project.upstream_of(*MARTS), {"closed_periods": periods})
        connection.execute("use memory")
        connection.execute(f"detach {compiled.CATALOG}")
    run = publish.Run(run_id_of(night), "corner", started_at(night), versions or {})
    publish.publish(home, run, [], lambda marts, page: (page / "report.html").write_text(str(marts)))


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory, project: compiled.Project) -> Path:
    """The good shop and its home after the first night, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("first night")
    good_shop.write_good_shop(folder / "files")
    home = Home((folder / "home").resolve())
    land(home, 0)
    build_and_publish(home, project, 0)
    return folder


@pytest.fixture
def published(first_night: Path, tmp_path: Path) -> Home:
    """The good shop after its first night."""
    shutil.copytree(first_night, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Home((tmp_path / "home").resolve())


def restated(home: Home, columns: str = "month, measure, change, reasons", where: str = "true") -> list[tuple]:
    with duckdb.connect(str(home.current / publish.MARTS_FILE), read_only=True) as connection:
        return connection.execute(f"select {columns} from metadata.restatements where {where} order by all").fetchall()


COMPANY = "mart = 'company_profit_monthly'"
LINES = f"{COMPANY} and measure in ('gross_sales', 'refunds', 'fulfilment')"
"""Lines that are entered; the others follow from them."""

MARCH, APRIL, MAY = date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1)


def test_what_comes_late_is_said_month_by_month_and_line_by_line(
    published: Home, project: compiled.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "ROWS_AT_ONCE", 7)
    assert restated(published) == [], "nothing was published before"
    land(published, 1, SECOND_NIGHT)
    build_and_publish(published, project, 1)
    found = restated(published, where=LINES)
    assert found == [
        (MARCH, "gross_sales", Decimal("15.00"), "correction, late_rows"),
        (APRIL, "refunds", Decimal("3.00"), "refund"),
        (MAY, "fulfilment", Decimal("4.00"), "correction, rate, settling"),
        # three chairs for 20.00 dollars each, at 0.93 and not at 0.92
        (MAY, "gross_sales", Decimal("0.60"), "correction, rate, settling"),
    ]
    assert restated(published, "distinct number, found_on, last_load_id") == [(1, date(2025, 6, 20), 2)]
    assert restated(published, "count(*)", "restated - published <> change") == [(0,)]
    assert restated(published, "count(*)", f"{COMPANY} and measure = 'net_profit'") == [(3,)], (
        "and what follows from the lines"
    )

    build_and_publish(published, project, 2)
    assert restated(published, where=LINES) == found, "a second run changes nothing, and forgets nothing"


@pytest.mark.parametrize(
    ("rate", "changed"),
    [
        # nobody says a rate of the first of April: that of the day before holds
        pytest.param("2025-03-31,USD,0.80", [(APRIL, "gross_sales", Decimal("-1.00"))], id="carried into a month"),
        # the parcel left in April, and the order of March bears it
        pytest.param(
            "2025-04-03,USD,0.95",
            [(MARCH, "fulfilment", Decimal("0.20")), (APRIL, "fulfilment", Decimal("0.20"))],
            id="of a parcel sent later",
        ),
    ],
)
def test_a_rate_is_the_reason_wherever_it_converts(
    shop: Home, project: compiled.Project, rate: str, changed: list[tuple]
) -> None:
    land(
        shop,
        0,
        {
            "fx_rates": "rate_date,currency,rate_to_reporting\n2025-03-31,USD,0.90\n",
            "orders": "order_id,customer_id,ordered_at,status,currency\n0050,007,2025-04-01,paid,USD\n",
            "order_lines": "order_id,line_number,product_id,quantity,unit_price\n0050,1,p2,1,10.00\n",
            "shipments": "shipment_id,order_id,shipped_at,shipping_cost,currency\ns2,0001,2025-04-03,5.00,USD\n",
        },
    )
    build_and_publish(shop, project, 0)
    land(shop, 1, {"fx_rates": f"rate_date,currency,rate_to_reporting\n{rate}\n"})
    build_and_publish(shop, project, 1)
    assert restated(shop, where=LINES) == [(*change, "correction, rate") for change in changed]


def test_customers_who_change_places_are_told(published: Home, project: compiled.Project) -> None:
    """What the one loses the other gains, and the company is what it was."""
    build_and_publish(published, project, 1)
    with duckdb.connect(str(published.warehouse)) as connection:
        both = "from marts.customer_profit_monthly where month = date '2025-03-01'"
        assert connection.execute(f"select count(*), count(distinct net_profit) {both}").fetchone() == (2, 2)
        connection.execute(
            "update marts.customer_profit_monthly as owner "
            f"set net_profit = (select sum(net_profit) {both}) - net_profit where month = date '2025-03-01'"
        )
    run = publish.Run(run_id_of(2), "corner", started_at(2))
    publish.publish(published, run, [], lambda marts, page: (page / "report.html").write_text(str(marts)))
    assert [row[:3] for row in restated(published, where="mart = 'customer_profit_monthly'")] == [
        (MARCH, "net_profit", Decimal("0.00"))
    ]


def test_a_list_of_products_with_other_costs_is_a_reason(published: Home, project: compiled.Project) -> None:
    """p1 has a dated cost, and nobody has bought a p9: neither would be one."""
    products = "product_id,unit_cost,currency\np9,2.00,\n"
    refund = SECOND_NIGHT["refunds"]
    land(published, 1, {"products": products, "refunds": refund})
    build_and_publish(published, project, 1)
    assert restated(published, "distinct reasons", where=COMPANY) == [("refund",)]
    land(published, 2, {"products": products + "p2,1.50,\n"})
    build_and_publish(published, project, 2)
    assert restated(published, where=f"number = 2 and {COMPANY} and measure = 'cogs'") == [
        (MARCH, "cogs", Decimal("0.25"), "cost")
    ]


def test_a_day_that_is_none_of_a_moment_is_that_of_every_place(shop: Home, project: compiled.Project) -> None:
    """The pool of April begins in April also where it is still March when it is midnight in Greenwich."""
    nodes = {
        name: replace(node, sql=node.sql.replace("Europe/Berlin", "America/New_York"))
        for name, node in project.nodes.items()
    }
    elsewhere = replace(project, nodes=nodes)
    land(shop, 0)
    build_and_publish(shop, elsewhere, 0)
    land(shop, 1, {"cost_pools": "month,pool,amount\n2025-04-01,warehouse,100.00\n"})
    build_and_publish(shop, elsewhere, 1)
    found = restated(shop, "distinct month, reasons", where=COMPANY)
    assert found == [(APRIL, "cost")]


def test_a_month_more_on_time_restates_nothing(published: Home, project: compiled.Project) -> None:
    land(
        published,
        1,
        {
            "orders": "order_id,customer_id,ordered_at,status\n0101,007,2025-06-20,paid\n0102,007,2025-07-02,paid\n",
            "order_lines": "order_id,line_number,product_id,quantity,unit_price\n0101,1,p1,1,7.00\n0102,1,p1,1,8.00\n",
            "refunds": "refund_id,order_id,line_number,refunded_at,refund_amount\nr9,0002,1,2025-07-20,3.00\n",
        },
    )
    build_and_publish(published, project, 1)
    assert restated(published) == []


def test_other_settings_and_other_models_are_reasons(shop: Home, project: compiled.Project) -> None:
    land(shop, 0)
    build_and_publish(shop, project, 0, versions={"settings": "a", "models": "b"})
    with_other_prices = change(shop, "order_lines", lambda text: text.replace("0001,2,p2,1,5.00", "0001,2,p2,1,6.00"))
    land(shop, 1, {"order_lines": with_other_prices})
    build_and_publish(shop, project, 1, versions={"settings": "c", "models": "b"})
    assert restated(shop, where=f"{COMPANY} and measure = 'gross_sales'") == [
        (MARCH, "gross_sales", Decimal("1.00"), "correction, settings")
    ]


def change(home: Home, table: str, how: Callable[[str], str]) -> str:
    return how((home.root.parent / "files" / f"{table}.csv").read_text(encoding="utf-8"))


def test_after_an_erasure_no_row_is_a_reason(shop: Home, project: compiled.Project) -> None:
    """What is left of a connector's shop is handed on anew: all of it would seem to have come late."""
    land(shop, 0)
    build_and_publish(shop, project, 0, versions={"erasures": "nobody"})
    land(shop, 1, SECOND_NIGHT)
    build_and_publish(shop, project, 1, versions={"erasures": "somebody"})
    assert restated(shop, "distinct reasons", where=COMPANY) == [("erasure",)]


def test_a_locked_month_stays_as_it_was_published(published: Home, project: compiled.Project) -> None:
    land(published, 1, SECOND_NIGHT)
    with pytest.raises(
        publish.PublishError,
        match=r"Months up to 2025-04 are locked .* of their lines would change, the first .* of 2025-03 from",
    ):
        build_and_publish(published, project, 1, locked="corner,2025-04-01\n")
    assert publish.in_force(published) == run_id_of(0)
    build_and_publish(published, project, 2, locked="another,2025-04-01\n")
    assert publish.in_force(published) == run_id_of(2)


CELLS = "mart, measure, month, cohort_month, channel, published, restated, cells, reasons"


def after_another_night(
    shop: Home, project: compiled.Project, files: dict[str, str], columns: str = CELLS, locked: str = ""
) -> list[tuple]:
    """What a second night with these files restates beside the company's statement."""
    land(shop, 1, files)
    build_and_publish(shop, project, 1, locked)
    assert restated(shop, where=COMPANY) == [], "the company's money is what it was"
    return restated(shop, columns)


MERGE = {"customers": "customer_id,created_at,merged_into_customer_id,merged_at\n008,2025-02-01,007,2025-06-01\n"}
"""008, who bought three chairs for 60.00 dollars in May, is 007, who bought first in March."""


def test_a_merge_moves_a_customer_between_cohorts_and_says_so(published: Home, project: compiled.Project) -> None:
    found = after_another_night(published, project, MERGE)
    assert {row[-1] for row in found} == {"merge"}
    assert [row[:-1] for row in found if row[1] in ("cohort_customers", "cumulative_net_sales_per_customer")] == [
        # nobody came first in May any more; 007 alone is the cohort of March, and has brought 55.20 more in May
        ("customer_retention", "cohort_customers", MAY, MAY, None, 1, 0, 1),
        ("customer_retention", "cumulative_net_sales_per_customer", MAY, MARCH, None, *money("22.98", "78.18"), 1),
        ("customer_retention", "cumulative_net_sales_per_customer", MAY, MAY, None, *money("55.20", "0.00"), 1),
    ]
    assert [row[1:3] + row[5:7] for row in found if row[0] == "retention_monthly"] == [
        ("lapsed_customers", MAY, 1, 0),
        ("new_customers", MAY, 1, 0),
        ("repeat_customers", MAY, 0, 1),
        ("repeat_orders", MAY, 0, 1),
        ("retained_customers", MAY, 0, 1),
    ]
    assert restated(published, "month, published, restated, change, cells, moved", "measure = 'net_sales'") == [
        (MAY, *money("55.20", "55.20", "0.00"), 2, *money("55.20"))
    ], "what the two of them bought, and how much of it went from the one to the other"

    build_and_publish(published, project, 2)
    assert restated(published, CELLS) == found, "a second run changes nothing, and forgets nothing"


def test_a_merge_reaches_a_locked_month_and_is_told(published: Home, project: compiled.Project) -> None:
    locked = after_another_night(published, project, MERGE, "distinct month, is_locked", "corner,2025-05-01\n")
    assert locked == [(MAY, True)]
    assert publish.in_force(published) == run_id_of(1)


def test_a_month_after_the_locked_ones_is_not_locked(published: Home, project: compiled.Project) -> None:
    locked = after_another_night(published, project, MERGE, "distinct month, is_locked", "corner,2025-04-01\n")
    assert locked == [(MAY, False)]


ORDER_MOVED = {
    "orders": "order_id,customer_id,ordered_at,status,currency,discount_amount\n"
    "0002,008,2025-04-02T11:30:00+02:00,shipped,,1.50\n"
}
"""The order of April was not 007's but 008's, whose first it is."""


def test_an_order_moved_to_another_customer_is_a_correction(published: Home, project: compiled.Project) -> None:
    found = after_another_night(published, project, ORDER_MOVED)
    assert [row[1:] for row in found if row[1] in ("cohort_customers", "cumulative_net_sales_per_customer")] == [
        ("cohort_customers", APRIL, APRIL, None, 0, 1, 2, "correction"),
        # nothing came for May: 008 belongs to April now
        ("cohort_customers", MAY, MAY, None, 1, 0, 1, "follows_another"),
        ("cumulative_net_sales_per_customer", APRIL, MARCH, None, *money("22.98", "14.49"), 2, "correction"),
        # of the new cohort's two cells that of May, with the order of April and that of May
        ("cumulative_net_sales_per_customer", MAY, APRIL, None, *money("0.00", "63.69"), 2, "correction"),
        ("cumulative_net_sales_per_customer", MAY, MAY, None, *money("55.20", "0.00"), 1, "follows_another"),
    ]
    assert [row[1:] for row in found if row[0] == "customer_profit_monthly"] == [
        ("net_profit", APRIL, None, None, *money("-0.07", "-0.07"), 2, "correction"),
        ("net_sales", APRIL, None, None, *money("8.49", "8.49"), 2, "correction"),
    ]


def test_a_cohort_is_locked_by_any_of_its_cells(published: Home, project: compiled.Project) -> None:
    found = after_another_night(
        published, project, ORDER_MOVED, "measure, month, cohort_month, is_locked", "corner,2025-04-01\n"
    )
    assert [row[1:] for row in found if row[0] == "cumulative_net_sales_per_customer"] == [
        (APRIL, MARCH, True),
        # it changed most in May, and in April, too
        (MAY, APRIL, True),
        (MAY, MAY, False),
    ]


def test_a_late_touch_moves_a_cohort_to_another_channel(published: Home, project: compiled.Project) -> None:
    """A touch of February wins the customer of March: only cells that were complete count."""
    found = after_another_night(
        published, project, {"marketing_touches": "touch_id,customer_id,touched_at,channel\nt9,007,2025-02-25,email\n"}
    )
    assert {row[-1] for row in found} == {"touch"}
    assert [row[1:-1] for row in found if row[0] == "acquisition_payback"] == [
        ("acquisition_cost", MARCH, MARCH, "search", *money("50.00", "0.00"), 1),
        ("cohort_customers", MARCH, MARCH, "email", 0, 1, 2),
        ("cumulative_contribution", MARCH, MARCH, "email", *money("0.00", "5.04"), 2),
    ]
    # what search spent on 007 is nobody's now
    assert restated(published, "published, restated, cells, moved", "mart = 'customer_profit_monthly'") == [
        (*money("-444.96", "-444.96"), 2, *money("50.00"))
    ]


def test_a_channel_written_down_later_says_so(published: Home, project: compiled.Project) -> None:
    channel = {"customers": "customer_id,created_at,acquisition_channel\n008,2025-02-01,email\n"}
    assert after_another_night(published, project, channel) == [], "no cell of May was complete"
    land(published, 2, {"customers": channel["customers"].replace("008,2025-02-01", "007,2025-01-01")})
    touch = "touch_id,customer_id,touched_at,channel,is_deleted\nt1,007,2025-02-20,search,true\n"
    land(published, 3, {"marketing_touches": touch})
    build_and_publish(published, project, 3)
    assert restated(published, "distinct measure, channel, reasons", "mart = 'acquisition_payback'") == [
        ("acquisition_cost", "search", "channel, touch"),
        ("cohort_customers", "email", "channel, touch"),
        ("cumulative_contribution", "email", "channel, touch"),
    ]


def test_customers_sent_again_are_no_reason(published: Home, project: compiled.Project) -> None:
    again = change(published, "customers", lambda text: text)
    assert after_another_night(published, project, {"customers": again}) == []
    refund = "refund_id,order_id,line_number,refunded_at,quantity,refund_amount\nr9,0002,1,2025-04-20,1,3.00\n"
    land(published, 2, {"refunds": refund, "customers": again + "010,2025-06-01,New,,,,,\n"})
    build_and_publish(published, project, 2)
    assert restated(published, CELLS, "mart = 'customer_retention'") == [
        (
            *("customer_retention", "cumulative_net_sales_per_customer", APRIL, MARCH, None),
            *(*money("22.98", "19.98"), 2, "refund"),
        )
    ]
    assert restated(published, "distinct reasons") == [("refund",)]
    lost = restated(published, "measure, change, cells, moved", "mart = 'customer_profit_monthly'")
    assert lost == [(measure, *money("-3.00"), 1, *money("0.00")) for measure in ("net_profit", "net_sales")], (
        "nobody has gained what this customer lost"
    )


def test_rows_of_publications_that_knew_less_are_kept(published: Home, project: compiled.Project) -> None:
    with duckdb.connect(str(published.current / publish.MARTS_FILE)) as connection:
        connection.execute(
            "create or replace table metadata.restatements as select 1 as number, date '2025-06-04' as found_on, "
            "1::bigint as last_load_id, date '2025-03-01' as month, 'refunds' as statement_line, "
            "1.00::decimal(18, 2) as published, 3.00::decimal(18, 2) as restated, 2.00::decimal(18, 2) as change, "
            "'refund' as reasons"
        )
    build_and_publish(published, project, 1)
    assert restated(published, "number, mart, measure, month, channel, change, cells, moved, is_locked, reasons") == [
        (1, "company_profit_monthly", "refunds", MARCH, None, Decimal("2.00"), 1, None, False, "refund")
    ]


def test_what_the_publication_before_did_not_say_is_not_compared(published: Home, project: compiled.Project) -> None:
    with duckdb.connect(str(published.current / publish.MARTS_FILE)) as connection:
        connection.execute("drop table marts.retention_monthly")
        connection.execute("alter table marts.customer_retention drop column kept_active_customers")
    land(published, 1, MERGE)
    build_and_publish(published, project, 1)
    said = {row for row in restated(published, "mart, measure") if row[0] != "customer_profit_monthly"}
    assert said == {
        ("customer_retention", measure)
        for measure in (
            "active_customers",
            "cohort_customers",
            "cumulative_net_sales_per_customer",
            "cumulative_sales_per_customer",
            "retained_customers",
        )
    }


def money(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(amount) for amount in amounts)


@pytest.mark.parametrize("keep", [None, 0, 5_000], ids=["gone", "empty", "cut short"])
def test_months_are_not_called_unchanged_where_nobody_can_tell(
    published: Home, project: compiled.Project, keep: int | None
) -> None:
    land(published, 1, SECOND_NIGHT)
    build_and_publish(published, project, 1)
    said = restated(published)
    assert said
    damage(published, keep)
    with pytest.raises(publish.PublishError, match=r"cannot be read .*`make rollback` puts the publication before it"):
        build_and_publish(published, project, 2)
    assert publish.in_force(published) == run_id_of(1)
    publish.rollback(published)
    build_and_publish(published, project, 3)
    assert restated(published) == said


def test_what_is_left_of_a_shop_whose_only_publication_cannot_be_read(
    published: Home, project: compiled.Project
) -> None:
    damage(published, 0)
    with pytest.raises(
        publish.PublishError, match=f"where there is none, remove the link {published.current}: "
    ) as told:
        build_and_publish(published, project, 1)
    assert "`make rollback` is not needed" not in run.paragraph(str(told.value), published)
    published.current.unlink()
    build_and_publish(published, project, 2)
    assert restated(published) == []


def damage(home: Home, keep: int | None) -> None:
    """Leave so many bytes of the published file; None leaves no file."""
    file = home.current / publish.MARTS_FILE
    if keep is None:
        file.unlink()
    else:
        os.truncate(file, keep)


def test_what_came_is_published_without_the_names_of_files(shop: Home, project: compiled.Project) -> None:
    land(shop, 0)
    land(shop, 1, SECOND_NIGHT)
    build_and_publish(shop, project, 0)
    with duckdb.connect(str(shop.current / publish.MARTS_FILE), read_only=True) as connection:
        loads = connection.execute(
            "select load_id, files, rows_read, rows_unreadable from metadata.loads where table_name = 'order_lines'"
        ).fetchall()
    assert loads == [(1, 1, 5, 0), (2, 1, 3, 0)]
