"""State of one direction of a link between two regions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from georep_sim.tables import Verb
from georep_sim.world.clock import Bell

if TYPE_CHECKING:
    from georep_sim.world.control import Control


class LinkState:
    """A link and the fault windows at work on it.

    Parameters
    ----------
    control : Control
        Where changes are said.
    index : int
        In the topology.
    loss : float
        Share of packets lost when nothing is wrong.

    Attributes
    ----------
    cut_by : set of int
        Windows that cut it.
    factors, losses : dict of int to float
        By window: factor on the capacity, share of packets lost.
    """

    def __init__(self, control: Control, index: int, *, loss: float) -> None:
        self._control = control
        self._index = index
        self._loss = loss
        topology = control.topology
        self._capacity = len(topology.sites) + index
        self._losing = self._capacity + len(topology.links)
        self.bell = Bell(control.env)
        self.cut_by: set[int] = set()
        self.factors: dict[int, float] = {}
        self.losses: dict[int, float] = {}
        control.presume(Verb.CUT, index, 0.0)
        control.presume(Verb.SLOW, self._capacity, 1.0)
        control.presume(Verb.SLOW, self._losing, loss)

    @property
    def is_up(self) -> bool:
        """Whether it carries anything."""
        return not self.cut_by

    @property
    def factor(self) -> float:
        """Factor on its capacity."""
        return math.prod(self.factors.values())

    def refresh(self, cause: int) -> None:
        """Say what has changed, and ring."""
        self._control.cut(self._index, down=bool(self.cut_by), cause=cause)
        self._control.slow(self._capacity, self.factor, cause=cause)
        kept = math.prod(1.0 - share for share in self.losses.values()) if self.losses else 1.0
        self._control.slow(self._losing, 1.0 - (1.0 - self._loss) * kept if self.losses else self._loss, cause=cause)
        self.bell.ring()
