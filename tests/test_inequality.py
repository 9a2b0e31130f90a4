"""Inequality, progressivity and concentration, against published figures and their definitions."""

import doctest
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.integrate
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cybergov.errors import MeasureError
from cybergov.measures import inequality
from cybergov.measures.inequality import (
    atkinson,
    concentration_curve,
    concentration_index,
    concentration_ratio,
    dissimilarity,
    effective_number,
    gini,
    hhi,
    hoover,
    kakwani,
    lorenz_curve,
    shannon_entropy,
    suits,
    theil_decomposition,
    theil_l,
    theil_t,
)
from cybergov.measures.intervals import multiplicities
from cybergov.measures.representation import loosemore_hanby

# The example of the help pages of R's package ineq (Zeileis). What they print stands in the package itself, in
# tests/Examples/ineq-Ex.Rout.save.
INEQ = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]

# The example of the help pages of R's package SciencesPo (Marcelino), which note what it gives.
SCIENCES_PO = [80, 60, 10, 20, 30]

# The example of the help pages of R's package Gini (Du, Chen and Hao): population and resources of 16 regions.
REGION_PEOPLE = np.ravel(
    [
        [382.8, 522.7, 192.4, 227.4, 490.2, 108.0, 222.5, 220.5],
        [231.2, 375.3, 323.9, 79.9, 305.7, 98.7, 46.1, 35.3],
    ]
)
REGION_RESOURCES = np.ravel(
    [[2778, 3333, 1673, 1708, 2118, 1077, 1850, 1557], [2010, 2587, 2482, 616, 2010, 936, 633, 582]]
)

few = settings(deadline=None, max_examples=50, derandomize=True)
# Where a test runs for every measure.
fewer = settings(few, max_examples=20)


def positive(n):
    return hnp.arrays(float, n, elements=st.floats(0.01, 1e6))


def whole(n, low=0, high=6):
    return hnp.arrays(int, n, elements=st.integers(low, high))


SIZES = st.integers(2, 8)
#: Values, a variable to order by that has ties, weights: all of the same units.
UNITS = SIZES.flatmap(lambda n: st.tuples(positive(n), whole(n), positive(n)))

# Every measure of (values, weights), for what they have in common.
WEIGHTED = {
    "gini": gini,
    "theil_t": theil_t,
    "theil_l": theil_l,
    "atkinson .5": lambda x, w=None: atkinson(x, 0.5, w),
    "atkinson 1": lambda x, w=None: atkinson(x, 1, w),
    "atkinson 2": lambda x, w=None: atkinson(x, 2, w),
    "hoover": hoover,
}
EACH = pytest.mark.parametrize("measure", WEIGHTED.values(), ids=WEIGHTED)
#: Those of the amounts of holders.
HELD = {
    "hhi": hhi,
    "hhi normalised": lambda a: hhi(a, normalised=True),
    "ratio": lambda a: concentration_ratio(a, 2),
    "entropy": shannon_entropy,
    "entropy normalised": lambda a: shannon_entropy(a, normalised=True),
    "effective number": effective_number,
}
EACH_HELD = pytest.mark.parametrize("measure", HELD.values(), ids=HELD)
#: Those of (payments or values, income or order, weights).
ORDERED = {"concentration": concentration_index, "kakwani": kakwani, "suits": suits}
EACH_ORDERED = pytest.mark.parametrize("measure", ORDERED.values(), ids=ORDERED)


def all_pairs(x, w):
    """Gini (1912): half the relative mean absolute difference, pair by pair."""
    x, w = np.asarray(x, float), np.asarray(w, float)
    pairs = sum(
        wi * wj * abs(xi - xj) for (xi, wi), (xj, wj) in itertools.product(zip(x, w, strict=True), repeat=2)
    )
    return pairs / (2 * w.sum() * (w * x).sum())


def area(curve):
    return scipy.integrate.trapezoid(curve.value_share, curve.weight_share)


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(inequality)
    assert found.attempted >= 20
    assert found.failed == 0


