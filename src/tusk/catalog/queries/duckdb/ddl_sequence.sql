-- Sequences by their parts: DuckDB's own statement lacks the schema.
select
    sequence_name as name, start_value, min_value, max_value, increment_by, cycle
from duckdb_sequences()
where database_name = :database
  and schema_name = :schema
  and (cast(:name as varchar) is null or sequence_name = :name)
order by sequence_oid;
