"""Functional warm-up: content after deletes and pushes is what a full play from the start has at that instant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from georep_sim.plane.reference import play as reference
from georep_sim.tables import NS_PER_S, Operation, Outcome, Verb
from georep_sim.world.content import aimed_sites, deletions, last_pushed_ns, missing_content
from support.plane_worlds import HERE, THERE, PlaneWorld, pull, push, timeline, traffic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from support.plane_worlds import Change

IMAGES = 8
REACHES: dict[bool, tuple[tuple[int, ...], ...]] = {
    False: ((HERE,), (THERE,)),
    True: ((HERE, THERE), (THERE,)),
}


def replayed(
    world: PlaneWorld,
    pushes: NDArray[np.void],
    changes: list[Change],
    deleted: dict[int, NDArray[np.bool_]],
    *,
    at_s: float,
    copies: bool,
) -> NDArray[np.bool_]:
    line = timeline(world.topology(), changes, aim=(HERE, THERE), end_s=1e6)
    asked = pushes[(pushes["operation"] == Operation.PUSH) & (pushes["time_ns"] < at_s * NS_PER_S)]
    last = last_pushed_ns(asked, aimed_sites(line, asked), reaches=REACHES[copies], shape=(2, IMAGES))
    return missing_content(deletions(line), deleted, pushed_ns=last, at_ns=round(at_s * NS_PER_S))


@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_replayed_content_is_that_of_a_play_from_the_start(seed: int, copies: bool) -> None:
    rng = np.random.default_rng(seed)
    world = PlaneWorld(images=IMAGES, edges=({"source": HERE, "destination": THERE},) if copies else ())
    deleted = {0: rng.random(IMAGES) < 0.6}
    # Two deletes of the same images at each site, the clients moved back and forth between, and 12 pushes, a minute apart.
    times = 60.0 * rng.permutation(24)[:18] + 30.0
    changes: list[Change] = [
        *((times[i], Verb.LOSE, site, -0.6) for i, site in enumerate((HERE, THERE, HERE, THERE))),
        *((t, Verb.AIM, 0, float(k % 2 == 0)) for k, t in enumerate(sorted(times[4:6]))),
    ]
    changes.sort()
    # Probes at both sites of every image at the end: all clients first here, then there.
    asked = [push(t, image=int(rng.integers(IMAGES))) for t in times[6:]]
    at_s = 2000.0
    for k, order in enumerate((0.0, 1.0)):
        changes.append((at_s + 100.0 * k, Verb.AIM, 0, order))
        asked += [pull(at_s + 100.0 * k + 1.0, image=i) for i in range(IMAGES)]
    log = world.play(reference, asked, changes, deleted=deleted)
    pulls = log.requests[log.requests["operation"] == Operation.PULL]
    seen = (pulls["outcome"] == Outcome.NOT_FOUND).reshape(2, IMAGES)
    assert set(pulls["site"][:IMAGES]) == {HERE}
    assert set(pulls["site"][IMAGES:]) == {THERE}
    got = replayed(world, traffic(asked), changes, deleted, at_s=at_s, copies=copies)
    assert np.array_equal(got, seen)
    assert seen.any()


def test_a_push_between_two_deletes_does_not_outlive_the_second() -> None:
    deleted = {0: np.array([True, True, False])}
    changes = np.zeros(2, dtype=[("time_ns", "i8"), ("target", "i4"), ("cause", "i4")])
    changes["time_ns"] = [10, 30]
    pushed_ns = np.array([[20, 40, 50]])
    assert missing_content(changes, deleted, pushed_ns=pushed_ns, at_ns=25).tolist() == [[False, False, False]]
    assert missing_content(changes, deleted, pushed_ns=pushed_ns, at_ns=60).tolist() == [[True, False, False]]


def test_without_an_answer_of_the_name_service_no_site_is_reached() -> None:
    line = timeline(PlaneWorld().topology(), [], aim=(HERE, THERE), end_s=100.0)
    pushes = traffic([push(1.0)])
    assert aimed_sites(line, pushes).tolist() == [HERE]
    assert aimed_sites(replace(line, changes=line.changes[:0]), pushes).tolist() == [-1]
