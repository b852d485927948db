"""When content goes away."""

from __future__ import annotations

from typing import ClassVar

from georep_sim.scenario.fields import Model, key
from georep_sim.scenario.values import Duration


class Lifecycle(Model):
    """Retention."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"soft_delete", "gc_grace", "cache_ttl", "cache_size", "purge"})

    untagged: Duration | None = key(None, "time after which untagged manifests go; not given: never")
