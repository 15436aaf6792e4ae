//! Exchanges on their way to their members: what waits at a store, what is ready, who fetched it.

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::{Action, StoreScope};
use crate::input::{Stored, Written, field, not_found};
use crate::page::{Page, PageArgs};
use crate::resource::{VersionedRow, wanted};
use crate::store::schema::{reward_claims, stores};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::*;
use cardea_domain::sale::{ClaimState, Collector, RewardRules};
use cardea_domain::{Day, Instant, Refusal, Text, Zone};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = reward_claims)]
struct ClaimRow {
    chain_id: Id,
    bill_id: Id,
    reward_id: Id,
    membership_id: Id,
    store_id: Id,
    quantity: i64,
    state: Name<ClaimState>,
    applied_at: i64,
    ready_at: Option<i64>,
    collect_by: Option<i32>,
    collected_at: Option<i64>,
    collector: Option<String>,
    staff_id: Option<Id>,
}

/// How an exchange reaches its member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RewardClaim {
    #[schema(value_type = Uuid)]
    pub redemption_id: BillId,
    #[schema(value_type = Uuid)]
    pub reward_id: RewardId,
    /// The reward's name.
    pub name: Text,
    /// Pieces of it.
    pub quantity: i64,
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// Where it is fetched.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub state: ClaimState,
    #[schema(value_type = String, format = DateTime)]
    pub applied_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ready_at: Option<Instant>,
    /// The last day on which it can be fetched; afterwards it is cancelled, and its points go back.
    #[schema(value_type = Option<String>, format = Date)]
    pub collect_by: Option<Day>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub collected_at: Option<Instant>,
    pub collector: Option<Collector>,
    /// Who handed it over, or put it aside.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClaimQuery {
    /// Only those of this store.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// Only those of this membership.
    #[param(value_type = Option<Uuid>)]
    pub membership_id: Option<MembershipId>,
    /// Only those in this state.
    #[param(inline)]
    pub state: Option<ClaimState>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Nothing needs to be said.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadyReward {}

/// Who fetches it.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectReward {
    pub collector: Collector,
    /// Confirms that the card, or the identity document of who fetches it, was looked at.
    pub identity_checked: bool,
}

fn find(conn: &mut Conn, chain: ChainId, bill: Id) -> Result<Option<ClaimRow>> {
    let row = reward_claims::table.find((Id::from(chain), bill));
    Ok(each!(conn, c => row.select(ClaimRow::as_select()).get_result(c).optional()?))
}

fn reward(conn: &mut Conn, chain: ChainId, id: Id) -> Result<super::Row> {
    super::Row::find(conn, chain, id)?.ok_or_else(|| Error::internal("a claim without a reward"))
}

fn view(conn: &mut Conn, chain: ChainId, row: ClaimRow) -> Result<RewardClaim> {
    let reward = reward(conn, chain, row.reward_id)?;
    let collector = row.collector.map(|name| name.parse().map_err(Error::internal));
    Ok(RewardClaim {
        redemption_id: row.bill_id.typed(),
        reward_id: row.reward_id.typed(),
        name: Text::new(reward.name_zh, reward.name_en),
        quantity: row.quantity,
        membership_id: row.membership_id.typed(),
        store_id: row.store_id.typed(),
        state: row.state.0,
        applied_at: Instant(row.applied_at),
        ready_at: row.ready_at.map(Instant),
        collect_by: row.collect_by.map(Day),
        collected_at: row.collected_at.map(Instant),
        collector: collector.transpose()?,
        staff_id: row.staff_id.map(Id::typed),
    })
}

/// A claim at a store where the actor exchanges.
fn at_work(tx: &mut Tx<'_>, id: BillId) -> Result<ClaimRow> {
    let chain = tx.chain();
    let row = find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    tx.actor().require(Action::RedemptionPost, Some(row.store_id.typed()))?;
    Ok(row)
}

fn zone(conn: &mut Conn, row: &ClaimRow) -> Result<Zone> {
    let store = stores::table.find((row.chain_id, row.store_id));
    let name: String = each!(conn, c => store.select(stores::time_zone).get_result(c)?);
    name.parse().map_err(Error::internal)
}

/// Exchanges whose last day is over in their store's zone and whose pieces nobody has fetched, with their stores. `today`: in
/// the chain's zone.
pub(crate) fn not_fetched(
    conn: &mut Conn,
    chain: ChainId,
    (today, now): (Day, Instant),
) -> Result<Vec<(BillId, StoreId)>> {
    let late = reward_claims::chain_id
        .eq(Id::from(chain))
        .and(reward_claims::state.eq(Name(ClaimState::Ready)))
        .and(reward_claims::collect_by.le(Some(today.0)).assume_not_null());
    let rows: Vec<ClaimRow> = each!(conn, c => reward_claims::table
        .select(ClaimRow::as_select())
        .filter(late)
        .order(reward_claims::bill_id)
        .load(c)?);
    let mut over = Vec::new();
    for row in rows {
        let today = zone(conn, &row)?.day_of(now);
        if row.collect_by.is_some_and(|last| last < today.0) {
            over.push((row.bill_id.typed(), row.store_id.typed()));
        }
    }
    Ok(over)
}

