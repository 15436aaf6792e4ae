//! What is written is what an independent parser reads.

use cardea_messages::mail::{Address, Letter, Mailbox, Unsubscribe};
use mail_parser::{Message, MessageParser, MimeHeaders};

pub fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox {
        name: name.to_owned(),
        address: Address::parse(address).unwrap(),
    }
}

/// A letter of a shop to a member, in Chinese, with everything.
pub fn chinese() -> Letter {
    Letter {
        message_id: "<0199f3c2-7d41@cardea.example.com>".to_owned(),
        date: 1_767_225_600_000,
        from: mailbox("王, 店长", "shop@example.com"),
        to: mailbox("李，小姐", "li@example.com"),
        reply_to: Some(mailbox("客服 \"一\"", "help@example.com")),
        subject: "您的积分将于 12 月 31 日到期".to_owned(),
        text: "尊敬的李小姐：\r\n\r\n您有 1,200 分将到期。\n.\n..结束\n".to_owned(),
        html: Some("<p>尊敬的李小姐：</p>\n<p>您有 <b>1,200</b> 分将到期。</p>".to_owned()),
        unsubscribe: Some(Unsubscribe {
            url: "https://example.com/u/abc?t=1".to_owned(),
            mail: Some(Address::parse("leave@example.com").unwrap()),
        }),
        auto_submitted: true,
    }
}

pub fn english() -> Letter {
    Letter {
        message_id: "<0199f3c2-7d42@cardea.example.com>".to_owned(),
        from: mailbox("Wang, Manager", "shop@example.com"),
        to: mailbox("Li O'Brien", "li@example.com"),
        reply_to: None,
        subject: "Your points expire on 31 December".to_owned(),
        text: "Dear Ms Li,\n\n1,200 points are about to expire.\n.\nBye\n".to_owned(),
        html: None,
        unsubscribe: None,
        ..chinese()
    }
}

pub fn read(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).expect("a mail")
}

/// Everything of a letter as a parser reads it.
pub fn assert_same(letter: &Letter, message: &Message<'_>) {
    let person = |found: Option<&mail_parser::Address<'_>>| {
        let found = found.and_then(mail_parser::Address::first).expect("an address");
        (
            found.name().unwrap_or_default().to_owned(),
            found.address().unwrap_or_default().to_owned(),
        )
    };
    // A name of blanks isn't written.
    let wanted = |mailbox: &Mailbox| {
        let blank = mailbox.name.trim().is_empty();
        let name = if blank { String::new() } else { mailbox.name.clone() };
        (name, mailbox.address.to_string())
    };
    assert_eq!(message.subject(), Some(letter.subject.as_str()));
    assert_eq!(person(message.from()), wanted(&letter.from));
    assert_eq!(person(message.to()), wanted(&letter.to));
    assert_eq!(
        message.reply_to().map(|found| person(Some(found))),
        letter.reply_to.as_ref().map(wanted)
    );
    assert_eq!(message.message_id(), Some(letter.message_id.trim_matches(['<', '>'])));
    assert_eq!(message.date().unwrap().to_timestamp(), letter.date / 1_000);
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(lines(&message.body_text(0).unwrap()), lines(&letter.text));
    if let Some(html) = &letter.html {
        assert_eq!(message.html_body_count(), 1);
        assert_eq!(lines(&message.body_html(0).unwrap()), lines(html));
        assert!(message.content_type().unwrap().is_multipart_alternative());
    }
}

trait Alternative {
    fn is_multipart_alternative(&self) -> bool;
}

impl Alternative for mail_parser::ContentType<'_> {
    fn is_multipart_alternative(&self) -> bool {
        self.ctype() == "multipart" && self.subtype() == Some("alternative")
    }
}

/// Lines of the header, folds kept.
fn header_lines(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).expect("ASCII");
    let head = text.split("\r\n\r\n").next().unwrap();
    head.split("\r\n").map(str::to_owned).collect()
}

/// RFC 2047: words of at most 75 octets on lines of at most 76, each decodable by itself.
fn assert_encoded_words(bytes: &[u8]) {
    use base64::Engine;
    for line in header_lines(bytes) {
        if !line.contains("=?") {
            continue;
        }
        assert!(line.len() <= 76, "{line}");
        for word in line.split(' ').filter(|word| word.starts_with("=?")) {
            assert!(word.len() <= 75, "{word}");
            let inner = word.trim_start_matches("=?utf-8?b?").trim_end_matches("?=");
            let decoded = base64::engine::general_purpose::STANDARD.decode(inner).expect("base64");
            assert!(String::from_utf8(decoded).is_ok(), "a character split: {word}");
        }
    }
}

#[test]
fn c5_eighty_chinese_characters_are_folded_between_characters() {
    let subject: String = "会员积分到期提醒请于月底前到门店使用谢谢"
        .chars()
        .cycle()
        .take(80)
        .collect();
    let letter = Letter { subject, ..chinese() };
    let bytes = letter.bytes().unwrap();
    assert_encoded_words(&bytes);
    assert_same(&letter, &read(&bytes));
    assert!(
        header_lines(&bytes)
            .iter()
            .filter(|line| line.starts_with(" =?"))
            .count()
            >= 5,
        "folded"
    );
}

