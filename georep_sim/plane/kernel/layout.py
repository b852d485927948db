"""A design and a stretch of time, laid out in the compiled plane's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.errors import SimulationError
from georep_sim.laws.compiled import encode
from georep_sim.philox import keys_of
from georep_sim.plane import rules, tcp
from georep_sim.plane.flows import Network, both_ways, windows_of
from georep_sim.plane.kernel.memory import AIM, CHANGE, MACHINE, PIPE, SCALES, STATE, WAY, new_memory, room, write
from georep_sim.plane.links import PATH_PIPES
from georep_sim.plane.wire import lag_stream
from georep_sim.tables import Verb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from georep_sim.plane.flows import Route
    from georep_sim.plane.tally import ControlStates
    from georep_sim.plane.wire import Wire
    from georep_sim.tables import Timeline

_NONE: Final = -1
# Sites and layers are bits of a signed word.
_BITS: Final = 63


def lay_out(
    wire: Wire,
    timeline: Timeline,
    *,
    start_ns: int,
    deleted: Mapping[int, NDArray[np.bool_]],
    missing: NDArray[np.bool_],
    states: ControlStates,
) -> tuple[int, NDArray[Any]]:
    """Return the memory of a play before its first event, and its scale.

    Parameters
    ----------
    wire, timeline, start_ns, deleted, missing, states
        As for `georep_sim.plane.reference.play`.

    Raises
    ------
    SimulationError
        If the world has more of something than memory has room for.
    """
    tables = _tables(wire, timeline, deleted, missing, states)
    scale = _scale_for(tables, wire)
    memory = new_memory(scale)
    for name, values in tables.items():
        write(memory, name, values)
    m = memory[0]
    m["n_states"], m["n_changes"] = len(tables["states"]), len(tables["changes"])
    m["order_length"] = len(tables["orders"]) // max(1, len(timeline.orders))
    m["n_images"], m["n_layers"] = missing.shape[1], wire.layer_bytes.shape[1]
    _fill(memory, wire, start_ns=start_ns)
    aims, n_cohorts = timeline.changes[timeline.changes["verb"] == Verb.AIM]["target"], np.arange(len(wire.cohorts))
    cohorts = m["cohorts"][: len(wire.cohorts)]
    cohorts["aims"] = np.bincount(aims, minlength=len(n_cohorts))[: len(n_cohorts)]
    cohorts["first_aim"] = np.cumsum(cohorts["aims"]) - cohorts["aims"]
    return scale, memory


def _tables(
    wire: Wire,
    timeline: Timeline,
    deleted: Mapping[int, NDArray[np.bool_]],
    missing: NDArray[np.bool_],
    states: ControlStates,
) -> dict[str, NDArray[Any]]:
    """Tables of memory whose rows the world makes."""
    network = Network(wire)
    ways, n_paths = _ways(wire, network)
    changes, taken = _changes(timeline, deleted, missing.shape[1])
    aims, orders = _aims(timeline)
    laws, pool = encode(wire.laws)
    steps = np.zeros(len(states.start_ns), dtype=STATE)
    steps["start_ns"], steps["state"] = states.start_ns, states.state
    return {
        "pipes": _pipes(wire, network),
        "ways": ways,
        "paths": np.full(n_paths, _NONE, dtype=np.int64),
        "changes": changes,
        "deleted": taken.ravel(),
        "aims": aims,
        "orders": orders.ravel(),
        "laws": laws,
        "pool": pool,
        "states": steps,
        "machines": _machines(wire),
        "sizes": wire.layer_bytes.ravel(),
        "layers_of": _layer_bits(wire.layer_bytes),
        "missing": missing.ravel(),
        "lag_keys": _lag_keys(wire),
    }


def _scale_for(tables: Mapping[str, NDArray[Any]], wire: Wire) -> int:
    """Smallest scale whose tables hold the world."""
    if len(wire.sites) > _BITS or wire.layer_bytes.shape[1] > _BITS:
        msg = (
            f"{len(wire.sites)} sites and {wire.layer_bytes.shape[1]} layers per image: the compiled plane has room for "
            f"{_BITS} of each; use --engine reference"
        )
        raise SimulationError(msg)
    needed = {name: len(values) for name, values in tables.items()}
    needed |= {name: len(getattr(wire, name)) for name in ("sites", "buckets", "cohorts", "links", "edges")}
    for scale in SCALES:
        if all(count <= room(name, scale) for name, count in needed.items()):
            return scale
    large = max(needed, key=lambda name: needed[name] / room(name, 1))
    msg = f"{needed[large]} {large} are more than the compiled plane has room for; use --engine reference"
    raise SimulationError(msg)


def _pipes(wire: Wire, network: Network) -> NDArray[Any]:
    """Pipes as the network numbers them, and two for each machine behind them."""
    machines = wire.cohorts["machines"].astype(np.int64)
    pipes = np.zeros(network.first_machine + 2 * int(machines.sum()), dtype=PIPE)
    pipes["classes"] = pipes["local"] = _NONE
    pipes["capacity_Bps"][: network.first_machine] = network.shared_Bps
    pipes["capacity_Bps"][network.first_machine :] = np.repeat(wire.cohorts["access_Bps"], 2 * machines)
    return pipes


def _ways(wire: Wire, network: Network) -> tuple[NDArray[Any], int]:
    """Ways of all client groups to all sites, down and up, then those of all edges; and the number of paths."""
    n_sites, n_edges = len(wire.sites), len(wire.edges)
    machines = wire.cohorts["machines"].tolist()
    first_edge = len(machines) * n_sites * 2
    ways = np.zeros(first_edge + n_edges, dtype=WAY)
    paths = _Paths()
    for cohort, count in enumerate(machines):
        mine = ways[cohort * n_sites * 2 : (cohort + 1) * n_sites * 2]
        for site in range(n_sites):
            _lay(mine[2 * site], network.pull_route(cohort, 0, site), network.first_machine)
            _lay(mine[2 * site + 1], network.push_route(cohort, 0, site), network.first_machine)
        paths.number(mine, count)
    for edge in range(n_edges):
        _lay(ways[first_edge + edge], network.copy_route(edge), network.first_machine)
    paths.number(ways[first_edge:], 1)
    return ways, paths.count


def _lay(way: Any, route: Route, first_machine: int) -> None:
    """Write down the route of a group's first machine, or of an edge."""
    shared = [pipe for pipe in route.pipes if pipe < first_machine]
    own = [pipe for pipe in route.pipes if pipe >= first_machine]
    way["pipes"] = _filled(shared, PATH_PIPES)
    way["machine_pipe"] = own[0] if own else _NONE
    way["machine_place"] = len(shared)
    way["link"], way["rtt_s"] = route.link, route.rtt_s
    way["stalled_by"] = _filled(route.stalled_by, 2)


