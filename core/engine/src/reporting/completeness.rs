//! How complete the cards of a consultant's customers are (D-ARC-17): counted once a day by a job, for cards are sealed.

use crate::Engine;
use crate::actor::Actor;
use crate::archive::{Card, CompanyPerson, Contact, CustomerKind};
use crate::each;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::store::schema::{card_completeness, staff, staff_stores};
use crate::store::{Conn, Id};
use cardea_domain::id::{ChainId, StaffId};
use cardea_domain::{Day, Refusal};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A consultant's customers and how much of their cards is filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CardCompleteness {
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    pub name: String,
    pub customers: i64,
    /// Of all that their cards ask for, in parts per million.
    #[schema(example = 640_000)]
    pub filled_ppm: i64,
}

/// The figures of the day on which they were counted last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CompletenessView {
    /// null: not counted yet.
    #[schema(value_type = Option<String>, format = Date)]
    pub day: Option<Day>,
    pub items: Vec<CardCompleteness>,
}

/// Customers, fields filled in, fields asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub customers: i64,
    pub filled: i64,
    pub asked: i64,
}

impl Counted {
    pub fn add(&mut self, (filled, asked): (i64, i64)) {
        self.customers += 1;
        self.filled += filled;
        self.asked += asked;
    }
}

/// Of a card, the fields that are filled in and those it asks for: a person's or a company's.
pub(crate) fn count(card: &Card, contact: &Contact) -> (i64, i64) {
    let (person, company, reached) = (&card.person, &card.company, &card.contact);
    let some = |text: &Option<String>| text.is_some();
    let led = |who: &Option<CompanyPerson>| who.as_ref().is_some_and(|who| who.name.is_some());
    let mut fields = vec![
        !contact.phones.is_empty(),
        some(&reached.mail),
        some(&reached.wechat),
        some(&reached.address),
    ];
    match card.kind {
        CustomerKind::Person => fields.extend([
            contact.birthday.is_some(),
            person.sex.is_some(),
            some(&person.native_place),
            some(&person.employer),
            some(&person.occupation),
            person
                .products_used
                .as_ref()
                .is_some_and(|products| !products.is_empty()),
        ]),
        CustomerKind::Company => {
            let (traits, business, deal) = (&card.characteristics, &card.business, &card.deal);
            fields.extend([
                led(&company.owner),
                led(&company.manager),
                led(&company.legal_representative),
                company.founded_on.is_some(),
                company.first_deal_on.is_some(),
                company.capital.is_some(),
            ]);
            fields.extend([&company.form, &company.trade, &company.credit_code].map(some));
            fields.extend([&traits.service_area, &traits.capacity, &traits.potential, &traits.size].map(some));
            fields.extend([&business.performance, &business.competitors, &business.cooperation].map(some));
            fields.extend([&deal.activity, &deal.credit, &deal.terms, &deal.reputation].map(some));
        }
    }
    let filled = fields.iter().filter(|filled| **filled).count();
    (filled as i64, fields.len() as i64)
}

/// Puts a day's figures in place of those of the day before.
pub(crate) fn save(conn: &mut Conn, chain: ChainId, day: Day, counted: &BTreeMap<Id, Counted>) -> Result<()> {
    let chain = Id::from(chain);
    let rows: Vec<_> = counted
        .iter()
        .map(|(staff, counted)| {
            (
                card_completeness::chain_id.eq(chain),
                card_completeness::staff_id.eq(*staff),
                card_completeness::day.eq(day.0),
                card_completeness::customers.eq(counted.customers),
                card_completeness::filled.eq(counted.filled),
                card_completeness::asked.eq(counted.asked),
            )
        })
        .collect();
    each!(conn, c => diesel::delete(card_completeness::table.filter(card_completeness::chain_id.eq(chain))).execute(c)?);
    for rows in rows.chunks(100) {
        each!(conn, c => diesel::insert_into(card_completeness::table).values(rows).execute(c)?);
    }
    Ok(())
}

impl Engine {
    /// How complete the cards of the consultants' customers are, by the consultants' names.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn card_completeness(&self, actor: &Actor) -> Result<CompletenessView, Refusal> {
        let scope = actor.scope(Action::TaskManage)?;
        type Row = (Id, String, i32, i64, i64, i64);
        let rows: Vec<Row> = self.read(actor.chain, |conn| {
            let same = staff::chain_id
                .eq(card_completeness::chain_id)
                .and(staff::id.eq(card_completeness::staff_id));
            Ok(each!(conn, c => {
                let mut found = card_completeness::table
                    .inner_join(staff::table.on(same))
                    .select((
                        card_completeness::staff_id,
                        staff::name,
                        card_completeness::day,
                        card_completeness::customers,
                        card_completeness::filled,
                        card_completeness::asked,
                    ))
                    .filter(card_completeness::chain_id.eq(Id::from(actor.chain)))
                    .into_boxed();
                if let StoreScope::Only(stores) = &scope {
                    found = found.filter(super::of_stores!(actor.chain, stores, card_completeness::staff_id));
                }
                found.order((staff::name, staff::id)).load(c)?
            }))
        })?;
        let day = rows.first().map(|row| Day(row.2));
        let items = rows
            .into_iter()
            .map(|(id, name, _, customers, filled, asked)| CardCompleteness {
                staff_id: id.typed(),
                name,
                customers,
                filled_ppm: filled.saturating_mul(1_000_000) / asked.max(1),
            });
        Ok(CompletenessView {
            day,
            items: items.collect(),
        })
    }
}
