"""What registries hold and serve: content presets, popularity of items, time taken by one request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from georep_sim.atlas.rows import NotInAtlasError, table

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """What is known, or assumed, of one kind of registry content.

    Parameters
    ----------
    name : str
        ``docker-hub`` or a production registry, ``ibm-dal`` and others.
    repositories, images, layers_per_image : int
        How many; of layers the median.
    layer_size_bytes : tuple of (float, float)
        Quantiles of the size of a layer: (probability, bytes), rising in both.
    warm_share : float
        Share of pulls that fetch a manifest and no layer.
    sharing : float
        Bytes of all images over bytes of distinct layers.
    popularity : str
        Name to ask `popularity` for.
    assumed : frozenset of str
        Names of the quantities that are guesses or borrowed from elsewhere.
    source, date : mapping of str to str
        By quantity.
    """

    name: str
    repositories: int
    images: int
    layers_per_image: int
    layer_size_bytes: tuple[tuple[float, float], ...]
    warm_share: float
    sharing: float
    popularity: str
    assumed: frozenset[str]
    source: Mapping[str, str]
    date: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Popularity:
    """How unevenly accesses fall on items.

    Parameters
    ----------
    name, item : str
        The registry, and what is accessed: ``layers``, ``manifests``, ``repositories`` or ``clients``.
    points : tuple of (float, float)
        (share of the items, most popular first; share of accesses they take), rising in both, within 0 and 1.
    source, date : str
        Where it is from and of when.
    """

    name: str
    item: str
    points: tuple[tuple[float, float], ...]
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """Time a front end takes for one request, without network.

    Parameters
    ----------
    read_s, write_s : (float, float)
        p50 and p95, in seconds.
    read_s_per_byte, write_s_per_byte : float
        Time that each byte of a blob adds.
    source, date : str
        Where it is from and of when.
    """

    read_s: tuple[float, float]
    write_s: tuple[float, float]
    read_s_per_byte: float
    write_s_per_byte: float
    source: str
    date: str


def content_names() -> list[str]:
    """Names that `content` knows.

    Examples
    --------
    >>> content_names()
    ['docker-hub', 'ibm-dal', 'ibm-lon', 'ibm-fra', 'ibm-syd']
    """
    return list(dict.fromkeys(row["content"] for row in table("images").rows))


@cache
def content(name: str) -> ContentFacts:
    """One content preset.

    Parameters
    ----------
    name : str
        One of `content_names`.

    Raises
    ------
    NotInAtlasError
        If there is none of that name.

    Examples
    --------
    >>> content("docker-hub").layer_size_bytes
    ((0.5, 4000000.0), (0.9, 63000000.0))
    """
    rows = [row for row in table("images").rows if row["content"] == name]
    if not rows:
        raise NotInAtlasError(name, content_names(), what="content")
    value = {row["quantity"]: row["value"] for row in rows}
    sizes = [row for row in rows if row["quantity"] == "layer_size"]
    return ContentFacts(
        name=name,
        repositories=int(value["repositories"]),
        images=int(value["images"]),
        layers_per_image=int(value["layers_per_image"]),
        layer_size_bytes=tuple((float(row["probability"]), float(row["value"])) for row in sizes),
        warm_share=float(value["warm_share"]),
        sharing=float(value["sharing"]),
        popularity=value["popularity"],
        assumed=frozenset(row["quantity"] for row in rows if row["method"] == "assumed"),
        source=MappingProxyType({row["quantity"]: row["source"] for row in rows}),
        date=MappingProxyType({row["quantity"]: row["date"] for row in rows}),
    )


@cache
def popularity(name: str, *, item: str = "layers") -> Popularity:
    """Popularity of the items of one registry.

    Parameters
    ----------
    name : str
        ``ibm-dal``, ``ibm-lon``, ``ibm-fra``, ``ibm-syd``, ``ibm-stg``, ``ibm-prs`` or ``ibm-dev``.
    item : {"layers", "manifests", "repositories", "clients"}
        What is accessed; not every registry has all four.

    Raises
    ------
    NotInAtlasError
        If there is no such row.

    Examples
    --------
    >>> popularity("ibm-dal").points[2]
    (0.01, 0.424)
    """
    found = table("popularity")
    rows = [row for row in found.rows if (row["name"], row["item"]) == (name, item)]
    if not rows:
        wanted = f"{name} ({item})"
        known = dict.fromkeys(f"{row['name']} ({row['item']})" for row in found.rows)
        raise NotInAtlasError(wanted, known, what="popularity")
    points = tuple((float(row["top_share"]), float(row["access_share"])) for row in rows)
    return Popularity(name=name, item=item, points=points, source=rows[0]["source"], date=rows[0]["date"])


def _pooled(requests: tuple[str, ...], *, store: str) -> tuple[float, float]:
    """p50 and p95 of several kinds of request, each the mean of the rows' quantiles weighted by samples."""
    rows = [row for row in table("service_times").rows if row["store"] == store and row["request"] in requests]
    weight = sum(int(row["samples"]) for row in rows)
    p50, p95 = (sum(float(row[key]) * int(row["samples"]) for row in rows) / weight for key in ("p50_s", "p95_s"))
    return p50, p95


def _s_per_byte(request: str, *, store: str) -> float:
    row = next(row for row in table("service_times").rows if (row["store"], row["request"]) == (store, request))
    return float(row["p50_s"]) / int(row["bytes"])


@cache
def service_times(*, store: str = "disk") -> ServiceTimes:
    """Time that a registry on one host takes for a request.

    Parameters
    ----------
    store : {"disk", "tmpfs"}
        Where it keeps its blobs.

    Returns
    -------
    ServiceTimes
        Reads: manifest GETs. Writes: POST and PUT of an upload and PUT manifest. Per byte: the 20 MB blob, got or
        patched. Quantiles of a kind of request measured in several rows are averaged, weighted by samples.

    Raises
    ------
    NotInAtlasError
        If nothing was measured on such a store.

    Examples
    --------
    >>> [round(1e3 * value, 2) for value in (*service_times().read_s, *service_times().write_s)]
    [0.81, 2.31, 2.68, 8.35]
    """
    stores = dict.fromkeys(row["store"] for row in table("service_times").rows)
    if store not in stores:
        raise NotInAtlasError(store, stores, what="service times for store")
    return ServiceTimes(
        read_s=_pooled(("manifest",), store=store),
        write_s=_pooled(("post", "put", "putman"), store=store),
        read_s_per_byte=_s_per_byte("blob_20m", store=store),
        write_s_per_byte=_s_per_byte("patch_20m", store=store),
        source=table("service_times").source,
        date=table("service_times").date,
    )
