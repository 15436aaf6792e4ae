//! Birthdays by the lunar calendar (农历): typed, shown, kept by the program's own rule, and carried in files.

use super::{intake, merges, tasks};
use crate::harness::{Field, TestApp, query_value};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("lunar":
        a10_a_day_is_read_in_either_calendar,
        a10_lunar_birthdays_are_kept_by_the_stated_rule,
        a10_the_birthday_month_is_the_lunar_birthdays,
        a10_lunar_birthdays_come_in_and_go_out_with_files,
        a10_a_merge_keeps_a_birthday_with_its_calendar,
    )
}

fn a10_a_day_is_read_in_either_calendar(app: &TestApp) {
    let ask = |query: &str| app.cashier().get(&format!("/lunar-days?{query}"));
    for (query, day, zh) in [
        ("day=1978-09-17", "1978-09-17", "八月十五"),
        ("lunar=1978-8-15", "1978-09-17", "八月十五"),
        ("day=2027-02-05", "2027-02-05", "腊月廿九"),
        ("day=2027-02-06", "2027-02-06", "正月初一"),
        ("lunar=2025-%E9%97%B06-1", "2025-07-25", "闰六月初一"),
    ] {
        let read = ask(query).ok();
        assert_eq!(
            (read.text("/day"), read.text("/zh")),
            (day.into(), zh.into()),
            "{query}"
        );
    }
    // The twelfth month has 29 days, 2026 no leap month.
    for query in [
        "lunar=2026-12-30",
        "lunar=2026-%E9%97%B06-1",
        "lunar=1899-1-1",
        "lunar=x",
    ] {
        let refused = ask(query).expect_problem(422, "field_invalid");
        assert_eq!(refused.text("/pointer"), "/lunar", "{query}");
    }
    ask("").expect_problem(422, "field_invalid");
}

fn a10_lunar_birthdays_are_kept_by_the_stated_rule(app: &TestApp) {
    app.set_now("2026-11-28 10:00");
    let born = |day: &str| {
        app.customer("王芳")
            .birthday(day)
            .with("birthday_calendar", "lunar")
            .create()
    };
    let shown = |id: &str| {
        let one = app.hq().get(&format!("/customers/{id}")).ok();
        (
            one.text("/birthday"),
            one.text("/birthday_lunar"),
            one.text("/next_birthday"),
        )
    };
    // A thirtieth of the twelfth month, in a year in which it has 29 days; today's own; a leap month's.
    let last = born("1985-02-19");
    for (id, masked, lunar, next) in [
        (&last, "****-02-19", "腊月三十", "2027-02-05"),
        (&born("1978-09-17"), "****-09-17", "八月十五", "2027-09-15"),
        (&born("2025-07-25"), "****-07-25", "闰六月初一", "2027-07-04"),
        (&born("1990-12-06"), "****-12-06", "十月二十", "2026-11-28"),
    ] {
        assert_eq!(shown(id), (masked.into(), lunar.into(), next.into()));
    }
    let path = tasks::mei(app).post("/me/calendar", &json!({})).created().text("/path");
    let feed = tasks::calendar(app, &path).ok().to_string();
    for day in ["20270205", "20270915", "20270704", "20261128"] {
        assert!(feed.contains(&format!("DTSTART;VALUE=DATE:{day}")), "{day} in {feed}");
    }
    let solar = json!({"birthday_calendar": "solar"});
    let changed = app.hq().patch(&format!("/customers/{last}"), "\"1\"", &solar).ok();
    assert_eq!(
        (changed["birthday_lunar"].clone(), changed.text("/next_birthday")),
        (Value::Null, "2027-02-19".into())
    );
    let earlier = app.hq().get(&format!("/customers/{last}/card-history")).ok();
    assert_eq!(
        earlier["items"][0]["fields"],
        json!([{"field": "birthday_calendar", "value": "lunar"}])
    );
}

