//! Memberships with their cards, balances and what is missing for the next tier.

use super::cards;
use super::holder::Holders;
use super::{CardView, CustomerBrief, stores_of};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::not_found;
use crate::store::schema::{memberships, stores};
use crate::store::writer::ledger::{LoadedCard, MemberNeed};
use crate::store::writer::load;
use crate::store::{Conn, Id};
use crate::{Engine, Page, PageArgs, each};
use cardea_domain::id::{ChainId, CustomerId, LotId, MembershipId, ProgramId, StoreId};
use cardea_domain::ledger::{Account, Asset, Balance, Member};
use cardea_domain::tier::{NextStep, TierView};
use cardea_domain::{Day, Instant, Minor, Refusal, Zone};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MembershipState {
    Open,
    /// Closed, or past its validity.
    Closed,
}

/// A membership as of the chain's business time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MembershipView {
    pub id: MembershipId,
    pub program_id: ProgramId,
    /// The store that opened it.
    pub store_id: StoreId,
    pub customer: Option<CustomerBrief>,
    pub state: MembershipState,
    pub tier: TierView,
    pub opened_on: Day,
    pub valid_through: Option<Day>,
    pub balances: Vec<Balance>,
    /// Oldest first.
    pub cards: Vec<CardView>,
    /// None on the highest step and after the end.
    pub next_tier: Option<NextStep>,
    /// None on the lowest step, where tiers never fall, and after the end.
    pub tier_review: Option<TierReview>,
    /// What is left to be spent, in the order in which it is.
    pub lots: Vec<LotView>,
}

/// When a tier is reviewed, and what keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TierReview {
    /// Last day of the tier as it stands, grace not counted.
    pub valid_through: Day,
    /// How much more must be paid in the window to keep it, as of today.
    pub missing_paid: Minor,
}

/// A lot with its own dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LotView {
    pub id: LotId,
    pub asset: Asset,
    pub remaining: i64,
    pub opened_on: Day,
    /// First day on which it can be spent, while that is to come.
    pub matures_on: Option<Day>,
    /// Last day on which it can; None: as long as the membership.
    pub valid_through: Option<Day>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = memberships)]
struct Row {
    id: Id,
    program_id: Id,
    store_id: Id,
    opened_on: i32,
    valid_through: Option<i32>,
}

/// A membership with what answers need beside its ledger.
struct Read {
    row: Row,
    /// Of the store that opened it.
    zone: Zone,
    /// Today there.
    today: Day,
    cards: Vec<LoadedCard>,
    /// When its tier was reached or reviewed last.
    tier_since: Option<Day>,
}

impl Engine {
    /// Memberships, newest first; those of one customer if given.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn memberships(
        &self,
        actor: &Actor,
        customer: Option<CustomerId>,
        page: &PageArgs,
    ) -> Result<Page<MembershipView>, Refusal> {
        let scope = actor.scope(Action::MembershipRead)?;
        let (limit, below) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, (all, stores)) = (Id::from(actor.chain), stores_of(&scope));
        let found: Vec<Row> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => {
                let mut query = memberships::table
                    .select(Row::as_select())
                    .filter(memberships::chain_id.eq(chain).and(memberships::id.lt(below)))
                    .filter(all.into_sql::<Bool>().or(memberships::store_id.eq_any(&stores)))
                    .order(memberships::id.desc())
                    .limit(limit as i64 + 1)
                    .into_boxed();
                if let Some(customer) = customer {
                    query = query.filter(memberships::customer_id.eq(Id::from(customer)));
                }
                query.load(c)?
            }))
        })?;
        let page = Page::cut(found, limit, |row| row.id.text());
        let (items, next) = (views(self, actor.chain, page.items)?, page.next);
        Ok(Page { items, next })
    }

    /// One membership.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn membership(&self, actor: &Actor, id: MembershipId) -> Result<MembershipView, Refusal> {
        actor.scope(Action::MembershipRead)?;
        let row = self
            .read(actor.chain, |conn| find(conn, actor.chain, id))?
            .ok_or_else(not_found)?;
        actor.require(Action::MembershipRead, Some(row.store_id.typed()))?;
        views(self, actor.chain, vec![row])?.pop().ok_or_else(not_found)
    }
}

fn find(conn: &mut Conn, chain: ChainId, id: MembershipId) -> Result<Option<Row>> {
    Ok(each!(conn, c => memberships::table
        .find((Id::from(chain), Id::from(id)))
        .select(Row::as_select())
        .get_result(c)
        .optional()?))
}

