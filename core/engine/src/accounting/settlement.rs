//! What stores owe each other for a month: earned at one, spent at another; topped up at one, used at another. Which store
//! issued what was spent, its lots say.

use super::{check_past, end_of};
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::field;
use crate::page::PageArgs;
use crate::settings::{self, Setting};
use crate::store::schema::stores;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id, Name};
use crate::store_admin::StoreKind;
use crate::{Page, each};
use cardea_domain::accounting::{Pair, PriceFault, SettlementRules, nets};
use cardea_domain::id::{ChainId, ProgramId, StoreId};
use cardea_domain::ledger::Asset;
use cardea_domain::{Code, Day, Instant, Minor, Refusal};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use utoipa::{IntoParams, ToSchema};

statements! {
    SelectUsedElsewhere -> (Binary, Text, Binary, Binary, BigInt) =
        "SELECT m.program_id, l.asset, o.store_id, e.store_id, CAST(-SUM(v.delta) AS BIGINT) FROM entries e \
         JOIN lot_moves v ON v.chain_id = e.chain_id AND v.entry_id = e.id \
         JOIN lots l ON l.chain_id = e.chain_id AND l.membership_id = e.membership_id AND l.id = v.lot_id \
         JOIN entries o ON o.chain_id = l.chain_id AND o.membership_id = l.membership_id AND o.id = l.entry_id \
         JOIN memberships m ON m.chain_id = e.chain_id AND m.id = e.membership_id \
         WHERE e.chain_id = ? AND e.occurred_at >= ? AND e.occurred_at < ? AND e.counter = 'redeemed' \
         AND o.store_id IS NOT NULL AND e.store_id IS NOT NULL AND o.store_id <> e.store_id \
         GROUP BY m.program_id, l.asset, o.store_id, e.store_id ORDER BY 1, 2, 3, 4";
}

impl Setting for SettlementRules {
    const NAME: &'static str = "settlement_rules";
    const CHANGED: &'static str = "settlement_rules.update";
    const READ: Action = Action::AccountingRead;

    fn check(&self) -> Result<(), Refusal> {
        let Some((at, fault)) = self.fault() else {
            return Ok(());
        };
        let (zh, en, name) = match fault {
            PriceFault::TooMany => ("最多 500 个结算价", "At most 500 prices", None),
            PriceFault::From => ("须为某月 1 日", "The first day of a month", Some("from")),
            PriceFault::Which => (
                "本金和赠送金填 ppm，其他资产填 per_100，二者只填其一",
                "ppm for principal and bonus, per_100 for everything else, and only that one",
                None,
            ),
            PriceFault::Range => (
                "per_100 为 0–1000000000，ppm 为 0–1000000",
                "per_100 from 0 to 1000000000, ppm from 0 to 1000000",
                None,
            ),
            PriceFault::Twice => (
                "同一会员计划、资产和月份只能有一个结算价",
                "One price for a program, asset and month",
                Some("from"),
            ),
        };
        let place = name.map_or_else(String::new, |name| format!("/{name}"));
        Err(field(&format!("/value/prices/{at}{place}"), zh, en))
    }
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SettlementQuery {
    /// First day of the month, in the chain's zone.
    #[param(value_type = String, format = Date, example = "2026-06-01")]
    pub month: Day,
    #[param(value_type = Option<Uuid>)]
    pub program_id: Option<ProgramId>,
    /// Only what this store issued or redeemed.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// true: only where one of the two is no store of the chain's own; false: only among its own.
    pub franchise: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// One of two stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettlementStore {
    #[schema(value_type = Uuid)]
    pub id: StoreId,
    pub name: String,
    pub kind: StoreKind,
}

/// What one store issued and another redeemed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettlementRow {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Where it was earned or topped up: this store pays.
    pub issued_by: SettlementStore,
    /// Where it was spent: this store gets.
    pub used_at: SettlementStore,
    /// Spent less given back; negative where more came back.
    pub amount: i64,
    /// At the transfer price, minor units; null without a price.
    #[schema(value_type = Option<i64>)]
    pub money: Option<Minor>,
}

/// What a store pays and gets for a month, minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoreSettlement {
    pub store: SettlementStore,
    /// For what it issued and others redeemed.
    #[schema(value_type = i64)]
    pub pays: Minor,
    /// For what it redeemed and others issued.
    #[schema(value_type = i64)]
    pub gets: Minor,
    /// gets − pays; all stores' add up to 0.
    #[schema(value_type = i64)]
    pub balance: Minor,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettlementReport {
    #[schema(value_type = String, format = Date)]
    pub month: Day,
    pub stores: Vec<StoreSettlement>,
    /// How many pairs of stores have no price: they aren't in the sums.
    pub unpriced: i64,
}

type Stores = HashMap<StoreId, SettlementStore>;

