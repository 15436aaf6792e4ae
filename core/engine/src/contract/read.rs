//! Reading contracts: lists without texts, one with all of them, which the access log notes, its history and versions.

use super::changes::seen;
use super::document::{
    Contract, ContractContent, ContractEvent, ContractListed, ContractQuery, ContractVersion, Supplement,
};
use super::row::{self, ContractRow, Parties};
use super::steps::{lacking, parties, text_in_force};
use super::{custody, follow, kind, milestone, party};
use crate::actor::Actor;
use crate::approval;
use crate::archive::{CustomerRow, find_customer, people};
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::{erased, not_found};
use crate::keys::ChainKeys;
use crate::look::NewLook;
use crate::page::{Page, PageArgs};
use crate::resource::VersionedRow;
use crate::store::schema::contracts;
use crate::store::{Answer, Conn, Id, Name, Tx};
use crate::words::{self, Source};
use crate::{Engine, each};
use cardea_domain::confidential::LookKind;
use cardea_domain::contract::lines::totals;
use cardea_domain::contract::{ContractState, capitals};
use cardea_domain::id::{ChainId, ContractId};
use cardea_domain::{Day, Instant, Refusal};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use uuid::Uuid;

/// Contracts with their types' names and, where they are still there, their texts.
pub(super) fn listed(
    conn: &mut Conn,
    keys: &ChainKeys,
    chain: ChainId,
    rows: Vec<ContractRow>,
) -> Result<Vec<ContractListed>> {
    let customers = people(conn, chain, rows.iter().map(|row| row.customer_id))?;
    let mut kinds: HashMap<Id, kind::Row> = HashMap::new();
    for row in &rows {
        if let Entry::Vacant(place) = kinds.entry(row.type_id) {
            place.insert(kind::Row::find(conn, chain, row.type_id)?.ok_or_else(not_found)?);
        }
    }
    let view = |row: ContractRow| {
        let customer = customers.get(&row.customer_id).ok_or_else(not_found)?;
        let content = opened(keys, customer, &row)?;
        let kind = kinds.get(&row.type_id).ok_or_else(not_found)?;
        Ok(told(row, customer, kind, content.as_ref()))
    };
    rows.into_iter().map(view).collect()
}

/// What stands in a contract; None once the customer is erased.
pub(super) fn opened(keys: &ChainKeys, customer: &CustomerRow, row: &ContractRow) -> Result<Option<ContractContent>> {
    let key = row::key_of(keys, customer, row)?;
    key.map(|key| row::open(&key, b"content", &row.content)).transpose()
}

fn told(
    row: ContractRow,
    customer: &CustomerRow,
    kind: &kind::Row,
    content: Option<&ContractContent>,
) -> ContractListed {
    ContractListed {
        id: row.id.typed(),
        type_id: row.type_id.typed(),
        type_name: kind.name(),
        customer_id: row.customer_id.typed(),
        customer: customer.form_of_address.0.display(&customer.name),
        store_id: row.store_id.typed(),
        author_id: row.author_id.map(Id::typed),
        title: content.map(|content| content.title.clone()).unwrap_or_default(),
        number: row.number,
        state: row.state.0,
        fulfilment: row.fulfilment.0,
        amount: row.amount,
        starts_on: row.starts_on.map(Day),
        ends_on: row.ends_on.map(Day),
        signed_on: row.signed_on.map(Day),
        ended_on: row.ended_on.map(Day),
        main_id: row.main_id.map(Id::typed),
        supplement: row.supplement,
        predecessor_id: row.predecessor_id.map(Id::typed),
        scan_id: row.scan_id.map(Id::typed),
        scan_sha256: row.scan_hash.map(hex::encode),
        content_version: row.content_version,
        created_at: Instant(row.created_at),
        changed_at: Instant(row.changed_at),
        erased: content.is_none(),
        version: row.version,
    }
}

/// The amount in words where the currency has them.
fn in_words(currency: &str, amount: Option<i64>) -> Option<String> {
    capitals::capitals(amount?, currency)
}

