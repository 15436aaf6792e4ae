//! Ledger commands: each reads a snapshot, asks the plugin for a proposal, and hands a pure decision to the writer.
//!
//! One wrapper, [`Engine::execute`], owns replay, the writer's queue and the retry of stale proposals; access is
//! checked by each command with the table in `identity/permission.rs`; idempotency, audit and commit are the writer's.

mod add_card;
mod admission;
mod answer;
mod ask;
mod award;
mod bearer;
mod campaigns;
mod cancel;
mod card_ops;
pub(crate) mod code;
mod confirmation;
mod desk;
pub(crate) mod ending;
mod from_stock;
mod gift;
mod give_up;
pub(crate) mod guard;
mod hand_over;
mod holder;
mod issue;
pub(crate) mod judge;
mod judge_pin;
mod late;
mod name_holder;
mod new_sale;
mod pass;
mod pass_use;
mod pin;
mod posting;
mod purse;
mod redemption;
mod renewal;
mod replace;
mod returns;
mod sale;
mod sale_view;
#[cfg(test)]
mod tests;
mod tier;
pub(crate) mod told;
mod top_up;
mod top_up_refund;
mod voucher;
mod voucher_quote;
mod voucher_return;

pub use add_card::AddCard;
pub use answer::{CardAnswer, HolderId};
pub use award::Award;
pub use bearer::IssueToBearer;
pub use cancel::{CancelRedemption, CancelView, NewCancellation};
pub(crate) use card_ops::open_finder;
pub use card_ops::{CardOperation, Operate};
pub use code::CardCode;
pub use confirmation::Confirmation;
pub use gift::{ClaimedReward, RewardOnBill};
pub use give_up::{CardReturn, GiveUp};
pub use hand_over::{HandOver, HolderTransfer, NewHolderTransfer};
pub use holder::MemberRef;
pub use issue::{Issue, NewCard};
pub use late::JudgeLate;
pub use name_holder::{NameHolder, NewHolder};
pub use new_sale::{NewSale, SaleLine, SaleMember, SaleReward, SaleTender};
pub use pass::{NewPass, PassSale, PassSaleStored, PassSaleView, PassView};
pub use pass_use::{NewPassUse, NewPassUseCancellation, PassUseView, PassUsing};
pub use pin::{NewPin, Pin, PinReset, SetPin};
pub use redemption::{Redemption, RedemptionView};
pub use renewal::{NewRenewal, Renew, RenewalView, RenewedCard};
pub use replace::{CardReplacement, Replace};
pub use returns::{NewReturn, Return, ReturnView};
pub use sale::Sale;
pub use sale_view::{MemberView, SaleView};
pub use tier::{NewTier, SetTier, TierRevocation, TierSet};
pub use top_up::{NewTopUp, TopUpPayer, TopUpView};
pub use top_up_refund::{NewRefund, Prepaid, RefundPrepaid, RefundView};
pub use voucher::VoucherTender;
pub use voucher_quote::{NewVoucherQuote, VoucherQuote};
pub use voucher_return::ReturnedVoucher;

use crate::actor::Actor;
use crate::engine::Engine;
use crate::error::Result;
use crate::identity::Action;
use crate::store::writer::idempotency::Asked;
use crate::store::writer::ids::Ids;
use crate::store::writer::ledger::LedgerCommand;
use crate::store::writer::{Failure, Work, idempotency, load};
use crate::store::{Answered, IdempotencyKey, Lane};
use cardea_domain::id::CardId;
use cardea_domain::sale::NaturalKey;
use cardea_domain::{Code, Refusal};
use desk::Desk;
use judge_pin::Used;
use std::sync::Arc;

/// How often a command is proposed again when its basis changes under it.
const ATTEMPTS: usize = 5;
/// Where a PIN stands in a bill.
const PIN_POINTER: &str = "/confirmation/pin";

