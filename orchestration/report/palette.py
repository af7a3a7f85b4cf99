"""Colours of the light and the dark scheme, as CSS variables that the page and the charts share.

Gain is blue and loss vermilion: a pair that red-green colour blindness keeps apart. Charts name the variables
(`var(--gain)`), so a change of scheme, or printing, repaints them without a script.
"""

from __future__ import annotations

Colour = tuple[int, int, int]

LIGHT = {
    "page": "#f5f6f8", "card": "#ffffff", "line": "#e2e6ea", "strong-line": "#b9c1ca", "ink": "#17212b",
    "muted": "#586573", "gain": "#0b6299", "gain-soft": "#dcebf5", "loss": "#bd430d", "bar": "#aab5c0",
    "cost": "#d98b66", "focus": "#0b6299", "shadow": "0 1px 2px rgb(23 33 43 / 6%)",
    "gain-flow": "#9fc9e4", "loss-flow": "#eab79c", "even-flow": "#d5dbe1",
}  # fmt: skip
DARK = {
    "page": "#0e1318", "card": "#161d25", "line": "#29323c", "strong-line": "#4a5662", "ink": "#e9eef3",
    "muted": "#9daab7", "gain": "#62b5e6", "gain-soft": "#1c3345", "loss": "#f2905f", "bar": "#5f6d7b",
    "cost": "#b9663c", "focus": "#62b5e6", "shadow": "none",
    "gain-flow": "#23577a", "loss-flow": "#7a4029", "even-flow": "#3a4550",
}  # fmt: skip

# For lines and their names, so each can be read as text on a card; in the order in which lines are given them.
LINES = {
    "light": ["#0b6299", "#b4400c", "#1a7a4f", "#7b479c", "#876100", "#0d7a80", "#ab3570", "#586573"],
    "dark": ["#62b5e6", "#f2905f", "#5fc795", "#c299e0", "#d9b04a", "#5cc7cc", "#ec8db9", "#9daab7"],
}
# Five stops each, from the worst to the best, mixed in RGB: three stops through other spaces pass a muddy grey.
DIVERGING = {
    "light": ["#b4400c", "#efb899", "#f3f4f4", "#9fc9e4", "#0a5a8e"],
    "dark": ["#ea8552", "#7a4029", "#252e37", "#1f587c", "#5bb0e3"],
}
SEQUENTIAL = {
    "light": ["#edf4f9", "#c2dcec", "#85b9d9", "#3b8abb", "#0a5285"],
    "dark": ["#1a242e", "#1d3c54", "#22608a", "#3b8dc3", "#93ccf1"],
}
DIVERGING_LEVELS = 11
SEQUENTIAL_LEVELS = 9
INKS = ("#0a0f14", "#ffffff")


def variables(scheme: str) -> dict[str, str]:
    """CSS variables of one scheme ("light" or "dark"), heat levels and the ink that reads best on each included."""
    found = dict(LIGHT if scheme == "light" else DARK)
    ramps = (("d", DIVERGING[scheme], DIVERGING_LEVELS), ("s", SEQUENTIAL[scheme], SEQUENTIAL_LEVELS))
    found |= {f"line{place}": colour for place, colour in enumerate(LINES[scheme])}
    for letter, stops, levels in ramps:
        for level in range(levels):
            colour = mixed(stops, level / (levels - 1))
            found[f"{letter}{level}"] = colour
            found[f"on-{letter}{level}"] = max(INKS, key=lambda ink, on=colour: contrast(ink, on))
    return found


def mixed(stops: list[str], position: float) -> str:
    """The colour at `position` (0–1) between evenly spaced stops, mixed in RGB."""
    place = position * (len(stops) - 1)
    left = min(int(place), len(stops) - 2)
    part = place - left
    pairs = zip(_parsed(stops[left]), _parsed(stops[left + 1]), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * part):02x}" for low, high in pairs)


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1–21 of two colours, as WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(_parsed(one)), _luminance(_parsed(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _parsed(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: Colour) -> float:
    parts = [value / 255 for value in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
