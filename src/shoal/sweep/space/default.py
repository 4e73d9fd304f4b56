"""The space that a search takes where none is given: around what shoal would do without a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shoal.sweep.space.domain import Choice, Domain
from shoal.sweep.space.ranges import Range
from shoal.sweep.space.space import Dimension, Space

if TYPE_CHECKING:
    from shoal.settings import Settings

_SMALL = 1000
_LARGE = 20_000
_PIXELS = (28, 28, 1)
"""A picture's size, for defaults that do not depend on it."""


def default_space(
    task: str,
    rows: int,
    image: bool | tuple[int, int, int] = False,
    *,
    settings: Mapping[str, Any] | None = None,
    thorough: bool = False,
) -> Space:
    """Return a good space for a table, with what shoal takes without a search in the midst of it.

    Parameters
    ----------
    task : str
        What is predicted, as `shoal.data` calls it: "regression", "binary", "multiclass", "multilabel".
    rows : int
        Rows that train.
    image : bool or (height, width, channels)
        Whether the rows are images.
    settings : mapping of str, optional
        What is the same for all trials; it does not vary, and ranges lie around what it leads to, such as the
        rate of its optimizer.
    thorough : bool
        Whether activations and a third depth vary too: for searches of many minutes, because each is another
        compiled program.

    Returns
    -------
    Space

    Notes
    -----
    *Learning rate*: a decade to both sides of the default, on a log scale, for it matters most (Greff et al.,
    arXiv 1503.04069). *Hidden layers*: few canonical widths and depths, because every depth is a program to
    compile, and widths are padded to shared ones; more rows carry wider networks. *Weight decay*: on a log
    scale from a thirtieth of the default to tenfold, decoupled, so that it does not move with the rate
    (arXiv 1711.05101). *Dropout*: 0 to 0.5 for classes, as AutoGluon has it; to 0.3 for quantities, whose
    default is 0. *Batch size*: a smaller one takes more and noisier steps; two values, for each is a program.
    *Number embedding*: with and without piecewise-linear features, which help most where numbers act in
    steps (arXiv 2203.05556). *Label smoothing*: 0 or 0.1 (arXiv 2407.04491): better for accuracy, not for
    log loss. *Images* keep their layers and vary by how much their rows are varied. Epochs do not vary: early
    stopping and halving find them.

    Examples
    --------
    >>> default_space("multiclass", rows=150).names
    ('learning_rate', 'weight_decay', 'hidden', 'dropout', 'batch_size', 'number_embedding',
     'label_smoothing')
    >>> default_space("regression", rows=150, settings={"hidden": (64,)}).names
    ('learning_rate', 'weight_decay', 'dropout', 'batch_size', 'number_embedding')
    """
    given = dict(settings or {})
    start = _resolved(task, rows, image, given)
    if _searches(start):
        domains: dict[str, Domain] = {"l2": Range(1e-6, 1e-1, "log"), "hidden": _hidden(rows, thorough)}
    else:
        domains = _rates(start)
        domains |= _of_images() if image else _of_tables(task, rows, start, thorough)
        if task in ("binary", "multiclass") and not {"loss", "head"} & set(given):
            domains["label_smoothing"] = Choice((0.0, 0.1))
    kept = {name: domain for name, domain in domains.items() if name not in _left_out(given, start)}
    return Space(tuple(Dimension(name, domain) for name, domain in kept.items()))


def _resolved(task: str, rows: int, image: Any, given: Mapping[str, Any]) -> Settings:
    from shoal.fitting.defaults import Facts, resolved
    from shoal.settings import Settings

    shape = (image if isinstance(image, tuple) else _PIXELS) if image else None
    return resolved(Settings.of(given), Facts(rows=max(rows, 1), task=task, has_valid=True, image=shape))


def _rates(start: Settings) -> dict[str, Domain]:
    """Return the learning rate and the weight decay, around those taken without a search."""
    from shoal.sweep.space.plain import is_number

    rate = start.learning_rate if is_number(start.learning_rate) else 3e-3
    decay = start.weight_decay if is_number(start.weight_decay) and start.weight_decay > 0 else 0.1
    return {
        "learning_rate": Range(rate / 10, rate * 10, "log"),
        "weight_decay": Range(decay / 30, decay * 10, "log"),
    }


def _of_tables(task: str, rows: int, start: Settings, thorough: bool) -> dict[str, Domain]:
    regression = task == "regression"
    domains: dict[str, Domain] = {
        "hidden": _hidden(rows, thorough),
        "dropout": Range(0.0, 0.3 if regression else 0.5),
        "batch_size": Choice((256, 1024) if rows >= _LARGE else (64, 256)),
        "number_embedding": Choice(("none", "piecewise")),
    }
    if thorough:
        domains["activation"] = Choice(tuple(dict.fromkeys((start.activation, "relu", "silu", "selu"))))
    return domains


def _hidden(rows: int, thorough: bool) -> Choice:
    """Return widths and depths, the default (128, 128) among them."""
    widest = (256, 256) if rows < _SMALL else (512, 512)
    shapes = [(64, 64), (128, 128), widest]
    deeper = [(128,), (256, 256, 256)] if thorough else [(256, 256, 256)] if rows >= _SMALL else []
    return Choice((*shapes, *deeper))


def _of_images() -> dict[str, Domain]:
    """Return the batch size, and three strengths of augmentation with the same kinds: one program."""
    strengths = tuple({"rotate": 10.0 * s, "shift": 0.1 * s, "zoom": 0.1 * s} for s in (0.5, 1.0, 2.0))
    return {"batch_size": Choice((32, 128)), "augment": Choice(strengths, in_order=True)}


def _searches(start: Settings) -> bool:
    """Return whether the optimizer finds its own step: then neither rates nor batches have a meaning."""
    from shoal.train.optimizers import OPTIMIZERS

    kind = start.optimizer["kind"] if isinstance(start.optimizer, Mapping) else start.optimizer
    return OPTIMIZERS[kind].searches


def _left_out(given: Mapping[str, Any], start: Settings) -> set[str]:
    """Return what does not vary: what is given, and what has no meaning or is refused beside it."""
    from shoal.settings import LAYER_SETTINGS

    found = {*given, *(LAYER_SETTINGS if given.get("layers") is not None else ())}
    if start.hidden == ():  # a linear model of the table's own numbers
        found |= {"dropout", "number_embedding", "activation"}
    if isinstance(start.augment, Mapping) and "noise" in start.augment:  # which could not follow the numbers
        found.add("number_embedding")
    return found
