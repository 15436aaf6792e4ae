//! What a membership has paid in advance: its top-ups, its passes with what is left of them, and their uses.

use super::named;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::not_found;
use crate::store::schema::{lots, memberships, pass_uses, passes, top_ups};
use crate::store::{Conn, Id};
use crate::{Engine, Page, PageArgs, each};
use cardea_domain::id::{BillId, ChainId, CustomerId, MembershipId, StaffId, StoreId};
use cardea_domain::prepaid::{Confirmation, Payer, RefundReason};
use cardea_domain::{Day, Instant, Minor, Refusal};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// What was paid back of a top-up or a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefundShown {
    #[schema(value_type = Uuid)]
    pub id: BillId,
    /// Minor units.
    #[schema(value_type = i64)]
    pub amount: Minor,
    pub reason: RefundReason,
}

/// Money that was paid in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TopUpShown {
    #[schema(value_type = Uuid)]
    pub id: BillId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Minor units.
    #[schema(value_type = i64)]
    pub paid: Minor,
    /// Bonus beside it, minor units.
    #[schema(value_type = i64)]
    pub granted: Minor,
    /// Code of the offer.
    pub offer: Option<String>,
    /// Left of what was paid, minor units.
    #[schema(value_type = i64)]
    pub principal_left: Minor,
    /// Left of its bonus, minor units.
    #[schema(value_type = i64)]
    pub bonus_left: Minor,
    pub payer: Payer,
    #[schema(value_type = Option<Uuid>)]
    pub payer_id: Option<CustomerId>,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// null: not paid back.
    pub refund: Option<RefundShown>,
}

/// A pass of a membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PassShown {
    /// Of the sale that sold it.
    #[schema(value_type = Uuid)]
    pub id: BillId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    pub service: String,
    pub name: String,
    pub sessions: i64,
    pub gifts: i64,
    /// Minor units.
    #[schema(value_type = i64)]
    pub price: Minor,
    /// Of one session without the pass, minor units.
    #[schema(value_type = i64)]
    pub list_price: Minor,
    /// Sessions left, gifts included.
    pub left: i64,
    /// Last day on which it can be used; null: no end.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    /// null: not paid back.
    pub refund: Option<RefundShown>,
}

/// Sessions of a pass that were used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PassUseShown {
    #[schema(value_type = Uuid)]
    pub id: BillId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    pub sessions: i64,
    #[schema(value_type = Uuid)]
    pub therapist_id: StaffId,
    pub confirmation: Confirmation,
    /// Whether it was called off.
    pub cancelled: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = top_ups)]
struct TopUpRow {
    id: Id,
    store_id: Id,
    at: i64,
    paid: i64,
    granted: i64,
    offer: Option<String>,
    principal_lot: Option<Id>,
    bonus_lot: Option<Id>,
    payer: String,
    payer_id: Option<Id>,
    staff_id: Option<Id>,
    refund_id: Option<Id>,
    refunded: Option<i64>,
    refund_reason: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = passes)]
struct PassRow {
    id: Id,
    store_id: Id,
    at: i64,
    service: String,
    name: String,
    sessions: i64,
    gifts: i64,
    paid: i64,
    list: i64,
    valid_through: Option<i32>,
    paid_lot: Option<Id>,
    gift_lot: Option<Id>,
    refund_id: Option<Id>,
    refunded: Option<i64>,
    refund_reason: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = pass_uses)]
struct UseRow {
    id: Id,
    store_id: Id,
    at: i64,
    sessions: i64,
    therapist_id: Id,
    confirmation: String,
    cancelled_by: Option<Id>,
}

type Left = HashMap<Id, i64>;

impl TopUpRow {
    fn shown(self, left: &Left) -> Result<TopUpShown> {
        let of = |lot: Option<Id>| lot.and_then(|lot| left.get(&lot).copied()).unwrap_or_default();
        Ok(TopUpShown {
            id: self.id.typed(),
            store_id: self.store_id.typed(),
            at: Instant(self.at),
            paid: self.paid,
            granted: self.granted,
            offer: self.offer,
            principal_left: of(self.principal_lot),
            bonus_left: of(self.bonus_lot),
            payer: named(&self.payer)?,
            payer_id: self.payer_id.map(Id::typed),
            staff_id: self.staff_id.map(Id::typed),
            refund: refund(self.refund_id, self.refunded, self.refund_reason.as_deref())?,
        })
    }
}

impl PassRow {
    fn shown(self, left: &Left) -> Result<PassShown> {
        let lots = [self.paid_lot, self.gift_lot].into_iter().flatten();
        Ok(PassShown {
            id: self.id.typed(),
            store_id: self.store_id.typed(),
            at: Instant(self.at),
            service: self.service,
            name: self.name,
            sessions: self.sessions,
            gifts: self.gifts,
            price: self.paid,
            list_price: self.list,
            left: lots.filter_map(|lot| left.get(&lot)).sum(),
            valid_through: self.valid_through.map(Day),
            refund: refund(self.refund_id, self.refunded, self.refund_reason.as_deref())?,
        })
    }
}

