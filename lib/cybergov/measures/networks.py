"""The bipartite network of states and institutions: overlap, camps, modules, nestedness, null models."""

import functools
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse
import scipy.sparse.csgraph
import scipy.stats

from cybergov.errors import MeasureError
from cybergov.measures.intervals import Alternative, as_numbers, generator, permutation_p, same_labels

Side = Literal["states", "institutions"]
NullModel = Literal["curveball", "bicm"]
Matrix = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

# Null networks that a statistic is computed on at a time.
_BATCH = 64

# Cells of matrices that are worked on at a time, to bound the memory.
_CELLS = 2**21

# Random numbers that are drawn at a time, at least; it is fixed because it fixes their order.
_BLOCK = 4096

# Figures this close, relative to the largest at hand, differ by rounding alone.
_TIE = 1e-9

# How far an expected number of ties may lie from the observed one.
_DEGREE_TOLERANCE = 1e-6


class PairCoverage(NamedTuple):
    """Pairs of states that share at least one institution: their share, their number, all pairs."""

    share: Any
    covered: Any
    pairs: int


class Components(NamedTuple):
    """Connected parts of the network of states: how many, with how many states, and who is where."""

    number: int
    sizes: "pd.Series[int]"
    labels: "pd.Series[int]"


class Nodf(NamedTuple):
    """Nestedness of the whole matrix, among its rows (states) and among its columns (institutions)."""

    total: Any
    rows: Any
    columns: Any


class Partition(NamedTuple):
    """A division of the nodes of a weighted network into modules, and its modularity."""

    modularity: float
    modules: "pd.Series[int]"


class BipartitePartition(NamedTuple):
    """A division of states and institutions into common modules, and its modularity."""

    modularity: float
    states: "pd.Series[int]"
    institutions: "pd.Series[int]"


class Betweenness(NamedTuple):
    """Betweenness centrality of the states and of the institutions."""

    states: "pd.Series[float]"
    institutions: "pd.Series[float]"


class TwoCamps(NamedTuple):
    """How membership of one camp goes with membership of another."""

    table: pd.DataFrame
    phi: float
    p: float


class NullTest(NamedTuple):
    """A statistic of the network beside its values in a null model."""

    observed: float
    mean: float
    sd: float
    z: float
    p: float
    draws: Floats


class Order(NamedTuple):
    """Positions of states and institutions in an order that makes the matrix readable."""

    states: npt.NDArray[np.intp]
    institutions: npt.NDArray[np.intp]


# --- the network ----------------------------------------------------------------------------------


def incidence(
    memberships: pd.DataFrame,
    states: Sequence[Any] | None = None,
    institutions: Sequence[Any] | None = None,
    *,
    state: str = "iso3",
    institution: str = "institution",
) -> pd.DataFrame:
    """Incidence matrix of the network of states and institutions.

    Parameters
    ----------
    memberships : DataFrame
        One row a membership; other columns than the two named ones are ignored, and a membership
        that is listed twice counts once.
    states : sequence, optional
        All states, in the order of the rows. States without any membership keep their row. By
        default the states that occur, sorted.
    institutions : sequence, optional
        All institutions, in the order of the columns. By default those that occur, sorted.
    state, institution : str, default "iso3" and "institution"
        Names of the two columns.

    Returns
    -------
    DataFrame of bool, shape (states, institutions)
        Whether the state is a member; False everywhere for a table without rows.

    Raises
    ------
    MeasureError
        If a column or a value is missing, a list repeats a name, or a membership belongs to a state
        or an institution that is not on its list.

    Examples
    --------
    >>> table = pd.DataFrame({"iso3": ["FJI", "TON", "FJI"], "institution": ["A", "A", "B"]})
    >>> incidence(table, states=["FJI", "TON", "WSM"]).astype(int).to_numpy().tolist()
    [[1, 1], [1, 0], [0, 0]]
    """
    axes = []
    for column, listed in ((state, states), (institution, institutions)):
        if column not in memberships.columns:
            raise MeasureError(f"The table of memberships has no column {column!r}.")
        values = memberships[column]
        if values.isna().any():
            raise MeasureError(
                f"Every membership needs a value in the column {column!r}, "
                f"but the one at position {int(values.isna().to_numpy().argmax())} has none."
            )
        names = pd.Index(sorted(values.unique()) if listed is None else list(listed), name=column)
        if names.hasnans:
            raise MeasureError(f"The list for {column!r} must not hold a missing name.")
        _check_unique(names)
        places = names.get_indexer(pd.Index(values))
        if (places < 0).any():
            raise MeasureError(
                f"Every membership must be of a listed {column!r}, "
                f"but {values.iloc[int((places < 0).argmax())]!r} is not listed."
            )
        axes.append((names, places))
    (rows, at_row), (columns, at_column) = axes
    matrix = np.zeros((len(rows), len(columns)), dtype=bool)
    matrix[at_row, at_column] = True
    return pd.DataFrame(matrix, index=rows, columns=columns)


def projection(network: Any, onto: Side = "states") -> Any:
    """One-mode projection: how many institutions two states share, or states two institutions.

    With the incidence matrix B it is B Bᵀ onto the states and Bᵀ B onto the institutions (Borgatti
    and Everett 1997).

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (..., n, m)
        n states by m institutions, as from `incidence`.
    onto : {"states", "institutions"}, default "states"
        Which side to keep.

    Returns
    -------
    DataFrame or ndarray of int, shape (..., n, n) or (..., m, m)
        Symmetric counts, at least 0; a DataFrame with the names if a DataFrame was given. The
        diagonal holds the node's own number of ties. Leading axes are carried along.

    Raises
    ------
    MeasureError
        If the network has no state or no institution, holds anything but 0 and 1, or repeats a
        name, or if `onto` is none of the two.

    References
    ----------
    Borgatti, S. P. and Everett, M. G. (1997). Network Analysis of 2-Mode Data. Social Networks 19(3),
    243-269.

    Examples
    --------
    >>> projection([[1, 1, 0], [1, 1, 1], [0, 0, 1]]).tolist()
    [[2, 2, 0], [2, 3, 1], [0, 1, 1]]
    """
    cube, names = _oriented(network, onto)
    return _framed(_overlap(cube).astype(np.int64), names, names)


def jaccard(
    network: Any, of: Side = "institutions", *, empty: float | None = None, weights: Any = None
) -> Any:
    """Jaccard similarity of the members of institutions, two by two.

    J(a, b) = |A ∩ B| / |A ∪ B| with A and B the sets of members (Jaccard 1912).

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (..., n, m)
        n states by m institutions.
    of : {"institutions", "states"}, default "institutions"
        Whose sets are compared: the members of institutions, or the memberships of states.
    empty : float, optional
        What two empty sets are given, 0 to 1; by default they are an error, for the similarity is
        not defined for them.
    weights : array_like, shape (..., n), optional
        How many states each state stands for, 0 or more, for instance as often as a bootstrap drew it;
        one network, with names or without, and the members of institutions only.

    Returns
    -------
    DataFrame or ndarray of float, shape (..., m, m) or (..., n, n)
        0 (no member in common) to 1 (the same members); symmetric, with 1 on the diagonal except
        for an empty set, which has `empty` there. An empty set beside another one has 0.

    Raises
    ------
    MeasureError
        As `projection`; if a set is empty and `empty` is not given, or `empty` is not 0 to 1; if weights
        are negative, do not fit the states, or are given with more than one network or for states.

    References
    ----------
    Jaccard, P. (1912). The Distribution of the Flora in the Alpine Zone. New Phytologist 11(2), 37-50.

    Examples
    --------
    >>> jaccard([[1, 1], [1, 0], [1, 1]]).round(2).tolist()
    [[1.0, 0.67], [0.67, 1.0]]
    """
    cube, names = _oriented(network, of)
    if weights is None:
        return _framed(_jaccard(cube, names, of, empty), names, names)
    found = _jaccard(cube, names, of, empty, _standing_for(weights, cube, of))
    return _framed(found, names, names) if found.ndim == 2 else found


