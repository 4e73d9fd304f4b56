"""How values and gradients flow: rows keep to themselves, every layer learns, a rate of 0 changes nothing."""

from __future__ import annotations

import numpy as np

from shoal.lens.subject import Subject, row_influence, without_constraints, without_regularisers
from shoal.lens.verdict import Check
from shoal.nets import network
from shoal.train.few_steps import Steps, few_steps

_ROWS = 6  # whose influence on each other is looked at
_STEPS = 5  # a head that starts at zero lets gradients through from the second on


def rows_keep_apart(subject: Subject) -> Check:
    """Check that no row's outputs hang on another row's inputs: ``d output_i / d input_j = 0``.

    Batch normalisation lets rows see each other in training by design, so with it prediction is looked at,
    where its statistics stand still.
    """
    rows = subject.first_rows(_ROWS)
    by_design = subject.has("batch_norm")
    passes = (False,) if by_design else (False, True)
    found = [row_influence(member, rows, train) for member in subject.members for train in passes]
    own = float(max(np.diag(one).max() for one in found))
    across = float(max((one - np.diag(np.diag(one))).max() for one in found))
    mixed = float(max(row_influence(m, rows, True).sum() for m in subject.members)) if by_design else 0.0
    said = f"largest gradient across rows {across:.2g}, within a row {own:.2g}"
    if by_design:
        said += "; in training rows meet in batch normalisation, by design"
    numbers = {"across": across, "within": own, "in_training": mixed}
    remedy = "A layer mixes rows of a batch; take it out of 'layers', or use 'layer' as norm."
    return _check(
        "rows keep apart", "no gradient from one row to another", said, across == 0, remedy, numbers
    )


def every_layer_learns(subject: Subject) -> Check:
    """Check that a few steps, without decay and penalties, move every parameter."""
    members = without_regularisers(subject.members)
    rate = members[0].recipe.learning_rate
    steps = few_steps(members, [subject.view], np.full(_STEPS, rate))
    moved = _moved(members, steps)
    still = [name for name, sizes in moved.items() if not sizes.min() > 0]
    asked = "; layers are frozen, as the settings ask" if subject.frozen and still else ""
    said = f"{len(moved) - len(still)} of {len(moved)} parameters move{asked}"
    if still and not asked:
        said += f"; these do not: {', '.join(still[:4])}" + (" ..." if len(still) > 4 else "")
    remedy = (
        "No gradient reaches them: look at 'activation' (units that are all dead or saturated), "
        "'initializer' (zeros), and inputs that are all alike."
    )
    numbers = {"parameters": float(len(moved)), "still": float(len(still))}
    expected = "every parameter moves in the first steps"
    return _check("every layer learns", expected, said, not still or subject.frozen, remedy, numbers)


def losses_are_numbers(subject: Subject) -> Check:
    """Check that the first steps at the recipe's own rate give finite losses and weights."""
    rate = subject.members[0].recipe.learning_rate
    steps = few_steps(subject.with_recipe(averaging=()), [subject.view], np.full(_STEPS, rate))
    lost = int((~np.isfinite(steps.losses)).sum())
    broken = [name for name, value in steps.params.items() if not np.isfinite(value).all()]
    said = f"{lost} of {steps.losses.size} losses are no numbers"
    if broken:
        said += f", nor are weights of {', '.join(broken[:3])}"
    remedy = "Lower 'learning_rate', set clip_norm=1.0, or look for extreme values with 'shoal columns'."
    numbers = {"losses": float(steps.losses.size), "not_finite": float(lost)}
    return _check("losses are numbers", "finite", said, not lost and not broken, remedy, numbers)


def no_rate_no_change(subject: Subject) -> Check:
    """Check that steps with a learning rate of 0 leave every weight as it is."""
    members = without_constraints(subject.with_recipe(averaging=()))
    steps = few_steps(members, [subject.view], np.zeros(_STEPS))
    moved = {name: float(sizes.max()) for name, sizes in _moved(members, steps).items()}
    worst = max(moved, key=lambda name: moved[name])
    said = f"largest change {moved[worst]:.2g}" + (f", of {worst}" if moved[worst] else "")
    remedy = "Something but the gradient moves the weights: look at 'optimizer' and the penalties."
    numbers = {"largest": moved[worst]}
    expected = "a learning rate of 0 changes no weight"
    return _check("no rate, no change", expected, said, moved[worst] == 0, remedy, numbers)


def _moved(members, steps: Steps) -> dict[str, np.ndarray]:
    """Return how far each parameter of each network has moved at most: name -> (nets,)."""
    starts = [
        member.start["params"] if member.start else network.init(member.spec, member.seed, precision)[0]
        for member in members
        for precision in [member.recipe.precision]
    ]
    return {
        name: np.array([_largest(now - start[name]) for now, start in zip(value, starts, strict=True)])
        for name, value in steps.params.items()
    }


def _largest(change: np.ndarray) -> float:
    return float(np.abs(change).max()) if change.size else np.inf


def _check(name: str, expected: str, came: str, passed: bool, remedy: str, numbers: dict) -> Check:
    return Check(name, expected, came, bool(passed), "" if passed else remedy, numbers)
