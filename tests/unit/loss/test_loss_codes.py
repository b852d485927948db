from __future__ import annotations

import math
from itertools import combinations

import mpmath as mp  # type: ignore[import-untyped]  # publishes no types
import pytest

from georep_sim.laws import Exponential
from georep_sim.loss.codes import readable_shares
from georep_sim.loss.lumped import lump
from georep_sim.loss.model import Fleet, Group
from georep_sim.loss.within import loss_within
from georep_sim.scenario.design.placement import Protect


@pytest.mark.parametrize("code", [(6, 2, 2), (12, 2, 2), (4, 2, 1), (6, 3, 2)])
def test_shares_are_those_of_all_patterns_one_by_one(code: tuple[int, int, int]) -> None:
    protect = Protect(ec=code)
    data, groups, parities = code
    fragments = data + groups + parities
    for beyond, share in enumerate(readable_shares(code)):
        gone = parities + 2 + beyond
        readable = sum(protect.can_read(pattern) for pattern in combinations(range(fragments), gone))
        assert share == pytest.approx(readable / math.comb(fragments, gone), rel=1e-15)
    most = parities + 1 + len(readable_shares(code))
    assert not any(protect.can_read(pattern) for pattern in combinations(range(fragments), most + 1))


def test_azure_code_reads_180_of_210_patterns_of_four() -> None:
    assert readable_shares((6, 2, 2)) == (180 / 210,)


def test_plain_codes_read_none_beyond_their_parities() -> None:
    assert readable_shares((17, 3)) == ()


def test_uneven_local_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        readable_shares((7, 2, 2))


def test_readable_patterns_beyond_what_is_tolerated_are_rebuilt() -> None:
    # A small chain of its own, 50 digits: from four gone, 86 % of which can be read, rebuilds go on.
    mp.mp.dps = 50
    failures, rebuilds, readable = mp.mpf("0.2"), mp.mpf(500), mp.mpf("0.86")
    rates = mp.zeros(6, 6)
    for gone in range(5):
        up = (10 - gone) * failures
        lost = {3: up * (1 - readable), 4: up}.get(gone, mp.mpf(0))
        rates[gone, 5] += lost
        rates[gone, gone + 1 if gone < 4 else 5] += up - lost
        if gone:
            rates[gone, gone - 1] += gone * rebuilds
    for state in range(6):
        rates[state, state] = -sum(rates[state, other] for other in range(6) if other != state)
    truth = mp.expm(rates)[0, 5]
    group = Group(10, 3, Exponential(5.0), Exponential(1 / 500), survives=(0.86,))
    found = loss_within(lump(Fleet(group, 10)), 1.0).probability
    assert abs(found / float(truth) - 1.0) < 1e-10
    assert group.needs == 6
