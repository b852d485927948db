"""The compiled plane's memory: one record that holds everything that changes, as pools of small records.

One record is one pointer, however many functions it is handed to, and its dtype is one type to compile for. Pools have
fixed sizes; pages that are never touched cost nothing. What runs short is moved to a larger record (`grown`).
An index of -1 means *none*, a time of `NEVER_NS` *never*.
"""

from __future__ import annotations

import mmap
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.laws.compiled import LAWS
from georep_sim.plane.links import PATH_PIPES
from georep_sim.plane.tally import SUMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

NONE: Final = -1
#: Something that will happen: what (`kind`), to whom, and its rank among the events of its instant.
EVENT: Final = np.dtype(
    [
        ("high", "i8"),  # rank: class, entity, client group and operation
        ("middle", "i8"),  # rank: address of the request in its group
        ("low", "i8"),  # rank: attempt, stage, layer
        ("sequence", "i8"),
        ("kind", "i8"),
        ("target", "i8"),
        ("version", "i8"),  # of the target; another one means that it waits for something else by now
        ("next", "i8"),
    ],
    align=True,
)
#: An entry of the heap of events.
ENTRY: Final = np.dtype([("time_ns", "i8"), ("event", "i8")], align=True)
#: A request from its arrival to its end.
REQUEST: Final = np.dtype(
    [
        ("arrival_ns", "i8"),
        ("index", "i8"),  # hour and k: address of its draws
        ("row", "i8"),  # of the log; -1: tallied only
        ("owner", "i8"),  # client group and operation, as ranks pack them
        ("layers", "i8"),  # a bit for each layer it handles
        ("new", "i8"),  # layers of a push that the registry lacks
        ("have", "i8"),
        ("todo", "i8"),
        ("acknowledged_at", "i8"),  # a bit for each site
        ("bytes", "f8"),
        ("phase_since_ns", "i8"),
        ("spent_ns", "i8", (4,)),
        ("cohort", "i8"),
        ("operation", "i8"),
        ("machine", "i8"),
        ("image", "i8"),
        ("attempts", "i8"),
        ("broken_attempt", "i8"),
        ("throttles", "i8"),
        ("answered_by", "i8"),  # site of the last answer
        ("uploaded_to", "i8"),
        ("phase", "i8"),
        ("at", "i8"),  # site of the present attempt
        ("flapped_to", "i8"),
        ("lane", "i8"),  # the main one
        ("side", "i8"),  # first of the others
        ("lanes_left", "i8"),
        ("lanes_outcome", "i8"),
        ("turned_ns", "i8"),  # when a lane last took a layer as an answer left, and the rank of that answer
        ("turned_low", "i8"),
        ("plain_ns", "i8"),  # when lanes last had to wait for what they would hear first
        ("left_ns", "i8"),  # when the last of the lanes that are through hears its answer, and the rank of that
        ("left_low", "i8"),
        ("failed_low", "i8"),  # rank of the event by which the first lane failed
        ("stopping", "i8"),  # why all lanes are stopped
        ("join_version", "i8"),
        ("version", "i8"),
        ("in_lanes", "?"),
        ("is_joined", "?"),
        ("is_attempting", "?"),
        ("is_silent", "?"),
        ("before", "i8"),  # among open requests
        ("after", "i8"),
        ("live_before", "i8", (2,)),  # among the requests connected to a site, and to the one flapped to
        ("live_after", "i8", (2,)),
        ("next", "i8"),
    ],
    align=True,
)
#: A connection at work for a request.
LANE: Final = np.dtype(
    [
        ("half_ns", "i8"),
        ("request", "i8"),
        ("number", "i8"),
        ("state", "i8"),
        ("purpose", "i8"),
        ("stage", "i8"),
        ("last_stage", "i8"),
        ("layer", "i8"),
        ("site", "i8"),
        ("flow", "i8"),
        ("outcome", "i8"),
        ("round_down", "i8"),
        ("round_up", "i8"),
        ("version", "i8"),
        ("low", "i8"),  # rank of what it waits for
        ("heard_ns", "i8"),  # when the first of two waits in one is over; the rank of that, and the layer it brings
        ("heard_low", "i8"),
        ("heard_layer", "i8"),
        ("is_open", "?"),
        ("is_even", "?"),  # all connections of the kind take the same time
        ("next", "i8"),
    ],
    align=True,
)
#: Service of one HTTP request.
JOB: Final = np.dtype(
    [
        ("work_s", "f8"),
        ("high", "i8"),
        ("middle", "i8"),
        ("low", "i8"),
        ("site", "i8"),
        ("epoch", "i8"),  # of the front end; another one means that it was killed meanwhile
        ("lane", "i8"),
        ("lane_version", "i8"),
        ("next", "i8"),
    ],
    align=True,
)
#: One body on one connection; a member of a class, and a node of the class's pairing heap.
FLOW: Final = np.dtype(
    [
        ("left", "f8"),
        ("sent", "f8"),
        ("segment_bytes", "f8"),
        ("end_bytes", "f8"),
        ("rtt_s", "f8"),
        ("stalled_ns", "i8"),
        ("high", "i8"),
        ("middle", "i8"),
        ("low", "i8"),
        ("home", "i8"),
        ("child", "i8"),
        ("sibling", "i8"),
        ("before", "i8"),
        ("round_now", "i8"),
        ("next_round", "i8"),
        ("kind", "i8"),
        ("owner", "i8"),  # lane or copy
        ("path", "i8"),
        ("link", "i8"),
        ("pipes", "i8", (PATH_PIPES,)),
        ("stalled_by", "i8", (2,)),
        ("link_before", "i8", (2,)),
        ("link_after", "i8", (2,)),
        ("version", "i8"),
        ("is_active", "?"),
        ("next", "i8"),
    ],
    align=True,
)
#: Flows with the same path and the same limit.
CLASS: Final = np.dtype(
    [
        ("limit", "f8"),
        ("bound", "f8"),
        ("rate", "f8"),
        ("base_bytes", "f8"),
        ("base_ns", "i8"),
        ("due_ns", "i8"),
        ("demand", "i8"),
        ("due_at", "i8"),  # place in the heap of classes
        ("count", "i8"),
        ("root", "i8"),
        ("path", "i8"),
        ("on_path", "i8"),  # next class of the path
        ("is_dirty", "?"),
        ("seen", "i8"),
        ("pipes", "i8", (PATH_PIPES,)),
        ("before", "i8", (PATH_PIPES,)),  # nodes: class times PATH_PIPES plus place
        ("after", "i8", (PATH_PIPES,)),
        ("next", "i8"),
    ],
    align=True,
)
#: An acknowledged push.
PUSH: Final = np.dtype(
    [
        ("ack_ns", "i8"),
        ("owner", "i8"),
        ("index", "i8"),
        ("size_bytes", "f8"),
        ("holders", "i8"),
        ("site", "i8"),
        ("image", "i8"),
        ("open", "i8"),
        ("is_held", "?"),
        ("before", "i8"),
        ("after", "i8"),
        ("next", "i8"),
    ],
    align=True,
)
#: One push on its way along one edge; kept until it is drained.
COPY: Final = np.dtype(
    [
        ("ack_ns", "i8"),
        ("owner", "i8"),
        ("index", "i8"),
        ("lag_ns", "i8"),
        ("start_ns", "i8"),
        ("due_ns", "i8"),
        ("done_ns", "i8"),
        ("size_bytes", "f8"),
        ("push", "i8"),
        ("image", "i8"),
        ("edge", "i8"),
        ("flow", "i8"),
        ("status", "i8"),
        ("version", "i8"),
        ("is_sent", "?"),
        ("is_sending", "?"),
        ("is_open", "?"),
        ("is_used", "?"),
        ("before", "i8"),  # among the open ones of its edge
        ("after", "i8"),
        ("queued", "i8"),  # next in the edge's queue
        ("next", "i8"),
    ],
    align=True,
)
#: State and constants of a site.
SITE: Final = np.dtype(
    [
        ("per_byte_s", "f8"),
        ("speed", "f8"),
        ("local_rtt_s", "f8"),
        ("mean_read_s", "f8"),
        ("mean_write_s", "f8"),
        ("admission", "i8", (3,)),
        ("laws", "i8", (2,)),
        ("buckets", "i8", (2,)),
        ("local_rtt_law", "i8"),
        ("workers", "i8"),
        ("busy", "i8"),
        ("epoch", "i8"),
        ("queue_first", "i8"),
        ("queue_last", "i8"),
        ("live", "i8"),
        ("first_edge", "i8"),
    ],
    align=True,
)
BUCKET: Final = np.dtype([("level", "f8"), ("rate_per_s", "f8"), ("capacity", "f8"), ("last_ns", "i8")], align=True)
#: A client group. Keys are those of its draws by operation: service, round trip, back-off, flap.
COHORT: Final = np.dtype(
    [
        ("keys", "u8", (2, 4, 2)),
        ("backoff_s", "f8"),
        ("factor", "f8"),
        ("cap_s", "f8"),
        ("timeout_ns", "i8"),
        ("deadline_ns", "i8", (2,)),
        ("attempts", "i8"),
        ("parallel", "i8", (2,)),
        ("keep_alive", "?"),
        ("first_aim", "i8"),
        ("aims", "i8"),
        ("first_machine", "i8"),
    ],
    align=True,
)
LINK: Final = np.dtype(
    [
        ("capacity_Bps", "f8"),
        ("factor", "f8"),
        ("loss", "f8"),
        ("carried", "f8", (3,)),
        ("rtt_law", "i8"),
        ("flows", "i8"),
        ("is_cut", "?"),
    ],
    align=True,
)
EDGE: Final = np.dtype(
    [
        ("stopped_ns", "i8"),
        ("restarted_ns", "i8"),
        ("sends_from_ns", "i8"),
        ("silent_ns", "i8"),
        ("half_ns", "i8"),
        ("source", "i8"),
        ("destination", "i8"),
        ("links", "i8", (2,)),
        ("lag_law", "i8"),
        ("workers", "i8"),
        ("sending", "i8"),
        ("open_first", "i8"),
        ("open_last", "i8"),
        ("queue_first", "i8"),
        ("queue_last", "i8"),
        ("next_of_source", "i8"),
        ("was_cut", "?"),
        ("is_watched", "?"),
    ],
    align=True,
)
#: Something flows share. `local` is its number among the pipes that are shared out at the moment.
PIPE: Final = np.dtype(
    [
        ("capacity_Bps", "f8"),
        ("demand", "i8"),
        ("classes", "i8"),  # first node
        ("local", "i8"),
        ("seen", "i8"),
        ("was_coupling", "?"),
        ("is_dirty", "?"),
    ],
    align=True,
)
#: Where the bytes between a client group and a site go in one direction, or those of a copy edge.
WAY: Final = np.dtype(
    [
        ("rtt_s", "f8"),
        ("pipes", "i8", (PATH_PIPES,)),
        ("machine_pipe", "i8"),  # of the group's first machine; -1: the access has no limit
        ("machine_place", "i8"),  # place of that pipe in `pipes`
        ("path", "i8"),  # of the first machine
        ("path_step", "i8"),
        ("link", "i8"),
        ("stalled_by", "i8", (2,)),
    ],
    align=True,
)
#: When a client group was aimed where.
AIM: Final = np.dtype([("time_ns", "i8"), ("order", "i8")], align=True)
#: What control is doing from an instant on.
STATE: Final = np.dtype([("start_ns", "i8"), ("state", "i8")], align=True)
#: A cell of the tallies.
CELL: Final = np.dtype([("sums", "i8", (len(SUMS),)), ("key", "i8"), ("bin", "i8")], align=True)
#: A request that has ended, until it is drained.
DONE: Final = np.dtype(
    [
        ("row", "i8"),
        ("arrival_ns", "i8"),
        ("end_ns", "i8"),
        ("spent_ns", "i8", (4,)),
        ("bytes", "f8"),
        ("cohort", "i4"),
        ("operation", "i4"),
        ("site", "i4"),
        ("attempts", "i4"),
        ("throttles", "i4"),
        ("outcome", "i4"),
        ("image", "i4"),
    ],
    align=True,
)
#: A row of the traffic.
ASKED: Final = np.dtype(
    [
        ("time_ns", "i8"),
        ("index", "i8"),
        ("row", "i8"),
        ("new_layers", "i8"),
        ("cohort", "i4"),
        ("machine", "i4"),
        ("image", "i4"),
        ("operation", "i1"),
        ("warm", "?"),
    ],
    align=True,
)
#: A row of the Timeline's changes, with the row of `deleted` that its cause deletes.
CHANGE: Final = np.dtype(
    [("time_ns", "i8"), ("value", "f8"), ("verb", "i8"), ("target", "i8"), ("fault", "i8"), ("deleted", "i8")],
    align=True,
)
LOSS: Final = np.dtype(
    [("time_ns", "i8"), ("objects", "f8"), ("bytes", "f8"), ("site", "i8"), ("fault", "i8")], align=True
)
MACHINE: Final = np.dtype([("phase", "f8"), ("overstays", "i8")], align=True)

