"""How many tracks are open at the same time, and whether their number grows from year to year."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from cybergov.errors import MeasureError
from cybergov.measures.intervals import (
    _checked_level,
    _in_order,
    _index,
    _is_whole,
    _row,
    as_numbers,
    generator,
)

#: Years, some of which may be missing.
Years = npt.ArrayLike | Sequence[float | None]

# Newton's method: how small the last step must be, and how many steps there may be.
_TOLERANCE, _ITERATIONS = 1e-12, 1000


class RateRatio(NamedTuple):
    """A trend in counts: the factor by which they change from one year to the next."""

    ratio: float
    low: float
    high: float
    p: float


def open_by_year(opened: npt.ArrayLike, closed: Years, years: npt.ArrayLike) -> "pd.Series[int]":
    """Count the tracks that are open in each year.

    A track is open in the year in which it opens, in the year in which it closes and in all years
    between.

    Parameters
    ----------
    opened : array_like of whole years, shape (n,)
        Year in which each track opened.
    closed : array_like of whole years, shape (n,)
        Year in which it closed; missing if it is still open. Matched by name if both are Series.
    years : array_like of whole years, shape (t,)
        The window: consecutive years in rising order, for example ``range(1998, 2025)``.

    Returns
    -------
    Series of int, shape (t,)
        Number of tracks open in each year; the index holds the years. Tracks that lie wholly outside
        the window count in no year. No track at all gives zeros.

    Raises
    ------
    MeasureError
        If a year is no whole number, an opening year is missing, a track closes before it opens,
        lengths or labels differ, or the window is empty or has gaps.

    Examples
    --------
    >>> open_by_year([2001, 2003], [2002, None], range(2001, 2005)).tolist()
    [1, 1, 1, 1]
    """
    window = _window(years)
    first, last = _lives(opened, closed)
    start = np.clip(first, window[0], window[-1] + 1)
    end = np.clip(last, window[0] - 1, window[-1])
    counts = _counts(start[np.newaxis, :], end[np.newaxis, :], window)[0]
    return pd.Series(counts, index=pd.Index(window, name="year"), name="open")


def rate_ratio(
    counts: npt.ArrayLike, years: npt.ArrayLike, lags: int | None = None, level: float = 0.95
) -> RateRatio:
    """Yearly rate ratio of a series of counts, with an interval robust to autocorrelation.

    Poisson regression of the counts on the year with the logarithm as link: the expected count is
    exp(a + b · year) and the rate ratio exp(b). The standard errors are robust to heteroskedasticity
    and autocorrelation (Newey and West's estimator with Bartlett weights, as in statsmodels).

    Parameters
    ----------
    counts : array_like, shape (t,)
        Count of each year, at least 0.
    years : array_like of whole years, shape (t,)
        Consecutive years in rising order, at least three.
    lags : int, optional
        Number of lags that the standard errors take in, from 0 to t - 1. By default
        ⌊4 (t / 100)^(2/9)⌋, statsmodels' own rule: 2 for 27 years.
    level : float, default 0.95
        Level of the interval, strictly between 0 and 1.

    Returns
    -------
    RateRatio
        `ratio` per year (1 is no trend, 1.05 is five per cent more a year), `low` and `high`, the ends
        of its interval, and `p`, two-sided, for a ratio of 1. Interval and `p` rest on the normal
        distribution of b, the variance taken times t / (t - 2) for the short series. Constant counts
        give exactly 1, 1, 1 and p = 1.

    Raises
    ------
    MeasureError
        If there are fewer than three years or they have gaps, a count is negative or not finite, all
        counts are zero, all lie in the first or all in the last year, the lengths differ, or `lags`
        or `level` cannot be used.

    Notes
    -----
    Counts of tracks that stay open for years depend on the years before by their construction. The
    interval allows for that only in part; `uniform_openings` gives the null model that does.

    Examples
    --------
    >>> trend = rate_ratio([2, 1, 3, 2, 4, 3], range(2001, 2007))
    >>> round(trend.ratio, 3)
    1.163
    """
    level = _checked_level(level)
    figures = _row(counts, "Counts")
    window = _window(years)
    slope = float(np.log(rate_ratios(figures[np.newaxis, :], window)[0]))
    t = len(window)
    if lags is None:
        lags = int(np.floor(4 * (t / 100) ** (2 / 9)))
    if not _is_whole(lags) or not 0 <= lags < t:
        raise MeasureError(f"The number of lags must be a whole number from 0 to {t - 1}, got {lags!r}.")
    if np.ptp(figures) == 0:
        # No residuals: the estimator would divide rounding errors by rounding errors.
        return RateRatio(1.0, 1.0, 1.0, 1.0)
    x = window - window.mean()
    intercept = np.log(figures.sum() / np.exp(slope * x).sum())
    with warnings.catch_warnings():
        # A perfect fit is no failure here: a series that doubles every year has a ratio of 2.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        fit = sm.GLM(figures, sm.add_constant(x), family=sm.families.Poisson()).fit(
            start_params=[intercept, slope],
            cov_type="HAC",
            cov_kwds={"maxlags": int(lags), "use_correction": True},
        )
    low, high = np.exp(fit.conf_int(alpha=1 - level)[1])
    return RateRatio(float(np.exp(fit.params[1])), float(low), float(high), float(fit.pvalues[1]))


def rate_ratios(counts: npt.ArrayLike, years: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Yearly rate ratios of many series of counts at once, without intervals.

    The same Poisson regression as `rate_ratio`. With one regressor the slope b solves
    Σ yₜ xₜ / Σ yₜ = Σ xₜ exp(b xₜ) / Σ exp(b xₜ), which Newton's method does for all series together.

    Parameters
    ----------
    counts : array_like, shape (draws, t)
        One series a row; a count for each year, at least 0.
    years : array_like of whole years, shape (t,)
        Consecutive years in rising order, at least three.

    Returns
    -------
    ndarray of float, shape (draws,)
        Rate ratio per year, above 0; 1 is no trend, and what constant counts give. No row gives no
        ratio.

    Raises
    ------
    MeasureError
        If there are fewer than three years or they have gaps, a count is negative or not finite, a
        row is all zero, has all its counts in the first or all in the last year (the estimate would
        be infinite), or the lengths differ.

    Examples
    --------
    >>> rate_ratios([[3, 3, 3], [1, 2, 4]], range(2001, 2004)).round(6)
    array([1., 2.])
    """
    window = _window(years)
    t = len(window)
    if t < 3:
        raise MeasureError(f"A trend needs at least three years, got {t}.")
    figures = as_numbers(counts, "Counts")
    if figures.ndim != 2 or figures.shape[1] != t:
        raise MeasureError(
            f"Counts must have a column for each of the {t} years, got the shape {figures.shape}."
        )
    if (figures < 0).any():
        raise MeasureError("Counts must not be negative.")
    total = figures.sum(axis=1)
    if (total == 0).any():
        raise MeasureError(f"A trend needs counts above zero, but series {(total == 0).argmax()} has none.")
    for place, end in (((slice(None), slice(1, None)), "first"), ((slice(None), slice(-1)), "last")):
        alone = figures[place].sum(axis=1) == 0
        if alone.any():
            raise MeasureError(
                f"A trend needs counts in more than one year, "
                f"but series {alone.argmax()} has all of them in the {end} year."
            )
    # Seen from the end that the counts lean to, every trend is upwards, and `back` counts the years from it:
    # close to that end, differences of large numbers would lose the digits that matter.
    back = (window[-1] - window).astype(float)
    falling = figures @ back > total * back.mean()
    figures = np.where(falling[:, np.newaxis], figures[:, ::-1], figures)
    target = figures @ back / total
    slope = np.zeros(len(figures))
    for _ in range(_ITERATIONS):
        weight = np.exp(-slope[:, np.newaxis] * back)
        weight /= weight.sum(axis=1, keepdims=True)
        mean = weight @ back
        variance = (weight * (back - mean[:, np.newaxis]) ** 2).sum(axis=1)
        # Above zero the mean is a convex function of the slope: steps from zero never pass the solution.
        step = (mean - target) / variance
        slope += step
        if (np.abs(step) <= _TOLERANCE * np.maximum(1.0, np.abs(slope))).all():
            return np.exp(np.where(falling, -slope, slope))
    raise MeasureError(
        f"The trend of series {int(np.abs(step).argmax())} cannot be estimated from its counts."
    )


def uniform_openings(
    opened: npt.ArrayLike, closed: Years, years: npt.ArrayLike, draws: int, seed: int
) -> npt.NDArray[np.int64]:
    """Counts of open tracks if tracks opened evenly over the window: the null model of a trend.

    Every track that opened within the window keeps its length of life, and its opening year is
    drawn from the years of the window, each as probable as any other and independent of the rest. A
    track that is still open stays open to the end of the window; one that would outlive the window
    is cut off by it. So the null model piles up tracks that never close just as the figures do.

    Parameters
    ----------
    opened : array_like of whole years, shape (n,)
        Year in which each track opened.
    closed : array_like of whole years, shape (n,)
        Year in which it closed; missing if it is still open. Matched by name if both are Series.
    years : array_like of whole years, shape (t,)
        The window: consecutive years in rising order.
    draws : int
        Number of draws.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    ndarray of int, shape (draws, t)
        Number of tracks open in each year, one draw a row; `open_by_year` counts the same way. Tracks
        opened before the window are kept as they are, open at its start unless closed by then; tracks
        opened after it are left out. No track at all gives zeros.

    Raises
    ------
    MeasureError
        If a year is no whole number, an opening year is missing, a track closes before it opens,
        lengths or labels differ, the window is empty or has gaps, or `draws` or `seed` cannot be used.

    Examples
    --------
    >>> uniform_openings([2001], [2001], range(2001, 2005), draws=3, seed=1).sum(axis=1).tolist()
    [1, 1, 1]
    """
    window = _window(years)
    first, last = _lives(opened, closed)
    rng = generator(draws, seed)
    known = first <= window[-1]
    first, last = first[known], last[known]
    moving = first >= window[0]
    start = np.tile(first, (int(draws), 1))
    start[:, moving] = rng.integers(window[0], window[-1], endpoint=True, size=(int(draws), moving.sum()))
    # What is still open ends infinitely late, and no shift changes that.
    end = start + (last - first)
    return _counts(np.maximum(start, window[0]), np.clip(end, window[0] - 1, window[-1]), window)


def _counts(
    start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], window: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Count what is open in each year of the window, row by row: openings so far less closings before."""
    rows, t = len(start), len(window)
    offset = (np.arange(rows) * (t + 1))[:, np.newaxis]

    def tally(place: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        flat = (place - window[0]).astype(np.int64) + offset
        return np.bincount(flat.ravel(), minlength=rows * (t + 1)).reshape(rows, t + 1)[:, :t]

    return np.asarray((tally(start) - tally(end + 1)).cumsum(axis=1), dtype=np.int64)


def _window(years: npt.ArrayLike) -> npt.NDArray[np.int64]:
    numbers = _row(years, "The years of the window")
    if (numbers != np.rint(numbers)).any() or (np.diff(numbers) != 1).any():
        raise MeasureError("The window must be consecutive whole years in rising order, without gaps.")
    return numbers.astype(np.int64)


def _lives(opened: npt.ArrayLike, closed: Years) -> tuple[Any, Any]:
    """Return opening and closing years, the closing year infinite where a track is still open."""
    first = as_numbers(opened, "Opening years")
    ended = pd.Series(np.asarray(_in_order(_index(opened), closed)).ravel(), dtype=object)
    last = as_numbers(ended.where(ended.notna(), 0), "Closing years")
    if first.ndim != 1 or first.shape != last.shape:
        raise MeasureError(
            f"Every track needs an opening and a closing year, got {first.size} and {last.size} of them."
        )
    if (first != np.rint(first)).any() or (last != np.rint(last)).any():
        raise MeasureError("Opening and closing years must be whole numbers.")
    last = np.where(ended.isna(), np.inf, last)
    if (last < first).any():
        raise MeasureError(
            f"A track must not close before it opens, but the one at position {(last < first).argmax()} does."
        )
    return first, last
