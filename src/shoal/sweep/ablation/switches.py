"""The techniques that can be switched on and off: what each sets, where it makes sense, and why one would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shoal.fitting.ensembles import averaged_nets
from shoal.settings import Settings
from shoal.sweep.ablation import layer_lists
from shoal.train.augment import augmentation

Change = Mapping[str, Any] | Callable[[Settings], Mapping[str, Any] | None]
"""Settings, or what makes them of the baseline's; None where there is nothing to change."""

CLASSES, TASKS = ("binary", "multiclass"), ("binary", "multiclass", "multilabel", "regression")
TABLES, ANY = ("table",), ("table", "image")


@dataclass(frozen=True)
class Switch:
    """One technique that a baseline can have or lack.

    Parameters
    ----------
    name : str
    id : str
        Its place in the table of techniques.
    why : str
        In one line, why one would want it.
    on : mapping or callable
        Settings that put it in.
    off : mapping, callable or None
        Settings that take it out; None for what can only be changed to.
    has : callable, optional
        Whether decided settings have it; where it is not given, the first setting of `on` tells.
    tasks, inputs : tuple of str
        Where it makes sense.
    """

    name: str
    id: str
    why: str
    on: Change
    off: Change | None = None
    has: Callable[[Settings], bool] | None = None
    tasks: tuple[str, ...] = TASKS
    inputs: tuple[str, ...] = ANY

    def present(self, s: Settings) -> bool:
        """Return whether decided settings have the technique."""
        if self.has is not None:
            return self.has(s)
        name, value = next(iter(applied(self.on, s).items()))
        now = getattr(s, name)
        if isinstance(value, str | Mapping | bool):
            return kind_of(now) == kind_of(value)
        missing = applied(self.off, s).get(name) if self.off is not None else None
        return plain(now) != plain(missing)


def applied(change: Change | None, s: Settings) -> dict[str, Any]:
    """Return the settings of a change, made for a baseline; empty where there is nothing to change."""
    found = change(s) if callable(change) else change
    return dict(found or {})


def kind_of(value: Any) -> Any:
    """Return the name that stands in a mapping, or the value itself."""
    return value.get("kind", value) if isinstance(value, Mapping) else value


def plain(value: Any) -> Any:
    """Return a value as JSON has it, so that a tuple and a list are equal."""
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


# -- changes that depend on the baseline ------------------------------------------


def _layered(setting: Mapping[str, Any], listed: Callable[[Any], list[Any]]) -> Change:
    """Return a change of layers by a setting, or of their list where there is one."""
    return lambda s: dict(setting) if s.layers is None else {"layers": listed(s.layers)}


def _in_layers(setting: Callable[[Settings], bool], *words: str) -> Callable[[Settings], bool]:
    return lambda s: setting(s) if s.layers is None else layer_lists.has(s.layers, *words)


def _augmented(kind: str, strength: float) -> Callable[[Settings], dict[str, Any]]:
    return lambda s: {"augment": {**dict(augmentation(s.augment)), kind: strength}}


def _unvaried(kind: str) -> Callable[[Settings], dict[str, Any]]:
    def off(s: Settings) -> dict[str, Any]:
        left = {name: value for name, value in dict(augmentation(s.augment)).items() if name != kind}
        return {"augment": left or None}

    return off


def _varies(kind: str) -> Callable[[Settings], bool]:
    return lambda s: kind in dict(augmentation(s.augment))


def _augment(kind: str, strength: float, why: str, **where: Any) -> Switch:
    on, off = _augmented(kind, strength), _unvaried(kind)
    return Switch(kind.replace("_", " "), "E7", why, on, off, _varies(kind), **where)


def _sized(factor: float) -> Callable[[Settings], dict[str, Any] | None]:
    def size(units: int) -> int:
        return max(1, round(units * factor))

    def change(s: Settings) -> dict[str, Any] | None:
        if s.layers is not None:
            return {"layers": layer_lists.sized(s.layers, size)}
        return {"hidden": [size(units) for units in s.hidden]} if s.hidden else None

    return change


