-- The statements that SQLite keeps, tables first. Tables behind a virtual table come with it, and
-- those behind keys with their tables.
select m.sql as sql
from {schema}.sqlite_master m
where m.sql is not null
  and m.name not like 'sqlite\_%' escape '\'
  and not exists (
    select 1
    from pragma_table_list l
    where l.schema = :schema and l.name = m.tbl_name and l.type = 'shadow'
  )
  and (:relation is null or m.tbl_name = :relation)
  and (:name is null or m.name = :name)
order by
    case m.type when 'table' then 1 when 'index' then 2 when 'view' then 3 else 4 end,
    m.rowid;
