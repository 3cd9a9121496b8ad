-- A column in a few facts.
select f.fact, f.value
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
cross join lateral (
    values
        (1, 'of', a.attrelid::regclass::text),
        (2, 'comment', pg_catalog.col_description(a.attrelid, a.attnum)),
        (3, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod)),
        (4, 'null', case when a.attnotnull then 'not null' end),
        (5, case when a.attgenerated = '' then 'default' else 'generated always as' end,
            pg_catalog.pg_get_expr(d.adbin, d.adrelid)),
        (6, 'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end),
        (7, 'sequence', pg_catalog.pg_get_serial_sequence(
            a.attrelid::regclass::text, a.attname::text
        )),
        (8, 'collation', case when a.attcollation <> t.typcollation
            then a.attcollation::regcollation::text end),
        (9, 'storage', case when a.attstorage <> t.typstorage then case a.attstorage
            when 'p' then 'plain' when 'e' then 'external' when 'x' then 'extended' else 'main'
        end end),
        (10, 'options', pg_catalog.array_to_string(a.attoptions || a.attfdwoptions, ', '))
) as f (place, fact, value)
where a.attrelid = :oid::oid and a.attname = :column and f.value <> ''
order by f.place;
