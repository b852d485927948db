from __future__ import annotations

import math
from itertools import combinations, product
from typing import TYPE_CHECKING

import pytest

from georep_sim.laws import Constant, Erlang, Exponential, Lognormal
from georep_sim.loss.chain import Lost, Move, explore
from georep_sim.loss.conditions import NotMarkovError
from georep_sim.loss.lumped import causes_of, lump
from georep_sim.loss.model import CommonCause, Crews, Fleet, Group, Latent, Repairs, Shared
from georep_sim.loss.within import loss_within
from georep_sim.theory import independent_copies_mttdl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIFE, REPAIR, DETECT, SCRUB = 2.0, 0.02, 0.01, 0.05

_Fragments = tuple[str, ...]


def loss(fleet: Fleet, stages: int | None = None) -> float:
    return loss_within(lump(fleet, stages=stages), 1.0).probability


def code(
    fragments: int, tolerates: int, *, repairs: Repairs | None = None, latent: Latent | None = None, lazy: int = 1
) -> Group:
    life, repair = Exponential(LIFE), Exponential(REPAIR)
    if repairs is None:
        return Group(fragments, tolerates, life, repair, latent=latent, starts_at=lazy)
    return Group(fragments, tolerates, life, repair, repairs=repairs, latent=latent, starts_at=lazy)


def one_by_one(
    fragments: int, tolerates: int, moves_of: Callable[[_Fragments], Iterator[tuple[_Fragments, float]]]
) -> float:
    """Loss in a chain that tells all fragments apart; 'g' is good, everything else is not."""

    def moves(state: _Fragments) -> Iterator[Move]:
        for after, rate in moves_of(state):
            is_lost = sum(fragment != "g" for fragment in after) > tolerates
            yield Move(Lost("x") if is_lost else after, rate, (("one", 1),))

    return loss_within(explore(("g",) * fragments, moves, rates={"one": 1.0}), 1.0).probability


def changed(state: _Fragments, place: int, to: str) -> _Fragments:
    return (*state[:place], to, *state[place + 1 :])


def test_detection_comes_before_repair() -> None:
    def moves(state: _Fragments) -> Iterator[tuple[_Fragments, float]]:
        following = {"g": ("u", 1 / LIFE), "u": ("r", 1 / DETECT), "r": ("g", 1 / REPAIR)}
        for place, fragment in enumerate(state):
            to, rate = following[fragment]
            yield changed(state, place, to), rate

    group = Group(4, 2, Exponential(LIFE), Exponential(REPAIR), detect_y=Exponential(DETECT))
    assert loss(Fleet(group, 4)) == pytest.approx(one_by_one(4, 2, moves), rel=1e-11)


@pytest.mark.parametrize(("repairs", "most"), [(Crews(1), 1.0), (Crews(2), 2.0), (Shared(1.5), 1.5)])
def test_crews_and_shared_bandwidth_bound_the_speed(repairs: Repairs, most: float) -> None:
    def moves(state: _Fragments) -> Iterator[tuple[_Fragments, float]]:
        gone = state.count("r")
        for place, fragment in enumerate(state):
            yield (
                changed(state, place, "r" if fragment == "g" else "g"),
                (1 / LIFE if fragment == "g" else min(1.0, most / gone) / REPAIR),
            )

    assert loss(Fleet(code(5, 3, repairs=repairs), 5)) == pytest.approx(one_by_one(5, 3, moves), rel=1e-11)


def test_latent_errors_are_mended_by_scrub_or_rebuild() -> None:
    def moves(state: _Fragments) -> Iterator[tuple[_Fragments, float]]:
        for place, fragment in enumerate(state):
            if fragment == "g":
                yield changed(state, place, "l"), 0.7
            if fragment == "l":
                yield changed(state, place, "g"), 1 / SCRUB
            if fragment in {"g", "l"}:
                yield changed(state, place, "r"), 1 / LIFE
            else:
                yield changed(state, place, "g"), 1 / REPAIR

    # With one crew more than fragments the speed is the same: a rebuild of its own for each.
    group = code(4, 2, latent=Latent(0.7, Exponential(SCRUB)))
    readable_enough = Group(4, 2, group.life_y, group.repair_y, latent=group.latent)
    exact = one_by_one(4, 2, moves)
    assert loss(Fleet(readable_enough, 4)) == pytest.approx(exact, rel=1e-11)


def test_lazy_rebuilds_wait_and_then_finish() -> None:
    # By hand: counts and mode, rebuilt from 2 gone on until none is.
    def moves(state: tuple[int, bool]) -> Iterator[Move]:
        gone, active = state
        after = gone + 1
        yield Move(Lost("x") if after > 3 else (after, active or after >= 2), (6 - gone) / LIFE, (("one", 1),))
        if active:
            yield Move((gone - 1, gone > 1), gone / REPAIR, (("one", 1),))

    exact = loss_within(explore((0, False), moves, rates={"one": 1.0}), 1.0).probability
    assert loss(Fleet(code(6, 3, lazy=2), 6)) == pytest.approx(exact, rel=1e-11)
    assert exact > loss(Fleet(code(6, 3), 6))


