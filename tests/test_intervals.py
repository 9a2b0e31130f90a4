"""Bootstrap and Wilson intervals, permutations within strata and their p."""

import doctest
import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from cybergov.errors import MeasureError
from cybergov.measures import intervals
from cybergov.measures.intervals import (
    Interval,
    as_numbers,
    bootstrap,
    generator,
    percentile_interval,
    permutation_p,
    permute_within,
    wilson,
)


def difference_of_means(a, b, axis=-1):
    return np.mean(a, axis=axis) - np.mean(b, axis=axis)


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(intervals)
    assert found.attempted >= 6
    assert found.failed == 0


class TestBootstrap:
    @pytest.mark.parametrize(("level", "expected"), [(0.90, (0.0, 2 / 3)), (0.95, (0.0, 1.0))])
    def test_exact_distribution_of_a_mean(self, level, expected):
        # The mean of three draws from 0, 0, 1 is a third of a binomial count: 0 with 8/27 = .296,
        # 1/3 with 12/27, 2/3 with 6/27, 1 with 1/27 = .037. The upper 5 % point is 2/3 because
        # 26/27 = .963 lies above .95; the upper 2.5 % point is 1 because .963 lies below .975.
        found = bootstrap(np.mean, [0, 0, 1], draws=4999, seed=3, level=level)
        assert found == pytest.approx(expected)

    def test_large_sample_agrees_with_the_normal_distribution(self):
        sample = np.random.default_rng(5).normal(10, 2, size=400)
        low, high = bootstrap(np.mean, sample, seed=1)
        error = 1.96 * sample.std() / 20
        assert low == pytest.approx(sample.mean() - error, abs=0.1 * error)
        assert high == pytest.approx(sample.mean() + error, abs=0.1 * error)

    def test_two_independent_samples_of_unequal_size(self):
        # The variance of the difference of two means is the sum of their variances.
        rng = np.random.default_rng(6)
        a, b = rng.normal(1, 1, size=500), rng.normal(0, 3, size=200)
        low, high = bootstrap(difference_of_means, a, b, seed=2)
        error = 1.96 * np.sqrt(a.var() / 500 + b.var() / 200)
        assert (high - low) / 2 == pytest.approx(error, rel=0.1)
        assert (high + low) / 2 == pytest.approx(a.mean() - b.mean(), abs=0.1 * error)

    def test_statistic_without_axis_gives_the_same_digits(self):
        sample = [1.0, 4.0, 2.0, 8.0]
        slow = bootstrap(lambda values: float(np.mean(values)), sample, draws=200, seed=4)
        assert bootstrap(np.mean, sample, draws=200, seed=4) == pytest.approx(slow)

    def test_seed_decides_the_digits(self):
        sample = np.arange(30.0) ** 2
        assert bootstrap(np.mean, sample, draws=300, seed=7) == bootstrap(np.mean, sample, draws=300, seed=7)
        assert bootstrap(np.mean, sample, draws=300, seed=7) != bootstrap(np.mean, sample, draws=300, seed=8)

    def test_moves_and_stretches_with_the_sample(self):
        sample = np.array([1.0, 4.0, 2.0, 8.0, 5.0])
        low, high = bootstrap(np.mean, sample, draws=500, seed=1)
        found = bootstrap(np.mean, 10 * sample + 3, draws=500, seed=1)
        assert found == pytest.approx((10 * low + 3, 10 * high + 3))

    def test_basic_is_the_percentile_interval_mirrored_at_the_statistic(self):
        sample = np.array([0.0, 0.0, 1.0, 7.0, 2.0, 20.0])
        low, high = bootstrap(np.mean, sample, draws=999, seed=1)
        found = bootstrap(np.mean, sample, draws=999, seed=1, method="basic")
        assert found == pytest.approx((2 * sample.mean() - high, 2 * sample.mean() - low))

    def test_bca_is_scipys(self):
        sample = np.random.default_rng(2).exponential(size=40)
        expected = scipy.stats.bootstrap(
            (sample,), np.mean, n_resamples=400, method="BCa", rng=np.random.default_rng(9)
        ).confidence_interval
        found = bootstrap(np.mean, sample, draws=400, seed=9, method="BCa")
        assert found == pytest.approx(tuple(expected))
        assert found != pytest.approx(bootstrap(np.mean, sample, draws=400, seed=9), abs=1e-3)

    def test_higher_level_is_wider(self):
        sample = np.arange(20.0)
        narrow = bootstrap(np.mean, sample, draws=999, seed=1, level=0.8)
        wide = bootstrap(np.mean, sample, draws=999, seed=1, level=0.99)
        assert wide.low < narrow.low < narrow.high < wide.high

    def test_constant_samples(self):
        assert bootstrap(difference_of_means, [3, 3], [1, 1, 1], draws=50, seed=0) == Interval(2.0, 2.0)
        with pytest.raises(MeasureError, match=r"'BCa' is not defined for samples without variation"):
            bootstrap(np.mean, [3, 3, 3], draws=50, seed=0, method="BCa")

    def test_plain_floats_come_back(self):
        found = bootstrap(np.mean, [1, 2, 3], draws=50, seed=0)
        assert isinstance(found, Interval)
        assert [type(end) for end in found] == [float, float]

    @pytest.mark.parametrize(
        ("samples", "options", "sentence"),
        [
            ((), {}, r"at least one sample, got none"),
            (([1.0],), {}, r"sample 1 has the shape \(1,\)"),
            (([1.0, 2.0], []), {}, r"sample 2 has the shape \(0,\)"),
            (([[1.0, 2.0], [3.0, 4.0]],), {}, r"sample 1 has the shape \(2, 2\)"),
            (([1.0, np.nan],), {}, r"sample 1 must be finite numbers, but the value at position 1 is not"),
            ((["a", "b"],), {}, r"sample 1 must be numbers"),
            (([1, 2],), {"draws": 0}, r"draws must be a whole number of at least 1, got 0"),
            (([1, 2],), {"draws": 9.5}, r"draws must be a whole number of at least 1, got 9.5"),
            (([1, 2],), {"seed": -1}, r"seed must be a whole number of at least 0, got -1"),
            (([1, 2],), {"seed": None}, r"seed must be a whole number of at least 0, got None"),
            (([1, 2],), {"level": 95}, r"level of an interval must lie between 0 and 1, got 95"),
            (([1, 2],), {"method": "studentized"}, r"'percentile', 'basic' or 'BCa', got 'studentized'"),
        ],
    )
    def test_errors(self, samples, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            bootstrap(np.mean, *samples, **{"draws": 20, "seed": 1, **options})

    def test_statistic_that_is_not_finite(self):
        def ratio(values, axis=-1):
            with np.errstate(divide="ignore"):
                return 1 / np.sum(values, axis=axis)

        with pytest.raises(MeasureError, match="not a finite number in every resample"):
            bootstrap(ratio, [0.0, 0.0, 1.0], draws=200, seed=1)


class TestPercentileInterval:
    def test_by_hand(self):
        # 1001 draws 0, 1, ..., 1000: 2.5 % of them lie below 25 and above 975.
        assert percentile_interval(np.arange(1001.0)) == pytest.approx((25, 975))
        assert percentile_interval(np.arange(1001.0), level=0.5) == pytest.approx((250, 750))

    def test_between_two_draws_it_interpolates(self):
        # Two draws, 0 and 1: the quantile q is q itself.
        assert percentile_interval([0, 1], level=0.9) == pytest.approx((0.05, 0.95))

    def test_order_does_not_matter(self):
        draws = np.random.default_rng(1).normal(size=99)
        assert percentile_interval(draws) == percentile_interval(np.sort(draws)[::-1])

    def test_reads_the_same_off_the_draws_as_the_bootstrap(self):
        sample = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
        # Below one batch of resamples the drawing is a single matrix of places.
        places = np.random.default_rng(11).integers(0, 5, size=(400, 5))
        expected = bootstrap(np.mean, sample, draws=400, seed=11)
        assert percentile_interval(sample[places].mean(axis=1)) == pytest.approx(expected)

    def test_constant_draws(self):
        assert percentile_interval([2.0, 2.0]) == Interval(2.0, 2.0)
        assert percentile_interval([2.0]) == Interval(2.0, 2.0)

    @pytest.mark.parametrize(
        ("draws", "level", "sentence"),
        [
            ([], 0.95, r"at least one draw, got the shape \(0,\)"),
            ([[1.0, 2.0]], 0.95, r"got the shape \(1, 2\)"),
            ([1.0, np.inf], 0.95, r"The draws must be finite numbers, but the value at position 1 is not"),
            ([1.0], 1.0, r"must lie between 0 and 1, got 1.0"),
            ([1.0], float("nan"), r"must lie between 0 and 1, got nan"),
        ],
    )
    def test_errors(self, draws, level, sentence):
        with pytest.raises(MeasureError, match=sentence):
            percentile_interval(draws, level=level)


class TestWilson:
    @pytest.mark.parametrize(
        ("successes", "trials", "low", "high"),
        [
            # Newcombe, Statistics in Medicine 17 (1998), table I, the score method.
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ],
    )
    def test_published_values(self, successes, trials, low, high):
        assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)

    def test_by_hand(self):
        # All of 1: f = 1, z² = 3.8415; the lower end is (1 + z²/2 - z²/2) / (1 + z²) = 1 / 4.8415.
        assert wilson(1, 1) == pytest.approx((1 / (1 + 1.959964**2), 1.0), abs=1e-6)

    @pytest.mark.parametrize("successes", range(8))
    def test_inverts_the_score_test(self, successes):
        # The ends are the shares at which the score test is just rejected: |f - p| = z √(p (1-p) / n).
        for end in wilson(successes, 7, level=0.9):
            distance = 1.6448536269514722 * np.sqrt(end * (1 - end) / 7)
            assert abs(successes / 7 - end) == pytest.approx(distance, abs=1e-9)

    def test_failures_mirror_successes(self):
        low, high = wilson(3, 11)
        assert wilson(8, 11) == pytest.approx((1 - high, 1 - low))

    def test_stays_within_shares(self):
        for trials in range(1, 60):
            assert wilson(0, trials).low == 0.0
            assert wilson(trials, trials).high == 1.0
            assert wilson(0, trials).high < 1.0

    def test_numpy_counts_are_counts(self):
        assert wilson(np.int64(3), np.int64(11)) == wilson(3, 11)

    @pytest.mark.parametrize(
        ("successes", "trials", "sentence"),
        [
            (0, 0, r"at least one trial, got 0"),
            (1, 2.0, r"at least one trial, got 2.0"),
            (-1, 5, r"from 0 to 5, got -1"),
            (6, 5, r"from 0 to 5, got 6"),
            (0.5, 5, r"from 0 to 5, got 0.5"),
            (True, 5, r"from 0 to 5, got True"),
        ],
    )
    def test_errors(self, successes, trials, sentence):
        with pytest.raises(MeasureError, match=sentence):
            wilson(successes, trials)

    def test_error_of_the_level(self):
        with pytest.raises(MeasureError, match="between 0 and 1, got 0"):
            wilson(1, 2, level=0)


