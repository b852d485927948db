"""Every column of every table: name, dtype, unit, meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


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
        Column(
            "seconds",
            "f8",
            "s",
            "time spent at that age; what bins of little time hold is taken together, in steps of up to a second",
        ),
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
