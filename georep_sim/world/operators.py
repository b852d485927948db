"""Operators who delete by mistake, and how far the mistake travels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from simpy import Event

    from georep_sim.laws import Law
    from georep_sim.world.control import Control


class Carrier(NamedTuple):
    """A copy edge that carries deletes: destination, its link (-1 = none) and the time it takes."""

    source: int
    destination: int
    link: int
    lag: Law


class Operator:
    """Deletes at the home site at once; elsewhere when the edges have carried it there.

    Parameters
    ----------
    control : Control
        The clock and the state.
    carriers : sequence of Carrier
        All edges that carry deletes.

    Notes
    -----
    The delete is made at the site that serves as home; while that does not answer nobody can delete, and the
    window is masked. A delete waits for the source, the link and the destination to work. A destination that has
    been emptied has nothing to delete: what refills it is what is left.
    """

    def __init__(self, control: Control, carriers: Sequence[Carrier]) -> None:
        self._control = control
        self._carriers = carriers

    def delete(self, window: int) -> None:
        """Delete the row's share of the content, chosen by whoever plays the images."""
        control = self._control
        share = control.windows.row(window).share
        home = self._place()
        if not share or not control.sites[home].has_content:
            control.windows.mask(window)
            return
        control.lose(home, -share, cause=window)
        for carrier in self._carriers:
            if carrier.source == home:
                control.start(self._carry(carrier, share, window))

    def _place(self) -> int:
        """Site where control operations go: home, or what was promoted in its place."""
        sites, home = self._control.sites, self._control.topology.home
        if sites[home].is_active:
            return home
        return next((site.index for site in sites if site.is_active), home)

    def _carry(self, carrier: Carrier, share: float, window: int) -> Generator[Event, object, None]:
        control = self._control
        names = control.topology.sites
        purpose = f"delete/{names[carrier.source]}->{names[carrier.destination]}"
        yield control.sleep(control.now_ns + control.draw_ns(carrier.lag, purpose, window), order=carrier.destination)
        source, destination = control.sites[carrier.source], control.sites[carrier.destination]
        while not (source.is_up and destination.is_up and (carrier.link < 0 or control.links[carrier.link].is_up)):
            yield control.changed.wait()
        if destination.has_content:
            control.lose(carrier.destination, -share, cause=window)
