"""The network of states and institutions: overlap, modules, nestedness, camps and null models."""

import doctest
import itertools
import random
import subprocess
import sys
from collections import Counter
from typing import Any

import networkx as nx  # type: ignore[import-untyped, unused-ignore]
import numpy as np
import pandas as pd
import pytest
import scipy.stats
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cybergov.errors import MeasureError
from cybergov.measures import networks
from cybergov.measures.networks import (
    barber_modularity,
    barber_modules,
    betweenness,
    bicm_probabilities,
    bicm_sample,
    bridges,
    camp,
    components,
    curveball,
    incidence,
    jaccard,
    mean_jaccard,
    multiplicity,
    newman_modularity,
    newman_modules,
    nodf,
    null_test,
    order_by_correspondence,
    order_by_degree,
    order_by_module,
    pair_coverage,
    phi,
    projection,
    two_camps,
)

CASES = settings(deadline=None, max_examples=50, derandomize=True)
NETWORKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=7))

# The tests of the package EcologicalNetworks.jl name this the original example of Almeida-Neto and others
# (2008) and expect a total of 0.58, columns of 0.63 and rows of 0.53, to two digits.
ALMEIDA_NETO = [[1, 0, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 0, 0, 0], [1, 1, 0, 0, 0]]


@pytest.fixture(scope="module")
def women():
    """Davis's Southern Women: 18 women at 14 events, as networkx ships them."""
    graph = nx.davis_southern_women_graph()
    table = nx.bipartite.biadjacency_matrix(graph, graph.graph["top"], graph.graph["bottom"]).toarray()
    return pd.DataFrame(table, index=graph.graph["top"], columns=graph.graph["bottom"])


@pytest.fixture(scope="module")
def large():
    """A made-up network of the size of the real one: 193 states, 55 institutions, uneven degrees."""
    rng = np.random.default_rng(0)
    return rng.random((193, 55)) < 2 * np.outer(rng.beta(0.5, 2, 193), rng.beta(0.7, 1.5, 55))


def digraph(matrix):
    """The network with every tie directed from the state to the institution."""
    matrix = np.asarray(matrix)
    n, m = matrix.shape
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n + m))
    graph.add_edges_from((int(i), int(n + j)) for i, j in np.argwhere(matrix))
    return graph


def groups(labels):
    """A partition as networkx takes it."""
    return [set(np.flatnonzero(np.asarray(labels) == label).tolist()) for label in np.unique(labels)]


def all_with_margins(matrix):
    """Every 0/1 matrix with the same row and column sums."""
    bits = np.arange(2**matrix.size)[:, np.newaxis] >> np.arange(matrix.size) & 1
    every = bits.astype(bool).reshape(-1, *matrix.shape)
    same = (every.sum(axis=2) == matrix.sum(axis=1)).all(axis=1)
    return list(every[same & (every.sum(axis=1) == matrix.sum(axis=0)).all(axis=1)])


def nodf_by_definition(matrix):
    """NODF pair by pair, in the order of falling degree."""
    matrix = np.asarray(matrix, dtype=int)
    scores = []
    for table in (matrix, matrix.T):
        table = table[np.argsort(-table.sum(axis=1), kind="stable")]
        paired = []
        for upper, lower in itertools.combinations(table, 2):
            if upper.sum() > lower.sum() > 0:
                paired.append(100 * (upper & lower).sum() / lower.sum())
            else:
                paired.append(0.0)
        scores.append(paired)
    rows, columns = scores
    return np.mean(rows + columns), np.mean(rows), np.mean(columns)


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(networks)
    assert found.attempted >= 30
    assert found.failed == 0


def test_importing_the_module_stays_cheap():
    program = (
        "import sys; import cybergov.measures.networks; "
        "sys.exit(any(name in sys.modules for name in ('networkx', 'igraph', 'bicm', 'numba')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class TestIncidence:
    table = pd.DataFrame(
        {
            "iso3": ["TON", "FJI", "FJI", "TON"],
            "institution": ["B", "B", "A", "B"],
            "status": ["member", "member", "party", "signatory"],
        }
    )

    def test_sorted_names_and_repeated_rows(self):
        found = incidence(self.table)
        assert found.to_numpy().dtype == bool
        assert found.index.tolist() == ["FJI", "TON"]
        assert found.columns.tolist() == ["A", "B"]
        assert (found.index.name, found.columns.name) == ("iso3", "institution")
        assert found.to_numpy().tolist() == [[True, True], [False, True]]

    def test_lists_give_order_and_keep_who_is_in_nothing(self):
        found = incidence(self.table, states=["WSM", "TON", "FJI"], institutions=["B", "C", "A"])
        assert found.index.tolist() == ["WSM", "TON", "FJI"]
        assert found.astype(int).to_numpy().tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 1]]

    def test_other_columns_and_no_rows(self):
        renamed = self.table.rename(columns={"iso3": "state", "institution": "body"})
        assert incidence(renamed, state="state", institution="body").to_numpy().sum() == 3
        empty = incidence(self.table.iloc[:0], states=["FJI"], institutions=["A"])
        assert empty.to_numpy().tolist() == [[False]]

    @pytest.mark.parametrize(
        ("table", "options", "sentence"),
        [
            (pd.DataFrame({"iso3": []}), {}, "no column 'institution'"),
            (
                pd.DataFrame({"iso3": ["A", None], "institution": ["x", "y"]}),
                {},
                "value in the column 'iso3', but the one at position 1 has none",
            ),
            (table, {"states": ["FJI"]}, "listed 'iso3', but 'TON' is not listed"),
            (table, {"institutions": ["B"]}, "listed 'institution', but 'A' is not listed"),
            (table, {"states": ["FJI", "TON", "FJI"]}, "must not repeat, but 'FJI' does"),
            (table, {"states": ["FJI", "TON", None]}, "must not hold a missing name"),
        ],
    )
    def test_errors(self, table, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            incidence(table, **options)


NEEDS_A_NETWORK: list[tuple[Any, str]] = [
    ([], r"a row for every state and a column for every institution, got the shape \(0,\)"),
    (np.zeros((0, 3)), r"at least one state and one institution, got the shape \(0, 3\)"),
    ([[0, 2]], "must be 0 or 1"),
    ([[0.5, 1]], "must be 0 or 1"),
    ([[np.nan, 1]], "must be finite numbers"),
    ([["1", "0"]], "must be numbers"),
    ([[1, 0], [1]], "must be numbers"),
    (pd.DataFrame([[1, 0], [0, 1]], index=["A", "A"]), "repeat, but 'A' does"),
    (pd.DataFrame([[1, 0]], columns=["x", "x"]), "repeat, but 'x' does"),
]


@pytest.mark.parametrize(
    "measure",
    [
        projection,
        jaccard,
        mean_jaccard,
        pair_coverage,
        multiplicity,
        components,
        nodf,
        betweenness,
        bicm_probabilities,
        order_by_degree,
        order_by_correspondence,
        lambda network: barber_modules(network, seed=1),
        lambda network: curveball(network, draws=1, seed=1),
        lambda network: bicm_sample(network, draws=1, seed=1),
        lambda network: null_test(network, np.sum, seed=1),
        lambda network: camp(network, [0]),
        lambda network: bridges(network, [0], [1]),
        lambda network: barber_modularity(network, [0], [0]),
        lambda network: order_by_module(network, [0], [0]),
    ],
)
def test_what_is_no_network(measure):
    for network, sentence in NEEDS_A_NETWORK:
        with pytest.raises(MeasureError, match=sentence):
            measure(network)


@pytest.mark.parametrize(
    "measure",
    [multiplicity, components, betweenness, order_by_degree, lambda cube: curveball(cube, draws=1, seed=1)],
)
def test_measures_of_one_network(measure):
    with pytest.raises(MeasureError, match=r"One network is needed, not several: got the shape \(2, 3, 4\)"):
        measure(np.ones((2, 3, 4), dtype=bool))


class TestProjection:
    def test_against_networkx(self, women):
        graph = nx.davis_southern_women_graph()
        for onto, side in (("states", women.index), ("institutions", women.columns)):
            found = projection(women, onto)  # type: ignore[arg-type]
            assert found.index.tolist() == found.columns.tolist() == side.tolist()
            expected = nx.to_pandas_adjacency(nx.bipartite.weighted_projected_graph(graph, side), list(side))
            off = ~np.eye(len(side), dtype=bool)
            assert np.array_equal(found.to_numpy()[off], expected.to_numpy()[off])
        assert np.diag(projection(women)).tolist() == women.sum(axis=1).tolist()

    @given(arrays(bool, array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=5)))
    @CASES
    def test_counts_what_two_share(self, cube):
        shared = (cube[..., :, np.newaxis, :] & cube[..., np.newaxis, :, :]).sum(axis=-1)
        assert np.array_equal(projection(cube), shared)
        assert np.array_equal(projection(np.swapaxes(cube, -1, -2), "institutions"), shared)
        assert projection(cube).dtype == np.int64

    def test_side(self):
        with pytest.raises(MeasureError, match="'states' or 'institutions', got 'both'"):
            projection([[1]], "both")  # type: ignore[arg-type]


