"""The universe: every region named anywhere, with what is known of each, and the links between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from georep_sim import units
from georep_sim.atlas import load as atlas
from georep_sim.scenario.environment import Link
from georep_sim.scenario.merge import settled
from georep_sim.scenario.tree import Leaf, Map, Mark, Node, Seq, located
from georep_sim.scenario.values import nearest, split_link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Path, Scalar

#: What a link has if neither its entry nor `all` says so; assumed.
LINK_DEFAULT: Final[Mapping[str, Scalar]] = {"bandwidth": "10 Gbit/s~", "replication": "1 Gbit/s~", "loss": 0}
_DEFAULT: Final = Mark("default", source="assumed")


@dataclass(slots=True)
class Universe:
    """Regions in order of first mention.

    Parameters
    ----------
    bodies : mapping of str to Map
        The file's own entries of ``environment.regions``.
    has_atlas : bool
        Whether other names are looked up in the atlas.
    closed : bool
        Whether only the file's own entries may be named.
    report : Report
        Receives what is wrong.
    """

    bodies: Mapping[str, Map]
    has_atlas: bool
    closed: bool
    report: Report
    named: dict[str, bool] = field(default_factory=dict)  # name → only a pair rule put it here

    def knows(self, name: str) -> bool:
        """Whether anything is known of a region."""
        return name in self.bodies or (self.has_atlas and name in atlas.regions())

    def add(self, name: str, at: Node | Mark, *, path: Path, by_pair: bool = False) -> bool:
        """Take a region in; False, with a problem reported, if there is no such region."""
        if self.knows(name) and not (self.closed and name not in self.bodies):
            self.named[name] = self.named.get(name, True) and by_pair
            return True
        known = list(self.bodies) + (list(atlas.regions()) if self.has_atlas and not self.closed else [])
        if self.closed and self.knows(name):
            what, remedy = f"region {name!r} is outside the closed environment", "add it to environment.regions"
        else:
            what, remedy = f"no region {name!r}", nearest(name, known)
        expected = "a region of environment.regions" + (
            " or of the atlas" if self.has_atlas and not self.closed else ""
        )
        self.report.add(what, at=at, path=path, value=name, expected=expected, remedy=remedy)
        return False

    def pair_of(self, name: str, at: Node, *, path: Path) -> Leaf | None:
        """Return the paired region of a region; None, with a problem reported, if it has none."""
        body = self.bodies.get(name)
        own = body.get("pair") if body is not None else None
        pair = own.value if isinstance(own, Leaf) else atlas.region(name).pair if self._in_atlas(name) else None
        if isinstance(pair, str) and pair:
            return Leaf(pair, at.mark) if self.add(pair, at, path=path, by_pair=True) else None
        remedy = f"choose a region that has a pair, or give one: environment.regions.{name}: {{pair: …}}"
        self.report.add(
            f"region {name!r} has no pair", at=at, path=path, expected="a region with a pair", remedy=remedy
        )
        return None

    def _in_atlas(self, name: str) -> bool:
        return self.has_atlas and name in atlas.regions()

    def has_atlas_place(self, name: str) -> bool:
        """Whether a region stands where the atlas has it."""
        body = self.bodies.get(name)
        return self._in_atlas(name) and (body is None or body.get("location") is None)

    def region(self, name: str) -> Map:
        """Return what is known of a region: the file's entry over the atlas's row."""
        body = self.bodies.get(name, Map({}, _DEFAULT))
        if not self._in_atlas(name):
            return body
        row = atlas.region(name)
        mark = Mark("atlas", "atlas regions", source=f"{row.source} ({row.date})", method="atlas")
        facts: dict[str, Node] = {
            "label": Leaf(row.label, mark),
            "timezone": Leaf(row.timezone, mark),
            "zones": Leaf(f"{row.zones}~" if row.zones_assumed else row.zones, mark),
            "geography": Leaf(row.geography, mark),
        }
        if row.location is not None:
            facts["location"] = located(list(row.location), mark)
        if row.pair:
            facts["pair"] = Leaf(row.pair, mark)
        return Map({**facts, **body.entries}, body.mark if body.entries else mark, body.keys)

    def storage_price(self) -> Leaf | None:
        """Return the atlas's price of a stored byte; None if there is no atlas."""
        if not self.has_atlas:
            return None
        price = atlas.storage_price()
        text = units.format_quantity(price.usd, "price_storage", digits=6)
        return _fact(text if price.method == "atlas" else f"{text}~", price.method, f"{price.source} ({price.date})")

    def zones(self, name: str) -> int:
        """Return the number of availability zones of a region, 1 if its entry is wrong."""
        node = self.region(name).get("zones")
        try:
            return int(units.parse(node.value, "count").value) if isinstance(node, Leaf) else 1  # type: ignore[arg-type]  # checked there
        except units.UnitError:
            return 1

    def location(self, name: str) -> tuple[float, float] | None:
        """Return latitude and longitude of a region in degrees, None if not known."""
        node = self.region(name).get("location")
        values = [item.value for item in node.items if isinstance(item, Leaf)] if isinstance(node, Seq) else []
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        return (numbers[0], numbers[1]) if len(numbers) == 2 else None


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a universe.

    Parameters
    ----------
    universe : Universe
        Complete.
    entries : Map
        ``environment.links`` of the file.
    transfer : Leaf or None
        ``environment.prices.transfer`` of the file.
    """

    universe: Universe
    entries: Map
    transfer: Leaf | None

    def tree(self) -> Map:
        """Return an entry for every pair, in both directions where these differ, and one inside each region."""
        table: dict[str, Node] = {}
        names = list(self.universe.named)
        for i, a in enumerate(names):
            table[f"{a} <-> {a}"] = self._inside(a)
            for b in names[i + 1 :]:
                there = self._between(a, b)
                back = self._between(b, a) if there is not None else None
                if there is None or back is None:
                    continue
                if _same(there, back):
                    table[f"{a} <-> {b}"] = there
                else:
                    table |= {f"{a} -> {b}": there, f"{b} -> {a}": back}
        return Map(table, self.entries.mark)

    def _own(self, a: str, b: str) -> Map:
        """Return the file's entry of one direction, the nearer one over the wider."""
        found = Map({}, self.entries.mark)
        wide = (f"{b} <-> all", f"all <-> {b}", f"all -> {b}", f"{a} <-> all", f"all <-> {a}", f"{a} -> all")
        for key in (*(wide if a != b else ()), f"{b} <-> {a}", f"{a} <-> {b}", f"{a} -> {b}"):
            entry = self.entries.get(key)
            if isinstance(entry, Map):
                found = settled(found, entry, Link)
        return found

    def _inside(self, a: str) -> Node:
        own = self._own(a, a)
        rtt = own.get("rtt") or _fact("1 ms~", "assumed", "assumed; inside a region")
        return Map({"rtt": rtt, "transfer": Leaf("0 USD/GB", _DEFAULT), **own.entries}, own.mark)

    def _between(self, a: str, b: str) -> Map | None:
        default = Map({key: Leaf(value, _DEFAULT) for key, value in LINK_DEFAULT.items()}, _DEFAULT)
        shared = self.entries.get("all")
        link = settled(default, shared, Link) if isinstance(shared, Map) else default
        link = settled(link, self._own(a, b), Link)
        rtt = link.get("rtt") or self._round_trip(a, b)
        if rtt is None:
            return None
        transfer = link.get("transfer") or self.transfer or self._price(a, b)
        return Map(
            {"rtt": rtt, **link.without("rtt").entries} | ({"transfer": transfer} if transfer else {}), link.mark
        )

    def _round_trip(self, a: str, b: str) -> Leaf | None:
        here, there = self.universe.location(a), self.universe.location(b)
        if self.universe.has_atlas and all(self.universe.has_atlas_place(name) for name in (a, b)):
            found = atlas.round_trip(a, b)
        elif here is not None and there is not None:
            found = atlas.estimated_round_trip(here, there)
        else:
            unknown = a if here is None else b
            remedy = f'give environment.links."{a} <-> {b}".rtt, or environment.regions.{unknown}.location'
            path: Path = ("environment", "links", f"{a} <-> {b}", "rtt")
            expected = "a round-trip time, or the location of both regions"
            self.universe.report.add(
                f"no round trip between {a!r} and {b!r}",
                at=self.entries.mark,
                path=path,
                expected=expected,
                remedy=remedy,
            )
            return None
        text = f"{1e3 * found.rtt_s:.4g} ms"
        return _fact(text if found.method == "atlas" else f"{text}~", found.method, f"{found.source} ({found.date})")

    def _price(self, a: str, b: str) -> Leaf | None:
        if not (self.universe.has_atlas and all(self.universe.has_atlas_place(name) for name in (a, b))):
            return None
        price = atlas.transfer_price(a, b)
        text = f"{1e9 * price.usd:.6g} USD/GB"
        return _fact(text if price.method == "atlas" else f"{text}~", price.method, f"{price.source} ({price.date})")


def _fact(value: Scalar, method: str, source: str) -> Leaf:
    return Leaf(value, Mark("atlas", "atlas", source=source, method=method))


def _same(a: Map, b: Map) -> bool:
    return {key: _text(node) for key, node in a.entries.items()} == {
        key: _text(node) for key, node in b.entries.items()
    }


def _text(node: Node) -> object:
    return node.value if isinstance(node, Leaf) else node


def ends_of(links: Map) -> Iterator[tuple[str, str]]:
    """Yield each region that a link's key names, with that key."""
    for key in links.entries:
        parts = split_link(key)
        for name in parts[:2] if parts else ():
            if name != "all":
                yield name, key
