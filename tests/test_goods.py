"""Supply games: equilibria, optima, undersupply, and when a club holds."""

import doctest
import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from cybergov.errors import MeasureError
from cybergov.measures import goods
from cybergov.measures.goods import (
    Good,
    Technology,
    gain_from_deviating,
    gain_from_joining,
    gain_from_leaving,
    least_exclusion,
    nash,
    nash_by_best_replies,
    optimal_club_size,
    optimum,
    stable_sizes,
    supply,
    undersupply,
    utility,
    willingness_to_pay,
)

TECHNOLOGIES: tuple[Technology, ...] = ("summation", "weakest link", "weaker link", "best shot")
ALL = pytest.mark.parametrize("technology", TECHNOLOGIES)
many = settings(deadline=None, max_examples=50, derandomize=True)

incomes_of_several = st.lists(st.floats(0.1, 10), min_size=2, max_size=6)
some_good = st.builds(
    Good,
    st.sampled_from(TECHNOLOGIES),
    exclusion=st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0.01, 0.99)),
    congestion=st.floats(0, 2),
    taste=st.floats(0.05, 0.95),
    price=st.floats(0.2, 5),
    rho=st.sampled_from([-40.0, -3.0, -1.0, 0.0, 0.4, 0.9, 0.999]),
)


def plain_utility(contributions, i, w, good):
    """The model written out for one state, as the module's docstring has it and nothing more."""
    g = [float(x) for x in contributions]
    n = len(g)
    if good.technology == "summation":
        s = sum(g)
    elif good.technology == "weakest link":
        s = min(g)
    elif good.technology == "best shot":
        s = max(g)
    elif good.rho <= 0 and min(g) == 0:
        s = 0.0
    elif good.rho == 0:
        s = math.prod(g) ** (1 / n)
    else:
        s = (sum(x**good.rho for x in g) / n) ** (1 / good.rho)
    enjoyed = good.exclusion * g[i] + (1 - good.exclusion) * s / n**good.congestion
    return max(w[i] - good.price * g[i], 0.0) ** (1 - good.taste) * enjoyed**good.taste


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(goods)
    assert found.attempted >= 20
    assert found.failed == 0


class TestSupply:
    @pytest.mark.parametrize("rho", [-7.0, -1.0, 0.0, 0.3, 0.99])
    def test_power_mean_is_scipys(self, rho):
        given = np.random.default_rng(1).uniform(0.1, 5, size=(4, 3, 6))
        expected = scipy.stats.pmean(given, rho, axis=-1)
        assert supply(given, "weaker link", rho) == pytest.approx(expected, rel=1e-12)

    def test_limits_of_the_weaker_link(self):
        given = [0.5, 2.0, 3.0]
        assert supply(given, "weaker link", -1e4) == pytest.approx(supply(given, "weakest link"), rel=2e-4)
        assert supply(given, "weaker link", 1 - 1e-9) == pytest.approx(supply(given) / 3)
        for rho in (
            1e-10,
            -1e-10,
            1e-300,
            -5e-324,
        ):  # the geometric mean, and 2e-11 from it per unit of spread
            assert supply(given, "weaker link", rho) == pytest.approx(3 ** (1 / 3), rel=1e-9)

    def test_zeros(self):
        assert supply([0, 4], "weaker link", -1) == 0.0
        assert supply([0, 4], "weaker link", 0) == 0.0
        assert supply([0, 4], "weaker link", 0.5) == pytest.approx(1.0)  # (√0 + √4)² / 2²
        assert [supply([0, 0], technology) for technology in TECHNOLOGIES] == [0.0] * 4
        assert supply([0, 0], "weaker link", 0.5) == 0.0

    def test_rows_are_carried_along(self):
        assert supply([[1, 2], [3, 4]], "best shot").tolist() == [2, 4]
        assert type(supply([1, 2])) is float

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (([],), "at least one state"),
            ((3,), "at least one state"),
            (([1, -1],), "must not be negative"),
            (([1, np.nan],), "the value at position 1 is not"),
            ((["1"],), "Contributions must be numbers"),
            (([1], "sum"), "one of 'summation', 'weakest link', 'weaker link', 'best shot', got 'sum'"),
            (([1], "weaker link", 1), "rho must be below 1 and at least -10000, got 1"),
            (([1], "weaker link", [-1, -2]), "rho must be a single number"),
            (([1, 1e300],), r"Contributions must not be above 1e\+100"),
        ],
    )
    def test_errors(self, arguments, sentence):
        with pytest.raises(MeasureError, match=sentence):
            supply(*arguments)


class TestUtility:
    @given(incomes_of_several, some_good, st.integers(0, 2**32 - 1))
    @many
    def test_is_the_model_written_out(self, w, good, seed):
        given = np.random.default_rng(seed).uniform(0, 1, len(w)) * np.array(w) / good.price
        expected = [plain_utility(given, i, w, good) for i in range(len(w))]
        assert utility(given, w, good) == pytest.approx(expected, rel=1e-9)

    def test_labels_are_matched_by_name(self):
        w = pd.Series({"FJI": 2.0, "TON": 5.0})
        given = pd.Series({"TON": 3.0, "FJI": 1.0})
        assert utility(given, w, Good()) == pytest.approx(utility([3, 1], [5, 2], Good()))
        assert utility(given.to_frame().T, w, Good())[0] == pytest.approx(utility([3, 1], [5, 2], Good()))
        assert gain_from_deviating(given, w, Good()) == pytest.approx(
            gain_from_deviating([3, 1], [5, 2], Good())
        )

    def test_doubling_everything_doubles_utility(self):
        good = Good("weaker link", 0.3, 0.4, 0.3, rho=-2)
        assert utility([2, 4], [6, 10], good) == pytest.approx(2 * utility([1, 2], [3, 5], good))

    @pytest.mark.parametrize(
        ("contributions", "incomes", "sentence"),
        [
            ([], [], "Incomes must be one row, with a figure for at least one state, got the shape"),
            ([[1]], [[1]], "Incomes must be one row"),
            ([1], [0], "Incomes must be above zero"),
            ([1, 1], [1, np.inf], "Incomes must be finite numbers, but the value at position 1 is not"),
            ([1, 1], [2], "a figure for each of the 1 states"),
            (1, [2], "a figure for each of the 1 states"),
            ([-1], [2], "Contributions must not be negative"),
            ([3], [2], "must not cost more than the income"),
            (pd.Series({"A": 1}), pd.Series({"B": 2}), "same labels, but 'A' is on one side"),
            (pd.Series([1, 1], index=["A", "A"]), pd.Series({"A": 2, "B": 2}), "repeat, but 'A' does"),
        ],
    )
    @pytest.mark.parametrize("measure", [utility, gain_from_deviating])
    def test_errors(self, measure, contributions, incomes, sentence):
        with pytest.raises(MeasureError, match=sentence):
            measure(contributions, incomes, Good())


