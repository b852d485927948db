"""What the compiled simulation of losses works on: a fleet as arrays, and the state of one copy of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from georep_sim.laws import Constant, Erlang, Exponential, Gamma, Lognormal, Weibull
from georep_sim.laws.compiled import encode
from georep_sim.loss.model import Crews, Parallel, Shared
from georep_sim.loss.placement import placed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.loss.model import CommonCause, Fleet

#: Laws of `World.laws`; those of the common causes follow.
LIFE: Final = 0
REPAIR: Final = 1
DETECT: Final = 2
SCRUB: Final = 3
_FIRST_LASTS: Final = 4

#: Causes of a loss; common cause c is ``FIRST_COMMON + c``.
BY_DISK: Final = 0
BY_LATENT: Final = 1
BY_JOINT: Final = 2
FIRST_COMMON: Final = 3

#: Kinds of failure law, whose hazards are known.
EXPONENTIAL: Final = 0
WEIBULL: Final = 1
LOGNORMAL: Final = 2
GAMMA: Final = 3

PARALLEL: Final = 0
CREWS: Final = 1
SHARED: Final = 2

#: One row. Failure law: `a`, `b` as the law's, `log_norm` of its density; `most_gone` as in `Group`; periods in years.
RULES: Final = np.dtype(
    [
        ("disks", "i8"), ("fragments", "i8"), ("groups", "i8"), ("most_gone", "i8"), ("starts_at", "i8"),
        ("life", "i8"), ("a", "f8"), ("b", "f8"), ("log_norm", "f8"),
        ("repairs", "i8"), ("limit", "f8"), ("pools", "i8"),
        ("latent_per_y", "f8"), ("meets", "f8"), ("scrub", "i8"), ("scrub_period", "f8"),
        ("repair_mean", "f8"), ("varies", "i8"), ("stationary", "i8"), ("seed", "u8"),
    ]
)  # fmt: skip

#: A common cause: its rate in all, how many units of how many disks it can hit, how many disks of one it hits (0 = by
#: `share`), the row of the law for how long they are away (-1 = are not), and whether they are destroyed.
CAUSES: Final = np.dtype(
    [
        ("per_y", "f8"),
        ("units", "i8"),
        ("size", "i8"),
        ("count", "i8"),
        ("share", "f8"),
        ("lasts", "i8"),
        ("destroys", "i8"),
    ]
)

#: One row: the clock, the weight, the tilt of rebuilds, the disk that failed last, whether there was a loss, how many entries the lists hold, and the address of the draws.
HEAD: Final = np.dtype(
    [
        ("now", "f8"), ("weight", "f8"), ("tilt", "f8"), ("failed", "i8"), ("has_lost", "i8"),
        ("downs", "i8"), ("n_away", "i8"), ("latents", "i8"), ("lost", "i8"), ("by", "i8"),
        ("level", "i8"), ("crit_slots", "i8"), ("crit_groups", "i8"), ("stamp", "i8"),
        ("key0", "u8"), ("key1", "u8"), ("drawn", "i8"), ("sub", "i8"), ("replication", "i8"),
    ]
)  # fmt: skip
#: A disk: when it was new, until when it is away (0 = is not), whether it is gone (1) and that was noticed (2).
#: `crit` and `away` are lists of disks, as long as `HEAD` says.
SLOTS: Final = np.dtype(
    [("born", "f8"), ("until", "f8"), ("gone", "i8"), ("stamp", "i8"), ("crit", "i8"), ("away", "i8")]
)
#: A fragment; `listed` is a list of those with latent errors, `mended` beside it when these are found.
FRAGS: Final = np.dtype([("phase", "f8"), ("latent", "i8"), ("listed", "i8"), ("mended", "f8")])
#: A group: fragments gone, whether lost and being rebuilt, and what did something to it since all of it was good (-1 =
#: nothing); `crit` is a list, `busy` the rebuilds of pool number so.
GROUPS: Final = np.dtype(
    [
        ("gone", "i8"),
        ("lost", "i8"),
        ("rebuilding", "i8"),
        ("by", "i8"),
        ("stamp", "i8"),
        ("crit", "i8"),
        ("busy", "i8"),
    ]
)
#: Disks gone, in the order noticed once they are: what is left of detection, then of work, how fast it goes, and whether
#: it had to wait for a crew.
DOWNS: Final = np.dtype(
    [("slot", "i8"), ("noticed", "i8"), ("left", "f8"), ("work", "f8"), ("speed", "f8"), ("waits", "i8")]
)


class World(NamedTuple):
    """A fleet as compiled code reads it; fragments of group g are numbers ``g * fragments`` and on."""

    rules: NDArray[Any]
    causes: NDArray[Any]
    laws: NDArray[Any]
    pool: NDArray[np.float64]
    #: Fragments on disk d: ``on[first[d]:first[d + 1]]``.
    first: NDArray[np.int64]
    on: NDArray[np.int64]
    disk_of: NDArray[np.int64]
    #: Probability that the step to so many gone is a loss.
    loss_at: NDArray[np.float64]


class State(NamedTuple):
    """What changes; `tally` counts groups lost, by cause, since it was last read."""

    head: NDArray[Any]
    slots: NDArray[Any]
    frags: NDArray[Any]
    groups: NDArray[Any]
    downs: NDArray[Any]
    tally: NDArray[np.int64]


def world_of(fleet: Fleet, *, seed: int, stationary: bool) -> World:
    """Return a fleet as arrays.

    Parameters
    ----------
    fleet : Fleet
        What is simulated. Causes that hit objects are left out.
    seed : int
        Of placement and of all draws.
    stationary : bool
        Whether disks have the ages of a fleet that has been running for ever, else all are new.

    Raises
    ------
    ValueError
        If the failure law has no hazard that can be scaled.
    """
    group = fleet.group
    places = placed(fleet, seed=seed)
    disk_of = places.ravel()
    common = struck(fleet)
    laws = [group.life_y, group.repair_y, group.detect_y or Constant(0.0)]
    laws += [group.latent.scrub_y if group.latent else Constant(0.0)]
    laws += [cause.away_y or Constant(0.0) for cause in common]
    table, pool = encode(laws)
    causes = np.array([_cause(fleet, c, _FIRST_LASTS + k) for k, c in enumerate(common)], dtype=CAUSES)
    on = np.argsort(disk_of, kind="stable")
    first = np.searchsorted(disk_of[on], np.arange(fleet.disks + 1))
    loss_at = np.array([0.0, *(group.loss_at(gone) for gone in range(1, group.fragments + 1))])
    rules = _rules(fleet, len(places), seed=seed, stationary=stationary)
    return World(rules, causes, table, pool, first.astype(np.int64), on.astype(np.int64), disk_of, loss_at)


def struck(fleet: Fleet) -> tuple[CommonCause, ...]:
    """Return the common causes that hit disks, and ever strike."""
    return tuple(cause for cause in fleet.common if cause.scope != "objects" and cause.per_y > 0.0)


def state_of(world: World) -> State:
    """Return room for a state, to be filled."""
    rules = world.rules[0]
    return State(
        np.zeros(1, HEAD),
        np.zeros(rules["disks"], SLOTS),
        np.zeros(len(world.disk_of), FRAGS),
        np.zeros(rules["groups"], GROUPS),
        np.zeros(rules["disks"], DOWNS),
        np.zeros(FIRST_COMMON + len(world.causes), np.int64),
    )


def _rules(fleet: Fleet, groups: int, *, seed: int, stationary: bool) -> NDArray[Any]:
    group = fleet.group
    rules = np.zeros(1, RULES)
    rules["disks"], rules["fragments"], rules["groups"] = fleet.disks, group.fragments, groups
    rules["most_gone"], rules["starts_at"] = group.most_gone, group.starts_at
    rules["life"], rules["a"], rules["b"], rules["log_norm"] = _life(fleet)
    match group.repairs:
        case Parallel():
            rules["repairs"] = PARALLEL
        case Crews(count):
            rules["repairs"], rules["limit"] = CREWS, count
        case Shared(at_full_speed):
            rules["repairs"], rules["limit"] = SHARED, at_full_speed
    rules["pools"] = groups if fleet.layout == "partitioned" and not fleet.is_pooled else 1
    if group.latent:
        rules["latent_per_y"], rules["meets"] = group.latent.per_y, group.latent.meets
        rules["scrub"], rules["scrub_period"] = _scrub(group.latent.scrub_y)
    rules["repair_mean"], rules["varies"] = group.repair_y.mean, not isinstance(group.repair_y, Constant)
    rules["stationary"], rules["seed"] = stationary, seed
    return rules


def _scrub(law: object) -> tuple[int, float]:
    match law:
        case Constant(value) if value > 0.0:
            return 1, value
        case Exponential():
            return 0, 0.0
        case _:
            msg = f"scrubs of law {law}: must be periodic (a positive constant) or at random (exponential)"
            raise ValueError(msg)


def _life(fleet: Fleet) -> tuple[int, float, float, float]:
    """Kind, two parameters and log of the density's constant of the failure law."""
    from math import lgamma, log, pi  # noqa: PLC0415

    law = fleet.group.life_y
    match law:
        case Exponential(mean):
            return EXPONENTIAL, mean, 0.0, 0.0
        case Weibull(scale, shape):
            return WEIBULL, scale, shape, 0.0
        case Lognormal(median, sigma):
            return LOGNORMAL, median, sigma, log(sigma) + 0.5 * log(2.0 * pi)
        case Gamma():
            return GAMMA, law.scale, law.shape, lgamma(law.shape) + log(law.scale)
        case Erlang(mean, stages):
            return GAMMA, mean / stages, float(stages), lgamma(stages) + log(mean / stages)
        case _:
            msg = f"a {type(law).__name__} life has no hazard to scale: use exponential, Weibull, lognormal or gamma"
            raise ValueError(msg)


def _cause(fleet: Fleet, cause: CommonCause, law: int) -> tuple[float | int, ...]:
    units = {"rack": fleet.racks, "zone": fleet.zones}.get(cause.scope, 1)
    size = fleet.disks // units
    if cause.count > size:
        msg = f"common cause {cause.name} hits {cause.count} disks of {size}"
        raise ValueError(msg)
    return (
        cause.per_y * units,
        units,
        size,
        cause.count,
        cause.share,
        -1 if cause.away_y is None else law,
        cause.destroys,
    )
