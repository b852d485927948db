"""Numbers that were simulated and solved: side by side, so that each vouches for the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from georep_sim.report.numerals import show_interval
from georep_sim.report.rows import SOLVED

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd

_WHICH = ["design", "metric", "operation", "statistic", "part", "region"]


class Pair(NamedTuple):
    """One number of one design, by both methods, as text."""

    design: str
    name: str
    simulated: str
    exact: str


def pairs(metrics: pd.DataFrame, case: str) -> list[Pair]:
    """Numbers of a case that have an exact value beside the simulated one, durability left out.

    Parameters
    ----------
    metrics : DataFrame
        Table of that name in ``TABLES``.
    case : str
        Case to show.
    """
    mine = metrics[(metrics["case"] == case) & ~metrics["metric"].isin(SOLVED)]
    exact = mine[mine["method"] == "exact"]
    both = exact.merge(mine[mine["method"] == "simulated"], on=_WHICH, suffixes=("_exact", "_simulated"))
    return [
        Pair(str(row["design"]), _name(row), _text(row, "simulated"), _text(row, "exact"))
        for row in both.to_dict("records")
    ]


def _name(row: Mapping[Hashable, object]) -> str:
    name = ".".join(str(row[key]) for key in ("metric", "operation", "statistic") if row[key])
    return name + (f"#{row['part']}" if row["part"] else "") + (f"@{row['region']}" if row["region"] else "")


def _text(row: Mapping[Hashable, object], method: str) -> str:
    value, low, high = (float(str(row[f"{end}_{method}"])) for end in ("value", "low", "high"))
    return show_interval(value, low, high, str(row[f"unit_{method}"]), statistic=str(row["statistic"]))
