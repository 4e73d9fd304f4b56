"""Plain descent, with momentum and with Nesterov's."""

from __future__ import annotations

import optax

from shoal.train.optimizers.kinds import OptimizerKind, momentum


def _sgd(s):
    return optax.identity()


def _momentum(s):
    return optax.trace(decay=s["momentum"])


def _nesterov(s):
    return optax.trace(decay=s["momentum"], nesterov=True)


_VELOCITY = {"momentum": momentum(0.9)}

PLAIN: dict[str, OptimizerKind] = {
    "sgd": OptimizerKind(_sgd, learning_rate=0.1),
    "momentum": OptimizerKind(_momentum, _VELOCITY, 0.01, momentum="momentum"),
    "nesterov": OptimizerKind(_nesterov, _VELOCITY, 0.01, momentum="momentum"),
}
"""momentum: ``v <- m v + g``, direction ``v`` (Polyak 1964); nesterov: direction ``g + m v`` (Sutskever et
al., ICML 2013)."""
