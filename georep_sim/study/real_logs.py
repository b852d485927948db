"""The log of a real registry as a Recording, so that the measures of a run measure it too (METHODS: metrics).

What counts. A pull or push is *valid* unless its client is to blame: 4xx other than 429, 404 for an image that the log
never shows served or pushed, 499. It is *good* if it was answered within its deadline. 404 for an image that was served
or pushed before is the registry's failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from georep_sim.draws.sources.groups import ELSE, ClientGroups
from georep_sim.draws.sources.sessions import WINDOW_S, Sessions
from georep_sim.errors import InputError
from georep_sim.measures.availability import availability
from georep_sim.measures.estimand import BASE
from georep_sim.measures.latency import latency
from georep_sim.plane.tally import merge, tally, unknown_states
from georep_sim.plane.wire import COHORTS
from georep_sim.scenario.measures import Deadline
from georep_sim.study.estimate import Resampling, estimate
from georep_sim.tables import NS_PER_S, TABLES, Operation, Outcome, Recording, Topology, empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from georep_sim.draws.sources.log import Log

#: Stretches of time that the intervals resample, s.
STRETCHES: Final[Mapping[str, int]] = {"hour": 3_600, "day": 86_400}
_EVERYWHERE: Final = "all"
#: What a status says; others of 5xx are errors of storage, others of 4xx the client's own.
_OUTCOMES: Final[Mapping[int, Outcome]] = {
    429: Outcome.THROTTLED,
    408: Outcome.TIMEOUT,
    502: Outcome.UNREACHABLE,
    503: Outcome.UNREACHABLE,
    504: Outcome.TIMEOUT,
}


@dataclass(frozen=True)
class RecordedLog(Recording):
    """A log, ready to be measured as the recording of a run is.

    Its tallies are by hours or days of the log, the clusters of the level ``traffic``; it has no control states.

    Parameters
    ----------
    invalid : int
        Pulls and pushes left out because their client was to blame.
    sentences : tuple of str
        What was odd, and what was left out.
    """

    invalid: int = 0
    sentences: tuple[str, ...] = ()

    @property
    def metrics(self) -> pd.DataFrame:
        """Availability and latency, columns of the table `metrics`; see `log_metrics`."""
        return log_metrics(self)


def request_rows(
    sessions: NDArray[Any], group: NDArray[np.int32], *, start_ns: int, cluster_ns: int
) -> tuple[NDArray[Any], int]:
    """Rows of the table `requests` from pulls and pushes of a log.

    Parameters
    ----------
    sessions : ndarray, shape (n,)
        From `Sessions`.
    group : ndarray of int32, shape (n,)
        Client group of each, -1 = none: left out.
    start_ns : int
        Instant that becomes 0, UTC.
    cluster_ns : int
        Length of the stretches of time that become replications.

    Returns
    -------
    rows : ndarray
        Table `requests`. Phases: `manifest_s` until the manifest was answered, `layers_s` from then to the end; the
        wait between attempts and connecting are in `manifest_s`, for a log does not tell them apart.
    invalid : int
        Requests left out because their client was to blame.
    """
    outcome = outcomes(sessions["status"], sessions["known"])
    valid = outcome >= 0
    mine, to = sessions[valid & (group >= 0)], group[valid & (group >= 0)]
    rows = empty("requests", len(mine))
    rows["row"], rows["weight"] = BASE, 1.0
    rows["arrival_ns"], rows["end_ns"] = mine["arrival_ns"] - start_ns, mine["end_ns"] - start_ns
    rows["replication"] = np.maximum(rows["arrival_ns"], 0) // cluster_ns
    rows["cohort"], rows["outcome"] = to, outcome[valid & (group >= 0)]
    for name in ("operation", "site", "attempts", "throttles", "image", "bytes"):
        rows[name] = mine[name]
    rows["manifest_s"] = (mine["manifest_ns"] - mine["arrival_ns"]) / NS_PER_S
    rows["layers_s"] = (mine["end_ns"] - mine["manifest_ns"]) / NS_PER_S
    return rows, int(np.count_nonzero(~valid & (group >= 0)))


def outcomes(status: NDArray[np.int16], known: NDArray[np.bool_]) -> NDArray[np.int8]:
    """`Outcome` of a last status, -1 where the client was to blame.

    Parameters
    ----------
    status : ndarray of int16, shape (n,)
        HTTP status; 0, which proxies write where the connection broke, is unreachable.
    known : ndarray of bool, shape (n,)
        Whether the image had been served or pushed before.

    Examples
    --------
    >>> outcomes(np.array([200, 304, 404, 404, 429, 503, 500, 400]), np.array([0, 0, 1, 0, 0, 0, 0, 0], bool)).tolist()
    [0, 0, 2, -1, 1, 3, 5, -1]
    """
    out = np.full(len(status), -1, dtype=np.int8)
    out[(status >= 200) & (status < 400)] = Outcome.OK
    out[status < 200] = Outcome.UNREACHABLE
    out[status >= 500] = Outcome.STORAGE_ERROR
    out[(status == 404) & known] = Outcome.NOT_FOUND
    for code, outcome in _OUTCOMES.items():
        out[status == code] = outcome
    return out


def record_log(
    log: Log,
    clients: Mapping[str, str] | None = None,
    *,
    deadline_s: float | None = None,
    by: str = "hour",
    window_s: float = WINDOW_S,
) -> RecordedLog:
    """Read a log into tallies, in memory that does not grow with its length.

    Parameters
    ----------
    log : Log
        From `open_log`.
    clients : mapping of str to str, optional
        Range of addresses, or ``else``, to region; all together by default.
    deadline_s : float, optional
        Of pulls and pushes; the scenario language's defaults.
    by : {"hour", "day"}
        Stretches of time that the intervals resample: faults that last make hours alike, days less so.
    window_s : float, default 60
        A pause that ends a pull or push.

    Raises
    ------
    InputError
        If there is no valid pull and no valid push in it, or `by` is neither.
    """
    if by not in STRETCHES:
        msg = f"by {by!r}: expected {' or '.join(STRETCHES)}"
        raise InputError(msg)
    sessions = Sessions(log, window_s=window_s)
    counter = _Counter(sessions, ClientGroups(clients or {ELSE: _EVERYWHERE}), STRETCHES[by] * NS_PER_S, deadline_s)
    for chunk in sessions:
        counter.add(chunk)
    return counter.recorded()


class _Counter:
    """Tallies under way; the first request's hour or day, in UTC, is the first cluster."""

    def __init__(self, sessions: Sessions, groups: ClientGroups, cluster_ns: int, deadline_s: float | None) -> None:
        self.sessions, self.groups, self.cluster_ns = sessions, groups, cluster_ns
        deadline = Deadline()
        self.cohorts = np.zeros(len(groups.names), dtype=COHORTS)
        for column, default in (("deadline_pull_ns", deadline.pull), ("deadline_push_ns", deadline.push)):
            self.cohorts[column] = round((default if deadline_s is None else deadline_s) * NS_PER_S)
        self.tallies = empty("tallies")
        self.start_ns: int | None = None
        self.invalid = self.ungrouped = 0

    def add(self, chunk: NDArray[Any]) -> None:
        if not len(chunk):
            return
        if self.start_ns is None:
            self.start_ns = int(chunk["arrival_ns"].min()) // self.cluster_ns * self.cluster_ns
        group = self.groups.numbers(self.sessions.clients)[chunk["client"]]
        self.ungrouped += int(np.count_nonzero(group < 0))
        rows, invalid = request_rows(chunk, group, start_ns=self.start_ns, cluster_ns=self.cluster_ns)
        self.invalid += invalid
        self.tallies = merge([self.tallies, tally(rows, cohorts=self.cohorts, states=unknown_states())])

    def recorded(self) -> RecordedLog:
        tallies, sessions = self.tallies, self.sessions
        if not len(tallies):
            msg = f"{sessions.reading.log.files[0]}: no pull and no push that could be judged"
            raise InputError("; ".join([msg, *sessions.reading.oddities.sentences()]))
        horizon_ns = max(sessions.end_ns - (self.start_ns or 0), 1)
        clusters = int(tallies["replication"].max()) + 1
        return RecordedLog(
            topology=_topology(self.groups.names, tuple(sessions.sites), tallies, horizon_ns / NS_PER_S),
            tables={name: empty(name) for name in TABLES if name not in {"metrics", "comparisons"}}
            | {"tallies": tallies},
            clusters={"timelines": {}, "traffic": {BASE: clusters}},
            horizon_s=self.cluster_ns / NS_PER_S,
            month_edges_ns=np.array([0, self.cluster_ns], dtype=np.int64),
            fault_names=(),
            invalid=self.invalid,
            sentences=tuple(self._sentences()),
        )

    def _sentences(self) -> Iterator[str]:
        left_out = {
            "pulls and pushes left out: their client was to blame": self.invalid,
            "pulls and pushes left out: their client is in no group": self.ungrouped,
        }
        yield from (f"{n:,} {what}" for what, n in left_out.items() if n)
        yield from self.sessions.reading.oddities.sentences()


