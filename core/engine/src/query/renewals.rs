//! The renewals of a membership (D-CARD-8).

use crate::actor::Actor;
use crate::identity::Action;
use crate::input::not_found;
use crate::store::Id;
use crate::store::schema::{memberships, renewals};
use crate::{Engine, Page, PageArgs, each};
use cardea_domain::id::{MembershipId, RenewalId, StaffId, StoreId};
use cardea_domain::money::Points;
use cardea_domain::{Day, Instant, Refusal, Text};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A renewal as it was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GrantedRenewal {
    #[schema(value_type = Uuid)]
    pub id: RenewalId,
    // None: the system.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// Where it was applied for.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    #[schema(value_type = String, format = Date)]
    pub applied_on: Day,
    /// The last valid day before.
    #[schema(value_type = String, format = Date)]
    pub was_valid_through: Day,
    /// The last valid day that it brought.
    #[schema(value_type = String, format = Date)]
    pub valid_through: Day,
    /// The end had been booked: membership and cards were opened again.
    pub reopened: bool,
    /// Points that had ended with the membership and weren't given back.
    #[schema(value_type = i64)]
    pub points_ended: Points,
    /// Stable name of the rule that granted it.
    pub rule: String,
    pub explanation: Text,
    /// SHA-256, hexadecimal, of what the plugin was asked; null: the program's own terms.
    pub input: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = renewals)]
struct Row {
    id: Id,
    staff_id: Option<Id>,
    store_id: Id,
    at: i64,
    applied_on: i32,
    was_valid_through: i32,
    valid_through: i32,
    reopened: bool,
    points_ended: i64,
    rule: String,
    explanation_zh: String,
    explanation_en: String,
    input_hash: Option<Vec<u8>>,
}

impl Engine {
    /// The renewals of a membership, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn renewals(&self, actor: &Actor, id: MembershipId, page: &PageArgs) -> Result<Page<GrantedRenewal>, Refusal> {
        actor.scope(Action::MembershipRead)?;
        let (limit, below) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, id) = (Id::from(actor.chain), Id::from(id));
        let found = self.read(actor.chain, |conn| {
            let store: Option<Id> = each!(conn, c => memberships::table
                .find((chain, id))
                .select(memberships::store_id)
                .get_result(c)
                .optional()?);
            let Some(store) = store else { return Ok(None) };
            let own = renewals::chain_id.eq(chain).and(renewals::membership_id.eq(id));
            let rows: Vec<Row> = each!(conn, c => renewals::table
                .select(Row::as_select())
                .filter(own.and(renewals::id.lt(below)))
                .order(renewals::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?);
            Ok(Some((store, rows)))
        })?;
        let (store, rows) = found.ok_or_else(not_found)?;
        actor.require(Action::MembershipRead, Some(store.typed()))?;
        let page = Page::cut(rows, limit, |row| row.id.text());
        Ok(Page {
            items: page.items.into_iter().map(Row::view).collect(),
            next: page.next,
        })
    }
}

impl Row {
    fn view(self) -> GrantedRenewal {
        GrantedRenewal {
            id: self.id.typed(),
            staff_id: self.staff_id.map(Id::typed),
            store_id: self.store_id.typed(),
            at: Instant(self.at),
            applied_on: Day(self.applied_on),
            was_valid_through: Day(self.was_valid_through),
            valid_through: Day(self.valid_through),
            reopened: self.reopened,
            points_ended: self.points_ended,
            rule: self.rule,
            explanation: Text::new(self.explanation_zh, self.explanation_en),
            input: self.input_hash.map(hex::encode),
        }
    }
}
