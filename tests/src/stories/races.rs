//! Many hands on one thing: whatever arrives together is decided one after the other (D-LED-4, D-RWD-1; the pains of
//! one balance spent many times, 5 and 6).

use crate::harness::{Answer, Field, Member, TestApp, at_once, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    crate::stories!("races":
        pain_05_a_hundred_spends_of_sixty_from_a_hundred,
        pain_05_spends_and_exchanges_of_one_balance,
        d_rwd_1_a_hundred_hands_on_the_last_piece,
        d_led_4_fifty_copies_with_one_key,
        pain_04_fifty_copies_with_keys_of_their_own,
        d_led_4_two_contents_fight_for_one_receipt,
        d_led_5_never_more_returned_than_sold,
        d_led_5_fifty_copies_of_a_return,
        d_card_4_a_freeze_is_the_last_word,
        one_membership_is_opened_while_its_holder_shops,
    )
}

/// A point pays 1.00, any number of them, all of a bill.
fn points_pay(app: &TestApp) {
    app.configure().points_pay(1, 1_00, 1, 1_000_000).publish();
}

/// A member with this many points left of the thousand.
fn member_with(app: &TestApp, points: i64) -> Member {
    let member = app.member("王芳");
    let reward = app.reward("first", 1000 - points, None, None);
    app.redeem(&member.number, &reward).created();
    member
}

/// Those that were booked; all others must have been refused like this.
#[track_caller]
fn booked(answers: Vec<Answer>, code: &str) -> Vec<Value> {
    let (booked, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    for answer in refused {
        answer.expect_problem(409, code);
    }
    booked.into_iter().map(Answer::created).collect()
}

/// The bodies of copies, of which so many must have this status and the rest be a repeat's.
#[track_caller]
fn one_answer(answers: Vec<Answer>, first: usize) -> Value {
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!(
        (count(201), count(200)),
        (first, statuses.len() - first),
        "{statuses:?}"
    );
    let mut bodies = answers.into_iter().map(|answer| answer.body);
    let one = bodies.next().expect("an answer");
    assert!(bodies.all(|body| body == one), "all get the one answer: {one:#}");
    one
}

fn pain_05_a_hundred_spends_of_sixty_from_a_hundred(app: &TestApp) {
    points_pay(app);
    let member = member_with(app, 100);
    let before = app.entries(&member).len();
    let bills: Vec<_> = (0..100)
        .map(|_| app.sale_to(&member).line("cream", "skin", 60_00).points(60_00))
        .collect();
    let answers = at_once(bills.len(), |n| bills[n].post());
    for refused in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!((refused.body.int("/available"), refused.body.int("/needed")), (40, 60));
    }
    let booked = booked(answers, "insufficient_points");
    assert_eq!(booked.len(), 1, "60 of 100 can be spent once");
    assert_eq!(app.points(&member), 40);
    assert_eq!(app.entries(&member).len(), before + 1, "a refusal books nothing");
}

fn pain_05_spends_and_exchanges_of_one_balance(app: &TestApp) {
    points_pay(app);
    let member = member_with(app, 100);
    let reward = app.reward("mug", 30, None, None);
    let bills: Vec<_> = (0..40)
        .map(|_| app.sale_to(&member).line("cream", "skin", 30_00).points(30_00))
        .collect();
    let answers = at_once(80, |n| match bills.get(n) {
        Some(bill) => bill.post(),
        None => app.redeem(&member.number, &reward),
    });
    assert_eq!(booked(answers, "insufficient_points").len(), 3);
    assert_eq!(app.points(&member), 10);
}

fn d_rwd_1_a_hundred_hands_on_the_last_piece(app: &TestApp) {
    let members = ["王芳", "李雷", "赵敏", "陈红"].map(|name| app.member(name));
    let reward = app.reward("mug", 5, Some(1), None);
    let answers = at_once(100, |n| app.redeem(&members[n % members.len()].number, &reward));
    assert_eq!(booked(answers, "out_of_stock").len(), 1);
    assert_eq!(app.hq().get(&format!("/rewards/{reward}")).ok().int("/stock"), 0);
    let left: i64 = members.iter().map(|member| app.points(member)).sum();
    assert_eq!(left, 3995, "one of them paid");
}

fn d_led_4_fifty_copies_with_one_key(app: &TestApp) {
    let member = app.member("王芳");
    let sale = app.sale_to(&member).line("cream", "skin", 10_00);
    let key = fresh_key();
    let answers = at_once(50, |_| sale.post_with_key(&key));
    let one = one_answer(answers, 50);
    assert_eq!(one.int("/points_earned"), 10);
    assert_eq!(app.points(&member), 1010);
}

fn pain_04_fifty_copies_with_keys_of_their_own(app: &TestApp) {
    let member = app.member("王芳");
    let sale = app.sale_to(&member).line("cream", "skin", 10_00);
    let answers = at_once(50, |_| sale.post());
    one_answer(answers, 1);
    assert_eq!(app.points(&member), 1010);
}

