"""Pulls and pushes as tables of HTTP requests, and the habits of the clients that send them.

References
----------
.. [1] OCI Distribution Specification 1.1.0, "Pull" and "Push": the requests and their order.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Body(IntEnum):
    """What travels in the body of a request or its answer."""

    NONE = 0
    MANIFEST = 1
    LAYER = 2


class Stage(NamedTuple):
    """One HTTP request of a chain.

    Parameters
    ----------
    number : int
        Address of its draws and rank in the order of events; unique over all chains.
    name, method : str
        What it is about and the HTTP method.
    is_write : bool
        Whether it takes a token of the write bucket and a service time of the write law.
    up, down : Body
        Bodies of the request and of its answer.
    """

    number: int
    name: str
    method: str
    is_write: bool
    up: Body = Body.NONE
    down: Body = Body.NONE


CONNECT = 0
"""Number of the stage that is not an HTTP request."""

PULL_MANIFEST = Stage(1, "manifest", "GET", is_write=False, down=Body.MANIFEST)
PULL_LAYER = (Stage(2, "layer", "GET", is_write=False, down=Body.LAYER),)
KNOWN_LAYER = (Stage(3, "exists", "HEAD", is_write=False),)
NEW_LAYER = (
    *KNOWN_LAYER,
    Stage(4, "start", "POST", is_write=True),
    Stage(5, "data", "PATCH", is_write=True, up=Body.LAYER),
    Stage(6, "finish", "PUT", is_write=True),
)
PUSH_MANIFEST = Stage(7, "manifest", "PUT", is_write=True, up=Body.MANIFEST)

OTHER_SITE = 0xFFFF
"""Number of the connection to a second site; those to the first are counted from 0."""

# Ranks in the order of events, beyond those of HTTP requests.
JOIN, BACKOFF, ATTEMPT_TIMEOUT = 8, 9, 10


class Habits(NamedTuple):
    """How a kind of client uses connections.

    Parameters
    ----------
    keep_alive : bool
        False: a connection per HTTP request.
    parallel, parallel_push : int
        Layers pulled and pushed at the same time.
    """

    keep_alive: bool
    parallel: int
    parallel_push: int


# Defaults of dockerd: max-concurrent-downloads 3, max-concurrent-uploads 5 (docker docs, "dockerd"); containerd's CRI
# plugin: max_concurrent_downloads 3, uploads like docker's (assumed). skopeo: connections and layers one by one, as
# measured in the laboratory registries.
HABITS: Mapping[str, Habits] = {
    "containerd": Habits(keep_alive=True, parallel=3, parallel_push=5),
    "docker": Habits(keep_alive=True, parallel=3, parallel_push=5),
    "skopeo": Habits(keep_alive=False, parallel=1, parallel_push=1),
}
