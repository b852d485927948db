"""Rows of requests, and how a request is addressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ARRIVAL = [("time_ns", "i8"), ("cohort", "i4"), ("operation", "i1"), ("hour", "i4"), ("k", "i4"), ("burst", "i4")]
#: When a request comes, and from whom.
ARRIVAL_DTYPE: Final = np.dtype(_ARRIVAL)
#: And what it asks for.
TRAFFIC_DTYPE: Final = np.dtype([*_ARRIVAL, ("image", "i4"), ("machine", "i4"), ("warm", "?"), ("new_layers", "u8")])
#: Requests of one client group, operation and hour are numbered in so many bits.
K_BITS: Final = 24


def request_index(rows: NDArray[Any]) -> NDArray[np.int64]:
    """Return the numbers that address what is drawn for requests: hour and k, packed.

    With the client group and the operation in the stream's name they identify a request: what is drawn for it stands
    under ``clients/<group>/<pull or push>/<purpose>`` at this index.

    Parameters
    ----------
    rows : ndarray
        Rows with the columns hour and k.
    """
    return np.asarray((rows["hour"].astype(np.int64) << K_BITS) | rows["k"], dtype=np.int64)
