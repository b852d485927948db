"""What can happen to a fleet, compiled: disks go and come back, errors lie hidden, places are away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from georep_sim.jit import part
from georep_sim.laws.compiled import law_ppf
from georep_sim.loss.hazards import equilibrium_age
from georep_sim.loss.memory import (
    BY_JOINT,
    BY_LATENT,
    DETECT,
    EXPONENTIAL,
    FIRST_COMMON,
    SCRUB,
)
from georep_sim.loss.numbers import draw, is_queued, pick, rebuild_work, tilted

if TYPE_CHECKING:
    from georep_sim.loss.memory import State, World

#: Kinds of events that are known in advance.
NOTHING: Final = 0
NOTICED: Final = 1
RETURNED: Final = 2
BACK: Final = 3
MENDED: Final = 4

GONE: Final = 1
NOTICED_GONE: Final = 2


@part
def begin(world: World, state: State, key0: np.uint64, key1: np.uint64, replication: int) -> None:
    """Make all good, with ages."""
    head, rules = state.head[0], world.rules[0]
    head["now"], head["weight"], head["tilt"] = 0.0, 1.0, 1.0
    head["downs"] = head["n_away"] = head["latents"] = head["lost"] = head["has_lost"] = 0
    head["drawn"] = head["sub"] = 0
    head["level"] = head["crit_slots"] = head["crit_groups"] = head["stamp"] = 0
    head["key0"], head["key1"], head["replication"] = key0, key1, replication
    state.tally[:] = 0
    for slot in range(rules["disks"]):
        row = state.slots[slot]
        row["born"] = row["until"] = 0.0
        row["gone"] = row["stamp"] = 0
        if rules["stationary"] and rules["life"] != EXPONENTIAL:
            row["born"] = -equilibrium_age(world.rules, draw(world, state))
    for group in range(rules["groups"]):
        row = state.groups[group]
        row["gone"] = row["lost"] = row["rebuilding"] = row["stamp"] = 0
        row["by"] = -1
    for frag in range(len(world.disk_of)):
        state.frags[frag]["latent"] = 0
        if rules["latent_per_y"] > 0.0 and rules["scrub"] == 1:
            state.frags[frag]["phase"] = draw(world, state) * rules["scrub_period"]


@part
def copy(source: State, target: State) -> None:
    """Make a state equal to another."""
    target.head[0] = source.head[0]
    for i in range(len(source.slots)):
        target.slots[i] = source.slots[i]
    for i in range(len(source.frags)):
        target.frags[i] = source.frags[i]
    for i in range(len(source.groups)):
        target.groups[i] = source.groups[i]
    for i in range(source.head[0]["downs"]):
        target.downs[i] = source.downs[i]
    for i in range(len(source.tally)):
        target.tally[i] = source.tally[i]


@part
def forget_losses(state: State) -> None:
    """Let what was lost be there again."""
    if state.head[0]["lost"] > 0:
        state.tally[:] = 0
        state.head[0]["lost"] = 0
        for group in range(len(state.groups)):
            state.groups[group]["lost"] = 0


@part
def start_anew(world: World, state: State, place: int) -> None:
    """Draw a rebuild once more that waited for its crew until now: only from here on does its length matter.

    Another n failures in its time T are a matter of T to the power of n, for which a tilt of 1 / (n + 1) is right.
    """
    head, down = state.head[0], state.downs[place]
    down["waits"] = 0
    # Where many wait, the weights of all of them would multiply.
    if head["tilt"] >= 1.0 or head["downs"] > world.rules[0]["fragments"]:
        return
    needed, slot = world.rules[0]["fragments"], down["slot"]
    for at in range(world.first[slot], world.first[slot + 1]):
        row = state.groups[world.on[at] // world.rules[0]["fragments"]]
        needed = min(needed, world.rules[0]["most_gone"] + 1 - row["gone"])
    down["work"] = rebuild_work(world, state, max(head["tilt"], 1.0 / (max(needed, 0) + 1.0)))


@part
def redraw_scrub(world: World, state: State) -> None:
    """Draw once more, tilted, when the error that came this instant is found, if that is at random."""
    head = state.head[0]
    if world.rules[0]["scrub"] == 0:
        u = tilted(world, state, head["tilt"])
        state.frags[head["latents"] - 1]["mended"] = head["now"] + law_ppf(world.laws, world.pool, SCRUB, u)


@part
def redraw_work(world: World, state: State, slot: int) -> None:
    """Draw the rebuild of a disk that failed this instant once more, tilted; nothing for disk -1."""
    count = state.head[0]["downs"]
    for k in range(count):
        if state.downs[k]["slot"] == slot and not state.downs[k]["waits"]:
            state.downs[k]["work"] = rebuild_work(world, state, state.head[0]["tilt"])


@part
def fail(world: World, state: State, slot: int, cause: int, tilt: float) -> None:
    """Take a disk for good, unless it is gone already."""
    row, head = state.slots[slot], state.head[0]
    if row["gone"]:
        return
    row["gone"] = GONE
    down = state.downs[head["downs"]]
    down["slot"], down["noticed"] = slot, 0
    down["left"] = law_ppf(world.laws, world.pool, DETECT, draw(world, state))
    down["waits"] = is_queued(world, state)
    down["work"] = rebuild_work(world, state, 1.0 if down["waits"] else tilt)
    down["speed"] = 0.0
    head["downs"] += 1
    head["failed"] = slot
    for place in range(world.first[slot], world.first[slot + 1]):
        frag = world.on[place]
        group = frag // world.rules[0]["fragments"]
        _blame(state, group, cause)
        if state.frags[frag]["latent"]:
            _unlist(state, frag)
        else:
            _one_more_gone(world, state, group)
    if down["left"] == 0.0:
        notice(world, state, head["downs"] - 1)


@part
def _unlist(state: State, frag: int) -> None:
    """Strike a fragment from the list of latent errors."""
    frags, head = state.frags, state.head[0]
    frags[frag]["latent"] = 0
    last = head["latents"] - 1
    for place in range(last):
        if frags[place]["listed"] == frag:
            frags[place]["listed"], frags[place]["mended"] = frags[last]["listed"], frags[last]["mended"]
            break
    head["latents"] = last


@part
def _one_more_gone(world: World, state: State, group: int) -> None:
    row = state.groups[group]
    row["gone"] += 1
    if row["lost"]:
        return
    p = world.loss_at[row["gone"]]
    if p >= 1.0 or (p > 0.0 and draw(world, state) < p):
        row["lost"] = 1
        if state.head[0]["lost"] == 0:
            state.head[0]["by"] = row["by"]
        state.head[0]["lost"] += 1
        state.tally[row["by"]] += 1


@part
def _blame(state: State, group: int, cause: int) -> None:
    """Note what did something to a group since all of it was good."""
    row = state.groups[group]
    row["by"] = cause if row["by"] in (-1, cause) else BY_JOINT


@part
def _absolve(world: World, state: State, group: int) -> None:
    """Forget what did something to a group, if all of it is good."""
    row = state.groups[group]
    if row["gone"] == 0 and (state.head[0]["n_away"] == 0 or away_of(world, state, group) == 0):
        row["by"] = -1


@part
def _one_less_gone(world: World, state: State, group: int) -> None:
    row = state.groups[group]
    row["gone"] -= 1
    if row["rebuilding"] and _disks_gone(world, state, group, GONE) == 0:
        row["rebuilding"] = 0
    _absolve(world, state, group)


@part
def _disks_gone(world: World, state: State, group: int, least: int) -> int:
    """How many of a group's disks are gone, or gone and noticed."""
    fragments = world.rules[0]["fragments"]
    count = 0
    for frag in range(group * fragments, (group + 1) * fragments):
        if state.slots[world.disk_of[frag]]["gone"] >= least:
            count += 1
    return count