class TestPermuteWithin:
    labels = np.array([True, False, False, True, True, False, False])
    strata = np.array(["early", "early", "early", "late", "late", "late", "late"])

    def test_every_dealing_is_equally_probable(self):
        # One label among three early, two among four late: 3 · 6 = 18 dealings, 1/18 each.
        dealt = permute_within(self.labels, self.strata, draws=18_000, seed=1)
        counts = Counter(tuple(row) for row in dealt.tolist())
        possible = {
            tuple(place == early or place in late for place in range(7))
            for early in range(3)
            for late in itertools.combinations(range(3, 7), 2)
        }
        assert len(possible) == 18
        assert set(counts) == possible
        assert scipy.stats.chisquare(list(counts.values())).pvalue > 0.001

    def test_keeps_the_number_in_every_stratum(self):
        dealt = permute_within(self.labels, self.strata, draws=50, seed=2)
        assert dealt.shape == (50, 7)
        assert dealt.dtype == bool
        assert (dealt[:, :3].sum(axis=1) == 1).all()
        assert (dealt[:, 3:].sum(axis=1) == 2).all()

    def test_strata_need_not_lie_together(self):
        order = np.array([3, 0, 5, 1, 4, 2, 6])
        dealt = permute_within(self.labels[order], self.strata[order], draws=50, seed=2)
        assert (dealt[:, self.strata[order] == "early"].sum(axis=1) == 1).all()
        assert len(np.unique(dealt, axis=0)) > 5

    def test_a_full_and_an_empty_stratum_stay_as_they_are(self):
        dealt = permute_within([True, True, False, False], [False, False, True, True], draws=20, seed=1)
        assert dealt.tolist() == [[True, True, False, False]] * 20

    def test_seed_decides(self):
        first = permute_within(self.labels, self.strata, draws=30, seed=5)
        assert np.array_equal(first, permute_within(self.labels, self.strata, draws=30, seed=5))
        assert not np.array_equal(first, permute_within(self.labels, self.strata, draws=30, seed=6))

    def test_arguments_are_left_alone(self):
        before = self.labels.copy()
        permute_within(self.labels, self.strata, draws=10, seed=1)
        assert np.array_equal(self.labels, before)

    def test_series_and_numbers_as_strata(self):
        dealt = permute_within(pd.Series(self.labels), pd.Series([53] * 3 + [73] * 4), draws=30, seed=5)
        assert np.array_equal(dealt, permute_within(self.labels, self.strata, draws=30, seed=5))

    def test_nobody(self):
        assert permute_within([], [], draws=4, seed=1).shape == (4, 0)

    @pytest.mark.parametrize(
        ("labels", "strata", "draws", "sentence"),
        [
            ([1, 0], ["a", "a"], 5, "must be one row of booleans"),
            ([[True], [False]], ["a", "a"], 5, "must be one row of booleans"),
            ([True, None], ["a", "a"], 5, "must be one row of booleans"),
            ([True, False], ["a"], 5, "got 2 labels, 1 strata"),
            ([True, False], ["a", None], 5, "but the value at position 1 has none"),
            ([True, False], ["a", "a"], 0, "draws must be a whole number"),
        ],
    )
    def test_errors(self, labels, strata, draws, sentence):
        with pytest.raises(MeasureError, match=sentence):
            permute_within(labels, strata, draws=draws, seed=1)


