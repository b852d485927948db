"""What a design is billed."""

from __future__ import annotations

from typing import Literal

from georep_sim.scenario.fields import Model, key
from georep_sim.scenario.values import Money


class Plan(Model):
    """A price of one's own."""

    monthly: Money | None = key(None, "per site and month, USD")


class Billing(Model):
    """The plan; bytes are billed by the environment's prices."""

    tier: Literal["basic", "standard", "premium"] | None = key(None, "tier of the atlas")
    plan: Plan | None = key(None, "a price of one's own instead")

    @property
    def monthly(self) -> float | None:
        """USD per site and month, if stated; None = the tier's, else unknown."""
        return None if self.plan is None else self.plan.monthly
