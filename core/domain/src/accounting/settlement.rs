//! What stores owe each other for a month (D-LED-10): a store that gives goods for points that another has issued, or for
//! value that another was paid for, gets the transfer price of it from that one.

use crate::calendar::Day;
use crate::id::{ProgramId, StoreId};
use crate::ledger::Asset;
use crate::money::{Minor, Ppm};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// At which price stores settle what one has issued and another has redeemed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettlementRules {
    /// Of a program and asset, the latest that has begun holds for a month; none: settled by hand.
    #[schema(max_items = 500)]
    pub prices: Vec<TransferPrice>,
}

/// A price from a month on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferPrice {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// First day of the first month for which it holds.
    #[schema(value_type = String, format = Date, example = "2026-06-01")]
    pub from: Day,
    /// For 100 points (or sessions), minor units.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000, example = 100)]
    pub per_100: Option<Minor>,
    /// Of stored value (`principal`, `bonus`): the part of it that is settled, parts per million.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000, example = 950_000)]
    pub ppm: Option<Ppm>,
}

/// What is wrong with the prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceFault {
    TooMany,
    /// Not the first day of a month.
    From,
    /// Neither or both prices, or not the one of the asset's kind.
    Which,
    Range,
    /// The same program, asset and month twice.
    Twice,
}

/// Most prices.
const MOST: usize = 500;
const MILLION: i64 = 1_000_000;

impl TransferPrice {
    fn fault(&self) -> Option<PriceFault> {
        let is_value = self.asset.is_money();
        match (self.per_100, self.ppm) {
            _ if self.from.ymd().2 != 1 => Some(PriceFault::From),
            (Some(price), None) if !is_value => (!(0..=1000 * MILLION).contains(&price)).then_some(PriceFault::Range),
            (None, Some(ppm)) if is_value => (!(0..=MILLION).contains(&ppm)).then_some(PriceFault::Range),
            _ => Some(PriceFault::Which),
        }
    }

    /// Minor units for so much, towards zero: what one gets is what another pays.
    fn money(&self, amount: i64) -> Minor {
        let (price, per) = match (self.per_100, self.ppm) {
            (Some(price), _) => (price, 100),
            (None, ppm) => (ppm.unwrap_or_default(), MILLION),
        };
        let money = i128::from(amount) * i128::from(price) / i128::from(per);
        i64::try_from(money).unwrap_or_default()
    }
}

impl SettlementRules {
    /// The first price that can't be, by its place.
    pub fn fault(&self) -> Option<(usize, PriceFault)> {
        if self.prices.len() > MOST {
            return Some((MOST, PriceFault::TooMany));
        }
        let key = |price: &TransferPrice| (price.program_id, price.asset.clone(), price.from);
        self.prices.iter().enumerate().find_map(|(at, price)| {
            let twice = self.prices[..at].iter().any(|other| key(other) == key(price));
            let fault = price.fault().or(twice.then_some(PriceFault::Twice));
            fault.map(|fault| (at, fault))
        })
    }

    /// What so much of an asset is settled at in a month; None without a price.
    pub fn money(&self, program: ProgramId, asset: &Asset, month: Day, amount: i64) -> Option<Minor> {
        let own = self.prices.iter();
        let own = own.filter(|price| price.program_id == program && price.asset == *asset && price.from <= month);
        own.max_by_key(|price| price.from).map(|price| price.money(amount))
    }
}

/// Between two stores: `money` goes from the store that issued to the one that redeemed; negative where more came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    pub issued_by: StoreId,
    pub used_at: StoreId,
    pub money: Minor,
}

/// What a store pays and gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Net {
    /// For what it issued and others redeemed.
    pub pays: Minor,
    /// For what it redeemed and others issued.
    pub gets: Minor,
}

impl Net {
    /// Positive: it gets more than it pays.
    pub fn balance(&self) -> Minor {
        self.gets - self.pays
    }
}

/// What each store pays and gets altogether; the balances add up to zero.
pub fn nets(pairs: impl IntoIterator<Item = Pair>) -> BTreeMap<StoreId, Net> {
    let mut nets: BTreeMap<StoreId, Net> = BTreeMap::new();
    for pair in pairs {
        nets.entry(pair.issued_by).or_default().pays += pair.money;
        nets.entry(pair.used_at).or_default().gets += pair.money;
    }
    nets
}
