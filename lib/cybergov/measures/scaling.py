"""Positions of states read off their votes, how polarised they are, and which states vote as a cluster."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from cybergov.errors import MeasureError
from cybergov.measures.intervals import as_numbers, generator, permutation_p, same_labels
from cybergov.measures.voting import (
    VOTES,
    Absences,
    PairAbstentions,
    PairAgreement,
    _at_least,
    _one_of,
    agreement_of_codes,
    pairwise_agreement,
    vote_codes,
)

ScaledAbstentions = Literal["third option", "with no", "left out"]
Distance = Literal["disagreement", "root of disagreement"]

#: The bimodality coefficient of the uniform distribution, above which a distribution may be bimodal.
BIMODALITY_OF_UNIFORM = 5 / 9

# Below this share of the largest one, an eigenvalue or a coordinate is zero up to rounding.
_ZERO = 1e-9

# diptest's table holds the quantiles of 1,000,001 samples; beyond its last one there is no p of 0.
_LOWEST_OF_TABLE = 1e-6


class CorrespondenceAnalysis(NamedTuple):
    """What a multiple correspondence analysis found.

    `states` (states by dimensions) and `options` (resolution and vote by dimensions) are principal
    coordinates; `resolutions` (resolutions by dimensions) says which share of the variance of the
    states' positions each vote accounts for; `share` and `adjusted_share` (by dimension) are shares
    of inertia as they are and by Benzécri's formula; `eigenvalues` are the principal inertias of all
    dimensions.
    """

    states: pd.DataFrame
    options: pd.DataFrame
    resolutions: pd.DataFrame
    share: "pd.Series[float]"
    adjusted_share: "pd.Series[float]"
    eigenvalues: npt.NDArray[np.float64]


class PrincipalCoordinates(NamedTuple):
    """What a classical scaling found.

    `states` (states by dimensions) are the coordinates; `share` (by dimension) is each eigenvalue
    over the sum of the absolute values of all; `eigenvalues` are all of them, the largest first.
    """

    states: pd.DataFrame
    share: "pd.Series[float]"
    eigenvalues: npt.NDArray[np.float64]


class DipTest(NamedTuple):
    """Hartigan's dip, its p, and the ends of the modal interval in the unit of the values."""

    dip: float
    p: float
    low: float
    high: float


class Clusters(NamedTuple):
    """A partition of states.

    `members` numbers the cluster of each state from 1, the largest first; `number` is the number of
    clusters; `silhouettes` are those of the states and `mean_silhouette` their mean; `tried` holds
    the mean silhouette of every number of clusters that was tried.
    """

    members: "pd.Series[Any]"
    number: int
    silhouettes: "pd.Series[float]"
    mean_silhouette: float
    tried: "pd.Series[float]"


class ClusterTest(NamedTuple):
    """Clusters as observed, the mean silhouettes of permuted votes, shape (draws,), and the p of the test."""

    clusters: Clusters
    null: npt.NDArray[np.float64]
    p: float


