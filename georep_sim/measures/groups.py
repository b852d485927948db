"""How rows are grouped for the table: client regions and operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from georep_sim.tables import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.tables import Recording, Topology

OPERATION_NAMES = {Operation.PULL: "pull", Operation.PUSH: "push"}


class Group(NamedTuple):
    """Cohorts that one row of the table speaks of.

    Parameters
    ----------
    region : str
        Client's region; empty = all.
    operation : Operation
        Pull or push.
    share : ndarray of float64, shape (n_cohorts,)
        Share of the group's traffic that each cohort has; 0 outside the group.
    """

    region: str
    operation: Operation
    share: NDArray[np.float64]

    @property
    def name(self) -> str:
        """Operation as the table writes it."""
        return OPERATION_NAMES[self.operation]

    def tallies(self, recording: Recording) -> NDArray[Any]:
        """Rows of the table `tallies` that count requests of the group."""
        rows = recording.tables["tallies"]
        is_mine = (rows["operation"] == self.operation) & (self.share[rows["cohort"]] > 0.0)
        return np.asarray(rows[is_mine])


def groups(topology: Topology) -> Iterator[Group]:
    """All clients together, then each client region, for each operation that somebody asks for."""
    regions = np.array(topology.cohort_regions, dtype=object)
    for operation, rates in ((Operation.PULL, topology.pulls_per_s), (Operation.PUSH, topology.pushes_per_s)):
        if rates.sum() <= 0.0:
            continue
        yield Group("", operation, rates / rates.sum())
        for region in dict.fromkeys(topology.cohort_regions):
            mine = np.where(regions == region, rates, 0.0)
            if mine.sum() > 0.0:
                yield Group(region, operation, mine / mine.sum())
