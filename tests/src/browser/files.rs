//! A photograph is attached to a customer, shown small, and taken out again as it was.

use super::picture;
use crate::harness::webdriver::Window;
use crate::harness::{Field, PASSWORD, TestApp};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;

/// One transparent pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub fn a_photograph_is_attached(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    let folder = tempfile::tempdir().expect("a folder");
    let photo = BASE64.decode(PIXEL).expect("a picture");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (photo_file, page_file) = (write("门面.png", &photo), write("page.png", b"<html></html>"));
    app.actor("consultant", &[app.east()]);
    super::log_in(app, window, "consultant-east", PASSWORD);
    window.find("today");
    window.visit(&format!("{}/hq/#/customers/{customer}", app.base()));
    window.find("files-panel");
    let choose = |path: &str| {
        let input = window
            .select("[data-testid=files-attach]")
            .pop()
            .expect("a place for files");
        input.type_text(path);
    };
    choose(&photo_file);
    window.wait_for("the small picture", || {
        let drawn = window.try_find("file-picture-0")?.attribute("data-drawn");
        (drawn.as_deref() == Some("true")).then_some(())
    });
    window.wait_for_text("file-0", "门面.png");
    // A name proves nothing.
    choose(&page_file);
    window.find("problem");
    window.forgive("422");
    picture(window, "files-zh");
    window.find("file-take-0").click();
    assert_eq!(window.downloaded("门面.png"), photo);
    let listed = app
        .hq()
        .get(&format!("/customers/{customer}/files"))
        .ok()
        .list("/items");
    assert_eq!(listed.len(), 1);
    window.run("location.reload()", &[]);
    window.wait_for_text("timeline-text-0", "门面.png");
    picture(window, "timeline-zh");
    window.find("lang-en").click();
    picture(window, "files-en");
    window.find("lang-zh-CN").click();
}
