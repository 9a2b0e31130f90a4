"""Which clubs states found, join and leave: a model of overlapping clubs under partial exclusion.

States have a position, a size and a cost of membership. A club supplies a good to its members, and a
part of it spills over to all others. `form_clubs` lets states move until none wants to move any more,
`is_stable` checks a network of memberships by the definition of stability alone, and `moments`
describes a network by its number, size and overlap of clubs, in the same way for a model's network
and for an observed one.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.spatial

from cybergov.errors import MeasureError
from cybergov.measures.intervals import as_numbers, generator

Admission = Literal["open", "majority", "unanimity"]

#: Why the formation of clubs ended.
Reason = Literal["rest", "cycle", "rounds"]

#: The rules of admission that the model knows.
ADMISSION: tuple[Admission, ...] = ("open", "majority", "unanimity")

# A state moves only for more than this, in units of utility; less is rounding.
_GAIN = 1e-9

# A member whose access falls by no more than this factor's logarithm is not worse off.
_WORSE = 1e-12

# Directions in the plane for which each club knows its decisive member, and how far the projections of
# a member on two directions that share a place on this grid can lie apart, in units of its distance.
_DIRECTIONS = 32
_BETWEEN = 2 * np.sin(np.pi / (2 * _DIRECTIONS)) * (1 + 1e-9)

# Logarithms this far below the largest add less than rounding to a sum.
_NEGLIGIBLE = 40.0

# Rows worked on at a time, to bound the memory.
_ROWS = 512

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class ClubRules:
    """How clubs work: what they supply, to whom, and who decides on new members.

    Parameters
    ----------
    exclusion : float
        Share of a club's good that is kept from states outside, 0 (a pure public good) to 1 (a pure
        club good).
    returns : float
        Elasticity of a club's quality with respect to the size of its members, above 0, at most 1.
    congestion : float
        Share of quality that each further member takes away, 0 to below 1 (as a rate: quality falls
        by the factor exp(-congestion) with every member beyond the first).
    substitution : float
        How far one club stands in for another, 0 (each adds all it gives) to below 1 (in the limit
        only the best counts). k clubs of equal use are worth k^(1 - substitution) times one of them.
    bandwidth : float
        Distance from a club's position at which 1/e of its good is of use, above 0, in the unit of
        the positions.
    admission : {"open", "majority", "unanimity"}
        Whether anyone may join, or only with the consent of more than half of the members, or of all.
        A member consents unless it would have less use of the club with the newcomer.
    inertia : float, default 0
        Gain, in the unit of utility, that a state must exceed before it moves, at least 0: what a move
        as such costs.
        With more than 0 a network is stable up to this gain.
    partners : int, default 8
        Number of nearest states that a founder turns to, at least 1.
    smallest : int, default 2
        Fewest members of a club, at least 1; a group of fewer supplies nothing.
    capacity : int, default 300
        Most clubs at one time, at least 1. It bounds the memory and should not bind: see
        `Formation.full`.

    Raises
    ------
    MeasureError
        If a rule lies outside its range.

    Examples
    --------
    >>> rules = ClubRules(
    ...     exclusion=0.7, returns=0.5, congestion=0.01, substitution=0.5, bandwidth=1.0, admission="open",
    ... )
    >>> rules.smallest
    2
    """

    exclusion: float
    returns: float
    congestion: float
    substitution: float
    bandwidth: float
    admission: Admission
    inertia: float = 0.0
    partners: int = 8
    smallest: int = 2
    capacity: int = 300

    def __post_init__(self) -> None:
        """Check every rule against its range."""
        for name, wanted, holds in (
            ("exclusion", "from 0 to 1", lambda x: 0 <= x <= 1),
            ("returns", "above 0 and at most 1", lambda x: 0 < x <= 1),
            ("congestion", "of at least 0 and below 1", lambda x: 0 <= x < 1),
            ("substitution", "of at least 0 and below 1", lambda x: 0 <= x < 1),
            ("bandwidth", "above 0", lambda x: x > 0),
            ("inertia", "of at least 0", lambda x: x >= 0),
        ):
            value = as_numbers(getattr(self, name), f"The rule {name!r}")
            if value.ndim or not holds(value):
                raise MeasureError(
                    f"The rule {name!r} must be a number {wanted}, got {getattr(self, name)!r}."
                )
        if self.admission not in ADMISSION:
            raise MeasureError(
                f"The rule 'admission' must be 'open', 'majority' or 'unanimity', got {self.admission!r}."
            )
        for name in ("partners", "smallest", "capacity"):
            _whole(getattr(self, name), f"The rule {name!r}")

    @property
    def power(self) -> float:
        """Exponent of the norm that adds up clubs, 1 / (1 - substitution)."""
        return 1 / (1 - self.substitution)


@dataclass(frozen=True)
class Formation:
    """A network of memberships as `form_clubs` leaves it.

    Attributes
    ----------
    members : ndarray of bool, shape (n, k)
        Who is in which club; a row a state, a column a club, in the order of their founding.
    states : Index of length n
        Names of the states, or their numbers where the positions had no names.
    positions : ndarray of float, shape (k, d)
        Position of each club.
    counts : ndarray of int, shape (k,)
        Number of members of each club.
    weights : ndarray of float, shape (k,)
        Size of all members of each club together, the mean state being 1.
    utilities : ndarray of float, shape (n,)
        What each state has from all clubs, less its costs.
    rounds : int
        Number of rounds in which a state moved.
    stable : bool
        Whether the model has come to rest: no state wants to move any more.
    reason : {"rest", "cycle", "rounds"}
        Why it ended: it rests; or, with a given `order`, a network came back, so that it never will
        under that order; or the rounds were used up. Only "rest" is an equilibrium.
    unsettled : int
        Number of states that would still gain by a move; 0 if and only if `stable`.
    full : bool
        Whether there was ever no room for a further club, so that `capacity` may have decided.
    history : ndarray of int, shape (rounds + 1,)
        Number of clubs at the start and after each round.
    """

    members: _Bools
    states: "pd.Index[Any]"
    positions: _Floats
    counts: npt.NDArray[np.int64]
    weights: _Floats
    utilities: _Floats
    rounds: int
    stable: bool
    reason: Reason
    unsettled: int
    full: bool
    history: npt.NDArray[np.int64]


class Moments(NamedTuple):
    """Number, size and overlap of clubs."""

    clubs: int
    mean_size: float
    lower_quartile: float
    median_size: float
    upper_quartile: float
    mean_memberships: float
    mean_jaccard: float
    pair_coverage: float


def form_clubs(
    ideal_points: npt.ArrayLike,
    sizes: npt.ArrayLike,
    costs: npt.ArrayLike,
    *,
    rules: ClubRules,
    seed: int,
    start: npt.ArrayLike | None = None,
    order: npt.ArrayLike | None = None,
    rounds: int = 200,
) -> Formation:
    """Let states found, join and leave clubs until none of them wants to move.

    A club k with the members M, m in number, has the size W = Σ w_i over M, the position
    p = Σ w_i x_i / W and the quality Q = W^returns · exp(-congestion (m - 1)). A state's access to it
    is a = s Q exp(-|x_i - p|² / bandwidth²), with s = 1 for a member and s = 1 - exclusion for all
    others. With r = 1 / (1 - substitution), a state's utility is
    U_i = (Σ_k a_ik^r)^(1/r) - c_i · (number of its memberships).

    Parameters
    ----------
    ideal_points : array_like, Series or DataFrame, shape (n,) or (n, d)
        Position of each state, on one or a few dimensions.
    sizes : array_like or Series, shape (n,)
        What each state brings to a club, above 0, in any unit (for example GDP): they are divided by
        their mean, so that the average state has the size 1.
    costs : float, array_like or Series, shape (n,)
        What a membership costs the state, at least 0; the unit is what an average state has from a
        good that it supplies alone. Twice the demand for the good is the same as half the cost.
    rules : ClubRules
        How clubs work.
    seed : int
        Seed of the order in which states are called.
    start : array_like of bool, shape (n, k), optional
        Memberships at the start; none by default.
    order : array_like of int, shape (n,), optional
        Order in which the states are called in every round, as their row numbers; by default it is
        drawn anew in each round.
    rounds : int, default 200
        Most rounds, at least 1.

    Returns
    -------
    Formation
        With `stable` False if states still wanted to move after the last round. A cost above what any
        club can be worth gives a network without clubs.

    Raises
    ------
    MeasureError
        If there is no state, a figure is out of range or not finite, lengths or labels differ, `start`
        holds more clubs than `rules.capacity` or one of too few members, `order` does not hold every
        row once, or `seed` or `rounds` cannot be used.

    Notes
    -----
    *Moves.* Each round starts with a poll: which states would gain by a move? These are called one
    after the other, and each makes the best move that it then has, if any: join one club (as
    `rules.admission` allows), leave one, change one for another, or found a new one. A founder turns
    to its nearest 1, 2, ..., `rules.partners` states; those who would not gain from the club of all
    that were asked fall out; the rest found it if then each of them gains, and none would gain more if
    the others founded it without it. Of the groups that pass, the founder takes the one best for
    itself. Among states equally far away, those in the rows that follow its own count as nearer, so that
    states at one place do not all turn to the same few.

    *Stability.* The network is stable if nobody has such a move: no state gains by joining, leaving or
    changing one club, which are the internal and the external stability of d'Aspremont and others
    (1983) for clubs that may overlap, and no state finds partners for a new one. As the use of each
    club depends on no other membership of the same state, and the marginal use of clubs falls, no
    state could then gain by any other choice among the clubs that would have it: the network is a Nash
    equilibrium in sets of memberships, up to the founding of clubs. A founder that leaves another club
    in the same step, and founding with partners farther away, are not considered. Which
    stable network is reached depends on the order of calls, so that several seeds should be run.

    *No rest.* A stable network need not exist: under open admission with congestion a small state may
    follow a large one that is better off without it, for ever. `stable` is then False, and `reason` says
    why the run ended. Consent or some `inertia` mostly brings rest. The proof of a cycle needs an
    `order`; with one drawn anew in each round, another order may still lead out of it.

    *Work.* A poll takes time in proportion to states times clubs, and to states times the square of
    `rules.partners`. Consent adds nothing to that in one dimension, where one member decides for each side
    (as the median voter does), and little in two, where members are counted only for newcomers that a
    comparison with 32 directions leaves in doubt; in more dimensions they always are. A move takes time in
    proportion to the clubs and to the members of those that it changes, or, in two dimensions and more,
    that have changed since the poll and are asked. The loops are compiled by numba when first called, and
    kept for later sessions.

    References
    ----------
    Buchanan, J. M. (1965). An Economic Theory of Clubs. Economica 32(125), 1-14.

    Cornes, R. and Sandler, T. (1996). The Theory of Externalities, Public Goods, and Club Goods, 2nd
    edition. Cambridge University Press.

    d'Aspremont, C., Jacquemin, A., Gabszewicz, J. J. and Weymark, J. A. (1983). On the Stability of
    Collusive Price Leadership. Canadian Journal of Economics 16(1), 17-25.

    Jehiel, P. and Scotchmer, S. (2001). Constitutional Rules of Exclusion in Jurisdiction Formation.
    Review of Economic Studies 68(2), 393-413, on open admission, majority and unanimity.

    Examples
    --------
    Two camps far apart, each of three equal states, found a club each.

    >>> rules = ClubRules(
    ...     exclusion=1.0, returns=0.5, congestion=0.0, substitution=0.5, bandwidth=1.0, admission="open",
    ... )
    >>> found = form_clubs([0, 0, 0, 9, 9, 9], np.ones(6), 1.0, rules=rules, seed=1)
    >>> found.stable, found.counts.tolist(), found.utilities.round(3).tolist()[:2]
    (True, [3, 3], [0.732, 0.732])
    """
    world = _World(ideal_points, sizes, costs, rules)
    rng = generator(1, seed)
    _whole(rounds, "The number of rounds")
    calls = None if order is None else _order(order, world.n)
    start = np.zeros((world.n, 0)) if start is None else _start(start, world)
    _compile()
    tables = _tables(world, start.astype(bool))
    history, seen, again = [start.shape[1]], set[bytes](), False
    wanting = np.zeros(world.n, dtype=bool)
    _poll(tables, wanting)
    while wanting.any() and len(history) <= rounds:
        if calls is not None:
            # The rounds are all alike, so that a network that comes back does so for ever.
            network = np.packbits(tables.member[:, : tables.now[0]], axis=1).tobytes()
            again = network in seen
            if again:
                break
            seen.add(network)
        _round(tables, rng.permutation(world.n) if calls is None else calls, wanting)
        history.append(int(tables.now[1]))
        _poll(tables, wanting)
    kept = np.flatnonzero(tables.counts)
    kept = kept[np.argsort(tables.founded[kept])]
    members = tables.member[:, kept]
    unsettled = int(np.count_nonzero(wanting))
    return Formation(
        members=members,
        states=world.states,
        positions=tables.position[kept] * rules.bandwidth + world.middle,
        counts=tables.counts[kept],
        weights=tables.weight[kept],
        utilities=_utilities(world, members),
        rounds=len(history) - 1,
        stable=unsettled == 0,
        reason="cycle" if again else "rounds" if unsettled else "rest",
        unsettled=unsettled,
        full=bool(tables.now[3]),
        history=np.array(history, dtype=np.int64),
    )


def utilities(
    members: npt.ArrayLike,
    ideal_points: npt.ArrayLike,
    sizes: npt.ArrayLike,
    costs: npt.ArrayLike,
    *,
    rules: ClubRules,
) -> _Floats:
    """Utility of every state in a given network of memberships.

    Parameters
    ----------
    members : array_like of bool or DataFrame, shape (n, k)
        Who is in which club. Columns with fewer than `rules.smallest` members supply nothing but cost
        their members.
    ideal_points, sizes, costs, rules
        As for `form_clubs`, which has the formula.

    Returns
    -------
    ndarray of float, shape (n,)
        0 for a state that has nothing from any club and is in none; negative where costs exceed use.

    Raises
    ------
    MeasureError
        As for `form_clubs`, or if `members` is no boolean matrix with a row for every state.

    Examples
    --------
    Two equal states at the same place share a club; the third, as near, is outside it.

    >>> rules = ClubRules(
    ...     exclusion=0.5, returns=0.5, congestion=0.0, substitution=0.0, bandwidth=1.0, admission="open",
    ... )
    >>> utilities([[True], [True], [False]], [0, 0, 0], [1, 1, 1], 1.0, rules=rules).round(4).tolist()
    [0.4142, 0.4142, 0.7071]
    """
    world = _World(ideal_points, sizes, costs, rules)
    return _utilities(world, _matrix(members, world.states))


def is_stable(
    members: npt.ArrayLike,
    ideal_points: npt.ArrayLike,
    sizes: npt.ArrayLike,
    costs: npt.ArrayLike,
    *,
    rules: ClubRules,
) -> bool:
    """Check by definition whether no state has a move that pays.

    State by state, every move that `form_clubs` knows is tried: joining or leaving each club, every
    change of one for another, and founding. Nothing is shared with the way in which `form_clubs` looks
    for moves, so that the one checks the other.

    Parameters
    ----------
    members : array_like of bool or DataFrame, shape (n, k)
        Who is in which club; columns without members are ignored.
    ideal_points, sizes, costs, rules
        As for `form_clubs`.

    Returns
    -------
    bool
        True if nobody gains by a move. A network without clubs is stable if no founder finds partners.

    Raises
    ------
    MeasureError
        As for `form_clubs`, or if `members` is no boolean matrix with a row for every state, holds
        more clubs than `rules.capacity`, or one with fewer members than `rules.smallest`.

    Notes
    -----
    The work grows with states times the square of the clubs, times memberships per state.

    References
    ----------
    Bogomolnaia, A. and Jackson, M. O. (2002). The Stability of Hedonic Coalition Structures. Games and
    Economic Behavior 38(2), 201-230, on Nash stability and individual stability.

    Examples
    --------
    >>> rules = ClubRules(
    ...     exclusion=1.0, returns=0.5, congestion=0.0, substitution=0.5, bandwidth=1.0, admission="open",
    ... )
    >>> is_stable([[True], [True], [True]], [0, 0, 0], [1, 1, 1], 1.0, rules=rules)
    True
    >>> is_stable([[True], [True], [False]], [0, 0, 0], [1, 1, 1], 1.0, rules=rules)
    False
    """
    world = _World(ideal_points, sizes, costs, rules)
    given = _start(members, world)
    access = _access(world, given)
    # Sums over the members of each club: of their number, their sizes, and sizes times positions.
    counted = np.concatenate(
        [np.ones((world.n, 1)), world.w[:, np.newaxis] * np.c_[np.ones(world.n), world.x]], 1
    )
    sums = given.T.astype(float) @ counted
    return not any(
        _pays_alone(world, given, access, sums, state) or _pays_to_found(world, given, access, state)
        for state in range(world.n)
    )


def moments(members: npt.ArrayLike) -> Moments:
    """Number, size and overlap of the clubs in a network of memberships, observed or of a model.

    Parameters
    ----------
    members : array_like of bool or DataFrame, shape (n, k)
        Who is in which club: at least two states, a row each, and a column for each club; 0 and 1 are
        taken for booleans. Columns without members are ignored.

    Returns
    -------
    Moments
        `clubs`, their number; `mean_size`, `lower_quartile`, `median_size` and `upper_quartile` of
        their numbers of members (linear interpolation); `mean_memberships` per state; `mean_jaccard`,
        the mean over pairs of clubs of |A ∩ B| / |A ∪ B| (Jaccard 1912), 0 to 1; `pair_coverage`, the
        share of pairs of states that share at least one club, 0 to 1. Without a club the sizes are 0,
        and with fewer than two there is no overlap: `mean_jaccard` is 0.

    Raises
    ------
    MeasureError
        If `members` is no matrix of booleans or of 0 and 1, or has fewer than two rows.

    References
    ----------
    Jaccard, P. (1912). The Distribution of the Flora in the Alpine Zone. New Phytologist 11(2), 37-50.

    Examples
    --------
    >>> found = moments([[1, 0], [1, 1], [1, 1], [0, 0]])
    >>> found.clubs, found.mean_size, found.mean_memberships
    (2, 2.5, 1.25)
    >>> round(found.mean_jaccard, 4), found.pair_coverage
    (0.6667, 0.5)
    """
    given = _matrix(members)
    n = len(given)
    if n < 2:
        raise MeasureError(f"The moments of a network need at least two states, got {n}.")
    given = given[:, given.any(axis=0)]
    k = given.shape[1]
    counts = given.sum(axis=0)
    lower, median, upper = np.quantile(counts, [0.25, 0.5, 0.75]) if k else (0.0, 0.0, 0.0)
    # Whole numbers up to 2^24 are exact in single precision, and its products are fast.
    table = given.astype(np.float32)
    overlap = 0.0
    if k > 1:
        shared = (table.T @ table).astype(float)
        pairs = np.triu_indices(k, 1)
        union = counts[:, np.newaxis] + counts - shared
        overlap = float((shared[pairs] / union[pairs]).mean())
    together = sum(
        int(np.count_nonzero(table[first : first + _ROWS] @ table.T)) for first in range(0, n, _ROWS)
    )
    # Each pair was counted twice, and each state in a club once with itself.
    together = (together - int(given.any(axis=1).sum())) // 2
    return Moments(
        clubs=k,
        mean_size=float(counts.mean()) if k else 0.0,
        lower_quartile=float(lower),
        median_size=float(median),
        upper_quartile=float(upper),
        mean_memberships=float(given.sum() / n),
        mean_jaccard=overlap,
        pair_coverage=together / (n * (n - 1) / 2),
    )


class _World:
    """The states and the rules, checked: positions, sizes with mean 1, costs, nearest states."""

    def __init__(self, ideal_points: Any, sizes: Any, costs: Any, rules: ClubRules) -> None:
        if not isinstance(rules, ClubRules):
            raise MeasureError(f"The rules must be given as ClubRules, got {type(rules).__name__}.")
        labelled = isinstance(ideal_points, pd.Series | pd.DataFrame)
        x = as_numbers(ideal_points, "Ideal points")
        if x.ndim not in (1, 2) or x.size == 0:
            raise MeasureError(
                f"Ideal points must have a row for at least one state, got the shape {x.shape}."
            )
        x = x.reshape(len(x), -1)
        self.rules = rules
        self.n = len(x)
        self.states: pd.Index[Any] = ideal_points.index if labelled else pd.RangeIndex(self.n)
        if self.states.has_duplicates:
            raise MeasureError(
                f"States must not repeat, but {self.states[self.states.duplicated()][0]!r} does."
            )
        # Positions in bandwidths, from the middle.
        with np.errstate(over="ignore", invalid="ignore"):
            middle = (x.max(axis=0) + x.min(axis=0)) / 2
            self.x: _Floats = (x - middle) / rules.bandwidth
            self.middle = middle
            if not np.isfinite((self.x**2).sum()):
                raise MeasureError("Ideal points lie too many bandwidths apart to be squared.")
        w = self._of_states(sizes, "Sizes", labelled)
        if (w <= 0).any():
            raise MeasureError("Sizes must be above zero for every state.")
        w = w / w.max()
        self.w: _Floats = w / w.mean()
        if (self.w == 0).any():
            raise MeasureError("Sizes must not differ so much that the smallest is lost in the mean.")
        c = as_numbers(costs, "Costs") if np.ndim(costs) == 0 else self._of_states(costs, "Costs", labelled)
        if (c < 0).any():
            raise MeasureError("Costs must not be negative.")
        self.c: _Floats = np.broadcast_to(c, (self.n,))
        self.least = rules.inertia + _GAIN
        self.outside = np.log1p(-rules.exclusion) if rules.exclusion < 1 else -np.inf
        # A power of two keeps ties as they are, and squares within bounds.
        scaled = np.ldexp(x, -int(np.frexp(np.ptp(x, axis=0).max())[1]))
        self.near = _nearest(scaled, min(rules.partners, self.n - 1))

    def _of_states(self, figures: Any, what: str, labelled: bool) -> _Floats:
        if labelled and isinstance(figures, pd.Series):
            if figures.index.has_duplicates:
                twice = figures.index[figures.index.duplicated()][0]
                raise MeasureError(f"{what} must not repeat a state, but {twice!r} does.")
            apart = self.states.symmetric_difference(figures.index)
            if len(apart):
                raise MeasureError(
                    f"Ideal points and {what.lower()} must be of the same states, "
                    f"but {apart[0]!r} is on one side only."
                )
            figures = figures.loc[self.states]
        numbers = as_numbers(figures, what)
        if numbers.shape != (self.n,):
            raise MeasureError(
                f"{what} must have a figure for each of the {self.n} states, got the shape {numbers.shape}."
            )
        return numbers


class _Tables(NamedTuple):
    """States, rules and clubs as the compiled loops take them; what belongs to clubs changes in place."""

    x: _Floats
    w: _Floats
    c: _Floats
    near: npt.NDArray[np.intp]
    hope: _Floats  # logarithm of quality, were all partners at the founder's place
    outside: float  # logarithm of the share that is left to states outside
    returns: float
    congestion: float
    power: float
    least: float
    admission: int
    smallest: int
    capacity: int
    member: _Bools
    roster: npt.NDArray[np.int64]  # a row for each club: its members, in the order of their rows
    counts: npt.NDArray[np.int64]
    weight: _Floats
    position: _Floats
    quality: _Floats  # as a logarithm
    founded: npt.NDArray[np.int64]
    known: _Bools  # whether the next two are those of the club as it is
    decisive: _Floats  # how far, in each direction, the member lies whose consent decides
    radius: _Floats
    directions: _Floats
    now: npt.NDArray[np.int64]  # columns in use, clubs, foundings so far, whether ever full


def _tables(world: _World, start: _Bools) -> _Tables:
    rules, (n, k) = world.rules, start.shape
    room, directions = rules.capacity, _directions(world.x.shape[1])
    tables = _Tables(
        x=np.ascontiguousarray(world.x),
        w=world.w,
        c=np.array(world.c),
        near=world.near,
        hope=rules.returns * np.log(world.w + world.w[world.near].sum(axis=1)),
        outside=float(world.outside),
        returns=float(rules.returns),
        congestion=float(rules.congestion),
        power=float(rules.power),
        least=float(world.least),
        admission=ADMISSION.index(rules.admission),
        smallest=int(rules.smallest),
        capacity=int(room),
        member=np.zeros((n, room), dtype=bool),
        roster=np.empty((room, n), dtype=np.int64),
        counts=np.zeros(room, dtype=np.int64),
        weight=np.zeros(room),
        position=np.zeros((room, world.x.shape[1])),
        quality=np.full(room, -np.inf),
        founded=np.zeros(room, dtype=np.int64),
        known=np.zeros(room, dtype=bool),
        decisive=np.zeros((room, len(directions))),
        radius=np.zeros(room),
        directions=directions,
        now=np.zeros(4, dtype=np.int64),
    )
    for club in range(k):
        members = np.flatnonzero(start[:, club])
        _found(tables, members, len(members))
    return tables


# --- compiled loops ------------------------------------------------------------------------------------
# Plain Python that numba compiles when `form_clubs` is first called. A change must stay within what
# numba knows. Use is handled as the logarithm of Σ access^power, which neither over- nor underflows.


@functools.cache
def _compile() -> None:
    """Put the compiled loops in the place of the plain ones; numba is slow to import and rarely needed."""
    import numba  # type: ignore[import-untyped, unused-ignore]

    loops: list[Callable[..., Any]] = [_logsum, _logdiff, _apart, _joint, _without, _terms, _best, _consents]
    loops += [_screen, _smallest, _survey, _hopeful, _founding, _found, _insert, _toggle, _refresh]
    for loop in [*loops, _poll, _round]:
        globals()[loop.__name__] = numba.njit(loop, cache=True, error_model="numpy")


def _logsum(terms: _Floats, top: int, without: int, instead: float) -> float:
    """Logarithm of Σ exp(terms), with another value instead of one of them (-1 for none)."""
    largest = instead
    for k in range(top):
        if k != without and terms[k] > largest:
            largest = terms[k]
    if largest == -np.inf:
        return largest
    total = np.exp(instead - largest)
    for k in range(top):
        if k != without and terms[k] > largest - _NEGLIGIBLE:
            total += np.exp(terms[k] - largest)
    return largest + np.log(total)


def _logdiff(a: float, b: float) -> float:
    """Logarithm of exp(a) - exp(b), minus infinity unless a > b."""
    return a + np.log1p(-np.exp(b - a)) if a > b else -np.inf


def _apart(t: _Tables, i: int, place: _Floats) -> float:
    """Squared distance of a state from a place."""
    distance = 0.0
    for d in range(len(place)):
        distance += (t.x[i, d] - place[d]) ** 2
    return distance


def _joint(t: _Tables, states: npt.NDArray[Any], number: int, but: int, place: _Floats) -> float:
    """Size of the first so many states but one (-1 for none); their position goes into `place`."""
    weight = 0.0
    for d in range(len(place)):
        place[d] = 0.0
    for a in range(number):
        state = states[a]
        if state != but:
            weight += t.w[state]
            for d in range(len(place)):
                place[d] += t.w[state] * t.x[state, d]
    for d in range(len(place)):
        place[d] /= weight
    return weight


def _without(
    t: _Tables, i: int, states: npt.NDArray[Any], number: int, weight: float, distance: float
) -> float:
    """Logarithm of a member's access, once outside, to the club of the others."""
    if number - 1 < t.smallest:
        return -np.inf
    rest = weight - t.w[i]
    if t.w[i] > rest:
        # To subtract would lose digits; at most one member of a club outweighs all the others.
        place = np.empty(t.x.shape[1])
        rest = _joint(t, states, number, i, place)
        distance = _apart(t, i, place)
    else:
        # The position moves along the line to the state.
        distance *= (weight / rest) ** 2
    return t.returns * np.log(rest) - t.congestion * (number - 2) - distance + t.outside


