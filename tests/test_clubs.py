"""Formation of clubs: closed forms, exhaustive checks in tiny worlds, a second implementation by loops."""

import doctest
import itertools
import warnings
from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import scipy.spatial.distance
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cybergov.errors import MeasureError
from cybergov.measures import clubs
from cybergov.measures.clubs import ADMISSION, ClubRules, form_clubs, is_stable, moments, utilities

from .benchmarks.clubs import ByLoops, Club

#: Pure club goods without congestion; a club of m average states at one place is worth √m to each.
PLAIN = ClubRules(
    exclusion=1.0, returns=0.5, congestion=0.0, substitution=0.5, bandwidth=1.0, admission="open"
)
MIXED = ClubRules(
    exclusion=0.6, returns=0.5, congestion=0.03, substitution=0.4, bandwidth=1.0, admission="majority"
)


def world(n: int, dimensions: int = 1, seed: int = 0, spread: float = 1.0) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    return (
        rng.normal(scale=spread, size=(n, dimensions)),
        rng.lognormal(sigma=1.0, size=n),
        rng.uniform(0.3, 0.9, size=n),
    )


def by_loops(x: Any, w: Any, c: Any, rules: ClubRules) -> ByLoops:
    return ByLoops(np.asarray(x).tolist(), list(w), list(c), rules)


def as_sets(members: Any) -> list[Club]:
    return [Club(np.flatnonzero(column).tolist()) for column in np.asarray(members).T]


def as_matrix(found: Any, n: int) -> Any:
    return np.array([[i in club for club in found] for i in range(n)]).reshape(n, len(found))


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(clubs)
    assert found.attempted >= 10
    assert found.failed == 0


class TestUtilities:
    def test_by_hand(self):
        # Sizes 1, 3, 2 become ½, 3/2, 1. The club of the first two has the size 2, the position
        # (½·0 + 3/2·2)/2 = 1.5 and the quality √2 e^-0.1. The second club: size 5/2, position
        # (3/2·2 + 1·4)/(5/2) = 2.8, quality √2.5 e^-0.1. The bandwidth is 2, the norm's exponent 2.
        rules = ClubRules(
            exclusion=0.25,
            returns=0.5,
            congestion=0.1,
            substitution=0.5,
            bandwidth=2.0,
            admission="open",
        )
        found = utilities(
            [[1, 0], [1, 1], [0, 1]], [0.0, 2.0, 4.0], [1.0, 3.0, 2.0], [0.1, 0.2, 0.3], rules=rules
        )
        first, second = np.sqrt(2) * np.exp(-0.1), np.sqrt(2.5) * np.exp(-0.1)
        near = np.exp(-((np.array([0.0, 2.0, 4.0]) - [[1.5], [2.8]]) ** 2) / 4)
        expected = [
            np.hypot(first * near[0, 0], 0.75 * second * near[1, 0]) - 0.1,
            np.hypot(first * near[0, 1], second * near[1, 1]) - 0.4,
            np.hypot(0.75 * first * near[0, 2], second * near[1, 2]) - 0.3,
        ]
        assert found.tolist() == pytest.approx(expected, rel=1e-13)

    @pytest.mark.parametrize("substitution", [0.0, 0.5, 0.9])
    def test_equal_clubs_are_worth_less_and_less(self, substitution):
        # k equal clubs are worth k^(1 - substitution) times one, here √4 times that.
        for k in (1, 2, 5):
            rules = replace(PLAIN, substitution=substitution)
            found = utilities(np.ones((4, k)), np.zeros(4), np.ones(4), 0.0, rules=rules)
            assert found.tolist() == pytest.approx([2 * k ** (1 - substitution)] * 4)

    def test_pure_public_good_is_the_same_within_and_without(self):
        rules = replace(PLAIN, exclusion=0.0)
        found = utilities([[1], [1], [0]], [0.0, 0.0, 0.0], [1, 1, 1], 0.0, rules=rules)
        assert found.tolist() == pytest.approx([np.sqrt(2)] * 3)

    def test_too_few_members_supply_nothing_but_cost(self):
        found = utilities([[1], [0]], [0, 0], [1, 1], 0.5, rules=replace(PLAIN, exclusion=0.5))
        assert found.tolist() == [-0.5, 0.0]

    def test_no_club(self):
        assert utilities(np.zeros((2, 0)), [0, 1], [1, 1], 1.0, rules=PLAIN).tolist() == [0.0, 0.0]

    def test_same_as_by_loops(self):
        for seed in range(5):
            x, w, c = world(7, 2, seed)
            members = np.random.default_rng(seed).random((7, 4)) < 0.5
            loops = by_loops(x, w, c, MIXED)
            expected = [loops.utility(i, as_sets(members)) for i in range(7)]
            assert utilities(members, x, w, c, rules=MIXED).tolist() == pytest.approx(expected, rel=1e-12)


