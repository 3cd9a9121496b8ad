-- The oids of the system tables.
select c.relname::text as name, c.oid::text as oid
from pg_catalog.pg_class c
where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r';
