DROP INDEX journal_by_due;
DROP TABLE journal_answers;