def multiple_correspondence(
    matrix: pd.DataFrame,
    *,
    anchor: str | Sequence[str],
    dimensions: int = 2,
    abstentions: ScaledAbstentions = "third option",
    absences: Absences = "left out",
) -> CorrespondenceAnalysis:
    """Multiple correspondence analysis of a matrix of votes.

    The votes become an indicator matrix Z, states by options, with a column for each vote that
    occurs on each of the Q resolutions and a 1 where a state chose it. With P = Z / Σ Z, row masses r
    and column masses c, the singular value decomposition of D_r^(-½) (P - r cᵀ) D_c^(-½) gives the
    principal inertias λ (its squared singular values) and the coordinates (Greenacre 2017).

    Parameters
    ----------
    matrix : DataFrame of str, shape (n, resolutions)
        As `voting.vote_matrix` returns it, for at least two states.
    anchor : str or sequence of str
        State whose coordinate is made positive on every dimension, or one state for each dimension.
    dimensions : int, default 2
        Number of dimensions to return.
    abstentions : {"third option", "with no", "left out"}, default "third option"
        "third option": an option of its own. "with no": a yes against everything short of a yes.
        "left out": treated as an absence.
    absences : {"left out", "fourth option"}, default "left out"
        "fourth option": an option of its own. "left out": on a vote that it missed, a state is given
        the average of those that voted, which adds nothing to the inertia, and its coordinates are
        the mean over the votes that it cast.

    Returns
    -------
    CorrespondenceAnalysis
        `states` has the labels of `matrix`, the columns of every table are the numbers of the
        dimensions from 1. Coordinates have no unit and their weighted mean is 0; shares are
        proportions. A resolution on which all vote alike has inertia 0 and discriminates nothing.

    Raises
    ------
    MeasureError
        If the matrix breaks what `voting.vote_codes` asks for, has fewer than two states, or a state
        without a vote that counts; if no resolution divides the states or they span fewer than
        `dimensions` dimensions; if an anchor is none of the states, lies at 0 on its dimension, or
        there are neither one nor `dimensions` of them; if an option is none of those above.

    Notes
    -----
    Where nobody is absent, a state lies at the mean of the options that it chose, divided by √λ, and
    λ is the mean over resolutions of `resolutions`. Shares of inertia look small because options of
    one resolution exclude each other; Benzécri's formula, (Q / (Q - 1) (λ - 1 / Q))² for λ above
    1 / Q, takes that out. With absences left out it is an approximation.

    An option that few chose weighs much: a state that votes alone lies far out. Where two
    dimensions have the same inertia, their directions within the plane are arbitrary.

    References
    ----------
    Greenacre, M. (2017). Correspondence Analysis in Practice, 3rd edition. Chapman & Hall/CRC.
    Benzécri, J.-P. (1979). Sur le calcul des taux d'inertie dans l'analyse d'un questionnaire. Cahiers
    de l'Analyse des Données 4(3), 377-378.

    Examples
    --------
    >>> matrix = pd.DataFrame(
    ...     {"A": ["yes", "yes", "no", "no"], "B": ["yes", "yes", "no", "abstain"]},
    ...     index=["FJI", "TON", "WSM", "NRU"],
    ... )
    >>> found = multiple_correspondence(matrix, anchor="FJI", dimensions=1)
    >>> found.states[1].round(3).tolist(), float(found.share[1].round(3))
    ([1.0, 1.0, -1.0, -1.0], 0.667)
    """
    _one_of("Abstentions", abstentions, ScaledAbstentions)
    _one_of("Absences", absences, Absences)
    codes = vote_codes(matrix)
    n, number = codes.shape
    if n < 2 or number == 0:
        raise MeasureError(
            f"A correspondence analysis needs at least two states and one resolution, got {n} and {number}."
        )
    yes, no, abstain, absent = range(len(VOTES))
    if abstentions != "third option":
        codes = np.where(codes == abstain, no if abstentions == "with no" else absent, codes)
    kinds = [yes, no, abstain, absent] if absences == "fourth option" else [yes, no, abstain]
    # States × resolutions × options, then only the options that somebody chose.
    chosen = codes[:, :, np.newaxis] == np.array(kinds)
    votes = chosen.any(axis=2)
    if not votes.any(axis=1).all():
        raise MeasureError(
            f"A correspondence analysis needs a vote of every state, "
            f"but {matrix.index[int((~votes.any(axis=1)).argmax())]} has none that counts."
        )
    counts = chosen.sum(axis=0)
    cast = counts.sum(axis=1)
    average = counts / np.maximum(cast, 1)[:, np.newaxis]
    # A resolution on which nobody's vote counts has no options and no place in Q.
    q = int((cast > 0).sum())
    kept = counts > 0
    indicator = chosen[:, kept].astype(float)
    table = np.where(votes[:, :, np.newaxis], chosen, average)[:, kept]
    mass = average[kept] / q
    # The row masses are all 1 / n, for every row adds up to the number of resolutions.
    residual = (table / q - mass) / np.sqrt(mass * n)
    values, left = _left_vectors(residual)
    dimensions = _checked_dimensions(dimensions, values)
    inertia = values[:dimensions]
    options = (residual.T @ left[:, :dimensions]) / np.sqrt(mass)[:, np.newaxis]
    # From the options to the states: the mean of what a state chose, over √λ.
    states = indicator @ options / indicator.sum(axis=1, keepdims=True) / np.sqrt(inertia)
    signs = _signs(states, matrix.index, anchor)
    states, options = states * signs, options * signs
    weight = average[kept][:, np.newaxis] * options**2
    of_resolution = np.repeat(np.arange(number), kept.sum(axis=1))
    names = pd.MultiIndex.from_arrays(
        [
            np.asarray(matrix.columns, dtype=object)[of_resolution],
            np.asarray([VOTES[kind] for kind in kinds], dtype=object)[np.nonzero(kept)[1]],
        ],
        names=["resolution", "vote"],
    )
    discrimination = np.zeros((number, dimensions))
    np.add.at(discrimination, of_resolution, weight)
    columns = pd.RangeIndex(1, dimensions + 1, name="dimension")
    corrected = _benzecri(values, q)
    return CorrespondenceAnalysis(
        states=pd.DataFrame(states, index=matrix.index, columns=columns),
        options=pd.DataFrame(options, index=names, columns=columns),
        resolutions=pd.DataFrame(discrimination, index=matrix.columns, columns=columns),
        share=pd.Series(inertia / values.sum(), index=columns, name="share"),
        adjusted_share=pd.Series(corrected[:dimensions], index=columns, name="adjusted share"),
        eigenvalues=values,
    )


