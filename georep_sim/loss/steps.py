"""One step of a fleet, with hazards scaled: to the next event or a limit, and what that does to the weight.

Boosted are the hazards that bring a group nearer to loss: of disks and fragments of the *critical* groups, those that
miss most, and of common causes. How long the critical state will last is known, since rebuilds are drawn when a disk
goes: the scale is set so that the boosted hazards, integrated over that window, come to the *pressure*. The weight of
a failure then is at most ``exp(pressure)`` times the plain probability of it in the window.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from georep_sim.jit import part
from georep_sim.loss.hazards import cumulative, hazard
from georep_sim.loss.memory import BY_DISK, EXPONENTIAL
from georep_sim.loss.moves import apply_known, elapse, fail, next_known, spoil, strike
from georep_sim.loss.numbers import draw, pick
from georep_sim.loss.rebuilds import share_out
from georep_sim.loss.windows import longest_of, window_of

if TYPE_CHECKING:
    from georep_sim.loss.memory import State, World

    #: Factors on hazards: of critical disks, of critical fragments' latent errors, integral aimed at for each cause.
    Scales = tuple[float, float, float]

#: What a step came to; common cause c is ``BY_CAUSE + c``.
LIMIT: Final = 0
KNOWN: Final = 1
DISK_FAILED: Final = 2
SPOILED: Final = 3
BY_CAUSE: Final = 4

#: Shares of the pressure that go to latent errors and to common causes, of one that goes to disks.
_SHARE: Final = 0.5
#: Of disks or latent errors, in what both get.
_LEAST_SHARE: Final = 0.2
#: Tilt of rebuilds of other disks, at least.
_MILD: Final = 0.6
_STEPS: Final = 200
#: Years; what is known to happen nearer to each other is one step.
_SAME_INSTANT: Final = 1e-12


@part
def find_critical(world: World, state: State) -> None:
    """List the groups that miss most, and the good disks whose going would bring one of them nearer to loss."""
    head = state.head[0]
    fragments = world.rules[0]["fragments"]
    head["stamp"] += 1
    head["level"] = head["crit_slots"] = head["crit_groups"] = 0
    for k in range(head["downs"]):
        slot = state.downs[k]["slot"]
        for place in range(world.first[slot], world.first[slot + 1]):
            _consider(world, state, world.on[place] // fragments)
    for k in range(head["latents"]):
        _consider(world, state, state.frags[k]["listed"] // fragments)
    for k in range(head["crit_groups"]):
        group = state.groups[k]["crit"]
        for frag in range(group * fragments, (group + 1) * fragments):
            _list_slot(world, state, frag)


@part
def _consider(world: World, state: State, group: int) -> None:  # noqa: ARG001  (called like the others)
    head, row = state.head[0], state.groups[group]
    if row["lost"] or row["gone"] < head["level"]:
        return
    if row["gone"] > head["level"]:
        # All found so far miss less: a new list.
        head["level"], head["crit_groups"] = row["gone"], 0
        head["stamp"] += 1
    if row["stamp"] != head["stamp"]:
        row["stamp"] = head["stamp"]
        state.groups[head["crit_groups"]]["crit"] = group
        head["crit_groups"] += 1


@part
def _list_slot(world: World, state: State, frag: int) -> None:
    slot, head = world.disk_of[frag], state.head[0]
    row = state.slots[slot]
    if row["gone"] or state.frags[frag]["latent"] or row["stamp"] == head["stamp"]:
        return
    row["stamp"] = head["stamp"]
    state.slots[head["crit_slots"]]["crit"] = slot
    head["crit_slots"] += 1


@part
def _hazards(world: World, state: State, years: float) -> tuple[float, float]:
    """Hazards of critical and of other good disks, integrated over some years from now."""
    rules, head = world.rules[0], state.head[0]
    if rules["life"] == EXPONENTIAL:
        others = rules["disks"] - head["downs"] - head["crit_slots"]
        return years / rules["a"] * head["crit_slots"], years / rules["a"] * others
    critical = others = 0.0
    for slot in range(rules["disks"]):
        row = state.slots[slot]
        if row["gone"]:
            continue
        age = head["now"] - row["born"]
        added = cumulative(world.rules, age + years) - cumulative(world.rules, age)
        if head["crit_slots"] > 0 and row["stamp"] == head["stamp"]:
            critical += added
        else:
            others += added
    return critical, others


@part
def _scales(world: World, state: State, pressure: float, limit: float) -> tuple[float, float, float]:
    """Factors that bring the boosted hazards to the pressure: of disks, of latent errors, and years between causes.

    Common causes strike all groups, so theirs is spread over the whole busy period. After the first loss only they are
    boosted: more losses come at their own rate, but for those that a second fire would bring to many groups.
    """
    rules, head = world.rules[0], state.head[0]
    if pressure <= 0.0:
        return 1.0, 1.0, np.inf
    has_latents = rules["latent_per_y"] > 0.0
    aim = pressure / (1.0 + _SHARE * has_latents + _SHARE * (len(world.causes) > 0))
    longest = longest_of(world, state) if len(world.causes) > 0 else 0.0
    between = longest * len(world.causes) / (_SHARE * aim) if longest > 0.0 else np.inf
    if head["has_lost"]:
        return 1.0, 1.0, between
    find_critical(world, state)
    if head["level"] == 0:
        _all_critical(state)
    window = window_of(world, state)
    if not 0.0 < window < np.inf:
        return 1.0, 1.0, between
    seen = min(window, limit - head["now"])
    on_disks = _hazards(world, state, seen)[0] * window / seen
    on_latents = rules["latent_per_y"] * head["crit_groups"] * rules["fragments"] * window
    aim_latents = _SHARE * aim
    if has_latents and rules["meets"] == 1.0 and on_latents > 0.0:
        # Where any error counts, as often beside failures of disks as it is unboosted, but that neither is neglected.
        share = min(max(on_latents / (on_disks + on_latents), _LEAST_SHARE), 1.0 - _LEAST_SHARE)
        both = (1.0 + _SHARE) * aim
        aim, aim_latents = (1.0 - share) * both, share * both
    disks = max(1.0, aim / on_disks) if on_disks > 0.0 else 1.0
    latents = max(1.0, aim_latents / on_latents) if on_latents > 0.0 else 1.0
    return disks, latents, between


@part
def _all_critical(state: State) -> None:
    """Where no group misses anything, any disk's going brings one nearer to loss."""
    head = state.head[0]
    head["stamp"] += 1
    for slot in range(len(state.slots)):
        row = state.slots[slot]
        if not row["gone"]:
            row["stamp"] = head["stamp"]
            state.slots[head["crit_slots"]]["crit"] = slot
            head["crit_slots"] += 1


