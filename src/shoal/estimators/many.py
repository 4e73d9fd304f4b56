"""Many estimators trained as one population: the engine's own door."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
import polars as pl
from sklearn.base import clone

from shoal import pipeline
from shoal.errors import SettingError, TrainingError, TrainingWarning, did_you_mean
from shoal.estimators.base import NetEstimator, seed_of
from shoal.estimators.fitted import fitted_attributes
from shoal.fitting.endings import fruitless
from shoal.history import METRICS
from shoal.rules import refuse_unknown

_NOT_VARIED = ("random_state", "warm_start", "act", "log", "verbose")


class Shoal(Sequence):
    """Fitted estimators that were trained together, in the order of the settings, seed after seed.

    Attributes
    ----------
    nets : tuple of estimator
    settings : tuple of dict
        What was asked for each of them, besides the parameters of the common estimator.
    seeds : tuple of int
    codes : tuple of str
        How each training ended: "complete", "early", "diverged" or "interrupted".

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from shoal import NetClassifier, fit_many
    >>> X, y = load_iris(return_X_y=True)
    >>> net = NetClassifier(hidden=(8,), epochs=20)
    >>> nets = fit_many(net, [{"learning_rate": rate} for rate in (1e-4, 1e-2)], X, y, seeds=2)
    >>> nets
    Shoal(4 x NetClassifier: 2 settings x 2 seeds)
    >>> nets.best().learning_rate, nets.frame().shape
    (0.01, (4, 8))
    """

    def __init__(
        self,
        nets: Sequence[NetEstimator],
        settings: Sequence[Mapping[str, Any]],
        seeds: Sequence[int],
        codes: Sequence[str],
        seconds: Sequence[float],
    ):
        self.nets = tuple(nets)
        self.settings = tuple(dict(given) for given in settings)
        self.seeds = tuple(seeds)
        self.codes = tuple(codes)
        self._seconds = tuple(seconds)

    def __len__(self) -> int:
        return len(self.nets)

    @overload
    def __getitem__(self, place: int) -> NetEstimator: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[NetEstimator, ...]: ...
    def __getitem__(self, place):
        return self.nets[place]

    def __iter__(self) -> Iterator[NetEstimator]:
        return iter(self.nets)

    def __repr__(self) -> str:
        seeds = len(set(self.seeds))
        kinds = len(self) // max(seeds, 1)
        diverged = self.codes.count("diverged")
        told = f", {diverged} diverged" if diverged else ""
        word = "settings" if kinds != 1 else "setting"
        name = type(self.nets[0]).__name__ if self.nets else "nets"
        return f"Shoal({len(self)} x {name}: {kinds} {word} x {seeds} seed{'s' * (seeds != 1)}{told})"

    def frame(self) -> pl.DataFrame:
        """Return one row for each net: its settings, seed, best epoch and what it reached, and how it ended.

        Columns are the settings that were asked for as ``param_<name>``, ``seed``, ``epochs``,
        ``best_epoch``, the columns of the history at the best epoch (``loss``, ``val_loss``,
        ``val_accuracy``, ...), ``ended``, ``stop_reason``, and ``seconds``, its share of the time on the
        device.
        """
        names = dict.fromkeys(name for given in self.settings for name in given)
        rows = []
        for i, net in enumerate(self.nets):
            shown = {f"param_{name}": _cell(getattr(net, name)) for name in names}
            rows.append({**shown, **self._reached(i)})
        columns = dict.fromkeys(name for row in rows for name in row)
        return pl.DataFrame({n: _column([row.get(n) for row in rows]) for n in columns})

    def best(self, by: str = "auto") -> NetEstimator:
        """Return the best net.

        Parameters
        ----------
        by : str
            A column of the history, such as "val_loss", "val_accuracy" or "loss", at the best epoch of each
            net; "auto" takes "val_loss" where all nets were validated, else "loss".

        Returns
        -------
        estimator
            The first of the best; nets that diverged, or have no such column, are not considered.

        Raises
        ------
        SettingError
            If there is no such column.
        TrainingError
            If every net diverged.
        """
        sound = [i for i, code in enumerate(self.codes) if code != "diverged" and len(self.nets[i].history_)]
        if not sound:
            raise TrainingError("There is no best net: every one diverged. Lower the learning rates.")
        names = [self.nets[i].history_.names for i in sound]
        if by == "auto":
            by = "val_loss" if all("val_loss" in own for own in names) else "loss"
        reached = {i: (self.nets[i].history_.best() or {}).get(by) for i in sound}
        there = {i: value for i, value in reached.items() if value is not None}
        if not there:
            known = sorted({name for own in names for name in own})
            raise SettingError(
                f"The history of the nets has no column '{by}'.{did_you_mean(by, known)} "
                f"Its columns are: {', '.join(known)}."
            )
        metric = METRICS.get(by.removeprefix("val_"))
        sign = -1.0 if metric is not None and metric.goal == "max" else 1.0
        return self.nets[min(there, key=lambda i: sign * there[i])]

    def _reached(self, i: int) -> dict[str, Any]:
        history = self.nets[i].history_
        best = history.best() or {}
        figures = {n: best.get(n) for n in history.names if n not in ("epoch", "learning_rate", "seconds")}
        return {
            "seed": self.seeds[i],
            "epochs": len(history),
            "best_epoch": history.best_epoch,
            **figures,
            "ended": self.codes[i],
            "stop_reason": history.stop_reason,
            "seconds": self._seconds[i],
        }


def fit_many(
    estimator: NetEstimator,
    settings: Sequence[Mapping[str, Any]],
    X: Any,
    y: Any,
    *,
    seeds: int | Sequence[int] = 1,
    sample_weight: Any = None,
    X_val: Any = None,
    y_val: Any = None,
    sample_weight_val: Any = None,
    exact: bool = False,
    on_event: pipeline.Watcher | None = None,
) -> Shoal:
    """Train many networks as one population: every setting with every seed.

    Networks of like shape share one compiled program, the cores share out the networks, and each stops on its
    own. What a network becomes does not depend on its neighbours.

    Parameters
    ----------
    estimator : NetClassifier or NetRegressor
        Gives the parameters that the settings do not mention; is not fitted itself.
    settings : sequence of mapping
        Parameters of each network, such as ``{"learning_rate": 0.01, "hidden": (64, 64)}``; ``[{}]`` for one.
    X, y, sample_weight, X_val, y_val, sample_weight_val
        As for `NetEstimator.fit`.
    seeds : int or sequence of int
        Seeds that every setting is trained with. A number n means n of them: 0 to n-1, or counted from
        the ``random_state`` of the estimator where that is an int.
    exact : bool
        Give every network the very bits that it would have alone, at the price of speed for tiny networks.
    on_event : callable, optional
        Is told what happens during the training; see `shoal.train.events`.

    Returns
    -------
    Shoal

    Raises
    ------
    ValueError
        As for ``fit``; for settings that are unknown, with the nearest one that is known.

    Warns
    -----
    TrainingWarning
        If networks diverged: they are stopped, and harm nobody.

    Examples
    --------
    >>> import numpy as np
    >>> from shoal import NetRegressor
    >>> X = np.linspace(0, 1, 50)[:, None]
    >>> shapes = [{"hidden": shape} for shape in ((4,), (8, 8))]
    >>> nets = fit_many(NetRegressor(epochs=30), shapes, X, X[:, 0], seeds=[3, 4])
    >>> [(net.hidden, net.random_state) for net in nets]
    [((4,), 3), ((4,), 4), ((8, 8), 3), ((8, 8), 4)]
    """
    if isinstance(settings, Mapping) or not all(isinstance(one, Mapping) for one in settings):
        raise SettingError(
            f"Expected a sequence of mappings as settings, such as [{{'hidden': (8,)}}]. Got {settings!r}."
        )
    given = [dict(one) for one in settings]
    numbers = _seeds(seeds, estimator)
    nets = _unfitted(estimator, given, numbers)
    if not nets:
        raise SettingError("Expected at least one setting and one seed to train. Got none.")
    first = nets[0]
    for name in ("act", "log"):
        if getattr(first, name):
            raise SettingError(
                f"Expected {name} to be left out for many networks; it follows one. Got "
                f"{name}={getattr(first, name)!r}; call fit."
            )
    plans = [net._settings() for net in nets]
    problem = first._problem(X, y, sample_weight)
    valid = first._valid(problem, X_val, y_val, sample_weight_val)
    done = pipeline.fit(problem, plans, valid=valid, exact=exact, on_event=on_event)
    about_data = {n: v for n, v in vars(first).items() if n.endswith("_")}
    for net, (model, result, ready) in zip(nets, done, strict=True):
        net._keep({**about_data, **fitted_attributes(model, result, ready)})
    asked = [one for one in given for _ in numbers]
    results = [result for _, result, _ in done]
    codes = ["diverged" if fruitless(result) else result.code for result in results]
    shoal = Shoal(nets, asked, numbers * len(given), codes, [r.seconds for r in results])
    _tell(shoal)
    return shoal


def _unfitted(
    estimator: NetEstimator, settings: Sequence[Mapping[str, Any]], seeds: Sequence[int]
) -> list[NetEstimator]:
    """Return an estimator for every setting and seed; made anew, because a clone takes a millisecond."""
    kind, common = type(estimator), clone(estimator).get_params(deep=False)
    known = [name for name in common if name not in _NOT_VARIED]
    for given in settings:
        refuse_unknown(kind.__name__, given, known)
    return [kind(**{**common, **given, "random_state": seed}) for given in settings for seed in seeds]


def _seeds(seeds: int | Sequence[int], estimator: NetEstimator) -> list[int]:
    if not isinstance(seeds, int | np.integer):
        return [int(seed) for seed in seeds]
    first = 0
    if estimator.random_state is not None:
        first = seed_of(estimator.random_state, type(estimator).__name__)
    return [first + i for i in range(int(seeds))]


def _tell(shoal: Shoal) -> None:
    """Warn of the nets that diverged, and of an interruption."""
    diverged = [i for i, code in enumerate(shoal.codes) if code == "diverged"]
    if diverged:
        shown = ", ".join(f"{i} ({_words(shoal.settings[i])})" for i in diverged[:3])
        more = f" and {len(diverged) - 3} more" if len(diverged) > 3 else ""
        warnings.warn(
            f"{len(diverged)} of {len(shoal)} networks diverged and were stopped: {shown}{more}. The others "
            "are not affected. Lower the learning rate of these, or set clip_norm=1.0.",
            TrainingWarning,
            stacklevel=3,
        )
    if "interrupted" in shoal.codes:
        warnings.warn("Interrupted; what was learnt is kept.", TrainingWarning, stacklevel=3)


def _words(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in given.items()) or "the common settings"


def _cell(value: Any) -> Any:
    """Return a setting as a table can hold it."""
    return str(value) if isinstance(value, list | tuple | Mapping) else value


def _column(values: list[Any]) -> pl.Series:
    kinds = {type(value) for value in values if value is not None}
    mixed = len(kinds) > 1 and not kinds <= {int, float}
    return pl.Series([None if v is None else str(v) for v in values] if mixed else values, strict=False)
