-- A table or view in a few facts.
unpivot (
    select
        comment,
        cast(estimated_size as varchar) as "rows (estimate)",
        case when temporary then 'temporary' end as storage
    from duckdb_tables()
    where database_name = :database and schema_name = :schema and table_name = :name
)
on columns(*) into name fact value value;
