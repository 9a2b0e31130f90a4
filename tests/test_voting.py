"""Agreement in recorded votes, of states and within blocs, and the difference in differences."""

import doctest
import itertools

import numpy as np
import pandas as pd
import pytest
import scipy.spatial.distance
from hypothesis import given, settings
from hypothesis import strategies as st

from cybergov import data
from cybergov.errors import MeasureError
from cybergov.measures import voting
from cybergov.measures.intervals import bootstrap, permutation_p, permute_within
from cybergov.measures.voting import (
    VOTES,
    agreement_from_pairs,
    agreement_index,
    agreement_of_codes,
    agreement_of_resampled_states,
    bloc_cohesion,
    coded_votes,
    difference_between_cells,
    difference_in_differences,
    four_cells,
    pairwise_agreement,
    rice_index,
    signorino_ritter,
    vote_codes,
    vote_counts,
    vote_matrix,
)

SETTINGS = settings(deadline=None, max_examples=50, derandomize=True)


def long_votes(table: dict[str, dict[str, str]]) -> pd.DataFrame:
    rows = [(resolution, iso3, vote) for resolution, votes in table.items() for iso3, vote in votes.items()]
    return pd.DataFrame(rows, columns=["resolution", "iso3", "vote"])


def random_matrix(states: int, resolutions: int, seed: int, shares=(0.5, 0.2, 0.2, 0.1)) -> pd.DataFrame:
    drawn = np.random.default_rng(seed).choice(VOTES, (states, resolutions), p=shares)
    return pd.DataFrame(
        drawn, index=[f"S{i:02}" for i in range(states)], columns=[f"R{i:02}" for i in range(resolutions)]
    )


@st.composite
def matrices(draw) -> pd.DataFrame:
    n, m = draw(st.integers(2, 7)), draw(st.integers(1, 8))
    cells = draw(st.lists(st.lists(st.sampled_from(VOTES), min_size=m, max_size=m), min_size=n, max_size=n))
    return pd.DataFrame(cells, index=[f"S{i}" for i in range(n)], columns=[f"R{i}" for i in range(m)])


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(voting)
    assert found.attempted >= 20
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
            # Each is a number, but their sum is none.
            (([1e308], [1e308], [1e308]), "sums of the votes must be finite"),
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


class TestRiceIndex:
    def test_by_hand(self):
        found = rice_index(90, 10)
        assert type(found) is float
        assert found == 0.8

    def test_relation_to_the_agreement_index(self):
        # Without abstentions the index for three options starts at a quarter: 1/4 + 3/4 Rice.
        yes = np.repeat(np.arange(194), 194)[1:]
        no = np.tile(np.arange(194), 194)[1:]
        two, three = rice_index(yes, no), agreement_index(yes, no, 0 * yes)
        assert three == pytest.approx(0.25 + 0.75 * two)
        assert (two.min(), two.max(), three.min(), three.max()) == (0, 1, 0.25, 1)

    def test_shapes_and_labels(self):
        yes, no = pd.Series([90, 1], index=["A", "B"]), pd.Series([10, 1], index=["A", "B"])
        assert rice_index(yes, no).to_dict() == {"A": 0.8, "B": 0.0}
        assert rice_index(np.full((2, 3), 3), np.full((2, 3), 1)).shape == (2, 3)
        assert rice_index([], []).shape == (0,)

    def test_errors(self):
        with pytest.raises(MeasureError, match="no state voted yes or no"):
            rice_index(0, 0)
        with pytest.raises(MeasureError, match="voting 'no' must not be negative"):
            rice_index([1], [-1])
        with pytest.raises(MeasureError, match="voting 'yes' must be finite"):
            rice_index(np.nan, 1)
        with pytest.raises(MeasureError, match="must have the same shape"):
            rice_index([1, 2], [1])


