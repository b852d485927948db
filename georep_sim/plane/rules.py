"""Decisions and arithmetic of the data plane, as plain scalar functions.

Floats and integers in and out, no objects, no powers that a compiler may take differently: the reference plane calls
these functions, the compiled one compiles the very same text. Durations are computed in float seconds and rounded
once, half to even, to nanoseconds.
"""

from __future__ import annotations

import math
from typing import Final

from georep_sim.tables import NS_PER_S, Admission, Outcome

# Enumerations as the integers a compiled function returns.
OK: Final = int(Outcome.OK)
THROTTLED: Final = int(Outcome.THROTTLED)
NOT_FOUND: Final = int(Outcome.NOT_FOUND)
UNREACHABLE: Final = int(Outcome.UNREACHABLE)
STORAGE_ERROR: Final = int(Outcome.STORAGE_ERROR)
DENIED: Final = int(Outcome.DENIED)
_IS_UNREACHABLE: Final = int(Admission.UNREACHABLE)
_IS_STORAGE_ERROR: Final = int(Admission.STORAGE_ERROR)
_IS_NOT_FOUND: Final = int(Admission.NOT_FOUND)
_IS_DENIED: Final = int(Admission.DENIED)

CONNECT_TIMEOUT_S = 30.0
"""How long a client waits for a host that does not answer, where its ladder sets no limit: the dialer's timeout of
`DefaultTransport` in Go's net/http, which containerd, docker and skopeo use (net/http/transport.go)."""


def ns_of(seconds: float) -> int:
    """Nanoseconds of a duration, rounded half to even.

    Examples
    --------
    >>> ns_of(1.5e-9), ns_of(2.5e-9)
    (2, 2)
    """
    return round(seconds * NS_PER_S)


def backoff_s(attempt: int, u: float, first_s: float, factor: float, cap_s: float) -> float:
    """Wait before the attempt after `attempt` (1, 2, …), in s.

    The wait grows by `factor` up to `cap_s` and is spread by half of itself either way, which leaves its mean
    (width of the spread: assumed).

    Examples
    --------
    >>> backoff_s(3, 0.5, first_s=1.0, factor=2.0, cap_s=60.0)
    4.0
    """
    wait_s = first_s
    for _ in range(attempt - 1):
        wait_s *= factor
        if wait_s >= cap_s:
            break
    return min(wait_s, cap_s) * (0.5 + u)


def take_token(level: float, last_ns: int, now_ns: int, rate_per_s: float, capacity: float) -> tuple[bool, float, int]:
    """Take one token from a bucket that refills lazily.

    Parameters
    ----------
    level, last_ns : float, int
        Tokens in the bucket when it was last looked at, and when that was.
    now_ns : int
        Now.
    rate_per_s, capacity : float
        Refill and size.

    Returns
    -------
    tuple of (bool, float, int)
        Whether there was a token, and the new `level` and `last_ns`.

    Examples
    --------
    >>> take_token(0.0, 0, 500_000_000, rate_per_s=2.0, capacity=10.0)
    (True, 0.0, 500000000)
    """
    level = min(capacity, level + rate_per_s * (float(now_ns - last_ns) / NS_PER_S))
    if level >= 1.0:
        return True, level - 1.0, now_ns
    return False, level, now_ns


def last_refresh_ns(now_ns: int, phase: float, ttl_ns: int) -> int:
    """When a machine last renewed its DNS answer: the latest instant phase * TTL + n * TTL not after now.

    Parameters
    ----------
    now_ns : int
        Now.
    phase : float
        In [0, 1).
    ttl_ns : int
        How long this machine keeps an answer; 0 = it asks every time.

    Returns
    -------
    int
        May be negative: before the machine's first renewal it uses the first answer there was.

    Examples
    --------
    >>> last_refresh_ns(100, phase=0.5, ttl_ns=60), last_refresh_ns(100, phase=0.5, ttl_ns=0)
    (90, 100)
    """
    if ttl_ns <= 0:
        return now_ns
    return now_ns - (now_ns - round(phase * ttl_ns)) % ttl_ns


