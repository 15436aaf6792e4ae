DROP INDEX accounts_in_debt;
DROP INDEX entries_by_time;
