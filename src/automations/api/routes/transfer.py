"""Automations as files, in and out, and made from templates."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response

from automations.api.etags import Revision, read_revision
from automations.api.models.transfer import (
    FlowFile,
    FromTemplate,
    Imported,
    Template,
    TemplateList,
    TemplateListItem,
)
from automations.api.problems import told
from automations.api.request_scope import InApi, Reader, Reading, Writing
from automations.api.router import DRAFT_LINKS, api_router
from automations.db.automation_store import AutomationStore
from automations.services import transfer
from automations.services.drafting import require_writer
from automations.services.flow_templates import make_from_template, shipped_template, shipped_templates
from automations.services.publishing import get_automation

router: Final = api_router("", "automations")


@router.get(
    "/automations/{automation_id}/export",
    response_model=FlowFile,
    summary="The draft as a file, made for diffs, without anything of this installation",
)
async def export_automation(
    automation_id: UUID,
    session: Reading,
    with_revision: Annotated[bool, Query(description="Put the draft's revision in.")] = False,
) -> Response:
    automation = await get_automation(AutomationStore(session), automation_id)
    text = transfer.write_file(automation, with_revision=with_revision)
    given = {"Content-Disposition": f'attachment; filename="{transfer.file_name(automation)}"'}
    return Response(text, media_type="application/json", headers=given)


@router.post(
    "/automations/import",
    responses={200: DRAFT_LINKS},
    summary="Bring a draft from a file; the same file again updates its draft",
)
async def import_automation(
    body: FlowFile,
    session: Writing,
    api: InApi,
    account: Annotated[UUID | None, Query(description="Default: the only one that you have.")] = None,
    agent_id: Annotated[UUID | None, Query(description="Agent of a new automation. Default: the only one.")] = None,
    if_match: Revision = None,
) -> Imported:
    store = AutomationStore(session)
    file = transfer.read_value(body.model_dump(exclude_unset=True), "the file")
    owner = await transfer.owner_of_files(store, [file], account=account, agent_id=agent_id)
    await require_writer(store, owner)
    expected = read_revision(if_match)
    return _imported(
        await transfer.import_file(
            store, api.registry, file, account=owner, agent_id=agent_id, expected_revision=expected
        )
    )


@router.get("/templates", summary="List the templates from which automations are made")
async def list_templates(_caller: Reader) -> TemplateList:
    known = shipped_templates().values()
    return TemplateList(
        items=[TemplateListItem(key=one.key, name=one.name, description=one.description) for one in known]
    )


@router.get("/templates/{key}", summary="One template: what it needs and asks")
async def get_template(key: str, _caller: Reader) -> Template:
    chosen = asdict(shipped_template(key))
    body = chosen.pop("body")
    return Template.model_validate({**chosen, "nodes": body["nodes"], "edges": body["edges"]})


@router.post(
    "/automations/from-template",
    status_code=201,
    responses={201: DRAFT_LINKS},
    summary="Make a draft from a template",
)
async def create_from_template(body: FromTemplate, session: Writing, api: InApi) -> Imported:
    store = AutomationStore(session)
    chosen = shipped_template(body.template)
    owner = await transfer.owner_of_files(store, [], account=body.account, agent_id=body.agent_id)
    await require_writer(store, owner)
    return _imported(
        await make_from_template(
            store, api.registry, chosen, body.parameters, name=body.name, account=owner, agent_id=body.agent_id
        )
    )


def _imported(done: transfer.Imported) -> Imported:
    automation = done.automation
    return Imported.model_validate(
        {
            "id": automation.id,
            "name": automation.name,
            "change": done.change,
            "published": automation.draft_is_published,
            "draft_revision": automation.draft_revision,
            "problems": told(done.problems),
        }
    )
