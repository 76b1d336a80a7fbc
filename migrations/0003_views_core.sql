-- The first projections, and where each projection stands. Every table in `views` belongs to
-- hub_app, which builds its successor beside it and puts it in its place: hence SET LOCAL ROLE.
-- Text that is compared, sorted or paged by is COLLATE "C": the same order on every machine.

SET LOCAL ROLE hub_app;

-- Where each projection stands: it holds every event up to `position` and none after. Moved in
-- the same transaction as its rows. `generation` rises whenever its table was put in anew.
-- parked_*: an event it could not take; it stays at the position before, the others go on.
CREATE TABLE views.projection_positions (
    name             text COLLATE "C" PRIMARY KEY,
    version          integer NOT NULL,
    generation       bigint NOT NULL DEFAULT 1,
    position         bigint NOT NULL DEFAULT 0,
    parked_position  bigint,
    parked_reason    text,
    parked_at        timestamptz,
    CHECK ((parked_position IS NULL) = (parked_reason IS NULL))
) WITH (fillfactor = 50);

-- 部门名录: organisations as they stand, each with its sharing office.
CREATE TABLE views.directory (
    org_id             text COLLATE "C" PRIMARY KEY,
    name               text NOT NULL,
    kind               text COLLATE "C" NOT NULL,
    uscc               text COLLATE "C" NOT NULL,
    region_code        text COLLATE "C" NOT NULL,
    superior_id        text COLLATE "C" NOT NULL,
    jurisdiction_code  text COLLATE "C" NOT NULL,
    sharing_unit       text NOT NULL,
    contact_id         text COLLATE "C" NOT NULL,
    deputy_id          text COLLATE "C" NOT NULL,
    successor_id       text COLLATE "C" NOT NULL,
    duties             text[] NOT NULL,
    former_names       text[] NOT NULL,
    active             boolean NOT NULL,
    registered_at      timestamptz NOT NULL,
    ended_at           timestamptz
) WITH (fillfactor = 80);
CREATE INDEX directory_of_region ON views.directory (region_code, org_id);

-- Who holds which role where; a relieved officer's row goes.
CREATE TABLE views.officers (
    org_id        text COLLATE "C",
    person_id     text COLLATE "C",
    role          text COLLATE "C",
    appointed_at  timestamptz NOT NULL,
    PRIMARY KEY (org_id, person_id, role)
);
CREATE INDEX officers_of_person ON views.officers (person_id, org_id);

-- 时限: every duty with a clock. A row is open until it is stopped; lapsed_at says the record
-- holds that it was not done in time.
CREATE TABLE views.deadlines (
    clock_id     text COLLATE "C",
    duty         text COLLATE "C",
    owner_id     text COLLATE "C" NOT NULL,
    case_id      text COLLATE "C" NOT NULL,
    rule         text COLLATE "C" NOT NULL,
    started_on   date NOT NULL,
    due_on       date NOT NULL,
    ends_at      timestamptz NOT NULL,
    provisional  boolean NOT NULL,
    calendars    text[] NOT NULL,
    started_by   bigint NOT NULL,
    stopped_at   timestamptz,
    lapsed_at    timestamptz,
    PRIMARY KEY (clock_id, duty)
) WITH (fillfactor = 80);
CREATE INDEX deadlines_open_of_owner ON views.deadlines (owner_id, due_on, clock_id, duty)
    WHERE stopped_at IS NULL;
CREATE INDEX deadlines_to_lapse ON views.deadlines (ends_at)
    WHERE lapsed_at IS NULL AND (stopped_at IS NULL OR stopped_at >= ends_at);
CREATE INDEX deadlines_of_case ON views.deadlines (case_id);

-- 审计轨迹: one row per event, never changed. subjects: every id the event names.
CREATE TABLE views.audit_trail (
    position     bigint PRIMARY KEY,
    topic        text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    org_id       text COLLATE "C" NOT NULL,
    person_id    text COLLATE "C" NOT NULL,
    role         text COLLATE "C" NOT NULL,
    case_id      text COLLATE "C" NOT NULL,
    subjects     text[] COLLATE "C" NOT NULL
);
CREATE INDEX audit_trail_of_case ON views.audit_trail (case_id, position);
CREATE INDEX audit_trail_of_person ON views.audit_trail (person_id, position);
CREATE INDEX audit_trail_of_subject ON views.audit_trail USING gin (subjects);

RESET ROLE;
