//! Cards: credentials of a membership. Their numbers, states, blocks, and the one table of what may happen to them
//! (D-CARD-4, -5, -6, -14).

use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal};
use crate::id::*;
use crate::names::join;
use crate::rows::{CardRow, CardUpdate, Rows};
use serde::{Deserialize, Serialize};
use std::fmt;

/// 14 digits: a 9, twelve random ones and a Luhn check digit.
///
/// By its length and first digit it can't be taken for an identity number (15 or 18 digits), a mobile phone (11 digits
/// from 1, 13 with 86), or a payment code (16–24 digits from 10–15, 25–30 or 62).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CardNumber(String);

/// Not a card number: not 14 digits from 9, or a wrong check digit (a typing error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a card number: 14 digits that begin with 9, the last one a check digit")]
pub struct NotACardNumber;

impl CardNumber {
    /// The number of 64 random bits. Unguessable if the bits are; whether it is taken is the caller's question.
    pub fn from_random(bits: u64) -> Self {
        let mut digits = format!("9{:012}", bits % 1_000_000_000_000);
        let check = (10 - luhn_sum(digits.bytes().rev(), 1) % 10) % 10;
        digits.push(char::from(b'0' + check as u8));
        Self(digits)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What staff may see of a card that isn't on the counter.
    pub fn last_four(&self) -> &str {
        &self.0[10..]
    }
}

/// Luhn's sum over digits from the right; `offset` 0 where the check digit is the first of them, else 1.
fn luhn_sum(from_the_right: impl Iterator<Item = u8>, offset: usize) -> u32 {
    let weigh = |(i, byte): (usize, u8)| match (u32::from(byte - b'0'), (i + offset) % 2) {
        (digit, 0) => digit,
        (digit, _) if digit < 5 => digit * 2,
        (digit, _) => digit * 2 - 9,
    };
    from_the_right.enumerate().map(weigh).sum()
}

impl std::str::FromStr for CardNumber {
    type Err = NotACardNumber;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = text.len() == 14 && text.starts_with('9') && text.bytes().all(|b| b.is_ascii_digit());
        if shape && luhn_sum(text.bytes().rev(), 0).is_multiple_of(10) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotACardNumber)
        }
    }
}

impl TryFrom<String> for CardNumber {
    type Error = NotACardNumber;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CardNumber> for String {
    fn from(number: CardNumber) -> Self {
        number.0
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CardNumber {
    /// Masked: numbers don't belong in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardNumber(…{})", self.last_four())
    }
}

// D-CARD-1
named! {
/// Who may hold a card.
#[derive(PartialOrd, Ord)]
pub enum CardKind {
    /// Named.
    Customer = "customer",
    Anonymous = "anonymous",
    /// For a person or event, with an end date.
    Temporary = "temporary",
    Employee = "employee",
    Supplier = "supplier",
}
}

named! {
#[derive(PartialOrd, Ord)]
pub enum CardState {
    Applied = "applied",
    Rejected = "rejected",
    Active = "active",
    Replaced = "replaced",
    Returned = "returned",
    Void = "void",
    Merged = "merged",
}
}

// A card has a set of them.
named! {
/// Why an active card doesn't work for now.
#[derive(PartialOrd, Ord)]
pub enum Block {
    Loss = "loss",
    Frozen = "frozen",
    Pin = "pin",
    Expired = "expired",
}
}

/// What people do to a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardOp {
    Freeze,
    Unfreeze,
    ReportLoss,
    CancelLoss,
    /// Lost (after the report) or damaged (without one): the membership gets a new number.
    Replace,
    Cancel,
}

named!(CardOp {
    Freeze = "freeze",
    Unfreeze = "unfreeze",
    ReportLoss = "report_loss",
    CancelLoss = "cancel_loss",
    Replace = "replace",
    Cancel = "cancel",
});

/// A card with all that a decision about it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub id: CardId,
    pub membership: MembershipId,
    pub number: CardNumber,
    pub kind: CardKind,
    pub state: CardState,
    /// Sorted, without doubles.
    pub blocks: Vec<Block>,
    pub store: StoreId,
    pub valid_through: Option<Day>,
    pub replaced_by: Option<CardId>,
    pub version: i64,
}

