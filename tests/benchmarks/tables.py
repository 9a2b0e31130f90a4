"""How long the whole data package takes to load, beside pandas reading the same files.

Run by hand: ``.venv/bin/python tests/benchmarks/tables.py``. Both are measured in turn in one run; the
ratios count, for the seconds depend on the machine.
"""

import time
from collections.abc import Callable
from statistics import median

import pandas as pd

from cybergov import checks, data

ROUNDS = 7


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    """Print medians and ratios."""
    names = list(data.descriptors())
    files = [data.root() / "data" / data.descriptor(name)["path"] for name in names]

    def load() -> None:
        for name in names:
            data.load(name)

    def read() -> None:
        for file in files:
            pd.read_csv(file)

    load()  # the first time checks every table against its schema; later times remember
    taken = [(seconds(read), seconds(load), seconds(checks.run_all)) for _ in range(ROUNDS)]
    plain, ours, checked = (median(column) for column in zip(*taken, strict=True))
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{len(names)} tables, {size:.1f} MB, median of {ROUNDS} rounds")
    print(f"pandas.read_csv           {plain:.2f} s")
    print(f"data.load                 {ours:.2f} s, {ours / plain:.2f} times that")
    print(f"all checks between tables {checked:.2f} s, {checked / plain:.2f} times that")


if __name__ == "__main__":
    main()
