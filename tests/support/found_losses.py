"""Durability as if it had been found: two designs, one with an exact answer, one that was only simulated."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from support.finished_run import frame, metric, scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

CHAIN, PLAYED = "three-copies", "wide-code"
NOTHING = math.nan
#: Causes of the first design; they add up to 1e-9.
EXACT = {"zone-fire": 8.3e-10, "disk": 1.2e-10, "joint": 5e-11}
#: Causes of the second, with their intervals; the last was never seen.
SIMULATED = {"disk": (4e-12, 3e-12, 5e-12), "batch": (1e-12, 5e-13, 2e-12), "rack-fire": (0.0, 0.0, 2e-13)}


def loss_metrics() -> pd.DataFrame:
    """Rows of the metrics table, of both designs."""
    rows: list[dict[str, Any]] = []

    def add(design: str, statistic: str, numbers: tuple[float, float, float], method: str, **more: str) -> None:
        rows.append(metric(design, more.pop("metric", "durability"), statistic, numbers, method=method, **more))

    note = "a chain of 120 states"
    for statistic, value, unit in (
        ("annual_loss_probability", 1e-9, "1"),
        ("nines", 9.0, "1"),
        ("any_loss_probability", 2e-6, "1"),
        ("objects_lost_per_event", 4_000.0, "1"),
        ("mttdl", 1e9, "y"),
    ):
        add(CHAIN, statistic, (value, NOTHING, NOTHING), "exact", unit=unit, note=note)
    for cause, share in EXACT.items():
        add(
            CHAIN,
            "annual_loss_probability",
            (share, NOTHING, NOTHING),
            "exact",
            part=cause,
            metric="loss_budget",
            note=note,
        )
    add(CHAIN, "annual_loss_probability", (1.05e-9, 9e-10, 1.2e-9), "simulated")
    add(PLAYED, "annual_loss_probability", (5e-12, 4e-12, 6e-12), "simulated")
    add(PLAYED, "nines", (11.3, 11.2, 11.4), "simulated")
    for cause, numbers in SIMULATED.items():
        add(PLAYED, "annual_loss_probability", numbers, "simulated", part=cause, metric="loss_budget")
    return frame("metrics", rows)


def found_losses() -> dict[tuple[str, str], Any]:
    """What stands behind the rows."""
    nothing_left_out = SimpleNamespace(left_out=(), assumed=())
    drill = SimpleNamespace(name="drill", reason="set at an instant, so it has no yearly rate")
    exact = SimpleNamespace(probability=1e-9)
    doubts = ("one weight makes up 12 % of the sum",)
    return {
        ("base", CHAIN): SimpleNamespace(
            structure=SimpleNamespace(left_out=(drill,), assumed=("100 placement groups on a disk",)),
            exact=exact,
            why_not_exact="",
            why_not_simulated="",
            simulated=SimpleNamespace(untrustworthy=()),
            bounds={},
            sensitivities={"zone-fire": 0.83, "disk": 0.36, "repair": -0.24, "scrub": -0.001},
            cannot_lose="",
            dominant="zone-fire causes 83 % of it",
        ),
        ("base", PLAYED): SimpleNamespace(
            structure=nothing_left_out,
            exact=None,
            why_not_simulated="",
            why_not_exact="the chain would have more than 16384 states",
            simulated=SimpleNamespace(untrustworthy=doubts),
            bounds={"rack-fire": SimpleNamespace(high=3.4e-5)},
            sensitivities={},
            cannot_lose="",
            dominant="disk causes 80 % of it",
        ),
    }


@dataclass(frozen=True)
class FoundLosses:
    """Stands for the results of ``georep durability``."""

    scenario: Any = field(default_factory=scenario)
    metrics: pd.DataFrame = field(default_factory=loss_metrics)
    losses: Mapping[tuple[str, str], Any] = field(default_factory=found_losses)
    targets: Mapping[tuple[str, str], Any] = field(
        default_factory=lambda: {
            ("base", CHAIN): SimpleNamespace(option="lrs", nines=11.0, source="the vendor's page", date="2023-07-17")
        }
    )
    complete: bool = True
    provenance: Mapping[str, object] = field(default_factory=lambda: {"command": "georep durability some.yaml"})
