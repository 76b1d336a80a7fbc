-- Payloads and accesses: what the edge must know beside the record, in the schema desk.
-- The bytes themselves lie in the home's folder lake/, named by their digest.

SET LOCAL ROLE hub_app;

-- Who has sent which bytes. A digest alone gives nobody the right to deliver a file: the sender
-- must have had it, or a digest read in a list could be passed off as one's own data.
CREATE TABLE desk.payloads (
    sha256       text COLLATE "C",
    org_id       text COLLATE "C",
    person_id    text COLLATE "C" NOT NULL,
    bytes        bigint NOT NULL CHECK (bytes >= 0),
    uploaded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sha256, org_id)
);

-- 访问日志: one line per reading of granted data, written before the first byte leaves (D-20).
-- sequence: the report (UsageRecorded) that counted the line; NULL until one did.
CREATE TABLE desk.accesses (
    access_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    grant_id    text COLLATE "C" NOT NULL,
    batch_id    text COLLATE "C" NOT NULL,
    items       text[] COLLATE "C" NOT NULL,
    system      text NOT NULL,
    person_id   text COLLATE "C" NOT NULL,
    at          timestamptz NOT NULL,
    day         date NOT NULL,
    first_byte  bigint NOT NULL,
    bytes       bigint NOT NULL,
    rows        bigint NOT NULL,
    ok          boolean NOT NULL,
    sequence    integer,
    reported    boolean NOT NULL DEFAULT false
);
CREATE INDEX accesses_of_grant ON desk.accesses (grant_id, day, access_id);
CREATE INDEX accesses_unreported ON desk.accesses (day, grant_id) WHERE NOT reported;

RESET ROLE;
