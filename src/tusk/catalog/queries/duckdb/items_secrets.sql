-- Secrets: what they are for, never what they are.
select
    :database as database,
    '' as schema,
    '' as relation,
    name,
    'secret' as kind,
    concat_ws(' · ', type, provider, case when persistent then 'kept in a file' end,
        list_aggregate(scope, 'string_agg', ', ')) as detail
from duckdb_secrets()
order by name;
