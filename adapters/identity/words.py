"""How the door refuses: the same kind of sentence as the hub's, in both languages."""

from hub.errors import Refusal


class Unauthenticated(Refusal):
    """Nobody is known by what was shown at the door."""


class TooManyTries(Refusal):
    """So many log-ins failed that the door stays shut for a while."""

    def __init__(self, en: str, zh: str, *, retry_after: int) -> None:
        """Say after how many seconds it is worth trying again."""
        super().__init__(en, zh)
        self.retry_after = retry_after
