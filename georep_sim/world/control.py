"""The control plane's state and its seven verbs, each one row of the `Timeline`; no policy.

Policy is in the processes beside this module, by noun: `faults`, `health`, `routing`, `failover`, `upkeep`,
`operators`. They read the state of `sites` and `links`, sleep, and speak the verbs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from simpy import Environment

from georep_sim.noise import uniform
from georep_sim.tables import NS_PER_S, Admission, Mark, Operation, Timeline, Topology, Verb, dtype_of
from georep_sim.world.clock import Bell, sleep

if TYPE_CHECKING:
    from collections.abc import Generator

    from simpy import Event

    from georep_sim.laws import Law
    from georep_sim.world.links import LinkState
    from georep_sim.world.sites import SiteState
    from georep_sim.world.windows import Windows

OPERATIONS = len(Operation)


class Stateful(Protocol):
    """Something with a state that faults change and others watch."""

    bell: Bell

    def refresh(self, cause: int) -> None:
        """Say what has changed, and ring."""


class Control:
    """One clock, the state of one design's parts, and the verbs.

    Parameters
    ----------
    topology : Topology
        What the indices mean.
    windows : Windows
        Fault windows that may strike this design.
    seed, replication : int
        Address of the draws.

    Attributes
    ----------
    env : simpy.Environment
        The clock, in ns.
    sites, links : list of SiteState, of LinkState
        State, in the order of the topology.
    changed : Bell
        Rung after every change of any part.

    Notes
    -----
    A process is a generator of `simpy` events; it may be one of the user's: ``process(control)``.
    """

    def __init__(self, topology: Topology, windows: Windows, *, seed: int, replication: int) -> None:
        self.env = Environment(initial_time=0)
        self.topology = topology
        self.windows = windows
        self.sites: list[SiteState] = []
        self.links: list[LinkState] = []
        self.changed = Bell(self.env)
        self._draws = (seed, replication)
        self._changes: list[tuple[int, int, int, float, int]] = []
        self._marks: list[tuple[int, int, int, int]] = []
        self._said: dict[tuple[int, int], float] = {}
        self._orders: dict[tuple[int, ...], int] = {}
        self._touched: dict[Stateful, int] = {}

    @property
    def now_ns(self) -> int:
        """The instant."""
        return int(self.env.now)

    # The seven verbs.

    def aim(self, cohort: int, order: tuple[int, ...], *, cause: int = -1) -> bool:
        """Give a cohort a DNS answer: sites in order of preference. Returns whether it is another one."""
        return self._say(Verb.AIM, cohort, self._orders.setdefault(order, len(self._orders)), cause)

    def admit(self, site: int, operation: Operation, admission: Admission, *, cause: int = -1) -> None:
        """Let a site answer an operation in this way from now on."""
        self._say(Verb.ADMIT, OPERATIONS * site + operation, admission, cause)

    def slow(self, entity: int, factor: float, *, cause: int = -1) -> None:
        """Set the factor on a site's service speed or a link's capacity, or a link's loss."""
        self._say(Verb.SLOW, entity, factor, cause)

    def resize(self, entity: int, capacity: float, *, cause: int = -1) -> None:
        """Set a site's workers or a link's capacity in B/s."""
        self._say(Verb.RESIZE, entity, capacity, cause)

    def cut(self, link: int, *, down: bool, cause: int = -1) -> None:
        """Cut a link, or mend it."""
        self._say(Verb.CUT, link, float(down), cause)

    def kill(self, site: int, *, cause: int = -1) -> None:
        """End what is in flight at a site."""
        self._changes.append((self.now_ns, Verb.KILL, site, 0.0, cause))

    def lose(self, site: int, share: float, *, cause: int = -1) -> None:
        """Lose all content of a site (1), or have a share of it deleted (negative)."""
        self._changes.append((self.now_ns, Verb.LOSE, site, share, cause))

    def _say(self, verb: Verb, target: int, value: float, cause: int) -> bool:
        if self._said.get((verb, target)) == value:
            return False
        self._said[verb, target] = value
        self._changes.append((self.now_ns, verb, target, value, cause))
        return True

    # Beside the verbs.

    def presume(self, verb: Verb, target: int, value: float) -> None:
        """Note what holds before the first change, so that saying it again is no change."""
        self._said[verb, target] = value

    def mark(self, mark: Mark, site: int, *, cause: int = -1) -> None:
        """Note a moment of a recovery."""
        self._marks.append((self.now_ns, mark, site, cause))

    def touch(self, part: Stateful, cause: int) -> None:
        """Note that a part's state has changed; `flush` says so once all changes of the instant are in."""
        self._touched[part] = cause

    def flush(self) -> None:
        """Let the touched parts say what changed, and wake who waits."""
        if not self._touched:
            return
        touched, self._touched = self._touched, {}
        for part, cause in touched.items():
            part.refresh(cause)
        self.changed.ring()

    def sleep(self, until_ns: int, *bells: Bell, order: int = 0) -> Event:
        """Event at an instant, or at the first ring of one of the bells; see `clock.sleep`."""
        return sleep(self.env, max(until_ns, self.now_ns), order=order, bells=bells)

    def start(self, process: Generator[Event, object, None]) -> None:
        """Start a process."""
        self.env.process(process)

    def draw_ns(self, law: Law, purpose: str, cause: int, *, residual: bool = False) -> int:
        """Draw a duration of what a fault window brings about, in ns; on request what is left of one under way.

        The address is the purpose and the window, so that two designs meet the same luck in the same fault.
        """
        name, occurrence = self.windows.address(cause)
        u = uniform(*self._draws, f"{purpose}/{name}", occurrence)
        return round((law.residual_ppf(u) if residual else law.ppf(u)) * NS_PER_S)

    def phase_ns(self, name: str, every_ns: int) -> int:
        """Draw the phase of something that happens periodically, in [0, every)."""
        return int(uniform(*self._draws, name, 0) * every_ns)

    def history(self, *, horizon_ns: int, settle_ns: int) -> Timeline:
        """Everything said so far, as a `Timeline` that ends `settle_ns` after the last change."""
        last_ns = max(self._changes[-1][0] if self._changes else 0, self._marks[-1][0] if self._marks else 0)
        return Timeline(
            topology=self.topology,
            changes=np.array(self._changes, dtype=dtype_of("changes")),
            faults=self.windows.table,
            marks=np.array(self._marks, dtype=dtype_of("marks")),
            orders=tuple(self._orders),
            fault_names=self.windows.names,
            targets=self.windows.targets,
            horizon_ns=horizon_ns,
            end_ns=max(horizon_ns, last_ns + settle_ns),
        )
