"""Resolving a merged document: every place named, every rule of context carried out, still in the language's words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from georep_sim.scenario.addresses import Addresses
from georep_sim.scenario.content import expand_content
from georep_sim.scenario.expand import expand_designs, expand_environment, expand_faults
from georep_sim.scenario.history import Histories
from georep_sim.scenario.merge import settled
from georep_sim.scenario.model import Run
from georep_sim.scenario.occurrences import Occurrences
from georep_sim.scenario.parameters import Parameters
from georep_sim.scenario.presets import Library, Preset
from georep_sim.scenario.samples import with_samples
from georep_sim.scenario.sites import Sites
from georep_sim.scenario.tree import Leaf, Map, Mark, Node, find, maps, plain
from georep_sim.scenario.universe import Links, Universe, ends_of
from georep_sim.scenario.values import NAME_PATTERN, RESERVED
from georep_sim.scenario.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Path

_DEFAULT: Final = Mark("default")


@dataclass(frozen=True, slots=True)
class Resolved:
    """One case, resolved.

    Parameters
    ----------
    tree : Map
        The sections, without ``use``, ``all`` and ``null``; defaults not yet filled in.
    presets : mapping of str to Preset
        By design, where it has one.
    content : str
        Name of the content preset.
    first : str
        First region.
    added : frozenset of str
        Regions that only a pair rule put into the universe.
    start : datetime
        Start of the run, UTC.
    """

    tree: Map
    presets: Mapping[str, Preset]
    content: str
    first: str
    added: frozenset[str]
    start: datetime


def resolve(document: Map, report: Report) -> Resolved:
    """Resolve the document of one case.

    Parameters
    ----------
    document : Map
        File, case and overrides, merged, in normal form.
    report : Report
        Receives what is wrong.
    """
    return _Resolver(document, report).resolve()


class _Resolver:
    """The steps of resolving one document, in order: each needs what those before it found."""

    def __init__(self, document: Map, report: Report) -> None:
        read = with_samples(document, report)
        self.document, self.report = read if isinstance(read, Map) else document, report
        self.traced = _traced(self._section("workload"), report)
        replayed = Map({group: Map({}, leaf.mark) for group, (leaf, _) in self.traced.items()}, _DEFAULT)
        below = Map({"clients": replayed} if self.traced else {}, document.mark)
        self.workload = settled(below, self._section("workload"), Workload)
        self.run = self._section("run")
        self.start, self.horizon_s = _span(self.run)

    def _section(self, name: str) -> Map:
        node = self.document.get(name)
        return node if isinstance(node, Map) else Map({}, self.document.mark)

    def resolve(self) -> Resolved:
        library = Library(self.report, Parameters(self.report, "", ()))
        environment, has_atlas = expand_environment(self._section("environment"), library)
        listed = maps(environment.get("regions"))
        clients = self._clients_regions()
        first = next(iter(listed), next(iter(clients), ""))
        regions = tuple(listed) or tuple(dict.fromkeys(clients))
        library = Library(self.report, Parameters(self.report, first, regions))
        universe = Universe(listed, has_atlas, _is_true(environment.get("closed")), self.report)
        expanded = expand_designs(self._section("designs"), library)
        faults = expand_faults(self._section("faults"), library)
        content, content_name = self._content(library)

        self._name_regions(universe, listed, clients, environment)
        sites = Sites(universe, self.report)
        designs = {name: sites.named(name, design.tree) for name, design in expanded.items()}
        histories = Histories(self.start, self.horizon_s, self.report)
        occurrences = Occurrences(Addresses(universe, _sites(designs), self.report), histories, self.report)
        faults = occurrences.named(faults)
        self._name_links(universe, environment)
        designs = {name: sites.paired(name, design) for name, design in designs.items()}

        sections: dict[str, Node] = {
            "run": self.run,
            "environment": self._environment(environment, universe),
            "faults": occurrences.concrete(faults),
            "designs": Map({n: sites.protected(d) for n, d in designs.items()}, self._section("designs").mark),
            "measures": self._section("measures"),
        }
        if self.document.get("workload") is not None:
            sections["workload"] = self._workload(content, universe)
        presets = {name: design.preset for name, design in expanded.items() if design.preset is not None}
        added = frozenset(name for name, by_pair in universe.named.items() if by_pair)
        tree = Map(sections, self.document.mark)
        return Resolved(tree, presets, content_name, first or next(iter(universe.named), ""), added, self.start)

    # -- workload ---------------------------------------------------------------------------------------------------

    def _clients_regions(self) -> dict[str, tuple[Node | Mark, Path]]:
        """Return the regions of clients, with where each is named first."""
        clients = self.workload.get("clients")
        found: dict[str, tuple[Node | Mark, Path]] = {}
        for name, client in maps(clients).items():
            region, path = client.get("region"), ("workload", "clients", name)
            if isinstance(region, Leaf):
                found.setdefault(str(region.value), (region, (*path, "region")))
            elif region is None and isinstance(clients, Map):
                found.setdefault(name, self.traced.get(name) or (clients.at(name), path))
        return found

    def _content(self, library: Library) -> tuple[Map, str]:
        node = self.workload.get("content")
        layer = self._section("workload").get("content")
        chosen = layer if isinstance(layer, Map) else node if isinstance(node, Map) else Map({}, _DEFAULT)
        if self.document.get("workload") is None:
            return chosen, ""
        return expand_content(chosen, library)

    def _workload(self, content: Map, universe: Universe) -> Map:
        kind = self.workload.get("client")
        clients: dict[str, Node] = {}
        section = self.workload.get("clients")
        for name, client in maps(section).items():
            mark = section.at(name) if isinstance(section, Map) else client.mark
            region = client.get("region") or Leaf(name, mark)
            place = str(region.value) if isinstance(region, Leaf) else ""
            given: dict[str, Node] = {"region": region, "timezone": _fact(universe, place, "timezone")}
            if kind is not None:
                given["client"] = kind
            clients[name] = Map({**given, **client.entries}, client.mark, client.keys)
        return self.workload.put(content=content, clients=Map(clients, section.mark) if section else None)

    # -- environment ------------------------------------------------------------------------------------------------

    def _name_regions(
        self,
        universe: Universe,
        listed: Mapping[str, Map],
        clients: Mapping[str, tuple[Node | Mark, Path]],
        environment: Map,
    ) -> None:
        regions = environment.get("regions")
        for name in listed:
            mark = regions.at(name) if isinstance(regions, Map) else environment.mark
            universe.add(name, mark, path=("environment", "regions", name))
        for name, (at, path) in clients.items():
            universe.add(name, at, path=path)

    def _name_links(self, universe: Universe, environment: Map) -> None:
        links = environment.get("links")
        if isinstance(links, Map):
            for name, key in ends_of(links):
                universe.add(name, links.at(key), path=("environment", "links", key))

    def _environment(self, environment: Map, universe: Universe) -> Map:
        links = environment.get("links")
        prices = environment.get("prices")
        own = prices if isinstance(prices, Map) else Map({}, environment.mark)
        transfer = own.get("transfer")
        table = Links(
            universe,
            links if isinstance(links, Map) else Map({}, environment.mark),
            transfer if isinstance(transfer, Leaf) else None,
        ).tree()
        regions = Map({name: universe.region(name) for name in universe.named}, environment.mark)
        storage = own.get("storage") or universe.storage_price()
        return environment.put(regions=regions, links=table, prices=own.put(storage=storage))


def _span(run: Map) -> tuple[datetime, float]:
    """Return start and length of the run, the defaults if they are wrong: that is told when they are read."""
    for data in (run.entries, {}):
        try:
            known = {key: plain(node) for key, node in data.items() if key in {"start", "horizon"}}
            read = Run.model_validate(known, context={"document": True})
        except ValidationError:
            continue
        return read.start, read.horizon
    raise AssertionError  # the defaults are valid


def _traced(workload: Map, report: Report) -> dict[str, tuple[Leaf, Path]]:
    """Return the groups that ranges of a trace lead to, with where each is named first."""
    ranges = find(workload, ("trace", "clients"))
    found: dict[str, tuple[Leaf, Path]] = {}
    for text, leaf in ranges.entries.items() if isinstance(ranges, Map) else ():
        path = ("workload", "trace", "clients", text)
        if not isinstance(leaf, Leaf) or not isinstance(leaf.value, str):
            continue  # told when it is read
        if re.fullmatch(NAME_PATTERN, leaf.value) and leaf.value not in RESERVED:
            found.setdefault(leaf.value, (leaf, path))
        else:
            expected = "a region, or an entry of workload.clients"
            report.add(f"{leaf.value!r} is no group of clients", at=leaf, path=path, expected=expected)
    return found


def _is_true(node: Node | None) -> bool:
    return isinstance(node, Leaf) and node.value is True


def _sites(designs: Mapping[str, Map]) -> dict[str, str]:
    """Return the design of each site id that is no region's name by itself."""
    return {site: name for name, design in designs.items() for site in maps(design.get("sites"))}


def _fact(universe: Universe, region: str, key: str) -> Node:
    found = universe.region(region).get(key) if universe.knows(region) else None
    return found or Leaf("UTC", Mark("default", source="assumed: the region has no time zone"))
