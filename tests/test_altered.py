"""Altered tables: each way keeps what it promises to keep and breaks what it is to break."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from cybergov import altered, data, findings
from cybergov.altered import Alteration
from cybergov.errors import FindingError, TableError


@pytest.fixture
def links():
    rng = np.random.default_rng(1)
    pairs = {
        (f"S{i:02d}", f"C{j}")
        for i, j in zip(rng.integers(30, size=120), rng.integers(8, size=120), strict=True)
    }
    frame = pd.DataFrame(sorted(pairs), columns=["iso3", "club"])
    frame["year"] = rng.integers(1990, 2020, len(frame))
    frame["until"] = frame["year"] + rng.integers(0, 5, len(frame))
    frame["value"] = rng.lognormal(size=len(frame))
    return frame


def world(frame, step, number=1, table="links", read=None):
    altered.check([step], "here")
    change = Alteration(placebo=[step], world=number)
    return altered.apply(table, frame, change, ["iso3"], read or (lambda name: frame))


def test_a_world_without_a_state_has_no_row_of_it(links):
    without = altered.apply("links", links, Alteration(without="S03"), ["iso3"], lambda name: links)
    assert len(without) < len(links)
    pd.testing.assert_frame_equal(without, links[links["iso3"] != "S03"].reset_index(drop=True))


def test_a_number_tells_a_world(links):
    step = {"way": "shuffle", "table": "links", "columns": ["value"]}
    pd.testing.assert_frame_equal(world(links, step, 7), world(links, step, 7))
    assert not world(links, step, 7).equals(world(links, step, 8))


def test_another_table_is_left_alone(links):
    step = {"way": "shuffle", "table": "links", "columns": ["value"]}
    assert world(links, step, table="others").equals(links)


def test_what_is_shuffled_stays_together_and_within_its_group(links):
    step = {"way": "shuffle", "table": "links", "columns": ["year", "until"], "within": ["club"]}
    new = world(links, step)
    assert not new["year"].equals(links["year"])
    pairs = lambda frame: sorted(zip(frame["club"], frame["year"], frame["until"], strict=True))  # noqa: E731
    assert pairs(new) == pairs(links)
    assert new["value"].equals(links["value"])


def test_rows_that_where_leaves_out_stay(links):
    new = world(
        links,
        {"way": "draw", "table": "links", "columns": ["value"], "values": [7.0], "where": "year > 2005"},
    )
    late = links["year"] > 2005
    assert (new.loc[late, "value"] == 7.0).all()
    assert new.loc[~late, "value"].equals(links.loc[~late, "value"])


def test_a_relabelled_state_has_the_same_new_name_in_every_table(links):
    other = pd.DataFrame({"iso3": ["S01", "S02", "S03", "X"], "value": [1, 2, 3, 4]})
    tables = {"links": links, "other": other}
    step = {"way": "relabel", "tables": ["links", "other"], "columns": ["iso3"]}
    new = {name: world(frame, step, table=name, read=tables.get) for name, frame in tables.items()}
    names = dict(zip(links["iso3"], new["links"]["iso3"], strict=True))
    names |= dict(zip(other["iso3"], new["other"]["iso3"], strict=True))
    assert (new["links"]["iso3"] == links["iso3"].map(names)).all()
    assert (new["other"]["iso3"] == other["iso3"].map(names)).all()
    assert set(names) == set(names.values())
    assert sum(a != b for a, b in names.items()) > 20


def test_names_may_be_those_of_another_table_and_a_part_of_them(links):
    codes = pd.DataFrame({"code": sorted(set(links["iso3"]))[:20]})
    step = {"way": "relabel", "tables": ["links"], "columns": ["iso3"], "among": ["codes", "code"]}
    assert altered.tables_behind(step) == ["links", "codes"]
    moved = world(links, step, read={"codes": codes}.get)["iso3"].ne(links["iso3"])
    assert set(links.loc[moved, "iso3"]) <= set(codes["code"])
    assert links.loc[moved, "iso3"].nunique() > 14
    fewer = world(links, step | {"chance": 0.3}, read={"codes": codes}.get)["iso3"].ne(links["iso3"])
    assert 0 < links.loc[fewer, "iso3"].nunique() < 12


def test_dealt_rows_come_from_the_rows_there_are(links):
    new = world(links, {"way": "deal", "table": "links", "columns": ["year", "until"]})
    there = set(zip(links["year"], links["until"], strict=True))
    dealt = list(zip(new["year"], new["until"], strict=True))
    assert set(dealt) < there  # with replacement, some are drawn twice and others never


def test_swapped_links_keep_both_degrees_and_none_is_there_twice(links):
    new = world(links, {"way": "swap", "table": "links", "columns": ["iso3", "club"]})
    for column in ("iso3", "club"):
        assert new[column].value_counts().to_dict() == links[column].value_counts().to_dict()
    pairs = set(zip(new["iso3"], new["club"], strict=True))
    assert len(pairs) == len(links)
    assert len(pairs - set(zip(links["iso3"], links["club"], strict=True))) > 20


def test_a_coin_exchanges_two_columns_in_about_half_of_the_rows(links):
    new = world(links, {"way": "toss", "table": "links", "columns": ["year", "until"]})
    moved = (new["year"] == links["until"]) & (new["until"] == links["year"])
    same = (new["year"] == links["year"]) & (new["until"] == links["until"])
    assert (moved | same).all()
    assert 0.3 < same.mean() - (links["year"] == links["until"]).mean() / 2 < 0.7


def test_drawn_cells_have_their_chances(links):
    many = pd.concat([links] * 20, ignore_index=True)
    step = {"way": "draw", "table": "links", "columns": ["club"], "values": ["a", "b"], "chances": [0.9, 0.1]}
    assert world(many, step)["club"].eq("a").mean() == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("kind", ["year", "date", "text"])
def test_redated_rows_keep_their_lengths_and_their_window(links, kind):
    frame = links[["iso3", "year", "until"]].copy()
    if kind != "year":
        for name in ("year", "until"):
            frame[name] = pd.to_datetime(frame[name].astype(str) + "-03-01")
    length = frame["until"] - frame["year"]
    window = frame["year"].min(), frame["year"].max()
    if kind == "text":
        frame = frame.astype("str")
        frame.loc[0, "year"] = "2001-05"  # no whole date: stays
    new = world(frame, {"way": "redate", "table": "links", "columns": ["year", "until"]})
    assert new.dtypes.equals(frame.dtypes)
    if kind == "text":
        assert new.loc[0].equals(frame.loc[0])
        new, frame, length = new.iloc[1:], frame.iloc[1:], length.iloc[1:]
        new = new.assign(year=pd.to_datetime(new["year"]), until=pd.to_datetime(new["until"]))
    assert (new["until"] - new["year"]).equals(length)
    assert new["year"].between(*window).all()
    assert new["year"].nunique() > 10


def test_a_window_can_begin_before_the_first_and_end_after_the_last_row(links):
    step = {"way": "redate", "table": "links", "columns": ["year", "until"]}
    years = world(links, step | {"between": [1950, 2060]})["year"]
    assert years.between(1950, 2060).all()
    assert years.min() < 1960
    assert years.max() > 2050
    dated = links.assign(year=pd.to_datetime(links["year"].astype(str) + "-03-01"))[["iso3", "year"]]
    step["columns"] = ["year"]
    days = world(dated, step | {"between": ["1950-01-01", "1960-12-31"]})["year"]
    assert days.between("1950-01-01", "1960-12-31").all()
    assert days.nunique() > 60


def test_mirrored_figures_lie_as_far_from_proportion_on_the_one_side_as_on_the_other(links):
    level = links[["iso3", "club"]].assign(size=np.linspace(1, 50, len(links)))
    step = {
        "way": "mirror",
        "table": "links",
        "columns": ["value"],
        "to": ["levels", "size"],
        "on": ["iso3", "club"],
    }
    new = world(links, step, read={"levels": level}.get)
    assert new["value"].sum() == pytest.approx(links["value"].sum())

    def distance(frame):
        log = np.log(frame["value"] / level["size"])
        return log - log.mean()

    worlds = [distance(world(links, step, n, read={"levels": level}.get)) for n in range(40)]
    slopes = [np.polyfit(np.log(level["size"]), one, 1)[0] for one in worlds]
    assert abs(np.mean(slopes)) < abs(np.polyfit(np.log(level["size"]), distance(links), 1)[0]) / 4
    assert worlds[0].abs().std() > 0.3


def test_a_mirror_reads_only_the_rows_of_the_other_table_that_it_names(links):
    level = links[["iso3", "club"]].assign(size=np.linspace(1, 50, len(links)), edition="new")
    both = pd.concat([level.assign(size=1.0, edition="old"), level])
    step = {"way": "mirror", "table": "links", "columns": ["value"], "on": ["iso3", "club"]}
    new = world(links, step | {"to": ["levels", "size"]}, read={"levels": level}.get)
    among = step | {"to": ["levels", "size", "edition == 'new'"]}
    assert world(links, among, read={"levels": both}.get).equals(new)
    assert not world(links, step | {"to": ["levels", "size"]}, read={"levels": both}.get).equals(new)


def test_a_chance_leaves_the_other_rows_as_they_are(links):
    step = {"way": "draw", "table": "links", "columns": ["value"], "values": [7.0], "chance": 0.3}
    hit = [(world(links, step, n)["value"] == 7.0) for n in range(40)]
    assert np.mean([one.mean() for one in hit]) == pytest.approx(0.3, abs=0.04)
    assert not hit[0].equals(hit[1])
    assert world(links, step)["value"][~hit[1]].equals(links["value"][~hit[1]])
    assert world(links, step | {"chance": 0.0}).equals(links)


def test_recounted_cases_are_a_part_of_the_whole_or_lie_around_what_they_were():
    counts = pd.DataFrame({"part": [0, 5, 40] * 200, "whole": [0, 10, 400] * 200, "kind": [1, 2, 3] * 200})
    part = world(counts, {"way": "recount", "table": "links", "columns": ["part", "whole"], "rate": 0.25})
    assert (part["part"] <= part["whole"]).all()
    assert part["whole"].equals(counts["whole"])
    drawn = part["part"].groupby(part["kind"])
    assert drawn.mean().tolist() == pytest.approx([0, 2.5, 100], rel=0.1)
    assert drawn.var().tolist() == pytest.approx([0, 2.5 * 0.75, 75], rel=0.35)
    alone = world(counts, {"way": "recount", "table": "links", "columns": ["whole"], "rate": 0.5})["whole"]
    drawn = alone.groupby(counts["kind"])
    assert drawn.mean().tolist() == pytest.approx([0, 5, 200], rel=0.1)
    assert drawn.var().tolist() == pytest.approx([0, 5, 200], rel=0.35)


def test_answers_along_a_line_keep_their_totals_and_follow_one_order():
    rng = np.random.default_rng(5)
    asked = pd.DataFrame(
        {"text": np.repeat(list("abcdef"), 60), "iso3": [f"S{i:02d}" for i in range(60)] * 6}
    )
    asked["vote"] = rng.choice(["no", "abstain", "yes", "absent"], size=len(asked))
    step = {"way": "line", "table": "links", "columns": ["vote", "iso3"], "values": ["no", "abstain", "yes"]}
    sharp = world(asked, step | {"within": ["text"], "error": 0})
    totals = lambda frame: frame.groupby(["text", "vote"]).size()  # noqa: E731
    pd.testing.assert_series_equal(totals(sharp), totals(asked))
    assert (sharp["vote"] == "absent").equals(asked["vote"] == "absent")

    def agreement(frame):
        """Mean absolute correlation of the texts' votes, which along a sharp line all have one order."""
        rank = frame["vote"].map({"no": 0, "abstain": 1, "yes": 2})
        across = (
            frame.assign(rank=rank).pivot(index="iso3", columns="text", values="rank").corr("spearman").abs()
        )
        return across.to_numpy()[np.triu_indices(6, 1)].mean()

    noisy = world(asked, step | {"within": ["text"], "error": 5})
    assert agreement(sharp) > 0.7
    assert agreement(asked) < 0.3
    assert agreement(noisy) < 0.4
    directions = {
        world(asked, step | {"within": ["text"], "error": 0}, number)
        .assign(rank=lambda d: d["vote"].map({"no": 0, "abstain": 1, "yes": 2}))
        .pivot(index="iso3", columns="text", values="rank")[["a", "b"]]
        .corr("spearman")
        .iloc[0, 1]
        > 0
        for number in range(1, 8)
    }
    assert directions == {True, False}