fn refund(id: Option<Id>, amount: Option<i64>, reason: Option<&str>) -> Result<Option<RefundShown>> {
    let Some(((id, amount), reason)) = id.zip(amount).zip(reason) else {
        return Ok(None);
    };
    Ok(Some(RefundShown {
        id: id.typed(),
        amount,
        reason: named(reason)?,
    }))
}

/// What is left of lots of a membership.
fn left_of(conn: &mut Conn, (chain, member): (Id, Id), wanted: &[Id]) -> Result<Left> {
    let own = lots::chain_id.eq(chain).and(lots::membership_id.eq(member));
    let rows: Vec<(Id, i64)> = each!(conn, c => lots::table
        .select((lots::id, lots::remaining))
        .filter(own.and(lots::id.eq_any(wanted)))
        .load(c)?);
    Ok(rows.into_iter().collect())
}

pub(super) fn check_membership(conn: &mut Conn, chain: ChainId, id: MembershipId) -> Result<(Id, Option<Id>)> {
    let row = memberships::table.find((Id::from(chain), Id::from(id)));
    let found: Option<(Id, Option<Id>)> = each!(conn, c => row
        .select((memberships::store_id, memberships::customer_id))
        .get_result(c)
        .optional()?);
    Ok(found.ok_or_else(not_found)?)
}

impl Engine {
    /// A membership's top-ups, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn top_ups(&self, actor: &Actor, id: MembershipId, page: &PageArgs) -> Result<Page<TopUpShown>, Refusal> {
        actor.scope(Action::TopUpRead)?;
        let (limit, below) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, member) = (Id::from(actor.chain), Id::from(id));
        let shown = self.read(actor.chain, |conn| {
            check_membership(conn, actor.chain, id)?;
            let own = top_ups::chain_id.eq(chain).and(top_ups::membership_id.eq(member));
            let rows: Vec<TopUpRow> = each!(conn, c => top_ups::table
                .select(TopUpRow::as_select())
                .filter(own.and(top_ups::id.lt(below)))
                .order(top_ups::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?);
            let wanted: Vec<Id> = rows
                .iter()
                .flat_map(|row| [row.principal_lot, row.bonus_lot])
                .flatten()
                .collect();
            let left = left_of(conn, (chain, member), &wanted)?;
            rows.into_iter().map(|row| row.shown(&left)).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(shown, limit, |top_up| top_up.id.to_string()))
    }

    /// A membership's passes, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn passes(&self, actor: &Actor, id: MembershipId, page: &PageArgs) -> Result<Page<PassShown>, Refusal> {
        actor.scope(Action::MembershipRead)?;
        let (limit, below) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, member) = (Id::from(actor.chain), Id::from(id));
        let shown = self.read(actor.chain, |conn| {
            check_membership(conn, actor.chain, id)?;
            let own = passes::chain_id.eq(chain).and(passes::membership_id.eq(member));
            let rows: Vec<PassRow> = each!(conn, c => passes::table
                .select(PassRow::as_select())
                .filter(own.and(passes::id.lt(below)))
                .order(passes::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?);
            let wanted: Vec<Id> = rows
                .iter()
                .flat_map(|row| [row.paid_lot, row.gift_lot])
                .flatten()
                .collect();
            let left = left_of(conn, (chain, member), &wanted)?;
            rows.into_iter().map(|row| row.shown(&left)).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(shown, limit, |pass| pass.id.to_string()))
    }

    /// Uses of a pass, newest first, those that were called off too.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn pass_uses(&self, actor: &Actor, id: BillId, page: &PageArgs) -> Result<Page<PassUseShown>, Refusal> {
        actor.scope(Action::MembershipRead)?;
        let (limit, below) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, pass) = (Id::from(actor.chain), Id::from(id));
        let rows: Vec<UseRow> = self.read(actor.chain, |conn| {
            let there: Option<Id> = each!(conn, c => passes::table
                .find((chain, pass))
                .select(passes::id)
                .get_result(c)
                .optional()?);
            there.ok_or_else(not_found)?;
            let own = pass_uses::chain_id.eq(chain).and(pass_uses::pass_id.eq(pass));
            Ok(each!(conn, c => pass_uses::table
                .select(UseRow::as_select())
                .filter(own.and(pass_uses::id.lt(below)))
                .order(pass_uses::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?))
        })?;
        let shown = |row: UseRow| {
            Ok(PassUseShown {
                id: row.id.typed(),
                store_id: row.store_id.typed(),
                at: Instant(row.at),
                sessions: row.sessions,
                therapist_id: row.therapist_id.typed(),
                confirmation: named(&row.confirmation)?,
                cancelled: row.cancelled_by.is_some(),
            })
        };
        let shown: Vec<PassUseShown> = rows.into_iter().map(shown).collect::<Result<_>>()?;
        Ok(Page::cut(shown, limit, |used| used.id.to_string()))
    }
}
