"""How the refresh drives Great Expectations: two processes of their own, started before they are needed.

Importing Great Expectations takes seconds, and it keeps the lock of a DuckDB file until its process ends. So what
arrives and what leaves is judged by a process each, which imports while the refresh lands and builds, then waits for
the word to go, judges, writes its results and ends.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from orchestration.paths import PROJECT
from orchestration.refresh import results as check_results
from orchestration.refresh import tied
from orchestration.refresh.results import CheckResult
from orchestration.refresh.settings import Settings


class AuditError(Exception):
    """An audit could not run at all, which is not the same as red; the message says what it said."""


@dataclass
class Auditor:
    """One audit, from the start of its process to its results. Not started again once it has judged."""

    stage: str
    settings: Settings
    process: subprocess.Popen[str] | None = None

    @property
    def results_file(self) -> Path:
        """Where the audit writes what it found."""
        return self.settings.home.private / "checks" / f"{self.stage}.json"

    @property
    def log_file(self) -> Path:
        """What the audit said on its way: for whoever looks why it could not run."""
        return self.settings.home.private / "logs" / f"audit_{self.stage}.log"

    def start(self) -> None:
        """Start the process, which imports what it needs and waits. Nothing happens where it is under way."""
        if self.process is not None:
            return
        for file in (self.results_file, self.log_file):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "expectations", self.stage, "--home", str(self.settings.home.root)]
        if self.settings.home.as_of:
            command += ["--as-of", self.settings.home.as_of]
        command += ["--results", str(self.results_file), "--wait"]
        with self.log_file.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env={**os.environ, **self.settings.environment(), tied.STARTED_BY: str(os.getpid())},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )
        # A refresh that ends before it comes to this audit must not leave it waiting.
        atexit.register(self.stop)

    def judge(self) -> list[CheckResult]:
        """Say go, wait for the end, read what was found. Starts the process where nobody has yet.

        Raises AuditError where the audit could not run: its last words are in the message, all of them in its log.
        """
        self.start()
        process, self.process = self.process, None
        try:
            process.communicate("go\n")
        except BrokenPipeError:
            process.wait()
        if process.returncode != 0 or not self.results_file.exists():
            said = [line for line in self.log_file.read_text(encoding="utf-8").splitlines() if line.strip()]
            raise AuditError(
                f"The audit of what is {self.stage} could not run: {said[-1] if said else 'it said nothing'} "
                f"Its log is {self.log_file}."
            )
        return check_results.read(self.results_file)

    def stop(self) -> None:
        """Let the process go without judging. Nothing happens where there is none."""
        process, self.process = self.process, None
        if process is not None:
            process.stdin.close()
            # It would leave by itself at the end of its input, but only after importing for seconds, and where SIGTERM
            # is ignored, as under some process managers, only a kill ends it before that. It has opened nothing yet.
            process.kill()
            process.wait()
