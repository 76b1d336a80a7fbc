-- Checkpoints of the sealed log for pages and questions, and why a sealer stands still.
-- A convenience, never trusted: what counts is the guard file, the witnesses and the signatures.

SET LOCAL ROLE hub_app;

-- Every checkpoint of the last hour, then the last of each hour; a stamped one stays.
CREATE TABLE desk.checkpoints (
    track         text COLLATE "C" CHECK (track IN ('sha256', 'sm3')),
    size          bigint CHECK (size >= 0),
    root          bytea NOT NULL CHECK (octet_length(root) = 32),
    signed_at     timestamptz NOT NULL,
    note          bytea NOT NULL,
    witnessed_at  timestamptz,
    stamp         bytea,
    stamped_at    timestamptz,
    PRIMARY KEY (track, size)
);
CREATE INDEX checkpoints_by_time ON desk.checkpoints (track, signed_at);

-- One line per sealer that stands still and needs an operator; none where all is well.
CREATE TABLE desk.seal_troubles (
    track     text COLLATE "C" PRIMARY KEY CHECK (track IN ('sha256', 'sm3')),
    position  bigint,
    words     text NOT NULL,
    since     timestamptz NOT NULL
);

RESET ROLE;
