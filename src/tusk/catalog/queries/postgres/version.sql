-- As in file names: 150018 for 15.18.
select pg_catalog.current_setting('server_version_num')::int as version;
