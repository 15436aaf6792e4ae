//! Sound books have no problems, each kind of damage is found, and the fingerprint knows no ids.

use super::*;
use crate::command::MemberRef;
use crate::fixture::{Backend, both};
use crate::shop::{Issued, Shop};
use crate::store::Conn;

both!(sound_books_have_no_problems_and_a_hash_without_ids, damage_is_found);

/// Earns, spends, returns, redeems and exchanges the card.
async fn busy(shop: &Shop, name: &str, phone: &str, bits: u64) -> Issued {
    let member = shop.member(name, phone, bits).await;
    let receipt = |what: &str| format!("{what}-{bits}");
    let sale = shop
        .sale(member.member(), &receipt("sale"), &[30_000, 20_000], 1000)
        .await;
    shop.give_back(sale, &receipt("back"), &[(1, 1000)]).await;
    let mug = shop.reward(&receipt("mug"), 300).await;
    shop.redeem(&member.number, mug, &receipt("mug")).await;
    shop.replace(member.card, bits + 1).await
}

/// Reaches a tier and loses it again; the points are gone meanwhile, so a debt is left.
async fn climber(shop: &Shop, name: &str, phone: &str, bits: u64) {
    let member = shop.member(name, phone, bits).await;
    let receipt = |what: &str| format!("{what}-{bits}");
    let sale = shop.sale(member.member(), &receipt("big"), &[900_000], 0).await;
    shop.sale(member.member(), &receipt("spent"), &[200_000], 5_000).await;
    shop.give_back(sale, &receipt("undo"), &[]).await;
}

async fn introduced(shop: &Shop, introducer: MemberRef) {
    let MemberRef::Customer(introducer) = introducer else {
        panic!("a customer introduces")
    };
    let customer = shop.customer("李雷", "13900000003", Some(introducer)).await;
    shop.sale(Some(MemberRef::Customer(customer)), "introduced", &[120_000], 0)
        .await;
    shop.issue(customer, 500).await;
}

/// The same year twice: with `swapped`, everything has other ids in another order.
async fn year(on: Backend, swapped: bool) -> Shop {
    let shop = Shop::on(on).await;
    for turn in [swapped, !swapped] {
        if turn {
            climber(&shop, "赵敏", "13900000002", 300).await;
        } else {
            busy(&shop, "王芳", "13900000001", 100).await;
        }
    }
    let card = shop
        .f
        .engine
        .cards(shop.admin(), "13900000001", &Default::default())
        .unwrap()
        .items
        .remove(0);
    introduced(&shop, MemberRef::Customer(card.customer.unwrap().id)).await;
    // Of nobody.
    shop.sale(None, "nobody", &[5_000], 0).await;
    shop
}

/// The report on books after some statements that are taken back again.
fn after(shop: &Shop, conn: &mut Conn, statements: &str) -> Report {
    conn.batch("BEGIN").unwrap();
    conn.batch(statements).unwrap();
    let report = verify(conn, &shop.f.engine.keys().seals());
    conn.batch("ROLLBACK").unwrap();
    report.unwrap()
}

async fn sound_books_have_no_problems_and_a_hash_without_ids(on: Backend) {
    let (one, other) = (year(on, false).await, year(on, true).await);
    let (report, again) = (one.f.engine.verify().unwrap(), other.f.engine.verify().unwrap());
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!(report, again);
    assert_eq!((report.chains, report.accounts, report.bills), (1, 3, 10));
    assert!(report.entries >= 12 && report.lots >= 6, "{report:?}");

    other.sale(None, "one more", &[5_000], 0).await;
    let more = other.f.engine.verify().unwrap();
    assert_eq!(
        (more.bills, &more.hash),
        (11, &report.hash),
        "a sale of nobody moves no points"
    );
    other.days_later(1);
    let customer = MemberRef::Customer(
        other
            .f
            .engine
            .cards(other.admin(), "13900000002", &Default::default())
            .unwrap()
            .items[0]
            .customer
            .clone()
            .unwrap()
            .id,
    );
    other.sale(Some(customer), "a sale more", &[100], 0).await;
    assert_ne!(other.f.engine.verify().unwrap().hash, report.hash);
}

/// Damage to the ledger, and what verify says of it.
fn ledger_damage(on: Backend, an_entry: &str) -> Vec<(String, &'static str)> {
    vec![
        (format!("DELETE FROM entries WHERE id = {an_entry}"), "lot_moves of demo"),
        (
            format!("DELETE FROM lot_moves WHERE entry_id = {an_entry}; DELETE FROM entries WHERE id = {an_entry}"),
            "the balance of points",
        ),
        (
            format!("UPDATE entries SET amount = amount - 1 WHERE id = {an_entry}"),
            "moved its lots by",
        ),
        (
            format!("UPDATE entries SET counter = 'issued' WHERE id = {an_entry}"),
            "counter account",
        ),
        (
            format!(
                "UPDATE entries SET reverses = {} WHERE id = {an_entry}",
                on.bytes("00112233445566778899aabbccddeeff")
            ),
            "what it reverses",
        ),
        (
            "UPDATE lots SET remaining = remaining - 1 WHERE remaining > 0".into(),
            "the remainder of lot",
        ),
        ("UPDATE lots SET amount = amount + 1".into(), "the remainder of lot"),
        (
            "UPDATE lots SET amount = amount + 100000, remaining = remaining + 100000".into(),
            "no entry has opened it",
        ),
        (
            format!("UPDATE lots SET entry_id = {an_entry}"),
            "no entry has opened it",
        ),
        (
            "DELETE FROM lots WHERE remaining = 0".into(),
            "was moved and isn't there",
        ),
        (
            "INSERT INTO lots SELECT chain_id, id, id, asset, entry_id, bill_id, amount, remaining, opened_at, matures_at, \
             expires_at, ended FROM lots LIMIT 1"
                .into(),
            "lots of demo",
        ),
        ("DELETE FROM lot_moves".into(), "the remainder of lot"),
        ("UPDATE accounts SET balance = balance + 1".into(), "(entries)"),
        ("UPDATE accounts SET debt = debt + 1".into(), "(lots less debt)"),
        ("DELETE FROM accounts".into(), "isn't kept"),
    ]
}

