-- Operator classes and families.
select
    pg_catalog.current_database() as database,
    i.schema,
    '' as relation,
    i.name,
    i.kind,
    i.detail,
    i.comment,
    i.oid
from (
    select n.nspname as schema, c.opcname as name, 'operator class' as kind,
        pg_catalog.format(
            '%s for %s%s', m.amname, pg_catalog.format_type(c.opcintype, null),
            case when c.opcdefault then ' (default)' end
        ) as detail,
        pg_catalog.obj_description(c.oid, 'pg_opclass') as comment, c.oid::bigint as oid
    from pg_catalog.pg_opclass c
    join pg_catalog.pg_namespace n on n.oid = c.opcnamespace
    join pg_catalog.pg_am m on m.oid = c.opcmethod
    union all
    select n.nspname, f.opfname, 'operator family', m.amname,
        pg_catalog.obj_description(f.oid, 'pg_opfamily'), f.oid::bigint
    from pg_catalog.pg_opfamily f
    join pg_catalog.pg_namespace n on n.oid = f.opfnamespace
    join pg_catalog.pg_am m on m.oid = f.opfmethod
) i
where (:schema::text is null or i.schema = :schema)
order by i.kind, i.name, i.detail, i.oid;
