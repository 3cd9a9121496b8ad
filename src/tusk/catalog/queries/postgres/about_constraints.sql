-- Constraints of a table.
select k.conname::text as name, pg_catalog.pg_get_constraintdef(k.oid, true) as definition,
    pg_catalog.obj_description(k.oid, 'pg_constraint') as comment
from pg_catalog.pg_constraint k
where k.conrelid = :oid::oid and k.contype <> 'n'
order by k.contype = 'f', k.contype <> 'p', k.conname;
