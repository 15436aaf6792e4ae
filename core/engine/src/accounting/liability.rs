//! What members have at the end of a day: lots by the store that issued them and by age, from what is left of them now and
//! what has moved since. Days near today cost little, those of years ago one pass over all lots and entries.

use super::check_past;
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::field;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use cardea_domain::accounting::{Ages, Cutoff};
use cardea_domain::id::{ChainId, ProgramId, StoreId};
use cardea_domain::ledger::Asset;
use cardea_domain::{Day, Instant, Refusal};
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

statements! {
    SelectLeft -> (Binary, Nullable<Binary>, Text, Integer, BigInt) =
        "SELECT m.program_id, o.store_id, l.asset, CASE WHEN l.opened_at >= ? THEN 0 WHEN l.opened_at >= ? THEN 1 \
         WHEN l.opened_at >= ? THEN 2 ELSE 3 END AS class, CAST(SUM(l.remaining) AS BIGINT) FROM lots l \
         JOIN entries o ON o.chain_id = l.chain_id AND o.membership_id = l.membership_id AND o.id = l.entry_id \
         JOIN memberships m ON m.chain_id = l.chain_id AND m.id = l.membership_id \
         WHERE l.chain_id = ? AND l.remaining > 0 GROUP BY m.program_id, o.store_id, l.asset, class";
    SelectOpenedSince -> (Binary, Nullable<Binary>, Text, Integer, BigInt) =
        "SELECT m.program_id, e.store_id, l.asset, CASE WHEN l.opened_at >= ? THEN 0 WHEN l.opened_at >= ? THEN 1 \
         WHEN l.opened_at >= ? THEN 2 ELSE 3 END AS class, CAST(-SUM(l.amount) AS BIGINT) FROM entries e \
         JOIN lots l ON l.chain_id = e.chain_id AND l.membership_id = e.membership_id AND l.entry_id = e.id \
         JOIN memberships m ON m.chain_id = e.chain_id AND m.id = e.membership_id \
         WHERE e.chain_id = ? AND e.occurred_at >= ? GROUP BY m.program_id, e.store_id, l.asset, class";
    SelectMovedSince -> (Binary, Nullable<Binary>, Text, Integer, BigInt) =
        "SELECT m.program_id, o.store_id, l.asset, CASE WHEN l.opened_at >= ? THEN 0 WHEN l.opened_at >= ? THEN 1 \
         WHEN l.opened_at >= ? THEN 2 ELSE 3 END AS class, CAST(-SUM(v.delta) AS BIGINT) FROM entries e \
         JOIN lot_moves v ON v.chain_id = e.chain_id AND v.entry_id = e.id \
         JOIN lots l ON l.chain_id = e.chain_id AND l.membership_id = e.membership_id AND l.id = v.lot_id \
         JOIN entries o ON o.chain_id = l.chain_id AND o.membership_id = l.membership_id AND o.id = l.entry_id \
         JOIN memberships m ON m.chain_id = e.chain_id AND m.id = e.membership_id \
         WHERE e.chain_id = ? AND e.occurred_at >= ? GROUP BY m.program_id, o.store_id, l.asset, class";
    // The same two, where most of the books have moved since: a membership's rows lie together, what happened at a time doesn't.
    SelectOpenedOfAll -> (Binary, Nullable<Binary>, Text, Integer, BigInt) =
        "SELECT m.program_id, e.store_id, l.asset, CASE WHEN l.opened_at >= ? THEN 0 WHEN l.opened_at >= ? THEN 1 \
         WHEN l.opened_at >= ? THEN 2 ELSE 3 END AS class, CAST(-SUM(l.amount) AS BIGINT) FROM lots l \
         CROSS JOIN entries e CROSS JOIN memberships m WHERE l.chain_id = ? AND +e.occurred_at >= ? \
         AND e.chain_id = l.chain_id AND e.membership_id = l.membership_id AND e.id = l.entry_id \
         AND m.chain_id = l.chain_id AND m.id = l.membership_id GROUP BY m.program_id, e.store_id, l.asset, class";
    SelectMovedOfAll -> (Binary, Nullable<Binary>, Text, Integer, BigInt) =
        "SELECT m.program_id, o.store_id, l.asset, CASE WHEN l.opened_at >= ? THEN 0 WHEN l.opened_at >= ? THEN 1 \
         WHEN l.opened_at >= ? THEN 2 ELSE 3 END AS class, CAST(-SUM(v.delta) AS BIGINT) FROM lots l \
         CROSS JOIN lot_moves v CROSS JOIN entries e CROSS JOIN entries o CROSS JOIN memberships m \
         WHERE l.chain_id = ? AND +e.occurred_at >= ? AND v.chain_id = l.chain_id AND v.lot_id = l.id \
         AND e.chain_id = l.chain_id AND e.membership_id = l.membership_id AND e.id = v.entry_id \
         AND o.chain_id = l.chain_id AND o.membership_id = l.membership_id AND o.id = l.entry_id \
         AND m.chain_id = l.chain_id AND m.id = l.membership_id GROUP BY m.program_id, o.store_id, l.asset, class";
    CountSince -> (BigInt,) = "SELECT COUNT(*) FROM entries WHERE chain_id = ? AND occurred_at >= ?";
    CountAll -> (BigInt,) = "SELECT COUNT(*) FROM entries WHERE chain_id = ?";
    SelectBalances -> (Binary, Text, BigInt) =
        "SELECT m.program_id, a.asset, CAST(SUM(a.balance) AS BIGINT) FROM accounts a \
         JOIN memberships m ON m.chain_id = a.chain_id AND m.id = a.membership_id \
         WHERE a.chain_id = ? GROUP BY m.program_id, a.asset";
    SelectEntriesSince -> (Binary, Text, BigInt) =
        "SELECT m.program_id, e.asset, CAST(SUM(e.amount) AS BIGINT) FROM entries e \
         JOIN memberships m ON m.chain_id = e.chain_id AND m.id = e.membership_id \
         WHERE e.chain_id = ? AND e.occurred_at >= ? GROUP BY m.program_id, e.asset";
    SelectEntriesOfAll -> (Binary, Text, BigInt) =
        "SELECT m.program_id, e.asset, CAST(SUM(e.amount) AS BIGINT) FROM entries e \
         CROSS JOIN memberships m WHERE e.chain_id = ? AND +e.occurred_at >= ? \
         AND m.chain_id = e.chain_id AND m.id = e.membership_id GROUP BY m.program_id, e.asset";
}

