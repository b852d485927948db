"""What a registry costs and may do: tiers, prices of storage and of transfer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from georep_sim.atlas.regions import region
from georep_sim.atlas.rows import NotInAtlasError, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georep_sim.atlas.network import Method

GIB_BYTES = 2**30
TIB_BYTES = 2**40
GB_BYTES = 1e9
DAY_S = 86_400.0
MONTH_S = 365.25 * DAY_S / 12.0  # the language's month, `mo`
MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Tier:
    """One service tier.

    Parameters
    ----------
    name : str
        ``basic``, ``standard`` or ``premium``.
    usd_per_day, usd_per_day_extra_replica : float, float or None
        Fee of the registry and of each further location; None where there can be none.
    included_bytes, max_storage_bytes : int
        Storage within the fee, and the cap.
    rate_per_s : mapping of str to float
        Requests per second a registry (or geo-replica) may make, by class: read, write, delete, list, oauth.
    identity_rate_per_s : mapping of str to float
        The same for one caller: read, write, delete, list.
    has_geo_replication, has_customer_managed_key, has_untagged_retention : bool
        What the tier offers.
    source, price_source, date : str
        Where the limits and where the fees are from, and the date.
    """

    name: str
    usd_per_day: float
    usd_per_day_extra_replica: float | None
    included_bytes: int
    max_storage_bytes: int
    rate_per_s: Mapping[str, float]
    identity_rate_per_s: Mapping[str, float]
    has_geo_replication: bool
    has_customer_managed_key: bool
    has_untagged_retention: bool
    source: str
    price_source: str
    date: str

    @property
    def usd_per_month(self) -> float:
        """Fee of one location for a month of 30.4375 days."""
        return self.usd_per_day * MONTH_S / DAY_S


@dataclass(frozen=True, slots=True)
class Price:
    """One price of data.

    Parameters
    ----------
    usd : float
        US dollars per unit.
    unit : {"B", "B s"}
        Per byte moved, or per byte kept for a second.
    method : {"atlas", "estimated", "assumed"}
        How it came about.
    source, date, confidence : str
        Where it is from, of when it is, and how far it can be trusted.
    """

    usd: float
    unit: str
    method: Method
    source: str
    date: str
    confidence: str


def _tier(row: Mapping[str, str]) -> Tier:
    extra = row["usd_per_day_extra_replica"]
    classes = ("read", "write", "delete", "list")
    return Tier(
        name=row["tier"],
        usd_per_day=float(row["usd_per_day"]),
        usd_per_day_extra_replica=float(extra) if extra else None,
        included_bytes=int(row["included_gib"]) * GIB_BYTES,
        max_storage_bytes=int(row["max_storage_tib"]) * TIB_BYTES,
        rate_per_s=MappingProxyType({key: float(row[f"{key}_per_min"]) / MINUTE_S for key in (*classes, "oauth")}),
        identity_rate_per_s=MappingProxyType(
            {key: float(row[f"identity_{key}_per_min"]) / MINUTE_S for key in classes}
        ),
        has_geo_replication=row["geo_replication"] == "yes",
        has_customer_managed_key=row["customer_managed_key"] == "yes",
        has_untagged_retention=row["untagged_retention_policy"] == "yes",
        source=row["source"],
        price_source=row["price_source"],
        date=row["date"],
    )


@cache
def tiers() -> Mapping[str, Tier]:
    """All tiers by name; read-only."""
    return MappingProxyType({row["tier"]: _tier(row) for row in table("tiers").rows})


def tier(name: str) -> Tier:
    """One tier.

    Parameters
    ----------
    name : str
        ``basic``, ``standard`` or ``premium``.

    Raises
    ------
    NotInAtlasError
        If there is none of that name.

    Examples
    --------
    >>> round(tier("premium").usd_per_month, 2)
    50.74
    """
    known = tiers()
    if name not in known:
        raise NotInAtlasError(name, known, what="tier")
    return known[name]


def _price(item: str, *, continent: str = "", unit: str = "B") -> Price:
    row = next(row for row in table("prices").rows if (row["item"], row["continent"]) == (item, continent))
    per = GB_BYTES * MONTH_S if unit == "B s" else GB_BYTES
    return Price(
        usd=float(row["usd"]) / per,
        unit=unit,
        method=cast("Method", row["method"]),  # the column holds nothing else: tested
        source=row["source"],
        date=row["date"],
        confidence=row["confidence"],
    )


@cache
def transfer_price(src: str, dst: str) -> Price:
    """Price of a byte sent from one region to another.

    Parameters
    ----------
    src, dst : str
        Names of regions; the sender pays its own continent's price.

    Returns
    -------
    Price
        In US dollars per byte; inside a region 0 (*assumed*).

    Raises
    ------
    NotInAtlasError
        If a region is not known.

    Examples
    --------
    >>> round(transfer_price("eastus", "westus").usd * 1e9, 3)
    0.02
    """
    here, there = region(src), region(dst)
    if src == dst:
        return _price("transfer_inside_region")
    kind = "intra" if here.continent == there.continent else "inter"
    return _price(f"transfer_{kind}_continent", continent=here.continent)


@cache
def storage_price() -> Price:
    """Price of a byte kept for a second beyond the included storage, at each replica.

    Examples
    --------
    >>> round(storage_price().usd * 1e9 * 365.25 * 86400 / 12, 6)
    0.1
    """
    return _price("storage", unit="B s")
