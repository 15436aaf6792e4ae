//! The tables of contracts.

use super::document::ContractContent;
use crate::archive::CustomerRow;
use crate::each;
use crate::error::{Error, Result};
use crate::keys::{ChainKeys, DocumentKey};
use crate::store::schema::{contract_events, contract_looks, contract_versions, contracts};
use crate::store::{Conn, Id, Name, Tx};
use crate::words::{self, Gram, Source};
use cardea_domain::contract::{ContractState, ContractStep, Fulfilment, Party};
use cardea_domain::id::{ChainId, ContractId, CustomerId, StaffId};
use diesel::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = contracts, primary_key(chain_id, id), treat_none_as_null = true)]
pub(crate) struct ContractRow {
    pub chain_id: Id,
    pub id: Id,
    pub type_id: Id,
    pub customer_id: Id,
    pub store_id: Id,
    pub author_id: Option<Id>,
    pub number: Option<String>,
    pub state: Name<ContractState>,
    pub fulfilment: Name<Fulfilment>,
    pub amount: Option<i64>,
    pub starts_on: Option<i32>,
    pub ends_on: Option<i32>,
    pub signed_on: Option<i32>,
    pub ended_on: Option<i32>,
    pub main_id: Option<Id>,
    pub supplement: Option<i32>,
    pub predecessor_id: Option<Id>,
    pub scan_id: Option<Id>,
    pub scan_hash: Option<Vec<u8>>,
    pub data_key: Vec<u8>,
    pub content: Vec<u8>,
    pub parties: Option<Vec<u8>>,
    pub content_version: i32,
    pub hash: Vec<u8>,
    pub created_at: i64,
    pub changed_at: i64,
    pub version: i64,
    pub template_number: Option<i32>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = contract_versions)]
pub(super) struct VersionRow {
    pub chain_id: Id,
    pub contract_id: Id,
    pub number: i32,
    pub content: Vec<u8>,
    pub hash: Vec<u8>,
    pub staff_id: Option<Id>,
    pub at: i64,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = contract_events)]
pub(super) struct EventRow {
    pub chain_id: Id,
    pub contract_id: Id,
    pub id: Id,
    pub step: Name<ContractStep>,
    pub state: Name<ContractState>,
    pub content_version: i32,
    pub staff_id: Option<Id>,
    pub note: Option<Vec<u8>>,
    pub at: i64,
}

/// Both parties as of signing.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Parties {
    pub own: Party,
    pub other: Party,
}

/// The contract's key is bound to the contract: moved to another row, it doesn't open.
pub(crate) fn purpose(contract: Id) -> Vec<u8> {
    [b"contract/".as_slice(), contract.0.as_bytes()].concat()
}

/// The key of a contract's texts; None once the customer is erased.
pub(super) fn key_of(keys: &ChainKeys, customer: &CustomerRow, row: &ContractRow) -> Result<Option<DocumentKey>> {
    let Some(person) = customer.person(keys)?.filter(|_| !row.data_key.is_empty()) else {
        return Ok(None);
    };
    let key = person.open_document(&purpose(row.id), row.id.0, &row.data_key);
    key.map(Some).map_err(Error::internal)
}

pub(super) fn seal(key: &DocumentKey, purpose: &[u8], document: &impl Serialize) -> Result<Vec<u8>> {
    let text = Zeroizing::new(serde_json::to_vec(document)?);
    key.seal(purpose, &text).map_err(Error::internal)
}

pub(super) fn open<T: DeserializeOwned>(key: &DocumentKey, purpose: &[u8], sealed: &[u8]) -> Result<T> {
    let text = key.open(purpose, sealed).map_err(Error::internal)?;
    Ok(serde_json::from_slice(&text)?)
}

/// SHA-256 of a content: its JSON has one form, maps in order and numbers whole.
pub(super) fn hash_of(content: &ContractContent) -> Result<Vec<u8>> {
    Ok(Sha256::digest(serde_json::to_vec(content)?).to_vec())
}

/// The texts by which a contract is found.
pub(super) fn texts(content: &ContractContent) -> impl Iterator<Item = &str> {
    let lines = content.lines.iter().map(|line| line.goods.as_str());
    std::iter::once(content.title.as_str())
        .chain(content.elements.values().map(String::as_str))
        .chain(lines)
}

