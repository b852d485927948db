"""Laws in compiled code: rows of a table, and their quantiles bit for bit as those of the objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.jit import kernel, part, share
from georep_sim.laws import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    Lognormal,
    Mixture,
    Quantiles,
    Truncated,
    Uniform,
    Weibull,
    normal,
    scalars,
    special_compiled,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georep_sim.laws import Law

    _Parts = tuple[int, tuple[float, float], tuple[float, ...], tuple[Law, ...]]

#: A law: which it is, its parameters, its numbers in the pool (from `first`, `count` of them), the rows of the laws it
#: is made of (from `part`, `parts` of them) and, of a law that was asked for, the end of all rows below it. The last
#: three are room to work in, so that a draw allocates nothing.
LAWS: Final = np.dtype(
    [
        ("kind", "i4"),
        ("part", "i4"),
        ("parts", "i4"),
        ("end", "i4"),
        ("first", "i8"),
        ("count", "i8"),
        ("a", "f8"),
        ("b", "f8"),
        ("u", "f8"),
        ("x", "f8"),
        ("tail", "f8"),
    ]
)

_CONSTANT: Final = 0
_EXPONENTIAL: Final = 1
_UNIFORM: Final = 2
_LOGNORMAL: Final = 3
_WEIBULL: Final = 4
_GAMMA: Final = 5
_ERLANG: Final = 6
_EMPIRICAL: Final = 7
_QUANTILES: Final = 8
_TRUNCATED: Final = 9
_MIXTURE: Final = 10

special_compiled.register()
for _function in (
    normal.normal_cdf,
    normal.normal_quantile,
    normal.polynomial,
    scalars.count_at_most,
    scalars.empirical_rank,
    scalars.empirical_sf,
    scalars.erlang_sf,
    scalars.exponential_ppf,
    scalars.exponential_sf,
    scalars.gamma_ppf,
    scalars.gamma_sf,
    scalars.lognormal_ppf,
    scalars.lognormal_score,
    scalars.lognormal_sf,
    scalars.poisson_below,
    scalars.power,
    scalars.quantiles_ppf,
    scalars.quantiles_sf,
    scalars.segment_score,
    scalars.segment_slope,
    scalars.truncated_sf,
    scalars.truncated_u,
    scalars.uniform_ppf,
    scalars.uniform_sf,
    scalars.weibull_hazard,
    scalars.weibull_ppf,
    scalars.weibull_sf,
):
    share(_function)


def encode(laws: Sequence[Law]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return laws as `law_ppf` reads them.

    Parameters
    ----------
    laws : sequence of Law
        Any laws, made of others to any depth.

    Returns
    -------
    ndarray of `LAWS`, shape (n_rows,)
        A row for each law, in order; then those of the laws that some are made of.
    ndarray of float64, shape (n_numbers,)
        The pool: numbers of laws that have more than two.

    Raises
    ------
    TypeError
        If a law is of a kind that is not known here.
    """
    rows: list[tuple[float, ...]] = [()] * len(laws)
    pool: list[float] = []
    for index, law in enumerate(laws):
        # The family of one law, level by level: a law stands before what it is made of, whose rows are neighbours.
        places, family = [index], [law]
        for place, member in zip(places, family, strict=True):
            kind, (a, b), numbers, parts = _taken_apart(member)
            first_part = len(rows)
            rows[place] = (kind, first_part, len(parts), first_part, len(pool), len(numbers), a, b, 0.0, 0.0, 0.0)
            pool.extend(numbers)
            places.extend(range(first_part, first_part + len(parts)))
            family.extend(parts)
            rows.extend([()] * len(parts))
        rows[index] = (*rows[index][:3], len(rows), *rows[index][4:])
    return np.array(rows, dtype=LAWS), np.array(pool, dtype=np.float64)


