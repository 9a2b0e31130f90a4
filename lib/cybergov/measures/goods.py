"""Supply games: what states give to a good that they share, what would be best, and when a club holds.

The model of `nash`, `optimum` and `undersupply` is put together for this book out of parts that others
have used. State i of n has the income wᵢ > 0, gives gᵢ and keeps the private consumption xᵢ = wᵢ - c gᵢ,
with c the price of a unit of contribution. It enjoys

    Eᵢ = e gᵢ + (1 - e) n⁻ᵏ S(g)        and has the utility        Uᵢ = xᵢ^(1-α) Eᵢ^α.

- e, the exclusion share, 0 to 1, is the part of its own contribution whose benefit a state keeps to
  itself; the rest is shared. A contribution has a private and a public product, which are perfect
  substitutes (a special case of the joint products of Cornes and Sandler 1984). e = 0 is a good from
  which nobody is excluded, e = 1 a private good: no state depends on another. It is not a fee or a
  gate that keeps out those who do not pay; exclusion by a group is in `gain_from_leaving`.
- k, the congestion, at least 0, says how users crowd each other in the shared part, with a constant
  elasticity (Borcherding and Deacon 1972, Bergstrom and Goodman 1973). All n states are users,
  whether they give or not. k = 0 is no rivalry; k = 1 divides the shared part among the users;
  beyond 1 users do each other harm. With e = k = 0 and S the sum, the good is pure public.
- S, the technology (Hirshleifer 1983), makes one supply of n contributions: the sum ("summation"); the
  smallest ("weakest link"); the largest ("best shot"); or the power mean (Σ gᵢ^ρ / n)^(1/ρ) with ρ < 1
  ("weaker link"; Cornes 1993, Cornes and Hartley 2007, here in the unit in which equal contributions
  supply what each gives). The power mean goes to the smallest as ρ goes to minus infinity, is the
  geometric mean at ρ = 0, and goes to the sum over n as ρ goes to 1. (Beyond 1 it would go to the
  largest; there best replies jump, and only that end, the best shot, is offered.)
- α, the taste, strictly between 0 and 1, is the share of its income that a state alone would spend.

In all that follows, b = (1 - e) n⁻ᵏ is the part of a supply that a user has, and a = e + b.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.optimize

from cybergov.errors import MeasureError
from cybergov.measures.intervals import as_numbers, same_labels

Technology = Literal["summation", "weakest link", "weaker link", "best shot"]
Kind = Literal["unique", "several", "continuum"]
Numbers = npt.NDArray[np.float64]

#: Beyond this, users would only destroy what they share, and powers of n leave the range of numbers.
MOST_CONGESTION = 10.0

# Figures of a grid (cells times states) that are worked on at a time; as many as stay close to the processor.
_FIGURES = 20_000

# Beyond these, products of incomes and prices leave the range of numbers.
_LEAST, _MOST = 1e-50, 1e50

# Newton's method within brackets: how small the last step must be, and how many steps there may be.
_STEP, _ITERATIONS = 1e-13, 200

# Two utilities this close, relative to each other, differ by rounding alone.
_TIE = 1e-12


@dataclass(frozen=True)
class Good:
    """A good that states share, and what they think of it.

    Parameters
    ----------
    technology : {"summation", "weakest link", "weaker link", "best shot"}, default "summation"
        How contributions make a supply.
    exclusion : float, default 0
        Exclusion share e, 0 to 1.
    congestion : float, default 0
        Congestion k, 0 to 10.
    taste : float, default 0.5
        Taste for the good α, strictly between 0 and 1.
    price : float, default 1
        Price c of a unit of contribution, in units of income, 1e-50 to 1e50.
    rho : float, default -1
        Exponent ρ of the weaker link, -10,000 to below 1; the smaller, the closer to the weakest
        link. The other technologies make no use of it.

    Raises
    ------
    MeasureError
        If the technology is none of the four or a number lies outside its range.

    Examples
    --------
    >>> Good("best shot", exclusion=0.2).taste
    0.5
    """

    technology: Technology = "summation"
    exclusion: float = 0.0
    congestion: float = 0.0
    taste: float = 0.5
    price: float = 1.0
    rho: float = -1.0

    def __post_init__(self) -> None:
        """Check every field."""
        _check_technology(self.technology)
        for name in ("exclusion", "congestion", "taste", "price", "rho"):
            _single(name, getattr(self, name))

    def parts(self, n: int) -> tuple[float, float]:
        """Return what a state keeps of its own contribution, and what a user has of the supply.

        Parameters
        ----------
        n : int
            Number of states, all of them users.

        Returns
        -------
        tuple of float
            e and b = (1 - e) n⁻ᵏ, both proportions.

        Examples
        --------
        >>> Good(exclusion=0.2, congestion=0.5).parts(4)
        (0.2, 0.4)
        """
        return float(self.exclusion), float((1 - self.exclusion) * float(n) ** -self.congestion)


@dataclass(frozen=True)
class Equilibrium:
    """A Nash equilibrium in pure strategies, and what other equilibria there are.

    Attributes
    ----------
    contributions, consumption, enjoyment, utility : ndarray or Series, shape (n,)
        gᵢ, xᵢ, Eᵢ and Uᵢ of each state; Series if the incomes were one.
    contributors, free_riders : ndarray or Series of bool, shape (n,)
        Who gives more than nothing, and who gives nothing while others give.
    total : float
        Σ gᵢ.
    supply : float
        S(g).
    kind : {"unique", "several", "continuum"}
        How many equilibria the game has.
    count : float
        Their number; infinite for a continuum. Equilibria that rest on waste alone are not counted: a
        state without enjoyment has the utility 0 whatever it consumes, so that it may as well pay
        for nothing where its contribution moves no supply.
    lowest_supply, highest_supply : float
        The ends of the supplies of all equilibria, the one returned included.
    providers : tuple
        Best shot only: every state that is the best shot of an equilibrium, by label if the incomes
        have labels, otherwise by position. Empty for the other technologies.
    description : str
        One sentence on the set of equilibria.
    """

    contributions: Any
    consumption: Any
    enjoyment: Any
    utility: Any
    contributors: Any
    free_riders: Any
    total: float
    supply: float
    kind: Kind
    count: float
    lowest_supply: float
    highest_supply: float
    providers: tuple[Any, ...]
    description: str


@dataclass(frozen=True)
class Optimum:
    """The contributions that are best for all states together, and who pays for them.

    Attributes
    ----------
    contributions, consumption, enjoyment, utility : ndarray or Series, shape (n,)
        gᵢ, xᵢ, Eᵢ and Uᵢ of each state; Series if the incomes were one.
    transfers : ndarray or Series, shape (n,)
        What a state receives from the others, xᵢ + c gᵢ - wᵢ; negative for those who pay. They add up
        to zero.
    total : float
        Σ gᵢ.
    supply : float
        S(g).
    """

    contributions: Any
    consumption: Any
    enjoyment: Any
    utility: Any
    transfers: Any
    total: float
    supply: float


def supply(contributions: Any, technology: Technology = "summation", rho: float = -1.0) -> Any:
    """Supply that contributions make under a technology.

    S = Σ gᵢ ("summation"), min gᵢ ("weakest link"), max gᵢ ("best shot"; Hirshleifer 1983) or
    (Σ gᵢ^ρ / n)^(1/ρ) ("weaker link"; Cornes 1993), over the states i.

    Parameters
    ----------
    contributions : array_like, shape (..., n)
        Contributions, at least 0.
    technology : {"summation", "weakest link", "weaker link", "best shot"}, default "summation"
        How contributions make a supply.
    rho : float, default -1
        Exponent of the weaker link, -10,000 to below 1; 0 is the geometric mean.

    Returns
    -------
    float or ndarray of shape (...)
        In units of contribution, at least 0. Equal contributions g give g, under summation n g. With
        ρ of at most 0 a single contribution of zero makes the supply of a weaker link zero.

    Raises
    ------
    MeasureError
        If there is no state, a contribution is negative, above 1e100 or not finite, or `technology`
        or `rho` cannot be used.

    References
    ----------
    Hirshleifer, J. (1983). From Weakest-Link to Best-Shot: The Voluntary Provision of Public Goods.
    Public Choice 41(3), 371-386.

    Cornes, R. (1993). Dyke Maintenance and Other Stories: Some Neglected Types of Public Goods.
    Quarterly Journal of Economics 108(1), 259-271.

    Examples
    --------
    >>> supply([1, 4]), supply([1, 4], "weakest link"), supply([1, 4], "best shot")
    (5.0, 1.0, 4.0)
    >>> supply([1, 4], "weaker link", rho=-1)
    1.6
    """
    _check_technology(technology)
    exponent = _single("rho", rho)
    given = as_numbers(contributions, "Contributions")
    if given.ndim == 0 or given.shape[-1] == 0:
        raise MeasureError("A supply needs the contributions of at least one state.")
    _check_contributions(given)
    found = _supply(given, technology, exponent)
    return float(found) if found.ndim == 0 else found


def utility(contributions: Any, incomes: Any, good: Good) -> Any:
    """Utility of every state when each pays for its own contribution.

    Uᵢ = (wᵢ - c gᵢ)^(1-α) Eᵢ^α with Eᵢ = e gᵢ + (1 - e) n⁻ᵏ S(g): Cobb and Douglas's form, with all
    states of one taste.

    Parameters
    ----------
    contributions : array_like, Series or DataFrame, shape (..., n)
        What each state gives, at least 0 and at most its income over the price.
    incomes : array_like or Series, shape (n,)
        Income of each state, 1e-50 to 1e50.
    good : Good
        The good.

    Returns
    -------
    ndarray of shape (..., n)
        At least 0, in the order of `contributions`. When all incomes and contributions double,
        utilities double: 1.1 times a utility is what ten per cent more of everything would give. It
        is 0 for a state without private consumption or without enjoyment.

    Raises
    ------
    MeasureError
        If there is no state, an income is out of range, a contribution is negative or not affordable,
        a figure is not finite, the numbers of states differ, or both carry labels and the labels are
        not the same.

    References
    ----------
    Cornes, R. and Sandler, T. (1984). Easy Riders, Joint Production, and Public Goods. Economic
    Journal 94(375), 580-598.

    Examples
    --------
    >>> utility([1, 1], [2, 5], Good())
    array([1.41421356, 2.82842712])
    """
    given, w, _ = _given(contributions, incomes, good)
    return _utility(w - good.price * given, _enjoyment(given, good), good.taste)


def nash(incomes: Any, good: Good) -> Equilibrium:
    """Nash equilibrium of private provision, with all that is known of other equilibria.

    With spending yᵢ = c gᵢ, Y = Σ yᵢ and s = c S(g):

    - summation: yᵢ = max(0, (α wᵢ - φ Y) / (1 - φ)) with φ = (1 - α) b / a, and Y the largest of
      α Wₘ / (1 + (m - 1) φ) over m, with Wₘ the sum of the m highest incomes; the m at the largest
      are the contributors. With e = 0 this is the equilibrium of Bergstrom, Blume and Varian (1986).
      It is unique.
    - weakest link: yᵢ = max(s, α wᵢ - (1 - α) b s / e), without the second term if e = 0. Every s from
      α e w₂ / (e + (1 - α) b) to α w₁, with w₁ and w₂ the two lowest incomes, is an equilibrium, for two
      states at the same level cannot raise the supply alone; all states prefer the highest, which is
      returned. If the first figure is not below the second, s = α w₁ is the only equilibrium.
    - best shot: one state h gives s = α wₕ, the others max(0, α wᵢ - (1 - α) b s / e), nothing if e = 0.
      Which states can be h is found by looking at every deviation; with e = 0 it is those with wₕ of
      at least (1 - α)^((1-α)/α) of the highest income. The richest always can, and is h in what is
      returned, the equilibrium with the largest supply (of equals, the first in order).
    - weaker link: the shares uᵢ = gᵢ / S solve (1 - α) s (e uᵢ + b) = α (wᵢ - s uᵢ) (e + b uᵢ^(ρ-1) / n)
      for given s and fall in s, so that exactly one s > 0 makes their power mean 1; found by Newton's
      method within brackets. With e = 0 and ρ of at most 0, giving nothing at all is a second
      equilibrium, for a state alone supplies nothing.

    Parameters
    ----------
    incomes : array_like or Series, shape (n,)
        Income of each state, 1e-50 to 1e50.
    good : Good
        The good.

    Returns
    -------
    Equilibrium
        One equilibrium and what is known of the set. A single state spends α of its income.

    Raises
    ------
    MeasureError
        If there is no state or an income is out of range or not finite.

    Notes
    -----
    Only pure strategies are looked at. The limit of the weaker link's equilibria, as ρ goes to minus
    infinity, is an equilibrium of the weakest link, but not the one that all states prefer. On
    equilibria that are not counted see `Equilibrium`.

    References
    ----------
    Bergstrom, T., Blume, L. and Varian, H. (1986). On the Private Provision of Public Goods. Journal
    of Public Economics 29(1), 25-49.

    Hirshleifer, J. (1983). From Weakest-Link to Best-Shot: The Voluntary Provision of Public Goods.
    Public Choice 41(3), 371-386.

    Cornes, R. and Hartley, R. (2007). Weak Links, Good Shots and Other Public Good Games: Building on
    BBV. Journal of Public Economics 91(9), 1684-1707.

    Examples
    --------
    >>> found = nash([10, 10, 4], Good())
    >>> found.contributions.round(2), found.free_riders.tolist(), found.kind
    (array([3.33, 3.33, 0.  ]), [False, False, True], 'unique')
    >>> nash([10, 10, 4], Good("best shot")).providers
    (0, 1)
    """
    w, labels = _incomes(incomes)
    n = len(w)
    e, b = good.parts(n)
    kept, shared, taste = (np.full((1, 1), value) for value in (e, b, good.taste))
    given = _spending(w, kept, shared, taste, good.technology, good.rho)[0] / good.price
    enjoyed = _enjoyment(given, good)
    supplied = low = float(_supply(given, good.technology, good.rho))
    kind: Kind = "unique"
    count = 1.0
    providers: list[int] = []
    sentence = "The equilibrium is unique."
    if good.technology == "weakest link" and n > 1:
        second = float(np.partition(w, 1)[1])
        low = good.taste * e * second / (e + (1 - good.taste) * b) / good.price
        if low < supplied * (1 - _TIE):
            kind, count = "continuum", math.inf
            sentence = (
                f"Every smallest contribution from {low:.6g} to {supplied:.6g} is an equilibrium; "
                "all states prefer the highest, which is returned."
            )
    elif good.technology == "best shot":
        providers = _providers(w, e, b, good.taste)
        count = float(len(providers))
        low = good.taste * w[providers].min() / good.price
        if count > 1:
            kind = "several"
            sentence = (
                f"There are {count:.0f} equilibria, one for each state that can be the best shot; "
                "the one with the richest is returned."
            )
        elif n > 1 and b > 0:
            sentence = "The equilibrium is unique: only the richest state can be the best shot."
    elif good.technology == "weaker link" and e == 0 and good.rho <= 0 and n > 1:
        kind, count, low = "several", 2.0, 0.0
        sentence = "There are two equilibria: the one returned, and one in which no state gives anything."
    gives = given > 0
    return Equilibrium(
        contributions=_labelled(given, labels),
        consumption=_labelled(w - good.price * given, labels),
        enjoyment=_labelled(enjoyed, labels),
        utility=_labelled(_utility(w - good.price * given, enjoyed, good.taste), labels),
        contributors=_labelled(gives, labels),
        free_riders=_labelled(~gives, labels),
        total=float(given.sum()),
        supply=supplied,
        kind=kind,
        count=count,
        lowest_supply=min(low, supplied),
        highest_supply=supplied,
        providers=tuple(providers if labels is None else labels[providers]),
        description=sentence,
    )


def optimum(incomes: Any, good: Good) -> Optimum:
    """Contributions that are best for all states together, when they can share the bill.

    The largest Σ log Uᵢ under Σ xᵢ + c Σ gᵢ = Σ wᵢ, so that states pay each other. The sum of
    logarithms is a choice of the book: it gives all states the same private consumption. The optimum
    meets Samuelson's (1954) condition, that the willingness to pay of all for one more unit adds up
    to its price. Every technology gives c Σ gᵢ = α Σ wᵢ and xᵢ = (1 - α) Σ wᵢ / n, because
    enjoyment is proportional to contributions. Equal contributions are best under summation and
    the two links. Under best shot one state gives all if e ≤ n b; otherwise one gives
    α Σ wᵢ / (c n (1 - (n - 1) b / e)) and the others give equal parts of what remains.

    Parameters
    ----------
    incomes : array_like or Series, shape (n,)
        Income of each state, 1e-50 to 1e50.
    good : Good
        The good.

    Returns
    -------
    Optimum
        For summation with e = 0 only the total is determined, and equal contributions are returned.
        The best shot is the richest state (of equals, the first in order). A single state spends α of
        its income, as in `nash`.

    Raises
    ------
    MeasureError
        If there is no state or an income is out of range or not finite.

    Notes
    -----
    The total of an efficient supply depends in general on how utility is shared. Here it does not:
    with this utility, summation has the same Σ gᵢ at every efficient allocation in which all
    contributions are above zero. The transfers do depend on it.

    References
    ----------
    Samuelson, P. A. (1954). The Pure Theory of Public Expenditure. Review of Economics and Statistics
    36(4), 387-389.

    Examples
    --------
    >>> best = optimum([10, 10, 4], Good())
    >>> best.total, best.transfers.tolist()
    (12.0, [-2.0, -2.0, 4.0])
    """
    w, labels = _incomes(incomes)
    n, whole = len(w), float(w.sum())
    e, b = good.parts(n)
    given = np.full(n, good.taste * whole / n / good.price)
    if good.technology == "best shot":
        total = good.taste * whole / good.price
        best = total if e <= n * b else total / (n * (1 - (n - 1) * b / e))
        given = np.full(n, (total - best) / max(n - 1, 1))
        given[int(w.argmax())] = best
    consumed = np.full(n, (1 - good.taste) * whole / n)
    enjoyed = _enjoyment(given, good)
    return Optimum(
        contributions=_labelled(given, labels),
        consumption=_labelled(consumed, labels),
        enjoyment=_labelled(enjoyed, labels),
        utility=_labelled(_utility(consumed, enjoyed, good.taste), labels),
        transfers=_labelled(consumed + good.price * given - w, labels),
        total=float(given.sum()),
        supply=float(_supply(given, good.technology, good.rho)),
    )


def willingness_to_pay(consumption: Any, enjoyment: Any, taste: float = 0.5) -> Any:
    """Private consumption that a state would give up for one more unit of enjoyment.

    The marginal rate of substitution α xᵢ / ((1 - α) Eᵢ).

    Parameters
    ----------
    consumption : array_like or Series, shape (..., n)
        Private consumption xᵢ, at least 0.
    enjoyment : array_like or Series, shape (..., n)
        Enjoyment Eᵢ of the good, above 0.
    taste : float, default 0.5
        Taste for the good α, strictly between 0 and 1.

    Returns
    -------
    float or ndarray of shape (..., n)
        In units of income for a unit of enjoyment, at least 0, in the order of `consumption`. An
        empty input gives an empty result.

    Raises
    ------
    MeasureError
        If consumption is negative, enjoyment not above 0 or too small for a finite answer, a figure
        not finite, `taste` not between 0 and 1, the shapes do not fit, or the labels of two Series
        are not the same.

    References
    ----------
    Samuelson, P. A. (1954). The Pure Theory of Public Expenditure. Review of Economics and Statistics
    36(4), 387-389.

    Examples
    --------
    >>> best = optimum([10, 10, 4], Good())
    >>> float(sum(willingness_to_pay(best.consumption, best.enjoyment)))  # the price of a unit is 1
    1.0
    """
    alpha = _single("taste", taste)
    enjoyment = _matched(consumption, enjoyment)
    x, enjoyed = as_numbers(consumption, "Consumption"), as_numbers(enjoyment, "Enjoyment")
    if (x < 0).any():
        raise MeasureError("Consumption must not be negative.")
    if (enjoyed <= 0).any():
        raise MeasureError("Enjoyment must be above zero everywhere.")
    x, enjoyed = _fitting("consumption and enjoyment", x, enjoyed)
    with np.errstate(over="ignore", divide="ignore"):
        found = alpha * x / ((1 - alpha) * enjoyed)
    if not np.isfinite(found).all():
        raise MeasureError("Enjoyment is too small beside consumption for a finite willingness to pay.")
    return float(found) if found.ndim == 0 else found


def undersupply(
    exclusion: npt.ArrayLike = 0.0,
    congestion: npt.ArrayLike = 0.0,
    *,
    states: npt.ArrayLike | None = None,
    incomes: npt.ArrayLike | None = None,
    technology: Technology = "summation",
    taste: npt.ArrayLike = 0.5,
    rho: float = -1.0,
) -> Any:
    """Share of the best total of contributions that private provision fails to give.

    1 - Σ gᵢ in `nash` / Σ gᵢ in `optimum`. With n states of equal income it is, with a and b as above
    and φ = (1 - α) b / a,

    - summation: (n - 1) φ / (1 + (n - 1) φ);
    - weakest link: 0;
    - weaker link: (1 - α)(1 - 1/n) b / ((1 - α) a + α (e + b/n)), whatever ρ is;
    - best shot: (1 - 1/n) min(1, (1 - α) b / e), and 1 - 1/n if e = 0.

    Parameters
    ----------
    exclusion, congestion : float or array_like
        Exclusion shares, 0 to 1, and congestions, 0 to 10; shapes that fit each other.
    states : int or array_like of int, optional
        Numbers of states of equal income, at least 1, in a shape that fits the others.
    incomes : array_like, shape (n,), optional
        Incomes of the states, 1e-50 to 1e50. Either `states` or `incomes` must be given.
    technology : {"summation", "weakest link", "weaker link", "best shot"}, default "summation"
        How contributions make a supply.
    taste : float or array_like, default 0.5
        Taste for the good, strictly between 0 and 1, in a shape that fits the others.
    rho : float, default -1
        Exponent of the weaker link, below 1.

    Returns
    -------
    float or ndarray
        A proportion, from 0, nothing is missing, to below 1; one number for each cell of the shapes
        taken together. It does not depend on the price or on the unit of the incomes. With e = 1, or a
        single state, it is 0. No cell gives an empty result.

    Raises
    ------
    MeasureError
        If a parameter lies outside its range, the shapes do not fit, or not exactly one of `states` and
        `incomes` is given.

    Notes
    -----
    Where a game has several equilibria, the one that `nash` returns counts: the best of the weakest
    link's. What is compared is contributions, not supplies, because they are optimal in the same
    amount under every technology; no state gives more than α of its income in equilibrium, which
    keeps the measure between 0 and 1. With e = 0 congestion changes enjoyment but not contributions:
    with this utility, what a crowd takes from the use of a unit is what it adds to the need of one.

    References
    ----------
    Bergstrom, T., Blume, L. and Varian, H. (1986). On the Private Provision of Public Goods. Journal
    of Public Economics 29(1), 25-49.

    Olson, M. (1965). The Logic of Collective Action. Harvard University Press.

    Examples
    --------
    >>> undersupply(states=9)
    0.8
    >>> undersupply([0, 0.5, 1], [[0], [1]], states=3).round(3)
    array([[0.5  , 0.333, 0.   ],
           [0.5  , 0.2  , 0.   ]])
    """
    _check_technology(technology)
    exponent = _single("rho", rho)
    if (states is None) == (incomes is None):
        raise MeasureError("Undersupply needs either a number of states or their incomes.")
    given = [_checked("exclusion", exclusion), _checked("congestion", congestion), _checked("taste", taste)]
    if states is not None:
        given.append(_whole(states, "The number of states"))
    w = None if incomes is None else _incomes(incomes)[0]
    if w is not None:
        given.append(np.asarray(float(len(w))))
    e, k, alpha, n = _fitting("the parameters of a grid", *given)
    b = (1 - e) * n**-k
    if w is None:
        found = _missing_of_equals(e, b, alpha, n, technology)
    else:
        columns = [part.reshape(-1, 1) for part in (e, b, alpha)]
        spent = np.empty(e.size)
        rows = max(1, _FIGURES // len(w))
        for start in range(0, e.size, rows):
            part = slice(start, start + rows)
            kept, shared, tastes = (column[part] for column in columns)
            spent[part] = _spending(w, kept, shared, tastes, technology, exponent).sum(axis=1)
        found = 1 - spent.reshape(e.shape) / (alpha * w.sum())
    found = np.clip(found, 0.0, 1.0)  # nothing but the last digit lies outside
    return float(found) if found.ndim == 0 else found


def gain_from_deviating(contributions: Any, incomes: Any, good: Good, points: int = 1001) -> Any:
    """Largest gain in utility that each state alone can make by another contribution.

    The definition of a Nash equilibrium turned into a number: max over g' of Uᵢ(g', the others as they
    are) - Uᵢ(g), over the income. It looks at utilities only and uses none of the formulas of `nash`.

    Parameters
    ----------
    contributions : array_like or Series, shape (n,)
        What each state gives, at least 0 and at most its income over the price.
    incomes : array_like or Series, shape (n,)
        Income of each state, 1e-50 to 1e50.
    good : Good
        The good.
    points : int, default 1001
        Evenly spaced contributions, from none to all of the income, at which each state looks, at
        least 2. It looks also at what it gives now and at the smallest and largest of the others.

    Returns
    -------
    ndarray of shape (n,)
        At least 0, in the order of `contributions`, in utility for a unit of income; 0, up to
        rounding, for every state in an equilibrium.

    Raises
    ------
    MeasureError
        As `utility`, and if `points` is no whole number of at least 2 or contributions are not one row.

    Examples
    --------
    >>> gain_from_deviating([5, 0], [10, 10], Good("best shot")).round(3).tolist()
    [0.0, 0.0]
    >>> gain_from_deviating([5, 5], [10, 10], Good("best shot")).round(3).tolist()
    [0.207, 0.207]
    """
    given, w, _ = _given(contributions, incomes, good)
    _check_one_row(given)
    lattice = _one_whole(points, "The number of points", 2)
    now = _utility(w - good.price * given, _enjoyment(given, good), good.taste)
    gains = np.zeros(len(w))
    for i, income in enumerate(w):
        most = income / good.price
        kinks = np.clip(_kinks(np.delete(given, i)), 0, most)
        places = np.concatenate([np.linspace(0, most, lattice), [min(given[i], most)], kinks])
        tried = np.tile(given, (len(places), 1))
        tried[:, i] = places
        enjoyed = _enjoyment(tried, good)[:, i]
        reached = _utility(np.maximum(income - good.price * places, 0), enjoyed, good.taste)
        gains[i] = max(0.0, float(reached.max() - now[i])) / income
    return gains


def nash_by_best_replies(
    incomes: Any, good: Good, start: Any = None, rounds: int = 1000, tolerance: float = 1e-7
) -> Numbers:
    """Find a Nash equilibrium by letting one state after the other give its best reply.

    Each best reply is searched for with `scipy.optimize.minimize_scalar`, on both sides of the kink
    that the weakest link and the best shot have. It is slow and serves to check `nash`, and to see
    which of several equilibria is reached from where.

    Parameters
    ----------
    incomes : array_like or Series, shape (n,)
        Income of each state, 1e-50 to 1e50.
    good : Good
        The good.
    start : array_like or Series, shape (n,), optional
        Contributions to start from; by default what each state would give alone, α wᵢ / c.
    rounds : int, default 1000
        Most rounds, in each of which every state moves once, in order.
    tolerance : float, default 1e-7
        The end is reached when no state moves by more than this part of its income.

    Returns
    -------
    ndarray of shape (n,)
        Contributions, in the order of `incomes`. Nothing in it is random.

    Raises
    ------
    MeasureError
        As `utility`, and if `rounds` is no whole number of at least 1, `tolerance` is not above 0, or
        the replies have not settled after the last round.

    Examples
    --------
    >>> nash_by_best_replies([10, 10, 4], Good()).round(4).tolist()
    [3.3333, 3.3333, 0.0]
    """
    w, _ = _incomes(incomes)
    first = good.taste * w / good.price if start is None else _matched(incomes, start)
    given, w, _ = _given(first, incomes, good)
    _check_one_row(given)
    most, limit = _one_whole(rounds, "The number of rounds"), _single("tolerance", tolerance)
    given = given.copy()
    for _ in range(most):
        moved = 0.0
        for i, income in enumerate(w):
            reply = _best_reply(given, i, income, good)
            moved = max(moved, abs(reply - given[i]) * good.price / income)
            given[i] = reply
        if moved <= limit:
            return given
    raise MeasureError(f"The best replies have not settled after {rounds} rounds.")


def gain_from_leaving(
    size: npt.ArrayLike,
    states: int,
    exclusion: npt.ArrayLike = 0.0,
    congestion: npt.ArrayLike = 0.0,
    taste: float = 0.5,
) -> Any:
    """Gain of a member that leaves a club of a given size.

    Of n equal states m form a club, the others stand alone, and contributions add up. A club or a lone
    state B keeps the share e of what it gives, crowded by its own members only, and shares the rest
    with all: Eᵢ = e |B|⁻ᵏ G_B + (1 - e) n⁻ᵏ G for i in B, with G_B what B gives and G what all give.
    With m = 1 this is the model of `nash` under summation. The members choose together what is best
    for their sum of log Uᵢ, the others each for itself, at the same time (Nash equilibrium between the
    club and the others, as in Carraro and Siniscalco 1993). The gain is
    U of an outsider at m - 1 / U of a member at m, less 1.

    Parameters
    ----------
    size : int or array_like of int
        Numbers of members m before one leaves, 2 to n.
    states : int
        Number of all states n, at least 2.
    exclusion, congestion : float or array_like
        Exclusion shares, 0 to 1, and congestions, 0 to 10, in shapes that fit `size`.
    taste : float, default 0.5
        Taste for the good, strictly between 0 and 1.

    Returns
    -------
    float or ndarray
        Gain as a share of income: 0.1 is worth as much as ten per cent more income for all. At most 0
        where the club is internally stable (d'Aspremont and others 1983; Barrett 1994). It depends
        neither on the income nor on the price.

    Raises
    ------
    MeasureError
        If a number of members or states is not whole or out of range, a parameter lies outside its
        range, or the shapes do not fit.

    References
    ----------
    d'Aspremont, C., Jacquemin, A., Gabszewicz, J. J. and Weymark, J. A. (1983). On the Stability of
    Collusive Price Leadership. Canadian Journal of Economics 16(1), 17-25.

    Barrett, S. (1994). Self-Enforcing International Environmental Agreements. Oxford Economic Papers
    46, 878-894.

    Carraro, C. and Siniscalco, D. (1993). Strategies for the International Protection of the
    Environment. Journal of Public Economics 52(3), 309-328.

    Examples
    --------
    >>> gain_from_leaving(5, 10, exclusion=[0, 1]).round(3)
    array([ 0.265, -0.553])
    """
    m, e, k, n, alpha = _club_parameters(size, states, exclusion, congestion, taste, first=2)
    found = np.asarray(_club(m - 1, n, e, k, alpha)[1] / _club(m, n, e, k, alpha)[0] - 1)
    return float(found) if found.ndim == 0 else found


def gain_from_joining(
    size: npt.ArrayLike,
    states: int,
    exclusion: npt.ArrayLike = 0.0,
    congestion: npt.ArrayLike = 0.0,
    taste: float = 0.5,
) -> Any:
    """Gain of an outsider that joins a club of a given size.

    U of a member at m + 1 / U of an outsider at m, less 1, in the model of `gain_from_leaving`.

    Parameters
    ----------
    size : int or array_like of int
        Numbers of members m before one joins, 1 to n - 1.
    states : int
        Number of all states n, at least 2.
    exclusion, congestion : float or array_like
        Exclusion shares, 0 to 1, and congestions, 0 to 10, in shapes that fit `size`.
    taste : float, default 0.5
        Taste for the good, strictly between 0 and 1.

    Returns
    -------
    float or ndarray
        Gain as a share of income. At most 0 where the club is externally stable (d'Aspremont and others
        1983): nobody outside wants to come in. Whether the club would let it in is another question.

    Raises
    ------
    MeasureError
        As `gain_from_leaving`.

    References
    ----------
    d'Aspremont, C., Jacquemin, A., Gabszewicz, J. J. and Weymark, J. A. (1983). On the Stability of
    Collusive Price Leadership. Canadian Journal of Economics 16(1), 17-25.

    Examples
    --------
    >>> gain_from_joining(9, 10, exclusion=1.0) > 0
    True
    """
    m, e, k, n, alpha = _club_parameters(size, states, exclusion, congestion, taste, first=1)
    found = np.asarray(_club(m + 1, n, e, k, alpha)[0] / _club(m, n, e, k, alpha)[1] - 1)
    return float(found) if found.ndim == 0 else found


def stable_sizes(
    states: int, exclusion: float = 0.0, congestion: float = 0.0, taste: float = 0.5
) -> list[int]:
    """Sizes of a club that no member gains by leaving and no outsider by joining.

    Parameters
    ----------
    states : int
        Number of all states n, at least 2.
    exclusion : float, default 0
        Exclusion share e, 0 to 1.
    congestion : float, default 0
        Congestion k, 0 to 10.
    taste : float, default 0.5
        Taste for the good, strictly between 0 and 1.

    Returns
    -------
    list of int
        Stable sizes from 1 to n in rising order. Size 1, no club, has no member that could leave, and
        size n nobody who could join. Gains up to rounding count as none.

    Raises
    ------
    MeasureError
        As `gain_from_leaving`.

    References
    ----------
    Barrett, S. (1994). Self-Enforcing International Environmental Agreements. Oxford Economic Papers
    46, 878-894.

    Examples
    --------
    >>> stable_sizes(10, exclusion=0.0), stable_sizes(10, exclusion=1.0)
    ([1], [10])
    """
    n = _one_whole(states, "The number of states", 2)
    _single("exclusion", exclusion)
    _single("congestion", congestion)
    leaving = gain_from_leaving(np.arange(2, n + 1), n, exclusion, congestion, taste)
    joining = gain_from_joining(np.arange(1, n), n, exclusion, congestion, taste)
    inside = np.concatenate([[True], leaving <= _TIE])
    outside = np.concatenate([joining <= _TIE, [True]])
    return [int(size) for size in np.flatnonzero(inside & outside) + 1]


def least_exclusion(size: int, states: int, congestion: float = 0.0, taste: float = 0.5) -> float | None:
    """Least exclusion share from which on no member gains by leaving a club of a given size.

    The largest zero of `gain_from_leaving` as a function of the exclusion share, found by looking at
    1,001 shares and by Brent's method between the two where the gain ends.

    Parameters
    ----------
    size : int
        Number of members m, 2 to n.
    states : int
        Number of all states n, at least 2.
    congestion : float, default 0
        Congestion k, 0 to 10.
    taste : float, default 0.5
        Taste for the good, strictly between 0 and 1.

    Returns
    -------
    float or None
        Share from 0 to 1; the club holds at this share and at all above it. 0 if it holds at every
        share, None if not even full exclusion holds it together, as with congestion above 1.

    Raises
    ------
    MeasureError
        As `gain_from_leaving`.

    References
    ----------
    d'Aspremont, C., Jacquemin, A., Gabszewicz, J. J. and Weymark, J. A. (1983). On the Stability of
    Collusive Price Leadership. Canadian Journal of Economics 16(1), 17-25.

    Buchanan, J. M. (1965). An Economic Theory of Clubs. Economica 32(125), 1-14.

    Examples
    --------
    >>> round(least_exclusion(5, 10), 3)
    0.375
    >>> least_exclusion(5, 10, congestion=2.0) is None
    True
    """
    _one_whole(size, "The number of members")
    _single("congestion", congestion)
    shares = np.linspace(0, 1, 1001)
    gains = gain_from_leaving(size, states, shares, congestion, taste)
    leaves = np.flatnonzero(gains > _TIE)
    if leaves.size == 0:
        return 0.0
    last = int(leaves[-1])
    if last == len(shares) - 1:
        return None
    if gains[last + 1] >= 0:
        return float(shares[last + 1])
    return float(
        scipy.optimize.brentq(
            lambda share: gain_from_leaving(size, states, share, congestion, taste),
            shares[last],
            shares[last + 1],
            xtol=1e-13,
        )
    )


def optimal_club_size(congestion: float, burden: float = 0.0, taste: float = 0.5) -> float:
    """Number of members that is best for each member of a club that excludes all others.

    Buchanan's (1965) question: more members share the cost but crowd each other. m equal members with
    the income 1 pay equal parts, enjoy G m⁻ᵏ and each bear a burden d for every other member, of
    vetting, meeting and agreeing. At the best supply for its size the utility of a member is proportional
    to (1 - d (m - 1)) m^(α(1-k)), which is largest, among real numbers, at
    m = α (1 - k) (1 + d) / (d (1 + α (1 - k))); the better of the two whole numbers beside it is returned.

    Parameters
    ----------
    congestion : float
        Congestion k, 0 to 10.
    burden : float, default 0
        Burden d of each other member, as a share of a member's income, from 0 to below 1.
    taste : float, default 0.5
        Taste for the good, strictly between 0 and 1.

    Returns
    -------
    float
        A whole number of at least 1; infinite if the burden is 0 and k < 1. 1 if k is at least 1: of
        equally good sizes the smallest.

    Raises
    ------
    MeasureError
        If a parameter is no single number or lies outside its range.

    Notes
    -----
    Congestion of this form alone has no best size between 1 and infinity; a burden, or a congestion
    that sets in suddenly, is needed for one.

    References
    ----------
    Buchanan, J. M. (1965). An Economic Theory of Clubs. Economica 32(125), 1-14.

    Examples
    --------
    >>> optimal_club_size(0.0, burden=0.02), optimal_club_size(0.5, burden=0.02)
    (17.0, 10.0)
    >>> optimal_club_size(0.5)
    inf
    """
    k, d, alpha = _single("congestion", congestion), _single("burden", burden), _single("taste", taste)
    power = alpha * (1 - k)
    if power <= 0:
        return 1.0
    best = math.inf if d == 0 else power * (1 + d) / (d * (1 + power))
    if math.isinf(best):
        return best
    low = max(1.0, float(math.floor(best)))

    def of_member(m: float) -> float:
        return -math.inf if d * (m - 1) >= 1 else math.log1p(-d * (m - 1)) + power * math.log(m)

    return low if of_member(low) >= of_member(low + 1) else low + 1


# --- the games ------------------------------------------------------------------------------------


def _supply(given: Numbers, technology: str, rho: float) -> Numbers:
    if technology == "summation":
        return np.asarray(given.sum(axis=-1))
    if technology == "weakest link":
        return np.asarray(given.min(axis=-1))
    if technology == "best shot":
        return np.asarray(given.max(axis=-1))
    with np.errstate(divide="ignore"):
        logs = np.log(given)
    return np.asarray(np.exp(_log_power_mean(logs, rho)))


def _log_power_mean(logs: Numbers, rho: float) -> Numbers:
    """Logarithm of the power mean of numbers given by their logarithms, minus infinity for zeros."""
    if abs(rho) < 1e-16:
        return np.asarray(logs.mean(axis=-1))
    lead = logs.min(axis=-1, keepdims=True) if rho < 0 else logs.max(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", over="ignore"):
        apart = np.expm1(rho * (logs - np.where(np.isfinite(lead), lead, 0.0)))
        return np.asarray(lead[..., 0] + np.log1p(apart.mean(axis=-1)) / rho)


def _enjoyment(given: Numbers, good: Good) -> Numbers:
    e, b = good.parts(given.shape[-1])
    return e * given + b * _supply(given, good.technology, good.rho)[..., np.newaxis]


def _utility(consumed: Numbers, enjoyed: Numbers, taste: float) -> Numbers:
    return np.asarray(np.maximum(consumed, 0.0) ** (1 - taste) * enjoyed**taste)


def _spending(w: Numbers, e: Numbers, b: Numbers, taste: Numbers, technology: str, rho: float) -> Numbers:
    """Spending c gᵢ in the equilibrium that `nash` returns: incomes (n,), parameters (cells, 1) each."""
    if technology == "summation":
        phi = (1 - taste) * b / (e + b)
        richest = np.cumsum(np.sort(w)[::-1])
        others = np.arange(len(w))
        # Whoever would still give raises the total, and whoever would not lowers it: the largest counts.
        total = (taste * richest / (1 + others * phi)).max(axis=1, keepdims=True)
        return np.maximum(0.0, (taste * w - phi * total) / (1 - phi))
    if technology == "weaker link":
        return _weaker_spending(w, e, b, taste, rho)
    relief = _relief(e, b, taste)
    if technology == "weakest link":
        s = taste * w.min()
        return np.maximum(s, taste * w - relief * s)
    best = int(w.argmax())
    s = taste * w[best]
    spent = np.maximum(0.0, taste * w - relief * s)
    spent[:, best] = s[:, 0]
    return spent


def _relief(e: Numbers, b: Numbers, taste: Numbers) -> Numbers:
    """(1 - α) b / e: by how much a unit of supply lowers what a state gives for itself; infinite at e = 0."""
    return np.where(e > _LEAST, (1 - taste) * b / np.maximum(e, _LEAST), np.inf)


def _weaker_spending(w: Numbers, e: Numbers, b: Numbers, taste: Numbers, rho: float) -> Numbers:
    """Solve the weaker link for the logarithm of its supply, cell by cell, Newton within brackets."""
    private = b[:, 0] == 0
    b = np.where(b == 0, 1.0, b)  # the cells of a private good are filled in at the end
    logs = np.log(w)
    n = len(w)
    of_equals = taste * (e + b / n) / ((1 - taste) * (e + b) + taste * (e + b / n))
    low, high = np.log(of_equals[:, 0] * w.min()), np.log(of_equals[:, 0] * w.max())
    # Near the solution without exclusion, where contributions go with a power of incomes.
    start = logs / (2 - rho)
    shares = np.tile(start - _log_power_mean(start, rho), (len(e), 1))
    m = np.clip(np.log(of_equals[:, 0]) + _log_power_mean(logs, rho), low, high)
    for _ in range(_ITERATIONS):
        shares, slope = _weaker_shares(m[:, np.newaxis], shares, w, e, b, taste, rho)
        gap = _log_power_mean(shares, rho)
        weights = np.exp(rho * (shares - gap[:, np.newaxis]))
        low, high = np.where(gap >= 0, m, low), np.where(gap <= 0, m, high)
        tried = _within(m - gap / (weights * slope).mean(axis=1), low, high)
        step, m = tried - m, tried
        shares = shares + slope * step[:, np.newaxis]
        if (np.abs(step) <= _STEP * np.maximum(1.0, np.abs(m))).all():
            spent = np.exp(m[:, np.newaxis] + shares)
            spent[private] = taste[private] * w
            return spent
    raise MeasureError(f"The equilibrium of a weaker link with rho = {rho} could not be computed.")


def _weaker_shares(
    m: Numbers, start: Numbers, w: Numbers, e: Numbers, b: Numbers, taste: Numbers, rho: float
) -> tuple[Numbers, Numbers]:
    """Logarithms v of the shares uᵢ that are best at the log supply m, and their slopes in m.

    They are the zeros of m + log((1 - α)(e u + b)) - log(α (w - exp(m + v))) - log(e + b u^(ρ-1) / n),
    which rises in v.
    """
    log_b = np.log(b / len(w))
    most = high = np.log(w) - m
    half = most - np.log(2)
    bound = np.log((1 - taste) * (e * np.exp(half) + b) / taste) + m - np.log(w / 2) - log_b
    low = np.minimum(half, bound / (rho - 1))
    v = np.clip(start, low, half)
    odds = np.exp(m) * (1 - taste) / taste
    for _ in range(_ITERATIONS):
        u = np.exp(v)
        # The bounds keep powers in the range of numbers; no solution lies beyond them.
        through = np.exp(np.clip(log_b + (rho - 1) * v, -420, 420))
        private, own, enjoyed = np.exp(m) * u, e + through, e * u + b
        kept = np.maximum(w - private, 1e-16 * w)
        value = np.log(odds * enjoyed / (kept * own))
        by_v = e * u / enjoyed + private / kept + (1 - rho) * through / own
        low, high = np.where(value <= 0, v, low), np.where(value >= 0, v, high)
        # Close to all of the income steps grow tiny far from the solution; go half the way at most.
        tried = _within(np.minimum(v - value / by_v, 0.5 * (v + most)), low, high)
        step, v = tried - v, tried
        # A step of Newton's method squares a small error, so that this one was the last.
        if ((np.abs(value) <= 1e-7) | (np.abs(step) <= _STEP * np.maximum(1.0, np.abs(v)))).all():
            break
    return v, -(1 + private / kept) / by_v


def _within(tried: Numbers, low: Numbers, high: Numbers) -> Numbers:
    """Keep a step of Newton's method that stays in its bracket, otherwise halve the bracket."""
    return np.where((tried >= low) & (tried <= high), tried, 0.5 * (low + high))


def _missing_of_equals(e: Numbers, b: Numbers, alpha: Numbers, n: Numbers, technology: str) -> Numbers:
    a = e + b
    if technology == "weakest link":
        return np.zeros(e.shape)
    if technology == "summation":
        spill = (n - 1) * (1 - alpha) * b / a
        return np.asarray(spill / (1 + spill))
    if technology == "weaker link":
        return np.asarray((1 - alpha) * (1 - 1 / n) * b / ((1 - alpha) * a + alpha * (e + b / n)))
    return np.asarray((1 - 1 / n) * np.minimum(1.0, _relief(e, b, alpha)))


def _providers(w: Numbers, e: float, b: float, taste: float) -> list[int]:
    """List the states that can be the best shot: no other gains by giving so much as to become it."""
    if b == 0:
        return [int(w.argmax())]
    relief = float(_relief(np.asarray(e), np.asarray(b), np.asarray(taste)))
    found = []
    leads = _utility((1 - taste) * w, (e + b) * taste * w, taste)
    for h, s in enumerate(taste * w):
        # A state that would even give more than s for itself alone gains by the lead, so that this finds it.
        # The best shot itself never gains by falling back behind the next where the next does not gain by
        # the lead: that would need q (q + r) < 1 with r = (1 - α) b / e, q = ((1 + b/e)^α - 1) e / (α b).
        rivals = taste * w > s
        spent = np.maximum(0.0, taste * w[rivals] - relief * s)
        stays = _utility(w[rivals] - spent, e * spent + b * s, taste)
        if (leads[rivals] <= stays * (1 + _TIE)).all():
            found.append(h)
    return found


def _best_reply(given: Numbers, i: int, income: float, good: Good) -> float:
    """Search for the best contribution of one state, piece by piece between kinks."""
    most = income / good.price
    kinks = _kinks(np.delete(given, i)) if good.technology in ("weakest link", "best shot") else []
    ends = [0.0, *sorted({kink for kink in kinks if 0 < kink < most}), most]
    tried = given.copy()

    def loss(contribution: float) -> float:
        tried[i] = contribution
        enjoyed = float(_enjoyment(tried, good)[i])
        consumed = income - good.price * contribution
        return -float(_utility(np.asarray(consumed), np.asarray(enjoyed), good.taste))

    best, least = 0.0, loss(0.0)
    for low, high in pairwise(ends):
        inner = scipy.optimize.minimize_scalar(
            loss, bounds=(low, high), method="bounded", options={"xatol": 1e-10 * most, "maxiter": 500}
        )
        for place in (low, high, float(inner.x)):
            value = loss(place)
            if value < least:
                best, least = place, value
    return best


def _kinks(others: Numbers) -> list[float]:
    """List the contributions at which a state becomes the weakest link or the best shot."""
    return [float(others.min()), float(others.max())] if others.size else []


def _club(m: Numbers, n: int, e: Numbers, k: Numbers, taste: float) -> tuple[Numbers, Numbers]:
    """Utilities of a member and of an outsider, for a club of m of n states with the income 1.

    Of a lone group both formulas hold; with m = n the second is that of nobody and not to be used.
    """
    b = (1 - e) * float(n) ** -k
    odds = taste / (1 - taste)
    # What one unit from a member does for all members, and from an outsider for itself.
    wish = np.stack([odds * (e * m ** (1 - k) + m * b), odds * (e + b)])
    own = np.stack([e * m ** (1 - k), e])
    number = np.stack([m, n - m])
    # A group gives max(0, (wish - b G) / (wish + own)) a head: G with both, or with the keener one alone.
    weight = number / (wish + own)
    together = (weight * wish).sum(axis=0) / (1 + b * weight.sum(axis=0))
    alone = weight * wish / (1 + b * weight)
    total = np.maximum(together, alone.max(axis=0))
    given = np.maximum(0.0, (wish - b * total) / (wish + own))
    enjoyed = own * given + b * total
    reached = _utility(1 - given, enjoyed, taste)
    return reached[0], reached[1]


# --- what was given -------------------------------------------------------------------------------


_RANGES: dict[str, tuple[str, Callable[[Numbers], Any]]] = {
    "exclusion": ("lie between 0 and 1", lambda x: (x >= 0) & (x <= 1)),
    "congestion": (f"lie between 0 and {MOST_CONGESTION:g}", lambda x: (x >= 0) & (x <= MOST_CONGESTION)),
    "taste": ("lie strictly between 0 and 1", lambda x: (x > 0) & (x < 1)),
    "price": (f"be above 0, from {_LEAST:g} to {_MOST:g}", lambda x: (x >= _LEAST) & (x <= _MOST)),
    "rho": ("be below 1 and at least -10000", lambda x: (x < 1) & (x >= -10_000)),
    "burden": ("be at least 0 and below 1", lambda x: (x >= 0) & (x < 1)),
    "tolerance": ("be above zero", lambda x: x > 0),
}


def _checked(name: str, values: npt.ArrayLike) -> Numbers:
    figures = as_numbers(values, f"The {name}")
    wanted, holds = _RANGES[name]
    inside = np.asarray(holds(figures))
    if not inside.all():
        raise MeasureError(f"The {name} must {wanted}, got {figures[~inside].flat[0]:g}.")
    return figures


def _single(name: str, value: npt.ArrayLike) -> float:
    figure = _checked(name, value)
    if figure.ndim:
        raise MeasureError(f"The {name} must be a single number here.")
    return float(figure)


def _check_technology(technology: str) -> None:
    if technology not in get_args(Technology):
        wanted = ", ".join(repr(name) for name in get_args(Technology))
        raise MeasureError(f"The technology must be one of {wanted}, got {technology!r}.")


def _whole(values: npt.ArrayLike, what: str, least: int = 1) -> Numbers:
    figures = as_numbers(values, what)
    # Powers of more than 1e9 states leave the range of numbers.
    wrong = (figures != np.rint(figures)) | (figures < least) | (figures > 1e9)
    if np.asarray(values).dtype.kind == "b" or wrong.any():
        raise MeasureError(f"{what} must be a whole number of at least {least} and at most 1e9.")
    return figures


def _one_whole(value: Any, what: str, least: int = 1) -> int:
    figure = _whole(value, what, least)
    if figure.ndim:
        raise MeasureError(f"{what} must be a single number.")
    return int(figure)


def _fitting(what: str, *parts: Numbers) -> tuple[Numbers, ...]:
    try:
        return np.broadcast_arrays(*parts)
    except ValueError as error:
        shapes = ", ".join(str(part.shape) for part in parts)
        raise MeasureError(f"The shapes of {what} do not fit: {shapes}.") from error


def _club_parameters(
    size: npt.ArrayLike,
    states: int,
    exclusion: npt.ArrayLike,
    congestion: npt.ArrayLike,
    taste: float,
    *,
    first: int,
) -> tuple[Numbers, Numbers, Numbers, int, float]:
    """Check what a club is made of; its size may run from `first` over n - 1 numbers."""
    n = _one_whole(states, "The number of states", 2)
    m = _whole(size, "The number of members")
    if ((m < first) | (m > n - 2 + first)).any():
        raise MeasureError(f"The number of members must lie between {first} and {n - 2 + first} here.")
    e, k = _checked("exclusion", exclusion), _checked("congestion", congestion)
    m, e, k = _fitting("size, exclusion and congestion", m, e, k)
    return m, e, k, n, _single("taste", taste)


def _incomes(incomes: Any) -> "tuple[Numbers, pd.Index[Any] | None]":
    w = as_numbers(incomes, "Incomes")
    if w.ndim != 1 or w.size == 0:
        raise MeasureError(
            f"Incomes must be one row, with a figure for at least one state, got the shape {w.shape}."
        )
    if (w <= 0).any():
        raise MeasureError("Incomes must be above zero everywhere.")
    if ((w < _LEAST) | (w > _MOST)).any():
        raise MeasureError(f"Incomes must lie between {_LEAST:g} and {_MOST:g}.")
    return w, incomes.index if isinstance(incomes, pd.Series) else None


def _given(contributions: Any, incomes: Any, good: Good) -> "tuple[Numbers, Numbers, pd.Index[Any] | None]":
    """Return contributions and incomes in the same order of the states, after all checks."""
    _incomes(incomes)
    w, labels = _incomes(_matched(contributions, incomes))
    given = as_numbers(contributions, "Contributions")
    if given.ndim == 0 or given.shape[-1] != len(w):
        raise MeasureError(
            f"Contributions must have a figure for each of the {len(w)} states, got the shape {given.shape}."
        )
    _check_contributions(given)
    if (good.price * given > w * (1 + _TIE)).any():
        raise MeasureError("Contributions must not cost more than the income of the state.")
    return given, w, labels


def _matched(first: Any, second: Any) -> Any:
    """Return the second argument in the order of the first one's labels, if both have labels."""
    if isinstance(first, pd.DataFrame):
        wanted = first.columns
    elif isinstance(first, pd.Series):
        wanted = first.index
    else:
        return second
    if not isinstance(second, pd.Series) or wanted.equals(second.index):
        return second
    same_labels(wanted, second.index)
    return second.loc[wanted]


def _check_contributions(given: Numbers) -> None:
    if (given < 0).any():
        raise MeasureError("Contributions must not be negative.")
    if (given > _MOST / _LEAST).any():
        raise MeasureError(f"Contributions must not be above {_MOST / _LEAST:g}.")


def _check_one_row(given: Numbers) -> None:
    if given.ndim != 1:
        raise MeasureError(f"Contributions must be one row, a figure a state, got the shape {given.shape}.")


def _labelled(figures: npt.NDArray[Any], labels: "pd.Index[Any] | None") -> Any:
    return figures if labels is None else pd.Series(figures, index=labels)
