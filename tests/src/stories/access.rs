//! The access matrix: every route × role × things of the own store, of another store, of another chain. What each cell
//! says is in `tests/snapshots/access.txt`, for people to read and to question.

use super::access_bodies::{archive_body, card_body, prepaid_body, voucher_body};
use super::world::World;
use crate::harness::{Actor, Answer, TestApp, fresh_key};
use crate::tidy::root;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

pub fn tests() -> Vec<Trial> {
    crate::stories!("access": every_route_role_and_place)
}

/// Roles, with whether staff of this role belong to one store here.
const ROLES: [(&str, bool); 10] = [
    ("hq_admin", false),
    ("store_manager", true),
    ("supervisor", true),
    ("cashier", true),
    ("consultant", true),
    ("clerk", true),
    ("finance", false),
    ("auditor", false),
    ("api_client", true),
    ("vendor", false),
];

const HEAD: &str = "\
Who gets through where: own store, another store, another chain.
  +  let through: done, or refused for what was asked, not for who asked
  -  403 forbidden
  0  404: for them it doesn't exist
Roles: hq_admin and finance, auditor, vendor of the whole chain; the others of one store.
";

/// One call on a world's things; None where the route has nothing to do with stores or people.
fn body(route: &str, world: &World, app: &TestApp) -> Option<Value> {
    let at = crate::harness::time::instant(&app.now());
    let receipt = app.next_receipt();
    let line = json!({
        "sku": "tea", "category": "drinks", "quantity": 1000, "amount": 1000, "list_amount": 1000, "discount": 0,
    });
    let name = json!({"zh": "新", "en": "new"});
    let bill = json!({"store_id": world.store, "source": "till", "till": "T1", "receipt": receipt, "occurred_at": at});
    let with = |mut base: Value, more: Value| {
        if let (Some(base), Value::Object(more)) = (base.as_object_mut(), more) {
            base.extend(more);
        }
        base
    };
    let code = format!("c{receipt}");
    Some(match route {
        "POST /customers" => world.customer_form(&app.next_phone()),
        "PATCH /customers/{id}" => json!({"name": "王芳"}),
        "POST /cards" => json!({"membership_id": world.membership, "store_id": world.store, "kind": "customer"}),
        "POST /cards/{id}/freeze" | "POST /cards/{id}/unfreeze" | "POST /cards/{id}/cancel" => json!({"reason": "x"}),
        "POST /cards/{id}/report-loss" => json!({"reason": "x", "caller_verified": true, "questions": ["birthday"]}),
        "POST /cards/{id}/cancel-loss" => json!({"reason": "x", "identity_checked": true}),
        "POST /cards/{id}/replace" => json!({"reason": "x", "cause": "damaged", "store_id": world.store}),
        route if route.starts_with("POST /cards/{id}/") => card_body(route, world)?,
        "POST /memberships/{id}/holder" => json!({
            "customer_id": world.customer, "card_id": world.card, "identity_checked": true,
        }),
        "POST /sales" | "POST /sales/quote" => with(
            bill.clone(),
            json!({"member": {"customer_id": world.customer}, "lines": [line], "tenders": [{"kind": "cash", "amount": 1000}]}),
        ),
        "POST /sales/{id}/returns" | "POST /sales/{id}/returns/quote" => with(
            bill.clone(),
            json!({"lines": [{"line": 1, "quantity": 1000}], "reason": "x"}),
        ),
        "POST /redemptions" | "POST /redemptions/quote" => json!({
            "card": world.number, "store_id": world.store, "till": "T1", "receipt": receipt, "reward_id": world.reward,
            "occurred_at": at,
        }),
        "POST /redemptions/{id}/cancel" | "POST /redemptions/{id}/cancel/quote" => json!({
            "store_id": world.store, "till": "T1", "receipt": receipt, "reason": "x",
        }),
        "POST /programs" => json!({"code": code, "name": name, "plugin": "retail"}),
        "POST /programs/{id}/configurations" => app.configure().body().clone(),
        "POST /rewards" => json!({
            "program_id": world.program, "store_id": world.store, "code": code, "name": name, "points": 10, "stock": null,
        }),
        "PATCH /rewards/{id}" => json!({"points": 20}),
        "POST /regions" => json!({"code": code, "name": code}),
        "PATCH /regions/{id}" => json!({"name": code}),
        "POST /stores" => json!({
            "code": code, "name": code, "region_id": null, "time_zone": "Asia/Shanghai", "kind": "own",
        }),
        "PATCH /chain" => json!({"bill_limit": 2_000_000_00}),
        "PATCH /stores/{id}" => json!({"name": code}),
        "POST /staff" => json!({
            "user": code, "name": code, "role": "clerk", "store_ids": [world.store],
            "password": crate::harness::ONE_TIME,
        }),
        "PATCH /staff/{id}" => json!({"name": code}),
        "POST /staff/{id}/password" => json!({"password": crate::harness::ONE_TIME}),
        _ => {
            let other =
                voucher_body(route, world, &code, &line).or_else(|| prepaid_body(route, world, (&bill, &receipt)));
            return other.or_else(|| archive_body(route, world, &code, &name));
        }
    })
}

