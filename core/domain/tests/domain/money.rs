use cardea_domain::money::*;

#[test]
fn decimals_are_read_exactly_or_not_at_all() {
    let cases = [
        ("1234.56", Ok(123_456)),
        ("0.5", Ok(50)),
        ("-0.01", Ok(-1)),
        ("7", Ok(700)),
        ("1.2300", Ok(123)),
        ("1.005", Err(MoneyError::TooPrecise)),
        ("90071992547409.91", Ok(LIMIT)),
        ("90071992547409.92", Err(MoneyError::OutOfRange)),
        ("1,234.5", Err(MoneyError::NotDecimal)),
        ("1.38E+10", Err(MoneyError::NotDecimal)),
        ("+1", Err(MoneyError::NotDecimal)),
        (".5", Err(MoneyError::NotDecimal)),
        ("5.", Err(MoneyError::NotDecimal)),
        ("--5", Err(MoneyError::NotDecimal)),
        (" 5", Err(MoneyError::NotDecimal)),
        ("", Err(MoneyError::NotDecimal)),
        ("-", Err(MoneyError::NotDecimal)),
        ("1.2.3", Err(MoneyError::NotDecimal)),
        ("１", Err(MoneyError::NotDecimal)),
        ("NULL", Err(MoneyError::NotDecimal)),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_minor(text, 2), expected, "{text:?}");
    }
    assert_eq!(parse_minor("1234", 0), Ok(1234));
    assert_eq!(parse_minor("1.234", 3), Ok(1234));
}

#[test]
fn ties_go_to_the_even_neighbour() {
    let cases = [
        ("0.005", 0),
        ("0.015", 2),
        ("0.025", 2),
        ("0.0251", 3),
        ("0.035", 4),
        ("-0.005", 0),
        ("-0.015", -2),
        ("-0.025", -2),
        ("-0.0251", -3),
        ("2.5", 250),
        ("1.999", 200),
    ];
    for (text, expected) in cases {
        assert_eq!(round_half_even(text, 2), Ok(expected), "{text}");
    }
}

#[test]
fn decimals_multiply_and_add_exactly() {
    let price = Decimal::parse("0.125").unwrap();
    assert_eq!(price.times(3).unwrap().round_half_even(2), Ok(38), "0.375 → 0.38");
    assert_eq!(price.times(-1).unwrap().round_half_even(2), Ok(-12), "−0.125 → −0.12");
    let sum = Decimal::parse("1.5")
        .unwrap()
        .plus(Decimal::parse("-0.29").unwrap())
        .unwrap();
    assert_eq!(sum.exact(2), Ok(121));
    assert_eq!(
        Decimal::parse("1").unwrap().times(i64::MAX).unwrap().round_half_even(2),
        Err(MoneyError::OutOfRange)
    );
}

#[test]
fn amounts_are_written_with_their_currency_s_places() {
    assert_eq!(format_minor(123_456, 2), "1234.56");
    assert_eq!(format_minor(-5, 2), "-0.05");
    assert_eq!(format_minor(0, 2), "0.00");
    assert_eq!(format_minor(500, 0), "500");
    assert_eq!(format_ppm(28_500_000), "28.5");
    assert_eq!(format_ppm(-1), "-0.000001");
    assert_eq!(format_ppm(3_000_000), "3");
}

#[test]
fn mul_div_floors_and_never_wraps() {
    assert_eq!(mul_div(19, 1_500_000, 1_000_000), Some(28));
    assert_eq!(mul_div(-19, 1_500_000, 1_000_000), Some(-29));
    assert_eq!(mul_div(7, -1, 2), Some(-4));
    assert_eq!(mul_div(LIMIT, LIMIT, LIMIT), Some(LIMIT));
    assert_eq!(mul_div(LIMIT, 2, 1), None);
    assert_eq!(mul_div(1, 1, 0), None);
}

#[test]
fn sums_stay_within_the_limit() {
    assert_eq!(sum([LIMIT, -1, 1]), Some(LIMIT));
    assert_eq!(sum([LIMIT, 1]), None);
    assert_eq!(sum([i64::MAX, i64::MAX]), None);
}

#[test]
fn a_spread_sums_exactly_and_the_largest_remainder_gets_the_rest() {
    assert_eq!(spread(100, &[1, 1, 1]), [34, 33, 33]);
    assert_eq!(spread(-100, &[1, 1, 1]), [-34, -33, -33]);
    assert_eq!(spread(10, &[1, 2, 4]), [1, 3, 6]);
    assert_eq!(spread(5, &[0, 10]), [0, 5]);
    assert_eq!(spread(5, &[0, 0]), [0, 0]);
    assert_eq!(spread(5, &[]), [0; 0]);
    assert_eq!(spread(LIMIT, &[LIMIT, LIMIT]).iter().sum::<i64>(), LIMIT);
}

#[test]
fn a13_minor_units_are_those_of_iso_4217() {
    for (currency, digits) in [
        ("CNY", Some(2)),
        ("IQD", Some(3)),
        ("HUF", Some(2)),
        ("IDR", Some(2)),
        ("JPY", Some(0)),
        ("KWD", Some(3)),
        ("KRW", Some(0)),
        ("CLF", Some(4)),
        ("XAU", None),
        ("cny", None),
        ("ABC", None),
    ] {
        assert_eq!(minor_units(currency), digits, "{currency}");
    }
}
