"""Promotion of a standby: noticed, decided, executed, and one day taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.tables import NS_PER_S, Mark
from georep_sim.world.sites import Part

if TYPE_CHECKING:
    from collections.abc import Generator

    from simpy import Event

    from georep_sim.scenario.design.recovery import Failover
    from georep_sim.world.control import Control
    from georep_sim.world.routing import Router
    from georep_sim.world.sites import SiteState
    from georep_sim.world.upkeep import Reseeds


class Promotion:
    """The home site, the standby that can take its place, and who decides about it.

    Parameters
    ----------
    control : Control
        The clock and the state.
    rules : Failover
        The design's block.
    home, standby : SiteState
        The two.
    router : Router
        Who tells the clients.
    reseeds : Reseeds
        Who brings the content back to an emptied home.

    Notes
    -----
    A vendor knows at once; with ``trigger: auto`` the probes' verdict starts the clock, whatever the kind of
    fault. Upon an outage the failover is called off if the fault ends before it is executed; upon destruction it
    goes on although the place is back, because its bytes are not. From its execution the old home refuses
    clients, so that nobody writes to two homes, until it is taken back.
    """

    def __init__(
        self,
        control: Control,
        rules: Failover,
        *,
        home: SiteState,
        standby: SiteState,
        router: Router,
        reseeds: Reseeds,
    ) -> None:
        self._control = control
        self._rules = rules
        self._home = home
        self._standby = standby
        self._router = router
        self._reseeds = reseeds
        # A site that serves beside the home goes on serving after it.
        self._serves_beside = standby.is_active

    def run(self) -> Generator[Event, object, None]:
        """Process: wait for the need, fail over, come back, again and again."""
        while True:
            while self._need() < 0:
                yield self._home.bell.wait()
            cause = self._need()
            if self._rules.trigger == "vendor":
                self._control.mark(Mark.DETECTED, self._home.index, cause=cause)
            decided = yield from self._decide(cause)
            if decided:
                yield from self._execute(cause)
                yield from self._return(cause)

    def _need(self) -> int:
        """Fault window that calls for a failover now, or -1."""
        home, upon = self._home, self._rules.upon
        if self._rules.trigger == "auto":
            return -1 if home.is_healthy else max(home.culprit, 0)
        if home.is_empty and "destroyed" in upon:
            return home.emptied_by
        if not home.is_up and "outage" in upon:
            return min(self._outages(), default=-1)
        return -1

    def _outages(self) -> list[int]:
        """Windows of kind outage that hold the home down."""
        windows = self._control.windows
        holding = self._home.held[Part.FRONT] | self._home.held[Part.BLOBS]
        if not holding and self._home.culprit >= 0:
            holding = {self._home.culprit}
        return [window for window in holding if windows.row(window).kind == "outage"]

    def _decide(self, cause: int) -> Generator[Event, object, bool]:
        """Wait for the decision; False if it is called off."""
        control, home = self._control, self._home
        decided_ns = control.now_ns + self._draw_ns("decide", cause)
        while control.now_ns < decided_ns:
            yield control.sleep(decided_ns, home.bell, order=home.index)
            if self._need() < 0:
                return False
        control.mark(Mark.DECIDED, home.index, cause=cause)
        return True

    def _execute(self, cause: int) -> Generator[Event, object, None]:
        """Promote the standby as soon as it can serve; what it does not hold is gone if so ruled."""
        control, home, standby = self._control, self._home, self._standby
        yield control.sleep(control.now_ns + self._draw_ns("execute", cause), order=home.index)
        while not standby.has_content:
            yield standby.bell.wait()
        home.is_active, standby.is_active = False, True
        control.touch(home, cause)
        control.touch(standby, cause)
        if self._rules.unsynced == "lost" and not home.is_empty:
            # What an emptied home had not copied was lost when it was emptied.
            control.lose(home.index, 1.0, cause=cause)
        control.flush()
        self._router.move_home(standby.index, cause)
        control.mark(Mark.EXECUTED, home.index, cause=cause)

    def _return(self, cause: int) -> Generator[Event, object, None]:
        """Take the old home back once its place works and its content is there again.

        With ``back: manual`` the content is brought back before `back_after` is over; with ``auto`` it is
        fetched from the promoted site as soon as the place works. Where probes called for the failover, they
        must also call the home good again.
        """
        control, home, standby = self._control, self._home, self._standby
        if self._rules.back == "manual":
            yield control.sleep(control.now_ns + round(self._rules.back_after * NS_PER_S), order=home.index)
        elif home.is_empty:
            yield from self._reseeds.refill(home, [standby.index], cause)
        while not home.is_up:
            yield home.bell.wait()
        if home.is_empty or self._rules.unsynced == "lost":
            # Whatever it lost, it now holds what the promoted site holds.
            home.fill(cause)
            control.mark(Mark.RESEEDED, home.index, cause=cause)
        if self._rules.trigger == "auto":
            control.flush()
            while not home.is_healthy:
                yield home.bell.wait()
        home.is_active, standby.is_active = True, self._serves_beside
        control.touch(home, cause)
        control.touch(standby, cause)
        control.flush()
        self._router.move_home(home.index, cause)
        control.mark(Mark.FAILED_BACK, home.index, cause=cause)

    def _draw_ns(self, step: str, cause: int) -> int:
        law = self._rules.decide if step == "decide" else self._rules.execute
        return self._control.draw_ns(law, f"failover/{self._control.topology.sites[self._home.index]}/{step}", cause)
