-- The team of an account: roles, invitations by link, and a record of every change. Only where public.team_members is ours;
-- elsewhere the team is the business of whoever made that table.
--
-- Nobody rises by his own hand: owners are made and unmade by the account itself and its owners only, whichever way.

create or replace function automations.require_own_team()
returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_catalog.obj_description(pg_catalog.to_regclass('public.team_members'), 'pg_class')
    is distinct from 'automations: prerequisite'
  then
    raise exception 'the team of an account is managed elsewhere in this installation'
      using errcode = 'AU006', hint = 'Change it with the program that public.team_members belongs to.';
  end if;
end
$$;

-- Who may make and unmake members of this role.
create or replace function automations.managers_of_role(p_role text) returns text[]
language sql immutable set search_path = pg_catalog, pg_temp
as $$ select case when p_role = 'owner' then array['owner'] else array['owner', 'admin'] end $$;

create or replace function automations.require_role_name(p_role text)
returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
  if p_role is null or p_role not in ('owner', 'admin', 'member', 'viewer') then
    raise exception 'there is no such role'
      using errcode = 'AU007', hint = 'Choose owner, admin, member or viewer.';
  end if;
end
$$;

-- Whose data the caller may see, and as what; role null: nobody has written down which.
do $$
declare
  v_role text := 'null::pg_catalog.text';
begin
  if (
    select pg_catalog.count(*) = 3 from pg_catalog.pg_attribute a
    where a.attrelid = pg_catalog.to_regclass('public.team_members') and not a.attisdropped
      and a.attname in ('owner_id', 'member_id', 'role')
  ) then
    v_role := $f$(
      select m.role::pg_catalog.text from public.team_members m where m.owner_id = a.id and m.member_id = auth.uid() limit 1
    )$f$;
  end if;
  execute pg_catalog.format(
    'create or replace function automations.my_accounts() returns table (account_id uuid, role text) '
    'language sql stable security definer set search_path = pg_catalog, pg_temp as %L',
    'select a.id, case when a.id = auth.uid() then ''owner'' else ' || v_role || ' end '
    'from automations.accessible_account_ids() as a (id) order by a.id is distinct from auth.uid(), a.id limit 1000'
  );
end
$$;

