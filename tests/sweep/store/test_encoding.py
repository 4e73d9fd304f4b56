"""Values and curves survive being text and bytes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from shoal.sweep.store.encoding import (
    from_text,
    pack_curve,
    scores_from_text,
    scores_to_text,
    to_text,
    unpack_curve,
)

NUMBERS = st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True)
PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | NUMBERS | st.text()
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=9)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not standard JSON")


@given(VALUES)
def test_every_value_comes_back(value: object) -> None:
    text = to_text(value)
    json.loads(text, parse_constant=refuse)
    assert repr(from_text(text)) == repr(value)


@given(st.dictionaries(st.text(), NUMBERS | st.none()))
def test_every_score_comes_back(scores: dict[str, float | None]) -> None:
    text = scores_to_text(scores)
    json.loads(text, parse_constant=refuse)
    assert repr(scores_from_text(text)) == repr(scores)


@given(st.dictionaries(st.text(), st.lists(NUMBERS, max_size=5), max_size=4))
def test_every_curve_comes_back(curve: dict[str, list[float]]) -> None:
    assert repr(unpack_curve(pack_curve(curve))) == repr(curve)


def test_what_has_no_curve() -> None:
    assert pack_curve(None) is None
    assert unpack_curve(None) is None
    assert unpack_curve(pack_curve({})) == {}


def test_curves_are_compact() -> None:
    """Figures of float32 training: less than six bytes a number, where JSON takes about twenty."""
    import numpy as np

    losses = np.exp(-np.arange(300, dtype=np.float32) / 50).astype(float).tolist()
    assert len(pack_curve({"loss": losses}) or b"") < 6 * len(losses)
    assert len(json.dumps(losses)) > 18 * len(losses)
