# lib.sh: where the demo pool stands, and how its parts are started.
# Sourced by demo/run and demo/stop.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
root=$PWD
dir=${CHIMERA_RUN_DIR:-$root/build/run}
bin=$(pg_config --bindir)
database=pool
scrypt_port=3334
sha256d_port=3335
web_port=${CHIMERA_RUN_WEB_PORT:-8080}
export PGPORT=${CHIMERA_RUN_PGPORT:-54330} PGDATABASE=$database

# PostgreSQL and the nodes don't run as root
if [ "$(id -u)" = 0 ]; then
    owner=postgres
    as_owner() { runuser -u "$owner" -- "$@"; }
else
    owner=$(id -un)
    as_owner() { "$@"; }
fi
export PGUSER=$owner

# a socket's path has 107 bytes at most: a deep checkout needs another place
socket_dir()
{
    if [ ${#dir} -lt 80 ]; then
        echo "$dir/socket"
    else
        echo "/tmp/chimera-run-$(printf %s "$dir" | cksum | cut -d' ' -f1)"
    fi
}
PGHOST=$(socket_dir)
export PGHOST

say() { printf '%s\n' "== $*"; }

# of the daemon that was started last: stratumd or webd
is_running()
{
    [ -s "$dir/$1.pid" ] || return 1
    [ "$(cat "/proc/$(cat "$dir/$1.pid")/comm" 2>/dev/null)" = "$1" ]
}

cluster_is_running() { as_owner "$bin/pg_ctl" -D "$dir/pgdata" status >/dev/null 2>&1; }
