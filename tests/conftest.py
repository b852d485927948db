"""Settings that hold for every test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from support.planes import Play

# `ci` never flakes: the same examples every time. `random` looks for new ones: HYPOTHESIS_PROFILE=random pytest.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("random", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# No test needs a display.
os.environ.setdefault("MPLBACKEND", "agg")


@pytest.fixture(scope="session", params=["reference", "compiled"])
def plane(request: pytest.FixtureRequest) -> Play:
    """Each data plane; `play` of it."""
    from support.planes import PLANES  # noqa: PLC0415  (most tests need no plane, and the compiled one costs a second)

    return PLANES[request.param]