def principal_coordinates(
    agreement: PairAgreement | pd.DataFrame,
    *,
    anchor: str | Sequence[str],
    dimensions: int = 2,
    distance: Distance = "disagreement",
) -> PrincipalCoordinates:
    """Classical scaling of a matrix of agreement, also known as principal coordinates.

    With distances d between states, B = -½ J D J, where D holds the d², J = I - 1/n, and the
    coordinates are the eigenvectors of B times the roots of their eigenvalues (Gower 1966).

    Parameters
    ----------
    agreement : PairAgreement or DataFrame, shape (n, n)
        Agreement of every pair, 0 to 1, symmetric with 1 on the diagonal and the same labels on both
        sides; at least two states. No pair may be masked.
    anchor : str or sequence of str
        State whose coordinate is made positive on every dimension, or one state for each dimension.
    dimensions : int, default 2
        Number of dimensions to return.
    distance : {"disagreement", "root of disagreement"}, default "disagreement"
        d = 1 - a, as Poole (2005, chapter 2) scales roll calls: if states lie on a line that votes
        divide evenly, the share of votes that divide two of them grows in proportion to the distance
        between them. Or d = √(2 (1 - a)), as Gower (1966) turns similarities into distances. The
        default was chosen after the results of both were seen; see the notes.

    Returns
    -------
    PrincipalCoordinates
        `states` has the labels of `agreement`, the columns are the numbers of the dimensions from 1.
        Coordinates are in the unit of d and their mean is 0; shares are proportions.

    Raises
    ------
    MeasureError
        If the agreement is not square, symmetric, complete and between 0 and 1 with 1 on its
        diagonal; if all states agree always or span fewer than `dimensions` dimensions; if an anchor
        is none of the states, lies at 0 on its dimension, or there are neither one nor `dimensions`
        of them; if `distance` is none of the two.

    Notes
    -----
    The choice of distance is open to doubt. Over all recorded votes of 1998 to 2025, the first dimension
    correlates with the mean ideal points of Bailey, Strezhnev and Voeten (2017) by 0.971 with the
    default and by 0.946 with the root; both were known when the default was chosen, so the higher figure
    is no independent check of it. Report both.

    Disagreement need not be a Euclidean distance, so some eigenvalues may be negative; the share of a
    dimension therefore relates to the sum of their absolute values. Where two dimensions have the
    same eigenvalue, their directions within the plane are arbitrary.

    References
    ----------
    Bailey, M. A., Strezhnev, A. and Voeten, E. (2017). Estimating Dynamic State Preferences from United
    Nations Voting Data. Journal of Conflict Resolution 61(2), 430-456.
    Gower, J. C. (1966). Some Distance Properties of Latent Root and Vector Methods Used in Multivariate
    Analysis. Biometrika 53(3/4), 325-338.
    Poole, K. T. (2005). Spatial Models of Parliamentary Voting. Cambridge University Press.

    Examples
    --------
    >>> a = pd.DataFrame([[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]], index=[*"XYZ"], columns=[*"XYZ"])
    >>> principal_coordinates(a, anchor="X", dimensions=1).states[1].abs().round(3).tolist()
    [0.5, 0.0, 0.5]
    """
    _one_of("The distance", distance, Distance)
    apart, states = _disagreement(agreement)
    squares = apart**2 if distance == "disagreement" else 2 * apart
    centred = squares - squares.mean(axis=0)
    centred = -0.5 * (centred - centred.mean(axis=1, keepdims=True))
    values, vectors = np.linalg.eigh((centred + centred.T) / 2)
    values, vectors = values[::-1], vectors[:, ::-1]
    dimensions = _checked_dimensions(dimensions, values)
    coordinates = vectors[:, :dimensions] * np.sqrt(values[:dimensions])
    coordinates = coordinates * _signs(coordinates, states, anchor)
    columns = pd.RangeIndex(1, dimensions + 1, name="dimension")
    return PrincipalCoordinates(
        states=pd.DataFrame(coordinates, index=states, columns=columns),
        share=pd.Series(values[:dimensions] / np.abs(values).sum(), index=columns, name="share"),
        eigenvalues=values,
    )


