//! What stood on a customer's card before it was changed: sealed under the person's key, shown masked as the card is.

use super::card::{Card, mask_lost, mask_values};
use super::contact::{Contact, mask_birthday, mask_identity, mask_phone};
use super::row::{self, CustomerRow};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::fields::{self, CUSTOMER};
use crate::identity::Action;
use crate::input::not_found;
use crate::keys::{ChainKeys, PersonKey};
use crate::page::{Page, PageArgs, time_cursor};
use crate::store::schema::customer_changes;
use crate::store::{Conn, Id, Tx};
use crate::{Engine, each};
use cardea_domain::fields::WrittenValues;
use cardea_domain::id::{ChainId, CustomerChangeId, CustomerId, StaffId};
use cardea_domain::{Day, Instant, Refusal};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// What a change took away.
#[derive(Clone, Serialize, ToSchema)]
pub struct EarlierValues {
    #[schema(value_type = Uuid)]
    pub id: CustomerChangeId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Who changed it; null for what runs by itself.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub fields: Vec<EarlierValue>,
}

/// A field as it was.
#[derive(Clone, Serialize, ToSchema)]
pub struct EarlierValue {
    /// Its place: `name`, `phones`, `card/contact/mail`, `card/own/shade`.
    pub field: String,
    /// Masked as on the card; null: nothing stood there.
    pub value: Value,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = customer_changes)]
pub(crate) struct ChangeRow {
    pub chain_id: Id,
    pub id: Id,
    pub customer_id: Id,
    pub earlier: Vec<u8>,
    pub staff_id: Option<Id>,
    pub at: i64,
}

/// Bound to the change: moved to another row, it doesn't open.
pub(crate) fn purpose(change: Id) -> Vec<u8> {
    [b"earlier/".as_slice(), change.0.as_bytes()].concat()
}

/// A customer's fields by their places.
#[derive(PartialEq)]
pub(crate) struct Held(Map<String, Value>);

impl Held {
    pub fn of(row: &CustomerRow, contact: &Contact, card: Option<&Card>) -> Result<Self> {
        let mut card = serde_json::to_value(card)?;
        if let Some(card) = card.as_object_mut() {
            card.remove("provenance");
        }
        let all = json!({
            "name": row.name, "form_of_address": row.form_of_address.0, "phones": contact.phones,
            "birthday": contact.birthday, "birthday_calendar": contact.birthday_calendar, "identity_number": contact.identity_number,
            "identity_kind": contact.identity_kind, "card": card,
        });
        let mut leaves = Map::new();
        flatten(String::new(), all, &mut leaves);
        Ok(Self(leaves))
    }

    /// What stands at a place.
    pub fn at(&self, place: &str) -> Value {
        self.0.get(place).cloned().unwrap_or_default()
    }

    /// What stood here and doesn't stand in `new`.
    fn lost(&self, new: &Held) -> Map<String, Value> {
        let names = self
            .0
            .keys()
            .chain(new.0.keys().filter(|name| !self.0.contains_key(*name)));
        let lost = names.filter(|name| self.0.get(*name) != new.0.get(*name));
        lost.map(|name| (name.clone(), self.0.get(name).cloned().unwrap_or_default()))
            .collect()
    }
}

/// Fields one by one; a value of the chain's own stays with the version it was written under.
pub(crate) fn flatten(at: String, value: Value, leaves: &mut Map<String, Value>) {
    match value {
        Value::Object(fields) if !at.starts_with("card/own/") => {
            for (name, value) in fields {
                let at = if at.is_empty() { name } else { format!("{at}/{name}") };
                flatten(at, value, leaves);
            }
        }
        Value::Null => {}
        value => drop(leaves.insert(at, value)),
    }
}

/// Keeps what a change takes away, if it is anything.
pub(crate) fn keep(tx: &mut Tx<'_>, keys: &ChainKeys, row: &CustomerRow, (old, new): (&Held, &Held)) -> Result<()> {
    let lost = old.lost(new);
    let Some(key) = row.person(keys)?.filter(|_| !lost.is_empty()) else {
        return Ok(());
    };
    let id: CustomerChangeId = tx.new_id();
    let row = ChangeRow {
        chain_id: row.chain_id,
        id: id.into(),
        customer_id: row.id,
        earlier: seal(&key, id.into(), &lost)?,
        staff_id: tx.actor().staff.map(Id::from),
        at: tx.business_now().0,
    };
    each!(tx.conn(), c => diesel::insert_into(customer_changes::table).values(&row).execute(c)?);
    Ok(())
}

fn seal(key: &PersonKey, change: Id, lost: &Map<String, Value>) -> Result<Vec<u8>> {
    let document = Zeroizing::new(serde_json::to_vec(lost)?);
    key.seal_as(&purpose(change), &document).map_err(Error::internal)
}

impl ChangeRow {
    fn open(&self, key: &PersonKey) -> Result<Map<String, Value>> {
        let document = key.open_as(&purpose(self.id), &self.earlier).map_err(Error::internal)?;
        Ok(serde_json::from_slice(&document)?)
    }
}

