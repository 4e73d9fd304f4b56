"""The ablation itself: baseline and variants over the same folds from the same seeds, one population."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal import backend
from shoal.errors import ShoalError, TrainingError
from shoal.fitting.judging import folds_of
from shoal.history import METRICS
from shoal.sweep.ablation.result import Ablation, Finding, together
from shoal.sweep.ablation.variants import CHANGED, Variant, Variants
from shoal.sweep.durations import said
from shoal.sweep.evaluation import evaluate
from shoal.sweep.matter.effects import effects
from shoal.sweep.matter.paired import t_test, units_of
from shoal.sweep.plan import Outlook, outlook
from shoal.sweep.question import Question
from shoal.sweep.runs import Key, RunScore
from shoal.sweep.scoring import NAMES, shown
from shoal.sweep.strategy import Ask

Watcher = Callable[[object], object]

FEWEST_FOLDS = 3  # that a budget may leave: two would be one degree of freedom
_READY_SECONDS = 0.6  # to make one program ready, as `shoal.sweep.plan` reckons


@dataclass(frozen=True)
class Design:
    """An ablation before it begins: what is trained, and what that is expected to take.

    Parameters
    ----------
    question : Question
        With the settings of the baseline; its space is empty.
    variants : tuple of Variant
    skipped : dict of str to str
    outlook : Outlook
    notes : tuple of str
        What a budget took away.
    """

    question: Question
    variants: tuple[Variant, ...]
    skipped: dict[str, str]
    outlook: Outlook
    notes: tuple[str, ...] = ()

    @property
    def asks(self) -> list[Ask]:
        """The baseline and the variants, as trials."""
        return [Ask(0, {}), *(Ask(i, one.settings) for i, one in enumerate(self.variants, 1))]

    def told(self) -> str:
        """Return what it will take, in one sentence."""
        folds, seeds = len(self.question.folds), len(self.question.seeds)
        return (
            f"Baseline and {len(self.variants)} change{'s' * (len(self.variants) != 1)} x {folds} "
            f"fold{'s' * (folds > 1)} x {seeds} seed{'s' * (seeds > 1)}: {self.outlook.nets:,} networks, "
            f"{self.outlook.programs} programs, about {said(self.outlook.seconds)}."
        )


def designed(question: Question, found: Variants, budget: float | None = None) -> Design:
    """Return what an ablation will train; what cannot be trained is left out, and a budget drops seeds.

    Parameters
    ----------
    question : Question
    found : Variants
    budget : float, optional
        Seconds. Seeds go first, then folds down to three.

    Raises
    ------
    ShoalError
        If the baseline itself cannot be trained.
    """
    variants, skipped = found.variants, dict(found.skipped)
    base = question.base
    if base.learning_rate == "auto":  # what is sought before training takes no part in the plan
        base = replace(base, learning_rate="default")
    one = replace(question, base=base, folds=question.folds[:1], seeds=question.seeds[:1])
    try:
        whole = outlook(one, [Ask(0, {}), *(Ask(i, v.settings) for i, v in enumerate(variants, 1))])
    except ShoalError:
        outlook(one, [Ask(0, {})])
        variants = tuple(v for v in variants if _possible(one, v, skipped))
        whole = outlook(one, [Ask(0, {}), *(Ask(i, v.settings) for i, v in enumerate(variants, 1))])
    question, notes = _within(question, whole, budget)
    return Design(question, variants, skipped, _times(whole, question), notes)


def ablated(
    design: Design,
    *,
    combine: bool = False,
    budget: float | None = None,
    on_event: Watcher | None = None,
) -> Ablation:
    """Train baseline and variants, and return what each change does.

    Parameters
    ----------
    design : Design
    combine : bool
        Train all changes that help at once, too: on other folds from other seeds, so that it is not judged
        by the luck that chose it.
    budget : float, optional
        Seconds after which changes that are not whole are given up.
    on_event : callable, optional
        Is told of the training (`shoal.train.events`).

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C came before the baseline and one change were whole.
    TrainingError
        If the time was over before that.
    """
    started = time.perf_counter()

    def over() -> bool:
        return budget is not None and time.perf_counter() - started >= budget

    parts, interrupted = _trained(design.question, design.asks, on_event, over)
    whole = [i for i in range(1, len(design.asks)) if i in parts]
    if 0 not in parts or not whole:
        if interrupted and not over():
            raise KeyboardInterrupt
        raise TrainingError(
            "Expected time for the baseline and one change at least. The budget was over before; give it "
            "more time, or name fewer techniques."
        )
    findings = compared(design.question, parts[0], [(design.variants[i - 1], parts[i]) for i in whole])
    notes = [*design.notes, *_cut(len(design.variants) - len(whole), over())]
    combination = None
    if combine and not interrupted and together(findings):
        combination = _combined(design.question, together(findings), on_event, over)
        notes += [] if combination else ["The combination was not trained to its end."]
    figure, goal = figure_of(design.question)
    return Ablation(
        figure=figure,
        goal=goal,
        baseline=interval(parts[0], design.question),
        baseline_parts=tuple(parts[0].tolist()),
        findings=findings,
        skipped=design.skipped,
        folds=len(design.question.folds),
        seeds=design.question.seeds,
        rows=len(design.question.problem),
        nets=design.outlook.nets,
        seconds=time.perf_counter() - started,
        combination=combination,
        notes=tuple(notes),
        interrupted=interrupted,
    )


def compared(
    question: Question, baseline: np.ndarray, variants: Sequence[tuple[Variant, np.ndarray]]
) -> tuple[Finding, ...]:
    """Return the effect of every variant against the baseline, the best first.

    Parameters
    ----------
    question : Question
    baseline : (folds * seeds,) array
        The figure, the seeds of a fold side by side.
    variants : sequence of (Variant, (folds * seeds,) array)
    """
    figure, goal = figure_of(question)
    found = effects(
        baseline,
        {str(i): parts for i, (_, parts) in enumerate(variants)},
        folds=len(question.folds),
        seeds=len(question.seeds),
        figure=figure,
        goal=goal,
        test_to_train=tested_share(question),
    )
    findings = [
        Finding(variant, replace(effect, name=variant.name), tuple(parts.tolist()), goal)
        for effect, (variant, parts) in zip(found, variants, strict=True)
    ]
    return tuple(sorted(findings, key=lambda one: -one.gain))


def figure_of(question: Question) -> tuple[str, str]:
    """Return the figure of the main score in words, and which way it is better."""
    name = question.scorers.main
    own = NAMES.get(name, name)
    return shown(name, 0.0)[0], METRICS[own].goal if own in METRICS else "max"


def interval(parts: np.ndarray, question: Question) -> tuple[float, float, float]:
    """Return the mean of a figure over folds and seeds, with its 95 % interval, cut where it cannot be."""
    units = units_of(parts, len(question.folds), len(question.seeds))
    found = t_test(units, tested_share(question) if len(question.folds) > 1 else 0.0)
    own = NAMES.get(question.scorers.main, question.scorers.main)
    least, most = (METRICS[own].lowest, METRICS[own].highest) if own in METRICS else (-math.inf, math.inf)
    return found.mean, max(found.low, least), min(found.high, most)


def tested_share(question: Question) -> float:
    """Return the rows tested over the rows trained on, the mean of the folds."""
    return float(np.mean([len(fold.test) / max(len(fold.train), 1) for fold in question.folds]))


def by_fold(question: Question, trial: int, scores: Mapping[Key, RunScore]) -> np.ndarray | None:
    """Return the figure of a trial, the seeds of a fold side by side; None where a run is missing."""
    keys = [(trial, fold, seed) for fold in range(len(question.folds)) for seed in question.seeds]
    if any(key not in scores for key in keys):
        return None
    main = question.scorers.main
    return np.array([shown(main, scores[key].scores[main])[1] for key in keys])


# -- the parts ----------------------------------------------------------------------


def _trained(
    question: Question, asks: Sequence[Ask], on_event: Watcher | None, over: Callable[[], bool]
) -> tuple[dict[int, np.ndarray], bool]:
    runs = [run for ask in asks for run in question.runs(ask, {})]
    came = evaluate(question.problem, runs, question.folds, question.scorers, on_event=on_event, stop=over)
    scores = {score.key: score for score in came.scores}
    parts = {ask.trial: by_fold(question, ask.trial, scores) for ask in asks}
    return {trial: figures for trial, figures in parts.items() if figures is not None}, came.interrupted


def _possible(question: Question, variant: Variant, skipped: dict[str, str]) -> bool:
    try:
        outlook(question, [Ask(0, variant.settings)])
    except ShoalError as error:
        if not variant.id:  # a change of one's own
            raise
        skipped[variant.name] = " ".join(str(error).split())
        return False
    return True


def _times(one: Outlook, question: Question) -> Outlook:
    """Return the outlook of all folds and seeds from that of one."""
    times = len(question.folds) * len(question.seeds)
    ready, work = _split(one)
    seconds = ready + work * times
    return replace(
        one, runs=one.runs * times, nets=one.nets * times, seconds=seconds, bytes=one.bytes * times
    )


def _split(one: Outlook) -> tuple[float, float]:
    """Return the seconds to make programs ready, and those to train."""
    ready = min(_READY_SECONDS * one.programs / len(backend.devices()), one.seconds)
    return ready, one.seconds - ready


def _within(question: Question, one: Outlook, budget: float | None) -> tuple[Question, tuple[str, ...]]:
    """Return the question with fewer seeds, then fewer folds, so that it keeps within a budget."""
    if budget is None:
        return question, ()
    ready, work = _split(one)
    runs = max(1, math.floor((budget - ready) / work)) if work > 0 else 10**9
    folds, seeds = len(question.folds), len(question.seeds)
    left = max(1, min(seeds, runs // folds))
    kept = folds if left > 1 or runs >= folds else max(min(FEWEST_FOLDS, folds), runs)
    notes = []
    if left < seeds:
        notes.append(f"The budget of {said(budget)} left {left} of {seeds} seeds.")
    if kept < folds:
        notes.append(f"It left {kept} of {folds} folds.")
        question = replace(question, folds=folds_of(question.problem, question.base, kept))
    return replace(question, seeds=question.seeds[:left]), tuple(notes)


def _cut(missing: int, over: bool) -> list[str]:
    if not missing:
        return []
    why = "The time was over" if over else "Interrupted"
    return [f"{why}: {missing} change{'s' * (missing > 1)} not trained to the end left out."]


def _combined(
    question: Question, settings: dict[str, Any], on_event: Watcher | None, over: Callable[[], bool]
) -> Finding | None:
    """Return the effect of several changes at once, on folds and seeds that have not chosen them."""
    further = max(question.seeds) + 1
    seeds = tuple(further + i for i in range(len(question.seeds)))
    folds = folds_of(question.problem, replace(question.base, seed=further), len(question.folds))
    fresh = replace(question, folds=folds, seeds=seeds)
    asks = [Ask(0, {}), Ask(1, settings)]
    parts, _ = _trained(fresh, asks, on_event, over)
    if len(parts) < 2:
        return None
    variant = Variant("combination", "", CHANGED, settings)
    return compared(fresh, parts[0], [(variant, parts[1])])[0]
