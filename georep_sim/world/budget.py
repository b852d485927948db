"""How much of a replication each data plane can afford to play, and what it plays before a window to be right in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

Engine = Literal["compiled", "reference"]


@dataclass(frozen=True)
class Budget:
    """Sizes of windows and of what is played before them.

    Parameters
    ----------
    quiet_requests, episode_requests, burst_requests : float
        Requests expected in one window: of quiet time, which has the most weight; of a phase of an episode; of a burst,
        which is played from its start, when buckets are full and queues empty.
    windows : int
        Most windows of a stratum that several episodes or bursts of a replication share. One of them is enough
        where there is one, and in quiet time, which is all alike.
    warm_up_requests, warm_up_s : float
        Most requests expected, and longest time, of the timed warm-up before a window.
    has_long_pulls : bool
        Before that warm-up those pulls are played whose layers may still be on their way.
    queued_pushes : float
        Most pushes played before that warm-up in a backlog, whose copies are then still waiting.
    copies_s, sampled_pushes : float
        Length of a sampled window of copies, and most pushes expected in it.
    full_pushes : float
        Pushes of one episode, from the fault's start, whose copies are played in full.
    horizon_pushes : float
        Expected pushes of a horizon up to which all its copies are played for the maxima.
    timed_pushes : float
        Pushes of a copy window that are played with their requests where a limit of writes may bind.
    """

    quiet_requests: float
    episode_requests: float
    burst_requests: float
    windows: int
    warm_up_requests: float
    warm_up_s: float
    has_long_pulls: bool
    queued_pushes: float
    copies_s: float
    sampled_pushes: float
    full_pushes: float
    horizon_pushes: float
    timed_pushes: float


# About a thousand pulls a second: decision record 8.
_REFERENCE: Final = Budget(
    quiet_requests=500.0,
    episode_requests=90.0,
    burst_requests=5000.0,
    windows=1,
    warm_up_requests=math.inf,
    warm_up_s=8.0,
    has_long_pulls=False,
    queued_pushes=100.0,
    copies_s=3600.0,
    sampled_pushes=600.0,
    full_pushes=2500.0,
    horizon_pushes=5000.0,
    timed_pushes=0.0,
)
# Measured on the shipped scenarios, where five pulls in six are warm: 2 us for a pull, 6 us for a push with its requests,
# 1 us for its copies alone. A replication takes half a second for each design, most of it drawing and counting.
_COMPILED: Final = Budget(
    quiet_requests=10_000.0,
    episode_requests=600.0,
    burst_requests=50_000.0,
    windows=3,
    warm_up_requests=1_500.0,
    warm_up_s=math.inf,
    has_long_pulls=True,
    queued_pushes=500.0,
    copies_s=8 * 3600.0,
    sampled_pushes=4_000.0,
    full_pushes=20_000.0,
    horizon_pushes=50_000.0,
    timed_pushes=5_000.0,
)


def budget_of(engine: Engine) -> Budget:
    """Budget of a data plane.

    Examples
    --------
    >>> budget_of("reference").warm_up_s
    8.0
    """
    return _COMPILED if engine == "compiled" else _REFERENCE
