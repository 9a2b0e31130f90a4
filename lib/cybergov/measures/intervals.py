"""How sure a figure is: bootstrap, jackknife and Wilson intervals, permutation tests and their p.

The states of a bootstrap may be drawn plainly, in whole clusters, within strata or with unequal
probabilities. `multiplicities` does the drawing, `bootstrap` goes from a statistic to its interval.

References
----------
Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall.
"""

import inspect
import math
import warnings
from collections.abc import Callable
from itertools import combinations
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.linalg
import scipy.special
import scipy.stats
from statsmodels.stats.nonparametric import rank_compare_2indep
from statsmodels.stats.proportion import proportion_confint

from cybergov.errors import MeasureError

Alternative = Literal["two-sided", "greater", "less"]
BootstrapMethod = Literal["percentile", "BCa"]
CorrelationMethod = Literal["pearson", "spearman"]

#: What a statistic is called on: resampled values, or how often each state was drawn.
Takes = Literal["values", "multiplicities"]
Scale = Literal["probability", "log odds"]

# Resamples per pass. It bounds the memory; it is fixed because it fixes the order of the random numbers.
_BATCH = 500

# Rearranged labels per call of a statistic; it bounds the memory and changes no digit.
_ROWS = 5000

# Two statistics differ by rounding alone if they are this close relative to themselves, or so much closer
# relative to the largest figure at hand: near zero rounding is large beside the statistic itself.
_TIE, _TIE_AT_ZERO = 1e-9, 1e-12


class Interval(NamedTuple):
    """The two ends of an interval, in the unit of the figure that it belongs to."""

    low: float
    high: float


class PermutationTest(NamedTuple):
    """A statistic as observed, and how often chance gives one at least as extreme.

    `p` is exact if all `arrangements` were gone through, otherwise it is estimated from as many
    random ones.
    """

    statistic: float
    p: float
    arrangements: int
    exact: bool


class Superiority(NamedTuple):
    """How often a member of one group has more than one of another, its interval, and p of no difference."""

    value: float
    low: float
    high: float
    p: float


class _Design(NamedTuple):
    """Who is drawn: the unit of each state, and of each unit its name, its stratum and its weight."""

    unit: npt.NDArray[np.intp]
    names: "pd.Index[Any]"
    stratum: npt.NDArray[np.intp]
    weight: npt.NDArray[np.float64]


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
        if raw.dtype.kind not in "biufO":
            raise TypeError(raw.dtype)
        if raw.dtype.kind == "O" and any(isinstance(value, str | bytes) for value in raw.flat):
            raise TypeError(raw.dtype)
        numbers = raw.astype(float)
    except (TypeError, ValueError, OverflowError) as error:
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


def multiplicities(
    n: int,
    draws: int,
    seed: int,
    *,
    clusters: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    probabilities: npt.ArrayLike | None = None,
) -> npt.NDArray[np.float64]:
    """Draw states anew, with replacement, and count how often each is drawn.

    A statistic that takes these counts as weights is computed for thousands of draws at once: the
    mean of x, for example, is ``times @ x / times.sum(axis=1)``.

    Parameters
    ----------
    n : int
        Number of states, at least 1.
    draws : int
        Number of draws.
    seed : int
        Seed of the random numbers; the same order of the states gives the same digits.
    clusters : array_like, shape (n,), optional
        Cluster of each state, for example its region. Whole clusters are then drawn, as many as there
        are; a state occurs as often as its cluster.
    strata : array_like, shape (n,), optional
        Stratum of each state. The drawing then takes place within each stratum, which keeps its
        number of states or, with `clusters`, of clusters. No cluster may lie in several strata.
    probabilities : array_like, shape (n,), optional
        What the probability of each state is proportional to, within its stratum if there are strata;
        at least 0. A cluster has the sum of its states. By default all states are equally probable,
        or all clusters if these are drawn.

    Returns
    -------
    ndarray of float, shape (draws, n)
        Whole numbers of at least 0, as floats so that they multiply fast. A row adds up to `n`,
        except with clusters of unequal size.

    Raises
    ------
    MeasureError
        If `n`, `draws` or `seed` cannot be used, a cluster, stratum or probability is missing,
        lengths differ, a cluster lies in several strata, or the probabilities of a stratum are
        negative, all zero or too large to be added up.

    Notes
    -----
    Drawn with unequal probabilities, a statistic estimates what it is for the weighted states: the
    plain mean of states drawn in proportion to their people estimates the mean over people. Weights
    that are to be carried along instead are one more column of the states, which the statistic uses.

    References
    ----------
    Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application. Cambridge
    University Press, chapters 2 and 3.

    Examples
    --------
    >>> times = multiplicities(4, draws=3, seed=1, clusters=["a", "a", "b", "b"])
    >>> times.tolist()
    [[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 2.0]]
    """
    if not _is_whole(n) or n < 1:
        raise MeasureError(f"The number of states to draw from must be at least 1, got {n!r}.")
    return _multiplicities(_design(int(n), clusters, strata, probabilities), draws, generator(draws, seed))


