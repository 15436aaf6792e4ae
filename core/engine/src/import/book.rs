//! One step of the plan, booked through the till's own commands.

use super::bill::{ReturnBill, SaleBill};
use super::mapping::Mapping;
use super::progress::Outcome;
use super::row::{BadRow, Reason};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{Consent, FormOfAddress, NewCustomer};
use crate::command::{Command, Confirmation, Issue, MemberRef, NewReturn, Return, Sale};
use crate::store::schema::{bills, customers, memberships};
use crate::store::{Answered, Id, Lane};
use crate::{Result, each};
use cardea_domain::card::{CardKind, CardNumber};
use cardea_domain::id::*;
use cardea_domain::sale::{Bill, BillKind, Line, ReturnLine, Tender};
use cardea_domain::{Code, Instant, Points, Refusal};
use diesel::prelude::*;
use quick_cache::sync::Cache;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Members remembered, so that most sales need no look-up.
const REMEMBERED_MEMBERS: usize = 100_000;
/// How many numbers are tried for a card before it is given up; a second one is hardly ever needed.
const NUMBERS: u32 = 8;

/// Where and how steps are booked.
pub(super) struct Books {
    pub engine: Engine,
    pub actor: Arc<Actor>,
    pub program: ProgramId,
    pub mapping: Mapping,
    /// Card numbers by member's key.
    members: Cache<String, CardNumber>,
}

/// What a sale's answer says, as far as an import reads it.
#[derive(Deserialize)]
struct Sold {
    points_earned: Points,
}

/// What a return's answer says, as far as an import reads it.
#[derive(Deserialize)]
struct Returned {
    points: TakenBack,
}

#[derive(Deserialize)]
struct TakenBack {
    taken_back: Points,
}

impl Books {
    pub fn new(engine: &Engine, actor: Actor, program: ProgramId, mapping: &Mapping) -> Self {
        let members = Cache::new(REMEMBERED_MEMBERS);
        Self {
            engine: engine.clone(),
            actor: Arc::new(actor),
            program,
            mapping: mapping.clone(),
            members,
        }
    }

    /// Books a sale; its member gets a card first, if it has none.
    pub async fn sell(&self, sale: &SaleBill, store: StoreId) -> Result<Outcome, Refusal> {
        let (member, opened) = match sale.member.as_str() {
            "" => (None, false),
            key => {
                let (number, opened) = self.member(key, store, sale.at).await?;
                (Some(MemberRef::Card(number.as_str().to_owned())), opened)
            }
        };
        let command = Command::Sale(Sale {
            store,
            member,
            source: self.mapping.bill.source.clone(),
            till: self.mapping.bill.till.clone(),
            receipt: sale.receipt.clone(),
            occurred_at: sale.at,
            bill: self.bill(sale),
            vouchers: Vec::new(),
            rewards: Vec::new(),
            over_limit: false,
            confirmation: Confirmation::default(),
            reason: None,
            trusted: true,
        });
        let answered = self.execute(&command).await?;
        let sold: Sold = serde_json::from_str(&answered.json).map_err(crate::Error::from)?;
        Ok(Outcome::Sold {
            points: sold.points_earned,
            opened,
            repeated: answered.replayed,
        })
    }

    fn bill(&self, sale: &SaleBill) -> Bill {
        let lines = (1..).zip(&sale.lines).map(|(number, line)| Line {
            number,
            sku: line.sku.clone(),
            category: line.category.clone(),
            quantity: line.quantity,
            amount: line.amount,
            list_amount: line.list_amount,
            discount: line.list_amount - line.amount,
            attributes: Vec::new(),
        });
        let tenders = vec![Tender {
            kind: self.mapping.bill.tender,
            amount: sale.total,
        }];
        Bill {
            lines: lines.collect(),
            tenders,
            rounding: 0,
        }
    }

    /// Books what a cancellation takes back of one sale.
    pub async fn give_back(&self, back: &ReturnBill, store: StoreId) -> Result<Outcome, Refusal> {
        let Some(original) = self.original(back, store)? else {
            let detail = format!("the sale {} was not booked", back.original.receipt);
            let (line, receipt) = (back.line, back.receipt.clone());
            return Ok(Outcome::Bad(BadRow {
                line,
                receipt,
                reason: Reason::NoOriginal,
                detail,
            }));
        };
        let lines = back.lines.iter().map(|(line, quantity)| ReturnLine {
            line: *line,
            quantity: *quantity,
        });
        let command = Command::Return(Return {
            sale: original,
            goods: NewReturn {
                store_id: store,
                source: self.mapping.bill.source.clone(),
                till: self.mapping.bill.till.clone(),
                receipt: back.receipt.clone(),
                occurred_at: back.at,
                lines: lines.collect(),
                reason: "import".into(),
            },
            trusted: true,
        });
        let answered = self.execute(&command).await?;
        let returned: Returned = serde_json::from_str(&answered.json).map_err(crate::Error::from)?;
        Ok(Outcome::Returned {
            points: returned.points.taken_back,
            repeated: answered.replayed,
        })
    }

