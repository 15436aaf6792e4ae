DROP TABLE staff_contacts;
DROP TABLE message_refusals;
DROP TABLE message_channels;
DROP TABLE messages;
