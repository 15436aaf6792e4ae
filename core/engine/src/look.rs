//! The access log's rows: one for everybody who saw in full what is masked, or took a list away. It names nobody but by id;
//! a note about a person is sealed under that person's key and goes with it.

use crate::each;
use crate::error::{Error, Result};
use crate::input::{self, field};
use crate::keys::PersonKey;
use crate::store::schema::{looks, staff};
use crate::store::{Conn, Id, Name, Tx};
use cardea_domain::confidential::{LookKind, Purpose};
use cardea_domain::id::{ChainId, CustomerId, LookId};
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What for.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Why {
    pub purpose: Purpose,
    /// In words; needed where the purpose is `other`.
    #[schema(min_length = 1, max_length = 200)]
    pub note: Option<String>,
}

impl Why {
    /// # Errors
    /// `field_invalid`
    pub(crate) fn checked(&self) -> Result<Self, Refusal> {
        let note = self.note.as_deref().map(|note| input::text(note, 200, "/note"));
        let note = note.transpose()?;
        if self.purpose == Purpose::Other && note.is_none() {
            return Err(field("/note", "请写明用途", "Say in words what for"));
        }
        Ok(Self {
            purpose: self.purpose,
            note,
        })
    }
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = looks)]
pub(crate) struct LookRow {
    pub chain_id: Id,
    pub id: Id,
    pub at: i64,
    pub staff_id: Option<Id>,
    pub customer_id: Option<Id>,
    pub kind: Name<LookKind>,
    pub what: String,
    pub subject: Option<Id>,
    pub purpose: Option<Name<Purpose>>,
    pub note: Option<Vec<u8>>,
    pub number: String,
}

/// A row to be written.
pub(crate) struct NewLook<'a> {
    pub kind: LookKind,
    pub customer: Option<CustomerId>,
    /// What else it is about: a type of records.
    pub subject: Option<Uuid>,
    pub what: Vec<&'a str>,
    pub why: Option<&'a Why>,
}

pub(crate) fn purpose_of(look: Id) -> Vec<u8> {
    [b"look/".as_slice(), look.0.as_bytes()].concat()
}

/// Ten characters of an id that nobody can guess.
fn number_of(id: Id) -> String {
    let text = id.0.simple().to_string().to_uppercase();
    text[text.len() - 10..].to_owned()
}

impl NewLook<'_> {
    /// Writes it, with its note sealed under the person's key.
    pub fn write(self, tx: &mut Tx<'_>, person: Option<&PersonKey>) -> Result<LookRow> {
        let id: Id = tx.new_id::<LookId>().into();
        let note = self.why.and_then(|why| why.note.as_deref()).zip(person);
        let note = note.map(|(note, key)| key.seal_as(&purpose_of(id), note.as_bytes()));
        let row = LookRow {
            chain_id: tx.chain().into(),
            id,
            at: tx.business_now().0,
            staff_id: tx.actor().staff.map(Id::from),
            customer_id: self.customer.map(Id::from),
            kind: Name(self.kind),
            what: serde_json::to_string(&self.what)?,
            subject: self.subject.map(Id),
            purpose: self.why.map(|why| Name(why.purpose)),
            note: note.transpose().map_err(Error::internal)?,
            number: number_of(id),
        };
        each!(tx.conn(), c => diesel::insert_into(looks::table).values(&row).execute(c)?);
        Ok(row)
    }
}

pub(crate) fn find(conn: &mut Conn, chain: ChainId, id: LookId) -> Result<Option<LookRow>> {
    let row = looks::table.find((Id::from(chain), Id::from(id)));
    Ok(each!(conn, c => row.select(LookRow::as_select()).get_result(c).optional()?))
}

/// What stands on every line of what is taken away: the number, who, and when.
pub(crate) fn mark(conn: &mut Conn, chain: ChainId, id: LookId) -> Result<String> {
    let look = find(conn, chain, id)?.ok_or_else(input::not_found)?;
    let user: Option<String> = match look.staff_id {
        Some(id) => {
            let row = staff::table.find((Id::from(chain), id)).select(staff::user_name);
            each!(conn, c => row.get_result(c).optional()?)
        }
        None => None,
    };
    let (user, at) = (user.unwrap_or_default(), Instant(look.at).to_rfc3339());
    Ok(format!("{} {user} {at}", look.number))
}

/// Takes the notes about a person away.
pub(crate) fn forget(conn: &mut Conn, chain: ChainId, customer: CustomerId) -> Result<()> {
    let own = looks::chain_id
        .eq(Id::from(chain))
        .and(looks::customer_id.eq(Id::from(customer)));
    each!(conn, c => diesel::update(looks::table.filter(own)).set(looks::note.eq(None::<Vec<u8>>)).execute(c)?);
    Ok(())
}
