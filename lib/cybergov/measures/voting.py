"""Agreement in recorded votes: on a resolution, between states, within blocs, and how it moved."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from cybergov.errors import MeasureError
from cybergov.measures.intervals import as_numbers, multiplicities, same_labels

Abstentions = Literal["third option", "left out"]
PairAbstentions = Literal["half agreement", "third option", "left out"]
Absences = Literal["left out", "fourth option"]
TooFew = Literal["refused", "masked"]

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


class PairAgreement(NamedTuple):
    """Agreement of every pair of states and the number of votes that it rests on, both of shape (n, n).

    `agreement` is empty (NaN) only where pairs with too few common votes were to be masked; `common`
    says how many votes such a pair has.
    """

    agreement: pd.DataFrame
    common: pd.DataFrame


@overload
def rice_index(yes: float, no: float) -> float: ...
@overload
def rice_index(yes: "pd.Series[Any]", no: "pd.Series[Any]") -> "pd.Series[float]": ...
@overload
def rice_index(
    yes: Sequence[float] | npt.NDArray[Any], no: Sequence[float] | npt.NDArray[Any]
) -> npt.NDArray[np.float64]: ...
def rice_index(yes: Any, no: Any) -> "float | pd.Series[float] | npt.NDArray[np.float64]":
    """Rice's index of cohesion of one or many recorded votes.

    With Y and N the numbers of yes and no, R = |Y - N| / (Y + N): the share of the majority minus the
    share of the minority (Rice 1925).

    Parameters
    ----------
    yes, no : float, Series or array_like, both of the same shape
        Numbers of states. Abstentions have no place in the index.

    Returns
    -------
    float, Series or ndarray
        As the input; a Series keeps its index. 1 if all vote alike, 0 if as many vote yes as no. An
        empty input gives an empty result.

    Raises
    ------
    MeasureError
        If nobody voted on one of the resolutions, a number is negative or not finite, or the two
        differ in shape or rows.

    Notes
    -----
    It is `agreement_index` with the abstentions left out. Where nobody abstains, the agreement index
    for three options is ¼ + ¾ R.

    References
    ----------
    Rice, S. A. (1925). The Behavior of Legislative Groups: A Method of Measurement. Political Science
    Quarterly 40(1), 60-72.

    Examples
    --------
    >>> rice_index(90, 10)
    0.8
    """
    # Nobody abstains: zeros of the shape and the labels of `yes`.
    nobody = yes * 0 if isinstance(yes, pd.Series) else np.zeros(np.shape(yes))
    return agreement_index(yes, no, nobody, abstentions="left out")


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
        the index is not defined; if a number is negative or it or a sum is not finite; if the three
        differ in shape or rows; if `abstentions` is none of the two.

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
    _one_of("Abstentions", abstentions, Abstentions)
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
    with np.errstate(over="ignore"):
        voted = as_numbers(_voted(counts, abstentions), "The sums of the votes")
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


def vote_matrix(votes: pd.DataFrame) -> pd.DataFrame:
    """Arrange a long table of votes as states by resolutions.

    Parameters
    ----------
    votes : DataFrame
        As for `vote_counts`. A state without a row for a resolution, for example before it became a
        member, counts as not voting on it.

    Returns
    -------
    DataFrame of str, shape (states, resolutions)
        "yes", "no", "abstain" or "not voting" in every cell, none empty. The rows are the states in
        sorted order, the columns the resolutions in the order of their first row. A table without
        rows gives a matrix without rows and columns.

    Raises
    ------
    MeasureError
        If `votes` breaks what `vote_counts` asks for.

    Examples
    --------
    >>> votes = pd.DataFrame({
    ...     "resolution": ["A", "A", "B"], "iso3": ["TON", "FJI", "FJI"], "vote": ["no", "yes", "abstain"],
    ... })
    >>> vote_matrix(votes).loc["TON"].to_dict()
    {'A': 'no', 'B': 'not voting'}
    """
    ballots = _ballots(votes)
    rows, states = pd.factorize(ballots["iso3"], sort=True)
    columns, resolutions = pd.factorize(ballots["resolution"])
    codes = np.full((len(states), len(resolutions)), VOTES.index("not voting"))
    codes[rows, columns] = pd.Categorical(ballots["vote"], categories=VOTES).codes
    return pd.DataFrame(
        np.array(VOTES, dtype=object)[codes],
        index=pd.Index(states, name="iso3"),
        columns=pd.Index(resolutions, name="resolution"),
    )


def coded_votes(matrix: pd.DataFrame, coding: Mapping[str, float]) -> pd.DataFrame:
    """Turn a matrix of votes into numbers by a coding that names every kind of vote.

    Parameters
    ----------
    matrix : DataFrame of str, shape (states, resolutions)
        As `vote_matrix` returns it.
    coding : mapping of str to float
        A finite number for each of "yes", "no", "abstain" and "not voting", in any unit, for example
        1, -1, 0 and 0. There is no default: how abstention and absence are coded is a choice.

    Returns
    -------
    DataFrame of float, shape (states, resolutions)
        The matrix in numbers, with the same labels. An empty matrix gives an empty one.

    Raises
    ------
    MeasureError
        If a cell is none of the four votes, or the coding lacks one of them, has others or a number
        that is not finite.

    Examples
    --------
    >>> matrix = pd.DataFrame({"A": ["yes", "abstain"]}, index=["FJI", "TON"])
    >>> coded_votes(matrix, {"yes": 1, "no": -1, "abstain": 0, "not voting": 0})["A"].tolist()
    [1.0, 0.0]
    """
    if set(coding) != set(VOTES):
        raise MeasureError(
            f"A coding of votes must have a number for each of {', '.join(VOTES)} and no other, "
            f"got {', '.join(map(repr, coding)) or 'none'}."
        )
    numbers = as_numbers([coding[vote] for vote in VOTES], "The numbers of a coding of votes")
    return pd.DataFrame(numbers[vote_codes(matrix)], index=matrix.index, columns=matrix.columns)


def vote_codes(matrix: pd.DataFrame) -> npt.NDArray[np.int8]:
    """Check a matrix of votes and return the place of each vote in `VOTES`.

    Parameters
    ----------
    matrix : DataFrame of str, shape (states, resolutions)
        As `vote_matrix` returns it.

    Returns
    -------
    ndarray of int8, shape (states, resolutions)
        0 for yes, 1 for no, 2 for abstain, 3 for not voting.

    Raises
    ------
    MeasureError
        If `matrix` is no DataFrame, a label repeats, or a cell is none of the four votes.

    Examples
    --------
    >>> vote_codes(pd.DataFrame({"A": ["yes", "abstain"]})).tolist()
    [[0], [2]]
    """
    if not isinstance(matrix, pd.DataFrame):
        raise MeasureError("A matrix of votes must be a table with a row a state and a column a resolution.")
    for what, labels in (("state", matrix.index), ("resolution", matrix.columns)):
        if labels.has_duplicates:
            raise MeasureError(
                f"A matrix of votes must have each {what} once, "
                f"but {labels[labels.duplicated()][0]!r} stands in it twice."
            )
    cells = matrix.to_numpy(dtype=object)
    found = pd.Index(VOTES, dtype=object).get_indexer(pd.Index(cells.ravel(), dtype=object))
    codes = found.reshape(cells.shape)
    if (codes < 0).any():
        row, column = np.argwhere(codes < 0)[0]
        raise MeasureError(
            f"A vote must be one of {', '.join(VOTES)}, got {cells[row, column]!r} "
            f"for {matrix.index[row]} on {matrix.columns[column]}."
        )
    return np.asarray(codes, dtype=np.int8)


def pairwise_agreement(
    matrix: pd.DataFrame,
    *,
    abstentions: PairAbstentions = "half agreement",
    absences: Absences = "left out",
    min_common: int = 1,
    too_few: TooFew = "refused",
) -> PairAgreement:
    """Agreement of every pair of states over the votes that both took part in.

    The agreement of two states is the mean, over their common votes, of 1 where they voted alike and
    0 where they did not.

    Parameters
    ----------
    matrix : DataFrame of str, shape (n, resolutions)
        As `vote_matrix` returns it.
    abstentions : {"half agreement", "third option", "left out"}, default "half agreement"
        "half agreement": an abstention against a yes or a no counts ½, two abstentions count 1 (the
        coding of the General Assembly's votes as yes 1, abstain 2, no 3, on which S rests; Voeten
        2013). "third option": an abstention agrees with an abstention only. "left out": votes in
        which one of the two abstained are no common votes.
    absences : {"left out", "fourth option"}, default "left out"
        "left out": a vote is common to two states if neither was absent. "fourth option": every
        vote is common; two absent states agree, an absent and a voting state do not.
    min_common : int, default 1
        Smallest number of common votes for which the agreement of a pair is given.
    too_few : {"refused", "masked"}, default "refused"
        What happens to pairs below `min_common`: the whole call is refused with the name of such a
        pair, or their agreement is left empty (NaN).

    Returns
    -------
    PairAgreement
        `agreement`, 0 to 1, and `common`, whole numbers; both of shape (n, n), symmetric, with the
        states as rows and columns. On the diagonal a state agrees with itself, over the votes of its
        own. Constant votes give 1.

    Raises
    ------
    MeasureError
        If the matrix has no state or no resolution or breaks what `vote_codes` asks for, `min_common`
        is no whole number of at least 1, an option is none of those above, or a pair has too few
        common votes and `too_few` is "refused".

    References
    ----------
    Signorino, C. S. and Ritter, J. M. (1999). Tau-b or Not Tau-b: Measuring the Similarity of Foreign
    Policy Positions. International Studies Quarterly 43(1), 115-144.
    Voeten, E. (2013). Data and Analyses of Voting in the UN General Assembly. In Reinalda, B. (ed.),
    Routledge Handbook of International Organization. Routledge.

    Examples
    --------
    >>> matrix = pd.DataFrame({"A": ["yes", "abstain"], "B": ["no", "no"]}, index=["FJI", "TON"])
    >>> pairs = pairwise_agreement(matrix)
    >>> pairs.agreement.loc["FJI", "TON"], pairs.common.loc["FJI", "TON"]
    (np.float64(0.75), np.int64(2))
    """
    _one_of("Abstentions", abstentions, PairAbstentions)
    _one_of("Absences", absences, Absences)
    _one_of("Pairs with too few votes", too_few, TooFew)
    _at_least(1, "smallest number of common votes", min_common)
    codes = vote_codes(matrix)
    if 0 in codes.shape:
        raise MeasureError("The agreement of states needs at least one state and one resolution.")
    alike, common = agreement_of_codes(codes, abstentions, absences)
    below = common < min_common
    if too_few == "refused" and below.any():
        # A pair says more than a state beside itself.
        places = np.argwhere(np.triu(below, 1))
        first, second = places[0] if len(places) else np.argwhere(below)[0]
        raise MeasureError(
            f"The agreement of {matrix.index[first]} and {matrix.index[second]} needs at least {min_common} "
            f"common vote{'s' if min_common > 1 else ''}, but they have {int(common[first, second])}."
        )
    with np.errstate(invalid="ignore"):
        agreement = np.where(below, np.nan, alike / common)
    return _pairs(agreement, np.rint(common).astype(np.int64), matrix.index)


def agreement_of_codes(
    codes: npt.NDArray[np.int8], abstentions: PairAbstentions, absences: Absences
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Sum of agreement and number of common votes of every pair, from votes as `vote_codes` numbers them.

    Parameters
    ----------
    codes : ndarray of int8, shape (n, resolutions)
        Votes as `vote_codes` numbers them, already checked.
    abstentions, absences : str
        As for `pairwise_agreement`, already checked.

    Returns
    -------
    tuple of two ndarrays of float, each of shape (n, n)
        Votes in which two states agreed, halves included, and votes in which both took part. An
        empty input gives zeros.

    Raises
    ------
    MeasureError
        If `codes` has not two axes. What they hold is not looked at, for speed.

    Examples
    --------
    >>> alike, common = agreement_of_codes(np.array([[0, 1], [2, 1]]), "half agreement", "left out")
    >>> alike[0, 1], common[0, 1]
    (np.float64(1.5), np.float64(2.0))
    """
    if np.ndim(codes) != 2:
        raise MeasureError(f"Votes must be states by resolutions, got {np.ndim(codes)} axes.")
    # Counts below 2^24 are exact in single precision, which is twice as fast.
    yes, no, abstain, absent = ((codes == code).astype(np.float32) for code in range(len(VOTES)))
    present = yes + no if abstentions == "left out" else yes + no + abstain
    common = present @ present.T
    if abstentions == "half agreement":
        # With yes 1, no -1 and abstain 0, x · y is 1 for the same side, -1 for the other and 0 otherwise, so
        # that (1 + x · y) / 2 is the agreement, once two abstentions get their other half.
        sides = yes - no
        alike = (common + sides @ sides.T + abstain @ abstain.T) / 2
    else:
        alike = yes @ yes.T + no @ no.T
        if abstentions == "third option":
            alike += abstain @ abstain.T
    if absences == "fourth option":
        alike += absent @ absent.T
        present = present + absent
        common = present @ present.T
    return alike.astype(float), common.astype(float)


