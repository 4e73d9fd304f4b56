"""What a network can learn: one batch by heart, and more from its inputs than from zeros."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shoal.lens.start import mean_loss
from shoal.lens.subject import Subject, without_regularisers
from shoal.lens.verdict import Check
from shoal.train.few_steps import few_steps
from shoal.train.loop import train_all
from shoal.train.rate_trials import tried
from shoal.train.view import Batchable, View

BATCH = 16
"""Rows that are learnt by heart."""
STEPS = 500
RATES = (1.0, 0.2, 5.0)
"""Factors of the recipe's rate with which that is tried."""
NEAR_ZERO = 0.05
"""Loss, as a share of that at the start, that counts as learnt by heart."""
_SHARE = 0.25  # of the epochs, for which inputs and zeros are compared
_LEAST_STEPS = 200  # of which that is, if the epochs are few
_MOST_ROWS = 4000
_ONE_SIDED = 0.5  # share of the batches of one class beyond which they teach little


def one_batch_by_heart(subject: Subject) -> Check:
    """Check that some rows can be learnt by heart when nothing holds the network back."""
    rows = _different(subject.view.train)
    members = without_regularisers(subject.members)
    rate, least = members[0].recipe.learning_rate, _least(subject, rows)
    low = np.full(len(members), np.inf)
    start = goal = low
    for factor in RATES:
        steps = few_steps(members, [View(rows)], np.full(STEPS, rate * factor))
        start = steps.losses[:, 0]
        goal = start - 1.0 if least is None else least + NEAR_ZERO * np.abs(start - least)
        low = np.minimum(low, _floor(steps.losses))
        if (low <= goal).all():
            break
    worst = int(np.argmax(low - goal))
    said = f"loss {start[worst]:.3g} at the start, {low[worst]:.3g} after {STEPS} steps on {len(rows)} rows"
    passed = bool((low <= goal).all())
    remedy = (
        "The network cannot even learn these by heart: widen 'hidden', raise 'learning_rate', and check that "
        "'loss' suits the target and that 'frozen' leaves something to learn."
    )
    numbers = {"start": float(start[worst]), "end": float(low[worst]), "rows": float(len(rows))}
    expected = f"at most {goal[worst]:.3g}"
    return Check("one batch by heart", expected, said, passed, "" if passed else remedy, numbers)


def _least(subject: Subject, rows: Batchable) -> float | None:
    """Return the loss of knowing every answer; None where it has no bound, as a likelihood of quantities."""
    loss = subject.members[0].recipe.loss
    if loss == "gaussian":
        return None
    if loss == "poisson":
        return mean_loss(subject, np.log(np.maximum(np.asarray(rows.target, float), 1e-9)), rows)
    return 0.0


def _floor(losses: np.ndarray) -> np.ndarray:
    """Return the lowest loss of each network that it kept for a while; infinite where it diverged."""
    tail = np.where(np.isfinite(losses), losses, np.inf)[:, -STEPS // 10 :]
    return np.median(tail, axis=1)


def _different(rows: Batchable) -> Batchable:
    """Return rows whose inputs differ: rows alike with different targets could not be learnt."""
    inputs = np.concatenate([rows.numbers.reshape(len(rows), -1), rows.codes], axis=1)[:_MOST_ROWS]
    _, first = np.unique(inputs, axis=0, return_index=True)
    kept = np.sort(first)
    picked = kept[np.linspace(0, len(kept) - 1, min(BATCH, len(kept))).astype(np.int64)]
    chosen = rows.take(picked)
    return replace(chosen, weight=np.ones(len(chosen)))


def inputs_beat_zeros(subject: Subject) -> Check:
    """Check that a network that sees its inputs ends lower than one that is fed zeros."""
    view = _small(subject.view)
    blind = replace(view, train=_zeroed(view.train), valid=_zeroed(view.valid))
    recipe = subject.members[0].recipe
    share = max(_SHARE, _LEAST_STEPS / (view.batches(recipe.batch_size)[1] * recipe.epochs))
    short = tried(recipe, recipe.learning_rate, share)
    nets = [replace(m, view=place, recipe=short) for place in range(2) for m in subject.members]
    results = train_all(nets, [view, blind])
    losses = np.array([_lowest(result.history) for result in results]).reshape(2, -1)
    gains = losses[1] - losses[0]
    spread = float(gains.std(ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else 0.0
    seeing, fed_zeros, gain = float(losses[0].mean()), float(losses[1].mean()), float(gains.mean())
    passed = bool((gains > 0).all() or gain > 2.0 * spread > 0)
    said = f"validation loss {seeing:.4g} with inputs, {fed_zeros:.4g} with zeros (difference {gain:.2g})"
    remedy = (
        "The inputs do not help: look at how columns are read with 'shoal columns', at 'scaling' and "
        "'activation'. A 'learning_rate' far off does it too, and a table that says nothing of the target."
    )
    numbers = {"inputs": seeing, "zeros": fed_zeros, "error": spread}
    expected = "lower with inputs than with zeros, for every seed or by two standard errors"
    return Check("inputs beat zeros", expected, said, passed, "" if passed else remedy, numbers)


def _lowest(history: np.ndarray) -> float:
    losses = history[:, 1]
    finite = losses[np.isfinite(losses)]
    return float(finite.min()) if len(finite) else float("inf")


def _small(view: View) -> View:
    """Return a view of at most `_MOST_ROWS` rows on either side, spread over all of them."""
    valid = view.valid if view.valid is not None and len(view.valid) else view.train
    return View(_some(view.train), _some(valid))


def _some(rows: Batchable) -> Batchable:
    if len(rows) <= _MOST_ROWS:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, _MOST_ROWS).astype(np.int64))


def _zeroed(rows: Batchable | None) -> Batchable:
    assert rows is not None
    inputs = {name: value for name, value in vars(rows).items() if name not in ("target", "weight")}
    return replace(rows, **{name: np.zeros_like(value) for name, value in inputs.items()})


def batches_are_mixed(subject: Subject) -> Check:
    """Check that batches hold more than one class, or more than one value."""
    target = np.asarray(subject.view.train.target)
    batch, _ = subject.view.batches(subject.members[0].recipe.batch_size)
    values, counts = np.unique(target.reshape(len(target), -1), axis=0, return_counts=True)
    # Rows are dealt at random: a batch is all of one kind with the probability of so many alike draws.
    alike = float(np.sum((counts / counts.sum()) ** batch))
    said = (
        f"{alike:.0%} of the batches of {batch} rows hold a single {'class' if len(values) < 30 else 'value'}"
    )
    remedy = "Raise 'batch_size', or deal rare classes out evenly with balance=true."
    passed = len(values) == 1 or alike <= _ONE_SIDED
    numbers = {"alike": alike, "batch": float(batch)}
    expected = f"at most {_ONE_SIDED:.0%}"
    return Check("batches are mixed", expected, said, passed, "" if passed else remedy, numbers)
