//! What people do with messages: send again what was given up, drop what isn't to go.

use super::MessageView;
use super::read::check_scope;
use super::row::{self, MessageRow};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, field, not_found};
use crate::store::schema::messages;
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::MessageId;
use cardea_domain::message::{DropReason, MessageState};
use cardea_domain::{Code, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Messages that one request sends again.
const MOST: i64 = 1000;

/// Nothing needs to be said of a step.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageStep {}

/// Sends many again.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryAll {
    /// `dead` or `unclear`.
    pub state: MessageState,
}

/// How many messages were queued again; 1 000 at most, call again while there are more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Retried {
    pub retried: u64,
}

impl MessageRow {
    /// Back into the queue, with all its tries before it. What was dropped before its first try is judged anew.
    fn queue_again(&mut self, now: Instant) -> Result<(), Refusal> {
        if self.state.0 == MessageState::Dropped {
            self.letter = None;
        }
        self.state = Name(MessageState::Queued);
        self.reason = None;
        self.tries = 0;
        self.due_at = now.0;
        self.next_at = now.0;
        self.ended_at = None;
        Ok(())
    }
}

fn not_now(row: &MessageRow) -> Refusal {
    let state = row.state.0;
    Refusal::new(
        Code::MessageState,
        format!("消息目前的状态（{state}）不能这样处理；请刷新后查看"),
        format!("A message that is {state} can't be treated so; read it again"),
    )
}

impl Engine {
    /// Sends a message again that was given up, dropped, or whose answer was lost; it may then arrive twice.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `message_state`.
    pub async fn retry_message(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: MessageId,
    ) -> Result<Written<MessageView>, Refusal> {
        let again = |row: &mut MessageRow, now: Instant| match row.state.0 {
            MessageState::Dead | MessageState::Unclear => row.queue_again(now),
            MessageState::Dropped if row.reason != Some(Name(DropReason::Erased)) => row.queue_again(now),
            _ => Err(not_now(row)),
        };
        self.change_message(actor, key, ("message.retry", id), again).await
    }

    /// Doesn't send a message.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `message_state`.
    pub async fn drop_message(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: MessageId,
    ) -> Result<Written<MessageView>, Refusal> {
        let dropped = |row: &mut MessageRow, now: Instant| match row.state.0 {
            MessageState::Queued | MessageState::Dead | MessageState::Unclear => {
                row.drop_for(DropReason::ByHand, now);
                row.letter = None;
                Ok(())
            }
            _ => Err(not_now(row)),
        };
        self.change_message(actor, key, ("message.drop", id), dropped).await
    }

    async fn change_message(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        (name, id): (&'static str, MessageId),
        change: impl Fn(&mut MessageRow, Instant) -> Result<(), Refusal> + Send + 'static,
    ) -> Result<Written<MessageView>, Refusal> {
        actor.scope(Action::MessageManage)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let mut row = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            let actor = tx.actor();
            check_scope(tx.conn(), actor, Action::MessageManage, &row)?;
            let before = row.state.0;
            change(&mut row, tx.business_now())?;
            row.save(tx.conn())?;
            tx.audit(name, id.0, json!({ "before": before, "state": row.state.0 }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, name, work).await?;
        Written::read(answered, |_| Ok(self.message(actor, id)?))
    }

    /// Sends again all that were given up, or all whose answer was lost.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` for another state.
    pub async fn retry_messages(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        wanted: RetryAll,
    ) -> Result<Retried, Refusal> {
        actor.require(Action::MessageManage, None)?;
        if !matches!(wanted.state, MessageState::Dead | MessageState::Unclear) {
            let (zh, en) = ("只能是 dead 或 unclear", "It is dead or unclear");
            return Err(field("/state", zh, en));
        }
        let work = move |tx: &mut Tx<'_>| {
            let (chain, now) = (tx.chain(), tx.business_now());
            let own = messages::chain_id
                .eq(Id::from(chain))
                .and(messages::state.eq(Name(wanted.state)));
            let rows: Vec<MessageRow> = each!(tx.conn(), c => messages::table
                .select(MessageRow::as_select())
                .filter(own)
                .order((messages::next_at, messages::id))
                .limit(MOST)
                .load(c)?);
            for mut row in rows.iter().cloned() {
                row.queue_again(now)?;
                row.save(tx.conn())?;
            }
            let retried = rows.len() as u64;
            tx.audit(
                "message.retry_all",
                chain.0,
                json!({ "state": wanted.state, "retried": retried }),
            );
            Answer::ok(&Retried { retried })
        };
        let answered = self.transact(actor, key, "message.retry_all", work).await?;
        Ok(serde_json::from_str(&answered.json).map_err(Error::from)?)
    }
}
