-- CREATE PUBLICATION with its tables, their columns and conditions, and schemas.
select w.classid::text as classid, p.oid::text as oid, pg_catalog.concat(
    pg_catalog.format(
        'CREATE PUBLICATION %I%s WITH (publish = %L%s)', p.pubname,
        case when p.puballtables then ' FOR ALL TABLES' end,
        pg_catalog.concat_ws(', ',
            case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
            case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end
        ),
        pg_catalog.concat(
            case when p.pubviaroot then ', publish_via_partition_root = true' end,
            -- From 18 on.
            case when pg_catalog.to_jsonb(p) ->> 'pubgencols' = 's'
                then ', publish_generated_columns = stored' end
        )
    ),
    (
        select pg_catalog.string_agg(
            pg_catalog.format(
                E';\nALTER PUBLICATION %I ADD TABLE ONLY %I.%I%s%s', p.pubname, n.nspname, c.relname,
                (
                    select ' (' || pg_catalog.string_agg(
                        pg_catalog.quote_ident(a.attname), ', ' order by a.attnum
                    ) || ')'
                    from pg_catalog.pg_attribute a
                    where a.attrelid = c.oid and a.attnum = any (r.prattrs::int2[])
                ),
                ' WHERE (' || pg_catalog.pg_get_expr(r.prqual, c.oid) || ')'
            ),
            '' order by n.nspname, c.relname
        )
        from pg_catalog.pg_publication_rel r
        join pg_catalog.pg_class c on c.oid = r.prrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where r.prpubid = p.oid
    ),
    (
        select pg_catalog.string_agg(
            pg_catalog.format(
                E';\nALTER PUBLICATION %I ADD TABLES IN SCHEMA %I', p.pubname, n.nspname
            ),
            '' order by n.nspname
        )
        from pg_catalog.pg_publication_namespace s
        join pg_catalog.pg_namespace n on n.oid = s.pnnspid
        where s.pnpubid = p.oid
    )
) as sql
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_publication p
    on w.classid = 'pg_catalog.pg_publication'::regclass and p.oid = w.oid;
