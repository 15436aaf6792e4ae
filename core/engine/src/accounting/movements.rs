//! What was issued, redeemed, expired and reversed in a period, by the store where it happened.

use super::liability::balances;
use super::{check_past, end_of};
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::field;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id, Name};
use cardea_domain::accounting::{Flow, Flows};
use cardea_domain::id::{ChainId, ProgramId, StoreId};
use cardea_domain::ledger::{Asset, EntryKind};
use cardea_domain::{Day, Instant, Refusal};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

statements! {
    SelectMoved -> (Binary, Nullable<Binary>, Text, Text, BigInt) =
        "SELECT m.program_id, e.store_id, e.asset, e.kind, CAST(SUM(e.amount) AS BIGINT) FROM entries e \
         JOIN memberships m ON m.chain_id = e.chain_id AND m.id = e.membership_id \
         WHERE e.chain_id = ? AND e.occurred_at >= ? AND e.occurred_at < ? \
         GROUP BY m.program_id, e.store_id, e.asset, e.kind";
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MovementQuery {
    /// First day, in the chain's zone.
    #[param(value_type = String, format = Date)]
    pub from: Day,
    /// Last day, not later than today.
    #[param(value_type = String, format = Date)]
    pub to: Day,
    #[param(value_type = Option<Uuid>)]
    pub program_id: Option<ProgramId>,
    /// Only what happened there.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    #[param(value_type = Option<String>, example = "points")]
    pub asset: Option<Asset>,
}

/// What moved in a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MovementRow {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// null: in no store, such as an end that a job has booked.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    pub flows: Flows,
}

/// What moved in all stores, and what there was before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MovementTotal {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Σ balances when the period began.
    pub opening: i64,
    pub flows: Flows,
    /// Σ balances at its end = opening + Σ flows.
    pub closing: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MovementReport {
    #[schema(value_type = String, format = Date)]
    pub from: Day,
    #[schema(value_type = String, format = Date)]
    pub to: Day,
    /// By program, asset and store; all in one answer.
    pub items: Vec<MovementRow>,
    /// Without regard to a store that was asked for.
    pub totals: Vec<MovementTotal>,
}

type Key = (ProgramId, Asset, Option<StoreId>);

fn moved(conn: &mut Conn, chain: ChainId, from: Instant, end: Instant) -> Result<BTreeMap<Key, Flows>> {
    type Row = (Id, Option<Id>, String, Name<EntryKind>, i64);
    let mut found: BTreeMap<Key, Flows> = BTreeMap::new();
    for (program, store, asset, kind, amount) in fetch!(conn, SelectMoved, [chain, from, end] => Row)? {
        let key = (program.typed(), Asset(asset), store.map(Id::typed));
        found.entry(key).or_default().add(Flow::of(kind.0), amount);
    }
    found.retain(|_, flows| *flows != Flows::default());
    Ok(found)
}

impl Engine {
    /// What moved in a period.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid` (a period that ends before it begins, or after today).
    pub fn movements(&self, actor: &Actor, query: &MovementQuery) -> Result<MovementReport, Refusal> {
        actor.require(Action::AccountingRead, None)?;
        let (zone, today) = self.business_day(actor.chain)?;
        check_past(query.to, today, "/to")?;
        if query.to < query.from {
            return Err(field("/to", "不能早于开始日期", "Not before the first day"));
        }
        let before = query.from.plus_days(-1).unwrap_or(query.from);
        let (from, end) = (end_of(zone, before, "/from")?, end_of(zone, query.to, "/to")?);
        let chain = actor.chain;
        let (rows, opening, closing) = self.one_state(chain, || {
            self.read(chain, |conn| {
                let rows = moved(conn, chain, from, end)?;
                Ok((rows, balances(conn, chain, from)?, balances(conn, chain, end)?))
            })
        })?;
        let mut sums: BTreeMap<(ProgramId, Asset), Flows> = BTreeMap::new();
        for ((program, asset, _), flows) in &rows {
            sums.entry((*program, asset.clone())).or_default().add_all(flows);
        }
        let wanted = |program: ProgramId, asset: &Asset| {
            query.program_id.is_none_or(|id| id == program) && query.asset.as_ref().is_none_or(|own| own == asset)
        };
        let totals = closing
            .into_iter()
            .filter(|((program, asset), _)| wanted(*program, asset));
        let totals = totals.map(|(key, closing)| MovementTotal {
            opening: opening.get(&key).copied().unwrap_or_default(),
            flows: sums.get(&key).copied().unwrap_or_default(),
            closing,
            program_id: key.0,
            asset: key.1,
        });
        let of_store = |store: Option<StoreId>| query.store_id.is_none_or(|id| store == Some(id));
        let items = rows.into_iter();
        let items = items.filter(|((program, asset, store), _)| wanted(*program, asset) && of_store(*store));
        let items = items.map(|((program_id, asset, store_id), flows)| MovementRow {
            program_id,
            asset,
            store_id,
            flows,
        });
        Ok(MovementReport {
            from: query.from,
            to: query.to,
            items: items.collect(),
            totals: totals.collect(),
        })
    }
}
