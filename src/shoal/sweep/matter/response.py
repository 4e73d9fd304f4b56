r"""How the score depends on the settings: main effects and interactions of a forest, calibrated.

A forest is shy: what it predicts varies less than the truth, and weak settings suffer most. So each main
effect :math:`m_j` (the forest's prediction averaged over all other settings) is judged on the trials that the
trees have not seen. A regression of the scores on the unseen :math:`m_j(x_j)` gives a factor :math:`\beta_j`
with its error; the variance of the setting's effect is :math:`(\beta_j^2 -
\mathrm{se}_j^2)\,\mathrm{Var}\,m_j`. A setting that does not matter has a main effect that unseen trials do
not confirm, so its variance is zero on average, and not merely small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shoal.sweep.matter.coordinates import Coordinate
from shoal.sweep.matter.forest import Forest, grown

COARSE = 8  # levels of a long coordinate in an interaction
_PULL = 2.0  # as many trials as this say that the forest is right as it is


@dataclass(frozen=True, eq=False)
class Trials:
    """The trials that a response is fitted to.

    Attributes
    ----------
    coordinates : list of Coordinate
    units : np.ndarray, shape (trials, coordinates)
        Places in the unit cube; NaN where inactive.
    active : np.ndarray, shape (coordinates,)
        How likely each coordinate takes part in the space.
    """

    coordinates: list[Coordinate]
    units: np.ndarray
    active: np.ndarray

    @cached_property
    def shares(self) -> list[np.ndarray]:
        """How likely the levels of each coordinate are."""
        return [one.shares for one in self.coordinates]

    @cached_property
    def levels(self) -> np.ndarray:
        """The level of each trial, (trials, coordinates)."""
        return np.stack([one.levels_of(self.units[:, j]) for j, one in enumerate(self.coordinates)], axis=1)

    @cached_property
    def there(self) -> np.ndarray:
        """Whether each coordinate takes part, (trials, coordinates)."""
        return np.isfinite(self.units)

    def columns(self, trees: int, rng: np.random.Generator) -> np.ndarray:
        """Return what the trees are grown on, (trees, trials, columns).

        Where a setting takes no part it cannot matter, so each tree sees another number drawn at random. A
        level of its own, "inactive", would be a copy of the switch that made it so, and share that one's
        importance.
        """
        if self.there.all():
            plain = [one.encoded(self.units[:, j]) for j, one in enumerate(self.coordinates)]
            whole = np.concatenate(plain, axis=1)
            return np.broadcast_to(whole, (trees, *whole.shape))
        made = []
        for _ in range(trees):
            drawn = np.where(self.there, self.units, rng.random(self.units.shape))
            parts = [one.encoded(drawn[:, j]) for j, one in enumerate(self.coordinates)]
            made.append(np.concatenate(parts, axis=1, dtype=np.float32))
        return np.stack(made)


@dataclass(frozen=True, eq=False)
class Response:
    """What one forest says.

    Attributes
    ----------
    mean : float
        The mean prediction over the space.
    curves : list of np.ndarray, each (levels,)
        The main effect of each coordinate, in the unit of the score; zero on average over the space.
    main : np.ndarray, shape (coordinates,)
        The variance of each main effect; about zero, and as often below, where there is none.
    pairs : np.ndarray, shape (pairs,)
        The variance of each interaction asked for.
    total : float
        The variance of all that the forest knows: of its prediction, or of the effects together if that is
        more.
    explained : float
        The share of the differences between trials that trees explain which have not seen them; may be
        negative.
    """

    mean: float
    curves: list[np.ndarray]
    main: np.ndarray
    pairs: np.ndarray
    total: float
    explained: float

    @property
    def shares(self) -> np.ndarray:
        """The share of the total of each setting, then of each interaction, (coordinates + pairs,)."""
        parts = np.concatenate([self.main, self.pairs])
        return parts / self.total if self.total > 0 else np.zeros(len(parts))


def respond(
    trials: Trials,
    scores: np.ndarray,
    counts: np.ndarray,
    *,
    pairs: Sequence[tuple[int, int]] = (),
    trees: int,
    rng: np.random.Generator,
) -> Response:
    """Grow a forest and return its calibrated effects.

    Parameters
    ----------
    trials : Trials
    scores : np.ndarray, shape (trials,)
        No gaps.
    counts : np.ndarray, shape (trials,)
        How often each trial counts.
    pairs : sequence of (int, int)
        The interactions asked for.
    trees : int
    rng : numpy.random.Generator
    """
    columns = trials.columns(trees, rng)
    forest = grown(trials.coordinates, columns, scores, counts, trees=trees, rng=rng)
    weight = counts / counts.sum()
    mean = float(weight @ scores)
    curves, unseen = _main_effects(trials, forest)
    unseen = unseen - weight @ unseen
    beta, error = _calibrated(unseen, scores - mean, counts)
    spread = np.array([share @ curve**2 for share, curve in zip(trials.shares, curves, strict=True)])
    main = (np.maximum(beta, 0.0) ** 2 - error**2) * spread * trials.active
    rest = scores - mean - unseen @ beta
    joint = np.array([_interaction(trials, forest, pair, rest, counts) for pair in pairs])
    together = main.clip(0).sum() + joint.clip(0).sum()
    known, explained = _prediction(forest, scores - mean, counts)
    additive = float(weight @ (unseen @ beta) ** 2)
    # From how the trials were chosen to how the space is: by what this changes in the main effects.
    known *= main.clip(0).sum() / additive if additive > 0 else 0.0
    curves = [max(b, 0.0) * curve for b, curve in zip(beta, curves, strict=True)]
    gain = max(explained, 1 - float(weight @ rest**2) / max(float(weight @ (scores - mean) ** 2), 1e-300))
    return Response(mean, curves, main, joint, max(together, known), gain)


def _prediction(forest: Forest, scores: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """The variance of the forest's prediction, set right on unseen trials, and the share that it explains."""
    weight = counts / counts.sum()
    unseen = _over_unseen(forest.predictions, forest.unseen)
    unseen = (unseen - weight @ unseen)[:, None]
    beta, error = _calibrated(unseen, scores, counts)
    variance = float(weight @ unseen[:, 0] ** 2)
    whole = max(float(weight @ scores**2), 1e-300)
    left = float(weight @ (scores - unseen[:, 0] * beta[0]) ** 2)
    return max(float(beta[0] ** 2 - error[0] ** 2), 0.0) * variance * float(beta[0] > 0), 1 - left / whole