class TestStability:
    """All networks of tiny worlds, against the plain loops' search for a move that pays."""

    @pytest.mark.parametrize("admission", ADMISSION)
    @pytest.mark.parametrize(("smallest", "dimensions"), [(1, 1), (2, 1), (2, 2)])
    def test_every_network_of_three_states_and_two_clubs(self, admission, smallest, dimensions):
        rules = replace(MIXED, admission=admission, smallest=smallest, capacity=2)
        verdicts = []
        for seed in range(4):
            x, w, c = world(3, dimensions, seed, spread=0.5)
            loops = by_loops(x, w, c, rules)
            stable = set()
            for cells in itertools.product([False, True], repeat=6):
                members = np.array(cells).reshape(3, 2)
                counts = members.sum(axis=0)
                if ((counts > 0) & (counts < smallest)).any():
                    continue
                expected = not any(loops.wants(i, as_sets(members)) for i in range(3))
                assert is_stable(members, x, w, c, rules=rules) == expected
                verdicts.append(expected)
                if expected:
                    stable.add(frozenset(club for club in as_sets(members) if club))
            for cells in itertools.product([False, True], repeat=6):
                members = np.array(cells).reshape(3, 2)
                counts = members.sum(axis=0)
                if ((counts > 0) & (counts < smallest)).any():
                    continue
                found = form_clubs(x, w, c, rules=rules, seed=1, start=members)
                assert found.stable == (frozenset(as_sets(found.members)) in stable)
        assert 0 < sum(verdicts) < len(verdicts)

    @pytest.mark.parametrize("admission", ADMISSION)
    def test_any_other_set_of_clubs_is_no_better(self, admission):
        # More than the moves ask for: no set of the clubs that would have a state beats its own.
        rules = replace(MIXED, admission=admission, congestion=0.0)
        sizes = []
        for seed in range(4):
            x, w, c = world(14, 1, seed)
            found = form_clubs(x, w, c, rules=rules, seed=seed)
            if not found.stable:
                continue
            loops, network = by_loops(x, w, c, rules), as_sets(found.members)
            for i in range(14):
                own = loops.utility(i, network)
                # Use of each club outside and inside; of one that would not have the state, as it is.
                use = [
                    [loops.access(i, club - {i}), loops.access(i, club | {i})]
                    if i in club or loops.admits(club, i)
                    else [loops.access(i, club), 0.0]
                    for club in network
                ]
                chosen = np.array(list(itertools.product([0, 1], repeat=len(network))))
                terms = np.where(chosen, *np.array(use).T[::-1]) ** rules.power
                best = (terms.sum(axis=1) ** (1 / rules.power) - c[i] * chosen.sum(axis=1)).max()
                sizes.append(len(network))
                assert own == pytest.approx(best, abs=1e-8)
        assert len(sizes) >= 28
        assert max(sizes) >= 4

    def test_moves_of_each_kind_are_seen(self):
        at = np.zeros(4)

        def stable(members: Any, x: Any = at, c: float = 1.2, **change: Any) -> bool:
            return is_stable(members, x, np.ones(4), c, rules=replace(PLAIN, **change))

        # All in one club: each has 2 - 1.2.
        assert stable([[1], [1], [1], [1]])
        # To join pays for the fourth, to leave pays at a higher cost, to found pays from nothing.
        assert not stable([[1], [1], [1], [0]])
        assert not stable([[1], [1], [1], [1]], c=2.1)
        assert not stable(np.zeros((4, 0)))
        assert stable(np.zeros((4, 0)), c=2.1)
        # Two clubs; the third state, at 1, is in the one at 0, which is worth √3 exp(-4/9) = 1.11 to it.
        # It would not leave it at a cost of 1, and the other brings √(1.11² + 3) - 1.11 = .95 beside it;
        # but to change one for the other brings √3 - 1.11.
        x = np.array([0.0, 0.0, 1.0, 1.0, 1.0])
        members = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1]])
        rules = replace(PLAIN, capacity=2)
        best = ByLoops(x.reshape(-1, 1).tolist(), [1.0] * 5, [1.0] * 5, rules)
        gains = [
            best.utility(2, network) - best.utility(2, as_sets(members))
            for network in (
                [Club([0, 1]), Club([3, 4])],
                [Club([0, 1, 2]), Club([2, 3, 4])],
                [Club([0, 1]), Club([2, 3, 4])],
            )
        ]
        assert gains[0] < 0
        assert gains[1] < 0
        assert gains[2] > 0
        assert not is_stable(members, x, np.ones(5), 1.0, rules=rules)
        assert is_stable(members[[0, 1, 3, 3, 4]], x, np.ones(5), 1.0, rules=rules)

    def test_consent_keeps_a_state_out(self):
        # Two small states at 0, and one a hundred times their size at 2, which would move the club away.
        x, w = [0.0, 0.0, 2.0], [1.0, 1.0, 100.0]
        members = [[1], [1], [0]]
        rules = replace(PLAIN, partners=1)
        found = {
            rule: is_stable(members, x, w, 0.15, rules=replace(rules, admission=rule)) for rule in ADMISSION
        }
        assert found == {"open": False, "majority": True, "unanimity": True}

    def test_majority_and_unanimity_differ(self):
        # The newcomer at 1 makes the club larger: it suits the two members at 1 and not the one at 0.
        x, w = [0.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.2]
        members = [[1], [1], [1], [0]]
        rules = replace(PLAIN, bandwidth=0.7, capacity=1, returns=0.2)
        found = {
            rule: is_stable(members, x, w, 0.05, rules=replace(rules, admission=rule)) for rule in ADMISSION
        }
        assert found == {"open": False, "majority": False, "unanimity": True}


