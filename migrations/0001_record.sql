-- The record: one table of events in one order, append-only by privilege, and who may do what.
--
-- Roles. hub_owner (no login) owns the record; migrations act as it. hub_app is the running hub:
-- in the schema record it may SELECT, append through record.append_batch() and make room through
-- record.extend(), both SECURITY DEFINER; it cannot UPDATE, DELETE, TRUNCATE, ALTER or DROP.
-- Triggers refuse the same to everybody else, as a second fence. hub_app owns the schemas `views`
-- (projections, may be thrown away) and `desk` (accounts, keys and other mutable tables).
-- hub_app has no password here: give it one (ALTER ROLE hub_app PASSWORD ...) before it logs in.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hub_owner') THEN
        CREATE ROLE hub_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hub_app') THEN
        CREATE ROLE hub_app LOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- roles belong to the whole server: another database was migrated at this moment
END
$$;

-- Time travel and rebuilding build into schemas of their own, so hub_app may create schemas.
DO $$
BEGIN
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO hub_app', current_database());
END
$$;

CREATE SCHEMA record AUTHORIZATION hub_owner;
CREATE SCHEMA views AUTHORIZATION hub_app;
CREATE SCHEMA desk AUTHORIZATION hub_app;

SET LOCAL ROLE hub_owner;

-- The head: the last position and its time. The one row every append locks, so positions are
-- dense from 1 and a reader can never see position p + 1 before p.
CREATE TABLE record.log_head (
    one             boolean PRIMARY KEY DEFAULT true CHECK (one),
    position        bigint NOT NULL DEFAULT 0,
    recorded_at     timestamptz NOT NULL DEFAULT 'epoch',
    partition_rows  bigint NOT NULL DEFAULT 5000000 CHECK (partition_rows > 0)
) WITH (fillfactor = 10);
INSERT INTO record.log_head DEFAULT VALUES;

-- The version each stream has reached: the guard against two decisions on one state.
CREATE TABLE record.streams (
    stream_id  text COLLATE "C" PRIMARY KEY,
    version    integer NOT NULL
) WITH (fillfactor = 80);

-- Every event. state holds the exact canonical JSON bytes that were hashed; leaf is the RFC 6962
-- leaf hash of the log entry (hub/record.py says of what). 65,536 is STATE_BYTES_MAX there.
CREATE TABLE record.events (
    position        bigint NOT NULL,
    recorded_at     timestamptz NOT NULL,
    version         integer NOT NULL,
    schema_version  smallint NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    topic           text COLLATE "C" NOT NULL,
    state           bytea NOT NULL CHECK (octet_length(state) <= 65536),
    leaf            bytea NOT NULL CHECK (octet_length(leaf) = 32),
    PRIMARY KEY (position)
) PARTITION BY RANGE (position);
CREATE INDEX events_of_stream ON record.events (stream_id, version);

-- The answer every command got, for good: a repeated command id gets it again.
CREATE TABLE record.commands (
    command_id   text COLLATE "C" PRIMARY KEY,
    fingerprint  bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    first        bigint NOT NULL,
    count        integer NOT NULL,
    recorded_at  timestamptz NOT NULL
);

-- The second fence: also a superuser has to take it down on purpose, and by name.
CREATE FUNCTION record.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON record.events
    FOR EACH ROW EXECUTE FUNCTION record.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON record.events
    FOR EACH STATEMENT EXECUTE FUNCTION record.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON record.commands
    FOR EACH ROW EXECUTE FUNCTION record.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON record.commands
    FOR EACH STATEMENT EXECUTE FUNCTION record.refuse_change();

-- Make room: partitions for the head's own range and the next one. Returns the position after
-- which it is to be called again, a whole partition before the room ends; the committer calls it
-- when it connects and then. A new partition is built beside and attached, which takes no lock
-- that appends or readers wait for.
CREATE FUNCTION record.extend() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    head  record.log_head%ROWTYPE;
    nth   bigint;
    name  text;
