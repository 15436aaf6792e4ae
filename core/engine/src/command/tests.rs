//! One path through the whole engine, with the retail component.

use super::*;
use crate::archive::NewCustomer;
use crate::fixture::*;
use crate::fixture::{Backend, both};
use crate::program::NewProgram;
use crate::reward::{NewReward, Reward};
use crate::store::schema::{audit, card_events};
use cardea_domain::card::{CardKind, CardOp};
use cardea_domain::id::*;
use cardea_domain::sale::{Bill, IntroducerBonus, Line, ReturnLine, Tender, TenderKind};
use cardea_domain::{Instant, Text};
use diesel::prelude::*;
use serde_json::Value;

both!(
    from_the_first_purchase_to_a_return,
    rewards_are_bounded_by_stock_and_balance,
    a_lost_card_stops_at_once_and_is_replaced,
    a_retry_gets_its_answer_even_when_the_card_is_blocked_since,
    sales_at_the_same_moment_all_count_and_only_one_is_the_first,
    an_outlived_membership_ends_when_the_next_one_opens,
    rights_and_references_are_checked,
    a_return_is_proposed_again_when_its_sale_is_judged_meanwhile,
);

/// A chain with the retail program and a complete customer.
struct Shop {
    f: Fixture,
    program: ProgramId,
    customer: CustomerId,
    receipts: std::cell::Cell<u32>,
}

impl Shop {
    async fn on(backend: Backend) -> Self {
        let f = Fixture::on(backend).await;
        let program = NewProgram {
            code: "vip".into(),
            name: Text::new("贵宾卡", "VIP card"),
            plugin: "retail".into(),
        };
        let program = f.engine.create_program(&f.admin, None, program).await.unwrap().value.id;
        let consultant: StaffId = f.engine.read(f.chain, |conn| first_staff(conn, f.chain)).unwrap();
        let new = NewCustomer {
            consultant_id: Some(consultant),
            ..f.customer("王丽", "13812345678")
        };
        let customer = f.engine.create_customer(&f.admin, None, new).await.unwrap().value.id;
        Self {
            f,
            program,
            customer,
            receipts: 0.into(),
        }
    }

    fn receipt(&self) -> String {
        self.receipts.set(self.receipts.get() + 1);
        format!("{:04}", self.receipts.get())
    }

    /// Lines of these amounts, paid in cash.
    fn sale(&self, member: Option<MemberRef>, amounts: &[i64]) -> Sale {
        let line = |(number, amount): (i32, &i64)| Line {
            number,
            sku: format!("SKU{number}"),
            category: "skincare".into(),
            quantity: 1000,
            amount: *amount,
            list_amount: *amount,
            discount: 0,
            attributes: Vec::new(),
        };
        Sale {
            store: self.f.store,
            member,
            source: "till".into(),
            till: "T1".into(),
            receipt: self.receipt(),
            occurred_at: NOW,
            bill: Bill {
                lines: (1..).zip(amounts).map(line).collect(),
                tenders: vec![Tender {
                    kind: TenderKind::Cash,
                    amount: amounts.iter().sum(),
                }],
                rounding: 0,
            },
            vouchers: Vec::new(),
            rewards: Vec::new(),
            over_limit: false,
            confirmation: Confirmation::default(),
            reason: None,
            trusted: false,
        }
    }

    fn by_customer(&self) -> Option<MemberRef> {
        Some(MemberRef::Customer(self.customer))
    }

    fn issue(&self) -> Command {
        Command::Issue(Issue {
            program: self.program,
            customer: self.customer,
            store: self.f.store,
            kind: CardKind::Customer,
            until: None,
            number: None,
            issued_at: None,
            accepting: None,
        })
    }

    async fn run(&self, command: &Command) -> Result<Value, Refusal> {
        let answered = self.f.engine.execute(&self.f.admin, None, command).await?;
        Ok(serde_json::from_str(&answered.json).unwrap())
    }

    fn quote(&self, command: &Command) -> Result<Value, Refusal> {
        Ok(serde_json::from_str(&self.f.engine.quote(&self.f.admin, command)?.json).unwrap())
    }

    /// A purchase of 1000.00 and the card that it leads to.
    /// A return of the first line.
    fn give_back(&self, sold: &Value) -> Command {
        Command::Return(Return {
            sale: id(sold),
            goods: NewReturn {
                store_id: self.f.store,
                source: "till".into(),
                till: "T1".into(),
                receipt: self.receipt(),
                occurred_at: NOW,
                lines: vec![ReturnLine {
                    line: 1,
                    quantity: 1000,
                }],
                reason: "不喜欢".into(),
            },
            trusted: false,
        })
    }