class TestJaccard:
    def test_by_hand(self):
        # Members {1, 2, 3}, {2, 3, 4, 5} and {6}: 2 of 5 shared, then nothing.
        network = pd.DataFrame(
            [[1, 0, 0], [1, 1, 0], [1, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], columns=list("abc")
        )
        found = jaccard(network)
        assert found.loc["a", "b"] == pytest.approx(0.4)
        assert found.to_numpy().diagonal().tolist() == [1, 1, 1]
        assert mean_jaccard(network) == pytest.approx(0.4 / 3)
        # The first two states share a of {a} and {a, b}.
        assert jaccard(network, "states").loc[0, 1] == pytest.approx(0.5)

    @given(NETWORKS)
    @CASES
    def test_is_one_minus_the_distance_of_scipy(self, matrix):
        found = jaccard(matrix, empty=1.0)
        expected = 1 - scipy.spatial.distance.squareform(
            scipy.spatial.distance.pdist(matrix.T, metric="jaccard")
        )
        assert found == pytest.approx(expected)
        assert np.array_equal(found, found.T)
        assert ((found >= 0) & (found <= 1)).all()
        above = found[np.triu_indices(matrix.shape[1], k=1)]
        assert mean_jaccard(matrix, empty=1.0) == pytest.approx(above.mean())

    def test_empty_sets(self):
        network = [[1, 0, 0], [1, 0, 0]]
        assert jaccard(network, empty=0)[1].tolist() == [0, 0, 0]
        assert jaccard(network, empty=0.5)[1].tolist() == [0, 0.5, 0.5]
        with pytest.raises(
            MeasureError, match=r"of institutions is not .* but the one at position 1 is empty"
        ):
            jaccard(network)
        with pytest.raises(MeasureError, match="the one 'y' is empty"):
            mean_jaccard(pd.DataFrame(network, columns=list("xyz")))
        with pytest.raises(MeasureError, match="must be 0 to 1, got 2"):
            jaccard(network, empty=2)

    def test_pairs_are_needed(self):
        with pytest.raises(MeasureError, match="at least two institutions, got 1"):
            mean_jaccard([[1], [1]])
        assert mean_jaccard([[1], [1]], "states") == 1.0

    def test_leading_axes(self):
        cube = np.random.default_rng(1).random((7, 11, 6, 4)) < 0.6
        found = mean_jaccard(cube, empty=0)
        assert found.shape == (7, 11)
        assert found[6, 10] == pytest.approx(mean_jaccard(cube[6, 10], empty=0))
        assert jaccard(cube, empty=0)[2, 3] == pytest.approx(jaccard(cube[2, 3], empty=0))


class TestPairCoverage:
    def test_by_hand(self):
        # Three states in one, two others in another, one in none: 3 + 1 pairs of 15.
        network = [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 0]]
        assert pair_coverage(network) == (pytest.approx(4 / 15), 4, 15)

    def test_list_of_states(self, women):
        found = pair_coverage(women, ["Evelyn Jefferson", "Olivia Carleton", "Charlotte McDowd"])
        # Of the three only the first two meet, at event 9; Evelyn and Charlotte at events 3 and 5.
        shared = projection(women)
        pairs = [
            ("Evelyn Jefferson", "Olivia Carleton"),
            ("Evelyn Jefferson", "Charlotte McDowd"),
            ("Olivia Carleton", "Charlotte McDowd"),
        ]
        assert found.covered == sum(shared.loc[a, b] > 0 for a, b in pairs) == 2
        assert found.pairs == 3
        places = women.index.get_indexer(["Evelyn Jefferson", "Olivia Carleton", "Charlotte McDowd"])
        assert pair_coverage(women.to_numpy(), places) == found

    @given(NETWORKS)
    @CASES
    def test_bounds_and_definition(self, matrix):
        found = pair_coverage(matrix)
        expected = sum((a & b).any() for a, b in itertools.combinations(matrix, 2))
        assert found.covered == expected
        assert found.pairs == len(matrix) * (len(matrix) - 1) / 2
        assert 0 <= found.share == found.covered / found.pairs <= 1

    def test_all_in_one_and_nobody_in_any(self):
        assert pair_coverage(np.ones((4, 1))).share == 1.0
        assert pair_coverage(np.zeros((4, 3))) == (0.0, 0, 6)

    def test_leading_axes(self):
        cube = np.random.default_rng(1).random((2, 50, 6, 70)) < 0.05
        found = pair_coverage(cube)
        assert found.share.shape == found.covered.shape == (2, 50)
        assert found.covered[1, 49] == pair_coverage(cube[1, 49]).covered
        assert len(np.unique(found.covered)) > 2

    def test_errors(self, women):
        with pytest.raises(MeasureError, match="at least two states, got 1"):
            pair_coverage([[1, 0]])
        with pytest.raises(MeasureError, match="listed state must be in the network, but 'Nobody' is not"):
            pair_coverage(women, ["Evelyn Jefferson", "Nobody"])
        with pytest.raises(MeasureError, match="repeat, but 'Evelyn Jefferson' does"):
            pair_coverage(women, ["Evelyn Jefferson", "Evelyn Jefferson"])
        with pytest.raises(MeasureError, match="At least one state must be listed, got none"):
            pair_coverage(women, [])
        with pytest.raises(MeasureError, match="listed state must be in the network, but -1 is not"):
            pair_coverage(women.to_numpy(), [0, -1])


