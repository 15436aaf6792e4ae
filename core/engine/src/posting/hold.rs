//! Points (or value) set aside, and what becomes of them.

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found};
use crate::page::PageArgs;
use crate::store::schema::holds;
use crate::store::writer::load;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, Page, each};
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, HoldState};
use cardea_domain::sale::{Context, HOLD_MINUTES, check_hold, decide_capture};
use cardea_domain::{Code, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Most that one hold sets aside.
const MOST: i64 = 1_000_000_000_000;

/// What is to be set aside; of the holder of a card, or of a membership.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// Number of the card presented; it has to be usable, and its loss lets the hold go. A dynamic code isn't taken here.
    pub card: Option<String>,
    /// In place of a card.
    #[schema(value_type = Option<Uuid>)]
    pub membership_id: Option<MembershipId>,
    /// `points`, also if absent.
    #[serde(default = "super::points")]
    #[schema(value_type = Option<String>, example = "points")]
    pub asset: Asset,
    /// Points, sessions, or minor units of value.
    #[schema(minimum = 1, example = 300)]
    pub amount: i64,
    /// For how long, at most 7 days.
    #[schema(minimum = 1, maximum = 10_080, example = 30)]
    pub minutes: i64,
    /// What for; no personal data.
    #[schema(min_length = 1, max_length = 100, example = "预订礼品")]
    pub purpose: String,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
}

/// What of a hold is to be spent.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCapture {
    /// In the unit of what is held, at most that; what is over is free again.
    #[schema(minimum = 1, example = 300)]
    pub amount: i64,
    /// The store that spends it; the one that held if absent.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
}

