//! Whose membership a row is: known by the number in the system before, or by phone and name, or a new customer.

use crate::archive::FormOfAddress;
use crate::archive::contact::Contact;
use crate::archive::customer::audit;
use crate::archive::row::{self, CustomerRow};
use crate::archive::search::{self, Entries, normalised};
use crate::each;
use crate::error::{Error, Result};
use crate::keys::{ChainKeys, IndexKind, external_number};
use crate::store::schema::customers;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id, Name, Tx};
use cardea_domain::id::{ChainId, CustomerId, StoreId};
use diesel::prelude::*;
use diesel::sql_types::Binary;

statements! {
    SelectByNumber -> (Binary,) = "SELECT customer_id FROM customer_indexes WHERE chain_id = ? AND kind = 'external_ref' AND digest = ?";
}

/// Customers with one phone that are looked at.
const SAME_PHONE: usize = 20;

/// What a file says of a member.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub number: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
}

/// Personal data don't get into logs.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").finish_non_exhaustive()
    }
}

/// Who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    Known(CustomerId),
    /// `shares`: somebody else has the phone already.
    New {
        shares: bool,
    },
    Several,
    /// Their data were erased.
    Erased,
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, keys: &ChainKeys, person: &Person) -> Result<Whom> {
    if let Some(number) = &person.number
        && let Some(found) = by_number(conn, chain, keys, number)?
    {
        return Ok(found);
    }
    let Some(phone) = &person.phone else {
        return Ok(Whom::New { shares: false });
    };
    let digest = keys.digest(IndexKind::Phone, phone);
    let ids = search::by_phones(conn, chain, &[digest], SAME_PHONE)?;
    let named = |row: &CustomerRow| match &person.name {
        Some(name) => normalised(name) == normalised(&row.name),
        None => true,
    };
    // Whoever has another number in the system before is somebody else.
    let other = |row: &CustomerRow| person.number.is_some() && row.external_ref.is_some();
    let rows = row::load(conn, chain, &ids)?;
    let living = rows.iter().filter(|row| !row.is_erased() && row.merged_into.is_none());
    let mut same = living.filter(|row| named(row) && !other(row));
    Ok(match (same.next(), same.next()) {
        (Some(only), None) => Whom::Known(only.id.typed()),
        (Some(_), Some(_)) => Whom::Several,
        (None, _) => Whom::New {
            shares: !ids.is_empty(),
        },
    })
}

/// Numbers are looked for in one form, and as they are: a merged customer's stands for the survivor.
fn by_number(conn: &mut Conn, chain: ChainId, keys: &ChainKeys, number: &str) -> Result<Option<Whom>> {
    let digest = keys.digest(IndexKind::ExternalRef, &external_number(number));
    let indexed = fetch!(conn, SelectByNumber, [chain, digest] => (Id,))?;
    let written: Option<Id> = each!(conn, c => customers::table
        .select(customers::id)
        .filter(customers::chain_id.eq(Id::from(chain)).and(customers::external_ref.eq(number)))
        .get_result(c)
        .optional()?);
    let mut found: Vec<Id> = Vec::new();
    for id in indexed.into_iter().map(|(id,)| id).chain(written) {
        let Some(row) = row::find(conn, chain, id.typed())? else {
            continue;
        };
        match row::survivor(conn, &row)? {
            Some(row) if row.is_erased() => return Ok(Some(Whom::Erased)),
            Some(row) if !found.contains(&row.id) => found.push(row.id),
            _ => {}
        }
    }
    Ok(match found.as_slice() {
        [] => None,
        [only] => Some(Whom::Known(only.typed())),
        _ => Some(Whom::Several),
    })
}

/// Registers a customer with what the file says: name, phone, and the number in the system before.
pub(super) fn create(tx: &mut Tx<'_>, keys: &ChainKeys, store: StoreId, person: &Person) -> Result<CustomerId> {
    let chain = tx.chain();
    let id: CustomerId = tx.new_id();
    let (key, data_key) = keys.new_person(id).map_err(Error::internal)?;
    let mut contact = Contact::default();
    contact.phones.extend(person.phone.clone());
    let row = CustomerRow {
        chain_id: chain.into(),
        id: id.into(),
        name: person.name.clone().unwrap_or_default(),
        form_of_address: Name(FormOfAddress::default()),
        store_id: store.into(),
        consultant_id: None,
        introducer_id: None,
        consent_marketing: false,
        consent_privacy: false,
        consent_at: None,
        external_ref: person.number.clone(),
        data_key: Some(data_key),
        contact: Some(contact.seal(&key)?),
        created_at: tx.now().0,
        version: 1,
        merged_into: None,
    };
    row::check_external_ref(tx.conn(), &row)?;
    each!(tx.conn(), c => diesel::insert_into(customers::table).values(&row).execute(c)?);
    let entries = Entries::of(keys, &row, &contact, None);
    search::index(tx.conn(), chain, id, &entries)?;
    tx.audit("customer.create", id.0, audit(&row, &["name", "contact"]));
    tx.publish("customer.created", serde_json::json!({ "customer_id": id }));
    Ok(id)
}
