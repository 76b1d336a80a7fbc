-- 总则: the register of legal bases, and what the city set for itself: terms and policies.

SET LOCAL ROLE hub_app;

-- 依据登记: every document that can be cited, as it is worded now.
CREATE TABLE views.legal_bases (
    legal_basis_id  text COLLATE "C" PRIMARY KEY,
    title           text COLLATE "C" NOT NULL,
    number          text NOT NULL,
    rank            text COLLATE "C" NOT NULL,
    issuer          text NOT NULL,
    valid_from      date NOT NULL,
    valid_to        date,
    amended_on      date,
    amendments      jsonb NOT NULL,
    former_titles   text[] NOT NULL,
    repealed_on     date,
    repeal_reason   text NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX legal_bases_by_title ON views.legal_bases (title, legal_basis_id);

-- 本市时限: a city's own term from a day on; a later decision for the same day takes its place.
CREATE TABLE views.city_deadline_rules (
    rule_id     text COLLATE "C",
    valid_from  date,
    term        bigint NOT NULL,
    extension   bigint NOT NULL,
    document    text NOT NULL,
    set_at      timestamptz NOT NULL,
    PRIMARY KEY (rule_id, valid_from)
);

-- 本市政策: what the city decided where law leaves it free.
CREATE TABLE views.city_policies (
    policy      text COLLATE "C" PRIMARY KEY,
    value       text NOT NULL,
    document    text NOT NULL,
    changed_at  timestamptz NOT NULL
);

RESET ROLE;
