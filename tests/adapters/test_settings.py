from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters import settings
from adapters.settings import Settings, load


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        for suffix in ("", "_FILE"):
            monkeypatch.delenv(f"HUB_{name.upper()}{suffix}", raising=False)


def test_the_command_line_wins_over_the_environment_over_hub_toml(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("hub.toml").write_text("port = 1001\nworkers = 2\nlog_format = 'json'\n")
    monkeypatch.setenv("HUB_PORT", "1002")
    monkeypatch.setenv("HUB_WORKERS", "3")

    found = load(port=1003, workers=None)

    assert (found.port, found.workers, found.log_format) == (1003, 3, "json")


def test_a_secret_may_come_from_a_file_and_is_never_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text("postgresql://hub_app:sesame@db/hub\n")
    monkeypatch.setenv("HUB_DATABASE_URL_FILE", str(tmp_path / "url"))

    found = load()

    assert found.database_url is not None
    assert found.database_url.get_secret_value() == "postgresql://hub_app:sesame@db/hub"
    assert "sesame" not in repr(found)


def test_a_setting_that_does_not_exist_is_refused() -> None:
    Path("hub.toml").write_text("prot = 1001\n")

    with pytest.raises(ValidationError, match="prot"):
        load()


def test_a_home_is_the_same_folder_wherever_a_server_runs() -> None:
    assert load(home=Path("here")).home == Path.cwd() / "here"


def test_every_setting_says_what_it_is() -> None:
    undescribed = [name for name, field in Settings.model_fields.items() if not field.description]

    assert undescribed == []
    assert settings.PREFIX == "HUB_"
