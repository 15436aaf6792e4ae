//! Who may do what, where: roles, store scope, and chains that see nothing of each other.

use crate::harness::{Actor, Answer, Field, ONE_TIME, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::json;

pub fn tests() -> Vec<Trial> {
    crate::stories!("scope":
        a_cashier_rings_up_in_their_store_only,
        a_cashier_changes_no_configuration,
        an_auditor_changes_nothing,
        a_manager_sees_the_staff_of_hq_no_more_than_a_cashier,
        pain_15_a_member_of_the_east_store_is_served_in_the_west,
        another_chains_things_do_not_exist,
        another_chains_lists_are_empty_of_ours,
        another_chains_numbers_and_keys_do_not_clash,
    )
}

fn a_cashier_rings_up_in_their_store_only(app: &TestApp) {
    let cashier = app.cashier();
    app.sale().by(&cashier).line("cream", "skin", 10_00).ring();
    let western = app.sale().by(&cashier).store(app.west()).line("cream", "skin", 10_00);
    western.post().expect_problem(403, "forbidden");
    western.quote().expect_problem(403, "forbidden");
    let bill = app.sale().store(app.west()).line("cream", "skin", 10_00).ring();
    let body = json!({
        "store_id": app.west(), "source": "till", "till": "T1", "receipt": app.next_receipt(),
        "occurred_at": crate::harness::time::instant(&app.now()), "lines": [], "reason": "x",
    });
    let refused = cashier.post(&format!("/sales/{}/returns", bill.id), &body);
    assert!(matches!(refused.status, 403 | 404), "{:#}", refused.body);
}

fn a_cashier_changes_no_configuration(app: &TestApp) {
    let settings = app.configure().rule("/points_per_unit", "100");
    let path = format!("/programs/{}/configurations", app.program());
    for actor in [app.cashier(), app.manager(), app.auditor()] {
        actor.post(&path, settings.body()).expect_problem(403, "forbidden");
    }
    let staff = json!({"user": "x", "name": "x", "role": "hq_admin", "store_ids": [], "password": ONE_TIME});
    app.cashier().post("/staff", &staff).expect_problem(403, "forbidden");
    app.manager().post("/staff", &staff).expect_problem(403, "forbidden");
}

fn an_auditor_changes_nothing(app: &TestApp) {
    let member = app.member("王芳");
    let auditor = app.auditor();
    auditor.get(&format!("/cards/{}", member.card)).ok();
    app.sale_to(&member)
        .by(&auditor)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(403, "forbidden");
    auditor
        .post(&format!("/cards/{}/freeze", member.card), &json!({"reason": "x"}))
        .expect_problem(403, "forbidden");
    auditor
        .post(
            "/stores",
            &json!({"code": "n", "name": "n", "region_id": null, "time_zone": "Asia/Shanghai", "kind": "own"}),
        )
        .expect_problem(403, "forbidden");
}

fn a_manager_sees_the_staff_of_hq_no_more_than_a_cashier(app: &TestApp) {
    app.cashier().get("/staff").expect_problem(403, "forbidden");
    let seen = app.manager().get("/staff");
    if seen.status == 200 {
        let roles: Vec<String> = seen
            .body
            .list("/items")
            .iter()
            .map(|person| person.text("/role"))
            .collect();
        assert!(
            !roles.contains(&"hq_admin".to_owned()),
            "their own store's people only: {roles:?}"
        );
    } else {
        seen.expect_problem(403, "forbidden");
    }
}

fn pain_15_a_member_of_the_east_store_is_served_in_the_west(app: &TestApp) {
    let member = app.member("王芳");
    let cashier = app.actor("cashier", &[app.west()]);
    let found = cashier
        .get(&format!("/cards?code={}", member.number))
        .ok()
        .list("/items");
    assert_eq!(found.len(), 1, "a card is the chain's");
    let bill = app
        .sale_to(&member)
        .by(&cashier)
        .store(app.west())
        .line("cream", "skin", 10_00)
        .ring_as_quoted();
    assert_eq!((bill.earned(), app.points(&member)), (10, 1010), "one account");
    let reward = app.reward("mug", 1005, None, None);
    let body = serde_json::json!({
        "card": member.number, "store_id": app.west(), "till": "T1", "receipt": app.next_receipt(), "reward_id": reward,
    });
    cashier.post("/redemptions", &body).created();
    assert_eq!(app.points(&member), 5, "earned at both stores, spent at one");
}

/// Somebody at HQ of a second chain in the same installation.
fn neighbour(app: &TestApp) -> Actor {
    app.server().second_chain()
}

#[track_caller]
fn hidden(answer: Answer) {
    answer.expect_problem(404, "not_found");
}

fn another_chains_things_do_not_exist(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app.sale_to(&member).line("cream", "skin", 10_00).ring();
    let reward = app.reward("mug", 300, None, None);
    let other = neighbour(app);
    let things = [
        format!("/stores/{}", app.east()),
        format!("/customers/{}", member.customer),
        format!("/programs/{}", app.program()),
        format!("/rewards/{reward}"),
        format!("/memberships/{}", member.membership),
        format!("/cards/{}", member.card),
        format!("/cards/{}/entries", member.card),
        format!("/sales/{}", bill.id),
    ];
    for path in &things {
        hidden(other.get(path));
        app.hq().get(path).ok();
    }
    hidden(other.post(&format!("/cards/{}/freeze", member.card), &json!({"reason": "x"})));
    hidden(other.post(
        &format!("/programs/{}/configurations", app.program()),
        app.configure().body(),
    ));
    let returning = json!({
        "store_id": app.east(), "source": "till", "till": "T1", "receipt": "R", "lines": [], "reason": "x",
        "occurred_at": crate::harness::time::instant(&app.now()),
    });
    let answer = other.post(&format!("/sales/{}/returns", bill.id), &returning);
    assert!(matches!(answer.status, 403 | 404), "{:#}", answer.body);
    let sale = app.sale_to(&member).by(&other).line("cream", "skin", 10_00).post();
    assert!(matches!(sale.status, 403 | 404), "{:#}", sale.body);
    assert_eq!(app.points(&member), 1010);
}

fn another_chains_lists_are_empty_of_ours(app: &TestApp) {
    let member = app.member("王芳");
    app.reward("mug", 300, None, None);
    let other = neighbour(app);
    for path in ["/stores", "/programs", "/rewards"] {
        assert_eq!(other.get(path).ok().list("/items").len(), 0, "{path}");
    }
    assert_eq!(other.get("/staff").ok().list("/items").len(), 1, "only themselves");
    for code in [member.number.as_str(), &member.number[10..], "13810000001"] {
        assert_eq!(
            other.get(&format!("/cards?code={code}")).ok().list("/items").len(),
            0,
            "{code}"
        );
    }
    assert_eq!(
        other
            .get("/customers?query=%E7%8E%8B%E8%8A%B3")
            .ok()
            .list("/items")
            .len(),
        0
    );
}

fn another_chains_numbers_and_keys_do_not_clash(app: &TestApp) {
    let other = neighbour(app);
    let key = fresh_key();
    let store =
        json!({"code": "south", "name": "南店", "region_id": null, "time_zone": "Asia/Shanghai", "kind": "own"});
    let ours = app
        .hq()
        .request("POST", "/stores")
        .key(&key)
        .json(&store)
        .send()
        .created();
    let theirs = other.request("POST", "/stores").key(&key).json(&store).send().created();
    assert_ne!(
        ours["id"], theirs["id"],
        "the same key and the same code, in two chains"
    );
    app.hq().post("/stores", &store).expect_problem(409, "already_exists");
}
