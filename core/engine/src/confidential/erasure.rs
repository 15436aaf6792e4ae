//! Erasing a person: key, name, notes and indexes go, ledger, audit log and totals stay. Who was erased also stands
//! in a list beside the keys, so that an older backup doesn't bring anybody back.

use super::deletion::{Deletion, DeletionRow};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::input::not_found;
use crate::keys::ChainKeys;
use crate::store::schema::deletions;
use crate::store::{Across, Answer, Conn, Id, Name, Scope, Tx};
use crate::{
    Engine, archive, assessment, contract, each, files, form, journal, lending, look, merge, message, posting, record,
    satisfaction, tag, task, warning,
};
use cardea_domain::Refusal;
use cardea_domain::confidential::{DeletionGround, DeletionScope, DeletionState};
use cardea_domain::id::{ChainId, CustomerId, DeletionId};
use diesel::prelude::*;
use parking_lot::Mutex;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Contents that are to go once a deletion is committed.
pub(crate) type Contents = Arc<Mutex<Vec<Vec<u8>>>>;

/// Does what two people have agreed on; answers the addresses of the contents that go with it.
pub(super) fn perform(tx: &mut Tx<'_>, keys: &ChainKeys, row: &DeletionRow) -> Result<Vec<Vec<u8>>> {
    let (chain, customer) = (tx.chain(), row.customer_id.typed());
    match row.scope.0 {
        DeletionScope::Person => {
            let contents = person(tx, keys, customer)?;
            // Who was merged into them is the same person, and lives on in older backups.
            for merged in archive::merged_into(tx.conn(), chain, customer)? {
                let row = DeletionRow {
                    id: tx.new_id::<DeletionId>().into(),
                    customer_id: merged.into(),
                    state: Name(DeletionState::Done),
                    ..row.clone()
                };
                row.insert(tx.conn())?;
            }
            Ok(contents)
        }
        DeletionScope::Identity => {
            archive::erase_identity(tx.conn(), keys, chain, customer)?;
            tx.audit("customer.erase_identity", customer.0, json!({}));
            Ok(Vec::new())
        }
        DeletionScope::Record => {
            let record = row.record_id.ok_or_else(not_found)?;
            let row = archive::find_customer(tx.conn(), chain, customer)?.ok_or_else(not_found)?;
            record::erase_one(tx.conn(), keys, &row, record.typed())?;
            let contents = files::erase(tx.conn(), chain, row.id, Some(record))?;
            tx.audit("record.erase", record.0, json!({ "customer_id": customer }));
            Ok(contents)
        }
    }
}

fn person(tx: &mut Tx<'_>, keys: &ChainKeys, customer: CustomerId) -> Result<Vec<Vec<u8>>> {
    let chain = tx.chain();
    let row = archive::find_customer(tx.conn(), chain, customer)?.ok_or_else(not_found)?;
    journal::erase(tx.conn(), keys, &row)?;
    task::row::erase(tx.conn(), &row)?;
    warning::row::erase(tx.conn(), &row)?;
    satisfaction::erase(tx.conn(), &row)?;
    assessment::erase(tx.conn(), &row)?;
    record::erase(tx.conn(), keys, &row)?;
    contract::erase(tx.conn(), keys, &row)?;
    let contents = files::erase(tx.conn(), chain, row.id, None)?;
    form::erase(tx.conn(), &row)?;
    merge::erase(tx.conn(), chain, customer)?;
    tag::erase(tx.conn(), chain, customer)?;
    archive::erase(tx.conn(), chain, customer)?;
    look::forget(tx.conn(), chain, customer)?;
    lending::forget(tx.conn(), chain, customer)?;
    let now = tx.business_now();
    posting::erase_pools(tx.conn(), chain, customer, now)?;
    message::erase(tx.conn(), chain, customer, now)?;
    tx.audit("customer.erase", customer.0, json!({}));
    tx.publish("customer.erased", json!({ "customer_id": customer }));
    Ok(contents)
}