def mean_jaccard(
    network: Any, of: Side = "institutions", *, empty: float | None = None, weights: Any = None
) -> Any:
    """Mean Jaccard similarity over all pairs of institutions.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (..., n, m)
        n states by m institutions.
    of : {"institutions", "states"}, default "institutions"
        Whose sets are compared.
    empty : float, optional
        As for `jaccard`.
    weights : array_like, shape (..., n), optional
        As for `jaccard`.

    Returns
    -------
    float or ndarray of shape (...)
        0 to 1: the unweighted mean of the similarities above the diagonal. 1 if all sets are equal.

    Raises
    ------
    MeasureError
        As `jaccard`, and if there are fewer than two sets.

    Examples
    --------
    >>> round(mean_jaccard([[1, 1, 0], [1, 0, 0], [1, 1, 1]]), 4)
    0.5
    """
    cube, names = _oriented(network, of)
    count = cube.shape[-2]
    if count < 2:
        raise MeasureError(f"A mean over pairs needs at least two {of}, got {count}.")
    above = np.triu_indices(count, k=1)
    if weights is not None:
        similar = _jaccard(cube, names, of, empty, _standing_for(weights, cube, of))
        return similar[..., *above].mean(axis=-1)[()]
    found = [_jaccard(part, names, of, empty)[:, *above].mean(axis=1) for part in _batches(cube)]
    return _shaped(np.concatenate(found), cube)


def within_less_between(similarity: Any, groups: Any) -> Any:
    """Mean similarity of pairs of the same group minus that of pairs of different groups.

    Parameters
    ----------
    similarity : DataFrame or array_like of float, shape (..., m, m)
        Similarity of institutions two by two, for example from `jaccard`; symmetric.
    groups : array_like, shape (..., m)
        The group of each institution, in the order of the similarities. Leading axes are permutations or
        draws; they must fit those of the similarities.

    Returns
    -------
    float or ndarray of float, shape (...)
        In the unit of the similarity; above 0 if institutions of one group are more alike.

    Raises
    ------
    MeasureError
        If shapes do not fit, a similarity is not finite, or there is no pair of one of the two sorts.

    Examples
    --------
    >>> round(float(within_less_between([[1, 0.5, 0.1], [0.5, 1, 0.3], [0.1, 0.3, 1]], ["a", "a", "b"])), 4)
    0.3
    """
    table, of = as_numbers(similarity, "Similarities"), np.asarray(groups)
    if table.ndim < 2 or of.ndim < 1 or not table.shape[-1] == table.shape[-2] == of.shape[-1]:
        raise MeasureError(
            f"Similarities two by two need a group for each, got the shapes {table.shape} and {of.shape}."
        )
    first, second = np.triu_indices(of.shape[-1], k=1)
    pairs, same = table[..., first, second], of[..., first] == of[..., second]
    if not (same.any(axis=-1).all() and (~same).any(axis=-1).all()):
        raise MeasureError("Within and between groups there must be a pair each, and one of them has none.")
    within = (pairs * same).sum(axis=-1) / same.sum(axis=-1)
    return (within - (pairs * ~same).sum(axis=-1) / (~same).sum(axis=-1))[()]


def pair_coverage(network: Any, states: Sequence[Any] | None = None) -> PairCoverage:
    """Share of the pairs of states that share at least one institution.

    With s(i, j) the number of institutions that states i and j share, the share is
    #{i < j: s(i, j) ≥ 1} / (n (n - 1) / 2).

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (..., n, m)
        n states by m institutions. States without any membership count: they are in no covered pair.
    states : sequence, optional
        Names of the states whose pairs are counted; positions, counted from 0, if the network has no
        names. By default all rows.

    Returns
    -------
    PairCoverage
        `share`, 0 to 1, `covered`, the numerator, and `pairs`, the denominator. `share` and `covered`
        have the shape (...) if there are leading axes. A network without ties gives 0.

    Raises
    ------
    MeasureError
        As `projection`; if there are fewer than two states, or a listed state is not in the network
        or is listed twice.

    Examples
    --------
    >>> pair_coverage([[1, 0], [1, 1], [0, 1], [0, 0]])
    PairCoverage(share=0.3333333333333333, covered=2, pairs=6)
    """
    cube, rows, _ = _read(network)
    if states is not None:
        cube = cube[..., _places(rows, states, "state", cube.shape[-2]), :]
    n = cube.shape[-2]
    if n < 2:
        raise MeasureError(f"The share of covered pairs needs at least two states, got {n}.")
    pairs = n * (n - 1) // 2
    # Every pair stands twice in the matrix, beside the states with any tie on the diagonal.
    covered = np.concatenate(
        [
            (np.count_nonzero(_overlap(part), axis=(1, 2)) - part.any(axis=2).sum(axis=1)) // 2
            for part in _batches(cube)
        ]
    )
    return PairCoverage(_shaped(covered / pairs, cube), _shaped(covered, cube), pairs)


def multiplicity(network: Any, most: int = 2) -> "pd.Series[int]":
    """Count the states that are in no institution, in one, and so on.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.
    most : int, default 2
        Number of institutions from which on states are counted together, at least 1.

    Returns
    -------
    Series of int, shape (most + 1,)
        Number of states, with the index "0", "1", ..., "2+" (for `most` 2). They add up to n.

    Raises
    ------
    MeasureError
        As `projection`, and if `most` is no whole number of at least 1.

    Examples
    --------
    >>> multiplicity([[1, 1, 1], [1, 1, 0], [0, 1, 0], [0, 0, 0]]).to_dict()
    {'0': 1, '1': 1, '2+': 2}
    """
    most = _whole(most, "The largest class")
    matrix, _, _ = _flat(network)
    counts = np.bincount(np.minimum(matrix.sum(axis=1), most), minlength=most + 1)
    classes = [*(str(number) for number in range(most)), f"{most}+"]
    return pd.Series(counts, index=pd.Index(classes, name="institutions"), name="states")


def components(network: Any) -> Components:
    """Connected parts of the graph in which states are linked if they share an institution.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.

    Returns
    -------
    Components
        `number`, how many; `sizes`, their numbers of states, in falling order and numbered from 1;
        `labels`, the number of each state's component. A state without any membership is a component
        of its own. Components of equal size are numbered in the order of the rows.

    Raises
    ------
    MeasureError
        As `projection`.

    Examples
    --------
    >>> found = components([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 0]])
    >>> found.number, found.sizes.to_list(), found.labels.to_list()
    (2, [3, 1], [1, 1, 2, 1])
    """
    matrix, rows, _ = _flat(network)
    raw, _ = _connected(matrix)
    numbers = _by_size(raw, raw)
    sizes = np.bincount(numbers)[1:]
    index = pd.RangeIndex(1, len(sizes) + 1, name="component")
    return Components(
        len(sizes), pd.Series(sizes, index=index, name="states"), _named(numbers, rows, "component")
    )


# --- modules --------------------------------------------------------------------------------------


