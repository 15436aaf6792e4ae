//! Codes of vouchers on a bill (D-RWD-2): what they give is computed when the bill is proposed, and decided in the writer,
//! so that no code and no limit is used twice.

use super::desk::{Desk, StoreFacts, stale};
use super::holder::{AsOf, Holder};
use super::sale::Sale;
use crate::error::Result;
use crate::keys::Digest;
use crate::store::writer::ledger::{State, VoucherNeed};
use crate::store::writer::vouchers;
use crate::voucher::digest;
use cardea_domain::id::*;
use cardea_domain::money::format_minor;
use cardea_domain::rows::VoucherUseRow;
use cardea_domain::sale::{Bill, TenderKind};
use cardea_domain::voucher::{Failed, Open, Shown, Voucher, apply_all, unusable};
use cardea_domain::{Code, Instant, Minor, Refusal};

/// A code among a bill's tenders.
#[derive(Clone, Debug)]
pub struct VoucherTender {
    /// Which of the tenders, from 0.
    pub place: usize,
    pub code: String,
    /// What the till takes it for.
    pub amount: Option<Minor>,
}

/// The codes of a bill on its way to the writer.
#[derive(Default)]
pub(super) struct Claims {
    needs: Vec<VoucherNeed>,
    /// Of each code, among the tenders as they were sent.
    places: Vec<usize>,
    amounts: Vec<Minor>,
    shown: Option<Shown>,
    minor_units: u32,
    /// What the other tenders pay.
    others: Minor,
}

impl Sale {
    /// Digests of its codes, by which a repeat of the bill is known; no code is kept.
    pub(super) fn digests(&self, desk: &Desk) -> Vec<Digest> {
        let keys = desk.engine.keys().chain(desk.chain());
        self.vouchers
            .iter()
            .map(|voucher| digest(&keys, &voucher.code))
            .collect()
    }
}

impl Claims {
    /// Finds the codes of a bill, and what they give: the bill as it is booked.
    ///
    /// # Errors
    /// `voucher_unusable`, `voucher_not_applicable`; `field_invalid` for a code that is named twice, or an amount that isn't
    /// what it gives; those of [`Bill::validate_lines`].
    pub fn find(desk: &Desk, sale: &Sale, store: StoreFacts, at: Instant) -> Result<(Self, Bill)> {
        let mut bill = sale.bill.clone();
        if sale.vouchers.is_empty() {
            return Ok((Self::default(), bill));
        }
        bill.validate_lines(store.minor_units)?;
        let as_of = AsOf {
            at,
            trusted: sale.trusted,
        };
        let member = Holder::find(desk, sale.member.as_ref(), as_of)?.member;
        let shown = Shown {
            store: store.id,
            day: store.zone.day_of(sale.occurred_at),
            member: member.map(|member| member.id),
        };
        let digests = sale.digests(desk);
        let (needs, codes) = find(desk, &digests, shown.member)?;
        let others = bill.tenders.iter().filter(|tender| tender.kind != TenderKind::Voucher);
        let mut claims = Self {
            needs,
            places: sale.vouchers.iter().map(|voucher| voucher.place).collect(),
            amounts: Vec::new(),
            shown: Some(shown),
            minor_units: store.minor_units,
            others: cardea_domain::money::sum(others.map(|tender| tender.amount)).unwrap_or(0),
        };
        claims.check_once(&digests)?;
        claims.amounts = claims.give(&bill, &codes)?;
        for ((voucher, code), amount) in sale.vouchers.iter().zip(&codes).zip(&claims.amounts) {
            claims.check_amount(voucher, *amount)?;
            let tender = &mut bill.tenders[voucher.place];
            tender.amount = *amount;
            if code.as_ref().is_some_and(|code| !code.rules.bought) {
                tender.kind = TenderKind::Coupon;
            }
        }
        Ok((claims, bill))
    }

    pub fn needs(&self) -> Vec<VoucherNeed> {
        self.needs.clone()
    }

