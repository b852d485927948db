"""Sphinx configuration; builds without a network and with warnings as errors (``sphinx-build -W docs docs/_build``)."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "georep-sim"
author = "The georep-sim authors"
project_copyright = author
release = installed_version("georep-sim")
version = release

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "numpydoc",
    "generated_reference",
    "computed_durability",
    "measured_coverage",
    "measured_performance",
    "published_figures",
]
exclude_patterns = ["_build", "_generated", "_ext"]
nb_execution_mode = "off"  # notebooks are executed by their own step of .ci/run
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc sections state types, shapes and units
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = f"georep-sim {release}"
html_show_sourcelink = False
html_theme_options = {"navbar_end": [], "secondary_sidebar_items": ["page-toc"], "show_nav_level": 2}
