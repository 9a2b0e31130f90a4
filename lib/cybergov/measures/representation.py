"""How far the seats of a body stray from those it is to represent, and what a lottery would give."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cybergov.errors import MeasureError
from cybergov.measures.intervals import (
    _grouped,
    _is_whole,
    _one_a_row,
    as_numbers,
    generator,
    multiplicities,
    permute_within,
    same_labels,
)

#: An index of misrepresentation: seats (..., k) and votes (..., k) to numbers (...).
Index = Callable[[Any, Any], Any]


def loosemore_hanby(seats: Any, votes: Any) -> Any:
    """Loosemore-Hanby index of misrepresentation.

    D = ½ Σ |sᵢ - vᵢ| over the categories i, with sᵢ the share of the seats and vᵢ the share of the
    votes (Loosemore and Hanby 1971). It is the share of the seats that would have to change hands.

    Parameters
    ----------
    seats : array_like, Series or DataFrame, shape (..., k)
        Seats of each category, as counts or shares in any unit; brought to shares within.
    votes : array_like, Series or DataFrame, shape (..., k)
        What the seats are measured against, in any unit: votes, member states or people.

    Returns
    -------
    float or ndarray of shape (...)
        A proportion, 0 to 1; the literature often prints it in percent. 0 if the shares are equal,
        1 if all seats belong to categories without votes. A single category always gives 0.

    Raises
    ------
    MeasureError
        If there is no category, a figure is negative or not finite, a row adds up to zero or to more
        than a number can hold, the numbers of categories differ, or both carry labels and the labels
        are not the same.

    Notes
    -----
    The last axis holds the categories; leading axes are carried along, so that thousands of draws
    are computed at once. The labels of a Series and the columns of a DataFrame name the categories:
    if both sides have them, they are matched by name and not by position.

    References
    ----------
    Loosemore, J. and Hanby, V. (1971). The Theoretical Limits of Maximum Distortion: Some Analytic
    Expressions for Electoral Systems. British Journal of Political Science 1(4), 467-477.

    Examples
    --------
    >>> loosemore_hanby([5, 3, 2], [40, 40, 20])
    0.1
    """
    s, v = _shares(seats, votes)
    return _plain(0.5 * np.abs(s - v).sum(axis=-1))


def gallagher(seats: Any, votes: Any) -> Any:
    """Gallagher's least-squares index of misrepresentation.

    LSq = √(½ Σ (sᵢ - vᵢ)²) over the categories i, with sᵢ the share of the seats and vᵢ the share of
    the votes (Gallagher 1991). It gives few large gaps more weight than many small ones.

    Parameters
    ----------
    seats : array_like, Series or DataFrame, shape (..., k)
        Seats of each category, as counts or shares in any unit; brought to shares within.
    votes : array_like, Series or DataFrame, shape (..., k)
        What the seats are measured against, in any unit: votes, member states or people.

    Returns
    -------
    float or ndarray of shape (...)
        A proportion, 0 to 1; the literature often prints it in percent. 0 if the shares are equal; 1
        only if one category has all seats and another all votes. It never exceeds the
        Loosemore-Hanby index. A single category always gives 0.

    Raises
    ------
    MeasureError
        As `loosemore_hanby`.

    Notes
    -----
    Axes and labels are treated as by `loosemore_hanby`.

    References
    ----------
    Gallagher, M. (1991). Proportionality, Disproportionality and Electoral Systems. Electoral Studies
    10(1), 33-51.

    Examples
    --------
    >>> gallagher([5, 3, 2], [40, 40, 20])
    0.1
    """
    s, v = _shares(seats, votes)
    return _plain(np.sqrt(0.5 * ((s - v) ** 2).sum(axis=-1)))


def sainte_lague(seats: Any, votes: Any) -> Any:
    """Sainte-Laguë index of misrepresentation.

    SL = Σ (sᵢ - vᵢ)² / vᵢ over the categories i, with sᵢ the share of the seats and vᵢ the share of
    the votes (Gallagher 1991). It relates each gap to what the category should have: a seat too many
    weighs more for a small category than for a large one.

    Parameters
    ----------
    seats : array_like, Series or DataFrame, shape (..., k)
        Seats of each category, as counts or shares in any unit; brought to shares within.
    votes : array_like, Series or DataFrame, shape (..., k)
        What the seats are measured against, in any unit: votes, member states or people.

    Returns
    -------
    float or ndarray of shape (...)
        At least 0, and 0 only if the shares are equal. There is no common upper end: if all seats go
        to a category with the share v of the votes, the index is 1 / v - 1. A category with neither
        seats nor votes adds nothing. A single category always gives 0.

    Raises
    ------
    MeasureError
        As `loosemore_hanby`, and if a category has seats but no votes, or so few that the index is
        too large for a number.

    Notes
    -----
    Axes and labels are treated as by `loosemore_hanby`. Unlike the other two indices it is not
    symmetrical in seats and votes. Times the number of seats it is Pearson's χ² of the seats against
    the votes; a p from the χ² distribution would need seats that are drawn independently.

    References
    ----------
    Gallagher, M. (1991). Proportionality, Disproportionality and Electoral Systems. Electoral Studies
    10(1), 33-51.

    Examples
    --------
    >>> sainte_lague([3, 1], [50, 50])
    0.25
    """
    s, v = _shares(seats, votes)
    if ((s > 0) & (v == 0)).any():
        raise MeasureError("A Sainte-Laguë index is not defined if a category has seats but no votes.")
    with np.errstate(over="ignore"):
        return _plain(((s - v) ** 2 / np.where(v == 0, 1, v)).sum(axis=-1))


def seats_per_population(seats: Any, population: Any, per: float = 1e8) -> Any:
    """Seats for so many people.

    Parameters
    ----------
    seats : float, array_like or Series, shape (...)
        Numbers of seats, at least 0.
    population : float, array_like or Series, shape (...)
        People, above 0.
    per : float, default 1e8
        The number of people that the result refers to; by default a hundred million.

    Returns
    -------
    float, ndarray or Series
        Seats per `per` people, at least 0; a Series, with the labels of `seats`, if both are Series.
        An empty input gives an empty result.

    Raises
    ------
    MeasureError
        If seats are negative, people or `per` not above 0, a figure or the result is not finite, the
        shapes do not fit, or the labels of two Series are not the same.

    Examples
    --------
    >>> seats_per_population(4, 1_400_000_000)
    0.2857142857142857
    """
    population = _matched(seats, population)
    held, people = as_numbers(seats, "Seats"), as_numbers(population, "Population")
    if (held < 0).any():
        raise MeasureError("Seats must not be negative.")
    if (people <= 0).any():
        raise MeasureError("Population must be above zero everywhere.")
    if not per > 0 or not np.isfinite(per):
        raise MeasureError(f"The number of people that seats are related to must be above zero, got {per!r}.")
    _check_broadcast(held, people, "seats and population")
    with np.errstate(over="ignore"):
        found = _plain(held / people * per)
    if isinstance(seats, pd.Series) and isinstance(population, pd.Series):
        return pd.Series(found, index=seats.index)
    return found


def seats_by_lot(
    categories: npt.ArrayLike, sizes: Sequence[int], draws: int, seed: int
) -> list[pd.DataFrame]:
    """Seats of each category in bodies whose members are drawn by lot: the null model of a body.

    Each body has as many different states as it has seats, and every set of that size is as probable
    as any other; the seats of the categories then follow the multivariate hypergeometric
    distribution.

    Parameters
    ----------
    categories : array_like, shape (n,)
        Category of each state, for example its regional group.
    sizes : sequence of int, length b
        Number of seats of each body, from 1 to n. The bodies are drawn independently of each other.
    draws : int
        Number of lotteries for each body.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    list of DataFrame, each of shape (draws, k)
        One frame a body: seats of each category, the columns being the categories in sorted order.
        Every row adds up to the size of the body. No size gives no frame.

    Raises
    ------
    MeasureError
        If a state has no category, a size is no whole number of 1 to n, or `draws` or `seed` cannot
        be used.

    Notes
    -----
    Two calls with the same seed share random numbers. Whoever needs several bodies at once, for
    example for a mean over them, gives their sizes in one call.

    Examples
    --------
    >>> (lot,) = seats_by_lot(["Africa", "Africa", "Asia"], sizes=[3], draws=2, seed=1)
    >>> lot.to_numpy().tolist()
    [[2, 1], [2, 1]]
    """
    codes, labels = _coded(categories)
    n = len(codes)
    for seats in sizes:
        if not _is_whole(seats) or not 1 <= seats <= n:
            raise MeasureError(f"A body must have a whole number of 1 to {n} seats, got {seats!r}.")
    rng = generator(draws, seed)
    states = np.bincount(codes, minlength=len(labels))
    return [
        pd.DataFrame(
            rng.multivariate_hypergeometric(states, int(seats), size=int(draws), method="marginals"),
            columns=labels,
        )
        for seats in sizes
    ]


def seats_by_relabelling(
    members: npt.ArrayLike, categories: npt.ArrayLike, draws: int, seed: int
) -> list[pd.DataFrame]:
    """Seats of each category in bodies that share members, when other states are drawn by lot in their place.

    The states change their names by lot, every way being as probable as any other. Each body keeps its
    size, and two bodies keep the number of their common members. Of a body by itself the seats follow
    the distribution of `seats_by_lot`; bodies with common members are not independent of each other.

    Parameters
    ----------
    members : array_like of bool, shape (n,) or (b, n)
        Who sits; one body a row.
    categories : array_like, shape (n,)
        Category of each state, for example its regional group. States are matched by name if both
        sides are pandas objects.
    draws : int
        Number of lotteries.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    list of DataFrame, each of shape (draws, k)
        One frame a body: seats of each category, the columns being the categories in sorted order. The
        same row of two frames belongs to the same lottery.

    Raises
    ------
    MeasureError
        If a state has no category, lengths or labels differ, members are no booleans, or `draws` or
        `seed` cannot be used.

    Examples
    --------
    >>> twice = [[True, False, False], [True, False, False]]
    >>> first, second = seats_by_relabelling(twice, ["Africa", "Asia", "Asia"], draws=50, seed=1)
    >>> first.equals(second)
    True
    """
    codes, labels = _coded(categories)
    sits = np.atleast_2d(np.asarray(_matched(categories, members)))
    if sits.dtype != np.bool_ or sits.ndim != 2 or sits.shape[1] != len(codes):
        raise MeasureError(
            f"Members must be rows of booleans, one for each of the {len(codes)} categorised states."
        )
    rng = generator(draws, seed)
    # Only those who sit anywhere matter: the rest of the names are not looked at again.
    seated = sits[:, sits.any(axis=0)]
    dealt = rng.permuted(np.broadcast_to(codes.astype(np.int16), (int(draws), len(codes))), axis=1)
    dealt = dealt[:, : seated.shape[1]]
    counts = [(dealt == label) @ seated.T.astype(np.float32) for label in range(len(labels))]
    return [
        pd.DataFrame(
            {label: count[:, body].astype(np.int64) for label, count in zip(labels, counts, strict=True)},
            columns=labels,
        )
        for body in range(len(sits))
    ]


def members_by_lot(
    regions: npt.ArrayLike,
    bodies: "Sequence[int | Mapping[Any, int] | pd.Series[int]]",
    draws: int,
    seed: int,
    *,
    always: npt.ArrayLike | None = None,
) -> list[npt.NDArray[np.bool_]]:
    """Members of bodies drawn by lot, with quotas for regions or members that always sit: a null model.

    A body with a number of seats fills them from all states. A body with quotas fills those of each
    region from its own states. States that always sit take up seats of the body, or of their region's
    quota; the lot decides on the rest, and every choice that fits is as probable as any other.

    Parameters
    ----------
    regions : array_like, shape (n,)
        Region of each state.
    bodies : sequence of int or mapping, length b
        For each body its number of seats, or a mapping (or Series) from region to seats; a region not
        named has none. The bodies are drawn independently of each other.
    draws : int
        Number of lotteries for each body.
    seed : int
        Seed of the random numbers.
    always : array_like of bool, shape (n,), optional
        Which states sit in every draw, for example the permanent members. By default none. Matched by
        name if it and the regions are Series.

    Returns
    -------
    list of ndarray of bool, each of shape (draws, n)
        For each body who sits, one lottery a row; `seats_by` turns them into seats by any category.
        No body gives an empty list.

    Raises
    ------
    MeasureError
        If a state has no region, a body has no seat, a quota names a region without states, a number
        of seats is no whole number, or is smaller than the number of states that always sit or larger
        than the number of states, `always` has another length or other labels or is no row of
        booleans, or `draws` or `seed` cannot be used.

    Notes
    -----
    With quotas the seats of the regions are the same in every draw; what varies is who holds them, and
    with that all other categories, such as income groups or people represented. For seats by category
    without quotas `seats_by_lot` is faster.

    Examples
    --------
    >>> (drawn,) = members_by_lot(["Africa", "Africa", "Asia"], [{"Africa": 1, "Asia": 1}], draws=50, seed=1)
    >>> drawn.sum(axis=1).min(), drawn[:, 2].all()
    (np.int64(2), np.True_)
    """
    codes, names = _coded(regions)
    n = len(codes)
    fixed = np.zeros(n, dtype=bool) if always is None else np.asarray(_matched(regions, always))
    if fixed.dtype != np.bool_ or fixed.shape != (n,):
        raise MeasureError(f"Who always sits must be one row of booleans, one for each of the {n} states.")
    # Those who always sit form a stratum of their own in which all carry the label.
    labels, strata = [], []
    for number, body in enumerate(bodies):
        if isinstance(body, Mapping | pd.Series):
            unknown = [region for region in body.keys() if region not in names]  # noqa: SIM118
            if unknown:
                raise MeasureError(f"A quota needs states to fill it, but no state is in {unknown[0]!r}.")
            pools = codes
            quotas = [(f"{name!r}", body.get(name, 0)) for name in names]
        else:
            pools, quotas = np.zeros(n, dtype=np.intp), [("the body", body)]
        labels.append(_first_seats(pools, quotas, fixed))
        strata.append(np.where(fixed, -1, pools) + number * (n + 1))
    if not labels:
        generator(draws, seed)
        return []
    dealt = permute_within(np.concatenate(labels), np.concatenate(strata), draws, seed)
    return np.split(dealt, len(labels), axis=1)


def seats_by(members: npt.ArrayLike, categories: npt.ArrayLike) -> pd.DataFrame:
    """Turn memberships into seats by category.

    Parameters
    ----------
    members : array_like of bool or numbers, shape (n,) or (draws, n)
        Who sits, or with how many seats; one body a row.
    categories : array_like, shape (n,)
        Category of each state, for example its regional group. States are matched by name if both
        sides are pandas objects: a row of members is a Series or a row of a DataFrame.

    Returns
    -------
    DataFrame, shape (draws, k)
        Seats of each category, one body a row; the columns are the categories in sorted order,
        those without a seat included. A single row of members gives one row, no state no column.

    Raises
    ------
    MeasureError
        If a state has no category, lengths or labels differ, or seats are negative or no numbers.

    Examples
    --------
    >>> seats_by([True, False, True], ["Africa", "Africa", "Asia"]).iloc[0].to_dict()
    {'Africa': 1, 'Asia': 1}
    """
    codes, labels = _coded(categories)
    seats = np.atleast_2d(as_numbers(_matched(categories, members), "Members"))
    if seats.ndim != 2 or seats.shape[1] != len(codes):
        raise MeasureError(
            f"Members must have a column for each of the {len(codes)} categorised states, "
            f"got the shape {seats.shape}."
        )
    if (seats < 0).any():
        raise MeasureError("Members must not have a negative number of seats.")
    counts = seats @ _indicator(codes, len(labels))
    if np.array_equal(counts, np.rint(counts)) and counts.max(initial=0) < 2**53:
        counts = counts.astype(int)
    return pd.DataFrame(counts, columns=labels)


def misrepresentation_of_resampled_states(
    categories: npt.ArrayLike,
    seats: npt.ArrayLike,
    weight: npt.ArrayLike = 1.0,
    *,
    index: Index = loosemore_hanby,
    draws: int,
    seed: int,
    clusters: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
) -> npt.NDArray[np.float64]:
    """Index of misrepresentation when the states are drawn anew, with replacement.

    A draw takes as many states as there are; each brings its category, its seats and its weight
    along, and the index is computed anew from what was drawn. Several bodies are computed on the same
    drawn states, so that their mean can be taken draw by draw.

    Parameters
    ----------
    categories : array_like, shape (n,)
        Category of each state, for example its regional group.
    seats : array_like of bool or numbers, shape (n,) or (bodies, n)
        Which states sit in each body, or with how many seats.
    weight : float or array_like, shape (n,) or (bodies, n), default 1
        What a state counts for on the other side: 1 for every state, or its people.
    index : callable, default `loosemore_hanby`
        Takes seats and weights by category, each of shape (draws, k), and returns one number a draw.
    draws : int
        Number of draws.
    seed : int
        Seed of the random numbers; the same order of the states gives the same digits.
    clusters, strata : array_like, shape (n,), optional
        How the states are drawn, as in `intervals.multiplicities`: in whole clusters, or within
        strata. By default plainly. These, seats and weights are matched by name if they and the
        categories are pandas objects.

    Returns
    -------
    ndarray of float, shape (draws,) or (draws, bodies)
        The index in every draw, in its own range; a column for each body if `seats` or `weight` has
        several rows. A single category always gives 0.

    Raises
    ------
    MeasureError
        If a state has no category, lengths or labels differ, a figure or the index is negative or not
        finite, a draw holds no state with a seat or no weight, a cluster or stratum cannot be used, or
        `draws` or `seed` cannot.

    Notes
    -----
    An index of distance cannot fall below 0, and drawing the states anew adds distance of its own.
    The draws therefore lie higher than the index itself, the more so the fewer seats there are and
    the smaller the index is; an interval from them may not hold the index of the states as they are.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall.
    """
    codes, labels = _coded(categories)
    n = len(codes)
    if n == 0:
        raise MeasureError("A bootstrap over states needs at least one state, got none.")
    seats, weight, clusters, strata = (
        _matched(categories, figures) for figures in (seats, weight, clusters, strata)
    )
    held, counted = as_numbers(seats, "Seats"), as_numbers(weight, "Weights")
    if held.ndim not in (1, 2) or held.shape[-1] != n:
        raise MeasureError(
            f"Seats must have a figure for each of the {n} states, got the shape {held.shape}."
        )
    if counted.ndim > 2 or (counted.ndim > 0 and counted.shape[-1] != n):
        raise MeasureError(
            f"Weights must have a figure for each of the {n} states, got the shape {counted.shape}."
        )
    if (held < 0).any() or (counted < 0).any():
        raise MeasureError("Seats and weights of states must not be negative.")
    _check_broadcast(held, counted, "seats and weights")
    held, counted = np.broadcast_arrays(held, counted)
    times = multiplicities(n, draws, seed, clusters=clusters, strata=strata)
    indicator = _indicator(codes, len(labels))
    found = []
    for of_seats, of_weight in zip(np.atleast_2d(held), np.atleast_2d(counted), strict=True):
        s, v = (times @ (indicator * column[:, np.newaxis]) for column in (of_seats, of_weight))
        for what, drawn in (("a seat", s), ("weight", v)):
            empty = drawn.sum(axis=1) == 0
            if empty.any():
                raise MeasureError(
                    f"A bootstrap over states needs more states with {what}: "
                    f"draw {empty.argmax()} holds none."
                )
        found.append(_one_a_row(index(s, v), len(times)))
    return found[0] if held.ndim == 1 else np.column_stack(found)


def _shares(seats: Any, votes: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return seats and votes as shares along the last axis, after all checks."""
    votes = _matched(seats, votes)
    s, v = as_numbers(seats, "Seats"), as_numbers(votes, "Votes")
    totals = []
    for what, figures in (("seats", s), ("votes", v)):
        if figures.ndim == 0 or figures.shape[-1] == 0:
            raise MeasureError(f"An index of misrepresentation needs at least one category of {what}.")
        if (figures < 0).any():
            raise MeasureError(f"An index of misrepresentation needs {what} that are not negative.")
        with np.errstate(over="ignore"):
            totals.append(figures.sum(axis=-1, keepdims=True))
        if (totals[-1] == 0).any():
            raise MeasureError(f"An index of misrepresentation needs {what} that add up to more than zero.")
        if np.isinf(totals[-1]).any():
            raise MeasureError(f"An index of misrepresentation needs {what} with a finite sum.")
    if s.shape[-1] != v.shape[-1]:
        raise MeasureError(
            f"Seats and votes must have the same categories, got {s.shape[-1]} and {v.shape[-1]}."
        )
    _check_broadcast(s, v, "seats and votes")
    return s / totals[0], v / totals[1]


