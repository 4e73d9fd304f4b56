"""The checker that watches every annotation in shoal while the tests run.

jaxtyping's own import hook makes every function, annotated or not, look after shapes and check its parameters
twice, and makes the checkers of all functions when it imports them: 6 s of each process of the tests. Here a
checker is made when its function is first called, by beartype alone where no annotation speaks of shapes.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import sys
import types
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import Any, get_args, get_type_hints

from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, TypeCheckError, jaxtyped

# As in PEP 484 and in pyright, an int may stand where a float is announced. What is refused is a TypeError,
# as it would be without a checker: who reads a torn file answers that.
_by_beartype = beartype(conf=BeartypeConf(is_pep484_tower=True, violation_type=TypeCheckError))


def watch(package: str) -> None:
    """Check the annotations of all modules of a package that are imported from now on."""
    if any(name == package or name.startswith(package + ".") for name in sys.modules):
        raise RuntimeError(f"{package} is imported already, so its annotations would go unchecked")
    sys.meta_path.insert(0, _Finder(package))


def checked(thing: Any) -> Any:
    """Return a function, or a dataclass, that checks what its annotations say; any other class as it is."""
    if isinstance(thing, type):
        if dataclasses.is_dataclass(thing) and "__init__" in vars(thing):
            thing.__init__ = checked(thing.__init__)
        return thing
    if not thing.__annotations__:
        return thing
    watched = None

    @functools.wraps(thing)
    def call(*args, **kwargs):
        nonlocal watched
        if watched is None:  # most functions are not called in a process that tests one room
            watched = _watched(thing)
        return watched(*args, **kwargs)

    return call


def _watched(function: types.FunctionType) -> Any:
    said = function.__annotations__
    known = {name: _understood(text, function.__globals__) for name, text in said.items()}
    if any(_speaks_of_shapes(hint) for hint in known.values()):
        return jaxtyped(function, typechecker=_by_beartype)
    function.__annotations__ = known
    try:
        return _by_beartype(function)
    finally:
        function.__annotations__ = said


def _understood(annotation: Any, names: dict[str, Any]) -> Any:
    """Return what an annotation means, or Any where it names what is imported for type checkers only."""

    def one(value):
        return value

    one.__annotations__ = {"value": annotation}
    try:
        return get_type_hints(one, names, include_extras=True)["value"]
    except Exception:  # whatever happens in an annotation that is not for run time
        return Any


def _speaks_of_shapes(hint: Any) -> bool:
    shaped = isinstance(hint, type) and issubclass(hint, AbstractArray)
    return shaped or any(_speaks_of_shapes(part) for part in get_args(hint))


class _Decorated(ast.NodeTransformer):
    """Puts `checked` innermost on functions, where annotations still are, and outermost on classes."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        arguments = ast.walk(node.args)
        if node.returns or any(isinstance(a, ast.arg) and a.annotation for a in arguments):
            node.decorator_list.append(_call_of_checked(node))
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        node.decorator_list.insert(0, _call_of_checked(node))
        return node


def _call_of_checked(place: ast.stmt) -> ast.expr:
    return ast.copy_location(ast.parse(f"__import__({__name__!r}).checked", mode="eval").body, place)


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> types.CodeType:  # never from bytecode, which may not be decorated
        return self.source_to_code(self.get_data(self.path), self.path)

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> types.CodeType:
        tree = _Decorated().visit(ast.parse(data, path))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True, optimize=_optimize)


class _Finder:
    def __init__(self, package: str):
        self.package = package

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != self.package and not name.startswith(self.package + "."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec
