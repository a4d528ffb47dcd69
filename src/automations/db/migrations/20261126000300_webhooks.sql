-- Webhooks in: automations that start when somebody calls their address, and deliveries that are known again.

-- As before, and: a webhook is an event from outside.
alter table public.automations
  drop constraint automations_event_config,
  add constraint automations_event_config check (
    trigger_type <> 'event' or status = 'draft' or coalesce(
      (
        trigger_config ->> 'event_source' in ('lead', 'conversation')
        and trigger_config ->> 'event_type' in ('INSERT', 'UPDATE', 'DELETE', 'any')
      ) or (
        trigger_config ->> 'event_source' = 'webhook' and trigger_config ->> 'event_type' = 'RECEIVED'
      ),
      false
    )
  );

alter table automations.start_keys add column digest bytea;
comment on column automations.start_keys.digest is
  'Of what came with the key, where another start with the same key and other content is refused.';
