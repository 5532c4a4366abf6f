"""The .pyi stubs beside compiled modules, by which mypy checks plain ones, name what is really there: all of it."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import kvik

ROOT = Path(kvik.__file__).parent
STUBS = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.pyi"))
PRIVATE = {"__init__"}      # what a compiled class does in __cinit__ has no signature


def parameters(function: ast.FunctionDef) -> list[str]:
    given = function.args
    rest = [given.vararg] if given.vararg else []
    return [each.arg for each in (*given.posonlyargs, *given.args, *rest, *given.kwonlyargs)]


def is_property(function: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "property" for each in function.decorator_list)


def is_only_a_type(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id in ("TypedDict", "Protocol") for base in node.bases)


def check_function(function: ast.FunctionDef, owner: object, where: str) -> None:
    found = inspect.getattr_static(owner, function.name, None)
    assert found is not None, f"{where}.{function.name} is not there"
    if not is_property(function):
        signature = inspect.signature(getattr(owner, function.name))
        assert list(signature.parameters) == parameters(function), f"{where}.{function.name}"


def check_class(node: ast.ClassDef, real: type) -> None:
    told = set()
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name not in PRIVATE:
            check_function(each, real, node.name)
            told.add(each.name)
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            told.add(each.target.id)
    public = {name for name in vars(real) if not name.startswith("_")}
    assert told == public


@pytest.mark.parametrize("stub", STUBS)
def test_stub_and_module_have_the_same_names(stub: str) -> None:
    module = importlib.import_module("kvik." + stub.removesuffix(".pyi").replace("/", "."))
    for node in ast.parse((ROOT / stub).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            check_function(node, module, module.__name__)
        elif isinstance(node, ast.ClassDef) and not is_only_a_type(node):
            check_class(node, getattr(module, node.name))


def test_there_are_stubs() -> None:
    assert {"server/core.pyi", "server/client_view.pyi", "engine/glob.pyi"} <= set(STUBS)
