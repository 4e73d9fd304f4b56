"""`ablate`: what each technique does on a table, for estimators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shoal.fitting.defaults import Facts
from shoal.rules import Number, check
from shoal.sweep.ablation.result import Ablation
from shoal.sweep.ablation.study import ablated, designed
from shoal.sweep.ablation.variants import variants_of
from shoal.sweep.durations import seconds_of
from shoal.sweep.handed_in import asked_of


def ablate(
    net: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    groups: Any = None,
    cv: Any = None,
    n_seeds: int = 3,
    only: Sequence[str] | None = None,
    tried: Mapping[str, Mapping[str, Any]] | None = None,
    scoring: Any = None,
    combine: bool = False,
    budget: Any = None,
    verbose: int = 0,
) -> Ablation:
    r"""Tell what each technique does on your data: it is put in where the net lacks it, taken out where not.

    Baseline and changes train as one shoal over the same folds from the same seeds. The effect of a change
    is the mean paired difference :math:`\bar d` of the folds (their seeds averaged), tested by the corrected
    resampled t test of Nadeau and Bengio (2003), with Holm's correction for all changes at once; see
    `shoal.sweep.matter.ablation`.

    Parameters
    ----------
    net : NetClassifier or NetRegressor
        The baseline; it is not fitted.
    X, y, sample_weight
        As for ``net.fit``.
    groups : sequence of shape (rows,), optional
        Rows of one group are never in two folds.
    cv : int, splitter, iterable or None
        Folds, 5 where it is None.
    n_seeds : int
        Seeds of each fold, counted from ``net.random_state``.
    only : sequence of str, optional
        Names of techniques, such as "dropout" and "batch_norm"; all that suit the task by default.
    tried : mapping of str to mapping, optional
        Changes of your own by a name: ``{"small": {"hidden": (16,)}}``. Given without `only`, nothing else
        is tried.
    scoring : None, str or callable
        As in scikit-learn; None takes log loss, or the root mean squared error.
    combine : bool
        Train all changes that help at once, too, on other folds from other seeds.
    budget : str, float or None
        Time for all of it, such as "2m"; seeds are dropped first, then folds.
    verbose : int
        1 prints what it will take before it begins.

    Returns
    -------
    Ablation
        Printed, a line for each change; ``findings``, ``next_settings``, ``to_frame()``, ``to_json()``.

    Raises
    ------
    ValueError
        If a name, a setting or the data cannot be used.
    TrainingError
        If the budget is over before the baseline and one change are trained.

    References
    ----------
    Nadeau and Bengio, *Inference for the generalization error*, Machine Learning 52 (2003).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from shoal import NetClassifier, ablate
    >>> X, y = load_iris(return_X_y=True)
    >>> net = NetClassifier(hidden=(8,), epochs=20, random_state=0)
    >>> found = ablate(net, X, y, cv=3, n_seeds=1, tried={"no training": {"learning_rate": 1e-9}})
    >>> found["no training"].advice
    'leave it'
    """
    check("ablate", "n_seeds", n_seeds, Number(1, integer=True))
    question = asked_of("ablate", net, X, y, sample_weight, groups, cv, n_seeds, scoring)
    facts = Facts(len(question.problem), question.problem.task, False, question.problem.image)
    seconds = seconds_of(budget)
    design = designed(question, variants_of(question.base, facts, only, tried), seconds)
    if verbose:
        print(design.told())
    return ablated(design, combine=combine, budget=seconds)