@pytest.mark.parametrize(
    ("placebo", "sentence"),
    [
        ("shuffle", "placebo must be a list of steps"),
        ([{"way": "shake"}], "step 1 of the placebo must name its way, one of shuffle, relabel"),
        ([{"way": "shuffle", "table": "votes"}], "step 1 of the placebo (shuffle) lacks columns"),
        (
            [{"way": "shuffle", "table": "votes", "columns": ["vote"], "amount": 1}],
            "step 1 of the placebo (shuffle) does not take amount",
        ),
        ([{"way": "swap", "table": "votes", "columns": ["vote"]}], "(swap) needs 2 columns"),
        (
            [{"way": "relabel", "tables": ["votes"], "columns": ["iso3"], "among": "states"}],
            "(relabel) needs a table and its column after among",
        ),
        (
            [{"way": "deal", "table": "votes", "columns": ["vote"], "among": ["states", "iso3"]}],
            "(deal) needs no names",
        ),
        (
            [{"way": "deal", "table": "votes", "columns": ["vote"], "chance": 2}],
            "(deal) needs a chance from 0 to 1, not 2",
        ),
        ([{"way": "deal", "table": "votes", "columns": "vote"}], "(deal) needs a list of columns"),
        (
            [{"way": "recount", "table": "votes", "columns": ["a", "b", "c"], "rate": 1}],
            "(recount) needs 1 or 2 columns",
        ),
    ],
)
def test_a_placebo_that_is_written_wrongly_is_one_sentence(tmp_path, placebo, sentence):
    with pytest.raises(TableError, match=r"^A1\.x: ") as error:
        altered.check(placebo, "A1.x")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_column_or_rows_that_a_table_does_not_have_are_one_sentence(links):
    with pytest.raises(TableError, match="names colour, which the table links does not have"):
        world(links, {"way": "shuffle", "table": "links", "columns": ["colour"]})
    with pytest.raises(TableError, match="the table links has none"):
        world(links, {"way": "shuffle", "table": "links", "columns": ["year"], "where": "year > 3000"})


