//! Showing what is masked of a record (D-ARC-12): with a reason, and a row in the access log.

use super::read::{hidden, opened};
use super::row::{self, RecordRow};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_customer};
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, erased, field, not_found};
use crate::keys::ChainKeys;
use crate::look::{self, NewLook, Why};
use crate::store::{Answer, Conn, IdempotencyKey, Tx};
use cardea_domain::Refusal;
use cardea_domain::confidential::LookKind;
use cardea_domain::fields::WrittenValues;
use cardea_domain::id::{ChainId, LookId, RecordId};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// What is masked of a record, in full. It is shown once: nothing of it is kept.
#[derive(Clone, Serialize, ToSchema)]
pub struct RevealedRecord {
    #[schema(value_type = Uuid)]
    pub record_id: RecordId,
    /// Of its row in the access log.
    #[schema(value_type = Uuid)]
    pub look_id: LookId,
    /// The same, for people.
    pub number: String,
    /// By the fields' names; what is masked nowhere is left out.
    pub values: WrittenValues,
}

fn one(conn: &mut Conn, chain: ChainId, id: RecordId) -> Result<(RecordRow, CustomerRow)> {
    let row = row::find(conn, chain, id.into())?.ok_or_else(not_found)?;
    let customer = find_customer(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
    Ok((row, customer))
}

fn masked(
    conn: &mut Conn,
    keys: &ChainKeys,
    chain: ChainId,
    (row, customer): (RecordRow, &CustomerRow),
) -> Result<WrittenValues> {
    let values = opened(keys, customer, row.id, Some(&row.content))?;
    hidden(conn, chain, (row, values))
}

impl Engine {
    /// Shows what is masked of a record, and says so in the access log.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`; `field_invalid` as well where nothing of the record is masked.
    pub async fn reveal_record(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: RecordId,
        why: Why,
    ) -> Result<Written<RevealedRecord>, Refusal> {
        actor.scope(Action::CustomerReveal)?;
        let (why, keys) = (why.checked()?, self.keys().chain(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let (row, customer) = one(tx.conn(), chain, id)?;
            let store = Some(customer.store_id.typed());
            tx.actor().require(Action::CustomerReveal, store)?;
            tx.actor().require(Action::RecordRead, store)?;
            let person = customer.person(&keys)?.ok_or_else(erased)?;
            let values = masked(tx.conn(), &keys, chain, (row, &customer))?;
            if values.is_empty() {
                let (zh, en) = ("这条记录没有被遮盖的内容", "Nothing of this record is masked");
                return Err(field("", zh, en).into());
            }
            let look = NewLook {
                kind: LookKind::Reveal,
                customer: Some(customer.id.typed()),
                subject: Some(id.0),
                what: values.keys().map(String::as_str).collect(),
                why: Some(&why),
            };
            let look = look.write(tx, Some(&person))?;
            tx.audit("record.reveal", id.0, json!({ "look_id": look.id.0 }));
            Answer::created(&Stored::of(look.id))
        };
        let answered = self.transact(actor, key, "record.reveal", work).await?;
        Written::read(answered, |look| self.revealed_record(actor, look.into()))
    }

    /// What a look of this actor is about, in full.
    fn revealed_record(&self, actor: &Actor, look: LookId) -> Result<RevealedRecord> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        self.read(chain, |conn| {
            let look = look::find(conn, chain, look)?.ok_or_else(not_found)?;
            // A key used again shows nothing to somebody else.
            if look.staff_id != actor.staff.map(Into::into) {
                return Err(not_found().into());
            }
            let id = RecordId(look.subject.ok_or_else(not_found)?.0);
            let (row, customer) = one(conn, chain, id)?;
            Ok(RevealedRecord {
                record_id: id,
                look_id: look.id.typed(),
                number: look.number,
                values: masked(conn, &keys, chain, (row, &customer))?,
            })
        })
    }
}
