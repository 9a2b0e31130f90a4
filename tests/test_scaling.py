"""Scaling of votes, polarisation of positions and clusters of states."""

import doctest
import itertools

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cybergov import data
from cybergov.errors import MeasureError
from cybergov.measures import scaling
from cybergov.measures.intervals import permutation_p
from cybergov.measures.scaling import (
    BIMODALITY_OF_UNIFORM,
    Distance,
    bimodality_coefficient,
    cluster_states,
    dip_test,
    esteban_ray,
    multiple_correspondence,
    principal_coordinates,
    silhouette,
    silhouette_test,
)
from cybergov.measures.voting import VOTES, agreement_from_pairs, pairwise_agreement, vote_codes

SETTINGS = settings(deadline=None, max_examples=50, derandomize=True)

# Six wines described by three experts: Abdi, H. and Valentin, D. (2007). Multiple Correspondence Analysis. In
# Salkind, N. (ed.), Encyclopedia of Measurement and Statistics, Table 1; figures from the data and the unit tests of
# the Python package mca (github.com/esafak/mca, data/burgundies.csv and tests/test_mca.py, which checks Tables
# 2 to 4). Ten questions, of which woody_1 and vanillin have three answers: the first is "yes" here, the last "no".
WINES = pd.DataFrame(
    {
        "fruity_1": ["yes", "no", "no", "no", "yes", "yes"],
        "woody_1": ["no", "abstain", "yes", "yes", "no", "abstain"],
        "coffee": ["no", "yes", "yes", "yes", "no", "no"],
        "fruity_2": ["yes", "no", "no", "no", "yes", "yes"],
        "roasted": ["no", "yes", "yes", "yes", "no", "no"],
        "vanillin": ["no", "abstain", "yes", "yes", "no", "abstain"],
        "woody_2": ["no", "yes", "yes", "yes", "no", "no"],
        "fruity_3": ["no", "no", "no", "yes", "yes", "yes"],
        "buttery": ["no", "yes", "yes", "yes", "no", "no"],
        "woody_3": ["no", "yes", "yes", "yes", "no", "no"],
    },
    index=["W1", "W2", "W3", "W4", "W5", "W6"],
)


def random_matrix(states, resolutions, seed, shares=(0.5, 0.2, 0.2, 0.1)) -> pd.DataFrame:
    drawn = np.random.default_rng(seed).choice(VOTES, (states, resolutions), p=shares)
    return pd.DataFrame(
        drawn, index=[f"S{i:02}" for i in range(states)], columns=[f"R{i:02}" for i in range(resolutions)]
    )


def as_agreement(values) -> pd.DataFrame:
    names = [f"S{i:02}" for i in range(len(values))]
    return pd.DataFrame(values, index=names, columns=names)


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(scaling)
    assert found.attempted >= 12
    assert found.failed == 0


def indicator(matrix: pd.DataFrame, neutral: bool) -> np.ndarray:
    """Write the indicator matrix down column by column; the absent get the average of the others."""
    columns = []
    for resolution in matrix:
        votes = matrix[resolution]
        kinds = VOTES[:3] if neutral else VOTES
        cast = votes.isin(kinds)
        for kind in kinds:
            column = (votes == kind).astype(float)
            if column.any():
                columns.append(np.where(cast, column, column[cast].mean()))
    return np.column_stack(columns)


def correspondence_by_svd(table: np.ndarray):
    """Decompose a table by the textbook: Greenacre's steps with the singular values of the whole matrix."""
    p = table / table.sum()
    r, c = p.sum(axis=1), p.sum(axis=0)
    left, values, right = np.linalg.svd((p - np.outer(r, c)) / np.sqrt(np.outer(r, c)), full_matrices=False)
    return left * values / np.sqrt(r)[:, None], right.T * values / np.sqrt(c)[:, None], values**2, c


