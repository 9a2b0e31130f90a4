"""How long agreement, scaling and clustering of a whole Assembly's votes take, beside the obvious ways.

Run by hand on one core: ``OPENBLAS_NUM_THREADS=1 .venv/bin/python tests/benchmarks/voting.py``. With several
threads on a busy machine the small products of matrices wait for each other and take many times as long. The
votes are random and of the size of all recorded votes of 1998 to 2025: 193 states, 2,172 resolutions. All are
measured in turn in one run, in seconds of processor time; the ratios count, for the seconds depend on the
machine. The loops are run on a part of the pairs and scaled up by the number of pairs, as said beside them.

On a busy machine of two cores all took well below 1 s but the test of clusters, which took 2 to 3 s for 999 draws:
about half of that is scipy's linkage, once a draw.
"""

import itertools
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pandas as pd

from cybergov.measures.scaling import (
    cluster_states,
    multiple_correspondence,
    principal_coordinates,
    silhouette_test,
)
from cybergov.measures.voting import VOTES, pairwise_agreement, vote_matrix

ROUNDS = 5
STATES, RESOLUTIONS, CYBER = 193, 2172, 29
OF_PANDAS, OF_LOOP = 6, 4
DRAWS = 999


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def long_votes() -> pd.DataFrame:
    """Random votes with the shares of the record, state by state and resolution by resolution."""
    rng = np.random.default_rng(1)
    drawn = rng.choice(VOTES, (STATES, RESOLUTIONS), p=[0.73, 0.06, 0.11, 0.10])
    names = [f"S{i:03}" for i in range(STATES)]
    wide = pd.DataFrame(drawn, index=names, columns=[f"R{j:04}" for j in range(RESOLUTIONS)])
    long = wide.rename_axis("iso3").reset_index().melt("iso3", var_name="resolution", value_name="vote")
    return long[["resolution", "iso3", "vote"]]


def by_pandas(cast: pd.DataFrame, states: list[str]) -> list[float]:
    """Agreement of these states with all others: join their votes to everybody's and group by pair."""
    found: list[float] = []
    for state in states:
        own = cast[cast["iso3"] == state]
        both = own.merge(cast, on="resolution", suffixes=("_a", "_b"))
        distance = (both["number_a"] - both["number_b"]).abs()
        found.extend((1 - distance).groupby(both["iso3_b"]).mean())
    return found


def by_loop(wide: dict[str, list[str]], states: list[str]) -> list[float]:
    """Agreement of these states with all others, vote by vote in plain Python."""
    found = []
    for first, second in itertools.product(states, wide):
        agreed, common = 0.0, 0
        for a, b in zip(wide[first], wide[second], strict=True):
            if a != "not voting" and b != "not voting":
                common += 1
                if a == b:
                    agreed += 1
                elif "abstain" in (a, b):
                    agreed += 0.5
        found.append(agreed / common)
    return found


def main() -> None:
    """Print medians and ratios."""
    votes = long_votes()
    matrix = vote_matrix(votes)
    states = list(matrix.index)
    cast = votes[votes["vote"] != "not voting"].copy()
    cast["number"] = cast["vote"].map({"yes": 1.0, "abstain": 0.5, "no": 0.0})
    wide = {state: matrix.loc[state].tolist() for state in states}
    pairs = pairwise_agreement(matrix)
    expected = pairs.agreement.to_numpy()
    # The three must give the same before their times mean anything.
    assert np.allclose(by_pandas(cast, states[:1]), expected[0])
    assert np.allclose(by_loop(wide, states[:1]), expected[0])
    work: dict[str, Callable[[], object]] = {
        "pairs": lambda: pairwise_agreement(matrix),
        "pandas": lambda: by_pandas(cast, states[:OF_PANDAS]),
        "loop": lambda: by_loop(wide, states[:OF_LOOP]),
        "matrix": lambda: vote_matrix(votes),
        "coordinates": lambda: principal_coordinates(pairs, anchor="S000"),
        "correspondence": lambda: multiple_correspondence(matrix, anchor="S000"),
        "clusters": lambda: cluster_states(pairs),
        "test": lambda: silhouette_test(matrix.iloc[:, :CYBER], draws=DRAWS, seed=1),
    }
    rounds = [{name: seconds(job) for name, job in work.items()} for _ in range(ROUNDS)]
    taken = {name: median(times[name] for times in rounds) for name in work}
    # Half the pairs of n states with everybody are enough, for agreement is symmetric.
    scale = (STATES - 1) / 2 / STATES
    pandas, loop = (taken["pandas"] / OF_PANDAS * STATES * scale, taken["loop"] / OF_LOOP * STATES * scale)
    print(f"{STATES} states, {RESOLUTIONS:,} resolutions, median of {ROUNDS} rounds")
    print(f"pairwise_agreement, all pairs         {taken['pairs']:.3f} s")
    print(
        f"pandas, merge and group by            {pandas:.1f} s (from {OF_PANDAS} states scaled up), "
        f"{pandas / taken['pairs']:.0f} times that"
    )
    print(
        f"double loop in Python                 {loop:.1f} s (from {OF_LOOP} states scaled up), "
        f"{loop / taken['pairs']:.0f} times that"
    )
    print(f"vote_matrix from the long table       {taken['matrix']:.3f} s")
    print(f"principal_coordinates                 {taken['coordinates']:.3f} s")
    print(f"multiple_correspondence               {taken['correspondence']:.3f} s")
    print(f"cluster_states, 2 to 8 clusters       {taken['clusters']:.3f} s")
    print(f"silhouette_test, {CYBER} votes, {DRAWS} draws  {taken['test']:.3f} s")


if __name__ == "__main__":
    main()