def _labels(figures: Any) -> "pd.Index[Any] | None":
    if isinstance(figures, pd.Series):
        return figures.index
    if isinstance(figures, pd.DataFrame):
        return figures.columns
    return None


def _matched(first: Any, second: Any) -> Any:
    """Return the second argument in the order of the first one's labels, if both have labels."""
    wanted, given = _labels(first), _labels(second)
    if wanted is None or given is None or wanted.equals(given):
        return second
    same_labels(wanted, given)
    return second[wanted] if isinstance(second, pd.DataFrame) else second.loc[wanted]


def _check_broadcast(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64], what: str) -> None:
    try:
        np.broadcast_shapes(first.shape, second.shape)
    except ValueError as error:
        raise MeasureError(f"The shapes of {what} do not fit: {first.shape} and {second.shape}.") from error


def _first_seats(
    pools: npt.NDArray[np.intp], quotas: list[tuple[str, Any]], fixed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Seat those who always sit, then the first states of each pool up to its quota."""
    seated = fixed.copy()
    for pool, (name, seats) in enumerate(quotas):
        least, most = np.count_nonzero(fixed & (pools == pool)), np.count_nonzero(pools == pool)
        if not _is_whole(seats) or not least <= seats <= most:
            raise MeasureError(
                f"The seats of {name} must be a whole number from {least}, those that always sit, "
                f"to {most}, its states, got {seats!r}."
            )
        seated[np.flatnonzero(~fixed & (pools == pool))[: seats - least]] = True
    if not seated.any():
        raise MeasureError("A body must have at least one seat.")
    return seated


def _coded(categories: npt.ArrayLike) -> "tuple[npt.NDArray[np.intp], pd.Index[Any]]":
    """Number the categories, in sorted order."""
    return _grouped(categories, np.size(np.asarray(categories)), "state", "category", "categories")


def _indicator(codes: npt.NDArray[np.intp], k: int) -> npt.NDArray[np.float64]:
    """Return states × categories, 1 where a state belongs."""
    return np.eye(k)[codes]


def _plain(found: npt.NDArray[np.float64]) -> Any:
    """Return a single number as such, after a look at whether all are finite."""
    if not np.isfinite(found).all():
        raise MeasureError("The result is too large for a number: the figures lie too far apart.")
    return float(found) if np.ndim(found) == 0 else found