class TestMultipleCorrespondence:
    def test_published_example(self):
        found = multiple_correspondence(WINES, anchor=["W1", "W1"])
        # Eigenvalues of the indicator matrix, and the total inertia of 22 options over 10 questions.
        assert found.eigenvalues[:4] == pytest.approx([0.8532, 0.2, 0.1151, 0.0317], abs=5e-5)
        assert found.eigenvalues.sum() == pytest.approx(1.2)
        assert found.share.tolist() == pytest.approx([0.8532 / 1.2, 0.2 / 1.2], abs=5e-5)
        # By Benzécri's formula: 0.7004, 0.0123 and 0.0003.
        total = 0.7004 + 0.0123 + 0.0003
        assert found.adjusted_share.tolist() == pytest.approx([0.7004 / total, 0.0123 / total], abs=1e-4)

    def test_published_coordinates(self):
        # The scores printed with the adjusted eigenvalues: brought back by the roots of both.
        found = multiple_correspondence(WINES, anchor=["W1", "W1"])
        scale = np.sqrt(np.array([0.7004, 0.0123]) / found.eigenvalues[:2])
        printed = [[0.86, 0.08], [-0.71, -0.16], [-0.92, 0.08], [-0.86, 0.08], [0.92, 0.08], [0.71, -0.16]]
        assert found.states.to_numpy() * scale == pytest.approx(np.array(printed), abs=0.01)
        options = (found.options * scale).to_numpy()
        places = {
            ("fruity_1", "yes"): [0.90, 0.00],
            ("woody_1", "yes"): [-0.97, 0.18],
            ("woody_1", "abstain"): [0.00, -0.35],
            ("woody_1", "no"): [0.97, 0.18],
            ("fruity_3", "yes"): [0.28, 0.00],
        }
        names = found.options.index.tolist()
        for name, expected in places.items():
            assert options[names.index(name)] == pytest.approx(expected, abs=0.01)

    def test_published_contributions(self):
        found = multiple_correspondence(WINES, anchor="W1")
        contributions = found.states**2 / 6 / found.eigenvalues[:2]
        assert (1000 * contributions[1]).round().tolist() == [177, 121, 202, 177, 202, 121]
        assert (1000 * contributions[2]).round().tolist() == [83, 333, 83, 83, 83, 333]

    @pytest.mark.parametrize("absences", ["left out", "fourth option"])
    @pytest.mark.parametrize("shape", [(9, 14), (40, 5)])
    def test_agrees_with_the_decomposition_of_the_whole_table(self, absences, shape):
        matrix = random_matrix(shape[0], shape[1], seed=1)
        found = multiple_correspondence(matrix, anchor=["S00", "S01"], absences=absences)
        table = indicator(matrix, neutral=absences == "left out")
        states, options, values, _ = correspondence_by_svd(table)
        kept = len(found.eigenvalues)
        assert found.eigenvalues == pytest.approx(values[:kept], abs=1e-12)
        assert values[kept:] == pytest.approx(0, abs=1e-9)
        for k, anchor in enumerate(["S00", "S01"]):
            assert found.states[k + 1][anchor] > 0
        places = pd.MultiIndex.from_tuples(
            [
                (r, v)
                for r in matrix
                for v in VOTES
                if (matrix[r] == v).any() and (absences != "left out" or v != "not voting")
            ]
        )
        ours = found.options.loc[places].to_numpy()
        signs = np.sign((ours * options[:, :2]).sum(axis=0))
        assert ours == pytest.approx(options[:, :2] * signs, abs=1e-9)
        if absences == "fourth option":
            assert found.states.to_numpy() == pytest.approx(states[:, :2] * signs, abs=1e-9)
        else:
            # A state lies at the mean of the options of its own votes, over the root of λ.
            for state in matrix.index:
                own = [(r, v) for r, v in matrix.loc[state].items() if v != "not voting"]
                expected = found.options.loc[own].mean() / np.sqrt(values[:2])
                assert found.states.loc[state].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9)

    def test_without_absences_both_treatments_are_one(self):
        matrix = random_matrix(12, 9, seed=2, shares=(0.5, 0.3, 0.2, 0.0))
        first = multiple_correspondence(matrix, anchor="S00", absences="left out")
        second = multiple_correspondence(matrix, anchor="S00", absences="fourth option")
        pd.testing.assert_frame_equal(first.states, second.states)
        states, *_ = correspondence_by_svd(indicator(matrix, neutral=False))
        assert np.abs(first.states.to_numpy()) == pytest.approx(np.abs(states[:, :2]), abs=1e-9)

    def test_eigenvalues_of_the_burt_matrix_are_the_squares(self):
        table = indicator(WINES, neutral=False)
        *_, values, _ = correspondence_by_svd(table.T @ table)
        found = multiple_correspondence(WINES, anchor="W1")
        assert found.eigenvalues**2 == pytest.approx(values[: len(found.eigenvalues)], abs=1e-12)

    def test_discrimination_is_the_share_of_variance_between_options(self):
        matrix = random_matrix(30, 6, seed=3, shares=(0.5, 0.3, 0.2, 0.0))
        found = multiple_correspondence(matrix, anchor="S00")
        for resolution, k in itertools.product(matrix.columns, (1, 2)):
            positions = found.states[k]
            fitted = positions.groupby(matrix[resolution].to_numpy()).transform("mean")
            share = fitted.var(ddof=0) / positions.var(ddof=0)
            assert found.resolutions[k][resolution] == pytest.approx(share)
        assert found.resolutions.mean().tolist() == pytest.approx(found.eigenvalues[:2])

    def test_coordinates_are_centred_and_have_the_inertia_as_variance(self):
        found = multiple_correspondence(
            random_matrix(25, 8, seed=4, shares=(0.5, 0.3, 0.2, 0.0)), anchor="S00"
        )
        assert found.states.mean().tolist() == pytest.approx([0, 0], abs=1e-12)
        assert found.states.var(ddof=0).tolist() == pytest.approx(found.eigenvalues[:2])
        assert found.states[1].corr(found.states[2]) == pytest.approx(0, abs=1e-9)

    def test_options_for_abstentions(self):
        matrix = random_matrix(20, 10, seed=5, shares=(0.5, 0.2, 0.3, 0.0))
        for option, word in (("with no", "no"), ("left out", "not voting")):
            found = multiple_correspondence(matrix, anchor="S00", abstentions=option)  # type: ignore[arg-type]
            other = multiple_correspondence(matrix.replace("abstain", word), anchor="S00")
            pd.testing.assert_frame_equal(found.states, other.states)
            pd.testing.assert_frame_equal(found.options, other.options)

    def test_a_line_of_states_is_found_in_its_order(self):
        # State i votes yes up to resolution i: a perfect scale.
        names = [f"S{i}" for i in range(8)]
        matrix = pd.DataFrame(
            {f"R{j}": ["yes" if i > j else "no" for i in range(8)] for j in range(7)}, index=names
        )
        for end, order in (("S7", 1), ("S0", -1)):
            found = multiple_correspondence(matrix, anchor=end, dimensions=1)
            assert (np.diff(found.states[1]) * order > 0).all()

    def test_an_undivided_vote_adds_a_resolution_and_no_inertia(self):
        more = pd.concat([WINES, pd.DataFrame({"all_yes": "yes"}, index=WINES.index)], axis=1)
        found, before = (
            multiple_correspondence(more, anchor="W1"),
            multiple_correspondence(WINES, anchor="W1"),
        )
        assert found.eigenvalues.sum() == pytest.approx(before.eigenvalues.sum() * 10 / 11)
        assert found.resolutions.T["all_yes"].to_numpy() == pytest.approx(0, abs=1e-12)
        # A vote that nobody cast changes nothing at all.
        nothing = multiple_correspondence(
            pd.concat([WINES, pd.DataFrame({"nobody": "not voting"}, index=WINES.index)], axis=1), anchor="W1"
        )
        assert nothing.eigenvalues == pytest.approx(before.eigenvalues)
        pd.testing.assert_frame_equal(nothing.states, before.states)

    @SETTINGS
    @given(st.integers(0, 10**6), st.integers(4, 9), st.integers(3, 8))
    def test_the_order_of_states_and_resolutions_changes_nothing(self, seed, n, m):
        matrix = random_matrix(n, m, seed=seed)
        assume(matrix.isin(VOTES[:3]).any(axis=1).all())
        try:
            found = multiple_correspondence(matrix, anchor="S00", dimensions=1)
        except MeasureError:
            assume(False)
        values = found.eigenvalues
        assume(len(values) == 1 or values[0] - values[1] > 1e-6)
        mixed = multiple_correspondence(matrix.iloc[::-1, ::-1], anchor="S00", dimensions=1)
        assert mixed.states.loc[matrix.index, 1].to_numpy() == pytest.approx(
            found.states[1].to_numpy(), abs=1e-6
        )
        assert mixed.share[1] == pytest.approx(found.share[1])
        assert 0 < found.share[1] <= 1 + 1e-12
        assert ((found.resolutions > -1e-9) & (found.resolutions < 1 + 1e-9)).all(axis=None)

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"anchor": "W9"}, "An anchor must be one of the states, got 'W9'"),
            ({"anchor": ["W1", "W2", "W3"]}, "must be one state or 2 of them, got 3"),
            ({"anchor": "W1", "dimensions": 0}, "whole number of at least 1, got 0"),
            ({"anchor": "W1", "dimensions": 1.5}, "whole number of at least 1, got 1.5"),
            ({"anchor": "W1", "dimensions": 5}, "span 4 dimensions, fewer than the 5"),
            ({"anchor": "W1", "abstentions": "half"}, "'third option', 'with no' or 'left out', got 'half'"),
            (
                {"anchor": "W1", "absences": "half"},
                "Absences must be 'left out' or 'fourth option', got 'half'",
            ),
        ],
    )
    def test_errors(self, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            multiple_correspondence(WINES, **options)

    def test_errors_of_the_matrix(self):
        silent = WINES.copy()
        silent.loc["W2"] = "not voting"
        with pytest.raises(MeasureError, match="at least two states and one resolution, got 1 and 10"):
            multiple_correspondence(WINES.iloc[:1], anchor="W1")
        with pytest.raises(MeasureError, match="at least two states and one resolution, got 6 and 0"):
            multiple_correspondence(WINES.iloc[:, :0], anchor="W1")
        with pytest.raises(MeasureError, match="vote of every state, but W2 has none that counts"):
            multiple_correspondence(silent, anchor="W1")
        with pytest.raises(MeasureError, match="span 0 dimensions, fewer than the 1"):
            multiple_correspondence(
                pd.DataFrame({"A": ["yes"] * 3}, index=["W1", "W2", "W3"]), anchor="W1", dimensions=1
            )
        with pytest.raises(MeasureError, match="got 'Y' for W1 on fruity_1"):
            multiple_correspondence(WINES.replace("yes", "Y"), anchor="W1")

    def test_an_anchor_in_the_middle_fixes_no_sign(self):
        matrix = pd.DataFrame(
            {"A": ["yes", "no", "abstain"], "B": ["yes", "no", "abstain"], "C": ["yes", "no", "not voting"]},
            index=["FJI", "TON", "WSM"],
        )
        agreement = pairwise_agreement(matrix)
        with pytest.raises(MeasureError, match="'WSM' lies at 0 on dimension 1 and cannot fix its sign"):
            principal_coordinates(agreement, anchor="WSM", dimensions=1)


class TestPrincipalCoordinates:
    points = np.random.default_rng(1).normal(size=(12, 3)) * [3, 2, 1]
    gaps = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))

    @pytest.mark.parametrize("distance", ["disagreement", "root of disagreement"])
    def test_agrees_with_principal_components_of_the_points(self, distance):
        # Gower (1966): the principal coordinates of Euclidean distances are the principal components.
        unit = self.gaps.max() * 1.1
        apart = self.gaps / unit if distance == "disagreement" else (self.gaps / unit) ** 2 / 2
        found = principal_coordinates(
            as_agreement(1 - apart), anchor=["S03", "S04", "S05"], dimensions=3, distance=distance
        )
        centred = (self.points - self.points.mean(axis=0)) / unit
        left, values, _ = np.linalg.svd(centred, full_matrices=False)
        scores = left * values
        signs = np.sign([scores[3, 0], scores[4, 1], scores[5, 2]])
        assert found.states.to_numpy() == pytest.approx(scores * signs, abs=1e-9)
        assert found.share.tolist() == pytest.approx(values**2 / (values**2).sum())
        assert found.eigenvalues[3:] == pytest.approx(0, abs=1e-9)

    def test_by_hand(self):
        # On a line at 0, 1/2 and 1; the mean is 1/2.
        table = as_agreement([[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]])
        found = principal_coordinates(table, anchor="S02", dimensions=1)
        assert found.states[1].tolist() == pytest.approx([-0.5, 0, 0.5])
        assert found.share[1] == pytest.approx(1)
        # Two states that never agree: the root of twice the disagreement lies between them.
        two = as_agreement([[1, 0], [0, 1]])
        rooted = principal_coordinates(two, anchor="S00", dimensions=1, distance="root of disagreement")
        assert np.ptp(rooted.states[1]) == pytest.approx(np.sqrt(2))

    def test_published_example(self):
        # Poole (2005), Spatial Models of Parliamentary Voting, figure 2.3: six legislators and five roll calls,
        # from the agreement scores to the points; also at legacy.voteview.com/ideal_point_double_center_1.htm.
        names = ["five", "six", "four", "one", "two", "three"]
        calls = ["NYNNN", "NYYNN", "NYNYN", "YNNYY", "NNNYY", "NNNYN"]
        words = {"Y": "yes", "N": "no"}
        matrix = pd.DataFrame([[words[call] for call in row] for row in calls], index=names)
        agreement = pairwise_agreement(matrix)
        assert agreement.agreement.to_numpy()[3, :3].tolist() == pytest.approx([0.2, 0, 0.4])
        found = principal_coordinates(agreement, anchor="six", dimensions=1)
        assert found.states[1].tolist() == pytest.approx([0.3, 0.5, 0.1, -0.5, -0.3, -0.1])
        assert found.share[1] == pytest.approx(1)

    def test_a_perfect_scale_lies_on_a_line(self):
        names = [f"S{i}" for i in range(8)]
        matrix = pd.DataFrame(
            {f"R{j}": ["yes" if i > j else "no" for i in range(8)] for j in range(7)}, index=names
        )
        found = principal_coordinates(pairwise_agreement(matrix), anchor="S7", dimensions=1)
        # The share of votes that divide two states is the distance between them, so one dimension holds all.
        assert found.states[1].to_numpy() == pytest.approx((np.arange(8) - 3.5) / 7)
        assert found.share[1] == pytest.approx(1)
        rooted = principal_coordinates(
            pairwise_agreement(matrix), anchor="S7", dimensions=1, distance="root of disagreement"
        )
        assert rooted.share[1] < 0.7

    @SETTINGS
    @given(st.integers(0, 10**6), st.integers(4, 10))
    def test_the_order_of_the_states_changes_nothing(self, seed, n):
        agreement = pairwise_agreement(random_matrix(n, 15, seed=seed, shares=(0.5, 0.3, 0.2, 0.0))).agreement
        try:
            found = principal_coordinates(agreement, anchor="S00", dimensions=1)
        except MeasureError:
            assume(False)
        assume(found.eigenvalues[0] - found.eigenvalues[1] > 1e-6)
        mixed = principal_coordinates(agreement.iloc[::-1, ::-1], anchor="S00", dimensions=1)
        assert mixed.states.loc[agreement.index, 1].to_numpy() == pytest.approx(
            found.states[1].to_numpy(), abs=1e-6
        )
        assert found.states[1].sum() == pytest.approx(0, abs=1e-9)
        assert found.states[1]["S00"] > 0
        assert 0 < found.share[1] <= 1

    def test_correlates_with_the_ideal_points_over_all_votes(self):
        # Bailey, Strezhnev and Voeten (2017), mean of the years by state, against the first dimension of all
        # recorded votes of the same years: the two figures that the docstring names. The second dimension is
        # another matter.
        points = data.load("ideal_points")
        points = points[points["year"].astype(int).between(1998, 2025)]
        mean = points.groupby("iso3")["ideal_point"].mean()
        pairs = agreement_from_pairs(data.load("pair_agreement"))
        figures: dict[Distance, float] = {"disagreement": 0.971, "root of disagreement": 0.946}
        for distance, expected in figures.items():
            assert str(expected) in str(principal_coordinates.__doc__)
            found = principal_coordinates(pairs, anchor="USA", distance=distance)
            both = found.states.index.intersection(mean.index)
            assert len(both) >= 190
            assert found.states.loc[both, 1].corr(mean[both]) == pytest.approx(expected, abs=5e-4)
            assert abs(found.states.loc[both, 2].corr(mean[both])) < 0.3

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda t: t.to_numpy(), "must be a table with the states as rows and columns"),
            (lambda t: t.iloc[:, :2], "the same states, at least two"),
            (lambda t: t.iloc[:1, :1], "the same states, at least two"),
            (lambda t: t.iloc[:, ::-1], "the same states, at least two"),
            (lambda t: t.mask(t == 0.5), "but that of S00 and S01 is masked"),
            (lambda t: t * 1.5, "must lie between 0 and 1"),
            (lambda t: t - 0.1, "must lie between 0 and 1"),
            (lambda t: t * 0.5, "symmetric and 1 on the diagonal"),
            (lambda t: t.assign(S00=[1, 0.4, 0]), "symmetric and 1 on the diagonal"),
            (lambda t: t.astype(str), "must be numbers"),
            (lambda t: t * 0 + 1, "span 0 dimensions, fewer than the 1"),
        ],
    )
    def test_errors(self, change, sentence):
        table = as_agreement([[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]])
        with pytest.raises(MeasureError, match=sentence):
            principal_coordinates(change(table), anchor="S00", dimensions=1)

    def test_other_errors(self):
        table = as_agreement([[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]])
        with pytest.raises(MeasureError, match="span 1 dimensions, fewer than the 2"):
            principal_coordinates(table, anchor="S00")
        with pytest.raises(MeasureError, match="'disagreement' or 'root of disagreement', got 'd'"):
            principal_coordinates(table, anchor="S00", distance="d")  # type: ignore[arg-type]
        with pytest.raises(MeasureError, match="one of the states, got 'USA'"):
            principal_coordinates(table, anchor="USA", dimensions=1)
        with pytest.raises(MeasureError, match="one of the states, got None"):
            principal_coordinates(table, anchor=None, dimensions=1)  # type: ignore[arg-type]


