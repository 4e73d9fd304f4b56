"""A sweep as a study of Optuna in the same database, so that ``optuna-dashboard`` shows it.

This file (with `optuna_domains` beside it) and `shoal.sweep.strategy.optuna_tpe` alone import Optuna. The
study is a copy for looking at: it is made from the store's batches through Optuna's own storage, and can be
made anew from them; the sweep reads nothing from it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event

import shoal
from shoal.errors import MissingExtraError, StoreError
from shoal.sweep.store.encoding import scores_to_text, to_text
from shoal.sweep.store.optuna_domains import Domain, checked, distribution, value_in
from shoal.sweep.store.records import RunRow
from shoal.sweep.store.store import Store
from shoal.sweep.store.told_trials import ToldTrial, ToldTrials

try:
    import optuna
except ModuleNotFoundError:
    raise MissingExtraError(
        "A study for optuna-dashboard needs Optuna: pip install 'shoal[sweep]'."
    ) from None

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

_MARK = "shoal"
"""User attribute of the studies that are ours; a study of somebody else is not written to."""


class OptunaStudy:
    """Writes a sweep as a study of the same name.

    A trial is a trial of Optuna: its score is the value, the scores at its rungs are intermediate values, and
    those of its folds and seeds are user attributes. It is RUNNING while it may yet go on, FAIL if it came to
    nothing, and in the end COMPLETE, or PRUNED if others went on to more epochs.

    Parameters
    ----------
    store : Store
        In a file or on a server.
    domains : mapping
        By the name of each setting that varies:
        ``{"kind": "float", "low": 1e-4, "high": 0.1, "log": True}``,
        ``{"kind": "int", "low": 8, "high": 64, "step": 8}`` or
        ``{"kind": "categorical", "choices": [...]}``. Settings without a domain become the user attribute
        "settings".
    max_epochs : int, optional
        Epochs at which a trial is complete, where the strategy asks for rungs. Without it, that is decided
        when the sweep is over.

    metric : str, optional
        What the score is called.

    Raises
    ------
    SettingError
        If a domain is of no known form.
    StoreError
        If the database is in memory, or has a study of that name which is not ours.

    Examples
    --------
    >>> import tempfile
    >>> domains = {"dropout": {"kind": "float", "low": 0.0, "high": 0.5}}
    >>> with tempfile.TemporaryDirectory() as folder, Store.open(folder, create=True) as store:
    ...     store.begin({}, name="first")
    ...     store.open_batch(0, [{"trial": 0, "values": {"dropout": 0.2}}])
    ...     store.close_batch(0, [{"trial": 0, "score": 0.9, "epochs": 30}])
    ...     with OptunaStudy(store, domains) as study:
    ...         study.update()
    1
    """

    def __init__(
        self,
        store: Store,
        domains: Mapping[str, Domain],
        *,
        max_epochs: int | None = None,
        metric: str | None = None,
    ) -> None:
        if not store.is_lasting:
            raise StoreError("A sweep in memory has no study: optuna-dashboard reads a file or a server.")
        self.url = store.url.render_as_string(hide_password=False)
        self._store = store
        self._domains = checked(domains)
        self._max_epochs = max_epochs
        self._told = ToldTrials(store)
        with store.undisturbed(), _quietly():
            self._storage = optuna.storages.RDBStorage(self.url, engine_kwargs=_engine_arguments(store))
            _without_waiting(self._storage.engine)
            try:
                self._study = self._found()
                self._name_values(metric)
                self._written = self._trials_there()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> OptunaStudy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close Optuna's connections."""
        self._storage.remove_session()
        self._storage.engine.dispose()

    def update(self, *, over: bool = False) -> int:
        """Write what the closed batches tell and the study does not know yet.

        Parameters
        ----------
        over : bool
            Whether the sweep has ended, so that no trial goes on.

        Returns
        -------
        int
            Trials that were written or changed. A second call without news writes nothing.
        """
        touched = self._told.read()
        if over:
            touched |= {number for number, (_, state) in self._written.items() if not state.is_finished()}
        with self._store.undisturbed(), _quietly():
            return sum(self._write(self._told.trials[number], over) for number in sorted(touched))

    def _found(self) -> int:
        """Return the number of our study, made if it is not there."""
        name = self._store.name
        try:
            study = self._storage.get_study_id_from_name(name)
        except KeyError:
            study = self._storage.create_new_study([StudyDirection.MAXIMIZE], name)
        if _MARK in self._storage.get_study_user_attrs(study):
            return study
        if self._storage.get_n_trials(study):
            raise StoreError(
                f"'{self._store.where}' has a study '{name}' that no sweep wrote; "
                "give the sweep another name."
            )
        self._storage.set_study_user_attr(study, _MARK, shoal.__version__)
        return study

    def _name_values(self, metric: str | None) -> None:
        if metric is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                study = optuna.load_study(study_name=self._store.name, storage=self._storage)
                study.set_metric_names([metric])

    def _trials_there(self) -> dict[int, tuple[int, TrialState]]:
        """Return Optuna's number and the state of each trial of ours that is in the study."""
        found = self._storage.get_all_trials(self._study, deepcopy=False)
        return {trial.user_attrs["trial"]: (trial._trial_id, trial.state) for trial in found}

    def _write(self, trial: ToldTrial, over: bool) -> bool:
        state = self._state_of(trial, over)
        known = self._written.get(trial.number)
        if known is None:
            number = self._storage.create_new_trial(self._study, self._frozen(trial, state))
        elif known[1].is_finished() or not self._go_on(number := known[0], trial, state):
            return False
        self._written[trial.number] = number, state
        return True

    def _state_of(self, trial: ToldTrial, over: bool) -> TrialState:
        if trial.score is None or math.isnan(trial.score):
            return TrialState.FAIL
        if trial.asked is None:
            return TrialState.COMPLETE
        if self._max_epochs is not None:
            ended = trial.asked >= self._max_epochs
        else:
            ended = over and trial.asked >= max(other.asked or 0 for other in self._told.trials.values())
        return TrialState.COMPLETE if ended else TrialState.PRUNED if over else TrialState.RUNNING

    def _frozen(self, trial: ToldTrial, state: TrialState) -> FrozenTrial:
        params = {name: value for name, value in trial.values.items() if name in self._domains}
        domains = {name: distribution(self._domains[name], value) for name, value in params.items()}
        try:
            frozen = create_trial(
                state=state,
                value=_value(trial, state),
                params={name: value_in(self._domains[name], value) for name, value in params.items()},
                distributions=domains,
                user_attrs=self._attributes(trial),
                intermediate_values=trial.reports,
            )
        except ValueError as error:
            raise StoreError(
                f"Trial {trial.number} has settings outside of the domains that its study was given: {error}"
            ) from None
        _set_times(frozen, trial.runs.values())
        return frozen

    def _go_on(self, number: int, trial: ToldTrial, state: TrialState) -> bool:
        """Write the news of a trial that was running, and return whether there were any."""
        there = self._storage.get_trial(number)
        new = {
            epochs: score
            for epochs, score in trial.reports.items()
            if epochs not in there.intermediate_values
        }
        for epochs, score in new.items():
            self._storage.set_trial_intermediate_value(number, epochs, score)
        if not state.is_finished():
            return bool(new)
        for name, value in self._attributes(trial).items():
            if there.user_attrs.get(name) != value:
                self._storage.set_trial_user_attr(number, name, value)
        value = _value(trial, state)  # the state comes last: what has ended cannot be changed
        return self._storage.set_trial_state_values(number, state, None if value is None else [value])

    def _attributes(self, trial: ToldTrial) -> dict[str, Any]:
        """Return the number of the trial, its scores fold by fold, and settings that do not vary."""
        other = {name: value for name, value in trial.values.items() if name not in self._domains}
        runs = [trial.runs[key] for key in sorted(trial.runs)]
        names = dict.fromkeys(name for run in runs for name in run.scores)
        scores = {name: [_plain(run.scores.get(name)) for run in runs] for name in names}
        parts = {"parts": [_plain(part) for part in trial.parts]} if trial.parts else {}
        return {"trial": trial.number, **parts, **scores, **({"settings": to_text(other)} if other else {})}


