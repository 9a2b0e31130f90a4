"""Open tracks year by year, their trend, and the null model of evenly drawn openings."""

import doctest
import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import statsmodels.api as sm

from cybergov.errors import MeasureError
from cybergov.measures import trends
from cybergov.measures.intervals import permutation_p
from cybergov.measures.trends import RateRatio, open_by_year, rate_ratio, rate_ratios, uniform_openings

WINDOW = range(2001, 2006)


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(trends)
    assert found.attempted >= 5
    assert found.failed == 0


class TestOpenByYear:
    def test_by_hand(self):
        #            2001 2002 2003 2004 2005
        # 2001-2002:   x    x
        # 2002-    :        x    x    x    x
        # 2004-2004:                  x
        # 1990-2001:   x
        # 1990-    :   x    x    x    x    x
        # 2005-2030:                       x
        # 1990-2000: none, 2006-: none
        found = open_by_year(
            [2001, 2002, 2004, 1990, 1990, 2005, 1990, 2006],
            [2002, None, 2004, 2001, None, 2030, 2000, None],
            WINDOW,
        )
        assert found.to_dict() == {2001: 3, 2002: 3, 2003: 2, 2004: 3, 2005: 3}
        assert found.dtype == np.int64

    @pytest.mark.parametrize(
        "closed",
        [
            [2002, None],
            [2002.0, np.nan],
            pd.Series([2002, pd.NA], dtype="Int64"),
            pd.Series([2002, None], dtype=float),
            np.array([2002, None], dtype=object),
        ],
    )
    def test_every_way_to_write_still_open(self, closed):
        assert open_by_year(pd.Series([2001, 2004]), closed, WINDOW).tolist() == [1, 1, 0, 1, 1]

    def test_order_of_the_tracks_does_not_matter(self):
        opened, closed = np.array([2001, 2003, 2004]), np.array([2004, np.nan, 2004])
        forwards = open_by_year(opened, closed, WINDOW)
        pd.testing.assert_series_equal(forwards, open_by_year(opened[::-1], closed[::-1], WINDOW))

    def test_years_are_matched_by_name(self):
        opened, closed = pd.Series([2001, 2004], ["a", "b"]), pd.Series([2004, 2002], ["b", "a"])
        assert open_by_year(opened, closed, WINDOW).tolist() == [1, 1, 0, 1, 0]
        assert uniform_openings(opened, closed, WINDOW, draws=3, seed=1).min() >= 0

    def test_sum_over_the_years_is_the_sum_of_the_lives(self):
        rng = np.random.default_rng(1)
        opened = rng.integers(2001, 2011, size=40)
        closed = opened + rng.integers(0, 5, size=40)
        assert open_by_year(opened, closed, range(2001, 2021)).sum() == (closed - opened + 1).sum()

    def test_no_track_and_one_year(self):
        assert open_by_year([], [], WINDOW).tolist() == [0] * 5
        assert open_by_year([2001], [None], [2001]).to_dict() == {2001: 1}

    @pytest.mark.parametrize(
        ("opened", "closed", "years", "sentence"),
        [
            ([2001.5], [2002], WINDOW, "years must be whole numbers"),
            ([2001], [2002.5], WINDOW, "years must be whole numbers"),
            ([2001, None], [2002, 2003], WINDOW, "Opening years must be finite numbers"),
            ([2001], [np.inf], WINDOW, "Closing years must be finite numbers"),
            (["2001"], [2002], WINDOW, "Opening years must be numbers"),
            ([2001], [""], WINDOW, "Closing years must be numbers"),
            ([2001, 2003], [None, 2002], WINDOW, "close before it opens, but the one at position 1 does"),
            ([2001, 2002], [None], WINDOW, "got 2 and 1 of them"),
            ([2001], [None], [], "window must be one row, 1 or more"),
            ([2001], [None], [2001, 2003], "consecutive whole years"),
            ([2001], [None], [2002, 2001], "consecutive whole years"),
            ([2001], [None], [2001.5, 2002.5], "consecutive whole years"),
            ([2001], [None], 2001, "window must be one row, 1 or more"),
            (pd.Series([2001], ["a"]), pd.Series([2002], ["b"]), WINDOW, "same labels, but 'a' is on one"),
        ],
    )
    def test_errors(self, opened, closed, years, sentence):
        with pytest.raises(MeasureError, match=sentence):
            open_by_year(opened, closed, years)
        with pytest.raises(MeasureError, match=sentence):
            uniform_openings(opened, closed, years, draws=3, seed=1)


