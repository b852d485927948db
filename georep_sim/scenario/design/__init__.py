"""A design: sites and how they work together, by mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from georep_sim.scenario.design.lifecycle import Lifecycle
from georep_sim.scenario.design.money import Billing
from georep_sim.scenario.design.placement import Edge, Site
from georep_sim.scenario.design.recovery import Failover, Repair
from georep_sim.scenario.design.traffic import ClientSettings, Health, Limits, Read, Route, Write
from georep_sim.scenario.fields import Model, block, derived, entries, key
from georep_sim.scenario.values import Text

if TYPE_CHECKING:
    from georep_sim.scenario.design.traffic import ClientHabits
    from georep_sim.scenario.workload import Client


class Design(Model):
    """One way to run the registry."""

    usable: ClassVar[bool] = True
    unbuilt: ClassVar[frozenset[str]] = frozenset({"metadata", "depends"})
    provenance: ClassVar[frozenset[str]] = frozenset({"use", "meaning", "source", "omits"})

    name: str = derived("", "the design's key")
    home: Text = key("", "the home site; its first site if not given")
    note: Text = key("", "free text")
    sites: Mapping[str, Site] = entries("the sites")
    write: Write = block(Write, "pushes")
    replicate: Mapping[str, Edge] = entries("copying between sites")
    repair: Repair = block(Repair, "rebuilding lost copies")
    read: Read = block(Read, "pulls")
    route: Route = block(Route, "how a client finds a site")
    health: Health = block(Health, "how a bad site is noticed")
    failover: Failover = block(Failover, "what is done about it")
    limits: Limits = block(Limits, "rate limits")
    lifecycle: Lifecycle = block(Lifecycle, "retention")
    client: ClientSettings = block(ClientSettings, "client habits under this design")
    billing: Billing = block(Billing, "plan")
    use: str = derived("", "the preset it was made from")
    meaning: str = derived("", "what the preset stands for")
    source: str = derived("", "source of the preset")
    omits: tuple[str, ...] = derived((), "what the real product has besides")

    def client_of(self, group: Client) -> ClientHabits:
        """Return what the clients of a group do under this design."""
        return self.client.of(group.client)


__all__ = ["Design", "Edge", "Site"]
