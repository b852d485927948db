"""Write what the benchmarks have measured, from the files that they left in ``benchmarks/results``.

At the start of a build the tables are written to ``docs/_generated/performance.md`` and included by
``docs/explanation/performance.md``. A file that is not there makes a sentence that says so: no number is typed by hand.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from written_pages import RESULTS, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sphinx.application import Sphinx

    Record = Mapping[str, Any]

_MIB = 2**20


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Register the writer with Sphinx."""
    sphinx.connect("builder-inited", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write(sphinx: Sphinx) -> None:
    write(sphinx, {"performance": lambda: page(RESULTS)})


def page(results: Path) -> str:
    """Return the tables of all benchmarks as Markdown.

    Parameters
    ----------
    results : Path
        Folder with ``peers.json``, ``frozen.json``, ``scaling.json`` and ``memory.json``, any of which may be missing.
    """
    lines: list[str] = []
    for name, (title, body) in _SECTIONS.items():
        lines += [f"## {title}", ""]
        file = results / f"{name}.json"
        if file.exists():
            record = json.loads(file.read_text(encoding="utf-8"))
            lines += [*body(record), _provenance(record), ""]
        else:
            lines += ["Not measured yet.", ""]
    return "\n".join(lines)


def _provenance(record: Record) -> str:
    machine = record["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    system = f"{machine['processor']}, {machine['cores']} cores, one used; {machine['system']}, {machine['python']}"
    return f"Measured {record['date']} on {system}; {versions}. Command: `{record['command']}`."


def _peers(record: Record) -> Iterator[str]:
    titles = {"queue": "M/M/1", "pull": "Registry pull"}
    for model, rows in record["models"].items():
        yield f"**{titles[model]}**, medians of {record['rounds']} interleaved rounds, range in parentheses"
        yield ""
        yield "| | Customers per CPU-second | Ours is so many times as fast | Times as fast as idiomatic SimPy |"
        yield "| --- | --- | --- | --- |"
        for row in rows:
            ratios = (_spread(row[key], ".3g") if key in row else "" for key in ("ours_over_it", "it_over_simpy"))
            yield f"| {row['label']} | {_spread(row['per_s'], ',.0f')} | {' | '.join(ratios)} |"
        yield ""
    if record["agreement"]:
        yield from _agreement(record["agreement"])


def _agreement(rows: list[Record]) -> Iterator[str]:
    worst = max(abs(row["error"]) for row in rows)
    seen = max(row["smallest"] for row in rows)
    yield (
        f"Before timing, each peer's mean response time was compared with its oracle: all within {worst:.1%}; "
        f"{seen:.0%} would have been seen for the slowest peer, which is compared on the fewest customers, and "
        f"{min(row['smallest'] for row in rows):.1%} for the fastest (level 1e-6). Peers that "
        "draw from one generator in one order must give the same means besides."
    )
    yield ""


def _frozen(record: Record) -> Iterator[str]:
    yield f"| {record['plane']} plane, {record['requests']:,} requests | Per CPU-second | Per request |"
    yield "| --- | --- | --- |"
    yield f"| requests | {_spread(record['requests_per_s'], ',.0f')} | 1 |"
    for key, name in (("http_requests", "HTTP requests"), ("flow_events", "flow events")):
        per_request = record[f"{key}_per_request"]
        yield f"| {name} | {_spread(record[f'{key}_per_s'], ',.0f')} | {per_request:.2f} |"
    yield ""


def _scaling(record: Record) -> Iterator[str]:
    titles = {
        "flows": "flows at a time, one class",
        "links": "classes, each on a link of its own",
        "bottleneck": "classes that meet at one bottleneck",
    }
    yield f"| {record['plane']} plane | | CPU time of a flow event, µs | Times the first |"
    yield "| --- | --- | --- | --- |"
    for sweep, rows in record["sweeps"].items():
        for row in rows:
            micro = {key: 1e6 * value for key, value in row["seconds_per_event"].items()}
            yield f"| {titles[sweep]} | {row['size']:,} | {_spread(micro, '.3g')} | {row['over_first']:.2f} |"
    yield ""


def _memory(record: Record) -> Iterator[str]:
    yield "| Horizon | Most memory, MiB | CPU time, s |"
    yield "| --- | --- | --- |"
    for row in record["rows"]:
        yield f"| {row['horizon']} | {row['peak_rss_bytes'] / _MIB:,.0f} | {row['cpu_s']:,.1f} |"
    yield ""


def _spread(found: Mapping[str, float], form: str) -> str:
    median, low, high = (f"{found[key]:{form}}" for key in ("median", "low", "high"))
    return median if low == high else f"{median} ({low} to {high})"


_SECTIONS: Mapping[str, tuple[str, Callable[[Record], Iterator[str]]]] = {
    "peers": ("Beside other simulators", _peers),
    "frozen": ("The frozen workload", _frozen),
    "scaling": ("As flows and classes grow", _scaling),
    "memory": ("Memory of full traffic", _memory),
}
