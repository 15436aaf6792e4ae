//! Memberships with their cards, balances and what is missing for the next tier.

use super::cards;
use super::holder::Holders;
use super::pool::{self, MembershipPool};
use super::{Card, CardHolder, CardShown, CustomerBrief, stores_of};
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
use cardea_domain::measure::{Figure, PAID};
use cardea_domain::tier::{Needed, NextStep, TierView};
use cardea_domain::{Day, Instant, Minor, Refusal, Zone, named};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

named! {
pub enum MembershipState {
    Open = "open",
    /// Closed, or past its validity.
    Closed = "closed",
}
}

// As of the chain's business time; `C` and `H` are what is told of the customer and of the cards' holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Membership<C, H> {
    #[schema(value_type = Uuid)]
    pub id: MembershipId,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// The store that opened it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Option<CustomerShown>)]
    pub customer: Option<C>,
    pub state: MembershipState,
    pub tier: TierView,
    #[schema(value_type = String, format = Date)]
    pub opened_on: Day,
    /// Last valid day, in the issuing store's zone; null: no end.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    pub balances: Vec<Balance>,
    /// The family pool it is in, with what can be spent beside its own; null without one, and after the end.
    pub pool: Option<MembershipPool>,
    // Oldest first.
    #[schema(value_type = Vec<CardShown>)]
    pub cards: Vec<Card<H>>,
    /// null on the highest step and after the end.
    pub next_tier: Option<NextStep>,
    /// null on the lowest step, where tiers never fall, and after the end.
    pub tier_review: Option<TierReview>,
    /// What is left to be spent, in the order in which it is.
    pub lots: Vec<Lot>,
}

/// A membership as queries find it.
pub type MembershipView = Membership<CustomerBrief, CustomerBrief>;

/// A membership as the interface shows it.
pub type MembershipShown = Membership<CustomerShown, CardHolder>;

/// A customer as a till shows it: never more than the surname.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerShown {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    /// Surname and form of address, in the language of `Accept-Language`.
    #[schema(example = "王女士")]
    pub display: String,
}

/// When the tier is reviewed, or ends where it was set by hand, and what keeps it (D-TIER-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MembershipTierReview)]
pub struct TierReview {
    /// Last day of the tier as it stands, grace not counted.
    #[schema(value_type = String, format = Date)]
    pub valid_through: Day,
    /// How much more must be paid in the window to keep it at the review, minor units; 0 where it asks for other figures.
    #[schema(value_type = i64)]
    pub missing_paid: Minor,
    /// Whether it was set by hand; then there is no review, and the figures decide what follows.
    pub manual: bool,
    /// All that keeps it, with what counts at the review so far; null for a tier that the ladder no longer has.
    pub keeps: Option<Needed>,
    /// The tier that follows if nothing is added until then.
    pub then: TierView,
}

/// Points with dates of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lot {
    #[schema(value_type = Uuid)]
    pub id: LotId,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    pub remaining: i64,
    #[schema(value_type = String, format = Date)]
    pub opened_on: Day,
    /// First day on which they can be spent, while that is to come.
    #[schema(value_type = Option<String>, format = Date)]
    pub matures_on: Option<Day>,
    /// Last day on which they can; null: as long as the membership.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MembershipQuery {
    /// Only those of this customer.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl MembershipView {
    /// The same membership with something else told of its customer.
    pub fn told<C, H>(
        self,
        customer: impl FnOnce(CustomerBrief) -> C,
        holder: impl Fn(CustomerBrief) -> H,
    ) -> Membership<C, H> {
        Membership {
            id: self.id,
            program_id: self.program_id,
            store_id: self.store_id,
            customer: self.customer.map(customer),
            state: self.state,
            tier: self.tier,
            opened_on: self.opened_on,
            valid_through: self.valid_through,
            balances: self.balances,
            pool: self.pool,
            cards: self.cards.into_iter().map(|card| card.told(&holder)).collect(),
            next_tier: self.next_tier,
            tier_review: self.tier_review,
            lots: self.lots,
        }
    }
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
            figures: ladder.wanted(*today),
            upgrades: false,
        });
    }
    let holders = Holders::load(engine, chain, &needs)?;
    let views = read.into_iter().map(|read| view(read, &holders));
    let mut views = views.collect::<Result<Vec<_>>>()?;
    engine.read(chain, |conn| {
        for view in views.iter_mut().filter(|view| view.state == MembershipState::Open) {
            if let Some(member) = holders.member(view.id) {
                view.pool = pool::of(conn, chain, member, holders.now)?;
            }
        }
        Ok(())
    })?;
    Ok(views)
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
    let standing = |ladder: &cardea_domain::tier::Ladder| {
        let standing = ladder.standing(member, tier_since, today);
        let review = standing.valid_through.zip(standing.then).map(|(valid_through, then)| {
            let keeps = standing.keeps.as_ref();
            let paid = keeps.and_then(|keeps| keeps.of.iter().find(|figure| figure.measure == PAID));
            TierReview {
                valid_through,
                missing_paid: paid.map_or(0, Figure::missing),
                manual: member.below.is_some(),
                keeps: keeps.map(Needed::of),
                then,
            }
        });
        (standing.next, review)
    };
    let (next_tier, tier_review) = ladder.map(standing).unwrap_or_default();
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
        pool: None,
        cards: cards
            .into_iter()
            .map(|card| cards::view(card, holders))
            .collect::<Result<_>>()?,
        next_tier,
        tier_review,
        lots: if open {
            lots(member, zone, holders.now)
        } else {
            Vec::new()
        },
    })
}

/// Lots that can be spent, now or once they have matured.
pub(super) fn lots(member: &Member, zone: Zone, now: Instant) -> Vec<Lot> {
    let of_account = |(asset, account): (&Asset, &Account)| {
        let live = account.lots.iter().filter(|lot| !lot.terms.expired(now)).cloned();
        let asset = asset.clone();
        live.map(move |lot| Lot {
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