/// Everything that moves the ledger or a card.
#[derive(Clone, Debug)]
pub enum Command {
    Sale(Sale),
    Return(Return),
    Redemption(Redemption),
    CancelRedemption(CancelRedemption),
    Issue(Issue),
    IssueToBearer(IssueToBearer),
    NameHolder(NameHolder),
    HandOver(HandOver),
    GiveUp(GiveUp),
    AddCard(AddCard),
    Card(Operate),
    Replace(Replace),
    SetPin(SetPin),
    Renew(Renew),
    JudgeLate(JudgeLate),
    Award(Award),
    TopUp(NewTopUp),
    RefundPrepaid(RefundPrepaid),
    Pass(PassSale),
    PassUse(PassUsing),
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
            Command::Issue(_) | Command::IssueToBearer(_) | Command::AddCard(_) => "card.issue",
            Command::NameHolder(_) => "membership.holder",
            Command::HandOver(_) => "membership.transfer",
            Command::GiveUp(command) => command.name(),
            Command::Card(operation) => operation.name(),
            Command::Replace(_) => "card.replace",
            Command::SetPin(command) => command.name(),
            Command::Renew(_) => "membership.renew",
            Command::JudgeLate(_) => "sale.judge",
            Command::SetTier(command) => command.name(),
            Command::Award(_) => "campaign.award",
            Command::TopUp(_) => "top_up.post",
            Command::RefundPrepaid(_) => "top_up.refund",
            Command::Pass(_) => "pass.sell",
            Command::PassUse(command) => command.name(),
        }
    }

    /// How many codes it presents.
    fn codes(&self) -> usize {
        match self {
            Command::Sale(command) => command.vouchers.len(),
            _ => 0,
        }
    }

    fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        match self {
            Command::Sale(command) => command.propose(desk),
            Command::Return(command) => command.propose(desk),
            Command::Redemption(command) => command.propose(desk),
            Command::CancelRedemption(command) => command.propose(desk),
            Command::Issue(command) => command.propose(desk),
            Command::IssueToBearer(command) => command.propose(desk),
            Command::NameHolder(command) => command.propose(desk),
            Command::HandOver(command) => command.propose(desk),
            Command::GiveUp(command) => command.propose(desk),
            Command::AddCard(command) => command.propose(desk),
            Command::Card(command) => command.propose(desk),
            Command::Replace(command) => command.propose(desk),
            Command::SetPin(command) => command.propose(desk),
            Command::Renew(command) => command.propose(desk),
            Command::JudgeLate(command) => command.propose(desk),
            Command::Award(command) => command.propose(desk),
            Command::TopUp(command) => command.propose(desk),
            Command::RefundPrepaid(command) => command.propose(desk),
            Command::Pass(command) => command.propose(desk),
            Command::PassUse(command) => command.propose(desk),
            Command::SetTier(command) => command.propose(desk),
        }
    }

    fn carries_pin(&self) -> bool {
        match self {
            Command::SetPin(command) => command.old().is_some(),
            Command::Sale(command) => command.confirmation.pin.is_some(),
            Command::Pass(command) => command.sale.confirmation.pin.is_some(),
            Command::Redemption(command) => command.confirmation.pin.is_some(),
            Command::TopUp(command) => command.confirmation.pin.is_some(),
            Command::RefundPrepaid(command) => command.refund.confirmation.pin.is_some(),
            Command::PassUse(PassUsing::Use { used, .. }) => used.confirmation.pin.is_some(),
            Command::Replace(command) => command.replacement.confirmation.pin.is_some(),
            _ => false,
        }
    }

    /// The PIN that came with it, and where it stood.
    ///
    /// # Errors
    /// `field_invalid` for a PIN where no card is used; what keeps a code from being used.
    fn pin(&self, desk: &Desk) -> Result<Option<(Used<'_>, &'static str)>> {
        let (confirmation, card) = match self {
            Command::SetPin(command) => return Ok(command.old().map(|used| (used, "/old_pin"))),
            Command::Sale(command) => (&command.confirmation, command.shown()),
            Command::Pass(command) => (&command.sale.confirmation, command.sale.shown()),
            Command::Redemption(command) => (&command.confirmation, Some(command.card.as_str())),
            Command::TopUp(command) => (&command.confirmation, command.card.as_deref()),
            Command::RefundPrepaid(command) => (&command.refund.confirmation, command.refund.card.as_deref()),
            Command::PassUse(PassUsing::Use { used, .. }) => (&used.confirmation, used.card.as_deref()),
            Command::Replace(command) => (&command.replacement.confirmation, None),
            _ => return Ok(None),
        };
        let Some(pin) = &confirmation.pin else {
            return Ok(None);
        };
        // Nobody's PIN is tried by who may not sell there.
        match self {
            Command::Sale(command) => desk.actor.require(Action::SalePost, Some(command.store))?,
            Command::Pass(command) => desk.actor.require(Action::SalePost, Some(command.sale.store))?,
            Command::Redemption(command) => desk.actor.require(Action::RedemptionPost, Some(command.store))?,
            Command::TopUp(command) => desk.actor.require(Action::TopUpPost, Some(command.store_id))?,
            Command::RefundPrepaid(command) => {
                desk.actor.require(Action::TopUpRefund, Some(command.refund.store_id))?;
            }
            Command::PassUse(PassUsing::Use { used, .. }) => {
                desk.actor.require(Action::PassUse, Some(used.store_id))?;
            }
            _ => {}
        }
        let card = card
            .map(|shown| judge_pin::card_at_hand(desk, shown))
            .transpose()?
            .flatten();
        let card = card.ok_or_else(|| {
            let (zh, en) = (
                "密码须与卡一起使用，请刷卡或出示动态码",
                "A PIN is a card's: use the card, or its code",
            );
            Refusal::new(Code::FieldInvalid, zh, en).at(PIN_POINTER)
        })?;
        Ok(Some((Used { card, pin }, PIN_POINTER)))
    }

    /// The same command, whose PIN was right.
    fn judged(&self, card: CardId) -> Self {
        let mut judged = self.clone();
        match &mut judged {
            Command::Sale(command) => command.confirmation.judged = Some(card),
            Command::Pass(command) => command.sale.confirmation.judged = Some(card),
            Command::Redemption(command) => command.confirmation.judged = Some(card),
            Command::TopUp(command) => command.confirmation.judged = Some(card),
            Command::RefundPrepaid(command) => command.refund.confirmation.judged = Some(card),
            Command::PassUse(PassUsing::Use { used, .. }) => used.confirmation.judged = Some(card),
            _ => {}
        }
        judged
    }

    /// The permanent key of the bill it books, and the hash of what the till sent.
    fn natural(&self, desk: &Desk) -> Result<Option<(NaturalKey, [u8; 32])>> {
        match self {
            Command::Sale(command) => command.natural(desk).map(Some),
            Command::Return(command) => command.natural(desk).map(Some),
            Command::Redemption(command) => command.natural(desk).map(Some),
            Command::CancelRedemption(command) => command.natural(desk).map(Some),
            Command::TopUp(command) => command.natural(desk).map(Some),
            Command::RefundPrepaid(command) => command.natural(desk).map(Some),
            Command::Pass(command) => command.natural(desk).map(Some),
            Command::PassUse(command) => command.natural(desk).map(Some),
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
        self.permit_vouchers(actor, command.codes())?;
        let judged = self.with_judged_pin(actor, key.as_ref(), command).await?;
        let command = judged.as_ref().unwrap_or(command);
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
        self.permit_vouchers(actor, command.codes())?;
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
