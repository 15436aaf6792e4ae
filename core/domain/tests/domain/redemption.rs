use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::error::RuleRefusal;
use cardea_domain::id::StoreId;
use cardea_domain::ledger::{EntryKind, LotTerms};
use cardea_domain::sale::*;
use uuid::Uuid;

fn redeem(shop: &mut Shop, change: impl FnOnce(&mut Reward), permit: &Permit) -> Result<RedemptionAnswer, Code> {
    let mut reward = reward(500);
    change(&mut reward);
    let args = shop.redemption_args();
    let (member_before, reward_before) = (shop.member.clone(), reward.clone());
    match decide_redemption(
        &mut shop.member,
        &mut reward,
        &args,
        permit,
        &shop.context,
        &mut shop.ids,
    ) {
        Ok((rows, answer)) => {
            shop.save(rows);
            Ok(answer)
        }
        Err(refusal) => {
            assert_eq!(
                (&shop.member, reward),
                (&member_before, reward_before),
                "a refusal changes nothing"
            );
            Err(refusal.code)
        }
    }
}

#[test]
fn points_buy_a_reward() {
    let mut shop = Shop::new();
    shop.gift(500, LotTerms::default());
    let answer = redeem(&mut shop, |_| {}, &permit()).unwrap();
    assert_eq!(
        (answer.points, shop.available(), answer.cancellable_until),
        (500, 0, None)
    );
    assert_eq!(shop.entries(), [(EntryKind::Redeem, -500)]);
    assert_eq!(answer.entries[0].explanation.zh, "兑换「帆布袋」。不可撤销。");
    assert_eq!(answer.entries[0].rule, "test.exchange");
    let rows = shop.last();
    assert_eq!(
        (rows.stock[0].1, rows.bills[0].spent, rows.bills[0].kind),
        (-1, 500, BillKind::Redemption)
    );
    assert!(rows.measures.is_empty());
}

#[test]
fn it_may_be_cancelled_for_as_long_as_the_program_says() {
    let mut shop = Shop::new();
    shop.gift(500, LotTerms::default());
    let mut permit = permit();
    if let Permit::Permitted { cancellable_days, .. } = &mut permit {
        *cancellable_days = 7;
    }
    let answer = redeem(&mut shop, |reward| reward.stock = None, &permit).unwrap();
    assert_eq!(answer.cancellable_until, Some(day("2026-06-22")));
    assert!(shop.last().stock.is_empty(), "stock that isn't counted isn't kept");
}

#[test]
fn restrictions_come_before_balances() {
    let mut shop = Shop::new();
    let refused = Permit::Refused(vec![RuleRefusal {
        rule: "r".into(),
        explanation: text("不行。", "No."),
    }]);
    let elsewhere = StoreId(Uuid::from_u128(99));
    assert_eq!(
        redeem(&mut shop, |r| r.active = false, &permit()),
        Err(Code::RewardUnavailable)
    );
    assert_eq!(
        redeem(&mut shop, |r| r.store = Some(elsewhere), &permit()),
        Err(Code::RewardUnavailable)
    );
    assert_eq!(
        redeem(&mut shop, |r| r.program.0 = elsewhere.0, &permit()),
        Err(Code::RewardUnavailable)
    );
    assert_eq!(
        redeem(&mut shop, |r| r.stock = Some(0), &Permit::Failed),
        Err(Code::PluginFailed)
    );
    assert_eq!(
        redeem(&mut shop, |r| r.stock = Some(0), &refused),
        Err(Code::RuleRefused)
    );
    assert_eq!(
        redeem(&mut shop, |r| r.stock = Some(0), &permit()),
        Err(Code::OutOfStock)
    );
    assert_eq!(redeem(&mut shop, |_| {}, &permit()), Err(Code::InsufficientPoints));
    shop.member.open = false;
    assert_eq!(redeem(&mut shop, |_| {}, &permit()), Err(Code::MembershipClosed));
}

#[test]
fn the_plugin_s_reasons_are_passed_on() {
    let mut shop = Shop::new();
    let reason = |n: &str| RuleRefusal {
        rule: n.into(),
        explanation: text(&format!("{n}。"), &format!("{n}.")),
    };
    let permit = Permit::Refused(vec![reason("A"), reason("B")]);
    let args = shop.redemption_args();
    let refusal = decide_redemption(
        &mut shop.member,
        &mut reward(5),
        &args,
        &permit,
        &shop.context,
        &mut shop.ids,
    )
    .unwrap_err();
    assert_eq!(
        (refusal.detail.zh.as_str(), refusal.detail.en.as_str()),
        ("A。B。", "A. B.")
    );
    assert_eq!(refusal.facts.refusals, [reason("A"), reason("B")]);
}
