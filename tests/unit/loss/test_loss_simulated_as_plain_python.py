"""The simulator of losses, compiled and as plain Python: the same numbers to the last bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from georep_sim.jit import IS_PLAIN
from georep_sim.laws import Constant, Exponential, Lognormal, Weibull
from georep_sim.loss.biased import simulate
from georep_sim.loss.model import CommonCause, Crews, Fleet, Group, Latent

FLEETS = {
    "crews, detection, a common cause": Fleet(
        Group(
            4,
            1,
            Exponential(4.0),
            Lognormal.from_mean_cv(0.01, 1.0),
            detect_y=Constant(1e-3),
            repairs=Crews(1),
        ),
        16,
        racks=4,
        common=(
            CommonCause("rack", 0.2, "rack", lasts_y=Exponential(0.01)),
            CommonCause("batch", 0.5, "disks", count=2),
        ),
    ),
    "ages and latent errors": Fleet(
        Group(3, 2, Weibull.from_mean(5.0, 1.5), Exponential(0.02), latent=Latent(0.1, Constant(0.05))),
        9,
    ),
}


def numbers(name: str) -> list[Any]:
    """What a short simulation of a fleet finds."""
    found = simulate(FLEETS[name], seed=3, accuracy=0.5, max_copies=300)
    return [found.any_loss.value, found.any_loss.low, found.any_loss.high, found.effort.copies, found.effort.losses]


# The pilot plays as much as ever, which takes plain Python a minute and a half.
@pytest.mark.long
@pytest.mark.skipif(IS_PLAIN, reason="needs compiled code to compare with")
@pytest.mark.parametrize("name", FLEETS)
def test_compiled_simulator_is_the_plain_one_to_the_bit(name: str) -> None:
    plain = subprocess.run(
        [sys.executable, __file__, name],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(plain.stdout) == numbers(name)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(numbers(sys.argv[1])))
