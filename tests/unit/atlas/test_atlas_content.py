from __future__ import annotations

import pytest

from georep_sim.atlas.load import NotInAtlasError, content, content_names, popularity, service_times, table


def test_docker_hub_is_what_the_language_says() -> None:
    hub = content("docker-hub")
    assert (hub.repositories, hub.images, hub.layers_per_image) == (400, 4000, 8)
    assert hub.layer_size_bytes == ((0.5, 4e6), (0.9, 63e6))
    assert (hub.warm_share, hub.sharing, hub.popularity) == (0.84, 1.48, "ibm-dal")
    assert hub.assumed == {"repositories", "images", "warm_share", "popularity"}


@pytest.mark.parametrize("name", content_names())
def test_content_is_consistent(name: str) -> None:
    facts = content(name)
    probabilities, sizes = zip(*facts.layer_size_bytes, strict=True)
    assert list(probabilities) == sorted(set(probabilities))
    assert list(sizes) == sorted(set(sizes))
    assert probabilities[0] > 0
    assert probabilities[-1] < 1
    assert 0 < facts.warm_share < 1
    assert facts.sharing >= 1
    assert popularity(facts.popularity).points


def test_dallas_layer_sizes_are_bimodal() -> None:
    # Published: 65 % of the fetched layers below 1 MB, 80 % below 10 MB (text); digitised 0.682 and 0.798.
    sizes = dict(content("ibm-dal").layer_size_bytes)
    assert sizes[0.65] < 1e6 < sizes[0.7]
    assert sizes[0.75] < 1e7
    assert sizes[0.8] == pytest.approx(1.05e7, rel=0.01)


def test_popularity_is_a_concentration_curve() -> None:
    for row in table("popularity").rows:
        points = popularity(row["name"], item=row["item"]).points
        tops, shares = zip(*points, strict=True)
        assert list(tops) == sorted(set(tops))
        assert list(shares) == sorted(shares)
        assert all(0 < top <= share <= 1 for top, share in points)


def test_dallas_popularity_is_the_published_one() -> None:
    points = dict(popularity("ibm-dal").points)
    assert points[0.01] == pytest.approx(0.42, abs=0.005)
    assert dict(popularity("ibm-dal", item="repositories").points)[0.01] == pytest.approx(0.661, abs=0.001)


def test_unknown_content_and_popularity_are_refused() -> None:
    with pytest.raises(NotInAtlasError, match="nearest: docker-hub"):
        content("dockerhub")
    with pytest.raises(NotInAtlasError, match="popularity"):
        popularity("ibm-dal", item="tags")


def test_service_times_by_hand() -> None:
    # Manifests: (30 * 0.7965 + 30 * 0.8225 + 10 * 0.783) / 70 ms; upload: 20,001,353 B in 101.9 ms.
    times = service_times()
    assert times.read_s[0] == pytest.approx(0.80571e-3, rel=1e-4)
    assert times.write_s_per_byte == pytest.approx(0.1019 / 20001353)
    assert times.read_s[0] < times.read_s[1]
    assert times.write_s[0] < times.write_s[1]
    assert service_times(store="tmpfs").write_s[0] < times.write_s[0]
    with pytest.raises(NotInAtlasError, match="known: disk, tmpfs"):
        service_times(store="tape")
