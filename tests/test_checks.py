"""What must hold between the tables holds, and every check fails when it does not.

Each check is shown a copy of the package in which one thing was broken on purpose.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cybergov import checks, data

from .conftest import ROOT, Book


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A copy of the tables in which each was found valid once."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(ROOT / "data", folder / "data")
    shutil.copy(ROOT / "_toc.yml", folder)
    subprocess.run(
        [sys.executable, "-c", "from cybergov import data; [data.load(n) for n in data.descriptors()]"],
        cwd=folder,
        check=True,
    )
    return folder


@pytest.fixture
def package(checked, tmp_path, monkeypatch):
    """A copy of those that a test may break."""
    monkeypatch.delenv(data.TABLES_VARIABLE, raising=False)
    shutil.copytree(checked, tmp_path / "package")
    monkeypatch.chdir(tmp_path / "package")
    return tmp_path / "package"


def test_the_package_passes_every_check_and_every_check_looks_at_something(package):
    results = checks.run_all()
    assert [result.problems for result in results] == [[] for _ in results]
    assert all(result.checked > 0 for result in results)
    assert {result.name for result in results} == {*BREAKS, SOURCES, AGGREGATES}


# Check, table, what is changed in its file (a pattern and what stands in its place, once), what is said.
BREAKS: dict[str, tuple[str, str, str, str]] = {
    "rows marked verified rest on sources that were seen": (
        "igf_meetings",
        r"(2006,GRC,Athens,yes,)(\w+)",
        r"\1memory",
        "igf_meetings, row 2: verified is yes, but its source 'memory' was not seen.",
    ),
    "tables give away no more than their sources allow": (
        "igf_meetings",
        r"(2006,GRC,Athens,yes,)(\w+)",
        r"\1eurepoc",
        "Table igf_meetings gives away rows, but its source 'eurepoc' allows only aggregates.",
    ),
    "codes follow the rule that they name": (
        "good_codes",
        r"cve_numbering,rivalry,partial,R2",
        "cve_numbering,rivalry,none,R2",
        "good_codes, row ",
    ),
    "disagreements name a table, and their two sides differ": (
        "disagreements",
        r"\nvotes,A/RES/71/28/ZWE",
        "\nvoices,A/RES/71/28/ZWE",
        "there is no table 'voices'.",
    ),
    "states have one name and one code throughout": (
        "areas",
        "AFG,Afghanistan,member state",
        "AFG,Afghan Republic,member state",
        "areas: AFG is 'Afghan Republic', but 'Afghanistan' in table states.",
    ),
    "states act as members only from their admission on": (
        "ideal_points",
        r"TLS,2003,",
        "TLS,2001,",
        "TLS in 2001, before its admission in 2002.",
    ),
    "votes on a resolution add up to the membership of that year": (
        "votes",
        r"A/RES/73/27,AFG,\w+,\w+\n",
        "",
        "votes: A/RES/73/27 has 192 states, expected 193 to 193 members of 2018.",
    ),
    "votes by state add up to the recorded totals": (
        "votes",
        r"A/RES/74/28,AFG,\w+",
        "A/RES/74/28,AFG,no",
        "votes: A/RES/74/28 has 11 times no, the record says 10.",
    ),
    "the two sources of votes agree but for the listed cells": (
        "votes_voeten",
        r"A/RES/74/28,AFG,\w+",
        "A/RES/74/28,AFG,no",
        "votes: A/RES/74/28/AFG differs from votes_voeten and is not in disagreements.",
    ),
    "rows stand in the order of their table": (
        "igf_meetings",
        r"\n(2006,[^\n]*)\n(2007,[^\n]*)",
        r"\n\2\n\1",
        "igf_meetings, row 3: out of order, expected rows by year.",
    ),
    "expert groups have as many members as seats": (
        "expert_group_members",
        r"2012,ARG,\w+,\w+\n",
        "",
        "expert_group_members: group 2012 has 14 members and 15 seats.",
    ),
    "signature, ratification and entry into force stand in this order": (
        "memberships",
        r"(\nbudapest,ALB,party,[^,]*,\w+,)[^,]*,[^,]*,",
        r"\g<1>2005-01-01,2004-01-01,",
        "signed 2005-01-01, but ratified 2004-01-01.",
    ),
    "no state is both party and non-party": (
        "memberships",
        r"\nbudapest,JPN,party",
        "\nbudapest,JPN,signatory",
        "memberships: JPN ratified the protocol of a convention it is no party to.",
    ),
    "lists of members stand where institutions say so": (
        "institutions",
        r"(\nbudapest,.*),yes,",
        r"\1,no,",
        "institutions: budapest says members_listed no, and has 84 memberships.",
    ),
    "the summits of the ransomware initiative agree with its memberships": (
        "ransomware_summits",
        r"\n2021,AUS,",
        "\n2020,AUS,",
        "memberships: AUS joined counter_ransomware in 2021, its first summit is 2020.",
    ),
    "scales of assessment add up to 100": (
        "un_scale",
        r"(AFG,2025,2027,)[\d.]+",
        r"\g<1>1.5",
        "un_scale: the rates to 2027 add up to 101.",
    ),
    "shares add up to one": (
        "participation",
        r"(Addis Ababa 2022,2022,region,Africa,[^,]+,)44",
        r"\g<1>94",
        "participation: regions of IGF, Addis Ababa 2022, add up to 150 %.",
    ),
    "numbering authorities by state agree with the list of them": (
        "numbering_authorities_by_state",
        r"(USA,2024-10-08,)223",
        r"\g<1>224",
        "numbering_authorities_by_state: USA has 224, the list has 223.",
    ),
}
SOURCES = "every row has a source, and every source is used"
AGGREGATES = "aggregates hold no names or identifiers of single records"


def _result(name: str) -> checks.Result:
    (found,) = [result for result in checks.run_all() if result.name == name]
    return found


@pytest.mark.parametrize("name", BREAKS)
def test_check_finds_what_was_broken(package, name):
    table, pattern, put, said = BREAKS[name]
    path = package / "data" / data.descriptor(table)["path"]
    text, times = re.subn(pattern, put, path.read_text(encoding="utf-8"), count=1)
    assert times == 1
    path.write_text(text, encoding="utf-8")
    assert any(said in problem for problem in _result(name).problems)


def test_a_source_that_nothing_rests_on_is_found(package):
    path = package / "data" / "votes" / "tracks.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "itu_wsis_outcome" not in line), encoding="utf-8")
    assert _result(SOURCES).problems == ["sources: 'itu_wsis_outcome' is used by no table."]


def _descriptor(package: Path, change: Callable[[dict[str, dict]], None]) -> None:
    path = package / "data" / "datapackage.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    change({resource["name"]: resource for resource in described["resources"]})
    path.write_text(json.dumps(described), encoding="utf-8")


def test_a_free_text_column_in_a_table_of_aggregates_is_found(package):
    def change(resources):
        # Threat actors by name, as if they were counts
        resources["threat_actors"]["ship"] = "aggregates"

    _descriptor(package, change)
    problems = _result(AGGREGATES).problems
    assert problems == ["Table threat_actors holds aggregates, but column 'actor' could name a record."]


def test_an_identifier_smuggled_into_aggregates_is_found(package):
    path = package / "data" / "incidents" / "eurepoc_intensity.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join([f"{lines[0]},incident_id", *(f"{line},{at}" for at, line in enumerate(lines[1:]))]) + "\n",
        encoding="utf-8",
    )

    def change(resources):
        field = {"name": "incident_id", "type": "string", "title": "Incident", "description": "Its number."}
        resources["eurepoc_intensity"]["schema"]["fields"].append(field)

    _descriptor(package, change)
    problems = _result(AGGREGATES).problems
    assert problems == [
        "Table eurepoc_intensity holds aggregates, but column 'incident_id' could name a record."
    ]


def test_a_table_of_aggregates_that_counts_nothing_is_found(package):
    def change(resources):
        resources["igf_meetings"]["ship"] = "aggregates"

    _descriptor(package, change)
    problems = _result(AGGREGATES).problems
    assert "Table igf_meetings holds aggregates, but no column counts or measures anything." in problems


def test_a_table_without_a_source_column_is_found(package):
    def change(resources):
        schema = resources["igf_meetings"]["schema"]
        schema["foreignKeys"] = [key for key in schema["foreignKeys"] if key["fields"] != ["source"]]

    _descriptor(package, change)
    problems = _result(SOURCES).problems
    assert "Table igf_meetings has no column that names a source." in problems


def test_numbers_within_words_count_as_numbers():
    words = ["g20", "A/RES/74/247", "A/RES/104/3", "g7", "A/RES/74/28"]
    assert sorted(words, key=checks._natural) == ["A/RES/74/28", "A/RES/74/247", "A/RES/104/3", "g7", "g20"]
    assert sorted(["b", None, "a"], key=checks._natural) == [None, "a", "b"]


# --- the command ----------------------------------------------------------------------------------


def test_validate_without_a_file_checks_the_package(package):
    done = Book(package).cybergov("validate")
    assert done.returncode == 0, done.stderr
    assert f"All {len(data.descriptors())} tables keep to their schemas." in done.stdout
    for name in (*BREAKS, SOURCES, AGGREGATES):
        assert name in done.stdout


def test_validate_lists_what_breaks_a_schema_and_says_that_the_rest_was_not_looked_at(package):
    path = package / "data" / "memberships" / "igf_meetings.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2006,GRC,", "2006,GRE,"), encoding="utf-8")
    done = Book(package).cybergov("validate")
    assert done.returncode == 2
    assert "data/memberships/igf_meetings.csv, row 2, column 'iso3': found 'GRE', expected" in done.stderr
    assert "1 problems in the tables; what must hold between them was not checked." in done.stderr


def test_validate_names_a_broken_table_once_however_many_point_to_it(package):
    path = package / "data" / "states" / "states.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("AFG,Afghanistan,", "afg,Afghanistan,"), encoding="utf-8"
    )
    done = Book(package).cybergov("validate")
    assert done.returncode == 2
    assert done.stderr.count("data/states/states.csv, row 2, column 'iso3': found 'afg'") == 1


def test_validate_lists_what_does_not_hold_between_tables(package):
    path = package / "data" / "resources" / "un_scale.csv"
    text = re.sub(r"(AFG,2025,2027,)[\d.]+", r"\g<1>1.5", path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    done = Book(package).cybergov("validate")
    assert done.returncode == 2
    assert "un_scale: the rates to 2027 add up to" in done.stderr


@pytest.mark.parametrize("arguments", [("own.csv",), ("--as", "votes")])
def test_validate_needs_a_file_and_a_table_or_neither(package, arguments):
    done = Book(package).cybergov("validate", *arguments)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "To check your own file, name it and the table that it stands in for: cybergov validate FILE --as TABLE."
    )


def test_tables_lists_rows_years_states_and_licence(package):
    done = Book(package).cybergov("tables")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("regime ")]
    assert re.match(r"regime +4631 +1998–2024 +172 +rows +CC-BY-SA-4.0 ", line)
    assert done.stdout.rstrip().splitlines()[-1].startswith(f"{len(data.descriptors())} tables, ")
