"""`hub-adapter check`: what works and what does not, in plain words, one line each."""

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from adapters.connectors.client import Away, HubClient, Refused
from adapters.connectors.config import (
    Config,
    ConfigProblem,
    DeliverPart,
    ReceivePart,
    WitnessPart,
)
from adapters.connectors.pick import content_type_of, is_unfinished, period_of_file
from adapters.keys import verify
from adapters.tables.checking import check_file
from adapters.tables.items import carried, specs_of_json
from adapters.tables.reading import CSV, XLSX
from adapters.witness.pull import Away as PullAway
from adapters.witness.pull import HubLog
from hub.seal import note as notes
from hub.seal.note import VerifierKey

CLOCK_SECONDS_MAX = 120
Line = tuple[bool, str]
"""Whether it is as it should be, and the sentence."""


def check(config: Config) -> Iterator[Line]:
    """Yield one line for everything looked at."""
    yield from _secrets(config)
    try:
        hub = HubClient(config.hub)
    except ConfigProblem as wrong:
        yield False, str(wrong)
        return
    try:
        reached, line = _reach(hub, config)
        yield reached, line
        for source in config.deliver:
            yield from _folder(source.folder, os.R_OK)
            if reached:
                yield from _asked(source.resource, _delivering(hub, source))
        for target in config.receive:
            yield from _folder(target.folder, os.W_OK)
            if reached:
                yield from _asked(target.grant, _receiving(hub, target))
        if reached and config.witness is not None:
            yield _witnessing(config, config.witness)
    finally:
        hub.close()


def _secrets(config: Config) -> Iterator[Line]:
    path = config.hub.api_key_file or config.hub.signing_key_file
    if path is None or not path.is_file():
        return
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield False, f"{path} can be read by others on this machine: chmod 600 {path}"


def _reach(hub: HubClient, config: Config) -> Line:
    try:
        theirs = hub.hub_time()
    except (Away, Refused) as wrong:
        return False, f"{config.hub.url}: {wrong}"
    apart = 0.0 if theirs is None else abs(theirs - time.time())
    if config.hub.signing_key_file is not None and apart > CLOCK_SECONDS_MAX:
        return False, (
            f"this machine's clock is {apart:.0f} s off the hub's; signed requests need the right"
            " time"
        )
    return True, f"{config.hub.url} answers"


def _folder(folder: Path, need: int) -> Iterator[Line]:
    if not folder.is_dir():
        if need == os.W_OK and folder.parent.is_dir():
            yield True, f"{folder} will be made"
        else:
            yield False, f"the folder {folder} is not there"
    elif not os.access(folder, need | os.X_OK):
        yield False, f"the folder {folder} cannot be {'written' if need == os.W_OK else 'read'}"
    else:
        yield True, f"{folder} is there"


def _asked(what: str, answers: Iterator[Line]) -> Iterator[Line]:
    try:
        yield from answers
    except (Away, Refused) as wrong:
        yield False, f"{what}: {wrong}"


def _delivering(hub: HubClient, part: DeliverPart) -> Iterator[Line]:
    resource = hub.get(f"convergence/resources/{part.resource}")
    entry = hub.get(f"catalog/entries/{resource['entry_id']}")
    content = entry["content"]
    serves = resource["status"] in {"active", "ending"}
    yield (
        serves,
        f"“{resource['title']}” is {resource['status']}"
        + ("" if serves else "; batches are taken while it is active"),
    )
    specs = carried(specs_of_json(content.get("items", [])), tuple(resource["items"]))
    names = ", ".join(spec.name for spec in specs)
    cycle = content.get("update_cycle") or ""
    yield True, f"its files have {len(specs)} columns: {names}; updated {cycle or 'irregularly'}"
    found = [path for path in sorted(part.folder.glob(part.pattern)) if path.is_file()]
    sample = next((path for path in found if not is_unfinished(path)), None)
    if sample is None:
        yield True, f"no file in {part.folder} matches {part.pattern} yet"
        return
    period = period_of_file(sample.name, sample.stat().st_mtime, cycle, part)
    if content_type_of(sample) not in {CSV, XLSX}:
        yield True, f"{sample.name} would be delivered as it is, for {period}"
        return
    report = check_file(sample, content_type_of(sample), specs, part.encoding)
    if report.ok:
        yield True, f"{sample.name} agrees: {report.rows} rows, for {period}"
        return
    yield False, f"{sample.name} does not agree: {report.problem or ''}".rstrip(": ")
    for line in report.findings():
        yield False, f"  {line['rule']} {line['item']}: {line['failed']}, rows {line['rows']}"


def _witnessing(config: Config, part: WitnessPart) -> Line:
    """Say whether the hub's checkpoint is signed by the key the witness was given."""
    key = VerifierKey.parse(part.log_key)
    log = HubLog(config.hub.url, config.hub.ca_file)
    try:
        note = notes.parse(log.checkpoint())
    except (PullAway, notes.NoteError) as wrong:
        return False, f"witness: {wrong}"
    finally:
        log.close()
    if not notes.signed_by(note, key, verify):
        return False, f"witness: the hub's checkpoint is not signed by {key.name} as in log_key"
    return True, f"witness: the log {key.name} is signed by the key in log_key"


def _receiving(hub: HubClient, part: ReceivePart) -> Iterator[Line]:
    grant = hub.get(f"sharing/grants/{part.grant}")
    active = grant["status"] == "active"
    yield (
        active,
        f"{part.grant} is {grant['status']}, to {grant['valid_to']}"
        + ("" if active else "; data is given while it is active"),
    )
    page = hub.get(f"sharing/grants/{part.grant}/batches", limit=1)
    yield True, "it gives data" if page["items"] else "there is no data under it yet"