# Places in each pool and table of the smallest record.
_POOLS: Final = {
    "events": (EVENT, 1 << 20),
    "requests": (REQUEST, 1 << 16),
    "lanes": (LANE, 1 << 17),
    "jobs": (JOB, 1 << 16),
    "flows": (FLOW, 1 << 17),
    "classes": (CLASS, 1 << 17),
    "pushes": (PUSH, 1 << 18),
    "copies": (COPY, 1 << 18),
}
_TABLES: Final = {
    "sites": (SITE, 64),
    "buckets": (BUCKET, 128),
    "cohorts": (COHORT, 1 << 12),
    "links": (LINK, 1 << 13),
    "edges": (EDGE, 1 << 13),
    "pipes": (PIPE, 1 << 18),
    "ways": (WAY, 1 << 17),
    "aims": (AIM, 1 << 17),
    "machines": (MACHINE, 1 << 17),
    "changes": (CHANGE, 1 << 17),
    "losses": (LOSS, 1 << 17),
    "states": (STATE, 1 << 17),
    "cells": (CELL, 1 << 18),
    "traffic": (ASKED, 1 << 16),
    "done": (DONE, 1 << 16),
    "laws": (LAWS, 1 << 13),
}
_LISTS: Final = {
    "paths": ("i8", 1 << 19),
    "orders": ("i8", 1 << 17),
    "layers_of": ("i8", 1 << 17),
    "sizes": ("f8", 1 << 20),
    "missing": ("u1", 1 << 22),
    "deleted": ("u1", 1 << 22),
    "pool": ("f8", 1 << 17),
    "lag_keys": ("u8", 1 << 16),
    "cell_at": ("i8", 1 << 19),
    "heap": (ENTRY, 1 << 20),
    "due": ("i8", 1 << 17),
    "dirty": ("i8", 1 << 19),
    "dirty_pipes": ("i8", 1 << 18),
    "ended": ("i8", 1 << 17),
    "broken": ("i8", 1 << 17),
    "affected": ("i8", 1 << 17),
    "coupled": ("i8", 1 << 17),
    "coupled_paths": ("i8", 1 << 17),
    "limits": ("i8", 1 << 17),
    "counts": ("i8", 1 << 17),
    "rates": ("i8", 1 << 17),
    "by_limit": ("i8", 1 << 17),
    "left": ("i8", 1 << 18),
    "waiting": ("i8", 1 << 18),
    "is_full": ("u1", 1 << 18),
}
_WIDE: Final = {"lag_keys": 2, "coupled_paths": PATH_PIPES}
_WHOLE: Final = (
    *("now_ns", "start_ns", "counted_from_ns", "sequence", "open", "seed", "replication"),
    *("next_request", "next_change"),
    *("flow_events", "http_requests", "events_played", "n_images", "n_layers", "ttl_ns"),
    *("handshakes", "open_round", "n_sites", "n_links", "n_edges", "first_edge_way", "first_link_pipe", "n_states"),
    *("heap_size", "due_size", "ended_size", "dirty_size", "dirty_pipes_size", "broken_size", "order_length"),
    *(
        "n_losses",
        "n_done",
        "n_open_requests",
        "n_cells",
        "n_changes",
        "n_traffic",
        "stamp",
        "open_requests",
        "open_pushes",
    ),
    *(f"{name}_{what}" for name in _POOLS for what in ("used", "free")),
)
_REAL: Final = ("initial_bytes", "window_max_bytes", "mss_bytes", "rto_min_s", "manifest_bytes", "flap")
_FLAGS: Final = ("is_closing", "is_short", "has_drained", "is_to_wake", "copies_only", "has_more", "blobs_aside")
#: Free places below which a pool is short: no event takes so many.
MARGIN: Final = 8192