def newey_west_by_hand(counts, years, lags):
    """Sandwich of the Poisson regression, written out: bread, Bartlett weights, small-sample factor."""
    x = np.column_stack([np.ones(len(years)), np.asarray(years) - np.mean(years)])
    beta = sm.GLM(counts, x, family=sm.families.Poisson()).fit(tol=1e-14).params
    mean = np.exp(x @ beta)
    score = x * (counts - mean)[:, np.newaxis]
    meat = score.T @ score
    for lag in range(1, lags + 1):
        cross = score[lag:].T @ score[:-lag]
        meat += (1 - lag / (lags + 1)) * (cross + cross.T)
    bread = np.linalg.inv(x.T @ (x * mean[:, np.newaxis]))
    t = len(years)
    error = np.sqrt((bread @ meat @ bread)[1, 1] * t / (t - 2))
    return beta[1], error


class TestRateRatio:
    years = np.arange(1998, 2025)
    counts = np.random.default_rng(2).poisson(np.exp(0.5 + 0.06 * (years - 1998)))

    def test_growth_without_noise(self):
        found = rate_ratio([3.0, 3.3, 3.63, 3.993], range(2001, 2005))
        assert found.ratio == pytest.approx(1.1)
        assert (found.low, found.high) == pytest.approx((1.1, 1.1))
        assert found.p < 1e-6

    def test_three_years_by_hand(self):
        # With x = -1, 0, 1 and counts 1, 1, 2 the slope solves Σyx/Σy = 1/4 = (r - 1/r) / (1/r + 1 + r),
        # that is 3r² - r - 5 = 0, so r = (1 + √61) / 6.
        assert rate_ratio([1, 1, 2], [2001, 2002, 2003]).ratio == pytest.approx((1 + np.sqrt(61)) / 6)

    @pytest.mark.parametrize(("lags", "used"), [(None, 2), (0, 0), (1, 1), (5, 5)])
    def test_newey_west_written_out(self, lags, used):
        # By default 4 · (27/100)^(2/9) = 2.99, cut to 2.
        slope, error = newey_west_by_hand(self.counts, self.years, used)
        found = rate_ratio(self.counts, self.years, lags=lags)
        assert found.ratio == pytest.approx(np.exp(slope))
        assert found.low == pytest.approx(np.exp(slope - 1.959964 * error), rel=1e-7)
        assert found.high == pytest.approx(np.exp(slope + 1.959964 * error), rel=1e-7)
        assert found.p == pytest.approx(2 * scipy.stats.norm.sf(slope / error), rel=1e-6)

    def test_invariances(self):
        expected = rate_ratio(self.counts, self.years)
        assert rate_ratio(7 * self.counts, self.years) == pytest.approx(expected)
        assert rate_ratio(self.counts, self.years - 1900) == pytest.approx(expected)
        back = rate_ratio(self.counts[::-1], self.years)
        assert back.ratio == pytest.approx(1 / expected.ratio)
        assert (back.low, back.high) == pytest.approx((1 / expected.high, 1 / expected.low))
        assert back.p == pytest.approx(expected.p)

    def test_constant_counts(self):
        assert rate_ratio([4, 4, 4, 4], range(2001, 2005)) == RateRatio(1.0, 1.0, 1.0, 1.0)

    def test_plain_floats_come_back(self):
        found = rate_ratio(self.counts, self.years)
        assert [type(value) for value in found] == [float] * 4

    @pytest.mark.parametrize(
        ("counts", "years", "options", "sentence"),
        [
            ([1, 2], [2001, 2002], {}, "at least three years, got 2"),
            ([1, 2, 3], [2001, 2002, 2004], {}, "consecutive whole years"),
            ([1, 2, 3, 4], [2001, 2002, 2003], {}, "a column for each of the 3 years"),
            ([[1, 2, 3]], [2001, 2002, 2003], {}, "Counts must be one row"),
            ([1, -2, 3], [2001, 2002, 2003], {}, "Counts must not be negative"),
            ([1, np.nan, 3], [2001, 2002, 2003], {}, "Counts must be finite numbers"),
            ([0, 0, 0], [2001, 2002, 2003], {}, "needs counts above zero"),
            ([5, 0, 0], [2001, 2002, 2003], {}, "all of them in the first year"),
            ([0, 0, 5], [2001, 2002, 2003], {}, "all of them in the last year"),
            ([1, 2, 3], [2001, 2002, 2003], {"lags": 3}, "whole number from 0 to 2, got 3"),
            ([1, 2, 3], [2001, 2002, 2003], {"lags": -1}, "whole number from 0 to 2, got -1"),
            ([1, 2, 3], [2001, 2002, 2003], {"lags": 1.5}, "whole number from 0 to 2, got 1.5"),
            ([1, 2, 3], [2001, 2002, 2003], {"level": 1}, "between 0 and 1, got 1"),
            ([1, 2, 3], [2001, 2002, 2003], {"level": None}, "between 0 and 1, got None"),
        ],
    )
    def test_errors(self, counts, years, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            rate_ratio(counts, years, **options)


class TestRateRatios:
    def test_agrees_with_statsmodels(self):
        rng = np.random.default_rng(3)
        years = np.arange(1998, 2025)
        slopes = rng.uniform(-0.4, 0.4, size=60)
        counts = rng.poisson(np.exp(1 + slopes[:, np.newaxis] * (years - 2011)))
        found = rate_ratios(counts, years)
        design = sm.add_constant(years - 2011.0)
        for row, ratio in zip(counts, found, strict=True):
            fit = sm.GLM(row, design, family=sm.families.Poisson()).fit(tol=1e-14, maxiter=200)
            assert ratio == pytest.approx(np.exp(fit.params[1]), abs=1e-8, rel=1e-8)

    def test_steep_and_sparse_series(self):
        # Two counts in the last two of 20 years, in the ratio 1 to k: far from where Newton starts.
        years = np.arange(2001, 2021)
        counts = np.zeros((3, 20))
        counts[:, -2] = 1
        counts[:, -1] = [1, 100, 1e12]
        counts = np.vstack([counts, counts[:, ::-1]])
        found = rate_ratios(counts, years)
        # The estimate makes the expected mean distance from the end the observed one, 1 / (1 + k).
        for k, ratio in zip([1, 100, 1e12], found[:3], strict=True):
            back = 2020 - years
            assert np.average(back, weights=ratio**-back) == pytest.approx(1 / (1 + k), rel=1e-9)
        assert found[:3] * found[3:] == pytest.approx(np.ones(3), rel=1e-9)

    def test_no_estimate_is_no_silence(self, monkeypatch):
        monkeypatch.setattr(trends, "_ITERATIONS", 2)
        with pytest.raises(MeasureError, match="series 1 cannot be estimated"):
            rate_ratios([[1, 1, 1, 1, 1], [0, 0, 0, 1, 50]], WINDOW)

    def test_each_row_by_itself(self):
        counts = np.array([[1, 2, 3, 1, 5], [4, 4, 4, 4, 4], [9, 0, 0, 1, 1]])
        together = rate_ratios(counts, WINDOW)
        alone = [rate_ratio(row, WINDOW).ratio for row in counts]
        assert together == pytest.approx(alone)
        assert together[1] == pytest.approx(1, abs=1e-12)

    def test_no_row(self):
        assert rate_ratios(np.empty((0, 5)), WINDOW).shape == (0,)

    @pytest.mark.parametrize(
        ("counts", "sentence"),
        [
            ([1, 2, 3, 4, 5], r"got the shape \(5,\)"),
            ([[1, 2, 3]], r"each of the 5 years, got the shape \(1, 3\)"),
            ([[1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], "but series 1 has none"),
            ([[1, 1, 1, 1, 1], [0, 0, 0, 0, 2]], "series 1 has all of them in the last year"),
            ([[3, 0, 0, 0, 0]], "series 0 has all of them in the first year"),
            ([[1, 1, 1, 1, -1]], "must not be negative"),
        ],
    )
    def test_errors(self, counts, sentence):
        with pytest.raises(MeasureError, match=sentence):
            rate_ratios(counts, WINDOW)


class TestUniformOpenings:
    def test_every_placing_is_equally_probable(self):
        # A track of two years and one that never closes, in three years: nine placings. The first, from
        # the last year, is cut off by the window.
        first = {0: (1, 1, 0), 1: (0, 1, 1), 2: (0, 0, 1)}
        second = {0: (1, 1, 1), 1: (0, 1, 1), 2: (0, 0, 1)}
        exact = Counter(
            tuple(a + b for a, b in zip(one, other, strict=True))
            for one, other in itertools.product(first.values(), second.values())
        )
        drawn = uniform_openings([2001, 2003], [2002, None], range(2001, 2004), draws=9000, seed=1)
        counted = Counter(map(tuple, drawn.tolist()))
        assert set(counted) == set(exact)
        expected = [1000 * exact[key] for key in counted]
        assert scipy.stats.chisquare(list(counted.values()), expected).pvalue > 0.001

    def test_each_track_keeps_its_length_of_life(self):
        # Alone in a wide window, unless cut off by its end, a track of three years counts three times.
        years = range(2001, 2101)
        drawn = uniform_openings([2050], [2052], years, draws=2000, seed=2)
        sums = drawn.sum(axis=1)
        assert set(sums) <= {1, 2, 3}
        assert (sums == 3).mean() == pytest.approx(0.98, abs=0.02)
        starts = drawn.argmax(axis=1)
        assert starts.mean() == pytest.approx(49.5, abs=3)
        assert {starts.min(), starts.max()} == {0, 99}

    def test_still_open_stays_open(self):
        drawn = uniform_openings([2003], [None], WINDOW, draws=300, seed=3)
        assert (np.diff(drawn, axis=1) >= 0).all()
        assert (drawn[:, -1] == 1).all()
        assert set(drawn.sum(axis=1)) == {1, 2, 3, 4, 5}

    def test_closing_after_the_window_is_a_length_of_life(self):
        # 2004 to 2007 is a life of four years and not an open end: drawn to 2001 it closes in 2004.
        drawn = uniform_openings([2004], [2007], WINDOW, draws=300, seed=3)
        assert [1, 1, 1, 1, 0] in drawn.tolist()
        assert [1, 1, 1, 1, 1] not in drawn.tolist()

    def test_tracks_opened_before_the_window_stay_where_they_are(self):
        drawn = uniform_openings([1990, 1995, 1990], [None, 2002, 1999], WINDOW, draws=50, seed=4)
        assert drawn.tolist() == [[2, 2, 1, 1, 1]] * 50

    def test_tracks_opened_after_the_window_are_left_out(self):
        assert uniform_openings([2006, 2030], [2006, None], WINDOW, draws=9, seed=4).sum() == 0

    def test_a_window_of_one_year_leaves_nothing_to_draw(self):
        opened, closed = [1999, 2001, 2001, 2002], [None, 2001, None, None]
        drawn = uniform_openings(opened, closed, [2001], draws=4, seed=1)
        assert drawn.tolist() == [open_by_year(opened, closed, [2001]).tolist()] * 4

    def test_seed_and_shape(self):
        opened, closed = [2001, 2002, 2003, 2004], [2001, None, 2004, None]
        first = uniform_openings(opened, closed, WINDOW, draws=30, seed=1)
        assert first.shape == (30, 5)
        assert first.dtype == np.int64
        assert np.array_equal(first, uniform_openings(opened, closed, WINDOW, draws=30, seed=1))
        assert not np.array_equal(first, uniform_openings(opened, closed, WINDOW, draws=30, seed=2))

    def test_no_track(self):
        assert uniform_openings([], [], WINDOW, draws=2, seed=1).tolist() == [[0] * 5] * 2

    def test_errors_of_draws_and_seed(self):
        with pytest.raises(MeasureError, match="draws must be"):
            uniform_openings([2001], [None], WINDOW, draws=0, seed=1)
        with pytest.raises(MeasureError, match="seed must be"):
            uniform_openings([2001], [None], WINDOW, draws=2, seed=-1)

    def test_tracks_that_never_close_pile_up_without_any_trend_in_openings(self):
        # One opening a year for twenty years, none ever closed: the counts grow from 1 to 20, but evenly
        # drawn openings give as steep a trend in about half the draws.
        years = range(2001, 2021)
        opened, closed = np.arange(2001, 2021), [None] * 20
        counts = open_by_year(opened, closed, years)
        trend = rate_ratio(counts, years)
        null = rate_ratios(uniform_openings(opened, closed, years, draws=999, seed=1), years)
        assert trend.low > 1
        assert 0.3 < permutation_p(trend.ratio, null, "greater") < 0.7

    def test_late_openings_are_steeper_than_the_null_model(self):
        years = range(2001, 2021)
        opened = [2001, 2008, *np.repeat(np.arange(2014, 2021), 3)]
        closed = [None] * len(opened)
        trend = rate_ratio(open_by_year(opened, closed, years), years)
        null = rate_ratios(uniform_openings(opened, closed, years, draws=999, seed=1), years)
        assert permutation_p(trend.ratio, null, "greater") < 0.01
