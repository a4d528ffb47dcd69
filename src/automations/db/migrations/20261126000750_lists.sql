-- Lists of automations of an account, the newest first, at any page.

create index idx_automations_newest on public.automations (user_id, created_at desc, id desc);
