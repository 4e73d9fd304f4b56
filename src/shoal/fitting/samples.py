"""Training rows beside what augmentation makes of them, before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from shoal import backend, data
from shoal.errors import SettingError
from shoal.fitting.prepare import Prepared, prepare, recipe_of, spec_of
from shoal.fitting.problem import Problem
from shoal.nets import draws
from shoal.settings import Settings
from shoal.train.augment import augmented, uses_of
from shoal.train.population import Member, net_settings
from shoal.train.recipe import Recipe


@dataclass(frozen=True)
class AugmentedSamples:
    """Some training rows, and what the network would see of them in some steps.

    Attributes
    ----------
    kinds : dict of str to float
        The augmentation.
    names : tuple of str
        Of the numbers of a table, and of its embedded categories after them; empty for images.
    original : array of shape (rows, numbers) or (rows, height, width, channels)
        Numbers as the network sees them, that is scaled, or pixels as they were handed in.
    varied : array of shape (rows, samples, ...)
        The same after augmentation.
    codes, varied_codes : int array of shape (rows, categories) and (rows, samples, categories)
        Codes of the embedded categories.
    share : array of shape (rows, samples) or None
        With mixup: how much of a row and of its answer is its own.
    rows : int array
        Places of the rows among the training rows.
    """

    kinds: dict[str, float]
    names: tuple[str, ...]
    original: np.ndarray
    varied: np.ndarray
    codes: np.ndarray
    varied_codes: np.ndarray
    share: np.ndarray | None
    rows: np.ndarray

    @property
    def images(self) -> bool:
        """Whether the rows are images."""
        return self.original.ndim == 4

    def pictures(self) -> np.ndarray:
        """Return images as bytes of shape (rows, 1 + samples, height, width, channels), the original first.

        Pixels are stretched so that the brightest of the originals is 255 and, where they are no bytes, the
        darkest 0. Of two channels, or more than four, the first is shown.
        """
        every = np.concatenate([self.original[:, None], self.varied], axis=1)
        low = 0.0 if self.original.dtype == np.uint8 else float(self.original.min())
        every = (every - low) * (255.0 / ((float(self.original.max()) - low) or 1.0))
        channels = every.shape[-1] if every.shape[-1] in (1, 3, 4) else 1
        return np.clip(np.rint(every[..., :channels]), 0, 255).astype(np.uint8)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {name: getattr(value, "tolist", lambda v=value: v)() for name, value in vars(self).items()}


def samples_of(problem: Problem, settings: Settings, *, rows: int = 8, samples: int = 4) -> AugmentedSamples:
    """Vary some training rows as the first steps of a training would.

    Parameters
    ----------
    problem : Problem
    settings : Settings
        As given; ``augment`` must name something.
    rows : int
        Rows shown, spread evenly over the training rows.
    samples : int
        Times that each is varied.

    Raises
    ------
    SettingError
        If nothing is varied.
    """
    ready = prepare(problem, replace(settings, learning_rate="default"))
    recipe = recipe_of(ready)
    if not recipe.augment:
        raise SettingError(
            "Nothing is varied: expected the setting augment with at least one kind, such as "
            f"{{'noise': 0.1}} or {{'rotate': 15}}. Received: augment={settings.augment!r}."
        )
    places = _spread(len(ready.view.train), max(rows, recipe.batch_size))
    shown = _spread(len(places), rows)
    batch = ready.view.train.take(places[np.concatenate([shown, np.setdiff1d(range(len(places)), shown)])])
    found = _steps(ready, recipe, batch.padded(len(batch), recipe.precision), samples)
    count = len(shown)
    numbers, codes = (np.swapaxes(found[name], 0, 1)[:count] for name in ("numbers", "codes"))
    share = np.swapaxes(found["share"], 0, 1)[:count] if "share" in found else None
    return AugmentedSamples(
        kinds=dict(recipe.augment),
        names=_names(ready.encoder),
        original=_as_given(ready.encoder, batch.numbers[:count], whole=True),
        varied=_as_given(ready.encoder, numbers),
        codes=batch.codes[:count],
        varied_codes=codes,
        share=share,
        rows=places[shown],
    )


def _steps(ready: Prepared, recipe: Recipe, batch: dict[str, np.ndarray], samples: int) -> dict[str, Any]:
    """Return what each of the first steps would make of a batch: arrays of shape (samples, rows, ...)."""
    with backend.precision(recipe.precision):
        spec = spec_of(ready)
        net = net_settings(Member(spec, recipe, seed=ready.settings.seed))
        dtype = np.dtype(recipe.precision)
        running = {f"inputs.{name}": value.astype(dtype) for name, value in spec.inputs.running().items()}
        uses, inputs = uses_of(recipe.augment), spec.structure().inputs

        def vary(batch, net, running, key):
            found = augmented(batch, key, net, uses, inputs, running)
            return {name: found[name] for name in ("numbers", "codes", "share") if name in found}

        keys = draws.fold(draws.fold(jnp.asarray(net["key"]), 0), jnp.arange(samples, dtype=jnp.uint32))
        steps = jax.jit(jax.vmap(vary, in_axes=(None, None, None, 0)))
        return jax.device_get(steps(batch, net, running, keys))


def _spread(count: int, wanted: int) -> np.ndarray:
    """Return `wanted` places spread evenly over `count`, or all of them."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).round().astype(np.int64))


def _names(encoder: data.Encoder) -> tuple[str, ...]:
    if isinstance(encoder, data.ImageEncoder):
        return ()
    return (*encoder.number_names, *encoder.code_names)


def _as_given(encoder: data.Encoder, numbers: np.ndarray, *, whole: bool = False) -> np.ndarray:
    """Return images in the units of their pixels, and the numbers of a table as they are."""
    if not isinstance(encoder, data.ImageEncoder):
        return numbers
    images = numbers.reshape(*numbers.shape[:-1], *encoder.shape)
    if whole and encoder.whole:
        return images
    return images * np.asarray(encoder.std) + np.asarray(encoder.mean)