class TestGood:
    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"technology": "public"}, "technology must be one of"),
            ({"exclusion": -0.1}, "exclusion must lie between 0 and 1, got -0.1"),
            ({"exclusion": 1.1}, "exclusion must lie between 0 and 1, got 1.1"),
            ({"congestion": -1}, "congestion must lie between 0 and 10, got -1"),
            ({"congestion": 11}, "congestion must lie between 0 and 10"),
            ({"taste": 0}, "taste must lie strictly between 0 and 1"),
            ({"taste": 1}, "taste must lie strictly between 0 and 1"),
            ({"price": 0}, "price must be above 0"),
            ({"price": 1e-300}, "from 1e-50 to"),
            ({"rho": 1}, "rho must be below 1"),
            ({"rho": -1e5}, "at least -10000, got -100000"),
            ({"taste": np.nan}, "taste must be finite"),
            ({"price": "1"}, "price must be numbers"),
            ({"exclusion": [0.1, 0.2]}, "exclusion must be a single number"),
        ],
    )
    def test_errors(self, fields, sentence):
        with pytest.raises(MeasureError, match=sentence):
            Good(**fields)

    def test_parts(self):
        assert Good(congestion=1).parts(5) == (0.0, 0.2)  # shared among the users
        assert Good(exclusion=1, congestion=3).parts(5) == (1.0, 0.0)


