//! Writing records: create, change, archive, move on the board; each leaves an event in the record's history.

use super::find::record_grams;
use super::kind;
use super::read::{Record, RecordEventKind};
use super::row::{self, EventRow, RecordRow};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_living_customer};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, check_version, erased, field, not_found};
use crate::journal;
use crate::keys::{ChainKeys, PersonKey};
use crate::resource::VersionedRow;
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use crate::words;
use cardea_domain::error::WrongField;
use cardea_domain::fields::{self, WrittenValues};
use cardea_domain::id::{CustomerId, RecordId, RecordTypeId};
use cardea_domain::journal::JournalCategory;
use cardea_domain::{Day, Refusal, Text};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecord {
    #[schema(value_type = Uuid)]
    pub type_id: RecordTypeId,
    /// Whom it is about.
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// By the fields' names.
    #[schema(value_type = Object)]
    pub values: Map<String, Value>,
}

/// Absent fields stay as they are.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordChange {
    /// What changes, by the fields' names; null empties one.
    #[schema(value_type = Option<Object>)]
    pub values: Option<Map<String, Value>>,
    /// false: archived.
    pub active: Option<bool>,
}

/// A move on the board.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordMove {
    /// Code of the column; null: to none.
    pub to: Option<String>,
}

/// What a write needs beside the record.
struct Context<'t> {
    kind: &'t kind::Row,
    customer: CustomerRow,
    key: PersonKey,
    latest: Day,
}

impl Context<'_> {
    /// Writes values over those there were; answers them, and those before that are others now.
    fn written(&self, values: &WrittenValues, told: &Map<String, Value>) -> Result<(WrittenValues, WrittenValues)> {
        let definitions = self.kind.definitions()?;
        let cleaned = fields::change(&definitions, values, told, self.latest)
            .map_err(|wrong| WrongField::refusal("/values", wrong).unwrap_or_else(not_found))?;
        let names: Vec<String> = cleaned.keys().cloned().collect();
        let mut after = values.clone();
        fields::write(&mut after, self.kind.fields_version, cleaned);
        let differs = |name: &&String| after.get(*name) != values.get(*name);
        let earlier = names
            .iter()
            .filter(differs)
            .filter_map(|name| Some((name.clone(), values.get(name)?.clone())));
        let earlier = earlier.collect();
        Ok((after, earlier))
    }

    fn board_value(&self, values: &WrittenValues) -> Option<String> {
        let written = values.get(self.kind.board_field.as_ref()?)?;
        Some(written.value.as_str()?.to_owned())
    }
}

impl Context<'_> {
    /// A move in words, for the customer's journal: `贷款申请：新申请 → 已放款 · Loan: New → Granted`.
    fn move_told(&self, from: Option<&str>, to: Option<&str>) -> Result<String> {
        let definitions = self.kind.definitions()?;
        let board = definitions
            .iter()
            .find(|field| Some(&field.name) == self.kind.board_field.as_ref());
        let column = |code: Option<&str>, pick: fn(&Text) -> &String| {
            let choices = board.into_iter().flat_map(|field| &field.choices);
            let known = choices.into_iter().find(|choice| Some(choice.code.as_str()) == code);
            known.map_or_else(|| code.unwrap_or("–").to_owned(), |choice| pick(&choice.label).clone())
        };
        let name = self.kind.name();
        let chinese = format!(
            "{}：{} → {}",
            name.zh,
            column(from, |text| &text.zh),
            column(to, |text| &text.zh)
        );
        let english = format!(
            "{}: {} → {}",
            name.en,
            column(from, |text| &text.en),
            column(to, |text| &text.en)
        );
        Ok(if name.zh == name.en {
            chinese
        } else {
            format!("{chinese} · {english}")
        })
    }
}

