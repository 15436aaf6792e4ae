//! A new card in the place of a lost or damaged one (D-CARD-5, -6): whether, for which fee and against what, says the
//! plugin where it has a rule of its own.

use super::ask;
use super::card_ops::{Frame, find, permit};
use super::confirmation::Confirmation;
use super::desk::{Desk, StoreFacts, check_reason, new_number, no_such_card, stale};
use super::from_stock::{Claim, chosen_number};
use crate::error::Result;
use crate::plugin::{Function, replacement};
use crate::store::Answer;
use crate::store::writer::ledger::{Decision, LedgerCommand, LoadedCard, Needs, Question, State};
use crate::store::writer::load;
use cardea_domain::card::{Block, Card, CardNumber, CardOp, CardState, ReplaceArgs, ReplacementCause, decide_replace};
use cardea_domain::card_stock::Wanted;
use cardea_domain::error::RuleRefusal;
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, Member};
use cardea_domain::money::format_minor;
use cardea_domain::sale::{Confirmed, Demand, check_confirmed};
use cardea_domain::{Code, Minor, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardReplacement {
    #[schema(example = "补卡")]
    pub reason: String,
    /// A lost card was reported before, a damaged one needs no report.
    pub cause: ReplacementCause,
    /// The store that hands out the new card.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// The number of the new card, scanned or typed: of a blank in the store's stock, or of no batch. Absent: a random one.
    pub number: Option<String>,
    /// What is paid for the new card, minor units: what the program's plugin asks. Absent: nothing.
    #[schema(minimum = 0, example = 2000)]
    pub fee: Option<i64>,
    /// What was made sure of, where the program's plugin demands it; a lost card has no PIN to try.
    #[serde(default)]
    pub confirmation: Confirmation,
}

/// A new number of the same membership, for a lost or damaged card.
#[derive(Clone, Debug)]
pub struct Replace {
    pub card: CardId,
    pub replacement: CardReplacement,
    /// Import and demo choose; None: a random one.
    pub number: Option<CardNumber>,
}

impl Replace {
    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        permit(desk, CardOp::Replace, self.replacement.store_id)?;
        check_reason(&self.replacement.reason)?;
        let store = desk.store(self.replacement.store_id)?;
        let card = find(desk, self.card)?;
        let chosen = chosen_number(self.replacement.number.as_ref())?;
        let member = desk.member_head(card.card.membership)?;
        let program = member.program;
        let frame = Frame::new(desk, &card.card)?;
        let wanted = Wanted {
            program,
            kind: card.card.kind,
            store: store.id,
            today: store.zone.day_of(frame.now),
        };
        let claim = match &self.number {
            Some(number) => Claim::elsewhere(Some(number), wanted),
            None => Claim::by_hand(desk, chosen.as_ref(), wanted)?,
        };
        // Who chooses a number brings what was done elsewhere.
        let ruling = match &self.number {
            Some(_) => None,
            None => self.ask(desk, &card, member.program, store)?,
        };
        let confirmation = &self.replacement.confirmation;
        Ok(Box::new(Replacing {
            confirmed: confirmation.confirmed(desk, store.id, None)?,
            minor_units: store.minor_units,
            ruling,
            frame,
            claim,
            number: self.number.clone().or(chosen).map_or_else(new_number, Ok)?,
            new: CardId(Uuid::now_v7()),
            command: self.clone(),
        }))
    }

    /// The plugin's ruling; None where it has no say.
    ///
    /// # Errors
    /// `rule_refused` with its reasons; `plugin_failed`.
    fn ask(&self, desk: &Desk, card: &LoadedCard, program: ProgramId, store: StoreFacts) -> Result<Option<Ruling>> {
        let (chain, now) = (desk.chain(), desk.now(None));
        let configuration = desk.configuration(program, now)?;
        let plugin = ask::plugin(desk, &configuration)?;
        if !plugin.has(Function::ReplacementDecide) {
            return Ok(None);
        }
        let membership = card.card.membership;
        let (member, cards) = desk.engine.read(chain, |conn| {
            let member = load::member_balances(conn, chain, membership)?;
            Ok((member, load::cards_of(conn, chain, membership)?))
        })?;
        let member = member.ok_or_else(stale)?;
        let mut request = replacement::Request {
            config: configuration.plugin_config.clone(),
            minor_digits: store.minor_units as u8,
            today: store.zone.day_of(now).0,
            cause: match self.replacement.cause {
                ReplacementCause::Lost => replacement::Cause::Lost,
                ReplacementCause::Damaged => replacement::Cause::Damaged,
            },
            tier: String::new(),
            named: false,
            issuing_store: card.card.store == store.id,
            replaced: 0,
            principal: 0,
            sessions: 0,
        };
        tell(&mut request, &member, cards.iter().map(|loaded| &loaded.card));
        let decision = plugin.replace(&request).map_err(|e| ask::failed(desk.chain(), &e))?;
        let permit = match decision {
            replacement::Decision::Permitted(permit) => permit,
            replacement::Decision::Refused(reasons) => return Err(ask::stopped(reasons).into()),
        };
        request.config.clear();
        Ok(Some(Ruling {
            question: ask::question(&request, card.card.id.0, configuration.id)?,
            request,
            fee: permit.fee,
            reason: ask::told(permit.reason),
            demands: ask::demanded(permit.demands),
        }))
    }
}

