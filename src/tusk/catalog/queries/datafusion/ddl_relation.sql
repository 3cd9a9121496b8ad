-- What made a view; tables have no statement.
select definition as sql
from information_schema.views
where table_catalog = :database and table_schema = :schema and table_name = :name
  and definition is not null;
