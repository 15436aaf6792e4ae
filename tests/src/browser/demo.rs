//! The log-in page of a demo.

use super::picture;
use super::till::look_for;
use crate::harness::process::Served;
use crate::harness::webdriver::{ENTER, Window};
use crate::harness::{Backend, Site, wait};
use cardea_engine::demo::{self, Size, Watch};

struct Silent;

impl Watch for Silent {
    fn starts(&mut self, _events: u64) {}

    fn goes_on(&mut self, _events: u64) {}
}

/// One click and Enter lead to the till, where the member that the page names is found.
pub fn offers_log_ins(window: &Window) {
    let site = Site::new(Backend::Sqlite);
    let small = async {
        let engine = site.open();
        demo::fill(&engine, demo::SEED, Size::Small, demo::last_day(), &mut Silent).await
    };
    wait(small).expect("a demo");
    let mut served = Served::start(site.cardea(&["serve", "--demo", "--listen", "127.0.0.1:0"]));
    window.visit(&format!("{}/login/", served.url));
    let told = window.find("demo-member-liyan").text();
    picture(window, "login-demo-zh");
    window.find("demo-liyan-cashier").click();
    window.press(ENTER);
    window.find("identify");
    assert_eq!(window.find("who").text(), "收银员", "the role is said once");
    picture(window, "till-demo-zh");
    let card: String = told
        .rsplit('·')
        .next()
        .into_iter()
        .flat_map(str::chars)
        .filter(char::is_ascii_digit)
        .collect();
    look_for(window, &card);
    window.find("member-card");
    picture(window, "till-demo-member-zh");
    served.stop();
}

/// Served at once: the page says how far the demo is filled, and offers its log-ins meanwhile.
pub fn shows_how_far_it_is_filled(window: &Window) {
    let site = Site::new(Backend::Sqlite);
    let mut served = Served::start(site.cardea(&["serve", "--demo", "--listen", "127.0.0.1:0"]));
    window.visit(&format!("{}/login/", served.url));
    let told = window.find("demo-filling").text();
    assert!(told.starts_with("正在填充：") && told.contains('/'), "{told}");
    window.find("demo-liyan-cashier");
    picture(window, "login-demo-filling-zh");
    served.process.kill();
}
