"""What the fixtures of `conftest.py` hand to a test: real servers of its own."""

from dataclasses import dataclass

from adapters.stack.postgres import Postgres
from adapters.stack.provision import APPLICATION, OWNER

# Roles of a throw-away cluster on the loopback address of one test run.
PASSWORDS = {OWNER: "owner-of-a-test", APPLICATION: "app-of-a-test"}
SUPERUSER_PASSWORD = "superuser-of-a-test"  # noqa: S105 - dies with the test run
TEMPLATE = "hub_template"


@dataclass(frozen=True)
class Database:
    """A migrated database that exists for one test, and its address for each role."""

    server: Postgres
    name: str

    @property
    def app_url(self) -> str:
        """As the application role: what the hub's processes use."""
        return self.server.url(self.name, APPLICATION, PASSWORDS[APPLICATION])

    @property
    def owner_url(self) -> str:
        """As the role that owns the tables and runs migrations."""
        return self.server.url(self.name, OWNER, PASSWORDS[OWNER])

    @property
    def superuser_url(self) -> str:
        """As the cluster's superuser: for faults (terminating sessions) and for looking."""
        return self.server.url(self.name)
