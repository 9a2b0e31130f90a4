"""How long tables of a logit and shares of variance take on 193 states × 29 resolutions, beside the usual ways.

Run by hand: ``OPENBLAS_NUM_THREADS=1 .venv/bin/python tests/benchmarks/regression.py``. All are measured in
turn in one run, on made-up votes; the ratios count, for the seconds depend on the machine. All take
well under two seconds on one core but the bootstrap of a mixed model, which fits it anew for each draw:
about 25 ms of processor time a draw if linear, 100 ms for a logit, thus up to two minutes for 999 draws.
"""

import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

from cybergov.measures.regression import estimates, influence, marginal_effects, mixed_shares, predicted

STATES, RESOLUTIONS = 193, 29
ROUNDS = 5
DRAWS = 199  # of the bootstraps

FORMULA = "yes ~ polyarchy + income + C(region)"


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def made_up() -> pd.DataFrame:
    """Votes with intercepts of states and resolutions."""
    rng = np.random.default_rng(1)
    state, resolution = np.divmod(np.arange(STATES * RESOLUTIONS), RESOLUTIONS)
    polyarchy, income = rng.random(STATES), rng.normal(9, 1.3, size=STATES)
    eta = 0.8 - 1.5 * polyarchy[state] + 0.1 * (income[state] - 9)
    eta += rng.normal(size=STATES)[state] + 0.8 * rng.normal(size=RESOLUTIONS)[resolution]
    return pd.DataFrame(
        {
            "state": state,
            "resolution": resolution,
            "polyarchy": polyarchy[state],
            "income": income[state],
            "region": np.array(list("ABCDE"))[state % 5],
            "yes": (rng.random(len(eta)) < 1 / (1 + np.exp(-eta))).astype(int),
            "value": eta + rng.normal(size=len(eta)),
            "all": 1,
        }
    )


def fit(votes: pd.DataFrame) -> Any:
    """Fit the logit with errors clustered by state."""
    return smf.logit(FORMULA, votes).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": votes["state"].to_numpy()}
    )


def refit(votes: pd.DataFrame) -> pd.DataFrame:
    """Draw states anew, and fit and average effects in each draw: the loop that needs no formulas."""
    rng = np.random.default_rng(2)
    rows = np.arange(len(votes)).reshape(STATES, RESOLUTIONS)
    found = []
    for _ in range(DRAWS):
        drawn = votes.iloc[rows[rng.integers(STATES, size=STATES)].ravel()]
        found.append(smf.logit(FORMULA, drawn).fit(disp=0).get_margeff(dummy=True).margeff)
    return pd.DataFrame(found).quantile([0.025, 0.975])


def dense(votes: pd.DataFrame) -> Any:
    """Fit the linear mixed model as statsmodels' documentation has it: one group, two components."""
    components = {"state": "0 + C(state)", "resolution": "0 + C(resolution)"}
    return sm.MixedLM.from_formula(
        "value ~ polyarchy + income", votes, groups="all", vc_formula=components
    ).fit(method="lbfgs")


def bayes(votes: pd.DataFrame) -> Any:
    """Fit the mixed logit by statsmodels' variational approximation."""
    components = {"state": "0 + C(state)", "resolution": "0 + C(resolution)"}
    model = BinomialBayesMixedGLM.from_formula("yes ~ polyarchy + income", components, votes)
    return model.fit_vb()


def main() -> None:
    """Print medians and ratios."""
    votes = made_up()
    levels, regressors = votes[["state", "resolution"]], votes[["polyarchy", "income"]]

    def tables() -> None:
        result = fit(votes)
        estimates(result)
        marginal_effects(result)

    def shares(outcome: str, **options: Any) -> Any:
        return mixed_shares(votes[outcome], levels, regressors, seed=1, **options)

    result = fit(votes)
    ours: dict[str, Callable[[], object]] = {
        "logit, clustered: fit, estimates, marginal effects": tables,
        "  estimates alone": lambda: estimates(result),
        "  marginal effects alone": lambda: marginal_effects(result),
        "  predictions, 5 regions": lambda: predicted(result, at={"region": list("ABCDE")}),
        "  influence of 193 states": lambda: influence(result, votes["state"]),
        "mixed shares, linear, curvature": lambda: shares("value"),
        f"mixed shares, linear, bootstrap of {DRAWS}": lambda: shares(
            "value", intervals="bootstrap", draws=DRAWS
        ),
        "mixed shares, logit, curvature": lambda: shares("yes", family="logit"),
    }
    taken = {name: median(seconds(work) for _ in range(ROUNDS)) for name, work in ours.items()}
    # These take long enough to be measured once.
    with warnings.catch_warnings(action="ignore"):
        loop = seconds(lambda: refit(votes))
        mixed = seconds(lambda: dense(votes))
        variational = seconds(lambda: bayes(votes))
    print(f"{STATES} states × {RESOLUTIONS} resolutions, median of {ROUNDS} rounds")
    for name, time_taken in taken.items():
        print(f"{name:<55} {time_taken:7.3f} s")
    first, linear, logit = (
        taken["logit, clustered: fit, estimates, marginal effects"],
        taken["mixed shares, linear, curvature"],
        taken["mixed shares, logit, curvature"],
    )
    print(f"{f'refitting {DRAWS} draws of states':<55} {loop:7.3f} s, {loop / first:.0f} times ours")
    print(
        f"{'MixedLM, one group, no interval of shares':<55} {mixed:7.3f} s, {mixed / linear:.0f} times ours"
    )
    print(
        f"{'BinomialBayesMixedGLM, variational':<55} {variational:7.3f} s, {variational / logit:.0f} times ours"
    )


if __name__ == "__main__":
    main()
