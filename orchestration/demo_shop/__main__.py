"""python -m orchestration.demo_shop FOLDER: makes a demo shop."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestration.demo_shop import DemoShopError, generate


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0: the shop is in place. 1: it is not, and why stands on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.demo_shop", description="Makes a demo shop of any size."
    )
    parser.add_argument("folder", type=Path, help="where the shop's files go; new, empty, or an earlier demo shop")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--customers", type=int, default=5_000, help="customer accounts (default 5000)")
    size.add_argument("--lines", type=int, help="about so many order lines instead")
    parser.add_argument("--first-year", type=int, default=2023, help="the year in which the shop opens (default 2023)")
    parser.add_argument("--years", type=int, default=3, help="how many years it runs (default 3)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another shop (default 1)")
    parser.add_argument(
        "--workers", type=int, help="processes (default: one a core for large shops); the content is the same"
    )
    parser.add_argument("--clean", action="store_true", help="no dirty rows")
    chosen = parser.parse_args(arguments)
    try:
        generate(**vars(chosen))
    except DemoShopError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The shop could not be written: {error}. Name another folder, or make room.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
