//! Family pools (D-LED-8): memberships of one program that share their points. Who joins and who leaves stands here; what a
//! bill takes of whom is decided with the bill (`command/purse.rs`).

use super::pool_read::{MemberRow, PoolView, Row};
use super::pool_rules::PoolRules;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found};
use crate::settings;
use crate::store::schema::{pool_members, pools};
use crate::store::statement::{run, statements};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::id::*;
use cardea_domain::{Code, Instant, Refusal};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Longest name, characters.
const NAME: usize = 40;
/// Longest reason, characters.
const REASON: usize = 200;
/// Why whoever was in a pool has left when it ended.
const POOL_ENDED: &str = "pool_ended";
const ERASED: &str = "erased";

statements! {
    UpdateErasedLeave =
        "UPDATE pool_members SET left_at = ?, left_reason = ? WHERE chain_id = ? AND left_at IS NULL AND (membership_id IN \
         (SELECT m.id FROM memberships m WHERE m.chain_id = ? AND m.customer_id = ?) OR pool_id IN (SELECT p.id FROM pools p \
         JOIN memberships h ON h.chain_id = p.chain_id AND h.id = p.head_id WHERE p.chain_id = ? AND h.customer_id = ?))";
    UpdateErasedReason =
        "UPDATE pool_members SET reason = '' WHERE chain_id = ? AND membership_id IN \
         (SELECT m.id FROM memberships m WHERE m.chain_id = ? AND m.customer_id = ?)";
    UpdateErasedName =
        "UPDATE pools SET name = '', closed_at = COALESCE(closed_at, ?) WHERE chain_id = ? AND head_id IN \
         (SELECT m.id FROM memberships m WHERE m.chain_id = ? AND m.customer_id = ?)";
}

/// A pool to open, with its head alone.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPool {
    #[schema(max_length = 40, example = "三口之家")]
    pub name: String,
    /// Whose pool it is; it ends when the head leaves.
    #[schema(value_type = Uuid)]
    pub head_id: MembershipId,
    /// The store that does it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// What for, or how they agreed; no personal data.
    #[schema(max_length = 200, example = "本人到店申请")]
    pub reason: String,
    /// The head has agreed; must be true.
    #[serde(default)]
    pub head_agreed: bool,
}

/// A membership that joins a pool.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolJoin {
    /// Of the pool's program, open, and in no other pool.
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// The store that does it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// What for, or how they agreed; no personal data.
    #[schema(max_length = 200, example = "夫妻，均到店签字")]
    pub reason: String,
    /// The head has agreed; must be true.
    #[serde(default)]
    pub head_agreed: bool,
    /// Whoever joins has agreed; must be true.
    #[serde(default)]
    pub member_agreed: bool,
}

/// A membership that leaves a pool, at any time, with its own points.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolLeave {
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// The store that does it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// No personal data.
    #[schema(max_length = 200, example = "本人要求")]
    pub reason: String,
}

/// # Errors
/// `confirmation_needed`, with what wasn't confirmed.
fn check_agreed(agreed: &[(bool, &str)]) -> Result<(), Refusal> {
    let missing: Vec<String> = agreed
        .iter()
        .filter(|(agreed, _)| !agreed)
        .map(|(_, name)| (*name).to_owned())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (zh, en) = (
        "共用积分须经户主和加入者本人同意，请确认后填写",
        "Points are shared only by those who agree, the head and whoever joins: ask them, then confirm it",
    );
    Err(Refusal::new(Code::ConfirmationNeeded, zh, en).with(|facts| facts.missing = missing))
}

/// # Errors
/// `not_found`, `membership_closed`, `pool_member` where it is in a pool already.
fn may_join(tx: &mut Tx<'_>, id: MembershipId) -> Result<ProgramId> {
    let (chain, now) = (tx.chain(), tx.business_now());
    let member = super::member(tx, id)?;
    member.check_open(now)?;
    let own = pool_members::chain_id
        .eq(Id::from(chain))
        .and(pool_members::membership_id.eq(Id::from(id)))
        .and(pool_members::left_at.is_null());
    let present: i64 = each!(tx.conn(), c => pool_members::table.filter(own).count().get_result(c)?);
    if present > 0 {
        let (zh, en) = (
            "该会籍已在一个家庭积分池中，须先退出",
            "The membership is in a pool already and has to leave that first",
        );
        return Err(Refusal::new(Code::PoolMember, zh, en).into());
    }
    Ok(member.program)
}

