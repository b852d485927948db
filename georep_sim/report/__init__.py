"""What a reader gets: sentences, a comparison table, figures and one self-contained HTML page.

Nothing here simulates or estimates; it reads the tables of a finished run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from georep_sim.report.canvas import Plate
    from georep_sim.report.subject import LossSubject, Subject

__all__ = ["write", "write_losses"]


def write(results: Subject, out_dir: Path) -> list[Path]:
    """Write ``report.html`` and ``plots/*.svg``, ``plots/*.png`` into a folder.

    Parameters
    ----------
    results : Subject
        A finished or interrupted run.
    out_dir : Path
        Existing folder. Files of the same names are replaced.

    Returns
    -------
    list of Path
        What was written, the page first.
    """
    # Drawing costs a second of imports, which a run without --out never needs.
    from georep_sim.report.html import page  # noqa: PLC0415
    from georep_sim.report.plates import plates_of  # noqa: PLC0415

    plates = plates_of(results)
    return _written(page(results, plates), plates, out_dir)


def write_losses(results: LossSubject, out_dir: Path) -> list[Path]:
    """Write the report on durability alone, ``report.html``, and its plots; parameters and result as of `write`."""
    from georep_sim.report.html import loss_page  # noqa: PLC0415 - as above
    from georep_sim.report.loss_plates import loss_plates  # noqa: PLC0415

    plates = loss_plates(results)
    return _written(loss_page(results, plates), plates, out_dir)


def _written(page: str, plates: Sequence[Plate], out_dir: Path) -> list[Path]:
    folder = out_dir / "plots"
    folder.mkdir(exist_ok=True)
    for stale in (*folder.glob("*.svg"), *folder.glob("*.png")):
        stale.unlink()  # of a run that is being replaced; its figures must not pass for this one's
    report = out_dir / "report.html"
    report.write_text(page, encoding="utf-8")
    written = [report]
    for plate in plates:
        written += plate.save(folder)
    return written