def barber_modularity(network: Any, state_modules: Any, institution_modules: Any) -> float:
    """Modularity of a division of states and institutions into common modules (Barber 2007).

    Q = 1/L Σᵢ Σⱼ (Bᵢⱼ - kᵢ dⱼ / L) δ(gᵢ, hⱼ) over the states i and institutions j, with B the incidence
    matrix, L the number of memberships, k and d the degrees, and δ = 1 if both are in the same
    module. Only ties between a state and an institution are expected, as only they can exist.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions, with at least one membership.
    state_modules : array_like or Series, shape (n,)
        Module of each state, any kind of label.
    institution_modules : array_like or Series, shape (m,)
        Module of each institution, from the same labels.

    Returns
    -------
    float
        Below 1; 0 if all are in one module, and negative if ties run between modules.

    Raises
    ------
    MeasureError
        As `projection`; if there is no membership, a module is missing, or lengths or names differ.

    References
    ----------
    Barber, M. J. (2007). Modularity and Community Detection in Bipartite Networks. Physical Review E
    76(6), 066102.

    Examples
    --------
    >>> barber_modularity([[1, 0], [1, 0], [0, 1], [0, 1]], list("aabb"), list("ab"))
    0.5
    """
    matrix, rows, columns = _flat(network)
    _check_ties(matrix)
    of_state = _modules(state_modules, rows, len(matrix), "state")
    of_institution = _modules(institution_modules, columns, matrix.shape[1], "institution")
    codes, _ = pd.factorize(np.concatenate([of_state, of_institution]))
    return _barber(matrix, codes[: len(matrix)], codes[len(matrix) :])


def barber_modules(network: Any, *, starts: int = 100, seed: int) -> BipartitePartition:
    """Modules of states and institutions with the highest `barber_modularity` found.

    The Leiden algorithm (Traag, Waltman and van Eck 2019), from igraph, is run `starts` times, each
    time until it finds nothing better, and the best division is kept. Barber's modularity is what
    Leiden maximises if every tie is directed from the state to the institution and a node counts
    with its ties that leave it and with those that reach it.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions, with at least one membership.
    starts : int, default 100
        Number of runs of the algorithm.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    BipartitePartition
        `modularity`, as by `barber_modularity`, and the module of each state and institution. Modules
        are numbered from 1, the largest first, by the number of states and institutions together;
        those without any tie have 0, for no module.

    Raises
    ------
    MeasureError
        As `projection`; if there is no membership, or `starts` or `seed` cannot be used.

    Notes
    -----
    No algorithm of this kind is sure to find the maximum; more starts come closer to it. igraph has
    one generator of random numbers for the whole process. It is replaced by a seeded one for the
    call and put back to Python's `random` module, igraph's default, whose state is left untouched.

    References
    ----------
    Traag, V. A., Waltman, L. and van Eck, N. J. (2019). From Louvain to Leiden: Guaranteeing
    Well-Connected Communities. Scientific Reports 9, 5233.

    Examples
    --------
    >>> found = barber_modules([[1, 0], [1, 0], [0, 1]], starts=5, seed=1)
    >>> round(found.modularity, 4), found.states.to_list(), found.institutions.to_list()
    (0.4444, [1, 1, 2], [1, 2])
    """
    matrix, rows, columns = _flat(network)
    _check_ties(matrix)
    n, m = matrix.shape
    sources, targets = np.nonzero(matrix)
    leaving = np.concatenate([matrix.sum(axis=1), np.zeros(m)])
    reaching = np.concatenate([np.zeros(n), matrix.sum(axis=0)])
    raw = _leiden(n + m, sources, targets + n, leaving, reaching, None, starts, seed)
    numbers = np.where(leaving + reaching > 0, _by_size(raw, raw[leaving + reaching > 0]), 0)
    return BipartitePartition(
        _barber(matrix, raw[:n], raw[n:]),
        _named(numbers[:n], rows, "module"),
        _named(numbers[n:], columns, "module"),
    )


def newman_modularity(weights: Any, modules: Any) -> float:
    """Modularity of a division of the nodes of a weighted network (Newman 2006).

    Q = 1/2W Σᵢ Σⱼ (wᵢⱼ - sᵢ sⱼ / 2W) δ(gᵢ, gⱼ), with w the weights, sᵢ = Σⱼ wᵢⱼ, 2W = Σᵢ sᵢ and δ = 1 if both
    nodes are in the same module. The diagonal is not used: nobody shares anything with itself.

    Parameters
    ----------
    weights : DataFrame or array_like, shape (n, n)
        Symmetric weights, at least 0, for example from `projection`.
    modules : array_like or Series, shape (n,)
        Module of each node, any kind of label.

    Returns
    -------
    float
        -0.5 to below 1; 0 if all nodes are in one module.

    Raises
    ------
    MeasureError
        If weights are not square, not symmetric, negative or not finite, or all zero off the
        diagonal, a name repeats, a module is missing, or lengths or names differ.

    References
    ----------
    Newman, M. E. J. (2006). Modularity and Community Structure in Networks. Proceedings of the
    National Academy of Sciences 103(23), 8577-8582.

    Examples
    --------
    >>> weights = [[0, 3, 0, 0], [3, 0, 1, 0], [0, 1, 0, 3], [0, 0, 3, 0]]
    >>> round(newman_modularity(weights, list("aabb")), 4)
    0.3571
    """
    table, names = _weights(weights)
    codes, _ = pd.factorize(_modules(modules, names, len(table), "node"))
    return _newman(table, codes)


def newman_modules(weights: Any, *, starts: int = 100, seed: int) -> Partition:
    """Modules of a weighted network with the highest `newman_modularity` found.

    The search is that of `barber_modules`.

    Parameters
    ----------
    weights : DataFrame or array_like, shape (n, n)
        Symmetric weights, at least 0, for example from `projection`. The diagonal is not used.
    starts : int, default 100
        Number of runs of the algorithm.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    Partition
        `modularity`, as by `newman_modularity`, and `modules`, numbered from 1, the largest first;
        nodes without any tie have 0, for no module.

    Raises
    ------
    MeasureError
        As `newman_modularity`, and if `starts` or `seed` cannot be used.

    Notes
    -----
    A projection links all members of an institution with each other and is therefore dense; its
    modularity is not to be compared with that of the bipartite network.

    Examples
    --------
    >>> found = newman_modules([[0, 3, 0, 0], [3, 0, 1, 0], [0, 1, 0, 3], [0, 0, 3, 0]], starts=5, seed=1)
    >>> round(found.modularity, 4), found.modules.to_list()
    (0.3571, [1, 1, 2, 2])
    """
    table, names = _weights(weights)
    sources, targets = np.nonzero(np.triu(table))
    strength = table.sum(axis=1)
    raw = _leiden(len(table), sources, targets, strength, None, table[sources, targets], starts, seed)
    numbers = np.where(strength > 0, _by_size(raw, raw[strength > 0]), 0)
    return Partition(_newman(table, raw), _named(numbers, names, "module"))


# --- nestedness -----------------------------------------------------------------------------------


