"""Cases for tests of draws, built from models in code: no file, no atlas."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from georep_sim.laws import Constant
from georep_sim.scenario import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_S = 86_400.0
YEAR_S = 365.25 * DAY_S
MONDAY = datetime(2027, 1, 4, tzinfo=UTC)


def make_case(
    *,
    regions: Mapping[str, int] | None = None,
    copies: int = 3,
    over: str = "zones",
    faults: Mapping[str, Mapping[str, Any]] | None = None,
    clients: Mapping[str, Mapping[str, Any]] | None = None,
    bursts: Mapping[str, Mapping[str, Any]] | None = None,
    content: Mapping[str, Any] | None = None,
    horizon: float = YEAR_S,
    start: datetime = MONDAY,
) -> Case:
    """Return a case with one design that has a site in every region (name → number of zones)."""
    zones = regions or {"eastus": 3, "westeurope": 3}
    protect = {"copies": copies, "over": over}
    body: dict[str, Any] = {
        "run": {"horizon": horizon, "start": start},
        "environment": {"regions": {name: {"name": name, "zones": n} for name, n in zones.items()}},
        "faults": {name: {"name": name, **fault} for name, fault in (faults or {}).items()},
        "designs": {
            "all": {
                "name": "all",
                "home": next(iter(zones)),
                "sites": {name: {"id": name, "region": name, "protect": protect} for name in zones},
            }
        },
    }
    if clients is not None:
        groups = {name: {"name": name, "region": name, "timezone": "UTC", **client} for name, client in clients.items()}
        named = {name: {"name": name, **burst} for name, burst in (bursts or {}).items()}
        base = {
            "repositories": 40,
            "images": 400,
            "layers_per_image": 8,
            "layer_size": Constant(1e6),
            "warm_share": 0.84,
            "popularity": [(0.01, 0.42), (0.1, 0.65)],
            "sharing": 1.48,
            "stored": 1e9,
        }
        body["workload"] = {"content": base | dict(content or {}), "clients": groups, "bursts": named}
    return Case.model_validate(body)
