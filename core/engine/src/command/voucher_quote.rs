//! What a code would give on a bill.

use super::Purpose;
use super::desk::Desk;
use super::holder::{AsOf, Holder};
use super::new_sale::{SaleLine, SaleMember};
use super::voucher::find;
use crate::Engine;
use crate::actor::Actor;
use crate::identity::Action;
use crate::voucher::digest;
use cardea_domain::id::*;
use cardea_domain::sale::{Bill, TenderKind};
use cardea_domain::voucher::{Failed, Open, Shown, apply_all, unusable};
use cardea_domain::{Day, Minor, Refusal, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A code, and the bill that it shall pay a part of.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVoucherQuote {
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// null: a sale of nobody.
    pub member: Option<SaleMember>,
    /// Typed or scanned, in groups or not.
    #[schema(example = "5724 1190 3367 0142 8854")]
    pub code: String,
    /// Codes that the bill is paid with before it.
    #[serde(default)]
    #[schema(max_items = 19)]
    pub with: Vec<String>,
    /// What is let off (抹零), minor units.
    #[serde(default)]
    pub rounding: i64,
    pub lines: Vec<SaleLine>,
}

/// What a code gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VoucherQuote {
    #[schema(value_type = Uuid)]
    pub voucher_id: VoucherId,
    #[schema(value_type = Uuid)]
    pub kind_id: VoucherKindId,
    /// The kind's name.
    pub name: Text,
    /// As which tender it is booked: `voucher`, bought with money, counts as paid; `coupon`, free, doesn't.
    pub tender: TenderKind,
    /// What it takes off the bill, minor units.
    #[schema(value_type = i64)]
    pub amount: Minor,
    /// What is to be paid besides, after it and the codes before it; minor units.
    #[schema(value_type = i64)]
    pub due: Minor,
    /// null: no end.
    #[schema(value_type = Option<String>, format = Date)]
    pub last_day: Option<Day>,
    /// Uses that are left of the code, this one included.
    pub uses_left: i64,
}

/// Most codes on one bill.
const MOST: usize = 19;

impl Engine {
    /// What a code would give on a bill now; nothing is booked or held.
    ///
    /// # Errors
    /// `forbidden`; `voucher_unusable`, the one answer for every code that doesn't work; `voucher_not_applicable`; those of a
    /// bill's lines and of its member; `login_throttled`.
    pub fn quote_voucher(&self, actor: &Actor, asked: NewVoucherQuote) -> Result<VoucherQuote, Refusal> {
        actor.require(Action::SalePost, Some(asked.store_id))?;
        if asked.with.len() > MOST {
            let (zh, en) = ("一张单最多用 20 张券", "At most 20 vouchers on one bill");
            return Err(crate::input::field("/with", zh, en));
        }
        self.permit_vouchers(actor, asked.with.len() + 1)?;
        let desk = Desk::new(self, actor, Purpose::Quote);
        let store = desk.store(asked.store_id)?;
        let bill = Bill {
            lines: (1..).zip(asked.lines).map(|(number, line)| line.line(number)).collect(),
            tenders: Vec::new(),
            rounding: asked.rounding,
        };
        bill.validate_lines(store.minor_units)?;
        let now = desk.now(None);
        let as_of = AsOf {
            at: now,
            trusted: false,
        };
        let member = asked.member.map(SaleMember::reference).transpose()?;
        let member = Holder::find(&desk, member.as_ref(), as_of)?.member;
        let shown = Shown {
            store: store.id,
            day: store.zone.day_of(now),
            member: member.map(|member| member.id),
        };
        let keys = self.keys().chain(actor.chain);
        let texts = asked.with.iter().chain([&asked.code]);
        let digests: Vec<_> = texts.map(|text| digest(&keys, text)).collect();
        let pointer = |at: usize| match at == asked.with.len() {
            true => "/code".to_owned(),
            false => format!("/with/{at}"),
        };
        if let Some(at) = (1..digests.len()).find(|at| digests[..*at].contains(&digests[*at])) {
            let (zh, en) = ("同一券码在一张单上只能用一次", "A code is named once on a bill");
            return Err(crate::input::field(&pointer(at), zh, en));
        }
        let (_, codes) = find(&desk, &digests, shown.member)?;
        let mut open = Open::new(&bill.lines, bill.rounding, store.minor_units);
        let amounts = apply_all(&mut open, &codes, &shown).map_err(|failed| match failed {
            Failed::Unusable { at, .. } => unusable(&pointer(at), None),
            Failed::NotApplicable { at, refusal } => refusal.at(pointer(at)),
        })?;
        let found = codes.into_iter().next_back().flatten().zip(amounts.last());
        let (code, amount) = found.ok_or_else(|| unusable("/code", None))?;
        Ok(VoucherQuote {
            voucher_id: code.id,
            kind_id: code.kind,
            tender: match code.rules.bought {
                true => TenderKind::Voucher,
                false => TenderKind::Coupon,
            },
            amount: *amount,
            due: open.due(),
            last_day: code.last_day(),
            uses_left: code.rules.uses - code.used,
            name: code.name,
        })
    }
}
