from __future__ import annotations

import numpy as np
import pytest

from georep_sim.laws import Exponential
from georep_sim.loss.model import Fleet, Group, Layout
from georep_sim.loss.placement import placed

DAY = Exponential(1 / 365.25)


def test_partitioned_groups_share_no_disk_and_spread_over_zones() -> None:
    code = Group(8, 3, Exponential(20.0), DAY, over="zone")
    groups = placed(Fleet(code, disks=30, racks=6, zones=3))
    assert len(groups) == 3
    assert len(np.unique(groups)) == groups.size
    for disks in groups:
        assert sorted(np.bincount(disks // 10, minlength=3)) == [2, 3, 3]


@pytest.mark.parametrize("layout", ["random", "copysets"])
def test_no_group_has_a_disk_twice_and_the_seed_decides(layout: Layout) -> None:
    fleet = Fleet(Group(3, 2, Exponential(20.0), DAY), disks=30, groups=40, layout=layout, scatter=4)
    groups = placed(fleet, seed=1)
    assert groups.shape == (40, 3)
    assert all(len(set(row)) == 3 for row in groups.tolist())
    assert np.array_equal(groups, placed(fleet, seed=1))
    assert not np.array_equal(groups, placed(fleet, seed=2))


def test_copysets_give_the_scatter_width() -> None:
    # Nine nodes, three copies, scatter four: two permutations of three sets each (Cidon et al., ATC 2013, section 3.2).
    groups = placed(Fleet(Group(3, 2, Exponential(20.0), DAY), disks=9, layout="copysets", scatter=4))
    assert len(groups) == 6


def test_racks_that_cannot_hold_a_group_are_refused() -> None:
    # A random group of five over two racks has three in one of them, which holds two disks.
    code = Group(4, 1, Exponential(20.0), DAY, over="rack")
    uneven = Fleet(Group(5, 2, Exponential(20.0), DAY, over="rack"), disks=8, racks=2)
    assert placed(uneven).shape == (1, 5)
    assert placed(Fleet(code, disks=4, racks=2, groups=3, layout="random")).shape == (3, 4)
    # Three racks of two: a group of five puts two in each of two racks and one in the third, twice does not fit.
    assert len(placed(Fleet(Group(5, 2, Exponential(20.0), DAY, over="rack"), disks=6, racks=3))) == 1


@pytest.mark.parametrize(("layout", "scatter"), [("random", 0), ("partitioned", 0), ("copysets", 16)])
def test_fragments_in_one_zone_are_in_different_racks(layout: Layout, scatter: int) -> None:
    group = Group(9, 3, Exponential(20.0), Exponential(0.01), over="zone")
    groups = 40 if layout == "random" else 0
    fleet = Fleet(group, 180, groups=groups, layout=layout, scatter=scatter, racks=18, zones=3)
    for disks in placed(fleet):
        racks = {int(disk) // 10 for disk in disks}
        assert len(racks) == 9
        assert [sum(rack // 6 == zone for rack in racks) for zone in range(3)] == [3, 3, 3]
