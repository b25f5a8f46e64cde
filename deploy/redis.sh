#!/bin/sh
# Redis with a user a service: each writes and trims its own streams only, reads all, and shows its own lag.
# Passwords come from the environment and stand in no file of the project.
set -eu
umask 077
acl=/tmp/users.acl
printf 'user default off\n' > "$acl"
printf 'user health on >%s resetchannels resetkeys -@all +ping\n' "$REDIS_HEALTH_PASSWORD" >> "$acl"
service_user() {
  printf 'user %s on >%s resetchannels resetkeys -@all +@connection +@read +@stream +@scripting +@write -@admin -@dangerous +info +wait +waitaof +exists +type +memory|usage %%RW~tanggap.%s.* (-@all +@read +xread +xinfo +xlen +xrange +xrevrange +exists +type %%R~tanggap.*) (-@all +xgroup|create +xgroup|setid ~tanggap.*)\n' "$1" "$2" "$1" >> "$acl"
}
service_user victims "$REDIS_VICTIMS_PASSWORD"
service_user logistics "$REDIS_LOGISTICS_PASSWORD"
service_user aid "$REDIS_AID_PASSWORD"
chown redis "$acl"
exec docker-entrypoint.sh redis-server --aclfile "$acl" --dir /data \
  --appendonly yes --appendfsync everysec --save "" --maxmemory-policy noeviction
