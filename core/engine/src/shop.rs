//! A shop at work, for the unit tests of this crate: a program with the retail plugin, and commands in one line.

use crate::actor::Actor;
use crate::command::{
    CardReplacement, Command, Confirmation, Issue, MemberRef, NewReturn, Redemption, Replace, Return, Sale,
};
use crate::fixture::{Backend, Fixture, NOW};
use crate::page::PageArgs;
use cardea_domain::card::{CardKind, CardNumber};
use cardea_domain::id::{BillId, CardId, CustomerId, MembershipId, ProgramId, RewardId};
use cardea_domain::sale::{Bill, Line, ReturnLine, Tender, TenderKind};
use cardea_domain::{Instant, Minor};
use serde_json::{Value, json};

pub(crate) struct Shop {
    pub f: Fixture,
    pub program: ProgramId,
}

/// A card that was issued.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub card: CardId,
    pub membership: MembershipId,
    pub number: String,
}

impl Issued {
    pub fn member(&self) -> Option<MemberRef> {
        Some(MemberRef::Card(self.number.clone()))
    }
}

impl Shop {
    /// Program `vip`: a purchase of 1000.00 opens a membership of two years; 100 points pay 1.00; no field of the
    /// register is asked for.
    pub async fn on(backend: Backend) -> Self {
        let f = Fixture::on(backend).await;
        let program = crate::program::NewProgram {
            code: "vip".into(),
            name: cardea_domain::Text::new("贵宾卡", "VIP card"),
            plugin: "retail".into(),
        };
        let program = f.engine.create_program(&f.admin, None, program).await.unwrap().value.id;
        let first = f
            .engine
            .configurations(&f.admin, program, &PageArgs::default())
            .unwrap()
            .items
            .remove(0);
        let mut body = json!({"plugin_config": first.plugin_config, "ladder": first.ladder, "points": first.points});
        body["plugin_config"]["required_fields"] = json!([]);
        body["points"]["tender"] = json!({"points": 100, "money": 100, "step": 100, "max_share_ppm": 1_000_000});
        let new = serde_json::from_value(body).unwrap();
        f.engine
            .create_configuration(&f.admin, None, program, new)
            .await
            .unwrap();
        Self { f, program }
    }

    /// Sets the business time, by whole days after [`NOW`].
    pub fn days_later(&self, days: i64) -> Instant {
        let now = NOW.plus_days(days);
        self.f.engine.clock().set_business(self.f.chain, Some(now));
        now
    }

    pub fn now(&self) -> Instant {
        self.f.engine.clock().business(self.f.chain)
    }

    pub async fn customer(&self, name: &str, phone: &str, introducer: Option<CustomerId>) -> CustomerId {
        let mut new = self.f.customer(name, phone);
        new.introducer_customer_id = introducer;
        self.f
            .engine
            .create_customer(&self.f.admin, None, new)
            .await
            .unwrap()
            .value
            .id
    }

    async fn execute(&self, command: Command) -> Value {
        let answered = self.f.engine.execute(&self.f.admin, None, &command).await.unwrap();
        serde_json::from_str(&answered.json).unwrap()
    }

    /// A sale of one line per amount, `points` of the money paid with points.
    pub async fn sale(&self, member: Option<MemberRef>, receipt: &str, amounts: &[Minor], points: Minor) -> BillId {
        let line = |(number, amount): (i32, &Minor)| Line {
            number,
            sku: format!("SKU-{number}"),
            category: "skin".into(),
            quantity: 2000,
            amount: *amount,
            list_amount: *amount,
            discount: 0,
            attributes: Vec::new(),
        };
        let tender = |(kind, amount)| Tender { kind, amount };
        let money = amounts.iter().sum::<Minor>() - points;
        let tenders = [(TenderKind::Points, points), (TenderKind::Cash, money)];
        let sale = Sale {
            store: self.f.store,
            member,
            source: "till".into(),
            till: "T1".into(),
            receipt: receipt.into(),
            occurred_at: self.now(),
            bill: Bill {
                lines: (1..).zip(amounts).map(line).collect(),
                tenders: tenders
                    .into_iter()
                    .filter(|(_, amount)| *amount > 0)
                    .map(tender)
                    .collect(),
                rounding: 0,
            },
            vouchers: Vec::new(),
            rewards: Vec::new(),
            over_limit: false,
            confirmation: Confirmation::default(),
            reason: None,
            trusted: false,
        };
        id(&self.execute(Command::Sale(sale)).await["id"])
    }

