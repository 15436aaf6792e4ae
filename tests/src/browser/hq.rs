//! The program page of HQ.

use super::picture;
use crate::harness::webdriver::Window;
use crate::harness::{Field, PASSWORD, TestApp};

/// HQ doubles the points of a program in the form that its plugin's schema draws.
pub fn changes_a_configuration(app: &TestApp, window: &Window) {
    let member = app.member("王芳");
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    window.find("program-vip").click();
    window.find("schema-form");
    picture(window, "hq-program-zh");
    let schema = app.hq().get(&format!("/programs/{}", app.program())).ok()["schema"].clone();
    let title = schema.text("/properties/points_per_unit/x-zh/title");
    let field = window.field(&title);
    assert_eq!(field.attribute_now("value"), "1", "the figure in force");
    // The page's own look first, then the server's.
    field.fill("a lot");
    window.find("configuration-save").click();
    window.find("incomplete");
    picture(window, "hq-wrong-zh");
    assert_eq!(
        app.hq()
            .get(&format!("/programs/{}", app.program()))
            .ok()
            .int("/configuration/version"),
        1
    );
    window.field(&title).fill("2");
    window.find("configuration-save").click();
    // What changes is summed up first, and nothing else changes.
    let summed = window.find("publish-dialog");
    assert!(summed.text().contains(&title), "{}", summed.text());
    assert!(window.try_find("change-1").is_none());
    picture(window, "hq-publish-zh");
    window.find("publish").click();
    window.find("saved");
    picture(window, "hq-saved-zh");
    let program = app.hq().get(&format!("/programs/{}", app.program())).ok();
    assert_eq!(program.int("/configuration/version"), 2);
    app.follow_the_machines_clock();
    assert_eq!(app.sale_to(&member).line("cream", "skin", 10_00).ring().earned(), 20);
    window.find("lang-en").click();
    window.field(&schema.text("/properties/points_per_unit/title"));
    picture(window, "hq-program-en");
    window.find("tab-versions").click();
    window.find("version-2");
    picture(window, "hq-versions-en");
}

/// HQ sets from what sum on a bill is asked about, and reads what a wrong one gets.
pub fn sets_the_limit_of_a_bill(app: &TestApp, window: &Window) {
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "chain-settings");
    window.find("chain-bill-limit").fill("0");
    window.find("chain-save").click();
    assert_eq!(
        window.find("problem").attribute("data-code").as_deref(),
        Some("field_invalid")
    );
    window.forgive("422");
    window.find("chain-bill-limit").fill("5000");
    window.find("chain-save").click();
    window.find("chain-saved");
    picture(window, "chain-settings-zh");
    assert_eq!(app.hq().get("/chain").ok().int("/bill_limit"), 5000_00);
    window.find("lang-en").click();
    picture(window, "chain-settings-en");
}
