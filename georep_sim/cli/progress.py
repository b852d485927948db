"""How far a run is: a bar in a terminal, JSON lines for programs, nothing otherwise."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from georep_sim.cli.console import console, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from georep_sim.study.executors import Progress

    Report = Callable[[Progress], None] | None


class Form(StrEnum):
    """How progress is shown."""

    AUTO = "auto"
    JSON = "json"
    NONE = "none"


@contextlib.contextmanager
def shown(form: Form) -> Iterator[Report]:
    """Give the callable that a run tells its progress to, all of it on standard error.

    Parameters
    ----------
    form : Form
        ``auto``: a bar if standard error is a terminal, else nothing; ``json``: one object a line.

    Yields
    ------
    callable or None
        None where nobody watches.
    """
    if form is Form.JSON:
        yield _as_json
    elif form is Form.AUTO and sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield None


def _as_json(progress: Progress) -> None:
    sys.stderr.write(json.dumps(dataclasses.asdict(progress)) + "\n")
    sys.stderr.flush()


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        yield partial(_update, bar, task)


def _update(bar: Bar, task: TaskID, progress: Progress) -> None:
    bar.update(task, completed=progress.done, total=progress.total, description=plain(progress.what))
