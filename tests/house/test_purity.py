"""The hub decides on what it was given: no clock, no chance, no files but its own glossary."""

import ast

from tests.house.walk import named, sources, tree

# Methods and functions that ask the world something, by the last part of their name.
ASKS = {"now", "today", "utcnow", "uuid1", "uuid4", "uuid7", "getenv", "urandom", "open"}
# The glossary is part of the program, read once.
MAY_READ = {"hub/term.py"}


def called(node: ast.Call) -> str:
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def test_the_hub_asks_nobody_for_the_time_an_id_or_a_file() -> None:
    asked = [
        f"{named(path)}:{node.lineno} {called(node)}()"
        for path in sources("hub")
        if named(path) not in MAY_READ
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and called(node) in ASKS
    ]

    assert asked == []


def test_the_hub_writes_no_log_and_no_lines_to_the_screen() -> None:
    talks = [
        f"{named(path)}:{node.lineno}"
        for path in sources("hub", "projections")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import) and any(one.name == "logging" for one in node.names)
    ]

    assert talks == []