@part
def notice(world: World, state: State, place: int) -> None:
    """Put a gone disk at the end of the queue for rebuilds."""
    downs, count = state.downs, state.head[0]["downs"]
    slot, work, waits = downs[place]["slot"], downs[place]["work"], downs[place]["waits"]
    for k in range(place, count - 1):
        downs[k] = downs[k + 1]
    last = downs[count - 1]
    last["slot"], last["work"], last["left"], last["noticed"] = slot, work, 0.0, 1
    last["waits"] = waits
    state.slots[slot]["gone"] = NOTICED_GONE
    starts_at = world.rules[0]["starts_at"]
    if starts_at > 1:
        for at in range(world.first[slot], world.first[slot + 1]):
            group = world.on[at] // world.rules[0]["fragments"]
            if _disks_gone(world, state, group, NOTICED_GONE) >= starts_at:
                state.groups[group]["rebuilding"] = 1


@part
def come_back(world: World, state: State, place: int) -> None:
    """Have a rebuilt disk, new, in service."""
    head, downs = state.head[0], state.downs
    slot = downs[place]["slot"]
    for k in range(place, head["downs"] - 1):
        downs[k] = downs[k + 1]
    head["downs"] -= 1
    state.slots[slot]["gone"], state.slots[slot]["born"] = 0, head["now"]
    for at in range(world.first[slot], world.first[slot + 1]):
        _one_less_gone(world, state, world.on[at] // world.rules[0]["fragments"])


@part
def spoil(world: World, state: State, frag: int, is_biased: bool, tilt: float) -> None:
    """Put a latent error into a fragment that is there."""
    head, rules = state.head[0], world.rules[0]
    row = state.frags[frag]
    if row["latent"] or state.slots[world.disk_of[frag]]["gone"]:
        return
    if rules["meets"] < 1.0 and _has_error(world, state, frag):
        # Half of them meet in a biased copy, weighed for it.
        chance = max(rules["meets"], 0.5) if is_biased else rules["meets"]
        if draw(world, state) >= chance:
            head["weight"] *= (1.0 - rules["meets"]) / (1.0 - chance)
            return
        head["weight"] *= rules["meets"] / chance
    row["latent"] = 1
    if rules["scrub"] == 1:
        period = rules["scrub_period"]
        mended = head["now"] + period - (head["now"] - row["phase"]) % period
    else:
        mended = head["now"] + law_ppf(world.laws, world.pool, SCRUB, tilted(world, state, tilt))
    state.frags[head["latents"]]["listed"], state.frags[head["latents"]]["mended"] = frag, mended
    head["latents"] += 1
    _blame(state, frag // rules["fragments"], BY_LATENT)
    _one_more_gone(world, state, frag // rules["fragments"])


@part
def _has_error(world: World, state: State, frag: int) -> bool:
    """Whether any fragment of the same group has a latent error."""
    fragments = world.rules[0]["fragments"]
    first = frag // fragments * fragments
    found = False
    for other in range(first, first + fragments):
        found = found or state.frags[other]["latent"] == 1
    return bool(found)


@part
def strike(world: World, state: State, number: int) -> None:
    """Have a common cause strike."""
    cause = world.causes[number]
    size = cause["size"]
    start = pick(world, state, cause["units"]) * size if cause["units"] > 1 else 0
    until = 0.0
    if cause["lasts"] >= 0:
        until = state.head[0]["now"] + law_ppf(world.laws, world.pool, cause["lasts"], draw(world, state))
    wanted = cause["count"]
    for k in range(size):
        if cause["count"] > 0:
            hit = draw(world, state) * (size - k) < wanted
            wanted -= int(hit)
        else:
            hit = cause["share"] >= 1.0 or draw(world, state) < cause["share"]
        if hit and until > 0.0:
            _take_away(world, state, start + k, until, FIRST_COMMON + number)
        if hit and cause["destroys"]:
            fail(world, state, start + k, FIRST_COMMON + number, 1.0)


@part
def _take_away(world: World, state: State, slot: int, until: float, cause: int) -> None:
    row, head = state.slots[slot], state.head[0]
    for place in range(world.first[slot], world.first[slot + 1]):
        _blame(state, world.on[place] // world.rules[0]["fragments"], cause)
    if row["until"] == 0.0:
        state.slots[head["n_away"]]["away"] = slot
        head["n_away"] += 1
    row["until"] = max(row["until"], until)


@part
def next_known(state: State) -> tuple[float, int, int]:
    """When, from now, what happens next of that which is known, and its place in the list."""
    head = state.head[0]
    now = head["now"]
    soonest, kind, place = np.inf, NOTHING, 0
    for k in range(head["downs"]):
        down = state.downs[k]
        wait = (
            down["left"] if not down["noticed"] else (down["work"] / down["speed"] if down["speed"] > 0.0 else np.inf)
        )
        if wait < soonest:
            soonest, kind, place = wait, NOTICED + down["noticed"], k
    for k in range(head["n_away"]):
        wait = state.slots[state.slots[k]["away"]]["until"] - now
        if wait < soonest:
            soonest, kind, place = wait, BACK, k
    for k in range(head["latents"]):
        wait = state.frags[k]["mended"] - now
        if wait < soonest:
            soonest, kind, place = wait, MENDED, k
    return max(soonest, 0.0), kind, place


@part
def apply_known(world: World, state: State, kind: int, place: int) -> None:
    """Let something happen that `next_known` told."""
    head = state.head[0]
    if kind == NOTICED:
        notice(world, state, place)
    elif kind == RETURNED:
        come_back(world, state, place)
    elif kind == BACK:
        slot = state.slots[place]["away"]
        state.slots[slot]["until"] = 0.0
        head["n_away"] -= 1
        state.slots[place]["away"] = state.slots[head["n_away"]]["away"]
        for at in range(world.first[slot], world.first[slot + 1]):
            _absolve(world, state, world.on[at] // world.rules[0]["fragments"])
    elif kind == MENDED:
        frag = state.frags[place]["listed"]
        _unlist(state, frag)
        _one_less_gone(world, state, frag // world.rules[0]["fragments"])


@part
def elapse(state: State, years: float) -> None:
    """Let time pass in which nothing happens."""
    head = state.head[0]
    head["now"] += years
    for k in range(head["downs"]):
        down = state.downs[k]
        if down["noticed"]:
            down["work"] = max(down["work"] - down["speed"] * years, 0.0)
        else:
            down["left"] = max(down["left"] - years, 0.0)


@part
def away_of(world: World, state: State, group: int) -> int:
    """How many fragments of a group are away, and not gone besides."""
    fragments = world.rules[0]["fragments"]
    count = 0
    for frag in range(group * fragments, (group + 1) * fragments):
        slot = state.slots[world.disk_of[frag]]
        if slot["until"] > 0.0 and not slot["gone"] and not state.frags[frag]["latent"]:
            count += 1
    return count