/// Damage to what plugins were asked, and what verify says of it.
fn input_damage(on: Backend) -> Vec<(String, &'static str)> {
    vec![
        (
            "UPDATE entries SET input = NULL WHERE kind = 'bonus' OR kind = 'earn'".into(),
            "it doesn't name its recorded input",
        ),
        // Of a redemption; of a sale it is the bill itself.
        ("DELETE FROM recorded_inputs".into(), "its recorded input isn't there"),
        (
            format!("UPDATE recorded_inputs SET bytes = {}", on.bytes("00")),
            "its recorded input was changed",
        ),
        (
            "UPDATE bills SET parts = replace(parts, ',false,false]]', ',false,true]]') WHERE kind = 'sale'".into(),
            "its recorded input was changed",
        ),
        (
            format!(
                "INSERT INTO unjudged SELECT chain_id, id, {} FROM bills WHERE kind = 'sale' LIMIT 1",
                on.bytes("00")
            ),
            "unjudged sale",
        ),
    ]
}

/// Damage to what stands beside the ledger, and what verify says of it.
fn record_damage() -> Vec<(String, &'static str)> {
    vec![
        (
            "UPDATE measures SET amount = amount + 1 WHERE measure = 'paid'".into(),
            "measure paid on 2026-11-22",
        ),
        ("DELETE FROM measures WHERE measure = 'visits'".into(), "measure visits"),
        (
            "UPDATE memberships SET purchases = purchases + 1".into(),
            "the number of purchases",
        ),
        ("UPDATE memberships SET tier = 'gold'".into(), "its tier is gold"),
        (
            "UPDATE tier_changes SET to_tier = 'gold' WHERE kind = 'upgrade'".into(),
            "is followed by one from",
        ),
        ("UPDATE cards SET replaced_by = NULL".into(), "successor says otherwise"),
        ("UPDATE cards SET replaces = NULL".into(), "don't point at each other"),
        (
            "UPDATE cards SET number = 'x' || number".into(),
            "none of its cards has its reference",
        ),
        (
            "UPDATE bills SET earned = earned + 1 WHERE kind = 'sale' AND earned > 0".into(),
            "what was earned by sale",
        ),
        (
            "UPDATE bills SET spent = spent + 1 WHERE kind = 'redemption'".into(),
            "what was spent on redemption",
        ),
        (
            "UPDATE bills SET clawed_back = clawed_back + 1 WHERE clawed_back > 0".into(),
            "(points taken back)",
        ),
        (
            "UPDATE bills SET given_back = given_back + 1 WHERE kind = 'sale'".into(),
            "(points given back)",
        ),
        ("UPDATE bills SET returned_money = 0".into(), "(money)"),
        (
            "UPDATE bills SET earned = earned - 1 WHERE kind = 'return'".into(),
            "what was taken back by return",
        ),
        (
            "UPDATE bills SET total = total + 1 WHERE kind = 'sale'".into(),
            "(lines)",
        ),
        (
            // The last value of a line is what was returned of it.
            "UPDATE bills SET parts = replace(parts, ',\"\",0]', ',\"\",1]') WHERE kind = 'sale'".into(),
            "the quantity returned of line",
        ),
        (
            "UPDATE bills SET parts = replace(parts, ',0,0]],', ',0,1]],') WHERE kind = 'sale'".into(),
            "what was returned of tender",
        ),
        ("UPDATE bills SET store_id = id".into(), "its store isn't there"),
    ]
}

const DROP_FOREIGN_KEYS: &str = "DO $$ DECLARE name RECORD; BEGIN \
    FOR name IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint WHERE contype = 'f' LOOP \
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', name.owner, name.conname); END LOOP; END $$";

async fn damage_is_found(on: Backend) {
    let shop = year(on, false).await;
    let mut conn = shop.f.engine.database().connect().unwrap();
    // Damage that a foreign key would stop as well.
    let unguarded = match on {
        Backend::Sqlite => "PRAGMA defer_foreign_keys = ON; ",
        Backend::Postgres => {
            conn.batch(DROP_FOREIGN_KEYS).unwrap();
            ""
        }
    };
    let sound = after(&shop, &mut conn, "SELECT 1");
    assert_eq!(sound.problems, Vec::<String>::new());
    let an_entry = "(SELECT id FROM entries WHERE kind = 'spend' ORDER BY id LIMIT 1)";
    let damages = [ledger_damage(on, an_entry), input_damage(on), record_damage()];
    for (damage, named) in damages.into_iter().flatten() {
        let report = after(&shop, &mut conn, &format!("{unguarded}{damage}"));
        assert!(
            report.problems.iter().any(|problem| problem.contains(named)),
            "{damage}: {:#?}",
            report.problems
        );
    }
    assert_eq!(after(&shop, &mut conn, "SELECT 1"), sound);
}

#[tokio::test]
async fn a_report_names_some_problems_and_counts_the_rest() {
    let mut books = Books::default();
    for i in 0..MOST_PROBLEMS + 2 {
        books.problem(i);
    }
    let report = books.report();
    assert_eq!(report.problems.len(), MOST_PROBLEMS + 1);
    assert_eq!(report.problems.last().unwrap(), "2 more problems");
}
