"""Indices of misrepresentation, bodies drawn by lot, and the bootstrap over states."""

import doctest
import itertools
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from cybergov.errors import MeasureError
from cybergov.measures import representation
from cybergov.measures.intervals import multiplicities, permutation_p
from cybergov.measures.representation import (
    gallagher,
    loosemore_hanby,
    members_by_lot,
    misrepresentation_of_resampled_states,
    sainte_lague,
    seats_by,
    seats_by_lot,
    seats_by_relabelling,
    seats_per_population,
)

FAST = settings(deadline=None, max_examples=50, derandomize=True)

EVERY = pytest.mark.parametrize("index", [loosemore_hanby, gallagher, sainte_lague])
BOTH = pytest.mark.parametrize("index", [loosemore_hanby, gallagher])

# State election in Queensland, 2012: first preferences in per cent and seats of 89. Liberal National,
# Labor, Katter's Australian, Greens, independents, Family First, One Nation.
QUEENSLAND_VOTES = [49.65, 26.66, 11.53, 7.53, 3.16, 1.36, 0.10]
QUEENSLAND_SEATS = [78, 7, 2, 0, 2, 0, 0]


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(representation)
    assert found.attempted >= 9
    assert found.failed == 0


class TestIndices:
    def test_published_gallagher_index(self):
        # Printed as 31.2 by Crikey, "Electoral imbalance in Queensland: putting votes into perspective", 15
        # January 2013.
        assert 100 * gallagher(QUEENSLAND_SEATS, QUEENSLAND_VOTES) == pytest.approx(31.2, abs=0.05)

    def test_same_election_by_loosemore_and_hanby(self):
        # Only the winner holds more than its share: 78/89 - 49.65/99.99 = .8764 - .4965.
        expected = 78 / 89 - 49.65 / 99.99
        assert loosemore_hanby(QUEENSLAND_SEATS, QUEENSLAND_VOTES) == pytest.approx(expected)

    def test_by_hand(self):
        # Differences +.3, -.1, -.2: half the absolute sum is .3, and √(½ (.09 + .01 + .04)) = √.07.
        seats, votes = [7, 2, 1], [40, 30, 30]
        assert loosemore_hanby(seats, votes) == pytest.approx(0.3)
        assert gallagher(seats, votes) == pytest.approx(np.sqrt(0.07))

    def test_many_small_gaps_weigh_less_by_gallagher(self):
        # Both times a fifth of the seats is misplaced: one gap of .2, or four of .05.
        one = ([0.7, 0.3], [0.5, 0.5])
        many = ([0.175] * 4 + [0.075] * 4, [0.125] * 8)
        assert loosemore_hanby(*one) == pytest.approx(loosemore_hanby(*many)) == pytest.approx(0.2)
        assert gallagher(*one) == pytest.approx(0.2)
        assert gallagher(*many) == pytest.approx(np.sqrt(0.5 * 8 * 0.05**2))

    @BOTH
    def test_ends_of_the_scale(self, index):
        assert index([1, 2, 3], [10, 20, 30]) == pytest.approx(0, abs=1e-12)
        assert index([0, 9], [5, 0]) == 1.0
        assert index([4], [100]) == 0.0

    def test_gallagher_never_exceeds_loosemore_hanby(self):
        rng = np.random.default_rng(1)
        seats, votes = rng.integers(0, 20, size=(2, 500, 5)) + 1
        assert (gallagher(seats, votes) <= loosemore_hanby(seats, votes) + 1e-12).all()

    @BOTH
    def test_units_and_order_do_not_matter(self, index):
        seats, votes = np.array([7, 2, 1, 5]), np.array([40, 30, 30, 12])
        expected = index(seats, votes)
        assert index(seats / 15, votes * 1e6) == pytest.approx(expected)
        order = [2, 0, 3, 1]
        assert index(seats[order], votes[order]) == pytest.approx(expected)
        assert index(votes, seats) == pytest.approx(expected)

    @EVERY
    def test_leading_axes_are_carried_along(self, index):
        seats = np.random.default_rng(2).integers(1, 9, size=(4, 3, 5))
        votes = [40, 30, 10, 15, 5]
        found = index(seats, votes)
        assert found.shape == (4, 3)
        for place in np.ndindex(4, 3):
            assert found[place] == pytest.approx(index(seats[place], votes))
        assert type(index(seats[0, 0], votes)) is float

    @BOTH
    def test_labels_are_matched_by_name(self, index):
        seats = pd.Series({"Africa": 3, "Asia": 5, "Europe": 7})
        votes = pd.Series({"Europe": 20, "Africa": 50, "Asia": 30})
        expected = index([3, 5, 7], [50, 30, 20])
        assert index(seats, votes) == pytest.approx(expected)
        frame = pd.DataFrame([seats, 2 * seats])
        assert index(frame, votes) == pytest.approx([expected, expected])
        assert index(votes, frame) == pytest.approx([expected, expected])
        assert index(seats, [50, 30, 20]) == pytest.approx(expected)

    @EVERY
    @pytest.mark.parametrize(
        ("seats", "votes", "sentence"),
        [
            ([], [], "at least one category of seats"),
            (3, [1], "at least one category of seats"),
            ([1, 2], [1, 2, 3], "same categories, got 2 and 3"),
            ([1], [1, 2, 3], "same categories, got 1 and 3"),
            ([0, 0], [1, 2], "seats that add up to more than zero"),
            ([[1, 2], [3, 4]], [[1, 2], [0, 0]], "votes that add up to more than zero"),
            ([1, -1], [1, 2], "seats that are not negative"),
            ([1, 2], [1e308, 1e308], "votes with a finite sum"),
            ([1, 2], [1, np.nan], "Votes must be finite numbers, but the value at position 1 is not"),
            ([1, 2], ["1", "2"], "Votes must be numbers"),
            (
                np.ones((2, 3)),
                np.ones((4, 3)),
                r"shapes of seats and votes do not fit: \(2, 3\) and \(4, 3\)",
            ),
            (pd.Series({"A": 1, "B": 2}), pd.Series({"A": 1, "C": 2}), "same labels, but 'B' is on one side"),
            (pd.Series({"A": 1}), pd.Series({"A": 1, "C": 2}), "same labels, but 'C' is on one side"),
            (pd.Series([1, 2], index=["A", "A"]), pd.Series({"A": 1, "B": 2}), "repeat, but 'A' does"),
        ],
    )
    def test_errors(self, index, seats, votes, sentence):
        with pytest.raises(MeasureError, match=sentence):
            index(seats, votes)


