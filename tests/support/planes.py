"""The planes under test, and everything one play of a plane is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from georep_sim.plane import compiled, reference
from georep_sim.tables import NEVER_NS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from georep_sim.plane.tally import ControlStates
    from georep_sim.plane.wire import PlayLog, Wire
    from georep_sim.tables import Timeline


class Play(Protocol):
    """What every plane offers; see `georep_sim.plane.reference.play`."""

    def __call__(
        self,
        wire: Wire,
        timeline: Timeline,
        traffic: NDArray[Any],
        *,
        start_ns: int,
        end_ns: int,
        deleted: Mapping[int, NDArray[np.bool_]],
        missing: NDArray[np.bool_],
        copies_only: bool = False,
        until_ns: int = NEVER_NS,
        states: ControlStates | None = None,
        counted_from_ns: int = 0,
    ) -> PlayLog: ...


REFERENCE: Play = reference.play
COMPILED: Play = compiled.play

PLANES: Mapping[str, Play] = {"reference": REFERENCE, "compiled": COMPILED}


@dataclass(frozen=True)
class Scene:
    """Arguments of one play."""

    wire: Wire
    timeline: Timeline
    traffic: NDArray[Any]
    start_ns: int
    end_ns: int
    missing: NDArray[np.bool_]
    deleted: Mapping[int, NDArray[np.bool_]] = field(default_factory=dict)
    copies_only: bool = False
    until_ns: int = NEVER_NS
    states: ControlStates | None = None
    counted_from_ns: int = 0

    def play(self, plane: Play) -> PlayLog:
        return plane(
            self.wire,
            self.timeline,
            self.traffic,
            start_ns=self.start_ns,
            end_ns=self.end_ns,
            deleted=self.deleted,
            missing=self.missing.copy(),
            copies_only=self.copies_only,
            until_ns=self.until_ns,
            states=self.states,
            counted_from_ns=self.counted_from_ns,
        )
