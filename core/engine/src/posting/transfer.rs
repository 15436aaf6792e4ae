//! Points that go from one membership to another of the same program, within the chain's limits (D-LED-8).

use super::rules::TransferRules;
use crate::actor::Actor;
use crate::command::Confirmation;
use crate::command::guard::Sure;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, field, not_found};
use crate::settings;
use crate::store::schema::transfers;
use crate::store::statement::{fetch, fetch_all, ids, statements};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, SpentMove};
use cardea_domain::sale::{Context, Handed, decide_transfer, plan_transfer};
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Days over which transfers of a membership count together.
const YEAR: i64 = 365;

statements! {
    SelectGiven -> (BigInt,) =
        "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM transfers WHERE chain_id = ? AND from_id = ? AND at > ?";
    SelectIssuers -> (Binary, Nullable<Binary>) =
        "SELECT l.id, e.store_id FROM lots l \
         JOIN entries e ON e.chain_id = l.chain_id AND e.membership_id = l.membership_id AND e.id = l.entry_id \
         WHERE l.chain_id = ? AND l.membership_id = ? AND l.id IN ({})" of "?";
}

/// Points to hand over.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTransfer {
    /// Who gets them: a membership of the same program.
    #[schema(value_type = Uuid)]
    pub to_id: MembershipId,
    /// Points.
    #[schema(minimum = 1, example = 200)]
    pub amount: i64,
    /// The store that does it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// What was made sure of, where the program's plugin demands it; no card is used, so no PIN.
    #[serde(default)]
    pub confirmation: Confirmation,
}

/// A transfer as it was booked: lots keep their dates, and count to the store that issued them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Transfer {
    #[schema(value_type = Uuid)]
    pub id: TransferId,
    #[schema(value_type = Uuid)]
    pub from_id: MembershipId,
    #[schema(value_type = Uuid)]
    pub to_id: MembershipId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Points.
    #[schema(minimum = 1, example = 200)]
    pub amount: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = transfers)]
struct Row {
    chain_id: Id,
    id: Id,
    from_id: Id,
    to_id: Id,
    store_id: Id,
    staff_id: Option<Id>,
    asset: String,
    amount: i64,
    at: i64,
}

impl From<Row> for Transfer {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.typed(),
            from_id: row.from_id.typed(),
            to_id: row.to_id.typed(),
            store_id: row.store_id.typed(),
            asset: Asset(row.asset),
            amount: row.amount,
            at: Instant(row.at),
        }
    }
}

/// # Errors
/// `field_invalid` with the limit, beyond what may go from the membership.
fn check_limits(tx: &mut Tx<'_>, from: (MembershipId, ProgramId), amount: i64, now: Instant) -> Result<()> {
    let chain = tx.chain();
    let rules: TransferRules = settings::read(tx.conn(), chain)?.value;
    let Some(limit) = rules.limit(from.1) else {
        let (zh, en) = (
            "本会员计划没有开放积分转让，不能转出；如需转让，请由总部在转让规则中为该计划设置限额。",
            "The program lets no points go to other memberships, as the transfer rules name no limit for it; head office can \
             set one.",
        );
        return Err(field("/amount", zh, en).into());
    };
    let since = now.plus_days(-YEAR);
    let given = fetch!(tx.conn(), SelectGiven, [chain, from.0, since] => (i64,))?;
    let left = (limit.per_year - given.first().map_or(0, |row| row.0)).clamp(0, limit.at_once);
    if amount > left {
        let (zh, en) = (
            format!(
                "超出转让限额：该会籍每次最多转出 {} 分，365 天内合计最多 {} 分，现在最多还可转 {left} 分。请减少转让积分，或过后再转。",
                limit.at_once, limit.per_year
            ),
            format!(
                "That is beyond the limit: at most {} points go from the membership at once, {} within 365 days, so {left} may go \
                 now. Hand over fewer, or later.",
                limit.at_once, limit.per_year
            ),
        );
        return Err(field("/amount", &zh, &en).with(|facts| facts.limit = Some(left)).into());
    }
    Ok(())
}