def _terms(t: _Tables, i: int, terms: _Floats, distances: _Floats) -> float:
    """Logarithm of a state's access^power to each club, and of their sum; squared distances."""
    for k in range(t.now[0]):
        distances[k] = _apart(t, i, t.position[k])
        access = t.quality[k] - distances[k]
        terms[k] = t.power * (access if t.member[i, k] else access + t.outside)
    return _logsum(terms, t.now[0], -1, -np.inf)


def _best(
    t: _Tables, i: int, terms: _Floats, distances: _Floats, after: _Floats
) -> tuple[float, float, int, int]:
    """Gain by the best change, use as it is, the club to leave and the club to join (-1 for none)."""
    top, power, c = t.now[0], t.power, t.c[i]
    now = _terms(t, i, terms, distances)
    use = np.exp(now / power)
    # Clubs are ranked by what they add or cost, which is the same to the last digit for clubs that are
    # alike, so that the earlier one is taken; sums over all clubs would differ by rounding.
    left, leaving, unit = -1, -np.inf, now
    for k in range(top):
        if t.member[i, k]:
            after[k] = power * _without(t, i, t.roster[k], t.counts[k], t.weight[k], distances[k])
            unit = max(unit, after[k])
    least_lost = -np.inf
    for k in range(top):
        if t.member[i, k]:
            change = np.exp(after[k] - unit) - np.exp(terms[k] - unit)
            if change > least_lost:
                left, least_lost = k, change
    # What a club must add for a gain, beside the others or in exchange.
    most = _logdiff(power * np.log(use + c), now)
    if left >= 0:
        if terms[left] < now - 1:
            leaving = np.logaddexp(_logdiff(now, terms[left]), after[left])
        else:  # to subtract the larger part would lose digits
            leaving = _logsum(terms, top, left, after[left])
        most = min(most, _logdiff(now, leaving))
    joined = -1
    for k in range(top):
        if t.counts[k] == 0 or t.member[i, k]:
            continue
        weight = t.weight[k] + t.w[i]
        distance = distances[k] * (t.weight[k] / weight) ** 2
        # log(1 + z) ≤ z is a bound that needs no logarithm.
        bound = t.quality[k] + t.returns * t.w[i] / t.weight[k] - t.congestion - distance
        if power * bound <= most:
            continue
        quality = t.returns * np.log(weight) - t.congestion * t.counts[k]
        added = power * (quality - distance)
        if added <= max(most, terms[k]):
            continue
        if t.admission:
            # The position p moves by s (x_i - p), s = w_i / (W + w_i), so that a member j consents if
            # log(Q'/Q) + 2 s ((x_j - p)·(x_i - p) - s |x_i - p|² / 2) ≥ 0.
            shift = t.w[i] / weight
            least = shift * distances[k] / 2 - (quality - t.quality[k] + _WORSE) / (2 * shift)
            verdict = 0
            if not t.known[k] and t.x.shape[1] == 1:
                _survey(t, k)  # on a line, worth it for a single newcomer
            if t.known[k]:
                verdict = _screen(t.x[i], t.position[k], t.decisive[k], t.radius[k], distances[k], least)
            if verdict < 0 or (verdict == 0 and not _consents(t, i, k, least)):
                continue
        added = _logdiff(added, terms[k])
        if added > most:
            joined, most = k, added
    gain, leave, join = t.least, -1, -1
    if left >= 0 and np.exp(leaving / power) - use + c > gain:
        gain, leave = np.exp(leaving / power) - use + c, left
    if joined >= 0:
        alone = np.exp(np.logaddexp(now, most) / power) - use - c
        if alone > gain:
            gain, leave, join = alone, -1, joined
        both = np.exp(np.logaddexp(leaving, most) / power) - use
        if left >= 0 and both > gain:
            gain, leave, join = both, left, joined
    return gain, now, leave, join


