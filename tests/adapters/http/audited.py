"""A story with matters inside and outside of every kind of scope, and the scopes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from hub.actor import Role
from hub.feedback.commands import RequestCorrection
from hub.feedback.kinds import Defect
from hub.sharing.commands import WithdrawSharingRequest
from tests.hub.departments.city import org, who
from tests.hub.sharing.world import ASKER, LIMITED, METER, OPEN, REQUEST, china, draft, report
from tests.projections.sharing.test_request_board import asked
from tests.projections.sharing.test_sharing_ledger import suspended

if TYPE_CHECKING:
    from tests.projections.feedback.play import Play

AUDITOR = "audit.auditor"
DRAFT, WITHDRAWN, FOREIGN = (
    f"sharing.request:{name}" for name in ("drawer", "withdrawn", "market")
)
CASES = {name: f"feedback.correction:{name}" for name in ("tax", "market")}
FIRST, LAST = date(2026, 3, 5), date(2026, 3, 15)
SCOPES: dict[str, dict[str, Any]] = {
    "all": {"kind": "all"},
    "case": {"kind": "case", "subjects": [REQUEST, CASES["market"]]},
    "entry": {"kind": "entry", "subjects": [OPEN]},
    "department": {"kind": "department", "subjects": [org("tax")]},
    "period": {"kind": "period", "period_from": f"{FIRST}", "period_to": f"{LAST}"},
}
AUDITS = {name: f"supervision.audit:{name}" for name in SCOPES}


def story() -> Play:
    """Tax asks three times and finds a mistake; the market office does both once."""
    play = suspended().does(report(date(2026, 3, 12)), METER, china(4, 2))
    play.does(draft(entry_id=OPEN, request_id=DRAFT), ASKER, china(3, 6))
    asked(WITHDRAWN, china(3, 20), play)
    play.does(WithdrawSharingRequest(request_id=WITHDRAWN, reason="不再需要"), ASKER, china(3, 21))
    market = who("market", Role.BUSINESS_USER)
    play.does(draft(request_id=FOREIGN, requester_id=org("market")), market, china(3, 10))
    for name, day in (("tax", 11), ("market", 12)):
        found = RequestCorrection(
            correction_id=CASES[name],
            entry_id=LIMITED,
            raiser_id=org(name),
            defect=Defect.INACCURATE,
            what="与证件不符",
            records=1,
        )
        play.does(found, who(name, Role.BUSINESS_USER), china(3, day))
    return play
