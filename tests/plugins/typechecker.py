"""The checker that watches every annotation in shoal while the tests run."""

from beartype import BeartypeConf, beartype

# As in PEP 484 and in pyright, an int may stand where a float is announced.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
