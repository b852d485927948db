"""Fault windows as the control plane of one design meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.tables import NS_PER_S, empty

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.draws.faults import FaultTable
    from georep_sim.scenario.faults import Fault
    from georep_sim.scenario.model import Case


class Windows:
    """The windows that may strike a design, with the rows they come from.

    Parameters
    ----------
    case : Case
        For the fault rows.
    design : str
        Name of the design; rows limited to other designs are left out.
    drawn : FaultTable
        Windows of one replication.
    last_ns : int
        A window that ends later is given this end.

    Attributes
    ----------
    table : ndarray
        Table ``faults`` of `tables.TABLES`; `masked` is written as play goes on.
    names, targets : tuple of str
        Fault rows and addresses that the table refers to.
    """

    def __init__(self, case: Case, design: str, drawn: FaultTable, *, last_ns: int) -> None:
        self.names = drawn.names
        self.targets = drawn.targets
        self._rows: list[Fault] = [case.faults[name] for name in drawn.names]
        self.table = _limited(drawn, [row.designs is None or design in row.designs for row in self._rows], last_ns)
        self._fault: list[int] = self.table["fault"].tolist()
        self._target: list[int] = self.table["target"].tolist()

    def row(self, window: int) -> Fault:
        """Fault row of a window."""
        return self._rows[self._fault[window]]

    def key(self, window: int) -> tuple[int, int]:
        """Fault row and address of a window, as indices."""
        return self._fault[window], self._target[window]

    def target(self, window: int) -> str:
        """Address of a window."""
        return self.targets[self._target[window]]

    def address(self, window: int) -> tuple[str, int]:
        """Name and index under which what follows from a window is drawn; the same in every design."""
        if window < 0:
            return "none", 0
        return f"{self.names[self._fault[window]]}/{self.target(window)}", int(self.table["occurrence"][window])

    def mask(self, window: int) -> None:
        """Note that a window met a place already out of service and did nothing."""
        self.table["masked"][window] = True

    def schedule(self) -> list[tuple[int, int, int, int]]:
        """Ends and starts in order, as (time_ns, class, window, phase).

        At one instant ends (class 0) come before starts (class 1); a window without length ends right after
        its start. Phase 0 is a start, 1 an end. What is under way at time 0 starts there: nobody has noticed.
        """
        starts, ends = np.maximum(self.table["start_ns"], 0).tolist(), self.table["end_ns"].tolist()
        events = [(start, 1, w, 0) for w, start in enumerate(starts)]
        events += [(end, int(end == starts[w]), w, 1) for w, end in enumerate(ends)]
        events.sort()
        return events


def _limited(drawn: FaultTable, allowed: list[bool], last_ns: int) -> NDArray[Any]:
    """Table of the allowed rows' windows, in ns; half to even, once."""
    windows = drawn.windows[np.array(allowed, dtype=np.bool_)[drawn.windows["fault"]]] if allowed else drawn.windows
    table = empty("faults", len(windows))
    for column in ("fault", "target", "occurrence"):
        table[column] = windows[column]
    # Compared in float seconds: what lies far beyond the end of play never becomes an integer.
    latest_s = last_ns / NS_PER_S
    table["start_ns"] = np.rint(windows["start_s"] * NS_PER_S)
    table["end_ns"] = np.rint(np.minimum(windows["end_s"], latest_s) * NS_PER_S)
    return table