/// So many entries since a day are always looked up by their time.
const FEW: i64 = 10_000;
/// To find an entry by its time, with its lot and membership, takes as long as to pass by so many.
const PASSED_BY: i64 = 8;

/// How the way back to a day is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By what has moved since, found by its time.
    Since,
    /// Through all of the books in their order.
    Whole,
}

impl Way {
    fn back_to(conn: &mut Conn, chain: ChainId, end: Instant) -> Result<Self> {
        let one = |rows: Vec<(i64,)>| rows.first().map_or(0, |(count,)| *count);
        let since = one(fetch!(conn, CountSince, [chain, end] => (i64,))?);
        if since <= FEW {
            return Ok(Self::Since);
        }
        let all = one(fetch!(conn, CountAll, [chain] => (i64,))?);
        Ok(if since.saturating_mul(PASSED_BY) < all {
            Self::Since
        } else {
            Self::Whole
        })
    }
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiabilityQuery {
    /// As of the end of this day in the chain's zone, not later than today; today if absent.
    #[param(value_type = Option<String>, format = Date)]
    pub on: Option<Day>,
    #[param(value_type = Option<Uuid>)]
    pub program_id: Option<ProgramId>,
    /// Only lots that this store issued.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    #[param(value_type = Option<String>, example = "points")]
    pub asset: Option<Asset>,
}

/// What members have of what a store has issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LiabilityRow {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Where the lots were opened; null: by nobody's till.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// What is left, by the age of its lots.
    pub ages: Ages,
    /// Sum of the ages.
    pub outstanding: i64,
}

/// What all members of a program have of an asset, of all stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LiabilityTotal {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Σ of what is left of lots.
    pub outstanding: i64,
    /// Σ of what members owe, ≥ 0.
    pub debt: i64,
    /// Σ balances = outstanding − debt.
    pub balance: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LiabilityReport {
    #[schema(value_type = String, format = Date)]
    pub on: Day,
    /// By program, asset and store; all in one answer.
    pub items: Vec<LiabilityRow>,
    /// Without regard to a store that was asked for.
    pub totals: Vec<LiabilityTotal>,
}

type Key = (ProgramId, Asset, Option<StoreId>);
type OfLots = (Id, Option<Id>, String, i32, i64);
pub(super) type Totals = BTreeMap<(ProgramId, Asset), i64>;

/// What was left of lots, by program, asset and store.
fn of_lots(conn: &mut Conn, chain: ChainId, cutoff: &Cutoff, way: Way) -> Result<BTreeMap<Key, Ages>> {
    let (end, [three, six, twelve]) = (cutoff.end, cutoff.bounds);
    let mut rows: Vec<OfLots> = fetch!(conn, SelectLeft, [three, six, twelve, chain] => OfLots)?;
    match way {
        Way::Since => {
            rows.extend(fetch!(conn, SelectOpenedSince, [three, six, twelve, chain, end] => OfLots)?);
            rows.extend(fetch!(conn, SelectMovedSince, [three, six, twelve, chain, end] => OfLots)?);
        }
        Way::Whole => {
            rows.extend(fetch!(conn, SelectOpenedOfAll, [three, six, twelve, chain, end] => OfLots)?);
            rows.extend(fetch!(conn, SelectMovedOfAll, [three, six, twelve, chain, end] => OfLots)?);
        }
    }
    let mut found: BTreeMap<Key, Ages> = BTreeMap::new();
    for (program, store, asset, class, amount) in rows {
        let key = (program.typed(), Asset(asset), store.map(Id::typed));
        found.entry(key).or_default().add(class, amount);
    }
    found.retain(|_, ages| *ages != Ages::default());
    Ok(found)
}

