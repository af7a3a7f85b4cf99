"""The kinds of charts on the page: each takes rows with finished words and gives a picture (see `drawing`)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from orchestration.report.drawing import (
    LINE_HEIGHT,
    Canvas,
    Picture,
    Scale,
    apart,
    drawn,
    labels_below,
    steps,
    text_width,
    ticks,
    value_axis,
)
from orchestration.report.formats import Formats
from orchestration.report.palette import DIVERGING_LEVELS, SEQUENTIAL_LEVELS
from orchestration.report.queries import Row
from orchestration.report.texts import Texts

Write = Callable[[float], str]


@dataclass(frozen=True)
class Bar:
    """A bar from zero: its name, length, what it says, and what a pointer reads."""

    label: str
    value: float
    text: str
    tip: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a grid: column and row by their names, its colour, two lines of words."""

    column: str
    row: str
    colour: str
    ink: str
    first: str
    second: str
    tip: str


@dataclass(frozen=True)
class Series:
    """A line: its name, its points (x, y, what a pointer reads), its colour; `note` stands behind the name."""

    name: str
    points: Sequence[tuple[float, float, str]]
    colour: str
    dash: str = ""
    note: str = ""


@dataclass(frozen=True)
class Column:
    """A place on the x axis with boxes upon each other: (value, colour, tip), negative ones downwards."""

    label: str
    boxes: Sequence[tuple[float, str, str]]


@dataclass(frozen=True)
class Flow:
    """So many went from one node to another; names are the keys of `nodes`."""

    source: str
    target: str
    count: int
    colour: str
    tip: str = field(default="")


def whale_curve(curve: Sequence[Row], texts: Texts, formats: Formats) -> Picture:
    """Cumulative profit over customer percentiles, with the peak and the end marked."""
    columns = texts.raw("whale.columns")
    profits = [float(row["cumulative_profit"]) for row in curve]
    low, high = min(0.0, *profits), max(0.0, *profits)
    # Room for the words above the peak, and below the end where the curve falls below zero.
    padding = (high - low) * 0.1
    top, bottom = high + (padding if high > 0 else 0), low - (padding if low < 0 else 0)
    peak = next((place for place, row in enumerate(curve) if row["is_peak"]), None)
    end_words = texts.say("whale.end", total=formats.money(curve[-1]["cumulative_profit"]))
    # Of fewer customers than percentiles each is a step, and a slope between two steps would be nobody.
    is_stepped = curve[-1]["customer_count"] < 100

    def draw(width: int) -> Canvas:
        height = 340 if width > 400 else 270
        marks = ticks(bottom, top)
        left = max(text_width(formats.tick(mark)) for mark in marks) + 12
        right, floor = width - 10, height - 46
        x, y = Scale(0, 100, left, right), Scale(bottom, top, floor, 8)
        canvas = Canvas(width, height)
        value_axis(canvas, y, left, right, marks, formats.tick)
        points = [(x(row["customer_percentile"]), y(profit)) for row, profit in zip(curve, profits, strict=True)]
        if is_stepped:
            pairs = itertools.pairwise(points)
            corners = [corner for before, point in pairs for corner in ((before[0], point[1]), point)]
            points = [points[0], *corners]
        zero = y(0)
        canvas.path(steps([(points[0][0], zero), *points, (points[-1][0], zero)]) + "Z", fill="var(--gain-soft)")
        canvas.line(left, zero, right, zero, "var(--strong-line)")
        canvas.path(steps(points), stroke="var(--gain)", width=2.5)
        end = profits[-1]
        if end:
            canvas.line(left, y(end), right, y(end), "var(--muted)", "3 3")
            # Under its line, where the curve has come down from above; over it where the curve ends at its highest.
            is_highest = end > 0 and end >= high
            canvas.text(right - 4, y(end) + (-11 if is_highest else 13), end_words, "end", "var(--ink)")
        if peak is not None and profits[peak] > 0 and curve[peak]["customer_percentile"] < 100:
            at, over = x(curve[peak]["customer_percentile"]), y(profits[peak])
            canvas.dot(at, over, 4.5, "var(--gain)")
            anchor = "start" if at - left < 30 else "end" if right - at < 30 else "middle"
            canvas.text(at, over - 14, texts.raw("whale.peak"), anchor, "var(--ink)", "700")
        for mark in range(0, 101, 20):
            canvas.text(x(mark), floor + 16, formats.number(mark), "end" if mark == 100 else "middle")
        canvas.text((left + right) / 2, height - 10, texts.raw("whale.x"), "middle")
        for row in curve:
            tip = "\n".join(
                f"{columns[name]}: {value}"
                for name, value in (
                    ("percentile", formats.number(row["customer_percentile"])),
                    ("count", formats.number(row["customer_count"])),
                    ("cumulative", formats.money(row["cumulative_profit"])),
                )
            )
            canvas.target(x(row["customer_percentile"] - 0.5), 0, (right - left) / 100, floor, tip)
        return canvas

    return drawn(draw)


