-- Everything with columns, for completion. DuckDB's own views count as the current database's, where
-- their names mean them.
select
    schema_name as schema,
    name,
    kind,
    case when database_name = 'system' then current_database() else database_name end as database,
    comment,
    internal as is_system
from (
    select database_name, schema_name, internal, comment, table_name as name, 'table' as kind
    from duckdb_tables()
    union all
    select database_name, schema_name, internal, comment, view_name, 'view'
    from duckdb_views()
)
order by database_name, schema_name, name;
