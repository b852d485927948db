"""What requests ask for: images, their layers, and how popular they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.draws.requests import TRAFFIC_DTYPE, request_index
from georep_sim.noise import uniforms
from georep_sim.tables import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georep_sim.scenario import Case, Content
    from georep_sim.scenario.workload import Client

__all__ = ["TRAFFIC_DTYPE", "Catalogue", "catalogue", "deleted_images", "popularity", "traffic"]


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
    clients = list(case.workload.clients.values()) if case.workload is not None else []
    for cohort, client in enumerate(clients):
        for operation in (Operation.PULL, Operation.PUSH):
            mine = np.flatnonzero((rows["cohort"] == cohort) & (rows["operation"] == operation))
            if mine.size:
                _ask(rows, mine, client, operation, content, catalogue, seed=seed, replication=replication)
    return rows


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


def _ask(
    rows: NDArray[Any],
    mine: NDArray[np.int64],
    client: Client,
    operation: Operation,
    content: Content,
    catalogue: Catalogue,
    *,
    seed: int,
    replication: int,
) -> None:
    name = f"clients/{client.name}/{operation.name.lower()}"
    index = request_index(rows[mine])

    def u(purpose: str) -> NDArray[np.float64]:
        return uniforms(seed, replication, f"{name}/{purpose}", index)

    rows["image"][mine] = catalogue.image_of(u("image"))
    rows["machine"][mine] = np.minimum((u("machine") * client.machines).astype(np.int64), client.machines - 1)
    if operation == Operation.PULL:
        rows["warm"][mine] = u("warm") < (content.warm_share if client.warm_share is None else client.warm_share)
        return
    layers = np.arange(content.layers_per_image)
    each = uniforms(seed, replication, f"{name}/new-layer", index[:, None], sub=layers)
    new = each < content.new_layer_share
    # A push without a new layer would be no push: then the layer nearest to being new is.
    new[np.arange(mine.size), each.argmin(axis=1)] = True
    rows["new_layers"][mine] = (new.astype(np.uint64) << layers.astype(np.uint64)).sum(axis=1, dtype=np.uint64)
