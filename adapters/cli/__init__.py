"""The command `hub`: one file here per verb.

A verb's file has a function `register(app)` that adds it; what the verb needs it imports inside
its function, so that `hub --help` answers in a third of a second.
"""

import importlib
import importlib.util

import typer

from adapters.cli.trouble import told

# In the order of the help page. A trailing underscore keeps clear of Python's own words.
VERBS = (
    "up",
    "demo",
    "import_",
    "rebuild",
    "replay",
    "drift",
    "diff",
    "audit",
    "report",
    "status",
    "seal",
    "proof",
    "receipt",
    "doctor",
    "verify",
    "account",
    "witness",
    "migrate",
    "archive",
    "restore",
    "bench",
)


def build() -> typer.Typer:
    """Put the verbs together."""
    app = typer.Typer(
        name="hub",
        help="Shuqiao 数桥: a city's data-sharing exchange on one record of events.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # loading rich alone takes longer than all the rest of --help
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for verb in VERBS:
        name = f"adapters.cli.{verb}"
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name).register(app)
    return app


def main() -> None:
    """Run `hub`; whatever goes wrong is said in a sentence."""
    told(build())
