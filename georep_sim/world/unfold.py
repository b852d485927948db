"""From the faults of one replication to the `Timeline` of a design: the control plane played through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.errors import SimulationError
from georep_sim.tables import NS_PER_S, Timeline, Topology
from georep_sim.world.assembly import place_parts, start_processes
from georep_sim.world.control import Control
from georep_sim.world.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from simpy import Event

    from georep_sim.draws.faults import FaultTable
    from georep_sim.scenario import Case, Design

# What has not ended a year after the horizon is censored.
_TAIL_NS = 366 * 86_400 * NS_PER_S


def timeline(
    case: Case,
    design: Design,
    topology: Topology,
    fault_table: FaultTable,
    *,
    seed: int,
    replication: int,
    processes: Sequence[Callable[[Control], Generator[Event, object, None]]] = (),
) -> Timeline:
    """Play the control plane of a design through the faults of one replication.

    Parameters
    ----------
    case : Case
        For the horizon, the environment and the fault rows.
    design : Design
        What is played.
    topology : Topology
        From `lower.topology`.
    fault_table : FaultTable
        The replication's fault windows.
    seed, replication : int
        Address of the draws: probe phases, decisions, repairs.
    processes : sequence of callable, optional
        Processes of the user's: each is called with the `Control` and may speak its verbs.

    Returns
    -------
    Timeline
        Played on after the horizon until every recovery has ended, or for a year.

    Raises
    ------
    SimulationError
        If a process fails; the text says when, and how to play it again.
    """
    horizon_ns = round(case.run.horizon * NS_PER_S)
    windows = Windows(case, design.name, fault_table, last_ns=horizon_ns + _TAIL_NS)
    control = Control(topology, windows, seed=seed, replication=replication)
    place_parts(control, case, design)
    start_processes(control, case, design)
    for process in processes:
        control.start(process(control))
    _play(control, design, horizon_ns + _TAIL_NS, (seed, replication))
    # Clients hold old answers for so long after the last change, and success must then be seen to hold.
    settle_s = topology.ttl_s + topology.overstay_s + case.measures.recovered.over + 1.0
    return control.history(horizon_ns=horizon_ns, settle_ns=round(settle_s * NS_PER_S))


def _play(control: Control, design: Design, until_ns: int, draw: tuple[int, int]) -> None:
    """Play event by event until none is left; a process that fails says when and where."""
    try:
        while control.env.peek() <= until_ns:
            control.env.step()
    except Exception as error:
        seed, replication = draw
        msg = (
            f"control plane of design {design.name!r} failed at {control.now_ns / NS_PER_S} s: {error!r}; "
            f"play it again with seed {seed}, replication {replication}"
        )
        raise SimulationError(msg) from error
