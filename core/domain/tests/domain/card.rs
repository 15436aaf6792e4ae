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
        awaits_approval: false,
        entered_by: None,
        holder_staff: None,
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

/// What the table should say, written down once more: where an operation leads, or that it isn't possible.
fn expected(at: At, op: CardOp) -> Option<(CardState, Vec<Block>)> {
    use Block::*;
    use CardState::*;
    let has = |block| at.blocks.contains(&block);
    let with = |block| {
        let all = Block::ALL.iter().filter(|b| has(**b) || **b == block);
        all.copied().collect::<Vec<_>>()
    };
    let less = |block| at.blocks.iter().copied().filter(|b| *b != block).collect::<Vec<_>>();
    let same = at.blocks.to_vec();
    match (op, at.state) {
        (CardOp::Approve, Applied) if at.awaits_approval => Some((Applied, same)),
        (CardOp::Reject, Applied) => Some((Rejected, same)),
        (CardOp::Collect, Applied) if !at.awaits_approval => Some((Active, same)),
        (CardOp::Freeze, Active) if !has(Frozen) => Some((Active, with(Frozen))),
        (CardOp::Unfreeze, Active) if has(Frozen) => Some((Active, less(Frozen))),
        (CardOp::ReportLoss, Active) if !has(Loss) => Some((Active, with(Loss))),
        (CardOp::HandIn, Active) => Some((Active, with(Loss))),
        (CardOp::CancelLoss, Active) if has(Loss) => Some((Active, less(Loss))),
        (CardOp::Replace, Active) if !has(Frozen) && !has(Expired) => Some((Replaced, same)),
        (CardOp::SetPin | CardOp::ChangePin, Active) if same.is_empty() => Some((Active, same)),
        (CardOp::ResetPin, Active) if !has(Loss) && !has(Frozen) && !has(Expired) => Some((Active, less(Pin))),
        (CardOp::UnlockPin, Active) if has(Pin) => Some((Active, less(Pin))),
        (CardOp::Return, Active) if !has(Loss) && !has(Frozen) => Some((Returned, same)),
        (CardOp::Cancel, Active | Applied) => Some((Void, same)),
        _ => None,
    }
}

#[test]
fn d_card_4_every_cell_of_the_table() {
    let mut possible = 0;
    for state in CardState::ALL {
        for set in 0..1 << Block::ALL.len() {
            let blocks: Vec<Block> = Block::ALL
                .iter()
                .copied()
                .filter(|b| set >> *b as usize & 1 == 1)
                .collect();
            for awaits_approval in [false, true] {
                let at = At {
                    state: *state,
                    blocks: &blocks,
                    awaits_approval,
                };
                let allowed = allowed(at);
                for op in CardOp::ALL {
                    let wanted = expected(at, *op);
                    assert_eq!(allowed.contains(op), wanted.is_some(), "{op} of {at:?}");
                    possible += usize::from(wanted.is_some());
                    match (apply(at, *op), wanted) {
                        (Ok(after), Some(wanted)) => assert_eq!(after, wanted, "{op} of {at:?}"),
                        (Err(refusal), None) => {
                            let names: Vec<String> = allowed.iter().map(ToString::to_string).collect();
                            assert_eq!(refusal.code, Code::CardState);
                            assert_eq!(refusal.facts.state, Some(*state), "{op} of {at:?}");
                            assert_eq!((&refusal.facts.blocks, &refusal.facts.allowed), (&blocks, &names));
                        }
                        (got, wanted) => panic!("{op} of {at:?}: {got:?} instead of {wanted:?}"),
                    }
                }
            }
        }
    }
    assert!(possible > 200, "{possible} cells");
}

#[test]
fn the_table_has_one_row_for_each_operation() {
    let rows: Vec<CardOp> = OPERATIONS.iter().map(|row| row.op).collect();
    assert_eq!(rows, CardOp::ALL);
    for row in OPERATIONS {
        assert_eq!(operation(row.op).name, row.name);
        assert!(row.name.starts_with("card.") && !row.given.is_empty(), "{}", row.name);
    }
}

