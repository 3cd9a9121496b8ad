-- The statement of a table or view, with the catalogue's number, which grows as things are made.
select sql, oid
from (
    select database_name, schema_name, table_name as name, table_oid as oid, sql
    from duckdb_tables()
    union all
    select database_name, schema_name, view_name, view_oid, sql
    from duckdb_views()
    where not internal
)
where database_name = :database
  and (cast(:schema as varchar) is null or schema_name = :schema)
  and (cast(:name as varchar) is null or name = :name)
order by oid;