class TestSainteLague:
    def test_is_chi_squared_over_the_seats(self):
        # scipy's Pearson statistic of the seats of Queensland against the votes: an independent
        # implementation.
        votes = np.array(QUEENSLAND_VOTES)
        expected = scipy.stats.chisquare(QUEENSLAND_SEATS, 89 * votes / votes.sum()).statistic / 89
        assert sainte_lague(QUEENSLAND_SEATS, QUEENSLAND_VOTES) == pytest.approx(expected)

    def test_by_hand(self):
        # Differences +.3, -.1, -.2 against .4, .3, .3: .09/.4 + .01/.3 + .04/.3.
        assert sainte_lague([7, 2, 1], [40, 30, 30]) == pytest.approx(0.225 + 0.05 / 0.3)

    def test_ends_of_the_scale(self):
        assert sainte_lague([1, 2, 3], [10, 20, 30]) == pytest.approx(0, abs=1e-12)
        assert sainte_lague([4], [100]) == 0.0
        # All seats to a category with a tenth of the votes: 1 / .1 - 1.
        assert sainte_lague([5, 0], [1, 9]) == pytest.approx(9)

    def test_neither_seats_nor_votes_adds_nothing(self):
        assert sainte_lague([7, 0, 2, 1], [40, 0, 30, 30]) == pytest.approx(
            sainte_lague([7, 2, 1], [40, 30, 30])
        )

    def test_seats_without_votes(self):
        sentence = "not defined if a category has seats but no votes"
        with pytest.raises(MeasureError, match=sentence):
            sainte_lague([1, 2], [0, 5])
        with pytest.raises(MeasureError, match=sentence):
            sainte_lague([[0, 2], [1, 2]], [0, 5])
        assert sainte_lague([0, 2], [0, 5]) == 0.0
        with pytest.raises(MeasureError, match="too large for a number"):
            sainte_lague([1, 1], [1e-320, 5])

    def test_a_gap_weighs_more_for_a_small_category(self):
        # A tenth of the seats too many, once for a category with .1 and once for one with .5.
        small, large = (
            sainte_lague([0.2, 0.4, 0.4], [0.1, 0.5, 0.4]),
            sainte_lague([0.1, 0.6, 0.3], [0.1, 0.5, 0.4]),
        )
        assert small > large

    def test_labels_are_matched_by_name(self):
        seats = pd.Series({"Africa": 3, "Asia": 5, "Europe": 7})
        votes = pd.Series({"Europe": 20, "Africa": 50, "Asia": 30})
        expected = sainte_lague([3, 5, 7], [50, 30, 20])
        assert sainte_lague(seats, votes) == pytest.approx(expected)
        assert sainte_lague(pd.DataFrame([seats, 2 * seats]), votes) == pytest.approx([expected, expected])
        assert sainte_lague(votes, seats) != pytest.approx(expected)

    @FAST
    @given(
        figures=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=8).filter(
            lambda figures: sum(seats for seats, _ in figures) > 0
        ),
        data=st.data(),
    )
    def test_bounds_units_and_order(self, figures, data):
        seats, votes = np.array(figures, dtype=float).T
        found = sainte_lague(seats, votes)
        s, v = seats / seats.sum(), votes / votes.sum()
        assert found == pytest.approx((s**2 / v).sum() - 1, abs=1e-9)
        # By Cauchy and Schwarz it is at least (Σ |s - v|)², four times the squared Loosemore-Hanby index.
        assert 4 * loosemore_hanby(seats, votes) ** 2 <= found + 1e-9
        assert found <= 1 / v.min() - 1 + 1e-9
        order = np.array(data.draw(st.permutations(range(len(seats)))))
        assert sainte_lague(7 * seats[order], 1e6 * votes[order]) == pytest.approx(found, abs=1e-9)