class TestFormation:
    @pytest.mark.parametrize("admission", ADMISSION)
    @pytest.mark.parametrize("dimensions", [1, 2, 3])
    def test_same_as_by_loops(self, admission, dimensions):
        # The whole course of the model, move by move, in a second implementation.
        rules = replace(MIXED, admission=admission, partners=4)
        counts = []
        for seed in range(3):
            x, w, c = world(11, dimensions, seed)
            order = np.random.default_rng(seed).permutation(11)
            found = form_clubs(x, w, c, rules=rules, seed=1, order=order, rounds=6)
            expected = by_loops(x, w, c, rules).run(order.tolist(), 6)
            assert set(as_sets(found.members)) == set(expected)
            assert len(found.counts) == len(expected)
            counts.append(len(expected))
        assert min(counts) >= 2

    @pytest.mark.parametrize("admission", ["majority", "unanimity"])
    def test_consent_on_a_line_in_the_plane_and_in_space(self, admission):
        # The same line in more dimensions, where consent is found in other ways, gives the same network.
        rules = replace(MIXED, admission=admission)
        x, w, c = world(60, 1, seed=5, spread=1.5)
        order = np.arange(60)
        line = form_clubs(x, w, c, rules=rules, seed=1, order=order, rounds=12)
        for other in (
            x @ [[0.6, 0.8]],
            x @ [[0.36, 0.48, 0.8]],
        ):
            found = form_clubs(other, w, c, rules=rules, seed=1, order=order, rounds=12)
            assert np.array_equal(found.members, line.members)
        assert line.members.shape[1] >= 8

    def test_consent_in_the_plane_and_in_space(self):
        rules = replace(MIXED, admission="majority")
        x, w, c = world(60, 2, seed=6)
        order = np.arange(60)
        plane = form_clubs(x, w, c, rules=rules, seed=1, order=order, rounds=12)
        space = form_clubs(np.c_[x, np.zeros(60)], w, c, rules=rules, seed=1, order=order, rounds=12)
        assert np.array_equal(plane.members, space.members)

    def test_result_is_consistent(self):
        x, w, c = world(50, 2, seed=3)
        found = form_clubs(x, w, c, rules=MIXED, seed=4)
        size = w / w.mean()
        assert found.stable
        assert (found.reason, found.unsettled) == ("rest", 0)
        assert found.members.dtype == bool
        assert found.counts.tolist() == found.members.sum(axis=0).tolist()
        assert found.counts.min() >= 2
        assert found.weights.tolist() == pytest.approx((size @ found.members).tolist())
        assert found.positions == pytest.approx(
            found.members.T @ (size[:, np.newaxis] * x) / found.weights[:, np.newaxis]
        )
        assert found.utilities.tolist() == utilities(found.members, x, w, c, rules=MIXED).tolist()
        assert len(found.history) == found.rounds + 1
        assert found.history[0] == 0
        assert found.history[-1] == found.members.shape[1]
        assert found.states.equals(pd.RangeIndex(50))

    def test_same_seed_same_network(self):
        x, w, c = world(40, 1, seed=8)
        first, again, other = (form_clubs(x, w, c, rules=MIXED, seed=seed, rounds=9) for seed in (1, 1, 2))
        assert np.array_equal(first.members, again.members)
        assert first.utilities.tolist() == again.utilities.tolist()
        assert set(as_sets(first.members)) != set(as_sets(other.members))

    def test_a_stable_start_stays(self):
        x, w, c = world(30, 1, seed=10)
        found = form_clubs(x, w, c, rules=MIXED, seed=1)
        assert found.stable
        again = form_clubs(x, w, c, rules=MIXED, seed=5, start=np.c_[np.zeros(30), found.members])
        assert again.rounds == 0
        assert again.history.tolist() == [found.members.shape[1]]
        assert np.array_equal(again.members, found.members)

    def test_what_does_not_come_to_rest_says_so(self):
        # Open admission with congestion: newcomers spoil the club for those who are in it.
        x, w, _ = world(40, 1, seed=0)
        rules = replace(MIXED, admission="open")
        found = form_clubs(x, w, 0.5, rules=rules, seed=1, rounds=5)
        assert not found.stable
        assert found.reason == "rounds"
        assert found.unsettled > 0
        assert found.rounds == 5
        assert not is_stable(found.members, x, w, 0.5, rules=rules)

    def test_pursuit_has_no_rest_unless_consent_is_needed(self):
        # Sizes 2/5 and 8/5 at one place, room for two clubs. The large state has √1.6 = 1.26 alone and
        # √2 e^-½ = 0.86 with the small one, which has √0.4 = 0.63 alone: the one flees, the other follows.
        x, w, c = [0.0, 0.0], [1.0, 4.0], 0.5
        rules = replace(PLAIN, congestion=0.5, smallest=1, capacity=2)
        networks = [np.reshape(cells, (2, 2)) for cells in itertools.product([0, 1], repeat=4)]
        loops = by_loops(np.zeros((2, 1)), w, [c, c], rules)
        for members in networks:
            assert any(loops.wants(i, as_sets(members)) for i in range(2))
            assert not is_stable(members, x, w, c, rules=rules)
        found = form_clubs(x, w, c, rules=rules, seed=1, order=[0, 1])
        assert (found.stable, found.reason) == (False, "cycle")
        assert found.rounds < 16
        drawn = form_clubs(x, w, c, rules=rules, seed=1, rounds=50)
        assert (drawn.stable, drawn.reason, drawn.rounds) == (False, "rounds", 50)
        found = form_clubs(x, w, c, rules=replace(rules, admission="majority"), seed=1, order=[0, 1])
        assert (found.stable, found.reason) == (True, "rest")

    def test_inertia_stops_small_moves(self):
        x, w, _ = world(40, 1, seed=0)
        rules = replace(MIXED, admission="open", inertia=0.5)
        found = form_clubs(x, w, 0.5, rules=rules, seed=1)
        assert found.stable
        assert len(found.counts) > 0
        assert is_stable(found.members, x, w, 0.5, rules=rules)
        assert not is_stable(found.members, x, w, 0.5, rules=replace(rules, inertia=0.0))

    def test_capacity(self):
        x, w, c = world(40, 1, seed=2, spread=4.0)
        found = form_clubs(x, w, c, rules=replace(MIXED, capacity=3), seed=1)
        assert found.full
        assert found.history.max() == 3
        assert is_stable(found.members, x, w, c, rules=replace(MIXED, capacity=3)) == found.stable
        assert not form_clubs(x, w, c, rules=MIXED, seed=1).full

    @pytest.mark.parametrize("dimensions", [1, 2, 3])
    def test_extreme_rules_overflow_nowhere(self, dimensions):
        x, w, _ = world(30, dimensions, seed=1, spread=10.0)
        w = w**6
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for admission, cost in itertools.product(ADMISSION, (1e-6, 5.0)):
                rules = replace(PLAIN, substitution=0.999, congestion=0.5, admission=admission)
                found = form_clubs(x, w, cost, rules=rules, seed=1, rounds=10)
                assert np.isfinite(found.utilities).all()
                assert found.stable == is_stable(found.members, x, w, cost, rules=rules)

    def test_steep_substitution(self):
        # The spillover of √2 · 0.3 is lost in Σ a^1000 beside the √3 of a member, but not in its root:
        # membership is worth 1.31, and does not pay at 1.4.
        rules = replace(PLAIN, substitution=0.999, exclusion=0.7, capacity=1, partners=1)
        worth = np.sqrt(3) - 0.3 * np.sqrt(2)
        for cost, members in ((worth - 0.01, 3), (worth + 0.01, 2)):
            costs = [0.1, 0.1, cost]
            found = form_clubs(np.zeros(3), np.ones(3), costs, rules=rules, seed=1, start=[[1], [1], [0]])
            assert found.counts.tolist() == [members]
            assert is_stable(found.members, np.zeros(3), np.ones(3), costs, rules=rules)

    @pytest.mark.parametrize("admission", ADMISSION)
    def test_one_giant_among_dwarfs(self, admission):
        # What a club is without the giant cannot be had by subtraction.
        x = np.linspace(-0.1, 0.1, 12)
        w = np.r_[np.full(11, 1e-9), 1e9]
        for exclusion in (0.5, 1.0):
            rules = replace(PLAIN, exclusion=exclusion, admission=admission, smallest=1)
            found = form_clubs(x, w, 1e-6, rules=rules, seed=1, rounds=20)
            assert found.counts.size
            assert found.stable == is_stable(found.members, x, w, 1e-6, rules=rules)

    def test_huge_and_tiny_units(self):
        x, w, c = world(12, 2, seed=3)
        found = form_clubs(x, w, c, rules=MIXED, seed=1)
        for unit, length in ((1e307, 1e-200), (1e-307, 1e200)):
            other = form_clubs(x * length, w * unit, c, rules=replace(MIXED, bandwidth=length), seed=1)
            assert np.array_equal(other.members, found.members)
            assert other.positions / length == pytest.approx(found.positions)

    def test_what_is_given_is_left_alone(self):
        x, w, c = world(12, 2, seed=3)
        start = np.zeros((12, 2), dtype=bool)
        start[:5, 0] = True
        order = np.arange(12)
        for array in (x, w, c, start, order):
            array.flags.writeable = False
        found = form_clubs(x, w, c, rules=MIXED, seed=1, start=start, order=order)
        assert is_stable(found.members, x, w, c, rules=MIXED) == found.stable
        assert start.sum() == 5
        whole = form_clubs(np.array([0, 0, -0.0]), np.array([1, 1, 1]), 1, rules=PLAIN, seed=1)
        assert whole.counts.tolist() == [3]

    def test_nearest_states(self):
        # Ties included: a grid, states at one place, and a single pair.
        rng = np.random.default_rng(1)
        grid = rng.integers(0, 4, size=(40, 2)).astype(float)
        worlds: list[Any] = [rng.normal(size=(30, 2)), grid, np.zeros((9, 1)), np.eye(2)]
        for x in worlds:
            for number in {1, min(5, len(x) - 1)}:
                rules = replace(PLAIN, partners=number)
                loops = by_loops(x, np.ones(len(x)), np.ones(len(x)), rules)
                assert clubs._nearest(x, number).tolist() == loops.queue

    def test_single_state(self):
        assert form_clubs([0.0], [1.0], 0.1, rules=PLAIN, seed=1).members.shape == (1, 0)
        alone = form_clubs([0.0], [7.0], 0.1, rules=replace(PLAIN, smallest=1), seed=1)
        # It supplies itself with clubs of quality 1, until √(k + 1) - √k falls to the cost of one.
        k = next(k for k in itertools.count() if np.sqrt(k + 1) - np.sqrt(k) <= 0.1)
        assert alone.counts.tolist() == [1] * k

    def test_names_are_matched(self):
        x, w, c = world(12, 2, seed=3)
        names = [f"S{i:02}" for i in range(12)]
        frame = pd.DataFrame(x, index=names)
        sizes, costs = pd.Series(w, index=names), pd.Series(c, index=names)
        found = form_clubs(frame, sizes[::-1], costs.sample(frac=1, random_state=1), rules=MIXED, seed=1)
        plain = form_clubs(x, w, c, rules=MIXED, seed=1)
        assert found.states.tolist() == names
        assert np.array_equal(found.members, plain.members)
        network = pd.DataFrame(found.members, index=names)[::-1]
        assert utilities(network, frame, sizes, costs, rules=MIXED).tolist() == plain.utilities.tolist()
        assert is_stable(network, frame, sizes, costs, rules=MIXED)
        again = form_clubs(frame, sizes, costs, rules=MIXED, seed=1, start=network)
        assert again.rounds == 0
        assert np.array_equal(again.members, plain.members)
        # Numbers are names as well.
        found = form_clubs(
            pd.DataFrame(x),
            pd.Series(w)[::-1],
            pd.Series(c)[::-1],
            rules=MIXED,
            seed=1,
            start=network.to_numpy()[::-1],
        )
        assert np.array_equal(found.members, plain.members)


