//! Debts over twelve months that are let go, with a second person's word (D-LED-11).

use crate::Engine;
use crate::accounting::since_when;
use crate::actor::Actor;
use crate::approval::{self, ApprovalKind, Guarded};
use crate::error::Result;
use crate::identity::Action;
use crate::input;
use crate::store::{Answer, Answered, IdempotencyKey, Tx};
use cardea_domain::accounting::is_old;
use cardea_domain::id::{MembershipId, StoreId};
use cardea_domain::ledger::Asset;
use cardea_domain::sale::{Context, decide_write_off};
use cardea_domain::{Code, Day, Refusal, Text, Zone};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// A debt that is to be let go.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWriteOff {
    /// `points`, also if absent.
    #[serde(default = "super::points")]
    #[schema(value_type = Option<String>, example = "points")]
    pub asset: Asset,
    /// No personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
    /// The store that does it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
}

/// What was let go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WriteOff {
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Points, or what else the asset counts.
    #[schema(minimum = 1, example = 40)]
    pub amount: i64,
    /// Since when it was owed.
    #[schema(value_type = String, format = Date)]
    pub since: Day,
}

fn book(
    tx: &mut Tx<'_>,
    (context, zone): (&Context, Zone),
    membership: MembershipId,
    new: &NewWriteOff,
) -> Result<Answer> {
    let (chain, context) = (tx.chain(), super::now(context, tx));
    let mut member = super::member(tx, membership)?;
    let amount = member.account(&new.asset).map_or(0, |account| account.debt);
    let (rows, _) = decide_write_off(&mut member, &new.asset, &context, tx.ids())?;
    let since = since_when(tx.conn(), chain, [membership])?;
    let today = zone.day_of(context.now);
    let began = since
        .get(&(membership, new.asset.clone()))
        .map_or(today, |at| zone.day_of(*at));
    if !is_old(began, today) {
        let (zh, en) = (
            format!("欠分始于 {began}，未满 12 个月，不能核销；请到期后再申请，或由会员消费抵还。"),
            format!(
                "It is owed since {began}, which isn't over twelve months ago, so it can't be written off; ask again then, or let the \
                 member earn it back."
            ),
        );
        return Err(Refusal::new(Code::DebtNotOld, zh, en).into());
    }
    let guarded = Guarded {
        kind: ApprovalKind::WriteOff,
        subject: membership.0,
        request: json!({
            "membership_id": membership, "asset": new.asset, "amount": amount, "since": began, "reason": new.reason,
            "store_id": new.store_id,
        }),
        summary: Text::new(
            format!("核销欠分 {amount} 分（{began} 起所欠，已满 12 个月）"),
            format!("Write off a debt of {amount} points, owed since {began}: over twelve months"),
        ),
    };
    if let Some(waits) = approval::permit(tx, guarded)? {
        return Ok(waits);
    }
    tx.book(rows);
    let done = WriteOff {
        membership_id: membership,
        asset: new.asset.clone(),
        amount,
        since: began,
    };
    tx.audit(
        "debt.write_off",
        membership.0,
        json!({ "amount": amount, "since": began, "reason": new.reason }),
    );
    Answer::created(&done)
}

impl Engine {
    /// Lets a debt go: a request at first, booked when it is sent again after somebody else has agreed.
    ///
    /// # Errors
    /// `forbidden`, `not_found` where nothing is owed, `debt_not_old`, `field_invalid`; `approval_needed` at first.
    pub async fn write_off(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        membership: MembershipId,
        mut new: NewWriteOff,
    ) -> Result<Answered, Refusal> {
        actor.require(Action::DebtWriteOff, None)?;
        new.reason = input::text(&new.reason, 200, "/reason")?;
        let (zone, _) = self.business_day(actor.chain)?;
        let context = super::context(self, actor, membership, new.store_id)?;
        let work = move |tx: &mut Tx<'_>| book(tx, (&context, zone), membership, &new);
        self.transact(actor, key, "debt.write_off", work).await
    }
}