class TestCommon:
    """What all measures of values and weights share."""

    @EACH
    @fewer
    @given(units=UNITS, factor=st.floats(1e-6, 1e6), seed=st.integers(0, 99))
    def test_units_and_order_do_not_matter(self, measure, units, factor, seed):
        x, _, w = units
        expected = measure(x, w)
        assert measure(factor * x, 3 * w) == pytest.approx(expected, abs=1e-9)
        order = np.random.default_rng(seed).permutation(len(x))
        assert measure(x[order], w[order]) == pytest.approx(expected, abs=1e-9)

    @EACH
    @fewer
    @given(units=SIZES.flatmap(lambda n: st.tuples(positive(n), whole(n, 1))))
    def test_whole_weights_are_repeated_units(self, measure, units):
        x, w = units
        assert measure(x, w) == pytest.approx(measure(np.repeat(x, w)), abs=1e-9)

    @EACH
    @fewer
    @given(units=UNITS)
    def test_never_below_zero_and_zero_if_all_are_equal(self, measure, units):
        x, _, w = units
        assert measure(x, w) >= 0
        assert measure(np.full(len(x), x[0]), w) == pytest.approx(0, abs=1e-12)
        assert measure(x[:1], w[:1]) == pytest.approx(0, abs=1e-12)

    @EACH
    @fewer
    @given(units=UNITS, part=st.floats(0.05, 0.5))
    def test_a_transfer_from_rich_to_poor_lowers_it(self, measure, units, part):
        # The principle of transfers: amounts move, and the two do not change places.
        x, _, w = units
        poor, rich = np.argmin(x), np.argmax(x)
        gap = x[rich] - x[poor]
        if gap < 1e-3 * x[rich] or poor == rich:
            return
        moved = x.copy()
        amount = part * gap * w[poor] * w[rich] / (w[poor] + w[rich])
        moved[rich] -= amount / w[rich]
        moved[poor] += amount / w[poor]
        assert measure(moved, w) <= measure(x, w) + 1e-12

    @EACH
    def test_leading_axes_are_carried_along(self, measure):
        rng = np.random.default_rng(1)
        x, w = rng.lognormal(size=(4, 3, 6)), rng.lognormal(size=(3, 6))
        cases = {(4, 3): (x, w), (3,): (x[0, 0], w), (4,): (x[:, 0], w[0])}
        for shape, (values, weights) in cases.items():
            found = measure(values, weights)
            assert found.shape == shape
            full = np.broadcast_to(values, (*shape, 6)), np.broadcast_to(weights, (*shape, 6))
            for place in np.ndindex(shape):
                assert found[place] == pytest.approx(measure(full[0][place], full[1][place]), abs=1e-12)
        assert type(measure(x[0, 0], w[0])) is float

    @EACH
    def test_labels_are_matched_by_name(self, measure):
        values = pd.Series({"A": 3.0, "B": 5.0, "C": 9.0})
        weights = pd.Series({"C": 20, "A": 50, "B": 30})
        expected = measure([3, 5, 9], [50, 30, 20])
        assert measure(values, weights) == pytest.approx(expected)
        assert measure(values, pd.DataFrame([weights, 2 * weights])) == pytest.approx([expected, expected])
        assert measure(values, [50, 30, 20]) == pytest.approx(expected)

    @EACH
    def test_input_is_left_as_it_is(self, measure):
        values, weights = np.array([9.0, 5.0, 3.0]), np.array([20.0, 30.0, 50.0])
        values.flags.writeable = weights.flags.writeable = False
        assert measure(values, weights) == measure([9, 5, 3], [20, 30, 50])

    @EACH
    def test_small_integers_do_not_overflow(self, measure):
        given = np.array([120, 90, 100], dtype=np.int8), np.array([200, 250, 100], dtype=np.uint8)
        assert measure(*given) == pytest.approx(measure([120, 90, 100], [200, 250, 100]))

    @EACH
    def test_a_unit_without_weight_does_not_count(self, measure):
        assert measure([1, 5, 900, 0], [2, 3, 0, 0]) == pytest.approx(measure([1, 5], [2, 3]))

    @EACH
    def test_very_large_and_very_small_figures(self, measure):
        expected = measure([1, 2, 6], [3, 2, 1])
        assert measure([1e300, 2e300, 6e300], [3e300, 2e300, 1e300]) == pytest.approx(expected)
        assert measure([1e-300, 2e-300, 6e-300], [3e-300, 2e-300, 1e-300]) == pytest.approx(expected)

    @EACH
    @pytest.mark.parametrize(
        ("values", "weights", "sentence"),
        [
            ([], None, "needs values of at least one unit"),
            (3, None, "needs values of at least one unit"),
            ([1, 2], 1, "needs weights of at least one unit"),
            ([1, 2], [1, 2, 3], "values and weights of the same units, got 2 and 3"),
            ([1], [1, 2, 3], "values and weights of the same units, got 1 and 3"),
            ([1, -1], None, "needs values that are not negative"),
            ([1, 1], [1, -1], "needs weights that are not negative"),
            ([0, 0], None, "needs values that add up to more than zero"),
            ([1, 1], [0, 0], "needs weights that add up to more than zero"),
            ([0, 1], [1, 0], "needs values that add up to more than zero"),
            ([0, 1], [[1, 1], [1, 0]], "values that add up to more than zero, but those of draw 1 do not"),
            ([1, 2], [[1, 1], [0, 0]], "weights that add up to more than zero, but those of draw 1 do not"),
            ([1, np.nan], None, "The values must be finite numbers, but the value at position 1 is not"),
            ([1, np.inf], None, "The values must be finite"),
            ([1, 2], [1, np.nan], "The weights must be finite"),
            (["1", "2"], None, "The values must be numbers"),
            (np.ones((2, 3)), np.ones((4, 3)), r"values and weights do not fit: \(2, 3\) and \(4, 3\)"),
            (pd.Series({"A": 1, "B": 2}), pd.Series({"A": 1, "C": 2}), "same labels, but 'B' is on one side"),
            (pd.Series([1, 2], index=["A", "A"]), pd.Series({"A": 1, "B": 2}), "repeat, but 'A' does"),
        ],
    )
    def test_errors(self, measure, values, weights, sentence):
        with pytest.raises(MeasureError, match=sentence):
            measure(values, weights)


