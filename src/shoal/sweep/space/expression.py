"""Small expressions over the values of a setting, such as ``beta_1 < beta_2``: parsed, never run as Python.

An expression may compare, calculate, index, and call a few functions; it cannot reach anything but the values
that it is given. So a space that came from a file does no harm.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.sweep.space.plain import is_number

_LARGEST_POWER = 64
_LONGEST = 10_000

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "min": min,
    "max": max,
    "sum": sum,
    "abs": abs,
    "round": round,
    "int": int,
    "float": float,
    "any": any,
    "all": all,
    "sorted": lambda values: tuple(sorted(values)),
    "list": tuple,
}

_COMPARISONS: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


def _power(base: Any, exponent: Any) -> Any:
    if not is_number(base) or not is_number(exponent) or abs(exponent) > _LARGEST_POWER:
        raise ValueError(f"a power is a number with an exponent of at most {_LARGEST_POWER}")
    result = float(base) ** exponent  # a float ends where whole numbers would grow for ever
    whole = isinstance(base, int) and isinstance(exponent, int) and abs(result) < 2**53
    return int(result) if whole and result.is_integer() else result


def _times(left: Any, right: Any) -> Any:
    for sequence, count in ((left, right), (right, left)):
        if isinstance(sequence, str | tuple) and (
            not isinstance(count, int) or count * len(sequence) > _LONGEST
        ):
            raise ValueError(f"a list is repeated a whole number of times, to at most {_LONGEST} items")
    return left * right


_OPERATIONS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _times,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: lambda a, b: a % b if is_number(a) else _times(a, None),  # no formatting of text
    ast.Pow: _power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}


class Inactive(Exception):
    """A name of the expression has no value, because its own condition does not hold."""


class Expression:
    """A parsed expression.

    Parameters
    ----------
    text : str

    Raises
    ------
    SettingError
        If it is no expression, or holds something that is not allowed in one.

    Examples
    --------
    >>> Expression("hidden[0] >= hidden[-1] and schedule.factor < 1").names
    ('hidden', 'schedule.factor')
    """

    def __init__(self, text: str):
        self.text = text
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise SettingError(
                f"Expected an expression such as 'beta_1 < beta_2' or \"optimizer in ('adam', 'adamw')\". "
                f"Got {text!r}."
            ) from None
        found: dict[str, None] = {}
        self._look(self._tree, found)
        self.names: tuple[str, ...] = tuple(found)

    def value(self, values: Mapping[str, Any]) -> Any:
        """Return what the expression gives.

        Parameters
        ----------
        values : mapping of str
            Lists as tuples.

        Raises
        ------
        Inactive
            If a name has no value.
        SettingError
            If it cannot be worked out, such as a word below a number.
        """
        try:
            return self._of(self._tree, values)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            given = ", ".join(f"{name}={values[name]!r}" for name in self.names if name in values)
            raise SettingError(
                f"Expected '{self.text}' to have a value for every setting. Got {given}: {error}."
            ) from None

    def _look(self, node: ast.AST, found: dict[str, None]) -> None:
        """Gather the names, and refuse what is not allowed."""
        name = _dotted(node)
        if name is not None:
            found[name] = None
            return
        if not isinstance(node, _ALLOWED):
            raise self._refused(type(node).__name__)
        if isinstance(node, ast.Call):
            self._look_at_call(node, found)
            return
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr_context):
                self._look(child, found)

    def _look_at_call(self, node: ast.Call, found: dict[str, None]) -> None:
        called = _dotted(node.func)
        if called not in _FUNCTIONS:
            hint = did_you_mean(str(called), _FUNCTIONS)
            raise self._refused(f"the function {called!r} (there are {', '.join(_FUNCTIONS)}){hint}")
        if node.keywords:
            raise self._refused(f"the keyword of {called!r}")
        for argument in node.args:
            self._look(argument, found)

    def _refused(self, what: str) -> SettingError:
        return SettingError(
            "Expected an expression of names, numbers, words, comparisons, arithmetic and indices. "
            f"Got {self.text!r}, with {what}."
        )

    def _of(self, node: Any, values: Mapping[str, Any]) -> Any:
        name = _dotted(node)
        if name is not None:
            if name not in values:
                raise Inactive(name)
            return values[name]
        return _READERS[type(node)](self, node, values)

    def _constant(self, node: ast.Constant, values: Mapping[str, Any]) -> Any:
        return node.value

    def _sequence(self, node: ast.Tuple | ast.List, values: Mapping[str, Any]) -> Any:
        return tuple(self._of(item, values) for item in node.elts)

    def _both(self, node: ast.BoolOp, values: Mapping[str, Any]) -> Any:
        found = None
        for item in node.values:
            found = self._of(item, values)
            if bool(found) is isinstance(node.op, ast.Or):
                return found
        return found

    def _compare(self, node: ast.Compare, values: Mapping[str, Any]) -> bool:
        left = self._of(node.left, values)
        for operation, other in zip(node.ops, node.comparators, strict=True):
            right = self._of(other, values)
            if not _COMPARISONS[type(operation)](left, right):
                return False
            left = right
        return True

    def _binary(self, node: ast.BinOp, values: Mapping[str, Any]) -> Any:
        return _OPERATIONS[type(node.op)](self._of(node.left, values), self._of(node.right, values))

    def _unary(self, node: ast.UnaryOp, values: Mapping[str, Any]) -> Any:
        return _OPERATIONS[type(node.op)](self._of(node.operand, values))

    def _indexed(self, node: ast.Subscript, values: Mapping[str, Any]) -> Any:
        of = self._of(node.value, values)
        if not isinstance(node.slice, ast.Slice):
            return of[self._of(node.slice, values)]
        parts = (node.slice.lower, node.slice.upper, node.slice.step)
        return of[slice(*(None if part is None else self._of(part, values) for part in parts))]

    def _chosen(self, node: ast.IfExp, values: Mapping[str, Any]) -> Any:
        return self._of(node.body if self._of(node.test, values) else node.orelse, values)

    def _called(self, node: ast.Call, values: Mapping[str, Any]) -> Any:
        return _FUNCTIONS[str(_dotted(node.func))](*(self._of(item, values) for item in node.args))


_READERS: dict[type, Callable[..., Any]] = {
    ast.Constant: Expression._constant,
    ast.Tuple: Expression._sequence,
    ast.List: Expression._sequence,
    ast.BoolOp: Expression._both,
    ast.Compare: Expression._compare,
    ast.BinOp: Expression._binary,
    ast.UnaryOp: Expression._unary,
    ast.Subscript: Expression._indexed,
    ast.IfExp: Expression._chosen,
    ast.Call: Expression._called,
}

_ALLOWED = (*_READERS, *_COMPARISONS, *_OPERATIONS, ast.And, ast.Or, ast.Slice)


@lru_cache(maxsize=1024)
def expression(text: str) -> Expression:
    """Return the parsed expression of a text; each text is parsed once."""
    return Expression(text)


def _dotted(node: Any) -> str | None:
    """Return the name that a node is, ``schedule.factor`` included; None if it is something else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None