class TestClosedForms:
    @pytest.mark.parametrize("admission", ADMISSION)
    def test_equal_states_without_congestion_form_one_grand_club(self, admission):
        # A second one would add √30 (√2 - 1) < 2.5 with all in it, and less before that.
        rules = replace(PLAIN, admission=admission)
        found = form_clubs(np.zeros(30), np.ones(30), 2.5, rules=rules, seed=1)
        assert found.stable
        assert found.counts.tolist() == [30]
        assert found.utilities.tolist() == pytest.approx([np.sqrt(30) - 2.5] * 30)

    def test_cheaper_membership_gives_a_second_grand_club(self):
        # Founded by nine, it adds √(30 + 9) - √30 = .768 to each, and with all in it √60 - √30.
        paid = np.sqrt(39) - np.sqrt(30)
        for cost, expected in ((paid + 0.01, 1), (paid - 0.01, 2)):
            start = np.ones((30, 1))
            found = form_clubs(np.zeros(30), np.ones(30), cost, rules=PLAIN, seed=1, start=start)
            assert found.stable
            assert found.counts.tolist() == [30] * expected

    def test_founding_needs_enough_partners(self):
        # Nine founders are worth 3 to each, ten √10.
        for cost, partners, expected in ((2.99, 8, 1), (3.01, 8, 0), (3.01, 9, 1)):
            rules = replace(PLAIN, partners=partners)
            found = form_clubs(np.zeros(15), np.ones(15), cost, rules=rules, seed=1)
            assert found.stable
            assert len(found.counts) == expected

    @pytest.mark.parametrize("cost", [10.0, 1e9])
    def test_cost_above_all_use_leaves_no_club(self, cost):
        # Not even all forty at one place are worth √40 < 10 a member; grand clubs are left.
        x, w, _ = world(40, 2, seed=1)
        for start in (None, np.ones((40, 3))):
            found = form_clubs(x, w, cost, rules=replace(MIXED, substitution=0.9), seed=1, start=start)
            assert found.stable
            assert found.counts.size == 0
            assert found.utilities.tolist() == [0.0] * 40

    @pytest.mark.parametrize(("congestion", "size"), [(0.05, 10), (0.1, 5), (0.12, 4)])
    def test_consent_stops_at_the_best_size(self, congestion, size):
        # Use is √m e^(-g (m - 1)); one more is welcome while ½ log((m + 1)/m) ≥ g. Up to rounding that is
        # Buchanan's size ½/g, where the derivative of the use of a member is 0.
        best = max(range(1, 60), key=lambda m: np.sqrt(m) * np.exp(-congestion * (m - 1)))
        assert best == size
        rules = replace(PLAIN, congestion=congestion, admission="unanimity", substitution=0.9, partners=59)
        found = form_clubs(np.zeros(60), np.ones(60), 0.6, rules=rules, seed=1)
        assert found.stable
        assert found.counts.tolist() == [size] * (60 // size)
        assert (found.members.sum(axis=1) == 1).all()

    def test_open_clubs_are_crowded_until_nobody_gains(self):
        # With room for one club, states enter while √m e^(-g (m - 1)) exceeds the cost.
        rules = replace(PLAIN, congestion=0.1, capacity=1)
        worth = np.sqrt(np.arange(1, 61)) * np.exp(-0.1 * np.arange(60))
        for cost in (0.3, 0.6, 0.9):
            expected = int(np.flatnonzero(worth > cost)[-1]) + 1
            found = form_clubs(np.zeros(60), np.ones(60), cost, rules=rules, seed=1)
            assert found.stable
            assert found.counts.tolist() == [expected]
            assert expected > 5

    @pytest.mark.parametrize("exclusion", [0.0, 0.05, 0.1, 0.2, 0.4, 1.0])
    def test_spillover_limits_a_club(self, exclusion):
        # A member stays while √m - (1 - e)√(m - 1) exceeds the cost; a pair has no club to fall back on.
        cost = 0.5
        m = np.arange(3, 41)
        stays = np.sqrt(m) - (1 - exclusion) * np.sqrt(m - 1) > cost
        expected = 40 if stays.all() else int(m[~stays][0]) - 1
        rules = replace(PLAIN, exclusion=exclusion, capacity=1)
        found = form_clubs(np.zeros(40), np.ones(40), cost, rules=rules, seed=1)
        assert found.stable
        assert found.counts.tolist() == [expected]

    def test_no_exclusion_no_club_beyond_those_who_are_needed(self):
        # A pure public good: at a cost above what one more member adds, √3 - √2, only pairs can be
        # stable, for there each is needed; above √2 there is no club at all. With exclusion there is.
        free = replace(PLAIN, exclusion=0.0)
        for cost, expected in ((0.5, [2]), (1.5, [])):
            found = form_clubs(np.zeros(20), np.ones(20), cost, rules=replace(free, capacity=1), seed=1)
            assert found.stable
            assert found.counts.tolist() == expected
        found = form_clubs(np.zeros(20), np.ones(20), 1.5, rules=PLAIN, seed=1)
        assert found.counts.tolist() == [20]

    def test_camps_out_of_reach_have_a_club_each(self):
        x = np.repeat([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]], [4, 5, 6], axis=0)
        found = form_clubs(x, np.ones(15), 1.1, rules=PLAIN, seed=1)
        assert found.stable
        assert sorted(found.counts.tolist()) == [4, 5, 6]
        described = moments(found.members)
        assert described.mean_jaccard == 0
        assert described.mean_memberships == 1
        assert described.pair_coverage == pytest.approx((6 + 10 + 15) / 105)

    def test_more_heterogeneous_states_found_more_clubs(self):
        # On average over worlds and seeds, up to the point where states stand alone.
        rules = replace(PLAIN, congestion=0.02, admission="majority")

        def mean(spread: float) -> float:
            found = []
            for seed in range(6):
                x, w, _ = world(40, 1, seed, spread)
                result = form_clubs(x, w, 1.0, rules=rules, seed=seed)
                assert result.stable
                found.append(len(result.counts))
            return float(np.mean(found))

        few, more, many = mean(0.1), mean(1.0), mean(4.0)
        assert few + 1 < more
        assert more + 1 < many


