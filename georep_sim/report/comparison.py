"""Results side by side, as frames: what `Results.table` and `Results.compare` return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from georep_sim.errors import InputError
from georep_sim.measures.catalog import known_metrics
from georep_sim.report.rows import METHODS, Key
from georep_sim.scenario.metric_names import split_metric
from georep_sim.scenario.values import ValueProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPERATIONS: Final = ("pull", "push", "control")
_BETTER: Final = {"a_better": "b_better", "b_better": "a_better"}


def key_of(name: str) -> Key:
    """Read a metric name of the language: ``NAME[.operation].statistic[#part][@region]``.

    Parameters
    ----------
    name : str
        As written. Without an operation: all; without a statistic: the metric's first.

    Raises
    ------
    InputError
        If it does not follow the grammar or names a metric or statistic that does not exist.

    Examples
    --------
    >>> key_of("rto.pull.p95#detect")
    Key(metric='rto', statistic='p95', operation='pull', part='detect', region='', method='')
    >>> key_of("availability.pull").statistic
    'request_weighted'
    """
    try:
        dotted, part, region = split_metric(name)
    except ValueProblem as problem:
        raise InputError(str(problem)) from None
    metric, *rest = dotted.split(".")
    known = known_metrics()
    if metric not in known:
        msg = f"no metric {metric!r}; there are {', '.join(known)}"
        raise InputError(msg)
    operation = rest.pop(0) if rest and rest[0] in _OPERATIONS else ""
    statistic = rest.pop(0) if rest else known[metric][0]
    if rest or statistic not in known[metric]:
        msg = f"{name}: {metric} has no statistic {'.'.join([statistic, *rest])!r}; it has {', '.join(known[metric])}"
        raise InputError(msg)
    return Key(metric, statistic, operation, part, region)


def wide(metrics: pd.DataFrame, names: Sequence[str], *, by: str = "") -> pd.DataFrame:
    """Put metrics side by side, one group of columns per metric and design.

    Parameters
    ----------
    metrics : DataFrame
        Table of that name in ``tables.TABLES``.
    names : sequence of str
        Metrics as the language writes them, ``availability.pull``.
    by : {"", "region", "part"}
        One row for each client region or part, the whole first (as "all"); default only the whole.

    Returns
    -------
    DataFrame
        Indexed by case and, if asked for, `by`; columns (metric, design, ``value`` | ``low`` | ``high``), in
        the unit of the metrics table. Among methods the most exact counts.

    Raises
    ------
    InputError
        If a name is not a metric, or `by` is not a column to split by.
    """
    if by not in {"", "region", "part"}:
        msg = f"by={by!r}: expected 'region' or 'part'"
        raise InputError(msg)
    blocks = {name: _block(metrics, key_of(name), by) for name in names}
    return pd.concat(blocks, axis="columns", names=["metric"], sort=False) if blocks else pd.DataFrame()


def _block(metrics: pd.DataFrame, key: Key, by: str) -> pd.DataFrame:
    """One metric: rows by case and `by`, columns by design and bound."""
    wanted = pd.Series(data=True, index=metrics.index)
    for column in ("metric", "statistic", "operation", "part", "region"):
        if column != by or getattr(key, column):
            wanted &= metrics[column] == getattr(key, column)
    rows = metrics[wanted].copy()
    rows["method"] = pd.Categorical(rows["method"], METHODS, ordered=True)
    index = ["case", *([by] if by else [])]
    rows = rows.sort_values("method", kind="stable").drop_duplicates([*index, "design"]).sort_index()
    if by:
        rows[by] = rows[by].replace("", "all")
    designs = list(rows["design"].unique())
    places = list(dict.fromkeys(map(tuple, rows[index].to_numpy().tolist())))
    flat = rows.pivot(index=index, columns="design", values=["value", "low", "high"]).swaplevel(axis="columns")
    columns = pd.MultiIndex.from_product([designs, ["value", "low", "high"]], names=["design", "bound"])
    order = pd.MultiIndex.from_tuples(places, names=index) if by else pd.Index([p[0] for p in places], name="case")
    return flat.reindex(index=order, columns=columns)


def pair(comparisons: pd.DataFrame, a: str, b: str) -> pd.DataFrame:
    """Paired differences b - a of two designs, in either order of the table.

    Parameters
    ----------
    comparisons : DataFrame
        Table of that name in ``tables.TABLES``.
    a, b : str
        Designs.

    Returns
    -------
    DataFrame
        The same columns, ``design_a`` = `a`.

    Raises
    ------
    InputError
        If the two were not compared.
    """
    forth = comparisons[(comparisons["design_a"] == a) & (comparisons["design_b"] == b)]
    if len(forth):
        return forth.reset_index(drop=True)
    back = comparisons[(comparisons["design_a"] == b) & (comparisons["design_b"] == a)].reset_index(drop=True)
    if not len(back):
        names = sorted({*comparisons["design_a"], *comparisons["design_b"]})
        msg = f"{a!r} and {b!r} were not compared; compared designs are {', '.join(names) or 'none'}"
        raise InputError(msg)
    return back.assign(
        design_a=a,
        design_b=b,
        difference=-back["difference"],
        low=-back["high"],
        high=-back["low"],
        verdict=back["verdict"].replace(_BETTER),
    )
