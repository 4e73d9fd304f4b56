"""JAX refuses silent promotion here, and one device is enough unless a test asks for two."""

from __future__ import annotations

from populations import one_device, strictly, two_devices

__all__ = ["one_device", "strictly", "two_devices"]
