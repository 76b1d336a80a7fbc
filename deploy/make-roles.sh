#!/bin/sh
# Run once by the PostgreSQL container on an empty volume: the hub's two roles, as
# adapters/stack/provision.py makes them in the embedded server.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set=owner="$(cat /run/secrets/postgres_hub_owner)" \
    --set=app="$(cat /run/secrets/postgres_hub_app)" <<'SQL'
CREATE ROLE hub_owner LOGIN PASSWORD :'owner';
CREATE ROLE hub_app LOGIN PASSWORD :'app';
GRANT hub_app TO hub_owner WITH INHERIT TRUE, SET TRUE;
ALTER DATABASE hub OWNER TO hub_owner;
SQL
