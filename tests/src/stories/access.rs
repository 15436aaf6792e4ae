//! The access matrix: every route × role × things of the own store, of another store, of another chain. What each cell
//! says is in `tests/snapshots/access.txt`, for people to read and to question.

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

/// The same for vouchers, and rewards that are fetched later.
fn voucher_body(route: &str, world: &World, code: &str, line: &Value) -> Option<Value> {
    Some(match route {
        "POST /rewards/{id}/stocks" => json!({"store_id": world.store, "was": null, "stock": null}),
        "POST /redemptions/{id}/ready" => json!({}),
        "POST /redemptions/{id}/collect" => json!({"collector": "holder", "identity_checked": true}),
        "POST /voucher-kinds" => World::voucher_kind_form(code),
        "PATCH /voucher-kinds/{id}" => json!({"name": {"zh": "新", "en": "new"}}),
        "POST /voucher-batches" => json!({"kind_id": world.voucher.kind, "quantity": 1}),
        "POST /vouchers" => world.voucher_form(),
        "POST /vouchers/{id}/show" => json!({}),
        "POST /vouchers/{id}/block" | "POST /voucher-batches/{id}/block" => json!({"blocked": false, "reason": "x"}),
        "POST /voucher-quotes" => json!({"store_id": world.store, "code": "1", "lines": [line]}),
        _ => return None,
    })
}

/// The same for what is paid in advance.
fn prepaid_body(route: &str, world: &World, (bill, receipt): (&Value, &str)) -> Option<Value> {
    let mut pass = world.pass_form();
    if let (Some(pass), Value::Object(bill)) = (pass.as_object_mut(), bill.clone()) {
        pass.extend(bill);
    }
    Some(match route {
        "POST /top-ups" | "POST /top-ups/quote" => json!({
            "card": world.number, "store_id": world.store, "till": "T1", "receipt": receipt, "amount": 1000,
            "tenders": [{"kind": "cash", "amount": 1000}],
        }),
        "POST /passes" | "POST /passes/quote" => pass,
        "POST /passes/{id}/uses" => json!({
            "store_id": world.store, "till": "T1", "receipt": receipt, "therapist_id": world.consultant,
            "confirmation": {"signed": true},
        }),
        "POST /pass-uses/{id}/cancel" => json!({
            "store_id": world.store, "till": "T1", "receipt": receipt, "reason": "x",
        }),
        route if route.contains("/{id}/refunds") => json!({
            "store_id": world.store, "till": "T1", "receipt": receipt, "reason": "agreed",
        }),
        _ => return None,
    })
}

/// The same for what happens to cards.
fn card_body(route: &str, world: &World) -> Option<Value> {
    let sure = json!({"reason": "x", "identity_checked": true});
    Some(match route {
        "POST /cards/{id}/collect" => json!({
            "reason": "x", "identity_checked": true, "handbook_given": true, "use_explained": true,
        }),
        "POST /cards/{id}/hand-in" => json!({"reason": "x", "handed_in_by": "x"}),
        "POST /cards/{id}/return" => json!({"reason": "x", "identity_checked": true, "store_id": world.store}),
        "POST /cards/{id}/pin" => json!({"pin": "471902", "identity_checked": true}),
        "POST /cards/{id}/reset-pin" => json!({"pin": "471902", "reason": "x", "identity_checked": true}),
        "POST /cards/{id}/code" => return None,
        _ => sure,
    })
}

