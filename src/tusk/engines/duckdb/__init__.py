"""DuckDB: in memory, a database file, or data files seen as views."""
