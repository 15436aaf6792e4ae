//! Everything that is kept about a person as one JSON file (D-ARC-13), written a page at a time.

use super::look;
use super::{Look, LookQuery};
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_customer, find_living_customer, history};
use crate::error::{Error, Result};
use crate::files::FileQuery;
use crate::identity::Action;
use crate::input::{Stored, Written, erased, not_found};
use crate::journal::JournalQuery;
use crate::look::{NewLook, Why};
use crate::message::MessageQuery;
use crate::page::{Page, PageArgs};
use crate::store::{Answer, IdempotencyKey, Tx};
use crate::{Engine, contract, form, lending, posting, query, record, terms};
use cardea_domain::Refusal;
use cardea_domain::confidential::LookKind;
use cardea_domain::id::{ChainId, CustomerId};
use serde::Serialize;
use serde_json::{Value, json};

/// Items of one read.
const ITEMS: u32 = 100;

/// The parts of the file, in its order.
const PARTS: [&str; 21] = [
    "customer",
    "card_history",
    "classes",
    "tags",
    "memberships",
    "bills",
    "entries",
    "pools",
    "journal",
    "tasks",
    "warnings",
    "satisfaction",
    "assessments",
    "records",
    "files",
    "forms",
    "lendings",
    "contracts",
    "messages",
    "accepted_terms",
    "access_log",
];

/// A place in the file: a part, and after which of its items.
#[derive(Clone, Debug, Default)]
pub struct OwnPlace {
    part: usize,
    after: Option<String>,
}

/// Some of the file.
pub struct OwnText {
    pub text: String,
    /// None at the end.
    pub next: Option<OwnPlace>,
}

fn told<T: Serialize>(page: Page<T>) -> Result<(Vec<Value>, Option<String>)> {
    let items = page.items.iter().map(serde_json::to_value);
    Ok((items.collect::<Result<_, _>>()?, page.next))
}

/// The cursor of the last one, where there may be more.
fn paged(found: Vec<(Value, String)>) -> (Vec<Value>, Option<String>) {
    let full = found.len() == ITEMS as usize;
    let next = found.last().filter(|_| full).map(|(_, cursor)| cursor.clone());
    (found.into_iter().map(|(value, _)| value).collect(), next)
}

