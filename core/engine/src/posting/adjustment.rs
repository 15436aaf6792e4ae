//! Points that people give or take by hand: with a reason of the chain's list, within what their role may do alone over
//! the window, above it with a second person's word.

use super::rules::AdjustmentRules;
use crate::actor::Actor;
use crate::approval::{self, ApprovalKind, Guarded};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, exists, field, not_found};
use crate::page::PageArgs;
use crate::settings;
use crate::store::schema::adjustments;
use crate::store::statement::{fetch, statements};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, Page, each};
use cardea_domain::id::*;
use cardea_domain::ledger::Asset;
use cardea_domain::sale::{AdjustArgs, Context, decide_adjustment, needs_second_person};
use cardea_domain::{Instant, Refusal, Text};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Most points of one adjustment.
const MOST: i64 = 1_000_000_000;

statements! {
    SelectOfPerson -> (BigInt,) =
        "SELECT CAST(COALESCE(SUM(ABS(amount)), 0) AS BIGINT) FROM adjustments \
         WHERE chain_id = ? AND person_id = ? AND at > ? AND NOT approved";
    SelectOfMembership -> (BigInt,) =
        "SELECT CAST(COALESCE(SUM(ABS(amount)), 0) AS BIGINT) FROM adjustments \
         WHERE chain_id = ? AND membership_id = ? AND at > ? AND NOT approved";
}

/// Points to give or take.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAdjustment {
    /// `points`, also if absent: only points can be adjusted.
    #[serde(default = "super::points")]
    #[schema(value_type = Option<String>, example = "points")]
    pub asset: Asset,
    /// Points; positive: to the member; not 0, within ±1 000 000 000.
    #[schema(example = 200)]
    pub amount: i64,
    /// Code of the chain's list.
    #[schema(example = "complaint")]
    pub reason: String,
    /// No personal data.
    #[schema(max_length = 200)]
    pub note: Option<String>,
    /// The store that does it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// Another system's name for it, unique in the chain: the same again books nothing and answers the same.
    #[schema(max_length = 100)]
    pub reference: Option<String>,
}

/// An adjustment as it was booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Adjustment {
    #[schema(value_type = Uuid)]
    pub id: AdjustmentId,
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Points; positive: to the member.
    #[schema(example = 200)]
    pub amount: i64,
    /// Code of the chain's list.
    #[schema(example = "complaint")]
    pub reason: String,
    pub note: Option<String>,
    pub reference: Option<String>,
    /// A second person agreed: it doesn't count towards what its maker may do alone.
    pub approved: bool,
    /// Its entry in the statement.
    #[schema(value_type = Uuid)]
    pub entry_id: EntryId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AdjustmentQuery {
    #[param(value_type = Option<Uuid>)]
    pub membership_id: Option<MembershipId>,
    /// Only those of this log-in.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = adjustments)]
struct Row {
    chain_id: Id,
    id: Id,
    membership_id: Id,
    store_id: Id,
    staff_id: Option<Id>,
    person_id: Option<Id>,
    asset: String,
    amount: i64,
    reason: String,
    note: Option<String>,
    reference: Option<String>,
    approved: bool,
    entry_id: Id,
    at: i64,
}

impl From<Row> for Adjustment {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.typed(),
            membership_id: row.membership_id.typed(),
            store_id: row.store_id.typed(),
            staff_id: row.staff_id.map(Id::typed),
            asset: Asset(row.asset),
            amount: row.amount,
            reason: row.reason,
            note: row.note,
            reference: row.reference,
            approved: row.approved,
            entry_id: row.entry_id.typed(),
            at: Instant(row.at),
        }
    }
}

