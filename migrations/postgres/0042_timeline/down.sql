DROP INDEX files_by_time;
DROP INDEX records_by_time;