class TestNash:
    @given(incomes_of_several, some_good)
    @many
    def test_no_state_gains_by_deviating(self, w, good):
        found = nash(w, good)
        for i, income in enumerate(w):
            now = plain_utility(found.contributions, i, w, good)
            assert now == pytest.approx(found.utility[i], rel=1e-9)
            for place in np.linspace(0, income / good.price, 201):
                tried = found.contributions.copy()
                tried[i] = place
                assert plain_utility(tried, i, w, good) <= now * (1 + 1e-9)
        assert gain_from_deviating(found.contributions, w, good, points=4001).max() <= 1e-9

    @ALL
    @pytest.mark.parametrize("exclusion", [0.0, 0.25, 1.0])
    @pytest.mark.parametrize("congestion", [0.0, 0.7])
    def test_best_replies_end_there(self, technology, exclusion, congestion):
        # The search knows utilities only and none of the formulas.
        w = np.array([7.0, 2.0, 4.5, 1.0])
        good = Good(technology, exclusion, congestion, taste=0.4, price=1.5, rho=-0.7)
        found = nash(w, good)
        # The best shot that is reached depends on who moves last.
        order = np.argsort(w) if technology == "best shot" else np.arange(4)
        replies = np.empty(4)
        replies[order] = nash_by_best_replies(w[order], good)
        assert replies == pytest.approx(found.contributions, abs=2e-6)

    @pytest.mark.parametrize("rho", [-50.0, -4.0, 0.0, 0.5, 0.97])
    @pytest.mark.parametrize("exclusion", [0.0, 0.1, 0.8])
    def test_weaker_link_by_another_solver(self, rho, exclusion):
        # scipy.optimize.root on the first-order conditions in logarithms, as far as it goes alone.
        w = np.array([1.0, 1.3, 2.0])
        good = Good("weaker link", exclusion, 0.5, 0.35, 1.0, rho)
        e, b = good.parts(3)

        def conditions(logs):
            g = np.exp(logs)
            s = supply(g, "weaker link", rho)
            gain = e + b * (g / s) ** (rho - 1) / 3
            return np.log(0.65 * (e * g + b * s) / (0.35 * (w - g) * gain))

        found = nash(w, good).contributions
        assert conditions(np.log(found)) == pytest.approx(0, abs=1e-9)
        if -5 < rho < 0.9:
            solved = scipy.optimize.root(conditions, np.log(0.2 * w), tol=1e-13)
            assert solved.success
            assert found == pytest.approx(np.exp(solved.x), rel=1e-9)

    def test_contributing_to_a_public_good(self):
        # Two persons with the wealth w and the payoff w + c_j + (w - c_i)(c_i + c_j): the answer given at
        # math.techqa.club/game-theory-contributing-to-a-public-good-1131417 is w / 3 each. What a person can
        # change is its utility here squared, with a taste of one half, so that all best replies are the same.
        assert nash([9, 9], Good()).contributions == pytest.approx([3, 3])

    def test_bergstrom_blume_and_varian_by_hand(self):
        # gᵢ = max(0, α wᵢ - (1 - α) G₋ᵢ) with α = ½. With the two richest alone G = ½ · 20 / 1.5 = 20/3, each
        # gives 10/3, and the third would give ½ · 4 - ½ · 20/3 < 0. With 8 it gives: G = ½ · 28 / 2 = 7.
        found = nash([10, 10, 4], Good())
        assert found.contributions == pytest.approx([10 / 3, 10 / 3, 0])
        assert found.contributors.tolist() == [True, True, False]
        assert found.free_riders.tolist() == [False, False, True]
        assert (found.kind, found.count, found.providers) == ("unique", 1.0, ())
        assert nash([10, 10, 8], Good()).contributions == pytest.approx([3, 3, 1])

    @given(incomes_of_several, st.floats(0.05, 0.95), st.floats(0, 0.9), st.floats(0, 1.5))
    @many
    def test_contributors_by_trying_every_set(self, w, taste, exclusion, congestion):
        # Every set of contributors is solved as a linear system; one of them alone is an equilibrium.
        n = len(w)
        good = Good("summation", exclusion, congestion, taste)
        e, b = good.parts(n)
        found = nash(w, good).contributions
        fits = []
        for size in range(1, n + 1):
            for chosen in map(list, itertools.combinations(range(n), size)):
                spill = (1 - taste) * b / (e + b)
                matrix = np.full((size, size), spill) + (1 - spill) * np.eye(size)
                part = np.linalg.solve(matrix, taste * np.array(w)[chosen])
                given = np.zeros(n)
                given[chosen] = part
                wish = taste * np.array(w) - spill * (given.sum() - given)
                if (part > -1e-12).all() and (np.delete(wish, chosen) <= 1e-12).all():
                    fits.append(given)
        assert fits
        for given in fits:
            assert found == pytest.approx(given, abs=1e-9)

    def test_redistribution_among_contributors_is_neutral(self):
        # Warr 1983; Bergstrom, Blume and Varian 1986, theorem 1: with e = 0 and the set of contributors kept.
        good = Good(taste=0.4, price=2.0, congestion=0.3)
        before, after = nash([10, 8, 9, 1], good), nash([9.5, 8.7, 8.8, 1], good)
        assert before.contributors.tolist() == after.contributors.tolist() == [True, True, True, False]
        assert after.total == pytest.approx(before.total)
        assert after.consumption == pytest.approx(before.consumption)
        assert after.utility == pytest.approx(before.utility)
        assert after.contributions - before.contributions == pytest.approx([-0.25, 0.35, -0.1, 0])

    def test_neutrality_ends_with_exclusion_and_with_the_set(self):
        # Impure goods are not neutral for each state, and transfers from a free rider raise the supply.
        excluding = Good(exclusion=0.3)
        before, after = nash([10, 8, 9], excluding), nash([9.5, 8.7, 8.8], excluding)
        assert np.abs(after.consumption - before.consumption).min() > 0.01
        assert nash([10, 10, 4], Good()).total < nash([12, 12, 0.001], Good()).total

    def test_free_riding_grows_with_the_number_of_states(self):
        # Andreoni 1988: the share of contributors goes to zero. Incomes evenly spread from 0 to 1, α = ½: a
        # state gives if w > G, and G = Σ (w - G)⁺, so that about n (1 - G)² / 2 = G.
        shares = []
        for n in (10, 100, 1000, 10000):
            w = (np.arange(n) + 0.5) / n
            found = nash(w, Good())
            shares.append(found.free_riders.mean())
            border = scipy.optimize.brentq(lambda x, n=n: n * (1 - x) ** 2 / 2 - x, 0, 1)
            assert found.total == pytest.approx(border, abs=0.5 / n)
            assert shares[-1] == pytest.approx(border, abs=1 / n)
        assert shares == sorted(set(shares))
        assert shares[-1] > 0.98

    def test_weakest_link_by_trying_every_profile(self):
        # Contributions in tenths: with e = 0 the equilibria are the common levels up to α w₁ = 2.
        good, w = Good("weakest link"), [6.0, 4.0]
        assert every_equilibrium(w, good, 0.1) == [(level / 10, level / 10) for level in range(21)]
        found = nash(w, good)
        assert found.contributions.tolist() == [2, 2]
        assert (found.kind, found.count) == ("continuum", math.inf)
        assert (found.lowest_supply, found.highest_supply) == (0.0, 2.0)
        assert "from 0 to 2" in found.description

    def test_weakest_link_with_exclusion(self):
        # Supplies run from α e w₂ / (e + (1 - α) b) = .5 · .5 · 3.6 / .75 = 1.2 to α w₁ = 1.5; all between are
        # equilibria, what lies beyond is none, and every state likes the highest most.
        good, w = Good("weakest link", exclusion=0.5), np.array([3.0, 8.0, 3.6])
        found = nash(w, good)
        assert (found.kind, found.lowest_supply, found.highest_supply) == (
            "continuum",
            pytest.approx(1.2),
            1.5,
        )

        def at(s):
            return np.maximum(s, 0.5 * w - 0.5 * s)

        assert found.contributions == pytest.approx(at(1.5))
        levels = np.linspace(1.2, 1.5, 11)
        assert (np.diff([utility(at(s), w, good) for s in levels], axis=0) > 0).all()
        for s in levels:
            assert gain_from_deviating(at(s), w, good).max() == pytest.approx(0, abs=1e-12)
        assert gain_from_deviating(at(1.15), w, good).max() > 1e-5
        assert gain_from_deviating(at(1.65), w, good).max() > 1e-5

    def test_weakest_link_that_one_state_moves_alone(self):
        # The second poorest gives more than the poorest by its own need: .5 · .5 · 8 / .75 > 1.5.
        good = Good("weakest link", exclusion=0.5)
        found = nash([3.0, 8.0], good)
        assert (found.kind, found.count, found.lowest_supply) == ("unique", 1.0, 1.5)
        assert every_equilibrium([3.0, 8.0], good, 0.25) == [(1.5, 3.25)]
        assert found.contributions.tolist() == [1.5, 3.25]

    def test_best_shot_by_trying_every_profile(self):
        # With e = 0 whoever has at least (1 - α)^((1-α)/α) = ½ of the highest income can be the best shot.
        good = Good("best shot")
        assert every_equilibrium([8.0, 6.0], good, 0.1) == [(0.0, 3.0), (4.0, 0.0)]
        found = nash([8.0, 6.0], good)
        assert found.contributions.tolist() == [4, 0]
        assert (found.kind, found.count, found.providers) == ("several", 2.0, (0, 1))
        assert (found.lowest_supply, found.highest_supply) == (3.0, 4.0)
        assert every_equilibrium([8.0, 3.8], good, 0.1) == [(4.0, 0.0)]
        alone = nash([8.0, 3.8], good)
        assert (alone.kind, alone.providers) == ("unique", (0,))
        assert "only the richest" in alone.description

    def test_best_shot_of_equals_has_an_equilibrium_for_each(self):
        found = nash(np.ones(7), Good("best shot", taste=0.3))
        assert (found.count, found.providers) == (7.0, tuple(range(7)))
        assert found.free_riders.sum() == 6

    @pytest.mark.parametrize("exclusion", [0.05, 0.2, 0.35, 0.6, 0.9])
    def test_best_shots_with_exclusion(self, exclusion):
        good, w = Good("best shot", exclusion, taste=0.6), np.array([5.0, 4.6, 4.0, 2.4, 1.0])
        e, b = good.parts(5)
        found = nash(w, good)
        for h in range(5):
            s = 0.6 * w[h]
            given = np.maximum(0, 0.6 * w - 0.4 * b / e * s)
            given[h] = s
            gains = gain_from_deviating(given, w, good, points=4001).max()
            assert (gains <= 1e-12) == (h in found.providers)
        assert found.providers[0] == 0

    def test_best_shots_of_random_games(self):
        # Neither do rivals gain by the lead nor the best shot by falling back, which `nash` need not look at.
        rng = np.random.default_rng(11)
        for _ in range(60):
            w = rng.uniform(0.3, 1, 4)
            good = Good("best shot", rng.uniform(0, 0.6), rng.uniform(0, 1), rng.uniform(0.1, 0.9))
            e, b = good.parts(4)
            providers = nash(w, good).providers
            for h in range(4):
                s = good.taste * w[h]
                given = np.maximum(0, good.taste * w - (1 - good.taste) * b / e * s)
                given[h] = s
                assert (gain_from_deviating(given, w, good, points=2001).max() <= 1e-7) == (h in providers)

    def test_weaker_link_may_have_a_second_equilibrium(self):
        found = nash([1, 2], Good("weaker link", rho=-1))
        assert (found.kind, found.count, found.lowest_supply) == ("several", 2.0, 0.0)
        assert gain_from_deviating([0, 0], [1, 2], Good("weaker link", rho=-1)).tolist() == [0, 0]
        assert nash([1, 2], Good("weaker link", rho=0)).count == 2.0
        for good in (Good("weaker link", rho=0.5), Good("weaker link", exclusion=0.1, rho=-1)):
            assert nash([1, 2], good).kind == "unique"
            assert gain_from_deviating([0, 0], [1, 2], good).min() > 0.1

    @pytest.mark.parametrize("technology", ["weakest link", "weaker link"])
    def test_equilibria_of_mere_waste_are_not_counted(self, technology):
        # Two zeros leave no supply that one state could raise. All utilities are 0, so that the first may
        # pay for nothing: an equilibrium by the letter, but as good with no payment.
        good = Good(technology)
        assert utility([1, 0, 0], [2, 2, 2], good).tolist() == [0, 0, 0]
        assert gain_from_deviating([1, 0, 0], [2, 2, 2], good).tolist() == [0, 0, 0]
        assert nash([2, 2, 2], good).count == (math.inf if technology == "weakest link" else 2.0)

    @pytest.mark.parametrize("rho", [-1e4, -1e-12, 1e-12, 1 - 1e-12])
    @pytest.mark.parametrize("exclusion", [0.0, 1e-320, 0.3, 1 - 1e-12])
    @pytest.mark.parametrize("w", [[1e-3, 1, 1, 50], [1e-50, 1e50], [1e-45, 2e-45]])
    @pytest.mark.filterwarnings("error")
    def test_weaker_link_at_the_ends_of_its_range(self, rho, exclusion, w):
        good = Good("weaker link", exclusion, 1.0, rho=rho)
        found = nash(w, good)
        gains = gain_from_deviating(found.contributions, w, good) * np.array(w)
        assert (gains <= 1e-9 * found.utility).all()

    def test_weaker_link_between_its_neighbours(self):
        # As ρ goes to 1 the weaker link is summation shared among the states; as it falls, the supply
        # of unequal states stays below the best of the weakest link.
        w = [1.0, 2.0, 3.0]
        near = nash(w, Good("weaker link", 0.2, 0.4, rho=1 - 1e-7))
        shared = nash(w, Good("summation", 0.2, 1.4))
        assert near.contributions == pytest.approx(shared.contributions, abs=1e-5)
        steep = nash(w, Good("weaker link", rho=-300.0))
        assert np.ptp(steep.contributions) < 0.02
        assert steep.supply < nash(w, Good("weakest link")).supply

    @ALL
    def test_private_good_and_single_state(self, technology):
        w = np.array([3.0, 1.0, 2.0])
        private = nash(w, Good(technology, exclusion=1.0, taste=0.3, price=2.0))
        assert private.contributions == pytest.approx(0.3 * w / 2)
        assert (private.kind, private.count) == ("unique", 1.0)
        single = nash([4.0], Good(technology, exclusion=0.2, taste=0.3, congestion=1.0))
        assert single.contributions == pytest.approx([1.2])
        assert (single.kind, single.free_riders.tolist()) == ("unique", [False])
        assert optimum([4.0], Good(technology, taste=0.3)).contributions == pytest.approx([1.2])

    @given(incomes_of_several, some_good, st.randoms(use_true_random=False))
    @many
    def test_units_and_order_do_not_matter(self, w, good, random):
        found = nash(w, good)
        order = list(range(len(w)))
        random.shuffle(order)
        moved = nash([w[i] for i in order], good)
        if good.technology != "best shot" or len(set(w)) == len(w):
            assert moved.contributions == pytest.approx(found.contributions[order], rel=1e-8, abs=1e-12)
        assert moved.count == found.count
        scaled = nash(1e6 * np.array(w), good)
        assert scaled.contributions == pytest.approx(1e6 * found.contributions, rel=1e-8, abs=1e-6)

    @given(incomes_of_several, some_good)
    @many
    def test_accounts_add_up(self, w, good):
        found = nash(w, good)
        assert found.consumption + good.price * found.contributions == pytest.approx(w)
        assert found.total == pytest.approx(found.contributions.sum())
        assert found.supply == pytest.approx(supply(found.contributions, good.technology, good.rho))
        assert found.lowest_supply <= found.supply <= found.highest_supply
        # No state gives more than it would give alone.
        assert (good.price * found.contributions <= good.taste * np.array(w) * (1 + 1e-9)).all()

    def test_labels_of_the_incomes_are_kept(self):
        w = pd.Series({"FJI": 4.0, "TON": 6.0, "WSM": 1.0})
        found = nash(w, Good("best shot"))
        assert found.contributions.to_dict() == {"FJI": 0.0, "TON": 3.0, "WSM": 0.0}
        assert found.providers == ("FJI", "TON")
        assert optimum(w, Good()).transfers.index.tolist() == ["FJI", "TON", "WSM"]

    @pytest.mark.parametrize(
        ("incomes", "sentence"),
        [
            ([], "at least one state"),
            ([1, 0], "above zero"),
            ([1, -2], "above zero"),
            ([1, 1e-200], "between 1e-50 and"),
            ([1, 1e200], "between 1e-50 and"),
            ([1, np.nan], "Incomes must be finite numbers, but the value at position 1 is not"),
            (["a"], "Incomes must be numbers"),
            ([[1, 2]], "one row"),
        ],
    )
    @pytest.mark.parametrize("measure", [nash, optimum, nash_by_best_replies])
    def test_errors(self, measure, incomes, sentence):
        with pytest.raises(MeasureError, match=sentence):
            measure(incomes, Good())


