"""How long a thousand null networks take, beside networkx alone.

Run by hand: ``.venv/bin/python tests/benchmarks/networks.py``. The network is made up, of the size of the
real one: 193 states, 55 institutions. All are measured in turn in one run, in seconds of the processor, as
others may use the machine; the ratios count. networkx is given fewer networks and scaled up, as it would
take minutes. All but one stay below two seconds: the modularity of a thousand null networks takes about six
seconds with a single start each, most of them in igraph's Leiden algorithm.
"""

import random
import time
from collections.abc import Callable
from statistics import median

import networkx as nx  # type: ignore[import-untyped, unused-ignore]
import numpy as np
import numpy.typing as npt

from cybergov.measures.networks import (
    barber_modules,
    bicm_probabilities,
    bicm_sample,
    curveball,
    nodf,
    null_test,
    pair_coverage,
)

ROUNDS = 5
DRAWS = 1000
FEW = 2


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def swapped(graph: nx.Graph, ties: list[tuple[int, int]], swaps: int, rng: random.Random) -> None:
    """Swap the ends of ties, so many times: what users of networkx write, as its own swaps mix the sides."""
    for _ in range(swaps):
        a, b = rng.sample(range(len(ties)), 2)
        (i, k), (j, m) = ties[a], ties[b]
        if not graph.has_edge(i, m) and not graph.has_edge(j, k):
            graph.remove_edges_from([(i, k), (j, m)])
            graph.add_edges_from([(i, m), (j, k)])
            ties[a], ties[b] = (i, m), (j, k)


def nodf_of_graph(graph: nx.Graph, rows: range, columns: range) -> float:
    """Nestedness pair by pair."""
    score = 0.0
    pairs = 0
    for side in (rows, columns):
        neighbours = [set(graph[node]) for node in side]
        for place, one in enumerate(neighbours):
            for other in neighbours[:place]:
                pairs += 1
                small, large = sorted((one, other), key=len)
                if 0 < len(small) < len(large):
                    score += 100 * len(small & large) / len(small)
    return score / pairs


def main() -> None:
    """Print medians and ratios."""
    rng = np.random.default_rng(0)
    chances = 2 * np.outer(rng.beta(0.5, 2, 193), rng.beta(0.7, 1.5, 55))
    network: npt.NDArray[np.bool_] = rng.random((193, 55)) < chances
    n, m = network.shape

    def by_swaps(of_graph: Callable[[nx.Graph], float]) -> None:
        graph = nx.empty_graph(n + m)
        ties = [(int(i), int(n + j)) for i, j in np.argwhere(network)]
        graph.add_edges_from(ties)
        chance = random.Random(1)
        for _ in range(FEW):
            swapped(graph, ties, 5 * len(ties), chance)
            of_graph(graph)

    def by_chance(of_graph: Callable[[nx.Graph], float]) -> None:
        # networkx's own model with given degrees; repeated ties are lost.
        states, institutions = network.sum(axis=1).tolist(), network.sum(axis=0).tolist()
        for draw in range(FEW):
            of_graph(nx.Graph(nx.bipartite.configuration_model(states, institutions, seed=draw)))

    def coverage_of_graph(graph: nx.Graph) -> float:
        return float(nx.bipartite.projected_graph(graph, range(n)).number_of_edges() / (n * (n - 1) / 2))

    def nestedness_of_graph(graph: nx.Graph) -> float:
        return nodf_of_graph(graph, range(n), range(n, n + m))

    work: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "curveball, coverage": (
            lambda: pair_coverage(curveball(network, draws=DRAWS, seed=1)),
            lambda: by_swaps(coverage_of_graph),
        ),
        "curveball, NODF": (
            lambda: nodf(curveball(network, draws=DRAWS, seed=1)),
            lambda: by_swaps(nestedness_of_graph),
        ),
        "BiCM, coverage": (
            lambda: pair_coverage(bicm_sample(network, draws=DRAWS, seed=1)),
            lambda: by_chance(coverage_of_graph),
        ),
        "BiCM, NODF": (
            lambda: nodf(bicm_sample(network, draws=DRAWS, seed=1)),
            lambda: by_chance(nestedness_of_graph),
        ),
    }
    compiling = seconds(lambda: curveball(network, draws=1, seed=1))
    solving = seconds(lambda: bicm_probabilities(network))
    print(
        f"Importing numba and compiling the trades {compiling:.1f} s, importing and compiling bicm {solving:.1f} s"
    )
    print(f"{DRAWS} null networks of {n} states and {m} institutions, median of {ROUNDS} rounds")
    taken = [
        {name: (seconds(ours), seconds(theirs)) for name, (ours, theirs) in work.items()}
        for _ in range(ROUNDS)
    ]
    for name in work:
        ours, theirs = (
            median(column) for column in zip(*(taken_once[name] for taken_once in taken), strict=True)
        )
        theirs *= DRAWS / FEW
        print(f"{name:20} {ours:6.2f} s, networkx {theirs:7.1f} s: {theirs / ours:5.0f} times that")
    alone = median(seconds(lambda: curveball(network, draws=DRAWS, seed=1)) for _ in range(ROUNDS))
    print(f"{'curveball alone':20} {alone:6.2f} s")
    one_by_one = median(
        seconds(lambda: null_test(network, lambda x: nodf(x).total, draws=DRAWS, seed=1))
        for _ in range(ROUNDS)
    )
    print(f"{'null_test of NODF':20} {one_by_one:6.2f} s, network by network")

    searched = seconds(
        lambda: null_test(
            network, lambda x: barber_modules(x, starts=1, seed=1).modularity, draws=DRAWS, seed=1
        )
    )
    print(f"{'null_test of modules':20} {searched:6.2f} s, one start for each network")

    leiden, louvain = [], []
    graph = nx.DiGraph([(int(i), int(n + j)) for i, j in np.argwhere(network)])
    values = [barber_modules(network, seed=1).modularity, 0.0]
    for _ in range(ROUNDS):
        leiden.append(seconds(lambda: barber_modules(network, seed=1)))
        louvain.append(
            seconds(
                lambda: values.append(
                    max(
                        nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=seed))
                        for seed in range(5)
                    )
                )
            )
        )
    ours, theirs = median(leiden), 20 * median(louvain)
    print(
        f"{'modules, 100 starts':20} {ours:6.2f} s (Q = {values[0]:.4f}), networkx louvain {theirs:5.1f} s "
        f"(Q = {max(values[1:]):.4f}): {theirs / ours:.0f} times that"
    )


if __name__ == "__main__":
    main()
