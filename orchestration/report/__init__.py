"""The report page: one file that a manager opens, without a server, a network or an account.

The rooms, in the order in which the data goes through them:

* `queries`    the SQL of each section; it reads the schemas marts and metadata and nothing else
* `formats`    how numbers, money and dates are written
* `texts`      every text on the page, one YAML file a language
* `sentences`  which text is true of these numbers: titles and notes
* `charts`     Altair specifications; `palette` holds the colours of both schemes
* `sections`   puts rows, sentences and charts of one section together
* `parts`      what a section is made of
* `lifetime_value`, `lifetime_value_queries`  the section on what customers will still bring, whole
* `page`       the two editions: `report.html`, and `report-static.html` for mail
"""

from __future__ import annotations

from pathlib import Path

from orchestration.report import page, queries, sections
from orchestration.report.formats import Formats
from orchestration.report.queries import ReportError
from orchestration.report.texts import Texts

__all__ = ["ReportError", "build"]


def build(marts: Path, folder: Path, language: str = "en") -> None:
    """Write `report.html` and `report-static.html` into `folder`, from one DuckDB file with schemas marts and metadata.

    The same file gives the same bytes: nothing reads the clock, the day on the page is that of `metadata.as_of`.
    Raises ReportError, one sentence, when the file is missing, cannot be opened or lacks a table.
    """
    answers = queries.read(marts)
    texts = Texts(language)
    currency = answers["as_of"][0]["reporting_currency"] if answers["as_of"] else ""
    report = sections.compose(answers, texts, Formats(texts, currency))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_bytes(page.interactive(report, texts).encode())
    (folder / "report-static.html").write_bytes(page.static(report, texts).encode())
