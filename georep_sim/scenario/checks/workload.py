"""Checks of run, workload, environment and measures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from georep_sim.scenario.metric_names import split_metric
from georep_sim.scenario.values import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from georep_sim.scenario.checks.inspector import Inspector

#: A count of 2**24 an hour must not be reached by chance either.
_MOST_IN_AN_HOUR: Final = 16e6
#: New layers of a push are one bit each.
_MOST_LAYERS: Final = 64
#: Instants are int64 nanoseconds, which end after 292 years; recoveries are played on after the horizon.
_LONGEST_HORIZON_S: Final = 100 * 365.25 * 86_400.0
#: Counter words of the random numbers are this wide.
_MOST_SEED: Final = 2**64 - 1
_OPERATIONS: Final = frozenset({"pull", "push", "control"})


def run_has_length(inspector: Inspector) -> None:
    """The horizon is longer than what is left out of it, and the seed fits."""
    run = inspector.case.run
    if run.horizon > _LONGEST_HORIZON_S:
        inspector.refuse("the horizon is too long", "run", "horizon", expected="at most 100 y")
    if run.horizon <= 0.0:
        inspector.refuse("the horizon is zero", "run", "horizon", expected="a time above zero")
    elif run.warmup >= run.horizon:
        inspector.refuse("the warm-up takes the whole horizon", "run", "warmup", expected="less than run.horizon")
    if run.seed > _MOST_SEED:
        inspector.refuse("the seed is too large", "run", "seed", expected=f"at most {_MOST_SEED}")


def bursts_have_one_clock(inspector: Inspector) -> None:
    """A burst has exactly one of every and at, and names groups of clients."""
    workload = inspector.case.workload
    if workload is None:
        return
    places = {*workload.clients, *(client.region for client in workload.clients.values()), "all"}
    for name, burst in workload.bursts.items():
        path = ("workload", "bursts", name)
        if (burst.every is None) == (burst.at is None):
            what = "the burst never happens" if burst.every is None else "every and at are both given"
            inspector.refuse(what, *path, expected="one of every, at")
        for place in burst.where:
            if place not in places:
                remedy = nearest(place, places)
                expected = "a group of clients, or a region with one"
                inspector.refuse(f"no clients {place!r}", *path, "where", expected=expected, remedy=remedy)


def trace_can_be_read(inspector: Inspector) -> None:
    """The files of a trace are there, and not empty; what is in them is read by a run."""
    workload = inspector.case.workload
    trace = workload.trace if workload is not None else None
    if trace is None:
        return
    path = ("workload", "trace")
    if not trace.files:
        expected = "a log, or a glob such as logs/2026-08-*.json.gz"
        remedy = f"paths are relative to {trace.folder!r}, the folder of the file that names them"
        inspector.refuse(f"no file {trace.file!r}", *path, "file", expected=expected, remedy=remedy)
    elif not any(file.stat().st_size for file in trace.files):
        inspector.refuse(f"nothing in {trace.file!r}", *path, "file", expected="a log with requests")
    if not 0.0 < trace.scale < math.inf:
        inspector.refuse(f"scale {trace.scale:g}", *path, "scale", expected="a number above zero")


def trace_replaces_rates(inspector: Inspector) -> None:
    """A trace says when its groups ask, hence they have no rates; content from a trace needs one."""
    workload = inspector.case.workload
    if workload is None:
        return
    if workload.trace is None:
        if workload.content.source is not None:
            what, remedy = "content from a trace, and no trace", "add workload.trace, or leave from out"
            inspector.refuse(what, "workload", "content", "from", remedy=remedy)
        return
    for name, client in workload.clients.items():
        path = ("workload", "clients", name)
        if name not in workload.trace.groups:
            expected = "a range in workload.trace.clients that leads to it"
            inspector.refuse(f"no request of the trace is of {name!r}", *path, expected=expected, remedy="leave it out")
        given = {"pulls": client.pulls > 0.0, "pushes": client.pushes > 0.0, "profile": bool(client.profile.spans)}
        for key in (key for key, is_given in given.items() if is_given):
            remedy = f"leave {key} out; workload.trace.scale scales"
            inspector.refuse(f"{key} beside a trace, which says when clients ask", *path, key, remedy=remedy)


def content_fits(inspector: Inspector) -> None:
    """An image has no more layers than can be told apart."""
    workload = inspector.case.workload
    if workload is not None and workload.content.layers_per_image > _MOST_LAYERS:
        path = ("workload", "content", "layers_per_image")
        inspector.refuse("too many layers", *path, expected=f"at most {_MOST_LAYERS}")


def pairs_are_others(inspector: Inspector) -> None:
    """A region is not its own pair."""
    for name, region in inspector.case.environment.regions.items():
        path = ("environment", "regions", name, "pair")
        if region.pair == name:
            inspector.refuse(f"{name!r} is paired with itself", *path, expected="another region", remedy="remove pair")


def links_carry(inspector: Inspector) -> None:
    """A link has capacity, and delivers some packets."""
    for (a, b), link in inspector.case.environment.links.items():
        tree_key = f"{a} <-> {b}" if inspector.is_given("environment", "links", f"{a} <-> {b}") else f"{a} -> {b}"
        path = ("environment", "links", tree_key)
        for key, value in (("bandwidth", link.bandwidth), ("replication", link.replication)):
            if value <= 0.0:
                remedy = "to cut a link use a fault"
                inspector.refuse(f"{key} is zero", *path, key, expected="a bandwidth above zero", remedy=remedy)
        if link.loss >= 1.0:
            inspector.refuse("every packet is lost", *path, "loss", expected="less than 100 %")


def regions_are_plain_inside(inspector: Inspector) -> None:
    """Inside a region only the round trip can be set."""
    for (a, b), link in inspector.case.environment.links.items():
        if a != b:
            continue
        given = (
            ("bandwidth", math.isfinite(link.bandwidth)),
            ("replication", math.isfinite(link.replication)),
            ("loss", link.loss > 0.0),
            ("transfer", bool(link.transfer)),
        )
        for key in (key for key, is_given in given if is_given):
            path = ("environment", "links", f"{a} <-> {b}", key)
            inspector.refuse(f"{key} inside a region is not supported yet", *path, remedy=f"remove {key}")


def hours_can_be_counted(inspector: Inspector) -> None:
    """A group of clients has no more requests in an hour than can be told apart."""
    workload = inspector.case.workload
    for name, client in (workload.clients if workload is not None else {}).items():
        for key, rate in (("pulls", client.pulls), ("pushes", client.pushes)):
            peak_per_s = rate * client.profile.peak
            if 3600.0 * peak_per_s > _MOST_IN_AN_HOUR:
                most = f"{_MOST_IN_AN_HOUR / 3600.0 / client.profile.peak:.0f}/s"
                remedy = "split the group, or scale the scenario down"
                path = ("workload", "clients", name, key)
                inspector.refuse("too many requests in one hour", *path, expected=f"at most {most}", remedy=remedy)


def objectives_are_of_months(inspector: Inspector) -> None:
    """Shares of periods that meet an objective are shares of months."""
    if any(target.per == "year" for target in inspector.case.measures.slo.values()):
        path = ("measures", "slo", "per")
        inspector.refuse("per: year is not supported yet", *path, expected="month", remedy="leave it out")


def objectives_name_metrics(inspector: Inspector, known: Mapping[str, Collection[str]]) -> None:
    """Objectives name metrics there are, with an operation and a statistic that these have."""
    for text in inspector.case.measures.slo:
        name, *rest = split_metric(text)[0].split(".")
        path = ("measures", "slo", text)
        if name not in known:
            expected = "a metric of `georep schema`"
            inspector.refuse(f"no metric {name!r}", *path, expected=expected, remedy=nearest(name, known))
            continue
        statistics = list(known[name])
        operation = rest[0] if rest and rest[0] in _OPERATIONS else None
        tail = rest[1:] if operation else rest
        wrong = [part for part in tail if part not in statistics] or tail[1:]
        if wrong:
            choices = [*statistics, *_OPERATIONS] if not operation else statistics
            expected = "one of " + ", ".join(statistics)
            remedy = nearest(wrong[0], choices)
            inspector.refuse(f"{name} has no {wrong[0]!r}", *path, expected=expected, remedy=remedy)


CHECKS: Final[tuple[Callable[[Inspector], None], ...]] = (
    run_has_length,
    bursts_have_one_clock,
    trace_can_be_read,
    trace_replaces_rates,
    content_fits,
    pairs_are_others,
    links_carry,
    regions_are_plain_inside,
    hours_can_be_counted,
    objectives_are_of_months,
)