def bootstrap(
    statistic: Callable[..., Any],
    *samples: npt.ArrayLike,
    draws: int = 4999,
    seed: int,
    level: float = 0.95,
    method: BootstrapMethod = "percentile",
    takes: Takes = "values",
    paired: bool = False,
    clusters: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    probabilities: npt.ArrayLike | None = None,
) -> Interval:
    """Bootstrap interval of a statistic of independent samples, or of several columns of the same states.

    Independent samples are each drawn anew from themselves, with replacement and at their own size.
    Columns of the same states are drawn together: with `paired`, and always with multiplicities,
    clusters, strata or probabilities. Values drawn plainly are drawn by `scipy.stats.bootstrap`, all
    others by `multiplicities`.

    Parameters
    ----------
    statistic : callable
        Returns one number. It takes as many arrays as there are samples; if it has a parameter
        `axis`, it is called on whole matrices of resamples, which is far faster. With
        ``takes="multiplicities"`` it takes the counts of the draws, of shape (rows, n), then the
        samples as they are, and returns one number for each row, which is faster still.
    *samples : array_like, each of shape (n_i,)
        Samples of at least two values each. If they are independent, their sizes may differ. Columns
        of the same states have the same length, and are matched by name if they are Series; with
        multiplicities they may have further axes, the first being the states.
    draws : int, default 4999
        Number of resamples.
    seed : int
        Seed of the random numbers.
    level : float, default 0.95
        Level of the interval, strictly between 0 and 1.
    method : {"percentile", "BCa"}, default "percentile"
        How the interval is read off the resamples (Efron and Tibshirani 1993, chapters 13 and 14).
        "BCa" is `bca_interval`'s, with the states or clusters left out one by one, and is not offered
        with `probabilities`.
    takes : {"values", "multiplicities"}, default "values"
        What the statistic is called on.
    paired : bool, default False
        Whether the samples are columns of the same states.
    clusters, strata, probabilities : array_like, shape (n,), optional
        How the states are drawn, as in `multiplicities`. If they and the first sample are Series,
        they are matched by name.

    Returns
    -------
    Interval
        In the unit of the statistic. Samples that are constant give an interval of no width with
        "percentile"; "BCa" is not defined for them.

    Raises
    ------
    MeasureError
        If there is no sample, a sample holds fewer than two values or one that is not finite, there
        is but one cluster or stratum by stratum but one state, lengths or labels of columns differ,
        the statistic is not one finite number, or an option cannot be used.

    Notes
    -----
    An interval from a handful of clusters is rough and too short: five can be drawn in 126 ways only.

    Examples
    --------
    >>> bootstrap(np.mean, [2, 2, 2], draws=99, seed=1)
    Interval(low=2.0, high=2.0)

    The income per head of all states together, whole regions drawn:

    >>> def ratio(times, income, people):
    ...     return times @ income / (times @ people)
    >>> income, people, region = [8, 2, 6, 4], [4, 1, 3, 2], ["A", "A", "B", "B"]
    >>> bootstrap(ratio, income, people, draws=99, seed=1, takes="multiplicities", clusters=region)
    Interval(low=2.0, high=2.0)
    """
    level = _checked_level(level)
    _check_option(method, BootstrapMethod, "The method")
    _check_option(takes, Takes, "What a statistic takes")
    designed = any(given is not None for given in (clusters, strata, probabilities))
    if not designed and takes == "values":
        return _scipys_bootstrap(statistic, samples, draws, seed, level, method, paired)
    if method == "BCa" and probabilities is not None:
        raise MeasureError("The bootstrap interval 'BCa' is not offered for unequal probabilities.")
    columns, labels = _columns(samples, takes)
    n = len(columns[0])
    design = _design(n, *(_in_order(labels, given) for given in (clusters, strata, probabilities)))
    if np.bincount(design.stratum).max() < 2:
        raise MeasureError("A bootstrap needs at least two states or clusters that can replace each other.")
    drawn = _computed(statistic, _multiplicities(design, draws, generator(draws, seed)), columns, takes)
    if method == "percentile":
        return percentile_interval(drawn, level)
    observed = float(_computed(statistic, np.ones((1, n)), columns, takes)[0])
    left_out = _computed(statistic, _without_each(design), columns, takes)
    return bca_interval(drawn, observed, left_out, level, strata=design.stratum)


def leave_one_out(
    statistic: Callable[..., Any],
    *samples: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    takes: Takes = "values",
) -> "pd.Series[float]":
    """Jackknife values of a statistic: each state, or each cluster, left out in turn.

    It is chapter 11 of Efron and Tibshirani (1993).

    Parameters
    ----------
    statistic : callable
        As for `bootstrap`. Multiplicities are here 0 for the state left out and 1 for all others.
    *samples : array_like, each of shape (n,)
        Columns of the same states, at least two; they are matched by name if they are Series. With
        multiplicities they may have further axes, the first being the states.
    clusters : array_like, shape (n,), optional
        Cluster of each state, for example its region; whole clusters are then left out.
    takes : {"values", "multiplicities"}, default "values"
        What the statistic is called on.

    Returns
    -------
    Series of float, shape (n,) or (number of clusters,)
        The statistic without each one, in its own unit. The index names who is left out: the sorted
        clusters, or the labels of the first sample if it is a Series, or else positions from 0.

    Raises
    ------
    MeasureError
        If there is no sample, there are fewer than two states or clusters, lengths or labels differ,
        a value is not finite, or the statistic is not one finite number.

    Examples
    --------
    >>> leave_one_out(np.mean, pd.Series({"Fiji": 1.0, "Mali": 2.0, "Peru": 6.0})).to_dict()
    {'Fiji': 4.0, 'Mali': 3.5, 'Peru': 1.5}
    """
    _check_option(takes, Takes, "What a statistic takes")
    columns, labels = _columns(samples, takes)
    design = _design(len(columns[0]), _in_order(labels, clusters), None, None)
    if len(design.names) < 2:
        raise MeasureError("Leaving one out needs at least two states or clusters.")
    found = _computed(statistic, _without_each(design), columns, takes)
    names = design.names if clusters is not None or labels is None else labels
    return pd.Series(found, index=names)


