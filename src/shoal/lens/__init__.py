"""Looking closer: a learning rate found before training, and a recipe checked before it is trusted."""

from shoal.lens.lr_find import lr_find

__all__ = ["lr_find"]
