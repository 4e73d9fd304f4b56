"""The best of many is overrated: its score without the luck, and the spread of few folds steadied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

_STEPS = 30  # of expectation maximization; with more the weights go to a few spikes
_PRIORS = 10
_MOST_CENTRES = 200
_FAR = 4.0  # standard deviations above the median, beyond which a variance is no guide to the others


@dataclass(frozen=True, eq=False)
class Beliefs:
    """What is believed of each true score after all were seen: a mixture of normal distributions each.

    Attributes
    ----------
    weights : np.ndarray, shape (trials, centres)
        How much each centre has to do with each trial.
    centres : np.ndarray, shape (trials, centres)
    widths : np.ndarray, shape (trials, centres)
        The standard deviation around each.
    """

    weights: np.ndarray
    centres: np.ndarray
    widths: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """The expected true scores, (trials,)."""
        return (self.weights * self.centres).sum(1)

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Return draws of the true scores, (count, trials)."""
        sums = self.weights.cumsum(1)
        picked = np.stack([np.searchsorted(row / row[-1], rng.random(count)) for row in sums], axis=1)
        at = np.arange(len(sums)), picked.clip(max=self.centres.shape[1] - 1)
        return self.centres[at] + self.widths[at] * rng.standard_normal(picked.shape)


def beliefs(means: ArrayLike, errors: ArrayLike) -> Beliefs:
    r"""Return what to believe of true scores of which noisy ones were seen: empirical Bayes.

    The distribution of all true scores is itself learnt from the scores seen: a mixture of normal
    distributions around them, half a typical error wide, whose weights maximize the likelihood (Kiefer and
    Wolfowitz's estimate, smoothed). Each score then moves to where others are: much, where its own error is
    large beside the differences; hardly at all, where it is small. Unlike James and Stein's estimate this
    does not take the scores for normally distributed, which those of a search never are: a crowd near the
    best, and a long tail of failures.

    Parameters
    ----------
    means : array_like, shape (trials,)
        Mean scores.
    errors : array_like, shape (trials,)
        Their standard errors, above zero.

    References
    ----------
    Efron and Morris, *Data analysis using Stein's estimator*, JASA 70 (1975).
    Jiang and Zhang, *General maximum likelihood empirical Bayes estimation of normal means*, Annals of
    Statistics 37 (2009).

    Examples
    --------
    >>> found = beliefs([0.0, 0.1, -0.1, 0.5, 9.0], [0.4] * 5)
    >>> found.means.round(1).tolist()
    [0.1, 0.1, 0.1, 0.2, 9.0]
    """
    seen, error = np.asarray(means, dtype=float), np.asarray(errors, dtype=float)
    centres = _centres(seen)
    width = np.maximum(0.5 * float(np.median(error)), _gaps(centres))
    apart = (seen[:, None] - centres) ** 2
    total = error[:, None] ** 2 + width**2
    fit = -0.5 * (apart / total + np.log(total))
    likely = np.exp(fit - fit.max(1, keepdims=True))
    prior = _prior(likely)
    joint = likely * prior
    own = width**2 / total
    return Beliefs(
        joint / joint.sum(1, keepdims=True),
        own * seen[:, None] + (1 - own) * centres,
        np.sqrt(own) * error[:, None],
    )


def steadied(variances: ArrayLike, degrees: int) -> tuple[np.ndarray, float]:
    r"""Return variances of few observations each, moved towards what is usual, and their degrees of freedom.

    True variances are taken to scatter as :math:`s_0^2 d_0 / \chi^2_{d_0}`; both numbers are found from the
    mean and the variance of the logarithms. Each variance becomes :math:`(d_0 s_0^2 + d s^2) / (d_0 + d)`,
    with :math:`d_0 + d` degrees of freedom: three folds that agree by chance no longer look like certainty.

    Parameters
    ----------
    variances : array_like, shape (several,)
    degrees : int
        Degrees of freedom of each.

    References
    ----------
    Smyth, *Linear models and empirical Bayes methods for assessing differential expression in microarray
    experiments*, Statistical Applications in Genetics and Molecular Biology 3 (2004), section 6.2.

    Examples
    --------
    >>> steady, freedom = steadied([0.9, 1.0, 1.1, 1.2, 0.0001], 2)
    >>> bool(steady.min() > 0.0001), freedom > 2
    (True, True)
    """
    from scipy.special import digamma, polygamma

    seen = np.asarray(variances, dtype=float)
    floor = 1e-5 * float(np.median(seen))
    if len(seen) < 3 or floor == 0:
        return seen, float(degrees)
    half = degrees / 2
    logs = _without_outliers(np.log(np.maximum(seen, floor))) - digamma(half) + np.log(half)
    scatter = float(logs.var(ddof=1) - polygamma(1, half))
    if scatter <= 0:  # no more than chance makes of equal variances
        return np.full(len(seen), float(np.exp(logs.mean()))), np.inf
    before = 2 * _inverse_trigamma(scatter)
    usual = np.exp(logs.mean() + digamma(before / 2) - np.log(before / 2))
    return (before * usual + degrees * seen) / (before + degrees), before + degrees


def _without_outliers(logs: np.ndarray) -> np.ndarray:
    """Bring logarithms of variances in that lie far above all others: of trials that nearly failed.

    One of them would make the usual variance so large that nothing could be said of the sound trials
    (Phipson et al., Annals of Applied Statistics 10 (2016), who cut in the same way).
    """
    middle = float(np.median(logs))
    spread = 1.4826 * float(np.median(np.abs(logs - middle)))
    return np.minimum(logs, middle + _FAR * spread) if spread else logs


def _prior(likely: np.ndarray) -> np.ndarray:
    """The weights of the centres, averaged over draws of the trials: one maximum alone is a few spikes."""
    trials, centres = likely.shape
    rng = np.random.default_rng(0)  # the draws only smooth; they are the same for all
    found = np.zeros(centres)
    for _ in range(_PRIORS):
        counts = rng.multinomial(trials, np.full(trials, 1 / trials)) / trials
        prior = np.full(centres, 1 / centres)
        for _ in range(_STEPS):
            prior = prior * ((counts / np.maximum(likely @ prior, 1e-300)) @ likely)
        found += prior / _PRIORS
    return found + 1e-9  # no centre is impossible


def _centres(seen: np.ndarray) -> np.ndarray:
    """The scores themselves, or of very many the best hundred and a hundred spread over the others."""
    distinct = np.unique(seen)
    if len(distinct) <= _MOST_CENTRES:
        return distinct
    half = _MOST_CENTRES // 2
    return np.concatenate([np.quantile(distinct[:-half], np.linspace(0, 1, half)), distinct[-half:]])


def _gaps(centres: np.ndarray) -> np.ndarray:
    """How far it is from each centre to its nearest but one: where scores are rare, little is known."""
    if len(centres) < 3:
        return np.zeros(len(centres))
    return np.sort(np.abs(centres[:, None] - centres), axis=1)[:, 2]


def _inverse_trigamma(value: float) -> float:
    """Newton's method of Smyth's appendix; it rises to the solution from below."""
    from scipy.special import polygamma

    if value > 1e7:
        return float(1 / np.sqrt(value))
    if value < 1e-6:
        return 1 / value
    found = 0.5 + 1 / value
    for _ in range(50):
        now = float(polygamma(1, found))
        step = now * (1 - now / value) / float(polygamma(2, found))
        found += step
        if -step / found < 1e-10:
            break
    return found
