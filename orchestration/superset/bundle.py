"""The dashboard as code: the bundle of YAML files that Superset imports, made from the published file.

Columns and their descriptions are those of the file, metrics those of the semantic layer (`models/semantic/`): Superset
gets no definition of its own. What it shows, and how, is `CHARTS`.
"""

from __future__ import annotations

import json
import re
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.report.palette import LIGHT

NAMESPACE = uuid.UUID("6f1c2f52-7f0a-4f3e-9f5e-1f5d3c1f9a10")
"""Ids follow from names by this, so that a bundle imported again replaces what is there."""

SLUG = "customer-profitability"
TITLE = "Customer profitability"
DATABASE = "Published marts"


@dataclass(frozen=True)
class Chart:
    """A chart on one mart. `by` is what it is grouped by; `metrics` are names of the semantic layer.

    A chart without metrics lists rows: `by` are its columns, the first of which they are in the order of. `where` is
    SQL on the mart, `shown` Superset's own form data beside that; `width` is of 12, `height` in steps of 8 pixels.
    """

    title: str
    mart: str
    kind: str
    by: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    width: int = 6
    height: int = 50
    where: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)


def number(title: str, mart: str, metric: str, of: str) -> Chart:
    """One number, and of what it is."""
    shown = {"subtitle": of, "header_font_size": 0.4, "subtitle_font_size": 0.15}
    return Chart(title, mart, "big_number_total", (), (metric,), 2, 20, shown=shown)


BY_MONTH = {"x_axis_time_format": "%Y-%m", "y_axis_format": "SMART_NUMBER", "truncateYAxis": False}
GRID = {
    "sort_x_axis": "alpha_asc",
    # Counted from the bottom, so the first month is on top.
    "sort_y_axis": "alpha_desc",
    "x_axis_time_format": "%Y-%m",
    "y_axis_format": ".0%",
    "linear_color_scheme": "schemeBlues",
    "show_values": True,
    "show_legend": False,
    "yscale_interval": 1,
}

CHARTS = (
    number("Net sales", "customer_profit_monthly", "net_sales", "so far"),
    number("Net profit", "customer_profit_monthly", "net_profit", "so far"),
    number("Net margin", "customer_profit_monthly", "net_margin", "so far"),
    number("At a loss", "customers", "share_of_customers_at_a_loss", "of customers"),
    number("Equity", "customers", "equity_of_customers_won", "of who has ordered"),
    number("At risk", "retention_list", "value_at_risk", "a year, on the list"),
    Chart("Net sales and net profit by month", "customer_profit_monthly", "echarts_timeseries_bar", ("month",),
          ("net_sales", "net_profit"), 8, shown=BY_MONTH),
    Chart("Who bears the profit", "customer_profit_monthly", "table", ("profit_owner",),
          ("net_sales", "net_profit"), 4),
    Chart("What a new customer costs, by channel", "acquisition_costs", "table", ("channel",),
          ("acquisition_spend", "new_customers", "acquisition_cost", "fully_loaded_acquisition_cost")),
    Chart("Customers by lifecycle stage", "customers", "table", ("lifecycle_stage",),
          ("customers", "customers_at_a_loss", "historic_value", "predicted_value_365d", "customer_equity")),
    Chart("Who of each month's new customers is still buying", "customer_retention", "heatmap_v2",
          ("months_since", "cohort_month"), ("cohort_retention_rate",), 12, 96, "months_since > 0", GRID),
    Chart("Equity won, grown and lost", "customer_equity_monthly", "echarts_timeseries_bar", ("month",),
          ("equity_won", "equity_grown", "equity_lost"), height=58, shown=BY_MONTH),
    Chart("Products by category", "product_profit", "table", ("category",),
          ("units_sold", "product_net_sales", "product_contribution", "product_margin"), height=58),
    Chart("Whom to call on Monday", "retention_list", "table",
          ("list_rank", "customer_id", "value_at_risk", "most_worth_spending", "reason_in_words", "action"), (), 12,
          shown={"show_cell_bars": False}),
)  # fmt: skip
"""The dashboard, from left to right and from top to bottom; a row is twelve wide."""

COLOURS = {
    "net_sales": LIGHT["bar"],
    "net_profit": LIGHT["gain"],
    "equity_won": LIGHT["gain"],
    "equity_grown": LIGHT["gain-flow"],
    "equity_lost": LIGHT["cost"],
}
"""Metrics in the colours that the report page has for them."""