class TestMultiplicity:
    def test_classes(self):
        network = [[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
        assert multiplicity(network).to_dict() == {"0": 2, "1": 1, "2+": 2}
        assert multiplicity(network, most=4).to_dict() == {"0": 2, "1": 1, "2": 1, "3": 1, "4+": 0}

    @given(NETWORKS, st.integers(1, 5))
    @CASES
    def test_every_state_is_counted_once(self, matrix, most):
        found = multiplicity(matrix, most)
        assert len(found) == most + 1
        assert found.sum() == len(matrix)
        assert found["0"] == (~matrix.any(axis=1)).sum()

    @pytest.mark.parametrize("most", [0, 1.5, True])
    def test_errors(self, most):
        with pytest.raises(MeasureError, match="largest class must be a whole number"):
            multiplicity([[1]], most)


class TestComponents:
    @given(
        arrays(
            bool,
            array_shapes(min_dims=2, max_dims=2, max_side=7),
            elements=st.integers(0, 4).map(lambda x: x == 0),
        )
    )
    @CASES
    def test_against_networkx(self, matrix):
        found = components(matrix)
        projected = nx.from_numpy_array(projection(matrix) > 0)
        expected = list(nx.connected_components(projected))
        assert found.number == len(expected)
        assert found.sizes.tolist() == sorted(map(len, expected), reverse=True)
        assert sorted(map(sorted, groups(found.labels))) == sorted(map(sorted, expected))

    def test_numbers_and_names(self):
        network = pd.DataFrame([[0, 0], [0, 1], [1, 0], [0, 1]], index=list("ABCD"))
        found = components(network)
        # B and D, then A before C, as in the table.
        assert found.labels.to_dict() == {"A": 2, "B": 1, "C": 3, "D": 1}
        assert found.sizes.to_dict() == {1: 2, 2: 1, 3: 1}


class TestModularity:
    def test_barber_is_the_directed_modularity_of_networkx(self, women):
        rng = np.random.default_rng(1)
        for _ in range(10):
            labels = rng.integers(0, 3, 32)
            expected = nx.community.modularity(digraph(women), groups(labels))
            assert barber_modularity(women, labels[:18], labels[18:]) == pytest.approx(expected)

    def test_newman_is_the_modularity_of_networkx(self, women):
        weights = projection(women)
        graph = nx.from_numpy_array(weights.to_numpy() * ~np.eye(18, dtype=bool))
        rng = np.random.default_rng(1)
        for _ in range(10):
            labels = rng.integers(0, 3, 18)
            expected = nx.community.modularity(graph, groups(labels), weight="weight")
            assert newman_modularity(weights, labels) == pytest.approx(expected)

    def test_one_module_has_none(self, women):
        assert barber_modularity(women, np.zeros(18), np.zeros(14)) == pytest.approx(0, abs=1e-12)
        assert newman_modularity(projection(women), ["x"] * 18) == pytest.approx(0, abs=1e-12)

    def test_labels_are_compared_as_they_are(self):
        # The number 1 and the text "1" are two modules, 1 and 1.0 are one.
        network = [[1, 0], [0, 1]]
        assert barber_modularity(network, [1, 2], ["1", "2"]) == 0
        assert barber_modularity(network, [1, 2], [1.0, 2.0]) == 0.5

    @pytest.mark.parametrize("unit", [1e-320, 1e-200, 1e200, 1e308])
    def test_unit_of_the_weights_does_not_matter(self, women, unit):
        weights = (projection(women) > 2).astype(float)
        expected = newman_modules(weights, starts=3, seed=1)
        found = newman_modules(weights * unit, starts=3, seed=1)
        assert found.modularity == pytest.approx(expected.modularity)
        assert found.modules.equals(expected.modules)

    def test_leiden_is_as_good_as_louvain(self, women, large):
        for network in (women.to_numpy(), large):
            best = max(
                nx.community.modularity(
                    digraph(network), nx.community.louvain_communities(digraph(network), seed=s)
                )
                for s in range(3)
            )
            assert barber_modules(network, starts=20, seed=1).modularity >= best - 1e-12
        weights = projection(women).to_numpy() * ~np.eye(18, dtype=bool)
        graph = nx.from_numpy_array(weights)
        best = max(
            nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=s)) for s in range(20)
        )
        assert newman_modules(weights, starts=20, seed=1).modularity >= best - 1e-12

    def test_leiden_finds_the_best_of_all_divisions(self):
        rng = np.random.default_rng(3)
        for _ in range(3):
            matrix = rng.random((4, 3)) < 0.5
            best = max(
                barber_modularity(matrix, labels[:4], labels[4:])
                for labels in itertools.product(range(4), repeat=7)
                # Labels in the order of their first use: every division once.
                if all(label <= max(labels[:place], default=-1) + 1 for place, label in enumerate(labels))
            )
            assert barber_modules(matrix, starts=20, seed=1).modularity == pytest.approx(best)

    def test_result_is_that_of_the_modules_returned(self, women, large):
        for network in (women, large):
            found = barber_modules(network, starts=3, seed=1)
            assert found.modularity == pytest.approx(
                barber_modularity(network, found.states, found.institutions)
            )
        weights = projection(women)
        partition = newman_modules(weights, starts=3, seed=1)
        assert partition.modularity == pytest.approx(newman_modularity(weights, partition.modules))
        assert partition.modules.index.tolist() == women.index.tolist()

    def test_known_modules_are_found(self):
        network = pd.DataFrame(np.zeros((8, 6)), index=list("ABCDEFGH"), columns=list("uvwxyz"))
        network.loc[["A", "C", "E"], ["u", "w"]] = 1
        network.loc[["B", "D", "F", "H"], ["v", "x", "y"]] = 1
        found = barber_modules(network, starts=5, seed=1)
        # The larger one has number 1; without a tie there is no module.
        assert found.states.to_dict() == {**dict.fromkeys("BDFH", 1), **dict.fromkeys("ACE", 2), "G": 0}
        assert found.institutions.to_dict() == {**dict.fromkeys("vxy", 1), **dict.fromkeys("uw", 2), "z": 0}
        # L = 18; degrees add up to 12 and 6 in both modules: 1 - (144 + 36) / 324.
        assert found.modularity == pytest.approx(1 - 180 / 324)
        partition = newman_modules(projection(network), starts=5, seed=1)
        assert partition.modules.to_dict() == found.states.to_dict()

    def test_seed_decides_and_randomness_is_left_alone(self, large):
        import igraph  # type: ignore[import-untyped, unused-ignore]

        graph = igraph.Graph.Full(30)
        random.seed(5)
        state = random.getstate()
        first = barber_modules(large, starts=2, seed=1)
        assert random.getstate() == state
        # igraph draws from Python's generator again.
        rewired = igraph.Graph.Erdos_Renyi(30, 0.3).get_edgelist()
        assert random.getstate() != state
        random.seed(5)
        assert igraph.Graph.Erdos_Renyi(30, 0.3).get_edgelist() == rewired
        graph.community_leiden()
        again = barber_modules(large, starts=2, seed=1)
        assert first.modularity == again.modularity
        assert first.states.equals(again.states)
        assert first.institutions.equals(again.institutions)
        others = [barber_modules(large, starts=1, seed=seed).modularity for seed in range(5)]
        assert len(set(others)) > 1
        assert barber_modules(large, starts=20, seed=1).modularity >= first.modularity

    def test_random_generator_is_put_back_after_an_error(self, monkeypatch):
        import igraph  # type: ignore[import-untyped, unused-ignore]

        def fail(*args, **options):
            raise RuntimeError("broken")

        monkeypatch.setattr(igraph.Graph, "community_leiden", fail)
        with pytest.raises(RuntimeError, match="broken"):
            barber_modules([[1]], starts=1, seed=1)
        random.seed(1)
        state = random.getstate()
        igraph.Graph.Erdos_Renyi(30, 0.3)
        assert random.getstate() != state

    @given(NETWORKS.filter(np.any), st.randoms(use_true_random=False))
    @CASES
    def test_order_of_states_does_not_matter(self, matrix, shuffle):
        order = list(range(len(matrix)))
        shuffle.shuffle(order)
        labels, others = np.arange(len(matrix)) % 2, np.arange(matrix.shape[1]) % 2
        value = barber_modularity(matrix, labels, others)
        assert barber_modularity(matrix[order], labels[order], others) == pytest.approx(value)
        assert -1 <= value < 1
        named = pd.DataFrame(matrix)
        series = pd.Series(labels).iloc[order]
        assert barber_modularity(named, series, others) == pytest.approx(value)

    @pytest.mark.parametrize(
        ("call", "sentence"),
        [
            (lambda: barber_modules([[0, 0]], seed=1), "not defined for a network without ties"),
            (lambda: barber_modularity([[0]], [1], [1]), "not defined for a network without ties"),
            (lambda: barber_modules([[1]], starts=0, seed=1), "at least 1, got 0"),
            (lambda: barber_modules([[1]], seed=-1), "seed must be"),
            (lambda: barber_modularity([[1], [1]], [1], [1]), "Every state needs a module: got 1 for 2"),
            (lambda: barber_modularity([[1]], [1], [1, 2]), "Every institution needs a module: got 2 for 1"),
            (
                lambda: barber_modularity([[1]], [None], [1]),
                "state needs a module, but the one at position 0",
            ),
            (
                lambda: barber_modularity(pd.DataFrame([[1]]), pd.Series([1], index=["A"]), [1]),
                "same labels, but .* is on one side only",
            ),
            (
                lambda: barber_modularity([[1], [1]], ["a", np.nan], ["a"]),
                "state needs a module, but the one at position 1 has none",
            ),
            (
                lambda: newman_modularity([[0, 1]], [1]),
                r"row and a column for every node, got the shape \(1, 2\)",
            ),
            (lambda: newman_modularity([[0, 1], [2, 0]], [1, 1]), "must be symmetric"),
            (lambda: newman_modularity([[0, -1], [-1, 0]], [1, 1]), "must not be negative"),
            (lambda: newman_modularity([[5, 0], [0, 5]], [1, 1]), "without ties"),
            (lambda: newman_modularity([[0, np.inf], [np.inf, 0]], [1, 1]), "must be finite"),
            (lambda: newman_modules([[0, 1], [1, 0]], starts=0, seed=1), "number of starts .* 1, got 0"),
            (
                lambda: newman_modularity(pd.DataFrame([[0, 1], [1, 0]], index=list("AB")), [1, 1]),
                "same names, in the same order",
            ),
            (lambda: newman_modularity([[0, 1], [1, 0]], [1]), "Every node needs a module: got 1 for 2"),
        ],
    )
    def test_errors(self, call, sentence):
        with pytest.raises(MeasureError, match=sentence):
            call()


