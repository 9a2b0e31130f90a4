"""Agreement in recorded votes and the difference in differences."""

import doctest
import itertools

import numpy as np
import pandas as pd
import pytest

from cybergov.errors import MeasureError
from cybergov.measures import voting
from cybergov.measures.intervals import bootstrap, permutation_p, permute_within
from cybergov.measures.voting import (
    agreement_index,
    agreement_of_resampled_states,
    difference_between_cells,
    difference_in_differences,
    four_cells,
    vote_counts,
)


def long_votes(table: dict[str, dict[str, str]]) -> pd.DataFrame:
    rows = [(resolution, iso3, vote) for resolution, votes in table.items() for iso3, vote in votes.items()]
    return pd.DataFrame(rows, columns=["resolution", "iso3", "vote"])


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(voting)
    assert found.attempted >= 8
    assert found.failed == 0


class TestAgreementIndex:
    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            ((193, 0, 0), 1.0),
            ((0, 0, 5), 1.0),  # all abstain: they agree as well
            ((50, 50, 50), 0.0),
            ((80, 10, 10), 0.7),  # (80 - ½ · 20) / 100
            ((10, 80, 10), 0.7),
            ((60, 40, 0), 0.4),  # (60 - ½ · 40) / 100
            ((50, 50, 0), 0.25),  # (50 - ½ · 50) / 100
            ((120, 30, 30), 0.5),  # (120 - ½ · 60) / 180
        ],
    )
    def test_by_hand(self, counts, expected):
        found = agreement_index(*counts)
        assert type(found) is float
        assert found == pytest.approx(expected, abs=1e-15)

    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            ((90, 10, 0), 0.8),
            ((90, 10, 500), 0.8),  # however many abstain
            ((10, 90, 3), 0.8),
            ((50, 50, 9), 0.0),
            ((7, 0, 9), 1.0),
        ],
    )
    def test_left_out_is_rices_index(self, counts, expected):
        assert agreement_index(*counts, abstentions="left out") == pytest.approx(expected)

    def test_scales_of_the_two_options(self):
        # Without abstentions AI = 1/4 + 3/4 Rice: from one quarter to one.
        yes = np.arange(0, 101)
        three = agreement_index(yes, 100 - yes, np.zeros(101))
        two = agreement_index(yes, 100 - yes, np.zeros(101), abstentions="left out")
        assert np.allclose(three, 0.25 + 0.75 * two)
        assert three.min() == 0.25
        assert two.min() == 0.0

    def test_only_the_shares_matter_and_not_which_option_is_which(self):
        expected = agreement_index(7, 2, 4)
        for counts in itertools.permutations((7, 2, 4)):
            assert agreement_index(*counts) == pytest.approx(expected)
        assert agreement_index(70, 20, 40) == pytest.approx(expected)

    def test_runs_from_zero_to_one(self):
        counts = np.array(list(itertools.product(range(7), repeat=3)))[1:].T
        found = agreement_index(*counts)
        assert found.min() == 0.0
        assert found.max() == 1.0

    def test_series_keep_their_labels(self):
        frame = pd.DataFrame({"yes": [80, 50], "no": [10, 50], "abstain": [10, 50]}, index=["A", "B"])
        found = agreement_index(frame["yes"], frame["no"], frame["abstain"])
        assert isinstance(found, pd.Series)
        assert found.to_dict() == pytest.approx({"A": 0.7, "B": 0.0})

    def test_matrices_and_empty_input(self):
        found = agreement_index(np.full((2, 3), 80), np.full((2, 3), 10), np.full((2, 3), 10))
        assert found.shape == (2, 3)
        assert agreement_index([], [], []).shape == (0,)

    def test_a_resolution_without_votes_never_becomes_a_number(self):
        with pytest.raises(MeasureError, match="not defined for the resolution: no state voted yes, no or"):
            agreement_index(0, 0, 0)
        with pytest.raises(MeasureError, match="for the resolution at position 1: no state"):
            agreement_index([3, 0], [1, 0], [0, 0])
        with pytest.raises(MeasureError, match="at position 0: no state voted yes or no"):
            agreement_index([0], [0], [9], abstentions="left out")
        counts = pd.Series([5, 0], index=["A/RES/1", "A/RES/2"])
        with pytest.raises(MeasureError, match="for resolution A/RES/2: no state voted"):
            agreement_index(counts, counts, counts)

    @pytest.mark.parametrize(
        ("counts", "sentence"),
        [
            (([-1], [2], [3]), "voting 'yes' must not be negative"),
            (([1], [2], [np.nan]), "voting 'abstain' must be finite numbers, but the value at position 0"),
            ((["1"], [2], [3]), "voting 'yes' must be numbers"),
            (([1, 2], [2], [3]), r"same shape, got \(2,\), \(1,\), \(1,\)"),
            (
                (pd.Series([1, 2]), pd.Series([1, 2], index=[1, 0]), pd.Series([1, 2])),
                "rows of 'yes' and 'no' must carry the same labels in the same order",
            ),
        ],
    )
    def test_errors(self, counts, sentence):
        with pytest.raises(MeasureError, match=sentence):
            agreement_index(*counts)

    def test_unknown_option(self):
        with pytest.raises(MeasureError, match="'third option' or 'left out', got 'half'"):
            agreement_index(1, 2, 3, abstentions="half")  # type: ignore[call-overload]


