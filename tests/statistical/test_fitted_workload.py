"""A log written from a drawn workload, fitted: the workload comes back within what chance allows (z = 4.89)."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import georep_sim as gs
from georep_sim.draws.arrivals import arrivals
from georep_sim.draws.fit.block import fit_workload
from georep_sim.draws.images import Catalogue, catalogue, traffic
from georep_sim.draws.sources.log import open_log
from georep_sim.tables import NS_PER_S, Operation

if TYPE_CHECKING:
    from georep_sim.scenario.workload import Workload

Z = 4.89
WEEKS = 2
LENGTH_S = WEEKS * 7 * 86_400
SCENARIO = """
georep: 1
run: {start: 2026-01-05T00:00-05:00, horizon: 14 d}
designs: {only: azure/acr-single-region}
workload:
  content:
    repositories: 120
    images: 120
    layers_per_image: 6
    layer_size: {p50: 4 MB, p90: 63 MB}
    warm_share: 0.8
    popularity: {1 %: 20 %, 10 %: 60 %, 50 %: 90 %}
  clients:
    eastus: {pulls: 0.04/s, pushes: 0.002/s, profile: office-hours, machines: 60, warm_share: 0.7}
    westeurope: {pulls: 0.02/s, machines: 40, client: docker}
"""


class Fitted(NamedTuple):
    """What went in and what came out."""

    given: Workload
    found: Workload
    images: Catalogue
    pulls: dict[str, int]


@cache
def fitted() -> Fitted:
    case = gs.load(SCENARIO).case()
    assert case.workload is not None
    images = catalogue(case, seed=7, replication=0)
    rows = traffic(
        case,
        arrivals(case, seed=7, replication=0).draw(0, LENGTH_S * NS_PER_S),
        images,
        seed=7,
        replication=0,
    )
    start = int(case.run.start.timestamp())
    names = list(case.workload.clients)
    programs = [client.client for client in case.workload.clients.values()]
    lines = []
    for row in rows:
        at = start + int(row["time_ns"]) / NS_PER_S
        client = f"10.{row['cohort']}.0.{row['machine']},{programs[row['cohort']]}/1"
        image = f"/v2/app{row['image']}"
        if row["operation"] == Operation.PUSH:
            lines.append((at, f"{client},POST,{image}/blobs/uploads/,202,0"))
            lines.append((at + 0.002, f"{client},PUT,{image}/manifests/v1,201,0"))
            continue
        lines.append((at, f"{client},GET,{image}/manifests/v1,200,900"))
        if not row["warm"]:
            for k, size in enumerate(images.layer_bytes[row["image"]], start=1):
                blob = f"sha256:{row['image']}-{k}"
                lines.append((at + k / 1_000, f"{client},GET,{image}/blobs/{blob},200,{size:.0f}"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        text = "".join(f"{at:.6f},{rest}\n" for at, rest in sorted(lines))
        path.write_text("time,client,agent,method,uri,status,bytes\n" + text, encoding="utf-8")
        text = fit_workload(open_log(path, strict=True), {"10.0.0.0/16": "eastus", "10.1.0.0/16": "westeurope"})
    found = gs.load("georep: 1\ndesigns: {only: azure/acr-single-region}\n" + text).case().workload
    assert found is not None
    is_pull = rows["operation"] == Operation.PULL
    pulls = {name: int(np.count_nonzero(is_pull & (rows["cohort"] == k))) for k, name in enumerate(names)}
    return Fitted(case.workload, found, images, pulls)


def test_rates_come_back() -> None:
    given, found, _, _ = fitted()
    for name, client in given.clients.items():
        for rate, got in ((client.pulls, found.clients[name].pulls), (client.pushes, found.clients[name].pushes)):
            # Poisson; half a millionth for the digits written.
            assert abs(got - rate) <= Z * math.sqrt(rate / LENGTH_S) + 1e-6 * rate


def test_profiles_come_back_hour_by_hour() -> None:
    given, found, _, _ = fitted()
    for name, client in given.clients.items():
        rate = client.pulls + client.pushes
        mean = np.mean([client.profile.weight_at(d, 60 * h) for d in range(7) for h in range(24)])
        fitted_mean = np.mean([found.clients[name].profile.weight_at(d, 60 * h) for d in range(7) for h in range(24)])
        for day, days in ((0, 5), (5, 1), (6, 1)):
            for hour in range(24):
                weight = client.profile.weight_at(day, 60 * hour) / mean
                got = found.clients[name].profile.weight_at(day, 60 * hour) / fitted_mean
                expected = rate * weight * 3_600 * days * WEEKS
                # The hour's own count, the mean it is divided by, and three digits.
                margin = Z * (1 / math.sqrt(expected) + 1 / math.sqrt(rate * LENGTH_S)) + 0.005
                assert abs(got - weight) <= margin * weight, (name, day, hour)


def test_warm_shares_come_back() -> None:
    given, found, _, pulls = fitted()
    for name, client in given.clients.items():
        share = given.content.warm_share if client.warm_share is None else client.warm_share
        got = found.clients[name].warm_share
        assert got is not None
        assert abs(got - share) <= Z * math.sqrt(share * (1 - share) / pulls[name]) + 1e-4


def test_sizes_and_numbers_of_layers_come_back() -> None:
    given, found, images, _ = fitted()
    content = found.content
    assert content.layers_per_image == given.content.layers_per_image
    assert content.images == given.content.images
    assert content.repositories == given.content.repositories
    n = images.layer_bytes.size
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        # Binomial: the share of layers below a quantile; four digits of the size change it by less than 1e-3.
        reached = 1.0 - given.content.layer_size.sf(content.layer_size.ppf(level))
        assert abs(reached - level) <= Z * math.sqrt(level * (1 - level) / n) + 1.0 / n + 1e-3
    # The mean, hence what is stored, is that of the sample, not of the law: four digits of each.
    assert abs(content.layer_size.mean - images.layer_bytes.mean()) <= 2e-3 * content.layer_size.mean
    assert abs(content.stored - images.layer_bytes.sum()) <= 2e-3 * content.stored
    assert content.sharing < 1.02


def test_popularity_comes_back() -> None:
    _, found, images, pulls = fitted()
    n = sum(pulls.values())
    share = np.sort(np.diff(images.cumulative, prepend=0.0))[::-1]
    reached = dict(found.content.popularity)
    for top in (0.05, 0.1, 0.25, 0.5):
        expected = share[: round(top * len(share))].sum()
        # Binomial; that the most-pulled of the sample are taken for the most popular adds less than one deviation.
        assert abs(reached[top] - expected) <= (Z + 1.0) * math.sqrt(expected * (1 - expected) / n)


def test_machines_and_programs_come_back() -> None:
    given, found, _, _ = fitted()
    for name, client in given.clients.items():
        assert found.clients[name].machines == client.machines
        assert found.clients[name].client == client.client
