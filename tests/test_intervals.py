"""Bootstrap, jackknife and Wilson intervals, permutation tests and their p."""

import doctest
import itertools
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.special
import scipy.stats
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from cybergov.errors import MeasureError
from cybergov.measures import intervals
from cybergov.measures.intervals import (
    Interval,
    as_numbers,
    bca_interval,
    bootstrap,
    correlation_test,
    difference_test,
    generator,
    jackknife_error,
    leave_one_out,
    multiplicities,
    percentile_interval,
    permutation_p,
    permutation_test,
    permute_within,
    same_labels,
    spearman,
    wilson,
)

FAST = settings(deadline=None, max_examples=50, derandomize=True)

# Survival in days of mice after surgery, 7 treated and 9 not: the data sets mouse.t and mouse.c of the R
# package bootstrap, which go with Efron and Tibshirani (1993).
TREATED = [94, 197, 16, 38, 99, 141, 23]
CONTROL = [52, 104, 146, 10, 50, 31, 40, 27, 46]

# Heights of Darwin's crossed and self-fertilised maize, in eighths of an inch and pair by pair: the data set
# ZeaMays of the R package HistData.
CROSSED = [188, 96, 168, 176, 153, 172, 177, 163, 146, 173, 186, 168, 177, 184, 96]
SELFED = [139, 163, 160, 160, 147, 149, 149, 122, 132, 144, 130, 144, 102, 124, 144]

# Hormone in the blood of eight subjects under a placebo, an old and a new patch: the data set patch of the R
# package bootstrap. z is old less placebo, y new less old.
PATCH_Z = [8406, 2342, 8187, 8459, 4795, 3516, 4796, 10238]
PATCH_Y = [-1200, 2601, -2705, 1982, -1290, 351, -638, -2719]


def difference_of_means(a, b, axis=-1):
    return np.mean(a, axis=axis) - np.mean(b, axis=axis)


def mean_of(times, values):
    return times @ values / times.sum(axis=1)


def ratio_of(times, above, below):
    return times @ above / (times @ below)


