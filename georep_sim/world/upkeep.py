"""Repair: copies rebuilt inside a site, and an emptied site refilled from others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from georep_sim.tables import NS_PER_S, Mark

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from simpy import Event

    from georep_sim.scenario.design.recovery import Repair
    from georep_sim.world.control import Control
    from georep_sim.world.routing import Router
    from georep_sim.world.sites import SiteState, Slot

# Assumed, every copy is read and compared once in 14 d: the default of `repair.scrub`, which is no key yet.
_SCRUB_NS = 14 * 86_400 * NS_PER_S


class Rebuilds:
    """Rebuilds single copies from others of the same site.

    Parameters
    ----------
    control : Control
        The clock.
    repair : Repair
        The design's block.
    stored_bytes : float
        Content of one copy.

    Notes
    -----
    A rebuild begins when the loss has been found and the place is back; a latent error is found by the next scrub,
    each slot being scrubbed periodically with a phase of its own. A copy whose site is emptied before it
    ends comes back with the site's content instead.
    """

    def __init__(self, control: Control, repair: Repair, *, stored_bytes: float) -> None:
        self._control = control
        self._repair = repair
        self._by_bytes_ns = round(stored_bytes / repair.bandwidth * NS_PER_S)

    def begin(self, site: SiteState, slot: Slot, window: int) -> None:
        """Set about a rebuild of a slot whose place is back now."""
        if not site.is_empty and not slot.gone_by:
            lost_ns = max(int(self._control.windows.table["start_ns"][window]), 0)
            found_ns = lost_ns + self._control.draw_ns(self._repair.detect, f"repair/{slot.address}/detect", window)
            self._control.start(self._run(site, slot, window, found_ns))

    def begin_at_scrub(self, site: SiteState, slot: Slot, window: int) -> None:
        """Set about a rebuild of a slot that spoiled unseen: the next scrub finds it."""
        if not site.is_empty:
            phase_ns = self._control.phase_ns(f"repair/{slot.address}/scrub", _SCRUB_NS)
            passes = -(-(self._control.now_ns - phase_ns) // _SCRUB_NS)
            self._control.start(self._run(site, slot, window, phase_ns + passes * _SCRUB_NS))

    def _run(self, site: SiteState, slot: Slot, window: int, found_ns: int) -> Generator[Event, object, None]:
        control, life = self._control, slot.life
        yield control.sleep(max(found_ns, control.now_ns) + self._length_ns(slot, window), order=site.index)
        if slot.life == life:
            slot.is_dead = False
            control.touch(site, window)
            control.flush()

    def _length_ns(self, slot: Slot, window: int) -> int:
        if self._repair.time is None:
            return self._by_bytes_ns
        return self._control.draw_ns(self._repair.time, f"repair/{slot.address}/time", window)


class Reseeds:
    """Refills emptied sites over the design's copy edges.

    Parameters
    ----------
    control : Control
        The clock and the state.
    repair : Repair
        The design's block.
    stored_bytes : float
        Content of a site.
    rates_Bps : mapping of (int, int) to float
        What copying from one site to another may use, for every pair of sites.
    links : mapping of (int, int) to int
        Link of a pair of sites; -1 inside one region.

    Notes
    -----
    It takes the fastest source that works, and pauses while there is none or the place is down. With a stated
    length (`repair.reseed`) the same holds, at one second of work per second.
    """

    def __init__(
        self,
        control: Control,
        repair: Repair,
        *,
        stored_bytes: float,
        rates_Bps: Mapping[tuple[int, int], float],  # noqa: N803  (the unit is part of the name)
        links: Mapping[tuple[int, int], int],
    ) -> None:
        self._control = control
        self._law = repair.reseed
        self._stored_bytes = stored_bytes
        self._rates = rates_Bps
        self._links = links

    def run(self, site: SiteState, sources: Sequence[int], router: Router) -> Generator[Event, object, None]:
        """Process: whenever a site has been emptied and its place is back, refill it.

        The router is told when the place is back and when the content is, for a site that waits for its content
        stays out of routing.
        """
        control = self._control
        while True:
            while not (site.is_empty and site.is_up):
                yield site.bell.wait()
            cause = site.emptied_by
            router.aim(cause)
            yield from self.refill(site, sources, cause)
            if site.is_empty:
                site.fill(cause)
                control.flush()
                control.mark(Mark.RESEEDED, site.index, cause=cause)
            router.aim(cause)

    def refill(self, site: SiteState, sources: Sequence[int], cause: int) -> Generator[Event, object, None]:
        """Pass the time that the content of a site takes to arrive; another loss meanwhile starts it again."""
        control = self._control
        work = self._work(site, cause)
        left, life = work, site.life
        while left > 0.0 and site.is_empty:
            rate, begun_ns = self._rate(site, sources), control.now_ns
            done_ns = begun_ns + math.ceil(left / rate * NS_PER_S) if rate > 0.0 else 0
            yield control.sleep(done_ns, control.changed, order=site.index) if rate > 0.0 else control.changed.wait()
            left = (
                0.0
                if rate > 0.0 and control.now_ns >= done_ns
                else left - rate * (control.now_ns - begun_ns) / NS_PER_S
            )
            if site.life != life:
                left, life = work, site.life

    def _work(self, site: SiteState, cause: int) -> float:
        """Bytes to move; with a stated length, seconds."""
        if self._law is None:
            return self._stored_bytes
        purpose = f"reseed/{self._control.topology.sites[site.index]}"
        return self._control.draw_ns(self._law, purpose, cause) / NS_PER_S

    def _rate(self, site: SiteState, sources: Sequence[int]) -> float:
        """Work done per second, over the fastest source that works."""
        if not site.is_up:
            return 0.0
        rates = [
            self._rates[source, site.index] * self._link_factor(source, site.index)
            for source in sources
            if self._control.sites[source].has_content
        ]
        best = max(rates, default=0.0)
        return best if self._law is None or best == 0.0 else 1.0

    def _link_factor(self, source: int, destination: int) -> float:
        link = self._links[source, destination]
        if link < 0:
            return 1.0
        state = self._control.links[link]
        return state.factor if state.is_up else 0.0