fn d_led_4_two_contents_fight_for_one_receipt(app: &TestApp) {
    let member = app.member("王芳");
    let bills = [10_00, 20_00].map(|amount| app.sale_to(&member).line("cream", "skin", amount).receipt("A-1"));
    let answers = at_once(40, |n| bills[n % 2].post());
    let (refused, same): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 409);
    assert_eq!((refused.len(), same.len()), (20, 20), "one content wins");
    let one = one_answer(same, 1);
    for answer in refused {
        let problem = answer.expect_problem(409, "receipt_conflict");
        assert_eq!(problem["sale_id"], one["id"], "the first bill is named");
    }
    assert_eq!(app.points(&member), 1000 + one.int("/points_earned"));
}

fn d_led_5_never_more_returned_than_sold(app: &TestApp) {
    points_pay(app);
    let member = app.member("王芳");
    let bill = app
        .sale_to(&member)
        .pieces("cream", "skin", 7000, 70_00)
        .points(14_00)
        .ring();
    assert_eq!(app.points(&member), 1000 - 14 + 56);
    let pieces: Vec<_> = (0..60).map(|_| app.return_of(&bill).line(1, 1000)).collect();
    let answers = at_once(pieces.len(), |n| pieces[n].post());
    let returns = booked(answers, "already_returned");
    assert_eq!(returns.len(), 7, "seven pieces were sold");
    let sum = |pointer| returns.iter().map(|back| back.int(pointer)).sum::<i64>();
    assert_eq!(sum("/money/total"), 70_00);
    assert_eq!((sum("/points/given_back"), sum("/points/taken_back")), (14, 56));
    assert_eq!(app.points(&member), 1000);
    let sale = app.hq().get(&format!("/sales/{}", bill.id)).ok();
    assert_eq!(sale.list("/returns").len(), 7);
}

fn d_led_5_fifty_copies_of_a_return(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app.sale_to(&member).pieces("cream", "skin", 2000, 20_00).ring();
    let half = app.return_of(&bill).line(1, 1000);
    let key = fresh_key();
    // Half of them are a till's retries, the others come from tills that have lost their keys.
    let (same, others): (Vec<_>, Vec<_>) = at_once(50, |n| match n % 2 {
        0 => (true, half.post_with_key(&key)),
        _ => (false, half.post()),
    })
    .into_iter()
    .partition(|(same, _)| *same);
    let bodies: Vec<Value> = same
        .into_iter()
        .chain(others)
        .map(|(_, answer)| {
            assert!(
                matches!(answer.status, 200 | 201),
                "{} {:#}",
                answer.status,
                answer.body
            );
            answer.body
        })
        .collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "all get the one answer");
    assert_eq!(app.points(&member), 1010, "one piece came back");
}

/// Rings up until the card is refused; how many sales were booked.
fn sell_until_blocked(app: &TestApp, member: &Member, sold: &Sender<()>) -> usize {
    for count in 0..10_000 {
        let answer = app.sale_to(member).line("cream", "skin", 1_00).post();
        if answer.status != 201 {
            answer.expect_problem(409, "card_blocked");
            return count;
        }
        sold.send(()).expect("somebody counts");
    }
    panic!("the card was never blocked");
}

fn d_card_4_a_freeze_is_the_last_word(app: &TestApp) {
    let member = app.member("王芳");
    let mut entries = app.entries(&member).len();
    for _ in 0..4 {
        let (sender, sold) = channel();
        let (seen, booked) = thread::scope(|scope| {
            // In here, so that a failure ends the tills too.
            let sold = sold;
            let tills: Vec<_> = (0..16)
                .map(|_| {
                    let (member, sender) = (&member, sender.clone());
                    scope.spawn(move || sell_until_blocked(app, member, &sender))
                })
                .collect();
            for _ in 0..24 {
                sold.recv_timeout(Duration::from_secs(60)).expect("sales are booked");
            }
            app.operate(&member.card, "freeze", json!({})).ok();
            let seen = app.entries(&member).len();
            let booked: usize = tills.into_iter().map(|till| till.join().expect("a refusal")).sum();
            (seen, booked)
        });
        assert_eq!(app.entries(&member).len(), seen, "a sale was booked after the freeze");
        assert_eq!(seen - entries, booked, "every sale that was acknowledged, and no other");
        entries = seen;
        app.operate(&member.card, "unfreeze", json!({})).ok();
    }
    assert_eq!(app.points(&member), 1000 + entries as i64 - 1);
}

fn one_membership_is_opened_while_its_holder_shops(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let sale = || app.sale().customer(&customer).line("cream", "skin", 10_00);
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let bills: Vec<_> = (0..40).map(|_| sale()).collect();
    let answers = at_once(60, |n| match bills.get(n) {
        Some(bill) => bill.post(),
        None => app.apply(&customer),
    });
    let (cards, sales): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|answer| answer.request.ends_with("/cards"));
    let cards = booked(cards, "membership_exists");
    assert_eq!(cards.len(), 1, "one membership");
    // What came before the membership earned nothing, what came after it did; nothing fell between.
    let earned: i64 = sales
        .into_iter()
        .map(|answer| answer.created().int("/points_earned"))
        .sum();
    let member = Member::from_card(&customer, &cards[0]);
    assert_eq!(app.points(&member), 1000 + earned);
    assert_eq!(app.entries(&member).len() as i64, 1 + earned / 10);
}
