"""Busy periods of a fleet, compiled: an unbiased run, and biased copies of what follows each departure from good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.jit import kernel, part
from georep_sim.loss.moves import begin, copy, forget_losses, redraw_scrub, redraw_work, strike
from georep_sim.loss.numbers import draw
from georep_sim.loss.rebuilds import share_out
from georep_sim.loss.steps import BY_CAUSE, DISK_FAILED, LIMIT, SPOILED, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.loss.memory import State, World

#: One row. Replications `first` and on, in batches of `each`; a period is busy while some group misses `entry` or
#: more. Two pressures, the second for one replication in `check_each`; common causes are forced in one in
#: `force_each`, at `forced` instants. `main` and `twin` are the keys of draws.
PLAY: Final = np.dtype(
    [
        ("horizon", "f8"), ("pressure", "f8"), ("check_pressure", "f8"), ("tilt", "f8"),
        ("first", "i8"), ("each", "i8"), ("entry", "i8"), ("copies", "i8"),
        ("check_each", "i8"), ("force_each", "i8"), ("forced", "i8"),
        ("main0", "u8"), ("main1", "u8"), ("twin0", "u8"), ("twin1", "u8"),
    ]
)  # fmt: skip

#: What a play counts, one row: departures, copies, copies with a loss, the largest weight, and the sum of weights.
COUNTS: Final = np.dtype([("departures", "i8"), ("copies", "i8"), ("hits", "i8"), ("largest", "f8"), ("sum", "f8")])


@part
def _level(world: World, state: State) -> int:
    """Most fragments that any group misses."""
    fragments, head = world.rules[0]["fragments"], state.head[0]
    level = 0
    for k in range(head["downs"]):
        slot = state.downs[k]["slot"]
        for place in range(world.first[slot], world.first[slot + 1]):
            level = max(level, state.groups[world.on[place] // fragments]["gone"])
    for k in range(head["latents"]):
        level = max(level, state.groups[state.frags[k]["listed"] // fragments]["gone"])
    return level


@part
def _is_busy(world: World, state: State, entry: int) -> bool:
    head = state.head[0]
    if entry <= 1:
        return bool(head["downs"] > 0 or head["latents"] > 0 or head["n_away"] > 0)
    if head["downs"] + head["latents"] < entry:
        return False
    return _level(world, state) >= entry


@part
def _excursion(
    world: World,
    state: State,
    pressure: float,
    entry: int,
    horizon: float,
    scale: float,
    first_losses: NDArray[np.float64],
    groups_lost: NDArray[np.float64],
    counts: NDArray[Any],
) -> None:
    """Play a busy period to its end, and add the weights, times a scale, of what it loses."""
    head = state.head[0]
    head["has_lost"] = 0
    while True:
        if head["lost"] > 0:
            weight = head["weight"] * scale
            if not head["has_lost"]:
                first_losses[head["by"]] += weight
                counts[0]["hits"] += 1
                counts[0]["sum"] += weight
                counts[0]["largest"] = max(counts[0]["largest"], weight)
            head["has_lost"], head["tilt"] = 1, 1.0
            for by in range(len(state.tally)):
                groups_lost[by] += weight * state.tally[by]
            state.tally[:] = 0
            head["lost"] = 0
        if head["now"] >= horizon or not _is_busy(world, state, entry):
            break
        if step(world, state, pressure, horizon) == LIMIT:
            break
    counts[0]["copies"] += 1


@part
def _start_twin(play: NDArray[Any], main: State, twin: State, number: int) -> None:
    copy(main, twin)
    head = twin.head[0]
    head["weight"], head["tilt"] = 1.0, play[0]["tilt"]
    head["key0"], head["key1"] = play[0]["twin0"], play[0]["twin1"]
    head["drawn"], head["sub"] = 0, number


@part
def _redraw(world: World, twin: State, what: int) -> None:
    """Draw the end of what began just now once more: nothing has come of it yet, and each copy may have its own."""
    if what == DISK_FAILED:
        redraw_work(world, twin, twin.head[0]["failed"])
    elif what == SPOILED:
        redraw_scrub(world, twin)


@part
def _spawn(
    world: World,
    play: NDArray[Any],
    main: State,
    twin: State,
    what: int,
    number: int,
    first_losses: NDArray[np.float64],
    groups_lost: NDArray[np.float64],
    checks: NDArray[np.float64],
    counts: NDArray[Any],
) -> int:
    """Play copies of the busy period that starts here; return how many there have been in the replication."""
    now = play[0]
    counts[0]["departures"] += 1
    for _ in range(now["copies"]):
        number += 1
        _start_twin(play, main, twin, number)
        _redraw(world, twin, what)
        share = 1.0 / now["copies"]
        _excursion(world, twin, now["pressure"], now["entry"], now["horizon"], share, first_losses, groups_lost, counts)
    if main.head[0]["replication"] % now["check_each"] == 0:
        for _ in range(now["copies"]):
            number += 1
            _start_twin(play, main, twin, number)
            _redraw(world, twin, what)
            share = now["check_each"] / now["copies"]
            _excursion(
                world,
                twin,
                now["check_pressure"],
                now["entry"],
                now["horizon"],
                share,
                checks[0],
                checks[1],
                counts[1:],
            )
    return number


@part
def _force(
    world: World,
    play: NDArray[Any],
    main: State,
    twin: State,
    number: int,
    first_losses: NDArray[np.float64],
    groups_lost: NDArray[np.float64],
    checks: NDArray[np.float64],
    counts: NDArray[Any],
) -> int:
    """Have every common cause strike here, each in a copy that is weighted by its rate."""
    now = play[0]
    is_checked = main.head[0]["replication"] % (now["check_each"] * now["force_each"]) == 0
    for k in range(len(world.causes) * (1 + is_checked)):
        cause, is_check = k % len(world.causes), k >= len(world.causes)
        number += 1
        _start_twin(play, main, twin, number)
        strike(world, twin, cause)
        share_out(world, twin)
        if not _is_busy(world, twin, now["entry"]):
            continue
        scale = world.causes[cause]["per_y"] * now["horizon"] * now["force_each"] / now["forced"]
        if is_check:
            scale *= now["check_each"]
            _excursion(
                world,
                twin,
                now["check_pressure"],
                now["entry"],
                now["horizon"],
                scale,
                checks[0],
                checks[1],
                counts[1:],
            )
        else:
            _excursion(
                world, twin, now["pressure"], now["entry"], now["horizon"], scale, first_losses, groups_lost, counts
            )
    return number


@part
def _replicate(
    world: World,
    play: NDArray[Any],
    main: State,
    twin: State,
    replication: int,
    first_losses: NDArray[np.float64],
    groups_lost: NDArray[np.float64],
    checks: NDArray[np.float64],
    counts: NDArray[Any],
) -> None:
    """Play one unbiased replication, and copies of its busy periods."""
    now, head = play[0], main.head[0]
    begin(world, main, now["main0"], now["main1"], replication)
    forced = now["forced"] if len(world.causes) > 0 and replication % now["force_each"] == 0 else 0
    done = drawn = number = 0
    instant = 0.0
    is_busy = False
    while True:
        limit = now["horizon"]
        if done < forced:
            if drawn == done:
                # One instant in each of equal parts of the horizon.
                instant = (done + draw(world, main)) / forced * now["horizon"]
                drawn += 1
            limit = instant
        what = step(world, main, 0.0, limit) if head["now"] < limit else LIMIT
        if what == LIMIT and done >= forced:
            break
        if what == LIMIT:
            done += 1
            if not is_busy:
                number = _force(world, play, main, twin, number, first_losses, groups_lost, checks, counts)
            continue
        was_busy = is_busy
        is_busy = _is_busy(world, main, now["entry"])
        if is_busy and not was_busy and what < BY_CAUSE:
            number = _spawn(world, play, main, twin, what, number, first_losses, groups_lost, checks, counts)
        forget_losses(main)


@kernel
def simulate(
    world: World,
    play: NDArray[Any],
    main: State,
    twin: State,
    first_losses: NDArray[np.float64],
    groups_lost: NDArray[np.float64],
    checks: NDArray[np.float64],
    counts: NDArray[Any],
) -> None:
    """Play batches of replications.

    Parameters
    ----------
    world, main, twin
        The fleet, and room for two states.
    play : ndarray of `PLAY`, shape (1,)
        What to play.
    first_losses, groups_lost : ndarray of float64, shape (n_batches, n_causes)
        Sums of weights of first losses in a busy period, and of groups lost, by cause; added to.
    checks : ndarray of float64, shape (n_batches, 2, n_causes)
        Both at the other pressure.
    counts : ndarray of `COUNTS`, shape (2,)
        At either pressure.
    """
    replication = play[0]["first"]
    for batch in range(len(first_losses)):
        for _ in range(play[0]["each"]):
            _replicate(
                world, play, main, twin, replication, first_losses[batch], groups_lost[batch], checks[batch], counts
            )
            replication += 1


@kernel
def observe(
    world: World, play: NDArray[Any], main: State, busy_y: NDArray[np.float64], entries: NDArray[np.int64]
) -> None:
    """Play replications without copies, and see how long and how often some group misses so many.

    Parameters
    ----------
    world, play, main
        As for `simulate`; one batch.
    busy_y : ndarray of float64, shape (n_levels,)
        Years with some group missing index + 1 fragments or more, for index 0 also with anything not good; added to.
    entries : ndarray of int64, shape (n_levels,)
        Entries to it; added to.
    """
    now, head = play[0], main.head[0]
    for k in range(now["each"]):
        begin(world, main, now["main0"], now["main1"], now["first"] + k)
        while head["now"] < now["horizon"]:
            before = head["now"]
            level = _level(world, main)
            if level == 0 and _is_busy(world, main, 1):
                level = 1
            what = step(world, main, 0.0, now["horizon"])
            for index in range(min(level, len(busy_y))):
                busy_y[index] += head["now"] - before
            after = _level(world, main)
            if after == 0 and what != LIMIT and _is_busy(world, main, 1):
                after = 1
            for index in range(level, min(after, len(entries))):
                entries[index] += 1
            forget_losses(main)


@kernel
def plain(
    world: World, play: NDArray[Any], main: State, losses: NDArray[np.int64], groups_lost: NDArray[np.int64]
) -> None:
    """Play replications to the first loss or the horizon.

    Parameters
    ----------
    world, play, main
        As for `simulate`; one batch.
    losses, groups_lost : ndarray of int64, shape (n_causes,)
        Replications with a loss, and groups lost at that instant, by cause; added to.
    """
    now, head = play[0], main.head[0]
    for k in range(now["each"]):
        begin(world, main, now["main0"], now["main1"], now["first"] + k)
        while head["now"] < now["horizon"] and head["lost"] == 0:
            step(world, main, 0.0, now["horizon"])
        if head["lost"] > 0:
            losses[head["by"]] += 1
            for by in range(len(losses)):
                groups_lost[by] += main.tally[by]
