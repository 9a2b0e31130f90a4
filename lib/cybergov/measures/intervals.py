"""How sure a figure is: bootstrap and Wilson intervals, permutations within strata and their p."""

import warnings
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.stats
from statsmodels.stats.proportion import proportion_confint

from cybergov.errors import MeasureError

Alternative = Literal["two-sided", "greater", "less"]
BootstrapMethod = Literal["percentile", "basic", "BCa"]

# Resamples per pass. It bounds the memory; it is fixed because it fixes the order of the random numbers.
_BATCH = 500

# Two statistics this close, relative to the largest figure at hand, differ by rounding alone.
_TIE = 1e-9


class Interval(NamedTuple):
    """The two ends of an interval, in the unit of the figure that it belongs to."""

    low: float
    high: float


def as_numbers(values: npt.ArrayLike, what: str) -> npt.NDArray[np.float64]:
    """Turn what a measure was given into finite floating-point numbers, or say what is wrong.

    Parameters
    ----------
    values : array_like
        Numbers in any shape; pandas objects are taken by position.
    what : str
        Name of the figures, the subject of the error's sentence.

    Returns
    -------
    ndarray of float
        Same shape as `values`.

    Raises
    ------
    MeasureError
        If a value is no number, missing or infinite.
    """
    try:
        raw = np.asarray(values)
        # Text that looks like a number is a column read wrongly, and dates are no figures.
        if raw.dtype.kind not in "biufO" or any(isinstance(value, str) for value in raw.flat):
            raise TypeError(raw.dtype)
        numbers = raw.astype(float)
    except (TypeError, ValueError) as error:
        raise MeasureError(f"{what} must be numbers, without missing values.") from error
    if not np.isfinite(numbers).all():
        raise MeasureError(f"{what} must be finite numbers, but {_first(~np.isfinite(numbers))} is not.")
    return numbers


def generator(draws: int, seed: int) -> np.random.Generator:
    """Give the random numbers of a seed, after a look at how many draws they are for.

    Parameters
    ----------
    draws : int
        Number of draws, at least 1.
    seed : int
        Whole number of at least 0; the same seed gives the same digits.

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    MeasureError
        If `draws` or `seed` is no whole number or too small.
    """
    if not _is_whole(draws) or draws < 1:
        raise MeasureError(f"The number of draws must be a whole number of at least 1, got {draws!r}.")
    if not _is_whole(seed) or seed < 0:
        raise MeasureError(f"The seed must be a whole number of at least 0, got {seed!r}.")
    return np.random.default_rng(int(seed))


def bootstrap(
    statistic: Callable[..., Any],
    *samples: npt.ArrayLike,
    draws: int = 4999,
    seed: int,
    level: float = 0.95,
    method: BootstrapMethod = "percentile",
) -> Interval:
    """Bootstrap interval of a statistic of one or several independent samples.

    Each sample is drawn anew from itself, with replacement and at its own size. The drawing is
    `scipy.stats.bootstrap`'s.

    Parameters
    ----------
    statistic : callable
        Takes as many arrays as there are samples and returns one number. If it has a parameter
        `axis`, it is called on whole matrices of resamples, which is far faster.
    *samples : array_like, each of shape (n_i,)
        Independent samples of at least two values each; their sizes may differ.
    draws : int, default 4999
        Number of resamples.
    seed : int
        Seed of the random numbers.
    level : float, default 0.95
        Level of the interval, strictly between 0 and 1.
    method : {"percentile", "basic", "BCa"}, default "percentile"
        How the interval is read off the resamples (Efron and Tibshirani 1993, chapters 13 and 14).

    Returns
    -------
    Interval
        In the unit of the statistic. Samples that are constant give an interval of no width with
        "percentile" and "basic"; "BCa" is not defined for them.

    Raises
    ------
    MeasureError
        If there is no sample, a sample holds fewer than two values or one that is not finite, the
        statistic is not finite, or `draws`, `seed`, `level` or `method` cannot be used.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall.

    Examples
    --------
    >>> bootstrap(np.mean, [2, 2, 2], draws=99, seed=1)
    Interval(low=2.0, high=2.0)
    """
    level = _checked_level(level)
    if method not in ("percentile", "basic", "BCa"):
        raise MeasureError(f"The method must be 'percentile', 'basic' or 'BCa', got {method!r}.")
    if not samples:
        raise MeasureError("A bootstrap needs at least one sample, got none.")
    data = [as_numbers(sample, f"The values of sample {i}") for i, sample in enumerate(samples, start=1)]
    for i, sample in enumerate(data, start=1):
        if sample.ndim != 1 or sample.size < 2:
            raise MeasureError(
                f"A bootstrap needs one row of at least two values in every sample, "
                f"but sample {i} has the shape {sample.shape}."
            )
    # Where BCa is not defined, scipy warns and returns no number: the sentence below says so instead.
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy.stats.DegenerateDataWarning)
        found = scipy.stats.bootstrap(
            data,
            statistic,
            n_resamples=int(draws),
            batch=_BATCH,
            confidence_level=level,
            method=method,
            rng=generator(draws, seed),
        )
    if not np.isfinite(found.bootstrap_distribution).all():
        raise MeasureError("The statistic is not a finite number in every resample of the samples.")
    low, high = (float(end) for end in found.confidence_interval)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise MeasureError(f"The bootstrap interval {method!r} is not defined for samples without variation.")
    return Interval(low, high)


