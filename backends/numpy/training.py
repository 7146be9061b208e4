"""Losses with their gradients, and stochastic gradient descent: enough to train a net with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from cnnspec.backends.numpy.kernels.activation import log_softmax
from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.backends.numpy.program import Program
from cnnspec.diagnostics import InvalidValue


def softmax_cross_entropy(logits: Array, labels: ArrayLike) -> tuple[float, Array]:
    """The mean of -log softmax(logits)[label], and its gradient (softmax(logits) - one_hot(label)) / count.

    `logits` are (batch, classes) or (batch, classes, *spatial); `labels` are the class numbers, without the
    class axis. Goodfellow et al. 2016, section 6.2.2.3. Raises ValueError for labels that do not fit.
    """
    classes = np.asarray(labels)
    if classes.shape != (logits.shape[0], *logits.shape[2:]):
        raise InvalidValue(f"logits of shape {logits.shape} do not go with labels of shape {classes.shape}")
    if classes.min() < 0 or classes.max() >= logits.shape[1]:
        raise InvalidValue(f"labels must be from 0 to {logits.shape[1] - 1}")
    chosen = np.expand_dims(classes, 1)
    logs = log_softmax(logits)
    loss = -np.take_along_axis(logs, chosen, 1).mean()
    grad = np.exp(logs)
    np.put_along_axis(grad, chosen, np.take_along_axis(grad, chosen, 1) - 1, 1)
    return float(loss), grad / classes.size


def mean_squared_error(outputs: Array, targets: ArrayLike) -> tuple[float, Array]:
    """The mean of (output - target)^2 over all values, and its gradient 2 (output - target) / count."""
    difference = outputs - np.asarray(targets, outputs.dtype)
    if difference.shape != outputs.shape:
        raise InvalidValue(
            f"outputs of shape {outputs.shape} do not go with targets of shape {np.shape(targets)}"
        )
    return float((difference**2).mean()), 2 * difference / difference.size


@dataclass
class SGD:
    """Stochastic gradient descent with momentum and weight decay, as torch defines them.

    v <- momentum * v + (g + weight_decay * w), then w <- w - rate * v. Polyak 1964; Sutskever et al. 2013.
    """

    program: Program
    rate: float
    momentum: float = 0.0
    weight_decay: float = 0.0
    velocity: dict[str, Array] = field(default_factory=dict)

    def step(self, gradients: Mapping[str, Array]) -> None:
        """Move every weight that has a gradient; other entries (gradients of inputs) are passed over."""
        updates = {}
        for key in self.program.trainable:
            if key not in gradients:
                continue
            weight = self.program.tensors[key]
            slope = gradients[key] + self.weight_decay * weight
            self.velocity[key] = slope + self.momentum * self.velocity.get(key, 0.0)
            updates[key] = weight - self.rate * self.velocity[key]
        self.program.update(updates)
