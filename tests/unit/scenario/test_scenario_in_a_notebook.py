"""What a notebook shows of a scenario."""

from __future__ import annotations

from georep_sim import scenario
from georep_sim.scenario.describe import as_html


def test_designs_are_listed_with_their_regions_and_every_string_is_escaped() -> None:
    asked = scenario.load(
        {
            "georep": 1,
            "title": "<b>",
            "workload": {"clients": {"eastus": {"pulls": "1/s"}}},
            "designs": {"alone": {"sites": {"eastus": {}}}},
        }
    )
    shown = as_html(asked)
    assert "&lt;b&gt;" in shown
    assert "<td>alone</td><td>written out</td><td>eastus</td>" in shown
    assert "inputs are assumed or estimated" in shown
