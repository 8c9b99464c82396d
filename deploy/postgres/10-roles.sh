#!/bin/sh
# Run once, by the database's first start: the two roles. `owner` migrates and makes banks, each with a role of
# its own (CREATEROLE); `app` serves. A database made before the banks had roles: ALTER ROLE owner CREATEROLE.
set -eu
psql --set=ON_ERROR_STOP=1 --set=owner_password="$OWNER_PASSWORD" --set=app_password="$APP_PASSWORD" \
    --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
CREATE ROLE "owner" LOGIN NOSUPERUSER NOCREATEDB CREATEROLE PASSWORD :'owner_password';
CREATE ROLE "app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
CREATE DATABASE counterfoil OWNER "owner";
REVOKE ALL ON DATABASE counterfoil FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE counterfoil TO "app";
SQL
