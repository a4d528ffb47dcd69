"""Everybody who may call, and what each may: the rules of docs/api.md as one table."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import jwt
from tests.api.conftest import SECRET
from tests.api.tenancy_account import IN_BOTH, ISSUER, LOOKS_ON, Account, signed
from tests.api.tenancy_calls import About

from automations.api.request_scope import Needs

# Where somebody stands to the account: in it; outside of it, so that nothing of it is there; not known at all.
Stands = Literal["in", "outside", "unknown"]
EVERYTHING: frozenset[Needs] = frozenset(("read", "run", "write", "person"))
MACHINE: frozenset[Needs] = frozenset(("read", "run", "write"))
LOOKING: frozenset[Needs] = frozenset(("read",))
# As the account's owner is answered.
AS_OWNER = 0


@dataclass(frozen=True)
class Persona:
    """`bearer`: what is sent as token by somebody who calls about the first account; None: nothing. `knows_second`: he
    sees what is the other one's.
    """

    stands: Stands
    may: frozenset[Needs]
    bearer: Callable[[Account, Account], str | None]
    knows_second: bool = False


def _team(role: str, may: frozenset[Needs]) -> Persona:
    return Persona("in", may, lambda a, _b: signed(a.ids[role]))


def _key(name: str, *scopes: Needs) -> Persona:
    return Persona("in", frozenset(scopes), lambda a, _b: a.keys[name])


def _unknown(bearer: Callable[[Account], str | None]) -> Persona:
    return Persona("unknown", frozenset(), lambda a, _b: bearer(a))


def _of_others(bearer: Callable[[Account], str], may: frozenset[Needs] = EVERYTHING) -> Persona:
    return Persona("outside", may, lambda _a, b: bearer(b), knows_second=True)


def _unsigned(a: Account) -> str:
    return jwt.encode(_claims(a), "", "none")


def _otherwise_signed(a: Account) -> str:
    return jwt.encode(_claims(a), "another secret that is just as long as ours is, say", "HS256")


def _by_another_way(a: Account) -> str:
    return jwt.encode(_claims(a), SECRET + SECRET, "HS512")


def _claims(a: Account) -> dict[str, str | int]:
    ends = int(time.time()) + 3600
    return {"sub": a.id, "role": "authenticated", "aud": "authenticated", "iss": ISSUER, "exp": ends}


PERSONAS: dict[str, Persona] = {
    "account": _team("account", EVERYTHING),
    "owner": _team("owner", EVERYTHING),
    "admin": _team("admin", EVERYTHING),
    "member": _team("member", MACHINE),
    "viewer": _team("viewer", LOOKING),
    "server": Persona("in", EVERYTHING, lambda _a, _b: signed(None)),
    "key of read": _key("read", "read"),
    "key of run": _key("run", "run"),
    "key of write": _key("write", "write"),
    "key of all scopes": _key("all", "read", "run", "write"),
    "admin of both": Persona("in", EVERYTHING, lambda _a, _b: signed(IN_BOTH), knows_second=True),
    "viewer who owns another": Persona("in", LOOKING, lambda _a, _b: signed(LOOKS_ON), knows_second=True),
    "stranger": _of_others(lambda b: signed(b.id)),
    "stranger's admin": _of_others(lambda b: signed(b.ids["admin"])),
    "stranger's key": _of_others(lambda b: b.keys["all"], MACHINE),
    "somebody without an account": Persona(
        "outside", EVERYTHING, lambda _a, _b: signed("11111111-2222-4333-8444-555555555555")
    ),
    "removed member": Persona("outside", EVERYTHING, lambda a, _b: signed(a.ids["removed"])),
    "anon": _unknown(lambda _a: None),
    "revoked key": _unknown(lambda a: a.keys["revoked"]),
    "expired key": _unknown(lambda a: a.keys["expired"]),
    "guessed key": _unknown(lambda a: a.keys["all"][:-1] + ("a" if a.keys["all"][-1] != "a" else "b")),
    "expired token": _unknown(lambda a: signed(a.id, exp=int(time.time()) - 60)),
    "token without end": _unknown(lambda a: signed(a.id, exp=None)),
    "wrong audience": _unknown(lambda a: signed(a.id, aud="others")),
    "no audience": _unknown(lambda a: signed(a.id, aud=None)),
    "wrong issuer": _unknown(lambda a: signed(a.id, iss="https://other.example.com")),
    "alg none": _unknown(_unsigned),
    "alg HS512": _unknown(_by_another_way),
    "another secret": _unknown(_otherwise_signed),
    "token of tomorrow": _unknown(lambda a: signed(a.id, nbf=int(time.time()) + 86_400)),
    "role postgres": _unknown(lambda a: signed(a.id, role="postgres")),
    "role supabase_admin": _unknown(lambda a: signed(a.id, role="supabase_admin")),
    "role anon": _unknown(lambda a: signed(a.id, role="anon")),
    "server of others": _unknown(lambda _a: signed(None, aud="others")),
    "token without sub": _unknown(lambda a: signed(a.id, sub=None)),
    "sub that is no id": _unknown(lambda a: signed(a.id, sub="' or true --")),
    "garbage": _unknown(lambda _a: "garbage.of.nobody"),
}

# Who shows that the sample is right, where that is not the account itself.
RIGHTLY = {"accept": "stranger"}
# What differs from the rules, and why, by operation and persona.
_OWN_CHOICE = "members and viewers have no keys and invitations to see: their list is empty"
_ANSWERS = "the approval is for members; no right of the account is needed beyond that role"
LOOKERS = ("viewer", "viewer who owns another")
_BY_LINK = "whoever is in the team already keeps his role"
_PERSON = "a server is no person"
EXCEPTIONS: dict[tuple[str, str], tuple[int, str]] = {
    **{
        (name, who): (AS_OWNER, _OWN_CHOICE)
        for name in ("list_api_keys", "list_invitations")
        for who in ("member", *LOOKERS)
    },
    **{(name, "member"): (AS_OWNER, _ANSWERS) for name in ("approve", "reject")},
    **{("accept", who): (409, _BY_LINK) for who in ("owner", "admin", "admin of both", "member", *LOOKERS)},
    ("accept", "account"): (409, "nobody joins his own account"),
    **{("renew_token", who): (AS_OWNER, "everybody renews his own token") for who in ("member", *LOOKERS)},
    ("renew_token", "server"): (403, _PERSON),
    **{("set_my_profile", who): (AS_OWNER, "everybody says it of himself") for who in ("member", *LOOKERS)},
    ("set_my_profile", "server"): (403, _PERSON),
    ("accept", "server"): (403, _PERSON),
}


def expected(operation: str, persona: str, needs: Needs, about: About) -> int:
    """The status, or `AS_OWNER`."""
    if (operation, persona) in EXCEPTIONS:
        return EXCEPTIONS[operation, persona][0]
    who = PERSONAS[persona]
    if who.stands == "unknown":
        return 401
    if needs not in who.may:
        return 403
    return 404 if who.stands == "outside" and about == "thing" else AS_OWNER
