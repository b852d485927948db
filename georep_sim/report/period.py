"""The stretch of time that sums are told for: a year, or the horizon where some of what happens in it was set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.draws.faults import is_random
from georep_sim.measures.loss import rows_that_destroy
from georep_sim.report.episode import by_design
from georep_sim.report.numerals import show

if TYPE_CHECKING:
    from georep_sim.report.subject import Subject
    from georep_sim.scenario import Case

YEAR_S: Final = 365.25 * 86_400.0
_DAY_S: Final = 86_400.0


class Period(NamedTuple):
    """A stretch of time.

    Parameters
    ----------
    length_s : float
        How long it is, in seconds.
    words : str
        How it is told in a sentence: ``a year``, ``in these 30 days``.
    """

    length_s: float
    words: str

    @property
    def of(self) -> str:
        """The same behind an amount: ``8.8 h a year``, ``2.6 d of these 30 days``."""
        return self.words.replace("in ", "of ", 1)

    @property
    def share_of_year(self) -> float:
        """Factor from an amount a year to an amount in the period."""
        return self.length_s / YEAR_S


A_YEAR: Final = Period(YEAR_S, "a year")


class Periods(NamedTuple):
    """What losses and what failures are told for."""

    loss: Period
    access: Period


YEARLY: Final = Periods(A_YEAR, A_YEAR)


def periods_of(results: Subject, case: str) -> Periods:
    """Periods for one case: the horizon where a fault that matters was scheduled, else a year.

    One outage set on the tenth of thirty days is no outage of which there are twelve a year, whatever else may
    fall by chance in these thirty days.

    Parameters
    ----------
    results : Subject
        A run.
    case : str
        Name of the case.
    """
    described = results.scenario.cases[case]
    horizon = _horizon(described.run.horizon)
    every = set(described.faults)
    some = next(iter(by_design(results.recordings, case).values()), None)
    destroying = {some.fault_names[row] for row in rows_that_destroy(some, described)} if some is not None else set()
    return Periods(
        loss=horizon if _is_set(described, destroying or every) else A_YEAR,
        access=horizon if _is_set(described, every) else A_YEAR,
    )


def _is_set(case: Case, names: set[str]) -> bool:
    """Whether any of these faults does not fall by chance."""
    return any(not is_random(case.faults[name]) for name in names)


def _horizon(length_s: float) -> Period:
    days = length_s / _DAY_S
    if days == 1.0:
        return Period(length_s, "in this day")
    return Period(length_s, f"in these {days:g} days" if days.is_integer() else f"in these {show(length_s, 's')}")