def every_equilibrium(w, good, step):
    """All profiles of two states on a lattice from which neither gains by moving on it."""
    levels = [np.round(np.arange(0, income + step / 2, step), 10) for income in w]
    table = np.array(
        [[[plain_utility((x, y), i, w, good) for i in (0, 1)] for y in levels[1]] for x in levels[0]]
    )
    best = (table[..., 0] >= table[..., 0].max(axis=0) - 1e-12) & (
        table[..., 1] >= table[..., 1].max(axis=1, keepdims=True) - 1e-12
    )
    return [(float(levels[0][i]), float(levels[1][j])) for i, j in np.argwhere(best)]


class TestOptimum:
    @ALL
    @pytest.mark.parametrize("exclusion", [0.0, 0.3, 0.7, 0.9])
    @pytest.mark.parametrize("congestion", [0.0, 0.8])
    def test_scipy_finds_nothing_better(self, technology, exclusion, congestion):
        w = np.array([5.0, 2.0, 3.0])
        good = Good(technology, exclusion, congestion, taste=0.35, price=1.7, rho=-0.5)
        best = optimum(w, good)
        reached = np.log(best.utility).sum()
        assert good.price * best.total == pytest.approx(0.35 * 10)
        assert best.consumption == pytest.approx(np.full(3, 0.65 * 10 / 3))
        assert best.consumption.sum() + good.price * best.total == pytest.approx(10)
        assert best.transfers.sum() == pytest.approx(0, abs=1e-12)
        e, b = good.parts(3)

        def loss(figures):
            x, g = figures[:3], figures[3:]
            enjoyed = e * g + b * supply(g, technology, -0.5)
            return -(0.65 * np.log(x) + 0.35 * np.log(enjoyed)).sum()

        budget: dict[str, Any] = {"type": "eq", "fun": lambda f: f[:3].sum() + good.price * f[3:].sum() - 10}
        rng = np.random.default_rng(3)
        closest = -np.inf
        for _ in range(3):
            start = np.concatenate([np.full(3, 2.0), rng.uniform(0.05, 1.0, 3)])
            found = scipy.optimize.minimize(
                loss,
                start,
                method="SLSQP",
                bounds=[(1e-6, 10)] * 6,
                constraints=[budget],
                options={"ftol": 1e-12},
            )
            feasible = abs(budget["fun"](found.x)) < 1e-8
            closest = max(closest, -found.fun if feasible else -np.inf)
        assert closest <= reached + 1e-6
        assert closest >= reached - (1e-3 if technology in ("weakest link", "best shot") else 1e-6)

    @given(incomes_of_several, some_good)
    @many
    def test_samuelson_condition(self, w, good):
        # Willingness to pay of all for what one more unit brings them adds up to the price.
        n = len(w)
        best = optimum(w, good)
        e, b = good.parts(n)
        wish = willingness_to_pay(best.consumption, best.enjoyment, good.taste)
        if good.technology == "summation":
            assert e * wish + b * wish.sum() == pytest.approx(np.full(n, good.price))
        elif good.technology == "weaker link":
            assert e * wish + b / n * wish.sum() == pytest.approx(np.full(n, good.price))
        elif good.technology == "weakest link":  # one more unit of the smallest takes one from each
            assert (e + b) * wish.sum() == pytest.approx(n * good.price)
        else:
            h = int(np.argmax(best.contributions))
            assert e * wish[h] + b * wish.sum() == pytest.approx(good.price)
            others = np.delete(np.arange(n), h)
            gives = best.contributions[others] > 1e-12
            assert e * wish[others][gives] == pytest.approx(np.full(gives.sum(), good.price))
            assert (e * wish[others][~gives] <= good.price * (1 + 1e-9)).all()

    def test_willingness_to_pay_is_the_slope_of_an_indifference_curve(self):
        x, enjoyed, taste, h = 3.0, 2.0, 0.3, 1e-6

        def level(private, public):
            return private ** (1 - taste) * public**taste

        paid = (level(x, enjoyed + h) - level(x, enjoyed - h)) / (
            level(x + h, enjoyed) - level(x - h, enjoyed)
        )
        assert willingness_to_pay(x, enjoyed, taste) == pytest.approx(paid, rel=1e-6)
        assert willingness_to_pay([], []).shape == (0,)
        labelled = willingness_to_pay(pd.Series({"A": 1.0, "B": 2.0}), pd.Series({"B": 4.0, "A": 1.0}))
        assert labelled.tolist() == [1.0, 0.5]

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((-1, 1), "Consumption must not be negative"),
            ((1, 0), "Enjoyment must be above zero"),
            ((1, 1, 1), "taste must lie strictly"),
            (([1, 2], [1, 2, 3]), r"do not fit: \(2,\), \(3,\)"),
            ((1e100, 1e-300), "too small beside consumption"),
            ((1, 1, [0.1, 0.2]), "taste must be a single number"),
            (([1, np.nan], 1), "Consumption must be finite"),
        ],
    )
    def test_errors_of_willingness_to_pay(self, arguments, sentence):
        with pytest.raises(MeasureError, match=sentence):
            willingness_to_pay(*arguments)