def write(published: Path, semantic_manifest: Mapping[str, Any], file: Path) -> None:
    """Write the bundle for the published file as a zip. Its metrics are those that the manifest defines."""
    with duckdb.connect(str(published), read_only=True) as connection:
        marts = {chart.mart for chart in CHARTS}
        columns = {mart: _columns(connection, mart) for mart in marts}
        metrics = {mart: metrics_of(semantic_manifest, mart) for mart in marts}
        formats = {mart: _formats(connection, semantic_manifest, mart, metrics[mart]) for mart in marts}
    documents = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets", "timestamp": "2000-01-01T00:00:00+00:00"},
        "databases/published.yaml": _database(published),
        **{
            f"datasets/published/{mart}.yaml": _dataset(mart, columns[mart], metrics[mart], formats[mart])
            for mart in marts
        },
        **{f"charts/{number}.yaml": _chart(chart, formats[chart.mart]) for number, chart in enumerate(CHARTS)},
        "dashboards/dashboard.yaml": _dashboard(),
    }
    with zipfile.ZipFile(file, "w") as bundle:
        for name, document in sorted(documents.items()):
            bundle.writestr(f"bundle/{name}", yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


def metrics_of(manifest: Mapping[str, Any], mart: str) -> dict[str, dict[str, str]]:
    """The metrics that are made of this mart alone, as SQL over its rows: `expression`, `label`, `description` by name.

    Sums, means and counts become aggregates, ratios and derived metrics quotients of them. Windows, offsets and
    metrics of several marts are MetricFlow's own and left out.
    """
    models = [model for model in manifest["semantic_models"] if model["node_relation"]["alias"] == mart]
    measures = {measure["name"]: measure for model in models for measure in model["measures"]}
    metrics = {metric["name"]: metric for metric in manifest["metrics"]}
    told = {name: _expression(name, metrics, measures) for name in metrics}
    return {
        name: {
            "expression": expression,
            "label": metrics[name].get("label") or name,
            "description": metrics[name]["description"],
        }
        for name, expression in told.items()
        if expression
    }


AGGREGATES = {
    "sum": "sum({})",
    "average": "avg({})",
    "count_distinct": "count(distinct {})",
    "median": "median({})",
}


def _expression(name: str, metrics: Mapping[str, Any], measures: Mapping[str, Any]) -> str | None:
    metric, parameters = metrics[name], metrics[name]["type_params"]
    if metric["type"] == "simple":
        measure = measures.get(parameters["measure"]["name"])
        return measure and AGGREGATES[measure["agg"]].format(measure["expr"] or measure["name"])
    if metric["type"] == "ratio":
        parts = [_expression(parameters[part]["name"], metrics, measures) for part in ("numerator", "denominator")]
        return f"cast({parts[0]} as double) / nullif({parts[1]}, 0)" if all(parts) else None
    if metric["type"] == "derived" and not any(part.get("offset_window") for part in parameters["metrics"]):
        parts = {part["name"]: _expression(part["name"], metrics, measures) for part in parameters["metrics"]}
        if all(parts.values()):
            return re.sub(r"\b(?:" + "|".join(parts) + r")\b", lambda part: parts[part[0]], parameters["expr"])
    return None


MONEY, EACH, COUNT, SHARE, MEAN = ",.0f", ",.2f", ",d", ".1%", ",.1f"
"""How numbers are written, in the language of D3: money, and money of one of something, to the cent."""


def _formats(
    connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], mart: str, metrics: Mapping[str, dict[str, str]]
) -> dict[str, str]:
    """How each metric of a mart is written: money is what has two decimals, a ratio of two of a kind is a share."""
    if not metrics:
        return {}
    asked = ", ".join(f"{metric['expression']} as {name}" for name, metric in metrics.items())
    described = connection.execute(f"describe select {asked} from marts.{mart}").fetchall()
    kinds = {
        name: MONEY if kind.endswith(",2)") else MEAN if kind == "DOUBLE" else COUNT for name, kind, *_ in described
    }
    for metric in manifest["metrics"]:
        parts = [kinds[name] for name in _quotient(metric)] if metric["name"] in metrics else []
        if parts:
            kinds[metric["name"]] = SHARE if parts[0] == parts[1] else EACH if parts[0] == MONEY else MEAN
    return kinds


def _quotient(metric: Mapping[str, Any]) -> tuple[str, str] | tuple[()]:
    """The two metrics of which this one is the quotient; nothing where it is none."""
    parameters = metric["type_params"]
    if metric["type"] == "ratio":
        return parameters["numerator"]["name"], parameters["denominator"]["name"]
    found = re.fullmatch(r"(\w+) / nullif\((\w+), 0\)", parameters["expr"] or "")
    return (found[1], found[2]) if found else ()


