"""Words of the chapter that are chosen from a list."""

from enum import StrEnum


class OrganizationKind(StrEnum):
    """What kind of body an organisation is (Decree 809 §3, §43)."""

    DEPARTMENT = "department"
    AUTHORIZED = "authorized_organization"
    AUTHORITY = "authority"
    GOVERNMENT = "government"
    AUDIT_OFFICE = "audit_office"
    OTHER_ORGAN = "other_state_organ"


class LegalRank(StrEnum):
    """The rank of a document; only the first three can keep data from being shared (§14)."""

    LAW = "law"
    ADMINISTRATIVE_REGULATION = "administrative_regulation"
    STATE_COUNCIL_DECISION = "state_council_decision"
    MINISTRY_RULE = "ministry_rule"
    LOCAL_REGULATION = "local_regulation"
    LOCAL_RULE = "local_rule"
    DOCUMENT = "normative_document"


FORBIDDING_RANKS = frozenset(
    {LegalRank.LAW, LegalRank.ADMINISTRATIVE_REGULATION, LegalRank.STATE_COUNCIL_DECISION}
)
"""The ranks on which class 3 (not shared) may rest: Decree 809 §14."""
