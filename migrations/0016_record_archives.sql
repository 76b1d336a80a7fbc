-- The archive: which positions lie in Parquet files (adapters/archive says how they look).
--
-- A row is written when its folder is complete, on disk and read back; only then is the partition
-- of record.events with these positions detached and dropped. So a reader who misses a position
-- in record.events finds here where it is, and positions never have a gap. Archives follow one
-- another from position 1 on, oldest first.

SET LOCAL ROLE hub_owner;

CREATE TABLE record.archives (
    last         bigint PRIMARY KEY,
    first        bigint NOT NULL UNIQUE CHECK (first BETWEEN 1 AND last),
    folder       text NOT NULL,         -- below the setting archive_dir, or a whole path
    manifest     bytea NOT NULL CHECK (octet_length(manifest) = 32), -- SHA-256 of manifest.json
    root         bytea NOT NULL CHECK (octet_length(root) = 32),     -- of the log up to `last`
    archived_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON record.archives
    FOR EACH ROW EXECUTE FUNCTION record.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON record.archives
    FOR EACH STATEMENT EXECUTE FUNCTION record.refuse_change();

GRANT SELECT ON record.archives TO hub_app;

RESET ROLE;
