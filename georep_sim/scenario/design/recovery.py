"""What a design does about failures: repair inside a site, failover between sites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from georep_sim.scenario.dists import Dist
from georep_sim.scenario.fields import Model, key
from georep_sim.scenario.values import Bandwidth, Crews, Duration, NameSet, Text


class Repair(Model):
    """Rebuilding lost copies or fragments inside a site, and refilling an emptied site."""

    instead: ClassVar[Mapping[str, str]] = {"bandwidth": "time"}

    detect: Dist = key("15 min~", "from loss to the start of a rebuild")
    time: Dist | None = key(None, "length of a rebuild; not given: by bytes at the bandwidth")
    bandwidth: Bandwidth = key("100 MB/s~", "of one rebuild, instead of time")
    shared: Bandwidth = key("unlimited", "of all rebuilds of a site together, in equal parts")
    crews: Crews = key("unlimited~", "rebuilds of a site at a time")
    scrub: Dist = key(
        "14 d~", "time between two readings of everything, which find latent errors; bare: a fixed period"
    )
    reseed: Dist | None = key(None, "length of refilling an emptied site; not given: by bytes over the copy edges")
    start: Literal["eager", "lazy"] = key(
        "eager", "rebuild each copy that is gone, or all once more than half of those that may be gone are"
    )


class Failover(Model):
    """Moving writes and reads to another site."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"after"})

    trigger: Literal["none", "auto", "vendor"] = key(
        "none", "who decides: nobody, routing, or the provider", unbuilt=("manual",)
    )
    upon: NameSet = key(("outage", "destroyed"), "kinds of faults it answers")
    decide: Dist = key("0 s", "time to the decision")
    execute: Dist = key("0 s", "time from the decision to its effect")
    promotes: Text | None = key(None, "site that takes over")
    unsynced: Literal["lost", "hidden"] = key("hidden", "fate of writes not yet copied", unbuilt=("kept",))
    back: Literal["auto", "manual"] = key("auto", "how things return")
    back_after: Duration = key("7 d~", "when, if manual")
