-- Types that stand for others; what for is not in the catalogue.
select
    database_name as database,
    schema_name as schema,
    '' as relation,
    type_name as name,
    'alias type' as kind,
    lower(logical_type) as detail,
    comment
from duckdb_types()
where logical_type <> 'ENUM'
  and not internal
  and (cast(:database as varchar) is null or database_name = :database)
  and (cast(:schema as varchar) is null or schema_name = :schema)
order by database_name, schema_name, type_name;
