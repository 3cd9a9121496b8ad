-- Triggers, rules and policies of a relation.
select t.tgname::text as name, case when t.tgenabled = 'D' then 'disabled' else 'trigger' end as kind,
    pg_catalog.pg_get_triggerdef(t.oid, true) as definition
from pg_catalog.pg_trigger t
where t.tgrelid = :oid::oid and not t.tgisinternal
union all
select r.rulename::text, 'rule', pg_catalog.pg_get_ruledef(r.oid, true)
from pg_catalog.pg_rewrite r
where r.ev_class = :oid::oid and r.rulename <> '_RETURN'
union all
select p.polname::text, 'policy', pg_catalog.concat_ws(' ',
    case p.polcmd
        when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
        when 'd' then 'delete' else 'all'
    end,
    'using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
    'with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
)
from pg_catalog.pg_policy p
where p.polrelid = :oid::oid
order by kind, name;
