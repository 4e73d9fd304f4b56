"""What people call the layers of a network: ``dense_0``, ``relu_1``, ``head``.

Paths such as ``layers.6`` count every entry of the list, dropout and normalisation too; names count the
layers of a kind, so that ``dense_2`` is the third dense layer whatever stands between.
"""

from __future__ import annotations

from collections import Counter

from shoal.nets.layers import Activation, Layer, Weighted
from shoal.nets.spec import NetSpec


def layer_names(spec: NetSpec) -> dict[str, str]:
    """Return the name of every layer by its path, from the entrance to the head.

    A layer is called by its kind, an activation by its function, and counted from 0 among those of its name;
    entrance and head are ``inputs`` and ``head``.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> layer_names(mlp(TableInput(4), (8, 8), "softmax", 3, activation="tanh"))
    {'inputs': 'inputs', 'layers.0': 'dense_0', 'layers.1': 'tanh_0', 'layers.2': 'dense_1', \
'layers.3': 'tanh_1', 'head': 'head'}
    """
    seen: Counter[str] = Counter()
    names = {"inputs": "inputs"}
    for path, layer, _ in spec.walk():
        word = _word(layer)
        names[path] = f"{word}_{seen[word]}"
        seen[word] += 1
    return {**names, "head": "head"}


def activation_names(spec: NetSpec) -> dict[str, str]:
    """Return what the values of each activation are filed under: the layer with a kernel that they follow.

    The second activation behind a layer, and one behind none, goes by its own name.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> activation_names(mlp(TableInput(4), (8, 8), "softmax", 3, norm="batch"))
    {'layers.2': 'dense_0', 'layers.5': 'dense_1'}
    """
    names, found = layer_names(spec), {}
    followed: dict[str, str] = {}  # by the block that a layer stands in: a shortcut begins anew
    for path, layer, _ in spec.walk():
        block = path.rpartition(".")[0]
        if isinstance(layer, Weighted):
            followed[block] = names[path]
        elif isinstance(layer, Activation):
            found[path] = followed.pop(block, names[path])
    return found


def _word(layer: Layer) -> str:
    return layer.name if isinstance(layer, Activation) else layer.kind