class TestEstebanRay:
    @pytest.mark.parametrize("alpha", [0.1, 1.0, 1.6])
    def test_formula(self, alpha):
        # The double sum, term by term as the help page of polarisation.ER in the R package acid has it.
        rng = np.random.default_rng(1)
        y, size = rng.normal(size=6), rng.random(6)
        share = size / size.sum()
        expected = sum(
            share[i] ** (1 + alpha) * share[j] * abs(y[i] - y[j]) for i in range(6) for j in range(6)
        )
        assert esteban_ray(y, size, alpha) == pytest.approx(expected, abs=1e-15)

    def test_by_hand(self):
        # Shares 1/2, 1/4 and 1/4 at 0, 1 and 3, alpha 1:
        # 1/4 (1/4 + 3/4) + 1/16 (1/2 + 2/4) + 1/16 (3/2 + 2/4) = 1/4 + 1/16 + 1/8.
        assert esteban_ray([0, 1, 3], [2, 1, 1]) == pytest.approx(0.4375, abs=1e-15)
        assert type(esteban_ray([0, 1], [1, 1])) is float

    def test_two_groups(self):
        # With two groups at distance 1 and alpha 1: p² (1 - p) + (1 - p)² p = p (1 - p).
        for p in (0.1, 0.3, 0.5):
            assert esteban_ray([0, 1], [p, 1 - p]) == pytest.approx(p * (1 - p))

    def test_near_zero_alpha_it_is_the_mean_difference(self):
        # Without identification the mean difference between two people, twice the mean times the Gini, is left.
        y, size = np.array([1.0, 2.0, 5.0, 9.0]), np.array([1, 4, 3, 2])
        people = np.repeat(y, size)
        assert esteban_ray(y, size, 1e-9) == pytest.approx(np.abs(people[:, None] - people).mean(), abs=1e-7)

    def test_pooling_two_small_neighbouring_groups_adds_polarisation(self):
        for alpha in (0.5, 1.0, 1.6):
            apart = esteban_ray([0, 1, 1.01], [100, 1, 1], alpha)
            pooled = esteban_ray([0, 1.005], [100, 2], alpha)
            assert pooled > apart

    def test_moving_towards_the_nearer_of_two_groups_adds_polarisation(self):
        for alpha in (0.5, 1.0, 1.6):
            values = esteban_ray([[0, 0.60, 1], [0, 0.61, 1]], [5, 1, 4], alpha)
            assert values[1] > values[0]

    def test_moving_from_the_middle_to_both_ends_adds_polarisation(self):
        for alpha in (0.5, 1.0, 1.6):
            values = esteban_ray([0, 1, 2], [[3, 4, 3], [3.1, 3.8, 3.1], [5, 0, 5]], alpha)
            assert (np.diff(values) > 0).all()

    @SETTINGS
    @given(
        st.lists(st.tuples(st.floats(0, 1), st.integers(0, 50)), min_size=2, max_size=7),
        st.sampled_from([0.3, 1.0, 1.6]),
    )
    def test_properties(self, groups, alpha):
        y, size = np.array([g[0] for g in groups]), np.array([g[1] for g in groups])
        assume(size.sum() > 0)
        found = esteban_ray(y, size, alpha)
        # No distribution on a scale is more polarised than two halves at its ends.
        assert 0 <= found <= 2.0 ** -(1 + alpha) + 1e-12
        assert 0 <= esteban_ray(y, size, alpha, length=1) <= 1 + 1e-12
        # The unit of the sizes, the place of zero and the order of the groups are of no account.
        assert esteban_ray(y, 10 * size, alpha) == pytest.approx(found)
        assert esteban_ray(3 * y[::-1] - 5, size[::-1], alpha) == pytest.approx(3 * found, abs=1e-9)
        # A group listed in two parts at one position is one group.
        parts = esteban_ray(np.append(y, y[0]), np.append(size, size[0]), alpha)
        whole = esteban_ray(y, np.append(2 * size[0], size[1:]), alpha)
        assert parts == pytest.approx(whole)

    def test_large_and_small_units(self):
        for unit in (1e308, 1e-323):
            assert esteban_ray([0, 1], [unit, unit]) == 0.25

    def test_half_and_half_at_the_ends_is_the_whole_scale(self):
        for alpha in (0.2, 1.0, 1.6):
            assert esteban_ray([-2, 2], [7, 7], alpha, length=4) == pytest.approx(1)
        assert esteban_ray([3, 3], [1, 2]) == 0
        assert esteban_ray([3], [1]) == 0

    def test_draws_and_labels(self):
        rng = np.random.default_rng(2)
        y, size = rng.normal(size=(50, 4)), rng.integers(1, 9, size=4)
        found = esteban_ray(y, size, 1.3)
        assert found.shape == (50,)
        assert found == pytest.approx([esteban_ray(row, size, 1.3) for row in y])
        positions = pd.Series({"north": 0.0, "south": 1.0, "east": 3.0})
        sizes = pd.Series({"east": 1, "north": 2, "south": 1})
        assert esteban_ray(positions, sizes) == pytest.approx(0.4375)

    @pytest.mark.parametrize(
        ("arguments", "options", "sentence"),
        [
            (([], []), {}, "at least one group"),
            ((1.0, 1.0), {}, "at least one group"),
            (([1, 2], [1]), {}, "same groups, got 2 and 1"),
            ((np.ones((2, 3)), np.ones((4, 3))), {}, "do not fit"),
            (([1, 2], [1, -1]), {}, "sizes of groups must not be negative"),
            (([1, 2], [0, 0]), {}, "must add up to more than zero"),
            (([1, np.nan], [1, 1]), {}, "positions of groups must be finite"),
            (([1, 2], [1, np.inf]), {}, "sizes of groups must be finite"),
            (([-1e308, 1e308], [1, 1]), {}, "gaps between groups must be finite"),
            (([1, 2], [1, 1], 0), {}, "above 0 and at most 1.6, got 0"),
            (([1, 2], [1, 1], 1.61), {}, "above 0 and at most 1.6, got 1.61"),
            (([1, 2], [1, 1], "1"), {}, "above 0 and at most 1.6, got '1'"),
            (([1, 2], [1, 1]), {"length": 0}, "length of the scale must be above zero"),
            (([1, 2], [1, 1]), {"length": np.nan}, "length of the scale must be above zero"),
            (([1, 2], [1, 1]), {"length": 0.5}, "of the length 0.5, but two are 1 apart"),
            ((pd.Series({"a": 1, "b": 2}), pd.Series({"a": 1, "c": 2})), {}, "'b' is on one side only"),
            ((pd.Series([1, 2], index=["a", "a"]), pd.Series({"a": 1})), {}, "but 'a' does"),
        ],
    )
    def test_errors(self, arguments, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            esteban_ray(*arguments, **options)


class TestBimodalityCoefficient:
    # Ranks in the middle of equal parts stand for a large sample from a distribution.
    ranks = (np.arange(200_000) + 0.5) / 200_000

    @pytest.mark.parametrize(
        ("values", "expected", "tolerance"),
        [
            (ranks, 5 / 9, 1e-4),  # uniform
            (scipy.stats.norm.ppf(ranks), 1 / 3, 1e-3),
            (scipy.stats.expon.ppf(ranks), 5 / 9, 5e-3),  # skewness 2, kurtosis 9: (4 + 1) / 9
            (np.r_[np.zeros(100_000), np.ones(100_000)], 1.0, 1e-4),
            (np.r_[np.zeros(40_000), np.ones(160_000)], 1.0, 1e-3),
            (scipy.stats.arcsine.ppf(ranks), 2 / 3, 1e-3),  # kurtosis 3/2
        ],
    )
    def test_known_distributions(self, values, expected, tolerance):
        assert bimodality_coefficient(values) == pytest.approx(expected, abs=tolerance)
        assert BIMODALITY_OF_UNIFORM == 5 / 9

    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            # The two samples of Pfister and others (2013) over the values 1 to 11, as the help page of
            # bimodality_coefficient in the R package mousetrap gives them with their coefficients.
            ((3, 5, 5, 10, 17, 20, 17, 10, 5, 5, 3), 0.34),
            ((2, 26, 14, 6, 2, 0, 2, 6, 14, 26, 2), 0.79),
        ],
    )
    def test_published_examples(self, counts, expected):
        assert round(bimodality_coefficient(np.repeat(np.arange(1, 12), counts)), 2) == expected

    def test_formula_with_the_moments_of_scipy(self):
        values = np.random.default_rng(1).normal(size=(7, 23)) ** 2
        found = bimodality_coefficient(values)
        assert found.shape == (7,)
        g = scipy.stats.skew(values, axis=1, bias=False)
        k = scipy.stats.kurtosis(values, axis=1, bias=False)
        assert found == pytest.approx((g**2 + 1) / (k + 3 * 22**2 / (21 * 20)))

    @SETTINGS
    @given(
        st.lists(st.integers(-50, 50), min_size=4, max_size=30), st.floats(0.001, 1000), st.integers(-99, 99)
    )
    def test_properties(self, values, factor, shift):
        assume(len(set(values)) > 1)
        x = np.array(values, dtype=float)
        found = bimodality_coefficient(x)
        assert 0 < found <= 1 + 1e-12
        assert bimodality_coefficient(-factor * x + shift) == pytest.approx(found, rel=1e-6)
        assert bimodality_coefficient(x[::-1]) == pytest.approx(found)

    def test_large_and_small_units(self):
        x = np.array([-4.0, 1.0, 1.5, 4.0, 4.5])
        for unit in (3e307, 1e120, 1e-120):
            assert bimodality_coefficient(unit * x) == pytest.approx(bimodality_coefficient(x))

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ([1, 2, 3], "at least four values, got 3"),
            (5.0, "at least four values, got 0"),
            ([2.0] * 9, "not defined for values that are all equal"),
            ([0.1] * 9, "not defined for values that are all equal"),
            ([[1, 2, 3, 4], [5, 5, 5, 5]], "not defined for values that are all equal"),
            ([1, 2, 3, np.nan], "must be finite"),
        ],
    )
    def test_errors(self, values, sentence):
        with pytest.raises(MeasureError, match=sentence):
            bimodality_coefficient(values)