impl Engine {
    /// Compares the list beside the keys with the database, to be done at every start: what a crash kept from the list is
    /// noted there, and who was erased after the backup that this database comes from is erased again. Answers how many
    /// those are.
    ///
    /// # Errors
    /// The list can't be read or written; the database fails.
    pub fn erase_again(&self) -> Result<usize> {
        reconcile(self)
    }

    /// Notes beside the keys who was erased, and lets no older page of the database's log keep what was there.
    pub(super) async fn remember_erasure(&self, deletion: &Deletion) -> Result<(), Refusal> {
        if deletion.scope == DeletionScope::Person {
            note(self)?;
        }
        let engine = self.clone();
        let emptied = tokio::task::spawn_blocking(move || engine.database().empty_log());
        match emptied.await.map_err(Error::internal)? {
            Ok(true) => {}
            Ok(false) => tracing::info!("the database's log is still being read; it is emptied after that"),
            Err(error) => tracing::warn!(%error, "the database's log could not be emptied yet; it is tried again"),
        }
        Ok(())
    }
}

type Erased = BTreeSet<(ChainId, CustomerId)>;

fn done(conn: &mut Conn) -> Result<Erased> {
    let people = deletions::table
        .select((deletions::chain_id, deletions::customer_id))
        .filter(deletions::scope.eq(Name(DeletionScope::Person)))
        .filter(deletions::state.eq(Name(DeletionState::Done)));
    let found: Vec<(Id, Id)> = each!(conn, c => people.load(c)?);
    let typed = found
        .into_iter()
        .map(|(chain, customer)| (chain.typed(), customer.typed()));
    Ok(typed.collect())
}

/// Notes in the list whoever was erased and isn't on it; answers who was erased by the database, and who by the list.
fn note(engine: &Engine) -> Result<(Erased, Erased)> {
    let list = engine.keys().erased();
    let noted = list.read()?;
    let known = engine.read(Scope::AllChains(Across::Erasures), done)?;
    for (chain, customer) in known.difference(&noted) {
        list.add(*chain, *customer)?;
    }
    Ok((known, noted))
}

fn reconcile(engine: &Engine) -> Result<usize> {
    let (known, noted) = note(engine)?;
    let mut again = Vec::new();
    for (chain, customer) in noted.difference(&known) {
        let row = engine.read(*chain, |conn| archive::find_customer(conn, *chain, *customer))?;
        if row.is_some() {
            again.push((*chain, *customer));
        }
    }
    if again.is_empty() {
        return Ok(0);
    }
    let count = again.len();
    let engine = engine.clone();
    // A thread of its own: whoever starts an engine may be within a runtime already.
    let repeated = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(Error::internal)?;
        again
            .into_iter()
            .try_for_each(|(chain, customer)| runtime.block_on(repeat(&engine, chain, customer)))
    });
    let repeated = repeated.join();
    repeated.map_err(|_| Error::internal("erasing again panicked"))??;
    tracing::warn!(
        count,
        "customers who had been erased were in an older database: erased again"
    );
    Ok(count)
}

async fn repeat(engine: &Engine, chain: ChainId, customer: CustomerId) -> Result<()> {
    let keys = engine.keys().chain(chain);
    let contents = Contents::default();
    let going = contents.clone();
    let work = move |tx: &mut Tx<'_>| {
        let now = tx.business_now().0;
        let row = DeletionRow {
            state: Name(DeletionState::Done),
            decided_at: Some(now),
            ..DeletionRow::new(tx, DeletionScope::Person, customer, DeletionGround::Again)
        };
        row.insert(tx.conn())?;
        *going.lock() = person(tx, &keys, customer)?;
        Answer::ok(&())
    };
    let system = Actor::system(chain);
    let done = engine.transact(&system, None, "customer.erase_again", work).await;
    done.map(drop)?;
    let contents = std::mem::take(&mut *contents.lock());
    engine.remove_contents(&contents).await
}