class TestNodf:
    def test_published_example(self):
        found = nodf(ALMEIDA_NETO)
        assert (round(found.total), round(found.columns), round(found.rows)) == (58, 63, 53)
        # By hand, rows: 4 beside 3 and 3 give 2/3 and 2/3, beside 2 and 2 give 1/2 and 1/2; 3 beside 2
        # and 2 give 1 and 1, and 1/2 and 1/2; equal ones nothing: 5.333 of 10 pairs.
        assert found.rows == pytest.approx(160 / 3)

    @given(NETWORKS)
    @CASES
    def test_is_its_definition(self, matrix):
        found = nodf(matrix)
        assert found == pytest.approx(nodf_by_definition(matrix))
        assert all(0 <= score <= 100 for score in found)

    def test_large_network(self, large):
        assert nodf(large) == pytest.approx(nodf_by_definition(large))

    def test_ends_of_the_scale(self):
        assert nodf(np.tri(6)) == (100.0, 100.0, 100.0)
        checkerboard = np.indices((6, 6)).sum(axis=0) % 2
        assert nodf(checkerboard) == (0.0, 0.0, 0.0)
        assert nodf(np.ones((3, 4))) == (0.0, 0.0, 0.0)
        assert nodf(np.zeros((3, 4))) == (0.0, 0.0, 0.0)
        # All rows are equal, so that only the columns can be nested, and they are.
        assert nodf([[1, 1], [1, 0], [1, 0]]).columns == 100.0

    def test_states_in_nothing_lower_it(self):
        perfect = np.tri(4)
        found = nodf(np.vstack([perfect, np.zeros(4)]))
        # Four of the ten pairs of rows hold the empty row.
        assert found.rows == pytest.approx(60)
        assert found.columns == 100.0

    @given(NETWORKS, st.randoms(use_true_random=False))
    @CASES
    def test_order_and_sides_do_not_matter(self, matrix, shuffle):
        rows, columns = list(range(len(matrix))), list(range(matrix.shape[1]))
        shuffle.shuffle(rows)
        shuffle.shuffle(columns)
        found = nodf(matrix)
        assert nodf(matrix[np.ix_(rows, columns)]) == pytest.approx(found)
        turned = nodf(matrix.T)
        assert (turned.total, turned.columns, turned.rows) == pytest.approx(found)
        n, m = (size * (size - 1) / 2 for size in matrix.shape)
        assert found.total == pytest.approx((n * found.rows + m * found.columns) / (n + m))

    def test_leading_axes(self):
        cube = np.random.default_rng(1).random((3, 40, 7, 5)) < 0.5
        found = nodf(cube)
        assert found.total.shape == found.rows.shape == found.columns.shape == (3, 40)
        for place in ((0, 0), (2, 39)):
            assert tuple(part[place] for part in found) == pytest.approx(nodf(cube[place]))

    def test_errors(self):
        with pytest.raises(MeasureError, match="two states and two institutions, got 1 and 3"):
            nodf([[1, 0, 1]])
        with pytest.raises(MeasureError, match="two states and two institutions, got 3 and 1"):
            nodf([[1], [0], [1]])


