"""Units drawn ahead for an epoch are those that each step would draw, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from populations import recipe, same_bits, spec, trained, view

from shoal.train import thinning
from shoal.train.population import Member


@pytest.mark.parametrize("tile", [1, 2])
def test_drawing_ahead_changes_nothing(monkeypatch, tmp_path, tile):
    net = spec((4, 6), dropout=0.4, input_dropout=0.2)
    members = [Member(net, recipe(learning_rate=rate)) for rate in (0.01, 0.03)]
    ahead = trained(members, view(), tile=tile)
    monkeypatch.setattr(thinning, "_MOST", 0)
    monkeypatch.setenv("SHOAL_CACHE", str(tmp_path))  # the program on disk draws ahead
    # a factor that meets no parameter makes another program
    other = [replace(m, recipe=replace(m.recipe, rate_factors=(("nothing", 0.5),))) for m in members]
    by_step = trained(other, view(), tile=tile)
    assert all(same_bits(a, b) for a, b in zip(ahead, by_step, strict=True))
