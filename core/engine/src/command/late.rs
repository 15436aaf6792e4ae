//! Judging a sale later: the plugin that failed when it was rung up is asked again, with what was recorded then.

use super::campaigns::{Occasion, Offers, recorded};
use super::desk::{Desk, stale};
use super::judge::{self, translate};
use super::told;
use crate::error::{Error, Result};
use crate::plugin::{self, earning};
use crate::program::Wait;
use crate::store::Answer;
use crate::store::statement::{fetch, statements};
use crate::store::writer::AuditRow;
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::parts::Parts;
use crate::store::writer::record;
use cardea_domain::id::*;
use cardea_domain::sale::{Context, Judgement, LateArgs, SaleRecord, decide_late};
use cardea_domain::{Code, Refusal};
use diesel::sql_types::{Binary, Text};
use serde_json::json;

statements! {
    SelectAsked -> (Binary, Text) =
        "SELECT u.input, b.parts FROM unjudged u JOIN bills b ON b.chain_id = u.chain_id AND b.id = u.bill_id \
         WHERE u.chain_id = ? AND u.bill_id = ?";
}

/// An unjudged sale to judge. Only the job in `job/judge.rs` does it, as the system.
#[derive(Clone, Copy, Debug)]
pub struct JudgeLate {
    pub sale: BillId,
}

impl JudgeLate {
    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        let (record, mut asked, input) = self.load(desk)?;
        let membership = record
            .membership
            .ok_or_else(|| Error::internal("an unjudged sale of nobody"))?;
        let member = desk.member_head(membership)?;
        let configuration = desk.configuration(member.program, record.occurred_at)?;
        // The record leaves the configuration out: it is the one of the sale's date.
        asked.config.clone_from(&configuration.plugin_config);
        let plugin = desk.engine.plugin_of(&configuration, Wait::ForIt)?;
        let outcome = plugin.and_then(|plugin| plugin.judge(&asked)).map_err(still_failing)?;
        let now = desk.now(None);
        let introducer = match record.customer.filter(|_| asked.introduced) {
            Some(customer) => {
                let register = desk.engine.register_facts(desk.chain(), customer)?;
                let introducer = register.introducer;
                let found = introducer.map(|id| desk.open_membership(id, member.program, now));
                found.transpose()?.flatten()
            }
            None => None,
        };
        // One that has closed since earned its members' points all the same.
        let store = desk.facts(record.key.store)?;
        let mut context = desk.context(store, Some(&configuration), now);
        context.terms = record.terms.clone();
        let occasion = Occasion {
            program: member.program,
            membership,
            customer: member.customer,
            store: store.id,
            zone: store.zone,
            at: record.occurred_at,
            day: record.key.business_date,
        };
        let offers = Offers::find(desk, store, &occasion, &recorded(&record))?;
        // Points are judged as of the sale's date, tiers by the ladder in force.
        context.ladder = desk.configuration(member.program, now)?.ladder.clone();
        Ok(Box::new(Judging {
            record,
            args: LateArgs {
                outcome: translate(outcome),
                input,
            },
            membership,
            introducer,
            context,
            offers,
        }))
    }

    /// The sale, what the plugin was asked of it, and the hash of that.
    fn load(&self, desk: &Desk) -> Result<(SaleRecord, earning::Sale, [u8; 32])> {
        let chain = desk.chain();
        desk.engine.read(chain, |conn| {
            let record = record::load(conn, chain, self.sale)?;
            let asked = fetch!(conn, SelectAsked, [chain, self.sale] => (Vec<u8>, String))?.pop();
            let unjudged = record.filter(|record| record.judgement == Judgement::Unjudged);
            let (Some(record), Some((hash, parts))) = (unjudged, asked) else {
                let en = "There is no such unjudged sale";
                return Err(Refusal::new(Code::NotFound, "没有这笔待判定的消费", en).into());
            };
            let asked = judge::asked_of(&Parts::parse(&parts)?)?;
            let asked = asked.ok_or_else(|| Error::internal("nothing was asked of an unjudged sale"))?;
            let input = plugin::fingerprint(&asked)?;
            if input.as_slice() != hash {
                return Err(Error::internal("an unjudged sale isn't what its plugin was asked of"));
            }
            Ok((record, asked, input))
        })
    }
}

fn still_failing(error: crate::plugin::PluginError) -> Refusal {
    let en = format!("The plugin still can't judge the sale: {error}");
    Refusal::new(Code::PluginFailed, "插件仍无法判定该消费", en)
}

/// A late judgement on its way to the writer.
struct Judging {
    record: SaleRecord,
    args: LateArgs,
    membership: MembershipId,
    introducer: Option<MembershipId>,
    context: Context,
    offers: Offers,
}

impl LedgerCommand for Judging {
    fn needs(&self) -> Needs {
        let today = self.context.zone.day_of(self.context.now);
        let member = MemberNeed {
            id: self.membership,
            figures: self.context.ladder.wanted(today),
            upgrades: false,
        };
        let introducer = self.introducer.map(|id| MemberNeed {
            id,
            figures: None,
            upgrades: false,
        });
        Needs {
            members: [member].into_iter().chain(introducer).collect(),
            record: Some(self.record.id),
            campaigns: self.offers.needs(),
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        // Something of it was returned, or it was judged, since the plugin was asked.
        if state.record.as_ref() != Some(&self.record) {
            return Err(stale());
        }
        let mut member = state.take(Some(self.membership)).ok_or_else(stale)?;
        let mut introducer = state.take(self.introducer);
        let added = self
            .offers
            .add(Some(&self.args.outcome), || recorded(&self.record), state)?;
        let args = LateArgs {
            outcome: added.outcome().unwrap_or(&self.args.outcome).clone(),
            input: self.args.input,
        };
        let (mut rows, answer) = decide_late(
            &mut member,
            introducer.as_mut(),
            &self.record,
            &args,
            &self.context,
            ids,
        )?;
        self.offers.note(added, self.record.id, &mut rows, ids);
        let mut decision = Decision::new(rows, Answer::ok(&answer)?);
        decision.notes.notices = told::of_tiers(&self.context.ladder, &member, &decision.rows.tier_changes);
        decision.notes.audit.push(AuditRow {
            action: "sale.judge",
            subject: Some(self.record.id.0),
            detail: json!({ "earned": answer.points_earned }),
        });
        Ok(decision)
    }
}
