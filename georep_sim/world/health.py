"""Probes that notice a bad site, without ticking.

A prober that asks every 30 seconds would be a million events a year. Between two changes of what it sees every
probe has the same outcome, so the instant at which the count of failures (or successes) in a row is complete
follows by arithmetic; the prober sleeps until then, or until what it sees changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from simpy import Event

    from georep_sim.world.control import Control
    from georep_sim.world.sites import SiteState


class Probe(NamedTuple):
    """A probe and its count, in ns.

    Parameters
    ----------
    phase_ns, every_ns : int
        First probe, and the time between two.
    timeout_ns : int
        A failed probe is known to have failed so long after it was sent; a good one is known at once.
    fails, recovers : int
        Outcomes in a row that change the verdict.
    is_deep : bool
        Whether it reads through to the content, or sees the front end only.
    """

    phase_ns: int
    every_ns: int
    timeout_ns: int
    fails: int
    recovers: int
    is_deep: bool

    def first_from(self, time_ns: int) -> int:
        """Number of the first probe sent at or after an instant; probes count from 0."""
        return max(0, -(-(time_ns - self.phase_ns) // self.every_ns))

    def sent_ns(self, number: int) -> int:
        """Instant at which a probe is sent."""
        return self.phase_ns + number * self.every_ns

    def sees(self, site: SiteState) -> bool:
        """Outcome of a probe sent now."""
        return site.has_content if self.is_deep else site.front_is_up


def watch(
    control: Control, site: SiteState, probe: Probe, *, tell: Callable[[SiteState, bool, int], None]
) -> Generator[Event, object, None]:
    """Process: probe a site and tell each change of the verdict.

    Parameters
    ----------
    control : Control
        The clock.
    site : SiteState
        What is probed.
    probe : Probe
        How.
    tell : callable (site, is_healthy, cause)
        Called when a verdict becomes known, with the fault window behind it. Verdicts become known in the order
        of the probes that decided them.
    """
    believed = seen = True
    in_a_row = 0  # outcomes against the belief, up to but not including probe `number`
    number = 0
    known_ns = 0
    while True:
        seen = probe.sees(site)
        if seen == believed:
            yield site.bell.wait()
        else:
            decides = number + (probe.fails if believed else probe.recovers) - in_a_row - 1
            yield control.sleep(probe.sent_ns(decides), site.bell, order=site.index)
            if control.now_ns == probe.sent_ns(decides) and probe.sees(site) == seen:
                believed, in_a_row, number = seen, 0, decides + 1
                known_ns = max(known_ns, control.now_ns + (0 if seen else probe.timeout_ns))
                control.start(_announce(control, site, seen, known_ns, tell))
                continue
        # Probes sent before this instant met what was seen before.
        following = max(number, probe.first_from(control.now_ns))
        if following > number:
            in_a_row = 0 if seen == believed else in_a_row + following - number
        number = following


def _announce(
    control: Control, site: SiteState, is_healthy: bool, known_ns: int, tell: Callable[[SiteState, bool, int], None]
) -> Generator[Event, object, None]:
    cause = site.culprit
    if known_ns > control.now_ns:
        yield control.sleep(known_ns, order=site.index)
    tell(site, is_healthy, cause)