class TestSeatsPerPopulation:
    def test_by_hand(self):
        # 3 seats for 50 million people are 6 for a hundred million.
        assert seats_per_population(3, 50e6) == pytest.approx(6)
        assert seats_per_population([3, 0], [50e6, 1e4], per=1e6).tolist() == pytest.approx([0.06, 0])

    def test_series_keep_the_labels_of_the_seats(self):
        found = seats_per_population(pd.Series({"A": 1, "B": 4}), pd.Series({"B": 2e8, "A": 1e8}))
        assert isinstance(found, pd.Series)
        assert found.to_dict() == pytest.approx({"A": 1, "B": 2})

    def test_empty(self):
        assert seats_per_population([], []).shape == (0,)

    @pytest.mark.parametrize(
        ("seats", "population", "per", "sentence"),
        [
            (1, 0, 1e8, "Population must be above zero"),
            (-1, 5, 1e8, "Seats must not be negative"),
            (1, 5, 0, "must be above zero, got 0"),
            (1, 1e-305, 1e8, "too large for a number"),
            (1, 5, float("inf"), "must be above zero, got inf"),
            ([1, 2], [1, 2, 3], 1e8, r"shapes of seats and population do not fit: \(2,\) and \(3,\)"),
            (pd.Series({"A": 1}), pd.Series({"B": 1}), 1e8, "same labels, but 'A'"),
            (1, None, 1e8, "Population must be finite numbers"),
        ],
    )
    def test_errors(self, seats, population, per, sentence):
        with pytest.raises(MeasureError, match=sentence):
            seats_per_population(seats, population, per=per)


