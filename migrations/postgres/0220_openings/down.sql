DROP TABLE opening_rows;
DROP TABLE opening_members;
DROP TABLE openings;
