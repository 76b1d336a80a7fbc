"""The log's key in a device behind PKCS#11: SoftHSM stands for it."""

import subprocess
from pathlib import Path

import pytest

from adapters.keys import BadKey, FileSigner, verify
from adapters.seal.key import signer_for
from adapters.seal.pkcs11 import DeviceSigner, make
from adapters.settings import Settings
from tests.adapters.seal.sealing import Log
from tests.referees import softhsm_library

MODULE = softhsm_library()


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A device with one token, made once: the library reads its place when it is loaded."""
    folder = tmp_path_factory.mktemp("device")
    (folder / "tokens").mkdir()
    (folder / "pin").write_text("1234\n")
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(configuration))
        words = "softhsm2-util --init-token --free --label hub --pin 1234 --so-pin 5678"
        subprocess.run(words.split(), check=True, capture_output=True)
        make(uri(folder))
    return folder


def uri(folder: Path, *, pin: str = "pin", label: str = "log") -> str:
    source = f"file:{folder}/{pin}"
    return f"pkcs11:token=hub;object={label}?module-path={MODULE}&pin-source={source}"


def test_a_key_in_a_device_signs_and_anybody_can_check_it(token: Path) -> None:
    signer = DeviceSigner.open(uri(token), "city.example/log")

    signed = signer.sign(b"a checkpoint")

    assert verify(signer.key, b"a checkpoint", signed)
    assert not verify(signer.key, b"another checkpoint", signed)
    assert DeviceSigner.open(uri(token), "city.example/log").key == signer.key


def test_the_sealer_signs_with_the_key_in_the_device(token: Path, log: Log) -> None:
    log.settings = log.settings.model_copy(
        update={"log_key": uri(token), "origin": "city.example/log"}
    )
    log.append(3)

    assert log.seal_all().origin == "city.example/log"
    assert log.check().size == 3
    assert not (log.settings.home / "secrets" / "log.key").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"label": "other"}, "“other” in the device “hub”.*NoSuchKey"), ({"pin": "nowhere"}, "PIN")],
)
def test_what_is_wrong_with_the_device_is_said(
    token: Path, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(BadKey, match=words):
        DeviceSigner.open(uri(token, **changes), "city.example/log")


def test_a_pin_in_the_settings_is_refused() -> None:
    with pytest.raises(BadKey, match="Put it into a file"):
        DeviceSigner.open("pkcs11:token=hub;object=log?module-path=/m.so&pin-value=1234", "o")


def test_a_uri_that_says_too_little_is_refused() -> None:
    with pytest.raises(BadKey, match="does not say module-path"):
        DeviceSigner.open("pkcs11:token=hub;object=log", "o")


def test_a_key_in_a_device_needs_the_name_of_the_log(token: Path, log: Log) -> None:
    settings = Settings(home=log.settings.home, log_key=uri(token))

    with pytest.raises(BadKey, match="set the setting origin"):
        signer_for(settings, log.track.guard)


def test_one_message_has_one_signature(token: Path, tmp_path: Path) -> None:
    """Ed25519 draws no lots: what was signed before a power cut is signed again alike."""
    device = DeviceSigner.open(uri(token), "o")
    file = FileSigner.create(tmp_path / "key", "o")

    assert device.sign(b"m") == device.sign(b"m")
    assert file.sign(b"m") == file.sign(b"m")
