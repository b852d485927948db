"""One request of a client, from arrival to its row in the table."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.plane.reference.clock import rank
from georep_sim.tables import NS_PER_S, Outcome, dtype_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from simpy import Process

_HOUR_BITS = 24
"""Requests of one cohort, operation and hour that an address has room for: 16.7 million."""


class Phase(IntEnum):
    """What a request is busy with."""

    CONNECT = 0
    MANIFEST = 1
    LAYERS = 2
    RETRY = 3


@dataclass(slots=True, eq=False)
class Request:
    """What a client asks for, and what came of it so far.

    Parameters
    ----------
    row : int
        Row of the traffic, and of the table `requests`.
    cohort, operation, machine, image : int
        Who asks for what.
    number : int
        Request id: cohort, operation, hour and k packed, the same in whichever window it is played.
    index : int
        Address of its draws under the name of its cohort and operation: hour and k packed.
    layers : tuple of int
        Layers to pull, or to offer in a push.
    new : frozenset of int
        Layers of a push that the registry does not have.
    arrival_ns : int
        When the client began.
    """

    row: int
    cohort: int
    operation: int
    machine: int
    image: int
    number: int
    index: int
    layers: tuple[int, ...]
    new: frozenset[int]
    arrival_ns: int
    process: Process | None = None
    attempts: int = 0
    broken_attempt: int = 0
    throttles: int = 0
    site: int = -1
    bytes: float = 0.0
    is_attempting: bool = False
    is_silent: bool = False
    phase: Phase = Phase.CONNECT
    phase_since_ns: int = 0
    spent_ns: list[int] = field(default_factory=lambda: [0] * len(Phase))
    have: set[int] = field(default_factory=set)
    uploaded_to: int = -1
    acknowledged_at: set[int] = field(default_factory=set)

    def break_off(self, cause: object) -> None:
        """Interrupt the present attempt, once: two sites may fail together, or one as its time is up."""
        if self.process is not None and self.process.is_alive and self.broken_attempt != self.attempts:
            self.broken_attempt = self.attempts
            self.process.interrupt(cause)

    def enter(self, phase: Phase, now_ns: int) -> None:
        """Go over to another phase."""
        self.spent_ns[self.phase] += now_ns - self.phase_since_ns
        self.phase = phase
        self.phase_since_ns = now_ns

    def rank(self, stage: int, layer: int = 0) -> int:
        """Rank of an event of the present attempt, in its class."""
        return rank(self.number, self.attempts, stage=stage, layer=layer)

    def address(self, stage: int, layer: int = 0) -> int:
        """Second address of a draw of the present attempt."""
        return self.attempts << 32 | stage << 16 | layer


def requests_of(traffic: NDArray[Any], sizes: NDArray[np.float64]) -> list[Request]:
    """Requests of a traffic array, one per row and in its order.

    Parameters
    ----------
    traffic : ndarray
        Fields time_ns, cohort, operation, hour, k, image, machine, warm, new_layers (a bit per layer).
    sizes : ndarray of float64, shape (n_images, n_layers)
        Layers of size 0 do not exist.
    """
    names = ("time_ns", "cohort", "operation", "hour", "k", "image", "machine", "warm", "new_layers")
    columns = (traffic[name].tolist() for name in names)
    made = []
    for row, (time_ns, cohort, operation, hour, k, image, machine, warm, new) in enumerate(zip(*columns, strict=True)):
        index = hour << _HOUR_BITS | k
        layers = () if warm and not operation else tuple(np.flatnonzero(sizes[image]).tolist())
        made.append(
            Request(
                row=row,
                cohort=cohort,
                operation=operation,
                machine=machine,
                image=image,
                number=(cohort << 2 | operation) << 64 | index,
                index=index,
                layers=layers,
                new=frozenset(layer for layer in layers if new >> layer & 1),
                arrival_ns=time_ns,
                phase_since_ns=time_ns,
            )
        )
    return made


class RequestLog:
    """Table `requests` under construction.

    Parameters
    ----------
    rows : int
        Requests of the play.
    """

    def __init__(self, rows: int) -> None:
        self.table = np.zeros(rows, dtype=dtype_of("requests"))

    def write(self, request: Request, outcome: Outcome | int, now_ns: int) -> None:
        """Fill the row of a request that has ended."""
        request.enter(Phase.RETRY, now_ns)
        connect, manifest, layers, retry = (spent / NS_PER_S for spent in request.spent_ns)
        row = self.table[request.row]
        row["arrival_ns"], row["end_ns"] = request.arrival_ns, now_ns
        row["cohort"], row["operation"], row["site"] = request.cohort, request.operation, request.site
        row["attempts"], row["throttles"], row["outcome"] = request.attempts, request.throttles, outcome
        row["image"], row["bytes"] = request.image, request.bytes
        row["connect_s"], row["manifest_s"], row["layers_s"], row["retry_s"] = connect, manifest, layers, retry
