//! What segments can ask for, with the chain's own choices: enough for a page to draw itself.

use crate::Engine;
use crate::actor::Actor;
use crate::each;
use crate::error::Result;
use crate::identity::Action;
use crate::store::schema::{configurations, programs, staff, stores, tags};
use crate::store::{Conn, Id};
use cardea_domain::segment::{SegmentField, SegmentKind, SegmentTest};
use cardea_domain::tier::Ladder;
use cardea_domain::{Refusal, Text};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

/// One value of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SegmentChoice {
    pub value: String,
    /// Empty where pages have a word of their own for it.
    pub label: Text,
}

/// What can be asked of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SegmentFieldView {
    pub field: SegmentField,
    pub title: Text,
    pub kind: SegmentKind,
    pub tests: Vec<SegmentTest>,
    /// It counts over so many months, which a condition says.
    pub months: bool,
    pub choices: Vec<SegmentChoice>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SegmentFields {
    pub items: Vec<SegmentFieldView>,
}

impl Engine {
    /// # Errors
    /// `forbidden`.
    pub fn segment_fields(&self, actor: &Actor) -> Result<SegmentFields, Refusal> {
        actor.scope(Action::SegmentRead)?;
        let chain = Id::from(actor.chain);
        let items = self.read(actor.chain, |conn| {
            let view = |field: &SegmentField| {
                let own = own(conn, chain, *field)?;
                let choices = field.choices().into_iter().chain(own);
                Ok(SegmentFieldView {
                    field: *field,
                    title: field.title(),
                    kind: field.kind(),
                    tests: field.tests().to_vec(),
                    months: field.has_months(),
                    choices: choices.map(|(value, label)| SegmentChoice { value, label }).collect(),
                })
            };
            SegmentField::ALL.iter().map(view).collect::<Result<Vec<_>>>()
        })?;
        Ok(SegmentFields { items })
    }
}

/// Most choices shown of one field.
const MOST: i64 = 500;

/// The chain's own values of a field.
fn own(conn: &mut Conn, chain: Id, field: SegmentField) -> Result<Vec<(String, Text)>> {
    let named: Vec<(Id, String)> = match field {
        SegmentField::Store => each!(conn, c => stores::table.select((stores::id, stores::name))
            .filter(stores::chain_id.eq(chain)).order((stores::name, stores::id)).limit(MOST).load(c)?),
        SegmentField::Consultant => each!(conn, c => staff::table.select((staff::id, staff::name))
            .filter(staff::chain_id.eq(chain).and(staff::role.eq("consultant")))
            .order((staff::name, staff::id)).limit(MOST).load(c)?),
        SegmentField::Tag => each!(conn, c => tags::table.select((tags::id, tags::name))
            .filter(tags::chain_id.eq(chain)).order((tags::name, tags::id)).limit(MOST).load(c)?),
        SegmentField::Program => return all_programs(conn, chain),
        SegmentField::Tier => return all_tiers(conn, chain),
        _ => return Ok(Vec::new()),
    };
    let choice = |(id, name): (Id, String)| (id.text(), Text::new(name.clone(), name));
    Ok(named.into_iter().map(choice).collect())
}

fn all_programs(conn: &mut Conn, chain: Id) -> Result<Vec<(String, Text)>> {
    let rows: Vec<(Id, String, String)> = each!(conn, c => programs::table
        .select((programs::id, programs::name_zh, programs::name_en))
        .filter(programs::chain_id.eq(chain))
        .order(programs::id)
        .load(c)?);
    Ok(rows
        .into_iter()
        .map(|(id, zh, en)| (id.text(), Text::new(zh, en)))
        .collect())
}

/// Every step of a ladder that was ever published, as it is called now.
fn all_tiers(conn: &mut Conn, chain: Id) -> Result<Vec<(String, Text)>> {
    let ladders: Vec<String> = each!(conn, c => configurations::table
        .select(configurations::ladder)
        .filter(configurations::chain_id.eq(chain))
        .order(configurations::effective_from.desc())
        .limit(MOST)
        .load(c)?);
    let mut found: Vec<(String, Text)> = Vec::new();
    for ladder in ladders {
        let ladder: Ladder = serde_json::from_str(&ladder)?;
        for step in ladder.steps {
            if !found.iter().any(|(id, _)| *id == step.id) {
                found.push((step.id, step.name));
            }
        }
    }
    Ok(found)
}
