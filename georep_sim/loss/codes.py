"""Erasure codes: which patterns of gone fragments can still be read."""

from __future__ import annotations

import math
from collections import Counter


def readable_shares(code: tuple[int, ...]) -> tuple[float, ...]:
    """Return the shares of patterns that can be read, of one fragment more than any may be gone, two more, and so on.

    Parameters
    ----------
    code : tuple of int
        (k, m): none beyond m. (k, l, g), a local reconstruction code of k data fragments in l groups with a parity
        each, and g global parities: any g + 1 may be gone, and up to g + l of some patterns.

    Returns
    -------
    tuple of float
        Without those that are zero.

    Raises
    ------
    ValueError
        If the groups of a local code do not come out even.

    Notes
    -----
    A maximally recoverable code is assumed: each local group mends one of its own, and what is gone beyond that can be
    read if it is not more than g [1]_, section 2.2. Counted exactly, group by group.

    References
    ----------
    .. [1] C. Huang et al., "Erasure Coding in Windows Azure Storage", USENIX ATC 2012.

    Examples
    --------
    Of the 210 patterns of four of (6, 2, 2), 180 [1]_, section 2.2:

    >>> [round(share, 4) for share in readable_shares((6, 2, 2))]
    [0.8571]
    >>> readable_shares((12, 4))
    ()
    """
    if len(code) < 3:
        return ()
    data, groups, parities = code
    if data % groups:
        msg = f"{data} data fragments in {groups} local groups: must come out even"
        raise ValueError(msg)
    fragments = data + groups + parities
    size = data // groups + 1
    # Patterns by how many are gone and how many of these are beyond the one that each group mends.
    ways = Counter({(gone, gone): math.comb(parities, gone) for gone in range(parities + 1)})
    for _ in range(groups):
        longer: Counter[tuple[int, int]] = Counter()
        for (gone, beyond), count in ways.items():
            for more in range(size + 1):
                longer[gone + more, beyond + max(0, more - 1)] += count * math.comb(size, more)
        ways = longer
    shares = []
    for gone in range(parities + 2, parities + groups + 1):
        readable = sum(count for (lost, beyond), count in ways.items() if lost == gone and beyond <= parities)
        shares.append(readable / math.comb(fragments, gone))
    return tuple(share for share in shares if share > 0.0)
