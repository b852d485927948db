"""Finding rows of the long metrics and comparisons tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

#: How a number was made, the most exact first.
METHODS: Final = ("exact", "phase_type", "simulated")
#: Metrics that are solved first, and simulated where that does not go.
SOLVED: Final = ("durability", "loss_budget")
_BETTER: Final = {"a_better": "b_better", "b_better": "a_better"}


@dataclass(frozen=True)
class Key:
    """Which number: the descriptive columns, without case and design. Empty = all."""

    metric: str
    statistic: str
    operation: str = ""
    part: str = ""
    region: str = ""
    method: str = ""


@dataclass(frozen=True)
class Estimate:
    """One row of the metrics table.

    Parameters
    ----------
    design, unit, statistic, method, note : str
        As in the table.
    value, low, high : float
        Estimate and its 95 % interval; nan = not known.
    """

    design: str
    value: float
    low: float
    high: float
    unit: str
    statistic: str
    method: str
    note: str


@dataclass(frozen=True)
class Difference:
    """One row of the comparisons table, seen from design `a`: how much more `b` has."""

    value: float
    low: float
    high: float
    unit: str
    verdict: str

    def mirrored(self) -> Difference:
        """The same comparison with the designs swapped."""
        return Difference(-self.value, -self.high, -self.low, self.unit, _BETTER.get(self.verdict, self.verdict))


def find(table: pd.DataFrame, case: str, key: Key) -> pd.DataFrame:
    """Rows of a case that a key names, of every method unless the key says which."""
    wanted = (
        (table["case"] == case)
        & (table["metric"] == key.metric)
        & (table["statistic"] == key.statistic)
        & (table["operation"] == key.operation)
        & (table["part"] == key.part)
        & (table["region"] == key.region)
    )
    if key.method:
        wanted &= table["method"] == key.method
    return table[wanted]


def estimates(metrics: pd.DataFrame, case: str, key: Key) -> dict[str, Estimate]:
    """Estimates by design, in the order of the table; of several methods one counts.

    Of durability the most exact. Of all else the simulated one: it is what designs were compared by, on the same draws.
    """
    order = METHODS if key.metric in SOLVED else METHODS[::-1]
    found: dict[str, Estimate] = {}
    for row in _records(find(metrics, case, key)):
        known = found.get(row.design)
        if known is None or order.index(row.method) < order.index(known.method):
            found[row.design] = row
    return found


def difference(comparisons: pd.DataFrame, case: str, key: Key, *, a: str, b: str) -> Difference | None:
    """Paired difference b - a, or None where it was not compared."""
    rows = find(comparisons, case, key)
    if key.metric not in SOLVED:
        rows = rows[rows["method"] == "simulated"]
    for first, second in ((a, b), (b, a)):
        hit = rows[(rows["design_a"] == first) & (rows["design_b"] == second)]
        if len(hit):
            row = hit.iloc[0]
            numbers = (float(row["difference"]), float(row["low"]), float(row["high"]))
            found = Difference(*numbers, str(row["unit"]), str(row["verdict"]))
            return found if first == a else found.mirrored()
    return None


def designs_of(metrics: pd.DataFrame, case: str) -> list[str]:
    """Designs of a case, in the order in which they were measured."""
    return [str(name) for name in metrics.loc[metrics["case"] == case, "design"].unique()]


def is_known(value: float) -> bool:
    """Whether a value is a number at all; infinity is (a quantile that fails), nan is not."""
    return not math.isnan(value)


def _records(rows: pd.DataFrame) -> Iterator[Estimate]:
    for row in rows.to_dict("records"):
        yield Estimate(
            design=str(row["design"]),
            value=float(row["value"]),
            low=float(row["low"]),
            high=float(row["high"]),
            unit=str(row["unit"]),
            statistic=str(row["statistic"]),
            method=str(row["method"]),
            note=str(row["note"]),
        )
