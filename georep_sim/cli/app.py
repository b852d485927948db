"""The commands, put together."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from georep_sim.cli.atlas import atlas
from georep_sim.cli.check import check
from georep_sim.cli.console import error_text, guarded
from georep_sim.cli.durability import durability
from georep_sim.cli.explain import explain
from georep_sim.cli.run import run
from georep_sim.cli.schema import schema
from georep_sim.cli.workload import fit, measure

#: Commands of the design that later versions bring.
PLANNED: Final = (
    "new",
    "compare",
    "sweep",
    "search",
    "sensitivity",
    "solve",
    "trace",
    "report",
)


# Contexts are typed Any: typer brings its own class since 0.20 and click's before.


class _Command(TyperCommand):
    """A command whose errors become a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        with guarded():
            return super().invoke(ctx)


class _Commands(TyperGroup):
    """The group of commands; knows those that do not exist yet."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in PLANNED:
            built = ", ".join(self.list_commands(ctx))
            error_text(f"georep {args[0]}: not supported yet; there are {built}")
            raise typer.Exit(2)
        return super().resolve_command(ctx, args)


def _version(wanted: bool) -> None:
    if wanted:
        from georep_sim import __version__  # noqa: PLC0415 - reads the installed metadata, slow for --help

        typer.echo(f"georep-sim {__version__}")
        raise typer.Exit


def _top(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Compare geo-redundant and geo-replicated container registries by simulation."""


def build() -> typer.Typer:
    """Put the command line together."""
    app = typer.Typer(
        cls=_Commands,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_top)
    for command in (run, durability, check, explain, schema, atlas):
        app.command(cls=_Command)(command)
    workload = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    workload.command(cls=_Command)(fit)
    workload.command(cls=_Command)(measure)
    app.add_typer(workload, name="workload", help="Learn from the log of a real registry.")
    return app


def start() -> None:
    """Run the command line with the arguments of this process."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character shows a question mark; it is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    build()(prog_name="georep")
