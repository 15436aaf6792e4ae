//! Everything that moved on a membership, as a file for its holder (D-CARD-12): whatever it is of, at any time.

use super::prepaid::check_membership;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::look::NewLook;
use crate::prepaid;
use crate::sheet;
use crate::store::schema::{bills, entries};
use crate::store::{Answer, Conn, Id, Tx};
use crate::{Engine, each};
use cardea_domain::confidential::LookKind;
use cardea_domain::id::{ChainId, MembershipId};
use cardea_domain::ledger::Asset;
use cardea_domain::money::format_minor;
use cardea_domain::{Instant, Refusal, Text, named};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

named! {
/// What a record is written as.
#[derive(Default)]
pub enum RecordFormat {
    /// In UTF-8, with a mark that spreadsheets know it by.
    #[default]
    Csv = "csv",
    Json = "json",
}
}

#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecordQuery {
    /// `csv` if absent.
    #[param(inline)]
    pub format: RecordFormat,
}

/// A movement of a holder's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecordedMove {
    pub id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    /// `points`; `principal` and `bonus` in minor units; `session:` and a service.
    #[schema(value_type = String)]
    pub asset: Asset,
    pub kind: String,
    /// Positive: to the holder.
    pub amount: i64,
    /// After it, of this asset.
    pub balance: i64,
    pub receipt: Option<String>,
    pub store_id: Option<Uuid>,
    pub explanation: Text,
}

/// A record as a file.
#[derive(Clone, Debug)]
pub struct RecordFile {
    pub format: RecordFormat,
    pub bytes: Vec<u8>,
}

impl RecordFormat {
    pub fn media_type(self) -> &'static str {
        match self {
            RecordFormat::Csv => "text/csv; charset=utf-8",
            RecordFormat::Json => "application/json",
        }
    }
}

type Row = (Id, i64, String, String, i64, Option<Id>, String, String, Option<String>);

impl Engine {
    /// The record of a membership, oldest first. Who takes it is noted in the access log.
    ///
    /// # Errors
    /// `forbidden` outside the stores of who asks, `not_found`.
    pub async fn membership_record(
        &self,
        actor: &Actor,
        id: MembershipId,
        format: RecordFormat,
    ) -> Result<RecordFile, Refusal> {
        let chain = actor.chain;
        let (customer, moves, minor_units) = self.read(chain, |conn| {
            let (store, customer) = check_membership(conn, chain, id)?;
            actor.require(Action::MembershipRecord, Some(store.typed()))?;
            let (_, minor_units) = prepaid::currency(conn, chain)?;
            Ok((customer, moves(conn, chain, id)?, minor_units))
        })?;
        self.transact(actor, None, "membership.record", move |tx: &mut Tx<'_>| {
            let look = NewLook {
                kind: LookKind::OwnData,
                customer: customer.map(Id::typed),
                subject: Some(id.0),
                what: vec!["entries"],
                why: None,
            };
            look.write(tx, None)?;
            tx.audit("membership.record", id.0, json!({ "format": format }));
            Answer::ok(&())
        })
        .await?;
        let bytes = match format {
            RecordFormat::Json => serde_json::to_vec_pretty(&moves).map_err(crate::Error::from)?,
            RecordFormat::Csv => csv(&moves, minor_units).into_bytes(),
        };
        Ok(RecordFile { format, bytes })
    }
}

fn moves(conn: &mut Conn, chain: ChainId, id: MembershipId) -> Result<Vec<RecordedMove>> {
    let own = entries::chain_id
        .eq(Id::from(chain))
        .and(entries::membership_id.eq(Id::from(id)));
    let bill = bills::chain_id
        .eq(entries::chain_id)
        .and(bills::id.nullable().eq(entries::bill_id));
    let rows: Vec<Row> = each!(conn, c => entries::table
        .left_join(bills::table.on(bill))
        .select((
            entries::id,
            entries::occurred_at,
            entries::asset,
            entries::kind,
            entries::amount,
            entries::store_id,
            entries::explanation_zh,
            entries::explanation_en,
            bills::receipt.nullable(),
        ))
        .filter(own)
        .order(entries::id)
        .load(c)?);
    let mut balances = std::collections::BTreeMap::<String, i64>::new();
    let told = |(id, at, asset, kind, amount, store, zh, en, receipt): Row| {
        let balance = balances.entry(asset.clone()).or_default();
        *balance += amount;
        RecordedMove {
            id: id.0,
            occurred_at: Instant(at),
            balance: *balance,
            asset: Asset(asset),
            kind,
            amount,
            receipt,
            store_id: store.map(|store| store.0),
            explanation: Text { zh, en },
        }
    };
    Ok(rows.into_iter().map(told).collect())
}

/// What came and what went in columns of their own, so that no spreadsheet takes a figure for a formula.
fn csv(moves: &[RecordedMove], minor_units: u32) -> String {
    let mut text = String::from('\u{feff}');
    let titles = ["时间", "项目", "增加", "减少", "余额", "小票", "说明", "Explanation"];
    sheet::line(&mut text, titles.map(str::to_owned));
    for moved in moves {
        let show = |amount: i64| match moved.asset.is_money() {
            true => format_minor(amount, minor_units),
            false => amount.to_string(),
        };
        let part = |there: bool| match there {
            true => show(moved.amount.abs()),
            false => String::new(),
        };
        let cells = [
            moved.occurred_at.to_rfc3339(),
            moved.asset.0.clone(),
            part(moved.amount >= 0),
            part(moved.amount < 0),
            show(moved.balance),
            moved.receipt.clone().unwrap_or_default(),
            moved.explanation.zh.clone(),
            moved.explanation.en.clone(),
        ];
        sheet::line(&mut text, cells);
    }
    text
}
