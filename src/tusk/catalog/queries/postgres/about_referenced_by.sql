-- Foreign keys of other tables to this one.
select k.conrelid::regclass::text as "table", k.conname::text as name,
    pg_catalog.pg_get_constraintdef(k.oid, true) as definition
from pg_catalog.pg_constraint k
where k.confrelid = :oid::oid and k.contype = 'f' and k.conparentid = 0::oid
order by 1, 2;
