"""The chapter's lines of the write side: command → function, what it loads, who may.

`hub.decide` puts them beside the other chapters'; it explains how to read a line.
"""

from hub.actor import Role
from hub.command import Command
from hub.departments import calendar, founding, jurisdiction, legal_basis, organization, ruleset
from hub.departments import commands as d
from hub.permit import anywhere, own, region
from hub.rule import Rule, rule
from hub.state import Evolve

HEAD = Role.DEPARTMENT_HEAD
REVIEWER = Role.AUTHORITY_REVIEWER
OPERATOR = Role.OPERATOR

_the_city = region("founding_id.authority_id", REVIEWER)
"""What holds for the whole city is its first authority's, or one's above it, not a district's."""

STATES: dict[str, Evolve] = {
    organization.Organization.STREAM: organization.evolve,
    founding.Founding.STREAM: founding.evolve,
    legal_basis.LegalBasis.STREAM: legal_basis.evolve,
    calendar.WorkCalendar.STREAM: calendar.evolve,
    ruleset.RuleSet.STREAM: ruleset.evolve,
}

DEPARTMENTS: dict[type[Command], Rule] = {
    d.EstablishAuthority: rule(founding.establish, "founding_id org_id", anywhere(OPERATOR)),
    d.RegisterOrganization: rule(
        jurisdiction.register, "org_id superior_id authorized_by founding_id", anywhere(REVIEWER)
    ),
    d.RenameOrganization: rule(organization.rename, "org_id", region("org_id", REVIEWER)),
    d.MergeOrganization: rule(
        organization.merge, "org_id successor_id", region("org_id", REVIEWER)
    ),
    d.TransferDuties: rule(
        organization.transfer_duties, "org_id receiver_id", region("org_id", REVIEWER)
    ),
    d.DesignateSharingUnit: rule(
        organization.designate_sharing_unit, "org_id", own("org_id", HEAD)
    ),
    d.AppointOfficer: rule(
        organization.appoint, "org_id", own("org_id", HEAD), region("org_id", REVIEWER)
    ),
    d.RelieveOfficer: rule(
        organization.relieve, "org_id", own("org_id", HEAD), region("org_id", REVIEWER)
    ),
    d.AssignJurisdiction: rule(jurisdiction.assign, "org_id", region("org_id", REVIEWER)),
    d.NameDeputy: rule(organization.name_deputy, "org_id deputy_id", region("org_id", REVIEWER)),
    d.DeactivateOrganization: rule(organization.deactivate, "org_id", region("org_id", REVIEWER)),
    d.RegisterLegalBasis: rule(
        legal_basis.register, "legal_basis_id", anywhere(REVIEWER, OPERATOR)
    ),
    d.AmendLegalBasis: rule(legal_basis.amend, "legal_basis_id founding_id", _the_city),
    d.RepealLegalBasis: rule(legal_basis.repeal, "legal_basis_id founding_id", _the_city),
    d.PublishWorkCalendar: rule(
        calendar.publish, "calendar_id founding_id", _the_city, anywhere(OPERATOR)
    ),
    d.AmendWorkCalendar: rule(calendar.amend, "calendar_id founding_id", _the_city),
    d.SetDeadlineRule: rule(ruleset.set_deadline, "rule_set_id founding_id", _the_city),
    d.ChangePolicy: rule(ruleset.change_policy, "rule_set_id founding_id", _the_city),
}
