//! What erasure takes of the archive (D-ARC-13): the person's key, and whatever names or finds them.

use super::row::customers;
use super::{card_row, history, row, search};
use crate::each;
use crate::error::{Error, Result};
use crate::keys::ChainKeys;
use crate::store::schema::{
    customer_cards, customer_classes, file_import_changes, file_import_faults, file_import_parts, file_imports,
};
use crate::store::{Conn, Id, Name};
use cardea_domain::id::{ChainId, CustomerId};
use diesel::prelude::*;

use super::display::FormOfAddress;
use super::search::Entries;

/// Takes a person's key, name, card, classes and indexes away, and the files that the person came in. The row stays, since
/// the ledger names it.
pub(crate) fn erase(conn: &mut Conn, chain: ChainId, customer: CustomerId) -> Result<()> {
    search::unindex(conn, chain, customer)?;
    history::erase(conn, chain.into(), customer.into())?;
    let (chain, customer) = (Id::from(chain), Id::from(customer));
    let classes = customer_classes::chain_id
        .eq(chain)
        .and(customer_classes::customer_id.eq(customer));
    let imported = file_import_changes::table
        .select(file_import_changes::import_id)
        .distinct()
        .filter(
            file_import_changes::chain_id
                .eq(chain)
                .and(file_import_changes::subject_id.eq(customer)),
        );
    let files: Vec<Id> = each!(conn, c => imported.load(c)?);
    forget_files(conn, chain, &files)?;
    each!(conn, c => {
        diesel::delete(customer_cards::table.find((chain, customer))).execute(c)?;
        diesel::delete(customer_classes::table.filter(classes)).execute(c)?;
        diesel::update(customers::table.find((chain, customer)))
            .set((
                (customers::name.eq(""), customers::form_of_address.eq(Name(FormOfAddress::None))),
                (customers::consultant_id.eq(None::<Id>), customers::introducer_id.eq(None::<Id>)),
                (customers::consent_marketing.eq(false), customers::consent_privacy.eq(false)),
                (customers::consent_at.eq(None::<i64>), customers::external_ref.eq(None::<String>)),
                (customers::data_key.eq(None::<Vec<u8>>), customers::contact.eq(None::<Vec<u8>>)),
                customers::version.eq(customers::version + 1),
            ))
            .execute(c)?;
    });
    Ok(())
}

/// Takes uploaded files away, for good: without its key, no copy of a file opens.
pub(crate) fn forget_files(conn: &mut Conn, chain: Id, files: &[Id]) -> Result<()> {
    for file in files {
        let parts = file_import_parts::chain_id
            .eq(chain)
            .and(file_import_parts::import_id.eq(file));
        let faults = file_import_faults::chain_id
            .eq(chain)
            .and(file_import_faults::import_id.eq(file));
        each!(conn, c => {
            diesel::delete(file_import_parts::table.filter(parts)).execute(c)?;
            diesel::delete(file_import_faults::table.filter(faults)).execute(c)?;
            diesel::update(file_imports::table.find((chain, file)))
                .set((file_imports::data_key.eq(Vec::<u8>::new()), file_imports::version.eq(file_imports::version + 1)))
                .execute(c)?;
        });
    }
    Ok(())
}

/// Takes the number of a person's identity document away.
pub(crate) fn erase_identity(conn: &mut Conn, keys: &ChainKeys, chain: ChainId, customer: CustomerId) -> Result<()> {
    let Some(mut customer_row) = row::find(conn, chain, customer)? else {
        return Ok(());
    };
    let Some(wrapped) = customer_row.data_key.clone() else {
        return Ok(());
    };
    let mut contact = customer_row.contact(keys)?;
    contact.identity_number = None;
    contact.identity_kind = None;
    let key = keys.open_person(customer, &wrapped).map_err(Error::internal)?;
    history::erase_identity(conn, &key, customer_row.chain_id, customer_row.id)?;
    customer_row.contact = Some(contact.seal(&key)?);
    customer_row.version += 1;
    let card = card_row::load(conn, keys, &customer_row)?;
    search::unindex(conn, chain, customer)?;
    let entries = Entries::of(keys, &customer_row, &contact, card.as_ref());
    search::index(conn, chain, customer, &entries)?;
    row::update(conn, &customer_row)
}
