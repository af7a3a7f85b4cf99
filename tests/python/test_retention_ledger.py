"""The ledger of retention lists: what was given out stays known, each day once."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration import keyed, retention_ledger
from orchestration.landing import LandingError, erased
from orchestration.paths import Home
from orchestration.publish import MARTS_FILE


def publish(home: Home, day: str, *listed: tuple[str, bool]) -> Home:
    """A publication of a day with a list of these customers."""
    folder = home.published / day
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / MARTS_FILE)) as connection:
        connection.execute("create schema marts; create schema metadata")
        connection.execute(f"create table metadata.as_of as select date '{day}' as as_of_date")
        connection.execute(
            "create table marts.retention_list (customer_id varchar, reason varchar, is_held_out boolean)"
        )
        for customer, held_out in listed:
            connection.execute("insert into marts.retention_list values (?, 'late', ?)", [customer, held_out])
    home.current.unlink(missing_ok=True)
    home.current.symlink_to(day)
    return home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_a_list_stays_known_after_the_next_one(home: Home) -> None:
    assert retention_ledger.write_down(publish(home, "2024-01-01", ("007", False), ("b,\n", True))) == 2
    assert retention_ledger.write_down(publish(home, "2024-01-02", ("007", False))) == 1
    assert retention_ledger.read(home.root).to_pylist() == [
        {"listed_on": date(2024, 1, 1), "customer_id": "007", "reason": "late", "is_held_out": False},
        {"listed_on": date(2024, 1, 1), "customer_id": "b,\n", "reason": "late", "is_held_out": True},
        {"listed_on": date(2024, 1, 2), "customer_id": "007", "reason": "late", "is_held_out": False},
    ]


def test_a_carriage_return_in_a_number_comes_back(home: Home) -> None:
    numbers = ["A\r", "A\rB", "\rA", "A\r\nB", 'A\r"B,']
    retention_ledger.write_down(publish(home, "2024-01-01", *((number, False) for number in numbers)))
    retention_ledger.write_down(publish(home, "2024-01-02", ("007", True)))
    listed = retention_ledger.read(home.root).to_pylist()
    assert sorted(row["customer_id"] for row in listed) == sorted([*numbers, "007"])
    with (home.root / retention_ledger.FILE).open(newline="") as file:
        assert [row[1] for row in csv.reader(file)][1:] == [row["customer_id"] for row in listed]


def test_a_ledger_of_before_is_read_and_keeps_its_bytes_where_they_are_right(home: Home) -> None:
    """Carriage returns were not quoted: every night after one failed."""
    publish(home, "2024-01-02", ("007", True))
    file = home.root / retention_ledger.FILE
    header, row = "listed_on,customer_id,reason,is_held_out\n", "2024-01-01,008,late,true\n"
    file.write_bytes(f"{header}2024-01-01,A\r,late,true\n2024-01-01,A\rB,late,true\n".encode())
    retention_ledger.write_down(home)
    assert [row["customer_id"] for row in retention_ledger.read(home.root).to_pylist()] == ["A\r", "A\rB", "007"]
    file.write_bytes(f"{header}{row}".encode())
    retention_ledger.write_down(home)
    assert file.read_bytes() == f"{header}{row}2024-01-02,007,late,true\n".encode()
    file.write_bytes(f"{header}{row}".replace("\n", "\r\n").encode())
    assert [row["is_held_out"] for row in retention_ledger.read(home.root).to_pylist()] == [True]


def test_a_ledger_with_a_mark_of_its_encoding_is_read(home: Home) -> None:
    home.root.mkdir()
    (home.root / retention_ledger.FILE).write_bytes(
        b"\xef\xbb\xbflisted_on,customer_id,reason,is_held_out\r\n2024-01-01,007,late,true\r\n"
    )
    assert [row["customer_id"] for row in retention_ledger.read(home.root).to_pylist()] == ["007"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"listed_on;customer_id;reason;is_held_out\n2024-01-01;007;late;true\n",
        b"listed_on,customer_id,reason,is_held_out\n01.01.2024,007,late,true\n",
        b"listed_on,customer_id,reason,is_held_out\n2024-01-01,007,late,TRUE\n",
        b"listed_on,customer_id,reason,is_held_out\n2024-01-01,007,la",
        b"\xff\xfel\0i\0",
    ],
    ids=["empty", "semicolons", "another day", "another true", "cut off", "UTF-16"],
)
def test_a_ledger_that_a_spreadsheet_saved_is_told_with_what_to_do(home: Home, content: bytes) -> None:
    publish(home, "2024-01-02", ("007", True))
    (home.root / retention_ledger.FILE).write_bytes(content)
    with pytest.raises(LandingError, match=r"retention_lists\.csv holds .* is damaged: .* Put back a copy of it"):
        retention_ledger.catch_up(home)
    assert (home.root / retention_ledger.FILE).read_bytes() == content


def test_a_day_told_twice_is_the_last_telling(home: Home) -> None:
    retention_ledger.write_down(publish(home, "2024-01-01", ("a", False)))
    before = (home.root / retention_ledger.FILE).read_bytes()
    retention_ledger.write_down(home)
    assert (home.root / retention_ledger.FILE).read_bytes() == before
    with duckdb.connect(str(home.current / MARTS_FILE)) as connection:
        connection.execute("delete from marts.retention_list")
    assert retention_ledger.write_down(home) == 0
    assert retention_ledger.read(home.root).num_rows == 0


def test_a_list_that_a_killed_night_has_not_written_down_is_caught_up_without_who_was_erased(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(keyed.VARIABLE, "a secret of thirty-two letters at least")
    assert retention_ledger.catch_up(home) == 0
    publish(home, "2024-01-01", ("007", False), ("008", True))
    secret = keyed.key("A test")
    erased.add(home.root, erased.hash_of_key(secret), [keyed.erased_hash(secret, "008")])
    assert retention_ledger.catch_up(home) == 1
    written = (home.root / retention_ledger.FILE).stat()
    assert [row["customer_id"] for row in retention_ledger.read(home.root).to_pylist()] == ["007"]
    assert retention_ledger.catch_up(home) == 1
    assert (home.root / retention_ledger.FILE).stat() == written, "nothing is written where nothing is new"
    (home.current / MARTS_FILE).write_bytes(b"no database")
    assert retention_ledger.catch_up(home) == 0


@pytest.mark.parametrize("ledger", ["2024-01-01,007,late,false\n", None])
def test_what_a_killed_night_left_behind_is_removed(home: Home, ledger: str | None) -> None:
    """It was killed while it wrote the lists down: the file beside them names customers, too."""
    header = "listed_on,customer_id,reason,is_held_out\n"
    half_way = home.root / retention_ledger.UNFINISHED
    home.root.mkdir()
    if ledger:
        (home.root / retention_ledger.FILE).write_text(header + ledger)
    half_way.write_text(f"{header}2024-01-02,008,late,false\n")
    retention_ledger.forget(home, lambda customer: customer == "008")
    assert not half_way.exists()
    assert (home.root / retention_ledger.FILE).exists() == bool(ledger)
    half_way.write_text(header)
    retention_ledger.catch_up(home)
    assert not half_way.exists()


def test_what_a_past_day_knows_of_the_lists_is_not_changed_by_later_ones(home: Home) -> None:
    assert retention_ledger.content(home.root, None) == b""
    nothing = retention_ledger.content(home.root, "2024-01-01")
    retention_ledger.write_down(publish(home, "2024-01-01", ("007", False)))
    assert retention_ledger.content(home.root, "2024-01-01") == nothing
    one_list, all_lists = (retention_ledger.content(home.root, before) for before in ("2024-01-02", None))
    retention_ledger.write_down(publish(home, "2024-01-02", ("007", True)))
    assert retention_ledger.content(home.root, "2024-01-02") == one_list != nothing
    assert retention_ledger.content(home.root, None) != all_lists


def test_another_day_than_tonights_was_given_to_nobody(home: Home) -> None:
    publish(Home(home.root, "2023-06-30"), "2023-06-30", ("a", False))
    assert retention_ledger.write_down(Home(home.root, "2023-06-30")) == 0
    assert not (home.root / retention_ledger.FILE).exists()


def test_before_the_first_list_there_is_none(home: Home) -> None:
    assert retention_ledger.read(home.root).num_rows == 0
    assert retention_ledger.read(None).num_rows == 0
    assert retention_ledger.read(home.root).schema == retention_ledger.SCHEMA
