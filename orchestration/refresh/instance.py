"""Dagster's own state: below the private folder of a home, so that a run made by hand is in the UI's history too."""

from __future__ import annotations

import json
from pathlib import Path

from orchestration.paths import Home

SETTINGS = """\
# Written anew by each run: what Dagster keeps about this shop lies here and nowhere else.
telemetry:
  enabled: false

# The pop-up that asks for an e-mail address.
nux:
  enabled: false

event_log_storage:
  module: orchestration.refresh.history
  class: EventLog
  config:
    base_dir: {events}

concurrency:
  # One writer at a time: a DuckDB file has one.
  pools:
    default_limit: 1
    granularity: run
  runs:
    max_concurrent_runs: 1

# A failed run is not started again by itself: a person looks first.
run_retries:
  enabled: false

# What the programs print is in their own logs below private/logs; a second copy would cost two processes a step.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager

retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days: 90
"""


def prepare(home: Home) -> Path:
    """Make Dagster's folder of this home and write its settings. Returns the folder, for `DAGSTER_HOME`."""
    folder = Path(home.environment()["DAGSTER_HOME"])
    folder.mkdir(parents=True, exist_ok=True)
    events = json.dumps(str(folder / "history" / "runs"))
    (folder / "dagster.yaml").write_text(SETTINGS.format(events=events), encoding="utf-8")
    return folder
