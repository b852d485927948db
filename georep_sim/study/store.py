"""The folder of a run: refused if it cannot be written or holds a run, then written whole."""

from __future__ import annotations

import json
import tempfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

from georep_sim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

_MARK = "provenance.json"


def prepare(folder: Path, *, replace: bool) -> None:
    """Make sure, before anything is simulated, that a run can be written here.

    Parameters
    ----------
    folder : Path
        Where the run goes; made if it is not there.
    replace : bool
        A run that is there may be overwritten.

    Raises
    ------
    InputError
        If the folder cannot be made or written, or holds a run or files that are not a run's.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        msg = f"cannot write to {folder}: {error.strerror}; give --out a folder that can be made and written"
        raise InputError(msg) from error
    if (folder / _MARK).exists() and not replace:
        msg = f"{folder} holds a run; --replace overwrites it, or give another --out"
        raise InputError(msg)
    if not (folder / _MARK).exists() and any(folder.iterdir()):
        msg = f"{folder} is not empty and holds no run; nothing there is overwritten, give another --out"
        raise InputError(msg)


def write_tables(
    folder: Path, metrics: pd.DataFrame, comparisons: pd.DataFrame, provenance: Mapping[str, Any]
) -> list[Path]:
    """Write metrics.csv, metrics.parquet, comparisons.csv and provenance.json, each whole or not at all.

    Parameters
    ----------
    folder : Path
        As made ready by `prepare`.
    metrics, comparisons : DataFrame
        Tables of `tables.TABLES`.
    provenance : mapping
        JSON-ready.

    Returns
    -------
    list of Path
        The files written.
    """
    parquet = BytesIO()
    metrics.to_parquet(parquet, index=False)
    contents = {
        "metrics.csv": metrics.to_csv(index=False).encode(),
        "metrics.parquet": parquet.getvalue(),
        "comparisons.csv": comparisons.to_csv(index=False).encode(),
        _MARK: (json.dumps(provenance, indent=2, sort_keys=True) + "\n").encode(),
    }
    return [write_whole(folder / name, content) for name, content in contents.items()]


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file under a temporary name, then rename it: no reader sees half of it."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
    return path