@part
def _cause_scale(world: World, number: int, spacing: float) -> float:
    """Factor on the rate of a common cause that makes its events so far apart."""
    return float(max(1.0, 1.0 / (world.causes[number]["per_y"] * spacing)))


@part
def _poisson_rates(world: World, state: State, scales: tuple[float, float, float]) -> tuple[float, float]:
    """Scaled rate of latent errors and common causes, and by how much it exceeds the plain one."""
    rules = world.rules[0]
    critical = state.head[0]["crit_groups"] * rules["fragments"] * rules["latent_per_y"]
    rate = rules["latent_per_y"] * len(world.disk_of) + (scales[1] - 1.0) * critical
    excess = (scales[1] - 1.0) * critical
    for number in range(len(world.causes)):
        plain = world.causes[number]["per_y"]
        scale = _cause_scale(world, number, scales[2])
        rate += scale * plain
        excess += (scale - 1.0) * plain
    return rate, excess


@part
def step(world: World, state: State, pressure: float, limit: float) -> int:
    """Play to the next event, or to an instant, and return what it was."""
    head = state.head[0]
    head["crit_slots"] = head["crit_groups"] = 0
    scales = _scales(world, state, pressure, limit)
    known_in, kind, place = next_known(state)
    room = min(known_in, limit - head["now"])
    rate, excess = _poisson_rates(world, state, scales)
    target = -math.log(draw(world, state))
    years, happens = _wait(world, state, scales[0], rate, target, room)
    if pressure > 0.0:
        critical = _hazards(world, state, years)[0]
        head["weight"] *= math.exp((scales[0] - 1.0) * critical + excess * years)
    if happens:
        happened = _happen(world, state, scales, rate, years)
    else:
        elapse(state, years)
        happened = LIMIT
        if known_in <= room and kind > 0:
            # What struck many at once comes back at once.
            known_in = 0.0
            while kind > 0 and known_in <= _SAME_INSTANT:
                apply_known(world, state, kind, place)
                known_in, kind, place = next_known(state)
            happened = KNOWN
    if happened != LIMIT:
        share_out(world, state)
    return happened


@part
def _wait(world: World, state: State, scale: float, rate: float, target: float, room: float) -> tuple[float, bool]:
    """Years until the scaled hazards come to a target, and whether that is before something else happens."""
    critical, others = _hazards(world, state, room)
    total = scale * critical + others + rate * room
    if total < target:
        return room, False
    if world.rules[0]["life"] == EXPONENTIAL:
        return room * (target / total), True
    low, high, at_low, at_high = 0.0, room, -target, total - target
    years = room
    # Regula falsi, the Illinois way: the end that stays loses half its weight.
    for _ in range(_STEPS):
        years = (low * at_high - high * at_low) / (at_high - at_low)
        critical, others = _hazards(world, state, years)
        gap = scale * critical + others + rate * years - target
        if abs(gap) <= 1e-13 * target or high - low <= 1e-15 * room:
            break
        if gap > 0.0:
            high, at_high, at_low = years, gap, 0.5 * at_low
        else:
            low, at_low, at_high = years, gap, 0.5 * at_high
    return years, True


