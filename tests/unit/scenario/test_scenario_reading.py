"""Reading YAML: what is taken, what is refused, and where it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from georep_sim.errors import ScenarioError
from georep_sim.scenario.read import MOST_BYTES, read_file, read_text
from georep_sim.scenario.tree import Leaf, Map, find, leaves, plain

if TYPE_CHECKING:
    from pathlib import Path


def problems_of(error: pytest.ExceptionInfo[ScenarioError]) -> list[str]:
    return [problem.what for problem in error.value.problems]


def test_scalars_follow_the_core_schema_and_dates_stay_text() -> None:
    text = "{a: 1, b: 1e3, c: true, d: null, e: 2027-01-04, f: yes, g: 0x10, h: '5', i: 12:30, j: -.5}"
    assert plain(read_text(text)) == {
        "a": 1,
        "b": 1000.0,
        "c": True,
        "d": None,
        "e": "2027-01-04",
        "f": "yes",
        "g": "0x10",
        "h": "5",
        "i": "12:30",
        "j": -0.5,
    }


def test_every_value_and_key_knows_its_line_and_column() -> None:
    root = read_text("a:\n  b: 5 s\n", name="x.yaml")
    node = find(root, ("a", "b"))
    assert isinstance(node, Leaf)
    assert node.mark.text == "x.yaml:2:6"
    inner = root.get("a")
    assert isinstance(inner, Map)
    assert inner.at("b").text == "x.yaml:2:3"


def test_anchors_and_aliases_are_expanded() -> None:
    assert plain(read_text("x-a: &a {p50: 1 s}\nb: *a\n")) == {"x-a": {"p50": "1 s"}, "b": {"p50": "1 s"}}


def test_an_alias_inside_its_own_anchor_is_refused() -> None:
    with pytest.raises(ScenarioError, match="alias \\*a has no anchor above it"):
        read_text("a: &a [*a]\n")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "bom.yaml"
    file.write_bytes(b"\xef\xbb\xbfgeorep: 1\n")
    assert plain(read_file(file)) == {"georep": 1}


def test_several_problems_of_a_text_are_told_at_once() -> None:
    with pytest.raises(ScenarioError) as error:
        read_text("a: !x 1\nb:\n<<: 3\na: .inf\n\tc: 1\n")
    assert [problem.line for problem in error.value.problems[:4]] == [1, 2, 3, 4]
    assert "a tab" in problems_of(error)


def test_a_numeral_too_long_for_a_number_stays_text() -> None:
    assert plain(read_text(f"a: {'9' * 5000}")) == {"a": "9" * 5000}


def test_more_than_one_mebibyte_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    file.write_bytes(b"# " + b"x" * MOST_BYTES)
    with pytest.raises(ScenarioError, match="more than 1 MiB"):
        read_file(file)


def test_other_encodings_are_told_with_the_place_of_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("georep: 1\ntitle: Zürich\n".encode("latin-1"))
    with pytest.raises(ScenarioError) as error:
        read_file(file)
    (problem,) = error.value.problems
    assert (problem.line, problem.column, problem.what) == (2, 9, "not UTF-8: byte 0xfc")


def test_a_directory_and_a_missing_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "quickstart.yaml").touch()
    with pytest.raises(ScenarioError, match="is a directory"):
        read_file(tmp_path)
    with pytest.raises(ScenarioError, match=r"did you mean quickstart\.yaml"):
        read_file(tmp_path / "quikstart.yaml")


def test_control_characters_are_told_without_a_traceback() -> None:
    with pytest.raises(ScenarioError, match="not YAML"):
        read_text("a: \x07")


def test_leaves_are_listed_with_their_paths() -> None:
    assert [path for path, _ in leaves(read_text("{a: {b: 1}, c: [2, 3]}"))] == [("a", "b"), ("c", "0"), ("c", "1")]
