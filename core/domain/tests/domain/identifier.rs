use cardea_domain::Day;
use cardea_domain::identifier::{
    DocumentKind, Fault, birth_date, credit_code, document, mail, plate, postcode, qq, resident, wechat,
};

fn today() -> Day {
    Day::from_ymd(2026, 3, 1).expect("a day")
}

/// Where the fault lies, and that both sentences name the character.
fn at(checked: Result<String, Fault>) -> Option<usize> {
    let fault = checked.expect_err("a fault");
    for sentence in [&fault.detail.zh, &fault.detail.en] {
        let position = fault.position.map(|position| position.to_string()).unwrap_or_default();
        assert!(sentence.contains(&position), "{sentence}");
    }
    fault.position
}

#[test]
fn a5_resident_identity_numbers() {
    for (typed, form) in [
        ("11010519491231002X", "11010519491231002X"),
        ("110105 19491231 002x", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("\u{202d}110105198706050026\u{202c}", "110105198706050026"),
    ] {
        assert_eq!(resident(typed, today()).as_deref(), Ok(form), "{typed:?}");
    }
    assert_eq!(birth_date("11010519491231002X"), Day::from_ymd(1949, 12, 31));
    for (wrong, position) in [
        ("1101O519491231002X", Some(5)),
        ("1101051949123100 2Y", Some(18)),
        ("11010519491231002Y", Some(18)),
        ("1101051949123100X2", Some(17)),
        ("110105194912310021", Some(18)),
        // Two digits that changed places.
        ("11010519491231020X", Some(18)),
        ("160105194912310026", Some(2)),
        ("010105194912310026", Some(1)),
        ("11010519491331002X", Some(7)),
        ("11010519000229002X", Some(7)),
        ("110105204912310026", Some(7)),
        ("110105491231002", None),
        ("11010519491231002", None),
        ("", None),
    ] {
        assert_eq!(at(resident(wrong, today())), position, "{wrong:?}");
    }
    let fault = resident("1101O519491231002X", today()).expect_err("a fault");
    assert_eq!(
        fault.detail.zh,
        "第 5 位“O”不对：前 17 位是数字，第 18 位是数字或 X；是不是数字 0？"
    );
}

#[test]
fn unified_social_credit_codes() {
    for (typed, form) in [
        ("91350100M000100Y43", "91350100M000100Y43"),
        ("9135 0100 m000100y43", "91350100M000100Y43"),
        ("91110000100001342C", "91110000100001342C"),
    ] {
        assert_eq!(credit_code(typed).as_deref(), Ok(form), "{typed:?}");
    }
    for (wrong, position) in [
        ("9135O100M000100Y43", Some(5)),
        ("91350100M000100Y44", Some(18)),
        ("91350100M000010Y43", Some(18)),
        ("9135A100M000100Y43", Some(5)),
        ("91350100M000100Y4", None),
    ] {
        assert_eq!(at(credit_code(wrong)), position, "{wrong:?}");
    }
}

#[test]
fn plates_old_and_new() {
    for (typed, form) in [
        ("京A·12345", "京A12345"),
        ("沪b 8H2k9", "沪B8H2K9"),
        ("粤BD12345", "粤BD12345"),
        ("粤B12345D", "粤B12345D"),
        ("粤Z1234港", "粤Z1234港"),
        ("使014578", "使014578"),
    ] {
        assert_eq!(plate(typed).as_deref(), Ok(form), "{typed:?}");
    }
    for (wrong, position) in [
        ("A12345", Some(1)),
        ("京112345", Some(2)),
        ("京AO2345", Some(3)),
        ("京A1234", None),
        ("粤BL12345", Some(3)),
        ("粤BD12B45", Some(6)),
        ("粤B1234567", None),
        ("粤B123456", Some(8)),
        ("使01457A", Some(7)),
    ] {
        assert_eq!(at(plate(wrong)), position, "{wrong:?}");
    }
}

#[test]
fn other_documents_are_as_good() {
    use DocumentKind::*;
    for (kind, typed, form) in [
        (Some(Passport), "e 1234 5678", (Passport, "E12345678")),
        (Some(Passport), "EA1234567", (Passport, "EA1234567")),
        (Some(HkMacauPermit), "H12345678", (HkMacauPermit, "H12345678")),
        (Some(HkMacauPermit), "M1234567801", (HkMacauPermit, "M1234567801")),
        (Some(TaiwanPermit), "01234567", (TaiwanPermit, "01234567")),
        (Some(Other), "AB-12345", (Other, "AB12345")),
        (None, "830000199001011226", (ResidentId, "830000199001011226")),
        (None, "E12345678", (Other, "E12345678")),
    ] {
        let (kind, number) = document(kind, typed, today()).expect("a document");
        assert_eq!((kind, number.as_str()), form, "{typed:?}");
    }
    for (kind, wrong, position) in [
        (Some(Passport), "E1234567?", Some(9)),
        (Some(Passport), "E1234567890", None),
        (Some(Passport), "ABCDEF", None),
        (Some(HkMacauPermit), "K12345678", Some(1)),
        (Some(HkMacauPermit), "H1234567", None),
        (Some(TaiwanPermit), "1234567A", Some(8)),
        (None, "1.1E+17", Some(2)),
        (None, "1234", None),
        (None, "11010519491231OO2X", Some(15)),
    ] {
        assert_eq!(
            at(document(kind, wrong, today()).map(|(_, number)| number)),
            position,
            "{wrong:?}"
        );
    }
}

#[test]
fn postcodes_and_mail() {
    for (typed, form) in [("１０００８０", "100080"), ("999077", "999077")] {
        assert_eq!(postcode(typed).as_deref(), Ok(form));
    }
    for (wrong, position) in [("10008O", Some(6)), ("10008", None), ("910000", Some(1))] {
        assert_eq!(at(postcode(wrong)), position, "{wrong:?}");
    }
    for (typed, form) in [
        (" Wang.Fang@Example.COM ", "Wang.Fang@example.com"),
        ("ｗａｎｇ＠例子.中国", "wang@例子.中国"),
    ] {
        assert_eq!(mail(typed).as_deref(), Ok(form));
    }
    for (wrong, position) in [
        ("wang fang@example.com", Some(5)),
        ("wang@example，com", Some(13)),
        ("wang@x@example.com", Some(7)),
        ("wang.example.com", None),
        ("wang@example", None),
        ("@example.com", None),
        ("w***@example.com", Some(2)),
    ] {
        assert_eq!(at(mail(wrong)), position, "{wrong:?}");
    }
    assert_eq!(
        (wechat(" Wx_fang-1 ").as_deref(), qq("1234 5678").as_deref()),
        (Ok("Wx_fang-1"), Ok("12345678"))
    );
    assert_eq!(
        (at(wechat("王芳")), at(wechat("wx_1")), at(qq("1234O"))),
        (Some(1), None, Some(5))
    );
}