/// The same for cards, classes and records of customers.
fn archive_body(route: &str, world: &World, code: &str, name: &Value) -> Option<Value> {
    Some(match route {
        "POST /customer-fields" => json!({"follows": 0, "fields": [{"name": "x", "label": name, "kind": "text"}]}),
        "POST /record-types" => World::record_type_form(code),
        "PATCH /record-types/{id}" => json!({"name": name}),
        "POST /customers/{id}/journal" => json!({"category": "promise", "description": "x"}),
        "POST /customers/{id}/merge" => json!({"customer_id": world.customer, "version": 1}),
        "PATCH /imports/{id}" => json!({}),
        "POST /imports/{id}/steps" => json!({"step": "check"}),
        "POST /openings/{id}/undo" => json!({}),
        "POST /customer-merges/{id}/undo" => json!({}),
        "POST /customers/{id}/reveal" => json!({"fields": ["phones"], "purpose": "service"}),
        "POST /customers/{id}/own-data" => json!({"purpose": "asked"}),
        "PATCH /retention-rules" => json!({"rules": {"prospect_years": 3}}),
        "POST /lendings" => world.lending_form(),
        "POST /deletions" => json!({"scope": "identity", "customer_id": world.customer, "ground": "asked"}),
        "POST /deletions/{id}/confirm" | "POST /deletions/{id}/reject" | "POST /lendings/{id}/return" => json!({}),
        "POST /records" => world.record_form(),
        "PATCH /records/{id}" => json!({"values": {"state": "new"}}),
        "POST /records/{id}/reveal" => json!({"purpose": "service"}),
        "POST /records/{id}/move" => json!({"to": "done"}),
        "POST /customer-class-rules/compute" => json!({}),
        "POST /journal/{id}/resolve" => json!({"resolution": "x"}),
        "POST /journal/{id}/verdict" => json!({"verdict": "approved"}),
        "POST /tasks" => json!({"customer_id": world.customer, "title": "x", "due_on": "2026-03-01"}),
        "POST /tasks/order" => json!({"task_ids": [world.task]}),
        "PATCH /tasks/{id}" => json!({"due_on": "2026-03-02"}),
        "POST /tasks/{id}/complete" => json!({"outcome": "x"}),
        "POST /tasks/{id}/drop" => json!({"reason": "x"}),
        "POST /customers/{id}/warnings" => json!({"kind": "territory", "report": "x"}),
        "POST /customers/{id}/satisfaction" => json!({"occasion": "visit", "marks": {"service": 4}}),
        "PATCH /journal-categories" => json!({"value": world.hq.get("/journal-categories").ok()["value"]}),
        "PATCH /satisfaction-rules" => json!({"value": world.hq.get("/satisfaction-rules").ok()["value"]}),
        "POST /customers/{id}/assessments" => json!({"scorecard": 0, "marks": {"funds": 50}}),
        "POST /scorecards" => json!({"follows": 0, "scorecard": {"criteria": [], "grades": []}}),
        "POST /visit-reports" => json!({
            "period": "day", "day": "2026-03-01", "remark": "x",
            "visits": [{"customer_id": world.customer, "description": "x"}],
        }),
        "PATCH /report-rules" => json!({"value": {"day_days": 1, "month_days": 3}}),
        "POST /warnings/compute" => json!({}),
        "POST /warnings/{id}/snooze" => json!({"until": "2026-03-05"}),
        "POST /warnings/{id}/resolve" => json!({"resolution": "x"}),
        "PATCH /warning-rules" => json!({"value": world.hq.get("/warning-rules").ok()["value"]}),
        "POST /routes/{id}/reviews" => json!({}),
        "PATCH /route-rules" => json!({"value": {"review_months": 1}}),
        "POST /task-checks" => json!({"staff_id": world.staff, "week": "2026-03-01", "remark": "x"}),
        "POST /handovers" => world.handover_form(),
        "PATCH /service-standards" => json!({"standards": {
            "a_days": 30, "b_days": 90, "c_days": 180, "other_days": 365, "lead_days": 7,
        }}),
        "POST /handovers/{id}/undo" | "POST /me/calendar" | "POST /me/calendar/withdraw" | "POST /jobs/{id}/run" => {
            json!({})
        }
        "POST /customers/{id}/forms" => json!({"groups": ["contact"]}),
        "POST /customer-forms/{id}/review" => json!({"refuse": ["phones"]}),
        "POST /customer-forms/{id}/withdraw" => json!({}),
        "POST /customers/{id}/classes" => json!({"dimension": "nature", "class": "person"}),
        "PATCH /customer-class-rules" => json!({"rules": {
            "window_months": 12, "new_months": 6, "a_share_ppm": 800_000, "b_share_ppm": 950_000, "regular_purchases": 3,
            "loyal_purchases": 6,
        }}),
        _ => return contract_body(route, world, code, name),
    })
}