def esteban_ray(positions: Any, sizes: Any, alpha: float = 1.0, *, length: float | None = None) -> Any:
    """Polarisation of groups on a line by Esteban and Ray.

    P = Σᵢ Σⱼ πᵢ^(1+α) πⱼ |yᵢ - yⱼ|, with the shares π of the groups and their positions y (Esteban and
    Ray 1994, with their constant K set to 1 for shares).

    Parameters
    ----------
    positions : array_like or Series, shape (..., k)
        Position of each group, in any unit.
    sizes : array_like or Series, shape (..., k)
        Size of each group, at least 0, in any unit; brought to shares within.
    alpha : float, default 1
        Weight of the identification within groups, above 0 and at most 1.6.
    length : float, optional
        Length of the scale, above 0. If given, P is divided by its largest value on such a scale,
        length / 2^(1+α), which two groups of equal size at its two ends have.

    Returns
    -------
    float or ndarray of shape (...)
        In the unit of the positions; with `length` a proportion of 0 to 1. 0 if all states stand at
        one position.

    Raises
    ------
    MeasureError
        If there is no group, a figure or a gap is not finite, a size is negative or all are 0, the numbers of
        groups differ, both carry labels that are not the same, `alpha` or `length` is out of range,
        or positions lie further apart than `length`.

    Notes
    -----
    The last axis holds the groups; leading axes are carried along. Groups at the very same position
    are one group, so that it makes no difference how they are listed. Two Series are matched by name.

    The index asks for groups. Applied to states one by one it measures little but their spread, for
    then every identification is weak.

    References
    ----------
    Esteban, J.-M. and Ray, D. (1994). On the Measurement of Polarization. Econometrica 62(4), 819-851.

    Examples
    --------
    >>> esteban_ray([0, 1], [50, 50])
    0.25
    >>> esteban_ray([0, 1], [50, 50], length=1)
    1.0
    """
    if isinstance(alpha, bool) or not isinstance(alpha, int | float | np.number) or not 0 < alpha <= 1.6:
        raise MeasureError(f"Alpha must be above 0 and at most 1.6, got {alpha!r}.")
    if isinstance(positions, pd.Series) and isinstance(sizes, pd.Series):
        same_labels(positions.index, sizes.index)
        sizes = sizes.loc[positions.index]
    y, size = as_numbers(positions, "The positions of groups"), as_numbers(sizes, "The sizes of groups")
    if y.ndim == 0 or size.ndim == 0 or 0 in (y.shape[-1], size.shape[-1]):
        raise MeasureError("The index of polarisation needs at least one group.")
    if y.shape[-1] != size.shape[-1]:
        raise MeasureError(
            f"Positions and sizes must be of the same groups, got {y.shape[-1]} and {size.shape[-1]}."
        )
    try:
        np.broadcast_shapes(y.shape, size.shape)
    except ValueError as error:
        raise MeasureError(
            f"The shapes of positions and sizes do not fit: {y.shape} and {size.shape}."
        ) from error
    if (size < 0).any():
        raise MeasureError("The sizes of groups must not be negative.")
    if (size == 0).all(axis=-1).any():
        raise MeasureError("The sizes of groups must add up to more than zero.")
    size = _in_range(size)
    share = size / size.sum(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):
        gaps = as_numbers(np.abs(y[..., :, np.newaxis] - y[..., np.newaxis, :]), "The gaps between groups")
    # Everybody at the position of group i, so that groups at one position are one group.
    together = ((gaps == 0) * share[..., np.newaxis, :]).sum(axis=-1)
    alienation = (gaps * share[..., np.newaxis, :]).sum(axis=-1)
    found = (share * together**alpha * alienation).sum(axis=-1)
    if length is not None:
        if not (isinstance(length, int | float | np.number) and np.isfinite(length) and length > 0):
            raise MeasureError(f"The length of the scale must be above zero, got {length!r}.")
        if gaps.size and gaps.max() > length * (1 + _ZERO):
            raise MeasureError(
                f"The positions must lie on a scale of the length {length!r}, "
                f"but two are {float(gaps.max()):g} apart."
            )
        found = found * 2 ** (1 + alpha) / length
    return float(found) if np.ndim(found) == 0 else found


def bimodality_coefficient(values: npt.ArrayLike) -> Any:
    """Bimodality coefficient as SAS gives it.

    b = (g² + 1) / (k + 3 (n - 1)² / ((n - 2) (n - 3))), with the skewness g and the excess kurtosis k of
    the sample, both corrected for bias (Pfister and others 2013).

    Parameters
    ----------
    values : array_like, shape (..., n)
        Values in any unit, at least four along the last axis; leading axes are carried along.

    Returns
    -------
    float or ndarray of shape (...)
        Above 0. In large samples 1/3 for the normal and 5/9 for the uniform distribution
        (`BIMODALITY_OF_UNIFORM`), and at most 1, which a distribution over two values has. In small
        samples it lies far lower. A coefficient above 5/9 need not come from two modes: skewness
        raises it as well, and the exponential distribution has 5/9 with a single one.

    Raises
    ------
    MeasureError
        If there are fewer than four values, one is not finite, or all are equal.

    References
    ----------
    Pfister, R., Schwarz, K. A., Janczyk, M., Dale, R. and Freeman, J. B. (2013). Good things peak in
    pairs: a note on the bimodality coefficient. Frontiers in Psychology 4, 700.

    Examples
    --------
    >>> round(bimodality_coefficient([0] * 50 + [1] * 50), 4)
    0.9507
    """
    x = as_numbers(values, "The values of a bimodality coefficient")
    n = x.shape[-1] if x.ndim else 0
    if n < 4:
        raise MeasureError(f"A bimodality coefficient needs at least four values, got {n}.")
    if (x == x[..., :1]).all(axis=-1).any():
        raise MeasureError("A bimodality coefficient is not defined for values that are all equal.")
    # The coefficient has no unit; dividing by the spread keeps the fourth powers in range.
    x = _in_range(x)
    deviation = x - x.mean(axis=-1, keepdims=True)
    deviation = deviation / np.abs(deviation).max(axis=-1, keepdims=True)
    second, third, fourth = ((deviation**power).mean(axis=-1) for power in (2, 3, 4))
    skewness = third / second**1.5 * np.sqrt(n * (n - 1)) / (n - 2)
    kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (fourth / second**2 - 3) + 6)
    found = (skewness**2 + 1) / (kurtosis + 3 * (n - 1) ** 2 / ((n - 2) * (n - 3)))
    return float(found) if np.ndim(found) == 0 else found