BEGIN
    SELECT * INTO head FROM record.log_head;
    IF to_regclass(format('record.events_%s', head.position / head.partition_rows + 1)) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('record.extend'));
    END IF;
    FOR nth IN head.position / head.partition_rows .. head.position / head.partition_rows + 1 LOOP
        name := format('events_%s', nth);
        CONTINUE WHEN to_regclass('record.' || name) IS NOT NULL;
        EXECUTE format('CREATE TABLE record.%I (LIKE record.events INCLUDING ALL)', name);
        EXECUTE format(
            'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON record.%I
             FOR EACH STATEMENT EXECUTE FUNCTION record.refuse_change()', name);
        EXECUTE format(
            'ALTER TABLE record.events ATTACH PARTITION record.%I FOR VALUES FROM (%s) TO (%s)',
            name, nth * head.partition_rows + 1, (nth + 1) * head.partition_rows + 1);
    END LOOP;
    RETURN (head.position / head.partition_rows + 1) * head.partition_rows;
END
$$;
SELECT record.extend();

-- What append_batch answers: first one row 'stored' for the whole batch (first position, number
-- of events), then one row for each write left out and why; or a single row 'early' with the
-- head's time when the batch's time is behind it, and nothing was stored.
CREATE TYPE record.verdict AS (
    write        integer,
    outcome      text,         -- stored | repeated | conflict | early
    first        bigint,       -- stored, repeated
    count        integer,      -- stored, repeated
    recorded_at  timestamptz,  -- stored, repeated, early
    fingerprint  bytea,        -- repeated: the fingerprint of what was asked then
    stream_id    text          -- conflict: the stream that is at another version
);

-- Append many independent writes in one go; each is stored whole or left out whole.
-- Arrays named e_ run over events in order; a write's command stands on its first event, NULL on
-- the others. Arrays named r_ run over streams that were only read, arrays named n_ over writes
-- that have no event: only their answer is kept, so that they stay without effect when repeated.
-- The caller never puts two writes that touch one stream, or one command id twice, into one batch.
CREATE FUNCTION record.append_batch(
    at_time           timestamptz,
    e_write           integer[],
    e_command         text[],
    e_fingerprint     bytea[],
    e_count           integer[],
    e_stream          text[],
    e_version         integer[],
    e_topic           text[],
    e_schema_version  integer[],
    e_state           bytea[],
    e_leaf            bytea[],
    r_write           integer[],
    r_stream          text[],
    r_version         integer[],
    n_write           integer[],
    n_command         text[],
    n_fingerprint     bytea[]
) RETURNS SETOF record.verdict
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Always by index: a plan made while the tables were small would scan them when they are large.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    head     record.log_head%ROWTYPE;
    left_out record.verdict[];
    refused  integer[];
    stored   integer;
BEGIN
    -- A statement of its own: the next one sees what the previous holder of the lock committed.
    SELECT * INTO head FROM record.log_head FOR UPDATE;
    IF at_time < head.recorded_at THEN
        RETURN NEXT ROW(0, 'early', 0, 0, head.recorded_at, '', '')::record.verdict;
        RETURN;
    END IF;

    SELECT array_agg(v), array_agg((v).write) INTO left_out, refused
      FROM (
        SELECT ROW(n.write, 'repeated', c.first, c.count, c.recorded_at, c.fingerprint, '')
               ::record.verdict AS v
          FROM (SELECT * FROM unnest(e_write, e_command)
                 UNION ALL
                SELECT * FROM unnest(n_write, n_command)) AS n (write, command_id)
          JOIN record.commands c USING (command_id)
         UNION ALL
        -- Each event must be the next of its stream, and a stream belong to one write only. A new
        -- stream starts at 1; at 0 only for programs on the eventsourcing library that do so.
        SELECT ROW(n.write, 'conflict', 0, 0, at_time, '', n.stream_id)::record.verdict
          FROM (SELECT *,
                       row_number() OVER own AS nth,
                       first_value(e.write) OVER own AS owner,
                       first_value(e.version) OVER own AS starts_at
                  FROM unnest(e_write, e_stream, e_version)
                       WITH ORDINALITY AS e (write, stream_id, version, nth_event)
                WINDOW own AS (PARTITION BY e.stream_id ORDER BY e.nth_event)) AS n
          LEFT JOIN record.streams s USING (stream_id)
         WHERE n.version <> coalesce(s.version, greatest(least(n.starts_at, 1), 0) - 1) + n.nth
            OR n.write <> n.owner
         UNION ALL
        SELECT ROW(n.write, 'conflict', 0, 0, at_time, '', n.stream_id)::record.verdict
          FROM unnest(r_write, r_stream, r_version) AS n (write, stream_id, version)
          LEFT JOIN record.streams s USING (stream_id)
         WHERE n.version <> coalesce(s.version, 0)
      ) AS found;

    WITH fresh AS MATERIALIZED (
        SELECT head.position + row_number() OVER (ORDER BY nth_event) AS position, e.*
          FROM unnest(e_write, e_command, e_fingerprint, e_count, e_stream, e_version, e_topic,
                      e_schema_version, e_state, e_leaf)
               WITH ORDINALITY AS e (write, command_id, fingerprint, count, stream_id, version,
                                     topic, schema_version, state, leaf, nth_event)
         WHERE refused IS NULL OR e.write <> ALL (refused)
    ), versions AS (
        INSERT INTO record.streams AS s (stream_id, version)
        SELECT stream_id, max(version) FROM fresh GROUP BY stream_id
            ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version
    ), answers AS (
        INSERT INTO record.commands (command_id, fingerprint, first, count, recorded_at)
        SELECT command_id, fingerprint, position, count, at_time
          FROM fresh
         WHERE command_id IS NOT NULL
         UNION ALL
        SELECT n.command_id, n.fingerprint, head.position, 0, at_time
          FROM unnest(n_write, n_command, n_fingerprint) AS n (write, command_id, fingerprint)
         WHERE refused IS NULL OR n.write <> ALL (refused)
    )
    INSERT INTO record.events
           (position, recorded_at, version, schema_version, stream_id, topic, state, leaf)
    SELECT position, at_time, version, schema_version, stream_id, topic, state, leaf
      FROM fresh;
    GET DIAGNOSTICS stored = ROW_COUNT;

    IF stored > 0 THEN
        UPDATE record.log_head SET position = head.position + stored, recorded_at = at_time;
        PERFORM pg_notify('record', (head.position + stored)::text);
    END IF;
    RETURN NEXT ROW(0, 'stored', head.position + 1, stored, at_time, '', '')::record.verdict;
    RETURN QUERY SELECT * FROM unnest(left_out);
END
$$;

-- For the auditor: events as readable text, and the leaf computed again from the stored bytes.
CREATE VIEW record.audit WITH (security_invoker = true) AS
SELECT e.position, e.recorded_at, e.stream_id, e.version, e.topic, e.schema_version,
       convert_from(e.state, 'UTF8') AS state,
       e.leaf,
       e.leaf = sha256('\x00'::bytea || convert_to(format(
           '{"recorded_at":"%s","schema_version":%s,"state":"sha256:%s","stream_id":%s,"type":%s,"version":%s}',
           to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           e.schema_version, encode(sha256(e.state), 'hex'),
           to_json(e.stream_id), to_json(e.topic), e.version), 'UTF8')) AS intact
  FROM record.events e;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA record FROM PUBLIC;
GRANT USAGE ON SCHEMA record TO hub_app;
GRANT SELECT ON record.log_head, record.streams, record.events, record.commands, record.audit TO hub_app;
GRANT EXECUTE ON FUNCTION record.append_batch, record.extend TO hub_app;

RESET ROLE;
