"""What a reader gets: sentences, a comparison table, figures and one self-contained HTML page.

Nothing here simulates or estimates; it reads the tables of a finished run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from georep_sim.report.subject import Subject

__all__ = ["write"]


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
    folder = out_dir / "plots"
    folder.mkdir(exist_ok=True)
    for stale in (*folder.glob("*.svg"), *folder.glob("*.png")):
        stale.unlink()  # of a run that is being replaced; its figures must not pass for this one's
    report = out_dir / "report.html"
    report.write_text(page(results, plates), encoding="utf-8")
    written = [report]
    for plate in plates:
        written += plate.save(folder)
    return written