class TestInvariances:
    @settings(deadline=None, max_examples=25, derandomize=True)
    @given(
        seed=st.integers(0, 10_000),
        n=st.integers(1, 16),
        dimensions=st.integers(1, 3),
        exclusion=st.sampled_from([0.0, 0.3, 0.8, 1.0]),
        returns=st.floats(0.1, 1.0),
        congestion=st.sampled_from([0.0, 0.02, 0.2]),
        substitution=st.floats(0.0, 0.9),
        admission=st.sampled_from(ADMISSION),
        smallest=st.integers(1, 3),
    )
    def test_bounds_and_the_two_verdicts(
        self, seed, n, dimensions, exclusion, returns, congestion, substitution, admission, smallest
    ):
        rules = ClubRules(
            exclusion=exclusion,
            returns=returns,
            congestion=congestion,
            substitution=substitution,
            bandwidth=1.0,
            admission=admission,
            smallest=smallest,
            partners=4,
            capacity=20,
        )
        x, w, c = world(n, dimensions, seed)
        found = form_clubs(x, w, c, rules=rules, seed=seed, rounds=15)
        assert found.stable == (found.unsettled == 0) == is_stable(found.members, x, w, c, rules=rules)
        assert found.stable or found.rounds == 15
        k = len(found.counts)
        assert k == found.history[-1] <= found.history.max() <= 20
        assert found.counts.sum() == found.members.sum()
        assert ((found.counts >= smallest) & (found.counts <= n)).all()
        assert (found.weights <= n * (1 + 1e-12)).all()
        assert (found.positions >= x.min(axis=0) - 1e-9).all()
        assert (found.positions <= x.max(axis=0) + 1e-9).all()
        # At most k clubs of all states at one place; a state that may leave has never less than nothing.
        assert (found.utilities <= max(k, 1) ** (1 - substitution) * n**returns + 1e-9).all()
        if found.stable:
            assert (found.utilities >= -1e-8).all()

    @settings(deadline=None, max_examples=15, derandomize=True)
    @given(seed=st.integers(0, 10_000), admission=st.sampled_from(ADMISSION))
    def test_order_of_the_states_does_not_matter(self, seed, admission):
        rules = replace(MIXED, admission=admission)
        x, w, c = world(20, 2, seed)
        rng = np.random.default_rng(seed)
        calls, moved = rng.permutation(20), rng.permutation(20)
        found = form_clubs(x, w, c, rules=rules, seed=1, order=calls, rounds=8)
        where = np.argsort(moved)  # the new row of each state
        other = form_clubs(x[moved], w[moved], c[moved], rules=rules, seed=1, order=where[calls], rounds=8)
        assert np.array_equal(other.members, found.members[moved])
        assert other.utilities.tolist() == pytest.approx(found.utilities[moved].tolist(), rel=1e-9)

    @settings(deadline=None, max_examples=15, derandomize=True)
    @given(
        seed=st.integers(0, 10_000),
        unit=st.sampled_from([1e-9, 0.3, 1e12]),
        length=st.sampled_from([0.01, 7.0]),
        angle=st.floats(0, 6.28),
    )
    def test_units_of_size_and_position_do_not_matter(self, seed, unit, length, angle):
        x, w, c = world(20, 2, seed)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        order = np.arange(20)
        found = form_clubs(x, w, c, rules=MIXED, seed=1, order=order, rounds=8)
        other = form_clubs(
            length * (x @ turn + 3.0),
            w * unit,
            c,
            rules=replace(MIXED, bandwidth=length),
            seed=1,
            order=order,
            rounds=8,
        )
        assert np.array_equal(other.members, found.members)

    def test_cheaper_membership_means_more_memberships(self):
        x, w, c = world(40, 1, seed=2)
        found = [form_clubs(x, w, c * factor, rules=MIXED, seed=1) for factor in (2.0, 1.0, 0.5)]
        assert all(result.stable for result in found)
        dear, middle, cheap = (result.members.sum() for result in found)
        assert dear < middle < cheap


