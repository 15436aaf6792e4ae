DROP TABLE lendings;
