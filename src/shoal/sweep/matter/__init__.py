"""What mattered: importances, slices, verdicts and what to try next, each with its uncertainty.

Plain arrays and a space come in, plain data goes out; nothing here wakes JAX. SciPy and scikit-learn are
imported when they are used.

`summary` says all that can be said of a search (`evidence`), from one fitted forest (`study`, which stands on
`coordinates`, `forest` and `response`): `importances`, `slices`, `best`, `edges`, `next_steps`, `pictures`.
`effects`, `decomposition` and `double_descent` are for ablations and curves. `paired`, `many_tests` and
`shrinkage` are the statistics below.
"""