/// The one table of D-CARD-4: the state and blocks after `op`, or none where it isn't allowed.
fn transition(state: CardState, blocks: &[Block], op: CardOp) -> Option<(CardState, Vec<Block>)> {
    use Block::*;
    use CardState::*;
    let has = |block: Block| blocks.contains(&block);
    let add = |block: Block| {
        let mut after = blocks.to_vec();
        after.push(block);
        after.sort_unstable();
        after
    };
    let remove = |block: Block| blocks.iter().copied().filter(|b| *b != block).collect::<Vec<_>>();
    match (op, state) {
        (CardOp::Freeze, Active) if !has(Frozen) => Some((Active, add(Frozen))),
        (CardOp::Unfreeze, Active) if has(Frozen) => Some((Active, remove(Frozen))),
        (CardOp::ReportLoss, Active) if !has(Loss) => Some((Active, add(Loss))),
        (CardOp::CancelLoss, Active) if has(Loss) => Some((Active, remove(Loss))),
        // A new number must not lift a freeze or outlive the validity.
        (CardOp::Replace, Active) if !has(Frozen) && !has(Expired) => Some((Replaced, blocks.to_vec())),
        (CardOp::Cancel, Active | Applied) => Some((Void, blocks.to_vec())),
        _ => None,
    }
}

/// What a card in this state allows.
pub fn allowed(state: CardState, blocks: &[Block]) -> Vec<CardOp> {
    CardOp::ALL
        .iter()
        .copied()
        .filter(|op| transition(state, blocks, *op).is_some())
        .collect()
}

/// The state and blocks after `op`.
///
/// # Errors
/// `card_state` with the state, the blocks and what is allowed.
pub fn apply(state: CardState, blocks: &[Block], op: CardOp) -> Result<(CardState, Vec<Block>), Refusal> {
    transition(state, blocks, op).ok_or_else(|| {
        let allowed = allowed(state, blocks);
        let (zh, en) = (describe_zh(state, blocks), describe_en(state, blocks));
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
            facts.state = Some(state);
            facts.blocks = blocks.to_vec();
            facts.allowed = allowed.iter().map(ToString::to_string).collect();
        })
    })
}

/// Whether a card works now: active, with no block, and not past its validity (D-CARD-4). From the instant of a loss
/// report it neither spends nor earns (D-CARD-5).
///
/// # Errors
/// `card_blocked` with the state, the blocks (with `expired`, if it is) and what is allowed.
pub fn usable(state: CardState, blocks: &[Block], expired: bool) -> Result<(), Refusal> {
    let mut blocks = blocks.to_vec();
    if expired && !blocks.contains(&Block::Expired) {
        blocks.push(Block::Expired);
        blocks.sort_unstable();
    }
    if state == CardState::Active && blocks.is_empty() {
        return Ok(());
    }
    let allowed = allowed(state, &blocks);
    Err(Refusal::new(
        Code::CardBlocked,
        format!("此卡{}，不能使用。可用该会籍的其他卡，或按会员姓名、手机号办理。", describe_zh(state, &blocks)),
        format!(
            "The card is {}, so it can't be used. Use another card of the membership, or identify the member by name or phone.",
            describe_en(state, &blocks)
        ),
    )
    .with(|facts| {
        facts.state = Some(state);
        facts.blocks = blocks;
        facts.allowed = allowed.iter().map(ToString::to_string).collect();
    }))
}

/// Freeze, unfreeze, report or cancel a loss, cancel: what is saved. `card` is as afterwards.
///
/// # Errors
/// `card_state`; `card` is then untouched. Replacing needs a new number: see [`decide_replace`].
pub fn decide_card(card: &mut Card, op: CardOp) -> Result<Rows, Refusal> {
    let (state, blocks) = apply(card.state, &card.blocks, op)?;
    card.state = state;
    card.blocks = blocks;
    card.version += 1;
    Ok(Rows {
        card_updates: vec![card.update()],
        ..Rows::default()
    })
}

/// Voids a card with its membership; false for one that is at its end already. Its block `expired` says that its time
/// was over, which nobody's cancelling says.
pub(crate) fn expire(card: &mut Card) -> bool {
    let Some((state, blocks)) = transition(card.state, &card.blocks, CardOp::Cancel) else {
        return false;
    };
    card.state = state;
    card.blocks = blocks;
    if !card.blocks.contains(&Block::Expired) {
        card.blocks.push(Block::Expired);
        card.blocks.sort_unstable();
    }
    card.version += 1;
    true
}

