"""Whether peers play the same model: their mean and mean-square response times, from independent replications.

M/M/1 is compared with Lindley's recursion from an empty start over the same number of customers, whose limit is the
closed form 1 / (mu - lambda); the registry pull with SimPy's callbacks under other seeds, at its load and
almost without any (where times vary less, so that a wrong step shows). Two means are taken as equal
within the quantile of Student's t at a level of 1e-6 (Welch). Slow peers are compared on few customers; those that draw
in the same order as a fast one must give its very mean besides.

References
----------
.. [1] D. V. Lindley, "The theory of queues with a single server", Proc. Cambridge Phil. Soc. 48(2), 1952: the waiting
   time of a customer from that of the one before.
.. [2] B. L. Welch, "The generalization of Student's problem when several different population variances are involved",
   Biometrika 34, 1947.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.stats import t as student_t

from benchmarks.peers.models import Moments, Queue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ORACLE = "simpy-callbacks"
_LEVEL = 1e-6
# Peers that draw from Python's `random` in the same order: with one seed their means are the same, but for rounding.
_TWINS = {("pull", "simpy"): _ORACLE, ("pull", "salabim"): _ORACLE, ("queue", "salabim"): "simpy"}
_TWIN_COUNT, _TWIN_SEED, _TWIN_TOLERANCE = 2_000, 11, 1e-6
_REPLICATIONS = 32
_ORACLE_SEED = 1_000_000
# Of one replication; more would be seen no better than the slowest peer allows.
_MOST_CUSTOMERS = 10_000


class Player(Protocol):
    """What plays models: a peer in its process."""

    name: str

    def play(self, model: str, count: int, seed: int) -> tuple[float, Moments]:
        """Play a model; return CPU seconds and moments."""
        ...

    def count_for(self, model: str, seconds: float) -> int:
        """Return how many customers take about so many CPU seconds."""
        ...


def check(peers: Sequence[Player], *, seconds: float) -> list[dict[str, Any]]:
    """Compare every peer with the oracle of each model, and print how it went.

    Parameters
    ----------
    peers : sequence of Player
        All of them; the pull's oracle must be among them for the pull to be checked.
    seconds : float
        CPU seconds for each peer and model, about.

    Returns
    -------
    list of dict
        Rows with model, peer, count (customers of each replication), mean_s, rms_s, oracle_mean_s, oracle_rms_s, error
        (relative, of the mean), smallest (relative error that would be seen) and agrees.
    """
    known = {peer.name: peer for peer in peers}
    out = []
    for model in ("queue", "pull", "quiet"):
        print(f"\n{model}: mean response over {_REPLICATIONS} replications against its oracle")
        for peer in peers:
            count = min(_MOST_CUSTOMERS, peer.count_for(model, seconds / _REPLICATIONS))
            if model == "queue":
                truth = lindley(count)
            elif _ORACLE in known:
                truth = _play(known[_ORACLE], model, count, _ORACLE_SEED)
            else:
                continue
            row = {"model": model, "peer": peer.name, "count": count, **_compare(_play(peer, model, count, 1), truth)}
            twin = known.get(_TWINS.get((model, peer.name), ""))
            row["agrees"] = row["agrees"] and (twin is None or _are_twins(peer, twin, model))
            print("  {peer:20} {mean_s:9.5f} s against {oracle_mean_s:9.5f} s: {error:+7.2%}, "
                  "seen from {smallest:6.2%}: {agrees}".format(**row))  # fmt: skip
            out.append(row)
    return out


@cache
def lindley(count: int, *, replications: int = 1000, seed: int = 7) -> NDArray[np.float64]:
    """Return mean and mean-square response time of the first customers of M/M/1 from an empty start.

    Parameters
    ----------
    count : int
        Customers.
    replications, seed : int
        Independent rows of the result.

    Returns
    -------
    ndarray of float64, shape (replications, 2)
        In s and s^2.
    """
    what, rng = Queue(), np.random.default_rng(seed)
    wait_s = np.zeros(replications)
    sums = np.zeros((replications, 2))
    for _ in range(count):
        response_s = wait_s + rng.exponential(what.service_s, replications)
        sums += np.column_stack([response_s, response_s**2])
        wait_s = np.maximum(0.0, response_s - rng.exponential(1.0 / what.arrivals_per_s, replications))
    return np.asarray(sums / count, dtype=np.float64)


def _play(peer: Player, model: str, count: int, seed: int) -> NDArray[np.float64]:
    """Mean and mean square of replications, shape (replications, 2)."""
    found = [peer.play(model, count, seed + k)[1] for k in range(_REPLICATIONS)]
    return np.array([(moments.mean_s, moments.rms_s**2) for moments in found])


def _are_twins(peer: Player, twin: Player, model: str) -> bool:
    own, other = (p.play(model, _TWIN_COUNT, _TWIN_SEED)[1].mean_s for p in (peer, twin))
    return math.isclose(own, other, rel_tol=_TWIN_TOLERANCE)


def _compare(own: NDArray[np.float64], truth: NDArray[np.float64]) -> dict[str, Any]:
    variances = [x.var(axis=0, ddof=1) / len(x) for x in (own, truth)]
    error_of = np.sqrt(variances[0] + variances[1])
    freedom = (variances[0] + variances[1]) ** 2 / (
        variances[0] ** 2 / (len(own) - 1) + variances[1] ** 2 / (len(truth) - 1)
    )
    allowed = student_t.isf(_LEVEL / 2.0, freedom) * error_of
    mean, true = own.mean(axis=0), truth.mean(axis=0)
    return {
        "mean_s": float(mean[0]),
        "rms_s": math.sqrt(mean[1]),
        "oracle_mean_s": float(true[0]),
        "oracle_rms_s": math.sqrt(true[1]),
        "error": float(mean[0] / true[0] - 1.0),
        "smallest": float(allowed[0] / true[0]),
        "agrees": bool((np.abs(mean - true) <= allowed).all()),
    }
