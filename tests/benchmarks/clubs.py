"""How long clubs take to form, beside the same model in plain Python loops, and how the time grows.

Run by hand: ``PYTHONPATH=lib .venv/bin/python tests/benchmarks/clubs.py``. Both are measured in turn in
one run; the ratios count, for the seconds depend on the machine. The loops also serve the tests as a
second implementation of the model. What numba takes to compile the first time is stated by itself.
"""

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

import numpy as np

from cybergov.measures.clubs import ClubRules, form_clubs, is_stable, moments

REPEATS = 5
Club = frozenset[int]


class ByLoops:
    """The model as its description reads, one state, one club and one move at a time."""

    def __init__(
        self, x: Sequence[Sequence[float]], w: Sequence[float], c: Sequence[float], rules: ClubRules
    ) -> None:
        mean = sum(w) / len(w)
        self.x, self.w, self.c, self.rules = x, [size / mean for size in w], c, rules
        self.n = len(x)
        self.queue = [self.nearest(i)[: rules.partners] for i in range(self.n)]

    def nearest(self, i: int) -> list[int]:
        others = [j % self.n for j in range(i + 1, i + self.n)]
        return sorted(others, key=lambda j: self.apart(self.x[i], self.x[j]))

    @staticmethod
    def apart(a: Sequence[float], b: Sequence[float]) -> float:
        return sum((p - q) ** 2 for p, q in zip(a, b, strict=True))

    def access(self, i: int, club: Club) -> float:
        """Access of a state to a club, from within or from outside."""
        rules = self.rules
        if len(club) < rules.smallest:
            return 0.0
        weight = sum(self.w[j] for j in club)
        place = [sum(self.w[j] * self.x[j][d] for j in club) / weight for d in range(len(self.x[i]))]
        quality = weight**rules.returns * math.exp(-rules.congestion * (len(club) - 1))
        use = quality * math.exp(-self.apart(self.x[i], place) / rules.bandwidth**2)
        return use if i in club else (1 - rules.exclusion) * use

    def utility(self, i: int, clubs: Sequence[Club]) -> float:
        power = 1 / (1 - self.rules.substitution)
        use = sum(self.access(i, club) ** power for club in clubs) ** (1 / power)
        return use - self.c[i] * sum(i in club for club in clubs)

    def admits(self, club: Club, i: int) -> bool:
        content = sum(self.access(j, club | {i}) >= self.access(j, club) * (1 - 1e-12) for j in club)
        if self.rules.admission == "unanimity":
            return content == len(club)
        return self.rules.admission == "open" or content > len(club) / 2

    def kept(self, clubs: Sequence[Club]) -> list[Club]:
        """Empty the clubs that have become too small, each in its place."""
        return [club if len(club) >= self.rules.smallest else Club() for club in clubs]

    def changes(self, i: int, clubs: Sequence[Club]) -> Iterator[list[Club]]:
        """Leave one, join one, change one for another."""
        leave = [k for k, club in enumerate(clubs) if i in club]
        join = [k for k, club in enumerate(clubs) if club and i not in club and self.admits(club, i)]
        for out in [None, *leave]:
            for into in [None, *join]:
                if out is None and into is None:
                    continue
                new = list(clubs)
                if out is not None:
                    new[out] = new[out] - {i}
                if into is not None:
                    new[into] = new[into] | {i}
                yield self.kept(new)

    def foundings(self, i: int, clubs: Sequence[Club]) -> Iterator[list[Club]]:
        """All new clubs that a founder and its nearest states agree on."""
        if sum(bool(club) for club in clubs) == self.rules.capacity:
            return
        least = self.rules.inertia + 1e-9

        def gain(j: int, club: Club) -> float:
            return self.utility(j, [*clubs, club]) - self.utility(j, clubs)

        for number in range(self.rules.smallest - 1, len(self.queue[i]) + 1):
            asked = Club([i, *self.queue[i][:number]])
            club = Club(j for j in asked if j == i or gain(j, asked) > least)
            if len(club) >= self.rules.smallest and all(
                gain(j, club) > least and gain(j, club) >= gain(j, club - {j}) - 1e-9 for j in club
            ):
                new = list(clubs)
                if Club() in new:
                    new[new.index(Club())] = club
                else:
                    new.append(club)
                yield new

    def best(self, i: int, clubs: Sequence[Club]) -> tuple[float, list[Club]]:
        now = self.utility(i, clubs)
        best, found = self.rules.inertia + 1e-9, list(clubs)
        for moves in (self.changes, self.foundings):
            for new in moves(i, clubs):
                gain = self.utility(i, new) - now
                if gain > best:
                    best, found = gain, new
        return best, found

    def wants(self, i: int, clubs: Sequence[Club]) -> bool:
        return self.best(i, clubs)[0] > self.rules.inertia + 1e-9

    def run(self, order: Sequence[int], rounds: int, clubs: Sequence[Club] = ()) -> list[Club]:
        """Poll, then call those who want to move, until nobody does."""
        for _ in range(rounds):
            wanting = [self.wants(i, clubs) for i in range(self.n)]
            if not any(wanting):
                break
            for i in order:
                if wanting[i]:
                    _, clubs = self.best(i, clubs)
        return [club for club in clubs if club]