class TestPermutationP:
    null = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 2.0, 5.0, 0.0)

    @pytest.mark.parametrize(
        ("alternative", "count"),
        [
            ("greater", 3),  # 2, 2, 5
            ("less", 8),  # all but 5
            ("two-sided", 5),  # -3, -2, 2, 2, 5
        ],
    )
    def test_by_hand(self, alternative, count):
        assert permutation_p(2.0, self.null, alternative) == pytest.approx((1 + count) / 10)

    def test_two_sided_is_about_zero(self):
        assert permutation_p(-2.0, self.null) == permutation_p(2.0, self.null)
        # A null model that lies far from zero makes everything near zero look ordinary.
        assert permutation_p(0.0, [9.0, 10.0, 11.0]) == 1.0

    def test_never_zero(self):
        assert permutation_p(100.0, np.zeros(9999), "greater") == 1 / 10_000

    def test_ties_up_to_rounding_count(self):
        # In floating point 0.1 + 0.2 exceeds 0.3 by the last digit: 0.3 would not be "at least" as large.
        assert 0.1 + 0.2 > 0.3
        null = [0.3] * 9
        assert permutation_p(0.1 + 0.2, null, "greater") == 1.0
        assert permutation_p(0.1 + 0.2, null, "two-sided") == 1.0
        assert permutation_p(0.3, [0.1 + 0.2] * 9, "less") == 1.0
        assert permutation_p(0.3001, null, "greater") == pytest.approx(0.1)

    @pytest.mark.parametrize("factor", [1e-12, 1e12])
    @pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
    def test_the_unit_does_not_matter(self, factor, alternative):
        scaled = factor * np.array(self.null)
        assert permutation_p(factor * 2, scaled, alternative) == permutation_p(2.0, self.null, alternative)

    def test_agrees_with_every_possible_dealing(self):
        # Six values, three of them labelled: 20 dealings, so the exact p is a count of twentieths.
        values = np.array([1.0, 2.0, 4.0, 7.0, 8.0, 11.0])
        labels = np.array([False, False, True, False, True, True])

        def gap(marked):
            return values[marked].mean() - values[~marked].mean()

        exact = []
        for chosen in itertools.combinations(range(6), 3):
            marked = np.isin(np.arange(6), chosen)
            exact.append(abs(gap(marked)) >= abs(gap(labels)) - 1e-9)
        dealt = permute_within(labels, np.zeros(6), draws=20_000, seed=3)
        sampled = permutation_p(gap(labels), [gap(row) for row in dealt])
        # The labelled sum is 4 + 8 + 11 = 23, against a mean of 16.5 over all dealings. As far from it are
        # the sums 23 (4, 8, 11) and 26 (7, 8, 11) and their complements 10 (1, 2, 7) and 7 (1, 2, 4).
        assert sum(exact) == 4
        assert sampled == pytest.approx(0.2, abs=4 * np.sqrt(0.2 * 0.8 / 20_000))

    def test_under_the_null_model_p_is_even(self):
        # With 19 draws p takes the values 1/20, 2/20, ..., 1; each is as probable as any other.
        rng = np.random.default_rng(8)
        found = [permutation_p(rng.normal(), rng.normal(size=19), "greater") for _ in range(4000)]
        assert np.mean(np.array(found) <= 0.05 + 1e-12) == pytest.approx(0.05, abs=0.015)
        assert np.mean(np.array(found) <= 0.5 + 1e-12) == pytest.approx(0.5, abs=0.035)

    @pytest.mark.parametrize(
        ("observed", "null", "alternative", "sentence"),
        [
            (1.0, [], "greater", r"at least one draw, got the shape \(0,\)"),
            (1.0, [[1.0]], "greater", r"got the shape \(1, 1\)"),
            ([1.0, 2.0], [1.0], "greater", "must be a single number"),
            (np.nan, [1.0], "greater", "The observed value must be finite numbers, but it is not"),
            (1.0, [0.0, np.nan], "greater", "null model must be finite numbers, but the value at position 1"),
            (1.0, [1.0], "larger", "'two-sided', 'greater' or 'less', got 'larger'"),
        ],
    )
    def test_errors(self, observed, null, alternative, sentence):
        with pytest.raises(MeasureError, match=sentence):
            permutation_p(observed, null, alternative)


