-- 安全: incidents, those the hub finds by itself among them.

SET LOCAL ROLE hub_app;

-- 安全事件台账: what went wrong, what is affected, how it ended.
CREATE TABLE views.incidents (
    incident_id  text COLLATE "C" PRIMARY KEY,
    org_id       text COLLATE "C" NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    title        text NOT NULL,
    description  text NOT NULL,
    details      text[] NOT NULL,
    status       text COLLATE "C" NOT NULL,
    position     bigint NOT NULL,
    detected_at  timestamptz NOT NULL,
    closed_at    timestamptz,
    cause        text NOT NULL,
    loss         text NOT NULL,
    lessons      text NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX incidents_by_position ON views.incidents (position DESC);

RESET ROLE;
