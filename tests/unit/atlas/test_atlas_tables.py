from __future__ import annotations

import re
import subprocess
import sys

import pytest

from georep_sim.atlas.load import NotInAtlasError, lookup, table, tables

ROWS = {
    "regions": 70,
    "rtt_ms": 2862,
    "tiers": 3,
    "redundancy": 6,
    "prices": 24,
    "images": 121,
    "popularity": 250,
    "service_times": 40,
    "failure_rates": 102,
    "outages": 55,
    "coastline": 3693,
}


def test_all_tables_are_listed() -> None:
    assert list(tables()) == list(ROWS)
    assert all(tables().values())


@pytest.mark.parametrize("name", ROWS)
def test_table_has_its_rows(name: str) -> None:
    assert len(table(name).rows) == ROWS[name]


@pytest.mark.parametrize("name", ROWS)
def test_every_row_has_source_and_date(name: str) -> None:
    for row in table(name).rows:
        assert row["source"].strip(), row
        assert re.match(r"\d{4}", row["date"]), row


@pytest.mark.parametrize("name", ROWS)
def test_every_row_has_a_cell_for_every_column(name: str) -> None:
    for row in table(name).rows:
        assert set(row) == set(table(name).columns)
        assert all(value is not None for value in row.values())


@pytest.mark.parametrize(("name", "columns"), [("prices", ["method"]), ("images", ["method"])])
def test_methods_are_of_the_closed_set(name: str, columns: list[str]) -> None:
    for column in columns:
        assert {row[column] for row in table(name).rows} <= {"atlas", "estimated", "assumed"}


def test_lookup_filters_by_columns() -> None:
    assert [row["name"] for row in lookup("regions", geography="Brazil")] == ["brazilsouth", "brazilsoutheast"]


def test_lookup_returns_copies() -> None:
    lookup("tiers")[0]["tier"] = "changed"
    assert lookup("tiers")[0]["tier"] == "basic"


def test_unknown_table_names_the_nearest() -> None:
    with pytest.raises(NotInAtlasError, match="no table 'region' in the atlas; nearest: regions"):
        lookup("region")


def test_unknown_column_is_refused() -> None:
    with pytest.raises(NotInAtlasError, match="column of table 'tiers'"):
        lookup("tiers", name="basic")


def test_no_heavy_package_is_imported() -> None:
    code = (
        "import sys, georep_sim.atlas.load as atlas; atlas.round_trip('eastus', 'chilecentral'); "
        "print([name for name in ('numpy', 'pandas', 'scipy', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
