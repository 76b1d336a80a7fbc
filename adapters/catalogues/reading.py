"""Which format a file has, found by what is in it, and its entries as candidates."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from adapters.catalogues import dcat_us, guide_xlsx
from adapters.catalogues.candidate import Candidate, UnreadableCatalogueError

_ZIP = b"PK\x03\x04"
KNOWN = "DCAT-US data.json, or XLSX in the columns of the compiling guide"


class CatalogueFile(msgspec.Struct, frozen=True):
    """A catalogue file: its name, the digest of its bytes (hex SHA-256), its entries."""

    name: str
    digest: str
    candidates: list[Candidate]


def read(path: Path) -> CatalogueFile:
    """Read a catalogue file.

    Raises UnreadableCatalogueError with a sentence when the file is none the hub knows.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableCatalogueError(f"{path}: {error.strerror or error}") from error
    digest = hashlib.sha256(content).hexdigest()
    return CatalogueFile(path.name, digest, list(_candidates(path, content)))


def _candidates(path: Path, content: bytes) -> Iterator[Candidate]:
    if content.startswith(_ZIP):
        return guide_xlsx.candidates(path)
    # The standard library's parser on purpose: orjson refuses a whole file for one lone
    # surrogate; here only the entry that holds it is refused.
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableCatalogueError(f"{path.name} is neither UTF-8 nor XLSX") from error
    except json.JSONDecodeError as error:
        raise UnreadableCatalogueError(
            f"{path.name} is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise UnreadableCatalogueError(f"{path.name} is nested too deeply") from error
    if dcat_us.is_dcat_us(document):
        return dcat_us.candidates(document)
    raise UnreadableCatalogueError(f"{path.name} is no catalogue the hub knows: {KNOWN}")