def _taken_apart(law: Law) -> _Parts:
    """Kind, two parameters, numbers for the pool, and the laws that a law is made of."""
    match law:
        case Constant():
            return _CONSTANT, (law.value, 0.0), (), ()
        case Exponential():
            return _EXPONENTIAL, (law.mean, 0.0), (), ()
        case Uniform():
            return _UNIFORM, (law.low, law.high), (), ()
        case Lognormal():
            return _LOGNORMAL, (law.median, law.sigma), (), ()
        case Weibull():
            return _WEIBULL, (law.scale, law.shape), (), ()
        case Gamma():
            return _GAMMA, (law.scale, law.shape), (), ()
        case Erlang():
            return _ERLANG, (law.mean, law.stages), (), ()
        case _:
            return _taken_further_apart(law)


def _taken_further_apart(law: Law) -> _Parts:
    match law:
        case Empirical():
            return _EMPIRICAL, (0.0, 0.0), law.values, ()
        case Quantiles():
            return _QUANTILES, (0.0, 0.0), (*law.probabilities, *law.values, *law.scores), ()
        case Truncated():
            return _TRUNCATED, (law.minimum, law.maximum), (law.from_minimum, law.beyond), (law.law,)
        case Mixture():
            return _MIXTURE, (0.0, 0.0), law.shares, law.laws
        case _:
            msg = f"{type(law).__name__} has no compiled form; add one beside the others in {__name__}"
            raise TypeError(msg)


@kernel
def law_ppf(table: NDArray[Any], pool: NDArray[np.float64], index: int, u: float) -> float:
    """Return the u-quantile of a law; equals ``Law.ppf`` bit for bit.

    Parameters
    ----------
    table, pool : ndarray
        From `encode`.
    index : int
        Place of the law in what was encoded.
    u : float
        In (0, 1).
    """
    if table[index]["kind"] < _TRUNCATED:
        return _leaf_ppf(table, pool, index, u)
    return _family_ppf(table, pool, index, u)


