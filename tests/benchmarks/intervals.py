"""How long bootstraps and permutation tests take, beside what a reader would write first.

Run by hand: ``.venv/bin/python tests/benchmarks/intervals.py``. All are measured in turn in one run; the
ratios count, for the seconds depend on the machine. The loop over pandas is timed on a tenth of the draws
and counted ten times. scipy is two to six times as fast on the tasks that it can express: it draws no states
by region unless their totals are enough, and knows neither strata nor probabilities. Each task of
`cybergov.measures` took less than half a second.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats

from cybergov.measures.intervals import bootstrap, difference_test
from cybergov.measures.representation import members_by_lot

ROUNDS = 5
DRAWS = 10_000
STATES = 193
REGIONS = 22


def mean(times: Any, values: Any) -> Any:
    """Mean of the drawn states."""
    return times @ values / times.sum(axis=1)


def ratio(times: Any, values: Any, weights: Any) -> Any:
    """Weighted mean of the drawn states."""
    return times @ (values * weights) / (times @ weights)


def of_sums(above: Any, below: Any, axis: int = -1) -> Any:
    """Ratio of sums, the form that scipy's resamples of regions take."""
    return np.sum(above, axis=axis) / np.sum(below, axis=axis)


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    """Print medians and ratios."""
    rng = np.random.default_rng(1)
    states = pd.DataFrame(
        {
            "value": rng.gamma(2, 3, STATES),
            "weight": rng.lognormal(2, 1, STATES),
            "region": rng.permutation(np.arange(STATES) % REGIONS),
        }
    )
    x, w = states["value"].to_numpy(), states["weight"].to_numpy()
    region = states["region"].to_numpy()
    groups = [frame for _, frame in states.groupby("region")]

    def loop(statistic: Callable[[pd.DataFrame], float]) -> None:
        for _ in range(DRAWS // 10):
            statistic(pd.concat([groups[i] for i in rng.integers(0, REGIONS, REGIONS)]))

    def ours(statistic: Callable[..., Any], *columns: Any) -> None:
        bootstrap(statistic, *columns, draws=DRAWS, seed=1, takes="multiplicities", clusters=region)

    def scipys(above: Any, below: Any) -> None:
        totals = tuple(np.bincount(region, weights=column) for column in (above, below))
        scipy.stats.bootstrap(
            totals, of_sums, paired=True, n_resamples=DRAWS, batch=500, method="percentile", rng=rng
        )

    tests: dict[str, dict[str, tuple[Callable[[], object], int]]] = {
        f"mean, {DRAWS:,} draws of whole regions": {
            "bootstrap": (lambda: ours(mean, x), 1),
            "scipy on totals of regions": (lambda: scipys(x, np.ones(STATES)), 1),
            "loop over pandas": (lambda: loop(lambda frame: frame["value"].mean()), 10),
        },
        f"weighted mean, {DRAWS:,} draws of whole regions": {
            "bootstrap": (lambda: ours(ratio, x, w), 1),
            "scipy on totals of regions": (lambda: scipys(x * w, w), 1),
            "loop over pandas": (
                lambda: loop(lambda frame: np.average(frame["value"], weights=frame["weight"])),
                10,
            ),
        },
        f"mean, {DRAWS:,} draws of states, BCa": {
            "bootstrap": (
                lambda: bootstrap(mean, x, draws=DRAWS, seed=1, takes="multiplicities", method="BCa"),
                1,
            ),
            "scipy": (
                lambda: scipy.stats.bootstrap((x,), np.mean, n_resamples=DRAWS, batch=500, rng=rng),
                1,
            ),
        },
        f"permutation test of a difference, {DRAWS:,} dealings": {
            "difference_test": (
                lambda: difference_test(np.mean, x, region < REGIONS / 2, draws=DRAWS, seed=1),
                1,
            ),
            "scipy": (
                lambda: scipy.stats.permutation_test(
                    (x[region < REGIONS / 2], x[region >= REGIONS / 2]),
                    lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
                    vectorized=True,
                    n_resamples=DRAWS,
                    rng=rng,
                ),
                1,
            ),
        },
        f"{DRAWS:,} lotteries of two seats a region": {
            "members_by_lot": (
                lambda: members_by_lot(region, [dict.fromkeys(range(REGIONS), 2)], draws=DRAWS, seed=1),
                1,
            ),
            "loop over pandas": (
                lambda: [states.groupby("region").sample(2, random_state=i) for i in range(DRAWS // 10)],
                10,
            ),
        },
    }
    print(f"{STATES} states in {REGIONS} regions, median of {ROUNDS} rounds")
    for task, ways in tests.items():
        rounds = [[times * seconds(work) for work, times in ways.values()] for _ in range(ROUNDS)]
        taken = [median(column) for column in zip(*rounds, strict=True)]
        print(task)
        for name, of in zip(ways, taken, strict=True):
            print(f"  {name:28s}{of:8.3f} s, {of / taken[0]:6.1f} times the first")


if __name__ == "__main__":
    main()
