"""What requests ask for: images, their layers, and how popular they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.draws.requests import K_BITS, TRAFFIC_DTYPE, request_index
from georep_sim.jit import kernel, part
from georep_sim.philox import keys_of, uniform, uniforms
from georep_sim.tables import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from georep_sim.scenario import Case, Content
    from georep_sim.scenario.workload import Client

__all__ = ["TRAFFIC_DTYPE", "Catalogue", "catalogue", "deleted_images", "popularity", "pushed_images", "traffic"]

_PURPOSES: Final = ("image", "machine", "warm", "new-layer")


@dataclass(frozen=True)
class Catalogue:
    """The images of one replication.

    Parameters
    ----------
    layer_bytes : ndarray of float64, shape (n_images, n_layers)
        Compressed sizes, whole bytes.
    cumulative : ndarray of float64, shape (n_images,)
        Share of accesses that go to an image or one before it; the last is 1.
    """

    layer_bytes: NDArray[np.float64]
    cumulative: NDArray[np.float64]

    def image_of(self, u: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the images that uniform numbers in (0, 1) pick."""
        return np.minimum(np.searchsorted(self.cumulative, u, side="right"), self.cumulative.size - 1)


def catalogue(case: Case, *, seed: int, replication: int) -> Catalogue:
    """Return the images of a case.

    Parameters
    ----------
    case : Case
        Its content.
    seed, replication : int
        Address of the draws: sizes by image and layer, ranks by image.

    Raises
    ------
    ValueError
        If the case has no workload, or its images more layers than a push can name (64).
    """
    content = _content(case)
    images, layers = content.images, content.layers_per_image
    if layers > 64:
        msg = f"{layers} layers per image; a push names its layers in 64 bits, so at most 64 are possible"
        raise ValueError(msg)
    u = uniforms(seed, replication, "images/layer-size", np.arange(images)[:, None], sub=np.arange(layers))
    # The image with the smallest number is the most popular.
    rank = uniforms(seed, replication, "images/rank", np.arange(images)).argsort().argsort()
    cumulative = np.cumsum(popularity(content.popularity, images)[rank])
    return Catalogue(np.rint(content.layer_size.ppf_many(u)), cumulative / cumulative[-1])


def popularity(knots: Sequence[tuple[float, float]], n: int) -> NDArray[np.float64]:
    """Return the share of accesses that each of n items takes, most popular first.

    Parameters
    ----------
    knots : sequence of (float, float)
        Share of accesses that the most popular share of items takes, both rising; (1, 1) is implied. None: all items
        are equally popular.
    n : int
        Number of items.

    Returns
    -------
    ndarray of float64, shape (n,)
        Sums to 1.

    Notes
    -----
    Between knots the logarithm of the access share is linear in the logarithm of the item share, a power law in
    pieces; the first piece goes on to the most popular item.

    Examples
    --------
    >>> popularity([(0.01, 0.42), (0.1, 0.65)], 1000)[:10].sum().round(12).item()
    0.42
    """
    inner = [(x, y) for x, y in knots if 0.0 < x < 1.0 and y > 0.0]
    x, y = np.log(np.array([*inner, (1.0, 1.0)])).T
    wanted = np.log(np.arange(1, n + 1) / n)
    reached = np.interp(wanted, x, y)
    slope = (y[1] - y[0]) / (x[1] - x[0]) if inner else 1.0
    head = wanted < x[0]
    reached[head] = y[0] + slope * (wanted[head] - x[0])
    return np.diff(np.exp(reached), prepend=0.0)


def traffic(
    case: Case, arrivals_array: NDArray[Any], catalogue: Catalogue, *, seed: int, replication: int
) -> NDArray[Any]:
    """Return what each arrival asks for, and from which machine.

    Parameters
    ----------
    case : Case
        Its client groups and content.
    arrivals_array : ndarray, shape (n,)
        Rows of `ARRIVAL_DTYPE`, any of them in any order.
    catalogue : Catalogue
        The images of this replication.
    seed, replication : int
        Address of the draws.

    Returns
    -------
    ndarray, shape (n,)
        The columns of `arrivals_array` and image i4, machine i4 (of its group), warm bool (a pull that fetches the
        manifest alone), new_layers u8 (bit j set: layer j of a push is new, each with the content's share of new
        layers and at least one; 0 for pulls).

    Notes
    -----
    Pushes choose their image as pulls do: what is pulled often is built often (assumed).
    """
    content = _content(case)
    rows = np.zeros(arrivals_array.size, dtype=TRAFFIC_DTYPE)
    for column in arrivals_array.dtype.names or ():
        rows[column] = arrivals_array[column]
    clients = case.workload.clients.values() if case.workload is not None else ()
    _ask(
        rows,
        _request_keys(clients),
        np.array([client.machines for client in clients], dtype=np.int64),
        np.array([content.warm_share if client.warm_share is None else client.warm_share for client in clients]),
        catalogue.cumulative,
        content.layers_per_image,
        content.new_layer_share,
        np.array([seed, replication], dtype=np.uint64),
    )
    return rows


