//! A new card's number: a random one, one that the caller chose, or that of a blank in the store's stock, which leaves it
//! with the card (D-CARD-2).

use super::card_ops::check_number;
use super::desk::{Desk, stale};
use crate::card_stock::CardStockRules;
use crate::error::Result;
use crate::settings;
use crate::store::writer::blanks::TakenBlank;
use crate::store::writer::ledger::State;
use cardea_domain::card::CardNumber;
use cardea_domain::card_stock::Wanted;
use cardea_domain::id::{CardId, ProgramId};
use cardea_domain::identifier::grouped_number;
use cardea_domain::{Code, Refusal};

/// Where a new card's number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Drawn at random.
    Random,
    /// Chosen by somebody: of a blank, if it is one's.
    Chosen,
    /// Chosen by an import or the demo, which hand out no blanks.
    Elsewhere,
}

/// What the program wants of a new card's number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub source: Source,
    /// The program hands out blanks only.
    pub stock_only: bool,
    pub wanted: Wanted,
}

impl Claim {
    /// Of a card that somebody hands out.
    pub fn by_hand(desk: &Desk, number: Option<&CardNumber>, wanted: Wanted) -> Result<Self> {
        Ok(Self {
            source: number.map_or(Source::Random, |_| Source::Chosen),
            stock_only: stock_only(desk, wanted.program)?,
            wanted,
        })
    }

    /// Of an import or the demo, if they chose the number.
    pub fn elsewhere(number: Option<&CardNumber>, wanted: Wanted) -> Self {
        Self {
            source: number.map_or(Source::Random, |_| Source::Elsewhere),
            stock_only: false,
            wanted,
        }
    }
}

/// A number that somebody typed or scanned.
///
/// # Errors
/// `field_invalid`
pub(super) fn chosen_number(number: Option<&String>) -> Result<Option<CardNumber>, Refusal> {
    let parsed = number.map(|number| grouped_number(number).parse()).transpose();
    parsed.map_err(|_| {
        let (zh, en) = (
            "卡号应为 9 开头的 14 位数字，且校验位正确；请核对",
            "A card number has 14 digits from 9, the last one a check digit; check it",
        );
        Refusal::new(Code::FieldInvalid, zh, en).at("/number")
    })
}

/// Whether a program hands out cards of its blank stock only.
fn stock_only(desk: &Desk, program: ProgramId) -> Result<bool> {
    let chain = desk.chain();
    let rules = desk
        .engine
        .read(chain, |conn| settings::read::<CardStockRules>(conn, chain))?;
    Ok(rules.value.stock_only.contains(&program))
}

impl Claim {
    /// The blank that leaves the stock; None: the number is of no batch.
    ///
    /// # Errors
    /// `already_exists`; `card_stock` for a blank that may not become this card, or where only blanks are handed out. A
    /// random number that is taken is drawn again.
    pub fn settle(&self, state: &State, card: CardId) -> Result<Option<TakenBlank>, Refusal> {
        check_number(state, self.source != Source::Random)?;
        match (&state.blank, self.source) {
            (Some(_), Source::Random) => Err(stale()),
            (Some(_), Source::Elsewhere) => {
                let (zh, en) = ("卡号属于空白卡库存", "The number is that of a blank card");
                Err(Refusal::new(Code::AlreadyExists, zh, en).at("/number"))
            }
            (Some(blank), Source::Chosen) => {
                blank.check_issue(&self.wanted)?;
                let blank = blank.clone();
                Ok(Some(TakenBlank { blank, card }))
            }
            (None, Source::Random | Source::Chosen) if self.stock_only => {
                let (zh, en) = (
                    "此会员计划只能用库存空白卡发卡；请扫描本店一张在库空白卡的卡号",
                    "This program hands out blank cards from stock only: scan the number of one in this store's stock",
                );
                Err(Refusal::new(Code::CardStock, zh, en).at("/number"))
            }
            (None, _) => Ok(None),
        }
    }
}