class TestGini:
    def test_published_by_the_r_package_ineq(self):
        assert gini(INEQ) == pytest.approx(0.4620911, abs=5e-8)

    @pytest.mark.parametrize("values", [[50 / 9] * 9 + [50], [2] * 5 + [18] * 5])
    def test_published_with_the_correction_by_the_same_package(self, values):
        # The help page of Lasym prints Gini(x, corr = TRUE) for both.
        assert gini(values, correction=True) == pytest.approx(0.4444444, abs=5e-8)

    def test_published_by_the_r_package_gini(self):
        # gini(x, y) prints 0.1216807 for totals of regions and their populations.
        assert gini(REGION_RESOURCES / REGION_PEOPLE, REGION_PEOPLE) == pytest.approx(0.1216807, abs=5e-8)

    @few
    @given(units=UNITS)
    def test_every_pair(self, units):
        x, _, w = units
        assert gini(x, w) == pytest.approx(all_pairs(x, w), abs=1e-12)
        assert gini(x) == pytest.approx(all_pairs(x, np.ones(len(x))), abs=1e-12)

    def test_ends_of_the_scale(self):
        assert gini([7, 7, 7]) == 0.0
        assert gini([-0.0, 1]) == pytest.approx(0.5)
        assert gini([0, 0, 0, 9]) == pytest.approx(0.75)
        assert gini([0, 0, 0, 9], correction=True) == pytest.approx(1)
        assert gini([0, 9], [3, 1]) == pytest.approx(0.75)

    def test_correction_errors(self):
        with pytest.raises(MeasureError, match="is defined without weights"):
            gini([1, 2], [1, 1], correction=True)
        with pytest.raises(MeasureError, match="needs at least two units"):
            gini([1], correction=True)


class TestTheil:
    def test_published_by_pysal(self):
        # The test of TheilD in PySAL's inequality 1.1.2: three with nothing, three with 10, each a group.
        found = theil_decomposition([0, 0, 0, 10, 10, 10], [0, 0, 0, 1, 1, 1])
        assert theil_t([0, 0, 0, 10, 10, 10]) == pytest.approx(0.6931471805599453, abs=1e-15)
        assert found.between == pytest.approx(0.6931471805599453, abs=1e-15)
        assert found.within == pytest.approx(0, abs=1e-15)

    def test_l_behind_the_published_index_of_atkinson(self):
        # A = 1 - exp(-L) for an aversion of 1; the figure is that of R's ineq, as in TestAtkinson.
        assert theil_l(INEQ) == pytest.approx(-np.log(1 - 0.3518251), abs=1e-7)

    def test_by_the_formulas(self):
        x, w = np.array(INEQ, float), np.arange(1.0, 11)
        p, r = w / w.sum(), x / np.average(x, weights=w)
        assert theil_t(x, w) == pytest.approx((p * r * np.log(r)).sum(), abs=1e-14)
        assert theil_l(x, w) == pytest.approx((p * np.log(1 / r)).sum(), abs=1e-14)

    def test_ends_of_the_scale(self):
        assert theil_t([0, 0, 0, 9]) == pytest.approx(np.log(4))
        assert theil_t([0, 9], [3, 1]) == pytest.approx(np.log(4))
        assert theil_t([3, 3, 3]) == theil_l([3, 3, 3]) == 0.0

    @few
    @given(units=UNITS)
    def test_index_l_swaps_the_two_shares_of_index_t(self, units):
        # L of what each has per head is T of how many heads there are to what each has.
        x, _, w = units
        assert theil_l(x, w) == pytest.approx(theil_t(1 / x, w * x), abs=1e-9)

    def test_zeros_are_refused_by_index_l_only_where_they_count(self):
        with pytest.raises(MeasureError, match="needs values above zero"):
            theil_l([0, 1])
        with pytest.raises(MeasureError, match="needs values above zero"):
            theil_decomposition([0, 1], ["a", "b"], index="L")
        assert theil_l([0, 1, 3], [0, 1, 1]) == pytest.approx(theil_l([1, 3]))