fn insert_member(tx: &mut Tx<'_>, pool: PoolId, membership: MembershipId, reason: String) -> Result<()> {
    let id: uuid::Uuid = tx.new_id();
    let row = MemberRow {
        chain_id: tx.chain().into(),
        id: Id(id),
        pool_id: pool.into(),
        membership_id: membership.into(),
        joined_at: tx.business_now().0,
        joined_by: tx.actor().staff.map(Id::from),
        reason,
        left_at: None,
        left_by: None,
        left_reason: None,
    };
    each!(tx.conn(), c => diesel::insert_into(pool_members::table).values(&row).execute(c)?);
    Ok(())
}

fn open(tx: &mut Tx<'_>, new: &NewPool) -> Result<Answer> {
    let program = may_join(tx, new.head_id)?;
    let id: PoolId = tx.new_id();
    let row = Row {
        chain_id: tx.chain().into(),
        id: id.into(),
        program_id: program.into(),
        head_id: new.head_id.into(),
        name: new.name.clone(),
        store_id: new.store_id.into(),
        staff_id: tx.actor().staff.map(Id::from),
        opened_at: tx.business_now().0,
        closed_at: None,
    };
    each!(tx.conn(), c => diesel::insert_into(pools::table).values(&row).execute(c)?);
    insert_member(tx, id, new.head_id, new.reason.clone())?;
    tx.audit(
        "pool.open",
        id.0,
        json!({ "head_id": new.head_id, "reason": new.reason }),
    );
    Answer::created(&Stored::of(id))
}

/// A pool that goes on.
///
/// # Errors
/// `not_found`, `pool_ended`.
fn going(tx: &mut Tx<'_>, id: PoolId) -> Result<Row> {
    let chain = tx.chain();
    let row = Row::find(tx.conn(), chain, id)?.ok_or_else(not_found)?;
    if row.closed_at.is_some() {
        let (zh, en) = ("该家庭积分池已结束，请另建", "This pool has ended; open another one");
        return Err(Refusal::new(Code::PoolEnded, zh, en).into());
    }
    Ok(row)
}

fn join(tx: &mut Tx<'_>, id: PoolId, new: &PoolJoin) -> Result<Answer> {
    let chain = tx.chain();
    let row = going(tx, id)?;
    let now = tx.business_now();
    super::member(tx, row.head_id.typed())?.check_open(now)?;
    let program = may_join(tx, new.membership_id)?;
    if Id::from(program) != row.program_id {
        let (zh, en) = (
            "只能加入同一会员计划的家庭积分池",
            "Only memberships of the pool's program can join",
        );
        return Err(field("/membership_id", zh, en).into());
    }
    let rules: PoolRules = settings::read(tx.conn(), chain)?.value;
    let present = MemberRow::present(tx.conn(), chain, id)?;
    if present.len() as i64 >= rules.most_members {
        let most = rules.most_members;
        let (zh, en) = (
            format!("一个家庭积分池最多{most}个会籍"),
            format!("A pool has at most {most} memberships"),
        );
        let full = Refusal::new(Code::PoolFull, zh, en);
        return Err(full.with(|facts| facts.limit = Some(most)).into());
    }
    insert_member(tx, id, new.membership_id, new.reason.clone())?;
    let detail = json!({ "membership_id": new.membership_id, "reason": new.reason });
    tx.audit("pool.join", id.0, detail);
    Answer::created(&Stored::of(id))
}

