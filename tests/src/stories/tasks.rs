//! Tasks with customers (D-ARC-5) and handing customers over (D-ARC-6).

use crate::harness::{Actor, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("tasks":
        d_arc_5_a_day_shows_what_is_overdue_and_due_in_the_order_of_the_round,
        d_arc_5_a_round_goes_by_region_and_route_order,
        d_arc_5_a_route_is_listed_in_its_order_and_reviewed_every_quarter,
        d_arc_5_what_came_of_a_task_stands_in_the_journal_and_brings_the_next,
        d_arc_5_others_tasks_are_the_managers,
        d_arc_5_a_grade_hears_from_the_shop_in_its_rhythm,
        d_arc_5_the_weekly_check_keeps_what_was_looked_at,
        d_arc_5_a_calendar_is_read_by_a_secret_address_that_can_be_withdrawn,
        a11_a_birthday_on_29_february_has_a_date_in_each_year,
        d_arc_6_all_of_a_consultant_goes_over_and_comes_back,
        d_arc_6_a_selection_goes_over_and_what_was_moved_since_stays,
    )
}

fn task(actor: &Actor, customer: &str, title: &str, due_on: &str) -> Value {
    let body = json!({"customer_id": customer, "title": title, "due_on": due_on, "kind": "visit"});
    actor.post("/tasks", &body).created()
}

fn titles(items: &Value, pointer: &str) -> Vec<String> {
    items.list(pointer).iter().map(|item| item.text("/title")).collect()
}

/// The consultant of every customer of these stories.
pub(super) fn mei(app: &TestApp) -> Actor {
    app.first_log_in("mei")
}

fn d_arc_5_a_day_shows_what_is_overdue_and_due_in_the_order_of_the_round(app: &TestApp) {
    let (wang, li) = (app.customer("王芳").create(), app.customer("李娜").create());
    let mei = mei(app);
    let late = task(&mei, &wang, "迟了", "2026-02-27");
    assert_eq!(
        (late.text("/when"), late.text("/state"), late.text("/source")),
        ("overdue".into(), "open".into(), "hand".into())
    );
    let first = task(&mei, &wang, "先去", "2026-03-01");
    task(&mei, &li, "后去", "2026-03-01");
    let tomorrow = task(&mei, &li, "明天", "2026-03-02");
    task(&mei, &li, "下月", "2026-04-01");
    let plan = mei.get("/plan").ok();
    assert_eq!(
        (plan.int("/overdue"), plan.int("/today"), plan.int("/tomorrow")),
        (1, 2, 1)
    );
    assert_eq!(titles(&plan, "/items"), ["迟了", "先去", "后去"]);
    assert_eq!(plan.text("/items/0/customer/zh"), "王女士");
    assert!(plan.text("/items/0/phone").contains("****"), "{plan:#}");
    let order = json!({"task_ids": [first["id"], late["id"]]});
    mei.post("/tasks/order", &order).expect(204);
    assert_eq!(titles(&mei.get("/plan").ok(), "/items"), ["先去", "迟了", "后去"]);
    let near = |when: &str| titles(&mei.get(&format!("/tasks?when={when}")).ok(), "/items");
    assert_eq!(
        (near("overdue"), near("tomorrow"), near("later")),
        (
            vec!["迟了".to_owned()],
            vec!["明天".to_owned()],
            vec!["下月".to_owned()]
        )
    );
    // Paged by day and id.
    let page = mei.get("/tasks?limit=2").ok();
    let rest = mei.get(&format!("/tasks?limit=200&after={}", page.text("/next"))).ok();
    assert_eq!((page.list("/items").len(), rest.list("/items").len()), (2, 3));
    let path = format!("/tasks/{}", tomorrow.text("/id"));
    let moved = mei
        .request("PATCH", &path)
        .key(&crate::harness::fresh_key())
        .header("If-Match", "\"1\"");
    assert_eq!(
        moved.json(&json!({"due_on": "2026-03-01"})).send().ok().text("/when"),
        "today"
    );
}

fn complete(actor: &Actor, task: &Value, body: &Value) -> crate::harness::Answer {
    let path = format!("/tasks/{}/complete", task.text("/id"));
    let version = format!("\"{}\"", task.int("/version"));
    actor
        .request("POST", &path)
        .key(&crate::harness::fresh_key())
        .header("If-Match", &version)
        .json(body)
        .send()
}

