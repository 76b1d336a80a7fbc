"""The chapter's lines of the write side: command → function, what it loads, who may.

`hub.decide` puts them beside the other chapters'; it explains how to read a line.
"""

from hub.actor import Role
from hub.catalog import code, drafting, duties, ending, entry, importing, release, review, use
from hub.catalog import commands as c
from hub.command import Command
from hub.permit import anywhere, over, own, region
from hub.rule import Rule, rule
from hub.state import Evolve

HEAD = Role.DEPARTMENT_HEAD
REVIEWER = Role.AUTHORITY_REVIEWER
SUPERVISOR = Role.AUTHORITY_SUPERVISOR
CATALOGUER = Role.CATALOGUER
SHARING_HEAD = Role.SHARING_HEAD
CLOCK = Role.CLOCK
SECURITY = Role.SECURITY_OFFICER

STATES: dict[str, Evolve] = {
    entry.CatalogEntry.STREAM: entry.evolve,
    code.CatalogCode.STREAM: code.evolve_code,
    code.CatalogTitle.STREAM: code.evolve_title,
    use.CatalogUse.STREAM: use.evolve,
    release.CatalogRelease.STREAM: release.evolve,
}

_PROVIDER = "entry_id.provider_id"
_CHECKED = "entry_id.basis_ids entry_id.code_id entry_id.title_id.holder_ids"
"""What the machine check of an entry looks at."""

CATALOG: dict[type[Command], Rule] = {
    c.DraftCatalogEntry: rule(
        drafting.draft, "entry_id provider_id", own("provider_id", CATALOGUER)
    ),
    c.ReviseCatalogEntry: rule(drafting.revise, "entry_id", own(_PROVIDER, CATALOGUER)),
    c.ChangeShareType: rule(
        drafting.change_share_type, "entry_id", own(_PROVIDER, CATALOGUER, SHARING_HEAD)
    ),
    c.ChangeClassification: rule(
        drafting.change_classification, "entry_id", own(_PROVIDER, CATALOGUER, SECURITY)
    ),
    c.CheckCatalogEntry: rule(
        drafting.check,
        f"entry_id {_CHECKED}",
        own(_PROVIDER, CATALOGUER, SHARING_HEAD, HEAD),
        over(_PROVIDER, REVIEWER, SUPERVISOR),
    ),
    c.AttachRiskAssessment: rule(
        drafting.attach_assessment, "entry_id", own(_PROVIDER, SECURITY, HEAD)
    ),
    c.ApproveCatalogEntryInternally: rule(
        review.approve_internally, f"entry_id {_CHECKED}", own(_PROVIDER, HEAD)
    ),
    c.SubmitCatalogEntry: rule(
        review.submit,
        f"entry_id entry_id.provider_id.superior_id founding_id {_CHECKED} @time",
        own(_PROVIDER, CATALOGUER, SHARING_HEAD, HEAD),
    ),
    c.ReturnCatalogEntry: rule(review.send_back, "entry_id", over(_PROVIDER, REVIEWER)),
    c.ApproveCatalogEntry: rule(review.approve, f"entry_id {_CHECKED}", over(_PROVIDER, REVIEWER)),
    c.PublishCatalogEntry: rule(review.publish, f"entry_id {_CHECKED}", over(_PROVIDER, REVIEWER)),
    c.RaiseCatalogUpdateDuty: rule(
        duties.raise_update_duty,
        "entry_id calendar_ids @time",
        own(_PROVIDER, CATALOGUER, SHARING_HEAD, HEAD),
        region(_PROVIDER, REVIEWER, SUPERVISOR),
        anywhere(CLOCK),
    ),
    c.ExtendCatalogUpdate: rule(
        duties.extend, "entry_id entry_id.calendar_ids @time", over(_PROVIDER, REVIEWER)
    ),
    c.RecordUpdateOverdue: rule(duties.record_update_overdue, "entry_id", anywhere(CLOCK)),
    c.RecordReviewOverdue: rule(duties.record_review_overdue, "entry_id", anywhere(CLOCK)),
    c.ConfirmCatalogEntryDue: rule(
        duties.confirm_due, "entry_id entry_id.calendar_ids @time", anywhere(CLOCK)
    ),
    c.WithdrawCatalogEntry: rule(
        ending.withdraw,
        "entry_id entry_id.use_id",
        own(_PROVIDER, HEAD),
        over(_PROVIDER, REVIEWER),
    ),
    c.HandOverCatalogEntry: rule(
        ending.hand_over,
        "entry_id entry_id.provider_id receiver_id entry_id.published_title_id.holder_ids",
        region(_PROVIDER, REVIEWER),
    ),
    c.ImportCatalogEntry: rule(
        importing.take_over,
        "entry_id provider_id basis_ids code_id title_id.holder_ids",
        region("provider_id", REVIEWER),
    ),
    c.ImportCatalogRemoval: rule(
        importing.take_over_removal, "entry_id use_id", region(_PROVIDER, REVIEWER)
    ),
    c.CompileCatalogRelease: rule(
        release.compile_release,
        "release_id org_id entry_ids.provider_id",
        own("org_id", REVIEWER),
    ),
    c.PublishCatalogRelease: rule(
        release.publish_release, "release_id", own("release_id.org_id", REVIEWER)
    ),
}
