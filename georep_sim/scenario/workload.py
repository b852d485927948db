"""The workload: what is stored, who asks for it and how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from georep_sim.scenario.dists import Mean, SizeDist
from georep_sim.scenario.fields import Model, derived, entries, key
from georep_sim.scenario.moments import Moment
from georep_sim.scenario.profile import ProfileField
from georep_sim.scenario.trace import Trace
from georep_sim.scenario.values import (
    Bandwidth,
    Bytes,
    Duration,
    Names,
    Popularity,
    Positive,
    Rate,
    Share,
    Sharing,
    Text,
    Zone,
)

#: Transport habits of a client program.
ClientKind = Literal["containerd", "docker", "skopeo"]


class Content(Model):
    """The images of the registry."""

    usable: ClassVar[bool] = True
    unbuilt: ClassVar[frozenset[str]] = frozenset({"tags"})
    provenance: ClassVar[frozenset[str]] = frozenset({"use"})

    repositories: Positive = Field(description="repositories; nothing depends on their number yet")
    images: Positive = Field(description="images")
    layers_per_image: Positive = Field(description="layers of one image")
    layer_size: SizeDist = Field(description="compressed size of a layer, bytes")
    warm_share: Share = Field(description="share of pulls that fetch the manifest alone, the layers being there")
    popularity: Popularity = Field(description="share of the pulls that go to the most-pulled share of images")
    sharing: Sharing = Field(description="images that one layer is part of, mean")
    stored: Bytes = Field(description="bytes of all distinct layers")
    objects: Positive = key(1, "distinct layers: the blobs that are stored and can be lost")
    source: Literal["trace"] | None = key(
        None, "trace: number of images, layers, sizes and popularity are fitted to the trace", alias="from"
    )
    use: str = derived("", "the content preset it was taken from")

    @property
    def new_layer_share(self) -> float:
        """Probability that a layer of a pushed image is new: one layer of each, see decision record 9."""
        return 1.0 / self.layers_per_image

    @property
    def pushed_bytes(self) -> float:
        """Mean bytes of the new layers of one push, which brings at least one."""
        p, n = self.new_layer_share, self.layers_per_image
        return float((n * p + (1.0 - p) ** n) * self.layer_size.mean)


class Client(Model):
    """A group of clients in one region."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"deletes", "pull_of", "location", "rtt"})

    name: str = derived("", "the group's key")
    region: Text = Field(description="where they are")
    pulls: Rate = key("0/s", "mean rate of pulls over the week")
    pushes: Rate = key("0/s", "mean rate of pushes over the week")
    profile: ProfileField = key("always", "weights over the week in local time")
    timezone: Zone = Field(description="time zone of the profile; the region's")
    client: ClientKind = key("containerd", "client program")
    machines: Positive = key("100~", "machines of the group")
    access: Bandwidth = key("1 Gbit/s~", "access bandwidth of each machine")
    warm_share: Share | None = key(None, "share of warm pulls; the content's")


class Burst(Model):
    """Pulls that come together: a rollout, a node replacement."""

    name: str = derived("", "the burst's key")
    at: Moment | None = key(None, "when")
    every: Mean | None = key(None, "time from the end of one to the start of the next")
    where: Names = key(("all",), "client groups or regions")
    pulls: Positive = Field(description="pulls of one burst, over all it goes to")
    within: Duration = Field(description="length of the burst")


class Workload(Model):
    """What is asked of the registry."""

    content: Content = Field(description="the images")
    client: ClientKind = key("containerd", "client program of every group that names none")
    clients: Mapping[str, Client] = entries("groups of clients")
    trace: Trace | None = Field(default=None, description="a log whose requests replace the rates of clients")
    bursts: Mapping[str, Burst] = entries("bursts of pulls")
