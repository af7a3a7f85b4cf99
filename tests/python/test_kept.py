"""What the nights keep is what would be made anew.

A kept table (macros/kept.sql) is made again only in the parts that are made of something else than before. That is
right where the rows of a part hang on nothing but what its fingerprint counts, and this is shown here: small random
shops arrive in nights, all is built from scratch after each, and wherever a part is made of the same as in any other
night of any shop, its rows are the same. Then the nights themselves, through dbt.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import duckdb
import pytest
from conftest import ONE_THREAD
from kept_nights import Keeper, Macros, contents, differing
from oracle import nights, shops, warehouse

from orchestration import compiled
from orchestration.demo_shop import generate
from orchestration.landing import land
from orchestration.paths import PROJECT, Home
from orchestration.refresh import proof
from orchestration.refresh.settings import Settings, model_vars

SHOPS = (0, 2, 46)
"""Shops that find each mistake below: in the last, what an order uses changes on a night when no pool's cost does."""

SHOPS_OF_A_LONG_TEST = 40

FORGOTTEN = (
    ("fct_pool_costs", "fct_pool_units"),
    ("lifecycle_by_day", "customer_day_measures"),
    ("fct_order_costs", "fct_pool_costs"),
    ("fct_order_costs", "fct_shared_order_units"),
    ("customer_profit_monthly", "fct_profit_entries"),
    ("customer_day_measures", "customer_day_profits"),
)
"""A kept table, and something it is made of: whoever forgets to look at it keeps what is no longer so."""

TOO_FINE = (("rfm_by_day", ["as_of_date", "customer_id"]),)
"""A kept table, and parts that hang on each other: a customer's rank is one among the others of the day."""


@pytest.fixture(scope="module")
def project() -> compiled.Project:
    """The models, compiled for the shops of even seeds."""
    return compiled.compile_project(shops.PLANS[0].variables())


