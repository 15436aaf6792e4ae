//! HQ at one membership: its tier by hand, its renewal, what it has and shares, and whose it is.

use super::{in_english, log_in, picture, turn_to, wait_for_data};
use crate::harness::webdriver::Window;
use crate::harness::{Field, Member, PASSWORD, TestApp, fresh_key};
use serde_json::{Value, json};

fn hq_begins(app: &TestApp, window: &Window) {
    app.actor("hq_admin", &[]);
    log_in(app, window, "hq_admin", PASSWORD);
    turn_to(window, "memberships");
    window.find("memberships-list");
}

fn open(app: &TestApp, window: &Window, membership: &str) {
    window.visit(&format!("{}/hq/#/memberships/{membership}", app.base()));
    window.find("memberships-record");
}

#[track_caller]
fn refused(window: &Window, code: &str, status: &str) {
    wait_for_data(window, "problem", "data-code", code);
    window.forgive(status);
}

/// The points that the page shows.
#[track_caller]
fn shows_points(window: &Window, points: &str) {
    wait_for_data(window, "balance-points", "data-value", points);
}

/// Finds another membership by its card in an open dialog.
fn find_member(window: &Window, field: &str, member: &Member) {
    window.find(field).fill(&member.number);
    window.find(&format!("{field}-find")).click();
    window.find(&format!("{field}-chosen"));
}

pub fn a_tier_is_set_and_points_are_handed_over(app: &TestApp, window: &Window) {
    let (fang, lei) = (app.member("王芳"), app.member("李雷"));
    let limit = json!({"program_id": app.program(), "at_once": 500, "per_year": 1000});
    app.hq()
        .patch("/transfer-rules", "\"0\"", &json!({"value": {"programs": [limit]}}))
        .ok();
    let hold = json!({
        "membership_id": fang.membership, "amount": 300, "minutes": 60, "purpose": "预订礼品", "store_id": app.east(),
    });
    app.hq().post("/holds", &hold).created();
    hq_begins(app, window);
    open(app, window, &fang.membership);
    set_a_tier(app, window, &fang);
    shows_points(window, "700");
    wait_for_data(window, "hold-0", "data-state", "open");
    window.find("hold-release-0").click();
    wait_for_data(window, "hold-0", "data-state", "released");
    shows_points(window, "1000");
    window.find("transfer-points").click();
    find_member(window, "transfer-points-to", &lei);
    window.find("transfer-amount").fill("501");
    window.find("transfer-dialog-save").click();
    refused(window, "field_invalid", "422");
    picture(window, "transfer-refused-zh");
    window.find("transfer-amount").fill("200");
    window.find("transfer-dialog-save").click();
    window.wait_for_text("transferred", "200");
    shows_points(window, "800");
    assert_eq!((app.points(&fang), app.points(&lei)), (800, 1200));
    picture(window, "membership-zh");
    in_english(window, "membership-en");
}

/// The highest tier for somebody who has the lowest, and back.
fn set_a_tier(app: &TestApp, window: &Window, member: &Member) {
    window.find("tier-set").click();
    window.wait_for("the ladder", || {
        let steps = window.select("[data-testid=tier-step] option");
        (steps.len() == 2).then_some(())
    });
    window.set_value("tier-step", "gold");
    assert!(!window.find("tier-dialog-save").is_enabled(), "not without a reason");
    window.set_value("tier-reason", "key_account");
    picture(window, "tier-set-zh");
    window.find("tier-dialog-save").click();
    wait_for_data(window, "tier-panel", "data-manual", "true");
    window.find("tier-manual");
    assert_eq!(app.tier(member), "gold");
    window.find("tier-revoke").click();
    window.set_value("tier-reason", "correction");
    window.find("tier-dialog-save").click();
    wait_for_data(window, "tier-panel", "data-manual", "false");
    assert_eq!(app.tier(member), "vip");
}

pub fn a_membership_is_renewed(app: &TestApp, window: &Window) {
    let fang = app.member("王芳");
    hq_begins(app, window);
    open(app, window, &fang.membership);
    window.find("renewals-nothing");
    window.find("renew").click();
    refused(window, "not_eligible", "409");
    assert!(
        !window.find("renew-dialog-save").is_enabled(),
        "the program renews nothing"
    );
    picture(window, "renew-refused-zh");
    window.find("renew-dialog-cancel").click();
    app.configure()
        .term("renewal", json!({"before_days": 3660, "grace_days": 0, "months": 12}))
        .publish();
    window.find("renew").click();
    window.find("renew-quote");
    picture(window, "renew-zh");
    window.find("renew-dialog-save").click();
    wait_for_data(window, "renewal-0", "data-rule", "core.renewal");
    let renewals = app.hq().get(&format!("/memberships/{}/renewals", fang.membership)).ok();
    assert_eq!(renewals.list("/items").len(), 1);
    in_english(window, "renewals-en");
}

pub fn a_family_shares_points(app: &TestApp, window: &Window) {
    let (fang, lei) = (app.member("王芳"), app.member("李雷"));
    hq_begins(app, window);
    open(app, window, &fang.membership);
    window.find("pool-none");
    window.find("pool-open").click();
    window.find("pool-name").fill("三口之家");
    window.find("pool-reason").fill("本人到店申请");
    window.find("pool-head-agreed").click();
    window.find("pool-dialog-save").click();
    wait_for_data(window, "pool-spendable", "data-value", "1000");
    window.find("pool-join").click();
    find_member(window, "pool-who", &lei);
    window.find("pool-reason").fill("夫妻，均到店签字");
    window.find("pool-head-agreed").click();
    assert!(!window.find("pool-dialog-save").is_enabled(), "both have to agree");
    window.find("pool-member-agreed").click();
    picture(window, "pool-join-zh");
    window.find("pool-dialog-save").click();
    wait_for_data(window, "pool-spendable", "data-value", "2000");
    window.find("pool-member-1");
    picture(window, "pool-zh");
    in_english(window, "pool-en");
    window.find("pool-leave-1").click();
    window.find("pool-reason").fill("本人要求");
    window.find("pool-dialog-save").click();
    wait_for_data(window, "pool-spendable", "data-value", "1000");
    wait_for_data(window, "pool-member-1", "data-left", "true");
}

