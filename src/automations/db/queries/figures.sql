-- name: figures
-- How the installation is doing, at little cost.
select automations.figures($1);
