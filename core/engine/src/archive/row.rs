//! The `customers` table.

use super::contact::Contact;
use super::display::FormOfAddress;
use crate::each;
use crate::error::{Error, Result};
use crate::input::{exists, field};
use crate::keys::{ChainKeys, PersonKey};
use crate::store::schema::{staff, stores};
use crate::store::{Conn, Id, Name};
use cardea_domain::error::KnownCustomer;
use cardea_domain::id::{ChainId, CustomerId};
use cardea_domain::{Code, Refusal};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

pub(crate) use crate::store::schema::customers;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = customers)]
pub(crate) struct CustomerRow {
    pub chain_id: Id,
    pub id: Id,
    pub name: String,
    pub form_of_address: Name<FormOfAddress>,
    pub store_id: Id,
    pub consultant_id: Option<Id>,
    pub introducer_id: Option<Id>,
    pub consent_marketing: bool,
    pub consent_privacy: bool,
    pub consent_at: Option<i64>,
    pub external_ref: Option<String>,
    pub data_key: Option<Vec<u8>>,
    pub contact: Option<Vec<u8>>,
    pub created_at: i64,
    pub version: i64,
    /// Where a merged customer went; then nothing personal is left here.
    pub merged_into: Option<Id>,
}

impl CustomerRow {
    /// The key is destroyed; who was merged left it to the survivor.
    pub fn is_erased(&self) -> bool {
        self.data_key.is_none() && self.merged_into.is_none()
    }

    /// Opens the contact data.
    pub fn contact(&self, keys: &ChainKeys) -> Result<Contact> {
        Contact::open(keys, self.id.typed(), self.data_key.as_deref(), self.contact.as_deref())
    }

    /// The customer's own key; None once erased.
    pub fn person(&self, keys: &ChainKeys) -> Result<Option<PersonKey>> {
        let open = |wrapped| keys.open_person(self.id.typed(), wrapped);
        self.data_key.as_deref().map(open).transpose().map_err(Error::internal)
    }
}

pub(crate) fn find(conn: &mut Conn, chain: ChainId, id: CustomerId) -> Result<Option<CustomerRow>> {
    Ok(each!(conn, c => customers::table
        .find((Id::from(chain), Id::from(id)))
        .select(CustomerRow::as_select())
        .get_result(c)
        .optional()?))
}

/// A customer who may be written about.
///
/// # Errors
/// `customer_merged`, which names the survivor.
pub(crate) fn find_living(conn: &mut Conn, chain: ChainId, id: CustomerId) -> Result<Option<CustomerRow>> {
    let found = find(conn, chain, id)?;
    if let Some(row) = found.as_ref().filter(|row| row.merged_into.is_some()) {
        return Err(merged(conn, row)?.into());
    }
    Ok(found)
}

/// Refuses what is about a customer who was merged, and names the survivor.
pub(crate) fn merged(conn: &mut Conn, row: &CustomerRow) -> Result<Refusal> {
    let known = survivor(conn, row)?.map(|survivor| KnownCustomer {
        id: survivor.id.typed(),
        display: survivor.form_of_address.0.display(&survivor.name),
    });
    let refusal = Refusal::new(
        Code::CustomerMerged,
        "该顾客已并入另一位顾客，请用那一位",
        "This customer was merged into another; use that one",
    );
    Ok(refusal.with(|facts| facts.customers = known.into_iter().collect()))
}

/// Who a merged customer is now, however often that one was merged.
pub(crate) fn survivor(conn: &mut Conn, row: &CustomerRow) -> Result<Option<CustomerRow>> {
    let mut found = Some(row.clone());
    while let Some(into) = found.as_ref().and_then(|row| row.merged_into) {
        found = find(conn, row.chain_id.typed(), into.typed())?;
    }
    Ok(found)
}

/// Those of the ids that exist, oldest first.
pub(crate) fn load(conn: &mut Conn, chain: ChainId, ids: &[CustomerId]) -> Result<Vec<CustomerRow>> {
    // Most answers name one customer: by key, the statement is prepared once per connection.
    if let [id] = ids {
        return Ok(find(conn, chain, *id)?.into_iter().collect());
    }
    let ids: Vec<Id> = ids.iter().map(|id| (*id).into()).collect();
    Ok(each!(conn, c => customers::table
        .select(CustomerRow::as_select())
        .filter(customers::chain_id.eq(Id::from(chain)).and(customers::id.eq_any(ids)))
        .order(customers::id)
        .load(c)?))
}

