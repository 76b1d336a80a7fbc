"""The whole write side: every command, what answers it, what it loads, who may send it.

Each chapter writes its own lines in its `rules.py`. Read a line as: command → rule(function,
"paths it loads", permits…). The first path is what the command is about; a path goes on through
the states it leads to (`hub.rule`), a permit names roles and how their organisation must relate
to the one at its path (`hub.permit`). Nothing else can make an event.
"""

from hub.catalog import rules as catalog
from hub.command import Command
from hub.convergence import rules as convergence
from hub.departments import rules as departments
from hub.feedback import rules as feedback
from hub.rule import Rule
from hub.security import rules as security
from hub.sharing import rules as sharing
from hub.state import Evolve
from hub.supervision import rules as supervision

STATES: dict[str, Evolve] = {
    **departments.STATES,
    **catalog.STATES,
    **convergence.STATES,
    **sharing.STATES,
    **feedback.STATES,
    **security.STATES,
    **supervision.STATES,
}
"""Stream id prefix -> how the stream's state is folded."""

RULES: dict[type[Command], Rule] = {
    **departments.DEPARTMENTS,
    **catalog.CATALOG,
    **convergence.CONVERGENCE,
    **sharing.SHARING,
    **feedback.FEEDBACK,
    **security.SECURITY,
    **supervision.SUPERVISION,
}
"""Every command the hub takes."""
