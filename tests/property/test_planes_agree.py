"""The compiled plane sees what the reference sees, to the nanosecond and to the last bit.

200 worlds in each run; 5,000 by ``pytest -m long``, and others each time with HYPOTHESIS_PROFILE=random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from support.draft_strategies import drafts
from support.planes import COMPILED, REFERENCE
from support.twins import assert_planes_agree

if TYPE_CHECKING:
    from support.drafts import Draft


@settings(max_examples=200)
@given(drafts())
def test_planes_agree_on_any_world(draft: Draft) -> None:
    assert_planes_agree(draft.scene(), REFERENCE, COMPILED)


@pytest.mark.long
@settings(max_examples=5_000)
@given(drafts())
def test_planes_agree_on_thousands_of_worlds(draft: Draft) -> None:
    assert_planes_agree(draft.scene(), REFERENCE, COMPILED)
