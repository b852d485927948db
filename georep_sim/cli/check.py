"""``georep check``: whether the scenario is right, and whether it is wise."""

from __future__ import annotations

from georep_sim.cli.console import say
from georep_sim.cli.options import ScenarioFile, Settings, overrides


def check(scenario: ScenarioFile, *, settings: Settings = None) -> None:
    """Check SCENARIO without simulating it."""
    from georep_sim import api  # noqa: PLC0415 - pydantic and numpy
    from georep_sim.study.loads import expected_requests, refuse_too_many_requests  # noqa: PLC0415
    from georep_sim.units import format_quantity  # noqa: PLC0415

    asked = api.load(scenario, overrides=overrides(settings))
    refuse_too_many_requests(asked)
    for name, case in asked.cases.items():
        long, trace = format_quantity(case.run.horizon, "time"), case.workload and case.workload.trace
        if trace:
            n = len(trace.files)
            what = f"requests of {trace.name} ({n} file{'s' * (n != 1)}, not read yet: load is not checked)"
        else:
            what = f"{expected_requests(case):,.0f} requests expected"
        say(f"case {name}: {what} in a replication of {long}, traffic {case.run.traffic}")
    warnings = api.warnings_of(asked)
    for warning in warnings:
        say(f"warning: {warning}")
    designs = sorted({design for case in asked.cases.values() for design in case.designs})
    counted = (
        f"{len(asked.cases)} case{'s' * (len(asked.cases) != 1)}, {len(designs)} design{'s' * (len(designs) != 1)}"
    )
    say(f"{scenario}: ok, {counted}, {len(warnings)} warning{'s' * (len(warnings) != 1)}")
