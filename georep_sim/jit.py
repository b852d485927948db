"""Compiling with numba: decorators, and where compiled code is kept.

What is compiled lies in the user's cache folder, in a folder named by a digest of all sources it is made from: numba
itself looks only at the file of the function it compiles, and would miss a change in one that is called from there.
With ``NUMBA_DISABLE_JIT=1`` everything here runs as plain Python.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import numba
from llvmlite import binding
from numba import types
from numba.extending import register_jitable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Whether compiling is switched off (``NUMBA_DISABLE_JIT=1``), so that coverage and debuggers see every line.
IS_PLAIN: Final = bool(cast("Any", numba.config).DISABLE_JIT)
_Function = TypeVar("_Function", bound="Callable[..., object]")

_KEPT_S: Final = 30 * 86_400.0
# Relative to the package; `plane/reference` is played by SimPy and never compiled.
_SOURCES: Final = (
    "jit.py",
    "noise.py",
    "philox.py",
    "tables/*.py",
    "laws/*.py",
    "draws/*.py",
    "plane/*.py",
    "plane/kernel/*.py",
    "loss/*.py",
)


def jit(function: _Function) -> _Function:
    """Return a function compiled at its first call, for the types of that call, and kept for the next process.

    Numbers divide as numpy's do: by zero gives infinity, not an exception. The lock that lets one thread run Python
    at a time is released meanwhile.

    Parameters
    ----------
    function : callable
        Takes and returns numbers, arrays and tuples of them; may call only such functions and those that `share` got.
        It must not call itself: that compiles, but crashes the process that finds it in the cache.

    Returns
    -------
    callable
        Called in the same way.
    """
    return _compiled(function)


def kernel(function: _Function) -> _Function:
    """Return a function compiled like `jit`, which makes no arrays and in return counts no references to any.

    Handing an array to a compiled function costs two atomic operations, some 10 ns, unless it is one of these.

    Parameters
    ----------
    function : callable
        As for `jit`; what it calls must make no arrays either, and it returns none.

    Returns
    -------
    callable
        Called in the same way.
    """
    return _compiled(function, _nrt=False)


def part(function: _Function) -> _Function:
    """Return a function that is compiled into those that call it, and cannot be called from Python.

    Compiling takes two thirds of the time of `kernel`, and nothing of its own is kept for the next process.

    Parameters
    ----------
    function : callable
        As for `kernel`.

    Returns
    -------
    callable
        Called in the same way, by compiled functions.
    """
    return _compiled(function, is_part=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _compiled(function: _Function, *, is_part: bool = False, **options: Any) -> _Function:
    folder = None if is_part else cache_folder()
    settings: Any = numba.config
    before = settings.CACHE_DIR
    # Numba takes the folder down while decorating; a host program's own setting stays as it was.
    settings.CACHE_DIR = "" if folder is None else str(folder)
    try:
        compiled: Any = numba.njit(function, cache=folder is not None, nogil=True, error_model="numpy", **options)
    finally:
        settings.CACHE_DIR = before
    if not IS_PLAIN:
        _forget_literals(compiled)
    return cast("_Function", compiled)


def _forget_literals(dispatcher: Any) -> None:
    """Have calls from other compiled functions compile for the type of a constant, not for its value.

    Numba would compile a function once more for every constant that it is called with, here three times as much in all.
    """
    template_of = dispatcher.get_call_template
    unliteral: Any = types.unliteral

    def get_call_template(args: Any, kws: Any) -> Any:
        plain = {name: unliteral(kind) for name, kind in kws.items()}
        return template_of(tuple(unliteral(kind) for kind in args), plain)

    dispatcher.get_call_template = get_call_template


def share(function: _Function) -> _Function:
    """Let compiled functions call a plain one: Python runs, and numba compiles, the same text.

    Parameters
    ----------
    function : callable
        As for `jit`; stays as it is for Python.

    Returns
    -------
    callable
        The function itself.
    """
    register_jitable(function)
    return function


@lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """Return the folder of compiled code for these sources, made if missing; None where none can be written.

    Notes
    -----
    In the folder that ``NUMBA_CACHE_DIR`` names, else in the user's folder for caches. Folders of other sources that
    nobody used for 30 days are removed.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = (Path(chosen) if chosen else _user_cache()) / "georep-sim" / sources_digest()
    try:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _remove_unused(folder.parent)
        # Tells whether it can be written, and that it is in use.
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _remove_unused(parent: Path) -> None:
    """Remove the folders of compiled code that no process has opened for long."""
    for folder in parent.iterdir():
        if time.time() - folder.stat().st_mtime > _KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)


def kept_mark() -> Path | None:
    """Return the file whose presence says that all code is compiled and kept; None where nothing can be.

    It is of this Python, numba and processor: code compiled for another one lies in the same folder, and is not used.
    """
    folder = cache_folder()
    if folder is None or numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return None
    version = f"{sys.implementation.cache_tag}-numba-{numba.__version__}-{binding.get_host_cpu_name()}"
    return folder / f"complete-{version}"


def sources_digest() -> str:
    """Return a digest of all sources that are compiled or shared."""
    digest = hashlib.sha256()
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    package = Path(__file__).parent
    for pattern in _SOURCES:
        yield from sorted(package.glob(pattern))


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
