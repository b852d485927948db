"""Every column of every table: name, dtype, unit, meaning; and the containers that carry them.

The planes, the measures and the documentation read one definition. Instants are int64 nanoseconds from
``run.start`` (suffix ``_ns``), durations float64 seconds (suffix ``_s``), sizes float64 bytes.
Sums of durations, which must not depend on the order of adding, are int64 nanoseconds too.
Names of sites, cohorts, links and faults stand once, in `Topology` and `Timeline`; rows hold their index.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

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


class Column(NamedTuple):
    """One column of a table.

    Parameters
    ----------
    name, dtype, unit, meaning : str
        `dtype` in numpy's short form; `unit` empty where there is none.
    """

    name: str
    dtype: str
    unit: str
    meaning: str


_WHERE = (
    Column("replication", "i4", "", "replication the row was seen in; the cluster of the bootstrap"),
    Column("row", "i4", "", "index of the forced fault row in a drill, -1 in a replication without one"),
    Column(
        "weight", "f8", "1", "expected number of such rows in one horizon that this row stands for, per replication"
    ),
)

TABLES: Mapping[str, tuple[Column, ...]] = {
    "changes": (
        Column("time_ns", "i8", "ns", "when control acted"),
        Column("verb", "i1", "", "aim, admit, slow, resize, cut, kill or lose"),
        Column(
            "target",
            "i4",
            "",
            "cohort (aim), 3 x site + operation (admit), site (kill, lose), link (cut), "
            "entity (slow, resize: sites, then links, then loss of links)",
        ),
        Column(
            "value",
            "f8",
            "",
            "aim: index into orders; admit: Admission; slow: factor, or loss share of a link; "
            "resize: workers or B/s; cut: 1 down, 0 up; lose: share of objects, negative if deleted",
        ),
        Column("cause", "i4", "", "index of the fault window behind it, -1 = none"),
    ),
    "faults": (
        Column("fault", "i4", "", "index of the fault row"),
        Column("target", "i4", "", "index of the address"),
        Column("occurrence", "i4", "", "k-th window of that row and address"),
        Column("start_ns", "i8", "ns", "start of the window"),
        Column("end_ns", "i8", "ns", "end of the window; beyond the horizon where it outlasts it"),
        Column("masked", "?", "", "met a place already out of service and did nothing"),
    ),
    "marks": (
        Column("time_ns", "i8", "ns", "when it happened"),
        Column("mark", "i1", "", "detected, decided, executed, recovered, reseeded or failed back"),
        Column("site", "i4", "", "site concerned"),
        Column("cause", "i4", "", "index of the fault window behind it, -1 = several or none"),
    ),
    "windows": (
        *_WHERE,
        Column("window", "i4", "", "number of the window within its play"),
        Column("stratum", "i4", "", "index of the stratum"),
        Column("start_ns", "i8", "ns", "start of the counted interval"),
        Column("end_ns", "i8", "ns", "end of the counted interval"),
        Column("mended_ns", "i8", "ns", "end of the last fault of the episode, -1 outside episodes"),
        Column("full", "?", "", "played in full, copies only: from a fault's start until every backlog is zero"),
    ),
    "requests": (
        *_WHERE,
        Column("window", "i4", "", "window the request arrived in"),
        Column("arrival_ns", "i8", "ns", "when the client began"),
        Column("end_ns", "i8", "ns", "when the client had all, or gave up"),
        Column("cohort", "i4", "", "client group"),
        Column("operation", "i1", "", "pull or push"),
        Column("site", "i4", "", "site that answered last, -1 = none"),
        Column("attempts", "i4", "", "attempts made, the first included"),
        Column("throttles", "i4", "", "429 answers met"),
        Column(
            "outcome", "i1", "", "ok, throttled, not_found, unreachable, timeout, storage_error, denied, split_push"
        ),
        Column("image", "i4", "", "index of the image"),
        Column("bytes", "f8", "B", "bytes moved for the client"),
        Column("connect_s", "f8", "s", "resolving and connecting, all attempts"),
        Column("manifest_s", "f8", "s", "manifest requests, all attempts"),
        Column("layers_s", "f8", "s", "layers, first request to last byte, all attempts"),
        Column("retry_s", "f8", "s", "waiting between attempts"),
    ),
    "tallies": (
        *_WHERE,
        Column("window", "i4", "", "window the requests arrived in"),
        Column("cohort", "i4", "", "client group"),
        Column("operation", "i1", "", "pull or push"),
        Column("site", "i4", "", "site that answered last, -1 = none"),
        Column("outcome", "i1", "", "as in requests"),
        Column("is_late", "?", "", "took longer than the deadline of its operation"),
        Column(
            "state",
            "i1",
            "",
            "what control was doing at the arrival: quiet, struck, failed over or after; -1 = not known",
        ),
        Column(
            "bin",
            "i4",
            "",
            "bin of the latency, arrival to end: bins of histogram.edges_ns, at most 0.5 % wide; "
            "there is a row for each bin in which something was counted",
        ),
        Column("requests", "i8", "1", "requests counted; each stands for weight"),
        # Sums are whole numbers, durations too: they are the same in whichever order they were added up.
        Column("latency_ns", "i8", "ns", "sum of their latencies"),
        Column("connect_ns", "i8", "ns", "sum of connect_s"),
        Column("manifest_ns", "i8", "ns", "sum of manifest_s"),
        Column("layers_ns", "i8", "ns", "sum of layers_s"),
        Column("retry_ns", "i8", "ns", "sum of retry_s"),
        Column("bytes", "i8", "B", "sum of the bytes moved, whole bytes of each request"),
        Column("attempts", "i8", "1", "sum of the attempts"),
        Column("throttles", "i8", "1", "sum of the 429 answers"),
    ),
    "copies": (
        *_WHERE,
        Column("window", "i4", "", "window the push was acknowledged in"),
        Column("source", "i4", "", "site that acknowledged the push"),
        Column("destination", "i4", "", "site copied to"),
        Column("image", "i4", "", "index of the image"),
        Column("bytes", "f8", "B", "new bytes of the push"),
        Column("ack_ns", "i8", "ns", "acknowledgement to the client"),
        Column("start_ns", "i8", "ns", "first byte sent, -1 = never"),
        Column("done_ns", "i8", "ns", "durable at the destination, manifest and blobs; -1 = never"),
        Column("status", "i1", "", "done, pending or lost"),
    ),
    "lags": (
        *_WHERE,
        Column("window", "i4", "", "window the pushes were acknowledged in"),
        Column("source", "i4", "", "site that acknowledged the pushes"),
        Column("destination", "i4", "", "site copied to"),
        Column("status", "i1", "", "done, pending or lost, as in copies"),
        Column("is_late", "?", "", "not durable 15 minutes after the acknowledgement, or never"),
        Column(
            "bin",
            "i4",
            "",
            "bin of the lag, acknowledgement to durable: bins of histogram.edges_ns, at most 0.5 % wide; "
            "-1 where the copies were not done",
        ),
        Column("copies", "i8", "1", "copies counted; each stands for weight"),
        Column("bytes", "i8", "B", "sum of their new bytes, whole bytes of each copy"),
    ),
    "ages": (
        *_WHERE,
        Column("window", "i4", "", "window the time was spent in"),
        Column("source", "i4", "", "site whose pushes are looked at"),
        Column(
            "bin",
            "i4",
            "",
            "bin of the age of the oldest acknowledged push without a complete copy elsewhere, as in lags; 0 = none",
        ),
        Column("seconds", "f8", "s", "time spent at that age, from instants evenly spaced over the window"),
    ),
    "extremes": (
        *_WHERE,
        Column("window", "i4", "", "window it was seen in, what was played before its start included"),
        Column(
            "kind",
            "i1",
            "",
            "oldest: largest age that a push without a complete copy elsewhere reached; backlog: most bytes "
            "acknowledged and not yet copied; drain: from the end of an episode's last fault until all "
            "acknowledged before it was copied",
        ),
        Column("site", "i4", "", "oldest: source; backlog, drain: destination"),
        Column(
            "value",
            "f8",
            "s or B",
            "s, of backlog B; inf = not copied when the play ended, nan = not played to the end of the backlog",
        ),
    ),
    "losses": (
        *_WHERE,
        Column("window", "i4", "", "window it was seen in, -1 = from the control state alone"),
        Column("time_ns", "i8", "ns", "when the objects were lost"),
        Column("site", "i4", "", "site that lost them"),
        Column("kind", "i1", "", "uncopied, deleted or destroyed"),
        Column("fault", "i4", "", "fault row behind it"),
        Column("objects", "f8", "1", "images lost"),
        Column("bytes", "f8", "B", "bytes lost"),
    ),
    "destroyed": (
        *_WHERE,
        Column("time_ns", "i8", "ns", "when the last copy went"),
        Column("kind", "i1", "", "deleted or destroyed"),
        Column("fault", "i4", "", "fault row behind it"),
        Column("share", "f8", "1", "share of all objects that no site holds any more"),
    ),
    "transfers": (
        *_WHERE,
        Column("window", "i4", "", "window of the bytes"),
        Column("link", "i4", "", "link they crossed"),
        Column("kind", "i1", "", "0 pull, 1 push, 2 copy"),
        Column("bytes", "f8", "B", "bytes that crossed"),
    ),
    "availability": (
        *_WHERE,
        Column("cohort", "i4", "", "client group"),
        Column("operation", "i1", "", "pull, push or control"),
        Column(
            "month",
            "i4",
            "",
            "calendar month (UTC) from run.start, 0 = the first; -1 in drills. Months without loss have no row",
        ),
        Column("lost_s", "f8", "s", "integral of the virtual failure probability over the month"),
        Column("drilled_s", "f8", "s", "the part of lost_s inside episodes that drills stand for"),
        Column("episodes", "i4", "1", "damaging episodes that began in that month and that no drill stands for"),
    ),
    "episodes": (
        *_WHERE,
        Column("cohort", "i4", "", "client group"),
        Column("operation", "i1", "", "pull or push"),
        Column("faults", "i4", "", "fault row behind the episode, -1 = several rows overlap"),
        Column("start_ns", "i8", "ns", "start of the first fault"),
        Column(
            "rto_s", "f8", "s", "until success holds 99 % of its value before for 60 s; nan where it never fell below"
        ),
        Column("rto_50_s", "f8", "s", "the same for 50 %"),
        Column("rto_90_s", "f8", "s", "the same for 90 %"),
        Column("affected", "f8", "1", "largest share of the clients that failed"),
        Column("censored", "?", "", "not recovered when the play ended"),
        Column("detect_s", "f8", "s", "start to detection; nan = not detected"),
        Column("decide_s", "f8", "s", "detection to decision"),
        Column("execute_s", "f8", "s", "decision to execution"),
        Column("propagate_s", "f8", "s", "execution to clients moved"),
        Column("warm_up_s", "f8", "s", "clients moved to recovered"),
    ),
    "failovers": (
        *_WHERE,
        Column("site", "i4", "", "site left"),
        Column("time_ns", "i8", "ns", "when clients were aimed away"),
        Column("false_alarm", "?", "", "no fault was at work"),
    ),
    "metrics": (
        Column("case", "str", "", "case of the scenario"),
        Column("design", "str", "", "design"),
        Column("metric", "str", "", "name in the metrics catalog"),
        Column("part", "str", "", "loss cause, RTO part, cost part, latency phase, site or peer; empty = all"),
        Column("region", "str", "", "client's region (for rpo and acknowledged_then_lost the failed one); empty = all"),
        Column("operation", "str", "", "pull, push or control; empty = all"),
        Column("statistic", "str", "", "mean, p99, …"),
        Column("method", "str", "", "simulated, exact or phase_type"),
        Column("value", "f8", "as unit", "estimate"),
        Column("low", "f8", "as unit", "lower end of the 95 % interval"),
        Column("high", "f8", "as unit", "upper end of the 95 % interval"),
        Column("unit", "str", "", "unit of value, low and high"),
        Column("replications", "i8", "1", "replications (timelines or traffic) behind the value"),
        Column(
            "note", "str", "", "what to know when reading the value: few events, bound, set by faults, objective met"
        ),
    ),
    "comparisons": (
        Column("case", "str", "", "case of the scenario"),
        Column("design_a", "str", "", "first design"),
        Column("design_b", "str", "", "second design"),
        Column("metric", "str", "", "name in the metrics catalog"),
        Column("part", "str", "", "as in metrics"),
        Column("region", "str", "", "as in metrics"),
        Column("operation", "str", "", "as in metrics"),
        Column("statistic", "str", "", "as in metrics"),
        Column("method", "str", "", "as in metrics"),
        Column("difference", "f8", "as unit", "b - a, paired"),
        Column("low", "f8", "as unit", "lower end of the 95 % interval"),
        Column("high", "f8", "as unit", "upper end of the 95 % interval"),
        Column("unit", "str", "", "unit of difference, low and high"),
        Column("replications", "i8", "1", "replications behind the difference"),
        Column("verdict", "str", "", "a_better, b_better or not_distinguishable"),
        Column("variance_ratio", "f8", "1", "variance of unpaired over paired difference; the pairing gain"),
        Column("variance_bound", "f8", "1", "the largest gain shared draws could give"),
    ),
}


def dtype_of(table: str) -> np.dtype[Any]:
    """Structured numpy dtype of a table of `TABLES` (text columns become objects)."""
    return np.dtype([(c.name, "O" if c.dtype == "str" else c.dtype) for c in TABLES[table]])


def empty(table: str, rows: int = 0) -> NDArray[Any]:
    """Zeroed structured array of a table, shape (rows,)."""
    return np.zeros(rows, dtype=dtype_of(table))


@dataclass(frozen=True)
class Topology:
    """Names and constant facts that the rows of one design's tables refer to.

    Parameters
    ----------
    sites, site_regions : tuple of str, length n_sites
        Site ids of the design and the region each stands in.
    cohorts, cohort_regions : tuple of str, length n_cohorts
        Client groups and their regions.
    links : tuple of (str, str), length n_links
        Directed pairs of regions.
    edges : tuple of (int, int), length n_edges
        Copy edges as (source site, destination site).
    down, up : ndarray of int32, shape (n_cohorts, n_sites)
        Link from site to client and from client to site; -1 inside one region.
    pulls_per_s, pushes_per_s : ndarray of float64, shape (n_cohorts,)
        Mean rates over the week.
    ttl_s, overstay_share, overstay_s : float
        Life of a DNS answer, share of clients that keep it longer, and for how much longer.
    home : int
        Index of the home site.
    """

    sites: tuple[str, ...]
    site_regions: tuple[str, ...]
    cohorts: tuple[str, ...]
    cohort_regions: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    edges: tuple[tuple[int, int], ...]
    down: NDArray[np.int32]
    up: NDArray[np.int32]
    pulls_per_s: NDArray[np.float64]
    pushes_per_s: NDArray[np.float64]
    ttl_s: float
    overstay_share: float
    overstay_s: float
    home: int


@dataclass(frozen=True)
class Timeline:
    """Control state of one design over one horizon, as a table of changes.

    Before the first change every site admits everything (`Admission.OK`), every factor is 1, every link is
    up and no cohort is aimed; control writes the first aims, and what a standby refuses, at time 0.

    Parameters
    ----------
    topology : Topology
        What the indices mean.
    changes, faults, marks : ndarray
        Tables of `TABLES`, each sorted by time.
    orders : tuple of tuple of int
        Values of `AIM`: sites in order of preference.
    fault_names, targets : tuple of str
        Fault rows and addresses that `faults` refers to.
    horizon_ns, end_ns : int
        End of arrivals, and end of play (recoveries under way at the horizon are played on).
    """

    topology: Topology
    changes: NDArray[Any]
    faults: NDArray[Any]
    marks: NDArray[Any]
    orders: tuple[tuple[int, ...], ...]
    fault_names: tuple[str, ...]
    targets: tuple[str, ...]
    horizon_ns: int
    end_ns: int


@dataclass(frozen=True)
class Recording:
    """What one design met in one case, over all its replications; each row is weighted.

    Parameters
    ----------
    topology : Topology
        What the indices mean.
    tables : mapping of str to ndarray
        Structured arrays named as in `TABLES`: windows, requests, tallies, copies, lags, ages, extremes, losses,
        transfers, availability, episodes, failovers, destroyed. A measure reads these and nothing else, so that logs
        of a real registry in the same columns can be measured too (`plane.tally.tally` counts requests,
        `plane.copy_tally.copy_tallies` copies). Tallies, lags, ages and extremes count everything; requests and
        copies may be a sample, to be looked at one by one.
    clusters : mapping of str to mapping of int to int
        Number of replications by level (``timelines``, ``traffic``) and group: -1 = replications as they
        fall, else the index of the fault row that a drill forces.
    horizon_s : float
        Length of what counts of one replication: the horizon after its warm-up.
    month_edges_ns : ndarray of int64, shape (n_months + 1,)
        Edges of the calendar months (UTC) of what counts; the first is the end of the warm-up, the last the horizon.
    fault_names : tuple of str
        Fault rows, as `row`, `fault` and `faults` refer to them.
    timelines : mapping of (int, int) to Timeline
        Timelines of the replications with traffic, by forced fault row (-1 = none) and replication, for plots.
    """

    topology: Topology
    tables: Mapping[str, NDArray[Any]]
    clusters: Mapping[str, Mapping[int, int]]
    horizon_s: float
    month_edges_ns: NDArray[np.int64]
    fault_names: tuple[str, ...]
    timelines: Mapping[tuple[int, int], Timeline] = field(default_factory=dict)