class TestBetweenness:
    def test_against_igraph(self, women):
        import igraph  # type: ignore[import-untyped, unused-ignore]

        found = betweenness(women)
        raw = igraph.Graph(
            32, [(int(i), int(j) + 18) for i, j in np.argwhere(women.to_numpy())]
        ).betweenness()
        for values, expected in ((found.states, raw[:18]), (found.institutions, raw[18:])):
            assert (values / values.max()).tolist() == pytest.approx([x / max(expected) for x in expected])
        assert found.states.index.equals(women.index)
        assert found.institutions.index.equals(women.columns)

    def test_a_state_between_two_camps(self):
        network = pd.DataFrame([[1, 0], [1, 0], [1, 1], [0, 1], [0, 1], [0, 0]], index=list("ABXCDE"))
        found = betweenness(network)
        assert found.states.drop("X").eq(0).all()
        # X lies between A, B and their institution on the one side and C, D and theirs on the other,
        # 9 pairs; a state can lie between 12 at most if there are 6 states and 2 institutions: between
        # two stars of an institution with 2 states and one with 3 (3 times 4).
        assert found.states["X"] == pytest.approx(9 / 12)
        assert betweenness(np.zeros((2, 2))).states.tolist() == [0, 0]

    def test_errors(self):
        with pytest.raises(MeasureError, match="two states and two institutions, got 2 and 1"):
            betweenness([[1], [1]])


class TestCampsAndBridges:
    network = pd.DataFrame(
        [[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]],
        index=list("ABCDE"),
        columns=list("wxyz"),
    )

    def test_camp(self):
        assert camp(self.network, ["w", "x"]).to_dict() == dict(zip("ABCDE", [1, 1, 1, 1, 0], strict=True))
        assert camp(self.network, ["x", "w"], at_least=2).to_list() == [True, False, False, True, False]
        assert camp(self.network.to_numpy(), [2]).to_list() == [False, False, True, True, False]

    def test_bridges(self):
        found = bridges(self.network, ["w", "x"], ["y", "z"])
        assert found.index.tolist() == ["D", "C"]
        assert found.to_numpy().tolist() == [[2, 2], [1, 1]]
        assert bridges(self.network, ["w"], ["z"]).index.tolist() == ["D"]
        assert bridges(self.network.drop("D"), ["w"], ["z"]).shape == (0, 2)
        assert bridges(self.network.to_numpy(), [0], [1]).index.tolist() == [0, 3]

    @given(NETWORKS)
    @CASES
    def test_bridges_are_in_both_camps(self, matrix):
        first, second = [0], list(range(1, matrix.shape[1]))
        both = camp(matrix, first) & camp(matrix, second)
        assert sorted(bridges(matrix, first, second).index) == both[both].index.tolist()

    @pytest.mark.parametrize(
        ("call", "sentence"),
        [
            (lambda network: camp(network, []), "At least one institution must be listed, got none"),
            (
                lambda network: camp(network, ["q"]),
                "listed institution must be in the network, but 'q' is not",
            ),
            (lambda network: camp(network, ["w", "w"]), "repeat, but 'w' does"),
            (lambda network: camp(network, ["w", "x"], 3), "No state can be in 3 of a camp's 2 institutions"),
            (lambda network: camp(network, ["w", "x"], 0), "number of memberships .* at least 1, got 0"),
            (lambda network: camp(network, ["w", "x"], True), "got True"),
            (lambda network: camp(network.to_numpy(), [4]), "must be in the network, but 4 is not"),
            (lambda network: bridges(network, ["w", "x"], ["x"]), "two sets only, but 'x' is in both"),
            (lambda network: bridges(network.to_numpy(), [0], [0]), "two sets only, but 0 is in both"),
        ],
    )
    def test_errors(self, call, sentence):
        with pytest.raises(MeasureError, match=sentence):
            call(self.network)


class TestTwoCamps:
    def test_the_lady_tasting_tea(self):
        # TeaTasting in the documentation of R's fisher.test, after Agresti (1990): p = 0.2429. By hand, of
        # the 70 ways to name four of eight cups 16 have three right and one has four.
        poured = [1, 1, 1, 1, 0, 0, 0, 0]
        guessed = [1, 1, 1, 0, 1, 0, 0, 0]
        found = two_camps(poured, guessed, "greater")
        assert found.table.to_numpy().tolist() == [[3, 1], [1, 3]]
        assert found.p == pytest.approx(17 / 70)
        assert round(found.p, 4) == 0.2429
        assert found.phi == pytest.approx(0.5)

    @given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40))
    @CASES
    def test_against_numpy_and_scipy(self, pairs):
        first, second = np.array(pairs).T
        if first.all() or second.all() or not first.any() or not second.any():
            with pytest.raises(MeasureError, match="Phi is not defined"):
                two_camps(first, second)
            return
        found = two_camps(first, second)
        assert found.phi == phi(first, second) == pytest.approx(np.corrcoef(first, second)[0, 1])
        assert found.phi == pytest.approx(phi(second, first))
        assert found.phi == pytest.approx(-phi(~first, second))
        assert found.table.to_numpy().sum() == len(pairs)
        counts = Counter(pairs)
        cells = [[counts[a, b] for b in (True, False)] for a in (True, False)]
        assert found.table.to_numpy().tolist() == cells
        # Fisher's test from the hypergeometric distribution itself.
        overlap = scipy.stats.hypergeom(len(pairs), first.sum(), second.sum())
        observed = (first & second).sum()
        assert two_camps(first, second, "less").p == pytest.approx(overlap.cdf(observed))
        assert two_camps(first, second, "greater").p == pytest.approx(overlap.sf(observed - 1))
        possible = overlap.pmf(np.arange(len(pairs) + 1))
        as_rare = possible <= possible[observed] * (1 + 1e-7)
        assert found.p == pytest.approx(possible[as_rare].sum())

    def test_series_are_matched_by_name(self):
        first = pd.Series({"A": True, "B": True, "C": False})
        second = pd.Series({"C": False, "B": True, "A": True})
        assert phi(first, second) == 1.0
        assert phi(first, second.to_numpy()) == pytest.approx(-0.5)

    @pytest.mark.parametrize(
        ("first", "second", "sentence"),
        [
            ([1, 1], [0, 1], "Phi is not defined if all states, or none"),
            ([0, 1], [0, 0], "Phi is not defined if all states, or none"),
            ([0, 1], [0, 1, 1], r"got the shapes \(2,\) and \(3,\)"),
            ([[0, 1]], [[0, 1]], "one row of states each"),
            ([], [], "Phi is not defined if all states, or none"),
            ([0, 2], [0, 1], "first camp must be 0 or 1"),
            ([0, 1], [0, None], "second camp must be finite numbers"),
            (pd.Series({"A": 1, "B": 0}), pd.Series({"A": 1, "C": 0}), "same labels, but 'B' is on one side"),
            (pd.Series([1, 0], index=["A", "A"]), pd.Series({"A": 1, "C": 0}), "repeat, but 'A' does"),
        ],
    )
    def test_errors(self, first, second, sentence):
        with pytest.raises(MeasureError, match=sentence):
            phi(first, second)
        with pytest.raises(MeasureError, match=sentence):
            two_camps(first, second)

    def test_alternative(self):
        with pytest.raises(MeasureError, match="alternative must be"):
            two_camps([0, 1], [0, 1], "both")  # type: ignore[arg-type]