def nodf(network: Any) -> Nodf:
    """Nestedness by overlap and decreasing fill, NODF (Almeida-Neto and others 2008).

    For two states, the one with fewer memberships scores 100 times the share of its institutions
    that the other one is in too; two states with equally many memberships score 0. The mean over all
    pairs is the nestedness of the rows; of the columns likewise; the total is the mean over the
    pairs of both kinds.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (..., n, m)
        n states by m institutions, two of each at least.

    Returns
    -------
    Nodf
        `total`, `rows` and `columns`, 0 to 100, of shape (...) each. 100 if every state's memberships
        are part of those of any state with more, no two states (or institutions) have equally many
        and none has none; 0 for a checkerboard, for equal degrees, and for a network without ties.

    Raises
    ------
    MeasureError
        As `projection`, and if there are fewer than two states or institutions.

    Notes
    -----
    The order of rows and columns is of no account: what counts is who has more. A pair with a state
    that has no membership scores 0 and counts in the mean, as in `nestednodf` of the package vegan for
    R: whoever wants the nestedness among the members of anything leaves out the other states first.
    Draws of the configuration model break ties of degree, which alone raises their NODF; draws by
    `curveball` do not.

    References
    ----------
    Almeida-Neto, M., Guimarães, P., Guimarães, P. R., Loyola, R. D. and Ulrich, W. (2008). A
    Consistent Metric for Nestedness Analysis in Ecological Systems: Reconciling Concept and
    Measurement. Oikos 117(8), 1227-1239.

    Examples
    --------
    >>> nodf([[1, 1, 1], [1, 1, 0], [1, 0, 0]])
    Nodf(total=100.0, rows=100.0, columns=100.0)
    """
    cube, _, _ = _read(network)
    n, m = cube.shape[-2:]
    if n < 2 or m < 2:
        raise MeasureError(f"Nestedness needs at least two states and two institutions, got {n} and {m}.")
    scores = [(_paired(part), _paired(part.transpose(0, 2, 1))) for part in _batches(cube)]
    rows, columns = (np.concatenate(part) for part in zip(*scores, strict=True))
    pairs, column_pairs = n * (n - 1) / 2, m * (m - 1) / 2
    return Nodf(
        _shaped(100 * (rows + columns) / (pairs + column_pairs), cube),
        _shaped(100 * rows / pairs, cube),
        _shaped(100 * columns / column_pairs, cube),
    )


# --- bridges and camps ----------------------------------------------------------------------------


def betweenness(network: Any) -> Betweenness:
    """Betweenness centrality in the bipartite network (Borgatti and Everett 1997).

    The betweenness of a node is the sum, over all pairs of other nodes, of the share of the shortest
    paths between them that run through it, divided by the largest value that a node of its side can
    have in a bipartite network of this size.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions, two of each at least.

    Returns
    -------
    Betweenness
        `states` and `institutions`, 0 (on no shortest path) to 1 (all run through it). A network
        without ties gives zeros.

    Raises
    ------
    MeasureError
        As `nodf`.

    Notes
    -----
    Computed by `networkx.bipartite.betweenness_centrality`. The reference is that of `projection`.

    Examples
    --------
    >>> betweenness([[1, 0], [1, 1], [0, 1]]).states.to_list()
    [0.0, 1.0, 0.0]
    """
    from networkx import Graph, bipartite  # type: ignore[import-untyped, unused-ignore]

    matrix, rows, columns = _flat(network)
    n, m = matrix.shape
    if n < 2 or m < 2:
        raise MeasureError(f"Betweenness needs at least two states and two institutions, got {n} and {m}.")
    graph = Graph()
    graph.add_nodes_from(range(n + m))
    sources, targets = np.nonzero(matrix)
    graph.add_edges_from(zip(sources.tolist(), (targets + n).tolist(), strict=True))
    found = bipartite.betweenness_centrality(graph, range(n))
    values = np.array([found[node] for node in range(n + m)], dtype=float)
    return Betweenness(_named(values[:n], rows, "betweenness"), _named(values[n:], columns, "betweenness"))


def camp(network: Any, institutions: Sequence[Any], at_least: int = 1) -> "pd.Series[bool]":
    """States that belong to a camp: members of so many of its institutions.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.
    institutions : sequence
        Names of the camp's institutions; positions, counted from 0, if the network has no names.
    at_least : int, default 1
        How many of them make a state a member of the camp.

    Returns
    -------
    Series of bool, shape (n,)
        Whether each state belongs to the camp.

    Raises
    ------
    MeasureError
        As `projection`; if no institution is listed, one is not in the network or listed twice, or
        `at_least` is not a whole number of 1 to the number listed.

    Examples
    --------
    >>> camp([[1, 1, 0], [1, 0, 0], [0, 0, 1]], [0, 1]).to_list()
    [True, True, False]
    """
    matrix, rows, columns = _flat(network)
    places = _places(columns, institutions, "institution", matrix.shape[1])
    if _whole(at_least, "The number of memberships") > len(places):
        raise MeasureError(f"No state can be in {at_least} of a camp's {len(places)} institutions.")
    return _named(matrix[:, places].sum(axis=1) >= at_least, rows, "camp")


def bridges(network: Any, first: Sequence[Any], second: Sequence[Any]) -> pd.DataFrame:
    """States that are members of institutions of both of two sets.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.
    first, second : sequence
        Names (or positions) of the institutions of each set; the two have none in common.

    Returns
    -------
    DataFrame, one row a bridge
        Columns `first` and `second`: in how many institutions of each set the state is, at least 1.
        The index holds the states: the largest smaller figure first, then the largest sum, then the
        order of the rows. No bridge gives no rows.

    Raises
    ------
    MeasureError
        As `camp`, and if an institution is in both sets.

    Examples
    --------
    >>> bridges([[1, 0, 0], [1, 1, 0], [1, 1, 1]], [0], [1, 2]).to_dict("split")["data"]
    [[1, 2], [1, 1]]
    """
    matrix, rows, columns = _flat(network)
    places = [_places(columns, listed, "institution", matrix.shape[1]) for listed in (first, second)]
    shared = np.intersect1d(places[0], places[1])
    if len(shared):
        name = int(shared[0]) if columns is None else columns[shared[0]]
        raise MeasureError(f"An institution must be in one of the two sets only, but {name!r} is in both.")
    counts = np.column_stack([matrix[:, chosen].sum(axis=1) for chosen in places])
    order = np.lexsort((-counts.sum(axis=1), -counts.min(axis=1)))
    order = order[counts[order].min(axis=1) > 0]
    index = (pd.RangeIndex(len(matrix)) if rows is None else rows)[order]
    return pd.DataFrame(counts[order], index=index, columns=["first", "second"])


def phi(first: Any, second: Any, *, weights: Any = None, alike: float | None = None) -> Any:
    """Phi coefficient of two yes-or-no characteristics.

    φ = (ad - bc) / √((a + b)(c + d)(a + c)(b + d)), with a the number of states that have both, b the
    first only, c the second only and d neither (Yule 1912). It is Pearson's correlation of the two.

    Parameters
    ----------
    first, second : array_like or Series of bool, shape (n,)
        Whether each state has the characteristic. Two Series are matched by name.
    weights : array_like, shape (..., n), optional
        How many states each state stands for, 0 or more, in the order of `first`; for instance as often
        as a bootstrap drew it.
    alike : float, optional
        What draws are given in which all states are alike in one of the two; by default they are an error.

    Returns
    -------
    float, or ndarray of shape (...) with weights
        -1 (every state has one of the two and none has both) to 1 (the same states have both); 0 if
        one does not go with the other. With unequal margins the ends cannot be reached.

    Raises
    ------
    MeasureError
        If a value is anything but 0 and 1, lengths or names differ, or all states are alike in one of
        the two, or there are none, for which the coefficient is not defined; if weights are negative or do
        not fit.

    References
    ----------
    Yule, G. U. (1912). On the Methods of Measuring Association Between Two Attributes. Journal of the
    Royal Statistical Society 75(6), 579-652.

    Examples
    --------
    >>> round(phi([1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1]), 4)
    -0.7071
    """
    if weights is None:
        return float(_phi(*_fourfold(first, second).astype(float).ravel(), alike=alike))
    cells = _cells(first, second).astype(float)
    times = _standing_for(weights, cells, "institutions")
    return _phi(*np.moveaxis(times @ cells.T, -1, 0), alike=alike)[()]