def signorino_ritter(matrix: pd.DataFrame, *, min_common: int = 1) -> pd.DataFrame:
    """Signorino and Ritter's S of every pair of states, over the votes that both took part in.

    With the votes coded as yes 1, abstain ½ and no 0, S = 1 - 2 Σ |xᵢ - yᵢ| / m over the m common
    votes, the largest distance in a vote being 1 and every vote weighing the same (Signorino and
    Ritter 1999).

    Parameters
    ----------
    matrix : DataFrame of str, shape (n, resolutions)
        As `vote_matrix` returns it. An absent state has no position between yes and no: a vote that
        it missed is not common.
    min_common : int, default 1
        Smallest number of common votes; a pair below it is refused.

    Returns
    -------
    DataFrame of float, shape (n, n)
        S, -1 (always opposite) to 1 (always alike), symmetric, with the states as rows and columns.
        Constant votes give 1.

    Raises
    ------
    MeasureError
        As `pairwise_agreement`.

    Notes
    -----
    S = 2 a - 1 with the agreement a of `pairwise_agreement` and half agreement for abstentions. S is
    not corrected for chance: where nearly all states vote yes nearly always, it is high for nearly
    all pairs (Häge 2011).

    References
    ----------
    Signorino, C. S. and Ritter, J. M. (1999). Tau-b or Not Tau-b: Measuring the Similarity of Foreign
    Policy Positions. International Studies Quarterly 43(1), 115-144.
    Häge, F. M. (2011). Choice or Circumstance? Adjusting Measures of Foreign Policy Similarity for
    Chance Agreement. Political Analysis 19(3), 287-305.

    Examples
    --------
    >>> matrix = pd.DataFrame({"A": ["yes", "abstain"], "B": ["no", "no"]}, index=["FJI", "TON"])
    >>> float(signorino_ritter(matrix).loc["FJI", "TON"])
    0.5
    """
    return 2 * pairwise_agreement(matrix, min_common=min_common).agreement - 1