class TestTheilDecomposition:
    def test_as_computed_by_pysal(self):
        # What the code of PySAL's inequality 1.1.2, run on the example of ineq in three groups, gives as TheilD.
        found = theil_decomposition(INEQ, [1, 1, 1, 2, 2, 2, 3, 3, 3, 3])
        assert found.total == pytest.approx(0.362341242343895, abs=1e-14)
        assert found.between == pytest.approx(0.26344714, abs=5e-9)
        assert found.within == pytest.approx(0.0988941, abs=5e-8)

    @pytest.mark.parametrize(("index", "measure"), [("T", theil_t), ("L", theil_l)])
    @few
    @given(units=UNITS)
    def test_adds_up_and_each_part_is_the_index_of_what_it_says(self, index, measure, units):
        x, groups, w = units
        found = theil_decomposition(x, groups, w, index=index)
        assert found.total == found.between + found.within
        assert found.total == pytest.approx(measure(x, w), abs=1e-9)
        table = found.frame()
        assert list(table.index) == sorted(set(groups))
        assert table["weight_share"].sum() == pytest.approx(1)
        assert table["value_share"].sum() == pytest.approx(1)
        assert table["between_contribution"].sum() == pytest.approx(found.between, abs=1e-9)
        assert table["within_contribution"].sum() == pytest.approx(found.within, abs=1e-9)
        means = np.empty(len(x))
        for group, row in table.iterrows():
            members = groups == group
            assert row["inequality"] == pytest.approx(measure(x[members], w[members]), abs=1e-7)
            means[members] = np.average(x[members], weights=w[members])
        # Between is the index if everybody has the mean of the own group.
        assert found.between == pytest.approx(measure(means, w), abs=1e-9)

    def test_one_group_and_a_group_for_each(self):
        one = theil_decomposition(INEQ, ["all"] * 10)
        assert one.between == pytest.approx(0, abs=1e-15)
        assert one.within == pytest.approx(theil_t(INEQ))
        assert one.between_share == pytest.approx(0, abs=1e-15)
        each = theil_decomposition(INEQ, range(10), index="L")
        assert each.within == pytest.approx(0, abs=1e-15)
        assert each.between_share == pytest.approx(1)

    def test_draws_and_a_group_that_a_draw_misses(self):
        values, groups = [1.0, 3.0, 4.0, 9.0], ["a", "a", "b", "b"]
        times = np.array([[1, 1, 1, 1], [2, 2, 0, 0], [1, 0, 2, 1]])
        found = theil_decomposition(values, groups, times)
        assert found.total == pytest.approx([theil_t(values, row) for row in times])
        assert found.weight_share[1].tolist() == [1, 0]
        assert found.inequality[1].tolist() == [pytest.approx(theil_t([1, 3])), 0]
        assert found.between[1] == pytest.approx(0, abs=1e-15)
        assert np.isfinite(found.between_contribution).all()
        with pytest.raises(MeasureError, match=r"needs a single decomposition, got the shape \(3, 2\)"):
            found.frame()

    def test_a_group_with_nothing(self):
        found = theil_decomposition([0, 0, 5, 5], ["a", "a", "b", "b"])
        assert found.between == found.total == pytest.approx(np.log(2))
        assert found.inequality.tolist() == [0, 0]

    def test_labels_are_matched_by_name(self):
        values = pd.Series({"x": 1.0, "y": 3.0, "z": 8.0})
        groups = pd.Series({"z": "late", "y": "early", "x": "early"})
        found = theil_decomposition(values, groups)
        assert found.frame().loc["late", "value_share"] == pytest.approx(8 / 12)
        # Weights and groups are matched even if the values have no labels.
        weights = pd.Series({"x": 1.0, "y": 2.0, "z": 5.0})
        found = theil_decomposition([8, 3, 1], groups, weights)
        assert found.frame().loc["late", "weight_share"] == pytest.approx(5 / 8)
        assert found.frame().loc["late", "value_share"] == pytest.approx(40 / 47)

    @pytest.mark.parametrize(
        ("groups", "index", "sentence"),
        [
            (["a", "b", "c"], "T", r"Every unit needs a group: got 2 units and groups of the shape \(3,\)"),
            ([["a", "b"]], "T", r"got 2 units and groups of the shape \(1, 2\)"),
            (["a", None], "T", "the one at position 1 has none"),
            (["a", np.nan], "T", "the one at position 1 has none"),
            (["a", "b"], "G", "must be 'T' or 'L', got 'G'"),
        ],
    )
    def test_errors(self, groups, index, sentence):
        with pytest.raises(MeasureError, match=sentence):
            theil_decomposition([1, 2], groups, index=index)

    @pytest.mark.parametrize("weights", [[1, 1, 1, 1], [1, 3, 7, 9]])
    def test_no_share_of_nothing(self, weights):
        # Also where rounding leaves a little of equal values.
        with pytest.raises(MeasureError, match="not defined where the Theil index is 0"):
            _ = theil_decomposition([0.1] * 4, ["a", "a", "b", "b"], weights).between_share


class TestAtkinson:
    @pytest.mark.parametrize(("epsilon", "published"), [(0.5, 0.1796591), (1, 0.3518251)])
    def test_published_by_the_r_package_ineq(self, epsilon, published):
        # The second is noted in examples/gini_example.py of the Python package concentrationMetrics.
        assert atkinson(INEQ, epsilon) == pytest.approx(published, abs=5e-8)

    @pytest.mark.parametrize(("epsilon", "published"), [(0.5, 0.06315), (1, 0.13161)])
    def test_published_by_pysal(self, epsilon, published):
        # The docstring of atkinson in PySAL's package inequality.
        assert atkinson([10, 20, 30, 40, 50], epsilon) == pytest.approx(published, abs=5e-6)

    @few
    @given(units=UNITS, epsilon=st.floats(0, 4).filter(lambda e: abs(e - 1) > 0.01))
    def test_by_the_formula(self, units, epsilon):
        x, _, w = units
        p, r = w / w.sum(), x / np.average(x, weights=w)
        expected = 1 - (p * r ** (1 - epsilon)).sum() ** (1 / (1 - epsilon))
        assert atkinson(x, epsilon, w) == pytest.approx(expected, abs=1e-9)

    @few
    @given(units=UNITS, offset=st.sampled_from([-1e-4, -1e-8, -1e-12, 1e-12, 1e-8, 1e-4]))
    def test_no_jump_at_one_where_it_is_theil_l(self, units, offset):
        x, _, w = units
        assert atkinson(x, 1, w) == pytest.approx(1 - np.exp(-theil_l(x, w)), abs=1e-9)
        # The slope in epsilon is about half the variance of the logarithms, which span (ln 1e8) at most: below 43.
        assert atkinson(x, 1 + offset, w) == pytest.approx(atkinson(x, 1, w), abs=100 * abs(offset) + 1e-9)

    @few
    @given(units=UNITS)
    def test_aversion_raises_it(self, units):
        x, _, w = units
        found = [atkinson(x, epsilon, w) for epsilon in (0, 0.3, 0.999, 1, 1.001, 2, 60)]
        assert found[0] == pytest.approx(0, abs=1e-12)
        assert (np.diff(found) >= -1e-9).all()
        assert found[-1] <= 1

    def test_zeros(self):
        # Half of the people have all: (½ √0 + ½ √1)² = ¼ for each is as good, half of the mean.
        assert atkinson([0, 1], 0.5) == pytest.approx(0.5)
        assert atkinson([0, 1], 0.9999) == pytest.approx(1)
        assert atkinson([0, 1], 1) == atkinson([0, 1], 1.0001) == atkinson([0, 1], 2) == 1.0

    @pytest.mark.parametrize("epsilon", [-0.1, np.nan, np.inf, "much", [0.5, 1], None])
    def test_errors_of_epsilon(self, epsilon):
        with pytest.raises(MeasureError, match="aversion epsilon must be"):
            atkinson([1, 2], epsilon)