def _consents(t: _Tables, i: int, k: int, least: float) -> bool:
    """Whether enough members of a club lie so far in the direction of a newcomer."""
    number, votes = t.counts[k], 0
    needed = number if t.admission == 2 else number // 2 + 1
    for place in range(number):
        along = 0.0
        for d in range(t.x.shape[1]):
            along += (t.x[t.roster[k, place], d] - t.position[k, d]) * (t.x[i, d] - t.position[k, d])
        votes += along >= least
        if votes >= needed or votes + number - 1 - place < needed:
            break
    return votes >= needed


def _screen(
    x: _Floats, position: _Floats, decisive: _Floats, radius: float, distance: float, least: float
) -> int:
    """The same by the decisive members alone: 1 for yes, -1 for no, 0 where they leave it open."""
    if len(x) == 1:
        place, between = int(x[0] < position[0]), 0.0
    else:
        turn = np.arctan2(x[1] - position[1], x[0] - position[0]) / (2 * np.pi)
        place, between = int(np.rint(turn * _DIRECTIONS)) % _DIRECTIONS, radius * _BETWEEN
    length = np.sqrt(distance)
    if (decisive[place] - between) * length >= least:
        return 1
    return -1 if (decisive[place] + between) * length < least else 0


def _survey(t: _Tables, k: int) -> None:
    """Find the decisive members of a club."""
    number = t.counts[k]
    place = 0 if t.admission == 2 else number - number // 2 - 1
    along = np.empty(number)
    t.radius[k] = 0.0
    for j in range(number):
        t.radius[k] = max(t.radius[k], np.sqrt(_apart(t, t.roster[k, j], t.position[k])))
    for direction in range(len(t.directions)):
        for j in range(number):
            along[j] = 0.0
            for d in range(t.x.shape[1]):
                along[j] += (t.x[t.roster[k, j], d] - t.position[k, d]) * t.directions[direction, d]
        t.decisive[k, direction] = _smallest(along, place)
    t.known[k] = True


