"""The profit statement has a second opinion: plain Python with fractions, on small random shops, to the cent.

What a shop's statement must be is worked out in `oracle/` from the definitions, without SQL. What it is comes from the
models' own compiled SQL, run in memory. A shop is its seed: a failure names it, and `shops.make(seed)` is that shop.

The same shops show that a past month end, rebuilt tonight, is what was known on that day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest
from oracle import closed, customers_won, shops, statement, warehouse
from oracle.differences import differences, years

from orchestration import compiled

SHOPS = 200
SHOPS_OF_SHORT = 40
"""So many by `make test`, the rest by `make test-long`: each takes a second, most of it to plan queries.

These are asked about acquisition and retention besides.
"""

BUILT_ONCE = 6
"""Of so many shops the warehouse is kept for what else is asked of them: a mistake changes a few tables of it."""

Projects = dict[shops.Plan, compiled.Project]
Built = Callable[[int], duckdb.DuckDBPyConnection]
"""The warehouse of the shop of a seed, which may be changed by `tried` only."""


@pytest.fixture(scope="module")
def projects() -> Projects:
    """The models, compiled for each plan."""
    return {plan: compiled.compile_project(plan.variables()) for plan in shops.PLANS}


def kept(build: Built) -> Iterator[Built]:
    """Builds the warehouse of a seed when it is first asked for; closes all in the end."""
    held: dict[int, duckdb.DuckDBPyConnection] = {}

    def built(seed: int) -> duckdb.DuckDBPyConnection:
        if seed not in held:
            held[seed] = build(seed)
        return held[seed]

    yield built
    for connection in held.values():
        connection.close()


@contextmanager
def tried(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in which tables may be built otherwise: afterwards it is as it was."""
    connection.execute("begin")
    try:
        yield connection
    finally:
        connection.execute("rollback")


