import pytest

from cybergov import consumption, data, states
from cybergov.errors import BookError


def test_received_counts_what_the_tables_count():
    found = consumption.received()
    assert list(found.columns) == list(consumption.SERIES)
    assert (found.dropna() >= 0).all().all()
    instances = data.load("root_instances").groupby("iso3")["instances"].sum()
    assert found["root instances"].sum() == instances.reindex(found.index).sum()
    servers = data.load("secure_servers").query("iso3 == 'KEN' and year == 2024")["per_million"].item()
    people = data.load("population").query("iso3 == 'KEN' and year == 2023")["population"].item()
    assert found.loc["KEN", "secure servers"] == pytest.approx(servers * people / 1e6)
    # A score counts the people it serves, so that no state has more of it than people.
    covered = found["response teams"] / states.latest("population", "population", 2023)
    assert covered.dropna().between(0, 1).all()
    # None where the table says that a state without a row has none; missing where it does not.
    assert found.loc["TUV", "root instances"] == 0
    listed = set(data.load("secure_servers").query("year == 2024")["iso3"])
    assert found["secure servers"].isna().sum() == len(set(found.index) - listed)


def test_received_by_choice():
    assert set(consumption.received().index) - set(consumption.received(havens="left out").index) == set(
        consumption.HAVENS
    )
    by_network = consumption.received(addresses="announcing network")
    assert not by_network["IPv4 addresses"].equals(consumption.received()["IPv4 addresses"])
    assert by_network["cables"].equals(consumption.received()["cables"])
    with pytest.raises(BookError, match="Havens are 'kept' or 'left out', not 'gone'"):
        consumption.received(havens="gone")
    with pytest.raises(BookError, match="announcing network or delegation, not 'use'"):
        consumption.received(addresses="use")


def test_paid_is_the_share_of_the_scale_in_force():
    scale = data.load("un_scale").query("first_year <= 2025 and last_year >= 2025").set_index("iso3")["rate"]
    found = consumption.paid(2025)
    assert found.sum() == pytest.approx(1)
    assert found.max() == pytest.approx(found["USA"])
    assert found["BRA"] == pytest.approx(scale["BRA"] / scale.sum())
    assert consumption.paid(2005).isna().any()  # Montenegro and South Sudan were not members yet
    with pytest.raises(BookError, match="no scale for 1901"):
        consumption.paid(1901)