#[test]
fn c5_names_with_commas_are_one_person() {
    for name in [
        "王, 店长",
        "王，店长",
        "Wang, Manager",
        "O\"Brien \\ Li",
        "店长 <a@b.cn>",
        "=?utf-8?b?5L2g?=",
        "店 长  ",
        "🏪 店",
    ] {
        let letter = Letter {
            from: mailbox(name, "shop@example.com"),
            to: mailbox(name, "li@example.com"),
            ..chinese()
        };
        let bytes = letter.bytes().unwrap();
        assert_encoded_words(&bytes);
        let message = read(&bytes);
        assert_same(&letter, &message);
        let people = |found: Option<&mail_parser::Address<'_>>| found.map_or(0, |found| found.iter().count());
        assert_eq!((people(message.from()), people(message.to())), (1, 1), "{name}");
    }
}

/// Every length near the places where lines are folded, blanks doubled and at the ends, text that looks encoded already.
#[test]
fn subjects_and_names_are_read_back_whatever_they_hold() {
    for length in 0..90 {
        let (x, han) = ("x".repeat(length), "字".repeat(length));
        for subject in [
            format!("{x}会员"),
            format!("{x} {han}"),
            format!("{han}  {x}"),
            format!("王  店 {x}  b"),
            format!(" {x}王 "),
            format!("{x} =?utf-8?b?5L2g?= b"),
            format!("王 =?utf-8?q?a?= {x}"),
            "ab ".repeat(length.min(80)) + "店",
            "😀".repeat(length + 1),
        ] {
            let letter = Letter {
                from: mailbox(
                    &subject,
                    &format!(
                        "{}@{}.example.com",
                        "l".repeat(length % 60 + 1),
                        "d".repeat(length % 50 + 1)
                    ),
                ),
                subject,
                ..english()
            };
            let bytes = letter.bytes().unwrap();
            assert_encoded_words(&bytes);
            assert_same(&letter, &read(&bytes));
        }
    }
}

#[test]
fn the_same_letter_is_the_same_bytes() {
    let bytes = chinese().bytes().unwrap();
    assert_eq!(bytes, chinese().bytes().unwrap());
    let other = Letter {
        message_id: "<2@cardea.example.com>".to_owned(),
        ..chinese()
    };
    let boundary = |bytes: &[u8]| {
        let head = header_lines(bytes).join("");
        head.split("boundary=\"")
            .nth(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    assert!(boundary(&bytes).is_some());
    assert_ne!(boundary(&bytes), boundary(&other.bytes().unwrap()));
}

#[test]
fn everything_of_a_letter_is_read_back() {
    for letter in [chinese(), english()] {
        let bytes = letter.bytes().unwrap();
        assert_same(&letter, &read(&bytes));
        assert!(bytes.is_ascii());
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a bare end of line");
        assert_eq!(text.matches("Message-ID:").count(), 1);
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"));
    }
}

#[test]
fn one_click_unsubscribes() {
    let bytes = chinese().bytes().unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"),
        "{text}"
    );
    assert!(
        text.contains(
            "List-Unsubscribe: <https://example.com/u/abc?t=1>,\r\n <mailto:leave@example.com?subject=unsubscribe>\r\n"
        ),
        "{text}"
    );
    assert!(!String::from_utf8_lossy(&english().bytes().unwrap()).contains("List-Unsubscribe"));
    for url in [
        "http://example.com",
        "https://",
        "https://a b",
        "https://a\r\nBcc: x@y.cn",
        "https://例子.cn",
        "https://a>b",
        "mailto:a@b.cn",
    ] {
        let mut letter = chinese();
        letter.unsubscribe.as_mut().unwrap().url = url.to_owned();
        assert_eq!(letter.bytes().unwrap_err().field, "unsubscribe", "{url}");
    }
}

#[test]
fn nothing_breaks_out_of_a_header() {
    for wrong in [
        "a\r\nBcc: x@example.com",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{200f}b",
        "a\u{85}b",
        "a\u{2028}b",
        "a\tb",
    ] {
        let mut letters = [
            ("subject", chinese()),
            ("from", chinese()),
            ("to", chinese()),
            ("reply_to", chinese()),
            ("message_id", chinese()),
        ];
        letters[0].1.subject = wrong.to_owned();
        letters[1].1.from.name = wrong.to_owned();
        letters[2].1.to.name = wrong.to_owned();
        letters[3].1.reply_to.as_mut().unwrap().name = wrong.to_owned();
        letters[4].1.message_id = format!("<{wrong}@x>");
        for (field, letter) in letters {
            let refused = letter.bytes().unwrap_err();
            assert_eq!(refused.field, field, "{wrong:?}");
            assert!(
                refused.detail.zh.contains(field) && refused.detail.en.contains(field),
                "{refused:?}"
            );
        }
    }
    let body = Letter {
        text: "a\0b".to_owned(),
        ..english()
    };
    assert_eq!(body.bytes().unwrap_err().field, "text");
    for date in [-1, 253_402_300_800_000, i64::MAX] {
        assert_eq!(Letter { date, ..english() }.bytes().unwrap_err().field, "letter");
    }
}

#[test]
fn bodies_have_whole_line_ends_and_short_lines() {
    let text = format!("a\rb\nc\r\nd\n\n{}\n{}", "long ".repeat(400), "长".repeat(2_000));
    for text in [text, "x".repeat(5_000), "a\rb\n.\r\n..\n".to_owned(), String::new()] {
        let letter = Letter {
            text: text.replace("\r\n", "\n").replace('\r', "\n"),
            ..english()
        };
        let bytes = Letter { text, ..english() }.bytes().unwrap();
        assert_same(&letter, &read(&bytes));
        let lines = String::from_utf8(bytes).unwrap();
        assert!(
            lines
                .split("\r\n")
                .all(|line| line.len() <= 998 && !line.contains(['\r', '\n']))
        );
    }
}