def _value(trial: ToldTrial, state: TrialState) -> float | None:
    has_one = state in (TrialState.COMPLETE, TrialState.PRUNED)
    return float(trial.score) if has_one and trial.score is not None else None


def _plain(score: float | None) -> float | str | None:
    """Return a score as the browser's JSON can say it."""
    if score is None or math.isfinite(score):
        return score
    return scores_to_text({"": score})[5:-2]


def _set_times(frozen: FrozenTrial, runs: Iterable[RunRow]) -> None:
    """Let a trial begin with its first run and end with its last."""
    ends = [(datetime.fromisoformat(run.finished), timedelta(seconds=run.seconds)) for run in runs]
    if ends:
        frozen.datetime_start = _local(min(end - took for end, took in ends))
        frozen.datetime_complete = _local(max(end for end, _ in ends)) if frozen.state.is_finished() else None


def _local(moment: datetime) -> datetime:
    """Return a moment without its zone, in the local one, as Optuna keeps it."""
    return moment.astimezone().replace(tzinfo=None)


def _engine_arguments(store: Store) -> dict[str, Any]:
    return {"connect_args": {"timeout": 60}} if store.url.get_backend_name() == "sqlite" else {}


def _without_waiting(engine: Engine) -> None:
    """Let SQLite not wait for the disk at every commit of Optuna's, of which there are several to a trial.

    A power cut may cost the copy its last trials, which are made anew from the batches; a kill costs nothing.
    """
    if engine.dialect.name == "sqlite":
        event.listen(
            engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = NORMAL")
        )
        engine.dispose()  # connections of before


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Optuna from telling of every study on the terminal, and leave its level as it was."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)
