"""Markov chains that end in a loss: transitions with named rates, and how they are made state by state.

Diagonals are never given: all that is stored is positive, so that solvers need not subtract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from georep_sim.errors import SimulationError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from numpy.typing import NDArray

    _Pairs = dict[tuple[Hashable, tuple[tuple[str, int], ...]], float]


class ChainTooLargeError(SimulationError):
    """A chain has more states than may be solved exactly; simulate instead."""


class Lost(NamedTuple):
    """The state in which content is lost, by the cause that gets the blame."""

    cause: str


class Move(NamedTuple):
    """One way out of a state, at the rate ``coefficient * product of rates ** exponent``.

    Parameters
    ----------
    target : hashable
        The state it leads to, or `Lost`.
    coefficient : float
        Positive; anything else is left out.
    powers : tuple of (str, int)
        Names of rates and their exponents.
    """

    target: Hashable
    coefficient: float
    powers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A continuous-time Markov chain that is absorbed by a loss.

    Parameters
    ----------
    states : tuple of hashable
        Those that are not lost.
    start : ndarray of float64, shape (n_states,)
        Probabilities of the states it starts in.
    causes : tuple of str
        The absorbing states.
    source, target : ndarray of int64, shape (n_transitions,)
        Indices of states; a target of ``len(states) + c`` is a loss by cause c. Sorted by source.
    coefficient : ndarray of float64, shape (n_transitions,)
        Positive.
    exponents : ndarray of int64, shape (n_transitions, n_rates)
        Of each named rate in the rate of each transition.
    names : tuple of str
        Of the rates.
    rates : ndarray of float64, shape (n_rates,)
        Their values, per year; positive.
    """

    states: tuple[Hashable, ...]
    start: NDArray[np.float64]
    causes: tuple[str, ...]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    coefficient: NDArray[np.float64]
    exponents: NDArray[np.int64]
    names: tuple[str, ...]
    rates: NDArray[np.float64]

    @property
    def per_y(self) -> NDArray[np.float64]:
        """Rate of each transition, shape (n_transitions,)."""
        values: NDArray[np.float64] = self.coefficient * np.prod(self.rates**self.exponents, axis=1)
        return values

    @property
    def is_loss(self) -> NDArray[np.bool_]:
        """Whether each transition ends in a loss, shape (n_transitions,)."""
        return self.target >= len(self.states)

    def loss_per_y(self) -> NDArray[np.float64]:
        """Rates at which states are lost to each cause, shape (n_states, n_causes)."""
        n = len(self.states)
        table = np.zeros((n, len(self.causes)))
        ends = self.is_loss
        np.add.at(table, (self.source[ends], self.target[ends] - n), self.per_y[ends])
        return table

    def with_rates(self, **rates: float) -> Chain:
        """Return the same chain at other values of some rates.

        Raises
        ------
        KeyError
            If the chain has no rate of that name.
        """
        unknown = sorted(rates.keys() - set(self.names))
        if unknown:
            msg = f"no rate {', '.join(unknown)}; rates are {', '.join(self.names)}"
            raise KeyError(msg)
        values = [rates.get(name, value) for name, value in zip(self.names, self.rates.tolist(), strict=True)]
        return replace(self, rates=_positive(dict(zip(self.names, values, strict=True))))


def explore(
    start: Hashable | Mapping[Any, float],
    moves: Callable[[Any], Iterable[Move]],
    *,
    rates: Mapping[str, float],
    most_states: int = 16_384,
) -> Chain:
    """Return the chain of all states that can be reached.

    Parameters
    ----------
    start : hashable, or mapping of hashable to float
        The state it starts in, or several with their probabilities.
    moves : callable
        Ways out of a state; several to the same target add up, those to the state itself do nothing.
    rates : mapping of str to float
        Values of the named rates, per year; must be positive (leave moves of rate zero out).
    most_states : int, default 16384
        Limit.

    Raises
    ------
    ChainTooLargeError
        If there are more states than that.
    ValueError
        If a rate is not positive.

    Examples
    --------
    Two copies, one of which is rebuilt ten times as fast as they fail:

    >>> def moves(gone):
    ...     yield Move(Lost("disk") if gone else 1, 2 - gone, (("failures", 1),))
    ...     if gone:
    ...         yield Move(0, 1.0, (("rebuilds", 1),))
    >>> chain = explore(0, moves, rates={"failures": 1.0, "rebuilds": 10.0})
    >>> chain.states, chain.causes, chain.per_y
    ((0, 1), ('disk',), array([ 2.,  1., 10.]))
    """
    starts = start if isinstance(start, Mapping) else {start: 1.0}
    waiting: list[Hashable] = list(starts)
    places: dict[Hashable, int] = {state: place for place, state in enumerate(waiting)}
    rows: list[tuple[int, Hashable, tuple[tuple[str, int], ...], float]] = []
    for place, state in enumerate(waiting):
        merged: _Pairs = {}
        for move in moves(state):
            if move.coefficient > 0.0 and move.target != state:
                key = (move.target, move.powers)
                merged[key] = merged.get(key, 0.0) + move.coefficient
        for (target, powers), coefficient in merged.items():
            if not isinstance(target, Lost) and target not in places:
                places[target] = len(places)
                waiting.append(target)
            rows.append((place, target, powers, coefficient))
        if len(places) > most_states:
            msg = f"the chain has more than {most_states} states; simulate it, or describe fewer phases and causes"
            raise ChainTooLargeError(msg)
    return _assembled(tuple(waiting), list(starts.values()), rows, rates)


def _assembled(
    states: tuple[Hashable, ...],
    shares: list[float],
    rows: list[tuple[int, Hashable, tuple[tuple[str, int], ...], float]],
    rates: Mapping[str, float],
) -> Chain:
    causes = tuple(dict.fromkeys(target.cause for _, target, _, _ in rows if isinstance(target, Lost)))
    places: dict[Hashable, int] = {state: place for place, state in enumerate(states)}
    places |= {Lost(cause): len(states) + place for place, cause in enumerate(causes)}
    used = {name for _, _, powers, _ in rows for name, _ in powers}
    names = tuple(name for name in rates if name in used)
    exponents = np.zeros((len(rows), len(names)), dtype=np.int64)
    columns = {name: column for column, name in enumerate(names)}
    for row, (_, _, powers, _) in enumerate(rows):
        for name, exponent in powers:
            exponents[row, columns[name]] += exponent
    start = np.zeros(len(states))
    start[: len(shares)] = shares
    return Chain(
        states=states,
        start=start,
        causes=causes,
        source=np.array([source for source, _, _, _ in rows], dtype=np.int64),
        target=np.array([places[target] for _, target, _, _ in rows], dtype=np.int64),
        coefficient=np.array([coefficient for _, _, _, coefficient in rows], dtype=np.float64),
        exponents=exponents,
        names=names,
        rates=_positive({name: rates[name] for name in names}),
    )


def _positive(rates: Mapping[str, float]) -> NDArray[np.float64]:
    for name, value in rates.items():
        if not 0.0 < value < float("inf"):
            msg = f"rate {name} is {value} per year, must be positive and finite"
            raise ValueError(msg)
    return np.array(list(rates.values()), dtype=np.float64)
