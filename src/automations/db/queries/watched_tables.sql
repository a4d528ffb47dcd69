-- name: list
-- All of them, and how each stands.
select w.source, w.schema_name, w.table_name, w.account_column, w.id_column, w.lead_column, w.watched_by, w.watched_at,
  automations.watch_state(w) as state,
  array(
    select a.attname::text
    from pg_catalog.pg_attribute a
    where a.attrelid = pg_catalog.to_regclass(pg_catalog.format('%I.%I', w.schema_name, w.table_name))
      and a.attnum > 0 and not a.attisdropped
    order by a.attnum
  ) as columns
from automations.watched_tables w
order by w.source;

-- name: columns
-- What a flow that is to be published may name.
select w.source, w.account_column, w.id_column from automations.watched_tables w order by w.source;

-- name: names_of_columns
-- Of tables that flows name: our own, and watched ones that are there.
select t.source, array_agg(a.attname::text order by a.attnum) as names
from (
  select w.source, to_regclass(format('%I.%I', w.schema_name, w.table_name)) as relation from automations.watched_tables w
  where w.source = any ($1::text[])
  union all
  select o.name, to_regclass('public.' || o.name) from unnest(array['leads', 'conversations', 'messages']) as o (name)
  where o.name = any ($1)
) t
join pg_catalog.pg_attribute a on a.attrelid = t.relation and a.attnum > 0 and not a.attisdropped
group by t.source;

-- name: impatiently
-- For one transaction: writers queue behind whoever waits for the table.
select set_config('lock_timeout', '500ms', true);

-- name: watch
-- Checks, trigger and row.
select automations.watch_table($1, $2, $3, $4, $5);

-- name: unwatch
-- The source that is watched no more, or null.
select automations.unwatch_table($1);

-- name: users_of
-- Automations that listen to a table, or whose draft has a step that names it.
select a.id, a.name, a.user_id as account_id, a.status, a.enabled,
  a.trigger_type = 'event' and a.trigger_config ->> 'event_source' = $1 as listens
from public.automations a
where a.trigger_type = 'event' and a.trigger_config ->> 'event_source' = $1
  or jsonb_path_exists(a.nodes, '$[*].data.config ? (@.table == $source)', jsonb_build_object('source', $1::text))
order by a.name, a.id
limit 100;
