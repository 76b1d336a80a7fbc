-- Identity: who may knock, and with what. Mutable on purpose and apart from the record, so that a
-- name can be corrected and an account erased without touching history (events hold person_id only).
-- No secret stands here in clear: passwords as argon2id, tokens and keys as SHA-256.

SET LOCAL ROLE hub_app;

-- A person or a machine. org_id is the organisation he speaks for; the roles he holds there stand
-- in the record (OfficerAppointed). standing is only for the operator, whom no department appoints.
CREATE TABLE desk.accounts (
    person_id     text COLLATE "C" PRIMARY KEY,
    org_id        text COLLATE "C" NOT NULL,
    display_name  text NOT NULL,
    kind          text NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'adapter')),
    standing      text CHECK (standing = 'operator'),
    status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed')),
    password      text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    changed_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX accounts_of_organization ON desk.accounts (org_id, person_id);

-- A session: the token's hash, and whether it came as a cookie (then a form must prove its origin).
CREATE TABLE desk.sessions (
    token_hash   bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    person_id    text COLLATE "C" NOT NULL REFERENCES desk.accounts ON DELETE CASCADE,
    started_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX sessions_of_person ON desk.sessions (person_id);
CREATE INDEX sessions_by_end ON desk.sessions (expires_at);

-- An API key: `prefix` is shown and finds the row, the whole key is compared by its hash.
CREATE TABLE desk.api_keys (
    prefix      text COLLATE "C" PRIMARY KEY,
    key_hash    bytea NOT NULL CHECK (octet_length(key_hash) = 32),
    person_id   text COLLATE "C" NOT NULL REFERENCES desk.accounts ON DELETE CASCADE,
    label       text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,
    revoked_at  timestamptz
);
CREATE INDEX api_keys_of_person ON desk.api_keys (person_id);

-- A public key with which a machine signs its requests (Ed25519, RFC 9421).
CREATE TABLE desk.signing_keys (
    key_id      text COLLATE "C" PRIMARY KEY,
    public_key  bytea NOT NULL CHECK (octet_length(public_key) = 32),
    person_id   text COLLATE "C" NOT NULL REFERENCES desk.accounts ON DELETE CASCADE,
    label       text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    revoked_at  timestamptz
);
CREATE INDEX signing_keys_of_person ON desk.signing_keys (person_id);

-- Nonces of signed requests inside the replay window: a request is taken once.
CREATE TABLE desk.nonces (
    key_id   text COLLATE "C" NOT NULL,
    nonce    text COLLATE "C" NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key_id, nonce)
);
CREATE INDEX nonces_by_time ON desk.nonces (seen_at);

-- Failed log-ins of the last minutes, by the name tried and by the address it came from.
CREATE TABLE desk.login_failures (
    person_id  text COLLATE "C" NOT NULL,
    address    text COLLATE "C" NOT NULL,
    failed_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_failures_of_person ON desk.login_failures (person_id, failed_at);
CREATE INDEX login_failures_of_address ON desk.login_failures (address, failed_at);

RESET ROLE;
