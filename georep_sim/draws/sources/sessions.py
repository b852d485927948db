"""From HTTP requests to pulls and pushes.

Rules. A session belongs to one client address, one repository and one direction, and ends when nothing of it is asked
for a while (`window_s`, 60 s: the gap that ends a session in the FAST'18 traces [1]_).

- A GET of a manifest starts a pull. GETs of layers that follow belong to it. Without one it is *warm*: 74-94 % of
  manifest GETs were, by registry, in [1]_, figure 12a.
- A GET of another manifest by digest, before any layer, belongs to the same pull: an index leads to the manifest of a
  platform. So does the same manifest again after an error of its own: another attempt.
- A HEAD of a manifest, or a 401 that asks for a token, opens a pull but is none: without a GET that follows it is a
  *look*, counted apart.
- A POST, PATCH or PUT of an upload or a HEAD of a blob starts a push. A PUT of a manifest with a tag ends it; with a
  digest, more may follow. Uploads without a manifest are *abandoned*, unless they failed.
- Layers that no manifest was asked for before are *orphans*.

Clients behind one address who pull different images of one repository at the same time are taken for one after the
other; layers go to the later pull.

References
----------
.. [1] A. Anwar et al., "Improving Docker Registry Design based on Production Workload Analysis", FAST 2018.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.compute as pc

from georep_sim.draws.sources import following
from georep_sim.draws.sources.following import COUNTS, OPEN_DTYPE, SESSION_DTYPE, STEP_DTYPE, follow, sweep
from georep_sim.draws.sources.log_table import Kind, Names, Pairs
from georep_sim.tables import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from georep_sim.draws.sources.log import Log, Reading

__all__ = ["SESSION_DTYPE", "WINDOW_S", "Sessions"]

#: A pause that ends a session: FAST'18, section 4.3.
WINDOW_S: Final = 60.0
# A line is written when its request has ended: for so long a layer may be under way without a sign of it.
_LONGEST_NS: Final = 3600 * NS_PER_S


class Sessions:
    """Pulls and pushes of one pass over a log; iterate for chunks of them.

    Parameters
    ----------
    log : Log
        What to read.
    window_s : float
        A pause that ends a session.

    Attributes
    ----------
    reading : Reading
        The pass; tells what was odd.
    clients, repositories, agents, sites : Names
        What the columns of the sessions refer to.
    images : Pairs
        Numbers of images: of pairs of a repository and a tag or digest.
    blobs : Names
        Digests of layers that were asked for.
    blob_bytes : ndarray of float64, shape (n_blobs,)
        Size of each layer that was answered whole (status 200), else 0.
    counts : dict of str to int
        looks, abandoned, orphans; see the module.
    start_ns, end_ns : int
        Instants of the first and the last request, UTC.

    Notes
    -----
    Memory grows with distinct clients, repositories, images and layers and with sessions under way, not with the log.
    """

    def __init__(self, log: Log, *, window_s: float = WINDOW_S) -> None:
        self.reading: Reading = log.read()
        self.clients, self.repositories, self.agents, self.sites = Names(), Names(), Names(), Names()
        self._references, self.images, self.blobs = Names(), Pairs(), Names()
        self.blob_bytes = np.zeros(0)
        self.start_ns, self.end_ns = int(np.iinfo(np.int64).max), int(np.iinfo(np.int64).min)
        self._window_ns = round(window_s * NS_PER_S)
        self._known = np.zeros(0, dtype=np.bool_)
        self._counts = np.zeros(len(COUNTS), dtype=np.int64)
        self._open = np.zeros(0, dtype=OPEN_DTYPE)
        self._slots: dict[int, int] = {}
        self._free: list[int] = []

    @property
    def counts(self) -> dict[str, int]:
        """What became of requests that belong to no pull and no push."""
        return dict(zip(COUNTS, self._counts.tolist(), strict=True))

    @property
    def open_since_ns(self) -> int:
        """Earliest arrival of a session still open; sessions to come do not arrive before it, late rows apart."""
        mine = self._open["arrival_ns"][self._open["open"]]
        return int(mine.min()) if len(mine) else self.end_ns

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Yield sessions as they end, shape (n,), dtype `SESSION_DTYPE`; instants in ns since 1970."""
        for chunk in self.reading:
            steps = self._steps(chunk)
            if not len(steps):
                continue
            self.start_ns = min(self.start_ns, int(steps["start_ns"].min()))
            self.end_ns = max(self.end_ns, int(steps["end_ns"].max()))
            self._seat(steps)
            # A session is closed once: one that was open, or that one of these requests opens.
            out = np.zeros(len(steps) + int(np.count_nonzero(self._open["open"])), dtype=SESSION_DTYPE)
            n = follow(steps, self._open, self._known, self._window_ns, out, self._counts)
            yield out[:n]
            yield self._swept(int(steps["end_ns"].max()) - self._window_ns - _LONGEST_NS)
        yield self._swept(int(np.iinfo(np.int64).max))

    def _swept(self, before_ns: int) -> NDArray[Any]:
        out = np.zeros(int(np.count_nonzero(self._open["open"])), dtype=SESSION_DTYPE)
        n = sweep(self._open, before_ns, out, self._counts)
        for key, slot in list(self._slots.items()):
            if not self._open["open"][slot]:
                del self._slots[key]
                self._free.append(slot)
        return out[:n]

    def _steps(self, chunk: pa.Table) -> NDArray[Any]:
        """Requests that say something of a pull or push."""
        kind = chunk["kind"].to_numpy()
        keep = (kind == Kind.MANIFEST) | (kind == Kind.BLOB) | (kind == Kind.UPLOAD)
        if not keep.all():
            chunk = chunk.filter(keep)
        steps = np.zeros(chunk.num_rows, dtype=STEP_DTYPE)
        if not len(steps):
            return steps
        time_ns, took_s = chunk["time_ns"].to_numpy(), chunk["duration_s"].to_numpy()
        took_ns = np.rint(np.nan_to_num(took_s) * NS_PER_S).astype(np.int64)
        at_end = self.reading.log.stamped == "end"
        steps["start_ns"] = time_ns - took_ns if at_end else time_ns
        steps["end_ns"] = time_ns if at_end else time_ns + took_ns
        steps["status"], steps["bytes"] = chunk["status"].to_numpy(), chunk["bytes"].to_numpy()
        client, repository = self.clients.numbers(chunk["client"]), self.repositories.numbers(chunk["repository"])
        steps["client"], steps["repository"] = client, repository
        steps["agent"], steps["site"] = self.agents.numbers(chunk["agent"]), self.sites.numbers(chunk["site"])
        self._name(chunk, steps, repository)
        steps["event"] = _events(chunk, steps["status"])
        self._measure(steps)
        kept: NDArray[Any] = steps[steps["event"] != following.IGNORED]
        return kept

    def _name(self, chunk: pa.Table, steps: NDArray[Any], repository: NDArray[np.int64]) -> None:
        """Give images and layers their numbers."""
        kind = chunk["kind"].to_numpy()
        steps["blob"] = steps["image"] = -1
        manifests, layers = np.flatnonzero(kind == Kind.MANIFEST), np.flatnonzero(kind == Kind.BLOB)
        if len(manifests):
            reference = chunk["reference"].take(manifests)
            steps["is_digest"][manifests] = pc.match_substring(reference, ":").to_numpy()
            numbers = self._references.numbers(reference)
            steps["image"][manifests] = self.images.numbers(repository[manifests], numbers)
        if len(layers):
            steps["blob"][layers] = self.blobs.numbers(chunk["reference"].take(layers))
        self._known = _grown(self._known, len(self.images))
        self.blob_bytes = _grown(self.blob_bytes, len(self.blobs))

    def _measure(self, steps: NDArray[Any]) -> None:
        """Keep the sizes of layers that were answered whole."""
        whole = steps[(steps["event"] == following.LAYER) & (steps["status"] == 200)]
        np.maximum.at(self.blob_bytes, whole["blob"], whole["bytes"])

    def _seat(self, steps: NDArray[Any]) -> None:
        """Give each client, repository and direction of these requests a place among the open sessions."""
        is_push = (steps["event"] >= following.UPLOAD).astype(np.int64)
        key = steps["client"].astype(np.int64) << 32 | steps["repository"].astype(np.int64) << 1 | is_push
        distinct, at = np.unique(key, return_inverse=True)
        seats = np.empty(len(distinct), dtype=np.int64)
        for k, one in enumerate(distinct.tolist()):
            slot = self._slots.get(one)
            if slot is None:
                if not self._free:
                    self._more_seats()
                slot = self._slots[one] = self._free.pop()
            seats[k] = slot
        steps["slot"] = seats[at]

    def _more_seats(self) -> None:
        old = len(self._open)
        self._open = _grown(self._open, max(1024, 2 * old), exactly=True)
        self._free.extend(range(len(self._open) - 1, old - 1, -1))