class TestBicm:
    def test_expected_degrees_are_the_observed_ones(self, women, large, capfd):
        for network in (women, large, np.array(ALMEIDA_NETO)):
            found = np.asarray(bicm_probabilities(network))
            observed = np.asarray(network)
            assert found.sum(axis=1) == pytest.approx(observed.sum(axis=1), abs=1e-6)
            assert found.sum(axis=0) == pytest.approx(observed.sum(axis=0), abs=1e-6)
            assert ((found >= 0) & (found <= 1)).all()
        assert bicm_probabilities(women).index.equals(women.index)
        # Not a word about square matrices.
        assert capfd.readouterr() == ("", "")

    def test_is_a_logit_with_effects_of_rows_and_columns(self):
        # The model is a logit of the ties on a constant for each state and each institution.
        matrix = np.random.default_rng(4).random((7, 5)) < 0.5
        rows, columns = np.indices(matrix.shape)
        effects = np.column_stack([np.eye(7)[rows.ravel()], np.eye(5)[columns.ravel()][:, 1:]])
        fitted = sm.GLM(matrix.ravel().astype(float), effects, family=sm.families.Binomial()).fit(tol=1e-12)
        assert bicm_probabilities(matrix) == pytest.approx(fitted.fittedvalues.reshape(7, 5), abs=1e-6)

    def test_fixed_ties(self):
        nested = np.tri(5)
        assert bicm_probabilities(nested) == pytest.approx(nested)
        found = bicm_probabilities([[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0]])
        assert found[0].tolist() == [1, 1, 1]
        assert found[1].tolist() == [0, 0, 0]
        assert found[2:] == pytest.approx(np.array([[0.5, 0.5, 0], [0.5, 0.5, 0]]))

    @given(arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 6))))
    @CASES
    def test_every_small_network_has_a_solution(self, matrix):
        found = bicm_probabilities(matrix)
        assert found.sum(axis=1) == pytest.approx(matrix.sum(axis=1), abs=1e-6)
        # Equal degrees, equal probabilities.
        for i, j in itertools.combinations(range(len(matrix)), 2):
            if matrix[i].sum() == matrix[j].sum():
                assert found[i] == pytest.approx(found[j], abs=1e-5)

    def test_draws(self, women):
        found = bicm_sample(women, draws=4000, seed=1)
        assert found.shape == (4000, 18, 14)
        assert found.dtype == bool
        probabilities = bicm_probabilities(women).to_numpy()
        error = np.sqrt(probabilities * (1 - probabilities) / 4000)
        assert (np.abs(found.mean(axis=0) - probabilities) <= 4.5 * error).all()
        assert found.sum(axis=2).std(axis=0).min() > 0
        assert np.array_equal(found[:70], bicm_sample(women, draws=70, seed=1))
        assert not np.array_equal(found[:70], bicm_sample(women, draws=70, seed=2))

    def test_errors(self, monkeypatch):
        with pytest.raises(MeasureError, match="draws must be"):
            bicm_sample([[1, 0]], draws=0, seed=1)
        with pytest.raises(MeasureError, match="seed must be"):
            bicm_sample([[1, 0]], draws=1, seed=-1)
        import bicm  # type: ignore[import-untyped, unused-ignore]

        monkeypatch.setattr(bicm.BipartiteGraph, "solve_tool", lambda self, **options: None)
        monkeypatch.setattr(bicm.BipartiteGraph, "get_bicm_matrix", lambda self: np.full((2, 2), np.nan))
        with pytest.raises(MeasureError, match="no solution with the degrees of this network"):
            bicm_probabilities([[1, 0], [0, 1]])


