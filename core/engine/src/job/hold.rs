//! Stops a run that would take too much at once: a clock that jumps must not end a chain's points (D-LED-7). Too much is what
//! comes, with the day's earlier runs, to more than 5 % of all there is, and to more than a floor: in a small chain, where one
//! member's points are a large share, runs go on without a word.

use super::Turn;
use super::runs::{self, HeldRun, Wanted};
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::store::statement::{fetch, statements};
use crate::store::{Answer, Lane};
use cardea_domain::id::ChainId;
use cardea_domain::{Code, Instant, Refusal};
use diesel::sql_types::BigInt;

/// So many points may always expire in a day of a chain, whatever their share.
const POINTS: i64 = 10_000;
/// So many tiers may always be reviewed in a day of a chain, whatever their share.
const TIERS: i64 = 20;

statements! {
    SumDue -> (BigInt,) =
        "SELECT CAST(COALESCE(SUM(remaining), 0) AS BIGINT) FROM lots \
         WHERE chain_id = ? AND NOT ended AND expires_at <= ? AND asset = 'points'";
    SumEnded -> (BigInt,) =
        "SELECT CAST(COALESCE(SUM(l.remaining), 0) AS BIGINT) FROM memberships m \
         JOIN lots l ON l.chain_id = m.chain_id AND l.membership_id = m.id \
         WHERE m.chain_id = ? AND m.open AND m.expires_at <= ? AND l.asset = 'points' AND l.remaining > 0 \
         AND (l.expires_at IS NULL OR l.expires_at > ?)";
    SumPoints -> (BigInt,) =
        "SELECT CAST(COALESCE(SUM(remaining), 0) AS BIGINT) FROM lots \
         WHERE chain_id = ? AND asset = 'points' AND remaining > 0";
}

/// Before points expire.
///
/// # Errors
/// `approval_needed` where it would be too many.
pub(super) async fn points(engine: &Engine, turn: Turn, job: &'static str) -> Result<(), Refusal> {
    let wanted = engine.read(turn.chain, |conn| due(conn, turn.chain, turn.now))?;
    let what = ["积分到期失效", "points would expire"];
    let_take(engine, turn, job, wanted, what).await
}

fn due(conn: &mut crate::store::Conn, chain: ChainId, now: Instant) -> Result<Wanted> {
    let one = |rows: Vec<(i64,)>| rows.first().map_or(0, |(sum,)| *sum);
    let lots = one(fetch!(conn, SumDue, [chain, now] => (i64,))?);
    let figure = lots + one(fetch!(conn, SumEnded, [chain, now, now] => (i64,))?);
    let of = if figure > 0 {
        one(fetch!(conn, SumPoints, [chain] => (i64,))?)
    } else {
        0
    };
    Ok(Wanted {
        figure,
        of,
        floor: POINTS,
    })
}

/// Before `figure` tiers of `of` are reviewed.
///
/// # Errors
/// `approval_needed` where it would be too many.
pub(super) async fn tiers(
    engine: &Engine,
    turn: Turn,
    job: &'static str,
    (figure, of): (i64, i64),
) -> Result<(), Refusal> {
    let wanted = Wanted {
        figure,
        of,
        floor: TIERS,
    };
    let_take(engine, turn, job, wanted, ["个等级到期复核", "tiers would be reviewed"]).await
}

async fn let_take(
    engine: &Engine,
    turn: Turn,
    job: &'static str,
    wanted: Wanted,
    [zh, en]: [&str; 2],
) -> Result<(), Refusal> {
    if wanted.figure == 0 {
        return Ok(());
    }
    let take = move |tx: &mut crate::store::Tx<'_>| {
        let held = runs::let_take(tx, job, (turn.zone, turn.day), wanted)?;
        Answer::ok(&held.map(|HeldRun { figure, of }| (figure, of)))
    };
    let actor = Actor::system(turn.chain);
    let answered = engine.transact_in(Lane::Bulk, &actor, None, "job.take", take).await?;
    let held: Option<(i64, i64)> = serde_json::from_str(&answered.json).map_err(Error::from)?;
    let Some((figure, of)) = held else { return Ok(()) };
    Err(Refusal::new(
        Code::ApprovalNeeded,
        format!(
            "{}将有{figure}{zh}，占全部{of}的5%以上，已暂停。请核对系统日期是否正确，确认后方可继续。",
            turn.day
        ),
        format!(
            "On {} {figure} {en}, more than 5 % of all {of}: held. See that the date is right, then agree to it.",
            turn.day
        ),
    ))
}
