"""The server's settings: ours in a file that `ALTER SYSTEM` overrules, the caller's on the command line above all."""

from __future__ import annotations

import re
from collections.abc import Mapping

from automations.db.embedded.binaries import Binaries
from automations.errors import EmbeddedPostgresError

FILE = "automations.conf"
INCLUDE = (
    f"\n# Written anew at every start by automations; overrule it with ALTER SYSTEM.\ninclude_if_exists = '{FILE}'\n"
)

_FIRST_IO_METHOD = 18


def defaults(binaries: Binaries) -> dict[str, str]:
    """For one laptop or a small server: durable, and small while nothing happens."""
    chosen = {
        "fsync": "on",
        "synchronous_commit": "on",
        "max_connections": "60",
        # Touched only as it is used: an idle server does not hold it.
        "shared_buffers": "128MB",
        "max_worker_processes": "4",
        "max_parallel_workers": "0",
        "max_parallel_workers_per_gather": "0",
        "max_parallel_maintenance_workers": "0",
        "max_logical_replication_workers": "0",
        "max_wal_senders": "2",
        "max_replication_slots": "2",
        "autovacuum_max_workers": "2",
        "jit": "off",
        "random_page_cost": "1.1",
        "max_wal_size": "2GB",
        "min_wal_size": "80MB",
        "checkpoint_timeout": "15min",
        "wal_compression": "pglz",
        "unix_socket_permissions": "0700",
        "logging_collector": "off",
        "log_destination": "stderr",
        "log_line_prefix": "%m [%p] ",
        "log_checkpoints": "off",
        "lc_messages": "C",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }
    if binaries.major >= _FIRST_IO_METHOD:
        # The default keeps three idle worker processes.
        chosen["io_method"] = "sync"
    if binaries.has_library("pg_stat_statements"):
        chosen["shared_preload_libraries"] = "pg_stat_statements"
    return chosen


def as_file(settings: Mapping[str, str]) -> str:
    return "".join(f"{name} = '{value}'\n" for name, value in settings.items())


def as_options(settings: Mapping[str, str]) -> list[str]:
    """EmbeddedPostgresError for a name that can be none, or that is ours to choose."""
    options: list[str] = []
    for name, value in settings.items():
        if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)?", name) or "\0" in value:
            raise EmbeddedPostgresError(
                f"{name!r} = {value!r} is no PostgreSQL setting", hint="Use names as `SHOW ALL` prints them."
            )
        if name.lower() in {
            "data_directory",
            "unix_socket_directories",
            "port",
            "listen_addresses",
            "external_pid_file",
        }:
            raise EmbeddedPostgresError(
                f"The setting {name} of the local PostgreSQL is chosen by automations",
                hint="Leave it out; for a server that others reach over the network, run your own and give its DSN.",
            )
        options += ["-c", f"{name}={value}"]
    return options
