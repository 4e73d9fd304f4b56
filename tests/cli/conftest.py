"""Models that cost nothing: real encoders and targets around networks that were never trained."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from shoal.data import TableEncoder, Target, know_columns, read_table
from shoal.model.model import Model
from shoal.nets.inputs import TableInput
from shoal.nets.network import init
from shoal.nets.spec import mlp

HEADS = {"binary": "sigmoid", "multiclass": "softmax", "regression": "linear", "multilabel": "multilabel"}


def untrained(frame: pl.DataFrame, targets: list[str], seed: int = 0) -> Model:
    """Return a model of a table whose network is as it was drawn."""
    features = frame.drop(targets)
    columns = know_columns(features)
    encoder = TableEncoder.fit(features, columns)
    target = Target.fit(frame[targets[0]] if len(targets) == 1 else frame.select(targets))
    entrance = TableInput(
        encoder.layout.numbers, levels=encoder.layout.levels, widths=(2,) * len(encoder.layout.levels)
    )
    spec = mlp(entrance, (8,), HEADS[target.task], target.outputs)
    params, state = init(spec, seed)
    return Model(spec, params, state, encoder, columns, target)


@pytest.fixture(scope="session")
def species_model(penguins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file of three classes."""
    path = tmp_path_factory.mktemp("models") / "species.shoal"
    untrained(read_table(penguins), ["species"]).save(path)
    return path


@pytest.fixture(scope="session")
def mass_model(penguins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file of one quantity."""
    path = tmp_path_factory.mktemp("models") / "mass.shoal"
    frame = read_table(penguins).drop_nulls("body_mass_g")
    untrained(frame, ["body_mass_g"]).save(path)
    return path
