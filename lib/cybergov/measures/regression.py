"""What a fitted regression says: estimates, marginal effects, breaks in a series, variance by level.

The models are fitted with statsmodels; here is only what it does not say in one line.
"""

import itertools
import re
import warnings
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.linalg
import scipy.optimize
import scipy.sparse
import scipy.special
import scipy.stats

from cybergov.errors import MeasureError
from cybergov.measures.intervals import as_numbers, generator

Missing = Literal["refuse", "report"]
SeriesFamily = Literal["gaussian", "poisson", "negative binomial"]
VotesFamily = Literal["linear", "logit"]
MixedIntervals = Literal["curvature", "bootstrap"]

# Models of statsmodels by their link; the rest name their link themselves (GLM) or are refused.
_LINEAR = ("OLS", "WLS", "GLS", "GLSAR")
_BINARY = ("Logit", "Probit")
_COUNTS = ("Poisson", "NegativeBinomial")

# A direction of separation must move at least one row by this much, in units of the largest regressor.
_SEPARATED = 1e-5

# Mixed models: ratios of variances are sought between these bounds; the lowest counts as no variance.
_LEAST, _MOST = 1e-8, 1e8
_STEEPEST = 1e-3  # largest slope of the deviance, in logarithms of variances, that counts as converged
_SMALL, _FLAT = 1e-3, 1e-6  # ratios worth comparing with none, and by how much the deviance must fall
_STEPS = 200
_STEP = 1e-3  # of the logarithm of a variance, for second derivatives by central differences


class Segmented(NamedTuple):
    """A segmented regression of a series: its estimates, its line and the test of overdispersion."""

    estimates: pd.DataFrame
    line: pd.DataFrame
    overdispersion: float | None
    overdispersion_p: float | None
    alpha: float | None


class MixedShares(NamedTuple):
    """A mixed model: the share of the variance at each level, and the regressors' estimates."""

    shares: pd.DataFrame
    fixed: pd.DataFrame


# --- estimates --------------------------------------------------------------------------------------


def estimates(
    result: Any,
    *,
    exponentiate: bool = False,
    level: float = 0.95,
    names: Mapping[str, str] | None = None,
    missing: Missing = "refuse",
) -> pd.DataFrame:
    """Table of the estimates of a fitted statsmodels model, with what is needed to judge them.

    Estimate b, standard error s and the interval b ± q s, with q the quantile of the normal or the t
    distribution, whichever the result itself uses; exponentiated, exp(b), s exp(b) by the delta method
    and the exponentiated ends. The standard errors are those that the model was fitted with, robust or
    clustered if ``fit(cov_type=...)`` said so.

    Parameters
    ----------
    result : results of a fitted statsmodels model
        OLS, WLS, GLS, Logit, Probit, Poisson, NegativeBinomial or GLM, with k estimates.
    exponentiate : bool, default False
        Whether to give odds ratios (logit) or rate ratios (logarithm as link).
    level : float, default 0.95
        Level of the intervals, strictly between 0 and 1.
    names : mapping, optional
        Words for the variables, for example ``{"gdp": "Income per head"}``.
    missing : {"refuse", "report"}, default "refuse"
        What to do if statsmodels left out rows with missing values when it fitted the model: raise, or
        say how many in ``attrs["dropped"]``.

    Returns
    -------
    DataFrame, shape (k, 6)
        The index holds the parameters' names in the model, the columns are `term` (in words),
        `estimate`, `standard_error`, `low`, `high` and `p`, two-sided, for a coefficient of 0, that is a
        ratio of 1. Its ``attrs`` are `n` (rows), `dropped`, `covariance` (such as "HC1" or
        "clustered"), `clusters` (their number, a list if there are two sets), `distribution`,
        `exponentiated`, `level` and the fit: `r_squared` and `r_squared_adjusted` of linear models,
        `log_likelihood`, `pseudo_r_squared` (McFadden's, 1 - log-likelihood / log-likelihood with a
        constant alone), `aic` and `bic` of the others, `alpha` of the negative binomial.

    Raises
    ------
    MeasureError
        If the model is none of these, did not converge, has collinear regressors, separates its
        outcomes, has a standard error that is zero or not finite, left out rows that were not to be,
        cannot be exponentiated, or if `level` or `names` cannot be used.

    Notes
    -----
    An outcome is separated if a combination of the regressors tells yes from no, or zero from other
    counts, without error in some rows and without contradiction in the others; then no finite estimate
    exists (Albert and Anderson 1984; Correia, Guimarães and Zylkin 2019 for counts). It is found by
    linear programming, because statsmodels may report convergence all the same.

    For models other than the linear ones statsmodels computes HC0 whichever of HC0 to HC3 is asked for;
    the table then says HC0.

    References
    ----------
    Albert, A. and Anderson, J. A. (1984). On the Existence of Maximum Likelihood Estimates in Logistic
    Regression Models. Biometrika 71(1), 1-10.
    Correia, S., Guimarães, P. and Zylkin, T. (2019). Verifying the Existence of Maximum Likelihood
    Estimates for Generalized Linear Models. arXiv:1903.01633.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 5.0], "x": [0, 1, 2, 3]})
    >>> table = estimates(smf.ols("y ~ x", frame).fit(cov_type="HC1"))
    >>> table["term"].tolist(), table["estimate"].round(2).tolist()
    (['Constant', 'x'], [0.9, 1.4])
    >>> table.attrs["covariance"], table.attrs["n"]
    ('HC1', 4)
    """
    quantile = _quantile(result, level)
    dropped = _checked(result, missing)
    if exponentiate and type(_link(result)).__name__ not in ("Logit", "Log"):
        raise MeasureError(
            f"Only estimates of a logit or of a model with the logarithm as link can be exponentiated, "
            f"but the model is {_model_name(result)}."
        )
    columns = _columns(result)
    k = len(columns)
    b, s = np.asarray(result.params, float)[:k], np.asarray(result.bse, float)[:k]
    low, high = b - quantile * s, b + quantile * s
    if exponentiate:
        b, low, high = np.exp(b), np.exp(low), np.exp(high)
        s = s * b
    table = pd.DataFrame(
        {
            "term": [_readable(column, _names(result, names)) for column in columns],
            "estimate": b,
            "standard_error": s,
            "low": low,
            "high": high,
            "p": np.asarray(result.pvalues, float)[:k],
        },
        index=pd.Index(columns, name="parameter"),
    )
    table.attrs = {**_attrs(result, level, dropped), "exponentiated": exponentiate, **_fit(result)}
    return table


def marginal_effects(
    result: Any,
    variables: Sequence[str] | None = None,
    *,
    level: float = 0.95,
    names: Mapping[str, str] | None = None,
    missing: Missing = "refuse",
) -> pd.DataFrame:
    """Average marginal effects, variable by variable, with intervals by the delta method.

    For a number x the mean over the rows of ∂E(y)/∂x; for a variable of 0 and 1, a boolean or a
    category the mean of E(y) with every row set to that value less E(y) with every row set to the
    reference. With J the derivative of the mean by the coefficients, the variance is J V J', V being
    the covariance that the model was fitted with, robust or clustered.

    Parameters
    ----------
    result : results of a fitted statsmodels model
        Linear, Logit, Probit, Poisson, NegativeBinomial or GLM; fitted by a formula or on arrays.
    variables : sequence of str, optional
        Which variables; by default all. Those of a formula are the columns of its data frame, those of
        a model on arrays its columns.
    level : float, default 0.95
        Level of the intervals, strictly between 0 and 1.
    names : mapping, optional
        Words for the variables.
    missing : {"refuse", "report"}, default "refuse"
        As for `estimates`.

    Returns
    -------
    DataFrame
        One row a variable, or a level of a category: `variable`, `term` (in words), `change` ("slope",
        "0 to 1", or "reference to level"), `effect` in the unit of the outcome (a probability, or a
        number of events) per unit of the variable, `standard_error`, `low`, `high` and `p`, two-sided,
        for no effect. ``attrs`` as for `estimates`, without the fit.

    Raises
    ------
    MeasureError
        As `estimates`; if a variable is not in the model; if the model has weights or trials.

    Notes
    -----
    statsmodels' ``get_margeff`` gives the same where every variable is one column of the design. It moves
    columns and not variables, however: with an interaction or a square it moves one column and leaves
    the other, and with three regions it puts a state into two of them. Here the design is built anew
    from the formula. A slope is the derivative by central differences, exact up to rounding where a
    variable enters linearly, in products or squared.

    An effect is a difference between expected values of the model, no causal effect.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> frame = pd.DataFrame({"y": [0, 1, 0, 0, 1, 1], "x": [0, 0, 0, 1, 1, 1]})
    >>> table = marginal_effects(smf.logit("y ~ x", frame).fit(disp=0))
    >>> table["change"].tolist(), table["effect"].round(4).tolist()
    (['0 to 1'], [0.3333])
    """
    quantile = _quantile(result, level)
    dropped = _checked(result, missing)
    link = _link_of_rows(result)
    covariance = _covariance(result)
    b = np.asarray(result.params, float)[: len(covariance)]
    offset = _offset(result)
    known = _variables(result)
    frame = _data(result)
    chosen = known if variables is None else list(variables)
    for variable in chosen:
        if variable not in known:
            raise MeasureError(f"The model has no variable {variable!r}; it has {', '.join(known)}.")
    words = _names(result, names)
    rows = []
    for variable in chosen:
        for term, change, effect, jacobian in _effects(result, frame, variable, b, offset, link, words):
            variance = float(jacobian @ covariance @ jacobian)
            rows.append((variable, term, change, effect, np.sqrt(max(variance, 0.0))))
    table = pd.DataFrame(rows, columns=["variable", "term", "change", "effect", "standard_error"])
    table["low"] = table["effect"] - quantile * table["standard_error"]
    table["high"] = table["effect"] + quantile * table["standard_error"]
    if not (table["standard_error"] > 0).all():
        raise MeasureError(
            f"The effect of {table['variable'][(~(table['standard_error'] > 0)).to_numpy().argmax()]!r} "
            "has no standard error: the outcome does not move with it."
        )
    table["p"] = 2 * _distribution(result).sf((table["effect"] / table["standard_error"]).abs())
    table.attrs = _attrs(result, level, dropped)
    return table