fn leave(tx: &mut Tx<'_>, id: PoolId, left: &PoolLeave) -> Result<Answer> {
    let (chain, now) = (tx.chain(), tx.business_now());
    let row = going(tx, id)?;
    let present = MemberRow::present(tx.conn(), chain, id)?;
    let member = Id::from(left.membership_id);
    let own = present.iter().find(|one| one.membership_id == member);
    let own = own.ok_or_else(not_found)?.id;
    let ends = row.head_id == member;
    let by = tx.actor().staff.map(Id::from);
    for one in present.iter().filter(|one| ends || one.id == own) {
        let reason = if one.id == own {
            left.reason.as_str()
        } else {
            POOL_ENDED
        };
        let found = pool_members::table.find((Id::from(chain), one.id));
        each!(tx.conn(), c => diesel::update(found)
            .set((
                pool_members::left_at.eq(now.0),
                pool_members::left_by.eq(by),
                pool_members::left_reason.eq(reason),
            ))
            .execute(c)?);
    }
    if ends {
        let found = pools::table.find((Id::from(chain), row.id));
        each!(tx.conn(), c => diesel::update(found).set(pools::closed_at.eq(now.0)).execute(c)?);
    }
    let detail = json!({ "membership_id": left.membership_id, "reason": left.reason, "ended": ends });
    tx.audit("pool.leave", id.0, detail);
    Answer::ok(&Stored::of(id))
}

/// Whoever is erased leaves, and so does what was said of it; a head's pool ends and loses its name.
pub(crate) fn erase_pools(conn: &mut Conn, chain: ChainId, customer: CustomerId, now: Instant) -> Result<()> {
    run!(
        conn,
        UpdateErasedLeave,
        [now, ERASED, chain, chain, customer, chain, customer]
    )?;
    run!(conn, UpdateErasedReason, [chain, chain, customer])?;
    run!(conn, UpdateErasedName, [now, chain, chain, customer])?;
    Ok(())
}

impl Engine {
    /// Opens a pool.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `confirmation_needed`, `membership_closed`, `pool_member`.
    pub async fn open_pool(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        mut new: NewPool,
    ) -> Result<Written<PoolView>, Refusal> {
        actor.require(Action::PoolWrite, Some(new.store_id))?;
        new.name = input::text(&new.name, NAME, "/name")?;
        new.reason = input::text(&new.reason, REASON, "/reason")?;
        check_agreed(&[(new.head_agreed, "head_agreed")])?;
        super::context(self, actor, new.head_id, new.store_id)?;
        let work = move |tx: &mut Tx<'_>| open(tx, &new);
        let answered = self.transact(actor, key, "pool.open", work).await?;
        Written::read(answered, |id| self.pool_view(actor.chain, PoolId(id)))
    }

    /// Takes a membership into a pool.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `confirmation_needed`, `membership_closed` (the head's too), `pool_member`,
    /// `pool_full`, `pool_ended`.
    pub async fn join_pool(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: PoolId,
        mut new: PoolJoin,
    ) -> Result<Written<PoolView>, Refusal> {
        actor.require(Action::PoolWrite, Some(new.store_id))?;
        self.pool_of_actor(actor, Action::PoolWrite, id)?;
        new.reason = input::text(&new.reason, REASON, "/reason")?;
        check_agreed(&[(new.head_agreed, "head_agreed"), (new.member_agreed, "member_agreed")])?;
        super::context(self, actor, new.membership_id, new.store_id)?;
        let work = move |tx: &mut Tx<'_>| join(tx, id, &new);
        let answered = self.transact(actor, key, "pool.join", work).await?;
        Written::read(answered, |id| self.pool_view(actor.chain, PoolId(id)))
    }

    /// Lets a membership out of a pool; the head's leaving ends it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `pool_ended`.
    pub async fn leave_pool(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: PoolId,
        mut left: PoolLeave,
    ) -> Result<Written<PoolView>, Refusal> {
        actor.require(Action::PoolWrite, Some(left.store_id))?;
        self.pool_of_actor(actor, Action::PoolWrite, id)?;
        left.reason = input::text(&left.reason, REASON, "/reason")?;
        super::context(self, actor, left.membership_id, left.store_id)?;
        let work = move |tx: &mut Tx<'_>| leave(tx, id, &left);
        let answered = self.transact(actor, key, "pool.leave", work).await?;
        Written::read(answered, |id| self.pool_view(actor.chain, PoolId(id)))
    }
}