def _main_effects(trials: Trials, forest: Forest) -> tuple[list[np.ndarray], np.ndarray]:
    """Each main effect at its levels, and at the trials by the trees that have not seen them."""
    curves, unseen = [], []
    for j, share in enumerate(trials.shares):
        each = forest.marginal(trials.shares, j)
        each = each - (each @ share)[:, None]
        curves.append(each.mean(0))
        unseen.append(_over_unseen(each[:, trials.levels[:, j]], forest.unseen) * trials.there[:, j])
    return curves, np.stack(unseen, axis=1)


def _over_unseen(each: np.ndarray, unseen: np.ndarray) -> np.ndarray:
    """The mean over the trees that have not seen a trial, (trials,)."""
    return (each * unseen).sum(0) / np.maximum(unseen.sum(0), 1)


def _calibrated(effects: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Regress scores on effects, (trials, effects), pulled a little towards 1: factors and errors."""
    trials = int((counts > 0).sum())
    weight = counts / counts.sum() * trials
    squares = weight @ effects**2
    inverse = np.linalg.pinv((effects * weight[:, None]).T @ effects + np.diag(_PULL / trials * squares))
    beta = inverse @ (effects.T @ (weight * scores) + _PULL / trials * squares)
    left = scores - effects @ beta
    variance = (weight @ left**2) / max(trials - effects.shape[1] - 1, 1)
    return beta, np.sqrt(variance * np.diag(inverse).clip(0))


def _interaction(
    trials: Trials, forest: Forest, pair: tuple[int, int], rest: np.ndarray, counts: np.ndarray
) -> float:
    """The variance of what two settings do together beyond what each does alone."""
    (one, first), (two, second) = (_coarse(trials, forest, j) for j in pair)
    each = forest.joint(trials.shares, first, second, pair)
    a, b = (share @ level for share, level in ((trials.shares[pair[0]], one), (trials.shares[pair[1]], two)))
    each = each - (each @ b)[:, :, None]
    each = each - np.einsum("i,tij->tj", a, each)[:, None, :]
    at = [level[trials.levels[:, j]].argmax(1) for j, level in zip(pair, (one, two), strict=True)]
    both = trials.there[:, pair[0]] & trials.there[:, pair[1]]
    unseen = _over_unseen(each[:, at[0], at[1]], forest.unseen) * both
    weight = counts / counts.sum()
    unseen = (unseen - weight @ unseen)[:, None]
    beta, error = _calibrated(unseen, rest - weight @ rest, counts)
    mean = each.mean(0)
    spread = float(a @ mean**2 @ b)
    return float((max(beta[0], 0.0) ** 2 - error[0] ** 2) * spread * min(trials.active[list(pair)]))


def _coarse(trials: Trials, forest: Forest, which: int) -> tuple[np.ndarray, np.ndarray]:
    """Group the levels of a long coordinate: (levels, groups), and how much of each group a leaf covers."""
    share = trials.shares[which]
    count = len(share)
    groups = count if count <= COARSE or not trials.coordinates[which].ordered else COARSE
    belongs = np.eye(groups)[np.arange(count) * groups // count]
    return belongs, (forest.covered[which] * share) @ belongs / (share @ belongs)
