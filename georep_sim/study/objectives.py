"""Objectives of `measures.slo`: whether an estimate meets them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from georep_sim.measures.catalog import catalog, higher_is_better
from georep_sim.measures.cost import MONTH_S
from georep_sim.measures.outcomes import YEAR_S
from georep_sim.scenario.metric_names import split_metric

if TYPE_CHECKING:
    from collections.abc import Iterable

    from georep_sim.measures.estimand import Key
    from georep_sim.scenario.metric_names import SloTarget
    from georep_sim.study.resampling import Estimate

_OPERATIONS = frozenset({"pull", "push", "control"})
# Rates are read per second and told per month or year.
_PERIODS_S = {"USD/month": MONTH_S, "1/y": YEAR_S, "B/y": YEAR_S}


def judged(objectives: Iterable[SloTarget], estimate: Estimate) -> str:
    """What the objectives that name an estimate say of it, empty if none does.

    Parameters
    ----------
    objectives : iterable of SloTarget
        Of the case.
    estimate : Estimate
        Met where the whole interval is on the good side, missed where none of it is, else undecided; where there is
        no interval, by the value.

    Returns
    -------
    str
        Such as ``objective met`` or ``objective undecided``.
    """
    said = [_answer(target, estimate) for target in objectives if _is_meant(target.metric, estimate.key)]
    return "; ".join(said)


def _is_meant(metric: str, key: Key) -> bool:
    dotted, part, region = split_metric(metric)
    name, *rest = dotted.split(".")
    operation = rest.pop(0) if rest and rest[0] in _OPERATIONS else ""
    if name != key.metric or (part, region) != (key.part, key.region) or (operation or key.operation) != key.operation:
        return False
    statistic = rest[0] if rest else next(row.statistics[0] for row in catalog() if row.name == name)
    return statistic == key.statistic


def _answer(target: SloTarget, estimate: Estimate) -> str:
    is_rate = target.kind not in {"number", "time", "bytes", "money"}
    wanted = target.value * (_PERIODS_S.get(estimate.key.unit, 1.0) if is_rate else 1.0)
    low, high = (estimate.value if math.isnan(end) else end for end in (estimate.low, estimate.high))
    sign = 1.0 if higher_is_better(estimate.key.metric, estimate.key.statistic) else -1.0
    worst, best = sorted((sign * low, sign * high))
    answer = "met" if worst >= sign * wanted else "missed" if best < sign * wanted else "undecided"
    return f"objective {answer}"