def answer(admission: int, has_token: bool, is_missing: bool) -> int:
    """Answer of a site to one HTTP request; what comes first in the request's way decides.

    A host that is down says nothing; the front end counts tokens; then rights, storage, and content are looked at.

    Parameters
    ----------
    admission : int
        `Admission` of the site for the operation.
    has_token, is_missing : bool
        Whether the bucket held a token; whether the content asked for is not there.

    Returns
    -------
    int
        An `Outcome`.
    """
    if admission == _IS_UNREACHABLE:
        return UNREACHABLE
    if not has_token:
        return THROTTLED
    if admission == _IS_DENIED:
        return DENIED
    if admission == _IS_STORAGE_ERROR:
        return STORAGE_ERROR
    if is_missing or admission == _IS_NOT_FOUND:
        return NOT_FOUND
    return OK


def broken(admission: int) -> int:
    """`Outcome` of a request whose connection a fault broke, by what the site would answer now."""
    outcome = answer(admission, True, False)
    return UNREACHABLE if outcome == OK else outcome


def is_final(outcome: int) -> bool:
    """Whether a client takes the answer as it is: success, 403 and 404. Anything else it tries again."""
    return outcome == OK or outcome == NOT_FOUND or outcome == DENIED  # noqa: PLR1714  (compiled too)


def stalls_copies(admission: int) -> bool:
    """Whether a site in this state neither gives nor takes copies.

    A refusal (`DENIED`, a standby) is meant for clients, and a site that was emptied (`NOT_FOUND`) is refilled.
    """
    return admission == _IS_UNREACHABLE or admission == _IS_STORAGE_ERROR  # noqa: PLR1714  (compiled too)


def uncontended_push_s(
    rtt_s: float,
    handshakes: int,
    known_layers: int,
    new_layers: int,
    parallel: int,
    keep_alive: bool,
    read_s: float,
    write_s: float,
    layer_s: float,
    manifest_s: float,
) -> float:
    """Time from arrival to acknowledgement of a push that meets no queue, in s.

    Connections are opened, a layer that is known costs a HEAD, a new one HEAD, POST, PATCH and PUT, `parallel`
    layers at a time, and the manifest a PUT. Exact for one layer or one at a time; otherwise an estimate that takes
    layers as equal in size and the new ones as spread over all connections.

    Parameters
    ----------
    rtt_s : float
        Round trip.
    handshakes : int
        Round trips of connecting.
    known_layers, new_layers, parallel : int
        Layers there already, to be sent, and handled at the same time.
    keep_alive : bool
        False: one connection per HTTP request.
    read_s, write_s : float
        Mean service times.
    layer_s, manifest_s : float
        Time the body of one layer and of the manifest takes (`tcp.uncontended_flow_s` at the rate it gets beside its
        siblings, and the service time of its bytes).

    Examples
    --------
    >>> uncontended_push_s(rtt_s=0.125, handshakes=2, known_layers=0, new_layers=1, parallel=5, keep_alive=True,
    ...                    read_s=0.0, write_s=0.0, layer_s=1.0, manifest_s=0.0)
    1.8125
    """
    layers = known_layers + new_layers
    lanes = max(1, min(parallel, layers))
    connect_s = handshakes * rtt_s
    request_s = rtt_s if keep_alive else rtt_s + connect_s
    heads, waves = math.ceil(layers / lanes), math.ceil(new_layers / lanes)
    layers_s = heads * (request_s + read_s) + waves * (3.0 * (request_s + write_s) + layer_s)
    # The first connection of all, and those beside it, or that of the manifest.
    connects_s = connect_s * (1 + (not keep_alive or lanes > 1))
    return connects_s + layers_s + manifest_s + 0.5 * rtt_s + write_s
