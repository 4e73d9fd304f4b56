"""``shoal sweep``: search settings on a table, take a search up again, show it, keep its best model."""