def world(n: int, spread: float, dimensions: int, seed: int) -> tuple[Any, Any]:
    """Made-up states: normal positions, sizes as skewed as economies."""
    rng = np.random.default_rng(seed)
    return rng.normal(scale=spread, size=(n, dimensions)), rng.lognormal(sigma=1.5, size=n)


def rules_for(admission: Any, capacity: int = 300) -> ClubRules:
    return ClubRules(
        exclusion=0.7,
        returns=0.5,
        congestion=0.02,
        substitution=0.5,
        bandwidth=1.0,
        admission=admission,
        capacity=capacity,
    )


def seconds(work: Callable[[], object]) -> float:
    """Time one call on the processor, without what other programs take."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    """Print medians and ratios."""
    x, w = world(24, 1.0, 1, seed=1)
    with tempfile.TemporaryDirectory() as empty:
        os.environ["NUMBA_CACHE_DIR"] = empty  # read when numba is imported, in the first call
        took = seconds(lambda: form_clubs(x, w, 0.5, rules=rules_for("majority"), seed=1))
        print(f"compiling, once on a machine: {took:.1f} s\n")
    rules, order = rules_for("majority"), np.arange(24)
    loops = ByLoops(x.tolist(), w.tolist(), [0.5] * 24, rules)
    taken = [
        (
            seconds(lambda: loops.run(order.tolist(), 200)),
            seconds(lambda: form_clubs(x, w, 0.5, rules=rules, seed=1, order=order)),
        )
        for _ in range(REPEATS)
    ]
    plain, ours = (median(column) for column in zip(*taken, strict=True))
    print(f"24 states, until stable, median of {REPEATS} runs on the processor")
    print(f"plain loops               {plain:.3f} s")
    print(f"form_clubs                {ours:.3f} s, {plain / ours:.0f} times as fast")

    print("\n193 states until stable, at most 55 clubs: rounds, clubs, and is_stable")
    for admission in ("majority", "unanimity"):
        for dimensions in (1, 2):
            x, w = world(193, 1.0, dimensions, seed=1)
            rules = rules_for(admission, 55)
            found = []
            took = seconds(lambda: found.append(form_clubs(x, w, 0.5, rules=rules, seed=1)))  # noqa: B023
            check = seconds(lambda: is_stable(found[0].members, x, w, 0.5, rules=rules))  # noqa: B023
            print(
                f"{admission:10} {dimensions} dimension(s)  {took:.2f} s  {found[0].rounds} rounds  "
                f"({found[0].unsettled} unsettled)  {len(found[0].counts)} clubs  {check:.2f} s"
            )

    print("\nOne round from a network that is full of clubs, by states times clubs (best of runs)")
    for admission, dimensions in (("open", 1), ("majority", 1), ("majority", 2)):
        one = {}
        for n, k in ((193, 55), (193, 300), (5000, 55), (5000, 300)):
            x, w = world(n, 1.0, dimensions, seed=2)
            start = np.random.default_rng(3).random((n, k)) < 3 / k
            start[:2] = True
            rules = rules_for(admission, k)
            one[n, k] = min(
                seconds(
                    lambda: form_clubs(x, w, 0.5, rules=rules, seed=1, start=start, rounds=1)  # noqa: B023
                )
                for _ in range(REPEATS)
            )
        for (n, k), took in one.items():
            work, time_ = n * k / (193 * 55), took / one[193, 55]
            print(
                f"{admission:10} {dimensions} dimension(s)  {n:5} states {k:4} clubs  {took:6.2f} s: "
                f"{work:6.1f} times the pairs, {time_:6.1f} times the time"
            )

    print("\n5000 states, 300 clubs, from nothing until stable (best of 3 runs)")
    for dimensions in (2, 1):
        x, w = world(5000, 3.0, dimensions, seed=2)
        found = []
        rules = rules_for("majority")
        took = min(
            seconds(lambda: found.append(form_clubs(x, w, 0.5, rules=rules, seed=1)))  # noqa: B023
            for _ in range(3)
        )
        print(
            f"majority   {dimensions} dimension(s)  {took:.2f} s  {found[0].rounds} rounds  "
            f"({found[0].unsettled} unsettled)"
        )
    described = seconds(lambda: moments(found[0].members))
    print(f"moments of that network: {described:.2f} s")


if __name__ == "__main__":
    main()
