//! What imports want done without anybody: to go on after a server stopped, and to forget their files in time.

use super::row::ImportRow;
use super::{ImportState, run};
use crate::actor::Actor;
use crate::archive::forget_files;
use crate::error::Result;
use crate::store::schema::file_imports;
use crate::store::{Answer, Id, Lane, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::ChainId;
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;
use std::time::Duration;

/// An uploaded file is needed while its bad rows are mended.
const KEPT_DAYS: i64 = 30;
/// Files forgotten in one transaction.
const FILES: i64 = 50;

/// Who is at work writes within this time.
const QUIET: Duration = Duration::from_secs(5);

/// Imports and undos that were begun and have not ended.
fn begun(engine: &Engine, chain: ChainId) -> Result<Vec<ImportRow>> {
    let working = [ImportState::Running, ImportState::Undoing].map(Name);
    engine.read(chain, |conn| {
        Ok(each!(conn, c => file_imports::table
            .select(ImportRow::as_select())
            .filter(file_imports::chain_id.eq(Id::from(chain)).and(file_imports::state.eq_any(&working)))
            .order(file_imports::id)
            .load(c)?))
    })
}

/// Goes on with imports and undos that were at work when their server stopped, each in its starter's name; answers how many
/// ended. One that writes is somebody's: it is left alone.
///
/// # Errors
/// `busy`, `storage_unavailable`; another import's fault is logged.
pub(crate) async fn go_on(engine: &Engine, chain: ChainId) -> Result<u64, Refusal> {
    let before: Vec<(Id, i64)> = begun(engine, chain)?.iter().map(|row| (row.id, row.version)).collect();
    if before.is_empty() {
        return Ok(0);
    }
    tokio::time::sleep(QUIET).await;
    let now = begun(engine, chain)?;
    let mut ended = 0;
    for row in now.into_iter().filter(|row| before.contains(&(row.id, row.version))) {
        let actor = Actor {
            staff: row.staff_id.map(Id::typed),
            ..Actor::system(chain)
        };
        match run::work(engine, &actor, row.id).await {
            Ok(()) => ended += 1,
            Err(error) => {
                let refusal = Refusal::from(error);
                tracing::warn!(import = %row.id.text(), code = refusal.code.as_str(), "an import didn't go on: {}", refusal.detail.en);
            }
        }
    }
    Ok(ended)
}

/// Forgets files that were uploaded long ago, with the reasons why rows were bad; what came of them stays, and can still be
/// taken back. Answers how many.
///
/// # Errors
/// `busy`, `storage_unavailable`.
pub(crate) async fn forget_old(engine: &Engine, chain: ChainId, now: Instant) -> Result<u64, Refusal> {
    let before = now.plus_days(-KEPT_DAYS).0;
    let mut forgotten = 0;
    loop {
        let work = move |tx: &mut Tx<'_>| {
            let chain = Id::from(tx.chain());
            let idle = [
                ImportState::Uploaded,
                ImportState::Checked,
                ImportState::Done,
                ImportState::Undone,
            ];
            let old: Vec<Id> = each!(tx.conn(), c => file_imports::table
                .select(file_imports::id)
                .filter(file_imports::chain_id.eq(chain).and(file_imports::created_at.lt(before)))
                .filter(file_imports::data_key.ne(Vec::<u8>::new()))
                .filter(file_imports::state.eq_any(idle.map(Name)))
                .limit(FILES)
                .load(c)?);
            forget_files(tx.conn(), chain, &old)?;
            for id in &old {
                tx.audit("import.forget", id.0, serde_json::json!({ "days": KEPT_DAYS }));
            }
            Answer::ok(&old.len())
        };
        let done = engine
            .transact_in(Lane::Bulk, &Actor::system(chain), None, "import.forget", work)
            .await?;
        let count: u64 = serde_json::from_str(&done.json).map_err(crate::Error::from)?;
        forgotten += count;
        if count < FILES as u64 {
            return Ok(forgotten);
        }
    }
}