/// Gives a card that ends with its membership the membership's new end, and undoes what the old one has done to it; false
/// for one with an end of its own, or at its end by other reasons. What people did to it, a loss or a freeze, stays.
pub(crate) fn renew(card: &mut Card, was: Day, until: Day) -> bool {
    let timed_out = card.state == CardState::Void && card.blocks.contains(&Block::Expired);
    let goes_on = matches!(card.state, CardState::Active | CardState::Applied) || timed_out;
    if !goes_on || card.valid_through != Some(was) {
        return false;
    }
    if timed_out {
        card.state = CardState::Active;
    }
    card.blocks.retain(|block| *block != Block::Expired);
    card.valid_through = Some(until);
    card.version += 1;
    true
}

/// The new card of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaceArgs {
    pub id: CardId,
    pub number: CardNumber,
    pub store: StoreId,
    pub now: Instant,
}

/// A new number of the same membership; the old one resolves to `replaced` for ever, each points at the other, and no
/// posting moves (D-CARD-5, -6).
///
/// # Errors
/// `card_state`; `card` is then untouched.
pub fn decide_replace(card: &mut Card, args: &ReplaceArgs) -> Result<(Rows, Card), Refusal> {
    let (state, blocks) = apply(card.state, &card.blocks, CardOp::Replace)?;
    card.state = state;
    card.blocks = blocks;
    card.replaced_by = Some(args.id);
    card.version += 1;
    let row = CardRow {
        id: args.id,
        membership: card.membership,
        number: args.number.clone(),
        kind: card.kind,
        store: args.store,
        issued_at: args.now,
        valid_through: card.valid_through,
        replaces: Some(card.id),
    };
    let new = Card::issued(&row);
    Ok((
        Rows {
            cards: vec![row],
            card_updates: vec![card.update()],
            ..Rows::default()
        },
        new,
    ))
}

impl Card {
    /// A card as it stands after its row was saved.
    pub fn issued(row: &CardRow) -> Self {
        Self {
            id: row.id,
            membership: row.membership,
            number: row.number.clone(),
            kind: row.kind,
            state: CardState::Active,
            blocks: Vec::new(),
            store: row.store,
            valid_through: row.valid_through,
            replaced_by: None,
            version: 1,
        }
    }

    pub(crate) fn update(&self) -> CardUpdate {
        CardUpdate {
            id: self.id,
            state: self.state,
            blocks: self.blocks.clone(),
            replaced_by: self.replaced_by,
            valid_through: self.valid_through,
            version: self.version,
        }
    }
}

fn op_zh(op: CardOp) -> &'static str {
    match op {
        CardOp::Freeze => "冻结",
        CardOp::Unfreeze => "解冻",
        CardOp::ReportLoss => "挂失",
        CardOp::CancelLoss => "解挂",
        CardOp::Replace => "补卡",
        CardOp::Cancel => "注销",
    }
}

fn list_zh(ops: &[CardOp]) -> String {
    ops.iter().map(|op| op_zh(*op)).collect::<Vec<_>>().join("、")
}

fn describe_zh(state: CardState, blocks: &[Block]) -> String {
    let state_zh = match state {
        CardState::Applied => "尚在申请中",
        CardState::Rejected => "申请未通过",
        CardState::Active => "正常",
        CardState::Replaced => "已补换新卡",
        CardState::Returned => "已退卡",
        CardState::Void => "已作废",
        CardState::Merged => "已并入其他会籍",
    };
    let block_zh = |block: &Block| match block {
        Block::Loss => "已挂失",
        Block::Frozen => "已冻结",
        Block::Pin => "密码已锁定",
        Block::Expired => "已过期",
    };
    match (state, blocks.is_empty()) {
        (CardState::Active, false) => blocks.iter().map(block_zh).collect::<Vec<_>>().join("、"),
        _ => state_zh.to_owned(),
    }
}

fn describe_en(state: CardState, blocks: &[Block]) -> String {
    let block_en = |block: &Block| match block {
        Block::Loss => "reported lost",
        Block::Frozen => "frozen",
        Block::Pin => "locked after wrong PINs",
        Block::Expired => "expired",
    };
    match (state, blocks.is_empty()) {
        (CardState::Active, false) => blocks.iter().map(block_en).collect::<Vec<_>>().join(" and "),
        (CardState::Applied, _) => "still applied for".to_owned(),
        (state, _) => state.to_string(),
    }
}
