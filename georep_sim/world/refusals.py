"""What a scenario may say but neither a `Timeline` nor a `Wire` has a word for yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from georep_sim.scenario import Case, Design


def refuse_unbuilt(case: Case, design: Design) -> None:
    """Refuse by name what a case and a design ask for and the planes have no word for.

    Raises
    ------
    ScenarioError
        With every such key.
    """
    found = []
    if design.write.accept == "home" and design.route.method != "fixed":
        found.append(
            Problem(
                f"write.accept home with route {design.route.method} is not supported yet",
                path=f"designs.{design.name}.write.accept",
                expected="nearest, or route.method fixed",
            )
        )
    found += [
        Problem("latency is not supported yet", path=f"faults.{name}.latency", remedy="say slow with factor")
        for name, fault in case.faults.items()
        if fault.latency
    ]
    found += [
        Problem("clients stop is not supported yet", path=f"faults.{name}.clients", expected="keep")
        for name, fault in case.faults.items()
        if fault.clients == "stop"
    ]
    if found:
        raise ScenarioError(found)