pub fn a_membership_is_merged_and_handed_over(app: &TestApp, window: &Window) {
    let person = |name: &str, document: &str| {
        let form = app.customer(name).with("identity_kind", "passport");
        form.with("identity_number", document).create()
    };
    let (stays, lei) = (person("王芳", "E12345678"), person("李雷", "E87654321"));
    app.sale().customer(&stays).line("gift-box", "gifts", 1000_00).ring();
    let (fang, twin) = (app.issue(&stays), app.member("王方"));
    one_person(app, &fang, &twin);
    hq_begins(app, window);
    open(app, window, &fang.membership);
    window.find("member-merge").click();
    window.find("merge-from-0");
    window.find("merge-reason").fill("重复办卡");
    picture(window, "membership-merge-zh");
    window.find("merge-dialog-save").click();
    shows_points(window, "2000");
    window.find("member-merge-undo-0").click();
    window.find("merge-reason").fill("并错了");
    window.find("merge-dialog-save").click();
    wait_for_data(window, "member-merge-0", "data-undone", "true");
    shows_points(window, "1000");
    window.find("hand-over").click();
    window.find("hand-over-who").fill("李雷");
    window.find("hand-over-who-find").click();
    window.find(&format!("customer-{lei}")).click();
    for (whose, digits) in [("from", "5678"), ("to", "1111")] {
        window.set_value(&format!("hand-over-{whose}-kind"), "passport");
        window.find(&format!("hand-over-{whose}-last-four")).fill(digits);
    }
    window.find("hand-over-reason").fill("转给家人");
    window.find("hand-over-dialog-save").click();
    window.find("problem");
    wait_for_data(window, "hand-over-to-last-four", "aria-invalid", "true");
    window.forgive("422");
    picture(window, "hand-over-refused-zh");
    window.find("hand-over-to-last-four").fill("4321");
    window.find("hand-over-dialog-save").click();
    window.wait_for_text("member-holder", "李");
    let held = app.hq().get(&format!("/memberships/{}", fang.membership)).ok();
    assert_eq!(held.text("/customer/id"), lei);
    in_english(window, "hand-over-en");
}

/// Makes one customer of two, who then has two memberships.
fn one_person(app: &TestApp, stays: &Member, gone: &Member) {
    let hq = app.hq();
    let (path, other) = (
        format!("/customers/{}", stays.customer),
        format!("/customers/{}", gone.customer),
    );
    let tag = hq.get(&path).header("etag").expect("an ETag").to_owned();
    let version = hq.get(&other).ok().int("/version");
    hq.request("POST", &format!("{path}/merge"))
        .key(&fresh_key())
        .header("If-Match", &tag)
        .json(&json!({"customer_id": gone.customer, "version": version}))
        .send()
        .created();
}

pub fn a_card_gets_a_holder_and_others_are_to_be_handed_back(app: &TestApp, window: &Window) {
    let kind = |name: &str, holder: &str| json!({"kind": name, "holder": holder, "uses": ["earn", "redeem"]});
    let kinds = json!([
        kind("customer", "customer"),
        kind("anonymous", "nobody"),
        kind("employee", "staff")
    ]);
    app.configure().term("kinds", kinds).publish();
    let issue = |kind: &str, staff: Value| {
        let mut body = json!({"program_id": app.program(), "store_id": app.east(), "kind": kind});
        if staff != Value::Null {
            body["staff_id"] = staff;
        }
        app.manager().post("/cards", &body).created()
    };
    let anonymous = issue("anonymous", Value::Null);
    let lan = app.hire("lan", "cashier", &[app.east()]).text("/id");
    issue("employee", json!(lan));
    let version = app
        .hq()
        .get(&format!("/staff/{lan}"))
        .header("etag")
        .expect("an ETag")
        .to_owned();
    app.hq()
        .patch(&format!("/staff/{lan}"), &version, &json!({"active": false}))
        .ok();
    let customer = app.customer("王芳").create();
    hq_begins(app, window);
    open(app, window, &anonymous.text("/membership_id"));
    window.find("name-holder").click();
    window.find("name-holder-who").fill("王芳");
    window.find("name-holder-who-find").click();
    window.find(&format!("customer-{customer}")).click();
    window.find("name-holder-checked").click();
    picture(window, "name-holder-zh");
    window.find("name-holder-dialog-save").click();
    wait_for_data(window, "holder-panel", "data-named", "true");
    let card = anonymous.text("/id");
    app.operate(&card, "report-loss", json!({"identity_checked": true}))
        .ok();
    app.operate(&card, "hand-in", json!({"handed_in_by": "保安老李"})).ok();
    window.find("card-loss-0").click();
    window.wait_for_text("loss-handed-in", "保安老李");
    picture(window, "loss-zh");
    in_english(window, "loss-en");
    turn_to(window, "outstanding-cards");
    wait_for_data(window, "outstanding-0", "data-cause", "left");
    window.wait_for_text("outstanding-0", "lan");
    picture(window, "outstanding-cards-zh");
    in_english(window, "outstanding-cards-en");
}
