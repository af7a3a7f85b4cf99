"""What every report page shows, of whatever shop: its sections, charts and nothing that only a machine would say."""

from __future__ import annotations

import re

from conftest import Shop

EDITIONS = {"report.html": 1_500_000, "report-zh.html": 1_500_000,
            "report-static.html": 400_000, "report-static-zh.html": 400_000}  # fmt: skip
"""The pages of a publication, each with the bytes that it must stay below."""

SECTIONS = (
    "whale", "rfm", "money", "acquisition", "retention", "lifetime", "abc", "pyramid", "lifecycle", "keep", "products",
    "quality",
)  # fmt: skip


def odd(shop: Shop, least_charts: int) -> list[str]:
    """What is odd about the pages of a shop: a section that is missing, too few charts, a NaN, too many bytes."""
    found = []
    for name, most_bytes in EDITIONS.items():
        page = (shop.home.current / name).read_text(encoding="utf-8")
        if tuple(re.findall(r'<section class="card (\w+)', page)) != SECTIONS:
            found.append(f"{name}: other sections")
        if (charts := len(re.findall(r'<div class="chart"', page))) < least_charts:
            found.append(f"{name}: {charts} charts")
        words = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
        found += [f"{name}: says {word}" for word in re.findall(r"\b(?:NaN|nan|None|inf)\b", words)]
        if not 100_000 < len(page.encode()) < most_bytes:
            found.append(f"{name}: {len(page.encode())} bytes")
    return found