def jackknife_error(left_out: npt.ArrayLike) -> float:
    """Jackknife estimate of a standard error.

    se = √((n - 1) / n Σ (θᵢ - θ̄)²), with θᵢ the statistic without unit i and θ̄ the mean of these
    (Efron and Tibshirani 1993, equation 11.5). It fails for statistics that are not smooth, such as the
    median.

    Parameters
    ----------
    left_out : array_like, shape (n,)
        The statistic without each of at least two states or clusters, as from `leave_one_out`.

    Returns
    -------
    float
        At least 0, in the unit of the statistic. For a mean it equals s / √n. Constant values give 0.

    Raises
    ------
    MeasureError
        If there are fewer than two values, they are no single row, or one is not finite.

    Examples
    --------
    >>> round(jackknife_error([4.0, 3.5, 1.5]), 4)
    1.5275
    """
    values = _row(left_out, "The values with one left out", least=2)
    n = values.size
    return float(np.sqrt((n - 1) / n) * scipy.linalg.norm(values - values.mean()))


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

    Examples
    --------
    >>> percentile_interval([0.0, 1.0, 2.0, 3.0, 4.0], level=0.5)
    Interval(low=1.0, high=3.0)
    """
    level = _checked_level(level)
    values = _row(draws, "The draws")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def bca_interval(
    draws: npt.ArrayLike,
    observed: float,
    left_out: npt.ArrayLike,
    level: float = 0.95,
    *,
    strata: npt.ArrayLike | None = None,
) -> Interval:
    """Bias-corrected and accelerated interval of bootstrap draws that are at hand.

    Its ends are the quantiles Φ(z₀ + (z₀ ± z) / (1 - a (z₀ ± z))) of the draws, with z the normal
    quantile of the level, z₀ = Φ⁻¹ of the share of draws below the observed value, and the
    acceleration a = Σ (θ̄ - θᵢ)³ / 6 (Σ (θ̄ - θᵢ)²)^1.5 from the statistic without each unit
    (Efron and Tibshirani 1993, equations 14.9 to 14.15). It allows for a bias of the draws and for a
    standard error that changes with the value.

    Parameters
    ----------
    draws : array_like, shape (draws,)
        The statistic in every draw.
    observed : float
        The statistic as observed.
    left_out : array_like, shape (n,)
        The statistic without each state or cluster, as from `leave_one_out`.
    level : float, default 0.95
        Level of the interval, strictly between 0 and 1.
    strata : array_like, shape (n,), optional
        Stratum of each value in `left_out`, if the drawing took place within strata; matched by name
        if both are Series. With Uᵢ = (nₛ - 1) (θ̄ₛ - θᵢ), a is then Σ Uᵢ³ / nₛ³ over
        6 (Σ Uᵢ² / nₛ²)^1.5, as for independent samples.

    Returns
    -------
    Interval
        In the unit of the draws. Draws that equal the observed value up to rounding count half as
        below it.

    Raises
    ------
    MeasureError
        If an input cannot be used, all draws lie on the same side of the observed value, the values
        left out do not vary, or the acceleration is so large that the formula breaks down.

    Examples
    --------
    Draws and statistic that are symmetrical need no correction:

    >>> bca_interval([0.0, 1.0, 2.0, 3.0, 4.0], 2.0, [1.0, 2.0, 3.0], level=0.5)
    Interval(low=1.0, high=3.0)
    """
    level = _checked_level(level)
    values, theta = _row(draws, "The draws"), _single(observed)
    left = _row(left_out, "The values with one left out", least=2)
    codes = _strata(_in_order(_index(left_out), strata), left.size, "value")
    sizes = np.bincount(codes)[codes]
    means = (np.bincount(codes, weights=left) / np.bincount(codes))[codes]
    influence = (sizes - 1) / sizes * (means - left)
    # What is left of constant values after rounding is no variation.
    largest = np.abs(influence).max()
    if largest <= _TIE * np.abs(left).max():
        raise MeasureError("The bootstrap interval 'BCa' is not defined for samples without variation.")
    influence /= largest  # the acceleration has no unit, and large numbers would overflow
    acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
    below = np.mean([~_as_extreme(theta, values, "greater"), _as_extreme(theta, values, "less")])
    if not 0 < below < 1:
        raise MeasureError(
            "The bootstrap interval 'BCa' is not defined if all draws lie on one side of the observed value."
        )
    bias = scipy.special.ndtri(below)
    shifted = bias + scipy.special.ndtri([(1 - level) / 2, (1 + level) / 2])
    if (acceleration * shifted >= 1).any():
        raise MeasureError("The bootstrap interval 'BCa' breaks down: the statistic is too skewed.")
    low, high = np.quantile(values, scipy.special.ndtr(bias + shifted / (1 - acceleration * shifted)))
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
        Stratum of each, for example the period or the session; text, numbers or booleans. Matched by
        name if both are Series.
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
        If labels are no booleans, a stratum is missing, the two differ in length or names, or `draws`
        or `seed` cannot be used.

    Examples
    --------
    >>> permute_within([True, False, True, True], ["a", "a", "b", "b"], draws=2, seed=1)[:, 2:].tolist()
    [[True, True], [True, True]]
    """
    marked = _booleans(labels)
    codes = _strata(_in_order(_index(labels), strata), marked.size, "label")
    return _dealt(marked, codes, draws, generator(draws, seed))


