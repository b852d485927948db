"""Figures as files and as text: the same bytes every time, and nothing in them but the picture."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

_RC: Final[dict[str, Any]] = {
    "figure.dpi": 100,
    "font.family": ["DejaVu Sans"],  # shipped with matplotlib: no text moves on another machine
    "font.size": 9,
    "axes.titlesize": "medium",
    "axes.titlelocation": "left",
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": "small",
    "svg.fonttype": "path",
    "svg.hashsalt": "georep-sim",
    "text.parse_math": False,  # a name with a dollar sign is a name
    "text.usetex": False,
    "path.simplify": True,
}
_PNG_DPI: Final = 150


def settings() -> AbstractContextManager[None]:
    """Settings under which figures are built and saved; whatever the user set comes back afterwards."""
    # The keys are strings that only newer stubs of matplotlib spell out one by one.
    defaults = {key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith("backend")}
    return mpl.rc_context(cast("Any", defaults | _RC))


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure apart from pyplot: no window, no global list of figures."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


@dataclass(frozen=True)
class Plate:
    """A finished figure with its words.

    Parameters
    ----------
    name : str
        Stem of its files.
    title, caption, alt : str
        Heading, what to read from it, and what a reader who cannot see it needs to know. Plain text.
    figure : Figure
        The picture.
    """

    name: str
    title: str
    caption: str
    alt: str
    figure: Figure

    @cached_property
    def svg(self) -> str:
        """The picture as one SVG document."""
        buffer = io.BytesIO()
        with settings():
            self.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return buffer.getvalue().decode()

    def inline_svg(self) -> str:
        """The picture as an element for HTML: no XML head, its ids apart from those of other pictures."""
        body = self.svg
        body = body[body.index("<svg") :]
        body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
        body = re.sub(r'\b(id|xlink:href)="(#?)', rf'\1="\g<2>{self.name}-', body)
        body = body.replace("url(#", f"url(#{self.name}-")
        # The words stand beside it as caption and label, so a reader's software takes it as one image.
        return body.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)

    def save(self, folder: Path) -> list[Path]:
        """Write ``NAME.svg`` and ``NAME.png`` into a folder."""
        return list(self._saved(folder))

    def _saved(self, folder: Path) -> Iterator[Path]:
        svg = folder / f"{self.name}.svg"
        svg.write_text(self.svg, encoding="utf-8")
        yield svg
        png = folder / f"{self.name}.png"
        with settings():
            self.figure.savefig(png, format="png", dpi=_PNG_DPI, metadata={"Software": None})
        yield png
