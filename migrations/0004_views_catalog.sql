-- 目录: the catalogue as it stands, every version that was in force, numbered releases.

SET LOCAL ROLE hub_app;

-- 目录: one row per entry. The columns show the version in force, of an entry never published its
-- working copy. grams: pairs of neighbouring characters of `words`, so that a search in Chinese or
-- English uses the index whatever its length; basis_ids: the legal bases the version cites.
CREATE TABLE views.catalogue (
    entry_id           text COLLATE "C" PRIMARY KEY,
    provider_id        text COLLATE "C" NOT NULL,
    status             text COLLATE "C" NOT NULL,
    in_force           boolean NOT NULL,
    version            bigint NOT NULL,
    published_version  bigint NOT NULL,
    catalog_code       text COLLATE "C" NOT NULL,
    class_code         text COLLATE "C" NOT NULL,
    title              text NOT NULL,
    share_type         text COLLATE "C" NOT NULL,
    grade              text COLLATE "C" NOT NULL,
    update_cycle       text COLLATE "C" NOT NULL,
    themes             text[] NOT NULL,
    basis_ids          text[] COLLATE "C" NOT NULL,
    content            jsonb NOT NULL,
    working            jsonb,
    findings           jsonb NOT NULL,
    reason             text NOT NULL,
    update_due_on      date,
    tightened          boolean NOT NULL,
    source             jsonb,
    words              text NOT NULL,
    grams              text[] COLLATE "C" NOT NULL,
    drafted_at         timestamptz NOT NULL,
    published_at       timestamptz,
    withdrawn_at       timestamptz
) WITH (fillfactor = 80);
CREATE INDEX catalogue_in_order ON views.catalogue (catalog_code, entry_id);
CREATE INDEX catalogue_of_provider ON views.catalogue (provider_id, catalog_code, entry_id);
CREATE INDEX catalogue_by_words ON views.catalogue USING gin (grams);
CREATE INDEX catalogue_by_basis ON views.catalogue USING gin (basis_ids);

-- 目录版本: every version that was in force, by legal time; the one still in force has no valid_to.
CREATE TABLE views.catalogue_versions (
    entry_id      text COLLATE "C",
    version       bigint,
    provider_id   text COLLATE "C" NOT NULL,
    catalog_code  text COLLATE "C" NOT NULL,
    class_code    text COLLATE "C" NOT NULL,
    title         text NOT NULL,
    share_type    text COLLATE "C" NOT NULL,
    grade         text COLLATE "C" NOT NULL,
    content       jsonb NOT NULL,
    valid_from    timestamptz NOT NULL,
    valid_to      timestamptz,
    ended_by      text COLLATE "C" NOT NULL,
    reason        text NOT NULL,
    imported      boolean NOT NULL,
    position      bigint NOT NULL,
    PRIMARY KEY (entry_id, version)
) WITH (fillfactor = 80);
CREATE INDEX catalogue_versions_in_order ON views.catalogue_versions (catalog_code, entry_id, version);
CREATE INDEX catalogue_versions_of_provider ON views.catalogue_versions (provider_id, valid_from);

-- 统一目录: the releases, and the entries in each with the version that was in force then.
CREATE TABLE views.catalogue_releases (
    release_id    text COLLATE "C" PRIMARY KEY,
    org_id        text COLLATE "C" NOT NULL,
    number        text COLLATE "C" NOT NULL,
    title         text NOT NULL,
    status        text COLLATE "C" NOT NULL,
    entries       bigint NOT NULL,
    document      text NOT NULL,
    compiled_at   timestamptz NOT NULL,
    published_at  timestamptz
);
CREATE TABLE views.catalogue_release_lines (
    release_id  text COLLATE "C",
    entry_id    text COLLATE "C",
    version     bigint NOT NULL,
    PRIMARY KEY (release_id, entry_id)
);

RESET ROLE;
