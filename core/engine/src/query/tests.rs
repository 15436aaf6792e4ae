//! What the till reads: cards by whatever is typed, memberships, bills and statements.

use super::*;
use crate::actor::{Actor, Role};
use crate::command::MemberRef;
use crate::fixture::{Backend, both};
use crate::fixture::{at, code, create_store};
use crate::page::{Page, PageArgs};
use crate::shop::{Issued, Shop};
use cardea_domain::card::{Block, CardState};
use cardea_domain::ledger::EntryKind;
use cardea_domain::sale::BillKind;
use std::fmt::Debug;

both!(
    a_card_is_found_by_whatever_is_typed,
    many_cards_come_page_by_page_and_each_once,
    a_card_shows_what_can_be_done_with_it_today,
    a_membership_says_what_the_next_tier_needs,
    a_bill_shows_what_came_back,
    sales_are_found_by_their_receipts,
    a_statement_names_what_decided_each_movement,
    customers_without_a_membership_have_no_cards,
);

fn numbers(shop: &Shop, actor: &Actor, code: &str) -> Vec<String> {
    let found = shop.f.engine.cards(actor, code, &PageArgs::default()).unwrap();
    assert_eq!(found.next, None);
    found.items.into_iter().map(|card| card.number).collect()
}

/// Every item of a list that is read two at a time, and the number of pages.
fn pages<T: Debug>(read: impl Fn(&PageArgs) -> Page<T>) -> (Vec<T>, usize) {
    let (mut items, mut after, mut count) = (Vec::new(), None, 0);
    loop {
        let page = read(&PageArgs { limit: Some(2), after });
        assert!(page.items.len() <= 2);
        items.extend(page.items);
        count += 1;
        match page.next {
            Some(next) => after = Some(next),
            None => return (items, count),
        }
    }
}

async fn elsewhere(shop: &Shop) -> Actor {
    let west = create_store(&shop.f.engine, shop.admin(), "west").await;
    shop.f.actor(Role::Cashier, &[west])
}

async fn a_card_is_found_by_whatever_is_typed(on: Backend) {
    let shop = Shop::on(on).await;
    let wang = shop.member("王芳", "13812345678", 1).await;
    shop.member("李雷", "13912341111", 2).await;
    let spaced = format!("{} {}", &wang.number[..7], &wang.number[7..]);
    let here = shop.f.actor(Role::Cashier, &[shop.f.store]);
    for code in [&wang.number, &spaced, "13812345678", "5678", &wang.number[10..], "王芳"] {
        assert_eq!(numbers(&shop, &here, code), [wang.number.as_str()], "{code}");
    }
    let mut mistyped = wang.number.clone();
    mistyped.replace_range(5..6, if &mistyped[5..6] == "1" { "2" } else { "1" });
    for code in [mistyped.as_str(), "13812345679", "0000", "钱", " ", "\0"] {
        assert_eq!(numbers(&shop, &here, code), [""; 0], "{code:?}");
    }
    // A whole number reaches every store, browsing stays at home.
    let west = elsewhere(&shop).await;
    for (code, found) in [
        (wang.number.as_str(), 1),
        ("13812345678", 1),
        ("5678", 0),
        (&wang.number[10..], 0),
        ("王芳", 0),
    ] {
        assert_eq!(numbers(&shop, &west, code).len(), found, "{code}");
    }
    let refused = shop.f.engine.cards(
        &here,
        "王芳",
        &PageArgs {
            limit: None,
            after: Some("x".into()),
        },
    );
    assert_eq!(at(refused), (Code::BodyInvalid, "/after".into()));
    let vendor = shop.f.actor(Role::Vendor, &[shop.f.store]);
    assert_eq!(
        code(shop.f.engine.cards(&vendor, "王芳", &PageArgs::default())),
        Code::Forbidden
    );
    assert_eq!(code(shop.f.engine.card(&vendor, wang.card)), Code::Forbidden);
}

async fn many_cards_come_page_by_page_and_each_once(on: Backend) {
    let shop = Shop::on(on).await;
    let mut issued: Vec<Issued> = Vec::new();
    for (i, bits) in (1..=4u64).enumerate() {
        // Customers without a card lie between.
        shop.customer("王旁观", &format!("1370000990{i}"), None).await;
        let member = shop.member("王芳", &format!("1380000{}", &digits_of(bits)), bits).await;
        issued.push(member);
    }
    let replaced = shop.replace(issued[1].card, 50).await;
    let mut all: Vec<String> = issued
        .iter()
        .chain([&replaced])
        .map(|card| card.number.clone())
        .collect();
    all.sort();
    let (found, count) = pages(|page| shop.f.engine.cards(shop.admin(), "王", page).unwrap());
    let mut found: Vec<String> = found.into_iter().map(|card| card.number).collect();
    found.sort();
    assert_eq!((found, count), (all, 3));

    // The last four digits of a card that are its holder's phone's as well: once. A third has the phone only.
    let digits = digits_of(1);
    shop.member("赵敏", &format!("1390000{digits}"), 60).await;
    let (found, _) = pages(|page| shop.f.engine.cards(shop.admin(), &digits, page).unwrap());
    let names: Vec<_> = found
        .iter()
        .map(|card| card.customer.as_ref().unwrap().display.zh.as_str())
        .collect();
    assert_eq!(names, ["王女士", "赵女士"]);
}