class TestVoteMatrix:
    votes = TestVoteCounts.votes

    def test_by_hand(self):
        found = vote_matrix(self.votes)
        assert found.index.tolist() == ["FJI", "NRU", "TON", "WSM"]
        assert found.columns.tolist() == ["A/RES/9", "A/RES/10"]
        assert found["A/RES/9"].tolist() == ["yes", "not voting", "yes", "abstain"]
        # Without a row on the second resolution: not voting.
        assert found["A/RES/10"].tolist() == ["no", "not voting", "yes", "not voting"]

    def test_agrees_with_the_counts(self):
        found, counts = vote_matrix(self.votes), vote_counts(self.votes).set_index("resolution")
        for kind in ("yes", "no", "abstain"):
            assert (found == kind).sum().to_dict() == counts[kind].to_dict()

    def test_the_order_of_the_rows_does_not_matter(self):
        mixed = vote_matrix(self.votes.sample(frac=1, random_state=3))
        pd.testing.assert_frame_equal(mixed[["A/RES/9", "A/RES/10"]], vote_matrix(self.votes))

    def test_without_rows(self):
        assert vote_matrix(self.votes.iloc[:0]).shape == (0, 0)

    def test_errors(self):
        with pytest.raises(MeasureError, match="one of yes, no, abstain, not voting, got 'Yes'"):
            vote_matrix(self.votes.assign(vote="Yes"))
        with pytest.raises(MeasureError, match="FJI has two rows for A/RES/10"):
            vote_matrix(pd.concat([self.votes, self.votes.iloc[[4]]]))


class TestCodedVotes:
    matrix = pd.DataFrame(
        {"A": ["yes", "no"], "B": ["abstain", "not voting"]}, index=pd.Index(["FJI", "TON"], name="iso3")
    )

    def test_by_hand(self):
        coding = {"yes": 1, "no": -1, "abstain": 0.5, "not voting": 9}
        found = coded_votes(self.matrix, coding)
        assert found.to_numpy().tolist() == [[1, 0.5], [-1, 9]]
        assert found.index.equals(self.matrix.index)
        assert found.columns.equals(self.matrix.columns)
        assert vote_codes(self.matrix).tolist() == [[0, 2], [1, 3]]
        assert coded_votes(self.matrix.iloc[:0], coding).shape == (0, 2)

    @pytest.mark.parametrize(
        ("coding", "sentence"),
        [
            (
                {"yes": 1, "no": 0, "abstain": 0.5},
                "each of yes, no, abstain, not voting and no other, got 'yes'",
            ),
            ({}, "no other, got none"),
            ({"yes": 1, "no": 0, "abstain": 0, "not voting": np.nan}, "must be finite numbers"),
            ({"yes": 1, "no": 0, "abstain": 0, "not voting": None}, "must be finite numbers"),
            ({"yes": 1, "no": 0, "abstain": 0, "absent": 0}, "no other, got"),
        ],
    )
    def test_errors_of_the_coding(self, coding, sentence):
        with pytest.raises(MeasureError, match=sentence):
            coded_votes(self.matrix, coding)

    def test_errors_of_the_matrix(self):
        with pytest.raises(MeasureError, match=r"got (nan|None) for TON on B"):
            vote_codes(self.matrix.replace("not voting", None))
        with pytest.raises(MeasureError, match="got 'Y' for FJI on A"):
            vote_codes(self.matrix.replace("yes", "Y"))
        with pytest.raises(MeasureError, match="each state once, but 'FJI' stands in it twice"):
            vote_codes(self.matrix.loc[["FJI", "FJI"]])
        with pytest.raises(MeasureError, match="each resolution once, but 'A' stands"):
            vote_codes(self.matrix[["A", "A"]])
        with pytest.raises(MeasureError, match="must be a table with a row a state"):
            vote_codes([["yes"]])  # type: ignore[arg-type]


def slow_agreement(matrix, first, second, abstentions, absences):
    """Go through the votes of two states one by one, by the words of the definition."""
    agreed, common = 0.0, 0
    for a, b in zip(matrix.loc[first], matrix.loc[second], strict=True):
        if absences == "left out" and "not voting" in (a, b):
            continue
        if abstentions == "left out" and "abstain" in (a, b):
            continue
        common += 1
        if a == b:
            agreed += 1
        elif abstentions == "half agreement" and "abstain" in (a, b) and "not voting" not in (a, b):
            agreed += 0.5
    return agreed, common


