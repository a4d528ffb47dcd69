-- name: require_own_team
select automations.require_own_team();

-- name: list
-- Members of an account's team, the newest first; $3, $4: after this one. The account itself stands in no row.
select coalesce(json_agg(to_json(r)), '[]')::text
from (
  select m.member_id as id, m.owner_id as account_id, m.role, m.created_at
  from public.team_members m
  where m.owner_id = $1
    and ($3::timestamptz is null or (m.created_at, m.member_id) < ($3, $4::uuid))
  order by m.created_at desc, m.member_id desc
  limit $2
) r;

-- name: my_accounts
select account_id, role from automations.my_accounts();

-- name: people
-- What people of an account are called, where the database knows it; $1 null: of all accounts of the caller.
select coalesce(json_agg(to_json(p)), '[]')::text from automations.known_people($1) p;

-- name: mail_addresses
-- Of those of $2 who belong to the account and have one.
select id, name, email from automations.mail_addresses($1, $2);

-- name: set_profile
select automations.set_profile($1, $2);

-- name: set_role
select automations.set_team_role($1, $2, $3);

-- name: remove
select automations.remove_team_member($1, $2);

-- name: invite
select automations.create_invitation($1, $2, $3, $4, $5);

-- name: list_invitations
-- Newest first, those that are over, too; $3, $4: after this one.
select coalesce(json_agg(to_json(r)), '[]')::text
from (
  select i.id, i.account_id, i.role, i.note, i.created_by, i.created_at, i.expires_at, i.accepted_by, i.accepted_at,
    i.revoked_at
  from automations.invitations i
  where ($1::uuid is null or i.account_id = $1)
    and ($3::timestamptz is null or (i.created_at, i.id) < ($3, $4::uuid))
  order by i.created_at desc, i.id desc
  limit $2
) r;

-- name: get_invitation
select to_jsonb(r)
from (
  select i.id, i.account_id, i.role, i.note, i.created_by, i.created_at, i.expires_at, i.accepted_by, i.accepted_at,
    i.revoked_at
  from automations.invitations i
  where i.id = $1
) r;

-- name: revoke_invitation
select automations.revoke_invitation($1);

-- name: accept
select r.account_id, r.role from automations.accept_invitation($1) r;
