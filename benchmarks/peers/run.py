"""Play both micro-models with every peer, check that they agree, and time them beside each other on one core.

Run ``python -m benchmarks.peers.run [--rounds N] [--seconds S] [--no-check] [--json FILE]``; ``--rounds 0``
checks alone.

Every peer lives in a process of its own for the whole run; all are pinned to one core and only one works at a time.
A round asks each peer once, in turn (A B C A B C ...), so that what the machine does meanwhile meets all of them; ratios
are taken within a round. CPU time is measured, after a first play that compiles what is to be compiled.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.agreement import check
from benchmarks.peers.models import Moments
from benchmarks.peers.worker import labels
from benchmarks.record import pin_to_one_core, spread, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MODELS = {"queue": "M/M/1", "pull": "registry pull"}
_BASE, _IDIOMATIC = "georep", "simpy"
_FIRST_COUNT = 500


class Peer:
    """A peer in its process.

    Parameters
    ----------
    name : str
        Which.
    process : Popen
        Its worker.
    """

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self.name = name
        self._process = process

    def play(self, model: str, count: int, seed: int) -> tuple[float, Moments]:
        """Play a model; return CPU seconds and moments.

        Raises
        ------
        RuntimeError
            If the worker has died; what it said stands on stderr.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"model": model, "count": count, "seed": seed}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            msg = f"{self.name} died while playing {count} of {model}"
            raise RuntimeError(msg)
        answer = json.loads(line)
        return float(answer["cpu_s"]), Moments(*answer["moments"])

    def count_for(self, model: str, seconds: float) -> int:
        """Return how many customers take about so many CPU seconds; compiles what is to be compiled."""
        self.play(model, _FIRST_COUNT, 0)
        count = _FIRST_COUNT
        while True:
            took_s, _ = self.play(model, count, 0)
            if took_s >= 0.2 * seconds:
                return max(_FIRST_COUNT, int(count * seconds / took_s))
            count *= 4


@contextmanager
def worker(name: str) -> Iterator[Peer]:
    """Start a peer, and end it."""
    command = [sys.executable, "-m", "benchmarks.peers.worker", name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Peer(name, process)
        assert process.stdin is not None
        process.stdin.close()


def time_rounds(peers: Sequence[Peer], model: str, *, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Return customers per CPU second of each peer, round by round."""
    counts = {peer.name: peer.count_for(model, seconds) for peer in peers}
    rates: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for number in range(rounds):
        for peer in peers:
            took_s, _ = peer.play(model, counts[peer.name], 1000 + number)
            rates[peer.name].append(counts[peer.name] / took_s)
    return rates


def rows(rates: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """Return the table of one model: rates, and ratios within rounds to ours (times slower) and to idiomatic SimPy."""
    ours = next((name for name in rates if name.startswith(_BASE)), None)
    out = []
    for name, own in rates.items():
        row: dict[str, Any] = {"peer": name, "label": labels()[name], "per_s": spread(own)}
        if ours is not None:
            row["ours_over_it"] = spread([a / b for a, b in zip(rates[ours], own, strict=True)])
        if _IDIOMATIC in rates:
            row["it_over_simpy"] = spread([a / b for a, b in zip(own, rates[_IDIOMATIC], strict=True)])
        out.append(row)
    return out


def show(title: str, table: Sequence[Mapping[str, Any]]) -> None:
    """Print the table of one model."""
    print(f"\n{title}: customers per CPU second, median (range); ratios within rounds")
    print(f"{'':26}{'per CPU-s':>34}{'first row / this':>28}{'this / SimPy':>26}")
    for row in table:
        cells = [f"{row['label']:26}", f"{_cell(row['per_s'], ',.0f'):>34}"]
        cells += [f"{_cell(row[key], ',.3g'):>{width}}" for key, width in _RATIOS.items() if key in row]
        print("".join(cells))


_RATIOS = {"ours_over_it": 28, "it_over_simpy": 26}


def _cell(found: Mapping[str, float], form: str) -> str:
    median, low, high = (f"{found[key]:{form}}" for key in ("median", "low", "high"))
    return median if low == high else f"{median} ({low} to {high})"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds of one play, about")
    parser.add_argument("--check", action=argparse.BooleanOptionalAction, default=True, help="compare means first")
    parser.add_argument("--check-seconds", type=float, default=8.0, help="CPU seconds of each peer's check, about")
    parser.add_argument("--peers", default=",".join(labels()), help="comma-separated: %(default)s")
    parser.add_argument("--json", type=Path)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Check, time, print, write; return 1 if the peers do not agree."""
    options = _options(arguments)
    pin_to_one_core()
    body: dict[str, Any] = {"rounds": options.rounds, "models": {}, "agreement": []}
    with ExitStack() as stack:
        peers = [stack.enter_context(worker(name)) for name in options.peers.split(",")]
        if options.check:
            body["agreement"] = check(peers, seconds=options.check_seconds)
            if not all(row["agrees"] for row in body["agreement"]):
                print("\nthe peers do not play the same model: nothing is timed")
                return 1
        if options.rounds:
            for model, title in MODELS.items():
                body["models"][model] = rows(time_rounds(peers, model, rounds=options.rounds, seconds=options.seconds))
                show(title, body["models"][model])
    if options.json:
        write(options.json, module="benchmarks.peers.run", arguments=arguments, body=body)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