class TestSeatsByLot:
    categories = ("Asia", "Africa", "Asia", "Europe", "Africa")

    def test_every_group_is_equally_probable(self):
        # Two of five states: ten groups. Counting them by category gives the probabilities.
        groups = itertools.combinations(self.categories, 2)
        exact = Counter(tuple(sorted(group)) for group in groups)
        (lot,) = seats_by_lot(self.categories, [2], draws=10_000, seed=1)
        drawn = Counter(
            tuple(name for name in lot.columns for _ in range(row[name])) for _, row in lot.iterrows()
        )
        assert set(drawn) == set(exact)
        observed = [drawn[group] for group in exact]
        expected = [number * 1000 for number in exact.values()]
        assert scipy.stats.chisquare(observed, expected).pvalue > 0.001

    def test_number_of_marked_members_is_hypergeometric(self):
        # Five permanent members among 193 states, 25 seats.
        (lot,) = seats_by_lot([True] * 5 + [False] * 188, [25], draws=20_000, seed=3)
        expected = scipy.stats.hypergeom(193, 5, 25)
        for number in range(3):
            assert (lot[True] == number).mean() == pytest.approx(expected.pmf(number), abs=0.015)

    def test_several_bodies_are_independent(self):
        regions = ["Africa"] * 20 + ["Asia"] * 20
        first, second, third = seats_by_lot(regions, [10, 10, 25], draws=5000, seed=4)
        assert third.sum(axis=1).eq(25).all()
        assert first.equals(seats_by_lot(regions, [10], draws=5000, seed=4)[0])
        assert not first.equals(second)
        assert abs(np.corrcoef(first["Africa"], second["Africa"])[0, 1]) < 0.05
        assert seats_by_lot(regions, [], draws=5, seed=1) == []

    def test_seed_decides(self):
        first, again = (seats_by_lot(self.categories, [3], draws=30, seed=1)[0] for _ in range(2))
        assert first.equals(again)
        assert not first.equals(seats_by_lot(self.categories, [3], draws=30, seed=2)[0])

    @pytest.mark.parametrize(
        ("categories", "sizes", "draws", "seed", "sentence"),
        [
            (["A", None], [1], 5, 1, "the one at position 1 has none"),
            (["A"] * 5, [6], 5, 1, "whole number of 1 to 5 seats, got 6"),
            (["A"] * 5, [2, 0], 5, 1, "whole number of 1 to 5 seats, got 0"),
            (["A"] * 5, [2.0], 5, 1, "whole number of 1 to 5 seats, got 2.0"),
            (["A"] * 5, [True], 5, 1, "whole number of 1 to 5 seats, got True"),
            (["A"] * 5, [2], 0, 1, "draws must be a whole number"),
            (["A"] * 5, [2], 5, -1, "seed must be a whole number"),
        ],
    )
    def test_errors(self, categories, sizes, draws, seed, sentence):
        with pytest.raises(MeasureError, match=sentence):
            seats_by_lot(categories, sizes, draws=draws, seed=seed)


class TestSeatsByRelabelling:
    def test_every_way_is_equally_probable(self):
        # One of three states, two categories: the seat falls to Asia in two of three lotteries.
        (lot,) = seats_by_relabelling([True, False, False], ["Asia", "Africa", "Asia"], draws=9000, seed=1)
        assert list(lot.columns) == ["Africa", "Asia"]
        assert lot["Asia"].mean() == pytest.approx(2 / 3, abs=0.02)

    def test_each_body_is_hypergeometric(self):
        sits = np.zeros((2, 193), dtype=bool)
        sits[0, 10:35], sits[1, 30:50] = True, True
        permanent = [True] * 5 + [False] * 188
        for lot, size in zip(
            seats_by_relabelling(sits, permanent, draws=20_000, seed=3), (25, 20), strict=True
        ):
            assert lot.sum(axis=1).eq(size).all()
            for number in range(3):
                expected = scipy.stats.hypergeom(193, 5, size).pmf(number)
                assert (lot[True] == number).mean() == pytest.approx(expected, abs=0.015)

    def test_common_members_stay_common(self):
        # Two bodies of two with one member in common: never do both hold both states of Asia.
        sits = [[True, True, False, False], [False, True, True, False]]
        first, second = seats_by_relabelling(sits, ["Asia", "Asia", "Africa", "Africa"], draws=3000, seed=2)
        assert not ((first["Asia"] == 2) & (second["Asia"] == 2)).any()
        assert ((first["Asia"] == 2) & (second["Asia"] == 1)).any()
        # With three states in common of three, the two are the same.
        one, same = seats_by_relabelling(
            [[True] * 3, [True] * 3], ["Asia", "Africa", "Asia"], draws=9, seed=2
        )
        assert one.equals(same)

    def test_states_are_matched_by_name(self):
        region = pd.Series(["Asia", "Africa"], index=["FJI", "MLI"])
        with pytest.raises(MeasureError):
            seats_by_relabelling(pd.Series([True, False], index=["FJI", "TGO"]), region, draws=5, seed=1)

    def test_seed_decides(self):
        given = ([True, False, False, True], ["A", "B", "C", "B"])
        first, again, other = (seats_by_relabelling(*given, draws=30, seed=seed)[0] for seed in (1, 1, 2))
        assert first.equals(again)
        assert not first.equals(other)

    @pytest.mark.parametrize(
        ("members", "categories", "draws", "sentence"),
        [
            ([True, False], ["A", None], 5, "the one at position 1 has none"),
            ([1, 0], ["A", "B"], 5, "rows of booleans, one for each of the 2"),
            ([True], ["A", "B"], 5, "rows of booleans, one for each of the 2"),
            ([True, False], ["A", "B"], 0, "draws must be a whole number"),
        ],
    )
    def test_errors(self, members, categories, draws, sentence):
        with pytest.raises(MeasureError, match=sentence):
            seats_by_relabelling(members, categories, draws=draws, seed=1)