/// The path on a world's things.
fn path(route: &str, world: &World) -> String {
    let (_, path) = route.split_once(' ').expect("a method and a path");
    let id = match path.split('/').nth(1) {
        Some("cards") => &world.card,
        Some("card-batches") => &world.blanks.batch,
        Some("card-transfers") => &world.blanks.transfer,
        Some("card-counts") => &world.blanks.count,
        Some("customers") => &world.customer,
        Some("customer-forms") => &world.form,
        Some("files") => &world.file,
        Some("contract-types") => &world.contract_type,
        Some("contracts") => &world.contract,
        Some("terms") => &world.terms,
        Some("stock-takes") => &world.stock_take,
        Some("approvals") => &world.approval,
        Some("messages") if !path.ends_with("retry-all") => &world.message,
        Some("message-channels") => "mail",
        Some("webhook-endpoints") => &world.webhook,
        Some("webhook-deliveries") => &world.delivery,
        Some("deletions") => &world.deletion,
        Some("lendings") => &world.lending,
        Some("jobs") => "review",
        Some("memberships") => &world.membership,
        Some("debts") => &world.debtor,
        Some("holds") => &world.hold,
        Some("journal") => &world.entry,
        Some("tasks") => &world.task,
        Some("warnings") => &world.warning,
        Some("handovers") => &world.handover,
        Some("programs") => &world.program,
        Some("regions") => &world.region,
        Some("redemptions") => &world.redemption,
        Some("record-types") => &world.record_type,
        Some("records") => &world.record,
        Some("rewards") => &world.reward,
        Some("sales") => &world.sale,
        Some("voucher-kinds") => &world.voucher.kind,
        Some("voucher-batches") => &world.voucher.batch,
        Some("vouchers") => &world.voucher.id,
        Some("campaigns") => &world.marketing.campaign,
        Some("tags") => &world.marketing.tag,
        Some("segments") => &world.marketing.segment,
        Some("pools") => &world.pool,
        Some("passes") => &world.pass,
        Some("pass-uses") => &world.pass_use,
        Some("top-ups") => &world.top_up,
        Some("staff" | "routes") => &world.staff,
        _ => &world.store,
    };
    path.replace("{id}", id) + &query(route, world)
}

