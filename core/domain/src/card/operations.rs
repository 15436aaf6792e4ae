//! The one table of what people do to a card (D-CARD-4): from where, who may, what must be said, what comes of it.

use super::words::{describe_en, describe_zh, list_zh, op_zh};
use super::{Block, CardState};
use crate::error::{Code, Refusal};
use crate::names::join;
use Block::{Expired, Frozen, Loss, Pin};
use CardState::{Active, Applied, Rejected, Replaced, Returned, Void};
use serde::Serialize;
use utoipa::ToSchema;

named! {
/// What people do to a card.
#[derive(PartialOrd, Ord)]
pub enum CardOp {
    /// Somebody else than who entered the application agrees.
    Approve = "approve",
    Reject = "reject",
    /// An applied card is handed over and works from then on.
    Collect = "collect",
    Freeze = "freeze",
    Unfreeze = "unfreeze",
    ReportLoss = "report_loss",
    /// Somebody has found the card and brings it.
    HandIn = "hand_in",
    CancelLoss = "cancel_loss",
    /// The membership gets a new number for a lost or damaged card.
    Replace = "replace",
    SetPin = "set_pin",
    ChangePin = "change_pin",
    ResetPin = "reset_pin",
    /// After five wrong PINs.
    UnlockPin = "unlock_pin",
    /// The holder gives the card back for good.
    Return = "return",
    Cancel = "cancel",
}
}

named! {
/// What must be said for an operation to be done.
#[derive(PartialOrd, Ord)]
pub enum Given {
    /// `reason`, 1–200 characters.
    Reason = "reason",
    /// `identity_checked`: the holder's document was seen.
    Identity = "identity",
    /// By phone `caller_verified` and which `questions` were asked; at the counter `identity_checked`, true or false.
    Caller = "caller",
    /// `handed_in_by`: who brought it.
    Finder = "finder",
    /// `handbook_given` and `use_explained`.
    HandOver = "hand_over",
    /// `cause`: lost or damaged.
    Cause = "cause",
    /// `old_pin`.
    OldPin = "old_pin",
    /// `pin`, six digits.
    NewPin = "new_pin",
}
}

/// One row of the table.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = CardOperationRule)]
pub struct Operation {
    #[serde(rename = "operation")]
    pub op: CardOp,
    /// The states from which it is possible.
    pub from: &'static [CardState],
    /// true: while an approval is awaited; false: once it was given or none is asked for; null: either.
    pub awaiting_approval: Option<bool>,
    /// Blocks without which it isn't possible.
    pub needs: &'static [Block],
    /// Blocks with which it isn't possible.
    pub without: &'static [Block],
    /// The state afterwards; null: as before.
    pub to: Option<CardState>,
    /// Blocks that it sets.
    pub adds: &'static [Block],
    /// Blocks that it lifts.
    pub removes: &'static [Block],
    /// The permission that it takes, as `GET /me` lists them.
    pub permission: &'static str,
    /// What must be said.
    pub given: &'static [Given],
    /// Its name in the audit log.
    #[serde(skip)]
    pub name: &'static str,
}

/// A row that changes nothing: what each operation's row begins with.
const fn row(op: CardOp, name: &'static str, from: &'static [CardState], given: &'static [Given]) -> Operation {
    Operation {
        op,
        from,
        awaiting_approval: None,
        needs: &[],
        without: &[],
        to: None,
        adds: &[],
        removes: &[],
        permission: name,
        given,
        name,
    }
}

/// Every operation, in the order of [`CardOp::ALL`].
pub const OPERATIONS: &[Operation] = &[
    Operation {
        awaiting_approval: Some(true),
        ..row(CardOp::Approve, "card.approve", &[Applied], &[Given::Reason])
    },
    Operation {
        to: Some(Rejected),
        permission: "card.approve",
        ..row(CardOp::Reject, "card.reject", &[Applied], &[Given::Reason])
    },
    Operation {
        awaiting_approval: Some(false),
        to: Some(Active),
        ..row(
            CardOp::Collect,
            "card.collect",
            &[Applied],
            &[Given::Reason, Given::Identity, Given::HandOver],
        )
    },
    Operation {
        without: &[Frozen],
        adds: &[Frozen],
        ..row(CardOp::Freeze, "card.freeze", &[Active], &[Given::Reason])
    },
    Operation {
        needs: &[Frozen],
        removes: &[Frozen],
        ..row(CardOp::Unfreeze, "card.unfreeze", &[Active], &[Given::Reason])
    },
    Operation {
        without: &[Loss],
        adds: &[Loss],
        ..row(
            CardOp::ReportLoss,
            "card.report_loss",
            &[Active],
            &[Given::Reason, Given::Caller],
        )
    },
    // Reported or not: it isn't with its holder, so it works only after an identity check.
    Operation {
        adds: &[Loss],
        ..row(
            CardOp::HandIn,
            "card.hand_in",
            &[Active],
            &[Given::Reason, Given::Finder],
        )
    },
    Operation {
        needs: &[Loss],
        removes: &[Loss],
        ..row(
            CardOp::CancelLoss,
            "card.cancel_loss",
            &[Active],
            &[Given::Reason, Given::Identity],
        )
    },
    // A new number must not lift a freeze or outlive the validity.
    Operation {
        without: &[Frozen, Expired],
        to: Some(Replaced),
        ..row(
            CardOp::Replace,
            "card.replace",
            &[Active],
            &[Given::Reason, Given::Cause],
        )
    },
    Operation {
        without: &[Loss, Frozen, Pin, Expired],
        permission: "card.pin",
        ..row(
            CardOp::SetPin,
            "card.set_pin",
            &[Active],
            &[Given::Identity, Given::NewPin],
        )
    },
    Operation {
        without: &[Loss, Frozen, Pin, Expired],
        permission: "card.pin",
        ..row(
            CardOp::ChangePin,
            "card.change_pin",
            &[Active],
            &[Given::OldPin, Given::NewPin],
        )
    },
    // Who has forgotten a PIN has mostly locked it too.
    Operation {
        without: &[Loss, Frozen, Expired],
        removes: &[Pin],
        ..row(
            CardOp::ResetPin,
            "card.reset_pin",
            &[Active],
            &[Given::Reason, Given::Identity, Given::NewPin],
        )
    },
    Operation {
        needs: &[Pin],
        removes: &[Pin],
        ..row(
            CardOp::UnlockPin,
            "card.unlock_pin",
            &[Active],
            &[Given::Reason, Given::Identity],
        )
    },
    Operation {
        without: &[Loss, Frozen],
        to: Some(Returned),
        ..row(
            CardOp::Return,
            "card.return",
            &[Active],
            &[Given::Reason, Given::Identity],
        )
    },
    Operation {
        to: Some(Void),
        ..row(CardOp::Cancel, "card.cancel", &[Active, Applied], &[Given::Reason])
    },
];

