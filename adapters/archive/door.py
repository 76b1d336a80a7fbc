"""The one door to the archive: every process and every verb passes here when it starts."""

from adapters.settings import Settings
from projections import archived


def hand_in(settings: Settings) -> None:
    """Let everything that reads the record in this process find the archive of these settings."""
    folder = settings.archive_dir

    def opened() -> archived.Shelf:
        # Polars takes 70 MB of memory: only who reads old events pays for it.
        from adapters.archive.shelf import ParquetShelf  # noqa: PLC0415 - see above

        return ParquetShelf(folder)

    archived.hand_in(opened)
