"""Which way to look from a solution: random directions scaled as the weights are, or those of the path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shoal.errors import InputError

Weights = Mapping[str, np.ndarray]


def random_direction(params: Weights, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw a direction, each filter as long as the filter of the network (Li et al. 2018, arXiv 1712.09913).

    A filter is what leads to one unit: a column of a kernel, a row of an embedding. Numbers that are no
    filters (biases, scales, slopes) stay as they are, as in the paper. Without this a network that is
    merely scaled differently would look sharper or flatter.

    Examples
    --------
    >>> params = {"head.kernel": np.array([[3.0, 0.0], [4.0, 1.0]]), "head.bias": np.ones(2)}
    >>> found = random_direction(params, np.random.default_rng(0))
    >>> np.linalg.norm(found["head.kernel"], axis=0).round(6).tolist(), found["head.bias"].tolist()
    ([5.0, 1.0], [0.0, 0.0])
    """
    return {name: _filters(value, rng, "embedding" in name) for name, value in params.items()}


def _filters(value: np.ndarray, rng: np.random.Generator, by_row: bool) -> np.ndarray:
    drawn = rng.standard_normal(value.shape)  # drawn for all, so that a bias more changes no other direction
    if value.ndim < 2:
        return np.zeros(value.shape)
    axes = (1,) if by_row else tuple(range(value.ndim - 1))
    length = np.sqrt((drawn**2).sum(axis=axes, keepdims=True))
    wanted = np.sqrt((np.asarray(value, np.float64) ** 2).sum(axis=axes, keepdims=True))
    return drawn / np.where(length > 0, length, 1.0) * wanted


def path_directions(
    centre: Weights, paths: Sequence[Sequence[Weights]]
) -> tuple[list[dict[str, np.ndarray]], tuple[float, ...]]:
    """Return the two directions in which the paths move most, each of length 1, and the share of each.

    They are the main axes of all weights seen on the way, as they lie from the centre.

    Raises
    ------
    InputError
        If the weights never moved.
    """
    moved = np.stack([flat(step) - flat(centre) for path in paths for step in path])
    _, sizes, axes = np.linalg.svd(moved, full_matrices=False)
    if sizes[0] <= 1e-12:
        raise InputError(
            "Expected weights that move in training, to look along their path. They stood still."
        )
    axes = axes[:2] if len(axes) > 1 else np.stack([axes[0], np.zeros_like(axes[0])])
    shares = (sizes**2 / (sizes**2).sum())[:2]
    return [shaped(axis, centre) for axis in axes], tuple(float(one) for one in shares)


def flat(params: Weights) -> np.ndarray:
    """Return all weights one behind the other."""
    return np.concatenate([np.asarray(params[name], np.float64).ravel() for name in sorted(params)])


def shaped(vector: np.ndarray, like: Weights) -> dict[str, np.ndarray]:
    """Return what `flat` laid out, in the shapes of `like`."""
    found, at = {}, 0
    for name in sorted(like):
        size = np.size(like[name])
        found[name] = vector[at : at + size].reshape(np.shape(like[name]))
        at += size
    return found


def places_of(path: Sequence[Weights], centre: Weights, directions: Sequence[Weights]) -> np.ndarray:
    """Return where weights lie on a slice, by least squares: (steps, directions)."""
    basis = np.stack([flat(one) for one in directions], axis=1)
    moved = np.stack([flat(step) - flat(centre) for step in path], axis=1)
    return np.linalg.lstsq(basis, moved, rcond=None)[0].T
