-- Chapter convergence: resources, batches, and the periods of the freshness board.

SET LOCAL ROLE hub_app;

-- 数据资源: what stands behind the entries. expects .. ends_at: the period whose data is awaited.
CREATE TABLE views.resources (
    resource_id        text COLLATE "C" PRIMARY KEY,
    entry_id           text COLLATE "C" NOT NULL,
    provider_id        text COLLATE "C" NOT NULL,
    kind               text COLLATE "C" NOT NULL,
    title              text NOT NULL,
    locator            text NOT NULL,
    items              text[] NOT NULL,
    status             text COLLATE "C" NOT NULL,
    reason             text NOT NULL,
    version            bigint NOT NULL,
    mounted_at         timestamptz NOT NULL,
    data_version       bigint NOT NULL,
    last_period        text COLLATE "C" NOT NULL,
    last_batch_id      text COLLATE "C" NOT NULL,
    last_rows          bigint NOT NULL,
    last_published_at  timestamptz,
    expects            text COLLATE "C" NOT NULL,
    period_ends_on     date,
    due_on             date,
    ends_at            timestamptz,
    breaches           bigint NOT NULL,
    ends_on            date,
    filing_number      text NOT NULL,
    ended_at           timestamptz,
    without_filing     boolean NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX resources_of_entry ON views.resources (entry_id, resource_id);
CREATE INDEX resources_of_provider ON views.resources (provider_id, resource_id);
CREATE INDEX resources_ended_at_will ON views.resources (ended_at, resource_id)
    WHERE without_filing;

-- 汇聚批次: every delivery. checks and findings hold counts and row numbers, never a value.
CREATE TABLE views.batches (
    batch_id          text COLLATE "C" PRIMARY KEY,
    resource_id       text COLLATE "C" NOT NULL,
    entry_id          text COLLATE "C" NOT NULL,
    provider_id       text COLLATE "C" NOT NULL,
    period            text COLLATE "C" NOT NULL,
    rows              bigint NOT NULL,
    bytes             bigint NOT NULL,
    sha256            text COLLATE "C" NOT NULL,
    file_name         text NOT NULL,
    content_type      text COLLATE "C" NOT NULL,
    standard_version  text COLLATE "C" NOT NULL,
    supersedes        text COLLATE "C" NOT NULL,
    status            text COLLATE "C" NOT NULL,
    version           bigint NOT NULL,
    delivered_at      timestamptz NOT NULL,
    delivered_by      text COLLATE "C" NOT NULL,
    position          bigint NOT NULL,
    checks            jsonb NOT NULL,
    findings          jsonb NOT NULL,
    reason            text NOT NULL,
    data_version      bigint NOT NULL,
    decided_at        timestamptz,
    published_at      timestamptz,
    agrees            boolean
) WITH (fillfactor = 80);
CREATE INDEX batches_by_position ON views.batches (position);
CREATE INDEX batches_of_resource ON views.batches (resource_id, position);
CREATE INDEX batches_of_entry ON views.batches (entry_id, position);
CREATE INDEX batches_of_provider ON views.batches (provider_id, position);
CREATE INDEX batches_superseding ON views.batches (supersedes) WHERE supersedes <> '';

-- 时效看板: one row per period of a resource; due_on and ends_at where its data was expected.
CREATE TABLE views.freshness (
    resource_id   text COLLATE "C",
    period        text COLLATE "C",
    entry_id      text COLLATE "C" NOT NULL,
    provider_id   text COLLATE "C" NOT NULL,
    due_on        date,
    ends_at       timestamptz,
    published_at  timestamptz,
    batch_id      text COLLATE "C" NOT NULL,
    publications  bigint NOT NULL,
    timely        boolean NOT NULL,
    breached_at   timestamptz,
    PRIMARY KEY (resource_id, period)
) WITH (fillfactor = 80);
CREATE INDEX freshness_of_provider ON views.freshness (provider_id, ends_at);

RESET ROLE;
