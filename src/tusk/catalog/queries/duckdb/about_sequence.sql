-- A sequence in a few facts.
unpivot (
    select
        cast(last_value as varchar) as "last value",
        cast(increment_by as varchar) as increment,
        cast(min_value as varchar) as minimum,
        cast(max_value as varchar) as maximum,
        cast(start_value as varchar) as start,
        case when cycle then 'yes' end as cycles
    from duckdb_sequences()
    where database_name = :database and schema_name = :schema and sequence_name = :name
)
on columns(*) into name fact value value;