impl Engine {
    /// Notes in the access log who takes a person's data away and what for; answers that row.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `field_invalid`.
    pub async fn begin_own_data(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CustomerId,
        why: Why,
    ) -> Result<Look, Refusal> {
        actor.scope(Action::CustomerExport)?;
        let why = why.checked()?;
        let keys = self.keys().chain(actor.chain);
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let customer = find_living_customer(tx.conn(), chain, id)?.ok_or_else(not_found)?;
            tx.actor()
                .require(Action::CustomerExport, Some(customer.store_id.typed()))?;
            let wrapped = customer.data_key.as_deref().ok_or_else(erased)?;
            let person = keys.open_person(id, wrapped).map_err(Error::internal)?;
            let look = NewLook {
                kind: LookKind::OwnData,
                customer: Some(id),
                subject: None,
                what: PARTS.to_vec(),
                why: Some(&why),
            };
            let look = look.write(tx, Some(&person))?;
            tx.audit("customer.own_data", id.0, json!({ "look_id": look.id.0 }));
            Answer::ok(&Stored::of(look.id))
        };
        let answered = self.transact(actor, key, "customer.own_data", work).await?;
        let keys = self.keys().chain(actor.chain);
        let written = Written::read(answered, |look| {
            self.read(actor.chain, |conn| look::one(conn, &keys, actor.chain, look.into()))
        })?;
        // A key used again gives nothing to somebody else.
        if written.value.staff_id != actor.staff {
            return Err(not_found());
        }
        Ok(written.value)
    }

    /// The next piece of the file. Checks no permission: [`Engine::begin_own_data`] has.
    ///
    /// # Errors
    /// `not_found`, `storage_unavailable`.
    pub fn own_data(&self, look: &Look, customer: CustomerId, chain: ChainId, place: &OwnPlace) -> Result<OwnText> {
        let name = PARTS[place.part];
        let (mut text, first) = (String::new(), place.after.is_none());
        if place.part == 0 {
            let (number, at) = (&look.number, look.at);
            text.push_str(&format!("{{\"export\":{}", json!({ "number": number, "at": at })));
        }
        if first {
            text.push_str(&format!(",\n\"{name}\":["));
        }
        let (items, after) = self.own_part(customer, chain, place)?;
        for (i, item) in items.iter().enumerate() {
            text.push_str(if first && i == 0 { "\n" } else { ",\n" });
            text.push_str(&item.to_string());
        }
        if after.is_some() {
            let next = OwnPlace {
                part: place.part,
                after,
            };
            return Ok(OwnText { text, next: Some(next) });
        }
        text.push(']');
        let part = place.part + 1;
        let next = (part < PARTS.len()).then_some(OwnPlace { part, after: None });
        if next.is_none() {
            text.push_str("}\n");
        }
        Ok(OwnText { text, next })
    }

    fn own_messages(
        &self,
        system: &Actor,
        id: CustomerId,
        after: Option<String>,
    ) -> Result<(Vec<Value>, Option<String>)> {
        let query = MessageQuery {
            customer_id: Some(id),
            limit: Some(ITEMS),
            after,
            ..MessageQuery::default()
        };
        told(self.messages(system, &query)?)
    }

    fn own_part(&self, id: CustomerId, chain: ChainId, place: &OwnPlace) -> Result<(Vec<Value>, Option<String>)> {
        let keys = self.keys().chain(chain);
        // Whatever store it was written in, it is the person's own.
        let system = Actor::system(chain);
        let (after, limit) = (place.after.clone(), i64::from(ITEMS));
        let cursor = after.as_deref();
        Ok(match PARTS[place.part] {
            "customer" => (vec![self.customer_in_full(chain, id)?], None),
            "card_history" => paged(self.read(chain, |conn| {
                let customer: CustomerRow = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
                history::own(conn, &keys, &customer, cursor, limit)
            })?),
            "classes" => (vec![serde_json::to_value(self.customer_classes(&system, id)?)?], None),
            "tags" => (vec![serde_json::to_value(self.customer_tags(&system, id)?)?], None),
            "memberships" => told(self.memberships(&system, Some(id), &PageArgs::new(Some(ITEMS), cursor))?)?,
            "bills" => paged(self.read(chain, |conn| query::own_bills(conn, chain, id, cursor, limit))?),
            "entries" => paged(self.read(chain, |conn| query::own_entries(conn, chain, id, cursor, limit))?),
            "pools" => (self.read(chain, |conn| posting::own_pools(conn, chain, id))?, None),
            "journal" => {
                let query = JournalQuery {
                    corrected: Some(true),
                    limit: Some(ITEMS),
                    after,
                    ..JournalQuery::default()
                };
                told(self.journal(&system, id, &query)?)?
            }
            "tasks" => paged(self.own_tasks(chain, id, cursor, limit)?),
            "warnings" => paged(self.own_warnings(chain, id, cursor, limit)?),
            "satisfaction" => paged(self.own_satisfaction(chain, id, cursor, limit)?),
            "assessments" => paged(self.own_assessments(chain, id, cursor, limit)?),
            "records" => paged(self.read(chain, |conn| {
                let customer: CustomerRow = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
                record::own(conn, &keys, &customer, cursor, limit)
            })?),
            "forms" => paged(self.read(chain, |conn| {
                let customer: CustomerRow = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
                form::own(conn, &keys, &customer, cursor, limit)
            })?),
            "lendings" => paged(self.read(chain, |conn| {
                let customer: CustomerRow = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
                lending::own(conn, &keys, &customer, cursor, limit)
            })?),
            "contracts" => paged(self.read(chain, |conn| {
                let customer: CustomerRow = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
                contract::own(conn, &keys, &customer, cursor, limit)
            })?),
            "messages" => self.own_messages(&system, id, after)?,
            "accepted_terms" => paged(self.read(chain, |conn| terms::own(conn, (chain, id), cursor, limit))?),
            "files" => {
                let query = FileQuery {
                    limit: Some(ITEMS),
                    after,
                    ..FileQuery::default()
                };
                told(self.files(&system, id, &query)?)?
            }
            _ => {
                let query = LookQuery {
                    customer_id: Some(id),
                    limit: Some(ITEMS),
                    after,
                    ..LookQuery::default()
                };
                told(self.looks(&system, &query)?)?
            }
        })
    }
}