class TestMoments:
    def test_by_hand(self):
        # Clubs {0, 1, 2}, {1, 2}, {3, 4}: Jaccard 2/3, 0, 0; pairs 01 02 12 34 of ten.
        members = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 1]])
        found = moments(members)
        assert found.clubs == 3
        assert found.mean_size == pytest.approx(7 / 3)
        assert (found.lower_quartile, found.median_size, found.upper_quartile) == (2.0, 2.0, 2.5)
        assert found.mean_memberships == pytest.approx(7 / 5)
        assert found.mean_jaccard == pytest.approx(2 / 9)
        assert found.pair_coverage == pytest.approx(0.4)

    @settings(deadline=None, max_examples=50, derandomize=True)
    @given(members=arrays(bool, st.tuples(st.integers(2, 12), st.integers(0, 9))))
    def test_against_scipy_and_networkx(self, members):
        found = moments(members)
        real = members[:, members.any(axis=0)]
        n, k = real.shape
        assert found.clubs == k
        if k > 1:
            expected = 1 - scipy.spatial.distance.pdist(real.T, "jaccard")
            assert found.mean_jaccard == pytest.approx(expected.mean())
        else:
            assert found.mean_jaccard == 0
        graph = nx.bipartite.from_biadjacency_matrix(scipy.sparse.csr_array(real.astype(int)))
        shared = nx.bipartite.projected_graph(graph, range(n))
        assert found.pair_coverage == pytest.approx(nx.density(shared))
        assert found.mean_memberships == pytest.approx(members.sum() / n)
        assert found.mean_size * k == pytest.approx(members.sum())
        assert 0 <= found.mean_jaccard <= 1
        assert found.lower_quartile <= found.median_size <= found.upper_quartile
        order = np.random.default_rng(1).permutation(n)
        assert moments(pd.DataFrame(members[order][:, ::-1])) == pytest.approx(found)

    def test_no_club_and_one_club(self):
        assert moments(np.zeros((3, 2))) == (0, 0, 0, 0, 0, 0, 0, 0)
        assert moments(np.ones((3, 1))) == (1, 3, 3, 3, 3, 1, 0, 1)

    def test_more_states_than_one_batch(self):
        members = np.random.default_rng(1).random((1300, 4)) < 0.1
        shared = members.astype(int) @ members.T.astype(int) > 0
        expected = shared[np.triu_indices(1300, 1)].mean()
        assert moments(members).pair_coverage == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("members", "sentence"),
        [
            ([True, False], r"matrix of booleans.*shape \(2,\)"),
            ([[0, 2], [1, 0]], "matrix of booleans"),
            ([[0, np.nan], [1, 0]], "Members must be finite numbers"),
            ([["a", "b"]], "Members must be numbers"),
            ([[1, 0]], "at least two states, got 1"),
        ],
    )
    def test_errors(self, members, sentence):
        with pytest.raises(MeasureError, match=sentence):
            moments(members)


