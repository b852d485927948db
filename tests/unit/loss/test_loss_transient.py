from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from georep_sim.loss.transient import Part, k_of_n
from georep_sim.theory import quorum_unavailability


def enumerated(zones: int, disks: int, needs: int, zone: Part, disk: Part) -> tuple[float, float]:
    """Unavailability and outages a year, from all states of zones with disks each."""
    names = [("zone", z, -1) for z in range(zones)] + [("disk", z, d) for z in range(zones) for d in range(disks)]
    kinds = {"zone": zone, "disk": disk}

    def works(ups: dict[tuple[str, int, int], bool]) -> bool:
        reached = sum(ups["zone", z, -1] and ups["disk", z, d] for z in range(zones) for d in range(disks))
        return reached >= needs

    down = often = 0.0
    for values in product((True, False), repeat=len(names)):
        ups = dict(zip(names, values, strict=True))
        chance = math.prod(
            1 - kinds[name[0]].unavailability if up else kinds[name[0]].unavailability for name, up in ups.items()
        )
        if not works(ups):
            down += chance
            continue
        for name, up in ups.items():
            if up and not works({**ups, name: False}):
                often += chance / kinds[name[0]].up_y
    return down, often


@pytest.mark.parametrize("needs", [1, 2, 4, 5, 6])
def test_disks_in_zones_agree_with_all_states_counted(needs: int) -> None:
    disk = Part("disk", up_y=10.0, down_y=1.0, copies=2)
    zone = Part("zone", up_y=50.0, down_y=2.0, parts=(disk,), copies=3)
    found = k_of_n(Part("all", parts=(zone,)), needs)
    down, often = enumerated(3, 2, needs, zone, disk)
    assert found.unavailability == pytest.approx(down, rel=1e-12)
    assert found.per_y == pytest.approx(often, rel=1e-12)
    assert found.mean_y == pytest.approx(down / often, rel=1e-12)
    assert sum(found.by_name.values()) == pytest.approx(found.per_y)


def test_region_zones_and_disks_agree_with_a_markov_chain() -> None:
    """Exponential times; outages from the flow into the states that are down, their length by first passage."""
    disk = Part("disk", up_y=5.0, down_y=0.5)
    wide = Part("wide", up_y=20.0, down_y=1.0, parts=(Part("disk", up_y=5.0, down_y=0.5, copies=2),))
    narrow = Part("narrow", up_y=8.0, down_y=2.0, parts=(disk,))
    region = Part("region", up_y=40.0, down_y=3.0, parts=(wide, narrow))
    # Bits: region, wide, narrow, two disks of wide, one of narrow; set = down.
    up_y = np.array([40.0, 20.0, 8.0, 5.0, 5.0, 5.0])
    down_y = np.array([3.0, 1.0, 2.0, 0.5, 0.5, 0.5])
    states = np.arange(64)
    is_out = states[:, None] >> np.arange(6) & 1
    reached = (1 - is_out[:, 0]) * (
        (1 - is_out[:, 1]) * (2 - is_out[:, 3] - is_out[:, 4]) + (1 - is_out[:, 2]) * (1 - is_out[:, 5])
    )
    rates = np.zeros((64, 64))
    for part in range(6):
        rates[states, states ^ (1 << part)] = np.where(is_out[:, part] == 1, 1.0 / down_y[part], 1.0 / up_y[part])
    generator = rates - np.diag(rates.sum(axis=1))
    shares = np.linalg.lstsq(np.vstack([generator.T, np.ones(64)]), np.append(np.zeros(64), 1.0), rcond=None)[0]
    for needs in (1, 2, 3):
        found = k_of_n(Part("all", parts=(region,)), needs)
        works = reached >= needs
        begins = shares[works] @ rates[np.ix_(works, ~works)]
        left = np.linalg.solve(generator[np.ix_(~works, ~works)], -np.ones(int((~works).sum())))
        assert found.unavailability == pytest.approx(shares[~works].sum(), rel=1e-10)
        assert found.per_y == pytest.approx(begins.sum(), rel=1e-10)
        assert found.mean_y == pytest.approx(begins @ left / begins.sum(), rel=1e-10)
        assert set(found.by_name) <= {"region", "wide", "narrow", "disk"}


def test_majorities_are_those_of_the_closed_form() -> None:
    site = Part("site", up_y=999.0, down_y=1.0, copies=3)
    assert k_of_n(Part("all", parts=(site,)), 2).unavailability == pytest.approx(quorum_unavailability(3, 2, 0.001))


def test_small_shares_keep_their_digits() -> None:
    disk = Part("disk", up_y=1.0, down_y=1e-6, copies=9)
    found = k_of_n(Part("all", parts=(disk,)), 6)
    u = 1e-6 / (1.0 + 1e-6)
    expected = math.fsum(math.comb(9, k) * u**k * (1 - u) ** (9 - k) for k in range(4, 10))
    assert found.unavailability == pytest.approx(expected, rel=1e-13)
    # Four at once are gone: until the first of them is back.
    assert found.mean_y == pytest.approx(1e-6 / 4, rel=1e-4)


def test_unlike_regions_each_count_as_themselves() -> None:
    here = Part("here", up_y=9.0, down_y=1.0)
    there = Part("there", up_y=3.0, down_y=1.0)
    found = k_of_n(Part("all", parts=(here, there)), 1)
    assert found.unavailability == pytest.approx(0.1 * 0.25)
    assert found.by_name == pytest.approx({"here": 0.1 * 0.25, "there": 0.25 * 0.1})


def test_what_never_fails_has_no_outages() -> None:
    found = k_of_n(Part("all", parts=(Part("disk", copies=3),)), 1)
    assert (found.unavailability, found.per_y) == (0.0, 0.0)
    assert math.isnan(found.mean_y)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="4 needed of 3"):
        k_of_n(Part("all", parts=(Part("disk", copies=3),)), 4)
    with pytest.raises(ValueError, match="must be positive"):
        Part("disk", up_y=0.0)
