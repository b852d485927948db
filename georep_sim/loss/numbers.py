"""Random numbers of a copy of a fleet, compiled, and times drawn with long ones made frequent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from georep_sim.jit import part
from georep_sim.laws.compiled import law_ppf
from georep_sim.loss.memory import CREWS, REPAIR
from georep_sim.philox import uniform

if TYPE_CHECKING:
    from georep_sim.loss.memory import State, World

_SMALLEST: Final = 2.0**-54
_LARGEST: Final = 1.0 - 2.0**-53


@part
def draw(world: World, state: State) -> float:
    """Next uniform number of this copy of the fleet, in (0, 1)."""
    head = state.head[0]
    head["drawn"] += 1
    seed = world.rules[0]["seed"]
    return uniform(head["key0"], head["key1"], head["drawn"], head["sub"], head["replication"], seed)


@part
def pick(world: World, state: State, count: int) -> int:
    """Random number from 0 to ``count - 1``."""
    return min(int(draw(world, state) * count), count - 1)


@part
def tilted(world: World, state: State, tilt: float) -> float:
    """Probability of a shorter time, with long ones made frequent and weighed for it.

    The probability v of a longer one gets the density ``tilt * v ** (tilt - 1)``: an exponential law of mean T becomes
    one of mean T / tilt, and the weight is at most 1 / tilt for any law.
    """
    u = draw(world, state)
    if tilt >= 1.0:
        return u
    beyond = u ** (1.0 / tilt)
    state.head[0]["weight"] *= beyond ** (1.0 - tilt) / tilt
    return float(min(max(1.0 - beyond, _SMALLEST), _LARGEST))


@part
def is_queued(world: World, state: State) -> bool:
    """Whether a rebuild that comes now is taken to wait for a crew, not counting its own disk."""
    rules = world.rules[0]
    return bool(rules["repairs"] == CREWS and state.head[0]["downs"] >= rules["limit"])


@part
def rebuild_work(world: World, state: State, tilt: float) -> float:
    """Years at full speed of a rebuild."""
    u = tilted(world, state, tilt if world.rules[0]["varies"] else 1.0)
    return law_ppf(world.laws, world.pool, REPAIR, u)