/// The last four digits of the card number of some bits.
fn digits_of(bits: u64) -> String {
    cardea_domain::card::CardNumber::from_random(bits)
        .last_four()
        .to_owned()
}

async fn a_card_shows_what_can_be_done_with_it_today(on: Backend) {
    let shop = Shop::on(on).await;
    let wang = shop.member("王芳", "13812345678", 1).await;
    let read = || shop.f.engine.card(shop.admin(), wang.card).unwrap();
    let card = read();
    let holder = card.customer.unwrap();
    assert_eq!(
        (holder.display.zh.as_str(), holder.phone_masked.as_deref()),
        ("王女士", Some("138****5678"))
    );
    assert_eq!(
        (card.state, card.blocks, card.tier.id.as_str()),
        (CardState::Active, vec![], "vip")
    );
    assert_eq!(
        (card.balances[0].available, card.valid_through.unwrap().to_string()),
        (1000, "2028-11-21".into())
    );
    assert_eq!(
        (card.membership_id, card.program_id, card.store_id),
        (wang.membership, shop.program, shop.f.store)
    );

    shop.days_later(366 * 2);
    let card = read();
    assert_eq!(
        (card.state, card.blocks, card.balances[0].available),
        (CardState::Active, vec![Block::Expired], 0)
    );

    shop.days_later(0);
    let new = shop.replace(wang.card, 2).await;
    let old = read();
    assert_eq!((old.state, old.replaced_by), (CardState::Replaced, Some(new.card)));
    assert_eq!(
        shop.f.engine.card(shop.admin(), new.card).unwrap().balances[0].available,
        1000
    );
}

async fn a_membership_says_what_the_next_tier_needs(on: Backend) {
    let shop = Shop::on(on).await;
    let wang = shop.member("王芳", "13812345678", 1).await;
    let li = shop.member("李雷", "13912341111", 2).await;
    let sale = shop.sale(wang.member(), "0001", &[123_45], 0).await;
    shop.give_back(sale, "0002", &[(1, 1000)]).await;
    let view = shop.f.engine.membership(shop.admin(), wang.membership).unwrap();
    let ladder = shop
        .f
        .engine
        .configuration_at(shop.f.chain, shop.program, shop.now())
        .unwrap()
        .ladder
        .clone();
    let next = view.next_tier.unwrap();
    assert_eq!(next.id, ladder.steps[1].id);
    // Half of 123.45 came back, rounded down.
    assert_eq!(next.missing_paid, ladder.steps[1].threshold - 1000_00 - 61_73);
    assert_eq!(
        (view.state, view.opened_on.to_string()),
        (MembershipState::Open, "2026-11-22".into())
    );
    assert_eq!(view.cards.iter().map(|card| card.id).collect::<Vec<_>>(), [wang.card]);

    let customer = view.customer.unwrap().id;
    let of = |customer, page: &PageArgs| shop.f.engine.memberships(shop.admin(), customer, page).unwrap();
    let ids = |page: Page<MembershipView>| page.items.into_iter().map(|view| view.id).collect::<Vec<_>>();
    assert_eq!(ids(of(Some(customer), &PageArgs::default())), [wang.membership]);
    assert_eq!(
        ids(of(None, &PageArgs::default())),
        [li.membership, wang.membership],
        "newest first"
    );
    let first = of(
        None,
        &PageArgs {
            limit: Some(1),
            after: None,
        },
    );
    let second = of(
        None,
        &PageArgs {
            limit: Some(1),
            after: first.next.clone(),
        },
    );
    assert_eq!((ids(first), ids(second)), (vec![li.membership], vec![wang.membership]));

    shop.days_later(366 * 2);
    let view = shop.f.engine.membership(shop.admin(), wang.membership).unwrap();
    assert_eq!(
        (view.state, view.next_tier, view.balances[0].available),
        (MembershipState::Closed, None, 0)
    );
}

async fn a_bill_shows_what_came_back(on: Backend) {
    let shop = Shop::on(on).await;
    let wang = shop.member("王芳", "13812345678", 1).await;
    let sale = shop.sale(wang.member(), "0001", &[30_000, 20_000], 500).await;
    let back = shop.give_back(sale, "0002", &[(2, 500)]).await;
    let bill = shop.f.engine.bill(shop.admin(), sale).unwrap();
    let lines: Vec<_> = bill
        .lines
        .iter()
        .map(|line| (line.line, line.amount, line.returned_quantity))
        .collect();
    assert_eq!(lines, [(1, 30_000, 0), (2, 20_000, 500)]);
    let tenders: Vec<_> = bill
        .tenders
        .iter()
        .map(|tender| (tender.kind.as_str(), tender.amount, tender.points))
        .collect();
    assert_eq!(tenders, [("points", 500, 500), ("cash", 49_500, 0)]);
    assert_eq!(bill.tenders.iter().map(|tender| tender.returned).sum::<i64>(), 5_000);
    assert_eq!((bill.returns, bill.points_spent, bill.total), (vec![back], 500, 50_000));
    assert_eq!(bill.answer["points_earned"], bill.points_earned);
    let back = shop.f.engine.bill(shop.admin(), back).unwrap();
    assert_eq!(
        (back.kind, back.original_id, back.total),
        (BillKind::Return, Some(sale), -5_000)
    );
    assert_eq!(code(shop.f.engine.bill(&elsewhere(&shop).await, sale)), Code::Forbidden);
    assert_eq!(
        code(shop.f.engine.bill(shop.admin(), wang.card.0.into())),
        Code::NotFound
    );
}

