"""What was solved for, in a sentence or two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.report.numerals import nines

if TYPE_CHECKING:
    from georep_sim.study.solve import Solution, Tried


def told(answer: Solution) -> str:
    """Say which value gives the target, or that none does and what the values at the ends give."""
    wanted = f"a chance of {answer.target:.3g} of losing a blob in a year ({nines(answer.target)})"
    present = f"now it is {_with_loss(answer.present)}"
    if answer.found is None:
        low, high = map(_with_loss, answer.ends)
        return f"{answer.design}: no {answer.path} gives {wanted}; {present}, the ends of what was tried are {low}, and {high}."
    sure = f", 95 % interval {answer.low} to {answer.high}" if answer.low else ""
    how = {"exact": "exact", "phase_type": "by stages", "simulated": "simulated"}[answer.found.loss.key.method]
    return f"{answer.design}: {answer.path} = {answer.found.text} gives {wanted} ({how}{sure}); {present}."


def _with_loss(one: Tried) -> str:
    return f"{one.text}, which gives {one.probability:.3g}"