def _columns(connection: duckdb.DuckDBPyConnection, mart: str) -> list[dict[str, Any]]:
    found = connection.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = 'marts' and table_name = ? order by column_index",
        [mart],
    ).fetchall()
    return [
        {
            "column_name": name,
            "verbose_name": name.replace("_", " ").capitalize(),
            "type": kind,
            "description": comment,
            "is_dttm": kind in ("DATE", "TIMESTAMP"),
            "groupby": True,
            "filterable": True,
        }
        for name, kind, comment in found
    ]


def _database(published: Path) -> dict[str, Any]:
    return {
        "database_name": DATABASE,
        # Superset connects for each query, and so sees a new publication at once.
        "sqlalchemy_uri": f"duckdb:///{published}?access_mode=read_only",
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "extra": {},
        "uuid": _id("database"),
        "version": "1.0.0",
    }


def _dataset(
    mart: str,
    columns: list[dict[str, Any]],
    metrics: Mapping[str, Mapping[str, str]],
    formats: Mapping[str, str],
) -> dict[str, Any]:
    days = [column["column_name"] for column in columns if column["is_dttm"]]
    return {
        "table_name": mart,
        "main_dttm_col": days[0] if days else None,
        "schema": "marts",
        "sql": None,
        "columns": columns,
        "metrics": [
            {
                "metric_name": name,
                "verbose_name": metric["label"],
                "description": metric["description"],
                "expression": metric["expression"],
                "d3format": formats[name],
            }
            for name, metric in metrics.items()
        ],
        "uuid": _id(f"dataset {mart}"),
        "database_uuid": _id("database"),
        "version": "1.0.0",
    }


def _chart(chart: Chart, formats: Mapping[str, str]) -> dict[str, Any]:
    form: dict[str, Any] = {"viz_type": chart.kind, "row_limit": 10000, **chart.shown}
    if chart.where:
        form["adhoc_filters"] = [{"clause": "WHERE", "expressionType": "SQL", "sqlExpression": chart.where}]
    if chart.kind == "table":
        form |= (
            {"query_mode": "aggregate", "groupby": list(chart.by), "metrics": list(chart.metrics)}
            if chart.metrics
            else {
                "query_mode": "raw",
                "all_columns": list(chart.by),
                "order_by_cols": [json.dumps([chart.by[0], True])],
            }
        )
    elif chart.kind == "big_number_total":
        form |= {"metric": chart.metrics[0], "y_axis_format": formats[chart.metrics[0]]}
    elif chart.kind == "heatmap_v2":
        form |= {"x_axis": chart.by[0], "groupby": chart.by[1], "metric": chart.metrics[0]}
    else:
        form |= {"x_axis": chart.by[0], "metrics": list(chart.metrics), "groupby": [], "time_grain_sqla": "P1M"}
    return {
        "slice_name": chart.title,
        "viz_type": chart.kind,
        "params": form,
        "cache_timeout": None,
        "uuid": _id(f"chart {chart.title}"),
        "dataset_uuid": _id(f"dataset {chart.mart}"),
        "version": "1.0.0",
    }


def _dashboard() -> dict[str, Any]:
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": TITLE}},
    }
    free, row = 0, ""
    for number, chart in enumerate(CHARTS):
        if chart.width > free:
            free, row = 12, f"ROW-{number}"
            position["GRID_ID"]["children"].append(row)
            position[row] = {"type": "ROW", "id": row, "children": [], "parents": ["ROOT_ID", "GRID_ID"],
                             "meta": {"background": "BACKGROUND_TRANSPARENT"}}  # fmt: skip
        free -= chart.width
        place = f"CHART-{number}"
        position[row]["children"].append(place)
        position[place] = {
            "type": "CHART",
            "id": place,
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID", row],
            "meta": {
                "chartId": number,
                "uuid": _id(f"chart {chart.title}"),
                "width": chart.width,
                "height": chart.height,
                "sliceName": chart.title,
            },
        }
    return {
        "dashboard_title": TITLE,
        "description": "What is published, as the report page tells it, to look further.",
        "slug": SLUG,
        "published": True,
        "position": position,
        "metadata": {"label_colors": COLOURS},
        "uuid": _id("dashboard"),
        "version": "1.0.0",
    }


def _id(name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, name))