fn views(engine: &Engine, chain: ChainId, rows: Vec<Row>) -> Result<Vec<MembershipView>> {
    let now = engine.clock().business(chain);
    let read = engine.read(chain, |conn| {
        let zones = zones(conn, chain, &rows)?;
        let with_cards = rows.into_iter().map(|row| {
            let zone = zones.get(&row.store_id).copied().unwrap_or(Zone::UTC);
            let id = row.id.typed();
            Ok(Read {
                today: zone.day_of(now),
                cards: load::cards_of(conn, chain, id)?,
                tier_since: load::tier_since(conn, chain, id)?,
                row,
                zone,
            })
        });
        with_cards.collect::<Result<Vec<_>>>()
    })?;
    let mut needs = Vec::with_capacity(read.len());
    for Read { row, today, .. } in &read {
        let ladder = engine.ladder_at(chain, row.program_id.typed(), now)?;
        needs.push(MemberNeed {
            id: row.id.typed(),
            paid_since: Some(ladder.window_start(*today)),
            upgrades: false,
        });
    }
    let holders = Holders::load(engine, chain, &needs)?;
    read.into_iter().map(|read| view(read, &holders)).collect()
}

/// The zones of the stores that opened the memberships.
fn zones(conn: &mut Conn, chain: ChainId, rows: &[Row]) -> Result<HashMap<Id, Zone>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.store_id).collect();
    let found: Vec<(Id, String)> = each!(conn, c => stores::table
        .select((stores::id, stores::time_zone))
        .filter(stores::chain_id.eq(Id::from(chain)).and(stores::id.eq_any(&ids)))
        .load(c)?);
    found
        .into_iter()
        .map(|(id, zone)| Ok((id, super::named(&zone)?)))
        .collect()
}

fn view(read: Read, holders: &Holders) -> Result<MembershipView> {
    let Read {
        row,
        zone,
        today,
        cards,
        tier_since,
    } = read;
    let id: MembershipId = row.id.typed();
    let member = holders
        .member(id)
        .ok_or_else(|| Error::internal(format!("membership {id} has gone")))?;
    let open = member.check_open(holders.now).is_ok();
    let ladder = holders.ladder(member).filter(|_| open);
    let next = |ladder: &cardea_domain::tier::Ladder| {
        ladder.next_step(&member.tier, ladder.window_sum(&member.paid_by_day, today))
    };
    let review = |ladder: &cardea_domain::tier::Ladder| {
        let threshold = ladder.step(&member.tier)?.threshold;
        let paid = ladder.window_sum(&member.paid_by_day, today);
        Some(TierReview {
            valid_through: ladder.tier_until(&member.tier, tier_since?)?,
            missing_paid: (threshold - paid).max(0),
        })
    };
    Ok(MembershipView {
        id,
        program_id: member.program,
        store_id: member.store,
        customer: holders.customer(member),
        state: if open {
            MembershipState::Open
        } else {
            MembershipState::Closed
        },
        tier: holders.tier(member),
        opened_on: Day(row.opened_on),
        valid_through: row.valid_through.map(Day),
        balances: member.balances(holders.now),
        cards: cards
            .into_iter()
            .map(|card| cards::view(card, holders))
            .collect::<Result<_>>()?,
        next_tier: ladder.and_then(next),
        tier_review: ladder.and_then(review),
        lots: if open {
            lots(member, zone, holders.now)
        } else {
            Vec::new()
        },
    })
}

/// Lots that can be spent, now or once they have matured.
fn lots(member: &Member, zone: Zone, now: Instant) -> Vec<LotView> {
    let of_account = |(asset, account): (&Asset, &Account)| {
        let live = account.lots.iter().filter(|lot| !lot.terms.expired(now)).cloned();
        let asset = asset.clone();
        live.map(move |lot| LotView {
            id: lot.id,
            asset: asset.clone(),
            remaining: lot.remaining,
            opened_on: zone.day_of(lot.opened_at),
            matures_on: lot
                .terms
                .matures_at
                .filter(|_| lot.terms.maturing(now))
                .map(|at| zone.day_of(at)),
            valid_through: lot.terms.expires_at.map(|end| zone.day_of(Instant(end.0 - 1))),
        })
        .collect::<Vec<_>>()
    };
    member.accounts.iter().flat_map(of_account).collect()
}