def test_loading_gives_the_altered_table_and_the_readers_own_file_as_it_is(monkeypatch):
    as_it_is = data.load("votes")
    monkeypatch.setenv(altered.ALTERED_VARIABLE, Alteration(without="NZL").to_json())
    assert "NZL" not in set(data.load("votes")["iso3"])
    assert "NZL" not in set(data.load("states")["iso3"])
    path = data.root() / "data" / data.descriptor("votes")["path"]
    assert data.load("votes", path).equals(as_it_is)
    monkeypatch.delenv(altered.ALTERED_VARIABLE)
    assert data.load("votes").equals(as_it_is)


def test_an_environment_that_cannot_be_read_is_one_sentence(monkeypatch):
    for text in ("NZL", json.dumps({"wihtout": "NZL"})):
        monkeypatch.setenv(altered.ALTERED_VARIABLE, text)
        with pytest.raises(TableError, match="CYBERGOV_ALTERED is not as expected"):
            data.load("votes")


def test_every_indicator_declares_a_placebo_over_tables_and_columns_that_are_there():
    for indicator in findings.indicators(findings.all_declared()).values():
        assert indicator.placebo, f"{indicator.id} declares no placebo"
        for step in indicator.placebo:
            for table in altered.tables_of(step):
                assert {*step["columns"], *step.get("within", [])} <= set(data.load(table).columns), (
                    indicator.id
                )


def test_a_wrong_placebo_in_the_claims_names_the_indicator(tmp_path):
    claims = yaml.safe_load((data.root() / "data" / "claims.yml").read_text())
    claims["A1"]["indicators"]["A1.split"]["placebo"] = [{"way": "shake"}]
    path = tmp_path / "claims.yml"
    path.write_text(yaml.safe_dump(claims, allow_unicode=True))
    with pytest.raises(FindingError, match=r"claims.yml, A1.split: step 1 of the placebo must name its way"):
        findings.claims(path)