def ratio_of_sums(above, below, axis=-1):
    return np.sum(above, axis=axis) / np.sum(below, axis=axis)


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(intervals)
    assert found.attempted >= 20
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

    def test_bca_is_scipys(self):
        sample = np.random.default_rng(2).exponential(size=40)
        expected = scipy.stats.bootstrap(
            (sample,), np.mean, n_resamples=400, method="BCa", rng=np.random.default_rng(9)
        ).confidence_interval
        found = bootstrap(np.mean, sample, draws=400, seed=9, method="BCa")
        assert found == pytest.approx(tuple(expected))
        assert found != pytest.approx(bootstrap(np.mean, sample, draws=400, seed=9), abs=1e-3)

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
            (([1, 2],), {"draws": None}, r"draws must be a whole number of at least 1, got None"),
            (([1, 2],), {"draws": 9.5}, r"draws must be a whole number of at least 1, got 9.5"),
            (([1, 2],), {"seed": -1}, r"seed must be a whole number of at least 0, got -1"),
            (([1, 2],), {"seed": None}, r"seed must be a whole number of at least 0, got None"),
            (([1, 2],), {"level": 95}, r"level of an interval must lie between 0 and 1, got 95"),
            (([1, 2],), {"method": "studentized"}, r"'percentile' or 'BCa', got 'studentized'"),
        ],
    )
    def test_errors(self, samples, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            bootstrap(np.mean, *samples, **{"draws": 20, "seed": 1, **options})

    @pytest.mark.parametrize(
        ("statistic", "sentence"),
        [
            (lambda values: "a", "must return numbers"),
            (lambda values: [1.0, 2.0], r"one number for each of 1 resamples, but returned .* \(1, 2\)"),
            (lambda values, axis: 1.0, r"one number for each of 1 resamples, but returned the shape \(\)"),
            (lambda values, axis: values, r"returned the shape \(1, 2\)"),
        ],
    )
    def test_statistic_that_is_not_one_number(self, statistic, sentence):
        with pytest.raises(MeasureError, match=sentence):
            bootstrap(statistic, [1, 2], draws=20, seed=1)

    def test_statistic_that_is_not_finite(self):
        def ratio(values, axis=-1):
            with np.errstate(divide="ignore"):
                return 1 / np.sum(values, axis=axis)

        with pytest.raises(MeasureError, match="not a finite number in every resample"):
            bootstrap(ratio, [0.0, 0.0, 1.0], draws=200, seed=1)


class TestMultiplicities:
    clusters = ("a", "b", "a", "c", "a", "b")
    strata = ("n", "s", "n", "s", "n", "s")

    def test_every_draw_is_as_probable_as_it_should_be(self):
        # Three states, three draws: the counts have the multinomial distribution over ten outcomes.
        drawn = Counter(tuple(row) for row in multiplicities(3, draws=27_000, seed=1).astype(int).tolist())
        outcomes = [c for c in itertools.product(range(4), repeat=3) if sum(c) == 3]
        expected = [27_000 * scipy.stats.multinomial.pmf(c, 3, [1 / 3] * 3) for c in outcomes]
        assert set(drawn) == set(outcomes)
        assert scipy.stats.chisquare([drawn[c] for c in outcomes], expected).pvalue > 0.001

    def test_clusters_are_drawn_whole(self):
        times = multiplicities(6, draws=9000, seed=2, clusters=self.clusters)
        assert (times[:, 0] == times[:, 2]).all()
        assert (times[:, 0] == times[:, 4]).all()
        assert (times[:, 1] == times[:, 5]).all()
        of_cluster = times[:, [0, 1, 3]]
        assert (of_cluster.sum(axis=1) == 3).all()
        # Three clusters: all different with 6/27, one of them missing wholly with 1 - 3/27 - ... = 18/27.
        kinds = Counter(tuple(sorted(row)) for row in of_cluster.tolist())
        observed = [kinds[0, 0, 3], kinds[0, 1, 2], kinds[1, 1, 1]]
        assert scipy.stats.chisquare(observed, [1000, 6000, 2000]).pvalue > 0.001

    def test_clusters_within_strata(self):
        # Three clusters of two states in the one stratum, two single states in the other.
        clusters, strata = list("aabbccde"), list("nnnnnnss")
        times = multiplicities(8, draws=400, seed=4, clusters=clusters, strata=strata)
        assert (times[:, [0, 2, 4]].sum(axis=1) == 3).all()
        assert (times[:, 6:].sum(axis=1) == 2).all()
        assert (times[:, :6:2] == times[:, 1:6:2]).all()

    def test_probabilities_are_proportional(self):
        weights = [1.0, 3.0, 0.0, 4.0]
        times = multiplicities(4, draws=10_000, seed=5, probabilities=weights)
        assert (times.sum(axis=1) == 4).all()
        assert (times[:, 2] == 0).all()
        # Of 40,000 drawn states, shares of 1/8, 3/8, 0 and 1/2.
        observed = times.sum(axis=0)[[0, 1, 3]]
        assert scipy.stats.chisquare(observed, [5000, 15_000, 20_000]).pvalue > 0.001
        assert np.array_equal(times, multiplicities(4, 10_000, 5, probabilities=np.multiply(weights, 7)))

    def test_a_cluster_has_the_probability_of_its_states(self):
        times = multiplicities(4, draws=8000, seed=6, clusters=list("aabb"), probabilities=[1, 2, 0.5, 0.5])
        # Two clusters with .75 and .25: the first is drawn 0, 1 or 2 times with 1/16, 6/16, 9/16.
        observed = np.bincount(times[:, 0].astype(int), minlength=3)
        assert scipy.stats.chisquare(observed, [500, 3000, 4500]).pvalue > 0.001

    @FAST
    @given(
        groups=st.lists(st.integers(0, 4), min_size=1, max_size=12),
        seed=st.integers(0, 1000),
        kind=st.sampled_from(["clusters", "strata"]),
    )
    def test_what_is_kept(self, groups, seed, kind):
        times = multiplicities(len(groups), draws=7, seed=seed, **{kind: groups})
        assert times.shape == (7, len(groups))
        assert (times >= 0).all()
        assert (times == np.rint(times)).all()
        firsts = np.zeros(7)
        for group in set(groups):
            of_group = times[:, np.equal(groups, group)]
            firsts += of_group[:, 0]
            if kind == "strata":
                assert (of_group.sum(axis=1) == of_group.shape[1]).all()
            else:
                assert (of_group == of_group[:, :1]).all()
        if kind == "clusters":
            assert (firsts == len(set(groups))).all()
        assert np.array_equal(times, multiplicities(len(groups), draws=7, seed=seed, **{kind: groups}))

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"n": 0}, "states to draw from must be at least 1, got 0"),
            ({"n": 2.0}, "states to draw from must be at least 1, got 2.0"),
            ({"draws": 0}, "draws must be a whole number"),
            ({"seed": -1}, "seed must be a whole number"),
            ({"clusters": ["a", "b"]}, "Every state needs a cluster: got 3 states, 2 clusters"),
            ({"clusters": ["a", None, "b"]}, "needs a cluster, but the one at position 1 has none"),
            ({"strata": ["a", "b"]}, "Every state needs a stratum: got 3 states, 2 strata"),
            ({"strata": [1.0, 2.0, np.nan]}, "needs a stratum, but the one at position 2 has none"),
            (
                {"clusters": ["x", "y", "x"], "strata": ["a", "a", "b"]},
                "No cluster may lie in several strata, but 'x' does",
            ),
            ({"probabilities": [1, 2]}, r"got 3 states, the shape \(2,\)"),
            ({"probabilities": [1, -1, 2]}, "must not be negative, but the value at position 1 is"),
            ({"probabilities": [1, np.nan, 2]}, "Probabilities must be finite numbers"),
            ({"probabilities": [1e308, 1e308, 1e308]}, "must add up to a finite number"),
            ({"clusters": ["a", float("nan"), "b"]}, "but the one at position 1 has none"),
            ({"clusters": [["a", "b", "c"]]}, r"got 3 states, the shape \(1, 3\) of clusters"),
            (
                {"probabilities": [0, 0, 2], "strata": [1, 1, 2]},
                "of a stratum must add up to a finite number above zero",
            ),
        ],
    )
    def test_errors(self, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            multiplicities(**{"n": 3, "draws": 5, "seed": 1, **options})


class TestBootstrapOfStates:
    rng = np.random.default_rng(12)
    x = rng.gamma(2, 3, size=24)
    w = rng.uniform(1, 5, size=24)
    region = np.repeat(list("abcdefg"), [1, 2, 3, 4, 4, 4, 6])
    half = np.where(np.isin(region, list("abc")), "north", "south")

    @pytest.mark.parametrize("method", ["percentile", "BCa"])
    @pytest.mark.parametrize(
        "design",
        [
            {"strata": half},
            {"clusters": region},
            {"clusters": region, "strata": half},
            {"clusters": np.repeat(range(12), 2)},
        ],
        ids=["strata", "clusters", "clusters in strata", "equal clusters"],
    )
    def test_values_and_multiplicities_give_the_same(self, design, method):
        options: dict[str, Any] = {"draws": 150, "seed": 3, "method": method, **design}
        fast = bootstrap(ratio_of, self.x, self.w, takes="multiplicities", **options)
        assert bootstrap(ratio_of_sums, self.x, self.w, **options) == pytest.approx(fast)
        slow = bootstrap(lambda a, b: float(np.sum(a) / np.sum(b)), self.x, self.w, **options)
        assert slow == pytest.approx(fast)

    def test_values_and_multiplicities_with_probabilities(self):
        options: dict[str, Any] = {"draws": 150, "seed": 3, "probabilities": self.w}
        fast = bootstrap(mean_of, self.x, takes="multiplicities", **options)
        assert bootstrap(np.mean, self.x, **options) == pytest.approx(fast)
        assert bootstrap(lambda values: max(values), self.x, **options).high == self.x.max()
        assert bootstrap(max, self.x, **options).high == self.x.max()

    @pytest.mark.parametrize("method", ["percentile", "BCa"])
    def test_a_ratio_by_clusters_is_a_ratio_of_their_totals(self, method):
        options: dict[str, Any] = {"draws": 300, "seed": 4, "method": method, "takes": "multiplicities"}
        totals = [
            np.bincount(np.unique(self.region, return_inverse=True)[1], column) for column in (self.x, self.w)
        ]
        expected = bootstrap(ratio_of, *totals, **options)
        assert bootstrap(ratio_of, self.x, self.w, clusters=self.region, **options) == pytest.approx(expected)

    def test_every_possible_draw_of_clusters(self):
        # Three clusters with means 1, 3 and 8 and two states each: 27 draws, so the mean is 1 with 1/27, at
        # most 5/3 with 4/27, 7/3 with 7/27; at the upper end 8 with 1/27, 19/3 with 3/27, 17/3 with 3/27.
        values, clusters = [0, 2, 3, 3, 7, 9], list("aabbcc")
        found = bootstrap(np.mean, values, clusters=clusters, draws=9999, seed=1, level=0.8)
        assert found == pytest.approx((5 / 3, 19 / 3))
        exact = sorted(np.mean(drawn) for drawn in itertools.product([1, 3, 8], repeat=3))
        assert [exact[2], exact[24]] == pytest.approx([5 / 3, 19 / 3])

    def test_strata_are_independent_samples(self):
        # scipy draws the two halves as independent samples: an independent implementation.
        north, south = (self.x[self.half == name] for name in ("north", "south"))

        def pooled(a, b, axis=-1):
            return (np.sum(a, axis=axis) + np.sum(b, axis=axis)) / 24

        expected = scipy.stats.bootstrap(
            (north, south), pooled, n_resamples=20_000, method="BCa", rng=np.random.default_rng(1)
        )
        found = bootstrap(
            mean_of, self.x, strata=self.half, draws=20_000, seed=1, method="BCa", takes="multiplicities"
        )
        # An end of 20,000 draws has a standard error of about .02 standard deviations of the draws.
        assert found == pytest.approx(tuple(expected.confidence_interval), abs=0.1 * expected.standard_error)

    def test_standard_errors_of_a_mean(self):
        # Exact: strata Σ (nₛ/n)² σₛ²/nₛ, clusters of equal size σ²/G of their means, unequal
        # probabilities σ²/n of the weighted population. The sd of B draws has a relative error of 1/√(2B).
        pair = np.repeat(range(12), 2)
        share = self.w / self.w.sum()
        halves = [self.x[self.half == name] for name in ("north", "south")]
        cases = [
            ({"strata": self.half}, sum(len(h) * h.var() for h in halves) / 24**2, self.x.mean()),
            ({"clusters": pair}, self.x.reshape(12, 2).mean(axis=1).var() / 12, self.x.mean()),
            (
                {"probabilities": self.w},
                (share @ self.x**2 - (share @ self.x) ** 2) / 24,
                share @ self.x,
            ),
        ]
        for design, variance, mean in cases:
            drawn = mean_of(multiplicities(24, draws=20_000, seed=8, **design), self.x)
            assert drawn.std() == pytest.approx(np.sqrt(variance), rel=4 / np.sqrt(2 * 20_000))
            assert drawn.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / 20_000))

    def test_paired_columns_are_scipys(self):
        expected = scipy.stats.bootstrap(
            (self.x, self.w),
            ratio_of_sums,
            paired=True,
            n_resamples=300,
            method="BCa",
            rng=np.random.default_rng(2),
        ).confidence_interval
        found = bootstrap(ratio_of_sums, self.x, self.w, paired=True, draws=300, seed=2, method="BCa")
        assert found == pytest.approx(tuple(expected))
        # Drawn apart, the two columns would give a wider interval than drawn together.
        together = bootstrap(ratio_of_sums, self.x, self.x + 1, paired=True, draws=999, seed=2)
        apart = bootstrap(ratio_of_sums, self.x, self.x + 1, draws=999, seed=2)
        assert together.high - together.low < 0.5 * (apart.high - apart.low)

    def test_several_axes_with_multiplicities(self):
        votes = np.column_stack([self.x, self.w])
        found = bootstrap(
            lambda times, both: (times @ both)[:, 0] / (times @ both)[:, 1],
            votes,
            draws=100,
            seed=1,
            takes="multiplicities",
        )
        expected = bootstrap(ratio_of, self.x, self.w, draws=100, seed=1, takes="multiplicities")
        assert tuple(found) == pytest.approx(tuple(expected))

    def test_columns_and_clusters_are_matched_by_name(self):
        names = [f"s{i}" for i in range(24)]
        x, w, region = (pd.Series(column, names) for column in (self.x, self.w, self.region))
        options: dict[str, Any] = {"draws": 100, "seed": 1, "takes": "multiplicities"}
        expected = bootstrap(ratio_of, self.x, self.w, clusters=self.region, **options)
        assert (
            bootstrap(ratio_of, x, w[::-1], clusters=region.sample(frac=1, random_state=1), **options)
            == expected
        )
        plain = bootstrap(ratio_of_sums, x, w[::-1], paired=True, draws=100, seed=1)
        assert plain == bootstrap(ratio_of_sums, self.x, self.w, paired=True, draws=100, seed=1)
        with pytest.raises(MeasureError, match="same labels, but 's0' is on one side only"):
            bootstrap(ratio_of, x, w[1:], **options)
        # Independent samples are not matched: they hold different states.
        bootstrap(difference_of_means, x, w[1:], draws=20, seed=1)

    def test_a_stratum_of_one_adds_no_width(self):
        found = bootstrap(np.sum, [1, 1, 100], strata=[1, 1, 2], draws=50, seed=1)
        assert found == Interval(102.0, 102.0)

    def test_coverage_of_the_mean(self):
        # For normal samples of 30 the percentile interval is about x̄ ± 1.96 s √(29/30) / √30: it covers
        # with the probability that |t| with 29 degrees of freedom stays below 1.96 √(29/30), 93.2 %. The BCa
        # interval hardly differs here. In 2000 samples the share has a standard error of .006: four of them
        # are allowed.
        samples = np.random.default_rng(20).normal(size=(30, 2000))
        means = samples.mean(axis=0)
        drawn = multiplicities(30, draws=499, seed=1) @ samples / 30
        left_out = (30 * means - samples) / 29
        ends = [
            (percentile_interval(drawn[:, i]), bca_interval(drawn[:, i], means[i], left_out[:, i]))
            for i in range(2000)
        ]
        expected = 1 - 2 * scipy.stats.t.sf(1.96 * np.sqrt(29 / 30), 29)
        assert expected == pytest.approx(0.932, abs=5e-3)
        for kind in range(2):
            covered = np.mean([both[kind].low <= 0 <= both[kind].high for both in ends])
            assert covered == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 2000))

    def test_coverage_with_clusters(self):
        # 25 clusters of 8 states, half of the variance between clusters: the mean has 4.5 times the
        # variance that independent states would give it. Clusters drawn whole cover like |t| with 24
        # degrees of freedom below 1.96 √(24/25); states drawn one by one cover less than 75 %.
        rng = np.random.default_rng(21)
        samples = np.repeat(rng.normal(size=(25, 1000)), 8, axis=0) + rng.normal(size=(200, 1000))
        covered = []
        for clusters in (np.repeat(range(25), 8), None):
            drawn = multiplicities(200, draws=499, seed=1, clusters=clusters) @ samples / 200
            ends = [percentile_interval(column) for column in drawn.T]
            covered.append(np.mean([low <= 0 <= high for low, high in ends]))
        expected = 1 - 2 * scipy.stats.t.sf(1.96 * np.sqrt(24 / 25), 24)
        assert covered[0] == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 1000))
        assert covered[1] < 0.75

    @pytest.mark.parametrize(
        ("statistic", "samples", "options", "sentence"),
        [
            (mean_of, (), {"takes": "multiplicities"}, "at least one sample, got none"),
            (np.mean, (), {"paired": True}, "at least one sample, got none"),
            (mean_of, ([1],), {"takes": "multiplicities"}, r"sample 1 has the shape \(1,\)"),
            (np.mean, ([[1, 2], [3, 4]],), {"strata": [1, 1]}, r"sample 1 has the shape \(2, 2\)"),
            (
                ratio_of_sums,
                ([1, 2], [1, 2, 3]),
                {"paired": True},
                "sample 1 has 2 states and sample 2 has 3",
            ),
            (
                mean_of,
                ([1, 2],),
                {"takes": "counts"},
                "takes must be 'values' or 'multiplicities', got 'counts'",
            ),
            (
                np.mean,
                ([1, 2],),
                {"clusters": ["a", "a"]},
                "at least two states or clusters that can replace",
            ),
            (np.mean, ([1, 2],), {"strata": ["a", "b"]}, "at least two states or clusters that can replace"),
            (np.mean, ([1, 2],), {"clusters": ["a", "b", "c"]}, "got 2 states, 3 clusters"),
            (np.mean, ([1, 2],), {"probabilities": [1, 2], "method": "BCa"}, "not offered for unequal"),
            (np.mean, ([3, 3],), {"strata": [1, 1], "method": "BCa"}, "not defined for samples without"),
            (lambda times, x: times, ([1, 2],), {"takes": "multiplicities"}, r"returned the shape \(20, 2\)"),
            (lambda times, x: "a", ([1, 2],), {"takes": "multiplicities"}, "must return numbers"),
            (lambda x: [1.0, 2.0], ([1, 2],), {"strata": [1, 1]}, r"returned the shape \(20, 2\)"),
            (lambda x: np.nan, ([1, 2],), {"strata": [1, 1]}, "not a finite number in every resample"),
            (mean_of, ([1, 2],), {"takes": "multiplicities", "draws": 0}, "draws must be a whole number"),
        ],
    )
    def test_errors(self, statistic, samples, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            bootstrap(statistic, *samples, **{"draws": 20, "seed": 1, **options})


class TestBcaInterval:
    @pytest.mark.parametrize("level", [0.9, 0.95])
    def test_reads_the_same_off_scipys_draws(self, level):
        sample = np.random.default_rng(3).exponential(size=25)
        found = scipy.stats.bootstrap(
            (sample,),
            np.var,
            n_resamples=999,
            method="BCa",
            confidence_level=level,
            rng=np.random.default_rng(4),
        )
        left_out = [np.var(np.delete(sample, i)) for i in range(25)]
        ends = bca_interval(found.bootstrap_distribution, float(np.var(sample)), left_out, level)
        assert ends == pytest.approx(tuple(found.confidence_interval))

    def test_strata_are_scipys_independent_samples(self):
        rng = np.random.default_rng(5)
        a, b = rng.exponential(size=12), rng.exponential(3, size=9)
        found = scipy.stats.bootstrap(
            (a, b), difference_of_means, n_resamples=999, method="BCa", rng=np.random.default_rng(6)
        )
        left_out = [np.delete(a, i).mean() - b.mean() for i in range(12)]
        left_out += [a.mean() - np.delete(b, i).mean() for i in range(9)]
        ends = bca_interval(
            found.bootstrap_distribution, a.mean() - b.mean(), left_out, strata=[1] * 12 + [2] * 9
        )
        assert ends == pytest.approx(tuple(found.confidence_interval))

    def test_by_hand(self):
        # 1001 draws 0, 1, ..., 1000, of which 308.5 count as below 308: z₀ = Φ⁻¹(308.5/1001) = -.5.
        # Symmetrical values left out: no acceleration. The ends are Φ(-1 ± 1.645) of the way.
        draws = np.arange(1001.0)
        expected = 1000 * scipy.stats.norm.cdf([-1 - 1.6448536, -1 + 1.6448536])
        assert scipy.stats.norm.ppf(308.5 / 1001) == pytest.approx(-0.5, abs=1e-3)
        assert bca_interval(draws, 308.0, [1, 2, 3], level=0.9) == pytest.approx(expected, rel=2e-3, abs=0.1)

    @FAST
    @given(
        left=st.lists(st.integers(-20, 20), min_size=2, max_size=9).filter(lambda left: len(set(left)) > 1),
        factor=st.floats(0.1, 10),
        shift=st.integers(-5, 5),
    )
    def test_moves_and_stretches_with_the_draws(self, left, factor, shift):
        draws = np.random.default_rng(1).normal(size=99)
        expected = factor * np.array(bca_interval(draws, 0.1, left)) + shift
        found = bca_interval(factor * draws + shift, factor * 0.1 + shift, np.multiply(left, factor) + shift)
        assert found == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("draws", "observed", "left_out", "options", "sentence"),
        [
            ([], 1.0, [1, 2], {}, r"The draws must be one row, 1 or more, got the shape \(0,\)"),
            ([1.0, 2.0], [1.0], [1, 2], {}, "must be a single number"),
            ([1.0, 2.0], 1.5, [1], {}, r"with one left out must be one row, 2 or more, got the shape \(1,\)"),
            ([1.0, 2.0], 1.5, [1, np.inf], {}, "with one left out must be finite numbers"),
            ([1.0, 2.0], 1.5, [0.1 + 0.2, 0.3], {}, "not defined for samples without variation"),
            ([1.0, 2.0], 3.0, [1, 2], {}, "all draws lie on one side of the observed value"),
            ([1.0, 2.0], 1.5, [1, 2], {"level": 2}, "must lie between 0 and 1, got 2"),
            ([1.0, 2.0], 1.5, [1, 2], {"strata": [1]}, "got 2 values, 1 strata"),
            ([1.0, 2.0], 1.5, [0] * 40 + [-9], {"level": 1 - 1e-12}, "breaks down"),
        ],
    )
    def test_errors(self, draws, observed, left_out, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            bca_interval(draws, observed, left_out, **options)


class TestLeaveOneOut:
    def test_a_ratio_recomputed_from_its_totals(self):
        above, below = sum(PATCH_Y), sum(PATCH_Z)
        expected = [(above - y) / (below - z) for y, z in zip(PATCH_Y, PATCH_Z, strict=True)]
        assert leave_one_out(ratio_of_sums, PATCH_Y, PATCH_Z).tolist() == pytest.approx(expected)

    @pytest.mark.parametrize("factor", [1e-200, 1, 1e200])
    def test_error_of_a_mean_is_its_standard_error(self, factor):
        found = jackknife_error(leave_one_out(np.mean, np.multiply(TREATED, factor)))
        assert found / factor == pytest.approx(np.std(TREATED, ddof=1) / np.sqrt(7))

    def test_clusters_are_left_out_whole(self):
        values, clusters = [1.0, 2.0, 3.0, 10.0], ["b", "a", "b", "c"]
        found = leave_one_out(np.mean, values, clusters=clusters)
        assert found.to_dict() == pytest.approx({"a": 14 / 3, "b": 6.0, "c": 2.0})
        fast = leave_one_out(mean_of, values, clusters=clusters, takes="multiplicities")
        pd.testing.assert_series_equal(found, fast)

    def test_names_of_states(self):
        x = pd.Series({"Fiji": 1.0, "Mali": 2.0, "Peru": 6.0})
        w = pd.Series({"Peru": 3.0, "Mali": 2.0, "Fiji": 1.0})
        found = leave_one_out(ratio_of, x, w, takes="multiplicities")
        assert found.to_dict() == pytest.approx({"Fiji": 8 / 5, "Mali": 7 / 4, "Peru": 3 / 3})
        assert leave_one_out(np.mean, [1, 2]).to_dict() == {0: 2.0, 1: 1.0}

    @FAST
    @given(
        values=st.lists(st.floats(-100, 100), min_size=2, max_size=12),
        data=st.data(),
    )
    def test_order_of_the_states_does_not_matter(self, values, data):
        order = data.draw(st.permutations(range(len(values))))
        found = leave_one_out(np.var, values)
        again = leave_one_out(np.var, [values[i] for i in order])
        assert again.to_numpy() == pytest.approx(found.to_numpy()[order])
        assert jackknife_error(again) == pytest.approx(jackknife_error(found), abs=1e-9)

    @pytest.mark.parametrize(
        ("samples", "options", "sentence"),
        [
            ((), {}, "at least one sample, got none"),
            (([1],), {}, r"sample 1 has the shape \(1,\)"),
            (([1, 2],), {"clusters": ["a", "a"]}, "at least two states or clusters"),
            (([1, 2],), {"clusters": ["a"]}, "got 2 states, 1 clusters"),
            (([1, 2],), {"takes": "draws"}, "takes must be 'values' or 'multiplicities'"),
            (([1, 2], [1, 2, 3]), {}, "sample 1 has 2 states and sample 2 has 3"),
            (([1, np.nan],), {}, "sample 1 must be finite numbers"),
        ],
    )
    def test_errors(self, samples, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            leave_one_out(np.mean, *samples, **options)

    @pytest.mark.parametrize("values", [[], [1.0], [[1.0, 2.0]]])
    def test_errors_of_the_standard_error(self, values):
        with pytest.raises(MeasureError, match="with one left out must be one row, 2 or more"):
            jackknife_error(values)


class TestPercentileInterval:
    def test_by_hand(self):
        # 1001 draws 0, 1, ..., 1000: 2.5 % of them lie below 25 and above 975.
        assert percentile_interval(np.arange(1001.0)) == pytest.approx((25, 975))
        assert percentile_interval(np.arange(1001.0), level=0.5) == pytest.approx((250, 750))

    def test_between_two_draws_it_interpolates(self):
        # Two draws, 0 and 1: the quantile q is q itself.
        assert percentile_interval([0, 1], level=0.9) == pytest.approx((0.05, 0.95))

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
            ([], 0.95, r"must be one row, 1 or more, got the shape \(0,\)"),
            ([[1.0, 2.0]], 0.95, r"got the shape \(1, 2\)"),
            ([1.0, np.inf], 0.95, r"The draws must be finite numbers, but the value at position 1 is not"),
            ([1.0], 1.0, r"must lie between 0 and 1, got 1.0"),
            ([1.0], float("nan"), r"must lie between 0 and 1, got nan"),
            ([1.0], "0.9", r"must lie between 0 and 1, got '0.9'"),
        ],
    )
    def test_errors(self, draws, level, sentence):
        with pytest.raises(MeasureError, match=sentence):
            percentile_interval(draws, level=level)


