"""`python -m orchestration.report MARTS.duckdb FOLDER`: write the report page of a published file into a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from orchestration.report import ReportError, build, file_names
from orchestration.report.texts import LANGUAGES


def main() -> int:
    """Exit code 0 when all editions are written, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.report", description="Write the report page.")
    parser.add_argument("marts", type=Path, metavar="MARTS.duckdb", help="DuckDB file with schemas marts and metadata")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the editions of the page go")
    parser.add_argument("--locale", help="how numbers are written, such as de_DE; else as each language does")
    arguments = parser.parse_args()
    try:
        build(arguments.marts, arguments.folder, arguments.locale)
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1
    for language in LANGUAGES:
        for name in file_names(language):
            print(arguments.folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
