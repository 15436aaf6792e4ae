DROP TABLE pool_draws;
DROP TABLE pool_members;
DROP TABLE pools;
