-- The oid of a system table.
select c.oid::text as oid
from pg_catalog.pg_class c
where c.relnamespace = 'pg_catalog'::regnamespace and c.relname = :name;
