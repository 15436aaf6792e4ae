//! Components behind the server's back: what a damaged database or a hostile build looks like to it.

use super::Backend;
use super::app::TestApp;
use super::database::query;
use cardea_engine::store::Conn;
use sha2::{Digest, Sha256};

/// Bytes as a database writes them.
fn literal(backend: Backend, bytes: &[u8]) -> String {
    let hex = hex::encode(bytes);
    match backend {
        Backend::Sqlite => format!("x'{hex}'"),
        Backend::Postgres => format!("'\\x{hex}'::bytea"),
    }
}

impl TestApp {
    fn edit(&self, sql: &str) {
        let mut conn = self.connect();
        conn.batch(sql).unwrap_or_else(|e| panic!("{sql:.200}: {e:#}"));
    }

    fn connect(&self) -> Conn {
        let database = self.server().engine().database();
        database.connect().expect("a connection")
    }

    /// What lies in the outbox under a topic.
    pub fn messages(&self, topic: &str) -> Vec<String> {
        let sql = format!("SELECT payload AS line FROM outbox WHERE topic = '{topic}'");
        query(&mut self.connect(), &sql, &sql)
    }

    /// Overwrites what is stored of a component.
    pub fn overwrite_component(&self, digest: &str, bytes: &[u8]) {
        let digest = literal(self.backend, &hex::decode(digest).expect("a digest"));
        let bytes = literal(self.backend, bytes);
        self.edit(&format!(
            "UPDATE components SET bytes = {bytes} WHERE digest = {digest}"
        ));
    }

    /// Removes every component; no key holds them any longer.
    pub fn lose_components(&self) {
        self.edit(match self.backend {
            Backend::Sqlite => "PRAGMA foreign_keys = OFF; DELETE FROM components",
            Backend::Postgres => {
                "ALTER TABLE programs DROP CONSTRAINT programs_digest_fkey; \
                 ALTER TABLE configurations DROP CONSTRAINT configurations_digest_fkey; DELETE FROM components"
            }
        });
    }

    /// Stores a component as the one with its digest, unless it is there.
    pub fn keep_component(&self, bytes: &[u8]) {
        let digest = literal(self.backend, &Sha256::digest(bytes));
        let bytes = literal(self.backend, bytes);
        self.edit(&format!(
            "INSERT INTO components (digest, plugin_id, version, bytes, installed_at) \
             VALUES ({digest}, 'planted', '1.0.0', {bytes}, 0) ON CONFLICT DO NOTHING"
        ));
    }

    /// Makes a component a program's plugin, in each of its configurations. The server knows after a restart.
    pub fn plant(&self, program: &str, bytes: &[u8]) {
        self.keep_component(bytes);
        let digest = literal(self.backend, &Sha256::digest(bytes));
        let program = program.replace('-', "");
        let program = literal(self.backend, &hex::decode(program).expect("an id"));
        for (table, id) in [("programs", "id"), ("configurations", "program_id")] {
            self.edit(&format!("UPDATE {table} SET digest = {digest} WHERE {id} = {program}"));
        }
    }
}
