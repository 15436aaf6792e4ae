//! The declared pages of HQ: regions, stores, staff, rewards, and the lists that others land on.

use super::picture;
use crate::harness::webdriver::Window;
use crate::harness::{Actor, Field, PASSWORD, TestApp};
use serde_json::Value;

fn first(app: &TestApp, path: &str) -> Value {
    app.hq().get(path).ok().list("/items").pop().expect("an item")
}

/// HQ opens a region, a store in it, an account and a reward, changes and archives them, and resets a password.
pub fn opens_and_closes(app: &TestApp, window: &Window) {
    app.program();
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "regions");
    window.find("regions-new").click();
    window.find("field-code").fill("north");
    window.find("field-name").fill("华北");
    window.find("form-save").click();
    window.find("regions-record");
    assert_eq!(first(app, "/regions").text("/name"), "华北");
    super::turn_to(window, "stores");
    window.find("stores-new").click();
    window.find("field-code").fill("bj01");
    window.find("field-name").fill("王府井店");
    let north = first(app, "/regions").text("/id");
    window.wait_for("the region to choose", || {
        let option = format!("[data-testid=field-region_id] option[value=\"{north}\"]");
        (!window.select(&option).is_empty()).then_some(())
    });
    window.set_value("field-region_id", &north);
    picture(window, "hq-store-form-zh");
    window.find("form-save").click();
    window.wait_for_text("value-region_id", "华北");
    picture(window, "hq-store-record-zh");
    let store = first(app, "/stores");
    assert_eq!(
        (store.text("/code"), store.text("/kind")),
        ("bj01".into(), "own".into())
    );
    employ(app, window);
    // The region can't go while the store is open: the page says why.
    super::turn_to(window, "regions");
    window.find("regions-north");
    window.visit(&format!("{}/hq/#/regions/{north}", app.base()));
    window.find("record-archive").click();
    assert_eq!(window.find("problem").attribute("data-code").as_deref(), Some("in_use"));
    window.forgive("409");
    picture(window, "hq-region-in-use-zh");
    reward(app, window);
}

/// An account for the new store; its password is forgotten, and the store closes once nobody works only there.
fn employ(app: &TestApp, window: &Window) {
    super::turn_to(window, "staff");
    window.find("staff-new").click();
    window.find("field-user").fill("wu");
    window.find("field-name").fill("吴芳");
    window.set_value("field-role", "cashier");
    window.find("field-password").fill("handed-over-on-paper");
    window.find("field-store_ids-bj01").click();
    picture(window, "hq-staff-form-zh");
    window.find("form-save").click();
    window.wait_for_text("value-store_ids", "王府井店");
    window.find("record-password").click();
    window.find("field-password").fill("another-slip-of-paper");
    window.find("form-save").click();
    window.find("staff-record");
    let log_in = |password: &str| {
        Actor::nobody(app.base())
            .login(&app.chain().code, "wu", password)
            .status
    };
    assert_eq!(
        (log_in("handed-over-on-paper"), log_in("another-slip-of-paper")),
        (401, 200)
    );
    window.find("record-edit").click();
    window.find("field-name").fill("吴小芳");
    window.find("form-save").click();
    window.wait_for_text("value-name", "吴小芳");
    window.find("lang-en").click();
    super::turn_to(window, "staff");
    window.find("staff-wu");
    picture(window, "hq-staff-en");
    window.find("lang-zh-CN").click();
}

fn reward(app: &TestApp, window: &Window) {
    super::turn_to(window, "rewards");
    window.find("rewards-new").click();
    window.wait_for("the program to choose", || {
        let option = format!("[data-testid=field-program_id] option[value=\"{}\"]", app.program());
        (!window.select(&option).is_empty()).then_some(())
    });
    window.set_value("field-program_id", app.program());
    window.find("field-code").fill("mug");
    window.find("field-name-zh").fill("马克杯");
    window.find("field-name-en").fill("Mug");
    window.find("field-points").fill("300");
    window.find("form-save").click();
    window.find("rewards-record");
    let reward = first(app, "/rewards");
    assert_eq!((reward.int("/points"), &reward["stock"]), (300, &Value::Null));
    window.find("record-archive").click();
    window.wait_for_text("record-archive", "恢复");
    picture(window, "hq-reward-record-zh");
    assert_eq!(first(app, "/rewards")["active"], Value::Bool(false));
    super::turn_to(window, "rewards");
    window.set_value("filter-active", "false");
    window.find("rewards-mug");
}

/// Who neither sells nor sets the rules lands on what the role is there for, and sees nothing else in the navigation.
pub fn everybody_lands(app: &TestApp, window: &Window) {
    let member = app.member("王芳");
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
    for (role, stores, list, hidden) in [
        ("consultant", true, "today", "audit"),
        ("clerk", true, "customers-list", "programs"),
        ("finance", false, "sales-list", "customers"),
        ("auditor", false, "audit-list", "jobs"),
        ("vendor", false, "program-vip", "stores"),
    ] {
        let east = [app.east()];
        app.actor(role, if stores { &east } else { &[] });
        let user = if stores {
            format!("{role}-east")
        } else {
            role.to_owned()
        };
        super::log_in(app, window, &user, PASSWORD);
        window.find(list);
        assert!(window.url().contains("/hq/"), "{role}: {}", window.url());
        assert!(!super::is_named(window, hidden), "{role} sees {hidden}");
        if list.ends_with("-list") {
            window.wait_for("a row", || (!window.select("tbody .open").is_empty()).then_some(()));
        }
        picture(window, &format!("land-{role}-zh"));
        window.find("logout").click();
        window.find("login-chain");
    }
}
