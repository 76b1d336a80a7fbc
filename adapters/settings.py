"""Everything an operator can set, one field per setting.

A value comes from the command line, else the environment (`HUB_PORT`), else a file that the
environment names (`HUB_DATABASE_URL_FILE`, for secrets), else `hub.toml` here or in
`/etc/hub/`, else the default below.
"""

import os
from datetime import time
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX = "HUB_"
FILES = (Path("/etc/hub/hub.toml"), Path("hub.toml"))


class FromFiles(PydanticBaseSettingsSource):
    """Reads a setting from the file that `HUB_<SETTING>_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the file's first line for one setting, or None where no file is named."""
        del field  # the name alone says which file
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        if path is None:
            return None, field_name, False
        return Path(path).read_text(encoding="utf-8").strip(), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return every setting that a file gives."""
        fields = self.settings_cls.model_fields
        found = {name: self.get_field_value(field, name)[0] for name, field in fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class Settings(BaseSettings):
    """The settings of one hub."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, toml_file=FILES
    )

    home: Path = Field(
        default=Path(".shuqiao"),
        description="Folder for everything the hub keeps: databases, reports, secrets, logs.",
    )
    host: str = Field(default="127.0.0.1", description="Address the HTTP server listens on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port of the HTTP server; 0 takes any free one."
    )
    workers: int = Field(default=1, ge=1, le=64, description="How many API processes to run.")
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 18 for the role hub_app; without it the embedded server is used.",
    )
    database_owner_url: SecretStr | None = Field(
        default=None,
        description="The same database for the role hub_owner; only `hub migrate` needs it.",
    )
    nats_url: SecretStr | None = Field(
        default=None,
        description="NATS with JetStream; without it the embedded server is used.",
    )
    pg_bin: Path | None = Field(
        default=None,
        description="Bin folder of a PostgreSQL 18 to embed in place of the packaged one.",
    )
    disk_free_mb_min: int = Field(
        default=200,
        ge=0,
        description="Free megabytes under the home below which the hub does not start.",
    )
    history_import: bool = Field(
        default=False,
        description="Let imports and demonstrations record events with times in the past.",
    )
    nightly_at: time = Field(
        default=time(2, 30),
        description="Hour in China at which the views are compared with the record, every night.",
    )
    body_bytes_max: int = Field(
        default=1_000_000, ge=1_000, description="Largest request body of a command, in bytes."
    )
    queue_commands_max: int = Field(
        default=4_096,
        ge=1,
        description="Commands that may wait for the disk; the next is answered 503 Retry-After.",
    )
    pasts_max: int = Field(
        default=6,
        ge=2,
        le=100,
        description="Views of past moments (as_of) kept built; the least asked for is dropped.",
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="Log lines for people (console) or machines (json)."
    )
    language: Literal["zh", "en"] = Field(
        default="zh", description="Language of pages and reports when nobody asks for another."
    )
    archive_dir: Path = Field(
        default_factory=lambda given: given["home"] / "archive",
        description="Folder of the archive, `<home>/archive` by default: old events in Parquet.",
    )
    log_dir: Path = Field(
        default_factory=lambda given: given["home"] / "log",
        description="Folder of the sealed log, `<home>/log` by default: checkpoint and tiles.",
    )
    guard_dir: Path = Field(
        default_factory=lambda given: given["home"] / "guard",
        description=(
            "Folder that keeps the checkpoint signed last, `<home>/guard` by default; "
            "in production on another disk than the database and the log."
        ),
    )
    log_key: str = Field(
        default_factory=lambda given: str(given["home"] / "secrets" / "log.key"),
        description=(
            "The log's signing key: a file, `<home>/secrets/log.key` by default, or a key in a "
            "device as a `pkcs11:` URI (RFC 7512)."
        ),
    )
    personal_key: Path = Field(
        default_factory=lambda given: given["home"] / "secrets" / "personal.key",
        description="Key-encryption key of personal data, `<home>/secrets/personal.key` by "
        "default; every API process needs the same. Back it up apart from the database.",
    )
    origin: str | None = Field(
        default=None,
        pattern=r"^[^\s+]{1,200}$",
        description="Name of the log in its checkpoints; without it one is made up at first.",
    )
    witness_policy: Path = Field(
        default_factory=lambda given: given["home"] / "policy",
        description=(
            "Whose cosignatures make a checkpoint witnessed (C2SP tlog-policy), `<home>/policy` by "
            "default; without the file the hub has no witnesses."
        ),
    )
    tsa_url: str | None = Field(
        default=None,
        description="Time-stamp authority (RFC 3161) that signs one checkpoint a day.",
    )
    tsa_certificate: Path | None = Field(
        default=None, description="Root certificate of that authority (PEM)."
    )
    sm: bool = Field(
        default=False,
        description=(
            "Seal with national cryptography too: a tree of SM3, checkpoints signed with SM2 "
            "(needs the extra `sm`)."
        ),
    )
    sm_key: Path = Field(
        default_factory=lambda given: given["home"] / "secrets" / "sm2.key",
        description="File of the SM2 key, `<home>/secrets/sm2.key` by default; made at first.",
    )

    @field_validator(
        *("home", "pg_bin", "log_dir", "guard_dir", "witness_policy", "personal_key"),
        *("tsa_certificate", "sm_key", "archive_dir"),
    )
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        """Servers run with another working directory, so no path may depend on ours."""
        return path if path is None else path.expanduser().absolute()

    @field_validator("log_key")
    @classmethod
    def _absolute_key(cls, key: str) -> str:
        """Return a key's file wherever we run; a key in a device has no folder."""
        return key if key.startswith("pkcs11:") else str(Path(key).expanduser().absolute())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Say which source wins: command line, environment, named files, hub.toml."""
        del dotenv_settings, file_secret_settings
        toml = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, FromFiles(settings_cls), toml


def load(**from_command_line: object) -> Settings:
    """Read the settings; arguments that are None were not given on the command line."""
    given = {name: value for name, value in from_command_line.items() if value is not None}
    return Settings(**given)  # type: ignore[arg-type] # each value is validated by its field