/// Everybody who was merged into a customer, and into those.
pub(crate) fn merged_into(conn: &mut Conn, chain: ChainId, customer: CustomerId) -> Result<Vec<CustomerId>> {
    let (mut all, mut last) = (Vec::new(), vec![Id::from(customer)]);
    while !last.is_empty() {
        let into: Vec<Option<Id>> = last.iter().map(|id| Some(*id)).collect();
        last = each!(conn, c => customers::table
            .select(customers::id)
            .filter(customers::chain_id.eq(Id::from(chain)).and(customers::merged_into.eq_any(into)))
            .load(c)?);
        all.extend(last.iter().map(|id| id.typed::<CustomerId>()));
    }
    Ok(all)
}

/// Customers by id, each read once.
pub(crate) fn people(
    conn: &mut Conn,
    chain: ChainId,
    ids: impl Iterator<Item = Id>,
) -> Result<HashMap<Id, CustomerRow>> {
    let ids: BTreeSet<Id> = ids.collect();
    let ids: Vec<CustomerId> = ids.into_iter().map(Id::typed).collect();
    Ok(load(conn, chain, &ids)?.into_iter().map(|row| (row.id, row)).collect())
}

/// Writes what a change may touch.
pub(crate) fn update(conn: &mut Conn, row: &CustomerRow) -> Result<()> {
    each!(conn, c => diesel::update(customers::table.find((row.chain_id, row.id)))
        .set((
            (customers::name.eq(&row.name), customers::form_of_address.eq(&row.form_of_address)),
            (customers::store_id.eq(row.store_id), customers::consultant_id.eq(row.consultant_id)),
            customers::introducer_id.eq(row.introducer_id),
            (customers::consent_marketing.eq(row.consent_marketing), customers::consent_privacy.eq(row.consent_privacy)),
            customers::consent_at.eq(row.consent_at),
            (customers::contact.eq(&row.contact), customers::version.eq(row.version)),
        ))
        .execute(c)?);
    Ok(())
}

/// Store, consultant and introducer exist in this chain. A store that is closed takes no new customers; those it has
/// may still be changed.
pub(crate) fn check_references(conn: &mut Conn, row: &CustomerRow, new: bool) -> Result<()> {
    let store = each!(conn, c => stores::table
        .find((row.chain_id, row.store_id))
        .select(stores::active)
        .get_result::<bool>(c)
        .optional()?);
    if store.is_none_or(|active| new && !active) {
        return Err(field("/store_id", "没有这家营业中的门店", "There is no such open store").into());
    }
    if let Some(consultant) = row.consultant_id {
        let found = each!(conn, c => staff::table
            .find((row.chain_id, consultant))
            .select(staff::active)
            .get_result::<bool>(c)
            .optional()?);
        if found.is_none_or(|active| new && !active) {
            return Err(field("/consultant_id", "没有这位员工", "There is no such staff member").into());
        }
    }
    if let Some(introducer) = row.introducer_id {
        let found = each!(conn, c => customers::table
            .find((row.chain_id, introducer))
            .select(customers::version)
            .get_result::<i64>(c)
            .optional()?);
        if found.is_none() || introducer == row.id {
            let pointer = "/introducer_customer_id";
            return Err(field(pointer, "没有这位介绍人", "There is no such other customer").into());
        }
    }
    Ok(())
}

/// The number in another system is free.
pub(crate) fn check_external_ref(conn: &mut Conn, row: &CustomerRow) -> Result<()> {
    let Some(external_ref) = &row.external_ref else {
        return Ok(());
    };
    let taken = each!(conn, c => customers::table
        .select(customers::id)
        .filter(customers::chain_id.eq(row.chain_id).and(customers::external_ref.eq(external_ref)))
        .get_result::<Id>(c)
        .optional()?);
    if taken.is_some() {
        Err(exists("/external_ref").into())
    } else {
        Ok(())
    }
}