/// The same for contracts and approvals.
fn contract_body(route: &str, world: &World, code: &str, name: &Value) -> Option<Value> {
    Some(match route {
        "POST /contract-types" => World::contract_type_form(code),
        "PATCH /contract-types/{id}" => json!({"name": name}),
        "PATCH /own-party" => json!({"value": {"name": "x"}}),
        "PATCH /contract-types/{id}/template" => World::template_change(),
        "POST /contract-types/{id}/template-previews" => json!({"language": "en"}),
        "POST /contracts" => world.contract_form(),
        "PATCH /contracts/{id}" => json!({"content": {"title": "x"}}),
        "POST /contracts/{id}/sign" => json!({"signed_on": "2026-03-01", "scan_id": world.file}),
        "POST /contracts/{id}/terminate" => json!({"ends_on": "2026-03-01", "right": "x", "reason": "x"}),
        "POST /contracts/{id}/comments" => json!({"text": "x"}),
        "POST /contracts/{id}/fulfil" => json!({"fulfilment": "partly"}),
        "POST /contracts/{id}/milestones" => json!({"number": 1, "done": true}),
        "POST /contracts/{id}/custody" => json!({"custodian_id": world.staff}),
        "POST /terms" => json!({"kind": "marketing", "follows": 0, "texts": {"en": "x"}}),
        "POST /memberships/{id}/renewals" | "POST /memberships/{id}/renewals/quote" => json!({"store_id": world.store}),
        "POST /memberships/{id}/tier" => json!({"tier": "gold", "until": "2026-12-31", "reason": "promotion"}),
        "POST /memberships/{id}/tier/revoke" => json!({"reason": "promotion"}),
        "POST /jobs/{id}/approve" => json!({"zone": "Asia/Shanghai", "day": "2026-03-01", "figure": 1}),
        "POST /memberships/{id}/acceptances" => json!({"terms_id": world.terms, "channel": "paper"}),
        "PATCH /approval-rules" => json!({"value": {}}),
        "PATCH /terms-rules" => json!({"value": {"demands": []}}),
        "POST /stock-takes" => json!({"store_id": world.store}),
        "POST /stock-takes/{id}/items" => json!({"number": "HT-2026-0001"}),
        "POST /stock-takes/{id}/close" => json!({}),
        "POST /approvals/{id}/reject" => json!({"remark": "x"}),
        route if route.starts_with("POST /contracts/{id}/") || route.starts_with("POST /approvals/{id}/") => json!({}),
        _ => return message_body(route, world, code),
    })
}

/// The same for messages.
fn message_body(route: &str, world: &World, code: &str) -> Option<Value> {
    Some(match route {
        "POST /messages/{id}/retry" | "POST /messages/{id}/drop" => json!({}),
        "POST /messages/retry-all" => json!({"state": "dead"}),
        "PATCH /message-rules" | "PATCH /message-wording" => json!({"value": {}}),
        "POST /message-previews" => json!({"kind": "birthday", "language": "en"}),
        "PATCH /message-channels/{id}" => json!({"settings": {}, "active": false}),
        "POST /message-channels/{id}/test" => json!({"to": "a@b.example", "kind": "birthday", "language": "en"}),
        "POST /customers/{id}/message-refusals" => json!({"refused": ["marketing"]}),
        "PATCH /staff/{id}/contact" => json!({"mail": null, "phone": null}),
        _ => {
            let other = card_stock_body(route, world).or_else(|| posting_body(route, world));
            let other = other.or_else(|| super::pools::body(route, world));
            return other.or_else(|| webhook_body(route, world, code));
        }
    })
}

