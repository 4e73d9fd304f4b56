"""Many networks, one program: the engine."""