class TestUndersupply:
    @given(incomes_of_several, some_good)
    @many
    def test_is_equilibrium_against_optimum(self, w, good):
        missing = undersupply(
            good.exclusion,
            good.congestion,
            incomes=w,
            technology=good.technology,
            taste=good.taste,
            rho=good.rho,
        )
        expected = 1 - nash(w, good).total / optimum(w, good).total
        assert missing == pytest.approx(expected, abs=1e-12)
        assert 0 <= missing < 1

    @given(st.integers(1, 30), some_good)
    @many
    def test_formulas_for_equals(self, n, good):
        shared: dict[str, Any] = {"technology": good.technology, "taste": good.taste, "rho": good.rho}
        of_equals = undersupply(good.exclusion, good.congestion, states=n, **shared)
        expected = 1 - nash(np.full(n, 2.5), good).total / optimum(np.full(n, 2.5), good).total
        assert of_equals == pytest.approx(expected, abs=1e-10)

    def test_known_values(self):
        # Pure public good of n equals: G = α W / (α + n (1 - α)) against α W.
        assert undersupply(states=[1, 2, 9]).tolist() == pytest.approx([0, 1 / 3, 0.8])
        assert undersupply(states=9, taste=0.2) == pytest.approx(1 - 1 / (0.2 + 9 * 0.8))
        assert undersupply(states=9, technology="weakest link") == 0.0
        assert undersupply(states=9, technology="best shot") == pytest.approx(8 / 9)
        # The weakest link of unequal states: the poorest sets the level, w₁ over the mean income.
        assert undersupply(incomes=[1, 2, 3], technology="weakest link") == pytest.approx(0.5)
        # The best shot: the income of the richest over the incomes of all.
        assert undersupply(incomes=[1, 2, 3], technology="best shot") == pytest.approx(0.5)

    @ALL
    def test_a_grid_is_its_cells(self, technology):
        e, k = np.linspace(0, 1, 5), np.linspace(0, 2, 4)[:, np.newaxis]
        w = [1.0, 4.0, 2.0, 2.5]
        found = undersupply(e, k, incomes=w, technology=technology, rho=0.3)
        assert found.shape == (4, 5)
        for i, j in np.ndindex(4, 5):
            one = undersupply(float(e[j]), float(k[i, 0]), incomes=w, technology=technology, rho=0.3)
            assert type(one) is float
            assert found[i, j] == pytest.approx(one, abs=1e-12)
        cube = undersupply(e, k, states=np.array([2, 5, 9]).reshape(3, 1, 1), technology=technology)
        assert cube.shape == (3, 4, 5)
        assert cube[1, 2, 3] == pytest.approx(
            undersupply(float(e[3]), float(k[2, 0]), states=5, technology=technology)
        )
        assert undersupply([], 0.0, states=3).shape == (0,)
        assert undersupply([], 0.0, incomes=w).shape == (0,)

    def test_large_grids_are_worked_on_in_parts(self, monkeypatch):
        e, w = np.linspace(0, 1, 50), [1.0, 4.0, 2.0]
        whole = undersupply(e, incomes=w, technology="weaker link")
        monkeypatch.setattr(goods, "_FIGURES", 21)
        assert undersupply(e, incomes=w, technology="weaker link") == pytest.approx(whole, abs=1e-13)

    @ALL
    @pytest.mark.parametrize("congestion", [0.0, 0.5, 2.0])
    def test_exclusion_raises_what_equals_give(self, technology, congestion):
        missing = undersupply(np.linspace(0, 1, 201), congestion, states=12, technology=technology, taste=0.3)
        assert (np.diff(missing) <= 1e-15).all()
        assert missing[-1] == 0.0
        assert missing[0] == 0.0 if technology == "weakest link" else missing[0] > 0.4

    @pytest.mark.parametrize("technology", ["summation", "weakest link", "best shot"])
    @given(w=incomes_of_several, congestion=st.floats(0, 2), taste=st.floats(0.05, 0.95))
    @many
    def test_exclusion_raises_what_unequal_states_give(self, technology, w, congestion, taste):
        missing = undersupply(
            np.linspace(0, 1, 101), congestion, incomes=w, technology=technology, taste=taste
        )
        assert (np.diff(missing) <= 1e-12).all()

    def test_but_not_always_under_a_weaker_link(self):
        # Close to summation, a little exclusion makes the rich give less by more than the poor give more.
        shared: dict[str, Any] = {
            "incomes": [0.51, 1.136],
            "technology": "weaker link",
            "taste": 0.0917,
            "rho": 0.9,
        }
        none, little = undersupply([0.0, 0.02], 0.5, **shared)
        assert little > none + 1e-5
        for e, missing in ((0.0, none), (0.02, little)):
            good = Good("weaker link", e, 0.5, 0.0917, rho=0.9)
            given = nash_by_best_replies([0.51, 1.136], good, tolerance=1e-9)
            assert missing == pytest.approx(1 - given.sum() / (0.0917 * 1.646), abs=2e-6)

    @pytest.mark.parametrize("technology", ["summation", "weaker link", "best shot"])
    def test_congestion(self, technology):
        # Without exclusion it changes no contribution but takes enjoyment; with exclusion the crowded
        # part is worth less beside the own one, and free riding fades.
        k = np.linspace(0, 3, 31)
        assert np.ptp(undersupply(0.0, k, states=10, technology=technology)) <= 1e-15
        assert (np.diff(undersupply(0.6, k, states=10, technology=technology)) < 0).all()
        liked = [np.log(nash(np.ones(10), Good(technology, 0.6, x)).utility).mean() for x in k]
        assert (np.diff(liked) < 0).all()
        liked = [np.log(nash(np.ones(10), Good(technology, 0.0, x)).utility).mean() for x in k]
        # Enjoyment falls with n⁻ᵏ, of which the utility takes the power α = ½.
        assert np.diff(liked) == pytest.approx(np.full(30, -0.05 * np.log(10)))

    @pytest.mark.parametrize("technology", ["summation", "weaker link", "best shot"])
    def test_larger_groups_fail_more(self, technology):
        # Olson's (1965) group size, here with a good whose use is not crowded.
        missing = undersupply(0.1, states=np.arange(1, 194), technology=technology)
        assert (np.diff(missing) > 0).all()
        # A strong congestion turns it round.
        assert (np.diff(undersupply(0.3, 2.0, states=np.arange(5, 194), technology=technology)) < 0).all()

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ({}, "either a number of states or their incomes"),
            ({"states": 2, "incomes": [1, 2]}, "either a number of states or their incomes"),
            ({"states": 0}, "number of states must be a whole number of at least 1"),
            ({"states": 2.5}, "number of states must be a whole number"),
            ({"states": True}, "number of states must be a whole number"),
            ({"states": 10**40}, "at most 1e9"),
            ({"states": 2, "exclusion": [0.1, 1.2]}, "exclusion must lie between 0 and 1, got 1.2"),
            ({"states": 2, "congestion": -0.1}, "congestion must lie"),
            ({"states": 2, "taste": 1.0}, "taste must lie"),
            ({"states": 2, "technology": "sum"}, "technology must be one of"),
            ({"states": 2, "rho": 2}, "rho must be below 1"),
            ({"states": 2, "rho": [0, 0.5]}, "rho must be a single number"),
            ({"states": [2, 3], "exclusion": [0, 0.1, 0.2]}, r"do not fit: \(3,\), \(\), \(\), \(2,\)"),
            ({"incomes": [1, 0]}, "Incomes must be above zero"),
            ({"incomes": []}, "at least one state"),
        ],
    )
    def test_errors(self, arguments, sentence):
        with pytest.raises(MeasureError, match=sentence):
            undersupply(**arguments)


