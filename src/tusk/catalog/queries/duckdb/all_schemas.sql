-- Schemas, system ones last, with their place on the session's search path from 1.
select
    schema_name as name,
    internal and schema_name <> 'main' as is_system,
    list_position(current_schemas(true), schema_name) as place,
    case when database_name = 'system' then current_database() else database_name end as database,
    database_name in ('system', current_database()) as is_current
from duckdb_schemas()
where database_name <> 'temp'
order by is_system, database_name, schema_name;
