-- Foreign keys of wanted tables; those that a partition has from its parent come with that.
select w.classid::text as classid, w.oid::text as oid,
    pg_catalog.format(
        'ALTER TABLE %s%I.%I ADD CONSTRAINT %I %s',
        case when c.relkind = 'p' then '' else 'ONLY ' end,
        n.nspname, c.relname, k.conname, pg_catalog.pg_get_constraintdef(k.oid)
    ) as sql
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_constraint k
    on w.classid = 'pg_catalog.pg_class'::regclass and k.conrelid = w.oid
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.contype = 'f' and k.conparentid = 0::oid
order by c.oid, k.conname;
