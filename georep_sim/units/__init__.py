"""Quantities with units: one closed table, one grammar, SI out.

The table has six kinds (time, bytes, bandwidth, rate, share, money); what a unit such as ``USD/GB/mo`` is made of
is listed in `KINDS`. Reading, writing and the pattern of the JSON Schema all come from the same table.
"""

from georep_sim.units.reading import Quantity, UnitError, parse, pattern
from georep_sim.units.table import FAMILIES, KINDS, Kind, base_unit
from georep_sim.units.writing import exact_text, format_complement, format_quantity

__all__ = [
    "FAMILIES",
    "KINDS",
    "Kind",
    "Quantity",
    "UnitError",
    "base_unit",
    "exact_text",
    "format_complement",
    "format_quantity",
    "parse",
    "pattern",
]