    /// The sale under its natural key.
    fn original(&self, back: &ReturnBill, store: StoreId) -> Result<Option<BillId>> {
        let (chain, bill) = (self.actor.chain, &self.mapping.bill);
        let day = self.mapping.store.time_zone.day_of(back.original.at);
        let id: Option<Id> = self.engine.read(chain, |conn| {
            Ok(each!(conn, c => bills::table
                .filter(bills::chain_id.eq(Id::from(chain)).and(bills::store_id.eq(Id::from(store))))
                .filter(bills::source.eq(&bill.source).and(bills::till.eq(&bill.till)))
                .filter(bills::business_date.eq(day.0).and(bills::receipt.eq(&back.original.receipt)))
                .filter(bills::kind.eq(BillKind::Sale.as_str()))
                .select(bills::id)
                .get_result(c)
                .optional()?))
        })?;
        Ok(id.map(Id::typed))
    }

    /// The card of a member, and whether the membership was opened for it just now. Only one step of a member is
    /// booked at a time, so nobody else opens it meanwhile.
    async fn member(&self, key: &str, store: StoreId, at: Instant) -> Result<(CardNumber, bool), Refusal> {
        if let Some(number) = self.members.get(key) {
            return Ok((number, false));
        }
        let customer = match self.customer(key)? {
            Some(customer) => customer,
            None => self.register(key, store).await?,
        };
        let (number, opened) = match self.reference(customer)? {
            Some(number) => (number, false),
            None => (self.issue(key, customer, store, at).await?, true),
        };
        self.members.insert(key.to_owned(), number.clone());
        Ok((number, opened))
    }

    fn customer(&self, key: &str) -> Result<Option<CustomerId>> {
        let chain = Id::from(self.actor.chain);
        let id: Option<Id> = self.engine.read(self.actor.chain, |conn| {
            Ok(each!(conn, c => customers::table
                .filter(customers::chain_id.eq(chain).and(customers::external_ref.eq(key)))
                .select(customers::id)
                .get_result(c)
                .optional()?))
        })?;
        Ok(id.map(Id::typed))
    }

    /// The first card of the customer's open membership in the program.
    fn reference(&self, customer: CustomerId) -> Result<Option<CardNumber>, Refusal> {
        let (chain, program) = (Id::from(self.actor.chain), Id::from(self.program));
        let number: Option<String> = self.engine.read(self.actor.chain, |conn| {
            Ok(each!(conn, c => memberships::table
                .filter(memberships::chain_id.eq(chain).and(memberships::customer_id.eq(Id::from(customer))))
                .filter(memberships::program_id.eq(program).and(memberships::open.eq(true)))
                .select(memberships::reference)
                .get_result(c)
                .optional()?))
        })?;
        Ok(number.map(|n| n.parse().map_err(crate::Error::internal)).transpose()?)
    }

    async fn register(&self, key: &str, store: StoreId) -> Result<CustomerId, Refusal> {
        let new = NewCustomer {
            name: self.mapping.member.name.replace("{}", key),
            form_of_address: FormOfAddress::default(),
            phones: Vec::new(),
            birthday: None,
            birthday_calendar: Default::default(),
            identity_number: None,
            identity_kind: None,
            card: None,
            store_id: store,
            consultant_id: None,
            introducer_customer_id: None,
            consent: Consent::default(),
            external_ref: Some(key.to_owned()),
            acknowledge_duplicate: false,
        };
        Ok(self
            .engine
            .create_customer_in(Lane::Bulk, &self.actor, None, new)
            .await?
            .value
            .id)
    }

    async fn issue(&self, key: &str, customer: CustomerId, store: StoreId, at: Instant) -> Result<CardNumber, Refusal> {
        let mut attempt = 0;
        loop {
            let number = card_number(&self.mapping.member.card_seed, key, attempt);
            let command = Command::Issue(Issue {
                program: self.program,
                customer,
                store,
                kind: CardKind::Customer,
                until: None,
                number: Some(number.clone()),
                issued_at: Some(at),
                accepting: None,
            });
            match self.execute(&command).await {
                Ok(_) => return Ok(number),
                Err(refusal) if refusal.code == Code::AlreadyExists && attempt + 1 < NUMBERS => attempt += 1,
                Err(refusal) => return Err(refusal),
            }
        }
    }

    async fn execute(&self, command: &Command) -> Result<Answered, Refusal> {
        self.engine.execute_in(Lane::Bulk, &self.actor, None, command).await
    }
}

/// A card's number, the same each time.
fn card_number(seed: &str, member: &str, attempt: u32) -> CardNumber {
    let hash = Sha256::new()
        .chain_update((seed.len() as u64).to_be_bytes())
        .chain_update(seed)
        .chain_update(member)
        .chain_update(attempt.to_be_bytes())
        .finalize();
    let mut bits = [0; 8];
    bits.copy_from_slice(&hash[..8]);
    CardNumber::from_random(u64::from_be_bytes(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_repeat_and_differ() {
        let number = card_number("seed", "ann", 0);
        assert_eq!(number, card_number("seed", "ann", 0));
        for other in [
            card_number("seed", "bob", 0),
            card_number("seeda", "nn", 0),
            card_number("seed", "ann", 1),
        ] {
            assert_ne!(number, other);
        }
    }
}
