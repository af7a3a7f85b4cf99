"""Lists to act on: whom to keep, and which products carry the profit."""

from __future__ import annotations

from decimal import Decimal

from orchestration.report import tiers
from orchestration.report.formats import Formats
from orchestration.report.parts import Section, Table
from orchestration.report.queries import Answers, Row, shown
from orchestration.report.texts import Texts

NOTHING = Decimal(0)


def keep(answers: Answers, texts: Texts, formats: Formats) -> Section | None:
    """The top of the retention list; a sentence alone where nobody is on it, nothing where nobody has bought."""
    if not answers["customers"][0]["with_order"]:
        return None
    topic, total, top = texts.raw("keep.topic"), answers["keep_total"][0], answers["keep"]
    if not total["customers"]:
        return Section(
            "keep", topic, texts.raw("keep.none"), notes=[texts.raw("keep.consent")], queries=[shown("keep")]
        )
    first = sum((row["value_at_risk"] for row in top), NOTHING)
    is_part = total["customers"] > len(top)
    title = texts.say(
        "keep.title_part" if is_part else "keep.title",
        count=total["customers"],
        customers=formats.number(total["customers"]),
        value=formats.money(total["value_at_risk"]),
        shown=formats.number(len(top)),
        share=formats.share(first / total["value_at_risk"] if total["value_at_risk"] else None),
    )
    rows = [
        [
            row["customer_id"],
            formats.called("lifecycle.tier", row["lifecycle_stage"]),
            reason(row, texts, formats),
            texts.raw("keep.leave_alone") if row["is_held_out"] else formats.called("keep.actions", row["action"]),
            formats.share(row["chance_gone"]),
            formats.money(row["value_at_risk"]),
            formats.money(row["most_worth_spending"]),
        ]
        for row in top
    ]
    caption = texts.say("keep.first", count=len(top), shown=formats.number(len(top)))
    held = total["held_out"]
    notes = [texts.say("keep.held_out", count=held, held=formats.number(held))] if held else []
    return Section(
        name="keep",
        topic=topic,
        title=title,
        subtitle=texts.say("keep.subtitle", currency=formats.currency),
        notes=[*notes, texts.raw("keep.consent")],
        open_tables=[Table(caption, list(texts.raw("keep.columns").values()), rows, text_columns=4)],
        queries=[shown("keep_total"), shown("keep")],
    )


def products(answers: Answers, texts: Texts, formats: Formats) -> Section | None:
    """Tiers of products by what they earned in the last 12 months, the best of them, and those that lose."""
    rows = [row for row in answers["product_tiers"] if row["contribution"] or row["code"] != "zero"]
    if not rows:
        return None
    count = sum(row["customers"] for row in rows)
    earned = sum((row["contribution"] for row in rows if row["contribution"] > 0), NOTHING)
    losing = [row for row in rows if row["contribution"] < 0]
    first = next((row for row in rows if row["contribution"] > 0), None)
    if first is None:
        title = texts.raw("products.nobody")
    elif count == 1:
        title = texts.say("products.only", earned=formats.money(earned))
    else:
        title = texts.say(
            "products.title",
            count=first["customers"],
            first=formats.number(first["customers"]),
            products=formats.number(count),
            share=formats.share(first["contribution"] / earned),
        )
    if losing:
        lost = -sum((row["contribution"] for row in losing), NOTHING)
        number = sum(row["customers"] for row in losing)
        title += texts.say("products.and_loss", count=number, losing=formats.number(number), lost=formats.money(lost))
    columns = dict(texts.raw("products.columns_of_one"))
    has_category = any(row["category"] for row in answers["products"])
    if not has_category:
        del columns["category"]
    tables = []
    for name in ("best", "worst"):
        found = [row for row in answers["products"] if row["list"] == name]
        listed = [
            [
                row["product_name"] or row["product_id"],
                *([formats.name(row["category"])] if has_category else []),
                formats.called("abc.short", row["abc_tier"]),
                formats.exact(row["net_sales"]),
                formats.exact(row["contribution"]),
                formats.share(row["contribution"] / row["net_sales"] if row["net_sales"] > 0 else None),
            ]
            for row in found
        ]
        if listed:
            caption = texts.say(f"products.{name}", count=len(listed), shown=formats.number(len(listed)))
            tables.append(Table(caption, list(columns.values()), listed, text_columns=2 + has_category))
    return Section(
        name="products",
        topic=texts.raw("products.topic"),
        title=title,
        subtitle=texts.say("products.subtitle", currency=formats.currency),
        open_tables=tables,
        queries=[shown("product_tiers"), shown("products")],
        kind="tiers",
        extra=tiers.bars(rows, "products", texts, formats),
    )


def reason(row: Row, texts: Texts, formats: Formats) -> str:
    """Why somebody is on the list, as `retention_list` says it in English: {reason, recency_days, rhythm_days}."""
    days, rhythm = formats.number(row["recency_days"]), formats.number(row["rhythm_days"])
    return texts.say(f"keep.reasons.{row['reason']}", days=days, rhythm=rhythm)
