-- name: is_empty
-- Nothing that anybody made: the demo account may move in.
select not exists (select from public.agents) and not exists (select from public.leads)
  and not exists (select from public.automations);

-- name: quietly
-- What follows in this transaction starts nothing.
select set_config('automations.fire', 'off', true);

-- name: agent
-- The demo's agent.
insert into public.agents (id, user_id, name) values ($1, $2, $3) on conflict (id) do nothing;

-- name: person
-- The demo's only person.
insert into automations.profiles (user_id, name, email) values ($1, $2, $3) on conflict (user_id) do nothing;

-- name: leads
-- The demo's leads, from a JSON array; its person looks after all of them.
insert into public.leads (id, user_id, owner_id, agent_id, name, email, phone, status, stage, score, tags, data)
select l.id, $2, $2, $3, l.name, l.email, l.phone, l.status, l.stage, l.score, coalesce(l.tags, '{}'), coalesce(l.data, '{}')
from jsonb_to_recordset($1::jsonb) as l (
  id uuid, name text, email text, phone text, status text, stage text, score integer, tags text[], data jsonb
)
on conflict (id) do nothing;

-- name: conversations
-- The demo's conversations.
insert into public.conversations (id, agent_id, lead_id, channel, status)
select c.id, $2, c.lead_id, c.channel, c.status
from jsonb_to_recordset($1::jsonb) as c (id uuid, lead_id uuid, channel text, status text)
on conflict (id) do nothing;

-- name: messages
-- What was said in them.
insert into public.messages (id, conversation_id, lead_id, direction, sender_type, channel, body, status)
select m.id, m.conversation_id, m.lead_id, m.direction, m.sender_type, m.channel, m.body, m.status
from jsonb_to_recordset($1::jsonb) as m (
  id uuid, conversation_id uuid, lead_id uuid, direction text, sender_type text, channel text, body text, status text
)
on conflict (id) do nothing;

-- name: aloud
-- What follows in this transaction fires again.
select set_config('automations.fire', 'on', true);

-- name: changes
-- What has happened to the demo's leads.
update public.leads as l set stage = c.stage
from jsonb_to_recordset($1::jsonb) as c (lead_id uuid, stage text)
where l.id = c.lead_id;

-- name: alone
-- Two programs that start at once on one empty database.
select pg_advisory_xact_lock(7263202);
