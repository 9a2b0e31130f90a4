"""Bootstrap draws of a population-weighted Gini coefficient, beside what a reader would write first.

Run by hand: ``PYTHONPATH=lib .venv/bin/python tests/benchmarks/inequality.py``. The measure takes all draws at
once; a loop with the textbook formula and a pandas apply take a part of the same draws, and their time is
scaled up. All are measured in turn in one run, in seconds of the processor, so that other work on the machine
counts little; the ratios count, for the seconds depend on the machine. The values are checked to be the same.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cybergov.measures import inequality
from cybergov.measures.intervals import multiplicities

ROUNDS = 3
STATES = 193
DRAWS = 10_000
#: Draws that the two slow ways take in a round.
PART = 200

Numbers = npt.NDArray[np.float64]


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def textbook(values: Numbers, weights: Numbers) -> float:
    """Gini coefficient of one draw: 1 less twice the area beneath the Lorenz curve, by trapezia."""
    order = np.argsort(values)
    x, w = values[order], weights[order]
    people = np.concatenate([[0], np.cumsum(w) / w.sum()])
    held = np.concatenate([[0], np.cumsum(w * x) / (w * x).sum()])
    return float(1 - ((held[1:] + held[:-1]) * np.diff(people)).sum())


def in_pandas(drawn: pd.Series, table: pd.DataFrame) -> float:
    """Gini coefficient of one draw, from a table sorted by value."""
    weights = drawn * table["people"]
    people = weights.cumsum() / weights.sum()
    held = (weights * table["value"]).cumsum() / (weights * table["value"]).sum()
    return float(1 - ((held + held.shift(fill_value=0)) * people.diff().fillna(people.iloc[0])).sum())


def main() -> None:
    """Print medians and ratios."""
    rng = np.random.default_rng(1)
    values, people = rng.lognormal(3, 2, STATES), np.sort(rng.lognormal(15, 2, STATES))
    times = multiplicities(STATES, DRAWS, seed=1)
    weights = times * people
    table = pd.DataFrame({"value": values, "people": people}).sort_values("value")
    draws = pd.DataFrame(times[:PART])[table.index]

    def loop() -> Numbers:
        return np.array([textbook(values, row) for row in weights[:PART]])

    def apply() -> "npt.NDArray[np.floating[Any]]":
        return draws.apply(in_pandas, axis=1, args=(table,)).to_numpy()

    ours = inequality.gini(values, weights)
    for other in (loop(), apply()):
        assert np.allclose(ours[:PART], other, rtol=0, atol=1e-12)

    groups, income = np.arange(STATES) % 5, rng.lognormal(9, 1, STATES)
    ways: dict[str, tuple[Callable[[], object], float]] = {
        "gini, all draws at once": (lambda: inequality.gini(values, weights), 1),
        "textbook formula in a loop": (loop, DRAWS / PART),
        "pandas apply": (apply, DRAWS / PART),
        "multiplicities": (lambda: multiplicities(STATES, DRAWS, seed=1), 1),
        "theil_t": (lambda: inequality.theil_t(values, weights), 1),
        "theil_l": (lambda: inequality.theil_l(values, weights), 1),
        "theil_decomposition": (lambda: inequality.theil_decomposition(values, groups, weights), 1),
        "atkinson": (lambda: inequality.atkinson(values, 0.5, weights), 1),
        "lorenz_curve": (lambda: inequality.lorenz_curve(values, weights), 1),
        "concentration_index": (lambda: inequality.concentration_index(values, income, weights), 1),
        "kakwani": (lambda: inequality.kakwani(values, income, weights), 1),
        "suits": (lambda: inequality.suits(values, income, weights), 1),
        "hoover": (lambda: inequality.hoover(values, weights), 1),
        "hhi": (lambda: inequality.hhi(times * values), 1),
        "shannon_entropy": (lambda: inequality.shannon_entropy(times * values), 1),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (work, scale) in ways.items():
            taken[name].append(scale * seconds(work))
    first = median(next(iter(taken.values())))
    print(f"{DRAWS:,} draws of {STATES} states, median of {ROUNDS} rounds")
    for name, found in taken.items():
        print(f"{name:<28} {median(found):7.2f} s, {median(found) / first:7.1f} times the first")


if __name__ == "__main__":
    main()
