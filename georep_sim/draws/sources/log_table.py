"""One table for the logs of every registry: its columns, and what kinds of request there are."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from georep_sim.scenario.trace import LogFormat
from georep_sim.tables import Column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

#: Formats that can be read.
Format: TypeAlias = LogFormat
FORMATS: Final[tuple[Format, ...]] = get_args(LogFormat)
#: Which end of a request its instant stands for.
Stamp = Literal["start", "end"]


class Kind(IntEnum):
    """What a request is about, by its path in the OCI distribution specification v1.1, "Endpoints"."""

    OTHER = 0
    MANIFEST = 1
    BLOB = 2
    UPLOAD = 3
    TAGS = 4
    CATALOG = 5
    TOKEN = 6
    PING = 7


#: The table `log`; rows in the order of their instants, as far as the reader could put them so.
LOG: Final = (
    Column("time_ns", "i8", "ns", "instant in UTC since 1970: end of the request, or its start (see `Log.stamped`)"),
    Column("client", "str", "", "client's address, without a port"),
    Column("agent", "str", "", "user agent"),
    Column("method", "str", "", "HTTP method, upper case"),
    Column("kind", "i1", "", "Kind of request"),
    Column("repository", "str", "", "repository, empty where the path names none"),
    Column("reference", "str", "", "tag or digest, empty where the path names none"),
    Column("status", "i2", "", "HTTP status, 0 = not logged"),
    Column("bytes", "i8", "B", "body of the answer; of an upload what was received, where the log tells it"),
    Column("duration_s", "f8", "s", "time taken, nan = not logged"),
    Column("site", "str", "", "site that answered, empty = not known"),
)
_ARROW: Final = {"str": pa.string(), "i1": pa.int8(), "i2": pa.int16(), "i8": pa.int64(), "f8": pa.float64()}

# The path's last words tell what is asked; a repository's name may have slashes.
_PATH: Final = (
    r"^(?:https?://[^/]+)?/?v2/(?P<repository>[^?]+)/"
    r"(?P<what>manifests|blobs/uploads|blobs|tags)/(?P<reference>[^?/]*)(?:[?/].*)?$"
)
_WHAT: Final = {"manifests": Kind.MANIFEST, "blobs": Kind.BLOB, "blobs/uploads": Kind.UPLOAD, "tags": Kind.TAGS}
_PING: Final = r"^/?v2/?(\?.*)?$"
_CATALOG: Final = r"^/?v2/_catalog"
_TOKEN: Final = r"^/?([^?]*/)?(token|auth|oauth2/[^/?]+|jwt/auth)(\?|$)"


def log_schema() -> pa.Schema:
    """The table's columns as Arrow has them."""
    return pa.schema([(column.name, _ARROW[column.dtype]) for column in LOG])


def log_table(raw: pa.Table) -> pa.Table:
    """Take the paths of raw requests apart.

    Parameters
    ----------
    raw : Table
        Columns of `LOG`, `uri` in place of kind, repository and reference unless those are there; no instant is null.

    Returns
    -------
    Table
        Columns of `LOG`; absent numbers are 0, absent durations nan, absent texts empty.
    """
    columns = {name: raw[name] for name in raw.column_names}
    if "kind" not in columns:
        columns |= _paths(raw["uri"])
    fill = {"str": "", "f8": float("nan")}
    out = []
    for column in LOG:
        array = columns.get(column.name)
        if array is None:
            array = pa.nulls(raw.num_rows, _ARROW[column.dtype])
        out.append(pc.fill_null(pc.cast(array, _ARROW[column.dtype]), fill.get(column.dtype, 0)))
    return pa.table(out, schema=log_schema())


def _paths(uri: pa.ChunkedArray) -> dict[str, pa.Array]:
    """Kind, repository and reference; each distinct path is taken apart once."""
    coded = pc.dictionary_encode(pc.fill_null(uri, "").combine_chunks())
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    paths = coded.dictionary
    parts = pc.extract_regex(paths, _PATH)
    what = pc.fill_null(pc.struct_field(parts, "what"), "")
    kind = np.zeros(len(paths), dtype=np.int8)
    for word, value in _WHAT.items():
        kind[_mask(pc.equal(what, word))] = value
    for pattern, value in ((_PING, Kind.PING), (_CATALOG, Kind.CATALOG), (_TOKEN, Kind.TOKEN)):
        kind[_mask(pc.match_substring_regex(paths, pattern)) & (kind == Kind.OTHER)] = value
    found = {
        "kind": pa.array(kind),
        "repository": pc.struct_field(parts, "repository"),
        "reference": pc.struct_field(parts, "reference"),
    }
    return {name: pc.take(values, coded.indices) for name, values in found.items()}


def _mask(array: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.bool_)


class Names:
    """Numbers for the distinct texts of a stream, from 0 in the order in which they are met.

    Memory grows with the distinct texts, not with the rows.
    """

    def __init__(self) -> None:
        self._number: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._number)

    def __iter__(self) -> Any:
        return iter(self._number)

    def numbers(self, column: pa.ChunkedArray) -> NDArray[np.int64]:
        """Return the number of each row's text, shape (n,)."""
        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        coded = pc.dictionary_encode(array)
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        known = self._number
        mine = np.fromiter(
            (known.setdefault(text, len(known)) for text in coded.dictionary.to_pylist()), dtype=np.int64
        )
        return mine[coded.indices.to_numpy()] if len(array) else np.zeros(0, dtype=np.int64)


class Pairs:
    """Numbers for the distinct pairs of numbers of a stream, from 0 in the order of their values within a chunk."""

    def __init__(self) -> None:
        self._number: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._number)

    def numbers(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of each pair; both members lie in 0 … 2**31."""
        distinct, at = np.unique(first << 32 | second, return_inverse=True)
        known = self._number
        mine = np.fromiter((known.setdefault(pair, len(known)) for pair in distinct.tolist()), dtype=np.int64)
        return mine[at] if len(at) else np.zeros(0, dtype=np.int64)


def concatenated(tables: Iterable[pa.Table]) -> pa.Table:
    """One table of the columns of `LOG` from several."""
    return pa.concat_tables([log_schema().empty_table(), *tables]).combine_chunks()