impl Engine {
    fn claim_view(&self, chain: ChainId, id: Id) -> Result<RewardClaim> {
        self.read(chain, |conn| {
            let row = find(conn, chain, id)?.ok_or_else(not_found)?;
            view(conn, chain, row)
        })
    }

    /// Exchanges of one's stores, newest first: what waits there, what was fetched.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn reward_claims(&self, actor: &Actor, query: &ClaimQuery) -> Result<Page<RewardClaim>, Refusal> {
        let scope = actor.scope(Action::RedemptionPost)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, nil) = (actor.chain, Id(Uuid::nil()));
        let (all, own): (bool, Vec<Id>) = match scope {
            StoreScope::All => (true, Vec::new()),
            StoreScope::Only(stores) => (false, stores.into_iter().map(Id::from).collect()),
        };
        let seen = all.into_sql::<Bool>().or(reward_claims::store_id.eq_any(own));
        let store = query.store_id.map_or(nil, Id::from);
        let store = wanted!(query.store_id, reward_claims::store_id.eq(store));
        let member = query.membership_id.map_or(nil, Id::from);
        let member = wanted!(query.membership_id, reward_claims::membership_id.eq(member));
        let state = Name(query.state.unwrap_or_default());
        let state = wanted!(query.state, reward_claims::state.eq(state));
        let views = self.read(chain, |conn| {
            let mine = reward_claims::chain_id.eq(Id::from(chain));
            let rows: Vec<ClaimRow> = each!(conn, c => reward_claims::table
                .select(ClaimRow::as_select())
                .filter(mine.and(reward_claims::bill_id.lt(before)))
                .filter(seen)
                .filter(store)
                .filter(member)
                .filter(state)
                .order(reward_claims::bill_id.desc())
                .limit(limit as i64 + 1)
                .load(c)?);
            rows.into_iter()
                .map(|row| view(conn, chain, row))
                .collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(views, limit, |claim| claim.redemption_id.to_string()))
    }

    /// Says that the pieces of an exchange wait at the store.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `claim_state`.
    pub async fn make_ready(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: BillId,
    ) -> Result<Written<RewardClaim>, Refusal> {
        actor.scope(Action::RedemptionPost)?;
        let work = move |tx: &mut Tx<'_>| {
            let (row, now) = (at_work(tx, id)?, tx.business_now());
            let state = row.state.0.step(ClaimState::Ready)?;
            let today = zone(tx.conn(), &row)?.day_of(now);
            let chain = tx.chain();
            let reward = reward(tx.conn(), chain, row.reward_id)?;
            let rules: RewardRules = serde_json::from_str(&reward.rules)?;
            let until = rules.collect_by(today).map(|day| day.0);
            let staff = tx.actor().staff.map(Id::from);
            each!(tx.conn(), c => diesel::update(reward_claims::table.find((row.chain_id, row.bill_id)))
                .set((
                    reward_claims::state.eq(Name(state)),
                    reward_claims::ready_at.eq(Some(now.0)),
                    reward_claims::collect_by.eq(until),
                    reward_claims::staff_id.eq(staff),
                ))
                .execute(c)?);
            tx.audit("redemption.ready", id.0, json!({ "collect_by": until.map(Day) }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "redemption.ready", work).await?;
        Written::read(answered, |id| self.claim_view(actor.chain, Id(id)))
    }

    /// Hands over the pieces of an exchange.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `claim_state`; `field_invalid` where nobody has looked at who fetches them.
    pub async fn collect_reward(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: BillId,
        by: CollectReward,
    ) -> Result<Written<RewardClaim>, Refusal> {
        actor.scope(Action::RedemptionPost)?;
        if !by.identity_checked {
            let (zh, en) = (
                "请先核对领取人的会员卡或身份证件",
                "Look at the card or the identity document first",
            );
            return Err(field("/identity_checked", zh, en));
        }
        let work = move |tx: &mut Tx<'_>| {
            let (row, now) = (at_work(tx, id)?, tx.business_now());
            let state = row.state.0.step(ClaimState::Collected)?;
            let staff = tx.actor().staff.map(Id::from);
            each!(tx.conn(), c => diesel::update(reward_claims::table.find((row.chain_id, row.bill_id)))
                .set((
                    reward_claims::state.eq(Name(state)),
                    reward_claims::collected_at.eq(Some(now.0)),
                    reward_claims::collector.eq(Some(by.collector.as_str())),
                    reward_claims::staff_id.eq(staff),
                ))
                .execute(c)?);
            tx.audit(
                "redemption.collect",
                id.0,
                json!({ "collector": by.collector, "identity_checked": true }),
            );
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "redemption.collect", work).await?;
        Written::read(answered, |id| self.claim_view(actor.chain, Id(id)))
    }
}