/// All that any operation demands.
fn enough() -> CardOperation {
    CardOperation {
        reason: "x".into(),
        caller_verified: Some(true),
        questions: vec![CallBackQuestion::Birthday],
        identity_checked: Some(true),
        handed_in_by: Some("保洁员".into()),
        handbook_given: true,
        use_explained: true,
        lost_at: None,
    }
}

#[test]
fn d_card_4_what_an_operation_demands_must_be_said() {
    let enough = enough();
    let now = Instant(1000);
    let wrong = |op, told: &CardOperation| operation(op).check(told, now).err().and_then(|r| r.pointer);
    for op in CardOp::ALL {
        assert_eq!(wrong(*op, &enough), None, "{op}");
    }
    let without = |change: fn(&mut CardOperation)| {
        let mut told = enough.clone();
        change(&mut told);
        told
    };
    for row in OPERATIONS.iter().filter(|row| row.given.contains(&Given::Reason)) {
        let told = without(|told| told.reason = "  ".into());
        assert_eq!(wrong(row.op, &told).as_deref(), Some("/reason"), "{}", row.op);
    }
    for row in OPERATIONS.iter().filter(|row| row.given.contains(&Given::Identity)) {
        for unsure in [None, Some(false)] {
            let mut told = enough.clone();
            told.identity_checked = unsure;
            assert_eq!(wrong(row.op, &told).as_deref(), Some("/identity_checked"), "{}", row.op);
        }
    }
}

#[test]
fn d_card_4_each_operation_has_demands_of_its_own() {
    let now = Instant(1000);
    let told = |change: fn(&mut CardOperation)| {
        let mut told = enough();
        change(&mut told);
        told
    };
    type Change = fn(&mut CardOperation);
    let cases: [(CardOp, Change, Option<&str>); 9] = [
        (
            CardOp::Collect,
            |told| told.handbook_given = false,
            Some("/handbook_given"),
        ),
        (
            CardOp::Collect,
            |told| told.use_explained = false,
            Some("/use_explained"),
        ),
        (CardOp::HandIn, |told| told.handed_in_by = None, Some("/handed_in_by")),
        (
            CardOp::HandIn,
            |told| told.handed_in_by = Some("长".repeat(101)),
            Some("/handed_in_by"),
        ),
        (CardOp::ReportLoss, |told| told.questions.clear(), Some("/questions")),
        (
            CardOp::ReportLoss,
            |told| told.lost_at = Some(Instant(1001)),
            Some("/lost_at"),
        ),
        (
            CardOp::ReportLoss,
            |told| {
                told.caller_verified = Some(false);
                told.identity_checked = None;
            },
            Some("/caller_verified"),
        ),
        // At the counter, with a document or without one.
        (
            CardOp::ReportLoss,
            |told| {
                told.caller_verified = None;
                told.identity_checked = Some(false);
            },
            None,
        ),
        (CardOp::Freeze, |told| told.identity_checked = None, None),
    ];
    for (op, change, pointer) in cases {
        let refusal = operation(op).check(&told(change), now).err();
        assert_eq!(refusal.and_then(|r| r.pointer).as_deref(), pointer, "{op}");
    }
}

#[test]
fn d_card_2_who_entered_an_application_does_not_approve_it() {
    let (ann, ben) = (StaffId(Uuid::from_u128(7)), StaffId(Uuid::from_u128(8)));
    let mut applied = Card {
        state: CardState::Applied,
        awaits_approval: true,
        entered_by: Some(ann),
        ..card()
    };
    let collect = decide_card(&mut applied, CardOp::Collect, Some(ben)).unwrap_err();
    assert_eq!(collect.code, Code::CardState);
    let own = decide_card(&mut applied, CardOp::Approve, Some(ann)).unwrap_err();
    assert_eq!((own.code, applied.version), (Code::SecondPersonNeeded, 1));
    let rows = decide_card(&mut applied, CardOp::Approve, Some(ben)).unwrap();
    assert!(!rows.card_updates[0].awaits_approval);
    decide_card(&mut applied, CardOp::Collect, Some(ann)).unwrap();
    assert_eq!(usable(applied.at(), false, None), Ok(()));
}

