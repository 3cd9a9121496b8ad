-- Schemas. `main` counts as internal for DuckDB, but it is where a user's tables are.
select
    database_name as database,
    schema_name as name,
    comment,
    internal and schema_name <> 'main' as is_system
from duckdb_schemas()
where database_name <> 'system'
  and (cast(:database as varchar) is null or database_name = :database)
order by database_name, schema_name;
