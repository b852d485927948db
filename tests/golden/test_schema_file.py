"""The JSON Schema that editors use is what `georep schema` prints; regenerate with `georep schema > FILE`."""

from __future__ import annotations

import json
from pathlib import Path

from georep_sim.scenario.describe import json_schema

FILE = Path(__file__).parents[2] / "docs" / "reference" / "georep-1.schema.json"


def test_the_schema_file_is_current() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(json.dumps(json_schema()))
