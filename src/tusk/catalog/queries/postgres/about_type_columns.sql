-- Attributes of a composite type.
select a.attname::text as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    pg_catalog.col_description(a.attrelid, a.attnum) as comment
from pg_catalog.pg_type t
join pg_catalog.pg_attribute a on a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
where t.oid = :oid::oid
order by a.attnum;
