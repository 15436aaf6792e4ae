DROP TABLE record_events;
DROP TABLE records;
DROP TABLE record_types;
