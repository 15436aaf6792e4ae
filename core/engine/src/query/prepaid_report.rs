//! The quarterly report of prepaid value, and the deposit that follows from it (D-CARD-11).

use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::field;
use crate::prepaid;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use cardea_domain::id::{ChainId, StoreId};
use cardea_domain::prepaid::{Deposit, IssuerClass, deposit};
use cardea_domain::{Day, Instant, Minor, Refusal};
use diesel::sql_types::{BigInt, Binary, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

statements! {
    SelectBalances -> (Binary, Text, BigInt) =
        "SELECT m.store_id, e.asset, CAST(SUM(e.amount) AS BIGINT) FROM entries e \
         JOIN memberships m ON m.chain_id = e.chain_id AND m.id = e.membership_id \
         WHERE e.chain_id = ? AND e.asset IN ('principal', 'bonus') AND e.occurred_at < ? GROUP BY m.store_id, e.asset";
    SelectFlows -> (Binary, Text, Text, BigInt) =
        "SELECT e.store_id, e.asset, e.kind, CAST(SUM(e.amount) AS BIGINT) FROM entries e \
         WHERE e.chain_id = ? AND e.asset IN ('principal', 'bonus') AND e.occurred_at >= ? AND e.occurred_at < ? \
         AND e.store_id IS NOT NULL GROUP BY e.store_id, e.asset, e.kind";
    SelectPaidBack -> (Binary, BigInt) =
        "SELECT b.store_id, CAST(SUM(-b.total) AS BIGINT) FROM bills b WHERE b.chain_id = ? AND b.kind = 'top_up_refund' \
         AND b.occurred_at >= ? AND b.occurred_at < ? GROUP BY b.store_id";
}

/// Which quarter.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PrepaidReportQuery {
    /// Year and quarter.
    #[param(example = "2026-Q3")]
    pub quarter: String,
}

/// Stored value of a quarter, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PrepaidFigures {
    /// Principal at the quarter's end, of the memberships that the store opened.
    #[schema(value_type = i64)]
    pub principal: Minor,
    /// Bonus at the quarter's end, of the same.
    #[schema(value_type = i64)]
    pub bonus: Minor,
    /// Paid in during the quarter, at the store.
    #[schema(value_type = i64)]
    pub received: Minor,
    /// Bonus beside it.
    #[schema(value_type = i64)]
    pub granted: Minor,
    /// Principal spent at the store, less what returns gave back.
    #[schema(value_type = i64)]
    pub used: Minor,
    /// Bonus spent at the store, less what returns gave back.
    #[schema(value_type = i64)]
    pub bonus_used: Minor,
    /// Paid back at the store.
    #[schema(value_type = i64)]
    pub refunded: Minor,
}

/// The figures of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PrepaidStore {
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[serde(flatten)]
    pub figures: PrepaidFigures,
}

/// What a chain holds of its customers' money at a quarter's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PrepaidReport {
    #[schema(example = "2026-Q3")]
    pub quarter: String,
    #[schema(value_type = String, format = Date)]
    pub from: Day,
    #[schema(value_type = String, format = Date)]
    pub until: Day,
    pub jurisdiction: String,
    pub class: IssuerClass,
    pub total: PrepaidFigures,
    pub stores: Vec<PrepaidStore>,
    /// Of the principal at the quarter's end; null where the law demands none.
    pub deposit: Option<Deposit>,
}

impl Engine {
    /// The quarterly report, by the chain's time zone.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` for what is no quarter.
    pub fn prepaid_report(&self, actor: &Actor, query: &PrepaidReportQuery) -> Result<PrepaidReport, Refusal> {
        actor.require(Action::PrepaidReport, None)?;
        let (from, until) = days_of(&query.quarter)?;
        let chain = actor.chain;
        let report = self.read(chain, |conn| {
            let zone = prepaid::zone(conn, chain)?;
            let begin = zone.instant_at(from, 0).unwrap_or(Instant(i64::MIN));
            let end = zone.first_instant_after(until).unwrap_or(Instant(i64::MAX));
            let stores = figures(conn, chain, (begin, end))?;
            let total = stores.values().fold(PrepaidFigures::default(), PrepaidFigures::and);
            let (rules, issuer) = prepaid::rules(conn, chain, until)?;
            Ok(PrepaidReport {
                quarter: query.quarter.clone(),
                from,
                until,
                jurisdiction: issuer.jurisdiction,
                class: issuer.class,
                total,
                stores: stores
                    .into_iter()
                    .map(|(id, figures)| PrepaidStore {
                        store_id: id.typed(),
                        figures,
                    })
                    .collect(),
                deposit: rules.map(|rules| deposit(rules, issuer.class, total.principal)),
            })
        })?;
        Ok(report)
    }
}

impl PrepaidFigures {
    fn and(self, other: &Self) -> Self {
        Self {
            principal: self.principal + other.principal,
            bonus: self.bonus + other.bonus,
            received: self.received + other.received,
            granted: self.granted + other.granted,
            used: self.used + other.used,
            bonus_used: self.bonus_used + other.bonus_used,
            refunded: self.refunded + other.refunded,
        }
    }

    fn flow(&mut self, asset: &str, kind: &str, amount: i64) {
        match (asset, kind) {
            ("principal", "top_up") => self.received += amount,
            ("bonus", "grant") => self.granted += amount,
            ("principal", "spend" | "give_back") => self.used -= amount,
            ("bonus", "spend" | "give_back") => self.bonus_used -= amount,
            _ => {}
        }
    }
}

fn figures(conn: &mut Conn, chain: ChainId, (begin, end): (Instant, Instant)) -> Result<BTreeMap<Id, PrepaidFigures>> {
    let mut stores: BTreeMap<Id, PrepaidFigures> = BTreeMap::new();
    for (store, asset, amount) in fetch!(conn, SelectBalances, [chain, end] => (Id, String, i64))? {
        let figures = stores.entry(store).or_default();
        match asset.as_str() {
            "principal" => figures.principal += amount,
            _ => figures.bonus += amount,
        }
    }
    type Flow = (Id, String, String, i64);
    for (store, asset, kind, amount) in fetch!(conn, SelectFlows, [chain, begin, end] => Flow)? {
        stores.entry(store).or_default().flow(&asset, &kind, amount);
    }
    for (store, amount) in fetch!(conn, SelectPaidBack, [chain, begin, end] => (Id, i64))? {
        stores.entry(store).or_default().refunded += amount;
    }
    Ok(stores)
}

/// First and last day of `2026-Q3`.
fn days_of(quarter: &str) -> Result<(Day, Day), Refusal> {
    let parts = quarter.split_once("-Q");
    let parts = parts.and_then(|(year, quarter)| Some((year.parse::<i32>().ok()?, quarter.parse::<u32>().ok()?)));
    let first = parts.filter(|(year, quarter)| (2000..=9998).contains(year) && (1..=4).contains(quarter));
    let first = first.and_then(|(year, quarter)| Day::from_ymd(year, quarter * 3 - 2, 1));
    let days = first.and_then(|first| Some((first, first.day_before_anniversary(3)?)));
    days.ok_or_else(|| {
        field(
            "/quarter",
            "请填写年份和季度，如 2026-Q3",
            "Year and quarter, such as 2026-Q3",
        )
    })
}