@part
def _happen(world: World, state: State, scales: tuple[float, float, float], rate: float, years: float) -> int:
    """Choose by scaled hazards what happens after some years, and let it happen."""
    rules, head = world.rules[0], state.head[0]
    critical, others = _rates_after(world, state, years)
    elapse(state, years)
    at = draw(world, state) * (scales[0] * critical + others + rate)
    if at < scales[0] * critical:
        head["weight"] /= scales[0]
        slot = _critical_slot(world, state, at / scales[0])
        fail(world, state, slot, BY_DISK, head["tilt"])
        return DISK_FAILED
    at -= scales[0] * critical
    if at < others:
        # Where disks share several groups it may be the first of those whose loss comes, if few are gone.
        shares = len(world.disk_of) > rules["disks"] and head["downs"] <= rules["most_gone"]
        fail(world, state, _other_slot(world, state, at), BY_DISK, max(head["tilt"], _MILD) if shares else 1.0)
        return DISK_FAILED
    at -= others
    for number in range(len(world.causes)):
        scale = _cause_scale(world, number, scales[2])
        if at < scale * world.causes[number]["per_y"]:
            head["weight"] /= scale
            strike(world, state, number)
            return BY_CAUSE + number
        at -= scale * world.causes[number]["per_y"]
    of_critical = scales[1] * head["crit_groups"] * rules["fragments"] * rules["latent_per_y"]
    if rules["latent_per_y"] > 0.0:
        is_critical = at < of_critical
        frag = _fragment(world, state, is_critical, scales[1])
        spoil(world, state, frag, scales[1] > 1.0, head["tilt"] if is_critical else 1.0)
    return SPOILED


@part
def _rates_after(world: World, state: State, years: float) -> tuple[float, float]:
    """Hazards of critical and of other good disks after some years."""
    rules, head = world.rules[0], state.head[0]
    if rules["life"] == EXPONENTIAL:
        return _hazards(world, state, 1.0)
    critical = others = 0.0
    for slot in range(rules["disks"]):
        row = state.slots[slot]
        if row["gone"]:
            continue
        added = hazard(world.rules, head["now"] + years - row["born"])
        if head["crit_slots"] > 0 and row["stamp"] == head["stamp"]:
            critical += added
        else:
            others += added
    return critical, others


@part
def _critical_slot(world: World, state: State, at: float) -> int:
    """Choose a critical disk by hazard: the one where the running sum passes a number."""
    rules, head = world.rules[0], state.head[0]
    count = head["crit_slots"]
    if rules["life"] == EXPONENTIAL:
        return int(state.slots[min(int(at * rules["a"]), count - 1)]["crit"])
    for k in range(count - 1):
        slot = int(state.slots[k]["crit"])
        at -= hazard(world.rules, head["now"] - state.slots[slot]["born"])
        if at < 0.0:
            return slot
    return int(state.slots[count - 1]["crit"])


@part
def _other_slot(world: World, state: State, at: float) -> int:
    """Choose a good disk that is not critical, by hazard."""
    rules, head = world.rules[0], state.head[0]
    is_even = rules["life"] == EXPONENTIAL
    chosen = 0
    while is_even:
        chosen = pick(world, state, rules["disks"])
        row = state.slots[chosen]
        if not row["gone"] and (head["crit_slots"] == 0 or row["stamp"] != head["stamp"]):
            return chosen
    for slot in range(rules["disks"]):
        row = state.slots[slot]
        if row["gone"] or (head["crit_slots"] > 0 and row["stamp"] == head["stamp"]):
            continue
        chosen = slot
        at -= hazard(world.rules, head["now"] - row["born"])
        if at < 0.0:
            break
    return chosen


@part
def _fragment(world: World, state: State, is_critical: bool, scale: float) -> int:
    """Choose a fragment for a latent error, and weigh it if it is critical."""
    rules, head = world.rules[0], state.head[0]
    if is_critical:
        head["weight"] /= scale
        group = state.groups[pick(world, state, head["crit_groups"])]["crit"]
        return int(group * rules["fragments"] + pick(world, state, rules["fragments"]))
    while True:
        frag = pick(world, state, len(world.disk_of))
        group = frag // rules["fragments"]
        if head["crit_groups"] == 0 or state.groups[group]["stamp"] != head["stamp"]:
            return frag
