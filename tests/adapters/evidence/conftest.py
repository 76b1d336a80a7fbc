"""A sealed and witnessed record for the tests of bundles."""

from pathlib import Path

import pytest

from adapters.evidence import verifier
from tests.adapters.evidence.making import Court, Verify
from tests.servers import Database


@pytest.fixture
def court(database: Database, tmp_path: Path) -> Court:
    court = Court(database, tmp_path / "home")
    court.record()
    court.log.seal_all()
    return court


@pytest.fixture
def verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Verify some bytes; return the exit code and what was said."""

    def verify(data: bytes, *words: str) -> tuple[int, str]:
        path = tmp_path / "tried.zip"
        path.write_bytes(data)
        capsys.readouterr()
        code = verifier.main([str(path), *words])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out

    return verify