def dip_test(values: npt.ArrayLike, *, draws: int | None = None, seed: int | None = None) -> DipTest:
    """Hartigan's dip and a test of unimodality.

    The dip is the largest distance between the empirical distribution function and the unimodal
    distribution function that is nearest to it (Hartigan and Hartigan 1985). It is computed by the
    library diptest.

    Parameters
    ----------
    values : array_like, shape (n,)
        At least four values in any unit.
    draws : int, optional
        If given, p comes from so many samples of n values from the uniform distribution, by
        `permutation_p`; otherwise it is interpolated in diptest's table of a million such samples,
        and is one in a million where the dip is larger than in any of them.
    seed : int, optional
        Seed of the random numbers; needed with `draws` and only then.

    Returns
    -------
    DipTest
        `dip`, 1 / 2n to 1/4: the larger, the further from a single mode; `p` for the hypothesis of a
        single mode; `low` and `high`, the ends of the modal interval. Constant values give the
        smallest dip and p = 1.

    Raises
    ------
    MeasureError
        If there are fewer than four values, they are no single row or not finite, `draws` is given
        without `seed` or the other way round, or one of them cannot be used.

    Notes
    -----
    The uniform distribution is the hardest of the unimodal ones, so the test is conservative. It
    takes the values as independent draws; positions of all states of a population are none, and the
    p is then a benchmark, not an error rate.

    References
    ----------
    Hartigan, J. A. and Hartigan, P. M. (1985). The Dip Test of Unimodality. The Annals of Statistics
    13(1), 70-84.

    Examples
    --------
    >>> dip_test([1, 1, 2, 2]).dip
    0.25
    """
    import diptest

    x = as_numbers(values, "The values of a dip test")
    if x.ndim != 1 or x.size < 4:
        raise MeasureError(f"A dip test needs one row of at least four values, got the shape {x.shape}.")
    if (draws is None) != (seed is None):
        raise MeasureError("A dip test needs draws and seed together, or none of the two.")
    x = np.sort(x)
    dip, p, more = diptest.diptest(_in_range(x), full_output=True, sort_x=False, allow_zero=False)
    p = max(p, _LOWEST_OF_TABLE)
    if draws is not None and seed is not None:
        samples = generator(draws, seed).random((int(draws), x.size))
        samples.sort(axis=1)
        null = [diptest.dipstat(row, sort_x=False, allow_zero=False) for row in samples]
        p = permutation_p(dip, null, alternative="greater")
    return DipTest(float(dip), float(p), float(x[more["lo"]]), float(x[more["hi"]]))