def permutation_test(
    statistic: Callable[[Any], Any],
    labels: npt.ArrayLike,
    strata: npt.ArrayLike | None = None,
    *,
    draws: int = 9999,
    seed: int,
    alternative: Alternative = "two-sided",
    most: int = 50_000,
) -> PermutationTest:
    """Permutation test of any statistic of labels that are dealt out anew within strata.

    Under the null model every way of dealing the labels out within the strata is as probable as any
    other. If there are at most `most` different ways, all are gone through and
    p = (number of ways at least as extreme) / (number of ways), the observed one among both; else
    `draws` are drawn at random and p is `permutation_p`'s.

    Parameters
    ----------
    statistic : callable
        Takes dealings of the labels, of shape (rows, n) and of the labels' own type, and returns one
        number for each row.
    labels : array_like, shape (n,)
        What is dealt out: booleans, numbers or text, without missing values.
    strata : array_like, shape (n,), optional
        Stratum of each; labels are only exchanged within. By default all are in one. Matched by name
        if both are Series.
    draws : int, default 9999
        Number of random dealings if not all are gone through.
    seed : int
        Seed of the random numbers; without effect on an exact p.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        What counts as at least as extreme: values of at least the observed one, of at most it, or of
        at least the same distance from zero. "two-sided" therefore asks for a statistic that is zero
        when there is nothing to see; it is not twice the smaller one-sided p.
    most : int, default 50000
        Up to how many ways all are gone through; 0 for always drawing at random.

    Returns
    -------
    PermutationTest
        Statistic as observed, p, number of ways or draws behind it, and whether it is exact. Constant
        labels leave a single way and give p = 1.

    Raises
    ------
    MeasureError
        If there is no label, one or its stratum is missing, lengths or names differ, the statistic is
        not one finite number a row, or an option cannot be used.

    Examples
    --------
    Do the two labelled values lie higher than the others? One of six dealings is as extreme:

    >>> values = np.array([5.0, 1.0, 2.0, 7.0])
    >>> labels = [True, False, False, True]
    >>> permutation_test(lambda dealt: dealt @ values, labels, seed=1, alternative="greater")
    PermutationTest(statistic=12.0, p=0.16666666666666666, arrangements=6, exact=True)
    """
    _check_option(alternative, Alternative, "The alternative")
    if not _is_whole(most) or most < 0:
        raise MeasureError(f"The most ways to go through must be a whole number of at least 0, got {most!r}.")
    rng = generator(draws, seed)
    dealt = np.asarray(labels)
    if dealt.ndim != 1 or dealt.size == 0:
        raise MeasureError(
            f"The labels to permute must be one row of at least one, got the shape {dealt.shape}."
        )
    codes_of_kinds, names = _grouped(labels, dealt.size, "place", "label", "labels")
    kinds = codes_of_kinds.astype(np.min_scalar_type(codes_of_kinds.max()))  # thousands of rows fit in memory
    of_kind = names.to_numpy(dtype=dealt.dtype)
    codes = _strata(_in_order(_index(labels), strata), dealt.size, "label")
    exact = _number_of_arrangements(kinds, codes) <= most
    rows = _arrangements(kinds, codes) if exact else _dealt(kinds, codes, draws, rng)

    def called(some: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        return _one_a_row(statistic(of_kind[some]), len(some))

    observed = float(called(kinds[np.newaxis])[0])
    null = np.concatenate([called(rows[i : i + _ROWS]) for i in range(0, len(rows), _ROWS)])
    if exact:
        p = float(np.mean(_as_extreme(observed, null, alternative)))
    else:
        p = permutation_p(observed, null, alternative)
    return PermutationTest(observed, p, len(rows), exact)


def difference_test(
    statistic: Callable[..., Any],
    values: npt.ArrayLike,
    labels: npt.ArrayLike,
    strata: npt.ArrayLike | None = None,
    *,
    draws: int = 9999,
    seed: int,
    alternative: Alternative = "two-sided",
    most: int = 50_000,
) -> PermutationTest:
    """Permutation test of the difference of a statistic between two groups.

    The difference is T(labelled) - T(others). With strata it is taken within each stratum and averaged
    with the numbers of members as weights, so that strata of different level or composition do not
    mix; those whose members all or none carry the label have no difference and are left out. With
    pairs as strata it is the test of sign changes that Fisher (1935) gave for paired values.

    Parameters
    ----------
    statistic : callable
        T: takes an array and returns one number; if it has a parameter `axis`, as `numpy.mean` has, it
        is called on whole matrices, which is far faster.
    values : array_like, shape (n,)
        The figure of each member of both groups.
    labels : array_like of bool, shape (n,)
        Who belongs to the first group.
    strata : array_like, shape (n,), optional
        Stratum of each. By default all are in one.
    draws, seed, alternative, most
        As in `permutation_test`. "two-sided" counts differences of at least the same size in either
        direction.

    Returns
    -------
    PermutationTest
        The difference in the unit of T, and its p. Constant values give 0 and p = 1.

    Raises
    ------
    MeasureError
        If one of the two groups is empty in every stratum, labels are no booleans, a value or the
        statistic is not finite, lengths or names differ, or an option cannot be used.

    Notes
    -----
    Values, labels and strata that are Series are matched by name. The null model says that the labels
    could have been exchanged, so that the whole distributions are the same: a small p may come from a
    difference in spread as well.

    References
    ----------
    Fisher, R. A. (1935). The Design of Experiments. Oliver & Boyd, section 21.

    Examples
    --------
    >>> difference_test(np.mean, [5, 1, 2, 7], [True, False, False, True], seed=1)
    PermutationTest(statistic=4.5, p=0.3333333333333333, arrangements=6, exact=True)
    """
    known = _index(values)
    figures = as_numbers(values, "The values")
    marked = _booleans(_in_order(known, labels))
    if figures.ndim != 1 or figures.size != marked.size:
        raise MeasureError(
            f"Every label needs a value: got {marked.size} labels, values of the shape {figures.shape}."
        )
    codes = _strata(_in_order(known, strata), marked.size, "label")
    mixed = [
        members
        for members in (np.flatnonzero(codes == code) for code in np.unique(codes))
        if 0 < np.count_nonzero(marked[members]) < len(members)
    ]
    if not mixed:
        raise MeasureError("A difference of two groups needs members of both in at least one stratum.")
    weights = np.array([len(members) for members in mixed]) / sum(len(members) for members in mixed)

    def difference(dealt: npt.NDArray[np.bool_]) -> Any:
        total = np.zeros(len(dealt))
        for members, weight in zip(mixed, weights, strict=True):
            first, second = (
                figures[members[np.nonzero(chosen)[1]]].reshape(len(dealt), -1)
                for chosen in (dealt[:, members], ~dealt[:, members])
            )
            total += weight * (_by_row(statistic, first) - _by_row(statistic, second))
        return total

    return permutation_test(
        difference, marked, codes, draws=draws, seed=seed, alternative=alternative, most=most
    )


def correlation_test(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    strata: npt.ArrayLike | None = None,
    *,
    method: CorrelationMethod = "pearson",
    draws: int = 9999,
    seed: int,
    alternative: Alternative = "two-sided",
    most: int = 50_000,
) -> PermutationTest:
    """Permutation test of a correlation, the values of one side dealt out anew.

    r = Σ (xᵢ - x̄) (yᵢ - ȳ) / √(Σ (xᵢ - x̄)² Σ (yᵢ - ȳ)²); Spearman's is the same of the ranks, ties
    having their mean rank. With strata, x̄ and ȳ are the means of the stratum (the ranks being those
    among all), so that r is the correlation within strata, and y is dealt out within them.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Two figures of the same states, at least two. Matched by name if both are Series.
    strata : array_like, shape (n,), optional
        Stratum of each. By default all are in one.
    method : {"pearson", "spearman"}, default "pearson"
        Correlation of the values or of their ranks.
    draws, seed, alternative, most
        As in `permutation_test`. "two-sided" counts correlations of at least the same size in either
        direction.

    Returns
    -------
    PermutationTest
        The correlation, -1 to 1, and its p.

    Raises
    ------
    MeasureError
        If `x` or `y` is constant within every stratum, there are fewer than two pairs, a value is not
        finite, lengths or names differ, or an option cannot be used.

    Notes
    -----
    The null model is independence, not only a correlation of zero.

    References
    ----------
    Pitman, E. J. G. (1937). Significance Tests which May Be Applied to Samples from any Populations.
    II. The Correlation Coefficient Test. Supplement to the Journal of the Royal Statistical Society
    4(2), 225-232.

    Examples
    --------
    >>> found = correlation_test([1, 2, 3, 4], [1, 2, 3, 4], seed=1)
    >>> round(found.statistic, 12), round(found.p, 4), found.arrangements
    (1.0, 0.0833, 24)
    """
    _check_option(method, CorrelationMethod, "The method")
    known = _index(x)
    sides = [as_numbers(x, "The values of x"), as_numbers(_in_order(known, y), "The values of y")]
    if sides[0].ndim != 1 or sides[0].shape != sides[1].shape or sides[0].size < 2:
        raise MeasureError(
            f"A correlation needs two rows of the same length, at least two, "
            f"got the shapes {sides[0].shape} and {sides[1].shape}."
        )
    codes = _strata(_in_order(known, strata), sides[0].size, "pair")
    members = np.bincount(codes)
    centred = []
    for name, side in zip("xy", sides, strict=True):
        figures = scipy.stats.rankdata(side) if method == "spearman" else side
        deviations = figures - (np.bincount(codes, weights=figures) / members)[codes]
        size = scipy.linalg.norm(deviations)
        if size <= _TIE * np.sqrt(side.size) * np.abs(figures).max():
            raise MeasureError(f"A correlation is not defined if {name} is constant within every stratum.")
        centred.append(deviations / size)
    return permutation_test(
        lambda dealt: dealt @ centred[0],
        centred[1],
        codes,
        draws=draws,
        seed=seed,
        alternative=alternative,
        most=most,
    )


def spearman(x: npt.ArrayLike, y: npt.ArrayLike, axis: int = -1) -> Any:
    """Rank correlation of two figures, along an axis: a statistic for `bootstrap`.

    ρ is Pearson's correlation of the ranks, ties having their mean rank.

    Parameters
    ----------
    x, y : array_like, shape (..., n) with the states along `axis`
        Two figures of the same states in the same order, at least two states.
    axis : int, default -1
        The axis of the states.

    Returns
    -------
    float or numpy.ndarray
        -1 to 1, one for each row.

    Raises
    ------
    MeasureError
        If the shapes differ, there are fewer than two states, a value is not finite, or all values
        of a row are equal, for which no rank correlation is defined.

    References
    ----------
    Spearman, C. (1904). The Proof and Measurement of Association between Two Things. American
    Journal of Psychology 15(1), 72-101.

    Examples
    --------
    >>> round(spearman([1, 2, 3, 4], [1, 4, 9, 8]), 12)
    0.8
    """
    sides = [as_numbers(x, "The values of x"), as_numbers(y, "The values of y")]
    if sides[0].shape != sides[1].shape or sides[0].ndim == 0 or sides[0].shape[axis] < 2:
        raise MeasureError(
            f"A correlation needs two figures of the same states, at least two, got the shapes "
            f"{sides[0].shape} and {sides[1].shape}."
        )
    ranks = [scipy.stats.rankdata(side, axis=axis) for side in sides]
    for name, side in zip("xy", ranks, strict=True):
        if not np.ptp(side, axis=axis).all():
            raise MeasureError(f"A rank correlation is not defined if {name} is constant.")
    found = scipy.stats.pearsonr(ranks[0], ranks[1], axis=axis).statistic
    return float(found) if np.ndim(found) == 0 else found


def superiority(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    level: float = 0.95,
    *,
    scale: Scale = "probability",
) -> Superiority:
    """Probability that a member of the first group has a larger figure than one of the second.

    It is the share of the pairs of members, one of each group, in which the first has more; ties count
    half. 0.5 says that neither group has more, 1 that every member of the first has more than any of the
    second. It is the Mann-Whitney statistic over the number of pairs and the area under the receiver
    operating characteristic.

    Parameters
    ----------
    first, second : array_like, shape (n,) and (m,)
        Figures of the members, at least two of each group, in any unit; an order is enough.
    level : float, default 0.95
        Nominal level of the interval, above 0 and below 1.
    scale : {"probability", "log odds"}, default "probability"
        Where the interval is symmetric. Near 0 and 1 the probability itself is spread unevenly and its
        interval is too short on the side of 0.5; there the log odds, by the delta method, hold the level
        better. At 0.5 the two differ little.

    Returns
    -------
    Superiority
        Probability, 0 to 1; its interval, cut off at 0 and 1; and two-sided p of 0.5. Interval and p
        are those of Brunner and Munzel, which let the groups have different spread, with their
        t-distribution; p is the same on either scale.

    Raises
    ------
    MeasureError
        If a group has fewer than two members or a figure is missing, the level or the scale is none, or
        no member of one group overlaps the other: the variance is then 0 and there is no interval.

    References
    ----------
    Brunner, E. and Munzel, U. (2000). The nonparametric Behrens-Fisher problem: asymptotic theory and
    a small-sample approximation. Biometrical Journal, 42(1), 17-25.

    Examples
    --------
    >>> [round(part, 3) for part in superiority([3, 5, 6, 9], [1, 2, 4, 7])]
    [0.75, 0.219, 1.0, 0.277]
    """
    if not 0 < level < 1:
        raise MeasureError(f"The level must be above 0 and below 1, got {level}.")
    _check_option(scale, Scale, "The scale")
    groups = []
    for figures, name in ((first, "first"), (second, "second")):
        group = as_numbers(figures, f"The {name} group")
        if group.ndim != 1 or group.size < 2:
            raise MeasureError(f"The {name} group needs a figure for each of at least two members.")
        groups.append(group)
    if max(groups[0]) < min(groups[1]) or max(groups[1]) < min(groups[0]):
        raise MeasureError("No member of one group reaches any of the other, so there is no interval.")
    compared = rank_compare_2indep(*groups)
    low, high = compared.conf_int(alpha=1 - level)
    if scale == "log odds":
        found = float(compared.prob1)
        reach = (high - low) / 2 / (found * (1 - found))
        low, high = scipy.special.expit(scipy.special.logit(found) + np.array([-reach, reach]))
    return Superiority(
        float(compared.prob1),
        max(0.0, float(low)),
        min(1.0, float(high)),
        float(compared.test_prob_superior().pvalue),
    )


def permutation_p(observed: float, null: npt.ArrayLike, alternative: Alternative = "two-sided") -> float:
    """Share of a null model's draws that are at least as extreme as what was observed.

    p = (1 + number of such draws) / (1 + number of draws): the observed value counts as one draw of
    the null model, so that p is never 0 (Phipson and Smyth 2010). Draws that equal the observed value
    up to rounding count as at least as extreme.

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
    Phipson, B. and Smyth, G. K. (2010). Permutation P-values Should Never Be Zero: Calculating Exact
    P-values When Permutations Are Randomly Drawn. Statistical Applications in Genetics and Molecular
    Biology 9(1), article 39.

    Examples
    --------
    >>> permutation_p(2.0, [-3.0, -1.0, 0.0, 1.0])
    0.4
    >>> permutation_p(2.0, [-3.0, -1.0, 0.0, 1.0], alternative="greater")
    0.2
    """
    _check_option(alternative, Alternative, "The alternative")
    drawn = _row(null, "The draws of the null model")
    as_extreme = _as_extreme(_single(observed), drawn, alternative)
    return float((1 + np.count_nonzero(as_extreme)) / (1 + drawn.size))


def same_labels(wanted: "pd.Index[Any]", given: "pd.Index[Any]") -> None:
    """Say what is wrong if two sides do not carry the same labels, each once, in whatever order.

    Parameters
    ----------
    wanted, given : Index
        Labels of the two sides.

    Returns
    -------
    None
        Nothing, if the labels are the same.

    Raises
    ------
    MeasureError
        If a label repeats, or is on one side only.

    Examples
    --------
    >>> same_labels(pd.Index(["Fiji", "Mali"]), pd.Index(["Mali", "Fiji"]))
    """
    for labels in (wanted, given):
        if labels.has_duplicates:
            raise MeasureError(f"Labels must not repeat, but {labels[labels.duplicated()][0]!r} does.")
    apart = wanted.symmetric_difference(given)
    if len(apart):
        raise MeasureError(f"Both sides must have the same labels, but {apart[0]!r} is on one side only.")


def _scipys_bootstrap(
    statistic: Callable[..., Any],
    samples: tuple[npt.ArrayLike, ...],
    draws: int,
    seed: int,
    level: float,
    method: BootstrapMethod,
    paired: bool,
) -> Interval:
    """Interval of values drawn plainly."""
    data = _columns(samples, "values")[0] if paired else _samples(samples)
    rng = generator(draws, seed)
    vectorized = _has_axis(statistic)
    _by_row(statistic, *(sample[np.newaxis] for sample in data))  # says what is wrong with a statistic
    # Where BCa is not defined, scipy warns and returns no number: the sentence below says so instead.
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy.stats.DegenerateDataWarning)
        found = scipy.stats.bootstrap(
            data,
            statistic,
            n_resamples=draws,
            batch=_BATCH,
            vectorized=vectorized,
            paired=paired,
            confidence_level=level,
            method=method,
            rng=rng,
        )
    _one_a_row(found.bootstrap_distribution, draws)
    low, high = (float(end) for end in found.confidence_interval)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise MeasureError(f"The bootstrap interval {method!r} is not defined for samples without variation.")
    return Interval(low, high)


