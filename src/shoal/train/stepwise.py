"""One network, epoch by epoch: training pauses after each, so that someone may look at it and decide.

The numbers are those of a run without pauses, bit for bit; a pause costs a few milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import numpy as np

from shoal.train.events import Event, Finished, Interrupted, NetStopped, Started
from shoal.train.loop import train
from shoal.train.population import Member
from shoal.train.results import NetResult
from shoal.train.view import View


def train_stepwise(
    member: Member, views: Sequence[View], go_on: Callable[[NetResult], bool]
) -> Generator[Event, None, None]:
    """Train one network and ask after every epoch whether to go on.

    Parameters
    ----------
    member : Member
    views : sequence of View
    go_on : callable
        Is given what the epochs so far have made of the network; False ends the training.

    Yields
    ------
    Event
        As `shoal.train.loop.train` does.
    """
    steps = _Steps(member, views, go_on)
    try:
        yield from steps.events()
    except KeyboardInterrupt:  # it struck the one who was asked whether to go on
        yield Interrupted()
        steps.end("interrupted", "Interrupted")
    done = steps.done
    assert done is not None  # every step ends with a result
    yield NetStopped(0, done.epochs, done.best_epoch, done.code, done.reason, done)
    yield Finished([done], done.seconds)


class _Steps:
    """The epochs of one network, and what they have made of it so far."""

    def __init__(self, member: Member, views: Sequence[View], go_on: Callable[[NetResult], bool]):
        self.member, self.views, self.go_on = member, views, go_on
        self.done: NetResult | None = None
        self.started = time.perf_counter()

    def events(self) -> Generator[Event, None, None]:
        while True:
            interrupted = yield from self._epoch()
            assert self.done is not None
            if interrupted:
                self.end("interrupted", "Interrupted")
                return
            wanted = self.go_on(self.done)
            if self.done.code != "paused":  # it has ended by itself
                return
            if not wanted:
                self.end("stopped", "Stopped on request")
                return
            limit = self.member.recipe.max_time
            if limit is not None and time.perf_counter() - self.started >= limit:
                self.end("time", f"The {limit} seconds of max_time were over")
                return

    def _epoch(self) -> Generator[Event, None, bool]:
        """Train one epoch, and return whether it was interrupted."""
        interrupted = False
        events = train([self._next()], self.views, exact=True)
        event = next(events)
        while not isinstance(event, Finished):
            interrupted = interrupted or isinstance(event, Interrupted)
            try:
                if not isinstance(event, NetStopped) and not (self.done and isinstance(event, Started)):
                    yield event
                event = next(events)
            except KeyboardInterrupt as stop:  # whoever it struck, the training has to know
                event = events.throw(stop)
        self.done = _joined(self.done, event.results[0])
        return interrupted

    def end(self, code: str, word: str) -> None:
        """Note that the training ends here, unless it has ended by itself."""
        done = self.done
        assert done is not None
        if done.code not in ("paused", "interrupted"):
            return
        reason = f"{word} after epoch {done.epochs}; the best was epoch {done.best_epoch}."
        self.done = replace(done, code=code, reason=reason)

    def _next(self) -> Member:
        if self.done is not None:
            return replace(self.member, start=self.done.state, until=self.done.epochs + 1)
        first = int((self.member.start or {}).get("epoch", 0))
        return replace(self.member, until=first + 1)


def _joined(before: NetResult | None, now: NetResult) -> NetResult:
    if before is None:
        return now
    history = np.concatenate([before.history, now.history])
    record = before.record | now.record
    return replace(now, history=history, record=record, seconds=before.seconds + now.seconds)
