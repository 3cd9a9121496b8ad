-- Rules (but those that make views), triggers and policies of wanted relations, or asked for by
-- themselves.
with rule as (
    select w.classid, w.oid, c.oid as relation, r.rulename::text as name, r.ev_enabled as enabled,
        'RULE' as kind, pg_catalog.rtrim(pg_catalog.pg_get_ruledef(r.oid), ';') as sql
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_rewrite r
        on (w.classid = 'pg_catalog.pg_class'::regclass and r.ev_class = w.oid)
        or (w.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = w.oid)
    join pg_catalog.pg_class c on c.oid = r.ev_class
    where r.rulename <> '_RETURN'
    union all
    select w.classid, w.oid, t.tgrelid, t.tgname, t.tgenabled,
        'TRIGGER', pg_catalog.pg_get_triggerdef(t.oid)
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_trigger t
        on (w.classid = 'pg_catalog.pg_class'::regclass and t.tgrelid = w.oid)
        or (w.classid = 'pg_catalog.pg_trigger'::regclass and t.oid = w.oid)
    where not t.tgisinternal
      -- A partition has its parent's triggers from it.
      and (t.tgparentid = 0::oid or w.classid = 'pg_catalog.pg_trigger'::regclass)
    union all
    select w.classid, w.oid, p.polrelid, p.polname, 'O',
        'POLICY', pg_catalog.concat(
            pg_catalog.format('CREATE POLICY %I ON %I.%I', p.polname, n.nspname, c.relname),
            case when not p.polpermissive then ' AS RESTRICTIVE' end,
            case p.polcmd
                when 'r' then ' FOR SELECT' when 'a' then ' FOR INSERT'
                when 'w' then ' FOR UPDATE' when 'd' then ' FOR DELETE'
            end,
            (
                select ' TO ' || pg_catalog.string_agg(
                    pg_catalog.quote_ident(r.rolname), ', ' order by r.rolname
                )
                from pg_catalog.pg_roles r
                where r.oid = any (p.polroles)
            ),
            E'\n    USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
            E'\n    WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
        )
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_policy p
        on (w.classid = 'pg_catalog.pg_class'::regclass and p.polrelid = w.oid)
        or (w.classid = 'pg_catalog.pg_policy'::regclass and p.oid = w.oid)
    join pg_catalog.pg_class c on c.oid = p.polrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
)
select r.classid::text as classid, r.oid::text as oid, p.place, p.sql
from rule r
join pg_catalog.pg_class c on c.oid = r.relation
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (
    values
        (1, r.sql),
        (2, case when r.enabled <> 'O' then pg_catalog.format(
            'ALTER TABLE %I.%I %s %s %I', n.nspname, c.relname,
            case r.enabled
                when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS'
            end,
            r.kind, r.name
        ) end)
) as p (place, sql)
where p.sql is not null
order by c.relname, c.oid, r.kind, r.name, p.place;