class TestWilson:
    @pytest.mark.parametrize(("successes", "trials"), [(81, 263), (15, 148), (0, 20), (29, 29)])
    @pytest.mark.parametrize("level", [0.8, 0.95])
    def test_agrees_with_scipy(self, successes, trials, level):
        expected = scipy.stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
        assert wilson(successes, trials, level) == pytest.approx(tuple(expected), abs=1e-12)

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

    def test_strata_need_not_lie_together(self):
        order = np.array([3, 0, 5, 1, 4, 2, 6])
        dealt = permute_within(self.labels[order], self.strata[order], draws=50, seed=2)
        assert (dealt[:, self.strata[order] == "early"].sum(axis=1) == 1).all()
        assert len(np.unique(dealt, axis=0)) > 5

    def test_a_full_and_an_empty_stratum_stay_as_they_are(self):
        dealt = permute_within([True, True, False, False], [False, False, True, True], draws=20, seed=1)
        assert dealt.tolist() == [[True, True, False, False]] * 20

    def test_numbers_as_strata_and_matching_by_name(self):
        labels, strata = pd.Series(self.labels), pd.Series([53] * 3 + [73] * 4)
        dealt = permute_within(labels, strata[::-1], draws=30, seed=5)
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
            ([True, False], ["a", None], 5, "but the one at position 1 has none"),
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
        # Rounding leaves less than nothing where there is nothing: zeros are ties beside draws of a size.
        assert permutation_p(1e-17, [0.0, 0.0, -0.0, 1.0], "greater") == 1.0

    def test_an_outlier_makes_no_ties(self):
        assert permutation_p(0.5, [1e9, 0.1, 0.2, -0.3], "greater") == pytest.approx(2 / 5)
        assert permutation_p(0.5, [1e9, 0.1, 0.2, -0.3]) == pytest.approx(2 / 5)

    @pytest.mark.parametrize("factor", [1e-12, 1e12])
    @pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
    def test_the_unit_does_not_matter(self, factor, alternative):
        scaled = factor * np.array(self.null)
        assert permutation_p(factor * 2, scaled, alternative) == permutation_p(2.0, self.null, alternative)

    def test_under_the_null_model_p_is_even(self):
        # With 19 draws p takes the values 1/20, 2/20, ..., 1; each is as probable as any other.
        rng = np.random.default_rng(8)
        found = [permutation_p(rng.normal(), rng.normal(size=19), "greater") for _ in range(4000)]
        assert np.mean(np.array(found) <= 0.05 + 1e-12) == pytest.approx(0.05, abs=0.015)
        assert np.mean(np.array(found) <= 0.5 + 1e-12) == pytest.approx(0.5, abs=0.035)

    @pytest.mark.parametrize(
        ("observed", "null", "alternative", "sentence"),
        [
            (1.0, [], "greater", r"must be one row, 1 or more, got the shape \(0,\)"),
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


class TestPermutationTest:
    values = np.array([1.0, 2.0, 4.0, 7.0, 8.0, 11.0])

    @pytest.mark.parametrize(("alternative", "count"), [("greater", 1), ("less", 6), ("two-sided", 2)])
    def test_by_hand(self, alternative, count):
        # Two positive of four: 6 ways. The statistic is +1 for each of the last two, -1 for the others.
        sign = np.array([-1.0, -1.0, 1.0, 1.0])
        found = permutation_test(
            lambda dealt: dealt @ sign, [False, False, True, True], seed=1, alternative=alternative
        )
        assert found == (2.0, count / 6, 6, True)

    def test_lady_tasting_tea(self):
        # Of the 70 ways to choose four cups of eight, 1 has four right and 4 · 4 have three.
        milk_first = np.array([1, 1, 1, 1, 0, 0, 0, 0])
        said = np.array([True, True, True, False, True, False, False, False])
        found = permutation_test(lambda dealt: dealt @ milk_first, said, seed=1, alternative="greater")
        assert found == (3.0, pytest.approx(17 / 70), 70, True)

    def test_every_arrangement_of_several_labels_is_gone_through_once(self):
        labels, strata = np.array(list("xyxzxyy")), np.array([1, 2, 1, 1, 2, 2, 2])
        seen: list[tuple[str, ...]] = []

        def collect(dealt):
            seen.extend(map(tuple, dealt.tolist()))
            return np.zeros(len(dealt))

        found = permutation_test(collect, labels, strata, seed=1)
        by_hand = {
            tuple(order)
            for order in itertools.permutations(labels)
            if sorted(np.array(order)[strata == 1]) == ["x", "x", "z"]
        }
        # 3 ways in the first stratum, 4 in the second; the observed one is looked at first.
        assert found == (0.0, 1.0, 12, True)
        assert seen[0] == tuple(labels)
        assert len(seen) == 13
        assert set(seen) == by_hand

    def test_at_random_it_is_permute_within(self):
        labels = np.array([False, False, True, False, True, True])
        strata = [1, 1, 1, 2, 2, 2]
        found = permutation_test(
            lambda dealt: dealt @ self.values, labels, strata, draws=99, seed=4, most=0, alternative="less"
        )
        null = permute_within(labels, strata, draws=99, seed=4) @ self.values
        assert found == (23.0, permutation_p(23.0, null, "less"), 99, False)

    def test_random_and_exact_agree(self):
        def between(dealt):
            return np.stack([(dealt == k) @ self.values for k in "abc"]).var(axis=0)

        exact = permutation_test(between, list("abcabc"), seed=1, alternative="greater")
        drawn = permutation_test(between, list("abcabc"), draws=9999, seed=1, alternative="greater", most=89)
        assert (exact.arrangements, exact.exact, drawn.exact) == (90, True, False)
        assert drawn.p == pytest.approx(exact.p, abs=4 * np.sqrt(exact.p * (1 - exact.p) / 9999))
        assert 0.1 < exact.p < 0.9

    def test_labels_of_one_kind(self):
        assert permutation_test(lambda dealt: dealt @ self.values, [2] * 6, seed=1) == (66.0, 1.0, 1, True)

    def test_strata_are_matched_by_name(self):
        labels = pd.Series([True, False, True, False], index=list("abcd"))
        strata = pd.Series([2, 2, 1, 1], index=list("dcba"))
        found = permutation_test(lambda dealt: dealt @ np.arange(4), labels, strata, seed=1)
        assert found.arrangements == 4

    @FAST
    @given(
        labels=st.lists(st.integers(0, 2), min_size=1, max_size=6),
        values=st.lists(st.integers(-9, 9), min_size=6, max_size=6),
        data=st.data(),
    )
    def test_order_and_unit_do_not_matter(self, labels, values, data):
        n = len(labels)
        order = np.array(data.draw(st.permutations(range(n))))
        figures = np.array(values[:n], dtype=float)
        one = permutation_test(lambda dealt: dealt @ figures, labels, seed=1, alternative="greater")
        other = permutation_test(
            lambda dealt: dealt @ (-1e6 * figures[order]), np.array(labels)[order], seed=1, alternative="less"
        )
        assert one.p == other.p
        assert 1 / one.arrangements <= one.p <= 1
        assert one.statistic == pytest.approx(-other.statistic / 1e6)

    @pytest.mark.parametrize(
        ("labels", "strata", "options", "sentence"),
        [
            ([], None, {}, r"at least one, got the shape \(0,\)"),
            ([[1, 2]], None, {}, r"at least one, got the shape \(1, 2\)"),
            ([1.0, np.nan], None, {}, "Every place needs a label, but the one at position 1 has none"),
            ([1, 2], [1], {}, "got 2 labels, 1 strata"),
            ([1, 2], None, {"alternative": "both"}, "'two-sided', 'greater' or 'less', got 'both'"),
            (
                [1, 2],
                None,
                {"most": -1},
                "most ways to go through must be a whole number of at least 0, got -1",
            ),
            ([1, 2], None, {"most": 1e4}, "of at least 0, got 10000.0"),
            ([1, 2], None, {"draws": 0}, "draws must be a whole number"),
            ([1, 2], None, {"seed": -1}, "seed must be a whole number"),
            ([1, 2], None, {"statistic": lambda dealt: 1.0}, r"one number for each of 1 resamples"),
            ([1, 2], None, {"statistic": lambda dealt: dealt[:, 0] * np.nan}, "not a finite number"),
        ],
    )
    def test_errors(self, labels, strata, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            permutation_test(
                **{"statistic": lambda dealt: dealt[:, 0], "seed": 1, **options}, labels=labels, strata=strata
            )

    def test_error_of_labels_that_differ(self):
        labels = pd.Series([1, 2], index=["a", "b"])
        with pytest.raises(MeasureError, match="same labels, but 'b' is on one side only"):
            permutation_test(lambda dealt: dealt[:, 0], labels, pd.Series([1, 1], index=["a", "c"]), seed=1)


class TestDifferenceTest:
    mice = np.array(TREATED + CONTROL)
    treated = np.array([True] * 7 + [False] * 9)

    @pytest.mark.parametrize("statistic", [np.mean, np.median])
    @pytest.mark.parametrize("alternative", ["greater", "less"])
    def test_mice_agree_with_scipy(self, statistic, alternative):
        # All 11,440 ways, by scipy: an independent implementation.
        expected = scipy.stats.permutation_test(
            (TREATED, CONTROL),
            lambda a, b, axis: statistic(a, axis=axis) - statistic(b, axis=axis),
            vectorized=True,
            n_resamples=np.inf,
            alternative=alternative,
        )
        found = difference_test(statistic, self.mice, self.treated, seed=1, alternative=alternative)
        assert found == (expected.statistic, pytest.approx(expected.pvalue, abs=1e-12), 11_440, True)

    def test_two_sided_counts_the_same_distance_from_zero(self):
        total = self.mice.sum()
        gap = abs(np.mean(TREATED) - np.mean(CONTROL))
        sums = [sum(chosen) for chosen in itertools.combinations(self.mice, 7)]
        expected = np.mean([abs(s / 7 - (total - s) / 9) >= gap - 1e-9 for s in sums])
        assert difference_test(np.mean, self.mice, self.treated, seed=1).p == pytest.approx(expected)

    def test_darwins_maize(self):
        # The test of Fisher (1935), section 21: all 32,768 changes of sign of the 15 differences, which add up
        # to 314. scipy's test of paired samples is the independent implementation.
        heights, crossed = CROSSED + SELFED, [True] * 15 + [False] * 15
        pairs = list(range(15)) * 2
        found = difference_test(np.mean, heights, crossed, pairs, seed=1)
        expected = scipy.stats.permutation_test(
            (np.subtract(CROSSED, SELFED),),
            lambda d, axis: np.mean(d, axis=axis),
            permutation_type="samples",
            n_resamples=np.inf,
        )
        assert found == (pytest.approx(314 / 15), pytest.approx(expected.pvalue), 32_768, True)
        one_sided = difference_test(np.mean, heights, crossed, pairs, seed=1, alternative="greater")
        assert one_sided.p == pytest.approx(found.p / 2)

    def test_shares_agree_with_fishers_exact_test(self):
        values = [1] * 7 + [0] * 2 + [1] * 3 + [0] * 6
        labels = [True] * 9 + [False] * 9
        expected = scipy.stats.fisher_exact([[7, 2], [3, 6]], alternative="greater").pvalue
        found = difference_test(np.mean, values, labels, seed=1, alternative="greater")
        assert found == (pytest.approx(4 / 9), pytest.approx(expected), 48_620, True)

    def test_strata_by_hand(self):
        # Differences of 2 - 1 among three members and 9 - 6 among two: (3 · 1 + 2 · 3) / 5 = 1.8. The last
        # stratum has no second group. All 3 · 2 ways: first differences -1.5 (0 against 1 and 2 → 0 - 1.5), 0
        # and 1.5, second -3 and 3.
        values = [2, 0, 1, 9, 6, 50]
        labels = [True, False, False, True, False, True]
        strata = list("aaabbc")
        first, second = [2 - 0.5, 0 - 1.5, 1 - 1.0], [3.0, -3.0]
        ways = [(3 * a + 2 * b) / 5 for a in first for b in second]
        observed = (3 * 1.5 + 2 * 3) / 5
        found = difference_test(np.mean, values, labels, strata, seed=1)
        expected = np.mean(np.abs(ways) >= observed - 1e-9)
        assert found == (pytest.approx(observed), pytest.approx(expected), 6, True)

    def test_levels_of_strata_do_not_matter(self):
        rng = np.random.default_rng(3)
        values, labels, strata = rng.normal(size=14), np.arange(14) % 3 == 0, np.repeat([1, 2], 7)
        found = difference_test(np.mean, values, labels, strata, seed=1)
        moved = difference_test(np.mean, values + 100 * strata, labels, strata, seed=1)
        assert moved.p == found.p
        assert moved.statistic == pytest.approx(found.statistic)

    def test_statistic_with_and_without_axis(self):
        fast = difference_test(np.median, self.mice, self.treated, seed=1, most=0, draws=99)
        slow = difference_test(lambda x: np.median(x), self.mice, self.treated, seed=1, most=0, draws=99)
        assert slow == fast

    def test_statistic_that_forgets_the_axis(self):
        with pytest.raises(MeasureError, match=r"one number for each of 1 resamples, but returned .* \(\)"):
            difference_test(lambda x, axis: x.mean(), self.mice, self.treated, seed=1)

    def test_constant_values(self):
        assert difference_test(np.mean, [4, 4, 4], [True, False, False], seed=1) == (0.0, 1.0, 3, True)

    def test_matched_by_name(self):
        states = [f"s{i}" for i in range(16)]
        values, labels = pd.Series(self.mice, states), pd.Series(self.treated, states)
        found = difference_test(np.mean, values, labels[::-1], seed=1)
        assert found == difference_test(np.mean, self.mice, self.treated, seed=1)

    @FAST
    @given(
        values=st.lists(st.integers(-50, 50), min_size=4, max_size=9),
        strata=st.lists(st.integers(0, 1), min_size=9, max_size=9),
        data=st.data(),
    )
    def test_sides_and_order_do_not_matter(self, values, strata, data):
        n = len(values)
        labels = np.arange(n) % 2 == 0
        of = np.array(strata[:n])
        of[:2] = 0  # one stratum at least holds both
        order = np.array(data.draw(st.permutations(range(n))))
        found = difference_test(np.mean, values, labels, of, seed=1)
        turned = difference_test(np.mean, np.array(values)[order], ~labels[order], of[order], seed=1)
        assert turned.p == pytest.approx(found.p)
        assert turned.statistic == pytest.approx(-found.statistic, abs=1e-9)
        above, below = (
            difference_test(np.mean, values, labels, of, seed=1, alternative=how).p
            for how in ("greater", "less")
        )
        # Only the ways that equal the observed one count on both sides.
        assert above + below >= 1
        assert found.p <= 1

    @pytest.mark.parametrize(
        ("values", "labels", "strata", "sentence"),
        [
            ([1, 2], [1, 0], None, "must be one row of booleans"),
            ([1, 2], [True], None, r"got 1 labels, values of the shape \(2,\)"),
            ([[1, 2]], [True], None, r"values of the shape \(1, 2\)"),
            ([1, np.nan], [True, False], None, "The values must be finite numbers"),
            ([1, 2], [True, True], None, "members of both in at least one stratum"),
            ([1, 2], [True, False], ["a", "b"], "members of both in at least one stratum"),
            ([1, 2], [True, False], ["a"], "got 2 labels, 1 strata"),
            ([], [], None, "members of both in at least one stratum"),
        ],
    )
    def test_errors(self, values, labels, strata, sentence):
        with pytest.raises(MeasureError, match=sentence):
            difference_test(np.mean, values, labels, strata, seed=1)


class TestCorrelationTest:
    x = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.5])
    y = np.array([2.0, 1.0, 6.0, 3.0, 5.0, 3.0])

    @pytest.mark.parametrize(
        ("method", "reference"), [("pearson", scipy.stats.pearsonr), ("spearman", scipy.stats.spearmanr)]
    )
    @pytest.mark.parametrize("alternative", ["greater", "less"])
    def test_agrees_with_scipy(self, method, reference, alternative):
        # All 720 orders of y, by scipy: an independent implementation. Two values of y are alike, so that
        # 360 of them differ.
        expected = scipy.stats.permutation_test(
            (self.x,),
            lambda x: reference(x, self.y).statistic,
            permutation_type="pairings",
            vectorized=False,
            n_resamples=np.inf,
            alternative=alternative,
        )
        found = correlation_test(self.x, self.y, method=method, seed=1, alternative=alternative)
        assert found == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue), 360, True)

    def test_two_sided_counts_the_same_distance_from_zero(self):
        observed = scipy.stats.pearsonr(self.x, self.y).statistic
        every = [scipy.stats.pearsonr(self.x, order).statistic for order in itertools.permutations(self.y)]
        found = correlation_test(self.x, self.y, seed=1)
        assert found.p == pytest.approx(np.mean(np.abs(every) >= abs(observed) - 1e-9))

    def test_perfect_order(self):
        # Only one of the 120 orders of five ranks is perfect, and one perfectly turned round.
        found = correlation_test([1, 2, 3, 4, 5], [1, 4, 9, 16, 25], method="spearman", seed=1)
        assert found == (pytest.approx(1.0), pytest.approx(2 / 120), 120, True)

    def test_large_samples_agree_with_the_t_distribution(self):
        rng = np.random.default_rng(4)
        x = rng.normal(size=60)
        y = 0.25 * x + rng.normal(size=60)
        found = correlation_test(x, y, seed=2)
        expected = scipy.stats.pearsonr(x, y)
        assert (found.exact, found.arrangements) == (False, 9999)
        assert found.statistic == pytest.approx(expected.statistic)
        assert found.p == pytest.approx(expected.pvalue, abs=0.015)

    def test_within_strata_it_is_the_correlation_of_residuals(self):
        # statsmodels: what is left of both after a regression on dummies of the strata.
        strata = np.array([1, 1, 1, 2, 2, 2])
        dummies = pd.get_dummies(strata).to_numpy(dtype=float)
        left = [sm.OLS(side, dummies).fit().resid for side in (self.x, self.y)]
        found = correlation_test(self.x, self.y, strata, seed=1)
        assert found.statistic == pytest.approx(np.corrcoef(*left)[0, 1])
        every = [
            np.corrcoef(left[0], np.concatenate([left[1][list(a)], left[1][list(b)]]))[0, 1]
            for a in itertools.permutations(range(3))
            for b in itertools.permutations(range(3, 6))
        ]
        expected = np.mean(np.abs(every) >= abs(found.statistic) - 1e-9)
        assert found.p == pytest.approx(expected)

    @pytest.mark.parametrize("method", ["pearson", "spearman"])
    def test_sides_units_and_names_do_not_matter(self, method):
        names = list("abcdef")
        x, y = pd.Series(self.x, names), pd.Series(self.y, names)
        found = correlation_test(self.x, self.y, method=method, seed=1)
        for other in (
            correlation_test(self.y, self.x, method=method, seed=1),
            correlation_test(1e6 * self.x + 5, self.y / 1e6, method=method, seed=1),
            correlation_test(1e200 * self.x, self.y / 1e200, method=method, seed=1),
            correlation_test(x, y[::-1], method=method, seed=1),
        ):
            assert other.statistic == pytest.approx(found.statistic)
            assert other.p == pytest.approx(found.p)
        turned = correlation_test(-self.x, self.y, method=method, seed=1)
        assert turned.statistic == pytest.approx(-found.statistic)
        assert turned.p == pytest.approx(found.p)

    @pytest.mark.parametrize(
        ("x", "y", "options", "sentence"),
        [
            ([1, 2], [1, 2, 3], {}, r"got the shapes \(2,\) and \(3,\)"),
            ([1], [1], {}, r"at least two, got the shapes \(1,\) and \(1,\)"),
            ([3, 3, 3], [1, 2, 3], {}, "not defined if x is constant"),
            ([1, 2, 3], [0.1, 0.1, 0.1], {}, "not defined if y is constant"),
            ([1, 2, 3, 3], [1, 1, 2, 2], {"strata": [1, 1, 2, 2]}, "y is constant within every stratum"),
            ([1, np.nan], [1, 2], {}, "The values of x must be finite numbers"),
            ([1, 2], ["a", "b"], {}, "The values of y must be numbers"),
            ([1, 2], [1, 2], {"method": "kendall"}, "'pearson' or 'spearman', got 'kendall'"),
            ([1, 2], [1, 2], {"strata": [1]}, "got 2 pairs, 1 strata"),
        ],
    )
    def test_errors(self, x, y, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            correlation_test(x, y, seed=1, **options)


class TestArguments:
    def test_numbers_keep_their_shape(self):
        assert as_numbers([[1, 2], [3, 4]], "X").tolist() == [[1.0, 2.0], [3.0, 4.0]]
        assert as_numbers(pd.Series([1, 2], dtype="Int64"), "X").tolist() == [1.0, 2.0]
        assert as_numbers([True, False], "X").tolist() == [1.0, 0.0]

    def test_what_is_given_is_left_alone(self):
        values = np.array([3.0, 1.0, 2.0, -0.0, 5.0])
        flags = values > 1.5
        before = values.copy()
        values.flags.writeable = flags.flags.writeable = False
        as_numbers(values, "X")[:] = 0
        bootstrap(mean_of, values, draws=9, seed=1, method="BCa", takes="multiplicities", clusters=values)
        bca_interval(values, 1.5, values)
        permute_within(flags, flags, draws=9, seed=1)
        difference_test(np.mean, values, flags, seed=1)
        correlation_test(values, values, seed=1)
        assert values.tolist() == before.tolist()

    @pytest.mark.parametrize(
        "values",
        [
            ["1", "2"],
            [b"1", None],
            [[1, 2], [3]],
            [10**400],
            pd.Series([1, pd.NA]),
            pd.Series([1, "2"]),
            np.array(["2020"], dtype="M8[Y]"),
            1j,
        ],
    )
    def test_what_is_no_number(self, values):
        with pytest.raises(MeasureError, match="Populations must be numbers"):
            as_numbers(values, "Populations")

    def test_place_of_the_first_wrong_number(self):
        with pytest.raises(MeasureError, match="X must be finite numbers, but the value at position 1, 0 is"):
            as_numbers([[1.0, 2.0], [np.inf, np.nan]], "X")

    @pytest.mark.parametrize("seed", [1.0, "1", True, -3])
    def test_seeds_that_cannot_be_used(self, seed):
        with pytest.raises(MeasureError, match="seed must be a whole number"):
            generator(10, seed)

    @pytest.mark.parametrize(
        ("wanted", "given", "sentence"),
        [
            (["a", "b"], ["b", "c"], "must have the same labels, but 'a' is on one side only"),
            (["a", "a"], ["a", "b"], "must not repeat, but 'a' does"),
            (["a", "b"], ["b", "b"], "must not repeat, but 'b' does"),
        ],
    )
    def test_labels_that_differ(self, wanted, given, sentence):
        with pytest.raises(MeasureError, match=sentence):
            same_labels(pd.Index(wanted), pd.Index(given))
        same_labels(pd.Index(["a", "b"]), pd.Index(["b", "a"]))


class TestSpearman:
    def test_rows_against_scipy(self):
        rng = np.random.default_rng(1)
        x, y = rng.integers(0, 8, (5, 30)), rng.normal(size=(5, 30))
        by_row = [scipy.stats.spearmanr(one, other).statistic for one, other in zip(x, y, strict=True)]
        assert spearman(x, y) == pytest.approx(by_row, abs=1e-12)
        assert spearman(x.T, y.T, axis=0) == pytest.approx(by_row, abs=1e-12)

    def test_the_order_counts_and_not_the_distance(self):
        assert spearman([1, 2, 3, 4], [0, 1, 10, 1000]) == pytest.approx(1)
        assert spearman([1, 2, 3, 4], [5, 4, -1, -2]) == pytest.approx(-1)

    def test_it_is_a_statistic_for_the_bootstrap(self):
        rng = np.random.default_rng(2)
        x = rng.normal(size=60)
        low, high = bootstrap(spearman, x, x + rng.normal(size=60), paired=True, draws=499, seed=3)
        assert -1 < low < spearman(x, x) <= 1
        assert low < high < 1

    @pytest.mark.parametrize(
        ("x", "y", "says"),
        [
            ([1, 2, 3], [1, 2], "same states"),
            ([1], [2], "at least two"),
            ([1, 1, 1], [1, 2, 3], "x is constant"),
            ([[1, 2], [1, 2]], [[1, 2], [3, 3]], "y is constant"),
            ([1, np.nan], [1, 2], "The values of x"),
        ],
    )
    def test_bad_input_is_one_sentence(self, x, y, says):
        with pytest.raises(MeasureError, match=says):
            spearman(x, y)


class TestSuperiority:
    def test_counts_pairs_and_half_of_ties(self):
        found = intervals.superiority([1, 4, 4, 8], [0, 4, 5])
        pairs = [(a > b) + (a == b) / 2 for a in (1, 4, 4, 8) for b in (0, 4, 5)]
        assert found.value == pytest.approx(np.mean(pairs))

    def test_is_brunner_and_munzels_test(self):
        rng = np.random.default_rng(5)
        first, second = rng.normal(0.4, 1, 30), rng.normal(0, 3, 50)
        assert intervals.superiority(first, second).p == pytest.approx(
            scipy.stats.brunnermunzel(first, second).pvalue
        )

    def test_covers_at_its_nominal_level(self):
        rng = np.random.default_rng(6)
        truth = scipy.stats.norm.cdf(1 / np.sqrt(1 + 4))
        found = [intervals.superiority(rng.normal(1, 1, 25), rng.normal(0, 2, 60)) for _ in range(400)]
        assert 0.92 < np.mean([one.low <= truth <= one.high for one in found]) < 0.98

    def test_log_odds_hold_the_level_far_from_a_half(self):
        rng = np.random.default_rng(7)
        truth = scipy.stats.norm.cdf(1.5 / np.sqrt(2))
        pairs = [(rng.normal(1.5, 1, 12), rng.normal(0, 1, 60)) for _ in range(600)]
        below = {
            scale: np.mean([intervals.superiority(*pair, scale=scale).low > truth for pair in pairs])
            for scale in ("probability", "log odds")
        }
        assert below["log odds"] < 0.045
        assert below["probability"] > 0.06  # what the other scale is there for

    def test_log_odds_are_symmetric_around_the_value(self):
        plain, found = (
            intervals.superiority([3, 5, 6, 9], [1, 2, 4, 7], scale=scale)
            for scale in ("probability", "log odds")
        )
        value, low, high = scipy.special.logit(found[:3])
        assert value - low == pytest.approx(high - value)
        assert (found.value, found.p) == (plain.value, plain.p)
        assert high - value == pytest.approx((plain.value - plain.low) / (0.75 * 0.25))

    def test_the_groups_trade_places(self):
        one, other = intervals.superiority([1, 5, 7], [2, 3, 9]), intervals.superiority([2, 3, 9], [1, 5, 7])
        assert (one.value, one.low, one.high) == pytest.approx(
            (1 - other.value, 1 - other.high, 1 - other.low)
        )
        assert one.p == pytest.approx(other.p)

    @pytest.mark.parametrize(
        ("first", "second", "level", "says"),
        [
            ([1], [2, 3], 0.95, "first group needs a figure"),
            ([1, 2], [], 0.95, "second group"),
            ([1, np.nan], [2, 3], 0.95, "first group"),
            ([1, 2], [3, 4], 0.95, "No member of one group"),
            ([1, 3], [2, 4], 1.5, "level must be above 0"),
        ],
    )
    def test_errors(self, first, second, level, says):
        with pytest.raises(MeasureError, match=says):
            intervals.superiority(first, second, level)

    def test_an_unknown_scale_is_refused(self):
        with pytest.raises(MeasureError, match="scale must be 'probability' or 'log odds', got 'odds'"):
            intervals.superiority([1, 3], [2, 4], scale="odds")  # type: ignore[arg-type]
