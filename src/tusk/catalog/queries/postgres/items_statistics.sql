-- Extended statistics of a table.
select
    pg_catalog.current_database() as database,
    n.nspname as schema,
    c.relname as relation,
    s.stxname as name,
    'statistics' as kind,
    (
        select pg_catalog.string_agg(
            case k
                when 'd' then 'ndistinct' when 'f' then 'dependencies' when 'm' then 'mcv'
                else 'expressions'
            end,
            ', '
        )
        from pg_catalog.unnest(s.stxkind) k
    ) as detail,
    pg_catalog.obj_description(s.oid, 'pg_statistic_ext') as comment,
    s.oid::bigint as oid
from pg_catalog.pg_statistic_ext s
join pg_catalog.pg_class c on c.oid = s.stxrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = :schema
  and c.relname = :relation
order by s.stxname;
