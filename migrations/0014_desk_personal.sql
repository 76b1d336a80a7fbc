-- Personal text 个人信息: what the record holds only as commitments, in a form that can be erased.
--
-- A subject's data key is wrapped by a key-encryption key in a file outside PostgreSQL (setting
-- personal_key); a text is sealed by AES-256-GCM under the data key, together with its salt.
-- Erasing the data key erases every text and every salt of the subject at once: what stays here,
-- the commitment and the subject's key, stands in the record anyhow. Never part of the record,
-- never relayed, never archived. Backups of these two tables: at most 30 days (docs/personal-data.md).

SET LOCAL ROLE hub_app;

-- One row for each subject and generation: the number of erasures the record holds of the subject
-- when the key was made. An erased key leaves its row without a key, so that it cannot come back.
-- key_id: which key-encryption key wrapped it.
CREATE TABLE desk.personal_keys (
    subject_id   text COLLATE "C",
    generation   integer CHECK (generation >= 0),
    key_id       text COLLATE "C" NOT NULL,
    wrapped_key  bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    erased_at    timestamptz,
    PRIMARY KEY (subject_id, generation),
    CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL))
);

-- One row for each text: in which field of which command it came, which organisation keeps it.
-- position: the event that holds the commitment; NULL until the erasure reader has seen it there.
-- What is not in the record after an hour never will be (its command was refused) and is deleted.
CREATE TABLE desk.personal_values (
    commitment  text COLLATE "C" PRIMARY KEY,
    subject_id  text COLLATE "C" NOT NULL,
    generation  integer NOT NULL,
    holder_id   text COLLATE "C" NOT NULL,
    command     text COLLATE "C" NOT NULL,
    field       text COLLATE "C" NOT NULL,
    ciphertext  bytea,
    created_at  timestamptz NOT NULL DEFAULT now(),
    position    bigint,
    FOREIGN KEY (subject_id, generation) REFERENCES desk.personal_keys
);
CREATE INDEX personal_values_of_subject ON desk.personal_values (subject_id, position);
CREATE INDEX personal_values_unseen ON desk.personal_values (created_at) WHERE position IS NULL;

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
