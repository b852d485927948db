"""What control is doing when a request arrives, instant by instant."""

from __future__ import annotations

import numpy as np

from georep_sim.tables import NS_PER_S, ControlState
from georep_sim.world.sample import Episode
from georep_sim.world.states import control_states

QUIET, STRUCK, FAILED_OVER, AFTER = ControlState


def episode(start_s: int, moved_s: int, mended_s: int, end_s: int) -> Episode:
    start, moved, mended, end = (s * NS_PER_S for s in (start_s, moved_s, mended_s, end_s))
    return Episode(start, end, frozenset({0}), moved, mended, end)


def states_at(found: list[Episode], *instants_s: float) -> list[int]:
    at_ns = np.array([round(s * NS_PER_S) for s in instants_s], dtype=np.int64)
    return [int(state) for state in control_states(found).at(at_ns)]


def test_an_episode_is_struck_then_failed_over_then_after() -> None:
    found = [episode(100, 160, 300, 420)]
    assert states_at(found, 0, 99.999, 100, 159, 160, 299, 300, 419, 420, 1e6) == [
        QUIET, QUIET, STRUCK, STRUCK, FAILED_OVER, FAILED_OVER, AFTER, AFTER, QUIET, QUIET,
    ]  # fmt: skip


def test_where_nobody_is_moved_nothing_is_failed_over() -> None:
    # moved = start: no client was aimed away, so the phase of the stricken is empty.
    assert states_at([episode(100, 100, 300, 300)], 99, 100, 299, 300) == [QUIET, FAILED_OVER, FAILED_OVER, QUIET]


def test_an_episode_that_begins_as_another_ends_has_the_instant() -> None:
    found = [episode(100, 150, 200, 300), episode(300, 350, 400, 500)]
    assert states_at(found, 299, 300, 500) == [AFTER, STRUCK, QUIET]


def test_an_episode_that_began_before_the_start_is_known_from_its_beginning() -> None:
    assert states_at([episode(-50, -10, 20, 30)], -60, 0, 20, 30) == [QUIET, FAILED_OVER, AFTER, QUIET]


def test_without_episodes_it_is_always_quiet() -> None:
    assert states_at([], 0, 1e9) == [QUIET, QUIET]
