//! Cards that take blanks out of a store's stock (D-CARD-2): issued, supplementary and replaced ones.

use super::card_stock::{at, batch, buyer, hand_out, numbers, of, register};
use crate::harness::{Field, Member, TestApp, at_once};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("cards_from_stock":
        d_card_2_a_card_takes_its_blank_out_of_stock,
        d_card_2_a_blank_that_may_not_be_issued_is_refused_with_its_reason,
        d_card_2_one_blank_becomes_one_card,
        d_card_2_a_program_may_hand_out_blanks_only,
    )
}

fn d_card_2_a_card_takes_its_blank_out_of_stock(app: &TestApp) {
    let id = batch(app, app.east(), 5);
    let numbers = numbers(app, &id);
    let customer = buyer(app, "王芳");
    // As scanners and people send it.
    let typed = format!("{} {}\r\n", &numbers[0][..6], &numbers[0][6..]);
    let card = hand_out(app, &customer, &typed).created();
    assert_eq!(card.text("/number"), numbers[0]);
    assert_eq!((of(app, &id, "issued"), of(app, &id, "in_stock")), (1, 4));
    let member = Member::from_card(&customer, &card);
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
    let add = json!({
        "membership_id": member.membership, "store_id": app.east(), "kind": "customer", "number": numbers[1],
    });
    let further = app.cashier().post("/cards", &add).created();
    assert_eq!(further.text("/number"), numbers[1], "a supplementary card");
    let replace = json!({"reason": "折断", "cause": "damaged", "store_id": app.east(), "number": numbers[2]});
    let replaced = app
        .cashier()
        .post(&format!("/cards/{}/replace", further.text("/id")), &replace)
        .created();
    assert_eq!(replaced.text("/number"), numbers[2]);
    let counted = ["in_stock", "issued"].map(|state| at(app, app.east(), &id, state));
    assert_eq!(counted, [2, 3]);
    let found = app.cashier().get(&format!("/blank-card?number={}", numbers[2])).ok();
    assert_eq!(
        (found.text("/state"), found.int("/serial"), found.text("/moves/0/step")),
        ("issued".into(), 3, "issued".into())
    );
    assert_eq!(found["moves"][0]["card_id"], replaced["id"]);
    // One that was handed out is a card's; one of no batch works as ever; what isn't a number isn't one.
    hand_out(app, &buyer(app, "李娜"), &numbers[1]).expect_problem(409, "already_exists");
    let elsewhere = "90000000000001";
    let own = hand_out(app, &buyer(app, "赵敏"), elsewhere);
    let problem = hand_out(app, &buyer(app, "钱进"), "90000000000002").expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/number");
    assert_eq!(own.created().text("/number"), elsewhere);
    let random = app.issue(&buyer(app, "孙丽"));
    assert!(!numbers.contains(&random.number));
    assert_eq!(of(app, &id, "in_stock"), 2);
}

