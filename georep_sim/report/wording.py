"""How a number, a difference and a verdict are told in a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from georep_sim.report.numerals import nines, show, show_apart, show_range

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from georep_sim.report.period import Period
    from georep_sim.report.rows import Difference, Estimate, Key

BLOB_LOSS: Final = "chance of losing a blob in a year"
"""Label of that line of the table, which a sentence points to."""


@dataclass(frozen=True)
class Words:
    """Sentences about one number.

    Parameters
    ----------
    key : Key
        Which number.
    period : Period
        What amounts a year are told for.
    sizes : mapping of str to Estimate
        Bytes lost by design, told beside the objects.
    took_copied : bool, default False
        Whether what had been copied can be lost too: deleted everywhere, or destroyed at every site.
    """

    key: Key
    period: Period
    sizes: Mapping[str, Estimate]
    took_copied: bool = False

    def alone(self, row: Estimate) -> str:
        """Tell of a design that has nothing to be compared with."""
        return f"{row.design} alone: {self._value(row, self._per)}."

    def not_compared(self, first: Estimate, second: Estimate) -> str:
        """Tell of two values without a difference."""
        return f"{self._all((first, second))}; their difference was not estimated."

    def better(self, winner: Estimate, loser: Estimate, gap: Difference, *, of_many: bool) -> str:
        """Tell of a difference that is there.

        Parameters
        ----------
        winner, loser : Estimate
            The two values.
        gap : Difference
            Loser minus winner.
        of_many : bool
            Whether the loser is the next best of several.
        """
        against = f"{loser.design}, the next best," if of_many else loser.design
        if not math.isfinite(gap.value):
            return f"{winner.design} is better than {against.removesuffix(',')}: {self._all((winner, loser))}."
        if self.key.statistic == "annual_loss_probability":
            return self._less_likely(winner, loser, gap, against)
        by, sure = self._size(gap)
        told = {
            "objects_per_year": f"loses {by} fewer acknowledged images{self._per} than {against}",
            "bytes_per_year": f"loses {by} less{self._per} of what it acknowledged than {against}",
            "request_weighted": f"serves pulls for {by} more{self._per} than {against}",
            "time_weighted": f"can be reached for pulls for {by} more{self._per} than {against}",
            "p99": f"has 99 of 100 pulls done {by} sooner than {against}",
            "total": f"costs {by} less{self._per} than {against}",
        }[self.key.statistic]
        tell = self._amount if self.key.metric == "latency_all" else self._value
        values = (tell(winner), tell(loser))
        # A difference can be sure and yet too small to be seen in what is told of the values.
        equal = ", as good as equal" if values[0] == values[1] else ""
        pair = f"{values[0]} against {values[1]}{equal}"
        return f"{winner.design} {told.removesuffix(',')} (95 % interval {sure}): {pair}."

    def _less_likely(self, winner: Estimate, loser: Estimate, gap: Difference, against: str) -> str:
        """Tell of two chances, which differ by powers of ten: by their ratio."""
        how = f"{_times(loser.value / winner.value)} less likely" if winner.value > 0.0 else "less likely"
        sure = "" if math.isnan(gap.low) else f" (95 % interval of the difference {self._size(gap)[1]})"
        values = f"{self._value(winner)} against {self._amount(loser)}"
        return f"{winner.design} is {how} to lose an image than {against.removesuffix(',')}{sure}: {values}."

    def same(self, best: Estimate, equals: Sequence[Estimate], gap: Difference) -> str:
        """Tell of a difference that may be none.

        Parameters
        ----------
        best : Estimate
            The best value.
        equals : sequence of Estimate
            Those not distinguishable from it, the nearest first.
        gap : Difference
            Nearest minus best.
        """
        rows = (best, *equals)
        start = f"{_listed([row.design for row in rows])} are not distinguishable: "
        if self._is_loss and all(row.value == 0.0 < row.high for row in rows):
            worst = max(rows, key=lambda row: row.high)
            bound = f"(at most {self._most(worst)}{self._per})"
            if self.took_copied:
                return f"{start}no image was lost before it was copied {bound}; for later losses see {BLOB_LOSS}."
            return f"{start}no image was lost once acknowledged {bound}."
        text = start + self._all((best, equals[0]))
        if self.key.statistic == "annual_loss_probability" and math.isnan(gap.low):
            return f"{text}, as good as equal."
        if not math.isfinite(gap.low) or not math.isfinite(gap.high):
            return text + "."
        if gap.low == gap.high == 0.0:
            return f"{text}; no replication tells them apart."
        ends = (self._factor * gap.low, self._factor * gap.high)
        between = show_range(*ends, self._unit(gap.unit), statistic=self.key.statistic)
        what = " images" if self.key.statistic == "objects_per_year" else ""
        return f"{text}; the 95 % interval of {equals[0].design} minus {best.design}, {between}{what}, holds zero."

    @property
    def _is_loss(self) -> bool:
        return self.key.metric == "acknowledged_then_lost"

    @property
    def _is_access(self) -> bool:
        return self.key.metric == "availability"

    @property
    def _per(self) -> str:
        """What an amount is told for, with a space before; nothing for what is no amount."""
        if self.key.metric == "cost":
            return " a month"
        return f" {self.period.words}" if self._is_loss or self._is_access else ""

    @property
    def _factor(self) -> float:
        """From the number of the table to the amount told: availability is told as time."""
        if self._is_access:
            return self.period.length_s
        return self.period.share_of_year if self._is_loss else 1.0

    def _unit(self, unit: str) -> str:
        return "s" if self._is_access else unit.removesuffix("/y").removesuffix("/month") or "1"

    def _size(self, gap: Difference) -> tuple[str, str]:
        """Size of a difference and its interval, both without sign."""
        low, high = sorted((abs(gap.low), abs(gap.high)))
        numbers = (self._factor * abs(gap.value), self._factor * low, self._factor * high)
        return show_apart(*numbers, self._unit(gap.unit), statistic=self.key.statistic)

    def _all(self, rows: Sequence[Estimate]) -> str:
        """Every value with its design; what they are told for stands once."""
        told = [
            f"{self._value(row, self._per if place == 0 else '')} with {row.design}" for place, row in enumerate(rows)
        ]
        return ", ".join(told)

    def _value(self, row: Estimate, per: str = "") -> str:
        if self._is_access:
            return self._access(1.0 - row.value)
        if row.value == 0.0 and row.high > 0.0:
            before = " before it was copied" if self.took_copied else ""
            return f"nothing lost{before} (at most {self._most(row)}{per})"
        if self.key.metric == "latency_all":
            fails = "more than 1 pull of 100 fails"
            return fails if math.isinf(row.value) else f"{self._amount(row)} for 99 of 100"
        if self.key.metric == "durability":
            return f"a chance of {self._amount(row)} per blob and year"
        size = self.sizes.get(row.design) if self.key.statistic == "objects_per_year" else None
        return f"{self._amount(row)}{'' if size is None else f' ({self._amount(size)})'}{per}"

    def _access(self, failing: float) -> str:
        if failing <= 0.0:
            return "no failed pull seen"
        time = show(failing * self.period.length_s, "s")
        return f"{show(1.0 - failing, '1')} ({nines(failing)}, {time} {self.period.of} without)"

    def _amount(self, row: Estimate) -> str:
        """A value with as many digits as its interval allows."""
        numbers = [self._factor * number for number in (row.value, row.low, row.high)]
        text = show_apart(numbers[0], numbers[1], numbers[2], self._unit(row.unit), statistic=row.statistic)[0]
        return f"{text} {'image' if text == '1' else 'images'}" if row.statistic == "objects_per_year" else text

    def _most(self, row: Estimate) -> str:
        text = show(self._factor * row.high, self._unit(row.unit), statistic=row.statistic)
        return f"{text} images" if row.statistic == "objects_per_year" else text


def _times(ratio: float) -> str:
    """A ratio above one in words."""
    return f"{ratio:,.0f} times" if 10.0 <= ratio < 1e6 else f"{ratio:.2g} times"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
