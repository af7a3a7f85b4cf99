"""The report page: one file that a manager opens, without a server, a network or an account.

The rooms, in the order in which the data goes through them:

* `queries`    the SQL of each section; it reads the schemas marts and metadata and nothing else
* `formats`    how numbers, money and dates are written
* `texts`      every text on the page, one YAML file a language
* `sentences`  which text is true of these numbers: titles and notes
* `drawing`, `charts`  pictures as SVG, by kind; `palette` holds the colours of both schemes
* `sections`   puts rows, sentences and charts of one section together; `acquisition`, `lifetime_value`, `tiers` and
               `lists` hold what is long enough for a room of its own
* `parts`      what a section is made of
* `page`       the two editions: `report.html`, and `report-static.html` for mail, in each language
"""

from __future__ import annotations

from pathlib import Path

from orchestration.report import page, queries, sections
from orchestration.report.formats import Formats
from orchestration.report.queries import ReportError
from orchestration.report.texts import LANGUAGES, Texts

__all__ = ["ReportError", "build", "file_names", "is_built"]


def build(marts: Path, folder: Path, locale: str | None = None) -> None:
    """Write the editions of the page into `folder`, from one DuckDB file with schemas marts and metadata.

    `locale`, such as de_DE, says how numbers are written; without one each language writes its own way. The same file
    gives the same bytes: nothing reads the clock, the day on the page is that of `metadata.as_of`.
    Raises ReportError, one sentence, when the file is missing, cannot be opened or lacks a table.
    """
    answers = queries.read(marts)
    currency = answers["as_of"][0]["reporting_currency"] if answers["as_of"] else ""
    written = {}
    for language in LANGUAGES:
        texts = Texts(language)
        report = sections.compose(answers, texts, Formats(texts, currency, locale))
        interactive, static = file_names(language)
        written[interactive] = page.interactive(report, texts)
        written[static] = page.static(report, texts)
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in written.items():
        (folder / name).write_bytes(source.encode())


def is_built(folder: Path) -> bool:
    """Whether every edition of the page is in the folder."""
    return all((folder / name).exists() for language in LANGUAGES for name in file_names(language))


def file_names(language: str) -> tuple[str, str]:
    """The names of the page and of its mail edition in a language; English has the plain ones."""
    suffix = "" if language == LANGUAGES[0] else f"-{language}"
    return f"report{suffix}.html", f"report-static{suffix}.html"