def _deeper(s: Settings) -> dict[str, Any] | None:
    return None if s.layers is not None or not s.hidden else {"hidden": [*s.hidden, s.hidden[-1]]}


def _shallower(s: Settings) -> dict[str, Any] | None:
    return None if s.layers is not None or len(s.hidden) < 2 else {"hidden": list(s.hidden[:-1])}


def _linear(s: Settings) -> dict[str, Any] | None:
    return None if s.layers is not None else {"hidden": []}


def _activation(name: str) -> Callable[[Settings], dict[str, Any] | None]:
    return lambda s: None if s.layers is not None else {"activation": name}


def _stopping(s: Settings) -> dict[str, Any]:
    return {"patience": 10, "validation": s.validation or 0.2, "monitor": "auto"}


_UNSTOPPED = {"patience": None, "validation": 0.0, "monitor": "auto", "stop_accuracy": None}
_NOT_ROTATED = {"pca": None, "whiten": False}


def _never(s: Settings) -> bool:
    """Of changes to what the baseline has in other numbers: no baseline has them already."""
    return False


def _optimizer(name: str, id: str = "D4") -> Switch:
    return Switch(
        name, id, "another way to follow the gradient, with its own usual rate", {"optimizer": name}
    )


_DROPOUT = Switch(
    "dropout",
    "A7",
    "keeps units from relying on each other: wide networks on few rows",
    _layered({"dropout": 0.25}, lambda entries: layer_lists.with_dropout(entries, 0.25)),
    _layered({"dropout": 0.0}, lambda entries: layer_lists.without(entries, "dropout")),
    _in_layers(lambda s: any(plain(s.dropout)) if isinstance(s.dropout, tuple) else s.dropout > 0, "dropout"),
)
_BATCH_NORM = Switch(
    "batch norm",
    "A6",
    "steadies deep networks, and lets the rate be higher",
    _layered({"norm": "batch"}, lambda entries: layer_lists.with_norm(entries, "batch_norm")),
    _layered({"norm": None}, lambda entries: layer_lists.without(entries, "batch_norm", "norm")),
    _in_layers(lambda s: s.norm == "batch", "batch_norm", "norm"),
)