class Ledger:
    """What has been seen of each part of each kept table, over all nights of all shops, and what contradicts it."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, int, str], str] = {}
        self.last: dict[tuple[str, int], str] = {}
        self.kept: Counter[str] = Counter()
        self.made_again: Counter[str] = Counter()
        self.wrong: dict[str, list[str]] = defaultdict(list)

    def enter(self, where: str, table: str, parts: Iterable[tuple[int, str, str]]) -> None:
        for part, made_of, content in parts:
            before = self.last.get((table, part))
            self.kept[table] += before == made_of
            self.made_again[table] += before is not None and before != made_of
            self.last[table, part] = made_of
            if self.held.setdefault((table, part, made_of), content) != content:
                self.wrong[table].append(f"{where}: part {part} of {table} would have been kept, and is another")


def part_of(columns: Sequence[str], buckets: int) -> str:
    """The part of a row, as the macro of that name has it."""
    places = [
        f"(hash({column}) % {buckets})::bigint"
        if column.endswith("_id")
        else f"coalesce({column} - '1899-12-31'::date, 0)"
        for column in columns
    ]
    return " * 1048576 + ".join(places)


def parts_of(
    connection: duckdb.DuckDBPyConnection, project: compiled.Project, node: compiled.Node
) -> list[tuple[int, str, str]]:
    """Each part of a kept table: what it is made of, and its rows, both as text."""
    buckets, kept_by = node.kept["buckets"], node.kept["kept_by"]
    parts, shared = [], ["''"]
    for name in node.parents:
        parent = project.nodes[name]
        names = [row[0] for row in connection.execute(f"describe {parent.relation}").fetchall()]
        columns = node.kept.get("kept_from", {}).get(name, kept_by)
        everything = f"count(*) || ':' || coalesce(sum(hash({', '.join(names)})), 0)"
        if set(columns) <= set(names):
            parts.append(
                f"select {part_of(columns, buckets)} as part, '{name} ' || {everything} as content "
                f"from {parent.relation} group by part"
            )
        else:
            shared.append(f"(select '{name} ' || {everything} from {parent.relation})")
    names = [row[0] for row in connection.execute(f"describe {node.relation}").fetchall()]
    return connection.execute(
        f"""
        with parents as (
            select part, string_agg(content, ' ' order by content) as content
            from ({" union all ".join(parts)}) group by part
        ),
        rows_of_parts as (
            select {part_of(kept_by, buckets)} as part, count(*) || ':' || sum(hash({", ".join(names)})) as content
            from {node.relation} group by part
        )
        select coalesce(parents.part, rows_of_parts.part), concat(parents.content, {", ".join(shared)}),
            coalesce(rows_of_parts.content, 'nothing')
        from parents full outer join rows_of_parts on parents.part = rows_of_parts.part
        """
    ).fetchall()


def enter_shops(
    project: compiled.Project, folder: Path, seeds: Iterable[int], nodes: Mapping[str, compiled.Node]
) -> Ledger:
    """Shops, each built from scratch after each of its nights: what the parts of these tables are made of and hold."""
    ledger = Ledger()
    wanted = project.upstream_of(*{node.name for node in nodes.values()})
    for seed in seeds:
        shop = shops.make(seed)
        for number, night in enumerate(nights.nights_of(shop, seed)):
            files = {name: warehouse.written(project, name, rows, folder) for name, rows in night.settings.items()}
            with closing(duckdb.connect(config=ONE_THREAD)) as connection:
                compiled.open_warehouse(connection, project)
                nights.land(connection, shop, night, number)
                compiled.build(connection, project, wanted, files)
                for table, node in nodes.items():
                    ledger.enter(f"seed {seed}, night {number + 1}", table, parts_of(connection, project, node))
    return ledger


def kept_tables(project: compiled.Project) -> dict[str, compiled.Node]:
    return {name: node for name, node in project.nodes.items() if node.kept}


def mistaken(project: compiled.Project) -> dict[str, compiled.Node]:
    """The kept tables with a mistake each that somebody could make, by what the mistake is."""
    found = {}
    for table, parent in FORGOTTEN:
        node = project.nodes[table]
        assert node.kept and parent in node.parents, f"{table} does not read {parent}: bring the mistake up to date"
        found[f"{table} without {parent}"] = replace(node, parents=tuple(p for p in node.parents if p != parent))
    for table, columns in TOO_FINE:
        node = project.nodes[table]
        found[f"{table} by {columns}"] = replace(node, kept={**node.kept, "kept_by": columns, "buckets": 64})
    return found


def test_what_is_made_of_the_same_is_the_same(project: compiled.Project, tmp_path: Path) -> None:
    """And each mistake is found: a fingerprint that leaves something out, parts that hang on each other."""
    kept, mistakes = kept_tables(project), mistaken(project)
    ledger = enter_shops(project, tmp_path, SHOPS, {**kept, **mistakes})
    for table in kept:
        assert not ledger.wrong[table], "\n".join(ledger.wrong[table][:5])
        assert ledger.kept[table] > 0, f"no part of {table} was ever kept"
        assert ledger.made_again[table] > 0, f"no part of {table} was ever made again"
    assert not [mistake for mistake in mistakes if not ledger.wrong[mistake]]


@pytest.mark.long
def test_what_is_made_of_the_same_is_the_same_in_many_shops(project: compiled.Project, tmp_path: Path) -> None:
    seeds = range(0, SHOPS_OF_A_LONG_TEST * len(shops.PLANS), len(shops.PLANS))
    ledger = enter_shops(project, tmp_path, seeds, kept_tables(project))
    assert not ledger.wrong, [wrong[0] for wrong in ledger.wrong.values()]
    print(
        f"{SHOPS_OF_A_LONG_TEST} shops in {nights.NIGHTS} nights: {ledger.kept.total():,} parts kept, "
        f"{ledger.made_again.total():,} made again, none of them wrong"
    )


def night(settings: Settings, source: Path, killed_after: float | None = None) -> None:
    """A night without its audits: lands what is new in a folder and builds what is kept, and what that is made from.

    Where it is to be killed after some seconds, it is built once more, to its end.
    """
    land(source, settings.home, settings.connector, progress=lambda line: None)
    private = settings.home.private
    private.mkdir(parents=True, exist_ok=True)
    if killed_after:
        with subprocess.Popen(
            proof.command(settings, proof.IN_PARTS),
            cwd=PROJECT,
            env=proof.prepared(settings, private),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as dbt:
            with suppress(subprocess.TimeoutExpired):
                dbt.wait(killed_after)
            dbt.kill()
    proof.build(settings, private, proof.IN_PARTS)


@pytest.mark.long
def test_two_nights_are_a_build_from_scratch(project: compiled.Project, tmp_path: Path) -> None:
    """The demo shop, small: corrections, late rows, merges and rows written by hand come in the second night.

    From scratch it is made by ranges, of parts and of ids, as large shops are.
    """
    generate(tmp_path / "input", customers=120, years=1, progress=lambda line: None)
    second = [
        file
        for file in (tmp_path / "input").glob("*/*.parquet")
        if file.parent.name != "_truth" and not file.name.startswith("part-")
    ]
    assert len(second) > 8
    settings = Settings("demo", Home((tmp_path / "home").resolve()))
    for file in second:
        file.rename(file.with_name(f"_{file.name}"))
    night(settings, tmp_path / "input")
    for file in second:
        file.with_name(f"_{file.name}").rename(file)
    night(settings, tmp_path / "input")
    found = proof.prove(settings, proof.IN_PARTS, {"rows_made_at_once": 400})
    assert not found.differing
    assert found.kept == len(kept_tables(project))
    assert found.rows > 20_000


# Nights by the statements of macros/kept.sql, without dbt.


@pytest.mark.parametrize(
    ("days", "together"),
    [
        ([45_000], [[45_000]]),
        # Neighbouring months, and one two years later.
        ([45_000, 45_031, 45_750], [[45_000, 45_031], [45_750]]),
        ([45_000, 45_032], [[45_000], [45_032]]),
        # Five readings are too many: then all at once.
        ([45_000, 45_100, 45_200, 45_300], [[45_000], [45_100], [45_200], [45_300]]),
        ([45_000, 45_100, 45_200, 45_300, 45_400], [[45_000, 45_100, 45_200, 45_300, 45_400]]),
    ],
)
def test_dates_far_from_each_other_are_read_one_by_one(days: list[int], together: list[list[int]]) -> None:
    meta = SimpleNamespace(kept_by=["month", "customer_id"], buckets=64)
    macros = Macros({"model": SimpleNamespace(config=SimpleNamespace(meta=meta))})
    parts = [day * 1_048_576 + bucket for day in days for bucket in (3, 63)]
    read = macros.parts_read_together(parts)
    assert [part for one in read for part in one] == parts
    assert [sorted({part // 1_048_576 for part in one}) for one in read] == together


def test_ids_are_parted_by_how_many_rows_they_have(project: compiled.Project) -> None:
    """Of which each row meets one condition, whatever is in an id; a view is not counted."""
    node, manifest = project.nodes["considerations"], compiled.compiled_manifest({})
    assert node.parents == ("fct_order_lines", "fct_orders", "recognised_events", "dim_products")
    with duckdb.connect() as connection:
        keeper = Keeper(connection, manifest)
        ids = "[if(number < 60, 'it''s one', if(number < 80, 'two', '🙂')) for number in range(100)]"
        connection.execute(f"create table core.fct_order_lines as select unnest({ids}) as customer_id")
        connection.execute("create table core.fct_orders as select 'it''s one' as customer_id from range(9)")
        connection.execute(
            "create view segmentation.recognised_events as select 'it''s one' as customer_id from range(1000)"
        )
        connection.execute("create table core.dim_products as select 'p' as product_id from range(1000)")
        found = compiled.ranges_of_ids(connection, project, node, rows_at_once=50)
        in_one_piece = compiled.ranges_of_ids(connection, project, node, rows_at_once=110)
        by_nights = [keeper.ranges_of_ids("considerations", rows_made_at_once=rows) for rows in (50, 110)]
        counts = [
            connection.execute(f"select count(*) from core.fct_order_lines where {condition}").fetchone()[0]
            for condition in found
        ]
    assert found == [
        "customer_id < 'it''s one'",
        "customer_id >= 'it''s one' and customer_id < 'two'",
        "customer_id >= 'two'",
    ]
    assert counts == [0, 60, 40]
    assert in_one_piece == ["true"]
    assert by_nights == [found, []], "macros/ranges.sql has other ranges"


STATEMENTS = 5
"""So many make a kept table at least."""

LOOKED_AT_AFTER = 60
"""Nights, after which all that is kept is compared, and not only in the end."""

KNOWN_BY_MEMORY = {
    ("rfm_by_day", "customer_day_measures"),
    # The same days by another name.
    ("customer_segments_monthly", "rfm_by_day"),
}
"""Kept tables, and parents of theirs that are kept by the same parts."""

NIGHTS_AT_RANDOM = 1
NIGHTS_AT_RANDOM_OF_A_LONG_TEST = 20


def kept_and_before(project: compiled.Project) -> list[str]:
    """The tables that are kept, and what they are made from, in order."""
    return project.upstream_of(*kept_tables(project))


def build_the_rest(keeper: Keeper, seeds: Mapping[str, Path] | None = None) -> None:
    """What is made anew each night from what is kept: only the last night's is looked at."""
    there_already = set(kept_and_before(keeper.project))
    keeper.build([name for name in keeper.project.nodes if name not in there_already], seeds)


