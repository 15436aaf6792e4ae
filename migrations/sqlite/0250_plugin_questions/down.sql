DROP TABLE lot_extensions;
DROP TABLE plugin_questions;
