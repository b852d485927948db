"""Scenarios whose requests come from logs: each log read once, before anything is played, and kept while a run lasts."""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from georep_sim.draws.traced import Replay
    from georep_sim.scenario import Case, Scenario


@dataclass(frozen=True)
class Traced:
    """A scenario ready to be played.

    Parameters
    ----------
    scenario : Scenario
        Rates and content of its cases are those of the logs.
    logs : mapping of str to dict
        By case with a trace, for the provenance: files with their digests, what was read, what was left out.
    """

    scenario: Scenario
    logs: Mapping[str, dict[str, Any]]


@contextmanager
def traces_read(scenario: Scenario, *, for_content: bool = False) -> Iterator[Traced]:
    """Read the logs of a scenario; what was read is gone when the context ends.

    Parameters
    ----------
    scenario : Scenario
        With or without traces.
    for_content : bool, default False
        Read only those that content is fitted to: nobody will be asked anything.

    Raises
    ------
    InputError
        If a log cannot be read or does not fit the run.
    """
    traced = {
        name: case
        for name, case in scenario.cases.items()
        if case.workload is not None and case.workload.trace and (case.workload.content.source or not for_content)
    }
    if not traced:
        yield Traced(scenario, {})
        return
    from georep_sim.draws.sources.spool import open_spool  # noqa: PLC0415 - pyarrow and numba, for logs alone
    from georep_sim.draws.traced import replayed  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="georep-log-") as place:
        try:
            found = {name: replayed(case, _folder(Path(place), case)) for name, case in traced.items()}
            digests = _digests(found)
            logs = {name: _told(replay, digests) for name, replay in found.items()}
            yield Traced(scenario.with_cases({name: replay.case for name, replay in found.items()}), logs)
        finally:
            # Mapped files keep their space on the disk as long as they are held.
            open_spool.cache_clear()


def _folder(place: Path, case: Case) -> Path:
    """The folder of a case's log: one for all cases with the same groups in the same files."""
    assert case.workload is not None
    trace = case.workload.trace
    assert trace is not None  # the caller has looked
    what = [list(map(str, trace.files)), trace.format, sorted(trace.clients.items()), list(case.workload.clients)]
    folder = place / hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    return folder


def _digests(found: Mapping[str, Replay]) -> dict[Path, str]:
    digests: dict[Path, str] = {}
    for path in dict.fromkeys(path for replay in found.values() for path in replay.log.files):
        with path.open("rb") as file:
            digests[path] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _told(replay: Replay, digests: Mapping[Path, str]) -> dict[str, Any]:
    spool, workload = replay.spool, replay.case.workload
    assert workload is not None
    first, last = (datetime.fromtimestamp(t // 10**9, tz=UTC).isoformat() for t in (spool.start_ns, spool.end_ns))
    counts = spool.by_hour.sum(axis=0).tolist()
    content = workload.content
    fitted = {
        "images": content.images,
        "layers_per_image": content.layers_per_image,
        "mean_layer_bytes": content.layer_size.mean,
        "stored_bytes": content.stored,
        "warm_share": content.warm_share,
    }
    return {
        "files": [
            {"name": path.name, "bytes": path.stat().st_size, "sha256": digests[path]} for path in replay.log.files
        ],
        "format": replay.log.format,
        "start": first,
        "end": last,
        "groups": {
            name: {"pulls": pulls, "pushes": pushes}
            for name, (pulls, pushes) in zip(spool.cohorts, counts, strict=True)
        },
        "content": fitted if content.source is not None else None,
        "remarks": list(spool.sentences),
    }