class TestDip:
    # The data statfaculty of the R package diptest, quality of 63 faculties (Hartigan and Hartigan 1985).
    FACULTIES = (
        *(30, 33, 35, 36, 37, 37, 39, 39, 39, 39, 39, 40, 40, 40, 40, 41, 42, 43, 43, 43, 44, 44, 45, 45, 46),
        *(46, 47, 47, 48, 48, 48, 49, 50, 50, 51, 52, 52, 53, 53, 53, 53, 53, 54, 54, 57, 57, 59, 60, 60, 60),
        *(61, 61, 61, 61, 62, 62, 62, 62, 63, 66, 70, 72, 72),
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("values", "dip", "low", "high"),
        [
            # The output of the R package diptest on these, tests/ex1.Rout.save-64b in its repository.
            (FACULTIES, 0.0595, 39, 54),
            ([0, 2, 3, 5, 6], 0.133, 5, 6),
            ([1] + [2] * 9, 0.05, 2, 2),
        ],
    )
    def test_published_examples(self, values, dip, low, high):
        found = dip_test(values)
        assert round(found.dip, len(str(dip)) - 2) == dip
        assert (found.low, found.high) == (low, high)

    def test_smallest_and_largest_value(self):
        # 1/4 for two equal points and 1/2n for a single mode, as the same tests of the R package assert.
        assert dip_test([1, 1, 2, 2]).dip == 0.25
        assert dip_test([0, 1, 3, 6]).dip == 1 / 8
        constant = dip_test([7.0] * 10)
        assert constant.dip == 1 / 20
        assert constant.p == 1

    def test_p_of_the_table_and_of_draws_agree(self):
        for seed in (1, 2, 3):
            rng = np.random.default_rng(seed)
            values = np.r_[rng.normal(-1.3, 1, 30), rng.normal(1.3, 1, 30)]
            table, drawn = dip_test(values), dip_test(values, draws=4000, seed=1)
            assert drawn.dip == table.dip
            assert drawn.p == pytest.approx(table.p, abs=0.03)

    def test_one_mode_and_two(self):
        ranks = (np.arange(193) + 0.5) / 193
        one = scipy.stats.norm.ppf(ranks)
        assert dip_test(one).p > 0.9
        assert dip_test(np.r_[one[:97] - 2, one[97:] + 2]).p < 0.01

    def test_p_is_never_zero(self):
        values = np.r_[np.zeros(100), np.ones(100)] + np.arange(200) / 1e5
        assert dip_test(values).p == 1e-6
        assert dip_test(values, draws=99, seed=1).p == 0.01

    def test_large_and_small_units(self):
        # Without care the first has the dip 0.1 and the second an infinite one.
        for unit in (2.0**1023, 2.0**-1074):
            found = dip_test(unit * np.array([1, -1, 1, 0, -1]))
            assert found.dip == dip_test([1, -1, 1, 0, -1]).dip
            assert abs(found.low) in (0, unit)

    def test_seed_order_and_unit(self):
        values = np.random.default_rng(3).normal(size=40)
        first = dip_test(values, draws=200, seed=5)
        assert first == dip_test(values[::-1], draws=200, seed=5)
        assert first.p == dip_test(8 * values + 1, draws=200, seed=5).p
        assert dip_test(values, draws=200, seed=0) == dip_test(values, draws=200, seed=0)
        kept = values.copy()
        dip_test(values)
        assert (values == kept).all()

    @pytest.mark.parametrize(
        ("values", "options", "sentence"),
        [
            ([1, 2, 3], {}, r"at least four values, got the shape \(3,\)"),
            (np.ones((2, 4)), {}, r"got the shape \(2, 4\)"),
            ([1, 2, 3, np.inf], {}, "must be finite"),
            ([1, 2, 3, 4], {"draws": 10}, "draws and seed together, or none"),
            ([1, 2, 3, 4], {"seed": 1}, "draws and seed together, or none"),
            ([1, 2, 3, 4], {"draws": 0, "seed": 1}, "draws must be a whole number"),
            ([1, 2, 3, 4], {"draws": 5, "seed": -1}, "seed must be a whole number"),
        ],
    )
    def test_errors(self, values, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            dip_test(values, **options)


def slow_silhouette(apart, clusters):
    found = []
    for i, own in enumerate(clusters):
        means = {}
        for name in set(clusters):
            others = [apart[i][j] for j in range(len(apart)) if clusters[j] == name and j != i]
            means[name] = float(np.mean(others)) if others else np.inf
        a, b = means.pop(own), min(means.values())
        found.append(0.0 if a == np.inf or max(a, b) == 0 else (b - a) / max(a, b))
    return found


def slow_average_linkage(apart, number):
    """Join the two clusters with the smallest mean distance, from scratch at every step."""
    groups = [[i] for i in range(len(apart))]
    while len(groups) > number:
        pairs = itertools.combinations(range(len(groups)), 2)
        a, b = min(pairs, key=lambda p: apart[np.ix_(groups[p[0]], groups[p[1]])].mean())
        groups[a] = groups[a] + groups[b]
        del groups[b]
    return {frozenset(group) for group in groups}


def partition(members) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(members == name)) for name in set(members)}