impl NewAdjustment {
    fn check(mut self) -> Result<Self, Refusal> {
        if self.asset != Asset::points() {
            let zh = "只有积分可以人工调整；储值请用充值或退款，次卡请用其核销与退卡。";
            let en =
                "Only points are adjusted by hand; stored value is topped up or refunded, passes are used or refunded.";
            return Err(field("/asset", zh, en));
        }
        if self.amount == 0 || !(-MOST..=MOST).contains(&self.amount) {
            let (zh, en) = ("不能为 0，绝对值不超过 1000000000", "Not 0, within ±1000000000");
            return Err(field("/amount", zh, en));
        }
        let short =
            |text: Option<String>, longest, pointer| text.map(|text| input::text(&text, longest, pointer)).transpose();
        self.note = short(self.note, 200, "/note")?;
        self.reference = short(self.reference, 100, "/reference")?;
        Ok(self)
    }

    /// What was booked under its reference before.
    ///
    /// # Errors
    /// `already_exists` for something else under it.
    fn known(&self, conn: &mut Conn, chain: ChainId, membership: MembershipId) -> Result<Option<Id>> {
        let Some(reference) = &self.reference else {
            return Ok(None);
        };
        let own = adjustments::chain_id
            .eq(Id::from(chain))
            .and(adjustments::reference.eq(reference));
        let found: Option<Row> = each!(conn, c => adjustments::table
            .select(Row::as_select())
            .filter(own)
            .get_result(c)
            .optional()?);
        match found {
            Some(row)
                if (row.membership_id, row.amount, &row.reason) == (membership.into(), self.amount, &self.reason) =>
            {
                Ok(Some(row.id))
            }
            Some(_) => Err(exists("/reference").into()),
            None => Ok(None),
        }
    }
}

/// Σ of what counts in the window: by a person, and of a membership.
fn sums(
    conn: &mut Conn,
    (chain, since): (ChainId, Instant),
    person: Option<StaffId>,
    membership: MembershipId,
) -> Result<(i64, i64)> {
    let sum = |rows: Vec<(i64,)>| rows.first().map_or(0, |row| row.0);
    let by_staff = match person {
        Some(person) => sum(fetch!(conn, SelectOfPerson, [chain, person, since] => (i64,))?),
        None => 0,
    };
    let of_membership = sum(fetch!(conn, SelectOfMembership, [chain, membership, since] => (i64,))?);
    Ok((by_staff, of_membership))
}

fn book(tx: &mut Tx<'_>, context: &Context, membership: MembershipId, new: &NewAdjustment) -> Result<Answer> {
    let chain = tx.chain();
    if let Some(known) = new.known(tx.conn(), chain, membership)? {
        return Answer::ok(&Stored::of(known));
    }
    let rules: AdjustmentRules = settings::read(tx.conn(), chain)?.value;
    let Some(reason) = rules.reason(&new.reason) else {
        let (zh, en) = (
            "没有这个调整原因；请选用总部调整规则中所列的原因。",
            "There is no such reason; name one of those that the adjustment rules list.",
        );
        return Err(field("/reason", zh, en).into());
    };
    let (actor, context) = (tx.actor(), super::now(context, tx));
    let mut member = super::member(tx, membership)?;
    let args = AdjustArgs {
        asset: new.asset.clone(),
        amount: new.amount,
        reason: reason.label.clone(),
        debt_limit: rules.debt_limit(member.program),
    };
    let (rows, _) = decide_adjustment(&mut member, &args, &context, tx.ids())?;
    let person = match actor.staff {
        Some(staff) => Some(approval::person_of(tx.conn(), chain, staff)?),
        None => None,
    };
    let since = context.now.plus_days(-i64::from(rules.days));
    let (by_staff, of_membership) = sums(tx.conn(), (chain, since), person, membership)?;
    let approved = needs_second_person(rules.limit(actor.role), by_staff, of_membership, new.amount);
    if approved && let Some(waits) = approval::permit(tx, guarded(membership, new, &reason.label))? {
        return Ok(waits);
    }
    let id: AdjustmentId = tx.new_id();
    let entry = rows
        .entries
        .first()
        .ok_or_else(|| Error::internal("an adjustment without an entry"))?;
    let row = Row {
        chain_id: chain.into(),
        id: id.into(),
        membership_id: membership.into(),
        store_id: new.store_id.into(),
        staff_id: actor.staff.map(Id::from),
        person_id: person.map(Id::from),
        asset: new.asset.0.clone(),
        amount: new.amount,
        reason: new.reason.clone(),
        note: new.note.clone(),
        reference: new.reference.clone(),
        approved,
        entry_id: entry.id.into(),
        at: context.now.0,
    };
    each!(tx.conn(), c => diesel::insert_into(adjustments::table).values(&row).execute(c)?);
    tx.book(rows);
    let detail = json!({
        "membership_id": membership, "asset": new.asset, "amount": new.amount, "reason": new.reason, "approved": approved,
    });
    tx.audit("points.adjust", id.0, detail);
    tx.publish(
        "points.adjusted",
        json!({ "id": id, "membership_id": membership, "amount": new.amount, "reason": new.reason }),
    );
    Answer::created(&Stored::of(id))
}

