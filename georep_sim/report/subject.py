"""What the report needs to know of a run: the attributes of `Results` that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from georep_sim.scenario import Scenario
    from georep_sim.tables import Recording


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
    def complete(self) -> bool:
        """Whether every replication was played."""
        ...

    @property
    def provenance(self) -> Mapping[str, object]:
        """How the numbers were made."""
        ...