class TestDeviations:
    def test_by_hand(self):
        # Both of two equals give as a best shot 5 of 10: U = √(5 · 5) = 5. Without its own shot a state has
        # √(10 · 5); the gain over the income is (√50 - 5) / 10.
        found = gain_from_deviating([5, 5], [10, 10], Good("best shot"))
        assert found == pytest.approx(np.full(2, (np.sqrt(50) - 5) / 10))

    def test_nobody_gains_alone(self):
        assert gain_from_deviating([2.0], [4.0], Good()) == pytest.approx([0])
        assert gain_from_deviating([1.0], [4.0], Good()) == pytest.approx([(2 - np.sqrt(3)) / 4])

    @pytest.mark.parametrize("points", [1, 2.5, True])
    def test_points(self, points):
        with pytest.raises(MeasureError, match="number of points must be a whole number"):
            gain_from_deviating([1.0], [4.0], Good(), points=points)

    def test_one_row_only(self):
        for measure in (gain_from_deviating, lambda g, w, good: nash_by_best_replies(w, good, start=g)):
            with pytest.raises(MeasureError, match="must be one row"):
                measure([[1.0], [2.0]], [4.0], Good())


class TestBestReplies:
    def test_where_one_starts_decides_between_equilibria(self):
        good = Good("weakest link")
        assert nash_by_best_replies([6, 4], good) == pytest.approx([2, 2], abs=1e-6)
        assert nash_by_best_replies([6, 4], good, start=[0, 0]).tolist() == [0, 0]
        assert nash_by_best_replies([6, 4], good, start=[1, 1]) == pytest.approx([1, 1])
        shot = Good("best shot")
        assert nash_by_best_replies([8, 6], shot, start=[0, 0]) == pytest.approx([4, 0], abs=1e-6)
        assert nash_by_best_replies([6, 8], shot, start=[0, 0]) == pytest.approx([3, 0], abs=1e-6)

    def test_start_is_matched_by_name_and_kept(self):
        w, start = pd.Series({"A": 6.0, "B": 4.0}), pd.Series({"B": 0.5, "A": 1.0})
        found = nash_by_best_replies(w, Good(), start=start)
        assert found == pytest.approx(nash(w, Good()).contributions.to_numpy(), abs=1e-6)
        assert start.to_dict() == {"B": 0.5, "A": 1.0}

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ({"rounds": 0}, "number of rounds must be a whole number"),
            ({"rounds": [1]}, "number of rounds must be a single number"),
            ({"tolerance": 0}, "tolerance must be above zero"),
            ({"tolerance": np.nan}, "tolerance must be finite"),
            ({"tolerance": "a"}, "tolerance must be numbers"),
            ({"rounds": 1}, "not settled after 1 rounds"),
            ({"start": [1]}, "a figure for each of the 2 states"),
        ],
    )
    def test_errors(self, arguments, sentence):
        with pytest.raises(MeasureError, match=sentence):
            nash_by_best_replies([6, 4], Good(), **arguments)


