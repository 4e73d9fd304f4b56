"""Who takes part in the benchmark of speed: the same network trained by shoal, scikit-learn and PyTorch.

A trainer is ``(size, epochs, data) -> run``: calling ``run()`` trains once, from new weights to the end. All
shuffle the rows in every epoch, in memory, with Adam in float32.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Run = Callable[[], object]


@dataclass(frozen=True)
class Size:
    """A network and its data.

    Parameters
    ----------
    name : str
    widths : tuple of int
        Inputs, units of the hidden layers, outputs; one output is a regression, several are classes.
    batch, rows : int
        Rows of a step and of an epoch; a quarter as many more are validated.
    nets : int
        Networks of the population.
    epochs, epochs_alone : int
        Length of a run of the population, and of one network.
    """

    name: str
    widths: tuple[int, ...]
    batch: int
    rows: int
    nets: int
    epochs: int
    epochs_alone: int

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return -(-self.rows // self.batch)

    @property
    def flops(self) -> float:
        """Operations of a step: forward, gradient of kernels, gradient of inputs save the first layer's."""
        products = [a * b for a, b in pairwise(self.widths)]
        return 2.0 * self.batch * (3 * sum(products) - products[0])

    @property
    def validation_flops(self) -> float:
        """Operations of the validation after each epoch, spread over its steps; only shoal validates."""
        products = [a * b for a, b in pairwise(self.widths)]
        return 2.0 * (self.rows // 4) * sum(products) / self.steps


@dataclass(frozen=True)
class Data:
    """Random rows: `X` (rows, inputs) float32; `y` class numbers or (rows,) float32; the first rows train."""

    X: np.ndarray
    y: np.ndarray
    train: int

    @classmethod
    def of(cls, size: Size) -> Data:
        """Draw the rows of a size."""
        draw, rows = np.random.default_rng(0), size.rows * 5 // 4
        X = draw.normal(size=(rows, size.widths[0])).astype(np.float32)
        classes = size.widths[-1]
        y = draw.integers(0, classes, rows).astype(np.int32) if classes > 1 else X[:, 0] - X[:, 1]
        return cls(X, y, size.rows)


# ---------------------------------------------------------------- shoal


def shoal(size: Size, epochs: int, data: Data, nets: int, *, own_seeds: bool = False) -> Run:
    """Train a population; each network has its own learning rate, and its own seed if asked for."""
    from shoal.nets.inputs import TableInput
    from shoal.nets.spec import mlp
    from shoal.train.loop import train_all
    from shoal.train.population import Member
    from shoal.train.recipe import Recipe

    classes = size.widths[-1] > 1
    inputs, head = TableInput(size.widths[0]), "softmax" if classes else "linear"
    spec = mlp(inputs, size.widths[1:-1], head, size.widths[-1])
    loss = "cross_entropy" if classes else "squared_error"
    rates = [1e-3 * (1 + i / 100) for i in range(nets)]
    members = [
        Member(spec, Recipe(loss, learning_rate=rate, batch_size=size.batch, epochs=epochs), 0, i * own_seeds)
        for i, rate in enumerate(rates)
    ]
    views = [view_of(data)]
    return lambda: train_all(members, views)


def view_of(data: Data):
    """Return the rows as the engine looks at them."""
    from shoal.train.view import Batchable, View

    def rows(part: slice) -> Batchable:
        X, y = data.X[part], data.y[part]
        target = y if y.dtype == np.int32 else y[:, None]
        return Batchable(X, np.zeros((len(X), 0), np.int32), target, np.ones(len(X), np.float32))

    return View(rows(slice(0, data.train)), rows(slice(data.train, None)))


# ---------------------------------------------------------------- scikit-learn


def sklearn(size: Size, epochs: int, data: Data) -> Run:
    """Train scikit-learn's MLP for a fixed number of epochs; it validates nothing."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPClassifier if size.widths[-1] > 1 else MLPRegressor
    X, y = data.X[: data.train], data.y[: data.train]

    def run():
        net = kind(
            hidden_layer_sizes=size.widths[1:-1],
            batch_size=size.batch,
            max_iter=epochs,
            n_iter_no_change=epochs + 1,
            alpha=0.0,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return net.fit(X, y)

    return run


# ---------------------------------------------------------------- PyTorch


def torch(size: Size, epochs: int, data: Data, threads: int) -> Run:
    """Train with the usual eager loop on tensors in memory: shuffle, step, validate, keep the best."""
    import torch

    X = torch.from_numpy(data.X)
    y = torch.from_numpy(data.y.astype(np.int64) if data.y.dtype == np.int32 else data.y[:, None])
    loss_of = torch.nn.CrossEntropyLoss() if size.widths[-1] > 1 else torch.nn.MSELoss()
    cut, batch = data.train, size.batch

    def run():
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        net = _torch_net(torch, size.widths)
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
        best, kept, history = np.inf, None, []
        for _ in range(epochs):
            order, total = torch.randperm(cut), torch.zeros(())
            for at in range(0, cut, batch):
                rows = order[at : at + batch]
                optimizer.zero_grad()
                loss = loss_of(net(X[rows]), y[rows])
                loss.backward()
                optimizer.step()
                total += loss.detach()
            with torch.no_grad():
                judged = float(loss_of(net(X[cut:]), y[cut:]))
            history.append((float(total) / size.steps, judged))
            if judged < best:
                best, kept = judged, {k: v.clone() for k, v in net.state_dict().items()}
        return kept, history

    return run


def _torch_net(torch, widths: tuple[int, ...]):
    layers = []
    for before, after in pairwise(widths):
        layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])
