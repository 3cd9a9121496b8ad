-- Text search configurations, dictionaries, parsers and templates.
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
    select n.nspname as schema, d.dictname as name, 'text search dictionary' as kind,
        t.tmplname::text as detail, pg_catalog.obj_description(d.oid, 'pg_ts_dict') as comment,
        d.oid::bigint as oid
    from pg_catalog.pg_ts_dict d
    join pg_catalog.pg_namespace n on n.oid = d.dictnamespace
    join pg_catalog.pg_ts_template t on t.oid = d.dicttemplate
    union all
    select n.nspname, c.cfgname, 'text search configuration', p.prsname::text,
        pg_catalog.obj_description(c.oid, 'pg_ts_config'), c.oid::bigint
    from pg_catalog.pg_ts_config c
    join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
    join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
    union all
    select n.nspname, p.prsname, 'text search parser', p.prsstart::text,
        pg_catalog.obj_description(p.oid, 'pg_ts_parser'), p.oid::bigint
    from pg_catalog.pg_ts_parser p
    join pg_catalog.pg_namespace n on n.oid = p.prsnamespace
    union all
    select n.nspname, t.tmplname, 'text search template', t.tmpllexize::text,
        pg_catalog.obj_description(t.oid, 'pg_ts_template'), t.oid::bigint
    from pg_catalog.pg_ts_template t
    join pg_catalog.pg_namespace n on n.oid = t.tmplnamespace
) i
where (:schema::text is null or i.schema = :schema)
order by i.kind, i.name;