/// The customer of a record, for somebody who may write records about them.
fn customer(tx: &mut Tx<'_>, keys: &ChainKeys, id: CustomerId, pointer: &str) -> Result<(CustomerRow, PersonKey)> {
    let chain = tx.chain();
    let missing = || field(pointer, "没有这位顾客", "There is no such customer");
    let customer = find_living_customer(tx.conn(), chain, id)?.ok_or_else(missing)?;
    tx.actor()
        .require(Action::RecordWrite, Some(customer.store_id.typed()))?;
    let wrapped = customer.data_key.as_ref().ok_or_else(erased)?;
    let key = keys.open_person(id, wrapped).map_err(Error::internal)?;
    Ok((customer, key))
}

fn event(tx: &mut Tx<'_>, row: &RecordRow, kind: RecordEventKind) -> EventRow {
    EventRow {
        chain_id: row.chain_id,
        record_id: row.id,
        id: tx.new_id(),
        kind: Name(kind),
        moved_from: None,
        moved_to: None,
        fields: "[]".into(),
        earlier: None,
        staff_id: tx.actor().staff.map(Id::from),
        at: tx.business_now().0,
    }
}

/// Writes a new record about a customer.
///
/// # Errors
/// `forbidden`, `erased`, `customer_merged`; `field_invalid` with every field at fault. Nothing was written then.
pub(crate) fn add(tx: &mut Tx<'_>, keys: &ChainKeys, new: &NewRecord, latest: Day) -> Result<RecordId> {
    let chain = tx.chain();
    let (customer, key) = customer(tx, keys, new.customer_id, "/customer_id")?;
    let unknown = || field("/type_id", "没有这个记录类型，或已停用", "There is no such type in use");
    let kind = kind::Row::find(tx.conn(), chain, new.type_id.into())?;
    let kind = kind.filter(|kind| kind.active).ok_or_else(unknown)?;
    let context = Context {
        kind: &kind,
        customer,
        key,
        latest,
    };
    let (values, _) = context.written(&WrittenValues::new(), &new.values)?;
    let id: RecordId = tx.new_id();
    let now = tx.business_now().0;
    let row = RecordRow {
        chain_id: chain.into(),
        id: id.into(),
        type_id: kind.id,
        customer_id: context.customer.id,
        board_value: context.board_value(&values),
        content: row::seal(&context.key, id.into(), &values)?,
        active: true,
        created_at: now,
        changed_at: now,
        version: 1,
    };
    row::insert(tx.conn(), &row)?;
    let found_by = record_grams(keys, &kind.definitions()?, &values);
    words::replace(tx.conn(), chain, row.id, (&BTreeSet::new(), &found_by))?;
    let names: Vec<&String> = values.keys().collect();
    let mut event = event(tx, &row, RecordEventKind::Create);
    event.fields = serde_json::to_string(&names)?;
    event.moved_to.clone_from(&row.board_value);
    row::tell(tx.conn(), &event)?;
    tx.audit(
        "record.create",
        id.0,
        json!({ "type_id": new.type_id, "customer_id": new.customer_id, "fields": names }),
    );
    tx.publish(
        "record.created",
        json!({ "record_id": id, "customer_id": new.customer_id }),
    );
    Ok(id)
}

impl Engine {
    /// Writes a new record about a customer.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` with every field at fault.
    pub async fn create_record(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewRecord,
    ) -> Result<Written<Record>, Refusal> {
        actor.scope(Action::RecordWrite)?;
        let (keys, latest) = (Arc::new(self.keys().chain(actor.chain)), self.latest_day(actor.chain));
        let answered = self
            .transact(actor, key, "record.create", move |tx| {
                Answer::created(&Stored::of(add(tx, &keys, &new, latest)?))
            })
            .await?;
        Written::read(answered, |id| self.record_view(actor, id.into()))
    }

    /// Changes or archives a record that the client saw at `version`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `field_invalid` with every field at fault.
    pub async fn update_record(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: RecordId,
        version: i64,
        change: RecordChange,
    ) -> Result<Written<Record>, Refusal> {
        let told = change.values.unwrap_or_default();
        self.write_record(actor, key, id, Some(version), (told, change.active))
            .await
    }