def waterfall(rows: Sequence[Row], formats: Formats, reach: tuple[float, float] | None = None) -> Picture:
    """Steps from gross sales to net profit.

    A step is {label, kind: "subtotal" | "cost" | "gain", begin, end, amount}: `begin` and `end` place the bar,
    `amount` is what it says. `reach` is the lowest and highest amount to make room for, where several share one scale.
    """
    ends = [float(row[side]) for row in rows for side in ("begin", "end")]
    low, high = reach or (min(0.0, *ends), max(0.0, *ends))
    colours = {"subtotal": "var(--gain)", "negative": "var(--loss)", "cost": "var(--cost)", "gain": "var(--bar)"}

    def draw(width: int) -> Canvas:
        line = 26
        canvas = Canvas(width, line * len(rows) + 6)
        left = min(max(text_width(row["label"]) for row in rows) + 12, width * 0.42)
        said = max(text_width(formats.money(row["amount"])) for row in rows) + 10
        x = Scale(low, high, left, width - said)
        canvas.line(x(0), 0, x(0), canvas.height, "var(--strong-line)")
        for place, row in enumerate(rows):
            y = place * line + 4
            is_subtotal = row["kind"] == "subtotal"
            kind = "negative" if is_subtotal and row["end"] < 0 else row["kind"]
            begin, end = sorted((float(row["begin"]), float(row["end"])))
            words = formats.money(row["amount"])
            canvas.text(
                left - 10, y + 9, row["label"], "end",
                "var(--ink)" if is_subtotal else "var(--muted)", "700" if is_subtotal else "",
            )  # fmt: skip
            canvas.rect(x(begin), y, x(end) - x(begin), 18, colours[kind], f"{row['label']}: {words}")
            canvas.text(x(end) + 6, y + 9, words, "start", "var(--ink)", "700" if is_subtotal else "")
        return canvas

    return drawn(draw)


def grid(cells: Sequence[Cell], x_title: str, y_title: str) -> Picture:
    """Columns by rows, each cell with two lines of words in it; columns ascend to the right, rows upwards."""
    columns = sorted({cell.column for cell in cells})
    rows = sorted({cell.row for cell in cells}, reverse=True)

    def draw(width: int) -> Canvas:
        left, line, floor = 44, 54, 54 * len(rows)
        canvas = Canvas(width, floor + 44)
        step = (width - left - 2) / len(columns)
        for place, row in enumerate(rows):
            canvas.text(left - 10, place * line + line / 2, row, "end")
        for place, column in enumerate(columns):
            canvas.text(left + (place + 0.5) * step, floor + 14, column, "middle")
        for cell in cells:
            x, y = left + columns.index(cell.column) * step, rows.index(cell.row) * line
            canvas.rect(x + 1, y + 1, step - 3, line - 3, cell.colour, cell.tip, radius=3)
            canvas.text(x + step / 2, y + 19, cell.first, "middle", cell.ink, "600", 13 if width > 400 else 12)
            canvas.text(x + step / 2, y + 36, cell.second, "middle", cell.ink, size=11)
        canvas.text((left + width) / 2, floor + 36, x_title, "middle")
        canvas.text(10, floor / 2, y_title, "middle", turn=True)
        return canvas

    return drawn(draw)


def bars(rows: Sequence[Bar], mark: tuple[float, str] | None = None) -> Picture:
    """Bars to the right of their names; `mark` is a value with its words, drawn across them as a dashed line."""
    values = [row.value for row in rows] + ([mark[0]] if mark else [])
    low, high = min(0.0, *values), max(0.0, *values)

    def draw(width: int) -> Canvas:
        line, top = 30, 22 if mark else 2
        canvas = Canvas(width, top + line * len(rows) + 4)
        left = min(max(text_width(row.label) for row in rows) + 14, width * 0.45)
        said = max(text_width(row.text) for row in rows) + 10
        x = Scale(low, high, left, width - said)
        for place, row in enumerate(rows):
            y = top + place * line + 4
            begin, end = sorted((0.0, row.value))
            canvas.text(left - 10, y + 10, row.label, "end")
            canvas.rect(x(begin), y, x(end) - x(begin), 20, "var(--loss)" if row.value < 0 else "var(--gain)", row.tip)
        canvas.line(x(0), top, x(0), canvas.height, "var(--strong-line)")
        if mark:
            at = x(mark[0])
            canvas.line(at, 16, at, canvas.height, "var(--ink)", "3 3")
            is_right = at + text_width(mark[1]) > width
            canvas.text(at - 4 if is_right else at, 8, mark[1], "end" if is_right else "start")
        for place, row in enumerate(rows):
            end = x(max(0.0, row.value)) + 6
            canvas.text(end, top + place * line + 14, row.text, "start", "var(--ink)", on_lines=True)
        return canvas

    return drawn(draw)


