"""SVG by hand: a canvas, scales and axes that the charts are drawn with.

A picture is drawn twice, for a wide and for a narrow place, and the page shows the one that fits: text keeps its size
on a telephone, nothing has to be drawn by a script, and the mail edition is the same picture. Colours are CSS variables
(see `palette`), so a change of scheme, or printing, repaints it. What a pointer reads stands in `data-tip`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDE = 560
NARROW = 330
"""Widths in pixels at which a picture is drawn; it is shown up to a quarter larger or smaller."""

FONT_SIZE = 12
LINE_HEIGHT = 15


@dataclass(frozen=True)
class Picture:
    """One chart, for either place."""

    wide: Markup
    narrow: Markup


def drawn(draw: Callable[[int], Canvas]) -> Picture:
    """The picture that `draw` makes of a width in pixels."""
    return Picture(draw(WIDE).svg(), draw(NARROW).svg())


class Canvas:
    """Collects shapes; coordinates are pixels from the upper left."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self.parts: list[str] = []

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, tip: str = "", radius: float = 1.5
    ) -> None:
        """A box; at least a hair thick, so that a small amount is seen."""
        self._add(
            "rect",
            tip,
            x=_number(x),
            y=_number(y),
            width=_number(max(width, 0.75)),
            height=_number(max(height, 0.75)),
            rx=_number(radius),
            fill=fill,
        )

    def path(
        self, steps: str, fill: str = "none", stroke: str = "", width: float = 0, dash: str = "", tip: str = ""
    ) -> None:
        """Anything else, by SVG path commands."""
        self._add(
            "path",
            tip,
            d=steps,
            fill=fill,
            stroke=stroke,
            stroke_width=_number(width) if width else "",
            stroke_dasharray=dash,
            stroke_linejoin="round" if stroke else "",
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, dash: str = "", width: float = 1) -> None:
        """A straight line."""
        self.path(f"M{_number(x1)} {_number(y1)}L{_number(x2)} {_number(y2)}", "none", stroke, width, dash)

    def dot(self, x: float, y: float, radius: float, fill: str, tip: str = "") -> None:
        """A filled circle."""
        self._add("circle", tip, cx=_number(x), cy=_number(y), r=_number(radius), fill=fill)

    def target(self, x: float, y: float, width: float, height: float, tip: str) -> None:
        """An unseen box that a pointer or a finger meets where what is drawn is too thin."""
        self.rect(x, y, width, height, "transparent", tip, radius=0)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        anchor: str = "start",
        fill: str = "var(--muted)",
        weight: str = "",
        size: int = FONT_SIZE,
        turn: bool = False,
        on_lines: bool = False,
    ) -> None:
        """Words whose middle line is at `y`; `turn` writes them upwards, `on_lines` keeps lines under them off them."""
        place = {"x": _number(x), "y": _number(y)}
        if turn:
            place = {"transform": f"translate({_number(x)} {_number(y)}) rotate(-90)"}
        self._add(
            "text",
            "",
            words,
            **place,
            text_anchor="" if anchor == "start" else anchor,
            fill=fill,
            font_weight=weight,
            font_size="" if size == FONT_SIZE else str(size),
            dy="0.35em",
            class_="over" if on_lines else "",
        )

    def svg(self) -> Markup:
        """The finished picture."""
        size = f'viewBox="0 0 {_number(self.width)} {_number(self.height)}" width="{_number(self.width)}"'
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} height="{_number(self.height)}" font-size="{FONT_SIZE}">'
        )
        return Markup(head + "".join(self.parts) + "</svg>")

    def _add(self, name: str, tip: str, words: str = "", **attributes: str) -> None:
        found = {**attributes, "data_tip": tip}
        said = "".join(
            f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in found.items() if value
        )
        self.parts.append(f"<{name}{said}>{escape(words)}</{name}>" if words else f"<{name}{said}/>")


@dataclass(frozen=True)
class Scale:
    """Maps values from `low` to `high` onto pixels from `begin` to `end`."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        reach = self.high - self.low
        return self.begin + (value - self.low) / reach * (self.end - self.begin) if reach else self.begin


def ticks(low: float, high: float, count: int = 5, is_whole: bool = False) -> list[float]:
    """Round values from `low` to `high`, about `count` of them, in steps of 1, 2 or 5 by tens; `is_whole`: no parts."""
    reach = high - low
    if reach <= 0:
        return [low]
    raw = max(reach / count, 1.0) if is_whole else reach / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def text_width(words: str, size: float = FONT_SIZE) -> float:
    """About how many pixels words take: widths of letters differ from font to font, so this errs on the wide side."""
    return sum(1.0 if ord(letter) > 0x2E80 else 0.68 if letter.isupper() else 0.58 for letter in words) * size


def value_axis(
    canvas: Canvas, scale: Scale, left: float, right: float, values: Sequence[float], write: Callable[[float], str]
) -> None:
    """Lines across the plot at round values, each with what it stands for at the left; zero is drawn stronger."""
    for value in values:
        y = scale(value)
        canvas.line(left, y, right, y, "var(--strong-line)" if value == 0 else "var(--line)")
        canvas.text(left - 8, y, write(value), "end")


def labels_below(canvas: Canvas, places: Sequence[tuple[float, str]], y: float, left: float, right: float) -> None:
    """Words under the plot, as many as do not run into each other, the last one always."""
    if not places:
        return
    room = max(text_width(words) for _, words in places) + 14
    every = 1
    if len(places) > 1:
        gap = (places[-1][0] - places[0][0]) / (len(places) - 1)
        every = max(1, math.ceil(room / gap)) if gap > 0 else len(places)
    for x, words in places[len(places) - 1 :: -every] if every > 1 else places:
        half = text_width(words) / 2
        canvas.text(min(max(x, left + half), right - half) if every == 1 or len(places) < 3 else x, y, words, "middle")


def steps(points: Sequence[tuple[float, float]]) -> str:
    """Path commands of a line through points."""
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places as near to the wanted ones as leaves `gap` between them, in the order of the wanted ones."""
    order = sorted(range(len(wanted)), key=lambda place: (wanted[place], place))
    found = [0.0] * len(wanted)
    last = -math.inf
    for place in order:
        last = max(wanted[place], last + gap, low)
        found[place] = last
    limit = high
    for place in reversed(order):
        found[place] = min(found[place], limit)
        limit = found[place] - gap
    return found


def _number(value: float) -> str:
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
