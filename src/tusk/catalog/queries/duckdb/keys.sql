-- Constraints; NOT NULL ones belong to their columns. A foreign key stays within its schema.
-- An attached PostgreSQL database has system schemas.
select
    database_name as database,
    schema_name as schema,
    table_name as relation,
    constraint_name as name,
    lower(constraint_type) as kind,
    constraint_column_names as columns,
    constraint_text as definition,
    case when referenced_table is not null then schema_name end as referenced_schema,
    referenced_table as referenced,
    referenced_column_names as referenced_columns
from duckdb_constraints()
join duckdb_schemas() using (database_name, schema_name)
where constraint_type in ('PRIMARY KEY', 'FOREIGN KEY', 'UNIQUE', 'CHECK')
  and (cast(:database as varchar) is null or database_name = :database)
  and case
        when cast(:schema as varchar) is not null then schema_name = :schema
        else schema_name = 'main' or not internal
      end
  and (cast(:relation as varchar) is null or table_name = :relation)
order by database_name, schema_name, table_name, constraint_name;
