use cardea_domain::Code;
use cardea_domain::calendar::Instant;
use cardea_domain::card::*;
use cardea_domain::id::*;
use uuid::Uuid;

fn card() -> Card {
    Card {
        id: CardId(Uuid::from_u128(1)),
        membership: MembershipId(Uuid::from_u128(2)),
        number: CardNumber::from_random(42),
        kind: CardKind::Customer,
        state: CardState::Active,
        blocks: Vec::new(),
        store: StoreId(Uuid::from_u128(3)),
        valid_through: None,
        replaced_by: None,
        version: 1,
    }
}

#[test]
fn a_number_is_fourteen_digits_from_nine_with_a_check_digit() {
    for bits in [0, 1, 42, u64::MAX, 999_999_999_999, 1_000_000_000_000] {
        let number = CardNumber::from_random(bits);
        assert!(
            number.as_str().len() == 14 && number.as_str().starts_with('9'),
            "{number}"
        );
        assert_eq!(number.as_str().parse(), Ok(number.clone()));
        assert_eq!(number.as_str()[1..13], format!("{:012}", bits % 1_000_000_000_000));
    }
    // By hand: 9 000000000000, doubled from the right: 9 stands at place 14, is doubled to 18 → 9; 1 makes it 10.
    assert_eq!(CardNumber::from_random(0).as_str(), "90000000000001");
}

#[test]
fn every_wrong_digit_is_noticed() {
    let number = CardNumber::from_random(123_456_789_012).to_string();
    for place in 0..14 {
        for digit in b'0'..=b'9' {
            let mut wrong = number.clone().into_bytes();
            if wrong[place] == digit {
                continue;
            }
            wrong[place] = digit;
            let wrong = String::from_utf8(wrong).unwrap();
            assert_eq!(wrong.parse::<CardNumber>(), Err(NotACardNumber), "{wrong}");
        }
    }
}