def lines(
    series: Sequence[Series],
    x_labels: Sequence[tuple[float, str]],
    write: Write,
    x_title: str = "",
    marker: tuple[float, str] | None = None,
) -> Picture:
    """Lines over a common x, each named at its end; `marker` is an x with its words, drawn as a dashed line."""
    values = [y for one in series for _, y, _ in one.points]
    low, high = min(0.0, *values), max(0.0, *values)
    begin, end = min(x for x, _ in x_labels), max(x for x, _ in x_labels)

    def draw(width: int) -> Canvas:
        height = 290 if width > 400 else 250
        marks = ticks(low, high + (high - low) * 0.04)
        left = max(text_width(write(mark)) for mark in marks) + 12
        names = [f"{one.name} {one.note}".strip() for one in series]
        right = width - min(max(text_width(name) for name in names) + 12, width * 0.36)
        floor = height - (44 if x_title else 26)
        x, y = Scale(begin, end, left, right), Scale(low, high, floor, 12)
        canvas = Canvas(width, height)
        value_axis(canvas, y, left, right, marks, write)
        labels_below(canvas, [(x(place), words) for place, words in x_labels], floor + 16, left - 20, right + 20)
        if x_title:
            canvas.text((left + right) / 2, height - 10, x_title, "middle")
        if marker:
            canvas.line(x(marker[0]), 12, x(marker[0]), floor, "var(--muted)", "3 3")
            has_room = x(marker[0]) - 6 - text_width(marker[1]) > left
            place, anchor = (x(marker[0]) - 6, "end") if has_room else (x(marker[0]) + 6, "start")
            canvas.text(place, 18, marker[1], anchor, on_lines=True)
        for one in series:
            canvas.path(steps([(x(at), y(value)) for at, value, _ in one.points]), "none", one.colour, 2.25, one.dash)
        ends = [y(one.points[-1][1]) for one in series]
        for one, name, place in zip(series, names, apart(ends, LINE_HEIGHT, 8, floor), strict=True):
            last = x(one.points[-1][0])
            if abs(last - right) > 30:
                canvas.dot(last, y(one.points[-1][1]), 3, one.colour)
            canvas.text(right + 8, place, name, "start", one.colour, "600")
        for one in series:
            for at, value, tip in one.points:
                canvas.dot(x(at), y(value), 7, "transparent", tip)
        return canvas

    return drawn(draw)


def columns(
    places: Sequence[Column],
    legend: Sequence[tuple[str, str]],
    write: Write,
    line: Series | None = None,
    x_title: str = "",
    is_count: bool = False,
) -> Picture:
    """Boxes upon each other at each place, and upon them `line`, whose x are the numbers of the places.

    `is_count`: there are no parts of what is counted, nor marks at them.
    """
    tops = [sum(value for value, _, _ in place.boxes if value > 0) for place in places]
    bottoms = [sum(value for value, _, _ in place.boxes if value < 0) for place in places]
    dots = [y for _, y, _ in line.points] if line else []
    low, high = min(0.0, *bottoms, *dots), max(0.0, *tops, *dots)

    def draw(width: int) -> Canvas:
        marks = ticks(low, high + (high - low) * 0.04, is_whole=is_count)
        left = max(text_width(write(mark)) for mark in marks) + 12
        right = width - 4
        canvas = Canvas(width, 0)
        top = _legend(canvas, legend, left, right) + 12
        floor = top + (220 if width > 400 else 180)
        canvas.height = floor + (44 if x_title else 26)
        y = Scale(low, high, floor, top)
        value_axis(canvas, y, left, right, marks, write)
        step = (right - left) / len(places)
        thick = min(step * 0.76, 46)
        for number, place in enumerate(places):
            x = left + (number + 0.5) * step
            up, down = 0.0, 0.0
            for value, colour, tip in place.boxes:
                begin, end = (up, up + value) if value >= 0 else (down + value, down)
                up, down = (up + value, down) if value >= 0 else (up, down + value)
                if value:
                    canvas.rect(x - thick / 2, y(end), thick, y(begin) - y(end), colour, tip, radius=1)
        canvas.line(left, y(0), right, y(0), "var(--strong-line)")
        if line:
            points = [(left + (at + 0.5) * step, y(value), tip) for at, value, tip in line.points]
            canvas.path(steps([point[:2] for point in points]), "none", line.colour, 2.25, line.dash)
            for x, over, tip in points:
                canvas.dot(x, over, 3.5, line.colour, tip)
        middles = [(left + (number + 0.5) * step, place.label) for number, place in enumerate(places)]
        labels_below(canvas, middles, floor + 16, left - 20, width)
        if x_title:
            canvas.text((left + right) / 2, canvas.height - 10, x_title, "middle")
        return canvas

    return drawn(draw)