def percentile_interval(draws: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Percentile interval of bootstrap draws that are at hand.

    Its ends are the quantiles (1 - level) / 2 and (1 + level) / 2 of the draws, with linear
    interpolation (Efron and Tibshirani 1993, chapter 13).

    Parameters
    ----------
    draws : array_like, shape (draws,)
        The statistic in every draw.
    level : float, default 0.95
        Level of the interval, strictly between 0 and 1.

    Returns
    -------
    Interval
        In the unit of the draws; constant draws give an interval of no width.

    Raises
    ------
    MeasureError
        If there is no draw, one is not finite, they are no single row, or `level` cannot be used.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall.

    Examples
    --------
    >>> percentile_interval([0.0, 1.0, 2.0, 3.0, 4.0], level=0.5)
    Interval(low=1.0, high=3.0)
    """
    level = _checked_level(level)
    values = as_numbers(draws, "The draws")
    if values.ndim != 1 or values.size == 0:
        raise MeasureError(
            f"A percentile interval needs one row of at least one draw, got the shape {values.shape}."
        )
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def wilson(successes: int | np.integer[Any], trials: int | np.integer[Any], level: float = 0.95) -> Interval:
    """Wilson's score interval of a share.

    With the share f = successes / trials, n trials and the normal quantile z, its ends are
    (f + z² / 2n ± z √(f (1 - f) / n + z² / 4n²)) / (1 + z² / n) (Wilson 1927).

    Parameters
    ----------
    successes : int
        Number of successes, from 0 to `trials`.
    trials : int
        Number of trials, at least 1.
    level : float, default 0.95
        Level of the interval, strictly between 0 and 1.

    Returns
    -------
    Interval
        As shares, 0 to 1. Unlike the share plus and minus its standard error it keeps a width when
        there is no success or no failure, and never leaves 0 to 1.

    Raises
    ------
    MeasureError
        If `trials` is below 1, `successes` not between 0 and `trials`, one of them no whole number,
        or `level` cannot be used.

    References
    ----------
    Wilson, E. B. (1927). Probable Inference, the Law of Succession, and Statistical Inference.
    Journal of the American Statistical Association 22(158), 209-212.

    Examples
    --------
    >>> low, high = wilson(10, 20)
    >>> round(low, 4), round(high, 4)
    (0.2993, 0.7007)
    """
    level = _checked_level(level)
    if not _is_whole(trials) or trials < 1:
        raise MeasureError(f"A Wilson interval needs a whole number of at least one trial, got {trials!r}.")
    if not _is_whole(successes) or not 0 <= successes <= trials:
        raise MeasureError(f"The successes must be a whole number from 0 to {trials}, got {successes!r}.")
    low, high = proportion_confint(int(successes), int(trials), alpha=1 - level, method="wilson")
    # At the borders the end is the border itself, and rounding misses it by the last digit.
    return Interval(
        0.0 if successes == 0 else float(low),
        1.0 if successes == trials else float(high),
    )


def permute_within(
    labels: npt.ArrayLike, strata: npt.ArrayLike, draws: int, seed: int
) -> npt.NDArray[np.bool_]:
    """Deal labels out anew, at random, among the members of the same stratum.

    In every draw each stratum keeps its number of labels, and each way of placing them in it is as
    probable as any other.

    Parameters
    ----------
    labels : array_like of bool, shape (n,)
        Who carries the label, for example which resolutions are about cyber.
    strata : array_like, shape (n,)
        Stratum of each, for example the period or the session; text, numbers or booleans.
    draws : int
        Number of draws.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    ndarray of bool, shape (draws, n)
        One dealing a row. A stratum whose members all or none carry the label stays as it is, so
        that with constant labels every row equals `labels`. No member at all gives no columns.

    Raises
    ------
    MeasureError
        If labels are no booleans, a stratum is missing, the two differ in length, or `draws` or
        `seed` cannot be used.

    Examples
    --------
    >>> permute_within([True, False, True, True], ["a", "a", "b", "b"], draws=2, seed=1)[:, 2:].tolist()
    [[True, True], [True, True]]
    """
    marked = np.asarray(labels)
    if marked.ndim != 1 or (marked.dtype != np.bool_ and marked.size > 0):
        raise MeasureError("The labels to permute must be one row of booleans, without missing values.")
    of_stratum = pd.Series(np.asarray(strata).ravel())
    if len(of_stratum) != marked.size:
        raise MeasureError(
            f"Every label needs a stratum: got {marked.size} labels, {len(of_stratum)} strata."
        )
    if of_stratum.isna().any():
        raise MeasureError(
            f"Every label needs a stratum, but {_first(of_stratum.isna().to_numpy())} has none."
        )
    rng = generator(draws, seed)
    dealt = np.tile(marked.astype(bool), (int(draws), 1))
    codes, found = pd.factorize(of_stratum, sort=True)
    for code in range(len(found)):
        members = np.flatnonzero(codes == code)
        dealt[:, members] = rng.permuted(dealt[:, members], axis=1)
    return dealt


def permutation_p(observed: float, null: npt.ArrayLike, alternative: Alternative = "two-sided") -> float:
    """Share of a null model's draws that are at least as extreme as what was observed.

    p = (1 + number of such draws) / (1 + number of draws): the observed value counts as one draw of
    the null model, so that p is never 0. Draws that equal the observed value up to rounding count as
    at least as extreme.

    Parameters
    ----------
    observed : float
        The statistic as observed.
    null : array_like, shape (draws,)
        The statistic in every draw of the null model.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        "greater" counts draws of at least `observed`, "less" of at most `observed`, "two-sided" draws
        of at least the same distance from zero. "two-sided" therefore asks for a statistic that is
        zero when there is nothing to see: a difference, or the logarithm of a ratio.

    Returns
    -------
    float
        Above 0, at most 1; the smallest value possible is 1 / (1 + draws). A null model that always
        gives the observed value has p = 1.

    Raises
    ------
    MeasureError
        If there is no draw, a value is not finite, or the alternative is none of the three.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall,
    chapter 15 on permutation tests.

    Examples
    --------
    >>> permutation_p(2.0, [-3.0, -1.0, 0.0, 1.0])
    0.4
    >>> permutation_p(2.0, [-3.0, -1.0, 0.0, 1.0], alternative="greater")
    0.2
    """
    if alternative not in ("two-sided", "greater", "less"):
        raise MeasureError(f"The alternative must be 'two-sided', 'greater' or 'less', got {alternative!r}.")
    seen = as_numbers(observed, "The observed value")
    drawn = as_numbers(null, "The draws of the null model")
    if seen.ndim != 0:
        raise MeasureError("The observed value must be a single number.")
    if drawn.ndim != 1 or drawn.size == 0:
        raise MeasureError(
            f"The null model must be one row of at least one draw, got the shape {drawn.shape}."
        )
    slack = _TIE * max(float(np.abs(seen)), float(np.abs(drawn).max()))
    if alternative == "greater":
        as_extreme = drawn >= seen - slack
    elif alternative == "less":
        as_extreme = drawn <= seen + slack
    else:
        as_extreme = np.abs(drawn) >= np.abs(seen) - slack
    return float((1 + np.count_nonzero(as_extreme)) / (1 + drawn.size))


def _checked_level(level: float) -> float:
    if not 0 < level < 1:
        raise MeasureError(f"The level of an interval must lie between 0 and 1, got {level!r}.")
    return float(level)


def _is_whole(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def _first(wrong: npt.NDArray[np.bool_]) -> str:
    """Name the place of the first value that is wrong, counted from 0."""
    places = np.argwhere(wrong)[0]
    if places.size == 0:
        return "it"
    return "the value at position " + ", ".join(str(place) for place in places)
