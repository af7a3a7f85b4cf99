"""The two editions of the page, from one template: with charts drawn by a script inside it, and as pictures for mail.

Nothing on either is fetched from anywhere: style, script and data stand in the file, and its security policy says so.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import jinja2
import vl_convert
from markupsafe import Markup, escape

from orchestration.report import charts, palette
from orchestration.report.sections import Report
from orchestration.report.texts import Texts

FOLDER = Path(__file__).parent


def interactive(report: Report, texts: Texts) -> str:
    """`report.html`: the charts answer to the pointer and take the width of the window."""
    specifications = {
        figure.name: charts.specification(figure.chart) for section in report.sections for figure in section.figures
    }
    return _filled(
        report,
        texts,
        is_static=False,
        specifications=_inside_script(
            {
                "charts": specifications,
                "locale": report.axis_locale,
                "failed": texts.raw("page.failed_chart"),
            }
        ),
        # A page without a chart needs no chart library.
        library=Markup(vl_convert.javascript_bundle()) if specifications else Markup(""),
        script=Markup((FOLDER / "page.js").read_text(encoding="utf-8")) if specifications else Markup(""),
    )


def static(report: Report, texts: Texts) -> str:
    """`report-static.html`: the same page in one narrow column, charts as SVG, no script at all."""
    return _filled(report, texts, is_static=True, specifications="", library="", script="")


def _filled(report: Report, texts: Texts, **values: object) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    text: str = environment.get_template("page.html.jinja").render(
        report=report,
        say=texts.say,
        raw=texts.raw,
        language=texts.language,
        light=palette.variables("light"),
        dark=palette.variables("dark"),
        diverging_levels=palette.DIVERGING_LEVELS,
        sequential_levels=palette.SEQUENTIAL_LEVELS,
        font=Markup(charts.FONT),
        style=Markup((FOLDER / "page.css").read_text(encoding="utf-8")),
        picture=Markup,
        unbroken=_unbroken,
        **values,
    )
    return text


def _unbroken(text: str) -> Markup:
    """Keeps a minus sign and its amount on one line."""
    return Markup(re.sub("(\u2212[^\\s<]+)", r'<span class="unbroken">\1</span>', str(escape(text))))


def _inside_script(values: object) -> Markup:
    """JSON that can stand in a script element: no text of the data can close it."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
