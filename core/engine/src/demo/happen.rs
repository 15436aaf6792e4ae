//! What happens in the demo's stores, each event through the command that a till would send.

use super::available;
use super::cast::{POINTS, POINTS_MONEY};
use super::dice::Dice;
use super::fill::Trade;
use super::people::Person;
use super::setup::Place;
use super::trade::{self, Event, Goods, Happening, Member, Shopper};
use crate::archive::{Consent, FormOfAddress, NewCustomer};
use crate::command::{
    CardOperation, CardReplacement, Command, Confirmation, Issue, MemberRef, NewReturn, Operate, Redemption, Replace,
    Return, Sale,
};
use crate::store::{Answered, Lane};
use cardea_domain::card::{CallBackQuestion, CardKind, CardNumber, CardOp, ReplacementCause};
use cardea_domain::id::{BillId, CardId, CustomerId};
use cardea_domain::ledger::Balance;
use cardea_domain::sale::{Bill, Line, ReturnLine, Tender, TenderKind};
use cardea_domain::{Code, Day, Instant, Refusal};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

/// An issue follows the purchase that leads to it.
const AT_THE_DESK_MS: i64 = 240_000;

/// What the stores know of a member by now.
#[derive(Debug, Default)]
pub(super) struct Known {
    customer: Option<CustomerId>,
    card: Option<(CardId, CardNumber)>,
    lost: bool,
    available: i64,
    /// The last sale: its store, id, and pieces by line.
    last: Option<(usize, BillId, Vec<ReturnLine>)>,
}

/// An event with the receipt it will have.
pub(super) struct Work {
    trade: Arc<Trade>,
    event: Event,
    day: Day,
    store: usize,
    till: String,
    receipt: String,
}

/// What the demo reads of answers.
#[derive(Deserialize)]
struct Booked {
    id: BillId,
    balances: Vec<Balance>,
}

#[derive(Deserialize)]
struct Issued {
    id: CardId,
    number: CardNumber,
    balances: Vec<Balance>,
}

fn read<'a, T: Deserialize<'a>>(answered: &'a Answered) -> Result<T, Refusal> {
    Ok(serde_json::from_str(&answered.json).map_err(crate::Error::from)?)
}

pub(super) async fn happen(work: Work) {
    if work.trade.failed.lock().is_some() {
        return;
    }
    let done = match work.event.what {
        Happening::Join => work.join().await,
        Happening::Visit => work.visit().await,
        Happening::WalkIn => work.walk_in().await,
        Happening::Return => work.bring_back().await,
        Happening::Redeem => work.redeem().await,
        Happening::Loss => work.lose().await,
        Happening::Found => work.find().await,
        Happening::Replace => work.replace().await,
    };
    if let Err(refusal) = done {
        work.trade.failed.lock().get_or_insert(refusal);
    }
}

impl Work {
    pub fn ring(trade: &Arc<Trade>, event: Event, day: Day, receipts: &mut HashMap<usize, u32>) -> Self {
        let mut dice = trade.dice(&event);
        let stores = trade.shop.stores.len() as u64;
        let usual = trade.members.get(event.member as usize).map(|member| member.store);
        // One visit in eight is to another store; cards are issued and replaced where one is known.
        let store = match (usual, event.what) {
            (Some(_), Happening::WalkIn) | (None, _) => dice.below(stores) as usize,
            (Some(_), Happening::Visit) if dice.chance(125) => dice.below(stores) as usize,
            (Some(usual), _) => usual,
        };
        let number = receipts.entry(store).or_default();
        *number += 1;
        let (till, receipt) = (format!("T{}", *number % 2 + 1), format!("{number:04}"));
        Self {
            trade: trade.clone(),
            event,
            day,
            store,
            till,
            receipt,
        }
    }

    fn member(&self) -> &Member {
        &self.trade.members[self.event.member as usize]
    }

