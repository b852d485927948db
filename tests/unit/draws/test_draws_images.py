from __future__ import annotations

import numpy as np
import pytest

from georep_sim.draws.arrivals import arrivals
from georep_sim.draws.clients import address_phase, overstays
from georep_sim.draws.images import catalogue, deleted_images, popularity, traffic
from georep_sim.laws import Lognormal, lognormal_from_quantiles
from georep_sim.noise import uniform
from georep_sim.tables import NS_PER_S, Operation
from support.draw_cases import DAY_S, make_case

#: Layers of the registry in Dallas: Anwar et al., FAST 2018, figure 10.
DALLAS = [
    (0.001, 0.3017),
    (0.005, 0.3775),
    (0.01, 0.424),
    (0.02, 0.4823),
    (0.05, 0.5722),
    (0.1, 0.6487),
    (0.2, 0.7369),
    (0.25, 0.7719),
    (0.5, 0.9128),
    (0.75, 0.9766),
]
CLIENTS = {"eastus": {"pulls": 0.05, "pushes": 0.02, "machines": 7}, "westeurope": {"pulls": 0.05, "warm_share": 0.0}}
DAY_NS = int(DAY_S) * NS_PER_S


def test_published_shares_of_the_top_are_reproduced() -> None:
    share = popularity(DALLAS, 20_000)

    for top, access in DALLAS:
        assert share[: round(top * 20_000)].sum() == pytest.approx(access, rel=1e-12)
    assert share.sum() == pytest.approx(1.0)
    assert (share > 0.0).all()


def test_between_two_knots_popularity_is_a_power_law() -> None:
    # A(x) = x^(1/2) from (0.01, 0.1) to (1, 1), and on below the first knot.
    share = popularity([(0.01, 0.1)], 400)

    assert share.cumsum() == pytest.approx(np.sqrt(np.arange(1, 401) / 400))


def test_without_knots_all_are_equal() -> None:
    assert popularity([], 4) == pytest.approx([0.25] * 4)


def test_one_image_takes_everything() -> None:
    assert popularity(DALLAS, 1) == pytest.approx([1.0])


def test_layer_sizes_are_addressed_by_image_and_layer() -> None:
    size = lognormal_from_quantiles(0.5, 4e6, 0.9, 63e6)
    few, many = (
        catalogue(make_case(clients=CLIENTS, content={"images": n, "layer_size": size}), seed=1, replication=2)
        for n in (10, 50)
    )

    assert np.array_equal(few.layer_bytes, many.layer_bytes[:10])
    assert few.layer_bytes.shape == (10, 8)
    u = uniform(1, 2, "images/layer-size", 3, sub=5)
    assert isinstance(size, Lognormal)
    assert few.layer_bytes[3, 5] == round(size.ppf(u))


def test_ranks_are_a_permutation_that_the_replication_draws() -> None:
    case = make_case(clients=CLIENTS, content={"images": 100})
    shares = [np.diff(catalogue(case, seed=1, replication=r).cumulative, prepend=0.0) for r in (0, 1)]

    expected = popularity(case.workload.content.popularity, 100) if case.workload else np.zeros(0)
    for share in shares:
        assert np.sort(share) == pytest.approx(np.sort(expected), rel=1e-9)
    assert shares[0].argmax() != shares[1].argmax()


def test_numbers_pick_images_by_cumulative_share() -> None:
    found = catalogue(make_case(clients=CLIENTS, content={"images": 3}), seed=1, replication=0)
    low, mid, high = found.cumulative.tolist()

    u = np.array([low / 2, low * 1.0001, (mid + high) / 2, 1.0 - 2.0**-53])

    assert high == 1.0
    assert found.image_of(u).tolist() == [0, 1, 2, 2]


def test_requests_ask_for_what_their_address_says_whatever_else_is_asked() -> None:
    case = make_case(clients=CLIENTS)
    source = arrivals(case, seed=1, replication=0)
    found = catalogue(case, seed=1, replication=0)

    whole = traffic(case, source.draw(0, DAY_NS), found, seed=1, replication=0)
    window = traffic(case, source.draw(DAY_NS // 2, DAY_NS // 2 + 10**12), found, seed=1, replication=0)

    inside = (whole["time_ns"] >= DAY_NS // 2) & (whole["time_ns"] < DAY_NS // 2 + 10**12)
    assert np.array_equal(whole[inside], window)
    assert window.size > 50
    row = whole[whole["cohort"] == 0][5]
    name = f"clients/eastus/{Operation(row['operation']).name.lower()}/machine"
    assert row["machine"] == int(7 * uniform(1, 0, name, (int(row["hour"]) << 24) | int(row["k"])))


def test_pulls_are_warm_and_pushes_bring_new_layers() -> None:
    case = make_case(clients=CLIENTS, horizon=4 * DAY_S)
    rows = traffic(
        case,
        arrivals(case, seed=1, replication=0).draw(0, 4 * DAY_NS),
        catalogue(case, seed=1, replication=0),
        seed=1,
        replication=0,
    )
    pulls, pushes = (rows[rows["operation"] == op] for op in (Operation.PULL, Operation.PUSH))

    assert not pulls["warm"][pulls["cohort"] == 1].any()
    assert 0.8 < pulls["warm"][pulls["cohort"] == 0].mean() < 0.88
    assert not pulls["new_layers"].any()
    assert not pushes["warm"].any()
    assert pushes["new_layers"].min() >= 1
    assert pushes["new_layers"].max() < 2**8
    assert set(rows["machine"][rows["cohort"] == 0].tolist()) == set(range(7))
    assert rows["image"].max() < 400


def test_a_push_always_brings_one_layer() -> None:
    case = make_case(clients={"eastus": {"pushes": 0.05}}, horizon=DAY_S)
    rows = traffic(
        case,
        arrivals(case, seed=1, replication=0).draw(0, DAY_NS),
        catalogue(case, seed=1, replication=0),
        seed=1,
        replication=0,
    )

    assert rows["new_layers"].min() > 0
    assert {1 << j for j in range(8)} < set(rows["new_layers"].tolist())


def test_too_many_layers_for_a_push_are_refused() -> None:
    with pytest.raises(ValueError, match="65 layers per image"):
        catalogue(make_case(clients=CLIENTS, content={"layers_per_image": 65}), seed=1, replication=0)


def test_a_case_without_a_workload_has_no_images() -> None:
    with pytest.raises(ValueError, match="case base has no workload"):
        catalogue(make_case(), seed=1, replication=0)


def test_a_larger_share_deletes_more_of_the_same() -> None:
    few, more, again = (
        deleted_images("mistake", share, 5_000, seed=1, replication=0, occurrence=2) for share in (0.01, 0.02, 0.01)
    )

    assert 20 < few.sum() < 90
    assert (more & few).sum() == few.sum() < more.sum()
    assert np.array_equal(few, again)


def test_machines_have_a_phase_and_some_overstay() -> None:
    phase = address_phase("eastus", 1_000, seed=1, replication=0)
    late = overstays("eastus", 1_000, 0.05, seed=1, replication=0)

    assert np.array_equal(phase[:10], address_phase("eastus", 10, seed=1, replication=0))
    assert phase.min() > 0.0
    assert phase.max() < 1.0
    assert 20 <= late.sum() <= 90
    assert abs(np.corrcoef(phase, late)[0, 1]) < 4.89 / np.sqrt(1_000)
