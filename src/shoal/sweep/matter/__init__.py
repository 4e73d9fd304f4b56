"""What mattered: importances, slices, verdicts and what to try next, each with its uncertainty.

Plain arrays and a space come in, plain data goes out; nothing here wakes JAX. SciPy and scikit-learn are
imported when they are used.
"""
