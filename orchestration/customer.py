"""One customer, told whole: `make customer ID=<number>` prints the sheet and writes it as a page.

Everything is read from the publication in force; the page lies in the shop's private folder, where nobody publishes it.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from orchestration.paths import Home
from orchestration.publish import MARTS_FILE
from orchestration.refresh import customer_keys
from orchestration.refresh.settings import SettingsError, locale, named_home, shop_settings
from orchestration.report import ReportError, customer, page
from orchestration.report.texts import LANGUAGES, Texts

LONGEST_NAME = 200
"""Letters of a file's name before its ending: file systems hold 255 bytes."""


def page_of(home: Home, customer_id: str) -> Path:
    """Where the page of a customer lies; any character of a number can stand in a file's name after quoting.

    A name too long for a file is cut, and a hash of the number tells it from others that begin so.
    """
    name = quote(customer_id, safe="")
    if len(name) > LONGEST_NAME:
        digest = hashlib.sha256(customer_id.encode()).hexdigest()[:16]
        name = f"{name[: LONGEST_NAME - len(digest) - 1]}-{digest}"
    return home.private / "customers" / f"{name}.html"


def _where_keys_are(home: Home) -> str:
    """For who gives the number of a customer where the tables know them by a key."""
    if shop_settings(home).get("customer_ids") != "keyed":
        return ""
    return f" This shop's tables carry a key in place of each number: {home.private / customer_keys.FILE} has both."


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m orchestration.customer --id ID …`. Exit code 1 with a sentence on stderr where there is no sheet."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.customer", description="The sheet of one customer.")
    parser.add_argument("--id", required=True, help="the shop's number of the customer, with its zeros")
    parser.add_argument("--shop", default=None, help="the shop (default: demo)")
    parser.add_argument("--as-of", default=None, help="the day whose publication is meant (default: the nightly one)")
    parser.add_argument("--language", default=LANGUAGES[0], choices=LANGUAGES, help="of the sheet")
    asked = parser.parse_args(arguments)
    if not asked.id:
        print("Name the customer: make customer ID=<the shop's number of the customer>", file=sys.stderr)
        return 1
    try:
        home = named_home(asked.shop, asked.as_of)
        marts = home.current / MARTS_FILE
        if not marts.is_file():
            raise ReportError(f"Nothing is published in {home.published} yet: run the refresh first (make run).")
        report = customer.sheet(marts, asked.id, asked.language, locale(home))
    except customer.NobodyError as error:
        print(f"{error}{_where_keys_are(home)}", file=sys.stderr)
        return 1
    except (ReportError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    file = page_of(home, asked.id)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page.interactive(report, Texts(asked.language)), encoding="utf-8")
    print(customer.as_text(report))
    print(f"\n{file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
