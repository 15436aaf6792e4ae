DROP TABLE unjudged;
