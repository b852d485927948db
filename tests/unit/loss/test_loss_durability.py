from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from georep_sim.intervals import Interval
from georep_sim.loss.durability import Durability, dominant_sentence, durability
from georep_sim.loss.rows import metric_rows, nines
from georep_sim.loss.simulated import SimulatedLoss
from georep_sim.loss.structure import Structure
from georep_sim.scenario import load
from georep_sim.theory import independent_copies_loss

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = """
georep: 1
environment: {use: none, regions: {here: {zones: 3}}}
workload: {content: {objects: 1e6, stored: 9 TB}}
faults:
  wear: {what: disk, kind: destroyed, every: {afr: 2 %}}
designs:
  d:
    sites: {here: {protect: {copies: 3, over: zones}}}
    repair: {detect: 0 s, time: {exponential: 1 d}}
"""


def found(overrides: Mapping[str, object] | None = None, *, text: str = TEXT, simulated: bool = False) -> Durability:
    case = load(text, overrides=overrides).case()
    return durability(case, case.designs["d"], simulated=simulated, effort=0.1)


def test_exponential_copies_are_exact_and_the_textbook_value() -> None:
    answer = found()
    assert answer.exact is not None
    assert answer.exact.method == "exact"
    expected = independent_copies_loss(3, failures_per_y=0.02, repair_y=1 / 365.25)
    # The closed form leaves out that a year begins with all copies good: a share of a repair over a year.
    assert answer.exact.probability == pytest.approx(expected, rel=0.01)
    assert answer.probability == answer.any_loss_exact == answer.exact.probability
    assert answer.exact.mttdl_y == pytest.approx(1 / answer.exact.probability, rel=0.01)
    assert answer.dominant == "wear causes 100 % of it"
    assert answer.sensitivities["wear"] == pytest.approx(3.0, rel=0.01)


def test_constant_times_are_stages_and_nearly_the_same() -> None:
    answer = found({"designs.d.repair.time": "1 d"})
    assert answer.exact is not None
    assert answer.exact.method == "phase_type"
    # In parallel repair only the mean counts, to first order.
    assert answer.exact.probability == pytest.approx(found().probability, rel=0.01)
    assert 0.0 < answer.exact.error < 0.02 * answer.exact.probability


def test_no_fault_that_takes_bytes_cannot_lose() -> None:
    answer = found(
        text=TEXT.replace(
            "what: disk, kind: destroyed, every: {afr: 2 %}", "what: site, kind: outage, every: 1 y, lasts: 1 h"
        )
    )
    assert "nothing can be lost" in answer.cannot_lose
    assert answer.probability == 0.0
    rows = metric_rows(answer)
    assert [row.value for row in rows] == [0.0, math.inf, 0.0]
    assert all("nothing can be lost" in row.note for row in rows)
    assert [left.name for left in answer.structure.left_out] == ["wear"]


def test_a_chain_too_large_says_so_and_the_simulation_stands_alone() -> None:
    wide = TEXT.replace("copies: 3, over: zones", "ec: 100+80, over: disks").replace(
        "exponential: 1 d", "p50: 20 h, p95: 60 h"
    )
    answer = found({"designs.d.repair.detect": "{exponential: 1 d}"}, text=wide)
    assert answer.exact is None
    assert "more than 16384 states" in answer.why_not_exact
    assert math.isnan(answer.probability)


def test_crews_of_a_site_are_simulated_alone() -> None:
    many = TEXT.replace("over: zones}", "over: zones}, hardware: {racks: 1, disks: 4, disk_size: 16 TB}")
    answer = found({"designs.d.repair.crews": 1}, text=many, simulated=True)
    assert answer.exact is None
    assert "1 crews serve all groups" in answer.why_not_exact
    assert answer.simulated is not None
    assert answer.probability == answer.simulated.blob_loss.value > 0.0
    assert {row.method for row in metric_rows(answer)} == {"simulated"}


def test_ages_of_disks_start_as_the_fault_says() -> None:
    ageing = TEXT.replace("{afr: 2 %}", "{weibull: {mean: 50 y, shape: 3}}")
    old = found(text=ageing)
    young = found(text=ageing.replace("shape: 3}}", "shape: 3}}, start: new"))
    # In the long run as often as they last; when new, hardly ever.
    assert old.probability > 1e3 * young.probability


def test_budget_of_a_simulation_adds_up_and_names_rows() -> None:
    text = TEXT.replace(
        "designs:",
        "  oops: {what: operator, kind: delete, every: 20 y, share: 0.1 %}\n"
        "  fire: {what: zone, kind: destroyed, every: 100 y, lasts: 0 s}\ndesigns:",
    )
    answer = found(text=text, simulated=True)
    assert answer.simulated is not None
    assert answer.exact is not None
    loss = answer.simulated
    total = math.fsum(interval.value for interval in loss.by_cause.values())
    assert total == pytest.approx(loss.blob_loss.value, rel=1e-9)
    assert math.fsum(answer.exact.by_cause.values()) == pytest.approx(answer.exact.probability, rel=1e-9)
    assert list(loss.by_cause)[-1] == "joint"
    assert set(loss.by_cause) | set(loss.bounds) == {"wear", "fire", "oops", "joint"}
    assert loss.blob_loss.low <= answer.exact.probability * (1 + 1e-6)
    assert loss.blob_loss.high >= answer.exact.probability * (1 - 1e-6)
    # One delete in twenty years takes a thousandth of a million objects; it is all that ever happens.
    assert loss.objects_per_event.value == pytest.approx(1_000, rel=0.01)
    assert loss.any_loss.value == pytest.approx(-math.expm1(-0.05), rel=0.01)


def test_rows_are_those_of_the_table() -> None:
    rows = metric_rows(found(simulated=True))
    names = [(row.metric, row.statistic, row.method) for row in rows if not row.part]
    exact = ["annual_loss_probability", "nines", "any_loss_probability", "mttdl"]
    simulated = ["annual_loss_probability", "nines", "any_loss_probability", "objects_lost_per_event", "mttdl"]
    assert names == [("durability", name, "exact") for name in exact] + [
        ("durability", name, "simulated") for name in simulated
    ]
    assert {row.part for row in rows if row.metric == "loss_budget"} == {"wear"}
    by_name = {(row.statistic, row.method): row for row in rows if not row.part}
    drawn = by_name["nines", "simulated"]
    assert drawn.low < by_name["nines", "exact"].value < drawn.high
    assert by_name["objects_lost_per_event", "simulated"].value == pytest.approx(1e6, rel=1e-6)


def test_doubts_are_in_every_row_of_the_simulation() -> None:
    one = Interval(1e-9, 5e-10, 2e-9, "student_t")
    loss = SimulatedLoss(one, one, {"wear": one}, one, one, {}, ("one weight makes up 9 % of the sum",), 10)
    answer = Durability("d", Structure((), ()), simulated=loss)
    assert all(row.note.startswith("untrustworthy: one weight") for row in metric_rows(answer))


def test_the_sentence_names_what_counts() -> None:
    assert dominant_sentence({"a": 99.0, "b": 1.0}) == "a causes 99 % of it"
    assert dominant_sentence({"a": 1.0, "joint": 3.0}) == "several causes together cause 75 % of it, a 25 %"
    assert dominant_sentence({"a": 1.0, "b": 1e-9}) == "a causes nearly all of it"
    assert dominant_sentence({}) == "no loss was seen"


def test_nines_of_nothing_are_infinite() -> None:
    assert (nines(1e-16), nines(0.0)) == (16.0, math.inf)
