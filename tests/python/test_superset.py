"""Superset is run on a published shop: what its API answers for each chart of the dashboard is what the marts say."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import Shop

from orchestration.demo_shop import generate
from orchestration.refresh.settings import Settings
from orchestration.superset import __main__ as superset
from orchestration.superset import bundle

STARTS_WITHIN = 180
"""Seconds."""

EXPECTED = {
    "Net sales": "select sum(net_sales) from marts.company_profit_monthly",
    "Net profit": "select sum(net_profit) from marts.company_profit_monthly",
    "Net margin": "select sum(net_profit) / sum(net_sales) from marts.company_profit_monthly",
    "At a loss": "select count(*) filter (net_profit < 0) / count(*) from marts.customer_profit",
    "Equity": "select sum(customer_equity) from marts.customer_lifetime_value",
    "At risk": "select sum(value_at_risk) from marts.retention_list",
    "Net sales and net profit by month": "select month, net_sales, net_profit from marts.company_profit_monthly",
    "Who bears the profit": (
        "select profit_owner, sum(net_sales), sum(net_profit) from marts.customer_profit_monthly group by all"
    ),
    "What a new customer costs, by channel": (
        "select channel, sum(spend), sum(new_customers), nullif(sum(spend), 0) / nullif(sum(new_customers), 0), "
        "nullif(sum(spend + common_costs), 0) / nullif(sum(new_customers), 0) from marts.acquisition_costs group by all"
    ),
    "Customers by lifecycle stage": (
        "select lifecycle_stage, count(*), count(*) filter (net_profit < 0), sum(historic_value), "
        "sum(predicted_value_365d), sum(customer_equity) from marts.customer_profit "
        "join marts.customer_lifetime_value using (customer_id) join marts.customer_lifecycle using (customer_id) "
        "group by all"
    ),
    "Who of each month's new customers is still buying": (
        "select months_since, cohort_month, case when is_complete then retention_rate end "
        "from marts.customer_retention where months_since > 0"
    ),
    "Equity won, grown and lost": (
        "select month, won_value, grown_value, lost_value from marts.customer_equity_monthly"
    ),
    "Products by category": (
        "select category, sum(units_sold), sum(net_sales), sum(contribution_1), "
        "sum(contribution_1) / nullif(sum(net_sales), 0) from marts.product_profit group by all"
    ),
    "Whom to call on Monday": (
        "select list_rank, customer_id, value_at_risk, most_worth_spending, reason_in_words, action "
        "from marts.retention_list"
    ),
}
"""What each chart shows, by SQL on the marts: what it is grouped by, then its metrics."""


def test_every_chart_is_compared() -> None:
    assert [chart.title for chart in bundle.CHARTS] == list(EXPECTED)


@dataclass(frozen=True)
class Server:
    """Superset as it serves, and the token of who has signed in."""

    address: str
    token: str
    # The second token, against forged requests, goes with a cookie.
    opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    )

    def ask(self, path: str, body: dict[str, Any] | None = None, forgery_token: str = "") -> Any:
        request = urllib.request.Request(
            f"{self.address}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.token}",
                "X-CSRFToken": forgery_token,
            },
        )
        with self.opener.open(request, timeout=120) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, build_shop: Callable[..., Shop]) -> Shop:
    if not superset.program().exists():
        pytest.skip("needs Superset, which `make superset` installs into .venv-superset")
    folder = tmp_path_factory.mktemp("superset") / "input"
    generate(folder, customers=300, years=2, seed=5, progress=lambda line: None)
    return build_shop(folder)


@pytest.fixture(scope="module")
def server(shop: Shop) -> Iterator[Server]:
    settings = Settings("demo", shop.home)
    environment = superset.prepare(settings, print)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = superset.folder(shop.home) / "server.log"
    with log.open("w", encoding="utf-8") as written:
        running = subprocess.Popen(superset.serving(port), env=environment, stdout=written, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health", running, log)
        signed_in = Server(address, "").ask(
            "security/login",
            {"username": superset.USER, "password": superset.password(shop.home), "provider": "db", "refresh": False},
        )
        yield Server(address, signed_in["access_token"])
    finally:
        running.terminate()
        running.wait(30)


def wait_for(address: str, running: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert running.poll() is None and time.monotonic() < until, log.read_text(encoding="utf-8")[-3000:]
            time.sleep(0.5)


@pytest.fixture(scope="module")
def charts(server: Server) -> dict[str, dict[str, Any]]:
    """The form of each chart on the dashboard, by its title."""
    found = server.ask(f"dashboard/{bundle.SLUG}/charts")["result"]
    return {chart["slice_name"]: chart["form_data"] for chart in found}


def query_of(form: dict[str, Any]) -> dict[str, Any]:
    """What Superset's page asks for a chart: the columns and metrics of its form."""
    groups = form.get("all_columns") or [
        *([form["x_axis"]] if form.get("x_axis") else []),
        *([form["groupby"]] if isinstance(form.get("groupby"), str) else form.get("groupby") or []),
    ]
    metrics = form.get("metrics") or ([form["metric"]] if form.get("metric") else [])
    where = " and ".join(one["sqlExpression"] for one in form.get("adhoc_filters") or [])
    query = {"columns": groups, "row_limit": 50000, "orderby": [], "filters": [], "extras": {"where": where}}
    return query | ({"metrics": metrics} if metrics else {})