@lru_cache(maxsize=8)
def memory_dtype(scale: int) -> np.dtype[Any]:
    """Dtype of the record whose pools are `scale` times the smallest; every scale is compiled for by itself."""
    fields: list[tuple[Any, ...]] = [(name, "i8", (2,)) if name == "ttl_ns" else (name, "i8") for name in _WHOLE]
    fields += [(name, "f8") for name in _REAL]
    fields += [(name, "?") for name in _FLAGS]
    for name, (dtype, places) in (_POOLS | _TABLES | _LISTS).items():
        shape = (places * scale, _WIDE[name]) if name in _WIDE else (places * scale,)
        fields.append((name, dtype, shape))
    return np.dtype(fields, align=True)


def new_memory(scale: int = 1) -> NDArray[Any]:
    """Empty record, shape (1,)."""
    dtype = memory_dtype(scale)
    # Where the system would make large pages, each field that is touched would cost 2 MB of zeros.
    pages = mmap.mmap(-1, dtype.itemsize)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        pages.madvise(mmap.MADV_NOHUGEPAGE)
    memory: NDArray[Any] = np.frombuffer(pages, dtype=dtype, count=1)
    for name in _POOLS:
        memory[f"{name}_free"] = -1
    memory["open_requests"] = memory["open_pushes"] = -1
    return memory


def grown(memory: NDArray[Any], scale: int) -> NDArray[Any]:
    """Copy of a record with larger pools; every index stays what it is. Its cells must be empty: they are hashed."""
    larger = new_memory(scale)
    for name in memory.dtype.names or ():
        field = memory[name]
        if field.ndim > 1:
            larger[name][:, : field.shape[1]] = field
        else:
            larger[name] = field
    larger["is_short"] = False
    return larger


#: Scales that are tried in turn; the next one would be more than numpy allows a record to be.
SCALES: Final = (1, 2, 4)


def write(memory: NDArray[Any], name: str, values: NDArray[Any]) -> None:
    """Write values to the beginning of a table."""
    memory[name][0, : len(values)] = values


def is_short_of(name: str, used: int, scale: int) -> bool:
    """Whether a pool is short.

    Of events and cells half must be free: one change may wake all copies of an edge, or end all requests of a site.
    """
    places = room(name, scale)
    return used > (places >> 1 if name in {"events", "cells"} else places - MARGIN)


def room(name: str, scale: int) -> int:
    """Places of a pool or table in the record of a scale."""
    return (_POOLS | _TABLES | _LISTS)[name][1] * scale
