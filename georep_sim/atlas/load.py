"""All lookups of the atlas in one place."""

from __future__ import annotations

from georep_sim.atlas.coastline import coastline
from georep_sim.atlas.content import (
    ContentFacts,
    Popularity,
    ServiceTimes,
    content,
    content_names,
    popularity,
    service_times,
)
from georep_sim.atlas.incidents import FailureRate, Outage, failure_rates, outage_history, outages
from georep_sim.atlas.money import Price, Tier, storage_price, tier, tiers, transfer_price
from georep_sim.atlas.network import Method, RoundTrip, estimated_round_trip, round_trip
from georep_sim.atlas.preset_files import preset_names, preset_text
from georep_sim.atlas.redundancy import Redundancy, redundancy
from georep_sim.atlas.regions import Location, Region, great_circle_km, region, regions
from georep_sim.atlas.rows import NotInAtlasError, Table, lookup, table, tables

__all__ = [
    "ContentFacts",
    "FailureRate",
    "Location",
    "Method",
    "NotInAtlasError",
    "Outage",
    "Popularity",
    "Price",
    "Redundancy",
    "Region",
    "RoundTrip",
    "ServiceTimes",
    "Table",
    "Tier",
    "coastline",
    "content",
    "content_names",
    "estimated_round_trip",
    "failure_rates",
    "great_circle_km",
    "lookup",
    "outage_history",
    "outages",
    "popularity",
    "preset_names",
    "preset_text",
    "redundancy",
    "region",
    "regions",
    "round_trip",
    "service_times",
    "storage_price",
    "table",
    "tables",
    "tier",
    "tiers",
    "transfer_price",
]