create or replace function automations.set_team_role(p_account uuid, p_member uuid, p_role text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_role text;
begin
  perform automations.require_own_team();
  perform automations.require_role_name(p_role);
  perform automations.require_management(p_account, 'account');
  select m.role into v_role from public.team_members m
  where m.owner_id = p_account and m.member_id = p_member
  for update;
  if not found then
    raise exception 'there is no such member of the team'
      using errcode = 'AU004', hint = 'The list of the team shows them; an invitation asks somebody in.';
  end if;
  perform automations.require_management(p_account, 'account', automations.managers_of_role(v_role));
  perform automations.require_management(p_account, 'account', automations.managers_of_role(p_role));
  update public.team_members m set role = p_role
  where m.owner_id = p_account and m.member_id = p_member and m.role <> p_role;
end
$$;

-- Somebody else by who manages the account; oneself: whoever one is.
create or replace function automations.remove_team_member(p_account uuid, p_member uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_role text;
  v_leaves constant boolean := p_member = auth.uid() and automations.claimed_account() is null;
begin
  perform automations.require_own_team();
  perform automations.require_access(p_account, 'account', false);
  if v_leaves is not true then
    perform automations.require_management(p_account, 'account');
  end if;
  select m.role into v_role from public.team_members m
  where m.owner_id = p_account and m.member_id = p_member
  for update;
  if not found then
    raise exception 'there is no such member of the team'
      using errcode = 'AU004', hint = 'The list of the team shows them. The account itself cannot leave.';
  end if;
  if v_leaves is not true then
    perform automations.require_management(p_account, 'account', automations.managers_of_role(v_role));
  end if;
  delete from public.team_members m where m.owner_id = p_account and m.member_id = p_member;
end
$$;

create or replace function automations.create_invitation(
  p_account uuid, p_role text, p_hash bytea, p_note text, p_expires_at timestamptz
)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_invitation uuid;
begin
  perform automations.require_own_team();
  perform automations.require_role_name(p_role);
  perform automations.require_management(p_account, 'account', automations.managers_of_role(p_role));
  insert into automations.invitations (account_id, role, hash, note, created_by, expires_at)
  values (p_account, p_role, p_hash, p_note, automations.current_actor(), p_expires_at)
  returning id into v_invitation;
  perform automations.write_audit(
    p_account, 'invitation.created', null, null,
    pg_catalog.jsonb_build_object('id', v_invitation, 'role', p_role, 'note', p_note, 'expires_at', p_expires_at)
  );
  return v_invitation;
end
$$;

-- From now on nobody joins with it. Again, or accepted already: nothing.
create or replace function automations.revoke_invitation(p_invitation uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_account uuid;
  v_role text;
begin
  select i.account_id, i.role into v_account, v_role from automations.invitations i where i.id = p_invitation;
  perform automations.require_management(v_account, 'invitation');
  perform automations.require_management(v_account, 'invitation', automations.managers_of_role(v_role));
  update automations.invitations i set revoked_at = pg_catalog.now()
  where i.id = p_invitation and i.revoked_at is null and i.accepted_at is null;
  if found then
    perform automations.write_audit(
      v_account, 'invitation.revoked', null, null, pg_catalog.jsonb_build_object('id', p_invitation)
    );
  end if;
end
$$;

-- Join: once, in time, and only as long as whoever invited may still make members of that role (the operator, who has no
-- user, always may). Who is a member already stays what he is, and the invitation stays open.
create or replace function automations.accept_invitation(p_hash bytea)
returns table (account_id uuid, role text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_user constant uuid := auth.uid();
  v_found automations.invitations;
  v_role text;
begin
  perform automations.require_own_team();
  if v_user is null or automations.claimed_account() is not null then
    raise exception 'only a person can join a team' using errcode = 'AU003', hint = 'Sign in as a user.';
  end if;
  select i.* into v_found from automations.invitations i where i.hash = p_hash for update;
  if v_found.id is null then
    raise exception 'there is no such invitation'
      using errcode = 'AU004', hint = 'Copy the whole code, or ask for another invitation.';
  elsif v_found.accepted_by = v_user then
    raise exception 'you have accepted this invitation already' using errcode = 'AU006', hint = 'Nothing is left to do.';
  elsif v_found.accepted_at is not null or v_found.revoked_at is not null
    or v_found.expires_at <= pg_catalog.clock_timestamp()
  then
    raise exception 'this invitation was %', case
        when v_found.revoked_at is not null then 'taken back'
        when v_found.accepted_at is not null then 'used already'
        else 'not accepted in time'
      end
      using errcode = 'AU006', hint = 'Ask for another one.';
  elsif v_found.account_id = v_user then
    raise exception 'this is an invitation to your own account'
      using errcode = 'AU006', hint = 'Send it to whom it is meant for.';
  end if;
  if v_found.created_by is not null and v_found.created_by <> v_found.account_id and not exists (
    select from public.team_members m
    where m.owner_id = v_found.account_id and m.member_id = v_found.created_by
      and m.role = any (automations.managers_of_role(v_found.role))
    for share
  ) then
    raise exception 'whoever invited you may not invite anybody as % any more', v_found.role
      using errcode = 'AU006', hint = 'Ask an owner or admin of the account for another invitation.';
  end if;
  insert into public.team_members as m (owner_id, member_id, role)
  values (v_found.account_id, v_user, v_found.role)
  on conflict (owner_id, member_id) do nothing;
  if not found then
    select m.role into v_role from public.team_members m
    where m.owner_id = v_found.account_id and m.member_id = v_user;
    raise exception 'you are in this team already, as %', v_role
      using errcode = 'AU006', hint = 'An owner or admin of the account can change your role.';
  end if;
  update automations.invitations i
  set accepted_by = v_user, accepted_at = pg_catalog.clock_timestamp()
  where i.id = v_found.id;
  perform automations.write_audit(
    v_found.account_id, 'invitation.accepted', null, null,
    pg_catalog.jsonb_build_object('id', v_found.id, 'role', v_found.role, 'invited_by', v_found.created_by)
  );
  return query select v_found.account_id, v_found.role;
end
$$;

-- Every change of a team, whoever makes it and with whatever tool. Definer: nobody writes the log himself.
create or replace function automations.note_team_change()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'DELETE' then
    perform automations.write_audit(
      old.owner_id, case when old.member_id = automations.current_actor() then 'team.left' else 'team.removed' end, null, null,
      pg_catalog.jsonb_build_object('member', old.member_id, 'role', old.role)
    );
  elsif tg_op = 'INSERT' then
    perform automations.write_audit(
      new.owner_id, 'team.joined', null, null,
      pg_catalog.jsonb_build_object('member', new.member_id, 'role', new.role)
    );
  else
    perform automations.write_audit(
      new.owner_id, 'team.role', null, null,
      pg_catalog.jsonb_build_object('member', new.member_id, 'role', new.role, 'was', old.role)
    );
    if (new.owner_id, new.member_id) is distinct from (old.owner_id, old.member_id) then
      perform automations.write_audit(
        old.owner_id, 'team.removed', null, null,
        pg_catalog.jsonb_build_object('member', old.member_id, 'role', old.role)
      );
    end if;
  end if;
  if tg_op <> 'INSERT' and old.role = any (array['owner', 'admin']) and not (
    tg_op = 'UPDATE' and new.role = any (array['owner', 'admin'])
    and (new.owner_id, new.member_id) is not distinct from (old.owner_id, old.member_id)
  ) then
    perform automations.revoke_keys_of(old.owner_id, old.member_id);
  end if;
  return null;
end
$$;

do $$
begin
  if pg_catalog.obj_description('public.team_members'::pg_catalog.regclass, 'pg_class') = 'automations: prerequisite'
    and not exists (
      select from pg_catalog.pg_trigger t
      where t.tgrelid = 'public.team_members'::pg_catalog.regclass and t.tgname = 'automations_note_team_change'
    )
  then
    create trigger automations_note_team_change
      after insert or delete or update of owner_id, member_id, role on public.team_members
      for each row execute function automations.note_team_change();
  end if;
end
$$;

revoke execute on function automations.require_own_team() from public;
revoke execute on function automations.managers_of_role(text) from public;
revoke execute on function automations.require_role_name(text) from public;
revoke execute on function automations.my_accounts() from public;
revoke execute on function automations.set_team_role(uuid, uuid, text) from public;
revoke execute on function automations.remove_team_member(uuid, uuid) from public;
revoke execute on function automations.create_invitation(uuid, text, bytea, text, timestamptz) from public;
revoke execute on function automations.revoke_invitation(uuid) from public;
revoke execute on function automations.accept_invitation(bytea) from public;
revoke execute on function automations.note_team_change() from public;