#[test]
fn a_refusal_says_the_state_and_what_is_allowed() {
    let refusal = apply(At::new(CardState::Active, &[Block::Loss]), CardOp::ReportLoss).unwrap_err();
    assert_eq!(refusal.code, Code::CardState);
    assert_eq!(refusal.facts.blocks, [Block::Loss]);
    assert_eq!(
        refusal.facts.allowed,
        ["freeze", "hand_in", "cancel_loss", "replace", "cancel"]
    );
    assert_eq!(
        refusal.detail.en,
        "The card is reported lost, so report_loss isn't possible; allowed: freeze, hand_in, cancel_loss, replace, cancel."
    );
    assert_eq!(
        refusal.detail.zh,
        "此卡已挂失，不能挂失；可以：冻结、拾卡登记、解挂、补卡、注销。"
    );
}

#[test]
fn only_an_active_card_without_blocks_works() {
    assert_eq!(usable(At::new(CardState::Active, &[]), false, None), Ok(()));
    for block in Block::ALL {
        let refusal = usable(At::new(CardState::Active, &[*block]), false, None).unwrap_err();
        assert_eq!(
            (refusal.code, &refusal.facts.blocks[..]),
            (Code::CardBlocked, &[*block][..])
        );
    }
    for state in CardState::ALL.iter().filter(|state| **state != CardState::Active) {
        let refusal = usable(At::new(*state, &[]), false, None).unwrap_err();
        assert_eq!((refusal.code, refusal.facts.state), (Code::CardBlocked, Some(*state)));
    }
    let refusal = usable(At::new(CardState::Active, &[Block::Loss]), true, None).unwrap_err();
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
    decide_card(&mut old, CardOp::ReportLoss, None).unwrap();
    let args = ReplaceArgs {
        id: CardId(Uuid::from_u128(9)),
        number: CardNumber::from_random(7),
        store: StoreId(Uuid::from_u128(4)),
        cause: ReplacementCause::Lost,
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
    assert_eq!(usable(new.at(), false, None), Ok(()));
    assert_eq!(
        usable(old.at(), false, Some(new.number.last_four())).unwrap_err().code,
        Code::CardBlocked
    );
    let before = old.clone();
    assert_eq!(decide_replace(&mut old, &args).unwrap_err().code, Code::CardState);
    assert_eq!(
        decide_card(&mut old, CardOp::CancelLoss, None).unwrap_err().code,
        Code::CardState
    );
    assert_eq!(old, before, "a refusal changes nothing");
}

#[test]
fn d_card_6_a_lost_card_is_reported_first_a_damaged_one_not() {
    let args = |cause| ReplaceArgs {
        id: CardId(Uuid::from_u128(9)),
        number: CardNumber::from_random(7),
        store: StoreId(Uuid::from_u128(4)),
        cause,
        now: Instant(0),
    };
    let mut old = card();
    let refusal = decide_replace(&mut old, &args(ReplacementCause::Lost)).unwrap_err();
    assert_eq!(
        (refusal.code, &refusal.facts.allowed[..]),
        (Code::CardState, &["report_loss".to_owned()][..])
    );
    assert_eq!(old, card());
    decide_replace(&mut old, &args(ReplacementCause::Damaged)).unwrap();
    assert_eq!(old.state, CardState::Replaced);
}

#[test]
fn d_card_14_a_code_has_a_form_of_its_own() {
    for inner in [0, 1, 42, 123_456_789_012_345, 999_999_999_999_999] {
        let code = MemberCode::around(inner);
        let text = code.as_str().to_owned();
        assert_eq!((text.len(), &text[..2], code.inner()), (18, "99", inner));
        assert_eq!(text.parse(), Ok(code.clone()));
        assert_eq!(text.parse::<CardNumber>(), Err(NotACardNumber));
        assert_eq!(format!("{code:?}"), "MemberCode(…)", "logs don't hold it");
        for place in 2..18 {
            let mut wrong = text.clone().into_bytes();
            wrong[place] = b'0' + (wrong[place] - b'0' + 1) % 10;
            assert_eq!(String::from_utf8(wrong).unwrap().parse::<MemberCode>(), Err(NotACode));
        }
    }
    for other in [
        "110101199003070011",
        "134567890123456789",
        "9900000000000000",
        "98000000000000000X",
        "",
    ] {
        assert_eq!(other.parse::<MemberCode>(), Err(NotACode), "{other}");
    }
}
