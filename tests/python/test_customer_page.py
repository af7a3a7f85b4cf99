"""Where the sheet of a customer is written, whatever their number is; and what is said of a slip."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration import second_engine
from orchestration.customer import main, page_of
from orchestration.paths import Home
from orchestration.publish import MARTS_FILE
from orchestration.report import customer


@pytest.mark.parametrize("letter", ["客", "🛋", "x", "/", "%"])
def test_a_number_of_any_length_has_a_page_of_its_own(letter: str, tmp_path: Path) -> None:
    """Forty letters of Chinese were more than a file's name holds."""
    home = Home(tmp_path)
    numbers = [letter * count for count in (1, 20, 40, 41, 4000)] + [letter * 40 + "a", letter * 40 + "b"]
    files = [page_of(home, number) for number in numbers]
    assert len(set(files)) == len(numbers)
    assert {file.parent for file in files} == {home.private / "customers"}
    files[0].parent.mkdir(parents=True)
    for file in files:
        file.write_text("a sheet")


def test_an_ordinary_number_is_the_name(tmp_path: Path) -> None:
    assert page_of(Home(tmp_path), "00 7/ä").name == "00%207%2F%C3%A4.html"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--shop", "../elsewhere"], "'../elsewhere' cannot be the name of a shop"),
        (["--as-of", "2025-02-30"], "'2025-02-30' is no day: give AS_OF as year-month-day"),
        (["--as-of", "2025-02-28"], "Nothing is published"),
    ],
)
def test_a_slip_is_said(
    asked: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    assert main(["--id", "7", *asked]) == 1
    assert said in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_nobodys_shop_is_shown_as_anothers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the home is named by a variable, which every shop's command would go to."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    (tmp_path / "landed").mkdir()
    (tmp_path / "landed" / "shop.json").write_text('{"shop": "bakery"}', encoding="utf-8")
    for ask in (lambda: main(["--id", "7", "--shop", "butcher"]), lambda: second_engine.main(["--shop", "butcher"])):
        assert ask() == 1
        assert "is the home of the shop 'bakery', not of 'butcher'" in capsys.readouterr().err


@pytest.mark.parametrize(("customer_ids", "told"), [("own", False), ("keyed", True)])
def test_where_tables_carry_keys_it_is_said_where_they_are(
    customer_ids: str, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person types the number that they know; no table has it."""
    home = Home(tmp_path)
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    home.landed.mkdir()
    (home.landed / "shop.json").write_text(f'{{"shop": "demo", "customer_ids": "{customer_ids}"}}', encoding="utf-8")
    home.current.mkdir(parents=True)
    with duckdb.connect(str(home.current / MARTS_FILE)) as connection:
        connection.execute(
            "create schema marts; create schema metadata; "
            "create table metadata.as_of as select date '2025-12-31' as as_of_date, 'demo' as shop, "
            "'EUR' as reporting_currency; create table marts.customers as select 'a1b2c3' as customer_id"
        )
    monkeypatch.setattr(customer, "customer_queries", lambda who: {
        "as_of": "from metadata.as_of", "customer": f"from marts.customers where customer_id = '{who}'"
    })  # fmt: skip
    assert main(["--id", "7"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("There is no customer '7': ")
    assert ("customer_keys.parquet has both" in said) == told
