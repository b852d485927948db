"""The Timeline's changes, applied to the state of a play when their time comes."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from georep_sim.plane.reference.clock import CONTROL
from georep_sim.tables import Operation, Verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from georep_sim.plane.reference.clock import Steps
    from georep_sim.plane.reference.copies import Copies
    from georep_sim.plane.reference.state import State


class Change(NamedTuple):
    """One row of the table `changes`."""

    time_ns: int
    verb: int
    target: int
    value: float
    cause: int


class Control:
    """Applies changes: those before the start at once, the others as they come.

    What was killed or lost before the start is past: its effects are in the `missing` content the play is given.

    Parameters
    ----------
    state : State
        What is changed.
    copies : Copies
        Told of what stops and destroys copies.
    changes : ndarray
        Table `changes`, sorted by time.
    deleted : mapping of int to ndarray of bool, shape (n_images,)
        Images that each cause deletes.
    """

    def __init__(
        self, state: State, copies: Copies, changes: NDArray[Any], deleted: Mapping[int, NDArray[np.bool_]]
    ) -> None:
        self._state = state
        self._copies = copies
        self._deleted = deleted
        self._n_sites = len(state.wire.sites)
        self._n_links = len(state.wire.links)
        self._capacity: list[float] = state.wire.links["capacity_Bps"].tolist()
        self._factor = [1.0] * self._n_links
        start_ns = state.clock.now_ns
        columns = changes[list(Change._fields)].tolist()
        # Aims are looked up with their history, by `Addresses`.
        rows = [Change(*row) for row in columns if row[1] != Verb.AIM]
        for change in rows:
            if change.time_ns <= start_ns and change.verb not in {Verb.KILL, Verb.LOSE}:
                self._apply(change)
        self._later = [change for change in rows if change.time_ns > start_ns]

    def run(self) -> Steps[None]:
        """Apply the changes to come, all of one instant together."""
        clock = self._state.clock
        for time_ns, rows in groupby(self._later, key=lambda change: change.time_ns):
            yield clock.at(time_ns, CONTROL)
            for change in rows:
                self._apply(change)

    def _apply(self, change: Change) -> None:
        target, value = change.target, change.value
        match change.verb:
            case Verb.ADMIT:
                site, operation = divmod(target, len(Operation))
                self._state.sites[site].admission[operation] = int(value)
                self._copies.refresh(change.time_ns, site=site)
            case Verb.SLOW:
                self._slow(target, value)
            case Verb.RESIZE:
                self._resize(target, value)
            case Verb.CUT:
                if value:
                    self._state.clock.cut(target)
                else:
                    self._state.clock.mend(target)
                self._copies.refresh(change.time_ns, link=target)
            case Verb.KILL:
                self._state.sites[target].kill()
            case Verb.LOSE:
                self._lose(target, value, change.cause)

    def _slow(self, entity: int, factor: float) -> None:
        link = entity - self._n_sites
        if link < 0:
            self._state.sites[entity].front_end.speed = factor
        elif link < self._n_links:
            self._factor[link] = factor
            self._set_capacity(link)
        else:
            self._state.network.set_loss(link - self._n_links, factor, self._state.clock.now_ns)
            self._state.clock.unsettle()

    def _resize(self, entity: int, size: float) -> None:
        link = entity - self._n_sites
        if link < 0:
            self._state.sites[entity].front_end.resize(int(size))
        else:
            self._capacity[link] = size
            self._set_capacity(link)

    def _set_capacity(self, link: int) -> None:
        self._state.network.set_capacity(link, self._capacity[link] * self._factor[link])
        self._state.clock.unsettle()

    def _lose(self, site: int, value: float, cause: int) -> None:
        if value < 0.0:
            self._state.missing[site] |= self._deleted[cause]
        else:
            self._copies.lose(site, cause)
