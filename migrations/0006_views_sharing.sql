-- 共享: requests with their clocks, grants with their use, the register of every use.

SET LOCAL ROLE hub_app;

-- 工作日历: the days worked, so that a board can say how much of a term is left.
CREATE TABLE views.work_calendars (
    year         bigint PRIMARY KEY,
    version      bigint NOT NULL,
    holidays     jsonb NOT NULL,
    makeup_days  jsonb NOT NULL,
    provisional  boolean NOT NULL,
    document     text NOT NULL
);

-- 申请看板: every request; started_on to ends_at are of the clock that runs, NULL when none does.
CREATE TABLE views.request_board (
    request_id           text COLLATE "C" PRIMARY KEY,
    entry_id             text COLLATE "C" NOT NULL,
    requester_id         text COLLATE "C" NOT NULL,
    provider_id          text COLLATE "C" NOT NULL,
    status               text COLLATE "C" NOT NULL,
    scenario             text NOT NULL,
    legal_basis_id       text COLLATE "C" NOT NULL,
    article              text NOT NULL,
    items                text[] NOT NULL,
    methods              text[] NOT NULL,
    period_from          date NOT NULL,
    period_to            date NOT NULL,
    system_id            text COLLATE "C" NOT NULL,
    service_item         text NOT NULL,
    drafted_at           timestamptz NOT NULL,
    share_type           text COLLATE "C",
    submitted_at         timestamptz,
    received_at          timestamptz,
    duty                 text COLLATE "C",
    late_id              text COLLATE "C" NOT NULL,
    started_on           date,
    due_on               date,
    ends_at              timestamptz,
    provisional          boolean NOT NULL,
    missing              text[] NOT NULL,
    countersigned        boolean NOT NULL,
    extension            text COLLATE "C" NOT NULL,
    extension_days       bigint NOT NULL,
    answered_at          timestamptz,
    agreed_via           text COLLATE "C",
    conditions           text[] NOT NULL,
    grant_id             text COLLATE "C" NOT NULL,
    decline_reason       text COLLATE "C",
    reason               text NOT NULL,
    reply_days           bigint,
    fulfilled_at         timestamptz,
    provision_days       bigint,
    screening_overdue    boolean NOT NULL,
    reply_overdue        boolean NOT NULL,
    provision_overdue    boolean NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX request_board_newest ON views.request_board (drafted_at, request_id);
CREATE INDEX request_board_of_provider ON views.request_board (provider_id, drafted_at);
CREATE INDEX request_board_of_requester ON views.request_board (requester_id, drafted_at);
CREATE INDEX request_board_of_entry ON views.request_board (entry_id, drafted_at);
CREATE INDEX request_board_running ON views.request_board (ends_at, request_id)
 WHERE ends_at IS NOT NULL;

-- 共享台账: every grant, what it covers, how it was used, how it ended.
CREATE TABLE views.sharing_ledger (
    grant_id             text COLLATE "C" PRIMARY KEY,
    request_id           text COLLATE "C" NOT NULL,
    entry_id             text COLLATE "C" NOT NULL,
    requester_id         text COLLATE "C" NOT NULL,
    provider_id          text COLLATE "C" NOT NULL,
    status               text COLLATE "C" NOT NULL,
    legal_basis_id       text COLLATE "C" NOT NULL,
    article              text NOT NULL,
    items                text[] NOT NULL,
    methods              text[] NOT NULL,
    systems              text[] NOT NULL,
    service_items        text[] NOT NULL,
    conditions           text[] NOT NULL,
    valid_from           date NOT NULL,
    valid_to             date NOT NULL,
    calls_per_day_max    bigint NOT NULL,
    issued_at            timestamptz NOT NULL,
    activated_at         timestamptz,
    first_used_on        date,
    last_used_on         date,
    reports              bigint NOT NULL,
    calls                bigint NOT NULL,
    ok                   bigint NOT NULL,
    failed               bigint NOT NULL,
    rows                 bigint NOT NULL,
    bytes                bigint NOT NULL,
    anomalies            bigint NOT NULL,
    suspension           text COLLATE "C",
    rectify_by           date,
    ended_at             timestamptz,
    end_cause            text COLLATE "C",
    reason               text NOT NULL,
    disposal_due_on      date,
    disposal_provisional boolean NOT NULL,
    disposal_overdue     boolean NOT NULL,
    disposal_method      text COLLATE "C",
    disposed_on          date
) WITH (fillfactor = 70);
CREATE INDEX sharing_ledger_newest ON views.sharing_ledger (issued_at, grant_id);
CREATE INDEX sharing_ledger_of_provider ON views.sharing_ledger (provider_id, issued_at);
CREATE INDEX sharing_ledger_of_requester ON views.sharing_ledger (requester_id, issued_at);
CREATE INDEX sharing_ledger_of_entry ON views.sharing_ledger (entry_id, issued_at);
CREATE INDEX sharing_ledger_of_request ON views.sharing_ledger (request_id);

-- 使用台账: one line for every report, record, link and anomaly; never changed.
CREATE TABLE views.use_register (
    position        bigint PRIMARY KEY,
    grant_id        text COLLATE "C" NOT NULL,
    request_id      text COLLATE "C" NOT NULL,
    entry_id        text COLLATE "C" NOT NULL,
    requester_id    text COLLATE "C" NOT NULL,
    provider_id     text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    at              timestamptz NOT NULL,
    person_id       text COLLATE "C" NOT NULL,
    day             date NOT NULL,
    sequence        bigint NOT NULL,
    calls           bigint NOT NULL,
    ok              bigint NOT NULL,
    failed          bigint NOT NULL,
    rows            bigint NOT NULL,
    bytes           bigint NOT NULL,
    systems         text[] NOT NULL,
    items           text[] NOT NULL,
    log_hash        text COLLATE "C" NOT NULL,
    scenario        text NOT NULL,
    process         text NOT NULL,
    effect          text NOT NULL,
    storage         text NOT NULL,
    destruction     text NOT NULL,
    retained_until  date,
    service_item    text NOT NULL,
    channel         text NOT NULL,
    anomaly         text COLLATE "C",
    detail          text NOT NULL
);
CREATE INDEX use_register_of_grant ON views.use_register (grant_id, position);
CREATE INDEX use_register_of_entry ON views.use_register (entry_id, day);
CREATE INDEX use_register_of_requester ON views.use_register (requester_id, day);
CREATE INDEX use_register_anomalies ON views.use_register (position) WHERE kind = 'anomaly';

RESET ROLE;
