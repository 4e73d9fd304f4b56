"""Annotations are checked while the tests run: types, shapes, dataclasses, what is said of a result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import jax.numpy as jnp
import pytest
from jaxtyping import Array, Float, TypeCheckError
from typechecker import checked, watch

from shoal.history import History
from shoal.nets.losses import weighted_mean
from shoal.train.looks import next_look


def test_a_wrong_type_is_refused_as_a_type_error_and_a_whole_number_is_a_number() -> None:
    assert next_look(3, apart=5) == 5
    assert issubclass(TypeCheckError, TypeError)
    with pytest.raises(TypeCheckError, match=r"next_look.*apart"):
        next_look(3, apart="5")  # type: ignore
    assert checked(scaled)(2) == 4.0


def test_shapes_that_disagree_are_refused() -> None:
    assert weighted_mean(jnp.ones(3), jnp.ones(3)) == 1.0
    with pytest.raises(TypeCheckError, match="weighted_mean"):
        weighted_mean(jnp.ones(3), jnp.ones(4))


def test_a_shape_behind_a_name_counts() -> None:
    assert checked(longer)(jnp.ones(3), jnp.ones(3)).shape == (3,)
    with pytest.raises(TypeCheckError):
        checked(longer)(jnp.ones(3), jnp.ones(4))


def test_results_are_checked() -> None:
    with pytest.raises(TypeCheckError, match="return"):
        checked(mistaken)()


def test_fields_of_a_dataclass_are_checked() -> None:
    assert Named("a").later is None
    with pytest.raises(TypeCheckError, match="name"):
        Named(1)  # type: ignore
    with pytest.raises(TypeCheckError, match="best_epoch"):
        History([], best_epoch="first")  # type: ignore


def test_what_comes_later_in_the_file_is_known() -> None:
    assert Named("a", Later()).later
    with pytest.raises(TypeCheckError, match="later"):
        Named("a", Named("b"))  # type: ignore


def test_the_checks_are_not_seen_in_what_a_function_says_of_itself() -> None:
    assert checked(scaled).__annotations__ == scaled.__annotations__ == {"value": "float", "return": "float"}
    assert checked(scaled).__name__ == "scaled"
    with checked(opened)(1) as one:
        assert one == 1


def test_a_package_that_is_imported_already_would_go_unchecked() -> None:
    with pytest.raises(RuntimeError, match="imported already"):
        watch("shoal")


Row = Float[Array, "units"]


def scaled(value: float) -> float:
    return 2.0 * value


def longer(one: Row, other: Row) -> Row:
    return one


def mistaken() -> str:
    return 1  # type: ignore


@contextmanager
def opened(value: int) -> Iterator[int]:
    yield value


@checked
@dataclass
class Named:
    name: str
    later: Later | None = None


class Later:
    pass