class TestVoteCounts:
    votes = long_votes(
        {
            "A/RES/9": {"FJI": "yes", "TON": "yes", "WSM": "abstain", "NRU": "not voting"},
            "A/RES/10": {"FJI": "no", "TON": "yes"},
        }
    )

    def test_by_hand(self):
        expected = pd.DataFrame(
            {
                "resolution": ["A/RES/9", "A/RES/10"],
                "yes": [2, 1],
                "no": [0, 1],
                "abstain": [1, 0],
                "not_voting": [1, 0],
            }
        )
        pd.testing.assert_frame_equal(vote_counts(self.votes), expected, check_dtype=False)

    def test_a_kind_of_vote_that_never_occurs_has_zeros(self):
        counts = vote_counts(long_votes({"A": {"FJI": "yes"}, "B": {"FJI": "yes"}}))
        assert counts["no"].tolist() == [0, 0]
        assert counts["not_voting"].tolist() == [0, 0]

    def test_extra_columns_and_the_order_of_rows(self):
        mixed = self.votes.assign(source="x").sample(frac=1, random_state=1)
        found = vote_counts(mixed).set_index("resolution").sort_index()
        pd.testing.assert_frame_equal(found, vote_counts(self.votes).set_index("resolution").sort_index())

    def test_every_row_is_counted_once(self):
        counts = vote_counts(self.votes)
        assert counts[["yes", "no", "abstain", "not_voting"]].to_numpy().sum() == len(self.votes)

    def test_without_rows(self):
        found = vote_counts(self.votes.iloc[:0])
        assert found.columns.tolist() == ["resolution", "yes", "no", "abstain", "not_voting"]
        assert len(found) == 0

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (
                lambda votes: votes.drop(columns="vote"),
                "columns resolution, iso3 and vote, but 'vote' is not there",
            ),
            (lambda votes: votes.assign(iso3=None), "column 'iso3' has an empty cell"),
            (lambda votes: votes.assign(vote="Yes"), "one of yes, no, abstain, not voting, got 'Yes'"),
            (lambda votes: pd.concat([votes, votes.iloc[[4]]]), "FJI has two rows for A/RES/10"),
        ],
    )
    def test_errors(self, change, sentence):
        with pytest.raises(MeasureError, match=sentence):
            vote_counts(change(self.votes))