def predicted(
    result: Any,
    frame: pd.DataFrame | None = None,
    *,
    at: Mapping[str, Any] | None = None,
    by: Sequence[str] = (),
    level: float = 0.95,
    missing: Missing = "refuse",
) -> pd.DataFrame:
    """Average predicted probabilities, counts or values of groups, with delta-method intervals.

    For each combination of the values of `at`, every row is given these values and keeps its others;
    the predictions are then averaged over all rows, or over the rows of each group of `by`. With J the
    derivative of the average by the coefficients, its variance is J V J'.

    Parameters
    ----------
    result : results of a fitted statsmodels model
        As for `marginal_effects`.
    frame : DataFrame, shape (n, ...), optional
        The rows to predict for, with the variables of the formula, or the columns of the model, and
        those of `by`; by default the rows that the model was fitted on.
    at : mapping, optional
        Variables and the values to set them to, one value or several.
    by : sequence of str, optional
        Columns of `frame` whose values form the groups.
    level : float, default 0.95
        Level of the intervals, strictly between 0 and 1.
    missing : {"refuse", "report"}, default "refuse"
        As for `estimates`, for the rows left out of the fit. A value missing in `frame` always raises.

    Returns
    -------
    DataFrame
        One row a combination and group: the columns of `at` and of `by`, `rows` (how many were averaged),
        `predicted`, `standard_error`, `low` and `high`. The interval is computed on the scale of the
        logit for probabilities and of the logarithm for counts, so that it stays in their range.
        ``attrs`` as for `marginal_effects`.

    Raises
    ------
    MeasureError
        As `marginal_effects`; if `frame` has no row, lacks a column or a value, or holds a category
        that the model does not know; if a variable of `at` is not in the model, has no value or is in
        `by` as well; if the model has an offset or exposure.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> frame = pd.DataFrame({"y": [0, 1, 0, 0, 1, 1], "x": [0, 0, 0, 1, 1, 1]})
    >>> table = predicted(smf.logit("y ~ x", frame).fit(disp=0), at={"x": [0, 1]})
    >>> table["predicted"].round(4).tolist()
    [0.3333, 0.6667]
    """
    quantile = _quantile(result, level)
    dropped = _checked(result, missing)
    link = _link_of_rows(result)
    if np.any(_offset(result) != 0):
        raise MeasureError(
            "Predictions need a model without offset or exposure: rows of another frame have none."
        )
    covariance = _covariance(result)
    b = np.asarray(result.params, float)[: len(covariance)]
    given = _data(result) if frame is None else frame
    known = _variables(result)
    at = dict(at or {})
    for variable in at:
        if variable not in known:
            raise MeasureError(f"The model has no variable {variable!r} to set; it has {', '.join(known)}.")
    needed = [column for column in known if column not in at] + list(by)
    twice = [column for column in by if column in at]
    if twice:
        raise MeasureError(f"The variable {twice[0]!r} cannot be set and form the groups at once.")
    _check_frame(given, needed)
    values = {variable: _several(value, variable) for variable, value in at.items()}
    if by:
        places = given.groupby(list(by), sort=True, observed=True).indices
        groups = [(key if isinstance(key, tuple) else (key,), place) for key, place in places.items()]
    else:
        groups = [((), np.arange(len(given)))]
    rows = []
    for combination in itertools.product(*values.values()):
        moved = given.assign(**dict(zip(values, combination, strict=True)))
        design = _design(result, moved)
        eta = design @ b
        expected, slope = link.inverse(eta), link.inverse_deriv(eta)[:, np.newaxis] * design
        for key, place in groups:
            jacobian = slope[place].mean(axis=0)
            error = np.sqrt(max(float(jacobian @ covariance @ jacobian), 0.0))
            rows.append((*combination, *key, len(place), float(expected[place].mean()), error))
    columns = [*at, *by, "rows", "predicted", "standard_error"]
    table = pd.DataFrame(rows, columns=columns)
    table["low"], table["high"] = _ends(result, table["predicted"], table["standard_error"], quantile)
    table.attrs = _attrs(result, level, dropped)
    return table


def influence(
    result: Any,
    labels: Any = None,
    *,
    names: Mapping[str, str] | None = None,
    missing: Missing = "refuse",
) -> pd.DataFrame:
    """How far the estimates move when a state, or any other group of rows, is left out.

    With the information matrix H = X'WX, its part H_g from the rows of g and the sum s_g of their
    scores, leaving g out moves the coefficients by -(H - H_g)⁻¹ s_g: exactly so in a linear model, in
    one step of Fisher scoring from the full estimate otherwise (Pregibon 1981). Cook's distance is the
    move's length d'Hd / (φ k), with φ the scale of the full model and k coefficients (Cook 1977);
    DFBETAS is the move of one coefficient, full less without g, over √(φ_g (H⁻¹)ⱼⱼ), where φ_g is
    the scale estimated without g in a linear model and φ otherwise (Belsley, Kuh and Welsch 1980).

    Parameters
    ----------
    result : results of a fitted statsmodels model
        OLS, WLS, GLS, Logit, Probit, Poisson or GLM.
    labels : array_like or Series, shape (n,), optional
        Whom each row of the fit belongs to; rows with the same label are left out together. A Series
        is matched by its index with the rows of the fit. By default every row by its own index.
    names : mapping, optional
        Words for the variables.
    missing : {"refuse", "report"}, default "refuse"
        As for `estimates`.

    Returns
    -------
    DataFrame
        One row a label, the most influential first: the index holds the labels, the columns are
        `rows`, `cooks_distance`, `leverage` (sum over the rows of g, 0 to k) and for each term
        ``dfbetas: term``. Standard errors and scale are the classical ones, whatever the model was
        fitted with, as the definitions have it. ``attrs`` are `n`, `dropped`, `exact` and `threshold`,
        the customary 4 / number of labels for Cook's distance.

    Raises
    ------
    MeasureError
        As `estimates`; if a row has no label; if without some label a coefficient cannot be estimated.

    References
    ----------
    Cook, R. D. (1977). Detection of Influential Observation in Linear Regression. Technometrics 19(1),
    15-18.
    Belsley, D. A., Kuh, E. and Welsch, R. E. (1980). Regression Diagnostics. Wiley.
    Pregibon, D. (1981). Logistic Regression Diagnostics. Annals of Statistics 9(4), 705-724.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> frame = pd.DataFrame({"y": [1.0, 2.0, 3.5, 9.0], "x": [0, 1, 2, 3]}, index=["A", "B", "C", "D"])
    >>> influence(smf.ols("y ~ x", frame).fit()).index[0]
    'D'
    """
    dropped = _checked(result, missing)
    link = _link_of_rows(result)
    if _model_name(result) == "NegativeBinomial":
        raise MeasureError("The influence of rows is not defined here for a negative binomial model.")
    model = result.model
    b = np.asarray(result.params, float)
    n, k = model.exog.shape
    linear = _model_name(result) in _LINEAR
    if linear:
        x = np.asarray(model.wexog, float)
        residual = np.asarray(model.wendog, float) - x @ b
        weight = np.ones(n)
        scale = float(residual @ residual) / (n - k)
    else:
        x = np.asarray(model.exog, float)
        eta = x @ b + _offset(result)
        mean, slope = link.inverse(eta), link.inverse_deriv(eta)
        variance = _variance(result, mean)
        # Scores are x times weight times working residual.
        residual, weight = (np.asarray(model.endog, float) - mean) / slope, slope**2 / variance
        scale = float(result.scale) if _model_name(result) == "GLM" else 1.0
    score = x * (weight * residual)[:, np.newaxis]
    coded, found = _groups(result, labels)
    if len(found) < 2:
        raise MeasureError("Influence needs at least two labels, for one is to be left out.")
    information = (x * weight[:, np.newaxis]).T @ x
    inverse = np.linalg.inv(information)
    order = np.argsort(coded, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(coded, minlength=len(found)))[:-1])
    rows = []
    for label, part in zip(found, parts, strict=True):
        own = (x[part] * weight[part, np.newaxis]).T @ x[part]
        rest = information - own
        if np.linalg.matrix_rank(_scaled(rest)) < k or (linear and n - len(part) <= k):
            raise MeasureError(f"Without {label!r} the coefficients of the model cannot be estimated.")
        without = np.linalg.inv(rest)
        move = without @ score[part].sum(axis=0)  # full less without
        left = scale
        if linear:
            kept = np.delete(residual, part) + np.delete(x, part, axis=0) @ move
            left = float(kept @ kept) / (n - len(part) - k)
        spread = np.sqrt(left * np.diag(inverse))
        rows.append(
            (
                len(part),
                float(move @ information @ move) / (scale * k),
                np.trace(inverse @ own),
                *(move / spread),
            )
        )
    words = _names(result, names)
    terms = [f"dfbetas: {_readable(column, words)}" for column in _columns(result)]
    table = pd.DataFrame(
        rows,
        columns=["rows", "cooks_distance", "leverage", *terms],
        index=pd.Index(found, name="label"),
    ).sort_values("cooks_distance", ascending=False, kind="stable")
    table.attrs = {"n": n, "dropped": dropped, "exact": linear, "threshold": 4 / len(found)}
    return table


