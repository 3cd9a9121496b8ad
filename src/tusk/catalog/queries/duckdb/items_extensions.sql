-- Extensions that are loaded or installed.
select
    :database as database,
    '' as schema,
    '' as relation,
    extension_name as name,
    'extension' as kind,
    concat_ws(' ', extension_version, case when not loaded then '(not loaded)' end) as detail,
    description as comment
from duckdb_extensions()
where loaded or installed
order by extension_name;
