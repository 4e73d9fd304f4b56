"""Bayesian search with a Gaussian process: a smooth guess of the score everywhere, and how unsure it is."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shoal.sweep.space import Space
from shoal.sweep.strategy.asking import Batches
from shoal.sweep.strategy.contract import Told
from shoal.sweep.strategy.cube import steps_away
from shoal.sweep.strategy.observed import noise_variances, winsorized
from shoal.sweep.strategy.trials import Task, Trials, score_of

_LEAST, _FOR_EACH = 200, 40
"""Random settings among which the most promising is looked for: at least 200, or 40 for each dimension; as
many again lie near the best known. (Of 500 the choice is no better on the functions of the tests.)"""

_BEST, _REST = 100, 50
"""Trials that a process is fitted to, since its time grows with their cube (a batch of 16 after 150 trials
takes 0.4 s, with all of 300 it would take 2): the best, and so many of the others, evenly over their ranks,
which show where not to look."""

_NEAR = ((0.1, 0.5), (0.02, 0.5))
"""Steps (size, chance of each dimension) from the best known settings to candidates near them."""


def batches(task: Task) -> Batches:
    """Draw the first settings at random, then ask for those of the largest expected improvement.

    The further settings of a batch are chosen as if those before had come out as predicted (the kriging
    believer), so that they spread out.

    References
    ----------
    Jones, Schonlau and Welch 1998, "Efficient global optimization of expensive black-box functions"; Snoek,
    Larochelle and Adams 2012, arXiv 1206.2944 (Matern 5/2, a length scale for each dimension);
    Ginsbourger, Le Riche and Carraro 2010, "Kriging is well-suited to parallelize optimization".
    """
    trials, options = task.begin(), task.options
    known = Known(task.space)
    count = options["startup"]
    while drawn := _next(trials, known, trials.room(count)):
        told = yield [trials.take(values) for values in drawn]
        known.add(drawn, told)
        count = options["batch"]


@dataclass
class Known:
    """The settings told so far, what came of them, and the kernel last fitted to them, to start from."""

    space: Space
    settings: list[dict[str, Any]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    kernel: Any = None

    def add(self, settings: Sequence[dict[str, Any]], told: Sequence[Told]) -> None:
        """Take note of a batch."""
        self.settings += settings
        self.told += told

    def best(self) -> list[int]:
        """Return places from the best score to the worst."""
        return sorted(range(len(self.told)), key=lambda i: -score_of(self.told[i]))


def _next(trials: Trials, known: Known, count: int) -> list[dict[str, Any]]:
    finite = [score_of(one) for one in known.told if score_of(one) > -math.inf]
    if not count or len(finite) < 2 or max(finite) == min(finite):
        return trials.random(count)  # nothing to learn from yet
    pool = _candidates(trials, known)
    if not pool:
        return []
    with _one_thread():
        chosen = _believer(trials.space, known, pool, count)
    missing = count - len(chosen)
    if missing:
        seen = trials.seen | {trials.space.key(values) for values in chosen}
        chosen += trials.space.sample(trials.rng, missing, unseen=seen)
    return chosen


def _one_thread() -> AbstractContextManager[Any]:
    """Keep linear algebra on one thread: sums in another order, on more cores, would ask for other settings.

    It is faster too, for matrices this small.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def _candidates(trials: Trials, known: Known) -> list[dict[str, Any]]:
    """Return new settings: some from everywhere, some near the best known."""
    space, rng = trials.space, trials.rng
    count = max(_LEAST, _FOR_EACH * len(space.dimensions))
    pool = {space.key(values): values for values in trials.pool(count)}
    points = [_point(space, known.settings[i], rng) for i in known.best()[:5]]
    for attempt in range(count):
        size, chance = _NEAR[attempt % len(_NEAR)]
        start = points[attempt % len(points)]
        values = space.from_unit(steps_away(space, start, size, chance, rng))
        if values is not None:
            pool.setdefault(space.key(values), values)
    return [values for key, values in pool.items() if key not in trials.seen]


def _point(space: Space, values: dict[str, Any], rng: np.random.Generator) -> np.ndarray:
    point = np.asarray(space.to_unit(values), dtype=float)
    return np.where(np.isnan(point), rng.random(len(point)), point)


