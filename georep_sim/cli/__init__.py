"""The command line: ``georep run | durability | check | explain | schema | atlas``."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line; the entry point ``georep``."""
    from georep_sim.cli.app import start  # noqa: PLC0415 - importing the package must not import the command line

    start()
