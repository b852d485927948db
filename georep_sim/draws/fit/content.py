"""The content block that a log shows: layers, popularity, what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from georep_sim import laws, units
from georep_sim.scenario import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from georep_sim.draws.fit.observed import Observed
    from georep_sim.laws import Law
    from georep_sim.scenario import Content

#: Quantiles of the size of a layer that are written, where enough layers lie beyond them.
LEVELS: Final = ("05", "10", "25", "50", "75", "90", "95", "99", "999")
#: Most popular shares of images whose share of pulls is written: those of FAST'18, figure 10.
TOPS: Final = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 0.75)
# Layers that must lie beyond a quantile for it to be told.
_BEYOND: Final = 5
# A push names its layers in 64 bits, see `draws.images`.
_MOST_LAYERS: Final = 64


class Line(NamedTuple):
    """One key of the block, its value as YAML, and what it rests on."""

    key: str
    value: str
    source: str


def content_lines(seen: Observed) -> Iterator[Line]:
    """Yield the keys of ``workload.content`` that the log tells; the others stay with the content preset."""
    images = len(seen.image_pulls)
    pulls = int(seen.image_pulls.sum())
    yield Line("repositories", str(max(seen.repositories, 1)), "seen in the log; others may exist")
    yield Line("images", str(images), "tags and digests pulled or pushed; what nobody asked for is not in the log")
    layers = _layers_per_image(seen.image_layers)
    if layers:
        n = int(np.count_nonzero(seen.image_layers))
        source = f"median over {n:,} images of the most that one pull fetched, configurations included"
        yield Line("layers_per_image", str(layers), source)
    sizes = layer_quantiles(seen.layer_bytes)
    n = len(seen.layer_bytes)
    if sizes:
        value = ", ".join(f"{level}: {units.exact_text(size, 'bytes')}" for level, size in sizes.items())
        yield Line(
            "layer_size",
            f"{{{value}}}",
            f"{n:,} distinct layers fetched whole; the last quantile keeps their mean, {_bytes(seen.layer_bytes.mean())}",
        )
    elif n:
        value = units.exact_text(_rounded(float(seen.layer_bytes.mean())), "bytes")
        yield Line("layer_size", value, f"mean of {n:,} distinct layers fetched whole: too few for quantiles")
    if pulls:
        warm = sum(group.warm for group in seen.groups)
        yield Line("warm_share", _share(warm / pulls), f"{warm:,} of {pulls:,} pulls fetched no layer")
        curve = ", ".join(f"{_share(top)}: {_share(share)}" for top, share in popularity_knots(seen.image_pulls))
        if curve:
            source = f"{pulls:,} pulls of {images:,} images; few pulls of each make it look steeper than it is"
            yield Line("popularity", f"{{{curve}}}", source)
    if sizes and layers:
        yield _stored(seen, images * layers * _law(sizes).mean)


def content_of(seen: Observed) -> Content:
    """Return the content that a log shows, what it does not tell of the content preset."""
    lines = "".join(f"    {line.key}: {line.value}\n" for line in content_lines(seen))
    # Read as a scenario reads it, so that a fitted block and this are the same.
    text = f"georep: 1\nworkload:\n  content:\n{lines}designs: {{one: {{use: azure/acr-single-region, with: {{home: eastus}}}}}}\n"
    workload = load(text).case().workload
    assert workload is not None  # it is in the text
    return workload.content.model_copy(update={"source": "trace", "use": ""})


def _stored(seen: Observed, logical: float) -> Line:
    """What is stored, if images of that many layers can hold it; else that they share nothing."""
    stored = float(seen.layer_bytes.sum())
    source = "sum over distinct layers fetched; what nobody fetched is not in the log"
    if stored < 0.99 * logical:
        return Line("stored", units.exact_text(_rounded(stored), "bytes"), source)
    told = f"images hold no more than the {_bytes(stored)} of distinct layers fetched"
    # Much less: a tag that is built again has had more layers than one pull fetches.
    return Line("sharing", "1", told + (": several builds of a tag" if stored > 1.01 * logical else ""))


def _layers_per_image(most: NDArray[np.int64]) -> int:
    fetched = most[most > 0]
    return min(max(round(float(np.median(fetched))), 1), _MOST_LAYERS) if len(fetched) else 0


def layer_quantiles(layer_bytes: NDArray[np.float64]) -> dict[str, float]:
    """Quantiles of sizes that the sample can tell, and one that keeps its mean; none with fewer than three.

    Parameters
    ----------
    layer_bytes : ndarray of float64, shape (n,)
        Sizes of distinct layers.
    """
    n = len(layer_bytes)
    told = [level for level in LEVELS if n * min(float(f"0.{level}"), 1.0 - float(f"0.{level}")) >= _BEYOND]
    if len(told) < 3:
        return {}
    values = np.quantile(layer_bytes, [float(f"0.{level}") for level in told], method="inverted_cdf")
    found = {f"p{level}": _rounded(value) for level, value in zip(told, values.tolist(), strict=True)}
    return found | _tail(found, n, float(layer_bytes.mean()))


def _tail(found: Mapping[str, float], n: int, mean: float) -> dict[str, float]:
    """One quantile more, at half a layer in the sample, of the size that makes the law's mean the sample's.

    Between quantiles the law is interpolated and beyond them it has nothing; sizes of layers have a tail that holds
    much of their sum.
    """
    level = f"p{f'{min(1.0 - 0.5 / n, 0.999999):.6f}'[2:].rstrip('0'):0<2}"
    low = high = max(found.values())

    def excess(size: float) -> float:
        return _law({**found, level: size}).mean - mean

    while excess(high) < 0.0 and high < 1e6 * low:
        high *= 2.0
    if level in found or excess(low) >= 0.0 or excess(high) < 0.0:
        return {}
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (low, middle) if excess(middle) >= 0.0 else (middle, high)
    return {level: _rounded(high)}


def popularity_knots(pulls: NDArray[np.int64]) -> list[tuple[float, float]]:
    """Share of pulls that the most-pulled share of images takes, where that is an image at least.

    Parameters
    ----------
    pulls : ndarray of int64, shape (n_images,)
        Pulls of each image.

    Examples
    --------
    >>> popularity_knots(np.array([80, 10, 5, 5]))
    [(0.25, 0.8), (0.5, 0.9), (0.75, 0.95)]
    """
    n, total = len(pulls), int(pulls.sum())
    if not total:
        return []
    reached = np.concatenate(([0.0], np.cumsum(np.sort(pulls)[::-1]) / total))
    tops = [top for top in TOPS if top * n >= 1.0]
    shares = np.interp(np.array(tops) * n, np.arange(n + 1), reached)
    # Once nothing is left for the rest, further knots tell nothing.
    return [(top, round(share, 4)) for top, share in zip(tops, shares.tolist(), strict=True) if share < 1.0 - 5e-5]


def _law(sizes: Mapping[str, float]) -> Law:
    return laws.quantiles({float(f"0.{level[1:]}"): size for level, size in sizes.items()})


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _share(value: float) -> str:
    return units.exact_text(float(f"{value:.4g}"), "share")


def _bytes(value: float) -> str:
    return units.format_quantity(float(value), "bytes")