    /// Moves a record to another column of its type's board.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`.
    pub async fn move_record(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: RecordId,
        to: RecordMove,
    ) -> Result<Written<Record>, Refusal> {
        let record = self.record(actor, id)?;
        let kind = self.document::<kind::RecordType>(actor.chain, record.type_id.into())?;
        let no_board = || field("/to", "这类记录没有看板", "Records of this type have no board");
        let board_field = kind.board_field.ok_or_else(no_board)?;
        let told = Map::from_iter([(board_field, json!(to.to))]);
        let moved = self.write_record(actor, key, id, None, (told, None)).await;
        moved.map_err(|refusal| match refusal.pointer.as_deref() {
            Some(pointer) if pointer.starts_with("/values/") => refusal.at("/to"),
            _ => refusal,
        })
    }

    async fn write_record(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: RecordId,
        version: Option<i64>,
        (told, active): (Map<String, Value>, Option<bool>),
    ) -> Result<Written<Record>, Refusal> {
        actor.scope(Action::RecordWrite)?;
        let (keys, latest) = (Arc::new(self.keys().chain(actor.chain)), self.latest_day(actor.chain));
        let answered = self
            .transact(actor, key, "record.update", move |tx| {
                let chain = tx.chain();
                let old = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
                let (customer, key) = customer(tx, &keys, old.customer_id.typed(), "/id")?;
                if old.content.is_empty() {
                    return Err(erased().into());
                }
                check_version(old.version, version.unwrap_or(old.version))?;
                let kind = kind::Row::find(tx.conn(), chain, old.type_id)?.ok_or_else(not_found)?;
                let context = Context {
                    kind: &kind,
                    customer,
                    key,
                    latest,
                };
                save(tx, (&keys, &context), &old, &told, active)?;
                Answer::ok(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| self.record_view(actor, id.into()))
    }
}

/// Saves a record over `old` and tells its history what happened.
fn save(
    tx: &mut Tx<'_>,
    (keys, context): (&ChainKeys, &Context<'_>),
    old: &RecordRow,
    told: &Map<String, Value>,
    active: Option<bool>,
) -> Result<()> {
    let before = row::open(&context.key, old.id, &old.content)?;
    let (after, earlier) = context.written(&before, told)?;
    let row = RecordRow {
        board_value: context.board_value(&after),
        content: row::seal(&context.key, old.id, &after)?,
        active: active.unwrap_or(old.active),
        changed_at: tx.business_now().0,
        version: old.version + 1,
        ..old.clone()
    };
    row::update(tx.conn(), &row)?;
    let definitions = context.kind.definitions()?;
    let found_by = |values| record_grams(keys, &definitions, values);
    let chain = tx.chain();
    words::replace(tx.conn(), chain, row.id, (&found_by(&before), &found_by(&after)))?;
    let names: Vec<&String> = told
        .keys()
        .filter(|name| after.get(*name) != before.get(*name))
        .collect();
    let moved = row.board_value != old.board_value;
    let kind = match (moved, row.active != old.active) {
        (true, _) => RecordEventKind::Move,
        (_, true) if !row.active => RecordEventKind::Archive,
        (_, true) => RecordEventKind::Restore,
        _ => RecordEventKind::Change,
    };
    let mut event = event(tx, &row, kind);
    if moved {
        event.moved_from.clone_from(&old.board_value);
        event.moved_to.clone_from(&row.board_value);
        let told = context.move_told(old.board_value.as_deref(), row.board_value.as_deref())?;
        let both = (keys, &context.key);
        journal::note(tx, &context.customer, both, JournalCategory::Record, told)?;
    }
    event.fields = serde_json::to_string(&names)?;
    event.earlier = Some(row::seal(&context.key, old.id, &earlier)?);
    row::tell(tx.conn(), &event)?;
    let detail = json!({
        "kind": kind, "fields": names, "from": event.moved_from, "to": event.moved_to, "version": row.version,
    });
    tx.audit("record.update", old.id.0, detail);
    let topic = if moved { "record.moved" } else { "record.changed" };
    let customer: CustomerId = old.customer_id.typed();
    let message = json!({
        "record_id": old.id.0, "customer_id": customer, "from": event.moved_from, "to": event.moved_to,
    });
    tx.publish(topic, message);
    Ok(())
}
