//! What must be made sure of before a card is used for more than an amount (D-CARD-10).

use crate::error::{Code, FieldError, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

named! {
/// What a demand is about, and the unit of its amount.
#[derive(PartialOrd, Ord)]
pub enum ConfirmedUse {
    /// Points that pay a bill; the money they stand for, minor units.
    SpendPoints = "spend_points",
    /// Points for rewards; points.
    Redeem = "redeem",
    /// Stored value that pays a bill; minor units.
    SpendValue = "spend_value",
    /// Sessions of a pass; sessions.
    UseSession = "use_session",
}
}

named! {
/// What makes sure that it is the holder who wants it.
#[derive(PartialOrd, Ord)]
pub enum Demand {
    /// The card's PIN.
    Pin = "pin",
    /// The receipt was signed.
    Signature = "signature",
    /// The identity document was seen.
    Identity = "identity",
    /// A manager agrees.
    Manager = "manager",
}
}

/// One demand of a program: above an amount, these are needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    #[serde(rename = "use")]
    pub of: ConfirmedUse,
    /// Amounts above this one; 0: any.
    #[serde(default)]
    #[schema(minimum = 0, example = 0)]
    pub above: i64,
    pub demands: Vec<Demand>,
}

/// What was made sure of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    pub pin: bool,
    pub signature: bool,
    pub identity: bool,
    pub manager: bool,
}

impl Confirmed {
    fn has(self, demand: Demand) -> bool {
        match demand {
            Demand::Pin => self.pin,
            Demand::Signature => self.signature,
            Demand::Identity => self.identity,
            Demand::Manager => self.manager,
        }
    }

    /// What of these demands isn't there, each once.
    pub fn unmet(self, demands: &[Demand]) -> Vec<Demand> {
        let mut unmet: Vec<Demand> = demands.iter().copied().filter(|demand| !self.has(*demand)).collect();
        unmet.sort_unstable();
        unmet.dedup();
        unmet
    }

    /// What is lacking for `amount` of a use: every demand of every requirement that the amount lies above, once.
    pub fn lacking(self, requirements: &[Requirement], of: ConfirmedUse, amount: i64) -> Vec<Demand> {
        let asked = requirements.iter().filter(|r| r.of == of && amount > r.above);
        let mut lacking: Vec<Demand> = asked.flat_map(|r| r.demands.iter().copied()).collect();
        lacking.retain(|demand| !self.has(*demand));
        lacking.sort_unstable();
        lacking.dedup();
        lacking
    }
}

/// The refusal that names what is lacking; none where nothing is.
///
/// # Errors
/// `confirmation_needed`
pub fn check_confirmed(lacking: &[Demand]) -> Result<(), Refusal> {
    if lacking.is_empty() {
        return Ok(());
    }
    let words = |demand: &Demand| match demand {
        Demand::Pin => ("输入卡密码", "the card's PIN"),
        Demand::Signature => ("在小票上签字", "a signature on the receipt"),
        Demand::Identity => ("核对身份证件", "a look at the identity document"),
        Demand::Manager => ("店长同意", "a manager's consent"),
    };
    let zh = lacking
        .iter()
        .map(|demand| words(demand).0)
        .collect::<Vec<_>>()
        .join("、");
    let en = lacking
        .iter()
        .map(|demand| words(demand).1)
        .collect::<Vec<_>>()
        .join(", ");
    Err(Refusal::new(
        Code::ConfirmationNeeded,
        format!("按本计划的规则，此项须先：{zh}。确认后请重新提交。"),
        format!("The program's rules ask for {en} first; confirm it and send it again."),
    )
    .at("/confirmation")
    .with(|facts| facts.missing = lacking.iter().map(ToString::to_string).collect()))
}

/// The wrong fields of a program's requirements, below `/requirements`.
pub(super) fn validate(requirements: &[Requirement]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (n, requirement) in requirements.iter().enumerate() {
        let mut check = |right: bool, field: &str, detail: &str| {
            if !right {
                errors.push(FieldError {
                    pointer: format!("/requirements/{n}/{field}"),
                    detail: detail.to_owned(),
                });
            }
        };
        let above = (0..=crate::money::LIMIT).contains(&requirement.above);
        check(above, "above", "must be 0 or more");
        check(!requirement.demands.is_empty(), "demands", "names at least one");
    }
    errors
}