fn guarded(membership: MembershipId, new: &NewAdjustment, reason: &Text) -> Guarded {
    let amount = new.amount;
    Guarded {
        kind: ApprovalKind::Adjustment,
        subject: membership.0,
        request: json!({
            "membership_id": membership, "asset": new.asset, "amount": amount, "reason": new.reason, "note": new.note,
            "store_id": new.store_id, "reference": new.reference,
        }),
        summary: Text::new(
            format!("调整积分 {amount:+} 分（{}）", reason.zh),
            format!("Adjust points by {amount:+}: {}", reason.en),
        ),
    }
}

impl Engine {
    /// Gives or takes points by hand.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `membership_closed`; `insufficient_points` beyond what may be owed;
    /// `approval_needed` above what one may do alone; `already_exists` for a reference of another adjustment.
    pub async fn adjust(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        membership: MembershipId,
        new: NewAdjustment,
    ) -> Result<Written<Adjustment>, Refusal> {
        actor.require(Action::AdjustmentWrite, Some(new.store_id))?;
        let new = new.check()?;
        let context = super::context(self, actor, membership, new.store_id)?;
        let work = move |tx: &mut Tx<'_>| book(tx, &context, membership, &new);
        let answered = self.transact(actor, key, "points.adjust", work).await?;
        Written::read(answered, |id| self.adjustment(actor, Id(id)))
    }

    fn adjustment(&self, actor: &Actor, id: Id) -> Result<Adjustment> {
        let found: Option<Row> = self.read(actor.chain, |conn| {
            let own = adjustments::table.find((Id::from(actor.chain), id));
            Ok(each!(conn, c => own.select(Row::as_select()).get_result(c).optional()?))
        })?;
        Ok(found.ok_or_else(not_found)?.into())
    }

    /// Adjustments, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn adjustments(&self, actor: &Actor, query: &AdjustmentQuery) -> Result<Page<Adjustment>, Refusal> {
        actor.require(Action::AccountingRead, None)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, below) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let rows: Vec<Row> = self.read(actor.chain, |conn| {
            let own = adjustments::chain_id.eq(Id::from(actor.chain));
            Ok(each!(conn, c => {
                let mut found = adjustments::table
                    .select(Row::as_select())
                    .filter(own.and(adjustments::id.lt(below)))
                    .into_boxed();
                if let Some(membership) = query.membership_id {
                    found = found.filter(adjustments::membership_id.eq(Id::from(membership)));
                }
                if let Some(staff) = query.staff_id {
                    found = found.filter(adjustments::staff_id.eq(Id::from(staff)));
                }
                found.order(adjustments::id.desc()).limit(limit as i64 + 1).load(c)?
            }))
        })?;
        let items = rows.into_iter().map(Adjustment::from).collect();
        Ok(Page::cut(items, limit, |one: &Adjustment| one.id.to_string()))
    }
}
