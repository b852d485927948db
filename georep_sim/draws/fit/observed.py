"""What a log shows of the workload: counts, and nothing that grows with its length but the quarter hours it spans."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.draws.sources.sessions import WINDOW_S, Sessions
from georep_sim.errors import InputError
from georep_sim.tables import NS_PER_S, Operation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.draws.sources.groups import ClientGroups
    from georep_sim.draws.sources.log import Log
    from georep_sim.draws.sources.oddities import Oddities

#: Arrivals are counted by quarter hours: every time zone's hours begin with one.
QUARTER_S: Final = 900
_QUARTER_NS: Final = QUARTER_S * NS_PER_S
#: Agents of clients that the language knows, by a word in their name.
_PROGRAMS: Final = ("containerd", "skopeo", "docker")


@dataclass
class GroupSeen:
    """What was seen of one group of clients.

    Parameters
    ----------
    name : str
        The group.
    arrivals : dict of (int, int) to int
        Number by quarter hour since 1970 (UTC) and `Operation`.
    pulls, pushes, warm : int
        Pulls answered, pushes acknowledged, pulls without a layer.
    clients : set of int
        Distinct addresses.
    programs : Counter of str
        Pulls by client program.
    """

    name: str
    arrivals: Counter[tuple[int, int]] = field(default_factory=Counter)
    pulls: int = 0
    pushes: int = 0
    warm: int = 0
    clients: set[int] = field(default_factory=set)
    programs: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Observed:
    """What a log shows.

    Parameters
    ----------
    log : Log
        The log.
    groups : tuple of GroupSeen
        In the order of the ranges.
    ungrouped : int
        Pulls and pushes of clients without a group, in nothing else here.
    failed : int
        Pulls and pushes that were answered with an error; not counted either.
    start_ns, end_ns : int
        First and last request, UTC.
    image_pulls, image_layers : ndarray, shape (n_images,)
        Pulls of each image seen; the most layers that one pull of it fetched.
    layer_bytes : ndarray of float64, shape (n_layers,)
        Size of each distinct layer that was fetched whole.
    repositories : int
        Repositories of the images.
    counts : dict of str to int
        As `Sessions.counts`.
    oddities : Oddities
        What was odd.
    """

    log: Log
    groups: tuple[GroupSeen, ...]
    ungrouped: int
    failed: int
    start_ns: int
    end_ns: int
    image_pulls: NDArray[np.int64]
    image_layers: NDArray[np.int64]
    layer_bytes: NDArray[np.float64]
    repositories: int
    counts: dict[str, int]
    oddities: Oddities


def observe(log: Log, groups: ClientGroups, *, window_s: float = WINDOW_S) -> Observed:
    """Read a log and count.

    Parameters
    ----------
    log : Log
        The log.
    groups : ClientGroups
        Who belongs together.
    window_s : float, default 60
        A pause that ends a pull or push.

    Raises
    ------
    InputError
        If there is no pull and no push in it.
    """
    sessions = Sessions(log, window_s=window_s)
    seen = _Seen(sessions, groups)
    for chunk in sessions:
        seen.add(chunk)
    if not any(group.pulls + group.pushes for group in seen.groups):
        reading = sessions.reading.oddities
        msg = (
            f"{log.files[0]}: no pull and no push of a client group among {reading.requests:,} requests"
            f" ({seen.ungrouped:,} of clients without a group, {seen.failed:,} failed); is it the log of a registry?"
        )
        raise InputError("; ".join([msg, *reading.sentences()]))
    return seen.observed()


class _Seen:
    """Counts under way."""

    def __init__(self, sessions: Sessions, groups: ClientGroups) -> None:
        self.sessions, self.by_address = sessions, groups
        self.groups = tuple(GroupSeen(name) for name in groups.names)
        self.ungrouped = self.failed = 0
        self.pulls = self.layers = np.zeros(0, dtype=np.int64)
        self.is_image = np.zeros(0, dtype=np.bool_)
        self.repositories: set[int] = set()

    def add(self, rows: NDArray[Any]) -> None:
        is_good = (rows["status"] < 400) & (rows["status"] >= 200)
        self.failed += int(np.count_nonzero(~is_good))
        group = self.by_address.numbers(self.sessions.clients)[rows["client"]]
        self.ungrouped += int(np.count_nonzero(is_good & (group < 0)))
        mine = is_good & (group >= 0)
        rows, group = rows[mine], group[mine]
        self._images(rows)
        for k in np.unique(group).tolist():
            self._count(self.groups[k], rows[group == k])

    def _images(self, rows: NDArray[Any]) -> None:
        n = len(self.sessions.images)
        if n > len(self.pulls):
            room = max(n, 3 * len(self.pulls) // 2) - len(self.pulls)
            self.pulls, self.layers, self.is_image = (
                np.concatenate((array, np.zeros(room, dtype=array.dtype)))
                for array in (self.pulls, self.layers, self.is_image)
            )
        pulls = rows[rows["operation"] == Operation.PULL]
        np.add.at(self.pulls, pulls["image"], 1)
        np.maximum.at(self.layers, pulls["image"], pulls["layers"])
        self.is_image[rows["image"]] = True
        self.repositories.update(np.unique(rows["repository"]).tolist())

    def _count(self, group: GroupSeen, rows: NDArray[Any]) -> None:
        is_pull = rows["operation"] == Operation.PULL
        group.pulls += int(np.count_nonzero(is_pull))
        group.pushes += int(np.count_nonzero(~is_pull))
        group.warm += int(np.count_nonzero(is_pull & (rows["layers"] == 0)))
        group.clients.update(np.unique(rows["client"]).tolist())
        quarter = rows["arrival_ns"] // _QUARTER_NS
        packed, count = np.unique(quarter << 1 | rows["operation"], return_counts=True)
        group.arrivals.update({(key >> 1, key & 1): n for key, n in zip(packed.tolist(), count.tolist(), strict=True)})
        names = list(self.sessions.agents)
        agents, count = np.unique(rows["agent"][is_pull], return_counts=True)
        for agent, n in zip(agents.tolist(), count.tolist(), strict=True):
            group.programs[_program(names[agent])] += n

    def observed(self) -> Observed:
        sessions = self.sessions
        layer_bytes = sessions.blob_bytes[: len(sessions.blobs)]
        return Observed(
            log=sessions.reading.log,
            groups=self.groups,
            ungrouped=self.ungrouped,
            failed=self.failed,
            start_ns=sessions.start_ns,
            end_ns=sessions.end_ns,
            image_pulls=self.pulls[self.is_image],
            image_layers=self.layers[self.is_image],
            layer_bytes=layer_bytes[layer_bytes > 0.0],
            repositories=len(self.repositories),
            counts=sessions.counts,
            oddities=sessions.reading.oddities,
        )


def _program(agent: str) -> str:
    """The client program that an agent's name tells, "" if none that the language knows."""
    lower = agent.lower()
    return next((word for word in _PROGRAMS if word in lower), "")
