-- Attached databases; the one of temporary objects only when it holds some.
select
    database_name as name,
    database_name = current_database() as is_current,
    true as is_open,
    comment
from duckdb_databases()
where not internal
   or (
        database_name = 'temp'
        and exists (
            select 1 from duckdb_tables() where temporary
            union all
            select 1 from duckdb_views() where temporary and not internal
        )
      )
order by database_name;
