//! The statement of a card: every movement of its membership, with what decided it.

use super::{cards, named};
use crate::actor::Actor;
use crate::error::Result;
use crate::store::schema::{bills, configurations, entries, lot_moves, lots};
use crate::store::{Conn, Id};
use crate::{Engine, Page, PageArgs, each};
use cardea_domain::id::{BillId, CardId, ChainId, EntryId, LotId, MembershipId, StoreId};
use cardea_domain::ledger::{Asset, EntryKind};
use cardea_domain::sale::BillKind;
use cardea_domain::{Day, Instant, Refusal, Text, Zone};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// A line of a card's statement: a movement of its membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatementEntry {
    #[schema(value_type = Uuid)]
    pub id: EntryId,
    /// When it happened in the store.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub booked_at: Instant,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Positive: to the member.
    pub amount: i64,
    pub kind: EntryKind,
    pub rule: String,
    pub explanation: Text,
    /// Version of the configuration that decided it.
    pub configuration_version: Option<i64>,
    /// SHA-256 of the component that decided it, hexadecimal.
    pub plugin_digest: Option<String>,
    // For what a return moved, the sale that was returned.
    #[schema(value_type = Option<Uuid>)]
    pub sale_id: Option<BillId>,
    /// The exchange it belongs to, cancelled or not.
    #[schema(value_type = Option<Uuid>)]
    pub redemption_id: Option<BillId>,
    // Of the bill that booked it.
    pub receipt: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// What it did to lots, oldest lot first; what filled a debt or became one moved none.
    pub lots: Vec<LotMove>,
}

/// What a movement did to a lot of points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LotMove {
    #[schema(value_type = Uuid)]
    pub lot_id: LotId,
    /// Positive: into it.
    pub amount: i64,
    /// Last day on which the lot can be spent; null: as long as the membership.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = entries)]
struct Row {
    id: Id,
    occurred_at: i64,
    booked_at: i64,
    asset: String,
    amount: i64,
    kind: String,
    rule: String,
    explanation_zh: String,
    explanation_en: String,
    bill_id: Option<Id>,
    store_id: Option<Id>,
}

/// What an entry refers to: number and digest of the configuration; kind, original and receipt of the bill.
#[derive(Clone, Debug, Queryable)]
struct Origin {
    number: Option<i64>,
    digest: Option<Vec<u8>>,
    bill_kind: Option<String>,
    original: Option<Id>,
    receipt: Option<String>,
}

impl Engine {
    /// Movements of the card's membership, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn card_entries(&self, actor: &Actor, id: CardId, page: &PageArgs) -> Result<Page<StatementEntry>, Refusal> {
        let (limit, below) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let card = cards::readable(self, actor, id)?;
        let (rows, mut moves) = self.read(actor.chain, |conn| {
            let rows = load(conn, actor.chain, card.card.membership, below, limit + 1)?;
            let ids: Vec<Id> = rows.iter().map(|(row, _)| row.id).collect();
            let member = (actor.chain, card.card.membership);
            let moves = lot_moves(conn, member, &ids, card.zone)?;
            Ok((rows, moves))
        })?;
        let entries = rows
            .into_iter()
            .map(|(row, origin)| {
                let lots = moves.remove(&row.id).unwrap_or_default();
                entry(row, origin, lots)
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(entries, limit, |entry| entry.id.to_string()))
    }
}

fn load(
    conn: &mut Conn,
    chain: ChainId,
    membership: MembershipId,
    below: Id,
    limit: usize,
) -> Result<Vec<(Row, Origin)>> {
    let configuration = configurations::chain_id
        .eq(entries::chain_id)
        .and(configurations::id.nullable().eq(entries::configuration_id));
    let bill = bills::chain_id
        .eq(entries::chain_id)
        .and(bills::id.nullable().eq(entries::bill_id));
    let origin = (
        configurations::number.nullable(),
        configurations::digest.nullable(),
        bills::kind.nullable(),
        bills::original_id.nullable(),
        bills::receipt.nullable(),
    );
    let own = entries::membership_id
        .eq(Id::from(membership))
        .and(entries::id.lt(below));
    Ok(each!(conn, c => entries::table
        .left_join(configurations::table.on(configuration))
        .left_join(bills::table.on(bill))
        .select((Row::as_select(), origin))
        .filter(entries::chain_id.eq(Id::from(chain)).and(own))
        .order(entries::id.desc())
        .limit(limit as i64)
        .load(c)?))
}

/// What a membership's entries did to lots, by entry: opened one, or moved earlier ones.
fn lot_moves(
    conn: &mut Conn,
    (chain, membership): (ChainId, MembershipId),
    entries: &[Id],
    zone: Zone,
) -> Result<HashMap<Id, Vec<LotMove>>> {
    let (chain, membership) = (Id::from(chain), Id::from(membership));
    let own = lots::chain_id.eq(chain).and(lots::membership_id.eq(membership));
    type Row = (Id, Id, i64, Option<i64>);
    let mut rows: Vec<Row> = each!(conn, c => lots::table
        .select((lots::entry_id, lots::id, lots::amount, lots::expires_at))
        .filter(own.and(lots::entry_id.eq_any(entries)))
        .load(c)?);
    let lot = lots::chain_id
        .eq(lot_moves::chain_id)
        .and(lots::membership_id.eq(membership))
        .and(lots::id.eq(lot_moves::lot_id));
    let moved: Vec<Row> = each!(conn, c => lot_moves::table
        .inner_join(lots::table.on(lot))
        .select((lot_moves::entry_id, lot_moves::lot_id, lot_moves::delta, lots::expires_at))
        .filter(lot_moves::chain_id.eq(chain).and(lot_moves::entry_id.eq_any(entries)))
        .load(c)?);
    rows.extend(moved);
    rows.sort();
    let mut moves: HashMap<Id, Vec<LotMove>> = HashMap::new();
    for (entry, lot, amount, expires_at) in rows {
        moves.entry(entry).or_default().push(LotMove {
            lot_id: lot.typed(),
            amount,
            valid_through: expires_at.map(|end| zone.day_of(Instant(end - 1))),
        });
    }
    Ok(moves)
}

fn entry(row: Row, origin: Origin, lots: Vec<LotMove>) -> Result<StatementEntry> {
    let bill = origin.bill_kind.as_deref().map(named::<BillKind>).transpose()?;
    let (sale, redemption) = match bill {
        Some(BillKind::Sale) => (row.bill_id, None),
        Some(BillKind::Return) => (origin.original, None),
        Some(BillKind::Redemption) => (None, row.bill_id),
        Some(BillKind::Cancellation) => (None, origin.original),
        Some(BillKind::PassRefund) => (origin.original, None),
        Some(BillKind::TopUp | BillKind::TopUpRefund | BillKind::PassUse | BillKind::PassUseCancellation) | None => {
            (None, None)
        }
    };
    Ok(StatementEntry {
        id: row.id.typed(),
        occurred_at: Instant(row.occurred_at),
        booked_at: Instant(row.booked_at),
        asset: Asset(row.asset),
        amount: row.amount,
        kind: named(&row.kind)?,
        rule: row.rule,
        explanation: Text::new(row.explanation_zh, row.explanation_en),
        configuration_version: origin.number,
        plugin_digest: origin.digest.map(hex::encode),
        sale_id: sale.map(Id::typed),
        redemption_id: redemption.map(Id::typed),
        receipt: origin.receipt,
        store_id: row.store_id.map(Id::typed),
        lots,
    })
}
