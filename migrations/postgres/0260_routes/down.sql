DROP TABLE route_reviews;
