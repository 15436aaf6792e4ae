use cardea_domain::phone::{PhoneError, as_last_four, check, international, last_four, line_and_extension};

const FORM: &str = "+8613812345678";

#[test]
fn a1_a2_however_it_is_written_a_phone_has_one_form() {
    for typed in [
        "13812345678",
        " 138 1234 5678 ",
        "138-1234-5678",
        "138.1234.5678",
        "13812345678.0",
        "+86 13812345678",
        "0086-13812345678",
        "8613812345678",
        "(+86)13812345678",
        "（＋８６）138–1234–5678",
        "１３８１２３４５６７８",
        "\u{202d}13812345678\u{202c}",
        "138\u{200b}1234\u{200b}5678",
        "138\u{a0}1234\u{a0}5678",
        "138\u{3000}1234\u{3000}5678\r\n",
        "\u{feff}138\u{2011}1234\u{2011}5678",
    ] {
        assert_eq!(international(typed).as_deref(), Ok(FORM), "{typed:?}");
    }
    assert_eq!(last_four(FORM), "5678");
    for typed in ["5678", "５６７８", " 5678\u{202c}"] {
        assert_eq!(as_last_four(typed).as_deref(), Some("5678"), "{typed:?}");
    }
    assert_eq!(as_last_four("567"), None);
}

#[test]
fn land_lines_and_other_countries() {
    for (typed, form) in [
        ("010-62345678", "+861062345678"),
        ("0755 26123456", "+8675526123456"),
        ("+86 (0)755 26123456", "+8675526123456"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+44 (0)20 7946 0958", "+442079460958"),
    ] {
        assert_eq!(international(typed).as_deref(), Ok(form), "{typed:?}");
    }
}

#[test]
fn a4_an_extension_belongs_to_a_land_line() {
    const WITH: &str = "+8675526123456;ext=8";
    for typed in [
        "0755-26123456转8",
        "0755-26123456 轉 8",
        "0755-26123456 分机8",
        "0755-26123456转分机：8",
        "0755-26123456 ext. 8",
        "0755-26123456EXT８",
        "(0755) 26123456 x8",
        "+86 755 26123456 #8",
        WITH,
    ] {
        assert_eq!(international(typed).as_deref(), Ok(WITH), "{typed:?}");
    }
    assert_eq!(line_and_extension(WITH), ("+8675526123456", Some("8")));
    assert_eq!(last_four(WITH), "3456");
    assert_eq!(international("13812345678转8"), Err(PhoneError::Extension));
    assert_eq!(international("0755-26123456转"), character(14, '转'));
    assert_eq!(international("0755-26123456转8a"), character(16, 'a'));
    assert_eq!(international("0755-26123456转1234567"), Err(PhoneError::NotANumber));
    assert_eq!(international("138xxxx5678"), character(5, 'x'));
}

#[test]
fn a5_ranges_of_operators_old_and_new() {
    for range in (190..=199).chain([149, 165, 167, 170, 171]) {
        let number = format!("{range}12345678");
        assert_eq!(international(&number), Ok(format!("+86{number}")));
    }
    for wrong in [
        "12345678901",
        "+86 12812345678",
        "1381234567",
        "138123456789",
        "5678",
        "0138",
        "",
        "+",
        "+0612345678",
        "00861381234567",
    ] {
        assert_eq!(international(wrong), Err(PhoneError::NotANumber), "{wrong:?}");
    }
    for (wrong, at, letter) in [
        ("1380013800O", 11, 'O'),
        ("138 0013 800O", 11, 'O'),
        ("l3800138000", 1, 'l'),
        ("1.38E+10", 5, 'E'),
        ("138****5678", 4, '*'),
        ("13812345678/13912345678", 12, '/'),
        ("王芳", 1, '王'),
        ("138+12345678", 4, '+'),
    ] {
        assert_eq!(international(wrong), character(at, letter), "{wrong:?}");
    }
    let fault = |text: &str| check(text).unwrap_err();
    assert_eq!(fault("1380013800O").position, Some(11));
    assert!(fault("1380013800O").detail.zh.contains("数字 0"));
    assert_eq!(fault("12345678901").position, Some(2));
    assert!(fault("1381234567").detail.en.contains("11 digits, here are 10"));
    assert_eq!(fault("5678").position, None);
}

fn character(position: usize, character: char) -> Result<String, PhoneError> {
    Err(PhoneError::Character { position, character })
}
