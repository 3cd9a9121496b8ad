-- What a schema holds.
select
    (
        select count(*) from duckdb_tables()
        where database_name = :database and schema_name = :schema and not internal
    ) as tables,
    (
        select count(*) from duckdb_views()
        where database_name = :database and schema_name = :schema and not internal
    ) as views,
    (
        select count(*) from duckdb_functions()
        where database_name = :database and schema_name = :schema and not internal
    ) as functions,
    (
        select count(*) from duckdb_sequences()
        where database_name = :database and schema_name = :schema
    ) as sequences,
    (
        select count(*) from duckdb_types()
        where database_name = :database and schema_name = :schema and not internal
    ) as types;
