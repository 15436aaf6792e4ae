//! A file of customers on HQ's page: what it means, what would come of it, mended, taken back; duplicates side by side.

use super::picture;
use crate::harness::webdriver::Window;
use crate::harness::{PASSWORD, TestApp};

const MEMBERS: &str = "会员编号,姓 名,手机号码（必填）,出生日期,性别,门店,备注\r\n\
    A-1,王芳,13812345678,1990-05-01,女,东店,老顾客\r\n\
    A-2,李雷,138 1234 5679、0755-26123456,1985/3/8,男,west,\r\n\
    A-3,,13812345670,,,东店,\r\n\
    A-4,赵六,1.38E+10,,,东店,\r\n";

fn choose(app: &TestApp, window: &Window, name: &str, text: &str) {
    let file = app.folder().join(name);
    std::fs::write(&file, text).expect("the file is written");
    window.find("import-file").type_text(&file.display().to_string());
    window.find("import-view");
}

fn figure(window: &Window, name: &str) -> String {
    let shown = window.find(&format!("import-{name}"));
    shown.attribute("data-value").unwrap_or_default()
}

pub fn a_file_is_mapped_tried_mended_and_taken_back(app: &TestApp, window: &Window) {
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "imports");
    choose(app, window, "会员.csv", MEMBERS);
    window.set_value("import-encoding", "gb18030");
    window.wait_for("other characters", || {
        (!window.find("import-meaning").text().contains("姓 名")).then_some(())
    });
    window.set_value("import-encoding", "utf-8");
    window.wait_for_text("import-meaning", "姓 名");
    window.set_value("import-column-6", "card.person.occupation");
    window.find("import-check").click();
    window.wait_for_text("import-state", "已试运行");
    assert_eq!(
        (figure(window, "created"), figure(window, "bad")),
        ("2".into(), "2".into())
    );
    window.wait_for_text("import-bad-5", "科学计数法");
    picture(window, "import-checked-zh");
    window.find("import-run").click();
    window.wait_for_text("import-state", "已导入");
    picture(window, "import-done-zh");
    window.find("import-bad-download").click();
    let text = String::from_utf8(window.downloaded("会员-有误.csv")).expect("UTF-8");
    let mended = text.replace("1.38E+10", "13812345671").replace("A-3,,", "A-3,钱四,");
    window.find("import-back").click();
    window.set_value("export-purpose", "service");
    window.find("export-take").click();
    assert!(window.downloaded("顾客.xlsx").starts_with(b"PK\x03\x04"));
    picture(window, "imports-zh");
    choose(app, window, "mended.csv", &mended);
    window.find("lang-en").click();
    window.find("import-run").click();
    window.wait_for_text("import-state", "Imported");
    assert_eq!(
        (figure(window, "created"), figure(window, "bad")),
        ("2".into(), "0".into())
    );
    picture(window, "import-done-en");
    two_are_made_one_and_two_again(app, window);
    super::turn_to(window, "imports");
    window.find("import-1").click();
    window.find("import-undo").click();
    window.wait_for_text("import-state", "Taken back");
    window.find("lang-zh-CN").click();
    picture(window, "import-undone-zh");
}

fn two_are_made_one_and_two_again(app: &TestApp, window: &Window) {
    let other = app
        .customer("王方")
        .phone("13812345678")
        .with("acknowledge_duplicate", true);
    other.create();
    window.find("import-duplicates").click();
    window.wait_for_text("pair-0", "王方");
    picture(window, "duplicates-en");
    window.find("pair-first-0").click();
    window.find("duplicates-nothing");
    window.find("lang-zh-CN").click();
    picture(window, "merged-zh");
    window.find("lang-en").click();
    window.find("merge-undo-0").click();
    window.wait_for_text("pair-0", "王方");
    window.wait_for_text("merges", "Undone");
}
