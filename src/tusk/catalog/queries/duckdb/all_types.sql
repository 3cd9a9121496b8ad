-- Types that were created.
select distinct
    schema_name as schema,
    type_name as name
from duckdb_types()
where not internal
order by schema_name, type_name;