# --- series -----------------------------------------------------------------------------------------


def segmented(
    values: npt.ArrayLike,
    years: npt.ArrayLike,
    breaks: Sequence[int],
    family: SeriesFamily = "gaussian",
    *,
    lags: int | None = None,
    level: float = 0.95,
) -> Segmented:
    """Segmented regression of a yearly series: changes of its level and slope at given years.

    With the years t counted from the first and the breaks c₁ < c₂ < ..., the linear predictor is
    a + b t + Σⱼ [dⱼ + eⱼ (t - cⱼ)] 1(t ≥ cⱼ): dⱼ is the change of the level at the break, against the
    line before it continued to that year, and eⱼ the change of the slope (Wagner et al. 2002). It is
    the mean itself for "gaussian" (least squares), its logarithm for the two families of counts. The
    negative binomial has the variance μ + α μ², with α estimated. Standard errors are robust to
    heteroskedasticity and autocorrelation (Newey and West 1987, Bartlett weights, variance times
    t / (t - k) for the short series).

    Parameters
    ----------
    values : array_like, shape (t,)
        The figure of each year; for the families of counts whole numbers of at least 0. A Series whose
        index holds the years is matched with them.
    years : array_like of whole years, shape (t,)
        Consecutive years in rising order.
    breaks : sequence of int
        First years of the new segments, in rising order; each segment must have at least three years.
    family : {"gaussian", "poisson", "negative binomial"}, default "gaussian"
        Distribution of the figures.
    lags : int, optional
        Number of lags that the standard errors take in, 0 to t - 1. By default ⌊4 (t / 100)^(2/9)⌋.
    level : float, default 0.95
        Level of the intervals, strictly between 0 and 1.

    Returns
    -------
    Segmented
        `estimates` has a row for the slope before the first break and for each break's "level change",
        "slope change" and the "slope" from it on, in the columns `term`, `kind`, `year`, `estimate`,
        `standard_error`, `low`, `high` and `p`; in the unit of the values, for counts as rate ratios
        (1 is no change). `line` has a row a year: `year`, `value`, `segment` (from 1), `fitted`, `low`
        and `high`, the interval of the mean. `overdispersion` and `overdispersion_p` (one-sided) are
        Cameron and Trivedi's (1990) t of the variance μ + α μ² against the Poisson's, None for
        "gaussian"; `alpha` is the negative binomial's.

    Raises
    ------
    MeasureError
        If years have gaps, a segment has fewer than three, a figure is not finite or no count, the
        series is constant or fitted without error, a segment holds zeros only, the counts are not
        overdispersed enough for a negative binomial, or `family`, `lags` or `level` cannot be used.

    Notes
    -----
    The regression describes a series; it does not say what moved it. Whatever else changed in the
    same years, reporting above all, is in the same coefficient, and breaks chosen after a look at the
    series have smaller p-values than they deserve.

    References
    ----------
    Wagner, A. K., Soumerai, S. B., Zhang, F. and Ross-Degnan, D. (2002). Segmented Regression Analysis
    of Interrupted Time Series Studies in Medication Use Research. Journal of Clinical Pharmacy and
    Therapeutics 27(4), 299-309.
    Newey, W. K. and West, K. D. (1987). A Simple, Positive Semi-Definite, Heteroskedasticity and
    Autocorrelation Consistent Covariance Matrix. Econometrica 55(3), 703-708.
    Cameron, A. C. and Trivedi, P. K. (1990). Regression-Based Tests for Overdispersion in the Poisson
    Model. Journal of Econometrics 46(3), 347-364.

    Examples
    --------
    >>> found = segmented([1, 2, 3, 5, 9, 10, 12, 13.5], range(2001, 2009), breaks=[2005])
    >>> found.estimates["term"].tolist()
    ['Slope to 2004', 'Level change in 2005', 'Slope change in 2005', 'Slope from 2005']
    >>> found.estimates["estimate"].round(2).tolist()
    [1.3, 2.8, 0.25, 1.55]
    """
    import statsmodels.api as sm

    _check_level(level)
    if family not in ("gaussian", "poisson", "negative binomial"):
        raise MeasureError(
            f"The family must be 'gaussian', 'poisson' or 'negative binomial', got {family!r}."
        )
    window, figures = _series(values, years)
    starts = _starts(breaks, window)
    t = len(window)
    if lags is None:
        lags = int(np.floor(4 * (t / 100) ** (2 / 9)))
    if isinstance(lags, bool) or not isinstance(lags, int | np.integer) or not 0 <= lags < t:
        raise MeasureError(f"The number of lags must be a whole number from 0 to {t - 1}, got {lags!r}.")
    if np.ptp(figures) == 0:
        raise MeasureError("A segmented regression needs a series that varies, but all its values are equal.")
    counts = family != "gaussian"
    if counts and ((figures < 0).any() or (figures != np.rint(figures)).any()):
        raise MeasureError("Counts must be whole numbers of at least 0.")
    design = np.column_stack(
        [np.ones(t), window - window[0]]
        + [column for c in starts for column in (window >= c, np.where(window >= c, window - c, 0))]
    ).astype(float)
    columns = ["const", "slope"] + [f"{what}{c}" for c in starts for what in ("level", "slope")]
    exog = pd.DataFrame(design, columns=columns)
    how = {"cov_type": "HAC", "cov_kwds": {"maxlags": int(lags), "use_correction": True}}
    overdispersion = overdispersion_p = alpha = None
    if counts:
        for first, last in itertools.pairwise([window[0], *starts, window[-1] + 1]):
            if figures[(window >= first) & (window < last)].sum() == 0:
                raise MeasureError(
                    f"A segment must have counts above zero, but {first} to {last - 1} has none."
                )
        with warnings.catch_warnings(action="ignore"):  # what did not converge raises below
            poisson = sm.Poisson(figures, exog).fit(disp=0, maxiter=_STEPS, **how)
        _checked(poisson, "refuse")
        overdispersion, overdispersion_p = _overdispersion(poisson)
        result = poisson
        if family == "negative binomial":
            with warnings.catch_warnings(action="ignore"):
                result = sm.NegativeBinomial(figures, exog).fit(
                    start_params=[*poisson.params, 0.1], method="bfgs", disp=0, maxiter=10 * _STEPS, **how
                )
            alpha = float(np.asarray(result.params)[-1])
            if not result.mle_retvals["converged"] or not alpha > 1e-6:
                raise MeasureError(
                    "The negative binomial cannot be estimated: "
                    "the counts are not more dispersed than the Poisson distribution has it."
                )
    else:
        result = sm.OLS(figures, exog).fit(**how)
    # Rounding errors have no variance that would mean anything.
    if np.abs(figures - result.predict()).max() <= 1e-8 * np.ptp(figures):
        raise MeasureError("The line runs through every value: nothing is left to estimate an error from.")
    _checked(result, "refuse")
    quantile, covariance = _quantile(result, level), _covariance(result)
    b = np.asarray(result.params, float)[: len(columns)]
    labelled: list[tuple[str, str, int, npt.NDArray[np.float64]]] = []
    unit = np.eye(len(columns))
    labelled.append((f"Slope to {starts[0] - 1}", "slope", int(window[0]), unit[1]))
    slope = unit[1]
    for j, c in enumerate(starts):
        end = f" to {starts[j + 1] - 1}" if j + 1 < len(starts) else ""
        slope = slope + unit[3 + 2 * j]
        labelled += [
            (f"Level change in {c}", "level change", int(c), unit[2 + 2 * j]),
            (f"Slope change in {c}", "slope change", int(c), unit[3 + 2 * j]),
            (f"Slope from {c}{end}", "slope", int(c), slope),
        ]
    weights = np.array([row[3] for row in labelled])
    change = weights @ b
    error = np.sqrt(np.einsum("ij,jk,ik->i", weights, covariance, weights))
    ends = change - quantile * error, change + quantile * error
    p = 2 * scipy.stats.norm.sf(np.abs(change / error))
    eta = design @ b
    spread = quantile * np.sqrt(np.einsum("ij,jk,ik->i", design, covariance, design))
    fitted = eta, eta - spread, eta + spread
    if counts:
        change, ends, fitted = np.exp(change), tuple(map(np.exp, ends)), tuple(map(np.exp, fitted))
        error = error * change
    table = pd.DataFrame([row[:3] for row in labelled], columns=["term", "kind", "year"]).assign(
        estimate=change, standard_error=error, low=ends[0], high=ends[1], p=p
    )
    table.attrs = {
        "n": t,
        "family": family,
        "covariance": "HAC",
        "lags": int(lags),
        "level": level,
        "exponentiated": counts,
        **_fit(result),
    }
    segment = 1 + (window[:, np.newaxis] >= np.array(starts)).sum(axis=1)
    line = pd.DataFrame(
        {
            "year": window,
            "value": figures,
            "segment": segment,
            "fitted": fitted[0],
            "low": fitted[1],
            "high": fitted[2],
        }
    )
    return Segmented(table, line, overdispersion, overdispersion_p, alpha)


