"""What `up` does while it is up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from automations.cli.compose import (
    Engine,
    Session,
    build_engine,
    load_registry,
    open_session,
)
from automations.cli.compose_web import build_web
from automations.cli.echo import EchoServer
from automations.cli.event_loop import on_end
from automations.cli.up.demo_account import RUN_AT_THE_END, read_content
from automations.cli.up.mail_catcher import MailCatcher, sending_to
from automations.cli.up.only_one import Note
from automations.db.migrate import MigrationReport, migrate
from automations.errors import AutomationsError
from automations.settings import Settings

if TYPE_CHECKING:
    from automations.api.server import WebServer
    from automations.db.embedded import EmbeddedServer

log = structlog.get_logger("automations.up")

LOOK_AT_SERVER_SECONDS = 0.5
# SIGTERM to the end in 10 seconds: the worker's drain, then the rest.
AFTER_DRAIN_SECONDS = 1.5
# What is left of the grace of requests under way, where the worker was done at once.
WEB_SECONDS = 3.0


class Serving:
    def __init__(self, settings: Settings, dsn: str, server: EmbeddedServer | None, note: Note | None) -> None:
        self._settings = settings
        self._dsn = dsn
        self._server = server
        self._note = note
        self._began = time.monotonic()
        self._stopping = asyncio.Event()
        self._mail: MailCatcher | None = None

    async def run(self, *, demo: bool, as_json: bool) -> None:
        """Until a signal. Raises what keeps it from going on."""
        on_end(self._stopping.set)
        migrated = await migrate(self._dsn)
        echo = EchoServer(lambda method, path, status: log.info("echo", method=method, path=path, status=status))
        await echo.start(self._settings.echo_port)
        await self._catch_mail()
        built = build_web(self._dsn, self._settings, allowed=[echo.address])
        web = built.server
        # Held from here on, served once the worker is ready.
        own_port = web.bind("127.0.0.1", self._settings.http_port, else_any=True)
        engine = build_engine(self._dsn, self._settings, allowed=[echo.address], on_ended=built.answers.ended)
        tasks: list[asyncio.Task[Any]] = []
        serving: asyncio.Task[None] | None = None
        try:
            fresh = await self._demo(echo) if demo else False
            worker = asyncio.create_task(engine.worker.run(), name="worker")
            tasks.append(worker)
            if self._server is not None:
                tasks.append(asyncio.create_task(self._keep_server(self._server), name="server"))
            stop = asyncio.create_task(self._stopping.wait(), name="stop")
            ready = asyncio.create_task(engine.worker.ready.wait(), name="ready")
            await asyncio.wait({worker, stop, ready}, return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                serving = asyncio.create_task(web.serve(), name="web")
                link = await self._sign_in_link(self._settings.public_url or web.url)
                self._announce(echo, web, migrated, own_port=own_port, link=link, as_json=as_json)
                if fresh and not as_json:
                    await self._show_a_run(stop)
            ready.cancel()
            awaited = [*tasks, *([serving] if serving is not None else [])]
            await asyncio.wait({stop, *awaited}, return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            for task in awaited:
                if task.done():
                    task.result()
        finally:
            web.stop()
            await self._end(engine, echo, tasks)
            if serving is None:
                await web.end()
            else:
                done, _ = await asyncio.wait({serving}, timeout=WEB_SECONDS)
                if not done:
                    serving.cancel()

    async def _end(self, engine: Engine, echo: EchoServer, tasks: list[asyncio.Task[Any]]) -> None:
        engine.worker.stop()
        for task in tasks[1:]:
            task.cancel()
        for worker in tasks[:1]:
            done, _ = await asyncio.wait({worker}, timeout=self._settings.drain_seconds + AFTER_DRAIN_SECONDS)
            if not done:
                log.warning("the worker did not end in time; its runs are taken over by the next one")
                worker.cancel()
        await echo.close()
        if self._mail is not None:
            self._mail.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await engine.close()

    async def _catch_mail(self) -> None:
        """On a database of others an account's mail must not end here unseen."""
        if self._server is None or self._settings.smtp_url is not None:
            return
        self._mail = MailCatcher(
            self._settings.data_dir / "mail", lambda to, path: log.info("mail kept", to=to, file=str(path))
        )
        await self._mail.start()
        self._settings = sending_to(self._mail.url, self._settings)

    async def _demo(self, echo: EchoServer) -> bool:
        """Whether the demo account was made now."""
        from automations.db.demo_store import DemoStore
        from automations.services.demo import load_demo, point_at_echo

        content = read_content()
        registry = load_registry()
        async with self._session() as session:
            loaded = await load_demo(DemoStore(session.connection), session.automations, registry, content, echo.url)
            # On a shared database the endpoint may be another machine's.
            if not loaded and self._server is not None:
                for moved in await point_at_echo(session.automations, registry, content, echo.url):
                    log.info("demo automation published anew for the echo endpoint", name=moved.name, url=echo.url)
        return loaded

    def _session(self) -> contextlib.AbstractAsyncContextManager[Session]:
        return open_session(settings=self._settings, dsn=self._dsn)

    async def _sign_in_link(self, url: str) -> str | None:
        """For the owner of the demo, else of the only account. None: there is no such, or people sign in elsewhere."""
        from automations.cli.sign_in_command import issues_tokens, sign_in_link
        from automations.services.transfer import only_account

        if not issues_tokens(self._settings):
            return None
        try:
            async with self._session() as session:
                demo = read_content().account_id
                owner = demo if await session.automations.agents(demo) else await only_account(session.automations)
            return sign_in_link(self._settings, owner, url)
        except AutomationsError as error:
            log.info("no link to sign in", reason=error.message)
            return None

    def _announce(
        self,
        echo: EchoServer,
        web: WebServer,
        migrated: MigrationReport,
        *,
        own_port: bool,
        link: str | None,
        as_json: bool,
    ) -> None:
        from automations.cli.output import as_json as to_json
        from automations.cli.sign_in_command import issues_tokens
        from automations.cli.up.greeting import greeting

        facts = {
            "status": "ready",
            "seconds": round(time.monotonic() - self._began, 2),
            "database": self._dsn if self._server is not None else "AUTOMATIONS_DATABASE_URL",
            "data_dir": str(self._settings.data_dir) if self._server is not None else None,
            "postgres": self._server.version if self._server is not None else None,
            "started_database": self._server.started_here if self._server is not None else False,
            "schema": migrated.version,
            "migrated": list(migrated.applied),
            "echo": echo.url,
            "mail_kept_in": None if self._mail is None else str(self._mail.folder),
            "http": web.url,
            "sign_in": link,
            "signs_in_here": issues_tokens(self._settings),
            "http_port_taken": None if own_port else self._settings.http_port,
        }
        if self._note is not None:
            mail = None if self._mail is None else self._mail.url
            shown_at = self._settings.public_url or web.url
            self._note({"echo": echo.url, "mail": mail, "http": web.url, "editor": shown_at, "database": self._dsn})
        print(to_json(facts) if as_json else greeting(facts), flush=True)

    async def _show_a_run(self, stop: asyncio.Task[Any]) -> None:
        """The demo's manual automation, once, as `automations run` would show it."""
        from automations.cli.showing import print_run
        from automations.services.runs import start_run, view_run
        from automations.services.watching import follow_run

        async with self._session() as session:
            started = await start_run(
                session.executions,
                session.automations,
                UUID(RUN_AT_THE_END.automation_id),
                given=RUN_AT_THE_END.given,
                lead_id=UUID(RUN_AT_THE_END.lead_id),
            )
            run_id = started.run_id

            async def to_its_end() -> None:
                async for _ in follow_run(session.executions, run_id):
                    pass

            end = asyncio.create_task(to_its_end())
            await asyncio.wait({end, stop}, timeout=15, return_when=asyncio.FIRST_COMPLETED)
            end.cancel()
            print("A first run, of the demo automation that is started by hand:\n", flush=True)
            print_run(await view_run(session.executions, session.automations, run_id))
            print(flush=True)

    async def _keep_server(self, server: EmbeddedServer) -> None:
        """Start the bundled PostgreSQL again when it ends under us; the worker connects again by itself."""
        from automations.db.embedded import ensure_running
        from automations.db.embedded.processes import is_alive
        from automations.errors import EmbeddedPostgresError

        while True:
            await asyncio.sleep(LOOK_AT_SERVER_SECONDS)
            if is_alive(server.pid) or self._stopping.is_set():
                continue
            log.warning("PostgreSQL has ended; starting it again", pid=server.pid)
            try:
                again = await asyncio.to_thread(
                    ensure_running,
                    self._settings.postgres_dir,
                    bin_dir=self._settings.postgres_bin_dir,
                    die_with_parent=True,
                )
            except EmbeddedPostgresError as error:
                log.error("PostgreSQL does not start", reason=error.message, hint=error.hint)
                await asyncio.sleep(5)
                continue
            log.info("PostgreSQL runs again", pid=again.pid)
            server = again
