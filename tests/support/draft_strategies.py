"""Hypothesis strategies for whole worlds of the data plane: designs, workloads and what control says.

Instants lie on a grid of 1/16 s, and round trips, rates and sizes are powers of two, so that connections, bodies and
services end on it too: arrivals, completions, timeouts and changes then meet at the same nanosecond, where only the
order of events decides. What control says is what `world` can say: no change says what already holds.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from georep_sim.laws import Constant, Exponential, Lognormal, Mixture, Quantiles, Truncated, Uniform
from georep_sim.plane.wire import Tcp
from georep_sim.tables import Admission, Operation, Verb
from support.drafts import Draft
from support.plane_worlds import INF

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

    from georep_sim.laws import Law
    from support.drafts import Change
    from support.plane_worlds import Row

_GRID_S = 0.0625
_MIB = 2.0**20
_OPERATIONS = len(Operation)
_MOST_REQUESTS = 60
# A law's number is its index; the first two end on the grid.
_LAWS: tuple[Law, ...] = (
    Constant(0.0625),
    Constant(1.0),
    Exponential(0.1),
    Lognormal(0.2, 0.8),
    Uniform(0.0, 0.2),
    Mixture((0.9, 0.1), (Exponential(0.02), Constant(0.5))),
    Truncated(Lognormal(0.1, 1.0), 0.0, 0.6),
    Quantiles(((0.5, 0.1), (0.9, 0.4), (0.99, 2.0))),
)
_TCP = (
    Tcp(slow_start=False),
    Tcp(),
    Tcp(mss_bytes=1024.0, initial_window_segments=16.0, window_max_bytes=2.0**16),
    Tcp(mss_bytes=1000.0, initial_window_segments=100.0, rto_min_s=0.05),
)
_INSTANTS = st.integers(0, 48).map(lambda step: step * _GRID_S)
_LAYERS = (_MIB, _MIB / 2, _MIB / 8, 2.0**14, 0.0, 123_457.0)


def _one(*values: object) -> SearchStrategy[Any]:
    """One of these; the first is the simplest."""
    return st.sampled_from(values)


def _some(items: SearchStrategy[Any], *, least: int = 0, most: int) -> SearchStrategy[list[Any]]:
    """Lists of any length equally often: lists alone are mostly short."""
    return st.integers(least, most).flatmap(lambda count: st.lists(items, min_size=count, max_size=count))


_LAW = st.one_of(st.just(-1), st.integers(0, len(_LAWS) - 1))


def _row(**columns: SearchStrategy[Any]) -> SearchStrategy[Row]:
    return st.fixed_dictionaries(columns)


_COHORT = _row(
    machines=_one(2, 1, 3, 20),
    access_Bps=_one(INF, 2 * _MIB, _MIB / 2),
    parallel=st.integers(1, 4),
    parallel_push=st.integers(1, 5),
    keep_alive=_one(True, False),
)
_LADDER = _row(
    retries=_one(1, 0, 2, 3),
    backoff_s=_one(0.0, 0.0625, 0.5, 100.0),
    factor=_one(1.0, 2.0, 3.0),
    cap_s=_one(INF, 0.1, 1.0),
    timeout_ns=_one(0, 0, 0, 500_000_000, 1_000_000_000, 2_000_000_000, 40_000_000_000),
)
_LINK = _row(
    rtt_s=_one(0.125, 0.0, 0.25),
    rtt_law=st.one_of(st.just(-1), st.just(-1), st.integers(2, 4)),
    capacity_Bps=_one(_MIB, _MIB / 2, 2 * _MIB, INF),
    replication_Bps=_one(INF, _MIB),
    loss=_one(0.0, 0.0, 0.01),
)
_BUCKET = _row(rate_per_s=_one(20.0, 20.0, 2.0, 0.0), capacity=_one(5.0, 1.0, 20.0))


def _site(buckets: int) -> SearchStrategy[Row]:
    bucket = _one(-1, -1, *range(buckets))
    return _row(
        workers=st.integers(0, 3),
        read_law=_LAW,
        write_law=_LAW,
        per_byte_s=_one(0.0, 0.0, 2.0**-23),
        egress_Bps=_one(2 * _MIB, _MIB, INF),
        read_bucket=bucket,
        write_bucket=bucket,
        local_rtt_s=_one(0.125, 0.0, 0.01),
        local_rtt_law=_one(-1, -1, 4),
    )


@st.composite
def _edges(draw: DrawFn, sites: int, *, has_copies: bool) -> tuple[Row, ...]:
    """No copies, from one site to all others, or between all pairs; each edge of its own kind."""
    pairs = [(a, b) for a in range(sites) for b in range(sites) if a != b]
    shape = draw(_one("star", "all") if has_copies else _one("none", "star", "all"))
    kept = [] if shape == "none" else [(a, b) for a, b in pairs if shape == "all" or a == 0]
    kind = _row(workers=st.integers(1, 3), lag_law=_LAW, bandwidth_Bps=_one(_MIB / 2, _MIB, INF))
    return tuple({"source": a, "destination": b, **draw(kind)} for a, b in kept)


@st.composite
def _orders(draw: DrawFn, sites: int) -> tuple[tuple[int, ...], ...]:
    """DNS answers: any sites in any order, at times none."""
    whole = list(permutations(range(sites)))
    parts = [order for n in range(sites + 1) for order in permutations(range(sites), n)]
    answers = st.one_of(st.sampled_from(whole), st.sampled_from(whole), st.sampled_from(parts))
    return tuple(draw(st.lists(answers, min_size=1, max_size=3, unique=True)))


@st.composite
def _requests(
    draw: DrawFn, cohorts: Sequence[Row], images: int, instants: Sequence[float], *, has_copies: bool
) -> tuple[Row, ...]:
    """Up to 60 requests in herds of equals; their numbers fall in any order."""
    row = st.fixed_dictionaries({
        "at_s": st.sampled_from(instants),
        "cohort": st.integers(0, len(cohorts) - 1),
        "operation": _one(1) if has_copies else _one(0, 0, 1),
        "image": st.integers(0, images - 1),
        "machine": st.integers(0, 19),
        "warm": _one(False, False, False, True),
        "new_layers": st.integers(0, 15),
    })  # fmt: skip
    herds = draw(_some(st.tuples(row, _one(1, 1, 2, 5)), least=1, most=12))
    # The same again a little later makes for load.
    waves, apart_s = draw(st.tuples(_one(1, 1, 3, 8), _one(_GRID_S, 0.5)))
    rows = [
        dict(row) | {"at_s": row["at_s"] + wave * apart_s}
        for wave in range(waves)
        for row, count in herds
        for _ in range(count)
    ][:_MOST_REQUESTS]
    # A number is packed with its hour: the largest, and one of the next hour.
    hour, first, turn = draw(st.tuples(_one(0, 3), _one(0, 2**24 - 61), st.booleans()))
    for k, made in enumerate(rows):
        made["machine"] %= cohorts[made["cohort"]]["machines"]
        made["k"] = first + (len(rows) - 1 - k if turn else k)
        made["hour"] = hour
        if made["operation"] == Operation.PULL:
            made["new_layers"] = 0
        else:
            made["warm"] = False
    return tuple(rows)


@st.composite
def _incident(draw: DrawFn, draft: Draft, at_s: SearchStrategy[float]) -> list[Change]:
    """One thing that happens: a change by itself, an outage of a site or a partition, with their ends."""
    n_sites, n_links = len(draft.regions), len(draft.pairs)
    start_s, cause = draw(at_s), draw(st.integers(-1, len(draft.deleted) - 1))
    kinds = ["change"] * 4 + ["outage"] * 2 + ["aim"] * 2 + ["kill"]
    kinds += ["partition"] * (2 * (n_links > 0)) + ["delete"] * (cause >= 0) + ["loss"] * (3 * bool(draft.edges))
    kind = draw(st.sampled_from(kinds))
    site = draw(st.integers(0, n_sites - 1))
    if kind == "change":
        return [(start_s, *draw(_change(n_sites, n_links)), cause)]
    if kind == "aim":
        turn = draw(st.integers(1, max(1, len(draft.orders) - 1)))
        aims = [(cohort, float((cohort + turn) % len(draft.orders))) for cohort in range(len(draft.cohort_regions))]
        return [(start_s, Verb.AIM, cohort, order, cause) for cohort, order in aims]
    if kind in {"delete", "loss"}:
        return [(start_s, Verb.LOSE, site, -0.5 if kind == "delete" else 1.0, cause)]
    if kind == "kill":
        return [(start_s, Verb.KILL, site, 0.0, cause)]
    end_s = draw(st.one_of(at_s, st.just(INF)))
    if kind == "partition":
        link = draw(st.integers(0, n_links - 1))
        a, b = draft.pairs[link]
        links = [link, *(k for k, pair in enumerate(draft.pairs) if pair == (b, a) and draw(st.booleans()))]
        return _from_to([(start_s, Verb.CUT, k, 1.0, cause) for k in links], end_s, 0.0)
    admission = draw(st.sampled_from([a for a in Admission if a != Admission.OK]))
    says = [(start_s, Verb.ADMIT, _OPERATIONS * site + op, float(admission), cause) for op in Operation]
    strikes = [(start_s, Verb.KILL, site, 0.0, cause)]
    strikes += [(start_s, Verb.LOSE, site, 1.0, cause)] * draw(st.booleans())
    return [*_from_to(says, end_s, float(Admission.OK)), *strikes]


def _from_to(begin: list[Change], end_s: float, value: float) -> list[Change]:
    """Changes, and those back at an end that may never come."""
    is_over = begin[0][0] < end_s < INF
    return begin + [(end_s, verb, target, value, cause) for _, verb, target, _, cause in begin if is_over]


def _change(sites: int, links: int) -> SearchStrategy[tuple[Verb, int, float]]:
    site = st.integers(0, sites - 1)
    kinds: list[SearchStrategy[Any]] = [
        st.tuples(st.just(Verb.ADMIT), st.integers(0, _OPERATIONS * sites - 1), st.sampled_from(Admission).map(float)),
        st.tuples(st.just(Verb.RESIZE), site, _one(1.0, 2.0, 3.0)),
        st.tuples(st.just(Verb.SLOW), st.integers(0, sites + links - 1), _one(0.5, 0.1, 1.0)),
    ]
    if links:
        kinds += [
            st.tuples(st.just(Verb.SLOW), st.integers(sites + links, sites + 2 * links - 1), _one(0.01, 0.1, 0.0)),
            st.tuples(st.just(Verb.RESIZE), st.integers(sites, sites + links - 1), _one(_MIB / 4, 4 * _MIB)),
            st.tuples(st.just(Verb.CUT), st.integers(0, links - 1), _one(1.0, 0.0)),
        ]
    return st.one_of(kinds)


def without_repetition(draft: Draft, changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes in time, without those that say what holds already: control never says a thing twice."""
    n_sites, n_links = len(draft.regions), len(draft.pairs)
    holds: dict[tuple[Verb, int], float] = {}
    for cohort in range(len(draft.cohort_regions)):
        holds[Verb.AIM, cohort] = float(cohort % len(draft.orders))
    for site in range(n_sites):
        holds[Verb.RESIZE, site] = float(draft.sites[site % len(draft.sites)].get("workers", 0))
    for link in range(n_links):
        row = draft.links[link % len(draft.links)]
        holds[Verb.SLOW, n_sites + n_links + link] = float(row.get("loss", 0.0))
        holds[Verb.RESIZE, n_sites + link] = float(row.get("capacity_Bps", INF))
    usual = {Verb.ADMIT: float(Admission.OK), Verb.SLOW: 1.0, Verb.CUT: 0.0}
    said = []
    for change in sorted(changes, key=lambda row: row[0]):
        _, verb, target, value, _ = change
        if verb in {Verb.KILL, Verb.LOSE}:
            said.append(change)
        elif holds.get((verb, target), usual.get(verb)) != value:
            holds[verb, target] = value
            said.append(change)
    return tuple(said)