class TestAgreementOfResampledStates:
    def test_exact_distribution_for_two_states(self):
        # One votes yes and one no. Drawn twice with replacement: the same state twice with probability
        # one half (agreement 1), both once with one half (agreement 1/4).
        votes = long_votes({"A": {"FJI": "yes", "TON": "no"}})
        draws = agreement_of_resampled_states(votes, draws=10_000, seed=1)["A"]
        assert set(draws) == {0.25, 1.0}
        assert (draws == 1).mean() == pytest.approx(0.5, abs=0.02)

    def test_exact_distribution_for_three_states(self):
        # Yes, yes, no: a draw holds 0, 1, 2, 3 noes with 8, 12, 6, 1 of 27 chances.
        votes = long_votes({"A": {"FJI": "yes", "TON": "yes", "WSM": "no"}})
        draws = agreement_of_resampled_states(votes, draws=20_000, seed=1, abstentions="left out")["A"]
        assert np.isclose(draws, 1).mean() == pytest.approx(9 / 27, abs=0.015)
        assert np.isclose(draws, 1 / 3).mean() == pytest.approx(18 / 27, abs=0.015)

    def test_a_state_brings_the_whole_of_its_record(self):
        # The same votes on both resolutions: the draws of both must be equal, one by one.
        same = {"FJI": "yes", "TON": "no", "WSM": "abstain", "NRU": "yes"}
        draws = agreement_of_resampled_states(long_votes({"A": same, "B": same}), draws=100, seed=2)
        assert (draws["A"] == draws["B"]).all()
        assert draws["A"].nunique() > 2

    def test_agrees_with_counting_state_by_state(self):
        rng = np.random.default_rng(3)
        states = [f"S{i:02}" for i in range(12)]
        kinds = ["yes", "no", "abstain", "not voting"]
        table = {
            r: dict(zip(states, rng.choice(kinds, 12, p=[0.5, 0.2, 0.2, 0.1]), strict=True)) for r in "PQR"
        }
        found = agreement_of_resampled_states(long_votes(table), draws=20, seed=4)
        times = np.random.default_rng(4).multinomial(12, np.full(12, 1 / 12), size=20)
        for draw, row in enumerate(times):
            drawn = [state for state, number in zip(states, row, strict=True) for _ in range(number)]
            for resolution, votes in table.items():
                counted = [sum(votes[state] == kind for state in drawn) for kind in kinds[:3]]
                assert found.loc[draw, resolution] == pytest.approx(agreement_index(*counted))

    def test_the_order_of_the_rows_does_not_matter(self):
        states = {"FJI": "yes", "TON": "no", "WSM": "yes", "NRU": "yes", "PLW": "abstain"}
        votes = long_votes({"A": states, "B": states | {"FJI": "no"}})
        mixed = votes.iloc[::-1]
        assert mixed["iso3"].iloc[0] != votes["iso3"].iloc[0]
        found = agreement_of_resampled_states(mixed, draws=40, seed=1)
        expected = agreement_of_resampled_states(votes, draws=40, seed=1)
        assert expected.columns.tolist() == ["A", "B"]
        assert found.columns.tolist() == ["B", "A"]
        pd.testing.assert_frame_equal(found[expected.columns], expected)

    def test_a_missing_row_is_a_state_not_voting(self):
        states = {f"S{i}": "yes" for i in range(9)} | {"FJI": "no"}
        without = agreement_of_resampled_states(
            long_votes({"A": states, "B": {k: v for k, v in states.items() if k != "FJI"}}), draws=30, seed=1
        )
        explicit = agreement_of_resampled_states(
            long_votes({"A": states, "B": states | {"FJI": "not voting"}}), draws=30, seed=1
        )
        pd.testing.assert_frame_equal(without, explicit)
        assert (without["B"] == 1).all()
        assert (without["A"] < 1).any()

    def test_seed_and_shape(self):
        votes = long_votes({"A": {"FJI": "yes", "TON": "no", "WSM": "no"}})
        first = agreement_of_resampled_states(votes, draws=25, seed=1)
        assert first.shape == (25, 1)
        pd.testing.assert_frame_equal(first, agreement_of_resampled_states(votes, draws=25, seed=1))
        assert not first.equals(agreement_of_resampled_states(votes, draws=25, seed=2))

    def test_errors(self):
        votes = long_votes({"A": {"FJI": "yes", "TON": "not voting", "WSM": "abstain"}})
        with pytest.raises(MeasureError, match=r"draw \d+ holds none that voted on resolution A"):
            agreement_of_resampled_states(votes, draws=200, seed=1)
        with pytest.raises(MeasureError, match="the table has no rows"):
            agreement_of_resampled_states(votes.iloc[:0], draws=5, seed=1)
        with pytest.raises(MeasureError, match="draws must be a whole number"):
            agreement_of_resampled_states(votes, draws=0, seed=1)
        with pytest.raises(MeasureError, match="'third option' or 'left out', got 'out'"):
            agreement_of_resampled_states(votes, draws=5, seed=1, abstentions="out")  # type: ignore[arg-type]


