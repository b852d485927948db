"""``georep atlas``: the facts that scenarios build on, with source and date."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Annotated

import typer

from georep_sim.cli.console import say
from georep_sim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def atlas(
    table: Annotated[str | None, typer.Argument(metavar="TABLE", help="Table to print.", show_default=False)] = None,
    *,
    region: Annotated[
        str | None, typer.Option(metavar="NAME", help="What is known of a region.", show_default=False)
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="REGION", help="Round trip from here …", show_default=False)
    ] = None,
    target: Annotated[str | None, typer.Option("--to", metavar="REGION", help="… to here.", show_default=False)] = None,
) -> None:
    """List the atlas's tables, print one as CSV, or look up a region or a round trip."""
    asked = [given for given in (table, region, source or target) if given]
    if len(asked) > 1:
        msg = "ask for one thing: TABLE, --region NAME, or --from A --to B"
        raise InputError(msg)
    if (source is None) != (target is None):
        msg = "--from and --to go together"
        raise InputError(msg)
    if table is not None:
        _table(table)
    elif region is not None:
        _region(region)
    elif source is not None and target is not None:
        _round_trip(source, target)
    else:
        _tables()


def _tables() -> None:
    from georep_sim.atlas.load import preset_names, tables  # noqa: PLC0415 - reads the data files

    found = tables()
    width = max(map(len, found))
    for name, title in found.items():
        say(f"{name:<{width}}  {title}")
    say(f"\npresets: {', '.join(preset_names())}")


def _table(name: str) -> None:
    from georep_sim.atlas.load import table  # noqa: PLC0415 - as above

    try:
        found = table(name)
    except InputError as error:
        msg = f"{error}; what is known of a region: georep atlas --region NAME"
        raise InputError(msg) from None
    for line in (found.title, f"source: {found.source}", f"date: {found.date}", *found.notes):
        say(f"# {line}")
    say(_csv(found.columns, found.rows))


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def _region(name: str) -> None:
    from dataclasses import asdict  # noqa: PLC0415 - as above

    from georep_sim.atlas.load import region  # noqa: PLC0415

    facts = asdict(region(name))
    width = max(map(len, facts))
    for key, value in facts.items():
        say(f"{key:<{width}}  {'-' if value is None else value}")


def _round_trip(source: str, target: str) -> None:
    from georep_sim.atlas.load import round_trip  # noqa: PLC0415 - as above
    from georep_sim.units import format_quantity  # noqa: PLC0415

    found = round_trip(source, target)
    time = format_quantity(found.rtt_s, "time")
    say(f"{source} -> {target}: {time}, {found.method}; {found.source}, {found.date}")
