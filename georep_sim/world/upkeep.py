"""Repair: copies rebuilt inside a site, and an emptied site refilled from others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from georep_sim.laws import Constant
from georep_sim.tables import NS_PER_S, Mark
from georep_sim.world.rebuilding import Job, Queue

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from simpy import Event

    from georep_sim.scenario.design.recovery import Repair
    from georep_sim.world.control import Control
    from georep_sim.world.routing import Router
    from georep_sim.world.sites import SiteState, Slot


class Rebuilds:
    """Rebuilds single copies or fragments from others of the same site.

    Parameters
    ----------
    control : Control
        The clock.
    repair : Repair
        The design's block.
    disk_bytes : sequence of float
        What a rebuild of a disk writes, for each site.
    lazy_at : sequence of int
        Copies gone at which lazy rebuilds of each site start.

    Notes
    -----
    A rebuild begins when the loss has been found and the place is back; a latent error is found by the next scrub,
    each slot being scrubbed with a phase of its own. A copy whose site is emptied before it ends comes back with the
    site's content instead. Where crews or bandwidth are shared, or rebuilds wait until it is worth it, what has been
    found goes through a `Queue`; of a site with hardware that of the one placement group that is followed.
    """

    def __init__(
        self, control: Control, repair: Repair, *, disk_bytes: Sequence[float], lazy_at: Sequence[int]
    ) -> None:
        self._control = control
        self._repair = repair
        self._by_bytes_ns = [round(size / repair.bandwidth * NS_PER_S) for size in disk_bytes]
        self._lazy_at = lazy_at if repair.start == "lazy" else [1] * len(lazy_at)
        self._queues: dict[int, Queue] = {}

    def begin(self, site: SiteState, slot: Slot, window: int) -> None:
        """Set about a rebuild of a slot whose place is back now."""
        if not site.is_empty and not slot.gone_by:
            lost_ns = max(int(self._control.windows.table["start_ns"][window]), 0)
            found_ns = lost_ns + self._control.draw_ns(self._repair.detect, f"repair/{slot.address}/detect", window)
            self._control.start(self._run(site, slot, window, found_ns))

    def begin_at_scrub(self, site: SiteState, slot: Slot, window: int) -> None:
        """Set about a rebuild of a slot that spoiled unseen: the next scrub finds it."""
        if not site.is_empty:
            self._control.start(self._run(site, slot, window, self._scrubbed_ns(slot, window)))

    def _scrubbed_ns(self, slot: Slot, window: int) -> int:
        """Instant of the next scrub of a slot."""
        control, law = self._control, self._repair.scrub
        if not isinstance(law, Constant):
            # Errors come at any time of a scrub's course.
            return control.now_ns + control.draw_ns(law, f"repair/{slot.address}/scrub", window, residual=True)
        every_ns = round(law.value * NS_PER_S)
        phase_ns = control.phase_ns(f"repair/{slot.address}/scrub", every_ns)
        return phase_ns + -(-(control.now_ns - phase_ns) // every_ns) * every_ns

    def _run(self, site: SiteState, slot: Slot, window: int, found_ns: int) -> Generator[Event, object, None]:
        control, life = self._control, slot.life
        length_ns = self._length_ns(site, slot, window)
        found_ns = max(found_ns, control.now_ns)
        queue = self._queue(site)
        if queue is not None:
            yield control.sleep(found_ns, order=site.index)
            queue.add(Job(slot, life, window, float(length_ns)))
            return
        yield control.sleep(found_ns + length_ns, order=site.index)
        if slot.life == life:
            slot.is_dead = False
            control.touch(site, window)
            control.flush()

    def _queue(self, site: SiteState) -> Queue | None:
        """Queue of a site whose rebuilds are not each on their own; None if they are."""
        repair, starts_at = self._repair, self._lazy_at[site.index]
        if math.isinf(repair.crews) and math.isinf(repair.shared) and starts_at == 1:
            return None
        if site.index not in self._queues:
            queue = Queue(
                self._control,
                site,
                crews=repair.crews,
                at_full_speed=math.inf if math.isinf(repair.shared) else repair.shared / repair.bandwidth,
                starts_at=starts_at,
            )
            self._queues[site.index] = queue
            self._control.start(queue.run())
        return self._queues[site.index]

    def _length_ns(self, site: SiteState, slot: Slot, window: int) -> int:
        if self._repair.time is None:
            return self._by_bytes_ns[site.index]
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
