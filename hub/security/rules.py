"""The chapter's lines of the write side: command → function, what it loads, who may (§3.4).

`hub.decide` puts them beside the other chapters'; it explains how to read a line. A security
officer acts for his own organisation or for the region of his authority, a supervisor for the
region; neither where an organisation outside keeps something too.
"""

from hub.actor import Role
from hub.command import Command
from hub.permit import anywhere, own, region
from hub.rule import Rule, rule
from hub.security import commands as s
from hub.security import incident, personal_data
from hub.state import Evolve

OFFICER = Role.SECURITY_OFFICER
SUPERVISOR = Role.AUTHORITY_SUPERVISOR

STATES: dict[str, Evolve] = {
    personal_data.PersonalDataFile.STREAM: personal_data.evolve,
    incident.Incident.STREAM: incident.evolve,
}

SECURITY: dict[type[Command], Rule] = {
    s.ErasePersonalData: rule(
        personal_data.erase,
        "personal_id org_id holder_ids legal_basis_id retention_basis_id @time",
        region("org_id", OFFICER, SUPERVISOR),
    ),
    s.LiftPersonalDataRestriction: rule(
        personal_data.lift,
        "personal_id personal_id.org_id",
        region("personal_id.org_id", OFFICER, SUPERVISOR),
    ),
    s.EraseAfterRetention: rule(
        personal_data.erase_after_retention,
        "personal_id personal_id.holder_ids",
        anywhere(Role.CLOCK),
    ),
    s.DetectIncident: rule(
        incident.detect,
        "incident_id org_id",
        own("org_id", OFFICER, Role.SHARING_HEAD),
        region("org_id", OFFICER, SUPERVISOR),
        anywhere(Role.CLOCK),
    ),
    s.CloseIncident: rule(
        incident.close,
        "incident_id incident_id.org_id",
        own("incident_id.org_id", OFFICER),
        region("incident_id.org_id", OFFICER, SUPERVISOR),
    ),
}