async fn sales_are_found_by_their_receipts(on: Backend) {
    let shop = Shop::on(on).await;
    let mut sales = Vec::new();
    for day in 0..3 {
        shop.days_later(day);
        for receipt in ["0001", "0002"] {
            sales.push(shop.sale(None, receipt, &[1_000], 0).await);
        }
    }
    shop.give_back(sales[0], "0003", &[]).await;
    let all = BillFilter {
        store: shop.f.store,
        till: None,
        receipt: None,
        business_date: None,
        staff: None,
    };
    let find = |filter: &BillFilter, page: &PageArgs| shop.f.engine.sales(shop.admin(), filter, page).unwrap();
    let ids = |bills: Vec<BillView>| bills.into_iter().map(|bill| bill.id).collect::<Vec<_>>();
    let newest_first: Vec<_> = sales.iter().rev().copied().collect();
    let (found, count) = pages(|page| find(&all, page));
    assert_eq!((ids(found), count), (newest_first, 3), "returns are no sales");
    let exact = BillFilter {
        till: Some("T1".into()),
        receipt: Some("0002".into()),
        business_date: Some("2026-11-23".parse().unwrap()),
        staff: None,
        ..all.clone()
    };
    assert_eq!(ids(find(&exact, &PageArgs::default()).items), [sales[3]]);
    let other = BillFilter {
        till: Some("T2".into()),
        ..exact
    };
    assert!(find(&other, &PageArgs::default()).items.is_empty());
    let refused = shop.f.engine.sales(
        shop.admin(),
        &all,
        &PageArgs {
            limit: None,
            after: Some("1.x".into()),
        },
    );
    assert_eq!(at(refused), (Code::BodyInvalid, "/after".into()));
    assert_eq!(
        code(shop.f.engine.sales(&elsewhere(&shop).await, &all, &PageArgs::default())),
        Code::Forbidden
    );
}

async fn a_statement_names_what_decided_each_movement(on: Backend) {
    let shop = Shop::on(on).await;
    let wang = shop.member("王芳", "13812345678", 1).await;
    let sale = shop.sale(wang.member(), "0001", &[30_000], 500).await;
    shop.give_back(sale, "0002", &[]).await;
    let mug = shop.reward("mug", 300).await;
    shop.redeem(&wang.number, mug, "0003").await;
    let (entries, _) = pages(|page| shop.f.engine.card_entries(shop.admin(), wang.card, page).unwrap());
    let lines: Vec<_> = entries
        .iter()
        .map(|e| (e.kind, e.amount, e.receipt.as_deref().unwrap(), e.sale_id == Some(sale)))
        .collect();
    assert_eq!(
        lines,
        [
            (EntryKind::Redeem, -300, "0003", false),
            (EntryKind::ClawBack, -295, "0002", true),
            (EntryKind::GiveBack, 500, "0002", true),
            (EntryKind::Earn, 295, "0001", true),
            (EntryKind::Spend, -500, "0001", true),
            (EntryKind::Earn, 1000, "first-1", false),
        ]
    );
    assert_eq!(entries[0].sale_id, None, "an exchange is no sale");
    let digest = hex::encode(
        shop.f
            .engine
            .configuration_at(shop.f.chain, shop.program, shop.now())
            .unwrap()
            .digest,
    );
    for entry in &entries {
        assert_eq!(entry.configuration_version, Some(2), "{entry:?}");
        assert_eq!(entry.plugin_digest.as_ref(), Some(&digest));
        assert!(!entry.explanation.zh.is_empty() && !entry.explanation.en.is_empty());
    }
    let strangers = crate::fixture::create_chain(&shop.f.engine, "other").await;
    let stranger = shop
        .f
        .engine
        .card_entries(&Actor::system(strangers), wang.card, &PageArgs::default());
    assert_eq!(code(stranger), Code::NotFound);
}

async fn customers_without_a_membership_have_no_cards(on: Backend) {
    let shop = Shop::on(on).await;
    let customer = shop.customer("王芳", "13812345678", None).await;
    shop.sale(Some(MemberRef::Customer(customer)), "0001", &[1_000], 0)
        .await;
    assert_eq!(numbers(&shop, shop.admin(), "13812345678"), [""; 0]);
    let memberships = shop
        .f
        .engine
        .memberships(shop.admin(), Some(customer), &PageArgs::default());
    assert!(memberships.unwrap().items.is_empty());
}
