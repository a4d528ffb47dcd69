"""What is said for the command line is said to callers of the API in their words."""

from __future__ import annotations

import pytest

from automations.api.api_words import in_words_of_the_api


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("`automations list` shows all.", "`GET /automations` shows all."),
        ("Set it first: `automations secrets set CRM_TOKEN`.", "Set it first: `PUT /secrets/CRM_TOKEN`."),
        ("Set it: `automations account set mail-from`.", "Set it: `PATCH /account/settings`."),
        ("`automations secrets list` shows them.", "`GET /secrets` shows them."),
        (
            "it is paused, not active (`automations resume`)",
            "it is paused, not active (`POST /automations/{id}/resume`)",
        ),
        ("Choose --lead or --conversation.", "Choose `lead_id` or `conversation_id`."),
        ("Add --account.", "Add `account`."),
        # For whoever runs the installation.
        ("Run `automations migrate`, then try again.", "Run `automations migrate`, then try again."),
        ("`automations watch orders --account a --id b`", "`automations watch orders --account a --id b`"),
        ("2 --- 1 and a--b", "2 --- 1 and a--b"),
    ],
)
def test_commands_become_routes(said: str, told: str) -> None:
    assert in_words_of_the_api(said) == told
