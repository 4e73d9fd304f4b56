"""What a network is: pure functions of arrays."""
