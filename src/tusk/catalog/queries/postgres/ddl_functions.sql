-- CREATE FUNCTION and CREATE PROCEDURE as the server writes them, and CREATE AGGREGATE.
with wanted as (
    select w.classid, p.*, pg_catalog.format('%I.%I', n.nspname, p.proname) as name
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_proc p
        on w.classid = 'pg_catalog.pg_proc'::regclass and p.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
)
select p.classid::text as classid, p.oid::text as oid,
    pg_catalog.rtrim(pg_catalog.pg_get_functiondef(p.oid), E'\n') as sql
from wanted p
where p.prokind <> 'a'
union all
select p.classid::text, p.oid::text, pg_catalog.format(
    'CREATE AGGREGATE %s(%s) (%s)', p.name,
    case when p.pronargs = 0 then '*' else pg_catalog.pg_get_function_arguments(p.oid) end,
    pg_catalog.concat_ws(',',
        E'\n    SFUNC = ' || a.aggtransfn::text,
        E'\n    STYPE = ' || pg_catalog.format_type(a.aggtranstype, null),
        E'\n    SSPACE = ' || nullif(a.aggtransspace, 0),
        E'\n    FINALFUNC = ' || nullif(a.aggfinalfn::oid, 0::oid)::regproc::text,
        case when a.aggfinalextra then E'\n    FINALFUNC_EXTRA' end,
        case when a.aggfinalmodify <> usual.modify
            then E'\n    FINALFUNC_MODIFY = ' || modify.word end,
        E'\n    COMBINEFUNC = ' || nullif(a.aggcombinefn::oid, 0::oid)::regproc::text,
        E'\n    SERIALFUNC = ' || nullif(a.aggserialfn::oid, 0::oid)::regproc::text,
        E'\n    DESERIALFUNC = ' || nullif(a.aggdeserialfn::oid, 0::oid)::regproc::text,
        E'\n    INITCOND = ' || pg_catalog.quote_literal(a.agginitval),
        E'\n    MSFUNC = ' || nullif(a.aggmtransfn::oid, 0::oid)::regproc::text,
        E'\n    MINVFUNC = ' || nullif(a.aggminvtransfn::oid, 0::oid)::regproc::text,
        case when a.aggmtransfn <> 0::oid
            then E'\n    MSTYPE = ' || pg_catalog.format_type(a.aggmtranstype, null) end,
        E'\n    MSSPACE = ' || nullif(a.aggmtransspace, 0),
        E'\n    MFINALFUNC = ' || nullif(a.aggmfinalfn::oid, 0::oid)::regproc::text,
        case when a.aggmfinalextra then E'\n    MFINALFUNC_EXTRA' end,
        case when a.aggmtransfn <> 0::oid and a.aggmfinalmodify <> usual.modify
            then E'\n    MFINALFUNC_MODIFY = ' || mmodify.word end,
        E'\n    MINITCOND = ' || pg_catalog.quote_literal(a.aggminitval),
        (
            select pg_catalog.format(E'\n    SORTOP = OPERATOR(%I.%s)', on_.nspname, o.oprname)
            from pg_catalog.pg_operator o
            join pg_catalog.pg_namespace on_ on on_.oid = o.oprnamespace
            where o.oid = a.aggsortop
        ),
        case p.proparallel
            when 's' then E'\n    PARALLEL = SAFE'
            when 'r' then E'\n    PARALLEL = RESTRICTED'
        end,
        case when a.aggkind = 'h' then E'\n    HYPOTHETICAL' end
    ) || E'\n'
)
from wanted p
join pg_catalog.pg_aggregate a on a.aggfnoid = p.oid
cross join lateral (
    select case when a.aggkind = 'n' then 'r' else 'w' end::"char" as modify
) usual
cross join lateral (
    select case a.aggfinalmodify
        when 'r' then 'READ_ONLY' when 's' then 'SHAREABLE' else 'READ_WRITE' end as word
) modify
cross join lateral (
    select case a.aggmfinalmodify
        when 'r' then 'READ_ONLY' when 's' then 'SHAREABLE' else 'READ_WRITE' end as word
) mmodify;
