//! Whose sale it is, as of when it was rung up.

use super::code::{self, ByCode};
use super::desk::{Desk, no_such_card};
use crate::error::Result;
use crate::store::writer::ledger::LoadedCard;
use crate::store::writer::load::{self, Standing};
use cardea_domain::card::CardKind;
use cardea_domain::error::MembershipChoice;
use cardea_domain::id::*;
use cardea_domain::identifier::grouped_number;
use cardea_domain::ledger::Member;
use cardea_domain::sale::opened_by;
use cardea_domain::{Code, Instant, Refusal, Text};
use serde::Serialize;

/// Who a sale is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRef {
    /// A whole card number; the card must be usable.
    Card(String),
    /// The dynamic code of a card, good for one use.
    Code(String),
    /// By the archive: earns on the open membership while it has a card, blocked or not, or its program needs none.
    /// Without a membership it is booked all the same, `no_member`; of several, one must be named.
    Customer(CustomerId),
    /// By the archive, with the membership that is meant.
    Membership {
        customer: CustomerId,
        membership: MembershipId,
    },
}

impl MemberRef {
    /// With the number in its one form: however it was read, it is the same bill.
    pub(super) fn plain(&self) -> Self {
        match self {
            Self::Card(number) => Self::Card(grouped_number(number)),
            Self::Code(code) => Self::Code(grouped_number(code)),
            Self::Customer(_) | Self::Membership { .. } => self.clone(),
        }
    }
}

/// Who a sale is for, as far as it is known before the writer has the word.
#[derive(Default)]
pub(super) struct Holder {
    pub customer: Option<CustomerId>,
    /// The card that was shown, and its kind.
    pub card: Option<CardId>,
    pub kind: Option<CardKind>,
    /// It was shown by its code of this step.
    pub code: Option<(CardId, i64)>,
    pub member: Option<Member>,
    /// Found by the archive: whether there is a card of the membership, blocked or not.
    pub held: Option<bool>,
    /// Found by the customer alone: the memberships there are, which must still be the same when it is booked.
    pub standing: Option<Vec<MembershipId>>,
    /// Why the membership that was meant earns nothing.
    pub not_earned: Option<Text>,
}

/// As of when.
#[derive(Clone, Copy)]
pub(super) struct AsOf {
    pub at: Instant,
    /// An import: what it books came in whatever order, so a membership may be younger than its sales.
    pub trusted: bool,
}

impl Holder {
    /// Finds the membership.
    ///
    /// # Errors
    /// `not_found` for an unknown card, customer or membership, `code_unusable`, `card_blocked` for a card that doesn't work,
    /// `membership_ambiguous` where the customer has several.
    pub fn find(desk: &Desk, member: Option<&MemberRef>, as_of: AsOf) -> Result<Self> {
        match member {
            None => Ok(Self::default()),
            Some(MemberRef::Card(number)) => {
                let chain = desk.chain();
                let card = desk
                    .engine
                    .read(chain, |conn| load::card_by_number(conn, chain, number))?;
                Self::by_card(desk, &card.ok_or_else(|| no_such_card().at("/member/card"))?, as_of)
            }
            Some(MemberRef::Code(text)) => Self::by_code(desk, text, as_of),
            Some(MemberRef::Customer(customer)) => Self::by_customer(desk, *customer, as_of),
            Some(MemberRef::Membership { customer, membership }) => {
                Self::by_membership(desk, *customer, *membership, as_of)
            }
        }
    }

    fn by_code(desk: &Desk, text: &str, as_of: AsOf) -> Result<Self> {
        let code = code::parse(text).ok_or_else(|| code::unusable().at("/member/code"))?;
        let ByCode { card, step } = code::resolve(desk, &code).map_err(|refusal| refusal.at("/member/code"))?;
        let holder = Self::by_card(desk, &card, as_of)?;
        Ok(Self {
            code: Some((card.card.id, step)),
            // Needed to use it up, though the sale is older than the membership.
            card: Some(card.card.id),
            ..holder
        })
    }

    fn by_card(desk: &Desk, card: &LoadedCard, as_of: AsOf) -> Result<Self> {
        card.check_usable(as_of.at)?;
        let member = desk.member_head(card.card.membership)?;
        let holder = Self {
            customer: member.customer,
            ..Self::default()
        };
        if !as_of.trusted && !opened_by(member.opened_at, as_of.at) {
            return holder.too_young(desk, &member);
        }
        Ok(Self {
            card: Some(card.card.id),
            kind: Some(card.card.kind),
            member: Some(member),
            ..holder
        })
    }

