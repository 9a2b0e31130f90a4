"""How unequally something is spread over states or people, who pays for it, and in how few hands it lies.

In every measure the last axis holds the units, or holders; leading axes are carried along, so that thousands
of draws are computed at once. The labels of a Series and the columns of a DataFrame name the units: figures
with labels are matched by name, and those without are taken in the order of the first ones with labels.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.special
import scipy.stats

from cybergov.errors import MeasureError
from cybergov.measures.intervals import as_numbers
from cybergov.measures.representation import _coded, _indicator, _matched

# PySAL's package `inequality` has some of these measures, but takes no weights, and it pulls in geopandas
# (through libpysal) and matplotlib. Therefore own code; the tests check it against figures of that package.

Numbers = npt.NDArray[np.float64]

# Within this distance of 1 the exponent 1 - epsilon of an Atkinson index needs its own formula.
_NEAR_ONE = 1e-3

# A Theil index below this is what rounding leaves of values that are equal.
_ROUNDING = 1e-14


class Curve(NamedTuple):
    """The points of a Lorenz or concentration curve, from (0, 0) to (1, 1), each of shape (..., n + 1)."""

    weight_share: Numbers
    value_share: Numbers


@dataclass(frozen=True, eq=False)
class TheilDecomposition:
    """A Theil index, split into what lies between groups and what lies within them.

    Attributes
    ----------
    total : float or ndarray of shape (...)
        The index, the exact sum of `between` and `within`.
    between : float or ndarray of shape (...)
        The index if everybody had the mean of the own group.
    within : float or ndarray of shape (...)
        Sum of the contributions from within the groups.
    labels : Index, length k
        The groups, in sorted order.
    weight_share, value_share : ndarray of shape (..., k)
        Share of each group in the weights (people) and in what is spread over them.
    inequality : ndarray of shape (..., k)
        The same index computed within each group alone; 0 for a group that holds nothing or nobody.
    between_contribution : ndarray of shape (..., k)
        What each group adds to `between`. A single contribution may be negative: with index T that of
        a group below the mean, with index L that of a group above it.
    within_contribution : ndarray of shape (..., k)
        What each group adds to `within`, at least 0.
    """

    total: Any
    between: Any
    within: Any
    labels: "pd.Index[Any]"
    weight_share: Numbers
    value_share: Numbers
    inequality: Numbers
    between_contribution: Numbers
    within_contribution: Numbers

    @property
    def between_share(self) -> Any:
        """Share of the total that lies between the groups, 0 to 1; not defined where nothing differs."""
        if np.any(np.asarray(self.total) < _ROUNDING):
            raise MeasureError("The share between groups is not defined where the Theil index is 0.")
        return _plain(self.between / self.total)

    def frame(self) -> pd.DataFrame:
        """Give the groups as a table, one row each; only for a single decomposition, not for draws."""
        if self.inequality.ndim != 1:
            raise MeasureError(
                f"A table of groups needs a single decomposition, got the shape {self.inequality.shape}."
            )
        columns = ("weight_share", "value_share", "inequality", "between_contribution", "within_contribution")
        return pd.DataFrame({name: getattr(self, name) for name in columns}, index=self.labels)


def gini(values: Any, weights: Any = None, *, correction: bool = False) -> Any:
    """Gini coefficient, weighted if weights are given.

    Half the mean absolute difference of all pairs, in units of the mean (Gini 1912):
    G = Σᵢ Σⱼ wᵢ wⱼ |xᵢ - xⱼ| / (2 W² μ), with the weights w, their sum W and the weighted mean μ.
    It is computed from the sorted values as Σ Fᵢ (1 - Fᵢ) (xᵢ₊₁ - xᵢ) / μ, with Fᵢ the share of the weights
    up to and including i.

    Parameters
    ----------
    values : array_like, Series or DataFrame, shape (..., n)
        What each unit has, at least 0, in any unit. With people as weights it must be a figure per
        head: servers per million inhabitants, not servers.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0: people, or how often it was drawn. Without weights every
        unit counts once. A weight of k is the same as k units of weight 1.
    correction : bool, default False
        Multiply by n / (n - 1), so that 1 is reached if one of n units has all. It is defined without
        weights only: people as weights are the population, not a sample of it.

    Returns
    -------
    float or ndarray of shape (...)
        0 if all values are equal or there is one unit; at most 1 - 1/n without weights and correction.

    Raises
    ------
    MeasureError
        If there is no unit; a figure is negative or not finite; values or weights add up to zero; shapes
        or labels do not fit; or the correction is asked for with weights or for a single unit.

    References
    ----------
    Gini, C. (1912). Variabilità e mutabilità. Studi Economico-Giuridici della R. Università di Cagliari
    3(2), 3-159.

    Examples
    --------
    >>> gini([1, 3])
    0.25
    >>> gini([1, 3], correction=True)
    0.5
    >>> gini([1, 3], [3, 1]) == gini([1, 1, 1, 3])
    True
    """
    (x,), w = _checked("A Gini coefficient", weights, values=values)
    factor = 1.0
    if correction:
        n = x.shape[-1]
        if weights is not None:
            raise MeasureError(
                "The small-sample correction of a Gini coefficient is defined without weights."
            )
        if n < 2:
            raise MeasureError("The small-sample correction of a Gini coefficient needs at least two units.")
        factor = n / (n - 1)
    x, w = _in_order(x, x, w)
    # Weights up to each unit and from the next one on; a difference from the total would lose digits.
    below = np.cumsum(w, axis=-1)
    above = np.cumsum(w[..., :0:-1], axis=-1)[..., ::-1]
    spread = np.einsum("...i,...i->...", below[..., :-1] * above, np.diff(x, axis=-1))
    return _plain(factor * spread / (below[..., -1] * np.einsum("...i,...i->...", w, x)))


def theil_t(values: Any, weights: Any = None) -> Any:
    """Theil's index T.

    T = Σ pᵢ rᵢ ln rᵢ, with p the shares of the weights and rᵢ = xᵢ / μ (Theil 1967). It is the
    information that the shares of the values add to the shares of the weights: Σ sᵢ ln(sᵢ / pᵢ).

    Parameters
    ----------
    values : array_like, Series or DataFrame, shape (..., n)
        What each unit has, at least 0; per head if people are the weights. Zero is allowed, for
        0 ln 0 = 0.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0; without weights every unit counts once.

    Returns
    -------
    float or ndarray of shape (...)
        0 if all values are equal or there is one unit; at most ln(1 / p) if a unit with the share p of
        the weights has all, thus ln n without weights.

    Raises
    ------
    MeasureError
        As `gini`.

    Notes
    -----
    T weighs differences at the top of the distribution more than `theil_l` does.

    References
    ----------
    Theil, H. (1967). Economics and Information Theory. North-Holland.

    Examples
    --------
    >>> round(theil_t([0, 0, 10, 10]), 6)  # ln 2
    0.693147
    """
    (x,), w = _checked("Theil's T", weights, values=values)
    # The sum can only be negative by rounding.
    return _plain(np.maximum(scipy.stats.entropy(w * x, w, axis=-1), 0.0))


def theil_l(values: Any, weights: Any = None) -> Any:
    """Theil's index L, the mean log deviation.

    L = Σ pᵢ ln(μ / xᵢ), with p the shares of the weights (Theil 1967).

    Parameters
    ----------
    values : array_like, Series or DataFrame, shape (..., n)
        What each unit has, above 0; per head if people are the weights. With a zero the index is
        infinite, and it is refused. A zero without weight does not count.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0; without weights every unit counts once.

    Returns
    -------
    float or ndarray of shape (...)
        0 if all values are equal or there is one unit; without upper limit.

    Raises
    ------
    MeasureError
        As `gini`, and if a value that counts is zero.

    Notes
    -----
    L weighs differences at the bottom of the distribution more than `theil_t` does.

    References
    ----------
    Theil, H. (1967). Economics and Information Theory. North-Holland.

    Examples
    --------
    >>> round(theil_l([1, 3]), 6)  # ½ ln(2 / 1) + ½ ln(2 / 3)
    0.143841
    """
    (x,), w = _checked("Theil's L", weights, values=values)
    _refuse_zero(x, w)
    return _plain(np.maximum(scipy.stats.entropy(w, w * x, axis=-1), 0.0))


def theil_decomposition(
    values: Any, groups: Any, weights: Any = None, *, index: Literal["T", "L"] = "T"
) -> TheilDecomposition:
    """Split a Theil index into inequality between groups and inequality within them.

    With the shares p_g of the weights and s_g of the values of group g,
    T = Σ s_g ln(s_g / p_g) + Σ s_g T_g and L = Σ p_g ln(p_g / s_g) + Σ p_g L_g (Theil 1967).

    Parameters
    ----------
    values : array_like, Series or DataFrame, shape (..., n)
        What each unit has, at least 0 (index L: above 0); per head if people are the weights.
    groups : array_like or Series, shape (n,)
        Group of each unit, for example its region; every unit needs one.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0; without weights every unit counts once.
    index : {"T", "L"}, default "T"
        Which of Theil's two indices.

    Returns
    -------
    TheilDecomposition
        Total, between and within, and the part of each group. With one group nothing lies between;
        with a group for each unit nothing lies within.

    Raises
    ------
    MeasureError
        As `theil_t` and `theil_l`; if a unit has no group, the number of groups is not that of the
        units, or `index` is none of the two.

    Notes
    -----
    Splitting a group can only raise the part between the groups: shares under groupings of different
    fineness are not on one footing.

    References
    ----------
    Theil, H. (1967). Economics and Information Theory. North-Holland.

    Examples
    --------
    >>> split = theil_decomposition([1, 3, 4, 4], ["a", "a", "b", "b"])
    >>> round(split.between, 4), round(split.within, 4), split.total == split.between + split.within
    (0.0566, 0.0436, True)
    """
    if index not in ("T", "L"):
        raise MeasureError(f"The Theil index to decompose must be 'T' or 'L', got {index!r}.")
    values, groups, weights = _aligned(values, groups, weights)
    (x,), w = _checked(f"Theil's {index}", weights, values=values)
    # As objects, for in an array of text a missing group would become the text "nan".
    of_unit = np.asarray(groups, dtype=object)
    if of_unit.shape != x.shape[-1:]:
        raise MeasureError(
            f"Every unit needs a group: got {x.shape[-1]} units and groups of the shape {of_unit.shape}."
        )
    codes, labels = _coded(of_unit)
    if index == "L":
        _refuse_zero(x, w)
    x, w = np.broadcast_arrays(x, w)
    indicator = _indicator(codes, len(labels))
    p, s = _share(w), _share(w * x)
    p_group, s_group = p @ indicator, s @ indicator
    # T measures the shares of the values against those of the weights, L the other way round.
    of, against, of_group, against_group = (
        (s, p, s_group, p_group) if index == "T" else (p, s, p_group, s_group)
    )
    # What each unit would have if everybody in the group had the same.
    even = against * _ratio(of_group, against_group)[..., codes]
    within = np.maximum(scipy.special.rel_entr(of, even) @ indicator, 0.0)
    between = scipy.special.rel_entr(of_group, against_group)
    between_total = np.maximum(between.sum(axis=-1), 0.0)
    within_total = within.sum(axis=-1)
    return TheilDecomposition(
        total=_plain(between_total + within_total),
        between=_plain(between_total),
        within=_plain(within_total),
        labels=labels,
        weight_share=p_group,
        value_share=s_group,
        inequality=_ratio(within, of_group),
        between_contribution=between,
        within_contribution=within,
    )


def atkinson(values: Any, epsilon: float, weights: Any = None) -> Any:
    """Atkinson's index of inequality.

    A = 1 - (Σ pᵢ rᵢ^(1 - ε))^(1 / (1 - ε)), for ε = 1: A = 1 - Π rᵢ^pᵢ, with p the shares of the weights
    and rᵢ = xᵢ / μ (Atkinson 1970). It is the share of the total that could be given up without loss, in the
    eyes of somebody with the aversion ε, if the rest were spread evenly.

    Parameters
    ----------
    values : array_like, Series or DataFrame, shape (..., n)
        What each unit has, at least 0; per head if people are the weights. With ε of at least 1 the
        index is 1 as soon as somebody who counts has nothing, which is its limit.
    epsilon : float
        Aversion to inequality, at least 0; the higher, the more the bottom of the distribution counts.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0; without weights every unit counts once.

    Returns
    -------
    float or ndarray of shape (...)
        A proportion, 0 to 1. 0 if all values are equal, there is one unit, or ε is 0.

    Raises
    ------
    MeasureError
        As `gini`, and if `epsilon` is negative or no finite number.

    Notes
    -----
    For ε = 1, A = 1 - exp(-L) with Theil's index L.

    References
    ----------
    Atkinson, A. B. (1970). On the Measurement of Inequality. Journal of Economic Theory 2(3), 244-263.

    Examples
    --------
    >>> round(atkinson([10, 20, 30, 40, 50], 0.5), 5)
    0.06315
    >>> atkinson([0, 1], 1)
    1.0
    """
    aversion = as_numbers(epsilon, "The aversion epsilon")
    if aversion.ndim != 0 or aversion < 0:
        raise MeasureError(f"The aversion epsilon must be a single number of at least 0, got {epsilon!r}.")
    (x,), w = _checked("An Atkinson index", weights, values=values)
    x, w = np.broadcast_arrays(x, w)
    p = _share(w)
    mean = (p * x).sum(axis=-1, keepdims=True)
    # Who does not count must not turn 0 × ∞ into a missing value.
    ratio = np.where(p > 0, x / mean, 1.0)
    power = 1 - float(aversion)
    with np.errstate(divide="ignore"):
        logs = np.log(ratio)
    if power == 0:
        level = (p * logs).sum(axis=-1)
    elif abs(power) < _NEAR_ONE:
        level = np.log1p((p * np.expm1(power * logs)).sum(axis=-1)) / power
    else:
        level = scipy.special.logsumexp(power * logs, b=p, axis=-1) / power
    return _plain(np.clip(-np.expm1(level), 0.0, 1.0))


def lorenz_curve(values: Any, weights: Any = None) -> Curve:
    """Points of the Lorenz curve.

    The units are ordered from the lowest value to the highest; a point gives the share of the weights
    reached so far and the share of the values that they hold (Lorenz 1905).

    Parameters
    ----------
    values : array_like, Series or DataFrame, shape (..., n)
        What each unit has, at least 0; per head if people are the weights.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0; without weights every unit counts once.

    Returns
    -------
    Curve
        `weight_share` and `value_share`, each of shape (..., n + 1), from 0 to 1. Equal values give the
        diagonal. `gini` is 1 less twice the area beneath it.

    Raises
    ------
    MeasureError
        As `gini`.

    References
    ----------
    Lorenz, M. O. (1905). Methods of Measuring the Concentration of Wealth. Publications of the American
    Statistical Association 9(70), 209-219.

    Examples
    --------
    >>> lorenz_curve([3, 1]).value_share.tolist()
    [0.0, 0.25, 1.0]
    """
    (x,), w = _checked("A Lorenz curve", weights, values=values)
    return _curve(w * x, x, w)


def concentration_curve(values: Any, by: Any, weights: Any = None) -> Curve:
    """Points of the concentration curve of one variable when the units are ordered by another.

    A point gives the share of the weights reached so far, from the lowest `by` to the highest, and the
    share of the values that they hold (Kakwani 1977). Unlike a Lorenz curve it may rise above the diagonal.

    Parameters
    ----------
    values : array_like, Series or DataFrame, shape (..., n)
        What each unit has or pays, at least 0; per head if people are the weights.
    by : array_like, Series or DataFrame, shape (..., n)
        What orders the units, in any unit, for example income per head. Units with equal figures share a
        straight line, so that their order in the table does not matter.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0; without weights every unit counts once.

    Returns
    -------
    Curve
        `weight_share` and `value_share`, each of shape (..., n + 1), from 0 to 1. Equal values, and equal
        figures in `by`, give the diagonal.

    Raises
    ------
    MeasureError
        As `gini`; `by` may be negative or add up to zero.

    References
    ----------
    Kakwani, N. C. (1977). Measurement of Tax Progressivity: An International Comparison. The Economic
    Journal 87(345), 71-80.

    Examples
    --------
    >>> concentration_curve([3, 1], by=[10, 20]).value_share.tolist()
    [0.0, 0.75, 1.0]
    """
    return _curve(*_ordered("A concentration curve", values, by, weights))


def concentration_index(values: Any, by: Any, weights: Any = None) -> Any:
    """Concentration index of one variable when the units are ordered by another.

    C = 2 Σ sᵢ Rᵢ - 1, with s the shares of the values and Rᵢ the fractional rank in `by`: the share of the
    weights below unit i plus half its own; units with equal figures share the middle of their ranks
    (Kakwani 1977). It is 1 less twice the area beneath the concentration curve.

    Parameters
    ----------
    values : array_like, Series or DataFrame, shape (..., n)
        What each unit has or pays, at least 0; per head if people are the weights.
    by : array_like, Series or DataFrame, shape (..., n)
        What orders the units, in any unit, for example income per head.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0; without weights every unit counts once.

    Returns
    -------
    float or ndarray of shape (...)
        -1 to 1: above 0 if the values lie with those high in `by`, below 0 if with those low in it, 0 if
        all values or all figures in `by` are equal. It never exceeds the Gini coefficient of the values,
        which it equals if `by` puts them in the same order.

    Raises
    ------
    MeasureError
        As `gini`; `by` may be negative or add up to zero.

    References
    ----------
    Kakwani, N. C. (1977). Measurement of Tax Progressivity: An International Comparison. The Economic
    Journal 87(345), 71-80.

    Examples
    --------
    >>> concentration_index([1, 3], by=[10, 20]), concentration_index([3, 1], by=[10, 20])
    (0.25, -0.25)
    """
    amounts, order, w = _ordered("A concentration index", values, by, weights)
    return _plain(_mean_rank(_share(amounts), order, w) - 1)


def kakwani(payments: Any, income: Any, weights: Any = None) -> Any:
    """Kakwani's index of progressivity.

    K = C - G, with C the concentration index of the payments when the units are ordered by income and G
    the Gini coefficient of income (Kakwani 1977): twice the area between the Lorenz curve of income and
    the concentration curve of the payments.

    Parameters
    ----------
    payments : array_like, Series or DataFrame, shape (..., n)
        What each unit pays, at least 0; per head if people are the weights.
    income : array_like, Series or DataFrame, shape (..., n)
        What it has to pay from, at least 0; per head if people are the weights.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0; without weights every unit counts once.

    Returns
    -------
    float or ndarray of shape (...)
        Above 0 if payments are progressive, that is a larger part of high incomes than of low ones; 0 if
        they are proportional to income; below 0 if regressive. From -1 - G to 1 - G, thus between -2
        and 1; equal payments of all give -G, a single unit 0.

    Raises
    ------
    MeasureError
        As `gini`, for payments and for income.

    Notes
    -----
    States are rich or poor by income per head: for the assessed contributions of states both figures go
    in per head, with people as weights. Totals without weights order the states by size instead, and
    answer another question.

    References
    ----------
    Kakwani, N. C. (1977). Measurement of Tax Progressivity: An International Comparison. The Economic
    Journal 87(345), 71-80.

    Examples
    --------
    >>> kakwani([10, 30], [100, 300])
    0.0
    >>> kakwani([0, 40], [100, 300])
    0.25
    """
    (paid, earned), w = _checked("A Kakwani index", weights, payments=payments, income=income)
    # Both have the same ranks, so that the difference of the shares does in one go.
    apart = _share(w * paid) - _share(w * earned)
    return _plain(_mean_rank(apart, earned, w))


def suits(payments: Any, income: Any, weights: Any = None) -> Any:
    """Suits' index of progressivity.

    S = 1 - Σ (Tᵢ + Tᵢ₋₁) (Yᵢ - Yᵢ₋₁), with Y the accumulated share of income and T the accumulated share of
    the payments when the units are ordered by income (Suits 1977): 1 less twice the area beneath the
    curve of payments over income. Unlike Kakwani's index it counts each part of income alike, not each
    person.

    Parameters
    ----------
    payments : array_like, Series or DataFrame, shape (..., n)
        What each unit pays, at least 0; per head if people are the weights.
    income : array_like, Series or DataFrame, shape (..., n)
        What it has to pay from, at least 0; per head if people are the weights. Units with equal incomes
        share a straight line.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0; without weights every unit counts once.

    Returns
    -------
    float or ndarray of shape (...)
        -1 to 1: above 0 if payments are progressive, 0 if proportional, below 0 if regressive. 1 is the
        limit if the richest pays all, with a vanishing share of income; -1 if all is paid by those with
        no income. Equal payments of all give the Gini coefficient of income, with a minus; a single unit
        or equal incomes give 0.

    Raises
    ------
    MeasureError
        As `gini`, for payments and for income.

    Notes
    -----
    Figures per head and weights as by `kakwani`.

    References
    ----------
    Suits, D. B. (1977). Measurement of Tax Progressivity. American Economic Review 67(4), 747-752.

    Examples
    --------
    >>> suits([10, 30], [100, 300])
    0.0
    >>> suits([0, 40], [100, 300])
    0.25
    """
    (paid, earned), w = _checked("A Suits index", weights, payments=payments, income=income)
    return _plain(_mean_rank(_share(w * paid), earned, w * earned) - 1)


def hoover(values: Any, weights: Any = None) -> Any:
    """Hoover index: the share that would have to change hands for everybody to have the same.

    H = ½ Σ |sᵢ - pᵢ|, with s the shares of the values and p the shares of the weights (Hoover 1936). It
    is `dissimilarity`, and the Loosemore-Hanby index, for one variable spread over people.

    Parameters
    ----------
    values : array_like, Series or DataFrame, shape (..., n)
        What each unit has, at least 0; per head if people are the weights.
    weights : array_like, Series or DataFrame, shape (..., n), optional
        How much each unit counts, at least 0; without weights every unit counts once.

    Returns
    -------
    float or ndarray of shape (...)
        A proportion, 0 to 1; 0 if all values are equal or there is one unit. It is the largest vertical
        distance of the Lorenz curve from the diagonal, and never exceeds the Gini coefficient.

    Raises
    ------
    MeasureError
        As `gini`.

    References
    ----------
    Hoover, E. M. (1936). The Measurement of Industrial Localization. The Review of Economic Statistics
    18(4), 162-171.

    Examples
    --------
    >>> hoover([1, 3])
    0.25
    """
    (x,), w = _checked("A Hoover index", weights, values=values)
    return _apart(w * x, w)


def dissimilarity(first: Any, second: Any) -> Any:
    """Index of dissimilarity, or disproportion, of two sets of shares: what is paid and what is received.

    D = ½ Σ |aᵢ - bᵢ|, with a and b the shares of the units in the two totals (Duncan and Duncan 1955).
    The same formula measures seats against votes as the Loosemore-Hanby index.

    Parameters
    ----------
    first, second : array_like, Series or DataFrame, shape (..., n)
        Amounts of each unit, at least 0, in any two units of measurement: totals, not figures per head.

    Returns
    -------
    float or ndarray of shape (...)
        A proportion, 0 to 1: the part of one total that would have to move to match the other. 0 if the
        shares are equal; 1 if no unit has a part in both. A single unit always gives 0.

    Raises
    ------
    MeasureError
        As `gini`, for both sets of amounts.

    References
    ----------
    Duncan, O. D. and Duncan, B. (1955). A Methodological Analysis of Segregation Indexes. American
    Sociological Review 20(2), 210-217.

    Examples
    --------
    >>> dissimilarity([50, 30, 20], [4, 4, 2])
    0.1
    """
    (a, b), _ = _checked(
        "An index of dissimilarity", None, **{"first amounts": first, "second amounts": second}
    )
    return _apart(a, b)


def hhi(amounts: Any, *, normalised: bool = False) -> Any:
    """Herfindahl-Hirschman index of concentration.

    H = Σ sᵢ², with s the shares of the k holders (Hirschman 1964); normalised (H - 1/k) / (1 - 1/k).

    Parameters
    ----------
    amounts : array_like, Series or DataFrame, shape (..., k)
        What each holder has, at least 0, in any unit: totals, not figures per head.
    normalised : bool, default False
        Bring the index to 0 for equal shares, whatever the number of holders. Holders with nothing count
        in k.

    Returns
    -------
    float or ndarray of shape (...)
        1/k for equal shares to 1 for a single holder; normalised 0 to 1. Competition authorities square
        per cents and print 10,000 times this figure. 1 / H is the number of holders of equal size that
        would give the same index.

    Raises
    ------
    MeasureError
        If there is no holder; an amount is negative or not finite; the amounts add up to zero; or the
        normalised index is asked for with a single holder, for which it is not defined.

    References
    ----------
    Hirschman, A. O. (1964). The Paternity of an Index. American Economic Review 54(5), 761-762.

    Examples
    --------
    >>> round(10_000 * hhi([30, 30, 20, 20]))
    2600
    """
    s = _shares("A Herfindahl-Hirschman index", amounts)
    found = (s**2).sum(axis=-1)
    if normalised:
        k = s.shape[-1]
        if k < 2:
            raise MeasureError("A normalised Herfindahl-Hirschman index needs at least two holders, got 1.")
        found = np.clip((found - 1 / k) / (1 - 1 / k), 0.0, 1.0)
    return _plain(found)


def concentration_ratio(amounts: Any, top: int) -> Any:
    """Concentration ratio CRₙ: the share of the n largest holders.

    Parameters
    ----------
    amounts : array_like, Series or DataFrame, shape (..., k)
        What each holder has, at least 0, in any unit: totals, not figures per head.
    top : int
        The n of CRₙ, at least 1: how many of the largest are added up. With no more holders than that
        the ratio is 1.

    Returns
    -------
    float or ndarray of shape (...)
        A proportion, above 0 to 1; n/k for equal shares.

    Raises
    ------
    MeasureError
        If there is no holder; an amount is negative or not finite; the amounts add up to zero; or `top` is
        no whole number of at least 1.

    Examples
    --------
    >>> concentration_ratio([30, 30, 20, 20], top=2)
    0.6
    """
    if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
        raise MeasureError(f"A concentration ratio needs a whole number of at least one holder, got {top!r}.")
    s = _shares("A concentration ratio", amounts)
    return _plain(np.minimum(np.sort(s, axis=-1)[..., -int(top) :].sum(axis=-1), 1.0))


def shannon_entropy(amounts: Any, *, normalised: bool = False) -> Any:
    """Shannon's entropy of the shares: how evenly they are spread over how many holders.

    H = -Σ sᵢ ln sᵢ, with s the shares of the k holders and 0 ln 0 = 0 (Shannon 1948); normalised H / ln k.
    Computed by `scipy.stats.entropy`.

    Parameters
    ----------
    amounts : array_like, Series or DataFrame, shape (..., k)
        What each holder has, at least 0, in any unit: totals, not figures per head.
    normalised : bool, default False
        Divide by the largest value possible. Holders with nothing count in k.

    Returns
    -------
    float or ndarray of shape (...)
        In nats: 0 if one holder has all, ln k for equal shares; normalised 0 to 1.

    Raises
    ------
    MeasureError
        If there is no holder; an amount is negative or not finite; the amounts add up to zero; or the
        normalised entropy is asked for with a single holder, for which it is not defined.

    Notes
    -----
    High entropy means little concentration: the scale runs against that of `hhi`.

    References
    ----------
    Shannon, C. E. (1948). A Mathematical Theory of Communication. Bell System Technical Journal 27(3),
    379-423.

    Examples
    --------
    >>> shannon_entropy([5, 5, 5, 5], normalised=True), shannon_entropy([7, 0])
    (1.0, 0.0)
    """
    s = _shares("An entropy", amounts)
    k = s.shape[-1]
    found = np.maximum(scipy.stats.entropy(s, axis=-1), 0.0)
    if normalised:
        if k < 2:
            raise MeasureError("A normalised entropy needs at least two holders, got 1.")
        found = np.minimum(found / np.log(k), 1.0)
    return _plain(found)


def effective_number(amounts: Any) -> Any:
    """Effective number of holders: how many of equal size would have the same entropy.

    N = exp(H), with H Shannon's entropy in nats; in ecology the diversity of order 1 (Hill 1973).

    Parameters
    ----------
    amounts : array_like, Series or DataFrame, shape (..., k)
        What each holder has, at least 0, in any unit: totals, not figures per head.

    Returns
    -------
    float or ndarray of shape (...)
        1 if one holder has all, k for equal shares. It is at least 1 / `hhi`, the effective number that
        counts small holders less.

    Raises
    ------
    MeasureError
        If there is no holder, an amount is negative or not finite, or the amounts add up to zero.

    References
    ----------
    Hill, M. O. (1973). Diversity and Evenness: A Unifying Notation and Its Consequences. Ecology 54(2),
    427-432.

    Examples
    --------
    >>> round(effective_number([5, 5, 5, 5, 0]), 6)
    4.0
    """
    return _plain(np.exp(shannon_entropy(amounts)))


def _aligned(*figures: Any) -> list[Any]:
    """Return figures in the order of the first ones that carry labels; those without keep their order."""
    first = next((given for given in figures if isinstance(given, pd.Series | pd.DataFrame)), None)
    return [_matched(first, given) for given in figures]


def _checked(measure: str, weights: Any, **figures: Any) -> tuple[list[Numbers], Numbers]:
    """Check figures and weights and return them in the same order and on a scale that cannot overflow."""
    given = figures if weights is None else {**figures, "weights": weights}
    aligned = zip(given, _aligned(*given.values()), strict=True)
    checked = {name: as_numbers(numbers, f"The {name}") for name, numbers in aligned}
    _check_shapes(measure, checked)
    for name, numbers in checked.items():
        if (numbers < 0).any():
            raise MeasureError(f"{measure} needs {name} that are not negative.")
    scaled = {name: _scaled(numbers) for name, numbers in checked.items()}
    w = scaled.pop("weights") if "weights" in scaled else np.ones(next(iter(scaled.values())).shape[-1])
    _check_sum(measure, "weights", w)
    for name, numbers in scaled.items():
        _check_sum(measure, name, numbers * w)
    return list(scaled.values()), w


def _ordered(measure: str, values: Any, by: Any, weights: Any) -> tuple[Numbers, Numbers, Numbers]:
    """Return amounts, the figures that order the units, and weights, after all checks."""
    values, by, weights = _aligned(values, by, weights)
    (x,), w = _checked(measure, weights, values=values)
    amounts, order = w * x, as_numbers(by, "The figures to order by")
    _check_shapes(measure, {"values": amounts, "figures to order by": order})
    return amounts, order, w


def _check_shapes(measure: str, figures: dict[str, Numbers]) -> None:
    """Refuse figures without units, of different units, or with leading axes that do not fit."""
    name, numbers = next(iter(figures.items()))
    for other, given in figures.items():
        if given.ndim == 0 or given.shape[-1] == 0:
            raise MeasureError(f"{measure} needs {other} of at least one unit.")
        if given.shape[-1] != numbers.shape[-1]:
            raise MeasureError(
                f"{measure} needs {name} and {other} of the same units, "
                f"got {numbers.shape[-1]} and {given.shape[-1]}."
            )
    shapes = [given.shape for given in figures.values()]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise MeasureError(
            f"The shapes of {' and '.join(figures)} do not fit: {' and '.join(map(str, shapes))}."
        ) from error


def _check_sum(measure: str, name: str, numbers: Numbers) -> None:
    """Refuse figures that add up to zero, and say in which draw."""
    empty = numbers.sum(axis=-1) == 0
    if empty.any():
        draw = ", ".join(map(str, np.argwhere(empty)[0]))
        where = f", but those of draw {draw} do not" if draw else ""
        raise MeasureError(f"{measure} needs {name} that add up to more than zero{where}.")


def _shares(measure: str, amounts: Any) -> Numbers:
    """Return amounts as shares along the last axis, after all checks."""
    (a,), _ = _checked(measure, None, amounts=amounts)
    return _share(a)


def _share(amounts: Numbers) -> Numbers:
    return np.asarray(amounts / amounts.sum(axis=-1, keepdims=True))


def _apart(first: Numbers, second: Numbers) -> Any:
    """Half the sum of the absolute differences of two sets of shares."""
    return _plain(0.5 * np.abs(_share(first) - _share(second)).sum(axis=-1))


def _refuse_zero(x: Numbers, w: Numbers) -> None:
    if ((x == 0) & (w > 0)).any():
        raise MeasureError("Theil's L needs values above zero: with a zero among them it is infinite.")


def _scaled(numbers: Numbers) -> Numbers:
    """Bring the largest figure of each row below 1, by a power of two, which costs no digit."""
    _, exponent = np.frexp(numbers.max(axis=-1, keepdims=True))
    return np.ldexp(numbers, -exponent)


def _in_order(by: Numbers, *figures: Numbers) -> list[Numbers]:
    """Sort figures along the last axis by another, whose own leading axes are kept only if it has any."""
    if by.ndim == 1:
        order = np.argsort(by, kind="stable")
        return [given[..., order] for given in figures]
    shape = np.broadcast_shapes(by.shape, *(given.shape for given in figures))
    order = np.argsort(np.broadcast_to(by, shape), axis=-1, kind="stable")
    return [np.take_along_axis(np.broadcast_to(given, shape), order, axis=-1) for given in figures]


def _ties(by: Numbers) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Mark in sorted figures the first and the last of every run of equal ones."""
    new = by[..., 1:] != by[..., :-1]
    edge = np.ones((*by.shape[:-1], 1), dtype=bool)
    return np.concatenate([edge, new], axis=-1), np.concatenate([new, edge], axis=-1)