    async fn member(&self) -> (Value, String) {
        self.run(&Command::Sale(self.sale(self.by_customer(), &[1000_00])))
            .await
            .unwrap();
        let card = self.run(&self.issue()).await.unwrap();
        let number = card["number"].as_str().unwrap().to_owned();
        (card, number)
    }
}

async fn a_return_is_proposed_again_when_its_sale_is_judged_meanwhile(on: Backend) {
    let shop = Shop::on(on).await;
    shop.member().await;
    let sale = Command::Sale(shop.sale(shop.by_customer(), &[300_00]));
    let sold = shop.run(&sale).await.unwrap();
    let (engine, chain) = (&shop.f.engine, shop.f.chain);
    let desk = Desk::new(engine, &shop.f.admin, Purpose::Post);
    let proposed = shop.give_back(&sold).propose(&desk).unwrap();
    let load = || {
        engine
            .read(chain, |conn| load::load(conn, chain, &proposed.needs()))
            .unwrap()
    };
    let mut ids = Ids::new(engine.clock().clone());
    let mut judged = load();
    // As the late judgement leaves it: who introduced the customer has a bonus from this sale.
    judged.record.as_mut().unwrap().introducer = Some(IntroducerBonus {
        membership: MembershipId(uuid::Uuid::from_u128(7)),
        entry: EntryId(uuid::Uuid::from_u128(8)),
        earned: 200,
        lot: None,
        expired_unspent: 0,
    });
    assert_eq!(proposed.decide(&mut judged, &mut ids).unwrap_err().code, Code::Busy);
    proposed.decide(&mut load(), &mut ids).unwrap();
}

fn first_staff(conn: &mut crate::store::Conn, chain: ChainId) -> crate::Result<StaffId> {
    use crate::store::Id;
    use crate::store::schema::staff;
    use diesel::prelude::*;
    let id: Id = crate::each!(conn, c => staff::table
        .select(staff::id)
        .filter(staff::chain_id.eq(Id::from(chain)))
        .get_result(c)?);
    Ok(id.typed())
}

