"""`/api/v1/automations/{id}/…`: validate and copy a draft, look at its versions, go back to one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Query
from fastapi.responses import Response

from automations.api.etags import Revision, read_revision, shown_automation
from automations.api.models.automations import Automation
from automations.api.models.versions import (
    LARGEST_NUMBER,
    Diff,
    Drawing,
    Duplicate,
    FlowProblem,
    RollBack,
    Validated,
    Version,
    VersionListItem,
    VersionPage,
    Viewport,
)
from automations.api.pages import Cursor, Limit, bad_cursor, read_cursor, write_cursor
from automations.api.problems import told
from automations.api.request_scope import InApi, Reading, Writing
from automations.api.router import DRAFT_LINKS, api_router
from automations.db.automation_store import AutomationStore
from automations.db.version_store import VersionStore
from automations.errors import Conflict
from automations.flow.output_check import samples
from automations.services import drafting, publishing, versions

router: Final = api_router("/automations", "automations")

Side = Annotated[str, Query(max_length=20, description="The number of a version, `published`, or `draft`.")]


@router.post(
    "/{automation_id}/validate",
    response_model=Validated,
    summary="Say all that keeps the draft, or a drawing that is sent, from being published",
)
async def validate_automation(
    automation_id: UUID, session: Reading, api: InApi, body: Drawing | None = None
) -> Validated:
    automation = await publishing.get_automation(AutomationStore(session), automation_id)
    sent = body or Drawing()
    nodes = publishing.drawn_flow(automation) if sent.nodes is None else sent.nodes
    edges = automation.edges if sent.edges is None else sent.edges
    async with api.engine() as engine:
        judged = await publishing.judge_with_surroundings(
            AutomationStore(engine), api.registry, api.installation, automation, nodes, edges
        )
    return Validated(
        valid=not judged.problems,
        problems=[FlowProblem(**one) for one in told(judged.problems)],
        warnings=[FlowProblem(**one) for one in told(judged.outputs.warnings)],
        samples={} if judged.found is None else samples(judged.found),
    )


@router.post(
    "/{automation_id}/duplicate",
    status_code=201,
    response_model=Automation,
    responses={201: DRAFT_LINKS},
    summary="Make a copy, a draft",
)
async def duplicate_automation(automation_id: UUID, session: Writing, body: Duplicate | None = None) -> Response:
    copy = await drafting.duplicate(AutomationStore(session), automation_id, body.name if body is not None else None)
    return await shown_automation(session, copy, 201, {"Location": f"/api/v1/automations/{copy}"})


@router.put("/{automation_id}/viewport", status_code=204, summary="Keep where the canvas was left")
async def save_viewport(automation_id: UUID, body: Viewport, session: Writing) -> Response:
    """No change of the draft: its revision stays."""
    await drafting.set_viewport(AutomationStore(session), automation_id, body.model_dump())
    return Response(status_code=204)


@router.get("/{automation_id}/versions", summary="List what was published, the newest first")
async def list_versions(automation_id: UUID, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> VersionPage:
    await publishing.get_automation(AutomationStore(session), automation_id)
    below = None
    if (position := read_cursor(cursor)) is not None:
        below = position[0]
        if type(below) is not int or not 1 <= below <= LARGEST_NUMBER:
            raise bad_cursor()
    rows = await VersionStore(session).of(automation_id, limit=limit + 1, below=below)
    return VersionPage(
        items=[VersionListItem.model_validate(asdict(row)) for row in rows[:limit]],
        next=write_cursor(rows[limit - 1].number, "version") if len(rows) > limit else None,
    )


@router.get("/{automation_id}/versions/{number}", summary="One version with its flow")
async def get_version(
    automation_id: UUID, number: Annotated[int, Path(ge=1, le=LARGEST_NUMBER)], session: Reading
) -> Version:
    found = await versions.get_version(VersionStore(session), automation_id, number)
    return Version.model_validate(asdict(found))


@router.get("/{automation_id}/diff", summary="Say what differs between two versions, or a version and the draft")
async def diff_versions(
    automation_id: UUID,
    session: Reading,
    before: Annotated[Side, Query(alias="from")] = "published",
    after: Annotated[Side, Query(alias="to")] = "draft",
) -> Diff:
    sides = versions.read_chosen(before), versions.read_chosen(after)
    compared = await versions.compare(AutomationStore(session), VersionStore(session), automation_id, *sides)
    told_sides = {
        name: {"version": flow.number, "draft_revision": flow.revision}
        for name, flow in (("before", compared.before), ("after", compared.after))
    }
    return Diff.model_validate({**told_sides, "same": compared.diff.is_empty, **asdict(compared.diff)})


@router.post(
    "/{automation_id}/rollback", response_model=Automation, summary="Publish the flow of an old version, as a new one"
)
async def roll_back_automation(
    automation_id: UUID, body: RollBack, session: Writing, api: InApi, if_match: Revision = None
) -> Response:
    """The draft becomes it. `If-Match` is needed where that loses changes which were never published."""
    store = AutomationStore(session)
    automation = await publishing.get_automation(store, automation_id)
    if if_match is None and automation.published_number is not None and not automation.draft_is_published:
        raise Conflict(
            f"the draft (revision {automation.draft_revision}) has changes that are not published and would be lost",
            hint="Keep them with GET /automations/{id}/export; then send the ETag of the draft as If-Match.",
        )
    async with api.engine() as engine:
        await versions.roll_back(
            store,
            VersionStore(session),
            api.registry,
            automation_id,
            body.version,
            installation=api.installation,
            note=body.note,
            expected_revision=read_revision(if_match),
            around=AutomationStore(engine),
        )
    return await shown_automation(session, automation_id)