class TestPairwiseAgreement:
    #         A    B        C        D           E
    # FJI    yes  abstain  no       not voting  abstain
    # TON    yes  yes      abstain  yes         abstain
    matrix = pd.DataFrame(
        [
            ["yes", "abstain", "no", "not voting", "abstain", "not voting"],
            ["yes", "yes", "abstain", "yes", "abstain", "not voting"],
        ],
        index=["FJI", "TON"],
        columns=list("ABCDEF"),
    )

    @pytest.mark.parametrize(
        ("abstentions", "absences", "agreement", "common"),
        [
            ("half agreement", "left out", (1 + 0.5 + 0.5 + 1) / 4, 4),
            ("third option", "left out", (1 + 0 + 0 + 1) / 4, 4),
            ("left out", "left out", 1 / 1, 1),
            ("half agreement", "fourth option", (1 + 0.5 + 0.5 + 0 + 1 + 1) / 6, 6),
            ("third option", "fourth option", (1 + 0 + 0 + 0 + 1 + 1) / 6, 6),
            ("left out", "fourth option", (1 + 0 + 1) / 3, 3),
        ],
    )
    def test_by_hand(self, abstentions, absences, agreement, common):
        found = pairwise_agreement(self.matrix, abstentions=abstentions, absences=absences)
        assert found.agreement.loc["FJI", "TON"] == pytest.approx(agreement, abs=1e-15)
        assert found.common.loc["FJI", "TON"] == common
        assert (np.diagonal(found.agreement) == 1).all()

    def test_the_diagonal_counts_the_votes_of_a_state(self):
        found = pairwise_agreement(self.matrix)
        assert np.diagonal(found.common).tolist() == [4, 5]

    @pytest.mark.parametrize("abstentions", ["half agreement", "third option", "left out"])
    @pytest.mark.parametrize("absences", ["left out", "fourth option"])
    def test_agrees_with_going_through_the_votes_one_by_one(self, abstentions, absences):
        matrix = random_matrix(12, 40, seed=1)
        found = pairwise_agreement(matrix, abstentions=abstentions, absences=absences)
        for a, b in itertools.combinations_with_replacement(matrix.index, 2):
            agreed, common = slow_agreement(matrix, a, b, abstentions, absences)
            assert found.common.loc[a, b] == found.common.loc[b, a] == common
            assert found.agreement.loc[a, b] == pytest.approx(agreed / common, abs=1e-14)
            assert found.agreement.loc[b, a] == found.agreement.loc[a, b]

    def test_agrees_with_the_distances_of_scipy(self):
        matrix = random_matrix(10, 30, seed=2)
        hamming = scipy.spatial.distance.cdist(vote_codes(matrix), vote_codes(matrix), "hamming")
        found = pairwise_agreement(matrix, abstentions="third option", absences="fourth option")
        assert np.allclose(found.agreement, 1 - hamming, atol=1e-14)
        present = matrix.replace("not voting", "no")
        numbers = coded_votes(present, {"yes": 1, "abstain": 0.5, "no": 0, "not voting": 0})
        city = scipy.spatial.distance.cdist(numbers, numbers, "cityblock") / 30
        assert np.allclose(pairwise_agreement(present).agreement, 1 - city, atol=1e-14)

    @SETTINGS
    @given(matrices(), st.sampled_from(["half agreement", "third option", "left out"]))
    def test_properties(self, matrix, abstentions):
        def agreement(table):
            return pairwise_agreement(table, abstentions=abstentions, too_few="masked")

        found = agreement(matrix)
        known = found.agreement.to_numpy()[found.common.to_numpy() > 0]
        assert ((known >= 0) & (known <= 1)).all()
        assert found.agreement.isna().to_numpy().tolist() == (found.common == 0).to_numpy().tolist()
        # The order of states and resolutions changes nothing, nor does what was put to the vote.
        mixed = agreement(matrix.iloc[::-1, ::-1]).agreement.loc[matrix.index, matrix.index]
        pd.testing.assert_frame_equal(mixed, found.agreement)
        turned = agreement(matrix.replace({"yes": "no", "no": "yes"})).agreement
        pd.testing.assert_frame_equal(turned, found.agreement)
        # Every vote twice: the same agreement on twice the votes.
        double = agreement(pd.concat([matrix, matrix.add_prefix("again ")], axis=1))
        pd.testing.assert_frame_equal(double.agreement, found.agreement)
        pd.testing.assert_frame_equal(double.common, 2 * found.common)

    def test_the_pairs_add_up_to_the_votes(self):
        # Over all pairs: n (n - 1) / 2 pairs of voters a resolution, those of equal votes agreeing.
        matrix = random_matrix(15, 20, seed=4)
        found = pairwise_agreement(matrix, abstentions="third option")
        counts = np.array([(matrix == kind).sum() for kind in ("yes", "no", "abstain")])
        voted = counts.sum(axis=0)
        above = np.triu_indices(15, 1)
        common = found.common.to_numpy()[above]
        assert common.sum() == (voted * (voted - 1) // 2).sum()
        agreed = (found.agreement.to_numpy()[above] * common).sum()
        assert agreed == pytest.approx((counts * (counts - 1) // 2).sum())

    def test_too_few_common_votes(self):
        matrix = pd.DataFrame(
            [["yes", "yes", "not voting"], ["yes", "no", "not voting"], ["not voting", "not voting", "no"]],
            index=["FJI", "TON", "WSM"],
            columns=list("ABC"),
        )
        with pytest.raises(
            MeasureError, match="of FJI and WSM needs at least 1 common vote, but they have 0"
        ):
            pairwise_agreement(matrix)
        with pytest.raises(MeasureError, match="of FJI and WSM needs at least 2 common votes, but"):
            pairwise_agreement(matrix, min_common=2)
        found = pairwise_agreement(matrix, min_common=2, too_few="masked")
        assert found.agreement.isna().to_numpy().tolist() == [
            [False, False, True],
            [False, False, True],
            [True, True, True],
        ]
        assert found.common.to_numpy().tolist() == [[2, 2, 0], [2, 2, 0], [0, 0, 1]]
        assert found.agreement.loc["FJI", "TON"] == 0.5

    def test_a_single_state(self):
        found = pairwise_agreement(self.matrix.iloc[:1])
        assert found.agreement.to_numpy().tolist() == [[1.0]]
        with pytest.raises(
            MeasureError, match="of FJI and FJI needs at least 9 common votes, but they have 4"
        ):
            pairwise_agreement(self.matrix.iloc[:1], min_common=9)

    def test_the_computation_beneath_looks_at_the_shape_only(self):
        with pytest.raises(MeasureError, match="states by resolutions, got 1 axes"):
            agreement_of_codes(np.zeros(3, dtype=np.int8), "half agreement", "left out")
        for table in agreement_of_codes(np.zeros((3, 0), dtype=np.int8), "left out", "fourth option"):
            assert table.tolist() == np.zeros((3, 3)).tolist()

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"abstentions": "half"}, "'half agreement', 'third option' or 'left out', got 'half'"),
            ({"absences": "out"}, "Absences must be 'left out' or 'fourth option', got 'out'"),
            ({"min_common": 0}, "whole number of at least 1, got 0"),
            ({"min_common": 1.5}, "whole number of at least 1, got 1.5"),
            ({"min_common": True}, "whole number of at least 1, got True"),
            ({"too_few": "hidden"}, "'refused' or 'masked', got 'hidden'"),
        ],
    )
    def test_errors(self, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            pairwise_agreement(self.matrix, **options)

    def test_errors_of_the_matrix(self):
        with pytest.raises(MeasureError, match="at least one state and one resolution"):
            pairwise_agreement(self.matrix.iloc[:, :0])
        with pytest.raises(MeasureError, match="at least one state and one resolution"):
            pairwise_agreement(self.matrix.iloc[:0])
        with pytest.raises(MeasureError, match="got 'Y' for TON on B"):
            pairwise_agreement(self.matrix.replace("yes", "Y").replace({"A": {"Y": "yes"}}))


class TestSignorinoRitter:
    @pytest.mark.parametrize(
        ("first", "second", "expected"),
        [
            # Table 5 of Signorino and Ritter (1999), rows d, e, g and h, as the unit tests of the R package
            # strat give them (github.com/jrnold/r-strat, inst/unitTests/runit.SScore.R): commitments of 0
            # and 3, the two ends, are no and yes here; ten equal middle commitments are ten abstentions.
            (["yes"] * 4, ["yes"] * 4, 1),
            (["no"] * 10 + ["no", "yes"], ["no"] * 10 + ["yes", "no"], 2 / 3),
            (["no"] + ["abstain"] * 10 + ["yes"], ["yes"] + ["abstain"] * 10 + ["no"], 2 / 3),
            (["no", "yes"] + ["yes"] * 10, ["yes", "no"] + ["yes"] * 10, 2 / 3),
        ],
    )
    def test_published_examples(self, first, second, expected):
        matrix = pd.DataFrame([first, second], index=["FJI", "TON"])
        assert signorino_ritter(matrix).loc["FJI", "TON"] == pytest.approx(expected, abs=1e-15)

    def test_formula(self):
        # 1 - 2 Σ |x - y| / m over the votes of both, with yes 1, abstain 1/2, no 0.
        matrix = random_matrix(9, 25, seed=5)
        numbers = coded_votes(matrix, {"yes": 1, "abstain": 0.5, "no": 0, "not voting": 99}).to_numpy()
        found = signorino_ritter(matrix).to_numpy()
        for i, j in itertools.product(range(9), repeat=2):
            both = (numbers[i] < 99) & (numbers[j] < 99)
            expected = 1 - 2 * np.abs(numbers[i] - numbers[j])[both].sum() / both.sum()
            assert found[i, j] == pytest.approx(expected, abs=1e-14)

    def test_always_opposite(self):
        matrix = pd.DataFrame([["yes", "no"], ["no", "yes"]], index=["FJI", "TON"])
        assert signorino_ritter(matrix).to_numpy().tolist() == [[1, -1], [-1, 1]]


class TestAgreementFromPairs:
    pairs = pd.DataFrame(
        {
            "iso3_a": ["TON", "FJI", "FJI"],
            "iso3_b": ["WSM", "WSM", "TON"],
            "common": [7, 5, 9],
            "agreement": [0.25, 0.5, 1.0],
        }
    )

    def test_by_hand(self):
        found = agreement_from_pairs(self.pairs)
        assert found.agreement.index.tolist() == ["FJI", "TON", "WSM"]
        assert found.agreement.to_numpy().tolist() == [[1, 1, 0.5], [1, 1, 0.25], [0.5, 0.25, 1]]
        assert found.common.to_numpy().tolist() == [[9, 9, 5], [9, 9, 7], [5, 7, 7]]

    def test_there_and_back(self):
        expected = pairwise_agreement(random_matrix(8, 30, seed=6))
        i, j = np.triu_indices(8, 1)
        states = expected.agreement.index
        table = pd.DataFrame(
            {
                "iso3_a": states[j],  # the order within a pair does not matter
                "iso3_b": states[i],
                "common": expected.common.to_numpy()[i, j],
                "agreement": expected.agreement.to_numpy()[i, j],
            }
        )
        found = agreement_from_pairs(table)
        pd.testing.assert_frame_equal(found.agreement, expected.agreement, check_names=False)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda t: t.drop(columns="common"), "but 'common' is not there"),
            (lambda t: t.iloc[:0], "the table has no rows"),
            (lambda t: t.assign(iso3_a=[None, "FJI", "FJI"]), "a cell of iso3_a or iso3_b is empty"),
            (lambda t: t.assign(agreement=1.5), "must lie between 0 and 1"),
            (lambda t: t.assign(agreement=np.nan), "agreement of pairs must be finite"),
            (lambda t: t.assign(common=0), "whole numbers of at least 1"),
            (lambda t: t.assign(common=1.5), "whole numbers of at least 1"),
            (lambda t: t.iloc[:2], "but FJI and TON stand there 0 times"),
            (lambda t: pd.concat([t, t.iloc[[2]]]), "but FJI and TON stand there 2 times"),
            (lambda t: t.assign(iso3_b=["TON", "WSM", "TON"]), "but TON and TON stand there 1 times"),
        ],
    )
    def test_errors(self, change, sentence):
        with pytest.raises(MeasureError, match=sentence):
            agreement_from_pairs(change(self.pairs))


