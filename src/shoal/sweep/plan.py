"""What a search will take, said before it begins: networks, programs, time and memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shoal import backend
from shoal.sweep.evaluation import laid_out
from shoal.sweep.question import Question
from shoal.sweep.strategy import Ask
from shoal.train.footprint import footprint
from shoal.train.key import ProgramKey
from shoal.train.population import program_key
from shoal.train.strategy import step_flops

_COMPILE_SECONDS = 1.0  # of a program of usual size, with what else makes it ready
_FLOPS = 3e10  # of a core in training: between the small nets' and the large ones'
_STEP_SECONDS = 4e-6  # of a step that computes next to nothing
_DRAWN = 16  # settings that stand for a space


@dataclass(frozen=True)
class Outlook:
    """What a batch of a search will take.

    Parameters
    ----------
    trials, runs, nets, programs : int
        Settings; settings times folds and seeds; networks really trained (settings that differ only in the
        number of epochs share one); compiled programs.
    seconds : float
        Expected on this machine.
    bytes : int
        Of weights, optimizer states and rows that are held at one time, at most.
    """

    trials: int
    runs: int
    nets: int
    programs: int
    seconds: float
    bytes: int


def outlook(question: Question, asks: Sequence[Ask]) -> Outlook:
    """Return what a batch will take, without training anything."""
    runs = [run for ask in asks for run in question.runs(ask, {}, ahead=True)]
    members, views = laid_out(question.problem, runs, question.folds, question.scorers)
    keys = [program_key(member, views[member.view], 1) for member in members]
    work = sum(_seconds(key, member.last_epoch) for key, member in zip(keys, members, strict=True))
    cores = len(backend.devices())
    programs = len(set(keys))
    return Outlook(
        trials=len(asks),
        runs=len(runs),
        nets=len(members),
        programs=programs,
        seconds=(work + programs * _COMPILE_SECONDS) / cores,
        bytes=footprint(members, views).bytes_at_once,
    )


def expected_seconds(question: Question) -> tuple[float, float]:
    """Return what is expected on this machine: seconds of one whole trial, and to make the programs ready.

    Some settings drawn from the space stand for all. Programs are compiled once, however many trials there
    are, so a short search of many shapes is mostly compiling.
    """
    drawn = question.space.sample(np.random.default_rng(0), _DRAWN)
    found = outlook(question, [Ask(i, values) for i, values in enumerate(drawn)])
    ready = found.programs * _COMPILE_SECONDS / len(backend.devices())
    return max((found.seconds - ready) / max(len(drawn), 1), 1e-3), ready


def _seconds(key: ProgramKey, epochs: int) -> float:
    each = step_flops(key.structure, key.batch) / _FLOPS + _STEP_SECONDS
    return each * key.steps * epochs
