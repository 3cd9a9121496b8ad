-- The source of a function; an aggregate has none.
select pg_catalog.pg_get_functiondef(p.oid) as source
from pg_catalog.pg_proc p
where p.oid = :oid::oid and p.prokind <> 'a';