/// The same for blank cards.
fn card_stock_body(route: &str, world: &World) -> Option<Value> {
    let one = json!([{"batch_id": world.blanks.batch, "count": 1}]);
    Some(match route {
        "POST /card-batches" => world.card_batch_form(),
        "POST /card-transfers" => json!({"from_store_id": world.store, "lines": one}),
        "POST /card-transfers/{id}/receive" | "POST /card-counts/{id}/close" | "POST /card-counts/{id}/sign" => {
            json!({})
        }
        "POST /card-moves" => json!({
            "store_id": world.store, "state": "damaged", "numbers": [world.blanks.number], "reason": "x",
        }),
        "POST /card-counts" => json!({"store_id": world.store}),
        "POST /card-counts/{id}/items" => json!({"number": "1"}),
        "PATCH /card-stock-rules" => json!({"value": {"stock_only": []}}),
        _ => return None,
    })
}

/// The same for what people book without a bill, and its rules.
fn posting_body(route: &str, world: &World) -> Option<Value> {
    Some(match route {
        "PATCH /settlement-rules" => json!({"value": {"prices": []}}),
        "PATCH /adjustment-rules" | "PATCH /transfer-rules" => json!({"value": {}}),
        "POST /memberships/{id}/adjustments" => {
            json!({"amount": 1, "reason": "complaint", "store_id": world.store})
        }
        "POST /memberships/{id}/transfers" => {
            json!({"to_id": world.debtor, "amount": 1, "store_id": world.store})
        }
        "POST /memberships/{id}/merge" => json!({"from": world.customer, "store_id": world.store, "reason": "x"}),
        "POST /membership-merges/{id}/undo" => json!({"store_id": world.store, "reason": "x"}),
        "POST /memberships/{id}/holder-transfers" => world.holder_transfer_form(),
        "POST /debts/{id}/write-off" => json!({"reason": "x", "store_id": world.store}),
        "POST /holds" => json!({
            "membership_id": world.membership, "amount": 1, "minutes": 1, "purpose": "x", "store_id": world.store,
        }),
        "POST /holds/{id}/capture" => json!({"amount": 1}),
        "POST /holds/{id}/release" => json!({}),
        _ => return None,
    })
}

/// The same for events to other systems.
fn webhook_body(route: &str, world: &World, code: &str) -> Option<Value> {
    Some(match route {
        "PATCH /prepaid-issuer" => json!({"value": {}}),
        "POST /webhook-endpoints" => World::webhook_form(),
        "PATCH /webhook-endpoints/{id}" => json!({"name": "x"}),
        route if route.starts_with("POST /webhook-") => json!({}),
        _ => return segment_body(route, world, code),
    })
}

/// The same for campaigns, tags and segments.
fn segment_body(route: &str, world: &World, code: &str) -> Option<Value> {
    let rules = json!({"join": "all", "groups": []});
    Some(match route {
        "POST /campaigns" => World::campaign_form(&world.program, code, &world.store),
        "PATCH /campaigns/{id}" => json!({"active": false}),
        "POST /tags" => json!({"name": code}),
        "PATCH /tags/{id}" => json!({"name": code}),
        "POST /customers/{id}/tags" => json!({"add": [world.marketing.tag]}),
        "POST /segments" => json!({"name": code, "rules": rules}),
        "POST /segments/preview" => json!({"rules": rules}),
        "PATCH /segments/{id}" => json!({"rules": rules}),
        "POST /segments/{id}/tags" => json!({"tag_id": world.marketing.tag, "expected_count": -1}),
        "POST /segments/{id}/messages" => json!({"title": "x", "text": "x", "expected_count": -1}),
        _ => return None,
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
    let query = match route {
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
    };
    path.replace("{id}", id) + &query
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