def club_game(m, n, e, k, taste):
    """Utilities of a member and an outsider by alternating best replies, with scipy's search."""
    given = np.full(n, 0.3)

    def enjoyed(g, i):
        group = range(m) if i < m else [i]
        own = sum(g[j] for j in group)
        return e * len(group) ** -k * own + (1 - e) * n**-k * g.sum()

    def level(g, i):
        return (1 - g[i]) ** (1 - taste) * enjoyed(g, i) ** taste

    def search(loss):
        found = scipy.optimize.minimize_scalar(
            loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-12}
        )
        return min((0.0, float(found.x)), key=loss)

    for _ in range(400):
        before = given.copy()
        for i in range(n):

            def loss(x, i=i):
                tried = given.copy()
                tried[i] = x
                members = range(m) if i < m else [i]
                return -sum(np.log(max(level(tried, j), 1e-300)) for j in members)

            given[i] = search(loss)
        if np.abs(given - before).max() < 1e-8:
            break
    return level(given, 0), level(given, n - 1)


class TestClubs:
    @pytest.mark.parametrize(
        ("m", "n", "e", "k", "taste"),
        [
            (2, 4, 0.0, 0.0, 0.5),
            (2, 4, 0.4, 0.5, 0.5),
            (3, 4, 0.7, 0.2, 0.3),
            (3, 5, 0.2, 1.3, 0.7),
            (4, 4, 0.5, 0.6, 0.4),
            (2, 3, 0.9, 1.8, 0.6),
        ],
    )
    def test_gains_by_playing_the_game(self, m, n, e, k, taste):
        stays, _ = club_game(m, n, e, k, taste)
        _, leaves = club_game(m - 1, n, e, k, taste)
        assert gain_from_leaving(m, n, e, k, taste) == pytest.approx(leaves / stays - 1, abs=1e-5)
        assert gain_from_joining(m - 1, n, e, k, taste) == pytest.approx(stays / leaves - 1, abs=1e-5)

    @given(st.integers(2, 12), st.floats(0, 1), st.floats(0, 2), st.floats(0.05, 0.95))
    @many
    def test_a_club_of_one_is_no_club(self, n, e, k, taste):
        alone = nash(np.ones(n), Good("summation", e, k, taste)).utility[0]
        pair = goods._club(np.asarray(1.0), n, np.asarray(e), np.asarray(k), taste)
        assert pair[0] == pytest.approx(alone, rel=1e-9)
        assert pair[1] == pytest.approx(alone, rel=1e-9)

    @given(st.integers(2, 12), st.floats(0, 1), st.floats(0, 0.99), st.floats(0.05, 0.95))
    @many
    def test_a_club_of_all_reaches_the_optimum(self, n, e, k, taste):
        # Inside the club nothing is kept from anyone: enjoyment is G over nᵏ, whatever e is.
        best = optimum(np.ones(n), Good("summation", 0.0, k, taste)).utility[0]
        member, _ = goods._club(np.asarray(float(n)), n, np.asarray(e), np.asarray(k), taste)
        assert member == pytest.approx(best, rel=1e-9)

    def test_least_exclusion_in_closed_form(self):
        # k = 0, and outsiders give nothing: leaving pays until (1 - e)(m - 1) = (1 - α)^((1-α)/α) m.
        for taste in (0.4, 0.5, 0.6):
            for m in (6, 9, 10):
                expected = 1 - (1 - taste) ** ((1 - taste) / taste) * m / (m - 1)
                assert least_exclusion(m, 10, taste=taste) == pytest.approx(expected, abs=1e-9)

    @pytest.mark.parametrize(("m", "k"), [(2, 0.0), (3, 0.5), (7, 0.5), (10, 0.9)])
    def test_least_exclusion_is_a_border(self, m, k):
        share = least_exclusion(m, 10, k)
        assert share is not None
        assert gain_from_leaving(m, 10, share, k) == pytest.approx(0, abs=1e-10)
        assert gain_from_leaving(m, 10, share - 1e-3, k) > 0
        assert (gain_from_leaving(m, 10, np.linspace(share + 1e-9, 1, 5001), k) <= 0).all()

    def test_least_exclusion_at_the_ends(self):
        assert (
            least_exclusion(4, 9, congestion=1.0) == 1.0
        )  # at k = 1 a private club brings nothing, and costs nothing
        assert least_exclusion(4, 9, congestion=1.2) is None
        assert least_exclusion(2, 2, taste=0.2) == 0.0  # two of two have nobody to ride on

    def test_full_exclusion_in_closed_form(self):
        # With e = 1 a member has m^(1-k) times what it has alone, and a utility of m^(α(1-k)) times that.
        for m, k, taste in ((4, 0.3, 0.5), (7, 0.0, 0.2), (3, 1.5, 0.6)):
            # Whoever leaves is alone, and enjoys nothing of the club.
            assert gain_from_leaving(m, 9, 1.0, k, taste) == pytest.approx(m ** -(taste * (1 - k)) - 1)
            member, outsider = goods._club(np.asarray(float(m)), 9, np.asarray(1.0), np.asarray(k), taste)
            assert member / outsider == pytest.approx(m ** (taste * (1 - k)))

    @pytest.mark.parametrize(
        ("e", "k", "expected"), [(0.0, 0.0, [1]), (0.3, 0.1, [2]), (0.35, 0.1, [3]), (0.9, 0.1, [4])]
    )
    def test_stable_sizes_by_playing_the_game(self, e, k, expected):
        levels = {m: club_game(m, 4, e, k, 0.4) for m in range(1, 5)}  # of a member and of an outsider
        holds = [
            m
            for m in levels
            if (m == 1 or levels[m - 1][1] <= levels[m][0]) and (m == 4 or levels[m + 1][0] <= levels[m][1])
        ]
        assert stable_sizes(4, e, k, 0.4) == holds == expected

    def test_without_exclusion_no_club_holds(self):
        assert (gain_from_leaving(np.arange(2, 21), 20) > 0).all()
        assert stable_sizes(20) == [1]

    def test_arrays_of_sizes_and_shares(self):
        found = gain_from_leaving(np.array([2, 5]), 9, np.array([[0.0], [0.5], [1.0]]))
        assert found.shape == (3, 2)
        assert found[1, 1] == pytest.approx(gain_from_leaving(5, 9, 0.5))
        assert type(gain_from_joining(5, 9)) is float

    @pytest.mark.parametrize(
        ("measure", "arguments", "sentence"),
        [
            (gain_from_leaving, (1, 5), "members must lie between 2 and 5"),
            (gain_from_leaving, (6, 5), "members must lie between 2 and 5"),
            (gain_from_leaving, (2.5, 5), "members must be a whole number"),
            (gain_from_joining, (5, 5), "members must lie between 1 and 4"),
            (gain_from_leaving, (2, 1), "number of states must be a whole number of at least 2"),
            (gain_from_leaving, (2, 3.5), "number of states must be a whole number"),
            (gain_from_joining, (2, "a"), "number of states must be numbers"),
            (gain_from_leaving, (2, 5, 1.5), "exclusion must lie"),
            (gain_from_leaving, (2, 5, 0, -1), "congestion must lie"),
            (gain_from_leaving, (2, 5, 0, 0, 0), "taste must lie"),
            (gain_from_leaving, (2, 5, 0, 0, [0.1, 0.2]), "taste must be a single number"),
            (gain_from_leaving, ([2, 3], 5, [0.1, 0.2, 0.3]), "do not fit"),
            (stable_sizes, (1,), "number of states must be a whole number of at least 2"),
            (stable_sizes, (0,), "number of states must be a whole number"),
            (stable_sizes, (5, [0.1, 0.2]), "exclusion must be a single number"),
            (least_exclusion, ([2, 3], 5), "number of members must be a single number"),
            (least_exclusion, (1, 5), "members must lie between 2 and 5"),
        ],
    )
    def test_errors(self, measure, arguments, sentence):
        with pytest.raises(MeasureError, match=sentence):
            measure(*arguments)


