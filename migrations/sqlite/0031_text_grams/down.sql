DROP TABLE text_grams;
