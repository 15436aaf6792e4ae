DROP TABLE reward_pictures;
