"""Every column of every table, the words that numbers in them stand for, and the containers that carry them.

The planes, the measures and the documentation read one definition. Instants are int64 nanoseconds from
``run.start`` (suffix ``_ns``), durations float64 seconds (suffix ``_s``), sizes float64 bytes.
Sums of durations, which must not depend on the order of adding, are int64 nanoseconds too.
Names of sites, cohorts, links and faults stand once, in `Topology` and `Timeline`; rows hold their index.
"""

from georep_sim.tables.columns import TABLES, Column, dtype_of, empty
from georep_sim.tables.containers import Recording, Timeline, Topology
from georep_sim.tables.words import (
    NEVER_NS,
    NS_PER_S,
    Admission,
    ControlState,
    CopyStatus,
    Extreme,
    LossKind,
    Mark,
    Operation,
    Outcome,
    Verb,
)

__all__ = [
    "NEVER_NS",
    "NS_PER_S",
    "TABLES",
    "Admission",
    "Column",
    "ControlState",
    "CopyStatus",
    "Extreme",
    "LossKind",
    "Mark",
    "Operation",
    "Outcome",
    "Recording",
    "Timeline",
    "Topology",
    "Verb",
    "dtype_of",
    "empty",
]
