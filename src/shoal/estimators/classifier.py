"""A network that predicts classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from shoal.data import Target
from shoal.errors import TargetError
from shoal.estimators import intake
from shoal.estimators.base import NetEstimator
from shoal.estimators.uncertainty import CalibrationMixin


class NetClassifier(CalibrationMixin, ClassifierMixin, NetEstimator):
    """A neural network that predicts classes of any table: two, several, or labels.

    Numbers, categories, dates and gaps need no preparation. Parameters left at "auto" are decided from the
    table, as `shoal.fitting.defaults` says.

    Parameters
    ----------
    hidden : sequence of int, int or "auto"
        Units of each hidden layer; ``()`` gives a linear model.
    activation : str, mapping, or sequence of these
        For all hidden layers, or one each: any of `shoal.nets.activations.ACTIVATIONS`, or
        ``{"kind": "leaky_relu", "slope": 0.2}``.
    norm : {None, "batch", "layer"}
        Normalisation before each activation.
    layers : sequence, path or None
        The hidden layers one by one, as `shoal.nets.listing` reads them; takes the place of ``hidden``,
        ``activation``, ``norm``, ``residual``, ``dropout``, ``input_dropout`` and ``initializer``.
    norm_position : {"before", "after"}
        Whether normalisation comes before or after the activation.
    residual : bool
        A shortcut around each hidden layer.
    dropout : float or sequence of float
        Share of hidden units dropped in training, for all hidden layers or one each.
    input_dropout : float
        Share of inputs dropped in training.
    initializer : str or mapping
        Of kernels: any of `shoal.nets.initializers.INITIALIZERS`, or ``{"kind": "normal", "sigma": 0.01}``;
        "auto" takes the one that suits the activation.
    number_embedding : {"auto", "none", "periodic", "piecewise"}
        Extra features made of each number: learned waves, or its place among the quantiles.
    embedding_width : int or "auto"
        Width of the learned vector of a category with many levels.
    ensemble : int or mapping
        Networks whose answers are averaged; ``{"kind": "tabm", "members": 16}`` lets them share their
        kernels (arXiv 2410.24210).
    start_from : model, path or None
        A trained network to start from, as far as its layers fit.
    frozen : sequence of str or None
        Layers that keep their weights, by name or part of it.
    head : "auto" or str
        What the outputs mean: "ordinal" for classes that follow each other (proportional odds), else as the
        classes are.
    class_order : sequence or None
        The classes in their order, for the head "ordinal" and the loss "squared_emd"; None takes the rising
        one. ``classes_`` and the columns of probabilities rise whatever it is.
    loss : str or mapping
        "cross_entropy" for several classes, "binary_cross_entropy" for two and for labels, "focal" for any,
        or ``{"kind": "focal", "gamma": 1.0}``; "squared_emd" for ordered classes. "auto" takes that of the
        head.
    label_smoothing : float
        Share of the target spread evenly over the classes.
    class_weight : None, "balanced" or dict
        Weight of each class in training; "balanced" gives all classes the same total. Validation rows, and
        calibration, weigh every class as often as it occurs.
    optimizer : str or mapping
        Any of `shoal.train.optimizers.OPTIMIZERS`, or ``{"kind": "adam", "beta_1": 0.8}``.
    learning_rate : float, "default" or "auto"
        Peak rate; "default" takes the recipe's own, "auto" searches one with the learning-rate finder.
    momentum, rho, beta_1, beta_2, epsilon : float or None
        Settings of the optimizer; None takes its default. Those that it does not have are left alone, with a
        notice. A pair of momenta rises from the first to the second over the training.
    schedule : str or mapping
        Course of the rate: any of `shoal.train.schedules.SCHEDULES`, or
        ``{"kind": "step", "factor": 0.5, "every": 10}``.
    warmup : float
        Epochs of linear warm-up.
    weight_decay : float or "auto"
        Decoupled decay of kernels.
    l1, l2 : float
        Penalties ``l1 * sum|w|`` and ``l2 * sum w^2`` on kernels.
    clip_norm : float or None
        Largest norm of the gradient.
    clip_value : float or None
        Largest absolute value of each entry of the gradient.
    bias_l1, bias_l2 : float
        Penalties on biases.
    activity_l1, activity_l2 : float
        Penalties on the values after each hidden activation, summed over units, averaged over rows.
    constraint : None, str or mapping
        One of `shoal.train.constraints.CONSTRAINTS`, held for the weights of each unit after every step.
    averaging : None, "ema", "swa" or mapping
        Average of the weights over steps (``{"kind": "ema", "decay": 0.999}``) or over the last epochs
        (``{"kind": "swa", "start": 0.75}``), which then predicts.
    augment : "auto", None, mapping, or names
        How training rows are varied anew in every step.
    balance : bool
        Draw rows so that every class comes equally often.
    base_batch_size : int or None
        Batch size that ``learning_rate`` is meant for; the rate grows in proportion to the real one
        (arXiv 1706.02677).
    accumulate : int
        Batches whose gradients are added up to one step.
    batch_growth : None or mapping
        ``{"factor": 2, "every": 10}`` doubles the rows of a step every 10 epochs (arXiv 1711.00489).
    batch_size, epochs : int or "auto"
        Rows of a step; most passes over the training rows. ``epochs="cv"`` finds the number by
        cross-validation, then trains on everything.
    min_epochs : int
        Early stopping waits at least so long.
    patience : int, None or "auto"
        Epochs without improvement after which training stops; None never stops early.
    min_delta : float
        Smallest change that counts as improvement.
    stop_loss, stop_accuracy : float or None
        Training stops once the monitored loss is this low, or the validation accuracy this high.
    stop_change : float or None
        Training stops once the monitored figure changes by less than this from one epoch to the next.
    max_time : float or None
        Seconds after which training stops.
    monitor : {"auto", "loss", "val_loss", "val_metric"}
        What decides the best weights, which are always the ones kept.
    validation : float or "auto"
        Share of the rows kept for validation; "auto" keeps none of a small table.
    split : {"auto", "random", "stratified", "grouped", "time"}
        How these rows are chosen.
    scaling : str
        Of numbers: any of `shoal.data.SCALINGS`.
    pca : None, "all", int or float
        Rotate the numbers to their principal components: all, so many, or those with this share of the
        variance.
    whiten : bool
        Scale the components to variance 1.
    mixture : None, int or mapping
        Gaussian mixture of the training rows, which says how unlike them a new row is.
    smooth_clip : bool or "auto"
        Draw scaled numbers smoothly into (-3, 3), so that outliers do no harm.
    one_hot_levels, max_levels : int
        Categories with at most so many levels are one-hot, larger ones embedded; levels kept at most.
    calibrate : bool or "auto"
        True divides the logits by a temperature fitted on the validation rows, so that probabilities are as
        sure as they should be (arXiv 1706.04599); "auto" does so by folds, which `fit` has none of.
    record : "auto", "losses", "layers" or mapping
        What ``history_`` holds: losses and rates, or also what goes on in each layer. "auto" looks into the
        layers where the network is trained alone; ``{"kind": "layers", "every": 1}`` after every epoch.
    precision : {"auto", "float32", "float64"}
        In which the network is trained and predicts.
    random_state : int, RandomState or None
        Decides initial weights, the split, the order of rows and dropout. An int gives the same bits every
        time; None takes a fresh seed for each fit.
    warm_start : bool
        Whether another ``fit`` goes on from the weights that are there.
    act : bool
        Whether to apply what findings advise while training (a lower rate, clipping), and to go on from the
        best weights so far; `history_` says in its notes what was done.
    log : None, str or sequence of str
        Where epochs are logged to besides ``history_``: "csv", "tensorboard", "mlflow"; files go to a new
        folder under ``logs``, `log_folder_`.
    verbose : bool
        Whether to print the losses while training.

    Attributes
    ----------
    model_ : shoal.model.model.Model
        The network with all that is needed to use it, as `shoal.load` returns it.
    history_ : History
        Losses, metric and learning rate of every epoch: ``history_["loss"]``, ``history_[-1]``.
    settings_ : Settings
        The parameters with every "auto" decided.
    classes_ : ndarray of shape (classes,)
        The classes in rising order, in the type that they were handed in; numbers of the labels if several.
    n_outputs_, n_layers_, out_activation_
        Outputs, layers (inputs and outputs counted) and the function of the last one.
    n_features_in_, feature_names_in_
        Columns seen in ``fit``, and their names where the table had any.
    n_iter_, t_ : int
        Epochs trained, and rows seen in them.
    coefs_, intercepts_ : list of ndarray
        Kernels and biases of the dense layers.
    loss_, best_loss_ : float
        Training loss of the last epoch and the lowest; the latter is None with validation rows.
    loss_curve_, validation_loss_curve_ : list of float
        Losses of every epoch; the latter is None without validation rows.
    validation_scores_, best_validation_score_
        Accuracy of the validation rows in every epoch, and the best; None without them.
    best_iter_ : int
        The epoch whose weights are kept.
    stop_reason_ : str
        Why training ended, in words.
    zeros_ : dict
        Weights of the kernels of each layer that are exactly zero, as L1 penalties make them; ``"total"``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> net = NetClassifier(hidden=(16,), epochs=50, learning_rate=0.03, random_state=0).fit(X, y)
    >>> bool(net.score(X, y) > 0.9), net.predict_proba(X[:2]).shape
    (True, (2, 3))
    """

    classes_: np.ndarray

    def __init__(
        self,
        hidden: Any = "auto",
        activation: Any = "auto",
        *,
        norm: Any = None,
        norm_position: Any = "before",
        layers: Any = None,
        residual: Any = False,
        dropout: Any = "auto",
        input_dropout: Any = 0.0,
        initializer: Any = "auto",
        number_embedding: Any = "auto",
        embedding_width: Any = "auto",
        ensemble: Any = 1,
        start_from: Any = None,
        frozen: Any = None,
        head: Any = "auto",
        class_order: Any = None,
        loss: Any = "auto",
        label_smoothing: Any = "auto",
        class_weight: Any = None,
        optimizer: Any = "auto",
        learning_rate: Any = "default",
        momentum: Any = None,
        rho: Any = None,
        beta_1: Any = None,
        beta_2: Any = None,
        epsilon: Any = None,
        schedule: Any = "auto",
        warmup: Any = 0.0,
        weight_decay: Any = "auto",
        l1: Any = 0.0,
        l2: Any = 0.0,
        bias_l1: Any = 0.0,
        bias_l2: Any = 0.0,
        activity_l1: Any = 0.0,
        activity_l2: Any = 0.0,
        constraint: Any = None,
        clip_norm: Any = None,
        clip_value: Any = None,
        averaging: Any = None,
        augment: Any = "auto",
        balance: Any = False,
        batch_size: Any = "auto",
        base_batch_size: Any = None,
        accumulate: Any = 1,
        batch_growth: Any = None,
        epochs: Any = "auto",
        min_epochs: Any = 0,
        patience: Any = "auto",
        min_delta: Any = 0.0,
        stop_loss: Any = None,
        stop_accuracy: Any = None,
        stop_change: Any = None,
        max_time: Any = None,
        monitor: Any = "auto",
        validation: Any = "auto",
        split: Any = "auto",
        scaling: Any = "auto",
        pca: Any = None,
        whiten: Any = False,
        mixture: Any = None,
        smooth_clip: Any = "auto",
        one_hot_levels: Any = 8,
        max_levels: Any = 256,
        calibrate: Any = "auto",
        record: Any = "auto",
        precision: Any = "auto",
        random_state: Any = None,
        warm_start: Any = False,
        act: Any = False,
        log: Any = None,
        verbose: Any = False,
    ):
        self._store(locals())

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> NetClassifier:
        """Train for one epoch on these rows, going on from what is there, the optimizer included.

        Encoders are learnt from the rows of the first call, and kept. No rows are kept for validation, and
        schedules that must know how long training lasts stay at their peak.

        Parameters
        ----------
        X : table of shape (rows, features)
        y : sequence of shape (rows,), or table of shape (rows, labels)
        sample_weight : sequence of shape (rows,), optional
        classes : sequence, optional
            All classes that will ever occur; must be given in the first call.

        Returns
        -------
        self

        Examples
        --------
        >>> net = NetClassifier(hidden=(8,), random_state=0)
        >>> net.partial_fit([[0.0], [1.0]], ["no", "yes"], classes=["maybe", "no", "yes"]).n_iter_
        1
        """
        return self._partial_fit(X, y, sample_weight, self._announced(y, classes))

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row, of shape (rows,), or the labels (rows, labels).

        Parameters
        ----------
        X : table of shape (rows, features)
        """
        frame = self._frame(X)
        # A temperature changes no class, but could make two of them equal by rounding.
        proba = self._by_class(replace(self.model_, temperature=1.0).predict_proba(frame))
        if self.model_.target.task == "multilabel":
            return self.model_.target.labels(proba)
        return self.classes_[proba.argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, of shape (rows, classes); columns follow ``classes_``.

        Parameters
        ----------
        X : table of shape (rows, features)
        """
        frame = self._frame(X)
        return self._by_class(self.model_.predict_proba(frame))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`.

        Parameters
        ----------
        X : table of shape (rows, features)
        """
        with np.errstate(divide="ignore"):  # a probability may be 0 in float64
            return np.log(self.predict_proba(X))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits: (rows,) for two classes, else (rows, classes) or (rows, labels).

        Parameters
        ----------
        X : table of shape (rows, features)
        """
        frame = self._frame(X)
        return self._by_class(self.model_.decision_function(frame))

    def _by_class(self, columns: np.ndarray) -> np.ndarray:
        """Return columns in the order of ``classes_``; the network may have the classes in another one."""
        target = self.model_.target
        if self.class_order is None or target.task != "multiclass":
            return columns
        return columns[:, [target.classes.index(value) for value in self.classes_.tolist()]]

    def _values_of(self, y: Any) -> np.ndarray:
        values = intake.labels(y)
        if values.ndim == 1:
            check_classification_targets(values)
        return values

    def _know_target(self, values: np.ndarray, target: Target | None) -> str:
        if target is not None:
            return target.task
        if values.ndim == 2:
            self.n_outputs_ = values.shape[1]
            self.classes_ = np.arange(self.n_outputs_)
            return "multilabel"
        return self._know_classes(np.unique(values))

    def _know_classes(self, classes: np.ndarray) -> str:
        self.classes_ = classes
        self.n_outputs_ = 1 if len(classes) <= 2 else len(classes)
        return "binary" if len(classes) <= 2 else "multiclass"

    def _announced(self, y: Any, classes: Any) -> Target | None:
        """Return the target that the classes given to the first `partial_fit` make; check them later."""
        known = hasattr(self, "model_")
        if classes is None:
            if not known:
                raise TargetError(
                    "Expected the classes in the first call to partial_fit, because later rows may hold "
                    "classes that these do not. Got None; pass classes=np.unique(all_of_y)."
                )
            return None
        values = np.unique(np.asarray(classes))
        if known:
            if not np.array_equal(values, self.classes_):
                raise TargetError(
                    f"Expected the classes of the first call to partial_fit, {self.classes_.tolist()}. "
                    f"Got {values.tolist()}."
                )
            return None
        labels = intake.labels(y)
        if labels.ndim == 2:  # labels of 0 and 1 announce themselves
            return None
        task = self._know_classes(values)
        return Target.of_classes(values.tolist(), intake.target_names(y, 1, ())[0], task, self.class_order)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