fn d_arc_5_what_came_of_a_task_stands_in_the_journal_and_brings_the_next(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let mei = mei(app);
    let visit = task(&mei, &customer, "送样品", "2026-03-01");
    complete(&mei, &visit, &json!({"outcome": " "})).expect_problem(422, "field_invalid");
    complete(&mei, &visit, &json!({"outcome": "x", "next_title": "再去"})).expect_problem(422, "field_invalid");
    let outcome = json!({"outcome": "她很满意", "next_on": "2026-03-15", "next_title": "再去"});
    let done = complete(&mei, &visit, &outcome).ok();
    assert_eq!(
        (done.text("/state"), done.text("/outcome")),
        ("done".into(), "她很满意".into())
    );
    complete(&mei, &done, &outcome).expect_problem(409, "in_use");
    let journal = mei.get(&format!("/customers/{customer}/journal")).ok();
    let entry = &journal.list("/items")[0];
    assert_eq!(
        (entry.text("/id"), entry.text("/category")),
        (done.text("/journal_id"), "service_visit".into())
    );
    assert_eq!(
        (entry.text("/description"), entry.text("/summary")),
        ("她很满意".into(), "送样品".into())
    );
    let open = mei.get(&format!("/tasks?customer_id={customer}")).ok();
    assert_eq!(titles(&open, "/items"), ["再去"]);
    assert_eq!(
        (open.text("/items/0/source"), open.text("/items/0/due_on")),
        ("outcome".into(), "2026-03-15".into())
    );
    // None of what people wrote is in the audit log.
    let noted = app
        .hq()
        .get(&format!("/audit?subject={}", done.text("/id")))
        .ok()
        .to_string();
    assert!(noted.contains("task.complete") && !noted.contains("满意"), "{noted}");
}

fn d_arc_5_others_tasks_are_the_managers(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let visit = task(&mei(app), &customer, "送样品", "2026-03-01");
    let colleague = app.actor("consultant", &[app.east()]);
    complete(&colleague, &visit, &json!({"outcome": "x"})).expect_problem(403, "forbidden");
    let body = json!({"customer_id": customer, "title": "x", "due_on": "2026-03-01", "staff_id": app.consultant()});
    colleague.post("/tasks", &body).expect_problem(403, "forbidden");
    let elsewhere = app.actor("store_manager", &[app.west()]);
    complete(&elsewhere, &visit, &json!({"outcome": "x"})).expect_problem(403, "forbidden");
    assert!(elsewhere.get("/tasks").ok().list("/items").is_empty());
    app.actor("cashier", &[app.east()])
        .get("/tasks")
        .expect_problem(403, "forbidden");
    let manager = app.actor("store_manager", &[app.east()]);
    let path = format!("/tasks/{}/drop", visit.text("/id"));
    let drop = manager
        .request("POST", &path)
        .key(&crate::harness::fresh_key())
        .header("If-Match", "\"1\"");
    assert_eq!(
        drop.json(&json!({"reason": "搬走了"})).send().ok().text("/state"),
        "dropped"
    );
}

fn d_arc_5_a_grade_hears_from_the_shop_in_its_rhythm(app: &TestApp) {
    let hq = app.hq();
    let standards = json!({"standards": {"a_days": 20, "b_days": 60, "c_days": 90, "other_days": 365, "lead_days": 5}});
    let change = |body: &Value| {
        hq.request("PATCH", "/service-standards")
            .key(&crate::harness::fresh_key())
            .header("If-Match", "\"0\"")
            .json(body)
            .send()
    };
    let mut wrong = standards.clone();
    wrong["standards"]["other_days"] = json!(366);
    change(&wrong).expect_problem(422, "field_invalid");
    change(&standards).ok();
    let (often, seldom) = (app.customer("王芳").create(), app.customer("李娜").create());
    for customer in [&often, &seldom] {
        let talk = json!({"category": "need", "description": "聊了聊"});
        hq.post(&format!("/customers/{customer}/journal"), &talk).created();
    }
    hq.post(
        &format!("/customers/{often}/classes"),
        &json!({"dimension": "volume", "class": "a"}),
    )
    .ok();
    let open = || {
        let tasks = hq.get("/tasks").ok();
        tasks
            .list("/items")
            .iter()
            .map(|task| (task.text("/customer_id"), task.text("/due_on")))
            .collect::<Vec<_>>()
    };
    app.set_now("2026-03-15 10:00");
    app.night();
    assert!(open().is_empty(), "20 days have not passed, nor 15");
    app.set_now("2026-03-16 10:00");
    app.night();
    app.night();
    assert_eq!(open(), [(often.clone(), "2026-03-21".into())], "one, five days ahead");
    // Who was spoken to waits anew.
    let task = &hq.get("/tasks").ok().list("/items")[0];
    assert_eq!(
        (task.text("/source"), task.text("/staff_id")),
        ("standard".into(), app.consultant().to_owned())
    );
    complete(&hq, task, &json!({"outcome": "聊过"})).ok();
    app.set_now("2026-03-31 10:00");
    app.night();
    assert_eq!(open(), [(often, "2026-04-05".into())]);
    app.set_now("2027-03-01 10:00");
    app.night();
    assert!(
        open().contains(&(seldom, "2027-03-01".into())),
        "at least one contact a year: {:?}",
        open()
    );
}

