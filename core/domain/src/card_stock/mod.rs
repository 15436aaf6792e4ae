//! Blank cards (D-CARD-2): where each is and in what state, what may happen to it, and what a count of them says.

mod count;
mod label;
mod serials;

pub use count::{CountOutcome, Counted, uncounted};
pub use label::{Label, LabelSheet};
pub use serials::{Move, Standing, differences, replay, runs};

use crate::Day;
use crate::card::{CardKind, CardNumber};
use crate::error::{Code, Refusal};
use crate::id::{CardBatchId, ProgramId, StoreId};

/// Most blanks of a batch.
pub const MOST_BLANKS: i32 = 20_000;

named! {
/// In what state a blank card is.
#[derive(PartialOrd, Ord)]
pub enum BlankState {
    InStock = "in_stock",
    /// On its way to another place, where it counts.
    InTransit = "in_transit",
    /// A member has it.
    Issued = "issued",
    Lost = "lost",
    /// Spoilt, and still there.
    Damaged = "damaged",
    /// Destroyed; for ever.
    Void = "void",
}
}

named! {
/// What happens to blank cards.
#[derive(PartialOrd, Ord)]
pub enum BlankStep {
    /// Their numbers were drawn.
    Made = "made",
    Sent = "sent",
    Received = "received",
    Issued = "issued",
    Lost = "lost",
    Damaged = "damaged",
    Void = "void",
    /// They were lost, and are there again.
    Found = "found",
}
}

impl BlankStep {
    /// Whether it stands in the register of lost and damaged cards.
    pub fn is_registered(self) -> bool {
        matches!(self, Self::Lost | Self::Damaged | Self::Void | Self::Found)
    }
}

/// The one table: the state after `step`; None where it isn't possible. A blank that isn't there yet has no state.
pub fn after(state: Option<BlankState>, step: BlankStep) -> Option<BlankState> {
    use BlankState::*;
    match (step, state) {
        (BlankStep::Made, None) => Some(InStock),
        (BlankStep::Sent, Some(InStock)) => Some(InTransit),
        (BlankStep::Received, Some(InTransit)) => Some(InStock),
        (BlankStep::Issued, Some(InStock)) => Some(Issued),
        (BlankStep::Lost, Some(InStock | InTransit)) => Some(Lost),
        (BlankStep::Damaged, Some(InStock | InTransit)) => Some(Damaged),
        (BlankStep::Void, Some(InStock | Lost | Damaged)) => Some(Void),
        (BlankStep::Found, Some(Lost)) => Some(InStock),
        _ => None,
    }
}

/// A blank as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blank {
    pub number: CardNumber,
    pub batch: CardBatchId,
    /// Its place in the batch, from 1.
    pub serial: i32,
    pub program: ProgramId,
    pub kind: CardKind,
    /// The last day on which it may be issued.
    pub valid_through: Option<Day>,
    /// Where it counts; None: at HQ.
    pub store: Option<StoreId>,
    pub state: BlankState,
}

/// The card that a blank shall become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub program: ProgramId,
    pub kind: CardKind,
    /// The store that hands it out.
    pub store: StoreId,
    /// The day there.
    pub today: Day,
}

impl Blank {
    /// Whether it may become such a card.
    ///
    /// # Errors
    /// `card_stock`, with the blank's state and where it is.
    pub fn check_issue(&self, wanted: &Wanted) -> Result<(), Refusal> {
        let (zh, en) = if after(Some(self.state), BlankStep::Issued).is_none() {
            (
                format!("此空白卡{}，不能发出；请另取一张", state_zh(self.state)),
                format!(
                    "The blank card is {} and can't be issued; take another one",
                    state_en(self.state)
                ),
            )
        } else if self.store != Some(wanted.store) {
            let (zh, en) = if self.store.is_some() {
                ("属于其他门店", "belongs to another store")
            } else {
                ("仍在总部库存", "is still in stock at HQ")
            };
            (
                format!("此空白卡{zh}，不能在本店发出；请用本店库存，或先办理调拨"),
                format!("The blank card {en}: use this store's own stock, or transfer it first"),
            )
        } else if self.program != wanted.program {
            (
                "此空白卡属于另一会员计划，请取本计划的卡".to_owned(),
                "The blank card belongs to another program; take one of this program".to_owned(),
            )
        } else if self.kind != wanted.kind {
            (
                "此空白卡的卡种不同，请取同卡种的卡".to_owned(),
                "The blank card is of another kind; take one of the same kind".to_owned(),
            )
        } else if self.valid_through.is_some_and(|last| wanted.today > last) {
            (
                "此空白卡已过有效期，不能发出；请登记作废，另取一张".to_owned(),
                "The blank card is past its last day and can't be issued; register it as void and take another one"
                    .to_owned(),
            )
        } else {
            return Ok(());
        };
        Err(self.refusal(zh, en).at("/number"))
    }

    fn refusal(&self, zh: String, en: String) -> Refusal {
        Refusal::new(Code::CardStock, zh, en).with(|facts| {
            facts.blank_state = Some(self.state);
            facts.blank_store_id = self.store;
        })
    }
}