    fn known(&self) -> parking_lot::MutexGuard<'_, Known> {
        self.trade.known[self.event.member as usize].lock()
    }

    fn place(&self) -> &Place {
        &self.trade.shop.stores[self.store]
    }

    fn at(&self) -> Result<Instant, Refusal> {
        let at = self.trade.zone.instant_at(self.day, self.event.second);
        Ok(at.ok_or_else(|| crate::Error::internal("a time that doesn't exist"))?)
    }

    async fn execute(&self, command: Command) -> Result<Answered, Refusal> {
        self.trade
            .engine
            .execute_in(Lane::Bulk, &self.trade.actor, None, &command)
            .await
    }

    /// A card number that follows from the seed; `attempt` tells numbers of one member apart.
    fn number(&self, attempt: u64) -> CardNumber {
        let path = [
            trade::code(self.trade.shop.chain),
            self.event.member.into(),
            4,
            self.event.day.into(),
            attempt,
        ];
        CardNumber::from_random(Dice::of(self.trade.seed, &path).roll())
    }

    async fn join(&self) -> Result<(), Refusal> {
        let mut dice = self.trade.dice(&self.event);
        let customer = self.register(&mut dice).await?;
        self.known().customer = Some(customer);
        // Where the program asks for a first purchase, this is it.
        let least = if self.trade.shop.chain.asks_for_a_purchase() {
            100_000
        } else {
            0
        };
        let goods = trade::basket(self.trade.shop.chain, self.member().shopper, least, &mut dice);
        self.sell(Some(MemberRef::Customer(customer)), &goods, 0, &mut dice)
            .await?;
        let issued: Issued = read(&self.issue(customer).await?)?;
        let mut known = self.known();
        known.available = available(&issued.balances);
        known.card = Some((issued.id, issued.number));
        Ok(())
    }

    async fn register(&self, dice: &mut Dice) -> Result<CustomerId, Refusal> {
        let person = Person::invent(self.trade.shop.chain.names, self.event.member.into(), dice);
        let friend = self
            .member()
            .introducer
            .and_then(|friend| self.trade.known[friend as usize].lock().customer);
        let new = NewCustomer {
            name: person.name,
            form_of_address: if person.woman {
                FormOfAddress::Ms
            } else {
                FormOfAddress::Mr
            },
            phones: vec![person.phone],
            birthday: Some(person.birthday),
            birthday_calendar: Default::default(),
            identity_number: None,
            identity_kind: None,
            card: None,
            store_id: self.place().id,
            consultant_id: Some(self.place().consultant),
            introducer_customer_id: friend,
            consent: Consent {
                marketing: person.marketing,
                privacy: true,
            },
            external_ref: None,
            acknowledge_duplicate: false,
        };
        Ok(self
            .trade
            .engine
            .create_customer_in(Lane::Bulk, &self.trade.actor, None, new)
            .await?
            .value
            .id)
    }

    async fn issue(&self, customer: CustomerId) -> Result<Answered, Refusal> {
        let issued_at = Some(Instant(self.at()?.0 + AT_THE_DESK_MS));
        let mut attempt = 0;
        loop {
            let issued = self.execute(Command::Issue(Issue {
                program: self.trade.shop.program,
                customer,
                store: self.place().id,
                kind: CardKind::Customer,
                until: None,
                number: Some(self.number(attempt)),
                issued_at,
                accepting: None,
            }));
            match issued.await {
                Err(refusal) if refusal.code == Code::AlreadyExists && attempt < 8 => attempt += 1,
                other => return other,
            }
        }
    }

    async fn visit(&self) -> Result<(), Refusal> {
        let mut dice = self.trade.dice(&self.event);
        let goods = trade::basket(self.trade.shop.chain, self.member().shopper, 0, &mut dice);
        let (member, available) = {
            let known = self.known();
            // Without a working card, or without the card at hand, the phone number does.
            let by_card = known.card.as_ref().filter(|_| !known.lost && dice.chance(850));
            let by_card = by_card.map(|(_, number)| MemberRef::Card(number.as_str().to_owned()));
            (by_card.or(known.customer.map(MemberRef::Customer)), known.available)
        };
        // Points are paid with a card only.
        let wants = dice.chance(120) && matches!(member, Some(MemberRef::Card(_)));
        let points = if wants { available.max(0) } else { 0 };
        self.sell(member, &goods, points, &mut dice).await
    }

    async fn walk_in(&self) -> Result<(), Refusal> {
        let mut dice = self.trade.dice(&self.event);
        let goods = trade::basket(self.trade.shop.chain, Shopper::Rare, 0, &mut dice);
        self.sell(None, &goods, 0, &mut dice).await
    }

    /// Rings goods up; pays with up to `points`, as far as the program lets.
    async fn sell(
        &self,
        member: Option<MemberRef>,
        goods: &[Goods],
        points: i64,
        dice: &mut Dice,
    ) -> Result<(), Refusal> {
        let lines = (1..).zip(goods).map(|(number, goods)| Line {
            number,
            sku: goods.sku.into(),
            category: goods.category.into(),
            quantity: goods.pieces * 1000,
            amount: goods.price,
            list_amount: goods.list,
            discount: goods.list - goods.price,
            attributes: Vec::new(),
        });
        let total: i64 = goods.iter().map(|goods| goods.price).sum();
        let with_points = (points / POINTS).min(total / 2 / POINTS_MONEY) * POINTS_MONEY;
        let money = *dice.pick(&[TenderKind::Mobile, TenderKind::Card, TenderKind::Cash], 2);
        let tenders = [(money, total - with_points), (TenderKind::Points, with_points)];
        let tenders = tenders.into_iter().filter(|(_, amount)| *amount > 0);
        let known_buyer = member.is_some();
        let answered = self
            .execute(Command::Sale(Sale {
                store: self.place().id,
                member,
                source: "till".into(),
                till: self.till.clone(),
                receipt: self.receipt.clone(),
                occurred_at: self.at()?,
                bill: Bill {
                    lines: lines.collect(),
                    tenders: tenders.map(|(kind, amount)| Tender { kind, amount }).collect(),
                    rounding: 0,
                },
                vouchers: Vec::new(),
                rewards: Vec::new(),
                over_limit: false,
                confirmation: Confirmation::default(),
                reason: None,
                trusted: true,
            }))
            .await?;
        if known_buyer {
            let booked: Booked = read(&answered)?;
            let pieces = (1..).zip(goods).map(|(line, goods)| ReturnLine {
                line,
                quantity: goods.pieces * 1000,
            });
            let mut known = self.known();
            known.last = Some((self.store, booked.id, pieces.collect()));
            known.available = available(&booked.balances);
        }
        Ok(())
    }

    /// Everything of the last sale, or one line.
    async fn bring_back(&self) -> Result<(), Refusal> {
        let Some((store, original, lines)) = self.known().last.take() else {
            return Ok(());
        };
        let mut dice = self.trade.dice(&self.event);
        let lines = if dice.chance(400) {
            Vec::new()
        } else {
            vec![*dice.pick(&lines, 1)]
        };
        let answered = self
            .execute(Command::Return(Return {
                sale: original,
                goods: NewReturn {
                    store_id: self.trade.shop.stores[store].id,
                    source: "till".into(),
                    till: self.till.clone(),
                    // The receipt was counted at the usual store; the sale's own may be another.
                    receipt: format!("R{:05}-{}", self.event.member, self.event.second),
                    occurred_at: self.at()?,
                    lines,
                    reason: (*dice.pick(&["不合适", "过敏", "包装破损", "重复购买"], 1)).into(),
                },
                trusted: true,
            }))
            .await?;
        self.known().available = available(&read::<Booked>(&answered)?.balances);
        Ok(())
    }

    async fn redeem(&self) -> Result<(), Refusal> {
        let mut dice = self.trade.dice(&self.event);
        let (card, available_now) = {
            let known = self.known();
            match &known.card {
                Some((_, number)) if !known.lost => (number.as_str().to_owned(), known.available),
                _ => return Ok(()),
            }
        };
        let affordable: Vec<_> = self
            .place()
            .rewards
            .iter()
            .filter(|(_, price)| *price <= available_now)
            .collect();
        if affordable.is_empty() {
            return Ok(());
        }
        let (reward, _) = **dice.pick(&affordable, 1);
        let answered = self
            .execute(Command::Redemption(Redemption {
                card,
                store: self.place().id,
                source: "till".into(),
                till: self.till.clone(),
                receipt: self.receipt.clone(),
                reward,
                quantity: 1,
                collect: Default::default(),
                occurred_at: Some(self.at()?),
                confirmation: Confirmation::default(),
                trusted: true,
            }))
            .await?;
        self.known().available = available(&read::<Booked>(&answered)?.balances);
        Ok(())
    }

    async fn lose(&self) -> Result<(), Refusal> {
        self.operate(CardOp::ReportLoss, "钱包遗失").await?;
        self.known().lost = true;
        Ok(())
    }

    async fn find(&self) -> Result<(), Refusal> {
        self.operate(CardOp::CancelLoss, "已找到").await?;
        self.known().lost = false;
        Ok(())
    }

    async fn operate(&self, op: CardOp, reason: &str) -> Result<(), Refusal> {
        let Some((card, _)) = self.known().card.clone() else {
            return Ok(());
        };
        self.execute(Command::Card(Operate {
            card,
            op,
            operation: CardOperation {
                reason: reason.into(),
                caller_verified: Some(true),
                questions: vec![CallBackQuestion::Birthday, CallBackQuestion::LastPurchase],
                identity_checked: Some(true),
                ..CardOperation::default()
            },
        }))
        .await?;
        Ok(())
    }

    async fn replace(&self) -> Result<(), Refusal> {
        let Some((card, _)) = self.known().card.clone() else {
            return Ok(());
        };
        let cause = match self.known().lost {
            true => ReplacementCause::Lost,
            false => ReplacementCause::Damaged,
        };
        let answered = self
            .execute(Command::Replace(Replace {
                card,
                replacement: CardReplacement {
                    reason: "补卡".into(),
                    cause,
                    store_id: self.place().id,
                    number: None,
                    fee: None,
                    confirmation: Confirmation::default(),
                },
                number: Some(self.number(0)),
            }))
            .await?;
        let issued: Issued = read(&answered)?;
        let mut known = self.known();
        (known.card, known.lost) = (Some((issued.id, issued.number)), false);
        Ok(())
    }
}
