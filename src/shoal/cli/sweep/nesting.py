"""The whole search done again in each fold of an outer cross-validation: what it is worth, without luck."""

from __future__ import annotations

from dataclasses import replace

from shoal.cli.sweep.board import Board
from shoal.cli.sweep.final import best_of, refitted
from shoal.cli.sweep.kept import read_kept
from shoal.cli.sweep.posing import Posed, question_on, share_of_budget
from shoal.fitting.judging import folds_of
from shoal.sweep.method import kept as kept_in
from shoal.sweep.method import method_for
from shoal.sweep.run import search
from shoal.sweep.store import Store


def nested_scores(asked: Posed, where: str, name: str, board: Board) -> list[float]:
    """Return the main score of each outer fold, on rows that no part of its search has seen.

    Parameters
    ----------
    asked : Posed
        The search of the whole table, which is done again.
    where, name : str
        The database, in which each outer fold is a sweep of its own, and the name of the whole search.
    board : Board
    """
    order, question = asked.order, asked.question
    outer = folds_of(question.problem, question.base, int(order.nested or 0))
    scores = []
    for i, fold in enumerate(outer):
        inner = question_on(order, question.problem.take(fold.train), question.base)
        share = share_of_budget(order)
        method = method_for(
            inner,
            order.method,
            order.trials,
            order.max_epochs,
            share,
            question.base.seed,
            tuple(order.pauses),
        )
        board.begin(method.strategy, f"outer fold {i + 1} of {len(outer)}: ")
        called = f"{name}, outer fold {i}"
        with kept_in(where, method, called) as (keeper, spent):
            found = search(
                method.question,
                method.strategy,
                keeper=keeper,
                budget=share,
                spent=spent,
                keep_time=True,
                on_event=board.see,
            )
        if found.interrupted:
            raise KeyboardInterrupt
        with Store.open(where, sweep=called) as store:
            best = best_of(read_kept(store))
        board.say(f"training trial {best.number} on the rows of outer fold {i + 1}")
        model = refitted(replace(method.question, problem=inner.problem), best).model
        scores.append(question.scorers.score(model, question.problem, fold.test)[question.scorers.main])
    return scores