def two_camps(first: Any, second: Any, alternative: Alternative = "two-sided") -> TwoCamps:
    """Membership of one camp against membership of another: table, phi and Fisher's exact test.

    Parameters
    ----------
    first, second : array_like or Series of bool, shape (n,)
        Whether each state belongs to the camp, for example from `camp`. Two Series are matched by
        name.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        "less" asks whether fewer states are in both camps than the sizes of the camps let expect,
        "greater" whether more are.

    Returns
    -------
    TwoCamps
        `table`, the counts of states: in the first camp or not (rows) and in the second or not
        (columns); `phi`, as by `phi`; `p` of Fisher's exact test, above 0, at most 1.

    Raises
    ------
    MeasureError
        As `phi`, and if the alternative is none of the three.

    Notes
    -----
    The test takes the sizes of both camps as given and asks how probable the overlap is if every
    way of choosing the members of the second camp is as probable as any other. States that choose
    together, as members of a bloc do, are not independent; p is then too small. Computed by
    `scipy.stats.fisher_exact`.

    References
    ----------
    Fisher, R. A. (1935). The Logic of Inductive Inference. Journal of the Royal Statistical Society
    98(1), 39-82.

    Examples
    --------
    >>> found = two_camps([1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1])
    >>> found.table.to_numpy().tolist(), found.phi, round(found.p, 4)
    ([[0, 3], [3, 0]], -1.0, 0.1)
    """
    _check_alternative(alternative)
    counts = _fourfold(first, second)
    coefficient = float(_phi(*counts.astype(float).ravel()))
    table = pd.DataFrame(
        counts,
        index=pd.Index(["in first", "not in first"]),
        columns=pd.Index(["in second", "not in second"]),
    )
    p = scipy.stats.fisher_exact(counts, alternative=alternative).pvalue
    return TwoCamps(table, coefficient, min(float(p), 1.0))


# --- null models ----------------------------------------------------------------------------------


