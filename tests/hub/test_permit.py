"""Who may do what where the command names something that is not there."""

import pytest

from hub.actor import Role, Speaker
from hub.departments.commands import RenameOrganization
from hub.errors import Forbidden, NotFound
from hub.sharing.commands import AgreeSharingRequest
from tests.hub.departments.city import CITY, org, who
from tests.hub.kit import given, speaker

AGREE = AgreeSharingRequest(request_id="sharing.request:nowhere")
RENAME = RenameOrganization(org_id=org("nowhere"), name="无此机构")


def test_one_who_might_have_done_it_learns_which_id_leads_nowhere() -> None:
    refusal = given(*CITY).when(AGREE, who("civil", Role.SHARING_HEAD)).refused(NotFound)

    assert "there is no sharing.request “sharing.request:nowhere”" in refusal.en
    assert refusal.where == "sharing.request:nowhere"


def test_an_organisation_that_is_not_there_is_not_found() -> None:
    reviewer = who("city", Role.AUTHORITY_REVIEWER)

    given(*CITY).when(RENAME, reviewer).refused(NotFound, "departments.organization:nowhere")


@pytest.mark.parametrize("command", [AGREE, RENAME], ids=["request", "organisation"])
@pytest.mark.parametrize(
    "by", [who("tax", Role.ADAPTER), speaker("nowhere", "wang")], ids=["other role", "stranger"]
)
def test_one_who_could_never_do_it_does_not_learn_what_is_there(
    command: AgreeSharingRequest | RenameOrganization, by: Speaker
) -> None:
    refusal = given(*CITY).when(command, by).refused(Forbidden)

    assert "(own )" not in refusal.en
    assert "(region )" not in refusal.en