fn available(answer: &Value) -> i64 {
    answer["balances"][0]["available"].as_i64().unwrap()
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(answer: &Value) -> T {
    answer["id"].as_str().unwrap().parse().unwrap()
}

fn operation(card: CardId, op: CardOp) -> Command {
    Command::Card(Operate {
        card,
        op,
        operation: CardOperation {
            reason: "顾客来店".into(),
            identity_checked: Some(true),
            ..CardOperation::default()
        },
    })
}

async fn from_the_first_purchase_to_a_return(on: Backend) {
    let shop = Shop::on(on).await;
    let refused = shop.run(&shop.issue()).await.unwrap_err();
    assert_eq!(refused.code, Code::NotEligible);
    assert!(!refused.facts.refusals.is_empty());

    // The purchase that meets the rule earns with the issue, at the base tier.
    let first = shop
        .run(&Command::Sale(shop.sale(shop.by_customer(), &[1000_00])))
        .await
        .unwrap();
    assert_eq!(
        (first["judged"].as_str(), first["points_earned"].as_i64()),
        (Some("no_member"), Some(0))
    );
    let card = shop.run(&shop.issue()).await.unwrap();
    assert_eq!((available(&card), card["tier"]["id"].as_str()), (1000, Some("vip")));
    assert_eq!(card["valid_through"], "2028-11-21");
    assert_eq!(shop.run(&shop.issue()).await.unwrap_err().code, Code::MembershipExists);
    let number = card["number"].as_str().unwrap().to_owned();

    let sale = Command::Sale(shop.sale(Some(MemberRef::Card(number.clone())), &[300_00, 200_50]));
    let quoted = shop.quote(&sale).unwrap();
    let sold = shop.run(&sale).await.unwrap();
    assert!(quoted["id"].is_null());
    assert_eq!(quoted["points_earned"], sold["points_earned"]);
    assert_eq!((sold["points_earned"].as_i64(), available(&sold)), (Some(500), 1500));
    let again = shop.f.engine.execute(&shop.f.admin, None, &sale).await.unwrap();
    assert_eq!((again.status, again.replayed), (200, true), "the same receipt");

    let returned = shop.run(&shop.give_back(&sold)).await.unwrap();
    assert_eq!(
        (returned["points"]["taken_back"].as_i64(), available(&returned)),
        (Some(300), 1200)
    );
    assert_eq!(shop.f.engine.verify().unwrap().problems, Vec::<String>::new());
}

async fn rewards_are_bounded_by_stock_and_balance(on: Backend) {
    let shop = Shop::on(on).await;
    let (_, number) = shop.member().await;
    let reward = NewReward {
        program_id: shop.program,
        store_id: None,
        code: "mug".into(),
        name: Text::new("马克杯", "Mug"),
        points: 500,
        stock: Some(1),
        rules: Default::default(),
    };
    let reward = shop
        .f
        .engine
        .create::<Reward>(&shop.f.admin, None, reward)
        .await
        .unwrap()
        .value
        .id;
    let redeem = |receipt: String| {
        Command::Redemption(Redemption {
            card: number.clone(),
            store: shop.f.store,
            source: "till".into(),
            till: "T1".into(),
            receipt,
            reward,
            quantity: 1,
            collect: Default::default(),
            occurred_at: None,
            confirmation: Confirmation::default(),
            trusted: false,
        })
    };
    assert_eq!(available(&shop.run(&redeem(shop.receipt())).await.unwrap()), 500);
    assert_eq!(
        shop.run(&redeem(shop.receipt())).await.unwrap_err().code,
        Code::OutOfStock
    );

    let dear = NewReward {
        program_id: shop.program,
        store_id: None,
        code: "lamp".into(),
        name: Text::new("台灯", "Lamp"),
        points: 501,
        stock: None,
        rules: Default::default(),
    };
    let dear = shop.f.engine.create::<Reward>(&shop.f.admin, None, dear).await.unwrap();
    let Command::Redemption(mut short) = redeem(shop.receipt()) else {
        unreachable!()
    };
    short.reward = dear.value.id;
    let short = shop.run(&Command::Redemption(short)).await.unwrap_err();
    assert_eq!(
        (short.code, short.facts.available, short.facts.needed),
        (Code::InsufficientPoints, Some(500), Some(501))
    );
}

async fn a_lost_card_stops_at_once_and_is_replaced(on: Backend) {
    let shop = Shop::on(on).await;
    let (card, number) = shop.member().await;
    // From the loss report the card neither earns nor spends; the membership does.
    let lost = shop.run(&operation(id(&card), CardOp::ReportLoss)).await.unwrap();
    assert_eq!(lost["blocks"], serde_json::json!(["loss"]));
    let blocked = Command::Sale(shop.sale(Some(MemberRef::Card(number.clone())), &[10_00]));
    assert_eq!(shop.run(&blocked).await.unwrap_err().code, Code::CardBlocked);
    assert_eq!(shop.quote(&blocked).unwrap_err().code, Code::CardBlocked);
    let sold = shop
        .run(&Command::Sale(shop.sale(shop.by_customer(), &[10_00])))
        .await
        .unwrap();
    assert_eq!(available(&sold), 1010);

    let replace = Command::Replace(Replace {
        card: id(&card),
        replacement: CardReplacement {
            reason: "挂失补卡".into(),
            cause: cardea_domain::card::ReplacementCause::Lost,
            store_id: shop.f.store,
            number: None,
            fee: None,
            confirmation: Confirmation::default(),
        },
        number: None,
    });
    let new = shop.run(&replace).await.unwrap();
    assert_ne!(new["number"], card["number"]);
    assert_eq!(
        (available(&new), new["membership_id"].clone()),
        (1010, card["membership_id"].clone())
    );
    assert_eq!(shop.run(&replace).await.unwrap_err().code, Code::CardState);
    assert_eq!(shop.f.engine.verify().unwrap().problems, Vec::<String>::new());
}

async fn a_retry_gets_its_answer_even_when_the_card_is_blocked_since(on: Backend) {
    let shop = Shop::on(on).await;
    let (card, number) = shop.member().await;
    let sale = Command::Sale(shop.sale(Some(MemberRef::Card(number)), &[50_00]));
    let first = shop.f.engine.execute(&shop.f.admin, key("k", 1), &sale).await.unwrap();
    shop.run(&operation(id(&card), CardOp::ReportLoss)).await.unwrap();
    let retried = shop.f.engine.execute(&shop.f.admin, key("k", 1), &sale).await.unwrap();
    assert_eq!(
        (retried.status, retried.replayed, &retried.json),
        (201, true, &first.json)
    );
    let by_receipt = shop.f.engine.execute(&shop.f.admin, None, &sale).await.unwrap();
    assert_eq!((by_receipt.status, by_receipt.replayed), (200, true));
    let mut other = shop.sale(None, &[60_00]);
    other.receipt = "0002".into();
    assert_eq!(
        shop.run(&Command::Sale(other)).await.unwrap_err().code,
        Code::ReceiptConflict
    );
}

async fn sales_at_the_same_moment_all_count_and_only_one_is_the_first(on: Backend) {
    let shop = Shop::on(on).await;
    let (_, number) = shop.member().await;
    let commands: Vec<Command> = (0..30)
        .map(|_| Command::Sale(shop.sale(Some(MemberRef::Card(number.clone())), &[200_00])))
        .collect();
    let runs: Vec<_> = commands.iter().map(|command| Box::pin(shop.run(command))).collect();
    let answers = crate::store::writer::tests::futures(runs).await;
    // 6 000.00 more: the 21st reaches silver, and the ones proposed at the old tier are proposed again.
    let earned: i64 = answers
        .iter()
        .map(|a| a.as_ref().unwrap()["points_earned"].as_i64().unwrap())
        .sum();
    assert_eq!(earned, 20 * 200 + 10 * 240);
    let balance = shop
        .quote(&Command::Sale(shop.sale(Some(MemberRef::Card(number)), &[1_00])))
        .unwrap();
    assert_eq!(balance["balances"][0]["available"].as_i64(), Some(1000 + earned + 1));
}

async fn an_outlived_membership_ends_when_the_next_one_opens(on: Backend) {
    let shop = Shop::on(on).await;
    let (old, number) = shop.member().await;
    // 2028-12-01: the validity is over, and no job has run.
    let later = Instant(NOW.0 + 740 * 86_400_000);
    shop.f.engine.clock().set(later);
    let sale = |member| Sale {
        occurred_at: later,
        ..shop.sale(member, &[1000_00])
    };
    let blocked = shop
        .run(&Command::Sale(sale(Some(MemberRef::Card(number)))))
        .await
        .unwrap_err();
    assert_eq!(blocked.code, Code::CardBlocked);
    let sold = shop.run(&Command::Sale(sale(shop.by_customer()))).await.unwrap();
    assert_eq!(sold["judged"], "no_member");
    let new = shop.run(&shop.issue()).await.unwrap();
    assert_ne!(new["membership_id"], old["membership_id"]);
    assert_eq!(available(&new), 1000, "old points don't pass over");
    let ended = shop.f.engine.read(shop.f.chain, |conn| {
        Ok(crate::each!(conn, c => (
            card_events::table.filter(card_events::operation.eq("expire")).count().get_result::<i64>(c)?,
            audit::table.filter(audit::action.eq("membership.expire")).count().get_result::<i64>(c)?,
        )))
    });
    assert_eq!(ended.unwrap(), (1, 1), "as if the job had run before (D-CARD-4)");
    assert_eq!(shop.f.engine.verify().unwrap().problems, Vec::<String>::new());
}

async fn rights_and_references_are_checked(on: Backend) {
    let shop = Shop::on(on).await;
    let elsewhere = create_store(&shop.f.engine, &shop.f.admin, "s02").await;
    let cashier = shop.f.actor(crate::Role::Cashier, &[elsewhere]);
    let sale = Command::Sale(shop.sale(None, &[1_00]));
    assert_eq!(
        code(shop.f.engine.execute(&cashier, None, &sale).await),
        Code::Forbidden
    );
    assert_eq!(code(shop.f.engine.quote(&cashier, &sale)), Code::Forbidden);
    let unknown = Command::Sale(shop.sale(Some(MemberRef::Card("90000000000000".into())), &[1_00]));
    assert_eq!(code(shop.run(&unknown).await), Code::NotFound);
    let nobody = CustomerId(uuid::Uuid::from_u128(5));
    let unknown = Command::Sale(shop.sale(Some(MemberRef::Customer(nobody)), &[1_00]));
    assert_eq!(code(shop.run(&unknown).await), Code::NotFound);
    let (card, _) = shop.member().await;
    shop.run(&operation(id(&card), CardOp::ReportLoss)).await.unwrap();
    let mut found = operation(id(&card), CardOp::CancelLoss);
    if let Command::Card(command) = &mut found {
        command.operation.identity_checked = None;
    }
    assert_eq!(
        at(shop.run(&found).await),
        (Code::FieldInvalid, "/identity_checked".into())
    );
}
