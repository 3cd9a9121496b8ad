-- A sequence in a few facts.
select f.fact, f.value
from pg_catalog.pg_sequence s
join pg_catalog.pg_class c on c.oid = s.seqrelid
cross join lateral (
    values
        (1, 'owner', pg_catalog.pg_get_userbyid(c.relowner)::text),
        (2, 'comment', pg_catalog.obj_description(c.oid, 'pg_class')),
        (3, 'type', pg_catalog.format_type(s.seqtypid, null)),
        (4, 'last value', case when pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE')
            then pg_catalog.pg_sequence_last_value(c.oid)::text
            else 'unknown: needs SELECT or USAGE on it' end),
        (5, 'increment', s.seqincrement::text),
        (6, 'minimum', s.seqmin::text),
        (7, 'maximum', s.seqmax::text),
        (8, 'start', s.seqstart::text),
        (9, 'cache', s.seqcache::text),
        (10, 'cycles', case when s.seqcycle then 'yes' end),
        (11, 'belongs to', (
            select pg_catalog.format('%s.%I', d.refobjid::regclass, a.attname)
            from pg_catalog.pg_depend d
            join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
              and d.deptype in ('a', 'i') and d.refobjsubid > 0
        ))
) as f (place, fact, value)
where c.oid = :oid::oid and f.value <> ''
order by f.place;
