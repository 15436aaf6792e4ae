//! What a night books, and what it leaves alone.

use super::*;
use crate::fixture::{Backend, both};
use crate::shop::Shop;
use crate::store::schema::{audit, card_events, entries};
use cardea_domain::card::CardState;

both!(
    the_night_after_closes_memberships_voids_cards_and_expires_points,
    twice_changes_nothing,
    lots_past_their_date_end_in_open_memberships,
    lots_of_many_memberships_end_in_few_commands,
    the_past_can_be_lived_through,
);

/// Two years and a day.
const OVER: i64 = 731;

fn entries_of(shop: &Shop) -> Vec<(String, i64, i64)> {
    let chain = Id::from(shop.f.chain);
    let read = shop.f.engine.read(shop.f.chain, |conn| {
        Ok(each!(conn, c => entries::table
            .select((entries::kind, entries::amount, entries::occurred_at))
            .filter(entries::chain_id.eq(chain))
            .order(entries::id)
            .load(c)?))
    });
    read.unwrap()
}

async fn the_night_after_closes_memberships_voids_cards_and_expires_points(on: Backend) {
    let shop = Shop::on(on).await;
    let engine = &shop.f.engine;
    let wang = shop.member("王芳", "13812345678", 1).await;
    let sale = shop.sale(wang.member(), "0001", &[30_000], 0).await;
    shop.give_back(sale, "0002", &[]).await;
    let li = shop.member("李雷", "13912341111", 2).await;
    let later = shop.days_later(30);
    let young = shop.member("赵敏", "13900000002", 3).await;
    assert_eq!(
        run(engine, shop.f.chain).await.unwrap(),
        Expired::default(),
        "nothing is over yet"
    );

    shop.days_later(OVER);
    let before = entries_of(&shop);
    let expired = run(engine, shop.f.chain).await.unwrap();
    assert_eq!(
        expired,
        Expired {
            memberships: 2,
            lots: 2
        },
        "the lot that a return has emptied needs no entry"
    );
    let booked = entries_of(&shop).split_off(before.len());
    let midnight = "2028-11-21T16:00:00Z";
    let end = Instant::parse_rfc3339(midnight).unwrap().0;
    assert_eq!(booked, vec![("expire".to_owned(), -1000, end); 2]);
    for card in [wang.card, li.card] {
        let card = engine.card(shop.admin(), card).unwrap();
        assert_eq!((card.state, card.balances[0].available), (CardState::Void, 0));
    }
    let view = engine.card(shop.admin(), young.card).unwrap();
    assert_eq!(
        (view.state, view.balances[0].available),
        (CardState::Active, 1000),
        "issued {later:?}"
    );
    let events: Vec<String> = engine
        .read(shop.f.chain, |conn| {
            Ok(each!(conn, c => card_events::table
                .select(card_events::operation)
                .filter(card_events::chain_id.eq(Id::from(shop.f.chain)).and(card_events::card_id.eq(Id::from(wang.card))))
                .order(card_events::id)
                .load(c)?))
        })
        .unwrap();
    assert_eq!(events, ["issue", "expire"]);
}

async fn twice_changes_nothing(on: Backend) {
    let shop = Shop::on(on).await;
    let engine = &shop.f.engine;
    shop.member("王芳", "13812345678", 1).await;
    shop.days_later(OVER);
    assert_eq!(
        run(engine, shop.f.chain).await.unwrap(),
        Expired {
            memberships: 1,
            lots: 1
        }
    );
    // Other jobs have their day's work as well.
    crate::job::run_all(engine).await.unwrap();
    let once = engine.verify().unwrap();
    assert_eq!(once.problems, Vec::<String>::new());
    assert_eq!(run(engine, shop.f.chain).await.unwrap(), Expired::default());
    crate::job::run_all(engine).await.unwrap();
    assert_eq!(engine.verify().unwrap(), once);
}

async fn lots_past_their_date_end_in_open_memberships(on: Backend) {
    let shop = Shop::on(on).await;
    let engine = &shop.f.engine;
    let wang = shop.member("王芳", "13812345678", 1).await;
    shop.sale(wang.member(), "0001", &[30_000], 0).await;
    let date = shop.days_later(10);
    // No plugin gives lots a date yet.
    let dated = format!(
        "UPDATE lots SET expires_at = {} WHERE chain_id IN (SELECT chain_id FROM stores) AND amount = 300",
        date.0
    );
    engine.database().connect().unwrap().batch(&dated).unwrap();
    assert_eq!(
        engine.card(shop.admin(), wang.card).unwrap().balances[0].available,
        1000
    );
    assert_eq!(
        run(engine, shop.f.chain).await.unwrap(),
        Expired {
            memberships: 0,
            lots: 1
        }
    );
    let last = entries_of(&shop).pop().unwrap();
    assert_eq!(last, ("expire".to_owned(), -300, date.0));
    assert_eq!(run(engine, shop.f.chain).await.unwrap(), Expired::default());
    let report = engine.verify().unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

async fn lots_of_many_memberships_end_in_few_commands(on: Backend) {
    let shop = Shop::on(on).await;
    let engine = &shop.f.engine;
    let count = LOTS as u64 + 6;
    let mut members = Vec::new();
    for n in 0..count {
        members.push(shop.member("王芳", &format!("1381234{n:04}"), n + 1).await);
    }
    // Two lots of one membership go together.
    shop.sale(members[0].member(), "0001", &[30_000], 0).await;
    let date = shop.days_later(10);
    let dated = format!(
        "UPDATE lots SET expires_at = {} WHERE chain_id IN (SELECT chain_id FROM stores)",
        date.0
    );
    engine.database().connect().unwrap().batch(&dated).unwrap();
    let before = entries_of(&shop).len();
    let expired = run(engine, shop.f.chain).await.unwrap();
    let ended = Expired {
        memberships: 0,
        lots: count + 1,
    };
    assert_eq!(expired, ended);
    let booked = entries_of(&shop).split_off(before);
    assert_eq!(
        booked.iter().map(|(_, amount, _)| amount).sum::<i64>(),
        -1000 * count as i64 - 300
    );
    let lines = || -> Vec<String> {
        let read = engine.read(shop.f.chain, |conn| {
            Ok(each!(conn, c => audit::table
                .select(audit::detail)
                .filter(audit::chain_id.eq(Id::from(shop.f.chain)).and(audit::action.eq("lots.expire")))
                .order(audit::id)
                .load(c)?))
        });
        read.unwrap()
    };
    let lots = |line: &String| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["lots"]
            .as_u64()
            .unwrap()
    };
    let mut of_lines: Vec<u64> = lines().iter().map(lots).collect();
    of_lines.sort_unstable();
    assert_eq!(of_lines, [7, LOTS as u64]);
    assert_eq!(run(engine, shop.f.chain).await.unwrap(), Expired::default());
    assert_eq!(lines().len(), 2);
    let report = engine.verify().unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

async fn the_past_can_be_lived_through(on: Backend) {
    let shop = Shop::on(on).await;
    let wang = shop.member("王芳", "13812345678", 1).await;
    let then = crate::fixture::NOW.plus_days(OVER);
    let expired = run_at(&shop.f.engine, shop.f.chain, then).await.unwrap();
    assert_eq!(
        expired,
        Expired {
            memberships: 1,
            lots: 1
        }
    );
    assert_eq!(
        shop.f.engine.card(shop.admin(), wang.card).unwrap().state,
        CardState::Void
    );
}
