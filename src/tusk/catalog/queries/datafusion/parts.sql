select count(*) as columns
from information_schema.columns
where table_catalog = :database and table_schema = :schema and table_name = :relation;