def _believer(space: Space, known: Known, pool: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Choose settings one after another, believing each time in what was predicted."""
    kept = _telling(known.best())
    x = features(space, [known.settings[i] for i in kept])
    told = [known.told[i] for i in kept]
    y, scale = _standard(winsorized([score_of(one) for one in told]))
    noise = noise_variances(told) / scale**2
    kernel = known.kernel = _fitted_kernel(x, y, noise, known.kernel)
    candidates, chosen = features(space, pool), []
    for _ in range(min(count, len(pool))):
        mean, deviation = _predicted(kernel, x, y, noise, candidates)
        gain = expected_improvement(mean, deviation, float(y.max()))
        gain[chosen] = -1.0
        top = int(np.argmax(gain))
        chosen.append(top)
        x, y = np.vstack([x, candidates[top]]), np.append(y, mean[top])
        noise = np.append(noise, np.median(noise))
    return [pool[i] for i in chosen]


def expected_improvement(mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
    r"""Return :math:`E[\max(f - f^*, 0)] = \sigma (z \Phi(z) + \phi(z))`, :math:`z = (\mu - f^*) / \sigma`.

    Parameters
    ----------
    mean, deviation : array, shape (settings,)
    best : float

    Returns
    -------
    array, shape (settings,)

    Examples
    --------
    >>> expected_improvement(np.array([0.0]), np.array([1.0]), 0.0).round(4).tolist()  # 1 / sqrt(2 pi)
    [0.3989]
    """
    from scipy.special import ndtr

    deviation = np.maximum(deviation, 1e-9)
    z = (mean - best) / deviation
    density = np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
    return deviation * (z * ndtr(z) + density)


def features(space: Space, settings: Sequence[dict[str, Any]]) -> np.ndarray:
    """Return settings as rows of numbers between which distances mean something.

    An ordered dimension is its quantile (one half where it is switched off), one without order a column
    for each value, none of them set where it is switched off.

    Returns
    -------
    array, shape (settings, features)
    """
    points = np.array([space.to_unit(values) for values in settings], dtype=float)
    columns = []
    for i, one in enumerate(space.dimensions):
        if one.domain.ordered or one.domain.size is None:
            columns.append(np.where(np.isnan(points[:, i]), 0.5, points[:, i]))
        elif one.domain.size > 1:
            units = [one.domain.to_unit(value) for value in one.domain.grid()]
            columns += [np.isclose(points[:, i], unit).astype(float) for unit in units]
    return np.stack(columns, axis=1) if columns else np.zeros((len(settings), 1))


def _telling(ranks: list[int]) -> list[int]:
    """Return the trials to fit to, of all from the best to the worst."""
    best, others = ranks[:_BEST], ranks[_BEST:]
    places = np.linspace(0, len(others) - 1, min(_REST, len(others))).round().astype(int)
    return best + [others[i] for i in places]


def _standard(y: np.ndarray) -> tuple[np.ndarray, float]:
    scale = float(y.std()) or 1.0
    return (y - y.mean()) / scale, scale


def _fitted_kernel(x: np.ndarray, y: np.ndarray, noise: np.ndarray, start: Any):
    """Return the kernel with the likeliest length scales, signal and noise."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    scales = np.full(x.shape[1], 0.5)
    # below 0.05 a dimension would be rougher than trials can show, above 20 it has no influence
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * Matern(scales, (5e-2, 2e1), nu=2.5)
    kernel += WhiteKernel(1e-2, (1e-6, 1.0))
    model = GaussianProcessRegressor(start or kernel, alpha=noise + 1e-8)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # that a bound is reached, or the search cut short, is no one's concern
        return model.fit(x, y).kernel_


def _predicted(kernel, x, y, noise, candidates) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of the score itself, without the noise of another measurement."""
    from scipy.linalg import cho_factor, cho_solve

    smooth = kernel.k1  # the kernel without its noise
    gram = kernel(x) + np.diag(noise + 1e-8)
    factor = cho_factor(gram, lower=True)
    cross = smooth(candidates, x)
    mean = cross @ cho_solve(factor, y)
    variance = smooth.diag(candidates) - np.einsum("ij,ji->i", cross, cho_solve(factor, cross.T))
    return mean, np.sqrt(np.maximum(variance, 0.0))