def camps(noise: float = 0.1, seed: int = 1, sizes=(8, 6, 4), resolutions: int = 24) -> pd.DataFrame:
    """Camps that vote each in its own way, with a share of single votes at random."""
    rng = np.random.default_rng(seed)
    lines = rng.choice(VOTES[:3], (len(sizes), resolutions))
    rows = np.repeat(lines, sizes, axis=0)
    stray = rng.random(rows.shape) < noise
    cells = np.where(stray, rng.choice(VOTES[:3], rows.shape), rows)
    return pd.DataFrame(cells, index=[f"S{i:02}" for i in range(len(rows))])


class TestSilhouette:
    def test_by_hand(self):
        # Points 0, 1, 4 and 6 on a line in the clusters {0, 1} and {4, 6}.
        points = np.array([0.0, 1, 4, 6])
        apart = np.abs(points[:, None] - points)
        found = silhouette(apart, ["a", "a", "b", "b"])
        assert found == pytest.approx([1 - 1 / 5, 1 - 1 / 4, 1 - 2 / 3.5, 1 - 2 / 5.5])

    def test_labels(self):
        apart = pd.DataFrame([[0, 1, 4], [1, 0, 4], [4, 4, 0]], index=list("XYZ"), columns=list("XYZ"))
        mixed = pd.Series({"Z": 2, "X": 1, "Y": 1})
        assert silhouette(apart, mixed).tolist() == [0.75, 0.75, 0]
        with pytest.raises(MeasureError, match="'W' is on one side only"):
            silhouette(apart, mixed.rename({"Z": "W"}))

    def test_the_only_member_of_a_cluster_and_equal_points(self):
        assert silhouette([[0, 1, 4], [1, 0, 4], [4, 4, 0]], [1, 1, 2]).tolist() == [0.75, 0.75, 0]
        assert silhouette(np.zeros((4, 4)), [1, 1, 2, 2]).tolist() == [0, 0, 0, 0]

    @SETTINGS
    @given(st.integers(0, 10**6), st.integers(4, 12), st.integers(2, 4))
    def test_agrees_with_the_definition(self, seed, n, k):
        rng = np.random.default_rng(seed)
        points, clusters = rng.normal(size=(n, 2)), np.r_[np.arange(k), rng.integers(0, k, n - k)]
        apart = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
        found = silhouette(apart, clusters)
        assert found == pytest.approx(slow_silhouette(apart, clusters.tolist()))
        assert ((found >= -1) & (found <= 1)).all()
        assert silhouette(7 * apart, clusters) == pytest.approx(found)

    @pytest.mark.parametrize(
        ("distances", "clusters", "sentence"),
        [
            (np.zeros((2, 3)), [1, 2], "square matrix"),
            ([[0, -1], [-1, 0]], [1, 2], "symmetric, at least 0, and 0 on the diagonal"),
            ([[1, 1], [1, 0]], [1, 2], "symmetric, at least 0, and 0 on the diagonal"),
            ([[0, 1], [2, 0]], [1, 2], "symmetric, at least 0, and 0 on the diagonal"),
            ([[0, np.nan], [1, 0]], [1, 2], "must be finite"),
            ([[0, 1], [1, 0]], [1, 2, 3], "got 2 members, 3 clusters"),
            ([[0, 1], [1, 0]], [1, None], "the one at position 1 has none"),
            ([[0, 1], [1, 0]], [1, 1], "at least two clusters, got 1"),
        ],
    )
    def test_errors(self, distances, clusters, sentence):
        with pytest.raises(MeasureError, match=sentence):
            silhouette(distances, clusters)


