"""The adapter's one configuration file, in TOML.

    [hub]
    url = "https://hub.example.gov.cn"
    api_key_file = "hub.key"            # or: signing_key_file = "adapter.pem", key_id = "civil-1"

    [[deliver]]
    resource = "convergence.resource:births"
    folder = "out/births"

    [[receive]]
    grant = "sharing.grant:0198"
    folder = "in/licences"

    [witness]
    log_key = "shuqiao/yunze+1f2e3d4c+AQ…"   # the public key of the hub's log, from its operator
    name = "civil.yunze"                    # the name this department signs under

Paths are relative to the file. Secrets stand in files of their own, never in this one.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from hub.seal.note import COSIGNATURE, VerifierKey


class ConfigProblem(Exception):
    """The configuration cannot be used; the sentence says where and why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HubPart(_Part):
    """Where the hub is, and how this adapter says who it is."""

    url: str
    api_key_file: Path | None = None
    signing_key_file: Path | None = None
    key_id: str = ""
    ca_file: Path | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        TypeAdapter(HttpUrl).validate_python(url)
        return url.rstrip("/")

    @model_validator(mode="after")
    def _one_identity(self) -> "HubPart":
        if (self.api_key_file is None) == (self.signing_key_file is None):
            msg = "give either api_key_file or signing_key_file with key_id"
            raise ValueError(msg)
        if self.signing_key_file is not None and not self.key_id:
            msg = "signing_key_file needs the key_id under which the hub knows the public key"
            raise ValueError(msg)
        return self


class AdapterPart(_Part):
    """How the adapter itself runs."""

    state: Path = Path("hub-adapter")
    log: Literal["console", "json"] = "console"
    poll_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 2.0
    polling: bool = False
    """Look instead of being told: for network drives that report no changes."""
    retry_seconds_max: Annotated[float, Field(ge=1, le=86400)] = 300.0


class DeliverPart(_Part):
    """A folder whose files are delivered to a resource."""

    resource: Annotated[str, Field(pattern=r"^convergence\.resource:.+")]
    folder: Path
    pattern: str = "*"
    encoding: Literal["", "utf-8", "gb18030"] = ""
    period: Literal["current", "previous"] = "current"
    """Of which period a file is that does not say so in its name, by the day it was written."""
    replace: Literal["auto", "always", "never"] = "auto"
    """Whether a newer file of the same period replaces the one before; auto: not in real time."""
    after: Literal["keep", "move"] = "keep"
    """What happens to a file once it is delivered or refused; move: into `done` or `refused`."""


class ReceivePart(_Part):
    """A grant whose data is received into a folder."""

    grant: Annotated[str, Field(pattern=r"^sharing\.grant:.+")]
    folder: Path
    system: str = ""
    every_seconds: Annotated[float, Field(ge=1, le=86400)] = 60.0


class WitnessPart(_Part):
    """Watching the hub's log: what it signed before is what it must continue (docs/witness.md)."""

    log_key: str
    name: Annotated[str, Field(pattern=r"^[^\s+]{1,200}$")]
    every_seconds: Annotated[float, Field(ge=1, le=3600)] = 10.0
    mirror: bool = False
    """Keep every leaf hash, 32 bytes an event, and so be able to name the first that changes."""

    @field_validator("log_key")
    @classmethod
    def _key_of_a_log(cls, key: str) -> str:
        if VerifierKey.parse(key).kind == COSIGNATURE:  # a NoteError is a ValueError
            msg = "this is a witness's key, not a log's"
            raise ValueError(msg)
        return key


class Config(_Part):
    """The whole file."""

    hub: HubPart
    adapter: AdapterPart = AdapterPart()
    deliver: tuple[DeliverPart, ...] = ()
    receive: tuple[ReceivePart, ...] = ()
    witness: WitnessPart | None = None

    @model_validator(mode="after")
    def _something_to_do(self) -> "Config":
        if not self.deliver and not self.receive and self.witness is None:
            msg = "nothing to do: add a [[deliver]], a [[receive]] or a [witness]"
            raise ValueError(msg)
        folders = [part.folder for part in self.deliver] + [part.folder for part in self.receive]
        double = next((folder for folder in folders if folders.count(folder) > 1), None)
        if double is not None:
            msg = f"the folder {double} is named twice"
            raise ValueError(msg)
        return self


def read_config(path: Path) -> Config:
    """Return the configuration in a file, its paths made absolute; raises ConfigProblem."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as wrong:
        raise ConfigProblem(f"there is no file {path}") from wrong
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigProblem(f"{path} cannot be read: {wrong}") from wrong
    try:
        config = Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise ConfigProblem(f"{path} is not TOML: {wrong}") from wrong
    except ValidationError as wrong:
        raise ConfigProblem(_sentences(path, wrong)) from wrong
    return _absolute(config, path.parent.absolute())


def _sentences(path: Path, wrong: ValidationError) -> str:
    lines = [f"{path} has mistakes:"]
    for error in wrong.errors():
        place = ".".join(str(part) for part in error["loc"]) or "the file"
        words = error["msg"].removeprefix("Value error, ")
        lines.append(f"  {place}: {words[:1].lower()}{words[1:]}")
    return "\n".join(lines)


def _absolute(config: Config, folder: Path) -> Config:
    hub = config.hub
    files = {
        name: folder / value
        for name in ("api_key_file", "signing_key_file", "ca_file")
        if (value := getattr(hub, name)) is not None
    }
    return config.model_copy(
        update={
            "hub": hub.model_copy(update=files),
            "adapter": config.adapter.model_copy(update={"state": folder / config.adapter.state}),
            "deliver": tuple(
                part.model_copy(update={"folder": folder / part.folder}) for part in config.deliver
            ),
            "receive": tuple(
                part.model_copy(update={"folder": folder / part.folder}) for part in config.receive
            ),
        }
    )