/// Nothing needs to be said.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRelease {}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Hold)]
pub struct HoldView {
    #[schema(value_type = Uuid)]
    pub id: HoldId,
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    #[schema(value_type = Option<Uuid>)]
    pub card_id: Option<CardId>,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// What was set aside: points, sessions, or minor units of value.
    #[schema(minimum = 1, example = 300)]
    pub amount: i64,
    /// What was spent of it, in the same unit: less than was asked where lots had expired meanwhile.
    pub captured: i64,
    pub purpose: String,
    /// As of now: `expired` once its time is over.
    pub state: HoldState,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// First instant at which it no longer holds.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Instant>,
    /// The entry of its capture.
    #[schema(value_type = Option<Uuid>)]
    pub entry_id: Option<EntryId>,
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HoldQuery {
    #[param(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = holds, primary_key(chain_id, id), treat_none_as_null = true)]
struct Row {
    chain_id: Id,
    id: Id,
    membership_id: Id,
    card_id: Option<Id>,
    store_id: Id,
    staff_id: Option<Id>,
    asset: String,
    amount: i64,
    captured: i64,
    purpose: String,
    state: Name<HoldState>,
    created_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
    entry_id: Option<Id>,
}

impl Row {
    fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<Self>> {
        let own = holds::table.find((Id::from(chain), id));
        Ok(each!(conn, c => own.select(Row::as_select()).get_result(c).optional()?))
    }

    fn save(&self, conn: &mut Conn) -> Result<()> {
        each!(conn, c => diesel::update(holds::table.find((self.chain_id, self.id))).set(self).execute(c)?);
        Ok(())
    }

    fn state(&self, now: Instant) -> HoldState {
        self.state.0.at(Instant(self.expires_at), now)
    }

    fn view(self, now: Instant) -> HoldView {
        HoldView {
            id: self.id.typed(),
            membership_id: self.membership_id.typed(),
            card_id: self.card_id.map(Id::typed),
            store_id: self.store_id.typed(),
            state: self.state(now),
            asset: Asset(self.asset),
            amount: self.amount,
            captured: self.captured,
            purpose: self.purpose,
            created_at: Instant(self.created_at),
            expires_at: Instant(self.expires_at),
            ended_at: self.ended_at.map(Instant),
            entry_id: self.entry_id.map(Id::typed),
        }
    }
}

impl NewHold {
    fn check(mut self) -> Result<Self, Refusal> {
        self.purpose = input::text(&self.purpose, 100, "/purpose")?;
        if !(1..=MOST).contains(&self.amount) {
            return Err(field("/amount", "须为 1–1000000000000", "From 1 to 1000000000000"));
        }
        if !(1..=HOLD_MINUTES).contains(&self.minutes) {
            return Err(field(
                "/minutes",
                "须为 1–10080 分钟（最长 7 天）",
                "1–10080 minutes: at most 7 days",
            ));
        }
        if self.card.is_some() == self.membership_id.is_some() {
            let (zh, en) = ("卡号和会籍只填一个", "Either a card or a membership");
            return Err(field("/card", zh, en));
        }
        Ok(self)
    }
}

fn hold(
    tx: &mut Tx<'_>,
    context: &Context,
    (membership, card): (MembershipId, Option<CardId>),
    new: &NewHold,
) -> Result<Answer> {
    let (chain, now) = (tx.chain(), super::now(context, tx).now);
    if let Some(id) = card {
        let card = load::card(tx.conn(), chain, id)?.ok_or_else(not_found)?;
        card.check_usable(now)?;
    }
    let member = super::member(tx, membership)?;
    check_hold(&member, &new.asset, new.amount, now)?;
    let id: HoldId = tx.new_id();
    let row = Row {
        chain_id: chain.into(),
        id: id.into(),
        membership_id: membership.into(),
        card_id: card.map(Id::from),
        store_id: new.store_id.into(),
        staff_id: tx.actor().staff.map(Id::from),
        asset: new.asset.0.clone(),
        amount: new.amount,
        captured: 0,
        purpose: new.purpose.clone(),
        state: Name(HoldState::Open),
        created_at: now.0,
        expires_at: now.plus_minutes(new.minutes).0,
        ended_at: None,
        entry_id: None,
    };
    each!(tx.conn(), c => diesel::insert_into(holds::table).values(&row).execute(c)?);
    let detail =
        json!({ "membership_id": membership, "asset": new.asset, "amount": new.amount, "minutes": new.minutes });
    tx.audit("hold.create", id.0, detail);
    Answer::created(&Stored::of(id))
}

/// An open hold.
fn open(tx: &mut Tx<'_>, id: HoldId) -> Result<Row> {
    let (chain, now) = (tx.chain(), tx.business_now());
    let row = Row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    row.state(now).check_open()?;
    Ok(row)
}

fn capture(tx: &mut Tx<'_>, context: &Context, id: HoldId, amount: i64) -> Result<Answer> {
    let mut row = open(tx, id)?;
    let context = super::now(context, tx);
    let mut member = super::member(tx, row.membership_id.typed())?;
    let held = member.holds.iter().find(|hold| hold.id == id).cloned();
    let held = held.ok_or_else(|| Error::internal("an open hold that wasn't loaded"))?;
    let captured = decide_capture(&mut member, &held, amount, &row.purpose, &context, tx.ids())?;
    row.captured = captured.amount;
    row.entry_id = captured.rows.entries.first().map(|entry| entry.id.into());
    row.state = Name(HoldState::Captured);
    row.ended_at = Some(context.now.0);
    row.save(tx.conn())?;
    tx.book(captured.rows);
    tx.audit(
        "hold.capture",
        id.0,
        json!({ "asked": amount, "captured": captured.amount }),
    );
    Answer::ok(&Stored::of(id))
}

fn release(tx: &mut Tx<'_>, id: HoldId) -> Result<Answer> {
    let mut row = open(tx, id)?;
    row.state = Name(HoldState::Released);
    row.ended_at = Some(tx.business_now().0);
    row.save(tx.conn())?;
    tx.audit("hold.release", id.0, json!({ "amount": row.amount }));
    Answer::ok(&Stored::of(id))
}

/// Writes down that the time of some holds is over; how many.
pub(crate) fn end_late_holds(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let (chain, now) = (tx.chain(), tx.business_now().0);
    let late = holds::chain_id
        .eq(Id::from(chain))
        .and(holds::state.eq(Name(HoldState::Open)))
        .and(holds::expires_at.le(now));
    let rows: Vec<Row> = each!(tx.conn(), c => holds::table
        .select(Row::as_select())
        .filter(late)
        .order((holds::expires_at, holds::id))
        .limit(limit)
        .load(c)?);
    let ended = rows.len() as u64;
    for mut row in rows {
        row.state = Name(HoldState::Expired);
        row.ended_at = Some(row.expires_at);
        row.save(tx.conn())?;
    }
    Ok(ended)
}

impl Engine {
    /// Sets points or value aside.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `card_blocked`, `membership_closed`, `insufficient_points`,
    /// `insufficient_value`.
    pub async fn hold(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewHold,
    ) -> Result<Written<HoldView>, Refusal> {
        actor.require(Action::HoldWrite, Some(new.store_id))?;
        let new = new.check()?;
        let card = match &new.card {
            Some(number) => {
                let found = self.read(actor.chain, |conn| load::card_by_number(conn, actor.chain, number))?;
                let missing = || Refusal::new(Code::NotFound, "没有这张卡", "There is no such card").at("/card");
                Some(found.ok_or_else(missing)?.card)
            }
            None => None,
        };
        let of_card = card.as_ref().map(|card| card.membership);
        let membership = of_card.or(new.membership_id).ok_or_else(not_found)?;
        let context = super::context(self, actor, membership, new.store_id)?;
        let holder = (membership, card.map(|card| card.id));
        let work = move |tx: &mut Tx<'_>| hold(tx, &context, holder, &new);
        let answered = self.transact(actor, key, "hold.create", work).await?;
        Written::read(answered, |id| self.hold_view(actor, Id(id)))
    }

    /// Spends what is held, or part of it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `hold_ended`, `field_invalid`.
    pub async fn capture_hold(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: HoldId,
        new: NewCapture,
    ) -> Result<Written<HoldView>, Refusal> {
        let hold = self.hold_view(actor, id.into())?;
        let store = new.store_id.unwrap_or(hold.store_id);
        actor.require(Action::HoldWrite, Some(store))?;
        if new.amount < 1 {
            return Err(field("/amount", "须至少为 1", "At least 1"));
        }
        let context = super::context(self, actor, hold.membership_id, store)?;
        let work = move |tx: &mut Tx<'_>| capture(tx, &context, id, new.amount);
        let answered = self.transact(actor, key, "hold.capture", work).await?;
        Written::read(answered, |id| self.hold_view(actor, Id(id)))
    }

    /// Lets go what is held.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `hold_ended`.
    pub async fn release_hold(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: HoldId,
    ) -> Result<Written<HoldView>, Refusal> {
        let hold = self.hold_view(actor, id.into())?;
        actor.require(Action::HoldWrite, Some(hold.store_id))?;
        let answered = self
            .transact(actor, key, "hold.release", move |tx| release(tx, id))
            .await?;
        Written::read(answered, |id| self.hold_view(actor, Id(id)))
    }

    fn hold_view(&self, actor: &Actor, id: Id) -> Result<HoldView> {
        let row = self.read(actor.chain, |conn| Row::find(conn, actor.chain, id))?;
        let now = self.clock().business(actor.chain);
        Ok(row.ok_or_else(not_found)?.view(now))
    }

    /// One hold.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn one_hold(&self, actor: &Actor, id: HoldId) -> Result<HoldView, Refusal> {
        actor.scope(Action::HoldWrite)?;
        Ok(self.hold_view(actor, id.into())?)
    }

    /// A membership's holds, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn holds(&self, actor: &Actor, query: &HoldQuery) -> Result<Page<HoldView>, Refusal> {
        actor.scope(Action::MembershipRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, below) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let own = holds::chain_id
            .eq(Id::from(actor.chain))
            .and(holds::membership_id.eq(Id::from(query.membership_id)));
        let rows: Vec<Row> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => holds::table
                .select(Row::as_select())
                .filter(own.and(holds::id.lt(below)))
                .order(holds::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?))
        })?;
        let now = self.clock().business(actor.chain);
        let items = rows.into_iter().map(|row| row.view(now)).collect();
        Ok(Page::cut(items, limit, |hold: &HoldView| hold.id.to_string()))
    }
}
