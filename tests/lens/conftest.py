"""JAX refuses silent promotion here, and one device is enough."""

from __future__ import annotations

from populations import one_device, strictly

__all__ = ["one_device", "strictly"]
