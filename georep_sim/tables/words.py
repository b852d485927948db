"""Numbers that stand for words in the tables, and units of time."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

NS_PER_S = 1_000_000_000
NEVER_NS = np.iinfo(np.int64).max


class Verb(IntEnum):
    """What control can say to the data plane; each row of a `Timeline` speaks one."""

    AIM = 0
    ADMIT = 1
    SLOW = 2
    RESIZE = 3
    CUT = 4
    KILL = 5
    LOSE = 6


class Admission(IntEnum):
    """Value of an `ADMIT` change: what a site answers to an operation."""

    OK = 0
    UNREACHABLE = 1
    STORAGE_ERROR = 2
    NOT_FOUND = 3
    DENIED = 4


class Operation(IntEnum):
    """What a client asks for."""

    PULL = 0
    PUSH = 1
    CONTROL = 2


class Outcome(IntEnum):
    """How a request ended. Every request ends in exactly one of these; none is dropped."""

    OK = 0
    THROTTLED = 1
    NOT_FOUND = 2
    UNREACHABLE = 3
    TIMEOUT = 4
    STORAGE_ERROR = 5
    DENIED = 6
    SPLIT_PUSH = 7


class ControlState(IntEnum):
    """What control was doing when a request arrived, in the words of the strata; -1 in tables = not known."""

    QUIET = 0
    STRUCK = 1
    FAILED_OVER = 2
    AFTER = 3


class Mark(IntEnum):
    """Moments of a recovery, kept beside the changes for RTO parts and plots."""

    DETECTED = 0
    DECIDED = 1
    EXECUTED = 2
    RECOVERED = 3
    RESEEDED = 4
    FAILED_BACK = 5


class CopyStatus(IntEnum):
    """State of a copy when its play ended."""

    DONE = 0
    PENDING = 1
    LOST = 2


class Extreme(IntEnum):
    """Which extreme of the copies of a window."""

    OLDEST = 0
    BACKLOG = 1
    DRAIN = 2


class LossKind(IntEnum):
    """Why objects are gone."""

    UNCOPIED = 0
    DELETED = 1
    DESTROYED = 2