/// Σ balances just before an instant, by program and asset.
pub(super) fn balances(conn: &mut Conn, chain: ChainId, end: Instant) -> Result<Totals> {
    let way = Way::back_to(conn, chain, end)?;
    balances_by(conn, chain, end, way)
}

fn balances_by(conn: &mut Conn, chain: ChainId, end: Instant, way: Way) -> Result<Totals> {
    type Row = (Id, String, i64);
    let mut totals = Totals::new();
    for (program, asset, balance) in fetch!(conn, SelectBalances, [chain] => Row)? {
        totals.insert((program.typed(), Asset(asset)), balance);
    }
    let moved = match way {
        Way::Since => fetch!(conn, SelectEntriesSince, [chain, end] => Row)?,
        Way::Whole => fetch!(conn, SelectEntriesOfAll, [chain, end] => Row)?,
    };
    for (program, asset, moved) in moved {
        *totals.entry((program.typed(), Asset(asset))).or_default() -= moved;
    }
    Ok(totals)
}

impl Engine {
    /// What members have at the end of a day.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid` (a day to come).
    pub fn liability(&self, actor: &Actor, query: &LiabilityQuery) -> Result<LiabilityReport, Refusal> {
        actor.require(Action::AccountingRead, None)?;
        let (zone, today) = self.business_day(actor.chain)?;
        let on = query.on.unwrap_or(today);
        check_past(on, today, "/on")?;
        let cutoff = Cutoff::of(zone, on).ok_or_else(|| field("/on", "日期超出范围", "The date is out of range"))?;
        let (lots, balances) = self.one_state(actor.chain, || {
            self.read(actor.chain, |conn| {
                let way = Way::back_to(conn, actor.chain, cutoff.end)?;
                Ok((
                    of_lots(conn, actor.chain, &cutoff, way)?,
                    balances_by(conn, actor.chain, cutoff.end, way)?,
                ))
            })
        })?;
        let mut left = Totals::new();
        for ((program, asset, _), ages) in &lots {
            *left.entry((*program, asset.clone())).or_default() += ages.total();
        }
        let wanted = |program: ProgramId, asset: &Asset| {
            query.program_id.is_none_or(|id| id == program) && query.asset.as_ref().is_none_or(|own| own == asset)
        };
        let totals = balances
            .into_iter()
            .filter(|((program, asset), _)| wanted(*program, asset));
        let totals = totals.map(|((program_id, asset), balance)| {
            let outstanding = left.get(&(program_id, asset.clone())).copied().unwrap_or_default();
            LiabilityTotal {
                program_id,
                asset,
                outstanding,
                debt: outstanding - balance,
                balance,
            }
        });
        let of_store = |store: Option<StoreId>| query.store_id.is_none_or(|id| store == Some(id));
        let items = lots.into_iter();
        let items = items.filter(|((program, asset, store), _)| wanted(*program, asset) && of_store(*store));
        let items = items.map(|((program_id, asset, store_id), ages)| LiabilityRow {
            program_id,
            asset,
            store_id,
            ages,
            outstanding: ages.total(),
        });
        Ok(LiabilityReport {
            on,
            items: items.collect(),
            totals: totals.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Backend, both};
    use crate::shop::Shop;
    use cardea_domain::Zone;

    both!(both_ways_back_lead_to_the_same,);

    async fn both_ways_back_lead_to_the_same(on: Backend) {
        let shop = Shop::on(on).await;
        let (chain, zone) = (shop.f.chain, "Asia/Shanghai".parse::<Zone>().unwrap());
        let first = zone.day_of(shop.now());
        let wang = shop.member("王芳", "13812345678", 1).await;
        let li = shop.member("李雷", "13912341111", 2).await;
        shop.days_later(90);
        let sale = shop.sale(wang.member(), "0001", &[30_000, 20_000], 0).await;
        let bag = shop.reward("bag", 1200).await;
        shop.days_later(100);
        shop.redeem(&wang.number, bag, "0002").await;
        shop.sale(li.member(), "0003", &[70_000], 0).await;
        shop.days_later(130);
        shop.give_back(sale, "0004", &[]).await;
        let mut figures = Vec::new();
        for days in [0, 20, 90, 99, 100, 129, 130] {
            let cutoff = Cutoff::of(zone, first.plus_days(days).unwrap()).unwrap();
            let ways = [Way::Since, Way::Whole].map(|way| {
                let read = shop.f.engine.read(chain, |conn| {
                    Ok((
                        of_lots(conn, chain, &cutoff, way)?,
                        balances_by(conn, chain, cutoff.end, way)?,
                    ))
                });
                read.unwrap()
            });
            assert_eq!(ways[0], ways[1], "after {days} days");
            figures.extend(ways[0].1.values().copied());
        }
        figures.dedup();
        assert!(figures.len() > 3, "they differ from day to day: {figures:?}");
    }
}
