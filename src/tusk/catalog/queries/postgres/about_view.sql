-- The query of a view.
select pg_catalog.pg_get_viewdef(c.oid, true) as definition
from pg_catalog.pg_class c
where c.oid = :oid::oid and c.relkind in ('v', 'm');
