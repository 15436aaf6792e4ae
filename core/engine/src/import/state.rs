//! Where an import is remembered, by the hashes of its file and its mapping.

use super::ImportError;
use super::progress::Report;
use crate::actor::Actor;
use crate::store::schema::imports;
use crate::store::{Answer, Id};
use crate::{Engine, each};
use diesel::prelude::*;
use uuid::Uuid;

/// An import of one file by one mapping.
#[derive(Clone, Debug)]
pub(super) struct Remembered {
    pub source: [u8; 32],
    pub mapping: [u8; 32],
    pub report: Report,
    /// The whole file was sent.
    pub complete: bool,
}

const RUNNING: &str = "running";
const COMPLETE: &str = "complete";

impl Remembered {
    /// What is known of this import; nothing yet for a new one.
    pub fn load(engine: &Engine, actor: &Actor, source: [u8; 32], mapping: [u8; 32]) -> Result<Self, ImportError> {
        let chain = Id::from(actor.chain);
        let row: Option<(String, String)> = engine.read(actor.chain, |conn| {
            Ok(each!(conn, c => imports::table
                .filter(imports::chain_id.eq(chain))
                .filter(imports::source_hash.eq(source.as_slice()).and(imports::mapping_hash.eq(mapping.as_slice())))
                .select((imports::state, imports::report))
                .get_result(c)
                .optional()?))
        })?;
        let Some((state, report)) = row else {
            return Ok(Self {
                source,
                mapping,
                report: Report::default(),
                complete: false,
            });
        };
        let report = serde_json::from_str(&report).map_err(crate::Error::from)?;
        Ok(Self {
            source,
            mapping,
            report,
            complete: state == COMPLETE,
        })
    }

    /// Stores how far it is.
    pub async fn save(&self, engine: &Engine, actor: &Actor) -> Result<(), ImportError> {
        let (source, mapping) = (self.source.to_vec(), self.mapping.to_vec());
        let report = serde_json::to_string(&self.report).map_err(crate::Error::from)?;
        let lines = i64::try_from(self.report.line).unwrap_or(i64::MAX);
        let state = if self.complete { COMPLETE } else { RUNNING };
        let work = move |tx: &mut crate::store::Tx<'_>| {
            let (chain, now) = (Id::from(tx.chain()), tx.now().0);
            let changes = (
                imports::lines_done.eq(lines),
                imports::state.eq(state),
                imports::report.eq(&report),
                imports::updated_at.eq(now),
            );
            let this = imports::source_hash.eq(&source).and(imports::mapping_hash.eq(&mapping));
            let known = imports::table.filter(imports::chain_id.eq(chain).and(this));
            let changed = each!(tx.conn(), c => diesel::update(known).set(changes).execute(c)?);
            if changed == 0 {
                let id: Uuid = tx.new_id();
                let keys = (
                    imports::chain_id.eq(chain),
                    imports::id.eq(Id(id)),
                    imports::source_hash.eq(&source),
                    imports::mapping_hash.eq(&mapping),
                );
                each!(tx.conn(), c => diesel::insert_into(imports::table).values((keys, changes)).execute(c)?);
            }
            Ok(Answer::no_content())
        };
        engine.transact(actor, None, "import.progress", work).await?;
        Ok(())
    }
}