def kept_at_random(manifest: Mapping[str, Any], seed: int, folder: Path, forgotten: Mapping[str, str]) -> list[str]:
    """A small random shop in nights: the tables that are in the end not what a build from scratch makes."""
    shop = shops.make(seed)
    with closing(duckdb.connect(config=ONE_THREAD)) as by_nights, closing(duckdb.connect(config=ONE_THREAD)) as anew:
        keeper = Keeper(by_nights, manifest, forgotten)
        for number, one in enumerate(nights.nights_of(shop, seed)):
            files = {name: warehouse.written(keeper.project, name, rows, folder) for name, rows in one.settings.items()}
            nights.land(by_nights, shop, one, number)
            keeper.build(kept_and_before(keeper.project), files)
        build_the_rest(keeper, files)
        assert keeper.made["by part"] > keeper.made["whole"]
        assert keeper.known_by_memory() >= KNOWN_BY_MEMORY
        compiled.open_warehouse(anew, keeper.project)
        nights.land(anew, shop, one, number)
        compiled.build(anew, keeper.project, list(keeper.project.nodes), files)
        return differing(keeper, anew)


@pytest.mark.parametrize(
    "count", [NIGHTS_AT_RANDOM, pytest.param(NIGHTS_AT_RANDOM_OF_A_LONG_TEST, marks=pytest.mark.long)]
)
def test_random_nights_are_a_build_from_scratch(count: int, tmp_path: Path) -> None:
    """Rows that come late, twice, corrected, given back; merges; a night that changes nothing but settings.

    And each mistake is found in some shop, where there are many.
    """
    manifest = compiled.compiled_manifest(shops.PLANS[0].variables())
    seeds = range(0, count * len(shops.PLANS), len(shops.PLANS))
    for seed in seeds:
        assert not kept_at_random(manifest, seed, tmp_path, {}), f"seed {seed}"
    mistakes = FORGOTTEN if count > NIGHTS_AT_RANDOM else ()
    for table, parent in mistakes:
        assert any(kept_at_random(manifest, seed, tmp_path, {table: parent}) for seed in seeds), f"{table}, {parent}"
    print(f"{count} random shops in {nights.NIGHTS} nights: every table is that of a build from scratch", end="")
    print(f"; {len(mistakes)} mistakes, each of them found")


