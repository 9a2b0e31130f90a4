"""Which clubs states found, join and leave: a model of overlapping clubs under partial exclusion.

States have a position, a size and a cost of membership. A club supplies a good to its members, and a
part of it spills over to all others. `form_clubs` lets states move until none wants to move any more,
`is_stable` checks a network of memberships by the definition of stability alone, and `moments`
describes a network by its number, size and overlap of clubs, in the same way for a model's network
and for an observed one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.spatial

from cybergov.errors import MeasureError
from cybergov.measures.intervals import as_numbers, generator

Admission = Literal["open", "majority", "unanimity"]

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
        as such costs. With more than 0 a network is stable up to this gain (Radner 1980).
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
        Whether no state wants to move; False if the rounds ended before that.
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
    in the same step, and founding with partners farther away, are not considered. A stable network
    need not exist or be unique; it depends on the order of calls, so that several seeds should be run.

    *Work.* A round takes time in proportion to states times clubs, and to states times the square of
    `rules.partners`; every single move takes time in proportion to the clubs, and to the states, of which
    it reads one column. Consent takes no more than that in one dimension, where one member decides for
    each side (as the median voter does), and hardly more in two, where members are counted only for
    newcomers that a comparison with 32 directions leaves in doubt; in more dimensions they always are.

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
    network = _Network(world, _start(start, world.n, rules))
    history = [network.active]
    full = network.full
    wanting = network.poll()
    while wanting.any() and len(history) <= rounds:
        for state in rng.permutation(world.n) if calls is None else calls:
            if wanting[state]:
                network.move(int(state))
                full |= network.full
        network.settle()
        history.append(network.active)
        wanting = network.poll()
    kept = network.in_order_of_founding()
    members = network.member[:, kept]
    return Formation(
        members=members,
        states=world.states,
        positions=network.position[kept],
        counts=network.count[kept],
        weights=network.weight[kept],
        utilities=_utilities(world, members),
        rounds=len(history) - 1,
        stable=not bool(wanting.any()),
        unsettled=int(np.count_nonzero(wanting)),
        full=full,
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
    given = _start(_matrix(members, world.states), world.n, rules)
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
        named = isinstance(ideal_points, pd.Series | pd.DataFrame)
        x = as_numbers(ideal_points, "Ideal points")
        if x.ndim not in (1, 2) or x.size == 0:
            raise MeasureError(
                f"Ideal points must have a row for at least one state, got the shape {x.shape}."
            )
        self.rules = rules
        self.x: _Floats = x.reshape(len(x), -1)
        self.n = len(x)
        self.states: pd.Index[Any] = ideal_points.index if named else pd.RangeIndex(self.n)
        if self.states.has_duplicates:
            raise MeasureError(
                f"States must not repeat, but {self.states[self.states.duplicated()][0]!r} does."
            )
        w = self._of_states(sizes, "Sizes")
        if (w <= 0).any():
            raise MeasureError("Sizes must be above zero for every state.")
        self.w: _Floats = w / w.mean()
        c = np.broadcast_to(as_numbers(costs, "Costs"), (self.n,)) if np.ndim(costs) == 0 else None
        self.c: _Floats = self._of_states(costs, "Costs") if c is None else c
        if (self.c < 0).any():
            raise MeasureError("Costs must not be negative.")
        self.least = rules.inertia + _GAIN
        self.outside = np.log(1 - rules.exclusion) if rules.exclusion < 1 else -np.inf
        self.near = _nearest(self.x, min(rules.partners, self.n - 1))
        # The best that a founder can hope for: all partners at its own place.
        group = np.concatenate([np.arange(self.n)[:, np.newaxis], self.near], axis=1)
        self.hope: _Floats = rules.returns * np.log(self.w[group].sum(axis=1))

    def _of_states(self, figures: Any, what: str) -> _Floats:
        if isinstance(figures, pd.Series) and not isinstance(self.states, pd.RangeIndex):
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


class _Options(NamedTuple):
    """What a few states (rows) would have from each change of one membership (columns).

    All is relative to `unit`, a logarithm of access for each row, and raised to the power of the norm.
    """

    member: _Bools
    unit: _Floats
    now: _Floats  # Σ over all clubs, as it is
    rest: _Floats  # Σ over all clubs but that of the column
    changed: _Floats  # the column's own term after the change
    extra: _Floats  # the column's own term after the change less before it


class _Network:
    """Memberships as they change, with all that follows from them for each club."""

    def __init__(self, world: _World, start: _Bools) -> None:
        self.world, self.rules = world, world.rules
        room = max(self.rules.capacity, start.shape[1])
        self.member: _Bools = np.zeros((world.n, room), dtype=bool)
        self.member[:, : start.shape[1]] = start
        # The same with a row for each club, for speed.
        self.roster: _Bools = np.ascontiguousarray(self.member.T)
        self.count = np.zeros(room, dtype=np.int64)
        self.weight = np.zeros(room)
        self.position = np.zeros((room, world.x.shape[1]))
        self.quality = np.full(room, -np.inf)  # as a logarithm
        # How far, from the club's position, the member lies whose consent decides, in each direction.
        self.directions = _directions(world.x.shape[1])
        self.decisive = np.zeros((len(self.directions), room))
        self.radius = np.zeros(room)
        self.founded = np.zeros(room, dtype=np.int64)
        self.top = start.shape[1]
        self.foundings = self.top
        for club in range(self.top):
            self._refresh(club)
            self.founded[club] = club

    @property
    def active(self) -> int:
        """Number of clubs."""
        return int(np.count_nonzero(self.count))

    @property
    def full(self) -> bool:
        """Whether there is no room for a further club."""
        return self.top == self.rules.capacity and bool(self.count.all())

    def in_order_of_founding(self) -> npt.NDArray[np.intp]:
        """Columns that are clubs, the oldest first."""
        columns = np.flatnonzero(self.count)
        return columns[np.argsort(self.founded[columns], kind="stable")]

    def settle(self) -> None:
        """Forget empty columns at the end."""
        used = np.flatnonzero(self.count)
        self.top = int(used[-1]) + 1 if used.size else 0

    def poll(self) -> _Bools:
        """Find the states that would gain by a move, as things stand."""
        wanting = np.zeros(self.world.n, dtype=bool)
        for rows in _batches(np.arange(self.world.n)):
            gain, *_ = self._best(rows)
            wanting[rows] = gain > self.world.least
        # Those who would not move alone may still find partners for a new club.
        idle = np.flatnonzero(~wanting)
        if self.full or not idle.size:
            return wanting
        access = np.concatenate([self._log_access(rows) for rows in _batches(np.arange(self.world.n))])
        idle = idle[self._hopeful(idle, access[idle], self.world.least)]
        for rows in _batches(idle):
            group = self._group(rows)
            gain, _ = _founding(self.world, group, access[group])
            wanting[rows] = gain > self.world.least
        return wanting

    def move(self, state: int) -> None:
        """Make the best move of a state, if it has one."""
        row = np.array([state])
        gain, leave, join = (found[0] for found in self._best(row))
        gain = max(float(gain), self.world.least)
        if not self.full and self._hopeful(row, self._log_access(row), gain)[0]:
            group = self._group(row)
            by_founding, founders = _founding(self.world, group, self._log_access(group[0])[np.newaxis])
            if by_founding[0] > gain:
                self._found(group[0, founders[0]])
                return
        if leave >= 0:
            self._toggle(state, int(leave))
        if join >= 0:
            self._toggle(state, int(join))

    # --- what a change of one membership brings ---------------------------------------------------

    def _best(self, rows: npt.NDArray[np.intp]) -> tuple[_Floats, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Gain by the best change, the club to leave and the club to join (-1 for none)."""
        r = len(rows)
        gain, none = np.zeros(r), np.full(r, -1, dtype=np.intp)
        if self.top == 0:
            return gain, none, none
        found = self._options(rows)
        power, c = self.rules.power, self.world.c[rows]
        scale = np.exp(found.unit)
        at = np.arange(r)
        now = scale * found.now ** (1 / power)
        # Clubs are ranked by what they add or cost, which is the same to the last digit for clubs that
        # are alike, so that the earlier one is taken; sums over all clubs would differ by rounding.
        left = np.where(found.member, found.extra, -np.inf).argmax(axis=1)
        leaving = np.where(found.member, found.rest + found.changed, -np.inf)
        adding = np.where(~found.member & (self.count[: self.top] > 0), found.extra, -np.inf)
        if self.rules.admission != "open":
            sure, unsure = self._screen(rows)
            if unsure.any():
                # Only for those who want to join, and where it is better than what is sure.
                # Where all access is below the smallest number (scale 0), nothing can be gained.
                with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                    floor = ((now + c) / scale) ** power - found.now
                floor = np.minimum(floor, found.now - leaving[at, left])
                floor = np.maximum(floor, np.where(sure, adding, -np.inf).max(axis=1))
                sure |= self._consent(rows, unsure & (adding > floor[:, np.newaxis]), adding)
            adding = np.where(sure, adding, -np.inf)
        # The club that adds most is the best to join, whether or not another one is left for it.
        joined = adding.argmax(axis=1)
        with np.errstate(invalid="ignore"):
            values = (
                (leaving[at, left], c, left, none),
                (found.now + adding[at, joined], -c, none, joined),
                (leaving[at, left] + adding[at, joined], np.zeros(r), left, joined),
            )
        leave, join = none.copy(), none.copy()
        for total, saved, out, into in values:
            possible = np.isfinite(total)
            new = np.where(possible, scale * np.where(possible, np.maximum(total, 0), 0) ** (1 / power), 0)
            better = possible & (new - now + saved > np.maximum(gain, self.world.least))
            gain = np.where(better, new - now + saved, gain)
            leave, join = np.where(better, out, leave), np.where(better, into, join)
        return gain, leave, join

    def _terms(self, rows: npt.NDArray[np.intp]) -> tuple[_Bools, _Floats, _Floats]:
        """Membership, squared distance over squared bandwidth, and the logarithm of access."""
        top = self.top
        member = self.member[rows, :top]
        distance = np.zeros(member.shape)
        for dimension in range(self.world.x.shape[1]):
            apart = self.world.x[rows, dimension, np.newaxis] - self.position[:top, dimension]
            distance += apart * apart
        distance /= self.rules.bandwidth**2
        access = self.quality[:top] - distance
        if self.rules.exclusion > 0:
            access += np.where(member, 0.0, self.world.outside)
        return member, distance, access

    def _log_access(self, rows: npt.NDArray[np.intp]) -> _Floats:
        """Logarithm of Σ access^power, for each of a few states."""
        if self.top == 0:
            return np.full(len(rows), -np.inf)
        _, _, access = self._terms(rows)
        access *= self.rules.power
        unit = _finite(access.max(axis=1))
        with np.errstate(divide="ignore"):
            return np.log(np.exp(access - unit[:, np.newaxis]).sum(axis=1)) + unit

    def _options(self, rows: npt.NDArray[np.intp]) -> _Options:
        rules, top = self.rules, self.top
        member, distance, access = self._terms(rows)
        weight, count = self.weight[:top], self.count[:top]
        w = self.world.w[rows, np.newaxis]
        # What is no club, and what would be none without the state.
        none = (count == 0) | (member & (count <= rules.smallest))
        new = np.where(none, 1.0, weight + np.where(member, -w, w))
        change = np.where(member, -1, 1)
        after = rules.returns * np.log(new) - rules.congestion * (count - 1 + change)
        # The position moves along the line to the state, so that its distance changes by a factor.
        after -= distance * np.where(none, 1.0, weight / new) ** 2
        if rules.exclusion > 0:
            after += np.where(member, self.world.outside, 0.0)
        after[none] = -np.inf
        unit = _finite(np.maximum(access.max(axis=1), after.max(axis=1)))
        before = np.exp(rules.power * (access - unit[:, np.newaxis]))
        changed = np.exp(rules.power * (after - unit[:, np.newaxis]))
        # Sums over all other clubs, without subtraction, which would lose small terms beside large ones.
        rest = np.zeros_like(before)
        rest[:, 1:] = before[:, :-1].cumsum(axis=1)
        rest[:, :-1] += before[:, :0:-1].cumsum(axis=1)[:, ::-1]
        return _Options(
            member=member,
            unit=unit,
            now=before.sum(axis=1),
            rest=rest,
            changed=changed,
            extra=changed - before,
        )

    # --- consent ------------------------------------------------------------------------------------
    # With the newcomer i, the position moves by t (x_i - p), t = w_i / (W + w_i), and a member j has
    # not less access if log(Q'/Q) + (2t / bandwidth²) ((x_j - p)·(x_i - p) - t |x_i - p|² / 2) ≥ 0.

    def _needed(self, w: Any, weight: Any, length: Any) -> Any:
        """How far in a newcomer's direction a member must be to consent."""
        shift = w / (weight + w)
        better = self.rules.returns * np.log1p(w / weight) - self.rules.congestion + _WORSE
        return shift * length / 2 - better * self.rules.bandwidth**2 / (2 * shift)

    def _screen(self, rows: npt.NDArray[np.intp]) -> tuple[_Bools, _Bools]:
        """Pairs of a newcomer and a club that surely consents, and pairs of which it is not sure."""
        top, dimensions = self.top, self.world.x.shape[1]
        if dimensions > 2:
            unsure = np.ones((len(rows), top), dtype=bool)
            return ~unsure, unsure
        apart = [self.world.x[rows, d, np.newaxis] - self.position[:top, d] for d in range(dimensions)]
        weight = np.maximum(self.weight[:top], 1e-300)
        w = self.world.w[rows, np.newaxis]
        if dimensions == 1:
            place = (apart[0] < 0).astype(np.intp)
            along = self.decisive[place, np.arange(top)] * np.abs(apart[0])
            sure = along >= self._needed(w, weight, apart[0] * apart[0])
            return sure, np.zeros_like(sure)
        length = apart[0] * apart[0] + apart[1] * apart[1]
        needed = self._needed(w, weight, length)
        length = np.sqrt(length)
        turns = np.arctan2(apart[1], apart[0]) / (2 * np.pi)
        place = np.rint(turns * _DIRECTIONS).astype(np.intp) % _DIRECTIONS
        along = self.decisive[place, np.arange(top)]
        between = self.radius[:top] * _BETWEEN
        sure = (along - between) * length >= needed
        return sure, ~sure & ((along + between) * length >= needed)

    def _consent(self, rows: npt.NDArray[np.intp], wanted: _Bools, value: _Floats) -> _Bools:
        """Consent in any number of dimensions, for the pairs that are wanted.

        A single applicant asks the clubs one after the other, the most valuable first, until one
        consents.
        """
        given = np.zeros_like(wanted)
        clubs = np.flatnonzero(wanted.any(axis=0))
        alone = len(rows) == 1
        if alone:
            clubs = clubs[np.argsort(-value[0, clubs], kind="stable")]
        for club in clubs:
            places = np.flatnonzero(wanted[:, club])
            members = np.flatnonzero(self.roster[club])
            apart = self.world.x[rows[places]] - self.position[club]
            length = (apart * apart).sum(axis=1)
            needed = self._needed(self.world.w[rows[places]], self.weight[club], length)
            along = np.zeros((len(members), len(places)))
            for dimension, at in enumerate(self.position[club]):
                along += np.multiply.outer(self.world.x[members, dimension] - at, apart[:, dimension])
            votes = np.count_nonzero(along >= needed, axis=0)
            given[places, club] = votes >= _votes_needed(self.rules.admission, len(members))
            if alone and given[0, club]:
                break
        return given

    # --- changes ------------------------------------------------------------------------------------

    def _hopeful(self, rows: npt.NDArray[np.intp], access: _Floats, gain: float) -> _Bools:
        """Whether founding could bring more than a gain at all, were all partners at the same place."""
        power = self.rules.power
        hope = self.world.hope[rows] - self.rules.congestion * (self.rules.smallest - 1)
        most = np.exp(np.logaddexp(access, power * hope) / power) - np.exp(access / power)
        return most - self.world.c[rows] > gain

    def _group(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        return np.concatenate([rows[:, np.newaxis], self.world.near[rows]], axis=1)

    def _found(self, founders: npt.NDArray[np.intp]) -> None:
        vacant = np.flatnonzero(self.count[: self.top] == 0)
        club = int(vacant[0]) if vacant.size else self.top
        self.top = max(self.top, club + 1)
        self.member[founders, club] = self.roster[club, founders] = True
        self.founded[club] = self.foundings
        self.foundings += 1
        self._refresh(club)

    def _toggle(self, state: int, club: int) -> None:
        self.member[state, club] = self.roster[club, state] = not self.member[state, club]
        if np.count_nonzero(self.roster[club]) < self.rules.smallest:
            self.member[:, club] = self.roster[club] = False
        self._refresh(club)

    def _refresh(self, club: int) -> None:
        """Compute anew, from its members alone, all that follows for a club."""
        rules = self.rules
        members = np.flatnonzero(self.roster[club])
        m = len(members)
        self.count[club] = m
        if m == 0:
            self.weight[club], self.quality[club] = 0.0, -np.inf
            return
        w, x = self.world.w[members], self.world.x[members]
        self.weight[club] = w.sum()
        self.position[club] = (w[:, np.newaxis] * x).sum(axis=0) / w.sum()
        self.quality[club] = rules.returns * np.log(w.sum()) - rules.congestion * (m - 1)
        if rules.admission != "open" and x.shape[1] < 3:
            apart = x - self.position[club]
            self.radius[club] = np.sqrt((apart * apart).sum(axis=1).max())
            along = sum(np.multiply.outer(self.directions[:, d], apart[:, d]) for d in range(x.shape[1]))
            place = m - _votes_needed(rules.admission, m)
            self.decisive[:, club] = np.partition(along, place, axis=1)[:, place]


def _founding(world: _World, group: npt.NDArray[np.intp], access: _Floats) -> tuple[_Floats, _Bools]:
    """Gain of founders (first column of the groups) by their best new club, and who founds it.

    A row of `group` is a founder and its nearest states; `access` is the logarithm of what each now
    has. Axes below: founders, number of partners asked, members of the group.
    """
    rules = world.rules
    r, g = group.shape
    nobody = np.zeros((r, g), dtype=bool)
    if g < rules.smallest:
        return np.full(r, -np.inf), nobody
    w, x, c = world.w[group][:, np.newaxis], world.x[group][:, np.newaxis], world.c[group][:, np.newaxis]
    access = access[:, np.newaxis]
    asked = np.arange(g) <= np.arange(rules.smallest > 1, g)[:, np.newaxis]

    def use(weight: _Floats, count: Any, distance: _Floats) -> _Floats:
        """Use of all clubs together with the new one."""
        new = rules.returns * np.log(weight) - rules.congestion * (count - 1) - distance
        return np.exp(np.logaddexp(access, rules.power * new) / rules.power)

    def club(members: _Bools) -> tuple[_Floats, Any, _Floats]:
        weight = (members * w).sum(axis=-1, keepdims=True)
        position = ((members * w)[..., np.newaxis] * x).sum(axis=-2, keepdims=True) / weight[..., np.newaxis]
        distance = ((x - position) ** 2).sum(axis=-1) / rules.bandwidth**2
        return weight, members.sum(axis=-1, keepdims=True), distance

    now = np.exp(access / rules.power)
    gains = use(*club(np.broadcast_to(asked, (r, *asked.shape)))) - now - c > world.least
    gains[..., 0] = True
    members = gains & asked
    weight, count, distance = club(members)
    with_it = use(weight, count, distance)
    # The club without one of its founders, seen from outside.
    rest = np.maximum(weight - w, 1e-300)
    remains = members & (count - 1 >= rules.smallest)
    beside = distance * np.where(remains, weight / rest, 1.0) ** 2
    without = rules.returns * np.log(rest) - rules.congestion * (count - 2) - beside + world.outside
    without = np.where(remains, without, -np.inf)
    without = np.exp(np.logaddexp(access, rules.power * without) / rules.power)
    agrees = (with_it - now - c > world.least) & (with_it - c >= without - _GAIN)
    possible = (agrees | ~members).all(axis=-1) & (count[..., 0] >= rules.smallest)
    gain = np.where(possible, with_it[..., 0] - now[..., 0] - c[..., 0], -np.inf)
    best = gain.argmax(axis=1)
    at = np.arange(r)
    return gain[at, best], members[at, best]


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
    distance = ((world.x[state] - position) ** 2).sum(axis=-1)
    return quality * np.exp(-distance / world.rules.bandwidth**2)


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
        return rules.admission == "open" or bool(votes >= _votes_needed(rules.admission, len(old)))

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


def _votes_needed(admission: str, members: int) -> int:
    """How many members must consent: all, or more than half."""
    return members if admission == "unanimity" else members // 2 + 1


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


def _batches(rows: npt.NDArray[np.intp]) -> Iterator[npt.NDArray[np.intp]]:
    """Part rows into batches that bound the memory."""
    return (rows[first : first + _ROWS] for first in range(0, len(rows), _ROWS))


def _finite(logarithms: _Floats) -> _Floats:
    """Logarithms to scale by; where there is nothing to scale, 0."""
    return np.where(np.isfinite(logarithms), logarithms, 0.0)


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


def _start(start: npt.ArrayLike | None, n: int, rules: ClubRules) -> _Bools:
    """Return a network that the rules allow, without its empty columns."""
    if start is None:
        return np.zeros((n, 0), dtype=bool)
    given = _matrix(start)
    if len(given) != n:
        raise MeasureError(f"Members must have a row for each of the {n} states, got {len(given)}.")
    given = given[:, given.any(axis=0)]
    if given.shape[1] > rules.capacity:
        raise MeasureError(
            f"There is room for {rules.capacity} clubs, but the given network has {given.shape[1]}."
        )
    if (given.sum(axis=0) < rules.smallest).any():
        raise MeasureError(f"Every club of the given network must have at least {rules.smallest} members.")
    return given
