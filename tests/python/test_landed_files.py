"""How landed rows lie in files: small loads are put together, and nothing else about them changes."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.landing import land, store
from orchestration.paths import Home

FIRST_NIGHT = datetime(2026, 1, 1, 2, tzinfo=UTC)
SCHEMA = pa.schema([("load_id", pa.int64()), ("word", pa.string())])


@pytest.fixture(autouse=True)
def three_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "COMPACTED_AT_ONCE", 3)


def land_nights(home: Home, nights: range, inbox: Path) -> None:
    """One order more each night; a customer in every other one."""
    inbox.mkdir(exist_ok=True)
    for night in nights:
        (inbox / f"orders-{night}.csv").write_text(f"order_id,customer_id,ordered_at\no{night},c1,2025-01-01\n")
        (inbox / f"order_lines-{night}.csv").write_text(
            f"order_id,line_number,product_id,quantity,unit_price\no{night},1,p1,1,9.99\n"
        )
        if night % 2:
            (inbox / f"customers-{night}.csv").write_text(f"customer_id,city\nc{night},Köln\n")
        clock = FIRST_NIGHT + timedelta(days=night)
        land(inbox, home, progress=lambda line: None, clock=lambda clock=clock: clock)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("load-*"))


def rows(folder: Path) -> Counter[tuple]:
    """Each row of a table, and how often it is there."""
    return Counter(
        tuple(row.values()) for file in folder.glob("load-*.parquet") for row in pq.read_table(file).to_pylist()
    )


def write(folder: Path, load_id: int, schema: pa.Schema = SCHEMA, word: str = "") -> Path:
    """The file of a load of one row."""
    row = {"load_id": load_id, "word": word or f"of {load_id}", "more": "seldom"}
    data = store.DataFile(folder, store.load_name(load_id), schema)
    data.add(pa.Table.from_pylist([row], schema=schema))
    data.close()
    return folder / store.load_name(load_id)


def test_loads_of_many_nights_lie_in_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, as_they_come = Home(tmp_path / "home"), Home(tmp_path / "as they come")
    land_nights(home, range(8), tmp_path / "inbox")
    monkeypatch.setattr(store, "COMPACTED_AT_ONCE", 1_000)
    for file in (tmp_path / "inbox").iterdir():
        file.unlink()
    land_nights(as_they_come, range(8), tmp_path / "inbox")
    assert names(home.landed / "orders") == [
        *("load-000001-000003.parquet", "load-000004-000006.parquet", "load-000007.parquet", "load-000008.parquet"),
    ]
    # A load without customers has no file of them.
    assert names(home.landed / "customers") == ["load-000002-000006.parquet", "load-000008.parquet"]
    assert len(names(as_they_come.landed / "orders")) == 8
    for table in ("orders", "order_lines", "customers", "loads"):
        assert rows(home.landed / table) == rows(as_they_come.landed / table)
    assert store.finished_loads(home.landed) == [*range(1, 9)]
    assert store.read_manifest(home.landed).equals(store.read_manifest(as_they_come.landed))


def test_what_has_landed_is_known_afterwards_too(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    land_nights(home, range(3), tmp_path / "inbox")
    assert names(home.landed / "loads") == ["load-000001-000003.parquet"]
    report = land(tmp_path / "inbox", home, progress=lambda line: None)
    assert report.load_id is None
    assert report.tables["orders"].files_seen_before == 3


def test_rows_keep_their_order_and_their_types(tmp_path: Path) -> None:
    for load_id in (10, 2, 1):
        write(tmp_path, load_id)
    assert store.compact(tmp_path, SCHEMA) == ["load-000001-000010.parquet"]
    together = pq.read_table(tmp_path / "load-000001-000010.parquet")
    assert together.schema.equals(SCHEMA)
    assert together.column("word").to_pylist() == ["of 1", "of 2", "of 10"]


def test_a_file_of_many_rows_is_put_together_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files may hold millions of rows: one row group of them all would fill the memory."""
    for load_id, count in enumerate((37, 4, 25), start=1):
        data = store.DataFile(tmp_path, store.load_name(load_id), SCHEMA)
        data.add(pa.Table.from_pylist([{"load_id": load_id, "word": str(row)} for row in range(count)], schema=SCHEMA))
        data.close()
    before = [row for file in sorted(tmp_path.glob("load-*")) for row in pq.read_table(file).to_pylist()]
    monkeypatch.setattr(store, "PIECE_ROWS", 10)
    assert store.compact(tmp_path, SCHEMA) == ["load-000001-000003.parquet"]
    with pq.ParquetFile(tmp_path / "load-000001-000003.parquet") as file:
        groups = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        assert file.read().to_pylist() == before
    assert all(10 <= group < 20 for group in groups[:-1]) and groups[-1] < 20


