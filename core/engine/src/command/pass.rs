//! Selling a pass: a sale with one line, whose member gets the sessions (D-BEA-2). It counts as paid when it is sold.

use super::confirmation::Confirmation;
use super::desk::{Desk, a_till, or_a_till, stale};
use super::holder::{AsOf, Holder};
use super::new_sale::{NewSale, SaleLine, SaleMember, SaleTender};
use super::sale::Sale;
use super::{Command, SaleView};
use crate::error::Result;
use crate::query::SaleShown;
use crate::store::writer::AuditRow;
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::terms;
use cardea_domain::id::*;
use cardea_domain::prepaid::{MOST_SESSIONS, PassTerms, grant_sessions};
use cardea_domain::sale::{AttrValue, Context, EntryView, NaturalKey, TenderKind};
use cardea_domain::terms::TermsOccasion;
use cardea_domain::{Code, Day, Instant, Minor, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A pass to sell (or to quote): sessions of a service, for a price.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPass {
    pub member: SaleMember,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// Absent: `till`.
    #[serde(default = "a_till", deserialize_with = "or_a_till")]
    #[schema(value_type = Option<String>)]
    pub source: String,
    #[schema(example = "T1")]
    pub till: String,
    /// Unique per store, source, till and business date among sales; a repeat gets the first answer.
    #[schema(example = "0009")]
    pub receipt: String,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    /// Code of the service, 1 to 32 letters, digits, `-`, `_` or `.`.
    #[schema(example = "facial")]
    pub service: String,
    /// What people call it.
    #[schema(example = "面部护理")]
    pub name: String,
    /// Category of its line on the bill.
    #[schema(example = "treatment")]
    pub category: String,
    /// Sessions that are paid for.
    #[schema(minimum = 1, maximum = 10_000, example = 10)]
    pub sessions: i64,
    /// Sessions on top.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10_000, example = 0)]
    pub gifts: i64,
    /// For all of them, minor units.
    #[schema(minimum = 1, example = 100_000)]
    pub price: i64,
    /// Of one session without the pass, minor units; what was used counts as this where the holder gives it back.
    #[schema(minimum = 1, example = 15_000)]
    pub list_price: i64,
    /// Last day on which it can be used; null: no end.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    pub tenders: Vec<SaleTender>,
    /// What was made sure of, where the program demands it.
    #[serde(default)]
    pub confirmation: Confirmation,
}

/// A pass on its way.
#[derive(Clone, Debug)]
pub struct PassSale {
    pub(super) sale: Sale,
    pass: PassTerms,
}

/// Thousandths of a piece.
const PIECE: i64 = 1000;

impl NewPass {
    /// The command.
    ///
    /// # Errors
    /// `field_invalid` for figures that make no pass, and a member named twice or not at all.
    pub fn command(self) -> Result<Command, Refusal> {
        let pass = self.terms()?;
        check_tenders(&self.tenders)?;
        let line = self.line(&pass)?;
        let bill = NewSale {
            store_id: self.store_id,
            member: Some(self.member),
            source: self.source,
            till: self.till,
            receipt: self.receipt,
            occurred_at: self.occurred_at,
            rounding: 0,
            lines: vec![line],
            tenders: self.tenders,
            rewards: Vec::new(),
            over_limit: false,
            confirmation: self.confirmation,
            reason: None,
        };
        Ok(Command::Pass(PassSale {
            sale: bill.sale()?,
            pass,
        }))
    }

    fn terms(&self) -> Result<PassTerms, Refusal> {
        let service = crate::input::code(&self.service, "/service")?;
        let name = crate::input::text(&self.name, 100, "/name")?;
        let count = |value: i64, least: i64, pointer: &str| match (least..=MOST_SESSIONS).contains(&value) {
            true => Ok(()),
            false => Err(wrong(
                pointer,
                "次数应在允许范围内（最多 10000 次）",
                "Sessions are counted up to 10000",
            )),
        };
        count(self.sessions, 1, "/sessions")?;
        count(self.gifts, 0, "/gifts")?;
        if self.price < 1 {
            return Err(wrong("/price", "价格须大于零", "A pass costs more than nothing"));
        }
        let listed = self.sessions.checked_mul(self.list_price);
        if listed.is_none_or(|listed| listed < self.price) {
            let (zh, en) = (
                "单次原价乘以次数不应低于次卡价格",
                "Its sessions at the list price can't come to less than its price",
            );
            return Err(wrong("/list_price", zh, en));
        }
        Ok(PassTerms {
            service,
            name,
            sessions: self.sessions,
            gifts: self.gifts,
            paid: self.price,
            list: self.list_price,
            valid_through: self.valid_through,
        })
    }

    /// What the pass is stands in the line, so that a repeat is told from another pass.
    fn line(&self, pass: &PassTerms) -> Result<SaleLine, Refusal> {
        let list_amount = pass.sessions.saturating_mul(pass.list);
        let mut attributes: BTreeMap<String, AttrValue> = BTreeMap::new();
        attributes.insert("pass".to_owned(), AttrValue::Flag(true));
        attributes.insert("pass_name".to_owned(), AttrValue::Text(pass.name.clone()));
        attributes.insert("pass_gifts".to_owned(), AttrValue::Integer(pass.gifts));
        if let Some(last) = pass.valid_through {
            attributes.insert("pass_valid_through".to_owned(), AttrValue::Text(last.to_string()));
        }
        Ok(SaleLine {
            sku: pass.service.clone(),
            category: self.category.clone(),
            quantity: pass.sessions * PIECE,
            amount: pass.paid,
            list_amount,
            discount: list_amount - pass.paid,
            attributes,
        })
    }
}

fn wrong(pointer: &str, zh: &str, en: &str) -> Refusal {
    crate::input::field(pointer, zh, en)
}

/// Money or stored value alone pays for a pass: it may come back as money.
///
/// # Errors
/// `field_invalid`
fn check_tenders(tenders: &[SaleTender]) -> Result<(), Refusal> {
    let pays = |tender: &SaleTender| tender.kind.is_cash_like() || tender.kind == TenderKind::Value;
    let Some(place) = tenders.iter().position(|tender| !pays(tender)) else {
        return Ok(());
    };
    let (zh, en) = (
        "次卡只能用现金、银行卡、移动支付、转账或储值购买，请改用其他付款方式",
        "A pass is paid with money or stored value; pay it so",
    );
    Err(wrong(&format!("/tenders/{place}/kind"), zh, en))
}

impl PassSale {
    pub(super) fn natural(&self, desk: &Desk) -> Result<(NaturalKey, [u8; 32])> {
        self.sale.natural(desk)
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        let sale = self.sale.propose(desk)?;
        let chain = desk.chain();
        let member = self.member(desk)?;
        let lacking = desk.engine.read(chain, |conn| {
            terms::lacking(conn, chain, (member.id, member.program), TermsOccasion::TopUp)
        })?;
        cardea_domain::terms::check(&lacking)?;
        let (store, now) = (desk.store(self.sale.store)?, desk.now(None));
        let configuration = desk.configuration(member.program, self.sale.occurred_at)?;
        let mut context = desk.context(store, Some(&configuration), now);
        context.judged_at = self.sale.occurred_at.min(now);
        Ok(Box::new(Selling {
            member: member.id,
            on: store.zone.day_of(self.sale.occurred_at),
            occurred_at: self.sale.occurred_at,
            pass: self.pass.clone(),
            sale,
            context,
        }))
    }

    fn member(&self, desk: &Desk) -> Result<cardea_domain::ledger::Member> {
        let as_of = AsOf {
            at: self.sale.occurred_at.min(desk.now(None)),
            trusted: false,
        };
        let holder = Holder::find(desk, self.sale.member.as_ref(), as_of)?;
        let member = holder.member.ok_or_else(|| {
            let (zh, en) = (
                "次卡须记在会籍上：请刷卡，或先为顾客办卡。",
                "A pass is kept on a membership: use its card, or issue one first.",
            );
            Refusal::new(Code::FieldInvalid, zh, en).at("/member")
        })?;
        member.check_open_as_of(as_of.at, desk.now(None))?;
        Ok(member)
    }
}

/// A pass on its way to the writer: the sale, and the sessions beside it.
struct Selling {
    member: MembershipId,
    on: Day,
    occurred_at: Instant,
    pass: PassTerms,
    sale: Box<dyn LedgerCommand>,
    context: Context,
}

/// A pass that was sold.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PassSold)]
pub struct PassView {
    pub service: String,
    pub name: String,
    pub sessions: i64,
    pub gifts: i64,
    /// Minor units.
    #[schema(value_type = i64)]
    pub price: Minor,
    /// Of one session without the pass, minor units.
    #[schema(value_type = i64)]
    pub list_price: Minor,
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
}

// `C` is what is told of the customer.
/// What the sale of a pass brings; the pass has the sale's id.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PassSaleAnswer)]
pub struct PassSaleView<E, C> {
    pub pass: PassView,
    #[schema(value_type = SaleShown)]
    pub sale: SaleView<E, C>,
}

/// As it is read back.
pub type PassSaleStored<C> = PassSaleView<Vec<EntryView>, C>;

impl LedgerCommand for Selling {
    fn needs(&self) -> Needs {
        let mut needs = self.sale.needs();
        if !needs.members.iter().any(|need| need.id == self.member) {
            needs.members.push(MemberNeed {
                id: self.member,
                figures: None,
                upgrades: false,
            });
        }
        needs
    }

    fn natural(&self) -> Option<(&NaturalKey, &[u8; 32])> {
        self.sale.natural()
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        // The sale doesn't touch the account of sessions.
        let mut member = state.members.get(&self.member).cloned().ok_or_else(stale)?;
        let mut decision = self.sale.decide(state, ids)?;
        let bill = decision.rows.bills.first().map(|bill| bill.id).ok_or_else(stale)?;
        let booked = (bill, self.on, self.occurred_at);
        grant_sessions(
            &mut member,
            &self.pass,
            booked,
            (&self.context, &mut decision.rows),
            ids,
        );
        let pass = &self.pass;
        let view = PassView {
            service: pass.service.clone(),
            name: pass.name.clone(),
            sessions: pass.sessions,
            gifts: pass.gifts,
            price: pass.paid,
            list_price: pass.list,
            valid_through: pass.valid_through,
        };
        let pass = serde_json::to_string(&view).map_err(crate::Error::from)?;
        decision.answer.json = with_pass(&pass, &decision.answer.json);
        let kept = decision.answer.kept.as_deref();
        decision.answer.kept = kept.map(|sale| with_pass(&pass, sale));
        decision.notes.audit.push(AuditRow {
            action: "pass.sell",
            subject: Some(bill.0),
            detail: json!({ "membership_id": self.member, "service": view.service, "sessions": view.sessions }),
        });
        Ok(decision)
    }
}

/// Both documents in one.
fn with_pass(pass: &str, sale: &str) -> String {
    format!("{{\"pass\":{pass},\"sale\":{sale}}}")
}