SWITCHES: tuple[Switch, ...] = (
    _DROPOUT,
    Switch("input dropout", "E5", "many inputs that say the same", {"input_dropout": 0.1},
           {"input_dropout": 0.0}, inputs=TABLES),
    Switch("weight decay", "E3", "smaller weights, calmer answers", {"weight_decay": 0.1},
           {"weight_decay": 0.0}),
    Switch("L2", "E1", "smaller weights, by way of the gradient", {"l2": 1e-4}, {"l2": 0.0}),
    Switch("L1", "E1", "many inputs of which few matter", {"l1": 1e-4}, {"l1": 0.0}),
    _BATCH_NORM,
    Switch("layer norm", "A6", "as batch norm, where batches are small", {"norm": "layer"}, {"norm": None},
           inputs=TABLES),
    Switch("residual", "A8", "shortcuts around layers, for deep networks", {"residual": True},
           {"residual": False}, inputs=TABLES),
    Switch("label smoothing", "E8", "overconfident networks, wrong labels", {"label_smoothing": 0.1},
           {"label_smoothing": 0.0}, tasks=CLASSES),
    Switch("cosine", "D5", "a rate that falls along half a wave, against a constant one",
           {"schedule": "cosine"}, {"schedule": "constant"}),
    Switch("one cycle", "D5", "a rate that rises and falls, against a constant one",
           {"schedule": "one_cycle"}, {"schedule": "constant"}),
    Switch("warm-up", "D5", "high rates, first steps that go astray",
           lambda s: {"warmup": max(1.0, round(0.1 * int(s.epochs)))}, {"warmup": 0.0}),
    Switch("clipping", "D8", "single rows with huge gradients", {"clip_norm": 1.0}, {"clip_norm": None}),
    Switch("EMA", "D9", "a running average of the weights: less noise in the end", {"averaging": "ema"},
           {"averaging": None}),
    Switch("SWA", "D9", "the mean weights of the last epochs", {"averaging": "swa"}, {"averaging": None}),
    Switch("piecewise numbers", "A10", "jumps and bends in single numbers", {"number_embedding": "piecewise"},
           {"number_embedding": "none"}, inputs=TABLES),
    Switch("periodic numbers", "A10", "answers that go up and down in a number",
           {"number_embedding": "periodic"}, {"number_embedding": "none"}, inputs=TABLES),
    Switch("smooth clip", "F5", "outliers in the inputs", {"smooth_clip": True}, {"smooth_clip": False},
           inputs=TABLES),
    Switch("quantile scaling", "F2", "skewed numbers and outliers", {"scaling": "quantile"},
           {"scaling": "standard"}, inputs=TABLES),
    Switch("PCA", "F3", "many numbers that move together", {"pca": 0.95}, _NOT_ROTATED, inputs=TABLES),
    Switch("whitening", "F3", "numbers that are correlated", {"whiten": True, "pca": "all"}, _NOT_ROTATED,
           inputs=TABLES),
    Switch("class balance", "E7", "rare classes", {"balance": True}, {"balance": False}, tasks=CLASSES),
    _augment("noise", 0.1, "numbers that were measured with noise"),
    _augment("mixup", 0.2, "overconfident networks"),
    _augment("rotate", 10.0, "pictures without a fixed upright", inputs=("image",)),
    _augment("shift", 0.1, "objects that are not centred", inputs=("image",)),
    _augment("zoom", 0.1, "objects of several sizes", inputs=("image",)),
    _augment("flip_horizontal", 0.5, "pictures where left and right mean nothing", inputs=("image",)),
    _augment("cutout", 2, "pictures known by one detail", inputs=("image",)),
    Switch("early stopping", "E6", "many epochs; costs the rows that it watches", _stopping, _UNSTOPPED,
           lambda s: s.patience is not None and s.validation > 0),
    Switch("Huber loss", "B1", "single answers that are far off", {"loss": "huber"},
           {"loss": "squared_error"}, tasks=("regression",)),
    Switch("deeper", "A2", "one more layer: answers that need several steps", _deeper, has=_never,
           inputs=TABLES),
    Switch("shallower", "A2", "one layer less: simple answers, few rows", _shallower, has=_never,
           inputs=TABLES),
    Switch("wider", "A2", "twice the units: more to learn than the layers hold", _sized(2.0), has=_never),
    Switch("narrower", "A2", "half the units: few rows", _sized(0.5), has=_never),
    Switch("linear", "A1", "what everything else has to beat", _linear, has=lambda s: s.hidden == (),
           inputs=TABLES),
    Switch("longer", "E9", "twice the epochs: training that is not at its end",
           lambda s: {"epochs": 2 * int(s.epochs)}, has=_never),
    Switch("ensemble", "A12", "the mean of five networks: less luck in the answers", {"ensemble": 5},
           {"ensemble": 1}, lambda s: averaged_nets(s.ensemble) > 1),
    Switch("TabM", "A12", "sixteen networks that share their weights",
           {"ensemble": {"kind": "tabm", "members": 16}}, {"ensemble": 1},
           lambda s: kind_of(s.ensemble) == "tabm", inputs=TABLES),
    Switch("ReLU", "A3", "another bend in every unit", _activation("relu"), inputs=TABLES,
           has=lambda s: s.activation == "relu"),
    Switch("SiLU", "A3", "another bend in every unit", _activation("silu"), inputs=TABLES,
           has=lambda s: s.activation == "silu"),
    *(_optimizer(name) for name in ("adamw", "adam", "nadam", "lion", "muon")),
    _optimizer("momentum", "D2"),
)  # fmt: skip
"""Every technique that an ablation switches unless it is told which."""
