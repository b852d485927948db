"""Max-min fair flows known one by one, in exact arithmetic: slow, and independent of the planes."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


def naive_shares(flows: list[tuple[tuple[int, ...], float]], capacities: list[float]) -> list[Fraction | float]:
    """Raise all flows together, in exact arithmetic; stop each at its limit or at the first full pipe."""
    rates: list[Fraction | float] = [Fraction(0)] * len(flows)
    left = [Fraction(c) for c in capacities]
    growing = set(range(len(flows)))
    while growing:
        steps = [left[p] / n for p in range(len(left)) if (n := sum(p in flows[f][0] for f in growing))]
        steps += [Fraction(flows[f][1]) - Fraction(rates[f]) for f in growing if flows[f][1] < math.inf]
        if not steps:
            for f in growing:
                rates[f] = math.inf
            return rates
        step = min(steps)
        for f in growing:
            rates[f] += step
            for p in flows[f][0]:
                left[p] -= step
        full = {p for p in range(len(left)) if left[p] == 0}
        growing = {f for f in growing if rates[f] < flows[f][1] and full.isdisjoint(flows[f][0])}
    return rates


class NaivePull(NamedTuple):
    """Layers that a client fetches a few at a time, each along the same pipes, without any round trip.

    Parameters
    ----------
    at_s : Fraction
        When it begins.
    layers : tuple of int
        Sizes in bytes, in their order.
    path : tuple of int
        Pipes.
    parallel : int
        Layers at a time.
    """

    at_s: Fraction
    layers: tuple[int, ...]
    path: tuple[int, ...]
    parallel: int


def naive_pull_ends(pulls: Sequence[NaivePull], capacities: list[float]) -> list[Fraction]:
    """When each pull has all its layers, in s: from one end of a flow to the next."""
    todo = [list(pull.layers) for pull in pulls]
    left: list[list[Fraction]] = [[] for _ in pulls]
    ends = [pull.at_s for pull in pulls]
    now_s = Fraction(0)
    while any(todo) or any(left):
        for i, pull in enumerate(pulls):
            while pull.at_s <= now_s and todo[i] and len(left[i]) < pull.parallel:
                left[i].append(Fraction(todo[i].pop(0)))
        live = [(i, j) for i in range(len(pulls)) for j in range(len(left[i]))]
        rates = [Fraction(rate) for rate in naive_shares([(pulls[i].path, math.inf) for i, _ in live], capacities)]
        steps = [left[i][j] / rate for (i, j), rate in zip(live, rates, strict=True)]
        steps += [pull.at_s - now_s for pull in pulls if pull.at_s > now_s]
        now_s += min(steps)
        for (i, j), rate in zip(live, rates, strict=True):
            left[i][j] -= rate * min(steps)
        for i in {i for i, _ in live}:
            left[i] = [bytes_ for bytes_ in left[i] if bytes_ > 0]
            ends[i] = now_s if not (left[i] or todo[i]) else ends[i]
    return ends
