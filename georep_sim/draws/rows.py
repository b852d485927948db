"""Fault rows taken apart: which clocks a row has, and what hangs on each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from georep_sim.draws.clocks import Clock
from georep_sim.draws.slots import all_slots, scope_slots, slots
from georep_sim.laws import Constant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from georep_sim.draws.slots import Kind
    from georep_sim.laws import Law
    from georep_sim.scenario import Case
    from georep_sim.scenario.faults import Fault

_KINDS: Final[tuple[Kind, ...]] = ("disk", "rack", "member")


@dataclass(frozen=True)
class Group:
    """Things on one clock.

    Parameters
    ----------
    name : str
        Entity of the clock's draws, ``faults/<row>/<unit>``; the unit of a row with one clock for all is ``all``,
        a word that no region can be named.
    things : tuple of str
        Addresses, in the order in which `stagger` reaches them.
    bystanders : tuple of str
        Further addresses among which a `count` is chosen, and on which no design has anything that is followed.
    """

    name: str
    things: tuple[str, ...]
    bystanders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A fault row taken apart.

    Parameters
    ----------
    fault : Fault
        The row of the scenario.
    groups : tuple of Group
        Its clocks; none where its occurrences are a history.
    history : tuple of tuple of str
        The addresses that each line of its history hits.
    """

    fault: Fault
    groups: tuple[Group, ...]
    history: tuple[tuple[str, ...], ...] = ()

    @property
    def things(self) -> tuple[str, ...]:
        """All addresses the row can hit."""
        lists = (*(group.things for group in self.groups), *self.history)
        return tuple(dict.fromkeys(thing for things in lists for thing in things))


def is_random(fault: Fault) -> bool:
    """Whether a row's occurrences are random; false for `at` and `history`, which are never drilled."""
    return fault.every is not None


def fault_rows(case: Case) -> tuple[Row, ...]:
    """Return the rows of a case in file order, with their clocks."""
    places = {kind: slots(case, kind) for kind in _KINDS}
    return tuple(_row(fault, places, case) for fault in case.faults.values())


def _row(fault: Fault, places: Mapping[Kind, Mapping[str, tuple[str, ...]]], case: Case) -> Row:
    if fault.history:
        lines = fault.history
        return Row(fault, (), tuple(targets(line.what, (line.where,), _of(line.what, places)) for line in lines))
    kind = _kind(fault)
    found = groups(fault, places[kind])
    if fault.count is None or fault.what not in {"disk", "rack"}:
        return Row(fault, found)
    among = {group.name: group.things for group in groups(fault, all_slots(case, kind))}
    return Row(fault, tuple(replace(group, bystanders=_without(among[group.name], group.things)) for group in found))


def _kind(fault: Fault) -> Kind:
    """Kind of the addresses of a row on disks or racks: disks of a rack's clock are named by their rack."""
    if fault.what == "rack":
        return "rack"
    return "member" if picks_some(fault) and fault.within == "rack" and not fault.together else "disk"


def _of(what: str, places: Mapping[Kind, Mapping[str, tuple[str, ...]]]) -> Mapping[str, tuple[str, ...]]:
    return places["rack" if what == "rack" else "disk"]


def _without(things: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    used = frozenset(known)
    return tuple(thing for thing in things if thing not in used)


def groups(fault: Fault, places: Mapping[str, tuple[str, ...]]) -> tuple[Group, ...]:
    """Return the clocks of a row.

    Parameters
    ----------
    fault : Fault
        The row.
    places : mapping of str to tuple of str
        Places by region, which rows of `what: disk` and `what: rack` hit.
    """
    things = targets(fault.what, fault.where, places)
    if fault.together:
        return (Group(f"faults/{fault.name}/all", things),) if things else ()
    units: dict[str, list[str]] = {}
    for thing in things:
        units.setdefault(_unit(fault, thing), []).append(thing)
    return tuple(Group(f"faults/{fault.name}/{unit}", tuple(inside)) for unit, inside in units.items())


def targets(what: str, where: Iterable[str], places: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the addresses that windows of a row carry, each once, in order of mention.

    The regions and zones of a disk or rack row become places; the ends of an undirected link are put in alphabetical order, so that
    the order in which a file mentions them leaves no trace; the operator's one address is ``registry``.
    """
    if what == "operator":
        return ("registry",)
    if what in {"disk", "rack"}:
        return tuple(dict.fromkeys(place for scope in where for place in scope_slots(places, scope)))
    if what == "link":
        return tuple(dict.fromkeys(_canonical(address) for address in where))
    return tuple(dict.fromkeys(where))


def clock_of(row: Row, group: Group) -> Clock:
    """Return the clock of one group of a random row.

    Raises
    ------
    ValueError
        If the row is not random.
    """
    fault = row.fault
    if fault.every is None:
        msg = f"fault {fault.name} has no `every`: its occurrences are given, not drawn"
        raise ValueError(msg)
    return Clock(
        group.name,
        every=fault.every,
        lasts=lasts_of(fault),
        stationary=fault.start == "stationary",
        overlapping=fault.what == "disk" and fault.kind == "destroyed",
    )


def lasts_of(fault: Fault) -> Law:
    """Return the law of a window's length; a row without one acts in an instant."""
    return Constant(0.0) if fault.lasts is None else fault.lasts


def picks_some(fault: Fault) -> bool:
    """Whether an occurrence hits only some of the things on its clock.

    An operator's share is one of content, a lossy link's one of packets.
    """
    meant_otherwise = fault.what == "operator" or fault.kind == "lossy"
    return not meant_otherwise and (fault.share is not None or fault.count is not None)


def _unit(fault: Fault, thing: str) -> str:
    if not picks_some(fault) or fault.what == "link":
        return thing
    parts = thing.split("/")
    return "/".join(parts[: {"region": 1, "zone": 2, "rack": 3}[fault.within]])


def _canonical(link: str) -> str:
    ends = link.split(" <-> ")
    return " <-> ".join(sorted(ends)) if len(ends) == 2 else link