def bicm_probabilities(network: Any) -> Any:
    """Probability of every tie in the bipartite configuration model (Saracco and others 2015).

    pᵢⱼ = xᵢ yⱼ / (1 + xᵢ yⱼ), with x and y such that every state and every institution has, on average,
    as many ties as observed: Σⱼ pᵢⱼ = kᵢ and Σᵢ pᵢⱼ = dⱼ. Among all models with these averages it is the
    one with the largest entropy: nothing else of the observed network goes into it.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.

    Returns
    -------
    DataFrame or ndarray of float, shape (n, m)
        Probabilities, 0 to 1. States in no institution have 0 and states in all have 1 everywhere;
        a perfectly nested network has no other one with its degrees and is returned as it is.

    Raises
    ------
    MeasureError
        As `projection`, and if the degrees leave so little freedom that no probabilities give them
        to within a millionth.

    Notes
    -----
    Solved by the library bicm (Vallarano and others 2021), with its solver "root", and, if that
    misses the degrees, with "newton". The first call in a process takes some seconds, in which bicm
    compiles its code.

    References
    ----------
    Saracco, F., Di Clemente, R., Gabrielli, A. and Squartini, T. (2015). Randomizing Bipartite
    Networks: The Case of the World Trade Web. Scientific Reports 5, 10595.
    Vallarano, N. and others (2021). Fast and Scalable Likelihood Maximization for Exponential Random
    Graph Models with Local Constraints. Scientific Reports 11.

    Examples
    --------
    >>> bicm_probabilities([[1, 0], [0, 1]]).round(4).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    matrix, rows, columns = _flat(network)
    return _framed(_bicm(matrix), rows, columns)


def bicm_sample(network: Any, *, draws: int, seed: int) -> Matrix:
    """Networks drawn from the bipartite configuration model.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.
    draws : int
        Number of networks.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    ndarray of bool, shape (draws, n, m)
        Every tie is drawn on its own with its probability from `bicm_probabilities`: the degrees are
        the observed ones on average, not in every draw.

    Raises
    ------
    MeasureError
        As `bicm_probabilities`, and if `draws` or `seed` cannot be used.

    Examples
    --------
    >>> bicm_sample([[1, 1], [1, 0]], draws=2, seed=1).astype(int).tolist()
    [[[1, 1], [1, 0]], [[1, 1], [1, 0]]]
    """
    return np.concatenate(list(_null_networks(_flat(network)[0], "bicm", draws, seed, None)))


def curveball(network: Any, *, draws: int, seed: int, trades: int | None = None) -> Matrix:
    """Networks with exactly the observed degrees, by curveball trades (Strona and others 2014).

    In a trade two states, chosen at random, put the memberships that only one of them has into a
    pool and deal them out anew at random, each getting as many back as it gave. Every state and
    every institution keeps its number of ties. After many trades every network with these degrees
    is as probable as any other.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.
    draws : int
        Number of networks.
    seed : int
        Seed of the random numbers.
    trades : int, optional
        Number of trades between two draws, at least 1; by default five times the number of states.
        The first draw comes after ten times as many.

    Returns
    -------
    ndarray of bool, shape (draws, n, m)
        A network that no other one shares the degrees with is returned every time.

    Raises
    ------
    MeasureError
        As `projection`, and if `draws`, `seed` or `trades` cannot be used.

    Notes
    -----
    The draws form one chain that starts from the observed network; with few trades, neighbouring
    draws resemble each other. The trades are compiled by numba, on which bicm rests; the first call
    in a process takes a few seconds for it. All random numbers come from the seed.

    References
    ----------
    Strona, G., Nappo, D., Boccacci, F., Fattorini, S. and San-Miguel-Ayanz, J. (2014). A Fast and
    Unbiased Procedure to Randomize Ecological Binary Matrices with Fixed Row and Column Totals.
    Nature Communications 5, 4114.

    Examples
    --------
    >>> found = curveball([[1, 1, 0], [0, 0, 1]], draws=50, seed=1)
    >>> found.sum(axis=2).min(axis=0).tolist(), found.sum(axis=1).max(axis=0).tolist()
    ([2, 1], [1, 1, 1])
    """
    return np.concatenate(list(_null_networks(_flat(network)[0], "curveball", draws, seed, trades)))


def null_test(
    network: Any,
    statistic: Callable[[Matrix], Any],
    *,
    null: NullModel = "curveball",
    draws: int = 999,
    seed: int,
    trades: int | None = None,
    vectorized: bool = False,
    alternative: Alternative = "two-sided",
) -> NullTest:
    """A statistic of the network against a null model that keeps both degree sequences.

    z = (observed - mean of the draws) / standard deviation of the draws, and p as by
    `intervals.permutation_p`.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.
    statistic : callable
        Takes a network as an array of booleans of shape (n, m) and returns one number, for example
        ``lambda network: nodf(network).total``.
    null : {"curveball", "bicm"}, default "curveball"
        "curveball" keeps the degrees exactly, "bicm" on average.
    draws : int, default 999
        Number of networks drawn, at least 2.
    seed : int
        Seed of the random numbers.
    trades : int, optional
        As for `curveball`; of no use with "bicm".
    vectorized : bool, default False
        Whether the statistic takes many networks at once, shape (k, n, m), and returns k numbers,
        as most measures here do; this is faster.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        "two-sided" counts draws at least as far from the mean of the draws as the observed value.

    Returns
    -------
    NullTest
        `observed`, `mean`, `sd` (with the divisor draws - 1), `z`, `p` and the `draws`, in the unit
        of the statistic.

    Raises
    ------
    MeasureError
        As `curveball` or `bicm_sample`; if the statistic is no finite number, or is the same in every
        draw, so that no z-score is defined; or if `null`, `trades` or `alternative` cannot be used.

    Notes
    -----
    A z-score is no p-value: the draws need not follow a normal distribution.

    Examples
    --------
    >>> found = null_test(np.eye(4), lambda x: np.trace(x), draws=99, seed=1, alternative="greater")
    >>> found.observed, found.z > 2
    (4.0, True)
    """
    if null not in ("curveball", "bicm"):
        raise MeasureError(f"The null model must be 'curveball' or 'bicm', got {null!r}.")
    if null == "bicm" and trades is not None:
        raise MeasureError("Trades belong to the null model 'curveball', not to 'bicm'.")
    _check_alternative(alternative)
    matrix, _, _ = _flat(network)
    draws = _whole(draws, "The number of draws for a z-score", least=2)
    observed = _applied(statistic, matrix[np.newaxis], vectorized)[0]
    values = np.concatenate(
        [_applied(statistic, part, vectorized) for part in _null_networks(matrix, null, draws, seed, trades)]
    )
    largest = float(np.abs(values).max())
    if np.ptp(values) <= _TIE * largest:
        raise MeasureError(
            f"The z-score is not defined: the statistic is the same in every draw of the null model {null!r}."
        )
    # Squares of figures near 1 neither overflow nor vanish.
    mean, sd = largest * float((values / largest).mean()), largest * float((values / largest).std(ddof=1))
    centre = mean if alternative == "two-sided" else 0.0
    p = permutation_p(observed - centre, values - centre, alternative)
    return NullTest(float(observed), mean, sd, float((observed - mean) / sd), p, values)


# --- orders ---------------------------------------------------------------------------------------


def order_by_degree(network: Any) -> Order:
    """Order in which a nested network fills the upper left corner: by falling degree.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.

    Returns
    -------
    Order
        Positions of the rows and of the columns, for ``network.iloc[order.states,
        order.institutions]``. Ties stay in the order of the network.

    Raises
    ------
    MeasureError
        As `projection`.

    Examples
    --------
    >>> order = order_by_degree([[0, 0, 1], [1, 0, 1], [1, 1, 1]])
    >>> order.states.tolist(), order.institutions.tolist()
    ([2, 1, 0], [2, 0, 1])
    """
    matrix, _, _ = _flat(network)
    return Order(*(np.argsort(-matrix.sum(axis=axis), kind="stable") for axis in (1, 0)))


def order_by_correspondence(network: Any) -> Order:
    """Order along the first axis of correspondence analysis: like beside like.

    The axis is the second pair of singular vectors of D⁻¹ᐟ² B E⁻¹ᐟ², with D and E the diagonal matrices
    of the degrees, divided by the roots of the degrees (Greenacre 1984). It is the Fiedler vector of
    the normalised Laplacian of the bipartite network.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.

    Returns
    -------
    Order
        Positions of the rows and of the columns. Components follow each other, the one with the most
        states first, each in its own order; nodes without ties come last. Of the two directions
        of an axis, the one with its outermost state first is taken. Equal scores, and components
        without a second axis, stay in order of degree.

    Raises
    ------
    MeasureError
        As `projection`.

    Notes
    -----
    If the second singular value occurs more than once, the axis and thus the order are not unique.

    References
    ----------
    Greenacre, M. J. (1984). Theory and Applications of Correspondence Analysis. Academic Press.

    Examples
    --------
    >>> order = order_by_correspondence([[0, 0, 1], [1, 0, 1], [1, 1, 0]])
    >>> order.states.tolist(), order.institutions.tolist()
    ([0, 1, 2], [2, 0, 1])
    """
    matrix, _, _ = _flat(network)
    by_degree = order_by_degree(matrix)
    sorted_matrix = matrix[np.ix_(*by_degree)]
    of_state, of_institution = _connected(sorted_matrix)
    numbers = _by_size(np.concatenate([of_state, of_institution]), of_state)
    component, institution_component = numbers[: len(matrix)], numbers[len(matrix) :]
    # Without a tie, a node comes after all components.
    component[~sorted_matrix.any(axis=1)] = len(numbers) + 1
    institution_component[~sorted_matrix.any(axis=0)] = len(numbers) + 1
    scores, institution_scores = np.zeros(len(matrix)), np.zeros(matrix.shape[1])
    for number in np.unique(component[sorted_matrix.any(axis=1)]):
        rows, columns = np.flatnonzero(component == number), np.flatnonzero(institution_component == number)
        if min(len(rows), len(columns)) > 1:
            scores[rows], institution_scores[columns] = _first_axis(sorted_matrix[np.ix_(rows, columns)])
    return Order(
        by_degree.states[np.lexsort((scores, component))],
        by_degree.institutions[np.lexsort((institution_scores, institution_component))],
    )


def order_by_module(network: Any, state_modules: Any, institution_modules: Any) -> Order:
    """Order by module, within a module by falling degree.

    Parameters
    ----------
    network : DataFrame or array_like of 0 and 1, shape (n, m)
        n states by m institutions.
    state_modules : array_like or Series of int, shape (n,)
        Number of the module of each state, as from `barber_modules`; 0 for no module.
    institution_modules : array_like or Series of int, shape (m,)
        Number of the module of each institution.

    Returns
    -------
    Order
        Positions of the rows and of the columns: modules in rising order of their numbers, nodes
        without a module last; ties in the order of the network.

    Raises
    ------
    MeasureError
        As `projection`; if a number of a module is missing, negative or not whole, or lengths or
        names differ.

    Examples
    --------
    >>> order = order_by_module([[0, 1], [1, 0], [0, 0], [1, 0]], [2, 1, 0, 1], [1, 2])
    >>> order.states.tolist(), order.institutions.tolist()
    ([1, 3, 0, 2], [0, 1])
    """
    matrix, rows, columns = _flat(network)
    found = []
    for given, names, axis, what in (
        (state_modules, rows, 1, "state"),
        (institution_modules, columns, 0, "institution"),
    ):
        degrees = matrix.sum(axis=axis)
        numbers = as_numbers(_modules(given, names, len(degrees), what), f"The module of every {what}")
        if (numbers < 0).any() or (numbers % 1 != 0).any():
            raise MeasureError(f"The module of every {what} must be a whole number of at least 0.")
        found.append(np.lexsort((-degrees, np.where(numbers == 0, np.inf, numbers))))
    return Order(*found)


# --- reading what was given -----------------------------------------------------------------------


def _check_unique(names: "pd.Index[Any]") -> None:
    if names.has_duplicates:
        raise MeasureError(f"Names must not repeat, but {names[names.duplicated()].tolist()[0]!r} does.")


def _whole(number: Any, what: str, least: int = 1) -> int:
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
        raise MeasureError(f"{what} must be a whole number of at least {least}, got {number!r}.")
    return int(number)


def _binary(values: Any, what: str) -> Matrix:
    raw = values.to_numpy() if isinstance(values, pd.Series | pd.DataFrame) else values
    if isinstance(raw, np.ndarray) and raw.dtype == np.bool_:
        return raw
    numbers = as_numbers(raw, what)
    if not ((numbers == 0) | (numbers == 1)).all():
        raise MeasureError(f"{what} must be 0 or 1.")
    return numbers.astype(bool)


def _read(network: Any) -> "tuple[Matrix, pd.Index[Any] | None, pd.Index[Any] | None]":
    """Return the network as booleans, with the names of its rows and columns if it has any."""
    cube = _binary(network, "The ties of the network")
    if cube.ndim < 2:
        raise MeasureError(
            f"A network needs a row for every state and a column for every institution, "
            f"got the shape {cube.shape}."
        )
    if 0 in cube.shape:
        raise MeasureError(
            f"A network needs at least one state and one institution, got the shape {cube.shape}."
        )
    if not isinstance(network, pd.DataFrame):
        return cube, None, None
    _check_unique(network.index)
    _check_unique(network.columns)
    return cube, network.index, network.columns


def _flat(network: Any) -> "tuple[Matrix, pd.Index[Any] | None, pd.Index[Any] | None]":
    """Return a single network."""
    matrix, rows, columns = _read(network)
    if matrix.ndim != 2:
        raise MeasureError(f"One network is needed, not several: got the shape {matrix.shape}.")
    return matrix, rows, columns


def _oriented(network: Any, side: Side) -> "tuple[Matrix, pd.Index[Any] | None]":
    """Return the network with the side asked for in the rows, and the names of that side."""
    if side not in ("states", "institutions"):
        raise MeasureError(f"The side of the network must be 'states' or 'institutions', got {side!r}.")
    cube, rows, columns = _read(network)
    return (cube, rows) if side == "states" else (np.swapaxes(cube, -1, -2), columns)


def _check_alternative(alternative: Alternative) -> None:
    if alternative not in ("two-sided", "greater", "less"):
        raise MeasureError(f"The alternative must be 'two-sided', 'greater' or 'less', got {alternative!r}.")


def _check_ties(matrix: Matrix | Floats) -> None:
    if not matrix.any():
        raise MeasureError("Modularity is not defined for a network without ties.")


def _places(
    names: "pd.Index[Any] | None", wanted: Sequence[Any], what: str, size: int
) -> npt.NDArray[np.intp]:
    """Return the positions of the names; without names, what was given are positions."""
    listed = pd.Index(list(wanted))
    if len(listed) == 0:
        raise MeasureError(f"At least one {what} must be listed, got none.")
    _check_unique(listed)
    places = (pd.RangeIndex(size) if names is None else names).get_indexer(listed)
    if (places < 0).any():
        missing = listed[places < 0].tolist()[0]
        raise MeasureError(f"Every listed {what} must be in the network, but {missing!r} is not.")
    return places


def _modules(given: Any, names: "pd.Index[Any] | None", size: int, what: str) -> npt.NDArray[Any]:
    """Return the modules in the order of the network; as objects, so that 1 and "1" stay apart."""
    if isinstance(given, pd.Series) and names is not None and not names.equals(given.index):
        same_labels(names, given.index)
        given = given.loc[names]
    modules = pd.Series(np.asarray(given, dtype=object).ravel())
    if len(modules) != size:
        raise MeasureError(f"Every {what} needs a module: got {len(modules)} for {size}.")
    if modules.isna().any():
        place = int(modules.isna().to_numpy().argmax())
        raise MeasureError(f"Every {what} needs a module, but the one at position {place} has none.")
    return modules.to_numpy()


def _weights(weights: Any) -> "tuple[Floats, pd.Index[Any] | None]":
    """Return symmetric weights with an empty diagonal."""
    table = as_numbers(weights, "The weights")
    if table.ndim != 2 or table.shape[0] != table.shape[1] or len(table) == 0:
        raise MeasureError(f"Weights need a row and a column for every node, got the shape {table.shape}.")
    names = None
    if isinstance(weights, pd.DataFrame):
        names = weights.index
        _check_unique(names)
        if not names.equals(weights.columns):
            raise MeasureError("Weights must have the same names, in the same order, in rows and columns.")
    if (table < 0).any():
        raise MeasureError("Weights must not be negative.")
    if not np.allclose(table, table.T, rtol=_TIE, atol=0):
        raise MeasureError("Weights must be symmetric.")
    np.fill_diagonal(table, 0)
    _check_ties(table)
    # The unit of the weights is of no account; near 1 their squares neither overflow nor vanish.
    table /= table.max()
    return table, names


def _cells(first: Any, second: Any) -> npt.NDArray[np.bool_]:
    """Tell who has both, the first only, the second only, and neither, a row each."""
    if (
        isinstance(first, pd.Series)
        and isinstance(second, pd.Series)
        and not first.index.equals(second.index)
    ):
        same_labels(first.index, second.index)
        second = second.loc[first.index]
    a, b = _binary(first, "Membership of the first camp"), _binary(second, "Membership of the second camp")
    if a.ndim != 1 or a.shape != b.shape:
        raise MeasureError(
            f"Two camps need one row of states each, of the same length, "
            f"got the shapes {a.shape} and {b.shape}."
        )
    return np.array([a & b, a & ~b, ~a & b, ~a & ~b])


def _fourfold(first: Any, second: Any) -> npt.NDArray[np.int64]:
    """Count them, in two rows."""
    return _cells(first, second).sum(axis=1).reshape(2, 2)


def _framed(found: npt.NDArray[Any], rows: "pd.Index[Any] | None", columns: "pd.Index[Any] | None") -> Any:
    return found if rows is None else pd.DataFrame(found, index=rows, columns=columns)


def _named(values: npt.NDArray[Any], names: "pd.Index[Any] | None", name: str) -> "pd.Series[Any]":
    return pd.Series(values, index=pd.RangeIndex(len(values)) if names is None else names, name=name)


# --- work -----------------------------------------------------------------------------------------


def _batches(cube: Matrix) -> Iterator[Matrix]:
    """Give the networks in parts of a size that fits the memory."""
    n, m = cube.shape[-2:]
    flat = cube.reshape(-1, n, m)
    size = max(1, _CELLS // max(n, m) ** 2)
    for begin in range(0, len(flat), size):
        yield flat[begin : begin + size]


def _shaped(found: npt.NDArray[Any], cube: Matrix) -> Any:
    """Bring one figure for each network into the shape of the leading axes."""
    return found[0].item() if cube.ndim == 2 else found.reshape(cube.shape[:-2])


def _overlap(cube: Matrix) -> npt.NDArray[np.float32]:
    """Count what every two rows share; whole numbers, exact up to 16 million."""
    numbers = cube.astype(np.float32)
    return numbers @ np.swapaxes(numbers, -1, -2)


def _standing_for(weights: Any, cube: Any, of: Side) -> Floats:
    """Check what each state stands for against the one network, institutions in its rows."""
    found = as_numbers(weights, "Weights of states")
    if of != "institutions" or cube.ndim != 2 or found.ndim < 1 or found.shape[-1] != cube.shape[1]:
        raise MeasureError(
            f"Weights go with the institutions of one network and need a number for each of its states, "
            f"got the shape {found.shape} for {of} of a network of the shape {cube.shape[::-1]}."
        )
    if (found < 0).any():
        raise MeasureError(f"A state stands for 0 states or more, got {found.min():g}.")
    return found


def _jaccard(
    cube: Matrix, names: "pd.Index[Any] | None", of: Side, empty: float | None, weights: Floats | None = None
) -> Floats:
    sizes: Any = cube.sum(axis=-1) if weights is None else weights @ cube.T.astype(float)
    without = sizes == 0
    if empty is None:
        if without.any():
            place = int(np.argwhere(without)[0][-1])
            which = f"at position {place}" if names is None else repr(names[place])
            raise MeasureError(
                f"Jaccard similarity of {of} is not defined for empty sets, but the one {which} is empty."
            )
        empty = 0.0
    if not 0 <= empty <= 1:
        raise MeasureError(f"The similarity of two empty sets must be 0 to 1, got {empty!r}.")
    if weights is None:
        shared = _overlap(cube)
    else:
        pairs = (cube[:, np.newaxis] & cube[np.newaxis]).reshape(-1, cube.shape[1])
        shared = (weights @ pairs.T.astype(float)).reshape(*weights.shape[:-1], len(cube), len(cube))
    union = sizes[..., :, np.newaxis] + sizes[..., np.newaxis, :] - shared
    return np.divide(shared, union, out=np.full(shared.shape, float(empty)), where=union > 0)


def _connected(matrix: Matrix) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Number the components, for the states and for the institutions."""
    n, m = matrix.shape
    sources, targets = np.nonzero(matrix)
    graph = scipy.sparse.coo_array((np.ones(len(sources)), (sources, targets + n)), shape=(n + m, n + m))
    _, labels = scipy.sparse.csgraph.connected_components(graph, directed=False)
    return labels[:n].astype(np.intp), labels[n:].astype(np.intp)


