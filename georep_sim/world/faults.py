"""What each kind of fault does to the parts of a design, and the process that plays the windows.

An address is a place of the environment; a site suffers what happens where it stands. A site over several
zones loses a zone's share of workers and copies; a site in one zone takes a fault of that zone as a whole.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from georep_sim.world.clock import FAULTS, Timer
from georep_sim.world.sites import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from simpy import Event

    from georep_sim.scenario.faults import Fault
    from georep_sim.world.control import Control
    from georep_sim.world.links import LinkState
    from georep_sim.world.operators import Operator
    from georep_sim.world.sites import SiteState, Slot
    from georep_sim.world.upkeep import Rebuilds


class Effect(NamedTuple):
    """What a window does to one part at its start and at its end, given its index."""

    begin: Callable[[int], None]
    end: Callable[[int], None]


class Injector:
    """Plays the fault windows upon the parts of a design.

    Parameters
    ----------
    control : Control
        The state they act on, and the windows.
    rebuilds : Rebuilds
        Who rebuilds copies once their place is back.
    operator : Operator
        Who deletes by mistake.
    """

    def __init__(self, control: Control, *, rebuilds: Rebuilds, operator: Operator) -> None:
        self._control = control
        self._rebuilds = rebuilds
        self._operator = operator
        self._known: dict[tuple[int, int], tuple[Effect, ...]] = {}

    def run(self) -> Generator[Event, object, None]:
        """Process: walk the ends and starts in order; all of one instant act before anybody is told."""
        control = self._control
        due_ns = -1
        for time_ns, _, window, phase in control.windows.schedule():
            effects = self._effects(window)
            if not effects:
                continue
            if time_ns > due_ns:
                control.flush()
                due_ns = time_ns
                yield Timer(control.env, time_ns, FAULTS)
            for effect in effects:
                effect[phase](window)
        control.flush()

    def _effects(self, window: int) -> tuple[Effect, ...]:
        key = self._control.windows.key(window)
        if key not in self._known:
            self._known[key] = tuple(
                self._find(self._control.windows.row(window), self._control.windows.target(window))
            )
        return self._known[key]

    def _find(self, fault: Fault, target: str) -> Iterator[Effect]:
        if fault.what == "operator":
            yield Effect(self._operator.delete, _nothing)
        elif fault.what == "link":
            yield from (self._on_link(link, fault) for link in _directions(self._control, target))
        elif fault.what == "disk":
            for site in self._control.sites:
                hit = (slot for slot in site.slots if target in (slot.place.disk, slot.place.member))
                yield from (self._on_disk(site, slot, fault) for slot in hit)
        elif fault.what == "rack":
            for site in self._control.sites:
                hit = (slot for slot in site.slots if slot.place.rack == target)
                yield from (self._on_part(site, slot, fault) for slot in hit)
        else:
            region, _, zone = target.partition("/")
            for site in self._control.sites:
                if self._control.topology.site_regions[site.index] == region:
                    yield from self._on_place(site, int(zone) if zone else 0, fault)

    def _on_place(self, site: SiteState, zone: int, fault: Fault) -> Iterator[Effect]:
        """Effects of a fault of region, zone, storage, site or metadata; zone 0 = all of it."""
        if zone and zone not in site.zones:
            return
        if zone and len(site.zones) > 1:
            yield from self._on_zone(site, zone, fault)
        elif fault.kind == "slow":
            yield Effect(partial(self._slow, site, fault.factor), partial(self._unslow, site))
        elif fault.kind == "read_only":
            yield self._holding(site, Part.WRITES)
        elif fault.kind == "corrupt":
            # Nobody notices until the window ends; then the damaged content is thrown away.
            yield Effect(partial(self._hold, site, (Part.DAMAGE,)), partial(self._found_damaged, site))
        else:
            yield self._holding(site, *_STOPPED[fault.what])
            if fault.kind == "destroyed":
                yield Effect(site.strip, _nothing)

    def _on_zone(self, site: SiteState, zone: int, fault: Fault) -> Iterator[Effect]:
        """Effects on a site that is spread over this zone and others."""
        slots = [slot for slot in site.slots if slot.zone == zone]
        if fault.kind == "slow":
            factor = 1.0 - (1.0 - fault.factor) / len(site.zones)
            yield Effect(partial(self._slow, site, factor), partial(self._unslow, site))
        elif fault.kind in {"outage", "destroyed"}:
            yield from (self._on_part(site, slot, fault) for slot in slots)
        elif fault.kind == "corrupt":
            yield from (Effect(_nothing, partial(self._replace_slot, site, s)) for s in slots)
        if fault.what == "zone" and fault.kind != "slow":
            yield Effect(partial(self._take_zone, site, zone), partial(self._give_zone, site, zone))

    def _on_part(self, site: SiteState, slot: Slot, fault: Fault) -> Effect:
        """Effect of an outage or the destruction of a zone or rack on a slot in it."""
        if fault.kind == "outage":
            return Effect(partial(self._take_slot, site, slot), partial(self._give_slot, site, slot))
        return Effect(partial(self._kill_slot, site, slot), partial(self._revive_slot, site, slot))

    def _on_disk(self, site: SiteState, slot: Slot, fault: Fault) -> Effect:
        if fault.kind == "outage":
            return Effect(partial(self._take_slot, site, slot), partial(self._give_slot, site, slot))
        if fault.kind == "latent_error":
            return Effect(partial(self._spoil_disk, site, slot), _nothing)
        return Effect(partial(self._fail_disk, site, slot), partial(self._revive_slot, site, slot))

    def _on_link(self, link: LinkState, fault: Fault) -> Effect:
        touch = self._control.touch

        def begin(window: int) -> None:
            if fault.kind == "cut":
                link.cut_by.add(window)
            elif fault.kind == "slow":
                link.factors[window] = fault.factor
            else:
                link.losses[window] = fault.factor if fault.share is None else fault.share
            touch(link, window)

        def end(window: int) -> None:
            link.cut_by.discard(window)
            link.factors.pop(window, None)
            link.losses.pop(window, None)
            touch(link, window)

        return Effect(begin, end)

    # Whole sites.

    def _holding(self, site: SiteState, *parts: Part) -> Effect:
        return Effect(partial(self._hold, site, parts), partial(self._release, site, parts))

    def _hold(self, site: SiteState, parts: tuple[Part, ...], window: int) -> None:
        for part in parts:
            site.held[part].add(window)
        self._control.touch(site, window)

    def _release(self, site: SiteState, parts: tuple[Part, ...], window: int) -> None:
        for part in parts:
            site.held[part].discard(window)
        self._control.touch(site, window)

    def _found_damaged(self, site: SiteState, window: int) -> None:
        self._release(site, (Part.DAMAGE,), window)
        site.strip(window)

    def _slow(self, site: SiteState, factor: float, window: int) -> None:
        site.factors[window] = factor
        self._control.touch(site, window)

    def _unslow(self, site: SiteState, window: int) -> None:
        del site.factors[window]
        self._control.touch(site, window)

    # Zones and slots of a site.

    def _take_zone(self, site: SiteState, zone: int, window: int) -> None:
        site.zones_out[zone].add(window)
        self._control.touch(site, window)

    def _give_zone(self, site: SiteState, zone: int, window: int) -> None:
        site.zones_out[zone].discard(window)
        self._control.touch(site, window)

    def _take_slot(self, site: SiteState, slot: Slot, window: int) -> None:
        slot.away_by.add(window)
        self._control.touch(site, window)

    def _give_slot(self, site: SiteState, slot: Slot, window: int) -> None:
        slot.away_by.discard(window)
        self._control.touch(site, window)

    def _fail_disk(self, site: SiteState, slot: Slot, window: int) -> None:
        """A failure that meets a slot out of service does nothing: exact for exponential times (METHODS §1)."""
        if site.is_empty or not slot.serves:
            self._control.windows.mask(window)
        else:
            self._kill_slot(site, slot, window)

    def _spoil_disk(self, site: SiteState, slot: Slot, window: int) -> None:
        """Spoil a copy that is believed to be good until the next scrub."""
        if site.is_empty or not slot.serves:
            self._control.windows.mask(window)
        else:
            site.kill_slot(slot, window)
            self._rebuilds.begin_at_scrub(site, slot, window)

    def _kill_slot(self, site: SiteState, slot: Slot, window: int) -> None:
        slot.gone_by.add(window)
        site.kill_slot(slot, window)

    def _revive_slot(self, site: SiteState, slot: Slot, window: int) -> None:
        if window in slot.gone_by:
            slot.gone_by.discard(window)
            self._rebuilds.begin(site, slot, window)
            self._control.touch(site, window)

    def _replace_slot(self, site: SiteState, slot: Slot, window: int) -> None:
        site.kill_slot(slot, window)
        self._rebuilds.begin(site, slot, window)


# What stands still in an outage, by what is hit.
_STOPPED = {
    "region": (Part.FRONT, Part.BLOBS),
    "zone": (Part.FRONT, Part.BLOBS),
    "storage": (Part.BLOBS,),
    "site": (Part.FRONT,),
    "metadata": (Part.NAMES,),
}


def _nothing(_: int) -> None:
    """Do nothing."""


def _directions(control: Control, target: str) -> Iterator[LinkState]:
    """Links of a design that an address means: ``a <-> b`` both directions, ``a -> b`` one."""
    both = " <-> " in target
    a, b = target.split(" <-> " if both else " -> ")
    pairs = {(a, b), (b, a)} if both else {(a, b)}
    return (link for link, ends in zip(control.links, control.topology.links, strict=True) if ends in pairs)
