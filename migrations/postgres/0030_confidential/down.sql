DROP TABLE deletions;
DROP TABLE looks;