#[test]
fn other_people_s_numbers_are_no_card_numbers() {
    let others = [
        "13812345678",        // a phone
        "8613812345678",      // with its country
        "110101199003070011", // an identity number
        "110101900307001",    // an old one
        "134567890123456789", // payment codes
        "281234567890123456",
        "6212345678901234567",
        "9123456789012",  // a digit short
        "80000000000002", // another prefix
        "９0000000000001",
        "9000000000000 1",
        "",
    ];
    for text in others {
        assert_eq!(text.parse::<CardNumber>(), Err(NotACardNumber), "{text}");
    }
    assert!(serde_json::from_str::<CardNumber>(r#""90000000000002""#).is_err());
    assert_eq!(
        format!("{:?}", CardNumber::from_random(0)),
        "CardNumber(…0001)",
        "logs are masked"
    );
}

/// From-state and blocks, operation, what comes of it; none: refused. (D-CARD-4, -5, -6)
#[test]
fn transitions() {
    use Block::*;
    use CardOp::*;
    use CardState::*;
    type After = Option<(CardState, &'static [Block])>;
    let table: &[(CardState, &[Block], CardOp, After)] = &[
        (Active, &[], Freeze, Some((Active, &[Frozen]))),
        (Active, &[Frozen], Freeze, None),
        (Active, &[Loss], Freeze, Some((Active, &[Loss, Frozen]))),
        (Active, &[Frozen], Unfreeze, Some((Active, &[]))),
        (Active, &[], Unfreeze, None),
        (Active, &[Loss, Frozen], Unfreeze, Some((Active, &[Loss]))),
        (Active, &[], ReportLoss, Some((Active, &[Loss]))),
        (Active, &[Frozen], ReportLoss, Some((Active, &[Loss, Frozen]))),
        (Active, &[Loss], ReportLoss, None),
        (Active, &[Loss], CancelLoss, Some((Active, &[]))),
        // Cancelling a loss report removes only the loss.
        (
            Active,
            &[Loss, Frozen, Pin, Expired],
            CancelLoss,
            Some((Active, &[Frozen, Pin, Expired])),
        ),
        (Active, &[Frozen], CancelLoss, None),
        (Active, &[], Replace, Some((Replaced, &[]))),
        (Active, &[Loss], Replace, Some((Replaced, &[Loss]))),
        (Active, &[Pin], Replace, Some((Replaced, &[Pin]))),
        (Active, &[Frozen], Replace, None),
        (Active, &[Loss, Frozen], Replace, None),
        (Active, &[Expired], Replace, None),
        (Active, &[], Cancel, Some((Void, &[]))),
        (Active, &[Loss], Cancel, Some((Void, &[Loss]))),
        (Applied, &[], Cancel, Some((Void, &[]))),
        (Applied, &[], ReportLoss, None),
        (Applied, &[], Replace, None),
    ];
    for (state, blocks, op, expected) in table {
        let expected = expected.map(|(state, blocks)| (state, blocks.to_vec()));
        assert_eq!(apply(*state, blocks, *op).ok(), expected, "{op} of {state} {blocks:?}");
    }
    for state in [Rejected, Replaced, Returned, Void, Merged] {
        for op in CardOp::ALL {
            let refusal = apply(state, &[], *op).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.facts.state),
                (Code::CardState, Some(state)),
                "{op} of {state}"
            );
            assert!(refusal.facts.allowed.is_empty());
        }
    }
}

#[test]
fn a_refusal_says_the_state_and_what_is_allowed() {
    let refusal = apply(CardState::Active, &[Block::Loss], CardOp::ReportLoss).unwrap_err();
    assert_eq!(refusal.code, Code::CardState);
    assert_eq!(refusal.facts.blocks, [Block::Loss]);
    assert_eq!(refusal.facts.allowed, ["freeze", "cancel_loss", "replace", "cancel"]);
    assert_eq!(
        refusal.detail.en,
        "The card is reported lost, so report_loss isn't possible; allowed: freeze, cancel_loss, replace, cancel."
    );
    assert_eq!(
        refusal.detail.zh,
        "此卡已挂失，不能挂失；可以：冻结、解挂、补卡、注销。"
    );
}

#[test]
fn only_an_active_card_without_blocks_works() {
    assert_eq!(usable(CardState::Active, &[], false), Ok(()));
    for block in Block::ALL {
        let refusal = usable(CardState::Active, &[*block], false).unwrap_err();
        assert_eq!(
            (refusal.code, &refusal.facts.blocks[..]),
            (Code::CardBlocked, &[*block][..])
        );
    }
    for state in CardState::ALL.iter().filter(|state| **state != CardState::Active) {
        let refusal = usable(*state, &[], false).unwrap_err();
        assert_eq!((refusal.code, refusal.facts.state), (Code::CardBlocked, Some(*state)));
    }
    let refusal = usable(CardState::Active, &[Block::Loss], true).unwrap_err();
    assert_eq!(
        refusal.facts.blocks,
        [Block::Loss, Block::Expired],
        "past its date, whether or not that was booked"
    );
    assert!(!refusal.facts.allowed.contains(&"replace".to_owned()));
}

#[test]
fn a_replacement_points_both_ways_and_ends_the_old_number() {
    let mut old = card();
    decide_card(&mut old, CardOp::ReportLoss).unwrap();
    let args = ReplaceArgs {
        id: CardId(Uuid::from_u128(9)),
        number: CardNumber::from_random(7),
        store: StoreId(Uuid::from_u128(4)),
        now: Instant(0),
    };
    let (rows, new) = decide_replace(&mut old, &args).unwrap();
    assert_eq!(
        (old.state, old.replaced_by, old.version),
        (CardState::Replaced, Some(new.id), 3)
    );
    assert_eq!(
        (rows.cards[0].replaces, rows.cards[0].membership),
        (Some(old.id), old.membership)
    );
    assert_eq!(
        (rows.card_updates[0].replaced_by, rows.card_updates[0].version),
        (Some(new.id), 3)
    );
    assert!(rows.entries.is_empty() && rows.lot_moves.is_empty(), "no posting moves");
    assert_eq!(usable(new.state, &new.blocks, false), Ok(()));
    assert_eq!(
        usable(old.state, &old.blocks, false).unwrap_err().code,
        Code::CardBlocked
    );
    let before = old.clone();
    assert_eq!(decide_replace(&mut old, &args).unwrap_err().code, Code::CardState);
    assert_eq!(
        decide_card(&mut old, CardOp::CancelLoss).unwrap_err().code,
        Code::CardState
    );
    assert_eq!(old, before, "a refusal changes nothing");
}
