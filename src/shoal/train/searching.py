"""What an optimizer that searches for the length of its step asks of a recipe: all rows, a smooth way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoal.errors import SettingError
from shoal.train.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from shoal.train.recipe import Recipe
    from shoal.train.view import View

_OFF = (
    *("l1", "bias_l1", "weight_decay", "constraint", "clip_norm", "clip_value"),
    *("accumulate", "growth"),
)


def refuse_unsearchable(recipe: Recipe, view: View) -> None:
    """Refuse settings under which the line search of a recipe's optimizer would search for something else.

    The search compares values of one smooth objective along one line: every step has to see the same rows,
    and what is added to the step or done after it would lead away from what was found.

    Raises
    ------
    SettingError
        In one sentence; nothing happens for optimizers that do not search.
    """
    if not OPTIMIZERS[recipe.optimizer].searches:
        return
    name = recipe.optimizer
    if view.batches(recipe.batch_size)[1] > 1:
        raise SettingError(
            f"The {name} optimizer takes every step on all rows: it needs a batch_size of at least the "
            f"{len(view.train)} training rows. Received: batch_size={recipe.batch_size}."
        )
    for setting in _OFF:
        value = getattr(recipe, setting)
        if value != type(recipe).__dataclass_fields__[setting].default:
            raise SettingError(
                f"The {name} optimizer searches along a line for the least loss, which {setting} would lead "
                f"away from: leave {setting} out, or use l2 as the penalty. Received: {setting}={value!r}."
            )
    if any(factor not in (0.0, 1.0) for _, factor in recipe.rate_factors):
        raise SettingError(
            f"The {name} optimizer has one rate for all parameters: factors of the learning rate must be 0 "
            f"(frozen) or 1. Received: {dict(recipe.rate_factors)}."
        )
