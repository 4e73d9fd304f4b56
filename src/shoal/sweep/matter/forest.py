"""A forest over settings, taken apart: each leaf is a box, so averages over the other settings are exact.

Only here is scikit-learn woken. Its extremely randomized trees (Geurts, Ernst and Wehenkel, 2006) are grown
one by one, so that each knows which trials it has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shoal.sweep.matter.coordinates import Coordinate

_SEEN = 0.632  # the share of trials that a tree sees: that of a bootstrap draw
_MOST_ROWS = 200  # of a tree, which bounds the time with thousands of trials


@dataclass(frozen=True, eq=False)
class Forest:
    """The leaves of all trees.

    Attributes
    ----------
    covered : list of np.ndarray, one for each coordinate, (leaves, levels)
        Whether a leaf holds a level.
    values : np.ndarray, shape (leaves,)
        What each leaf predicts.
    starts : np.ndarray, shape (trees,)
        The first leaf of each tree.
    unseen : np.ndarray, shape (trees, trials)
        Whether a trial was left out of a tree.
    predictions : np.ndarray, shape (trees, trials)
        What each tree says of each trial.
    """

    covered: list[np.ndarray]
    values: np.ndarray
    starts: np.ndarray
    unseen: np.ndarray
    predictions: np.ndarray

    def marginal(self, shares: Sequence[np.ndarray], which: int) -> np.ndarray:
        """Return each tree's prediction at each level of a coordinate, averaged over all others.

        Parameters
        ----------
        shares : sequence of np.ndarray
            How likely the levels of each coordinate are.
        which : int

        Returns
        -------
        np.ndarray, shape (trees, levels)
        """
        weight = self.values * self._rest(shares, (which,))
        return np.add.reduceat(weight[:, None] * self.covered[which], self.starts, axis=0)

    def joint(
        self, shares: Sequence[np.ndarray], first: np.ndarray, second: np.ndarray, pair: tuple[int, int]
    ) -> np.ndarray:
        """Return each tree's prediction over two coordinates alone, (trees, levels, levels).

        Parameters
        ----------
        shares : sequence of np.ndarray
        first, second : np.ndarray, shape (leaves, levels)
            How much of each level, of possibly coarser ones, a leaf covers.
        pair : (int, int)
        """
        weight = self.values * self._rest(shares, pair)
        cells = (weight[:, None] * first)[:, :, None] * second[:, None, :]
        return np.add.reduceat(cells, self.starts, axis=0)

    def _rest(self, shares: Sequence[np.ndarray], without: tuple[int, ...]) -> np.ndarray:
        """How much of the space each leaf takes in the other coordinates, (leaves,)."""
        sides = [
            covered @ share
            for number, (covered, share) in enumerate(zip(self.covered, shares, strict=True))
            if number not in without
        ]
        return np.prod(sides, axis=0) if sides else np.ones(len(self.values))


def grown(
    coordinates: Sequence[Coordinate],
    columns: np.ndarray,
    scores: np.ndarray,
    counts: np.ndarray,
    *,
    trees: int,
    rng: np.random.Generator,
) -> Forest:
    """Grow a forest over the trials that count.

    Parameters
    ----------
    coordinates : sequence of Coordinate
    columns : np.ndarray, shape (trees, trials, columns)
        The trials as each tree sees them: where a setting takes no part its column is drawn anew for each.
    scores : np.ndarray, shape (trials,)
    counts : np.ndarray, shape (trials,)
        How often each trial counts; a draw of the bootstrap.
    trees : int
    rng : numpy.random.Generator
    """
    from sklearn.tree import ExtraTreeRegressor

    rows = np.flatnonzero(counts > 0)
    take = min(max(2, round(_SEEN * len(rows))), _MOST_ROWS)
    unseen = np.ones((trees, len(scores)), dtype=bool)
    made, predictions = [], []
    for number in range(trees):
        seen = rng.permutation(rows)[:take]
        unseen[number, seen] = False
        tree = ExtraTreeRegressor(max_features=1.0, random_state=int(rng.integers(2**31 - 1)))
        inside = np.ascontiguousarray(columns[number], dtype=np.float32)
        tree.fit(inside[seen], scores[seen], sample_weight=counts[seen].astype(float), check_input=False)
        made.append(tree.tree_)
        predictions.append(tree.tree_.predict(inside)[:, 0])
    lower, upper, values, starts = _leaves(made, columns.shape[2])
    return Forest(_covered(coordinates, lower, upper), values, starts, unseen, np.array(predictions))


def _leaves(made: Sequence, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The boxes of all leaves, found level by level in all trees at once."""
    counts = np.array([tree.node_count for tree in made])
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    left, right = (
        np.concatenate(
            [np.where(side < 0, -1, side + start) for side, start in zip(sides, first, strict=True)]
        )
        for sides in ([t.children_left for t in made], [t.children_right for t in made])
    )
    feature, threshold = (
        np.concatenate([getattr(t, name) for t in made]) for name in ("feature", "threshold")
    )
    values = np.concatenate([tree.value[:, 0, 0] for tree in made])
    lower, upper = np.full((len(left), columns), -np.inf), np.full((len(left), columns), np.inf)
    level = first
    while len(level):
        parent = level[left[level] >= 0]
        one, other = left[parent], right[parent]
        for child in (one, other):
            lower[child], upper[child] = lower[parent], upper[parent]
        upper[one, feature[parent]] = threshold[parent]
        lower[other, feature[parent]] = threshold[parent]
        level = np.concatenate([one, other])
    leaf = left < 0
    starts = np.concatenate([[0], np.cumsum(np.add.reduceat(leaf, first))[:-1]])
    return lower[leaf], upper[leaf], values[leaf], starts


def _covered(coordinates: Sequence[Coordinate], lower: np.ndarray, upper: np.ndarray) -> list[np.ndarray]:
    """Whether each leaf holds each level, for each coordinate."""
    found, start = [], 0
    for coordinate in coordinates:
        inside = np.ones((len(lower), len(coordinate.units)), dtype=bool)
        for number, column in enumerate(coordinate.points.T, start=start):
            inside &= (lower[:, number, None] < column) & (column <= upper[:, number, None])
        found.append(inside.astype(float))
        start += coordinate.columns
    return found