/// The row of an operation.
pub fn operation(op: CardOp) -> &'static Operation {
    &OPERATIONS[op as usize]
}

/// Where a card stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<'a> {
    pub state: CardState,
    /// Sorted, without doubles.
    pub blocks: &'a [Block],
    /// Of an applied card.
    pub awaits_approval: bool,
}

impl<'a> At<'a> {
    /// A card for which no approval is awaited.
    pub fn new(state: CardState, blocks: &'a [Block]) -> Self {
        Self {
            state,
            blocks,
            awaits_approval: false,
        }
    }
}

impl Operation {
    fn possible(&self, at: At) -> bool {
        self.from.contains(&at.state)
            && self
                .awaiting_approval
                .is_none_or(|awaited| awaited == at.awaits_approval)
            && self.needs.iter().all(|block| at.blocks.contains(block))
            && !self.without.iter().any(|block| at.blocks.contains(block))
    }

    fn after(&self, at: At) -> (CardState, Vec<Block>) {
        let kept = at.blocks.iter().filter(|block| !self.removes.contains(block));
        let mut blocks: Vec<Block> = kept.chain(self.adds).copied().collect();
        blocks.sort_unstable();
        blocks.dedup();
        (self.to.unwrap_or(at.state), blocks)
    }
}

/// The state and blocks after `op`; none where it isn't possible.
pub(super) fn transition(at: At, op: CardOp) -> Option<(CardState, Vec<Block>)> {
    let row = operation(op);
    row.possible(at).then(|| row.after(at))
}

/// What a card allows where it stands.
pub fn allowed(at: At) -> Vec<CardOp> {
    let possible = OPERATIONS.iter().filter(|row| row.possible(at));
    possible.map(|row| row.op).collect()
}

/// The state and blocks after `op`.
///
/// # Errors
/// `card_state` with the state, the blocks and what is allowed.
pub fn apply(at: At, op: CardOp) -> Result<(CardState, Vec<Block>), Refusal> {
    transition(at, op).ok_or_else(|| {
        let allowed = allowed(at);
        let (zh, en) = (describe_zh(at), describe_en(at));
        let (zh_ops, en_ops) = if allowed.is_empty() {
            (
                "此状态下不能再做任何操作".to_owned(),
                "nothing more can be done with it".to_owned(),
            )
        } else {
            (
                format!("可以：{}", list_zh(&allowed)),
                format!("allowed: {}", join(&allowed, ", ")),
            )
        };
        Refusal::new(
            Code::CardState,
            format!("此卡{zh}，不能{}；{zh_ops}。", op_zh(op)),
            format!("The card is {en}, so {op} isn't possible; {en_ops}."),
        )
        .with(|facts| {
            facts.state = Some(at.state);
            facts.blocks = at.blocks.to_vec();
            facts.allowed = allowed.iter().map(ToString::to_string).collect();
        })
    })
}

/// Whether a card works now: active, with no block, and not past its validity (D-CARD-4). From the instant of a loss
/// report it neither spends nor earns (D-CARD-5). Of a replaced card, the refusal names the new one's last four digits.
///
/// # Errors
/// `card_blocked` with the state, the blocks (with `expired`, if it is) and what is allowed.
pub fn usable(at: At, expired: bool, new_last_four: Option<&str>) -> Result<(), Refusal> {
    let mut blocks = at.blocks.to_vec();
    if expired && !blocks.contains(&Expired) {
        blocks.push(Expired);
        blocks.sort_unstable();
    }
    if at.state == Active && blocks.is_empty() {
        return Ok(());
    }
    let at = At { blocks: &blocks, ..at };
    let allowed = allowed(at);
    let (new_zh, new_en) = new_last_four.map_or_else(Default::default, |last| {
        (format!("（新卡尾号 {last}）"), format!(" by the card ending in {last}"))
    });
    Err(Refusal::new(
        Code::CardBlocked,
        format!("此卡{}{new_zh}，不能使用。可用该会籍的其他卡，或按会员姓名、手机号办理。", describe_zh(at)),
        format!(
            "The card is {}{new_en}, so it can't be used. Use another card of the membership, or identify the member by name or phone.",
            describe_en(at)
        ),
    )
    .with(|facts| {
        facts.state = Some(at.state);
        facts.allowed = allowed.iter().map(ToString::to_string).collect();
        facts.blocks.clone_from(&blocks);
    }))
}