class TestArguments:
    def test_numbers_keep_their_shape(self):
        assert as_numbers([[1, 2], [3, 4]], "X").tolist() == [[1.0, 2.0], [3.0, 4.0]]
        assert as_numbers(pd.Series([1, 2], dtype="Int64"), "X").tolist() == [1.0, 2.0]
        assert as_numbers([True, False], "X").tolist() == [1.0, 0.0]

    @pytest.mark.parametrize(
        "values",
        [["1", "2"], ["a"], [[1, 2], [3]], pd.Series([1, pd.NA]), np.array(["2020"], dtype="M8[Y]"), 1j],
    )
    def test_what_is_no_number(self, values):
        with pytest.raises(MeasureError, match="Populations must be numbers"):
            as_numbers(values, "Populations")

    def test_place_of_the_first_wrong_number(self):
        with pytest.raises(MeasureError, match="X must be finite numbers, but the value at position 1, 0 is"):
            as_numbers([[1.0, 2.0], [np.inf, np.nan]], "X")

    def test_generator_is_numpys(self):
        assert generator(1, 5).random() == np.random.default_rng(5).random()

    @pytest.mark.parametrize("seed", [1.0, "1", True, -3])
    def test_seeds_that_cannot_be_used(self, seed):
        with pytest.raises(MeasureError, match="seed must be a whole number"):
            generator(10, seed)
