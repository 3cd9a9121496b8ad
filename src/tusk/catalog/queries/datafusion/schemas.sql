select
    catalog_name as database,
    schema_name as name,
    schema_name = 'information_schema' as is_system
from information_schema.schemata
where (cast(:database as varchar) is null or catalog_name = :database)
order by catalog_name, schema_name;