@pytest.fixture(scope="module")
def built(projects: Projects, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The warehouses of the first shops, with all that is asked about."""
    folder = tmp_path_factory.mktemp("built")

    def build(seed: int) -> duckdb.DuckDBPyConnection:
        shop = shops.make(seed)
        return warehouse.build(shop, projects[shop.plan], folder, (*warehouse.MARTS, *warehouse.WON_AND_KEPT))

    yield from kept(build)


def differs(seed: int, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What a warehouse says of the shop of a seed that the oracle does not; of some also on who was won and kept."""
    shop, ask = shops.make(seed), warehouse.asked(connection)
    expected = statement.answer(shop)
    found = differences(expected, ask)
    if seed < SHOPS_OF_SHORT:
        found += customers_won.differences(customers_won.marts(shop, expected), ask)
    return found


def said_otherwise(seed: int, projects: Projects, folder: Path) -> list[str]:
    """The same of the warehouse that these models make."""
    shop = shops.make(seed)
    marts = (*warehouse.MARTS, *(warehouse.WON_AND_KEPT if seed < SHOPS_OF_SHORT else ()))
    with closing(warehouse.build(shop, projects[shop.plan], folder, marts)) as connection:
        return differs(seed, connection)


@pytest.mark.parametrize(
    "first",
    [
        *range(0, SHOPS_OF_SHORT, 40),
        *(pytest.param(first, marks=pytest.mark.long) for first in range(SHOPS_OF_SHORT, SHOPS, 40)),
    ],
)
def test_the_warehouse_says_what_the_definitions_say(
    first: int, projects: Projects, built: Built, tmp_path: Path
) -> None:
    wrong = {}
    for seed in range(first, first + 40):
        found = differs(seed, built(seed)) if seed < BUILT_ONCE else said_otherwise(seed, projects, tmp_path)
        if found:
            wrong[seed] = found
    assert not wrong, "\n".join(f"seed {seed}: {found[0]} (and {len(found) - 1} more)" for seed, found in wrong.items())


@pytest.mark.parametrize("count", [SHOPS_OF_SHORT, pytest.param(SHOPS, marks=pytest.mark.long)])
def test_the_shops_are_such_that_it_matters(count: int) -> None:
    """Over the seeds, every line of the statement and every way of a pool is there; else agreeing would say little."""
    answers = [statement.answer(shops.make(seed)) for seed in range(count)]
    for line in statement.ENTERED:
        assert sum(any(lines[line] for lines in one.monthly.values()) for one in answers) >= count / 10, line
    pools = [pool for one in answers for pool in one.pools.values()]
    assert sum(pool.idle > 0 for pool in pools) > count / 4
    assert sum(pool.idle < 0 for pool in pools) > count / 4
    assert sum(pool.unassigned > 0 for pool in pools) > count / 4
    assert sum(pool.basis == "standard" and pool.amount > 0 for pool in pools) > count / 4
    assert sum(bool(one.indirect_profit) for one in answers) > count / 4
    acquired = [
        row
        for seed in range(SHOPS_OF_SHORT)
        for row in customers_won.marts(shops.make(seed), answers[seed])["customer_acquisition"].values()
    ]
    assert sum(row["is_payback_censored"] is True for row in acquired) > 10
    assert sum(row["is_payback_censored"] is False for row in acquired) > 10
    assert sum(row["linear_touch_channels"] > 1 for row in acquired) > 10
    assert sum(row["first_touch_cost"] != row["last_touch_cost"] for row in acquired) > 5
    assert sum("guests" in {owner for owner, _, _ in one.monthly} for one in answers) > count / 4


def years_off(projects: Projects, built: Built, seeds: range) -> list[str]:
    """What the years of customers are otherwise than the oracle says, where the shop is asked some months later."""
    found: list[str] = []
    for seed in seeds:
        shop = shops.make(seed)
        project, expected = projects[shop.plan], statement.answer(shop)
        with tried(built(seed)) as connection:
            for months in (9, 11, 12, 21, 24):
                day = (expected.as_of.replace(day=1) + timedelta(days=31 * months)).replace(day=1)
                node = project.nodes["dim_as_of"]
                sql = f"select * replace (date '{day}' as as_of_date, date '{day}' as as_of_month) from ({node.sql})"
                later = replace(project, nodes={**project.nodes, "dim_as_of": replace(node, sql=sql)})
                compiled.build(connection, later, ["dim_as_of", "customer_profit"])
                found += years(replace(expected, as_of=day), warehouse.asked(connection))
    return found


def test_a_year_is_twelve_months_and_the_one_before_it_twelve_more(projects: Projects, built: Built) -> None:
    """The shops are half a year old: by some months later their months have passed from one year into the next."""
    assert years_off(projects, built, range(6)) == []
    for before, after in ((">= as_of.last_12", "> as_of.last_12"), ("< as_of.last_12", "<= as_of.last_12"),
                          (">= as_of.previous_12", "> as_of.previous_12")):  # fmt: skip
        wrong = {plan: mutated(project, "customer_profit", before, after) for plan, project in projects.items()}
        assert years_off(wrong, built, range(6))


MUTATIONS = (
    ("fct_order_lines", "< costs.valid_until", "<= costs.valid_until"),
    ("fct_order_lines", "(1 - margin_share)", "margin_share"),
    ("customer_profit_monthly", "-shipping_charged as fulfilment", "shipping_charged as fulfilment"),
    ("order_profit", "commission as own_payment_fees", "-commission as own_payment_fees"),
    ("fct_order_adjustments", "lost_month as month", "month as month"),
    ("fct_refunds", "coalesce(rated.order_rate, rated.own_rate)", "rated.own_rate"),
    ("fct_returned_goods", "least(", "greatest("),
    ("fct_order_driver_units", "coalesce(quantity, 1) > 0", "coalesce(quantity, 1) >= 0"),
    ("fct_pool_units", "on rates.pool = rules.pool", "on rates.pool >= rules.pool"),
    ("fct_pool_months", "cast(amount - assigned as decimal(18, 2))", "cast(assigned - amount as decimal(18, 2))"),
    ("fct_pool_costs", "order by remainder desc", "order by remainder"),
    ("fct_payments", "<> 'failed'", "<> 'open'"),
    ("int_acquisition_credits", "order by touches.touched_at desc", "order by touches.touched_at"),
    ("int_acquisition_credits", "<= rules.window_days", "< rules.window_days"),
    ("fct_attributed_marketing", "and spend.month = credits.month", "and spend.month >= credits.month"),
    ("fct_acquisition_months", "purpose = 'brand'", "purpose = 'retention'"),
    ("repeat_windows", "not is_charge and customer_id", "customer_id"),
    ("retention_monthly", "month_before < ", "month_before <= "),
    ("customer_retention", "kept_order_count > 0", "kept_order_count > 1"),
    ("stg_daily_rates", "range(8)", "range(7)"),
    ("stg_cost_pools", "where rate_on <=", "where true or rate_on <="),
    ("stg_shipments", "coalesce(shipments.currency, orders.currency)", "shipments.currency"),
    ("judged_refunds", "orphaned, in_other_currency, unrated", "orphaned, unrated"),
    ("referral_profit", "referrals.generation = shares.generation", "referrals.generation >= shares.generation"),
    ("customer_profit_monthly", "- coalesce(weighed.bad_debt, 0)", "+ coalesce(weighed.bad_debt, 0)"),
    ("int_acquisition_credits", "when acquisition_channel is null then 1", "when acquisition_channel is null then 0"),
    ("customer_profit_monthly", "sum(abs(amount))", "sum(amount)"),
    ("product_profit", "when cost_basis = 'assumed' then abs(cogs)", "when cost_basis = 'actual' then abs(cogs)"),
)
"""A model, a text of its compiled SQL, and a mistake that somebody could make there."""


def mutated(project: compiled.Project, model: str, before: str, after: str) -> compiled.Project:
    """The project with one text in the SQL of one model replaced, wherever it stands there."""
    node = project.nodes[model]
    assert before in node.sql, f"{model} does not say {before!r}: bring the mutation up to date"
    return replace(project, nodes={**project.nodes, model: replace(node, sql=node.sql.replace(before, after))})


@pytest.mark.parametrize(
    ("model", "before", "after"),
    [
        pytest.param(*one, marks=[] if number % 8 == 0 else [pytest.mark.long], id=f"{one[0]}: {one[2]}")
        for number, one in enumerate(MUTATIONS)
    ],
)
def test_a_mistake_in_a_model_is_found(
    model: str, before: str, after: str, projects: Projects, built: Built, tmp_path: Path
) -> None:
    """Some shop among the first shows it; most are seen in the first few."""
    wrong = {plan: mutated(project, model, before, after) for plan, project in projects.items()}

    def is_seen(seed: int) -> bool:
        if seed >= BUILT_ONCE:
            return bool(said_otherwise(seed, wrong, tmp_path))
        marts = (*warehouse.MARTS, *warehouse.WON_AND_KEPT)
        with tried(built(seed)) as connection:
            warehouse.build_again(connection, wrong[shops.make(seed).plan], marts, model)
            return bool(differs(seed, connection))

    assert any(is_seen(seed) for seed in range(60))


def as_of(project: compiled.Project, day: date) -> compiled.Project:
    """The project as it would be compiled for that day."""
    node = project.nodes["stg_as_of"]
    sql = f"select date '{day}' as as_of_date from ({node.sql}) as latest"
    return replace(project, nodes={**project.nodes, "stg_as_of": replace(node, sql=sql)})


def with_a_past(seed: int) -> shops.Shop:
    """The shop of a seed, of which only refunds come later than they belong, and a month is judged.

    What the month of an order bears (parcels, fees) counts as known with the order, and an order cancelled since is
    none: these are taken out.
    """
    shop = closed.in_time(seed)
    rules = [{"rule": rule, "rule_value": "1", "reason": ""} for rule in ("holdout_months", "cut_count")]
    return replace(shop, settings={**shop.settings, "lifetime_value_rules": rules})


HISTORIES = ("past_histories", "purchase_histories", "later_values")


@pytest.fixture(scope="module")
def with_histories(projects: Projects, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Warehouses of shops with a past."""
    folder = tmp_path_factory.mktemp("histories")

    def build(seed: int) -> duckdb.DuckDBPyConnection:
        shop = with_a_past(seed)
        return warehouse.build(shop, projects[shop.plan], folder, HISTORIES)

    yield from kept(build)


def histories(connection: duckdb.DuckDBPyConnection, model: str) -> list[tuple]:
    """What this model knows of each customer."""
    columns = "cut_on, customer_id, repeats, recency_days, age_days, total_value, repeat_value"
    return warehouse.asked(connection)(f"select {columns} from predictions.{model} order by all")


def knows_what_was_known(projects: Projects, built: Built) -> Counter[bool]:
    """Whether histories of a past cut are those built on the day itself, over shops on which something came later."""
    found: Counter[bool] = Counter()
    for seed in range(12):
        project = projects[with_a_past(seed).plan]
        with tried(built(seed)) as connection:
            warehouse.build_again(connection, project, HISTORIES, "past_histories")
            known = histories(connection, "past_histories")
            # Something was booked on orders after their month.
            if known and warehouse.asked(connection)("select count(*) from predictions.later_values") != [(0,)]:
                on_the_day = as_of(project, known[0][0])
                warehouse.build_again(connection, on_the_day, ("purchase_histories",), "stg_as_of")
                found[known == histories(connection, "purchase_histories")] += 1
    return found


def test_a_past_cut_knows_what_was_known_on_its_day(projects: Projects, with_histories: Built) -> None:
    assert knows_what_was_known(projects, with_histories) == {True: 4}


def test_looking_ahead_at_refunds_is_found(projects: Projects, with_histories: Built) -> None:
    looking_ahead = {
        plan: mutated(
            project, "past_histories", "later.booked_month > cuts.cut_on", "later.booked_month > '9999-01-01'"
        )
        for plan, project in projects.items()
    }
    assert knows_what_was_known(looking_ahead, with_histories)[False]


@pytest.fixture(scope="module")
def with_cells(projects: Projects, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Warehouses of shops to which nothing came late."""
    folder = tmp_path_factory.mktemp("cells")

    def build(seed: int) -> duckdb.DuckDBPyConnection:
        shop = closed.in_time(seed)
        return warehouse.build(shop, projects[shop.plan], folder, closed.MARTS)

    yield from kept(build)


def closed_cells(projects: Projects, built: Built, seeds: range) -> tuple[Counter[str], Counter[str]]:
    """Of shops a month ago: cells that were closed, and those that the month since tells otherwise."""
    counts, moved = Counter(), Counter()
    for seed in seeds:
        project = projects[closed.in_time(seed).plan]
        with tried(built(seed)) as connection:
            warehouse.build_again(connection, project, closed.MARTS, "repeat_windows")
            today = closed.cells(connection)
            months = sorted(month for (month,) in today["retention_monthly.is_complete"])
            if len(months) > 2:
                a_month_ago = as_of(project, months[-1] - timedelta(days=1))
                warehouse.build_again(connection, a_month_ago, closed.MARTS, "stg_as_of")
                before = closed.cells(connection)
                for total, found in zip((counts, moved), closed.closed_before(before, today), strict=True):
                    total.update(found)
    return counts, moved


def test_a_month_more_of_data_that_came_in_time_changes_only_open_cells(projects: Projects, with_cells: Built) -> None:
    """What comes late, or is corrected, can change a closed cell: `metadata.restatements` says so."""
    counts, moved = closed_cells(projects, with_cells, range(10))
    assert not +moved, f"{moved} of {counts}"
    assert all(counts[f"{mart}.{mark}"] >= 10 for mart, mark in closed.CELLS), counts


def test_a_cell_that_is_closed_too_early_is_found(projects: Projects, with_cells: Built) -> None:
    early = {
        plan: mutated(project, "repeat_windows", "<= as_of.as_of_date as is_complete", "is not null as is_complete")
        for plan, project in projects.items()
    }
    assert +closed_cells(early, with_cells, range(5))[1]


PAST = {
    "customer_segments": "select month_end, * exclude (month_end) from warehouse.marts.customer_segments_monthly",
    "customer_profit": "select as_of_date as month_end, * exclude (as_of_date) "
    "from warehouse.segmentation.customer_day_profits",
}
"""What past days say of each customer, by the mart in which the day itself says the same in the same columns."""


def told_otherwise(seed: int, projects: Projects, folder: Path) -> tuple[int, list[str]]:
    """How many month ends of a shop were compared, and what they tell otherwise than AS_OF that day: segments, profits.

    Left out are the days before anything was shipped or paid, in a shop that hands that in: as long as it knows of no
    shipment at all it takes other costs (driver `unshipped_order`), which are not told again for past days.
    """
    shop = shops.make(seed)
    project = projects[shop.plan]
    marts = ("customer_segments", "customer_segments_monthly")
    with closing(warehouse.build(shop, project, folder, marts)) as connection:
        connection.execute(
            "create table memory.main.days as select distinct month_end as day "
            "from warehouse.marts.customer_segments_monthly where (not exists (from warehouse.staging.stg_shipments) "
            "or month_end >= (select min(shipped_on) from warehouse.core.fct_shipments)) "
            "and (not exists (from warehouse.staging.stg_payments) "
            "or month_end >= (select min(paid_on) from warehouse.core.fct_payments))"
        )
        for mart, said in PAST.items():
            connection.execute(f"create table memory.main.{mart} as {said}")
        days = [day for (day,) in connection.execute("from memory.main.days order by all").fetchall()][-2:]
        wrong = []
        for day in days:
            warehouse.build_again(connection, as_of(project, day), ("customer_segments",), "stg_as_of")
            for mart in PAST:
                past = f"memory.main.{mart}"
                columns = ", ".join(name for name, *_ in connection.execute(f"describe {past}").fetchall()[1:])
                told = (
                    f"select {columns} from {past} where month_end = date '{day}'",
                    f"select {columns} from warehouse.marts.{mart}",
                )
                for ours, theirs in (told, reversed(told)):
                    wrong += connection.execute(
                        f"select '{day} {mart}: ' || row(it)::varchar from ({ours} except {theirs}) it"
                    ).fetchall()
        return len(days), [row for (row,) in wrong]


def test_a_past_month_end_is_told_as_on_the_day(projects: Projects, tmp_path: Path) -> None:
    """In shop 136 an order was refunded and then cancelled, in 140 one that was neither shipped nor paid by any row."""
    found = {seed: told_otherwise(seed, projects, tmp_path) for seed in (3, 5, 7, 136, 140)}
    assert not {seed: wrong for seed, (_, wrong) in found.items() if wrong}
    assert sum(days for days, _ in found.values()) >= 4


@pytest.mark.long
def test_past_month_ends_of_many_shops_are_told_as_on_the_day(projects: Projects, tmp_path: Path) -> None:
    found = {seed: told_otherwise(seed, projects, tmp_path) for seed in range(SHOPS // 3)}
    assert not {seed: wrong for seed, (_, wrong) in found.items() if wrong}
    assert sum(days for days, _ in found.values()) >= 60


def test_where_all_are_equal_nothing_is_fitted_and_it_is_said(projects: Projects, tmp_path: Path) -> None:
    """Seventy customers who did the same on the same day; a guest's order later makes a quarter end past."""
    who = [*(f"c{number:02}" for number in range(70)), None]
    days = {None: "2024-04-02"}
    rows = {
        "orders": [
            {
                "order_id": f"o{number}",
                "customer_id": customer,
                "ordered_at": f"{days.get(customer, '2024-01-15')} 10:00",
            }
            for number, customer in enumerate(who)
        ],
        "order_lines": [
            {"order_id": f"o{number}", "line_number": "1", "product_id": "cup", "quantity": "1", "unit_price": "10"}
            for number in range(len(who))
        ],
    }
    plan = shops.PLANS[0]
    shop = shops.Shop("equals", plan, shops.make(0).loaded_at.replace(year=2024, month=6), rows)
    asked = ("customer_segments", "customer_segments_monthly", "segment_models", "product_recommendations")
    with closing(warehouse.build(shop, projects[plan], tmp_path, asked)) as connection:
        ask = warehouse.asked(connection)
        assert ask("select model, customer_count, verdict from marts.segment_models order by model") == [
            ("behaviour clusters", 70, "not fitted: 1 kinds of behaviour: too much alike"),
            ("premium discriminant", 70, "not fitted: no trait tells customers apart"),
            ("premium tree", 70, "not fitted: no trait tells customers apart"),
        ]
        assert ask("select distinct behaviour_cluster, premium_chance from marts.customer_segments") == [(None, None)]
        assert ask(
            "select month_end::varchar, count(*), count(behaviour_cluster) from marts.customer_segments_monthly "
            "group by 1 order by 1"
        ) == [("2024-01-31", 70, 0), ("2024-02-29", 70, 0), ("2024-03-31", 70, 0)]
        assert ask("select count(*) from marts.product_recommendations") == [(0,)]


SEGMENTS = ("customer_segments", "customer_segments_monthly", "segment_migration", "retention_list")


def segments(shop: shops.Shop, project: compiled.Project, folder: Path) -> dict[str, list[tuple]]:
    """What each mart of segments says of a shop, in one order."""
    with closing(warehouse.build(shop, project, folder, SEGMENTS)) as connection:
        ask = warehouse.asked(connection)
        return {mart: ask(f"select * from marts.{mart} order by all") for mart in SEGMENTS}


@pytest.mark.parametrize("seed", [3, 5])
def test_the_order_in_which_rows_arrive_changes_no_segment(seed: int, projects: Projects, tmp_path: Path) -> None:
    """Each row keeps its number in its file, which says which of two copies is the copy."""
    shop = shops.make(seed)
    numbered = {
        table: [row | {"source_row": place} for place, row in enumerate(rows, start=1)]
        for table, rows in shop.rows.items()
    }
    chance = Random(seed)
    shuffled = {table: chance.sample(rows, len(rows)) for table, rows in numbered.items()}
    assert shuffled != numbered
    told = segments(replace(shop, rows=numbered), projects[shop.plan], tmp_path)
    assert told["customer_segments"] and told["customer_segments_monthly"]
    assert segments(replace(shop, rows=shuffled), projects[shop.plan], tmp_path) == told


FORGETFUL = (
    ("standing_orders", "days.as_of_date < orders.cancelled_on", "days.as_of_date > orders.cancelled_on"),
    ("fct_entries_known_otherwise", "-shipping_cost", "shipping_cost"),
    ("fct_bad_debt_known_otherwise", "chargeback_on <= as_of_date", "chargeback_on >= as_of_date"),
    ("fct_open_driver_units", "days.as_of_date < units.known_until", "days.as_of_date >= units.known_until"),
    ("order_days", "order by ordered_on) as previous_ordered_on", "order by ordered_on desc) as previous_ordered_on"),
    ("gap_counts", "on gaps.ordered_on <= days.as_of_date", "on gaps.ordered_on >= date '0001-01-01'"),
)
"""A model of past days, a text of its compiled SQL, and a mistake that lets a past day know too much, or too little."""


def test_each_mistake_can_still_be_made(projects: Projects) -> None:
    """Most of them are tried in the long tests only, where a text that has changed would be noticed late."""
    for model, before, after in (*MUTATIONS, *FORGETFUL):
        for project in projects.values():
            assert mutated(project, model, before, after) != project


@pytest.mark.long
@pytest.mark.parametrize(("model", "before", "after"), FORGETFUL, ids=[f"{one[0]}: {one[2]}" for one in FORGETFUL])
def test_a_day_that_knows_too_much_is_found(
    model: str, before: str, after: str, projects: Projects, tmp_path: Path
) -> None:
    wrong = {plan: mutated(project, model, before, after) for plan, project in projects.items()}
    assert any(told_otherwise(seed, wrong, tmp_path)[1] for seed in range(60))
