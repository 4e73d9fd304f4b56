"""From a table to a trained network, step by step; `shoal.pipeline` puts the steps together."""
