"""What to try next: strategies that are asked for a batch of settings and told what came of them.

`KINDS` is the table of all of them, `strategy` makes one, `Strategy` is the contract that each keeps. None
needs JAX; Optuna is imported by one file alone, scikit-learn by another, each when it is used.
"""

from shoal.sweep.strategy.choosing import strategy
from shoal.sweep.strategy.contract import Ask, Strategy, Told
from shoal.sweep.strategy.early import stopping_early
from shoal.sweep.strategy.table import KINDS, Kind

__all__ = ["KINDS", "Ask", "Kind", "Strategy", "Told", "stopping_early", "strategy"]
