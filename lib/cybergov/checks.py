"""What must hold between the rows and tables of the data package, beyond what each schema says.

Each check counts what it looked at, so that one which looks at nothing is seen, and lists what is
wrong in sentences. `run_all` is what ``cybergov validate`` and the tests call.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from cybergov import data

#: Yugoslavia, whose seat the codes of states continue as SRB, was listed and assessed until Serbia
#: and Montenegro was admitted in 2000.
SEATED_BEFORE = {"SRB": 1945}
#: Tables that only member states of that year can have a row in.
ACTS_OF_MEMBERS = ("votes", "votes_voeten", "expert_group_members", "ideal_points", "un_scale")
#: Last years of the scales to whose 100 % members admitted later were added.
SCALES_WITH_ADDITIONS = {2003}
#: What a published share of rounded parts may add up to, in percent.
ROUNDED_SHARES = (95.0, 103.0)


@dataclass(frozen=True)
class Result:
    """What a check looked at and what it found: a sentence for each problem."""

    name: str
    checked: int
    problems: list[str]


_CHECKS: list[tuple[str, Callable[[], tuple[int, list[str]]]]] = []


def _check(name: str) -> Callable[[Callable[[], tuple[int, list[str]]]], Callable[[], tuple[int, list[str]]]]:
    def register(function: Callable[[], tuple[int, list[str]]]) -> Callable[[], tuple[int, list[str]]]:
        _CHECKS.append((name, function))
        return function

    return register


def run_all() -> list[Result]:
    """Hold the whole package to what must be true between its tables.

    Returns
    -------
    list of Result
        One a check, in a fixed order; empty problems where all is well.

    Raises
    ------
    TableError
        If a table breaks its own schema: that has to be mended first.
    """
    return [Result(name, *function()) for name, function in _CHECKS]


def _tables() -> Iterator[tuple[str, dict[str, Any], pd.DataFrame]]:
    for name, resource in data.descriptors().items():
        yield name, resource, data.load(name)


def _seated_since() -> pd.Series:
    """Year from which each state has had a seat in the United Nations."""
    since = data.load("states").set_index("iso3")["member_since"]
    return since.where(~since.index.isin(list(SEATED_BEFORE)), since.index.map(SEATED_BEFORE.get)).astype(int)


# --- sources and what may be given away -----------------------------------------------------------


@_check("every row has a source, and every source is used")
def _sources() -> tuple[int, list[str]]:
    problems, used, rows = [], set(), 0
    for name, _, frame in _tables():
        columns = data.source_columns(name)
        if not columns and name != "sources":
            problems.append(f"Table {name} has no column that names a source.")
        for column in columns:
            empty = frame.index[frame[column].isna()]
            problems += [f"{name}, row {row + 2}: no source in column {column!r}." for row in empty]
        used |= data.named_sources(name)
        rows += len(frame)
    unused = sorted(set(data.load("sources")["id"]) - used)
    return rows, problems + [f"sources: {name!r} is used by no table." for name in unused]


@_check("rows marked verified rest on sources that were seen")
def _verified() -> tuple[int, list[str]]:
    seen = data.load("sources").set_index("id")["verified"]
    problems, rows = [], 0
    for name, _, frame in _tables():
        if name == "sources" or "verified" not in frame or "source" not in frame:
            continue
        rows += len(frame)
        wrong = frame[(frame["verified"] == "yes") & (frame["source"].map(seen) == "no")]
        problems += [
            f"{name}, row {row + 2}: verified is yes, but its source {source!r} was not seen."
            for row, source in zip(wrong.index, wrong["source"], strict=True)
        ]
    return rows, problems


@_check("tables give away no more than their sources allow")
def _shipping() -> tuple[int, list[str]]:
    allowed = data.load("sources").set_index("id")["ship"]
    problems, pairs = [], 0
    for name, resource in data.descriptors().items():
        may = {"rows"} if resource["ship"] == "rows" else {"rows", "aggregates"}
        for source in sorted(data.named_sources(name)):
            pairs += 1
            if allowed[source] not in may and name != "disagreements":
                problems.append(
                    f"Table {name} gives away {resource['ship']}, but its source {source!r} allows "
                    f"{'only aggregates' if allowed[source] == 'aggregates' else 'neither rows nor counts'}."
                )
    return pairs, problems


@_check("aggregates hold no names or identifiers of single records")
def _aggregates() -> tuple[int, list[str]]:
    problems, columns = [], 0
    for name, resource in data.descriptors().items():
        if resource["ship"] != "aggregates":
            continue
        keys = data.references(resource)
        groups = set(resource.get("groups", ()))
        measures = 0
        for field in resource["schema"]["fields"]:
            columns += 1
            column, kind = field["name"], field["type"]
            measures += kind in ("integer", "number") and column not in resource["schema"]["primaryKey"]
            # A state, a source, a year or a word of a closed list groups records; anything else
            # could name one, unless the table says that its records are counted by it.
            groups_by = column in keys or "enum" in field.get("constraints", {}) or column in groups
            if kind in ("string", "date") and not groups_by:
                problems.append(f"Table {name} holds aggregates, but column {column!r} could name a record.")
        if not measures:
            problems.append(f"Table {name} holds aggregates, but no column counts or measures anything.")
    return columns, problems


@_check("codes follow the rule that they name")
def _codes() -> tuple[int, list[str]]:
    rules = data.load("coding_rules").set_index("rule")
    problems, cells = [], 0
    # What a second coder could say keeps to the same rules.
    for name in (
        "institution_codes",
        "institution_code_alternatives",
        "good_codes",
        "good_code_alternatives",
    ):
        frame = data.load(name)
        cells += len(frame)
        rule = rules.loc[frame["rule"]].reset_index(drop=True)
        coded = name.replace("_code_alternatives", "_codes")
        fits = (rule["table"] == coded) & (rule["attribute"] == frame["attribute"])
        fits &= rule["value"].isna() | (rule["value"] == frame["value"])
        for row in frame.index[~fits]:
            code = frame.loc[row]
            problems.append(
                f"{name}, row {row + 2}: {code['attribute']} is {code['value']!r}, which is not what rule "
                f"{code['rule']} says."
            )
    return cells, problems


@_check("disagreements name a table, and their two sides differ")
def _disagreements() -> tuple[int, list[str]]:
    listed, known = data.load("disagreements"), data.descriptors()
    problems = []
    for row, one in listed.iterrows():
        place = f"disagreements, row {int(str(row)) + 2}"
        if one["table"] not in known:
            problems.append(f"{place}: there is no table {one['table']!r}.")
        elif one["source_a"] == one["source_b"] and one["value_a"] == one["value_b"]:
            problems.append(f"{place}: both sides say the same.")
    return len(listed), problems


# --- states ---------------------------------------------------------------------------------------


@_check("states have one name and one code throughout")
def _names() -> tuple[int, list[str]]:
    states, areas = data.load("states"), data.load("areas").set_index("iso3")
    problems = [
        f"areas: {code} is {areas['name'].get(code)!r}, but {name!r} in table states."
        for code, name in zip(states["iso3"], states["name"], strict=True)
        if areas["name"].get(code) != name or areas["kind"].get(code) != "member state"
    ]
    extra = sorted(set(areas.index[areas["kind"] == "member state"]) - set(states["iso3"]))
    return len(areas), problems + [f"areas: {code} is no member state in table states." for code in extra]


@_check("states act as members only from their admission on")
def _admission() -> tuple[int, list[str]]:
    since = _seated_since()
    problems, rows = [], 0
    years = data.load("resolutions").set_index("resolution")["date"].dt.year
    groups = data.load("expert_groups").set_index("group")["first_year"]
    for name in ACTS_OF_MEMBERS:
        frame = data.load(name)
        if "resolution" in frame:
            year = frame["resolution"].map(years)
        elif "group" in frame:
            year = frame["group"].map(groups)
        else:
            year = frame["last_year"] if "last_year" in frame else frame["year"]
        rows += len(frame)
        early = frame.index[year < frame["iso3"].map(since)]
        problems += [
            f"{name}, row {row + 2}: {frame.loc[row, 'iso3']} in {year[row]}, before its admission "
            f"in {since[frame.loc[row, 'iso3']]}."
            for row in early
        ]
    return rows, problems


# --- votes ----------------------------------------------------------------------------------------


@_check("votes on a resolution add up to the membership of that year")
def _membership() -> tuple[int, list[str]]:
    since = _seated_since()
    dates = data.load("resolutions").set_index("resolution")["date"]
    problems = []
    counted = data.load("votes").groupby("resolution").size()
    for resolution, voters in zip(counted.index, counted, strict=True):
        year = dates[resolution].year
        # States admitted within the year may have come before or after the vote.
        least, most = int((since < year).sum()), int((since <= year).sum())
        if not least <= voters <= most:
            problems.append(
                f"votes: {resolution} has {voters} states, expected {least} to {most} members of {year}."
            )
    return len(counted), problems


@_check("votes by state add up to the recorded totals")
def _totals() -> tuple[int, list[str]]:
    totals = data.load("assembly_votes").set_index("resolution")
    votes = data.load("votes")
    counted = votes.groupby(["resolution", "vote"]).size().unstack(fill_value=0)
    problems, compared = [], 0
    for resolution in counted.index.intersection(totals.index):
        for vote, column in {
            "yes": "yes",
            "no": "no",
            "abstain": "abstain",
            "not voting": "not_voting",
        }.items():
            compared += 1
            ours, theirs = int(counted.loc[resolution, vote]), int(totals.loc[resolution, column])
            if ours != theirs:
                problems.append(f"votes: {resolution} has {ours} times {vote}, the record says {theirs}.")
    return compared, problems


@_check("the two sources of votes agree but for the listed cells")
def _two_sources() -> tuple[int, list[str]]:
    keys = ["resolution", "iso3"]
    ours = data.load("votes").set_index(keys)["vote"]
    other = data.load("votes_voeten").set_index(keys)["vote"].replace("absent", "not voting")
    ours = ours[ours.index.get_level_values(0).isin(other.index.get_level_values(0))]
    both = pd.DataFrame({"ours": ours, "other": other})
    # A state without a row in the second source is the same there as one that did not vote.
    differ = both[both["ours"] != both["other"].fillna("not voting")]
    found = {"/".join(pair) for pair in differ.index}
    listed = data.load("disagreements")
    named = set(listed.loc[listed["table"] == "votes", "key"])
    problems = [
        f"votes: {cell} differs from votes_voeten and is not in disagreements."
        for cell in sorted(found - named)
    ]
    problems += [
        f"disagreements: {cell} is listed, but the two sources agree." for cell in sorted(named - found)
    ]
    return len(both), problems


@_check("rows stand in the order of their table")
def _order() -> tuple[int, list[str]]:
    problems, rows = [], 0
    for name, resource, frame in _tables():
        rows += len(frame)
        columns = resource.get("order", resource["schema"]["primaryKey"])
        keys = [tuple(map(_natural, row)) for row in frame[columns].to_numpy().tolist()]
        late = next((at for at in range(1, len(keys)) if keys[at] < keys[at - 1]), None)
        if late is not None:
            problems.append(f"{name}, row {late + 2}: out of order, expected rows by {', '.join(columns)}.")
    return rows, problems


def _natural(cell: Any) -> tuple[tuple[float, str], ...]:
    """Sort numbers by size, also within words: 74/28 before 74/247. Empty cells come first."""
    if pd.isna(cell):
        return ()
    if isinstance(cell, datetime):
        return ((float(cell.toordinal()), ""),)
    if not isinstance(cell, str):
        return ((float(cell), ""),)
    return tuple(
        (float(part), "") if part.isdigit() else (-1.0, part) for part in _DIGITS.split(cell) if part
    )


_DIGITS = re.compile(r"([0-9]+)")


@_check("expert groups have as many members as seats")
def _seats() -> tuple[int, list[str]]:
    seats = data.load("expert_groups").set_index("group")["seats"]
    members = data.load("expert_group_members").groupby("group").size().reindex(seats.index, fill_value=0)
    return len(seats), [
        f"expert_group_members: group {group} has {members[group]} members and {seats[group]} seats."
        for group in seats.index[seats != members]
    ]


# --- memberships ----------------------------------------------------------------------------------


@_check("signature, ratification and entry into force stand in this order")
def _order_of_dates() -> tuple[int, list[str]]:
    frame = data.load("memberships")
    steps = ["signed", "ratified", "in_force", "until"]
    problems, pairs = [], 0
    for first, then in itertools.combinations(steps, 2):
        both = frame[frame[first].notna() & frame[then].notna()]
        pairs += len(both)
        for row, a, b in zip(both.index, both[first], both[then], strict=True):
            precision = min(len(a), len(b))  # of 2018 and 2018-10-26, only the years can be compared
            if a[:precision] > b[:precision]:
                problems.append(f"memberships, row {row + 2}: {first} {a}, but {then} {b}.")
    return pairs, problems


@_check("no state is both party and non-party")
def _one_status() -> tuple[int, list[str]]:
    frame = data.load("memberships")
    twice = frame[frame.duplicated(["institution", "iso3"], keep=False)]
    problems = [
        f"memberships, row {row + 2}: {state} has two rows in {institution}."
        for row, state, institution in zip(twice.index, twice["iso3"], twice["institution"], strict=True)
    ]
    # A protocol binds parties of its convention only.
    status = frame.set_index(["institution", "iso3"])["status"]
    for code in frame.loc[
        (frame["institution"] == "budapest_protocol_2") & frame["ratified"].notna(), "iso3"
    ]:
        if status.get(("budapest", code)) != "party":
            problems.append(f"memberships: {code} ratified the protocol of a convention it is no party to.")
    unratified = frame[(frame["status"] == "party") & frame["signed"].notna() & frame["until"].notna()]
    problems += [f"memberships, row {row + 2}: a party with an end date." for row in unratified.index]
    return len(frame), problems


@_check("lists of members stand where institutions say so")
def _lists() -> tuple[int, list[str]]:
    institutions = data.load("institutions").set_index("institution")["members_listed"]
    counts = data.load("memberships").groupby("institution").size().reindex(institutions.index, fill_value=0)
    wrong = institutions.index[(institutions == "no") != (counts == 0)]
    return len(institutions), [
        f"institutions: {name} says members_listed {institutions[name]}, and has {counts[name]} memberships."
        for name in wrong
    ]


@_check("the summits of the ransomware initiative agree with its memberships")
def _summits() -> tuple[int, list[str]]:
    first = data.load("ransomware_summits").groupby("iso3")["year"].min()
    frame = data.load("memberships")
    since = frame[frame["institution"] == "counter_ransomware"].set_index("iso3")["since"].str[:4].astype(int)
    codes = sorted(set(first.index) | set(since.index))
    return len(codes), [
        f"memberships: {code} joined counter_ransomware in {since.get(code)}, "
        f"its first summit is {first.get(code)}."
        for code in codes
        if first.get(code) != since.get(code)
    ]


# --- shares, scales and counts --------------------------------------------------------------------


@_check("scales of assessment add up to 100")
def _scales() -> tuple[int, list[str]]:
    totals = data.load("un_scale").groupby("last_year")["rate"].sum()
    return len(totals), [
        f"un_scale: the rates to {year} add up to {total:.3f}, expected 100."
        for year, total in totals.items()
        if abs(total - 100) > 0.0005 and year not in SCALES_WITH_ADDITIONS
    ]


@_check("shares add up to one")
def _shares() -> tuple[int, list[str]]:
    frame = data.load("participation")
    frame = frame[frame["share"].notna()]
    problems, sums = [], 0
    for (forum, event, dimension), part in frame.groupby(["forum", "event", "dimension"]):
        if len(part) == 1:  # one group alone was reported
            continue
        sums += 1
        total = part["share"].sum()
        if not ROUNDED_SHARES[0] <= total <= ROUNDED_SHARES[1]:
            problems.append(f"participation: {dimension}s of {forum}, {event}, add up to {total:g} %.")
    owned = data.load("cable_ownership").groupby("basis")
    coverage = data.load("cable_ownership_coverage").set_index(["basis", "extent"])
    for basis, part in owned:
        for extent, end in (("coded", ""), ("seen in a document", "_seen")):
            for column in ("share", "share_in_service"):
                sums += 1
                total, said = part[f"{column}{end}"].sum(), coverage[column][(basis, extent)]
                if abs(total - said) > 1e-3:  # each of some 150 rows is rounded to six decimals
                    problems.append(
                        f"cable_ownership: {column}{end} by {basis!s} adds up to {total:.4f}, "
                        f"expected {said:.4f}."
                    )
    return sums, problems


@_check("numbering authorities by state agree with the list of them")
def _authorities() -> tuple[int, list[str]]:
    by_state = data.load("numbering_authorities_by_state")
    latest = by_state[by_state["date"] == by_state["date"].max()].set_index("iso3")["authorities"]
    listed = data.load("numbering_authorities")["iso3"].dropna().value_counts()
    codes = sorted(set(latest.index) | set(listed.index))
    return len(codes), [
        f"numbering_authorities_by_state: {code} has {latest.get(code, 0)}, "
        f"the list has {listed.get(code, 0)}."
        for code in codes
        if latest.get(code, 0) != listed.get(code, 0)
    ]
