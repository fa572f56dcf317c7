#!/bin/sh
# Makes Parley's user and database, once, in an empty Postgres. The image runs it; by hand, as a superuser:
#   DATABASE_PASSWORD=… POSTGRES_USER=postgres sh postgres-init.sh
set -eu
psql -X -q -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv password DATABASE_PASSWORD
CREATE ROLE parley LOGIN PASSWORD :'password';
CREATE DATABASE parley OWNER parley ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE parley FROM PUBLIC;
SQL
