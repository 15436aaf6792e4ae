//! Where staff get their messages; sealed, seen by who administers them and by themselves.

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, check_version, faulty, not_found};
use crate::keys::ChainKeys;
use crate::store::schema::{staff, staff_contacts};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, StaffId};
use cardea_domain::phone;
use cardea_domain::{Refusal, Text};
use cardea_messages::mail::Address;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Where somebody on the staff is reached.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StaffContact {
    pub mail: Option<String>,
    /// International form.
    pub phone: Option<String>,
    /// 0: nothing is known. Rises with every change; the ETag.
    #[serde(skip_deserializing)]
    pub version: i64,
}

/// Replaces what was known.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffContactChange {
    pub mail: Option<String>,
    pub phone: Option<String>,
}

/// Bound to the person: moved to another row, it doesn't open.
fn purpose(id: Id) -> Vec<u8> {
    [b"staff-contact/".as_slice(), id.0.as_bytes()].concat()
}

/// Contacts of some, by whom they are of.
pub(super) fn of(conn: &mut Conn, keys: &ChainKeys, chain: ChainId, ids: &[Id]) -> Result<HashMap<Id, StaffContact>> {
    let rows: Vec<(Id, Vec<u8>, i64)> = each!(conn, c => staff_contacts::table
        .select((staff_contacts::staff_id, staff_contacts::contact, staff_contacts::version))
        .filter(staff_contacts::chain_id.eq(Id::from(chain)).and(staff_contacts::staff_id.eq_any(ids)))
        .load(c)?);
    let opened = |(id, sealed, version): (Id, Vec<u8>, i64)| {
        let document = keys.open_text(&purpose(id), &sealed).map_err(Error::internal)?;
        let contact: StaffContact = serde_json::from_slice(&document)?;
        Ok((id, StaffContact { version, ..contact }))
    };
    rows.into_iter().map(opened).collect()
}

fn check_staff(conn: &mut Conn, chain: ChainId, id: StaffId) -> Result<()> {
    let row = staff::table.find((Id::from(chain), Id::from(id)));
    let found: Option<bool> = each!(conn, c => row.select(staff::active).get_result(c).optional()?);
    found.map(|_| ()).ok_or_else(|| not_found().into())
}

impl StaffContactChange {
    fn checked(&self) -> Result<StaffContact, Refusal> {
        let given = |text: &Option<String>| {
            text.as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let mail = given(&self.mail).map(|mail| Address::parse(&mail));
        let wrong = |why: Text| crate::input::field("/mail", &why.zh, &why.en);
        Ok(StaffContact {
            mail: mail.transpose().map_err(wrong)?.map(|mail| mail.to_string()),
            phone: given(&self.phone)
                .map(|phone| phone::check(&phone).map_err(|fault| faulty("/phone", fault)))
                .transpose()?,
            version: 0,
        })
    }
}

impl Engine {
    /// # Errors
    /// `forbidden`, unless it is the reader's own; `not_found`.
    pub fn staff_contact(&self, actor: &Actor, id: StaffId) -> Result<StaffContact, Refusal> {
        if actor.staff != Some(id) {
            actor.require(Action::StaffWrite, None)?;
        }
        let keys = self.keys().chain(actor.chain);
        Ok(self.read(actor.chain, |conn| {
            check_staff(conn, actor.chain, id)?;
            let mut found = of(conn, &keys, actor.chain, &[id.into()])?;
            Ok(found.remove(&id.into()).unwrap_or_default())
        })?)
    }

    /// # Errors
    /// `forbidden`, unless it is the actor's own; `not_found`, `version_conflict`, `field_invalid`.
    pub async fn update_staff_contact(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        (id, version): (StaffId, i64),
        change: StaffContactChange,
    ) -> Result<Written<StaffContact>, Refusal> {
        if actor.staff != Some(id) {
            actor.require(Action::StaffWrite, None)?;
        }
        let contact = change.checked()?;
        let keys = self.keys().chain(actor.chain);
        let document = serde_json::to_vec(&contact).map_err(Error::from)?;
        let sealed = keys
            .seal_text(&purpose(id.into()), &document)
            .map_err(Error::internal)?;
        let told = json!({ "mail": contact.mail.is_some(), "phone": contact.phone.is_some() });
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            check_staff(tx.conn(), chain, id)?;
            let place = staff_contacts::table.find((Id::from(chain), Id::from(id)));
            let found: Option<i64> =
                each!(tx.conn(), c => place.select(staff_contacts::version).get_result(c).optional()?);
            check_version(found.unwrap_or(0), version)?;
            let row = (
                (
                    staff_contacts::chain_id.eq(Id::from(chain)),
                    staff_contacts::staff_id.eq(Id::from(id)),
                ),
                (
                    staff_contacts::contact.eq(&sealed),
                    staff_contacts::version.eq(version + 1),
                ),
            );
            each!(tx.conn(), c => {
                diesel::delete(place).execute(c)?;
                diesel::insert_into(staff_contacts::table).values(row).execute(c)?;
            });
            tx.audit("staff_contact.update", id.0, told.clone());
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "staff_contact.update", work).await?;
        Written::read(answered, |_| Ok(self.staff_contact(actor, id)?))
    }
}
