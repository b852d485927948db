"""Addresses of the environment: what ``where`` of a fault means, spelt out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from georep_sim.scenario.tree import Leaf, Mark, Node, Seq
from georep_sim.scenario.values import nearest, split_link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Path
    from georep_sim.scenario.universe import Universe

_FORMS: Final = {
    "region": "eastus",
    "site": "eastus (the front ends of every design there)",
    "storage": "eastus or eastus/1",
    "zone": "eastus/1, or eastus for each of its zones",
    "metadata": "eastus (the names kept there)",
    "rack": "eastus/1, eastus or all",
    "disk": "eastus/1, eastus or all",
    "link": "a <-> b, a -> b, a <-> all or all",
    "operator": "no where: there is one clock, the registry's",
}


def link_address(a: str, b: str, arrow: str = "<->") -> str:
    """Return the one way an address of a link is written: both directions in alphabetical order.

    Examples
    --------
    >>> link_address("westus", "eastus"), link_address("westus", "eastus", "->")
    ('eastus <-> westus', 'westus -> eastus')
    """
    first, second = sorted((a, b)) if arrow == "<->" else (a, b)
    return f"{first} {arrow} {second}"


def items(node: Node | None) -> Iterator[Leaf]:
    """Yield the addresses of a ``where``, one or a list."""
    if isinstance(node, Leaf) and node.value is not None:
        yield node
    elif isinstance(node, Seq):
        for item in node.items:
            if isinstance(item, Leaf):
                yield item


def regions_in(address: str) -> Iterator[str]:
    """Yield the regions an address names."""
    link = split_link(address)
    for part in link[:2] if link else (address.partition("/")[0],):
        if part != "all":
            yield part


@dataclass(frozen=True, slots=True)
class Addresses:
    """Spells addresses out within one universe.

    Parameters
    ----------
    universe : Universe
        Complete.
    sites : mapping of str to str
        Design of each site id, for messages.
    report : Report
        Receives what is wrong.
    """

    universe: Universe
    sites: Mapping[str, str]
    report: Report

    def name_regions(self, where: Node | None, *, path: Path) -> None:
        """Take the regions of a ``where`` into the universe; report names that are none."""
        for leaf in items(where):
            for name in regions_in(str(leaf.value)):
                if not self.universe.knows(name) and name in self.sites:
                    what = f"{name!r} is a site of design {self.sites[name]!r}; faults name places of the environment"
                    expected = "a region, a zone or a link"
                    self.report.add(what, at=leaf, path=path, expected=expected, remedy="name the region it stands in")
                else:
                    self.universe.add(name, leaf, path=path)

    def concrete(self, what: str, where: Node | None, *, path: Path) -> Seq | None:
        """Return every address a ``where`` means, each once; None for the operator."""
        if what == "operator":
            if where is not None:
                self._refuse(what, next(items(where), where), path)
            return None
        leaves = list(items(where))
        mark = where.mark if where is not None else Mark("default")
        found: dict[str, Leaf] = {}
        for leaf in leaves or [Leaf("all", mark)]:
            for address in self._spelt(what, leaf, path):
                found.setdefault(address, Leaf(address, leaf.mark))
        return Seq(tuple(found.values()), mark)

    def _spelt(self, what: str, leaf: Leaf, path: Path) -> list[str]:
        address = str(leaf.value)
        if what == "link":
            return self._links(address, leaf, path)
        names = list(self.universe.named)
        region, slash, zone = address.partition("/")
        if address != "all" and region not in names:
            return []  # told when it was named
        chosen = names if address == "all" else [region]
        if what in {"zone", "rack", "disk"} or (what == "storage" and slash):
            zones = [f"{name}/{n + 1}" for name in chosen for n in range(self.universe.zones(name))]
            if slash and address not in zones:
                expected = f"{region}/1 to {region}/{len(zones)}" if len(zones) > 1 else f"{region}/1, its only zone"
                self.report.add(f"no zone {zone!r} in {region}", at=leaf, path=path, expected=expected)
                return []
            return [address] if slash else zones
        if slash:
            self._refuse(what, leaf, path)
            return []
        return chosen

    def _links(self, address: str, leaf: Leaf, path: Path) -> list[str]:
        names = list(self.universe.named)
        if address == "all":
            return [link_address(a, b) for a, b in combinations(names, 2)]
        parts = split_link(address)
        if parts is None:
            self._refuse("link", leaf, path)
            return []
        a, b, arrow = parts
        pairs = [(x, y) for x in (names if a == "all" else [a]) for y in (names if b == "all" else [b]) if x != y]
        if not pairs:
            self.report.add(f"{address!r} is no link", at=leaf, path=path, expected="two different regions")
        return [link_address(x, y, arrow) for x, y in pairs if x in names and y in names]

    def _refuse(self, what: str, node: Node, path: Path) -> None:
        shown = node.value if isinstance(node, Leaf) else "a list"
        remedy = nearest(str(shown), self.universe.named) if what not in {"link", "operator"} else ""
        report = self.report.add
        report(f"{shown!r} is no address for {what}", at=node, path=path, expected=_FORMS[what], remedy=remedy)