def pushed_images(
    case: Case, pushes: NDArray[Any], catalogue: Catalogue, *, seed: int, replication: int
) -> NDArray[np.int32]:
    """Return the image of each push alone, as `traffic` does at ten times the price.

    Parameters
    ----------
    case, catalogue, seed, replication
        As for `traffic`.
    pushes : ndarray, shape (n,)
        Rows of `ARRIVAL_DTYPE`, pushes all.

    Returns
    -------
    ndarray of int32, shape (n,)
    """
    image = np.zeros(len(pushes), dtype=np.int32)
    clients = case.workload.clients if case.workload is not None else ()
    for cohort, name in enumerate(clients):
        mine = pushes["cohort"] == cohort
        u = uniforms(seed, replication, f"clients/{name}/push/image", request_index(pushes[mine]))
        image[mine] = catalogue.image_of(u)
    return image


def deleted_images(
    name: str, share: float, n_images: int, *, seed: int, replication: int, occurrence: int
) -> NDArray[np.bool_]:
    """Return which images an operator's mistake deletes, each with probability `share`.

    Parameters
    ----------
    name : str
        Fault row.
    share : float
        Probability for each image.
    n_images : int
        Number of images.
    seed, replication, occurrence : int
        Address of the draws.

    Returns
    -------
    ndarray of bool, shape (n_images,)
    """
    u = uniforms(seed, replication, f"faults/{name}/registry/image", occurrence, sub=np.arange(n_images))
    return u < share


def _content(case: Case) -> Content:
    if case.workload is None:
        msg = f"case {case.name} has no workload, hence no images; add `workload:`"
        raise ValueError(msg)
    return case.workload.content


def _request_keys(clients: Iterable[Client]) -> NDArray[np.uint64]:
    """Keys by client group, operation and what is asked."""
    names = [
        f"clients/{client.name}/{operation.name.lower()}/{purpose}"
        for client in clients
        for operation in (Operation.PULL, Operation.PUSH)
        for purpose in _PURPOSES
    ]
    return keys_of(names).reshape(-1, 2, len(_PURPOSES), 2)


@kernel
def _ask(
    rows: NDArray[Any],
    keys: NDArray[np.uint64],
    machines: NDArray[np.int64],
    warm_share: NDArray[np.float64],
    cumulative: NDArray[np.float64],
    layers: int,
    new_layer_share: float,
    address: NDArray[np.uint64],
) -> None:
    """Fill in what each request asks for; `machines` and `warm_share` are by client group."""
    seed, replication = address[0], address[1]
    for row in rows:
        cohort = row["cohort"]
        key = keys[cohort, row["operation"]]
        index = np.int64(row["hour"]) << K_BITS | row["k"]
        u = uniform(key[0, 0], key[0, 1], index, 0, replication, seed)
        row["image"] = min(np.searchsorted(cumulative, u, side="right"), cumulative.size - 1)
        u = uniform(key[1, 0], key[1, 1], index, 0, replication, seed)
        row["machine"] = min(int(u * machines[cohort]), machines[cohort] - 1)
        if row["operation"] == Operation.PULL:
            row["warm"] = uniform(key[2, 0], key[2, 1], index, 0, replication, seed) < warm_share[cohort]
        else:
            row["new_layers"] = _new_layers(key[3], index, layers, new_layer_share, replication, seed)


@part
def _new_layers(
    key: NDArray[np.uint64], index: int, layers: int, share: float, replication: np.uint64, seed: np.uint64
) -> np.uint64:
    new, newest, least = np.uint64(0), 0, 1.0
    for layer in range(layers):
        u = uniform(key[0], key[1], index, layer, replication, seed)
        if u < share:
            new |= np.uint64(1) << np.uint64(layer)
        if u < least:
            newest, least = layer, u
    # A push without a new layer would be no push: then the layer nearest to being new is.
    return new | np.uint64(1) << np.uint64(newest)
