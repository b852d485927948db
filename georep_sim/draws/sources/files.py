"""Files of a log, plain or compressed, as blocks of whole lines in constant memory."""

from __future__ import annotations

import glob
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from georep_sim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from georep_sim.draws.sources.oddities import Oddities

    #: Parses one block when called, and tells what was odd in it.
    Work: TypeAlias = Callable[[Oddities], pa.Table]

#: Unpacked bytes that are handed on at a time, about.
BLOCK_BYTES: Final = 2 << 20
# Bytes read, or unpacked, at a time; of an incomplete zstd stream at most the last of these are lost.
_PIECE_BYTES: Final = 256 << 10
_LONGEST_LINE: Final = 64 << 20
_GZ: Final = b"\x1f\x8b"
_ZST: Final = b"\x28\xb5\x2f\xfd"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass
class Block:
    """Whole lines of one file.

    Parameters
    ----------
    data : bytes
        The lines, valid UTF-8, with line feeds between them.
    file : str
        Name of the file.
    first : int
        Number of the first line, from 1.
    """

    data: bytes
    file: str
    first: int

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines, without their ends; split when first asked for."""
        return self.data.split(b"\n")

    def __len__(self) -> int:
        return self.data.count(b"\n") + 1

    def place(self, k: int) -> str:
        """Place of the k-th line, from 0."""
        return f"{self.file}:{self.first + k}"


def log_files(pattern: str | Path | Iterable[str | Path]) -> tuple[Path, ...]:
    """Files that a pattern, or several, name; each pattern's in the order of their names.

    Parameters
    ----------
    pattern : path, glob, or iterable of them
        ``logs/2026-08-*.json.gz``.

    Raises
    ------
    InputError
        If a pattern names no file.
    """
    patterns = [pattern] if isinstance(pattern, str | Path) else list(pattern)
    found: list[Path] = []
    for one in map(str, patterns):
        # `glob` and not `Path.glob`: a pattern may be absolute.
        paths = [Path(one)] if Path(one).is_file() else [Path(p) for p in sorted(glob.glob(one)) if Path(p).is_file()]  # noqa: PTH207
        if not paths:
            msg = f"no file {one!r}; give a log, or a glob such as 'logs/2026-08-*.json.gz'"
            raise InputError(msg)
        found += paths
    return tuple(found)


def pieces(path: Path, oddities: Oddities) -> Iterator[bytes]:
    """Yield a file's unpacked bytes, some at a time; by its first bytes it is gzip, zstd or plain.

    Raises
    ------
    InputError
        If it is UTF-16, damaged, or ends before its end and strictness was asked for.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] in _UTF16:
        msg = f"{path}: UTF-16 text; convert it, for example: iconv -f UTF-16 -t UTF-8 {path.name}"
        raise InputError(msg)
    if head[:2] == _GZ:
        yield from _gunzipped(path, oddities)
    else:
        yield from _streamed(path, "zstd" if head == _ZST else None, oddities)


def _streamed(path: Path, compression: str | None, oddities: Oddities) -> Iterator[bytes]:
    with pa.input_stream(str(path), compression=compression) as stream:
        while True:
            try:
                piece = stream.read(_PIECE_BYTES)
            except OSError as error:
                oddities.add("truncated", 1, str(path), why=str(error).splitlines()[0])
                return
            if not piece:
                return
            yield piece


def _gunzipped(path: Path, oddities: Oddities) -> Iterator[bytes]:
    """Yield what can be unpacked, also of a file cut short: the members of a gzip file, one after the other."""
    member, is_begun = zlib.decompressobj(wbits=31), False
    with path.open("rb") as file:
        while packed := file.read(_PIECE_BYTES):
            while packed:
                is_begun = True
                try:
                    piece = member.decompress(packed, _PIECE_BYTES)
                except zlib.error as error:
                    oddities.add("truncated", 1, str(path), why=str(error))
                    return
                if piece:
                    yield piece
                packed = member.unconsumed_tail
                if member.eof:
                    # Another member may follow; zeros may pad the last one.
                    packed = member.unused_data.lstrip(b"\0")
                    member, is_begun = zlib.decompressobj(wbits=31), False
    if is_begun:
        yield member.flush()
        oddities.add("truncated", 1, str(path), why="the gzip stream has no end")


def whole_lines(path: Path, oddities: Oddities, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Yield a file's lines in blocks of about `block_bytes`.

    Raises
    ------
    InputError
        As `pieces`; or if a line is longer than 64 MiB.
    """
    first, held = 1, bytearray()
    for piece in pieces(path, oddities):
        held += piece
        if len(held) < block_bytes:
            continue
        end = held.rfind(b"\n") + 1
        if not end:
            if len(held) > _LONGEST_LINE:
                msg = f"{path}:{first}: a line of more than 64 MiB; is this a log?"
                raise InputError(msg)
            continue
        block = _block(bytes(held[:end]), path, first, oddities)
        del held[:end]
        first += len(block)
        yield block
    if held:
        yield _block(bytes(held), path, first, oddities)


def _block(data: bytes, path: Path, first: int, oddities: Oddities) -> Block:
    if first == 1 and data.startswith(_BOM):
        data = data[len(_BOM) :]
    if b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
    block = Block(data.removesuffix(b"\n"), str(path), first)
    oddities.lines += len(block)
    if not data.isascii():
        mend(block, oddities)
    return block


def mend(block: Block, oddities: Oddities) -> None:
    """Replace bytes that are no UTF-8, line by line, and count the lines."""
    bad = []
    for k, line in enumerate(block.lines):
        if not line.isascii():
            text = line.decode("utf-8", errors="replace").encode()
            if text != line:
                block.lines[k] = text
                bad.append(k)
    if bad:
        block.data = b"\n".join(block.lines)
    oddities.add("encoding", len(bad), *(block.place(k) for k in bad[:5]))
