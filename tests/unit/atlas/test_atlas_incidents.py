from __future__ import annotations

import datetime as dt

import pytest

from georep_sim.atlas.load import NotInAtlasError, failure_rates, outage_history, outages, region, table


def test_disk_failure_rates_since_2022() -> None:
    reports = {rate.date: rate.value for rate in failure_rates() if "fleet, 20" in rate.quantity}
    assert reports["2018-Q1"] == 1.20
    assert reports["2025-Q3"] == 1.55
    recent = [value for date, value in reports.items() if value is not None and date >= "2022"]
    assert (min(recent), max(recent)) == (1.21, 2.28)  # what the preset cloud/typical says of its disks


def test_figures_have_a_value_or_a_range_except_the_one_nobody_publishes() -> None:
    without = [rate for rate in failure_rates() if rate.value is None and rate.low is None]
    assert [rate.part for rate in without] == ["region"]
    assert all(rate.low <= rate.high for rate in failure_rates() if rate.low is not None and rate.high is not None)


def test_verification_is_kept() -> None:
    marks = {rate.verification.split(";")[0] for rate in failure_rates()}
    assert {"read", "secondary", "recalled"} <= marks


def test_the_outage_of_2018_can_be_replayed() -> None:
    (outage,) = [one for one in outages() if one.where == "southcentralus"]
    assert (outage.what, outage.kind, outage.data_loss) == ("region", "outage", "n")
    assert outage.start == dt.datetime(2018, 9, 4, 9, 30, tzinfo=dt.UTC)
    assert outage.lasts_s == 25.5 * 3600
    assert outage.tail_s == 71.2 * 3600


def test_outages_that_can_be_replayed_are_whole() -> None:
    for provider in ("Azure", "AWS", "GCP"):
        for one in outages(provider):
            if one.what:
                assert one.what in {"region", "zone", "storage"}
                assert one.kind == "outage"
                assert one.start is not None
                assert one.start.date().isoformat() == one.date
                assert one.lasts_s == one.duration_s
            else:
                assert one.replay_notes.startswith("not replayed: ")


def test_azure_outages_stand_in_regions_of_the_atlas() -> None:
    for row in outage_history():
        name, _, zone = row["where"].partition("/")
        assert (row["what"] == "zone") <= bool(zone)
        assert int(zone or 1) <= region(name).zones


def test_history_holds_only_what_can_be_replayed() -> None:
    assert len(outage_history()) == sum(bool(one.what) for one in outages()) == 15
    assert {frozenset(row) for row in outage_history()} == {frozenset(("what", "where", "kind", "start", "lasts"))}
    assert outage_history("azure") == outage_history("Azure")


def test_outages_are_in_order_of_time() -> None:
    for provider in ("Azure", "AWS", "GCP"):
        dates = [one.date for one in outages(provider)]
        assert dates == sorted(dates)


def test_every_provider_of_the_table_can_be_asked_for() -> None:
    providers = {row["provider"] for row in table("outages").rows}
    assert sum(len(outages(provider)) for provider in providers) == 55


def test_unknown_provider_is_refused() -> None:
    with pytest.raises(NotInAtlasError, match="nearest: Azure"):
        outages("Azur")
