"""How long a fleet will stay as bad as it is, guessed from what is known, compiled: sets the pressure on its hazards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georep_sim.jit import part
from georep_sim.loss.memory import CREWS

if TYPE_CHECKING:
    from georep_sim.loss.memory import State, World


@part
def window_of(world: World, state: State) -> float:
    """About how long the critical groups will miss so many: any guess made from the state leaves weights right."""
    head = state.head[0]
    now, soonest = head["now"], np.inf
    if head["level"] == 0:
        for k in range(head["n_away"]):
            soonest = min(soonest, state.slots[state.slots[k]["away"]]["until"] - now)
        return soonest
    free_in = _free_in(world, state)
    for k in range(head["downs"]):
        if _is_critical(world, state, state.downs[k]["slot"]):
            soonest = min(soonest, _return_in(world, state, k, free_in))
    for k in range(head["latents"]):
        group = state.groups[state.frags[k]["listed"] // world.rules[0]["fragments"]]
        if group["stamp"] == head["stamp"]:
            soonest = min(soonest, state.frags[k]["mended"] - now)
    return soonest


@part
def longest_of(world: World, state: State) -> float:
    """About how long until all is good, as far as that is known."""
    head = state.head[0]
    longest = 0.0
    free_in = _free_in(world, state)
    for k in range(head["downs"]):
        years = _return_in(world, state, k, free_in)
        if years < np.inf:
            longest = max(longest, years)
    for k in range(head["n_away"]):
        longest = max(longest, state.slots[state.slots[k]["away"]]["until"] - head["now"])
    return longest


@part
def _is_critical(world: World, state: State, slot: int) -> bool:
    for place in range(world.first[slot], world.first[slot + 1]):
        if state.groups[world.on[place] // world.rules[0]["fragments"]]["stamp"] == state.head[0]["stamp"]:
            return True
    return False


@part
def _free_in(world: World, state: State) -> float:
    """Years until the next crew has time, if any is busy, else those of a rebuild.

    A guess below the truth would be a pressure too high, and what survives it would weigh too much.
    """
    soonest = np.inf
    if world.rules[0]["repairs"] != CREWS:
        return 0.0
    for k in range(state.head[0]["downs"]):
        down = state.downs[k]
        if down["speed"] > 0.0:
            soonest = min(soonest, down["work"] / down["speed"])
    return float(soonest) if soonest < np.inf else float(world.rules[0]["repair_mean"])


@part
def _return_in(world: World, state: State, place: int, free_in: float) -> float:
    """About how long until a disk is back."""
    down, rules = state.downs[place], world.rules[0]
    slot = down["slot"]
    if down["speed"] > 0.0:
        return float(down["work"] / down["speed"])
    begun = rules["starts_at"] == 1
    for at in range(world.first[slot], world.first[slot + 1]):
        begun = begun or state.groups[world.on[at] // rules["fragments"]]["rebuilding"] == 1
    if not begun:
        return np.inf
    waits = down["left"]
    if down["waits"]:
        waits = max(waits, free_in)
    elif down["noticed"]:
        waits = rules["repair_mean"]
    return float(waits + down["work"] + max(state.slots[slot]["until"] - state.head[0]["now"], 0.0))