def _samples(samples: tuple[Any, ...], several: bool = False) -> list[npt.NDArray[np.float64]]:
    """Return samples as numbers, each of at least two rows, and with several axes only if these may be."""
    if not samples:
        raise MeasureError("A bootstrap needs at least one sample, got none.")
    data = [as_numbers(sample, f"The values of sample {i}") for i, sample in enumerate(samples, start=1)]
    for i, sample in enumerate(data, start=1):
        if sample.ndim == 0 or (sample.ndim > 1 and not several) or len(sample) < 2:
            raise MeasureError(
                f"A bootstrap needs one row of at least two values in every sample, "
                f"but sample {i} has the shape {sample.shape}."
            )
    return data


def _columns(
    samples: tuple[npt.ArrayLike, ...], takes: Takes
) -> "tuple[list[npt.NDArray[np.float64]], pd.Index[Any] | None]":
    """Return columns of the same states, in the order of the first, and the labels of that."""
    labels = _index(samples[0]) if samples else None
    data = _samples(tuple(_in_order(labels, sample) for sample in samples), several=takes != "values")
    for i, column in enumerate(data, start=1):
        if len(column) != len(data[0]):
            raise MeasureError(
                f"Columns of the same states must be equally long, "
                f"but sample 1 has {len(data[0])} states and sample {i} has {len(column)}."
            )
    return data, labels