class TestBlocCohesion:
    pairs = agreement_from_pairs(TestAgreementFromPairs.pairs)

    def test_by_hand(self):
        blocs = pd.Series({"WSM": "south", "TON": "north", "FJI": "north"})
        found = bloc_cohesion(self.pairs, blocs)
        assert found.columns.tolist() == [
            "bloc_a", "bloc_b", "agreement", "pairs", "masked", "states_a", "states_b", "common",
        ]  # fmt: skip
        assert found.to_numpy().tolist() == [
            ["north", "north", 1.0, 1, 0, 2, 2, 9.0],
            ["north", "south", 0.375, 2, 0, 2, 1, 6.0],
        ]
        pd.testing.assert_frame_equal(bloc_cohesion(self.pairs, ["north", "north", "south"]), found)

    def test_agrees_with_a_loop_and_adds_up(self):
        pairs = pairwise_agreement(random_matrix(14, 25, seed=7))
        blocs = pd.Series(list("ABCABCABCABCAB"), index=pairs.agreement.index)
        found = bloc_cohesion(pairs, blocs.sample(frac=1, random_state=1)).set_index(["bloc_a", "bloc_b"])
        values: dict[tuple[str, str], list[float]] = {}
        for a, b in itertools.combinations(pairs.agreement.index, 2):
            first, second = sorted((blocs[a], blocs[b]))
            values.setdefault((first, second), []).append(pairs.agreement.loc[a, b])
        assert len(found) == len(values) == 6
        for key, of_pairs in values.items():
            assert found.loc[key, "pairs"] == len(of_pairs)
            assert found.loc[key, "agreement"] == pytest.approx(np.mean(of_pairs))
        whole = pairs.agreement.to_numpy()[np.triu_indices(14, 1)].mean()
        assert (found["agreement"] * found["pairs"]).sum() / found["pairs"].sum() == pytest.approx(whole)

    def test_masked_pairs_are_counted_and_left_out(self):
        matrix = pd.DataFrame(
            [["yes", "yes"], ["no", "not voting"], ["yes", "yes"], ["not voting", "yes"]],
            index=["FJI", "TON", "WSM", "NRU"],
            columns=list("AB"),
        )
        pairs = pairwise_agreement(matrix, too_few="masked")
        found = bloc_cohesion(pairs, ["x", "x", "x", "y"])
        assert found[["agreement", "pairs", "masked", "common"]].to_numpy().tolist() == [
            [pytest.approx(1 / 3), 3, 0, pytest.approx(4 / 3)],
            [1.0, 2, 1, 1.0],
        ]
        # All pairs of two blocs masked: no row for them.
        alone = bloc_cohesion(pairs, ["x", "y", "x", "z"])
        assert list(zip(alone["bloc_a"], alone["bloc_b"], strict=True)) == [
            ("x", "x"),
            ("x", "y"),
            ("x", "z"),
        ]

    def test_a_bloc_of_one_state_has_no_row_of_its_own(self):
        found = bloc_cohesion(self.pairs, ["x", "y", "z"])
        assert found["pairs"].tolist() == [1, 1, 1]
        assert (found["bloc_a"] != found["bloc_b"]).all()

    @pytest.mark.parametrize(
        ("blocs", "sentence"),
        [
            (["x", "y"], "got 3 states, 2 blocs"),
            (["x", None, "y"], "but 'TON' has none"),
            (pd.Series(["x", "x", "y"], index=["FJI", "TON", "NRU"]), "on one side only"),
            (pd.Series(["x"] * 4, index=["FJI", "TON", "WSM", "FJI"]), "must not repeat, but 'FJI' does"),
        ],
    )
    def test_errors(self, blocs, sentence):
        with pytest.raises(MeasureError, match=sentence):
            bloc_cohesion(self.pairs, blocs)

    def test_a_single_state(self):
        alone = pairwise_agreement(pd.DataFrame({"A": ["yes"]}, index=["FJI"]))
        with pytest.raises(MeasureError, match="at least one pair of states, got 1"):
            bloc_cohesion(alone, ["x"])