    fn pointer(&self, at: usize) -> String {
        format!("/tenders/{}/code", self.places.get(at).copied().unwrap_or_default())
    }

    fn check_once(&self, digests: &[Digest]) -> Result<(), Refusal> {
        let twice = (1..digests.len()).find(|at| digests[..*at].contains(&digests[*at]));
        twice.map_or(Ok(()), |at| {
            let (zh, en) = ("同一券码在一张单上只能用一次", "A code is named once on a bill");
            Err(Refusal::new(Code::FieldInvalid, zh, en).at(self.pointer(at)))
        })
    }

    /// What a till has reckoned with must be what it is.
    fn check_amount(&self, voucher: &VoucherTender, amount: Minor) -> Result<(), Refusal> {
        if voucher.amount.is_none_or(|expected| expected == amount) {
            return Ok(());
        }
        let gives = format_minor(amount, self.minor_units);
        let zh = format!("此券在本单抵 {gives}，请按此金额收款。");
        let en = format!("The voucher gives {gives} on this bill; reckon with that.");
        let refusal = Refusal::new(Code::FieldInvalid, zh, en);
        Err(refusal.at(format!("/tenders/{}/amount", voucher.place)))
    }

    fn give(&self, bill: &Bill, codes: &[Option<Voucher>]) -> Result<Vec<Minor>, Refusal> {
        let Some(shown) = &self.shown else {
            return Ok(Vec::new());
        };
        let mut open = Open::new(&bill.lines, bill.rounding, self.minor_units);
        apply_all(&mut open, codes, shown).map_err(|failed| match failed {
            Failed::Unusable { at, due } => {
                let due = (due - self.others).max(0);
                unusable(&self.pointer(at), Some((due, self.minor_units)))
            }
            Failed::NotApplicable { at, refusal } => refusal.at(self.pointer(at)),
        })
    }

    /// The uses of the codes, which are still what they were, on the bill as it is booked.
    ///
    /// # Errors
    /// `voucher_unusable` for a code that was used up meanwhile; `busy` where it gives something else.
    pub fn decide(
        &self,
        (id, bill): (BillId, &Bill),
        state: &mut State,
        ids: &mut dyn NewIds,
    ) -> Result<Vec<VoucherUseRow>, Refusal> {
        let codes: Vec<Option<Voucher>> = self.needs.iter().map(|need| state.vouchers.remove(&need.id)).collect();
        if self.give(bill, &codes)? != self.amounts {
            return Err(stale());
        }
        let places = (1..).zip(&bill.tenders).filter(|(_, tender)| tender.kind.is_voucher());
        let used = codes.into_iter().flatten().zip(places).zip(&self.amounts);
        let mut row = |((code, (position, _)), amount): ((Voucher, (i32, _)), &Minor)| VoucherUseRow {
            id: ids.next_id(),
            voucher: code.id,
            kind: code.kind,
            membership: self.shown.and_then(|shown| shown.member),
            bill: id,
            position,
            amount: *amount,
        };
        Ok(used.map(&mut row).collect())
    }
}

/// The codes behind digests, in their order, and what the writer needs of those that there are. Every digest costs the same
/// one look, whether anything is behind it or not.
pub(super) fn find(
    desk: &Desk,
    digests: &[Digest],
    member: Option<MembershipId>,
) -> Result<(Vec<VoucherNeed>, Vec<Option<Voucher>>)> {
    let chain = desk.chain();
    let find = |digest: &Digest| {
        desk.engine
            .read(chain, |conn| vouchers::find(conn, chain, digest, member))
    };
    let codes: Vec<Option<Voucher>> = digests.iter().map(find).collect::<Result<_>>()?;
    let need = |(digest, code): (&Digest, &Option<Voucher>)| {
        code.as_ref().map(|code| VoucherNeed {
            id: code.id,
            kind: code.kind,
            digest: *digest,
            member,
        })
    };
    Ok((digests.iter().zip(&codes).filter_map(need).collect(), codes))
}
