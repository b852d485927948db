"""The compiled plane step by step: fed, advanced, told of changes, watched; and more than its memory holds at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from georep_sim.jit import IS_PLAIN
from georep_sim.laws import Lognormal
from georep_sim.plane import compiled
from georep_sim.plane.compiled import Plane, Reason
from georep_sim.plane.kernel.memory import SCALES, room
from georep_sim.plane.tally import tally, unknown_states
from georep_sim.plane.wire import Tcp
from georep_sim.tables import NEVER_NS, NS_PER_S, CopyStatus, Outcome, Verb, dtype_of
from support.drafts import Draft
from support.plane_worlds import HERE, THERE, TO_THERE, PlaneWorld, pull, push, timeline, traffic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georep_sim.plane.wire import PlayLog
    from support.plane_worlds import Change

WORLD = PlaneWorld(
    site={"workers": 2, "egress_Bps": 4e6},
    cohort={"access_Bps": 2e6},
    layers=(1e6, 2e6),
    edges=({"source": HERE, "destination": THERE},),
    local_rtt_s=0.01,
)
ASKED = traffic([pull(0.3 * i, image=i % 4, machine=i % 10) for i in range(40)] + [push(0.5 * i) for i in range(20)])
CHANGES: list[Change] = [
    (2.0, Verb.CUT, TO_THERE, 1.0),
    (3.0, Verb.SLOW, HERE, 0.5),
    (4.0, Verb.ADMIT, 3 * HERE, 1.0),
    (4.0, Verb.KILL, HERE, 0.0),
    (5.0, Verb.ADMIT, 3 * HERE, 0.0),
    (9.0, Verb.CUT, TO_THERE, 0.0),
]


def plane_of(world: PlaneWorld, changes: Sequence[Change], log: NDArray[Any] | None = None) -> Plane:
    missing = np.zeros((2, len(world.layer_bytes())), dtype=np.bool_)
    line = timeline(world.topology(), changes, aim=(HERE, THERE), end_s=100.0)
    return Plane(world.wire(), line, start_ns=0, deleted={}, missing=missing, log=log)


def whole() -> PlayLog:
    return WORLD.play(compiled.play, ASKED, CHANGES, end_s=100.0)


def ended(plane: Plane) -> PlayLog:
    assert plane.advance(NEVER_NS) is Reason.DONE
    plane.stop()
    return plane.result()


def assert_equal(a: PlayLog, b: PlayLog) -> None:
    for name in ("requests", "copies", "losses", "transfers", "tallies"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name


@pytest.mark.parametrize("step_s", [0.1, 0.7, 5.0])
def test_traffic_fed_in_pieces_gives_what_it_gives_in_one(step_s: float) -> None:
    log = np.zeros(len(ASKED), dtype=dtype_of("requests"))
    plane = plane_of(WORLD, CHANGES, log)
    step_ns, number = round(step_s * NS_PER_S), 0
    while number < len(ASKED):
        until_ns = (int(ASKED["time_ns"][number]) // step_ns + 1) * step_ns
        after = int(np.searchsorted(ASKED["time_ns"], until_ns))
        plane.feed(ASKED[number:after], rows=np.arange(number, after), has_more=after < len(ASKED))
        plane.advance(until_ns - 1)
        number = after
    assert_equal(ended(plane), whole())


def test_changes_told_as_they_come_are_those_of_the_timeline() -> None:
    log = np.zeros(len(ASKED), dtype=dtype_of("requests"))
    plane = plane_of(WORLD, [], log)
    plane.feed(ASKED, rows=np.arange(len(ASKED)), has_more=False)
    rows = timeline(WORLD.topology(), CHANGES, aim=(HERE, THERE), end_s=100.0).changes
    for time_ns in np.unique(rows["time_ns"][1:]):
        assert plane.advance(int(time_ns) - 1) is Reason.REACHED
        plane.speak(rows[rows["time_ns"] == time_ns])
    assert_equal(ended(plane), whole())


def test_a_watched_edge_reports_the_instant_at_which_it_has_drained() -> None:
    plane = plane_of(WORLD, CHANGES)
    plane.feed(ASKED, has_more=False)
    plane.advance(2 * NS_PER_S)
    plane.watch([0])
    assert plane.advance(NEVER_NS) is Reason.DRAINED
    drained_ns = plane.now_ns
    log = ended(plane)
    done = log.copies[log.copies["status"] == CopyStatus.DONE]
    assert drained_ns in done["done_ns"]
    assert not ((done["ack_ns"] < drained_ns) & (done["done_ns"] > drained_ns)).any()


@pytest.mark.parametrize(
    ("change", "says"),
    [((1.0, Verb.CUT, 0, 1.0), "not before"), ((6.0, Verb.AIM, 0, 0.0), "aims"), ((6.0, Verb.LOSE, 0, -0.5), "aims")],
)
def test_changes_that_come_too_late_or_must_be_known_are_refused(change: Change, says: str) -> None:
    plane = plane_of(WORLD, [])
    plane.feed(ASKED, has_more=False)
    plane.advance(5 * NS_PER_S)
    rows = timeline(WORLD.topology(), [change], aim=(HERE, THERE), end_s=100.0).changes[1:]
    with pytest.raises(ValueError, match=says):
        plane.speak(rows)


@pytest.mark.skipif(IS_PLAIN, reason="takes minutes where compiling is switched off")
def test_more_requests_than_memory_keeps_are_drained_as_they_end() -> None:
    world = PlaneWorld(local_rtt_s=0.1, layers=(1e6,))
    n = 150_000
    asked = traffic([pull(0.0, warm=True)])[np.zeros(n, dtype=np.int64)]
    asked["time_ns"], asked["k"] = np.arange(n) * 10_000, np.arange(n)
    log = world.play(compiled.play, asked)
    # Three round trips of connecting and asking; TLS 1.3 takes one.
    assert np.all(log.requests["end_ns"] - log.requests["arrival_ns"] == round(0.3 * NS_PER_S))
    assert np.array_equal(log.requests["arrival_ns"], asked["time_ns"])
    assert log.tallies["requests"].sum() == n


@pytest.mark.skipif(IS_PLAIN, reason="takes minutes where compiling is switched off")
def test_more_kinds_of_requests_than_memory_counts_are_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without growing.
    monkeypatch.setattr(compiled, "SCALES", SCALES[:1])
    n, groups = 350_000, 2_000
    world = Draft(
        sites=({"read_law": 0},), laws=(Lognormal(1.0, 2.0),), cohort_regions=(0,) * groups, cohorts=({"machines": 1},),
        ladders=({"timeout_ns": 0},), tcp=Tcp(slow_start=False),
    ).scene()  # fmt: skip
    asked = traffic([pull(0.0, warm=True)])[np.zeros(n, dtype=np.int64)]
    asked["cohort"], asked["k"], asked["time_ns"] = np.arange(n) % groups, np.arange(n), np.arange(n) * 1_000_000
    log = replace(world, traffic=asked, counted_from_ns=NS_PER_S).play(compiled.play)
    counted = log.requests[log.requests["arrival_ns"] >= NS_PER_S]
    assert len(counted) == n - 1_000
    expected = tally(counted, cohorts=world.wire.cohorts, states=unknown_states())
    assert len(expected) > room("cells", SCALES[0])
    assert np.array_equal(log.tallies, expected)


@pytest.mark.long
@pytest.mark.parametrize(("n", "layers"), [(80_000, (1e6,)), (60_000, (1e6, 1e6, 1e6)), (60_000, ())])
def test_a_herd_larger_than_memory_moves_to_a_larger_one(n: int, layers: tuple[float, ...]) -> None:
    world = PlaneWorld(local_rtt_s=0.1, layers=layers or (1e6,))
    asked = traffic([pull(1.0, warm=not layers)])[np.zeros(n, dtype=np.int64)]
    asked["k"] = np.arange(n)
    changes = [] if layers else [(1.25, Verb.KILL, HERE, 0.0)]
    log = world.play(compiled.play, asked, changes)
    assert np.all(log.requests["outcome"] == (Outcome.OK if layers else Outcome.UNREACHABLE))
    assert len(np.unique(log.requests["end_ns"])) == 1