def flows(moves: Sequence[Flow], nodes: Mapping[str, str], write: Callable[[int], str]) -> Picture:
    """Ribbons from the nodes at the left to those at the right, as thick as customers are many.

    `nodes` is the name of each node in words, in the order from above.
    """
    order = list(nodes)
    sources = [node for node in order if any(move.source == node for move in moves)]
    targets = [node for node in order if any(move.target == node for move in moves)]
    total = sum(move.count for move in moves)

    def draw(width: int) -> Canvas:
        gap = 20
        height = 300 + gap * max(len(sources), len(targets)) - gap
        canvas = Canvas(width, height + 4)
        sides = []
        for side, names in (("source", sources), ("target", targets)):
            counts = {name: sum(move.count for move in moves if getattr(move, side) == name) for name in names}
            unit = (height - gap * (len(names) - 1)) / total
            begin, found = 2.0, {}
            for name in names:
                found[name] = (begin, counts[name] * unit, counts[name])
                begin += counts[name] * unit + gap
            sides.append((found, unit))
        (left_nodes, left_unit), (right_nodes, right_unit) = sides
        left = max(text_width(f"{nodes[name]} {write(spot[2])}") for name, spot in left_nodes.items()) + 8
        right = width - max(text_width(f"{nodes[name]} {write(spot[2])}") for name, spot in right_nodes.items()) - 8
        done_left = {name: spot[0] for name, spot in left_nodes.items()}
        done_right = {name: spot[0] for name, spot in right_nodes.items()}
        middle = (left + right) / 2
        for move in sorted(moves, key=lambda move: (order.index(move.source), order.index(move.target))):
            thick_left, thick_right = move.count * left_unit, move.count * right_unit
            y1, y2 = done_left[move.source], done_right[move.target]
            done_left[move.source] += thick_left
            done_right[move.target] += thick_right
            ribbon = (
                f"M{left + 6:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {right - 6:.1f} {y2:.1f}"
                f"V{y2 + thick_right:.1f}C{middle:.1f} {y2 + thick_right:.1f} {middle:.1f} {y1 + thick_left:.1f} "
                f"{left + 6:.1f} {y1 + thick_left:.1f}Z"
            )
            canvas.path(ribbon, move.colour, tip=move.tip)
        for found, x, anchor, box in (
            (left_nodes, left - 6, "end", left),
            (right_nodes, right + 6, "start", right - 6),
        ):
            for name, (begin, thick, count) in found.items():
                canvas.rect(box, begin, 6, thick, "var(--muted)", radius=1)
                canvas.text(x, begin + thick / 2, f"{nodes[name]} {write(count)}", anchor, "var(--ink)")
        return canvas

    return drawn(draw)


def diverging_level(value: Decimal, largest: Decimal) -> int:
    """Step 0–10 of the diverging colours for a value between −largest and largest; 5 is zero and only zero.

    By square root: one excellent cell would otherwise leave all others pale.
    """
    middle = DIVERGING_LEVELS // 2
    if not value or not largest:
        return middle
    size = math.ceil(math.sqrt(abs(value) / largest) * middle)
    return middle + min(max(size, 1), middle) * (1 if value > 0 else -1)


def sequential_level(share: Decimal) -> int:
    """Step 0–8 of the sequential colours for a share 0–1."""
    return int(share * (SEQUENTIAL_LEVELS - 1) + Decimal("0.5"))


def _legend(canvas: Canvas, legend: Sequence[tuple[str, str]], left: float, right: float) -> float:
    """Colours with their names above the plot, in as many lines as they need. Returns where the plot may begin."""
    x, y = left, 8.0
    for name, colour in legend:
        wide = text_width(name) + 34
        if x + wide > right + 20 and x > left:
            x, y = left, y + LINE_HEIGHT + 2
        canvas.rect(x, y - 5, 10, 10, colour, radius=2)
        canvas.text(x + 16, y, name)
        x += wide
    return y + 8 if legend else 0
