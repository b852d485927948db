"""Durability in words and tables: how likely data are lost, by what, how that is known, and what was left out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from georep_sim.errors import InputError
from georep_sim.report.numerals import show, show_interval
from georep_sim.report.rows import METHODS, Estimate, Key, estimates
from georep_sim.report.wording import BLOB_LOSS
from georep_sim.study.losses import SURE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georep_sim.loss.durability import Durability
    from georep_sim.study.targets import Target

#: Statistics of the metric ``durability``, and what they are called.
LABELS: Final = {
    "annual_loss_probability": BLOB_LOSS,
    "nines": "the same, in nines",
    "any_loss_probability": "chance of losing anything in a year",
    "objects_lost_per_event": "objects lost together, mean",
    "mttdl": "mean time to data loss of one placement group",
}
#: Methods, as a column is headed.
HEADS: Final = {"exact": "exact", "phase_type": "by stages", "simulated": "simulated"}

_NEAR: Final = 0.05
# Smaller shares of a budget are only told to be there.
_LEAST_SHARE: Final = 1e-4


@dataclass(frozen=True)
class Line:
    """One line of a table of one design: a label, and a cell for each of `Section.methods`."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """What there is to say about the durability of one design.

    Parameters
    ----------
    design : str
        Which.
    sentences : tuple of str
        What dominates; how it compares with the vendor's target.
    warnings : tuple of str
        What weakens the numbers: not to be overlooked.
    methods : tuple of str
        Columns: keys of `HEADS`.
    lines, budget : tuple of Line
        Durability; chance of losing a blob by cause, the largest first.
    notes : tuple of str
        How the numbers were made.
    left_out : tuple of (str, str)
        What of the scenario does not enter, and why.
    """

    design: str
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    methods: tuple[str, ...]
    lines: tuple[Line, ...]
    budget: tuple[Line, ...]
    notes: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """Heads of the columns."""
        return tuple(HEADS[method] for method in self.methods)


def sections(
    metrics: pd.DataFrame,
    losses: Mapping[tuple[str, str], Durability],
    case: str,
    *,
    targets: Mapping[tuple[str, str], Target],
) -> list[Section]:
    """Tell of the durability of every design of a case.

    Parameters
    ----------
    metrics : DataFrame
        Table of that name in ``TABLES``.
    losses : mapping of (str, str) to Durability
        By case and design.
    case : str
        Case to tell of.
    targets : mapping of (str, str) to Target
        Design targets of vendors, where there are any.
    """
    return [
        _section(metrics, case, found, targets.get((case, design)), design=design)
        for (of, design), found in losses.items()
        if of == case
    ]


def _section(metrics: pd.DataFrame, case: str, found: Durability, target: Target | None, *, design: str) -> Section:
    mine = metrics[(metrics["case"] == case) & (metrics["design"] == design)]
    methods = tuple(name for name in METHODS if name in set(mine.loc[mine["metric"] == "durability", "method"]))
    sentences = [_sentence(found)]
    if target is not None:
        sentences.append(_against(target, estimates(mine, case, Key("durability", "nines")).get(design)))
    return Section(
        design,
        tuple(filter(None, sentences)),
        tuple(_warnings(found)),
        methods,
        tuple(_lines(mine, case, design, methods)),
        tuple(_budget(mine, case, design, methods)),
        (
            *_notes(mine[mine["note"] != found.cannot_lose]),
            *_bounds(found),
            *(f"assumed: {one}" for one in found.structure.assumed),
        ),
        tuple((one.name, one.reason) for one in found.structure.left_out),
    )


def _sentence(found: Durability) -> str:
    if found.cannot_lose:
        return f"{found.cannot_lose[0].upper()}{found.cannot_lose[1:].rstrip('.')}."
    return f"Chance of loss: {found.dominant.rstrip('.')}." if found.exact or found.simulated else ""


def _warnings(found: Durability) -> list[str]:
    out = []
    if found.simulated is not None and found.simulated.untrustworthy:
        out.append(
            f"UNTRUSTWORTHY: the simulated numbers are not to be believed: {_listed(found.simulated.untrustworthy)}."
        )
    if found.exact is None and not found.cannot_lose:
        alone = "the simulated answer stands alone" if found.simulated is not None else "and nothing was simulated"
        out.append(f"No exact answer, {alone}: {found.why_not_exact.rstrip('.')}.")
    if found.why_not_simulated:
        out.append(f"Not simulated: {found.why_not_simulated.rstrip('.')}.")
    return out


def _notes(mine: pd.DataFrame) -> list[str]:
    """What the rows say of themselves, once; of what is not to be trusted the warnings have said it."""
    told = (mine["note"] != "") & (mine["note"] != SURE) & ~mine["note"].str.startswith("untrustworthy")
    rows = mine[(mine["metric"] == "durability") & told]
    return list(dict.fromkeys(f"{HEADS[m]}: {note}" for m, note in zip(rows["method"], rows["note"], strict=True)))


def _bounds(found: Durability) -> list[str]:
    """What the simulation proves of causes that took nothing, each in the years that its own units were watched."""
    return [
        f"simulated: {cause} took nothing: at most {bound.high:.2g} losses a year of one unit of it (95 %)"
        for cause, bound in found.bounds.items()
    ]


def _lines(mine: pd.DataFrame, case: str, design: str, methods: tuple[str, ...]) -> list[Line]:
    out = []
    for statistic, label in LABELS.items():
        found = [estimates(mine, case, Key("durability", statistic, method=name)).get(design) for name in methods]
        if any(found):
            out.append(Line(label, tuple("-" if row is None else _cell(row) for row in found)))
    return out


def _budget(mine: pd.DataFrame, case: str, design: str, methods: tuple[str, ...]) -> list[Line]:
    by_method = {name: budget_of(mine, case, design, method=name) for name in methods}
    largest: dict[str, float] = {}
    for rows in by_method.values():
        for cause, row in rows.items():
            largest.setdefault(cause, row.value)
    totals = {name: sum(row.value for row in rows.values()) for name, rows in by_method.items()}
    return [
        Line(cause, tuple(_part(by_method[name].get(cause), totals[name]) for name in methods))
        for cause in sorted(largest, key=lambda cause: -largest[cause])
    ]


def budget_of(metrics: pd.DataFrame, case: str, design: str, *, method: str = "") -> dict[str, Estimate]:
    """Chance of losing a blob by cause, of one design; by one method, or by the most exact that answered."""
    mine = metrics[(metrics["case"] == case) & (metrics["design"] == design) & (metrics["metric"] == "loss_budget")]
    wanted = method or next((name for name in METHODS if name in set(mine["method"])), "")
    rows = mine[mine["method"] == wanted]
    return {
        str(cause): next(
            iter(estimates(rows, case, Key("loss_budget", "annual_loss_probability", part=str(cause))).values())
        )
        for cause in rows["part"]
    }


def _part(row: Estimate | None, total: float) -> str:
    if row is None:
        return "-"
    share = f", {percent(row.value / total)}" if total > 0.0 and row.value > 0.0 else ""
    return _cell(row) + share


def percent(share: float) -> str:
    """Write a share of a budget: 100 % only if it is all, to two digits else."""
    if share < _LEAST_SHARE:
        return "< 0.01 %"
    return f"{100.0 * share:.2g} %" if share < 0.995 else "100 %" if share == 1.0 else "> 99 %"


def _cell(row: Estimate) -> str:
    if math.isnan(row.low) or row.low == row.high:
        return _alone(row)
    return show_interval(row.value, row.low, row.high, row.unit, statistic=row.statistic)


def _alone(row: Estimate) -> str:
    """A value without an interval, with a digit more than one that has one."""
    if row.statistic == "nines" and math.isfinite(row.value):
        return f"{row.value:.2f}"
    if row.statistic.endswith("_probability"):
        return f"{row.value:.3g}"
    return show(row.value, row.unit, statistic=row.statistic)


def _against(target: Target, nines: Estimate | None) -> str:
    stated = f"The vendor's design target of {target.option.upper()} is {target.nines:g} nines ({target.source})"
    if nines is None or math.isnan(nines.value):
        return f"{stated}."
    gap = nines.value - target.nines
    if math.isinf(nines.value):
        return f"{stated}; with these faults nothing is lost."
    told = "just that" if abs(gap) < _NEAR else f"{abs(gap):.1f} {'more' if gap > 0.0 else 'fewer'}"
    return f"{stated}; these faults and repairs give {nines.value:.1f}, {told}."


def _listed(reasons: tuple[str, ...]) -> str:
    return "; ".join(reason.rstrip(".") for reason in reasons)


def durability_frame(metrics: pd.DataFrame) -> pd.DataFrame:
    """Durability side by side.

    Parameters
    ----------
    metrics : DataFrame
        Table of that name in ``TABLES``.

    Returns
    -------
    DataFrame
        Indexed by case, design and method; columns (statistic, ``value`` | ``low`` | ``high``).
    """
    return _wide(metrics[metrics["metric"] == "durability"], ["case", "design", "method"], "statistic", list(LABELS))


def budget_frame(metrics: pd.DataFrame, *, method: str = "") -> pd.DataFrame:
    """Chance of losing a blob by cause, designs side by side.

    Parameters
    ----------
    metrics : DataFrame
        Table of that name in ``TABLES``.
    method : {"", "exact", "phase_type", "simulated"}
        Which answer; default the most exact of each design.

    Returns
    -------
    DataFrame
        Indexed by case and cause; columns (design, ``value`` | ``low`` | ``high``).

    Raises
    ------
    InputError
        If there is no such method.
    """
    if method and method not in METHODS:
        msg = f"no method {method!r}; there are {', '.join(METHODS)}"
        raise InputError(msg)
    rows = metrics[metrics["metric"] == "loss_budget"]
    if method:
        rows = rows[rows["method"] == method]
    else:
        rank = rows["method"].map(METHODS.index)
        rows = rows[rank == rank.groupby([rows["case"], rows["design"]]).transform("min")]
    rows = rows.rename(columns={"part": "cause"})
    return _wide(rows, ["case", "cause"], "design", list(dict.fromkeys(rows["design"])))


def _wide(rows: pd.DataFrame, index: list[str], across: str, order: list[str]) -> pd.DataFrame:
    bounds = ["value", "low", "high"]
    places = list(dict.fromkeys(map(tuple, rows[index].to_numpy().tolist())))
    flat = rows.pivot(index=index, columns=across, values=bounds).swaplevel(axis="columns")
    present = [name for name in order if name in set(rows[across])]
    columns = pd.MultiIndex.from_product([present, bounds], names=[across, "bound"])
    return flat.reindex(index=pd.MultiIndex.from_tuples(places, names=index), columns=columns)
