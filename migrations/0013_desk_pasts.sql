-- Pasts: the views as they stood at a moment, each in a schema of its own, built when somebody
-- asks and kept while it is asked for. Outside `views`, because it says what schemas there are.

SET LOCAL ROLE hub_app;

-- One line per past. `as_of` is a legal time, `until_position` a position; with both, what had
-- happened by then as far as it was known there. `read_to` is how far the record was looked through,
-- `last_position` and `last_at` are the last event inside and the latest legal time of one.
-- `made_by` names the projections (and their versions and columns) that built it: others build anew.
CREATE TABLE desk.pasts (
    schema_name     text COLLATE "C" PRIMARY KEY,
    as_of           timestamptz,
    until_position  bigint,
    state           text NOT NULL CHECK (state IN ('building', 'ready', 'broken')),
    made_by         text NOT NULL,
    read_to         bigint NOT NULL DEFAULT 0,
    last_position   bigint NOT NULL DEFAULT 0,
    last_at         timestamptz,
    reason          text NOT NULL DEFAULT '',
    built_at        timestamptz,
    build_seconds   double precision,
    asked_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (as_of IS NOT NULL OR until_position IS NOT NULL)
) WITH (fillfactor = 50);

RESET ROLE;