def _grown(array: NDArray[Any], n: int, *, exactly: bool = False) -> NDArray[Any]:
    """The array with room for n values, zeros behind; grows by half at least, or what is wanted."""
    if n <= len(array):
        return array
    bigger = np.zeros(n if exactly else max(n, 3 * len(array) // 2), dtype=array.dtype)
    bigger[: len(array)] = array
    return bigger


def _events(chunk: pa.Table, status: NDArray[np.int16]) -> NDArray[np.int8]:
    """What each request means for the session it belongs to."""
    kind = chunk["kind"].to_numpy()
    method = chunk["method"]
    does = {word: pc.equal(method, word).to_numpy() for word in ("GET", "HEAD", "PUT", "POST", "PATCH")}
    event = np.full(len(kind), following.IGNORED, dtype=np.int8)
    event[(kind == Kind.MANIFEST) & does["HEAD"]] = following.LOOK
    event[(kind == Kind.MANIFEST) & does["GET"]] = following.ASK
    event[(kind == Kind.MANIFEST) & does["PUT"]] = following.NAME
    event[(kind == Kind.BLOB) & does["GET"]] = following.LAYER
    event[(kind == Kind.BLOB) & does["HEAD"]] = following.UPLOAD
    event[(kind == Kind.UPLOAD) & (does["POST"] | does["PATCH"])] = following.UPLOAD
    # A layer is stored by its last PUT, or by the POST that brings or mounts it; both answer 201.
    stored = (kind == Kind.UPLOAD) & (does["PUT"] | (does["POST"] & (status == 201)))
    event[stored | ((kind == Kind.BLOB) & does["PUT"])] = following.STORED
    # Asking for a token is part of the request that follows; a challenge to a layer or upload is repeated anyway.
    event[(status == 401) & (event == following.ASK)] = following.LOOK
    event[(status == 401) & ((event == following.LAYER) | (event == following.STORED))] = following.IGNORED
    return event
