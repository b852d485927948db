"""The 2 x 2 that the simulator exists for: storage destroyed or region down, geo-redundant or geo-replicated.

The shipped scenario itself, with less traffic and fewer timelines. Statements about means err with probability 1e-6
(z = 4.89) if the model is right.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from georep_sim import api
from georep_sim.tables import LossKind, Operation
from georep_sim.theory import detected, sample_size
from support.small_runs import SHIPPED, SHORTENED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.api import Results
    from georep_sim.tables import Recording

Z = 4.89
DESIGNS = ("geo-redundant", "geo-replicated")
CLIENTS = ("eastus", "westeurope", "australiaeast")
HORIZON_S = 30 * 86_400.0
OUTAGE_S = 6 * 3600.0
PROBE = detected(30.0, 10.0, 4)
# Detection spreads by 8.7 s; a mean that is off by 3 s is to be caught.
TIMELINES = sample_size(math.sqrt(PROBE.variance), 3.0)
REPLICATIONS = 4


@cache
def played(case: str) -> Results:
    few = {"run.timelines": str(TIMELINES), "run.replications": str(REPLICATIONS)}
    # Pushes as in the file: what is lost is counted in them.
    rates = {
        path: rate for path, rate in SHORTENED["storage-failure-or-region-outage"].items() if path.endswith("pulls")
    }
    scenario = api.load(SHIPPED / "storage-failure-or-region-outage.yaml", overrides=rates | few)
    return api.run(scenario.select(cases=[case]), jobs=1)


def value(results: Results, design: str, metric: str, statistic: str, **where: str) -> float:
    rows = results.metrics
    at = {"design": design, "metric": metric, "statistic": statistic, "part": "", "region": "", "operation": ""} | where
    for column, wanted in at.items():
        rows = rows[rows[column] == wanted]
    assert len(rows) == 1, at
    return float(rows["value"].iloc[0])


def lost_s(recording: Recording, client: str, operation: Operation) -> NDArray[np.float64]:
    """Lost time of a client group in each timeline, by the integral of its failure probability."""
    rows = recording.tables["availability"]
    group = recording.topology.cohorts.index(client)
    mine = rows[(rows["cohort"] == group) & (rows["operation"] == operation) & (rows["row"] == -1)]
    out = np.zeros(TIMELINES)
    np.add.at(out, mine["replication"], mine["lost_s"])
    return out


class TestStorageDestroyed:
    @pytest.mark.parametrize("design", DESIGNS)
    def test_nothing_but_the_uncopied_tail_is_lost(self, design: str) -> None:
        recording = played("storage-destroyed").recording(design)
        assert len(recording.tables["destroyed"]) == 0
        losses = recording.tables["losses"]
        assert set(losses["kind"]) == {LossKind.UNCOPIED}
        assert value(played("storage-destroyed"), design, "durability", "annual_loss_probability") == 0.0

    @pytest.mark.parametrize("design", DESIGNS)
    def test_the_tail_is_told_in_objects_and_in_bytes(self, design: str) -> None:
        results = played("storage-destroyed")
        objects = value(results, design, "acknowledged_then_lost", "objects_per_year")
        size = value(results, design, "acknowledged_then_lost", "bytes_per_year")
        losses = results.recording(design).tables["losses"]
        # One fault in each replication of 30 d: totals over replications are rates a year once divided by their length.
        years = REPLICATIONS * HORIZON_S / (365.25 * 86_400.0)
        assert objects == pytest.approx(losses["objects"].sum() / years)
        assert size == pytest.approx(losses["bytes"].sum() / years)
        assert objects > 0.0
        assert size > 0.0

    @pytest.mark.parametrize(("design", "hidden_s"), [("geo-redundant", 118.0), ("geo-replicated", 48.0)])
    def test_the_tail_is_the_pushes_of_one_lag(self, design: str, hidden_s: float) -> None:
        # Pushes that wait for a copy are Poisson, 5 a minute times the mean lag (of the sooner of two copies),
        # and time to copy on top, which is not in closed form: an upper allowance of a minute.
        lost = played("storage-destroyed").recording(design).tables["losses"]["objects"].sum()
        least, most = (REPLICATIONS * 5.0 / 60.0 * s for s in (hidden_s, hidden_s + 60.0))
        assert least - Z * math.sqrt(least) <= lost <= most + Z * math.sqrt(most)

    def test_geo_replicated_serves_on_and_geo_redundant_waits_for_the_provider(self) -> None:
        results = played("storage-destroyed")
        redundant, replicated = (results.recording(design) for design in DESIGNS)
        for client in CLIENTS:
            # A day to decide in the median: the slower half of the timelines waits longer than that.
            assert np.median(lost_s(redundant, client, Operation.PULL)) > 12 * 3600.0
            assert lost_s(replicated, client, Operation.PULL).max() <= (160.0 + 600.0) * (client == "eastus")


class TestRegionDown:
    def test_geo_redundant_is_gone_for_every_client_for_as_long_as_the_outage_lasts(self) -> None:
        results = played("region-down")
        recording = results.recording("geo-redundant")
        for client in CLIENTS:
            np.testing.assert_allclose(lost_s(recording, client, Operation.PULL), OUTAGE_S, rtol=1e-9)
            got = value(results, "geo-redundant", "availability", "time_weighted", region=client, operation="pull")
            assert got == pytest.approx(1.0 - OUTAGE_S / HORIZON_S, abs=1e-9)
        np.testing.assert_allclose(lost_s(recording, "eastus", Operation.PUSH), OUTAGE_S, rtol=1e-9)

    def test_geo_replicated_is_gone_for_the_clients_of_that_region_alone(self) -> None:
        results = played("region-down")
        recording = results.recording("geo-replicated")
        for client in ("westeurope", "australiaeast"):
            assert np.all(lost_s(recording, client, Operation.PULL) == 0.0)
            assert (
                value(results, "geo-replicated", "availability", "time_weighted", region=client, operation="pull")
                == 1.0
            )
        lost = lost_s(recording, "eastus", Operation.PULL)
        # Detection, then what is left of a cached answer: of 30 s, for one client in twenty of 630 s; half in the mean.
        kept_s = 0.95 * 15.0 + 0.05 * 315.0
        assert PROBE.fixed + kept_s <= lost.min() + 1e-6
        assert lost.max() <= PROBE.maximum + kept_s + 1e-6
        assert abs(lost.mean() - (PROBE.mean + kept_s)) <= Z * math.sqrt(PROBE.variance / TIMELINES)

    def test_clients_are_back_after_detection_and_dns(self) -> None:
        episodes = played("region-down").recording("geo-replicated").tables["episodes"]
        mine = episodes[(episodes["operation"] == Operation.PULL) & ~np.isnan(episodes["rto_s"])]
        assert set(mine["cohort"]) == {0}
        assert len(mine) == TIMELINES
        noticed = mine["detect_s"]
        assert PROBE.fixed <= noticed.min()
        assert noticed.max() <= PROBE.maximum == 130.0
        assert PROBE.mean == 115.0
        assert abs(noticed.mean() - 115.0) <= Z * math.sqrt(PROBE.variance / TIMELINES)
        for level in ("rto_50_s", "rto_90_s"):
            assert mine[level].min() >= 100.0
            assert mine[level].max() <= 160.0
        assert mine["rto_s"].max() <= 160.0 + 600.0
        assert not mine["censored"].any()

    @pytest.mark.parametrize("design", DESIGNS)
    def test_nothing_is_lost(self, design: str) -> None:
        results = played("region-down")
        recording = results.recording(design)
        assert len(recording.tables["losses"]) == len(recording.tables["destroyed"]) == 0
        assert value(results, design, "acknowledged_then_lost", "objects_per_year") == 0.0

    def test_the_verdict_is_the_claim_under_test(self) -> None:
        rows = played("region-down").comparisons
        seen = rows[
            (rows["metric"] == "availability") & (rows["statistic"] == "time_weighted") & (rows["operation"] == "pull")
        ]
        assert set(seen["verdict"]) == {"b_better"}
        assert (seen["low"] > 0.0).all()
