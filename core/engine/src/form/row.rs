//! The `customer_forms` table.

use crate::archive::CustomerRow;
use crate::each;
use crate::error::{Error, Result};
use crate::keys::{ChainKeys, PersonKey};
use crate::store::schema::customer_forms;
use crate::store::{Conn, Id, Name};
use cardea_domain::Instant;
use cardea_domain::form::{Decision, FormState};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = customer_forms, primary_key(chain_id, id), treat_none_as_null = true)]
pub(super) struct FormRow {
    pub chain_id: Id,
    pub id: Id,
    pub customer_id: Id,
    pub digest: Vec<u8>,
    pub groups: String,
    pub state: Name<FormState>,
    pub expires_at: i64,
    pub answers: Option<Vec<u8>>,
    pub staff_id: Option<Id>,
    pub created_at: i64,
    pub answered_at: Option<i64>,
    pub reviewed_by: Option<Id>,
    pub reviewed_at: Option<i64>,
}

/// What a customer has answered to one field.
#[derive(Serialize, Deserialize)]
pub(super) struct Given {
    pub value: Value,
    pub decision: Option<Decision>,
}

/// Bound to the form: moved to another row, it doesn't open.
pub(crate) fn purpose(form: Id) -> Vec<u8> {
    [b"form/".as_slice(), form.0.as_bytes()].concat()
}

impl FormRow {
    /// What was answered, by place; nothing once the customer is erased.
    pub fn given(&self, key: Option<&PersonKey>) -> Result<BTreeMap<String, Given>> {
        let Some((sealed, key)) = self.answers.as_deref().zip(key) else {
            return Ok(BTreeMap::new());
        };
        let document = key.open_as(&purpose(self.id), sealed).map_err(Error::internal)?;
        Ok(serde_json::from_slice(&document)?)
    }

    pub fn give(&mut self, key: &PersonKey, given: &BTreeMap<String, Given>) -> Result<()> {
        let document = Zeroizing::new(serde_json::to_vec(given)?);
        self.answers = Some(key.seal_as(&purpose(self.id), &document).map_err(Error::internal)?);
        Ok(())
    }

    pub fn insert(&self, conn: &mut Conn) -> Result<()> {
        each!(conn, c => diesel::insert_into(customer_forms::table).values(self).execute(c)?);
        Ok(())
    }

    pub fn save(&self, conn: &mut Conn) -> Result<()> {
        each!(conn, c => diesel::update(customer_forms::table.find((self.chain_id, self.id))).set(self).execute(c)?);
        Ok(())
    }
}

pub(super) fn find(conn: &mut Conn, chain: Id, id: Id) -> Result<Option<FormRow>> {
    let row = customer_forms::table.find((chain, id));
    Ok(each!(conn, c => row.select(FormRow::as_select()).get_result(c).optional()?))
}

/// The form behind a link that still works.
pub(super) fn behind(conn: &mut Conn, chain: Id, digest: &[u8], now: Instant) -> Result<Option<FormRow>> {
    let wanted = customer_forms::chain_id
        .eq(chain)
        .and(customer_forms::digest.eq(digest));
    let found: Option<FormRow> = each!(conn, c => customer_forms::table
        .select(FormRow::as_select())
        .filter(wanted)
        .get_result(c)
        .optional()?);
    Ok(found.filter(|row| row.state.0 == FormState::Open && row.expires_at > now.0))
}

/// A customer's forms below an id, newest first.
pub(super) fn select(conn: &mut Conn, (chain, customer): (Id, Id), before: Id, limit: i64) -> Result<Vec<FormRow>> {
    let own = customer_forms::chain_id
        .eq(chain)
        .and(customer_forms::customer_id.eq(customer));
    Ok(each!(conn, c => customer_forms::table
        .select(FormRow::as_select())
        .filter(own.and(customer_forms::id.lt(before)))
        .order(customer_forms::id.desc())
        .limit(limit)
        .load(c)?))
}

/// Some of a person's forms with what they answered in full, newest first; for the file of own data.
pub(crate) fn own(
    conn: &mut Conn,
    keys: &ChainKeys,
    customer: &CustomerRow,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<(Value, String)>> {
    let before = Id(after.and_then(|text| text.parse().ok()).unwrap_or(uuid::Uuid::max()));
    let key = customer.person(keys)?;
    let rows = select(conn, (customer.chain_id, customer.id), before, limit)?;
    let told = |row: FormRow| {
        let answered = row.answered_at.map(Instant);
        let value = json!({
            "id": row.id.0, "state": row.state.0, "created_at": Instant(row.created_at), "answered_at": answered,
            "answers": row.given(key.as_ref())?,
        });
        Ok((value, row.id.text()))
    };
    rows.into_iter().map(told).collect()
}

/// Takes a person's forms away.
pub(crate) fn erase(conn: &mut Conn, customer: &CustomerRow) -> Result<()> {
    let own = customer_forms::chain_id
        .eq(customer.chain_id)
        .and(customer_forms::customer_id.eq(customer.id));
    each!(conn, c => diesel::delete(customer_forms::table.filter(own)).execute(c)?);
    Ok(())
}
