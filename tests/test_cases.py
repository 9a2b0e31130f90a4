import html

import pytest

from cybergov import cases, data
from cybergov.errors import BookError


def test_every_event_belongs_to_a_case_of_the_book_and_is_told_once():
    events = data.load("events")
    assert set(events["case"]) == set(cases.CASES)
    told = [event for case in cases.CASES for event in cases.timeline(case, rows="all")["event"]]
    assert sorted(told) == sorted(events["event"])


def test_a_timeline_runs_by_date_and_names_who_took_part():
    found = cases.timeline("attribution")
    assert list(found["date"]) == sorted(found["date"])
    named = found.set_index("event")["actors"].to_dict()
    assert "Ukraine" in named["attribution_2017_ukraine_notpetya"].split(", ")
    listed = data.load("event_actors").query("event == 'attribution_2017_aus_and_nzl_wannacry'")
    assert len(named["attribution_2017_aus_and_nzl_wannacry"].split(", ")) >= len(listed)


def test_unverified_events_come_only_when_asked_for(tmp_path, monkeypatch):
    events = data.load("events")
    doubtful = events.index[events["case"].eq("attribution")][0]
    changed = events.assign(verified=events["verified"].where(events.index != doubtful, "no"))
    monkeypatch.setattr(
        cases.data, "load", lambda name, load=data.load: changed if name == "events" else load(name)
    )
    every, seen = cases.timeline("attribution", rows="all"), cases.timeline("attribution")
    assert set(every["event"]) - set(seen["event"]) == {events.loc[doubtful, "event"]}
    assert events.loc[doubtful, "event"] not in set(cases.actors("attribution")["event"])
    assert "*Not seen in a source.*" in cases.show_timeline("attribution", caption="When?", rows="all").data
    assert "*Not seen in a source.*" not in cases.show_timeline("attribution", caption="When?").data


def test_the_table_links_every_entry_to_its_source_and_may_be_split():
    whole = cases.show_timeline("cve_programme", caption="What happened when?").data
    first = cases.show_timeline("cve_programme", caption="Before?", to_date="2017").data
    then = cases.show_timeline("cve_programme", caption="Since?", from_date="2017").data
    rows = whole.count("{ref}`")
    assert rows == len(cases.timeline("cve_programme"))
    assert first.count("{ref}`") + then.count("{ref}`") == rows
    assert ":name: cve-programme-timeline\n" in whole
    assert ":name: cve-programme-timeline-2017\n" in then


def test_the_chart_has_the_most_frequent_actors_and_its_table_has_all():
    figure = cases.show_actors("two_tracks", title="Who acted", most=3)
    counts = cases.actors("two_tracks")["Actor"].value_counts()
    assert f"takes part in most: {counts.max()}." in figure.description
    assert f"3 of {len(counts)} actors" in figure.description
    for actor in counts.index:
        assert html.escape(actor) in figure.html


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: cases.timeline("stuxnet"), "no case 'stuxnet'; known are two_tracks"),
        (lambda: cases.actors("attribution", rows="some"), "'verified' or 'all', not 'some'"),
        (lambda: cases.show_timeline("attribution", caption="?", to_date="1990"), "has no events"),
    ],
)
def test_bad_input_is_one_sentence(call, says):
    with pytest.raises(BookError, match=says):
        call()
