"""`python -m orchestration.benchmark`, which `make bench` calls."""

import sys

from orchestration.benchmark.run import main

if __name__ == "__main__":
    sys.exit(main())