/// What a plugin is told of the membership and its cards.
fn tell<'a>(request: &mut replacement::Request, member: &Member, cards: impl Iterator<Item = &'a Card>) {
    let balance = |asset: &Asset| member.account(asset).map_or(0, |account| account.balance.max(0));
    request.tier.clone_from(&member.tier);
    request.named = member.customer.is_some();
    request.principal = balance(&Asset::principal());
    let sessions = member.accounts.keys().filter(|asset| asset.service().is_some());
    request.sessions = sessions.map(balance).sum();
    let replaced = cards.filter(|card| card.state == CardState::Replaced).count();
    request.replaced = u32::try_from(replaced).unwrap_or(u32::MAX);
}

/// What a plugin says of a replacement.
struct Ruling {
    /// What it was told, without the configuration.
    request: replacement::Request,
    question: Question,
    fee: Minor,
    reason: RuleRefusal,
    demands: Vec<Demand>,
}

impl Ruling {
    /// What it demands is there, and its fee is paid.
    ///
    /// # Errors
    /// `confirmation_needed` with what is lacking; `tenders_mismatch` with what is due; both with the rule.
    fn check(&self, confirmed: Confirmed, paid: Option<Minor>, minor_units: u32) -> Result<(), Refusal> {
        let by_rule = |refusal: Refusal| refusal.with(|facts| facts.refusals = vec![self.reason.clone()]);
        check_confirmed(&confirmed.unmet(&self.demands)).map_err(by_rule)?;
        if paid.unwrap_or(0) == self.fee {
            return Ok(());
        }
        let fee = format_minor(self.fee, minor_units);
        let refusal = Refusal::new(
            Code::TendersMismatch,
            format!("补卡应收 {fee}，请收取后重新提交。"),
            format!("The new card costs {fee}; take it and send it again."),
        );
        Err(by_rule(refusal.at("/fee").with(|facts| facts.due = Some(self.fee))))
    }

    /// As it stands in the card's story.
    fn note(&self, confirmed: Confirmed, detail: &mut Value) {
        detail["rule"] = json!(self.reason.rule);
        detail["explanation"] = json!(self.reason.explanation);
        detail["fee"] = json!(self.fee);
        detail["confirmation"] = json!(confirmed);
    }
}

struct Replacing {
    confirmed: Confirmed,
    minor_units: u32,
    ruling: Option<Ruling>,
    frame: Frame,
    command: Replace,
    number: CardNumber,
    claim: Claim,
    new: CardId,
}

impl Replacing {
    /// Whether the plugin would be told the same now.
    fn is_current(&self, state: &State) -> bool {
        let (Some(ruling), Some(member)) = (&self.ruling, state.members.get(&self.frame.membership)) else {
            return true;
        };
        let mut now = ruling.request.clone();
        tell(&mut now, member, state.cards.values().map(|loaded| &loaded.card));
        now == ruling.request
    }

    /// # Errors
    /// Those of [`Ruling::check`]; `field_invalid` for a fee that no rule asks for.
    fn check_fee(&self) -> Result<(), Refusal> {
        let paid = self.command.replacement.fee;
        match &self.ruling {
            Some(ruling) => ruling.check(self.confirmed, paid, self.minor_units),
            None if paid.unwrap_or(0) != 0 => {
                let (zh, en) = ("本计划补卡不收费", "The program asks no fee for a new card");
                Err(Refusal::new(Code::FieldInvalid, zh, en).at("/fee"))
            }
            None => Ok(()),
        }
    }
}

impl LedgerCommand for Replacing {
    fn needs(&self) -> Needs {
        Needs {
            number: Some(self.number.clone()),
            cards_of: self.ruling.as_ref().map(|_| self.frame.membership),
            ..self.frame.needs()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        if !self.is_current(state) {
            return Err(stale());
        }
        let blank = self.claim.settle(state, self.new)?;
        let loaded = state.cards.remove(&self.frame.card).ok_or_else(no_such_card)?;
        let expired = loaded.expired(self.frame.now);
        let mut card = loaded.card;
        // An end that no job has booked yet is an end all the same.
        if expired {
            card.blocks.push(Block::Expired);
        }
        let from = card.state;
        let args = ReplaceArgs {
            id: self.new,
            number: self.number.clone(),
            store: self.command.replacement.store_id,
            cause: self.command.replacement.cause,
            now: self.frame.now,
        };
        let (rows, new) = decide_replace(&mut card, &args)?;
        self.check_fee()?;
        let reason = self.command.replacement.reason.trim().to_owned();
        let mut detail = json!({ "replaced_by": new.id, "cause": args.cause });
        if let Some(ruling) = &self.ruling {
            ruling.note(self.confirmed, &mut detail);
        }
        let mut event = self.frame.event(CardOp::Replace, from, &card, reason, detail);
        event.store = Some(self.command.replacement.store_id);
        let mut decision = self
            .frame
            .decision(state, (CardOp::Replace, rows), &new, Answer::created, event)?;
        decision.blank = blank;
        decision
            .questions
            .extend(self.ruling.iter().map(|ruling| ruling.question.clone()));
        Ok(decision)
    }
}
