"""Sites of designs: where each stands, which is the home, and over what its copies are spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from georep_sim.scenario.tree import Leaf, Map, Mark, maps

if TYPE_CHECKING:
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Node, Path
    from georep_sim.scenario.universe import Universe

_RULE: Final = "rule of the language"


@dataclass(frozen=True, slots=True)
class Sites:
    """Puts the sites of designs into a universe.

    Parameters
    ----------
    universe : Universe
        Takes in the regions of the sites.
    report : Report
        Receives what is wrong.
    """

    universe: Universe
    report: Report

    def named(self, name: str, tree: Map) -> Map:
        """Return a design whose sites have a region, except those that are pairs, and which has a home."""
        sites = tree.get("sites")
        placed: dict[str, Node] = {}
        for key, site in maps(sites).items():
            region = site.get("region") or Leaf(key, sites.at(key) if isinstance(sites, Map) else site.mark)
            path: Path = ("designs", name, "sites", key, "region")
            if isinstance(region, Leaf) and not self.universe.add(str(region.value), region, path=path):
                continue
            placed[key] = site.put(region=region)
        home = tree.get("home")
        if home is None and placed:
            home = Leaf(next(iter(placed)), Mark("default", source=f"{_RULE}: the first site"))
        return tree.put(home=home, sites=Map(placed, sites.mark, sites.keys) if isinstance(sites, Map) else None)

    def paired(self, name: str, design: Map) -> Map:
        """Return a design whose rules ``{pair_of: …}`` are replaced by regions; these come last in the universe."""
        sites = design.get("sites")
        placed: dict[str, Node] = {}
        for key, site in maps(sites).items():
            region = site.get("region")
            if isinstance(region, Map):
                region = self._pair(region, design, path=("designs", name, "sites", key, "region"))
            if region is not None:
                placed[key] = site.put(region=region)
        return design.put(sites=Map(placed, sites.mark, sites.keys) if isinstance(sites, Map) else None)

    def _pair(self, rule: Map, design: Map, *, path: Path) -> Leaf | None:
        of = rule.get("pair_of")
        if not isinstance(of, Leaf) or not isinstance(of.value, str) or len(rule.entries) > 1:
            self.report.add("not a region", at=rule, path=path, expected="a region, or {pair_of: home}")
            return None
        name = of.value
        if name == "home":
            home = design.get("home")
            site = maps(design.get("sites")).get(str(home.value) if isinstance(home, Leaf) else "")
            region = site.get("region") if site is not None else None
            if not isinstance(region, Leaf):
                self.report.add("home has no region of its own", at=of, path=path, expected="a home with a region")
                return None
            name = str(region.value)
        universe = self.universe
        return universe.pair_of(name, of, path=path) if universe.add(name, of, path=path, by_pair=True) else None

    def protected(self, design: Map) -> Map:
        """Return a design whose copies are spread over units that the regions have."""
        sites = design.get("sites")
        placed = {key: _protected(site, self.universe) for key, site in maps(sites).items()}
        return design.put(sites=Map(placed, sites.mark, sites.keys) if isinstance(sites, Map) else None)


def _protected(site: Map, universe: Universe) -> Map:
    """Return a site whose copies are spread over units that its region has, in the way its hardware suggests."""
    given = site.get("protect")
    protect = given if isinstance(given, Map) else Map({}, Mark("default"))
    over, placement = protect.get("over"), protect.get("placement")
    rules: dict[str, Node] = {}
    if over is None or _is(over, "auto"):
        region = site.get("region")
        zones = universe.zones(str(region.value)) if isinstance(region, Leaf) else 1
        mark = over.mark if over is not None else Mark("default", source=f"{_RULE}: auto")
        rules["over"] = Leaf("zones" if zones > 1 else "racks", mark)
    if isinstance(site.get("hardware"), Map) and (placement is None or _is(placement, None)):
        rules["placement"] = Leaf("random", Mark("default", source=f"{_RULE}: where hardware is given"))
    return site.put(protect=protect.put(**rules)) if rules else site


def _is(node: Node, value: str | None) -> bool:
    return isinstance(node, Leaf) and node.value == value
