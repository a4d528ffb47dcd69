-- Going on with another version than the one that a run ran: whether what is kept of it is what that version would have
-- done so far.

-- The first step, in the order of the old drawing, at which p_new is not what p_old was to the results that p_run keeps;
-- null: none. Whatever is not behind a kept result may be another, and so may the settings of steps that are done.
create or replace function automations.step_changed_since(
  p_run uuid, p_old automations.versions, p_new automations.versions
)
returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with recursive kept as materialized (
    -- `outer:3/inner:0/step` is of `step`, `outer:3/` and `outer:/` are of `outer`.
    select case
        when s.key like '%/' then pg_catalog.split_part(pg_catalog.split_part(s.key, '/', -2), ':', 1)
        else pg_catalog.split_part(s.key, '/', -1)
      end as node_id,
      s.status = 'failed' as failed,
      case when s.key not like '%/' then s.record ->> 'handle' end as handle
    from automations.steps s
    where s.execution_id = p_run and not s.folded
  ), old_node as materialized (
    select n.node ->> 'id' as id, n.node ->> 'type' as type, n.node -> 'data' as data, n.position
    from pg_catalog.jsonb_array_elements(p_old.nodes) with ordinality as n (node, position)
  ), new_node as materialized (
    select n.node ->> 'id' as id, n.node ->> 'type' as type, n.node -> 'data' as data
    from pg_catalog.jsonb_array_elements(p_new.nodes) as n (node)
  ), old_edge as materialized (
    select e.edge ->> 'source' as source, coalesce(e.edge ->> 'sourceHandle', 'out') as handle,
      e.edge ->> 'target' as target
    from pg_catalog.jsonb_array_elements(p_old.edges) as e (edge)
  ), new_edge as materialized (
    select e.edge ->> 'source' as source, coalesce(e.edge ->> 'sourceHandle', 'out') as handle,
      e.edge ->> 'target' as target
    from pg_catalog.jsonb_array_elements(p_new.edges) as e (edge)
  ), done (node_id) as (
    select k.node_id from kept k
    union
    select e.source from done d join old_edge e on e.target = d.node_id
  )
  select o.id
  from old_node o
  join done d on d.node_id = o.id
  left join new_node n on n.id = o.id
  where n.id is null
    or n.data -> 'disabled' is distinct from o.data -> 'disabled'
    or (
      n.type is distinct from o.type
      and (o.type like 'trigger-%' or exists (select from kept k where k.node_id = o.id))
    )
    -- What leads to it, in both directions.
    or exists (
      select e.source, e.handle from old_edge e where e.target = o.id
      except
      select e.source, e.handle from new_edge e where e.target = o.id
    )
    or exists (
      select e.source, e.handle from new_edge e where e.target = o.id
      except
      select e.source, e.handle from old_edge e where e.target = o.id
    )
    -- The way that it took has to be there: without it the step would have failed.
    or (
      n.data -> 'config' is distinct from o.data -> 'config'
      and exists (
        select from kept k
        where k.node_id = o.id
          and not exists (select from new_edge e where e.source = o.id and e.handle = k.handle)
          and k.handle is not null
      )
    )
    -- What a failure comes to is decided by these once more.
    or (
      exists (select from kept k where k.node_id = o.id and k.failed)
      and (
        n.data -> 'retry' is distinct from o.data -> 'retry'
        or n.data -> 'on_error' is distinct from o.data -> 'on_error'
        or exists (select from old_edge e where e.source = o.id and e.handle = 'error')
          <> exists (select from new_edge e where e.source = o.id and e.handle = 'error')
      )
    )
  order by o.position
  limit 1
$$;

revoke execute on function automations.step_changed_since(
  uuid, automations.versions, automations.versions
) from public;
