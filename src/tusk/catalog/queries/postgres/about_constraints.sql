-- Constraints of a table, or of one column.
select k.conname::text as name, pg_catalog.pg_get_constraintdef(k.oid, true) as definition,
    pg_catalog.obj_description(k.oid, 'pg_constraint') as comment
from pg_catalog.pg_constraint k
where k.conrelid = :oid::oid and k.contype <> 'n'
  and (
        :column::text is null
        or exists (
            select
            from pg_catalog.pg_attribute a
            where a.attrelid = k.conrelid and a.attnum = any (k.conkey) and a.attname = :column
        )
      )
order by k.contype = 'f', k.contype <> 'p', k.conname;
