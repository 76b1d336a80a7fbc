"""`hub audit`: the whole chain of a case, and evidence to carry away (audit_export.py)."""

from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli import audit_export
from adapters.cli.options import HomeOption, JsonOption, answer, note
from adapters.cli.trouble import Nothing

if TYPE_CHECKING:
    from projections.case_chain import ChainRow

CaseArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Request, grant, feedback, correction case or entry.")
]
EnglishOption = Annotated[
    bool, typer.Option("--english", help="Words of the glossary in English, not Chinese.")
]
PAGE = 1_000


def register(app: typer.Typer) -> None:
    """Add the verbs to `hub`."""
    verbs = typer.Typer(help="What an auditor takes: chains and evidence.", no_args_is_help=True)
    verbs.command("case")(case)
    verbs.command("export")(audit_export.export)
    app.add_typer(verbs, name="audit")


def case(
    case_id: CaseArgument,
    english: EnglishOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell everything that happened in a case: who, when, on what basis, what exactly.

    Times are those of China. Each event's proof is had with `hub receipt POSITION`.
    """
    import msgspec

    rows = _chain(case_id, home)
    if not rows:
        raise Nothing(f"There is no case “{case_id}”; check the id, e.g. sharing.request:….")

    def in_words() -> None:
        for row in rows:
            typer.echo(_line(row, english=english))

    answer([msgspec.to_builtins(row) for row in rows], as_json=as_json, in_words=in_words)


def _chain(case_id: str, home: HomeOption) -> "list[ChainRow]":
    from adapters.settings import load
    from adapters.stack.running import stack_for
    from projections.case_chain import chain
    from projections.catch_up import catch_up
    from projections.connect import connect
    from projections.registry import PROJECTIONS

    with (
        stack_for(load(home=home), note) as addresses,
        connect(addresses.database_url, purpose="audit") as connection,
    ):
        catch_up(connection, PROJECTIONS)
        rows: list[ChainRow] = []
        while page := chain(
            connection, case_id, after=rows[-1].position if rows else 0, limit=PAGE
        ):
            rows += page
        return rows


def _line(row: "ChainRow", *, english: bool) -> str:
    what, role = (row.what_en, row.role_en) if english else (row.what_zh, row.role_zh)
    basis = " ".join(filter(None, (row.basis_title or row.legal_basis_id, row.article)))
    recorded = f"{'recorded' if english else '入卷'} {row.recorded_at:%Y-%m-%d %H:%M:%S}"
    lines = [
        f"{row.position:>9}  {row.at:%Y-%m-%d %H:%M:%S}  {what}",
        f"{'':9}  {row.org_name or row.org_id}, {role} {row.person_id} ({recorded})",
    ]
    if basis:
        lines.append(f"{'':9}  {'basis' if english else '依据'}: {basis}")
    lines += [f"{'':9}  {row.state}", f"{'':9}  leaf {row.leaf}"]
    return "\n".join(lines)
