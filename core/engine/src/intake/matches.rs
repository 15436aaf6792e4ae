//! Who is known already: customers with the same numbers, phones, or name and birthday.

use super::person::Ready;
use crate::each;
use crate::error::Result;
use crate::keys::{Digest, IndexKind};
use crate::merge::DuplicateKind;
use crate::store::schema::customers;
use crate::store::statement::{Bind, fetch_all, statements};
use crate::store::{Conn, Id};
use cardea_domain::id::ChainId;
use diesel::prelude::*;
use diesel::sql_types::Binary;
use std::collections::{HashMap, HashSet};

statements! {
    SelectKnown -> (Binary, Binary) = "SELECT digest, customer_id FROM customer_indexes WHERE chain_id = ? AND kind = ? \
        AND digest IN ({})" of "?";
}

/// Under what a row is looked for.
pub(super) type Key = (IndexKind, Digest);

/// Customers by what they are found by.
#[derive(Default)]
pub(super) struct Known(HashMap<Key, Vec<Id>>);

/// A number in another system is one customer's, whether rows are known by it or not.
fn kinds(by: &[DuplicateKind]) -> impl Iterator<Item = IndexKind> {
    let asked = by.iter().map(|kind| kind.index());
    asked
        .filter(|kind| *kind != IndexKind::ExternalRef)
        .chain([IndexKind::ExternalRef])
}

pub(super) fn keys<'a>(ready: &'a Ready, by: &'a [DuplicateKind]) -> impl Iterator<Item = Key> + 'a {
    let wanted = |kind: IndexKind| by.iter().any(|one| one.index() == kind);
    ready
        .entries
        .digests
        .iter()
        .copied()
        .filter(move |(kind, _)| wanted(*kind))
}

impl Known {
    pub fn load(conn: &mut Conn, chain: ChainId, rows: &[Ready], by: &[DuplicateKind]) -> Result<Self> {
        let mut known = Self::default();
        for kind in kinds(by) {
            let digests: HashSet<Digest> = rows
                .iter()
                .flat_map(|ready| ready.entries.digests.iter())
                .filter(|(of, _)| *of == kind)
                .map(|(_, digest)| *digest)
                .collect();
            let items: Vec<[Bind<'_>; 1]> = digests.iter().map(|digest| [Bind::Hash(*digest)]).collect();
            let found = fetch_all!(conn, SelectKnown, [chain, kind.as_str()], &items => (Vec<u8>, Id))?;
            for (digest, id) in found {
                if let Ok(digest) = Digest::try_from(digest.as_slice()) {
                    known.add((kind, digest), id);
                }
            }
        }
        known.merged(conn, chain, rows)?;
        Ok(known)
    }

    /// A merged customer's number stands for the survivor.
    fn merged(&mut self, conn: &mut Conn, chain: ChainId, rows: &[Ready]) -> Result<()> {
        let numbers: Vec<&String> = rows
            .iter()
            .filter_map(|ready| ready.row.external_ref.as_ref())
            .collect();
        let found: Vec<(Option<String>, Option<Id>)> = each!(conn, c => customers::table
            .select((customers::external_ref, customers::merged_into))
            .filter(customers::chain_id.eq(Id::from(chain)).and(customers::merged_into.is_not_null()))
            .filter(customers::external_ref.eq_any(&numbers))
            .load(c)?);
        for (number, into) in found {
            let (Some(number), Some(into)) = (number, into) else {
                continue;
            };
            let survivor = match crate::archive::row::find(conn, chain, into.typed())? {
                Some(row) => crate::archive::row::survivor(conn, &row)?.map_or(into, |row| row.id),
                None => into,
            };
            for ready in rows
                .iter()
                .filter(|ready| ready.row.external_ref.as_ref() == Some(&number))
            {
                for key in keys(ready, &[DuplicateKind::ExternalRef]) {
                    self.add(key, survivor);
                }
            }
        }
        Ok(())
    }

    pub fn add(&mut self, key: Key, id: Id) {
        let ids = self.0.entry(key).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }

    /// Takes over whom earlier rows are.
    pub fn learn(&mut self, seen: &Self, ready: &Ready, by: &[DuplicateKind]) {
        for kind in kinds(by) {
            for key in ready.entries.digests.iter().filter(|(of, _)| *of == kind) {
                let ids = seen.0.get(key).into_iter().flatten();
                ids.for_each(|id| self.add(*key, *id));
            }
        }
    }

    /// Notes a new customer, whom later rows may be.
    pub fn note(&mut self, ready: &Ready, by: &[DuplicateKind]) {
        for kind in kinds(by) {
            let own = ready.entries.digests.iter().filter(|(of, _)| *of == kind);
            own.for_each(|key| self.add(*key, ready.row.id));
        }
    }

    /// Who a row may be: by the number in another system alone where that is known, by everything else otherwise.
    pub fn of(&self, ready: &Ready, by: &[DuplicateKind]) -> Vec<Id> {
        let mut found: Vec<Id> = Vec::new();
        for kind in [
            IndexKind::ExternalRef,
            IndexKind::Identity,
            IndexKind::Phone,
            IndexKind::NameBirth,
        ] {
            for key in keys(ready, by).filter(|(of, _)| *of == kind) {
                found.extend(self.0.get(&key).into_iter().flatten());
            }
            if !found.is_empty() {
                break;
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
