"""Which sites the name of the registry resolves to, for each client group, and when that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.tables import NS_PER_S, Mark

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from simpy import Event

    from georep_sim.scenario.design import Design
    from georep_sim.world.control import Control
    from georep_sim.world.sites import SiteState


class Router:
    """Answers of the name service.

    Parameters
    ----------
    control : Control
        Where aims are said.
    design : Design
        For `route`, `health.fail_open` and `failover`.
    preferences : sequence of tuple of int, one per cohort
        All sites, nearest first.

    Notes
    -----
    ``fixed`` names the home, or what was promoted in its place. ``dns_latency`` names the serving sites, nearest
    first; if failover is automatic, without those that the probes call bad and those that wait for their
    content. ``decide`` and ``execute`` pass between the verdict and the new answer; a site that recovers before
    ``execute`` begins stays. It comes back at once, or ``back_after`` later if ``back`` is manual.
    """

    def __init__(self, control: Control, design: Design, *, preferences: Sequence[tuple[int, ...]]) -> None:
        self._control = control
        self._failover = design.failover
        self._fail_open = design.health.fail_open
        self._preferences = preferences
        self._follows = design.failover.trigger == "auto" and design.failover.promotes is None
        self._home: int | None = control.topology.home if design.route.method == "fixed" else None
        self._out: set[int] = set()
        self._verdicts = [0] * len(control.sites)

    def aim(self, cause: int) -> bool:
        """Give every cohort the answer that fits the present state; returns whether any is another one."""
        is_new = False
        for cohort, preference in enumerate(self._preferences):
            is_new |= self._control.aim(cohort, self._answer(preference), cause=cause)
        return is_new

    def move_home(self, site: int, cause: int) -> None:
        """Let the fixed name mean another site from now on."""
        if self._home is not None:
            self._home = site
        self.aim(cause)

    def heard(self, site: SiteState, is_healthy: bool, cause: int) -> None:
        """Take note of a verdict of the probes."""
        site.is_healthy = is_healthy
        self._verdicts[site.index] += 1
        self._control.mark(Mark.RECOVERED if is_healthy else Mark.DETECTED, site.index, cause=cause)
        if self._follows and is_healthy:
            self._control.start(self._let_back(site, cause))
        elif self._follows:
            self._control.start(self._send_away(site, cause))
        site.bell.ring()

    def _answer(self, preference: tuple[int, ...]) -> tuple[int, ...]:
        if self._home is not None:
            return (self._home,)
        sites = self._control.sites
        serving = tuple(s for s in preference if sites[s].is_active)
        good = tuple(s for s in serving if not self._is_out(sites[s]))
        return good or (serving if self._fail_open else ())

    def _is_out(self, site: SiteState) -> bool:
        return self._follows and (site.index in self._out or (site.is_empty and site.is_up))

    def _send_away(self, site: SiteState, cause: int) -> Generator[Event, object, None]:
        """Process: take a bad site out of the answers."""
        control, index = self._control, site.index
        verdict = self._verdicts[index]
        purpose = f"failover/{control.topology.sites[index]}"
        yield from _pass_time(control, control.draw_ns(self._failover.decide, f"{purpose}/decide", cause), index)
        if self._verdicts[index] != verdict:
            return
        control.mark(Mark.DECIDED, index, cause=cause)
        yield from _pass_time(control, control.draw_ns(self._failover.execute, f"{purpose}/execute", cause), index)
        self._out.add(index)
        if self.aim(cause):
            control.mark(Mark.EXECUTED, index, cause=cause)
        if self._verdicts[index] != verdict and site.is_healthy:
            control.start(self._let_back(site, cause))

    def _let_back(self, site: SiteState, cause: int) -> Generator[Event, object, None]:
        """Process: put a recovered site back into the answers."""
        control, index = self._control, site.index
        verdict = self._verdicts[index]
        if self._failover.back == "manual":
            yield from _pass_time(control, round(self._failover.back_after * NS_PER_S), index)
        if self._verdicts[index] == verdict and index in self._out:
            self._out.discard(index)
            if self.aim(cause):
                control.mark(Mark.FAILED_BACK, index, cause=cause)


def _pass_time(control: Control, duration_ns: int, order: int) -> Generator[Event, object, None]:
    if duration_ns > 0:
        yield control.sleep(control.now_ns + duration_ns, order=order)
