from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from georep_sim.atlas.load import NotInAtlasError, preset_names, preset_text

NAMES = [
    "azure/acr-geo-redundant@2020",
    "azure/acr-geo-replicated@2026-08",
    "azure/acr-single-region@2026",
    "azure/storage-grs@2025-11",
    "azure/storage-gzrs@2025-11",
    "azure/storage-lrs@2025-11",
    "azure/storage-ra-grs@2025-11",
    "azure/storage-ra-gzrs@2025-11",
    "azure/storage-zrs@2025-11",
    "cloud/typical@1",
    "storage/typical@1",
]


def test_presets_are_listed_by_full_name() -> None:
    assert preset_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_preset_says_what_it_means_where_it_is_from_and_what_it_omits(name: str) -> None:
    resolved, text = preset_text(name)
    assert resolved == name
    body = YAML(typ="safe").load(text)
    assert body["georep-preset"] == 1
    assert body["name"] == name
    assert body["of"] in {"design", "faults"}
    assert body["of"] in body
    assert body["meaning"]
    assert body["source"]
    assert body["omits"]
    assert all({"type", "default", "meaning"} == set(parameter) for parameter in body["parameters"].values())


def test_without_version_the_newest_counts() -> None:
    assert preset_text("azure/acr-geo-redundant")[0] == "azure/acr-geo-redundant@2020"
    assert preset_text("cloud/typical")[0] == "cloud/typical@1"


def test_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(NotInAtlasError, match="nearest: azure/acr-geo-replicated"):
        preset_text("azure/acr-georeplicated")
    with pytest.raises(NotInAtlasError, match="nearest: azure/acr-geo-replicated@2026-08"):
        preset_text("azure/acr-geo-replicated@2025")