pub(super) fn grams(keys: &ChainKeys, content: &ContractContent) -> BTreeSet<Gram> {
    words::of(keys, Source::Contract, texts(content))
}

pub(crate) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<ContractRow>> {
    let row = contracts::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(ContractRow::as_select()).get_result(c).optional()?))
}

/// Supplements of a contract, oldest first.
pub(super) fn supplements(conn: &mut Conn, chain: Id, main: Id) -> Result<Vec<ContractRow>> {
    Ok(each!(conn, c => contracts::table
        .select(ContractRow::as_select())
        .filter(contracts::chain_id.eq(chain).and(contracts::main_id.eq(Some(main))))
        .order(contracts::supplement)
        .load(c)?))
}

pub(super) fn insert(conn: &mut Conn, row: &ContractRow) -> Result<()> {
    each!(conn, c => diesel::insert_into(contracts::table).values(row).execute(c)?);
    Ok(())
}

pub(super) fn update(conn: &mut Conn, row: &ContractRow) -> Result<()> {
    each!(conn, c => diesel::update(contracts::table.find((row.chain_id, row.id))).set(row).execute(c)?);
    Ok(())
}

/// Keeps the present content as a version.
pub(super) fn keep_version(tx: &mut Tx<'_>, row: &ContractRow) -> Result<()> {
    let version = VersionRow {
        chain_id: row.chain_id,
        contract_id: row.id,
        number: row.content_version,
        content: row.content.clone(),
        hash: row.hash.clone(),
        staff_id: tx.actor().staff.map(Id::from),
        at: tx.business_now().0,
    };
    each!(tx.conn(), c => diesel::insert_into(contract_versions::table).values(&version).execute(c)?);
    Ok(())
}

/// Versions of a contract's content, oldest first.
pub(super) fn versions(conn: &mut Conn, chain: Id, contract: Id) -> Result<Vec<VersionRow>> {
    Ok(each!(conn, c => contract_versions::table
        .select(VersionRow::as_select())
        .filter(contract_versions::chain_id.eq(chain).and(contract_versions::contract_id.eq(contract)))
        .order(contract_versions::number)
        .load(c)?))
}

/// Tells the contract's history, the audit log and the outbox of a step that `row` is the outcome of.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    row: &ContractRow,
    step: ContractStep,
    note: Option<(&DocumentKey, &str)>,
) -> Result<()> {
    let id: Id = tx.new_id::<ContractId>().into();
    let sealed = note.map(|(key, text)| seal(key, id.0.as_bytes(), &text));
    let event = EventRow {
        chain_id: row.chain_id,
        contract_id: row.id,
        id,
        step: Name(step),
        state: row.state,
        content_version: row.content_version,
        staff_id: tx.actor().staff.map(Id::from),
        note: sealed.transpose()?,
        at: tx.business_now().0,
    };
    each!(tx.conn(), c => diesel::insert_into(contract_events::table).values(&event).execute(c)?);
    let customer: CustomerId = row.customer_id.typed();
    let detail = json!({
        "step": step, "state": row.state.0, "customer_id": customer, "content_version": row.content_version,
        "hash": hex::encode(&row.hash), "number": row.number,
    });
    tx.audit("contract.step", row.id.0, detail);
    let message = json!({ "contract_id": row.id.0, "customer_id": customer, "step": step, "state": row.state.0 });
    tx.publish("contract.changed", message);
    Ok(())
}

/// Events of a contract below an id, newest first.
pub(super) fn events(
    conn: &mut Conn,
    (chain, contract): (Id, Id),
    (before, limit): (Id, i64),
) -> Result<Vec<EventRow>> {
    Ok(each!(conn, c => contract_events::table
        .select(EventRow::as_select())
        .filter(contract_events::chain_id.eq(chain).and(contract_events::contract_id.eq(contract)))
        .filter(contract_events::id.lt(before))
        .order(contract_events::id.desc())
        .limit(limit)
        .load(c)?))
}

