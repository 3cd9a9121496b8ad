-- Catalogs. DataFusion has no function that names the current one, so its first setting counts.
select distinct
    catalog_name as name,
    catalog_name = (
        select value from information_schema.df_settings
        where name = 'datafusion.catalog.default_catalog'
    ) as is_current,
    true as is_open
from information_schema.schemata
order by catalog_name;