class TestDifferenceInDifferences:
    # Treated: before 1 and 3 (mean 2), after 9 (mean 9), a change of 7.
    # Others: before 4 (mean 4), after 5 and 8 (mean 6.5), a change of 2.5. Difference: 4.5.
    values = np.array([1.0, 3.0, 9.0, 4.0, 5.0, 8.0])
    treated = np.array([True, True, True, False, False, False])
    after = np.array([False, False, True, False, True, True])

    def test_by_hand(self):
        found = difference_in_differences(self.values, self.treated, self.after)
        assert type(found) is float
        assert found == pytest.approx(4.5)

    def test_columns_of_a_frame(self):
        frame = pd.DataFrame({"agreement": self.values, "cyber": self.treated, "late": self.after})
        frame = frame.sample(frac=1, random_state=2)
        found = difference_in_differences(frame["agreement"], frame["cyber"], frame["late"])
        assert found == pytest.approx(4.5)

    def test_is_the_interaction_of_a_regression(self):
        t, a = self.treated.astype(float), self.after.astype(float)
        design = np.column_stack([np.ones(6), t, a, t * a])
        interaction = np.linalg.lstsq(design, self.values, rcond=None)[0][3]
        assert difference_in_differences(self.values, self.treated, self.after) == pytest.approx(interaction)

    def test_invariances(self):
        expected = difference_in_differences(self.values, self.treated, self.after)
        moved = difference_in_differences(10 * self.values + 7, self.treated, self.after)
        assert moved == pytest.approx(10 * expected)
        assert difference_in_differences(self.values, ~self.treated, self.after) == pytest.approx(-expected)
        assert difference_in_differences(self.values, self.treated, ~self.after) == pytest.approx(-expected)
        assert difference_in_differences(np.full(6, 3.3), self.treated, self.after) == 0

    def test_draws_of_labels_agree_with_a_loop(self):
        # More draws than are worked on at a time.
        dealt = permute_within(self.treated, self.after, draws=1300, seed=1)
        found = difference_in_differences(self.values, dealt, self.after)
        assert found.shape == (1300,)
        loop = [difference_in_differences(self.values, row, self.after) for row in dealt]
        assert np.allclose(found, loop, rtol=0, atol=1e-12)
        assert np.ptp(found) > 1

    def test_draws_of_values_agree_with_a_loop(self):
        drawn = np.random.default_rng(1).normal(size=(600, 6))
        found = difference_in_differences(drawn, self.treated, self.after)
        loop = [difference_in_differences(row, self.treated, self.after) for row in drawn]
        assert np.allclose(found, loop, rtol=0, atol=1e-12)

    def test_permutation_agrees_with_every_possible_dealing(self):
        # Within the periods: 3 ways before (2 of 3), 3 ways after (1 of 3): 9 dealings.
        observed = difference_in_differences(self.values, self.treated, self.after)
        exact = []
        for early in itertools.combinations([0, 1, 3], 2):
            for late in [2, 4, 5]:
                marked = np.isin(np.arange(6), [*early, late])
                exact.append(difference_in_differences(self.values, marked, self.after))
        share = np.mean(np.abs(exact) >= abs(observed) - 1e-9)
        dealt = permute_within(self.treated, self.after, draws=9000, seed=4)
        null = difference_in_differences(self.values, dealt, self.after)
        assert 0 < share < 1
        assert permutation_p(observed, null) == pytest.approx(share, abs=0.02)
        assert set(np.round(null, 9)) == set(np.round(exact, 9))

    @pytest.mark.parametrize(
        ("treated", "after", "cell"),
        [
            ([True, True, False, False], [False, False, False, True], "treated after"),
            ([True, True, False, False], [True, True, False, True], "treated before"),
            ([True, True, False, False], [False, True, False, False], "others after"),
            ([True, True, False, False], [False, True, True, True], "others before"),
        ],
    )
    def test_an_empty_cell_is_named(self, treated, after, cell):
        values = [1.0, 2.0, 3.0, 4.0]
        with pytest.raises(MeasureError, match=f"but '{cell}' is empty.$"):
            difference_in_differences(values, treated, after)
        with pytest.raises(MeasureError, match=f"but '{cell}' is empty.$"):
            four_cells(values, treated, after)

    def test_an_empty_cell_in_a_draw(self):
        dealt = np.tile(self.treated, (1000, 1))
        dealt[700] = [True, True, False, True, False, False]
        with pytest.raises(MeasureError, match="'treated after' is empty in draw 700"):
            difference_in_differences(self.values, dealt, self.after)

    @pytest.mark.parametrize(
        ("values", "treated", "after", "sentence"),
        [
            (
                [1.0, np.nan],
                [True, False],
                [True, False],
                "must be finite numbers, but the value at position 1",
            ),
            ([1.0, 2.0], [1, 0], [True, False], "'treated' must be booleans"),
            ([1.0, 2.0], [True, False], ["yes", "no"], "'after' must be booleans"),
            ([1.0, 2.0, 3.0], [True, False], [True, False], "must have one length"),
            (np.ones((3, 2)), np.ones((4, 2), dtype=bool), [True, False], "one row a draw"),
            (np.ones((1, 3, 2)), [True, False], [True, False], "one row a draw"),
            (1.0, [True, False], [True, False], "one row a draw"),
            (
                pd.Series([1.0, 2.0]),
                pd.Series([True, False], index=[5, 6]),
                pd.Series([True, False]),
                "rows of 'values' and 'treated' must carry the same labels",
            ),
        ],
    )
    def test_errors(self, values, treated, after, sentence):
        with pytest.raises(MeasureError, match=sentence):
            difference_in_differences(values, treated, after)

    def test_cells(self):
        cells = four_cells(self.values, self.treated, self.after)
        assert cells.treated_after.tolist() == [9.0]
        assert cells.treated_before.tolist() == [1.0, 3.0]
        assert cells.others_after.tolist() == [5.0, 8.0]
        assert cells.others_before.tolist() == [4.0]
        assert difference_between_cells(*cells) == pytest.approx(4.5)

    def test_cells_need_single_rows(self):
        with pytest.raises(MeasureError, match="must be rows of one length"):
            four_cells(np.ones((2, 6)), self.treated, self.after)

    def test_statistic_of_resampled_cells(self):
        shapes = [(4, 2), (4, 3), (4, 1), (4, 5)]
        cells = [np.random.default_rng(i).normal(size=shape) for i, shape in enumerate(shapes)]
        found = difference_between_cells(cells[0], cells[1], cells[2], cells[3])
        means = [cell.mean(axis=1) for cell in cells]
        assert np.allclose(found, means[0] - means[1] - means[2] + means[3])
        a, b, c, d = (cell.T for cell in cells)
        assert np.allclose(difference_between_cells(a, b, c, d, axis=0), found)

    def test_bootstrap_within_cells(self):
        rng = np.random.default_rng(1)
        treated, after = np.arange(800) % 2 == 0, np.arange(800) % 4 < 2
        values = rng.normal(size=800) + 0.5 * (treated & after)
        low, high = bootstrap(difference_between_cells, *four_cells(values, treated, after), seed=1)
        # Four means of 200 values with variance 1: the standard error is √(4 / 200) = 0.141.
        assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(4 / 200), rel=0.1)
        assert low < difference_in_differences(values, treated, after) < high

    @pytest.mark.parametrize(
        ("cells", "sentence"),
        [
            (([1.0], [1.0], [], [1.0]), "'others after' is empty"),
            (([1.0], [np.nan], [1.0], [1.0]), "cell 'treated before' must be finite"),
        ],
    )
    def test_errors_of_the_statistic(self, cells, sentence):
        with pytest.raises(MeasureError, match=sentence):
            difference_between_cells(*cells)
