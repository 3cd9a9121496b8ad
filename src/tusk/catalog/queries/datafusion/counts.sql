select
    count(*) filter (where table_type <> 'VIEW') as tables,
    count(*) filter (where table_type = 'VIEW') as views
from information_schema.tables
where table_catalog = :database and table_schema = :schema;
