"""Durability as rows of the table of metrics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.intervals import Interval
    from georep_sim.loss.durability import Durability
    from georep_sim.loss.simulated import SimulatedLoss


class LossRow(NamedTuple):
    """One number.

    Parameters
    ----------
    metric, part, statistic, method : str
        ``durability`` or ``loss_budget``; the cause, of the latter; as in the table of metrics.
    value, low, high : float
        Ends are nan where there is no sampling error.
    unit : str
        ``1`` or ``y``.
    note : str
        What a reader must know about it.
    """

    metric: str
    part: str
    statistic: str
    method: str
    value: float
    low: float
    high: float
    unit: str
    note: str = ""


def metric_rows(found: Durability) -> list[LossRow]:
    """Return what is known as rows: by every method that answered, totals first, then the budget by cause.

    Parameters
    ----------
    found : Durability
        Of one design.
    """
    if found.cannot_lose:
        return [
            _sure("annual_loss_probability", "exact", 0.0, note=found.cannot_lose),
            _sure("nines", "exact", math.inf, note=found.cannot_lose),
            _sure("any_loss_probability", "exact", 0.0, note=found.cannot_lose),
        ]
    rows = list(_exact(found))
    if found.simulated is not None:
        rows += _simulated(found.simulated)
    return rows


def _exact(found: Durability) -> Iterator[LossRow]:
    exact = found.exact
    if exact is None:
        return
    note = f"laws as stages: off by {exact.error:.2g}, about" if exact.method == "phase_type" else ""
    yield _sure("annual_loss_probability", exact.method, exact.probability, note=note)
    yield _sure("nines", exact.method, nines(exact.probability), note=note)
    if not math.isnan(found.any_loss_exact):
        yield _sure("any_loss_probability", exact.method, found.any_loss_exact, note=note)
    yield _sure("mttdl", exact.method, exact.mttdl_y, unit="y", note=note)
    for cause, value in exact.by_cause.items():
        yield _sure("annual_loss_probability", exact.method, value, part=cause, note=note)


def _simulated(loss: SimulatedLoss) -> Iterator[LossRow]:
    doubt = f"untrustworthy: {'; '.join(loss.untrustworthy)}" if loss.untrustworthy else ""
    yield _drawn("annual_loss_probability", loss.blob_loss, doubt)
    ends = (nines(loss.blob_loss.value), nines(loss.blob_loss.high), nines(loss.blob_loss.low))
    yield LossRow("durability", "", "nines", "simulated", *ends, "1", _noted(loss.blob_loss, doubt))
    yield _drawn("any_loss_probability", loss.any_loss, doubt)
    yield _drawn("objects_lost_per_event", loss.objects_per_event, doubt)
    yield _drawn("mttdl", loss.mttdl_y, doubt, unit="y")
    for cause, interval in loss.by_cause.items():
        yield _drawn("annual_loss_probability", interval, doubt, part=cause)


def nines(probability: float) -> float:
    """Return minus the decimal logarithm of a probability of loss.

    Examples
    --------
    >>> nines(1e-11), nines(0.0)
    (11.0, inf)
    """
    return -math.log10(probability) if probability > 0.0 else math.inf


def _sure(statistic: str, method: str, value: float, *, part: str = "", unit: str = "1", note: str = "") -> LossRow:
    metric = "loss_budget" if part else "durability"
    return LossRow(metric, part, statistic, method, value, math.nan, math.nan, unit, note)


def _drawn(statistic: str, interval: Interval, doubt: str, *, part: str = "", unit: str = "1") -> LossRow:
    metric = "loss_budget" if part else "durability"
    ends = (interval.value, interval.low, interval.high)
    return LossRow(metric, part, statistic, "simulated", *ends, unit, _noted(interval, doubt))


def _noted(interval: Interval, doubt: str) -> str:
    told = [text for text in interval.note.split("; ") if text and text not in doubt]
    return "; ".join([doubt, *told] if doubt else told)
