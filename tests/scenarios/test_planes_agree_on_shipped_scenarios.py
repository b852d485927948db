"""The compiled plane sees what the reference sees in every shipped scenario: shortened, window by window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from georep_sim import api
from georep_sim.study.traces import traces_read
from georep_sim.world import play as world_play
from georep_sim.world.play import play_replica
from georep_sim.world.replica import Replica
from support.planes import COMPILED, REFERENCE
from support.small_runs import SHIPPED, SHORTENED
from support.twins import assert_same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.plane.wire import PlayLog, Wire
    from georep_sim.scenario import Case
    from georep_sim.tables import Timeline


def replicas(case: Case) -> Iterator[Replica]:
    """A replication as it falls, and a drill of each row that can be drilled."""
    yield Replica(case, 0, engine="reference")
    for fault, row in case.faults.items():
        if row.every is not None:
            yield Replica(case, 0, drill=fault, drill_weight=1.0, engine="reference")


@pytest.mark.parametrize("name", SHORTENED)
def test_planes_agree_on_shipped_scenario(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 0

    def on_both(wire: Wire, timeline: Timeline, traffic: NDArray[Any], **stretch: Any) -> PlayLog:
        nonlocal rows
        log = REFERENCE(wire, timeline, traffic, **stretch)
        assert_same(log, COMPILED(wire, timeline, traffic, **stretch), asked=traffic)
        rows += len(log.requests) + len(log.copies)
        return log

    monkeypatch.setattr(world_play, "plane_of", lambda _: on_both)
    scenario = api.load(SHIPPED / f"{name}.yaml", overrides=SHORTENED[name])
    with traces_read(scenario) as traced:
        for case in traced.scenario.cases.values():
            for replica in replicas(case):
                play_replica(replica)
    assert rows > 0
