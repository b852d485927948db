from __future__ import annotations

import pytest

from georep_sim.atlas.load import NotInAtlasError, redundancy, regions, storage_price, tier, tiers, transfer_price


def test_tiers_rise_in_price_and_storage() -> None:
    basic, standard, premium = (tiers()[name] for name in ("basic", "standard", "premium"))
    assert basic.usd_per_day < standard.usd_per_day < premium.usd_per_day
    assert basic.included_bytes < standard.included_bytes < premium.included_bytes


def test_premium_tier() -> None:
    premium = tier("premium")
    assert premium.usd_per_month == pytest.approx(1.667 * 365.25 / 12)
    assert premium.included_bytes == 500 * 2**30
    assert premium.max_storage_bytes == 100 * 2**40
    assert premium.rate_per_s["read"] == pytest.approx(20000 / 60)
    assert premium.rate_per_s["write"] == pytest.approx(4000 / 60)
    assert premium.identity_rate_per_s["read"] == pytest.approx(10000 / 60)
    assert premium.usd_per_day_extra_replica == premium.usd_per_day


def test_only_premium_replicates() -> None:
    assert [name for name, one in tiers().items() if one.has_geo_replication] == ["premium"]
    assert tier("basic").usd_per_day_extra_replica is None


def test_unknown_tier_is_refused() -> None:
    with pytest.raises(NotInAtlasError, match="nearest: premium"):
        tier("premum")


@pytest.mark.parametrize(
    ("src", "dst", "usd_per_gb"),
    [
        ("eastus", "westus", 0.02),
        ("eastus", "westeurope", 0.05),
        ("westeurope", "eastus", 0.05),
        ("australiaeast", "eastus", 0.08),
        ("brazilsouth", "eastus", 0.16),
        ("brazilsouth", "chilecentral", 0.181),
        ("eastus", "eastus", 0.0),
    ],
)
def test_transfer_price_is_the_senders(src: str, dst: str, usd_per_gb: float) -> None:
    assert transfer_price(src, dst).usd * 1e9 == pytest.approx(usd_per_gb)


def test_transfer_is_priced_from_everywhere() -> None:
    for name in regions():
        assert transfer_price(name, "eastus").usd >= 0
        assert transfer_price(name, "westeurope").usd >= 0


def test_free_transfer_inside_a_region_is_marked_as_assumed() -> None:
    assert transfer_price("eastus", "eastus").method == "assumed"
    assert transfer_price("eastus", "westus").method == "atlas"


def test_storage_price_is_ten_cents_per_gb_and_month() -> None:
    assert storage_price().usd * 1e9 * (365.25 * 86400 / 12) == pytest.approx(0.10)


def test_redundancy_options() -> None:
    assert redundancy("zrs").survives == {"node": "yes", "data_centre": "yes", "zone": "yes", "region": "no"}
    assert redundancy("grs").copies_secondary == 3
    assert not redundancy("grs").secondary_is_readable
    assert redundancy("ra-gzrs").secondary_is_readable
    assert redundancy("ra-gzrs").availability_read == 0.9999
    with pytest.raises(NotInAtlasError, match="redundancy option"):
        redundancy("raid")