class TestTableOfPairs:
    """The table of pairs against the totals of the resolutions, which are another table of the package."""

    def test_the_pairs_add_up_to_the_totals_of_all_votes(self):
        pairs, votes = data.load("pair_agreement"), data.load("assembly_votes")
        yes, no, abstain = (votes[kind].to_numpy() for kind in ("yes", "no", "abstain"))
        voted = yes + no + abstain
        assert pairs["common"].sum() == (voted * (voted - 1) // 2).sum()
        # Five decimals of a share of at most 2156 votes give back the number of halves exactly.
        halves = (2 * pairs["agreement"] * pairs["common"]).round()
        alike = sum(2 * (kind * (kind - 1) // 2) for kind in (yes, no, abstain))
        assert halves.sum() == (alike + abstain * (yes + no)).sum()

    def test_every_pair_of_members_once(self):
        pairs = data.load("pair_agreement")
        assert (pairs["iso3_a"] < pairs["iso3_b"]).all()
        found = agreement_from_pairs(pairs)
        assert found.agreement.index.tolist() == sorted(data.load("states")["iso3"])
        # Low enough a number would say how single votes fell.
        assert found.common.to_numpy().min() > 200


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
                [1e308, 1e308, 1, 1, 1],
                [1 > 0] * 3 + [False] * 2,
                [1 > 0] * 2 + [False, True, False],
                "of means",
            ),
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
            (([1e308, 1e308], [1.0], [1.0], [1.0]), "differences of means must be finite"),
            (([[1.0], [2.0]], [[1.0]] * 3, [1.0], [1.0]), r"same draws, got \[\(2,\), \(3,\)"),
        ],
    )
    def test_errors_of_the_statistic(self, cells, sentence):
        with pytest.raises(MeasureError, match=sentence):
            difference_between_cells(*cells)
