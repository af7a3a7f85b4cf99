"""Programs that end with the process that started them: `python -m orchestration.refresh.tied <program> <arguments>`.

A refresh that is killed leaves what it had started: dbt would build on and hold the private warehouse, and the next
refresh would find it locked. On Linux the kernel ends a process with its parent where it asks for that; elsewhere this
does nothing, and the orphan ends by itself when it has built.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

STARTED_BY = "STARTED_BY"
"""The variable in which a process tells its number to what it starts."""


def end_with_parent() -> None:
    """Have this process killed when its parent dies. A parent that is dead already ends it at once."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.environ.get(STARTED_BY, str(os.getppid())) != str(os.getppid()):
        sys.exit("Who started this has ended.")


if __name__ == "__main__":
    end_with_parent()
    os.execv(sys.argv[1], sys.argv[1:])
