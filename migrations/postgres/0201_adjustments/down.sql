DROP TABLE transfers;
DROP TABLE adjustments;