fn stores_of(conn: &mut Conn, chain: ChainId) -> Result<Stores> {
    let rows: Vec<(Id, String, Name<StoreKind>)> = each!(conn, c => stores::table
        .select((stores::id, stores::name, stores::kind))
        .filter(stores::chain_id.eq(Id::from(chain)))
        .load(c)?);
    let shown = rows.into_iter().map(|(id, name, kind)| {
        let (id, kind) = (id.typed(), kind.0);
        (id, SettlementStore { id, name, kind })
    });
    Ok(shown.collect())
}

fn rows(conn: &mut Conn, chain: ChainId, month: Day, (from, end): (Instant, Instant)) -> Result<Vec<SettlementRow>> {
    type Row = (Id, String, Id, Id, i64);
    let stores = stores_of(conn, chain)?;
    let rules: SettlementRules = settings::read(conn, chain)?.value;
    let found: Vec<Row> = fetch!(conn, SelectUsedElsewhere, [chain, from, end] => Row)?;
    let shown = found.into_iter().filter(|row| row.4 != 0).filter_map(|row| {
        let (program_id, asset, amount) = (row.0.typed(), Asset(row.1), row.4);
        Some(SettlementRow {
            money: rules.money(program_id, &asset, month, amount),
            program_id,
            asset,
            issued_by: stores.get(&row.2.typed())?.clone(),
            used_at: stores.get(&row.3.typed())?.clone(),
            amount,
        })
    });
    Ok(shown.collect())
}

impl SettlementRow {
    fn cursor(&self) -> String {
        let (from, to) = (self.issued_by.id, self.used_at.id);
        format!("{}@{}@{from}@{to}", self.program_id, self.asset.0)
    }

    fn is_franchise(&self) -> bool {
        self.issued_by.kind != StoreKind::Own || self.used_at.kind != StoreKind::Own
    }

    fn wanted(&self, query: &SettlementQuery) -> bool {
        let of_store = |id| self.issued_by.id == id || self.used_at.id == id;
        query.program_id.is_none_or(|id| id == self.program_id)
            && query.store_id.is_none_or(of_store)
            && query.franchise.is_none_or(|wanted| wanted == self.is_franchise())
    }
}

impl Engine {
    /// Everything of a month.
    pub(crate) fn settlement_rows(
        &self,
        actor: &Actor,
        query: &SettlementQuery,
    ) -> Result<Vec<SettlementRow>, Refusal> {
        actor.require(Action::AccountingRead, None)?;
        let (zone, today) = self.business_day(actor.chain)?;
        let month = query.month;
        if month.ymd().2 != 1 {
            return Err(field("/month", "须为某月 1 日", "The first day of a month"));
        }
        check_past(month, today, "/month")?;
        let out = || field("/month", "日期超出范围", "The date is out of range");
        let before = month.plus_days(-1).ok_or_else(out)?;
        let last = month
            .add_months(1)
            .and_then(|next| next.plus_days(-1))
            .ok_or_else(out)?;
        let period = (end_of(zone, before, "/month")?, end_of(zone, last, "/month")?);
        let found = self.read(actor.chain, |conn| rows(conn, actor.chain, month, period))?;
        Ok(found.into_iter().filter(|row| row.wanted(query)).collect())
    }

    /// What stores issued and others redeemed in a month, pair by pair.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid` (month), `body_invalid` (limit, cursor).
    pub fn settlement_pairs(&self, actor: &Actor, query: &SettlementQuery) -> Result<Page<SettlementRow>, Refusal> {
        let limit = PageArgs::new(query.limit, None).limit()?;
        let mut rows = self.settlement_rows(actor, query)?;
        if let Some(after) = &query.after {
            let wrong = || Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after");
            let place = rows.iter().position(|row| row.cursor() == *after).ok_or_else(wrong)?;
            rows.drain(..=place);
        }
        rows.truncate(limit + 1);
        Ok(Page::cut(rows, limit, SettlementRow::cursor))
    }

    /// What each store pays and gets for a month.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid` (month).
    pub fn settlement(&self, actor: &Actor, query: &SettlementQuery) -> Result<SettlementReport, Refusal> {
        let rows = self.settlement_rows(actor, query)?;
        let pairs = rows.iter().filter_map(|row| {
            let (issued_by, used_at) = (row.issued_by.id, row.used_at.id);
            row.money.map(|money| Pair {
                issued_by,
                used_at,
                money,
            })
        });
        let nets = nets(pairs);
        let mut seen = BTreeSet::new();
        let both = rows.iter().flat_map(|row| [&row.issued_by, &row.used_at]);
        let mut stores: Vec<&SettlementStore> = both.filter(|store| seen.insert(store.id)).collect();
        stores
            .sort_by(|a, b| (a.kind != StoreKind::Own, &a.name, a.id).cmp(&(b.kind != StoreKind::Own, &b.name, b.id)));
        let shown = stores.into_iter().map(|store| {
            let net = nets.get(&store.id).copied().unwrap_or_default();
            StoreSettlement {
                store: store.clone(),
                pays: net.pays,
                gets: net.gets,
                balance: net.balance(),
            }
        });
        Ok(SettlementReport {
            month: query.month,
            stores: shown.collect(),
            unpriced: rows.iter().filter(|row| row.money.is_none()).count() as i64,
        })
    }
}