class TestMembersByLot:
    regions = ("Asia", "Africa", "Asia", "Europe", "Africa", "Asia")

    def test_every_group_is_equally_probable(self):
        # Three of six states, the second of which always sits: the other two are any of ten pairs.
        always = [False, True, False, False, False, False]
        (drawn,) = members_by_lot(self.regions, [3], draws=10_000, seed=1, always=always)
        counts = Counter(tuple(np.flatnonzero(row).tolist()) for row in drawn)
        possible = {tuple(sorted((1, *pair))) for pair in itertools.combinations([0, 2, 3, 4, 5], 2)}
        assert set(counts) == possible
        assert scipy.stats.chisquare(list(counts.values())).pvalue > 0.001

    def test_every_group_within_quotas_is_equally_probable(self):
        # Two of three Asian and one of two African states: 3 · 2 groups; none from Europe.
        (drawn,) = members_by_lot(self.regions, [{"Asia": 2, "Africa": 1}], draws=6000, seed=2)
        counts = Counter(tuple(np.flatnonzero(row).tolist()) for row in drawn)
        possible = {
            tuple(sorted((*asian, african)))
            for asian in itertools.combinations([0, 2, 5], 2)
            for african in (1, 4)
        }
        assert set(counts) == possible
        assert scipy.stats.chisquare(list(counts.values())).pvalue > 0.001

    def test_who_always_sits_takes_up_a_seat_of_the_quota(self):
        always = np.array([True, False, False, True, False, False])
        quotas = pd.Series({"Europe": 1, "Asia": 2})
        (drawn,) = members_by_lot(self.regions, [quotas], draws=300, seed=3, always=always)
        assert drawn[:, [0, 3]].all()
        assert not drawn[:, [1, 4]].any()
        assert (drawn[:, [2, 5]].sum(axis=1) == 1).all()
        assert drawn[:, 2].mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(300))
        seats = seats_by(drawn, self.regions)
        assert (seats == {"Africa": 0, "Asia": 2, "Europe": 1}).all(axis=None)

    def test_who_always_sits_is_matched_by_name(self):
        regions = pd.Series(self.regions, list("abcdef"))
        always = pd.Series([True] + [False] * 5, list("fedcba"))
        (drawn,) = members_by_lot(regions, [2], draws=20, seed=1, always=always)
        assert drawn[:, 5].all()

    def test_without_quotas_it_is_seats_by_lot(self):
        # Five permanent members among 193 states, 25 seats: hypergeometric, as for seats_by_lot.
        permanent = np.arange(193) < 5
        (drawn,) = members_by_lot(permanent, [25], draws=8000, seed=4)
        expected = scipy.stats.hypergeom(193, 5, 25)
        held = seats_by(drawn, permanent)[True]
        for number in range(3):
            assert (held == number).mean() == pytest.approx(expected.pmf(number), abs=0.025)
        assert (drawn.sum(axis=1) == 25).all()

    def test_several_bodies_are_independent(self):
        regions = ["Africa"] * 20 + ["Asia"] * 20
        first, second, third = members_by_lot(regions, [10, 10, {"Asia": 3}], draws=4000, seed=5)
        assert third.sum(axis=1).tolist() == [3] * 4000
        assert first.tolist() != second.tolist()
        held = [drawn[:, :20].sum(axis=1) for drawn in (first, second)]
        assert abs(np.corrcoef(*held)[0, 1]) < 4 / np.sqrt(4000)
        assert members_by_lot(regions, [], draws=5, seed=1) == []

    @FAST
    @given(data=st.data(), seed=st.integers(0, 99))
    def test_quotas_are_met(self, data, seed):
        regions = np.array(data.draw(st.lists(st.sampled_from("abc"), min_size=2, max_size=12)))
        always = np.array(data.draw(st.lists(st.booleans(), min_size=len(regions), max_size=len(regions))))
        always[0] = True
        quotas = {
            str(region): data.draw(
                st.integers(int(always[regions == region].sum()), int((regions == region).sum()))
            )
            for region in np.unique(regions)
        }
        (drawn,) = members_by_lot(regions, [quotas], draws=6, seed=seed, always=always)
        assert drawn[:, always].all()
        assert (seats_by(drawn, regions) == quotas).all(axis=None)
        assert np.array_equal(drawn, members_by_lot(regions, [quotas], 6, seed, always=always)[0])

    @pytest.mark.parametrize(
        ("bodies", "options", "sentence"),
        [
            (
                [7],
                {},
                "seats of the body must be a whole number from 0, those that always sit, to 6, .* got 7",
            ),
            ([2.0], {}, "got 2.0"),
            ([True], {}, "got True"),
            ([0], {}, "at least one seat"),
            ([{"Asia": 0}], {}, "at least one seat"),
            ([{"Asia": 4}], {}, "seats of 'Asia' must be a whole number from 0, .* to 3, its states, got 4"),
            ([{"Oceania": 1}], {}, "no state is in 'Oceania'"),
            ([1], {"always": [True, True] + [False] * 4}, "from 2, those that always sit, to 6, .* got 1"),
            ([{"Asia": 1}], {"always": [False, True] + [False] * 4}, "seats of 'Africa' .* from 1, .* got 0"),
            ([1], {"always": [1, 0, 0, 0, 0, 0]}, "one row of booleans, one for each of the 6 states"),
            ([1], {"always": [True]}, "one row of booleans, one for each of the 6 states"),
            ([1], {"draws": 0}, "draws must be a whole number"),
            ([], {"seed": -1}, "seed must be a whole number"),
            ([1], {"regions": ["A", None]}, "the one at position 1 has none"),
        ],
    )
    def test_errors(self, bodies, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            members_by_lot(**{"regions": self.regions, "bodies": bodies, "draws": 5, "seed": 1, **options})


class TestSeatsBy:
    categories = ("Asia", "Africa", "Asia", "Europe")

    def test_by_hand(self):
        found = seats_by([[True, True, True, False], [False, False, False, True]], self.categories)
        expected = pd.DataFrame({"Africa": [1, 0], "Asia": [2, 0], "Europe": [0, 1]})
        pd.testing.assert_frame_equal(found, expected)

    def test_single_row_and_several_seats_a_state(self):
        assert seats_by([2, 0, 1, 0], self.categories).iloc[0].to_dict() == {
            "Africa": 0,
            "Asia": 3,
            "Europe": 0,
        }
        assert seats_by([0.5, 0, 1, 0], self.categories)["Asia"].tolist() == [1.5]

    def test_nobody(self):
        assert seats_by(np.zeros((3, 0)), []).shape == (3, 0)

    def test_states_are_matched_by_name(self):
        names = list("wxyz")
        categories, members = pd.Series(self.categories, names), pd.Series([2, 0, 1, 5], names)
        expected = seats_by(members.to_numpy(), self.categories)
        pd.testing.assert_frame_equal(seats_by(members[::-1], categories), expected)
        pd.testing.assert_frame_equal(seats_by(members[::-1].to_frame().T, categories), expected)

    def test_seats_beyond_whole_numbers_stay_floats(self):
        assert seats_by([1e300, 1, 0, 0], self.categories)["Asia"].tolist() == [1e300]

    @pytest.mark.parametrize(
        ("members", "categories", "sentence"),
        [
            ([True, False], ["A", None], "the one at position 1 has none"),
            ([True, False], ["A", float("nan")], "the one at position 1 has none"),
            ([1, 1, 0, 0], [["A", "B"], ["A", "B"]], r"got 4 states, the shape \(2, 2\) of categories"),
            ([True, False, True], ["A", "B"], r"each of the 2 categorised states, got the shape \(1, 3\)"),
            (np.ones((2, 2, 2)), ["A", "B"], r"got the shape \(2, 2, 2\)"),
            ([-1, 0], ["A", "B"], "must not have a negative number of seats"),
            (["yes", "no"], ["A", "B"], "Members must be numbers"),
        ],
    )
    def test_errors(self, members, categories, sentence):
        with pytest.raises(MeasureError, match=sentence):
            seats_by(members, categories)

    def test_lottery_agrees_with_every_possible_group(self):
        # Two Asian, two African states and a European one; two seats, both held by Asia.
        categories = ["Asia", "Asia", "Africa", "Africa", "Europe"]
        states = pd.Series({"Africa": 2, "Asia": 2, "Europe": 1})
        observed = loosemore_hanby(pd.Series({"Asia": 2, "Africa": 0, "Europe": 0}), states)
        exact = []
        for group in itertools.combinations(range(5), 2):
            held = Counter(categories[state] for state in group)
            exact.append(loosemore_hanby([held["Africa"], held["Asia"], held["Europe"]], [2, 2, 1]))
        # Both seats to Asia or both to Africa: 2 of the 10 groups, with |1 - .4| + .4 + .2, halved, = .6.
        assert observed == pytest.approx(0.6)
        assert np.mean(np.array(exact) >= observed - 1e-9) == pytest.approx(0.2)
        (lot,) = seats_by_lot(categories, [2], draws=9999, seed=1)
        null = loosemore_hanby(lot, states)
        assert permutation_p(observed, null, "greater") == pytest.approx(0.2, abs=0.02)
        assert null.mean() == pytest.approx(np.mean(exact), abs=0.01)


class TestMisrepresentationOfResampledStates:
    categories = ("A", "A", "B")
    seats = (2, 1, 1)
    people = (10.0, 30.0, 20.0)

    @BOTH
    def test_agrees_with_every_possible_draw(self, index):
        # Three states, each a category of its own: 27 draws. (With two categories both indices are equal.)
        exact: Counter[float] = Counter()
        for drawn in itertools.product(range(3), repeat=3):
            seats = [self.seats[state] * drawn.count(state) for state in range(3)]
            people = [self.people[state] * drawn.count(state) for state in range(3)]
            exact[round(index(seats, people), 9)] += 1
        found = misrepresentation_of_resampled_states(
            ["A", "B", "C"], self.seats, self.people, index=index, draws=27_000, seed=1
        )
        counted = Counter(np.round(found, 9).tolist())
        assert set(counted) == set(exact)
        # One value if each is drawn once, six if one is missing (two are equal), 0 if only one is.
        assert len(exact) == 7
        for value, number in exact.items():
            assert counted[value] / 27_000 == pytest.approx(number / 27, abs=0.015)

    def test_drawing_each_state_once_is_the_index_itself(self):
        found = misrepresentation_of_resampled_states(self.categories, self.seats, draws=500, seed=1)
        times = multiplicities(3, draws=500, seed=1)
        once = (times == 1).all(axis=1)
        assert once.any()
        # Seats 3 to 1, states 2 to 1: .75 - .667.
        assert found[once] == pytest.approx(np.full(once.sum(), 1 / 12))

    def test_bodies_share_the_drawn_states(self):
        second, later = (1, 1, 5), (15.0, 25.0, 30.0)
        options: dict[str, Any] = {"draws": 60, "seed": 4}
        found = misrepresentation_of_resampled_states(
            self.categories, [self.seats, second], [self.people, later], **options
        )
        assert found.shape == (60, 2)
        alone = [
            misrepresentation_of_resampled_states(self.categories, self.seats, self.people, **options),
            misrepresentation_of_resampled_states(self.categories, second, later, **options),
        ]
        assert np.array_equal(found, np.column_stack(alone))

    def test_states_are_matched_by_name(self):
        names = list("xyz")
        categories, seats, people, halves = (
            pd.Series(column, names) for column in (self.categories, self.seats, self.people, list("nns"))
        )
        options: dict[str, Any] = {"draws": 30, "seed": 2}
        expected = misrepresentation_of_resampled_states(
            self.categories, self.seats, self.people, strata=list("nns"), **options
        )
        found = misrepresentation_of_resampled_states(
            categories,
            seats[::-1],
            people.loc[["y", "z", "x"]],
            strata=halves[::-1],
            **options,
        )
        assert np.array_equal(found, expected)

    def test_an_index_that_is_no_number(self):
        with pytest.raises(MeasureError, match="not a finite number"):
            misrepresentation_of_resampled_states(
                self.categories, self.seats, index=lambda s, v: s[:, 0] * np.nan, draws=5, seed=1
            )

    def test_one_weight_for_several_bodies(self):
        found = misrepresentation_of_resampled_states(
            self.categories, [self.seats, self.seats], self.people, draws=20, seed=4
        )
        assert np.array_equal(found[:, 0], found[:, 1])
        assert np.ptp(found) > 0

    def test_seats_as_weights_are_never_misplaced(self):
        found = misrepresentation_of_resampled_states(
            self.categories, self.seats, self.seats, draws=50, seed=1
        )
        assert found == pytest.approx(np.zeros(50), abs=1e-12)
        single = misrepresentation_of_resampled_states(list("AAA"), self.seats, self.people, draws=50, seed=1)
        assert single == pytest.approx(np.zeros(50), abs=1e-12)

    def test_draws_lie_higher_than_a_small_index(self):
        # Ten groups of ten states, one seat each: perfectly placed, but no drawing of states is.
        categories = np.repeat(np.arange(10), 10)
        seats = np.tile([True] + [False] * 9, 10)
        found = misrepresentation_of_resampled_states(categories, seats, draws=400, seed=1)
        assert loosemore_hanby(seats_by(seats, categories), np.full(10, 10))[0] == 0
        assert np.quantile(found, 0.025) > 0.1

    def test_within_regions_every_region_keeps_its_states(self):
        # Each state has a seat: drawn within the categories, seats and states stay as they are.
        categories = list("AAABBC")
        options: dict[str, Any] = {"draws": 200, "seed": 3}
        seats = [1, 1, 1, 1, 1, 0]
        kept = misrepresentation_of_resampled_states(categories, [1] * 6, strata=categories, **options)
        assert kept == pytest.approx(np.zeros(200), abs=1e-12)
        # Five seats of three, two and none; states three, two and one: 3/5 - 3/6 + 2/5 - 2/6 = 1/6.
        found = misrepresentation_of_resampled_states(categories, seats, strata=categories, **options)
        assert found == pytest.approx(np.full(200, 1 / 6))

    def test_clusters_are_drawn_whole(self):
        # Two clusters, A with all seats and B without: B twice holds none, A twice is a single category.
        with pytest.raises(MeasureError, match="more states with a seat"):
            misrepresentation_of_resampled_states(
                list("AABB"), [1, 1, 0, 0], clusters=list("AABB"), draws=50, seed=1
            )
        found = misrepresentation_of_resampled_states(
            list("AABB"), [2, 1, 1, 0], clusters=list("AABB"), draws=900, seed=1
        )
        values, counts = np.unique(np.round(found, 9), return_counts=True)
        # Each once with one half: .75 - .5.
        assert values == pytest.approx([0, 0.25])
        assert counts[1] / 900 == pytest.approx(0.5, abs=4 * 0.5 / 30)

    @pytest.mark.parametrize(
        ("categories", "seats", "weight", "sentence"),
        [
            ([], [], 1.0, "at least one state, got none"),
            (["A", None], [1, 1], 1.0, "the one at position 1 has none"),
            (["A", "B"], [1, 1, 1], 1.0, r"each of the 2 states, got the shape \(3,\)"),
            (["A", "B"], 1, 1.0, r"each of the 2 states, got the shape \(\)"),
            (["A", "B"], [1, 1], [1.0], r"Weights must have a figure for each of the 2 states"),
            (["A", "B"], [1, -1], 1.0, "must not be negative"),
            (["A", "B"], [1, 1], [np.nan, 1], "Weights must be finite numbers"),
            (["A", "B"], np.ones((2, 2)), np.ones((3, 2)), "shapes of seats and weights do not fit"),
            (["A", "B", "B"], [1, 0, 0], 1.0, r"more states with a seat: draw \d+ holds none"),
            (["A", "B", "B"], [1, 1, 1], [1, 0, 0], r"more states with weight: draw \d+ holds none"),
        ],
    )
    def test_errors(self, categories, seats, weight, sentence):
        with pytest.raises(MeasureError, match=sentence):
            misrepresentation_of_resampled_states(categories, seats, weight, draws=100, seed=1)

    def test_errors_of_draws_and_seed(self):
        with pytest.raises(MeasureError, match="draws must be"):
            misrepresentation_of_resampled_states(self.categories, self.seats, draws=0, seed=1)
        with pytest.raises(MeasureError, match="seed must be"):
            misrepresentation_of_resampled_states(self.categories, self.seats, draws=5, seed=-1)
