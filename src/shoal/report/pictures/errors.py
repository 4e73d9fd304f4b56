"""The pictures of a network's errors, whatever the task: what a page shows of rows that judged it."""

from __future__ import annotations

from shoal.history.answers import Answers
from shoal.history.confusion import confusions
from shoal.history.residuals import residuals
from shoal.history.thresholds import threshold_curve
from shoal.report.markup import Markup
from shoal.report.pictures.confusion import confusion_picture
from shoal.report.pictures.residuals import residuals_picture
from shoal.report.pictures.roc import MOST_CURVES, precision_recall_picture, roc_picture

_MOST = 4  # labels or quantities of which pictures are drawn


def error_pictures(answers: Answers) -> list[Markup]:
    """Return confusion, ROC and precision-recall of classes and labels, or residuals of quantities.

    Curves are those of the second class of two; of more classes or labels, of the rarest ones, which are
    the hardest to find.

    Parameters
    ----------
    answers : Answers
        Of rows that did not train the network, as a run keeps them.

    Examples
    --------
    >>> import numpy as np
    >>> said = np.arange(20.0)
    >>> len(error_pictures(Answers("regression", ("price",), np.arange(20), said + 1, said)))
    1
    """
    if not len(answers):
        return []
    if answers.task == "regression":
        return [residuals_picture(one.to_json()) for one in residuals(answers)[:_MOST]]
    tables = [confusion_picture(one.to_json()) for one in confusions(answers)[:_MOST]]
    names = answers.names[1:] if answers.task == "binary" else answers.names
    curves = [one for one in (threshold_curve(answers, name) for name in names) if one.roc_auc is not None]
    rarest = sorted(curves, key=lambda one: one.share)[:MOST_CURVES]
    shown = [one.to_json() for one in curves if one in rarest]
    return [*tables, *([roc_picture(shown), precision_recall_picture(shown)] if shown else [])]
