"""How long a grid of 5,000 supply games takes, beside loops over scipy.optimize that a user would write.

The heaviest case, a grid of 193 unequal states under a weaker link, took 1.3 to 1.6 seconds of one busy core when
it was last measured (in processor time; by the clock more beside other work); other grids take milliseconds.

Run by hand: ``.venv/bin/python tests/benchmarks/goods.py``. All are measured in turn in one run; the
ratios count, for the seconds depend on the machine. The loops over games of unequal states are too slow
for the whole grid: they run on one cell in 499, and their time is multiplied.
"""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import numpy.typing as npt
import scipy.optimize

from cybergov.measures.goods import Good, Technology, gain_from_leaving, nash, undersupply

ROUNDS = 3
STEP = 499  # one cell in so many is worked on by the slow loops
TASTE, STATES, RHO = 0.5, 20, -1.0
INCOMES = np.random.default_rng(1).lognormal(0, 1, STATES)

Numbers = npt.NDArray[np.float64]


def seconds(work: Callable[[], object]) -> tuple[float, object]:
    """Time one call, and return what it gave."""
    begin = time.perf_counter()
    found = work()
    return time.perf_counter() - begin, found


def loop_of_equals(exclusions: Numbers, congestions: Numbers) -> Numbers:
    """Solve the first-order condition of equal states under summation, cell by cell, with brentq."""
    found = np.empty(exclusions.size)
    for cell, (e, k) in enumerate(zip(exclusions, congestions, strict=True)):
        b = (1 - e) * STATES**-k

        def condition(g: float, e: float = e, b: float = b) -> float:
            return (1 - TASTE) * (e + STATES * b) * g - TASTE * (1 - g) * (e + b)

        found[cell] = 1 - scipy.optimize.brentq(condition, 0, 1) / TASTE
    return found


def loop_of_replies(exclusions: Numbers, congestions: Numbers) -> Numbers:
    """Let unequal states reply to each other under summation, each time with minimize_scalar."""
    found = np.empty(exclusions.size)
    for cell, (e, k) in enumerate(zip(exclusions, congestions, strict=True)):
        b = (1 - e) * STATES**-k
        given = TASTE * INCOMES
        for _ in range(200):
            before = given.copy()
            for i, income in enumerate(INCOMES):
                rest = given.sum() - given[i]

                def loss(
                    g: float, income: float = income, rest: float = rest, e: float = e, b: float = b
                ) -> float:
                    return -((income - g) ** (1 - TASTE)) * (e * g + b * (rest + g)) ** TASTE

                reply = scipy.optimize.minimize_scalar(loss, bounds=(0, income), method="bounded")
                given[i] = reply.x
            if np.abs(given - before).max() < 1e-5:
                break
        found[cell] = 1 - given.sum() / (TASTE * INCOMES.sum())
    return found


def loop_of_roots(exclusions: Numbers, congestions: Numbers) -> Numbers:
    """Solve the first-order conditions of the weaker link, cell by cell, with scipy.optimize.root."""
    found = np.empty(exclusions.size)
    for cell, (e, k) in enumerate(zip(exclusions, congestions, strict=True)):
        b = (1 - e) * STATES**-k

        def conditions(logs: Numbers, e: float = e, b: float = b) -> Numbers:
            g = INCOMES / (1 + np.exp(-logs))  # between nothing and all
            s = np.mean(g**RHO) ** (1 / RHO)
            own = e + b * (g / s) ** (RHO - 1) / STATES
            return np.asarray(np.log((1 - TASTE) * (e * g + b * s)) - np.log(TASTE * (INCOMES - g) * own))

        solved = scipy.optimize.root(conditions, np.full(STATES, -2.0))
        given = INCOMES / (1 + np.exp(-solved.x))
        found[cell] = 1 - given.sum() / (TASTE * INCOMES.sum())
    return found


def main() -> None:
    """Print medians and ratios, and how far the answers lie apart."""
    e, k = (grid.ravel() for grid in np.meshgrid(np.linspace(0.01, 1, 100), np.linspace(0, 2, 50)))

    def ours(technology: Technology, *, equal: bool) -> Callable[[], Numbers]:
        states = {"states": STATES} if equal else {"incomes": INCOMES}
        return lambda: np.asarray(undersupply(e, k, technology=technology, taste=TASTE, rho=RHO, **states))

    rows: list[tuple[str, Callable[[], Numbers], Callable[[Numbers, Numbers], Numbers], int]] = [
        ("equal states, summation: brentq", ours("summation", equal=True), loop_of_equals, 1),
        ("unequal, summation: replies", ours("summation", equal=False), loop_of_replies, STEP),
        ("unequal, weaker link: root", ours("weaker link", equal=False), loop_of_roots, STEP),
    ]
    print(f"{e.size} cells, {STATES} states, median of {ROUNDS} rounds")
    for name, fast, slow, step in rows:
        taken = []
        for _ in range(ROUNDS):
            here, grid = seconds(fast)
            there, part = seconds(lambda slow=slow, step=step: slow(e[::step], k[::step]))  # type: ignore[misc]
            taken.append((here, there * step))
        mine, theirs = (median(column) for column in zip(*taken, strict=True))
        apart = np.abs(np.asarray(grid)[::step] - np.asarray(part)).max()
        print(
            f"{name:34} {theirs:9.3f} s, ours {1000 * mine:8.2f} ms, "
            f"{theirs / mine:8.0f} times, at most {apart:.0e} apart"
        )
    for name, work in (
        (
            "193 unequal, weaker link",
            lambda: undersupply(e, k, incomes=np.geomspace(0.1, 10, 193), technology="weaker link", rho=RHO),
        ),
        ("unequal, weakest link", ours("weakest link", equal=False)),
        ("unequal, best shot", ours("best shot", equal=False)),
        ("nash of 193, best shot", lambda: nash(np.linspace(1, 9, 193), Good("best shot", 0.2))),
        ("nash of 193, weaker link", lambda: nash(np.linspace(1, 9, 193), Good("weaker link", 0.2))),
        ("gain from leaving, 5,000 cells", lambda: gain_from_leaving(7, STATES, e, k)),
    ):
        print(f"{name:34} ours {1000 * median(seconds(work)[0] for _ in range(ROUNDS)):8.2f} ms")


if __name__ == "__main__":
    main()