fn d_arc_5_the_weekly_check_keeps_what_was_looked_at(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let mei = mei(app);
    let late = task(&mei, &customer, "迟了", "2026-02-20");
    let done = task(&mei, &customer, "做了", "2026-02-28");
    complete(&mei, &done, &json!({"outcome": "x"})).ok();
    let manager = app.actor("store_manager", &[app.east()]);
    let check = json!({"staff_id": app.consultant(), "week": "2026-03-01", "remark": "迟的一项周三前补上"});
    mei.post("/task-checks", &check).expect_problem(403, "forbidden");
    let noted = manager.post("/task-checks", &check).created();
    let figures = json!({"open": 1, "overdue": 1, "done": 1, "dropped": 0, "overdue_tasks": [late["id"]]});
    assert_eq!(
        (noted.text("/week"), noted["figures"].clone()),
        ("2026-02-23".into(), figures.clone())
    );
    // Of other stores, nothing is seen or noted.
    let elsewhere = app.actor("store_manager", &[app.west()]);
    elsewhere.post("/task-checks", &check).expect_problem(403, "forbidden");
    let plan = format!("/plan?staff_id={}", app.consultant());
    elsewhere.get(&plan).expect_problem(403, "forbidden");
    elsewhere.get("/handovers").expect_problem(403, "forbidden");
    assert!(elsewhere.get("/task-checks").ok().list("/items").is_empty());
    assert_eq!(manager.get(&plan).ok().int("/overdue"), 1);
    complete(&mei, &late, &json!({"outcome": "补上了"})).ok();
    let kept = manager.get(&format!("/task-checks?staff_id={}", app.consultant())).ok();
    assert_eq!(kept.list("/items")[0]["figures"], figures, "as it was then");
    let mine = manager.get("/consultants").ok();
    let one = &mine.list("/items")[0];
    assert_eq!(
        (one.int("/customers"), one.int("/open_tasks"), one["active"].clone()),
        (1, 0, json!(true))
    );
}

pub(super) fn calendar(app: &TestApp, path: &str) -> crate::harness::Answer {
    Actor::nobody(app.base()).get(&format!("!{path}"))
}