class TestOptimalSize:
    @given(st.floats(0, 2), st.floats(0.005, 0.9), st.floats(0.05, 0.95))
    @many
    def test_by_trying_every_size(self, k, burden, taste):
        # The members' own problem for each size: the best common contribution, searched for on a lattice.
        found = optimal_club_size(k, burden, taste)
        sizes = np.arange(1, 1 + int(1 / burden) + 1)
        left = 1 - burden * (sizes - 1)
        sizes, left = sizes[left > 0], left[left > 0]
        given = np.linspace(0.001, 0.999, 999)[:, np.newaxis] * left
        reached = ((left - given) ** (1 - taste) * (sizes * given * sizes ** float(-k)) ** taste).max(axis=0)
        assert reached[int(found) - 1] >= reached.max() * (1 - 1e-5)

    @pytest.mark.parametrize("taste", [0.2, 0.5, 0.8])
    @pytest.mark.parametrize("k", [0.0, 0.35, 0.8])
    def test_the_better_of_two_neighbours(self, k, taste):
        sizes = np.arange(1.0, 1000.0)
        for burden in np.linspace(0.0011, 0.2, 60):
            left = np.maximum(1 - burden * (sizes - 1), 0)
            assert optimal_club_size(k, burden, taste) == sizes[(left * sizes ** (taste * (1 - k))).argmax()]

    def test_ends(self):
        assert optimal_club_size(0.9) == optimal_club_size(0.9, 5e-324) == math.inf
        assert optimal_club_size(1.0) == optimal_club_size(1.0, 0.1) == optimal_club_size(3.0) == 1.0
        assert optimal_club_size(0.0, 0.9) == 1.0
        sizes = [optimal_club_size(k, 0.01) for k in np.linspace(0, 1, 21)]
        assert sizes == sorted(sizes, reverse=True)

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((-0.1,), "congestion must lie"),
            ((0.5, 1.0), "burden must be at least 0 and below 1, got 1"),
            ((0.5, -0.1), "burden must be at least 0"),
            ((0.5, 0.1, 0.0), "taste must lie"),
            (([0.5],), "congestion must be a single number"),
            ((np.nan,), "congestion must be finite"),
        ],
    )
    def test_errors(self, arguments, sentence):
        with pytest.raises(MeasureError, match=sentence):
            optimal_club_size(*arguments)