    /// Opens a membership with the card number of `bits`.
    pub async fn issue(&self, customer: CustomerId, bits: u64) -> Issued {
        let number = CardNumber::from_random(bits);
        let issue = Issue {
            program: self.program,
            customer,
            store: self.f.store,
            kind: CardKind::Customer,
            until: None,
            number: Some(number.clone()),
            issued_at: None,
            accepting: None,
        };
        let answer = self.execute(Command::Issue(issue)).await;
        Issued {
            card: id(&answer["id"]),
            membership: id(&answer["membership_id"]),
            number: number.to_string(),
        }
    }

    /// A customer who has bought for 1000.00 and holds a card.
    pub async fn member(&self, name: &str, phone: &str, bits: u64) -> Issued {
        let customer = self.customer(name, phone, None).await;
        let receipt = format!("first-{bits}");
        self.sale(Some(MemberRef::Customer(customer)), &receipt, &[60_000, 40_000], 0)
            .await;
        self.issue(customer, bits).await
    }

    /// Returns quantities (thousandths) of lines; none: everything.
    pub async fn give_back(&self, sale: BillId, receipt: &str, lines: &[(i32, i64)]) -> BillId {
        let line = |(line, quantity): &(i32, i64)| ReturnLine {
            line: *line,
            quantity: *quantity,
        };
        let command = Return {
            sale,
            goods: NewReturn {
                store_id: self.f.store,
                source: "till".into(),
                till: "T1".into(),
                receipt: receipt.into(),
                occurred_at: self.now(),
                lines: lines.iter().map(line).collect(),
                reason: "changed her mind".into(),
            },
            trusted: false,
        };
        id(&self.execute(Command::Return(command)).await["id"])
    }

    pub async fn reward(&self, code: &str, points: i64) -> RewardId {
        let new = json!({"program_id": self.program, "code": code, "name": {"zh": code, "en": code}, "points": points});
        let new = serde_json::from_value(new).unwrap();
        self.f
            .engine
            .create::<crate::reward::Reward>(&self.f.admin, None, new)
            .await
            .unwrap()
            .value
            .id
    }

    pub async fn redeem(&self, card: &str, reward: RewardId, receipt: &str) -> BillId {
        let command = Redemption {
            card: card.into(),
            store: self.f.store,
            source: "till".into(),
            till: "T1".into(),
            receipt: receipt.into(),
            reward,
            quantity: 1,
            collect: Default::default(),
            occurred_at: None,
            confirmation: Confirmation::default(),
            trusted: false,
        };
        id(&self.execute(Command::Redemption(command)).await["id"])
    }

    pub async fn replace(&self, card: CardId, bits: u64) -> Issued {
        let number = CardNumber::from_random(bits);
        let command = Replace {
            card,
            replacement: CardReplacement {
                reason: "damaged".into(),
                cause: cardea_domain::card::ReplacementCause::Damaged,
                store_id: self.f.store,
                number: None,
                fee: None,
                confirmation: Confirmation::default(),
            },
            number: Some(number.clone()),
        };
        let answer = self.execute(Command::Replace(command)).await;
        Issued {
            card: id(&answer["id"]),
            membership: id(&answer["membership_id"]),
            number: number.to_string(),
        }
    }

    pub fn admin(&self) -> &Actor {
        &self.f.admin
    }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(value: &Value) -> T {
    value.as_str().unwrap().parse().unwrap()
}
