"""Starting from a saved network: what is taken of it, what is drawn anew, and what stays as it is.

Weights mean something only behind the encoder that they were learnt behind. So the saved network's encoder
and the description of its layers come along, and only what the new task asks for is drawn anew: the head.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from shoal import data
from shoal.data.columns import AS_ASKED
from shoal.errors import ColumnError, SettingError, TransferNotice
from shoal.fitting.problem import Problem
from shoal.model.artefact import load
from shoal.model.model import Model
from shoal.nets import network
from shoal.nets.spec import NetSpec
from shoal.settings import Settings

LAYERS = (
    *("hidden", "activation", "norm", "norm_position", "residual", "dropout", "input_dropout"),
    *("initializer", "number_embedding", "embedding_width"),
)
"""Settings that decide the layers, besides ``layers``: what is left at its default is taken from the saved
network."""

_ENCODING = (
    *(
        "scaling",
        "smooth_clip",
        "one_hot_levels",
        "max_levels",
        "pca",
        "whiten",
        "mixture",
        "number_embedding",
    ),
)

_FAR = 3.0  # spreads between the means, or times between the spreads, of what counts as the same quantity


def source_of(settings: Settings) -> Model | None:
    """Return the network that the settings start from; None where they start anew.

    Raises
    ------
    SettingError
        If ``start_from`` is neither a model, nor a fitted estimator, nor a path.
    ArtefactError
        If the file cannot be read.
    """
    given = settings.start_from
    if given is None or isinstance(given, Model):
        return given
    if isinstance(given, str | os.PathLike):
        path = os.path.abspath(given)
        return _loaded(path, os.stat(path).st_mtime_ns) if os.path.exists(path) else load(os.fspath(given))
    found = getattr(given, "model_", None)
    if isinstance(found, Model):
        return found
    if hasattr(given, "get_params"):
        raise SettingError(
            f"Expected start_from to be fitted. Got a {type(given).__name__} that is not (a clone forgets "
            "what was learnt): pass its model_, or the path of a saved file."
        )
    raise SettingError(
        "The 'start_from' setting must be a fitted network, a model or the path of a .shoal file. Got "
        f"{given!r} instead."
    )


@lru_cache(maxsize=4)
def _loaded(path: str, changed: int) -> Model:
    return load(path)


@dataclass(frozen=True)
class Adopted:
    """A problem and settings with what comes along with the saved network.

    Attributes
    ----------
    problem : Problem
        With its encoder, its columns, and its target where that is the same.
    settings : Settings
        With its settings of the layers, where these were left at their defaults.
    layers : NetSpec or None
        Its description, where no setting asks for other layers.
    """

    problem: Problem
    settings: Settings
    layers: NetSpec | None = None


def adopted(problem: Problem, settings: Settings) -> Adopted:
    """Return problem and settings with what comes along with the saved network, where there is one.

    Raises
    ------
    ColumnError
        If the table has other columns.
    """
    source = source_of(settings)
    if source is None:
        return Adopted(problem, settings)
    default = Settings()
    asked = [name for name in ("layers", *LAYERS) if getattr(settings, name) != getattr(default, name)]
    _refuse_other_encoding(settings, source)
    settings = _like(settings, source, asked)
    kept = None if asked else source.spec
    if problem.encoder is not None:  # training goes on from what it was already
        return Adopted(problem, settings, kept)
    problem = by_place(problem, settings)
    target = source.target if _same_target(problem, source.target) else problem.target
    columns = _columns(problem, source)
    return Adopted(replace(problem, encoder=source.encoder, columns=columns, target=target), settings, kept)


def with_layers(spec: NetSpec, kept: NetSpec | None) -> NetSpec:
    """Return the description with the saved network's entrance and layers, and the head that is asked for."""
    if kept is None:
        return spec
    return replace(kept, head=spec.head, outputs=spec.outputs, head_initializer=spec.head_initializer)


def by_place(problem: Problem, settings: Settings) -> Problem:
    """Return the problem with the saved network's names for its columns, where an array has none."""
    source, names = source_of(settings), problem.frame.columns
    if source is None or names != [f"x{i}" for i in range(len(names))] or len(names) != len(source.columns):
        return problem
    return replace(problem, frame=problem.frame.rename(dict(zip(names, source.feature_names, strict=True))))


@dataclass(frozen=True)
class Start:
    """Where a network starts: ``weights`` as `shoal.train.population.Member` takes them, and what to say."""

    weights: dict[str, Any]
    told: str


def start_of(settings: Settings, spec: NetSpec, target: data.Target, seeds: Sequence[int]) -> Start | None:
    """Return the initial weights of every network of an ensemble; None where all are drawn anew.

    A layer is taken where name and shapes agree, the head only where it predicts the same. The networks of
    a saved ensemble are taken in turn.

    Raises
    ------
    SettingError
        If nothing can be taken.
    """
    source = source_of(settings)
    if source is None:
        return None
    fresh = [network.init(spec, seed, settings.precision) for seed in seeds]
    nets = source.members
    taken = _taken(source, spec, target, fresh[0][0])
    own = list(dict.fromkeys(layer_of(name) for name in fresh[0][0]))
    if not taken:
        raise SettingError(
            "Expected a network to start from whose layers fit. Got one of the layers "
            f"{', '.join(_layers(source))}, none of which has the shape that these settings ask for; leave "
            "hidden and its like at their defaults."
        )
    starts = [
        _mixed(params, running, nets[i % len(nets)], taken) for i, (params, running) in enumerate(fresh)
    ]
    anew = [name for name in own if name not in taken]
    told = f"Started from {_named(settings.start_from)}: {_listed(taken)} taken, {_listed(anew)} drawn anew."
    return Start({**starts[0], "others": starts[1:]} if starts[1:] else starts[0], told)


