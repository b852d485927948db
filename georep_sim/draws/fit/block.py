"""A workload in the scenario language, fitted to a log; every number with what it rests on as a comment."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from georep_sim.atlas import load as atlas
from georep_sim.draws.fit.content import Line, content_lines
from georep_sim.draws.fit.observed import observe
from georep_sim.draws.fit.weekly import LEAST_PER_CELL, profile_yaml, week_of
from georep_sim.draws.sources.groups import ELSE, ClientGroups
from georep_sim.draws.sources.sessions import WINDOW_S
from georep_sim.errors import InputError
from georep_sim.tables import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from georep_sim.draws.fit.observed import GroupSeen, Observed
    from georep_sim.draws.fit.weekly import Week
    from georep_sim.draws.sources.log import Log

#: The region of clients of whom nothing is said.
UNTOLD: Final = "eastus"


def fit_workload(log: Log, clients: Mapping[str, str] | None = None, *, window_s: float = WINDOW_S) -> str:
    """Fit a workload to a log.

    Parameters
    ----------
    log : Log
        From `open_log`.
    clients : mapping of str to str, optional
        Range of addresses, or ``else``, to region; all in one group by default, whose region is assumed.
    window_s : float, default 60
        A pause that ends a pull or push.

    Returns
    -------
    str
        YAML: a ``workload:`` block for a scenario, with what each number rests on as comments.

    Raises
    ------
    InputError
        If the log has no pull and no push, or a group's name is no region of the atlas.
    """
    ranges = clients or {ELSE: UNTOLD}
    zones = {name: _timezone(name) for name in dict.fromkeys(ranges.values())}
    seen = observe(log, ClientGroups(ranges), window_s=window_s)
    lines = [*_head(seen), "workload:", "  content:"]
    lines += _written(content_lines(seen), indent=4)
    lines.append("  clients:")
    for group in seen.groups:
        if not group.pulls + group.pushes:
            lines.append(f"    # {group.name}: no pull and no push in the log")
            continue
        told = "" if clients else "  # assumed: say where clients are, --clients REGION=CIDR"
        lines += [f"    {group.name}:{told}", *_written(_client(group, seen, zones[group.name]), indent=6)]
    return "\n".join(lines) + "\n"


def _timezone(name: str) -> str:
    try:
        return atlas.region(name).timezone
    except InputError as error:
        msg = f"clients of {name!r}: {error}; groups are named by their region"
        raise InputError(msg) from None


def _head(seen: Observed) -> Iterator[str]:
    log, odd = seen.log, seen.oddities
    first, last = (_moment(instant) for instant in (seen.start_ns, seen.end_ns))
    names = str(log.files[0]) + (f" and {len(log.files) - 1} more" if len(log.files) > 1 else "")
    yield f"# Fitted to {names} ({log.format}): {odd.requests:,} requests, {first} to {last}."
    pulls, pushes = (sum(getattr(group, what) for group in seen.groups) for what in ("pulls", "pushes"))
    yield f"# In them {pulls:,} pulls and {pushes:,} pushes; {seen.failed:,} more failed and are not counted."
    remarks = {
        "looks at a manifest (HEAD, or a 401) that no pull followed": seen.counts["looks"],
        "uploads that ended in no image": seen.counts["abandoned"],
        "layers fetched without a manifest": seen.counts["orphans"],
        "pulls and pushes of clients in no group": seen.ungrouped,
    }
    yield from (f"# {n:,} {what}." for what, n in remarks.items() if n)
    yield from (f"# {sentence}." for sentence in odd.sentences())


def _moment(instant_ns: int) -> str:
    return datetime.fromtimestamp(instant_ns / NS_PER_S, tz=UTC).strftime("%Y-%m-%dT%H:%MZ")


def _client(group: GroupSeen, seen: Observed, timezone: str) -> Iterator[Line]:
    week = week_of(group.arrivals, start_ns=seen.start_ns, end_ns=seen.end_ns, timezone=timezone)
    for what, rate, n in (("pulls", week.rates_per_s[0], group.pulls), ("pushes", week.rates_per_s[1], group.pushes)):
        if n:
            sure = f"{n:,} {what}, ±{196.0 / math.sqrt(n):.2g} % (95 %) if they are independent"
            yield Line(what, f"{float(f'{rate:.6g}')!r}/s".replace(".0/s", "/s"), sure + _unseen(week))
    yield Line("profile", profile_yaml(week), _profile_source(week, timezone))
    yield Line("machines", str(len(group.clients)), "distinct addresses")
    if group.pulls:
        share = float(f"{group.warm / group.pulls:.4g}")
        yield Line("warm_share", f"{share:g}", f"{group.warm:,} of {group.pulls:,} pulls fetched no layer")
    program, n = (group.programs.most_common(1) or [("", 0)])[0]
    if program:
        yield Line("client", program, f"user agent of {n:,} of {group.pulls:,} pulls")


def _unseen(week: Week) -> str:
    return f"; {week.unseen} of 72 hours not in the log, filled from the others" if week.unseen else ""


def _profile_source(week: Week, timezone: str) -> str:
    if week.is_flat:
        return f"fewer than {LEAST_PER_CELL} arrivals for each hour seen: no profile told"
    return f"pulls and pushes by hour of {timezone}, over the time the log covers{_unseen(week)}"


def _written(lines: Iterator[Line], *, indent: int) -> list[str]:
    return [f"{' ' * indent}{line.key}: {line.value}  # {line.source}" for line in lines]
