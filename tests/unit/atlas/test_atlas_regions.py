from __future__ import annotations

import datetime as dt
import math
from zoneinfo import ZoneInfo

import pytest

from georep_sim.atlas.load import NotInAtlasError, great_circle_km, region, regions
from georep_sim.errors import InputError


def test_counts_that_the_language_states() -> None:
    every = regions().values()
    assert len(every) == 70
    assert sum(one.pair is None for one in every) == 14
    # 29 rows of the source say "no zones"; the 30th region with a single zone is said to have them, and how many: one.
    single = [one.name for one in every if not one.has_zones]
    assert len(single) == 30
    assert "chinanorth3" in single


def test_pairs_are_regions_and_reciprocal_as_stated() -> None:
    for one in regions().values():
        if one.pair is None:
            continue
        other = region(one.pair)
        assert other.name != one.name
        if one.pair_is_reciprocal is not None:
            assert (other.pair == one.name) == one.pair_is_reciprocal, one.name


def test_every_time_zone_loads() -> None:
    for one in regions().values():
        assert ZoneInfo(one.timezone).key == one.timezone


def test_time_zones_agree_with_longitude() -> None:
    # Standard time lies within 1.8 h of the sun's everywhere here (widest: Spain); catches a wrong sign or continent.
    for one in regions().values():
        if one.longitude is None:
            continue
        zone = ZoneInfo(one.timezone)
        offsets = [dt.datetime(2026, month, 15, tzinfo=zone).utcoffset() for month in (1, 7)]
        standard_h = min(offset.total_seconds() for offset in offsets if offset is not None) / 3600
        assert abs(standard_h - one.longitude / 15) < 1.8, one.name


def test_only_one_region_has_no_coordinates() -> None:
    assert [one.name for one in regions().values() if one.location is None] == ["swedensouth"]


def test_zones_that_are_guesses_are_marked() -> None:
    assert [one.name for one in regions().values() if one.zones_assumed] == ["usgovarizona", "usgovvirginia"]


def test_continents_are_those_of_the_prices() -> None:
    continents = {one.continent for one in regions().values()}
    assert continents == {"north-america", "south-america", "europe", "asia", "oceania", "middle-east", "africa"}


def test_unknown_region_names_the_nearest() -> None:
    with pytest.raises(NotInAtlasError, match="no region 'estus' in the atlas; nearest: ") as caught:
        region("estus")
    assert "eastus" in caught.value.nearest
    assert isinstance(caught.value, InputError)
    assert isinstance(caught.value, LookupError)


def test_regions_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        regions()["mars"] = region("eastus")  # type: ignore[index]  # that it is read-only is the point


def test_great_circle_against_known_arcs() -> None:
    quarter = math.pi / 2 * 6371.0088
    assert great_circle_km((0.0, 0.0), (0.0, 90.0)) == pytest.approx(quarter)
    assert great_circle_km((90.0, 0.0), (0.0, 37.0)) == pytest.approx(quarter)
    assert great_circle_km((12.3, 45.6), (12.3, 45.6)) == 0.0
    assert great_circle_km((10.0, 20.0), (-10.0, -160.0)) == pytest.approx(2 * quarter)
