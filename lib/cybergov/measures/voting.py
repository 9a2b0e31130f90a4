"""Agreement in recorded votes, and how it moved in one set of resolutions compared with another."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from cybergov.errors import MeasureError
from cybergov.measures.intervals import as_numbers, generator

Abstentions = Literal["third option", "left out"]

#: The votes of a state on a resolution, as the tables write them.
VOTES = ("yes", "no", "abstain", "not voting")

# Rows of a matrix of draws that are worked on at a time, to bound the memory.
_ROWS = 512


class FourCells(NamedTuple):
    """The values of the four cells of a difference in differences, each of shape (n_i,)."""

    treated_after: npt.NDArray[np.float64]
    treated_before: npt.NDArray[np.float64]
    others_after: npt.NDArray[np.float64]
    others_before: npt.NDArray[np.float64]


@overload
def agreement_index(yes: float, no: float, abstain: float, *, abstentions: Abstentions = ...) -> float: ...
@overload
def agreement_index(
    yes: "pd.Series[Any]",
    no: "pd.Series[Any]",
    abstain: "pd.Series[Any]",
    *,
    abstentions: Abstentions = ...,
) -> "pd.Series[float]": ...
@overload
def agreement_index(
    yes: Sequence[float] | npt.NDArray[Any],
    no: Sequence[float] | npt.NDArray[Any],
    abstain: Sequence[float] | npt.NDArray[Any],
    *,
    abstentions: Abstentions = ...,
) -> npt.NDArray[np.float64]: ...
def agreement_index(
    yes: Any, no: Any, abstain: Any, *, abstentions: Abstentions = "third option"
) -> "float | pd.Series[float] | npt.NDArray[np.float64]":
    """Agreement index of one or many recorded votes (Hix, Noury and Roland 2005).

    With Y, N and A the numbers of yes, no and abstain,
    AI = (max(Y, N, A) - ½ [(Y + N + A) - max(Y, N, A)]) / (Y + N + A).

    Parameters
    ----------
    yes, no, abstain : float, Series or array_like, all of the same shape
        Numbers of states. Those not voting belong to none of the three.
    abstentions : {"third option", "left out"}, default "third option"
        "third option" is the index as published. "left out" drops the abstentions and returns Rice's
        index |Y - N| / (Y + N), the measure for two options.

    Returns
    -------
    float, Series or ndarray
        As the input; a Series keeps its index. 1 if all states vote alike. With "third option" 0 if
        they are split evenly in three; with "left out" 0 if they are split evenly in two. An empty
        input gives an empty result.

    Raises
    ------
    MeasureError
        If no state voted on one of the resolutions (with "left out": none voted yes or no), for which
        the index is not defined; if a number is negative or not finite; if the three differ in
        shape or rows; if `abstentions` is none of the two.

    Notes
    -----
    The two options have different scales. Without abstentions the index for three options runs from
    ¼ to 1 only, because half the states make a larger majority than a third: AI = ¼ + ¾ Rice. A level
    under one option is therefore not to be compared with a level under the other; signs can be.

    References
    ----------
    Hix, S., Noury, A. and Roland, G. (2005). Power to the Parties: Cohesion and Competition in the
    European Parliament, 1979-2001. British Journal of Political Science 35(2), 209-234.

    Examples
    --------
    >>> agreement_index(80, 10, 10)
    0.7
    >>> agreement_index([90, 50], [10, 50], [0, 7], abstentions="left out")
    array([0.8, 0. ])
    """
    _check_abstentions(abstentions)
    labels = _shared_index({"yes": yes, "no": no, "abstain": abstain})
    counts = []
    for what, values in (("yes", yes), ("no", no), ("abstain", abstain)):
        numbers = as_numbers(values, f"The numbers of states voting {what!r}")
        if (numbers < 0).any():
            raise MeasureError(f"The numbers of states voting {what!r} must not be negative.")
        counts.append(numbers)
    if len({numbers.shape for numbers in counts}) > 1:
        shapes = ", ".join(str(numbers.shape) for numbers in counts)
        raise MeasureError(f"The numbers of yes, no and abstain must have the same shape, got {shapes}.")
    voted = _voted(counts, abstentions)
    if (voted == 0).any():
        place = np.argwhere(voted == 0)[0]
        if labels is not None:
            which = f"resolution {labels[place[0]]}"
        elif place.size:
            which = "the resolution at position " + ", ".join(str(number) for number in place)
        else:
            which = "the resolution"
        options = "yes, no or abstain" if abstentions == "third option" else "yes or no"
        raise MeasureError(f"The agreement index is not defined for {which}: no state voted {options}.")
    index = _agreement(counts, abstentions)
    if labels is not None:
        return pd.Series(index, index=labels, name="agreement")
    return float(index) if index.ndim == 0 else index


def vote_counts(votes: pd.DataFrame) -> pd.DataFrame:
    """Count the votes of each kind, resolution by resolution.

    Parameters
    ----------
    votes : DataFrame
        One row a resolution and state, with the columns `resolution`, `iso3` and `vote`; a vote is
        "yes", "no", "abstain" or "not voting". Other columns are ignored.

    Returns
    -------
    DataFrame
        One row a resolution, in the order of its first row in `votes`, with the columns
        `resolution`, `yes`, `no`, `abstain` and `not_voting` (whole numbers of states). A frame
        without rows gives a frame without rows.

    Raises
    ------
    MeasureError
        If a column or a value is missing, a vote is none of the four, or a state has two votes on
        one resolution.

    Examples
    --------
    >>> votes = pd.DataFrame({
    ...     "resolution": ["A", "A", "B"], "iso3": ["FJI", "TON", "FJI"], "vote": ["yes", "no", "yes"],
    ... })
    >>> vote_counts(votes)["yes"].tolist()
    [1, 1]
    """
    ballots = _ballots(votes)
    names = {vote: vote.replace(" ", "_") for vote in VOTES}
    kinds = pd.Categorical(ballots["vote"], categories=VOTES)
    counts = pd.crosstab(ballots["resolution"], kinds, dropna=False).reindex(
        columns=list(VOTES), fill_value=0
    )
    counts = counts.rename(columns=names).loc[ballots["resolution"].unique()]
    counts.columns.name = None
    return counts.rename_axis("resolution").reset_index()


def agreement_of_resampled_states(
    votes: pd.DataFrame, *, draws: int, seed: int, abstentions: Abstentions = "third option"
) -> pd.DataFrame:
    """Agreement index of every resolution when the states are drawn anew, with replacement.

    A draw takes as many states as `votes` knows, each with the whole of its voting record, so that
    what a state does on one resolution stays together with what it does on the others. The spread
    of the draws says how far agreement depends on which states happen to be members.

    Parameters
    ----------
    votes : DataFrame
        As for `vote_counts`. A state without a row for a resolution counts as not voting on it.
    draws : int
        Number of draws.
    seed : int
        Seed of the random numbers; the order of the rows of `votes` does not matter.
    abstentions : {"third option", "left out"}, default "third option"
        As for `agreement_index`.

    Returns
    -------
    DataFrame, shape (draws, resolutions)
        The agreement index, 0 to 1; a column for each resolution, in the order of its first row. If
        all states vote alike on a resolution its column is 1.

    Raises
    ------
    MeasureError
        If `votes` breaks what `vote_counts` asks for or has no rows, if a draw holds no state that
        voted on one of the resolutions, or if `draws`, `seed` or `abstentions` cannot be used.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall.
    """
    _check_abstentions(abstentions)
    ballots = _ballots(votes)
    if ballots.empty:
        raise MeasureError("A bootstrap over states needs votes, but the table has no rows.")
    rng = generator(draws, seed)
    states, members = pd.factorize(ballots["iso3"], sort=True)
    rows, resolutions = pd.factorize(ballots["resolution"])
    n = len(members)
    # How often each state was drawn: draws × states.
    times = rng.multinomial(n, np.full(n, 1 / n), size=int(draws)).astype(float)
    counts = []
    for kind in ("yes", "no", "abstain"):
        cast = np.zeros((n, len(resolutions)))
        chosen = (ballots["vote"] == kind).to_numpy()
        cast[states[chosen], rows[chosen]] = 1
        counts.append(times @ cast)
    voted = _voted(counts, abstentions)
    if (voted == 0).any():
        place = np.argwhere(voted == 0)[0]
        raise MeasureError(
            f"A bootstrap over states needs more voting states: "
            f"draw {place[0]} holds none that voted on resolution {resolutions[place[1]]}."
        )
    index = _agreement(counts, abstentions)
    frame = pd.DataFrame(index, columns=pd.Index(resolutions, name="resolution"))
    return frame.rename_axis(index="draw")


@overload
def difference_in_differences(
    values: "pd.Series[Any] | Sequence[float]",
    treated: "pd.Series[bool] | Sequence[bool]",
    after: "pd.Series[bool] | Sequence[bool]",
) -> float: ...
@overload
def difference_in_differences(values: npt.ArrayLike, treated: npt.ArrayLike, after: npt.ArrayLike) -> Any: ...
def difference_in_differences(values: Any, treated: Any, after: Any) -> Any:
    """Change of a mean in one group beyond its change in the others.

    (mean of treated after - mean of treated before) - (mean of others after - mean of others before)

    Parameters
    ----------
    values : array_like, shape (n,) or (draws, n)
        The figure of each resolution, in any unit.
    treated : array_like of bool, shape (n,) or (draws, n)
        Which resolutions are in the group looked at.
    after : array_like of bool, shape (n,) or (draws, n)
        Which were adopted from the break on.

    Returns
    -------
    float or ndarray of shape (draws,)
        In the unit of `values`; a number if all three are single rows, otherwise one number a draw,
        single rows standing for every draw. Constant values give 0.

    Raises
    ------
    MeasureError
        If one of the four cells is empty, in any draw; if a value is not finite; if `treated` or
        `after` are no booleans; if lengths, numbers of draws or rows do not fit.

    Notes
    -----
    It is a difference of changes, not an effect: to read it as one takes the assumption that both
    groups would have moved alike.

    Examples
    --------
    >>> difference_in_differences(
    ...     [1.0, 4.0, 2.0, 3.0], [True, True, False, False], [False, True, False, True]
    ... )
    2.0
    """
    _shared_index({"values": values, "treated": treated, "after": after})
    figures = as_numbers(values, "The values of a difference in differences")
    of_treated, of_after = _booleans(treated, "treated"), _booleans(after, "after")
    shapes = (figures.shape, of_treated.shape, of_after.shape)
    draws = {shape[0] for shape in shapes if len(shape) == 2}
    if any(len(shape) not in (1, 2) for shape in shapes) or len(draws) > 1:
        raise MeasureError(
            f"Values, treated and after must be rows of one length, or one row a draw, got {shapes}."
        )
    if len({shape[-1] for shape in shapes}) > 1:
        raise MeasureError(f"Values, treated and after must have one length, got {shapes}.")
    rows = draws.pop() if draws else 1
    size = (rows, figures.shape[-1])
    figures = np.broadcast_to(figures, size)
    of_treated, of_after = np.broadcast_to(of_treated, size), np.broadcast_to(of_after, size)
    found = np.empty(rows)
    for start in range(0, rows, _ROWS):
        part = slice(start, start + _ROWS)
        value, group, late = figures[part], of_treated[part], of_after[part]
        means = {}
        for cell, inside in _cells(group, late).items():
            number = inside.sum(axis=1)
            if (number == 0).any():
                draw = (
                    "" if all(len(shape) == 1 for shape in shapes) else f" in draw {start + number.argmin()}"
                )
                raise MeasureError(_empty_cell(cell, draw))
            means[cell] = np.where(inside, value, 0.0).sum(axis=1) / number
        found[part] = (means["treated after"] - means["treated before"]) - (
            means["others after"] - means["others before"]
        )
    return float(found[0]) if all(len(shape) == 1 for shape in shapes) else found


def four_cells(values: npt.ArrayLike, treated: npt.ArrayLike, after: npt.ArrayLike) -> FourCells:
    """Split the values of a difference in differences into its four cells.

    Parameters
    ----------
    values : array_like, shape (n,)
        The figure of each resolution, in any unit.
    treated : array_like of bool, shape (n,)
        Which resolutions are in the group looked at.
    after : array_like of bool, shape (n,)
        Which were adopted from the break on.

    Returns
    -------
    FourCells
        Treated after, treated before, others after and others before, in the unit of `values`: the
        independent samples of a bootstrap within cells.

    Raises
    ------
    MeasureError
        If a cell is empty, a value is not finite, `treated` or `after` are no booleans, or the three
        are no rows of one length.

    Examples
    --------
    >>> cells = four_cells([1.0, 4.0, 2.0, 3.0], [True, True, False, False], [False, True, False, True])
    >>> cells.treated_after.tolist(), cells.others_before.tolist()
    ([4.0], [2.0])
    """
    _shared_index({"values": values, "treated": treated, "after": after})
    figures = as_numbers(values, "The values of a difference in differences")
    of_treated, of_after = _booleans(treated, "treated"), _booleans(after, "after")
    if figures.ndim != 1 or of_treated.shape != figures.shape or of_after.shape != figures.shape:
        shapes = (figures.shape, of_treated.shape, of_after.shape)
        raise MeasureError(f"Values, treated and after must be rows of one length, got {shapes}.")
    inside = _cells(of_treated, of_after)
    for cell, members in inside.items():
        if not members.any():
            raise MeasureError(_empty_cell(cell, ""))
    return FourCells(*(figures[members] for members in inside.values()))


def difference_between_cells(
    treated_after: npt.ArrayLike,
    treated_before: npt.ArrayLike,
    others_after: npt.ArrayLike,
    others_before: npt.ArrayLike,
    axis: int = -1,
) -> Any:
    """Difference in differences of four samples: the statistic to bootstrap within cells.

    Parameters
    ----------
    treated_after, treated_before, others_after, others_before : array_like, shape (..., n_i)
        The values of each cell, as `four_cells` gives them.
    axis : int, default -1
        The axis along which the means are taken.

    Returns
    -------
    float or ndarray
        (mean of treated after - mean of treated before) - (mean of others after - mean of others
        before), in the unit of the values.

    Raises
    ------
    MeasureError
        If a cell is empty or one of its values is not finite.

    Examples
    --------
    >>> difference_between_cells([4.0, 2.0], [1.0], [3.0], [2.0])
    1.0
    """
    means = []
    for cell, values in zip(
        ("treated after", "treated before", "others after", "others before"),
        (treated_after, treated_before, others_after, others_before),
        strict=True,
    ):
        figures = as_numbers(values, f"The values of the cell {cell!r}")
        if figures.ndim == 0 or figures.shape[axis] == 0:
            raise MeasureError(_empty_cell(cell, ""))
        means.append(figures.mean(axis=axis))
    found = (means[0] - means[1]) - (means[2] - means[3])
    return float(found) if np.ndim(found) == 0 else found


def _check_abstentions(abstentions: str) -> None:
    if abstentions not in ("third option", "left out"):
        raise MeasureError(f"Abstentions must be 'third option' or 'left out', got {abstentions!r}.")


def _voted(counts: Sequence[npt.NDArray[np.float64]], abstentions: Abstentions) -> npt.NDArray[np.float64]:
    """Count the votes that the index looks at, from the numbers of yes, no and abstain."""
    yes, no, abstain = counts
    return yes + no + abstain if abstentions == "third option" else yes + no


def _agreement(
    counts: Sequence[npt.NDArray[np.float64]], abstentions: Abstentions
) -> npt.NDArray[np.float64]:
    yes, no, abstain = counts
    voted = _voted(counts, abstentions)
    if abstentions == "left out":
        return np.asarray(np.abs(yes - no) / voted)
    largest = np.maximum(np.maximum(yes, no), abstain)
    return np.asarray((largest - 0.5 * (voted - largest)) / voted)


def _ballots(votes: pd.DataFrame) -> pd.DataFrame:
    """Check a long frame of votes and return its three columns."""
    columns = ["resolution", "iso3", "vote"]
    missing = [column for column in columns if column not in votes.columns]
    if missing:
        raise MeasureError(
            f"The votes need the columns resolution, iso3 and vote, but {missing[0]!r} is not there."
        )
    ballots = votes[columns]
    for column in columns:
        if ballots[column].isna().any():
            raise MeasureError(f"The votes must be complete, but the column {column!r} has an empty cell.")
    unknown = [vote for vote in ballots["vote"].unique() if vote not in VOTES]
    if unknown:
        raise MeasureError(f"A vote must be one of {', '.join(VOTES)}, got {unknown[0]!r}.")
    twice = ballots[ballots.duplicated(["resolution", "iso3"])]
    if not twice.empty:
        resolution, state = twice.iloc[0][["resolution", "iso3"]]
        raise MeasureError(f"A state votes once on a resolution, but {state} has two rows for {resolution}.")
    return ballots


def _shared_index(given: dict[str, object]) -> "pd.Index[Any] | None":
    """Return the row labels that all Series among the arguments share, or none if there is no Series."""
    series = {name: values for name, values in given.items() if isinstance(values, pd.Series)}
    if not series:
        return None
    (first, values), *rest = series.items()
    for name, other in rest:
        if not other.index.equals(values.index):
            raise MeasureError(
                f"The rows of {first!r} and {name!r} must carry the same labels in the same order."
            )
    return values.index


def _booleans(values: npt.ArrayLike, what: str) -> npt.NDArray[np.bool_]:
    marked = np.asarray(values)
    if marked.dtype != np.bool_:
        raise MeasureError(f"The column {what!r} must be booleans, without missing values.")
    return marked


def _cells(treated: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[np.bool_]]:
    return {
        "treated after": treated & after,
        "treated before": treated & ~after,
        "others after": ~treated & after,
        "others before": ~treated & ~after,
    }


def _empty_cell(cell: str, draw: str) -> str:
    return f"A difference in differences needs values in all four cells, but {cell!r} is empty{draw}."
