-- Triggers of a table or view.
select
    :database as database,
    :schema as schema,
    tbl_name as relation,
    name,
    'trigger' as kind
from {schema}.sqlite_master
where type = 'trigger' and tbl_name = :relation
order by name;