def test_files_of_long_ago_are_put_together_in_one_go(tmp_path: Path) -> None:
    """Of a shop that landed before files were put together."""
    for load_id in range(1, 8):
        write(tmp_path, load_id)
    assert store.compact(tmp_path, SCHEMA) == ["load-000001-000003.parquet", "load-000004-000006.parquet"]
    assert names(tmp_path) == ["load-000001-000003.parquet", "load-000004-000006.parquet", "load-000007.parquet"]
    assert sorted(rows(tmp_path)) == [(load_id, f"of {load_id}") for load_id in range(1, 8)]


def test_loads_of_which_no_row_is_left_stay_finished(tmp_path: Path) -> None:
    """What a connector made of its files is taken out of the manifests when somebody is erased."""
    schema = store.manifest_schema()
    for load_id in (1, 2, 3):
        store.write_whole(tmp_path / "loads" / store.load_name(load_id), schema.empty_table())
    assert store.compact(tmp_path / "loads", schema) == []
    assert store.finished_loads(tmp_path) == [1, 2, 3]


def test_a_large_file_stays_as_it_is_and_none_is_laid_across_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = [write(tmp_path, load_id).stat().st_size for load_id in (1, 2, 4, 5, 6)]
    write(tmp_path, 3, word=random.Random(3).randbytes(5_000).hex())
    monkeypatch.setattr(store, "SMALL_FILE_BYTES", max(small))
    assert store.compact(tmp_path, SCHEMA) == ["load-000004-000006.parquet"]
    assert names(tmp_path) == [
        *("load-000001.parquet", "load-000002.parquet", "load-000003.parquet", "load-000004-000006.parquet"),
    ]
    assert store.compact(tmp_path, SCHEMA) == []


def test_rows_of_another_contract_lose_no_column(tmp_path: Path) -> None:
    """Once the contract gave them a column more: what it held stays where it is."""
    write(tmp_path, 1)
    write(tmp_path, 2, schema=SCHEMA.append(pa.field("more", pa.string())))
    for load_id in (3, 4, 5):
        write(tmp_path, load_id)
    assert store.compact(tmp_path, SCHEMA) == ["load-000003-000005.parquet"]
    assert pq.read_table(tmp_path / "load-000002.parquet").column("more").to_pylist() == ["seldom"]


@pytest.mark.parametrize("removed_before", [0, 1])
@pytest.mark.parametrize("table", ["orders", "loads"])
def test_compaction_that_was_cut_off_counts_nothing_twice(
    table: str, removed_before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, removed, remove = Home(tmp_path / "home"), 0, Path.unlink

    def unlink(file: Path) -> None:
        nonlocal removed
        if file.parent.name == table:
            if removed == removed_before:
                raise KeyboardInterrupt
            removed += 1
        remove(file)

    land_nights(home, range(2), tmp_path / "inbox")
    monkeypatch.setattr(Path, "unlink", unlink)
    # Who is killed puts nothing right any more.
    monkeypatch.setattr(store, "remove_unfinished", lambda landed: [])
    with pytest.raises(KeyboardInterrupt):
        land_nights(home, range(2, 3), tmp_path / "inbox")
    assert len(names(home.landed / table)) == 4 - removed_before
    assert store.finished_loads(home.landed) == [1, 2, 3]
    monkeypatch.undo()
    land(tmp_path / "inbox", home, progress=lambda line: None)
    assert names(home.landed / table) == ["load-000001-000003.parquet"]
    for one, of_a_night in {"orders": 1, "order_lines": 1, "loads": 2}.items():
        counted = rows(home.landed / one)
        assert set(counted.values()) == {1}
        assert len(counted) == 3 * of_a_night + (one == "loads")
