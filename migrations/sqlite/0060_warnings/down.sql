DROP TABLE warnings;
DROP TABLE settings;
