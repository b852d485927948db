"""Checks of faults: each row says what, when and for how long, and nothing that means nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from georep_sim.scenario.faults import KINDS, Fault
from georep_sim.scenario.values import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from georep_sim.scenario.checks.inspector import Inspector

#: Kinds that have no length at all.
_AT_ONCE: Final = frozenset({"delete", "purge", "latent_error"})
#: Kinds that end when told to; the others are over at once, or have a default.
_LASTING: Final = frozenset({"outage", "slow", "read_only", "cut", "lossy"})


def kind_fits_target(inspector: Inspector) -> None:
    """A fault is of a kind that its target knows."""
    for name, fault in inspector.case.faults.items():
        rows = [(fault.what, fault.kind), *((row.what, row.kind) for row in fault.history)]
        for what, kind in dict.fromkeys(rows):
            if (what, kind) == ("rack", "latent_error"):
                told = "latent_error of a rack is not supported yet"
                inspector.refuse(told, "faults", name, "kind", expected="outage, destroyed", remedy="use what: disk")
            elif kind not in KINDS[what]:
                expected = ", ".join(KINDS[what])
                inspector.refuse(f"a {what} knows no {kind!r}", "faults", name, "kind", expected=expected)


def has_one_clock(inspector: Inspector) -> None:
    """A fault has exactly one of every, at and history."""
    for name, fault in inspector.case.faults.items():
        given = [
            key
            for key, is_given in (
                ("every", fault.every is not None),
                ("at", fault.at is not None),
                ("history", bool(fault.history)),
            )
            if is_given
        ]
        if len(given) != 1:
            what = f"{' and '.join(given)} are both given" if given else "the fault never happens"
            path = ("faults", name, *given[1:2])
            inspector.refuse(what, *path, expected="one of every, at, history", remedy="remove one" if given else "")


def lasts_as_needed(inspector: Inspector) -> None:
    """A fault that ends says when."""
    for name, fault in inspector.case.faults.items():
        if fault.kind in _LASTING and fault.lasts is None and not fault.history:
            what = f"{fault.kind} without lasts"
            inspector.refuse(what, "faults", name, expected="lasts: a distribution", remedy="give lasts, e.g. 6 h")


def shares_mean_something(inspector: Inspector) -> None:
    """Share, count, within, factor and stagger stand where they act."""
    for name, fault in inspector.case.faults.items():
        for key, what in _misplaced(fault):
            inspector.refuse(what, "faults", name, key, remedy=f"remove {key}")
        if fault.what == "operator" and fault.share is None:
            inspector.refuse(f"{fault.kind} without share", "faults", name, expected="share: of the content, e.g. 1 %")
        if fault.kind == "lossy" and fault.share is None:
            inspector.refuse("lossy without share", "faults", name, expected="share: of packets, e.g. 1 %")
        if fault.kind == "slow" and not 0.0 < fault.factor <= 1.0:
            what = f"factor {fault.factor:g} is no share of the speed"
            inspector.refuse(what, "faults", name, "factor", expected="above 0, at most 1", remedy="0.3 leaves 30 %")


def _misplaced(fault: Fault) -> list[tuple[str, str]]:
    """Return each key that means nothing in this row, with why."""
    # A resolved file states the defaults too, so only another value than the default is misplaced.
    plain = Fault(what=fault.what, kind=fault.kind)

    def unset(key: str) -> object:
        return getattr(plain, key)

    is_counted = fault.share is not None or fault.count is not None
    conditions = (
        ("share", fault.share is not None and fault.count is not None, "both share and count"),
        ("share", fault.share is not None and fault.what == "link" and fault.kind != "lossy", "share of a link"),
        ("count", fault.count is not None and fault.what in {"operator", "link"}, f"count for {fault.what}"),
        ("within", not is_counted and fault.within != unset("within"), "within without share or count"),
        ("within", fault.together and fault.within != unset("within"), "within, and together for one clock"),
        ("lasts", fault.lasts is not None and fault.kind in _AT_ONCE, f"lasts of {fault.kind}, over at once"),
        ("factor", fault.kind != "slow" and fault.factor != unset("factor"), f"factor of {fault.kind}"),
        ("stagger", not fault.together and fault.stagger > 0.0, "stagger without together"),
        ("together", fault.together and fault.what == "operator", "together of the operator, who is one"),
    )
    return [(key, what) for key, holds, what in conditions if holds]


def designs_exist(inspector: Inspector) -> None:
    """A fault limited to designs names designs."""
    designs = inspector.designs
    for name, fault in inspector.case.faults.items():
        for design in sorted((fault.designs or frozenset()) - set(designs)):
            remedy = nearest(design, designs)
            inspector.refuse(f"no design {design!r}", "faults", name, "designs", expected="designs", remedy=remedy)


CHECKS: Final[tuple[Callable[[Inspector], None], ...]] = (
    kind_fits_target,
    has_one_clock,
    lasts_as_needed,
    shares_mean_something,
    designs_exist,
)
