"""What a network is: a frozen description that survives JSON and can be compared and hashed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.heads import HEADS, refuse_outputs
from shoal.nets.initializers import initializer_text
from shoal.nets.inputs import INPUTS, Input
from shoal.nets.layers import (
    Activation,
    BatchNorm,
    Block,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LayerNorm,
    MemberBatchNorm,
    Residual,
    Scale,
    Shape,
    SharedDense,
    Weighted,
    layer_from_json,
    layer_to_json,
)


@dataclass(frozen=True)
class NetSpec:
    """A network: how the table enters, the layers, and the head.

    Parameters
    ----------
    inputs : TableInput or ImageInput
        How encoded rows become features.
    layers : tuple of Layer
        Hidden layers in order; residual blocks hold layers of their own.
    head : str
        Name in `shoal.nets.heads.HEADS`.
    outputs : int
        Units of the head.
    head_initializer : str
        Initializer of the head's kernel; its bias starts at zero.
    members : int
        Members of an ensemble that share the kernels (`with_members`), each with a head of its own; 0 for a
        plain network.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> spec = NetSpec(TableInput(numbers=4), (Dense(8), Activation("relu")), "softmax", 3)
    >>> NetSpec.from_json(spec.to_json()) == spec
    True
    """

    inputs: Input
    layers: tuple[Layer, ...]
    head: str
    outputs: int
    head_initializer: str = "glorot_uniform"
    members: int = 0

    def entry(self) -> Shape:
        """Return the shape of one row's values before the first layer."""
        shape = self.inputs.shape()
        return (self.members, *shape) if self.members else shape

    def walk(self) -> Iterator[tuple[str, Layer, Shape]]:
        """Yield path, layer and input shape of every layer, inner layers after their block."""
        yield from _walk(self.layers, "layers", self.entry())

    def features_out(self) -> int:
        """Return the features that the head sees.

        Raises
        ------
        SettingError
            If the last layer leaves an image, which no head reads.
        """
        shape = self.entry()
        for layer in self.layers:
            shape = layer.shape(shape)
        if len(shape) != (2 if self.members else 1):
            raise SettingError(
                f"Expected one list of features before the head. Received: values of shape {shape} after the "
                "last layer; end with 'flatten' or 'global_average_pool'."
            )
        return shape[-1]

    def rates(self) -> dict[str, float]:
        """Return the dropout rate of each dropout layer by its path."""
        return {path: layer.rate for path, layer, _ in self.walk() if isinstance(layer, Dropout)}

    def penalties(self) -> dict[str, dict[str, float]]:
        """Return the penalties that layers have of their own, by parameter name.

        Examples
        --------
        >>> layers = (Dense(8, kernel_l2=0.01, bias_l1=0.1), Activation("relu"))
        >>> from shoal.nets.inputs import TableInput
        >>> NetSpec(TableInput(numbers=4), layers, "softmax", 3).penalties()
        {'layers.0.kernel': {'l2': 0.01}, 'layers.0.bias': {'l1': 0.1}}
        """
        return {
            f"{path}.{name}": own
            for path, layer, _ in self.walk()
            if isinstance(layer, Weighted)
            for name, own in layer.penalties().items()
        }

    def activity(self, l1: float = 0.0, l2: float = 0.0) -> dict[str, tuple[float, float]]:
        """Return (l1, l2) of every activation layer whose values are penalised, by its path.

        A layer without numbers of its own takes `l1` and `l2`, those of the recipe.
        """
        pairs = {
            path: (_own(layer.activity_l1, l1), _own(layer.activity_l2, l2))
            for path, layer, _ in self.walk()
            if isinstance(layer, Activation)
        }
        return {path: pair for path, pair in pairs.items() if pair != (0.0, 0.0)}

    def constraints(self) -> dict[str, tuple[str, float]]:
        """Return what kernels are held to by their layers, as (kind, value) by parameter name."""
        return {
            f"{path}.kernel": layer.constraint
            for path, layer, _ in self.walk()
            if isinstance(layer, Weighted) and layer.constraint is not None
        }

    def units(self) -> tuple[int, ...]:
        """Return the units of every dense layer, in the order of `walk`."""
        return tuple(layer.units for _, layer, _ in self.walk() if isinstance(layer, Dense))

    def multiply_adds(self) -> int:
        """Return the multiply-adds of a forward pass of one row: products with kernels, nothing else."""
        body, shape = 0, self.entry()
        for layer in self.layers:
            body += layer.multiply_adds(shape)
            shape = layer.shape(shape)
        return body + prod(shape) * self.outputs

    def paddable(self) -> bool:
        """Return whether units may be padded: where shapes decide about more than widths they may not."""
        return all(layer.paddable for layer in self.layers)

    def structure(self) -> NetSpec:
        """Return the description without its numeric settings: what a compiled program depends on."""
        layers = _map_layers(self.layers, lambda layer: layer.structure())
        return replace(self, inputs=self.inputs.structure(), layers=layers, head_initializer="zeros")

    def with_members(self, members: int, scales: str = "signs") -> NetSpec:
        """Return an ensemble that shares its kernels, each member with scales, biases and a head of its own.

        Parameters
        ----------
        members : int
        scales : {"ones", "signs", "normal"}
            What the input scales of the first dense layer start from; see `SharedDense`.

        Raises
        ------
        SettingError
            If the rows are no tables, or there is no hidden dense layer to share.
        """
        if len(self.inputs.shape()) != 1 or not self.units():
            raise SettingError(
                "Expected an ensemble of kind 'tabm' to have rows of a table and a hidden layer of units, "
                f"whose kernel is shared. Received: values of shape {self.inputs.shape()} and "
                f"{len(self.units())} layers of units."
            )
        starts = iter([scales])

        def share(layer: Layer) -> Layer:
            if type(layer) is BatchNorm:
                return MemberBatchNorm(**vars(layer))
            return SharedDense(**vars(layer), scales=next(starts, "ones")) if type(layer) is Dense else layer

        return replace(self, layers=_map_layers(self.layers, share), members=members)

    def with_units(self, units: Sequence[int]) -> NetSpec:
        """Return the same description with other widths, given in the order of `units`."""
        left = iter(units)

        def widen(layer: Layer) -> Layer:
            return replace(layer, units=next(left)) if isinstance(layer, Dense) else layer

        return replace(self, layers=_map_layers(self.layers, widen))

    def changed(self, change: Callable[[Layer], Layer]) -> NetSpec:
        """Return the description with every layer as `change` gives it, those inside blocks too."""
        return replace(self, layers=_map_layers(self.layers, change))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        inputs = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self.inputs).items()}
        return {
            "inputs": {"kind": self.inputs.kind, **inputs},
            "layers": [layer_to_json(layer) for layer in self.layers],
            "head": self.head,
            "outputs": self.outputs,
            "head_initializer": self.head_initializer,
            "members": self.members,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> NetSpec:
        """Return the description that `to_json` wrote."""
        rest = dict(values)
        inputs: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in rest.pop("inputs").items()
        }
        entrance = INPUTS[inputs.pop("kind")]
        layers = tuple(layer_from_json(layer) for layer in rest.pop("layers"))
        return cls(inputs=entrance(**inputs), layers=layers, **rest)


