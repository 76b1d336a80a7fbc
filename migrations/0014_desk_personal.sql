-- Personal text 个人信息: what the record holds only as commitments, in a form that can be erased.
--
-- A subject's data key is wrapped by a key-encryption key in a file outside PostgreSQL (setting
-- personal_key); a text is sealed by AES-256-GCM under the data key, together with its salt.
-- Erasing the data key erases every text and every salt of the subject at once: what stays here,
-- the commitment and the subject's key, stands in the record anyhow. Never part of the record,
-- never relayed, never archived. Backups of these two tables: at most 30 days (docs/personal-data.md).

SET LOCAL ROLE hub_app;

-- What the record says about a subject, as far as it was carried out: `version` is that of the last
-- event of its stream looked at, `erased` that of the last erasure (0: never), `restricted` whether
-- law keeps the data from use. Later events are read from the record itself (adapters/vault).
CREATE TABLE desk.personal_subjects (
    subject_id  text COLLATE "C" PRIMARY KEY,
    version     integer NOT NULL,
    erased      integer NOT NULL DEFAULT 0,
    restricted  boolean NOT NULL DEFAULT false
);

-- One key for each subject and generation: the version of the erasure after which it was made.
-- An erased key leaves its row without a key. key_id: which key-encryption key wrapped it.
CREATE TABLE desk.personal_keys (
    subject_id   text COLLATE "C",
    generation   integer CHECK (generation >= 0),
    key_id       text COLLATE "C" NOT NULL,
    wrapped_key  bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subject_id, generation)
);

-- One row for each text: by which command it came, in which field, which organisation keeps it.
-- recorded: the command is known to stand in the record. One that does not after an hour never
-- will (it was refused), and its texts are deleted.
CREATE TABLE desk.personal_values (
    commitment  text COLLATE "C" PRIMARY KEY,
    subject_id  text COLLATE "C" NOT NULL,
    generation  integer NOT NULL,
    holder_id   text COLLATE "C" NOT NULL,
    command_id  text COLLATE "C" NOT NULL,
    command     text COLLATE "C" NOT NULL,
    field       text COLLATE "C" NOT NULL,
    ciphertext  bytea,
    created_at  timestamptz NOT NULL DEFAULT now(),
    recorded    boolean NOT NULL DEFAULT false,
    FOREIGN KEY (subject_id, generation) REFERENCES desk.personal_keys
);
CREATE INDEX personal_values_of_subject ON desk.personal_values (subject_id, created_at);
CREATE INDEX personal_values_unrecorded ON desk.personal_values (created_at) WHERE NOT recorded;

-- The views carry the commitments; their projections have a new version and are built anew.
ALTER TABLE views.directory ADD COLUMN contact_name text NOT NULL DEFAULT '';
ALTER TABLE views.directory ADD COLUMN contact_phone text NOT NULL DEFAULT '';
ALTER TABLE views.officers ADD COLUMN person_name text NOT NULL DEFAULT '';
ALTER TABLE views.officers ADD COLUMN phone text NOT NULL DEFAULT '';
ALTER TABLE views.request_board ADD COLUMN handler_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE views.request_board ADD COLUMN handler_name text NOT NULL DEFAULT '';
ALTER TABLE views.request_board ADD COLUMN handler_phone text NOT NULL DEFAULT '';
ALTER TABLE views.correction_board ADD COLUMN citizen_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE views.correction_board ADD COLUMN contact text NOT NULL DEFAULT '';
ALTER TABLE views.correction_board ADD COLUMN statement text NOT NULL DEFAULT '';

RESET ROLE;