class TestErrors:
    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"exclusion": 1.1}, "'exclusion' must be a number from 0 to 1, got 1.1"),
            ({"exclusion": [0.1, 0.2]}, "'exclusion' must be a number from 0 to 1"),
            ({"exclusion": "much"}, "'exclusion' must be numbers"),
            ({"returns": 0}, "'returns' must be a number above 0 and at most 1, got 0"),
            ({"congestion": -0.1}, "'congestion' must be a number of at least 0"),
            ({"congestion": float("nan")}, "'congestion' must be finite"),
            ({"substitution": 1.0}, "'substitution' must be a number of at least 0 and below 1"),
            ({"bandwidth": 0.0}, "'bandwidth' must be a number above 0, got 0.0"),
            ({"inertia": -1}, "'inertia' must be a number of at least 0"),
            ({"admission": "all"}, "'open', 'majority' or 'unanimity', got 'all'"),
            ({"partners": 0}, "'partners' must be a whole number of at least 1, got 0"),
            ({"smallest": True}, "'smallest' must be a whole number"),
            ({"capacity": 2.5}, "'capacity' must be a whole number of at least 1, got 2.5"),
        ],
    )
    def test_rules(self, change, sentence):
        with pytest.raises(MeasureError, match=sentence):
            replace(PLAIN, **change)

    named = pd.Series([0.0, 1.0], index=["A", "B"])

    @pytest.mark.parametrize(
        ("x", "w", "c", "sentence"),
        [
            ([], [], 1, "row for at least one state, got the shape \\(0,\\)"),
            (0.0, [1], 1, "row for at least one state"),
            (np.zeros((2, 2, 2)), [1, 1], 1, "row for at least one state"),
            ([0, np.nan], [1, 1], 1, "Ideal points must be finite numbers, but the value at position 1"),
            (["a"], [1], 1, "Ideal points must be numbers"),
            ([0, 1], [1, 0], 1, "Sizes must be above zero"),
            ([0, 1], [1e-200, 1e200], 1, "Sizes must not differ so much"),
            ([0, 1e200], [1, 1], 1, "too many bandwidths apart"),
            (
                [0, 1],
                [1, 1, 1],
                1,
                r"Sizes must have a figure for each of the 2 states, got the shape \(3,\)",
            ),
            ([0, 1], 1, 1, "Sizes must have a figure for each"),
            ([0, 1], [1, 1], -1, "Costs must not be negative"),
            ([0, 1], [1, 1], np.inf, "Costs must be finite"),
            ([0, 1], [1, 1], [1], "Costs must have a figure for each"),
            (named, pd.Series({"A": 1, "C": 1}), 1, "of the same states, but 'B' is on one side only"),
            (named, pd.Series([1, 1], index=["A", "A"]), 1, "Sizes must not repeat a state, but 'A' does"),
            (pd.Series([1, 1], index=["A", "A"]), [1, 1], 1, "States must not repeat, but 'A' does"),
        ],
    )
    def test_states(self, x, w, c, sentence):
        with pytest.raises(MeasureError, match=sentence):
            form_clubs(x, w, c, rules=PLAIN, seed=1)
        with pytest.raises(MeasureError, match=sentence):
            is_stable([[1], [1]], x, w, c, rules=PLAIN)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"rules": {"exclusion": 1}}, "given as ClubRules, got dict"),
            ({"seed": -1}, "seed must be a whole number"),
            ({"rounds": 0}, "number of rounds must be a whole number of at least 1, got 0"),
            ({"order": [0, 0, 1]}, "each row number from 0 to 2 once"),
            ({"order": [0, 1]}, "each row number from 0 to 2 once"),
            ({"start": [[1], [1]]}, "row for each of the 3 states, got 2"),
            ({"start": [[1], [0], [0]]}, "at least 2 members"),
            ({"start": [[2], [1], [1]]}, "matrix of booleans"),
            ({"start": np.ones((3, 2)), "rules": replace(PLAIN, capacity=1)}, "room for 1 clubs, .* has 2"),
        ],
    )
    def test_form_clubs(self, change, sentence):
        with pytest.raises(MeasureError, match=sentence):
            form_clubs([0, 0, 0], [1, 1, 1], 1.0, **{"rules": PLAIN, "seed": 1, **change})

    def test_members(self):
        x = pd.Series([0.0, 0.0], index=["A", "B"])
        for check in (utilities, is_stable):
            with pytest.raises(MeasureError, match="one row for each state, which 'B' has not"):
                check(pd.DataFrame([[1], [1]], index=["A", "C"]), x, [1, 1], 1.0, rules=PLAIN)
            with pytest.raises(MeasureError, match="one row for each state, which 'A' has not"):
                check(pd.DataFrame([[1], [1], [1]], index=["A", "A", "B"]), x, [1, 1], 1.0, rules=PLAIN)
            with pytest.raises(MeasureError, match="row for each of the 2 states, got 3"):
                check(np.ones((3, 1)), x, [1, 1], 1.0, rules=PLAIN)
        with pytest.raises(MeasureError, match="at least 2 members"):
            is_stable([[1], [0]], x, [1, 1], 1.0, rules=PLAIN)
