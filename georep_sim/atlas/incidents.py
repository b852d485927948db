"""How often and for how long things fail: published failure figures, and large outages that can be replayed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from georep_sim.atlas.rows import NotInAtlasError, table

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class FailureRate:
    """One published figure on failures or repairs.

    Parameters
    ----------
    part, quantity, statistic : str
        What fails, what was measured, and which number of it this is (mean, median, share, range, count and so on).
    value, low, high : float or None
        The figure and its range, in `unit`; None where the source gives none.
    unit : str
        As written by the source: ``%/y``, ``h``, ``y``, ``1`` and so on.
    source, date : str
        The study and the period or year it is of.
    verification : str
        ``read``, ``secondary``, ``recalled`` or a remark.
    notes : str
        What else a reader must know.
    """

    part: str
    quantity: str
    statistic: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    source: str
    date: str
    verification: str
    notes: str


@dataclass(frozen=True, slots=True)
class Outage:
    """One large outage of a provider.

    Parameters
    ----------
    provider, region, scope : str
        Whose, where as reported, and what kind of thing went down.
    date : str
        ISO date of the start, UTC.
    duration_s, tail_s : float or None
        Main impact on customers, and until full recovery where that differs, in seconds.
    duration_flag : str
        ``lower_bound`` where it was not over when the source was written, ``permanent`` where it never ended.
    cause, data_loss, summary : str
        Why, whether data was lost (``y``, ``n``, ``unknown``), and what happened.
    what, where, kind : str
        The outage as a fault of the scenario language; empty where it cannot be one.
    start : datetime or None
        UTC; of that fault.
    lasts_s : float or None
        Seconds; of that fault.
    replay_notes : str
        Why it cannot be replayed, or what was assumed to replay it.
    source, verified, confidence : str
        Where it is from and how far it can be trusted.
    """

    provider: str
    region: str
    scope: str
    date: str
    duration_s: float | None
    tail_s: float | None
    duration_flag: str
    cause: str
    data_loss: str
    summary: str
    what: str
    where: str
    kind: str
    start: dt.datetime | None
    lasts_s: float | None
    replay_notes: str
    source: str
    verified: str
    confidence: str


def _number(text: str) -> float | None:
    return float(text) if text else None


def _hours(text: str) -> float | None:
    return float(text) * HOUR_S if text else None


@cache
def failure_rates() -> tuple[FailureRate, ...]:
    """All published failure figures, in the order of the table.

    Examples
    --------
    >>> [rate.value for rate in failure_rates() if rate.part == "rack" and rate.verification == "read"][0]
    10.2
    """
    text = ("part", "quantity", "statistic", "unit", "source", "date", "verification", "notes")
    return tuple(
        FailureRate(
            value=_number(row["value"]),
            low=_number(row["low"]),
            high=_number(row["high"]),
            **{key: row[key] for key in text},
        )
        for row in table("failure_rates").rows
    )


def _outage(row: Mapping[str, str]) -> Outage:
    start = dt.datetime.fromisoformat(row["start"]) if row["start"] else None
    text = ("provider", "region", "scope", "duration_flag", "cause", "data_loss", "summary", "what", "where", "kind")
    trust = ("replay_notes", "source", "verified", "confidence")
    return Outage(
        date=row["date"],
        duration_s=_hours(row["duration_h"]),
        tail_s=_hours(row["tail_h"]),
        start=start.replace(tzinfo=dt.UTC) if start else None,
        lasts_s=_hours(row["lasts"].removesuffix(" h")),
        **{key: row[key] for key in (*text, *trust)},
    )


@cache
def outages(provider: str = "Azure") -> tuple[Outage, ...]:
    """Large outages of one provider, from old to new.

    Parameters
    ----------
    provider : str, default "Azure"
        As written in the table; upper or lower case.

    Returns
    -------
    tuple of Outage
        Chosen by prominence: not a sample, so no rate can be had from their number.

    Raises
    ------
    NotInAtlasError
        If the table has no outage of that provider.

    Examples
    --------
    >>> [outage.lasts_s / 3600 for outage in outages() if outage.where == "southcentralus"]
    [25.5]
    """
    rows = table("outages").rows
    found = tuple(_outage(row) for row in rows if row["provider"].casefold() == provider.casefold())
    if not found:
        raise NotInAtlasError(provider, dict.fromkeys(row["provider"] for row in rows), what="outage of provider")
    return found


def outage_history(provider: str = "Azure") -> list[dict[str, str]]:
    """Outages of one provider as rows of a fault history: ``what, where, kind, start, lasts`` in the language's forms.

    Parameters
    ----------
    provider : str, default "Azure"
        As for `outages`.

    Returns
    -------
    list of dict of str to str
        Only those that can be replayed: one region, zone or storage, with a duration.

    Raises
    ------
    NotInAtlasError
        If the table has no outage of that provider.

    Examples
    --------
    >>> outage_history()[-1]
    {'what': 'region', 'where': 'westus', 'kind': 'outage', 'start': '2026-02-07', 'lasts': '20.4 h'}
    """
    outages(provider)  # refuses an unknown provider
    keys = ("what", "where", "kind", "start", "lasts")
    rows = (row for row in table("outages").rows if row["provider"].casefold() == provider.casefold() and row["what"])
    return [{key: row[key] for key in keys} for row in rows]