class TestCurves:
    def test_by_hand(self):
        curve = lorenz_curve([6, 1, 3], [1, 3, 1])
        assert curve.weight_share == pytest.approx([0, 3 / 5, 4 / 5, 1])
        assert curve.value_share == pytest.approx([0, 3 / 12, 6 / 12, 1])

    @few
    @given(units=UNITS)
    def test_area_is_the_index(self, units):
        x, by, w = units
        lorenz, concentration = lorenz_curve(x, w), concentration_curve(x, by, w)
        assert 1 - 2 * area(lorenz) == pytest.approx(gini(x, w), abs=1e-9)
        assert 1 - 2 * area(concentration) == pytest.approx(concentration_index(x, by, w), abs=1e-9)
        # The largest vertical distance from the diagonal is the Hoover index.
        assert (lorenz.weight_share - lorenz.value_share).max() == pytest.approx(hoover(x, w), abs=1e-9)
        for curve in (lorenz, concentration):
            for share in curve:
                assert share[0] == 0
                assert share[-1] == 1
                assert (np.diff(share) >= -1e-12).all()
        # A Lorenz curve bends one way only and lies beneath every concentration curve of the same values.
        on_lorenz = np.interp(concentration.weight_share, *lorenz)
        assert (on_lorenz <= concentration.value_share + 1e-9).all()

    def test_equals_share_a_straight_line(self):
        for values in ([1, 2, 9, 4], [1, 9, 2, 4]):
            curve = concentration_curve(values, by=[1, 2, 2, 3])
            assert curve.value_share == pytest.approx([0, 1 / 16, 6.5 / 16, 12 / 16, 1])
        assert concentration_curve([1, 5, 2], by=[4, 4, 4]).value_share == pytest.approx([0, 1 / 3, 2 / 3, 1])

    def test_units_without_weight(self):
        curve = concentration_curve([5, 1, 3], by=[0, 1, 2], weights=[0, 1, 1])
        assert curve.weight_share.tolist() == [0, 0, 0.5, 1]
        assert curve.value_share.tolist() == [0, 0, 0.25, 1]

    def test_leading_axes(self):
        rng = np.random.default_rng(3)
        x, by, w = rng.lognormal(size=5), rng.integers(0, 3, size=(4, 5)), rng.lognormal(size=(4, 5))
        found = concentration_curve(x, by, w)
        assert found.weight_share.shape == found.value_share.shape == (4, 6)
        for row in range(4):
            alone = concentration_curve(x, by[row], w[row])
            assert found.weight_share[row] == pytest.approx(alone.weight_share)
            assert found.value_share[row] == pytest.approx(alone.value_share)
        assert lorenz_curve(x, w).value_share.shape == (4, 6)


class TestConcentrationIndex:
    def test_by_hand(self):
        # An own example: 5, 3 and 2 people, who hold 20, 6 and 2 of 28. Ranks .25, .65 and .9.
        expected = 2 * (20 * 0.25 + 6 * 0.65 + 2 * 0.9) / 28 - 1
        assert concentration_index([4, 2, 1], [10, 20, 30], [5, 3, 2]) == pytest.approx(expected)
        # The first two share the middle of their ranks, .4.
        expected = 2 * (26 * 0.4 + 2 * 0.9) / 28 - 1
        assert concentration_index([4, 2, 1], [10, 10, 30], [5, 3, 2]) == pytest.approx(expected)
        assert concentration_index([4, 2, 1], [-0.0, 0.0, 30], [5, 3, 2]) == pytest.approx(expected)

    @few
    @given(units=UNITS)
    def test_by_the_convenient_regression(self, units):
        # Twice the variance of the rank times value over mean, regressed on the fractional rank, has the index
        # as its slope (Kakwani, Wagstaff and van Doorslaer 1997). Here the least squares are statsmodels'.
        x, by, w = units
        if len(set(by)) == 1:
            return
        p = w / w.sum()
        rank = np.array([p[by < b].sum() + p[by == b].sum() / 2 for b in by])
        variance = (p * (rank - (p * rank).sum()) ** 2).sum()
        fitted = sm.WLS(
            2 * variance * x / (p * x).sum(), sm.add_constant(rank, has_constant="add"), weights=w
        ).fit()
        assert concentration_index(x, by, w) == pytest.approx(fitted.params[1], abs=1e-6)

    @few
    @given(units=UNITS)
    def test_between_the_gini_coefficients(self, units):
        x, by, w = units
        assert abs(concentration_index(x, by, w)) <= gini(x, w) + 1e-12
        assert concentration_index(x, x, w) == pytest.approx(gini(x, w), abs=1e-12)
        assert concentration_index(x, -x, w) == pytest.approx(-gini(x, w), abs=1e-12)
        assert concentration_index(x, -by, w) == pytest.approx(-concentration_index(x, by, w), abs=1e-12)

    def test_nothing_to_order_by(self):
        assert concentration_index([1, 5, 2], [4, 4, 4], [1, 2, 3]) == pytest.approx(0, abs=1e-12)
        assert concentration_index([5, 5, 5], [1, 2, 3]) == pytest.approx(0, abs=1e-12)

    @pytest.mark.parametrize("index", [concentration_index, concentration_curve])
    @pytest.mark.parametrize(
        ("by", "sentence"),
        [
            ([1, 2, 3], "values and figures to order by of the same units, got 2 and 3"),
            (5, "figures to order by of at least one unit"),
            ([1, np.nan], "The figures to order by must be finite numbers"),
            (np.ones((3, 2)), r"values and figures to order by do not fit: \(2, 2\) and \(3, 2\)"),
        ],
    )
    def test_errors(self, index, by, sentence):
        with pytest.raises(MeasureError, match=sentence):
            index([1, 2], by, np.ones((2, 2)))
        with pytest.raises(MeasureError, match="same labels, but 'B'"):
            index(pd.Series({"A": 1, "B": 2}), pd.Series({"A": 1, "C": 2}))


