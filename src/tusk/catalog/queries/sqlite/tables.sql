-- The statements that made the tables, for what no pragma tells: CHECK constraints and names.
select
    name as relation,
    sql
from {schema}.sqlite_master
where type = 'table'
  and name not like 'sqlite\_%' escape '\'
  and (:relation is null or name = :relation)
order by name;
