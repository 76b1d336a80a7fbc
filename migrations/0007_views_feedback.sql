-- 反馈: what shared data was good for, and wrong data put right at its source.

SET LOCAL ROLE hub_app;

-- 校核看板: every correction case; provider_id is who must answer now.
CREATE TABLE views.correction_board (
    correction_id  text COLLATE "C" PRIMARY KEY,
    entry_id       text COLLATE "C" NOT NULL,
    raiser_id      text COLLATE "C" NOT NULL,
    provider_id    text COLLATE "C" NOT NULL,
    resource_id    text COLLATE "C" NOT NULL,
    status         text COLLATE "C" NOT NULL,
    defect         text COLLATE "C" NOT NULL,
    what           text NOT NULL,
    items          text[] NOT NULL,
    records        bigint NOT NULL,
    requested_at   timestamptz NOT NULL,
    received_at    timestamptz,
    due_on         date,
    provisional    boolean NOT NULL,
    overdue        boolean NOT NULL,
    passed_on      bigint NOT NULL,
    trace          text NOT NULL,
    flagged        boolean NOT NULL,
    verdict        text COLLATE "C",
    corrected      boolean NOT NULL,
    outcome        text NOT NULL,
    answered_at    timestamptz,
    took_days      bigint,
    contested      text NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX correction_board_newest ON views.correction_board (requested_at, correction_id);
CREATE INDEX correction_board_of_provider ON views.correction_board (provider_id, requested_at);
CREATE INDEX correction_board_of_raiser ON views.correction_board (raiser_id, requested_at);
CREATE INDEX correction_board_of_entry ON views.correction_board (entry_id, requested_at);

-- 使用反馈看板: every piece of feedback with its answer.
CREATE TABLE views.feedback_board (
    feedback_id      text COLLATE "C" PRIMARY KEY,
    grant_id         text COLLATE "C" NOT NULL,
    request_id       text COLLATE "C" NOT NULL,
    entry_id         text COLLATE "C" NOT NULL,
    requester_id     text COLLATE "C" NOT NULL,
    provider_id      text COLLATE "C" NOT NULL,
    status           text COLLATE "C" NOT NULL,
    score            bigint NOT NULL,
    cases            bigint NOT NULL,
    materials_saved  bigint NOT NULL,
    visits_saved     bigint NOT NULL,
    effect           text NOT NULL,
    problems         text NOT NULL,
    submitted_at     timestamptz NOT NULL,
    due_on           date NOT NULL,
    provisional      boolean NOT NULL,
    overdue          boolean NOT NULL,
    answer           text NOT NULL,
    answered_at      timestamptz,
    closed_at        timestamptz
) WITH (fillfactor = 80);
CREATE INDEX feedback_board_newest ON views.feedback_board (submitted_at, feedback_id);
CREATE INDEX feedback_board_of_provider ON views.feedback_board (provider_id, submitted_at);
CREATE INDEX feedback_board_of_requester ON views.feedback_board (requester_id, submitted_at);
CREATE INDEX feedback_board_of_entry ON views.feedback_board (entry_id, submitted_at);
CREATE INDEX feedback_board_of_grant ON views.feedback_board (grant_id, submitted_at);

RESET ROLE;