    fn by_customer(desk: &Desk, customer: CustomerId, as_of: AsOf) -> Result<Self> {
        let chain = desk.chain();
        let all = desk
            .engine
            .read(chain, |conn| load::memberships_at(conn, chain, customer, as_of.at))?;
        let holder = Self {
            customer: Some(customer),
            standing: Some(all.iter().map(|standing| standing.choice.id).collect()),
            ..Self::default()
        };
        let old_enough = |s: &&Standing| as_of.trusted || opened_by(s.opened_at, as_of.at);
        let mut choices: Vec<MembershipChoice> = Vec::new();
        for Standing { choice, .. } in all.iter().filter(old_enough) {
            // Of one that ended and the one that followed it, the first is as of then.
            if !choices.iter().any(|other| other.program_id == choice.program_id) {
                choices.push(choice.clone());
            }
        }
        match (choices.as_slice(), all.first()) {
            // A till may know a customer by an id that was merged into another.
            ([], None) => match desk.engine.survivor(chain, customer)? {
                survivor if survivor == customer => Ok(holder),
                survivor => Self::by_customer(desk, survivor, as_of),
            },
            ([], Some(young)) => {
                let member = desk.member_head(young.choice.id)?;
                holder.too_young(desk, &member)
            }
            ([only], _) => holder.of(desk, desk.member_head(only.id)?, as_of.at),
            _ => Err(ambiguous(choices).into()),
        }
    }

    fn by_membership(desk: &Desk, customer: CustomerId, membership: MembershipId, as_of: AsOf) -> Result<Self> {
        let chain = desk.chain();
        let member = desk
            .engine
            .read(chain, |conn| load::member_head(conn, chain, membership))?
            .filter(|member| member.customer == Some(customer))
            .ok_or_else(no_such_membership)?;
        let holder = Self {
            customer: Some(customer),
            ..Self::default()
        };
        if !as_of.trusted && !opened_by(member.opened_at, as_of.at) {
            return holder.too_young(desk, &member);
        }
        holder.of(desk, member, as_of.at)
    }

    /// The member without a card at hand.
    fn of(self, desk: &Desk, member: Member, at: Instant) -> Result<Self> {
        let chain = desk.chain();
        let cards = desk.engine.read(chain, |conn| load::cards_of(conn, chain, member.id))?;
        Ok(Self {
            held: Some(any_held(&cards, at)),
            member: Some(member),
            ..self
        })
    }

    /// Nothing is earned before the membership opened: the sale is the customer's alone.
    fn too_young(self, desk: &Desk, member: &Member) -> Result<Self> {
        let opened = desk.zone(member.store)?.day_of(member.opened_at);
        Ok(Self {
            not_earned: Some(Text::new(
                format!("会籍于{opened}开立，此前的消费不积分。"),
                format!("The membership was opened on {opened}; what was bought before earns nothing."),
            )),
            ..self
        })
    }
}

/// Whether any of a membership's cards is still held, blocked or not.
pub(super) fn any_held<'a>(cards: impl IntoIterator<Item = &'a LoadedCard>, at: Instant) -> bool {
    cards.into_iter().any(|card| card.is_held(at))
}

/// Why a membership whose cards are all void earns nothing.
pub(super) fn without_a_card() -> Text {
    Text::new(
        "会籍已没有卡，按本计划的规则不积分；可先补发一张卡。",
        "The membership has no card any more, and its program lets it earn only with one; issue one first.",
    )
}

fn no_such_membership() -> Refusal {
    let en = "The customer has no such membership";
    Refusal::new(Code::NotFound, "该顾客没有这个会籍", en).at("/member/membership_id")
}

/// Several memberships of one customer, and no word of which.
fn ambiguous(choices: Vec<MembershipChoice>) -> Refusal {
    let names =
        |name: fn(&MembershipChoice) -> &str, between| choices.iter().map(name).collect::<Vec<_>>().join(between);
    let zh = names(|choice| &choice.program.zh, "、");
    let en = names(|choice| &choice.program.en, ", ");
    Refusal::new(
        Code::MembershipAmbiguous,
        format!("该顾客有多个会籍（{zh}），请选择其中一个，或刷卡。"),
        format!("The customer has several memberships ({en}); name one of them, or use its card."),
    )
    .at("/member/membership_id")
    .with(|facts| facts.memberships = choices)
}
