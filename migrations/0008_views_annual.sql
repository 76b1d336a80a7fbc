-- 监督: audit engagements, annual reports, and the facts their figures are counted from.

SET LOCAL ROLE hub_app;

-- 审计项目: every engagement as it stands.
CREATE TABLE views.engagements (
    audit_id           text COLLATE "C" PRIMARY KEY,
    auditor_id         text COLLATE "C" NOT NULL,
    audited_id         text COLLATE "C" NOT NULL,
    scope              text COLLATE "C" NOT NULL,
    subjects           text[] NOT NULL,
    period_from        date,
    period_to          date,
    purpose            text NOT NULL,
    notice_number      text NOT NULL,
    team               text[] NOT NULL,
    status             text COLLATE "C" NOT NULL,
    opened_at          timestamptz NOT NULL,
    access_from        date NOT NULL,
    access_granted_at  timestamptz,
    approval           text NOT NULL,
    replays            bigint NOT NULL,
    exports            bigint NOT NULL,
    findings           bigint NOT NULL,
    due_on             date,
    answered_at        timestamptz,
    overdue            boolean NOT NULL,
    closed_at          timestamptz,
    conclusion         text NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX engagements_newest ON views.engagements (opened_at, audit_id);

CREATE TABLE views.audit_findings (
    audit_id            text COLLATE "C",
    finding_key         text COLLATE "C",
    severity            text COLLATE "C" NOT NULL,
    finding             text NOT NULL,
    about_id            text COLLATE "C" NOT NULL,
    evidence_positions  jsonb NOT NULL,
    found_at            timestamptz NOT NULL,
    PRIMARY KEY (audit_id, finding_key)
);

-- 年度报告台账: versions are all that were ever frozen, kept for good.
CREATE TABLE views.annual_reports (
    report_id    text COLLATE "C" PRIMARY KEY,
    org_id       text COLLATE "C" NOT NULL,
    year         bigint NOT NULL,
    status       text COLLATE "C" NOT NULL,
    version      bigint NOT NULL,
    due_on       date,
    overdue      boolean NOT NULL,
    overview     text NOT NULL,
    problems     text NOT NULL,
    next_steps   text NOT NULL,
    explanation  text NOT NULL,
    versions     jsonb NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX annual_reports_of_year ON views.annual_reports (year, org_id);

-- 年报指标事实: what one event adds to the figures of a year, never changed. A figure is an
-- aggregate over facts up to a position, so a report can be counted again byte for byte, and the
-- events behind a figure are the positions of its facts. day and year are those of China.
CREATE TABLE views.annual_facts (
    position       bigint,
    number         bigint,
    fact           text COLLATE "C" NOT NULL,
    year           bigint NOT NULL,
    day            date NOT NULL,
    department_id  text COLLATE "C" NOT NULL,
    partner_id     text COLLATE "C" NOT NULL,
    case_id        text COLLATE "C" NOT NULL,
    subject_id     text COLLATE "C" NOT NULL,
    part           text COLLATE "C" NOT NULL,
    label          text COLLATE "C" NOT NULL,
    value          bigint NOT NULL,
    out_of         bigint NOT NULL,
    due_on         date,
    PRIMARY KEY (position, number)
);
CREATE INDEX annual_facts_of_year ON views.annual_facts (fact, year, department_id);
CREATE INDEX annual_facts_of_case ON views.annual_facts (case_id, fact, position);

RESET ROLE;