def tell(starts: Sequence[Start | None]) -> None:
    """Say once what was taken.

    Warns
    -----
    TransferNotice
    """
    for told in dict.fromkeys(start.told for start in starts if start is not None):
        warnings.warn(told, TransferNotice, stacklevel=2)


def layer_of(name: str) -> str:
    """Return the layer that a parameter belongs to.

    Examples
    --------
    >>> [layer_of(name) for name in ("layers.0.kernel", "inputs.embedding.0", "head.bias")]
    ['layers.0', 'inputs', 'head']
    """
    return "inputs" if name.startswith("inputs.") else name.rpartition(".")[0]


def _taken(source: Model, spec: NetSpec, target: data.Target, fresh: Mapping[str, np.ndarray]) -> list[str]:
    """Return the layers that are taken: all parameters of the name are there, and in the same shapes."""
    there = {name: value.shape for name, value in source.params.items()}
    layers: dict[str, bool] = {}
    for name, value in fresh.items():
        layer = layer_of(name)
        layers[layer] = layers.get(layer, True) and there.get(name) == value.shape
    same = target == source.target and spec.head == source.spec.head
    return [layer for layer, fits in layers.items() if fits and (layer != "head" or same)]


def _mixed(params: Mapping, running: Mapping, source: Model, taken: Sequence[str]) -> dict[str, Any]:
    def choose(fresh: Mapping, saved: Mapping) -> dict[str, np.ndarray]:
        fits = {
            n: n in saved and layer_of(n) in taken and saved[n].shape == v.shape for n, v in fresh.items()
        }
        return {n: np.asarray(saved[n], v.dtype) if fits[n] else v for n, v in fresh.items()}

    return {"params": choose(params, source.params), "running": choose(running, source.state)}


def _like(settings: Settings, source: Model, asked: Sequence[str]) -> Settings:
    """Return the settings with those of the saved network that were not asked for otherwise."""
    known = source.provenance.get("settings", {}).get("resolved", {})
    listed = known.get("layers") is not None or "layers" in asked
    names = ("layers", "number_embedding", "embedding_width") if listed else LAYERS
    taken = {name: known[name] for name in names if name in known and name not in asked}
    if not isinstance(taken.get("layers"), list):  # the path of a file that may be gone
        taken.pop("layers", None)
    if "hidden" in asked:  # one value for each layer says nothing of other layers
        taken = {name: value for name, value in taken.items() if not isinstance(value, list)}
    lists = {n: tuple(v) for n, v in taken.items() if isinstance(v, list) and n != "layers"}
    return replace(settings, **taken | lists)


def _refuse_other_encoding(settings: Settings, source: Model) -> None:
    """Refuse settings of the encoder, which comes along with the saved network."""
    known = source.provenance.get("settings", {}).get("resolved", {})
    given = settings.given()
    other = [name for name in _ENCODING if name in given and given[name] != known.get(name)]
    if other:
        raise SettingError(
            "The encoder comes along with the network to start from, whose weights mean nothing behind "
            f"another: leave out {', '.join(other)}."
        )


def _columns(problem: Problem, source: Model) -> tuple[data.Column, ...]:
    known = {column.name: column for column in source.columns}
    names = problem.frame.columns
    left_out = [c.name for c in problem.columns if c.notice == AS_ASKED]
    missing = [name for name in source.encoder.feature_names if name not in names or name in left_out]
    extra = [name for name in names if name not in known]
    if missing or extra:
        found = [f"{', '.join(missing)} missing"] * bool(missing) + [f"{', '.join(extra)} besides"] * bool(
            extra
        )
        raise ColumnError(
            "Expected the columns of the network to start from, whose weights mean nothing behind others: "
            f"{', '.join(source.encoder.feature_names)}. Got a table with {' and '.join(found)}."
        )
    return tuple(known[name] for name in names)


def _same_target(problem: Problem, target: data.Target) -> bool:
    """Return whether the same is predicted: names, task, classes; of a quantity, mean and spread are near."""
    now = problem.target or data.Target.fit(problem.answers, problem.task, problem.weight)
    if (now.task, now.names, now.classes) != (target.task, target.names, target.classes):
        return False
    pairs = zip(now.center, now.scale, target.center, target.scale, strict=True)
    return all(
        abs(mean - old) <= _FAR * spread and spread / _FAR <= scale <= spread * _FAR
        for mean, scale, old, spread in pairs
    )


def _layers(source: Model) -> list[str]:
    return list(dict.fromkeys(layer_of(name) for name in source.params))


def _named(given: Any) -> str:
    return os.path.basename(given) if isinstance(given, str | os.PathLike) else "the network handed in"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
