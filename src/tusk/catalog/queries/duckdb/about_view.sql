-- The statement of a view.
select sql as definition
from duckdb_views()
where database_name = :database and schema_name = :schema and view_name = :name;
