"""How fast each rebuild goes, compiled: crews, shared bandwidth, places and sources that are away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.jit import part
from georep_sim.loss.memory import CREWS, SHARED
from georep_sim.loss.moves import away_of, start_anew

if TYPE_CHECKING:
    from georep_sim.loss.memory import State, World


@part
def share_out(world: World, state: State) -> None:
    """Give every rebuild its speed."""
    rules, downs, count = world.rules[0], state.downs, state.head[0]["downs"]
    for k in range(count):
        state.groups[_pool(world, downs[k]["slot"])]["busy"] = 0
    for k in range(count):
        down = downs[k]
        down["speed"] = 0.0
        if down["noticed"] and _can_rebuild(world, state, down["slot"]):
            pool = state.groups[_pool(world, down["slot"])]
            if rules["repairs"] != CREWS or pool["busy"] < rules["limit"]:
                down["speed"] = 1.0
                pool["busy"] += 1
                if down["waits"]:
                    start_anew(world, state, k)
    if rules["repairs"] == SHARED:
        for k in range(count):
            busy = state.groups[_pool(world, downs[k]["slot"])]["busy"]
            downs[k]["speed"] *= min(1.0, rules["limit"] / max(busy, 1))


@part
def _pool(world: World, slot: int) -> int:
    """Number of the crews, or of the bandwidth, that a disk's rebuild draws on."""
    if world.rules[0]["pools"] == 1 or world.first[slot] == world.first[slot + 1]:
        return 0
    return int(world.on[world.first[slot]] // world.rules[0]["fragments"])


@part
def _can_rebuild(world: World, state: State, slot: int) -> bool:
    """Whether the place is there, and what a rebuild reads, and the group's turn has come."""
    rules = world.rules[0]
    if state.slots[slot]["until"] > 0.0:
        return False
    begun = rules["starts_at"] == 1 or world.first[slot] == world.first[slot + 1]
    for place in range(world.first[slot], world.first[slot + 1]):
        group = world.on[place] // rules["fragments"]
        begun = begun or state.groups[group]["rebuilding"] == 1
        if state.head[0]["n_away"] > 0 and not state.groups[group]["lost"] and not _readable(world, state, group):
            return False
    return bool(begun)


@part
def _readable(world: World, state: State, group: int) -> bool:
    """Whether enough fragments of a group are neither gone nor away."""
    missing = state.groups[group]["gone"] + away_of(world, state, group)
    return bool(missing <= world.rules[0]["most_gone"])