def _filled(numbers: Sequence[int], length: int) -> list[int]:
    return [*numbers, *[_NONE] * (length - len(numbers))]


class _Paths:
    """Numbers of paths: one for each set of pipes, however many ways lead through it."""

    def __init__(self) -> None:
        self.count = 0
        self._known: dict[tuple[int, ...], int] = {}

    def number(self, ways: NDArray[Any], machines: int) -> None:
        """Number the paths of ways; those with a pipe for each machine have a path for each."""
        own: dict[tuple[int, ...], int] = {}
        for way in ways:
            key = tuple(int(pipe) for pipe in way["pipes"] if pipe >= 0)
            if way["machine_pipe"] < 0:
                if key not in self._known:
                    self._known[key] = self.count
                    self.count += 1
                way["path"], way["path_step"] = self._known[key], 0
            else:
                # The pipe of the first machine tells the directions apart.
                way["path"], way["path_step"] = own.setdefault((*key, int(way["machine_pipe"])), len(own)), 1
        private = ways["machine_pipe"] >= 0
        ways["path"][private] = self.count + ways["path"][private] * machines
        self.count += len(own) * machines


def _changes(
    timeline: Timeline, deleted: Mapping[int, NDArray[np.bool_]], n_images: int
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Changes with the row of what each deletes, and those rows."""
    # Aims are looked up with their history, by `asking`.
    rows = timeline.changes[timeline.changes["verb"] != Verb.AIM]
    causes = sorted(deleted)
    taken = np.zeros((len(causes), n_images), dtype=np.bool_)
    for k, cause in enumerate(causes):
        taken[k] = deleted[cause]
    changes = np.zeros(len(rows), dtype=CHANGE)
    for name in ("time_ns", "value", "verb", "target"):
        changes[name] = rows[name]
    number = {cause: k for k, cause in enumerate(causes)}
    fault = timeline.faults["fault"]
    changes["deleted"] = [number.get(cause, _NONE) for cause in rows["cause"].tolist()]
    changes["fault"] = [int(fault[cause]) if cause >= 0 else _NONE for cause in rows["cause"].tolist()]
    return changes, taken


def _aims(timeline: Timeline) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """When each group was aimed where, group after group, and the orders of sites."""
    rows = timeline.changes[timeline.changes["verb"] == Verb.AIM]
    rows = rows[np.argsort(rows["target"], kind="stable")]
    aims = np.zeros(len(rows), dtype=AIM)
    aims["time_ns"], aims["order"] = rows["time_ns"], rows["value"].astype(np.int64)
    longest = max((len(order) for order in timeline.orders), default=0)
    orders = np.full((max(1, len(timeline.orders)), longest + 1), _NONE, dtype=np.int32)
    for k, order in enumerate(timeline.orders):
        orders[k, : len(order)] = order
    return aims, orders


def _machines(wire: Wire) -> NDArray[Any]:
    machines = np.zeros(sum(len(phase) for phase in wire.address_phase), dtype=MACHINE)
    if len(machines):
        machines["phase"] = np.concatenate(wire.address_phase)
        machines["overstays"] = np.concatenate(wire.overstay)
    return machines


def _layer_bits(sizes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bit for each layer that an image has."""
    bits = np.left_shift(np.int64(1), np.arange(sizes.shape[1], dtype=np.int64))
    return np.asarray(((sizes != 0.0) * bits).sum(axis=1), dtype=np.int64)


def _lag_keys(wire: Wire) -> NDArray[np.uint64]:
    names = [lag_stream(group, site) for group in wire.topology.cohorts for site in wire.topology.sites]
    return keys_of(names)


def _fill(memory: NDArray[Any], wire: Wire, *, start_ns: int) -> None:
    """Write a design into an empty record."""
    m = memory[0]
    first, largest = windows_of(wire.tcp)
    topology = wire.topology
    is_endless = np.isinf(largest)
    for name, value in (
        ("now_ns", start_ns),
        ("start_ns", start_ns),
        ("seed", np.uint64(wire.seed).astype(np.int64)),
        ("replication", np.uint64(wire.replication).astype(np.int64)),
        ("initial_bytes", first),
        ("window_max_bytes", largest),
        ("mss_bytes", wire.tcp.mss_bytes),
        ("rto_min_s", wire.tcp.rto_min_s),
        ("manifest_bytes", wire.manifest_bytes),
        ("flap", wire.flap),
        ("blobs_aside", wire.blobs_aside),
        ("handshakes", 1 + wire.tls_round_trips),
        ("open_round", 0 if is_endless else tcp.open_round(first, largest)),
        ("n_sites", len(wire.sites)),
        ("n_links", len(wire.links)),
        ("n_edges", len(wire.edges)),
        ("first_link_pipe", len(wire.sites)),
        ("first_edge_way", len(wire.cohorts) * len(wire.sites) * 2),
        ("ttl_ns", [rules.ns_of(topology.ttl_s), rules.ns_of(topology.ttl_s + topology.overstay_s)]),
    ):
        m[name] = value
    _fill_sites(m["sites"], wire)
    _fill_cohorts(m["cohorts"], wire)
    links = m["links"][: len(wire.links)]
    links["capacity_Bps"], links["factor"], links["loss"] = wire.links["capacity_Bps"], 1.0, wire.links["loss"]
    links["rtt_law"], links["flows"] = wire.links["rtt_law"], _NONE
    buckets = m["buckets"][: len(wire.buckets)]
    buckets["level"] = buckets["capacity"] = wire.buckets["capacity"]
    buckets["rate_per_s"], buckets["last_ns"] = wire.buckets["rate_per_s"], start_ns
    _fill_edges(m["edges"], m["sites"], m["ways"], wire)


def _fill_sites(sites: NDArray[Any], wire: Wire) -> None:
    def mean(law: int) -> float:
        """Mean of a law of the wire; none for -1."""
        return wire.laws[law].mean if law >= 0 else 0.0

    mine = sites[: len(wire.sites)]
    for name in ("per_byte_s", "local_rtt_s", "local_rtt_law", "workers"):
        mine[name] = wire.sites[name]
    mine["speed"] = 1.0
    mine["mean_read_s"] = [mean(law) for law in wire.sites["read_law"].tolist()]
    mine["mean_write_s"] = [mean(law) for law in wire.sites["write_law"].tolist()]
    mine["laws"] = np.stack([wire.sites["read_law"], wire.sites["write_law"]], axis=1)
    mine["buckets"] = np.stack([wire.sites["read_bucket"], wire.sites["write_bucket"]], axis=1)
    for name in ("queue_first", "queue_last", "live", "first_edge"):
        mine[name] = _NONE


def _fill_cohorts(cohorts: NDArray[Any], wire: Wire) -> None:
    first_machine = 0
    for number, (row, name) in enumerate(zip(wire.cohorts, wire.topology.cohorts, strict=True)):
        ladder, mine = wire.ladders[int(row["ladder"])], cohorts[number]
        for field in ("backoff_s", "factor", "cap_s", "timeout_ns"):
            mine[field] = ladder[field]
        mine["deadline_ns"] = [row["deadline_pull_ns"], row["deadline_push_ns"]]
        mine["attempts"] = 1 + int(ladder["retries"])
        mine["parallel"] = [max(1, int(row["parallel"])), max(1, int(row["parallel_push"]))]
        mine["keep_alive"] = row["keep_alive"]
        mine["first_machine"] = first_machine
        first_machine += int(row["machines"])
        streams = ("service", "rtt", "backoff", "flap")
        keys = keys_of(f"plane/{name}/{what}/{stream}" for what in ("pull", "push") for stream in streams)
        mine["keys"] = keys.reshape(2, len(streams), 2)


def _fill_edges(edges: NDArray[Any], sites: NDArray[Any], ways: NDArray[Any], wire: Wire) -> None:
    first_way = len(wire.cohorts) * len(wire.sites) * 2
    for number in reversed(range(len(wire.edges))):
        row, mine = wire.edges[number], edges[number]
        source = int(row["source"])
        mine["links"] = _filled(both_ways(wire, int(row["link"])), 2)
        mine["half_ns"] = rules.ns_of(0.5 * float(ways[first_way + number]["rtt_s"]))
        for field in ("source", "destination", "lag_law", "workers"):
            mine[field] = row[field]
        mine["stopped_ns"] = mine["open_first"] = mine["open_last"] = _NONE
        mine["queue_first"] = mine["queue_last"] = _NONE
        mine["next_of_source"] = sites[source]["first_edge"]
        sites[source]["first_edge"] = number