@pytest.mark.timeout(3 * 3600)
@pytest.mark.parametrize(("batches", "every"), [(12, 8), pytest.param(305, 1, marks=pytest.mark.long)])
def test_online_retail_in_batches(batches: int, every: int, shared_data: Path, tmp_path: Path) -> None:
    """All its days, or every eighth, out of order; each night is cut off in a kept table first, and taken up there."""
    wrong, done = online_retail_in_batches(shared_data, tmp_path, batches, every)
    print(done)
    assert not wrong


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_parent_that_is_forgotten_is_found(shared_data: Path, tmp_path: Path) -> None:
    """The harness above goes red where a kept table does not look at something that it is made of."""
    mistake = {"customer_profit_monthly": "fct_profit_entries"}
    wrong, done = online_retail_in_batches(shared_data, tmp_path, 12, 8, mistake)
    print(f"{mistake}: {done}")
    assert wrong


def online_retail_in_batches(
    shared_data: Path, folder: Path, batches: int, every: int, forgotten: Mapping[str, str] = MappingProxyType({})
) -> tuple[list[str], str]:
    """The tables that are in the end not what a build from scratch makes, and a sentence on what was done."""
    draw = random.Random(batches)
    days = sorted((shared_data / "online_retail" / "by_day").glob("*.csv"))[::every]
    draw.shuffle(days)
    settings = Settings("online_retail", Home((folder / "home").resolve()), connector="online_retail")
    with closing(duckdb.connect(config=ONE_THREAD)) as by_nights:
        for number in range(batches):
            source = folder / f"night-{number}"
            source.mkdir()
            for file in days[number::batches]:
                shutil.copy(file, source)
            land(source, settings.home, settings.connector, progress=lambda line: None)
            if number == 0:
                keeper = Keeper(by_nights, compiled.compiled_manifest(model_vars(settings)), forgotten)
            compiled.read_landed(by_nights, settings.home)
            cut = draw.choice(list(kept_tables(keeper.project))), draw.randint(1, STATEMENTS)
            keeper.build(kept_and_before(keeper.project), cut=cut)
            if number % LOOKED_AT_AFTER == LOOKED_AT_AFTER - 1:
                wrong, found = compared_with_scratch(keeper, settings.home, kept_and_before(keeper.project))
                print(f"night {number + 1}: {len(found)} tables compared, {len(wrong)} differ", flush=True)
                assert not wrong
        build_the_rest(keeper)
        wrong, found = compared_with_scratch(keeper, settings.home, list(keeper.project.nodes))
    rows = {table: count for table, (_, count, _) in found.items()}
    assert rows["core.fct_order_lines"] > 1000 * len(days)
    assert keeper.cut_off == batches
    made = keeper.made
    return wrong, (
        f"{len(days)} days of Online Retail in {batches} nights, each cut off once and taken up: kept tables were made "
        f"whole {made['whole']:,} times, by part {made['by part']:,} times, left as they were {made['not at all']:,} "
        f"times; {len(rows)} tables with {sum(rows.values()):,} rows compared with a build from scratch, "
        f"{len(wrong)} differ"
    )


