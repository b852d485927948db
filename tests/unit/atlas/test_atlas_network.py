from __future__ import annotations

import numpy as np
import pytest

from georep_sim.atlas.load import NotInAtlasError, estimated_round_trip, great_circle_km, region, regions, round_trip
from georep_sim.atlas.network import FIBRE_KM_PER_MS, measured_round_trips


def _pairs() -> tuple[np.ndarray, np.ndarray]:
    """Kilometres and milliseconds of every measured ordered pair."""
    km, ms = [], []
    for (src, dst), rtt_s in measured_round_trips().items():
        here, there = region(src).location, region(dst).location
        assert here is not None
        assert there is not None
        km.append(great_circle_km(here, there))
        ms.append(rtt_s * 1e3)
    return np.array(km), np.array(ms)


def test_table_has_every_ordered_pair_of_its_54_regions() -> None:
    names = {src for src, _ in measured_round_trips()}
    assert len(names) == 54
    assert len(measured_round_trips()) == 54 * 53
    assert names <= set(regions())


def test_no_measured_round_trip_beats_light_in_fibre() -> None:
    km, ms = _pairs()
    assert (ms >= 2 * km / FIBRE_KM_PER_MS).all()


def test_the_line_is_the_least_squares_fit_of_the_table() -> None:
    km, ms = _pairs()
    far = km > 300.0
    assert far.sum() == 2834
    slope, constant = np.polyfit(km[far], ms[far], 1)
    assert round(float(constant), 1) == 20.8
    assert round(float(slope), 5) == 0.01463
    residual = ms[far] - (constant + slope * km[far])
    r_squared = 1 - residual.var() / ms[far].var()
    assert round(float(r_squared), 2) == 0.81


def test_the_factor_over_fibre_is_the_median_of_the_table() -> None:
    km, ms = _pairs()
    far = km > 300.0
    assert round(float(np.median(ms[far] * FIBRE_KM_PER_MS / (2 * km[far]))), 2) == 1.73


def test_near_estimates_are_nearer_the_table_than_the_line() -> None:
    km, ms = _pairs()
    near = (km <= 300.0) & (km > 0.0)
    rule = np.maximum(1.0, 1.73 * 2 * km[near] / FIBRE_KM_PER_MS)
    line = 20.8 + 0.01463 * km[near]
    assert np.median(np.abs(rule - ms[near])) < np.median(np.abs(line - ms[near]))


def test_measured_round_trip_keeps_its_direction() -> None:
    assert (round_trip("eastus", "westeurope").rtt_s, round_trip("westeurope", "eastus").rtt_s) == (0.083, 0.085)
    assert round_trip("eastus", "westeurope").method == "atlas"
    assert round_trip("eastus", "westeurope").date == "2026-07-30"


def test_region_without_measurements_is_estimated_and_says_so() -> None:
    found = round_trip("chilecentral", "eastus")
    here, there = region("chilecentral").location, region("eastus").location
    assert here is not None
    assert there is not None
    assert found.method == "estimated"
    assert found.rtt_s == pytest.approx((20.8 + 0.01463 * great_circle_km(here, there)) / 1e3)
    assert "line" in found.source


def test_near_pair_is_estimated_from_fibre() -> None:
    # One degree of the meridian is 111.195 km: 1.73 * 2 * 111.195 / 204 ms.
    assert estimated_round_trip((0.0, 0.0), (1.0, 0.0)).rtt_s == pytest.approx(1.88596e-3, rel=1e-4)
    assert estimated_round_trip((0.0, 0.0), (0.1, 0.0)).rtt_s == pytest.approx(1e-3)


def test_inside_a_region_is_assumed() -> None:
    inside = round_trip("eastus", "eastus")
    assert (inside.rtt_s, inside.method) == (1e-3, "assumed")


def test_pair_without_row_or_coordinates_is_refused_with_a_remedy() -> None:
    with pytest.raises(NotInAtlasError, match=r'give it: environment\.links\."swedencentral <-> swedensouth"\.rtt'):
        round_trip("swedencentral", "swedensouth")


def test_every_other_pair_has_a_round_trip() -> None:
    names = [name for name in regions() if name != "swedensouth"]
    times = [round_trip(src, dst).rtt_s for src in names for dst in names]
    assert all(1e-3 <= rtt_s < 0.5 for rtt_s in times)