fn d_card_2_a_blank_that_may_not_be_issued_is_refused_with_its_reason(app: &TestApp) {
    let here = numbers(app, &batch(app, app.east(), 6));
    let west = numbers(app, &batch(app, app.west(), 1));
    let hq = numbers(app, &batch(app, Value::Null, 1));
    let manager = app.manager();
    register(&manager, app.east(), "lost", &[&here[0]]).created();
    register(&manager, app.east(), "damaged", &[&here[1], &here[2]]).created();
    register(&manager, app.east(), "void", &[&here[2]]).created();
    let special = |body: Value| -> String {
        let mut all = json!({
            "program_id": app.program(), "kind": "customer", "store_id": app.east(), "quantity": 1, "name": "x",
        });
        all.as_object_mut()
            .expect("an object")
            .extend(body.as_object().expect("an object").clone());
        let id = app.hq().post("/card-batches", &all).created().text("/id");
        numbers(app, &id).remove(0)
    };
    let employee = special(json!({"kind": "employee"}));
    let other = special(json!({"program_id": app.create_program("other")}));
    let old = special(json!({"valid_through": "2026-03-01"}));
    let last_day = special(json!({"valid_through": "2026-03-02"}));
    app.set_now("2026-03-02 10:00");
    let customer = buyer(app, "王芳");
    let told = |number: &String| {
        let problem = hand_out(app, &customer, number).expect_problem(409, "card_stock");
        assert_eq!(problem.text("/pointer"), "/number");
        (
            problem.text("/blank_state"),
            problem["blank_store_id"].clone(),
            problem.text("/detail"),
        )
    };
    for (number, state, store, why) in [
        (&here[0], "lost", json!(app.east()), "lost"),
        (&here[1], "damaged", json!(app.east()), "damaged"),
        (&here[2], "void", json!(app.east()), "void"),
        (&west[0], "in_stock", json!(app.west()), "another store"),
        (&hq[0], "in_stock", Value::Null, "HQ"),
        (&employee, "in_stock", json!(app.east()), "another kind"),
        (&other, "in_stock", json!(app.east()), "another program"),
        (&old, "in_stock", json!(app.east()), "last day"),
    ] {
        let (found, place, detail) = told(number);
        assert_eq!((found.as_str(), place), (state, store), "{detail}");
        assert!(detail.contains(why), "{detail}");
    }
    hand_out(app, &customer, &last_day).created();
}

fn d_card_2_one_blank_becomes_one_card(app: &TestApp) {
    let id = batch(app, app.east(), 2);
    let number = &numbers(app, &id)[0];
    let customers: Vec<String> = (0..6).map(|n| buyer(app, &format!("顾客{n}"))).collect();
    app.cashier();
    let answers = at_once(customers.len(), |n| hand_out(app, &customers[n], number));
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        1,
        "{statuses:?}"
    );
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.expect_problem(409, "already_exists");
    }
    assert_eq!((of(app, &id, "in_stock"), of(app, &id, "issued")), (1, 1));
}

fn d_card_2_a_program_may_hand_out_blanks_only(app: &TestApp) {
    let numbers = numbers(app, &batch(app, app.east(), 3));
    let before = app.issue(&buyer(app, "王芳"));
    let rules = app.cashier().get("/card-stock-rules");
    let version = rules.header("etag").expect("an ETag").to_owned();
    assert_eq!(
        rules.ok()["value"],
        json!({"stock_only": []}),
        "unless the chain says so"
    );
    let wrong = json!({"value": {"stock_only": [app.east()]}});
    app.hq()
        .patch("/card-stock-rules", &version, &wrong)
        .expect_problem(422, "field_invalid");
    let only = json!({"value": {"stock_only": [app.program()]}});
    app.manager()
        .patch("/card-stock-rules", &version, &only)
        .expect_problem(403, "forbidden");
    app.hq().patch("/card-stock-rules", &version, &only).ok();
    let customer = buyer(app, "李娜");
    app.apply(&customer).expect_problem(409, "card_stock");
    hand_out(app, &customer, "90000000000001").expect_problem(409, "card_stock");
    hand_out(app, &customer, &numbers[0]).created();
    let add = |number: Value| {
        let body = json!({
            "membership_id": before.membership, "store_id": app.east(), "kind": "customer", "number": number,
        });
        app.cashier().post("/cards", &body)
    };
    add(Value::Null).expect_problem(409, "card_stock");
    add(json!(numbers[1])).created();
    let replace = |number: Value| {
        let body = json!({"reason": "折断", "cause": "damaged", "store_id": app.east(), "number": number});
        app.cashier().post(&format!("/cards/{}/replace", before.card), &body)
    };
    replace(Value::Null).expect_problem(409, "card_stock");
    replace(json!(numbers[2])).created();
    let other = app.create_program("other");
    app.member_of(&other, "赵敏");
}
