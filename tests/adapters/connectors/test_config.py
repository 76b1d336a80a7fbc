"""What the adapter says about its configuration, and how it looks at files."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.connectors.config import ConfigProblem, DeliverPart, read_config
from adapters.connectors.main import app
from adapters.connectors.pick import Folders, content_type_of, period_of_file
from adapters.connectors.receive import file_name
from tests.adapters.connectors.running import GOOD, Department, RunningHub

HUB = '[hub]\nurl = "http://127.0.0.1:1"\napi_key_file = "hub.key"\n'
DELIVER = '[[deliver]]\nresource = "convergence.resource:x"\nfolder = "out"\n'


def config(folder: Path, text: str) -> Path:
    path = folder / "adapter.toml"
    path.write_text(text, encoding="utf-8")
    return path


def part(folder: Path, **fields: str) -> DeliverPart:
    return DeliverPart.model_validate(
        {"resource": "convergence.resource:x", "folder": folder, **fields}
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hub = ", "is not TOML"),
        (DELIVER, "hub: field required"),
        (HUB, "nothing to do"),
        (HUB.replace("http://127.0.0.1:1", "hub.example") + DELIVER, "hub.url: input should be"),
        (HUB + 'signing_key_file = "a.pem"\n' + DELIVER, "give either"),
        (HUB.replace("api_key_file", "signing_key_file") + DELIVER, "needs the key_id"),
        (HUB + DELIVER + DELIVER, "is named twice"),
        (HUB + DELIVER + 'colour = "red"\n', "deliver.0.colour: extra inputs"),
        (HUB + DELIVER.replace("convergence.resource:x", "births"), "deliver.0.resource"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(ConfigProblem, match=words):
        read_config(config(tmp_path, text))


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="there is no file"):
        read_config(tmp_path / "none.toml")


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    read = read_config(config(tmp_path, HUB + DELIVER))
    assert read.hub.api_key_file == tmp_path / "hub.key"
    assert read.deliver[0].folder == tmp_path / "out"
    assert read.adapter.state == tmp_path / "hub-adapter"


def test_a_file_is_ripe_when_it_was_seen_twice_unchanged(tmp_path: Path) -> None:
    folders, where = Folders(), part(tmp_path)
    path = tmp_path / "births.csv"
    path.write_text("a")
    assert folders.ripe(where) == []
    assert folders.ripe(where) == [path]
    path.write_text("a longer text")
    assert folders.ripe(where) == []
    assert folders.ripe(where) == [path]


def test_unfinished_files_are_passed_over_until_they_are_renamed(tmp_path: Path) -> None:
    folders, where = Folders(), part(tmp_path)
    for name in ("births.csv.part", ".births.csv", "~$births.xlsx", "b.TMP", "x.crdownload"):
        (tmp_path / name).write_text("a")
    (tmp_path / "folder").mkdir()
    for _ in range(3):
        assert folders.ripe(where) == []
    (tmp_path / "births.csv.part").rename(tmp_path / "births.csv")
    folders.ripe(where)
    assert [path.name for path in folders.ripe(where)] == ["births.csv"]


def test_files_come_in_the_order_they_were_written(tmp_path: Path) -> None:
    for number, name in enumerate(["c.csv", "a.csv", "b.csv"]):
        (tmp_path / name).write_text("a")
        os.utime(tmp_path / name, (number, number))
    folders = Folders()
    folders.ripe(part(tmp_path))
    found = folders.ripe(part(tmp_path, pattern="*.csv"))
    assert [path.name for path in found] == ["c.csv", "a.csv", "b.csv"]


WRITTEN = datetime(2026, 3, 31, 17, 0, tzinfo=UTC).timestamp()
"""One in the morning of 1 April in China."""


@pytest.mark.parametrize(
    ("name", "cycle", "which", "period"),
    [
        ("births-2026-02.csv", "monthly", "current", "2026-02"),
        ("births_202602.csv", "monthly", "current", "2026-02"),
        ("20260215-births.csv", "daily", "current", "2026-02-15"),
        ("births 2026Q1.csv", "quarterly", "current", "2026-Q1"),
        ("2026-h2.xlsx", "half_yearly", "current", "2026-H2"),
        ("report2025.csv", "yearly", "current", "2025"),
        ("2026-W07.csv", "weekly", "current", "2026-W07"),
        ("births-2026-13.csv", "monthly", "current", "2026-04"),
        ("births.csv", "monthly", "current", "2026-04"),
        ("births.csv", "monthly", "previous", "2026-03"),
        ("births.csv", "yearly", "previous", "2025"),
        ("births.csv", "irregular", "current", "2026-04-01"),
        ("no43011234567.csv", "monthly", "current", "2026-04"),
    ],
)
def test_a_file_says_its_period_or_the_day_it_was_written_does(
    tmp_path: Path, name: str, cycle: str, which: str, period: str
) -> None:
    assert period_of_file(name, WRITTEN, cycle, part(tmp_path, period=which)) == period


def test_names_of_received_files_cannot_leave_the_folder() -> None:
    batch = {"file_name": "..\\..\\etc/pass wd.csv", "period": "2026-03"}
    name = file_name({**batch, "batch_id": "convergence.batch:0123456789"})
    assert name == "pass_wd_2026-03_01234567.csv"


def test_content_types_follow_the_ending(tmp_path: Path) -> None:
    assert content_type_of(tmp_path / "A.CSV") == "text/csv"
    assert content_type_of(tmp_path / "a.pdf") == "application/octet-stream"


def test_check_says_in_plain_words_what_works(hub: RunningHub, tmp_path: Path) -> None:
    civil = Department(hub, tmp_path / "civil").deliver()
    civil.put("births-2026-03.csv", GOOD)
    done = civil.verb("check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "“出生登记表” is active" in done.stdout
    assert "3 columns: zjh, 姓名, 日期; updated monthly" in done.stdout
    assert "births-2026-03.csv agrees: 2 rows, for 2026-03" in done.stdout
    civil.put("births-2026-03.csv", GOOD.replace("姓名", "名字"))
    (civil.folder / "hub.key").chmod(0o644)
    done = civil.verb("check")
    assert done.returncode == 1
    assert "header 姓名" in done.stdout
    assert "chmod 600" in done.stdout
    hub.stop()
    done = civil.verb("check")
    assert done.returncode == 1
    assert "cannot be reached" in done.stdout
    assert "Traceback" not in done.stderr


def test_check_of_a_grant_says_whether_it_gives_data(hub: RunningHub, tmp_path: Path) -> None:
    tax = Department(hub, tmp_path / "tax", name="tax").receive()
    done = tax.verb("check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sharing.grant:tax-births is active" in done.stdout
    assert "there is no data under it yet" in done.stdout


def test_a_wrong_configuration_is_wrong_use(tmp_path: Path) -> None:
    path = config(tmp_path, HUB)
    for verb in ("run", "once", "check"):
        done = CliRunner().invoke(app, [verb, str(path)])
        assert done.exit_code == 2
        assert "nothing to do" in done.output


def test_the_example_in_the_documentation_is_a_configuration(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs" / "adapter.md"
    [example] = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    read = read_config(config(tmp_path, example))
    assert read.deliver[0].after == "move"
    assert read.receive[0].system == "综合窗口"
