//! Writing drafts. What stands in one is checked as far as it goes; what is still missing stops the request for approval.

use super::document::{Contract, ContractChange, ContractContent, NewContract};
use super::row::{self, ContractRow, purpose, seal};
use super::{author, kind, milestone, party};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_living_customer};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, check_version, erased, field, not_found};
use crate::keys::{ChainKeys, DocumentKey};
use crate::resource::VersionedRow;
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use crate::words;
use cardea_domain::contract::lines::totals;
use cardea_domain::contract::print::MOST_ANNEXES;
use cardea_domain::contract::{ContractState, ContractStep, Fulfilment, RebateAgreement, elements};
use cardea_domain::error::WrongField;
use cardea_domain::fields::{self, WrittenValues};
use cardea_domain::id::{ContractId, CustomerId, StaffId};
use cardea_domain::{Day, Refusal};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A contract that is written to.
pub(super) struct Opened {
    pub row: ContractRow,
    pub key: DocumentKey,
    pub customer: CustomerRow,
    pub kind: kind::Row,
}

impl Opened {
    /// # Errors
    /// `forbidden`, `not_found`, `erased`.
    pub fn load(tx: &mut Tx<'_>, keys: &ChainKeys, id: ContractId, action: Action) -> Result<Self> {
        let chain = tx.chain();
        let row = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
        tx.actor().require(action, Some(row.store_id.typed()))?;
        let customer = find_living_customer(tx.conn(), chain, row.customer_id.typed())?.ok_or_else(not_found)?;
        let key = row::key_of(keys, &customer, &row)?.ok_or_else(erased)?;
        let kind = kind::Row::find(tx.conn(), chain, row.type_id)?.ok_or_else(not_found)?;
        Ok(Self {
            row,
            key,
            customer,
            kind,
        })
    }

    pub fn content(&self) -> Result<ContractContent> {
        row::open(&self.key, b"content", &self.row.content)
    }

    /// Saves the next state, and tells of the step.
    pub fn take(&mut self, tx: &mut Tx<'_>, step: ContractStep, note: Option<&str>) -> Result<()> {
        self.row.state = Name(self.row.state.0.after(step)?);
        self.save(tx, step, note)
    }

    /// Saves the row, and tells of the step.
    pub fn save(&mut self, tx: &mut Tx<'_>, step: ContractStep, note: Option<&str>) -> Result<()> {
        self.row.version += 1;
        self.row.changed_at = tx.business_now().0;
        row::update(tx.conn(), &self.row)?;
        row::tell(tx, &self.row, step, note.map(|note| (&self.key, note)))
    }
}

/// Which place a new contract has among others.
#[derive(Default)]
pub(super) struct Place {
    pub author: Option<StaffId>,
    pub main: Option<Id>,
    pub supplement: Option<i32>,
    pub predecessor: Option<Id>,
}

/// A content as it is kept: texts without outer spaces, empty ones gone, the amount that the lines come to.
///
/// # Errors
/// `field_invalid` with its pointers below `/content`.
fn checked(content: &ContractContent, kind: &kind::Row, latest: Day) -> Result<ContractContent> {
    let mut kept = content.clone();
    kept.title = input::text(&content.title, 100, "/content/title")?;
    kept.elements = content
        .elements
        .iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(element, text)| {
            let pointer = format!("/content/elements/{element}");
            Ok((*element, input::lines(text, elements::LONGEST, &pointer)?))
        })
        .collect::<Result<_, Refusal>>()?;
    let sums = totals(&content.lines).map_err(|wrong| invalid("/content", wrong))?;
    if !content.lines.is_empty() {
        kept.amount = Some(sums.sum.total);
    } else if content.amount.is_some_and(|amount| amount < 0) {
        return Err(field("/content/amount", "金额不能为负", "The amount can't be negative").into());
    }
    if content
        .ends_on
        .zip(content.starts_on)
        .is_some_and(|(end, start)| end < start)
    {
        return Err(field("/content/ends_on", "不能早于开始日期", "Not before the first day").into());
    }
    kept.milestones = milestone::checked(&content.milestones)?;
    let faults = content.rebate.as_ref().map(RebateAgreement::faults);
    if let Some(refusal) = WrongField::refusal("/content/rebate", faults.unwrap_or_default()) {
        return Err(refusal.into());
    }
    kept.annexes = annexes(&content.annexes)?;
    kept.own_party = party::checked(&content.own_party, "/content/own_party")?;
    kept.other_party = party::checked(&content.other_party, "/content/other_party")?;
    let mut definitions = kind.definitions()?;
    for definition in &mut definitions {
        // A draft may be incomplete.
        definition.required = false;
    }
    let values = fields::change(&definitions, &WrittenValues::new(), &content.values, latest);
    let values = values.map_err(|wrong| invalid("/content/values", wrong))?;
    kept.values = values.into_iter().filter(|(_, value)| !value.is_null()).collect();
    kept.fields_version = kind.fields_version;
    Ok(kept)
}

fn annexes(names: &[String]) -> Result<Vec<String>, Refusal> {
    if names.len() > MOST_ANNEXES {
        return Err(field("/content/annexes", "附件最多 20 项", "At most 20 annexes"));
    }
    let checked = |(n, name): (usize, &String)| input::text(name, 200, &format!("/content/annexes/{n}"));
    names.iter().enumerate().map(checked).collect()
}