def _index(figures: Any) -> "pd.Index[Any] | None":
    return figures.index if isinstance(figures, pd.Series | pd.DataFrame) else None


def _in_order(wanted: "pd.Index[Any] | None", given: Any) -> Any:
    """Return figures in the order of the labels wanted, if both have labels."""
    labels = _index(given)
    if wanted is None or labels is None or wanted.equals(labels):
        return given
    same_labels(wanted, labels)
    return given.loc[wanted]


def _grouped(
    given: npt.ArrayLike, n: int, member: str, group: str, groups: str
) -> "tuple[npt.NDArray[np.intp], pd.Index[Any]]":
    """Number the groups, in sorted order, after a look at whether each of n members has one."""
    values = np.asarray(given)
    if values.shape != (n,):
        got = len(values) if values.ndim == 1 else f"the shape {values.shape} of"
        raise MeasureError(f"Every {member} needs a {group}: got {n} {member}s, {got} {groups}.")
    # As an array, a list of text would hold a missing value as the text "nan".
    of = pd.Series(given if isinstance(given, list | tuple) else values)
    if of.isna().any():
        place = int(of.isna().argmax())
        raise MeasureError(f"Every {member} needs a {group}, but the one at position {place} has none.")
    codes, names = pd.factorize(of, sort=True)
    return codes, pd.Index(names)


