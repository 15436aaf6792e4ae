-- SQLite has no row-level security: a test of the sources finds queries without the chain instead.
SELECT 1;
