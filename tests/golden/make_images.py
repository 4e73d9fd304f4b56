"""Record PyTorch's convolutions and poolings with their gradients, into images.npz beside this file.

Run ``python tests/golden/make_images.py`` where torch is installed (recorded with 2.13, in float64). What
PyTorch has no word for is put together from what it has: "same" padding is padded by hand, by TensorFlow's
rule, and an average counts real pixels only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("images.npz")

ROWS = 2
# (height, width), channels, filters, kernel, stride, padding, dilation
CONVOLUTIONS = {
    "greyscale": ((7, 6), 1, 3, (3, 3), (1, 1), "same", (1, 1)),
    "colour": ((6, 7), 3, 4, (3, 2), (1, 1), "valid", (1, 1)),
    "many channels": ((5, 5), 17, 2, (3, 3), (1, 1), "same", (1, 1)),
    "strides": ((9, 8), 2, 3, (3, 3), (2, 3), "same", (1, 1)),
    "strides of one channel": ((9, 8), 1, 2, (5, 4), (3, 2), "valid", (1, 1)),
    "strides of many channels": ((8, 9), 16, 2, (3, 3), (2, 2), "same", (1, 1)),
    "dilation": ((9, 10), 2, 2, (3, 3), (1, 1), "valid", (2, 3)),
    "dilation and stride": ((9, 8), 18, 2, (2, 3), (2, 2), "same", (3, 2)),
    "place by place": ((4, 5), 3, 4, (1, 1), (1, 1), "valid", (1, 1)),
}
# (height, width), size, stride, padding
POOLINGS = {
    "halves": ((6, 8), (2, 2), (2, 2), "valid"),
    "a rest": ((7, 5), (2, 2), (2, 2), "valid"),
    "a rest padded": ((7, 5), (2, 2), (2, 2), "same"),
    "overlap": ((7, 8), (3, 3), (2, 2), "valid"),
    "overlap padded": ((7, 8), (3, 2), (1, 2), "same"),
    "gaps": ((8, 9), (2, 2), (3, 4), "valid"),
}


def arrays_of(name: str, *shapes: tuple[int, ...], ties: bool = False) -> list[np.ndarray]:
    """Return random arrays, always the same for a name; with `ties` of few different values."""
    rng = np.random.default_rng(list(name.encode()))
    return [rng.integers(0, 3, s).astype(float) if ties else rng.standard_normal(s) for s in shapes]


def convolution_arrays(name: str, case) -> list[np.ndarray]:
    """Return the images and the kernel of a case."""
    image, channels, filters, kernel, *_ = case
    return arrays_of(name, (ROWS, *image, channels), (*kernel, channels, filters))


def convolved(case, x: np.ndarray, kernel: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return PyTorch's convolution, and the gradients of the sum of its squares."""
    import torch

    _, _, _, size, stride, padding, dilation = case
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    given, weights = (torch.tensor(a, requires_grad=True) for a in (x, kernel))
    images = _padded(given.permute(0, 3, 1, 2), reach, stride, padding, 0.0)
    y = torch.nn.functional.conv2d(images, weights.permute(3, 2, 0, 1), stride=stride, dilation=dilation)
    return _with_gradients(y.permute(0, 2, 3, 1), given, weights)


def pooled(kind: str, case, x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return PyTorch's pooling, "max" or "average", and the gradient of the sum of its squares."""
    import torch

    _, size, stride, padding = case
    given = torch.tensor(x, requires_grad=True)
    images = given.permute(0, 3, 1, 2)
    if kind == "max":
        padded = _padded(images, size, stride, padding, -torch.inf)
        y = torch.nn.functional.max_pool2d(padded, size, stride)
    else:
        ones = _padded(torch.ones_like(images), size, stride, padding, 0.0)
        padded = _padded(images, size, stride, padding, 0.0)
        average = torch.nn.functional.avg_pool2d
        y = average(padded, size, stride) / average(ones, size, stride)
    return _with_gradients(y.permute(0, 2, 3, 1), given)


def _padded(images, reach, stride, padding, value):
    import torch

    if padding == "valid":
        return images
    around = []
    for n, k, s in zip(images.shape[2:], reach, stride, strict=True):
        total = max((-(-n // s) - 1) * s + k - n, 0)
        around = [total // 2, total - total // 2, *around]  # PyTorch names the last axis first
    return torch.nn.functional.pad(images, around, value=value)


def _with_gradients(y, *given) -> tuple[np.ndarray, ...]:
    (y**2).sum().backward()
    return y.detach().numpy(), *(value.grad.numpy() for value in given)


def main() -> None:
    """Write the file."""
    found = {}
    for name, case in CONVOLUTIONS.items():
        x, kernel = convolution_arrays(name, case)
        found |= dict(
            zip([f"conv {name} {n}" for n in ("y", "dx", "dw")], convolved(case, x, kernel), strict=True)
        )
    for kind in ("max", "average"):
        for name, case in POOLINGS.items():
            [x] = arrays_of(name, (ROWS, *case[0], 3), ties=kind == "max")
            found |= dict(
                zip([f"{kind} {name} {n}" for n in ("y", "dx")], pooled(kind, case, x), strict=True)
            )
    np.savez_compressed(FILE, **found)


if __name__ == "__main__":
    main()
