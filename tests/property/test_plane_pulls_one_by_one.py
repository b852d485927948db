"""Whole pulls against a naive model that knows each flow by itself, in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from georep_sim.tables import NS_PER_S, Outcome
from support.drafts import Draft
from support.naive_flows import NaivePull, naive_pull_ends
from support.plane_worlds import INF

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from support.planes import Play

MB = 1_000_000
RATES = st.integers(1, 8).map(lambda rate: float(rate * MB))


@st.composite
def networks(draw: DrawFn) -> Draft:
    """Pulls out of a site, over a link and into a machine, each of finite capacity; there are no round trips."""
    n_sites, n_cohorts = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    layers = st.tuples(*[st.integers(0, 6).map(lambda size: float(size * MB))] * 4)
    pulls = st.fixed_dictionaries({
        "at_s": st.integers(0, 12).map(lambda quarter: quarter / 4.0),
        "cohort": st.integers(0, n_cohorts - 1),
        "machine": st.integers(0, 1),
        "image": st.integers(0, 2),
    })  # fmt: skip
    row = st.fixed_dictionaries({"access_Bps": RATES, "parallel": st.integers(1, 4), "machines": st.just(2)})
    return Draft(
        regions=tuple(draw(st.lists(st.integers(0, 1), min_size=n_sites, max_size=n_sites))),
        cohort_regions=tuple(draw(st.lists(st.integers(1, 2), min_size=n_cohorts, max_size=n_cohorts))),
        sites=tuple(draw(st.lists(st.fixed_dictionaries({"egress_Bps": RATES}), min_size=n_sites, max_size=n_sites))),
        cohorts=tuple(draw(st.lists(row, min_size=n_cohorts, max_size=n_cohorts))),
        links=tuple(draw(st.lists(st.fixed_dictionaries({"capacity_Bps": RATES}), min_size=1, max_size=4))),
        images=tuple(draw(st.lists(layers, min_size=3, max_size=3))),
        orders=tuple((site,) for site in draw(st.permutations(range(n_sites)))),
        requests=tuple(draw(st.lists(pulls, min_size=1, max_size=8))),
    )


def naive_of(draft: Draft) -> tuple[list[NaivePull], list[float]]:
    """The same pulls, and pipes: egresses, links, accesses."""
    n_sites, pairs = len(draft.regions), draft.pairs
    capacities = [row["egress_Bps"] for row in draft.sites]
    capacities += [draft.links[k % len(draft.links)]["capacity_Bps"] for k in range(len(pairs))]
    first_machine = len(capacities)
    capacities += [row["access_Bps"] for row in draft.cohorts for _ in range(2)]
    pulls = []
    for row in draft.requests:
        cohort = row["cohort"]
        (site,) = draft.orders[cohort % len(draft.orders)]
        pair = (draft.regions[site], draft.cohort_regions[cohort])
        path = [site, first_machine + 2 * cohort + row["machine"]]
        path += [n_sites + pairs.index(pair)] if pair in pairs else []
        layers = tuple(int(size) for size in draft.images[row["image"]] if size > 0.0)
        pulls.append(NaivePull(Fraction(row["at_s"]), layers, tuple(path), draft.cohorts[cohort]["parallel"]))
    assert INF not in capacities
    return pulls, capacities


@settings(max_examples=150)
@given(networks())
def test_pulls_end_when_pulls_played_flow_by_flow_do(plane: Play, draft: Draft) -> None:
    scene = draft.scene()
    log = scene.play(plane)
    assert set(log.requests["outcome"].tolist()) == {Outcome.OK}
    naive = [float(end_s) for end_s in naive_pull_ends(*naive_of(draft))]
    played = dict(zip(scene.traffic["k"].tolist(), (log.requests["end_ns"] / NS_PER_S).tolist(), strict=True))
    # Instants are rounded to 1 ns and rates to 2**-16 B/s; flows carry the errors of those before them.
    assert [played[k] for k in range(len(naive))] == pytest.approx(naive, abs=1e-6)
