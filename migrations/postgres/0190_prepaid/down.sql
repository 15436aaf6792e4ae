DROP TABLE pass_uses;
DROP TABLE passes;
DROP TABLE top_ups;