/// Which stores have issued lots.
fn issuers(
    conn: &mut Conn,
    chain: ChainId,
    from: MembershipId,
    parts: &[SpentMove],
) -> Result<HashMap<LotId, StoreId>> {
    type Issued = (Id, Option<Id>);
    let lots = ids(parts.iter().map(|part| part.lot));
    let found = fetch_all!(conn, SelectIssuers, [chain, from], &lots => Issued)?;
    let issued = |(lot, store): Issued| Some((lot.typed(), store?.typed()));
    Ok(found.into_iter().filter_map(issued).collect())
}

fn book(
    tx: &mut Tx<'_>,
    (context, sure): (&Context, &Sure),
    (id, from): (TransferId, MembershipId),
    new: &NewTransfer,
) -> Result<Answer> {
    let (chain, context) = (tx.chain(), super::now(context, tx));
    let mut giver = super::member(tx, from)?;
    sure.check(&giver)?;
    let mut taker = super::member(tx, new.to_id)?;
    if giver.program != taker.program {
        let (zh, en) = (
            "收方会籍属于另一会员计划，积分不能跨计划转让；请改选同一计划的会籍。",
            "The membership that is to get them is of another program, and points stay within theirs; name one of the same program.",
        );
        return Err(field("/to_id", zh, en).into());
    }
    check_limits(tx, (from, giver.program), new.amount, context.now)?;
    let asset = super::points();
    let parts = plan_transfer(&giver, &asset, new.amount, context.now)?;
    let issued = issuers(tx.conn(), chain, from, &parts)?;
    let handed = parts.into_iter().map(|part| Handed {
        issued_by: issued.get(&part.lot).copied(),
        part,
    });
    let handed: Vec<Handed> = handed.collect();
    let (left, came) = decide_transfer((&mut giver, &mut taker), (&asset, &handed), &context, tx.ids())?;
    let row = Row {
        chain_id: chain.into(),
        id: id.into(),
        from_id: from.into(),
        to_id: new.to_id.into(),
        store_id: new.store_id.into(),
        staff_id: tx.actor().staff.map(Id::from),
        asset: asset.0.clone(),
        amount: new.amount,
        at: context.now.0,
    };
    each!(tx.conn(), c => diesel::insert_into(transfers::table).values(&row).execute(c)?);
    tx.book(left.0);
    tx.book(came.0);
    tx.keep(sure.questions());
    let detail = json!({ "from_id": from, "to_id": new.to_id, "asset": asset, "amount": new.amount });
    tx.audit("points.transfer", id.0, detail);
    Answer::created(&Stored::of(id))
}

impl Engine {
    /// Hands points over to another membership.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid` (limits, another program), `membership_closed`, `insufficient_points`;
    /// `rule_refused`, `confirmation_needed` and `plugin_failed` by the program's plugin.
    pub async fn transfer(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        from: MembershipId,
        new: NewTransfer,
    ) -> Result<Written<Transfer>, Refusal> {
        actor.require(Action::TransferPost, Some(new.store_id))?;
        if new.amount < 1 {
            return Err(field("/amount", "须至少为 1", "At least 1"));
        }
        if new.to_id == from {
            let zh = "收方就是转出的会籍，无须转让；请填写另一会籍。";
            let en = "That is the membership that the points come from; name another one.";
            return Err(field("/to_id", zh, en));
        }
        let context = super::context(self, actor, from, new.store_id)?;
        let id = TransferId(Uuid::now_v7());
        let sure = Sure::of_transfer(self, actor, (from, id.0), new.store_id, &new.confirmation)?;
        let work = move |tx: &mut Tx<'_>| book(tx, (&context, &sure), (id, from), &new);
        let answered = self.transact(actor, key, "points.transfer", work).await?;
        Written::read(answered, |id| {
            let found: Option<Row> = self.read(actor.chain, |conn| {
                let own = transfers::table.find((Id::from(actor.chain), Id(id)));
                Ok(each!(conn, c => own.select(Row::as_select()).get_result(c).optional()?))
            })?;
            Ok(found.ok_or_else(not_found)?.into())
        })
    }
}
