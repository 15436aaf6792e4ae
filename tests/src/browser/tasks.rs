//! A consultant's day, the manager's check, a handover and the schedule.

use super::picture;
use crate::harness::webdriver::{ENTER, Window};
use crate::harness::{Field, PASSWORD, TestApp};

pub fn a_day_is_planned_done_and_handed_over(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    app.first_log_in("mei");
    super::log_in(app, window, "mei", PASSWORD);
    super::turn_to(window, "my-day");
    window.find("today-nothing");
    for title in ["送样品", "问回礼"] {
        window.find("task-new").click();
        window.find("task-customer").fill("王芳");
        window.press(ENTER);
        window.find(&format!("customer-{customer}")).click();
        assert!(window.find("task-whom").text().contains("王女士"));
        window.set_value("task-kind", "visit");
        window.find("task-title").fill(title);
        window.find("task-create").click();
        window.wait_for("the task in the list", || {
            let shown = window.select("[data-testid^=task-title-]");
            shown.iter().any(|line| line.text() == title).then_some(())
        });
    }
    window.find("task-earlier-1").click();
    window.wait_for_text("task-title-0", "问回礼");
    picture(window, "today-zh");
    window.find("task-end-0").click();
    window.find("task-outcome").fill("已约周五");
    picture(window, "today-outcome-zh");
    window.find("task-save").click();
    window.wait_for_text("task-title-0", "送样品");
    let journal = app.hq().get(&format!("/customers/{customer}/journal")).ok();
    assert_eq!(journal.text("/items/0/description"), "已约周五");
    window.find("calendar-open").click();
    assert!(window.find("calendar-address").text().ends_with(".ics"));
    window.find("calendar-withdraw").click();
    window.find("calendar-withdrawn");
    window.find("lang-en").click();
    picture(window, "today-en");
    window.find("lang-zh-CN").click();
    window.find("logout").click();
    window.find("login-chain");
    check_and_hand_over(app, window);
}

fn check_and_hand_over(app: &TestApp, window: &Window) {
    app.actor("hq_admin", &[]);
    app.hire("hong", "consultant", &[app.east()]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "consultants");
    window.find("consultant-check-0").click();
    window.find("consultant-words").fill("继续跟进");
    window.find("consultant-save").click();
    assert!(window.find("checked").text().contains("未完成 1"));
    window.find("consultant-handover-0").click();
    let hong = app.hq().get("/staff").ok();
    let hong = hong
        .list("/items")
        .iter()
        .find(|one| one["user"] == "hong")
        .map(|one| one.text("/id"));
    window.set_value("handover-to", &hong.expect("hong works here"));
    window.find("consultant-words").fill("离职");
    window.find("consultant-save").click();
    window.wait_for_text("handover-0", "1 位顾客");
    window.wait_for_text("consultant-0", "hong");
    picture(window, "consultants-zh");
    window.find("handover-undo-0").click();
    window.wait_for_text("handover-0", "已撤销");
    window.wait_for_text("consultant-0", "mei");
    super::turn_to(window, "jobs");
    window.find("job-run-review").click();
    window.wait_for_text("job-state-review", "完成");
    picture(window, "jobs-zh");
    window.find("lang-en").click();
    picture(window, "jobs-en");
}
