"""What control is doing at each instant of a replication, for tallies: the phases of the strata as a step function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from georep_sim.plane.tally import ControlStates
from georep_sim.tables import ControlState
from georep_sim.world.sample import Span, phases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from georep_sim.world.sample import Episode

_STATES: Final[Mapping[str, ControlState]] = {
    "quiet": ControlState.QUIET,
    "struck": ControlState.STRUCK,
    "failed over": ControlState.FAILED_OVER,
    "after": ControlState.AFTER,
}


def control_states(found: Sequence[Episode]) -> ControlStates:
    """Phases of all designs' joint episodes; quiet outside them.

    Parameters
    ----------
    found : sequence of Episode
        From `world.sample.episodes`: sorted, disjoint.

    Returns
    -------
    ControlStates
        Known at every instant, the time before the start included.
    """
    steps = [(int(np.iinfo(np.int64).min), ControlState.QUIET)]
    for k, episode in enumerate(found):
        whole = Span(episode.start_ns, episode.end_ns, 1.0, k)
        steps += [(start_ns, _STATES[phase]) for phase, start_ns, _ in phases(whole, found)]
        steps.append((episode.end_ns, ControlState.QUIET))
    start_ns = np.array([start for start, _ in steps], dtype=np.int64)
    # Where one episode ends as the next begins, the next one's state holds.
    is_last = np.append(start_ns[1:] > start_ns[:-1], True)
    return ControlStates(start_ns[is_last], np.array([state for _, state in steps], dtype=np.int8)[is_last])
