-- ALTER TABLE ADD CONSTRAINT: a constraint asked for by itself; of wanted tables, what CREATE TABLE
-- could not write: checks that are not validated, and all checks of the tables in `apart`. ALTER
-- DOMAIN ADD CONSTRAINT for the domains in `apart`.
select w.classid::text as classid, w.oid::text as oid,
    pg_catalog.format(
        'ALTER %sTABLE %s%I.%I ADD CONSTRAINT %I %s',
        case when c.relkind = 'f' then 'FOREIGN ' end,
        case when k.connoinherit then 'ONLY ' else '' end,
        n.nspname, c.relname, k.conname, pg_catalog.pg_get_constraintdef(k.oid)
    ) as sql
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_constraint k
    on (w.classid = 'pg_catalog.pg_constraint'::regclass and k.oid = w.oid)
    or (w.classid = 'pg_catalog.pg_class'::regclass and k.conrelid = w.oid)
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where w.classid = 'pg_catalog.pg_constraint'::regclass
   or (
        k.contype in ('c', 'n')
        and (not k.convalidated or (k.contype = 'c' and c.oid = any (:apart::oid[])))
        and (k.conislocal or c.relispartition)
      )
union all
select w.classid::text, w.oid::text,
    pg_catalog.format(
        'ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s',
        n.nspname, t.typname, k.conname, pg_catalog.pg_get_constraintdef(k.oid)
    )
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_type t
    on w.classid = 'pg_catalog.pg_type'::regclass and t.oid = w.oid
    and t.oid = any (:apart::oid[])
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
join pg_catalog.pg_constraint k on k.contypid = t.oid and k.contype = 'c'
order by sql;