/// A customer's changes below an instant and id, newest first.
pub(crate) fn select(
    conn: &mut Conn,
    (chain, customer): (Id, Id),
    (at, id): (i64, Id),
    limit: i64,
) -> Result<Vec<ChangeRow>> {
    let own = customer_changes::chain_id
        .eq(chain)
        .and(customer_changes::customer_id.eq(customer));
    let below = customer_changes::at
        .lt(at)
        .or(customer_changes::at.eq(at).and(customer_changes::id.lt(id)));
    Ok(each!(conn, c => customer_changes::table
        .select(ChangeRow::as_select())
        .filter(own.and(customer_changes::at.le(at)).and(below))
        .order((customer_changes::at.desc(), customer_changes::id.desc()))
        .limit(limit)
        .load(c)?))
}

/// As answers show it.
pub(crate) fn masked(conn: &mut Conn, chain: ChainId, field: &str, value: Value) -> Result<Value> {
    if let Some(name) = field.strip_prefix("card/own/") {
        let mut own = WrittenValues::default();
        if !value.is_null() {
            own.insert(name.to_owned(), serde_json::from_value(value)?);
        }
        let versions: Vec<i32> = own.values().map(|written| written.version).collect();
        mask_values(&mut own, &fields::versions(conn, chain, CUSTOMER, &versions)?);
        return Ok(own.remove(name).map_or(Value::Null, |written| written.value));
    }
    let each = |mask: &dyn Fn(&str) -> Value| match &value {
        Value::String(text) => mask(text),
        Value::Array(texts) => texts
            .iter()
            .map(|text| text.as_str().map_or(Value::Null, mask))
            .collect(),
        _ => Value::Null,
    };
    Ok(match field {
        "phones" => each(&|phone| mask_phone(phone).into()),
        "birthday" => each(&|day| day.parse::<Day>().map_or(Value::Null, |day| mask_birthday(day).into())),
        "identity_number" => each(&|number| mask_identity(number).into()),
        _ if field.starts_with("card/contact/") => each(&|text| mask_lost(field, &text.into())),
        _ => value,
    })
}

/// Some of a person's earlier values in full, newest first, each with the cursor after it; for the file of own data.
pub(crate) fn own(
    conn: &mut Conn,
    keys: &ChainKeys,
    customer: &CustomerRow,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<(Value, String)>> {
    let (at, id) = PageArgs::new(None, after).below_time()?;
    let Some(key) = customer.person(keys)? else {
        return Ok(Vec::new());
    };
    let rows = select(conn, (customer.chain_id, customer.id), (at, Id(id)), limit)?;
    let told = |row: ChangeRow| {
        let (at, staff) = (Instant(row.at), row.staff_id.map(|id| id.0));
        let value = json!({ "at": at, "staff_id": staff, "earlier": row.open(&key)? });
        Ok((value, time_cursor(at, row.id.0)))
    };
    rows.into_iter().map(told).collect()
}

/// Takes all earlier values of a person away.
pub(crate) fn erase(conn: &mut Conn, chain: Id, customer: Id) -> Result<()> {
    let own = customer_changes::chain_id
        .eq(chain)
        .and(customer_changes::customer_id.eq(customer));
    each!(conn, c => diesel::delete(customer_changes::table.filter(own)).execute(c)?);
    Ok(())
}

/// Takes earlier numbers of a person's identity document away.
pub(super) fn erase_identity(conn: &mut Conn, key: &PersonKey, chain: Id, customer: Id) -> Result<()> {
    for row in select(conn, (chain, customer), (i64::MAX, Id(uuid::Uuid::max())), i64::MAX)? {
        let mut earlier = row.open(key)?;
        if earlier.remove("identity_number").is_some() {
            earlier.remove("identity_kind");
            let sealed = seal(key, row.id, &earlier)?;
            each!(conn, c => diesel::update(customer_changes::table.find((chain, row.id)))
                .set(customer_changes::earlier.eq(&sealed))
                .execute(c)?);
        }
    }
    Ok(())
}

impl Engine {
    /// What a customer's card said before its changes, masked, the newest change first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn card_history(&self, actor: &Actor, id: CustomerId, page: &PageArgs) -> Result<Page<EarlierValues>, Refusal> {
        actor.scope(Action::CustomerCard)?;
        let (limit, (at, below)) = (page.limit()?, page.below_time()?);
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let customer = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            actor.require(Action::CustomerCard, Some(customer.store_id.typed()))?;
            let Some(key) = customer.person(&keys)? else {
                return Ok(Vec::new());
            };
            let rows = select(conn, (chain.into(), customer.id), (at, Id(below)), limit as i64 + 1)?;
            let mut found = Vec::with_capacity(rows.len());
            for row in rows {
                let mut fields = Vec::new();
                for (field, value) in row.open(&key)? {
                    let value = masked(conn, chain, &field, value)?;
                    fields.push(EarlierValue { field, value });
                }
                found.push(EarlierValues {
                    id: row.id.typed(),
                    at: Instant(row.at),
                    staff_id: row.staff_id.map(Id::typed),
                    fields,
                });
            }
            Ok(found)
        })?;
        Ok(Page::cut(found, limit, |change| time_cursor(change.at, change.id)))
    }
}