/// Notes which version somebody has seen last.
pub(super) fn see(tx: &mut Tx<'_>, contract: Id, version: i32, staff: StaffId) -> Result<()> {
    let (chain, staff) = (Id::from(tx.chain()), Id::from(staff));
    let now = (
        contract_looks::chain_id.eq(chain),
        contract_looks::contract_id.eq(contract),
        contract_looks::staff_id.eq(staff),
        contract_looks::content_version.eq(version),
    );
    each!(tx.conn(), c => {
        diesel::delete(contract_looks::table.find((chain, contract, staff))).execute(c)?;
        diesel::insert_into(contract_looks::table).values(now).execute(c)?;
    });
    Ok(())
}

/// Whoever writes a version has seen it.
pub(super) fn see_own(tx: &mut Tx<'_>, row: &ContractRow) -> Result<()> {
    match tx.actor().staff {
        Some(staff) => see(tx, row.id, row.content_version, staff),
        None => Ok(()),
    }
}

/// Whether a contract binds a customer now.
pub(crate) fn bound(conn: &mut Conn, chain: ChainId, customer: CustomerId) -> Result<bool> {
    let own = contracts::chain_id
        .eq(Id::from(chain))
        .and(contracts::customer_id.eq(Id::from(customer)));
    let binding: Vec<Name<ContractState>> = ContractState::ALL
        .iter()
        .filter(|state| state.binds())
        .map(|state| Name(*state))
        .collect();
    let count: i64 = each!(conn, c => contracts::table
        .filter(own.and(contracts::state.eq_any(binding)))
        .count()
        .get_result(c)?);
    Ok(count > 0)
}

fn of_customer(conn: &mut Conn, customer: &CustomerRow, before: Id, limit: i64) -> Result<Vec<ContractRow>> {
    Ok(each!(conn, c => contracts::table
        .select(ContractRow::as_select())
        .filter(contracts::chain_id.eq(customer.chain_id).and(contracts::customer_id.eq(customer.id)))
        .filter(contracts::id.lt(before))
        .order(contracts::id.desc())
        .limit(limit)
        .load(c)?))
}

/// Texts of a person's contracts go with the person; figures, dates and filing numbers stay. To be called before the
/// person's key goes.
pub(crate) fn erase(conn: &mut Conn, keys: &ChainKeys, customer: &CustomerRow) -> Result<()> {
    for row in of_customer(conn, customer, Id(uuid::Uuid::max()), i64::MAX)? {
        if let Some(key) = key_of(keys, customer, &row)? {
            let content: ContractContent = open(&key, b"content", &row.content)?;
            let chain = row.chain_id.typed();
            words::replace(conn, chain, row.id, (&grams(keys, &content), &BTreeSet::new()))?;
        }
        let empty = (
            contracts::data_key.eq(Vec::new()),
            contracts::content.eq(Vec::new()),
            contracts::parties.eq(None::<Vec<u8>>),
        );
        let versions = contract_versions::chain_id
            .eq(row.chain_id)
            .and(contract_versions::contract_id.eq(row.id));
        each!(conn, c => {
            diesel::update(contracts::table.find((row.chain_id, row.id))).set(empty).execute(c)?;
            diesel::update(contract_versions::table.filter(versions))
                .set(contract_versions::content.eq(Vec::new()))
                .execute(c)?;
        });
    }
    Ok(())
}

/// Some of a person's contracts, newest first; for the file of own data.
pub(crate) fn own(
    conn: &mut Conn,
    keys: &ChainKeys,
    customer: &CustomerRow,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<(Value, String)>> {
    let before = Id(after.and_then(|text| text.parse().ok()).unwrap_or(uuid::Uuid::max()));
    let told = |row: ContractRow| {
        let key = key_of(keys, customer, &row)?;
        let content: Option<ContractContent> = key.map(|key| open(&key, b"content", &row.content)).transpose()?;
        let told = json!({
            "id": row.id.0, "number": row.number, "state": row.state.0, "fulfilment": row.fulfilment.0,
            "amount": row.amount, "signed_on": row.signed_on.map(cardea_domain::Day), "content": content,
        });
        Ok((told, row.id.0.to_string()))
    };
    of_customer(conn, customer, before, limit)?
        .into_iter()
        .map(told)
        .collect()
}