impl Engine {
    /// A contract with all its texts, as who may read it sees it; the access log isn't told.
    pub(super) fn contract_view(&self, actor: &Actor, id: ContractId) -> Result<Contract> {
        let (chain, keys, latest) = (
            actor.chain,
            self.keys().chain(actor.chain),
            self.latest_day(actor.chain),
        );
        let currency = self.chain(chain)?.currency;
        let (_, today) = self.business_day(chain)?;
        self.read(chain, |conn| {
            let row = row::find(conn, chain, id.into())?.ok_or_else(not_found)?;
            actor.require(Action::ContractRead, Some(row.store_id.typed()))?;
            let customer = find_customer(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
            let kind = kind::Row::find(conn, chain, row.type_id)?.ok_or_else(not_found)?;
            let content = opened(&keys, &customer, &row)?;
            let shown = content.clone().unwrap_or_default();
            let parties = match (row::key_of(&keys, &customer, &row)?, &row.parties) {
                (Some(key), Some(sealed)) => row::open(&key, b"parties", sealed)?,
                (Some(_), None) => parties(conn, &keys, &customer, &shown)?,
                (None, _) => Parties::default(),
            };
            // Until it is approved, a draft isn't a way around what is masked in the archive.
            let open = matches!(row.state.0, ContractState::Draft | ContractState::InReview);
            let hidden = open
                && actor
                    .require(Action::CustomerReveal, Some(row.store_id.typed()))
                    .is_err();
            let supplements = row::supplements(conn, row.chain_id, row.id)?.into_iter();
            let supplement = |row: ContractRow| Supplement {
                id: row.id.typed(),
                number: row.supplement.unwrap_or_default(),
                state: row.state.0,
                signed_on: row.signed_on.map(Day),
            };
            Ok(Contract {
                supplements: supplements.map(supplement).collect(),
                successor_id: follow::successor(conn, &row)?.map(|row| row.typed()),
                text_in_force: text_in_force(conn, row.chain_id, row.id)?.map(|row| row.id.typed()),
                milestones: milestone::states(conn, &row)?,
                original: custody::view(conn, &row, today)?,
                approval_id: approval::waiting_for(conn, chain, row.id)?,
                seen_version: seen(conn, actor, row.id)?,
                missing: match &content {
                    Some(content) => lacking(&kind, content, &parties, latest)?,
                    None => Vec::new(),
                },
                totals: totals(&shown.lines).unwrap_or_default(),
                amount_in_words: in_words(&currency, row.amount),
                own_party: parties.own,
                other_party: if hidden {
                    party::masked(parties.other, &shown.other_party)
                } else {
                    parties.other
                },
                hash: hex::encode(&row.hash),
                steps: row.state.0.steps().filter(|step| !step.is_by_itself()).collect(),
                listed: told(row, &customer, &kind, content.as_ref()),
                content: shown,
            })
        })
    }

    /// A contract with all its texts. That it was read is noted in the access log (D-ARC-12).
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn read_contract(&self, actor: &Actor, id: ContractId) -> Result<Contract, Refusal> {
        actor.scope(Action::ContractRead)?;
        let contract = self.contract_view(actor, id)?;
        let Some(staff) = actor.staff else { return Ok(contract) };
        let (customer, version) = (contract.listed.customer_id, contract.listed.content_version);
        self.transact(actor, None, "contract.read", move |tx: &mut Tx<'_>| {
            let look = NewLook {
                kind: LookKind::Contract,
                customer: Some(customer),
                subject: Some(id.0),
                what: vec!["contract"],
                why: None,
            };
            look.write(tx, None)?;
            row::see(tx, id.into(), version, staff)?;
            Answer::ok(&())
        })
        .await?;
        Ok(contract)
    }

    /// Contracts of the actor's stores, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn contracts(&self, actor: &Actor, query: &ContractQuery) -> Result<Page<ContractListed>, Refusal> {
        let scope = actor.scope(Action::ContractRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let wanted = query.text.as_deref().map(words::normalised).unwrap_or_default();
        let found = self.read(chain, |conn| {
            if wanted.is_empty() {
                let rows = select(conn, chain, (&scope, query), (before, limit as i64 + 1), None)?;
                return listed(conn, &keys, chain, rows);
            }
            words::hits(conn, &keys, (chain, Source::Contract), (&wanted, limit), |conn, ids| {
                holding(conn, &keys, (chain, &scope, query), ids, &wanted)
            })
        })?;
        Ok(Page::cut(found, limit, |contract| contract.id.to_string()))
    }

