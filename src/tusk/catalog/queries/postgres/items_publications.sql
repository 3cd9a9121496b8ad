-- Publications for logical replication.
select
    pg_catalog.current_database() as database,
    '' as schema,
    '' as relation,
    p.pubname as name,
    'publication' as kind,
    case
        when p.puballtables then 'all tables'
        else (
            select pg_catalog.count(*)::text || ' tables'
            from pg_catalog.pg_publication_rel r
            where r.prpubid = p.oid
        )
    end as detail,
    pg_catalog.obj_description(p.oid, 'pg_publication') as comment,
    p.oid::bigint as oid
from pg_catalog.pg_publication p
order by p.pubname;