def _walk(layers: Sequence[Layer], path: str, shape: Shape):
    for i, layer in enumerate(layers):
        here = f"{path}.{i}"
        yield here, layer, shape
        if isinstance(layer, Block):
            yield from _walk(layer.layers, f"{here}.layers", shape)
        shape = layer.shape(shape)


def _map_layers(layers, change):
    return tuple(
        replace(layer, layers=_map_layers(layer.layers, change))
        if isinstance(layer, Block)
        else change(layer)
        for layer in layers
    )


def _own(value: float | None, otherwise: float) -> float:
    return float(otherwise if value is None else value)


def _per_layer(value, count: int, name: str) -> tuple:
    if not isinstance(value, list | tuple):
        return (value,) * count
    if len(value) != count:
        raise SettingError(
            f"Expected one {name} or one for each of the {count} hidden layers. Received: "
            f"{name}={list(value)!r} ({len(value)} values)."
        )
    return tuple(value)


def _known(name: str, table: Mapping[str, Any], what: str) -> str:
    if name not in table:
        raise SettingError(
            f"Unknown {what} {name!r}.{did_you_mean(str(name), table)} Choose one of: "
            f"{', '.join(sorted(table))}."
        )
    return name


def mlp(
    inputs: Input,
    hidden: Sequence[int],
    head: str,
    outputs: int,
    *,
    activation: str | Mapping[str, Any] | Sequence[Any] = "relu",
    dropout: float | Sequence[float] = 0.0,
    input_dropout: float = 0.0,
    norm: str | None = None,
    norm_position: str = "before",
    residual: bool = False,
    initializer: str | Mapping[str, Any] = "auto",
    input_scale: bool = False,
    zero_head: bool = False,
) -> NetSpec:
    """Describe a fully connected network of any depth and width.

    Each hidden layer is dense, normalisation if any, activation, dropout if any; with
    ``norm_position="after"`` normalisation follows the activation. With `residual`, each hidden layer is
    wrapped in a shortcut.

    Parameters
    ----------
    hidden : sequence of int
        Units of each hidden layer; empty for a linear model.
    activation, dropout : value or sequence
        One for all hidden layers, or one each; an activation may be a mapping with numbers of its own,
        ``{"kind": "leaky_relu", "slope": 0.2}``.
    norm : {None, "batch", "layer"}
    norm_position : {"before", "after"}
        Of the normalisation, relative to the activation.
    initializer : str or mapping
        "auto" takes the one that suits the activation (He for ReLU, Glorot for tanh, LeCun for SELU).
    input_scale : bool
        Put a learned elementwise scale in front.
    zero_head : bool
        Start the head's kernel at zero, so that the first predictions are the neutral ones.

    Raises
    ------
    SettingError
        If a name is unknown or a list has not one value for each hidden layer.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> mlp(TableInput(numbers=4), (16, 8), "softmax", 3).units()
    (16, 8)
    """
    _known(head, HEADS, "head")
    refuse_outputs(head, outputs)
    names = _per_layer(activation, len(hidden), "activation")
    rates = _per_layer(dropout, len(hidden), "dropout")
    layers: list[Layer] = [Flatten()] if len(inputs.shape()) > 1 else []
    layers += [Scale()] if input_scale else []
    if input_dropout > 0:
        layers.append(Dropout(float(input_dropout)))
    for units, given, rate in zip(hidden, names, rates, strict=True):
        block = _block(int(units), Activation.of(given), float(rate), norm, initializer, norm_position)
        layers.extend([Residual(block)] if residual else block)
    head_initializer = "zeros" if zero_head else "glorot_uniform"
    return NetSpec(inputs, tuple(layers), head, int(outputs), head_initializer)


def _block(units, activation: Activation, rate, norm, initializer, position) -> tuple[Layer, ...]:
    if initializer == "auto":
        initializer = ACTIVATIONS[activation.name].initializer
    initializer = initializer_text(initializer)
    norms = {None: (), "batch": (BatchNorm(),), "layer": (LayerNorm(),)}
    if norm not in norms:
        raise SettingError(f"Expected norm to be None, 'batch' or 'layer'. Received: norm={norm!r}.")
    if position not in ("before", "after"):
        raise SettingError(
            f"Expected norm_position to be 'before' or 'after'. Received: norm_position={position!r}."
        )
    drop = (Dropout(rate),) if rate > 0 else ()
    # Batch norm takes away whatever a bias adds: its gradient is rounding noise, which Adam would follow.
    dense = Dense(units, initializer, bias=norm != "batch" or position == "after")
    middle = (*norms[norm], activation)
    return (dense, *(middle if position == "before" else reversed(middle)), *drop)
