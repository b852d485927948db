"""What a vendor states as the design target of a redundancy option, for designs that are a preset of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from georep_sim.atlas.redundancy import redundancy

if TYPE_CHECKING:
    from georep_sim.scenario import Scenario

_PRESET: Final = re.compile(r"azure/storage-([a-z-]+)@")


@dataclass(frozen=True)
class Target:
    """A durability that a vendor designs for, without saying how it was computed.

    Parameters
    ----------
    option : str
        Redundancy option, as the atlas names it.
    nines : float
        Of one object over one year.
    source, date : str
        Where it is stated, and of when.
    """

    option: str
    nines: float
    source: str
    date: str


def targets_of(scenario: Scenario) -> dict[tuple[str, str], Target]:
    """Design targets by case and design, of designs whose protection comes from a preset ``azure/storage-OPTION``.

    A design that uses such a preset and changes its protection has no target; one that changes something else has.
    """
    out: dict[tuple[str, str], Target] = {}
    for case in scenario.cases:
        by_design: dict[str, set[str]] = {}
        for origin in scenario.origins(case):
            section, _, rest = origin.path.partition(".")
            if section == "designs" and ".protect." in rest:
                preset = _PRESET.match(origin.text) if origin.kind == "preset" else None
                # What a preset leaves open is filled by defaults; these contradict no preset.
                if preset is not None or origin.kind != "default":
                    by_design.setdefault(_first_key(rest), set()).add(preset[1] if preset else "")
        out |= {
            (case, name): _target(next(iter(of))) for name, of in by_design.items() if len(of) == 1 and "" not in of
        }
    return out


def _first_key(path: str) -> str:
    return path[1:].partition('"')[0] if path.startswith('"') else path.partition(".")[0]


def _target(option: str) -> Target:
    found = redundancy(option)
    return Target(option, found.durability_nines, found.source, found.date)