def silhouette(distances: npt.ArrayLike, clusters: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Silhouette of every member of a partition.

    s = (b - a) / max(a, b), with a the mean distance to the other members of its own cluster and b the
    smallest mean distance to the members of another one (Rousseeuw 1987).

    Parameters
    ----------
    distances : array_like or DataFrame, shape (n, n)
        Distances, symmetric, at least 0, with 0 on the diagonal, in any unit.
    clusters : array_like or Series, shape (n,)
        Cluster of each, at least two different ones; text or numbers. A Series is matched by name to
        the rows of a DataFrame.

    Returns
    -------
    ndarray of float, shape (n,)
        -1 to 1; above 0 if a member is nearer to its own cluster than to the next. 0 for the only
        member of a cluster, and where both distances are 0.

    Raises
    ------
    MeasureError
        If distances are not square, symmetric, at least 0 and 0 on the diagonal, one is not finite,
        a member has no cluster, lengths or labels differ, or there is only one cluster.

    References
    ----------
    Rousseeuw, P. J. (1987). Silhouettes: A Graphical Aid to the Interpretation and Validation of Cluster
    Analysis. Journal of Computational and Applied Mathematics 20, 53-65.

    Examples
    --------
    >>> silhouette([[0, 1, 4], [1, 0, 4], [4, 4, 0]], ["x", "x", "y"]).tolist()
    [0.75, 0.75, 0.0]
    """
    apart = as_numbers(distances, "Distances")
    if apart.ndim != 2 or apart.shape[0] != apart.shape[1]:
        raise MeasureError(f"Distances must be a square matrix, got the shape {apart.shape}.")
    if (apart < 0).any() or np.diagonal(apart).any() or not np.allclose(apart, apart.T, rtol=_ZERO, atol=0):
        raise MeasureError("Distances must be symmetric, at least 0, and 0 on the diagonal.")
    if isinstance(distances, pd.DataFrame) and isinstance(clusters, pd.Series):
        same_labels(distances.index, clusters.index)
        clusters = clusters.loc[distances.index]
    given = pd.Series(np.asarray(clusters).ravel())
    if len(given) != len(apart):
        raise MeasureError(f"Every member needs a cluster: got {len(apart)} members, {len(given)} clusters.")
    if given.isna().any():
        raise MeasureError(
            f"Every member needs a cluster, but the one at position {int(given.isna().argmax())} has none."
        )
    codes, names = pd.factorize(given)
    if len(names) < 2:
        raise MeasureError(f"Silhouettes need at least two clusters, got {len(names)}.")
    return _silhouette(_indicator(codes, len(names)) @ apart, codes)


def cluster_states(
    agreement: PairAgreement | pd.DataFrame, *, number: int | None = None, at_most: int = 8
) -> Clusters:
    """Clusters of states that vote alike, by average linkage.

    States are joined step by step, always those two clusters whose members disagree least on average
    (scipy's hierarchical clustering with the distance 1 - agreement).

    Parameters
    ----------
    agreement : PairAgreement or DataFrame, shape (n, n)
        As for `principal_coordinates`, for at least three states.
    number : int, optional
        Number of clusters, from 2 to n - 1. If it is not given, it is the one from 2 to `at_most`
        with the largest mean silhouette, the smaller one of two equal ones (Rousseeuw 1987).
    at_most : int, default 8
        Largest number of clusters that is tried, at least 2; never more than n - 1 are.

    Returns
    -------
    Clusters
        `members` and `silhouettes` have the labels of `agreement`.

    Raises
    ------
    MeasureError
        If the agreement breaks what `principal_coordinates` asks for, there are fewer than three
        states, all agree always, or `number` or `at_most` cannot be used.

    Notes
    -----
    Every matrix can be cut into clusters; whether they are more than chance shows `silhouette_test`.
    Where several pairs of clusters are equally near, which is joined first depends on the order of
    the states.

    References
    ----------
    Rousseeuw, P. J. (1987). Silhouettes: A Graphical Aid to the Interpretation and Validation of Cluster
    Analysis. Journal of Computational and Applied Mathematics 20, 53-65.

    Examples
    --------
    >>> a = pd.DataFrame([[1, 0.9, 0.1], [0.9, 1, 0.1], [0.1, 0.1, 1]], index=[*"XYZ"], columns=[*"XYZ"])
    >>> cluster_states(a).members.to_dict()
    {'X': 1, 'Y': 1, 'Z': 2}
    """
    apart, states = _disagreement(agreement)
    numbers = _numbers_of_clusters(number, at_most, len(states))
    if not apart.any():
        raise MeasureError("Clusters are not defined for states that agree always.")
    return _clusters(apart, states, numbers)


def silhouette_test(
    matrix: pd.DataFrame,
    *,
    draws: int,
    seed: int,
    number: int | None = None,
    at_most: int = 8,
    abstentions: PairAbstentions = "half agreement",
    absences: Absences = "left out",
) -> ClusterTest:
    """Test whether clusters of states are clearer than chance, by permuting votes within resolutions.

    In every draw the votes on each resolution are dealt out anew among the states, independently of
    the other resolutions, so that each keeps its totals while no two states have anything in common.
    Agreement, clusters and, if it is not given, the number of clusters are computed anew.

    Parameters
    ----------
    matrix : DataFrame of str, shape (n, resolutions)
        As `voting.vote_matrix` returns it, for at least three states.
    draws : int
        Number of draws.
    seed : int
        Seed of the random numbers; the same order of states and resolutions gives the same digits.
    number, at_most
        As for `cluster_states`.
    abstentions : {"half agreement", "third option", "left out"}, default "half agreement"
        As for `voting.pairwise_agreement`.
    absences : {"left out", "fourth option"}, default "left out"
        "left out": who was absent stays absent, and votes are dealt out among those that voted.
        "fourth option": absences are dealt out like votes.

    Returns
    -------
    ClusterTest
        The clusters as observed, the mean silhouette in every draw, and p, the share of draws whose
        mean silhouette is at least as large as the observed one, by `permutation_p`.

    Raises
    ------
    MeasureError
        As `voting.pairwise_agreement` and `cluster_states`, for the votes as they are or in a draw; if
        `draws` or `seed` cannot be used.

    References
    ----------
    Rousseeuw, P. J. (1987). Silhouettes: A Graphical Aid to the Interpretation and Validation of Cluster
    Analysis. Journal of Computational and Applied Mathematics 20, 53-65.
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall, chapter 15.

    Examples
    --------
    >>> camps = pd.DataFrame({r: ["yes"] * 4 + ["no"] * 4 for r in "PQRST"}, index=list("ABCDEFGH"))
    >>> silhouette_test(camps, draws=99, seed=1).p
    0.01
    """
    pairs = pairwise_agreement(matrix, abstentions=abstentions, absences=absences)
    observed = cluster_states(pairs, number=number, at_most=at_most)
    rng = generator(draws, seed)
    codes = vote_codes(matrix)
    numbers = _numbers_of_clusters(number, at_most, len(codes))
    fixed = codes == VOTES.index("not voting") if absences == "left out" else np.zeros(codes.shape, bool)
    # Who takes part comes first in every column, in the order of the states.
    places = np.argsort(fixed, axis=0, kind="stable")
    columns = np.arange(codes.shape[1])
    null = np.empty(int(draws))
    for draw in range(len(null)):
        dealt = np.empty_like(codes)
        # A random order of those that take part, the others after them.
        order = np.argsort(rng.random(codes.shape) + fixed, axis=0)
        dealt[places, columns] = codes[order, columns]
        alike, common = agreement_of_codes(dealt, abstentions, absences)
        if (common == 0).any():
            raise MeasureError(
                f"The null model needs common votes of all states, but draw {draw} has a pair without any."
            )
        apart = 1 - alike / common
        np.fill_diagonal(apart, 0.0)
        null[draw] = _best_cut(apart, numbers)[1].max() if apart.any() else 0.0
    p = permutation_p(observed.mean_silhouette, null, alternative="greater")
    return ClusterTest(observed, null, p)


def _left_vectors(
    matrix: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return squared singular values, the largest first, and left vectors times the singular values' sign.

    There are far more options than states or the other way round: the smaller product of the matrix
    with itself has the same eigenvalues and is much faster to take apart.
    """
    n, m = matrix.shape
    if n <= m:
        values, left = np.linalg.eigh(matrix @ matrix.T)
        values, left = values[::-1], left[:, ::-1]
    else:
        values, right = np.linalg.eigh(matrix.T @ matrix)
        values, right = values[::-1], right[:, ::-1]
        scale = np.sqrt(np.clip(values, 0, None))
        left = matrix @ right / np.where(scale > 0, scale, 1.0)
    size = min(n, m)
    kept = values[:size] > _ZERO * max(float(values[0]), 0.0)
    return np.clip(values[:size][kept], 0, None), left[:, :size][:, kept]


def _benzecri(values: npt.NDArray[np.float64], q: int) -> npt.NDArray[np.float64]:
    """Return shares of inertia by Benzécri's formula, dimension by dimension."""
    if q < 2:
        # One resolution has nothing that its options could exclude elsewhere.
        return values / values.sum()
    corrected = np.where(values > 1 / q, (q / (q - 1) * (values - 1 / q)) ** 2, 0.0)
    total = corrected.sum()
    return corrected / total if total > 0 else values / values.sum()


def _in_range(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bring each row to a largest value of about 1, by a power of two, which rounds nothing."""
    largest = np.abs(values).max(axis=-1, keepdims=True)
    return np.ldexp(values, -np.frexp(largest)[1])


def _checked_dimensions(dimensions: int, values: npt.NDArray[np.float64]) -> int:
    dimensions = _at_least(1, "number of dimensions", dimensions)
    top = float(np.abs(values).max()) if values.size else 0.0
    found = int((values > max(_ZERO * top, 1e-15)).sum())
    if found < dimensions:
        raise MeasureError(f"The votes span {found} dimensions, fewer than the {dimensions} asked for.")
    return dimensions


def _signs(
    coordinates: npt.NDArray[np.float64], states: "pd.Index[Any]", anchor: str | Sequence[str]
) -> npt.NDArray[np.float64]:
    """Return 1 or -1 for each dimension, so that its anchor comes out positive."""
    dimensions = coordinates.shape[1]
    anchors = [anchor] * dimensions if np.ndim(anchor) == 0 else list(anchor)
    if len(anchors) != dimensions:
        raise MeasureError(f"The anchor must be one state or {dimensions} of them, got {len(anchors)}.")
    unknown = [state for state in anchors if state not in states]
    if unknown:
        raise MeasureError(f"An anchor must be one of the states, got {unknown[0]!r}.")
    at = coordinates[states.get_indexer(pd.Index(anchors)), np.arange(dimensions)]
    lost = np.abs(at) <= _ZERO * np.abs(coordinates).max(axis=0)
    if lost.any():
        k = int(lost.argmax())
        raise MeasureError(
            f"The anchor {anchors[k]!r} lies at 0 on dimension {k + 1} and cannot fix its sign; name another."
        )
    return np.sign(at)


def _disagreement(
    agreement: PairAgreement | pd.DataFrame,
) -> "tuple[npt.NDArray[np.float64], pd.Index[Any]]":
    """Check a matrix of agreement and return 1 - agreement with exact zeros on the diagonal."""
    table = agreement.agreement if isinstance(agreement, PairAgreement) else agreement
    if not isinstance(table, pd.DataFrame):
        raise MeasureError("The agreement must be a table with the states as rows and columns.")
    if table.shape[0] < 2 or not table.index.equals(table.columns) or table.index.has_duplicates:
        raise MeasureError(
            f"The agreement must have the same states, at least two and each once, as rows and columns, "
            f"got the shape {table.shape}."
        )
    masked = table.isna().to_numpy()
    if masked.any():
        i, j = np.argwhere(masked)[0]
        raise MeasureError(
            f"The agreement must be known for every pair, "
            f"but that of {table.index[i]} and {table.index[j]} is masked."
        )
    values = as_numbers(table, "The agreement of states")
    if (values < -_ZERO).any() or (values > 1 + _ZERO).any():
        raise MeasureError("The agreement of states must lie between 0 and 1.")
    if not np.allclose(values, values.T, rtol=0, atol=_ZERO) or not np.allclose(
        np.diagonal(values), 1, rtol=0, atol=_ZERO
    ):
        raise MeasureError("The agreement of states must be symmetric and 1 on the diagonal.")
    apart = np.clip(1 - (values + values.T) / 2, 0, None)
    np.fill_diagonal(apart, 0.0)
    return apart, table.index


def _numbers_of_clusters(number: int | None, at_most: int, n: int) -> range:
    if n < 3:
        raise MeasureError(f"Clusters need at least three states, got {n}.")
    at_most = _at_least(2, "largest number of clusters", at_most)
    if number is None:
        return range(2, min(at_most, n - 1) + 1)
    if _at_least(2, "number of clusters", number) > n - 1:
        raise MeasureError(f"The number of clusters must be at most {n - 1} for {n} states, got {number}.")
    return range(number, number + 1)


def _best_cut(
    apart: npt.NDArray[np.float64], numbers: range
) -> tuple[list[npt.NDArray[np.intp]], npt.NDArray[np.float64]]:
    """Return the partition into each number of clusters, and its mean silhouette."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    n = len(apart)
    children = linkage(squareform(apart, checks=False), method="average")[:, :2].astype(int)
    # From the whole down, the latest join is undone again and again. It goes by the order of the joins and
    # not by their height, so that ties cannot change the number of clusters.
    codes, cuts = np.zeros(n, dtype=np.intp), []
    for k in range(2, numbers[-1] + 1):
        codes = codes.copy()
        codes[_leaves(children[n - k, 0], children)] = k - 1
        if k in numbers:
            cuts.append(codes)
    # Sums of distances to the finest clusters add up to those to the coarser ones, which is much faster.
    finest = _indicator(cuts[-1], numbers[-1])
    sums, means = finest @ apart, []
    for k, cut in zip(numbers, cuts, strict=True):
        coarser = _indicator(cut, k) @ finest.T > 0
        means.append(_silhouette(coarser @ sums, cut).mean())
    return cuts, np.array(means)


def _leaves(node: int, children: npt.NDArray[np.int_]) -> list[int]:
    """Return the members of a node of the tree, of which the first n are the members themselves."""
    n, found, waiting = len(children) + 1, [], [int(node)]
    while waiting:
        node = waiting.pop()
        if node < n:
            found.append(node)
        else:
            waiting.extend(children[node - n].tolist())
    return found


def _clusters(apart: npt.NDArray[np.float64], states: "pd.Index[Any]", numbers: range) -> Clusters:
    cuts, means = _best_cut(apart, numbers)
    # The first of those that are equal up to rounding.
    best = int((means >= means.max() - _ZERO).argmax())
    number, codes = numbers[best], cuts[best]
    sizes = np.bincount(codes, minlength=number)
    # The largest first; of two of the same size the one with the earlier first member.
    earliest = np.array([np.flatnonzero(codes == code)[0] for code in range(number)])
    ranks = np.empty(number, dtype=int)
    ranks[np.lexsort((earliest, -sizes))] = np.arange(1, number + 1)
    silhouettes = _silhouette(_indicator(codes, number) @ apart, codes)
    return Clusters(
        members=pd.Series(ranks[codes], index=states, name="cluster"),
        number=number,
        silhouettes=pd.Series(silhouettes, index=states, name="silhouette"),
        mean_silhouette=float(means[best]),
        tried=pd.Series(means, index=pd.Index(list(numbers), name="clusters"), name="mean silhouette"),
    )


def _indicator(codes: npt.NDArray[np.intp], number: int) -> npt.NDArray[np.float64]:
    """Return clusters × members, 1 where a member belongs."""
    return (codes == np.arange(number)[:, np.newaxis]).astype(float)


def _silhouette(sums: npt.NDArray[np.float64], codes: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Return silhouettes from the sums of every member's distances to each cluster, clusters × members."""
    members = np.arange(len(codes))
    sizes = np.bincount(codes, minlength=len(sums))
    own = sizes[codes]
    within = sums[codes, members] / np.maximum(own - 1, 1)
    means = sums / sizes[:, np.newaxis]
    means[codes, members] = np.inf
    nearest = means.min(axis=0)
    larger = np.maximum(within, nearest)
    defined = (own > 1) & (larger > 0)
    return np.where(defined, (nearest - within) / np.where(defined, larger, 1.0), 0.0)