/// What a list or an upload has to be asked with.
fn query(route: &str, world: &World) -> String {
    match route {
        "GET /blank-card" => format!("?number={}", world.blanks.number),
        "GET /cards" => format!("?code={}", world.last_four()),
        "GET /sales" => format!("?store_id={}", world.store),
        "GET /rewards" => format!("?store_id={}", world.store),
        "GET /memberships" => format!("?customer_id={}", world.customer),
        "GET /holds" | "GET /membership-merges" => format!("?membership_id={}", world.membership),
        "GET /reports/movements" | "GET /reports/movements/export" => "?from=2026-03-01&to=2026-03-01".to_owned(),
        "GET /reports/settlement" | "GET /reports/settlement/pairs" | "GET /reports/settlement/export" => {
            "?month=2026-03-01".to_owned()
        }
        "GET /visit-reports/standing" => "?period=day".to_owned(),
        "POST /imports" => "?name=a.csv".to_owned(),
        "POST /openings" | "POST /openings/check" => {
            format!(
                "?name=a.csv&store_id={}&memberships=1&points=0&principal=0&bonus=0&sessions=0",
                world.store
            )
        }
        "GET /prepaid-report" => "?quarter=2026-Q1".to_owned(),
        "GET /customer-duplicates" => "?by=phone".to_owned(),
        "GET /contracts/{id}/rebate" => "?from=2026-01-01&to=2026-12-31".to_owned(),
        "GET /customers" => "?query=%E7%8E%8B%E8%8A%B3".to_owned(),
        _ => String::new(),
    }
}

fn call(route: &str, actor: &Actor, world: &World, app: &TestApp) -> Answer {
    let (method, _) = route.split_once(' ').expect("a method and a path");
    let path = path(route, world);
    let mut request = actor.request(method, &path).key(&fresh_key());
    if method == "PATCH" || path.ends_with("/merge") {
        // The version that those before have left.
        let current = world.hq.get(path.trim_end_matches("/merge"));
        request = request.header("If-Match", current.header("etag").unwrap_or("\"1\""));
    }
    if ["/complete", "/drop", "/snooze", "/resolve"]
        .iter()
        .any(|end| route.ends_with(end))
    {
        request = request.header("If-Match", "\"1\"");
    }
    match body(route, world, app) {
        Some(body) => request.json(&body).send(),
        None => request.send(),
    }
}

fn cell(answer: &Answer, what: &str) -> char {
    match answer.status {
        403 => '-',
        404 => '0',
        401 | 405 | 415 => panic!("{what}: {} {:#}", answer.status, answer.body),
        status if status >= 500 => panic!("{what}: {status} {:#}", answer.body),
        _ => '+',
    }
}

fn every_route_role_and_place(app: &TestApp) {
    let other_chain = app.server().second_chain();
    let worlds = [
        World::of_store(app, app.east()),
        World::of_store(app, app.west()),
        World::of_chain(app, &other_chain),
    ];
    let own = [app.east()];
    let actors = ROLES.map(|(role, bound)| app.actor(role, if bound { &own } else { &[] }));
    let mut table = HEAD.to_owned();
    write!(table, "\n{:40}", "").expect("written");
    for (role, _) in ROLES {
        write!(table, " {:9.9}", role).expect("written");
    }
    table.push('\n');
    let mut seen = BTreeSet::new();
    for route in super::interface::protected_routes(app) {
        write!(table, "{route:40}").expect("written");
        for (actor, (role, _)) in actors.iter().zip(ROLES) {
            let cells: String = worlds
                .iter()
                .map(|world| cell(&call(&route, actor, world, app), &format!("{route} as {role}")))
                .collect();
            write!(table, " {cells:9}").expect("written");
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
        seen.insert(route);
    }
    assert!(seen.len() >= 38, "{} routes", seen.len());
    super::interface::is_the_snapshot(&root().join("tests/snapshots/access.txt"), &table);
    no_other_chain(&table);
}

/// Whatever the snapshot says: nobody gets at another chain's things by their ids.
fn no_other_chain(table: &str) {
    // Jobs and channels are called the same in every chain.
    let by_id = |row: &&str| row.contains("/{id}") && !row.contains(" /jobs/") && !row.contains(" /message-channels/");
    for row in table.lines().filter(by_id) {
        for cells in row.split_whitespace().skip(2) {
            assert_ne!(cells.chars().nth(2), Some('+'), "{row}");
        }
    }
}
