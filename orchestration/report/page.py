"""The two editions of the page, from one template: for the browser, and without a script for mail.

Nothing on either is fetched from anywhere: style, pictures and script stand in the file; its security policy says so.
"""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from orchestration.report import palette
from orchestration.report.sections import Report
from orchestration.report.texts import LANGUAGES, Texts

FOLDER = Path(__file__).parent
FONT = (
    "Inter, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, "
    "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans', sans-serif"
)


def interactive(report: Report, texts: Texts) -> str:
    """`report.html`: what is drawn answers to the pointer."""
    script = Markup((FOLDER / "page.js").read_text(encoding="utf-8"))
    return _filled(report, texts, is_static=False, script=script)


def static(report: Report, texts: Texts) -> str:
    """`report-static.html`: the same page in one narrow column, and no script at all."""
    page = _filled(report, texts, is_static=True, script="")
    # What only a script can show is not sent by mail.
    return re.sub(r' data-tip="[^"]*"', "", re.sub(r'<rect [^>]*fill="transparent"[^>]*/>', "", page))


def _filled(report: Report, texts: Texts, **values: object) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    others = [(other, f"report-{other}.html" if other != LANGUAGES[0] else "report.html") for other in LANGUAGES]
    text: str = environment.get_template("page.html.jinja").render(
        report=report,
        say=texts.say,
        raw=texts.raw,
        language=texts.raw("page.language"),
        editions=[(Texts(other), name) for other, name in others if other != texts.language],
        light=palette.variables("light"),
        dark=palette.variables("dark"),
        diverging_levels=palette.DIVERGING_LEVELS,
        sequential_levels=palette.SEQUENTIAL_LEVELS,
        font=Markup(FONT),
        style=Markup((FOLDER / "page.css").read_text(encoding="utf-8")),
        unbroken=_unbroken,
        **values,
    )
    return text


def _unbroken(text: str) -> Markup:
    """Keeps a minus sign and its amount on one line."""
    return Markup(re.sub("(\u2212[^\\s<]+)", r'<span class="unbroken">\1</span>', str(escape(text))))
