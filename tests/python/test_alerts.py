"""Who is told when a night has failed."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from orchestration import run
from orchestration.paths import Home
from orchestration.refresh import alerts, schedule
from orchestration.refresh.settings import Settings


@pytest.fixture
def told() -> list[str]:
    return []


def test_nobody_is_told_by_default(told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (alerts.COMMAND, alerts.WEBHOOK):
        monkeypatch.delenv(variable, raising=False)
    assert not alerts.are_on()
    alerts.send("corner", "The refresh failed.", told.append)
    assert told == []


def test_a_command_reads_the_paragraph(told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(alerts.COMMAND, f"cat > {tmp_path}/told; echo $WAREHOUSE_SHOP >> {tmp_path}/told")
    monkeypatch.delenv(alerts.WEBHOOK, raising=False)
    settings = Settings("corner", Home(tmp_path / "home"))
    assert run.failed("orders.csv is empty.", settings) == 1
    paragraph, shop = (tmp_path / "told").read_text().splitlines()
    assert paragraph.startswith("The refresh failed. orders.csv is empty. Nothing has been published yet")
    assert shop == "corner"


def test_a_web_address_gets_it_as_json(told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[bytes] = []

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Chat) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setenv(alerts.WEBHOOK, f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.delenv(alerts.COMMAND, raising=False)
        alerts.send("corner", "The refresh failed.", told.append)
    assert json.loads(got[0]) == {"text": "The refresh failed.", "shop": "corner"}
    assert told == []


@pytest.mark.parametrize(
    ("variable", "value"), [(alerts.COMMAND, "exit 3"), (alerts.WEBHOOK, "file:///etc/hostname"), (alerts.WEBHOOK, "x")]
)
def test_an_alert_that_fails_is_told_and_stops_nothing(
    variable: str, value: str, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (alerts.COMMAND, alerts.WEBHOOK):
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(variable, value)
    assert alerts.are_on()
    alerts.send("corner", "The refresh failed.", told.append)
    assert len(told) == 1
    assert told[0].startswith(f"The alert could not be handed over ({variable}): ")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        (alerts.COMMAND, "/bin/false --token S3CRET", "the program false ended with exit code 1"),
        (alerts.COMMAND, "TOKEN='S3CRET S3CRET' false S3CRET", "the program false ended with exit code 1"),
        (alerts.COMMAND, "$(echo false) S3CRET", "the command ended with exit code 1"),
        (alerts.COMMAND, "cat /S3CRET", "the program cat ended with exit code 1"),
        (alerts.COMMAND, "sleep 5; echo S3CRET", "the program sleep took longer than 0 seconds"),
        (alerts.WEBHOOK, "ftp://S3CRET", "no web address"),
        (alerts.WEBHOOK, "http://localhost:S3CRET/", "no web address"),
        (alerts.WEBHOOK, "http://[::S3CRET]/", "no web address"),
        (alerts.WEBHOOK, "http://127.0.0.1:1/S3CRET", "refused"),
    ],
)
def test_an_alert_that_fails_tells_no_token(
    variable: str,
    value: str,
    said: str,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for one in (alerts.COMMAND, alerts.WEBHOOK):
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(alerts, "PATIENCE_SECONDS", 0.4 if "sleep" in value else 5.0)
    alerts.send("corner", "The refresh failed.", told.append)
    assert len(told) == 1
    assert said in told[0]
    assert "S3CRET" not in told[0] + "".join(capfd.readouterr())


@pytest.mark.parametrize("command", [None, "cat"])
def test_dagsters_sensor_runs_where_somebody_is_to_be_told(
    command: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(alerts.COMMAND, command or "")
    monkeypatch.delenv(alerts.WEBHOOK, raising=False)
    sensor = schedule.failed_night_sensor(Settings("corner", Home(tmp_path)), schedule.nightly_job())
    status = dg.DefaultSensorStatus.RUNNING if command else dg.DefaultSensorStatus.STOPPED
    assert sensor.default_status == status


def test_a_failed_night_of_the_schedule_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through Dagster's own machinery: a job that fails, and the sensor that looks at it."""
    monkeypatch.setenv(alerts.COMMAND, f"cat >> {tmp_path}/told")
    monkeypatch.delenv(alerts.WEBHOOK, raising=False)

    @dg.op
    def land() -> None:
        raise dg.Failure("orders.csv lacks the required column order_id.", allow_retries=False)

    @dg.job(name=schedule.NIGHTLY)
    def nightly() -> None:
        land()

    sensor = schedule.failed_night_sensor(Settings("corner", Home(tmp_path)), nightly)
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        for tags in ({}, {"started_by": "command line"}):
            failed = nightly.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
            context = dg.build_run_status_sensor_context(
                sensor.name, failed.get_run_failure_event(), instance, failed.dagster_run
            ).for_run_failure()
            sensor(context)
    (paragraph,) = (tmp_path / "told").read_text().splitlines()
    assert "orders.csv lacks the required column order_id." in paragraph
