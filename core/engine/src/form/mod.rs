//! Forms that a customer gets by a one-time link (D-ARC-2): filled in without a log-in, kept apart until somebody has looked
//! at each answer. The link's secret is kept as a digest alone.

mod answer;
mod review;
mod row;
mod send;

use crate::archive::history::{self, Held};
use crate::archive::{CustomerRow, card_row};
use crate::error::Result;
use crate::keys::{ChainKeys, PersonKey};
use crate::store::{Conn, Id};
use cardea_domain::Instant;
use cardea_domain::form::{Decision, FormGroup, FormState};
use cardea_domain::id::{CustomerFormId, CustomerId, StaffId};
use row::{FormRow, Given};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub use answer::{FormAnswers, FormLink, OpenForm};
pub use review::FormReview;
pub(crate) use row::{erase, own, purpose};
pub use send::{NewForm, SentForm, WithdrawForm};

/// A form that was sent, as staff see it.
#[derive(Clone, Serialize, ToSchema)]
pub struct CustomerForm {
    #[schema(value_type = Uuid)]
    pub id: CustomerFormId,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    pub groups: Vec<FormGroup>,
    pub state: FormState,
    /// Until when it can be filled in.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Instant,
    /// Who sent it.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answered_at: Option<Instant>,
    /// Who decided last.
    #[schema(value_type = Option<Uuid>)]
    pub reviewed_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reviewed_at: Option<Instant>,
    /// What the customer has answered.
    pub fields: Vec<FormField>,
}

/// An answer beside what the card says.
#[derive(Clone, Serialize, ToSchema)]
pub struct FormField {
    /// Its place on the card: `phones`, `card/contact/mail`.
    pub field: String,
    /// Masked as on the card.
    pub value: Value,
    /// What stands on the card now, masked; null: nothing.
    pub current: Value,
    /// null: it waits.
    pub decision: Option<Decision>,
}

/// Forms as they are shown.
fn views(
    conn: &mut Conn,
    keys: &ChainKeys,
    customer: &CustomerRow,
    rows: Vec<FormRow>,
    now: Instant,
) -> Result<Vec<CustomerForm>> {
    let key = customer.person(keys)?;
    let card = card_row::load(conn, keys, customer)?;
    let held = Held::of(customer, &customer.contact(keys)?, card.as_ref())?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        let fields = fields(conn, &row, key.as_ref(), &held)?;
        let late = row.state.0 == FormState::Open && row.expires_at <= now.0;
        shown.push(CustomerForm {
            id: row.id.typed(),
            customer_id: row.customer_id.typed(),
            groups: serde_json::from_str(&row.groups)?,
            state: if late { FormState::Expired } else { row.state.0 },
            expires_at: Instant(row.expires_at),
            staff_id: row.staff_id.map(Id::typed),
            created_at: Instant(row.created_at),
            answered_at: row.answered_at.map(Instant),
            reviewed_by: row.reviewed_by.map(Id::typed),
            reviewed_at: row.reviewed_at.map(Instant),
            fields,
        });
    }
    Ok(shown)
}

fn fields(conn: &mut Conn, row: &FormRow, key: Option<&PersonKey>, held: &Held) -> Result<Vec<FormField>> {
    let given: BTreeMap<String, Given> = row.given(key)?;
    let chain = row.chain_id.typed();
    let mut fields = Vec::with_capacity(given.len());
    for (field, given) in given {
        let (value, current) = (given.value, held.at(&field));
        fields.push(FormField {
            value: history::masked(conn, chain, &field, value)?,
            current: history::masked(conn, chain, &field, current)?,
            decision: given.decision,
            field,
        });
    }
    Ok(fields)
}
