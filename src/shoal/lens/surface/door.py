"""The loss around a trained network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shoal.errors import InputError, SettingError
from shoal.fitting.problem import Problem
from shoal.lens.graph.door import member_of
from shoal.lens.kept import answers_of, model_of
from shoal.lens.own_loss import own_loss, resolved_settings
from shoal.lens.surface.directions import path_directions, places_of, random_direction
from shoal.lens.surface.landscape import Landscape, OptimizerPath
from shoal.lens.surface.losses import EncodedRows, losses_at, losses_of
from shoal.lens.surface.paths import TrainedPath, trained_paths
from shoal.model.model import Model
from shoal.rules import Choice, Number, check
from shoal.settings import Settings

_ROOM = 0.25  # of the span of a path, left around it


def landscape(
    net: Any,
    X: Any,
    y: Any = None,
    *,
    dimensions: int = 2,
    directions: str = "random",
    path: bool = False,
    optimizers: Sequence[str] = (),
    points: int = 25,
    span: float = 1.0,
    seed: int = 0,
    weight: Any = None,
    most_rows: int = 512,
    member: int = 0,
) -> Landscape:
    """Look at the loss on a line or plane through the weights of a trained network.

    The loss at ``(a, b)`` is that of the weights ``w + a d1 + b d2``. Random directions are filter-normalised
    (Li et al. 2018): each filter of a direction is as long as the network's own, so that 1 means "as far
    as the weights are long". With ``directions="path"`` they are the two main directions in which training
    moved. Of very many dimensions two are seen: a valley may leave the plane.

    Parameters
    ----------
    net : fitted estimator, Model, or path of a model
    X, y, weight
        The rows of the training: the loss is their mean, and a path is trained on them.
    dimensions : {1, 2}
    directions : {"random", "path"}
    path : bool
        Whether to show the way of the training, which is done anew for it with the settings of the model, in
        pauses. "path" directions always do.
    optimizers : sequence of str
        Ways of other optimizers from the same start, as "sgd" or "sgd=0.1", instead of that of the model.
    points : int
        Along each direction; an odd number, so that one is the network itself.
    span : float
        How far to look to each side along random directions.
    seed : int
        Of the random directions.
    most_rows : int
        The loss is taken over so many rows, evenly from all.
    member : int
        Which network of an ensemble.

    Returns
    -------
    Landscape

    Raises
    ------
    SettingError
        If a parameter is wrong, or nothing is known of the training that a path needs.
    InputError
        If there are no answers, or the weights never moved.

    References
    ----------
    Li et al., "Visualizing the loss landscape of neural nets" (2018), arXiv 1712.09913; Goodfellow, Vinyals
    and Saxe, arXiv 1412.6544, for lines.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from shoal import NetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = NetClassifier(hidden=(3,), epochs=2, random_state=0).fit(X, y)
    >>> seen = landscape(net, X, y, points=5)
    >>> seen.losses[2][2] == seen.centre
    True
    """
    for name, value, rule in (
        ("dimensions", dimensions, Number(1, 2, integer=True)),
        ("points", points, Number(3, integer=True)),
        ("span", span, Number(0, low_open=True)),
        ("seed", seed, Number(0, integer=True)),
        ("most_rows", most_rows, Number(1, integer=True)),
    ):
        check("landscape", name, value, rule)
    check("landscape", "directions", directions, Choice(("random", "path")))
    model = member_of(model_of(net), member)
    frame, answers = model._frame(X), answers_of(model, X, y)
    ways = (
        _trained(model, frame, answers, weight, optimizers)
        if path or optimizers or directions == "path"
        else ()
    )
    rows = _encoded(model, frame, answers, weight, most_rows)
    axes, explained = _axes(model, ways, directions, dimensions, seed)
    places = [places_of(way.weights, model.params, axes) for way in ways]
    across, up = _grid(places, dimensions, points | 1, span, directions)
    grid = np.array([(a, b)[:dimensions] for b in up for a in across])
    losses = losses_at(model, rows, axes, grid)
    return Landscape(
        loss_kind=own_loss(model)[0],
        rows=len(rows.weight),
        directions=directions,
        across=tuple(across),
        up=tuple(up),
        losses=tuple(tuple(row) for row in losses.reshape(len(up), len(across)).tolist()),
        centre=float(losses[up.index(0.0) * len(across) + across.index(0.0)]),
        paths=tuple(_told(model, rows, way, at) for way, at in zip(ways, places, strict=True)),
        explained=explained,
        seed=seed,
    )


def _trained(
    model: Model, frame: Any, answers: Any, weight: Any, optimizers: Sequence[str]
) -> tuple[TrainedPath, ...]:
    known = resolved_settings(model)
    if not known:
        raise SettingError(
            "Expected a model that knows the settings of its training, to train its path anew. This one does "
            "not; look along random directions without a path."
        )
    heavy = None if weight is None else np.asarray(weight, np.float64)
    problem = Problem(
        frame, answers, model.target.task, model.columns, heavy, target=model.target, encoder=model.encoder
    )
    ways = trained_paths(
        problem, Settings.of({k: v for k, v in known.items() if k in Settings.known()}), optimizers
    )
    for way in ways:
        if {name: np.shape(v) for name, v in way.weights[0].items()} != {
            name: np.shape(v) for name, v in model.params.items()
        }:
            raise InputError(
                "Expected the rows that the model was trained on. These lead to another network."
            )
    return ways


def _encoded(model: Model, frame: Any, answers: Any, weight: Any, most: int) -> EncodedRows:
    some = np.unique(np.linspace(0, frame.height - 1, min(frame.height, most)).round().astype(np.int64))
    rows = model.encoder.transform(frame[some])
    heavy = np.ones(len(some)) if weight is None else np.asarray(weight, np.float64)[some]
    return EncodedRows(rows.numbers, rows.codes, model.target.encode(answers[some]), heavy)


def _axes(model: Model, ways: Sequence[TrainedPath], directions: str, dimensions: int, seed: int):
    if directions == "path":
        axes, explained = path_directions(model.params, [way.weights for way in ways])
        return axes[:dimensions], explained[:dimensions]
    rng = np.random.default_rng(seed)
    return [random_direction(model.params, rng) for _ in range(dimensions)], ()


def _grid(
    places: Sequence[np.ndarray], dimensions: int, points: int, span: float, directions: str
) -> tuple[list[float], list[float]]:
    """Return the places along both directions; paths lie within, and the network itself is one of them."""
    found = []
    for k in range(2):
        if k >= dimensions:
            found.append([0.0])
            continue
        seen = np.concatenate([[0.0], *(one[:, k] for one in places)])
        low, high = (seen.min(), seen.max()) if places else (-span, span)
        room = _ROOM * max(high - low, 1e-9) if places else 0.0
        if directions == "random":
            low, high = min(low, -span), max(high, span)
        ends = np.linspace(low - room, high + room, points)
        nearest = int(np.abs(ends).argmin())
        found.append((ends - ends[nearest]).tolist())  # moved by less than half a step
    return found[0], found[1]


def _told(model: Model, rows: EncodedRows, way: TrainedPath, places: np.ndarray) -> OptimizerPath:
    points = [(float(one[0]), float(one[1]) if len(one) > 1 else 0.0) for one in places]
    losses = losses_of(model, rows, way.weights)
    return OptimizerPath(way.name, way.epochs, tuple(points), tuple(losses.tolist()))
