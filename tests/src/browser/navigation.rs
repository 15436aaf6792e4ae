//! The navigation of HQ: groups that fold, by keyboard, and on a phone.

use super::{is_named, picture, turn_to};
use crate::harness::webdriver::{DOWN, ENTER, Window};
use crate::harness::{PASSWORD, TestApp};

const GROUPS: [&str; 7] = ["daily", "archive", "rules", "sending", "team", "exchange", "control"];

fn has_focus(window: &Window, id: &str) -> Option<()> {
    let focused = window.run("return document.activeElement?.dataset.testid ?? ''", &[]);
    (focused == id).then_some(())
}

pub fn by_keyboard_and_on_a_phone(app: &TestApp, window: &Window) {
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    window.find("program-vip");
    for group in GROUPS {
        window.find(&format!("nav-group-{group}"));
    }
    assert!(
        window.try_find("nav-programs").is_some() && window.try_find("nav-jobs").is_none(),
        "the page's group is open, one that nobody has opened isn't"
    );
    picture(window, "navigation-zh");
    window.run("document.querySelector('[data-testid=nav-group-control]').focus()", &[]);
    window.press(ENTER);
    window.find("nav-deletions");
    window.press(DOWN);
    window.wait_for("the group's first page", || has_focus(window, "nav-approval-rules"));
    window.press(DOWN);
    window.wait_for("the one below", || has_focus(window, "nav-deletions"));
    window.press(ENTER);
    window.find("deletions-list");
    let here = window.find("nav-deletions").attribute("aria-current");
    assert_eq!(here.as_deref(), Some("page"));
    // A page that an address leads to is seen where it stands.
    window.find("nav-group-team").click();
    window.find("nav-regions");
    window.find("nav-group-team").click();
    window.visit(&format!("{}/hq/#/regions", app.base()));
    window.find("regions-list");
    window.find("nav-regions");
    on_a_phone(window);
    window.find("logout").click();
    window.find("login-chain");
    app.actor("store_manager", &[app.east()]);
    super::log_in(app, window, "store_manager-east", PASSWORD);
    window.find("identify");
    window.visit(&format!("{}/hq/", app.base()));
    window.find("nav-group-daily");
    assert!(
        is_named(window, "consultants") && !is_named(window, "chain-settings") && !is_named(window, "audit"),
        "nobody is shown what they may not see"
    );
}

fn on_a_phone(window: &Window) {
    window.as_phone(true);
    window.find("nav-customers");
    assert!(
        window.try_find("nav-audit").is_none(),
        "what isn't daily work waits behind a button"
    );
    picture(window, "navigation-phone-zh");
    window.find("nav-menu").click();
    window.find("nav-audit");
    picture(window, "navigation-phone-menu-zh");
    let wide = window.run("return document.documentElement.scrollWidth > innerWidth", &[]);
    assert_eq!(wide, false, "nothing is cut off");
    turn_to(window, "audit");
    window.find("audit-list");
    // What was done is told in the page's language.
    window.wait_for_text("audit-list", "登录");
    assert!(window.try_find("nav-stores").is_none(), "the page is in view again");
    window.as_phone(false);
    window.find("lang-en").click();
    picture(window, "navigation-en");
    window.find("lang-zh-CN").click();
}