/// Why a step isn't possible with a blank.
pub fn refused(blank: (i32, BlankState), step: BlankStep) -> Refusal {
    let (serial, state) = blank;
    let (zh, en) = match step {
        BlankStep::Made | BlankStep::Issued => ("发出", "be issued"),
        BlankStep::Sent => ("调拨", "be sent"),
        BlankStep::Received => ("收货", "be received"),
        BlankStep::Lost => ("登记遗失", "be registered as lost"),
        BlankStep::Damaged => ("登记损坏", "be registered as damaged"),
        BlankStep::Void => ("作废", "be made void"),
        BlankStep::Found => ("登记找回", "be registered as found"),
    };
    let (zh_state, en_state) = (state_zh(state), state_en(state));
    Refusal::new(
        Code::CardStock,
        format!("序号 {serial} 的空白卡{zh_state}，不能{zh}；请核对后去掉这张"),
        format!("Blank card {serial} of the batch is {en_state} and can't {en}: check it and leave it out"),
    )
    .with(|facts| facts.blank_state = Some(state))
}

/// A state as a sentence says it.
pub fn state_zh(state: BlankState) -> &'static str {
    match state {
        BlankState::InStock => "在库",
        BlankState::InTransit => "在途",
        BlankState::Issued => "已发出",
        BlankState::Lost => "已登记遗失",
        BlankState::Damaged => "已登记损坏",
        BlankState::Void => "已作废",
    }
}

pub fn state_en(state: BlankState) -> &'static str {
    match state {
        BlankState::InStock => "in stock",
        BlankState::InTransit => "in transit",
        BlankState::Issued => "issued",
        BlankState::Lost => "registered as lost",
        BlankState::Damaged => "registered as damaged",
        BlankState::Void => "void",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn d_card_2_what_may_happen_to_a_blank() {
        use BlankState::*;
        let next = |state: BlankState| -> Vec<(BlankStep, BlankState)> {
            let steps = BlankStep::ALL.iter().copied();
            steps
                .filter_map(|step| Some((step, after(Some(state), step)?)))
                .collect()
        };
        assert_eq!(after(None, BlankStep::Made), Some(InStock));
        assert_eq!(
            next(InStock),
            [
                (BlankStep::Sent, InTransit),
                (BlankStep::Issued, Issued),
                (BlankStep::Lost, Lost),
                (BlankStep::Damaged, Damaged),
                (BlankStep::Void, Void),
            ]
        );
        assert_eq!(
            next(InTransit),
            [
                (BlankStep::Received, InStock),
                (BlankStep::Lost, Lost),
                (BlankStep::Damaged, Damaged),
            ]
        );
        assert_eq!(next(Lost), [(BlankStep::Void, Void), (BlankStep::Found, InStock)]);
        assert_eq!(next(Damaged), [(BlankStep::Void, Void)]);
        assert_eq!((next(Issued), next(Void)), (vec![], vec![]), "for ever");
        for step in BlankStep::ALL {
            assert_eq!(after(None, *step).is_some(), *step == BlankStep::Made, "{step}");
        }
    }

    #[test]
    fn d_card_2_which_blank_becomes_which_card() {
        let id = Uuid::from_u128;
        let wanted = Wanted {
            program: ProgramId(id(1)),
            kind: CardKind::Customer,
            store: StoreId(id(2)),
            today: Day(100),
        };
        let blank = Blank {
            number: CardNumber::from_random(7),
            batch: CardBatchId(id(3)),
            serial: 1,
            program: wanted.program,
            kind: wanted.kind,
            valid_through: Some(Day(100)),
            store: Some(wanted.store),
            state: BlankState::InStock,
        };
        assert_eq!(blank.check_issue(&wanted), Ok(()), "on its last day too");
        let refused = |change: &dyn Fn(&mut Blank)| {
            let mut other = blank.clone();
            change(&mut other);
            let refusal = other.check_issue(&wanted).expect_err("refused");
            assert_eq!(
                (refusal.code, refusal.pointer.as_deref()),
                (Code::CardStock, Some("/number"))
            );
            assert_eq!(
                (refusal.facts.blank_state, refusal.facts.blank_store_id),
                (Some(other.state), other.store)
            );
            refusal.detail.en
        };
        for state in BlankState::ALL.iter().skip(1) {
            let told = refused(&|blank| blank.state = *state);
            assert!(told.contains(state_en(*state)), "{told}");
        }
        let told = [
            refused(&|blank| blank.store = Some(StoreId(id(9)))),
            refused(&|blank| blank.store = None),
            refused(&|blank| blank.program = ProgramId(id(9))),
            refused(&|blank| blank.kind = CardKind::Employee),
            refused(&|blank| blank.valid_through = Some(Day(99))),
        ];
        for (told, why) in told
            .iter()
            .zip(["another store", "HQ", "another program", "another kind", "last day"])
        {
            assert!(told.contains(why), "{told}");
        }
    }
}