fn a10_the_birthday_month_is_the_lunar_birthdays(app: &TestApp) {
    // Born on the 29th of the first month, which is 17 March in 2026.
    let earned = |calendar: &str| {
        let form = app.customer("韩梅").birthday("1993-02-20");
        let customer = form.with("birthday_calendar", calendar).create();
        app.sale().customer(&customer).line("cream", "skin", 1000_00).ring();
        let member = app.issue(&customer);
        app.sale_to(&member)
            .line("cream", "skin", 10_00)
            .ring_as_quoted()
            .earned()
    };
    app.set_now("2026-03-08 10:00");
    assert_eq!((earned("solar"), earned("lunar")), (10, 20));
}

fn a10_lunar_birthdays_come_in_and_go_out_with_files(app: &TestApp) {
    let file = "姓名,手机号码,农历生日\n王芳,13812345678,1978年8月15日\n李雷,13812345679,1984-12-30\n\
        韩梅,13812345670,2026-12-30\n赵六,13812345671,1979-闰6-01\n";
    let import = intake::upload(app, "农历.csv", file.as_bytes()).created();
    assert_eq!(import["mapping"]["columns"], json!(["name", "phone", "lunar_birthday"]));
    let import = intake::remap(app, &import, &json!({"store_id": app.east()}));
    let done = intake::work(app, &import, "run", "done");
    assert_eq!(intake::figures(&done), [3, 0, 0, 1]);
    assert!(intake::bad(app, &import)[0].1.contains("no such day"));
    let found = |phone: &str| {
        let listed = app.hq().get(&format!("/customers?query={phone}")).ok();
        let one = app.hq().get(&format!("/customers/{}", listed.text("/items/0/id"))).ok();
        (one.text("/birthday"), one.text("/birthday_lunar"))
    };
    assert_eq!(found("13812345678"), ("****-09-17".into(), "八月十五".into()));
    assert_eq!(found("13812345679"), ("****-02-19".into(), "腊月三十".into()));
    assert_eq!(found("13812345671"), ("****-07-24".into(), "闰六月初一".into()));
    let why = format!("format=json&full=true&purpose={}", query_value("service"));
    let listed = app.hq().reading("zh-CN").get(&format!("/customer-export?{why}")).ok();
    let fang = listed
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["name"] == "王芳");
    let fang = fang.expect("everybody is there");
    assert_eq!(
        ["birthday", "birthday_calendar", "lunar_birthday"].map(|name| fang.text(&format!("/{name}"))),
        ["1978-09-17", "农历", "1978-08-15"]
    );
}

fn a10_a_merge_keeps_a_birthday_with_its_calendar(app: &TestApp) {
    let hq = app.hq();
    let seen = |id: &str| {
        let one = hq.get(&format!("/customers/{id}")).ok();
        (one.text("/birthday"), one["birthday_lunar"].clone())
    };
    let lunar = |day: &str| {
        app.customer("王芳")
            .birthday(day)
            .with("birthday_calendar", "lunar")
            .create()
    };
    let solar = app.customer("王芳").birthday("1990-05-01").create();
    let merged = merges::merge(&hq, &solar, &lunar("1978-09-17")).created();
    assert_eq!(
        seen(&solar),
        ("****-05-01".into(), Value::Null),
        "not one's day by the other's calendar"
    );
    let lost = merged.list("/lost");
    let birthday = lost.iter().find(|lost| lost["field"] == "/birthday");
    assert_eq!(birthday.expect("it is listed")["value"], "****-09-17");
    let empty = app.customer("王芳").with("birthday", Value::Null).create();
    merges::merge(&hq, &empty, &lunar("1978-09-17")).created();
    assert_eq!(seen(&empty), ("****-09-17".into(), json!("八月十五")));
    let why = json!({"purpose": "asked"});
    let own = hq.post(&format!("/customers/{empty}/own-data"), &why).ok();
    assert_eq!(own.text("/customer/0/birthday_calendar"), "lunar");
}
