"""Faults: facts about the environment, the same for every design."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pydantic import Field

from georep_sim.scenario.dists import Dist, Mean
from georep_sim.scenario.fields import Model, derived, key, required
from georep_sim.scenario.moments import Moment
from georep_sim.scenario.values import Duration, Flag, Names, NameSet, Number, Positive, Share, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What a fault hits.
What = Literal["region", "zone", "storage", "site", "metadata", "link", "rack", "disk", "operator"]

#: What happens to it.
Kind = Literal["outage", "slow", "destroyed", "read_only", "corrupt", "latent_error", "cut", "lossy", "delete", "purge"]

#: The kinds each target knows, as in the language's table of addresses.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "region": ("outage", "slow", "destroyed"),
    "zone": ("outage", "slow", "destroyed"),
    "storage": ("outage", "read_only", "slow", "destroyed", "corrupt"),
    "site": ("outage", "slow"),
    "metadata": ("outage", "destroyed"),
    "rack": ("outage", "destroyed"),
    "disk": ("outage", "destroyed", "latent_error"),
    "link": ("cut", "slow", "lossy"),
    "operator": ("delete", "purge"),
}


class HistoryRow(Model):
    """One occurrence that is known to have happened."""

    what: What = Field(description="what was hit")
    where: Text = Field(description="its address")
    kind: Kind = Field(description="what happened")
    start: Moment = Field(description="when it began")
    lasts: Duration = Field(description="for how long")


class Fault(Model):
    """One row of faults: a clock per target, or one for all."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"latency"})

    name: str = derived("", "the row's key")
    latency: Duration = derived("0 s", "added to each service time or round trip by `slow`; no file can give it yet")
    what: What = Field(**required("what is hit", unbuilt=("service", "replication")))
    kind: Kind = Field(**required("what happens", unbuilt=("revoked", "purged", "paused")))
    where: Names = key((), "addresses, all of them concrete; none for the operator")
    every: Mean | None = key(None, "time in service: from the end of one occurrence to the start of the next")
    at: Moment | None = key(None, "one occurrence at this instant")
    history: tuple[HistoryRow, ...] = key((), "occurrences known from records")
    lasts: Dist | None = key(None, "how long one lasts")
    factor: Number = key("0.5~", "share of speed left by `slow`")
    share: Share | None = key(None, "probability with which each thing inside is hit; share of the content deleted")
    count: Positive | None = key(None, "things inside that are hit, chosen uniformly")
    within: Literal["rack", "zone", "region"] = key("region", "unit that the clock of `share` or `count` belongs to")
    together: Flag = key(default=False, meaning="whether one clock hits all targets at once")
    stagger: Duration = key("0 s", "time between the targets of `together`")
    clients: Literal["keep", "stop"] = key("keep", "whether clients of a dead region keep asking", unbuilt=("stop",))
    start: Literal["stationary", "new"] = key("stationary", "age of the clocks at the start")
    designs: NameSet | None = key(None, "designs it is limited to; not given: all")
    note: Text = key("", "free text")

    @property
    def targets(self) -> tuple[str, ...]:
        """The addresses, with ``registry`` for the operator, who has no place."""
        return self.where or ("registry",)
