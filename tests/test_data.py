"""The tables of the book: what they say, what describes them, and what bad input is answered."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from cybergov import codebook, data
from cybergov.errors import TableError

ROOT = data.root()
DATA = ROOT / "data"
PACKAGE = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES = {resource["name"]: resource for resource in PACKAGE["resources"]}
TABLES = list(RESOURCES)
FIELDS = [
    pytest.param(resource, field, id=f"{resource['name']}.{field['name']}")
    for resource in PACKAGE["resources"]
    for field in resource["schema"]["fields"]
]
# Made by runs of the book, not tables that it starts from
MADE = {"findings.csv", "robustness.csv"}

# Yes, no and abstaining, as the United Nations record them
TOTALS = {
    "A/RES/73/27": (119, 46, 14),
    "A/RES/73/266": (138, 12, 16),
    "A/RES/74/247": (79, 60, 33),
    "A/RES/75/240": (92, 50, 21),
    "A/RES/77/36": (112, 52, 8),
    "A/RES/77/37": (156, 7, 14),
    "A/RES/78/16": (161, 9, 11),
    "A/RES/78/237": (104, 53, 7),
}


@pytest.fixture(autouse=True)
def _no_substitutes(monkeypatch):
    monkeypatch.delenv(data.TABLES_VARIABLE, raising=False)


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Give a copy of the book's tables, in which nothing is remembered yet."""
    folder = tmp_path / "book"
    shutil.copytree(DATA, folder / "data")
    shutil.copy(ROOT / "_toc.yml", folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(data, "_LOADED", {})
    return folder


def _counts() -> pd.DataFrame:
    votes = data.load("votes")
    return pd.crosstab(votes["resolution"], votes["vote"])


# What the tables say


@pytest.mark.parametrize(("resolution", "total"), TOTALS.items())
def test_recorded_totals_come_out_of_votes(resolution, total):
    assert tuple(_counts().loc[resolution, ["yes", "no", "abstain"]]) == total


@pytest.mark.parametrize(("resolution", "total"), TOTALS.items())
def test_recorded_totals_come_out_of_assembly_votes(resolution, total):
    counted = data.load("assembly_votes").set_index("resolution")
    assert tuple(counted.loc[resolution, ["yes", "no", "abstain"]]) == total


def test_only_the_resolution_after_the_record_has_no_recorded_total():
    counted, dates = data.load("assembly_votes"), data.load("resolutions").set_index("resolution")["date"]
    counted = counted.set_index("resolution")
    both = _counts().index.intersection(counted.index)
    assert len(both) == 28
    assert list(_counts().index.difference(counted.index)) == ["UNDL 4095649"]
    assert (dates[both] == counted.loc[both, "date"]).all()


def test_recorded_resolutions_are_those_with_votes():
    resolutions = data.load("resolutions").set_index("resolution")
    recorded = resolutions[resolutions["adoption"] == "recorded vote"]
    assert set(recorded.index) == set(data.load("votes")["resolution"])
    assert recorded["set"].value_counts().to_dict() == {"core": 18, "adjacent": 11}
    unrecorded = set(resolutions.index) - set(recorded.index)
    assert not unrecorded & set(data.load("assembly_votes")["resolution"])


def test_inference_of_no_vote_fails_only_where_the_description_says_so():
    resolutions = data.load("resolutions")
    last = data.load("assembly_votes")["date"].max()
    inferred = resolutions[(resolutions["adoption"] == "without a vote") & (resolutions["verified"] == "no")]
    assert list(inferred.loc[inferred["date"] > last, "resolution"]) == ["A/RES/80/16"]
    assert "A/RES/80/16" in RESOURCES["resolutions"]["description"]


def test_resolution_transcribed_by_hand_is_not_verified():
    row = data.load("resolutions").set_index("resolution").loc["UNDL 4095649"]
    assert (row["verified"], row["adoption"], str(row["date"].date())) == (
        "no",
        "recorded vote",
        "2025-12-15",
    )


def test_states_are_the_193_members():
    states = data.load("states")
    assert len(states) == 193
    assert states["regional_group"].nunique() == 5
    assert set(states.loc[states["permanent_member"] == "yes", "iso3"]) == {"CHN", "FRA", "GBR", "RUS", "USA"}


def test_population_has_every_state_in_every_year():
    population = data.load("population")
    wide = population.pivot(index="iso3", columns="year", values="population")
    assert wide.shape == (193, 27)
    assert wide.notna().all().all()
    assert (wide.columns.min(), wide.columns.max()) == (1998, 2024)


def test_no_resolution_has_more_votes_than_members_and_none_fewer_than_the_description_says():
    voters = data.load("votes").groupby("resolution").size()
    assert (voters.min(), voters.max()) == (185, 193)
    assert "185 to 193" in RESOURCES["votes"]["description"]


def test_groups_whose_members_were_seen_whole_are_those_without_an_unverified_row():
    groups = data.load("expert_groups").set_index("group")
    members = data.load("expert_group_members")
    unseen = set(members.loc[members["verified"] == "no", "group"])
    assert set(groups.index[groups["members_seen"] == "whole"]) == set(groups.index) - unseen
    assert set(groups.index) - unseen == {"2012", "2019"}


MARKED = [name for name in TABLES if name != "sources" and {"verified", "source"} <= set(data.load(name))]


@pytest.mark.parametrize("table", MARKED)
def test_unverified_rows_are_those_from_memory_or_coded(table):
    frame = data.load(table)
    if table == "resolutions":  # without a vote by inference, or transcribed by hand
        assert set(frame.loc[frame["verified"] == "no", "source"]) == {
            "assembly_record_absence",
            "assembly_record_hand",
        }
        return
    assert ((frame["verified"] == "no") == frame["source"].isin(["memory", "coded"])).all()


def test_members_of_expert_groups_from_memory_are_marked():
    assert (data.load("expert_group_members")["source"] == "memory").any()


def test_counts_of_assembly_votes_name_no_state():
    frame = data.load("assembly_votes")
    text: pd.DataFrame = frame.select_dtypes("str")
    assert set(text) == {"resolution", "source"}
    states = data.load("states")
    assert not text.isin([*states["iso3"], *states["name"]]).any().any()
    assert frame["resolution"].is_unique


# What describes the tables


def test_every_table_is_described_and_every_description_has_its_table():
    files = {str(path.relative_to(DATA)) for path in DATA.rglob("*.csv")} - MADE
    assert files == {resource["path"] for resource in PACKAGE["resources"]}


def test_frictionless_itself_finds_the_package_valid():
    from frictionless import Package

    report = Package(str(DATA / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])
    assert len(report.tasks) == len(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_table_is_valid_and_typed(table):
    assert data.validate(DATA / RESOURCES[table]["path"], table) == []
    frame = data.load(table)
    fields = RESOURCES[table]["schema"]["fields"]
    assert list(frame) == [field["name"] for field in fields]
    for field in fields:
        required = field.get("constraints", {}).get("required", False)
        expected = {
            "string": "str",
            "date": "datetime64[us]",
            "number": "float64",
            "integer": "int64" if required else "Int64",
            "year": "int64" if required else "Int64",
        }[field["type"]]
        assert str(frame[field["name"]].dtype) == expected, field["name"]
        assert frame[field["name"]].notna().all() or not required


def test_every_source_is_used():
    pd.testing.assert_frame_equal(data.sources(), data.load("sources"))


def test_sources_of_chosen_tables():
    assert list(data.sources("states", "population")["id"]) == ["un_regional_groups", "world_bank_population"]


def test_what_may_be_shown_in_aggregate_only_is_marked_so():
    aggregates = {resource["name"] for resource in PACKAGE["resources"] if resource["ship"] == "aggregates"}
    assert "assembly_votes" in aggregates
    assert {name for name in TABLES if name.startswith("eurepoc_")} <= aggregates
    assert {
        "incidents_by_state",
        "igo_mandates",
        "cables",
        "cable_ownership",
        "exchange_points",
    } <= aggregates
    licences = {name: resource["licenses"][0]["name"] for name, resource in RESOURCES.items()}
    assert {licences[name] for name in TABLES if name.startswith("eurepoc_")} == {"CC-BY-NC-4.0"}
    assert licences["incidents_by_state"] == "CC-BY-NC-4.0"
    assert licences["cables"] == licences["cable_ownership"] == "CC-BY-NC-SA-3.0"
    assert licences["regime"] == "CC-BY-SA-4.0"


def test_nothing_is_shipped_of_sources_that_may_only_be_derived_from():
    publishers = " ".join(data.load("sources")["publisher"])
    for name in ("Freedom House", "Strategic and International Studies", "Belfer", "Ookla"):
        assert name not in publishers
    assert set(data.load("sources")["ship"]) == {"rows", "aggregates"}


@pytest.mark.parametrize(("resource", "field"), FIELDS)
def test_field_is_fully_described(resource, field):
    assert field["title"]
    assert field["description"].endswith(".")
    constraints = field.get("constraints", {})
    if field["type"] in ("integer", "number", "year"):
        assert field["unit"]
        # Both bounds keep a number within what a column of int64 can hold.
        assert {"minimum", "maximum"} <= set(constraints)
        assert max(abs(constraints["minimum"]), constraints["maximum"]) < 2**63
    else:
        assert field["type"] in ("string", "date")
        assert "unit" not in field
    if "pattern" in constraints:
        # What a sentence says in place of the pattern, and an example that fits it
        assert field["form"]
        pattern = pd.Series([field["example"]]).str.fullmatch(constraints["pattern"])
        assert pattern.all()


@pytest.mark.parametrize("table", TABLES)
def test_resource_is_fully_described(table):
    resource = RESOURCES[table]
    assert resource["title"]
    assert resource["description"].startswith(("One row is", "One row counts"))
    assert resource["ship"] in ("rows", "aggregates")
    (licence,) = resource["licenses"]
    known = {"CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-3.0", "CC0-1.0", "other-nc"}
    assert licence["name"] in known
    assert licence["title"]
    assert resource.get("absent", "missing") in codebook.ABSENT
    assert resource["schema"]["primaryKey"]
    for key in resource["schema"].get("foreignKeys", []):
        # The checks rely on keys of one column that are the whole key of the other table.
        assert len(key["fields"]) == 1
        assert RESOURCES[key["reference"]["resource"]]["schema"]["primaryKey"] == key["reference"]["fields"]


@pytest.mark.parametrize(("resource", "field"), FIELDS)
def test_column_that_names_a_row_of_another_table_is_a_foreign_key(resource, field):
    area = {"areas"}
    targets = {
        "iso3": {"states", "areas"},
        **dict.fromkeys(("parent_iso3", "initiator", "target", "receiver", "suspected", "victim"), area),
        "attributed_to": area,
        **{key: {"states"} for key in ("iso3_a", "iso3_b")},
        **{key: {"sources"} for key in ("source", "source_a", "source_b", "parent_source")},
        "group": {"expert_groups"},
        **{key: {"resolutions"} for key in ("mandate", "resolution")},
        "institution": {"institutions"},
        **{key: {"coding_rules"} for key in ("rule", "parent_rule")},
        "good": {"goods"},
        "event": {"events"},
        "letter": {"root_operators"},
    }.get(field["name"], {None})
    place = (resource["name"], field["name"])
    if place == ("threat_actor_victims", "actor"):
        targets = {"threat_actors"}
    # Columns of the same name that mean something else: kinds of actors, groups and events of forums
    if resource["name"] == "eurepoc_actors" and field["name"] in ("initiator", "receiver"):
        targets = {None}
    if place in {("assembly_votes", "resolution"), ("participation", "group"), ("participation", "event")}:
        targets = {None}
    declared = {
        key["fields"][0]: key["reference"]["resource"] for key in resource["schema"].get("foreignKeys", [])
    }
    if resource["name"] in targets or place in {("states", "iso3"), ("areas", "iso3")}:
        targets = {None}  # the table that the others point to
    assert declared.get(field["name"]) in targets


def test_descriptions_carry_their_cautions():
    cautions = {
        "votes": ["29: 18 core, 11 adjacent", "final plenary", "under SRB as the continuing member"],
        "resolutions": ["inferred from absence", "symbol not seen", "stay out of headline counts", "memory"],
        "assembly_votes": ["October 1998 to October 2025", "members listed without a vote", "Counts only"],
        "expert_group_members": ["2012 and 2019", "confirmed", "never carry a headline finding"],
        "ideal_points": ["no realignment in cyber matters"],
        "memberships": ["choose the status before counting", "never carry a headline finding"],
        "incidents_by_state": ["Never add over data sets", "not the same as no incident"],
        "eurepoc_responses": ["only among incidents whose responses were coded", "no line over years"],
        "security_index": ["not comparable between editions", "measures commitments, not security"],
        "secure_servers": ["hosting havens", "not where they are used"],
        "igo_mandates": ["floored at 2000", "No organisation is named"],
        "attributions": ["only own attributions count", "not what is proven"],
        "cve_records": ["0 before 2017 by construction"],
        "good_codes": ["not blind"],
        "tracks": ["open to more than two states", "general-purpose organisations", "does not close"],
    }
    for table, phrases in cautions.items():
        for phrase in phrases:
            assert phrase in RESOURCES[table]["description"], (table, phrase)


def test_tables_lists_every_table():
    listed = data.tables().set_index("name")
    assert list(listed) == ["rows", "first_year", "last_year", "states", "ship", "licence", "title"]
    assert list(listed.index) == TABLES
    assert listed["rows"].to_dict() == {table: len(data.load(table)) for table in TABLES}
    votes = listed.loc["votes"]
    assert (votes["rows"], votes["states"]) == (5562, 193)
    # Votes have no date of their own: it is that of their resolutions.
    assert (votes["first_year"], votes["last_year"]) == (1998, 2025)
    assert tuple(listed.loc["regime", ["first_year", "last_year", "states"]]) == (1998, 2024, 172)
    assert tuple(listed.loc["memberships", ["first_year", "states"]]) == (1865, 193)
    assert listed.loc["coding_rules", ["first_year", "last_year"]].isna().all()


def test_describe_is_a_codebook():
    codebook = data.describe("population").set_index("column")
    assert list(codebook.index) == ["iso3", "year", "population", "source"]
    assert codebook.loc["population", "unit"] == "persons"
    assert codebook.loc["population", "expected"] == "a whole number from 1 to 5000000000"
    assert codebook.loc["iso3", "expected"] == "a value that is in column 'iso3' of table states"
    assert codebook.attrs["title"] == RESOURCES["population"]["title"]
    assert data.describe("tracks").set_index("column").loc["closed", "empty"] == "yes"


# Bad input: each mistake gets one sentence that says where, what was found and what was expected

VOTES = """resolution,iso3,vote,source
A/RES/73/27,AFG,yes,assembly_record
A/RES/73/27,ALB,no,assembly_record
"""
STATES = """iso3,name,regional_group,permanent_member,member_since,source
AFG,Afghanistan,Asia-Pacific States,no,1946,un_regional_groups
ALB,Albania,Eastern European States,no,1955,un_regional_groups
"""
REGIME = """iso3,year,polyarchy,liberal_democracy,source
AFG,1998,0.079,0.025,vdem_15
AFG,1999,0.08,,vdem_15
"""
MEMBERSHIPS = """institution,iso3,status,since,since_is,signed,ratified,in_force,until,verified,date_verified,source
budapest,ALB,party,2002-06-20,exact,2001-11-23,2002-06-20,,,yes,yes,digitalizetrade_budapest
nato,ALB,member,2009,exact,,,,,yes,partial,igo_lists
"""
POPULATION = """iso3,year,population,source
AFG,1998,19159996,world_bank_population
AFG,1999,19887785,world_bank_population
"""
ASSEMBLY = """resolution,date,yes,no,abstain,not_voting,source
A/RES/53/4,1998-10-14,157,2,12,14,assembly_record_all
A/RES/53/10,1998-10-26,80,2,67,36,assembly_record_all
"""
TRACKS = """track,name,short,kind,opened,closed,mandate,verified,source
igf,Internet Governance Forum,Forum,process,2006,,,yes,igf_meetings
world_summit,World Summit,Summit,process,2003,2005,A/RES/56/183,no,memory
budapest,Convention on Cybercrime,Budapest,instrument,2001,,,yes,digitalizetrade_budapest
"""
GOOD = {
    "votes": VOTES,
    "states": STATES,
    "population": POPULATION,
    "assembly_votes": ASSEMBLY,
    "tracks": TRACKS,
    "regime": REGIME,
    "memberships": MEMBERSHIPS,
}
COLUMNS_EXPECTED = {table: ", ".join(text.splitlines()[0].split(",")) for table, text in GOOD.items()}
FORM_EXPECTED = {
    table: f"expected the columns {columns}, with commas between, and rows below."
    for table, columns in COLUMNS_EXPECTED.items()
}
HEADER_EXPECTED = {table: f"expected the columns {columns}" for table, columns in COLUMNS_EXPECTED.items()}


def _swap(table: str, old: str, new: str) -> bytes:
    assert GOOD[table].count(old) == 1
    return GOOD[table].replace(old, new).encode()


# name: (table, content of the file, what is said after the file's name)
BAD: dict[str, tuple[str, bytes, str]] = {
    "empty file": ("votes", b"", f" is empty; {FORM_EXPECTED['votes']}"),
    "byte order mark only": ("votes", b"\xef\xbb\xbf\n", f" is empty; {FORM_EXPECTED['votes']}"),
    "header only": (
        "votes",
        VOTES.splitlines()[0].encode(),
        f" has a header and no rows; {FORM_EXPECTED['votes']}",
    ),
    "no header": (
        "votes",
        VOTES.split("\n", 1)[1].encode(),
        f", row 1: none of the columns of table votes is named here; {HEADER_EXPECTED['votes']}.",
    ),
    "Latin-1": (
        "states",
        STATES.replace("Albania", "Albanië").encode("latin-1"),
        ", row 3: not in UTF-8 (byte 0xeb); expected UTF-8: save it anew as 'CSV UTF-8'.",
    ),
    "Latin-1 after a byte order mark": (
        "states",
        b"\xef\xbb\xbf" + STATES.replace("Albania", "Albanië").encode("latin-1"),
        ", row 3: not in UTF-8 (byte 0xeb); expected UTF-8: save it anew as 'CSV UTF-8'.",
    ),
    "UTF-16": (
        "votes",
        VOTES.encode("utf-16"),
        " is in UTF-16; expected UTF-8: save it anew as 'CSV UTF-8'.",
    ),
    "spreadsheet": (
        "votes",
        b"PK\x03\x04" + VOTES.encode(),
        f" is no text file (a spreadsheet or an image, perhaps); {FORM_EXPECTED['votes']}",
    ),
    "binary": (
        "votes",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        f" is no text file (a spreadsheet or an image, perhaps); {FORM_EXPECTED['votes']}",
    ),
    "semicolons": (
        "votes",
        VOTES.replace(",", ";").encode(),
        f", row 1: the cells are separated by semicolons; {FORM_EXPECTED['votes']}",
    ),
    "tabs": (
        "votes",
        VOTES.replace(",", "\t").encode(),
        f", row 1: the cells are separated by tabs; {FORM_EXPECTED['votes']}",
    ),
    "quotation mark that is never closed": (
        "votes",
        _swap("votes", "ALB", '"ALB'),
        ", row 3: unexpected end of data; expected comma-separated cells.",
    ),
    "missing column": (
        "votes",
        b"resolution,iso3,vote\nA/RES/73/27,AFG,yes\n",
        f", row 1: column 'source' is missing; {HEADER_EXPECTED['votes']}.",
    ),
    "extra column": (
        "votes",
        b"resolution,iso3,vote,source,remark\nA/RES/73/27,AFG,yes,assembly_record,\n",
        f", row 1: column 'remark' is unknown; {HEADER_EXPECTED['votes']}.",
    ),
    "duplicate column": (
        "votes",
        b"resolution,iso3,vote,source,iso3\nA/RES/73/27,AFG,yes,assembly_record,AFG\n",
        f", row 1: column 'iso3' stands twice; {HEADER_EXPECTED['votes']}.",
    ),
    "column without a name": (
        "votes",
        b"resolution,iso3,vote,source,\nA/RES/73/27,AFG,yes,assembly_record,\n",
        f", row 1: column number 5 has no name; {HEADER_EXPECTED['votes']}.",
    ),
    "row too long": (
        "votes",
        _swap("votes", "no,assembly_record", "no,assembly_record,more"),
        ", row 3, column 'source': found 5 cells, expected 4: this is the last.",
    ),
    "row too long, with a wrong last cell": (
        "votes",
        _swap("votes", "no,assembly_record", "no,assembly,record"),
        ", row 3, column 'source': found 5 cells, expected 4: this is the last.",
    ),
    "row too short": (
        "votes",
        _swap("votes", "ALB,no,assembly_record", "ALB"),
        ", row 3, column 'vote': found 2 cells, expected 4: this is the first without a cell.",
    ),
    "blank line": (
        "votes",
        _swap("votes", "record\nA/RES/73/27,ALB", "record\n\nA/RES/73/27,ALB"),
        ", row 3: found an empty row, expected 4 cells.",
    ),
    "row of commas": (
        "votes",
        VOTES.encode() + b",,,\n",
        ", row 4: found an empty row, expected 4 cells.",
    ),
    "empty cell that is required": (
        "votes",
        _swap("votes", "ALB,no", "ALB,"),
        ", row 3, column 'vote': found an empty cell, expected one of yes, no, abstain, not voting.",
    ),
    "empty cell of a key": (
        "population",
        _swap("population", "1999", ""),
        ", row 3, column 'year': found an empty cell, expected a year of four digits from 1945 to 2100.",
    ),
    "value outside the list": (
        "votes",
        _swap("votes", "ALB,no", "ALB,Abstained"),
        ", row 3, column 'vote': found 'Abstained', expected one of yes, no, abstain, not voting; "
        "is 'abstain' meant?",
    ),
    "value outside the list, like none of it": (
        "votes",
        _swap("votes", "ALB,no", "ALB,1"),
        ", row 3, column 'vote': found '1', expected one of yes, no, abstain, not voting.",
    ),
    "broken pattern": (
        "states",
        _swap("states", "ALB", "alb"),
        ", row 3, column 'iso3': found 'alb', expected three capital letters, like 'AFG'.",
    ),
    "lower-case state code": (
        "votes",
        _swap("votes", "ALB", "alb"),
        ", row 3, column 'iso3': found 'alb', expected a value that is in column 'iso3' of table states; "
        "is 'ALB' meant?",
    ),
    "unknown state code": (
        "votes",
        _swap("votes", "ALB", "ALBN"),
        ", row 3, column 'iso3': found 'ALBN', expected a value that is in column 'iso3' of table states; "
        "is 'ALB' meant?",
    ),
    "unknown source": (
        "votes",
        _swap("votes", "no,assembly_record", "no,asembly_record_al"),
        ", row 3, column 'source': found 'asembly_record_al', expected a value that is in column 'id' of "
        "table sources; is 'assembly_record_all' meant?",
    ),
    "unknown resolution": (
        "votes",
        _swap("votes", "A/RES/73/27,ALB", "A/RES/73/2777,ALB"),
        ", row 3, column 'resolution': found 'A/RES/73/2777', expected a value that is in column "
        "'resolution' of table resolutions; is 'A/RES/73/27' meant?",
    ),
    "unknown mandate": (
        "tracks",
        _swap("tracks", "A/RES/56/183", "56/183"),
        ", row 3, column 'mandate': found '56/183', expected a value that is in column 'resolution' of "
        "table resolutions; is 'A/RES/56/183' meant?",
    ),
    "duplicate key": (
        "votes",
        _swap("votes", "ALB", "AFG"),
        ", row 3, column 'resolution': found 'A/RES/73/27, AFG' as in row 2, expected each combination of "
        "resolution and iso3 once.",
    ),
    "duplicate key of one column": (
        "states",
        _swap("states", "ALB", "AFG"),
        ", row 3, column 'iso3': found 'AFG' as in row 2, expected each iso3 once.",
    ),
    "duplicate value": (
        "states",
        _swap("states", "Albania", "Afghanistan"),
        ", row 3, column 'name': found 'Afghanistan' as in row 2, expected each value once.",
    ),
    "text for a number": (
        "population",
        _swap("population", "19887785", "many"),
        ", row 3, column 'population': found 'many', expected a whole number from 1 to 5000000000.",
    ),
    "decimal for a whole number": (
        "population",
        _swap("population", "19887785", "19887785.5"),
        ", row 3, column 'population': found '19887785.5', expected a whole number from 1 to 5000000000.",
    ),
    "thousands marked": (
        "population",
        _swap("population", "19887785", "19_887_785"),
        ", row 3, column 'population': found '19_887_785', expected a whole number from 1 to 5000000000.",
    ),
    "not a number": (
        "population",
        _swap("population", "19887785", "NaN"),
        ", row 3, column 'population': found 'NaN', expected a whole number from 1 to 5000000000.",
    ),
    "decimal comma": (
        "regime",
        _swap("regime", "0.079", '"0,079"'),
        ", row 2, column 'polyarchy': found '0,079', expected a number from 0 to 1.",
    ),
    "number in the form of powers": (
        "regime",
        _swap("regime", "0.079", "7.9e-2"),
        ", row 2, column 'polyarchy': found '7.9e-2', expected a number from 0 to 1.",
    ),
    "number that is none": (
        "regime",
        _swap("regime", "0.025", "nan"),
        ", row 2, column 'liberal_democracy': found 'nan', expected a number from 0 to 1.",
    ),
    "number above the maximum": (
        "regime",
        _swap("regime", "0.08,", "1.01,"),
        ", row 3, column 'polyarchy': found '1.01', expected a number from 0 to 1.",
    ),
    "date of a day that is in another form": (
        "memberships",
        _swap("memberships", "exact,2001-11-23", "exact,23.11.2001"),
        ", row 2, column 'signed': found '23.11.2001', expected a date as YYYY, YYYY-MM or YYYY-MM-DD, "
        "like '2018-10-26'.",
    ),
    "rule between two columns, one of them empty": (
        "memberships",
        _swap("memberships", "2009,exact", "2009,"),
        ", row 3, column 'since_is': found '', expected a word where since has a date, and none where it "
        "has not.",
    ),
    "infinite": (
        "assembly_votes",
        _swap("assembly_votes", "80,2,67", "inf,2,67"),
        ", row 3, column 'yes': found 'inf', expected a whole number from 0 to 193.",
    ),
    "below the minimum": (
        "assembly_votes",
        _swap("assembly_votes", "80,2,67", "80,-2,67"),
        ", row 3, column 'no': found '-2', expected a whole number from 0 to 193.",
    ),
    "above the maximum": (
        "assembly_votes",
        _swap("assembly_votes", "80,2,67", "80,2,194"),
        ", row 3, column 'abstain': found '194', expected a whole number from 0 to 193.",
    ),
    "number of five thousand digits": (
        "population",
        _swap("population", "19887785", "9" * 5000),
        f", row 3, column 'population': found '{'9' * 59}…', expected a whole number from 1 to 5000000000.",
    ),
    "year above the maximum": (
        "population",
        _swap("population", "1999", "9999"),
        ", row 3, column 'year': found '9999', expected a year of four digits from 1945 to 2100.",
    ),
    "year of two digits": (
        "population",
        _swap("population", "1999", "99"),
        ", row 3, column 'year': found '99', expected a year of four digits from 1945 to 2100.",
    ),
    "impossible date": (
        "assembly_votes",
        _swap("assembly_votes", "1998-10-26", "1998-02-30"),
        ", row 3, column 'date': found '1998-02-30', expected a date as YYYY-MM-DD from 1945-10-24.",
    ),
    "date in another form": (
        "assembly_votes",
        _swap("assembly_votes", "1998-10-26", "26/10/1998"),
        ", row 3, column 'date': found '26/10/1998', expected a date as YYYY-MM-DD from 1945-10-24.",
    ),
    "date before the United Nations": (
        "assembly_votes",
        _swap("assembly_votes", "1998-10-26", "1898-10-26"),
        ", row 3, column 'date': found '1898-10-26', expected a date as YYYY-MM-DD from 1945-10-24.",
    ),
    "blank at the end of a code": (
        "votes",
        _swap("votes", "ALB", "ALB "),
        ", row 3, column 'iso3': found 'ALB ', expected a value that is in column 'iso3' of table states; "
        "is 'ALB' meant?",
    ),
    "line break after a code": (
        "states",
        _swap("states", "ALB", '"ALB\n"'),
        ", row 3, column 'iso3': found 'ALB\\n', expected three capital letters, like 'AFG'.",
    ),
    "more votes than members": (
        "assembly_votes",
        _swap("assembly_votes", "80,2,67,36", "80,2,67,136"),
        ", row 3, column 'not_voting': found '136', expected that yes, no, abstain and not_voting add up "
        "to 193 members at most.",
    ),
    "closed before it opened": (
        "tracks",
        _swap("tracks", "2003,2005", "2003,1999"),
        ", row 3, column 'closed': found '1999', expected a year not before opened, or an empty cell.",
    ),
    "instrument that closes": (
        "tracks",
        _swap("tracks", "2001,,", "2001,2010,"),
        ", row 4, column 'closed': found '2010', expected an empty cell, for an instrument does not close.",
    ),
}


@pytest.mark.parametrize(("table", "text"), GOOD.items())
def test_the_good_files_that_the_bad_ones_are_made_from_are_good(table, text, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    assert data.validate(path, table) == []
    assert len(data.load(table, path)) == len(text.splitlines()) - 1


@pytest.mark.parametrize(("table", "content", "said"), BAD.values(), ids=BAD)
def test_bad_file_gets_one_sentence(table, content, said, tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    assert data.validate(path, table) == [f"{path}{said}"]
    with pytest.raises(TableError) as error:
        data.load(table, path)
    assert str(error.value) == f"{path}{said}"
    assert error.value.__cause__ is None
    for word in ("Traceback", "Error", "frictionless", "constraint", "\n", "{"):
        assert word not in said


def test_missing_file(tmp_path):
    path = tmp_path / "none.csv"
    said = (
        f"{path} does not exist; expected a CSV file in UTF-8 with the columns {COLUMNS_EXPECTED['votes']}."
    )
    assert data.validate(path, "votes") == [said]
    with pytest.raises(TableError) as error:
        data.load("votes", path)
    assert str(error.value) == said


def test_folder(tmp_path):
    said = (
        f"{tmp_path} is a folder; expected a CSV file in UTF-8 with the columns {COLUMNS_EXPECTED['votes']}."
    )
    assert data.validate(tmp_path, "votes") == [said]


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b.csv"])
def test_path_that_no_system_can_hold(name):
    (said,) = data.validate(name, "votes")
    assert said.startswith(f"{name} cannot be read (")
    assert said.endswith(f"; expected a CSV file in UTF-8 with the columns {COLUMNS_EXPECTED['votes']}.")


def test_misspelt_column_is_missing_and_unknown(tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes(_swap("votes", ",vote,", ",vot,"))
    assert data.validate(path, "votes") == [
        f"{path}, row 1: column 'vote' is missing; {HEADER_EXPECTED['votes']}.",
        f"{path}, row 1: column 'vot' is unknown; {HEADER_EXPECTED['votes']}; is 'vote' meant?",
    ]


def test_all_problems_are_found_at_once_in_the_order_of_rows_and_columns(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(
        "iso3,year,population,source\n"
        "AFG,1998,,world_bank_population\n"
        "AFX,98,-1,memori\n"
        "ALB,1998\n"
        "ALB,1999,5,world_bank_population\n"
        "ALB,1999,6,world_bank_population\n",
        encoding="utf-8",
    )
    where = [problem.removeprefix(f"{path}, ").split(":")[0] for problem in data.validate(path, "population")]
    assert where == [
        "row 2, column 'population'",
        "row 3, column 'iso3'",
        "row 3, column 'year'",
        "row 3, column 'population'",
        "row 3, column 'source'",
        "row 4, column 'population'",
        "row 6, column 'iso3'",
    ]


def test_error_lists_twenty_problems_and_counts_the_rest(tmp_path):
    path = tmp_path / "own.csv"
    rows = "".join(f"AFG,{year},0,world_bank_population\n" for year in range(1960, 1985))
    path.write_text("iso3,year,population,source\n" + rows, encoding="utf-8")
    problems = data.validate(path, "population")
    assert len(problems) == 25
    with pytest.raises(TableError) as error:
        data.load("population", path)
    first, *listed, last = str(error.value).split("\n- ")
    assert first == f"{path} breaks the schema of table population in 25 places:"
    assert listed == problems[:20]
    assert last == "and 5 more."


def test_unknown_table_name_gives_the_nearest():
    for ask in (
        lambda: data.load("vots"),
        lambda: data.describe("vots"),
        lambda: data.sources("vots"),
        lambda: data.validate("own.csv", "vots"),
    ):
        with pytest.raises(TableError) as error:
            ask()
        assert str(error.value) == (
            f"There is no table 'vots', expected one of {', '.join(TABLES)}; is 'votes' meant?"
        )
    with pytest.raises(
        TableError, match=r"^There is no table 'zzz', expected one of .*, document_authors\.$"
    ):
        data.load("zzz")


# A file of the reader's own


def test_own_file_in_place_of_the_table(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(VOTES, encoding="utf-8")
    frame = data.load("votes", str(path))
    assert frame.to_dict("list") == {
        "resolution": ["A/RES/73/27", "A/RES/73/27"],
        "iso3": ["AFG", "ALB"],
        "vote": ["yes", "no"],
        "source": ["assembly_record", "assembly_record"],
    }
    assert len(data.load("votes")) == 5562


def test_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes(b"\xef\xbb\xbf" + STATES.replace("\n", "\r\n").encode())
    assert list(data.load("states", path)["iso3"]) == ["AFG", "ALB"]


def test_columns_may_stand_in_any_order(tmp_path):
    # A spreadsheet shuffles columns easily, and their names already say which is which.
    path = tmp_path / "own.csv"
    path.write_text("source,population,year,iso3\nworld_bank_population,7,1999,AFG\n", encoding="utf-8")
    frame = data.load("population", path)
    assert frame.iloc[0].to_dict() == {
        "iso3": "AFG",
        "year": 1999,
        "population": 7,
        "source": "world_bank_population",
    }
    path.write_text("source,population,year,iso3\nworld_bank_population,0,1999,AFG\n", encoding="utf-8")
    assert data.validate(path, "population") == [
        f"{path}, row 2, column 'population': found '0', expected a whole number from 1 to 5000000000."
    ]


def test_empty_cells_are_missing_and_words_for_missing_are_text(tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes(_swap("tracks", "World Summit", "NA"))
    frame = data.load("tracks", path).set_index("track")
    assert frame.loc["world_summit", "name"] == "NA"
    assert frame.loc["world_summit", "closed"] == 2005
    assert frame.loc["igf", ["closed", "mandate"]].isna().all()


def test_substitution_by_environment(tmp_path, monkeypatch):
    path = tmp_path / "own.csv"
    path.write_text(VOTES, encoding="utf-8")
    monkeypatch.setenv(data.TABLES_VARIABLE, json.dumps({"votes": str(path)}))
    assert len(data.load("votes")) == 2
    assert data.tables().set_index("name").loc["votes", "rows"] == 2
    assert len(data.load("states")) == 193
    # A file that is named in the call goes before one for the whole run.
    assert len(data.load("votes", DATA / "votes" / "votes.csv")) == 5562


def test_substituted_table_is_what_keys_refer_to(tmp_path, monkeypatch):
    path = tmp_path / "own.csv"
    path.write_text(STATES, encoding="utf-8")
    monkeypatch.setenv(data.TABLES_VARIABLE, json.dumps({"states": str(path)}))
    with pytest.raises(TableError, match="row 4, column 'iso3': found 'DZA', expected a value that is in"):
        data.load("expert_group_members", _members(tmp_path, ["AFG", "ALB", "DZA"]))
    assert len(data.load("expert_group_members", _members(tmp_path, ["AFG", "ALB"]))) == 2


def _members(folder: Path, codes: list[str]) -> Path:
    path = folder / "members.csv"
    rows = "".join(f"2012,{code},yes,unoda_information_security\n" for code in codes)
    path.write_text("group,iso3,verified,source\n" + rows, encoding="utf-8")
    return path


def test_bad_substitute_is_reported_by_its_own_name(tmp_path, monkeypatch):
    path = tmp_path / "own.csv"
    path.write_bytes(_swap("states", "ALB", "alb"))
    monkeypatch.setenv(data.TABLES_VARIABLE, json.dumps({"states": str(path)}))
    with pytest.raises(TableError) as error:
        data.load("votes")
    assert str(error.value) == f"{path}{BAD['broken pattern'][2]}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("states.csv", r"^CYBERGOV_TABLES is not as expected: JSON like \{"),
        ('["states"]', r"^CYBERGOV_TABLES is not as expected: JSON like \{"),
        ('{"states": 1}', r"^CYBERGOV_TABLES is not as expected: JSON like \{"),
        ('{"state": "/own.csv"}', r"^There is no table 'state', .* is 'states' meant\?$"),
        (
            '{"states": "own.csv"}',
            r"^CYBERGOV_TABLES names 'own.csv' for table states; expected an absolute path\.$",
        ),
    ],
)
def test_bad_substitution(value, said, monkeypatch):
    monkeypatch.setenv(data.TABLES_VARIABLE, value)
    with pytest.raises(TableError, match=said):
        data.load("states")


# Where the book lies, and what is remembered


def test_root_is_the_nearest_book_upward(book, monkeypatch):
    below = book / "chapters" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert data.root() == book


def test_root_outside_any_book_is_the_librarys_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert data.root() == Path(data.__file__).resolve().parents[2]


def test_no_book_at_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "__file__", str(tmp_path / "lib" / "cybergov" / "data.py"))
    with pytest.raises(TableError, match=r"^No book found: neither .* holds data/datapackage.json and _toc"):
        data.root()


def test_broken_package_file(book):
    (book / "data" / "datapackage.json").write_text("{", encoding="utf-8")
    with pytest.raises(TableError, match=r"^data/datapackage.json is no JSON \(.*\)\.$"):
        data.load("states")


def test_broken_table_of_the_book_is_named_from_its_root(book):
    (book / "data" / "states" / "states.csv").write_bytes(_swap("states", "ALB", "alb"))
    with pytest.raises(TableError, match=r"^data/states/states.csv, row 3, column 'iso3': found 'alb'"):
        data.load("states")


def _markers(book: Path) -> set[Path]:
    return set((book / "_build" / ".validated").glob("*"))


def test_unchanged_table_is_checked_once(book, monkeypatch):
    first = data.load("votes")
    remembered = _markers(book)
    assert len(remembered) == 4  # votes, and the three tables that its keys refer to
    assert all(marker.stat().st_size == 0 for marker in remembered)

    def unexpected(*_):
        raise AssertionError("checked again")

    monkeypatch.setattr(data, "_problems", unexpected)
    pd.testing.assert_frame_equal(data.load("votes"), first)
    assert _markers(book) == remembered
    # The guard itself works: a table that is not remembered is checked.
    with pytest.raises(AssertionError, match="checked again"):
        data.load("tracks")


def test_what_is_changed_in_a_frame_stays_in_that_frame(book):
    first = data.load("states")
    first.loc[0, "name"] = "Atlantis"
    first["more"] = 1
    again = data.load("states")
    assert again.loc[0, "name"] == "Afghanistan"
    assert "more" not in again


def test_changed_content_is_checked_again(book):
    data.load("states")
    path = book / "data" / "states" / "states.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("ALB,", "alb,"), encoding="utf-8")
    for _ in range(2):  # a failed check is not remembered either
        with pytest.raises(TableError, match="found 'alb'"):
            data.load("states")


def test_changed_schema_is_checked_again(book):
    data.load("population")
    path = book / "data" / "datapackage.json"
    text = path.read_text(encoding="utf-8")
    assert text.count('"maximum": 5000000000') == 1
    path.write_text(text.replace('"maximum": 5000000000', '"maximum": 1000000000'), encoding="utf-8")
    with pytest.raises(TableError, match="expected a whole number from 1 to 1000000000"):
        data.load("population")


def test_changed_table_that_keys_refer_to_is_checked_again(book):
    data.load("votes")
    path = book / "data" / "states" / "states.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("ALB,")]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(TableError, match="found 'ALB', expected a value that is in column 'iso3' of table"):
        data.load("votes")


def test_place_that_cannot_be_written_is_no_error(book):
    (book / "_build").write_text("a file where the folder should be", encoding="utf-8")
    assert len(data.load("states")) == 193
    assert len(data.load("states")) == 193


def test_remembered_tables_load_without_frictionless(book):
    program = (
        "import sys; from cybergov import data; data.load('votes'); print('frictionless' in sys.modules)"
    )
    seen = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=book,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ,
        ).stdout.strip()
        for _ in range(2)
    ]
    assert seen == ["True", "False"]


def test_checks_ask_nothing_of_the_network(book, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for table in TABLES:
        data.load(table)
    assert len(_markers(book)) == len(TABLES)
