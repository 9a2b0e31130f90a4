"""Tables of fitted regressions, segmented series and variance by level."""

import doctest
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.integrate
import scipy.stats
import statsmodels.api as sm
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

from cybergov import data
from cybergov.errors import MeasureError
from cybergov.measures import regression
from cybergov.measures.regression import (
    estimates,
    influence,
    marginal_effects,
    mixed_shares,
    predicted,
    segmented,
)
from cybergov.measures.trends import rate_ratio

often = settings(deadline=None, max_examples=30, derandomize=True)


def votes(states=40, resolutions=9, seed=1):
    """Made-up votes: a figure and a region of each state, a quantity of each row, missing nothing."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        list(itertools.product(range(states), range(resolutions))), columns=["state", "resolution"]
    )
    rows["x"] = rng.normal(size=states)[rows["state"]]
    rows["z"] = rng.normal(size=len(rows))
    rows["region"] = np.array(["Africa", "Asia", "Europe"])[rows["state"] % 3]
    rows["member"] = (rows["state"] % 2 == 0).astype(int)
    eta = 0.3 + 0.8 * rows["x"] - 0.5 * rows["z"] + 0.6 * (rows["region"] == "Asia") + 0.4 * rows["member"]
    eta += rng.normal(size=states)[rows["state"]]
    rows["yes"] = (rng.random(len(rows)) < 1 / (1 + np.exp(-eta))).astype(int)
    rows["count"] = rng.poisson(np.exp(0.4 * eta))
    return rows


VOTES = votes()
SPECTOR = sm.datasets.spector.load_pandas().data.rename(columns=str.lower)
CLUSTERED = {"cov_type": "cluster", "cov_kwds": {"groups": VOTES["state"]}}


def fitted(formula="yes ~ x + z + member + C(region)", kind="logit", frame=VOTES, **how):
    model = getattr(smf, kind)(formula, frame)
    return model.fit(**how) if kind == "ols" else model.fit(disp=0, **how)


def rows_of(table: pd.DataFrame) -> Any:
    """Rows by the names of the columns."""
    return table.itertuples()


def test_examples_in_the_docstrings_hold():
    found = doctest.testmod(regression)
    assert found.attempted >= 14
    assert found.failed == 0


class TestEstimates:
    def test_longley_certified_by_nist(self):
        # NIST Statistical Reference Datasets, Longley: certified estimates and standard deviations,
        # itl.nist.gov/div898/strd/lls/data/Longley.shtml. The data are ill-conditioned on purpose.
        certified = {
            "const": (-3482258.63459582, 890420.383607373),
            "GNPDEFL": (15.0618722713733, 84.9149257747669),
            "GNP": (-0.358191792925910e-01, 0.334910077722432e-01),
            "UNEMP": (-2.02022980381683, 0.488399681651699),
            "ARMED": (-1.03322686717359, 0.214274163161675),
            "POP": (-0.511041056535807e-01, 0.226073200069370),
            "YEAR": (1829.15146461355, 455.478499142212),
        }
        data = sm.datasets.longley.load_pandas()
        table = estimates(sm.OLS(data.endog, sm.add_constant(data.exog)).fit())
        for name, (estimate, error) in certified.items():
            assert table.loc[name, "estimate"] == pytest.approx(estimate, rel=1e-7)
            assert table.loc[name, "standard_error"] == pytest.approx(error, rel=1e-7)
        assert table.attrs["r_squared"] == pytest.approx(0.995479004577296, rel=1e-12)
        assert table.attrs["covariance"] == "classical"
        assert table.attrs["distribution"] == "t"
        # Its 95 % interval takes the t distribution with 16 - 7 degrees of freedom.
        t = scipy.stats.t.ppf(0.975, 9)
        assert table.loc["YEAR", "high"] == pytest.approx(1829.15146461355 + t * 455.478499142212)

    def test_longley_with_robust_errors(self):
        # HC1 and HC3 of R's car::hccm, as statsmodels ships them for its own tests
        # (statsmodels/regression/tests/results/results_regression.py, class Longley).
        expected = {
            "HC1": (68.29380, 0.03277, 0.51099, 0.19499, 0.21094, 571.17917, 1109615),
            "HC3": (91.11939, 0.05562, 0.82213, 0.29879, 0.32491, 922.80784, 1799477),
        }
        data = sm.datasets.longley.load_pandas()
        for kind, errors in expected.items():
            fit = sm.OLS(data.endog, sm.add_constant(data.exog, prepend=False)).fit(cov_type=kind)
            table = estimates(fit)
            assert table["standard_error"].to_numpy() == pytest.approx(errors, rel=2e-4)
            assert table.attrs["covariance"] == kind

    def test_spector_logit_in_greenes_textbook(self):
        # Greene, Econometric Analysis, 5th edition, table 21.1: coefficients of the logit.
        table = estimates(smf.logit("grade ~ gpa + tuce + psi", SPECTOR).fit(disp=0))
        assert table["estimate"].round(3).tolist() == [-13.021, 2.826, 0.095, 2.379]
        assert table["standard_error"].round(3).tolist() == [4.931, 1.263, 0.142, 1.065]
        assert table.attrs["log_likelihood"] == pytest.approx(-12.890, abs=5e-4)
        constant = smf.logit("grade ~ 1", SPECTOR).fit(disp=0).llf
        assert table.attrs["pseudo_r_squared"] == pytest.approx(1 - table.attrs["log_likelihood"] / constant)

    def test_odds_ratio_of_a_fourfold_table(self):
        # Closed form: ad / bc, its logarithm's variance 1/a + 1/b + 1/c + 1/d (Woolf 1955).
        a, b, c, d = 12, 5, 7, 20
        frame = pd.DataFrame({"y": [1] * a + [0] * b + [1] * c + [0] * d, "x": [1] * (a + b) + [0] * (c + d)})
        row = estimates(smf.logit("y ~ x", frame).fit(disp=0, tol=1e-12), exponentiate=True).loc["x"]
        ratio, error = a * d / (b * c), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        assert row["estimate"] == pytest.approx(ratio)
        assert row["standard_error"] == pytest.approx(ratio * error)
        assert row["low"] == pytest.approx(ratio * np.exp(-1.959963985 * error))
        assert row["high"] == pytest.approx(ratio * np.exp(1.959963985 * error))
        assert row["p"] == pytest.approx(2 * scipy.stats.norm.sf(np.log(ratio) / error))

    def test_clustered_errors_by_their_definition(self):
        result = fitted(**CLUSTERED)
        x, p = result.model.exog, result.predict()
        scores = pd.DataFrame(x * (VOTES["yes"].to_numpy() - p)[:, np.newaxis]).groupby(VOTES["state"]).sum()
        bread = np.linalg.inv((x * (p * (1 - p))[:, np.newaxis]).T @ x)
        n, k, g = len(x), x.shape[1], 40
        sandwich = bread @ (scores.T @ scores).to_numpy() @ bread * g / (g - 1) * (n - 1) / (n - k)
        table = estimates(result)
        assert table["standard_error"].to_numpy() == pytest.approx(np.sqrt(np.diag(sandwich)))
        assert table.attrs["covariance"] == "clustered"
        assert table.attrs["clusters"] == 40
        assert table.attrs["n"] == 360

    def test_two_sets_of_clusters(self):
        groups = VOTES[["state", "resolution"]].to_numpy()
        result = fitted(cov_type="cluster", cov_kwds={"groups": groups})
        assert estimates(result).attrs["clusters"] == [40, 9]

    @pytest.mark.parametrize("asked", ["HC1", "HC2", "HC3"])
    @pytest.mark.parametrize("kind", ["logit", "glm"])
    def test_hc3_of_a_logit_is_called_what_it_is(self, kind, asked):
        # statsmodels computes HC0 for models other than the linear ones. Once it computes what was asked,
        # this fails and the table's word for it is to be changed.
        model = {"logit": smf.logit, "glm": smf.glm}[kind]
        options = {"family": sm.families.Binomial()} if kind == "glm" else {}
        result = model("yes ~ x + z", VOTES, **options).fit(disp=0, cov_type=asked)
        table = estimates(result)
        assert table.attrs["covariance"] == "HC0"
        x, p = result.model.exog, result.predict()
        bread = np.linalg.inv((x * (p * (1 - p))[:, np.newaxis]).T @ x)
        score = x * (VOTES["yes"].to_numpy() - p)[:, np.newaxis]
        assert table["standard_error"].to_numpy() == pytest.approx(
            np.sqrt(np.diag(bread @ score.T @ score @ bread)), rel=1e-5
        )

    def test_dispersion_of_the_negative_binomial_is_no_row(self):
        rng = np.random.default_rng(3)
        frame = VOTES.assign(count=rng.negative_binomial(2, 2 / (2 + np.exp(0.5 + 0.4 * VOTES["x"]))))
        table = estimates(
            fitted("count ~ x", "negativebinomial", frame, method="bfgs", maxiter=500), exponentiate=True
        )
        assert table.index.tolist() == ["Intercept", "x"]
        assert table.attrs["alpha"] == pytest.approx(0.5, abs=0.25)  # 1 / 2; its standard error is 0.09

    def test_terms_in_words(self):
        frame = VOTES.assign(
            gdp=1 + VOTES["z"] ** 4, big_state=VOTES["member"].astype(bool), **{"a b": VOTES["x"]}
        )
        formula = (
            "yes ~ np.log(gdp) + I(z ** 2) + big_state + C(region, Treatment(reference='Asia')) + x:member "
            "+ Q('a b') + standardize(z)"
        )
        table = estimates(fitted(formula, "ols", frame), names={"gdp": "income per head", "x": "polyarchy"})
        assert sorted(table["term"]) == sorted(
            [
                "Constant",
                "big state",
                "region: Africa",
                "region: Europe",
                "log income per head",
                "z ** 2",
                "polyarchy × member",
                "a b",
                "standardize z",
            ]
        )
        assert table.loc["np.log(gdp)", "term"] == "log income per head"

    def test_rows_left_out_are_never_silent(self):
        frame = VOTES.assign(z=VOTES["z"].where(VOTES.index >= 7))
        result = fitted(frame=frame)
        for of_result in (estimates, marginal_effects, predicted, influence):
            with pytest.raises(MeasureError, match="left out 7 of 360 rows with missing values"):
                of_result(result)
            assert of_result(result, missing="report").attrs["dropped"] == 7
        assert estimates(result, missing="report").attrs["n"] == 353
        assert predicted(result, missing="report")["rows"].tolist() == [353]

    def test_perfect_separation(self):
        frame = VOTES.assign(yes=(VOTES["x"] > 0).astype(int))
        with pytest.warns(match="failed to converge|Perfect separation|overflow"):
            logit = smf.logit("yes ~ x + z", frame).fit(disp=0)
        with pytest.warns(match="Perfect separation"):
            glm = smf.glm("yes ~ x + z", frame, family=sm.families.Binomial()).fit()
        assert glm.converged  # so statsmodels says
        for result in (logit, glm):
            with pytest.raises(MeasureError, match=r"separate the outcome, so that no finite .* look at .*x"):
                estimates(result)

    def test_separation_of_one_category_only(self):
        # No state of one region ever votes yes: its coefficient runs away, the others are fine.
        frame = VOTES.assign(yes=VOTES["yes"].where(VOTES["region"] != "Asia", 0))
        result = smf.glm("yes ~ z + C(region)", frame, family=sm.families.Binomial()).fit()
        with pytest.raises(MeasureError, match=r"separate the outcome.*look at .*region: Asia"):
            estimates(result)

    def test_separation_in_counts(self):
        # All counts of one region are zero (Correia, Guimarães and Zylkin 2019).
        frame = VOTES.assign(count=VOTES["count"].where(VOTES["region"] != "Asia", 0))
        result = smf.glm("count ~ z + C(region)", frame, family=sm.families.Poisson()).fit()
        with pytest.raises(MeasureError, match=r"separate the outcome.*region: Asia"):
            estimates(result)

    def test_proportions_without_a_whole_one_are_not_separated(self):
        # Two columns of yes and no: some rows have no yes at all, none has only yes.
        both = np.column_stack([[0, 1, 2, 1, 3], [4, 3, 2, 3, 1]])
        design = sm.add_constant(np.arange(5.0))
        table = estimates(sm.GLM(both, design, family=sm.families.Binomial()).fit())
        rows = np.repeat(np.arange(5.0), 4)
        yes = np.concatenate([np.repeat([1, 0], pair) for pair in both])
        single = estimates(sm.Logit(yes, sm.add_constant(rows)).fit(disp=0))
        assert table["estimate"].to_numpy() == pytest.approx(single["estimate"].to_numpy(), rel=1e-5)

    def test_nearly_separated_data_are_not_refused(self):
        frame = pd.DataFrame({"y": [0, 0, 0, 1, 0, 1, 1, 1], "x": [1, 2, 3, 3.999, 4, 5, 6, 7]})
        table = estimates(smf.logit("y ~ x", frame).fit(disp=0, maxiter=200))
        assert np.isfinite(table["estimate"]).all()

    def test_other_refusals(self):
        with pytest.warns(match="rank-deficient"):
            twice = fitted("yes ~ x + I(2 * x)", "ols")
        with pytest.raises(MeasureError, match="collinear"):
            estimates(twice)
        with pytest.raises(MeasureError, match=r"must be a fitted one of OLS.*got MNLogit"):
            estimates(sm.MNLogit(VOTES["resolution"] % 3, sm.add_constant(VOTES[["x"]])).fit(disp=0))
        with pytest.raises(MeasureError, match="got NoneType"):
            estimates("a result")
        with pytest.raises(MeasureError, match="Only estimates of a logit or of a model with the logarithm"):
            estimates(fitted(kind="probit"), exponentiate=True)
        with pytest.raises(MeasureError, match="level of an interval"):
            estimates(fitted(), level=95)
        with pytest.raises(MeasureError, match="no variable 'w' to name"):
            estimates(fitted(), names={"w": "width"})
        with pytest.raises(MeasureError, match="Missing must be"):
            estimates(fitted(), missing="drop")  # type: ignore[arg-type]
        with pytest.warns(match="failed to converge"):
            result = fitted(maxiter=1)
        with pytest.raises(MeasureError, match="Logit model did not converge"):
            estimates(result)
        perfect = smf.ols("y ~ x", pd.DataFrame({"y": [0.0, 0, 0], "x": [1, 2, 4]})).fit()
        with pytest.raises(MeasureError, match="standard error of 'Intercept' is zero or not finite"):
            estimates(perfect)

    @pytest.mark.parametrize(("factor", "kind"), [(0.01, "logit"), (30.0, "probit"), (1e4, "ols")])
    def test_rescaling_a_regressor_rescales_its_effect(self, factor, kind):
        plain, scaled = fitted(kind=kind), fitted(kind=kind, frame=VOTES.assign(x=VOTES["x"] * factor))
        for of_result, column in ((estimates, "estimate"), (marginal_effects, "effect")):
            one, other = of_result(plain), of_result(scaled)
            place = one["term"] == "x"
            assert other.loc[place, column].item() * factor == pytest.approx(
                one.loc[place, column].item(), rel=1e-5
            )
            assert other.loc[~place, column].to_numpy() == pytest.approx(
                one.loc[~place, column].to_numpy(), rel=1e-5, abs=1e-8
            )
            assert other["p"].to_numpy() == pytest.approx(one["p"].to_numpy(), rel=1e-4, abs=1e-12)


class TestMarginalEffects:
    def test_spector_by_stata(self):
        # Average marginal effects of Stata's margins after logit grade gpa tuce i.psi, as statsmodels
        # ships them for its own tests (statsmodels/discrete/tests/results/results_discrete.py,
        # margeff_dummy_dydx and margeff_dummy_dydx_se of class Spector).
        table = marginal_effects(smf.logit("grade ~ gpa + tuce + psi", SPECTOR).fit(disp=0))
        assert table["effect"].to_numpy() == pytest.approx([0.36258084, 0.01220841, 0.35751515], abs=1e-7)
        assert table["standard_error"].to_numpy() == pytest.approx(
            [0.1094412, 0.0177942, 0.1420034], abs=1e-6
        )
        assert table["change"].tolist() == ["slope", "slope", "0 to 1"]

    @pytest.mark.parametrize("kind", ["logit", "probit", "poisson", "negativebinomial"])
    @pytest.mark.parametrize("how", [{}, {"cov_type": "HC0"}, CLUSTERED])
    def test_get_margeff_where_it_works(self, kind, how):
        outcome = "count" if kind in ("poisson", "negativebinomial") else "yes"
        frame = VOTES
        if kind == "negativebinomial":
            rng = np.random.default_rng(3)
            frame = VOTES.assign(count=rng.negative_binomial(2, 2 / (2 + np.exp(0.5 + 0.4 * VOTES["x"]))))
            how = how | {"method": "bfgs", "maxiter": 500}
        result = fitted(f"{outcome} ~ x + z + member", kind, frame, **how)
        theirs = result.get_margeff(dummy=True).summary_frame()
        table = marginal_effects(result).set_index("variable").loc[theirs.index]
        assert table["effect"].to_numpy() == pytest.approx(theirs["dy/dx"].to_numpy(), rel=1e-7)
        assert table["standard_error"].to_numpy() == pytest.approx(theirs["Std. Err."].to_numpy(), rel=1e-6)
        assert table["p"].to_numpy() == pytest.approx(theirs["Pr(>|z|)"].to_numpy(), rel=1e-5)

    def test_arrays_and_glm_give_the_same(self):
        columns = ["x", "z", "member"]
        by_formula = marginal_effects(fitted("yes ~ x + z + member", **CLUSTERED))
        x = sm.add_constant(VOTES[columns])
        on_arrays = marginal_effects(sm.Logit(VOTES["yes"], x).fit(disp=0, **CLUSTERED))
        glm = smf.glm("yes ~ x + z + member", VOTES, family=sm.families.Binomial())
        of_glm = marginal_effects(glm.fit(tol=1e-12, **CLUSTERED))
        assert by_formula["variable"].tolist() == on_arrays["variable"].tolist() == columns
        for other in (on_arrays, of_glm):
            for column in ("effect", "standard_error"):
                assert other[column].to_numpy() == pytest.approx(by_formula[column].to_numpy(), rel=1e-6)

    def test_bootstrap_of_states_gives_the_same_errors(self):
        # The delta method with clustered errors against states drawn anew: no formula in common.
        x, y = sm.add_constant(VOTES[["x", "z", "member"]]).to_numpy(), VOTES["yes"].to_numpy()
        rng = np.random.default_rng(5)
        drawn = []
        for _ in range(150):
            rows = np.arange(360).reshape(40, 9)[rng.integers(40, size=40)].ravel()
            drawn.append(sm.Logit(y[rows], x[rows]).fit(disp=0).get_margeff(dummy=True).margeff)
        table = marginal_effects(fitted("yes ~ x + z + member", **CLUSTERED))
        # 150 draws know a standard deviation to 6 per cent; the method is first order in 40 states.
        assert table["standard_error"].to_numpy() == pytest.approx(np.std(drawn, axis=0, ddof=1), rel=0.2)

    @pytest.mark.parametrize("kind", ["logit", "probit", "poisson", "ols"])
    def test_brute_force_with_interactions_powers_and_categories(self, kind):
        # The definition: predictions of moved data, differentiated numerically by variable and by coefficient.
        outcome = "count" if kind == "poisson" else "yes"
        result = fitted(f"{outcome} ~ x * z + I(z ** 2) + C(region) * x + member", kind, **CLUSTERED)
        model, b, covariance = result.model, result.params.to_numpy(), result.cov_params().to_numpy()

        h = 1e-5

        def moved(name, value):
            return result._transform_predict_exog(VOTES.assign(**{name: value}))[0]

        def ends(name, change):
            if change == "slope":
                return moved(name, VOTES[name] - h), moved(name, VOTES[name] + h), 2 * h
            before, after = (int(end) if name == "member" else end for end in change.split(" to "))
            return moved(name, before), moved(name, after), 1

        table = marginal_effects(result)
        assert table["change"].tolist() == ["slope", "slope", "Africa to Asia", "Africa to Europe", "0 to 1"]
        for row in rows_of(table):
            before, after, width = ends(row.variable, row.change)

            def effect(params, before=before, after=after, width=width):
                return np.mean(model.predict(params, after) - model.predict(params, before)) / width

            assert row.effect == pytest.approx(effect(b), rel=1e-6)
            jacobian = [(effect(b + 1e-4 * unit) - effect(b - 1e-4 * unit)) / 2e-4 for unit in np.eye(len(b))]
            assert row.standard_error == pytest.approx(np.sqrt(jacobian @ covariance @ jacobian), rel=1e-4)

    @pytest.mark.parametrize(
        ("formula", "term", "column"),
        [
            # It would leave states of the third region in two regions at once.
            ("yes ~ z + C(region)", "region: Asia", "C(region)[T.Asia]"),
            # It would move x and leave the product as it is.
            ("yes ~ x * member", "x", "x"),
        ],
    )
    def test_get_margeff_is_not_relied_on(self, formula, term, column):
        # Should these agree one day, statsmodels has mended it and `marginal_effects` may go.
        result = fitted(formula)
        ours = marginal_effects(result).set_index("term").loc[term, "effect"]
        theirs = result.get_margeff(dummy=True).summary_frame().loc[column, "dy/dx"]
        assert abs(ours - theirs) > 1e-4

    def test_statsmodels_builds_the_design_anew(self):
        # The method is private: should a release rename or change it, this says so first.
        result = fitted("yes ~ standardize(x) * C(region) + np.exp(z)")
        assert result._transform_predict_exog(VOTES)[0] == pytest.approx(result.model.exog)
        # Transformations remember the rows of the fit.
        assert result._transform_predict_exog(VOTES[5:9])[0] == pytest.approx(result.model.exog[5:9])

    def test_effects_of_a_linear_model_are_its_coefficients(self):
        result = fitted("yes ~ x + member + region", "ols", cov_type="HC3")
        table, of_model = marginal_effects(result), estimates(result)
        for row in rows_of(table):
            name = {"x": "x", "member": "member"}.get(row.variable, f"region[T.{row.term.split(': ')[-1]}]")
            assert row.effect == pytest.approx(of_model.loc[name, "estimate"])
            assert row.standard_error == pytest.approx(of_model.loc[name, "standard_error"])
            assert row.p == pytest.approx(of_model.loc[name, "p"])

    def test_exposure_counts(self):
        exposure = np.exp(VOTES["z"])
        for result in (
            smf.poisson("count ~ x", VOTES, exposure=exposure).fit(disp=0),
            smf.glm("count ~ x", VOTES, exposure=exposure, family=sm.families.Poisson()).fit(),
            smf.glm("count ~ x", VOTES, offset=VOTES["z"], family=sm.families.Poisson()).fit(),
        ):
            # The derivative of exp(a + b x) · exposure is b times the mean, which is the observed one.
            expected = result.params["x"] * VOTES["count"].mean()
            assert marginal_effects(result)["effect"].item() == pytest.approx(expected, rel=1e-6)
            with pytest.raises(MeasureError, match="without offset or exposure"):
                predicted(result)

    def test_logarithm_and_words(self):
        frame = VOTES.assign(gdp=np.exp(2 * VOTES["z"]), big=VOTES["member"].astype(bool))
        result = fitted("yes ~ np.log(gdp) + big", frame=frame)
        table = marginal_effects(result, ["gdp", "big"], names={"gdp": "income"})
        p = result.predict()
        expected = (p * (1 - p) * result.params["np.log(gdp)"] / frame["gdp"]).mean()
        assert table["effect"].iloc[0] == pytest.approx(expected, rel=1e-7)
        assert table["term"].tolist() == ["income", "big"]
        assert table["change"].tolist() == ["slope", "0 to 1"]

    def test_errors(self):
        with pytest.raises(MeasureError, match="no variable 'w'; it has x, z, region, member"):
            marginal_effects(fitted(), ["w"])
        weighted = smf.glm(
            "yes ~ x", VOTES, family=sm.families.Binomial(), freq_weights=np.full(360, 2)
        ).fit()
        with pytest.raises(MeasureError, match="without weights and with one trial a row"):
            marginal_effects(weighted)


class TestPredicted:
    def test_get_prediction_averaged(self):
        result = fitted("yes ~ x * C(region) + member", **CLUSTERED)
        table = predicted(result, at={"member": [0, 1]}, by=["region"])
        assert table[["member", "region"]].to_numpy().tolist() == [
            [m, r] for m in (0, 1) for r in ("Africa", "Asia", "Europe")
        ]
        for row in rows_of(table):
            group = VOTES[VOTES["region"] == row.region].assign(member=row.member)
            theirs = result.get_prediction(group, average=True).summary_frame()
            assert row.rows == len(group)
            assert row.predicted == pytest.approx(theirs["predicted"].item())
            assert row.standard_error == pytest.approx(theirs["se"].item())
            assert 0 < row.low < row.predicted < row.high < 1

    def test_mean_prediction_of_a_logit_is_the_mean(self):
        table = predicted(fitted("yes ~ C(region)"), by=["region"])
        assert table["predicted"].to_numpy() == pytest.approx(
            VOTES.groupby("region")["yes"].mean().to_numpy()
        )
        # The delta method on the scale of the logit, for a mean of n zeros and ones.
        share = VOTES.groupby("region")["yes"].agg(["mean", "size"])
        spread = 1.959963985 / np.sqrt(share["size"] * share["mean"] * (1 - share["mean"]))
        low = 1 / (1 + np.exp(-np.log(share["mean"] / (1 - share["mean"])) + spread))
        assert table["low"].to_numpy() == pytest.approx(low.to_numpy(), rel=1e-6)

    def test_equal_rows_count_as_often_as_they_occur(self):
        # States with unequal numbers of votes, and regressors of the state only.
        frame = VOTES[VOTES["resolution"] <= VOTES["state"] % 9]
        result = fitted("yes ~ x + member", frame=frame)
        theirs = result.get_prediction(frame, average=True).summary_frame()
        table = predicted(result)
        assert table["rows"].item() == len(frame)
        assert table["predicted"].item() == pytest.approx(theirs["predicted"].item())
        assert table["standard_error"].item() == pytest.approx(theirs["se"].item())
        effects = result.get_margeff(dummy=True).summary_frame()
        found = marginal_effects(result).set_index("variable").loc[effects.index]
        assert found["effect"].to_numpy() == pytest.approx(effects["dy/dx"].to_numpy(), rel=1e-7)
        assert found["standard_error"].to_numpy() == pytest.approx(effects["Std. Err."].to_numpy(), rel=1e-6)

    def test_a_difference_of_predictions_is_the_marginal_effect(self):
        result = fitted()
        table = predicted(result, at={"member": [0, 1]})["predicted"]
        effect = marginal_effects(result, ["member"])["effect"].item()
        assert table[1] - table[0] == pytest.approx(effect)

    def test_counts_and_numbers(self):
        counts = predicted(fitted("count ~ x", "poisson"))
        assert counts["predicted"].item() == pytest.approx(VOTES["count"].mean())
        ends = counts["low"].item() * counts["high"].item()
        assert ends == pytest.approx(counts["predicted"].item() ** 2)
        linear = predicted(fitted("z ~ x", "ols"))
        assert linear["low"].item() + linear["high"].item() == pytest.approx(2 * linear["predicted"].item())

    def test_arrays_and_a_frame_of_ones_own(self):
        result = sm.Logit(VOTES["yes"], sm.add_constant(VOTES[["x", "z"]])).fit(disp=0)
        frame = pd.DataFrame({"const": [1.0, 1.0], "x": [0.0, 1.0], "z": [0.0, 0.0]})
        table = predicted(result, frame, at={"x": 2})
        assert table["predicted"].item() == pytest.approx(result.predict([[1, 2, 0]])[0])
        assert table["rows"].item() == 2

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"at": {"w": 1}}, "no variable 'w' to set"),
            ({"at": {"x": []}}, "'x' needs at least one value"),
            ({"at": {"x": [np.nan]}}, "none that is missing"),
            ({"at": {"x": 1}, "by": ["x"]}, "'x' cannot be set and form the groups"),
            ({"at": {"region": ["Atlantis"]}}, "formula of the model cannot be applied"),
            ({"by": ["camp"]}, "need the column 'camp'"),
            ({"frame": VOTES[:0]}, "at least one row"),
            ({"frame": VOTES.drop(columns="x")}, "need the column 'x'"),
            ({"frame": VOTES.assign(z=VOTES["z"].where(VOTES.index != 3))}, "column 'z' has an empty cell"),
        ],
    )
    def test_errors(self, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            predicted(fitted(), **options)


class TestInfluence:
    def test_single_rows_of_a_linear_model_are_statsmodels_own(self):
        data = sm.datasets.longley.load_pandas()
        result = sm.OLS(data.endog, sm.add_constant(data.exog)).fit()
        theirs = result.get_influence()
        table = influence(result).sort_index()
        assert table["cooks_distance"].to_numpy() == pytest.approx(theirs.cooks_distance[0], rel=1e-5)
        assert table["leverage"].to_numpy() == pytest.approx(theirs.hat_matrix_diag, rel=1e-5)
        assert table.filter(like="dfbetas").to_numpy() == pytest.approx(theirs.dfbetas, rel=1e-4, abs=1e-8)
        assert table.attrs == {"n": 16, "dropped": 0, "exact": True, "threshold": 4 / 16}
        assert table["cooks_distance"].idxmax() == influence(result).index[0]

    def test_states_of_a_linear_model_by_refitting(self):
        result = fitted("yes ~ x + z", "ols")
        table = influence(result, VOTES["state"])
        x = result.model.exog
        for state in (0, 17, 39):
            kept = VOTES[VOTES["state"] != state]
            refit = fitted("yes ~ x + z", "ols", kept)
            move = (result.params - refit.params).to_numpy()
            row = table.loc[state]
            assert row["rows"] == 9
            assert row["cooks_distance"] == pytest.approx(move @ x.T @ x @ move / (3 * result.scale))
            spread = np.sqrt(refit.scale * np.diag(np.linalg.inv(x.T @ x)))
            assert row.filter(like="dfbetas").to_numpy(float) == pytest.approx(move / spread)

    @pytest.mark.parametrize("kind", ["logit", "probit", "poisson"])
    def test_one_step_is_close_to_refitting(self, kind):
        outcome = "count" if kind == "poisson" else "yes"
        result = fitted(f"{outcome} ~ x + z", kind)
        table = influence(result, VOTES["state"])
        worst = table.index[0]
        refit = fitted(f"{outcome} ~ x + z", kind, VOTES[VOTES["state"] != worst])
        exact = ((result.params - refit.params) / result.bse).to_numpy()
        found = table.loc[worst].filter(like="dfbetas").to_numpy(float)
        # One step of a method that converges quadratically: off by about the square of the move, and counts
        # of the most influential state move far.
        assert found == pytest.approx(exact, rel=0.25, abs=0.05)
        assert np.abs(exact).max() > 0.3
        assert not table.attrs["exact"]

    def test_glm_and_logit_agree_and_order_of_rows_does_not_matter(self):
        one = influence(fitted("yes ~ x + z"), VOTES["state"])
        glm = smf.glm("yes ~ x + z", VOTES.sample(frac=1, random_state=1), family=sm.families.Binomial())
        other = influence(glm.fit(tol=1e-12), VOTES["state"]).loc[one.index]
        assert other.to_numpy() == pytest.approx(one.to_numpy(), rel=1e-5)

    def test_leverage_adds_up_to_the_number_of_coefficients(self):
        assert influence(fitted())["leverage"].sum() == pytest.approx(6)

    def test_errors(self):
        result = fitted("yes ~ x + C(region)", "ols")
        with pytest.raises(MeasureError, match="Without 'Africa' the coefficients of the model cannot be"):
            influence(result, VOTES["region"])
        with pytest.raises(MeasureError, match="got 360 rows, 2 labels"):
            influence(result, ["A", "B"])
        with pytest.raises(MeasureError, match="one is missing"):
            influence(result, [None, *range(359)])
        with pytest.raises(MeasureError, match="one entry for each row"):
            influence(result, VOTES["state"][1:])
        with pytest.raises(MeasureError, match="at least two labels"):
            influence(result, [1] * 360)


def series(slope, level, change, noise, t=30, start=1995, at=2010, seed=4):
    years = np.arange(start, start + t)
    after = years >= at
    mean = 1 + slope * (years - start) + after * (level + change * (years - at))
    return years, mean + noise * np.random.default_rng(seed).normal(size=t)


class TestSegmented:
    def test_each_segment_is_its_own_line(self):
        # Least squares with a level and a slope a segment: the lines of the parts by themselves.
        years, values = series(0.2, 1.5, -0.4, 0.5)
        found = segmented(values, years, [2004, 2015])
        fits = [
            np.polyfit(years[part] - 2000, values[part], 1)
            for part in (years < 2004, (years >= 2004) & (years < 2015), years >= 2015)
        ]
        table = found.estimates.set_index("term")["estimate"]
        assert table["Slope to 2003"] == pytest.approx(fits[0][0])
        assert table["Slope from 2004 to 2014"] == pytest.approx(fits[1][0])
        assert table["Slope from 2015"] == pytest.approx(fits[2][0])
        assert table["Slope change in 2015"] == pytest.approx(fits[2][0] - fits[1][0])
        assert table["Level change in 2015"] == pytest.approx(
            np.polyval(fits[2], 15) - np.polyval(fits[1], 15)
        )
        expected = np.concatenate(
            [
                np.polyval(fit, years[part] - 2000)
                for fit, part in zip(
                    fits, (years < 2004, (years >= 2004) & (years < 2015), years >= 2015), strict=True
                )
            ]
        )
        assert found.line["fitted"].to_numpy() == pytest.approx(expected)
        assert (found.line["low"] < found.line["fitted"]).all()
        assert (found.line["fitted"] < found.line["high"]).all()
        assert found.line["segment"].tolist() == [1] * 9 + [2] * 11 + [3] * 10
        assert found[2:] == (None, None, None)

    def test_newey_west_by_its_definition(self):
        years, values = series(0.2, 1.5, -0.4, 0.5)
        found = segmented(values, years, [2010], lags=3)
        t = len(years)
        x = np.column_stack(
            [np.ones(t), years - 1995, years >= 2010, np.where(years >= 2010, years - 2010, 0)]
        ).astype(float)
        bread = np.linalg.inv(x.T @ x)
        score = x * (values - x @ bread @ x.T @ values)[:, np.newaxis]
        meat = score.T @ score
        for lag in (1, 2, 3):
            cross = score[lag:].T @ score[:-lag]
            meat += (1 - lag / 4) * (cross + cross.T)
        error = np.sqrt(np.diag(bread @ meat @ bread * t / (t - 4)))
        table = found.estimates.set_index("kind")["standard_error"]
        assert table["level change"] == pytest.approx(error[2])
        assert table["slope change"] == pytest.approx(error[3])

    def test_newey_west_of_counts_by_its_definition(self):
        years = np.arange(2001, 2021)
        counts = np.random.default_rng(2).poisson(np.exp(1 + 0.08 * (years - 2001)))
        found = segmented(counts, years, [2011], "poisson", lags=2)
        x = np.column_stack(
            [np.ones(20), years - 2001, years >= 2011, np.where(years >= 2011, years - 2011, 0)]
        ).astype(float)
        mean = found.line["fitted"].to_numpy()
        bread = np.linalg.inv((x * mean[:, np.newaxis]).T @ x)
        score = x * (counts - mean)[:, np.newaxis]
        meat = score.T @ score
        for lag in (1, 2):
            cross = score[lag:].T @ score[:-lag]
            meat += (1 - lag / 3) * (cross + cross.T)
        error = np.sqrt(np.diag(bread @ meat @ bread * 20 / 16))
        table = found.estimates.set_index("kind").loc["level change"]
        assert table["standard_error"] == pytest.approx(error[2] * table["estimate"], rel=1e-5)
        assert table["high"] == pytest.approx(table["estimate"] * np.exp(1.959963985 * error[2]), rel=1e-5)

    def test_segments_of_counts_have_the_rate_ratios_of_their_parts(self):
        # With a level and a slope of its own, each segment is fitted as if it were alone.
        years = np.arange(2001, 2021)
        counts = np.random.default_rng(2).poisson(np.exp(1 + 0.08 * (years - 2001)))
        found = segmented(counts, years, [2011], "poisson")
        for part, term in ((years < 2011, "Slope to 2010"), (years >= 2011, "Slope from 2011")):
            alone = rate_ratio(counts[part], years[part])
            table = found.estimates.set_index("term")
            assert table.loc[term, "estimate"] == pytest.approx(alone.ratio, rel=1e-6)
        assert found.estimates.attrs["exponentiated"]

    def test_known_parameters_are_recovered(self):
        # Intervals of 95 % hold the truth in 19 of 20 series; HAC intervals of short series in fewer.
        held = []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            years = np.arange(1980, 2020)
            after = years >= 2000
            mean = np.exp(2 + 0.03 * (years - 1980) + after * (0.5 + 0.04 * (years - 2000)))
            found = segmented(rng.poisson(mean), years, [2000], "poisson", lags=1).estimates
            truth = np.exp([0.03, 0.5, 0.04, 0.07])
            held.append((found["low"] <= truth) & (truth <= found["high"]))
        assert 0.8 < np.mean(held) < 0.99

    def test_negative_binomial_recovers_its_dispersion(self):
        rng = np.random.default_rng(11)
        years = np.arange(1700, 2000)
        mean = np.exp(3 + 0.002 * (years - 1700) + (years >= 1850) * 0.7)
        counts = rng.negative_binomial(2, 2 / (2 + mean))
        found = segmented(counts, years, [1850], "negative binomial")
        assert found.alpha == pytest.approx(0.5, abs=0.15)  # standard error about 0.04
        assert found.overdispersion_p is not None
        assert found.overdispersion_p < 1e-3
        level = found.estimates.set_index("kind").loc["level change"]
        assert level["low"] < np.exp(0.7) < level["high"]
        assert found.estimates.attrs["alpha"] == found.alpha

    def test_overdispersion_by_its_definition(self):
        # Cameron and Trivedi (1990): ((y - μ)² - y) / μ regressed on μ, without constant.
        years = np.arange(2001, 2021)
        counts = np.random.default_rng(5).negative_binomial(3, 0.3, size=20)
        found = segmented(counts, years, [2011], "poisson")
        mean = found.line["fitted"].to_numpy()
        fit = sm.OLS(((counts - mean) ** 2 - counts) / mean, mean).fit()
        assert found.overdispersion == pytest.approx(fit.tvalues[0])
        assert found.overdispersion_p == pytest.approx(scipy.stats.norm.sf(fit.tvalues[0]))

    def test_series_are_matched_by_year(self):
        years, values = series(0.2, 1.5, -0.4, 0.5)
        labelled = pd.Series(values, index=years).sample(frac=1, random_state=1)
        assert segmented(labelled, years, [2010]).line.equals(segmented(values, years, [2010]).line)

    @often
    @given(st.floats(0.1, 50), st.floats(-20, 20))
    def test_unit_and_origin(self, factor, shift):
        years, values = series(0.2, 1.5, -0.4, 0.5)
        one = segmented(values, years, [2010]).estimates
        other = segmented(factor * values + shift, years + 7, [2017]).estimates
        for column in ("estimate", "standard_error", "low", "high"):
            assert other[column].to_numpy() == pytest.approx(factor * one[column].to_numpy(), rel=1e-6)
        assert other["p"].to_numpy() == pytest.approx(one["p"].to_numpy(), rel=1e-6, abs=1e-12)

    @pytest.mark.parametrize(
        ("values", "breaks", "options", "sentence"),
        [
            (range(10), [2005], {"family": "gamma"}, "family must be"),
            ([1, 2], [2005], {}, r"value for each of the 10 years, got \(2,\)"),
            ([1] * 10, [2005], {}, "all its values are equal"),
            ([*range(9), np.nan], [2005], {}, "must be finite"),
            ([*range(5), *range(7, 12)], [2006], {}, "line runs through every value"),
            ([1, 2, 4, 8, 16, 3, 6, 12, 24, 48], [2006], {"family": "poisson"}, "line runs through every"),
            ([3] * 5 + [6] * 5, [2006], {"family": "poisson"}, "line runs through every value"),
            ([*range(9), 0], 2005, {}, "one row of at least one break"),
            ([*range(9), -1], [2005], {"family": "poisson"}, "Counts must be whole numbers"),
            ([*range(9), 0.5], [2005], {"family": "poisson"}, "Counts must be whole numbers"),
            ([0] * 5 + [1, 2, 3, 2, 2], [2006], {"family": "poisson"}, "2001 to 2005 has none"),
            ([3, 4, 3, 4, 3, 4, 3, 4, 3, 4], [2006], {"family": "negative binomial"}, "not more dispersed"),
            ([*range(9), 0], [], {}, "at least one break"),
            ([*range(9), 0], [2005, 2005], {}, "rising order"),
            ([*range(9), 0], [2003], {}, "from 2001 to 2002 has 2"),
            ([*range(9), 0], [2015], {}, "has 0"),
            ([*range(9), 0], [2005], {"lags": 10}, "lags must be a whole number from 0 to 9"),
            ([*range(9), 0], [2005], {"level": 2}, "level of an interval"),
        ],
    )
    def test_errors(self, values, breaks, options, sentence):
        with pytest.raises(MeasureError, match=sentence):
            segmented(values, range(2001, 2011), breaks, **options)

    def test_errors_of_years(self):
        with pytest.raises(MeasureError, match="consecutive whole years"):
            segmented(range(4), [2001, 2002, 2004, 2005], [2003])
        with pytest.raises(MeasureError, match="index of the values must hold the years"):
            segmented(pd.Series(range(4), index=[1, 2, 3, 4]), range(2001, 2005), [2003])


PENICILLIN = pd.DataFrame(
    {
        "yield": [89, 88, 97, 94, 84, 77, 92, 79, 81, 87, 87, 85, 87, 92, 89, 84, 79, 81, 80, 88],
        "treat": list("ABCD") * 5,
        "blend": np.repeat(range(1, 6), 4),
    }
)


# Herd, cases, size and period, as in R's lme4.
CBPP = (
    "1 2 14 1,1 3 12 2,1 4 9 3,1 0 5 4,2 3 22 1,2 1 18 2,2 1 21 3,3 8 22 1,3 2 16 2,3 0 16 3,3 2 20 4,"
    "4 2 10 1,4 0 10 2,4 2 9 3,4 0 6 4,5 5 18 1,5 0 25 2,5 0 24 3,5 1 4 4,6 3 17 1,6 0 17 2,6 0 18 3,"
    "6 1 20 4,7 8 16 1,7 1 10 2,7 3 9 3,7 0 5 4,8 12 34 1,9 2 9 1,9 0 6 2,9 0 8 3,9 0 6 4,10 1 22 1,"
    "10 1 22 2,10 0 18 3,10 2 22 4,11 0 25 1,11 5 27 2,11 3 22 3,11 1 22 4,12 2 10 1,12 1 8 2,12 0 6 3,"
    "12 0 5 4,13 1 21 1,13 2 24 2,13 0 19 3,13 0 23 4,14 11 19 1,14 0 2 2,14 0 3 3,14 0 2 4,15 1 19 1,"
    "15 1 15 2,15 1 15 3,15 0 15 4"
)


def crossed(seed=1, states=25, resolutions=8, sd=(1.2, 0.8, 1.0), gaps=False):
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        list(itertools.product(range(states), range(resolutions))), columns=["state", "resolution"]
    )
    if gaps:
        rows = rows[rng.random(len(rows)) < 0.8].reset_index(drop=True)
    rows["x"] = rng.normal(size=len(rows))
    rows["eta"] = 0.4 + 0.5 * rows["x"]
    rows["eta"] += sd[0] * rng.normal(size=states)[rows["state"]]
    rows["eta"] += sd[1] * rng.normal(size=resolutions)[rows["resolution"]]
    rows["y"] = rows["eta"] + sd[2] * rng.normal(size=len(rows))
    rows["yes"] = (rng.random(len(rows)) < 1 / (1 + np.exp(-rows["eta"]))).astype(int)
    return rows


class TestMixedShares:
    @pytest.mark.parametrize("every", [True, False])
    def test_outcomes_that_the_levels_nearly_separate(self, every):
        # Yes or no on the side of the United States: the search for the variances stopped short here.
        resolutions, ballots = data.load("resolutions"), data.load("votes")
        chosen = resolutions[resolutions["set"].eq("core") & resolutions["verified"].eq("yes")]
        rows = ballots[ballots["resolution"].isin(chosen["resolution"]) & ballots["vote"].isin(["yes", "no"])]
        anchor = rows[rows["iso3"].eq("USA")].set_index("resolution")["vote"]
        rows = rows[rows["iso3"].ne("USA")]
        same = rows["vote"].eq(rows["resolution"].map(anchor)).astype(int)
        if not every:
            rows = rows[same.groupby(rows["resolution"]).transform("nunique").eq(2)]
        found = mixed_shares(same[rows.index], rows[["iso3", "resolution"]], family="logit", seed=1).shares
        assert found["variance"].iloc[0] == pytest.approx(117, abs=1)
        assert found["variance"].iloc[1] == pytest.approx(446 if every else 132, abs=1)

    def test_penicillin_by_lme4(self):
        # Data of Box, Hunter and Hunter (1978), as penicillin in R's faraway; lmer(yield ~ treat + (1|blend)),
        # printed by Faraway (people.bath.ac.uk/jjf23/mixchange/rbd.html): variances 11.8 and 18.8, criterion
        # 103.8, coefficients 84, 1, 5, 2 with the standard errors 2.48 and 2.75.
        treat = pd.get_dummies(PENICILLIN["treat"], drop_first=True).astype(float)
        found = mixed_shares(PENICILLIN["yield"], PENICILLIN[["blend"]], treat, seed=1)
        assert found.shares["variance"].round(1).tolist() == [11.8, 18.8]
        assert found.fixed["estimate"].to_numpy() == pytest.approx([84, 1, 5, 2])
        assert found.fixed["standard_error"].to_numpy() == pytest.approx([2.48, 2.75, 2.75, 2.75], abs=0.01)
        assert -2 * found.shares.attrs["restricted_log_likelihood"] == pytest.approx(103.8, abs=0.05)

    def test_cbpp_by_lme4(self):
        # lme4's cbpp data (Lesnoff et al. 2004), one row an animal; the example of ?glmer with
        # period + (1 | herd): variance 0.4123, coefficients and errors as below, log-likelihood -277.5,
        # printed for example in chapter 9.6 of bookdown.org/mike/data_analysis, the log-likelihood of
        # single rows in the documentation of lme-rs. glmer does not restrict the likelihood.
        rows = pd.DataFrame(
            [
                (herd, period, int(i < cases))
                for herd, cases, size, period in (map(int, row.split()) for row in CBPP.split(","))
                for i in range(size)
            ],
            columns=["herd", "period", "case"],
        )
        assert (len(rows), rows["case"].sum()) == (842, 99)
        periods = pd.get_dummies(rows["period"], drop_first=True).astype(float)
        found = mixed_shares(rows["case"], rows[["herd"]], periods, family="logit", seed=1)
        assert 0.4123 < found.shares["variance"].iloc[0] < 0.4123 * 15 / (15 - 2)
        assert found.fixed["estimate"].to_numpy() == pytest.approx(
            [-1.3983, -0.9919, -1.1282, -1.5797], rel=0.025
        )
        assert found.fixed["standard_error"].to_numpy() == pytest.approx(
            [0.2312, 0.3032, 0.3228, 0.4220], rel=0.025
        )
        # Without the integral over the coefficients, at lme4's variance: its own criterion.
        x = np.column_stack([np.ones(len(rows)), periods])
        design = regression._Crossed([rows["herd"].to_numpy() - 1], [15], x)
        fit = regression._LogitMixed(design, rows["case"].to_numpy(float))
        point = np.log([0.4123])
        covariance = fit.solution(point)[2]
        deviance = fit(point)[0] + 4 * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1]
        assert deviance / -2 == pytest.approx(-277.5, abs=0.05)

    def test_variational_approximation_of_statsmodels(self):
        rows = crossed(states=60, resolutions=30)
        found = mixed_shares(rows["yes"], rows[["state", "resolution"]], rows[["x"]], family="logit", seed=1)
        components = {"state": "0 + C(state)", "resolution": "0 + C(resolution)"}
        model = BinomialBayesMixedGLM.from_formula("yes ~ x", components, rows, vcp_p=2, fe_p=10)
        theirs = np.exp(2 * model.fit_vb().vcp_mean)
        assert found.shares["variance"].to_numpy()[:2] == pytest.approx(theirs, rel=0.05)
        # The joint mode of variances and intercepts is no alternative.
        assert (np.exp(2 * model.fit_map().vcp_mean) < 0.8 * theirs).all()

    def test_one_way_analysis_of_variance(self):
        # Balanced data: (mean square between - within) / size of a group, and the mean square within.
        rows = crossed()
        groups = rows.groupby("state")["y"]
        within = groups.var().mean()
        between = (8 * groups.mean().var() - within) / 8
        found = mixed_shares(rows["y"], rows[["state"]], seed=1).shares
        assert found["variance"].to_numpy() == pytest.approx([between, within], rel=1e-5)
        assert found["share"].to_numpy() == pytest.approx(
            np.array([between, within]) / (between + within), rel=1e-5
        )
        # The interval from the F distribution of the intraclass correlation (Searle 1971); the likelihood's
        # curvature is its approximation.
        f = 8 * groups.mean().var() / within
        ends = [f / scipy.stats.f.ppf(q, 24, 175) for q in (0.975, 0.025)]
        exact = [(end - 1) / (end + 7) for end in ends]
        assert found.loc[0, ["low", "high"]].to_numpy(float) == pytest.approx(exact, abs=0.06)

    def test_two_way_analysis_of_variance(self):
        rows = crossed()
        table = rows.pivot(index="state", columns="resolution", values="y").to_numpy()
        i, j = table.shape
        state, resolution = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
        residual = ((table - state - resolution + table.mean()) ** 2).sum() / ((i - 1) * (j - 1))
        expected = [
            (j * state.var(ddof=1) - residual) / j,
            (i * resolution.var(ddof=1) - residual) / i,
            residual,
        ]
        found = mixed_shares(rows["y"], rows[["state", "resolution"]], seed=1)
        assert found.shares["variance"].to_numpy() == pytest.approx(expected, rel=1e-5)
        assert found.shares["level"].tolist() == ["state", "resolution", "residual"]
        assert found.shares["groups"].tolist() == [25, 8, 200]
        assert found.fixed["estimate"].item() == pytest.approx(table.mean())

    def test_mixedlm_on_incomplete_data(self):
        rows = crossed(gaps=True)
        found = mixed_shares(rows["y"], rows[["resolution", "state"]], rows[["x"]], seed=1)
        theirs = sm.MixedLM.from_formula(
            "y ~ x",
            rows.assign(one=1),
            groups="one",
            vc_formula={"resolution": "0 + C(resolution)", "state": "0 + C(state)"},
        ).fit(method="lbfgs")
        assert found.shares["variance"].to_numpy() == pytest.approx([*theirs.vcomp, theirs.scale], rel=2e-3)
        assert found.fixed["estimate"].to_numpy() == pytest.approx(theirs.fe_params.to_numpy(), rel=1e-4)
        assert found.fixed["standard_error"].to_numpy() == pytest.approx(theirs.bse_fe.to_numpy(), rel=2e-3)

    @pytest.mark.parametrize("kind", [regression._LinearMixed, regression._LogitMixed])
    def test_deviance_and_slope_by_dense_matrices(self, kind):
        rows = crossed(gaps=True, states=9, resolutions=5)
        rows["third"] = rows.index % 4
        codes = [rows[name].to_numpy() for name in ("state", "resolution", "third")]
        x = np.column_stack([np.ones(len(rows)), rows["x"]])
        linear = kind is regression._LinearMixed
        y = rows["y" if linear else "yes"].to_numpy(float)
        fit = kind(regression._Crossed(codes, [9, 5, 4], x), y)
        z = np.column_stack(
            [(code[:, np.newaxis] == np.arange(size)) for code, size in zip(codes, (9, 5, 4), strict=True)]
        ).astype(float)

        def dense(logarithms):
            variance = np.repeat(np.exp(logarithms), [9, 5, 4])
            n, k = x.shape
            if linear:
                v = np.eye(n) + (z * variance) @ z.T
                inverse = np.linalg.inv(v)
                b = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ y)
                rest = (y - x @ b) @ inverse @ (y - x @ b)
                inner = np.linalg.slogdet(x.T @ inverse @ x)[1]
                return np.linalg.slogdet(v)[1] + inner + (n - k) * (1 + np.log(2 * np.pi * rest / (n - k)))
            both = np.column_stack([x, z * np.sqrt(variance)])
            penalty = np.diag([0.0] * k + [1.0] * 18)
            found = np.zeros(k + 18)
            for _ in range(100):
                mean = 1 / (1 + np.exp(-both @ found))
                second = (both * (mean * (1 - mean))[:, np.newaxis]).T @ both + penalty
                found = found + np.linalg.solve(second, both.T @ (y - mean) - penalty @ found)
            eta = both @ found
            height = y @ eta - np.logaddexp(0, eta).sum() - 0.5 * found @ penalty @ found
            return -2 * height + np.linalg.slogdet(second)[1] - k * np.log(2 * np.pi)

        for logarithms in ([0.0, 0.0, 0.0], [0.7, -1.0, -3.0], [-2.0, 1.0, 0.1]):
            point = np.array(logarithms)
            deviance, slope = fit(point)
            assert deviance == pytest.approx(dense(point), rel=1e-8)
            numeric = [(dense(point + h) - dense(point - h)) / 2e-4 for h in np.eye(3) * 1e-4]
            assert slope == pytest.approx(numeric, abs=1e-4)

    def test_laplace_is_close_to_the_integral(self):
        # One level and no regressor: the likelihood integrated exactly, over each intercept and the constant.
        rng = np.random.default_rng(2)
        size, groups = 30, 12
        yes = rng.binomial(size, 1 / (1 + np.exp(-1.0 * rng.normal(size=groups))))
        y = np.concatenate([np.repeat([1.0, 0.0], [k, size - k]) for k in yes])
        code = np.repeat(np.arange(groups), size)
        fit = regression._LogitMixed(regression._Crossed([code], [groups], np.ones((len(y), 1))), y)
        nodes, weights = np.polynomial.hermite_e.hermegauss(80)

        def exact(logarithm):
            b = np.linspace(-3, 3, 601)
            eta = b[:, np.newaxis] + np.exp(logarithm / 2) * nodes
            total = np.zeros(len(b))
            for k in yes:
                term = k * eta - size * np.logaddexp(0, eta)
                total = total + np.log(np.exp(term) @ weights / np.sqrt(2 * np.pi))
            return -2 * np.log(scipy.integrate.simpson(np.exp(total - total.max()), x=b)) - 2 * total.max()

        grid = np.linspace(-2, 2, 41)
        ours = np.array([fit(np.array([point]))[0] for point in grid])
        theirs = np.array([exact(point) for point in grid])
        # The deviance is off by a few hundredths, its minimum by less than a tenth of its standard error of 0.45.
        assert np.abs((ours - theirs) - (ours - theirs).mean()).max() < 0.15
        assert abs(grid[ours.argmin()] - grid[theirs.argmin()]) <= 0.1001

    def test_known_shares_of_a_logit_are_recovered(self):
        rows = crossed(seed=7, states=193, resolutions=29, sd=(1.5, 1.0, 0.0))
        found = mixed_shares(rows["yes"], rows[["state", "resolution"]], rows[["x"]], family="logit", seed=1)
        total = 1.5**2 + 1 + np.pi**2 / 3
        truth = [1.5**2 / total, 1 / total, np.pi**2 / 3 / total]
        assert found.shares["share"].to_numpy() == pytest.approx(truth, abs=0.08)  # two standard errors
        assert ((found.shares["low"] < truth) & (truth < found.shares["high"])).all()
        slope = found.fixed.set_index("term").loc["x"]
        assert slope["low"] < 0.5 < slope["high"]
        assert found.shares["variance"].iloc[-1] == pytest.approx(np.pi**2 / 3)

    def test_intervals_hold_known_shares(self):
        # 40 sets of data; an interval of 90 % should hold about 36 of them.
        truth = np.array([1.44, 0.64, 1.0]) / 3.08
        held = []
        for seed in range(40):
            rows = crossed(seed=seed, states=30, resolutions=15)
            found = mixed_shares(
                rows["y"], rows[["state", "resolution"]], rows[["x"]], draws=400, seed=1, level=0.9
            )
            held.append((found.shares["low"] <= truth) & (truth <= found.shares["high"]))
        assert 0.8 < np.mean(held) < 0.98

    def test_bootstrap_and_curvature_agree(self):
        rows = crossed(states=40, resolutions=20)
        levels = rows[["state", "resolution"]]
        one = mixed_shares(rows["y"], levels, seed=1).shares
        two = mixed_shares(rows["y"], levels, intervals="bootstrap", draws=120, seed=1).shares
        assert two["share"].equals(one["share"])
        assert two[["low", "high"]].to_numpy() == pytest.approx(one[["low", "high"]].to_numpy(), abs=0.06)

    def test_bootstrap_of_a_logit(self):
        rows = crossed(states=20, resolutions=6)
        found = mixed_shares(
            rows["yes"],
            rows[["state", "resolution"]],
            family="logit",
            intervals="bootstrap",
            draws=20,
            seed=1,
        ).shares
        assert (found["low"] < found["high"]).all()

    def test_no_variance_is_zero(self):
        # Every group has the same mean: the estimate lies at the border.
        values, state = [1.0, 2.0, 3.0] * 4, np.repeat(list("ABCD"), 3)
        with pytest.raises(MeasureError, match="variance of the level 'state' is estimated as zero"):
            mixed_shares(values, {"state": state}, seed=1)
        found = mixed_shares(values, {"state": state}, intervals="bootstrap", draws=50, seed=1).shares
        assert found["share"].tolist() == [0.0, 1.0]
        assert found.loc[0, "low"] == 0
        assert found.loc[1, "variance"] == pytest.approx(np.var(values, ddof=1), rel=1e-6)

    def test_seed_decides_the_digits(self):
        rows = crossed()
        levels = rows[["state", "resolution"]]
        for kind in ("curvature", "bootstrap"):
            one, same, other = (
                mixed_shares(rows["y"], levels, intervals=kind, draws=20, seed=seed).shares
                for seed in (3, 3, 4)
            )
            assert one.equals(same)
            assert not one["low"].equals(other["low"])

    @settings(often, max_examples=10)
    @given(st.floats(0.01, 100), st.floats(-50, 50), st.integers(0, 5))
    def test_unit_origin_and_order_do_not_matter(self, factor, shift, seed):
        rows = crossed(states=8, resolutions=5)
        one = mixed_shares(rows["y"], rows[["state", "resolution"]], seed=1).shares
        mixed = rows.sample(frac=1, random_state=seed)
        levels = mixed[["resolution", "state"]].astype(str)
        other = mixed_shares(factor * mixed["y"] + shift, levels, seed=1).shares
        other = other.set_index("level").loc[one["level"]]
        assert other["share"].to_numpy() == pytest.approx(one["share"].to_numpy(), abs=1e-5)
        assert other["share"].sum() == pytest.approx(1)
        assert other["variance"].to_numpy() == pytest.approx(factor**2 * one["variance"].to_numpy(), rel=1e-4)

    @pytest.mark.parametrize("family", ["linear", "logit"])
    @pytest.mark.parametrize(("origin", "unit"), [(0, 1e-12), (0, 1e12), (2000, 1e-5)])
    def test_unit_and_origin_of_regressors_do_not_matter(self, family, origin, unit):
        rows = crossed()
        outcome = rows["y" if family == "linear" else "yes"]
        one, other = (
            mixed_shares(outcome, rows[["state", "resolution"]], x, family=family, seed=1, draws=20)
            for x in (rows[["x"]], origin + unit * rows[["x"]])
        )
        assert other.shares["share"].to_numpy() == pytest.approx(one.shares["share"].to_numpy(), rel=1e-4)
        for column in ("estimate", "standard_error"):
            slopes = [found.fixed.loc[1, column] for found in (one, other)]
            assert slopes[1] * unit == pytest.approx(slopes[0], rel=1e-4)
        # The restricted likelihood is a density of contrasts, which has the regressors' unit in it.
        logs = [found.shares.attrs["restricted_log_likelihood"] for found in (one, other)]
        assert logs[0] - logs[1] == pytest.approx(np.log(unit), abs=1e-4)

    def test_labels_are_matched(self):
        rows = crossed()
        one = mixed_shares(rows["y"], rows[["state", "resolution"]], rows[["x"]], seed=1)
        turned = rows.iloc[::-1]
        other = mixed_shares(rows["y"], turned[["state", "resolution"]], turned[["x"]], seed=1)
        assert other.shares.equals(one.shares)
        mapping = {name: turned[name] for name in ("state", "resolution")}
        assert mixed_shares(rows["y"], mapping, rows[["x"]], seed=1).shares.equals(one.shares)
        by_place = {name: rows[name].to_numpy() for name in mapping}
        labelled = rows["y"].set_axis(rows.index + 7)
        assert mixed_shares(labelled, by_place, seed=1).shares.equals(
            mixed_shares(rows["y"].to_numpy(), by_place, seed=1).shares
        )

    @pytest.mark.parametrize(
        ("change", "options", "sentence"),
        [
            ({"y": 1.0}, {}, "must vary"),
            ({"y": np.nan}, {}, "outcome must be finite"),
            ({}, {"family": "logit"}, "must be 0 or 1"),
            ({}, {"family": "probit"}, "family must be"),
            ({}, {"intervals": "profile"}, "must be 'curvature' or 'bootstrap'"),
            ({}, {"draws": 0}, "draws must be"),
            ({}, {"seed": -1}, "seed must be"),
            ({}, {"level": 0}, "level of an interval"),
            ({"state": None}, {}, "level 'state' has an empty cell"),
            ({"state": 1}, {}, "'state' has 1 for 200 rows"),
            ({"state": range(200)}, {}, "'state' has 200 for 200 rows"),
            ({"x": 2.0}, {}, "collinear"),
            ({"x": "a"}, {}, "regressor 'x' must be numbers"),
        ],
    )
    def test_errors(self, change, options, sentence):
        rows = crossed().assign(**change)
        with pytest.raises(MeasureError, match=sentence):
            mixed_shares(rows["y"], rows[["state", "resolution"]], rows[["x"]], **({"seed": 1} | options))

    def test_errors_of_shape_and_labels(self):
        rows = crossed()
        with pytest.raises(MeasureError, match="got 3 and 200"):
            mixed_shares([1, 2, 3], rows[["state"]], seed=1)
        with pytest.raises(MeasureError, match="same labels as the outcome's"):
            mixed_shares(rows["y"], rows[["state"]][1:], seed=1)
        with pytest.raises(MeasureError, match="at least one level"):
            mixed_shares(rows["y"], rows[[]], seed=1)
        with pytest.raises(MeasureError, match="their lengths differ"):
            mixed_shares(rows["y"], {"a": [1], "b": [1, 2]}, seed=1)
        with pytest.raises(MeasureError, match="data frame or a mapping"):
            mixed_shares(rows["y"], rows["state"], seed=1)
        with pytest.raises(MeasureError, match="name of its own"):
            mixed_shares(rows["y"], rows[["state", "state"]], seed=1)
        with pytest.raises(MeasureError, match="must be a data frame"):
            mixed_shares(rows["y"], rows[["state"]], rows["x"], seed=1)
        twice = rows.assign(iso3=rows["state"] + 100)
        with pytest.raises(MeasureError, match="'state' and 'iso3' have the same groups"):
            mixed_shares(rows["y"], twice[["state", "iso3"]], seed=1)
        with pytest.raises(MeasureError, match="separate the outcome"):
            mixed_shares((rows["x"] > 0).astype(int), rows[["state"]], rows[["x"]], family="logit", seed=1)
        with pytest.raises(MeasureError, match="level 'state' holds zeros only or ones only"):
            mixed_shares((rows["state"] > 12).astype(int), rows[["state"]], family="logit", seed=1)
        exact = rows["state"] + 10.0 * rows["resolution"]
        with pytest.raises(MeasureError, match=r"no residual variance|do not converge"):
            mixed_shares(exact, rows[["state", "resolution"]], seed=1)
