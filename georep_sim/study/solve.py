"""The value of one setting at which a design loses a blob with a given probability a year."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from georep_sim.errors import InputError, ScenarioError
from georep_sim.scenario.paths import split_path
from georep_sim.scenario.tree import as_path
from georep_sim.study.losses import blob_loss, losses_of
from georep_sim.units import UnitError, exact_text, format_quantity, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.scenario import Scenario
    from georep_sim.study.losses import Answers
    from georep_sim.study.resampling import Estimate

#: Kinds of numbers that can be changed smoothly, in the order in which a text is read as one.
_KINDS: Final = ("time", "rate", "bandwidth", "bytes", "number")
_STEP: Final = math.log(4.0)
_STEPS: Final = 10
_TO_THE_EDGE: Final = 10
# Of the value, relative: no scenario knows its inputs better.
_PRECISION: Final = 1e-5
# Characters of a value that an error message repeats.
_MOST_SHOWN: Final = 60
# Stands for a probability of zero on a logarithmic scale.
_NOTHING: Final = -700.0


@dataclass(frozen=True)
class Tried:
    """A value, and the chance of losing a blob in a year that it gives."""

    text: str
    loss: Estimate

    @property
    def probability(self) -> float:
        """The chance alone."""
        return self.loss.value


@dataclass(frozen=True)
class Solution:
    """What was found for one design.

    Parameters
    ----------
    case, design, path : str
        Of what; which setting was changed.
    target : float
        Annual loss probability of a blob that was asked for.
    present : Tried
        What the scenario has.
    found : Tried or None
        The value that gives the target; None if there is none within `ends`.
    low, high : str
        Ends of the 95 % interval of the value where the answer is simulated, else empty.
    ends : tuple of Tried
        Smallest and largest value that was tried.
    """

    case: str
    design: str
    path: str
    target: float
    present: Tried
    found: Tried | None
    low: str
    high: str
    ends: tuple[Tried, Tried]


def solve(
    scenario: Scenario,
    path: str,
    target: float,
    *,
    design: str,
    case: str | None = None,
    answers: Answers = "number",
) -> Solution:
    """Find the value of a setting at which a blob is lost with a given probability a year.

    Parameters
    ----------
    scenario : Scenario
        Where to start; its other values stay.
    path : str
        Setting to change: a time, rate, bandwidth, amount of data, share or number. ``all`` stands for every entry.
    target : float
        Wanted ``annual_loss_probability``, between 0 and 1.
    design : str
        Whose.
    case : str, optional
        In which case; default the first.
    answers : {"number", "exact_number"}
        Whether to simulate where there is no exact answer.

    Returns
    -------
    Solution
        The solution that is nearest to the present value on a logarithmic scale.

    Raises
    ------
    InputError
        If the path leads to no such number, or the target is no probability, or nothing answers.

    Notes
    -----
    From the present value outwards in factors of four, a million times at most, until the loss passes the target; then
    Brent's method on both logarithms. Values that the language refuses bound the search.
    """
    if not 0.0 < target < 1.0:
        msg = f"--target {target:g}: expected a probability between 0 and 1, such as 1e-11 for eleven nines"
        raise InputError(msg)
    search = _Search(scenario, path, math.log(target), design, scenario.case(case).name, answers)
    present = search.tried(search.start)
    bracket = search.bracket()
    value = None if bracket is None else search.root(*bracket)
    low, high = ("", "") if value is None or bracket is None else search.interval(value, *bracket)
    found = None if value is None else search.tried(value)
    ends = (search.tried(min(search.done)), search.tried(max(search.done)))
    return Solution(search.case, design, path, target, present, found, low, high, ends)


@dataclass
class _Search:
    """Answers by the logarithm of the value."""

    scenario: Scenario
    path: str
    goal: float
    design: str
    case: str
    answers: Answers
    start: float = 0.0
    kind: str = ""
    shown_as: str = ""
    done: dict[float, Estimate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text = self._present()
        value, self.kind = _number(self.path, text)
        self.shown_as = "share" if "%" in text else self.kind
        self.start = math.log(value)
        self._refuse_whole(text, value)

    def _present(self) -> str:
        keys = split_path(self.path)
        # `all` has no value of its own; that of the design asked for stands for it.
        own = tuple(
            self.design if (i, key) == (1, "all") and keys[0] == "designs" else key for i, key in enumerate(keys)
        )
        return self.scenario.why(as_path(own), self.case).value

    def _refuse_whole(self, text: str, value: float) -> None:
        if self.kind != "number" or not value.is_integer():
            return
        try:
            self.scenario.set({self.path: value + 0.5})
        except ScenarioError:
            msg = f"{self.path} is {text}, a whole number; solving needs one that can change a little: try values with --set"
            raise InputError(msg) from None

    def text(self, at: float) -> str:
        """A value as the language writes it, to five digits."""
        return format_quantity(math.exp(at), self.shown_as, digits=5)

    def tried(self, at: float) -> Tried:
        return Tried(self.text(at), self.loss(at))

    def loss(self, at: float) -> Estimate:
        """The chance of losing a blob; a value is tried once."""
        if at not in self.done:
            value = math.exp(at)
            changed = (
                self.scenario if at == self.start else self.scenario.set({self.path: exact_text(value, self.kind)})
            )
            case = changed.case(self.case)
            found = losses_of(case, changed.design(self.design, self.case), answers=self.answers)
            loss = blob_loss(found)
            if loss is None:
                msg = f"design {self.design} has no exact answer: {found.why_not_exact}; leave --exact-only out"
                raise InputError(msg)
            self.done[at] = loss
        return self.done[at]

    def gap(self, at: float) -> float:
        """Logarithm of the loss over that of the target."""
        value = self.loss(at).value
        return (math.log(value) if value > 0.0 else _NOTHING) - self.goal

    def bracket(self) -> tuple[float, float] | None:
        """Two neighbouring values on both sides of the target."""
        sides = [self._outwards(sign) for sign in (1.0, -1.0)]
        while sides:
            for side in list(sides):
                pair = next(side, None)
                if pair is None:
                    sides.remove(side)
                elif (self.gap(pair[0]) > 0.0) != (self.gap(pair[1]) > 0.0) or self.gap(pair[1]) == 0.0:
                    return pair
        return None

    def _outwards(self, sign: float) -> Iterator[tuple[float, float]]:
        """Neighbouring values from the present one outwards, up to the first that the language refuses."""
        here = self.start
        for _ in range(_STEPS):
            there = here + sign * _STEP
            if self._is_allowed(there):
                yield here, there
                here = there
                continue
            edge = self._edge(here, there)
            if edge != here:
                yield here, edge
            return

    def _edge(self, inside: float, outside: float) -> float:
        for _ in range(_TO_THE_EDGE):
            middle = 0.5 * (inside + outside)
            inside, outside = (middle, outside) if self._is_allowed(middle) else (inside, middle)
        return inside

    def _is_allowed(self, at: float) -> bool:
        try:
            self.loss(at)
        except ScenarioError:
            return False
        return True

    def root(self, a: float, b: float) -> float:
        """The logarithm of the value that gives the target."""
        from scipy.optimize import brentq  # noqa: PLC0415 - slow to import

        if self.gap(b) == 0.0:
            return b
        return float(brentq(self.gap, min(a, b), max(a, b), xtol=_PRECISION))

    def interval(self, at: float, a: float, b: float) -> tuple[str, str]:
        """Ends of the value's interval, by the slope between two values around it; empty where the answer has none."""
        loss = self.loss(at)
        slope = (self.gap(b) - self.gap(a)) / (b - a)
        if loss.key.method != "simulated" or not loss.low > 0.0 or slope == 0.0:
            return "", ""
        shifts = sorted(math.log(loss.value / end) / slope for end in (loss.low, loss.high))
        return self.text(at + shifts[0]), self.text(at + shifts[1])


def _number(path: str, text: str) -> tuple[float, str]:
    """Value and kind of a setting that is one positive number."""
    for kind in _KINDS:
        try:
            value = parse(text, kind).value
        except UnitError:
            continue
        if value > 0.0:
            return value, kind
        break
    shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
    msg = (
        f"{path} is {shown}: expected one positive time, rate, bandwidth, amount of data, share or number to solve for"
    )
    remedy = "; name one of the keys in it" if text.startswith("{") else "; give it a value to start from with --set"
    raise InputError(msg + remedy)
