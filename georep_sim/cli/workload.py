"""``georep workload``: what the log of a real registry tells a scenario."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from georep_sim.cli.console import note, say
from georep_sim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

_Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="Logs or globs; plain, gzip or zstd.", show_default=False)
]
_Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="ibm-json, distribution-json, distribution-text, nginx-combined or csv; found out by default.",
        show_default=False,
    ),
]
_Clients = Annotated[
    list[str] | None,
    typer.Option(
        "--clients",
        metavar="REGION=CIDR[,CIDR]",
        help="Where clients are, by address; REGION=else for all others. May be repeated.",
        show_default=False,
    ),
]
_Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column", metavar="OURS=THEIRS", help="Name of a column of a CSV file; may be repeated.", show_default=False
    ),
]
_Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first line that is wrong.")]


def fit(
    files: _Files,
    *,
    format: _Format = None,
    clients: _Clients = None,
    column: _Columns = None,
    strict: _Strict = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write here instead.", show_default=False)
    ] = None,
) -> None:
    """Fit a workload block to FILE."""
    if out is not None and out.exists():
        msg = f"{out} exists; name another file or remove it"
        raise InputError(msg)
    from georep_sim.draws.fit.block import fit_workload  # noqa: PLC0415 - numpy, pyarrow, numba
    from georep_sim.draws.sources.log import open_log  # noqa: PLC0415

    log = open_log(files, format=format, strict=strict, columns=_pairs("--column", column))
    text = fit_workload(log, client_ranges(clients))
    if out is None:
        say(text.rstrip("\n"))
    else:
        out.write_text(text, encoding="utf-8")
        note(f"wrote {out}")


def measure(
    files: _Files,
    *,
    format: _Format = None,
    clients: _Clients = None,
    column: _Columns = None,
    strict: _Strict = False,
    deadline: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="A pull or push that takes longer failed; the scenario's default."),
    ] = None,
    by: Annotated[str, typer.Option(metavar="hour|day", help="Stretches that the intervals resample.")] = "hour",
) -> None:
    """Measure availability and latency in FILE, by the definitions of a run; prints CSV."""
    from georep_sim.draws.sources.log import open_log  # noqa: PLC0415 - numpy, pyarrow, numba
    from georep_sim.study.real_logs import record_log  # noqa: PLC0415
    from georep_sim.units import parse  # noqa: PLC0415

    deadline_s = None if deadline is None else parse(deadline, "time").value
    log = open_log(files, format=format, strict=strict, columns=_pairs("--column", column))
    recorded = record_log(log, client_ranges(clients), deadline_s=deadline_s, by=by)
    for sentence in recorded.sentences:
        note(sentence)
    say(recorded.metrics.to_csv(index=False).rstrip("\n"))


def client_ranges(options: Iterable[str] | None) -> dict[str, str]:
    """Region by range of addresses, from ``REGION=CIDR[,CIDR]``.

    Raises
    ------
    InputError
        If one has no ``=``, or a range is named twice.

    Examples
    --------
    >>> client_ranges(["westeurope=10.1.0.0/16,10.3.0.0/16", "eastus=else"])
    {'10.1.0.0/16': 'westeurope', '10.3.0.0/16': 'westeurope', 'else': 'eastus'}
    """
    found: dict[str, str] = {}
    for option in options or ():
        region, _, ranges = option.partition("=")
        for one in ranges.split(","):
            if not region.strip() or not one.strip():
                msg = f"--clients {option!r}: expected REGION=CIDR[,CIDR], for example westeurope=10.1.0.0/16"
                raise InputError(msg)
            if one.strip() in found:
                msg = f"--clients {option!r}: {one.strip()} is {found[one.strip()]} already"
                raise InputError(msg)
            found[one.strip()] = region.strip()
    return found


def _pairs(name: str, options: Iterable[str] | None) -> dict[str, str]:
    found = {}
    for option in options or ():
        ours, equals, theirs = option.partition("=")
        if not equals or not theirs:
            msg = f"{name} {option!r}: expected OURS=THEIRS, for example time=timestamp"
            raise InputError(msg)
        found[ours.strip()] = theirs.strip()
    return found
