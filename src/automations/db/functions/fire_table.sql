-- The trigger of every watched table (watched_tables.sql attaches it).
--
-- Arguments of the trigger: source, account column, id column, lead column (or ''). What holds in fire.sql holds here: no
-- value fails the writer's statement, and no row of anybody is waited for. Without an account or an id nothing fires.
create or replace function automations.fire_table()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_source constant text := tg_argv[0];
  v_account uuid;
  v_key text;
  v_row jsonb;
  v_previous jsonb;
  v_lead uuid;
  v_whole boolean := true;
  v_pick text;
begin
  if pg_catalog.current_setting('automations.fire', true) = 'off' then
    return null;
  end if;
  -- The whole row at once, though most of it is wanted only if somebody listens. Tried: to pick the columns by their names,
  -- which takes a statement that is planned for every row, and costs more than a whole row of ordinary size.
  begin
    if tg_op = 'DELETE' then
      v_row := pg_catalog.to_jsonb(old);
    else
      v_row := pg_catalog.to_jsonb(new);
    end if;
  exception when others then
    v_whole := false;
    v_pick := pg_catalog.format(
      'select pg_catalog.jsonb_build_object(%1$L, ($1).%1$I, %2$L, ($1).%2$I, ''error'', $2::text)', tg_argv[1], tg_argv[2]
    );
    begin
      if tg_op = 'DELETE' then
        execute v_pick into v_row using old, sqlerrm;
      else
        execute v_pick into v_row using new, sqlerrm;
      end if;
    exception when others then
      return null;
    end;
  end;
  v_account := automations.uuid_in(v_row ->> tg_argv[1]);
  v_key := v_row ->> tg_argv[2];
  if v_account is null or v_key is null or not automations.interest(v_account, v_source, tg_op) then
    return null;
  end if;

  if tg_op = 'DELETE' then
    v_previous := v_row;
    v_row := null;
  elsif tg_op = 'UPDATE' and v_whole then
    begin
      v_previous := pg_catalog.to_jsonb(old);
    exception when others then
      v_previous := null;
    end;
    -- What was another account's must not cross over.
    if v_previous ->> tg_argv[1] is distinct from v_row ->> tg_argv[1] then
      v_previous := null;
    end if;
  end if;
  if tg_argv[3] <> '' then
    v_lead := automations.uuid_in(v_row ->> tg_argv[3]);
  end if;
  -- Locked here, or not the lead of the run: the foreign key of runs would wait for somebody who is deleting it.
  if v_lead is not null then
    perform from public.leads l where l.id = v_lead and l.user_id = v_account for key share skip locked;
    if not found then
      v_lead := null;
    end if;
  end if;
  perform automations.record_change(
    v_source, v_source, tg_op, v_account, v_previous, v_row, automations.record_uuid(v_source, v_key), v_lead, null, v_key
  );
  return null;
end
$$;

-- To call a definer function is to attach it to a table of one's own, too: forged events.
revoke execute on function automations.fire_table() from public;
