-- name: list
-- A page of one of the four tables, and where the next one begins.
select r.items, r.next_at, r.next_id from automations.list_records($1, $2, $3, $4, $5, $6, $7) r;

-- name: get
select automations.get_record($1, $2)::text;

-- name: create
-- Text, not jsonb: what jsonb cannot hold is refused by the server, not replaced by the codec of this connection.
select automations.create_record($1, $2::text::jsonb)::text;

-- name: update
select automations.update_record($1, $2, $3::text::jsonb)::text;

-- name: delete
select automations.delete_record($1, $2);
