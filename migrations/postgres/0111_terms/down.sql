DROP TABLE term_acceptances;
DROP TABLE terms;