def _smallest(values: _Floats, place: int) -> float:
    """Value at a place in ascending order (Hoare's selection); the values are rearranged."""
    low, high = 0, len(values) - 1
    while low < high:
        pivot, left, right = values[(low + high) // 2], low, high
        while left <= right:
            while values[left] < pivot:
                left += 1
            while values[right] > pivot:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        if place <= right:
            high = right
        elif place >= left:
            low = left
        else:
            break
    return values[place]


def _hopeful(t: _Tables, i: int, access: float, gain: float) -> bool:
    """Whether founding could bring more than a gain at all, were all partners at the same place."""
    most = t.power * (t.hope[i] - t.congestion * (t.smallest - 1))
    return np.exp(np.logaddexp(access, most) / t.power) - np.exp(access / t.power) - t.c[i] > gain


def _founding(
    t: _Tables, group: npt.NDArray[np.int64], access: _Floats, best: npt.NDArray[np.int64]
) -> tuple[float, int]:
    """Gain of a founder, the first of its group, by its best new club, and how many found it.

    `access` holds the logarithm of what each of the group now has; the founders go into `best`.
    """
    power, highest, founders = t.power, -np.inf, 0
    club, place = np.empty_like(group), np.empty(t.x.shape[1])
    inside = np.empty(len(group), dtype=np.bool_)
    for asked in range(t.smallest, len(group) + 1):
        weight = _joint(t, group, asked, -1, place)
        quality = t.returns * np.log(weight) - t.congestion * (asked - 1)
        number = 0
        for a in range(asked):
            new = power * (quality - _apart(t, group[a], place))
            gain = np.exp(np.logaddexp(access[a], new) / power) - np.exp(access[a] / power) - t.c[group[a]]
            inside[a] = a == 0 or gain > t.least
            if inside[a]:
                club[number] = group[a]
                number += 1
        if number < t.smallest:
            continue
        weight = _joint(t, club, number, -1, place)
        quality = t.returns * np.log(weight) - t.congestion * (number - 1)
        own, agreed = 0.0, True
        for a in range(asked):
            if inside[a]:
                distance = _apart(t, group[a], place)
                gain = np.exp(np.logaddexp(access[a], power * (quality - distance)) / power)
                gain -= np.exp(access[a] / power) + t.c[group[a]]
                without = power * _without(t, group[a], club, number, weight, distance)
                without = np.exp(np.logaddexp(access[a], without) / power) - np.exp(access[a] / power)
                if a == 0:
                    own = gain
                if gain <= t.least or gain < without - _GAIN:
                    agreed = False
                    break
        if agreed and own > highest:
            highest, founders = own, number
            for a in range(number):
                best[a] = club[a]
    return highest, founders


def _found(t: _Tables, states: npt.NDArray[np.int64], number: int) -> None:
    club = 0
    while t.counts[club]:
        club += 1
    t.now[0] = max(t.now[0], club + 1)
    for a in range(number):
        _insert(t, states[a], club)
    t.founded[club] = t.now[2]
    t.now[2] += 1
    _refresh(t, club)
    t.now[1] += 1
    t.now[3] |= t.now[1] == t.capacity


def _insert(t: _Tables, i: int, k: int) -> None:
    place = t.counts[k]
    while place > 0 and t.roster[k, place - 1] > i:
        t.roster[k, place] = t.roster[k, place - 1]
        place -= 1
    t.roster[k, place] = i
    t.counts[k] += 1
    t.member[i, k] = True


def _toggle(t: _Tables, i: int, k: int) -> None:
    """Let a state join or leave; a club that becomes too small ends."""
    if not t.member[i, k]:
        _insert(t, i, k)
    else:
        t.member[i, k] = False
        t.counts[k] -= 1
        place = 0
        while t.roster[k, place] != i:
            place += 1
        for j in range(place, t.counts[k]):
            t.roster[k, j] = t.roster[k, j + 1]
        if t.counts[k] < t.smallest:
            for j in range(t.counts[k]):
                t.member[t.roster[k, j], k] = False
            t.counts[k] = 0
            t.now[1] -= 1
    _refresh(t, k)


def _refresh(t: _Tables, k: int) -> None:
    """Compute anew, from its members alone, what follows for a club."""
    t.known[k] = False
    t.weight[k], t.quality[k] = 0.0, -np.inf
    if t.counts[k]:
        t.weight[k] = _joint(t, t.roster[k], t.counts[k], -1, t.position[k])
        t.quality[k] = t.returns * np.log(t.weight[k]) - t.congestion * (t.counts[k] - 1)


def _poll(t: _Tables, wanting: _Bools) -> None:
    """Find the states that would gain by a move, as things stand."""
    n, room = t.member.shape
    terms, distances, after = np.empty(room), np.empty(room), np.empty(room)
    access = np.empty(n)
    for k in range(t.now[0]):
        if t.admission and len(t.directions) and t.counts[k] and not t.known[k]:
            _survey(t, k)
    for i in range(n):
        _, access[i], leave, join = _best(t, i, terms, distances, after)
        wanting[i] = leave >= 0 or join >= 0
    # Those who would not move alone may still find partners for a new club.
    group = np.empty(t.near.shape[1] + 1, dtype=np.int64)
    founders, theirs = np.empty_like(group), np.empty(len(group))
    for i in range(n):
        if not wanting[i] and t.now[1] < t.capacity and _hopeful(t, i, access[i], t.least):
            group[0] = i
            for a in range(len(group)):
                if a > 0:
                    group[a] = t.near[i, a - 1]
                theirs[a] = access[group[a]]
            wanting[i] = _founding(t, group, theirs, founders)[0] > t.least


def _round(t: _Tables, calls: npt.NDArray[np.intp], wanting: _Bools) -> None:
    """Call the states that wanted to move; each makes the best move that it then has, if any."""
    room = t.member.shape[1]
    terms, distances, after = np.empty(room), np.empty(room), np.empty(room)
    group = np.empty(t.near.shape[1] + 1, dtype=np.int64)
    founders, access = np.empty_like(group), np.empty(len(group))
    for i in calls:
        if not wanting[i]:
            continue
        gain, access[0], leave, join = _best(t, i, terms, distances, after)
        if t.now[1] < t.capacity and _hopeful(t, i, access[0], gain):
            group[0] = i
            for a in range(1, len(group)):
                group[a] = t.near[i, a - 1]
                access[a] = _terms(t, group[a], terms, distances)
            by_founding, number = _founding(t, group, access, founders)
            if by_founding > gain:
                _found(t, founders, number)
                continue
        if leave >= 0:
            _toggle(t, i, leave)
        if join >= 0:
            _toggle(t, i, join)
    # Empty columns at the end are forgotten.
    while t.now[0] > 0 and t.counts[t.now[0] - 1] == 0:
        t.now[0] -= 1


# --- by definition -------------------------------------------------------------------------------------


def _club(world: _World, members: npt.NDArray[np.intp]) -> tuple[float, _Floats]:
    """Quality and position of a club of the given members."""
    rules, w = world.rules, world.w[members]
    if len(members) < rules.smallest:
        return 0.0, np.zeros(world.x.shape[1])
    quality = w.sum() ** rules.returns * np.exp(-rules.congestion * (len(members) - 1))
    return float(quality), (w[:, np.newaxis] * world.x[members]).sum(axis=0) / w.sum()


def _use(world: _World, state: Any, quality: Any, position: _Floats) -> Any:
    """What a member at the place of a state has from a club."""
    return quality * np.exp(-((world.x[state] - position) ** 2).sum(axis=-1))


def _norm(terms: _Floats, power: float) -> _Floats:
    """(Σ terms^power)^(1/power) along the last axis, scaled so that large powers do not overflow."""
    if terms.shape[-1] == 0:
        return np.zeros(terms.shape[:-1])
    largest = terms.max(axis=-1, keepdims=True)
    largest = np.where(largest > 0, largest, 1.0)
    return ((terms / largest) ** power).sum(axis=-1) ** (1 / power) * largest[..., 0]


def _access(world: _World, members: _Bools) -> _Floats:
    """Access of every state to every club."""
    access = np.zeros(members.shape)
    for k in range(members.shape[1]):
        use = _use(world, slice(None), *_club(world, np.flatnonzero(members[:, k])))
        access[:, k] = np.where(members[:, k], use, (1 - world.rules.exclusion) * use)
    return access


def _utilities(world: _World, members: _Bools) -> _Floats:
    return _norm(_access(world, members), world.rules.power) - world.c * members.sum(axis=1)


def _pays_alone(world: _World, members: _Bools, access: _Floats, sums: _Floats, state: int) -> bool:
    """Try to join and leave each club, and each change of one for another."""
    rules = world.rules
    inside, before = members[state], access[state]
    if not before.size:
        return False
    sign = np.where(inside, -1, 1)
    w, x = world.w[state], world.x[state]
    changed = sums + sign[:, np.newaxis] * np.array([1.0, w, *(w * x)])
    count, weight, torque = changed[:, 0], changed[:, 1], changed[:, 2:]
    there = count >= rules.smallest
    weight = np.where(there, weight, 1.0)
    quality = np.where(there, weight**rules.returns * np.exp(-rules.congestion * (count - 1)), 0.0)
    after = _use(world, state, quality, torque / weight[:, np.newaxis])
    after = np.where(inside, (1 - rules.exclusion) * after, after)
    memberships, c = inside.sum(), world.c[state]
    enough = _norm(before, rules.power) - c * memberships + world.least

    def admits(club: Any) -> bool:
        old = np.flatnonzero(members[:, club])
        new = _use(world, old, *_club(world, np.append(old, state)))
        votes = np.count_nonzero(new >= access[old, club] * (1 - _WORSE))
        needed = {"open": 0, "majority": len(old) // 2 + 1, "unanimity": len(old)}
        return bool(votes >= needed[rules.admission])

    change = np.eye(len(before), dtype=bool)
    one = _norm(np.where(change, after, before), rules.power) - c * (memberships + sign)
    if (one[inside] > enough).any() or any(admits(k) for k in np.flatnonzero(~inside & (one > enough))):
        return True
    for left in np.flatnonzero(inside):
        two = _norm(np.where(change | change[left], after, before), rules.power) - c * memberships
        if any(admits(k) for k in np.flatnonzero(~inside & (two > enough))):
            return True
    return False


def _pays_to_found(world: _World, members: _Bools, access: _Floats, founder: int) -> bool:
    """Try to found a club with the nearest states."""
    rules = world.rules
    if np.count_nonzero(members.any(axis=0)) == rules.capacity:
        return False
    queue = [founder, *world.near[founder].tolist()]

    def gain(state: int, club: list[int]) -> float:
        """What a state gains if the new club is founded as well, with or without it."""
        use = float(_use(world, state, *_club(world, np.array(club, dtype=np.intp))))
        new = use if state in club else (1 - rules.exclusion) * use
        both = _norm(np.append(access[state], new), rules.power) - world.c[state] * (state in club)
        return float(both - _norm(access[state], rules.power))

    for asked in (queue[:last] for last in range(rules.smallest, len(queue) + 1)):
        club = [s for s in asked if s == founder or gain(s, asked) > world.least]
        if len(club) >= rules.smallest and all(
            gain(s, club) > world.least and gain(s, club) >= gain(s, [t for t in club if t != s]) - _GAIN
            for s in club
        ):
            return True
    return False


# --- checks of what was given ----------------------------------------------------------------------


def _directions(dimensions: int) -> _Floats:
    """Directions for which decisive members are known, as rows of unit length."""
    if dimensions == 1:
        return np.array([[1.0], [-1.0]])
    turns = 2 * np.pi * np.arange(_DIRECTIONS if dimensions == 2 else 0) / _DIRECTIONS
    return np.stack([np.cos(turns), np.sin(turns)], axis=1)


def _nearest(x: _Floats, number: int) -> npt.NDArray[np.intp]:
    """Rows of the nearest other states, the nearest first; of equals, the next in the circle of rows."""
    n = len(x)
    if number == 0:
        return np.zeros((n, 0), dtype=np.intp)
    # Two more than wanted: the state itself, and one to see whether the last place is shared.
    apart, near = scipy.spatial.cKDTree(x).query(x, k=np.arange(1, min(number + 2, n) + 1))
    after = (near - np.arange(n)[:, np.newaxis]) % n
    apart = np.where(after == 0, np.inf, apart)
    order = np.lexsort((after, apart), axis=1)
    found = np.take_along_axis(near, order, axis=1)[:, :number].astype(np.intp)
    apart = np.take_along_axis(apart, order, axis=1)
    shared = np.isfinite(apart[:, -1])  # the state itself was not among those found
    if number + 1 < n:
        shared |= apart[:, number] <= apart[:, number - 1] * (1 + 1e-9)
    for row in np.flatnonzero(shared):
        others = np.arange(row + 1, row + n) % n
        distance = ((x[others] - x[row]) ** 2).sum(axis=1)
        within = np.flatnonzero(distance <= np.partition(distance, number - 1)[number - 1])
        found[row] = others[within[np.argsort(distance[within], kind="stable")][:number]]
    return found


def _whole(value: Any, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise MeasureError(f"{what} must be a whole number of at least 1, got {value!r}.")


def _order(order: npt.ArrayLike, n: int) -> npt.NDArray[np.intp]:
    calls = as_numbers(order, "The order of calls")
    if calls.shape != (n,) or not np.array_equal(np.sort(calls), np.arange(n)):
        raise MeasureError(f"The order of calls must hold each row number from 0 to {n - 1} once.")
    return calls.astype(np.intp)


def _matrix(members: Any, states: "pd.Index[Any] | None" = None) -> _Bools:
    """Return memberships as a matrix of booleans, in the order of the states if both have names."""
    if isinstance(members, pd.DataFrame) and states is not None and not isinstance(states, pd.RangeIndex):
        apart = states.symmetric_difference(members.index)
        if len(apart) or members.index.has_duplicates:
            which = apart[0] if len(apart) else members.index[members.index.duplicated()][0]
            raise MeasureError(f"Members must have one row for each state, which {which!r} has not.")
        members = members.loc[states]
    numbers = as_numbers(members, "Members")
    if numbers.ndim != 2 or not np.isin(numbers, (0, 1)).all():
        raise MeasureError(
            f"Members must be a matrix of booleans, a row for each state and a column for each club, "
            f"got the shape {numbers.shape}."
        )
    if states is not None and len(numbers) != len(states):
        raise MeasureError(
            f"Members must have a row for each of the {len(states)} states, got {len(numbers)}."
        )
    return numbers.astype(bool)


def _start(start: Any, world: _World) -> _Bools:
    """Return a network that the rules allow, without its empty columns."""
    given, rules = _matrix(start, world.states), world.rules
    given = given[:, given.any(axis=0)]
    if given.shape[1] > rules.capacity:
        raise MeasureError(
            f"There is room for {rules.capacity} clubs, but the given network has {given.shape[1]}."
        )
    if (given.sum(axis=0) < rules.smallest).any():
        raise MeasureError(f"Every club of the given network must have at least {rules.smallest} members.")
    return given