@kernel
def law_ppf_many(
    table: NDArray[Any], pool: NDArray[np.float64], index: int, u: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write the quantiles of many uniform numbers.

    Parameters
    ----------
    table, pool, index
        As for `law_ppf`.
    u, out : ndarray of float64, shape (n,)
        Numbers in (0, 1), and where the quantiles go.
    """
    for place in range(len(u)):
        out[place] = law_ppf(table, pool, index, u[place])


@part
def _leaf_ppf(table: NDArray[Any], pool: NDArray[np.float64], index: int, u: float) -> float:
    """Quantile of a law that is not made of others."""
    row = table[index]
    kind, a, b = row["kind"], float(row["a"]), float(row["b"])
    if kind == _CONSTANT:
        return a
    if kind == _LOGNORMAL:
        return scalars.lognormal_ppf(a, b, u)
    if kind == _EXPONENTIAL:
        return scalars.exponential_ppf(a, u)
    if kind == _UNIFORM:
        return scalars.uniform_ppf(a, b, u)
    if kind == _WEIBULL:
        return scalars.weibull_ppf(a, b, u)
    if kind == _GAMMA:
        return scalars.gamma_ppf(a, b, u)
    if kind == _ERLANG:
        return scalars.gamma_ppf(a / b, b, u)
    numbers = pool[row["first"] : row["first"] + row["count"]]
    if kind == _EMPIRICAL:
        return float(numbers[scalars.empirical_rank(len(numbers), u)])
    points = len(numbers) // 3
    return scalars.quantiles_ppf(numbers[:points], numbers[points : 2 * points], numbers[2 * points :], u)


@part
def _leaf_sf(table: NDArray[Any], pool: NDArray[np.float64], index: int, x: float) -> float:
    row = table[index]
    kind, a, b = row["kind"], float(row["a"]), float(row["b"])
    if kind == _CONSTANT:
        return 1.0 if x < a else 0.0
    if kind == _LOGNORMAL:
        return scalars.lognormal_sf(a, b, x)
    if kind == _EXPONENTIAL:
        return scalars.exponential_sf(a, x)
    if kind == _UNIFORM:
        return scalars.uniform_sf(a, b, x)
    if kind == _WEIBULL:
        return scalars.weibull_sf(a, b, x)
    if kind == _GAMMA:
        return scalars.gamma_sf(a, b, x)
    if kind == _ERLANG:
        return scalars.erlang_sf(a, int(b), x)
    numbers = pool[row["first"] : row["first"] + row["count"]]
    if kind == _EMPIRICAL:
        return scalars.empirical_sf(numbers, x)
    points = len(numbers) // 3
    return scalars.quantiles_sf(numbers[points : 2 * points], numbers[2 * points :], x)


# Compiled code that calls itself cannot be kept in numba's cache. A family's rows stand parents first; so one pass
# down the table hands out the uniform numbers, and one up it collects the values.


@part
def _family_ppf(table: NDArray[Any], pool: NDArray[np.float64], index: int, u: float) -> float:
    """Quantile of a law that is made of others."""
    start, end = table[index]["part"], table[index]["end"]
    table[index]["u"] = u
    _hand_down(table, pool, index)
    for place in range(start, end):
        _hand_down(table, pool, place)
    for place in range(end - 1, start - 1, -1):
        _collect(table, pool, place, end)
    _collect(table, pool, index, end)
    return float(table[index]["x"])


@part
def _hand_down(table: NDArray[Any], pool: NDArray[np.float64], place: int) -> None:
    row = table[place]
    u = row["u"]
    if row["kind"] == _TRUNCATED:
        u = scalars.truncated_u(pool[row["first"]], pool[row["first"] + 1], u)
    for member in range(row["part"], row["part"] + row["parts"]):
        table[member]["u"] = u


@part
def _collect(table: NDArray[Any], pool: NDArray[np.float64], place: int, end: int) -> None:
    row = table[place]
    if row["kind"] == _MIXTURE:
        row["x"] = _mixture_ppf(table, pool, place, end)
    elif row["kind"] == _TRUNCATED:
        row["x"] = min(max(table[row["part"]]["x"], row["a"]), row["b"])
    else:
        row["x"] = _leaf_ppf(table, pool, place, row["u"])


@part
def _mixture_ppf(table: NDArray[Any], pool: NDArray[np.float64], place: int, end: int) -> float:
    """Search as `Mixture.ppf` does, between the least and the greatest quantile of the parts."""
    row = table[place]
    u = row["u"]
    low = high = float(table[row["part"]]["x"])
    for member in range(row["part"] + 1, row["part"] + row["parts"]):
        low, high = min(low, table[member]["x"]), max(high, table[member]["x"])
    if 1.0 - _family_sf(table, pool, place, end, low) >= u:
        return low
    middle = scalars.middle_float(low, high)
    while middle > low:
        if 1.0 - _family_sf(table, pool, place, end, middle) >= u:
            high = middle
        else:
            low = middle
        middle = scalars.middle_float(low, high)
    return high


@part
def _family_sf(table: NDArray[Any], pool: NDArray[np.float64], place: int, end: int, x: float) -> float:
    """P(X > x) of a law made of others, whose rows come before `end`."""
    for member in range(end - 1, table[place]["part"] - 1, -1):
        _collect_tail(table, pool, member, x)
    _collect_tail(table, pool, place, x)
    return float(table[place]["tail"])


@part
def _collect_tail(table: NDArray[Any], pool: NDArray[np.float64], place: int, x: float) -> None:
    row = table[place]
    first = row["first"]
    if row["kind"] == _MIXTURE:
        tail = 0.0
        for i in range(row["parts"]):
            tail += pool[first + i] * table[row["part"] + i]["tail"]
        row["tail"] = tail
    elif row["kind"] == _TRUNCATED:
        inner = table[row["part"]]["tail"]
        row["tail"] = scalars.truncated_sf(inner, x, row["a"], row["b"], pool[first], pool[first + 1])
    else:
        row["tail"] = _leaf_sf(table, pool, place, x)
