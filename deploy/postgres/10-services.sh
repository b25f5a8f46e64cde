#!/bin/bash
# A database and two roles a service: the owner migrates, the other runs. Nobody else may connect.
set -euo pipefail
admin() { psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d "${1:-postgres}" -q "${@:2}"; }
for service in victims logistics aid; do
  name=$(printf '%s' "$service" | tr '[:lower:]' '[:upper:]')
  owner_password="POSTGRES_${name}_OWNER_PASSWORD"; password="POSTGRES_${name}_PASSWORD"
  admin postgres -v service="$service" -v owner="${service}_owner" \
    -v owner_password="${!owner_password}" -v password="${!password}" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"owner";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"service";
SQL
  admin "$service" -v owner="${service}_owner" <<'SQL'
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SQL
done