# --- variance by level ------------------------------------------------------------------------------


def mixed_shares(
    values: npt.ArrayLike,
    levels: Any,
    regressors: Any = None,
    *,
    family: VotesFamily = "linear",
    intervals: MixedIntervals = "curvature",
    draws: int = 999,
    seed: int,
    level: float = 0.95,
) -> MixedShares:
    """Shares of the variance at each level of a mixed model with crossed random intercepts.

    y or, for "logit", the log odds of y = 1 are X b + Σ u of the row's group at each level, with u
    normal and independent, of the variance σₖ² at level k. The share of level k is σₖ² / Σ σ², where
    the sum has the residual variance in it: estimated for "linear", π² / 3 for "logit", the variance of
    the standard logistic distribution (Goldstein, Browne and Rasbash 2002). Variances are those of
    highest restricted likelihood (REML), for the logit in Laplace's approximation over coefficients
    and intercepts.

    Parameters
    ----------
    values : array_like or Series, shape (n,)
        The outcome; for "logit" 0 and 1. Zeros and ones with "linear" are a linear probability model.
    levels : DataFrame or mapping of array_like, shape (n, m)
        Group of each row at each level, for example its state and its resolution. The levels may be
        crossed or nested, complete or not. If they and the outcome have labels, they are matched by these.
    regressors : DataFrame, shape (n, k), optional
        Numbers; a constant is added. Shares are then of the variance that the regressors leave.
    family : {"linear", "logit"}, default "linear"
        The model.
    intervals : {"curvature", "bootstrap"}, default "curvature"
        "curvature" draws the logarithms of the variances from the normal distribution with the
        covariance that the likelihood's curvature gives. "bootstrap" draws new outcomes from the fitted
        model and fits each: slower, the only one defined if a variance is estimated as zero.
    draws : int, default 999
        Number of draws for the intervals.
    seed : int
        Seed of the random numbers.
    level : float, default 0.95
        Level of the intervals, strictly between 0 and 1.

    Returns
    -------
    MixedShares
        `shares` has a row a level and one for the residual: `level`, `groups` (their number, for the
        residual that of the rows), `variance`, `share` (0 to 1, adding up to 1), `low` and `high`, the
        percentile interval of the share. `fixed` has a row for the constant and each regressor: `term`,
        `estimate`, `standard_error`, `low`, `high` and `p`, from the normal distribution. ``attrs`` of
        both: `n`, `family`, `intervals`, `draws`, `seed`, `level` and `restricted_log_likelihood`.

    Raises
    ------
    MeasureError
        If a figure or group is missing, lengths or labels differ, an outcome is constant or for "logit"
        not 0 or 1, regressors are collinear, a level has a single group, a group for every row or the
        groups of another level, the fit does not converge or separates the outcome, a variance is zero
        with "curvature", or `family`, `intervals`, `draws`, `seed` or `level` cannot be used.

    Notes
    -----
    Restricted likelihood integrates over the coefficients as well as the intercepts, both in one
    approximation (Maestrini, Hui and Welsh 2024). The coefficients of the logit are those of the joint
    mode, as ``glmer(nAGQ=0)`` of R's lme4 has them, and a little nearer to zero than its default. With
    few rows a group Laplace's approximation makes the variances of the logit somewhat too small.

    statsmodels' MixedLM gives the same variances, but needs a dense matrix of rows by groups. For the
    logit statsmodels has only BinomialBayesMixedGLM, with a prior on the variances and no likelihood:
    ``fit_vb`` comes to nearly the same variances, while ``fit_map`` takes the joint mode of variances
    and intercepts, where the variances are far too small.

    A share is of variance, not of importance: it depends on which states and resolutions are in the data.

    References
    ----------
    Goldstein, H., Browne, W. and Rasbash, J. (2002). Partitioning Variation in Multilevel Models.
    Understanding Statistics 1(4), 223-231.
    Maestrini, L., Hui, F. K. C. and Welsh, A. H. (2024). Restricted Maximum Likelihood Estimation in
    Generalized Linear Mixed Models. arXiv:2402.12719.

    Examples
    --------
    >>> found = mixed_shares(
    ...     [1, 2, 2, 5, 6, 6, 8, 9, 10], {"state": ["A"] * 3 + ["B"] * 3 + ["C"] * 3}, seed=1
    ... )
    >>> found.shares["share"].round(3).tolist()
    [0.96, 0.04]
    """
    if family not in ("linear", "logit"):
        raise MeasureError(f"The family must be 'linear' or 'logit', got {family!r}.")
    if intervals not in ("curvature", "bootstrap"):
        raise MeasureError(f"Intervals must be 'curvature' or 'bootstrap', got {intervals!r}.")
    _check_level(level)
    rng = generator(draws, seed)
    y, codes, sizes, labels, x, terms = _mixed_data(values, levels, regressors, family)
    design = _Crossed(codes, sizes, x)
    model = _LinearMixed if family == "linear" else _LogitMixed
    fit = model(design, y)
    best = _highest(fit, np.zeros(len(sizes)))
    variances, b, covariance = fit.solution(best)
    zero = np.exp(best) <= 10 * _LEAST
    n = len(y)
    if intervals == "curvature":
        if zero.any():
            raise MeasureError(
                f"The variance of the level {labels[int(zero.argmax())]!r} is estimated as zero, "
                "where the likelihood has no curvature to use: take the bootstrap for the intervals."
            )
        logarithms = rng.multivariate_normal(best, _curvature(fit, best), size=int(draws), method="cholesky")
        drawn = np.column_stack([np.exp(logarithms), np.full(int(draws), fit.residual)])
    else:
        drawn = np.empty((int(draws), len(sizes) + 1))
        root = np.sqrt(np.where(np.append(zero, False), 0.0, variances))
        for i in range(int(draws)):
            eta = x @ b
            for code, size, deviation in zip(codes, sizes, root[:-1], strict=True):
                eta = eta + deviation * rng.standard_normal(size)[code]
            if family == "linear":
                new = eta + root[-1] * rng.standard_normal(n)
            else:
                new = (rng.random(n) < scipy.special.expit(eta)).astype(float)
            drawn[i] = [*np.exp(_highest(model(design, new), best)), fit.residual]
    # The least ratio stands for no variance at all.
    drawn = np.where(drawn <= 10 * _LEAST * drawn[:, -1:], 0.0, drawn)
    variances = np.where(variances <= 10 * _LEAST * variances[-1], 0.0, variances)
    of_draws = drawn / drawn.sum(axis=1, keepdims=True)
    low, high = np.quantile(of_draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    shares = pd.DataFrame(
        {
            "level": [*labels, "residual"],
            "groups": [*sizes, n],
            "variance": variances,
            "share": variances / variances.sum(),
            "low": low,
            "high": high,
        }
    )
    error = np.sqrt(np.diag(covariance))
    quantile = scipy.stats.norm.ppf((1 + level) / 2)
    fixed = pd.DataFrame(
        {
            "term": terms,
            "estimate": b,
            "standard_error": error,
            "low": b - quantile * error,
            "high": b + quantile * error,
            "p": 2 * scipy.stats.norm.sf(np.abs(b / error)),
        }
    )
    attrs: dict[Hashable, Any] = {
        "n": n,
        "family": family,
        "intervals": intervals,
        "draws": int(draws),
        "seed": int(seed),
        "level": level,
        "restricted_log_likelihood": -0.5 * fit(best)[0],
    }
    shares.attrs, fixed.attrs = {**attrs}, {**attrs}
    return MixedShares(shares, fixed)


class _Crossed:
    """Columns of a mixed model: indicators of the groups at each level, then the regressors.

    The intercepts v are in units of their standard deviations, so that their prior precision is 1;
    the regressors' coefficients have none, which makes the likelihood the restricted one. Regressors
    are standardised, the constant first: `back` brings coefficients to their units, `units` the deviance.
    """

    def __init__(self, codes: list[Any], sizes: list[int], x: npt.NDArray[np.float64]) -> None:
        n, k = x.shape
        mean = np.append(0.0, x[:, 1:].mean(axis=0))
        deviation = np.append(1.0, x[:, 1:].std(axis=0))
        x = (x - mean) / deviation
        self.back = np.diag(1 / deviation)
        self.back[0] -= mean / deviation
        self.units = 2 * float(np.log(deviation).sum())
        # Each row of M has one group a level and all regressors; `pairs` holds the products of any two.
        total = sum(sizes) + k
        groups = np.column_stack(codes) + np.cumsum([0, *sizes[:-1]])
        place = np.hstack([groups, np.tile(np.arange(total - k, total), (n, 1))])
        figure = np.hstack([np.ones((n, len(sizes))), x])
        both = (place[:, :, np.newaxis] * total + place[:, np.newaxis]).reshape(n, -1)
        product = (figure[:, :, np.newaxis] * figure[:, np.newaxis]).reshape(n, -1)
        self.columns, pairs = (
            scipy.sparse.csr_array((data.ravel(), at.ravel(), np.arange(n + 1) * at.shape[1]), (n, size))
            for data, at, size in ((figure, place, total), (product, both, total**2))
        )
        self.turned, self.pairs, self.turned_pairs = self.columns.T.tocsr(), pairs, pairs.T.tocsr()
        self.sizes, self.k = np.array(sizes), k
        self.level = np.repeat(np.arange(len(sizes)), sizes)
        self.prior = np.append(np.ones(len(self.level)), np.zeros(k))
        self.plain = self.gram(np.ones(n))

    def scale(self, logarithms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Give the standard deviation of each intercept, and 1 for each coefficient."""
        return np.append(np.exp(logarithms / 2)[self.level], np.ones(self.k))

    def gram(self, weight: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Give M'WM for the columns M."""
        return np.asarray(self.turned_pairs @ weight).reshape(len(self.prior), -1)

    def precision(self, gram: Any, scale: Any) -> tuple[Any, float]:
        """Return the Cholesky factor of S M'WM S + prior, and the logarithm of its determinant."""
        factor = scipy.linalg.cho_factor(scale[:, np.newaxis] * gram * scale + np.diag(self.prior))
        return factor, 2 * float(np.log(np.diag(factor[0])).sum())

    def inverse(self, factor: Any) -> npt.NDArray[np.float64]:
        upper = np.triu(scipy.linalg.lapack.dpotri(factor[0])[0])
        return np.asarray(upper + np.triu(upper, 1).T)

    def by_level(self, figures: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Sum the intercepts' figures, level by level."""
        return np.bincount(self.level, figures[: len(self.level)]).astype(float)


class _LinearMixed:
    """Restricted deviance of a linear mixed model by the logarithms of variances over the residual's."""

    residual = 1.0
    boundless = "The levels leave no residual variance: shares of the variance are not defined."

    def __init__(self, design: _Crossed, y: npt.NDArray[np.float64]) -> None:
        self.design, self.centre = design, y.mean()
        self.right = design.turned @ (y - self.centre)
        self.own = float(((y - self.centre) ** 2).sum())
        self.free = len(y) - design.k

    def __call__(self, logarithms: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        """Return minus twice the restricted log-likelihood and its gradient."""
        inverse, logdet, v, rest = self._solved(logarithms)
        deviance = logdet + self.design.units + self.free * (1 + np.log(2 * np.pi * rest / self.free))
        by_level = self.design.by_level
        slope = self.design.sizes - by_level(np.diag(inverse)) - self.free * by_level(v**2) / rest
        return float(deviance), slope

    def solution(self, logarithms: npt.NDArray[np.float64]) -> tuple[Any, Any, Any]:
        """Return the variances with the residual's last, the coefficients and their covariance."""
        inverse, _, v, rest = self._solved(logarithms)
        k, back = self.design.k, self.design.back
        b = back @ v[-k:]
        b[0] += self.centre
        scale = rest / self.free
        return scale * np.append(np.exp(logarithms), 1.0), b, scale * back @ inverse[-k:, -k:] @ back.T

    def _solved(self, logarithms: npt.NDArray[np.float64]) -> tuple[Any, float, Any, float]:
        scale = self.design.scale(logarithms)
        factor, logdet = self.design.precision(self.design.plain, scale)
        inverse, right = self.design.inverse(factor), scale * self.right
        v = inverse @ right
        rest = float(self.own - right @ v)
        if not rest > 1e-10 * self.own:
            raise MeasureError(self.boundless)
        return inverse, logdet, v, rest


class _LogitMixed:
    """Laplace's approximation of the restricted deviance of a mixed logit, by logarithms of variances."""

    residual = np.pi**2 / 3
    boundless = "The levels all but separate the outcome: their variance has no finite estimate."

    def __init__(self, design: _Crossed, y: npt.NDArray[np.float64]) -> None:
        self.design, self.y = design, y
        self.start = np.zeros(len(design.prior))  # the last mode, in units of the log odds
        self.start[-design.k] = scipy.special.logit((y.sum() + 0.5) / (len(y) + 1))

    def __call__(self, logarithms: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        """Return minus twice the restricted log-likelihood and its gradient.

        The gradient has three parts: of the height of the mode, of the determinant with the weights as
        they are, and of the weights, which move with the mode.
        """
        design = self.design
        scale, v, mean, height, factor, logdet = self._mode(logarithms)
        inverse = design.inverse(factor)
        spread = scale[:, np.newaxis] * inverse * scale
        variance = design.pairs @ spread.ravel()  # of each row's log odds
        pull = variance * mean * (1 - mean) * (1 - 2 * mean)
        moved = inverse @ (scale * (design.turned @ pull))
        by_level = design.by_level
        slope = design.sizes - by_level(np.diag(inverse)) - by_level(v**2) + by_level(v * moved)
        return -2 * height + logdet + design.units - design.k * np.log(2 * np.pi), slope

    def solution(self, logarithms: npt.NDArray[np.float64]) -> tuple[Any, Any, Any]:
        """Return the variances with the residual's last, the coefficients and their covariance."""
        _, v, _, _, factor, _ = self._mode(logarithms)
        k, back = self.design.k, self.design.back
        covariance = back @ self.design.inverse(factor)[-k:, -k:] @ back.T
        return np.append(np.exp(logarithms), self.residual), back @ v[-k:], covariance

    def _mode(self, logarithms: npt.NDArray[np.float64]) -> tuple[Any, ...]:
        """Find the most probable intercepts and coefficients by Newton's method."""
        design, scale = self.design, self.design.scale(logarithms)
        v = self.start / scale
        mean, height = self._height(v, scale)
        for _ in range(_STEPS):
            factor, logdet = design.precision(design.gram(mean * (1 - mean)), scale)
            move = scipy.linalg.cho_solve(
                factor, scale * (design.turned @ (self.y - mean)) - design.prior * v
            )
            if np.abs(move).max() < 1e-8:
                self.start = v * scale
                return scale, v, mean, height, factor, logdet
            size = 1.0
            while True:
                new_mean, new = self._height(v + size * move, scale)
                if new >= height - 1e-12 * abs(height) or size < 1e-6:
                    break
                size /= 2
            v, mean, height = v + size * move, new_mean, new
        raise MeasureError("The mixed logit cannot be estimated: its coefficients do not converge.")

    def _height(self, v: Any, scale: Any) -> tuple[Any, float]:
        """Return the probabilities and the logarithm of the joint density of outcomes and intercepts."""
        eta = self.design.columns @ (scale * v)
        height = (self.y * eta - np.logaddexp(0, eta)).sum() - 0.5 * (self.design.prior * v) @ v
        return scipy.special.expit(eta), float(height)


def _highest(fit: Any, start: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Find the logarithms of variances with the highest restricted likelihood."""
    low, high = np.log(_LEAST), np.log(_MOST)
    found = scipy.optimize.minimize(
        fit,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(low, high)] * len(start),
        options={"ftol": 1e-15, "gtol": _STEEPEST / 100, "maxiter": _STEPS, "maxfun": _STEPS},
    )
    best, deviance, slope = np.asarray(found.x), found.fun, np.asarray(found.jac)
    inside = (best > np.log(_SMALL)) & (best < high - 2)
    if inside.all() and (np.abs(slope) > _STEEPEST).any():
        # Where the levels nearly separate the outcome, the deviance is uneven in its last digits and the
        # search stops short; its slope is smooth and still leads to the peak.
        root = scipy.optimize.root(lambda x: fit(x)[1], best)
        if np.abs(root.x - best).max() < 1:
            best, (deviance, slope) = np.asarray(root.x), fit(root.x)
    # Towards zero the likelihood is flat in the logarithm: a variance that is no better than none is none.
    for k in np.flatnonzero(best < np.log(_SMALL)):
        without = np.where(np.arange(len(best)) == k, low, best)
        if fit(without)[0] <= deviance + _FLAT:
            best = without
    if (best >= high - 2).any():
        raise MeasureError(fit.boundless)
    if (np.abs(slope[best > low]) > _STEEPEST).any():
        raise MeasureError("The mixed model cannot be estimated: its variances do not converge.")
    return best


def _curvature(fit: Any, best: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Covariance of the logarithms of variances: the inverse of half the deviance's second derivative."""
    m = len(best)
    second = np.empty((m, m))
    for k, step in enumerate(np.eye(m) * _STEP):
        second[k] = (fit(best + step)[1] - fit(best - step)[1]) / (2 * _STEP)
    second = (second + second.T) / 4
    if not (np.linalg.eigvalsh(second) > 0).all():
        raise MeasureError(
            "The likelihood of the variances has no peak: take the bootstrap for the intervals."
        )
    return np.asarray(np.linalg.inv(second))


def _mixed_data(values: Any, levels: Any, regressors: Any, family: str) -> tuple[Any, ...]:
    """Return outcome, codes, sizes and names of the levels, the design and its terms, after all checks."""
    labelled = isinstance(values, pd.Series)
    if isinstance(levels, pd.DataFrame):
        groups = levels
    elif isinstance(levels, Mapping):
        if len({len(given) for given in levels.values()}) > 1:
            raise MeasureError("Every level must have a group for each row, but their lengths differ.")
        groups = pd.DataFrame(levels)  # Series are matched with each other by their labels
        if labelled and not any(isinstance(given, pd.Series) for given in levels.values()):
            groups.index = values.index if len(values) == len(groups) else groups.index
    else:
        raise MeasureError("Levels must be a data frame or a mapping, each level with its name.")
    if groups.shape[1] == 0:
        raise MeasureError("A mixed model needs at least one level.")
    if not groups.columns.is_unique:
        raise MeasureError("Each level needs a name of its own, but one repeats.")
    others = regressors if isinstance(regressors, pd.DataFrame) else None
    if regressors is not None and others is None:
        raise MeasureError("Regressors must be a data frame, a column each.")
    if labelled:
        groups = _rows_like(groups, values.index, "levels")
    if others is not None:
        others = _rows_like(others, groups.index, "regressors")
    y = as_numbers(values, "The outcome")
    if y.ndim != 1 or len(y) != len(groups):
        raise MeasureError(
            f"Every row needs an outcome and its groups, got {y.size} and {len(groups)} of them."
        )
    n = len(y)
    if n == 0 or np.ptp(y) == 0:
        raise MeasureError(
            "The outcome of a mixed model must vary, but all its values are equal or there is none."
        )
    if family == "logit" and not np.isin(y, (0, 1)).all():
        raise MeasureError("The outcome of a mixed logit must be 0 or 1.")
    codes, sizes, labels = [], [], [str(name) for name in groups.columns]
    for name in groups.columns:
        if groups[name].isna().any():
            raise MeasureError(f"Every row needs a group, but the level {name!r} has an empty cell.")
        code, found = pd.factorize(groups[name], sort=True)
        if len(found) < 2 or len(found) == n:
            raise MeasureError(
                f"A level must have at least two groups and fewer than rows, "
                f"but {name!r} has {len(found)} for {n} rows."
            )
        if family == "logit" and np.isin(np.bincount(code, y) / np.bincount(code), (0, 1)).all():
            raise MeasureError(
                f"Each group of the level {name!r} holds zeros only or ones only: "
                "its variance has no finite estimate."
            )
        codes.append(code)
        sizes.append(len(found))
    for i, j in itertools.combinations(range(len(codes)), 2):
        pairs = len(np.unique(codes[i] * sizes[j] + codes[j]))
        if pairs == sizes[i] == sizes[j]:
            raise MeasureError(f"The levels {labels[i]!r} and {labels[j]!r} have the same groups.")
    x = np.ones((n, 1))
    terms = ["Constant"]
    if others is not None:
        terms += [str(column) for column in others.columns]
        x = np.column_stack(
            [x] + [as_numbers(others[column], f"The regressor {column!r}") for column in others]
        )
    if np.linalg.matrix_rank(_scaled(x)) < x.shape[1] or n <= x.shape[1] + 1:
        raise MeasureError("The regressors and the constant are collinear, or too many for the rows.")
    if family == "logit":
        _refuse_separated(y, x, terms, binary=True)
    return y, codes, sizes, labels, x, terms


def _rows_like(frame: pd.DataFrame, index: "pd.Index[Any]", what: str) -> pd.DataFrame:
    if frame.index.equals(index):
        return frame
    if frame.index.has_duplicates or index.has_duplicates or len(frame.index.symmetric_difference(index)):
        raise MeasureError(f"The rows of the {what} must carry the same labels as the outcome's, each once.")
    return frame.loc[index]


# --- what a fitted model is -------------------------------------------------------------------------


def _model_name(result: Any) -> str:
    model = getattr(result, "model", None)
    name = type(model).__name__
    if name not in (*_LINEAR, *_BINARY, *_COUNTS, "GLM"):
        known = ", ".join((*_LINEAR, *_BINARY, *_COUNTS, "GLM"))
        raise MeasureError(f"The model must be a fitted one of {known}, got {name}.")
    return name


def _link(result: Any) -> Any:
    """Return the link of the model, with its inverse and the inverse's derivatives."""
    from statsmodels.genmod.families import links

    name = _model_name(result)
    if name == "GLM":
        return result.model.family.link
    kinds = {"Logit": links.Logit, "Probit": links.Probit}
    return (links.Identity if name in _LINEAR else kinds.get(name, links.Log))()


def _link_of_rows(result: Any) -> Any:
    """Return the link of a model in which each row counts once."""
    for what in ("freq_weights", "var_weights", "n_trials"):
        if _model_name(result) == "GLM" and np.any(np.asarray(getattr(result.model, what, 1)) != 1):
            raise MeasureError("Averages over rows need a model without weights and with one trial a row.")
    return _link(result)


def _kind(result: Any) -> str:
    """Say what the expected value is: a probability, a positive number or any number."""
    name = _model_name(result)
    if name in _BINARY or (name == "GLM" and type(result.model.family).__name__ == "Binomial"):
        return "probability"
    positive = ("Poisson", "NegativeBinomial", "Gamma", "InverseGaussian", "Tweedie")
    if name in _COUNTS or (name == "GLM" and type(result.model.family).__name__ in positive):
        return "positive"
    return "number"


def _variance(result: Any, mean: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if _model_name(result) == "GLM":
        return np.asarray(result.model.family.variance(mean))
    return mean * (1 - mean) if _kind(result) == "probability" else mean


def _columns(result: Any) -> list[str]:
    """Names of the coefficients, without a dispersion parameter at the end."""
    return [str(name) for name in result.model.exog_names[: result.model.exog.shape[1]]]


def _covariance(result: Any) -> npt.NDArray[np.float64]:
    k = len(_columns(result))
    return np.asarray(result.cov_params(), float)[:k, :k]


def _offset(result: Any) -> Any:
    # statsmodels keeps the exposure as a logarithm.
    parts = [getattr(result.model, what, None) for what in ("offset", "exposure")]
    return sum((np.asarray(part, float) for part in parts if part is not None), np.float64(0))


def _distribution(result: Any) -> Any:
    if getattr(result, "use_t", False):
        free = getattr(result, "df_resid_inference", None)
        return scipy.stats.t(result.df_resid if free is None else free)
    return scipy.stats.norm()


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise MeasureError(f"The level of an interval must lie between 0 and 1, got {level!r}.")


def _quantile(result: Any, level: float) -> float:
    _check_level(level)
    _model_name(result)
    return float(_distribution(result).ppf((1 + level) / 2))


def _ends(result: Any, value: Any, error: Any, quantile: float) -> tuple[Any, Any]:
    """Interval on the scale on which the value knows no bounds."""
    kind = _kind(result)
    if kind == "probability":
        middle, spread = scipy.special.logit(value), quantile * error / (value * (1 - value))
        return scipy.special.expit(middle - spread), scipy.special.expit(middle + spread)
    if kind == "positive":
        return value * np.exp(-quantile * error / value), value * np.exp(quantile * error / value)
    return value - quantile * error, value + quantile * error


def _checked(result: Any, missing: Missing) -> int:
    """Refuse what is no estimate, and return how many rows the fit left out."""
    name = _model_name(result)
    if missing not in ("refuse", "report"):
        raise MeasureError(f"Missing must be 'refuse' or 'report', got {missing!r}.")
    gone = getattr(result.model.data, "missing_row_idx", None)
    dropped = 0 if gone is None else len(gone)
    if dropped and missing == "refuse":
        raise MeasureError(
            f"The fit left out {dropped} of {dropped + len(result.model.exog)} rows with missing values: "
            "drop them by hand, or ask for missing='report'."
        )
    x, y = np.asarray(result.model.exog, float), np.asarray(result.model.endog, float)
    if np.linalg.matrix_rank(_scaled(x)) < x.shape[1]:
        raise MeasureError("The regressors of the model are collinear: its estimates are not unique.")
    binary = _kind(result) == "probability"
    counts = name in _COUNTS or (
        name == "GLM" and type(result.model.family).__name__ in ("Poisson", "NegativeBinomial")
    )
    if binary or counts:
        words = _names(result, None)
        _refuse_separated(y, x, [_readable(column, words) for column in _columns(result)], binary)
    details = getattr(result, "mle_retvals", None)
    converged = (
        details.get("converged", True) if isinstance(details, dict) else getattr(result, "converged", True)
    )
    if not converged:
        raise MeasureError(f"The {name} model did not converge: its estimates are none.")
    errors = np.asarray(result.bse, float)
    wrong = ~(np.isfinite(errors) & (errors > 0))
    if wrong.any():
        raise MeasureError(
            f"The standard error of {result.model.exog_names[int(wrong.argmax())]!r} is zero or not finite."
        )
    return dropped


def _refuse_separated(y: Any, x: Any, terms: list[str], binary: bool) -> None:
    """Raise if a direction in the coefficients improves the likelihood without end.

    For outcomes 0 and 1 such a direction moves no row the wrong way and some row the right way; for
    counts it lowers some zeros, raises none and leaves the other rows where they are.
    """
    ones = y >= 1 if binary else np.zeros(len(y), bool)
    zeros = y == 0
    if binary and (ones.all() or zeros.all()):
        raise MeasureError("The outcome must hold both 0 and 1, but all its values are equal.")
    if not (ones.any() or zeros.any()):
        return
    scaled = _scaled(x)
    signed = np.unique(np.vstack([scaled[ones], -scaled[zeros]]), axis=0)
    fixed = np.unique(scaled[~ones & ~zeros], axis=0)
    found = scipy.optimize.linprog(
        -signed.sum(axis=0),
        A_ub=-signed,
        b_ub=np.zeros(len(signed)),
        A_eq=fixed if len(fixed) else None,
        b_eq=np.zeros(len(fixed)) if len(fixed) else None,
        bounds=(-1, 1),
        method="highs",
    )
    if not found.success:
        raise MeasureError("Whether the regressors separate the outcome could not be found out.")
    if (signed @ found.x).max() > _SEPARATED:
        guilty = [term for term, move in zip(terms, found.x, strict=True) if abs(move) > _SEPARATED]
        raise MeasureError(
            "The regressors separate the outcome, so that no finite estimate exists: "
            f"look at {', '.join(guilty)}."
        )


def _scaled(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bring columns to a largest figure of 1, so that units do not decide what counts as small."""
    largest = np.abs(x).max(axis=0, initial=0)
    return x / np.where(largest > 0, largest, 1)


def _attrs(result: Any, level: float, dropped: int) -> dict[Hashable, Any]:
    asked = str(getattr(result, "cov_type", "nonrobust"))
    if asked.upper() in ("HC1", "HC2", "HC3") and _model_name(result) not in _LINEAR:
        asked = "HC0"  # what statsmodels computes for them all
    clusters: Any = None
    if asked == "cluster":
        groups = np.asarray(result.cov_kwds["groups"])
        numbers = [len(np.unique(column)) for column in np.atleast_2d(groups.T)]
        clusters = numbers[0] if len(numbers) == 1 else numbers
    return {
        "n": len(result.model.exog),
        "dropped": dropped,
        "covariance": {"nonrobust": "classical", "cluster": "clustered"}.get(asked, asked),
        "clusters": clusters,
        "distribution": "t" if getattr(result, "use_t", False) else "normal",
        "level": level,
    }


def _fit(result: Any) -> dict[Hashable, Any]:
    """Fit statistics, those that the kind of model has."""
    name = _model_name(result)
    if name in _LINEAR:
        return {"r_squared": float(result.rsquared), "r_squared_adjusted": float(result.rsquared_adj)}
    pseudo = 1 - result.llf / result.llnull
    fit: dict[Hashable, Any] = {
        "log_likelihood": float(result.llf),
        "pseudo_r_squared": float(pseudo),
        "aic": float(result.aic),
        "bic": float(result.bic_llf if name == "GLM" else result.bic),
    }
    if len(result.params) > len(_columns(result)):
        fit["alpha"] = float(np.asarray(result.params)[-1])
    return fit


# --- variables, designs and words -------------------------------------------------------------------


def _data(result: Any) -> pd.DataFrame:
    """Return the rows that the model was fitted on: of the formula's data frame, or of the design."""
    data = result.model.data
    frame = getattr(data, "frame", None)
    if getattr(result.model, "formula", None) is None or frame is None:
        return pd.DataFrame(np.asarray(result.model.exog, float), columns=_columns(result))
    kept = np.ones(len(frame), bool)
    kept[list(getattr(data, "missing_row_idx", None) or [])] = False
    return frame[kept]


def _formula(result: Any) -> str | None:
    formula = getattr(result.model, "formula", None)
    return None if formula is None else str(formula).split("~", 1)[-1]


def _variables(result: Any) -> list[str]:
    formula = _formula(result)
    if formula is None:
        x = np.asarray(result.model.exog, float)
        return [name for name, spread in zip(_columns(result), np.ptp(x, axis=0), strict=True) if spread > 0]
    quoted = re.findall(r"Q\(\s*['\"](.+?)['\"]\s*\)", formula)
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", " ", formula)
    # A name after a dot or before a bracket is that of a function.
    used = {*quoted, *re.findall(r"(?<![\w.])[^\W\d]\w*(?![\w.]|\s*\()", bare)}
    return [str(column) for column in result.model.data.frame.columns if column in used]


def _design(result: Any, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    if _formula(result) is None:
        return as_numbers(frame[_columns(result)], "The regressors")
    try:
        # The one place where statsmodels builds a design from its formula, whichever engine it uses.
        design = np.asarray(result._transform_predict_exog(frame)[0], float)
    except Exception as error:
        line = str(error).strip().splitlines()[-1].strip()
        raise MeasureError(f"The formula of the model cannot be applied to these rows: {line}") from error
    if len(design) != len(frame) or not np.isfinite(design).all():
        raise MeasureError("The formula of the model gives missing or infinite values for these rows.")
    return design


def _effects(
    result: Any,
    frame: pd.DataFrame,
    variable: str,
    b: Any,
    offset: Any,
    link: Any,
    words: Mapping[str, str],
) -> Iterator[tuple[str, str, float, npt.NDArray[np.float64]]]:
    """Give term, change, average effect and its derivative by the coefficients."""
    column = frame[variable]
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    as_category = re.search(rf"\bC\(\s*{re.escape(variable)}\b", _formula(result) or "")
    term = _readable(variable, words)

    def at(value: Any) -> tuple[Any, Any]:
        moved = frame.assign(**{variable: value})
        design = _design(result, moved)
        eta = design @ b + offset
        return link.inverse(eta).mean(), (link.inverse_deriv(eta)[:, np.newaxis] * design).mean(axis=0)

    if number and not as_category and not column.isin([0, 1]).all():
        x = column.astype(float)
        # Small beside the value and beside the spread of all values, large beside rounding errors.
        step = 1e-5 * np.maximum(x.abs(), 1e-2 * x.std())
        design = _design(result, frame)
        ahead, behind = (_design(result, frame.assign(**{variable: moved})) for moved in (x + step, x - step))
        change = (ahead - behind) / (2 * np.asarray(step))[:, np.newaxis]
        eta, slope = design @ b + offset, change @ b
        of_row = link.inverse_deriv(eta) * slope
        jacobian = (link.inverse_deriv2(eta) * slope)[:, np.newaxis] * design
        jacobian += link.inverse_deriv(eta)[:, np.newaxis] * change
        yield term, "slope", float(of_row.mean()), jacobian.mean(axis=0)
        return
    values = [value for value in _levels(column) if (column == value).any()]
    if len(values) < 2:
        raise MeasureError(f"The variable {variable!r} has a single value: it has no effect to estimate.")
    # The reference is the level that the fewest columns stand for.
    filled = [np.count_nonzero(_design(result, frame.assign(**{variable: value}))) for value in values]
    reference = values[int(np.argmin(filled))]
    truth = set(values) <= {0, 1}  # False and True as well
    if truth:
        reference = values[0]
    mean, slope = at(reference)
    for value in values:
        if value == reference:
            continue
        own, own_slope = at(value)
        named = term if truth else f"{term}: {value}"
        yield named, "0 to 1" if truth else f"{reference} to {value}", float(own - mean), own_slope - slope


def _levels(column: "pd.Series[Any]") -> list[Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.cat.categories)
    return sorted(column.unique())


def _check_frame(frame: pd.DataFrame, needed: Sequence[str]) -> None:
    if len(frame) == 0:
        raise MeasureError("Predictions need at least one row, got none.")
    for column in needed:
        if column not in frame.columns:
            raise MeasureError(f"Predictions need the column {column!r}, but it is not there.")
        if frame[column].isna().any():
            raise MeasureError(
                f"Predictions need complete rows, but the column {column!r} has an empty cell."
            )


def _several(value: Any, variable: str) -> list[Any]:
    values = [value] if isinstance(value, str) or np.ndim(value) == 0 else list(value)
    if not values or pd.isna(pd.Series(values, dtype=object)).any():
        raise MeasureError(f"The variable {variable!r} needs at least one value, and none that is missing.")
    return values


def _groups(result: Any, labels: Any) -> tuple[npt.NDArray[np.intp], list[Any]]:
    """Return the code of each row of the fit and the labels, in the order of their first row."""
    index = result.model.data.row_labels
    n = len(result.model.exog)
    own = pd.Index(np.arange(n)) if index is None else pd.Index(index)
    if labels is None:
        of_row = pd.Series(own)
    elif isinstance(labels, pd.Series):
        if labels.index.has_duplicates or not own.isin(labels.index).all():
            raise MeasureError("Labels must have one entry for each row of the fit, matched by its index.")
        of_row = labels.loc[own]
    else:
        of_row = pd.Series(np.asarray(labels).ravel())
    if len(of_row) != n:
        raise MeasureError(f"Every row of the fit needs a label: got {n} rows, {len(of_row)} labels.")
    if of_row.isna().any():
        raise MeasureError("Every row of the fit needs a label, but one is missing.")
    codes, found = pd.factorize(of_row)
    return codes, list(found)


def _names(result: Any, names: Mapping[str, str] | None) -> Mapping[str, str]:
    if not names:
        return {}
    known = {*_variables(result), *_columns(result)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise MeasureError(
            f"The model has no variable {unknown[0]!r} to name; it has {', '.join(sorted(known))}."
        )
    return names


def _readable(column: str, words: Mapping[str, str]) -> str:
    """Turn a column of a design into words: ``C(region)[T.Africa]`` is "region: Africa"."""
    if column in words:
        return words[column]
    if column in ("Intercept", "const"):
        return "Constant"
    parts = _split(column)
    if len(parts) > 1:
        return " × ".join(_readable(part, words) for part in parts)
    category = re.fullmatch(r"(.+?)\[(?:[TSHD]\.)?(.+)\]", column)
    if category:
        factor, value = category.groups()
        inner = re.fullmatch(r"C\((.+)\)", factor)
        if inner:
            factor = _split(inner[1], ",")[0].strip()
        named = _readable(factor, words)
        return named if value == "True" else f"{named}: {value}"
    quoted = re.fullmatch(r"Q\(\s*['\"](.+)['\"]\s*\)", column)
    if quoted:
        return words.get(quoted[1], quoted[1])
    function = re.fullmatch(r"(?:np\.)?(\w+)\((.+)\)", column)
    if function:
        name, inside = function[1], _readable(function[2], words)
        return inside if name in ("I", "C") else f"{name} {inside}"
    return re.sub(r"[^\W\d]\w*", lambda found: words.get(found[0], found[0].replace("_", " ")), column)


def _split(text: str, at: str = ":") -> list[str]:
    """Split at a sign that stands outside all brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == at and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _series(values: Any, years: Any) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    window = as_numbers(years, "The years of the series")
    if window.ndim != 1 or window.size == 0:
        raise MeasureError("The years of the series must be one row of at least one year.")
    if (window != np.rint(window)).any() or (np.diff(window) != 1).any():
        raise MeasureError("The years must be consecutive whole years in rising order, without gaps.")
    given = np.asarray(years)
    if isinstance(values, pd.Series) and not isinstance(values.index, pd.RangeIndex):
        if values.index.has_duplicates or set(values.index) != set(given.tolist()):
            raise MeasureError("The index of the values must hold the years of the series, each once.")
        values = values.loc[given]
    figures = as_numbers(values, "The values of the series")
    if figures.shape != window.shape:
        raise MeasureError(
            f"The series must have a value for each of the {window.size} years, got {figures.shape}."
        )
    return window.astype(np.int64), figures


def _starts(breaks: Any, window: npt.NDArray[np.int64]) -> list[int]:
    starts = as_numbers(breaks, "The breaks")
    if starts.ndim != 1 or starts.size == 0:
        raise MeasureError("A segmented regression needs one row of at least one break.")
    if (starts != np.rint(starts)).any() or (np.diff(starts) <= 0).any():
        raise MeasureError("The breaks must be whole years in rising order.")
    ends = [window[0], *starts, window[-1] + 1]
    for first, after in itertools.pairwise(ends):
        if after - first < 3:
            raise MeasureError(
                f"Each segment needs at least three years, but the one from {int(first)} to {int(after) - 1} "
                f"has {max(int(after - first), 0)}."
            )
    return [int(start) for start in starts]


def _overdispersion(poisson: Any) -> tuple[float, float]:
    """Cameron and Trivedi's t of extra variance that grows with the square of the mean, one-sided."""
    tests = poisson.get_diagnostic().test_dispersion()
    place = list(tests.method).index("CT nb2")
    statistic = float(tests.statistic[place])
    return statistic, float(scipy.stats.norm.sf(statistic))
