"""What the members of an ensemble share and what each has of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.nets.layers.dense import Dense
from shoal.nets.layers.norms import BatchNorm


@dataclass(frozen=True)
class SharedDense(Dense):
    """One kernel for all members, scales and biases for each: ``y_k = ((x_k * r_k) W) * s_k + b_k``.

    Values are of shape (members, features). This is the BatchEnsemble layer (Wen et al., arXiv 2002.06715)
    that TabM (Gorishniy et al., arXiv 2410.24210) is made of: ``r`` and ``s`` start at 1, but for the first
    layer of a network, whose ``r`` is drawn, so that members differ from the start.

    Parameters
    ----------
    scales : {"ones", "signs", "normal"}
        What ``r`` starts from: 1, a random sign, or N(0, 1).
    """

    kind: ClassVar[str] = "shared_dense"
    scales: str = "ones"

    def init(self, shape, rng):
        values = super().init(shape, rng)
        values["input_scale"] = _SCALES[self.scales](rng, shape)
        values["output_scale"] = np.ones(self.shape(shape))
        if self.bias:
            values["bias"] = np.zeros(self.shape(shape))
        return values

    def apply(self, params, running, x, mask, path, now):
        y = (x * params["input_scale"][None]) @ params["kernel"]
        y = y * params["output_scale"][None]
        return (y + params["bias"][None] if self.bias else y), {}


_SCALES = {
    "ones": lambda rng, shape: np.ones(shape),
    "signs": lambda rng, shape: rng.choice([-1.0, 1.0], shape),
    "normal": lambda rng, shape: rng.standard_normal(shape),
}


@dataclass(frozen=True)
class MemberBatchNorm(BatchNorm):
    """Batch norm with statistics, scale and shift for each member: values are (members, features)."""

    kind: ClassVar[str] = "member_batch_norm"

    def init(self, shape, rng):
        return {"gamma": np.ones(shape), "beta": np.zeros(shape)}

    def running(self, shape):
        return {"mean": np.zeros(shape), "var": np.ones(shape)}

    def apply(self, params, running, x, mask, path, now):
        params, running = ({k: v.reshape(-1) for k, v in part.items()} for part in (params, running))
        y, fresh = super().apply(params, running, x.reshape(x.shape[0], -1), None, path, now)
        return y.reshape(x.shape), {name: value.reshape(x.shape[1:]) for name, value in fresh.items()}
