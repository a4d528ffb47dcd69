"""What `doctor` finds: is it reachable, migrated, at work, lagging, risky; each with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automations.db.doctor_store import (
    Automations,
    DoctorStore,
    Load,
    Role,
    Schedules,
    Server,
    Trigger,
    WatchedTable,
    WorkerSession,
)
from automations.db.migrate import FileStatus
from automations.flow.wall_clock import zone_data_version

Level = Literal["ok", "warning", "broken"]

LAG_SECONDS = 10.0
LAG_SECONDS_BAD = 120.0
DELTAS = 1_000
OLDEST_MAJOR = 15


@dataclass(frozen=True, slots=True)
class Finding:
    """`do` is None exactly when the level is ok."""

    level: Level
    area: str
    what: str
    do: str | None = None


async def examine_database(store: DoctorStore, files: list[FileStatus], *, embedded: bool) -> list[Finding]:
    """Everything that can be asked of a database that takes connections. The schema first: without it, only that."""
    server = await store.server()
    found = [*judge_server(server, embedded=embedded)]
    schema = judge_schema(files)
    found += [schema, *judge_roles(await store.roles())]
    if schema.level == "broken":
        return found
    settings = await store.settings()
    workers = await store.workers()
    load = await store.load()
    found += judge_triggers(await store.triggers())
    found += judge_watched(await store.watched())
    found += judge_settings(settings, server, embedded=embedded)
    found += judge_workers(workers, load)
    found += judge_load(load, workers)
    found += judge_automations(await store.automations())
    found += judge_schedules(await store.schedules(), workers)
    found += judge_breakers(*await store.open_breakers())
    found.append(judge_listening(await store.hears_itself()))
    if await store.accounts_without_agents():
        found.append(
            Finding(
                "warning",
                "agents",
                "there are accounts with leads but without an agent; no automation can be made for them",
                "Insert one for each: insert into public.agents (user_id, name) values (…).",
            )
        )
    return found


def judge_server(server: Server, *, embedded: bool) -> list[Finding]:
    where = "the bundled server" if embedded else server.address or "a local socket"
    found = [
        Finding("ok", "server", f"PostgreSQL {server.version} on {where}, database {server.database}, as {server.role}")
    ]
    if server.version_num < OLDEST_MAJOR * 10_000:
        found.append(
            Finding("broken", "server", f"PostgreSQL {server.version} is too old", "Use PostgreSQL 15 or newer.")
        )
    if server.recovery or server.read_only:
        found.append(
            Finding("broken", "server", "it is a read-only replica", "Connect to the primary: runs are written.")
        )
    if server.superuser and not embedded:
        found.append(
            Finding(
                "warning",
                "rights",
                f"{server.role} is a superuser; a worker needs no more than to become service_role and authenticated",
                "Make a role for it: create role automations login in role service_role, authenticated.",
            )
        )
    if server.connections > 0.8 * server.max_connections:
        found.append(
            Finding(
                "warning",
                "server",
                f"{server.connections} of {server.max_connections} connections are in use",
                "Raise max_connections, or end idle sessions; a worker needs about six.",
            )
        )
    if server.queue_usage > 0.1:
        found.append(
            Finding(
                "warning",
                "notify",
                f"the notification queue is {server.queue_usage:.0%} full; from 50% on nothing is announced",
                "Find a listener that sits in a long transaction: select * from pg_stat_activity order by xact_start.",
            )
        )
    return found


def judge_schema(files: list[FileStatus]) -> Finding:
    states = {
        state: [file.name for file in files if file.state == state] for state in ("pending", "changed", "unknown")
    }
    if states["unknown"]:
        return Finding(
            "broken",
            "schema",
            f"it is newer than this program: {states['unknown'][0]}",
            "Install the newer automations.",
        )
    if states["changed"]:
        return Finding(
            "broken", "schema", f"{states['changed'][0]} was applied with another text", "Restore that file."
        )
    if any(name.startswith("migrations/") for name in states["pending"]):
        return Finding(
            "broken", "schema", f"{len(states['pending'])} files are not applied", "Run `automations migrate`."
        )
    if states["pending"]:
        return Finding(
            "warning",
            "schema",
            f"{len(states['pending'])} functions or policies are older",
            "Run `automations migrate`.",
        )
    return Finding("ok", "schema", "up to date")


def judge_roles(roles: list[Role]) -> list[Finding]:
    found = []
    for role in roles:
        if not role.there:
            found.append(Finding("broken", "rights", f"there is no role {role.name}", "Run `automations migrate`."))
        elif not role.allowed:
            found.append(
                Finding(
                    "broken",
                    "rights",
                    f"this login may not become {role.name}",
                    f"As an administrator: grant {role.name} to <the role of the DSN>.",
                )
            )
    return found


def judge_triggers(triggers: list[Trigger]) -> list[Finding]:
    found = []
    for trigger in triggers:
        if not trigger.there:
            found.append(
                Finding(
                    "broken",
                    "trigger",
                    f"public.{trigger.table} has lost {trigger.trigger}",
                    "Run `automations migrate`.",
                )
            )
        elif not trigger.enabled:
            found.append(
                Finding(
                    "broken",
                    "trigger",
                    f"{trigger.trigger} on public.{trigger.table} is switched off: its changes start nothing",
                    f"alter table public.{trigger.table} enable trigger {trigger.trigger};",
                )
            )
    return found or [Finding("ok", "trigger", "leads and conversations fire")]


def judge_watched(tables: list[WatchedTable]) -> list[Finding]:
    found = []
    for one in tables:
        lead = "" if one.lead_column is None else f" --lead {one.lead_column}"
        again = f"automations watch {one.table} --account {one.account_column} --id {one.id_column}{lead}"
        match one.state:
            case "fires":
                continue
            case "no table":
                do = f"If it was renamed, watch it by its new name; then `automations unwatch {one.source}`."
            case "no trigger" | "switched off":
                do = f"`{again}` attaches it again."
            case _:
                do = "Watch it again with the columns that it has now: `automations watch`."
        found.append(Finding("broken", "trigger", f"the watched table {one.table} starts nothing: {one.state}", do))
    if tables and not found:
        found.append(Finding("ok", "trigger", f"watched tables fire: {', '.join(one.source for one in tables)}"))
    return found


def judge_settings(settings: dict[str, str], server: Server, *, embedded: bool) -> list[Finding]:
    found = []
    if settings["fire"] == "off":
        found.append(
            Finding(
                "broken",
                "trigger",
                "automations.fire is off for this login: its changes start nothing and are not journalled",
                "alter database … reset automations.fire; and the same for the role.",
            )
        )
    if settings["journal"] == "off":
        found.append(
            Finding(
                "warning",
                "journal",
                "automations.journal is off: `explain` cannot answer",
                "alter database … reset automations.journal, unless the cost of the journal was measured to matter.",
            )
        )
    if settings["wake"] == "off":
        found.append(
            Finding(
                "warning",
                "notify",
                "automations.wake is off: runs wait for the next poll of a worker",
                "Leave it off only for two-phase commit: alter database … reset automations.wake.",
            )
        )
    if settings["notify"] in ("", "full") and server.other_login_roles > 0 and not embedded:
        found.append(
            Finding(
                "warning",
                "notify",
                f"automation_trigger carries whole rows; {server.other_login_roles} other login roles may listen",
                "alter database … set automations.notify = 'hint' (ids only) or 'off', unless the rows are wanted.",
            )
        )
    return found


def judge_workers(workers: list[WorkerSession], load: Load) -> list[Finding]:
    present = sum(worker.present for worker in workers)
    if present:
        return [Finding("ok", "workers", f"{present} present")]
    if load.due or load.pending:
        return [
            Finding(
                "broken",
                "workers",
                f"none, and {load.due or load.pending} runs wait",
                "Start one: `automations worker` (or `automations up`).",
            )
        ]
    return [Finding("warning", "workers", "none", "Start one: `automations worker` (or `automations up`).")]


def judge_load(load: Load, workers: list[WorkerSession]) -> list[Finding]:
    found = []
    lag = load.oldest_due_seconds or 0.0
    facts = f"{load.pending} pending, {load.running} running, {load.due} due"
    if lag > LAG_SECONDS and workers:
        level: Level = "broken" if lag > LAG_SECONDS_BAD else "warning"
        found.append(
            Finding(
                level,
                "lag",
                f"{facts}; the oldest has been due for {lag:.0f} s",
                "Start more workers, or see their log.",
            )
        )
    else:
        found.append(Finding("ok", "lag", facts))
    if load.stat_deltas > DELTAS:
        found.append(
            Finding(
                "warning",
                "statistics",
                f"{load.stat_deltas} finished runs are not in the figures of their automations yet",
                "A worker adds them up each second; somebody may hold a row of public.automations locked.",
            )
        )
    if load.failed_last_hour:
        found.append(
            Finding(
                "warning",
                "runs",
                f"{load.failed_last_hour} runs failed in the last hour",
                "See `automations runs --status failed --since 1h`.",
            )
        )
    return found


def judge_automations(counts: Automations) -> list[Finding]:
    found = [Finding("ok", "automations", f"{counts.total}, of which {counts.live} are live")]
    if counts.error:
        found.append(
            Finding(
                "broken",
                "automations",
                f"{counts.error} were stopped because they cannot run",
                "See `automations list` and `automations validate ID`, mend them, then `automations publish ID`.",
            )
        )
    if counts.enabled_but_not_active:
        found.append(
            Finding(
                "warning",
                "automations",
                f"{counts.enabled_but_not_active} are enabled but not active, so they do not run",
                "`automations publish ID` a draft, `automations resume ID` a paused one.",
            )
        )
    return found


def judge_schedules(schedules: Schedules, workers: list[WorkerSession]) -> list[Finding]:
    found = [Finding("ok", "schedules", f"{schedules.live} live; time zones of {zone_data_version()}")]
    # Without a worker that is what to say, and `judge_workers` does.
    if schedules.overdue and any(worker.present for worker in workers):
        found.append(
            Finding(
                "warning",
                "schedules",
                f"{schedules.overdue} are overdue by more than a minute although workers are present",
                "See the log of the workers, and `automations schedules` for those that fail.",
            )
        )
    if schedules.failing:
        found.append(
            Finding(
                "warning",
                "schedules",
                f"{schedules.failing} could not be fired the last time; they are tried again every 30 s",
                "`automations schedules` says why.",
            )
        )
    return found


def judge_breakers(count: int, automation_id: str | None) -> list[Finding]:
    if not count:
        return []
    return [
        Finding(
            "warning",
            "breakers",
            f"{count} open: changes of these records started an automation too often and start it no more",
            f"See `automations breakers`, find what changes them, then `automations lift {automation_id}`.",
        )
    ]


def judge_listening(hears: bool) -> Finding:
    if hears:
        return Finding("ok", "notify", "notifications arrive")
    return Finding(
        "warning",
        "notify",
        "our own notification does not come back: workers poll, and a dead one is noticed by its lease only",
        "Give workers a DSN of the server itself, or of a pooler in session mode.",
    )
