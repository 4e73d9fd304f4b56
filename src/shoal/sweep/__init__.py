"""Search: many settings, folds and seeds trained together, and what they teach.

`space` says what may vary, `strategy` what to try next, `store` keeps what came out, `matter` says what
mattered; `run` is the search itself and `search_cv` its scikit-learn face. Nothing is woken here.
"""
