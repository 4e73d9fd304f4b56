"""What each parameter is penalised with and held to: the layers' own numbers, else the recipe's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shoal.nets.spec import NetSpec
from shoal.rules import Number, check, refuse_unknown
from shoal.train.constraints import CONSTRAINTS
from shoal.train.descent import penalised
from shoal.train.recipe import Recipe


def penalties_of(spec: NetSpec, recipe: Recipe, names: Iterable[str]) -> dict[str, dict[str, float]]:
    """Return the strength of each penalty by parameter: ``{"l1": {...}, "l2": {...}}``.

    Empty where one number for all kernels says it all.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> linear = NetSpec(TableInput(2), (), "linear", 1)
    >>> penalties_of(linear, Recipe("squared_error", bias_l2=0.1), ["head.kernel", "head.bias"])
    {'l2': {'head.kernel': 0.0, 'head.bias': 0.1}}
    """
    own, names = spec.penalties(), list(names)
    if not own and not recipe.bias_l1 and not recipe.bias_l2:
        return {}
    found: dict[str, dict[str, float]] = {}
    for kind in ("l1", "l2"):
        of_kernel, of_bias = float(getattr(recipe, kind)), float(getattr(recipe, f"bias_{kind}"))
        shared = {
            name: of_kernel if penalised(name) else of_bias
            for name in names
            if penalised(name) or name.endswith("bias")
        }
        strengths = {name: own.get(name, {}).get(kind, value) for name, value in shared.items()}
        if of_kernel or of_bias or any(strengths.values()):
            found[kind] = strengths
    return found


def constraints_of(spec: NetSpec, recipe: Recipe, names: Iterable[str]) -> dict[str, tuple[str, int, float]]:
    """Return what each kernel is held to, as (kind, leading axes that count repetitions or members, value).

    The recipe's constraint holds for every kernel that has none of its own, the head's included.
    """
    held: dict[str, tuple[str, float]] = {}
    if recipe.constraint:
        kind, value = recipe.constraint
        held = {name: (kind, value) for name in names if name.endswith(".kernel") and "inputs" not in name}
    held |= spec.constraints()
    if not held:
        return {}
    repeats = [f"{path}." for path, layer, _ in spec.walk() if layer.kind == "repeat"]
    repeats += ["head."] if spec.members else []
    return {
        name: (kind, sum(name.startswith(path) for path in repeats), float(value))
        for name, (kind, value) in sorted(held.items())
    }


def as_constraint(value: Any) -> tuple:
    """Return the setting ``constraint`` as (kind, value), or empty for none.

    Raises
    ------
    SettingError
        If the kind takes no such number, or it is not above 0.

    Examples
    --------
    >>> as_constraint("max_norm"), as_constraint({"kind": "max_norm", "value": 2}), as_constraint(None)
    (('max_norm', 3.0), ('max_norm', 2.0), ())
    """
    if value is None:
        return ()
    given = {"kind": value} if isinstance(value, str) else dict(value)
    name = given.pop("kind")
    default = CONSTRAINTS[name].value
    refuse_unknown(f"The constraint '{name}'", given, () if default is None else ("value",))
    number = given.get("value", default or 0.0)
    check(f"the constraint '{name}'", "value", number, Number(0, low_open=default is not None))
    return name, float(number)
