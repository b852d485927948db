from __future__ import annotations

from typing import Any

import pytest

from georep_sim.laws import Exponential
from georep_sim.loss.model import CommonCause, Crews, Fleet, Group, Shared

E = Exponential(1.0)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"fragments": 3, "tolerates": 3}, "tolerate 3"),
        ({"fragments": 3, "tolerates": 1, "starts_at": 2}, "from 1 to 1"),
        ({"fragments": 3, "tolerates": 1, "survives": (0.5, 0.2)}, "2 shares for the 1"),
        ({"fragments": 9, "tolerates": 1, "survives": (0.5, 0.6)}, "never increase"),
    ],
)
def test_groups_that_make_no_sense_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Group(life_y=E, repair_y=E, **values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"disks": 2}, "cannot hold"),
        ({"disks": 10, "racks": 3}, "divide evenly"),
        ({"disks": 10, "layout": "random"}, "give their number"),
        ({"disks": 10, "layout": "copysets", "scatter": 1}, "scatter width 1"),
        ({"disks": 10, "common": (CommonCause("joint", 1.0, "zone"),)}, "names must differ"),
    ],
)
def test_fleets_that_make_no_sense_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Fleet(Group(3, 1, E, E), **values)


def test_causes_and_repairs_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match=r"-1\.0 a year"):
        CommonCause("fire", -1.0, "zone")
    with pytest.raises(ValueError, match=r"share 0\.0"):
        CommonCause("fire", 1.0, "zone", share=0.0)
    with pytest.raises(ValueError, match="by share"):
        CommonCause("purge", 1.0, "objects", count=3)
    with pytest.raises(ValueError, match="0 crews"):
        Crews(0)
    with pytest.raises(ValueError, match="must be positive"):
        Shared(0.0)


def test_fragments_are_spread_evenly() -> None:
    group = Group(14, 4, E, E, over="rack")
    assert Fleet(group, disks=60, racks=5).spread() == (3, 3, 3, 3, 2)
    assert Fleet(group, disks=60, racks=20).spread() == (1,) * 14
