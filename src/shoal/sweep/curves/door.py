"""`curve`: error against width, depth, rows, epochs or a setting, for estimators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shoal.rules import Number, check
from shoal.sweep.curves.result import Curve
from shoal.sweep.curves.study import designed, drawn
from shoal.sweep.handed_in import asked_of


def curve(
    net: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    over: str = "width",
    values: Sequence[float] | None = None,
    groups: Any = None,
    cv: Any = None,
    n_seeds: int = 5,
    scoring: Any = None,
    verbose: int = 0,
) -> Curve:
    r"""Tell how error, bias and variance go with the width, the depth, the rows, the epochs or a setting.

    All values, folds and seeds train as one shoal. The predictions of the seeds on the rows left out are
    split into bias, variance and noise (`shoal.sweep.matter.decomposition`); a peak between two valleys is
    double descent (Belkin et al. 2019); over rows, a power law :math:`a + b\,n^{-c}` says what twice the rows
    would bring.

    Parameters
    ----------
    net : NetClassifier or NetRegressor
        Gives everything else; it is not fitted.
    X, y, sample_weight
        As for ``net.fit``.
    over : str
        "width" (units of every hidden layer), "depth" (hidden layers), "rows" (nested random parts of the
        training rows of each fold, with the classes in their shares), "epochs" (one training, looked at
        several times), or the name of a setting that is a number.
    values : sequence of float, optional
        Usual ones by default; a setting needs them.
    groups, cv
        As for `shoal.ablate`.
    n_seeds : int
        Seeds of each fold, counted from ``net.random_state``; bias and variance take two or more.
    scoring : None, str or callable
        As in scikit-learn; None takes log loss, or the root mean squared error. A score that is better when
        it is higher is turned into ``1 - score``.
    verbose : int
        1 prints what it will take before it begins.

    Returns
    -------
    Curve
        Printed, a line for each value and what they say; ``points``, ``verdicts``, ``to_frame()``,
        ``to_json()``.

    Raises
    ------
    ValueError
        If a value, a setting or the data cannot be used.

    References
    ----------
    Geman, Bienenstock and Doursat, *Neural networks and the bias/variance dilemma*, Neural Computation 4
    (1992). Belkin et al., *Reconciling modern machine-learning practice and the classical bias-variance
    trade-off*, PNAS 116 (2019).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from shoal import NetClassifier, curve
    >>> X, y = load_iris(return_X_y=True)
    >>> found = curve(NetClassifier(epochs=30, random_state=0), X, y, values=[1, 8], cv=3, n_seeds=2)
    >>> [point.value for point in found.points], found.best.value
    ([1, 8], 8)
    """
    check("curve", "n_seeds", n_seeds, Number(1, integer=True))
    question = asked_of("curve", net, X, y, sample_weight, groups, cv, n_seeds, scoring)
    design = designed(question, over, values)
    if verbose:
        print(design.told())
    return drawn(design)