def compared_with_scratch(keeper: Keeper, home: Home, names: Sequence[str]) -> tuple[list[str], dict[str, tuple]]:
    """Builds these from what has landed: the tables that nights have made otherwise, and all contents."""
    with closing(duckdb.connect(config=ONE_THREAD)) as anew:
        compiled.open_warehouse(anew, keeper.project)
        compiled.read_landed(anew, home)
        compiled.build(anew, keeper.project, names)
        return differing(keeper, anew), contents(anew)


@pytest.mark.long
@pytest.mark.timeout(8 * 3600)
def test_online_retail_in_batches_through_dbt(project: compiled.Project, shared_data: Path, tmp_path: Path) -> None:
    """As people build it; each night is killed somewhere first, then runs to its end."""
    batches = 12
    draw = random.Random(batches)
    days = sorted((shared_data / "online_retail" / "by_day").glob("*.csv"))
    draw.shuffle(days)
    settings = Settings("online_retail", Home((tmp_path / "home").resolve()), connector="online_retail")
    source, kept = tmp_path / "input", 0
    source.mkdir()
    for number in range(batches):
        for file in days[number::batches]:
            shutil.copy(file, source)
        night(settings, source, killed_after=draw.uniform(8, 40))
        if number % (batches // 4) == 0 or number == batches - 1:
            found = proof.prove(settings, proof.IN_PARTS)
            assert not found.differing, f"night {number + 1}"
            kept = found.kept
    assert kept == len(kept_tables(project))
    print(f"Online Retail in {batches} batches, each killed once: every table is that of a build from scratch")
