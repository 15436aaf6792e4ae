//! Ledger commands: each reads a snapshot, asks the plugin for a proposal, and hands a pure decision to the writer.
//!
//! One wrapper, [`Engine::execute`], owns replay, the writer's queue and the retry of stale proposals; access is
//! checked by each command with the table in `identity/permission.rs`; idempotency, audit and commit are the writer's.

mod admission;
mod answer;
mod cancel;
mod card_ops;
mod desk;
pub(crate) mod ending;
mod holder;
mod issue;
pub(crate) mod judge;
mod late;
mod new_sale;
mod redemption;
mod returns;
mod sale;
#[cfg(test)]
mod tests;
mod tier;
pub(crate) mod told;

pub use answer::{CardAnswer, HolderId};
pub use cancel::{CancelRedemption, CancelView, NewCancellation};
pub use card_ops::{CardOperation, CardReplacement, Operate, Replace};
pub use issue::{AddCard, Issue, NewCard};
pub use late::JudgeLate;
pub use new_sale::{NewSale, SaleLine, SaleMember};
pub use redemption::{Redemption, RedemptionView};
pub use returns::{NewReturn, Return, ReturnView};
pub use sale::{MemberRef, MemberView, Sale, SaleView};
pub use tier::{NewTier, SetTier, TierRevocation, TierSet};

use crate::actor::Actor;
use crate::engine::Engine;
use crate::error::Result;
use crate::store::writer::idempotency::Asked;
use crate::store::writer::ids::Ids;
use crate::store::writer::ledger::LedgerCommand;
use crate::store::writer::{Failure, Work, idempotency, load};
use crate::store::{Answered, IdempotencyKey, Lane};
use cardea_domain::sale::NaturalKey;
use cardea_domain::{Code, Refusal};
use desk::Desk;
use std::sync::Arc;

/// How often a command is proposed again when its basis changes under it.
const ATTEMPTS: usize = 5;

/// Everything that moves the ledger or a card.
#[derive(Clone, Debug)]
pub enum Command {
    Sale(Sale),
    Return(Return),
    Redemption(Redemption),
    CancelRedemption(CancelRedemption),
    Issue(Issue),
    AddCard(AddCard),
    Card(Operate),
    Replace(Replace),
    JudgeLate(JudgeLate),
    SetTier(SetTier),
}

/// Whether the rows are saved or thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Post,
    Quote,
}

impl Command {
    /// The command's stable name: in the audit log and the operator's.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Sale(_) => "sale.post",
            Command::Return(_) => "return.post",
            Command::Redemption(_) => "redemption.post",
            Command::CancelRedemption(_) => "redemption.cancel",
            Command::Issue(_) | Command::AddCard(_) => "card.issue",
            Command::Card(operation) => operation.name(),
            Command::Replace(_) => "card.replace",
            Command::JudgeLate(_) => "sale.judge",
            Command::SetTier(command) => command.name(),
        }
    }

    fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        match self {
            Command::Sale(command) => command.propose(desk),
            Command::Return(command) => command.propose(desk),
            Command::Redemption(command) => command.propose(desk),
            Command::CancelRedemption(command) => command.propose(desk),
            Command::Issue(command) => command.propose(desk),
            Command::AddCard(command) => command.propose(desk),
            Command::Card(command) => command.propose(desk),
            Command::Replace(command) => command.propose(desk),
            Command::JudgeLate(command) => command.propose(desk),
            Command::SetTier(command) => command.propose(desk),
        }
    }

    /// The permanent key of the bill it books, and the hash of what the till sent.
    fn natural(&self, desk: &Desk) -> Result<Option<(NaturalKey, [u8; 32])>> {
        match self {
            Command::Sale(command) => command.natural(desk).map(Some),
            Command::Return(command) => command.natural(desk).map(Some),
            Command::Redemption(command) => command.natural(desk).map(Some),
            Command::CancelRedemption(command) => command.natural(desk).map(Some),
            _ => Ok(None),
        }
    }
}