def _strata(strata: npt.ArrayLike | None, n: int, member: str) -> npt.NDArray[np.intp]:
    """Number the strata, in sorted order; without any, all members are in one."""
    if strata is None:
        return np.zeros(n, dtype=np.intp)
    return _grouped(strata, n, member, "stratum", "strata")[0]


def _design(
    n: int,
    clusters: npt.ArrayLike | None,
    strata: npt.ArrayLike | None,
    probabilities: npt.ArrayLike | None,
) -> _Design:
    """Bring the ways to draw states into one form: units within strata, each with a weight."""
    unit, names = _grouped(np.arange(n) if clusters is None else clusters, n, "state", "cluster", "clusters")
    of_state = _strata(strata, n, "state")
    stratum = np.zeros(len(names), dtype=np.intp)
    stratum[unit] = of_state
    if (stratum[unit] != of_state).any():
        astray = names[unit[stratum[unit] != of_state][0]]
        raise MeasureError(f"No cluster may lie in several strata, but {astray!r} does.")
    if probabilities is None:
        return _Design(unit, names, stratum, np.ones(len(names)))
    chances = as_numbers(probabilities, "Probabilities")
    if chances.shape != (n,):
        raise MeasureError(f"Every state needs a probability: got {n} states, the shape {chances.shape}.")
    if (chances < 0).any():
        raise MeasureError(f"Probabilities must not be negative, but {_first(chances < 0)} is.")
    totals = np.bincount(of_state, weights=chances)
    if (totals == 0).any() or np.isinf(totals).any():
        raise MeasureError("The probabilities of a stratum must add up to a finite number above zero.")
    return _Design(unit, names, stratum, np.bincount(unit, weights=chances).astype(float))