fn invalid(root: &str, wrong: Vec<WrongField>) -> Refusal {
    WrongField::refusal(root, wrong).unwrap_or_else(not_found)
}

/// Writes a new draft.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    keys: &ChainKeys,
    (customer, kind): (&CustomerRow, &kind::Row),
    (content, place): (&ContractContent, Place),
    latest: Day,
) -> Result<ContractId> {
    let chain = tx.chain();
    let content = checked(content, kind, latest)?;
    let person = customer.person(keys)?.ok_or_else(erased)?;
    let id: ContractId = tx.new_id();
    let now = tx.business_now().0;
    let made = person.new_document(&purpose(id.into()), id.0);
    let (key, data_key) = made.map_err(Error::internal)?;
    let row = ContractRow {
        chain_id: chain.into(),
        id: id.into(),
        type_id: kind.id,
        customer_id: customer.id,
        store_id: customer.store_id,
        author_id: place.author.or(tx.actor().staff).map(Id::from),
        number: None,
        state: Name(ContractState::Draft),
        fulfilment: Name(Fulfilment::Unfulfilled),
        amount: content.amount,
        starts_on: content.starts_on.map(|day| day.0),
        ends_on: content.ends_on.map(|day| day.0),
        signed_on: None,
        ended_on: None,
        main_id: place.main,
        supplement: place.supplement,
        predecessor_id: place.predecessor,
        scan_id: None,
        scan_hash: None,
        data_key,
        content: seal(&key, b"content", &content)?,
        parties: None,
        content_version: 1,
        hash: row::hash_of(&content)?,
        created_at: now,
        changed_at: now,
        version: 1,
        template_number: None,
    };
    row::insert(tx.conn(), &row)?;
    row::keep_version(tx, &row)?;
    row::see_own(tx, &row)?;
    words::replace(
        tx.conn(),
        chain,
        row.id,
        (&BTreeSet::new(), &row::grams(keys, &content)),
    )?;
    row::tell(tx, &row, ContractStep::Change, None)?;
    Ok(id)
}

impl Engine {
    /// Writes the draft of a contract with a customer.
    ///
    /// # Errors
    /// `forbidden`, `erased`, `customer_merged`; `field_invalid` with every field at fault.
    pub async fn create_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewContract,
    ) -> Result<Written<Contract>, Refusal> {
        actor.scope(Action::ContractWrite)?;
        let (keys, latest) = (Arc::new(self.keys().chain(actor.chain)), self.latest_day(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let customer = customer(tx, new.customer_id)?;
            let kind = kind::Row::find(tx.conn(), chain, new.type_id.into())?;
            let unknown = || field("/type_id", "没有这类合同，或已停用", "There is no such type in use");
            let kind = kind.filter(|kind| kind.active).ok_or_else(unknown)?;
            if let Some(author) = new.author_id {
                author::check(tx.conn(), chain, author)?;
            }
            let place = Place {
                author: new.author_id,
                ..Place::default()
            };
            let id = begin(tx, &keys, (&customer, &kind), (&new.content, place), latest)?;
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "contract.create", work).await?;
        Written::read(answered, |id| self.contract_view(actor, id.into()))
    }

    /// Replaces what stands in a draft that the client saw at `version`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `contract_state`; `field_invalid` with every field at fault.
    pub async fn update_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        version: i64,
        change: ContractChange,
    ) -> Result<Written<Contract>, Refusal> {
        actor.scope(Action::ContractWrite)?;
        let (keys, latest) = (Arc::new(self.keys().chain(actor.chain)), self.latest_day(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            let mut opened = Opened::load(tx, &keys, id, Action::ContractWrite)?;
            check_version(opened.row.version, version)?;
            opened.row.state.0.after(ContractStep::Change)?;
            let before = opened.content()?;
            let content = checked(&change.content, &opened.kind, latest)?;
            let row = &mut opened.row;
            row.amount = content.amount;
            row.starts_on = content.starts_on.map(|day| day.0);
            row.ends_on = content.ends_on.map(|day| day.0);
            row.hash = row::hash_of(&content)?;
            row.content = seal(&opened.key, b"content", &content)?;
            row.content_version += 1;
            row::keep_version(tx, row)?;
            row::see_own(tx, row)?;
            let found_by = (&row::grams(&keys, &before), &row::grams(&keys, &content));
            words::replace(tx.conn(), row.chain_id.typed(), row.id, found_by)?;
            opened.take(tx, ContractStep::Change, None)?;
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "contract.change", work).await?;
        Written::read(answered, |id| self.contract_view(actor, id.into()))
    }
}

/// The other party, for somebody who may write contracts with them.
fn customer(tx: &mut Tx<'_>, id: CustomerId) -> Result<CustomerRow> {
    let chain = tx.chain();
    let missing = || field("/customer_id", "没有这位顾客", "There is no such customer");
    let customer = find_living_customer(tx.conn(), chain, id)?.ok_or_else(missing)?;
    tx.actor()
        .require(Action::ContractWrite, Some(customer.store_id.typed()))?;
    Ok(customer)
}
