"""Rule 9: small and flat."""

import ast

from tests.house.walk import named, sources, tree

LINES_MAX = 300
FUNCTION_LINES_MAX = 40


def test_no_file_is_longer_than_300_lines() -> None:
    sizes = {named(path): path.read_text(encoding="utf-8").count("\n") for path in sources()}

    assert {path: lines for path, lines in sizes.items() if lines > LINES_MAX} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = {
        f"{named(path)}:{node.lineno} {node.name}": lines
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    }

    assert long == {}


def test_every_module_says_what_it_is() -> None:
    silent = [
        named(path)
        for path in sources("hub", "projections", "adapters")
        if ast.get_docstring(tree(path)) is None
    ]

    assert silent == []
