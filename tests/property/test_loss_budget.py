"""Budgets add up, whatever strikes."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from georep_sim.laws import Constant, Exponential
from georep_sim.loss.model import CommonCause, Fleet, Group, Latent
from georep_sim.loss.sites import structure_loss
from georep_sim.loss.structure import ObjectCause, SitePart, Structure, WholeCause

rates = st.floats(1e-4, 1.0)


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    copies = draw(st.integers(1, 3))
    latent = Latent(draw(rates), Exponential(0.05)) if draw(st.booleans()) else None
    repair = draw(st.sampled_from([Exponential(0.01), Constant(0.01)]))
    group = Group(copies, copies - 1, Exponential(1 / draw(rates)), repair, latent=latent, over="zone")
    common = []
    if draw(st.booleans()):
        common.append(CommonCause("burst", draw(rates), "disks", share=0.3))
    if draw(st.booleans()):
        common.append(CommonCause("dark", draw(rates), "zone", lasts_y=Exponential(1e-3)))
    if draw(st.booleans()):
        common.append(CommonCause("fire", draw(rates), "zone", back_y=draw(st.sampled_from([None, Exponential(0.05)]))))
    return Fleet(group, copies, racks=copies, zones=copies, common=tuple(common))


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    names = ("a", "b")[: draw(st.integers(1, 2))]
    refill = Exponential(0.02)
    parts = tuple(
        SitePart(name, name, draw(fleets()), (WholeCause("quake", draw(rates)),), refill, refill) for name in names
    )
    everywhere = draw(st.booleans())
    deleted = ObjectCause("oops", draw(rates), 0.01, names if everywhere else names[:1])
    rows = {"disk": {"wear": 0.5, "bugs": 0.5}}
    return Structure(parts, (names,), objects=(deleted,), rows=rows)


@given(structures())
@settings(max_examples=25)
def test_causes_and_joint_make_the_whole(structure: Structure) -> None:
    loss = structure_loss(structure)
    assert 0.0 < loss.probability <= 1.0
    assert all(value >= 0.0 for value in loss.by_cause.values())
    assert math.isclose(math.fsum(loss.by_cause.values()), loss.probability, rel_tol=1e-9)
    assert set(loss.by_cause) <= {"wear", "bugs", "latent", "burst", "fire", "quake", "oops", "joint"}


@given(structures())
@settings(max_examples=10)
def test_one_site_more_is_never_worse(structure: Structure) -> None:
    if len(structure.sites) < 2:
        return
    alone = Structure(structure.sites[:1], (("a",),), objects=structure.objects, rows=structure.rows)
    assert structure_loss(structure).probability <= structure_loss(alone).probability * (1.0 + 1e-6)
