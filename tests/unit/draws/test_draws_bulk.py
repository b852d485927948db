"""What is drawn in bulk, against the one-number-at-a-time generator and the words of the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from georep_sim import noise, philox
from georep_sim.draws.arrivals import arrivals
from georep_sim.draws.images import Catalogue, catalogue, traffic
from georep_sim.draws.requests import K_BITS, TRAFFIC_DTYPE, request_index
from georep_sim.noise import Stream
from georep_sim.tables import NS_PER_S, Operation
from support.draw_cases import make_case

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.scenario import Case

SEED, REPLICATION = 2**63 + 11, 3
HOUR_NS = 3600 * NS_PER_S


def busy_case(layers: int = 8, sharing: float = 1.48) -> Case:
    return make_case(
        clients={
            "eastus": {"pulls": 0.2, "pushes": 0.05, "machines": 7},
            "westeurope": {"pulls": 0.1, "pushes": 0.02, "machines": 1, "warm_share": 0.2},
        },
        bursts={"rollout": {"where": ["all"], "pulls": 60, "within": 600.0, "at": 1800.0}},
        content={"layers_per_image": layers, "sharing": sharing},
    )


def asked_by_the_book(case: Case, row: NDArray[Any], images: Catalogue) -> tuple[int, int, bool, int]:
    """Image, machine, warmth and new layers of one request, from scalar draws."""
    assert case.workload is not None
    client = list(case.workload.clients.values())[int(row["cohort"])]
    content = case.workload.content
    is_pull = row["operation"] == Operation.PULL
    index = (int(row["hour"]) << K_BITS) | int(row["k"])

    def u(purpose: str, sub: int = 0) -> float:
        name = f"clients/{client.name}/{'pull' if is_pull else 'push'}/{purpose}"
        return Stream(SEED, REPLICATION, name).u(index, sub)

    image = int(np.count_nonzero(images.cumulative <= u("image")))
    machine = int(u("machine") * client.machines)
    if is_pull:
        warm_share = content.warm_share if client.warm_share is None else client.warm_share
        return image, machine, u("warm") < warm_share, 0
    each = [u("new-layer", layer) for layer in range(content.layers_per_image)]
    new = {layer for layer, number in enumerate(each) if number < content.new_layer_share}
    return image, machine, False, sum(1 << layer for layer in new | {each.index(min(each))})


@pytest.mark.parametrize(("layers", "sharing"), [(8, 1.48), (1, 3.0), (64, 60.0)])
def test_what_requests_ask_for_is_as_specified(layers: int, sharing: float) -> None:
    case = busy_case(layers, sharing)
    images = catalogue(case, seed=SEED, replication=REPLICATION)
    drawn = arrivals(case, seed=SEED, replication=REPLICATION).draw(0, HOUR_NS)
    rows = traffic(case, drawn, images, seed=SEED, replication=REPLICATION)
    assert rows.dtype == TRAFFIC_DTYPE
    assert {Operation.PULL, Operation.PUSH} == set(rows["operation"].tolist())
    for column in drawn.dtype.names or ():
        np.testing.assert_array_equal(rows[column], drawn[column])
    asked = [(int(row["image"]), int(row["machine"]), bool(row["warm"]), int(row["new_layers"])) for row in rows]
    assert asked == [asked_by_the_book(case, row, images) for row in rows]


def test_no_request_asks_for_anything() -> None:
    case = busy_case()
    images = catalogue(case, seed=1, replication=0)
    nothing = arrivals(case, seed=1, replication=0).draw(0, 0)
    assert traffic(case, nothing, images, seed=1, replication=0).size == 0


def test_the_largest_addresses_are_those_of_a_burst() -> None:
    rows = np.zeros(1, dtype=TRAFFIC_DTYPE)
    rows["hour"], rows["k"] = 2**31 - 1, 2**K_BITS - 1
    assert request_index(rows).tolist() == [2**55 - 1]


@pytest.mark.parametrize(
    ("index", "sub"),
    [
        (np.arange(100), 0),
        (np.arange(100)[:, None], np.arange(8)),
        (5, np.arange(3)),
        (np.array([0, 2**55 - 1, 2**63 - 1]), np.array([2**63 - 1, 1, 0])),
        (np.empty(0, dtype=np.int64), 0),
        (np.arange(40, dtype=np.int32)[::-2], 7),
    ],
    ids=["row", "table", "one-index", "large", "empty", "backwards"],
)
def test_bulk_numbers_are_those_of_noise(index: NDArray[np.int64] | int, sub: NDArray[np.int64] | int) -> None:
    compiled = philox.uniforms(SEED, REPLICATION, "example", index, sub=sub)
    np.testing.assert_array_equal(compiled, noise.uniforms(SEED, REPLICATION, "example", index, sub=sub), strict=True)
