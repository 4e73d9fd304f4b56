"""How a search will go: its strategy made for the question, and the plan that a store keeps of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from shoal.fitting.defaults import resolved
from shoal.fitting.problem import whole_table
from shoal.model.fingerprint import fingerprint
from shoal.model.provenance import versions
from shoal.sweep.plan import expected_seconds
from shoal.sweep.question import Question
from shoal.sweep.run import plain
from shoal.sweep.strategy import Strategy, strategy

if TYPE_CHECKING:
    from shoal.sweep.keeper import StoreKeeper

TRIALS = 64
"""Settings that are tried where neither their number, nor a budget, nor a finite space says how many."""


@dataclass(frozen=True)
class Method:
    """A strategy with the question that it is put to.

    Parameters
    ----------
    question : Question
        With the epochs that the strategy reckons with.
    strategy : Strategy
    seed : int
    max_epochs : int
    """

    question: Question
    strategy: Strategy
    seed: int
    max_epochs: int

    def plan(self) -> dict[str, Any]:
        """Return all that the results depend on, as JSON data."""
        q = self.question
        return plain(
            {
                "method": self.strategy.resolved,
                "space": q.space.to_json(),
                "settings": q.base.given(),
                "scores": list(q.scorers.names),
                "by": q.scorers.main,
                "seed": self.seed,
                "seeds": list(q.seeds),
                "folds": [[len(fold.train), len(fold.valid), len(fold.test)] for fold in q.folds],
                "rows_of_folds": fold_marks(q),
                "max_epochs": self.max_epochs,
                "task": q.problem.task,
                "data": fingerprint(whole_table(q.problem)),
                "versions": dict(versions()),
            }
        )


def method_for(
    question: Question,
    method: str | Mapping[str, Any],
    trials: int | None,
    max_epochs: int | None,
    budget: float | None,
    seed: int,
    pauses: tuple[int, ...] = (),
) -> Method:
    """Return the strategy for a question.

    Parameters
    ----------
    question : Question
    method : str or mapping
        As `shoal.sweep.strategy.strategy` takes it.
    trials : int or None
        None: as many as the budget allows; without one a finite space whole, or `TRIALS`.
    max_epochs : int or None
        Epochs of a whole training; None takes what the settings say.
    budget : float or None
        Seconds.
    seed : int
    pauses : tuple of int
        See `shoal.sweep.strategy.strategy`.
    """
    base = question.base
    if max_epochs is not None:
        base = replace(base, epochs=max_epochs)
    question = replace(question, base=base)
    done = resolved(base, question.facts)
    whole, left = None, budget
    if budget is not None:
        whole, ready = expected_seconds(question)
        left = max(budget - ready, budget / 4)
    if trials is None and budget is None and question.space.size is None:
        trials = TRIALS
    made = strategy(
        method,
        question.space,
        trials=trials,
        max_epochs=int(done.epochs),
        seed=seed,
        expected_seconds=whole,
        budget=left,
        pauses=pauses,
    )
    return Method(question, made, seed, int(done.epochs))


@contextmanager
def kept(store: Any, method: Method, name: str = "sweep") -> Iterator[tuple[StoreKeeper | None, float]]:
    """Open the store of a search, if there is to be one, and say how long earlier sittings took."""
    if store is None:
        yield None, 0.0
        return
    from shoal.sweep.keeper import StoreKeeper  # wakes SQLAlchemy
    from shoal.sweep.store import Store

    with Store.open(store, create=True) as opened:
        opened.begin(method.plan(), name)
        keeper = StoreKeeper(opened, method.question)
        yield keeper, keeper.spent()


def fold_marks(question: Question) -> list[str]:
    """Return a short mark of the rows of every fold, by which a store knows them again."""
    marks = []
    for fold in question.folds:
        text = b"|".join(part.astype("int64").tobytes() for part in (fold.train, fold.valid, fold.test))
        marks.append(blake2b(text, digest_size=8).hexdigest())
    return marks
