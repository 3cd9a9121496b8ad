-- CREATE SEQUENCE, with the options that are not the usual ones. A sequence's place is data.
select
    w.classid::text as classid,
    c.oid::text as oid,
    pg_catalog.format(
        'CREATE %sSEQUENCE %I.%I%s',
        case c.relpersistence when 'u' then 'UNLOGGED ' when 't' then 'TEMPORARY ' end,
        n.nspname, c.relname,
        pg_catalog.concat(
            case when s.seqtypid <> 'int8'::regtype
                then ' AS ' || pg_catalog.format_type(s.seqtypid, null) end,
            case when s.seqincrement <> 1 then ' INCREMENT BY ' || s.seqincrement end,
            case when s.seqmin <> usual.lowest then ' MINVALUE ' || s.seqmin end,
            case when s.seqmax <> usual.highest then ' MAXVALUE ' || s.seqmax end,
            case when s.seqstart <> case when s.seqincrement > 0 then s.seqmin else s.seqmax end
                then ' START WITH ' || s.seqstart end,
            case when s.seqcache <> 1 then ' CACHE ' || s.seqcache end,
            case when s.seqcycle then ' CYCLE' end
        )
    ) as sql
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_class c
    on w.classid = 'pg_catalog.pg_class'::regclass and c.oid = w.oid and c.relkind = 'S'
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_sequence s on s.seqrelid = c.oid
cross join lateral (
    select case s.seqtypid
        when 'int2'::regtype then 32767
        when 'int4'::regtype then 2147483647
        else 9223372036854775807
    end as most
) t
cross join lateral (
    select
        case when s.seqincrement > 0 then 1 else -t.most - 1 end as lowest,
        case when s.seqincrement > 0 then t.most else -1 end as highest
) usual;
