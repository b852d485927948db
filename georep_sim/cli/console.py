"""What the terminal shows: errors with their exit codes, sentences, tables."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Final

import typer

from georep_sim.errors import GeoRepError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from georep_sim.report.lost import Section
    from georep_sim.report.table import Table
    from georep_sim.report.verdict import Verdict

DONE: Final = 0
FAILED: Final = 1
BAD_INPUT: Final = 2
MISSED: Final = 3
INTERRUPTED: Final = 130

_WIDTH_IN_A_FILE: Final = 160


def plain(text: str) -> str:
    r"""Text without control characters, so that no name in a file can steer the terminal.

    Examples
    --------
    >>> plain("a\x1b[31mred")
    'a\\x1b[31mred'
    """
    return "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def error_text(text: str) -> None:
    """Write an error to standard error."""
    typer.echo(f"error: {plain(text)}", err=True)


def note(text: str) -> None:
    """Write a remark that is not a result to standard error."""
    typer.echo(plain(text), err=True)


def say(text: str) -> None:
    """Write a result to standard output."""
    typer.echo(plain(text))


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Turn exceptions into messages and exit codes: 1 the run failed, 2 the input is wrong, 130 interrupted.

    Raises
    ------
    typer.Exit
        With the code.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except InputError as error:
        error_text(str(error))
        raise typer.Exit(BAD_INPUT) from None
    except GeoRepError as error:
        error_text(str(error))
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        note("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # The reader has seen enough (`georep atlas regions | head`); nothing may be flushed into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(DONE) from None
    except Exception as error:
        if os.environ.get("GEOREP_DEBUG"):
            raise
        kind = type(error).__name__
        error_text(
            f"{kind}: {error}\n    this is a fault of georep-sim; set GEOREP_DEBUG=1 to see where, and report it"
        )
        raise typer.Exit(FAILED) from None


def console(*, stderr: bool = False) -> Console:
    """A rich console that adds no markup, no highlighting and, in a file, no line breaks of its own."""
    from rich.console import Console  # noqa: PLC0415 - slow to import, and most commands print plain text

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _WIDTH_IN_A_FILE
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width)


def show_case(verdicts: Sequence[Verdict], table: Table, *, heading: str) -> None:
    """Print one sentence per question, then the comparison table."""
    if heading:
        say(f"\n{heading}")
    width = max(len(verdict.title) for verdict in verdicts)
    for verdict in verdicts:
        say(f"{verdict.title:<{width}}  {verdict.sentence}")
    say("")
    console().print(_grid(table))


def show_section(section: Section) -> None:
    """Print what there is to say about the durability of one design: warnings first, then sentences and the table."""
    say(f"\n{section.design}")
    for warning in section.warnings:
        say(f"! {warning}")
    for sentence in section.sentences:
        say(sentence)
    if section.lines:
        console().print(_loss_grid(section))
    for text in section.notes:
        say(text)
    for name, reason in section.left_out:
        say(f"left out: {name}: {reason}")


def _loss_grid(section: Section) -> object:
    from rich import box  # noqa: PLC0415 - as above
    from rich.table import Table as Grid  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    grid = Grid(box=box.SIMPLE_HEAD)
    for head in ("over one year", *section.heads):
        grid.add_column(Text(plain(head)), overflow="fold")
    for line in section.lines:
        grid.add_row(*(Text(plain(cell)) for cell in (line.label, *line.cells)))
    if section.budget:
        grid.add_section()
        grid.add_row(Text("chance of losing a blob, by cause"))
    for line in section.budget:
        grid.add_row(*(Text(plain(cell)) for cell in (f"  {line.label}", *line.cells)))
    return grid


def _grid(table: Table) -> object:
    from rich import box  # noqa: PLC0415 - as above
    from rich.table import Table as Grid  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    grid = Grid(box=box.SIMPLE_HEAD, caption=table.caption, caption_justify="left")
    two = len(table.designs) == 2
    heads = ["", *table.designs, *((f"{table.designs[1]} - {table.designs[0]}", "better") if two else ())]
    for head in heads:
        grid.add_column(Text(plain(head)), overflow="fold")
    for line in table.lines:
        # Of many designs the intervals stand under the values, where a narrow column does not break them.
        values = line.cells if two else [cell.replace(" [", "\n[") for cell in line.cells]
        cells = [line.label, *values, *((line.difference, line.better) if two else ())]
        grid.add_row(*(Text(plain(cell)) for cell in cells))
    return grid