class TestCurveball:
    def test_degrees_are_kept_exactly(self, women, large):
        for network in (women, large):
            found = curveball(network, draws=100, seed=1)
            observed = np.asarray(network)
            assert found.shape == (100, *observed.shape)
            assert found.dtype == bool
            assert (found.sum(axis=2) == observed.sum(axis=1)).all()
            assert (found.sum(axis=1) == observed.sum(axis=0)).all()
            # Draws differ from the observed network and from each other.
            assert len(np.unique(found.reshape(100, -1), axis=0)) == 100
            assert not (found == observed).all(axis=(1, 2)).any()

    @pytest.mark.parametrize(
        ("matrix", "number"),
        [
            # Permutations of four. Margins (2, 2, 1) by (2, 1, 1, 1): the last state is in the large
            # institution in 2 times 3 networks, in a small one in 3 times 2. Then wholly uneven ones.
            (np.eye(4, dtype=bool), 24),
            (np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1]], dtype=bool), 12),
            (np.array([[1, 1, 1, 0], [1, 0, 0, 1], [0, 1, 0, 0]], dtype=bool), None),
        ],
    )
    def test_every_network_is_as_probable_as_any_other(self, matrix, number):
        possible = all_with_margins(matrix)
        assert number in (None, len(possible))
        draws = 200 * len(possible)
        found = curveball(matrix, draws=draws, seed=3, trades=20)
        counts = Counter(draw.tobytes() for draw in found)
        assert set(counts) == {other.tobytes() for other in possible}
        assert scipy.stats.chisquare(list(counts.values())).pvalue > 0.01

    def test_seed_and_trades_decide(self, women):
        first = curveball(women, draws=70, seed=1)
        assert np.array_equal(first[:65], curveball(women, draws=65, seed=1))
        assert not np.array_equal(first, curveball(women, draws=70, seed=2))
        assert not np.array_equal(first, curveball(women, draws=70, seed=1, trades=91))
        assert np.array_equal(first, curveball(women, draws=70, seed=1, trades=90))

    def test_nothing_to_trade(self):
        for only in ([[1, 0, 1]], np.tri(4), np.ones((2, 3)), np.zeros((2, 2))):
            assert (curveball(only, draws=5, seed=1) == np.asarray(only, dtype=bool)).all()

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"draws": 0, "seed": 1}, "draws must be"),
            ({"draws": 1, "seed": 1.5}, "seed must be"),
            ({"draws": 1, "seed": 1, "trades": 0}, "trades must be a whole number of at least 1, got 0"),
            ({"draws": 1, "seed": 1, "trades": True}, "trades must be a whole number"),
        ],
    )
    def test_errors(self, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            curveball([[1, 0], [0, 1]], **options)


class TestNullTest:
    matrix = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]], dtype=bool)

    def test_p_agrees_with_every_possible_network(self):
        def shared(network):
            return projection(network)[0, 1]

        every = np.array([shared(other) for other in all_with_margins(self.matrix)])
        found = null_test(self.matrix, shared, draws=8000, seed=1, trades=10, alternative="greater")
        assert found.observed == 2
        assert found.p == pytest.approx((every >= 2).mean(), abs=0.02)
        assert found.mean == pytest.approx(every.mean(), abs=0.02)
        assert found.sd == pytest.approx(every.std(), abs=0.02)
        assert found.z == pytest.approx((found.observed - found.draws.mean()) / found.draws.std(ddof=1))
        less = null_test(self.matrix, shared, draws=99, seed=1, trades=10, alternative="less")
        assert less.p == 1.0

    def test_two_sided_counts_both_tails_around_the_mean(self, women):
        found = null_test(women, lambda network: nodf(network).total, draws=300, seed=1)
        away = np.abs(found.draws - found.draws.mean())
        expected = (1 + (away >= abs(found.observed - found.draws.mean())).sum()) / 301
        assert found.p == pytest.approx(expected)
        assert 0 < found.p < 1

    @pytest.mark.parametrize("null", ["curveball", "bicm"])
    def test_many_at_once_is_the_same(self, women, null):
        options: dict[str, Any] = {"null": null, "draws": 150, "seed": 3}
        one = null_test(women, lambda network: nodf(network).rows, **options)
        many = null_test(women, lambda network: nodf(network).rows, vectorized=True, **options)
        assert one[:5] == many[:5]
        assert np.array_equal(one.draws, many.draws)
        sample = (curveball if null == "curveball" else bicm_sample)(women, draws=150, seed=3)
        assert np.array_equal(one.draws, nodf(sample).rows)

    @pytest.mark.parametrize("unit", [1e-200, 1.0, 1e200])
    def test_unit_of_the_statistic_does_not_matter(self, unit):
        found = null_test(self.matrix, lambda network: unit * projection(network)[0, 1], draws=50, seed=1)
        one = null_test(self.matrix, lambda network: projection(network)[0, 1], draws=50, seed=1)
        assert (found.z, found.p) == (pytest.approx(one.z), one.p)
        assert found.mean == pytest.approx(unit * one.mean, abs=0)
        assert found.sd == pytest.approx(unit * one.sd, abs=0)

    def test_an_observed_value_far_away_does_not_hide_the_spread_of_the_draws(self):
        found = null_test(np.eye(30), lambda x: 1e12 if x.trace() == 30 else x.trace(), draws=50, seed=1)
        assert found.observed == 1e12
        assert 0 < found.sd < 5

    def test_southern_women_are_more_modular_than_chance(self, women):
        def modularity(network):
            return barber_modules(network, starts=3, seed=1).modularity

        found = null_test(women, modularity, draws=39, seed=1, alternative="greater")
        assert found.p == pytest.approx(1 / 40)
        assert found.z > 2

    @pytest.mark.parametrize(
        ("statistic", "options", "sentence"),
        [
            (np.sum, {}, "same in every draw of the null model 'curveball'"),
            (lambda network: np.nan, {}, "The statistic must be finite numbers"),
            (lambda network: [1, 2], {}, r"one number for each network: got the shape \(1, 2\) for 1"),
            (lambda cube: 1.0, {"vectorized": True}, r"got the shape \(\) for 1"),
            (np.sum, {"null": "random"}, "'curveball' or 'bicm', got 'random'"),
            (np.sum, {"null": "bicm", "trades": 5}, "Trades belong to the null model 'curveball'"),
            (np.sum, {"alternative": "both"}, "alternative must be"),
            (np.sum, {"draws": 1}, "draws for a z-score must be a whole number of at least 2, got 1"),
            (np.sum, {"seed": -1}, "seed must be"),
            (np.sum, {"trades": 0}, "trades must be"),
        ],
    )
    def test_errors(self, statistic, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            null_test(self.matrix, statistic, **{"draws": 20, "seed": 1, **options})


class TestOrders:
    def test_degree_fills_the_corner(self):
        rng = np.random.default_rng(1)
        shuffled = np.tri(6)[rng.permutation(6)][:, rng.permutation(6)]
        order = order_by_degree(shuffled)
        assert np.array_equal(shuffled[np.ix_(*order)], np.tri(6)[::-1])
        assert order_by_degree(np.eye(3)).states.tolist() == [0, 1, 2]

    def test_correspondence_restores_a_band(self):
        # Every state is in two neighbouring institutions: one order, up to its direction.
        band = np.eye(7, 8, dtype=bool) | np.eye(7, 8, k=1, dtype=bool)
        rng = np.random.default_rng(2)
        rows, columns = rng.permutation(7), rng.permutation(8)
        order = order_by_correspondence(band[rows][:, columns])
        found, others = rows[order.states].tolist(), columns[order.institutions].tolist()
        assert found in (list(range(7)), list(range(7))[::-1])
        assert others in (list(range(8)), list(range(8))[::-1])
        assert (found[0] == 0) == (others[0] == 0)

    def test_is_the_fiedler_vector(self, women):
        matrix = women.to_numpy()
        both = np.block([[np.zeros((18, 18)), matrix], [matrix.T, np.zeros((14, 14))]])
        degrees = both.sum(axis=0)
        laplacian = np.eye(32) - both / np.sqrt(np.outer(degrees, degrees))
        fiedler = np.linalg.eigh(laplacian)[1][:, 1] / np.sqrt(degrees)
        order = order_by_correspondence(women)
        for part, scores in ((order.states, fiedler[:18]), (order.institutions, fiedler[18:])):
            sorted_scores = np.round(scores[part], 8)
            steps = np.diff(sorted_scores)
            assert (steps >= 0).all() or (steps <= 0).all()

    def test_components_follow_each_other(self):
        matrix = np.zeros((7, 6))
        matrix[np.ix_([1, 3], [0, 2])] = 1  # two states in the same two: no second axis
        matrix[0, 1] = matrix[2, 1] = matrix[2, 3] = matrix[4, 3] = matrix[4, 5] = 1  # a chain
        order = order_by_correspondence(matrix)
        assert order.states[:3].tolist() in ([0, 2, 4], [4, 2, 0])
        assert order.states[3:].tolist() == [1, 3, 5, 6]
        assert sorted(order.institutions[:3].tolist()) == [1, 3, 5]
        assert order.institutions[3:].tolist() == [0, 2, 4]

    @given(NETWORKS)
    @CASES
    def test_orders_are_permutations(self, matrix):
        n, m = matrix.shape
        for order in (
            order_by_degree(matrix),
            order_by_correspondence(matrix),
            order_by_module(matrix, np.arange(n) % 3, np.arange(m) % 3),
        ):
            assert sorted(order.states.tolist()) == list(range(n))
            assert sorted(order.institutions.tolist()) == list(range(m))
        degrees = matrix.sum(axis=1)[order_by_degree(matrix).states]
        assert (np.diff(degrees) <= 0).all()

    def test_modules(self, women):
        found = barber_modules(women, starts=5, seed=1)
        order = order_by_module(women, found.states.iloc[::-1], found.institutions)
        modules = found.states.iloc[order.states]
        assert modules.is_monotonic_increasing
        for module in modules.unique():
            inside = women.iloc[order.states].loc[modules.index[modules == module]].sum(axis=1)
            assert inside.is_monotonic_decreasing

    @pytest.mark.parametrize(
        ("modules", "sentence"),
        [
            ([1], "Every state needs a module: got 1 for 2"),
            ([1, -1], "whole number of at least 0"),
            ([1, 0.5], "whole number of at least 0"),
            (["a", "b"], "must be numbers"),
            ([1, None], "state needs a module, but the one at position 1 has none"),
        ],
    )
    def test_errors(self, modules, sentence):
        with pytest.raises(MeasureError, match=sentence):
            order_by_module([[1], [0]], modules, [1])


@given(NETWORKS, st.randoms(use_true_random=False))
@CASES
def test_order_of_states_changes_nothing(matrix, shuffle):
    order = list(range(len(matrix)))
    shuffle.shuffle(order)
    moved = matrix[order]
    assert pair_coverage(moved) == pair_coverage(matrix)
    assert mean_jaccard(moved, empty=0) == pytest.approx(mean_jaccard(matrix, empty=0))
    assert multiplicity(moved).equals(multiplicity(matrix))
    assert components(moved).sizes.equals(components(matrix).sizes)
    assert np.array_equal(projection(moved), projection(matrix)[np.ix_(order, order)])
    assert betweenness(moved).states.to_numpy() == pytest.approx(betweenness(matrix).states.to_numpy()[order])


def test_measures_do_not_need_names(women):
    plain = women.to_numpy()
    assert pair_coverage(plain) == pair_coverage(women)
    assert nodf(plain) == nodf(women)
    assert np.array_equal(projection(plain), projection(women))
    assert np.array_equal(jaccard(plain), jaccard(women))
    assert components(plain).labels.tolist() == components(women).labels.tolist()
    assert np.array_equal(curveball(plain, draws=3, seed=1), curveball(women, draws=3, seed=1))


def test_input_may_be_read_only_and_is_left_alone(women):
    matrix, weights = women.to_numpy().astype(bool), projection(women).to_numpy().astype(float)
    expected = nodf(curveball(matrix, draws=3, seed=1))
    for array in (matrix, weights):
        array.setflags(write=False)
    found = nodf(curveball(matrix, draws=3, seed=1))
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    assert np.array_equal(
        curveball(np.asfortranarray(matrix), draws=3, seed=1)[0].sum(axis=1), matrix.sum(axis=1)
    )
    bicm_sample(matrix, draws=3, seed=1)
    barber_modules(matrix, starts=1, seed=1)
    newman_modules(weights, starts=1, seed=1)
    order_by_correspondence(matrix)
    assert np.array_equal(matrix, women)
    assert np.array_equal(weights, projection(women))


def test_only_the_seed_decides(women):
    def digits():
        return (
            curveball(women, draws=5, seed=1).tobytes(),
            bicm_sample(women, draws=5, seed=1).tobytes(),
            bicm_probabilities(women).to_numpy().tobytes(),
            barber_modules(women, starts=3, seed=1).states.to_list(),
        )

    first = digits()
    np.random.seed(1)
    random.seed(1)
    before = np.random.random(), random.random()
    np.random.seed(1)
    random.seed(1)
    assert digits() == first
    # Nor are the common generators touched.
    assert (np.random.random(), random.random()) == before


# --- states that stand for several ----------------------------------------------------------------


def repeated(table, times):
    """The table with each state's row as often as the state stands for."""
    return np.repeat(np.asarray(table), np.asarray(times), axis=0)


def test_weights_are_states_that_stand_there_more_than_once():
    rng = np.random.default_rng(5)
    network = rng.random((30, 6)) < 0.4
    times = rng.integers(0, 4, size=(8, 30))
    similar = networks.jaccard(network, weights=times, empty=0)
    means = networks.mean_jaccard(network, weights=times, empty=0)
    phis = networks.phi(network[:, 0], network[:, 1], weights=times)
    assert similar.shape == (8, 6, 6)
    for draw, counts in enumerate(times):
        drawn = repeated(network, counts)
        assert similar[draw] == pytest.approx(networks.jaccard(drawn, empty=0))
        assert means[draw] == pytest.approx(networks.mean_jaccard(drawn, empty=0))
        assert phis[draw] == pytest.approx(networks.phi(drawn[:, 0], drawn[:, 1]))


def test_one_row_of_weights_keeps_names_and_gives_numbers():
    frame = pd.DataFrame([[True, False], [True, True], [False, True]], index=list("XYZ"), columns=["a", "b"])
    similar = networks.jaccard(frame, weights=[1, 1, 1])
    pd.testing.assert_frame_equal(similar, networks.jaccard(frame))
    assert networks.mean_jaccard(frame, weights=[1, 2, 1]) == pytest.approx(0.5)
    assert networks.phi(frame["a"], frame["b"], weights=[1, 1, 1]) == pytest.approx(-0.5)


def test_draws_in_which_all_are_alike_are_refused_or_given_a_value():
    first, second = [1, 1, 0], [0, 1, 1]
    times = [[1, 1, 1], [2, 1, 0]]
    with pytest.raises(MeasureError, match="Phi is not defined"):
        networks.phi(first, second, weights=times)
    assert networks.phi(first, second, weights=times, alike=0).tolist() == pytest.approx([-0.5, 0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: networks.jaccard(np.eye(3), weights=[1, 1]), r"got the shape \(2,\)"),
        (lambda: networks.jaccard(np.eye(3), weights=[1, 1, -1]), "got -1"),
        (lambda: networks.jaccard(np.eye(3), "states", weights=[1, 1, 1]), "for states"),
        (lambda: networks.jaccard(np.stack([np.eye(3)] * 2), weights=[1, 1, 1]), "one network"),
        (lambda: networks.jaccard(np.eye(3), weights=[1, 1, 0]), "empty sets"),
        (lambda: networks.phi([1, 0], [0, 1], weights=[1, 1, 1]), r"got the shape \(3,\)"),
        (lambda: networks.within_less_between(np.eye(3), ["a", "b"]), "need a group for each"),
        (lambda: networks.within_less_between(np.eye(3), ["a", "b", "c"]), "a pair each"),
        (lambda: networks.within_less_between(np.eye(3), ["a", "a", "a"]), "a pair each"),
    ],
)
def test_what_cannot_be_weighed_or_grouped_is_one_sentence(call, words):
    with pytest.raises(MeasureError, match=words):
        call()


def test_within_less_between_is_the_difference_of_two_means_of_pairs():
    rng = np.random.default_rng(6)
    similar = rng.random((4, 7, 7))
    similar = (similar + np.swapaxes(similar, 1, 2)) / 2
    groups = np.array(list("aabbbcc"))
    found = networks.within_less_between(similar, groups)
    for table, difference in zip(similar, found, strict=True):
        pairs = list(itertools.combinations(range(7), 2))
        same = [table[i, j] for i, j in pairs if groups[i] == groups[j]]
        other = [table[i, j] for i, j in pairs if groups[i] != groups[j]]
        assert difference == pytest.approx(np.mean(same) - np.mean(other))
    dealt = np.stack([groups, groups[::-1]])
    assert networks.within_less_between(similar[0], dealt)[0] == pytest.approx(found[0])