def test_zone_fires_and_outages_act_on_zones() -> None:
    zones = {0: (0, 1), 1: (2, 3), 2: (4, 5)}
    fires, outages, lasts = 0.3, 5.0, 0.02

    def moves(state: tuple[_Fragments, frozenset[int]]) -> Iterator[Move]:
        fragments, away = state
        reachable = [p for zone, places in zones.items() if zone not in away for p in places]
        can_rebuild = sum(fragments[p] == "g" for p in reachable) >= 4
        ways: list[tuple[tuple[_Fragments, frozenset[int]], float]] = []
        for place in range(6):
            if fragments[place] == "g":
                ways.append(((changed(fragments, place, "r"), away), 1 / LIFE))
            elif can_rebuild and place in reachable:
                ways.append(((changed(fragments, place, "g"), away), 1 / REPAIR))
        for zone, places in zones.items():
            burnt = tuple("r" if place in places else fragment for place, fragment in enumerate(fragments))
            ways.append(((burnt, away), fires))
            ways.append(((fragments, away ^ {zone}), 1 / lasts if zone in away else outages))
        for after, rate in ways:
            is_lost = after[0].count("r") > 2
            yield Move(Lost("x") if is_lost else after, rate, (("one", 1),))

    exact = loss_within(explore((("g",) * 6, frozenset()), moves, rates={"one": 1.0}), 1.0).probability
    group = Group(6, 2, Exponential(LIFE), Exponential(REPAIR), over="zone")
    common = (CommonCause("fire", fires, "zone"), CommonCause("outage", outages, "zone", lasts_y=Exponential(lasts)))
    chain = lump(Fleet(group, disks=60, zones=3, racks=6, common=common))
    found = loss_within(chain, 1.0)
    assert found.probability == pytest.approx(exact, rel=1e-11)
    # Two fires are one cause, a fire and a disk are not; outages alone lose nothing.
    assert set(found.by_cause) == {"disk", "fire", "joint"}
    assert len(chain.states) < 60


@pytest.mark.parametrize(
    "cause", [CommonCause("burst", 2.0, "disks", count=3), CommonCause("burst", 2.0, "region", share=0.4)]
)
def test_bursts_hit_disks_without_replacement_or_by_share(cause: CommonCause) -> None:
    disks, fragments, tolerates = 7, 4, 1

    def moves(state: _Fragments) -> Iterator[tuple[_Fragments, float]]:
        for place, fragment in enumerate(state):
            yield changed(state, place, "r" if fragment == "g" else "g"), 1 / LIFE if fragment == "g" else 1 / REPAIR
        if cause.count:
            sets = list(combinations(range(disks), cause.count))
            weighted = [(set(hit), cause.per_y / len(sets)) for hit in sets]
        else:
            weighted = [
                (
                    {p for p, is_hit in enumerate(hits) if is_hit},
                    cause.per_y * 0.4 ** sum(hits) * 0.6 ** (disks - sum(hits)),
                )
                for hits in product((0, 1), repeat=disks)
            ]
        for hit, rate in weighted:
            yield tuple("r" if place in hit else fragment for place, fragment in enumerate(state)), rate

    fleet = Fleet(code(fragments, tolerates), disks=disks, common=(cause,))
    assert loss(fleet) == pytest.approx(one_by_one(fragments, tolerates, moves), rel=1e-11)


def test_staged_repairs_with_crews_queue() -> None:
    # One crew, two stages: by hand, gone fragments and the stage of the one that is rebuilt.
    def moves(state: tuple[int, int]) -> Iterator[Move]:
        gone, stage = state
        yield Move(Lost("x") if gone == 2 else (gone + 1, stage), (4 - gone) / LIFE, (("one", 1),))
        if gone:
            yield Move((gone, 1) if stage == 0 else (gone - 1, 0), 2 / REPAIR, (("one", 1),))

    exact = loss_within(explore((0, 0), moves, rates={"one": 1.0}), 1.0).probability
    group = Group(4, 2, Exponential(LIFE), Erlang(REPAIR, 2), repairs=Crews(1))
    assert loss(Fleet(group, 4)) == pytest.approx(exact, rel=1e-11)