def _by_size(labels: npt.NDArray[np.intp], counted: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Renumber labels from 1, the most frequent among those counted first, then by first place."""
    present, first, counts = np.unique(counted, return_index=True, return_counts=True)
    numbers = np.zeros(int(labels.max()) + 1, dtype=np.intp)
    numbers[present[np.lexsort((first, -counts))]] = np.arange(1, len(present) + 1)
    return numbers[labels]


def _barber(matrix: Matrix, of_state: npt.NDArray[np.intp], of_institution: npt.NDArray[np.intp]) -> float:
    ties = matrix.sum()
    count = max(of_state.max(), of_institution.max()) + 1
    inside = np.count_nonzero(matrix & (of_state[:, np.newaxis] == of_institution))
    degrees = np.bincount(of_state, weights=matrix.sum(axis=1), minlength=count)
    others = np.bincount(of_institution, weights=matrix.sum(axis=0), minlength=count)
    return float(inside / ties - degrees @ others / ties**2)


def _newman(table: Floats, codes: npt.NDArray[np.intp]) -> float:
    total = table.sum()
    inside = table[codes[:, np.newaxis] == codes].sum()
    strengths = np.bincount(codes, weights=table.sum(axis=1))
    return float(inside / total - strengths @ strengths / total**2)


def _leiden(
    nodes: int,
    sources: npt.NDArray[np.intp],
    targets: npt.NDArray[np.intp],
    leaving: Floats,
    reaching: Floats | None,
    weights: Floats | None,
    starts: int,
    seed: int,
) -> npt.NDArray[np.intp]:
    """Return the best division that Leiden finds; with `reaching`, ties are directed."""
    import random

    import igraph  # type: ignore[import-untyped, unused-ignore]

    starts = _whole(starts, "The number of starts")
    seed = _whole(seed, "The seed", least=0)
    graph = igraph.Graph(nodes, np.column_stack([sources, targets]).tolist(), directed=reaching is not None)
    options = {
        "node_weights": leaving.tolist(),
        "node_in_weights": None if reaching is None else reaching.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "resolution": 1 / float(leaving.sum()),
    }
    best, highest = np.zeros(nodes, dtype=np.intp), -np.inf
    igraph.set_random_number_generator(random.Random(seed))
    try:
        for _ in range(starts):
            found = graph.community_leiden(objective_function="CPM", n_iterations=-1, **options)
            if found.quality > highest + _TIE:
                best, highest = np.array(found.membership, dtype=np.intp), found.quality
    finally:
        igraph.set_random_number_generator(random)
    return best


def _paired(cube: Matrix) -> Floats:
    """Add up, over the pairs of rows, the share of the poorer row that the richer one holds too."""
    degrees = cube.sum(axis=2)
    richer = degrees[:, :, np.newaxis] > degrees[:, np.newaxis, :]
    held = np.einsum("dij,dij->dj", _overlap(cube), richer.astype(np.float32))
    return (held / np.maximum(degrees, 1)).sum(axis=1)


def _first_axis(matrix: Matrix) -> tuple[Floats, Floats]:
    """Scores of rows and columns on the first axis, rounded so that equal ones are equal."""
    k, d = np.sqrt(matrix.sum(axis=1)), np.sqrt(matrix.sum(axis=0))
    left, values, right = np.linalg.svd(matrix / k[:, np.newaxis] / d, full_matrices=False)
    if values[1] < _TIE:
        return np.zeros(len(k)), np.zeros(len(d))
    rows, columns = np.round(left[:, 1] / k, 9), np.round(right[1] / d, 9)
    sign = -np.sign(rows[np.abs(rows).argmax()])
    return sign * rows, sign * columns


def _phi(a: Any, b: Any, c: Any, d: Any, *, alike: float | None = None) -> Floats:
    margins = np.asarray((a + b) * (c + d) * (a + c) * (b + d))
    if alike is None and (margins == 0).any():
        raise MeasureError("Phi is not defined if all states, or none, are in one of the two camps.")
    without = np.full(margins.shape, np.nan if alike is None else float(alike))
    return np.divide(a * d - b * c, np.sqrt(margins), out=without, where=margins > 0)


def _bicm(matrix: Matrix) -> Floats:
    import bicm  # type: ignore[import-untyped, unused-ignore]

    rows, columns = matrix.sum(axis=1), matrix.sum(axis=0)
    for method in ("root", "newton"):
        graph = bicm.BipartiteGraph()
        # The library prints about square matrices, and its compiler warns about itself.
        with redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            graph.set_biadjacency_matrix(matrix.astype(np.int64))
            graph.solve_tool(method=method, print_error=False)
            found = np.asarray(graph.get_bicm_matrix(), dtype=float)
        off = max(np.abs(found.sum(axis=1) - rows).max(), np.abs(found.sum(axis=0) - columns).max())
        # What is no number compares as false.
        if off <= _DEGREE_TOLERANCE and found.min() >= -_TIE and found.max() <= 1 + _TIE:
            return np.clip(found, 0.0, 1.0)
    raise MeasureError("The bipartite configuration model has no solution with the degrees of this network.")


def _null_networks(
    matrix: Matrix, null: NullModel, draws: int, seed: int, trades: int | None
) -> Iterator[Matrix]:
    """Give networks of the null model in parts of a size that fits the memory."""
    rng = generator(draws, seed)
    sizes = [min(_BATCH, draws - begin) for begin in range(0, draws, _BATCH)]
    if null == "bicm":
        probabilities = _bicm(matrix)
        for size in sizes:
            yield rng.random((size, *matrix.shape)) < probabilities
        return
    if trades is None:
        trades = 5 * len(matrix)
    trades = _whole(trades, "The number of trades")
    trade = _compiled_trades()
    state = np.ascontiguousarray(matrix).copy()
    n, m = state.shape

    def trade_on() -> None:
        # A single state has nobody to trade with.
        left = trades if n > 1 else 0
        while left:
            left -= trade(state, rng.random(_BLOCK + 8 * m), left)

    # With the trades of the first draw, ten times as many come before it.
    for _ in range(9):
        trade_on()
    for size in sizes:
        part = np.empty((size, n, m), dtype=bool)
        for draw in part:
            trade_on()
            draw[:] = state
        yield part


@functools.cache
def _compiled_trades() -> Callable[[Matrix, Floats, int], int]:
    import numba  # type: ignore[import-untyped, unused-ignore]

    @numba.njit
    def trade(state: Matrix, uniform: Floats, most: int) -> int:
        """Trade until the random numbers, 0 to 1, run out, at most so often; return how often."""
        n, m = state.shape
        pool = np.empty(m, dtype=np.int64)
        used = 0
        for done in range(most):
            if used + m + 2 > len(uniform):
                return done
            i = int(uniform[used] * n)
            j = int(uniform[used + 1] * (n - 1))
            used += 2
            if j >= i:
                j += 1
            size = 0
            own = 0
            for column in range(m):
                if state[i, column] != state[j, column]:
                    pool[size] = column
                    size += 1
                    if state[i, column]:
                        own += 1
            # Of the ties that are still in the pool, the first state gets `own` more.
            for place in range(size):
                takes = uniform[used + place] * (size - place) < own
                state[i, pool[place]] = takes
                state[j, pool[place]] = not takes
                if takes:
                    own -= 1
            used += size
        return most

    return trade


def _applied(statistic: Callable[[Matrix], Any], cube: Matrix, vectorized: bool) -> Floats:
    """Return the statistic of every network."""
    found = as_numbers(
        statistic(cube) if vectorized else [statistic(network) for network in cube], "The statistic"
    )
    if found.shape != (len(cube),):
        raise MeasureError(
            f"The statistic must be one number for each network: "
            f"got the shape {found.shape} for {len(cube)} networks."
        )
    return found
