"""One sentence per question: which design is better for loss, access, latency and cost, by how much, how surely."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.report.numerals import MINUTES_PER_YEAR, nines, show, show_range
from georep_sim.report.rows import Difference, Estimate, Key, difference, estimates, is_known
from georep_sim.report.table import notes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

SAME: Final = "not_distinguishable"
_SERVES: Final = {"request_weighted": "serves pulls", "time_weighted": "can be reached for pulls"}


class Question(NamedTuple):
    """A question, and the numbers that answer it: the first that tells the designs apart, else the first there is."""

    name: str
    title: str
    keys: tuple[Key, ...]
    higher_is_better: bool = False


QUESTIONS: Final = (
    Question(
        "loss",
        "Loss",
        (
            Key("acknowledged_then_lost", "bytes_per_year"),
            Key("durability", "annual_loss_probability", method="simulated"),
        ),
    ),
    Question(
        "access",
        "Access",
        (Key("availability", "request_weighted", "pull"), Key("availability", "time_weighted", "pull")),
        higher_is_better=True,
    ),
    Question("latency", "Latency", (Key("latency_all", "p99", "pull"),)),
    Question("cost", "Cost", (Key("cost", "total"),)),
)


@dataclass(frozen=True)
class Verdict:
    """Answer to one question in one case.

    Parameters
    ----------
    case, question : str
        Case of the scenario; ``loss``, ``access``, ``latency`` or ``cost``.
    title : str
        Heading for the sentence.
    better : str
        Name of the better design; empty if none is distinguishably better.
    sentence : str
        The answer, with values, difference, 95 % interval and units.
    """

    case: str
    question: str
    title: str
    better: str
    sentence: str


def verdicts(metrics: pd.DataFrame, comparisons: pd.DataFrame, case: str) -> list[Verdict]:
    """Answer every question for one case.

    Parameters
    ----------
    metrics, comparisons : DataFrame
        Tables of ``TABLES`` of those names.
    case : str
        Case to speak of.

    Returns
    -------
    list of Verdict
        One per question of `QUESTIONS`, in that order, also where nothing was measured.

    Notes
    -----
    With more than two designs the best is compared with the runner-up, and every design that is not
    distinguishable from the best is named.
    """
    return [_answer(metrics, comparisons, case, question) for question in QUESTIONS]


def _answer(metrics: pd.DataFrame, comparisons: pd.DataFrame, case: str, question: Question) -> Verdict:
    measured = [(key, rows) for key in question.keys if (rows := _known(estimates(metrics, case, key)))]
    if not measured:
        return Verdict(case, question.name, question.title, "", _not_measured(metrics, case, question))
    answers = [_of_key(comparisons, case, question, key, rows) for key, rows in measured]
    return next((answer for answer in answers if answer.better), answers[0])


def _known(rows: Mapping[str, Estimate]) -> dict[str, Estimate]:
    return {design: row for design, row in rows.items() if is_known(row.value)}


def _not_measured(metrics: pd.DataFrame, case: str, question: Question) -> str:
    rows = [row for key in question.keys for row in estimates(metrics, case, key).values()]
    reason = next((row.note for row in rows if row.note), "the scenario does not ask for it")
    return f"not measured: {reason}."


def _of_key(
    comparisons: pd.DataFrame, case: str, question: Question, key: Key, rows: Mapping[str, Estimate]
) -> Verdict:
    sign = -1.0 if question.higher_is_better else 1.0
    ranked = sorted(rows.values(), key=lambda row: sign * row.value)
    best = ranked[0]
    if len(ranked) == 1:
        return Verdict(
            case, question.name, question.title, "", f"{best.design} alone: {_value(key, best)}.{_notes(ranked)}"
        )
    against = {row.design: difference(comparisons, case, key, a=best.design, b=row.design) for row in ranked[1:]}
    runner_up, gap = ranked[1], against[ranked[1].design]
    if gap is None:
        text = f"{_both(key, best, runner_up)}; their difference was not estimated."
        return Verdict(case, question.name, question.title, "", text + _notes(ranked))
    if gap.verdict == SAME:
        equals = [name for name, other in against.items() if other is not None and other.verdict == SAME]
        return Verdict(
            case, question.name, question.title, "", _same(key, best, runner_up, gap, equals) + _notes(ranked)
        )
    winner, loser = (best, runner_up) if gap.verdict == "a_better" else (runner_up, best)
    towards = gap if winner is best else gap.mirrored()
    text = _better(key, winner, loser, towards, of_many=len(ranked) > 2)
    return Verdict(case, question.name, question.title, winner.design, text + _notes((winner, loser)))


def _better(key: Key, winner: Estimate, loser: Estimate, gap: Difference, *, of_many: bool) -> str:
    next_best = ", the next best" if of_many else ""
    against = f"than {loser.design}{next_best}"
    if not math.isfinite(gap.value):
        return f"{winner.design} is better {against}: {_both(key, winner, loser)}."
    by, sure = _size(key, gap)
    words = {
        "acknowledged_then_lost": f"loses {by} less of what it acknowledged {against}",
        "durability": f"is less likely to lose an image {against}, by {by}",
        "availability": f"{_SERVES.get(key.statistic, '')} {by} more {against}",
        "latency_all": f"serves 99 of 100 pulls {by} sooner {against}",
        "cost": f"costs {by} less {against}",
    }[key.metric]
    return f"{winner.design} {words} ({sure}): {_pair(key, winner, loser)}."


def _same(key: Key, best: Estimate, other: Estimate, gap: Difference, equals: list[str]) -> str:
    names = _listed([best.design, *(equals or [other.design])])
    text = f"{names} are not distinguishable: {_both(key, best, other)}"
    if not math.isfinite(gap.low) or not math.isfinite(gap.high):
        return text + "."
    if gap.low == gap.high == 0.0:
        return text + "; no replication tells them apart."
    low, high, unit = _in_words(key, gap)
    between = show_range(low, high, unit, statistic=_as_difference(key)) + _per(key)
    return f"{text}; the 95 % interval of {other.design} minus {best.design}, {between}, holds zero."


def _size(key: Key, gap: Difference) -> tuple[str, str]:
    """Size of a difference and its interval, both without sign."""
    low, high, unit = _in_words(key, gap)
    ends = sorted((abs(low), abs(high)))
    size = abs(gap.value) * (60 * MINUTES_PER_YEAR if key.metric == "availability" else 1.0)
    per = _per(key)
    statistic = _as_difference(key)
    sure = f"95 % interval {show_range(ends[0], ends[1], unit, statistic=statistic)}{per}"
    return f"{show(size, unit, statistic=statistic)}{per}", sure


def _in_words(key: Key, gap: Difference) -> tuple[float, float, str]:
    """Ends of a difference in the unit of the sentence: availability as time in a year."""
    if key.metric == "availability":
        return gap.low * 60 * MINUTES_PER_YEAR, gap.high * 60 * MINUTES_PER_YEAR, "s"
    unit = gap.unit.removesuffix("/y").removesuffix("/month") or "1"
    return gap.low, gap.high, unit


def _per(key: Key) -> str:
    return {"availability": " a year", "acknowledged_then_lost": " a year", "cost": " a month"}.get(key.metric, "")


def _as_difference(key: Key) -> str:
    return key.statistic if key.metric == "durability" else "difference"


def _both(key: Key, first: Estimate, second: Estimate) -> str:
    return f"{_value(key, first)} with {first.design}, {_value(key, second)} with {second.design}"


def _pair(key: Key, winner: Estimate, loser: Estimate) -> str:
    return f"{_value(key, winner)} against {_value(key, loser)}"


def _value(key: Key, row: Estimate) -> str:
    if key.metric == "availability":
        failing = 1.0 - row.value
        if failing <= 0.0:
            return "no failed pull seen"
        time = show(failing * 60 * MINUTES_PER_YEAR, "s")
        return f"{show(row.value, '1')} ({nines(failing)}, {time} a year without)"
    if key.metric == "latency_all":
        return (
            "more than 1 pull of 100 fails" if math.isinf(row.value) else f"{show(row.value, row.unit)} for 99 of 100"
        )
    if row.value == 0.0 and row.high > 0.0:
        most = show(row.high, row.unit.removesuffix("/y"), statistic=row.statistic)
        return f"nothing lost (at most {most} a year)"
    if key.metric == "durability":
        return f"a chance of {show(row.value, row.unit, statistic=row.statistic)} per blob and year"
    head = row.unit.removesuffix("/y").removesuffix("/month")
    return f"{show(row.value, head)}{_per(key)}"


def _notes(rows: Sequence[Estimate]) -> str:
    """What to know when reading the values, in brackets."""
    notes = notes_of(rows)
    return f" ({'; '.join(notes)})" if notes else ""


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