def test_a_table_of_patterns_sorts_losses_by_count() -> None:
    # Azure's (6, 2, 2): any three of ten may be gone, and 180 of the 210 patterns of four.
    group = Group(10, 3, Exponential(LIFE), Exponential(REPAIR), survives=(180 / 210,))
    below = loss(Fleet(Group(10, 3, Exponential(LIFE), Exponential(REPAIR)), 10))
    above = loss(Fleet(Group(10, 4, Exponential(LIFE), Exponential(REPAIR)), 10))
    assert above < loss(Fleet(group, 10)) < below
    assert group.loss_at(4) == pytest.approx(30 / 210)
    assert (group.loss_at(3), group.loss_at(5)) == (0.0, 1.0)


def test_deletes_are_lost_at_their_own_rate() -> None:
    fleet = Fleet(code(3, 2), 3, common=(CommonCause("purge", 0.05, "objects", share=0.001),))
    found = loss_within(lump(fleet), 1.0)
    # Near enough: the two causes compete for what is left of a probability of some 1e-4.
    assert found.by_cause["purge"] == pytest.approx(5e-5, rel=1e-3)
    assert tuple(causes_of(fleet)) == ("disk", "purge", "joint")


def test_ageing_disks_start_young() -> None:
    # Erlang lives: a pair without repair (mean repair far beyond) is lost when both have failed.
    life = Erlang(1.0, 3)
    group = Group(2, 1, life, Exponential(1e9))
    assert loss(Fleet(group, 2)) == pytest.approx((1.0 - life.sf(1.0)) ** 2, rel=1e-6)


def test_a_rack_takes_one_fragment_of_a_group_spread_over_zones() -> None:
    def moves(state: _Fragments) -> Iterator[tuple[_Fragments, float]]:
        for place, fragment in enumerate(state):
            rate = 1 / LIFE + 0.5 * 0.8 if fragment == "g" else 1 / REPAIR
            yield changed(state, place, "r" if fragment == "g" else "g"), rate

    group = Group(4, 2, Exponential(LIFE), Exponential(REPAIR), over="zone")
    fleet = Fleet(group, disks=40, zones=2, racks=8, common=(CommonCause("rack", 0.5, "rack", share=0.8),))
    assert loss(fleet) == pytest.approx(one_by_one(4, 2, moves), rel=1e-11)


def test_named_rates_are_the_laws() -> None:
    group = Group(3, 2, Exponential(LIFE), Exponential(REPAIR), detect_y=Exponential(DETECT))
    chain = lump(Fleet(group, 3))
    assert dict(zip(chain.names, chain.rates.tolist(), strict=True)) == pytest.approx(
        {"disk": 1 / LIFE, "rebuild": 1 / REPAIR, "detect": 1 / DETECT}
    )


def test_mirrors_agree_with_the_closed_form() -> None:
    mttdl = independent_copies_mttdl(2, failure_rate=1 / LIFE, repair_rate=1 / REPAIR)
    rate = loss_within(lump(Fleet(code(2, 1), 2)), 20.0).rate_per_y
    # The settled rate is the inverse of the mean time up to a share of the time of one repair.
    assert rate == pytest.approx(1.0 / mttdl, rel=REPAIR / mttdl * 2)
    assert math.isfinite(rate)


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        (Fleet(Group(2, 1, Exponential(1.0), Constant(0.1)), 2), "repair: Constant"),
        (Fleet(Group(2, 1, Exponential(1.0), Exponential(0.1), latent=Latent(1.0, Lognormal(1.0, 1.0))), 2), "scrubs"),
        (Fleet(code(2, 1), 4, racks=4, common=(CommonCause("rack", 1.0, "rack"),)), "groups differ"),
        (
            Fleet(code(2, 1), 4, common=(CommonCause("dark", 1.0, "region", lasts_y=Constant(0.1)),)),
            "exponential stages",
        ),
        (Fleet(code(2, 1), 4, common=(CommonCause("d", 1.0, "disks", 2, lasts_y=Exponential(0.1)),)), "simulate"),
    ],
)
def test_what_no_chain_can_tell_is_refused(fleet: Fleet, said: str) -> None:
    with pytest.raises(NotMarkovError, match=said):
        lump(fleet)


@pytest.mark.parametrize(("afr", "nines"), [(0.02, 5.889), (0.05, 4.676), (0.10, 3.741)])
def test_five_groups_of_8_and_2_have_the_nines_of_an_earlier_computation(afr: float, nines: float) -> None:
    # published_results.yaml, mlec_sim_raid_8_2: one rebuild at a time, 20 TB of 1024^2 MB at 100 MB/s, years of 8760 h.
    rebuild_y = 20 * 1024**2 / 100 / (8760 * 3600)
    group = Group(10, 2, Exponential(-1.0 / math.log1p(-afr)), Exponential(rebuild_y), repairs=Crews(1))
    probability = loss(Fleet(group, 10))
    assert -math.log10(-math.expm1(5 * math.log1p(-probability))) == pytest.approx(nines, abs=1e-3)
