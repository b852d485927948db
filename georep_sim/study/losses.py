"""Durability in a run: what is answered how, and its rows beside those of the replications."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from georep_sim.measures.catalog import higher_is_better
from georep_sim.measures.estimand import Key
from georep_sim.study.compare import Comparison
from georep_sim.study.resampling import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from georep_sim.loss.durability import Durability
    from georep_sim.scenario import Case, Design

#: ``exact``: never simulate; ``both``: always simulate too; ``as_needed``: simulate where nothing else answers;
#: ``number`` and ``exact_number``: the same as ``as_needed`` and ``exact`` without slopes.
Answers = Literal["exact", "as_needed", "both", "number", "exact_number"]

#: Note of a number that no sample stands behind; the metrics table has no other place for it.
SURE: Final = "no sampling error"

COMPILING: Final = "compiling the loss simulator, once on this machine (twenty seconds)"

# Of a chain: more take longer than a comparison by traffic should wait for.
_MOST_STATES_FOR_SLOPES: Final = 2_000
_METHODS: Final = ("exact", "phase_type", "simulated")
# Two answers without sampling error that are as near as this differ by nothing that anybody could act on.
_AS_GOOD_AS_EQUAL: Final = 1e-3


def losses_of(case: Case, design: Design, *, answers: Answers) -> Durability:
    """Durability of one design.

    Parameters
    ----------
    case : Case
        Faults, content, environment and seed.
    design : Design
        Its sites, copies and repair.
    answers : str
        See `Answers`. Simulating compiles code on its first use on a machine, and slopes cost several times the answer itself. A run
        that compares designs by traffic spares the one where a chain answers, as it nearly always does, and the other
        where the chain is large; solving for a setting never looks at slopes.
    """
    from georep_sim.loss import durability as loss  # noqa: PLC0415 - scipy, only where losses are asked for

    seed = case.run.seed
    if answers in {"both", "exact"}:
        return loss.durability(case, design, simulated=answers == "both", seed=seed)
    found = loss.durability(case, design, simulated=False, slopes=False)
    if found.exact is None and answers != "exact_number":
        return loss.with_simulation(found, seed=seed)
    if answers == "as_needed" and found.exact is not None and found.exact.states <= _MOST_STATES_FOR_SLOPES:
        return loss.with_slopes(found)
    return found


def make_ready(tell: Callable[[], object]) -> None:
    """Compile the loss simulator, or load what was compiled before: once, before workers start.

    Parameters
    ----------
    tell : callable
        Called first if it has to be compiled.
    """
    from georep_sim.jit import kept_mark  # noqa: PLC0415 - as above
    from georep_sim.laws import Exponential  # noqa: PLC0415
    from georep_sim.loss.biased import simulate  # noqa: PLC0415
    from georep_sim.loss.model import Fleet, Group  # noqa: PLC0415

    complete = kept_mark()
    mark = complete.with_name(f"losses-{complete.name}") if complete is not None else None
    if mark is not None and mark.exists():
        return
    tell()
    three = Group(3, 2, life_y=Exponential(50.0), repair_y=Exponential(0.01))
    simulate(Fleet(three, disks=3), accuracy=1.0, max_copies=1_000)
    if mark is not None:
        mark.touch()


def loss_estimates(found: Durability) -> list[Estimate]:
    """Rows of the metrics table: durability by every method that answered, and the budget."""
    from georep_sim.loss.rows import metric_rows  # noqa: PLC0415 - as above

    return [
        Estimate(
            Key(row.metric, row.statistic, row.unit, part=row.part, method=row.method),
            row.value,
            row.low,
            row.high,
            0,
            row.note or (SURE if math.isnan(row.low) else ""),
        )
        for row in metric_rows(found)
    ]


def loss_comparisons(a: Sequence[Estimate], b: Sequence[Estimate]) -> Iterator[Comparison]:
    """Differences b - a of every number of two designs, each by the best of its answers.

    Parameters
    ----------
    a, b : sequence of Estimate
        As `loss_estimates` makes them.

    Yields
    ------
    Comparison
        Its method is the weaker of the two. What is known without sampling error differs surely, but where it is as
        near as a thousandth no design is called better; the intervals of what was simulated are taken as independent.
    """
    mine, theirs = _best(a), _best(b)
    for at, first in mine.items():
        second = theirs.get(at)
        if second is not None:
            yield _compared(first, second)


def _best(rows: Sequence[Estimate]) -> dict[tuple[str, str, str], Estimate]:
    found: dict[tuple[str, str, str], Estimate] = {}
    for row in sorted(rows, key=lambda row: _METHODS.index(row.key.method)):
        found.setdefault((row.key.metric, row.key.statistic, row.key.part), row)
    return found


def _compared(a: Estimate, b: Estimate) -> Comparison:
    weaker = max((a, b), key=lambda row: _METHODS.index(row.key.method))
    difference = 0.0 if a.value == b.value else b.value - a.value
    low, high = _ends(a, b, difference)
    better = "a_better" if (difference < 0.0) == higher_is_better(a.key.metric, a.key.statistic) else "b_better"
    if _is_undecided(a, b, difference, low, high):
        better = "not_distinguishable"
    return Comparison(weaker.key, difference, low, high, 0, better, math.nan, math.nan)


def _ends(a: Estimate, b: Estimate, difference: float) -> tuple[float, float]:
    if _is_exact(a) and _is_exact(b):
        return math.nan, math.nan
    below = math.hypot(_below(b), _above(a))
    return difference - below, difference + math.hypot(_above(b), _below(a))


def _is_exact(row: Estimate) -> bool:
    return math.isnan(row.low) or math.isnan(row.high)


def _below(row: Estimate) -> float:
    return 0.0 if _is_exact(row) else row.value - row.low


def _above(row: Estimate) -> float:
    return 0.0 if _is_exact(row) else row.high - row.value


def _is_undecided(a: Estimate, b: Estimate, difference: float, low: float, high: float) -> bool:
    if math.isnan(difference) or low <= 0.0 <= high:
        return True
    return math.isnan(low) and math.isclose(a.value, b.value, rel_tol=_AS_GOOD_AS_EQUAL, abs_tol=0.0)


def blob_loss(found: Durability) -> Estimate | None:
    """Annual loss probability of a blob by the best answer; None where nothing answers."""
    return _best(loss_estimates(found)).get(("durability", "annual_loss_probability", ""))