class TestProgressivity:
    # Four states by rising income per head, by hand: shares of income .1 .2 .3 .4.
    income = (1.0, 2.0, 3.0, 4.0)

    def test_by_hand(self):
        # Shares of payments 0 .1 .3 .6. Ranks 1/8 3/8 5/8 7/8: C = 2 × .75 - 1 = .5, and G = 2 × .625 - 1 = .25.
        assert kakwani([0, 1, 3, 6], self.income) == pytest.approx(0.25)
        # Trapezia over Y = .1 .3 .6 1: 0 × .1, .1 × .2, .5 × .3, 1.4 × .4, together .73.
        assert suits([0, 1, 3, 6], self.income) == pytest.approx(1 - 0.73)

    @few
    @given(units=SIZES.flatmap(lambda n: st.tuples(positive(n), whole(n, 1, 5), positive(n))))
    def test_what_their_definitions_imply(self, units):
        paid, earned, w = units
        g = gini(earned, w)
        k, s = kakwani(paid, earned, w), suits(paid, earned, w)
        assert k == pytest.approx(concentration_index(paid, earned, w) - g, abs=1e-9)
        assert -1 - g <= k <= 1 - g
        assert -1 <= s <= 1
        # Proportional payments, and the same payment for all.
        assert kakwani(0.01 * earned, earned, w) == pytest.approx(0, abs=1e-9)
        assert suits(0.01 * earned, earned, w) == pytest.approx(0, abs=1e-9)
        assert kakwani(np.full(len(paid), 7), earned, w) == pytest.approx(-g, abs=1e-9)
        assert suits(np.full(len(paid), 7), earned, w) == pytest.approx(-g, abs=1e-9)

    @few
    @given(units=SIZES.flatmap(lambda n: st.tuples(positive(n), whole(n, 1, 5), positive(n))))
    def test_suits_by_his_trapezia(self, units):
        paid, earned, w = units
        # Those of equal income are one unit, as in his table of income groups.
        table = (
            pd.DataFrame({"paid": paid * w, "earned": earned * w, "by": earned}).groupby("by").sum().cumsum()
        )
        y = np.concatenate([[0], table["earned"] / table["earned"].iloc[-1]])
        t = np.concatenate([[0], table["paid"] / table["paid"].iloc[-1]])
        expected = 1 - ((t[1:] + t[:-1]) * np.diff(y)).sum()
        assert suits(paid, earned, w) == pytest.approx(expected, abs=1e-9)

    def test_ends_of_the_scale(self):
        assert suits([3, 0], [0, 5]) == pytest.approx(-1)
        assert suits([0, 3], [1e9, 1e9 + 1], [1e6, 1]) == pytest.approx(1, abs=1e-5)
        assert kakwani([0, 1], [5, 5.0001], [1e6, 1]) == pytest.approx(1, abs=1e-5)
        assert kakwani([1, 0], [0, 5], [1, 1e6]) == pytest.approx(-1, abs=1e-5)

    def test_a_bigger_part_of_the_rich_is_progressive(self):
        assert kakwani([1, 4, 9, 16], self.income) > 0
        assert suits([1, 4, 9, 16], self.income) > 0
        assert kakwani(np.sqrt(self.income), self.income) < 0
        assert suits(np.sqrt(self.income), self.income) < 0

    def test_totals_of_states_go_in_per_head(self):
        # Two poor states of 9 people each or one of 18: nothing changes.
        split = ([9, 9, 30], [90, 90, 100], [9, 9, 1])
        joined = ([18, 30], [180, 100], [18, 1])
        for measure in (kakwani, suits):
            found = [
                measure(np.divide(paid, people), np.divide(earned, people), people)
                for paid, earned, people in (split, joined)
            ]
            assert found[0] == pytest.approx(found[1])

    @EACH_ORDERED
    def test_leading_axes_labels_and_order(self, measure):
        rng = np.random.default_rng(2)
        paid, earned = rng.lognormal(size=6), rng.integers(1, 4, size=6)
        w = rng.lognormal(size=(5, 6))
        found = measure(paid, earned, w)
        assert found.shape == (5,)
        assert found == pytest.approx([measure(paid, earned, row) for row in w])
        many = np.stack([earned, earned[::-1]])[:, np.newaxis]
        assert measure(paid, many, w)[1] == pytest.approx([measure(paid, earned[::-1], row) for row in w])
        assert type(measure(paid, earned)) is float
        order = [3, 1, 0, 5, 2, 4]
        assert measure(paid[order], earned[order], w[0][order]) == pytest.approx(found[0])
        names = pd.Index(list("abcdef"))
        given = [pd.Series(figures, index=names) for figures in (paid, earned, w[0])]
        assert measure(given[0], given[1].iloc[order], given[2].iloc[::-1]) == pytest.approx(found[0])
        # Income and weights are matched even if the payments have no labels.
        assert measure(paid, given[1], given[2].iloc[::-1]) == pytest.approx(found[0])

    @pytest.mark.parametrize("measure", [kakwani, suits])
    @pytest.mark.parametrize(
        ("paid", "earned", "weights", "sentence"),
        [
            ([], [], None, "needs payments of at least one unit"),
            ([1, 2], [1, 2, 3], None, "payments and income of the same units, got 2 and 3"),
            ([1, -2], [1, 2], None, "payments that are not negative"),
            ([1, 2], [1, -2], None, "income that are not negative"),
            ([0, 0], [1, 2], None, "payments that add up to more than zero"),
            ([1, 2], [0, 0], None, "income that add up to more than zero"),
            ([1, 0], [1, 2], [[1, 1], [0, 1]], "payments that add up to more than zero, but those of draw 1"),
            ([1, 2], [1, None], None, "The income must be finite numbers"),
            ([1, 2], [1, 2], [1, 2, 3], "payments and weights of the same units, got 2 and 3"),
        ],
    )
    def test_errors(self, measure, paid, earned, weights, sentence):
        with pytest.raises(MeasureError, match=sentence):
            measure(paid, earned, weights)


