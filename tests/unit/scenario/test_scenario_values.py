"""Single values: distributions, profiles, dates, popularity, content."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from georep_sim.atlas import load as atlas
from georep_sim.errors import ScenarioError
from georep_sim.laws import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Mixture,
    Quantiles,
    Truncated,
    Uniform,
    Weibull,
)
from georep_sim.scenario import Content, load
from georep_sim.scenario.design.placement import Service
from georep_sim.scenario.dists import read_dist
from georep_sim.scenario.metric_names import split_metric
from georep_sim.scenario.moments import parse_date
from georep_sim.scenario.profile import read_profile

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize(
    ("value", "law"),
    [
        ("5 min", Constant(300.0)),
        ({"constant": "5 min"}, Constant(300.0)),
        ({"exponential": "2 h"}, Exponential(7_200.0)),
        ({"uniform": ["1 s", "3 s"]}, Uniform(1.0, 3.0)),
        ({"weibull": {"scale": "2 s", "shape": 3}}, Weibull(2.0, 3.0)),
        ({"weibull": {"mean": "2 s", "shape": 1}}, Weibull(2.0, 1.0)),
        ({"lognormal": {"mean": "2 s", "cv": 0.5}}, Lognormal.from_mean_cv(2.0, 0.5)),
        ({"gamma": {"mean": "2 s", "cv": 0.5}}, Gamma(2.0, 0.5)),
        ({"erlang": {"mean": "2 s", "stages": 3}}, Erlang(2.0, 3)),
        ({"mixture": [{"share": "80 %", "dist": "1 s"}, {"share": 0.2, "dist": {"exponential": "9 s"}}]},
         Mixture((0.8, 0.2), (Constant(1.0), Exponential(9.0)))),
        ({"empirical": ["3 s", "1 s"]}, Empirical((1.0, 3.0))),
        ({"exponential": "2 h", "max": "5 h"}, Truncated(Exponential(7_200.0), 0.0, 18_000.0)),
        ({"p50": "1 s", "p95": "2 s", "p999": "9 s"}, Quantiles(((0.5, 1.0), (0.95, 2.0), (0.999, 9.0)))),
    ],
)  # fmt: skip
def test_every_form_of_a_distribution_is_read(value: object, law: Law) -> None:
    assert read_dist(value, "time") == law


@pytest.mark.parametrize("value", [{"p50": "4 h", "p95": "20 h"}, {"lognormal": {"p50": "4 h", "p95": "20 h"}}])
def test_two_quantiles_make_a_lognormal_through_both(value: Mapping[str, object]) -> None:
    law = read_dist(value, "time")
    assert isinstance(law, Lognormal)
    assert law.ppf(0.5) == pytest.approx(4 * 3_600.0)
    assert law.ppf(0.95) == pytest.approx(20 * 3_600.0)


def test_a_profile_gives_the_weight_of_each_minute_of_the_week() -> None:
    profile = read_profile({"fri-mon": {"08:00-12:30": 5, "12:30-24:00": 3}, "wed": 2, "else": 0.2})
    weights = [profile.weight_at(day, minute) for day, minute in ((4, 480), (0, 749), (6, 750), (2, 0), (1, 600))]
    assert weights == [5.0, 5.0, 3.0, 2.0, 0.2]
    assert read_profile("always").weight_at(3, 3) == 1.0


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-08-18", datetime(2026, 8, 18, tzinfo=UTC)),
        ("2026-08-18T09:00Z", datetime(2026, 8, 18, 9, tzinfo=UTC)),
        ("2026-08-18T09:00:30-02:30", datetime(2026, 8, 18, 11, 30, 30, tzinfo=UTC)),
        ("2026-08-18T09:00 America/Argentina/Buenos_Aires", datetime(2026, 8, 18, 12, tzinfo=UTC)),
    ],
)
def test_dates_are_read_into_utc(text: str, utc: datetime) -> None:
    assert parse_date(text) == utc


def test_a_metric_name_has_three_parts() -> None:
    assert split_metric("latency.pull.p99@australiaeast") == ("latency.pull.p99", "", "australiaeast")


def content(block: str) -> Content:
    scenario = load(
        f"georep: 1\nworkload: {{content: {block}, clients: {{eastus: {{pulls: 1/s}}}}}}\n"
        "designs: {one: azure/acr-single-region}\n"
    )
    workload = scenario.case().workload
    assert workload is not None
    return workload.content


def test_the_default_content_is_that_of_the_atlas() -> None:
    found, facts = content("docker-hub"), atlas.content("docker-hub")
    assert (found.repositories, found.images, found.layers_per_image) == (400, 4000, 8)
    assert found.sharing == facts.sharing
    assert found.popularity == atlas.popularity(facts.popularity).points
    assert found.layer_size.ppf(0.9) == pytest.approx(63e6)
    assert found.stored == pytest.approx(4000 * 8 * found.layer_size.mean / found.sharing, rel=1e-3)


def test_any_two_of_images_stored_and_sharing_fix_the_third() -> None:
    mean = content("docker-hub").layer_size.mean
    assert content("{images: 1000, sharing: 2}").stored == pytest.approx(1000 * 8 * mean / 2, rel=1e-3)
    assert content("{stored: 1 TB, sharing: 2}").images == round(1e12 * 2 / (8 * mean))
    assert content("{images: 1000, stored: 100 GB}").sharing == pytest.approx(1000 * 8 * mean / 100e9, rel=1e-3)


def test_stored_alone_keeps_the_sharing_of_the_preset() -> None:
    found = content("{stored: 900 GB}")
    assert found.sharing == atlas.content("docker-hub").sharing
    assert found.images * 8 * found.layer_size.mean / found.sharing == pytest.approx(900e9, rel=1e-3)


def test_more_bytes_than_all_layers_have_are_a_contradiction() -> None:
    with pytest.raises(ScenarioError, match="not what is stored"):
        content("{images: 10, stored: 1 TB}")


def test_a_push_brings_at_least_one_layer() -> None:
    found = content("docker-hub")
    assert found.new_layer_share == 1 / 8
    # 8 layers, each new with 1/8, and one for the pushes that would have none: 1 + (7/8)^8
    assert found.pushed_bytes == pytest.approx((1 + 0.875**8) * found.layer_size.mean)


def test_default_service_times_are_those_of_the_atlas() -> None:
    facts, service = atlas.service_times(), Service()
    assert service.read.ppf(0.5) == pytest.approx(facts.read_s[0], rel=0.01)
    assert service.read.ppf(0.95) == pytest.approx(facts.read_s[1], rel=0.01)
    assert service.write.ppf(0.5) == pytest.approx(facts.write_s[0], rel=0.01)
    assert service.write.ppf(0.95) == pytest.approx(facts.write_s[1], rel=0.01)
    assert service.per_byte == pytest.approx(facts.read_s_per_byte, rel=0.01)


def test_models_built_in_code_take_plain_numbers_in_si_units() -> None:
    service = Service(read=0.001, write=Exponential(0.002), per_byte=0)
    assert service.read == Constant(0.001)
    assert service.write == Exponential(0.002)
