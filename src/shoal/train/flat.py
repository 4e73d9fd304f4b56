"""Arrays by name that lie in one vector: what an optimizer does to it is one kernel, not one for each array.

Compiling a program of a tiny network takes as long as it has kernels, and so does running it. A `Flat` is a
mapping like the dictionary that it stands for, and a leaf of one vector to JAX, so whatever is done to every
weight alike - moments, decay, keeping the best - is done to all of them at once. Rules that look at the shape
of an array take the dictionary.

Outside of programs states are dictionaries: `packed` and `unpacked` stand at the door.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Layout = tuple[tuple[str, tuple[int, ...]], ...]
"""Names and shapes in the order of the vector: that of the names, which is JAX's own of a dictionary."""


@jax.tree_util.register_pytree_node_class
class Flat(Mapping[str, Any]):
    """Arrays by name, in one vector.

    Parameters
    ----------
    vector : (..., size) array
        Leading axes count networks.
    layout : Layout

    Examples
    --------
    >>> flat = Flat.of({"b": np.ones(2), "a": np.zeros((2, 3))})
    >>> flat.vector.shape, list(flat), flat["a"].shape
    ((8,), ['a', 'b'], (2, 3))
    """

    def __init__(self, vector: Any, layout: Layout):
        self.vector, self.layout = vector, layout

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> Flat:
        """Put the arrays of one network together."""
        layout = tuple((name, np.shape(arrays[name])) for name in sorted(arrays))
        return cls._joined(arrays, layout, lead=0)

    @classmethod
    def of_nets(cls, arrays: Mapping[str, Any]) -> Flat:
        """Put arrays together that have a leading axis of networks."""
        layout = tuple((name, np.shape(arrays[name])[1:]) for name in sorted(arrays))
        return cls._joined(arrays, layout, lead=1)

    @classmethod
    def _joined(cls, arrays: Mapping[str, Any], layout: Layout, lead: int) -> Flat:
        parts = [arrays[name].reshape((*arrays[name].shape[:lead], -1)) for name, _ in layout]
        host = all(isinstance(part, np.ndarray) for part in parts)
        return cls((np if host else jnp).concatenate(parts, axis=-1), layout)

    def tree_flatten(self) -> tuple[tuple[Any], Layout]:
        """Return the vector, and what it holds."""
        return (self.vector,), self.layout

    @classmethod
    def tree_unflatten(cls, layout: Layout, children: tuple[Any]) -> Flat:
        """Undo `tree_flatten`."""
        return cls(children[0], layout)

    @cached_property
    def _places(self) -> dict[str, tuple[int, int, tuple[int, ...]]]:
        ends = np.cumsum([math.prod(shape) for _, shape in self.layout]).tolist()
        starts = [0, *ends[:-1]]
        return {name: (a, b, shape) for (name, shape), a, b in zip(self.layout, starts, ends, strict=True)}

    def __getitem__(self, name: str) -> Any:
        """Return one array: a view of NumPy's, a slice of JAX's."""
        start, end, shape = self._places[name]
        return self.vector[..., start:end].reshape((*self.vector.shape[:-1], *shape))

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self.layout)

    def __repr__(self) -> str:
        return f"Flat({self.vector!r}, {self.layout!r})"

    def spread(self, number_of: Callable[[str], Any]) -> Flat:
        """Return a number for each array, repeated in all its places."""
        numbers = [number_of(name) for name in self]
        kind = bool if all(isinstance(n, bool) for n in numbers) else self.vector.dtype
        sizes = [math.prod(shape) for _, shape in self.layout]
        traced = {id(n): n for n in numbers if not isinstance(n, (bool, int, float))}
        if not traced:
            return Flat(jnp.asarray(np.repeat(np.array(numbers, kind), sizes)), self.layout)
        if len(traced) == 1 and all(n == 0 for n in numbers if id(n) not in traced):
            there = np.repeat([id(n) in traced for n in numbers], sizes)
            [number] = traced.values()
            return Flat(jnp.where(there, number, jnp.zeros((), kind)), self.layout)
        parts = [jnp.full((size,), n, kind) for n, size in zip(numbers, sizes, strict=True)]
        return Flat(jnp.concatenate(parts), self.layout)

    def replaced(self, fresh: Mapping[str, Any]) -> Flat:
        """Return the arrays with these in the place of those of the same names."""
        return Flat.of({**self, **fresh})


def in_form_of(arrays: Mapping[str, Any], like: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return arrays as one vector where `like` is one."""
    return Flat.of(arrays) if isinstance(like, Flat) else arrays


def numbers_of(like: Mapping[str, Any], number_of: Callable[[str], Any]) -> Mapping[str, Any]:
    """Return a number for each array in the form of `like`: a dictionary, or a vector that repeats them."""
    return like.spread(number_of) if isinstance(like, Flat) else {name: number_of(name) for name in like}


def replaced(arrays: Mapping[str, Any], fresh: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return arrays with some in the place of others, in the form that they have."""
    return arrays.replaced(fresh) if isinstance(arrays, Flat) else {**arrays, **fresh}


def packed(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of a tile with its weights, and whatever else has an array for each, in vectors."""
    names = state["params"].keys()

    def alike(node: Any) -> bool:
        return isinstance(node, dict) and node.keys() == names

    return jax.tree.map(lambda node: Flat.of_nets(node) if alike(node) else node, dict(state), is_leaf=alike)


def unpacked(state: Mapping[str, Any]) -> dict[str, Any]:
    """Undo `packed`: the arrays of the dictionaries are views of the vectors."""

    def alike(node: Any) -> bool:
        return isinstance(node, Flat)

    return jax.tree.map(lambda node: dict(node) if alike(node) else node, dict(state), is_leaf=alike)