fn d_arc_5_a_calendar_is_read_by_a_secret_address_that_can_be_withdrawn(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let mei = mei(app);
    task(&mei, &customer, "谈她的病", "2026-03-03");
    let first = mei.post("/me/calendar", &json!({})).created().text("/path");
    let text = calendar(app, &first).ok().to_string();
    for line in [
        "BEGIN:VCALENDAR",
        "DTSTART;VALUE=DATE:20260303",
        "DTEND;VALUE=DATE:20260304",
        "拜访 王女士",
        "Visit Ms Wang",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(
        !text.contains("病") && !text.contains("王芳"),
        "nothing that people wrote: {text}"
    );
    let second = mei.post("/me/calendar", &json!({})).created().text("/path");
    calendar(app, &first).expect_problem(404, "not_found");
    calendar(app, &second).ok();
    mei.post("/me/calendar/withdraw", &json!({})).expect(204);
    calendar(app, &second).expect_problem(404, "not_found");
    calendar(app, "/calendar/x.ics").expect_problem(404, "not_found");
}

fn a11_a_birthday_on_29_february_has_a_date_in_each_year(app: &TestApp) {
    app.customer("王芳").birthday("1992-02-29").create();
    app.set_now("2027-03-15 10:00");
    let path = mei(app).post("/me/calendar", &json!({})).created().text("/path");
    let text = calendar(app, &path).ok().to_string();
    assert!(
        text.contains("DTSTART;VALUE=DATE:20280229") && text.contains("生日 王女士"),
        "{text}"
    );
    assert!(
        !text.contains("RRULE"),
        "no yearly rule, which clients read in two ways: {text}"
    );
    app.set_now("2026-01-15 10:00");
    assert!(
        calendar(app, &path)
            .ok()
            .to_string()
            .contains("DTSTART;VALUE=DATE:20260228")
    );
}

fn d_arc_6_all_of_a_consultant_goes_over_and_comes_back(app: &TestApp) {
    let customers: Vec<String> = ["王芳", "李娜", "张敏"].map(|name| app.customer(name).create()).into();
    let mei = mei(app);
    task(&mei, &customers[0], "送样品", "2026-03-05");
    let promise = json!({"category": "promise", "description": "五月前换新"});
    mei.post(&format!("/customers/{}/journal", customers[1]), &promise)
        .created();
    let hq = app.hq();
    let to = app.hire("hong", "consultant", &[app.east()]).text("/id");
    let from = app.consultant().to_owned();
    let handover = json!({"from_staff_id": from, "to_staff_id": to, "reason": "离职"});
    mei.post("/handovers", &handover).expect_problem(403, "forbidden");
    let same = json!({"from_staff_id": to, "to_staff_id": to, "reason": "x"});
    hq.post("/handovers", &same).expect_problem(422, "field_invalid");
    let made = hq.post("/handovers", &handover).created();
    assert_eq!((made.int("/customers"), made.int("/tasks")), (3, 1));
    let of = |staff: &str| {
        let all = hq.get("/consultants").ok();
        let found = all.list("/items").iter().find(|one| one["staff_id"] == staff).cloned();
        found.map(|one| (one.int("/customers"), one.int("/open_tasks"), one.int("/open_entries")))
    };
    assert_eq!((of(&from), of(&to)), (None, Some((3, 1, 1))), "nothing is orphaned");
    let hong = app.first_log_in("hong");
    assert_eq!(
        titles(&hong.get(&format!("/tasks?staff_id={to}")).ok(), "/items"),
        ["送样品"]
    );
    let undo = format!("/handovers/{}/undo", made.text("/id"));
    assert!(!hq.post(&undo, &json!({})).ok()["undone_at"].is_null());
    assert_eq!((of(&from), of(&to)), (Some((3, 1, 1)), None));
    hq.post(&undo, &json!({})).expect_problem(409, "in_use");
}

fn d_arc_6_a_selection_goes_over_and_what_was_moved_since_stays(app: &TestApp) {
    let [wang, li, zhang] = ["王芳", "李娜", "张敏"].map(|name| app.customer(name).create());
    let (hq, mei) = (app.hq(), mei(app));
    for customer in [&wang, &zhang] {
        task(&mei, customer, "回访", "2026-03-05");
    }
    let (from, to) = (
        app.consultant().to_owned(),
        app.hire("hong", "consultant", &[app.east()]).text("/id"),
    );
    let other = app.hire("lan", "consultant", &[app.east()]).text("/id");
    let chosen =
        |ids: &[&String]| json!({"from_staff_id": from, "to_staff_id": to, "reason": "分区", "customer_ids": ids});
    let made = hq.post("/handovers", &chosen(&[&wang, &li])).created();
    assert_eq!((made.int("/customers"), made.int("/tasks")), (2, 1));
    hq.post("/handovers", &chosen(&[&wang]))
        .expect_problem(422, "field_invalid");
    let consultant = |customer: &str| hq.get(&format!("/customers/{customer}")).ok().text("/consultant_id");
    assert_eq!(
        (consultant(&wang), consultant(&li), consultant(&zhang)),
        (to.clone(), to.clone(), from.clone())
    );
    // Somebody gives one of them to a third consultant: undoing leaves it there.
    let path = format!("/customers/{li}");
    let etag = hq.get(&path).header("etag").expect("a version").to_owned();
    let moved = hq
        .request("PATCH", &path)
        .key(&crate::harness::fresh_key())
        .header("If-Match", &etag);
    moved.json(&json!({"consultant_id": other})).send().ok();
    hq.post(&format!("/handovers/{}/undo", made.text("/id")), &json!({}))
        .ok();
    assert_eq!((consultant(&wang), consultant(&li)), (from.clone(), other));
    let back = hq.get(&format!("/tasks?customer_id={wang}")).ok();
    assert_eq!(back.text("/items/0/staff_id"), from);
}

/// Where a customer is on the round of the consultant.
fn put_on_route(actor: &Actor, customer: &str, region: &str, place: &str) {
    for (dimension, class) in [("region", region), ("route", place)] {
        let body = json!({"dimension": dimension, "class": class});
        actor.post(&format!("/customers/{customer}/classes"), &body).ok();
    }
}

/// The consultant's four customers, of whom two are in one region and one is nowhere yet.
fn a_route(app: &TestApp, mei: &Actor) -> [String; 4] {
    for (code, name) in [("a-north", "江北"), ("b-south", "江南")] {
        app.hq()
            .post("/regions", &json!({"code": code, "name": name}))
            .created();
    }
    let mine = ["王芳", "李娜", "赵云", "孙尚"].map(|name| app.customer(name).create());
    put_on_route(mei, &mine[0], "b-south", "2");
    put_on_route(mei, &mine[1], "a-north", "10");
    put_on_route(mei, &mine[2], "a-north", "9");
    mine
}

fn d_arc_5_a_round_goes_by_region_and_route_order(app: &TestApp) {
    let mei = mei(app);
    let [wang, li, zhao, sun] = a_route(app, &mei);
    let late = task(&mei, &sun, "孙", "2026-02-20");
    task(&mei, &wang, "王", "2026-02-27");
    task(&mei, &li, "李", "2026-03-01");
    task(&mei, &zhao, "赵", "2026-03-01");
    let round = || titles(&mei.get("/plan").ok(), "/items");
    assert_eq!(round(), ["赵", "李", "王", "孙"], "9 before 10, and nowhere last");
    // What somebody has put first today goes before that.
    mei.post("/tasks/order", &json!({"task_ids": [late["id"]]})).expect(204);
    assert_eq!(round(), ["孙", "赵", "李", "王"]);
}

fn d_arc_5_a_route_is_listed_in_its_order_and_reviewed_every_quarter(app: &TestApp) {
    let (mei, manager) = (mei(app), app.manager());
    let [wang, li, zhao, sun] = a_route(app, &mei);
    let path = format!("/routes/{}", app.consultant());
    let stops = |query: &str| mei.get(&format!("{path}{query}")).ok();
    let ids = |page: &Value| {
        page.list("/items")
            .iter()
            .map(|one| one.text("/customer_id"))
            .collect::<Vec<_>>()
    };
    let all = stops("");
    assert_eq!(ids(&all), [zhao.clone(), li.clone(), wang.clone(), sun.clone()]);
    assert_eq!(
        (
            all.text("/items/0/region"),
            all.int("/items/0/place"),
            &all["items"][3]["place"]
        ),
        ("a-north".into(), 9, &Value::Null)
    );
    assert!(all.text("/items/0/phone").contains("****"), "{all:#}");
    // A page at a time it is the same.
    let first = stops("?limit=2");
    let next = crate::harness::query_value(&first.text("/next"));
    assert_eq!(ids(&stops(&format!("?limit=2&after={next}"))), [wang, sun]);
    mei.get(&format!("{path}?after=x")).expect_problem(400, "body_invalid");
    app.actor("consultant", &[app.west()])
        .get(&path)
        .expect_problem(403, "forbidden");
    let route = || manager.get("/routes").ok()["items"][0].clone();
    let before = route();
    assert_eq!(
        (before.int("/customers"), before.int("/unplaced"), &before["overdue"]),
        (4, 1, &json!(true))
    );
    let review = |actor: &Actor| actor.post(&format!("{path}/reviews"), &json!({"remark": "江北改到周二"}));
    review(&mei).expect_problem(403, "forbidden");
    let done = review(&manager).created();
    assert_eq!(
        (done.text("/reviewed_on"), done.int("/unplaced")),
        ("2026-03-01".into(), 1)
    );
    assert_eq!(done.text("/reviewed_by"), manager.get("/me").ok().text("/staff_id"));
    let after = route();
    assert_eq!(
        (after.text("/review/id"), after.text("/due_on"), &after["overdue"]),
        (done.text("/id"), "2026-06-01".into(), &json!(false))
    );
    // A chain that reviews every month is late sooner.
    let monthly = |months: i64| json!({"value": {"review_months": months}});
    let rules = |actor: &Actor, months| actor.patch("/route-rules", "\"0\"", &monthly(months));
    rules(&manager, 1).expect_problem(403, "forbidden");
    rules(&app.hq(), 2).expect_problem(422, "field_invalid");
    rules(&app.hq(), 1).ok();
    app.set_now("2026-04-02 10:00");
    assert_eq!(
        (route().text("/due_on"), &route()["overdue"]),
        ("2026-04-01".into(), &json!(true))
    );
}