impl Engine {
    /// Runs a command: reads a snapshot and asks the plugin on the calling thread (well below a millisecond), then
    /// waits for the writer. A repeat under the same idempotency key or the same natural key gets the first answer.
    ///
    /// # Errors
    /// The command's refusals; `forbidden`; `idempotency_key_reused`; `receipt_conflict`; `busy` when too many
    /// commands wait, or when the basis of this one changed five times; `storage_unavailable`.
    pub async fn execute(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        command: &Command,
    ) -> Result<Answered, Refusal> {
        self.execute_in(Lane::Interactive, &Arc::new(actor.clone()), key, command)
            .await
    }

    /// As [`Engine::execute`], in a lane of one's choice.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub async fn execute_in(
        &self,
        lane: Lane,
        actor: &Arc<Actor>,
        key: Option<IdempotencyKey>,
        command: &Command,
    ) -> Result<Answered, Refusal> {
        for _ in 0..ATTEMPTS {
            let proposed = match self.prepare(actor, key.as_ref(), command)? {
                Prepared::Known(answered) => return Ok(answered),
                Prepared::Proposed(proposed) => Work::Ledger(proposed),
            };
            match self
                .submit(lane, actor.clone(), key.clone(), command.name(), proposed)
                .await
            {
                Ok(answered) => return Ok(answered),
                // What is known can be answered although nothing can be written.
                Err(Failure::Refused(refusal)) if matches!(refusal.code, Code::StorageUnavailable | Code::Busy) => {
                    let desk = Desk::new(self, actor, Purpose::Post);
                    return self.known(&desk, key.as_ref(), command)?.ok_or(*refusal);
                }
                Err(Failure::Refused(refusal)) => return Err(*refusal),
                Err(Failure::Stale) => {}
            }
        }
        Err(Refusal::new(
            Code::Busy,
            "该会员正在被同时操作，请重试",
            "Others work on this member at the same time; try again",
        ))
    }

    /// What a command would answer now; nothing is written. The id of the answer is null.
    ///
    /// # Errors
    /// The command's refusals; `forbidden`.
    pub fn quote(&self, actor: &Actor, command: &Command) -> Result<Answered, Refusal> {
        let proposed = command.propose(&Desk::new(self, actor, Purpose::Quote))?;
        let mut state = self.read(actor.chain, |conn| load::load(conn, actor.chain, &proposed.needs()))?;
        let decision = proposed.decide(&mut state, &mut Ids::new(self.clock().clone()))?;
        Ok(Answered {
            status: 200,
            json: decision.answer.json,
            replayed: false,
        })
    }

    /// A proposal. Whether the command is known, the writer sees; only what today's state refuses is looked up before,
    /// because what refuses it may be the effect of its own copy: then that answer is its own.
    fn prepare(&self, actor: &Actor, key: Option<&IdempotencyKey>, command: &Command) -> Result<Prepared> {
        let desk = Desk::new(self, actor, Purpose::Post);
        match self.one_state(actor.chain, || command.propose(&desk)) {
            Ok(proposed) => Ok(Prepared::Proposed(proposed)),
            Err(refusal) => self.known(&desk, key, command)?.map(Prepared::Known).ok_or(refusal),
        }
    }

    /// The answer given before under the idempotency key or the natural key.
    fn known(&self, desk: &Desk, key: Option<&IdempotencyKey>, command: &Command) -> Result<Option<Answered>> {
        let asked = |natural| Asked {
            chain: desk.actor.chain,
            key,
            natural,
        };
        if let Some(answered) = self.read(desk.actor.chain, |conn| idempotency::known_one(conn, asked(None)))? {
            return Ok(Some(answered));
        }
        let Some((natural, content)) = command.natural(desk)? else {
            return Ok(None);
        };
        self.read(desk.actor.chain, |conn| {
            idempotency::known_one(conn, asked(Some((&natural, &content))))
        })
    }
}

/// A command before it goes to the writer.
enum Prepared {
    Known(Answered),
    Proposed(Box<dyn LedgerCommand>),
}
