"""Every metric: name, what it means, where the definition is from, which direction is better, what computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from georep_sim.measures.availability import availability
from georep_sim.measures.copies import backlog, replication_lag
from georep_sim.measures.cost import cost
from georep_sim.measures.latency import latency
from georep_sim.measures.loss import acknowledged_then_lost
from georep_sim.measures.outcomes import failovers, not_found_after_push, split_push, throttled
from georep_sim.measures.recovery import rpo, rto

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from georep_sim.measures.estimand import Estimand
    from georep_sim.scenario import Case, Design
    from georep_sim.tables import Recording

    Measure = Callable[[Recording, Case, Design], Iterator[Estimand]]

Direction = Literal["higher", "lower"]
# Statistics that point the other way than their metric.
_REVERSED = {("durability", "nines"), ("durability", "mttdl"), ("replication_lag", "within_15min")}


@dataclass(frozen=True)
class Metric:
    """One row of the catalog.

    Parameters
    ----------
    name, unit, definition, source : str
        `source`: where the definition is from.
    statistics : tuple of str
        The first is the one meant when a metric is named without a statistic.
    better : str
        Direction.
    function : callable or None
        What yields it from a recording; None where another metric's function does, or `loss` without a recording.
    """

    name: str
    unit: str
    statistics: tuple[str, ...]
    better: Direction
    definition: str
    source: str
    function: Measure | None


def catalog() -> tuple[Metric, ...]:
    """All metrics that this version computes, in the order of the table.

    Examples
    --------
    >>> [metric.name for metric in catalog()][:2]
    ['availability', 'latency']
    """
    return (
        Metric(
            "availability",
            "1",
            ("request_weighted", "time_weighted", "worst_month", "slo_met_share"),
            "higher",
            "request_weighted: good over valid requests, good = correct answer within the deadline, a request belongs to its "
            "arrival; time_weighted: time average of the success probability of a single attempt, from control states; "
            "worst_month: mean over timelines of the worst calendar month (UTC); slo_met_share: share of months that meet the SLO",
            "Beyer et al., Site Reliability Engineering, ch. 3",
            availability,
        ),
        Metric(
            "latency",
            "s",
            ("p50", "mean", "p95", "p99", "p999"),
            "lower",
            "arrival to the last byte, of successful requests; quantiles of the request-weighted pool; the parts of the mean add up",
            "Tene, HdrHistogram; Dean and Barroso, CACM 2013",
            latency,
        ),
        Metric(
            "latency_all",
            "s",
            ("p50", "p95", "p99", "p999"),
            "lower",
            "the same over all requests, a failed one counting as infinitely late",
            "as latency",
            None,
        ),
        Metric(
            "durability",
            "1",
            ("annual_loss_probability", "nines", "any_loss_probability", "objects_lost_per_event", "mttdl"),
            "lower",
            "annual_loss_probability: probability that a blob which is everywhere it should be is lost within the next year, averaged "
            "over blobs; nines: minus its decimal logarithm; any_loss_probability: that any blob is lost within the year; "
            "objects_lost_per_event: mean number of objects lost together; mttdl: mean time to data loss of one placement group, y",
            "METHODS, Durability",
            None,
        ),
        Metric(
            "loss_budget",
            "1",
            ("annual_loss_probability",),
            "lower",
            "the annual loss probability of a blob by cause; joint: losses that took more than one cause; the parts add up",
            "METHODS, Durability",
            None,
        ),
        Metric(
            "acknowledged_then_lost",
            "1/y",
            ("objects_per_year", "bytes_per_year"),
            "lower",
            "images acknowledged to the client and lost before a copy elsewhere was complete",
            "Azure Storage disaster recovery guidance, Last Sync Time",
            acknowledged_then_lost,
        ),
        Metric(
            "rpo",
            "s",
            ("p50", "p95", "p99", "max"),
            "lower",
            "at a uniform instant, age of the oldest acknowledged push of a region with no complete copy elsewhere; max: mean over "
            "replications of the horizon's largest",
            "Azure Storage, Last Sync Time",
            rpo,
        ),
        Metric(
            "rto",
            "s",
            ("mean", "p95", "max", "p95_at_50", "p95_at_90", "affected_share", "censored_share"),
            "lower",
            "per episode and client region: from the first fault until the success probability holds 99 % of its value before for "
            "60 s; over episodes in which it fell below",
            "Azure reliability guides; Traffic Manager monitoring",
            rto,
        ),
        Metric(
            "replication_lag",
            "s",
            ("p50", "p95", "p99", "within_15min"),
            "lower",
            "acknowledgement to durable at the destination, manifest and blobs",
            "S3 Replication Time Control SLA",
            replication_lag,
        ),
        Metric(
            "backlog",
            "B",
            ("max_bytes", "drain_time_p95"),
            "lower",
            "bytes acknowledged and not yet durable at the destination; drain time: end of the last fault until all that was "
            "acknowledged before is copied",
            "S3 replication metrics",
            backlog,
        ),
        Metric(
            "throttled",
            "1",
            ("share",),
            "lower",
            "share of requests given up after 429 answers",
            "ACR tiers, throttling",
            throttled,
        ),
        Metric(
            "split_push",
            "1",
            ("share",),
            "lower",
            "share of pushes that failed because their requests reached two sites",
            "Azure/acr#588",
            split_push,
        ),
        Metric(
            "not_found_after_push",
            "1",
            ("share",),
            "lower",
            "share of pulls answered 404 although the image had been acknowledged",
            "Azure/acr#588",
            not_found_after_push,
        ),
        Metric(
            "failovers",
            "1/y",
            ("per_year",),
            "lower",
            "times a year at which clients were aimed away from a site",
            "ACR geo-replication, health-aware failover",
            failovers,
        ),
        Metric(
            "cost",
            "USD/month",
            ("total",),
            "lower",
            "monthly bill at the atlas's or the scenario's prices, in parts",
            "ACR tiers and prices; Azure transfer bands",
            cost,
        ),
    )


def higher_is_better(metric: str, statistic: str) -> bool:
    """Whether a larger value of a statistic is the better one.

    Examples
    --------
    >>> higher_is_better("availability", "worst_month"), higher_is_better("latency", "p99")
    (True, False)
    """
    row = next(row for row in catalog() if row.name == metric)
    return (row.better == "higher") != ((metric, statistic) in _REVERSED)


def known_metrics() -> dict[str, tuple[str, ...]]:
    """Statistics by metric name: what a scenario may name in its objectives."""
    return {metric.name: metric.statistics for metric in catalog()}


def measure(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Everything the catalog can say about one design in one case."""
    for metric in catalog():
        if metric.function is not None:
            yield from metric.function(recording, case, design)