class TestDissimilarity:
    def test_by_hand(self):
        assert dissimilarity([7, 2, 1], [40, 30, 30]) == pytest.approx(0.3)
        assert dissimilarity([1, 0], [0, 9]) == 1.0

    @few
    @given(units=UNITS)
    def test_is_the_index_of_loosemore_and_hanby(self, units):
        first, _, second = units
        assert dissimilarity(first, second) == pytest.approx(loosemore_hanby(first, second), abs=1e-12)

    @few
    @given(units=UNITS)
    def test_hoover_is_that_of_amounts_and_people(self, units):
        x, _, w = units
        assert hoover(x, w) == pytest.approx(dissimilarity(x * w, w), abs=1e-12)
        assert hoover(x, w) <= gini(x, w) + 1e-12

    @pytest.mark.parametrize(
        ("first", "second", "sentence"),
        [
            ([], [], "needs first amounts of at least one unit"),
            ([1, 2], [1, 2, 3], "first amounts and second amounts of the same units, got 2 and 3"),
            ([1, 2], [0, 0], "second amounts that add up to more than zero"),
            ([1, -2], [1, 1], "first amounts that are not negative"),
            (np.ones((2, 3)), np.ones((4, 3)), "first amounts and second amounts do not fit"),
            (pd.Series({"A": 1, "B": 2}), pd.Series({"A": 1, "C": 2}), "same labels, but 'B'"),
        ],
    )
    def test_errors(self, first, second, sentence):
        with pytest.raises(MeasureError, match=sentence):
            dissimilarity(first, second)