def agreement_from_pairs(pairs: pd.DataFrame) -> PairAgreement:
    """Arrange a long table of pairs as a matrix of agreement.

    Parameters
    ----------
    pairs : DataFrame
        One row a pair of different states, every pair once, in the columns `iso3_a`, `iso3_b`,
        `common` (number of common votes, at least 1) and `agreement` (0 to 1). Other columns are
        ignored.

    Returns
    -------
    PairAgreement
        As `pairwise_agreement` returns it, the states in sorted order. A state agrees with itself; as
        the table does not say how often it voted, `common` is given there as its largest number of
        common votes, which is the least that it can be.

    Raises
    ------
    MeasureError
        If there is no pair, a column or a pair is missing, a pair stands there twice or beside
        itself, or a number is out of range.

    Examples
    --------
    >>> pairs = pd.DataFrame({"iso3_a": ["FJI"], "iso3_b": ["TON"], "common": [9], "agreement": [0.5]})
    >>> agreement_from_pairs(pairs).agreement.to_numpy().tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    missing = [c for c in ("iso3_a", "iso3_b", "common", "agreement") if c not in pairs.columns]
    if missing:
        raise MeasureError(
            f"Pairs need the columns iso3_a, iso3_b, common and agreement, but {missing[0]!r} is not there."
        )
    if pairs.empty:
        raise MeasureError("A matrix of agreement needs at least one pair, but the table has no rows.")
    if pairs[["iso3_a", "iso3_b"]].isna().any(axis=None):
        raise MeasureError("Pairs must name two states, but a cell of iso3_a or iso3_b is empty.")
    share = as_numbers(pairs["agreement"], "The agreement of pairs")
    number = as_numbers(pairs["common"], "The common votes of pairs")
    if (share < 0).any() or (share > 1).any():
        raise MeasureError("The agreement of pairs must lie between 0 and 1.")
    if (number < 1).any() or not np.array_equal(number, np.rint(number)):
        raise MeasureError("The common votes of pairs must be whole numbers of at least 1.")
    states = pd.Index(sorted(set(pairs["iso3_a"]) | set(pairs["iso3_b"])), name="iso3")
    n = len(states)
    a, b = states.get_indexer(pairs["iso3_a"]), states.get_indexer(pairs["iso3_b"])
    times = np.zeros((n, n), dtype=int)
    np.add.at(times, (np.minimum(a, b), np.maximum(a, b)), 1)
    wrong = times != np.triu(np.ones((n, n), dtype=int), 1)
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        raise MeasureError(
            f"Every pair of different states must stand in the table once, "
            f"but {states[i]} and {states[j]} stand there {times[i, j]} times."
        )
    agreement, common = np.eye(n), np.zeros((n, n), dtype=np.int64)
    agreement[a, b] = agreement[b, a] = share
    common[a, b] = common[b, a] = number.astype(np.int64)
    np.fill_diagonal(common, common.max(axis=1))
    return _pairs(agreement, common, states)


def bloc_cohesion(pairs: PairAgreement, blocs: "pd.Series[Any] | npt.ArrayLike") -> pd.DataFrame:
    """Mean agreement of states within blocs and between them.

    Within a bloc it is the mean over its pairs of different states, between two blocs the mean over
    the pairs with one state of each; every pair weighs the same, however many votes it rests on.

    Parameters
    ----------
    pairs : PairAgreement
        As `pairwise_agreement` or `agreement_from_pairs` returns it, for n states.
    blocs : Series or array_like, shape (n,)
        Bloc of each state. A Series is matched by name and must name the same states.

    Returns
    -------
    DataFrame
        One row a pair of blocs, in sorted order, with the columns `bloc_a`, `bloc_b` (equal within a
        bloc), `agreement` (0 to 1), `pairs` (pairs of states in the mean), `masked` (pairs left out
        because their agreement is masked), `states_a`, `states_b` and `common` (mean number of common
        votes of the pairs in the mean). A bloc of one state has no pair within it and so no row of
        its own; nor has one whose pairs are all masked. Constant agreement gives that value in every row.

    Raises
    ------
    MeasureError
        If a state has no bloc, the states differ, or there is no pair of states at all.

    Examples
    --------
    >>> matrix = pd.DataFrame({"A": ["yes", "yes", "no"]}, index=["FJI", "TON", "WSM"])
    >>> found = bloc_cohesion(pairwise_agreement(matrix), ["x", "x", "y"])
    >>> found[["bloc_a", "bloc_b", "agreement", "pairs"]].to_numpy().tolist()
    [['x', 'x', 1.0, 1], ['x', 'y', 0.0, 2]]
    """
    states = pairs.agreement.index
    if isinstance(blocs, pd.Series):
        same_labels(states, blocs.index)
        given = blocs.loc[states].reset_index(drop=True)
    else:
        given = pd.Series(np.asarray(blocs).ravel())
        if len(given) != len(states):
            raise MeasureError(f"Every state needs a bloc: got {len(states)} states, {len(given)} blocs.")
    if given.isna().any():
        raise MeasureError(f"Every state needs a bloc, but {states[int(given.isna().argmax())]!r} has none.")
    codes, names = pd.factorize(given, sort=True)
    first, second = np.triu_indices(len(states), 1)
    if len(first) == 0:
        raise MeasureError(f"The cohesion of blocs needs at least one pair of states, got {len(states)}.")
    sizes = np.bincount(codes, minlength=len(names))
    table = pd.DataFrame(
        {
            "a": np.minimum(codes[first], codes[second]),
            "b": np.maximum(codes[first], codes[second]),
            "agreement": pairs.agreement.to_numpy()[first, second],
            "common": pairs.common.to_numpy()[first, second].astype(float),
        }
    )
    table["masked"] = table["agreement"].isna()
    table["common"] = table["common"].mask(table["masked"])
    found = table.groupby(["a", "b"], as_index=False).agg(
        agreement=("agreement", "mean"),
        pairs=("agreement", "count"),
        masked=("masked", "sum"),
        common=("common", "mean"),
    )
    found = found[found["pairs"] > 0].reset_index(drop=True)
    a, b = found["a"].to_numpy(), found["b"].to_numpy()
    return pd.DataFrame(
        {
            "bloc_a": names[a],
            "bloc_b": names[b],
            "agreement": found["agreement"],
            "pairs": found["pairs"],
            "masked": found["masked"],
            "states_a": sizes[a],
            "states_b": sizes[b],
            "common": found["common"],
        }
    )


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
    _one_of("Abstentions", abstentions, Abstentions)
    ballots = _ballots(votes)
    if ballots.empty:
        raise MeasureError("A bootstrap over states needs votes, but the table has no rows.")
    states, members = pd.factorize(ballots["iso3"], sort=True)
    rows, resolutions = pd.factorize(ballots["resolution"])
    n = len(members)
    times = multiplicities(n, draws, seed)
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
        If one of the four cells is empty, in any draw; if a value or a mean is not finite; if `treated` or
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
    single = not draws
    rows = 1 if single else draws.pop()
    size = (rows, figures.shape[-1])
    figures = np.broadcast_to(figures, size)
    of_treated, of_after = np.broadcast_to(of_treated, size), np.broadcast_to(of_after, size)
    found = np.empty(rows)
    for start in range(0, rows, _ROWS):
        part = slice(start, start + _ROWS)
        value, group, late = figures[part], of_treated[part], of_after[part]
        means = []
        for cell, inside in _cells(group, late).items():
            number = inside.sum(axis=1)
            if (number == 0).any():
                raise MeasureError(_empty_cell(cell, "" if single else f" in draw {start + number.argmin()}"))
            with np.errstate(over="ignore"):
                means.append(np.where(inside, value, 0.0).sum(axis=1) / number)
        found[part] = _change(means)
    return float(found[0]) if single else found


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
        If a cell is empty, a value or a mean is not finite, or the means differ in shape.

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
        with np.errstate(over="ignore"):
            means.append(np.asarray(figures.mean(axis=axis)))
    if len({mean.shape for mean in means}) > 1:
        raise MeasureError(f"The cells must have the same draws, got {[mean.shape for mean in means]}.")
    found = _change(means)
    return float(found) if np.ndim(found) == 0 else found


def _pairs(
    agreement: npt.NDArray[np.float64], common: npt.NDArray[np.int64], states: "pd.Index[Any]"
) -> PairAgreement:
    across = states.rename(None)
    return PairAgreement(
        pd.DataFrame(agreement, index=states, columns=across),
        pd.DataFrame(common, index=states, columns=across),
    )


def _one_of(what: str, given: object, options: Any) -> None:
    """Refuse what is none of the options of a Literal."""
    *others, last = map(repr, get_args(options))
    if given not in get_args(options):
        raise MeasureError(f"{what} must be {', '.join(others)} or {last}, got {given!r}.")


def _at_least(least: int, what: str, given: object) -> int:
    """Return a whole number that is large enough, or say what it should be."""
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < least:
        raise MeasureError(f"The {what} must be a whole number of at least {least}, got {given!r}.")
    return int(given)


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


def _change(means: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the difference in differences of the means of the four cells, in their order."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = (means[0] - means[1]) - (means[2] - means[3])
    return as_numbers(found, "The differences of means")


def _empty_cell(cell: str, draw: str) -> str:
    return f"A difference in differences needs values in all four cells, but {cell!r} is empty{draw}."
