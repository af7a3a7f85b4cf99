"""Where the sheet of a customer is written, whatever their number is."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.customer import page_of
from orchestration.paths import Home


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
