"""The lazy prober gives the verdicts of one that sends every probe, to the nanosecond."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st

from georep_sim.tables import NS_PER_S
from georep_sim.world.assembly import place_parts
from georep_sim.world.clock import FAULTS, Timer
from georep_sim.world.control import Control
from georep_sim.world.health import Probe, watch
from georep_sim.world.lower import topology
from georep_sim.world.sites import Part
from georep_sim.world.windows import Windows
from support.worlds import replicated, windows, world

if TYPE_CHECKING:
    from collections.abc import Generator

    from simpy import Event

    from georep_sim.world.sites import SiteState

CASE = world({"d": replicated()})
DESIGN = CASE.designs["d"]
TOPOLOGY = topology(CASE, DESIGN)
UNTIL_NS = 400
Verdict = tuple[int, bool]


def ticking(toggles: list[int], probe: Probe) -> list[Verdict]:
    """Verdicts of a prober that sends every probe: when known, and whether good.

    At the instant of a toggle a probe meets the new state.
    """
    believed, in_a_row, known_ns = True, 0, 0
    verdicts = []
    for sent_ns in range(probe.phase_ns, UNTIL_NS, probe.every_ns):
        good = sum(toggle <= sent_ns for toggle in toggles) % 2 == 0
        in_a_row = 0 if good == believed else in_a_row + 1
        if in_a_row == (probe.fails if believed else probe.recovers):
            believed, in_a_row = good, 0
            known_ns = max(known_ns, sent_ns if good else sent_ns + probe.timeout_ns)
            verdicts.append((known_ns, good))
    return verdicts


def lazy(toggles: list[int], probe: Probe) -> list[Verdict]:
    """Verdicts of `watch` on a site whose front end goes down and up at the toggles."""
    control = Control(TOPOLOGY, Windows(CASE, "d", windows(CASE), last_ns=10**6 * NS_PER_S), seed=1, replication=0)
    place_parts(control, CASE, DESIGN)
    site = control.sites[0]
    verdicts: list[Verdict] = []

    def toggle() -> Generator[Event, object, None]:
        for at_ns in toggles:
            yield Timer(control.env, at_ns, FAULTS)
            site.held[Part.FRONT] ^= {0}
            control.touch(site, 0)
            control.flush()

    def tell(_: SiteState, is_healthy: bool, __: int) -> None:
        verdicts.append((control.now_ns, is_healthy))

    control.start(toggle())
    control.start(watch(control, site, probe, tell=tell))
    control.env.run(until=10 * UNTIL_NS)
    return verdicts


@st.composite
def probes(draw: st.DrawFn) -> Probe:
    """Probes with small periods, so that toggles often meet them."""
    every_ns = draw(st.integers(1, 20))
    return Probe(
        phase_ns=draw(st.integers(0, every_ns - 1)),
        every_ns=every_ns,
        timeout_ns=draw(st.integers(0, 2 * every_ns)),
        fails=draw(st.integers(1, 5)),
        recovers=draw(st.integers(1, 3)),
        is_deep=draw(st.booleans()),
    )


@given(st.lists(st.integers(0, UNTIL_NS // 2), max_size=40, unique=True).map(sorted), probes())
@example([10, 15, 25], Probe(5, 10, 3, 1, 1, is_deep=False))
@example([10, 45], Probe(0, 10, 10, 4, 1, is_deep=True))
def test_lazy_and_ticking_probers_agree(toggles: list[int], probe: Probe) -> None:
    # Only verdicts of probes sent before the end: the lazy one has not been told to stop.
    expected = ticking(toggles, probe)
    assert lazy(toggles, probe)[: len(expected)] == expected