def _multiplicities(design: _Design, draws: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Count how often each state is drawn: draws × states."""
    times = np.empty((draws, len(design.names)))
    for stratum in range(design.stratum.max() + 1):
        units = design.stratum == stratum
        weight = design.weight[units]
        times[:, units] = rng.multinomial(weight.size, weight / weight.sum(), size=draws)
    return np.take(times, design.unit, axis=1)


def _without_each(design: _Design) -> npt.NDArray[np.float64]:
    """Give multiplicities of 1, and of 0 for the unit left out: units × states."""
    return (design.unit != np.arange(len(design.names))[:, np.newaxis]).astype(float)


def _computed(
    statistic: Callable[..., Any],
    times: npt.NDArray[np.float64],
    columns: list[npt.NDArray[np.float64]],
    takes: Takes,
) -> npt.NDArray[np.float64]:
    """Compute a statistic for every row of multiplicities."""
    rows, n = times.shape
    if takes == "multiplicities":
        return _one_a_row(statistic(times, *columns), rows)
    counts = times.astype(np.intp)
    sizes = counts.sum(axis=1)
    # Draws of unequal size make no matrix: then one by one.
    step = _BATCH if np.ptp(sizes) == 0 else 1
    found = []
    for some in (counts[i : i + step] for i in range(0, rows, step)):
        drawn = np.repeat(np.tile(np.arange(n), len(some)), some.ravel()).reshape(len(some), -1)
        found.append(_by_row(statistic, *(column[drawn] for column in columns)))
    return np.concatenate(found)


def _by_row(statistic: Callable[..., Any], *samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Compute a statistic for every row of samples, at once if it has a parameter `axis`."""
    if _has_axis(statistic):
        return _one_a_row(statistic(*samples, axis=-1), len(samples[0]))
    return _one_a_row([statistic(*rows) for rows in zip(*samples, strict=True)], len(samples[0]))


def _one_a_row(found: Any, rows: int) -> npt.NDArray[np.float64]:
    """Check that a statistic gave one finite number for every row."""
    try:
        numbers = np.asarray(found, dtype=float)
    except (TypeError, ValueError) as error:
        raise MeasureError("The statistic must return numbers, one for every resample.") from error
    if numbers.shape != (rows,):
        raise MeasureError(
            f"The statistic must return one number for each of {rows} resamples, "
            f"but returned the shape {numbers.shape}."
        )
    if not np.isfinite(numbers).all():
        raise MeasureError("The statistic is not a finite number in every resample of the samples.")
    return numbers


def _has_axis(statistic: Callable[..., Any]) -> bool:
    try:
        return "axis" in inspect.signature(statistic).parameters
    except ValueError:  # built-in functions such as max have no signature
        return False


def _dealt(
    labels: npt.NDArray[Any], codes: npt.NDArray[np.intp], draws: int, rng: np.random.Generator
) -> npt.NDArray[Any]:
    """Deal labels out at random within groups: draws × members."""
    dealt = np.tile(labels, (draws, 1))
    for code in range(codes.max(initial=-1) + 1):
        members = np.flatnonzero(codes == code)
        dealt[:, members] = rng.permuted(dealt[:, members], axis=1)
    return dealt


def _number_of_arrangements(kinds: npt.NDArray[Any], codes: npt.NDArray[np.intp]) -> int:
    """Count the different ways to deal labels out within groups."""
    ways = 1
    for code in np.unique(codes):
        alike = np.bincount(kinds[codes == code])
        ways *= math.factorial(int(alike.sum())) // math.prod(math.factorial(int(times)) for times in alike)
    return ways


def _arrangements(kinds: npt.NDArray[Any], codes: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    """List the different ways to deal labels out within groups: ways × members."""
    rows = kinds[np.newaxis]
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        within = _orders(kinds[members])
        rows, so_far = np.repeat(rows, len(within), axis=0), len(rows)
        rows[:, members] = np.tile(within, (so_far, 1))
    return rows


def _orders(kinds: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """List the different orders of labels, some of which may be alike: ways × labels."""
    found, numbers = np.unique(kinds, return_counts=True)
    # One kind fills all places; each further kind then takes some of those that the first one holds.
    rows = np.full((1, len(kinds)), found[0])
    free = len(kinds)
    for kind, number in zip(found[1:], numbers[1:], strict=True):
        chosen = np.array(list(combinations(range(free), number)))
        held = np.nonzero(rows == found[0])[1].reshape(len(rows), free)
        places = held[:, chosen].reshape(-1, number)
        rows = np.repeat(rows, len(chosen), axis=0)
        np.put_along_axis(rows, places, kind, axis=1)
        free -= int(number)
    return rows


def _as_extreme(
    observed: float, null: npt.NDArray[np.float64], alternative: Alternative
) -> npt.NDArray[np.bool_]:
    """Say which values are at least as extreme as the observed one, up to rounding."""
    sizes = np.maximum(np.abs(null), abs(observed))
    slack = np.maximum(_TIE * sizes, _TIE_AT_ZERO * sizes.max())
    if alternative == "greater":
        return null >= observed - slack
    if alternative == "less":
        return null <= observed + slack
    return np.abs(null) >= abs(observed) - slack


def _check_option(given: object, options: Any, what: str) -> None:
    """Check that an option is one of those of its type."""
    *others, last = (repr(option) for option in get_args(options))
    if given not in get_args(options):
        raise MeasureError(f"{what} must be {', '.join(others)} or {last}, got {given!r}.")


def _row(values: npt.ArrayLike, what: str, least: int = 1) -> npt.NDArray[np.float64]:
    """Return one row of numbers."""
    row = as_numbers(values, what)
    if row.ndim != 1 or row.size < least:
        raise MeasureError(f"{what} must be one row, {least} or more, got the shape {row.shape}.")
    return row


def _booleans(labels: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return labels that a member carries or not."""
    marked = np.asarray(labels)
    if marked.ndim != 1 or (marked.dtype != np.bool_ and marked.size > 0):
        raise MeasureError("The labels to permute must be one row of booleans, without missing values.")
    return marked.astype(bool)


def _single(observed: float) -> float:
    seen = as_numbers(observed, "The observed value")
    if seen.ndim != 0:
        raise MeasureError("The observed value must be a single number.")
    return float(seen)


def _checked_level(level: float) -> float:
    if not isinstance(level, int | float | np.floating) or not 0 < level < 1:
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
