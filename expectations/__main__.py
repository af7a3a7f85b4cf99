"""The process of one audit: `python -m expectations arriving|leaving --home <root> --results <file.json>`.

With `--wait` it imports everything, says so, and begins when it reads the line `go`: so Great Expectations is imported
while the models are still being built. Ends with 0 where it judged, red or green, and with 1 and a sentence where it
could not.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from expectations.catalogue import STAGES
from orchestration.paths import Home
from orchestration.refresh import tied


def main(arguments: list[str] | None = None) -> int:
    """Judge a stage and write its results. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m expectations", description=__doc__)
    parser.add_argument("stage", choices=STAGES, help="what arrived in the landing, or what leaves the warehouse")
    parser.add_argument("--home", required=True, type=Path, help="folder of the shop")
    parser.add_argument("--as-of", default=None, help="judge what was built for this day")
    parser.add_argument("--results", required=True, type=Path, help="JSON file to write the results to")
    parser.add_argument("--wait", action="store_true", help="import, then begin at the line 'go' on standard input")
    asked = parser.parse_args(arguments)

    tied.end_with_parent()
    started = time.perf_counter()
    # Imported here, not above: it takes seconds, and nobody should wait them for --help or a wrong argument.
    import duckdb

    from expectations import judge, results
    from expectations.arriving import NothingLanded
    from expectations.leaving import NoWarehouse
    from expectations.tolerances import ToleranceError

    _tell(f"{asked.stage}: ready after {time.perf_counter() - started:.1f} s")
    if asked.wait:
        line = sys.stdin.readline()
        if not line:
            return 0
        if line.strip() != "go":
            _tell(f"Expected the line 'go' on standard input, found {line.strip()!r}.")
            return 1

    started = time.perf_counter()
    home = Home(asked.home.resolve(), asked.as_of)
    judge_stage = {"arriving": judge.judge_arriving, "leaving": judge.judge_leaving}[asked.stage]
    try:
        found = judge_stage(home, _tell)
        results.write_at_once(asked.results, found)
    except (NothingLanded, NoWarehouse, ToleranceError, duckdb.Error, OSError, ValueError, MemoryError) as error:
        # In one line: the refresh hands on the last.
        said = " ".join(str(error).split()) or type(error).__name__
        _tell(f"The {asked.stage} data could not be judged: {said}")
        return 1
    red = [result for result in found if not result.passed]
    _tell(
        f"{asked.stage}: {len(found) - len(red)} of {len(found)} expectations hold, "
        f"{sum(result.is_critical for result in red)} critical ones do not ({time.perf_counter() - started:.1f} s)"
    )
    return 0


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
