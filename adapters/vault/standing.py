"""What the record says about subjects: whether and when erased, whether restricted now.

What was carried out is kept in `desk.personal_subjects`; what was recorded since is read from the
record at each question. So an erasure recorded a moment ago shows at once, however late the
process is that deletes, and one whose events lie in the archive is not forgotten.
"""

from collections.abc import Collection

import msgspec
import psycopg

from hub.security.commands import personal_id_of
from hub.security.events import (
    PersonalDataErased,
    PersonalDataRestricted,
    PersonalDataRestrictionLifted,
)
from hub.security.kinds import PersonalStatus

TOPICS = (
    PersonalDataErased.TOPIC,
    PersonalDataRestricted.TOPIC,
    PersonalDataRestrictionLifted.TOPIC,
)
"""What changes how a subject's data stands."""


class Standing(msgspec.Struct, frozen=True):
    """How a subject's data stands at a version of its stream.

    `erased` is the version of the last erasure, 0 for never: also the generation of keys made now.
    """

    version: int = 0
    erased: int = 0
    restricted: bool = False

    def after(self, version: int, topic: str) -> "Standing":
        """Return how it stands after an event of the subject's stream."""
        if version <= self.version:
            return self
        erased = version if topic == PersonalDataErased.TOPIC else self.erased
        return Standing(version, erased, topic == PersonalDataRestricted.TOPIC)

    def status(self, generation: int) -> PersonalStatus:
        """Return how data stands that was sealed in a generation."""
        if generation < self.erased:
            return PersonalStatus.ERASED
        return PersonalStatus.RESTRICTED if self.restricted else PersonalStatus.HELD


NEVER = Standing()
"""How a subject stands of which nothing was recorded."""


def standings(connection: psycopg.Connection, subject_ids: Collection[str]) -> dict[str, Standing]:
    """Return how subjects stand now."""
    subjects = {personal_id_of(each): each for each in subject_ids}
    found = dict.fromkeys(subject_ids, NEVER)
    for subject_id, *rest in connection.execute(
        """
        SELECT subject_id, version, erased, restricted
          FROM desk.personal_subjects
         WHERE subject_id = ANY (%s)
        """,
        (list(subject_ids),),
    ).fetchall():
        found[subject_id] = Standing(*rest)
    for stream_id, version, topic in connection.execute(
        """
        SELECT stream_id, version, topic
          FROM record.events
         WHERE stream_id = ANY (%s)
           AND topic = ANY (%s)
         ORDER BY stream_id, version
        """,
        (list(subjects), list(TOPICS)),
    ).fetchall():
        subject_id = subjects[stream_id]
        found[subject_id] = found[subject_id].after(version, topic)
    return found


def standing_of(connection: psycopg.Connection, subject_id: str) -> Standing:
    """Return how one subject stands now."""
    return standings(connection, [subject_id])[subject_id]


def carried_out(connection: psycopg.Connection, subject_id: str) -> Standing:
    """Return how a subject stands as far as it was carried out."""
    row = connection.execute(
        """
        SELECT version, erased, restricted
          FROM desk.personal_subjects
         WHERE subject_id = %s
        """,
        (subject_id,),
    ).fetchone()
    return NEVER if row is None else Standing(*row)


def keep(connection: psycopg.Connection, subject_id: str, standing: Standing) -> None:
    """Keep how a subject stands; the caller commits."""
    connection.execute(
        """
        INSERT INTO desk.personal_subjects (subject_id, version, erased, restricted)
        VALUES (%s, %s, %s, %s)
            ON CONFLICT (subject_id) DO UPDATE
           SET version = excluded.version,
               erased = excluded.erased,
               restricted = excluded.restricted
        """,
        (subject_id, standing.version, standing.erased, standing.restricted),
    )
