-- Tables and views. DuckDB keeps no size per table short of reading its blocks' list.
select
    database_name as database,
    schema_name as schema,
    name,
    kind,
    estimated_rows,
    comment
from (
    select
        database_name, schema_name, internal, comment,
        table_name as name, 'table' as kind, estimated_size as estimated_rows
    from duckdb_tables()
    union all
    select
        database_name, schema_name, internal, comment,
        view_name, 'view', null
    from duckdb_views()
)
where not internal
  and cast(:parent as varchar) is null
  and (cast(:database as varchar) is null or database_name = :database)
  and (cast(:schema as varchar) is null or schema_name = :schema)
order by database_name, schema_name, name;