@st.composite
def drafts(draw: DrawFn) -> Draft:
    """A world of 1-4 sites in 1-4 regions and 1-3 client groups, with its requests and changes."""
    places = st.integers(0, 3)
    # Half of the worlds are about copies: of pushes to one of several sites.
    has_copies = draw(st.booleans())
    regions = tuple(draw(_some(places, least=2 if has_copies else 1, most=4)))
    cohort_regions = tuple(draw(_some(places, least=1, most=3)))
    buckets = tuple(draw(st.lists(_BUCKET, max_size=3)))
    cohorts = tuple(draw(st.lists(_COHORT, min_size=len(cohort_regions), max_size=len(cohort_regions))))
    n_images, n_layers = draw(st.tuples(st.integers(1, 3), st.integers(1, 4)))
    image = st.tuples(*[_one(*_LAYERS)] * n_layers)
    # Most of what happens falls on a few instants.
    instants = draw(st.lists(_INSTANTS, min_size=1, max_size=5, unique=True))
    world = Draft(
        regions=regions,
        cohort_regions=cohort_regions,
        sites=tuple(draw(st.lists(_site(len(buckets)), min_size=1, max_size=len(regions)))),
        cohorts=cohorts,
        ladders=tuple(draw(st.lists(_LADDER, min_size=1, max_size=len(cohorts)))),
        links=tuple(draw(st.lists(_LINK, min_size=1, max_size=3))),
        edges=draw(_edges(len(regions), has_copies=has_copies)),
        buckets=buckets,
        laws=_LAWS,
        tcp=draw(_one(*_TCP)),
        tls_round_trips=draw(_one(1, 0, 2)),
        flap=draw(_one(0.0, 0.0, 0.5, 1.0)),
        images=tuple(draw(st.lists(image, min_size=n_images, max_size=n_images))),
        manifest_bytes=draw(_one(0.0, 1e3, _MIB / 8)),
        ttl_s=draw(_one(0.0, 0.25, 1.0, 60.0)),
        overstay_s=draw(_one(0.0, 0.5)),
        orders=draw(_orders(len(regions))),
        requests=draw(_requests(cohorts, n_images, instants, has_copies=has_copies)),
        deleted=tuple(draw(st.lists(st.tuples(*[st.booleans()] * n_images), max_size=2))),
        missing=tuple(
            draw(st.lists(st.tuples(st.integers(0, len(regions) - 1), st.integers(0, n_images - 1)), max_size=2))
        ),
        copies_only=has_copies and draw(st.booleans()),
        seed=draw(_one(1, 2)),
    )
    return draw(_played(world, instants))


@st.composite
def _played(draw: DrawFn, world: Draft, instants: Sequence[float]) -> Draft:
    """The same world with its changes, and the stretch of time that is played of it."""
    arrival_s = st.sampled_from(instants)
    # While requests are under way, or when a client has given up connecting.
    at_s = st.one_of(
        arrival_s,
        *[st.tuples(arrival_s, st.integers(1, 40)).map(lambda at: at[0] + at[1] * _GRID_S)] * 4,
        st.tuples(arrival_s, st.integers(0, 40)).map(lambda at: at[0] + 30.0 + at[1] * _GRID_S),
    )
    incidents = draw(_some(_incident(world, at_s), least=1, most=7))
    values = vars(world) | {
        "changes": without_repetition(world, (change for incident in incidents for change in incident)),
        "start_s": draw(st.one_of(st.just(0.0), st.just(0.0), st.sampled_from(instants))),
        "end_s": draw(_one(100.0, 100.0, 100.0, 2.0)),
        "until_s": draw(_one(None, None, None, 3.0, 35.0)),
        "epoch_s": draw(_one(0.0, 0.0, 17_280_000.0)),
    }
    return Draft(**values)