@pytest.mark.long
@pytest.mark.timeout(3600)
class TestSuperset:
    def test_the_dashboard_has_every_chart(self, charts: dict[str, dict[str, Any]]) -> None:
        assert charts.keys() == EXPECTED.keys()

    @pytest.mark.parametrize("title", EXPECTED)
    def test_a_chart_shows_what_the_marts_say(
        self, shop: Shop, server: Server, charts: dict[str, dict[str, Any]], title: str
    ) -> None:
        form = charts[title]
        number, kind = form["datasource"].split("__")
        query = query_of(form)
        answer = server.ask(
            "chart/data",
            {"datasource": {"id": int(number), "type": kind}, "queries": [query], "result_format": "json",
             "result_type": "full", "force": True},
        )["result"][0]  # fmt: skip
        names = [*query["columns"], *query.get("metrics", [])]
        width = len(query["columns"]) if query.get("metrics") else 2
        shown = {tuple(group(row[name]) for name in names[:width]): [row[name] for name in names[width:]]
                 for row in answer["data"]}  # fmt: skip
        told = {tuple(map(group, row[:width])): row[width:] for row in shop.ask(EXPECTED[title])}
        assert len(told) > min(width, 1)
        assert shown.keys() == told.keys()
        assert not {key: pair for key in told for pair in zip(shown[key], told[key], strict=True) if not alike(*pair)}

    def test_numbers_are_written_as_what_they_are(self, server: Server, charts: dict[str, dict[str, Any]]) -> None:
        written = {
            metric["metric_name"]: metric["d3format"]
            for form in charts.values()
            for metric in server.ask(f"dataset/{form['datasource'].split('__')[0]}")["result"]["metrics"]
        }
        expected = {"net_sales": ",.0f", "new_customers": ",d", "net_margin": ".1%", "return_share": ".1%"}
        expected |= {"acquisition_cost": ",.2f", "sales_per_order": ",.2f", "mean_value_score": ",.1f"}
        assert {name: written[name] for name in expected} == expected

    def test_a_person_sees_every_chart_and_the_page_asks_nobody_else(self, shop: Shop, server: Server) -> None:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        if not chromium:
            pytest.skip("no Chromium: set CHROMIUM to its path to see the dashboard in a browser")
        playwright = pytest.importorskip("playwright.sync_api")
        refused: list[str | None] = []
        answered: list[str] = []
        with playwright.sync_playwright() as running:
            browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1280, "height": 3200})
            page.on("requestfinished", lambda request: answered.append(request.url))
            page.on(
                "requestfailed",
                lambda request: None if request.url.startswith(server.address) else refused.append(request.failure),
            )
            page.goto(f"{server.address}/login/")
            page.fill("#username", superset.USER)
            page.fill("#password", superset.password(shop.home))
            page.press("#password", "Enter")
            page.wait_for_url("**/welcome/")
            page.goto(f"{server.address}/superset/dashboard/{bundle.SLUG}/")
            drawn = {"canvas": 3, "table": 5, ".superset-legacy-chart-big-number .header-line": 6}
            for what, count in drawn.items():
                page.locator(f".dashboard-grid {what}").nth(count - 1).wait_for(timeout=60_000)
            text = page.inner_text(".dashboard-grid")
            browser.close()
        assert all(chart.title in text for chart in bundle.CHARTS)
        assert "Error" not in text and "No results" not in text
        assert all(address.startswith((server.address, "data:", "blob:")) for address in answered)
        assert set(refused) <= {"csp"}, "what the page would fetch from elsewhere is not let out"

    def test_nothing_can_be_written(self, server: Server) -> None:
        database = server.ask("database/")["result"][0]["id"]
        forgery_token = server.ask("security/csrf_token/")["result"]

        def execute(sql: str) -> Any:
            return server.ask("sqllab/execute/", {"database_id": database, "sql": sql}, forgery_token)

        assert execute("select count(*) as customers from marts.customers")["data"][0]["customers"] > 100
        with pytest.raises(urllib.error.HTTPError) as refused:
            execute("delete from marts.customers")
        why = refused.value.read().decode()
        assert "DML" in why or "read-only" in why, why

    def test_a_dashboard_that_has_changed_replaces_the_one_before(
        self, shop: Shop, server: Server, charts: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With its charts and metrics, not only what stands where."""
        title = "Products by category"
        others = [chart for chart in bundle.CHARTS if chart.title != title]
        (changed,) = (replace(chart, metrics=("units_sold",)) for chart in bundle.CHARTS if chart.title == title)
        monkeypatch.setattr(bundle, "CHARTS", (*others[1:], changed))
        monkeypatch.setattr(bundle, "MONEY", ",.1f")
        settings = Settings("demo", shop.home)
        superset.load(superset.write_bundle(settings), superset.environment(settings))
        found = {
            chart["slice_name"]: chart["form_data"] for chart in server.ask(f"dashboard/{bundle.SLUG}/charts")["result"]
        }
        assert charts.keys() - found.keys() == {others[0].title}
        assert found[title]["metrics"] == ["units_sold"]
        number = found[title]["datasource"].split("__")[0]
        formats = {m["metric_name"]: m["d3format"] for m in server.ask(f"dataset/{number}")["result"]["metrics"]}
        assert formats["product_net_sales"] == ",.1f"


def group(value: Any) -> Any:
    """A day as text, whether Superset tells it in milliseconds or SQL as a date; anything else as it is."""
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    if isinstance(value, (int, float)) and value > 10**11:
        return time.strftime("%Y-%m-%d", time.gmtime(value / 1000))
    return value


def alike(shown: Any, told: Any) -> bool:
    """Amounts are equal to the cent, ratios to what a double holds, texts as they are."""
    if isinstance(told, (int, float, Decimal)) and shown is not None:
        return abs(float(shown) - float(told)) <= 1e-6
    return shown == told