    /// What happened with a contract, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn contract_history(
        &self,
        actor: &Actor,
        id: ContractId,
        page: &PageArgs,
    ) -> Result<Page<ContractEvent>, Refusal> {
        actor.scope(Action::ContractRead)?;
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let (row, customer) = permitted(conn, actor, id)?;
            let key = row::key_of(&keys, &customer, &row)?;
            let events = row::events(conn, (row.chain_id, row.id), (before, limit as i64 + 1))?;
            let ids: Vec<Id> = events.iter().map(|event| event.id).collect();
            let mut changes = custody::of_events(conn, &row, &ids)?;
            let view = |event: row::EventRow| {
                let note = event.note.as_deref().zip(key.as_ref());
                let note: Option<String> = note
                    .map(|(sealed, key)| row::open(key, event.id.0.as_bytes(), sealed))
                    .transpose()?;
                Ok(ContractEvent {
                    id: event.id.0,
                    step: event.step.0,
                    state: event.state.0,
                    content_version: event.content_version,
                    staff_id: event.staff_id.map(Id::typed),
                    note,
                    custody: changes.remove(&event.id),
                    at: Instant(event.at),
                })
            };
            events.into_iter().map(view).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(found, limit, |event| event.id.to_string()))
    }

    /// Versions of a contract's content, newest first; reading them is noted as reading the contract is.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`.
    pub async fn contract_versions(&self, actor: &Actor, id: ContractId) -> Result<Vec<ContractVersion>, Refusal> {
        self.read_contract(actor, id).await?;
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        Ok(self.read(chain, |conn| {
            let (row, customer) = permitted(conn, actor, id)?;
            let key = row::key_of(&keys, &customer, &row)?.ok_or_else(erased)?;
            let mut versions = row::versions(conn, row.chain_id, row.id)?;
            versions.reverse();
            let view = |version: row::VersionRow| {
                Ok(ContractVersion {
                    number: version.number,
                    content: row::open(&key, b"content", &version.content)?,
                    hash: hex::encode(version.hash),
                    staff_id: version.staff_id.map(Id::typed),
                    at: Instant(version.at),
                })
            };
            versions.into_iter().map(view).collect::<Result<Vec<_>>>()
        })?)
    }
}

/// A contract that the actor may read, with its customer.
pub(super) fn permitted(conn: &mut Conn, actor: &Actor, id: ContractId) -> Result<(ContractRow, CustomerRow)> {
    let row = row::find(conn, actor.chain, id.into())?.ok_or_else(not_found)?;
    actor.require(Action::ContractRead, Some(row.store_id.typed()))?;
    let customer = find_customer(conn, actor.chain, row.customer_id.typed())?.ok_or_else(not_found)?;
    Ok((row, customer))
}

/// Those of some contracts in which a text stands.
fn holding(
    conn: &mut Conn,
    keys: &ChainKeys,
    (chain, scope, query): (ChainId, &StoreScope, &ContractQuery),
    ids: &[Id],
    wanted: &str,
) -> Result<Vec<ContractListed>> {
    let rows = select(
        conn,
        chain,
        (scope, query),
        (Id(Uuid::max()), ids.len() as i64),
        Some(ids),
    )?;
    let customers = people(conn, chain, rows.iter().map(|row| row.customer_id))?;
    let mut held = Vec::new();
    for row in rows {
        let customer = customers.get(&row.customer_id).ok_or_else(not_found)?;
        let content = opened(keys, customer, &row)?.unwrap_or_default();
        if row::texts(&content).any(|text| words::excerpt(text, wanted).is_some()) {
            held.push(row);
        }
    }
    listed(conn, keys, chain, held)
}

fn select(
    conn: &mut Conn,
    chain: ChainId,
    (scope, query): (&StoreScope, &ContractQuery),
    (before, limit): (Id, i64),
    among: Option<&[Id]>,
) -> Result<Vec<ContractRow>> {
    let (all, stores) = match scope {
        StoreScope::All => (true, Vec::new()),
        StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
    };
    // Ids first, from an index alone: what few contracts have is looked for among all of them.
    let found: Vec<Id> = each!(conn, c => {
        let mut found = contracts::table
            .select(contracts::id)
            .filter(contracts::chain_id.eq(Id::from(chain)).and(contracts::id.lt(before)))
            .filter(all.into_sql::<Bool>().or(contracts::store_id.eq_any(&stores)))
            .into_boxed();
        if let Some(ids) = among {
            found = found.filter(contracts::id.eq_any(ids));
        }
        if let Some(kind) = query.type_id {
            found = found.filter(contracts::type_id.eq(Id::from(kind)));
        }
        if let Some(customer) = query.customer_id {
            found = found.filter(contracts::customer_id.eq(Id::from(customer)));
        }
        if let Some(state) = query.state {
            found = found.filter(contracts::state.eq(Name(state)));
        }
        if let Some(number) = query.number.as_deref().map(str::trim).filter(|number| !number.is_empty()) {
            let from = number.to_uppercase();
            let to = format!("{from}\u{10ffff}");
            found = found.filter(contracts::number.ge(Some(from)).and(contracts::number.lt(Some(to))));
        }
        if let Some(least) = query.amount_from {
            found = found.filter(contracts::amount.ge(Some(least)));
        }
        if let Some(most) = query.amount_to {
            found = found.filter(contracts::amount.le(Some(most)));
        }
        if let Some(day) = query.ends_by {
            found = found.filter(contracts::ends_on.le(Some(day.0)));
        }
        found.order(contracts::id.desc()).limit(limit).load(c)?
    });
    Ok(each!(conn, c => contracts::table
        .select(ContractRow::as_select())
        .filter(contracts::chain_id.eq(Id::from(chain)).and(contracts::id.eq_any(&found)))
        .order(contracts::id.desc())
        .load(c)?))
}
