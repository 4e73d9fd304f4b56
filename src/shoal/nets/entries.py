"""One entry of a list of layers: which layer it names, and what it says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.forms import BLOCK_WORDS, FORMS, NAMES, RULES, WORD_ALIASES, Form, layer_name
from shoal.nets.initializers import initializer_text
from shoal.nets.layers import CONSTRAINTS, Activation, BatchNorm, Dropout, Layer, LayerNorm
from shoal.rules import Number, check

_MAX_NORM = 3.0  # where no number is given
_ABOVE_ZERO = Number(0, low_open=True, none=True)
_NORMS = {"batch": BatchNorm, "layer": LayerNorm}
_EXAMPLES = {
    "units": "64",
    "filters": "32",
    "name": '"relu"',
    "rate": "0.5",
    "layers": '[{"dense": 64, "activation": "relu"}]',
    "times": '10, "layers": [{"dense": 64, "activation": "relu"}]',
}


def named(entry: Any) -> tuple[str, dict[str, Any]]:
    """Return the name of an entry's layer and its settings, both in shoal's own words.

    Examples
    --------
    >>> named({"Conv2D": 32, "kernel_size": 3}), named("relu"), named({"max_pool": None})
    (('conv2d', {'kernel': 3, 'filters': 32}), ('activation', {'name': 'relu'}), ('max_pool', {}))
    """
    if isinstance(entry, str) and entry in ACTIVATIONS:
        return "activation", {"name": entry}
    if isinstance(entry, str):
        return _known(entry), {}
    if not isinstance(entry, Mapping) or not entry:
        raise SettingError(f'Expected a layer such as {{"dense": 64}} or "flatten". Received: {entry!r}.')
    given = dict(entry)
    if "kind" in given:
        return _known(given.pop("kind")), _in_own_words(given)
    word = _naming(given)
    name, value = _known(word), given.pop(word)
    if isinstance(value, Mapping):
        given = {**value, **given}
    elif value is not None and value is not True:
        given[_beside(name, value)] = value
    return name, _in_own_words(given)


def built(name: str, settings: Mapping[str, Any], inner: Callable[[Any], tuple[Layer, ...]]) -> list[Layer]:
    """Make the layer of an entry, and behind it what else the entry names.

    Parameters
    ----------
    name, settings
        As `named` gives them.
    inner : callable
        Makes the layers of a list within the entry.

    Examples
    --------
    >>> dense, norm, activation = built("dense", {"units": 8, "activation": "relu", "norm": "batch"}, tuple)
    >>> dense.initializer, dense.bias, norm.kind, activation.name
    ('he_normal', False, 'batch_norm', 'relu')
    """
    form = FORMS[name]
    _refuse_wrong_words(name, form, settings)
    if not form.with_block:
        own = dict(settings)
        if "layers" in own:
            own["layers"] = inner(own["layers"])
        return [form.layer(**own)]
    own = {word: value for word, value in settings.items() if word not in BLOCK_WORDS}
    behind = _behind(settings)
    if own.get("initializer") in (None, "auto"):
        activation = next((layer.name for layer in behind if isinstance(layer, Activation)), "linear")
        own["initializer"] = ACTIVATIONS[activation].initializer
    own["initializer"] = initializer_text(own["initializer"])
    if own.get("constraint") is not None:
        own["constraint"] = _constraint(own["constraint"])
    # Batch norm takes away whatever a bias adds; see shoal.nets.spec.
    own.setdefault("bias", not (behind and isinstance(behind[0], BatchNorm)))
    return [form.layer(**own), *behind]


def _naming(given: Mapping[Any, Any]) -> Any:
    """Return the word that names the layer, wherever it stands: files may be written in another order."""
    names = [word for word in given if layer_name(word) in FORMS]
    sure = [word for word in names if word not in BLOCK_WORDS]
    return next(iter([*sure, *names, *given]))


def _known(word: Any) -> str:
    name = layer_name(word)
    if name not in FORMS:
        raise SettingError(
            f"There is no layer {word!r}.{did_you_mean(str(word), [*FORMS, *ACTIVATIONS])} Choose one of: "
            f"{', '.join(FORMS)}."
        )
    return name


def _beside(name: str, value: Any) -> str:
    """Return which setting it is that stands beside the name."""
    if not FORMS[name].value:
        raise SettingError(f"Expected nothing beside '{name}'. Received: {value!r}.")
    return FORMS[name].value


def _in_own_words(settings: Mapping[Any, Any]) -> dict[str, Any]:
    return {WORD_ALIASES.get(str(word), str(word)): value for word, value in settings.items()}


def _refuse_wrong_words(name: str, form: Form, settings: Mapping[str, Any]) -> None:
    words = form.words()
    for word, value in settings.items():
        if word not in words:
            raise SettingError(
                f"The layer '{name}' has no option '{word}'.{did_you_mean(word, words)} Its options are: "
                f"{', '.join(words) or 'none'}."
            )
        if word in NAMES:
            _refuse_no_name(word, value)
        if word in RULES:
            check(name, word, value, RULES[word])
    for word in form.needed():
        if word not in settings:
            raise SettingError(
                f"The layer '{name}' needs its {word}, as {{\"{name}\": {_EXAMPLES[form.value]}}}."
            )


def _refuse_no_name(word: str, value: Any) -> None:
    """Refuse what is neither a name nor, where numbers may go with it, a mapping with one."""
    mapped = isinstance(value, Mapping) and word in ("activation", "initializer")
    if mapped:
        for number, given in value.items():
            if number in RULES:
                check(word, str(number), given, RULES[number])
    if not isinstance(value.get("kind") if mapped else value, str) and (value is not None or word == "name"):
        what = "activation" if word == "name" else word
        raise SettingError(f"Expected the {what} to be a name. Received: {value!r}.")


def _behind(settings: Mapping[str, Any]) -> list[Layer]:
    """Return norm, activation and dropout that stand in the entry of a layer with units."""
    norm = settings.get("norm")
    norms = [_NORMS[norm]()] if norm else []
    numbers = {word: settings[word] for word in ("slope", "activity_l1", "activity_l2") if word in settings}
    activation = settings.get("activation")
    if activation is None and numbers:
        raise SettingError(f"Expected an activation beside {next(iter(numbers))!r}. Received none.")
    activations = [] if activation is None else [_activation(activation, numbers)]
    rate = settings.get("dropout") or 0.0
    drop = [Dropout(float(rate))] if rate else []
    after = settings.get("norm_position", "before") == "after"
    return [*activations, *norms, *drop] if after else [*norms, *activations, *drop]


def _activation(value: Any, numbers: Mapping[str, Any]) -> Activation:
    given = value if isinstance(value, Mapping) else {"kind": value}
    return Activation.of({**given, **numbers})


def _constraint(value: Any) -> tuple[str, float]:
    """Return ``{"max_norm": 3}``, ``{"kind": "max_norm", "value": 3}`` or ``"unit_norm"`` as a pair."""
    if isinstance(value, str):
        kind, number = value, None
    elif isinstance(value, Mapping) and "kind" in value:
        kind, number = value["kind"], value.get("value")
    elif isinstance(value, Mapping) and len(value) == 1:
        [(kind, number)] = value.items()
    else:
        raise SettingError(f'Expected a constraint such as {{"max_norm": 3}}. Received: {value!r}.')
    if kind not in CONSTRAINTS:
        raise SettingError(
            f"There is no constraint {kind!r}.{did_you_mean(str(kind), CONSTRAINTS)} Choose one of: "
            f"{', '.join(CONSTRAINTS)}."
        )
    if kind != "max_norm":
        return kind, 0.0
    check("max_norm", "value", number, _ABOVE_ZERO)
    return kind, float(_MAX_NORM if number is None else number)
