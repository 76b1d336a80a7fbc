"""The same city as for the HTTP tests: the door is tried from outside."""

from tests.adapters.http.conftest import city, client, settings

__all__ = ["city", "client", "settings"]