class TestConcentrationOfHolders:
    def test_published_by_the_competition_authorities(self):
        # The example in the US Department of Justice's explanation of the index: shares of 30, 30, 20 and 20 per cent.
        assert 10_000 * hhi([30, 30, 20, 20]) == pytest.approx(2600)

    def test_published_by_r_packages(self):
        # ineq's conc(x), and what the help page of Atkinson in SciencesPo notes of its example.
        assert hhi(INEQ) == pytest.approx(0.1840812, abs=5e-8)
        assert hhi(SCIENCES_PO) == pytest.approx(0.285)
        assert hhi(SCIENCES_PO, normalised=True) == pytest.approx(0.10625)
        assert shannon_entropy(SCIENCES_PO) == pytest.approx(1.392321, abs=5e-7)
        assert shannon_entropy(SCIENCES_PO, normalised=True) == pytest.approx(0.865098, abs=5e-7)

    def test_by_hand(self):
        held = [4, 3, 2, 1, 0]
        assert hhi(held) == pytest.approx(0.3)
        assert hhi(held, normalised=True) == pytest.approx((0.3 - 0.2) / 0.8)
        assert [concentration_ratio(held, n) for n in (1, 2, 4, 5, 9)] == pytest.approx([0.4, 0.7, 1, 1, 1])
        s = np.array([0.4, 0.3, 0.2, 0.1])
        assert shannon_entropy(held) == pytest.approx(-(s * np.log(s)).sum())
        assert shannon_entropy(held, normalised=True) == pytest.approx(-(s * np.log(s)).sum() / np.log(5))
        assert effective_number(held) == pytest.approx(np.prod(s**-s))

    def test_ends_of_the_scale(self):
        equal, one = [3] * 8, [0, 0, 5]
        assert hhi(equal) == pytest.approx(1 / 8)
        assert hhi(equal, normalised=True) == pytest.approx(0, abs=1e-12)
        assert shannon_entropy(equal) == pytest.approx(np.log(8))
        assert shannon_entropy(equal, normalised=True) == pytest.approx(1)
        assert effective_number(equal) == pytest.approx(8)
        assert concentration_ratio(equal, 2) == pytest.approx(2 / 8)
        assert (
            hhi(one)
            == hhi(one, normalised=True)
            == effective_number(one)
            == concentration_ratio(one, 1)
            == 1.0
        )
        assert shannon_entropy(one) == shannon_entropy(one, normalised=True) == 0.0
        assert hhi([4]) == effective_number([4]) == concentration_ratio([4], 1) == 1.0
        assert shannon_entropy([4]) == 0.0

    @EACH_HELD
    @fewer
    @given(held=SIZES.flatmap(positive), factor=st.floats(1e-3, 1e3), seed=st.integers(0, 99))
    def test_units_and_order_do_not_matter(self, measure, held, factor, seed):
        expected = measure(held)
        assert measure(factor * held) == pytest.approx(expected, abs=1e-9)
        assert measure(np.random.default_rng(seed).permutation(held)) == pytest.approx(expected, abs=1e-9)

    @few
    @given(held=SIZES.flatmap(positive))
    def test_how_they_hang_together(self, held):
        k = len(held)
        assert 1 / k - 1e-12 <= hhi(held) <= 1
        assert 1 / hhi(held) <= effective_number(held) * (1 + 1e-12)
        assert effective_number(held) <= k * (1 + 1e-12)
        assert concentration_ratio(held, 1) ** 2 <= hhi(held) + 1e-12
        assert hhi(held) <= concentration_ratio(held, 1) + 1e-12
        ratios = [concentration_ratio(held, n) for n in range(1, k + 1)]
        assert ratios == pytest.approx(np.sort(held)[::-1].cumsum() / held.sum())
        # Theil's T of the amounts is what entropy lacks to its largest value.
        assert theil_t(held) == pytest.approx(np.log(k) - shannon_entropy(held), abs=1e-9)
        # Herfindahl's index and the coefficient of variation are one.
        assert hhi(held) == pytest.approx((1 + (held.std() / held.mean()) ** 2) / k)

    @few
    @given(held=SIZES.flatmap(positive))
    def test_a_merger_raises_hhi_by_twice_the_product(self, held):
        s = held / held.sum()
        merged = np.concatenate([[held[0] + held[1]], held[2:]])
        assert hhi(merged) - hhi(held) == pytest.approx(2 * s[0] * s[1], abs=1e-12)

    @EACH_HELD
    def test_leading_axes_are_carried_along(self, measure):
        held = np.random.default_rng(5).integers(1, 9, size=(4, 3, 5))
        found = measure(held)
        assert found.shape == (4, 3)
        for place in np.ndindex(4, 3):
            assert found[place] == pytest.approx(measure(held[place]))
        assert type(measure(pd.Series({"A": 1, "B": 2, "C": 5}))) is float

    def test_more_places_than_holders_in_draws(self):
        assert concentration_ratio(np.ones((4, 3)), 3).tolist() == [1, 1, 1, 1]

    @EACH_HELD
    @pytest.mark.parametrize(
        ("held", "sentence"),
        [
            ([], "needs amounts of at least one unit"),
            (3, "needs amounts of at least one unit"),
            ([0, 0], "amounts that add up to more than zero"),
            ([[1, 2], [0, 0]], "but those of draw 1 do not"),
            ([1, -1], "amounts that are not negative"),
            ([1, np.nan], "The amounts must be finite numbers"),
        ],
    )
    def test_errors(self, measure, held, sentence):
        with pytest.raises(MeasureError, match=sentence):
            measure(held)

    def test_errors_of_a_single_holder_and_of_the_number_at_the_top(self):
        with pytest.raises(MeasureError, match="index needs at least two holders"):
            hhi([1], normalised=True)
        with pytest.raises(MeasureError, match="entropy needs at least two holders"):
            shannon_entropy([1], normalised=True)
        unusable: list[Any] = [0, 1.0, True, "all"]
        for top in unusable:
            with pytest.raises(MeasureError, match="whole number of at least one holder"):
                concentration_ratio([1, 2], top)


class TestBootstrapDraws:
    """Multiplicities as weights are draws of the units."""

    def test_agrees_with_every_possible_draw(self):
        # Three units: 27 draws, so that the mean of the Gini coefficient over all of them is known exactly.
        x = np.array([1.0, 2.0, 6.0])
        exact = [gini(x[list(drawn)]) for drawn in itertools.product(range(3), repeat=3)]
        found = gini(x, multiplicities(3, draws=20_000, seed=1))
        assert found.mean() == pytest.approx(np.mean(exact), abs=0.005)
        assert found.std() == pytest.approx(np.std(exact), abs=0.005)
        assert set(np.round(found, 12)) == set(np.round(exact, 12))

    def test_same_as_drawing_the_units(self):
        x = np.random.default_rng(1).lognormal(size=9)
        people = np.random.default_rng(2).lognormal(size=9)
        times = multiplicities(9, draws=40, seed=3)
        found = gini(x, times * people)
        for row, value in zip(times.astype(int), found, strict=True):
            assert value == pytest.approx(all_pairs(np.repeat(x, row), np.repeat(people, row)))