def _topology(groups: tuple[str, ...], sites: tuple[str, ...], tallies: NDArray[Any], length_s: float) -> Topology:
    rates = np.zeros((2, len(groups)))
    for operation in (Operation.PULL, Operation.PUSH):
        mine = tallies[tallies["operation"] == operation]
        np.add.at(rates[operation], mine["cohort"], mine["requests"] / length_s)
    links = np.full((len(groups), len(sites)), -1, dtype=np.int32)
    return Topology(
        sites=sites,
        site_regions=sites,
        cohorts=groups,
        cohort_regions=groups,
        links=(),
        edges=(),
        down=links,
        up=links,
        pulls_per_s=rates[Operation.PULL],
        pushes_per_s=rates[Operation.PUSH],
        ttl_s=0.0,
        overstay_share=0.0,
        overstay_s=0.0,
        home=0,
    )


def log_metrics(recording: Recording, *, seed: int = 0) -> pd.DataFrame:
    """Availability and latency of a recorded log, with 95 % intervals by bootstrap of its hours or days.

    Parameters
    ----------
    recording : Recording
        From `record_log`.
    seed : int, default 0
        Of the resamples.

    Returns
    -------
    DataFrame
        Columns of the table `metrics`; case and design are empty, method is ``measured``.
    """
    resampling = Resampling(recording.clusters, seed)
    rows = []
    for measure in (availability, latency):
        for estimand in measure(recording):
            for found in estimate(estimand, resampling):
                key = found.key
                named = (key.metric, key.part, key.region, key.operation, key.statistic, "measured")
                rows.append(
                    ("", "", *named, found.value, found.low, found.high, key.unit, found.replications, found.note)
                )
    return pd.DataFrame(rows, columns=pd.Index([column.name for column in TABLES["metrics"]]))
