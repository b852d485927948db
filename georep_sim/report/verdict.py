"""One sentence per question: which design is better for loss, access, latency and cost, by how much, how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.report.period import YEARLY, Periods
from georep_sim.report.rows import Estimate, Key, difference, estimates, is_known
from georep_sim.report.wording import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

SAME: Final = "not_distinguishable"
_BYTES_LOST: Final = Key("acknowledged_then_lost", "bytes_per_year")
_BLOBS_LOST: Final = Key("durability", "annual_loss_probability")


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
            Key("acknowledged_then_lost", "objects_per_year"),
            _BYTES_LOST,
            _BLOBS_LOST,
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
        The answer, with values, difference, 95 % interval and units. What to know of the values stands in the table.
    """

    case: str
    question: str
    title: str
    better: str
    sentence: str


def verdicts(
    metrics: pd.DataFrame, comparisons: pd.DataFrame, case: str, *, periods: Periods = YEARLY
) -> list[Verdict]:
    """Answer every question for one case.

    Parameters
    ----------
    metrics, comparisons : DataFrame
        Tables of ``TABLES`` of those names.
    case : str
        Case to speak of.
    periods : Periods, optional
        Stretches of time that losses and failures are told for; default a year.

    Returns
    -------
    list of Verdict
        One per question of `QUESTIONS`, in that order, also where nothing was measured.

    Notes
    -----
    With more than two designs the best is compared with the runner-up, and every design that is not
    distinguishable from the best is named.
    """
    return [_answer(metrics, comparisons, case, question, periods) for question in QUESTIONS]


def _answer(
    metrics: pd.DataFrame, comparisons: pd.DataFrame, case: str, question: Question, periods: Periods
) -> Verdict:
    sizes = estimates(metrics, case, _BYTES_LOST)
    took_copied = any(row.value > 0.0 for row in estimates(metrics, case, _BLOBS_LOST).values())
    period = periods.access if question.name == "access" else periods.loss
    answers = []
    for key in question.keys:
        rows = _known(estimates(metrics, case, key))
        if rows:
            better, sentence = _told(comparisons, case, question, Words(key, period, sizes, took_copied), rows)
            answers.append(Verdict(case, question.name, question.title, better, sentence))
    if not answers:
        return Verdict(case, question.name, question.title, "", _not_measured(metrics, case, question))
    return next((answer for answer in answers if answer.better), answers[0])


def _known(rows: Mapping[str, Estimate]) -> dict[str, Estimate]:
    return {design: row for design, row in rows.items() if is_known(row.value)}


def _not_measured(metrics: pd.DataFrame, case: str, question: Question) -> str:
    rows = [row for key in question.keys for row in estimates(metrics, case, key).values()]
    reason = next((row.note for row in rows if row.note), "the scenario does not ask for it")
    return f"not measured: {reason}."


def _told(
    comparisons: pd.DataFrame, case: str, question: Question, words: Words, rows: Mapping[str, Estimate]
) -> tuple[str, str]:
    """Better design, empty if there is none, and the sentence."""
    sign = -1.0 if question.higher_is_better else 1.0
    best, *others = sorted(rows.values(), key=lambda row: sign * row.value)
    if not others:
        return "", words.alone(best)
    against = {row.design: difference(comparisons, case, words.key, a=best.design, b=row.design) for row in others}
    runner_up, gap = others[0], against[others[0].design]
    if gap is None:
        return "", words.not_compared(best, runner_up)
    if gap.verdict == SAME:
        equals = [rows[name] for name, other in against.items() if other is not None and other.verdict == SAME]
        return "", words.same(best, equals, gap)
    winner, loser = (best, runner_up) if gap.verdict == "a_better" else (runner_up, best)
    towards = gap if winner is best else gap.mirrored()
    return winner.design, words.better(winner, loser, towards, of_many=len(rows) > 2)