class TestClusterStates:
    def test_finds_the_camps(self):
        found = cluster_states(pairwise_agreement(camps()))
        assert found.number == 3
        # The largest cluster has the number 1.
        assert found.members.tolist() == [1] * 8 + [2] * 6 + [3] * 4
        assert found.mean_silhouette == found.tried[3] == found.tried.max()
        assert found.silhouettes.mean() == pytest.approx(found.mean_silhouette)
        assert found.tried.index.tolist() == [2, 3, 4, 5, 6, 7, 8]

    @pytest.mark.parametrize("number", [2, 3, 5, 9])
    def test_agrees_with_average_linkage_step_by_step(self, number):
        # Distances without ties, for which of two equal joins comes first is a matter of order.
        half = np.triu(np.random.default_rng(number).random((15, 15)), 1)
        apart = half + half.T
        agreement = as_agreement(1 - apart)
        found = cluster_states(agreement, number=number)
        assert found.number == number == found.members.nunique()
        assert partition(found.members.to_numpy()) == slow_average_linkage(apart, number)
        assert found.silhouettes.to_numpy() == pytest.approx(slow_silhouette(apart, found.members.tolist()))
        assert (np.diff(np.bincount(found.members)[1:]) <= 0).all()

    def test_ties_do_not_change_the_number_of_clusters(self):
        same = pd.DataFrame({"A": ["yes", "yes", "yes", "no", "no"], "B": ["yes"] * 5}, index=list("VWXYZ"))
        for number in (2, 3, 4):
            found = cluster_states(pairwise_agreement(same), number=number)
            assert found.members.nunique() == number
        best = cluster_states(pairwise_agreement(same))
        assert best.number == 2
        assert best.mean_silhouette == 1
        assert best.members.tolist() == [1, 1, 1, 2, 2]

    @SETTINGS
    @given(st.integers(0, 10**6))
    def test_the_order_of_the_states_changes_nothing(self, seed):
        rng = np.random.default_rng(seed)
        apart = np.triu(rng.random((9, 9)), 1)
        agreement = as_agreement(1 - apart - apart.T)
        order = rng.permutation(9)
        found, mixed = cluster_states(agreement), cluster_states(agreement.iloc[order, order])
        assert mixed.number == found.number
        assert mixed.mean_silhouette == pytest.approx(found.mean_silhouette)
        assert partition(mixed.members[agreement.index].to_numpy()) == partition(found.members.to_numpy())

    def test_at_most(self):
        agreement = pairwise_agreement(camps())
        assert cluster_states(agreement, at_most=2).number == 2
        assert cluster_states(agreement, at_most=999).tried.index[-1] == 17

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"number": 1}, "number of clusters must be a whole number of at least 2, got 1"),
            ({"number": 2.0}, "number of clusters must be a whole number of at least 2, got 2.0"),
            ({"number": 3}, "must be at most 2 for 3 states, got 3"),
            ({"at_most": 1}, "largest number of clusters must be a whole number of at least 2, got 1"),
        ],
    )
    def test_errors(self, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            cluster_states(as_agreement([[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]), **options)

    def test_other_errors(self):
        with pytest.raises(MeasureError, match="at least three states, got 2"):
            cluster_states(as_agreement([[1, 0], [0, 1]]))
        with pytest.raises(MeasureError, match="not defined for states that agree always"):
            cluster_states(as_agreement(np.ones((4, 4))))
        with pytest.raises(MeasureError, match="that of S00 and S01 is masked"):
            cluster_states(as_agreement([[1, np.nan, 0], [np.nan, 1, 0], [0, 0, 1]]))


class TestSilhouetteTest:
    def test_camps(self):
        clear = silhouette_test(camps(), draws=99, seed=1)
        assert clear.p == 0.01
        assert clear.clusters.number == 3
        assert clear.null.shape == (99,)
        assert clear.null.max() < clear.clusters.mean_silhouette

    def test_agrees_with_every_possible_dealing(self):
        # Four states and two resolutions: 12 and 6 different dealings, all equally probable.
        matrix = pd.DataFrame(
            {"A": ["yes", "yes", "no", "abstain"], "B": ["yes", "yes", "no", "no"]}, index=list("WXYZ")
        )
        every = [sorted(set(itertools.permutations(matrix[r]))) for r in "AB"]
        assert [len(dealings) for dealings in every] == [12, 6]
        values = []
        for a, b in itertools.product(*every):
            dealt = pd.DataFrame({"A": a, "B": b}, index=matrix.index)
            values.append(cluster_states(pairwise_agreement(dealt), number=2).mean_silhouette)
        exact = permutation_p(
            cluster_states(pairwise_agreement(matrix), number=2).mean_silhouette,
            values,
            alternative="greater",
        )
        found = silhouette_test(matrix, draws=2000, seed=2, number=2)
        assert 0.05 < exact < 0.95
        assert found.p == pytest.approx(exact, abs=0.04)
        assert set(np.round(found.null, 9)) == set(np.round(values, 9))
        assert found.null.mean() == pytest.approx(np.mean(values), abs=0.03)

    def test_keeps_the_totals_and_who_was_absent(self, monkeypatch):
        matrix = random_matrix(12, 10, seed=9)
        seen = []
        original = scaling.agreement_of_codes

        def spy(codes, abstentions, absences):
            seen.append(codes.copy())
            return original(codes, abstentions, absences)

        codes = vote_codes(matrix)
        monkeypatch.setattr(scaling, "agreement_of_codes", spy)
        silhouette_test(matrix, draws=20, seed=3)
        assert len(seen) == 20
        for dealt in seen:
            assert (np.sort(dealt, axis=0) == np.sort(codes, axis=0)).all()
            assert ((dealt == 3) == (codes == 3)).all()
        assert not (seen[0] == seen[1]).all()
        seen.clear()
        silhouette_test(matrix, draws=20, seed=3, absences="fourth option")
        for dealt in seen:
            assert (np.sort(dealt, axis=0) == np.sort(codes, axis=0)).all()
        assert any(((dealt == 3) != (codes == 3)).any() for dealt in seen)

    def test_seed(self):
        matrix = camps(noise=0.5)
        first = silhouette_test(matrix, draws=15, seed=4)
        assert (first.null == silhouette_test(matrix, draws=15, seed=4).null).all()
        assert (first.null != silhouette_test(matrix, draws=15, seed=5).null).any()

    def test_p_is_spread_evenly_when_there_is_nothing_to_find(self):
        found = [
            silhouette_test(
                random_matrix(8, 12, seed=s, shares=(0.5, 0.5, 0, 0)), draws=19, seed=s, number=2
            ).p
            for s in range(50)
        ]
        assert np.mean(found) == pytest.approx(0.5, abs=0.12)
        assert np.mean(np.array(found) <= 0.25) == pytest.approx(0.25, abs=0.15)

    def test_errors(self):
        with pytest.raises(MeasureError, match="draws must be a whole number"):
            silhouette_test(camps(), draws=0, seed=1)
        with pytest.raises(MeasureError, match="at most 17 for 18 states"):
            silhouette_test(camps(), draws=5, seed=1, number=18)
        with pytest.raises(MeasureError, match="Absences must be"):
            silhouette_test(camps(), draws=5, seed=1, absences="x")  # type: ignore[arg-type]
        lonely = pd.DataFrame(
            {"A": ["yes", "no", "not voting"], "B": ["yes", "not voting", "no"]}, index=list("XYZ")
        )
        with pytest.raises(MeasureError, match="of Y and Z needs at least 1 common vote"):
            silhouette_test(lonely, draws=5, seed=1)
        # Abstentions left out move about, and may leave a pair without a common vote in a draw.
        moving = pd.DataFrame(
            {
                "A": ["yes", "no", "yes", "abstain"],
                "B": ["yes", "yes", "no", "no"],
                "C": ["abstain", "no", "yes", "yes"],
            },
            index=list("WXYZ"),
        )
        moving = moving[["A", "C"]].assign(D=["yes", "abstain", "no", "yes"])
        with pytest.raises(MeasureError, match=r"draw \d+ has a pair without any"):
            silhouette_test(moving, draws=200, seed=1, abstentions="left out")
