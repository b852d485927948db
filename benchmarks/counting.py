"""What a play consists of: flow events and HTTP requests, counted while the reference plane plays it.

A *flow event* is a segment of a flow joining the links or leaving them: a body is one segment after another while its
connection is in slow start, and one from there on. Every segment that joins leaves, so events are twice the segments.
An *HTTP request* is a GET, HEAD, POST, PATCH or PUT that a client sends, whatever becomes of it. All planes play the
same events, so the counts of one are those of every other.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from georep_sim.plane.links import Pipes
from georep_sim.plane.reference.exchange import Http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Counts:
    """Counts of one play.

    Parameters
    ----------
    flow_events, http_requests : int
        As defined above.
    """

    flow_events: int = 0
    http_requests: int = 0


@contextmanager
def counting() -> Iterator[Counts]:
    """Count what the reference plane plays meanwhile."""
    counts = Counts()
    join, ask = Pipes.join, Http.ask

    def counted_join(*args: Any, **named: Any) -> None:
        counts.flow_events += 2
        join(*args, **named)

    def counted_ask(*args: Any, **named: Any) -> Any:
        counts.http_requests += 1
        return ask(*args, **named)

    with _replaced(Pipes, "join", counted_join), _replaced(Http, "ask", counted_ask):
        yield counts


@contextmanager
def _replaced(owner: type, name: str, function: Callable[..., Any]) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, original)
