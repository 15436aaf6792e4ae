//! Which commands of a batch are decided side by side: those that have nothing in common, so that each would decide the
//! same whatever the others do. The rest follows in the next wave of the same transaction and sees what this one wrote.

use super::idempotency::Asked;
use super::ledger::{LedgerCommand, Needs};
use super::{Job, Work};
use cardea_domain::id::*;
use cardea_domain::sale::NaturalKey;
use std::collections::HashSet;

/// Most commands in one wave, by their weight.
pub(super) const MOST: usize = 64;
/// Most of them in bulk work's short slices, which look at their time after each wave.
pub(super) const SHORT: usize = 8;

/// A command of a wave.
pub(super) struct Ready<'a> {
    pub job: &'a Job,
    pub command: &'a dyn LedgerCommand,
    pub needs: Needs,
}

impl Ready<'_> {
    /// What it is known by.
    pub fn asked(&self) -> Asked<'_> {
        Asked {
            chain: self.job.actor.chain,
            key: self.job.key.as_ref(),
            natural: self.command.natural(),
        }
    }
}

/// What a command reads and changes, besides rows that are new with it.
#[derive(PartialEq, Eq, Hash)]
enum Touched<'a> {
    Key(ChainId, &'a str),
    Receipt(ChainId, &'a NaturalKey),
    Member(MembershipId),
    Card(CardId),
    Bill(BillId),
    Reward(RewardId),
    Voucher(VoucherId),
    /// For the count of its codes' uses.
    VoucherKind(VoucherKindId),
    Customer(CustomerId),
    Number(ChainId, String),
    Campaign(CampaignId),
}

/// The longest run of ledger commands from the first job on that touch nothing in common; empty if a closure is next.
pub(super) fn next(jobs: &[Job], most: usize) -> Vec<Ready<'_>> {
    let mut touched = HashSet::new();
    let (mut wave, mut weight) = (Vec::new(), 0);
    for job in jobs {
        let Work::Ledger(command) = &job.work else { break };
        weight += command.weight();
        if weight > most && !wave.is_empty() {
            break;
        }
        let needs = command.needs();
        let touches = touches(job, command.as_ref(), &needs);
        if touches.iter().any(|touch| touched.contains(touch)) {
            break;
        }
        touched.extend(touches);
        wave.push(Ready {
            job,
            command: command.as_ref(),
            needs,
        });
    }
    wave
}

fn touches<'a>(job: &'a Job, command: &'a dyn LedgerCommand, needs: &Needs) -> Vec<Touched<'a>> {
    // By name, so that a new need can't be forgotten here.
    let Needs {
        members,
        cards,
        cards_of,
        record,
        rewards,
        claim_of,
        open_of,
        standing_of,
        ended_of,
        tier_of,
        number,
        vouchers,
        vouchers_of,
        pin_of,
        code,
        due_lots,
        pool_of,
        campaigns,
        uses_of,
        balances_of,
        top_up,
        pass,
        pass_use,
    } = needs;
    let chain = job.actor.chain;
    let key = job.key.as_ref().map(|key| Touched::Key(chain, &key.key));
    let receipt = command.natural().map(|(key, _)| Touched::Receipt(chain, key));
    let of_member = [
        *cards_of,
        ended_of.map(|(id, _)| id),
        *tier_of,
        *balances_of,
        pool_of.as_ref().map(|need| need.of),
    ];
    let members = members.iter().map(|need| need.id);
    let members = members.chain(of_member.into_iter().flatten());
    let members = members.chain(due_lots.iter().flat_map(|need| need.memberships.iter().copied()));
    let of_customer = [open_of.map(|(id, _, _)| id), standing_of.map(|(id, _)| id)];
    let of_bill = [*vouchers_of, *claim_of].into_iter().flatten();
    let of_bill = of_bill.filter(|bill| Some(*bill) != *record);
    let kinds: HashSet<VoucherKindId> = vouchers.iter().map(|need| need.kind).collect();
    let number = number.iter().map(|number| number.as_str().to_owned());
    // Caps of one member go with the member.
    let shared = campaigns.iter().filter(|need| need.shared);
    key.into_iter()
        .chain(receipt)
        .chain(shared.map(|need| Touched::Campaign(need.campaign)))
        .chain(campaigns.iter().map(|need| Touched::Member(need.membership)))
        .chain(members.map(Touched::Member))
        .chain(cards.iter().copied().map(Touched::Card))
        .chain(
            [*record, *uses_of, *top_up, *pass, *pass_use]
                .into_iter()
                .flatten()
                .map(Touched::Bill),
        )
        .chain(pin_of.map(Touched::Card))
        .chain(code.map(|(card, _)| Touched::Card(card)))
        .chain(rewards.iter().map(|need| Touched::Reward(need.id)))
        .chain(of_customer.into_iter().flatten().map(Touched::Customer))
        .chain(number.map(|number| Touched::Number(chain, number)))
        .chain(vouchers.iter().map(|need| Touched::Voucher(need.id)))
        .chain(kinds.into_iter().map(Touched::VoucherKind))
        .chain(of_bill.map(Touched::Bill))
        .collect()
}
