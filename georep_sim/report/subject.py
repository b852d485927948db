"""What the report needs to know of a run: the attributes of `Results` that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from georep_sim.loss.durability import Durability
    from georep_sim.scenario import Scenario
    from georep_sim.study.targets import Target
    from georep_sim.tables import Recording


class LossSubject(Protocol):
    """Durability to report on; `api.DurabilityResults` is one."""

    @property
    def scenario(self) -> Scenario:
        """What was asked."""
        ...

    @property
    def metrics(self) -> pd.DataFrame:
        """Rows as in ``TABLES['metrics']``."""
        ...

    @property
    def losses(self) -> Mapping[tuple[str, str], Durability]:
        """What was found, by case and design."""
        ...

    @property
    def targets(self) -> Mapping[tuple[str, str], Target]:
        """Design targets of vendors, by case and design."""
        ...

    @property
    def complete(self) -> bool:
        """Whether every design was answered."""
        ...

    @property
    def provenance(self) -> Mapping[str, object]:
        """How the numbers were made."""
        ...


class Subject(Protocol):
    """A run to report on; `api.Results` is one, and so is anything with the same attributes."""

    @property
    def scenario(self) -> Scenario:
        """What was asked."""
        ...

    @property
    def metrics(self) -> pd.DataFrame:
        """Rows as in ``TABLES['metrics']``."""
        ...

    @property
    def comparisons(self) -> pd.DataFrame:
        """Rows as in ``TABLES['comparisons']``."""
        ...

    @property
    def recordings(self) -> Mapping[tuple[str, str], Recording]:
        """What was recorded, by case and design."""
        ...

    @property
    def losses(self) -> Mapping[tuple[str, str], Durability]:
        """How durable each design is, by case and design."""
        ...

    @property
    def targets(self) -> Mapping[tuple[str, str], Target]:
        """Design targets of vendors, by case and design."""
        ...

    @property
    def complete(self) -> bool:
        """Whether every replication was played."""
        ...

    @property
    def provenance(self) -> Mapping[str, object]:
        """How the numbers were made."""
        ...
