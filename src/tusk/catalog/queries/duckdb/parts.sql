-- How much there is below one relation.
select
    (
        select count(*) from duckdb_columns()
        where database_name = :database and schema_name = :schema and table_name = :relation
    ) as columns,
    (
        select count(*) from duckdb_constraints()
        where database_name = :database and schema_name = :schema and table_name = :relation
          and constraint_type in ('PRIMARY KEY', 'FOREIGN KEY', 'UNIQUE', 'CHECK')
    ) as keys,
    (
        select count(*) from duckdb_indexes()
        where database_name = :database and schema_name = :schema and table_name = :relation
    ) as indexes;