def _run_ends(
    reached: Numbers, first: npt.NDArray[np.bool_], last: npt.NDArray[np.bool_]
) -> tuple[Numbers, Numbers]:
    """Return, for each unit, what had been reached before its run of equals began and when it ended.

    `reached` accumulates and starts with 0: it has one entry more than there are units.
    """
    start = np.maximum.accumulate(np.where(first, reached[..., :-1], 0.0), axis=-1)
    end = np.minimum.accumulate(np.where(last, reached[..., 1:], np.inf)[..., ::-1], axis=-1)[..., ::-1]
    return start, end


def _accumulated(amounts: Numbers) -> Numbers:
    """Accumulate shares from 0 to 1 along the last axis."""
    reached = np.cumsum(amounts, axis=-1)
    reached = np.concatenate([np.zeros((*reached.shape[:-1], 1)), reached], axis=-1)
    return reached / reached[..., -1:]


def _mean_rank(shares: Numbers, by: Numbers, weights: Numbers) -> Numbers:
    """Twice the mean fractional rank in `by`, which is a share of the weights, of what the shares hold."""
    by, shares, weights = _in_order(by, by, shares, weights)
    start, end = _run_ends(_accumulated(weights), *_ties(by))
    return np.asarray(np.einsum("...i,...i->...", shares, start + end))


def _curve(amounts: Numbers, by: Numbers, weights: Numbers) -> Curve:
    by, amounts, weights = _in_order(by, by, *np.broadcast_arrays(amounts, weights))
    x, y = _accumulated(weights), _accumulated(amounts)
    first, last = _ties(by)
    (x_start, x_end), (y_start, y_end) = _run_ends(x, first, last), _run_ends(y, first, last)
    # Equals share a straight line from where their run begins to where it ends.
    line = y_start + (y_end - y_start) * _ratio(x[..., 1:] - x_start, x_end - x_start)
    y[..., 1:] = np.where(last, y[..., 1:], line)
    return Curve(x, y)


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Divide, and give 0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole > 0)


def _plain(found: Any) -> Any:
    return float(found) if np.ndim(found) == 0 else found
