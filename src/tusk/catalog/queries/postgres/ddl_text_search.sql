-- CREATE TEXT SEARCH PARSER, TEMPLATE, DICTIONARY and CONFIGURATION.
with wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
),
written as (
    select w.classid, w.oid, pg_catalog.format(
        'CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)',
        n.nspname, d.dictname, tn.nspname, t.tmplname, ', ' || d.dictinitoption
    ) as sql
    from wanted w
    join pg_catalog.pg_ts_dict d
        on w.classid = 'pg_catalog.pg_ts_dict'::regclass and d.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = d.dictnamespace
    join pg_catalog.pg_ts_template t on t.oid = d.dicttemplate
    join pg_catalog.pg_namespace tn on tn.oid = t.tmplnamespace
    union all
    select w.classid, w.oid, pg_catalog.format(
        'CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)%s',
        n.nspname, c.cfgname, pn.nspname, p.prsname,
        (
            select pg_catalog.string_agg(
                pg_catalog.format(
                    E';\nALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %s WITH %s',
                    n.nspname, c.cfgname, m.token, m.dictionaries
                ),
                '' order by m.tokid
            )
            from (
                select tt.tokid, tt.alias as token, pg_catalog.string_agg(
                    pg_catalog.format('%I.%I', dn.nspname, d.dictname), ', ' order by m.mapseqno
                ) as dictionaries
                from pg_catalog.pg_ts_config_map m
                join pg_catalog.ts_token_type(c.cfgparser) tt on tt.tokid = m.maptokentype
                join pg_catalog.pg_ts_dict d on d.oid = m.mapdict
                join pg_catalog.pg_namespace dn on dn.oid = d.dictnamespace
                where m.mapcfg = c.oid
                group by tt.tokid, tt.alias
            ) m
        )
    )
    from wanted w
    join pg_catalog.pg_ts_config c
        on w.classid = 'pg_catalog.pg_ts_config'::regclass and c.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
    join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
    join pg_catalog.pg_namespace pn on pn.oid = p.prsnamespace
    union all
    select w.classid, w.oid, pg_catalog.format(
        'CREATE TEXT SEARCH PARSER %I.%I (%s)', n.nspname, p.prsname,
        pg_catalog.concat_ws(', ',
            'START = ' || p.prsstart::text, 'GETTOKEN = ' || p.prstoken::text,
            'END = ' || p.prsend::text, 'LEXTYPES = ' || p.prslextype::text,
            'HEADLINE = ' || nullif(p.prsheadline::oid, 0::oid)::regproc::text
        )
    )
    from wanted w
    join pg_catalog.pg_ts_parser p
        on w.classid = 'pg_catalog.pg_ts_parser'::regclass and p.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = p.prsnamespace
    union all
    select w.classid, w.oid, pg_catalog.format(
        'CREATE TEXT SEARCH TEMPLATE %I.%I (%s)', n.nspname, t.tmplname,
        pg_catalog.concat_ws(', ',
            'INIT = ' || nullif(t.tmplinit::oid, 0::oid)::regproc::text,
            'LEXIZE = ' || t.tmpllexize::text
        )
    )
    from wanted w
    join pg_catalog.pg_ts_template t
        on w.classid = 'pg_catalog.pg_ts_template'::regclass and t.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = t.tmplnamespace
)
select w.classid::text as classid, w.oid::text as oid, w.sql
from written w;
