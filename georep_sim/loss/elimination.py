"""Mean time to loss, by eliminating states without a subtraction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from georep_sim.loss.chain import ChainTooLargeError

if TYPE_CHECKING:
    from georep_sim.loss.chain import Chain

#: States up to which elimination, whose work grows with their cube, is a matter of moments.
DENSE_STATES = 400


class Ending(NamedTuple):
    """How a chain ends if it is left alone.

    Parameters
    ----------
    mean_y : float
        Mean time to the loss, from the start; infinite where it may never come.
    by_cause : dict of str to float
        Probability that a cause is the one; they add up to one unless there are states of no return.
    """

    mean_y: float
    by_cause: dict[str, float]


def mean_time_to_loss(chain: Chain) -> Ending:
    """Return the mean time to loss of a chain, and the shares of its causes, to nearly all digits of its rates.

    Parameters
    ----------
    chain : Chain
        Of at most `DENSE_STATES` states.

    Raises
    ------
    ChainTooLargeError
        If it has more.

    Notes
    -----
    Gaussian elimination in the form of Grassmann, Taksar and Heyman [1]_, with the absorbing states kept: the last
    state is taken out, its way out shared among the others; its diagonal is the sum of what leaves, never a
    difference. So the relative error stays near that of the input, whatever the mean time is [2]_.

    References
    ----------
    .. [1] W. K. Grassmann, M. I. Taksar, D. P. Heyman, "Regenerative analysis and steady state distributions for
       Markov chains", Operations Research 33(5), 1985, pages 1107-1116.
    .. [2] C. A. O'Cinneide, "Entrywise perturbation theory and error analysis for Markov chains", Numerische
       Mathematik 65, 1993, pages 109-120.

    Examples
    --------
    >>> from georep_sim.loss.chain import Lost, Move, explore
    >>> def moves(gone):
    ...     yield Move(Lost("disk") if gone else 1, 2 - gone, (("failures", 1),))
    ...     if gone:
    ...         yield Move(0, 1.0, (("rebuilds", 1),))
    >>> mean_time_to_loss(explore(0, moves, rates={"failures": 1.0, "rebuilds": 10.0}))
    Ending(mean_y=6.5, by_cause={'disk': 1.0})
    """
    n = len(chain.states)
    if n > DENSE_STATES:
        msg = f"{n} states are too many to eliminate, the limit is {DENSE_STATES}"
        raise ChainTooLargeError(msg)
    inner = ~chain.is_loss
    between = np.zeros((n, n))
    np.add.at(between, (chain.source[inner], chain.target[inner]), chain.per_y[inner])
    # One column more for what never ends: a state from which nothing leads out.
    lost = np.hstack([chain.loss_per_y(), np.zeros((n, 1))])
    stays, start = np.ones(n), chain.start.copy()
    ending, mean_y = np.zeros(len(chain.causes) + 1), 0.0
    for state in range(n - 1, -1, -1):
        into = np.append(between[:state, state], start[state])
        # Back where it came from is no way out: the diagonal is never read.
        leaves = between[state, :state].sum() + lost[state].sum()
        if leaves == 0.0:
            lost[:state, -1] += into[:-1]
            ending[-1] += into[-1]
            continue
        share = into / leaves
        between[:state, :state] += np.outer(share[:-1], between[state, :state])
        lost[:state] += np.outer(share[:-1], lost[state])
        stays[:state] += share[:-1] * stays[state]
        start[:state] += share[-1] * between[state, :state]
        ending += share[-1] * lost[state]
        mean_y += float(share[-1] * stays[state])
    by_cause = dict(zip(chain.causes, ending[:-1].tolist(), strict=True))
    return Ending(math.inf if ending[-1] > 0.0 else mean_y, by_cause)
